"""Writing, signing, co-signing, amending and reading notes of every kind."""

import hashlib
import json
import threading
from datetime import date
from typing import Any

import pytest
from sqlalchemy import select, text
from sqlalchemy.exc import IntegrityError

from practicerunner import database
from practicerunner.errors import BadInput, NoteIsSigned, NotFound, NotPermitted, RuleViolation, Stale
from practicerunner.records.audit import AuditRow
from practicerunner.records.base import Base
from practicerunner.records.cases import Case
from practicerunner.records.logins import Staff
from practicerunner.records.notes import Addendum, Note, NoteVersion, PsychotherapyNote, Signature
from practicerunner.rules.notes import FORMS, AwaitingCosignature, forms_for
from practicerunner.ui.note_lines import standing
from practicerunner.vocabulary import AttendanceStatus, CaseType, NoteKind, NoteStatus, Role, SignatureRole
from practicerunner.workflows.addenda import AddAddendum, CosignAddendum, add_addendum, cosign_addendum
from practicerunner.workflows.attendance import MarkAll, SetAttendance, mark_all, set_attendance
from practicerunner.workflows.cases import SwitchClinicalFields, switch_clinical_fields
from practicerunner.workflows.documentation import (
    appointments_to_write,
    documentation_due,
    my_queue,
    note_block,
    note_states_of,
    notes_of_case,
)
from practicerunner.workflows.note_pages import MemberView, NoteFacts, NotePage, member_view, note_page
from practicerunner.workflows.notes import (
    DiscardDraft,
    FinishMemo,
    NoteDoesNotFit,
    NoteIsIncomplete,
    SaveDraft,
    StartCaseNote,
    StartNote,
    discard_draft,
    finish_memo,
    save_draft,
    start_case_note,
    start_note,
)
from practicerunner.workflows.psychotherapy import (
    DiscardPsychotherapyNote,
    FinishPsychotherapyNote,
    SavePsychotherapyNote,
    discard_psychotherapy_note,
    finish_psychotherapy_note,
    psychotherapy_page,
    save_psychotherapy_note,
)
from practicerunner.workflows.reviews import CosignNote, OwnNote, ReturnNote, cosign_note, return_note
from practicerunner.workflows.signatures import SignNote, sign_note
from practicerunner.workflows.staff import ChangeStaff, change_staff
from practicerunner.workflows.supervision import NoSupervisor
from tests.cast import ZONE, Cast, at, hold, people_of
from tests.rules.test_notes import FITTING

SENTINEL = "Heron-on-the-roof **seventeen**"
SERVICE = {
    CaseType.INDIVIDUAL: "IND50", CaseType.TWO_PERSON: "FAM50", CaseType.FAMILY: "FAM50",
    CaseType.THERAPY_GROUP: "GRP90", CaseType.INDIVIDUAL_CONSULTATION: "CONS60",
    CaseType.CONSULTATION_GROUP: "CGRP120", CaseType.WORKSHOP: "WKSP",
}
NAMES = ("Noor Haddad", "Sam Ortiz")
MONDAY = "2026-10-12 10:00"


def session_of(cast: Cast, case_type: CaseType = CaseType.INDIVIDUAL, *, by: str = "Marcus", when: str = MONDAY,
               **options: Any) -> tuple[int, int]:
    """A case of a kind and its first held appointment."""
    names = NAMES[:1] if case_type in (CaseType.INDIVIDUAL, CaseType.INDIVIDUAL_CONSULTATION) else NAMES
    with at("2026-10-01 09:00"):
        case_id = cast.open_case(case_type, *names, provider=by, name="Thursday circle" if len(names) > 1 and
                                 case_type not in (CaseType.TWO_PERSON, CaseType.FAMILY) else "")
    return case_id, hold(cast, case_id, SERVICE[case_type], when, by=by, **options)


def row(cast: Cast, note_id: int) -> Note:
    with database.reading(cast.engine) as session:
        return session.get_one(Note, note_id)


def page(cast: Cast, name: str, note_id: int, reason: str = "") -> NotePage | NoteFacts:
    """Somebody opens a note, which is logged, so in a transaction."""
    actor = cast.actor(name)
    with database.transaction(cast.engine) as session:
        return note_page(session, actor, note_id, reason)


def start(cast: Cast, name: str, appointment_id: int, kind: NoteKind = NoteKind.PROGRESS, form: str = "") -> int:
    return cast.do(name, start_note, StartNote(appointment_id=appointment_id, kind=kind, form=form))


def fill(cast: Cast, name: str, note_id: int, words: str = "Said.", **parts: str) -> int:
    """Write every required section, and each part; returns the revision afterwards."""
    note = row(cast, note_id)
    cast.do(name, save_draft, SaveDraft(
        note_id=note_id, revision=note.revision,
        sections={s.key: words for s in FORMS[note.form].sections if s.required},
        parts={int(key): f"{words} Part of {key}." for key in note.parts},
    ))
    return row(cast, note_id).revision


def sign(cast: Cast, name: str, note_id: int) -> None:
    cast.do(name, sign_note, SignNote(note_id=note_id, revision=row(cast, note_id).revision))


def signed_note(cast: Cast, name: str = "Marcus", case_type: CaseType = CaseType.INDIVIDUAL) -> tuple[int, int]:
    """A case and a note in it that its author has signed on the evening of the appointment."""
    case_id, appointment_id = session_of(cast, case_type, by=name)
    with at("2026-10-12 22:00"):
        note_id = start(cast, name, appointment_id)
        fill(cast, name, note_id, SENTINEL)
        sign(cast, name, note_id)
    return case_id, note_id


def audit_rows(cast: Cast, action: str) -> list[AuditRow]:
    with database.reading(cast.engine) as session:
        return list(session.scalars(select(AuditRow).where(AuditRow.action == action)))


