"""What a provider sets: weekly opening hours, exceptions on one date, and how they may be booked (E16)."""

from dataclasses import dataclass
from datetime import date, time
from typing import Annotated

from pydantic import Field, ValidationInfo, field_validator, model_validator
from pydantic_core import PydanticCustomError
from sqlalchemy.orm import Session

from practicerunner import clock, ids
from practicerunner.errors import BadInput, NotFound, NotPermitted, Stale
from practicerunner.records import availability, calendar, staff
from practicerunner.records.availability import BookingPolicy, OpeningHours, OpenService
from practicerunner.records.practice import Location, Service
from practicerunner.rules import availability as rules
from practicerunner.rules.availability import Policy
from practicerunner.vocabulary import Action, Resource, SessionFormat
from practicerunner.workflows.access import Actor, authorize
from practicerunner.workflows.availability import policy_in
from practicerunner.workflows.cases import TREATING
from practicerunner.workflows.commands import Command, Line, command, reader

WEEKDAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")


class HoursDetails(Command):
    """From when until when, for whom, for which services, where and how."""

    starts: time
    ends: time
    """00:00 is midnight at the end of the day."""
    for_existing_clients: bool = True
    for_new_inquiries: bool = False
    location_id: int | None = None
    """``None`` is any place."""
    format: SessionFormat | None = None
    """``None`` is any way to meet."""
    service_ids: tuple[int, ...] = ()
    """None is every service."""

    @field_validator("starts", "ends")
    @classmethod
    def _whole_minutes(cls, value: time) -> time:
        if value.second or value.microsecond or value.tzinfo:
            raise PydanticCustomError("time", "Write the time as hours and minutes, for example 16:00.")
        return value

    @field_validator("ends")
    @classmethod
    def _forwards(cls, value: time, known: ValidationInfo) -> time:
        if "starts" in known.data and rules.is_backwards(known.data["starts"], value):
            raise PydanticCustomError("backwards", rules.OVER_MIDNIGHT)
        return value

    @field_validator("service_ids")
    @classmethod
    def _each_once(cls, value: tuple[int, ...]) -> tuple[int, ...]:
        return tuple(sorted(set(value)))


class WeeklyDetails(HoursDetails):
    """Hours that come back each week, from a day on and until a day, both included."""

    valid_from: date | None = None
    valid_until: date | None = None

    @field_validator("valid_until")
    @classmethod
    def _not_over_before(cls, value: date | None, known: ValidationInfo) -> date | None:
        begins = known.data.get("valid_from")
        if value is not None and begins is not None and value < begins:
            raise PydanticCustomError("valid_until", "The last day lies before the first day.")
        return value


class AddWeeklyHours(WeeklyDetails):
    """Open a provider's time on some weekdays; 0 is Monday."""

    provider_id: int
    weekdays: tuple[Annotated[int, Field(ge=0, le=6)], ...]

    @field_validator("weekdays")
    @classmethod
    def _some_day(cls, value: tuple[int, ...]) -> tuple[int, ...]:
        if not value:
            raise PydanticCustomError("weekdays", "Choose at least one weekday.")
        return tuple(sorted(set(value)))


class ChangeWeeklyHours(WeeklyDetails):
    """Change the hours of one weekday."""

    opening_hours_id: int
    revision: int
    weekday: int = Field(ge=0, le=6)


class ExceptionDetails(HoursDetails):
    """What is different on one date: open beyond the week's hours, or closed in spite of them."""

    on_date: date
    is_closed: bool = False
    reason: Line = Field(default="", max_length=120)

    @model_validator(mode="after")
    def _closed_is_closed(self) -> "ExceptionDetails":
        if self.is_closed and (self.location_id is not None or self.format is not None or self.service_ids):
            raise PydanticCustomError("closed", "Closed time is closed everywhere and for every service.")
        return self


class AddException(ExceptionDetails):
    """Open or close a provider's time on one date."""

    provider_id: int


class ChangeException(ExceptionDetails):
    """Change what is different on one date."""

    opening_hours_id: int
    revision: int


class RemoveHours(Command):
    """Remove weekly hours or an exception."""

    opening_hours_id: int
    revision: int


class SavePolicy(Command):
    """How a provider may be booked: notice and limit for clients, buffer and grid for everybody."""

    provider_id: int
    revision: int = 0
    """0 where no policy was saved before."""
    notice_hours: int = Field(ge=0, le=720)
    advance_days: int = Field(ge=1, le=365)
    buffer_minutes: int = Field(ge=0, le=240)
    grid_minutes: int = Field(ge=5, le=240)


