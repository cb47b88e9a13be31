"""The five decisions about somebody who acts for a client: granting, denying, ending, and who hears of it (D04–D17)."""

from datetime import date

from pydantic import Field
from sqlalchemy.orm import Session

from practicerunner import clock, ids
from practicerunner.errors import BadInput, NotFound, RuleViolation
from practicerunner.records import acting, cases, outbox
from practicerunner.records.acting import AccessDecision, AccessEnd, AccessNotice, ActsFor
from practicerunner.records.people import Person
from practicerunner.rules import acting as rules
from practicerunner.vocabulary import AccessScope, Action, MessageKind, Resource, Verdict
from practicerunner.workflows.access import Actor
from practicerunner.workflows.acting import check_dates, known_now, today_of
from practicerunner.workflows.cases import case_for
from practicerunner.workflows.commands import Command, Line, command
from practicerunner.workflows.new_access import check_decides, opened_by, tell
from practicerunner.workflows.people import person_for

NOTICES_OFF = "Notices of new access were switched off."


class DecisionIsEnded(RuleViolation):
    """This decision was ended already."""


class DecideAccess(Command):
    """Grant or deny one scope, from a day on."""

    acts_for_id: int
    scope: AccessScope
    verdict: Verdict
    case_id: int | None = None
    starts_on: date
    ends_on: date | None = None
    reason: Line = Field(default="", max_length=300)


class EndDecision(Command):
    """End a grant or a denial at once."""

    decision_id: int
    reason: Line = Field(default="", max_length=300)


class SwitchNotices(Command):
    """Say whether the people of a case are told when somebody gains access; switching off needs a reason (D15)."""

    case_id: int
    off: bool
    reason: Line = Field(default="", max_length=300)


@command(Resource.DEMOGRAPHICS, Action.UPDATE)
def decide_access(session: Session, actor: Actor, asked: DecideAccess) -> int:
    """Grant or deny one scope; it implies no other (X05). The client is told of what opens by it (D15).

    Whoever may change a case decides about it; about everything of the client, whoever may change each of their cases.
    Returns the decision's id. Raises BadInput, NotFound, NotPermitted.
    """
    found, client = _to_decide(session, actor, asked.acts_for_id, asked.case_id)
    check_dates(asked.starts_on, asked.ends_on)
    if asked.verdict is Verdict.DENIED and not asked.reason.strip():
        raise BadInput("reason", "Give the reason of the denial, for instance a court order and its date.")
    if asked.case_id is not None and all(case.id != asked.case_id for case in cases.cases_of(session, client.id)):
        raise BadInput("case_id", "They do not take part there.")
    before = known_now(session, found, client)
    made = AccessDecision(
        id=ids.new_id(), acts_for_id=found.id, case_id=asked.case_id, scope=asked.scope, verdict=asked.verdict,
        starts_on=asked.starts_on, ends_on=asked.ends_on, reason=asked.reason.strip(), acted_as=found.kind,
        decided_by_id=actor.staff_id, decided_at=clock.now(),
    )
    session.add(made)
    _tell_of_new(session, found, client, before, made.id)
    session.info["case_id"] = asked.case_id
    session.info["detail"] = f"{asked.scope} {asked.verdict}, {found.person_id} for {client.id}"
    return made.id


@command(Resource.DEMOGRAPHICS, Action.UPDATE)
def end_decision(session: Session, actor: Actor, asked: EndDecision) -> int:
    """End a grant or a denial; it counts from the next action on (D17), and the client is told of what opens by it.

    Returns its id. Raises DecisionIsEnded, NotFound, NotPermitted.
    """
    decision = session.get(AccessDecision, asked.decision_id)
    if decision is None:
        raise NotFound(actor=actor, action=Action.UPDATE, resource=Resource.DEMOGRAPHICS)
    found, client = _to_decide(session, actor, decision.acts_for_id, decision.case_id)
    if any(end is not None for one, end in acting.decisions_of(session, [found.id]) if one.id == decision.id):
        raise DecisionIsEnded
    before = known_now(session, found, client)
    made = AccessEnd(
        id=ids.new_id(), decision_id=decision.id, reason=asked.reason.strip(), ended_by_id=actor.staff_id,
        ended_at=clock.now(),
    )
    session.add(made)
    _tell_of_new(session, found, client, before, made.id)
    session.info["case_id"] = decision.case_id
    session.info["detail"] = f"{decision.scope} {decision.verdict} ended, {found.person_id} for {found.client_id}"
    return decision.id


def _to_decide(session: Session, actor: Actor, acts_for_id: int, case_id: int | None) -> tuple[ActsFor, Person]:
    """How somebody acts and for whom, if the actor may decide about this case, or about everything."""
    found = session.get(ActsFor, acts_for_id)
    if found is None:
        raise NotFound(actor=actor, action=Action.UPDATE, resource=Resource.DEMOGRAPHICS)
    client = person_for(session, actor, found.client_id, Action.UPDATE)
    check_decides(session, actor, client.id, case_id)
    return found, client


def _tell_of_new(session: Session, acts: ActsFor, client: Person, before: rules.Acting, key: int) -> None:
    session.flush()
    after = known_now(session, acts, client)
    tell(session, client, opened_by(session, client.id, before, after, today_of(session, client)), acts.id, str(key))


@command(Resource.CASE, Action.UPDATE)
def switch_notices(session: Session, actor: Actor, asked: SwitchNotices) -> int:
    """Say whether new access is told to the people of a case. Returns the case's id. Raises BadInput, NotFound."""
    case = case_for(session, actor, asked.case_id, Action.UPDATE)
    if asked.off and not asked.reason.strip():
        raise BadInput("reason", "Give the reason, for instance that a message could endanger somebody.")
    session.add(AccessNotice(
        id=ids.new_id(), case_id=case.id, off=asked.off, reason=asked.reason.strip(), decided_by_id=actor.staff_id,
        decided_at=clock.now(),
    ))
    if asked.off:  # a letter waits for a few minutes before it goes out
        people = [person.id for _, person in cases.people_in(session, case.id)]
        outbox.withdraw_kind(session, MessageKind.ACCESS_GRANTED, people, case.id, NOTICES_OFF)
    session.info["detail"] = "notices of new access off" if asked.off else "notices of new access on"
    return case.id
