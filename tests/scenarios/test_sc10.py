"""SC10: a workshop of twelve, two of whom are clients; nobody becomes a client by it, and one gets half back."""

from datetime import date, time

import pytest
from sqlalchemy import select

from practicerunner import database
from practicerunner.errors import PracticeError
from practicerunner.records.billing import LedgerEntry
from practicerunner.vocabulary import (
    AppointmentStatus,
    AttendanceStatus,
    AttentionKind,
    CaseType,
    DocumentKind,
    EntryKind,
    FeeTerms,
    ListFilter,
    NoteKind,
    OnboardingStep,
    ParticipantStatus,
    PaymentMethodKind,
)
from practicerunner.workflows.accounts import case_account
from practicerunner.workflows.attendance import AttendAll, SetAttendance, attend_all, set_attendance
from practicerunner.workflows.booking import Book, book
from practicerunner.workflows.calendar import appointment_page, appointments_between
from practicerunner.workflows.cases import OpenCase, Taking, open_case
from practicerunner.workflows.clients import case_page, case_summary, client_count
from practicerunner.workflows.notes import StartNote, start_note
from practicerunner.workflows.people import PersonDetails
from practicerunner.workflows.refunds import RefundPayment, refund_payment
from practicerunner.workflows.waivers import fee_consequences
from tests.cast import Cast, arrange, at, balance, invoice, lines, pay, people_of
from tests.workflows.test_papers import handed_out, text_of

DAY = date(2026, 11, 14)
ACTIVE = 42


@pytest.fixture
def clients(cast: Cast) -> list[int]:
    """Three of the clients before; the first two will come."""
    with at("2026-09-01 09:00"):
        return [cast.open_case(CaseType.INDIVIDUAL, f"Client{n} Holm") for n in range(3)]


@pytest.fixture
def workshop(cast: Cast, clients: list[int]) -> int:
    return open_workshop(cast, clients)


def open_workshop(cast: Cast, clients: list[int]) -> int:
    """"Communication skills day" of twelve, the first two of them clients; five early birds at 20 % off."""
    known = [Taking(person_id=next(iter(people_of(cast, case_id).values()))) for case_id in clients[:2]]
    new = [Taking(person=PersonDetails(first_name=f"Guest{n}", last_name="Reed")) for n in range(10)]
    with at("2026-10-01 09:00"):
        case_id = cast.do("Marcus", open_case, OpenCase(
            type=CaseType.WORKSHOP, name="Communication skills day", provider_id=cast.staff["Marcus"],
            participants=(*known, *new)))
    for n in range(5):
        person = people_of(cast, case_id)[f"Guest{n}"]
        arrange(cast, case_id, {person: 0}, since="2026-10-01", person_id=person, fee_terms=FeeTerms.SLIDING_SCALE,
                fee_basis_points=8000)
    return case_id


@pytest.fixture
def the_day(cast: Cast, workshop: int) -> int:
    with at("2026-10-02 09:00"):
        return cast.do("Marcus", book, Book(
            case_id=workshop, service_id=cast.services["WKSP"], local_date=DAY, local_time=time(9),
            location_id=cast.office))


def test_twelve_come_and_each_pays_their_own_fee(cast: Cast, workshop: int, the_day: int) -> None:
    costs = cast.read("Marcus", fee_consequences, the_day)
    assert not costs.together
    assert sum(one[AttendanceStatus.ATTENDED] for one in costs.cents.values()) == 1_320_00
    with at("2026-11-14 18:00"):
        cast.do("Marcus", attend_all, AttendAll(appointment_id=the_day))
    (entry,) = cast.read("Marcus", appointments_between, DAY, DAY)
    assert (entry.status, entry.expected, entry.people) == (AppointmentStatus.HELD, 12, 12)
    found = [cents for _, cents in lines(cast, invoice(cast, the_day))]
    assert sorted(found) == [96_00] * 5 + [120_00] * 7
    assert sum(balance(cast, workshop).values()) == 1_320_00


