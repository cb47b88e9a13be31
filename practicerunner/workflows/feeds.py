"""Calendar feeds: private addresses under which somebody's own appointments are read by a calendar program (E22).

Whoever has the address reads the feed, so it tells little, can be revoked, and its secret is kept as a fingerprint
only. What a client's feed tells is the client's own view: never a case, a service or another person.
"""

import re
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

from pydantic import Field, SecretStr, field_serializer, field_validator, model_validator
from sqlalchemy.orm import Session

from practicerunner import clock, ids
from practicerunner.documents import ics
from practicerunner.errors import BadInput, NotFound, RuleViolation
from practicerunner.records import cases, feeds, practice, scheduling
from practicerunner.records.cases import Case
from practicerunner.records.feeds import CalendarFeed, FeedEntry
from practicerunner.records.practice import Practice
from practicerunner.records.staff import Staff
from practicerunner.rules import attendance as attendance_rules
from practicerunner.rules import scheduling as rules
from practicerunner.rules.case_types import capabilities
from practicerunner.rules.names import initials, person_name
from practicerunner.vocabulary import (
    AccessScope,
    Action,
    AppointmentStatus,
    AttendanceStatus,
    EventStatus,
    FeedShows,
    Resource,
    SessionFormat,
)
from practicerunner.workflows.access import Actor, authorize
from practicerunner.workflows.cases import TREATING
from practicerunner.workflows.commands import Command, command, reader
from practicerunner.workflows.portal_access import acting_with_scope

BACK, AHEAD = timedelta(days=30), timedelta(days=400)
"""How far a feed reaches from today."""
CANCELLED_STAYS = timedelta(days=30)
"""How long what was called off is still shown as such, so that every calendar program hears of it."""
READ_NOTED_EVERY = timedelta(hours=1)
"""That a feed was read is written down at most this often."""
BUSY = "Busy"
SECRET = re.compile(r"[A-Za-z0-9_-]{43}")
_CALLED_OFF = attendance_rules.CANCELLED | {AttendanceStatus.EXCUSED}
_DAY = timedelta(days=1)


class NoAppointments(RuleViolation):
    """Only somebody who sees clients has appointments to show."""


class FeedSecret(Command):
    """An address to be made. Its secret comes with the command, as its operation id does, so that a second click makes
    no second address.
    """

    secret: SecretStr = Field(default_factory=lambda: SecretStr(ids.new_token()))

    @field_validator("secret")
    @classmethod
    def _hard_to_guess(cls, value: SecretStr) -> SecretStr:
        if not SECRET.fullmatch(value.get_secret_value()):
            raise ValueError("A secret is 256 random bits.")
        return value

    @field_serializer("secret")
    def _never_written_down(self, value: SecretStr) -> str:
        return ids.fingerprint(value.get_secret_value())


class MakeFeed(FeedSecret):
    """Make an address for one's own appointments or, with a case and a person, for those of somebody in it."""

    shows: FeedShows = FeedShows.INITIALS
    case_id: int | None = None
    person_id: int | None = None
    replaces_id: int | None = None
    """The feed whose address stops working; without it, earlier addresses go on."""

    @model_validator(mode="after")
    def _both_or_neither(self) -> "MakeFeed":
        if (self.case_id is None) != (self.person_id is None):
            raise ValueError("A client's feed needs the case and the person.")
        return self


class RevokeFeed(Command):
    """Make an address useless, for good."""

    feed_id: int


@dataclass(frozen=True, slots=True)
class FeedView:
    """One address that works, without the address itself: nobody sees that again."""

    feed_id: int
    shows: FeedShows
    made_at: datetime
    last_read_at: datetime | None


def has_feeds(actor: Actor) -> bool:
    """Whether the actor has appointments of their own to show."""
    return bool(actor.roles & TREATING)


@command(Resource.APPOINTMENTS, Action.UPDATE)
def make_feed(session: Session, actor: Actor, asked: MakeFeed) -> int:
    """Make an address. Returns the feed's id; its secret is kept as a fingerprint. Raises NoAppointments, BadInput."""
    staff_id = None
    if asked.case_id is None:
        if not has_feeds(actor):
            raise NoAppointments
        authorize(session, actor, Action.UPDATE, Resource.APPOINTMENTS, responsible=[actor.staff_id])
        staff_id = actor.staff_id
    else:
        case = _case(session, actor, asked.case_id, Action.UPDATE)
        today = clock.today(practice.the_practice(session).zone)
        if not any(p.person_id == asked.person_id and (p.left_on is None or p.left_on > today)
                   for p in case.participants):
            raise BadInput("person_id", f"That {capabilities(case.type).called} does not take part any more.")
    if asked.replaces_id is not None:
        old = session.get(CalendarFeed, asked.replaces_id, with_for_update=True)
        if old is None or (old.staff_id, old.person_id, old.case_id) != (staff_id, asked.person_id, asked.case_id):
            raise NotFound(actor=actor, action=Action.UPDATE, resource=Resource.APPOINTMENTS)
        old.revoked_at = old.revoked_at or clock.now()
    made = CalendarFeed(
        id=ids.new_id(), staff_id=staff_id, person_id=asked.person_id, created_by_id=actor.staff_id,
        case_id=asked.case_id, shows=asked.shows if staff_id else FeedShows.BUSY,
        token_fingerprint=ids.fingerprint(asked.secret.get_secret_value()),
        acting_ids=sorted(_holders(session, asked.person_id, asked.case_id)),
    )
    session.add(made)
    session.flush()
    instead = ", instead of an earlier one" if asked.replaces_id is not None else ""
    session.info["detail"] = (f"own, shows {made.shows}" if staff_id else f"for person {asked.person_id}") + instead
    return made.id


