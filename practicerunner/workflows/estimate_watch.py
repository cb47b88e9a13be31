"""The bills held against the good faith estimates that were given: which are far above (D36), and until when."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from sqlalchemy.orm import Session

from practicerunner import clock
from practicerunner.records import estimate_bills, estimates, practice
from practicerunner.records.cases import Case
from practicerunner.records.estimates import EstimateItem, GoodFaithEstimate
from practicerunner.rules import estimate_watch as watching
from practicerunner.rules import estimates as rule
from practicerunner.rules.case_types import CASE_TYPES, capabilities
from practicerunner.rules.estimate_watch import Bill, Given, Measured
from practicerunner.rules.names import person_name
from practicerunner.vocabulary import Action, CaseType, EstimateWarning, Resource
from practicerunner.workflows import credits
from practicerunner.workflows.access import Actor, Visibility, visible
from practicerunner.workflows.commands import reader
from practicerunner.workflows.estimates import shared_estimate

EACH = tuple(kind for kind, able in CASE_TYPES.items() if able.estimate and able.charged_each)
TOGETHER = tuple(kind for kind, able in CASE_TYPES.items() if able.estimate and not able.charged_each)
"""Kinds of case that have estimates: those whose participants are charged each, and those charged as a whole."""

Unit = tuple[int, int | None]
"""A case, and the participant where each is charged."""


@dataclass(frozen=True, slots=True)
class EstimateWatch:
    """The bills measured against one version of an estimate."""

    estimate_id: int
    number: str
    total_cents: int
    billed_cents: int
    warning: EstimateWarning | None
    disputable_until: date | None = None
    """The last day on which the client can dispute the bills, where they are so far above."""


@dataclass(frozen=True, slots=True)
class Above:
    """An estimate that the bills are far above."""

    case_id: int
    case_name: str
    person_id: int
    name: str
    provider_id: int | None
    warning: EstimateWarning
    watch: EstimateWatch
    is_followed: bool
    """Whether another was given after these bills; that does not end the dispute."""
    last_on: date
    """The last day that the estimate covers."""
    flagged_until: date
    """The last day on which another estimate is asked for."""


def unit_of(case_id: int, kind: CaseType, person_id: int | None) -> Unit:
    """Who is measured together: one participant, or a case as a whole."""
    return case_id, person_id if capabilities(kind).charged_each else None


def given(estimate: GoodFaithEstimate, items: Sequence[EstimateItem]) -> Given:
    """An estimate as the rule takes it."""
    listed: dict[int, date] = {}
    for item in items:
        listed[item.service_id] = max(listed.get(item.service_id, date.min), item.last_on)
    return Given(
        estimate.id, estimate.chain_id, estimate.shared_on, estimate.first_on, estimate.last_on, listed)


def by_unit(
    estimates_given: Sequence[tuple[GoodFaithEstimate, CaseType]], items: Mapping[int, Sequence[EstimateItem]]
) -> dict[Unit, list[Given]]:
    """What was given to each, in the order in which it was."""
    found: dict[Unit, list[Given]] = defaultdict(list)
    for estimate, kind in estimates_given:
        found[unit_of(estimate.case_id, kind, estimate.person_id)].append(given(estimate, items[estimate.id]))
    return found


@reader(Resource.SUPERBILLS)
def estimate_watch(session: Session, actor: Actor, estimate_id: int) -> EstimateWatch:
    """What was billed for the days on which an estimate counted, against its total (D36). Raises NotFound."""
    estimate = shared_estimate(session, actor, estimate_id)
    case = session.get_one(Case, estimate.case_id)
    return watch_of(estimate, measure(session, [(estimate, case)])[estimate.id][0])


def watch_of(estimate: GoodFaithEstimate, found: Measured) -> EstimateWatch:
    """The bills against an estimate's total."""
    warning = rule.watch(estimate.total_cents, found.cents)
    return EstimateWatch(
        estimate.id, estimate.number, estimate.total_cents, found.cents, warning,
        found.disputable_until if warning is EstimateWarning.EXCEEDED else None)


def measure(
    session: Session, wanted: Sequence[tuple[GoodFaithEstimate, Case]]
) -> dict[int, tuple[Measured, Given, list[Given]]]:
    """Estimate → what was billed for it, itself as the rule takes it, and all that were given to the same."""
    kinds = {case.id: case.type for _, case in wanted}
    everything = estimate_bills.of_cases(session, kinds)
    units = by_unit(
        [(one, kinds[one.case_id]) for one in everything], estimates.items_of(session, [one.id for one in everything]))
    bills = _bills(session, kinds)
    found = {}
    for estimate, case in wanted:
        unit = unit_of(case.id, case.type, estimate.person_id)
        one = next(one for one in units[unit] if one.estimate_id == estimate.id)
        found[estimate.id] = watching.measured(one, units[unit], bills[unit]), one, units[unit]
    return found


def _bills(session: Session, kinds: Mapping[int, CaseType]) -> dict[Unit, list[Bill]]:
    """What was billed to each, after all that was credited."""
    off: dict[int, int] = defaultdict(int)
    for line, cents in credits.spread(session, kinds):
        off[line.charge_id] += cents
    found: dict[Unit, list[Bill]] = defaultdict(list)
    for one in estimate_bills.billed(session, kinds):
        found[unit_of(one.case_id, kinds[one.case_id], one.person_id)].append(Bill(
            one.service_id, one.service_on, one.cents - off[one.charge_id], one.invoice_id, one.issued_on))
    return found


def above(
    session: Session, sees: Visibility, today: date, cents: int, case_id: int | None = None, *,
    with_archived: bool = False,
) -> list[Above]:
    """Estimates that the bills are so many cents above or more, as long as that can matter."""
    since = today - timedelta(days=rule.DISPUTE_DAYS + rule.LATEST_BILL_DAYS)
    maybe = estimate_bills.maybe_above(
        session, EACH, TOGETHER, since, cents, sees, case_id, with_archived=with_archived)
    if not maybe:
        return []
    found = measure(session, [(estimate, case) for estimate, case, _ in maybe])
    rows = []
    for estimate, case, person in maybe:
        bills, one, others = found[estimate.id]
        watch = watch_of(estimate, bills)
        if watch.warning is not None and bills.cents >= estimate.total_cents + cents:
            rows.append(Above(
                case.id, case.name, person.id, person_name(person.first_name, person.last_name), case.provider_id,
                watch.warning, watch, watching.is_followed(one, others, bills.bill_id), estimate.last_on,
                watching.flagged_until(one, bills)))
    return rows


@reader(Resource.SUPERBILLS)
def estimates_exceeded(session: Session, actor: Actor) -> list[tuple[Above, bool]]:
    """Estimates that the bills are far above, and whether the case is the actor's own.

    With 400.00 or more as long as the bills can be disputed; with 300.00 until another estimate is given or its days
    are over (D36).
    """
    sees = visible(actor, Action.READ, Resource.SUPERBILLS)
    today = clock.today(practice.the_practice(session).zone)
    found = above(session, sees, today, rule.NOTICE_CENTS, with_archived=True)
    return [
        (one, one.provider_id == actor.staff_id) for one in found
        if (one.watch.disputable_until >= today if one.watch.disputable_until
            else not one.is_followed and one.last_on >= today)
    ]
