"""How many places a group has, who waits for one, and who is taken in next (A17). Nobody is added unasked."""

from dataclasses import dataclass
from datetime import date
from zoneinfo import ZoneInfo

from pydantic import Field
from sqlalchemy.orm import Session

from practicerunner import clock
from practicerunner.errors import BadInput, RuleViolation, Stale
from practicerunner.records import cases, practice, scheduling
from practicerunner.records.cases import Case, Participant
from practicerunner.records.people import Person
from practicerunner.records.scheduling import Taken
from practicerunner.rules import membership as rules
from practicerunner.rules.case_types import capabilities
from practicerunner.rules.names import person_name
from practicerunner.vocabulary import Action, ParticipantStatus, Resource
from practicerunner.workflows import asker_moves
from practicerunner.workflows.access import Actor
from practicerunner.workflows.cases import Taking, case_for, check_known, check_once, enter, last_place
from practicerunner.workflows.commands import Command, Line, command, reader
from practicerunner.workflows.membership import GroupIsFull, attend, joinable, no_room, stay_of, stays_of
from practicerunner.workflows.naming import rename
from practicerunner.workflows.people import check_findable


class NoPlaces(RuleViolation):
    """Only groups have a number of places and a waitlist."""


class SetCapacity(Command):
    """Say how many places a group has; ``None`` is no limit."""

    case_id: int
    revision: int | None = None
    capacity: int | None = Field(ge=1, le=1000)


class PutOnWaitlist(Command):
    """Somebody waits for a place, last in line."""

    case_id: int
    participant: Taking


class TakeOffWaitlist(Command):
    """Somebody waits no more and does not join."""

    case_id: int
    person_id: int


class TakeIn(Command):
    """Somebody from the waitlist joins. ``reason`` says why, if it is not the first in line."""

    case_id: int
    person_id: int
    joined_on: date
    reason: Line = ""


@dataclass(frozen=True, slots=True)
class Waiting:
    """Somebody in line for a place."""

    person_id: int
    name: str
    role: str
    since: date


@dataclass(frozen=True, slots=True)
class Places:
    """How many places there are and are taken, and who waits, first in line first."""

    capacity: int | None
    taken: int
    free_from: date | None
    """From when on one more could join: today or later; ``None`` if all places are taken for good."""
    waiting: tuple[Waiting, ...]

    @property
    def sentence(self) -> str:
        """``7 of 8 places taken``; says so if more take part than there are places."""
        if self.capacity is None:
            return "No limit is set."
        over = self.taken - self.capacity
        more = f", {over} more than there are; nobody is removed" if over > 0 else ""
        return f"{self.taken} of {self.capacity} {'place' if self.capacity == 1 else 'places'} taken{more}."


@dataclass(frozen=True, slots=True)
class Joining:
    """What somebody's joining on a day would meet, before it is done."""

    full: str
    """Why there is no place; empty if there is one."""
    ahead: int
    """At how many appointments they are expected from then on."""
    clashes: tuple[str, ...]
    """When they are busy elsewhere already. Worth saying; staff decide."""


def queue(case: Case) -> list[Participant]:
    """Those who wait, first in line first."""
    waiting = [p for p in case.participants if p.status is ParticipantStatus.WAITLISTED]
    return sorted(waiting, key=lambda p: (p.position, p.id))


def _group_for(session: Session, actor: Actor, case_id: int) -> Case:
    case = case_for(session, actor, case_id, Action.UPDATE)
    if not capabilities(case.type).is_group:
        raise NoPlaces
    return case


@command(Resource.CASE, Action.UPDATE)
def set_capacity(session: Session, actor: Actor, asked: SetCapacity) -> int:
    """Set the number of places; with fewer than take part, nobody is removed. Returns the case id. Raises Stale."""
    case = _group_for(session, actor, asked.case_id)
    if asked.revision is not None and case.revision != asked.revision:
        raise Stale
    session.info["detail"] = f"places: {case.capacity or 'no limit'} to {asked.capacity or 'no limit'}"
    case.capacity = asked.capacity
    case.revision += 1
    return case.id


@command(Resource.CASE, Action.UPDATE)
def put_on_waitlist(session: Session, actor: Actor, asked: PutOnWaitlist) -> int:
    """Put somebody last in line: no attendance, no charges, no papers until they are taken in. Returns the person id.

    Raises NoPlaces, BadInput.
    """
    case = _group_for(session, actor, asked.case_id)
    check_known(session, actor, [asked.participant])
    if case.capacity is None:
        raise BadInput("participants", "There is no limit here, so nobody has to wait. Set the number of places first.")
    today = clock.today(practice.the_practice(session).zone)
    if any(p.person_id == asked.participant.person_id for p in queue(case)):
        raise BadInput("participants", "They are on the waitlist already.")
    check_once(case, asked.participant.person_id, today)
    waiting = enter(session, case, asked.participant, today, ParticipantStatus.WAITLISTED)
    session.flush()
    rename(session, case)
    session.info["detail"] = f"{len(queue(case))} in line"
    return waiting.person_id


