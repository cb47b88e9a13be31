"""Series: the rule behind recurring appointments, its occurrences, and the dates that were left out."""

from collections.abc import Collection
from datetime import date, time, timedelta

from sqlalchemy import ForeignKey, String, UniqueConstraint, func, select
from sqlalchemy.orm import Mapped, Session, mapped_column, selectinload

from practicerunner.records.base import FOR_CHANGE, Revised, Row, word
from practicerunner.records.billing import Charge, ChargeShare
from practicerunner.records.notes import Note
from practicerunner.records.scheduling import Appointment, Attendance
from practicerunner.vocabulary import SessionFormat


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


def series(session: Session, series_id: int, *, lock: bool = False) -> Series | None:
    """A series, locked if it is going to be changed."""
    return session.get(Series, series_id, with_for_update=FOR_CHANGE if lock else None)


def lock_whole(session: Session, appointment_id: int) -> None:
    """Lock the series of an appointment and then all its occurrences by id.

    In one order, whichever occurrence somebody begins from: else two who change one series wait for each other.
    """
    of_it = select(Appointment.series_id).where(Appointment.id == appointment_id).scalar_subquery()
    session.execute(select(Series.id).where(Series.id == of_it).with_for_update(key_share=True))
    session.execute(
        select(Appointment.id).where(Appointment.series_id == of_it).order_by(Appointment.id)
        .with_for_update(key_share=True)
    )


def occurrences(session: Session, series_id: int) -> list[Appointment]:
    """Every appointment of a series with its attendances, by the dates that the rule gave."""
    return list(session.scalars(
        select(Appointment).where(Appointment.series_id == series_id).options(selectinload(Appointment.attendances))
        .order_by(Appointment.series_date)
    ))


def skips(session: Session, series_id: int) -> list[SeriesSkip]:
    """The dates that were left out and are not booked yet, in order."""
    return list(session.scalars(
        select(SeriesSkip).where(SeriesSkip.series_id == series_id).order_by(SeriesSkip.series_date)
    ))


def last_date(session: Session, series_id: int) -> date | None:
    """The latest date that the rule has given so far, booked or left out."""
    booked = select(func.max(Appointment.series_date)).where(Appointment.series_id == series_id)
    skipped = select(func.max(SeriesSkip.series_date)).where(SeriesSkip.series_id == series_id)
    found = [day for day in (session.scalar(booked), session.scalar(skipped)) if day is not None]
    return max(found, default=None)


def date_count(session: Session, series_id: int) -> int:
    """How many dates the rule has given so far, booked, cancelled or left out."""
    booked = select(func.count()).where(Appointment.series_id == series_id)
    skipped = select(func.count()).where(SeriesSkip.series_id == series_id)
    return (session.scalar(booked) or 0) + (session.scalar(skipped) or 0)


def shifted(series: Series, series_date: date) -> date:
    """The date on which an occurrence takes place that the rule gives for ``series_date``."""
    return series_date + timedelta(days=series.shift_days)


def noted(session: Session, appointment_ids: Collection[int]) -> set[int]:
    """Which of these appointments have a note of any kind, begun or signed."""
    query = select(Note.appointment_id).where(Note.appointment_id.in_(appointment_ids))
    return {found for found in session.scalars(query) if found is not None}


def invoiced(session: Session, appointment_ids: Collection[int]) -> set[int]:
    """Which of these appointments have a charge on an invoice that is not void."""
    return set(session.scalars(
        select(Charge.appointment_id).join(ChargeShare, ChargeShare.charge_id == Charge.id).where(
            Charge.appointment_id.in_(appointment_ids), Charge.withdrawn_at.is_(None),
            ChargeShare.invoice_id.is_not(None),
        )
    ))


def confidential_at_last(session: Session, series_id: int) -> set[int]:
    """To whom the latest occurrence of a series is confidential."""
    last = select(Appointment.id).where(Appointment.series_id == series_id).order_by(
        Appointment.series_date.desc()).limit(1).scalar_subquery()
    return set(session.scalars(select(Attendance.person_id).where(
        Attendance.appointment_id == last, Attendance.confidential)))
