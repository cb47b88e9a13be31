"""When a provider is open for appointments, and how far ahead, how late and how tightly they may be booked (E16)."""

from collections.abc import Sequence
from datetime import date, datetime, time, timedelta
from typing import NamedTuple

from sqlalchemy import CheckConstraint, ForeignKey, String, UniqueConstraint, and_, bindparam, exists, or_, select, true
from sqlalchemy.orm import Mapped, Session, mapped_column, relationship

from practicerunner.records.base import Revised, Row, word
from practicerunner.records.practice import Location, Practice
from practicerunner.records.scheduling import Hold
from practicerunner.records.staff import Staff
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


# Plain tables and statements that are built once: free times are looked for on every run of a form.
_hours, _limit, _policy = OpeningHours.__table__.c, OpenService.__table__.c, BookingPolicy.__table__.c
_staff, _practice, _location, _hold = Staff.__table__.c, Practice.__table__.c, Location.__table__.c, Hold.__table__.c
_DAY = timedelta(days=1)


class Frame(NamedTuple):
    """What free times of a provider depend on beside the hours and what is taken."""

    zone: str
    works_here: bool
    notice_hours: int | None
    """``None``, like the next three: no policy was saved."""
    advance_days: int | None
    buffer_minutes: int | None
    grid_minutes: int | None
    has_hours: bool
    """Whether there are opening hours at all, of whichever time."""
    place_in_use: bool | None
    """Of the place that was asked for; ``None`` if there is none."""
    place_is_room: bool | None


_FRAME = (
    select(
        _practice.zone, _staff.active, _policy.notice_hours, _policy.advance_days, _policy.buffer_minutes,
        _policy.grid_minutes,
        exists().where(_hours.provider_id == _staff.id, _hours.is_closed.is_(False)).label("has_hours"),
        _location.active, _location.is_room,
    )
    .select_from(
        Staff.__table__.join(Practice.__table__, true())
        .outerjoin(BookingPolicy.__table__, _policy.provider_id == _staff.id)
        .outerjoin(Location.__table__, _location.id == bindparam("location_id"))
    )
    .where(_staff.id == bindparam("provider_id"))
)


def frame(session: Session, provider_id: int, location_id: int | None) -> Frame | None:
    """Zone, policy and place for free times; ``None`` for somebody who is no member of staff."""
    row = session.connection().execute(_FRAME, {"provider_id": provider_id, "location_id": location_id}).first()
    return None if row is None else Frame(*row)


class HoursRow(NamedTuple):
    """One stretch of opening hours, with one of the services to which it is limited."""

    hours_id: int
    starts: time
    ends: time
    weekday: int | None
    on_date: date | None
    is_closed: bool
    valid_from: date | None
    valid_until: date | None
    for_existing_clients: bool
    for_new_inquiries: bool
    location_id: int | None
    format: SessionFormat | None
    service_id: int | None
    is_room: bool | None


_HOURS = (
    select(
        _hours.id, _hours.starts, _hours.ends, _hours.weekday, _hours.on_date, _hours.is_closed, _hours.valid_from,
        _hours.valid_until, _hours.for_existing_clients, _hours.for_new_inquiries, _hours.location_id, _hours.format,
        _limit.service_id, _location.is_room,
    )
    .select_from(
        OpeningHours.__table__.outerjoin(OpenService.__table__, _limit.opening_hours_id == _hours.id)
        .outerjoin(Location.__table__, _location.id == _hours.location_id)
    )
    .where(
        _hours.provider_id == bindparam("provider_id"), or_(_location.id.is_(None), _location.active),
        or_(
            and_(
                _hours.weekday.is_not(None),
                or_(_hours.valid_from.is_(None), _hours.valid_from <= bindparam("last")),
                or_(_hours.valid_until.is_(None), _hours.valid_until >= bindparam("first")),
            ),
            _hours.on_date.between(bindparam("first"), bindparam("last")),
        ),
    )
    .order_by(_hours.id)
)


def open_between(session: Session, provider_id: int, first: date, last: date) -> list[HoursRow]:
    """A provider's hours that may count on some of these dates, in the order of entry; places out of use left out."""
    asked = {"provider_id": provider_id, "first": first, "last": last}
    return [HoursRow._make(row) for row in session.connection().execute(_HOURS, asked)]


_TAKEN = select(_hold.starts_at, _hold.ends_at).where(
    _hold.resource_id == bindparam("resource_id"), _hold.starts_at > bindparam("earliest"),
    _hold.starts_at < bindparam("ends"), _hold.ends_at > bindparam("starts"),
)
_TAKEN_BY_OTHERS = _TAKEN.where(
    or_(_hold.appointment_id.is_(None), _hold.appointment_id != bindparam("except_id"))
)


def taken_between(
    session: Session, resource_id: int, starts_at: datetime, ends_at: datetime, except_id: int | None = None
) -> Sequence[tuple[datetime, datetime]]:
    """When a provider or a room is taken within a stretch; appointment ``except_id`` takes nothing."""
    asked = {"resource_id": resource_id, "starts": starts_at, "ends": ends_at, "earliest": starts_at - _DAY}
    if except_id is None:
        return session.connection().execute(_TAKEN, asked).all()
    return session.connection().execute(_TAKEN_BY_OTHERS, asked | {"except_id": except_id}).all()


def hours_of(session: Session, provider_id: int, since: date) -> list[OpeningHours]:
    """A provider's weekly hours that are not over, and exceptions from a date on, in the order of the week and date."""
    query = select(OpeningHours).where(
        OpeningHours.provider_id == provider_id, or_(
            and_(OpeningHours.weekday.is_not(None),
                 or_(OpeningHours.valid_until.is_(None), OpeningHours.valid_until >= since)),
            OpeningHours.on_date >= since,
        )
    )
    return list(session.scalars(query.order_by(
        OpeningHours.weekday, OpeningHours.on_date, OpeningHours.starts, OpeningHours.id
    )))


def policy_of(session: Session, provider_id: int) -> BookingPolicy | None:
    """The booking policy that a provider has saved."""
    return session.scalar(select(BookingPolicy).where(BookingPolicy.provider_id == provider_id))
