"""What the calendar and the appointment page read: appointments with their case, service and staff, joined."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, time
from typing import Any

from sqlalchemy import ColumnElement, and_, case, exists, func, select, true
from sqlalchemy.orm import Session, aliased

from practicerunner.records.audit import AuditRow
from practicerunner.records.base import Sees
from practicerunner.records.billing import Charge, ChargeShare, OpenInvoice
from practicerunner.records.cases import Case, Participant
from practicerunner.records.logins import Staff
from practicerunner.records.notes import Note
from practicerunner.records.people import Person
from practicerunner.records.practice import Location, Service
from practicerunner.records.scheduling import Appointment, Attendance, Series
from practicerunner.vocabulary import (
    AppointmentStatus,
    AttendanceStatus,
    CaseType,
    NoteKind,
    NoteStatus,
    Outcome,
    Resource,
    SessionFormat,
)

ABSENT = (
    AttendanceStatus.NO_SHOW, AttendanceStatus.LATE_CANCELLED, AttendanceStatus.EXCUSED,
    AttendanceStatus.CANCELLED_BY_CLIENT, AttendanceStatus.CANCELLED_BY_PROVIDER,
)
"""Statuses of a participant who was not there, or is not expected."""


@dataclass(frozen=True, slots=True)
class CalendarEntry:
    """One appointment on a calendar."""

    appointment_id: int
    revision: int
    case_id: int
    case_name: str
    case_type: CaseType
    provider_id: int
    provider_first: str
    provider_last: str
    colour: str
    service: str
    location: str | None
    format: SessionFormat
    status: AppointmentStatus
    local_date: date
    local_time: time
    minutes: int
    series_id: int | None
    has_note: bool
    unpaid: bool
    expected: int = 0
    """Of a group: how many are expected or came; 0 where nobody counts."""
    people: int = 0
    """Of a group: how many take part."""

    @property
    def provider(self) -> str:
        """The provider's name."""
        return f"{self.provider_first} {self.provider_last}".strip()


_has_note = exists().where(
    Note.appointment_id == Appointment.id, Note.kind.not_in([NoteKind.MEMO, NoteKind.PSYCHOTHERAPY])
)
_is_unpaid = exists().where(
    Charge.appointment_id == Appointment.id, ChargeShare.charge_id == Charge.id,
    OpenInvoice.invoice_id == ChargeShare.invoice_id, OpenInvoice.open_cents > 0,
)
_ENTRY: Any = select(
    Appointment.id, Appointment.revision, Appointment.case_id, Case.name, Case.type, Appointment.provider_id,
    Staff.first_name, Staff.last_name, Staff.colour, Service.name, Location.name, Appointment.format,
    Appointment.status, Appointment.local_date, Appointment.local_time, Appointment.minutes, Appointment.series_id,
    _has_note, _is_unpaid,
).join(Case, Case.id == Appointment.case_id).join(Service, Service.id == Appointment.service_id).join(
    Staff, Staff.id == Appointment.provider_id
).outerjoin(Location, Location.id == Appointment.location_id)


def seen(visibility: Sees) -> ColumnElement[bool]:
    """The condition under which an appointment, joined with its case, is shown to somebody."""
    if visibility.everything:
        return true()
    found = Appointment.provider_id.in_(visibility.staff_ids) | Case.provider_id.in_(visibility.staff_ids)
    if visibility.supervisor_id is not None:
        found |= (Appointment.supervisor_id == visibility.supervisor_id) | (
            Case.supervisor_id == visibility.supervisor_id
        )
    return found


def entries(
    session: Session, starts_at: datetime, ends_at: datetime, visibility: Sees, *,
    provider_ids: Iterable[int] | None = None, types: Iterable[CaseType] | None = None, location_id: int | None = None,
    statuses: Iterable[AppointmentStatus] | None = None, limit: int | None = None,
) -> list[CalendarEntry]:
    """Appointments that start in a stretch, by time, within what somebody may see. One statement."""
    query = _ENTRY.where(Appointment.starts_at >= starts_at, Appointment.starts_at < ends_at)
    if not visibility.everything:
        query = query.where(seen(visibility))
    if provider_ids is not None:
        wanted = list(provider_ids)
        query = query.where(
            Appointment.provider_id == wanted[0] if len(wanted) == 1 else Appointment.provider_id.in_(wanted)
        )
    if types is not None:
        query = query.where(Case.type.in_(list(types)))
    if location_id is not None:
        query = query.where(Appointment.location_id == location_id)
    if statuses is not None:
        query = query.where(Appointment.status.in_(list(statuses)))
    query = query.order_by(Appointment.starts_at, Appointment.id)
    return [CalendarEntry(*row) for row in session.execute(query if limit is None else query.limit(limit))]


