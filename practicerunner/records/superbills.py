"""Superbills as they were issued, and the questions over charges, sessions and payments from which one is made."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import CheckConstraint, ForeignKey, String, func, or_, select
from sqlalchemy.orm import Mapped, Session, aliased, mapped_column

from practicerunner.records.base import Row, Sees
from practicerunner.records.billing import Charge, ChargeShare, InvoiceLine, IssuedDocument, LedgerEntry
from practicerunner.records.cases import Case, seen
from practicerunner.records.notes import Note
from practicerunner.records.people import Payer
from practicerunner.records.practice import Location, Service
from practicerunner.records.scheduling import Appointment, Attendance
from practicerunner.vocabulary import AttendanceStatus, EntryKind, SessionFormat


class Superbill(Row):
    """A paper for the insurer of one client over a range of days; immutable. What it prints is its issued document."""

    __tablename__ = "superbill"

    number: Mapped[str] = mapped_column(String(24), unique=True)
    case_id: Mapped[int] = mapped_column(ForeignKey("case_file.id"), index=True)
    person_id: Mapped[int] = mapped_column(ForeignKey("person.id"), index=True)
    first_on: Mapped[date]
    last_on: Mapped[date]
    issued_on: Mapped[date]
    charged_cents: Mapped[int]
    adjusted_cents: Mapped[int]
    paid_cents: Mapped[int]
    issued_by_id: Mapped[int] = mapped_column(ForeignKey("staff.id"))

    __table_args__ = (CheckConstraint("last_on >= first_on", name="dates"),)


class SuperbillLine(Row):
    """One service on a superbill; immutable. It says which charge stands on which superbill (D24)."""

    __tablename__ = "superbill_line"

    superbill_id: Mapped[int] = mapped_column(ForeignKey("superbill.id"), index=True)
    charge_id: Mapped[int] = mapped_column(ForeignKey("charge.id"), index=True)
    service_date: Mapped[date]
    charged_cents: Mapped[int]
    adjusted_cents: Mapped[int]
    paid_cents: Mapped[int]


class SuperbillVoid(Row):
    """That a superbill was voided, why and by whom; its number stays."""

    __tablename__ = "superbill_void"

    superbill_id: Mapped[int] = mapped_column(ForeignKey("superbill.id"), unique=True)
    reason: Mapped[str] = mapped_column(String(200))
    voided_by_id: Mapped[int] = mapped_column(ForeignKey("staff.id"))
    voided_on: Mapped[date]


@dataclass(frozen=True, slots=True)
class Charged:
    """A charge with what its session and service say, for one person."""

    charge: Charge
    case: Case
    service_code: str
    modifiers: str
    format: SessionFormat
    office: str | None
    """Place of service of the location it was booked for, if any."""
    status: AttendanceStatus | None
    """Whether the person came."""


def charges_of_person(session: Session, person_id: int, first: date, last: date, sees: Sees) -> list[Charged]:
    """What was charged for somebody's sessions in a range, both days included, in cases that may be seen.

    A charge of a case as a whole is everybody's who was to take part; one of a participant is theirs alone.
    """
    query = (
        select(Charge, Case, Service.code, Service.modifiers, Appointment.format, Location.place_of_service,
               Attendance.status)
        .join(Case, Case.id == Charge.case_id).join(Service, Service.id == Charge.service_id)
        .join(Appointment, Appointment.id == Charge.appointment_id)
        .join(Attendance, (Attendance.appointment_id == Charge.appointment_id) & (Attendance.person_id == person_id))
        .outerjoin(Location, Location.id == Appointment.location_id)
        .where(
            or_(Charge.person_id == person_id, Charge.person_id.is_(None)), Charge.withdrawn_at.is_(None),
            or_(Charge.in_advance.is_(False), Charge.settled_at.is_not(None)),
            Charge.service_date.between(first, last), seen(sees),
        )
        .order_by(Charge.service_date, Charge.id)
    )
    return [Charged(*row) for row in session.execute(query)]


def uncharged_services(
    session: Session, case_id: int, person_id: int, first: date, last: date
) -> list[tuple[date, str]]:
    """Days and services of sessions that somebody attended in a case and that nobody has charged yet."""
    charged = select(Charge.id).where(
        Charge.appointment_id == Appointment.id, Charge.withdrawn_at.is_(None),
        or_(Charge.person_id == person_id, Charge.person_id.is_(None)),
    ).exists()
    query = (
        select(Appointment.local_date, Service.name).join(Service, Service.id == Appointment.service_id)
        .join(Attendance, Attendance.appointment_id == Appointment.id)
        .where(
            Appointment.case_id == case_id, Attendance.person_id == person_id,
            Attendance.status == AttendanceStatus.ATTENDED, Appointment.local_date.between(first, last), ~charged,
        )
        .order_by(Appointment.local_date, Appointment.id)
    )
    return [(day, name) for day, name in session.execute(query)]


@dataclass(frozen=True, slots=True)
class InvoicedPart:
    """One payer's part of a charge on the invoice that carries it."""

    invoice_id: int
    charge_id: int
    amount_cents: int
    credited_cents: int
    """What was taken off this part itself."""


