"""Notes of a case, with and without an appointment: contact, intake, treatment plan, mental status exam (G17)."""

from datetime import date
from typing import Any

import pytest
from sqlalchemy import select, text
from sqlalchemy.exc import IntegrityError

from practicerunner import database
from practicerunner.errors import BadInput, NotFound, NotPermitted, Stale
from practicerunner.records.audit import AuditRow
from practicerunner.records.notes import Note, NoteVersion
from practicerunner.rules.case_types import capabilities
from practicerunner.rules.note_details import Details, Risk
from practicerunner.rules.note_forms import FORMS
from practicerunner.rules.plans import Plan, as_json
from practicerunner.vocabulary import CaseType, NoteKind, NoteStatus, RiskFinding
from practicerunner.workflows.cases import SwitchClinicalFields, switch_clinical_fields
from practicerunner.workflows.documentation import my_queue, notes_of_case
from practicerunner.workflows.note_pages import NoteFacts, NotePage, note_page
from practicerunner.workflows.notes import (
    DiscardDraft,
    NoteDoesNotFit,
    NoteIsIncomplete,
    SaveDraft,
    StartCaseNote,
    StartNote,
    discard_draft,
    save_draft,
    start_case_note,
    start_note,
)
from practicerunner.workflows.signatures import SignNote, sign_note
from practicerunner.workflows.verification import broken_notes, verify_note
from tests.cast import Cast, at, hold, people_of

DAY = date(2026, 10, 12)
EVENING = "2026-10-12 22:00"
SAFE = Details(risk=Risk(harm_to_self=RiskFinding.NONE_REPORTED, harm_to_others=RiskFinding.NONE_REPORTED))
CLINICAL = {NoteKind.INTAKE, NoteKind.TREATMENT_PLAN, NoteKind.MENTAL_STATUS}
FITTING = {
    CaseType.INDIVIDUAL: {NoteKind.CONTACT, *CLINICAL}, CaseType.TWO_PERSON: {NoteKind.CONTACT, *CLINICAL},
    CaseType.FAMILY: {NoteKind.CONTACT, *CLINICAL}, CaseType.THERAPY_GROUP: {NoteKind.CONTACT, *CLINICAL},
    CaseType.INDIVIDUAL_CONSULTATION: {NoteKind.CONTACT}, CaseType.CONSULTATION_GROUP: {NoteKind.CONTACT},
    CaseType.WORKSHOP: set(),
}
SWITCHED_ON = {
    CaseType.INDIVIDUAL_CONSULTATION: {NoteKind.CONTACT, NoteKind.TREATMENT_PLAN, NoteKind.MENTAL_STATUS},
    CaseType.CONSULTATION_GROUP: {NoteKind.CONTACT, NoteKind.TREATMENT_PLAN, NoteKind.MENTAL_STATUS},
}


def case_of(cast: Cast, case_type: CaseType = CaseType.INDIVIDUAL, *, by: str = "Marcus") -> tuple[int, dict[str, int]]:
    """A case of a kind, and its people by first name."""
    one = case_type in (CaseType.INDIVIDUAL, CaseType.INDIVIDUAL_CONSULTATION)
    with at("2026-10-01 09:00"):
        case_id = cast.open_case(case_type, *(("Noor Haddad",) if one else ("Noor Haddad", "Sam Ortiz")), provider=by,
                                 name="Circle" if capabilities(case_type).needs_name else "")
    return case_id, people_of(cast, case_id)


def begin(cast: Cast, case_id: int, kind: NoteKind = NoteKind.CONTACT, *, by: str = "Marcus", **asked: Any) -> int:
    with at(EVENING):
        return cast.do(by, start_case_note, StartCaseNote(
            case_id=case_id, kind=kind, **({"service_date": DAY} | asked)))


def row(cast: Cast, note_id: int) -> Note:
    with database.reading(cast.engine) as session:
        return session.get_one(Note, note_id)


def save(cast: Cast, note_id: int, by: str = "Marcus", **asked: Any) -> None:
    cast.do(by, save_draft, SaveDraft(note_id=note_id, revision=row(cast, note_id).revision, **asked))


def fill(cast: Cast, note_id: int, words: str = "Said.", details: Details | None = None, by: str = "Marcus") -> None:
    """Write every required section."""
    save(cast, note_id, by, details=details, sections={
        s.key: s.usual or words for s in FORMS[row(cast, note_id).form].sections if s.required
    })


def sign(cast: Cast, note_id: int, by: str = "Marcus") -> None:
    with at(EVENING):
        cast.do(by, sign_note, SignNote(note_id=note_id, revision=row(cast, note_id).revision))


def page(cast: Cast, name: str, note_id: int) -> NotePage | NoteFacts:
    actor = cast.actor(name)
    with at(EVENING), database.transaction(cast.engine) as session:
        return note_page(session, actor, note_id)


