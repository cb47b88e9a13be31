"""Documents of the practice: written or brought as PDF, given like forms, signed by title, version and hash."""

import hashlib
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from pydantic import ValidationError
from sqlalchemy import func, select, text
from sqlalchemy.exc import DBAPIError

from practicerunner import database
from practicerunner.errors import BadInput, FieldProblems, NotFound, NotPermitted, Stale
from practicerunner.records import document_files
from practicerunner.records.audit import AuditRow
from practicerunner.records.library import IntakePacket, PracticeFile
from practicerunner.rules import library
from practicerunner.rules.documents import FileRefused
from practicerunner.rules.forms import Content, Field, Pdf
from practicerunner.rules.permissions import PortalRole
from practicerunner.settings import settings
from practicerunner.vocabulary import CaseType, DocumentTask, FieldKind, FormPurpose
from practicerunner.workflows.access import PortalActor
from practicerunner.workflows.case_forms import forms_of_case
from practicerunner.workflows.form_pages import ResponsePage
from practicerunner.workflows.form_sending import (
    AssignForms,
    SendPacket,
    WithdrawForm,
    assign_forms,
    send_packet,
    withdraw_form,
)
from practicerunner.workflows.form_templates import (
    AddForm,
    ChangeForm,
    UseForm,
    add_form,
    change_form,
    form_list,
    form_template,
    use_form,
)
from practicerunner.workflows.library import SentPdf, fetch_practice_file
from practicerunner.workflows.packets import SetPacket, packet_list, set_packet
from practicerunner.workflows.portal_forms import HandIn, hand_in_mine, my_form_pdf, my_forms, my_response, my_sheet
from practicerunner.workflows.record_exports import record_pdf
from tests import files
from tests.cast import Cast, at, people_of
from tests.documents.papers import pages
from tests.portal import Household, household
from tests.workflows.sending import bring_forms, complete, form_id, opened

PDF, OTHER = files.pdf(), files.pdf(Lang="en")
WORDS = "# What we keep\n\nYour record, and **nothing** else."
READ, ACKNOWLEDGE, SIGN = DocumentTask


@pytest.fixture
def cast(cast: Cast, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Cast]:
    monkeypatch.setattr(settings(), "files_dir", tmp_path / "files")
    monkeypatch.setattr(settings(), "key_file", tmp_path / "practice.key")
    bring_forms(cast)
    with at("2026-11-10 09:00"):
        yield cast


def pdf(content: bytes = PDF, name: str = "policy.pdf") -> SentPdf:
    return SentPdf(key=library.DOCUMENT, file_name=name, content=content)


def add(cast: Cast, task: DocumentTask, *, words: str = "", sent: SentPdf | None = None, title: str = "Office policy",
        by: str = "Dana", op: str = "") -> int:
    made: int = cast.do(by, add_form, AddForm(
        **({"op": op} if op else {}), name=title, purpose=FormPurpose.PRACTICE_DOCUMENT,
        content=library.document(title, task, text=words), pdfs=(sent,) if sent else ()))
    return made


def change(cast: Cast, template_id: int, content: Content, *sent: SentPdf, revision: int = 1,
           title: str = "Office policy") -> int:
    made: int = cast.do("Dana", change_form, ChangeForm(
        template_id=template_id, revision=revision, name=title, content=content, pdfs=sent))
    return made


def give(cast: Cast, case_id: int, template_id: int, *, to: str) -> int:
    (made,) = cast.do("Tom", assign_forms, AssignForms(
        case_id=case_id, template_ids=(template_id,), person_ids=(people_of(cast, case_id)[to],)))
    return int(made)


def kept(cast: Cast, template_id: int) -> Pdf:
    """The PDF of a document as it is now."""
    found = cast.read("Dana", form_template, template_id).content.field(library.DOCUMENT)
    assert found is not None and found.pdf is not None
    return found.pdf


def stored() -> int:
    """How many files lie there."""
    return sum(not path.name.startswith(".") for path in settings().files_dir.glob("*"))


def portal(cast: Cast, actor: PortalActor, verb: Any, *args: Any) -> Any:
    """Somebody outside the practice acts or reads."""
    with database.transaction(cast.engine) as session:
        return verb(session, actor, *args)


# --- Written and uploaded


