"""Payments in every state: pending, settled, failed; chosen parts; saved methods and the processor."""

from datetime import date
from typing import Any

import pytest
from pydantic import ValidationError
from sqlalchemy import select, text
from sqlalchemy.exc import DBAPIError

from practicerunner import database
from practicerunner.errors import BadInput, NotFound, NotPermitted, PaymentTooLarge
from practicerunner.money import cents
from practicerunner.records import billing, payments
from practicerunner.records.billing import IssuedDocument, LedgerEntry
from practicerunner.records.payments import PaymentEvent, ProcessorCharge
from practicerunner.vocabulary import CaseType, DocumentKind, EntryKind, InvoiceState, PaymentMethodKind, PaymentState
from practicerunner.workflows.accounts import Account, case_account, open_invoices, payer_account
from practicerunner.workflows.payment_methods import (
    RemovePaymentMethod,
    SavePaymentMethod,
    payment_methods_of,
    remove_payment_method,
    save_payment_method,
)
from practicerunner.workflows.payment_pages import failed_payments, payment_detail, pending_payments, unapplied_credit
from practicerunner.workflows.payments import Part, RecordPayment, UseCredit, record_payment, use_credit
from practicerunner.workflows.processor import ChargeDeclined, ManualProcessor, Order, Outcome, connect
from practicerunner.workflows.refunds import RefundPayment, refund_payment
from practicerunner.workflows.reversals import ReissueInvoice, reissue_invoice
from practicerunner.workflows.settlements import (
    FailPayment,
    PaymentHasFailed,
    SettlePayment,
    fail_payment,
    settle_payment,
)
from practicerunner.workflows.statements import statement_preview
from tests.cast import Cast, arrange, at, balance, hold, invoice, pay, payer_id, people_of
from tests.workflows.test_papers import handed_out, text_of


class Ida:
    """Ida pays for herself: two sessions in September at 165.00, invoiced on their days. Bo is her decoy."""

    def __init__(self, cast: Cast) -> None:
        self.cast = cast
        with at("2026-08-01 09:00"):
            self.case = cast.open_case(CaseType.INDIVIDUAL, "Ida Holm")
            self.other_case = cast.open_case(CaseType.INDIVIDUAL, "Bo Decoy")
        self.invoices = [invoice(cast, hold(cast, self.case, "IND50", f"2026-09-{d} 10:00"))[0] for d in ("03", "10")]
        self.decoy = invoice(cast, hold(cast, self.other_case, "IND50", "2026-09-04 10:00"))[0]
        self.payer = payer_id(cast, people_of(cast, self.case)["Ida"])
        self.other = payer_id(cast, people_of(cast, self.other_case)["Bo"])

    def asks(self, cents: int, **more: Any) -> RecordPayment:
        return RecordPayment(**{
            "payer_id": self.payer, "case_id": self.case, "method": PaymentMethodKind.CHEQUE, "amount_cents": cents,
            "received_on": date(2026, 9, 12)} | more)

    def pending(self, cents: int = 200_00, **more: Any) -> int:
        with at("2026-09-12 09:00"):
            return int(self.cast.do("Tom", record_payment, self.asks(cents, pending=True, **more)))

    def account(self) -> Account:
        account: Account = self.cast.read("Tom", case_account, self.case)
        return account

    def opened(self) -> list[int]:
        return [row.facts.open_cents for row in reversed(self.account().invoices)]

    def sound(self) -> None:
        """The cache is the ledger, and the decoy is untouched."""
        with database.reading(self.cast.engine) as session:
            assert billing.wrong_open_amounts(session) == payments.wrong_payments(session) == []
        assert balance(self.cast, self.other_case) == {"Bo Decoy": 165_00}


@pytest.fixture
def ida(cast: Cast) -> Ida:
    return Ida(cast)


def papers(cast: Cast, kind: DocumentKind) -> list[str]:
    with database.reading(cast.engine) as session:
        return list(session.scalars(select(IssuedDocument.number).where(IssuedDocument.kind == kind)))


