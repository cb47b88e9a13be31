"""Appointments, who came, series, blocked time, and the holds that keep two of them from one slot."""

from datetime import date, datetime, time

from sqlalchemy import BigInteger, CheckConstraint, ForeignKey, Index, String, Text, UniqueConstraint, select
from sqlalchemy.orm import Mapped, Session, mapped_column, relationship, selectinload

from practicerunner.records.base import Revised, Row, word
from practicerunner.vocabulary import AppointmentStatus, AttendanceStatus, SessionFormat


class Series(Row):
    """A recurring appointment: the rule, the wall time and the zone; its occurrences are appointments (E11)."""

    __tablename__ = "series"

    case_id: Mapped[int] = mapped_column(ForeignKey("case_file.id"), index=True)
    rule: Mapped[str] = mapped_column(String(200))
    """RFC 5545 rule, for instance ``FREQ=WEEKLY;INTERVAL=1;COUNT=6``."""
    first_date: Mapped[date]
    local_time: Mapped[time]
    zone: Mapped[str] = mapped_column(String(64))


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
    cancelled_reason: Mapped[str] = mapped_column(String(200), default="")
    override_reason: Mapped[str] = mapped_column(String(200), default="")
    """Why this appointment may overlap another (E15)."""
    attendances: Mapped[list["Attendance"]] = relationship(order_by="Attendance.id", cascade="all, delete-orphan")

    __table_args__ = (
        CheckConstraint("minutes between 1 and 1440", name="minutes"),
        UniqueConstraint("series_id", "series_date"),
        Index("ix_appointment_provider_starts", "provider_id", "starts_at"),
        Index("ix_appointment_case_starts", "case_id", "starts_at"),
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


def unheld_from(session: Session, case_id: int, day: date) -> list[Appointment]:
    """Appointments of a case from a local date on whose attendance is not yet recorded, with their attendances."""
    query = select(Appointment).where(
        Appointment.case_id == case_id, Appointment.local_date >= day,
        Appointment.status.in_([AppointmentStatus.SCHEDULED, AppointmentStatus.CONFIRMED]),
    ).options(selectinload(Appointment.attendances))
    return list(session.scalars(query.order_by(Appointment.starts_at).with_for_update()))
