"""Reading good faith estimates: who has to be given one, what a case has, and the bills against each version."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from sqlalchemy.orm import Session

from practicerunner import clock
from practicerunner.errors import NotFound
from practicerunner.records import cases, estimates, practice, scheduling, superbills
from practicerunner.records.cases import Case
from practicerunner.records.estimates import EstimateDelivery, GoodFaithEstimate
from practicerunner.records.people import Person
from practicerunner.records.practice import Service
from practicerunner.rules import estimates as rule
from practicerunner.rules.case_types import CASE_TYPES, capabilities
from practicerunner.rules.estimates import Expected
from practicerunner.rules.names import person_name
from practicerunner.rules.superbills import Missing
from practicerunner.vocabulary import Action, EstimateCause, EstimateWarning, Resource
from practicerunner.workflows import credits, papers
from practicerunner.workflows.access import Actor, Visibility, visible
from practicerunner.workflows.commands import reader
from practicerunner.workflows.estimates import (
    ItemAsked,
    estimable_case,
    fees_for,
    items_of,
    missing_for_share,
    participant,
    shared_estimate,
    wanted_of,
)

EACH = tuple(kind for kind, able in CASE_TYPES.items() if able.estimate and able.charged_each)
TOGETHER = tuple(kind for kind, able in CASE_TYPES.items() if able.estimate and not able.charged_each)
"""Kinds of case that have estimates: those whose participants are charged each, and those charged as a whole."""


@dataclass(frozen=True, slots=True)
class EstimateWatch:
    """The bills measured against one version of an estimate."""

    estimate_id: int
    number: str
    total_cents: int
    billed_cents: int
    warning: EstimateWarning | None


@reader(Resource.SUPERBILLS)
def estimate_watch(session: Session, actor: Actor, estimate_id: int) -> EstimateWatch:
    """What was billed for the days on which an estimate counted, against its total (D36). Raises NotFound."""
    estimate = shared_estimate(session, actor, estimate_id)
    return _watches(session, [estimate])[estimate.id]


def _watches(session: Session, shared: Sequence[GoodFaithEstimate]) -> dict[int, EstimateWatch]:
    """The same for several, by estimate."""
    billed = estimates.billed(session, [one.id for one in shared], TOGETHER)
    off = credits.off_estimates(session, {one.id: one.case_id for one in shared}, TOGETHER)
    return {
        one.id: EstimateWatch(
            one.id, one.number, one.total_cents, billed[one.id] - off[one.id],
            rule.watch(one.total_cents, billed[one.id] - off[one.id]))
        for one in shared
    }


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


@reader(Resource.SUPERBILLS)
def estimates_due(session: Session, actor: Actor, case_id: int | None = None) -> list[EstimateDue]:
    """Who has to be given an estimate in self-pay cases, the earliest due day first; of one case or of all one sees."""
    sees = visible(actor, Action.READ, Resource.SUPERBILLS)
    house = practice.the_practice(session)
    today, zone = clock.today(house.zone), ZoneInfo(house.zone)
    found: dict[tuple[int, int, EstimateCause, int | None], EstimateDue] = {}
    for one in estimates.booked_without(session, EACH, TOGETHER, today, sees, case_id):
        due = rule.due_on(one.booked_at.astimezone(zone).date(), one.service_on)
        if due is None:
            continue
        each = capabilities(one.case_type).charged_each
        key = (one.case_id, one.person_id if each else 0, EstimateCause.SCHEDULED, None)
        if key not in found or due < found[key].due_on:
            name = person_name(one.first_name, one.last_name)
            whose = (one.person_id, name) if key not in found else (found[key].person_id, found[key].name)
            found[key] = EstimateDue(one.case_id, one.case_name, *whose, key[2], one.service_on, due)
    for request, case_name, person in estimates.asked_without(session, EACH + TOGETHER, sees, case_id):
        key = (request.case_id, person.id, EstimateCause.REQUESTED, None)
        found.setdefault(key, EstimateDue(
            request.case_id, case_name, person.id, person_name(person.first_name, person.last_name), key[2], None,
            rule.due_on_request(request.asked_on),
        ))
    standing = estimates.standing(session, EACH + TOGETHER, today, sees, case_id)
    for estimate, case, person, changed in _changed(session, standing, today):
        found[case.id, person.id, EstimateCause.CHANGED, estimate.id] = EstimateDue(
            case.id, case.name, person.id, person_name(person.first_name, person.last_name),
            EstimateCause.CHANGED, changed, rule.due_before_change(changed), estimate.total_cents,
            estimate.id,
        )
    for estimate, case, person in _ending(standing, today):
        found[case.id, person.id, EstimateCause.RENEWAL, estimate.id] = EstimateDue(
            case.id, case.name, person.id, person_name(person.first_name, person.last_name),
            EstimateCause.RENEWAL, None, estimate.last_on, estimate.total_cents, estimate.id,
        )
    for above in _exceeded(session, sees, today, case_id):
        found[above.case_id, above.person_id, above.cause, above.estimate_id] = above
    return sorted(found.values(), key=lambda one: (one.due_on, one.case_name, one.cause))


Standing = tuple[GoodFaithEstimate, Case, Person]


def _changed(
    session: Session, standing: Sequence[Standing], today: date
) -> list[tuple[GoodFaithEstimate, Case, Person, date]]:
    """Whose estimate says otherwise than what will be charged, from which day on."""
    changes = changed_on(session, [(estimate, case) for estimate, case, _ in standing], today)
    found = [(estimate, case, person, changes[estimate.id]) for estimate, case, person in standing]
    return [(estimate, case, person, day) for estimate, case, person, day in found if day is not None]


def _ending(standing: Sequence[Standing], today: date) -> list[Standing]:
    """Whose estimate has run for eleven months, and is followed by none yet (D34).

    Where all are charged together, it is followed by one for any of them.
    """
    lasts: dict[tuple[int, int | None], date] = {}
    for estimate, case, person in standing:
        key = (case.id, person.id if capabilities(case.type).charged_each else None)
        lasts[key] = max(lasts.get(key, date.min), estimate.last_on)
    found = []
    for estimate, case, person in standing:
        renew = rule.renew_from(estimate.first_on, estimate.last_on)
        key = (case.id, person.id if capabilities(case.type).charged_each else None)
        if renew is not None and renew <= today and lasts[key] == estimate.last_on:
            found.append((estimate, case, person))
    return found


def _exceeded(
    session: Session, sees: Visibility, today: date, case_id: int | None = None
) -> list[EstimateDue]:
    """Whose bills are so far above the estimate that they may dispute them (D36), until one is given after them."""
    since = today - timedelta(days=rule.DISPUTE_DAYS)
    found = estimates.far_above(session, EACH, TOGETHER, since, rule.EXCESS_CENTS, sees, case_id)
    off = credits.off_estimates(session, {estimate.id: case.id for estimate, case, *_ in found}, TOGETHER)
    return [
        EstimateDue(
            case.id, case.name, person.id, person_name(person.first_name, person.last_name), EstimateCause.EXCEEDED,
            None, today, billed - off[estimate.id] - estimate.total_cents, estimate.id)
        for estimate, case, person, billed in found
        if rule.watch(estimate.total_cents, billed - off[estimate.id]) is EstimateWarning.EXCEEDED
    ]


@reader(Resource.SUPERBILLS)
def estimates_exceeded(session: Session, actor: Actor) -> list[tuple[EstimateDue, bool]]:
    """Estimates that the bills are 400.00 or more above, and whether the case is the actor's own."""
    sees = visible(actor, Action.READ, Resource.SUPERBILLS)
    found = _exceeded(session, sees, clock.today(practice.the_practice(session).zone))
    return [(one, session.get_one(Case, one.case_id).provider_id == actor.staff_id) for one in found]


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
    asked = {(one.case_id, person.id) for one, _, person in estimates.asked_without(session, EACH + TOGETHER, sees)}
    standing = estimates.standing(session, EACH + TOGETHER, today, sees)
    changed, ending = _changed(session, standing, today), _ending(standing, today)
    booked = estimates.number_booked_without(session, EACH, TOGETHER, today, sees, since)
    return booked + len(asked) + len(changed) + len(ending) + len(_exceeded(session, sees, today))


