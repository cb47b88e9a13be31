"""What was billed for care that good faith estimates cover: named queries."""

from collections.abc import Collection
from dataclasses import dataclass, replace
from datetime import date
from typing import Any

from sqlalchemy import Select, func, or_, select
from sqlalchemy.orm import Session, aliased

from practicerunner.records.base import Sees
from practicerunner.records.billing import Charge, ChargeShare, Invoice, LedgerEntry
from practicerunner.records.cases import Case
from practicerunner.records.estimates import GoodFaithEstimate
from practicerunner.records.estimates_due import estimable
from practicerunner.records.people import Person
from practicerunner.vocabulary import CaseType, EntryKind


@dataclass(frozen=True, slots=True)
class Billed:
    """A charge as far as invoices carry it, less what was credited to its line."""

    charge_id: int
    case_id: int
    person_id: int | None
    service_id: int
    service_on: date
    cents: int
    invoice_id: int
    """The last that it was billed on; of one that was issued anew the first, for that was the bill."""
    issued_on: date


def billed(session: Session, case_ids: Collection[int]) -> list[Billed]:
    """What was billed in some cases; what was credited to whole invoices is still to be taken off.

    A session of a package is billed for the day on which it is used, and for none before.
    """
    if not case_ids:
        return []
    of_line = (
        select(LedgerEntry.charge_id, func.sum(LedgerEntry.amount_cents))
        .where(LedgerEntry.case_id.in_(case_ids), LedgerEntry.kind == EntryKind.CREDIT,
               LedgerEntry.charge_id.is_not(None))
        .group_by(LedgerEntry.charge_id)
    )
    credited = dict(session.execute(of_line).tuples().all())
    query: Select[*tuple[Any, ...]] = (
        select(Charge.id, Charge.case_id, Charge.person_id, Charge.service_id, Charge.service_date,
               ChargeShare.amount_cents, Invoice.id, Invoice.issued_on)
        .join(ChargeShare, ChargeShare.charge_id == Charge.id).join(Invoice, Invoice.id == ChargeShare.invoice_id)
        .where(Charge.case_id.in_(case_ids), Charge.withdrawn_at.is_(None),
               or_(Charge.package_id.is_(None), Charge.appointment_id.is_not(None)))
        .order_by(Charge.id, ChargeShare.id)
    )
    anew = _issued_anew(session, case_ids)
    found: dict[int, Billed] = {}
    for charge, case, person, service, day, cents, *made in session.execute(query):
        invoice, issued = made
        while invoice in anew:
            invoice, issued = anew[invoice]
        one = found.get(charge) or Billed(
            charge, case, person, service, day, int(credited.get(charge, 0)), invoice, issued)
        found[charge] = replace(one, cents=one.cents + int(cents), invoice_id=max(one.invoice_id, invoice),
                                issued_on=max(one.issued_on, issued))
    return list(found.values())


def _issued_anew(session: Session, case_ids: Collection[int]) -> dict[int, tuple[int, date]]:
    """Invoice → the one that it was issued anew for, and that one's day."""
    before = aliased(Invoice)
    query = select(Invoice.id, before.id, before.issued_on).join(before, before.id == Invoice.replaces_id).where(
        Invoice.case_id.in_(case_ids))
    return {invoice: (first, day) for invoice, first, day in session.execute(query)}


def maybe_above(
    session: Session, each: Collection[CaseType], together: Collection[CaseType], since: date, above_cents: int,
    sees: Sees, case_id: int | None = None, *, with_archived: bool = False,
) -> list[tuple[GoodFaithEstimate, Case, Person]]:
    """Estimates that run until ``since`` or later and that all charges on their days are so much above.

    No other can be: bills are charges, some of them another estimate's, and credits take from them.
    """
    charged = select(func.coalesce(func.sum(Charge.amount_cents), 0)).where(
        Charge.case_id == GoodFaithEstimate.case_id, Charge.withdrawn_at.is_(None),
        Charge.service_date.between(GoodFaithEstimate.first_on, GoodFaithEstimate.last_on),
        or_(Case.type.in_(together), Charge.person_id == GoodFaithEstimate.person_id),
    ).correlate(GoodFaithEstimate, Case).scalar_subquery()
    query = (
        select(GoodFaithEstimate, Case, Person)
        .join(Case, Case.id == GoodFaithEstimate.case_id).join(Person, Person.id == GoodFaithEstimate.person_id)
        .where(*estimable([*each, *together], sees, case_id, with_archived=with_archived),
               GoodFaithEstimate.last_on >= since, charged >= GoodFaithEstimate.total_cents + above_cents)
        .order_by(GoodFaithEstimate.id)
    )
    return [(estimate, case, person) for estimate, case, person in session.execute(query)]


def of_cases(session: Session, case_ids: Collection[int]) -> list[GoodFaithEstimate]:
    """Every estimate that was given in some cases, in the order they were given."""
    if not case_ids:
        return []
    return list(session.scalars(
        select(GoodFaithEstimate).where(GoodFaithEstimate.case_id.in_(case_ids)).order_by(GoodFaithEstimate.id)))
