"""Waiving the fee for a missed appointment: a credit for each payer, once, with a reason; nothing is edited."""

import threading
from datetime import date, time

import pytest
from sqlalchemy import func, select

from practicerunner import database
from practicerunner.errors import BadInput, NotFound, NotPermitted
from practicerunner.records import billing
from practicerunner.records.billing import Invoice, InvoiceLine, LedgerEntry
from practicerunner.reports import read
from practicerunner.vocabulary import (
    AttendanceStatus,
    CancelledBy,
    CaseType,
    EntryKind,
    InvoiceState,
    InvoicingRhythm,
    PaymentMethodKind,
    ShareKind,
)
from practicerunner.workflows.accounts import case_account
from practicerunner.workflows.adjustments import CreditInvoice, credit_invoice
from practicerunner.workflows.arrangements import SetArrangement, Share, set_arrangement
from practicerunner.workflows.attendance import SetAttendance, set_attendance
from practicerunner.workflows.billing import (
    InvoiceAppointment,
    InvoiceAppointments,
    invoice_appointment,
    invoice_appointments,
)
from practicerunner.workflows.booking import Book, book
from practicerunner.workflows.calendar import appointment_page
from practicerunner.workflows.charging import AttendanceMissing
from practicerunner.workflows.clients import case_page
from practicerunner.workflows.gathering import waiting_to_be_gathered
from practicerunner.workflows.payments import ApplyCredit, apply_credit
from practicerunner.workflows.refunds import RefundPayment, refund_payment
from practicerunner.workflows.reversals import ReissueInvoice, VoidInvoice, reissue_invoice, void_invoice
from practicerunner.workflows.scheduling import Cancel, cancel
from practicerunner.workflows.superbills import superbill_lines
from practicerunner.workflows.waivers import NoMissedFee, WaiveFee, fee_consequences, missed_fees, waive_fee
from tests.cast import Cast, arrange, at, balance, hold, invoice, lines, pay, payer, payer_id, people_of

S = AttendanceStatus


@pytest.fixture
def couple(cast: Cast) -> int:
    """Aisha and Ben, who share one charge half and half; Ben is listed first."""
    case_id = cast.open_case(CaseType.TWO_PERSON, "Aisha Morgan", "Ben Morgan", opened_on=date(2026, 8, 1))
    people = people_of(cast, case_id)
    arrange(cast, case_id, {people["Ben"]: 5000, people["Aisha"]: 5000}, since="2026-08-01")
    return case_id


@pytest.fixture
def group(cast: Cast) -> int:
    """Ada, Bo and Cy; Cy's fee is paid by her mother."""
    case_id = cast.open_case(CaseType.THERAPY_GROUP, "Ada One", "Bo Two", "Cy Three", name="Group",
                             opened_on=date(2026, 8, 1))
    mother = payer(cast, "Mother", "Three")
    arrange(cast, case_id, {mother: 0}, since="2026-08-01", person_id=people_of(cast, case_id)["Cy"])
    return case_id


def missed(cast: Cast, case_id: int, service: str, *who: str, status: AttendanceStatus = S.NO_SHOW,
           day: str = "2026-09-03") -> int:
    """An appointment at ten on a day at which these were missing."""
    people = people_of(cast, case_id)
    return hold(cast, case_id, service, f"{day} 10:00", missed={people[name]: status for name in who})


def waive(cast: Cast, appointment_id: int, person_id: int | None = None, *, by: str = "Tom", reason: str = "illness",
          when: str = "2026-09-04 09:00", **more: str) -> list[int]:
    with at(when):
        return cast.do(by, waive_fee, WaiveFee(
            appointment_id=appointment_id, person_id=person_id, reason=reason, **more))


def ledger(cast: Cast, kind: EntryKind) -> list[int]:
    with database.reading(cast.engine) as session:
        return list(session.scalars(
            select(LedgerEntry.amount_cents).where(LedgerEntry.kind == kind).order_by(LedgerEntry.id)))


