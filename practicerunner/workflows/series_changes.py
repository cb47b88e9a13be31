"""Changing and cancelling occurrences of a series: only this one, this and following, or all future ones (E12, E13).

What was attended, noted or invoiced never changes. An occurrence that was moved on its own keeps its date and time and
takes the rest (DEC10); a cancelled one stays cancelled; no occurrence gets another id.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from itertools import pairwise

from pydantic import Field, field_validator
from sqlalchemy.orm import Session

from practicerunner import clock
from practicerunner.errors import BadInput, RuleViolation, Stale
from practicerunner.records import audit, notes, practice, scheduling
from practicerunner.records import series as records
from practicerunner.records.cases import Case
from practicerunner.records.practice import Location, Service
from practicerunner.records.scheduling import Appointment
from practicerunner.records.series import Series
from practicerunner.records.staff import Staff, Supervision
from practicerunner.rules import attendance as attendance_rules
from practicerunner.rules import scheduling as scheduling_rules
from practicerunner.rules import series as rules
from practicerunner.rules.scheduling import Slot
from practicerunner.rules.series import Occurrence
from practicerunner.rules.supervision import inherited
from practicerunner.vocabulary import Action, AttendanceStatus, CancelledBy, Resource, SeriesScope, SessionFormat
from practicerunner.workflows.access import Actor, authorize
from practicerunner.workflows.booking import (
    bookable_place,
    bookable_provider,
    bookable_service,
    plausible_length,
    slot_on,
)
from practicerunner.workflows.commands import Command, Line, command, reader
from practicerunner.workflows.membership import taking_part
from practicerunner.workflows.scheduling import (
    AppointmentIsFixed,
    appointment_for,
    call_off,
    cancelled_as,
    expect_on_its_day,
    watching,
    why_immovable,
)
from practicerunner.workflows.slots import (
    Conflict,
    Overridden,
    Wanted,
    allow,
    find_conflicts,
    holds_of,
    resources_of,
    take,
    take_turns,
)


class NotInSeries(RuleViolation):
    """This appointment does not belong to a series."""


class ChangeSeries(Command):
    """Change one occurrence and, if asked, those after it. What is left out stays as it is."""

    appointment_id: int
    revision: int
    """Of the occurrence from which the change is made."""
    scope: SeriesScope
    local_date: date | None = None
    """Another date for this occurrence; the others move by as many days."""
    local_time: time | None = None
    minutes: int | None = None
    provider_id: int | None = None
    service_id: int | None = None
    fee_cents: int | None = Field(default=None, ge=0, le=99_999_999)
    """Without it, another service brings its own fee."""
    format: SessionFormat | None = None
    location_id: int | None = None
    """With neither format nor location, both stay as they are."""
    skip_conflicts: bool = False
    """Leave occurrences whose new time is taken as they are."""
    override_reason: Line = ""

    _length = field_validator("minutes")(plausible_length)


class CancelSeries(Command):
    """Call off one occurrence and, if asked, those after it; they stay visible with the reason."""

    appointment_id: int
    revision: int
    scope: SeriesScope
    by: CancelledBy
    reason: Line = ""


@dataclass(frozen=True, slots=True)
class Staying:
    """An occurrence that a change reaches and leaves as it is."""

    appointment_id: int
    local_date: date
    local_time: time
    reason: str


@dataclass(frozen=True, slots=True)
class Changing:
    """An occurrence that changes: when it is, and when it will be."""

    appointment_id: int
    local_date: date
    local_time: time
    minutes: int
    new_date: date
    new_time: time
    new_minutes: int
    keeps_time: bool
    """It was moved on its own and keeps its date and time."""


@dataclass(frozen=True, slots=True)
class ChangePreview:
    """What a change of a series would do, before it does it."""

    changing: tuple[Changing, ...]
    staying: tuple[Staying, ...]
    conflicts: tuple[Conflict, ...]
    notes: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class CancelPreview:
    """What cancelling would do."""

    dates: tuple[tuple[date, time], ...]
    """What would be called off."""
    staying: tuple[Staying, ...]
    late: int
    """How many of them so late that the policy's fee falls due."""


