"""Good faith estimates: preparing one, sharing it for good, asking for one. To read them: ``estimate_pages``.

Consultation and workshop never get one, nor a case for which insurance claims are made (X20).
"""

from collections.abc import Sequence
from datetime import date

from pydantic import BaseModel, ConfigDict, Field
from sqlalchemy.orm import Session

from practicerunner import clock, ids
from practicerunner.errors import BadInput, NotFound, RuleViolation, Stale
from practicerunner.records import cases, estimates, practice
from practicerunner.records.base import FOR_CHANGE, add_rows
from practicerunner.records.cases import Case
from practicerunner.records.estimates import (
    ClaimChoice,
    EstimateDelivery,
    EstimateDraft,
    EstimateItem,
    EstimateRequest,
    GoodFaithEstimate,
)
from practicerunner.records.people import Person
from practicerunner.rules import estimates as rule
from practicerunner.rules.case_types import capabilities
from practicerunner.rules.estimates import Expected, Wanted
from practicerunner.vocabulary import Action, DocumentKind, Resource, ShareChannel
from practicerunner.workflows import papers
from practicerunner.workflows.access import Actor
from practicerunner.workflows.cases import case_for
from practicerunner.workflows.commands import Command, Line, Paragraph, command
from practicerunner.workflows.estimate_fees import agreements_in, fees_for
from practicerunner.workflows.estimate_papers import EstimateNotComplete, content_of, missing_for_share
from practicerunner.workflows.people import payer_of


class NoEstimate(RuleViolation):
    """This kind of work has no good faith estimates."""


class ClaimsAreMade(RuleViolation):
    """Insurance claims are made for this case, so there is no good faith estimate for it."""


class AlreadyReplaced(RuleViolation):
    """A later version of this estimate was shared in the meantime. Begin from that one."""


class ItemAsked(BaseModel):
    """So many of a service, from a day to a day; the fee is that of those days."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    service_id: int
    quantity: int = Field(ge=1, le=400)
    first_on: date
    last_on: date | None = None
    """The day of the first one, unless given."""
    frequency: Line = Field(default="", max_length=60)


class DraftEstimate(Command):
    """Prepare an estimate for somebody, or save it anew; ``replaces_id`` makes it the next version of a shared one,
    unless it begins after the days of that one.
    """

    case_id: int
    person_id: int
    items: tuple[ItemAsked, ...] = Field(min_length=1, max_length=40)
    place: Paragraph = Field(default="", max_length=400)
    separately: Paragraph = Field(default="", max_length=2000)
    replaces_id: int | None = None
    revision: int | None = None
    """Of the draft that is there already, if there is one."""


class ShareEstimate(Command):
    """Give a prepared estimate to the client; from then on it never changes."""

    draft_id: int
    revision: int
    channel: ShareChannel


class ShareAgain(Command):
    """Give an estimate that was shared before to the client once more."""

    estimate_id: int
    channel: ShareChannel


class DiscardDraft(Command):
    """Throw away an estimate that was never shared."""

    draft_id: int
    revision: int


class RequestEstimate(Command):
    """Somebody asked what care will cost; any question about cost is such a request."""

    case_id: int
    person_id: int
    asked_on: date


class SetClaims(Command):
    """Whether insurance claims are made for a case; then there are no estimates for it."""

    case_id: int
    claims: bool


def estimable_case(session: Session, actor: Actor, case_id: int, action: Action = Action.READ) -> Case:
    """The door to a case's estimates. Raises NotFound, NotPermitted, NoEstimate."""
    case = case_for(session, actor, case_id, action, resource=Resource.SUPERBILLS)
    if not capabilities(case.type).estimate:
        raise NoEstimate
    return case


def _open_case(session: Session, actor: Actor, case_id: int) -> Case:
    case = estimable_case(session, actor, case_id, Action.CREATE)
    if estimates.makes_claims(session, case.id):
        raise ClaimsAreMade
    return case


def participant(session: Session, actor: Actor, case: Case, person_id: int) -> Person:
    """Somebody who takes or took part in a case. Raises NotFound for anybody else."""
    for _, person in cases.people_in(session, case.id):
        if person.id == person_id:
            return person
    raise NotFound(actor=actor, action=Action.READ, resource=Resource.SUPERBILLS, case_id=case.id)