@pytest.mark.parametrize("case_type", CaseType)
def test_only_the_kinds_that_fit_a_case_can_be_written(cast: Cast, case_type: CaseType) -> None:
    case_id, appointment_id = session_of(cast, case_type)
    for kind in NoteKind:
        if kind is NoteKind.PSYCHOTHERAPY:
            save = SavePsychotherapyNote(appointment_id=appointment_id, text="Thoughts.")
            if kind in FITTING[case_type]:
                assert cast.do("Marcus", save_psychotherapy_note, save)
            else:
                with pytest.raises(NoteDoesNotFit):
                    cast.do("Marcus", save_psychotherapy_note, save)
        elif kind in FITTING[case_type]:
            assert row(cast, start(cast, "Marcus", appointment_id, kind)).form == forms_for(kind)[0]
        else:
            with pytest.raises(NoteDoesNotFit, match="does not belong"):
                start(cast, "Marcus", appointment_id, kind)
    lines = cast.read("Marcus", notes_of_case, case_id)
    assert {line.kind for line in lines} == FITTING[case_type]


def test_every_signed_kind_goes_from_draft_to_locked_to_amended(cast: Cast) -> None:
    for case_type, kind in ((CaseType.INDIVIDUAL, NoteKind.PROGRESS), (CaseType.THERAPY_GROUP, NoteKind.GROUP),
                            (CaseType.INDIVIDUAL_CONSULTATION, NoteKind.CONSULTATION)):
        hour = {NoteKind.PROGRESS: 8, NoteKind.GROUP: 12, NoteKind.CONSULTATION: 16}[kind]
        _, appointment_id = session_of(cast, case_type, when=f"2026-10-12 {hour:02}:00")
        with at("2026-10-12 22:00"):
            note_id = start(cast, "Marcus", appointment_id, kind)
            fill(cast, "Marcus", note_id)
            sign(cast, "Marcus", note_id)
            assert row(cast, note_id).status is NoteStatus.LOCKED
            cast.do("Marcus", add_addendum, AddAddendum(note_id=note_id, reason="correction", text="50 minutes."))
        assert row(cast, note_id).status is NoteStatus.AMENDED


def test_a_second_start_goes_on_with_the_first_note_and_another_form_must_exist(cast: Cast) -> None:
    _, appointment_id = session_of(cast)
    first = start(cast, "Marcus", appointment_id, form="dap")
    assert start(cast, "Marcus", appointment_id, form="soap") == first
    assert row(cast, first).form == "dap"
    memo = start(cast, "Marcus", appointment_id, NoteKind.MEMO)
    assert memo != first
    _, other = session_of(cast, when="2026-10-12 13:00")
    with pytest.raises(BadInput) as refused:
        start(cast, "Marcus", other, form="memo")
    assert refused.value.field == "form"


def test_a_stranger_finds_neither_the_appointment_nor_the_note(cast: Cast) -> None:
    case_id, note_id = signed_note(cast)
    appointment_id = row(cast, note_id).appointment_id
    for attempt in (
        lambda: start(cast, "Olga", appointment_id or 0),
        lambda: page(cast, "Olga", note_id),
        lambda: cast.read("Olga", notes_of_case, case_id),
        lambda: cast.read("Olga", note_block, appointment_id),
        lambda: cast.do("Olga", save_draft, SaveDraft(note_id=note_id, revision=1, sections={})),
        lambda: cast.do("Olga", add_addendum, AddAddendum(note_id=note_id, reason="x", text="y")),
        lambda: cast.do("Olga", save_psychotherapy_note, SavePsychotherapyNote(
            appointment_id=appointment_id or 0, text="x")),
    ):
        with pytest.raises(NotFound):
            attempt()


def test_the_desk_sees_state_and_dates_and_never_the_text(cast: Cast) -> None:
    case_id, note_id = signed_note(cast)
    shown = page(cast, "Tom", note_id)
    assert isinstance(shown, NoteFacts)
    assert not shown.needs_reason
    assert shown.line.status is NoteStatus.LOCKED
    assert shown.line.service_date == date(2026, 10, 12)
    appointment_id = row(cast, note_id).appointment_id
    everything = repr([shown, cast.read("Tom", notes_of_case, case_id), cast.read("Tom", note_block, appointment_id)])
    assert "Heron" not in everything
    assert "can_open=False" in everything
    with pytest.raises(NotPermitted):
        start(cast, "Tom", appointment_id or 0)
    with pytest.raises(NotPermitted):
        cast.read("Tom", my_queue)


def test_an_owner_reads_only_as_clinical_director_with_a_typed_reason_that_is_logged(cast: Cast) -> None:
    _, note_id = signed_note(cast)
    closed = page(cast, "Dana", note_id, "curious")
    assert isinstance(closed, NoteFacts)
    assert not closed.needs_reason
    assert "Heron" not in repr(closed)
    with database.transaction(cast.engine) as session:
        session.get_one(Staff, cast.staff["Dana"]).is_clinical_director = True
    asking = page(cast, "Dana", note_id)
    assert isinstance(asking, NoteFacts)
    assert asking.needs_reason
    assert not audit_rows(cast, "open_note")
    opened = page(cast, "Dana", note_id, "complaint 12")
    assert isinstance(opened, NotePage)
    assert opened.sections[0].text == SENTINEL
    assert not opened.may_write
    assert not opened.may_amend
    logged = audit_rows(cast, "open_note")
    assert [(r.staff_id, r.resource_id, r.detail) for r in logged] == [
        (cast.staff["Dana"], note_id, "reason: complaint 12")
    ]


def test_each_reading_is_logged_once_and_a_page_that_redraws_is_one_reading(cast: Cast) -> None:
    _, note_id = signed_note(cast)
    with at("2026-10-13 09:00"):
        page(cast, "Marcus", note_id)
        page(cast, "Marcus", note_id)
    with at("2026-10-13 09:20"):
        page(cast, "Marcus", note_id)
    assert [r.staff_id for r in audit_rows(cast, "open_note")] == [cast.staff["Marcus"]] * 2
    with pytest.raises(RuntimeError, match="transaction"), at("2026-10-13 12:00"):
        cast.read("Marcus", note_page, note_id)


def test_two_editors_of_one_draft_the_second_save_is_refused_and_the_first_text_stays(cast: Cast) -> None:
    _, appointment_id = session_of(cast)
    note_id = start(cast, "Marcus", appointment_id)
    cast.do("Marcus", save_draft, SaveDraft(note_id=note_id, revision=1, sections={"plan": "First."}))
    with pytest.raises(Stale):
        cast.do("Marcus", save_draft, SaveDraft(note_id=note_id, revision=1, sections={"plan": "Second."}))
    note = row(cast, note_id)
    assert (note.sections, note.revision) == ({"plan": "First."}, 2)