@command(Resource.APPOINTMENTS, Action.UPDATE)
def revoke_feed(session: Session, actor: Actor, asked: RevokeFeed) -> int:
    """Make an address useless: one's own, or that of somebody in a case whose appointments one may change."""
    found = session.get(CalendarFeed, asked.feed_id, with_for_update=True)
    if found is None:
        raise NotFound(actor=actor, action=Action.UPDATE, resource=Resource.APPOINTMENTS)
    responsible = [found.staff_id]
    if found.person_id is not None:
        responsible = [
            case.provider_id for case in cases.cases_of(session, found.person_id) if found.case_id in (None, case.id)]
    authorize(session, actor, Action.UPDATE, Resource.APPOINTMENTS, responsible=responsible, resource_id=found.id)
    found.revoked_at = found.revoked_at or clock.now()
    session.info["detail"] = f"of person {found.person_id}" if found.person_id is not None else "of a provider"
    session.flush()
    return found.id


@reader(Resource.APPOINTMENTS)
def own_feeds(session: Session, actor: Actor) -> list[FeedView]:
    """One's own addresses that work, the oldest first."""
    return [_view(found) for found in feeds.of_staff(session, actor.staff_id)]


@reader(Resource.APPOINTMENTS)
def feeds_in_case(session: Session, actor: Actor, case_id: int) -> dict[int, list[FeedView]]:
    """Person → their addresses that work, for everybody in a case: those made for it, and those of their own making.

    Raises NotFound for strangers.
    """
    case = _case(session, actor, case_id, Action.READ)
    found: dict[int, list[FeedView]] = {participant.person_id: [] for participant in case.participants}
    for one in feeds.of_people(session, list(found)):
        if one.person_id is not None and one.case_id in (None, case.id) and not _was_for_somebody(session, one):
            found[one.person_id].append(_view(one))
    return found


def _was_for_somebody(session: Session, found: CalendarFeed) -> bool:
    """Whether an address that staff made may be in the hands of somebody whose right has ended since (D17, A22)."""
    return bool(found.person_id and found.acting_ids) and not _holders(
        session, found.person_id, found.case_id).issuperset(found.acting_ids)


def _holders(session: Session, person_id: int | None, case_id: int | None) -> set[int]:
    """How they act into whose hands an address that staff make for a client may come."""
    if person_id is None:
        return set()
    return set(acting_with_scope(session, person_id, AccessScope.SCHEDULING, case_id))


def _view(found: CalendarFeed) -> FeedView:
    return FeedView(found.id, found.shows, found.created_at, found.last_read_at)


def _case(session: Session, actor: Actor, case_id: int, action: Action) -> Case:
    case = session.get(Case, case_id)
    if case is None:
        raise NotFound(actor=actor, action=action, resource=Resource.APPOINTMENTS, case_id=case_id)
    watching = actor.staff_id if case.supervisor_id == actor.staff_id else None
    authorize(
        session, actor, action, Resource.APPOINTMENTS, responsible=[case.provider_id], supervisor_id=watching,
        case_id=case.id,
    )
    return case


def feed(session: Session, token: str, *, staff: bool = True, clients: bool = True) -> tuple[str, bytes] | None:
    """What stands under an address: the calendar's name and its text; ``None`` if the address is of no use.

    An address that was revoked, that never was, whose owner has left, or that is of a side which is not asked for is
    all the same to whoever asks.
    """
    house = practice.the_practice(session)
    today = clock.today(house.zone)
    found = feeds.live(session, ids.fingerprint(token), today, staff=staff, clients=clients)
    if found is None or _was_for_somebody(session, found):
        return None
    stretch = (
        rules.moment(today - BACK, time(), house.zone), rules.moment(today + AHEAD + _DAY, time(), house.zone)
    )
    if found.person_id is not None:
        name, events = house.name, _events_of_client(session, house, found, stretch)
    else:
        name, events = _own_calendar(session, house, found, stretch)
    return name, ics.draw(ics.Feed(name, house.zone, today.year, tuple(events)))


