"""The free times of a provider: the one answer for staff, scheduling requests, the portal and inquiries (E16)."""

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from sqlalchemy.orm import Session

from practicerunner import clock
from practicerunner.errors import BadInput, NotFound
from practicerunner.records import availability
from practicerunner.records.availability import Frame
from practicerunner.rules import availability as rules
from practicerunner.rules import scheduling
from practicerunner.rules.availability import FreeSlot, Opening, Policy, Wanted
from practicerunner.vocabulary import Action, Audience, Resource, SessionFormat
from practicerunner.workflows.access import Actor, authorize
from practicerunner.workflows.commands import reader

AHEAD = 366
"""Days in which the next free time is looked for."""
_AT_ONCE = 28
_DAY = timedelta(days=1)
_TOO_FAR = "That date is too far away."


def free_slots(
    session: Session, provider_id: int, minutes: int, first: date, last: date, *,
    audience: Audience = Audience.STAFF, service_id: int | None = None, location_id: int | None = None,
    format: SessionFormat | None = None, except_appointment_id: int | None = None,
) -> list[FreeSlot]:
    """Every free start of a provider from a date to a date, both included: the one answer for staff, portal, inquiries.

    A provider without any opening hours has no free times for clients and inquiries; for staff, weekdays from 08:00
    to 18:00 then count as open. A place that is asked for without a format means in person. The appointment
    ``except_appointment_id`` does not count as taken: it is the one that moves. Somebody who left has no free times.
    Nobody is asked for permission here: that is for whoever calls. Raises BadInput.
    """
    _check(minutes, first, last)
    wanted = Wanted(minutes, audience, service_id, location_id, format)
    frame = availability.frame(session, provider_id, location_id)
    if frame is None:
        return []
    return _between(session, provider_id, frame, wanted, first, last, except_appointment_id)


def next_free(
    session: Session, provider_id: int, minutes: int, after: datetime | None = None, *,
    audience: Audience = Audience.STAFF, service_id: int | None = None, location_id: int | None = None,
    format: SessionFormat | None = None, except_appointment_id: int | None = None,
) -> FreeSlot | None:
    """The first free start from a moment on (default: now), at most a year ahead; otherwise as ``free_slots``."""
    found = next_few(
        session, provider_id, minutes, after, most=1, audience=audience, service_id=service_id,
        location_id=location_id, format=format, except_appointment_id=except_appointment_id,
    )
    return found[0] if found else None


def next_few(
    session: Session, provider_id: int, minutes: int, after: datetime | None = None, *, most: int,
    audience: Audience = Audience.STAFF, service_id: int | None = None, location_id: int | None = None,
    format: SessionFormat | None = None, except_appointment_id: int | None = None,
) -> list[FreeSlot]:
    """The first few free starts from a moment on; otherwise as ``next_free``."""
    after = max(after or clock.now(), clock.now())
    frame = availability.frame(session, provider_id, location_id)
    if frame is None:
        return []
    try:
        first = after.astimezone(ZoneInfo(frame.zone)).date()
        end = first + timedelta(days=AHEAD)
        _check(minutes, first, end)
        if audience is not Audience.STAFF:
            end = min(end, clock.today(frame.zone) + timedelta(days=policy_in(frame).advance_days))
        wanted = Wanted(minutes, audience, service_id, location_id, format)
        found: list[FreeSlot] = []
        while first <= end and len(found) < most and (frame.has_hours or audience is Audience.STAFF):
            last = min(end, first + timedelta(days=_AT_ONCE - 1))
            found += (
                slot for slot in _between(session, provider_id, frame, wanted, first, last, except_appointment_id)
                if scheduling.moment(slot.local_date, slot.local_time, frame.zone) >= after
            )
            first = last + timedelta(days=1)
    except OverflowError:
        raise BadInput("local_date", _TOO_FAR) from None
    return found[:most]


def _check(minutes: int, first: date, last: date) -> None:
    if not scheduling.SHORTEST <= minutes <= scheduling.LONGEST:
        raise BadInput("minutes", scheduling.LENGTH)
    if (last - first).days > rules.LONGEST_LOOK:
        raise BadInput("last", f"Free times are looked for in at most {rules.LONGEST_LOOK} days at once.")