def test_pending_money_is_shown_but_reduces_no_balance_and_has_no_receipt(cast: Cast, ida: Ida) -> None:
    payment = ida.pending()
    account = ida.account()
    (row,) = account.payments
    assert (row.state, row.amount_cents, row.receipt) == (PaymentState.PENDING, 200_00, "")
    assert (account.due_cents, account.credit_cents, account.pending_cents) == (330_00, 0, 200_00)
    assert papers(cast, DocumentKind.RECEIPT) == []
    with pytest.raises(NotFound):
        handed_out(cast, "Tom", DocumentKind.RECEIPT, payment)
    with at("2026-09-15 09:00"):
        (item,) = cast.read("Tom", pending_payments)
    assert (item.facts.payment_id, item.case_name, item.age_days) == (payment, "Ida Holm", 3)


def test_it_settles_on_its_day_pays_the_oldest_and_gets_its_receipt_and_a_second_time_changes_nothing(
    cast: Cast, ida: Ida
) -> None:
    payment = ida.pending()
    ask = SettlePayment(payment_id=payment, settled_on=date(2026, 9, 16))
    with at("2026-09-17 09:00"):
        for click in (ask, ask, SettlePayment(payment_id=payment, settled_on=date(2026, 9, 17))):
            assert cast.do("Tom", settle_payment, click) == payment
    assert ida.opened() == [0, 130_00]
    (row,) = ida.account().payments
    assert (row.state, row.settled_on, row.receipt) == (PaymentState.SETTLED, date(2026, 9, 16), "RCT-2026-0001")
    with database.reading(cast.engine) as session:
        days = session.scalars(select(LedgerEntry.effective_on).where(LedgerEntry.kind == EntryKind.PAYMENT)).all()
    assert set(days) == {date(2026, 9, 16)}
    paper = text_of(handed_out(cast, "Tom", DocumentKind.RECEIPT, payment))
    for words in ("RCT-2026-0001", "16 September 2026", "200.00", "165.00", "35.00", "Ida Holm"):
        assert words in paper
    assert "Bo Decoy" not in paper
    ida.sound()


def test_what_it_pays_is_chosen_when_it_settles_and_the_rest_becomes_credit(cast: Cast, ida: Ida) -> None:
    payment = ida.pending()
    with at("2026-09-17 09:00"):
        cast.do("Tom", settle_payment, SettlePayment(
            payment_id=payment, settled_on=date(2026, 9, 17),
            parts=(Part(invoice_id=ida.invoices[1], amount_cents=1_00),)))
    assert ida.opened() == [165_00, 164_00]
    assert ida.account().credit_cents == 199_00


def test_a_pending_payment_that_fails_changes_no_money_and_cannot_settle_any_more(cast: Cast, ida: Ida) -> None:
    payment = ida.pending()
    before = ida.account().standings
    with at("2026-09-15 09:00"):
        fail = FailPayment(payment_id=payment, failed_on=date(2026, 9, 15), reason="bounced")
        for click in (fail, fail, fail.model_copy(update={"op": "another", "reason": "again"})):
            assert cast.do("Marcus", fail_payment, click) == payment
        with pytest.raises(PaymentHasFailed):
            cast.do("Tom", settle_payment, SettlePayment(payment_id=payment, settled_on=date(2026, 9, 15)))
    account = ida.account()
    assert (account.standings, account.pending_cents) == (before, 0)
    (row,) = account.payments
    assert (row.state, row.reason) == (PaymentState.FAILED, "bounced")
    with database.reading(cast.engine) as session:
        failures = select(PaymentEvent.id).where(PaymentEvent.status == PaymentState.FAILED)
        assert len(session.scalars(failures).all()) == 1
    assert papers(cast, DocumentKind.RECEIPT) == []


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


