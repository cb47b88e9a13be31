"""The caseload, and where every case stands."""

from datetime import UTC, date, datetime
from typing import Any

from practicerunner.records.cases import Case, Participant
from practicerunner.records.scheduling import Appointment
from practicerunner.reports import read
from practicerunner.vocabulary import (
    AppointmentStatus,
    AttendanceStatus,
    CaseStatus,
    CaseType,
    EntryKind,
    PaperKind,
    ParticipantStatus,
)
from tests.reports.building import Story

DAY = date(2026, 11, 12)


def summary(story: Story, case: int, day: date = DAY) -> dict[str, Any]:
    rows = read(story.engine, story.owner, "cases__workflow_summary", as_of=day)
    (row,) = [r for r in rows if r["case_id"] == case]
    return row


def state(story: Story, case: int) -> str:
    return str(summary(story, case)["workflow_state"])


def settled_case(story: Story, **more: Any) -> tuple[int, int]:
    """A case with all papers, an arrangement and an appointment ahead; and its one participant."""
    person = story.person("Noor")
    case = story.case(people=(person,), **more)
    for kind in PaperKind:
        story.paper(case, person, kind)
    story.arrangement(case)
    story.appointment(case, date(2026, 11, 19), AppointmentStatus.SCHEDULED, came={person: AttendanceStatus.SCHEDULED})
    return case, person


def test_a_case_without_anything_open_is_all_set_whatever_another_case_lacks(story: Story) -> None:
    case, person = settled_case(story)
    appointment = story.appointment(case, date(2026, 11, 5), came={person: AttendanceStatus.ATTENDED})
    story.note(case, appointment, signed_at=datetime(2026, 11, 5, 20, tzinfo=UTC))
    decoy = story.case(people=(person,), name="Decoy")
    story.appointment(decoy, date(2026, 11, 4))
    payer = story.payer("Ada")
    story.invoice(case, payer, 16500, date(2026, 11, 5))
    story.invoice(decoy, payer, 100, date(2026, 1, 5))
    assert summary(story, case) == {
        "case_id": case, "case_name": "Noor Haddad", "case_type": "individual", "case_status": "active",
        "provider_id": story.bell, "provider_name": "Marcus Bell", "participants": 1,
        "next_at": datetime(2026, 11, 19, 15, tzinfo=UTC), "last_held_on": date(2026, 11, 5), "without_note": 0,
        "notes_overdue": 0, "attendance_missing": 0, "due_cents": 16500, "overdue_cents": 0, "has_arrangement": True,
        "papers_missing": 0, "needs_review": False, "workflow_state": "all_set",
    }
    assert state(story, decoy) == "needs_attention"


def test_open_attendance_a_late_note_and_a_late_invoice_need_attention_but_no_opening_balance(story: Story) -> None:
    unrecorded, person = settled_case(story)
    story.appointment(unrecorded, date(2026, 11, 11), AppointmentStatus.SCHEDULED,
                      came={person: AttendanceStatus.CONFIRMED})
    unwritten, _ = settled_case(story)
    story.appointment(unwritten, date(2026, 11, 9))
    fresh, _ = settled_case(story)
    story.appointment(fresh, date(2026, 11, 11))
    unpaid, _ = settled_case(story)
    story.invoice(unpaid, story.payer("Ada"), 100, date(2026, 10, 1))
    brought, _ = settled_case(story)
    story.entry(brought, story.payer("Bo"), EntryKind.OPENING, 100, date(2026, 11, 1))
    assert [state(story, case) for case in (unrecorded, unwritten, fresh, unpaid, brought)] == [
        "needs_attention", "needs_attention", "all_set", "needs_attention", "all_set",
    ]
    assert summary(story, unrecorded)["attendance_missing"] == 1
    assert (summary(story, unwritten)["notes_overdue"], summary(story, fresh)["without_note"]) == (1, 1)
    assert summary(story, unpaid)["overdue_cents"] == 100
    assert (summary(story, brought)["due_cents"], summary(story, brought)["overdue_cents"]) == (100, 0)


