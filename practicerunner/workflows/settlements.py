"""What becomes of a payment afterwards: pending money settles or fails, settled money may come back unpaid (H11)."""

from collections import defaultdict
from datetime import date

from sqlalchemy.orm import Session

from practicerunner import clock
from practicerunner.errors import BadInput, NotFound, RuleViolation
from practicerunner.money import dollars
from practicerunner.records import billing, payments, practice
from practicerunner.records.base import FOR_CHANGE
from practicerunner.records.billing import LedgerEntry, Payment
from practicerunner.records.cases import Case
from practicerunner.records.payments import PaymentEvent
from practicerunner.records.people import Payer
from practicerunner.rules.payments import state
from practicerunner.vocabulary import Action, EntryKind, MessageKind, PaymentState, Resource
from practicerunner.workflows import billing_notices
from practicerunner.workflows.access import Actor, authorize
from practicerunner.workflows.commands import Command, command
from practicerunner.workflows.payment_methods import NumberFree
from practicerunner.workflows.payments import Part, plan, settle


class PaymentHasFailed(RuleViolation):
    """This payment has failed. Record the new payment when it comes."""


class SettlePayment(Command):
    """The money of a pending payment is there. ``parts`` say what it pays; ``None``: oldest invoice first."""

    payment_id: int
    settled_on: date
    parts: tuple[Part, ...] | None = None


class FailPayment(Command):
    """The money will not come, or was taken back: a returned cheque or debit, a chargeback."""

    payment_id: int
    failed_on: date
    reason: NumberFree


def payment_for(session: Session, actor: Actor, payment_id: int, action: Action) -> tuple[Payment, Payer, Case]:
    """The door to a payment. Locks its payer for anything but reading. Raises NotFound, NotPermitted."""
    payment = session.get(Payment, payment_id)
    if payment is None:
        raise NotFound(actor=actor, action=action, resource=Resource.INVOICES, resource_id=payment_id)
    case = session.get_one(Case, payment.case_id)
    authorize(
        session, actor, action, Resource.INVOICES, responsible=[case.provider_id], supervisor_id=case.supervisor_id,
        resource_id=payment_id, case_id=case.id,
    )
    session.info["case_id"] = case.id
    payer = session.get_one(Payer, payment.payer_id, with_for_update=None if action is Action.READ else FOR_CHANGE)
    return payment, payer, case


def received_on(session: Session, payment: Payment) -> date:
    """The day from which a payment's money counts, or on which it was promised while it is pending."""
    settled = payments.events_of(session, payment.id).get(PaymentState.SETTLED)
    return settled.effective_on if settled else payment.received_on


def sensible_day(session: Session, field: str, day: date, payment: Payment) -> None:
    """A day on which something may happen to a payment: not before it came, not in the future. Raises BadInput."""
    if day > clock.today(practice.the_practice(session).zone):
        raise BadInput(field, "This day lies in the future.")
    if day < received_on(session, payment):
        raise BadInput(field, "This day lies before the payment.")


@command(Resource.INVOICES, Action.CREATE)
def settle_payment(session: Session, actor: Actor, asked: SettlePayment) -> int:
    """Settle a pending payment: it pays invoices and gets its receipt, of the day on which it settled.

    What it does not pay becomes credit. One that has settled stays as it is. Returns its id. Raises PaymentHasFailed,
    BadInput.
    """
    payment, payer, case = payment_for(session, actor, asked.payment_id, Action.CREATE)
    now = state(payments.events_of(session, payment.id))
    if now is PaymentState.FAILED:
        raise PaymentHasFailed
    if now is PaymentState.SETTLED:
        session.info["detail"] = "had settled before"
        return payment.id
    sensible_day(session, "settled_on", asked.settled_on, payment)
    planned = plan(session, actor, payer, case, payment.amount_cents, parts=asked.parts)
    session.add(PaymentEvent(
        payment_id=payment.id, status=PaymentState.SETTLED, effective_on=asked.settled_on,
        recorded_by_id=actor.staff_id,
    ))
    session.flush()
    house = practice.the_practice(session)
    session.info["detail"] = settle(session, actor, house, payment, payer, planned, asked.settled_on)
    return payment.id


@command(Resource.INVOICES, Action.CREATE)
def fail_payment(session: Session, actor: Actor, asked: FailPayment) -> int:
    """Mark a payment failed. What a settled one paid opens again by mirror entries, and its receipt is void.

    What was refunded of it did go out: the payer owes it, on no invoice. The same failure reported twice changes
    nothing. To fail settled money takes the right to void. Returns its id. Raises BadInput.
    """
    payment, _, case = payment_for(session, actor, asked.payment_id, Action.CREATE)
    now = state(payments.events_of(session, payment.id))
    if now is PaymentState.FAILED:
        session.info["detail"] = "had failed before"
        return payment.id
    sensible_day(session, "failed_on", asked.failed_on, payment)
    if now is PaymentState.SETTLED:
        authorize(
            session, actor, Action.VOID, Resource.INVOICES, responsible=[case.provider_id],
            supervisor_id=case.supervisor_id, resource_id=payment.id, case_id=case.id,
        )
        _mirror(session, actor, payment, asked)
    session.add(PaymentEvent(
        payment_id=payment.id, status=PaymentState.FAILED, effective_on=asked.failed_on, reason=asked.reason,
        recorded_by_id=actor.staff_id,
    ))
    session.info["detail"] = f"{now} {dollars(payment.amount_cents)} failed: {asked.reason}"
    billing_notices.tell_by_itself(
        session, practice.the_practice(session), MessageKind.PAYMENT_FAILED, payment.payer_id, case.id, payment.id)
    session.flush()
    return payment.id


def _mirror(session: Session, actor: Actor, payment: Payment, asked: FailPayment) -> None:
    """Take back the whole of a payment, wherever it stood when it failed and was moved since: it comes to nothing.

    What was moved later is taken back on its own day, so that the account is right on every day. A refund is a movement
    of its own and stays: with nothing behind it, it is what the payer owes.
    """
    moved: dict[tuple[int, int, date], list[LedgerEntry]] = defaultdict(list)
    for entry in payments.entries_of(session, payment.id):
        if entry.kind is EntryKind.PAYMENT:
            moved[entry.invoice_id or 0, entry.case_id, max(entry.effective_on, asked.failed_on)].append(entry)
    for (invoice_id, case_id, day), alike in sorted(moved.items()):
        cents = -sum(entry.amount_cents for entry in alike)
        if not cents:
            continue
        if invoice_id:
            billing.open_row(session, invoice_id).open_cents += cents
        session.add(LedgerEntry(
            case_id=case_id, payer_id=payment.payer_id, kind=EntryKind.PAYMENT, amount_cents=cents,
            effective_on=day, invoice_id=invoice_id or None, payment_id=payment.id, reason=asked.reason,
            reverses_id=alike[0].id if len(alike) == 1 else None, recorded_by_id=actor.staff_id,
        ))
