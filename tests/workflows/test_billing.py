"""Invoices: once per appointment and payer, immutable, voided by mirror entries, numbered without gaps."""

import threading
from datetime import date, time

import pytest
from sqlalchemy import select, text
from sqlalchemy.exc import DBAPIError

from practicerunner import database
from practicerunner.errors import BadInput, NotFound, NotPermitted, PaymentTooLarge
from practicerunner.records import arrangements, billing
from practicerunner.records.billing import Invoice, LedgerEntry
from practicerunner.vocabulary import AttendanceStatus, CaseType, EntryKind, InvoiceState, ShareKind
from practicerunner.workflows.accounts import case_account, open_invoices, uninvoiced, whose_open
from practicerunner.workflows.arrangements import SetArrangement, Share, set_arrangement
from practicerunner.workflows.attendance import SetAttendance, set_attendance
from practicerunner.workflows.billing import (
    InvoiceAppointment,
    InvoiceAppointments,
    appointment_billing,
    invoice_appointment,
    invoice_appointments,
)
from practicerunner.workflows.booking import Book, book
from practicerunner.workflows.charging import AttendanceMissing, NothingToCharge, PayerMissing
from practicerunner.workflows.payments import ApplyCredit, apply_credit
from practicerunner.workflows.reversals import (
    InvoiceIsPaid,
    InvoiceIsVoid,
    ReissueInvoice,
    VoidInvoice,
    reissue_invoice,
    void_invoice,
)
from tests.cast import Cast, arrange, at, balance, hold, invoice, lines, pay, payer_id, people_of


@pytest.fixture
def ida(cast: Cast) -> int:
    """An individual case that pays for itself."""
    with at("2026-08-01 09:00"):
        return cast.open_case(CaseType.INDIVIDUAL, "Ida Holm")


def own_payer(cast: Cast, case_id: int, first: str = "Ida") -> int:
    return payer_id(cast, people_of(cast, case_id)[first])


def test_attendance_comes_before_the_invoice(cast: Cast, ida: int) -> None:
    with at("2026-09-03 07:00"):
        appointment = cast.do("Marcus", book, Book(
            case_id=ida, service_id=cast.services["IND50"], local_date=date(2026, 9, 3),
            local_time=time(10), location_id=cast.office))
        with pytest.raises(AttendanceMissing):
            cast.do("Tom", invoice_appointment, InvoiceAppointment(appointment_id=appointment))
    with database.reading(cast.engine) as session:
        assert session.scalar(select(Invoice.id)) is None


def test_what_is_shown_before_is_what_is_invoiced(cast: Cast, ida: int) -> None:
    appointment = hold(cast, ida, "IND50", "2026-09-03 10:00")
    planned = cast.read("Tom", appointment_billing, appointment).planned
    assert [(plan.payer, plan.total_cents) for plan in planned] == [("Ida Holm", 165_00)]
    issued = invoice(cast, appointment)
    with at("2026-09-04 09:00"):
        after = cast.read("Tom", appointment_billing, appointment)
    assert after.planned == ()
    assert [(i.facts.invoice_id, i.state) for i in after.invoices] == [(issued[0], InvoiceState.OPEN)]


def test_excused_costs_nothing(cast: Cast, ida: int) -> None:
    people = people_of(cast, ida)
    appointment = hold(cast, ida, "IND50", "2026-09-03 10:00", missed={people["Ida"]: AttendanceStatus.EXCUSED})
    with pytest.raises(NothingToCharge):
        invoice(cast, appointment)
    assert cast.read("Tom", uninvoiced) == ([], 0)


def test_a_couple_without_payers_is_asked_for_them(cast: Cast) -> None:
    with at("2026-08-01 09:00"):
        couple = cast.open_case(CaseType.TWO_PERSON, "Maya Rivera", "Tom Rivera")
    with pytest.raises(PayerMissing):
        invoice(cast, hold(cast, couple, "FAM50", "2026-09-03 10:00"))


def test_shares_that_do_not_add_up_are_refused_and_nothing_is_saved(cast: Cast, ida: int) -> None:
    person = people_of(cast, ida)["Ida"]
    with pytest.raises(BadInput, match="make 60 %") as refused:
        cast.do("Tom", set_arrangement, SetArrangement(
            case_id=ida, valid_from=date(2026, 9, 1),
            shares=(Share(person_id=person, kind=ShareKind.PERCENT, basis_points=6000),)))
    assert refused.value.field == "shares"
    with database.reading(cast.engine) as session:
        assert arrangements.of_case(session, ida) == []


def test_who_may_invoice(cast: Cast, ida: int) -> None:
    appointment = hold(cast, ida, "IND50", "2026-09-03 10:00")
    ask = InvoiceAppointment(appointment_id=appointment)
    with at("2026-09-03 23:00"):
        with pytest.raises(NotFound):
            cast.do("Olga", invoice_appointment, ask)
        with pytest.raises(NotPermitted):
            cast.do("Priya", invoice_appointment, ask)
        assert cast.do("Marcus", invoice_appointment, ask)