def is_reading_due(session: Session, token: str) -> bool:
    """Whether it was last written down long enough ago that a feed was read."""
    found = feeds.live(session, ids.fingerprint(token), clock.today(practice.the_practice(session).zone))
    return found is not None and _due(found)


def note_reading(session: Session, token: str) -> None:
    """Write down that a feed was read, at most once an hour; in no audit log, as programs read it all day."""
    found = feeds.by_token(session, ids.fingerprint(token))
    if found is not None and _due(found):
        found.last_read_at = clock.now()


def _due(found: CalendarFeed) -> bool:
    return found.last_read_at is None or clock.now() - found.last_read_at >= READ_NOTED_EVERY


def _own_calendar(
    session: Session, house: Practice, found: CalendarFeed, stretch: tuple[datetime, datetime]
) -> tuple[str, list[ics.Event]]:
    """A provider's appointments and blocked time, as much of each as the feed shows."""
    provider = session.get_one(Staff, found.staff_id)
    names = feeds.names_at(session, provider.id, *stretch) if found.shows is FeedShows.INITIALS else {}
    events = [
        _event(house, entry, _summary(entry, found.shows, names.get(entry.appointment_id, [])), _status(entry),
               "" if found.shows is FeedShows.BUSY else _place(entry))
        for entry in feeds.of_provider(session, provider.id, *stretch) if _is_shown(entry.status, entry.changed_at)
    ]
    for block, _ in scheduling.blocks(session, *stretch, [provider.id]):
        zone = ZoneInfo(block.zone)
        events.append(ics.Event(
            uid=_uid(house, block.id), starts=block.starts_at.astimezone(zone), ends=block.ends_at.astimezone(zone),
            summary=block.reason if found.shows is FeedShows.NAMES else BUSY, modified=block.created_at,
            sequence=block.revision - 1,
        ))
    return f"{provider.name}, {house.name}", events


def _summary(entry: FeedEntry, shows: FeedShows, people: list[tuple[str, str, str]]) -> str:
    if shows is FeedShows.NAMES:
        return entry.case_name
    if shows is FeedShows.INITIALS:
        if capabilities(entry.case_type).is_group:
            return initials(entry.case_name) or BUSY
        return ", ".join(filter(None, (initials(person_name(*name)) for name in people))) or BUSY
    return BUSY


def _status(entry: FeedEntry) -> EventStatus:
    """Booked is booked; where nobody is expected any more, the time is kept but in doubt."""
    if entry.status is AppointmentStatus.CANCELLED:
        return EventStatus.CANCELLED
    return EventStatus.TENTATIVE if entry.status is AppointmentStatus.NOT_HELD else EventStatus.CONFIRMED


def _events_of_client(
    session: Session, house: Practice, of: CalendarFeed, stretch: tuple[datetime, datetime]
) -> list[ics.Event]:
    """A client's own appointments, whichever case they belong to, with nothing said about that.

    An address that staff made tells those of its case alone: who made it may know of no other. What is confidential to
    them stands only under an address that they made themselves: one that staff made may have been given to whoever acts
    for them.
    """
    found = []
    for entry in feeds.of_client(
        session, of.person_id or 0, *stretch, confidential=of.created_by_id is None, case_id=of.case_id
    ):
        gone = entry.status is AppointmentStatus.CANCELLED or entry.attendance in _CALLED_OFF
        changed = max(entry.changed_at, entry.recorded_at or entry.changed_at)
        if gone and not _is_shown(AppointmentStatus.CANCELLED, changed):
            continue
        status = EventStatus.CANCELLED if gone else EventStatus.CONFIRMED
        found.append(_event(house, entry, f"Appointment with {house.name}", status, _place(entry)))
    return found


def _is_shown(status: AppointmentStatus, changed_at: datetime) -> bool:
    return status is not AppointmentStatus.CANCELLED or clock.now() - changed_at <= CANCELLED_STAYS


def _event(house: Practice, entry: FeedEntry, summary: str, status: EventStatus, place: str) -> ics.Event:
    zone = ZoneInfo(entry.zone)
    starts = datetime.combine(entry.local_date, entry.local_time.replace(fold=entry.fold), zone)
    return ics.Event(
        uid=_uid(house, entry.appointment_id), starts=starts,
        ends=(starts.astimezone(UTC) + timedelta(minutes=entry.minutes)).astimezone(zone), summary=summary,
        modified=entry.changed_at, sequence=entry.revision - 1, status=status, location=place,
    )


def _uid(house: Practice, record_id: int) -> str:
    return f"{record_id}@{house.id}.practicerunner"


def _place(entry: FeedEntry) -> str:
    """Where to be: the room with its address, or the way to meet."""
    if entry.format is SessionFormat.VIDEO:
        return entry.video_link or entry.format.label
    if entry.format is SessionFormat.PHONE:
        return entry.format.label
    lines = [entry.location or "", *(entry.address or "").splitlines()]
    return ", ".join(line.strip() for line in lines if line.strip())