@dataclass(slots=True)
class _Becoming:
    """An occurrence with all that it will be."""

    found: Appointment
    slot: Slot
    provider: Staff
    service_id: int
    fee_cents: int
    held_as: SessionFormat
    location: Location | None
    keeps_time: bool

    people: tuple[int, ...]
    """Who is expected on its day."""

    @property
    def wanted(self) -> Wanted:
        return Wanted(self.slot, resources_of(self.provider, self.location), self.people)

    @property
    def is_elsewhen(self) -> bool:
        """Whether it takes other time, or other people and rooms, than it holds now."""
        return (
            (self.slot.starts_at, self.slot.ends_at) != (self.found.starts_at, self.found.ends_at)
            or self.provider.id != self.found.provider_id
            or (self.location.id if self.location else None) != self.found.location_id
        )


@dataclass(slots=True)
class _Change:
    """A planned change of a series."""

    case: Case
    series: Series
    origin: Appointment
    becoming: list[_Becoming]
    staying: list[Staying]
    days: int
    """By how many days the occurrences move."""
    conflicts: list[Conflict] = field(default_factory=list)
    over: Overridden = field(default_factory=set)


@command(Resource.APPOINTMENTS, Action.UPDATE)
def change_series(session: Session, actor: Actor, asked: ChangeSeries) -> list[int]:
    """Change the occurrences that the scope reaches, all or none. Returns the ids of those that changed.

    Raises Stale, SeriesConflicts, AppointmentIsFixed, BadInput, NotInSeries.
    """
    change = _plan_change(session, actor, asked, lock=True)
    change.over |= allow(actor, [one.wanted for one in change.becoming], change.conflicts, asked.override_reason)
    if not change.becoming:
        raise RuleViolation("Nothing would change: " + _first_reason(change.staying))
    _write(session, actor, asked, change)
    session.info["case_id"] = change.case.id
    session.info["detail"] = f"series {change.series.id}, {asked.scope}: {len(change.becoming)} changed"
    return [one.found.id for one in change.becoming]


@reader(Resource.APPOINTMENTS)
def preview_change(session: Session, actor: Actor, asked: ChangeSeries) -> ChangePreview:
    """What a change would do, occurrence by occurrence. Raises what the change itself would raise but conflicts."""
    change = _plan_change(session, actor, asked, lock=False)
    notes = [
        f"The clock skips that hour on {one.slot.local_date:%a} {one.slot.local_date.day} {one.slot.local_date:%b}; "
        f"it starts at {one.slot.local_time:%H:%M}." for one in change.becoming if one.slot.shifted
    ]
    return ChangePreview(
        tuple(
            Changing(
                one.found.id, one.found.local_date, one.found.local_time, one.found.minutes, one.slot.local_date,
                one.slot.local_time, one.slot.minutes, one.keeps_time,
            ) for one in change.becoming
        ),
        tuple(change.staying), tuple(change.conflicts), tuple(notes),
    )


@command(Resource.APPOINTMENTS, Action.UPDATE)
def cancel_series(session: Session, actor: Actor, asked: CancelSeries) -> list[int]:
    """Call off the occurrences that the scope reaches, all or none; others are left as they are (E13, X19).

    Returns the ids of those that were called off. Raises Stale, AppointmentIsFixed, NotInSeries.
    """
    series, origin, going, staying = _reach(session, actor, asked.appointment_id, asked.revision, asked.scope)
    if not going:
        raise RuleViolation("Nothing is cancelled: " + _first_reason(staying))
    for found in going:
        call_off(session, actor, found, cancelled_as(session, found, asked.by), asked.reason)
        _log(session, actor, "cancel_series", found, f"by {asked.by}")
    if asked.scope is not SeriesScope.THIS:
        first = origin.series_date if asked.scope is SeriesScope.FOLLOWING else clock.today(series.zone)
        for skip in records.skips(session, series.id):
            if first is not None and skip.series_date >= first:
                session.delete(skip)
        series.revision += 1
    session.flush()
    session.info["case_id"] = series.case_id
    session.info["detail"] = f"series {series.id}, {asked.scope}: {len(going)} cancelled by {asked.by}"
    return [found.id for found in going]


