"""Money that comes in: what it pays, what stays as credit, and the receipt."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from pydantic import BaseModel, ConfigDict, Field
from sqlalchemy.orm import Session

from practicerunner import clock, ids
from practicerunner.errors import BadInput, NotFound, PaymentTooLarge
from practicerunner.money import dollars
from practicerunner.records import accounts, billing, cases, payments, practice
from practicerunner.records.base import FOR_CHANGE, add_rows
from practicerunner.records.billing import Invoice, LedgerEntry, OpenInvoice, Payment
from practicerunner.records.cases import Case, PaymentMethod
from practicerunner.records.payments import PaymentEvent, ProcessorCharge
from practicerunner.records.people import Payer
from practicerunner.records.practice import Practice
from practicerunner.rules.cards import looks_like_card_number
from practicerunner.rules.ledger import Open, allocate
from practicerunner.rules.payments import LARGEST_CENTS, Debt, debts, pays
from practicerunner.vocabulary import (
    Action,
    DocumentKind,
    EntryKind,
    MessageKind,
    PaymentMethodKind,
    PaymentState,
    Resource,
)
from practicerunner.workflows import billing_notices, papers, processor
from practicerunner.workflows.access import Actor, authorize, visible
from practicerunner.workflows.billing import invoice_for
from practicerunner.workflows.commands import Command, Line, command
from practicerunner.workflows.processor import ChargeDeclined, Order
from practicerunner.workflows.reversals import move_payment


class Part(BaseModel):
    """What one invoice gets of a payment."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    invoice_id: int
    amount_cents: int = Field(gt=0)


class RecordPayment(Command):
    """Money from a payer, received or still on its way (``pending``).

    What it pays: ``parts`` to the cent; or ``invoice_ids`` in this order; ``None``: oldest first; empty: no invoice.
    What is left pays what is owed on no invoice, before it is credit; where nothing was chosen, that is paid first.
    """

    payer_id: int
    case_id: int
    method: PaymentMethodKind
    amount_cents: int = Field(gt=0)
    received_on: date
    reference: Line = Field(default="", max_length=60)
    invoice_ids: tuple[int, ...] | None = None
    parts: tuple[Part, ...] | None = None
    surplus_as_credit: bool = False
    pending: bool = False
    payment_method_id: int | None = None
    """A saved card or account that is charged for it."""


class ApplyCredit(Command):
    """Use a payer's unapplied credit of a case for one of its open invoices."""

    invoice_id: int


class UseCredit(Command):
    """Use a payer's unapplied credit of a case for its open invoices, oldest first."""

    payer_id: int
    case_id: int


@dataclass(frozen=True, slots=True)
class Plan:
    """What a payment pays: debts on no invoice, invoices with what each one gets, and what is left as credit."""

    old: tuple[tuple[Debt, int], ...]
    given: tuple[tuple[OpenInvoice, str, int], ...]
    surplus_cents: int


@command(Resource.INVOICES, Action.CREATE)
def record_payment(session: Session, actor: Actor, asked: RecordPayment) -> int:
    """Record money, pay invoices with it and issue the receipt; what is pending waits for both. Returns the payment id.

    Raises PaymentTooLarge if it is more than what is owed and a surplus was not asked for, ChargeDeclined, BadInput.
    """
    case = session.get(Case, asked.case_id)
    payer = session.get(Payer, asked.payer_id, with_for_update=FOR_CHANGE)
    if case is None or payer is None:
        raise NotFound(actor=actor, action="record_payment", resource=Resource.INVOICES, case_id=asked.case_id)
    authorize(
        session, actor, Action.CREATE, Resource.INVOICES, responsible=[case.provider_id],
        supervisor_id=case.supervisor_id, case_id=case.id,
    )
    house = practice.the_practice(session)
    _plausible(asked, clock.today(house.zone))
    saved = _saved(session, payer, asked, f"{clock.today(house.zone):%Y-%m}")
    planned = plan(session, actor, payer, case, asked.amount_cents, asked.invoice_ids, asked.parts)
    if planned.surplus_cents and not asked.surplus_as_credit and asked.parts is not None:
        raise PaymentTooLarge(
            f"{dollars(planned.surplus_cents)} of the payment is left over; choose what it pays, or keep it as credit."
        )
    if planned.surplus_cents and not asked.surplus_as_credit:
        raise PaymentTooLarge(
            f"{payer.name} owes {dollars(asked.amount_cents - planned.surplus_cents)}. The payment of "
            f"{dollars(asked.amount_cents)} is more than that; lower it, or keep the surplus as credit."
        )
    reference, state = asked.reference, PaymentState.PENDING if asked.pending else PaymentState.SETTLED
    if saved is not None:
        outcome = processor.connected().charge(Order(
            asked.op, asked.amount_cents, house.currency, saved.token, asked.reference, asked.pending,
        ))
        if outcome.state is PaymentState.FAILED:
            raise ChargeDeclined
        reference, state = asked.reference or outcome.reference[-60:], outcome.state
    payment_id = ids.new_id()
    facts = {
        "id": payment_id, "payer_id": payer.id, "case_id": case.id, "method": asked.method,
        "amount_cents": asked.amount_cents, "received_on": asked.received_on, "reference": reference,
        "recorded_by_id": actor.staff_id,
    }
    add_rows(session, Payment, [facts])
    if saved is not None:
        session.add(ProcessorCharge(
            payment_id=payment_id, payment_method_id=saved.id, processor=processor.connected().name,
            reference=outcome.reference[:120], operation=asked.op,
        ))
    if state is PaymentState.PENDING:
        session.add(PaymentEvent(
            payment_id=payment_id, status=state, effective_on=asked.received_on, recorded_by_id=actor.staff_id,
        ))
        session.info["detail"] = f"pending {dollars(asked.amount_cents)}"
        session.flush()
        return payment_id
    session.info["detail"] = settle(session, actor, house, Payment(**facts), payer, planned, asked.received_on)
    return payment_id


