"""A record on paper, as its reader may see it: complete, of one record, and of nobody else."""

from datetime import date

import pytest
from sqlalchemy import select

from practicerunner import database
from practicerunner.errors import NotFound, NotPermitted
from practicerunner.records.audit import AuditRow
from practicerunner.records.notes import Note
from practicerunner.records.staff import Staff
from practicerunner.rules.note_details import Details, Risk
from practicerunner.rules.notes import FORMS
from practicerunner.vocabulary import AttendanceStatus, CaseType, NoteKind, RiskFinding
from practicerunner.workflows.addenda import AddAddendum, add_addendum
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
from practicerunner.workflows.psychotherapy import SavePsychotherapyNote, save_psychotherapy_note
from practicerunner.workflows.record_exports import WhoseRecord, record_choices, record_pdf
from practicerunner.workflows.releases import ReleaseIsBlocked
from practicerunner.workflows.signatures import SignNote, sign_note
from tests.cast import Cast, at, hold, people_of
from tests.documents.papers import lines, pages
from tests.workflows.sending import bring_forms, complete, filled, send

SOAP = ("subjective", "objective", "assessment", "plan")
GROUP = ("topic", "interventions", "process")


def taken_out(cast: Cast, who: str, case_id: int, person_id: int | None = None) -> tuple[str, str]:
    """File name and text of a record that somebody takes out."""
    actor = cast.actor(who)
    with database.transaction(cast.engine) as session:
        name, media_type, pdf = record_pdf(session, actor, case_id, person_id)
    assert media_type == "application/pdf"
    return name, "\n".join(pages(pdf))


def written(cast: Cast, appointment_id: int, kind: NoteKind, words: str, *, signed: bool = True,
            parts: dict[int, str] | None = None) -> int:
    keys = {NoteKind.PROGRESS: SOAP, NoteKind.GROUP: GROUP, NoteKind.MEMO: ("text",)}[kind]
    note_id = cast.do("Marcus", start_note, StartNote(appointment_id=appointment_id, kind=kind))
    cast.do("Marcus", save_draft, SaveDraft(
        note_id=note_id, revision=1, sections=dict.fromkeys(keys, words), parts=parts or {}))
    if signed:
        cast.do("Marcus", sign_note, SignNote(note_id=note_id, revision=2))
    return int(note_id)


@pytest.fixture
def alone(cast: Cast) -> int:
    """One client with a signed and amended note, a draft, a memo, a psychotherapy note, and a form."""
    bring_forms(cast)
    with at("2026-10-01 09:00"):
        case_id = cast.open_case(CaseType.INDIVIDUAL, "Noor Haddad")
        cast.open_case(CaseType.INDIVIDUAL, "Decoy Person")
    first, second = hold(cast, case_id, "IND50", "2026-10-12 10:00"), hold(cast, case_id, "IND50", "2026-10-19 10:00")
    with at("2026-10-19 20:00"):
        note_id = written(cast, first, NoteKind.PROGRESS, "Signedheron.")
        cast.do("Marcus", add_addendum, AddAddendum(note_id=note_id, reason="correction", text="Addedheron."))
        written(cast, second, NoteKind.PROGRESS, "Draftheron.", signed=False)
        memo = written(cast, second, NoteKind.MEMO, "Memoheron.", signed=False)
        cast.do("Marcus", finish_memo, FinishMemo(note_id=memo, revision=2))
        cast.do("Marcus", save_psychotherapy_note, SavePsychotherapyNote(appointment_id=first, text="Apartheron."))
        (intake,) = send(cast, case_id, "intake")
        complete(cast, intake, filled("intake") | {"reason": "Intakeheron."})
    return case_id


def test_a_provider_takes_out_the_whole_record_and_no_draft_memo_or_psychotherapy_note(cast, alone) -> None:
    with at("2026-10-20 09:00"):
        name, text = taken_out(cast, "Marcus", alone)
    assert name == "Record of Noor Haddad.pdf"
    for word in ("Signedheron.", "Addedheron.", "Intakeheron.", "Reason: correction", "Marcus Bell, LMFT", "Attended",
                 "12 October 2026", "19 October 2026", "Not in it: 1 note that is not final yet."):
        assert word in text, word
    for word in ("Draftheron", "Memoheron", "Apartheron", "Decoy"):
        assert word not in text
    assert text.index("Signedheron.") < text.index("Addedheron.") < text.index("Intakeheron.")
    with database.reading(cast.engine) as session:
        logged = session.scalars(select(AuditRow).where(AuditRow.action == "export_record")).one()
        assert (logged.staff_id, logged.case_id, logged.detail) == (
            cast.staff["Marcus"], alone, "2 pages of the record")
        opened = session.scalars(select(AuditRow.action).where(AuditRow.action.in_(("open_note", "open_form")))).all()
        assert "open_note" in opened


def test_an_owner_s_copy_has_no_clinical_word_and_says_so(cast, alone) -> None:
    _, text = taken_out(cast, "Dana", alone)
    assert "Not in it: 2 notes that are not yours to read." in text
    for word in ("Signedheron", "Addedheron", "Intakeheron", "Draftheron", "Apartheron"):
        assert word not in text
    with database.transaction(cast.engine) as session:
        session.get_one(Staff, cast.staff["Dana"]).is_clinical_director = True
    assert "Signedheron" not in taken_out(cast, "Dana", alone)[1]