def changed_on(
    session: Session, shared: Sequence[tuple[GoodFaithEstimate, Case]], today: date
) -> dict[int, date | None]:
    """Estimate → the first day on which something will be charged otherwise than it says, if there is one (D35)."""
    items = estimates.items_of(session, [estimate.id for estimate, _ in shared])
    agreed = estimates.agreed_in(session, {case.id for _, case in shared})
    services: dict[int, Service] = {}
    return {
        estimate.id: rule.first_change(
            [Expected(item.service_id, item.quantity, item.fee_cents, item.first_on, item.last_on)
             for item in items[estimate.id]],
            fees_for(session, case, estimate.person_id, arrangements=agreed[case.id], services=services), today,
        )
        for estimate, case in shared
    }


@reader(Resource.SUPERBILLS)
def estimate_pdf(session: Session, actor: Actor, estimate_id: int) -> tuple[str, str, bytes]:
    """File name, media type and bytes of a shared estimate. Raises NotFound."""
    row = session.get(GoodFaithEstimate, estimate_id)
    if row is None:
        raise NotFound(actor=actor, action=Action.READ, resource=Resource.SUPERBILLS, resource_id=estimate_id)
    document = superbills.document_numbered(session, row.number)
    papers.hand_out(session, actor, document, session.get_one(Case, row.case_id), row.id)
    return f"{row.number}.pdf", "application/pdf", papers.stored_pdf(session, document)