def true(cast: Cast) -> bool:
    """What is open equals the ledger, as ``verify`` asks."""
    with database.reading(cast.engine) as session:
        return billing.wrong_open_amounts(session) == []


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


def test_a_waived_fee_stays_waived_when_its_invoice_is_issued_anew(cast: Cast, couple: int) -> None:
    appointment = missed(cast, couple, "FAM50", "Aisha", "Ben")
    ben, _ = invoice(cast, appointment)
    pay(cast, payer_id(cast, people_of(cast, couple)["Ben"]), couple, 10_00, "2026-09-03")
    waive(cast, appointment, by="Dana")
    with at("2026-09-05 09:00"):
        anew = cast.do("Tom", reissue_invoice, ReissueInvoice(invoice_id=ben, reason="new address"))
    account = cast.read("Tom", case_account, couple)
    facts = {row.facts.invoice_id: row for row in account.invoices}
    assert (facts[ben].state, facts[anew].state, facts[anew].facts.open_cents) == (
        InvoiceState.VOID, InvoiceState.CREDITED, 0)
    assert balance(cast, couple) == {"Ben Morgan": -10_00, "Aisha Morgan": 0}
    assert account.credit_cents == 10_00
    (fee,) = cast.read("Tom", missed_fees, appointment).fees
    assert (fee.waived.by, fee.waived.reason) == ("Dana Okafor", "illness")
    waive(cast, appointment, when="2026-09-06 09:00")
    assert balance(cast, couple) == {"Ben Morgan": -10_00, "Aisha Morgan": 0}
    assert true(cast)


def test_a_voided_invoice_takes_its_credit_with_it(cast: Cast, group: int) -> None:
    appointment = missed(cast, group, "GRP90", "Cy")
    cy = people_of(cast, group)["Cy"]
    (issued,) = waive(cast, appointment, cy)
    with at("2026-09-05 09:00"):
        cast.do("Tom", void_invoice, VoidInvoice(invoice_id=issued, reason="wrong payer"))
    assert balance(cast, group) == {"Ada One": 75_00, "Bo Two": 75_00, "Mother Three": 0}
    assert cast.read("Tom", missed_fees, appointment).invoices_first == 1
    again = invoice(cast, appointment, on="2026-09-06")
    assert sorted(lines(cast, again)) == [("Ada One", 75_00), ("Bo Two", 75_00), ("Mother Three", 37_50)]
    assert balance(cast, group)["Mother Three"] == 37_50, "the fee is charged anew and can be waived anew"
    (fee,) = cast.read("Tom", missed_fees, appointment).fees
    assert fee.waived is None
    waive(cast, appointment, cy, when="2026-09-07 09:00")
    assert balance(cast, group)["Mother Three"] == 0
    assert true(cast)


def test_a_waived_fee_does_not_use_up_a_cap(cast: Cast) -> None:
    ida = cast.open_case(CaseType.INDIVIDUAL, "Ida Holm", opened_on=date(2026, 8, 1))
    fund, own = payer(cast, "Fund", "Body"), people_of(cast, ida)["Ida"]
    cast.do("Tom", set_arrangement, SetArrangement(case_id=ida, valid_from=date(2026, 8, 1), shares=(
        Share(person_id=fund, kind=ShareKind.FIXED_WITH_CAP, amount_cents=80_00, cap_cents=100_00),
        Share(person_id=own))))
    appointment = missed(cast, ida, "IND50", "Ida")
    assert lines(cast, invoice(cast, appointment)) == [("Fund Body", 80_00), ("Ida Holm", 2_50)]
    waive(cast, appointment)
    second = invoice(cast, hold(cast, ida, "IND50", "2026-09-10 10:00"))
    assert lines(cast, second) == [("Fund Body", 80_00), ("Ida Holm", 85_00)]
    third = invoice(cast, hold(cast, ida, "IND50", "2026-09-17 10:00"))
    assert lines(cast, third) == [("Fund Body", 20_00), ("Ida Holm", 145_00)]


