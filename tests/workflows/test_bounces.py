"""Money that came in and comes back: what it had paid opens again, what went out is owed."""

from datetime import date
from typing import Any

import pytest
from sqlalchemy import select

from practicerunner import database
from practicerunner.errors import NotPermitted, PaymentTooLarge
from practicerunner.records import billing, payments
from practicerunner.records.billing import LedgerEntry
from practicerunner.vocabulary import CaseType, DocumentKind, EntryKind, PaymentMethodKind
from practicerunner.workflows.payment_pages import failed_payments
from practicerunner.workflows.payments import RecordPayment, UseCredit, record_payment, use_credit
from practicerunner.workflows.refunds import RefundPayment, refund_payment
from practicerunner.workflows.reversals import ReissueInvoice, reissue_invoice
from practicerunner.workflows.settlements import FailPayment, fail_payment
from practicerunner.workflows.statements import statement_preview
from tests.cast import Cast, arrange, at, balance, hold, invoice, pay, payer_id, people_of
from tests.workflows.test_papers import handed_out, text_of
from tests.workflows.test_payments import Ida


@pytest.fixture
def ida(cast: Cast) -> Ida:
    return Ida(cast)


def test_a_settled_payment_that_comes_back_opens_what_it_paid_and_voids_its_receipt(cast: Cast, ida: Ida) -> None:
    payment = pay(cast, ida.payer, ida.case, 400_00, "2026-09-12", surplus_as_credit=True)
    before = text_of(handed_out(cast, "Tom", DocumentKind.RECEIPT, payment))
    assert "VOID" not in before
    with at("2026-09-20 09:00"):
        with pytest.raises(NotPermitted):
            cast.do("Marcus", fail_payment, FailPayment(payment_id=payment, failed_on=date(2026, 9, 20), reason="x"))
        cast.do("Tom", fail_payment, FailPayment(payment_id=payment, failed_on=date(2026, 9, 20), reason="chargeback"))
    assert ida.opened() == [165_00, 165_00]
    assert (ida.account().credit_cents, balance(cast, ida.case)) == (0, {"Ida Holm": 330_00})
    after = text_of(handed_out(cast, "Tom", DocumentKind.RECEIPT, payment))
    for words in ("VOID", "chargeback", "20 September 2026", "400.00"):
        assert words in after
    with database.reading(cast.engine) as session:
        entries = session.scalars(select(LedgerEntry).where(LedgerEntry.payment_id == payment)).all()
        assert sum(entry.amount_cents for entry in entries) == 0
        assert {e.reverses_id for e in entries if e.reverses_id} == {e.id for e in entries if not e.reverses_id}
    ida.sound()


def test_money_that_was_used_as_credit_elsewhere_comes_back_from_where_it_is_by_now(cast: Cast, ida: Ida) -> None:
    payment = pay(cast, ida.payer, ida.case, 100_00, "2026-09-12", invoice_ids=(), surplus_as_credit=True)
    with at("2026-09-13 09:00"):
        assert cast.do("Tom", use_credit, UseCredit(payer_id=ida.payer, case_id=ida.case)) == [ida.invoices[0]]
        cast.do("Tom", reissue_invoice, ReissueInvoice(invoice_id=ida.invoices[0], reason="address"))
        assert sorted(ida.opened()) == [0, 65_00, 165_00]
        cast.do("Tom", fail_payment, FailPayment(payment_id=payment, failed_on=date(2026, 9, 13), reason="returned"))
    assert sorted(ida.opened()) == [0, 165_00, 165_00]
    assert balance(cast, ida.case) == {"Ida Holm": 330_00}
    ida.sound()


