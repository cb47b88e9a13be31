"""When a provider is open for appointments, and how far ahead, how late and how tightly they may be booked (E16)."""

from datetime import date, time

from sqlalchemy import CheckConstraint, ForeignKey, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from practicerunner.records.base import Revised, Row, word
from practicerunner.vocabulary import SessionFormat


class OpeningHours(Revised):
    """A stretch of a weekday, or of one date, in which a provider is open or, as an exception, closed.

    FHIR Schedule. Wall-clock time of the practice; ``ends`` at 00:00 is midnight at the end of the day.
    """

    __tablename__ = "opening_hours"

    provider_id: Mapped[int] = mapped_column(ForeignKey("staff.id"), index=True)
    weekday: Mapped[int | None]
    """0 is Monday; ``None`` for an exception on one date."""
    on_date: Mapped[date | None]
    is_closed: Mapped[bool] = mapped_column(default=False)
    """An exception that takes time away; otherwise the stretch is open."""
    starts: Mapped[time]
    ends: Mapped[time]
    valid_from: Mapped[date | None]
    valid_until: Mapped[date | None]
    """Last day on which a weekly stretch counts."""
    for_existing_clients: Mapped[bool] = mapped_column(default=True)
    for_new_inquiries: Mapped[bool] = mapped_column(default=False)
    location_id: Mapped[int | None] = mapped_column(ForeignKey("location.id"))
    """``None`` is any place."""
    format: Mapped[SessionFormat | None] = word(SessionFormat)
    """``None`` is any way to meet."""
    reason: Mapped[str] = mapped_column(String(120), default="")
    services: Mapped[list["OpenService"]] = relationship(cascade="all, delete-orphan", lazy="selectin")
    """Only these services; none is all."""

    __table_args__ = (CheckConstraint("(weekday is null) <> (on_date is null)", name="weekday_or_date"),)


class OpenService(Row):
    """A service to which a stretch of opening hours is limited."""

    __tablename__ = "open_service"

    opening_hours_id: Mapped[int] = mapped_column(ForeignKey("opening_hours.id"))
    service_id: Mapped[int] = mapped_column(ForeignKey("service.id"))

    __table_args__ = (UniqueConstraint("opening_hours_id", "service_id"),)


class BookingPolicy(Revised):
    """How a provider may be booked by clients; without a row the defaults of ``rules.availability`` count."""

    __tablename__ = "booking_policy"

    provider_id: Mapped[int] = mapped_column(ForeignKey("staff.id"), unique=True)
    notice_hours: Mapped[int]
    """A client's booking begins at least so many hours from now."""
    advance_days: Mapped[int]
    """A client books at most so many days ahead."""
    buffer_minutes: Mapped[int]
    """Free time before and after an appointment that is offered."""
    grid_minutes: Mapped[int]
    """Offered appointments start at multiples of this from midnight."""
