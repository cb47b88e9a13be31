"""What is taken off: credit adjustments with their credit note, write-offs, and taking either back (H12)."""

from datetime import date

from pydantic import Field
from sqlalchemy.orm import Session

from practicerunner import clock, ids
from practicerunner.errors import BadInput, NotFound, RuleViolation
from practicerunner.money import dollars
from practicerunner.records import billing, payments, practice
from practicerunner.records.accounts import ADJUSTMENTS
from practicerunner.records.base import FOR_CHANGE, add_rows
from practicerunner.records.billing import Charge, ChargeShare, Invoice, LedgerEntry, OpenInvoice
from practicerunner.records.cases import Case
from practicerunner.records.packages import Package
from practicerunner.records.people import Payer
from practicerunner.rules.ledger import left_to_credit
from practicerunner.vocabulary import Action, EntryKind, Resource
from practicerunner.workflows.access import Actor
from practicerunner.workflows.billing import invoice_for
from practicerunner.workflows.cases import case_for
from practicerunner.workflows.commands import Command, command
from practicerunner.workflows.payment_methods import NumberFree
from practicerunner.workflows.reversals import InvoiceIsVoid, free_payments, issue_credit_note

LESS_IS_DUE = "Less is due than was invoiced"
"""The reason on the credit note of a line that says no more than a month."""


SETTLED = "Invoiced in advance; "
"""How the reason of a credit begins that settling an appointment wrote."""


class AlreadyTakenBack(RuleViolation):
    """This was taken back already."""


class CreditedBySettling(RuleViolation):
    """Settling the appointment credited this. Correct the attendance and settle it again; that charges what is due."""


class SessionsAreGone(RuleViolation):
    """Its package is cancelled: nobody can use this session any more, so it is not charged again."""


class NothingIsOpen(RuleViolation):
    """Nothing is open on this invoice that could be written off."""


class NothingIsOwed(RuleViolation):
    """Nothing is owed here on no invoice that could be written off."""


class CreditInvoice(Command):
    """Take something off an invoice, or off one of its lines (``charge_id``). What was paid too much becomes credit."""

    invoice_id: int
    amount_cents: int = Field(gt=0)
    reason: NumberFree
    charge_id: int | None = None
    credit_note: bool = False


class WriteOff(Command):
    """Give up what is open on an invoice, or a part of it."""

    invoice_id: int
    amount_cents: int | None = Field(default=None, gt=0)
    reason: NumberFree


class WriteOffDebt(Command):
    """Give up what a payer owes on a case and on no invoice, or a part of it."""

    payer_id: int
    case_id: int
    amount_cents: int | None = Field(default=None, gt=0)
    reason: NumberFree


class TakeBack(Command):
    """Take a credit adjustment or a write-off back by a mirror entry."""

    entry_id: int
    reason: NumberFree


def _locked(session: Session, actor: Actor, invoice_id: int) -> tuple[Invoice, Case, OpenInvoice]:
    """An invoice that is to be adjusted, with its payer and its open amount locked. Raises InvoiceIsVoid, NotFound."""
    invoice, case = invoice_for(session, actor, invoice_id, Action.VOID)
    session.get(Payer, invoice.payer_id, with_for_update=FOR_CHANGE)
    open_row = billing.open_row(session, invoice.id)
    if billing.void_of(session, invoice.id) is not None:
        raise InvoiceIsVoid
    return invoice, case, open_row


def only_charge(session: Session, invoice_id: int) -> int | None:
    """The charge of an invoice's one line, which a credit of the whole is for; ``None`` where it has several."""
    lines = billing.lines_of(session, invoice_id)
    return lines[0].charge_id if len(lines) == 1 else None


def take_off(
    session: Session, actor: Actor, invoice: Invoice, open_row: OpenInvoice, kind: EntryKind, cents: int, *,
    reason: str, day: date, charge_id: int | None = None,
) -> int:
    """Write one adjustment of what is open on an invoice. Returns the entry's id."""
    entry_id = ids.new_id()
    add_rows(session, LedgerEntry, [{
        "id": entry_id, "case_id": invoice.case_id, "payer_id": invoice.payer_id, "kind": kind, "amount_cents": -cents,
        "effective_on": day, "invoice_id": invoice.id, "charge_id": charge_id, "reason": reason,
        "recorded_by_id": actor.staff_id,
    }])
    open_row.open_cents -= cents
    session.flush()
    return entry_id


