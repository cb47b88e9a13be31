"""Signed notes on paper: who may hand them out, what stands on them, and what never does."""

from collections.abc import Iterator
from datetime import date
from pathlib import Path

import pytest
from sqlalchemy import text

from practicerunner import database
from practicerunner.errors import NotFound, NotPermitted
from practicerunner.rules.note_details import Details, Risk
from practicerunner.settings import settings
from practicerunner.vocabulary import CaseType, NoteKind, RiskFinding
from practicerunner.workflows.addenda import AddAddendum, CosignAddendum, add_addendum, cosign_addendum
from practicerunner.workflows.note_papers import (
    STAYS,
    NoParts,
    NoteNotSigned,
    NoteStaysInside,
    note_pdf,
    printable_parts,
)
from practicerunner.workflows.notes import (
    FinishMemo,
    SaveDraft,
    StartCaseNote,
    StartNote,
    finish_memo,
    save_draft,
    start_case_note,
    start_note,
)
from practicerunner.workflows.reviews import CosignNote, ReturnNote, cosign_note, return_note
from practicerunner.workflows.signatures import SignNote, sign_note
from practicerunner.workflows.staff import ChangeStaff, change_staff
from tests.cast import STAFF, Cast, at, hold, people_of
from tests.documents.papers import lines, pages
from tests.workflows.releasing import authorize, prepared

SOAP = ("subjective", "objective", "assessment", "plan")
GROUP = {"topic": "Standing firm", "interventions": "A round", "process": "Quiet at first"}