def test_a_document_is_written_or_uploaded_and_stands_in_the_list_with_what_is_asked(cast: Cast) -> None:
    written, uploaded = add(cast, ACKNOWLEDGE, words=WORDS, title="Privacy notice"), add(cast, SIGN, sent=pdf())
    lines = {line.template_id: line for line in cast.read("Dana", form_list)}
    found = [lines[written], lines[uploaded]]
    assert [(line.name, line.task, line.is_pdf, line.version) for line in found] == [
        ("Privacy notice", ACKNOWLEDGE, False, 1), ("Office policy", SIGN, True, 1)]
    file = kept(cast, uploaded)
    assert (file.name, file.size, file.sha256) == ("policy.pdf", len(PDF), hashlib.sha256(PDF).hexdigest())
    with database.transaction(cast.engine) as session:
        assert fetch_practice_file(session, cast.actor("Tom"), file.file_id) == ("policy.pdf", "application/pdf", PDF)
        assert list(document_files.problems(session)) == []
    with database.reading(cast.engine) as session:
        assert session.scalars(select(AuditRow.staff_id).where(AuditRow.action == "download")).all() == [
            cast.staff["Tom"]]
    (sealed,) = settings().files_dir.iterdir()
    assert PDF[:40] not in sealed.read_bytes()
    assert lines[form_id(cast, "consent")].task is None


def test_the_second_click_uploads_nothing_more(cast: Cast) -> None:
    assert add(cast, SIGN, sent=pdf(), op="once") == add(cast, SIGN, sent=pdf(), op="once")
    assert stored() == 1


def test_a_new_version_leaves_what_was_given_before_as_it_was(cast: Cast) -> None:
    made = add(cast, SIGN, sent=pdf())
    before = kept(cast, made)
    change(cast, made, library.document("Office policy", SIGN, pdf=before))
    assert cast.read("Dana", form_template, made).line.version == 1
    change(cast, made, library.document("Office policy", SIGN), pdf(name="again.pdf"))
    assert (cast.read("Dana", form_template, made).line.version, stored()) == (1, 1)  # the same file, by its hash
    change(cast, made, library.document("Office policy", SIGN), pdf(OTHER))
    change(cast, made, library.document("Office policy", ACKNOWLEDGE, text=WORDS), revision=2)
    page = cast.read("Dana", form_template, made)
    assert [(v.number, library.task_of(v.content)) for v in page.versions] == [(3, ACKNOWLEDGE), (2, SIGN), (1, SIGN)]
    assert stored() == 2
    with database.transaction(cast.engine) as session:
        assert fetch_practice_file(session, cast.actor("Dana"), before.file_id)[2] == PDF
    with pytest.raises(Stale):
        change(cast, made, library.document("Office policy", READ, text=WORDS), revision=1)


@pytest.mark.parametrize(("content", "name", "sentence"), [
    (b"MZ" + b"0" * 200, "program.pdf", "not what its name says"), (files.pdf_locked("secret"), "a.pdf", "password"),
    (b"%PDF-" + b"0" * (30 * 1024 * 1024), "a.pdf", "10 MB at most"), (b"", "a.pdf", "empty"),
    (files.pdf_with_launch(), "a.pdf", "scripts, other files or commands"), (b"Words.", "a.txt", "Only a PDF"),
    (files.docx(), "a.docx", "Only a PDF"), (b"x", "a", "Only a PDF"), (b"%PDF-1.7 nonsense", "a.pdf", "opened"),
], ids=["program", "password", "30 MB", "empty", "acts", "text", "docx", "no name", "broken"])
def test_a_file_that_is_no_sound_pdf_is_refused_before_there_is_a_command(
    content: bytes, name: str, sentence: str
) -> None:
    with pytest.raises(FileRefused, match=sentence) as refused:
        pdf(content, name)
    assert refused.value.field == "file"


def test_no_document_is_without_a_title_or_anything_to_read(cast: Cast) -> None:
    with pytest.raises(ValidationError):
        add(cast, SIGN, words=WORDS, title=" ")
    for words in ("", "   \n"):
        with pytest.raises(FieldProblems, match="Write the text to read") as refused:
            add(cast, SIGN, words=words)
        assert set(refused.value.problems) == {library.DOCUMENT}
    with pytest.raises(BadInput, match="too long"):
        add(cast, SIGN, words="x" * 100_001)
    assert stored() == 0


