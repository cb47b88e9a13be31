"""What stands at the head of a note and what is stated of a session by video or phone, fixed with the signature."""

from datetime import date, datetime, time
from typing import Any

import pytest
from pydantic import ValidationError
from sqlalchemy import select, update

from practicerunner import database
from practicerunner.errors import NotPermitted
from practicerunner.records.diagnoses import Diagnosis
from practicerunner.records.forms import FormAssignment, FormResponse, FormTemplate, FormVersion
from practicerunner.records.notes import Note, NoteVersion
from practicerunner.records.scheduling import Appointment
from practicerunner.records.staff import Staff
from practicerunner.rules.note_details import Details, Risk, Telehealth, Whereabouts
from practicerunner.vocabulary import (
    AttendanceStatus,
    CaseType,
    FormPurpose,
    NoteKind,
    RiskFinding,
    SeriesScope,
    SessionFormat,
)
from practicerunner.workflows.attendance import AttendAll, attend_all
from practicerunner.workflows.booking import Book, book
from practicerunner.workflows.diagnoses import AddDiagnosis, EndDiagnosis, add_diagnosis, end_diagnosis
from practicerunner.workflows.documentation import note_block
from practicerunner.workflows.licences import SetLicenceStates, set_licence_states
from practicerunner.workflows.notes import NoteIsIncomplete, StartCaseNote, StartNote, start_case_note, start_note
from practicerunner.workflows.scheduling import Move, move
from practicerunner.workflows.series import BookSeries, book_series
from practicerunner.workflows.series_changes import ChangeSeries, change_series
from practicerunner.workflows.signatures import SignNote, sign_note
from tests.cast import Cast, at, hold, moment
from tests.workflows.test_case_notes import DAY, EVENING, begin, case_of, page, row, save, sign

SOAP = dict.fromkeys(("subjective", "objective", "assessment", "plan"), "Said.")
STATED = Telehealth(
    mode=SessionFormat.VIDEO, clinician_location="Office", identity_confirmed=True, consent_on_file=True,
    consent_place="on paper", emergency_confirmed=True,
)


def progress(cast: Cast, appointment_id: int, by: str = "Marcus") -> int:
    with at(EVENING):
        return cast.do(by, start_note, StartNote(appointment_id=appointment_id, kind=NoteKind.PROGRESS))


def by_video(cast: Cast, case_id: int, service: str = "IND50", held_by: SessionFormat = SessionFormat.VIDEO) -> int:
    appointment_id = hold(cast, case_id, service, "2026-10-12 10:00")
    with database.transaction(cast.engine) as session:
        session.execute(update(Appointment).where(Appointment.id == appointment_id).values(format=held_by))
    return appointment_id


def where(*keys: int | str, state: str = "NY") -> dict[str, Whereabouts]:
    return {str(key): Whereabouts(state=state, place="Home") for key in keys}


def version(cast: Cast) -> dict[str, Any]:
    with database.reading(cast.engine) as session:
        return session.scalars(select(NoteVersion)).one().content


def test_the_head_is_taken_from_the_appointment_and_fixed_with_the_signature(cast: Cast) -> None:
    case_id, people = case_of(cast, CaseType.TWO_PERSON)
    appointment_id = hold(cast, case_id, "FAM50", "2026-10-12 10:00",
                          missed={people["Sam"]: AttendanceStatus.NO_SHOW})
    with at("2026-10-12 11:00"):
        ahead = cast.do("Marcus", book, Book(
            case_id=case_id, service_id=cast.services["FAM50"], local_date=date(2026, 10, 19), local_time=time(9),
            location_id=cast.office,
        ))
        for name, code in (("Noor", "F41.1"), ("Sam", "F33.1")):
            cast.do("Marcus", add_diagnosis, AddDiagnosis(
                case_id=case_id, person_id=people[name], code=code, onset_on=date(2026, 10, 5)))
    note_id = progress(cast, appointment_id)
    head = page(cast, "Marcus", note_id).header
    assert (head.individual_contact, head.place, head.present, head.next_at, head.codes) == (
        True, "Office", ("Noor Haddad",), datetime.fromisoformat("2026-10-19 09:00"), None)
    save(cast, note_id, sections=SOAP)
    sign(cast, note_id)
    kept = version(cast)["header"]
    assert {key: kept[key] for key in ("start", "end", "minutes", "format", "place", "next", "individual_contact")} == {
        "start": "10:00", "end": "10:50", "minutes": 50, "format": "in_person", "place": "Office",
        "next": "2026-10-19 09:00", "individual_contact": True,
    }
    assert [one["code"] for one in kept["codes"][str(people["Noor"])]] == ["F41.1"]
    assert str(people["Sam"]) not in kept["codes"]
    signed = page(cast, "Marcus", note_id).header
    with at("2026-10-13 09:00"):
        with database.transaction(cast.engine) as session:
            session.delete(session.get_one(Appointment, ahead))
        with database.reading(cast.engine) as session:
            first = session.scalars(select(Diagnosis).where(Diagnosis.code == "F41.1")).one()
        cast.do("Marcus", end_diagnosis, EndDiagnosis(
            diagnosis_id=first.id, revision=first.revision, ended_on=date(2026, 10, 6)))
    assert page(cast, "Marcus", note_id).header == signed
    assert signed.codes is not None and signed.codes[0][1][0].startswith("F41.1 ")


