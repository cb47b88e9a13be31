"""What the calendar and the appointment page read: appointments with their case, service and staff, joined."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, time
from functools import cache
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, and_, bindparam, case, exists, func, select
from sqlalchemy.orm import Session, aliased, selectinload

from practicerunner.records.audit import AuditRow
from practicerunner.records.base import Sees
from practicerunner.records.billing import Charge, ChargeShare, OpenInvoice
from practicerunner.records.cases import Case, Participant
from practicerunner.records.notes import Note
from practicerunner.records.people import Person
from practicerunner.records.practice import Location, NotSetUp, Practice, Service
from practicerunner.records.scheduling import Appointment, Attendance
from practicerunner.records.series import Series
from practicerunner.records.staff import Staff
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


class CalendarEntry(NamedTuple):
    """One appointment on a calendar; a tuple, because a month of a large practice makes hundreds of them."""

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
    fold: int
    """1 for the second of two equal times."""
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


# Plain tables, not mapped classes, and one statement object for each set of filters: a week of one provider costs two
# thirds less so, because nothing is built or hashed anew.
_appointment, _case, _staff = Appointment.__table__.c, Case.__table__.c, Staff.__table__.c
_note, _charge, _share, _open = Note.__table__.c, Charge.__table__.c, ChargeShare.__table__.c, OpenInvoice.__table__.c
_has_note = exists().where(
    _note.appointment_id == _appointment.id,
    _note.kind.in_([NoteKind.PROGRESS, NoteKind.CONSULTATION, NoteKind.GROUP]),
)
_is_unpaid = exists().where(
    _charge.appointment_id == _appointment.id, _share.charge_id == _charge.id, _open.invoice_id == _share.invoice_id,
    _open.open_cents > 0,
)
_JOINED = (
    Appointment.__table__.join(Case.__table__, _case.id == _appointment.case_id)
    .join(Service.__table__, Service.__table__.c.id == _appointment.service_id)
    .join(Staff.__table__, _staff.id == _appointment.provider_id)
    .outerjoin(Location.__table__, Location.__table__.c.id == _appointment.location_id)
)
_SEEN_BY_PROVIDER = _appointment.provider_id.in_(bindparam("seen_ids", expanding=True)) | _case.provider_id.in_(
    bindparam("seen_ids", expanding=True)
)
_SEEN_BY_SUPERVISOR = (_appointment.supervisor_id == bindparam("seer_id")) | (
    _case.supervisor_id == bindparam("seer_id")
)


def _conditions() -> dict[str, ColumnElement[bool]]:
    """Name of each filter → its condition; the values are bound when it runs."""
    return {
        "seen_ids": _SEEN_BY_PROVIDER,
        "seer_id": _SEEN_BY_PROVIDER | _SEEN_BY_SUPERVISOR,
        "provider_id": _appointment.provider_id == bindparam("provider_id"),
        "provider_ids": _appointment.provider_id.in_(bindparam("provider_ids", expanding=True)),
        "types": _case.type.in_(bindparam("types", expanding=True)),
        "location_id": _appointment.location_id == bindparam("location_id"),
        "statuses": _appointment.status.in_(bindparam("statuses", expanding=True)),
        "but": _appointment.case_id.not_in(bindparam("but", expanding=True)),
    }


@cache
def _entries(filters: tuple[str, ...], *, limited: bool) -> Any:
    """The statement for a set of filters."""
    query = select(
        _appointment.id, _appointment.revision, _appointment.case_id, _case.name, _case.type, _appointment.provider_id,
        _staff.first_name, _staff.last_name, _staff.colour, Service.__table__.c.name, Location.__table__.c.name,
        _appointment.format, _appointment.status, _appointment.local_date, _appointment.local_time,
        _appointment.minutes, _appointment.fold, _appointment.series_id, _has_note, _is_unpaid,
    ).select_from(_JOINED).where(
        _appointment.starts_at >= bindparam("starts"), _appointment.starts_at < bindparam("ends"),
        *(_conditions()[name] for name in filters),
    ).order_by(_appointment.starts_at, _appointment.id)
    return query.limit(bindparam("most")) if limited else query


_ZONE = select(Practice.__table__.c.zone).limit(1)


def zone(session: Session) -> str:
    """The IANA zone of the practice's wall clock, without loading the rest of the practice. Raises NotSetUp."""
    found: str | None = session.connection().execute(_ZONE).scalar()
    if found is None:
        raise NotSetUp
    return found