@dataclass(frozen=True, slots=True)
class EstimateLine:
    """A line of an estimate with the name and code of its service."""

    service: str
    code: str
    expected: Expected


@dataclass(frozen=True, slots=True)
class EstimatePreview:
    """What an estimate would say, and what it lacks."""

    lines: tuple[EstimateLine, ...]
    total_cents: int
    missing: tuple[Missing, ...]
    problem: str
    """Why one estimate cannot cover this."""


@dataclass(frozen=True, slots=True)
class DraftView:
    """An estimate that is being prepared."""

    draft_id: int
    revision: int
    person_id: int
    name: str
    items: tuple[ItemAsked, ...]
    place: str
    separately: str
    replaces_id: int | None
    replaces: str
    preview: EstimatePreview


@dataclass(frozen=True, slots=True)
class SharedView:
    """A version that was shared, as it was shared, with the bills since."""

    estimate_id: int
    number: str
    version: int
    person_id: int
    name: str
    first_on: date
    last_on: date
    shared_on: date
    lines: tuple[EstimateLine, ...]
    total_cents: int
    deliveries: tuple[tuple[EstimateDelivery, str], ...]
    watch: EstimateWatch
    is_current: bool
    """Whether no later version took its place."""
    changed_on: date | None
    """From which day on something will be charged otherwise."""


@dataclass(frozen=True, slots=True)
class EstimateBlock:
    """What the case page shows of estimates."""

    people: tuple[tuple[int, str], ...]
    services: tuple[tuple[int, str], ...]
    claims: bool
    due: tuple[EstimateDue, ...]
    drafts: tuple[DraftView, ...]
    shared: tuple[SharedView, ...]
    place: str
    """Where the services are given, unless somebody says otherwise."""
    usual_service_id: int | None
    """What the latest appointment was booked for."""
    today: date


@reader(Resource.SUPERBILLS)
def estimate_preview(
    session: Session, actor: Actor, case_id: int, person_id: int, items: Sequence[ItemAsked], place: str
) -> EstimatePreview:
    """What an estimate of these services would say. Raises NoEstimate, BadInput, NotFound."""
    case = estimable_case(session, actor, case_id)
    return _preview(session, actor, case, person_id, items, place)


