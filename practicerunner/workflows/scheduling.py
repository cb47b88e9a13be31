"""Booking, moving, changing and calling off appointments, alone or in a series; blocked time; the calendar."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from pydantic import Field, field_validator, model_validator
from pydantic_core import PydanticCustomError
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from practicerunner import clock, ids
from practicerunner.errors import BadInput, NotFound, NotPermitted, RuleViolation, SlotTaken, Stale
from practicerunner.records import calendar, logins, practice, scheduling
from practicerunner.records.base import add_rows
from practicerunner.records.calendar import CalendarEntry
from practicerunner.records.cases import Case
from practicerunner.records.logins import Staff
from practicerunner.records.people import Person
from practicerunner.records.practice import Location, Service
from practicerunner.records.scheduling import Appointment, Attendance, Hold, Series, TimeBlock
from practicerunner.rules import attendance as attendance_rules
from practicerunner.rules import scheduling as rules
from practicerunner.rules.case_types import capabilities
from practicerunner.rules.names import person_name
from practicerunner.rules.scheduling import Slot
from practicerunner.vocabulary import (
    Action,
    AppointmentStatus,
    AttendanceStatus,
    CancelledBy,
    CaseStatus,
    CaseType,
    ParticipantStatus,
    Resource,
    Role,
    SessionFormat,
)
from practicerunner.workflows.access import Actor, authorize, may, visible
from practicerunner.workflows.cases import TREATING, CaseIsArchived
from practicerunner.workflows.commands import Command, Line, Paragraph, RequiredLine, command, reader

MOST_ENTRIES = 500
"""A calendar with more than this is not readable, and slow in the browser."""


class SeriesConflicts(SlotTaken):
    """Some dates of this series are already taken."""

    def __init__(self, conflicts: "Sequence[Conflict]") -> None:
        super().__init__("Nothing was booked. " + " ".join(conflict.sentence for conflict in conflicts))
        self.conflicts = tuple(conflicts)


class NoOverride(RuleViolation):
    """Only an owner or an admin may book over another appointment."""


class AppointmentIsFixed(RuleViolation):
    """This appointment cannot be moved any more."""


class TooMany(RuleViolation):
    """These are too many appointments to show at once. Choose a provider, a type or a shorter time."""


def _plausible_length(minutes: int | None) -> int | None:
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
    override_reason: Line = ""

    _length = field_validator("minutes")(_plausible_length)


class BookSeries(Book):
    """Book a weekly series: by count, or until a date, that date included."""

    every_weeks: int = Field(default=1, ge=1, le=52)
    count: int | None = Field(default=None, ge=1)
    until: date | None = None

    @field_validator("count")
    @classmethod
    def _not_endless(cls, value: int | None) -> int | None:
        if value is not None and value > rules.MOST_OCCURRENCES:
            raise PydanticCustomError("count", f"A series has at most {rules.MOST_OCCURRENCES} appointments.")
        return value

    @model_validator(mode="after")
    def _one_end(self) -> "BookSeries":
        if (self.count is None) == (self.until is None):
            raise PydanticCustomError("count", "Say how many appointments, or the last date: one of the two.")
        return self


class Move(Command):
    """Move an appointment in time, to another provider or to another place; the same checks as booking it."""

    appointment_id: int
    revision: int
    local_date: date
    local_time: time
    minutes: int
    provider_id: int | None = None
    format: SessionFormat | None = None
    location_id: int | None = None
    """With neither format nor location, both stay as they are."""
    override_reason: Line = ""

    _length = field_validator("minutes")(_plausible_length)


class ChangeAppointment(Command):
    """Change what an appointment is, not when. It changes no status (F06)."""

    appointment_id: int
    revision: int
    service_id: int
    fee_cents: int = Field(ge=0, le=99_999_999)
    format: SessionFormat | None = None
    location_id: int | None = None
    memo: Paragraph | None = None
    """``None`` leaves the memo as it is, for those who may not read it."""
    supervisor_id: int | None = None
    """Another supervisor for this appointment alone (E24); ``None`` leaves it as it is. Owner and admin."""
    override_reason: Line = ""


class Cancel(Command):
    """Call an appointment off; it stays visible with its reason."""

    appointment_id: int
    by: CancelledBy
    reason: Line = ""


class Reinstate(Command):
    """Put back an appointment that was called off, if its time is still free."""

    appointment_id: int
    override_reason: Line = ""


class AddTimeBlock(Command):
    """Keep a provider's time free of appointments."""

    provider_id: int
    starts_on: date
    starts: time
    ends_on: date
    ends: time
    reason: RequiredLine = Field(max_length=120)


class RemoveTimeBlock(Command):
    """Open blocked time again."""

    time_block_id: int


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
        end = f"{self.ends:%H:%M}" if self.ends.date() == self.starts.date() else f"{_day(self.ends)} {self.ends:%H:%M}"
        return f"{self.name} {verb} on {_day(self.starts)}, {self.starts:%H:%M}–{end}."


def _day(value: datetime | date) -> str:
    return f"{value:%a} {value.day} {value:%b} {value.year}"


