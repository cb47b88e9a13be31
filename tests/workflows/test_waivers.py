"""Waiving the fee for a missed appointment: a credit for each payer, once, with a reason; nothing is edited."""

import threading
from datetime import date, time

import pytest
from sqlalchemy import func, select

from practicerunner import database
from practicerunner.errors import BadInput, NotFound, NotPermitted
from practicerunner.records.billing import Invoice, LedgerEntry
from practicerunner.vocabulary import CancelledBy, CaseType, EntryKind, InvoiceState, InvoicingRhythm
from practicerunner.workflows.accounts import case_account
from practicerunner.workflows.arrangements import SetArrangement, Share, set_arrangement
from practicerunner.workflows.attendance import SetAttendance, set_attendance
from practicerunner.workflows.billing import (
    InvoiceAppointment,
    InvoiceAppointments,
    invoice_appointment,
    invoice_appointments,
)
from practicerunner.workflows.booking import Book, book
from practicerunner.workflows.charging import AttendanceMissing
from practicerunner.workflows.gathering import waiting_to_be_gathered
from practicerunner.workflows.payments import ApplyCredit, apply_credit
from practicerunner.workflows.scheduling import Cancel, cancel
from practicerunner.workflows.waivers import NoMissedFee, WaiveFee, fee_consequences, missed_fees, waive_fee
from tests.cast import Cast, arrange, at, balance, hold, invoice, lines, pay, payer, payer_id, people_of
from tests.workflows.waiving import S, a_couple, a_group, ledger, missed, true, waive


@pytest.fixture
def couple(cast: Cast) -> int:
    return a_couple(cast)


@pytest.fixture
def group(cast: Cast) -> int:
    return a_group(cast)


def test_each_payer_of_a_shared_fee_gets_their_part_back(cast: Cast, couple: int) -> None:
    appointment = missed(cast, couple, "FAM50", "Aisha", "Ben")
    issued = invoice(cast, appointment)
    assert lines(cast, issued) == [("Ben Morgan", 52_50), ("Aisha Morgan", 52_50)]
    assert waive(cast, appointment) == issued
    assert balance(cast, couple) == {"Aisha Morgan": 0, "Ben Morgan": 0}
    assert ledger(cast, EntryKind.CREDIT) == [-52_50, -52_50]
    assert true(cast)


def test_what_is_not_invoiced_yet_is_invoiced_first_in_the_same_step(cast: Cast, group: int) -> None:
    appointment = missed(cast, group, "GRP90", "Cy")
    cy = people_of(cast, group)["Cy"]
    with at("2026-09-03 23:00"):
        seen = cast.read("Tom", missed_fees, appointment)
    assert (seen.invoices_first, seen.may_waive) == (3, True)
    (fee,) = seen.fees
    assert (fee.person_id, fee.name, fee.amount_cents, fee.payers, fee.is_invoiced, fee.waived) == (
        cy, "Cy Three", 37_50, (("Mother Three", 37_50),), False, None)
    (issued,) = waive(cast, appointment, cy)
    assert lines(cast, [issued]) == [("Mother Three", 37_50)]
    assert balance(cast, group) == {"Ada One": 75_00, "Bo Two": 75_00, "Mother Three": 0}
    assert len(invoice(cast, appointment)) == 3, "creating the invoices now makes none"
    (fee,) = cast.read("Tom", missed_fees, appointment).fees
    assert (fee.is_invoiced, fee.waived.by, fee.waived.reason, fee.waived.on) == (
        True, "Tom Alvarez", "illness", date(2026, 9, 4))
    assert true(cast)


def test_nothing_is_invoiced_when_the_waiver_is_refused(cast: Cast, group: int) -> None:
    appointment = missed(cast, group, "GRP90", "Cy")
    people = people_of(cast, group)
    with pytest.raises(NoMissedFee):
        waive(cast, appointment, people["Ada"])
    with pytest.raises(BadInput, match="whose fee"):
        waive(cast, appointment)
    with database.reading(cast.engine) as session:
        assert session.scalar(select(func.count()).select_from(Invoice)) == 0
    invoice(cast, appointment)
    with pytest.raises(NoMissedFee):
        waive(cast, appointment, people["Ada"])


