"""The one question about people outside the practice: may they do this with what is a client's (TRUST 3.2)?

Whoever acts for themselves is asked only whether the thing is theirs, which each workflow knows; whoever acts for a
client needs every scope of the table's cell, open at this moment, for this case.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from sqlalchemy.orm import Session

from practicerunner.errors import NotPermitted
from practicerunner.records import accounts, acting, practice, requests
from practicerunner.records.acting import AccessDecision, AccessEnd, ActsFor
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


class NoLongerForThem(NotPermitted):
    """You have no access for this person any more."""


Decided = Sequence[tuple[AccessDecision, AccessEnd | None]]
"""Every decision about somebody who acts for a client, each with its end if it has one."""


@dataclass(frozen=True, slots=True)
class ActingFor:
    """A client for whom somebody may act today, and in which scopes."""

    client_id: int
    client: str
    role: PortalRole
    kind: str
    """Guardian, personal assistant, or the practice's own word."""
    opened: tuple[frozenset[AccessScope], ...]
    """The scopes that are open for the client as a whole, and those of each case about which something was decided."""

    @property
    def scopes(self) -> frozenset[AccessScope]:
        """Those that are open anywhere."""
        return frozenset[AccessScope]().union(*self.opened)

    def may(self, action: Action, resource: Resource) -> bool:
        """Whether it would be allowed for the client as a whole or in one of the cases: for menus."""
        return _is_open(permissions.proxied(self.role, action, resource), self.opened)


@dataclass(frozen=True, slots=True)
class Visitor:
    """Somebody outside the practice as they come in: who they are, and in which ways things are their own."""

    person_id: int
    name: str
    takes_part: bool
    """Whether they take or took part in a case of their own: what is theirs stays open to read."""
    pays: bool
    """Whether invoices are theirs to pay, be it for somebody else."""
    acts_for: tuple[ActingFor, ...]
    """The clients for whom they may do something today, by name."""
    waits: bool = False
    """Whether they wait for a place: the forms that they were given are theirs to fill in, and nothing else."""

    def acting_for(self, client_id: int | None) -> ActingFor | None:
        """How they may act for one client; ``None`` where they may not, or not any more."""
        return next((one for one in self.acts_for if one.client_id == client_id), None)


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


def check_acts(session: Session, actor: PortalActor) -> None:
    """Refuse whoever comes for a client of whom nothing is open to them. Raises NoLongerForThem, which is audited."""
    found = _in_role(session, actor)
    if actor.client_id is not None and not (found and any(_opened(session, *found, _everywhere(found[2])))):
        raise NoLongerForThem(
            actor=actor, action=Action.READ, resource=Resource.CLIENT_DIRECTORY, resource_id=actor.client_id)


def open_scopes(session: Session, actor: PortalActor, case_id: int | None = None) -> frozenset[AccessScope]:
    """The scopes that are open now to somebody who acts for a client; none to a stranger."""
    found = _in_role(session, actor)
    return _opened(session, *found, [case_id])[0] if found else frozenset()


def _in_role(session: Session, actor: PortalActor) -> tuple[ActsFor, Person, Decided] | None:
    """How the actor stands to the client, if it is as they say; ``None`` for a stranger."""
    found = standing_of(session, actor)
    return found if found and _role_of(found[0]) is actor.role else None


def standing_of(session: Session, actor: PortalActor) -> tuple[ActsFor, Person, Decided] | None:
    """How the actor stands to the client, in whichever role they come, and all that was decided about it.

    It is looked up once in a session: what one act or one reading decides, it decides as of one moment.
    """
    known: dict[tuple[int, int], tuple[ActsFor, Person, Decided] | None] = session.info.setdefault("acting", {})
    key = actor.person_id, actor.for_id
    if key not in known:
        acts = acting.between(session, *key)
        known[key] = None if acts is None else (
            acts, session.get_one(Person, acts.client_id), acting.decisions_of(session, [acts.id]))
    return known[key]


def acting_for(session: Session, person_id: int) -> list[ActingFor]:
    """The clients for whom somebody may do something today, by name: of the client as a whole or in any case."""
    found = []
    rows = acting.of_person(session, person_id)
    decided = acting.decisions_of(session, [acts.id for acts, _ in rows])
    for acts, client in rows:
        theirs = _about(decided, acts)
        opened = _opened(session, acts, client, theirs, _everywhere(theirs))
        if any(opened):
            found.append(ActingFor(
                client.id, person_name(client.first_name, client.last_name, client.preferred_name), _role_of(acts),
                acts.called + acts.from_where, tuple(opened),
            ))
    return found