def test_the_most_urgent_state_shows_first_and_clearing_it_shows_the_next(story: Story) -> None:
    person = story.person("Noor")
    case = story.case(people=(person,), needs_review=True)
    pending = story.appointment(case, date(2026, 11, 11), AppointmentStatus.SCHEDULED)
    seen = [state(story, case)]
    story.change(Appointment, pending, status=AppointmentStatus.CANCELLED)
    seen.append(state(story, case))
    story.paper(case, person, PaperKind.INTAKE)
    assert summary(story, case)["papers_missing"] == 1
    story.paper(case, person, PaperKind.CONSENT)
    seen.append(state(story, case))
    story.arrangement(case)
    seen.append(state(story, case))
    story.appointment(case, date(2026, 11, 19), AppointmentStatus.SCHEDULED)
    seen.append(state(story, case))
    story.change(Case, case, needs_review=False)
    seen.append(state(story, case))
    assert seen == [
        "needs_attention", "intake_incomplete", "payment_method_missing", "ready_to_schedule",
        "imported_record_needs_review", "all_set",
    ]


def test_where_each_participant_is_charged_one_without_an_arrangement_is_missed(story: Story) -> None:
    ada, bo = story.person("Ada"), story.person("Bo")
    group = story.case(CaseType.THERAPY_GROUP, name="Thursday group", people=(ada, bo))
    couple = story.case(CaseType.TWO_PERSON, people=(ada, bo))
    story.arrangement(group, ada)
    story.arrangement(couple, ada)
    assert not summary(story, group)["has_arrangement"]
    story.arrangement(group, bo)
    assert summary(story, group)["has_arrangement"]
    assert not summary(story, couple)["has_arrangement"]


def test_a_kind_of_case_is_asked_only_for_its_own_papers(story: Story) -> None:
    person = story.person("Noor")
    kinds = (CaseType.INDIVIDUAL, CaseType.INDIVIDUAL_CONSULTATION, CaseType.WORKSHOP)
    assert [summary(story, story.case(kind, people=(person,)))["papers_missing"] for kind in kinds] == [2, 1, 0]


def test_a_closed_case_is_asked_only_for_what_needs_attention(story: Story) -> None:
    quiet = story.case(people=(story.person("Noor"),), status=CaseStatus.ARCHIVED, needs_review=True)
    owing = story.case(status=CaseStatus.ARCHIVED)
    story.invoice(owing, story.payer("Ada"), 100, date(2026, 10, 1))
    assert (state(story, quiet), state(story, owing)) == ("all_set", "needs_attention")


def test_someone_who_left_is_asked_for_nothing(story: Story) -> None:
    stays, left = story.person("Ada"), story.person("Bo")
    case = story.case(CaseType.FAMILY, people=(stays,))
    membership = story.joins(case, left)
    assert (summary(story, case)["participants"], summary(story, case)["papers_missing"]) == (2, 4)
    story.change(Participant, membership, status=ParticipantStatus.LEFT, left_on=date(2026, 11, 1))
    assert (summary(story, case)["participants"], summary(story, case)["papers_missing"]) == (1, 2)


def test_the_caseload_counts_a_person_once_and_no_workshop_participant_as_a_client(story: Story) -> None:
    ada, bo, cy = (story.person(name) for name in ("Ada", "Bo", "Cy"))
    story.case(people=(ada,))
    story.case(people=(ada,))
    story.case(CaseType.TWO_PERSON, people=(ada, bo), provider=story.ito)
    story.case(CaseType.WORKSHOP, people=(ada, bo, cy), name="Workshop")
    story.case(people=(cy,), status=CaseStatus.ARCHIVED)
    story.case(people=(cy,), status=CaseStatus.PROSPECT)
    rows = read(story.engine, story.owner, "cases__caseload", as_of=DAY)
    assert {(r["provider_id"], r["case_type"]): (r["active_cases"], r["participants"], r["clients"]) for r in rows} == {
        (story.bell, "individual"): (2, 1, 1),
        (story.bell, "workshop"): (1, 3, 0),
        (story.ito, "two_person"): (1, 2, 2),
    }