def _plausible(asked: RecordPayment, today: date) -> None:
    """Raises BadInput."""
    if asked.received_on > today:
        raise BadInput("received_on", "A payment cannot be received in the future.")
    if asked.amount_cents > LARGEST_CENTS:
        raise BadInput("amount_cents", f"Please check the amount; at most {dollars(LARGEST_CENTS)} can be recorded.")
    if looks_like_card_number(asked.reference):
        raise BadInput("reference", "This looks like a card or account number. Give at most its last four digits.")
    if asked.pending and (asked.parts is not None or asked.invoice_ids is not None):
        raise BadInput("parts", "What a pending payment pays is chosen when it settles.")
    if asked.parts is not None and asked.invoice_ids is not None:
        raise BadInput("parts", "Choose the invoices once.")


def _saved(session: Session, payer: Payer, asked: RecordPayment, month: str) -> PaymentMethod | None:
    """The payer's saved card or account that is charged. Raises BadInput."""
    if asked.payment_method_id is None:
        return None
    method = session.get(PaymentMethod, asked.payment_method_id)
    if method is None or method.payer_id != payer.id or method.removed:
        raise BadInput("payment_method_id", "This payer has no such card or account saved any more. Choose again.")
    if method.kind is not asked.method:
        raise BadInput("method", f"The saved method is: {method.kind.label.lower()}.")
    if method.expires and method.expires < month:
        raise BadInput("payment_method_id", "This card has expired.")
    return method


def plan(
    session: Session, actor: Actor, payer: Payer, case: Case, amount_cents: int,
    invoice_ids: Sequence[int] | None = None, parts: Sequence[Part] | None = None,
) -> Plan:
    """What a payer's money pays, with the invoices locked. Raises BadInput."""
    sees = cases.seen(visible(actor, Action.CREATE, Resource.INVOICES))
    waiting = accounts.open_of_payer(session, payer.id, sees)
    by_id = {row.invoice_id: (row, number) for row, number in waiting}
    ordered = [part.invoice_id for part in parts] if parts is not None else invoice_ids
    chosen = waiting if ordered is None else [by_id[one] for one in dict.fromkeys(ordered) if one in by_id]
    if ordered is not None and len(chosen) != len(ordered if parts is not None else set(ordered)):
        raise BadInput(
            "parts" if parts is not None else "invoice_ids", "One of the invoices is paid or void by now. Choose again."
        )
    # What was owed before an import, or refunded of a payment that failed, stands on no invoice.
    owed = debts(payments.loose(session, [payer.id], sees))[payer.id]
    if parts is not None:
        left = amount_cents - sum(part.amount_cents for part in parts)
        if left < 0:
            raise BadInput("parts", f"The parts are {dollars(-left)} more than the payment.")
        for part in parts:
            row, number = by_id[part.invoice_id]
            if part.amount_cents > row.open_cents:
                raise BadInput("parts", f"Only {dollars(row.open_cents)} is open on {number}.")
        old, left = pays(owed, left, case.id)
        return Plan(tuple(old), tuple((*by_id[p.invoice_id], p.amount_cents) for p in parts), left)
    waits = [Open(row.invoice_id, row.open_cents) for row, _ in chosen]
    if invoice_ids is None:
        old, left = pays(owed, amount_cents, case.id)
        given, surplus = allocate(left, waits)
    else:
        given, left = allocate(amount_cents, waits)
        old, surplus = pays(owed, left, case.id)
    return Plan(tuple(old), tuple((*by_id[invoice_id], cents) for invoice_id, cents in given), surplus)