def test_parts_are_paid_to_the_cent_and_what_does_not_fit_is_refused(cast: Cast, ida: Ida) -> None:
    first, second = ida.invoices

    def attempt(cents: int, *parts: tuple[int, int], **more: Any) -> int:
        with at("2026-09-12 09:00"):
            return int(cast.do("Tom", record_payment, ida.asks(
                cents, parts=tuple(Part(invoice_id=i, amount_cents=c) for i, c in parts), **more)))

    for parts, amount in (
        (((first, 100_00), (second, 60_00)), 150_00), (((first, 165_01),), 165_01), (((ida.decoy, 10_00),), 10_00),
        (((first, 5_00), (first, 5_00)), 10_00),
    ):
        with pytest.raises(BadInput) as refused:
            attempt(amount, *parts)
        assert refused.value.field == "parts"
    with pytest.raises(PaymentTooLarge, match=r"10\.00 of the payment is left over"):
        attempt(170_00, (second, 160_00))
    attempt(170_00, (second, 100_00), (first, 60_00), surplus_as_credit=True)
    assert ida.opened() == [105_00, 65_00]
    assert ida.account().credit_cents == 10_00
    ida.sound()


@pytest.mark.parametrize("typed", ["0.001", "ten", "1,00.00", "1e20", "1e999999999", "-1e999999999", ""])
def test_what_is_no_amount_is_refused_at_its_field(typed: str) -> None:
    with pytest.raises(BadInput) as refused:
        cents(typed, "amount_cents")
    assert refused.value.field == "amount_cents"


def test_impossible_payments_are_refused_and_leave_nothing(cast: Cast, ida: Ida) -> None:
    for amount in (0, -5):
        with pytest.raises(ValidationError):
            ida.asks(amount)
    with at("2026-09-12 09:00"):
        with pytest.raises(BadInput, match=r"at most 1,000,000\.00"):
            cast.do("Tom", record_payment, ida.asks(10_000_000_00, surplus_as_credit=True))
        with pytest.raises(PaymentTooLarge):
            cast.do("Tom", record_payment, ida.asks(330_01))
        with pytest.raises(BadInput, match="future"):
            cast.do("Tom", record_payment, ida.asks(10_00, received_on=date(2026, 9, 13)))
        with pytest.raises(BadInput, match="card or account number"):
            cast.do("Tom", record_payment, ida.asks(10_00, reference="4242 4242.4242-4242"))
        with pytest.raises(BadInput, match="when it settles"):
            cast.do("Tom", record_payment, ida.asks(10_00, pending=True, invoice_ids=()))
    assert ida.account().payments == ()
    payment = ida.pending()
    with at("2026-09-15 09:00"):
        for day, sentence in ((date(2026, 9, 16), "future"), (date(2026, 9, 11), "before the payment")):
            with pytest.raises(BadInput, match=sentence):
                cast.do("Tom", settle_payment, SettlePayment(payment_id=payment, settled_on=day))
            with pytest.raises(BadInput, match=sentence):
                cast.do("Tom", fail_payment, FailPayment(payment_id=payment, failed_on=day, reason="x"))
    with pytest.raises(ValidationError, match="Never type"):
        FailPayment(payment_id=payment, failed_on=date(2026, 9, 15), reason="card 4242424242424242 declined")
    with pytest.raises(ValidationError, match="fill in"):
        FailPayment(payment_id=payment, failed_on=date(2026, 9, 15), reason="  ")


def test_who_may_settle_and_fail(cast: Cast, ida: Ida) -> None:
    payment = ida.pending()
    settle = SettlePayment(payment_id=payment, settled_on=date(2026, 9, 15))
    fail = FailPayment(payment_id=payment, failed_on=date(2026, 9, 15), reason="x")
    with at("2026-09-15 09:00"):
        for name, refusal in (("Priya", NotPermitted), ("Ruth", NotFound), ("Olga", NotFound)):
            with pytest.raises(refusal):
                cast.do(name, settle_payment, settle)
            with pytest.raises(refusal):
                cast.do(name, fail_payment, fail)
            with pytest.raises(NotPermitted):
                cast.read(name, payment_detail, payment)
        assert cast.do("Marcus", settle_payment, settle) == payment