@pytest.mark.parametrize("case_type", CaseType)
def test_every_kind_is_begun_in_the_cases_that_have_it_and_refused_in_the_others(cast: Cast, case_type) -> None:
    case_id, people = case_of(cast, case_type)
    for switched_on in (False, True):
        if switched_on and case_type not in SWITCHED_ON:
            continue
        if switched_on:
            cast.do("Dana", switch_clinical_fields, SwitchClinicalFields(case_id=case_id, on=True))
        fitting = SWITCHED_ON[case_type] if switched_on else FITTING[case_type]
        for kind in NoteKind:
            if kind in fitting:
                note = row(cast, begin(cast, case_id, kind, person_id=people["Noor"]))
                assert (note.kind, note.status, note.appointment_id, note.person_id, note.service_date) == (
                    kind, NoteStatus.DRAFT, None, people["Noor"], DAY)
            else:
                with pytest.raises((NoteDoesNotFit, NotPermitted)):
                    begin(cast, case_id, kind, person_id=people["Noor"])
        assert {line.kind for line in cast.read("Marcus", notes_of_case, case_id)} == fitting


def test_the_kinds_of_a_case_are_no_notes_of_an_appointment(cast: Cast) -> None:
    case_id, _ = case_of(cast)
    appointment_id = hold(cast, case_id, "IND50", "2026-10-12 10:00")
    for kind in FITTING[CaseType.INDIVIDUAL]:
        with pytest.raises(NoteDoesNotFit):
            cast.do("Marcus", start_note, StartNote(appointment_id=appointment_id, kind=kind))


def test_after_the_switch_is_off_again_a_draft_is_neither_saved_nor_signed_but_may_be_discarded(cast: Cast) -> None:
    case_id, people = case_of(cast, CaseType.INDIVIDUAL_CONSULTATION)
    cast.do("Dana", switch_clinical_fields, SwitchClinicalFields(case_id=case_id, on=True))
    exam = begin(cast, case_id, NoteKind.MENTAL_STATUS)
    fill(cast, exam, details=SAFE)
    cast.do("Dana", switch_clinical_fields, SwitchClinicalFields(case_id=case_id, on=False))
    for refused in (lambda: fill(cast, exam, "More."), lambda: sign(cast, exam)):
        with pytest.raises(NoteDoesNotFit):
            refused()
    assert isinstance(page(cast, "Marcus", exam), NotePage)
    cast.do("Marcus", discard_draft, DiscardDraft(note_id=exam))
    assert cast.read("Marcus", notes_of_case, case_id) == []
    assert people


def test_whom_it_is_about_is_asked_where_several_take_part_and_known_where_one_does(cast: Cast) -> None:
    alone, one = case_of(cast)
    couple, two = case_of(cast, CaseType.TWO_PERSON)
    assert row(cast, begin(cast, alone, NoteKind.INTAKE)).person_id == one["Noor"]
    for kind in CLINICAL - {NoteKind.TREATMENT_PLAN}:
        with pytest.raises(BadInput) as refused:
            begin(cast, couple, kind)
        assert refused.value.field == "person_id"
    assert row(cast, begin(cast, couple, NoteKind.TREATMENT_PLAN)).person_id is None
    with pytest.raises(BadInput):
        begin(cast, couple, NoteKind.INTAKE, person_id=one["Noor"])
    assert row(cast, begin(cast, couple)).person_id is None
    noor, sam = (begin(cast, couple, NoteKind.INTAKE, person_id=two[name]) for name in ("Noor", "Sam"))
    assert noor != sam
    assert {line.about for line in cast.read("Marcus", notes_of_case, couple)} == {"", "Noor Haddad", "Sam Ortiz"}


def test_a_draft_that_is_there_is_gone_on_with_and_a_signed_one_is_not(cast: Cast) -> None:
    case_id, _ = case_of(cast)
    first = begin(cast, case_id, NoteKind.INTAKE)
    assert begin(cast, case_id, NoteKind.INTAKE, service_date=date(2026, 10, 11)) == first
    asked = StartCaseNote(case_id=case_id, kind=NoteKind.CONTACT, service_date=DAY)
    with at(EVENING):
        assert cast.do("Marcus", start_case_note, asked) == cast.do("Marcus", start_case_note, asked)
    fill(cast, first, details=SAFE)
    sign(cast, first)
    assert begin(cast, case_id, NoteKind.INTAKE) != first
    assert begin(cast, case_id, form="missed") != begin(cast, case_id, form="contact")


def test_a_note_is_not_written_ahead_nor_for_another_cases_appointment(cast: Cast) -> None:
    case_id, _ = case_of(cast)
    other, _ = case_of(cast, CaseType.TWO_PERSON)
    theirs = hold(cast, other, "FAM50", "2026-10-12 15:00")
    own = hold(cast, case_id, "IND50", "2026-10-12 10:00")
    with pytest.raises(BadInput) as refused:
        begin(cast, case_id, service_date=date(2026, 10, 13))
    assert refused.value.field == "service_date"
    with pytest.raises(BadInput) as refused:
        begin(cast, case_id, appointment_id=theirs)
    assert refused.value.field == "appointment_id"
    note = row(cast, begin(cast, case_id, NoteKind.MENTAL_STATUS, appointment_id=own, service_date=date(2026, 1, 1)))
    assert (note.appointment_id, note.service_date) == (own, DAY)


