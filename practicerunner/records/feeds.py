"""Private addresses under which a calendar program reads somebody's appointments (E22)."""

from collections.abc import Collection
from datetime import date, datetime, time
from typing import Any, NamedTuple

from sqlalchemy import JSON, CheckConstraint, ForeignKey, Select, String, exists, func, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from practicerunner.records.base import Row, word
from practicerunner.records.cases import Case, Participant
from practicerunner.records.people import Person
from practicerunner.records.portal import PortalAccount
from practicerunner.records.practice import Location
from practicerunner.records.scheduling import Appointment, Attendance
from practicerunner.records.staff import Staff
from practicerunner.vocabulary import (
    AppointmentStatus,
    AttendanceStatus,
    CaseStatus,
    CaseType,
    FeedShows,
    SessionFormat,
)


class CalendarFeed(Row):
    """One read-only feed of a provider or of a client. Only the fingerprint of its secret is kept (R9)."""

    __tablename__ = "calendar_feed"

    staff_id: Mapped[int | None] = mapped_column(ForeignKey("staff.id"), index=True)
    person_id: Mapped[int | None] = mapped_column(ForeignKey("person.id"), index=True)
    shows: Mapped[FeedShows] = word(FeedShows, default=FeedShows.INITIALS)
    token_fingerprint: Mapped[str] = mapped_column(String(64), unique=True)
    created_by_id: Mapped[int | None] = mapped_column(ForeignKey("staff.id"))
    case_id: Mapped[int | None] = mapped_column(ForeignKey("case_file.id"), index=True)
    """Of a client's feed that staff made: the one case whose appointments it tells."""
    acting_ids: Mapped[list[int]] = mapped_column(JSON, default=list)
    """Of a client's feed that staff made: each ``ActsFor`` with scheduling open at that moment; they may hold it."""
    revoked_at: Mapped[datetime | None]
    last_read_at: Mapped[datetime | None]

    __table_args__ = (CheckConstraint("(staff_id is null) <> (person_id is null)", name="one_owner"),)


class FeedEntry(NamedTuple):
    """One appointment as a feed needs it."""

    appointment_id: int
    revision: int
    changed_at: datetime
    """When it was booked or last changed."""
    case_name: str
    case_type: CaseType
    status: AppointmentStatus
    local_date: date
    local_time: time
    fold: int
    minutes: int
    zone: str
    format: SessionFormat
    location: str | None
    address: str | None
    video_link: str
    attendance: AttendanceStatus | None = None
    """Of the client whose feed it is."""
    recorded_at: datetime | None = None


def live(
    session: Session, token_fingerprint: str, day: date, *, staff: bool = True, clients: bool = True
) -> CalendarFeed | None:
    """The feed of an address, if it was not revoked and its owner still works here or is in a case on that day.

    While somebody's access to the portal is suspended, what they made there themselves is not there. ``staff`` and
    ``clients`` say whose feeds are looked among.
    """
    works_here = exists().where(Staff.id == CalendarFeed.staff_id, Staff.active)
    takes_part = exists().where(
        Participant.person_id == CalendarFeed.person_id,
        CalendarFeed.case_id.is_(None) | (CalendarFeed.case_id == Participant.case_id),
        Participant.left_on.is_(None) | (Participant.left_on > day),
        Case.id == Participant.case_id, Case.status != CaseStatus.ARCHIVED,
    )
    suspended = exists().where(
        PortalAccount.person_id == CalendarFeed.person_id, PortalAccount.suspended_at.is_not(None))
    return session.scalar(select(CalendarFeed).where(
        CalendarFeed.created_by_id.is_not(None) | ~suspended,
        CalendarFeed.token_fingerprint == token_fingerprint, CalendarFeed.revoked_at.is_(None),
        works_here if not clients else takes_part if not staff else works_here | takes_part,
    ))


def by_token(session: Session, token_fingerprint: str) -> CalendarFeed | None:
    """The feed of an address, locked, whatever became of it."""
    return session.scalar(
        select(CalendarFeed).where(CalendarFeed.token_fingerprint == token_fingerprint).with_for_update()
    )


def of_staff(session: Session, staff_id: int) -> list[CalendarFeed]:
    """A provider's feeds that were not revoked, the oldest first."""
    return list(session.scalars(select(CalendarFeed).where(
        CalendarFeed.staff_id == staff_id, CalendarFeed.revoked_at.is_(None),
    ).order_by(CalendarFeed.created_at, CalendarFeed.id)))


def of_people(session: Session, person_ids: Collection[int]) -> list[CalendarFeed]:
    """Feeds of these clients that were not revoked, the oldest first."""
    return list(session.scalars(select(CalendarFeed).where(
        CalendarFeed.person_id.in_(person_ids), CalendarFeed.revoked_at.is_(None),
    ).order_by(CalendarFeed.created_at, CalendarFeed.id)))


_ENTRY = (
    Appointment.id, Appointment.revision, func.coalesce(Appointment.changed_at, Appointment.created_at), Case.name,
    Case.type, Appointment.status, Appointment.local_date, Appointment.local_time, Appointment.fold,
    Appointment.minutes, Appointment.zone, Appointment.format, Location.name, Location.address, Staff.video_link,
)


def _entries(*more: Any) -> Select[*tuple[Any, ...]]:
    return (
        select(*_ENTRY, *more).select_from(Appointment).join(Case, Case.id == Appointment.case_id)
        .join(Staff, Staff.id == Appointment.provider_id)
        .outerjoin(Location, Location.id == Appointment.location_id).order_by(Appointment.starts_at, Appointment.id)
    )


def of_provider(session: Session, staff_id: int, starts_at: datetime, ends_at: datetime) -> list[FeedEntry]:
    """A provider's appointments that start in a stretch."""
    rows = session.execute(_entries().where(
        Appointment.provider_id == staff_id, Appointment.starts_at >= starts_at, Appointment.starts_at < ends_at,
    ))
    return [FeedEntry(*row) for row in rows]


def of_client(
    session: Session, person_id: int, starts_at: datetime, ends_at: datetime, *, confidential: bool,
    case_id: int | None = None,
) -> list[FeedEntry]:
    """Appointments at which somebody is or was expected that start in a stretch, with their own attendance.

    ``confidential``: those too that nobody comes across who acts for them. ``case_id``: those of one case alone.
    """
    query = _entries(Attendance.status, Attendance.recorded_at).join(
        Attendance, Attendance.appointment_id == Appointment.id
    ).where(
        Attendance.person_id == person_id, Appointment.starts_at >= starts_at, Appointment.starts_at < ends_at,
    )
    if not confidential:
        query = query.where(~Attendance.confidential)
    rows = session.execute(query if case_id is None else query.where(Appointment.case_id == case_id))
    return [FeedEntry(*row) for row in rows]


def names_at(
    session: Session, staff_id: int, starts_at: datetime, ends_at: datetime
) -> dict[int, list[tuple[str, str, str]]]:
    """Appointment of a provider → first, last and preferred name of each participant, in order."""
    found: dict[int, list[tuple[str, str, str]]] = {}
    rows = session.execute(
        select(Attendance.appointment_id, Person.first_name, Person.last_name, Person.preferred_name)
        .join(Appointment, Appointment.id == Attendance.appointment_id)
        .join(Person, Person.id == Attendance.person_id).where(
            Appointment.provider_id == staff_id, Appointment.starts_at >= starts_at, Appointment.starts_at < ends_at,
        ).order_by(Attendance.id)
    )
    for appointment_id, *name in rows:
        found.setdefault(appointment_id, []).append((name[0], name[1], name[2]))
    return found
