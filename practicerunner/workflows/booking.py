"""Booking an appointment, and what a booking would do."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, time
from typing import Any

from pydantic import Field, field_validator
from pydantic_core import PydanticCustomError
from sqlalchemy.orm import Session

from practicerunner import ids
from practicerunner.errors import BadInput, NotFound
from practicerunner.records import practice, scheduling, staff
from practicerunner.records.base import add_rows
from practicerunner.records.cases import Case
from practicerunner.records.practice import Location, Service
from practicerunner.records.scheduling import Appointment, Attendance
from practicerunner.records.staff import Staff
from practicerunner.rules import scheduling as rules
from practicerunner.rules.case_types import capabilities
from practicerunner.rules.scheduling import Slot
from practicerunner.rules.supervision import inherited
from practicerunner.vocabulary import Action, CaseStatus, ParticipantStatus, Resource, SessionFormat
from practicerunner.workflows.access import Actor, PortalActor, authorize
from practicerunner.workflows.cases import TREATING, CaseIsArchived
from practicerunner.workflows.commands import Command, Line, Paragraph, command, reader
from practicerunner.workflows.minors import confidential_by_default
from practicerunner.workflows.slots import (
    Conflict,
    Overridden,
    Plan,
    day_in_words,
    find_conflicts,
    free_rooms,
    holds_of,
    settle,
    take,
)


def plausible_length(minutes: int | None) -> int | None:
    """Refuse a length that no appointment has."""
    if minutes is not None and not rules.SHORTEST <= minutes <= rules.LONGEST:
        raise PydanticCustomError("minutes", rules.LENGTH)
    return minutes


class Book(Command):
    """Book an appointment for a case. What is left out comes from the case and the service."""

    case_id: int
    provider_id: int | None = None
    service_id: int
    local_date: date
    local_time: time
    minutes: int | None = None
    format: SessionFormat | None = None
    location_id: int | None = None
    fee_cents: int | None = Field(default=None, ge=0, le=99_999_999)
    memo: Paragraph = ""
    memo_for_desk: bool = False
    override_reason: Line = ""
    fold: int = Field(default=0, ge=0, le=1)
    """1 for the second of two equal times, in the night in which the clocks go back (R6)."""
    confidential: tuple[int, ...] | None = None
    """To whom of those who take part it is confidential; ``None``: to whoever consented as a minor (A20)."""

    _length = field_validator("minutes")(plausible_length)


@dataclass(frozen=True, slots=True)
class Preview:
    """What a booking would do, before it does it."""

    slots: tuple[Slot, ...]
    fee_cents: int
    minutes: int
    conflicts: tuple[Conflict, ...]
    notes: tuple[str, ...] = ()
    """Sentences worth knowing, such as a time that the clock skips."""
    free_rooms: tuple[str, ...] | None = None
    """Where the room that was chosen is taken: the rooms that are free at all of its times."""

    @property
    def free(self) -> int:
        """On how many of the dates nothing clashes."""
        return len(self.slots) - len({conflict.slot for conflict in self.conflicts})


@command(Resource.APPOINTMENTS, Action.CREATE)
def book(session: Session, actor: Actor, asked: Book) -> int:
    """Book one appointment. Returns its id. Raises SlotTaken, CaseIsArchived, BadInput."""
    plan = plan_for(session, actor, asked, [asked.local_date], lock=True)
    over = settle(session, actor, plan.wanted, asked.override_reason)
    return save(session, asked, plan, over)[0]


def book_agreed(session: Session, client: PortalActor, wanted: Book) -> int:
    """Book what the practice has offered and a client takes: what ``book`` checks, but for a permission of staff.

    Returns the appointment's id. Raises SlotTaken, CaseIsArchived, BadInput.
    """
    case = session.get_one(Case, wanted.case_id, with_for_update={"read": True})
    plan = _checked(session, case, wanted, [wanted.local_date])
    return save(session, wanted, plan, settle(session, client, plan.wanted, ""))[0]


@reader(Resource.APPOINTMENTS)
def preview(session: Session, actor: Actor, asked: Book) -> Preview:
    """What booking would do: its slots, fee, conflicts and what is worth knowing. Raises what booking would raise."""
    return foresee(session, asked, plan_for(session, actor, asked, [asked.local_date], lock=False))


def foresee(session: Session, asked: Book, plan: Plan) -> Preview:
    """What a plan would do."""
    fee = asked.fee_cents if asked.fee_cents is not None else practice.fee_on(plan.service, plan.slots[0].local_date)
    notes = [
        f"The clock skips {asked.local_time:%H:%M} on {day_in_words(s.local_date)}; it starts at {s.local_time:%H:%M}."
        for s in plan.slots if s.shifted
    ]
    notes += [
        f"{s.local_time:%H:%M} comes twice on {day_in_words(s.local_date)}; "
        f"this is the {'second' if s.fold else 'first'} of the two."
        for s in plan.slots if rules.comes_twice(s.local_date, s.local_time, s.zone)
    ]
    found = tuple(find_conflicts(session, plan.wanted))
    rooms = None
    if plan.location is not None and any(conflict.resource_id == plan.location.id for conflict in found):
        rooms = free_rooms(session, plan.slots)
    return Preview(plan.slots, fee, plan.slots[0].minutes, found, tuple(notes), rooms)


@reader(Resource.APPOINTMENTS)
def conflicts(session: Session, actor: Actor, asked: Book) -> list[Conflict]:
    """Who or what is taken already at the time of a booking: the bottom line of its form."""
    return find_conflicts(session, plan_for(session, actor, asked, [asked.local_date], lock=False).wanted)


def plan_for(
    session: Session, actor: Actor, wanted: Book, dates: Sequence[date], *, lock: bool,
    series_dates: Sequence[date] | None = None,
) -> Plan:
    """Check everything about a booking on some dates but conflicts. ``lock`` when it is going to be saved.

    ``series_dates`` are the dates that a rule gave, where they differ from those on which the appointments are.
    """
    case = session.get(Case, wanted.case_id, with_for_update={"read": True} if lock else None)
    if case is None:
        raise NotFound(actor=actor, action=Action.CREATE, resource=Resource.APPOINTMENTS, case_id=wanted.case_id)
    provider_id = wanted.provider_id or case.provider_id
    authorize(
        session, actor, Action.CREATE, Resource.APPOINTMENTS, responsible=[case.provider_id],
        supervisor_id=case.supervisor_id, case_id=case.id,
    )
    if provider_id != case.provider_id:
        authorize(session, actor, Action.CREATE, Resource.APPOINTMENTS, responsible=[provider_id], case_id=case.id)
    if wanted.memo:
        authorize(
            session, actor, Action.CREATE, Resource.APPOINTMENT_MEMO, responsible=[provider_id, case.provider_id],
            supervisor_id=case.supervisor_id, case_id=case.id,
        )
    return _checked(session, case, wanted, dates, series_dates)


def _checked(
    session: Session, case: Case, wanted: Book, dates: Sequence[date], series_dates: Sequence[date] | None = None
) -> Plan:
    """Check everything about a booking but conflicts and permission."""
    if case.status is CaseStatus.ARCHIVED:
        raise CaseIsArchived
    service = bookable_service(session, case, wanted.service_id)
    provider = bookable_provider(session, wanted.provider_id or case.provider_id)
    held_as, location = bookable_place(session, wanted.format, wanted.location_id)
    if wanted.confidential and not capabilities(case.type).confidential:
        raise BadInput("confidential", "Nothing is confidential to one alone in this kind of work.")
    zone = practice.the_practice(session).zone
    minutes = wanted.minutes if wanted.minutes is not None else service.minutes
    people = tuple(people_on(case, day) for day in dates)
    for day, there in zip(dates, people, strict=True):
        if not there:
            called = capabilities(case.type).called
            raise BadInput("local_date", f"No {called} takes part on {day_in_words(day)}. Add at least one first.")
    slots = tuple(
        slot_on(day, wanted.local_time, minutes, zone, wanted.fold if day == wanted.local_date else 0) for day in dates
    )
    return Plan(case, service, provider, held_as, location, slots, tuple(series_dates or dates), people)


def slot_on(local_date: date, local_time: time, minutes: int, zone: str, fold: int = 0) -> Slot:
    """The slot that begins at a wall-clock time, or at the second of two equal ones. Raises BadInput."""
    try:
        return rules.slot(local_date, local_time, minutes, zone, fold)
    except OverflowError:
        raise BadInput("local_date", "That date is too far away.") from None


def bookable_service(session: Session, case: Case, service_id: int) -> Service:
    """A service that can be booked for a case. Raises BadInput."""
    service = practice.service_with_fees(session, service_id)
    if service is None or not service.active:
        raise BadInput("service_id", "Choose a service from the list.")
    able = capabilities(case.type)
    if service.category not in able.categories:
        raise BadInput("service_id", f"{service.name} cannot be booked here; choose another service.")
    return service


def bookable_provider(session: Session, provider_id: int) -> Staff:
    """Somebody who sees clients. Raises BadInput."""
    provider = staff.staff_with_own_roles(session, provider_id)
    if provider is None or not provider.active or not {r.role for r in provider.roles} & TREATING:
        raise BadInput("provider_id", "Choose somebody who sees clients.")
    return provider


def bookable_place(
    session: Session, held_as: SessionFormat | None, location_id: int | None
) -> tuple[SessionFormat, Location | None]:
    """How and where: one of the two is enough (E10)."""
    location = None
    if location_id is not None:
        location = session.get(Location, location_id)
        if location is None or not location.active:
            raise BadInput("location_id", "Choose a location from the list.")
    elif held_as is None:
        raise BadInput("format", "Choose a location, or video or phone.")
    return held_as or SessionFormat.IN_PERSON, location


def people_on(case: Case, day: date) -> tuple[int, ...]:
    """Who takes part on a day; those of the first day also count for an appointment that lies before it."""
    return tuple(dict.fromkeys(
        p.person_id for p in case.participants
        if p.status is not ParticipantStatus.WAITLISTED and (p.joined_on <= day or p.joined_on <= case.opened_on)
        and (p.left_on is None or p.left_on > day)
    ))


def save(
    session: Session, asked: Book, plan: Plan, over: Overridden, series_id: int | None = None
) -> list[int]:
    """Write a planned booking: all its rows in three inserts, however many occurrences. Returns their ids in order."""
    supervisions = scheduling.supervisions_over(session, plan.provider.id)
    made: list[int] = []
    appointments: list[dict[str, Any]] = []
    attendances: list[dict[str, Any]] = []
    holds: list[dict[str, Any]] = []
    alone = frozenset(asked.confidential) if asked.confidential is not None else confidential_by_default(
        session, plan.case, {person_id for there in plan.people for person_id in there})
    for slot, planned, there in zip(plan.slots, plan.series_dates, plan.people, strict=True):
        appointment_id = ids.new_id()
        made.append(appointment_id)
        appointments.append({
            "id": appointment_id, "case_id": plan.case.id, "provider_id": plan.provider.id,
            "supervisor_id": inherited(plan.case.supervisor_id, plan.provider.id, supervisions, slot.local_date),
            "service_id": plan.service.id, "local_date": slot.local_date, "local_time": slot.local_time,
            "minutes": slot.minutes, "zone": slot.zone, "fold": slot.fold, "starts_at": slot.starts_at,
            "ends_at": slot.ends_at, "format": plan.format, "location_id": plan.location.id if plan.location else None,
            "fee_cents": asked.fee_cents if asked.fee_cents is not None
            else practice.fee_on(plan.service, slot.local_date),
            "memo": asked.memo, "memo_for_desk": asked.memo_for_desk, "series_id": series_id,
            "series_date": planned if series_id else None,
            "override_reason": asked.override_reason if any(taken == slot for taken, _ in over) else "",
        })
        attendances += [
            {"id": ids.new_id(), "appointment_id": appointment_id, "case_id": plan.case.id, "person_id": person_id,
             "confidential": person_id in alone}
            for person_id in there
        ]
        holds += holds_of(appointment_id, slot, plan.resources, over)
    # An override for a participant has no hold, but its reason is kept all the same.
    add_rows(session, Appointment, appointments)
    add_rows(session, Attendance, attendances)
    take(session, holds, plan.resources)
    session.info["case_id"] = plan.case.id
    return made
