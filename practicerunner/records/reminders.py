"""When people are reminded of their appointments: for the practice, a case, or one person in a case (E17)."""

from datetime import datetime
from typing import NamedTuple

from sqlalchemy import ForeignKey, UniqueConstraint, and_, exists, or_, select
from sqlalchemy.orm import Mapped, Session, mapped_column, relationship

from practicerunner.records.base import Revised, Row
from practicerunner.records.cases import Participant
from practicerunner.records.consent_basis import is_own_mailbox
from practicerunner.records.people import MAY_MAIL, ContactPoint, Person
from practicerunner.records.practice import Location
from practicerunner.records.scheduling import Appointment, Attendance
from practicerunner.records.staff import Staff
from practicerunner.vocabulary import AppointmentStatus, AttendanceStatus, ParticipantStatus, SessionFormat


class ReminderSetting(Revised):
    """When to remind; the narrowest counts: a person in a case, then the case, then the practice (both empty)."""

    __tablename__ = "reminder_setting"

    case_id: Mapped[int | None] = mapped_column(ForeignKey("case_file.id"))
    person_id: Mapped[int | None] = mapped_column(ForeignKey("person.id"))
    times: Mapped[list["ReminderTime"]] = relationship(
        order_by="ReminderTime.hours_before.desc()", cascade="all, delete-orphan", lazy="selectin"
    )
    """No times: no reminders."""

    __table_args__ = (UniqueConstraint("case_id", "person_id"),)


class ReminderTime(Row):
    """So many hours before the start, counted on the wall clock (DEC13)."""

    __tablename__ = "reminder_time"

    setting_id: Mapped[int] = mapped_column(ForeignKey("reminder_setting.id"))
    hours_before: Mapped[int]

    __table_args__ = (UniqueConstraint("setting_id", "hours_before"),)


def setting(session: Session, case_id: int | None, person_id: int | None) -> ReminderSetting | None:
    """The setting of exactly this width."""
    return session.scalar(select(ReminderSetting).where(
        ReminderSetting.case_id.is_not_distinct_from(case_id),
        ReminderSetting.person_id.is_not_distinct_from(person_id),
    ))


def settings_of(session: Session, case_id: int) -> dict[tuple[int | None, int | None], ReminderSetting]:
    """The settings that count in a case, the practice's included, by case and person."""
    rows = session.scalars(select(ReminderSetting).where(
        or_(ReminderSetting.case_id == case_id, ReminderSetting.case_id.is_(None))
    ))
    return {(row.case_id, row.person_id): row for row in rows}


Times = dict[tuple[int | None, int | None], tuple[int, ...]]
"""Case and person, both of whom may be left out → hours before, the earliest reminder first."""


def times(session: Session, case_id: int | None = None) -> Times:
    """Every setting, or those that count in one case."""
    query = select(ReminderSetting.case_id, ReminderSetting.person_id, ReminderTime.hours_before).outerjoin(
        ReminderTime, ReminderTime.setting_id == ReminderSetting.id
    ).order_by(ReminderTime.hours_before.desc())
    if case_id is not None:
        query = query.where(or_(ReminderSetting.case_id == case_id, ReminderSetting.case_id.is_(None)))
    found: Times = {}
    for case, person, hours in session.connection().execute(query):
        found[case, person] = found.get((case, person), ()) + (() if hours is None else (hours,))
    return found


class Expected(NamedTuple):
    """Somebody who is expected at an appointment and may be written to, with what the message may tell."""

    appointment_id: int
    case_id: int
    starts_at: datetime
    format: SessionFormat
    place: str | None
    address: str | None
    video_link: str
    person_id: int
    first_name: str
    preferred_name: str
    zone: str


_EXPECTED = (
    select(
        Appointment.id, Appointment.case_id, Appointment.starts_at, Appointment.format, Location.name,
        Location.address, Staff.video_link, Person.id, Person.first_name, Person.preferred_name, Person.zone,
    ).select_from(Appointment).join(Attendance, Attendance.appointment_id == Appointment.id)
    .join(Person, Person.id == Attendance.person_id).join(Staff, Staff.id == Appointment.provider_id)
    .outerjoin(Location, Location.id == Appointment.location_id).where(
        Appointment.status.in_([AppointmentStatus.SCHEDULED, AppointmentStatus.CONFIRMED]),
        Attendance.status.in_([AttendanceStatus.SCHEDULED, AttendanceStatus.CONFIRMED]),
        Person.died_on.is_(None), exists().where(ContactPoint.person_id == Person.id, *MAY_MAIL),
        # Of what is confidential only the client is reminded, where nobody else reads the e-mail.
        or_(~Attendance.confidential, exists().where(
            ContactPoint.person_id == Person.id, *MAY_MAIL, is_own_mailbox())),
        exists().where(and_(
            Participant.case_id == Appointment.case_id, Participant.person_id == Person.id,
            Participant.status != ParticipantStatus.WAITLISTED,
            or_(Participant.left_on.is_(None), Participant.left_on > Appointment.local_date),
        )),
    ).order_by(Appointment.starts_at, Appointment.id, Person.id)
)


def expected_between(session: Session, after: datetime, until: datetime) -> list[Expected]:
    """Who is expected at appointments that start in a stretch, and may be written to; by time."""
    query = _EXPECTED.where(Appointment.starts_at > after, Appointment.starts_at <= until)
    return [Expected(*row) for row in session.connection().execute(query)]


def expected_at(session: Session, appointment_id: int, person_id: int) -> Expected | None:
    """Somebody at one appointment, if they are expected there and may be written to."""
    query = _EXPECTED.where(Appointment.id == appointment_id, Person.id == person_id)
    row = session.connection().execute(query).first()
    return Expected(*row) if row else None