@pytest.mark.parametrize(("who", "refusal"), [
    ("Tom", NotPermitted), ("Olga", NotFound), ("Ruth", NotFound), ("Priya", NotFound),
])
def test_nobody_else_takes_it_out(cast, alone, who: str, refusal: type[Exception]) -> None:
    with pytest.raises(refusal):
        taken_out(cast, who, alone)


def test_an_associate_may_read_but_not_take_out_their_own_record(cast: Cast) -> None:
    case_id = cast.open_case(CaseType.INDIVIDUAL, "Iris Vale", provider="Priya")
    for who in ("Priya", "Ruth"):
        with pytest.raises(NotPermitted):
            taken_out(cast, who, case_id)
        assert cast.read(who, record_choices, case_id) is None


def test_of_a_group_each_member_has_a_record_in_which_nobody_else_is_named(cast: Cast) -> None:
    names = ("Eve Moss", "Al Ray", "Jo Park", "Kim Lowe", "Lou Penn", "Max Dorn", "Nia Funk", "Ola Berg")
    with at("2026-10-01 09:00"):
        case_id = cast.open_case(CaseType.THERAPY_GROUP, *names, name="Thursday circle")
    ids = people_of(cast, case_id)
    appointment_id = hold(cast, case_id, "GRP90", "2026-10-12 10:00", missed={ids["Al"]: AttendanceStatus.NO_SHOW})
    with at("2026-10-12 20:00"):
        written(cast, appointment_id, NoteKind.GROUP, "Sharedheron.", parts={
            person: f"Part{first}." for first, person in ids.items() if first != "Al"})
    with at("2026-10-12 21:00"):
        exam = cast.do("Marcus", start_case_note, StartCaseNote(
            case_id=case_id, kind=NoteKind.MENTAL_STATUS, person_id=ids["Jo"],
            service_date=date(2026, 10, 12), appointment_id=appointment_id))
        with database.reading(cast.engine) as session:
            form = session.get_one(Note, exam).form
        cast.do("Marcus", save_draft, SaveDraft(
            note_id=exam, revision=1, sections={s.key: "Examheron." for s in FORMS[form].sections},
            details=Details(risk=Risk(
                harm_to_self=RiskFinding.NONE_REPORTED, harm_to_others=RiskFinding.NONE_REPORTED)),
        ))
        cast.do("Marcus", sign_note, SignNote(note_id=exam, revision=2))
    assert cast.read("Marcus", record_choices, case_id) == {ids[n.split()[0]]: n for n in names}
    for name in names:
        first = name.split()[0]
        file, text = taken_out(cast, "Marcus", case_id, ids[first])
        assert file == f"Record of {name}.pdf"
        assert ("Sharedheron." in text) is (first != "Al")
        assert (f"Part{first}." in text) is (first != "Al")
        assert ("No-show" in text) is (first == "Al")
        assert ("Examheron." in text) is (first == "Jo")
        for other in names:
            if other != name:
                assert not [part for part in (other, other.split()[1], f"Part{other.split()[0]}") if part in text]
    with pytest.raises(WhoseRecord):
        taken_out(cast, "Marcus", case_id)
    stranger = people_of(cast, cast.open_case(CaseType.INDIVIDUAL, "Noor Haddad"))["Noor"]
    with pytest.raises(NotFound):
        taken_out(cast, "Marcus", case_id, stranger)


def test_a_couple_s_record_does_not_go_out_by_itself(cast: Cast) -> None:
    with at("2026-10-01 09:00"):
        case_id = cast.open_case(CaseType.TWO_PERSON, "Maya Rivera", "Tom Rivera")
    appointment_id = hold(cast, case_id, "FAM50", "2026-10-12 10:00")
    with at("2026-10-12 20:00"):
        written(cast, appointment_id, NoteKind.PROGRESS, "Togetherheron.")
    with pytest.raises(ReleaseIsBlocked, match="once each adult of it has authorised it"):
        taken_out(cast, "Marcus", case_id)


def test_a_record_of_consultation_speaks_of_consultation(cast: Cast) -> None:
    with at("2026-10-01 09:00"):
        case_id = cast.open_case(CaseType.INDIVIDUAL_CONSULTATION, "Kim Lowe")
    hold(cast, case_id, "CONS60", "2026-10-12 10:00")
    _, text = taken_out(cast, "Marcus", case_id)
    assert "Consultation appointments" in text
    assert [word for word in ("diagnos", "treatment", "patient", "symptom") if word in text.casefold()] == []


def test_the_same_record_gives_the_same_bytes(cast, alone) -> None:
    actor, made = cast.actor("Marcus"), []
    with at("2026-10-20 09:00"):
        for _ in range(2):
            with database.transaction(cast.engine) as session:
                made.append(record_pdf(session, actor, alone)[2])
    assert made[0] == made[1]
    assert lines(made[0])[0]
