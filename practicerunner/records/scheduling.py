"""Appointments, who came, series, blocked time, and the holds that keep two of them from one slot."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    ForeignKey,
    Index,
    String,
    Text,
    UniqueConstraint,
    delete,
    select,
    text,
)
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Mapped, Session, mapped_column, relationship, selectinload

from practicerunner.records.base import Revised, Row, word
from practicerunner.records.logins import Staff, Supervision
from practicerunner.records.triggers import OVERLAP
from practicerunner.vocabulary import AppointmentStatus, AttendanceStatus, SessionFormat


class Series(Revised):
    """A recurring appointment: the rule, the wall time and the zone; its occurrences are appointments (E11).

    What the next occurrence would be like stands here too, so that more can be added and skipped dates filled.
    """

    __tablename__ = "series"

    case_id: Mapped[int] = mapped_column(ForeignKey("case_file.id"), index=True)
    rule: Mapped[str] = mapped_column(String(200))
    """RFC 5545 rule, for instance ``FREQ=WEEKLY;INTERVAL=1;COUNT=6``."""
    first_date: Mapped[date]
    local_time: Mapped[time]
    zone: Mapped[str] = mapped_column(String(64))
    shift_days: Mapped[int] = mapped_column(default=0)
    """By how many days "this and following" has moved occurrences off the dates that the rule gives."""
    provider_id: Mapped[int] = mapped_column(default=0)
    service_id: Mapped[int] = mapped_column(default=0)
    minutes: Mapped[int] = mapped_column(default=50)
    format: Mapped[SessionFormat] = word(SessionFormat, default=SessionFormat.IN_PERSON)
    location_id: Mapped[int | None]
    fee_cents: Mapped[int | None]
    """``None``: what the service costs on the day."""


class SeriesSkip(Row):
    """A date of a series on which nothing was booked because it was taken; it can be filled later (E14)."""

    __tablename__ = "series_skip"

    series_id: Mapped[int] = mapped_column(ForeignKey("series.id"))
    series_date: Mapped[date]
    reason: Mapped[str] = mapped_column(String(200))
    """Who or what was taken; never by whom."""

    __table_args__ = (UniqueConstraint("series_id", "series_date"),)


class Appointment(Revised):
    """One dated occurrence of one case, alone or in a series (FHIR Appointment; held: Encounter)."""

    __tablename__ = "appointment"

    case_id: Mapped[int] = mapped_column(ForeignKey("case_file.id"))
    provider_id: Mapped[int] = mapped_column(ForeignKey("staff.id"))
    supervisor_id: Mapped[int | None] = mapped_column(ForeignKey("staff.id"))
    service_id: Mapped[int] = mapped_column(ForeignKey("service.id"))
    status: Mapped[AppointmentStatus] = word(AppointmentStatus, default=AppointmentStatus.SCHEDULED)
    local_date: Mapped[date]
    local_time: Mapped[time]
    minutes: Mapped[int]
    zone: Mapped[str] = mapped_column(String(64))
    starts_at: Mapped[datetime]
    ends_at: Mapped[datetime]
    format: Mapped[SessionFormat] = word(SessionFormat)
    location_id: Mapped[int | None] = mapped_column(ForeignKey("location.id"))
    fee_cents: Mapped[int]
    """Standard fee of the service for this appointment; per participant where the case is charged so."""
    memo: Mapped[str] = mapped_column(Text, default="")
    series_id: Mapped[int | None] = mapped_column(ForeignKey("series.id"), index=True)
    series_date: Mapped[date | None]
    """The date the rule gave, whatever the appointment was moved to: the occurrence's stable key."""
    series_moved: Mapped[bool] = mapped_column(default=False)
    """Whether this occurrence was moved on its own; then it keeps its date and time when the series changes (DEC10)."""
    fold: Mapped[int] = mapped_column(default=0)
    """1 for the second of two equal wall-clock times, in the night in which the clocks go back (R6)."""
    cancelled_reason: Mapped[str] = mapped_column(String(200), default="")
    override_reason: Mapped[str] = mapped_column(String(200), default="")
    """Why this appointment may overlap another (E15)."""
    attendances: Mapped[list["Attendance"]] = relationship(order_by="Attendance.id", cascade="all, delete-orphan")

    __table_args__ = (
        CheckConstraint("minutes between 1 and 1440", name="minutes"),
        UniqueConstraint("series_id", "series_date"),
        Index("ix_appointment_provider_starts", "provider_id", "starts_at"),
        Index("ix_appointment_case_starts", "case_id", "starts_at"),
        # What was held and has no note yet is answered from here, for fifty cases of the client list at once.
        Index("ix_appointment_case_status", "case_id", "status", "starts_at", "local_date", "ends_at"),
        Index("ix_appointment_starts", "starts_at"),
    )