def test_of_a_partly_refunded_payment_all_of_it_comes_back_and_what_was_paid_out_is_owed(cast: Cast, ida: Ida) -> None:
    payment = pay(cast, ida.payer, ida.case, 165_00, "2026-09-12")
    with at("2026-09-13 09:00"):
        cast.do("Tom", refund_payment, RefundPayment(
            payment_id=payment, amount_cents=65_00, method=PaymentMethodKind.CHEQUE, refunded_on=date(2026, 9, 13),
            reason="goodwill"))
        assert balance(cast, ida.case) == {"Ida Holm": 230_00}
        cast.do("Tom", fail_payment, FailPayment(payment_id=payment, failed_on=date(2026, 9, 13), reason="returned"))
    assert balance(cast, ida.case) == {"Ida Holm": 395_00}
    assert ida.opened() == [165_00, 165_00]
    with at("2026-09-14 09:00"):
        (item,) = cast.read("Tom", failed_payments)
        assert item.owed_cents == 395_00
    ida.sound()
    pay(cast, ida.payer, ida.case, 65_00, "2026-09-14")
    assert (balance(cast, ida.case), ida.opened()) == ({"Ida Holm": 330_00}, [165_00, 165_00]), "the oldest debt first"
    whole = pay(cast, ida.payer, ida.case, 10_00, "2026-09-14")
    with at("2026-09-15 09:00"):
        cast.do("Tom", refund_payment, RefundPayment(
            payment_id=whole, amount_cents=10_00, method=PaymentMethodKind.CASH, refunded_on=date(2026, 9, 15),
            reason="goodwill"))
        assert balance(cast, ida.case) == {"Ida Holm": 330_00}
        for _ in range(2):  # the same failure reported twice changes nothing
            cast.do("Tom", fail_payment, FailPayment(payment_id=whole, failed_on=date(2026, 9, 15), reason="returned"))
    assert (balance(cast, ida.case), ida.opened()) == ({"Ida Holm": 340_00}, [165_00, 165_00])
    ida.sound()


def test_a_cheque_that_bounces_after_its_surplus_was_given_back_in_cash_leaves_invoice_and_cash_owed(
    cast: Cast,
) -> None:
    with at("2026-08-01 09:00"):
        kim, jon = (cast.open_case(CaseType.INDIVIDUAL, name) for name in ("Kim Vale", "Jon Decoy"))
    payer, other = payer_id(cast, people_of(cast, kim)["Kim"]), payer_id(cast, people_of(cast, jon)["Jon"])
    for case_id, hour in ((kim, 14), (jon, 16)):
        invoice(cast, hold(cast, case_id, "IND50", f"2026-09-03 {hour}:00"))
    pay(cast, other, jon, 265_00, "2026-09-10", surplus_as_credit=True)
    cheque = pay(cast, payer, kim, 265_00, "2026-09-10", surplus_as_credit=True)
    with at("2026-09-12 09:00"):
        cast.do("Tom", refund_payment, RefundPayment(
            payment_id=cheque, amount_cents=100_00, method=PaymentMethodKind.CASH, refunded_on=date(2026, 9, 12),
            reason="paid too much"))
        assert balance(cast, kim) == {"Kim Vale": 0}
        cast.do("Tom", fail_payment, FailPayment(payment_id=cheque, failed_on=date(2026, 9, 12), reason="returned"))
    assert (balance(cast, kim), balance(cast, jon)) == ({"Kim Vale": 265_00}, {"Jon Decoy": -100_00})


