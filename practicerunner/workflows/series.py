"""Booking a series: every occurrence checked before saving, skipped dates kept, more added later (E11, E14)."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, time

from pydantic import Field, ValidationInfo, field_validator, model_validator
from pydantic_core import PydanticCustomError
from sqlalchemy.orm import Session

from practicerunner import clock, ids
from practicerunner.errors import BadInput, NotFound, Stale
from practicerunner.records import series as records
from practicerunner.records.base import add_rows
from practicerunner.records.cases import Case
from practicerunner.records.series import Series, SeriesSkip, shifted
from practicerunner.rules import recurrence as rules
from practicerunner.rules.recurrence import Recurrence
from practicerunner.rules.scheduling import Slot
from practicerunner.vocabulary import Action, AppointmentStatus, Frequency, MonthlyOn, Resource
from practicerunner.workflows.access import Actor, may_touch
from practicerunner.workflows.booking import Book, Preview, foresee, plan_for, save
from practicerunner.workflows.cases import case_for
from practicerunner.workflows.commands import Command, Line, command, reader
from practicerunner.workflows.minors import confidential_by_default
from practicerunner.workflows.scheduling import appointment_for
from practicerunner.workflows.slots import (
    Plan,
    allow,
    day_in_words,
    find_conflicts,
    take_turns,
)

MOST_AT_ONCE = 52
"""How many appointments can be added to a series at once."""


class BookSeries(Book):
    """Book a series that ends after a number of appointments or on a date, that date included."""

    frequency: Frequency = Frequency.WEEKLY
    interval: int = Field(default=1, ge=1, le=52)
    weekdays: tuple[int, ...] = ()
    """Of a weekly series: 0 is Monday; none is the weekday of the first appointment."""
    monthly_on: MonthlyOn = MonthlyOn.SAME_DAY
    count: int | None = Field(default=None, ge=1)
    until: date | None = None
    skip_conflicts: bool = False
    """Leave out the dates that are taken; they stay on the series and can be filled later."""

    @field_validator("count")
    @classmethod
    def _not_endless(cls, value: int | None) -> int | None:
        if value is not None and value > rules.MOST_OCCURRENCES:
            raise PydanticCustomError("count", TOO_MANY)
        return value

    @field_validator("weekdays")
    @classmethod
    def _known_days(cls, value: tuple[int, ...], info: ValidationInfo) -> tuple[int, ...]:
        if any(not 0 <= day <= 6 for day in value):
            raise PydanticCustomError("weekdays", "Choose days from Monday to Sunday.")
        if value and info.data.get("frequency") is not Frequency.WEEKLY:
            raise PydanticCustomError("weekdays", "Only a weekly series has days of the week.")
        return tuple(sorted(set(value)))

    @model_validator(mode="after")
    def _one_end(self) -> "BookSeries":
        if (self.count is None) == (self.until is None):
            raise PydanticCustomError("count", "Say how many appointments, or the last date: one of the two.")
        return self

    @property
    def recurrence(self) -> Recurrence:
        """The rule."""
        return Recurrence(self.frequency, self.interval, self.weekdays, self.monthly_on, self.count, self.until)


TOO_MANY = f"A series has at most {rules.MOST_OCCURRENCES} appointments."
TOO_FAR = "A series reaches at most 18 months ahead; more can be added to it later."


class AddOccurrences(Command):
    """Go on with a series: so many appointments more, in its rhythm and as its latest are."""

    series_id: int
    revision: int
    """Of the series."""
    number: int = Field(ge=1, le=MOST_AT_ONCE)
    skip_conflicts: bool = False
    override_reason: Line = ""


class FillSkipped(Command):
    """Book dates of a series that had been left out because they were taken."""

    series_id: int
    revision: int
    dates: tuple[date, ...] = Field(min_length=1, max_length=rules.MOST_OCCURRENCES)
    """As the series lists them."""
    override_reason: Line = ""


@dataclass(frozen=True, slots=True)
class SeriesPreview:
    """What booking a series would do: all its dates, those that clash, and months that have no such day."""

    booking: Preview
    rhythm: str
    months_without: tuple[date, ...]


@command(Resource.APPOINTMENTS, Action.CREATE)
def book_series(session: Session, actor: Actor, asked: BookSeries) -> list[int]:
    """Book every occurrence of a series, or none; or, if asked, all but those whose time is taken.

    Returns the appointments' ids in order. Raises SeriesConflicts, BadInput.
    """
    plan = _plan(session, actor, asked, lock=True)
    series_id = ids.new_id()
    add_rows(session, Series, [{
        "id": series_id, "case_id": plan.case.id, "rule": rules.write(asked.recurrence, asked.local_date),
        "first_date": asked.local_date, "local_time": asked.local_time, "zone": plan.slots[0].zone,
        "provider_id": plan.provider.id, "service_id": plan.service.id, "minutes": plan.slots[0].minutes,
        "format": plan.format, "location_id": plan.location.id if plan.location else None,
        "fee_cents": asked.fee_cents,
    }])
    return _save(session, actor, asked, plan, series_id, skip=asked.skip_conflicts)


@reader(Resource.APPOINTMENTS)
def preview_series(session: Session, actor: Actor, asked: BookSeries) -> SeriesPreview:
    """What booking a series would do, conflicts one by one. Raises what booking would raise."""
    plan = _plan(session, actor, asked, lock=False)
    rule = rules.write(asked.recurrence, asked.local_date)
    return SeriesPreview(
        foresee(session, asked, plan), rules.rhythm(rule, asked.local_date),
        tuple(rules.months_without(asked.recurrence, asked.local_date, plan.series_dates[-1])),
    )


@command(Resource.APPOINTMENTS, Action.CREATE)
def add_occurrences(session: Session, actor: Actor, asked: AddOccurrences) -> list[int]:
    """Add appointments at the end of a series (E11). Returns their ids in order. Raises SeriesConflicts, Stale."""
    series = series_for(session, actor, asked.series_id, asked.revision)
    last = records.last_date(session, series.id) or series.first_date
    dates = rules.dates_after(series.rule, series.first_date, last, asked.number)
    total = records.date_count(session, series.id) + len(dates)
    if total > rules.MOST_OCCURRENCES:
        raise BadInput("number", TOO_MANY)
    today = clock.today(series.zone)
    if shifted(series, dates[-1]) - today > rules.FURTHEST:
        raise BadInput("number", TOO_FAR)
    by_date = rules.read(series.rule).until is not None
    series.rule = rules.with_end(
        series.rule, series.first_date, count=None if by_date else total, until=dates[-1] if by_date else None
    )
    return _continue(session, actor, series, dates, asked.override_reason, skip=asked.skip_conflicts)


@command(Resource.APPOINTMENTS, Action.CREATE)
def fill_skipped(session: Session, actor: Actor, asked: FillSkipped) -> list[int]:
    """Book skipped dates of a series after all (E14). Returns the ids in order. Raises SeriesConflicts, BadInput."""
    series = series_for(session, actor, asked.series_id, asked.revision)
    waiting = {skip.series_date: skip for skip in records.skips(session, series.id)}
    dates = sorted(set(asked.dates))
    for day in dates:
        if day not in waiting:
            raise BadInput("dates", f"{day_in_words(day)} was not left out, or is booked by now.")
        session.delete(waiting[day])
    return _continue(session, actor, series, dates, asked.override_reason, skip=False)


def series_for(session: Session, actor: Actor, series_id: int, revision: int) -> Series:
    """A series of somebody's whose appointments the actor may read, locked for a change begun at ``revision``.

    What is done with it is authorised where its appointments are. Raises NotFound, Stale.
    """
    found = records.series(session, series_id, lock=True)
    if found is None:
        raise NotFound(actor=actor, action=Action.UPDATE, resource=Resource.APPOINTMENTS, resource_id=series_id)
    case_for(session, actor, found.case_id, resource=Resource.APPOINTMENTS)
    if found.revision != revision:
        raise Stale
    return found


def _plan(session: Session, actor: Actor, asked: BookSeries, *, lock: bool) -> Plan:
    """Check everything about a series but conflicts."""
    if not rules.begins_on_its_days(asked.recurrence, asked.local_date):
        field = "weekdays" if asked.frequency is Frequency.WEEKLY else "monthly_on"
        raise BadInput(field, f"This rhythm leaves out the {asked.local_date:%A} of the first appointment.")
    dates = rules.dates(asked.recurrence, asked.local_date)
    if not dates:
        raise BadInput("until", "The last date lies before the first appointment.")
    field = "count" if asked.until is None else "until"
    if len(dates) > rules.MOST_OCCURRENCES:
        raise BadInput(field, TOO_MANY)
    if dates[-1] - dates[0] > rules.FURTHEST:
        raise BadInput(field, TOO_FAR)
    return plan_for(session, actor, asked, dates, lock=lock)


def _continue(
    session: Session, actor: Actor, series: Series, dates: Sequence[date], override_reason: str, *, skip: bool
) -> list[int]:
    """Book more occurrences as the series' latest are."""
    days = [shifted(series, day) for day in dates]
    asked = Book(
        case_id=series.case_id, provider_id=series.provider_id, service_id=series.service_id, local_date=days[0],
        local_time=series.local_time, minutes=series.minutes, format=series.format, location_id=series.location_id,
        fee_cents=series.fee_cents, override_reason=override_reason,
        confidential=_confidential(session, series),
    )
    plan = plan_for(session, actor, asked, days, lock=True, series_dates=dates)
    series.revision += 1
    session.flush()
    return _save(session, actor, asked, plan, series.id, skip=skip)


