"""Money that goes back: from a payer's credit, or from what a payment paid; with a receipt of its own (H12, H13)."""

from collections import defaultdict
from dataclasses import dataclass
from datetime import date

from pydantic import Field, model_validator
from pydantic_core import PydanticCustomError
from sqlalchemy.orm import Session

from practicerunner import clock, ids
from practicerunner.errors import BadInput, NotFound, RuleViolation
from practicerunner.money import dollars
from practicerunner.records import billing, payments, practice
from practicerunner.records.base import FOR_CHANGE
from practicerunner.records.billing import Invoice, LedgerEntry, Payment
from practicerunner.records.cases import Case
from practicerunner.records.payments import Refund
from practicerunner.records.people import Payer
from practicerunner.rules.payments import Held, credit_since, sources, state
from practicerunner.vocabulary import Action, DocumentKind, EntryKind, PaymentMethodKind, PaymentState, Resource
from practicerunner.workflows import papers, processor
from practicerunner.workflows.access import Actor
from practicerunner.workflows.adjustments import only_charge, take_off
from practicerunner.workflows.cases import case_for
from practicerunner.workflows.commands import Command, command, reader
from practicerunner.workflows.payment_methods import NumberFree, NumberFreeLine
from practicerunner.workflows.processor import ChargeDeclined, Order
from practicerunner.workflows.reversals import issue_credit_note, move_payment
from practicerunner.workflows.settlements import payment_for, sensible_day


class NotSettled(RuleViolation):
    """Only money that has settled can be refunded."""


class RefundPayment(Command):
    """Give a payment back, wholly or in part.

    Without ``invoice_id`` it is taken from unapplied credit first, then from the newest invoice that the payment paid;
    that invoice opens again, unless ``credit_invoices`` takes the same amount off it.
    """

    payment_id: int
    amount_cents: int = Field(gt=0)
    method: PaymentMethodKind
    refunded_on: date
    reason: NumberFree
    reference: NumberFreeLine = Field(default="", max_length=60)
    invoice_id: int | None = None
    credit_invoices: bool = False
    credit_note: bool = False

    @model_validator(mode="after")
    def _note_needs_credit(self) -> "RefundPayment":
        if self.credit_note and not self.credit_invoices:
            raise PydanticCustomError("credit_note", "A credit note belongs to a credit on the invoice.")
        return self


class RefundCredit(Command):
    """Give credit back that an import brought, wholly or in part: money that came before there was a payment here."""

    payer_id: int
    case_id: int
    amount_cents: int = Field(gt=0)
    method: PaymentMethodKind
    refunded_on: date
    reason: NumberFree
    reference: NumberFreeLine = Field(default="", max_length=60)


def free_credit(session: Session, payer_id: int, held: list[Held]) -> dict[int, int]:
    """Case → what of a payer's money there stands for nothing at all, over the cases where this money stands."""
    return {
        one.case_id: max(-billing.loose_cents(session, payer_id, one.case_id), 0)
        for one in held if one.invoice_id is None
    }


@command(Resource.INVOICES, Action.VOID)
def refund_payment(session: Session, actor: Actor, asked: RefundPayment) -> int:
    """Refund a payment, at most what was paid less what was refunded, and issue the refund receipt. Returns its id.

    Raises NotSettled, ChargeDeclined, BadInput.
    """
    payment, payer, case = payment_for(session, actor, asked.payment_id, Action.VOID)
    if state(payments.events_of(session, payment.id)) is not PaymentState.SETTLED:
        raise NotSettled
    sensible_day(session, "refunded_on", asked.refunded_on, payment)
    left = payment.amount_cents - payments.refunded_cents(session, payment.id)
    if asked.amount_cents > left:
        raise BadInput("amount_cents", f"At most {dollars(left)} of this payment can be refunded.")
    held = [Held(*one) for one in payments.held_by(session, payment.id)]
    taken, missing = sources(held, asked.amount_cents, free_credit(session, payer.id, held), asked.invoice_id)
    if missing:
        there = dollars(asked.amount_cents - missing)
        raise BadInput("amount_cents", f"This payment pays {there} of that invoice; no more can be taken from it.")
    house = practice.the_practice(session)
    reference = _sent_back(session, payment, asked, house.currency)
    refund = _refund(session, actor, asked, payer, case, payment.id, reference)
    invoices = {one.invoice_id: session.get_one(Invoice, one.invoice_id) for one in taken if one.invoice_id is not None}
    _enter(session, actor, refund, taken, invoices)
    if asked.credit_invoices:
        _credit(session, actor, case, asked, taken, invoices)
    said = billing.services_on(session, list(invoices))
    receipt = billing.document_of(session, payment_id=payment.id)
    papers.freeze(session, DocumentKind.REFUND, papers.refund_content(
        session, house, payer, refund, receipt=receipt.number if receipt else "",
        taken=[
            (invoices[one.invoice_id].number, _services(said[one.invoice_id]), one.cents)
            for one in taken if one.invoice_id is not None
        ],
        from_credit_cents=sum(one.cents for one in taken if one.invoice_id is None),
    ), payer_id=payer.id, case_id=case.id)
    session.flush()
    return refund.id