@command(Resource.CASE, Action.UPDATE)
def take_off_waitlist(session: Session, actor: Actor, asked: TakeOffWaitlist) -> int:
    """Take somebody off the list; the others keep their order. Returns the person id. Raises BadInput."""
    case = _group_for(session, actor, asked.case_id)
    leaving, place = _in_line(case, asked.person_id)
    case.participants.remove(leaving)
    session.flush()
    rename(session, case)
    session.info["detail"] = f"was {place} in line"
    return asked.person_id


@command(Resource.CASE, Action.UPDATE)
def take_in(session: Session, actor: Actor, asked: TakeIn) -> int:
    """Let somebody from the waitlist join where there is a place; another than the first with a reason, audited.

    Returns the person id. Raises GroupIsFull, BadInput.
    """
    case = _group_for(session, actor, asked.case_id)
    joining, place = _in_line(case, asked.person_id)
    if place > 1 and not asked.reason.strip():
        raise BadInput("reason", "They are not first in line. Say why they come first.")
    for known in case.participants:
        if known is not joining and known.person_id == joining.person_id and stay_of(known).meets(asked.joined_on):
            raise BadInput("joined_on", "They take part already." if known.left_on is None else
                           f"They take part until {_words(known.left_on)}. Choose that day or a later one.")
    full = no_room(session, case, asked.person_id, asked.joined_on)
    if full:
        raise GroupIsFull(full)
    joining.status, joining.joined_on, joining.position = (
        ParticipantStatus.ACTIVE, asked.joined_on, last_place(case) + 1
    )
    joining.revision += 1
    session.flush()
    ahead = attend(session, case, asked.person_id, asked.joined_on)
    rename(session, case)
    asker_moves.follow(session, actor, case, asked.person_id)
    session.info["detail"] = f"{place} in line, from {asked.joined_on}, {ahead} appointments" + (
        f": {asked.reason}" if place > 1 else ""
    )
    return asked.person_id


def _in_line(case: Case, person_id: int) -> tuple[Participant, int]:
    for place, waiting in enumerate(queue(case), start=1):
        if waiting.person_id == person_id:
            return waiting, place
    raise BadInput("person_id", "That person is not on the waitlist any more.")


@reader(Resource.CASE)
def places_of(session: Session, actor: Actor, case_id: int) -> Places:
    """The places of a group and who waits for one. Raises NotFound."""
    case = case_for(session, actor, case_id)
    today = clock.today(practice.the_practice(session).zone)
    people = {person.id: person for _, person in cases.people_in(session, case_id)}
    return Places(
        case.capacity, sum(p.status is ParticipantStatus.ACTIVE for p in case.participants),
        today if case.capacity is None else rules.first_room(stays_of(case), today, case.capacity),
        tuple(Waiting(p.person_id, _name(people[p.person_id]), p.role, p.joined_on) for p in queue(case)),
    )


@reader(Resource.CASE)
def joining(
    session: Session, actor: Actor, case_id: int, joined_on: date, person_id: int | None = None
) -> Joining:
    """Whether there is a place for somebody from a day on, and when they are busy elsewhere. Raises NotFound."""
    case = case_for(session, actor, case_id)
    clashes: list[str] = []
    if person_id is not None:
        check_findable(session, actor, person_id)
        appointments = joinable(session, case, person_id, joined_on)
        if appointments:
            zone = ZoneInfo(practice.the_practice(session).zone)
            name = _name(session.get_one(Person, person_id))
            ahead = [(found.starts_at, found.ends_at) for found in appointments]
            busy = {(one.starts_at, one.ends_at): one for one in scheduling.attending(session, [person_id], ahead)}
            clashes = [_clash(name, taken, zone) for taken in busy.values()]
    else:
        appointments = joinable(session, case, None, joined_on)
    return Joining(no_room(session, case, person_id, joined_on), len(appointments), tuple(clashes))


def _clash(name: str, taken: Taken, zone: ZoneInfo) -> str:
    starts, ends = taken.starts_at.astimezone(zone), taken.ends_at.astimezone(zone)
    day = f"{starts:%a} {starts.day} {starts:%b} {starts.year}"
    return f"{name} has another appointment on {day}, {starts:%H:%M}–{ends:%H:%M}."


def _name(person: Person) -> str:
    return person_name(person.first_name, person.last_name, person.preferred_name)


def _words(day: date) -> str:
    """A day as sentences name it."""
    return f"{day:%a} {day.day} {day:%b} {day.year}"
