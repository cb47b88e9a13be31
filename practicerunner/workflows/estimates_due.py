"""Who has to be given a good faith estimate, by when and why: booked, asked for, changed, ending or exceeded."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from sqlalchemy.orm import Session

from practicerunner import clock
from practicerunner.records import estimate_bills, estimates, practice
from practicerunner.records import estimates_due as waiting
from practicerunner.records.cases import Case
from practicerunner.records.estimates import GoodFaithEstimate
from practicerunner.records.people import Person
from practicerunner.rules import estimate_watch as watching
from practicerunner.rules import estimates as rule
from practicerunner.rules.case_types import capabilities
from practicerunner.rules.estimate_watch import Given
from practicerunner.rules.estimates import Expected
from practicerunner.rules.names import person_name
from practicerunner.vocabulary import Action, EstimateCause, EstimateChange, Resource
from practicerunner.workflows.access import Actor, Visibility, visible
from practicerunner.workflows.commands import reader
from practicerunner.workflows.estimate_fees import Agreements, agreements_in, fees_for, stays, uses_up
from practicerunner.workflows.estimate_watch import EACH, TOGETHER, above, by_unit, unit_of


@dataclass(frozen=True, slots=True)
class EstimateDue:
    """Who has to be given an estimate, by when and why."""

    case_id: int
    case_name: str
    person_id: int
    name: str
    cause: EstimateCause
    service_on: date | None
    """First day of service that it is about."""
    due_on: date
    amount_cents: int | None = None
    """What the estimate that stands comes to, or how far the bills are above it."""
    estimate_id: int | None = None
    """The estimate that has to be followed by another, where there is one."""
    service_id: int | None = None
    """What is booked, where that is the cause."""
    change: EstimateChange | None = None
    """What will be otherwise, where that is the cause."""

    @property
    def why(self) -> str:
        """The cause, as people read it."""
        return self.change.label if self.change else self.cause.label


@dataclass(frozen=True, slots=True)
class Standing:
    """An estimate that is not over, with its lines and all that were given to the same."""

    estimate: GoodFaithEstimate
    case: Case
    person: Person
    lines: tuple[Expected, ...]
    given: Given
    others: Sequence[Given]
    booked: int
    """How many appointments lie on its days, at most."""

    def counts(self, service_id: int, day: date) -> bool:
        """Whether a service on a day is its own, and not that of a later one."""
        return watching.is_under(self.given, self.others, service_id, day)

    def stands_from(self, today: date) -> date | None:
        """The first day from today on for which it stands, whether anything is expected on it or not.

        There is none where a later estimate, that is no version of it, says anew all that it has ahead.
        """
        if watching.is_said_anew(self.given, self.others, today):
            return None
        found = watching.stands(self.given, self.others, today)
        return found[0] if found else None

    @property
    def quantities(self) -> dict[int, int]:
        """Service → how many of it are listed."""
        found: dict[int, int] = defaultdict(int)
        for line in self.lines:
            found[line.service_id] += line.quantity
        return found

    @property
    def needs_another(self) -> bool:
        """Whether nothing that was given goes on after it."""
        return not watching.is_renewed(self.given, self.others)


@reader(Resource.SUPERBILLS)
def estimates_due(session: Session, actor: Actor, case_id: int | None = None) -> list[EstimateDue]:
    """Who has to be given an estimate in self-pay cases, the earliest due day first; of one case or of all one sees."""
    sees = visible(actor, Action.READ, Resource.SUPERBILLS)
    house = practice.the_practice(session)
    today = clock.today(house.zone)
    standing = standing_of(session, sees, today, case_id)
    found = [
        *_booked(session, sees, today, ZoneInfo(house.zone), case_id), *_requested(session, sees, case_id),
        *_changed(session, standing, today), *_ending(standing, today), *_exceeded(session, sees, today, case_id),
    ]
    return sorted(found, key=lambda one: (one.due_on, one.case_name, one.cause))


def _booked(
    session: Session, sees: Visibility, today: date, zone: ZoneInfo, case_id: int | None
) -> list[EstimateDue]:
    """Whose appointments no estimate covers, each once with the earliest due day."""
    found: dict[tuple[int, int], EstimateDue] = {}
    for one in waiting.booked_without(session, EACH, TOGETHER, today, sees, case_id):
        due = rule.due_on(one.booked_at.astimezone(zone).date(), one.service_on)
        if due is None:
            continue
        key = (one.case_id, one.person_id if capabilities(one.case_type).charged_each else 0)
        if key not in found:
            found[key] = EstimateDue(
                one.case_id, one.case_name, one.person_id, person_name(one.first_name, one.last_name),
                EstimateCause.SCHEDULED, one.service_on, due, service_id=one.service_id)
        elif due < found[key].due_on:
            found[key] = replace(
                found[key], service_on=one.service_on, due_on=due, service_id=one.service_id)
    return list(found.values())


def _requested(session: Session, sees: Visibility, case_id: int | None) -> list[EstimateDue]:
    """Who asked and was not answered, each once with the earliest request."""
    found: dict[tuple[int, int], EstimateDue] = {}
    for request, case_name, person in waiting.asked_without(session, EACH + TOGETHER, sees, case_id):
        found.setdefault((request.case_id, person.id), EstimateDue(
            request.case_id, case_name, person.id, person_name(person.first_name, person.last_name),
            EstimateCause.REQUESTED, None, rule.due_on_request(request.asked_on)))
    return list(found.values())


def standing_of(session: Session, sees: Visibility, today: date, case_id: int | None = None) -> list[Standing]:
    """The estimates that are not over, with their lines and all that were given to the same, also those that are."""
    rows = waiting.standing(session, EACH + TOGETHER, today, sees, case_id)
    if not rows:
        return []
    kinds = {case.id: case.type for _, case, _ in rows}
    everything = estimate_bills.of_cases(session, kinds)
    items = estimates.items_of(session, [one.id for one in everything])
    booked = waiting.numbers_on_their_days(session, EACH + TOGETHER, today, sees, case_id)
    units = by_unit([(one, kinds[one.case_id]) for one in everything], items)
    found = []
    for estimate, case, person in rows:
        others = units[unit_of(case.id, case.type, estimate.person_id)]
        lines = tuple(
            Expected(item.service_id, item.quantity, item.fee_cents, item.first_on, item.last_on)
            for item in items[estimate.id])
        own = next(one for one in others if one.estimate_id == estimate.id)
        found.append(Standing(estimate, case, person, lines, own, others, booked.get(estimate.id, 0)))
    return found


def changes(session: Session, standing: Sequence[Standing], today: date) -> dict[int, tuple[date, EstimateChange]]:
    """Estimate → the first day on which something will be otherwise than it says, and what (D35).

    That is another charge, another provider, or more of a service than it lists.
    """
    if not standing:
        return {}
    known = agreements_in(session, {one.case.id for one in standing})
    booked: dict[tuple[int, int], list[date]] = defaultdict(list)
    crowded = {one.estimate.id: one for one in standing if one.booked > min(one.quantities.values())}
    for row in waiting.on_their_days(session, crowded, TOGETHER):
        if crowded[row.estimate_id].counts(row.service_id, row.local_date):
            booked[row.estimate_id, row.service_id].append(row.local_date)
    found = {}
    for one in standing:
        days = [(_charged_otherwise(session, one, known, today), EstimateChange.FEE)]
        if one.estimate.provider_id not in (None, one.case.provider_id):
            first = rule.first_day(one.lines, today, one.counts) or one.stands_from(today)
            days.append((first, EstimateChange.PROVIDER))
        if one.estimate.id in crowded:
            days += [
                (rule.first_beyond(booked[one.estimate.id, service_id], quantity, today), EstimateChange.SCOPE)
                for service_id, quantity in one.quantities.items()
            ]
        ahead = [(day, what) for day, what in days if day is not None]
        if ahead:
            found[one.estimate.id] = min(ahead, key=lambda one: one[0])
    return found


def _charged_otherwise(session: Session, one: Standing, known: Agreements, today: date) -> date | None:
    """From which day on somebody will be charged otherwise than their estimate says."""
    fee_on = fees_for(session, one.case, one.estimate.person_id, one.estimate.first_on, known,
                      (one.estimate.shared_on, today))
    if not uses_up(known, one.case.id) and all(
            stays(line, fee_on, known, one.case.id, today) for line in one.lines):
        return None
    return rule.first_change(one.lines, fee_on, today, one.counts)


def _changed(session: Session, standing: Sequence[Standing], today: date) -> list[EstimateDue]:
    """Whose estimate says otherwise than what will be."""
    found = changes(session, standing, today)
    return [
        replace(_about(one, EstimateCause.CHANGED, rule.due_before_change(day)), service_on=day, change=what)
        for one in standing if one.estimate.id in found
        for day, what in [found[one.estimate.id]]
    ]


def _about(one: Standing, cause: EstimateCause, due_on: date) -> EstimateDue:
    return EstimateDue(
        one.case.id, one.case.name, one.person.id, person_name(one.person.first_name, one.person.last_name), cause,
        None, due_on, one.estimate.total_cents, one.estimate.id)


def _ending(standing: Sequence[Standing], today: date) -> list[EstimateDue]:
    """Whose estimate has run for eleven months, and is followed by none yet (D34).

    Where all are charged together, it is followed by one for any of them.
    """
    found = []
    for one in standing:
        renew = rule.renew_from(one.estimate.first_on, one.estimate.last_on)
        if renew is not None and renew <= today and one.needs_another:
            found.append(_about(one, EstimateCause.RENEWAL, one.estimate.last_on))
    return found


def _exceeded(session: Session, sees: Visibility, today: date, case_id: int | None = None) -> list[EstimateDue]:
    """Whose bills are so far above the estimate that they may dispute them (D36), until another is given after them."""
    return [
        EstimateDue(
            one.case_id, one.case_name, one.person_id, one.name, EstimateCause.EXCEEDED, None, today,
            one.watch.billed_cents - one.watch.total_cents, one.watch.estimate_id)
        for one in above(session, sees, today, rule.EXCESS_CENTS, case_id)
        if not one.is_followed and today <= one.flagged_until
    ]


@reader(Resource.SUPERBILLS)
def number_due(session: Session, actor: Actor) -> int:
    """How many ``estimates_due`` lists, without reading every appointment ahead."""
    sees = visible(actor, Action.READ, Resource.SUPERBILLS)
    house = practice.the_practice(session)
    today, zone = clock.today(house.zone), ZoneInfo(house.zone)
    since, day = [], today
    while (first := rule.first_service_due(day)) > today:
        since.append((datetime.combine(day, time(), zone), first))
        day -= timedelta(days=1)
    standing = standing_of(session, sees, today)
    booked = waiting.number_booked_without(session, EACH, TOGETHER, today, sees, since)
    return (
        booked + len(_requested(session, sees, None)) + len(changes(session, standing, today))
        + len(_ending(standing, today)) + len(_exceeded(session, sees, today))
    )