@command(Resource.INVOICES, Action.VOID)
def refund_credit(session: Session, actor: Actor, asked: RefundCredit) -> int:
    """Refund credit that an import brought, at most what is left of it, and issue the refund receipt. Returns its id.

    Raises NotFound, BadInput.
    """
    payer, case, left = _imported(session, actor, asked.payer_id, asked.case_id, Action.VOID)
    house = practice.the_practice(session)
    if asked.refunded_on > clock.today(house.zone):
        raise BadInput("refunded_on", "This day lies in the future.")
    if asked.amount_cents > left:
        raise BadInput("amount_cents", f"At most {dollars(left)} of the credit from before can be refunded.")
    moved = payments.imported_by_day(session, payer.id, case.id)
    if asked.amount_cents > credit_since(moved, asked.refunded_on):
        raise BadInput("refunded_on", "So much credit did not lie there on this day yet. Choose a later one.")
    refund = _refund(session, actor, asked, payer, case, None, asked.reference)
    _enter(session, actor, refund, [Held(case.id, None, asked.amount_cents)], {})
    papers.freeze(session, DocumentKind.REFUND, papers.refund_content(
        session, house, payer, refund, receipt="", taken=[], from_credit_cents=asked.amount_cents,
    ), payer_id=payer.id, case_id=case.id)
    session.flush()
    return refund.id


def _imported(
    session: Session, actor: Actor, payer_id: int, case_id: int, action: Action
) -> tuple[Payer, Case, int]:
    """The door to credit that an import brought, and what can be refunded of it. Locks its payer for anything but
    reading. Raises NotFound, NotPermitted.
    """
    case = case_for(session, actor, case_id, action, resource=Resource.INVOICES)
    payer = session.get(Payer, payer_id, with_for_update=None if action is Action.READ else FOR_CHANGE)
    moved = payments.imported_by_day(session, payer_id, case.id)
    if payer is None or not moved:
        raise NotFound(actor=actor, action=action, resource=Resource.INVOICES, resource_id=payer_id, case_id=case.id)
    session.info["case_id"] = case.id
    loose = billing.loose_cents(session, payer.id, case.id)
    return payer, case, max(min(-sum(cents for _, cents in moved), -loose), 0)


@dataclass(frozen=True, slots=True)
class CreditDetail:
    """Credit that an import brought, before it is given back."""

    payer: str
    case_name: str
    cents: int
    today: date


@reader(Resource.INVOICES)
def credit_detail(session: Session, actor: Actor, payer_id: int, case_id: int) -> CreditDetail:
    """What of a payer's credit from an import can be given back. Raises NotFound."""
    payer, case, left = _imported(session, actor, payer_id, case_id, Action.READ)
    return CreditDetail(payer.name, case.name, left, clock.today(practice.the_practice(session).zone))


def _refund(
    session: Session, actor: Actor, asked: RefundPayment | RefundCredit, payer: Payer, case: Case,
    payment_id: int | None, reference: str,
) -> Refund:
    """A refund under the next number."""
    kind = DocumentKind.REFUND
    number = practice.take_number(session, kind, kind.prefix, asked.refunded_on.year)
    refund = Refund(
        id=ids.new_id(), number=number, payment_id=payment_id, payer_id=payer.id, case_id=case.id, method=asked.method,
        amount_cents=asked.amount_cents, refunded_on=asked.refunded_on, reason=asked.reason, reference=reference,
        recorded_by_id=actor.staff_id,
    )
    session.add(refund)
    session.info["detail"] = f"{number}, {dollars(asked.amount_cents)}: {asked.reason}"
    return refund


def _services(said: list[str]) -> str:
    return said[0] if len(said) == 1 else f"{len(said)} services"


def _sent_back(session: Session, payment: Payment, asked: RefundPayment, currency: str) -> str:
    """Ask the processor that charged a saved method to give the money back there. Returns the refund's reference."""
    charged = payments.charge_of(session, payment.id)
    if charged is None or charged[1].kind is not asked.method:
        return asked.reference
    outcome = processor.connected().refund(Order(
        asked.op, asked.amount_cents, currency, charged[1].token, charged[0].reference,
    ))
    if outcome.state is PaymentState.FAILED:
        raise ChargeDeclined
    return asked.reference or outcome.reference[-60:]


def _enter(
    session: Session, actor: Actor, refund: Refund, taken: list[Held], invoices: dict[int, Invoice]
) -> None:
    """Free what stands on invoices, and let it go out of the payer's credit."""
    out: dict[int, int] = defaultdict(int)
    for one in sorted(taken, key=lambda one: one.invoice_id or 0):
        out[one.case_id] += one.cents
        if one.invoice_id is not None:
            open_row = billing.open_row(session, one.invoice_id)
            move_payment(
                session, actor, invoices[one.invoice_id], refund.payment_id, one.cents, refund.refunded_on, onto=False
            )
            open_row.open_cents += one.cents
    session.add_all(
        LedgerEntry(
            case_id=case_id, payer_id=refund.payer_id, kind=EntryKind.REFUND, amount_cents=cents,
            effective_on=refund.refunded_on, payment_id=refund.payment_id, reason=refund.reason,
            recorded_by_id=actor.staff_id,
        )
        for case_id, cents in out.items()
    )
    session.flush()


def _credit(
    session: Session, actor: Actor, case: Case, asked: RefundPayment, taken: list[Held], invoices: dict[int, Invoice]
) -> None:
    """Take off each invoice what was refunded of it, so that it does not open again."""
    for one in taken:
        if one.invoice_id is None:
            continue
        invoice, open_row = invoices[one.invoice_id], billing.open_row(session, one.invoice_id)
        day = max(asked.refunded_on, invoice.issued_on)
        entry_id = take_off(
            session, actor, invoice, open_row, EntryKind.CREDIT, one.cents, reason=asked.reason, day=day,
            charge_id=only_charge(session, invoice.id),
        )
        if asked.credit_note:
            on = session.get_one(Case, invoice.case_id)
            issue_credit_note(
                session, actor, invoice, on, entry_id, one.cents, f"Invoice {invoice.number}", asked.reason, day
            )