def test_a_credit_of_a_whole_invoice_of_one_line_does_not_use_up_a_cap(cast: Cast) -> None:
    ida = cast.open_case(CaseType.INDIVIDUAL, "Ida Holm", opened_on=date(2026, 8, 1))
    fund, own = payer(cast, "Fund", "Body"), people_of(cast, ida)["Ida"]
    cast.do("Tom", set_arrangement, SetArrangement(case_id=ida, valid_from=date(2026, 8, 1), shares=(
        Share(person_id=fund, kind=ShareKind.FIXED_WITH_CAP, amount_cents=80_00, cap_cents=80_00),
        Share(person_id=own))))
    first = invoice(cast, hold(cast, ida, "IND50", "2026-09-03 10:00"))
    assert lines(cast, first) == [("Fund Body", 80_00), ("Ida Holm", 85_00)]
    with at("2026-09-04 10:00"):
        cast.do("Tom", credit_invoice, CreditInvoice(invoice_id=first[0], amount_cents=50_00, reason="slip"))
    second = invoice(cast, hold(cast, ida, "IND50", "2026-09-10 10:00"))
    assert lines(cast, second) == [("Fund Body", 50_00), ("Ida Holm", 115_00)]
    funds = payer_id(cast, fund)
    payment = pay(cast, funds, ida, 80_00, "2026-09-11")
    with at("2026-09-12 10:00"):
        cast.do("Tom", refund_payment, RefundPayment(
            payment_id=payment, amount_cents=20_00, method=PaymentMethodKind.CASH, refunded_on=date(2026, 9, 12),
            reason="slip", credit_invoices=True))
    third = invoice(cast, hold(cast, ida, "IND50", "2026-09-17 10:00"))
    assert lines(cast, third) == [("Fund Body", 20_00), ("Ida Holm", 145_00)]


def test_the_reports_count_a_waiver_as_an_adjustment(cast: Cast, couple: int) -> None:
    appointment = missed(cast, couple, "FAM50", "Aisha", "Ben")
    invoice(cast, appointment)
    pay(cast, payer_id(cast, people_of(cast, couple)["Ben"]), couple, 52_50, "2026-09-03")
    waive(cast, appointment)
    owner = cast.actor("Dana")
    with at("2026-09-04 22:00"):
        moved = read(cast.engine, owner, "billing__movements", as_of=date(2026, 9, 4),
                     start=date(2026, 9, 1), end=date(2026, 9, 4))
        accounts = read(cast.engine, owner, "billing__outstanding_balances", as_of=date(2026, 9, 4))
        (summary,) = read(cast.engine, owner, "cases__workflow_summary", as_of=date(2026, 9, 4))
    assert {key: sum(row[key] for row in moved) for key in moved[0] if key.endswith("_cents")} == {
        "invoiced_cents": 105_00, "collected_cents": 52_50, "adjusted_cents": 105_00, "opening_cents": 0,
        "balance_cents": -52_50}
    assert sorted((row["payer_name"], row["due_cents"], row["credit_cents"]) for row in accounts) == [
        ("Aisha Morgan", 0, 0), ("Ben Morgan", 0, 52_50)]
    assert (summary["due_cents"], summary["overdue_cents"]) == (0, 0)


def test_the_fee_stays_off_every_superbill_and_the_papers_as_issued(cast: Cast, group: int) -> None:
    appointment = missed(cast, group, "GRP90", "Cy")
    issued = invoice(cast, appointment)
    waive(cast, appointment, people_of(cast, group)["Cy"])
    rendered = [line for one in issued for line in cast.read("Tom", superbill_lines, one)]
    assert [line.amount_cents for line in rendered] == [75_00, 75_00]
    with database.reading(cast.engine) as session:
        assert len(session.scalars(select(InvoiceLine.id)).all()) == 3