def wanted_of(items: Sequence[ItemAsked]) -> list[Wanted]:
    """The services asked for, as the rule takes them."""
    return [
        Wanted(one.service_id, one.quantity, one.first_on, one.last_on or one.first_on, one.frequency) for one in items
    ]


def expected_of(session: Session, case: Case, person_id: int, wanted: Sequence[Wanted]) -> list[Expected]:
    """The lines of an estimate of these services, at what they will be charged. Raises BadInput."""
    since, today = min(one.first_on for one in wanted), clock.today(practice.the_practice(session).zone)
    return rule.priced(wanted, fees_for(session, case, person_id, since, agreements_in(session, {case.id}), (today,)))


@command(Resource.SUPERBILLS, Action.CREATE)
def draft_estimate(session: Session, actor: Actor, asked: DraftEstimate) -> int:
    """Prepare an estimate, or save the prepared one anew. Returns the draft's id.

    Raises NoEstimate, ClaimsAreMade, BadInput, Stale, AlreadyReplaced.
    """
    case = _open_case(session, actor, asked.case_id)
    participant(session, actor, case, asked.person_id)
    wanted = wanted_of(asked.items)
    problem = rule.period_problem(wanted)
    if problem:
        raise BadInput("items", problem)
    expected_of(session, case, asked.person_id, wanted)
    before = _before(session, actor, case, asked.person_id, asked.replaces_id, wanted)
    draft = estimates.draft_of(session, case.id, asked.person_id)
    if (draft.revision if draft else None) != asked.revision:
        raise Stale
    if draft is None:
        draft = EstimateDraft(id=ids.new_id(), case_id=case.id, person_id=asked.person_id, items=[])
        session.add(draft)
    else:
        draft.revision += 1
    draft.items = [one.model_dump(mode="json") for one in asked.items]
    draft.place, draft.separately = asked.place, asked.separately
    draft.replaces_id = before.id if before else None
    session.flush()
    return draft.id


def _before(
    session: Session, actor: Actor, case: Case, person_id: int, estimate_id: int | None, wanted: Sequence[Wanted]
) -> GoodFaithEstimate | None:
    """The version whose place a new one takes. One that begins after the last day of all its versions takes none: the
    other stands until then, and may have later versions of its own (D34, D35). Raises NotFound, AlreadyReplaced.
    """
    if estimate_id is None:
        return None
    before = session.get(GoodFaithEstimate, estimate_id)
    if before is None or (before.case_id, before.person_id) != (case.id, person_id):
        raise NotFound(actor=actor, action=Action.CREATE, resource=Resource.SUPERBILLS, resource_id=estimate_id)
    if min(one.first_on for one in wanted) > estimates.last_day_of_all(session, before):
        return None
    if estimates.replaced(session, estimate_id):
        raise AlreadyReplaced
    return before


def _draft(session: Session, actor: Actor, draft_id: int, revision: int) -> tuple[EstimateDraft, Case]:
    """A draft and its case, locked. The case first, as everywhere. Raises NotFound, Stale."""
    known = session.get(EstimateDraft, draft_id)
    if known is None:
        raise NotFound(actor=actor, action=Action.CREATE, resource=Resource.SUPERBILLS, resource_id=draft_id)
    case = _open_case(session, actor, known.case_id)
    draft = session.get(EstimateDraft, draft_id, with_for_update=FOR_CHANGE, populate_existing=True)
    if draft is None or draft.revision != revision:
        raise Stale
    session.info["case_id"] = case.id
    return draft, case