@command(Resource.INVOICES, Action.VOID)
def credit_invoice(session: Session, actor: Actor, asked: CreditInvoice) -> int:
    """Credit an invoice or one of its lines, at most what is left of it. Returns the ledger entry's id.

    What was paid beyond that goes to the payer's credit, the newest payment first. Raises InvoiceIsVoid, BadInput.
    """
    invoice, case, open_row = _locked(session, actor, asked.invoice_id)
    left = open_row.open_cents + sum(cents for _, cents in billing.paid_on(session, invoice.id))
    description = f"Invoice {invoice.number}"
    if asked.charge_id is not None:
        line = next((one for one in billing.lines_of(session, invoice.id) if one.charge_id == asked.charge_id), None)
        if line is None:
            raise BadInput("charge_id", "This line is not on the invoice.")
        description = line.description
        credited = sum(entry.amount_cents for entry in billing.credited(session, invoice.id, asked.charge_id))
        left = min(left, line.amount_cents + credited)
    if asked.amount_cents > left:
        gone = -sum(entry.amount_cents for entry in billing.entries_of_invoice(session, invoice.id)
                    if entry.kind is EntryKind.WRITE_OFF)
        raise BadInput("amount_cents", left_to_credit(left, gone))
    day = max(clock.today(practice.the_practice(session).zone), invoice.issued_on)
    free_payments(session, actor, invoice, open_row, asked.amount_cents - open_row.open_cents, day)
    entry_id = take_off(
        session, actor, invoice, open_row, EntryKind.CREDIT, asked.amount_cents, reason=asked.reason, day=day,
        charge_id=asked.charge_id or only_charge(session, invoice.id),
    )
    note = issue_credit_note(
        session, actor, invoice, case, entry_id, asked.amount_cents, description, asked.reason, day
    ) if asked.credit_note else ""
    by = f" by {note}" if note else ""
    session.info["detail"] = f"{dollars(asked.amount_cents)} off {invoice.number}{by}: {asked.reason}"
    return entry_id


def give_back(
    session: Session, actor: Actor, share: ChargeShare, cents: int, *, description: str, reason: str,
    credit_note: bool = True,
) -> int:
    """Credit a payer's part of a charge that an invoice carries, at most what is left of it; callers have authorised.

    What was paid of it becomes the payer's credit. Returns how much was credited.
    """
    invoice = session.get_one(Invoice, share.invoice_id)
    session.get(Payer, invoice.payer_id, with_for_update=FOR_CHANGE)
    open_row = billing.open_row(session, invoice.id)
    left = open_row.open_cents + sum(paid for _, paid in billing.paid_on(session, invoice.id))
    credited = sum(entry.amount_cents for entry in billing.credited(session, invoice.id, share.charge_id))
    cents = min(cents, left, share.amount_cents + credited)
    if cents <= 0:
        return 0
    day = max(clock.today(practice.the_practice(session).zone), invoice.issued_on)
    free_payments(session, actor, invoice, open_row, cents - open_row.open_cents, day)
    entry_id = take_off(
        session, actor, invoice, open_row, EntryKind.CREDIT, cents, reason=reason, day=day, charge_id=share.charge_id)
    if credit_note:
        case = session.get_one(Case, invoice.case_id)
        line = next(one for one in billing.lines_of(session, invoice.id) if one.charge_id == share.charge_id)
        if line.confidential:  # neither the service nor the day may stand on it
            description, reason = line.description, LESS_IS_DUE
        issue_credit_note(session, actor, invoice, case, entry_id, cents, description, reason, day)
    return cents


@command(Resource.INVOICES, Action.VOID)
def write_off(session: Session, actor: Actor, asked: WriteOff) -> int:
    """Write off what is open on an invoice, or a part of it. Returns the ledger entry's id.

    Raises NothingIsOpen, InvoiceIsVoid, BadInput.
    """
    invoice, _, open_row = _locked(session, actor, asked.invoice_id)
    if not open_row.open_cents:
        raise NothingIsOpen
    cents = open_row.open_cents if asked.amount_cents is None else asked.amount_cents
    if cents > open_row.open_cents:
        raise BadInput("amount_cents", f"Only {dollars(open_row.open_cents)} is open.")
    day = max(clock.today(practice.the_practice(session).zone), invoice.issued_on)
    session.info["detail"] = f"{dollars(cents)} of {invoice.number}: {asked.reason}"
    return take_off(session, actor, invoice, open_row, EntryKind.WRITE_OFF, cents, reason=asked.reason, day=day)