def test_recent_says_waived_instead_of_paid(cast: Cast, couple: int) -> None:
    appointment = missed(cast, couple, "FAM50", "Aisha", "Ben")
    waive(cast, appointment)
    with at("2026-09-05 09:00"):
        (row,) = cast.read("Marcus", case_page, couple).recent
    assert (row.invoiced_cents, row.open_cents, row.waived_cents) == (105_00, 0, 105_00)


# --- What is said before the click


def test_every_status_says_what_it_costs_by_the_member_s_own_fee(cast: Cast, group: int) -> None:
    people = people_of(cast, group)
    arrange(cast, group, {people["Bo"]: 0}, since="2026-09-01", person_id=people["Bo"], fee_terms="sliding_scale",
            fee_basis_points=4500)
    appointment = missed(cast, group, "GRP90", "Cy")
    seen = cast.read("Marcus", fee_consequences, appointment)
    costs = {S.ATTENDED: 33_75, S.NO_SHOW: 16_88, S.LATE_CANCELLED: 16_88}
    assert not seen.together
    assert seen.cents[people["Bo"]] == {status: costs.get(status, 0) for status in S}
    assert (seen.cents[people["Ada"]][S.ATTENDED], seen.cents[people["Cy"]][S.NO_SHOW]) == (75_00, 37_50)
    before = {one.person_id: seen.cents[one.person_id][one.status]
              for one in cast.read("Marcus", appointment_page, appointment).people}
    assert sum(before.values()) == sum(cents for _, cents in lines(cast, invoice(cast, appointment)))


def test_what_was_charged_is_shown_though_the_agreement_has_changed_since(cast: Cast, group: int) -> None:
    appointment = missed(cast, group, "GRP90", "Cy")
    people = people_of(cast, group)
    invoice(cast, appointment)
    arrange(cast, group, {people["Bo"]: 0}, since="2026-09-01", person_id=people["Bo"], fee_terms="fixed",
            fee_cents=10_00)
    seen = cast.read("Marcus", fee_consequences, appointment)
    assert (seen.cents[people["Bo"]][S.ATTENDED], seen.cents[people["Bo"]][S.NO_SHOW]) == (75_00, 5_00)
    assert seen.waived == frozenset()
    waive(cast, appointment, people["Cy"])
    assert cast.read("Marcus", fee_consequences, appointment).waived == {people["Cy"]}


def test_where_one_charge_is_shared_the_others_count_along(cast: Cast, couple: int) -> None:
    people = people_of(cast, couple)
    appointment = missed(cast, couple, "FAM50", "Aisha")
    seen = cast.read("Marcus", fee_consequences, appointment)
    assert seen.together
    assert {seen.cents[people["Aisha"]][status] for status in S} == {210_00}, "Ben attended, so it took place"
    assert seen.cents[people["Ben"]][S.NO_SHOW] == 105_00
    assert seen.cents[people["Ben"]][S.EXCUSED] == 105_00, "Aisha's no-show is charged"


def test_a_credit_of_a_part_of_a_missed_fee_is_no_waiver(cast: Cast) -> None:
    ida = cast.open_case(CaseType.INDIVIDUAL, "Ida Holm", opened_on=date(2026, 8, 1))
    appointment = missed(cast, ida, "IND50", "Ida")
    (made,) = invoice(cast, appointment)
    with at("2026-09-05 09:00"):
        cast.do("Tom", credit_invoice, CreditInvoice(invoice_id=made, amount_cents=10_00, reason="goodwill"))
        assert cast.read("Tom", missed_fees, appointment).fees[0].waived is None
        assert balance(cast, ida) == {"Ida Holm": 72_50}
        assert waive(cast, appointment) == [made]
        assert cast.read("Tom", missed_fees, appointment).fees[0].waived is not None
    assert balance(cast, ida) == {"Ida Holm": 0}