@dataclass(frozen=True, slots=True)
class Preview:
    """What a booking would do, before it does it."""

    slots: tuple[Slot, ...]
    fee_cents: int
    minutes: int
    conflicts: tuple[Conflict, ...]
    notes: tuple[str, ...]
    """Sentences worth knowing, such as a time that the clock skips."""


@dataclass(frozen=True, slots=True)
class _Plan:
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
        return _resources(self.provider, self.location)


def _resources(provider: Staff, location: Location | None) -> dict[int, str]:
    room = {location.id: location.name} if location is not None and location.is_room else {}
    return {provider.id: provider.name} | room


# --- Booking ----------------------------------------------------------------------------------------------------------


@command(Resource.APPOINTMENTS, Action.CREATE)
def book(session: Session, actor: Actor, asked: Book) -> int:
    """Book one appointment. Returns its id. Raises SlotTaken, CaseIsArchived, BadInput."""
    plan = _plan(session, actor, asked, lock=True)
    return _save(session, actor, asked, plan, None)[0]


@command(Resource.APPOINTMENTS, Action.CREATE)
def book_series(session: Session, actor: Actor, asked: BookSeries) -> list[int]:
    """Book every occurrence of a weekly series, or none of them. Returns their ids in order. Raises SeriesConflicts."""
    plan = _plan(session, actor, asked, lock=True)
    series = Series(
        id=ids.new_id(), case_id=plan.case.id, rule=rules.weekly_rule(asked.every_weeks, asked.count, asked.until),
        first_date=asked.local_date, local_time=asked.local_time, zone=plan.slots[0].zone,
    )
    session.info["detail"] = f"{len(plan.slots)} appointments"
    return _save(session, actor, asked, plan, series)


@reader(Resource.APPOINTMENTS)
def preview(session: Session, actor: Actor, asked: Book) -> Preview:
    """What booking would do: its slots, fee, conflicts and what is worth knowing. Raises what booking would raise."""
    plan = _plan(session, actor, asked, lock=False)
    fee = asked.fee_cents if asked.fee_cents is not None else practice.fee_on(plan.service, plan.slots[0].local_date)
    notes = [
        f"The clock skips {asked.local_time:%H:%M} on {_day(s.local_date)}; it starts at {s.local_time:%H:%M}."
        for s in plan.slots if s.shifted
    ]
    return Preview(plan.slots, fee, plan.slots[0].minutes, tuple(_conflicts(session, plan)), tuple(notes))


@reader(Resource.APPOINTMENTS)
def conflicts(session: Session, actor: Actor, asked: Book) -> list[Conflict]:
    """Who or what is taken already at the times of a booking: the bottom line of its form."""
    return _conflicts(session, _plan(session, actor, asked, lock=False))


def _plan(session: Session, actor: Actor, asked: Book, *, lock: bool) -> _Plan:
    """Check everything about a booking but conflicts."""
    case = session.get(Case, asked.case_id, with_for_update={"read": True} if lock else None)
    if case is None:
        raise NotFound(actor=actor, action=Action.CREATE, resource=Resource.APPOINTMENTS, case_id=asked.case_id)
    provider_id = asked.provider_id or case.provider_id
    authorize(
        session, actor, Action.CREATE, Resource.APPOINTMENTS, responsible=[case.provider_id],
        supervisor_id=case.supervisor_id, case_id=case.id,
    )
    if provider_id != case.provider_id:
        authorize(session, actor, Action.CREATE, Resource.APPOINTMENTS, responsible=[provider_id], case_id=case.id)
    if case.status is CaseStatus.ARCHIVED:
        raise CaseIsArchived
    if asked.memo:
        authorize(
            session, actor, Action.CREATE, Resource.APPOINTMENT_MEMO, responsible=[provider_id, case.provider_id],
            supervisor_id=case.supervisor_id, case_id=case.id,
        )
    service = _service(session, case, asked.service_id)
    provider = _provider(session, provider_id)
    held_as, location = _place(session, asked.format, asked.location_id)
    zone = practice.the_practice(session).zone
    minutes = asked.minutes if asked.minutes is not None else service.minutes
    dates = [asked.local_date]
    if isinstance(asked, BookSeries):
        dates = rules.weekly_dates(asked.local_date, asked.every_weeks, asked.count, asked.until)
        if not dates:
            raise BadInput("until", "The last date lies before the first appointment.")
        if len(dates) > rules.MOST_OCCURRENCES:
            raise BadInput("until", f"A series has at most {rules.MOST_OCCURRENCES} appointments.")
    people = tuple(_people_on(case, day) for day in dates)
    for day, there in zip(dates, people, strict=True):
        if not there:
            called = capabilities(case.type).called
            raise BadInput("local_date", f"No {called} takes part on {_day(day)}. Add at least one first.")
    slots = tuple(_slot(day, asked.local_time, minutes, zone) for day in dates)
    return _Plan(case, service, provider, held_as, location, slots, tuple(dates), people)