@command(Resource.INVOICES, Action.VOID)
def write_off_debt(session: Session, actor: Actor, asked: WriteOffDebt) -> int:
    """Write off what a payer owes on no invoice: an import's debt, or a refund of a payment that failed afterwards.

    It takes from such debts in the order in which a payment pays them (decision 0045). Returns the ledger entry's id.
    Raises NothingIsOwed, BadInput, NotFound.
    """
    payer, case = _account(session, actor, asked.payer_id, asked.case_id)
    owed = billing.loose_cents(session, payer.id, case.id)
    if owed <= 0:
        raise NothingIsOwed
    cents = owed if asked.amount_cents is None else asked.amount_cents
    if cents > owed:
        raise BadInput("amount_cents", f"Only {dollars(owed)} is owed.")
    entry_id = ids.new_id()
    add_rows(session, LedgerEntry, [{
        "id": entry_id, "case_id": case.id, "payer_id": payer.id, "kind": EntryKind.WRITE_OFF, "amount_cents": -cents,
        "effective_on": max(clock.today(practice.the_practice(session).zone),
                            billing.loose_until(session, payer.id, case.id)),
        "reason": asked.reason, "recorded_by_id": actor.staff_id,
    }])
    session.flush()
    session.info["detail"] = f"{dollars(cents)} on no invoice: {asked.reason}"
    return entry_id


def _account(session: Session, actor: Actor, payer_id: int, case_id: int) -> tuple[Payer, Case]:
    """The door to what stands on no invoice of a payer's account on a case, locked. Raises NotFound, NotPermitted."""
    case = case_for(session, actor, case_id, Action.VOID, resource=Resource.INVOICES)
    payer = session.get(Payer, payer_id, with_for_update=FOR_CHANGE)
    if payer is None:
        raise NotFound(
            actor=actor, action=Action.VOID, resource=Resource.INVOICES, resource_id=payer_id, case_id=case_id)
    session.info["case_id"] = case.id
    return payer, case


@command(Resource.INVOICES, Action.VOID)
def take_back(session: Session, actor: Actor, asked: TakeBack) -> int:
    """Take an adjustment back: so much is open again, on the invoice or on none. Returns the mirror's id.

    Its credit note is void. What was settled after it was invoiced in advance waits to be settled again: the
    adjustment had counted there.

    Raises AlreadyTakenBack, CreditedBySettling, SessionsAreGone, InvoiceIsVoid, NotFound.
    """
    entry = session.get(LedgerEntry, asked.entry_id)
    if entry is None or entry.kind not in ADJUSTMENTS or entry.reverses_id is not None:
        raise NotFound(actor=actor, action=Action.VOID, resource=Resource.INVOICES, resource_id=asked.entry_id)
    if entry.invoice_id is None:
        _account(session, actor, entry.payer_id, entry.case_id)
        if payments.reversal_of(session, entry.id) is not None:
            raise AlreadyTakenBack
        return _mirror(session, actor, entry, asked.reason, "no invoice")
    invoice, _, open_row = _locked(session, actor, entry.invoice_id)
    if payments.reversal_of(session, entry.id) is not None:
        raise AlreadyTakenBack
    of_whole = [share.charge_id for share in billing.shares_on(session, invoice.id)]
    for charge in billing.charges(session, of_whole if entry.charge_id is None else [entry.charge_id]):
        _check_stays_due(session, entry, charge)
    mirror_id = _mirror(session, actor, entry, asked.reason, invoice.number)
    open_row.open_cents -= entry.amount_cents
    for charge in billing.charges(session, of_whole):
        if charge.in_advance and entry.charge_id in (None, charge.id):
            charge.settled_at = None
    session.flush()
    return mirror_id


def _mirror(session: Session, actor: Actor, entry: LedgerEntry, reason: str, where: str) -> int:
    """Write the entry that takes another one back. Returns its id."""
    mirror = LedgerEntry(
        id=ids.new_id(), case_id=entry.case_id, payer_id=entry.payer_id, kind=entry.kind,
        amount_cents=-entry.amount_cents, effective_on=max(
            clock.today(practice.the_practice(session).zone), entry.effective_on
        ), invoice_id=entry.invoice_id, charge_id=entry.charge_id, reverses_id=entry.id, reason=reason,
        recorded_by_id=actor.staff_id,
    )
    session.add(mirror)
    session.flush()
    session.info["detail"] = f"{entry.kind.label.lower()} {dollars(-entry.amount_cents)} on {where}: {reason}"
    return mirror.id


def _check_stays_due(session: Session, entry: LedgerEntry, charge: Charge) -> None:
    """Refuse to charge again what is not due by the appointment, or by the package that it belonged to."""
    if charge.package_id is not None and charge.appointment_id is None:
        package = session.get_one(Package, charge.package_id)
        if package.cancelled_on is not None:
            raise SessionsAreGone
    if charge.in_advance and entry.reason.startswith(SETTLED):
        raise CreditedBySettling