@pytest.mark.parametrize("in_series", [False, True], ids=["alone", "in a series"])
def test_a_draft_goes_with_its_appointment_to_another_day_and_is_not_late_there(cast: Cast, in_series: bool) -> None:
    with at("2026-10-01 09:00"):
        case_id, _ = case_of(cast)
        one = {"case_id": case_id, "service_id": cast.services["IND50"], "local_date": DAY, "local_time": time(10),
               "location_id": cast.office}
        moved, decoy = (
            cast.do("Marcus", book_series, BookSeries(**one, count=3))[:2] if in_series
            else [cast.do("Marcus", book, Book(**one | {"local_time": time(hour)})) for hour in (10, 12)])
        note_id, other = (cast.do("Marcus", start_note, StartNote(appointment_id=each, kind=NoteKind.PROGRESS))
                          for each in (moved, decoy))
        before = row(cast, other).service_date
        to: dict[str, Any] = {"appointment_id": moved, "revision": 1, "local_date": date(2026, 10, 20),
                              "local_time": time(14), "minutes": 50}
        if in_series:
            cast.do("Marcus", change_series, ChangeSeries(**to, scope=SeriesScope.THIS))
        else:
            cast.do("Marcus", move, Move(**to))
    assert (row(cast, note_id).service_date, row(cast, other).service_date) == (date(2026, 10, 20), before)
    save(cast, note_id, sections=SOAP)
    with at("2026-10-20 22:00"):
        cast.do("Marcus", attend_all, AttendAll(appointment_id=moved))
        cast.do("Marcus", sign_note, SignNote(note_id=note_id, revision=row(cast, note_id).revision))
    kept = version(cast)["header"]
    assert (kept["date"], kept["start"], kept["late_entry"]) == ("2026-10-20", "14:00", False)


def test_a_stand_ins_note_has_the_codes_in_force_and_nobody_elses(cast: Cast) -> None:
    case_id, people = case_of(cast)
    other, others = case_of(cast)
    for of_case, person_id, code in ((case_id, people["Noor"], "F41.1"), (other, others["Noor"], "F33.1")):
        cast.do("Marcus", add_diagnosis, AddDiagnosis(
            case_id=of_case, person_id=person_id, code=code, onset_on=date(2026, 9, 1), is_primary=True))
    appointment_id = hold(cast, case_id, "IND50", "2026-10-12 10:00", provider="Olga", by="Dana")
    note_id = progress(cast, appointment_id, "Olga")
    save(cast, note_id, "Olga", sections=SOAP)
    sign(cast, note_id, "Olga")
    kept = version(cast)["header"]["codes"]
    assert {key: [one["code"] for one in codes] for key, codes in kept.items()} == {str(people["Noor"]): ["F41.1"]}


def test_a_consultation_has_no_codes_at_its_head(cast: Cast) -> None:
    case_id, _ = case_of(cast, CaseType.INDIVIDUAL_CONSULTATION)
    note_id = begin(cast, case_id)
    save(cast, note_id, sections={"how": "By phone.", "said": "Thanks."})
    sign(cast, note_id)
    assert "codes" not in version(cast)["header"]
    assert page(cast, "Marcus", note_id).has_risk is False