@reader(Resource.APPOINTMENTS)
def preview_cancel(session: Session, actor: Actor, asked: CancelSeries) -> CancelPreview:
    """What cancelling would call off, what stays, and how much of it is late."""
    _, _, going, staying = _reach(
        session, actor, asked.appointment_id, asked.revision, asked.scope, lock=False
    )
    late = sum(cancelled_as(session, found, asked.by) is AttendanceStatus.LATE_CANCELLED for found in going)
    return CancelPreview(tuple((found.local_date, found.local_time) for found in going), tuple(staying), late)


def _first_reason(staying: Sequence[Staying]) -> str:
    return staying[0].reason[0].lower() + staying[0].reason[1:] if staying else "nothing of it lies ahead."


def occurrences_of(session: Session, appointments: Sequence[Appointment]) -> list[Occurrence]:
    """Appointments of one series as the rules ask about them."""
    ids = [found.id for found in appointments]
    noted, invoiced = records.noted(session, ids), records.invoiced(session, ids)
    recorded = {AttendanceStatus.ATTENDED, AttendanceStatus.ARRIVED, AttendanceStatus.NO_SHOW}
    return [
        Occurrence(
            found.id, found.series_date or found.local_date, found.local_date, found.local_time, found.starts_at,
            found.status, found.series_moved,
            found.status in attendance_rules.OVER or any(a.status in recorded for a in found.attendances),
            found.id in noted, found.id in invoiced,
        ) for found in appointments
    ]


def _reach(
    session: Session, actor: Actor, appointment_id: int, revision: int, scope: SeriesScope, *, lock: bool = True
) -> tuple[Series, Appointment, list[Appointment], list[Staying]]:
    """The series, the occurrence to begin from, those that may change, and those that stay. Authorises each provider's.

    Raises NotFound, Stale, NotInSeries, AppointmentIsFixed where only this one is meant and it is fixed.
    """
    if lock and scope is not SeriesScope.THIS:
        records.lock_whole(session, appointment_id)
    origin = appointment_for(session, actor, appointment_id, Action.UPDATE if lock else Action.READ)
    if origin.revision != revision:
        raise Stale
    if origin.series_id is None:
        raise NotInSeries
    series = records.series(session, origin.series_id)
    assert series is not None  # the foreign key holds  # noqa: S101
    if scope is SeriesScope.THIS:
        reason = why_immovable(session, origin)
        if reason:
            raise AppointmentIsFixed(reason)
        return series, origin, [origin], []
    everyone = records.occurrences(session, series.id)
    case = session.get_one(Case, series.case_id)
    now = clock.now()
    facts = {one.appointment_id: one for one in occurrences_of(session, everyone)}
    reach = {one.appointment_id for one in rules.reached(facts.values(), facts[origin.id], scope, now)}
    going, staying = [], []
    for found in everyone:
        if found.id not in reach:
            continue
        reason = rules.why_it_stays(facts[found.id], now)
        if reason is None:
            authorize(
                session, actor, Action.UPDATE, Resource.APPOINTMENTS, responsible=[found.provider_id, case.provider_id],
                supervisor_id=watching(actor, found, case), resource_id=found.id, case_id=case.id,
            )
            going.append(found)
        else:
            staying.append(Staying(found.id, found.local_date, found.local_time, reason))
    return series, origin, going, staying


def _plan_change(session: Session, actor: Actor, asked: ChangeSeries, *, lock: bool) -> _Change:
    """Everything that a change would do, with its conflicts; those it may leave out are among what stays."""
    series, origin, going, staying = _reach(
        session, actor, asked.appointment_id, asked.revision, asked.scope, lock=lock
    )
    case = session.get_one(Case, series.case_id)
    becoming = _become(session, actor, asked, case, origin, going)
    days = (asked.local_date - origin.local_date).days if asked.local_date is not None else 0
    change = _Change(case, series, origin, becoming, staying, days)
    if lock:
        take_turns(session, [one.wanted for one in becoming])
    _look_for_conflicts(session, asked, change)
    return change