def test_a_document_is_one_thing_to_read_and_another_forms_pdf_is_not_taken_over(cast: Cast) -> None:
    two = Content((*library.document("A", SIGN, text=WORDS).fields[:1], Field("b", FieldKind.TEXT, "Name")))
    with pytest.raises(FieldProblems, match="one text or PDF"):
        cast.do("Dana", add_form, AddForm(name="A", purpose=FormPurpose.PRACTICE_DOCUMENT, content=two))
    theirs = kept(cast, add(cast, SIGN, sent=pdf()))
    for foreign in (theirs, Pdf(5, "x.pdf", 1, "0" * 64)):
        with pytest.raises(FieldProblems, match="once more"):
            cast.do("Dana", add_form, AddForm(
                name="B", purpose=FormPurpose.PRACTICE_DOCUMENT, content=library.document("B", READ, pdf=foreign)))


def test_a_text_to_read_of_any_form_can_be_a_pdf(cast: Cast) -> None:
    fields = (Field("terms", FieldKind.DOCUMENT, "Terms"), Field("name", FieldKind.TEXT, "Your name", required=True))
    made = cast.do("Dana", add_form, AddForm(
        name="Registration", purpose=FormPurpose.OTHER, content=Content(fields),
        pdfs=(SentPdf(key="terms", file_name="terms.pdf", content=PDF),)))
    shown = cast.read("Dana", form_template, made).content.fields[0]
    assert shown.pdf is not None and (shown.text, shown.pdf.name, shown.fingerprint) == (
        "", "terms.pdf", hashlib.sha256(PDF).hexdigest())


def test_only_the_owner_writes_documents_and_chooses_packets(cast: Cast) -> None:
    for name in ("Marcus", "Priya", "Ruth", "Tom", "Olga"):
        with pytest.raises(NotPermitted):
            add(cast, SIGN, sent=pdf(), by=name)
        with pytest.raises(NotPermitted):
            cast.do(name, set_packet, SetPacket(case_type=CaseType.FAMILY, revision=0, template_ids=()))
        with pytest.raises(NotPermitted):
            cast.read(name, packet_list)
    assert stored() == 0
    with pytest.raises(NotFound), database.transaction(cast.engine) as session:
        fetch_practice_file(session, cast.actor("Dana"), 5)


def test_a_pdf_of_the_practice_is_not_changed_by_hand_written_sql(cast: Cast) -> None:
    add(cast, SIGN, sent=pdf())
    for statement in ("update practice_file set sha256 = ''", "delete from practice_file"):
        with pytest.raises(DBAPIError, match="never changed"), database.transaction(cast.engine) as session:
            session.execute(text(statement))


# --- Given, acknowledged, signed


def test_what_was_signed_names_title_version_and_hash_and_keeps_them(cast: Cast) -> None:
    couple = cast.open_case(CaseType.TWO_PERSON, "Maya Rivera", "Tom Rivera")
    policy = add(cast, SIGN, sent=pdf())
    hers, his = (give(cast, couple, policy, to=name) for name in ("Maya", "Tom"))
    maya = PortalActor(people_of(cast, couple)["Maya"], "Maya")
    assert [(one.name, one.task) for one in portal(cast, maya, my_forms).open] == [("Office policy", SIGN)]
    named = {"signature": "Maya Rivera"}
    read = {"acknowledged": True}
    for answers in (read, named, named | {"acknowledged": False}, read | {"signature": "M"}):
        with pytest.raises(BadInput):
            portal(cast, maya, hand_in_mine, HandIn(assignment_id=hers, revision=1, answers=answers))
    signed = portal(cast, maya, hand_in_mine, HandIn(
        assignment_id=hers, revision=1, answers={"acknowledged": True, "signature": "Maya Rivera"}))
    change(cast, policy, library.document("Office policy, new", SIGN), pdf(OTHER), title="Office policy, new")
    source = f"Office policy (policy.pdf), version 1, SHA-256 {hashlib.sha256(PDF).hexdigest()}"
    for page in (opened(cast, "Marcus", signed), portal(cast, maya, my_response, signed)):
        assert (page.name, page.capacity, page.answers[0].source) == ("Office policy", "Maya Rivera", source)
    page = opened(cast, "Marcus", signed)
    assert isinstance(page, ResponsePage) and page.intact and page.version == 1
    assert his in {line.assignment_id for who in cast.read("Tom", forms_of_case, couple).people for line in who.lines}
    with database.transaction(cast.engine) as session:
        paper = record_pdf(session, cast.actor("Marcus"), couple, maya.person_id)[2]
    assert hashlib.sha256(PDF).hexdigest() in "".join(pages(paper)).replace("\n", "").replace(" ", "")


