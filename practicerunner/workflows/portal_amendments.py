"""Somebody outside the practice asks for their record to be amended, in their own words; they see no note (C27).

Whoever acts for a client asks as they would sign for them: not for a minor who consented alone.
"""

from dataclasses import dataclass
from datetime import date
from typing import Annotated

from pydantic import AfterValidator, Field
from sqlalchemy.orm import Session

from practicerunner import ids
from practicerunner.errors import NotFound, NotPermitted, RuleViolation
from practicerunner.records import amendments, cases
from practicerunner.records.amendments import AmendmentRequest
from practicerunner.records.base import FOR_CHANGE
from practicerunner.records.cases import Case
from practicerunner.records.people import Person
from practicerunner.records.staff import Staff
from practicerunner.rules import amendments as rule
from practicerunner.rules import signing
from practicerunner.vocabulary import Action, AmendmentChannel, Resource
from practicerunner.workflows.access import PortalActor
from practicerunner.workflows.amendments import today_here, whose
from practicerunner.workflows.commands import Command, RequiredParagraph, command, reader
from practicerunner.workflows.forms import full_name
from practicerunner.workflows.minors import consenting_in
from practicerunner.workflows.own_word import own_problem
from practicerunner.workflows.portal_access import authorize_portal, called, may_portal, signing_refusal, standing_of

MOST_OPEN = 5
"""Requests of one person that may wait at the same time."""


class TooManyAsked(RuleViolation):
    """What you asked before is still waiting. Please call the practice if it is urgent."""


class AskToAmend(Command):
    """Ask the practice to amend the record, in one's own words."""

    case_id: int
    text: Annotated[RequiredParagraph, Field(max_length=5000), AfterValidator(str.strip)]


@dataclass(frozen=True, slots=True)
class OwnAmendment:
    """What somebody has asked, and until when the practice answers."""

    text: str
    """In their own words; empty for what the practice wrote down."""
    received_on: date
    due_on: date
    is_open: bool


@dataclass(frozen=True, slots=True)
class OwnAmendments:
    """What somebody has asked about a record, and where they can ask."""

    cases: dict[int, str]
    """Cases in which they can ask, each as it is called outside; empty where they cannot."""
    word: str
    """What the record is called."""
    asked: tuple[OwnAmendment, ...]


@reader(Resource.AMENDMENTS)
def own_amendments(session: Session, actor: PortalActor) -> OwnAmendments:
    """What the reader asked themselves, and in which cases they can ask; nothing of any note, and of no answer."""
    person = session.get_one(Person, actor.for_id)
    open_in = {
        case.id: case for case in cases.cases_of(session, person.id)
        if person.id in whose(session, case)
        and may_portal(session, actor, Action.REQUEST, Resource.AMENDMENTS, case_id=case.id)
        and not _refusal(session, actor, person, case)
    }
    words = {rule.record_word(case.type) for case in open_in.values()}
    return OwnAmendments(
        {case.id: called(session, actor, case) or f"With {session.get_one(Staff, case.provider_id).name}"
         for case in open_in.values()},
        "record" if words != {"documentation"} else "documentation",
        tuple(
            OwnAmendment(one.wanted if one.channel is AmendmentChannel.PORTAL else "", one.received_on,
                         rule.due_on(one.received_on, extended=one.extended_at is not None), one.closed_at is None)
            for one in amendments.asked_by(session, actor.person_id, person.id)
            if may_portal(session, actor, Action.READ, Resource.AMENDMENTS, case_id=one.case_id)
        ),
    )


def _refusal(session: Session, actor: PortalActor, person: Person, case: Case) -> str:
    """Why the actor cannot ask for somebody's record of a case to be amended; empty if they can."""
    if actor.client_id is None:
        problem = own_problem(session, person, agreed_for=False)
        return "Please ask whoever acts for you, or call the practice." if problem else ""
    if person.id in consenting_in(session, case, [person.id]):
        return "You have no access to this."
    return signing_refusal(session, actor)


@command(Resource.AMENDMENTS, Action.REQUEST)
def ask_to_amend(session: Session, actor: PortalActor, asked: AskToAmend) -> int:
    """Ask for a record to be amended; it is received today. Returns the request's id.

    Whom it is about is locked, so that two windows do not ask more than may wait.
    Raises NotFound, NotPermitted, TooManyAsked.
    """
    case, person = session.get(Case, asked.case_id), session.get_one(Person, actor.for_id, with_for_update=FOR_CHANGE)
    if case is None or person.id not in whose(session, case):
        raise NotFound(actor=actor, action=Action.REQUEST, resource=Resource.AMENDMENTS,
                       case_id=case.id if case else None)
    authorize_portal(session, actor, Action.REQUEST, Resource.AMENDMENTS, case_id=case.id)
    refusal = _refusal(session, actor, person, case)
    if refusal:
        raise NotPermitted(refusal, actor=actor, action=Action.REQUEST, resource=Resource.AMENDMENTS, case_id=case.id)
    if sum(one.closed_at is None for one in amendments.asked_by(session, actor.person_id, person.id)) >= MOST_OPEN:
        raise TooManyAsked
    standing = standing_of(session, actor) if actor.client_id is not None else None
    signs_as = standing[0].kind.signs_as if standing is not None else None
    me = session.get_one(Person, actor.person_id)
    made = AmendmentRequest(
        id=ids.new_id(), case_id=case.id, person_id=person.id, asked_by_id=me.id, signs_as=signs_as,
        capacity=signing.capacity(full_name(me), signs_as, full_name(person)), received_on=today_here(session),
        channel=AmendmentChannel.PORTAL, wanted=asked.text,
    )
    session.add(made)
    session.flush()
    session.info["case_id"] = asked.case_id
    return made.id
