"""What a waived fee is afterwards: on papers, in limits and reports, and what is said before the click."""

from datetime import date

import pytest
from sqlalchemy import select

from practicerunner import database
from practicerunner.records.billing import InvoiceLine
from practicerunner.reports import read
from practicerunner.vocabulary import CaseType, InvoiceState, PaymentMethodKind, ShareKind
from practicerunner.workflows.accounts import case_account
from practicerunner.workflows.adjustments import CreditInvoice, credit_invoice
from practicerunner.workflows.arrangements import SetArrangement, Share, set_arrangement
from practicerunner.workflows.calendar import appointment_page
from practicerunner.workflows.clients import case_page
from practicerunner.workflows.refunds import RefundPayment, refund_payment
from practicerunner.workflows.reversals import ReissueInvoice, VoidInvoice, reissue_invoice, void_invoice
from practicerunner.workflows.superbills import superbill_lines
from practicerunner.workflows.waivers import fee_consequences, missed_fees
from tests.cast import Cast, arrange, at, balance, hold, invoice, lines, pay, payer, payer_id, people_of
from tests.workflows.waiving import S, a_couple, a_group, missed, true, waive


@pytest.fixture
def couple(cast: Cast) -> int:
    return a_couple(cast)


@pytest.fixture
def group(cast: Cast) -> int:
    return a_group(cast)


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