def test_a_session_by_video_is_signed_with_its_whole_statement_only(cast: Cast) -> None:
    case_id, people = case_of(cast)
    noor = people["Noor"]
    note_id = progress(cast, by_video(cast, case_id))
    save(cast, note_id, sections=SOAP)
    missing = ("Where Noor Haddad was", "Where you were", "Identity confirmed", "Telehealth consent on file",
               "Emergency contact and plan confirmed")
    assert page(cast, "Marcus", note_id).missing == missing
    with pytest.raises(NoteIsIncomplete, match="Where Noor Haddad was, Where you were"):
        sign(cast, note_id)
    here = STATED.model_copy(update={"locations": where(noor), "consent_place": ""})
    save(cast, note_id, details=Details(telehealth=here))
    assert page(cast, "Marcus", note_id).missing == ("Where the telehealth consent is",)
    with pytest.raises(NoteIsIncomplete, match="Where the telehealth consent is"):
        sign(cast, note_id)
    save(cast, note_id, details=Details(telehealth=here.model_copy(update={"consent_place": "on paper, 3 Oct"})))
    sign(cast, note_id)
    kept = version(cast)["details"]["telehealth"]
    assert (kept["locations"], kept["consent_place"]) == (
        {str(noor): {"state": "NY", "place": "Home"}}, "on paper, 3 Oct")


def test_consent_signed_here_needs_no_word_of_where_it_is(cast: Cast) -> None:
    case_id, people = case_of(cast)
    note_id = progress(cast, by_video(cast, case_id))
    here = STATED.model_copy(update={"locations": where(people["Noor"]), "consent_place": ""})
    save(cast, note_id, sections=SOAP, details=Details(telehealth=here))
    sign_form(cast, case_id, people["Noor"])
    assert page(cast, "Marcus", note_id).missing == ()
    sign(cast, note_id)


@pytest.mark.parametrize(("case_type", "service", "kind"), [
    (CaseType.INDIVIDUAL_CONSULTATION, "CONS60", NoteKind.CONSULTATION), (CaseType.WORKSHOP, "WKSP", NoteKind.GROUP),
])
def test_consultation_and_workshop_by_video_state_nothing(cast: Cast, case_type, service, kind) -> None:
    case_id, _ = case_of(cast, case_type)
    appointment_id = by_video(cast, case_id, service)
    with at(EVENING):
        note_id = cast.do("Marcus", start_note, StartNote(appointment_id=appointment_id, kind=kind))
    assert page(cast, "Marcus", note_id).remote is None


def test_a_state_without_licence_is_warned_of_but_does_not_stop_the_signature(cast: Cast) -> None:
    case_id, people = case_of(cast, CaseType.TWO_PERSON)
    note_id = progress(cast, by_video(cast, case_id, "FAM50", SessionFormat.PHONE))
    told = STATED.model_copy(update={"locations": where(people["Noor"]) | where(people["Sam"], state="NJ")})
    save(cast, note_id, sections=SOAP, details=Details(telehealth=told))
    assert page(cast, "Marcus", note_id).remote.outside == ()
    for states, outside in (("ny", ("NJ",)), ("NY, nj", ()), ("", ())):
        cast.do("Dana", set_licence_states, SetLicenceStates(staff_id=cast.staff["Marcus"], licence_states=states))
        assert page(cast, "Marcus", note_id).remote.outside == outside
    sign(cast, note_id)


def test_licence_states_are_kept_by_the_owner_as_two_letters(cast: Cast) -> None:
    marcus = cast.staff["Marcus"]
    cast.do("Dana", set_licence_states, SetLicenceStates(staff_id=marcus, licence_states="ny;NJ, ny"))
    with database.reading(cast.engine) as session:
        assert session.get_one(Staff, marcus).licence_states == "NY, NJ"
    with pytest.raises(ValidationError, match="two letters"):
        SetLicenceStates(staff_id=marcus, licence_states="New York")
    for name in ("Marcus", "Tom", "Ruth"):
        with pytest.raises(NotPermitted):
            cast.do(name, set_licence_states, SetLicenceStates(staff_id=marcus, licence_states="NY"))