def test_a_provider_may_not_void_and_an_admin_may(cast: Cast, ida: int) -> None:
    issued = invoice(cast, hold(cast, ida, "IND50", "2026-09-03 10:00"))[0]
    with pytest.raises(NotPermitted):
        cast.do("Marcus", void_invoice, VoidInvoice(invoice_id=issued, reason="slip"))
    cast.do("Tom", void_invoice, VoidInvoice(invoice_id=issued, reason="slip"))


def test_a_voided_invoice_stays_visible_and_the_appointment_can_be_invoiced_anew(cast: Cast, ida: int) -> None:
    appointment = hold(cast, ida, "IND50", "2026-09-03 10:00")
    first = invoice(cast, appointment)[0]
    with at("2026-09-04 09:00"):
        cast.do("Tom", void_invoice, VoidInvoice(invoice_id=first, reason="wrong person"))
        with pytest.raises(InvoiceIsVoid):
            cast.do("Tom", void_invoice, VoidInvoice(invoice_id=first, reason="again"))
    assert balance(cast, ida) == {"Ida Holm": 0}
    arrange(cast, ida, {people_of(cast, ida)["Ida"]: 0}, since="2026-09-01", fee_terms="fixed", fee_cents=100_00)
    second = invoice(cast, appointment, on="2026-09-05")
    assert lines(cast, second) == [("Ida Holm", 100_00)]
    states = [(i.facts.number[-4:], i.state) for i in cast.read("Tom", case_account, ida).invoices]
    assert sorted(states)[0] == ("0001", InvoiceState.VOID)
    assert sorted(states)[1][0] == "0002"


def test_a_paid_invoice_is_not_voided_but_can_be_reissued_with_its_payment(cast: Cast, ida: int) -> None:
    issued = invoice(cast, hold(cast, ida, "IND50", "2026-09-03 10:00"))[0]
    pay(cast, own_payer(cast, ida), ida, 100_00, "2026-09-04")
    with at("2026-09-05 09:00"):
        with pytest.raises(InvoiceIsPaid):
            cast.do("Tom", void_invoice, VoidInvoice(invoice_id=issued, reason="slip"))
        anew = cast.do("Tom", reissue_invoice, ReissueInvoice(invoice_id=issued, reason="new address"))
    account = cast.read("Tom", case_account, ida)
    facts = {i.facts.invoice_id: (i.facts.total_cents, i.facts.open_cents, i.state) for i in account.invoices}
    assert facts[issued][2] is InvoiceState.VOID
    assert facts[anew][:2] == (165_00, 65_00)
    assert (account.due_cents, account.credit_cents) == (65_00, 0)
    with database.reading(cast.engine) as session:
        assert billing.wrong_open_amounts(session) == []


def test_one_payment_covers_several_invoices_oldest_first_and_credit_is_used_later(cast: Cast, ida: int) -> None:
    for day in ("03", "10", "17"):
        invoice(cast, hold(cast, ida, "IND50", f"2026-09-{day} 10:00"))
    payer = own_payer(cast, ida)
    pay(cast, payer, ida, 250_00, "2026-09-18")
    opened = [i.facts.open_cents for i in reversed(cast.read("Tom", case_account, ida).invoices)]
    assert opened == [0, 80_00, 165_00]
    pay(cast, payer, ida, 40_00, "2026-09-19", invoice_ids=(), surplus_as_credit=True)
    account = cast.read("Tom", case_account, ida)
    assert (account.due_cents, account.credit_cents) == (245_00, 40_00)
    oldest = next(i for i in reversed(account.invoices) if i.facts.open_cents)
    with at("2026-09-20 09:00"):
        cast.do("Tom", apply_credit, ApplyCredit(invoice_id=oldest.facts.invoice_id))
    account = cast.read("Tom", case_account, ida)
    assert (account.due_cents, account.credit_cents) == (205_00, 0)


def test_issued_rows_are_never_changed_or_deleted(cast: Cast, ida: int) -> None:
    issued = invoice(cast, hold(cast, ida, "IND50", "2026-09-03 10:00"))[0]
    for statement in ("update invoice set total_cents = 1", "delete from ledger_entry", "delete from issued_document"):
        with pytest.raises(DBAPIError), database.transaction(cast.engine) as session:
            session.execute(text(statement))
    assert lines(cast, [issued]) == [("Ida Holm", 165_00)]