def test_what_became_of_a_payment_is_never_changed(cast: Cast, ida: Ida) -> None:
    ida.pending()
    for statement in ("update payment_event set status = 'settled'", "delete from payment_event",
                      "update payment set amount_cents = 1"):
        with pytest.raises(DBAPIError), database.transaction(cast.engine) as session:
            session.execute(text(statement))


def test_credit_waits_with_its_age_and_is_used_at_once(cast: Cast, ida: Ida) -> None:
    pay(cast, ida.payer, ida.case, 200_00, "2026-09-12", invoice_ids=(), surplus_as_credit=True)
    pay(cast, ida.other, ida.other_case, 165_00, "2026-09-12")
    with at("2026-09-22 09:00"):
        (item,) = cast.read("Tom", unapplied_credit)
        assert (item.payer, item.case_name, item.credit_cents, item.payable_cents, item.age_days) == (
            "Ida Holm", "Ida Holm", 200_00, 200_00, 10)
        assert cast.read("Olga", unapplied_credit) == []
        with pytest.raises(NotPermitted):
            cast.do("Priya", use_credit, UseCredit(payer_id=ida.payer, case_id=ida.case))
        ask = UseCredit(payer_id=ida.payer, case_id=ida.case)
        assert cast.do("Tom", use_credit, ask) == cast.do("Tom", use_credit, ask) == ida.invoices
        assert cast.read("Tom", unapplied_credit) == []
    assert ida.opened() == [0, 130_00]


class Terminal(ManualProcessor):
    """A processor that remembers what it was asked."""

    name = "terminal"

    def __init__(self, state: PaymentState = PaymentState.SETTLED) -> None:
        self.state, self.asked = state, list[Order]()

    def charge(self, order: Order) -> Outcome:
        self.asked.append(order)
        return Outcome(f"ch_{len(self.asked)}", self.state)

    def refund(self, order: Order) -> Outcome:
        self.asked.append(order)
        return Outcome(f"re_{len(self.asked)}", self.state)


def saved_card(cast: Cast, case_id: int, payer: int, **more: Any) -> int:
    with at("2026-09-01 09:00"):
        return int(cast.do("Tom", save_payment_method, SavePaymentMethod(**{
            "case_id": case_id, "payer_id": payer, "kind": PaymentMethodKind.CARD, "brand": "Visa",
            "last_four": "4242", "expires": "2026-10", "token": "tok_secret"} | more)))


def test_a_saved_card_is_charged_under_the_operation_id_and_refunded_there(cast: Cast, ida: Ida) -> None:
    card = saved_card(cast, ida.case, ida.payer)
    ask = ida.asks(165_00, method=PaymentMethodKind.CARD, payment_method_id=card)
    terminal = Terminal()
    with connect(terminal), at("2026-09-12 09:00"):
        payment = cast.do("Tom", record_payment, ask)
        assert cast.do("Tom", record_payment, ask) == payment
        cast.do("Tom", refund_payment, RefundPayment(
            payment_id=payment, amount_cents=5_00, method=PaymentMethodKind.CARD, refunded_on=date(2026, 9, 12),
            reason="goodwill"))
    charge, refund = terminal.asked
    assert (charge.key, charge.amount_cents, charge.token) == (ask.op, 165_00, "tok_secret")
    assert (refund.amount_cents, refund.reference) == (5_00, "ch_1")
    assert "tok_secret" not in f"{charge!r}{ask!r}"
    with database.reading(cast.engine) as session:
        kept = session.scalars(select(ProcessorCharge)).one()
        assert (kept.processor, kept.reference, kept.operation) == ("terminal", "ch_1", ask.op)
        assert "tok_secret" not in str([tuple(row) for row in session.execute(text("select * from audit_log"))])
        assert "tok_secret" not in str([tuple(row) for row in session.execute(text("select * from operation"))])