def test_whether_the_telehealth_form_was_signed_is_shown_for_each_who_was_there(cast: Cast) -> None:
    case_id, people = case_of(cast, CaseType.TWO_PERSON)
    note_id = progress(cast, by_video(cast, case_id, "FAM50"))
    assert [(one.name, one.response_id) for one in page(cast, "Marcus", note_id).remote.consents] == [
        ("Noor Haddad", None), ("Sam Ortiz", None)]
    response_id = sign_form(cast, case_id, people["Noor"])
    assert [(one.name, one.response_id) for one in page(cast, "Marcus", note_id).remote.consents] == [
        ("Noor Haddad", response_id), ("Sam Ortiz", None)]


def sign_form(cast: Cast, case_id: int, person_id: int) -> int:
    """Somebody signs the telehealth form."""
    with at("2026-10-02 09:00"), database.transaction(cast.engine) as session:
        template = FormTemplate(name="Telehealth consent", purpose=FormPurpose.TELEHEALTH)
        session.add(template)
        session.flush()
        version = FormVersion(template_id=template.id, number=1, name="Telehealth consent", content={}, text_hash="0")
        session.add(version)
        session.flush()
        assignment = FormAssignment(case_id=case_id, person_id=person_id, template_id=template.id,
                                    version_id=version.id, assigned_by_id=cast.staff["Marcus"])
        session.add(assignment)
        session.flush()
        response = FormResponse(
            assignment_id=assignment.id, case_id=case_id, person_id=person_id, version_id=version.id, answers={},
            score=None, signed_by_id=person_id, capacity="", signature="Noor Haddad",
            submitted_at=moment("2026-10-02 09:00"), content_hash="0",
        )
        session.add(response)
        session.flush()
        return response.id


def test_present_risk_is_signed_with_what_was_done_only(cast: Cast) -> None:
    case_id, _ = case_of(cast)
    note_id = progress(cast, hold(cast, case_id, "IND50", "2026-10-12 10:00"))
    there = Risk(harm_to_self=RiskFinding.PRESENT, harm_to_others=RiskFinding.NONE_REPORTED)
    save(cast, note_id, sections=SOAP, details=Details(risk=there))
    assert page(cast, "Marcus", note_id).missing == ("Plan and means", "What was done")
    with pytest.raises(NoteIsIncomplete, match="Plan and means, What was done"):
        sign(cast, note_id)
    save(cast, note_id, details=Details(risk=there.model_copy(update={"means": "None.", "action": "Safety plan."})))
    sign(cast, note_id)
    assert page(cast, "Marcus", note_id).details.risk.action == "Safety plan."


def test_the_text_about_risk_of_an_old_draft_stays_to_be_seen_and_changed(cast: Cast) -> None:
    case_id, _ = case_of(cast)
    note_id = progress(cast, hold(cast, case_id, "IND50", "2026-10-12 10:00"))
    assert "Risk and safety" not in [s.label for s in page(cast, "Marcus", note_id).sections]
    with database.transaction(cast.engine) as session:
        session.get_one(Note, note_id).sections = {"risk": "Passing thoughts."}
    assert "Risk and safety" in [s.label for s in page(cast, "Marcus", note_id).sections]
    save(cast, note_id, sections={"risk": "Passing thoughts, no plan."})
    assert row(cast, note_id).sections["risk"] == "Passing thoughts, no plan."


def test_the_appointment_offers_an_exam_of_who_came_and_a_note_on_who_did_not(cast: Cast) -> None:
    case_id, people = case_of(cast, CaseType.TWO_PERSON)
    appointment_id = hold(cast, case_id, "FAM50", "2026-10-12 10:00",
                          missed={people["Sam"]: AttendanceStatus.NO_SHOW})
    with at(EVENING):
        exam, missed = cast.read("Marcus", note_block, appointment_id).beside
        assert (exam.label, exam.person_id, missed.label, missed.person_id) == (
            "Mental status exam: Noor Haddad", people["Noor"], "Missed appointment: Sam Ortiz", people["Sam"])
        for one in (exam, missed):
            cast.do("Marcus", start_case_note, StartCaseNote(
                case_id=case_id, kind=one.kind, form=one.form, person_id=one.person_id, service_date=DAY,
                appointment_id=appointment_id))
        assert cast.read("Marcus", note_block, appointment_id).beside == ()
        assert cast.read("Dana", note_block, appointment_id).beside == ()
    other, _ = case_of(cast, CaseType.INDIVIDUAL_CONSULTATION)
    held = hold(cast, other, "CONS60", "2026-10-12 15:00")
    assert cast.read("Marcus", note_block, held).beside == ()