class Attendance(Revised):
    """One participant at one appointment (FHIR Appointment.participant, Encounter.participant)."""

    __tablename__ = "attendance"

    appointment_id: Mapped[int] = mapped_column(ForeignKey("appointment.id", ondelete="CASCADE"))
    case_id: Mapped[int] = mapped_column(ForeignKey("case_file.id"))
    person_id: Mapped[int] = mapped_column(ForeignKey("person.id"), index=True)
    status: Mapped[AttendanceStatus] = word(AttendanceStatus, default=AttendanceStatus.SCHEDULED)
    recorded_at: Mapped[datetime | None]
    recorded_by_id: Mapped[int | None] = mapped_column(ForeignKey("staff.id"))

    __table_args__ = (
        UniqueConstraint("appointment_id", "person_id"),
        Index("ix_attendance_case", "case_id", "status"),
    )


class TimeBlock(Revised):
    """Time that a provider keeps free of appointments, such as vacation or administration (E23)."""

    __tablename__ = "time_block"

    provider_id: Mapped[int] = mapped_column(ForeignKey("staff.id"), index=True)
    reason: Mapped[str] = mapped_column(String(120))
    zone: Mapped[str] = mapped_column(String(64))
    starts_at: Mapped[datetime]
    ends_at: Mapped[datetime]


class Hold(Row):
    """A stretch of at most a day in which a provider or a room is taken: the place where overlap is refused.

    One row per resource of an active appointment or block; removed when it is cancelled. A trigger (SQLite) or an
    exclusion constraint (PostgreSQL) refuses two that overlap. Intervals are half open: 10:00–10:50 and 10:50–11:40
    do not clash. A hold with ``overriding`` is left out of the guard: somebody allowed the overlap and said why.
    """

    __tablename__ = "hold"

    resource_id: Mapped[int] = mapped_column(BigInteger)
    """Id of the member of staff or of the room."""
    starts_at: Mapped[datetime]
    ends_at: Mapped[datetime]
    appointment_id: Mapped[int | None] = mapped_column(ForeignKey("appointment.id", ondelete="CASCADE"), index=True)
    time_block_id: Mapped[int | None] = mapped_column(ForeignKey("time_block.id", ondelete="CASCADE"), index=True)
    overriding: Mapped[bool] = mapped_column(default=False)

    __table_args__ = (
        CheckConstraint("starts_at < ends_at", name="order"),
        Index("ix_hold_resource_starts", "resource_id", "starts_at"),
    )


def has_upcoming(session: Session, case_id: int, moment: datetime) -> bool:
    """Whether a case has an appointment ahead that is not cancelled."""
    query = select(Appointment.id).where(
        Appointment.case_id == case_id, Appointment.starts_at > moment,
        Appointment.status != AppointmentStatus.CANCELLED,
    )
    return session.scalar(query.limit(1)) is not None


@dataclass(frozen=True, slots=True)
class Taken:
    """A stretch in which somebody or something is taken already."""

    resource_id: int
    starts_at: datetime
    ends_at: datetime
    is_block: bool = False


_DAY = timedelta(days=1)


def take_turns(session: Session, resource_ids: Iterable[int]) -> None:
    """Let bookings of the same people and rooms wait for each other; SQLite has one writer anyway.

    Without it, two that meet at the exclusion constraint can wait for each other until one is ended as a deadlock.
    """
    if session.get_bind().dialect.name == "postgresql":
        session.execute(
            text("select pg_advisory_xact_lock(id) from (select unnest(cast(:ids as bigint[])) as id order by 1) keys"),
            {"ids": sorted(set(resource_ids))},
        )


