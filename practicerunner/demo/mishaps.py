"""The few payments that take another way: refunded, returned by the bank, still under way; and what is given up."""

from datetime import date, datetime, time, timedelta
from functools import partial
from typing import Any

from sqlalchemy.orm import Session

from practicerunner import clock
from practicerunner.demo.diary import Diary
from practicerunner.demo.people import ZONE
from practicerunner.records import billing
from practicerunner.records.billing import Invoice, Payment
from practicerunner.rules.scheduling import moment
from practicerunner.vocabulary import PaymentMethodKind
from practicerunner.workflows.access import Actor
from practicerunner.workflows.adjustments import CreditInvoice, WriteOff, credit_invoice, write_off
from practicerunner.workflows.payments import RecordPayment, record_payment
from practicerunner.workflows.refunds import RefundPayment, refund_payment
from practicerunner.workflows.settlements import FailPayment, fail_payment

REFUNDED, RETURNED = frozenset({24, 150}), frozenset({60, 170})
"""Which of the payments, counted from the first, go back or come back; cash cannot, so the next other one does."""
WHY_RETURNED = {PaymentMethodKind.CARD: "Taken back by the card company"}
CREDITED = frozenset({50})
"""Which of the invoices, counted from the first, are credited in part."""
GIVEN_UP_AFTER = 75
"""Days after which the first invoice that is still open is given up."""


class Mishaps:
    """What becomes of payments and invoices afterwards."""

    def __init__(self, diary: Diary, actor: Actor, today: date) -> None:
        self.diary, self.actor, self.today = diary, actor, today
        self._payments = self._to_return = 0
        self._promised: set[int] = set()
        self._given_up = False

    def _do(self, session: Session, verb: Any, command: Any) -> None:
        verb(session, self.actor, command)
        session.flush()

    def _in(self, days: int, hour: int) -> datetime:
        return moment(clock.today(ZONE) + timedelta(days=days), time(hour, 25), ZONE)

    def paid(self, payment_id: int, method: PaymentMethodKind) -> None:
        """A payment was taken."""
        self._payments += 1
        if self._payments in REFUNDED:
            self.diary.note(self._in(3, 11), partial(self._refund, payment_id))
        self._to_return += self._payments in RETURNED
        if self._to_return and method is not PaymentMethodKind.CASH:
            self._to_return -= 1
            self.diary.note(self._in(4, 10), partial(self._return, payment_id))

    def issued(self, number: int, invoice_id: int) -> None:
        """The invoice of that number was issued."""
        if number in CREDITED:
            self.diary.note(self._in(1, 15), partial(self._credit, invoice_id))
        self.diary.note(self._in(GIVEN_UP_AFTER, 16), partial(self._give_up, invoice_id))

    def promised(self, session: Session, invoice_id: int) -> None:
        """A transfer for an open invoice is on its way; two are at the end."""
        invoice = session.get_one(Invoice, invoice_id)
        open_cents = billing.open_row(session, invoice_id).open_cents
        if open_cents and len(self._promised) < 2 and invoice.payer_id not in self._promised:
            self._promised.add(invoice.payer_id)
            self._do(session, record_payment, RecordPayment(
                payer_id=invoice.payer_id, case_id=invoice.case_id, method=PaymentMethodKind.BANK,
                amount_cents=open_cents, received_on=clock.today(ZONE), reference="Transfer", pending=True,
            ))

    def _refund(self, payment_id: int, session: Session) -> None:
        payment = session.get_one(Payment, payment_id)
        self._do(session, refund_payment, RefundPayment(
            payment_id=payment_id, amount_cents=max(payment.amount_cents // 2, 1), method=payment.method,
            refunded_on=clock.today(ZONE), reason="Given back as agreed by phone", credit_invoices=True,
            credit_note=True,
        ))

    def _return(self, payment_id: int, session: Session) -> None:
        method = session.get_one(Payment, payment_id).method
        self._do(session, fail_payment, FailPayment(
            payment_id=payment_id, failed_on=clock.today(ZONE), reason=WHY_RETURNED.get(method, "Returned by the bank"),
        ))

    def _credit(self, invoice_id: int, session: Session) -> None:
        if billing.void_of(session, invoice_id) is None and billing.open_row(session, invoice_id).open_cents > 10_00:
            self._do(session, credit_invoice, CreditInvoice(
                invoice_id=invoice_id, amount_cents=10_00, reason="Started ten minutes late", credit_note=True,
            ))

    def _give_up(self, invoice_id: int, session: Session) -> None:
        if not self._given_up and billing.open_row(session, invoice_id).open_cents:
            self._given_up = True
            self._do(session, write_off, WriteOff(invoice_id=invoice_id, reason="Moved away, cannot be reached"))
