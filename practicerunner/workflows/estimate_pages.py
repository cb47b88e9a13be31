"""Reading good faith estimates: who has to be given one, what a case has, and the bills against each version."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from sqlalchemy.orm import Session

from practicerunner import clock
from practicerunner.errors import NotFound
from practicerunner.records import cases, estimates, practice, scheduling, superbills
from practicerunner.records.cases import Case
from practicerunner.records.estimates import EstimateDelivery, GoodFaithEstimate
from practicerunner.records.practice import Service
from practicerunner.rules import estimates as rule
from practicerunner.rules.case_types import capabilities
from practicerunner.rules.estimate_watch import stands
from practicerunner.rules.estimates import Expected
from practicerunner.rules.names import person_name
from practicerunner.rules.superbills import Missing
from practicerunner.vocabulary import Action, EstimateChange, Resource
from practicerunner.workflows import papers
from practicerunner.workflows.access import Actor, visible
from practicerunner.workflows.commands import reader
from practicerunner.workflows.estimate_papers import missing_for_share
from practicerunner.workflows.estimate_watch import EstimateWatch, measure, watch_of
from practicerunner.workflows.estimates import (
    ItemAsked,
    estimable_case,
    expected_of,
    items_of,
    participant,
    wanted_of,
)
from practicerunner.workflows.estimates_due import EstimateDue, changes, estimates_due, standing_of


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
    stands: tuple[date, date] | None
    """From today on, the days on which no later version counts."""
    change: tuple[date, EstimateChange] | None
    """From which day on something will be otherwise, and what."""
    newest_id: int
    """The version that a next one takes the place of."""


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
    lines = [] if problem else expected_of(session, case, person_id, wanted)
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
        _shared_views(session, actor, case, people, shared, today), ", ".join(house.address.splitlines()),
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
    session: Session, actor: Actor, case: Case, people: dict[int, str], shared: Sequence[GoodFaithEstimate],
    today: date,
) -> tuple[SharedView, ...]:
    items = estimates.items_of(session, [one.id for one in shared])
    deliveries = estimates.deliveries_of(session, [one.id for one in shared])
    gone = {one.replaces_id for one in shared}
    newest = {one.chain_id: one.id for one in reversed(shared)}
    measures = measure(session, [(one, case) for one in shared])
    sees = visible(actor, Action.READ, Resource.SUPERBILLS)
    changed = changes(session, standing_of(session, sees, today, case.id), today)
    views = []
    for one in shared:
        content = superbills.document_numbered(session, one.number).content
        lines = tuple(
            EstimateLine(printed["description"], printed["code"], Expected(
                item.service_id, item.quantity, item.fee_cents, item.first_on, item.last_on, item.frequency))
            for item, printed in zip(items[one.id], content["items"], strict=True)
        )
        bills, given, others = measures[one.id]
        views.append(SharedView(
            one.id, one.number, one.version, one.person_id, people.get(one.person_id, ""), one.first_on, one.last_on,
            one.shared_on, lines, one.total_cents, tuple(deliveries[one.id]), watch_of(one, bills),
            one.id not in gone, stands(given, others, today), changed.get(one.id), newest[one.chain_id],
        ))
    return tuple(views)