@pytest.fixture(autouse=True)
def evening(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setattr(settings(), "key_file", tmp_path / "practice.key")
    with at("2026-10-12 22:30"):
        yield


def held(cast: Cast, case_type: CaseType = CaseType.INDIVIDUAL, *names: str, provider: str = "Marcus",
         service: str = "IND50", name: str = "") -> tuple[int, int]:
    with at("2026-10-01 09:00"):
        case_id = cast.open_case(case_type, *(names or ("Noor Haddad",)), provider=provider, name=name)
    return case_id, hold(cast, case_id, service, "2026-10-12 10:00", by=provider)


def started(cast: Cast, appointment_id: int, kind: NoteKind = NoteKind.PROGRESS, by: str = "Marcus") -> int:
    return cast.do(by, start_note, StartNote(appointment_id=appointment_id, kind=kind))


def signed(cast: Cast, appointment_id: int, by: str = "Marcus", words: str = "Slept better.") -> int:
    note_id = started(cast, appointment_id, by=by)
    cast.do(by, save_draft, SaveDraft(note_id=note_id, revision=1, sections=dict.fromkeys(SOAP, words)))
    cast.do(by, sign_note, SignNote(note_id=note_id, revision=2))
    return note_id


def printed(cast: Cast, who: str, note_id: int, person_id: int | None = None) -> tuple[str, str, bytes]:
    actor = cast.actor(who)
    with database.transaction(cast.engine) as session:
        return note_pdf(session, actor, note_id, person_id=person_id)


def test_a_signed_note_prints_with_its_facts_text_and_signature(cast: Cast) -> None:
    _, appointment_id = held(cast)
    name, media_type, pdf = printed(cast, "Marcus", signed(cast, appointment_id))
    assert (name, media_type) == ("Progress note 2026-10-12.pdf", "application/pdf")
    said = lines(pdf)
    for wanted in ("Linden Street Practice", "Progress note", "12 October 2026", "Noor Haddad", "Subjective",
                   "Date of service Monday, 12 October 2026", "Time 10:00, 50 minutes", "Present Noor Haddad",
                   "Written by Marcus Bell", "Signed electronically by Marcus Bell, LMFT",
                   "12 October 2026, 22:30 (America/New_York) · 13 October 2026, 02:30:00 UTC"):
        assert wanted in said, wanted
    assert said.count("Slept better.") == 4 and not any("LATE ENTRY" in line or "Tax ID" in line for line in said)
    with database.reading(cast.engine) as session:
        (kept,) = session.execute(text("select text_hash from signature")).scalars().all()
    assert f"SHA-256 of the signed text: {kept}" in said


def test_licence_late_entry_cosignature_and_addenda_stand_in_their_order(cast: Cast) -> None:
    cast.do("Dana", change_staff, ChangeStaff(
        staff_id=cast.staff["Priya"], revision=1, first_name="Priya", last_name="Nair", email="priya@linden.example",
        credentials="LMFT", licence="P-4471", roles=STAFF["Priya"][1], supervisor_id=cast.staff["Ruth"]))
    _, appointment_id = held(cast, provider="Priya")
    with at("2026-10-20 09:00"):
        note_id = signed(cast, appointment_id, by="Priya", words="First words.")
        cast.do("Ruth", return_note, ReturnNote(note_id=note_id, version=1, comment="Say more of the plan."))
        cast.do("Priya", save_draft, SaveDraft(
            note_id=note_id, revision=4, sections=dict.fromkeys(SOAP, "Second words.")))
        cast.do("Priya", sign_note, SignNote(note_id=note_id, revision=5))
        with pytest.raises(NoteNotSigned, match="not finished"):
            printed(cast, "Priya", note_id)
        cast.do("Ruth", cosign_note, CosignNote(note_id=note_id, version=2))
    with at("2026-10-21 09:00"):
        cast.do("Priya", add_addendum, AddAddendum(note_id=note_id, reason="Correction", text="It was a walk."))
        with database.reading(cast.engine) as session:
            first = session.execute(text("select id from addendum")).scalar_one()
        cast.do("Ruth", cosign_addendum, CosignAddendum(addendum_id=first))
    with at("2026-10-22 09:00"):
        cast.do("Priya", add_addendum, AddAddendum(note_id=note_id, reason="Phone call", text="All is well."))
    said = lines(printed(cast, "Priya", note_id)[2])
    wanted = [
        "LATE ENTRY: entered 20 October 2026 for 12 October 2026", "Second words.",
        "Signed electronically by Priya Nair, LMFT, licence P-4471", "Co-signed electronically by Ruth Feldman, LMFT",
        "Addendum 1", "Reason: Correction", "It was a walk.",
        "Signed electronically by Priya Nair, LMFT, licence P-4471", "Co-signed electronically by Ruth Feldman, LMFT",
        "Addendum 2", "Reason: Phone call", "All is well.",
        "Signed electronically by Priya Nair, LMFT, licence P-4471",
        "Awaiting co-signature of Ruth Feldman; not final before that.",
    ]
    found = [line for line in said if line in wanted]
    assert [line for at_, line in enumerate(found) if line != found[at_ - 1] or at_ == 0] == wanted
    assert not any("First words" in line or "Say more" in line for line in said)
    assert printed(cast, "Priya", note_id)[2] == printed(cast, "Priya", note_id)[2]
    with at("2026-10-22 10:00"):
        with database.reading(cast.engine) as session:
            second = session.execute(text("select id from addendum order by created_at desc limit 1")).scalar_one()
        cast.do("Ruth", cosign_addendum, CosignAddendum(addendum_id=second))
    said = lines(printed(cast, "Priya", note_id)[2])
    assert said.count("Co-signed electronically by Ruth Feldman, LMFT") == 3
    assert not any("Awaiting" in line for line in said)


def test_only_those_who_may_hand_a_note_out_get_it(cast: Cast) -> None:
    _, appointment_id = held(cast, provider="Priya")
    note_id = signed(cast, appointment_id, by="Priya")
    cast.do("Ruth", cosign_note, CosignNote(note_id=note_id, version=1))
    found = {}
    for who in STAFF:
        try:
            found[who] = printed(cast, who, note_id)[2][:4]
        except NotFound:
            found[who] = "not here"
        except NotPermitted:
            found[who] = "never"
        assert (cast.read(who, printable_parts, note_id) is not None) == (found[who] == b"%PDF"), who
    assert found == {"Dana": "not here", "Ruth": "never", "Marcus": "not here", "Priya": b"%PDF", "Tom": "not here",
                     "Olga": "not here"}
    with database.reading(cast.engine) as session:
        rows = session.execute(text(
            "select staff_id, action, outcome from audit_log where action like '%export%' order by seq")).all()
    assert sorted(tuple(row) for row in rows) == sorted(
        (cast.staff[who], "export_note" if who == "Priya" else "export", "allowed" if who == "Priya" else "refused")
        for who in STAFF)


def test_a_director_reads_with_a_reason_and_never_hands_out(cast: Cast) -> None:
    _, appointment_id = held(cast)
    note_id = signed(cast, appointment_id)
    cast.do("Dana", change_staff, ChangeStaff(
        staff_id=cast.staff["Dana"], revision=1, first_name="Dana", last_name="Okafor", email="dana@linden.example",
        credentials="PhD", roles=STAFF["Dana"][1], is_clinical_director=True))
    actor = cast.actor("Dana")
    with pytest.raises(NotPermitted), database.transaction(cast.engine) as session:
        note_pdf(session, actor, note_id, reason="Complaint")


def test_drafts_memos_and_what_is_not_there_are_never_printed(cast: Cast) -> None:
    _, appointment_id = held(cast)
    draft = started(cast, appointment_id)
    with pytest.raises(NoteNotSigned):
        printed(cast, "Marcus", draft)
    assert cast.read("Marcus", printable_parts, draft) is None
    memo = started(cast, appointment_id, NoteKind.MEMO)
    cast.do("Marcus", save_draft, SaveDraft(note_id=memo, revision=1, sections={"text": "For us alone"}))
    cast.do("Marcus", finish_memo, FinishMemo(note_id=memo, revision=2))
    with pytest.raises(NoteStaysInside, match="never printed"):
        printed(cast, "Marcus", memo)
    assert cast.read("Marcus", printable_parts, memo) is None
    with pytest.raises(NotFound):
        printed(cast, "Marcus", 12345)


def test_one_participant_s_copy_has_the_shared_part_and_their_own_and_no_other_name(cast: Cast) -> None:
    case_id, appointment_id = held(
        cast, CaseType.THERAPY_GROUP, "Noor Haddad", "Sam Ortiz", "Zoe Winter", service="GRP90", name="Monday group")
    people = people_of(cast, case_id)
    note_id = started(cast, appointment_id, NoteKind.GROUP)
    cast.do("Marcus", save_draft, SaveDraft(note_id=note_id, revision=1, sections=GROUP, parts={
        people["Noor"]: "Spoke of a move.", people["Sam"]: "Listened a lot.", people["Zoe"]: "Laughed for once."}))
    cast.do("Marcus", sign_note, SignNote(note_id=note_id, revision=2))
    cast.do("Marcus", add_addendum, AddAddendum(note_id=note_id, reason="Sam called", text="Sam Ortiz was ill."))
    assert cast.read("Marcus", printable_parts, note_id) == {
        people["Noor"]: "Noor Haddad", people["Sam"]: "Sam Ortiz", people["Zoe"]: "Zoe Winter"}
    whole = "\n".join(pages(printed(cast, "Marcus", note_id)[2]))
    assert all(words in whole for words in ("Sam Ortiz was ill", "Spoke of a move", "Own parts", "Zoe Winter"))
    copy = "\n".join(pages(printed(cast, "Marcus", note_id, people["Noor"])[2]))
    for wanted in ("Monday group", "Standing firm", "Quiet at first", "Spoke of a move.", "Copy for Noor Haddad",
                   "Present 3 people", "Signed electronically by Marcus Bell",
                   "addendum stands beneath the whole note."):
        assert wanted in copy, wanted
    assert not any(words in copy for words in ("Sam", "Ortiz", "Zoe", "Winter", "Listened", "Laughed", "was ill"))
    other = cast.open_case(CaseType.INDIVIDUAL, "Ada Else")
    with pytest.raises(NotFound):
        printed(cast, "Marcus", note_id, people_of(cast, other)["Ada"])


def test_a_note_that_has_no_parts_has_no_copies(cast: Cast) -> None:
    case_id, appointment_id = held(cast)
    note_id = signed(cast, appointment_id)
    assert cast.read("Marcus", printable_parts, note_id) == {}
    with pytest.raises(NoParts):
        printed(cast, "Marcus", note_id, people_of(cast, case_id)["Noor"])


def test_a_consultation_note_prints_with_the_words_of_a_consultation(cast: Cast) -> None:
    _, appointment_id = held(cast, CaseType.INDIVIDUAL_CONSULTATION, "Ada Leroy", service="CONS60")
    note_id = started(cast, appointment_id, NoteKind.CONSULTATION)
    cast.do("Marcus", save_draft, SaveDraft(note_id=note_id, revision=1, sections={
        "topic": "A question", "discussion": "An hour", "recommendations": "To rest"}))
    cast.do("Marcus", sign_note, SignNote(note_id=note_id, revision=2))
    said = "\n".join(pages(printed(cast, "Marcus", note_id)[2]))
    assert "Consultation note" in said and "To rest" in said
    assert not any(word in said.lower() for word in ("diagnos", "treatment", "symptom", "patient", "client"))


def test_what_stands_beside_the_text_is_printed_with_it(cast: Cast) -> None:
    case_id, _ = held(cast, CaseType.TWO_PERSON, "Noor Haddad", "Sam Ortiz", service="FAM50")
    note_id = cast.do("Marcus", start_case_note, StartCaseNote(
        case_id=case_id, kind=NoteKind.CONTACT, form="missed", service_date="2026-10-12",
        person_id=people_of(cast, case_id)["Sam"]))
    risk = Risk(harm_to_self=RiskFinding.PRESENT, harm_to_others=RiskFinding.NONE_REPORTED, means="Spoke of pills.",
                action="Safety plan.")
    cast.do("Marcus", save_draft, SaveDraft(
        note_id=note_id, revision=1, sections={"what": "Did not come.", "follow_up": "Called."},
        details=Details(risk=risk)))
    cast.do("Marcus", sign_note, SignNote(note_id=note_id, revision=2))
    release = prepared(cast, case_id)
    for person_id in people_of(cast, case_id).values():
        authorize(cast, release, person_id, signed_on=date(2026, 10, 12))
    assert cast.read("Marcus", printable_parts, note_id) == {}
    name, _, pdf = printed(cast, "Marcus", note_id)
    assert STAYS in " ".join(lines(pdf)), "a release is one recipient's and lets no single note out"
    said = lines(pdf)
    assert name == "Missed appointment 2026-10-12.pdf"
    for line in ("Sam Ortiz", "Did not come.", "Harm to self: Present · Harm to others: None reported",
                 "Spoke of pills.", "Safety plan."):
        assert any(line in one for one in said), (line, said)