@command(Resource.SUPERBILLS, Action.CREATE)
def share_estimate(session: Session, actor: Actor, asked: ShareEstimate) -> int:
    """Share a prepared estimate: it gets the next number, is written down as shared today, and never changes.

    Returns its id. Raises EstimateNotComplete, ClaimsAreMade, NoEstimate, AlreadyReplaced, Stale.
    """
    draft, case = _draft(session, actor, asked.draft_id, asked.revision)
    person = participant(session, actor, case, draft.person_id)
    wanted = wanted_of(items_of(draft))
    before = _before(session, actor, case, person.id, draft.replaces_id, wanted)
    lines = expected_of(session, case, person.id, wanted)
    missing = missing_for_share(session, case, person, lines, draft.place)
    if missing or person.birth_date is None:
        raise EstimateNotComplete(" ".join(one.sentence for one in missing) or None)
    house = practice.the_practice(session)
    today = clock.today(house.zone)
    kind = DocumentKind.GOOD_FAITH_ESTIMATE
    number = practice.take_number(session, kind, kind.prefix, today.year)
    content = content_of(session, house, case, person, draft, lines, number, today, before)
    papers.freeze(session, kind, content, payer_id=payer_of(session, person.id).id, case_id=case.id)
    estimate_id = ids.new_id()
    add_rows(session, GoodFaithEstimate, [{
        "id": estimate_id, "number": number, "case_id": case.id, "person_id": person.id, "version": content.version,
        "replaces_id": before.id if before else None, "first_id": before.chain_id if before else None,
        "provider_id": case.provider_id, "first_on": content.first_on, "last_on": content.last_on,
        "total_cents": content.total_cents, "shared_on": today,
    }])
    add_rows(session, EstimateItem, [
        {"estimate_id": estimate_id, "position": position, "service_id": line.service_id, "quantity": line.quantity,
         "fee_cents": line.fee_cents, "first_on": line.first_on, "last_on": line.last_on, "frequency": line.frequency}
        for position, line in enumerate(lines)
    ])
    _deliver(session, actor, estimate_id, asked.channel, today)
    session.delete(draft)
    session.info["detail"] = f"{number}, {asked.channel.label.lower()}"
    return estimate_id


def items_of(draft: EstimateDraft) -> list[ItemAsked]:
    """The services of a prepared estimate."""
    return [ItemAsked.model_validate(one) for one in draft.items]


def _deliver(session: Session, actor: Actor, estimate_id: int, channel: ShareChannel, today: date) -> None:
    add_rows(session, EstimateDelivery, [{
        "estimate_id": estimate_id, "channel": channel, "shared_on": today, "shared_by_id": actor.staff_id}])


@command(Resource.SUPERBILLS, Action.CREATE)
def share_estimate_again(session: Session, actor: Actor, asked: ShareAgain) -> int:
    """Write down that a shared estimate was given to the client once more. Returns its id."""
    estimate = shared_estimate(session, actor, asked.estimate_id, Action.CREATE)
    _deliver(session, actor, estimate.id, asked.channel, clock.today(practice.the_practice(session).zone))
    session.info["case_id"], session.info["detail"] = estimate.case_id, f"{estimate.number}, {asked.channel.label}"
    return estimate.id


def shared_estimate(
    session: Session, actor: Actor, estimate_id: int, action: Action = Action.READ
) -> GoodFaithEstimate:
    """The door to a shared estimate. Raises NotFound, NotPermitted, NoEstimate."""
    estimate = session.get(GoodFaithEstimate, estimate_id)
    if estimate is None:
        raise NotFound(actor=actor, action=action, resource=Resource.SUPERBILLS, resource_id=estimate_id)
    estimable_case(session, actor, estimate.case_id, action)
    return estimate


@command(Resource.SUPERBILLS, Action.CREATE)
def discard_estimate(session: Session, actor: Actor, asked: DiscardDraft) -> None:
    """Throw away a prepared estimate that was never shared. Raises Stale."""
    draft, _ = _draft(session, actor, asked.draft_id, asked.revision)
    session.delete(draft)


@command(Resource.SUPERBILLS, Action.CREATE)
def request_estimate(session: Session, actor: Actor, asked: RequestEstimate) -> int:
    """Write down that somebody asked what care will cost. Returns the request's id. Raises BadInput."""
    case = _open_case(session, actor, asked.case_id)
    participant(session, actor, case, asked.person_id)
    if asked.asked_on > clock.today(practice.the_practice(session).zone):
        raise BadInput("asked_on", "The question cannot lie in the future.")
    request = EstimateRequest(
        id=ids.new_id(), case_id=case.id, person_id=asked.person_id, asked_on=asked.asked_on,
        recorded_by_id=actor.staff_id,
    )
    session.add(request)
    return request.id


@command(Resource.SUPERBILLS, Action.CREATE)
def set_claims(session: Session, actor: Actor, asked: SetClaims) -> None:
    """Say whether insurance claims are made for a case. Raises NoEstimate."""
    case = estimable_case(session, actor, asked.case_id, Action.CREATE)
    if estimates.makes_claims(session, case.id) != asked.claims:
        session.add(ClaimChoice(case_id=case.id, claims=asked.claims, decided_by_id=actor.staff_id))
    session.info["detail"] = "claims are made" if asked.claims else "no claims are made"