def _slot(local_date: date, local_time: time, minutes: int, zone: str) -> Slot:
    try:
        return rules.slot(local_date, local_time, minutes, zone)
    except OverflowError:
        raise BadInput("local_date", "That date is too far away.") from None


def _service(session: Session, case: Case, service_id: int) -> Service:
    service = practice.service_with_fees(session, service_id)
    if service is None or not service.active:
        raise BadInput("service_id", "Choose a service from the list.")
    able = capabilities(case.type)
    if service.category not in able.categories:
        raise BadInput("service_id", f"{service.name} cannot be booked here; choose another service.")
    return service


def _provider(session: Session, provider_id: int) -> Staff:
    provider = logins.staff_with_own_roles(session, provider_id)
    if provider is None or not provider.active or not {r.role for r in provider.roles} & TREATING:
        raise BadInput("provider_id", "Choose somebody who sees clients.")
    return provider


def _place(
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


def _people_on(case: Case, day: date) -> tuple[int, ...]:
    """Who takes part on a day; those of the first day also count for an appointment that lies before it."""
    return tuple(dict.fromkeys(
        p.person_id for p in case.participants
        if p.status is not ParticipantStatus.WAITLISTED and (p.joined_on <= day or p.joined_on <= case.opened_on)
        and (p.left_on is None or p.left_on > day)
    ))


def _conflicts(session: Session, plan: _Plan, *, except_id: int | None = None) -> list[Conflict]:
    """Every clash of provider, room or participant, slot by slot."""
    first, last = plan.slots[0].starts_at, max(slot.ends_at for slot in plan.slots)
    everybody = {person_id for there in plan.people for person_id in there}
    held = scheduling.taken(session, plan.resources, first, last, except_id=except_id)
    elsewhere = scheduling.attending(session, everybody, first, last, except_id=except_id)
    if not held and not elsewhere:
        return []
    names = dict(plan.resources)
    found = []
    for slot, there in zip(plan.slots, plan.people, strict=True):
        clashing = [t for t in held if rules.overlap(slot.starts_at, slot.ends_at, t.starts_at, t.ends_at)]
        clashing += [
            t for t in elsewhere
            if t.resource_id in there and rules.overlap(slot.starts_at, slot.ends_at, t.starts_at, t.ends_at)
        ]
        for clash in clashing:
            if clash.resource_id not in names:
                person = session.get_one(Person, clash.resource_id)
                names[clash.resource_id] = person_name(person.first_name, person.last_name, person.preferred_name)
            zone = ZoneInfo(slot.zone)
            found.append(Conflict(
                clash.resource_id, names[clash.resource_id], slot,
                clash.starts_at.astimezone(zone).replace(tzinfo=None),
                clash.ends_at.astimezone(zone).replace(tzinfo=None), clash.is_block,
            ))
    return found


def _settle(
    session: Session, actor: Actor, plan: _Plan, reason: str, *, except_id: int | None = None
) -> set[tuple[Slot, int]]:
    """Refuse conflicts, or allow them with a reason. Returns which slots override what. Raises SlotTaken."""
    scheduling.take_turns(session, {*plan.resources, *(p for there in plan.people for p in there)})
    found = _conflicts(session, plan, except_id=except_id)
    if not found:
        return set()
    if not reason.strip():
        if len(plan.slots) > 1:
            raise SeriesConflicts(found)
        raise SlotTaken(" ".join(conflict.sentence for conflict in found))
    if not actor.roles & rules.MAY_OVERRIDE:
        raise NoOverride
    return {(conflict.slot, conflict.resource_id) for conflict in found}


def _holds(
    appointment_id: int, slot: Slot, resources: Iterable[int], over: set[tuple[Slot, int]]
) -> list[dict[str, Any]]:
    return [
        {"id": ids.new_id(), "resource_id": resource_id, "starts_at": slot.starts_at, "ends_at": slot.ends_at,
         "appointment_id": appointment_id, "time_block_id": None, "overriding": (slot, resource_id) in over}
        for resource_id in sorted(resources)
    ]


def _insert_holds(session: Session, rows: Sequence[dict[str, Any]], names: dict[int, str]) -> None:
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
        when = f"on {_day(starts)}, {starts:%H:%M}" if together else "on one of these dates"
        raise SlotTaken(f"{taken} is already taken {when}.") from None


def _save(session: Session, actor: Actor, asked: Book, plan: _Plan, series: Series | None) -> list[int]:
    """Write a planned booking: all its rows in four inserts, however many occurrences."""
    over = _settle(session, actor, plan, asked.override_reason)
    if series is not None:
        session.add(series)
        session.flush()
    supervisions = scheduling.supervisions_over(session, plan.provider.id)
    made: list[int] = []
    appointments: list[dict[str, Any]] = []
    attendances: list[dict[str, Any]] = []
    holds: list[dict[str, Any]] = []
    for slot, planned, there in zip(plan.slots, plan.series_dates, plan.people, strict=True):
        appointment_id = ids.new_id()
        made.append(appointment_id)
        appointments.append({
            "id": appointment_id, "case_id": plan.case.id, "provider_id": plan.provider.id,
            "supervisor_id": plan.case.supervisor_id or _supervisor(supervisions, slot.local_date),
            "service_id": plan.service.id, "local_date": slot.local_date, "local_time": slot.local_time,
            "minutes": slot.minutes, "zone": slot.zone, "starts_at": slot.starts_at, "ends_at": slot.ends_at,
            "format": plan.format, "location_id": plan.location.id if plan.location else None,
            "fee_cents": asked.fee_cents if asked.fee_cents is not None
            else practice.fee_on(plan.service, slot.local_date),
            "memo": asked.memo, "series_id": series.id if series else None, "series_date": planned if series else None,
            "override_reason": asked.override_reason if any(taken == slot for taken, _ in over) else "",
        })
        attendances += [
            {"id": ids.new_id(), "appointment_id": appointment_id, "case_id": plan.case.id, "person_id": person_id}
            for person_id in there
        ]
        holds += _holds(appointment_id, slot, plan.resources, over)
    # An override for a participant has no hold, but its reason is kept all the same.
    add_rows(session, Appointment, appointments)
    add_rows(session, Attendance, attendances)
    _insert_holds(session, holds, plan.resources)
    session.info["case_id"] = plan.case.id
    return made


def _supervisor(supervisions: Sequence[Any], day: date) -> int | None:
    """The supervisor in force on a day; the newest if two overlap."""
    in_force = [s for s in supervisions if s.starts_on <= day and (s.ends_on is None or s.ends_on > day)]
    return in_force[-1].supervisor_id if in_force else None


# --- One appointment --------------------------------------------------------------------------------------------------


def appointment_for(session: Session, actor: Actor, appointment_id: int, action: Action = Action.READ) -> Appointment:
    """The door to an appointment: existence and permission in one place. Locks the row for anything but reading.

    Raises NotFound for strangers, NotPermitted where the role never allows it.
    """
    found = scheduling.appointment(session, appointment_id, lock=action is not Action.READ)
    if found is None:
        raise NotFound(actor=actor, action=action, resource=Resource.APPOINTMENTS, resource_id=appointment_id)
    case = session.get_one(Case, found.case_id)
    authorize(
        session, actor, action, Resource.APPOINTMENTS, responsible=[found.provider_id, case.provider_id],
        supervisor_id=_watching(actor, found, case), resource_id=appointment_id, case_id=case.id,
    )
    session.info["case_id"] = case.id
    return found


def _watching(actor: Actor, appointment: Appointment, case: Case) -> int | None:
    """The actor's id if they supervise this appointment or its case."""
    return actor.staff_id if actor.staff_id in (appointment.supervisor_id, case.supervisor_id) else None


def why_fixed(session: Session, appointment: Appointment) -> str | None:
    """Why an appointment can neither move nor change its service; ``None`` if it can (E21)."""
    if calendar.has_locked_note(session, appointment.id):
        return "Its note is signed, so it stays where it is."
    if calendar.invoiced_people(session, appointment.id):
        return "It is on an invoice; void the invoice first."
    return None


def why_immovable(session: Session, appointment: Appointment) -> str | None:
    """Why an appointment cannot be moved; ``None`` if it can."""
    if appointment.status is AppointmentStatus.CANCELLED:
        return "It was cancelled; reinstate it first."
    if appointment.status in attendance_rules.OVER:
        return "Attendance is recorded, so it stays where it is."
    return why_fixed(session, appointment)


@command(Resource.APPOINTMENTS, Action.UPDATE)
def move(session: Session, actor: Actor, asked: Move) -> int:
    """Move an appointment; the same checks as booking. Raises Stale, AppointmentIsFixed, SlotTaken, BadInput."""
    found = appointment_for(session, actor, asked.appointment_id, Action.UPDATE)
    if found.revision != asked.revision:
        raise Stale
    reason = why_immovable(session, found)
    if reason:
        raise AppointmentIsFixed(reason)
    case = session.get_one(Case, found.case_id)
    before = (found.provider_id, found.local_date)
    provider = _provider(session, asked.provider_id or found.provider_id)
    if provider.id not in (found.provider_id, case.provider_id):
        authorize(session, actor, Action.UPDATE, Resource.APPOINTMENTS, responsible=[provider.id], case_id=case.id)
    if asked.format is None and asked.location_id is None:
        held_as, location = found.format, session.get(Location, found.location_id) if found.location_id else None
    else:
        held_as, location = _place(session, asked.format, asked.location_id)
    slot = _slot(asked.local_date, asked.local_time, asked.minutes, practice.the_practice(session).zone)
    inherited = case.supervisor_id or _supervisor(scheduling.supervisions_over(session, before[0]), before[1])
    if found.supervisor_id == inherited:
        found.supervisor_id = case.supervisor_id or _supervisor(
            scheduling.supervisions_over(session, provider.id), slot.local_date
        )
    found.provider_id, found.format, found.location_id = provider.id, held_as, location.id if location else None
    found.local_date, found.local_time, found.minutes, found.zone = (
        slot.local_date, slot.local_time, slot.minutes, slot.zone
    )
    found.starts_at, found.ends_at = slot.starts_at, slot.ends_at
    occupy(session, actor, found, asked.override_reason)
    found.revision += 1
    session.info["detail"] = f"from {before[1]} to {found.local_date} {found.local_time:%H:%M}"
    session.flush()
    return found.id


def occupy(session: Session, actor: Actor, found: Appointment, override_reason: str = "") -> None:
    """Take the provider and the room for an appointment as it now stands, instead of what it held. Raises SlotTaken."""
    location = session.get(Location, found.location_id) if found.location_id else None
    slot = Slot(found.local_date, found.local_time, found.minutes, found.zone, found.starts_at, found.ends_at)
    there = tuple(a.person_id for a in found.attendances if a.status not in calendar.ABSENT)
    provider = session.get_one(Staff, found.provider_id)
    plan = _Plan(
        session.get_one(Case, found.case_id), session.get_one(Service, found.service_id), provider, found.format,
        location, (slot,), (found.local_date,), (there,),
    )
    over = _settle(session, actor, plan, override_reason, except_id=found.id)
    found.override_reason = override_reason if over else ""
    scheduling.release(session, appointment_id=found.id)
    _insert_holds(session, _holds(found.id, slot, plan.resources, over), plan.resources)


@command(Resource.APPOINTMENTS, Action.UPDATE)
def change_appointment(session: Session, actor: Actor, asked: ChangeAppointment) -> int:
    """Change service, fee, place or memo; no status changes, however old it is (F06). Raises Stale, BadInput."""
    found = appointment_for(session, actor, asked.appointment_id, Action.UPDATE)
    if found.revision != asked.revision:
        raise Stale
    case = session.get_one(Case, found.case_id)
    changed = []
    if (asked.service_id, asked.fee_cents) != (found.service_id, found.fee_cents):
        reason = why_fixed(session, found)
        if reason:
            raise AppointmentIsFixed(reason)
        if asked.service_id != found.service_id:
            _service(session, case, asked.service_id)
        found.service_id, found.fee_cents = asked.service_id, asked.fee_cents
        changed.append("service or fee")
    if (asked.format or found.format, asked.location_id) != (found.format, found.location_id):
        if asked.location_id != found.location_id:
            found.format, location = _place(session, asked.format, asked.location_id)
            found.location_id = location.id if location else None
            if found.status is not AppointmentStatus.CANCELLED:
                occupy(session, actor, found, asked.override_reason or found.override_reason)
        else:
            found.format = asked.format or found.format
        changed.append("place")
    if asked.memo is not None and asked.memo != found.memo:
        authorize(
            session, actor, Action.UPDATE, Resource.APPOINTMENT_MEMO,
            responsible=[found.provider_id, case.provider_id], supervisor_id=_watching(actor, found, case),
            resource_id=found.id, case_id=case.id,
        )
        found.memo = asked.memo
        changed.append("memo")
    if asked.supervisor_id is not None and asked.supervisor_id != found.supervisor_id:
        _check_supervisor(session, actor, found, asked.supervisor_id)
        found.supervisor_id = asked.supervisor_id
        changed.append("supervisor")
    found.revision += 1
    session.info["case_id"], session.info["detail"] = case.id, "changed " + ", ".join(changed)
    session.flush()
    return found.id


def _check_supervisor(session: Session, actor: Actor, found: Appointment, supervisor_id: int) -> None:
    if not actor.roles & {Role.OWNER, Role.ADMIN}:
        raise NotPermitted(
            "Only an owner or an admin chooses another supervisor.", actor=actor, action="change_appointment",
            resource=Resource.APPOINTMENTS, resource_id=found.id, case_id=found.case_id,
        )
    chosen = session.get(Staff, supervisor_id)
    if chosen is None or not chosen.active or Role.SUPERVISOR not in {r.role for r in chosen.roles}:
        raise BadInput("supervisor_id", "Choose somebody with the supervisor role.")
    if supervisor_id == found.provider_id:
        raise BadInput("supervisor_id", "Nobody supervises themselves.")


@command(Resource.APPOINTMENTS, Action.UPDATE)
def cancel(session: Session, actor: Actor, asked: Cancel) -> int:
    """Call an appointment off: its time is free again, its participants' attendance says by whom and whether late."""
    found = appointment_for(session, actor, asked.appointment_id, Action.UPDATE)
    if found.status is AppointmentStatus.CANCELLED:
        raise RuleViolation("It was cancelled before.")
    if found.status in attendance_rules.OVER:
        raise AppointmentIsFixed("Attendance is recorded; change it there instead.")
    reason = why_fixed(session, found)
    if reason:
        raise AppointmentIsFixed(reason)
    policy = practice.the_practice(session)
    becomes = attendance_rules.cancelled_as(
        asked.by, clock.wall(found.zone), datetime.combine(found.local_date, found.local_time),
        policy.late_cancel_hours,
    )
    for row in found.attendances:
        if row.status not in calendar.ABSENT:
            record(row, actor, becomes)
    found.status, found.cancelled_reason = AppointmentStatus.CANCELLED, asked.reason
    found.revision += 1
    scheduling.release(session, appointment_id=found.id)
    session.info["detail"] = f"by {asked.by}"
    session.flush()
    return found.id


def record(row: Attendance, actor: Actor, status: AttendanceStatus) -> None:
    """Write one participant's status, when and by whom."""
    row.status, row.recorded_at, row.recorded_by_id = status, clock.now(), actor.staff_id
    row.revision += 1


@command(Resource.APPOINTMENTS, Action.UPDATE)
def reinstate(session: Session, actor: Actor, asked: Reinstate) -> int:
    """Put a cancelled appointment back, if its time is still free. Raises SlotTaken, CaseIsArchived."""
    found = appointment_for(session, actor, asked.appointment_id, Action.UPDATE)
    if found.status is not AppointmentStatus.CANCELLED:
        raise RuleViolation("It is not cancelled.")
    if session.get_one(Case, found.case_id).status is CaseStatus.ARCHIVED:
        raise CaseIsArchived
    reason = why_fixed(session, found)
    if reason:
        raise AppointmentIsFixed(reason)
    for row in found.attendances:
        if row.status in attendance_rules.CANCELLED:
            record(row, actor, AttendanceStatus.SCHEDULED)
    found.status = attendance_rules.appointment_status(row.status for row in found.attendances)
    found.cancelled_reason = ""
    found.revision += 1
    occupy(session, actor, found, asked.override_reason)
    session.flush()
    return found.id


# --- Blocked time -----------------------------------------------------------------------------------------------------


@command(Resource.APPOINTMENTS, Action.CREATE)
def add_time_block(session: Session, actor: Actor, asked: AddTimeBlock) -> int:
    """Block a provider's time. Returns the block's id. Refused while appointments lie in it."""
    authorize(session, actor, Action.CREATE, Resource.APPOINTMENTS, responsible=[asked.provider_id])
    provider = _provider(session, asked.provider_id)
    zone = practice.the_practice(session).zone
    try:
        starts, ends = rules.moment(asked.starts_on, asked.starts, zone), rules.moment(asked.ends_on, asked.ends, zone)
    except OverflowError:
        raise BadInput("starts_on", "That date is too far away.") from None
    if ends <= starts:
        raise BadInput("ends_on", "The end lies before the start.")
    if ends - starts > timedelta(days=366):
        raise BadInput("ends_on", "Blocked time lasts at most a year.")
    scheduling.take_turns(session, [provider.id])
    clashing = scheduling.taken(session, [provider.id], starts, ends)
    if clashing:
        first = clashing[0].starts_at.astimezone(ZoneInfo(zone))
        what = "time is blocked already" if clashing[0].is_block else "there is an appointment"
        more = f" and {len(clashing) - 1} more in this time" if len(clashing) > 1 else ""
        raise SlotTaken(f"{_day(first)}, {first:%H:%M}: {what}{more}. Move or cancel what is there first.")
    block = TimeBlock(
        id=ids.new_id(), provider_id=provider.id, reason=asked.reason, zone=zone, starts_at=starts, ends_at=ends
    )
    session.add(block)
    session.flush()
    rows = [
        {"id": ids.new_id(), "resource_id": provider.id, "starts_at": first, "ends_at": last, "appointment_id": None,
         "time_block_id": block.id, "overriding": False}
        for first, last in rules.pieces(starts, ends)
    ]
    _insert_holds(session, rows, {provider.id: provider.name})
    return block.id


@command(Resource.APPOINTMENTS, Action.UPDATE)
def remove_time_block(session: Session, actor: Actor, asked: RemoveTimeBlock) -> int:
    """Open blocked time again."""
    block = session.get(TimeBlock, asked.time_block_id, with_for_update=True)
    if block is None:
        raise NotFound(actor=actor, action=Action.UPDATE, resource=Resource.APPOINTMENTS)
    authorize(session, actor, Action.UPDATE, Resource.APPOINTMENTS, responsible=[block.provider_id])
    scheduling.release(session, time_block_id=block.id)
    session.delete(block)
    session.flush()
    return asked.time_block_id


# --- Readers ----------------------------------------------------------------------------------------------------------


@reader(Resource.APPOINTMENTS)
def appointments_between(
    session: Session, actor: Actor, first: date, last: date, *, provider_ids: Iterable[int] | None = None,
    types: Iterable[CaseType] | None = None, location_id: int | None = None,
    statuses: Iterable[AppointmentStatus] | None = None, limit: int | None = None,
) -> list[CalendarEntry]:
    """Appointments from a date to a date, both included, as the calendar shows them; groups with their counts.

    An empty filter is no filter. Raises TooMany beyond ``limit``.
    """
    zone = calendar.zone(session)
    starts = rules.moment(first, time(), zone)
    ends = rules.moment(last + timedelta(days=1), time(), zone)
    found = calendar.entries(
        session, starts, ends, visible(actor, Action.READ, Resource.APPOINTMENTS),
        provider_ids=provider_ids or None, types=types or None, location_id=location_id, statuses=statuses or None,
        limit=None if limit is None else limit + 1,
    )
    if limit is not None and len(found) > limit:
        raise TooMany
    groups = [entry.appointment_id for entry in found if capabilities(entry.case_type).is_group]
    if not groups:
        return found
    counted = calendar.counts(session, groups)
    return [
        entry._replace(expected=counted[entry.appointment_id][0], people=counted[entry.appointment_id][1])
        if entry.appointment_id in counted else entry for entry in found
    ]


@reader(Resource.APPOINTMENTS)
def day_of(session: Session, actor: Actor, day: date) -> list[CalendarEntry]:
    """The day's appointments: the whole practice's for whoever runs it, one's own for whoever treats."""
    return appointments_between(session, actor, day, day)


@dataclass(frozen=True, slots=True)
class Blocked:
    """Blocked time on a calendar, in wall-clock time."""

    time_block_id: int
    provider_id: int
    provider: str
    reason: str
    """Empty for somebody else's block that one may not read."""
    starts: datetime
    ends: datetime


@reader(Resource.APPOINTMENTS)
def blocks_between(
    session: Session, actor: Actor, first: date, last: date, *, provider_ids: Iterable[int] | None = None
) -> list[Blocked]:
    """Blocked time that touches the dates, of those whose appointments the actor may see."""
    zone = ZoneInfo(calendar.zone(session))
    seen = visible(actor, Action.READ, Resource.APPOINTMENTS)
    wanted = set(provider_ids) if provider_ids else None
    if not seen.everything:
        wanted = set(seen.staff_ids) if wanted is None else wanted & seen.staff_ids
    rows = scheduling.blocks(
        session, rules.moment(first, time(), zone.key), rules.moment(last + timedelta(days=1), time(), zone.key), wanted
    )
    return [
        Blocked(
            block.id, block.provider_id, name, block.reason, block.starts_at.astimezone(zone).replace(tzinfo=None),
            block.ends_at.astimezone(zone).replace(tzinfo=None),
        ) for block, name in rows
    ]


@dataclass(frozen=True, slots=True)
class Attendee:
    """One participant at an appointment."""

    person_id: int
    name: str
    role: str
    status: AttendanceStatus
    recorded_at: datetime | None
    fixed: bool
    """Whether their charge is on an invoice, so that the status stays."""


@dataclass(frozen=True, slots=True)
class Deed:
    """One line of an appointment's history."""

    at: datetime
    what: str
    who: str
    detail: str


@dataclass(frozen=True, slots=True)
class AppointmentView:
    """Everything that the appointment page shows but notes and billing, which have their own blocks."""

    appointment_id: int
    revision: int
    case_id: int
    case_name: str
    case_type: CaseType
    status: AppointmentStatus
    local_date: date
    local_time: time
    minutes: int
    zone: str
    starts_at: datetime
    format: SessionFormat
    location_id: int | None
    location: str
    service_id: int
    service: str
    fee_cents: int
    provider_id: int
    provider: str
    supervisor_id: int | None
    supervisor: str
    people: tuple[Attendee, ...]
    series_position: str
    cancelled_reason: str
    override_reason: str
    why_fixed: str | None
    """Why service and fee stay as they are."""
    why_immovable: str | None
    memo: str | None
    """``None`` for those who may not read it."""
    may_write_memo: bool
    may_change: bool
    created_at: datetime
    history: tuple[Deed, ...]


@reader(Resource.APPOINTMENTS)
def appointment_page(session: Session, actor: Actor, appointment_id: int) -> AppointmentView:
    """What the page of an appointment shows. Raises NotFound for strangers."""
    found = appointment_for(session, actor, appointment_id)
    names = calendar.around(session, found)
    invoiced = calendar.invoiced_people(session, found.id)
    people = tuple(
        Attendee(
            row.person_id, person_name(person.first_name, person.last_name, person.preferred_name), role, row.status,
            row.recorded_at, bool(invoiced & {None, row.person_id}),
        ) for row, person, role in calendar.people_at(session, found.id)
    )
    position = ""
    if names.series is not None:
        position = rules.position(*calendar.place_in_series(session, found), names.series.rule)

    def allowed(action: Action, resource: Resource) -> bool:
        try:
            authorize(
                session, actor, action, resource, responsible=[found.provider_id, names.case.provider_id],
                supervisor_id=_watching(actor, found, names.case),
            )
        except NotPermitted:
            return False
        return True

    deeds: list[Deed] = []
    if may(actor, Action.READ, Resource.AUDIT_LOG):
        deeds = [Deed(*row) for row in calendar.history(session, found.case_id, found.id)]
    return AppointmentView(
        appointment_id=found.id, revision=found.revision, case_id=found.case_id, case_name=names.case.name,
        case_type=names.case.type, status=found.status, local_date=found.local_date, local_time=found.local_time,
        minutes=found.minutes, zone=found.zone, starts_at=found.starts_at, format=found.format,
        location_id=found.location_id, location=names.location.name if names.location else "",
        service_id=found.service_id, service=names.service.name, fee_cents=found.fee_cents,
        provider_id=found.provider_id, provider=names.provider.name, supervisor_id=found.supervisor_id,
        supervisor=names.supervisor.name if names.supervisor else "", people=people, series_position=position,
        cancelled_reason=found.cancelled_reason, override_reason=found.override_reason,
        why_fixed=why_fixed(session, found), why_immovable=why_immovable(session, found),
        memo=found.memo if allowed(Action.READ, Resource.APPOINTMENT_MEMO) else None,
        may_write_memo=allowed(Action.UPDATE, Resource.APPOINTMENT_MEMO),
        may_change=allowed(Action.UPDATE, Resource.APPOINTMENTS), created_at=found.created_at, history=tuple(deeds),
    )


@dataclass(frozen=True, slots=True)
class Choice:
    """Something to choose from in a form: its id and what it is called."""

    id: int
    name: str
    colour: str = ""


@dataclass(frozen=True, slots=True)
class ServiceChoice:
    """A service with what it fills in."""

    id: int
    name: str
    minutes: int
    fees: tuple[tuple[date, int], ...]
    """From when on, cents; in order."""

    def fee_on(self, day: date) -> int:
        """The fee in force on a day; before the first date the first fee."""
        in_force = [cents for valid_from, cents in self.fees if valid_from <= day]
        return in_force[-1] if in_force else self.fees[0][1]


@dataclass(frozen=True, slots=True)
class BookingChoices:
    """What the form for a new appointment of a case offers."""

    case_id: int
    case_name: str
    case_type: CaseType
    provider_id: int
    archived: bool
    services: tuple[ServiceChoice, ...]
    locations: tuple[Choice, ...]
    providers: tuple[Choice, ...]
    """Whom the actor may book; empty where there is no choice."""
    may_override: bool
    may_write_memo: bool
    last_service_id: int | None = None
    """What was booked the last time, for the form to begin with."""
    last_format: SessionFormat | None = None
    last_location_id: int | None = None


@reader(Resource.APPOINTMENTS)
def booking_choices(session: Session, actor: Actor, case_id: int) -> BookingChoices:
    """Services, places and providers for an appointment of a case. Raises NotFound for strangers."""
    case = session.get(Case, case_id)
    if case is None:
        raise NotFound(actor=actor, action=Action.CREATE, resource=Resource.APPOINTMENTS, case_id=case_id)
    authorize(
        session, actor, Action.READ, Resource.APPOINTMENTS, responsible=[case.provider_id],
        supervisor_id=_watching_case(actor, case), case_id=case.id,
    )
    categories = capabilities(case.type).categories
    last = scheduling.last_of_case(session, case.id)
    books_anybody = visible(actor, Action.CREATE, Resource.APPOINTMENTS).everything if may(
        actor, Action.CREATE, Resource.APPOINTMENTS) else False
    return BookingChoices(
        case_id=case.id, case_name=case.name, case_type=case.type, provider_id=case.provider_id,
        archived=case.status is CaseStatus.ARCHIVED,
        services=tuple(
            ServiceChoice(s.id, s.name, s.minutes, tuple((fee.valid_from, fee.fee_cents) for fee in s.fees))
            for s in practice.services(session) if s.category in categories
        ),
        locations=tuple(Choice(place.id, place.name) for place in practice.locations(session)),
        providers=tuple(_choices(logins.staff_with_roles(session, TREATING))) if books_anybody else (),
        may_override=bool(actor.roles & rules.MAY_OVERRIDE),
        may_write_memo=may(actor, Action.CREATE, Resource.APPOINTMENT_MEMO),
        last_service_id=last.service_id if last else None, last_format=last.format if last else None,
        last_location_id=last.location_id if last else None,
    )


def _watching_case(actor: Actor, case: Case) -> int | None:
    return actor.staff_id if case.supervisor_id == actor.staff_id else None


def _choices(staff: Iterable[Staff]) -> list[Choice]:
    return [Choice(person.id, person.name, person.colour) for person in staff]


@reader(Resource.APPOINTMENTS)
def calendar_providers(session: Session, actor: Actor) -> list[Choice]:
    """Whose appointments the calendar can be narrowed to, by name."""
    seen = visible(actor, Action.READ, Resource.APPOINTMENTS)
    everybody = _choices(logins.staff_with_roles(session, TREATING))
    return [choice for choice in everybody if seen.everything or choice.id in seen.staff_ids]


@reader(Resource.APPOINTMENTS)
def supervisor_choices(session: Session, actor: Actor) -> list[Choice]:
    """Who can be another supervisor for one appointment."""
    return _choices(logins.staff_with_roles(session, [Role.SUPERVISOR]))


@reader(Resource.APPOINTMENTS)
def wall_clock(session: Session, actor: Actor) -> datetime:
    """Now, on the practice's wall clock."""
    return clock.wall(practice.the_practice(session).zone)