@command(Resource.APPOINTMENTS, Action.CREATE)
def add_weekly_hours(session: Session, actor: Actor, asked: AddWeeklyHours) -> list[int]:
    """Open a provider's time each week. Returns an id for each weekday. Raises BadInput."""
    authorize(session, actor, Action.CREATE, Resource.APPOINTMENTS, responsible=[asked.provider_id])
    _treating(session, asked.provider_id)
    _check_choices(session, asked)
    made = []
    for weekday in asked.weekdays:
        row = OpeningHours(id=ids.new_id(), provider_id=asked.provider_id, weekday=weekday)
        _write(row, asked)
        session.add(row)
        made.append(row.id)
    days = ", ".join(WEEKDAYS[weekday] for weekday in asked.weekdays)
    session.info["detail"] = f"{days} {_hours_in_words(asked)}"
    session.flush()
    return made


@command(Resource.APPOINTMENTS, Action.UPDATE)
def change_weekly_hours(session: Session, actor: Actor, asked: ChangeWeeklyHours) -> int:
    """Change the hours of one weekday. Raises Stale, BadInput."""
    row = _to_change(session, actor, asked.opening_hours_id, asked.revision)
    if row.weekday is None:
        raise NotFound(actor=actor, action=Action.UPDATE, resource=Resource.APPOINTMENTS, resource_id=row.id)
    _check_choices(session, asked)
    row.weekday = asked.weekday
    _write(row, asked)
    row.revision += 1
    session.info["detail"] = f"{WEEKDAYS[asked.weekday]} {_hours_in_words(asked)}"
    session.flush()
    return row.id


@command(Resource.APPOINTMENTS, Action.CREATE)
def add_exception(session: Session, actor: Actor, asked: AddException) -> int:
    """Open or close a provider's time on one date; appointments stay. Returns its id. Raises BadInput."""
    authorize(session, actor, Action.CREATE, Resource.APPOINTMENTS, responsible=[asked.provider_id])
    _treating(session, asked.provider_id)
    _check_choices(session, asked)
    _check_ahead(session, asked)
    row = OpeningHours(id=ids.new_id(), provider_id=asked.provider_id)
    _write(row, asked)
    session.add(row)
    session.info["detail"] = _exception_in_words(asked)
    session.flush()
    return row.id


@command(Resource.APPOINTMENTS, Action.UPDATE)
def change_exception(session: Session, actor: Actor, asked: ChangeException) -> int:
    """Change what is different on one date. Raises Stale, BadInput."""
    row = _to_change(session, actor, asked.opening_hours_id, asked.revision)
    if row.on_date is None:
        raise NotFound(actor=actor, action=Action.UPDATE, resource=Resource.APPOINTMENTS, resource_id=row.id)
    _check_choices(session, asked)
    _check_ahead(session, asked)
    _write(row, asked)
    row.revision += 1
    session.info["detail"] = _exception_in_words(asked)
    session.flush()
    return row.id


@command(Resource.APPOINTMENTS, Action.UPDATE)
def remove_hours(session: Session, actor: Actor, asked: RemoveHours) -> int:
    """Remove weekly hours or an exception; appointments that lie in them stay. Raises Stale."""
    row = _to_change(session, actor, asked.opening_hours_id, asked.revision)
    when = str(row.on_date) if row.weekday is None else WEEKDAYS[row.weekday]
    session.info["detail"] = f"{when} {row.starts:%H:%M}–{row.ends:%H:%M}"
    session.delete(row)
    session.flush()
    return asked.opening_hours_id


@command(Resource.APPOINTMENTS, Action.UPDATE)
def save_policy(session: Session, actor: Actor, asked: SavePolicy) -> int:
    """Save how a provider may be booked. Returns the policy's id. Raises Stale, BadInput."""
    authorize(session, actor, Action.UPDATE, Resource.APPOINTMENTS, responsible=[asked.provider_id])
    _treating(session, asked.provider_id, lock=True)  # Two first saves wait for each other.
    row = availability.policy_of(session, asked.provider_id)
    if (row.revision if row else 0) != asked.revision:
        raise Stale
    if row is None:
        row = BookingPolicy(id=ids.new_id(), provider_id=asked.provider_id, revision=0)
        session.add(row)
    for field in Policy._fields:
        setattr(row, field, getattr(asked, field))
    row.revision += 1
    session.info["detail"] = ", ".join(f"{field} {getattr(asked, field)}" for field in Policy._fields)
    session.flush()
    return row.id


def _to_change(session: Session, actor: Actor, hours_id: int, revision: int) -> OpeningHours:
    """Hours locked for a change, if they are the actor's to change. Raises NotFound, Stale."""
    row = session.get(OpeningHours, hours_id, with_for_update=True)
    if row is None:
        raise NotFound(actor=actor, action=Action.UPDATE, resource=Resource.APPOINTMENTS, resource_id=hours_id)
    authorize(
        session, actor, Action.UPDATE, Resource.APPOINTMENTS, responsible=[row.provider_id], resource_id=hours_id
    )
    if row.revision != revision:
        raise Stale
    return row


