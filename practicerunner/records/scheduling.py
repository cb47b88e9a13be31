"""Appointments, who came, series, blocked time, and the holds that keep two of them from one slot."""

import json
from bisect import bisect_left, bisect_right
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from functools import cache

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    ForeignKey,
    Index,
    Select,
    String,
    Text,
    UniqueConstraint,
    bindparam,
    delete,
    exists,
    select,
    text,
)
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Mapped, Session, mapped_column, relationship, selectinload

from practicerunner import clock
from practicerunner.records.base import Revised, Row, moment, stamp, word
from practicerunner.records.cases import Case
from practicerunner.records.staff import Staff, Supervision
from practicerunner.records.touching import ATTENDING_ON, TAKEN_ON
from practicerunner.records.triggers import OVERLAP
from practicerunner.vocabulary import AppointmentStatus, AttendanceStatus, SessionFormat


class Appointment(Revised):
    """One dated occurrence of one case, alone or in a series (FHIR Appointment; held: Encounter)."""

    __tablename__ = "appointment"

    case_id: Mapped[int] = mapped_column(ForeignKey("case_file.id"))
    provider_id: Mapped[int] = mapped_column(ForeignKey("staff.id"))
    supervisor_id: Mapped[int | None] = mapped_column(ForeignKey("staff.id"))
    supervisor_is_own: Mapped[bool] = mapped_column(default=False)
    """Whether the supervisor was chosen for this appointment alone; else it follows the case or the provider (E24)."""
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
    memo_for_desk: Mapped[bool] = mapped_column(default=False)
    """Whether its author said that the front desk may read the memo."""
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
    changed_at: Mapped[datetime | None] = mapped_column(onupdate=clock.now)
    """When it was last changed, moved or called off; ``None`` while it stands as it was booked."""
    attendances: Mapped[list["Attendance"]] = relationship(order_by="Attendance.id", cascade="all, delete-orphan")

    __table_args__ = (
        CheckConstraint("minutes between 1 and 1440", name="minutes"),
        UniqueConstraint("series_id", "series_date"),
        Index("ix_appointment_provider_starts", "provider_id", "starts_at"),
        Index("ix_appointment_case_starts", "case_id", "starts_at"),
        # What was held and has no note yet is answered from here, for fifty cases of the client list at once.
        Index("ix_appointment_case_status", "case_id", "status", "starts_at", "local_date", "ends_at"),
        Index("ix_appointment_starts", "starts_at"),
        # Whose notes are due is answered from here, for a provider and for whoever supervises an appointment.
        Index("ix_appointment_provider_status", "provider_id", "status", "case_id"),
        Index("ix_appointment_supervisor", "supervisor_id", "status",
              sqlite_where=text("supervisor_id is not null"), postgresql_where=text("supervisor_id is not null")),
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
    confidential: Mapped[bool] = mapped_column(default=False)
    """Whether nobody who acts for this person comes across the appointment (A20)."""

    __table_args__ = (
        UniqueConstraint("appointment_id", "person_id"),
        Index("ix_attendance_case", "case_id", "status"),
        Index("ix_attendance_confidential", "person_id", sqlite_where=text("confidential = 1"),
              postgresql_where=text("confidential")),
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
    asked: int = 0
    """Which of the stretches that were asked about it touches."""


_DAY = timedelta(days=1)
Stretch = tuple[datetime, datetime]


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
    session: Session, resource_ids: Iterable[int], stretches: Sequence[Stretch], *, except_ids: Collection[int] = (),
) -> list[Taken]:
    """Holds of providers and rooms that touch any of the stretches, those of some appointments left out."""
    asked = [
        (at, stamp(starts), stamp(ends), stamp(starts - _DAY)) for at, (starts, ends) in enumerate(stretches)
    ]
    connection = session.connection()
    rows = connection.execute(TAKEN_ON[connection.dialect.name], {
        "stretches": json.dumps(asked), "ids": list(resource_ids), "except_ids": list(except_ids) or [-1],
    })
    return [
        Taken(resource_id, moment(starts), moment(ends), bool(is_block), at)
        for resource_id, starts, ends, is_block, at in rows
    ]


def attending(
    session: Session, person_ids: Iterable[int], stretches: Sequence[Stretch], *, except_ids: Collection[int] = (),
) -> list[Taken]:
    """When these people have another appointment that touches one of the stretches and is not called off."""
    people = list(person_ids)
    if not people or not stretches:
        return []
    connection = session.connection()
    rows = [
        (person_id, moment(starts), moment(ends))
        for person_id, starts, ends in connection.execute(ATTENDING_ON[connection.dialect.name], {
            "ids": people, "except_ids": list(except_ids) or [-1], "called_off": [word.value for word in CALLED_OFF],
            "cancelled": AppointmentStatus.CANCELLED.value, "ends": stamp(max(ends for _, ends in stretches)),
            "before": stamp(min(starts for starts, _ in stretches) - _DAY),
        })
    ]
    begins = [starts_at for _, starts_at, _ in rows]
    return [
        Taken(person_id, starts_at, ends_at, asked=at)
        for at, (starts, ends) in enumerate(stretches)
        for person_id, starts_at, ends_at in rows[bisect_right(begins, starts - _DAY):bisect_left(begins, ends)]
        if ends_at > starts
    ]


CALLED_OFF = (
    AttendanceStatus.LATE_CANCELLED, AttendanceStatus.CANCELLED_BY_CLIENT, AttendanceStatus.CANCELLED_BY_PROVIDER,
    AttendanceStatus.EXCUSED,
)
"""Statuses of a participant who is not expected."""


def release(session: Session, appointment_ids: Collection[int] = (), *, time_block_id: int | None = None) -> None:
    """Remove the holds of appointments or of a block."""
    owner = Hold.time_block_id == time_block_id if time_block_id is not None else (
        Hold.appointment_id.in_(appointment_ids))
    session.execute(delete(Hold).where(owner))


def is_overlap(error: IntegrityError) -> bool:
    """Whether the guard of the holds refused an insert, and not some other constraint."""
    return OVERLAP in str(error.orig) or "hold_no_overlap" in str(error.orig)


def appointment(session: Session, appointment_id: int, *, lock: bool = False) -> Appointment | None:
    """An appointment with its attendances, locked if it is going to be changed."""
    return session.scalar(_appointment(lock=lock), {"appointment_id": appointment_id})


@cache
def _appointment(*, lock: bool) -> Select[Appointment]:
    query = select(Appointment).where(Appointment.id == bindparam("appointment_id"))
    query = query.options(selectinload(Appointment.attendances))
    return query.with_for_update(key_share=True) if lock else query


def providers_of(session: Session, case_id: int) -> set[int]:
    """Ids of those who are or were to hold an appointment of a case."""
    return set(session.scalars(select(Appointment.provider_id).where(Appointment.case_id == case_id).distinct()))


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
    """Everybody who is ever responsible for somebody's work as the default, the newest last."""
    return list(session.scalars(
        select(Supervision).where(Supervision.associate_id == associate_id, Supervision.is_default)
        .order_by(Supervision.starts_on, Supervision.id)
    ))


def followers(
    session: Session, day: date, *, case_id: int | None = None, provider_id: int | None = None
) -> list[tuple[Appointment, int | None]]:
    """Appointments of a case or a provider from a day on that have no supervisor of their own, and their case's one.

    Those whose attendance is recorded are left out. Locked for a change.
    """
    query = select(Appointment, Case.supervisor_id).join(Case, Case.id == Appointment.case_id).where(
        Appointment.local_date >= day, Appointment.supervisor_is_own.is_(False),
        Appointment.status.not_in([AppointmentStatus.HELD, AppointmentStatus.NOT_HELD]),
        Appointment.case_id == case_id if case_id is not None else Appointment.provider_id == provider_id,
    )
    rows = session.execute(query.order_by(Appointment.id).with_for_update(of=Appointment, key_share=True))
    return [(found, supervisor_id) for found, supervisor_id in rows]


def holding(
    session: Session, resource_id: int, starts_at: datetime, ends_at: datetime
) -> list[tuple[int | None, datetime, datetime]]:
    """Which appointment holds a room, or a provider, when: what touches a stretch, in order."""
    rows = session.execute(
        select(Hold.appointment_id, Hold.starts_at, Hold.ends_at).where(
            Hold.resource_id == resource_id, Hold.starts_at < ends_at, Hold.starts_at > starts_at - _DAY,
            Hold.ends_at > starts_at,
        ).order_by(Hold.starts_at, Hold.id)
    )
    return [(appointment_id, first, last) for appointment_id, first, last in rows]


def overridden_by(session: Session, appointment_id: int) -> set[int]:
    """Whose time and which rooms an appointment takes over somebody else's."""
    return set(session.scalars(
        select(Hold.resource_id).where(Hold.appointment_id == appointment_id, Hold.overriding)
    ))


def last_of_case(session: Session, case_id: int, *, for_another: bool = False) -> Appointment | None:
    """The latest appointment of a case that was not cancelled: the next is mostly like it.

    ``for_another``: none that is confidential, because somebody asks who acts for a client.
    """
    query = select(Appointment).where(
        Appointment.case_id == case_id, Appointment.status != AppointmentStatus.CANCELLED,
    )
    if for_another:
        query = query.where(~exists().where(Attendance.appointment_id == Appointment.id, Attendance.confidential))
    return session.scalar(query.order_by(Appointment.starts_at.desc()).limit(1))


def ahead(session: Session, moment: datetime) -> list[Appointment]:
    """Every appointment that starts after a moment, locked for a change, with its attendances; by id."""
    return list(session.scalars(
        select(Appointment).where(Appointment.starts_at > moment).options(selectinload(Appointment.attendances))
        .order_by(Appointment.id).with_for_update(key_share=True)
    ))


def holds_of(session: Session, appointment_ids: Iterable[int]) -> dict[int, list[Hold]]:
    """Appointment → what it holds."""
    found: dict[int, list[Hold]] = {}
    for hold in session.scalars(select(Hold).where(Hold.appointment_id.in_(list(appointment_ids))).order_by(Hold.id)):
        if hold.appointment_id is not None:
            found.setdefault(hold.appointment_id, []).append(hold)
    return found