def parts_on(session: Session, invoice_ids: Collection[int]) -> list[InvoicedPart]:
    """The parts that invoices carry, in the order of their lines; a package's lines keep the day of the sale."""
    if not invoice_ids:
        return []
    credited = (
        select(LedgerEntry.invoice_id, LedgerEntry.charge_id, func.sum(-LedgerEntry.amount_cents).label("cents"))
        .where(LedgerEntry.invoice_id.in_(invoice_ids), LedgerEntry.charge_id.is_not(None),
               LedgerEntry.kind.in_((EntryKind.CREDIT, EntryKind.WRITE_OFF)))
        .group_by(LedgerEntry.invoice_id, LedgerEntry.charge_id).subquery()
    )
    query = (
        select(ChargeShare.invoice_id, ChargeShare.charge_id, ChargeShare.amount_cents,
               func.coalesce(credited.c.cents, 0))
        .join(InvoiceLine, (InvoiceLine.invoice_id == ChargeShare.invoice_id)
              & (InvoiceLine.charge_id == ChargeShare.charge_id))
        .outerjoin(credited, (credited.c.invoice_id == ChargeShare.invoice_id)
                   & (credited.c.charge_id == ChargeShare.charge_id))
        .where(ChargeShare.invoice_id.in_(invoice_ids))
        .order_by(InvoiceLine.service_date, InvoiceLine.id)
    )
    return [
        InvoicedPart(invoice_id, charge_id, amount, int(cents))
        for invoice_id, charge_id, amount, cents in session.execute(query) if invoice_id is not None
    ]


def whole_movements(session: Session, invoice_ids: Collection[int]) -> dict[int, tuple[int, int]]:
    """Invoice → what was credited to it as a whole, and what is paid on it after refunds."""
    found = dict.fromkeys(invoice_ids, (0, 0))
    if not found:
        return found
    kinds = (EntryKind.CREDIT, EntryKind.WRITE_OFF, EntryKind.PAYMENT, EntryKind.REFUND)
    query = select(LedgerEntry.invoice_id, LedgerEntry.kind, func.sum(-LedgerEntry.amount_cents)).where(
        LedgerEntry.invoice_id.in_(invoice_ids), LedgerEntry.kind.in_(kinds),
        or_(LedgerEntry.charge_id.is_(None), LedgerEntry.kind.in_(kinds[2:])),
    ).group_by(LedgerEntry.invoice_id, LedgerEntry.kind)
    for invoice_id, kind, cents in session.execute(query):
        if invoice_id is not None:
            credit, paid = found[invoice_id]
            found[invoice_id] = (credit, paid + int(cents)) if kind in kinds[2:] else (credit + int(cents), paid)
    return found


