"""Taking back what was issued: voiding an invoice, and issuing it anew with its payments. Nothing is edited."""

from collections import defaultdict
from datetime import date

from sqlalchemy.orm import Session

from practicerunner import clock, ids
from practicerunner.errors import RuleViolation
from practicerunner.records import advance, billing, gathering, payments, practice
from practicerunner.records.accounts import ADJUSTMENTS
from practicerunner.records.base import FOR_CHANGE
from practicerunner.records.billing import Invoice, InvoiceVoid, LedgerEntry, OpenInvoice
from practicerunner.records.cases import Case
from practicerunner.records.payments import CreditNote
from practicerunner.records.people import Payer
from practicerunner.vocabulary import Action, DocumentKind, EntryKind, Resource
from practicerunner.workflows import papers
from practicerunner.workflows.access import Actor
from practicerunner.workflows.billing import invoice_for
from practicerunner.workflows.commands import Command, RequiredLine, command
from practicerunner.workflows.invoicing import issue, name_on_paper, part_of


class InvoiceIsVoid(RuleViolation):
    """This invoice is void already."""


class InvoiceIsPaid(RuleViolation):
    """Payments stand on this invoice. Void and reissue it, or give the money back first."""


class VoidInvoice(Command):
    """Make an invoice void; its number and amount stay visible."""

    invoice_id: int
    reason: RequiredLine


class ReissueInvoice(Command):
    """Void an invoice and issue it anew under the next number; its payments and credits move along (H08)."""

    invoice_id: int
    reason: RequiredLine


@command(Resource.INVOICES, Action.VOID)
def void_invoice(session: Session, actor: Actor, asked: VoidInvoice) -> int:
    """Void an invoice by mirror entries; refused while payments stand on it (D5).

    Raises InvoiceIsVoid, InvoiceIsPaid.
    """
    invoice, _ = invoice_for(session, actor, asked.invoice_id, Action.VOID)
    session.get(Payer, invoice.payer_id, with_for_update=FOR_CHANGE)
    open_row = billing.open_row(session, invoice.id)
    if any(entry.kind is EntryKind.PAYMENT for entry in _standing_entries(session, invoice.id)):
        raise InvoiceIsPaid
    _void(session, actor, invoice, open_row, asked.reason)
    _withdraw(session, invoice.id)
    session.info["detail"] = invoice.number
    return invoice.id


@command(Resource.INVOICES, Action.VOID)
def reissue_invoice(session: Session, actor: Actor, asked: ReissueInvoice) -> int:
    """Void an invoice and issue the same shares anew, with names and addresses of today. Returns the new invoice's id.

    Payments go to the payer's credit and from there onto the new invoice, all in one step (H08); what was waived
    stays waived, and a credit note on the old invoice is void and issued anew on the new one. Raises InvoiceIsVoid.
    """
    invoice, case = invoice_for(session, actor, asked.invoice_id, Action.VOID)
    session.get(Payer, invoice.payer_id, with_for_update=FOR_CHANGE)
    open_row = billing.open_row(session, invoice.id)
    house = practice.the_practice(session)
    today = max(clock.today(house.zone), invoice.issued_on)  # one that is dated ahead stays so
    paid: dict[int | None, int] = defaultdict(int)
    for entry in _standing_entries(session, invoice.id):
        if entry.kind is EntryKind.PAYMENT:
            paid[entry.payment_id] -= entry.amount_cents
    for payment_id, cents in paid.items():
        move_payment(session, actor, invoice, payment_id, cents, today, onto=False)
    waived = [e for e in billing.standing(billing.entries_of_invoice(session, invoice.id)) if e.kind in ADJUSTMENTS]
    _void(session, actor, invoice, open_row, asked.reason)
    shares = billing.shares_on(session, invoice.id)
    charges = {charge.id: charge for charge in billing.charges(session, [share.charge_id for share in shares])}
    due = [part_of(charges[share.charge_id], share) for share in shares]
    anew = session.get_one(
        Invoice, issue(session, actor, house, case, invoice.payer_id, due, today, replaces=invoice)
    )
    fresh = billing.open_row(session, anew.id)
    notes = payments.credit_notes_by_entry(session, [entry.id for entry in waived])
    for entry in waived:  # with its reason and author: nobody has decided it anew
        carried = LedgerEntry(
            id=ids.new_id(), case_id=entry.case_id, payer_id=entry.payer_id, kind=entry.kind,
            amount_cents=entry.amount_cents, effective_on=today, invoice_id=anew.id, charge_id=entry.charge_id,
            reason=entry.reason, recorded_by_id=entry.recorded_by_id,
        )
        session.add(carried)
        fresh.open_cents += entry.amount_cents
        session.flush()
        if entry.id in notes:
            said = payments.document_numbered(session, notes[entry.id].number)
            content = said.content if said else {}
            about = str(content.get("description", "")).replace(f"Invoice {invoice.number}", f"Invoice {anew.number}")
            issue_credit_note(session, actor, anew, case, carried.id, -entry.amount_cents, about,
                              str(content.get("reason", entry.reason)), today)
    for payment_id, cents in paid.items():
        move_payment(session, actor, anew, payment_id, cents, today, onto=True)
        fresh.open_cents -= cents
    session.info["detail"] = f"{invoice.number} replaced by {anew.number}"
    return anew.id


