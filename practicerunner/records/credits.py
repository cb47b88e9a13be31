"""What was credited to invoices as a whole, and not to one of their lines: named queries."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import Select, func, select
from sqlalchemy.orm import Session

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
    """What was credited to the line itself."""


def credited_as_a_whole(session: Session, case_ids: Collection[int]) -> list[tuple[int, list[CreditedLine]]]:
    """What was credited to each invoice of cases as a whole and not taken back, and its lines in order."""
    of_whole = (
        select(LedgerEntry.invoice_id, func.sum(-LedgerEntry.amount_cents))
        .where(LedgerEntry.case_id.in_(case_ids), LedgerEntry.kind == EntryKind.CREDIT,
               LedgerEntry.charge_id.is_(None), LedgerEntry.invoice_id.is_not(None))
        .group_by(LedgerEntry.invoice_id).having(func.sum(LedgerEntry.amount_cents) < 0)
    )
    cents = dict(session.execute(of_whole).tuples().all()) if case_ids else {}
    if not cents:
        return []
    of_line = select(func.coalesce(func.sum(-LedgerEntry.amount_cents), 0)).where(
        LedgerEntry.invoice_id == InvoiceLine.invoice_id, LedgerEntry.charge_id == InvoiceLine.charge_id,
        LedgerEntry.kind == EntryKind.CREDIT).correlate(InvoiceLine).scalar_subquery()
    query: Select[*tuple[Any, ...]] = (
        select(InvoiceLine.invoice_id, Charge.id, Charge.case_id, Invoice.payer_id, Charge.person_id,
               Charge.appointment_id, Charge.service_date, InvoiceLine.amount_cents, of_line)
        .join(Invoice, Invoice.id == InvoiceLine.invoice_id).join(Charge, Charge.id == InvoiceLine.charge_id)
        .where(InvoiceLine.invoice_id.in_(cents))
        .order_by(InvoiceLine.invoice_id, InvoiceLine.service_date, InvoiceLine.id)
    )
    lines: dict[int, list[CreditedLine]] = {}
    for invoice_id, charge, case, payer, person, appointment, day, amount, own in session.execute(query):
        lines.setdefault(invoice_id, []).append(
            CreditedLine(charge, case, payer, person, appointment, day, amount, int(own)))
    return [(int(cents[invoice_id]), found) for invoice_id, found in lines.items()]


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
