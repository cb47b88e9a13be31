"""Appointments that can be invoiced and were not: which, how many, and whether what is kept of them is true."""

from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import BigInteger, ColumnElement, ForeignKey, Integer, Select, and_, func, select
from sqlalchemy import case as case_when
from sqlalchemy.orm import Mapped, Session, mapped_column

from practicerunner.records.base import Base, Sees
from practicerunner.records.billing import Charge
from practicerunner.records.cases import Case, seen, within
from practicerunner.records.keeping import CHARGEABLE, TABLE, UNRECORDED
from practicerunner.records.logins import Staff, StaffRole
from practicerunner.records.notes import Note
from practicerunner.records.practice import Service
from practicerunner.records.scheduling import Appointment, Attendance
from practicerunner.vocabulary import AppointmentStatus, CaseType, NoteKind, NoteStatus, Role


class UninvoicedRow(Base):
    """An appointment that was held or missed and carries no live charge yet; written by triggers alone."""

    __tablename__ = TABLE

    appointment_id: Mapped[int] = mapped_column(
        BigInteger().with_variant(Integer, "sqlite"), ForeignKey("appointment.id", ondelete="CASCADE"),
        primary_key=True, autoincrement=False)
    case_id: Mapped[int] = mapped_column(ForeignKey("case_file.id"), index=True)


@dataclass(frozen=True, slots=True)
class Uninvoiced:
    """An appointment that can be invoiced and was not."""

    appointment_id: int
    case_id: int
    case_name: str
    held_on: date
    service: str
    provider: str
    provider_id: int
    case_type: CaseType
    fee_cents: int


After = tuple[tuple[CaseType, NoteKind], ...] | None
"""Kinds of case, each with the note that has to be locked before an associate's appointment is invoiced."""


def uninvoiced(
    session: Session, sees: Sees, *, limit: int, offset: int, after_cosign: After = None,
) -> tuple[list[Uninvoiced], int]:
    """Appointments that can be invoiced and were not: one page, oldest first, and their number."""
    query: Select[*tuple[Any, ...]] = (
        select(Appointment.id, Appointment.case_id, Case.name, Appointment.local_date, Service.name,
               Staff.first_name + " " + Staff.last_name, Appointment.provider_id, Case.type, Appointment.fee_cents)
        .select_from(UninvoicedRow).join(Appointment, Appointment.id == UninvoicedRow.appointment_id)
        .join(Case, Case.id == UninvoicedRow.case_id)
        .join(Service, Service.id == Appointment.service_id).join(Staff, Staff.id == Appointment.provider_id)
        .where(seen(sees)).order_by(Appointment.starts_at).limit(limit).offset(offset)
    )
    if after_cosign is not None:
        query = query.where(~_waits_for_cosign(after_cosign))
    return [Uninvoiced(*row) for row in session.execute(query)], number(session, sees, after_cosign)


def number(session: Session, sees: Sees, after_cosign: After) -> int:
    """How many there are."""
    return session.scalar(number_query(sees, after_cosign)) or 0


def number_query(sees: Sees, after_cosign: After) -> Select[*tuple[Any, ...]]:
    """The same, to be counted along with other things. With ``after_cosign`` an associate's wait for their note."""
    query: Select[*tuple[Any, ...]] = select(func.count()).select_from(UninvoicedRow)
    if after_cosign is None:
        return within(query, UninvoicedRow.case_id, sees)
    query = query.join(Appointment, Appointment.id == UninvoicedRow.appointment_id)
    return query.join(Case, Case.id == Appointment.case_id).where(seen(sees), ~_waits_for_cosign(after_cosign))


def _waits_for_cosign(kinds: tuple[tuple[CaseType, NoteKind], ...]) -> ColumnElement[bool]:
    """Held by somebody who is an associate and no provider, without a locked note of the kind."""

    def holds(role: Role) -> ColumnElement[bool]:
        return select(StaffRole.id).where(
            StaffRole.staff_id == Appointment.provider_id, StaffRole.role == role
        ).exists()

    locked = select(Note.id).where(
        Note.appointment_id == Appointment.id, Note.status.in_([NoteStatus.LOCKED, NoteStatus.AMENDED]),
        Note.kind == case_when({kind.value: note.value for kind, note in kinds}, value=Case.type),
    ).exists()
    return and_(
        Appointment.status == AppointmentStatus.HELD, holds(Role.ASSOCIATE), ~holds(Role.PROVIDER), ~locked)


def wrong_uninvoiced(session: Session) -> list[int]:
    """Ids of appointments kept as uninvoiced that are not, or the other way round; empty if what is kept is true.

    A missed appointment counts only if a no-show or late cancellation is on it.
    """
    charged = select(Charge.id).where(Charge.appointment_id == Appointment.id, Charge.withdrawn_at.is_(None)).exists()

    def attended(statuses: tuple[Any, ...]) -> ColumnElement[bool]:
        return select(Attendance.id).where(
            Attendance.appointment_id == Appointment.id, Attendance.status.in_(statuses)).exists()

    truth = select(Appointment.id, Appointment.case_id).where(
        Appointment.fee_cents > 0, attended(CHARGEABLE), ~attended(UNRECORDED), ~charged)
    kept = select(UninvoicedRow.appointment_id, UninvoicedRow.case_id)
    rows = set(session.execute(truth).tuples()) ^ set(session.execute(kept).tuples())
    return sorted({appointment_id for appointment_id, _ in rows})
