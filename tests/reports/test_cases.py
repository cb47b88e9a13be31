"""The caseload, and where every case stands."""

import random
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import select

from practicerunner import database
from practicerunner.records.billing import LedgerEntry
from practicerunner.records.cases import Case, Participant
from practicerunner.records.payments import PaymentEvent
from practicerunner.records.people import Payer
from practicerunner.records.scheduling import Appointment
from practicerunner.reports import read
from practicerunner.vocabulary import (
    AppointmentStatus,
    AttendanceStatus,
    AttentionKind,
    CaseStatus,
    CaseType,
    EntryKind,
    NoteKind,
    NoteStatus,
    PaperKind,
    ParticipantStatus,
    PaymentState,
    Role,
    WorkflowState,
)
from practicerunner.workflows import clients
from practicerunner.workflows.access import Actor
from tests.reports.building import Reading, Story

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
    story.charge(case, appointment)
    story.note(case, appointment, signed_at=datetime(2026, 11, 5, 20, tzinfo=UTC))
    decoy = story.case(people=(person,), name="Decoy")
    story.appointment(decoy, date(2026, 11, 4))
    payer = story.payer("Ada")
    story.invoice(case, payer, 16500, date(2026, 11, 5))
    story.invoice(decoy, payer, 100, date(2026, 1, 5))
    assert summary(story, case) == {
        "case_id": case, "case_name": "Noor Haddad", "case_type": "individual", "case_status": "active",
        "provider_id": story.bell, "provider_name": "Marcus Bell", "participants": 1,
        "next_at": datetime(2026, 11, 19, 15, tzinfo=UTC), "last_held_on": date(2026, 11, 5), "critical_open": None,
        "notes_returned": 0, "plans_due": 0, "notes_overdue": 0, "attendance_missing": 0,
        "not_invoiced": 0,
        "due_cents": 16500, "overdue_cents": 0, "has_arrangement": True, "has_paid_or_can": False, "papers_missing": 0,
        "waiting": 0, "place_free": False, "needs_review": False, "workflow_state": "all_set",
    }
    assert state(story, decoy) == "needs_attention"


def test_each_thing_that_needs_attention_is_counted_in_its_own_column(story: Story) -> None:
    columns = ("notes_returned", "notes_overdue", "attendance_missing",
               "not_invoiced", "overdue_cents")

    def seen(case: int) -> tuple[str, dict[str, int]]:
        row = summary(story, case)
        return row["workflow_state"], {c: row[c] for c in columns if row[c]}

    unrecorded, person = settled_case(story)
    story.appointment(unrecorded, date(2026, 11, 11), AppointmentStatus.SCHEDULED,
                      came={person: AttendanceStatus.CONFIRMED})
    late, _ = settled_case(story)
    story.appointment(late, date(2026, 11, 9))
    fresh, _ = settled_case(story)
    story.appointment(fresh, date(2026, 11, 11))
    sent_back, _ = settled_case(story)
    story.note(sent_back, story.appointment(sent_back, date(2026, 11, 2)), status=NoteStatus.RETURNED)
    unbilled, person = settled_case(story)
    missed = story.appointment(unbilled, date(2026, 11, 2), AppointmentStatus.NOT_HELD,
                               came={person: AttendanceStatus.NO_SHOW})
    story.charge(unbilled, missed, withdrawn_at=datetime(2026, 11, 3, tzinfo=UTC))
    unpaid, _ = settled_case(story)
    story.invoice(unpaid, story.payer("Ada"), 100, date(2026, 10, 1))
    brought, _ = settled_case(story)
    story.entry(brought, story.payer("Bo"), EntryKind.OPENING, 100, date(2026, 11, 1))
    critical, person = settled_case(story)
    story.critical(critical, person)
    story.critical(critical, person, closed_at=datetime(2026, 11, 3, tzinfo=UTC))
    urgent = "needs_attention"
    assert seen(critical) == (urgent, {}), "how many answers were critical is for those who read answers"
    provider = Reading(story.bell, frozenset({Role.PROVIDER}))
    rows = read(story.engine, provider, "cases__workflow_summary", as_of=DAY)
    assert {r["case_id"]: r["critical_open"] for r in rows if r["critical_open"]} == {critical: 1}
    assert seen(unrecorded) == (urgent, {"attendance_missing": 1})
    assert seen(late) == (urgent, {"notes_overdue": 1})
    assert seen(fresh) == ("all_set", {}), "there is time to write it"
    assert seen(sent_back) == (urgent, {"notes_returned": 1})
    assert seen(unbilled) == (urgent, {"not_invoiced": 1})
    assert seen(unpaid) == (urgent, {"overdue_cents": 100})
    assert seen(brought) == ("all_set", {}), "an opening balance is due, and never overdue"
    assert summary(story, brought)["due_cents"] == 100