_NO_COLUMN = {"op", "provider_id", "opening_hours_id", "revision", "weekdays", "service_ids"}
"""Fields of the commands that are not written as they are."""


def _write(row: OpeningHours, asked: HoursDetails) -> None:
    """Put what was entered into the row; only services that changed are written."""
    for field in set(type(asked).model_fields) - _NO_COLUMN:
        setattr(row, field, getattr(asked, field))
    known = {limit.service_id: limit for limit in row.services}
    row.services = [known.get(service_id) or OpenService(service_id=service_id) for service_id in asked.service_ids]


def _treating(session: Session, provider_id: int, *, lock: bool = False) -> None:
    """Refuse opening hours of somebody who sees no clients. Raises BadInput."""
    person = staff.staff_with_own_roles(session, provider_id)
    if person is None or not person.active or not {r.role for r in person.roles} & TREATING:
        raise BadInput("provider_id", "Choose somebody who sees clients.")
    if lock:
        session.refresh(person, attribute_names=["revision"], with_for_update=True)


def _check_choices(session: Session, asked: HoursDetails) -> None:
    """Place and services are in use. Raises BadInput."""
    if asked.location_id is not None:
        place = session.get(Location, asked.location_id)
        if place is None or not place.active:
            raise BadInput("location_id", "Choose a location from the list.")
    for service_id in asked.service_ids:
        service = session.get(Service, service_id)
        if service is None or not service.active:
            raise BadInput("service_ids", "Choose services from the list.")


def _check_ahead(session: Session, asked: ExceptionDetails) -> None:
    if asked.on_date < clock.today(calendar.zone(session)):
        raise BadInput("on_date", "That day is over; choose one that is still ahead.")


def _hours_in_words(asked: HoursDetails) -> str:
    return f"{asked.starts:%H:%M}–{asked.ends:%H:%M}"


def _exception_in_words(asked: ExceptionDetails) -> str:
    return f"{asked.on_date} {_hours_in_words(asked)} {'closed' if asked.is_closed else 'open'}"


# --- What a page shows ------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Hours:
    """One stretch of a provider's hours, as a page lists it."""

    opening_hours_id: int
    revision: int
    weekday: int | None
    on_date: date | None
    is_closed: bool
    starts: time
    ends: time
    valid_from: date | None
    valid_until: date | None
    for_existing_clients: bool
    for_new_inquiries: bool
    location_id: int | None
    format: SessionFormat | None
    service_ids: tuple[int, ...]
    reason: str


@dataclass(frozen=True, slots=True)
class ProviderHours:
    """When a provider is open and how they may be booked."""

    provider_id: int
    weekly: tuple[Hours, ...]
    """That are not over, by weekday and time."""
    exceptions: tuple[Hours, ...]
    """From today on, by date and time."""
    policy: Policy
    policy_revision: int
    """0 where the defaults count because none was saved."""
    has_hours: bool
    """Whether anything was ever entered; without it staff may book weekdays from 08:00 to 18:00, and clients cannot."""
    may_change: bool
    today: date


@reader(Resource.APPOINTMENTS)
def provider_hours(session: Session, actor: Actor, provider_id: int) -> ProviderHours:
    """A provider's opening hours, exceptions and policy. Raises NotFound for strangers."""
    authorize(session, actor, Action.READ, Resource.APPOINTMENTS, responsible=[provider_id])
    frame = availability.frame(session, provider_id, None)
    if frame is None:
        raise NotFound(actor=actor, action=Action.READ, resource=Resource.APPOINTMENTS, resource_id=provider_id)
    today = clock.today(frame.zone)
    listed = [
        Hours(
            row.id, row.revision, row.weekday, row.on_date, row.is_closed, row.starts, row.ends, row.valid_from,
            row.valid_until, row.for_existing_clients, row.for_new_inquiries, row.location_id, row.format,
            tuple(limit.service_id for limit in row.services), row.reason,
        ) for row in availability.hours_of(session, provider_id, today)
    ]
    saved = availability.policy_of(session, provider_id)
    try:
        authorize(session, actor, Action.UPDATE, Resource.APPOINTMENTS, responsible=[provider_id])
        may_change = True
    except NotPermitted:
        may_change = False
    return ProviderHours(
        provider_id, tuple(h for h in listed if h.weekday is not None), tuple(h for h in listed if h.weekday is None),
        policy_in(frame), saved.revision if saved else 0, frame.has_hours, may_change, today,
    )
