"""Reading the calendar: a day's appointments, blocked time, the page of one, and what its forms offer."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from sqlalchemy.orm import Session

from practicerunner import clock
from practicerunner.errors import NotFound, RuleViolation
from practicerunner.records import acting, calendar, practice, scheduling, staff
from practicerunner.records.calendar import CalendarEntry
from practicerunner.records.cases import Case
from practicerunner.records.scheduling import Appointment
from practicerunner.records.staff import Staff
from practicerunner.rules import recurrence
from practicerunner.rules import scheduling as rules
from practicerunner.rules.case_types import capabilities
from practicerunner.rules.names import person_name
from practicerunner.vocabulary import (
    Action,
    AppointmentStatus,
    AttendanceStatus,
    CancelledBy,
    CaseStatus,
    CaseType,
    Resource,
    Role,
    SessionFormat,
)
from practicerunner.workflows.access import Actor, authorize, may, may_touch, visible
from practicerunner.workflows.cases import TREATING
from practicerunner.workflows.commands import reader
from practicerunner.workflows.scheduling import (
    appointment_for,
    cancelled_as,
    inherited_supervisor,
    watching,
    why_fixed,
    why_immovable,
)

MOST_ENTRIES = 500
"""A calendar with more than this is not readable, and slow in the browser."""


class TooMany(RuleViolation):
    """These are too many appointments to show at once. Choose a provider, a type or a shorter time."""


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
    fold: int
    comes_twice: bool
    """Whether its time comes twice on its day; ``fold`` is 1 for the second."""
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
    supervisor_is_own: bool
    """Whether the supervisor was chosen for this appointment alone."""
    inherited_supervisor: str
    """Whom it would have otherwise; empty for nobody."""
    people: tuple[Attendee, ...]
    confidential_to: tuple[str, ...]
    """To whom of those it is confidential: their names."""
    may_be_confidential: bool
    """Whether somebody acts for one of them, so that there is something to choose."""
    cancels_as: AttendanceStatus
    """What a client's cancellation at this moment is by the clock: late or in time."""
    series_position: str
    cancelled_reason: str
    override_reason: str
    why_fixed: str | None
    """Why service and fee stay as they are."""
    why_immovable: str | None
    memo: str | None
    """``None`` for those who may not read it."""
    memo_for_desk: bool
    """Whether the front desk may read it."""
    may_write_memo: bool
    may_change: bool
    created_at: datetime
    history: tuple[Deed, ...]


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
    zone: str = "UTC"
    """Of the wall clock on which appointments are booked."""


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


@reader(Resource.APPOINTMENTS)
def appointment_page(session: Session, actor: Actor, appointment_id: int) -> AppointmentView:
    """What the page of an appointment shows. Raises NotFound for strangers."""
    found = appointment_for(session, actor, appointment_id)
    names = calendar.around(session, found)
    invoiced = calendar.invoiced_people(session, found.id)
    there = calendar.people_at(session, found.id)
    people = tuple(
        Attendee(
            row.person_id, person_name(person.first_name, person.last_name, person.preferred_name), role, row.status,
            row.recorded_at, bool(invoiced & {None, row.person_id}),
        ) for row, person, role in there
    )
    position = ""
    if names.series is not None:
        position = recurrence.position(
            *calendar.place_in_series(session, found), names.series.rule, names.series.first_date
        )

    def allowed(action: Action, resource: Resource) -> bool:
        return may_touch(
            actor, action, resource, responsible=[found.provider_id, names.case.provider_id],
            supervisor_id=watching(actor, found, names.case),
        )

    deeds: list[Deed] = []
    if may(actor, Action.READ, Resource.AUDIT_LOG):
        deeds = [Deed(*row) for row in calendar.history(session, found.case_id, found.id)]
    return AppointmentView(
        appointment_id=found.id, revision=found.revision, case_id=found.case_id, case_name=names.case.name,
        case_type=names.case.type, status=found.status, local_date=found.local_date, local_time=found.local_time,
        minutes=found.minutes, zone=found.zone, fold=found.fold, starts_at=found.starts_at,
        comes_twice=rules.comes_twice(found.local_date, found.local_time, found.zone), format=found.format,
        location_id=found.location_id, location=names.location.name if names.location else "",
        service_id=found.service_id, service=names.service.name, fee_cents=found.fee_cents,
        provider_id=found.provider_id, provider=names.provider.name, supervisor_id=found.supervisor_id,
        supervisor=names.supervisor.name if names.supervisor else "", supervisor_is_own=found.supervisor_is_own,
        inherited_supervisor=_inherited(session, found, names), people=people,
        confidential_to=tuple(
            person_name(person.first_name, person.last_name, person.preferred_name)
            for row, person, _ in there if row.confidential),
        may_be_confidential=capabilities(names.case.type).confidential and acting.is_acted_for(
            session, [row.person_id for row, *_ in there]),
        cancels_as=cancelled_as(session, found, CancelledBy.CLIENT), series_position=position,
        cancelled_reason=found.cancelled_reason, override_reason=found.override_reason,
        why_fixed=why_fixed(session, found), why_immovable=why_immovable(session, found),
        memo=found.memo if allowed(Action.READ, rules.memo_resource(for_desk=found.memo_for_desk)) else None,
        memo_for_desk=found.memo_for_desk,
        may_write_memo=allowed(Action.UPDATE, Resource.APPOINTMENT_MEMO),
        may_change=allowed(Action.UPDATE, Resource.APPOINTMENTS), created_at=found.created_at, history=tuple(deeds),
    )


def _inherited(session: Session, found: Appointment, names: calendar.Around) -> str:
    """The name of the supervisor without one chosen for this appointment alone."""
    if not found.supervisor_is_own:
        return names.supervisor.name if names.supervisor else ""
    supervisor_id = inherited_supervisor(session, names.case, found.provider_id, found.local_date)
    return session.get_one(Staff, supervisor_id).name if supervisor_id is not None else ""


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
        providers=tuple(_choices(staff.staff_with_roles(session, TREATING))) if books_anybody else (),
        may_override=bool(actor.roles & rules.MAY_OVERRIDE),
        may_write_memo=may(actor, Action.CREATE, Resource.APPOINTMENT_MEMO),
        last_service_id=last.service_id if last else None, last_format=last.format if last else None,
        last_location_id=last.location_id if last else None, zone=practice.the_practice(session).zone,
    )


def _watching_case(actor: Actor, case: Case) -> int | None:
    return actor.staff_id if case.supervisor_id == actor.staff_id else None


def _choices(staff: Iterable[Staff]) -> list[Choice]:
    return [Choice(person.id, person.name, person.colour) for person in staff]


@reader(Resource.APPOINTMENTS)
def calendar_providers(session: Session, actor: Actor) -> list[Choice]:
    """Whose appointments the calendar can be narrowed to, by name."""
    seen = visible(actor, Action.READ, Resource.APPOINTMENTS)
    everybody = _choices(staff.staff_with_roles(session, TREATING))
    return [choice for choice in everybody if seen.everything or choice.id in seen.staff_ids]


@reader(Resource.APPOINTMENTS)
def supervisor_choices(session: Session, actor: Actor) -> list[Choice]:
    """Who can be another supervisor for one appointment."""
    return _choices(staff.staff_with_roles(session, [Role.SUPERVISOR]))


@reader(Resource.APPOINTMENTS)
def wall_clock(session: Session, actor: Actor) -> datetime:
    """Now, on the practice's wall clock."""
    return clock.wall(practice.the_practice(session).zone)
