"""What an appointment takes and when: whose time and which room, what is taken already, and holding it."""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from practicerunner import ids
from practicerunner.errors import RuleViolation, SlotTaken
from practicerunner.records import calendar, practice, scheduling
from practicerunner.records.base import add_rows
from practicerunner.records.cases import Case
from practicerunner.records.people import Person
from practicerunner.records.practice import Location, Service
from practicerunner.records.scheduling import Appointment, Hold
from practicerunner.records.staff import Staff
from practicerunner.rules import scheduling as rules
from practicerunner.rules.names import person_name
from practicerunner.rules.scheduling import Slot
from practicerunner.vocabulary import (
    SessionFormat,
)
from practicerunner.workflows.access import Actor, PortalActor


class SeriesConflicts(SlotTaken):
    """Some dates of this series are already taken."""

    def __init__(self, conflicts: "Sequence[Conflict]") -> None:
        super().__init__("Nothing was saved. " + " ".join(conflict.sentence for conflict in conflicts))
        self.conflicts = tuple(conflicts)


class NoOverride(RuleViolation):
    """Only an owner or an admin may book over another appointment."""


@dataclass(frozen=True, slots=True)
class Conflict:
    """Who or what is taken already, and when. Never whose appointment it is that takes it."""

    resource_id: int
    name: str
    slot: Slot
    """The slot that was asked for."""
    starts: datetime
    """On the practice's wall clock."""
    ends: datetime
    is_block: bool = False

    @property
    def sentence(self) -> str:
        """What the user reads."""
        verb = "is blocked" if self.is_block else "is already taken"
        end = f"{self.ends:%H:%M}"
        if self.ends.date() != self.starts.date():
            end = f"{day_in_words(self.ends)} {end}"
        elif self.ends <= self.starts:
            end += ", after the clocks went back"
        return f"{self.name} {verb} on {day_in_words(self.starts)}, {self.starts:%H:%M}–{end}."


def day_in_words(value: datetime | date) -> str:
    """A day as sentences name it."""
    return f"{value:%a} {value.day} {value:%b} {value.year}"


@dataclass(frozen=True, slots=True)
class Wanted:
    """One slot that is wanted: of whom and what, and for whom."""

    slot: Slot
    resources: dict[int, str]
    """Id → name of the provider and, if it is one, of the room."""
    people: tuple[int, ...]
    """Ids of those who take part."""


@dataclass(frozen=True, slots=True)
class Plan:
    """A booking that passed every check but that of conflicts."""

    case: Case
    service: Service
    provider: Staff
    format: SessionFormat
    location: Location | None
    slots: tuple[Slot, ...]
    series_dates: tuple[date, ...]
    people: tuple[tuple[int, ...], ...]
    """For each slot, the ids of those who take part on that date."""

    @property
    def resources(self) -> dict[int, str]:
        """Who and what the holds take: the provider and, if it is one, the room."""
        return resources_of(self.provider, self.location)

    @property
    def wanted(self) -> list[Wanted]:
        """Its slots one by one."""
        resources = self.resources
        return [Wanted(slot, resources, there) for slot, there in zip(self.slots, self.people, strict=True)]

    def without(self, slots: Collection[Slot]) -> "Plan":
        """The same booking with some of its slots left out."""
        kept = [at for at, slot in enumerate(self.slots) if slot not in slots]
        return replace(
            self, slots=tuple(self.slots[at] for at in kept), people=tuple(self.people[at] for at in kept),
            series_dates=tuple(self.series_dates[at] for at in kept),
        )


def resources_of(provider: Staff, location: Location | None) -> dict[int, str]:
    """Id → name of what an appointment takes: the provider and, if it is one, the room."""
    room = {location.id: location.name} if location is not None and location.is_room else {}
    return {provider.id: provider.name} | room


def find_conflicts(
    session: Session, wanted: Sequence[Wanted], *, except_ids: Collection[int] = (),
) -> list[Conflict]:
    """Every clash of provider, room or participant, slot by slot; appointments that move away themselves left out."""
    stretches = [(want.slot.starts_at, want.slot.ends_at) for want in wanted]
    names = {resource_id: name for want in wanted for resource_id, name in want.resources.items()}
    everybody = {person_id for want in wanted for person_id in want.people}
    clashing = [
        (wanted[t.asked], t) for t in (
            *scheduling.taken(session, names, stretches, except_ids=except_ids),
            *scheduling.attending(session, everybody, stretches, except_ids=except_ids),
        ) if t.resource_id in wanted[t.asked].resources or t.resource_id in wanted[t.asked].people
    ]
    found = []
    for want, clash in sorted(clashing, key=lambda pair: pair[1].asked):
        if clash.resource_id not in names:
            person = session.get_one(Person, clash.resource_id)
            names[clash.resource_id] = person_name(person.first_name, person.last_name, person.preferred_name)
        zone = ZoneInfo(want.slot.zone)
        found.append(Conflict(
            clash.resource_id, names[clash.resource_id], want.slot,
            clash.starts_at.astimezone(zone).replace(tzinfo=None),
            clash.ends_at.astimezone(zone).replace(tzinfo=None), clash.is_block,
        ))
    return found


