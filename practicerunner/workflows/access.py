"""Who is acting, and the one question every workflow and reader asks: may they?"""

from collections.abc import Iterable
from dataclasses import dataclass, field

from sqlalchemy.orm import Session

from practicerunner.errors import NotFound, NotPermitted
from practicerunner.rules import permissions
from practicerunner.rules.permissions import Allowed, PortalRole, Scope
from practicerunner.rules.supervision import Term
from practicerunner.vocabulary import Action, Resource, Role

ABOUT_YOURSELF = "This is about yourself as a client. You find what is yours in the portal; here others look after it."


@dataclass(frozen=True, slots=True)
class Actor:
    """A member of staff who is signed in, as read from the database for this act."""

    staff_id: int
    name: str
    roles: frozenset[Role]
    is_clinical_director: bool = False
    supervisees: frozenset[int] = field(default_factory=frozenset)
    """Ids of the staff this person supervises today."""
    terms: tuple[Term, ...] = ()
    """Every assignment of this person as a supervisor, past ones included: a dated document is read within one."""
    person_id: int | None = None
    """Who this person is as a client of the practice, if they are one."""
    supervises_messages: bool = False
    """Whether supervision includes messages in this practice (TRUST 3.2)."""
    own_cases: frozenset[int] = frozenset()
    """The cases in which they take or took part themselves: none of their roles opens these (TRUST A11)."""

    def is_concerned(self, *, case_id: int | None, person_id: int | None = None) -> bool:
        """Whether something is about themselves as a client."""
        return case_id in self.own_cases or (person_id is not None and person_id == self.person_id)


@dataclass(frozen=True, slots=True)
class PortalActor:
    """Somebody outside the practice who acts for themselves or for a client; each record is decided on its own."""

    person_id: int
    name: str
    role: PortalRole = PortalRole.CLIENT
    client_id: int | None = None
    """For whom they act; ``None`` is for themselves."""

    @property
    def for_id(self) -> int:
        """Whose things this is about."""
        return self.person_id if self.client_id is None else self.client_id


@dataclass(frozen=True, slots=True)
class Visibility:
    """Which records a list may show: all, or those of ``staff_ids``, with those supervised by ``supervisor_id``."""

    everything: bool
    staff_ids: frozenset[int] = frozenset()
    supervisor_id: int | None = None
    but: frozenset[int] = frozenset()
    """Cases that are left out all the same, because the reader takes part in them as a client."""
    themselves: int | None = None
    """Who the reader is as a client: what they asked before there was a case is left out too."""


def may(actor: Actor, action: Action, resource: Resource) -> bool:
    """Whether the actor may do this in any scope at all: for menus, buttons and the first check of a command."""
    return bool(permissions.scopes(
        actor.roles, action, resource, is_clinical_director=actor.is_clinical_director,
        supervises_messages=actor.supervises_messages))


def may_ever(actor: Actor | PortalActor, action: Action, resource: Resource) -> bool:
    """Whether the actor's roles, or being a client, ever allow this."""
    if isinstance(actor, PortalActor):
        return permissions.proxied(actor.role, action, resource) is not None
    return may(actor, action, resource)


def require(actor: Actor | PortalActor, action: Action, resource: Resource, *others: Resource) -> None:
    """Refuse what the actor's roles, or being a client, never allow with any of the resources. Raises NotPermitted."""
    if not any(may_ever(actor, action, one) for one in (resource, *others)):
        raise NotPermitted(actor=actor, action=action, resource=resource)


def authorize(
    session: Session, actor: Actor, action: Action, resource: Resource, *, responsible: Iterable[int | None],
    supervisor_id: int | None = None, supervised: bool | None = None, reason: str = "",
    resource_id: int | None = None, case_id: int | None = None, person_id: int | None = None,
) -> Role:
    """Decide about one record and return the role that allows it.

    ``responsible`` are the staff whose record it is (a case's provider, a note's author); ``supervisor_id`` is the
    supervisor named on the record itself. ``supervised`` says whether the actor acts as a supervisor where that was
    found out already, because it depends on the record's date. ``reason`` is what a clinical director typed before
    reading. ``person_id`` is whose record it is where there is no case yet.
    Raises NotFound for a stranger's record, NotPermitted where the role never allows the action, and for what is the
    actor's own as a client.
    """
    whose = resource_id if resource is Resource.DEMOGRAPHICS else person_id
    if actor.is_concerned(case_id=case_id, person_id=whose):
        raise NotPermitted(
            ABOUT_YOURSELF, actor=actor, action=action, resource=resource, resource_id=resource_id, case_id=case_id)
    ours = {staff_id for staff_id in responsible if staff_id is not None}
    if supervised is None:
        supervised = bool(ours & actor.supervisees) or supervisor_id == actor.staff_id
    allowed = permissions.decide(
        actor.roles, action, resource, own=actor.staff_id in ours, supervised=supervised,
        is_clinical_director=actor.is_clinical_director, supervises_messages=actor.supervises_messages,
    )
    if allowed is None:
        refusal = NotFound if may(actor, action, resource) else NotPermitted
        raise refusal(actor=actor, action=action, resource=resource, resource_id=resource_id, case_id=case_id)
    if allowed.needs_reason and not reason.strip():
        raise NotPermitted(
            "Type the reason for which you open this record; it is logged.", actor=actor, action=action,
            resource=resource, resource_id=resource_id, case_id=case_id,
        )
    session.info["role"] = allowed.role
    return allowed.role


def may_touch(
    actor: Actor, action: Action, resource: Resource, *, responsible: Iterable[int | None],
    supervisor_id: int | None = None, case_id: int | None = None, person_id: int | None = None,
) -> bool:
    """Whether the actor may do this with one record without a typed reason: for what a page offers; leaves no trace."""
    if actor.is_concerned(case_id=case_id, person_id=person_id):
        return False
    ours = {staff_id for staff_id in responsible if staff_id is not None}
    allowed = permissions.decide(
        actor.roles, action, resource, own=actor.staff_id in ours,
        supervised=bool(ours & actor.supervisees) or supervisor_id == actor.staff_id,
    )
    return allowed is not None


def how_may(
    actor: Actor, action: Action, resource: Resource, *, case_id: int | None, own: bool, supervised: bool
) -> Allowed | None:
    """How the actor may do this in a case, with or without a typed reason; ``None`` if not at all. Leaves no trace.

    Nothing of a case in which they take or took part themselves as a client.
    """
    if actor.is_concerned(case_id=case_id):
        return None
    return permissions.decide(
        actor.roles, action, resource, own=own, supervised=supervised, is_clinical_director=actor.is_clinical_director)


def visible(actor: Actor, action: Action, resource: Resource) -> Visibility:
    """Which records a list of this resource may show the actor. Raises NotPermitted if none ever.

    The clinical director's reading with a reason is never part of a list.
    """
    found = permissions.scopes(actor.roles, action, resource)
    if not found:
        raise NotPermitted(actor=actor, action=action, resource=resource)
    own = {actor.staff_id} if Scope.OWN in found else set()
    supervised = Scope.SUPERVISED in found
    return Visibility(
        Scope.ALL in found, frozenset(own | (actor.supervisees if supervised else set())),
        actor.staff_id if supervised else None, actor.own_cases, actor.person_id,
    )