def test_what_a_bounced_payment_left_in_the_payer_s_other_case_is_paid_with_the_rest(cast: Cast) -> None:
    with at("2026-08-01 09:00"):
        own = cast.open_case(CaseType.INDIVIDUAL, "Ida Holm")
        child = cast.open_case(CaseType.INDIVIDUAL, "Kit Holm", provider="Priya")
    ida = people_of(cast, own)["Ida"]
    arrange(cast, child, {ida: 0}, since="2026-08-01")
    payer = payer_id(cast, ida)
    invoice(cast, hold(cast, own, "IND50", "2026-09-03 10:00"))
    invoice(cast, hold(cast, child, "IND50", "2026-09-04 10:00", by="Priya"))
    cheque = pay(cast, payer, own, 330_00, "2026-09-10")

    def given(case_id: int, cents: int, by: str = "Tom", **more: Any) -> int:
        return int(cast.do(by, record_payment, RecordPayment(
            payer_id=payer, case_id=case_id, method=PaymentMethodKind.CASH, amount_cents=cents,
            received_on=date(2026, 9, 14), **more)))

    with at("2026-09-14 09:00"):
        cast.do("Tom", refund_payment, RefundPayment(
            payment_id=cheque, amount_cents=100_00, method=PaymentMethodKind.CASH, refunded_on=date(2026, 9, 12),
            reason="moved"))
        cast.do("Tom", fail_payment, FailPayment(payment_id=cheque, failed_on=date(2026, 9, 14), reason="returned"))
        assert (balance(cast, own), balance(cast, child)) == ({"Ida Holm": 165_00}, {"Ida Holm": 265_00})
        (item,) = cast.read("Tom", failed_payments)
        assert (item.latest.case_id, item.owed_cents) == (own, 430_00)
        with pytest.raises(PaymentTooLarge, match=r"owes 165\.00"):
            given(own, 430_00, by="Marcus")
        with pytest.raises(PaymentTooLarge, match=r"owes 430\.00"):
            given(own, 430_01)
        paid = given(own, 430_00)
        assert (balance(cast, own), balance(cast, child)) == ({"Ida Holm": 0}, {"Ida Holm": 0})
        assert cast.read("Tom", failed_payments) == []
        statement = cast.read("Tom", statement_preview, payer, date(2026, 9, 1), date(2026, 9, 14)).statement
        assert (statement.closing_cents, statement.open_items, statement.credit_cents) == (0, (), 0)
        with database.reading(cast.engine) as session:
            receipt = billing.document_of(session, payment_id=paid)
            assert receipt is not None
            applied = [(one["invoice_number"], one["service"], one["amount_cents"])
                       for one in receipt.content["applied"]]
            assert payments.wrong_payments(session) == []
        assert applied == [("Refund", "Of a payment that failed", 100_00), ("INV-2026-0001", "IND50", 165_00),
                           ("INV-2026-0002", "IND50", 165_00)]
        cast.do("Tom", refund_payment, RefundPayment(
            payment_id=paid, amount_cents=430_00, method=PaymentMethodKind.CASH, refunded_on=date(2026, 9, 14),
            reason="wrong payer"))
    assert (balance(cast, own), balance(cast, child)) == ({"Ida Holm": 165_00}, {"Ida Holm": 265_00})


def test_a_bounce_that_is_told_after_a_later_refund_leaves_the_account_right_on_every_day(
    cast: Cast, ida: Ida
) -> None:
    pay(cast, ida.payer, ida.case, 165_00, "2026-09-11")
    cheque = pay(cast, ida.payer, ida.case, 200_00, "2026-09-12", surplus_as_credit=True)
    with at("2026-09-25 09:00"):
        cast.do("Tom", refund_payment, RefundPayment(
            payment_id=cheque, amount_cents=100_00, method=PaymentMethodKind.CASH, refunded_on=date(2026, 9, 20),
            reason="paid too much"))
        cast.do("Tom", fail_payment, FailPayment(payment_id=cheque, failed_on=date(2026, 9, 15), reason="returned"))
        found = {}
        for day in (14, 15, 19, 20, 25):
            made = cast.read("Tom", statement_preview, ida.payer, date(2026, 9, 1), date(2026, 9, day)).statement
            left = [(one.what, one.open_cents) for one in made.open_items]
            found[day] = (made.closing_cents, made.credit_cents, left)
        chained = [
            cast.read("Tom", statement_preview, ida.payer, date(2026, 9, first), date(2026, 9, last)).statement
            for first, last in ((1, 14), (15, 19), (20, 25))]
    number = ida.account().invoices[0].facts.number
    bounced, refunded = [(number, 165_00)], [(number, 165_00), ("Refund of a failed payment", 100_00)]
    assert found == {14: (-35_00, 35_00, []), 15: (165_00, 0, bounced), 19: (165_00, 0, bounced),
                     20: (265_00, 0, refunded), 25: (265_00, 0, refunded)}
    assert [(one.opening_cents, one.closing_cents) for one in chained] == [
        (0, -35_00), (-35_00, 165_00), (165_00, 265_00)]
    assert [(line.day.day, line.what, line.amount_cents) for one in chained[1:] for line in one.movements] == [
        (15, "Payment taken back", 200_00), (20, "Refund", 100_00)]
    ida.sound()