def _confidential(session: Session, series: Series) -> tuple[int, ...] | None:
    """To whom more occurrences are confidential: to whom the latest is, and whoever consented as a minor since."""
    latest = records.confidential_at_last(session, series.id)
    if not latest:
        return None
    case = session.get_one(Case, series.case_id)
    people = {participant.person_id for participant in case.participants}
    return tuple(sorted(latest | confidential_by_default(session, case, people)))


def _save(session: Session, actor: Actor, asked: Book, plan: Plan, series_id: int, *, skip: bool) -> list[int]:
    """Book the plan's dates, or those that are free; what is left out stays on the series. Raises SeriesConflicts."""
    take_turns(session, plan.wanted)
    found = find_conflicts(session, plan.wanted)
    left_out: dict[Slot, list[str]] = {}
    if skip:
        for conflict in found:
            left_out.setdefault(conflict.slot, []).append(conflict.sentence)
        found = []
    if len(left_out) == len(plan.slots):
        raise BadInput("skip_conflicts", "Every one of these dates is taken, so nothing would be booked.")
    over = allow(actor, plan.wanted, found, asked.override_reason)
    made = save(session, asked, plan.without(left_out), over, series_id)
    add_rows(session, SeriesSkip, [
        {"series_id": series_id, "series_date": day, "reason": " ".join(left_out[slot])[:200]}
        for slot, day in zip(plan.slots, plan.series_dates, strict=True) if slot in left_out
    ])
    without = f", {len(left_out)} left out" if left_out else ""
    session.info["detail"] = f"series {series_id}: {len(made)} appointments{without}"
    return made


