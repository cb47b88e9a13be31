"""The one question about people outside the practice: may they do this with what is a client's (TRUST 3.2)?

Whoever acts for themselves is asked only whether the thing is theirs, which each workflow knows; whoever acts for a
client needs every scope of the table's cell, open at this moment, for this case.
"""

from dataclasses import dataclass

from sqlalchemy.orm import Session

from practicerunner.errors import NotPermitted, RuleViolation
from practicerunner.records import accounts, acting, practice, requests
from practicerunner.records.cases import Case
from practicerunner.records.people import Person
from practicerunner.rules import acting as rules
from practicerunner.rules import permissions
from practicerunner.rules.case_types import capabilities
from practicerunner.rules.names import person_name
from practicerunner.rules.permissions import PortalRole
from practicerunner.vocabulary import AccessScope, Action, Resource
from practicerunner.workflows.access import PortalActor
from practicerunner.workflows.acting import known_of, today_of
from practicerunner.workflows.commands import reader


class NoLongerForThem(RuleViolation):
    """You have no access for this person any more. Reload the page."""


@dataclass(frozen=True, slots=True)
class Visitor:
    """Somebody outside the practice as they come in: who they are, and in which ways things are their own."""

    person_id: int
    name: str
    takes_part: bool
    """Whether they take part in a case of their own today."""
    pays: bool
    """Whether invoices are theirs to pay, be it for somebody else."""


@dataclass(frozen=True, slots=True)
class ActingFor:
    """A client for whom somebody may act today, and in which scopes."""

    client_id: int
    client: str
    role: PortalRole
    kind: str
    """Guardian, personal assistant, or the practice's own word."""
    scopes: frozenset[AccessScope]


def authorize_portal(
    session: Session, actor: PortalActor, action: Action, resource: Resource, *, case_id: int | None = None,
    resource_id: int | None = None,
) -> None:
    """Decide about something of the client for whom the actor acts. Raises NotPermitted, which is audited (D17).

    That it is that client's own, and belongs to the case, is for the caller to have looked up.
    """
    needed = _needed(actor, action, resource)
    refusal = NotPermitted(
        "You have no access to this.", actor=actor, action=action, resource=resource, resource_id=resource_id,
        case_id=case_id,
    )
    if needed is None:
        raise refusal
    if actor.client_id is not None and not needed <= open_scopes(session, actor, case_id):
        raise refusal


def _needed(actor: PortalActor, action: Action, resource: Resource) -> frozenset[AccessScope] | None:
    """The scopes that have to be open; ``None`` where it is never allowed. Only for themselves is somebody a client."""
    if (actor.role is PortalRole.CLIENT) is not (actor.client_id is None):
        return None
    return permissions.proxied(actor.role, action, resource)


def may_portal(
    session: Session, actor: PortalActor, action: Action, resource: Resource, *, case_id: int | None = None
) -> bool:
    """Whether it would be allowed: for what a page offers; leaves no trace."""
    needed = _needed(actor, action, resource)
    return needed is not None and (actor.client_id is None or needed <= open_scopes(session, actor, case_id))


@reader(Resource.CLIENT_DIRECTORY)
def open_to(session: Session, actor: PortalActor, resource: Resource) -> bool:
    """Whether the actor may read something of this kind of the client as a whole: for what a page shows."""
    return may_portal(session, actor, Action.READ, resource)


def open_scopes(session: Session, actor: PortalActor, case_id: int | None = None) -> frozenset[AccessScope]:
    """The scopes that are open now to somebody who acts for a client; none to a stranger."""
    acts = acting.between(session, actor.person_id, actor.for_id)
    if acts is None or _role_of(acts) is not actor.role:
        return frozenset()
    client = session.get_one(Person, acts.client_id)
    return _scopes(session, acts, client, case_id)