def free_rooms(session: Session, slots: Sequence[Slot]) -> tuple[str, ...]:
    """The rooms that nobody has taken at any of these times, by name."""
    rooms = {place.id: place.name for place in practice.locations(session) if place.is_room}
    taken = scheduling.taken(session, rooms, [(slot.starts_at, slot.ends_at) for slot in slots]) if rooms else []
    return tuple(name for room_id, name in rooms.items() if all(hold.resource_id != room_id for hold in taken))


Overridden = set[tuple[Slot, int]]
"""Slots that override what is there already, each with whom or what they override."""


def take_turns(session: Session, wanted: Iterable[Wanted]) -> None:
    """Wait for whoever books the same people and rooms at this moment."""
    scheduling.take_turns(session, {key for want in wanted for key in (*want.resources, *want.people)})


def settle(
    session: Session, actor: Actor | PortalActor, wanted: Sequence[Wanted], reason: str, *,
    except_ids: Collection[int] = (),
) -> Overridden:
    """Refuse conflicts, or allow them with a reason. Returns which slots override what. Raises SlotTaken."""
    take_turns(session, wanted)
    return allow(actor, wanted, find_conflicts(session, wanted, except_ids=except_ids), reason)


def allow(
    actor: Actor | PortalActor, wanted: Sequence[Wanted], found: Sequence[Conflict], reason: str
) -> Overridden:
    """Refuse conflicts that were found, or allow them with a reason (E15). Raises SlotTaken, NoOverride."""
    if not found:
        return set()
    if not reason.strip():
        if len(wanted) > 1:
            raise SeriesConflicts(found)
        raise SlotTaken(" ".join(conflict.sentence for conflict in found))
    if not isinstance(actor, Actor) or not actor.roles & rules.MAY_OVERRIDE:
        raise NoOverride
    return {(conflict.slot, conflict.resource_id) for conflict in found}


def holds_of(
    appointment_id: int, slot: Slot, resources: Iterable[int], over: Overridden
) -> list[dict[str, Any]]:
    """The rows by which an appointment takes its slot of each resource."""
    return [
        {"id": ids.new_id(), "resource_id": resource_id, "starts_at": slot.starts_at, "ends_at": slot.ends_at,
         "appointment_id": appointment_id, "time_block_id": None, "overriding": (slot, resource_id) in over}
        for resource_id in sorted(resources)
    ]


def take(session: Session, rows: Sequence[dict[str, Any]], names: dict[int, str]) -> None:
    """Take the slots; the database refuses what somebody else took in the meantime. Raises SlotTaken."""
    try:
        add_rows(session, Hold, rows)
    except IntegrityError as refused:
        if not scheduling.is_overlap(refused):
            raise
        taken = " or ".join(names.values())
        zone = ZoneInfo(practice.the_practice(session).zone)
        starts = rows[0]["starts_at"].astimezone(zone)
        together = len({row["starts_at"] for row in rows}) == 1
        when = f"on {day_in_words(starts)}, {starts:%H:%M}" if together else "on one of these dates"
        raise SlotTaken(f"{taken} is already taken {when}.") from None


def wanted_by(session: Session, found: Appointment) -> Wanted:
    """What an appointment takes as it now stands; those who called off or are not expected leave their time free."""
    location = session.get(Location, found.location_id) if found.location_id else None
    slot = Slot(
        found.local_date, found.local_time, found.minutes, found.zone, found.starts_at, found.ends_at, fold=found.fold
    )
    there = tuple(a.person_id for a in found.attendances if a.status not in calendar.ABSENT)
    return Wanted(slot, resources_of(session.get_one(Staff, found.provider_id), location), there)


def occupy(session: Session, actor: Actor | PortalActor, found: Appointment, override_reason: str = "") -> None:
    """Take the provider and the room for an appointment as it now stands, instead of what it held. Raises SlotTaken."""
    want = wanted_by(session, found)
    over = settle(session, actor, [want], override_reason, except_ids=[found.id])
    found.override_reason = override_reason if over else ""
    _hold(session, found, want, over)


def change_room(session: Session, actor: Actor, found: Appointment, override_reason: str = "") -> None:
    """Take another room for an appointment that stays when and with whom it is. Raises SlotTaken, NoOverride.

    Only the room can clash anew; what was allowed before for the provider or a participant stays allowed, whoever
    changes the room.
    """
    want = wanted_by(session, found)
    take_turns(session, [want])
    clashing = find_conflicts(session, [want], except_ids=[found.id])
    over = allow(actor, [want], [one for one in clashing if one.resource_id == found.location_id], override_reason)
    if over:
        found.override_reason = override_reason
    elif not clashing:
        found.override_reason = ""
    standing = scheduling.overridden_by(session, found.id) & {one.resource_id for one in clashing}
    _hold(session, found, want, over | {(want.slot, key) for key in standing})


def expect_again(
    session: Session, actor: Actor | PortalActor, found: Appointment, people: Collection[int],
    override_reason: str = "",
) -> None:
    """Refuse that people who had called off come after all while they are expected elsewhere. Raises SlotTaken."""
    want = replace(wanted_by(session, found), resources={}, people=tuple(people))
    if settle(session, actor, [want], override_reason, except_ids=[found.id]):
        found.override_reason = override_reason


def _hold(session: Session, found: Appointment, want: Wanted, over: Overridden) -> None:
    scheduling.release(session, [found.id])
    take(session, holds_of(found.id, want.slot, want.resources, over), want.resources)