def issue_credit_note(
    session: Session, actor: Actor, invoice: Invoice, case: Case, entry_id: int, cents: int, description: str,
    reason: str, day: date,
) -> str:
    """Freeze the credit note of a credit adjustment under the next number. Returns the number."""
    number = practice.take_number(session, DocumentKind.CREDIT_NOTE, DocumentKind.CREDIT_NOTE.prefix, day.year)
    note = CreditNote(
        id=ids.new_id(), number=number, invoice_id=invoice.id, entry_id=entry_id, payer_id=invoice.payer_id,
        case_id=invoice.case_id, issued_on=day, amount_cents=cents, issued_by_id=actor.staff_id,
    )
    session.add(note)
    session.flush()
    content = papers.credit_note_content(
        session, practice.the_practice(session), session.get_one(Payer, invoice.payer_id), note, invoice,
        for_name=name_on_paper(
            case, confidential=any(line.confidential for line in billing.lines_of(session, invoice.id))),
        description=description, reason=reason,
    )
    papers.freeze(session, DocumentKind.CREDIT_NOTE, content, payer_id=invoice.payer_id, case_id=invoice.case_id)
    return number


def move_payment(
    session: Session, actor: Actor, invoice: Invoice, payment_id: int | None, cents: int, day: date, *, onto: bool
) -> None:
    """Move money of a payment between the payer's credit and an invoice: a pair of entries that sums to zero.

    It leaves an invoice no earlier than it came there: on no day more was open than was invoiced by then.
    """
    sign = -1 if onto else 1
    if onto:
        day = max(day, invoice.issued_on)
    else:
        day = max([day, *(e.effective_on for e in billing.entries_of_invoice(session, invoice.id)
                          if e.kind is EntryKind.PAYMENT and e.payment_id == payment_id)])
    session.add_all([
        LedgerEntry(case_id=invoice.case_id, payer_id=invoice.payer_id, kind=EntryKind.PAYMENT,
                    amount_cents=sign * cents, effective_on=day, invoice_id=invoice.id, payment_id=payment_id,
                    recorded_by_id=actor.staff_id),
        LedgerEntry(case_id=invoice.case_id, payer_id=invoice.payer_id, kind=EntryKind.PAYMENT,
                    amount_cents=-sign * cents, effective_on=day, payment_id=payment_id,
                    recorded_by_id=actor.staff_id),
    ])


def free_payments(
    session: Session, actor: Actor, invoice: Invoice, open_row: OpenInvoice, cents: int, day: date
) -> None:
    """Move so much of what was paid on an invoice to the payer's credit, the newest payment first."""
    for payment_id, paid in reversed(billing.paid_on(session, invoice.id)):
        part = min(paid, cents)
        if part > 0:
            move_payment(session, actor, invoice, payment_id, part, day, onto=False)
            open_row.open_cents += part
            cents -= part
    session.flush()


def _standing_entries(session: Session, invoice_id: int) -> list[LedgerEntry]:
    """Entries of an invoice whose sum per payment is not zero, and everything that is no payment."""
    entries = billing.entries_of_invoice(session, invoice_id)
    per_payment: dict[int | None, int] = defaultdict(int)
    for entry in entries:
        if entry.kind is EntryKind.PAYMENT:
            per_payment[entry.payment_id] += entry.amount_cents
    return [e for e in entries if e.kind is not EntryKind.PAYMENT or per_payment[e.payment_id]]


def _void(session: Session, actor: Actor, invoice: Invoice, open_row: OpenInvoice, reason: str) -> None:
    if billing.void_of(session, invoice.id) is not None:
        raise InvoiceIsVoid
    today = clock.today(practice.the_practice(session).zone)
    for entry in billing.standing(billing.entries_of_invoice(session, invoice.id)):
        if entry.kind is not EntryKind.PAYMENT:
            session.add(LedgerEntry(
                case_id=entry.case_id, payer_id=entry.payer_id, kind=entry.kind, amount_cents=-entry.amount_cents,
                effective_on=max(today, entry.effective_on), invoice_id=invoice.id, charge_id=entry.charge_id,
                reverses_id=entry.id, reason=reason, recorded_by_id=actor.staff_id,
            ))
    session.add(InvoiceVoid(invoice_id=invoice.id, reason=reason, voided_by_id=actor.staff_id, voided_on=today))
    open_row.open_cents = 0
    session.flush()


def _withdraw(session: Session, invoice_id: int) -> None:
    """Free the shares of a voided invoice; a charge that no invoice carries any more is withdrawn.

    What was charged in advance is settled anew, with whatever else was charged for the same session.
    """
    shares = billing.shares_on(session, invoice_id)
    for share in shares:
        share.invoice_id, share.returned_cents = None, 0
    session.flush()
    charge_ids = [share.charge_id for share in shares]
    gathering.lock_charges(session, charge_ids)
    still_carried = {s.charge_id for s in billing.shares_of(session, charge_ids) if s.invoice_id is not None}
    ahead: set[tuple[int, int | None]] = set()
    for charge in billing.charges(session, charge_ids):
        charge.settled_at = None
        if charge.id not in still_carried:
            charge.withdrawn_at = clock.now()
        if charge.in_advance and charge.appointment_id is not None:
            ahead.add((charge.appointment_id, charge.person_id))
    session.flush()
    for appointment_id, person_id in sorted(ahead, key=lambda one: (one[0], one[1] or 0)):
        for other in advance.charges_of(session, appointment_id):
            if other.person_id == person_id:
                other.settled_at = None