def acting_for(session: Session, person_id: int) -> list[ActingFor]:
    """The clients for whom somebody may do something today, by name: of the client as a whole or in any case."""
    found = []
    for acts, client in acting.of_person(session, person_id):
        scopes = _scopes(session, acts, client, None)
        for case_id in {one.case_id for one, _ in acting.decisions_of(session, [acts.id])} - {None}:
            scopes |= _scopes(session, acts, client, case_id)
        if scopes:
            found.append(ActingFor(
                client.id, person_name(client.first_name, client.last_name, client.preferred_name), _role_of(acts),
                acts.title or acts.kind.label, scopes,
            ))
    return found


def with_scope(session: Session, client_id: int, scope: AccessScope, case_id: int | None) -> list[int]:
    """Who acts for a client with a scope that is open now, for one case or the client as a whole: their person ids."""
    client = session.get(Person, client_id)
    if client is None:
        return []
    return [
        person.id for acts, person in acting.for_clients(session, [client_id])
        if person.died_on is None and scope in _scopes(session, acts, client, case_id)
    ]


def visitor_of(session: Session, person_id: int) -> Visitor | None:
    """Somebody living, by their id, whether or not they may sign in."""
    person = session.get(Person, person_id)
    if person is None or person.died_on is not None:
        return None
    today = today_of(session, person)
    return Visitor(
        person.id, person_name(person.first_name, person.last_name, person.preferred_name),
        bool(requests.own_cases(session, person.id, today)), accounts.pays_anything(session, person.id),
    )


def portal_actor(session: Session, visitor: Visitor, client_id: int | None) -> PortalActor | None:
    """Somebody acting for themselves or for a client, as it is allowed now; ``None`` once it is not any more."""
    if client_id is None:
        return PortalActor(visitor.person_id, visitor.name)
    found = next((one for one in acting_for(session, visitor.person_id) if one.client_id == client_id), None)
    return PortalActor(visitor.person_id, visitor.name, found.role, client_id) if found else None


def may_in_any_case(session: Session, actor: PortalActor, action: Action, resource: Resource) -> bool:
    """Whether it would be allowed for the client as a whole or in one of the cases: for menus; leaves no trace."""
    needed = _needed(actor, action, resource)
    if needed is None or actor.client_id is None:
        return needed is not None
    acts = acting.between(session, actor.person_id, actor.client_id)
    if acts is None or _role_of(acts) is not actor.role:
        return False
    client = session.get_one(Person, actor.client_id)
    cases = {None, *(one.case_id for one, _ in acting.decisions_of(session, [acts.id]))}
    return any(needed <= _scopes(session, acts, client, case_id) for case_id in cases)


def called(session: Session, actor: PortalActor, case: Case) -> str:
    """What a case is called outside; empty for a case of one person, and for whoever may not know who is in it."""
    if capabilities(case.type).most == 1 or not may_portal(
        session, actor, Action.READ, Resource.CASE, case_id=case.id
    ):
        return ""
    return case.name


def signing_refusal(session: Session, actor: PortalActor) -> str:
    """Why the actor may not sign for the client for whom they act; empty if they may, as for themselves (D09, X06)."""
    if actor.client_id is None:
        return ""
    acts = acting.between(session, actor.person_id, actor.client_id)
    if acts is None:
        return "You have no access to this."
    client, person = session.get_one(Person, acts.client_id), session.get_one(Person, acts.person_id)
    known = known_of(acts, client, acting.decisions_of(session, [acts.id]))
    return rules.signing_refusal(known, acts_born=person.birth_date, today=today_of(session, client))


def _role_of(acts: acting.ActsFor) -> PortalRole:
    return PortalRole.REPRESENTATIVE if acts.kind.is_representative else PortalRole.HELPER


def _scopes(
    session: Session, acts: acting.ActsFor, client: Person, case_id: int | None
) -> frozenset[AccessScope]:
    known = known_of(acts, client, acting.decisions_of(session, [acts.id]))
    allowed, today = practice.the_practice(session).helpers_may_schedule, today_of(session, client)
    return frozenset(
        scope for scope in AccessScope
        if rules.standing(known, scope, case_id=case_id, today=today, helpers_allowed=allowed).is_open
    )