def signed_details(session: Session, appointment_ids: Collection[int]) -> dict[int, dict[str, Any]]:
    """Appointment → what its signed note has beside its text."""
    query = select(Note.appointment_id, Note.details).where(
        Note.appointment_id.in_(appointment_ids), Note.version > 0).order_by(Note.id)
    return {
        appointment_id: details for appointment_id, details in session.execute(query)
        if appointment_id is not None and details.get("telehealth")
    }


def payers_of(session: Session, charge_ids: Collection[int]) -> dict[int, list[Payer]]:
    """Charge → who pays for it, in order."""
    found: dict[int, list[Payer]] = {}
    if charge_ids:
        query = select(ChargeShare.charge_id, Payer).join(Payer, Payer.id == ChargeShare.payer_id).where(
            ChargeShare.charge_id.in_(charge_ids)).order_by(ChargeShare.id)
        for charge_id, payer in session.execute(query):
            found.setdefault(charge_id, []).append(payer)
    return found


def live_lines(session: Session, charge_ids: Collection[int]) -> list[tuple[int, str, int]]:
    """On which superbills that are not void charges stand: charge, number, whose superbill; by number.

    What was charged anew after its invoice was voided is the same service of the same session (D24).
    """
    if not charge_ids:
        return []
    void = select(SuperbillVoid.id).where(SuperbillVoid.superbill_id == Superbill.id).exists()
    before = aliased(Charge)
    same = (before.id == Charge.id) | (
        (before.appointment_id == Charge.appointment_id) & before.person_id.is_not_distinct_from(Charge.person_id))
    query = (
        select(Charge.id, Superbill.number, Superbill.person_id)
        .join(before, same).join(SuperbillLine, SuperbillLine.charge_id == before.id)
        .join(Superbill, Superbill.id == SuperbillLine.superbill_id)
        .where(Charge.id.in_(charge_ids), ~void).distinct().order_by(Superbill.number, Charge.id)
    )
    return [(charge_id, number, person_id) for charge_id, number, person_id in session.execute(query)]


def of_case(session: Session, case_id: int) -> list[tuple[Superbill, SuperbillVoid | None, IssuedDocument]]:
    """The superbills of a case, the newest first, each with its voiding and its paper."""
    query = (
        select(Superbill, SuperbillVoid, IssuedDocument)
        .outerjoin(SuperbillVoid, SuperbillVoid.superbill_id == Superbill.id)
        .join(IssuedDocument, IssuedDocument.number == Superbill.number)
        .where(Superbill.case_id == case_id).order_by(Superbill.issued_on.desc(), Superbill.id.desc())
    )
    return [(superbill, void, document) for superbill, void, document in session.execute(query)]


def charged_no_more(session: Session, superbill_ids: Collection[int]) -> set[int]:
    """Those of the superbills on which something stands whose invoice was voided since.

    What was charged for one appointment in parts is one line: voiding any part that had been charged by then counts.
    """
    if not superbill_ids:
        return set()
    part = aliased(Charge)
    of_it = (part.id < Superbill.id) & (part.withdrawn_at > Superbill.created_at) & (
        part.appointment_id == Charge.appointment_id) & part.person_id.is_not_distinct_from(Charge.person_id)
    query = (
        select(SuperbillLine.superbill_id).distinct()
        .join(Superbill, Superbill.id == SuperbillLine.superbill_id).join(Charge, Charge.id == SuperbillLine.charge_id)
        .join(part, ((part.id == Charge.id) & part.withdrawn_at.is_not(None)) | of_it)
        .where(SuperbillLine.superbill_id.in_(superbill_ids))
    )
    return set(session.scalars(query))


def void_of(session: Session, superbill_id: int) -> SuperbillVoid | None:
    """That a superbill was voided, if it was."""
    return session.scalar(select(SuperbillVoid).where(SuperbillVoid.superbill_id == superbill_id))


def document_numbered(session: Session, number: str) -> IssuedDocument:
    """The issued paper with a number."""
    return session.scalars(select(IssuedDocument).where(IssuedDocument.number == number)).one()
