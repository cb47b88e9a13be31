"""Who pays for a case or a participant, and what caps and limits have used up."""

from collections.abc import Collection
from datetime import date
from functools import cache

from sqlalchemy import (
    ColumnElement,
    ForeignKey,
    Select,
    bindparam,
    func,
    or_,
    select,
)
from sqlalchemy.orm import Mapped, Session, joinedload, mapped_column, relationship, selectinload

from practicerunner.records.base import Revised, Row, word
from practicerunner.records.billing import Charge, ChargeShare, LedgerEntry
from practicerunner.vocabulary import (
    EntryKind,
    FeeTerms,
    InvoicingRhythm,
    ShareKind,
)


class BillingArrangement(Revised):
    """Who pays which share of a case, or of one participant in it, from a date on (FHIR Account; H02).

    ``person_id`` is empty where the case is charged as a whole. The arrangement that began last counts, up to its last
    day; after that there is none, until somebody says who pays.
    """

    __tablename__ = "billing_arrangement"

    case_id: Mapped[int] = mapped_column(ForeignKey("case_file.id"), index=True)
    person_id: Mapped[int | None] = mapped_column(ForeignKey("person.id"), index=True)
    valid_from: Mapped[date]
    valid_until: Mapped[date | None]
    """The last date of service that it holds for."""
    fee_terms: Mapped[FeeTerms] = word(FeeTerms, default=FeeTerms.STANDARD)
    fee_cents: Mapped[int | None]
    """The fixed fee, where the terms are fixed."""
    fee_basis_points: Mapped[int | None]
    """The part of the standard fee, where the terms are a sliding scale."""
    package_service_id: Mapped[int | None] = mapped_column(ForeignKey("service.id"))
    """Which service is bought by the package, where the terms are a package; with how many sessions and the price."""
    package_sessions: Mapped[int | None]
    package_cents: Mapped[int | None]
    sponsor_id: Mapped[int | None] = mapped_column(ForeignKey("payer.id"))
    """Who pays before the others do, where the terms are a sponsor; up to so much, so many sessions, or a last day."""
    sponsor_cents: Mapped[int | None]
    sponsor_sessions: Mapped[int | None]
    sponsor_until: Mapped[date | None]
    shares: Mapped[list["PayerShare"]] = relationship(order_by="PayerShare.position", cascade="all, delete-orphan")


class PayerShare(Row):
    """One payer's place in an arrangement, in order."""

    __tablename__ = "payer_share"

    arrangement_id: Mapped[int] = mapped_column(ForeignKey("billing_arrangement.id", ondelete="CASCADE"), index=True)
    payer_id: Mapped[int] = mapped_column(ForeignKey("payer.id"), index=True)
    position: Mapped[int]
    kind: Mapped[ShareKind] = word(ShareKind)
    basis_points: Mapped[int | None]
    amount_cents: Mapped[int | None]
    cap_cents: Mapped[int | None]
    rhythm: Mapped[InvoicingRhythm] = word(InvoicingRhythm, default=InvoicingRhythm.PER_APPOINTMENT)


def of_case(session: Session, case_id: int) -> list[BillingArrangement]:
    """Arrangements of a case with their shares, by participant and first day."""
    return list(session.scalars(_of_case(), {"case_id": case_id}).unique())


@cache
def _of_case() -> Select[BillingArrangement]:
    return (
        select(BillingArrangement).where(BillingArrangement.case_id == bindparam("case_id"))
        .options(joinedload(BillingArrangement.shares))
        .order_by(BillingArrangement.person_id, BillingArrangement.valid_from)
    )


def starting(session: Session, case_id: int, person_id: int | None, day: date) -> BillingArrangement | None:
    """The arrangement of a case or participant whose first day this is."""
    return session.scalar(
        select(BillingArrangement).where(
            BillingArrangement.case_id == case_id, BillingArrangement.valid_from == day,
            BillingArrangement.person_id.is_(None) if person_id is None else BillingArrangement.person_id == person_id,
        ).options(selectinload(BillingArrangement.shares)).with_for_update()
    )


def charged_since(
    session: Session, case_id: int, person_id: int | None, payer_ids: Collection[int], day: date,
    besides: int | None = None,
) -> dict[int, int]:
    """Payer id → cents charged to them for services from a day on, less what was credited to the lines.

    The appointment ``besides`` does not count; nor does what was credited to whole invoices (``workflows.credits``).
    """
    counted = _counted(case_id, person_id, day, besides)
    charged = select(ChargeShare.payer_id, func.sum(ChargeShare.amount_cents)).join(Charge).where(
        *counted, ChargeShare.payer_id.in_(payer_ids)
    ).group_by(ChargeShare.payer_id)
    waived = select(LedgerEntry.payer_id, func.sum(LedgerEntry.amount_cents)).join(
        Charge, Charge.id == LedgerEntry.charge_id
    ).where(
        *counted, LedgerEntry.case_id == case_id, LedgerEntry.payer_id.in_(payer_ids),
        LedgerEntry.kind == EntryKind.CREDIT,
    ).group_by(LedgerEntry.payer_id)
    less = {payer_id: int(cents) for payer_id, cents in session.execute(waived)}
    return {payer_id: int(total) + less.get(payer_id, 0) for payer_id, total in session.execute(charged)}


def _counted(case_id: int, person_id: int | None, day: date, besides: int | None) -> list[ColumnElement[bool]]:
    found = [
        Charge.case_id == case_id, Charge.withdrawn_at.is_(None), Charge.service_date >= day,
        Charge.person_id.is_(None) if person_id is None else Charge.person_id == person_id,
    ]
    if besides is not None:
        found.append(or_(Charge.appointment_id.is_(None), Charge.appointment_id != besides))
    return found


def sponsored_since(
    session: Session, case_id: int, person_id: int | None, payer_id: int, day: date, besides: int
) -> dict[int | None, int]:
    """Appointment → what a sponsor was charged for it, for services from a day on, less what the lines were credited.

    What was credited to whole invoices does not count (``workflows.credits``).
    """
    waived = select(func.coalesce(func.sum(LedgerEntry.amount_cents), 0)).where(
        LedgerEntry.charge_id == Charge.id, LedgerEntry.payer_id == payer_id, LedgerEntry.kind == EntryKind.CREDIT,
    ).scalar_subquery()
    rows = session.execute(
        select(Charge.appointment_id, ChargeShare.amount_cents + waived)
        .join(ChargeShare, ChargeShare.charge_id == Charge.id)
        .where(*_counted(case_id, person_id, day, besides), ChargeShare.payer_id == payer_id)
    )
    paid: dict[int | None, int] = {}
    for appointment_id, cents in rows:
        paid[appointment_id] = paid.get(appointment_id, 0) + int(cents)
    return paid