def test_the_most_urgent_state_shows_first_and_clearing_it_shows_the_next(story: Story) -> None:
    person = story.person("Noor")
    case = story.case(people=(person,), needs_review=True)
    held = story.appointment(case, date(2026, 11, 2))
    seen = [state(story, case)]
    story.note(case, held, signed_at=datetime(2026, 11, 5, 20, tzinfo=UTC))
    seen.append(state(story, case))
    story.change(Case, case, needs_review=False)
    seen.append(state(story, case))
    story.paper(case, person, PaperKind.INTAKE)
    assert summary(story, case)["papers_missing"] == 1
    story.paper(case, person, PaperKind.CONSENT)
    seen.append(state(story, case))
    story.arrangement(case)
    seen.append(state(story, case))
    story.appointment(case, date(2026, 11, 19), AppointmentStatus.SCHEDULED)
    seen.append(state(story, case))
    order = [word.value for word in WorkflowState if word is not WorkflowState.IMPORTED_RECORD_NEEDS_REVIEW]
    assert seen == [order[0], WorkflowState.IMPORTED_RECORD_NEEDS_REVIEW.value, *order[1:]]


def test_a_payment_a_saved_card_or_an_arrangement_each_answer_who_pays_for_one_person(story: Story) -> None:
    def case_of(kind: CaseType = CaseType.WORKSHOP) -> tuple[int, int]:
        person = story.person("Ada")
        return story.case(kind, people=(person,), name="Workshop"), story.add(Payer(person_id=person, name="Ada"))

    nothing, _ = case_of()
    card, payer = case_of()
    story.card(payer)
    removed, payer = case_of()
    story.card(payer, removed=True)
    paid, payer = case_of()
    story.pay(paid, payer, 100, date(2026, 11, 1))
    sponsor, sponsored = story.payer("Sponsor"), case_of()[0]
    story.arrangement(sponsored, payer=sponsor)
    became = {}
    for events in ((PaymentState.PENDING,), (PaymentState.PENDING, PaymentState.SETTLED), (PaymentState.FAILED,)):
        case, payer = case_of()
        entry = story.pay(case, payer, 100, date(2026, 11, 1))
        with database.reading(story.engine) as session:
            payment = session.get_one(LedgerEntry, entry).payment_id
        for event in events:
            story.add(PaymentEvent(payment_id=payment, status=event, effective_on=date(2026, 11, 1),
                                   recorded_by_id=story.bell))
        became[events[-1]] = case
    missing, ahead = "payment_method_missing", "ready_to_schedule"
    assert [state(story, case) for case in (nothing, card, removed, paid, sponsored)] == [
        missing, ahead, missing, ahead, ahead,
    ]
    assert {event: state(story, case) for event, case in became.items()} == {
        PaymentState.PENDING: missing, PaymentState.SETTLED: ahead, PaymentState.FAILED: missing,
    }


def test_an_agreement_counts_until_its_last_day_and_for_whoever_takes_part(story: Story) -> None:
    noor, ada, gone = story.person("Noor"), story.person("Ada"), story.person("Gone")
    alone, family, renewed, begins, group = (
        story.case(kind, people=people, name="Case") for kind, people in (
            (CaseType.INDIVIDUAL_CONSULTATION, (noor,)), (CaseType.FAMILY, (noor, ada)), (CaseType.FAMILY, (noor, ada)),
            (CaseType.FAMILY, (noor, ada)), (CaseType.WORKSHOP, (noor, ada))))
    for person in (noor, ada):
        story.paper(alone, person, PaperKind.INTAKE)
        for case in (alone, family, renewed, begins):
            story.paper(case, person, PaperKind.CONSENT)
    over = DAY - timedelta(days=1)
    story.arrangement(alone, until=over)
    story.arrangement(family, since=date(2026, 1, 1))
    story.arrangement(family, since=date(2026, 2, 1), until=over)
    story.arrangement(renewed, until=over)
    story.arrangement(renewed, since=DAY, until=DAY)
    story.arrangement(begins, since=DAY + timedelta(days=5))
    story.arrangement(group, person=noor)
    story.arrangement(group, person=gone, until=over)
    known = (alone, family, renewed, begins, group)
    missing, ahead = "payment_method_missing", "ready_to_schedule"
    assert [state(story, case) for case in known] == [missing, missing, ahead, ahead, ahead]
    assert [summary(story, case)["has_arrangement"] for case in known] == [False, False, True, True, True]
    assert summary(story, alone, over)["workflow_state"] == ahead, "its last day counts"
    story.arrangement(group, person=ada, until=over)
    assert state(story, group) == missing
    owner = Actor(story.owner.staff_id, "Olive Owner", frozenset({Role.OWNER}))
    with database.reading(story.engine) as session:
        assert [clients.case_summary(session, owner, case).state for case in known] == [
            state(story, case) for case in known]


