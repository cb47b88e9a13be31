"""What happens by itself after an attendance, and saved cards that are due to be charged."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import ColumnElement, ForeignKey, Select, and_, func, or_, select
from sqlalchemy.orm import InstrumentedAttribute, Mapped, Session, mapped_column

from practicerunner.records import uninvoiced
from practicerunner.records.base import Revised, Row, word
from practicerunner.records.billing import Charge, Invoice, OpenInvoice
from practicerunner.records.cases import Case, PaymentMethod
from practicerunner.records.keeping import UNRECORDED
from practicerunner.records.people import Payer
from practicerunner.records.scheduling import Appointment, Attendance
from practicerunner.vocabulary import (
    AppointmentStatus,
    CollectionPolicy,
    PaymentMethodKind,
)


class CollectionRule(Revised):
    """What happens by itself after an attendance: in the practice (no case), or in one case; that then counts (H19)."""

    __tablename__ = "collection_rule"

    case_id: Mapped[int | None] = mapped_column(ForeignKey("case_file.id"), unique=True)
    policy: Mapped[CollectionPolicy] = word(CollectionPolicy)
    since: Mapped[date]
    """Appointments from this day on; what was held before stays with people."""
    decided_by_id: Mapped[int] = mapped_column(ForeignKey("staff.id"))
    """In whose name it happens."""


class DueCharge(Row):
    """That a saved card or account is due to be charged for an invoice; a person charges it (DEC14)."""

    __tablename__ = "due_charge"

    invoice_id: Mapped[int] = mapped_column(ForeignKey("invoice.id"), unique=True)
    payment_method_id: Mapped[int] = mapped_column(ForeignKey("payment_method.id"), index=True)
    due_on: Mapped[date]


def rule_of(session: Session, case_id: int | None) -> CollectionRule | None:
    """The rule of exactly this case, or the practice's own."""
    return session.scalar(select(CollectionRule).where(CollectionRule.case_id.is_not_distinct_from(case_id)))


def rules(session: Session) -> dict[int | None, CollectionRule]:
    """Case (or none, for the practice) → rule."""
    return {row.case_id: row for row in session.scalars(select(CollectionRule))}


def _ruled(practice: CollectionRule | None, policies: Collection[CollectionPolicy]) -> ColumnElement[bool]:
    """That the rule which counts in a case is one of these policies; the case's own is joined from outside."""
    own = CollectionRule.policy.in_(list(policies))
    if practice is None or practice.policy not in policies:
        return own
    return or_(own, CollectionRule.id.is_(None))


def _since(practice: CollectionRule | None, day: InstrumentedAttribute[date]) -> ColumnElement[bool]:
    return func.coalesce(CollectionRule.since, practice.since if practice else date.max) <= day


def to_invoice(session: Session, practice: CollectionRule | None, recorded_before: datetime, limit: int) -> list[int]:
    """Ids of held appointments that are to be invoiced by themselves, the oldest first."""
    listed = select(uninvoiced.UninvoicedRow.appointment_id)
    # What was charged once and taken back is a person's to invoice anew.
    ever = select(Charge.id).where(Charge.appointment_id == Appointment.id).exists()
    waits = select(Attendance.id).where(
        Attendance.appointment_id == Appointment.id,
        or_(Attendance.status.in_(UNRECORDED), Attendance.recorded_at >= recorded_before)).exists()
    policies = (CollectionPolicy.INVOICE, CollectionPolicy.PAYMENT)
    query = (
        select(Appointment.id).outerjoin(CollectionRule, CollectionRule.case_id == Appointment.case_id)
        .where(Appointment.status == AppointmentStatus.HELD, Appointment.id.in_(listed), ~ever, ~waits,
               _ruled(practice, policies), _since(practice, Appointment.local_date))
        .order_by(Appointment.starts_at, Appointment.id).limit(limit)
    )
    return list(session.scalars(query))


def case_of(session: Session, appointment_id: int) -> int | None:
    """The case of an appointment."""
    return session.scalar(select(Appointment.case_id).where(Appointment.id == appointment_id))


def to_charge(
    session: Session, practice: CollectionRule | None, month: str
) -> list[tuple[int, int, int]]:
    """Open invoices whose payer's saved card or account is due and not noted yet: invoice, case, the latest method."""
    noted = select(DueCharge.id).where(DueCharge.invoice_id == OpenInvoice.invoice_id).exists()
    usable = and_(~PaymentMethod.removed, or_(PaymentMethod.expires == "", PaymentMethod.expires >= month))
    query = (
        select(OpenInvoice.invoice_id, OpenInvoice.case_id, func.max(PaymentMethod.id))
        .join(PaymentMethod, PaymentMethod.payer_id == OpenInvoice.payer_id)
        .outerjoin(CollectionRule, CollectionRule.case_id == OpenInvoice.case_id)
        .where(OpenInvoice.open_cents > 0, ~noted, usable, _ruled(practice, (CollectionPolicy.PAYMENT,)),
               _since(practice, OpenInvoice.issued_on))
        .group_by(OpenInvoice.invoice_id, OpenInvoice.case_id).order_by(OpenInvoice.invoice_id)
    )
    return [(invoice_id, case_id, method_id) for invoice_id, case_id, method_id in session.execute(query)]


@dataclass(frozen=True, slots=True)
class ChargeToMake:
    """A saved card or account that somebody is to charge for an invoice."""

    invoice_id: int
    number: str
    payer_id: int
    payer: str
    case_id: int
    case_name: str
    kind: PaymentMethodKind
    brand: str
    last_four: str
    open_cents: int
    due_on: date


def select_due_charges(sees: ColumnElement[bool]) -> Select[*tuple[Any, ...]]:
    """The query for saved cards and accounts that are to be charged."""
    return (
        select(Invoice.id, Invoice.number, Invoice.payer_id, Payer.name, Invoice.case_id, Case.name,
               PaymentMethod.kind, PaymentMethod.brand, PaymentMethod.last_four, OpenInvoice.open_cents,
               DueCharge.due_on)
        .select_from(DueCharge).join(Invoice, Invoice.id == DueCharge.invoice_id)
        .join(OpenInvoice, OpenInvoice.invoice_id == Invoice.id).join(Payer, Payer.id == Invoice.payer_id)
        .join(Case, Case.id == Invoice.case_id)
        .join(PaymentMethod, PaymentMethod.id == DueCharge.payment_method_id)
        .where(OpenInvoice.open_cents > 0, ~PaymentMethod.removed, sees)
    )


def due_charges(session: Session, sees: ColumnElement[bool]) -> Sequence[ChargeToMake]:
    """Saved cards and accounts that are to be charged, the longest due first."""
    query = select_due_charges(sees).order_by(DueCharge.due_on, Payer.name, Invoice.number)
    return [ChargeToMake(*row) for row in session.execute(query)]