def taken(
    session: Session, resource_ids: Iterable[int], starts_at: datetime, ends_at: datetime, *,
    except_id: int | None = None,
) -> list[Taken]:
    """Holds of providers and rooms that touch a stretch, those of appointment ``except_id`` left out."""
    query = select(
        Hold.resource_id, Hold.starts_at, Hold.ends_at, Hold.time_block_id.is_not(None)
    ).where(
        Hold.resource_id.in_(list(resource_ids)), Hold.starts_at < ends_at, Hold.starts_at > starts_at - _DAY,
        Hold.ends_at > starts_at,
    )
    if except_id is not None:
        query = query.where(Hold.appointment_id.is_distinct_from(except_id))
    return [Taken(*row) for row in session.connection().execute(query.order_by(Hold.starts_at))]


def attending(
    session: Session, person_ids: Iterable[int], starts_at: datetime, ends_at: datetime, *,
    except_id: int | None = None,
) -> list[Taken]:
    """When these people have another appointment that touches a stretch and that they have not called off."""
    query = select(Attendance.person_id, Appointment.starts_at, Appointment.ends_at).join(
        Appointment, Appointment.id == Attendance.appointment_id
    ).where(
        Attendance.person_id.in_(list(person_ids)), Attendance.status.not_in(_CALLED_OFF),
        Appointment.status != AppointmentStatus.CANCELLED, Appointment.starts_at < ends_at,
        Appointment.starts_at > starts_at - _DAY, Appointment.ends_at > starts_at,
    )
    if except_id is not None:
        query = query.where(Appointment.id != except_id)
    return [Taken(*row) for row in session.connection().execute(query.order_by(Appointment.starts_at))]


_CALLED_OFF = (
    AttendanceStatus.LATE_CANCELLED, AttendanceStatus.CANCELLED_BY_CLIENT, AttendanceStatus.CANCELLED_BY_PROVIDER,
    AttendanceStatus.EXCUSED,
)


def release(session: Session, *, appointment_id: int | None = None, time_block_id: int | None = None) -> None:
    """Remove the holds of an appointment or of a block."""
    owner = Hold.appointment_id == appointment_id if appointment_id is not None else Hold.time_block_id == time_block_id
    session.execute(delete(Hold).where(owner))


def is_overlap(error: IntegrityError) -> bool:
    """Whether the guard of the holds refused an insert, and not some other constraint."""
    return OVERLAP in str(error.orig) or "hold_no_overlap" in str(error.orig)


def appointment(session: Session, appointment_id: int, *, lock: bool = False) -> Appointment | None:
    """An appointment with its attendances, locked if it is going to be changed."""
    query = select(Appointment).where(Appointment.id == appointment_id).options(selectinload(Appointment.attendances))
    return session.scalar(query.with_for_update() if lock else query)


def blocks(
    session: Session, starts_at: datetime, ends_at: datetime, provider_ids: Iterable[int] | None
) -> list[tuple[TimeBlock, str]]:
    """Time blocks that touch a stretch, with the provider's first and last name, all providers' or some."""
    query = select(TimeBlock, Staff).join(Staff, Staff.id == TimeBlock.provider_id).where(
        TimeBlock.starts_at < ends_at, TimeBlock.ends_at > starts_at
    )
    if provider_ids is not None:
        query = query.where(TimeBlock.provider_id.in_(list(provider_ids)))
    return [(block, person.name) for block, person in session.execute(query.order_by(TimeBlock.starts_at))]


def supervisions_over(session: Session, associate_id: int) -> list[Supervision]:
    """Everybody who ever supervises somebody, the newest last."""
    return list(session.scalars(
        select(Supervision).where(Supervision.associate_id == associate_id)
        .order_by(Supervision.starts_on, Supervision.id)
    ))


def last_of_case(session: Session, case_id: int) -> Appointment | None:
    """The latest appointment of a case that was not cancelled: the next is mostly like it."""
    return session.scalar(select(Appointment).where(
        Appointment.case_id == case_id, Appointment.status != AppointmentStatus.CANCELLED,
    ).order_by(Appointment.starts_at.desc()).limit(1))