def test_where_several_share_one_charge_only_an_arrangement_answers_who_pays(story: Story) -> None:
    people = story.person("Ada"), story.person("Bo")
    family = story.case(CaseType.FAMILY, people=people)
    for person in people:
        for paper in PaperKind:
            story.paper(family, person, paper)
    story.card(story.add(Payer(person_id=people[0], name="Ada")))
    assert (state(story, family), summary(story, family)["has_paid_or_can"]) == ("payment_method_missing", True)
    story.arrangement(family)
    assert state(story, family) == "ready_to_schedule"


def test_a_kind_of_case_is_asked_only_for_its_own_papers_and_an_intake_counts_everywhere(story: Story) -> None:
    person = story.person("Noor")
    kinds = (CaseType.INDIVIDUAL, CaseType.INDIVIDUAL_CONSULTATION, CaseType.WORKSHOP)
    cases = [story.case(kind, people=(person,)) for kind in kinds]
    assert [summary(story, case)["papers_missing"] for case in cases] == [2, 1, 0]
    story.paper(cases[2], person, PaperKind.INTAKE)
    story.paper(cases[2], person, PaperKind.CONSENT)
    assert [summary(story, case)["papers_missing"] for case in cases] == [1, 1, 0]


def test_a_case_at_rest_is_asked_only_for_what_needs_attention_or_review(story: Story) -> None:
    quiet = story.case(people=(story.person("Noor"),), status=CaseStatus.ARCHIVED)
    imported = story.case(people=(story.person("Noor"),), status=CaseStatus.INACTIVE, needs_review=True)
    owing = story.case(status=CaseStatus.ARCHIVED)
    story.invoice(owing, story.payer("Ada"), 100, date(2026, 10, 1))
    waiting, _ = settled_case(story, status=CaseStatus.WAITLIST)
    story.remove(Appointment, int(appointment_ahead(story, waiting)))
    assert [state(story, case) for case in (quiet, imported, owing, waiting)] == [
        "all_set", "imported_record_needs_review", "needs_attention", "all_set",
    ]


def appointment_ahead(story: Story, case: int) -> int:
    with database.reading(story.engine) as session:
        return int(session.scalars(select(Appointment.id).where(Appointment.case_id == case)).one())


@pytest.mark.parametrize("seed", range(4))
def test_the_view_and_the_case_page_agree_on_every_case(story: Story, seed: int) -> None:
    chance = random.Random(seed)
    owner = Actor(story.owner.staff_id, "Olive Owner", frozenset({Role.OWNER}))
    payers = [story.payer("Ada"), story.payer("Bo")]
    pool = [story.person(f"P{n}") for n in range(3)]
    cases = []
    for _ in range(14):
        kind = chance.choice(list(CaseType))
        people = chance.sample(pool, chance.randint(0, 2))
        settled = chance.random() < 0.6
        case = story.case(kind, people=tuple(people), needs_review=chance.random() < 0.4, name="Somebody",
                          clinical_fields=chance.random() < 0.5,
                          capacity=chance.choice([None, None, 1, 2]),
                          status=chance.choice([CaseStatus.ACTIVE, CaseStatus.ACTIVE, *CaseStatus]))
        for person in people:
            for paper in PaperKind:
                if settled or chance.random() < 0.4:
                    story.paper(case, person, paper)
        if chance.random() < 0.3:
            story.joins(case, chance.choice(pool), status=ParticipantStatus.WAITLISTED)
        whose = chance.choice([None, None, *pool])
        for month in chance.sample(range(1, 13), chance.choice([0, 1, 1, 2])):
            story.arrangement(
                case, whose, payer=chance.choice([None, *payers]), since=date(2026, month, 5),
                until=chance.choice([None, None, *(date(2026, 11, day) for day in (11, 12))]))
        if chance.random() < 0.6:
            story.appointment(case, date(2026, 11, 20), AppointmentStatus.SCHEDULED)
        if not settled:
            status = chance.choice(list(AppointmentStatus))
            appointment = story.appointment(case, date(2026, 11, chance.randint(2, 11)), status,
                                            came={p: chance.choice(list(AttendanceStatus)) for p in people})
            if chance.random() < 0.7:
                story.note(case, appointment, chance.choice(list(NoteKind)), status=chance.choice(list(NoteStatus)))
            if chance.random() < 0.7:
                story.charge(case, appointment)
            if chance.random() < 0.4:
                story.invoice(case, payers[0], 100, date(2026, chance.choice([9, 11]), 1))
        for _ in range(chance.choice([0, 0, 1, 2, 3])):
            story.plan(
                case, chance.choice([None, *pool]), chance.choice([None, date(2026, 11, chance.choice([1, 12, 13]))]),
                locked_at=datetime(2026, 8, chance.randint(1, 3), tzinfo=UTC), status=chance.choice(list(NoteStatus)),
            )
        if people and chance.random() < 0.2:
            story.critical(case, people[0], closed_at=chance.choice([None, datetime(2026, 11, 9, tzinfo=UTC)]))
        if chance.random() < 0.3:
            story.pay(case, payers[0], 50, date(2026, 11, 1))
        cases.append(case)
    story.card(payers[1])
    rows = {r["case_id"]: r for r in read(story.engine, story.owner, "cases__workflow_summary", as_of=DAY)}
    for case in cases:
        with database.reading(story.engine) as session:
            shown = clients.case_summary(session, owner, case)
        assert rows[case]["workflow_state"] == shown.state.value, (rows[case], shown)
        offered = any(item.kind is AttentionKind.PLACE_FREE for item in shown.attention)
        assert rows[case]["place_free"] is offered, (rows[case], shown)
        reviews = [item.count for item in shown.attention if item.kind is AttentionKind.PLAN_REVIEW_DUE]
        assert [rows[case]["plans_due"]] == (reviews or [0]), (rows[case], shown)