def counts(session: Session, appointment_ids: Iterable[int]) -> dict[int, tuple[int, int]]:
    """Appointment → how many are expected or came, and how many take part."""
    there = func.sum(case((Attendance.status.in_(ABSENT), 0), else_=1))
    rows = session.execute(
        select(Attendance.appointment_id, there, func.count()).where(
            Attendance.appointment_id.in_(list(appointment_ids))
        ).group_by(Attendance.appointment_id)
    )
    return {appointment_id: (int(expected), people) for appointment_id, expected, people in rows}


@dataclass(frozen=True, slots=True)
class Around:
    """The names around one appointment."""

    case: Case
    provider: Staff
    supervisor: Staff | None
    service: Service
    location: Location | None
    series: Series | None


def around(session: Session, appointment: Appointment) -> Around:
    """Case, staff, service, location and series of an appointment in one statement."""
    supervisor = aliased(Staff)
    row = session.execute(
        select(Case, Staff, supervisor, Service, Location, Series).select_from(Appointment)
        .join(Case, Case.id == Appointment.case_id).join(Staff, Staff.id == Appointment.provider_id)
        .join(Service, Service.id == Appointment.service_id)
        .outerjoin(supervisor, supervisor.id == Appointment.supervisor_id)
        .outerjoin(Location, Location.id == Appointment.location_id)
        .outerjoin(Series, Series.id == Appointment.series_id).where(Appointment.id == appointment.id)
    ).one()
    return Around(*row)


def place_in_series(session: Session, appointment: Appointment) -> tuple[int, int]:
    """Which occurrence of its series an appointment is, by the date the rule gave, and how many there are."""
    earlier = func.sum(case((Appointment.series_date <= appointment.series_date, 1), else_=0))
    row = session.execute(
        select(earlier, func.count()).where(Appointment.series_id == appointment.series_id)
    ).one()
    return int(row[0]), row[1]


def people_at(session: Session, appointment_id: int) -> list[tuple[Attendance, Person, str]]:
    """Attendances of an appointment with the people and their part in the case, in the case's order."""
    rows = session.execute(
        select(Attendance, Person, Participant.role).join(Person, Person.id == Attendance.person_id).outerjoin(
            Participant, and_(Participant.case_id == Attendance.case_id, Participant.person_id == Attendance.person_id)
        ).where(Attendance.appointment_id == appointment_id).order_by(Participant.position, Attendance.id)
    )
    found: dict[int, tuple[Attendance, Person, str]] = {}
    for attendance, person, role in rows:
        # Somebody who left and came back takes part twice; the later part counts.
        found[person.id] = (attendance, person, role or "")
    return list(found.values())


def has_locked_note(session: Session, appointment_id: int) -> bool:
    """Whether a signed note hangs on the appointment."""
    return session.scalar(select(Note.id).where(
        Note.appointment_id == appointment_id, Note.status.in_([NoteStatus.LOCKED, NoteStatus.AMENDED]),
    ).limit(1)) is not None


def invoiced_people(session: Session, appointment_id: int) -> set[int | None]:
    """Whose charge of an appointment stands on an invoice that was not voided; ``None`` is the case as a whole."""
    return set(session.scalars(
        select(Charge.person_id).join(ChargeShare, ChargeShare.charge_id == Charge.id).where(
            Charge.appointment_id == appointment_id, Charge.withdrawn_at.is_(None),
            ChargeShare.invoice_id.is_not(None),
        ).distinct()
    ))


def history(session: Session, case_id: int, appointment_id: int) -> list[tuple[datetime, str, str, str]]:
    """What was done with an appointment, newest first: when, what, by whom, detail."""
    rows = session.execute(
        select(AuditRow.at, AuditRow.action, Staff.first_name, Staff.last_name, AuditRow.detail)
        .outerjoin(Staff, Staff.id == AuditRow.staff_id).where(
            AuditRow.case_id == case_id, AuditRow.resource == Resource.APPOINTMENTS,
            AuditRow.resource_id == appointment_id, AuditRow.outcome == Outcome.ALLOWED,
        ).order_by(AuditRow.seq.desc()).limit(50)
    )
    return [(at, action, f"{first or ''} {last or ''}".strip(), detail) for at, action, first, last, detail in rows]
