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
from practicerunner.records.payments import PaymentEvent
from practicerunner.vocabulary import CaseType, DocumentKind, EntryKind, InvoiceState, PaymentMethodKind, PaymentState
from practicerunner.workflows.accounts import Account, case_account, open_invoices, payer_account
from practicerunner.workflows.payment_pages import failed_payments, payment_detail, pending_payments, unapplied_credit
from practicerunner.workflows.payments import Part, RecordPayment, UseCredit, record_payment, use_credit
from practicerunner.workflows.settlements import (
    FailPayment,
    PaymentHasFailed,
    SettlePayment,
    fail_payment,
    settle_payment,
)
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