def test_only_those_who_work_on_a_case_write_its_notes_and_nobody_reads_a_strangers(cast: Cast) -> None:
    case_id, _ = case_of(cast)
    for name, refusal in (("Olga", NotFound), ("Tom", NotPermitted), ("Dana", NotFound), ("Ruth", NotFound)):
        with pytest.raises(refusal):
            begin(cast, case_id, by=name)
    note_id = begin(cast, case_id)
    for name in ("Olga", "Tom"):
        with pytest.raises((NotFound, NotPermitted)):
            save(cast, note_id, name, sections={"said": "x"})
    with pytest.raises(NotFound):
        page(cast, "Olga", note_id)
    assert isinstance(page(cast, "Tom", note_id), NoteFacts)


def test_an_associates_note_of_a_case_goes_to_the_supervisor(cast: Cast) -> None:
    case_id, _ = case_of(cast, by="Priya")
    note_id = begin(cast, case_id, by="Priya")
    fill(cast, note_id, by="Priya")
    sign(cast, note_id, by="Priya")
    assert row(cast, note_id).status is NoteStatus.SUBMITTED
    line, = cast.read("Ruth", my_queue).to_review
    assert (line.note_id, line.title, line.about) == (note_id, "Contact note", "Noor Haddad")


def test_what_is_missing_is_said_in_the_words_of_the_form_and_nothing_is_signed_without_it(cast: Cast) -> None:
    case_id, _ = case_of(cast)
    note_id = begin(cast, case_id, NoteKind.MENTAL_STATUS)
    missing = [s.label for s in FORMS["mental_status"].sections if s.required] + ["Harm to self", "Harm to others"]
    assert list(page(cast, "Marcus", note_id).missing) == missing
    with pytest.raises(NoteIsIncomplete, match=", ".join(missing)):
        sign(cast, note_id)
    save(cast, note_id, sections={"mood_more": "Tired."})
    assert "Mood" not in page(cast, "Marcus", note_id).missing
    fill(cast, note_id, details=SAFE)
    assert page(cast, "Marcus", note_id).missing == ()
    sign(cast, note_id)
    assert row(cast, note_id).status is NoteStatus.LOCKED


def test_the_signed_version_holds_details_person_and_template_and_its_hash_proves_them(cast: Cast) -> None:
    case_id, people = case_of(cast)
    note_id = begin(cast, case_id, NoteKind.INTAKE)
    fill(cast, note_id, details=SAFE)
    sign(cast, note_id)
    with database.reading(cast.engine) as session:
        content = session.scalars(select(NoteVersion.content)).one()
        assert content["details"] == SAFE.model_dump(mode="json", exclude_unset=True)
        assert content["header"]["about"] == {str(people["Noor"]): "Noor Haddad"}
        assert content["template"] == {}
        assert broken_notes(session) == []
        assert {a.case_id for a in session.scalars(select(AuditRow).where(AuditRow.action == "start_case_note"))} == {
            case_id}
    assert [one.intact for one in cast.read("Marcus", verify_note, note_id)] == [True]


@pytest.mark.parametrize("change", [
    "details = '{}'", "template = '{\"name\": \"Other\"}'", "person_id = null", "sections = '{}'",
])
def test_the_database_itself_refuses_to_change_what_was_signed(cast: Cast, change: str) -> None:
    case_id, _ = case_of(cast)
    note_id = begin(cast, case_id, NoteKind.INTAKE)
    fill(cast, note_id, details=SAFE)
    sign(cast, note_id)
    with pytest.raises(IntegrityError, match="signed note"), database.transaction(cast.engine) as session:
        session.execute(text(f"update note set {change} where id = {note_id}"))


def test_details_are_saved_key_by_key_and_only_where_the_note_has_them(cast: Cast) -> None:
    case_id, _ = case_of(cast)
    plan, contact = begin(cast, case_id, NoteKind.TREATMENT_PLAN), begin(cast, case_id)
    save(cast, plan, details=Details(plan=Plan()))
    save(cast, plan, sections={"remarks": "None."})
    assert row(cast, plan).details == {"plan": as_json(Plan())}
    save(cast, contact, details=SAFE)
    for note_id, details in ((plan, SAFE), (contact, Details(plan=Plan()))):
        with pytest.raises(BadInput):
            save(cast, note_id, details=details)
    revision = row(cast, contact).revision
    save(cast, contact, details=SAFE)
    assert row(cast, contact).revision == revision
    with pytest.raises(Stale):
        cast.do("Marcus", save_draft, SaveDraft(note_id=contact, revision=revision - 1, details=SAFE))
