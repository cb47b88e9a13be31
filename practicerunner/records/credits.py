"""What was taken off invoices as a whole, and not off one of their lines: named queries."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import Select, func, select
from sqlalchemy.orm import Session, aliased

from practicerunner.records.accounts import ADJUSTMENTS
from practicerunner.records.billing import Charge, ChargeShare, Invoice, InvoiceLine, LedgerEntry
from practicerunner.vocabulary import EntryKind


@dataclass(frozen=True, slots=True)
class CreditedLine:
    """A line of an invoice that something was credited to as a whole."""

    charge_id: int
    case_id: int
    payer_id: int
    person_id: int | None
    appointment_id: int | None
    service_date: date
    amount_cents: int
    credited_cents: int
    """What was taken off the line itself."""


@dataclass(frozen=True, slots=True)
class Whole:
    """What was taken off an invoice as a whole and not taken back, in the order of writing, and its lines in order."""

    taken_off: tuple[tuple[EntryKind, int], ...]
    lines: tuple[CreditedLine, ...]

    @property
    def credited_cents(self) -> int:
        """What of it was credited; the rest was written off."""
        return sum(cents for kind, cents in self.taken_off if kind is EntryKind.CREDIT)


def credited_as_a_whole(session: Session, case_ids: Collection[int]) -> list[Whole]:
    """The invoices of cases that were credited as a whole, with what was written off them too."""
    mirror = aliased(LedgerEntry)
    of_whole = (
        select(LedgerEntry.invoice_id, LedgerEntry.kind, -LedgerEntry.amount_cents)
        .outerjoin(mirror, mirror.reverses_id == LedgerEntry.id)
        .where(LedgerEntry.case_id.in_(case_ids), LedgerEntry.kind.in_(ADJUSTMENTS), LedgerEntry.charge_id.is_(None),
               LedgerEntry.invoice_id.is_not(None), LedgerEntry.reverses_id.is_(None), mirror.id.is_(None))
        .order_by(LedgerEntry.id)
    )
    off: dict[int, list[tuple[EntryKind, int]]] = {}
    for invoice_id, kind, cents in session.execute(of_whole).tuples() if case_ids else ():
        off.setdefault(invoice_id or 0, []).append((kind, int(cents)))
    wanted = [one for one, moved in off.items() if any(kind is EntryKind.CREDIT for kind, _ in moved)]
    if not wanted:
        return []
    of_line = select(func.coalesce(func.sum(-LedgerEntry.amount_cents), 0)).where(
        LedgerEntry.invoice_id == InvoiceLine.invoice_id, LedgerEntry.charge_id == InvoiceLine.charge_id,
        LedgerEntry.kind.in_(ADJUSTMENTS)).correlate(InvoiceLine).scalar_subquery()
    query: Select[*tuple[Any, ...]] = (
        select(InvoiceLine.invoice_id, Charge.id, Charge.case_id, Invoice.payer_id, Charge.person_id,
               Charge.appointment_id, Charge.service_date, InvoiceLine.amount_cents, of_line)
        .join(Invoice, Invoice.id == InvoiceLine.invoice_id).join(Charge, Charge.id == InvoiceLine.charge_id)
        .where(InvoiceLine.invoice_id.in_(wanted))
        .order_by(InvoiceLine.invoice_id, InvoiceLine.service_date, InvoiceLine.id)
    )
    lines: dict[int, list[CreditedLine]] = {}
    for invoice_id, charge, case, payer, person, appointment, day, amount, own in session.execute(query):
        lines.setdefault(invoice_id, []).append(
            CreditedLine(charge, case, payer, person, appointment, day, amount, int(own)))
    return [Whole(tuple(off[invoice_id]), tuple(found)) for invoice_id, found in lines.items()]


@dataclass(frozen=True, slots=True)
class Sponsored:
    """What a payer was charged for one service."""

    charge_id: int
    case_id: int
    payer_id: int
    person_id: int | None
    appointment_id: int | None
    service_date: date
    cents: int


def charged_to(session: Session, case_ids: Collection[int], payer_ids: Collection[int]) -> list[Sponsored]:
    """What payers were charged in some cases, less what was credited to the lines, in the order it was charged."""
    if not case_ids or not payer_ids:
        return []
    credited = select(func.coalesce(func.sum(LedgerEntry.amount_cents), 0)).where(
        LedgerEntry.charge_id == Charge.id, LedgerEntry.payer_id == ChargeShare.payer_id,
        LedgerEntry.case_id == Charge.case_id, LedgerEntry.kind == EntryKind.CREDIT,
    ).correlate(Charge, ChargeShare).scalar_subquery()
    query: Select[*tuple[Any, ...]] = (
        select(Charge.id, Charge.case_id, ChargeShare.payer_id, Charge.person_id, Charge.appointment_id,
               Charge.service_date, ChargeShare.amount_cents + credited)
        .join(ChargeShare, ChargeShare.charge_id == Charge.id)
        .where(Charge.case_id.in_(case_ids), Charge.withdrawn_at.is_(None), ChargeShare.payer_id.in_(payer_ids))
        .order_by(Charge.id, ChargeShare.payer_id)
    )
    return [
        Sponsored(charge, case, payer, person, appointment, day, int(cents))
        for charge, case, payer, person, appointment, day, cents in session.execute(query)
    ]