def entries(
    session: Session, starts_at: datetime, ends_at: datetime, visibility: Sees, *,
    provider_ids: Iterable[int] | None = None, types: Iterable[CaseType] | None = None, location_id: int | None = None,
    statuses: Iterable[AppointmentStatus] | None = None, limit: int | None = None,
) -> list[CalendarEntry]:
    """Appointments that start in a stretch, by time, within what somebody may see. One statement."""
    wanted: dict[str, Any] = {}
    if not visibility.everything:
        if visibility.supervisor_id is not None:
            wanted["seer_id"] = visibility.supervisor_id
        wanted["seen_ids"] = sorted(visibility.staff_ids)
    providers = None if provider_ids is None else sorted(provider_ids)
    if providers is not None:
        wanted |= {"provider_id": providers[0]} if len(providers) == 1 else {"provider_ids": providers}
    if types is not None:
        wanted["types"] = list(types)
    if location_id is not None:
        wanted["location_id"] = location_id
    if statuses is not None:
        wanted["statuses"] = list(statuses)
    if visibility.but:
        wanted["but"] = sorted(visibility.but)
    # Who supervises sees what a provider sees and more: one condition says both.
    filters = tuple(name for name in wanted if not (name == "seen_ids" and "seer_id" in wanted))
    bound = wanted | {"starts": starts_at, "ends": ends_at} | ({} if limit is None else {"most": limit})
    rows = session.connection().execute(_entries(filters, limited=limit is not None), bound)
    return [CalendarEntry(*row) for row in rows]


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


def visits(session: Session, case_id: int, until: datetime) -> list[tuple[Appointment, str, list[Attendance]]]:
    """Appointments of a case that have begun, the earliest first, with the service's name and who was expected."""
    query = select(Appointment, Service.name).join(Service, Service.id == Appointment.service_id).where(
        Appointment.case_id == case_id, Appointment.starts_at <= until
    ).options(selectinload(Appointment.attendances)).order_by(Appointment.starts_at, Appointment.id)
    return [(found, name, list(found.attendances)) for found, name in session.execute(query)]


def has_locked_note(session: Session, appointment_id: int) -> bool:
    """Whether a signed note hangs on the appointment."""
    signed = (NoteStatus.SUBMITTED, NoteStatus.LOCKED, NoteStatus.AMENDED)
    query = select(Note.id).where(Note.appointment_id == appointment_id, Note.status.in_(signed))
    return session.scalar(query.limit(1)) is not None


def invoiced_people(session: Session, appointment_id: int) -> set[int | None]:
    """Whose charge of an appointment stands on an invoice that was not voided; ``None`` is the case as a whole.

    What was invoiced before the appointment, in advance or with a package, does not count: it follows what becomes of
    the appointment.
    """
    return set(session.scalars(
        select(Charge.person_id).join(ChargeShare, ChargeShare.charge_id == Charge.id).where(
            Charge.appointment_id == appointment_id, Charge.withdrawn_at.is_(None),
            ChargeShare.invoice_id.is_not(None), Charge.package_id.is_(None), Charge.in_advance.is_(False),
        ).distinct()
    ))


def history(session: Session, case_id: int, appointment_id: int) -> list[tuple[datetime, str, str, str]]:
    """What was done with an appointment, newest first: when, what, by whom, detail."""
    rows = session.execute(
        select(
            AuditRow.at, AuditRow.action, func.coalesce(Staff.first_name, Person.first_name),
            func.coalesce(Staff.last_name, Person.last_name), AuditRow.detail,
        ).outerjoin(Staff, Staff.id == AuditRow.staff_id).outerjoin(Person, Person.id == AuditRow.person_id).where(
            AuditRow.case_id == case_id, AuditRow.resource == Resource.APPOINTMENTS,
            AuditRow.resource_id == appointment_id, AuditRow.outcome == Outcome.ALLOWED,
        ).order_by(AuditRow.seq.desc()).limit(50)
    )
    return [(at, action, f"{first or ''} {last or ''}".strip(), detail) for at, action, first, last, detail in rows]