def test_reading_is_said_with_one_click_and_acknowledging_by_a_tick(cast: Cast) -> None:
    case_id = cast.open_case(CaseType.WORKSHOP, "Una Wells", name="Listening")
    read, notice = add(cast, READ, words=WORDS, title="Way in"), add(cast, ACKNOWLEDGE, words=WORDS, title="Notice")
    una = PortalActor(people_of(cast, case_id)["Una"], "Una")
    first, second = (give(cast, case_id, one, to="Una") for one in (read, notice))
    done = portal(cast, una, hand_in_mine, HandIn(assignment_id=first, revision=1, answers={}))
    page = portal(cast, una, my_response, done)
    assert (page.signature, page.answers[0].words, page.answers[0].source) == (
        "", WORDS, f"Way in, version 1, SHA-256 {hashlib.sha256(WORDS.encode()).hexdigest()}")
    with pytest.raises(FieldProblems, match="tick this box"):
        portal(cast, una, hand_in_mine, HandIn(assignment_id=second, revision=1, answers={}))
    response = complete(cast, second, {"acknowledged": True})
    assert [one.words for one in opened(cast, "Tom", response).answers] == [WORDS, "Yes"]
    assert cast.read("Tom", forms_of_case, case_id).packet == 0


@pytest.fixture
def home(cast: Cast) -> Household:
    return household(cast)


def test_a_pdf_opens_for_whose_form_it_is_and_for_nobody_else(cast: Cast, home: Household) -> None:
    policy, decoy = add(cast, SIGN, sent=pdf()), add(cast, SIGN, sent=pdf(OTHER), title="Another")
    leos = give(cast, home.leos, policy, to="Leo")
    mayas = give(cast, home.couple, policy, to="Maya")
    file = kept(cast, policy).file_id
    leo = PortalActor(home.leo, "Leo")
    elena = PortalActor(home.elena, "Elena", PortalRole.REPRESENTATIVE, home.leo)
    for actor, form in ((leo, leos), (elena, leos), (PortalActor(home.maya, "Maya"), mayas)):
        assert portal(cast, actor, my_form_pdf, form, file) == ("policy.pdf", "application/pdf", PDF)
    for actor, form, wanted in (
        (leo, mayas, file), (leo, leos, kept(cast, decoy).file_id), (leo, leos, 5), (leo, 5, file),
        (PortalActor(home.tom, "Tom"), mayas, file), (PortalActor(home.elena, "Elena"), leos, file),
    ):
        with pytest.raises(NotFound):
            portal(cast, actor, my_form_pdf, form, wanted)
    joan = PortalActor(home.joan, "Joan", PortalRole.HELPER, home.leo)
    with pytest.raises(NotPermitted):
        portal(cast, joan, my_form_pdf, leos, file)
    cast.do("Tom", withdraw_form, WithdrawForm(assignment_id=leos))
    with pytest.raises(NotFound):
        portal(cast, leo, my_form_pdf, leos, file)
    with database.reading(cast.engine) as session:
        rows = session.scalars(
            select(AuditRow.person_id).where(AuditRow.action == "download").order_by(AuditRow.seq)).all()
    assert rows == [home.leo, home.elena, home.maya]


def test_who_has_left_reads_what_they_signed_and_nothing_that_waits(cast: Cast) -> None:
    couple = cast.open_case(CaseType.TWO_PERSON, "Noor Haddad", "Sam Ortiz", opened_on=date(2026, 11, 1))
    policy, notice = add(cast, SIGN, sent=pdf()), add(cast, READ, sent=pdf(OTHER), title="Notice")
    sam = PortalActor(people_of(cast, couple)["Sam"], "Sam")
    signed, waits = give(cast, couple, policy, to="Sam"), give(cast, couple, notice, to="Sam")
    portal(cast, sam, hand_in_mine, HandIn(
        assignment_id=signed, revision=1, answers={"acknowledged": True, "signature": "Sam Ortiz"}))
    with database.transaction(cast.engine) as session:
        session.execute(text("update participant set left_on = '2026-11-09', status = 'left' where person_id = :p"),
                        {"p": sam.person_id})
    assert portal(cast, sam, my_form_pdf, signed, kept(cast, policy).file_id)[2] == PDF
    with pytest.raises(NotFound):
        portal(cast, sam, my_form_pdf, waits, kept(cast, notice).file_id)
    with pytest.raises(NotFound):
        portal(cast, sam, my_sheet, waits)