def test_only_the_last_signed_plan_of_somebody_who_takes_part_is_due_for_review(story: Story) -> None:
    ada, bo = story.person("Ada"), story.person("Bo")
    case = story.case(CaseType.FAMILY, people=(ada, bo))
    decoy = story.case(CaseType.FAMILY, people=(ada, bo))

    def due() -> int:
        return int(summary(story, case)["plans_due"])

    august = datetime(2026, 8, 1, tzinfo=UTC)
    story.plan(case, ada, DAY, locked_at=august)
    story.plan(case, None, DAY, locked_at=august)
    story.plan(case, bo, date(2026, 11, 13), locked_at=august)
    story.plan(case, bo, None, locked_at=august, status=NoteStatus.DRAFT)
    assert (due(), state(story, case)) == (2, "needs_attention")
    story.plan(case, ada, date(2027, 2, 1), locked_at=datetime(2026, 9, 1, tzinfo=UTC))
    assert due() == 1
    story.plan(case, None, None, locked_at=datetime(2026, 9, 1, tzinfo=UTC))
    assert due() == 0, "a plan that is over is not looked at again"
    story.plan(case, bo, DAY, locked_at=datetime(2026, 9, 1, tzinfo=UTC))
    assert due() == 1
    story.change(Case, case, status=CaseStatus.ARCHIVED)
    assert (due(), summary(story, decoy)["plans_due"]) == (0, 0)


def test_someone_who_left_is_asked_for_nothing(story: Story) -> None:
    stays, left = story.person("Ada"), story.person("Bo")
    case = story.case(CaseType.FAMILY, people=(stays,))
    membership = story.joins(case, left)
    assert (summary(story, case)["participants"], summary(story, case)["papers_missing"]) == (2, 4)
    story.change(Participant, membership, status=ParticipantStatus.LEFT, left_on=date(2026, 11, 1))
    assert (summary(story, case)["participants"], summary(story, case)["papers_missing"]) == (1, 2)


def test_a_place_is_free_while_somebody_waits_and_fewer_take_part_than_there_are_places(story: Story) -> None:
    ada, bo, cy = (story.person(name) for name in ("Ada", "Bo", "Cy"))
    group = story.case(CaseType.WORKSHOP, people=(ada, bo), name="Workshop", capacity=2)
    decoy = story.case(CaseType.WORKSHOP, people=(ada,), name="Nobody waits here", capacity=2)
    membership = story.joins(group, cy, status=ParticipantStatus.WAITLISTED)
    card = story.add(Payer(person_id=cy, name="Cy"))
    story.card(card)

    def seen() -> tuple[int, int, bool]:
        row = summary(story, group)
        assert not row["has_paid_or_can"], "who waits pays for nothing"
        return row["participants"], row["waiting"], row["place_free"]

    assert seen() == (2, 1, False)
    story.change(Case, group, capacity=3)
    assert (seen(), state(story, group)) == ((2, 1, True), "needs_attention")
    assert (summary(story, decoy)["waiting"], summary(story, decoy)["place_free"]) == (0, False)
    story.change(Case, group, status=CaseStatus.ARCHIVED)
    assert seen() == (2, 1, False)
    story.change(Case, group, status=CaseStatus.ACTIVE)
    rows = read(story.engine, story.owner, "cases__caseload", as_of=DAY)
    assert [row["participants"] for row in rows] == [2], "who waits is not counted"
    story.remove(Participant, membership)
    assert seen() == (2, 0, False)


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