def _become(
    session: Session, actor: Actor, asked: ChangeSeries, case: Case, origin: Appointment, going: Sequence[Appointment]
) -> list[_Becoming]:
    """What each occurrence will be. Raises BadInput where what was asked cannot be booked."""
    changes = asked.model_dump(exclude={"op", "appointment_id", "revision", "scope", "skip_conflicts",
                                        "override_reason"}, exclude_none=True)
    if not changes:
        raise BadInput("local_time", "Nothing was changed.")
    provider = bookable_provider(session, asked.provider_id) if asked.provider_id is not None else None
    if provider is not None and provider.id not in (origin.provider_id, case.provider_id):
        authorize(session, actor, Action.UPDATE, Resource.APPOINTMENTS, responsible=[provider.id], case_id=case.id)
    service = bookable_service(session, case, asked.service_id) if asked.service_id is not None else None
    place = None
    if asked.format is not None or asked.location_id is not None:
        place = bookable_place(session, asked.format, asked.location_id)
    facts = {one.appointment_id: one for one in occurrences_of(session, [*going, origin])}
    made = []
    for found in going:
        day, at = rules.new_start(facts[found.id], facts[origin.id], asked.local_date, asked.local_time)
        minutes = asked.minutes if asked.minutes is not None else found.minutes
        held_as, location = place or (
            found.format, session.get(Location, found.location_id) if found.location_id else None
        )
        made.append(_Becoming(
            found, _slot(found, day, at, minutes), provider or session.get_one(Staff, found.provider_id),
            service.id if service else found.service_id, _fee(asked, found, service, day), held_as, location,
            keeps_time=facts[found.id].is_moved and found is not origin, people=_expected(case, found, day),
        ))
    return made


def _expected(case: Case, found: Appointment, day: date) -> tuple[int, ...]:
    """Who is expected at an occurrence: on another day, whoever takes part by then and has not called off."""
    absent = {row.person_id for row in found.attendances if row.status in attendance_rules.ABSENT}
    there = (
        [row.person_id for row in found.attendances] if day == found.local_date else sorted(taking_part(case, day))
    )
    return tuple(person_id for person_id in there if person_id not in absent)


def _slot(found: Appointment, day: date, at: time, minutes: int) -> Slot:
    """The new slot; where date and time stay, so does the moment (which matters in the hour that comes twice)."""
    if (day, at) == (found.local_date, found.local_time):
        return Slot(day, at, minutes, found.zone, found.starts_at, found.starts_at + timedelta(minutes=minutes))
    return slot_on(day, at, minutes, found.zone)


def _fee(asked: ChangeSeries, found: Appointment, service: Service | None, day: date) -> int:
    if asked.fee_cents is not None:
        return asked.fee_cents
    if service is not None and service.id != found.service_id:
        return practice.fee_on(service, day)
    return found.fee_cents


def _look_for_conflicts(session: Session, asked: ChangeSeries, change: _Change) -> None:
    """Find what clashes; with ``skip_conflicts`` those occurrences stay, and the others are looked at again.

    An overlap that was allowed before is allowed where the occurrence stays when it is.
    """
    while True:
        moving = [one for one in change.becoming if one.is_elsewhen]
        ids = [one.found.id for one in moving]
        found = find_conflicts(session, [one.wanted for one in moving], except_ids=ids) + _among_themselves(moving)
        kept = {
            one.slot for one in moving
            if one.found.override_reason and one.slot.starts_at == one.found.starts_at
        }
        change.over = {(c.slot, c.resource_id) for c in found if c.slot in kept}
        change.conflicts = [c for c in found if c.slot not in kept]
        if not (asked.skip_conflicts and change.conflicts):
            return
        sentences = {c.slot: c.sentence for c in reversed(change.conflicts)}
        for one in [one for one in change.becoming if one.slot in sentences]:
            change.becoming.remove(one)
            change.staying.append(
                Staying(one.found.id, one.found.local_date, one.found.local_time, sentences[one.slot])
            )


def _among_themselves(moving: Sequence[_Becoming]) -> list[Conflict]:
    """Occurrences of the series itself that would stand on each other, for instance one that was moved by hand."""
    found = []
    ordered = sorted(moving, key=lambda one: one.slot.starts_at)
    for earlier, later in pairwise(ordered):
        a, b = earlier.slot, later.slot
        if scheduling_rules.overlap(a.starts_at, a.ends_at, b.starts_at, b.ends_at):
            starts = datetime.combine(a.local_date, a.local_time)
            found.append(Conflict(
                later.provider.id, later.provider.name, b, starts, starts + timedelta(minutes=a.minutes)
            ))
    return found