def test_a_declined_card_records_nothing_and_one_under_way_is_pending(cast: Cast, ida: Ida) -> None:
    ask = ida.asks(165_00, method=PaymentMethodKind.CARD, payment_method_id=saved_card(cast, ida.case, ida.payer))
    with at("2026-09-12 09:00"):
        with connect(Terminal(PaymentState.FAILED)), pytest.raises(ChargeDeclined):
            cast.do("Tom", record_payment, ask)
        assert ida.account().payments == ()
        with connect(Terminal(PaymentState.PENDING)):
            cast.do("Tom", record_payment, ask)
    (row,) = ida.account().payments
    assert (row.state, row.reference) == (PaymentState.PENDING, "ch_1")
    assert ida.account().due_cents == 330_00


def test_by_hand_nothing_leaves_and_the_terminal_s_reference_is_kept(cast: Cast, ida: Ida) -> None:
    card = saved_card(cast, ida.case, ida.payer)
    with at("2026-09-12 09:00"):
        cast.do("Tom", record_payment, ida.asks(
            165_00, method=PaymentMethodKind.CARD, payment_method_id=card, reference="slip 881"))
    (row,) = ida.account().payments
    assert (row.state, row.reference) == (PaymentState.SETTLED, "slip 881")
    assert ManualProcessor().status("slip 881") is None


def test_only_the_payer_s_own_saved_card_is_charged_while_it_is_kept_and_in_date(cast: Cast, ida: Ida) -> None:
    theirs = saved_card(cast, ida.other_case, ida.other)
    own = saved_card(cast, ida.case, ida.payer)
    bank = saved_card(cast, ida.case, ida.payer, kind=PaymentMethodKind.BANK, expires="", brand="First Bank")

    def refused(method: int, field: str, on: str = "2026-09-12") -> None:
        with at(f"{on} 09:00"), pytest.raises(BadInput) as problem:
            cast.do("Tom", record_payment, ida.asks(
                10_00, method=PaymentMethodKind.CARD, payment_method_id=method))
        assert problem.value.field == field

    refused(theirs, "payment_method_id")
    refused(bank, "method")
    refused(own, "payment_method_id", "2026-11-01")
    cast.do("Tom", remove_payment_method, RemovePaymentMethod(case_id=ida.case, payment_method_id=own))
    refused(own, "payment_method_id")
    assert {one.payment_method_id for one in cast.read("Tom", payment_methods_of, ida.case)} == {bank}


def test_a_number_is_refused_wherever_a_method_is_typed(cast: Cast, ida: Ida) -> None:
    for field in ("brand", "token"):
        with pytest.raises(ValidationError, match="Never type"):
            saved_card(cast, ida.case, ida.payer, **{field: "4242/4242/4242/4242"})
    with pytest.raises(BadInput):
        saved_card(cast, ida.case, ida.payer, last_four="4242424242424242")


def test_two_payers_of_one_case_keep_their_money_apart(cast: Cast) -> None:
    with at("2026-08-01 09:00"):
        couple = cast.open_case(CaseType.TWO_PERSON, "Maya Rivera", "Tom Rivera")
    people = people_of(cast, couple)
    arrange(cast, couple, {people["Maya"]: 5000, people["Tom"]: 5000}, since="2026-08-01")
    invoice(cast, hold(cast, couple, "FAM50", "2026-09-03 10:00"))
    maya, tom = payer_id(cast, people["Maya"]), payer_id(cast, people["Tom"])
    payment = pay(cast, maya, couple, 105_00, "2026-09-04")
    pay(cast, tom, couple, 105_00, "2026-09-04")
    with at("2026-09-05 09:00"):
        cast.do("Tom", fail_payment, FailPayment(payment_id=payment, failed_on=date(2026, 9, 5), reason="returned"))
        assert balance(cast, couple) == {"Maya Rivera": 105_00, "Tom Rivera": 0}
        assert [item.latest.payer for item in cast.read("Tom", failed_payments)] == ["Maya Rivera"]
        assert cast.read("Tom", open_invoices).sum_cents == 105_00
        states = {row.facts.payer: row.state for row in cast.read("Tom", case_account, couple).invoices}
        assert states == {"Maya Rivera": InvoiceState.OPEN, "Tom Rivera": InvoiceState.PAID}
        assert cast.read("Tom", payer_account, tom).payments[0].state is PaymentState.SETTLED


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
