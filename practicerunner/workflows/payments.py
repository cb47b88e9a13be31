"""Money that comes in: what it pays, what stays as credit, and the receipt."""

from datetime import date

from pydantic import Field
from sqlalchemy.orm import Session

from practicerunner import clock, ids
from practicerunner.errors import BadInput, NotFound, PaymentTooLarge
from practicerunner.money import dollars
from practicerunner.records import accounts, billing, cases, practice
from practicerunner.records.base import add_rows
from practicerunner.records.billing import LedgerEntry, OpenInvoice, Payment
from practicerunner.records.cases import Case
from practicerunner.records.people import Payer
from practicerunner.rules.cards import looks_like_card_number
from practicerunner.rules.ledger import Open, allocate
from practicerunner.vocabulary import Action, DocumentKind, EntryKind, PaymentMethodKind, Resource
from practicerunner.workflows import papers
from practicerunner.workflows.access import Actor, authorize, visible
from practicerunner.workflows.billing import invoice_for
from practicerunner.workflows.commands import Command, Line, command
from practicerunner.workflows.reversals import move_payment


class RecordPayment(Command):
    """Money from a payer. ``invoice_ids``: in this order; ``None``: oldest first; empty: keep it all as credit."""

    payer_id: int
    case_id: int
    method: PaymentMethodKind
    amount_cents: int = Field(gt=0)
    received_on: date
    reference: Line = Field(default="", max_length=60)
    invoice_ids: tuple[int, ...] | None = None
    surplus_as_credit: bool = False


class ApplyCredit(Command):
    """Use a payer's unapplied credit of a case for one of its open invoices."""

    invoice_id: int


@command(Resource.INVOICES, Action.CREATE)
def record_payment(session: Session, actor: Actor, asked: RecordPayment) -> int:
    """Record money, pay invoices with it and issue the receipt. Returns the payment id.

    Raises PaymentTooLarge if it is more than what is owed and a surplus was not asked for, BadInput.
    """
    case = session.get(Case, asked.case_id)
    payer = session.get(Payer, asked.payer_id, with_for_update=True)
    if case is None or payer is None:
        raise NotFound(actor=actor, action="record_payment", resource=Resource.INVOICES, case_id=asked.case_id)
    authorize(
        session, actor, Action.CREATE, Resource.INVOICES, responsible=[case.provider_id],
        supervisor_id=case.supervisor_id, case_id=case.id,
    )
    house = practice.the_practice(session)
    if asked.received_on > clock.today(house.zone):
        raise BadInput("received_on", "A payment cannot be received in the future.")
    if looks_like_card_number(asked.reference):
        raise BadInput("reference", "This looks like a card or account number. Give at most its last four digits.")
    chosen = _chosen(session, actor, asked)
    # What was owed before the case was imported stands on no invoice; it is the oldest debt.
    old_debt = max(billing.loose_cents(session, payer.id, case.id), 0) if asked.invoice_ids is None else 0
    old = min(asked.amount_cents, old_debt)
    given, surplus = allocate(asked.amount_cents - old, [Open(row.invoice_id, row.open_cents) for row, _ in chosen])
    if surplus and not asked.surplus_as_credit:
        owed = old_debt + sum(row.open_cents for row, _ in chosen)
        raise PaymentTooLarge(
            f"{payer.name} owes {dollars(owed)}. The payment of {dollars(asked.amount_cents)} is more than that; "
            "lower it, or keep the surplus as credit."
        )
    payment_id = ids.new_id()
    add_rows(session, Payment, [{
        "id": payment_id, "payer_id": payer.id, "case_id": case.id, "method": asked.method,
        "amount_cents": asked.amount_cents, "received_on": asked.received_on, "reference": asked.reference,
        "recorded_by_id": actor.staff_id,
    }])
    rows = {row.invoice_id: (row, number) for row, number in chosen}
    said = billing.services_on(session, [invoice_id for invoice_id, _ in given])
    entries: list[tuple[int, int, int | None]] = []
    applied = [("Opening balance", "Owed from before", old)] if old else []
    for invoice_id, cents in given:
        row, number = rows[invoice_id]
        row.open_cents -= cents
        entries.append((row.case_id, -cents, invoice_id))
        services = said[invoice_id]
        applied.append((number, services[0] if len(services) == 1 else f"{len(services)} services", cents))
    if old + surplus:
        entries.append((case.id, -old - surplus, None))
    add_rows(session, LedgerEntry, [
        {"case_id": case_id, "payer_id": payer.id, "kind": EntryKind.PAYMENT, "amount_cents": cents,
         "effective_on": asked.received_on, "invoice_id": invoice_id, "payment_id": payment_id,
         "recorded_by_id": actor.staff_id}
        for case_id, cents, invoice_id in entries
    ])
    number = practice.take_number(
        session, DocumentKind.RECEIPT, DocumentKind.RECEIPT.prefix, asked.received_on.year
    )
    content = papers.receipt_content(
        session, house, payer, number=number, received_on=asked.received_on, method=asked.method,
        reference=asked.reference, amount_cents=asked.amount_cents, applied=applied, unapplied_cents=surplus,
    )
    papers.freeze(
        session, DocumentKind.RECEIPT, content, payer_id=payer.id, case_id=case.id, payment_id=payment_id
    )
    session.flush()
    session.info["detail"] = number
    return payment_id


def _chosen(session: Session, actor: Actor, asked: RecordPayment) -> list[tuple[OpenInvoice, str]]:
    """The payer's open invoices that this payment may pay, in the order in which it pays them."""
    sees = cases.seen(visible(actor, Action.CREATE, Resource.INVOICES))
    waiting = accounts.open_of_payer(session, asked.payer_id, sees)
    if asked.invoice_ids is None:
        return waiting
    by_id = {row.invoice_id: (row, number) for row, number in waiting}
    missing = [invoice_id for invoice_id in asked.invoice_ids if invoice_id not in by_id]
    if missing:
        raise BadInput("invoice_ids", "One of the invoices is paid or void by now. Choose again.")
    return [by_id[invoice_id] for invoice_id in dict.fromkeys(asked.invoice_ids)]


@command(Resource.INVOICES, Action.CREATE)
def apply_credit(session: Session, actor: Actor, asked: ApplyCredit) -> int:
    """Pay an invoice from the payer's credit on the same case, oldest payment first. Returns the invoice id."""
    invoice, case = invoice_for(session, actor, asked.invoice_id, Action.CREATE)
    session.get(Payer, invoice.payer_id, with_for_update=True)
    open_row = billing.open_row(session, invoice.id)
    today = clock.today(practice.the_practice(session).zone)
    free = max(-billing.loose_cents(session, invoice.payer_id, case.id), 0)
    for payment_id, credit in billing.credit_by_payment(session, invoice.payer_id, case.id):
        cents = min(credit, open_row.open_cents, free)
        if cents:
            move_payment(session, actor, invoice, payment_id, cents, today, onto=True)
            open_row.open_cents -= cents
            free -= cents
    return invoice.id