@dataclass(frozen=True, slots=True)
class SeriesDate:
    """One occurrence as the list of its series shows it."""

    appointment_id: int
    local_date: date
    local_time: time
    minutes: int
    status: AppointmentStatus
    is_moved: bool


@dataclass(frozen=True, slots=True)
class SeriesView:
    """A series with all its occurrences, what was left out, and months that have no such day."""

    series_id: int
    revision: int
    rhythm: str
    dates: tuple[SeriesDate, ...]
    left_out: tuple[tuple[date, str], ...]
    """Dates on which nothing is booked because they were taken, each with what was taken."""
    months_without: tuple[date, ...]
    may_change: bool


@reader(Resource.APPOINTMENTS)
def series_view(session: Session, actor: Actor, appointment_id: int) -> SeriesView | None:
    """The series of an appointment; ``None`` if it stands alone. Raises NotFound for strangers."""
    found = appointment_for(session, actor, appointment_id)
    series = records.series(session, found.series_id) if found.series_id is not None else None
    if series is None:
        return None
    case = session.get_one(Case, series.case_id)
    last = records.last_date(session, series.id) or series.first_date
    return SeriesView(
        series.id, series.revision, rules.rhythm(series.rule, series.first_date),
        tuple(
            SeriesDate(one.id, one.local_date, one.local_time, one.minutes, one.status, one.series_moved)
            for one in records.occurrences(session, series.id)
        ),
        tuple((skip.series_date, skip.reason) for skip in records.skips(session, series.id)),
        tuple(rules.months_without(rules.read(series.rule), series.first_date, last)),
        may_change=may_touch(
            actor, Action.CREATE, Resource.APPOINTMENTS, responsible=[case.provider_id],
            supervisor_id=case.supervisor_id,
        ),
    )