def _preview(
    session: Session, actor: Actor, case: Case, person_id: int, items: Sequence[ItemAsked], place: str
) -> EstimatePreview:
    person = participant(session, actor, case, person_id)
    wanted = wanted_of(items)
    problem = rule.period_problem(wanted)
    lines = [] if problem else rule.priced(wanted, fees_for(session, case, person_id))
    return EstimatePreview(
        _named(session, lines), rule.total(lines), tuple(missing_for_share(session, case, person, lines, place)),
        problem,
    )


def _named(session: Session, lines: Sequence[Expected]) -> tuple[EstimateLine, ...]:
    services = {line.service_id: session.get_one(Service, line.service_id) for line in lines}
    return tuple(
        EstimateLine(services[line.service_id].name, services[line.service_id].code, line) for line in lines)


@reader(Resource.SUPERBILLS)
def estimate_block(session: Session, actor: Actor, case_id: int) -> EstimateBlock:
    """What the case page shows of estimates. Raises NoEstimate, NotFound."""
    case = estimable_case(session, actor, case_id)
    house = practice.the_practice(session)
    today = clock.today(house.zone)
    people = {
        person.id: person_name(person.first_name, person.last_name)
        for _, person in cases.people_in(session, case.id)
    }
    offered = practice.services(session)  # held on to, so that each fee below finds its service here
    shared = estimates.of_case(session, case.id)
    latest = scheduling.last_of_case(session, case.id)
    return EstimateBlock(
        tuple(people.items()),
        tuple(
            (service.id, service.name) for service in offered
            if service.category in capabilities(case.type).categories
        ),
        estimates.makes_claims(session, case.id), tuple(estimates_due(session, actor, case.id)),
        _drafts(session, actor, case, people, {one.id: one.number for one in shared}),
        _shared_views(session, case, people, shared, today), ", ".join(house.address.splitlines()),
        latest.service_id if latest else None, today,
    )


def _drafts(
    session: Session, actor: Actor, case: Case, people: dict[int, str], numbers: dict[int, str]
) -> tuple[DraftView, ...]:
    return tuple(
        DraftView(
            draft.id, draft.revision, draft.person_id, people.get(draft.person_id, ""), tuple(items_of(draft)),
            draft.place, draft.separately, draft.replaces_id, numbers.get(draft.replaces_id or 0, ""),
            _preview(session, actor, case, draft.person_id, items_of(draft), draft.place),
        )
        for draft in estimates.drafts_of(session, case.id)
    )


def _shared_views(
    session: Session, case: Case, people: dict[int, str], shared: Sequence[GoodFaithEstimate], today: date
) -> tuple[SharedView, ...]:
    items = estimates.items_of(session, [one.id for one in shared])
    deliveries = estimates.deliveries_of(session, [one.id for one in shared])
    lasts = {one.id: one.last_on for one in shared}
    gone = {one.replaces_id for one in shared if one.replaces_id and one.first_on <= lasts[one.replaces_id]}
    watches = _watches(session, shared)
    counting = [(one, case) for one in shared if one.id not in gone and one.last_on >= today]
    changes = changed_on(session, counting, today)
    views = []
    for one in shared:
        content = superbills.document_numbered(session, one.number).content
        lines = tuple(
            EstimateLine(printed["description"], printed["code"], Expected(
                item.service_id, item.quantity, item.fee_cents, item.first_on, item.last_on, item.frequency))
            for item, printed in zip(items[one.id], content["items"], strict=True)
        )
        views.append(SharedView(
            one.id, one.number, one.version, one.person_id, people.get(one.person_id, ""), one.first_on, one.last_on,
            one.shared_on, lines, one.total_cents, tuple(deliveries[one.id]), watches[one.id],
            one.id not in gone, changes.get(one.id),
        ))
    return tuple(views)