def _write(session: Session, actor: Actor, asked: ChangeSeries, change: _Change) -> None:
    """Write what each occurrence becomes, take the new slots instead of the old, and let the series follow."""
    moving = [one for one in change.becoming if one.is_elsewhen]
    holds = [
        hold for one in moving
        for hold in holds_of(one.found.id, one.slot, one.wanted.resources, change.over)
    ]
    names = {key: name for one in moving for key, name in one.wanted.resources.items()}
    overriding = {slot for slot, _ in change.over}
    scheduling.release(session, [one.found.id for one in moving])
    staff = {found for one in moving for found in (one.found.provider_id, one.provider.id)}
    supervisions = {staff_id: scheduling.supervisions_over(session, staff_id) for staff_id in staff}
    for one in change.becoming:
        if one in moving:
            _inherit_supervisor(change.case, one, supervisions)
        _become_so(session, actor, asked, change.case, one, overriding)
    session.flush()
    take(session, holds, names)
    if asked.scope is not SeriesScope.THIS:
        _follow(asked, change)
    session.flush()


def _inherit_supervisor(case: Case, one: _Becoming, supervisions: dict[int, list[Supervision]]) -> None:
    """A supervisor who was inherited is inherited anew; one chosen for this occurrence alone stays (E24)."""
    found = one.found
    if found.supervisor_id == one.provider.id:
        found.supervisor_is_own = False
    if not found.supervisor_is_own:
        found.supervisor_id = inherited(
            case.supervisor_id, one.provider.id, supervisions[one.provider.id], one.slot.local_date)


def _become_so(
    session: Session, actor: Actor, asked: ChangeSeries, case: Case, one: _Becoming, overriding: set[Slot]
) -> None:
    found, slot = one.found, one.slot
    before = f"{found.local_date} {found.local_time:%H:%M} {found.minutes} min"
    if one.is_elsewhen:
        found.override_reason = (asked.override_reason or found.override_reason) if slot in overriding else ""
    if (slot.local_date, slot.local_time) != (found.local_date, found.local_time):
        found.series_moved = found.series_moved or asked.scope is SeriesScope.THIS
        found.fold = 0
    other_day = slot.local_date != found.local_date
    found.local_date, found.local_time, found.minutes = slot.local_date, slot.local_time, slot.minutes
    if other_day:
        expect_on_its_day(case, found)
        notes.go_with(session, found.id, found.local_date)
    found.starts_at, found.ends_at = slot.starts_at, slot.ends_at
    found.provider_id, found.service_id, found.fee_cents = one.provider.id, one.service_id, one.fee_cents
    found.format, found.location_id = one.held_as, one.location.id if one.location else None
    found.revision += 1
    _log(session, actor, "change_series", found,
         f"from {before} to {found.local_date} {found.local_time:%H:%M} {found.minutes} min")


def _follow(asked: ChangeSeries, change: _Change) -> None:
    """What is added to the series later is like its latest occurrences."""
    series = change.series
    series.shift_days += change.days
    if asked.local_time is not None:
        series.local_time = asked.local_time
    if asked.minutes is not None:
        series.minutes = asked.minutes
    if asked.provider_id is not None:
        series.provider_id = asked.provider_id
    if asked.service_id is not None and asked.service_id != series.service_id:
        series.service_id, series.fee_cents = asked.service_id, None
    if asked.fee_cents is not None:
        series.fee_cents = asked.fee_cents
    if asked.format is not None or asked.location_id is not None:
        series.format, series.location_id = asked.format or SessionFormat.IN_PERSON, asked.location_id
    series.revision += 1


def _log(session: Session, actor: Actor, action: str, found: Appointment, detail: str) -> None:
    """One row of the audit log for each occurrence, so that its own history tells of it."""
    audit.note(
        session, staff_id=actor.staff_id, role=session.info.get("role", ""), action=action,
        resource=Resource.APPOINTMENTS, resource_id=found.id, case_id=found.case_id, detail=detail,
    )