def test_a_shared_charge_is_not_waived_for_one_person(cast: Cast, couple: int) -> None:
    appointment = missed(cast, couple, "FAM50", "Aisha", "Ben")
    with pytest.raises(BadInput, match="as a whole"):
        waive(cast, appointment, people_of(cast, couple)["Ben"])
    attended = missed(cast, couple, "FAM50", "Ben", day="2026-09-10")
    with pytest.raises(NoMissedFee):
        waive(cast, attended, when="2026-09-11 09:00")


def test_attendance_comes_before_the_waiver(cast: Cast, group: int) -> None:
    with at("2026-09-03 07:00"):
        appointment = cast.do("Marcus", book, Book(
            case_id=group, service_id=cast.services["GRP90"], local_date=date(2026, 9, 3), local_time=time(10),
            location_id=cast.office))
        cy = people_of(cast, group)["Cy"]
        cast.do("Marcus", set_attendance, SetAttendance(appointment_id=appointment, statuses={cy: S.LATE_CANCELLED}))
        with pytest.raises(AttendanceMissing):
            cast.do("Tom", waive_fee, WaiveFee(appointment_id=appointment, person_id=cy, reason="illness"))
        assert cast.read("Tom", missed_fees, appointment).fees == ()


def test_a_late_cancellation_is_waived_before_the_day_of_the_appointment_has_come(cast: Cast) -> None:
    ida = cast.open_case(CaseType.INDIVIDUAL, "Ida Holm", opened_on=date(2026, 8, 1))
    with at("2026-09-02 11:00"):
        appointment = cast.do("Marcus", book, Book(
            case_id=ida, service_id=cast.services["IND50"], local_date=date(2026, 9, 3), local_time=time(10),
            location_id=cast.office))
        cast.do("Marcus", cancel, Cancel(appointment_id=appointment, by=CancelledBy.CLIENT))
    with at("2026-09-02 11:03"):
        with pytest.raises(BadInput):
            cast.do("Tom", invoice_appointment, InvoiceAppointment(
                appointment_id=appointment, issued_on=date(2026, 9, 2)))
        (issued,) = cast.do("Tom", invoice_appointments, InvoiceAppointments(appointment_ids=(appointment,)))
        assert cast.do("Tom", invoice_appointment, InvoiceAppointment(appointment_id=appointment)) == [issued]
    assert lines(cast, [issued]) == [("Ida Holm", 82_50)]
    waive(cast, appointment, when="2026-09-02 11:05")
    with database.reading(cast.engine) as session:
        assert set(session.scalars(select(LedgerEntry.effective_on))) == {date(2026, 9, 3)}
        assert list(session.scalars(select(Invoice.issued_on))) == [date(2026, 9, 3)]
    assert balance(cast, ida) == {"Ida Holm": 0}


def test_waiving_one_member_s_fee_leaves_what_others_pay_by_the_month_to_their_month(cast: Cast, group: int) -> None:
    people = people_of(cast, group)
    with at("2026-08-01 09:00"):
        for name in ("Ada", "Cy"):
            cast.do("Tom", set_arrangement, SetArrangement(
                case_id=group, person_id=people[name], revision=int(name == "Cy"), valid_from=date(2026, 8, 2),
                shares=(Share(person_id=people[name], rhythm=InvoicingRhythm.MONTHLY),)))
    appointment = missed(cast, group, "GRP90", "Cy")
    with at("2026-09-04 08:00"):
        assert cast.read("Tom", missed_fees, appointment).invoices_first == 2
    (issued,) = waive(cast, appointment, people["Cy"])
    assert lines(cast, [issued]) == [("Cy Three", 37_50)]
    assert balance(cast, group) == {"Bo Two": 75_00, "Cy Three": 0}, "Ada's 75.00 waits for her month"
    waiting = cast.read("Tom", waiting_to_be_gathered).rows
    assert [(row.payer, row.amount_cents) for row in waiting] == [("Ada One", 75_00)]