def test_a_failure_is_one_item_for_the_payer_and_closes_by_itself_when_what_was_due_is_paid(
    cast: Cast, ida: Ida
) -> None:
    for _ in range(2):
        payment = ida.pending(100_00)
        with at("2026-09-15 09:00"):
            cast.do("Tom", fail_payment, FailPayment(
                payment_id=payment, failed_on=date(2026, 9, 15), reason="declined"))
    with at("2026-09-20 09:00"):
        (item,) = cast.read("Tom", failed_payments)
        assert (item.latest.payer, item.failures, item.owed_cents, item.age_days) == ("Ida Holm", 2, 330_00, 5)
        assert cast.read("Olga", failed_payments) == []
        assert len(cast.read("Marcus", failed_payments)) == 1
        cast.do("Tom", reissue_invoice, ReissueInvoice(invoice_id=ida.invoices[0], reason="address"))
        assert len(cast.read("Tom", failed_payments)) == 1
    invoice(cast, hold(cast, ida.case, "IND50", "2026-09-24 10:00"))
    newest = max(ida.account().invoices, key=lambda row: row.facts.issued_on).facts.invoice_id
    old = [row.facts.invoice_id for row in ida.account().invoices
           if row.facts.open_cents and row.facts.invoice_id != newest]
    pay(cast, ida.payer, ida.case, 330_00, "2026-09-25", invoice_ids=tuple(old))
    assert cast.read("Tom", failed_payments) == []
    assert ida.account().due_cents == 165_00


@pytest.mark.parametrize("fails", [True, False])
def test_money_that_goes_back_with_an_earlier_day_leaves_an_invoice_no_earlier_than_it_came(
    cast: Cast, fails: bool
) -> None:
    with at("2026-08-01 09:00"):
        kim = cast.open_case(CaseType.INDIVIDUAL, "Kim Vale")
    person = payer_id(cast, people_of(cast, kim)["Kim"])
    payment = pay(cast, person, kim, 165_00, "2026-09-01", surplus_as_credit=True)
    made = invoice(cast, hold(cast, kim, "IND50", "2026-09-10 14:00"))
    with at("2026-09-20 09:00"):
        cast.do("Tom", use_credit, UseCredit(payer_id=person, case_id=kim))
        if fails:
            cast.do("Tom", fail_payment, FailPayment(
                payment_id=payment, failed_on=date(2026, 9, 5), reason="returned"))
        else:
            cast.do("Tom", refund_payment, RefundPayment(
                payment_id=payment, amount_cents=165_00, method=PaymentMethodKind.CASH, refunded_on=date(2026, 9, 5),
                reason="moved away"))
    assert balance(cast, kim) == {"Kim Vale": 165_00}
    with database.reading(cast.engine) as session:
        entries = billing.entries_of_invoice(session, made[0])
        first = min(entry.effective_on for entry in entries)
        assert first == next(entry.effective_on for entry in entries if entry.kind is EntryKind.CHARGE)
        for day in {entry.effective_on for entry in entries}:
            assert 0 <= sum(e.amount_cents for e in entries if e.effective_on <= day) <= 165_00