def settle(
    session: Session, actor: Actor, house: Practice, payment: Payment, payer: Payer, planned: Plan, day: date
) -> str:
    """Pay what was planned, in the ledger, and issue the receipt of that day. Returns the receipt's number."""
    said = billing.services_on(session, [row.invoice_id for row, _, _ in planned.given])
    applied = [(*debt.called, cents) for debt, cents in planned.old]
    loose: dict[int, int] = defaultdict(int, {payment.case_id: planned.surplus_cents})
    for debt, cents in planned.old:
        loose[debt.case_id] += cents
    entries: list[tuple[int, int, int | None]] = []
    for row, number, cents in planned.given:
        row.open_cents -= cents
        entries.append((row.case_id, -cents, row.invoice_id))
        services = said[row.invoice_id]
        applied.append((number, services[0] if len(services) == 1 else f"{len(services)} services", cents))
    entries += [(case_id, -cents, None) for case_id, cents in loose.items() if cents]
    add_rows(session, LedgerEntry, [
        {"case_id": case_id, "payer_id": payer.id, "kind": EntryKind.PAYMENT, "amount_cents": cents,
         "effective_on": day, "invoice_id": invoice_id, "payment_id": payment.id, "recorded_by_id": actor.staff_id}
        for case_id, cents, invoice_id in entries
    ])
    number = practice.take_number(session, DocumentKind.RECEIPT, DocumentKind.RECEIPT.prefix, day.year)
    content = papers.receipt_content(
        session, house, payer, number=number, received_on=day, method=payment.method, reference=payment.reference,
        amount_cents=payment.amount_cents, applied=applied, unapplied_cents=planned.surplus_cents,
    )
    papers.freeze(
        session, DocumentKind.RECEIPT, content, payer_id=payer.id, case_id=payment.case_id, payment_id=payment.id
    )
    billing_notices.tell_by_itself(
        session, house, MessageKind.PAYMENT_RECEIVED, payer.id, payment.case_id, payment.id)
    session.flush()
    return number


@command(Resource.INVOICES, Action.CREATE)
def apply_credit(session: Session, actor: Actor, asked: ApplyCredit) -> int:
    """Pay an invoice from the payer's credit on the same case, oldest payment first. Returns the invoice id."""
    invoice, _ = invoice_for(session, actor, asked.invoice_id, Action.CREATE)
    session.get(Payer, invoice.payer_id, with_for_update=FOR_CHANGE)
    _spend(session, actor, invoice, billing.open_row(session, invoice.id))
    return invoice.id


@command(Resource.INVOICES, Action.CREATE)
def use_credit(session: Session, actor: Actor, asked: UseCredit) -> list[int]:
    """Pay a payer's open invoices of a case from their credit there, oldest first. Returns the invoices' ids."""
    case = session.get(Case, asked.case_id)
    payer = session.get(Payer, asked.payer_id, with_for_update=FOR_CHANGE)
    if case is None or payer is None:
        raise NotFound(actor=actor, action="use_credit", resource=Resource.INVOICES, case_id=asked.case_id)
    authorize(
        session, actor, Action.CREATE, Resource.INVOICES, responsible=[case.provider_id],
        supervisor_id=case.supervisor_id, case_id=case.id,
    )
    sees = cases.seen(visible(actor, Action.CREATE, Resource.INVOICES))
    paid = []
    for row, _ in accounts.open_of_payer(session, payer.id, sees):
        if row.case_id == case.id and _spend(session, actor, session.get_one(Invoice, row.invoice_id), row):
            paid.append(row.invoice_id)
    return paid


def _spend(session: Session, actor: Actor, invoice: Invoice, open_row: OpenInvoice) -> int:
    """Move credit of the invoice's payer and case onto it, as far as it goes. Returns how much."""
    session.flush()
    today = clock.today(practice.the_practice(session).zone)
    free = max(-billing.loose_cents(session, invoice.payer_id, invoice.case_id), 0)
    spent = 0
    for payment_id, credit in billing.credit_by_payment(session, invoice.payer_id, invoice.case_id):
        cents = min(credit, open_row.open_cents, free - spent)
        if cents > 0:
            move_payment(session, actor, invoice, payment_id, cents, today, onto=True)
            open_row.open_cents -= cents
            spent += cents
    session.flush()
    return spent