def test_what_was_paid_becomes_credit_that_pays_the_next_invoice(cast: Cast, couple: int) -> None:
    appointment = missed(cast, couple, "FAM50", "Aisha", "Ben")
    invoice(cast, appointment)
    people = people_of(cast, couple)
    pay(cast, payer_id(cast, people["Ben"]), couple, 52_50, "2026-09-03")
    pay(cast, payer_id(cast, people["Aisha"]), couple, 20_00, "2026-09-03")
    waive(cast, appointment)
    account = cast.read("Tom", case_account, couple)
    assert (account.due_cents, account.credit_cents) == (0, 72_50)
    assert balance(cast, couple) == {"Ben Morgan": -52_50, "Aisha Morgan": -20_00}
    assert {row.state for row in account.invoices} == {InvoiceState.CREDITED}
    assert sum(ledger(cast, EntryKind.PAYMENT)) == -72_50
    later = invoice(cast, hold(cast, couple, "FAM50", "2026-09-10 10:00"))
    with at("2026-09-11 09:00"):
        for one in later:
            cast.do("Tom", apply_credit, ApplyCredit(invoice_id=one))
    account = cast.read("Tom", case_account, couple)
    assert (account.due_cents, account.credit_cents) == (210_00 - 72_50, 0)
    assert true(cast)


@pytest.mark.parametrize(("paid", "due", "credit"), [(0, 75_00, 0), (40_00, 35_00, 0), (112_50, 0, 37_50)])
def test_of_an_invoice_for_two_only_the_missed_fee_is_taken_back(
    cast: Cast, group: int, paid: int, due: int, credit: int
) -> None:
    people = people_of(cast, group)
    sponsor = payer(cast, "Spon", "Sor")
    for name in ("Bo", "Cy"):
        arrange(cast, group, {sponsor: 0}, since="2026-09-01", person_id=people[name])
    appointment = missed(cast, group, "GRP90", "Cy")
    issued = invoice(cast, appointment)
    assert ("Spon Sor", 112_50) in lines(cast, issued)
    if paid:
        pay(cast, payer_id(cast, sponsor), group, paid, "2026-09-03")
    waive(cast, appointment, people["Cy"])
    standing = next(row for row in cast.read("Tom", case_account, group).standings if row.payer == "Spon Sor")
    assert (standing.due_cents, -standing.loose_cents) == (due, credit)
    with at("2026-09-05 09:00"):
        account = cast.read("Tom", case_account, group)
    (state,) = [row.state for row in account.invoices if row.facts.payer == "Spon Sor"]
    assert state is {0: InvoiceState.OPEN, 40_00: InvoiceState.PARTLY_PAID, 112_50: InvoiceState.PAID}[paid]
    assert true(cast)


def test_a_second_click_and_a_second_waiver_change_nothing(cast: Cast, group: int) -> None:
    appointment = missed(cast, group, "GRP90", "Cy")
    cy = people_of(cast, group)["Cy"]
    first = waive(cast, appointment, cy, op="one")
    assert waive(cast, appointment, cy, op="one") == first
    assert waive(cast, appointment, cy, op="two", by="Dana") == first
    assert ledger(cast, EntryKind.CREDIT) == [-37_50]


def test_of_twenty_clicks_at_once_one_waives(cast: Cast, couple: int) -> None:
    appointment = missed(cast, couple, "FAM50", "Aisha", "Ben")
    actor = cast.actor("Dana")
    got: list[object] = []

    def click() -> None:
        try:
            with database.transaction(cast.engine) as session:
                got.append(tuple(waive_fee(session, actor, WaiveFee(appointment_id=appointment, reason="illness"))))
        except Exception as problem:
            got.append(problem)

    with at("2026-09-04 09:00"):
        threads = [threading.Thread(target=click) for _ in range(20)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    assert len(set(got)) == 1 and len(got) == 20, got
    assert ledger(cast, EntryKind.CREDIT) == [-52_50, -52_50]
    assert true(cast)


def test_owner_and_admin_waive_and_nobody_else(cast: Cast, group: int) -> None:
    appointment = missed(cast, group, "GRP90", "Cy", "Bo")
    people = people_of(cast, group)
    for name in ("Marcus", "Ruth", "Priya", "Olga"):
        with pytest.raises(NotPermitted):
            waive(cast, appointment, people["Cy"], by=name)
    assert not cast.read("Marcus", missed_fees, appointment).may_waive
    for reader in (missed_fees, fee_consequences):
        with pytest.raises(NotFound):
            cast.read("Olga", reader, appointment)
    waive(cast, appointment, people["Cy"], by="Dana")
    waive(cast, appointment, people["Bo"], by="Tom")
    assert ledger(cast, EntryKind.CREDIT) == [-37_50, -37_50]


def test_a_waiver_without_a_reason_is_refused(cast: Cast, group: int) -> None:
    with pytest.raises(ValueError, match="fill in"):
        WaiveFee(appointment_id=1, reason="  ")