def test_a_lost_file_is_said_and_nothing_that_interrupted_uploads_left_is_taken_for_one(cast: Cast) -> None:
    made = kept(cast, add(cast, SIGN, sent=pdf()))
    with database.reading(cast.engine) as session:
        name = session.scalars(select(PracticeFile.stored_name)).one()
        assert document_files.sweep(session) == 0
    (settings().files_dir / name).unlink()
    with database.transaction(cast.engine) as session:
        assert list(document_files.problems(session)) == [f"The file of document {made.file_id} is missing."]
        with pytest.raises(document_files.FileMissing):
            fetch_practice_file(session, cast.actor("Dana"), made.file_id)


# --- Packets


def choose(cast: Cast, case_type: CaseType, *template_ids: int, revision: int = 0) -> int:
    made: int = cast.do("Dana", set_packet, SetPacket(
        case_type=case_type, revision=revision, template_ids=template_ids))
    return made


def test_a_packet_holds_what_was_chosen_documents_too_and_every_other_kind_keeps_the_usual(cast: Cast) -> None:
    notice = add(cast, ACKNOWLEDGE, words=WORDS, title="Privacy notice")
    consent, rules_ = form_id(cast, "consent"), form_id(cast, "ground_rules")
    usual = {packet.case_type: packet for packet in cast.read("Dana", packet_list)}
    named = {one.template_id: one.name for one in usual[CaseType.INDIVIDUAL].offered}
    assert [named[one] for one in usual[CaseType.INDIVIDUAL].chosen] == [
        "Intake", "Consent to treatment", "Consent to telehealth"]
    assert usual[CaseType.WORKSHOP].chosen == () and "PHQ-9" not in named.values() and notice in named
    choose(cast, CaseType.INDIVIDUAL, consent, notice, notice)
    choose(cast, CaseType.WORKSHOP, rules_, notice)
    alone = cast.open_case(CaseType.INDIVIDUAL, "Noor Haddad")
    workshop = cast.open_case(CaseType.WORKSHOP, "Una Wells", "Ben Wells", name="Listening")
    couple = cast.open_case(CaseType.TWO_PERSON, "Maya Rivera", "Tom Rivera")
    assert [cast.read("Tom", forms_of_case, one).packet for one in (alone, workshop, couple)] == [2, 4, 8]
    assert len(cast.do("Tom", send_packet, SendPacket(case_id=alone, due_on=date(2026, 11, 17)))) == 2
    assert {line.name for line in cast.read("Tom", forms_of_case, alone).people[0].lines} == {
        "Privacy notice", "Consent to treatment"}
    with pytest.raises(BadInput, match="already"):
        cast.do("Tom", send_packet, SendPacket(case_id=alone))


def test_a_packet_is_chosen_anew_by_who_has_seen_it_and_what_is_not_used_is_not_sent(cast: Cast) -> None:
    notice, consent = add(cast, ACKNOWLEDGE, words=WORDS), form_id(cast, "consent")
    choose(cast, CaseType.INDIVIDUAL, consent, notice)
    with pytest.raises(Stale):
        choose(cast, CaseType.INDIVIDUAL, notice)
    cast.do("Dana", use_form, UseForm(template_id=notice, revision=1, active=False))
    case_id = cast.open_case(CaseType.INDIVIDUAL, "Noor Haddad")
    assert cast.read("Tom", forms_of_case, case_id).packet == 1
    for wrong in (notice, form_id(cast, "phq9"), form_id(cast, "agreement"), 5):
        with pytest.raises(BadInput) as refused:
            choose(cast, CaseType.INDIVIDUAL, wrong, revision=1)
        assert refused.value.field == "template_ids"
    choose(cast, CaseType.INDIVIDUAL, revision=1)
    assert cast.read("Tom", forms_of_case, case_id).packet == 0
    with database.reading(cast.engine) as session:
        assert session.scalar(select(func.count()).select_from(IntakePacket)) == 1
        details = session.scalars(
            select(AuditRow.detail).where(AuditRow.action == "set_packet").order_by(AuditRow.seq)).all()
    assert details[-1] == "packet individual: nothing"