def test_many_are_invoiced_at_once_or_none(cast: Cast, ida: int) -> None:
    held = [hold(cast, ida, "IND50", f"2026-09-{day} 10:00") for day in ("03", "10")]
    with at("2026-09-10 12:00"):
        late = cast.do("Marcus", book, Book(
            case_id=ida, service_id=cast.services["IND50"], local_date=date(2026, 9, 11),
            local_time=time(10), location_id=cast.office))
    with at("2026-09-12 12:00"):
        with pytest.raises(AttendanceMissing):
            cast.do("Tom", invoice_appointments, InvoiceAppointments(appointment_ids=(*held, late)))
        assert cast.read("Tom", uninvoiced)[1] == 2
        assert len(cast.do("Tom", invoice_appointments, InvoiceAppointments(appointment_ids=tuple(held)))) == 2
        found = cast.read("Tom", open_invoices)
        assert (found.number, found.sum_cents) == (2, 330_00)
        assert cast.read("Tom", open_invoices, search="nobody").number == 0
        marcus = cast.staff["Marcus"]
        assert cast.read("Tom", whose_open) == ({marcus: "Marcus Bell"}, [CaseType.INDIVIDUAL])
        for filters, number in (
            ({"provider_id": marcus}, 2), ({"provider_id": cast.staff["Priya"]}, 0), ({"mine": False}, 2),
            ({"mine": True}, 0), ({"case_type": CaseType.INDIVIDUAL}, 2), ({"case_type": CaseType.FAMILY}, 0),
            ({"older_than": 3}, 0),
        ):
            assert cast.read("Tom", open_invoices, **filters).number == number, filters


def test_twenty_clicks_at_once_make_one_invoice_and_numbers_have_no_gap(cast: Cast, ida: int) -> None:
    held = [hold(cast, ida, "IND50", f"2026-09-{day:02d} 10:00") for day in range(1, 6)]
    actor = cast.actor("Tom")
    results: dict[int, set[tuple[int, ...]]] = {appointment: set() for appointment in held}
    problems: list[Exception] = []

    def click(appointment: int) -> None:
        try:
            with database.transaction(cast.engine) as session:
                made = invoice_appointment(session, actor, InvoiceAppointment(appointment_id=appointment))
            results[appointment].add(tuple(made))
        except Exception as problem:
            problems.append(problem)

    with at("2026-09-06 09:00"):
        threads = [threading.Thread(target=click, args=(appointment,)) for appointment in held for _ in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    assert problems == []
    assert all(len(made) == 1 for made in results.values())
    with database.reading(cast.engine) as session:
        numbers = sorted(session.scalars(select(Invoice.number)))
        assert numbers == [f"INV-2026-{n:04d}" for n in range(1, 6)]
        assert len(session.scalars(select(LedgerEntry.id)).all()) == 5


def test_one_member_s_invoice_is_voided_and_that_member_alone_is_invoiced_anew(cast: Cast) -> None:
    with at("2026-08-01 09:00"):
        group = cast.open_case(CaseType.THERAPY_GROUP, "Ada One", "Bo Two", "Cy Three", name="Group")
    people = people_of(cast, group)
    appointment = hold(cast, group, "GRP90", "2026-09-03 18:00", missed={people["Cy"]: AttendanceStatus.EXCUSED})
    first = invoice(cast, appointment)
    ada = next(one for one in first if lines(cast, [one]) == [("Ada One", 75_00)])
    with at("2026-09-04 09:00"):
        cast.do("Tom", void_invoice, VoidInvoice(invoice_id=ada, reason="was not there"))
        cast.do("Marcus", set_attendance, SetAttendance(appointment_id=appointment, statuses={
            people["Ada"]: AttendanceStatus.NO_SHOW, people["Cy"]: AttendanceStatus.ATTENDED}))
        planned = cast.read("Tom", appointment_billing, appointment).planned
        assert [(plan.payer, plan.total_cents) for plan in planned] == [("Ada One", 37_50), ("Cy Three", 75_00)]
    second = invoice(cast, appointment, on="2026-09-04")
    assert sorted(lines(cast, second)) == [("Ada One", 37_50), ("Bo Two", 75_00), ("Cy Three", 75_00)]
    assert invoice(cast, appointment, on="2026-09-05") == second
    assert balance(cast, group) == {"Ada One": 37_50, "Bo Two": 75_00, "Cy Three": 75_00}


def test_what_was_owed_before_an_import_is_paid_first_and_is_no_credit(cast: Cast, ida: int) -> None:
    payer = own_payer(cast, ida)
    with database.transaction(cast.engine) as session:
        session.add(LedgerEntry(case_id=ida, payer_id=payer, kind=EntryKind.OPENING, amount_cents=70_00,
                                effective_on=date(2026, 8, 1), recorded_by_id=cast.staff["Dana"]))
    issued = invoice(cast, hold(cast, ida, "IND50", "2026-09-03 10:00"))[0]
    assert cast.read("Tom", case_account, ida).due_cents == 235_00
    pay(cast, payer, ida, 100_00, "2026-09-04")
    account = cast.read("Tom", case_account, ida)
    assert (account.due_cents, account.credit_cents) == (135_00, 0)
    assert [row.facts.open_cents for row in account.invoices] == [135_00]
    with at("2026-09-05 09:00"):
        cast.do("Tom", apply_credit, ApplyCredit(invoice_id=issued))
    assert cast.read("Tom", case_account, ida).due_cents == 135_00
    with pytest.raises(PaymentTooLarge):
        pay(cast, payer, ida, 135_01, "2026-09-06")