def test_all_pay_and_one_who_cancels_gets_half_back_by_a_credit_and_a_refund(
    cast: Cast, workshop: int, the_day: int
) -> None:
    with at("2026-11-14 18:00"):
        cast.do("Marcus", attend_all, AttendAll(appointment_id=the_day))
    invoices = invoice(cast, the_day)
    payers = {row.facts.payer: row.facts for row in cast.read("Tom", case_account, workshop).invoices}
    paid = {
        name: pay(cast, facts.payer_id, workshop, facts.total_cents, "2026-11-15") for name, facts in payers.items()
    }
    assert (len(invoices), sum(facts.total_cents for facts in payers.values())) == (12, 1_320_00)
    with at("2026-11-16 09:00"):
        refund = cast.do("Tom", refund_payment, RefundPayment(
            payment_id=paid["Guest9 Reed"], amount_cents=60_00, method=PaymentMethodKind.CHEQUE,
            refunded_on=date(2026, 11, 16), reason="cancelled: half is given back", credit_invoices=True))
        account = cast.read("Tom", case_account, workshop)
    assert set(balance(cast, workshop).values()) == {0}
    assert (account.due_cents, account.credit_cents) == (0, 0)
    net = sum(p.amount_cents - p.refunded_cents for p in account.payments)
    assert net == 1_260_00
    receipt = text_of(handed_out(cast, "Tom", DocumentKind.RECEIPT, paid["Guest9 Reed"]))
    back = text_of(handed_out(cast, "Tom", DocumentKind.REFUND, refund))
    assert ("120.00" in receipt, "60.00" in back, "Refund receipt" in back) == (True, True, True)
    with database.reading(cast.engine) as session:
        rows = session.scalars(select(LedgerEntry).where(LedgerEntry.payer_id == payers["Guest9 Reed"].payer_id)).all()
    by_kind = {kind: sum(row.amount_cents for row in rows if row.kind is kind) for kind in EntryKind}
    assert (by_kind[EntryKind.CREDIT], by_kind[EntryKind.REFUND]) == (-60_00, 60_00)


def test_one_participant_s_absence_leaves_the_day_standing(cast: Cast, workshop: int, the_day: int) -> None:
    people = people_of(cast, workshop)
    with at("2026-11-14 18:00"):
        cast.do("Marcus", set_attendance, SetAttendance(
            appointment_id=the_day, statuses={people["Guest9"]: AttendanceStatus.CANCELLED_BY_CLIENT}))
        cast.do("Marcus", attend_all, AttendAll(appointment_id=the_day))
    page = cast.read("Marcus", appointment_page, the_day)
    assert page.status is AppointmentStatus.HELD
    assert len(invoice(cast, the_day)) == 11


def test_the_number_of_active_clients_stays(cast: Cast, clients: list[int]) -> None:
    for n in range(3, ACTIVE):
        cast.open_case(CaseType.INDIVIDUAL, f"Client{n} Holm")
    assert cast.read("Dana", client_count, ListFilter.ACTIVE_AND_PROSPECT) == ACTIVE
    workshop = open_workshop(cast, clients)
    assert cast.read("Dana", client_count, ListFilter.ACTIVE_AND_PROSPECT) == ACTIVE
    page = cast.read("Marcus", case_page, workshop)
    assert {person.called for person in page.participants} == {"group participant"}
    guests = [person for person in page.participants if person.name.startswith("Guest")]
    assert (len(page.participants), len(guests)) == (12, 10)
    assert {person.status for person in page.participants} == {ParticipantStatus.ACTIVE}


def test_nobody_is_asked_for_an_intake_or_consent(cast: Cast, workshop: int, the_day: int) -> None:
    summary = cast.read("Marcus", case_summary, workshop)
    assert {step.step for step in summary.checklist}.isdisjoint({OnboardingStep.INTAKE, OnboardingStep.CONSENTS})
    assert not {item.kind for item in summary.attention} & {AttentionKind.INTAKE_MISSING, AttentionKind.CONSENT_MISSING}


def test_a_group_note_can_be_written_and_no_clinical_one(cast: Cast, workshop: int, the_day: int) -> None:
    with at("2026-11-14 18:00"):
        cast.do("Marcus", attend_all, AttendAll(appointment_id=the_day))
        for kind in (NoteKind.PROGRESS, NoteKind.PSYCHOTHERAPY, NoteKind.CONSULTATION):
            with pytest.raises(PracticeError):
                cast.do("Marcus", start_note, StartNote(appointment_id=the_day, kind=kind))
        assert cast.do("Marcus", start_note, StartNote(appointment_id=the_day, kind=NoteKind.GROUP))


def test_the_two_clients_pages_have_one_membership_line_and_nothing_else_of_it(
    cast: Cast, clients: list[int], workshop: int, the_day: int
) -> None:
    before = {case_id: cast.read("Marcus", case_summary, case_id) for case_id in clients[1:3]}
    with at("2026-11-14 18:00"):
        cast.do("Marcus", attend_all, AttendAll(appointment_id=the_day))
        invoice(cast, the_day)
        for case_id, groups in ((clients[1], ["Communication skills day"]), (clients[2], [])):
            page = cast.read("Marcus", case_page, case_id)
            assert [group.name for group in page.participants[0].groups] == groups
            assert (page.upcoming, page.recent, page.came_from, page.led_to) == ((), (), None, ())
            account = cast.read("Tom", case_account, case_id)
            assert (account.invoices, account.standings, account.due_cents) == ((), (), 0)
            assert cast.read("Marcus", case_summary, case_id) == before[case_id]
    assert cast.read("Marcus", case_page, workshop).participants[0].groups == ()