def test_saving_the_same_text_again_makes_no_new_revision(cast: Cast) -> None:
    _, appointment_id = session_of(cast)
    note_id = start(cast, "Marcus", appointment_id)
    typed = "  kept\tas typed \n\n" + SENTINEL
    for _ in range(2):
        cast.do("Marcus", save_draft, SaveDraft(note_id=note_id, revision=row(cast, note_id).revision,
                                                sections={"plan": typed}))
    assert (row(cast, note_id).sections, row(cast, note_id).revision) == ({"plan": typed}, 2)
    with pytest.raises(BadInput, match="no such section"):
        cast.do("Marcus", save_draft, SaveDraft(note_id=note_id, revision=2, sections={"diagnosis": "x"}))


def test_a_signature_fixes_name_credentials_time_and_hash_and_locks_in_one_step(cast: Cast) -> None:
    _, note_id = signed_note(cast)
    note = row(cast, note_id)
    assert (note.status, note.version) == (NoteStatus.LOCKED, 1)
    with database.reading(cast.engine) as session:
        version = session.scalars(select(NoteVersion)).one()
        signature = session.scalars(select(Signature)).one()
    assert (signature.name, signature.credentials, signature.role) == ("Marcus Bell", "LMFT", SignatureRole.AUTHOR)
    assert str(signature.signed_at) == "2026-10-13 02:00:00+00:00"
    assert signature.signed_at == note.locked_at
    plain = json.dumps(version.content, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    assert signature.text_hash == version.text_hash == hashlib.sha256(plain.encode()).hexdigest()
    assert version.content["sections"] == dict.fromkeys(("subjective", "objective", "assessment", "plan"), SENTINEL)
    shown = page(cast, "Marcus", note_id)
    assert isinstance(shown, NotePage)
    assert [s.intact for s in shown.signatures] == [True]
    assert shown.header.present == ("Noor Haddad",)
    assert not shown.header.late_entry


def test_the_second_click_on_sign_signs_once(cast: Cast) -> None:
    _, appointment_id = session_of(cast)
    with at("2026-10-12 22:00"):
        note_id = start(cast, "Marcus", appointment_id)
        asked = SignNote(note_id=note_id, revision=fill(cast, "Marcus", note_id))
        assert cast.do("Marcus", sign_note, asked) == cast.do("Marcus", sign_note, asked) == note_id
        with pytest.raises(NoteIsSigned):
            cast.do("Marcus", sign_note, SignNote(note_id=note_id, revision=asked.revision))
    with database.reading(cast.engine) as session:
        assert len(list(session.scalars(select(Signature)))) == 1
        assert len(list(session.scalars(select(NoteVersion)))) == 1


def test_two_clicks_at_the_same_moment_sign_once(cast: Cast) -> None:
    _, appointment_id = session_of(cast)
    note_id = start(cast, "Marcus", appointment_id)
    revision = fill(cast, "Marcus", note_id)
    outcomes: list[str] = []
    barrier = threading.Barrier(2)

    def click() -> None:
        barrier.wait()
        try:
            cast.do("Marcus", sign_note, SignNote(note_id=note_id, revision=revision))
            outcomes.append("signed")
        except NoteIsSigned:
            outcomes.append("refused")

    with at("2026-10-12 22:00"):
        clicks = [threading.Thread(target=click) for _ in range(2)]
        [c.start() for c in clicks]
        [c.join() for c in clicks]
    assert sorted(outcomes) == ["refused", "signed"]


def test_a_signed_note_refuses_every_verb_of_a_draft_by_its_author_and_by_others(cast: Cast) -> None:
    _, note_id = signed_note(cast)
    revision = row(cast, note_id).revision
    attempts = (
        (save_draft, SaveDraft(note_id=note_id, revision=revision, sections={"plan": "Other."})),
        (sign_note, SignNote(note_id=note_id, revision=revision)),
        (discard_draft, DiscardDraft(note_id=note_id)),
        (finish_memo, FinishMemo(note_id=note_id, revision=revision)),
    )
    for verb, asked in attempts:
        with pytest.raises(NoteIsSigned):
            cast.do("Marcus", verb, asked)
        with pytest.raises(NotPermitted):
            cast.do("Dana", verb, asked.model_copy(update={"op": asked.op + "d"}))
    assert row(cast, note_id).sections["plan"] == SENTINEL


@pytest.mark.parametrize("statement", [
    "update note_version set content = '{}'", "delete from note_version", "update signature set name = 'X'",
    "update note set sections = '{}'", "update note set parts = '{\"1\": \"x\"}'", "update note set form = 'dap'",
    "update note set kind = 'memo'", "update note set status = 'draft'", "update note set service_date = '2026-01-01'",
    "delete from note", "update addendum set text = 'X'", "delete from addendum",
])
def test_the_database_itself_refuses_to_change_what_was_signed(cast: Cast, statement: str) -> None:
    _, note_id = signed_note(cast)
    cast.do("Marcus", add_addendum, AddAddendum(note_id=note_id, reason="correction", text="50 minutes."))
    with pytest.raises(IntegrityError), database.transaction(cast.engine) as session:
        session.execute(text(statement))
    assert row(cast, note_id).sections["plan"] == SENTINEL


def test_a_draft_can_still_be_changed_and_deleted_in_the_database(cast: Cast) -> None:
    _, appointment_id = session_of(cast)
    start(cast, "Marcus", appointment_id)
    with database.transaction(cast.engine) as session:
        session.execute(text("update note set sections = '{\"plan\": \"x\"}'"))
        session.execute(text("delete from note"))


def test_a_note_is_not_signed_with_a_required_section_empty_or_before_the_appointment(cast: Cast) -> None:
    _, appointment_id = session_of(cast)
    note_id = start(cast, "Marcus", appointment_id)
    with pytest.raises(NoteIsIncomplete, match="Subjective, Objective, Assessment, Plan"), at("2026-10-12 22:00"):
        sign(cast, "Marcus", note_id)
    fill(cast, "Marcus", note_id)
    with pytest.raises(NoteIsIncomplete, match="after its appointment has begun"), at("2026-10-12 09:59"):
        sign(cast, "Marcus", note_id)
    assert row(cast, note_id).version == 0


def test_a_note_signed_on_the_fourth_day_says_that_it_is_late(cast: Cast) -> None:
    _, appointment_id = session_of(cast)
    with at("2026-10-16 08:00"):
        note_id = start(cast, "Marcus", appointment_id)
        fill(cast, "Marcus", note_id)
        sign(cast, "Marcus", note_id)
    with at("2026-11-20 08:00"):
        shown = page(cast, "Marcus", note_id)
    assert isinstance(shown, NotePage)
    assert shown.header.late_entry
    assert shown.header.entered_on == date(2026, 10, 16)


def test_an_associates_note_is_returned_revised_cosigned_and_amended(cast: Cast) -> None:
    """SC06."""
    case_id, appointment_id = session_of(cast, by="Priya")
    with at("2026-10-13 09:05"):
        note_id = start(cast, "Priya", appointment_id)
        fill(cast, "Priya", note_id, "Version one.")
        sign(cast, "Priya", note_id)
    note = row(cast, note_id)
    assert (note.status, note.supervisor_id, note.locked_at) == (NoteStatus.SUBMITTED, cast.staff["Ruth"], None)
    assert [line.note_id for line in cast.read("Ruth", my_queue).to_review] == [note_id]
    for verb, asked in ((save_draft, SaveDraft(note_id=note_id, revision=note.revision, sections={"plan": "x"})),
                        (sign_note, SignNote(note_id=note_id, revision=note.revision))):
        with pytest.raises(AwaitingCosignature):
            cast.do("Priya", verb, asked)
    with pytest.raises(OwnNote):
        cast.do("Priya", cosign_note, CosignNote(note_id=note_id, version=1))
    with pytest.raises(NotFound):
        cast.do("Marcus", cosign_note, CosignNote(note_id=note_id, version=1))
    with at("2026-10-13 17:40"):
        cast.do("Ruth", return_note, ReturnNote(note_id=note_id, version=1, comment="What is the *plan*?"))
    assert not cast.read("Ruth", my_queue).to_review
    (line, (comment,)), = cast.read("Priya", my_queue).returned
    assert (line.note_id, comment.text, comment.name) == (note_id, "What is the *plan*?", "Ruth Feldman")
    with at("2026-10-14 08:15"):
        fill(cast, "Priya", note_id, "Version two.")
        sign(cast, "Priya", note_id)
    with pytest.raises(Stale):
        cast.do("Ruth", cosign_note, CosignNote(note_id=note_id, version=1))
    with at("2026-10-14 12:00"):
        cast.do("Ruth", cosign_note, CosignNote(note_id=note_id, version=2))
    assert row(cast, note_id).status is NoteStatus.LOCKED
    for reader in ("Priya", "Ruth"):
        shown = page(cast, reader, note_id)
        assert isinstance(shown, NotePage)
        assert [v.sections[0].text for v in shown.versions] == ["Version one.", "Version two."]
        assert [c.text for c in shown.comments] == ["What is the *plan*?"]
        assert [(s.name, s.role, s.version, s.intact) for s in shown.signatures] == [
            ("Priya Nair, LMFT", SignatureRole.AUTHOR, 1, True), ("Priya Nair, LMFT", SignatureRole.AUTHOR, 2, True),
            ("Ruth Feldman, LMFT", SignatureRole.CO_SIGNER, 2, True),
        ]
        assert {s.text for s in shown.sections if s.required} == {"Version two."}
    with at("2026-10-20 09:00"):
        cast.do("Priya", add_addendum, AddAddendum(note_id=note_id, reason="correction", text="50, not 45 minutes."))
    assert row(cast, note_id).status is NoteStatus.AMENDED
    (waiting, _), = cast.read("Ruth", my_queue).addenda
    assert waiting.note_id == note_id
    addendum = page(cast, "Ruth", note_id).addenda[0]
    assert (addendum.awaits, addendum.may_cosign, addendum.cosigned_by) == ("Ruth Feldman", True, "")
    for name, refusal in (("Priya", OwnNote), ("Marcus", NotFound)):
        with pytest.raises(refusal):
            cast.do(name, cosign_addendum, CosignAddendum(addendum_id=addendum.addendum_id))
    cast.do("Ruth", cosign_addendum, CosignAddendum(addendum_id=addendum.addendum_id))
    with pytest.raises(RuleViolation, match="does not wait"):
        cast.do("Ruth", cosign_addendum, CosignAddendum(addendum_id=addendum.addendum_id))
    addendum = page(cast, "Priya", note_id).addenda[0]
    assert (addendum.awaits, addendum.may_cosign, addendum.cosigned_by) == ("", False, "Ruth Feldman, LMFT")
    assert not cast.read("Ruth", my_queue).addenda
    assert cast.read("Ruth", notes_of_case, case_id)[0].can_open


def test_a_note_first_signed_in_time_is_not_late_when_it_is_revised_weeks_later(cast: Cast) -> None:
    _, note_id = signed_note(cast, "Priya")
    with at("2026-10-30 09:00"):
        cast.do("Ruth", return_note, ReturnNote(note_id=note_id, version=1, comment="More."))
        assert not page(cast, "Priya", note_id).header.late_entry
        fill(cast, "Priya", note_id, "More.")
        sign(cast, "Priya", note_id)
        assert not page(cast, "Priya", note_id).header.late_entry


def test_an_associate_without_a_supervisor_cannot_submit(cast: Cast) -> None:
    with database.reading(cast.engine) as session:
        priya = session.get_one(Staff, cast.staff["Priya"])
    with at("2026-09-01 09:00"):
        cast.do("Dana", change_staff, ChangeStaff(
            staff_id=priya.id, revision=priya.revision, first_name="Priya", last_name="Nair", email=priya.email,
            credentials="LMFT", roles=frozenset({Role.ASSOCIATE}), supervisor_id=None,
        ))
    _, appointment_id = session_of(cast, by="Priya")
    with at("2026-10-12 22:00"):
        note_id = start(cast, "Priya", appointment_id)
        fill(cast, "Priya", note_id)
        with pytest.raises(NoSupervisor):
            sign(cast, "Priya", note_id)
        shown = page(cast, "Priya", note_id)
    assert isinstance(shown, NotePage)
    assert shown.lacks_supervisor
    assert (row(cast, note_id).status, row(cast, note_id).version) == (NoteStatus.DRAFT, 0)


def test_a_supervisor_cannot_cosign_or_return_a_note_of_their_own(cast: Cast) -> None:
    _, note_id = signed_note(cast, "Ruth")
    assert row(cast, note_id).status is NoteStatus.LOCKED
    with pytest.raises(OwnNote):
        cast.do("Ruth", cosign_note, CosignNote(note_id=note_id, version=1))
    with pytest.raises(OwnNote):
        cast.do("Ruth", return_note, ReturnNote(note_id=note_id, version=1, comment="x"))


def test_only_the_author_writes_even_where_others_may_read(cast: Cast) -> None:
    _, appointment_id = session_of(cast, by="Priya")
    note_id = start(cast, "Priya", appointment_id)
    for name in ("Ruth", "Dana", "Marcus"):
        with pytest.raises(NotPermitted):
            cast.do(name, save_draft, SaveDraft(note_id=note_id, revision=1, sections={"plan": "x"}))
        with pytest.raises(NotPermitted):
            cast.do(name, discard_draft, DiscardDraft(note_id=note_id))
    assert row(cast, note_id).sections == {}


def test_a_draft_is_discarded_by_its_author_and_the_audit_log_says_so(cast: Cast) -> None:
    _, appointment_id = session_of(cast)
    note_id = start(cast, "Marcus", appointment_id)
    cast.do("Marcus", discard_draft, DiscardDraft(note_id=note_id))
    with database.reading(cast.engine) as session:
        assert session.get(Note, note_id) is None
    assert [(r.resource_id, r.detail) for r in audit_rows(cast, "discard_draft")] == [
        (note_id, "progress of 2026-10-12")
    ]


def test_a_returned_note_cannot_be_discarded(cast: Cast) -> None:
    _, note_id = signed_note(cast, "Priya")
    cast.do("Ruth", return_note, ReturnNote(note_id=note_id, version=1, comment="More."))
    with pytest.raises(RuleViolation):
        cast.do("Priya", discard_draft, DiscardDraft(note_id=note_id))


def test_a_memo_is_draft_and_final_only(cast: Cast) -> None:
    _, appointment_id = session_of(cast, by="Priya")
    memo = start(cast, "Priya", appointment_id, NoteKind.MEMO)
    revision = fill(cast, "Priya", memo, "Bring the key.")
    with pytest.raises(RuleViolation, match="finished, not signed"):
        cast.do("Priya", sign_note, SignNote(note_id=memo, revision=revision))
    cast.do("Priya", finish_memo, FinishMemo(note_id=memo, revision=revision))
    assert row(cast, memo).status is NoteStatus.FINAL
    for verb, asked in ((save_draft, SaveDraft(note_id=memo, revision=revision + 1, sections={"text": "x"})),
                        (add_addendum, AddAddendum(note_id=memo, reason="x", text="y")),
                        (discard_draft, DiscardDraft(note_id=memo))):
        with pytest.raises(RuleViolation):
            cast.do("Priya", verb, asked)
    assert isinstance(page(cast, "Tom", memo), NoteFacts)
    assert isinstance(page(cast, "Dana", memo), NotePage)


def test_a_group_note_has_a_part_for_each_who_came_and_for_nobody_else(cast: Cast) -> None:
    with at("2026-10-01 09:00"):
        case_id = cast.open_case(CaseType.THERAPY_GROUP, "Eve Moss", "Jo Park", "Al Ray", name="Thursday circle")
    ids = people_of(cast, case_id)
    appointment_id = hold(cast, case_id, "GRP90", MONDAY, missed={ids["Al"]: AttendanceStatus.NO_SHOW})
    with at("2026-10-12 22:30"):
        note_id = start(cast, "Marcus", appointment_id, NoteKind.GROUP)
        assert set(row(cast, note_id).parts) == {str(ids["Eve"]), str(ids["Jo"])}
        shared = {"topic": "Trust.", "interventions": "Rounds.", "process": "Warm."}
        with pytest.raises(BadInput, match="who was there"):
            cast.do("Marcus", save_draft, SaveDraft(note_id=note_id, revision=1, sections={}, parts={ids["Al"]: "x"}))
        cast.do("Marcus", save_draft, SaveDraft(
            note_id=note_id, revision=1, sections=shared, parts={ids["Eve"]: f"Spoke. {SENTINEL}"}))
        with pytest.raises(NoteIsIncomplete, match=r"^Please fill in before you sign: Part of Jo Park\.$"):
            sign(cast, "Marcus", note_id)
        cast.do("Marcus", save_draft, SaveDraft(
            note_id=note_id, revision=2, sections={}, parts={ids["Jo"]: "Listened."}))
        here = dict.fromkeys((ids["Eve"], ids["Jo"]), AttendanceStatus.ATTENDED)
        cast.do("Marcus", set_attendance, SetAttendance(appointment_id=appointment_id, statuses={
            **dict.fromkeys(here, AttendanceStatus.NO_SHOW), ids["Al"]: AttendanceStatus.ATTENDED}))
        with pytest.raises(NoteIsIncomplete, match=r"Eve Moss and Jo Park were not there\. Empty those parts"):
            sign(cast, "Marcus", note_id)
        cast.do("Marcus", set_attendance, SetAttendance(
            appointment_id=appointment_id, statuses=here | {ids["Al"]: AttendanceStatus.NO_SHOW}))
        sign(cast, "Marcus", note_id)
    actor = cast.actor("Marcus")
    with database.transaction(cast.engine) as session:
        jo = member_view(session, actor, note_id, ids["Jo"])
    assert isinstance(jo, MemberView)
    assert (jo.own_part, jo.present) == ("Listened.", 2)
    assert [s.text for s in jo.sections if s.text] == list(shared.values())
    for hidden in ("Heron", "Eve", "Moss", "Al", "Ray"):
        assert hidden not in repr(jo)
    with pytest.raises(NotFound), database.transaction(cast.engine) as session:
        member_view(session, actor, note_id, ids["Al"])


def test_a_group_note_waits_for_attendance_and_follows_it(cast: Cast) -> None:
    case_id, appointment_id = session_of(cast, CaseType.THERAPY_GROUP)
    ids = people_of(cast, case_id)
    with at("2026-10-12 22:30"):
        note_id = start(cast, "Marcus", appointment_id, NoteKind.GROUP)
        fill(cast, "Marcus", note_id)
        cast.do("Marcus", set_attendance, SetAttendance(
            appointment_id=appointment_id, statuses={ids["Sam"]: AttendanceStatus.NO_SHOW}))
        with pytest.raises(NoteIsIncomplete, match="Sam Ortiz was not there"):
            sign(cast, "Marcus", note_id)
        cast.do("Marcus", set_attendance, SetAttendance(
            appointment_id=appointment_id, statuses={ids["Sam"]: AttendanceStatus.SCHEDULED}))
        with pytest.raises(NoteIsIncomplete, match="Record first who was there"):
            sign(cast, "Marcus", note_id)


@pytest.mark.parametrize(("case_type", "kind"), [
    (CaseType.INDIVIDUAL, NoteKind.PROGRESS), (CaseType.INDIVIDUAL_CONSULTATION, NoteKind.CONSULTATION),
    (CaseType.THERAPY_GROUP, NoteKind.GROUP),
])
def test_what_took_place_is_signed_once_it_is_recorded_that_somebody_was_there(cast: Cast, case_type, kind) -> None:
    case_id, appointment_id = session_of(cast, case_type)
    decoy = hold(cast, case_id, SERVICE[case_type], "2026-10-12 14:00")
    everybody = people_of(cast, case_id).values()

    def mark(status: AttendanceStatus) -> None:
        cast.do("Marcus", set_attendance, SetAttendance(
            appointment_id=appointment_id, statuses=dict.fromkeys(everybody, status)))

    nobody = rf"^Nobody was there, so there is nothing to say in a {kind.label.lower()}\.$"
    with at("2026-10-12 22:00"):
        note_id = start(cast, "Marcus", appointment_id, kind)
        mark(AttendanceStatus.SCHEDULED)
        fill(cast, "Marcus", note_id)
        for status, refusal in ((AttendanceStatus.SCHEDULED, "^Record first who was there"),
                                (AttendanceStatus.CONFIRMED, "^Record first who was there"),
                                (AttendanceStatus.NO_SHOW, nobody),
                                (AttendanceStatus.CANCELLED_BY_PROVIDER, nobody)):
            mark(status)
            with pytest.raises(NoteIsIncomplete, match=refusal):
                sign(cast, "Marcus", note_id)
        mark(AttendanceStatus.ATTENDED)
        sign(cast, "Marcus", note_id)
        assert row(cast, note_id).status is NoteStatus.LOCKED
        other = start(cast, "Marcus", decoy, kind)
        fill(cast, "Marcus", other)
        sign(cast, "Marcus", other)


def test_a_note_on_a_missed_appointment_is_signed_once_that_is_recorded(cast: Cast) -> None:
    case_id, appointment_id = session_of(cast)
    noor = people_of(cast, case_id)["Noor"]
    with at("2026-10-12 22:00"):
        note_id = cast.do("Marcus", start_case_note, StartCaseNote(
            case_id=case_id, kind=NoteKind.CONTACT, form="missed", service_date=date(2026, 10, 12),
            appointment_id=appointment_id))
        for status in (AttendanceStatus.SCHEDULED, AttendanceStatus.NO_SHOW):
            cast.do("Marcus", set_attendance, SetAttendance(appointment_id=appointment_id, statuses={noor: status}))
            if status is AttendanceStatus.SCHEDULED:
                fill(cast, "Marcus", note_id)
                with pytest.raises(NoteIsIncomplete, match=r"^Record first who was there\.$"):
                    sign(cast, "Marcus", note_id)
        sign(cast, "Marcus", note_id)
        assert row(cast, note_id).status is NoteStatus.LOCKED


def test_a_psychotherapy_note_is_read_by_its_author_alone(cast: Cast) -> None:
    case_id, appointment_id = session_of(cast, by="Priya")
    with database.transaction(cast.engine) as session:
        session.get_one(Staff, cast.staff["Dana"]).is_clinical_director = True
    cast.do("Priya", save_psychotherapy_note, SavePsychotherapyNote(appointment_id=appointment_id, text=SENTINEL))
    own = cast.read("Priya", psychotherapy_page, appointment_id)
    assert (own.text, own.revision, own.status) == (SENTINEL, 1, NoteStatus.DRAFT)
    for name in ("Dana", "Ruth", "Marcus", "Olga"):
        with pytest.raises(NotFound):
            cast.read(name, psychotherapy_page, appointment_id)
    with pytest.raises(NotPermitted):
        cast.read("Tom", psychotherapy_page, appointment_id)
    for name in ("Dana", "Ruth", "Tom"):
        everything = [cast.read(name, notes_of_case, case_id), cast.read(name, note_block, appointment_id)]
        if name != "Tom":
            everything.append(cast.read(name, my_queue))
        assert "PSYCHOTHERAPY" not in repr(everything)
    assert [line.kind for line in cast.read("Priya", notes_of_case, case_id)] == [NoteKind.PSYCHOTHERAPY]


def test_another_provider_of_the_same_case_has_a_psychotherapy_note_of_their_own(cast: Cast) -> None:
    case_id, appointment_id = session_of(cast, by="Priya")
    cast.do("Priya", save_psychotherapy_note, SavePsychotherapyNote(appointment_id=appointment_id, text=SENTINEL))
    with database.transaction(cast.engine) as session:
        session.get_one(Case, case_id).provider_id = cast.staff["Marcus"]
    blank = cast.read("Marcus", psychotherapy_page, appointment_id)
    assert (blank.text, blank.revision) == ("", 0)
    cast.do("Marcus", save_psychotherapy_note, SavePsychotherapyNote(appointment_id=appointment_id, text="Mine."))
    assert cast.read("Priya", psychotherapy_page, appointment_id).text == SENTINEL


def test_the_database_holds_no_word_of_a_psychotherapy_note(cast: Cast) -> None:
    _, appointment_id = session_of(cast)
    note_id = 0
    for revision in (0, 1):
        note_id = cast.do("Marcus", save_psychotherapy_note, SavePsychotherapyNote(
            appointment_id=appointment_id, note_id=note_id, revision=revision, text=f"{SENTINEL} {revision}"))
    with database.reading(cast.engine) as session:
        kept = session.scalars(select(PsychotherapyNote)).one()
        assert b"Heron" not in kept.ciphertext
        for table in Base.metadata.sorted_tables:
            for found in session.execute(select(table)):
                assert "Heron" not in repr(tuple(found)), table.name


def test_a_psychotherapy_note_refuses_a_stale_save_and_is_final_once_finished(cast: Cast) -> None:
    _, appointment_id = session_of(cast)

    def save(revision: int, words: str, note_id: int = 0) -> int:
        return int(cast.do("Marcus", save_psychotherapy_note, SavePsychotherapyNote(
            appointment_id=appointment_id, note_id=note_id, revision=revision, text=words)))

    note_id = save(0, "One.")
    with pytest.raises(Stale):
        save(0, "Two.")
    assert cast.read("Marcus", psychotherapy_page, appointment_id).text == "One."
    cast.do("Marcus", finish_psychotherapy_note, FinishPsychotherapyNote(
        appointment_id=appointment_id, note_id=note_id, revision=1))
    with pytest.raises(RuleViolation, match="final"):
        save(2, "Three.", note_id)
    with pytest.raises(RuleViolation, match="final"):
        cast.do("Marcus", discard_psychotherapy_note, DiscardPsychotherapyNote(
            appointment_id=appointment_id, note_id=note_id, revision=2))
    assert cast.read("Marcus", psychotherapy_page, appointment_id).text == "One."


def test_a_window_on_a_psychotherapy_note_that_was_discarded_never_writes_over_the_one_begun_after_it(
    cast: Cast
) -> None:
    _, appointment_id = session_of(cast)

    def save(words: str, note_id: int = 0, revision: int = 0) -> int:
        return int(cast.do("Marcus", save_psychotherapy_note, SavePsychotherapyNote(
            appointment_id=appointment_id, note_id=note_id, revision=revision, text=words)))

    def discard(note_id: int, revision: int) -> None:
        cast.do("Marcus", discard_psychotherapy_note, DiscardPsychotherapyNote(
            appointment_id=appointment_id, note_id=note_id, revision=revision))

    old = save("Old.")
    with pytest.raises(Stale):
        discard(old, 2)
    discard(old, 1)
    discard(old, 1)  # nothing is there any more
    with pytest.raises(Stale):
        save("Old, more.", old, 1)
    new = save("New.")
    assert cast.read("Marcus", psychotherapy_page, appointment_id).note_id == new != old
    with pytest.raises(Stale):
        save("Old, more.", old, 1)
    with pytest.raises(Stale):
        cast.do("Marcus", finish_psychotherapy_note, FinishPsychotherapyNote(
            appointment_id=appointment_id, note_id=old, revision=1))
    with pytest.raises(Stale):
        discard(old, 1)
    assert cast.read("Marcus", psychotherapy_page, appointment_id).text == "New."
    save("New, more.", new, 1)
    assert cast.read("Marcus", psychotherapy_page, appointment_id).text == "New, more."


def test_clinical_sections_of_a_consultation_appear_when_an_owner_switches_them_on(cast: Cast) -> None:
    case_id, appointment_id = session_of(cast, CaseType.INDIVIDUAL_CONSULTATION)
    note_id = start(cast, "Marcus", appointment_id, NoteKind.CONSULTATION)
    before = [s.key for s in page(cast, "Marcus", note_id).sections]
    assert before == ["topic", "discussion", "recommendations", "follow_up", "time_spent"]
    with pytest.raises(BadInput):
        cast.do("Marcus", save_draft, SaveDraft(note_id=note_id, revision=1, sections={"diagnosis": "x"}))
    cast.do("Dana", switch_clinical_fields, SwitchClinicalFields(case_id=case_id, on=True))
    after = [s.key for s in page(cast, "Marcus", note_id).sections]
    assert after == [*before, "diagnosis", "treatment_plan", "mental_status"]


def test_a_held_appointment_is_due_until_its_main_note_is_signed(cast: Cast) -> None:
    _, appointment_id = session_of(cast)
    _, missed = session_of(cast, when="2026-10-12 13:00")
    with at("2026-10-12 22:10"):
        cast.do("Marcus", mark_all, MarkAll(appointment_id=missed, status=AttendanceStatus.NO_SHOW))
    with at("2026-10-14 10:50"):
        due = cast.read("Marcus", documentation_due)
        assert [(d.appointment_id, d.kind, d.overdue, d.status) for d in due] == [
            (appointment_id, NoteKind.PROGRESS, False, None)
        ]
        assert str(due[0].due_at) == "2026-10-14 14:50:00+00:00"
        assert cast.read("Olga", documentation_due) == []
        assert cast.read("Dana", documentation_due) == []
    with at("2026-10-14 10:51"):
        assert cast.read("Marcus", documentation_due)[0].overdue
        memo = start(cast, "Marcus", appointment_id, NoteKind.MEMO)
        cast.do("Marcus", finish_memo, FinishMemo(note_id=memo, revision=fill(cast, "Marcus", memo)))
        assert len(cast.read("Marcus", documentation_due)) == 1
        note_id = start(cast, "Marcus", appointment_id)
        found = cast.read("Marcus", documentation_due)[0]
        assert (found.note_id, found.status) == (note_id, NoteStatus.DRAFT)
        fill(cast, "Marcus", note_id)
        sign(cast, "Marcus", note_id)
        assert cast.read("Marcus", documentation_due) == []
    with database.reading(cast.engine) as session:
        assert note_states_of(session, [appointment_id, missed]) == {appointment_id: NoteStatus.LOCKED}


def test_a_supervisor_sees_what_their_associate_owes_once_the_hours_are_over(cast: Cast) -> None:
    _, appointment_id = session_of(cast, by="Priya")
    with at("2026-10-14 10:50"):
        assert cast.read("Ruth", documentation_due) == []
        assert [d.appointment_id for d in cast.read("Priya", documentation_due)] == [appointment_id]
    with at("2026-10-14 10:51"):
        assert [d.appointment_id for d in cast.read("Ruth", documentation_due)] == [appointment_id]
        assert cast.read("Marcus", documentation_due) == []


def test_the_appointment_offers_what_fits_and_is_not_begun(cast: Cast) -> None:
    case_id, appointment_id = session_of(cast, CaseType.THERAPY_GROUP)
    block = cast.read("Marcus", note_block, appointment_id)
    assert block.offered == (NoteKind.GROUP, NoteKind.PROGRESS, NoteKind.PSYCHOTHERAPY, NoteKind.MEMO)
    assert block.main is NoteKind.GROUP
    start(cast, "Marcus", appointment_id, NoteKind.GROUP)
    block = cast.read("Marcus", note_block, appointment_id)
    assert block.offered == (NoteKind.PROGRESS, NoteKind.PSYCHOTHERAPY, NoteKind.MEMO)
    assert [(line.kind, line.status) for line in block.lines] == [(NoteKind.GROUP, NoteStatus.DRAFT)]
    assert cast.read("Dana", note_block, appointment_id).offered == ()
    assert cast.read("Tom", note_block, appointment_id).offered == ()
    assert [line.appointment_id for line in cast.read("Marcus", appointments_to_write, case_id)] == [appointment_id]


def test_the_last_signed_note_of_the_case_stands_beside_the_new_one(cast: Cast) -> None:
    case_id, first = session_of(cast)
    second = hold(cast, case_id, "IND50", "2026-10-19 10:00")
    with at("2026-10-19 22:00"):
        note_id = start(cast, "Marcus", second)
        assert page(cast, "Marcus", note_id).previous is None
        earlier = start(cast, "Marcus", first)
        fill(cast, "Marcus", earlier, "Last week.")
        sign(cast, "Marcus", earlier)
        beside = page(cast, "Marcus", note_id).previous
    assert beside is not None
    assert (beside.note_id, beside.sections[0].text) == (earlier, "Last week.")
    assert {r.resource_id for r in audit_rows(cast, "open_note")} == {note_id, earlier}


def test_a_line_says_when_its_author_signed_and_who_signed_beside_them_when(cast: Cast) -> None:
    case_id, note_id = signed_note(cast, "Priya")
    (line,) = cast.read("Priya", notes_of_case, case_id)
    assert standing(line, ZONE) == "Submitted by Priya Nair, Mon 12 Oct 2026, 22:00"
    with at("2026-10-13 12:00"):
        cast.do("Ruth", cosign_note, CosignNote(note_id=note_id, version=1))
    (line,) = cast.read("Priya", notes_of_case, case_id)
    assert standing(line, ZONE) == (
        "Signed by Priya Nair, Mon 12 Oct 2026, 22:00; co-signed by Ruth Feldman, Tue 13 Oct 2026, 12:00")
    decoy_case, _ = signed_note(cast)
    (line,) = cast.read("Marcus", notes_of_case, decoy_case)
    assert standing(line, ZONE) == "Signed by Marcus Bell, Mon 12 Oct 2026, 22:00"


def test_the_note_before_is_read_and_logged_where_it_is_drawn_alone(cast: Cast) -> None:
    case_id, first = session_of(cast, by="Priya")
    second = hold(cast, case_id, "IND50", "2026-10-13 10:00", by="Priya")
    made = []
    with at("2026-10-13 22:00"):
        for appointment_id in (first, second):
            made.append(start(cast, "Priya", appointment_id))
            fill(cast, "Priya", made[-1], "Last week.")
            sign(cast, "Priya", made[-1])

    def opened(day: str) -> set[tuple[str, int | None]]:
        names = {staff_id: name for name, staff_id in cast.staff.items()}
        return {(names[r.staff_id], r.resource_id) for r in audit_rows(cast, "open_note") if str(r.at)[:10] == day}

    with at("2026-10-14 09:00"):
        beside = page(cast, "Ruth", made[1]).previous
        assert beside is not None
        assert (beside.note_id, beside.sections[0].text) == (made[0], "Last week.")
        assert page(cast, "Priya", made[1]).previous is None
        assert opened("2026-10-14") == {("Ruth", made[0]), ("Ruth", made[1]), ("Priya", made[1])}
        cast.do("Ruth", cosign_note, CosignNote(note_id=made[1], version=1))
    with at("2026-10-15 09:00"):
        assert page(cast, "Ruth", made[1]).previous is None
        assert opened("2026-10-15") == {("Ruth", made[1])}


def test_no_note_text_is_in_any_audit_row(cast: Cast) -> None:
    _, note_id = signed_note(cast, "Priya")
    cast.do("Ruth", return_note, ReturnNote(note_id=note_id, version=1, comment=SENTINEL))
    with database.reading(cast.engine) as session:
        assert not [r.seq for r in session.scalars(select(AuditRow)) if "Heron" in r.detail]


def test_an_addendum_by_a_provider_stands_alone_and_leaves_the_note_as_it_was(cast: Cast) -> None:
    _, note_id = signed_note(cast)
    asked = AddAddendum(note_id=note_id, reason="correction", text="**50**, not 45 minutes.")
    for _ in range(2):
        cast.do("Marcus", add_addendum, asked)
    shown = page(cast, "Marcus", note_id)
    assert isinstance(shown, NotePage)
    assert [(a.text, a.reason, a.name, a.awaits) for a in shown.addenda] == [
        ("**50**, not 45 minutes.", "correction", "Marcus Bell, LMFT", "")
    ]
    assert {s.text for s in shown.sections if s.required} == {SENTINEL}
    with database.reading(cast.engine) as session:
        assert len(list(session.scalars(select(Addendum)))) == 1