def with_scope(session: Session, client_id: int, scope: AccessScope, case_id: int | None) -> list[int]:
    """Who acts for a client with a scope that is open now, for one case or the client as a whole: their person ids."""
    return [
        person.id for _, person in _with_scope(session, client_id, scope, case_id) if person.died_on is None]


def acting_with_scope(session: Session, client_id: int, scope: AccessScope, case_id: int | None) -> list[int]:
    """Of everybody who acts for a client with a scope that is open now: the ids of how they act.

    Kept with what is handed to the client, it says later whose right has ended since: how they act is changed in place.
    """
    return [acts.id for acts, _ in _with_scope(session, client_id, scope, case_id)]


def _with_scope(
    session: Session, client_id: int, scope: AccessScope, case_id: int | None
) -> list[tuple[ActsFor, Person]]:
    client = session.get(Person, client_id)
    if client is None:
        return []
    rows = acting.for_clients(session, [client_id])
    decided = acting.decisions_of(session, [acts.id for acts, _ in rows])
    return [
        (acts, person) for acts, person in rows
        if scope in _opened(session, acts, client, _about(decided, acts), [case_id])[0]
    ]


def visitor_of(session: Session, person_id: int) -> Visitor | None:
    """Somebody living, by their id, whether or not they may sign in."""
    person = session.get(Person, person_id)
    if person is None or person.died_on is not None:
        return None
    return Visitor(
        person.id, person_name(person.first_name, person.last_name, person.preferred_name),
        requests.took_part_in_any(session, person.id), accounts.pays_anything(session, person.id),
        tuple(acting_for(session, person.id)), requests.waits_anywhere(session, person.id),
    )


def portal_actor(visitor: Visitor, client_id: int | None) -> PortalActor | None:
    """Somebody acting for themselves or for a client, as it was allowed when they were looked up; ``None`` if not."""
    if client_id is None:
        return PortalActor(visitor.person_id, visitor.name)
    found = visitor.acting_for(client_id)
    return PortalActor(visitor.person_id, visitor.name, found.role, client_id) if found else None


def may_for(
    session: Session, person_id: int, client_id: int, action: Action, resource: Resource, *, case_id: int | None = None
) -> bool:
    """Whether somebody who acts for a client may do this now: for what they asked before, and for letters to them."""
    acts = acting.between(session, person_id, client_id)
    return acts is not None and may_portal(
        session, PortalActor(person_id, "", _role_of(acts), client_id), action, resource, case_id=case_id)


def may_in_any_case(session: Session, actor: PortalActor, action: Action, resource: Resource) -> bool:
    """Whether it would be allowed for the client as a whole or in one of the cases: for menus; leaves no trace."""
    needed = _needed(actor, action, resource)
    if needed is None or actor.client_id is None:
        return needed is not None
    found = _in_role(session, actor)
    return found is not None and _is_open(needed, _opened(session, *found, _everywhere(found[2])))


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
    found = standing_of(session, actor)
    if found is None:
        return "You have no access to this."
    acts, client, decided = found
    person = session.get_one(Person, acts.person_id)
    return rules.signing_refusal(
        known_of(session, acts, client, decided), acts_born=person.birth_date, today=today_of(session, client))


def _role_of(acts: ActsFor) -> PortalRole:
    return PortalRole.REPRESENTATIVE if acts.kind.is_representative else PortalRole.HELPER


def _opened(
    session: Session, acts: ActsFor, client: Person, decided: Decided, case_ids: Iterable[int | None]
) -> list[frozenset[AccessScope]]:
    """The scopes that are open now, in each of some cases; ``None`` among them is the client as a whole."""
    known = known_of(session, acts, client, decided)
    allowed, today = practice.the_practice(session).helpers_may_schedule, today_of(session, client)
    return [
        frozenset(
            scope for scope in AccessScope
            if rules.standing(known, scope, case_id=case_id, today=today, helpers_allowed=allowed).is_open
        ) for case_id in case_ids
    ]


def _everywhere(decided: Decided) -> set[int | None]:
    """The client as a whole, and each case about which something was decided."""
    return {None, *(one.case_id for one, _ in decided)}


def _about(decided: Decided, acts: ActsFor) -> Decided:
    return [pair for pair in decided if pair[0].acts_for_id == acts.id]


def _is_open(needed: frozenset[AccessScope] | None, opened: Iterable[frozenset[AccessScope]]) -> bool:
    return needed is not None and any(needed <= scopes for scopes in opened)