def _between(
    session: Session, provider_id: int, frame: Frame, wanted: Wanted, first: date, last: date, except_id: int | None
) -> list[FreeSlot]:
    """Free starts of a provider whose frame is known."""
    now = clock.now()
    first = max(first, clock.today(frame.zone))
    if last < first or not frame.works_here or frame.place_in_use is False or (
        wanted.location_id is not None and frame.place_in_use is None
    ):
        return []
    try:
        hours, rooms = _hours(session, provider_id, frame, wanted.audience, first, last)
        if not hours:
            return []
        if wanted.location_id is not None:
            rooms = {wanted.location_id} if frame.place_is_room else set()
        policy = policy_in(frame)
        buffer = timedelta(minutes=policy.buffer_minutes)
        starts = scheduling.moment(first, time(), frame.zone) - buffer
        ends = scheduling.moment(last + _DAY, time(), frame.zone) + timedelta(minutes=wanted.minutes) + buffer
        taken = availability.taken_between(session, provider_id, starts, ends, except_id)
        of_rooms = {room: availability.taken_between(session, room, starts, ends, except_id) for room in rooms}
        return rules.free_starts(
            hours, taken, policy, wanted, first, last, zone=frame.zone, now=now, rooms=of_rooms
        )
    except OverflowError:
        raise BadInput("local_date", _TOO_FAR) from None


def _hours(
    session: Session, provider_id: int, frame: Frame, audience: Audience, first: date, last: date
) -> tuple[list[Opening], set[int]]:
    """The hours that may count from a date until shortly after another, and which of their places are rooms."""
    found: dict[int, Opening] = {}
    rooms: set[int] = set()
    for row in availability.open_between(session, provider_id, first, last + timedelta(days=2)):
        known = found.get(row.hours_id)
        services = frozenset(() if row.service_id is None else (row.service_id,))
        found[row.hours_id] = known._replace(services=known.services | services) if known else Opening(
            row.starts, row.ends, row.weekday, row.on_date, row.is_closed, row.valid_from, row.valid_until,
            row.for_existing_clients, row.for_new_inquiries, row.location_id, row.format, services,
        )
        if row.is_room and row.location_id is not None:
            rooms.add(row.location_id)
    hours = list(found.values())
    if not frame.has_hours:
        hours = [*rules.STAFF_WEEK, *hours] if audience is Audience.STAFF else []
    return hours, rooms


def policy_in(frame: Frame) -> Policy:
    """The policy that was saved, or the defaults."""
    if frame.notice_hours is None or frame.advance_days is None or frame.buffer_minutes is None or (
        frame.grid_minutes is None
    ):
        return Policy()
    return Policy(frame.notice_hours, frame.advance_days, frame.buffer_minutes, frame.grid_minutes)


@reader(Resource.APPOINTMENTS)
def free_times(
    session: Session, actor: Actor, provider_id: int, minutes: int, first: date, last: date, *,
    audience: Audience = Audience.STAFF, service_id: int | None = None, location_id: int | None = None,
    format: SessionFormat | None = None, except_appointment_id: int | None = None,
) -> list[FreeSlot]:
    """``free_slots`` for staff: of those whose appointments the actor may see. Raises NotFound, BadInput."""
    authorize(session, actor, Action.READ, Resource.APPOINTMENTS, responsible=[provider_id])
    return free_slots(
        session, provider_id, minutes, first, last, audience=audience, service_id=service_id, location_id=location_id,
        format=format, except_appointment_id=except_appointment_id,
    )


@dataclass(frozen=True, slots=True)
class Nearby:
    """What a form says beside a time that is being chosen."""

    free: tuple[FreeSlot, ...]
    """The next free times from the chosen date on."""
    is_outside: bool
    """Whether the chosen time lies outside the opening hours; never where there are none."""
    has_hours: bool


@reader(Resource.APPOINTMENTS)
def times_nearby(
    session: Session, actor: Actor, provider_id: int, minutes: int, local_date: date, local_time: time, *,
    service_id: int | None = None, location_id: int | None = None, format: SessionFormat | None = None, most: int = 5,
    except_appointment_id: int | None = None,
) -> Nearby:
    """The next free times for staff from a date on, and whether a time lies outside the opening hours."""
    authorize(session, actor, Action.READ, Resource.APPOINTMENTS, responsible=[provider_id])
    frame = availability.frame(session, provider_id, location_id)
    if frame is None:
        raise NotFound(actor=actor, action=Action.READ, resource=Resource.APPOINTMENTS, resource_id=provider_id)
    try:
        begins = scheduling.moment(local_date, time(), frame.zone)
        free = next_few(
            session, provider_id, minutes, begins, most=most, service_id=service_id, location_id=location_id,
            format=format, except_appointment_id=except_appointment_id,
        )
        hours, _ = _hours(session, provider_id, frame, Audience.STAFF, local_date, local_date)
        wanted = Wanted(minutes, Audience.STAFF, service_id, location_id, format)
        outside = frame.has_hours and not rules.is_open(hours, wanted, local_date, local_time, frame.zone)
    except OverflowError:
        raise BadInput("local_date", _TOO_FAR) from None
    return Nearby(tuple(free), outside, frame.has_hours)
