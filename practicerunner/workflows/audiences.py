"""Who takes part in a thread of messages, and what of it each of them sees (I02, TRUST 3.2).

Staff see a clinical thread of their own case or one in which they take part, and administrative ones as the table says;
whoever was added later, and is not the case's provider, sees what was written since. People outside the practice see
only threads in which they have a place of their own, and whoever acts for a client only while their scope is open.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, time

from sqlalchemy.orm import Session

from practicerunner import clock
from practicerunner.errors import NotFound, NotPermitted
from practicerunner.records import acting, messages, people, practice, requests, thread_lists
from practicerunner.records.acting import ActsFor
from practicerunner.records.base import FOR_CHANGE
from practicerunner.records.cases import Case
from practicerunner.records.messages import MessageThread, Place, Taking, ThreadPerson
from practicerunner.records.people import Person
from practicerunner.rules import messages as messages_rules
from practicerunner.rules import permissions
from practicerunner.rules.acting import is_of_minority
from practicerunner.rules.case_types import capabilities
from practicerunner.rules.messages import Window
from practicerunner.rules.names import person_name
from practicerunner.rules.permissions import PortalRole, Scope
from practicerunner.rules.scheduling import moment
from practicerunner.rules.supervision import covers
from practicerunner.vocabulary import AccessScope, Action, Resource, ThreadClass, Verdict
from practicerunner.workflows.access import Actor, PortalActor, authorize, may, may_touch
from practicerunner.workflows.acting import known_of, today_of
from practicerunner.workflows.portal_access import authorize_portal, may_portal, standing_of
from practicerunner.workflows.staff import colleagues


@dataclass(frozen=True, slots=True)
class Recipient:
    """Somebody outside the practice who can be in a thread of a case, with what they are to it (A34)."""

    person_id: int
    for_id: int | None
    name: str
    relation: str
    """``client``, ``guardian of Leo Castellano``."""
    by_mail: bool
    """Whether they get an e-mail that a message waits."""
    classes: tuple[ThreadClass, ...]


@dataclass(frozen=True, slots=True)
class Member:
    """Somebody who takes part in a thread now."""

    name: str
    relation: str
    staff_id: int | None
    person_id: int | None
    for_id: int | None
    is_open: bool
    """Whether they can read it today."""
    to_client: str = ""
    """What whoever acts for a client is to that client: ``care coordinator, Harbor Care``."""


# --- Staff


def sight_of(actor: Actor) -> thread_lists.Sight:
    """Which threads a member of staff may see, for lists. Raises NotPermitted if none ever."""
    admin = permissions.scopes(actor.roles, Action.READ, Resource.MESSAGES_ADMIN)
    clinical = permissions.scopes(actor.roles, Action.READ, Resource.MESSAGES_CLINICAL)
    if not admin and not may(actor, Action.READ, Resource.MESSAGES_CLINICAL):
        raise NotPermitted(actor=actor, action=Action.READ, resource=Resource.MESSAGES_ADMIN)
    return thread_lists.Sight(
        actor.staff_id, Scope.ALL in admin, Scope.OWN in admin, Scope.OWN in clinical, actor.own_cases,
        actor.person_id)


def supervising(session: Session, actor: Actor) -> thread_lists.Supervising | None:
    """Whose clinical threads the actor reads as a supervisor, and since when; nobody's where it is not included."""
    if Scope.SUPERVISED not in permissions.scopes(
        actor.roles, Action.READ, Resource.MESSAGES_CLINICAL, supervises_messages=actor.supervises_messages
    ):
        return None
    zone = practice.the_practice(session).zone
    today = clock.today(zone)
    begun: dict[int, datetime] = {}
    for term in actor.terms:
        if covers(term, today):
            since = moment(term.starts_on, time(0), zone)
            begun[term.associate_id] = min(since, begun.get(term.associate_id, since))
    return thread_lists.Supervising(actor.staff_id, begun, messages_rules.SHARED, actor.own_cases)


def _supervised_since(
    session: Session, actor: Actor, thread: MessageThread, case: Case, taking: Sequence[Taking]
) -> tuple[bool, datetime | None]:
    """Whether the actor reads a thread as a supervisor, and what was written since when."""
    found = supervising(session, actor)
    if found is None or thread.thread_class is not ThreadClass.CLINICAL or thread.archived_at is not None:
        return False, None
    if messages_rules.is_apart(case.type, messages.from_the_start(taking)):
        return False, None
    named = case.supervisor_named_at if case.supervisor_id == actor.staff_id else None
    since = min(filter(None, (named, found.begun.get(case.provider_id))), default=None)
    return since is not None and since <= thread.last_at, since


@dataclass(frozen=True, slots=True)
class Opened:
    """A thread that a member of staff may see."""

    thread: MessageThread
    case: Case
    taking: list[Taking]
    window: Window
    role: str
    """The role that allows it."""
    is_supervised: bool = False
    """Whether it is read as a supervisor of whoever treats there, without a part in it."""


def thread_for(session: Session, actor: Actor, thread_id: int, action: Action = Action.READ) -> Opened:
    """The door to a thread for staff; locks the row for anything but reading. Raises NotFound, nothing else."""
    thread = session.get(MessageThread, thread_id, with_for_update=None if action is Action.READ else FOR_CHANGE)
    if thread is None:
        raise NotFound(actor=actor, action=action, resource=Resource.MESSAGES_ADMIN, resource_id=thread_id)
    case, resource = session.get_one(Case, thread.case_id), thread.thread_class.resource
    taking = messages.people_of(session, [thread.id])
    place = next((one.row for one in taking if one.row.staff_id == actor.staff_id and one.row.left_at is None), None)
    if not may(actor, Action.READ, resource):  # that there is one is not theirs to know
        raise NotFound(actor=actor, action=action, resource=resource, resource_id=thread.id, case_id=case.id)
    ours = [case.provider_id, actor.staff_id if place else None]
    supervised, since = (False, None) if actor.staff_id in ours else _supervised_since(
        session, actor, thread, case, taking)
    role = authorize(
        session, actor, action, resource, responsible=ours, supervised=supervised, resource_id=thread.id,
        case_id=case.id,
    )
    everything = case.provider_id == actor.staff_id or Scope.ALL in permissions.scopes(actor.roles, action, resource)
    first = 1 if everything or place is None else place.from_number
    session.info["case_id"] = case.id
    supervised = supervised and not everything
    return Opened(thread, case, taking, Window(first, since=since if supervised else None), role, supervised)


def staff_for(session: Session, case: Case, thread_class: ThreadClass) -> dict[int, str]:
    """Who in the practice can take part in a thread of a case, by name: those whose role reads its class at all."""
    return {
        one.staff_id: one.name for one in colleagues(session)
        if may(one, Action.CREATE, thread_class.resource) and not one.is_concerned(case_id=case.id)
    }


def assignable(session: Session, opened: Opened) -> dict[int, str]:
    """Who can look after a thread: staff who may read it whole."""
    taking_part = {one.row.staff_id for one in opened.taking if one.row.left_at is None}
    return {
        one.staff_id: one.name for one in colleagues(session) if may_touch(
            one, Action.UPDATE, opened.thread.thread_class.resource, case_id=opened.case.id,
            responsible=[opened.case.provider_id, one.staff_id if one.staff_id in taking_part else None],
        )
    }


# --- People outside the practice


def recipients_of(session: Session, case: Case) -> list[Recipient]:
    """Who takes part in a case, and who acts for them with the scope messages open today."""
    here = {one.id: one for one in requests.present(session, case.id, clock.today(practice.the_practice(session).zone))}
    found = [
        Recipient(one.id, None, full_name(one), capabilities(case.type).called,
                  bool(people.mail_address(session, one.id)), tuple(ThreadClass))
        for one in here.values()
    ]
    for acts, person in acting.for_clients(session, list(here)):
        if person.id in here:  # they take part themselves, and read as who they are
            continue
        somebody = PortalActor(person.id, full_name(person), role_of(acts), acts.client_id)
        classes = tuple(
            one for one in ThreadClass if may_portal(session, somebody, Action.CREATE, one.resource, case_id=case.id))
        if classes and all(one.person_id != person.id for one in found):
            found.append(Recipient(
                person.id, acts.client_id, somebody.name, relation_of(acts, here[acts.client_id]),
                bool(people.mail_address(session, person.id)), classes,
            ))
    return found


def helpers_of(session: Session, case: Case, person_id: int, thread_class: ThreadClass) -> list[Recipient]:
    """Who acts for one client and can take part in a thread of a class: whom they may add themselves."""
    return [
        one for one in recipients_of(session, case)
        if one.for_id == person_id and thread_class in one.classes
    ]


def role_of(acts: ActsFor) -> PortalRole:
    """How somebody who acts for a client stands to them."""
    return PortalRole.REPRESENTATIVE if acts.kind.is_representative else PortalRole.HELPER


def relation_of(acts: ActsFor, client: Person) -> str:
    """``guardian of Leo Castellano``, or the practice's own word; with the organisation for which they help."""
    return f"{_kind_of(acts)} of {full_name(client)}{acts.from_where}"


def to_client(acts: ActsFor) -> str:
    """``guardian``, or the practice's own word; with the organisation for which they help."""
    return f"{_kind_of(acts)}{acts.from_where}"


def _kind_of(acts: ActsFor) -> str:
    return acts.title or acts.kind.label.lower()


def full_name(person: Person) -> str:
    """First and last name, and the preferred one."""
    return person_name(person.first_name, person.last_name, person.preferred_name)


@dataclass(frozen=True, slots=True)
class Seat:
    """A thread in which somebody outside the practice has a place, and what they see of it."""

    thread: MessageThread
    case: Case
    windows: tuple[Window, ...]

    def may_write(self) -> bool:
        """Whether what they wrote now would be theirs to see."""
        return any(window.is_open(clock.now()) for window in self.windows)


def seats_of(session: Session, actor: PortalActor, *, thread_id: int | None = None) -> list[Seat]:
    """Every thread in which the actor has a place that is open now, the latest first."""
    found: dict[int, list[Place]] = {}
    for place in messages.places_of(session, actor.person_id, actor.client_id, thread_id=thread_id):
        found.setdefault(place.thread.id, []).append(place)
    limits: dict[tuple[int, ThreadClass], tuple[datetime | None, datetime | None] | None] = {}
    seats = []
    for places in found.values():
        thread, case = places[0].thread, places[0].case
        key = (case.id, thread.thread_class)
        if key not in limits:
            limits[key] = _limits(session, actor, case, thread.thread_class)
        windows = windows_of([place.row for place in places], limits[key])
        if windows:
            seats.append(Seat(thread, case, windows))
    return seats


def seat_for(session: Session, actor: PortalActor, thread_id: int, action: Action = Action.READ) -> Seat:
    """The door to a thread for somebody outside the practice; locks the row for anything but reading.

    Raises NotFound for a thread in which they have no place, NotPermitted where what let them in is closed (D17).
    """
    if action is not Action.READ:
        session.get(MessageThread, thread_id, with_for_update=FOR_CHANGE)
    places = messages.places_of(session, actor.person_id, actor.client_id, thread_id=thread_id)
    if not places:
        raise NotFound(actor=actor, action=action, resource=Resource.MESSAGES_ADMIN, resource_id=thread_id)
    thread, case = places[0].thread, places[0].case
    authorize_portal(
        session, actor, action, thread.thread_class.resource, case_id=case.id, resource_id=thread.id)
    seats = seats_of(session, actor, thread_id=thread_id)
    if not seats or (action is not Action.READ and not seats[0].may_write()):
        raise NotPermitted(
            "You no longer take part in this conversation." if seats else "You have no access to this.", actor=actor,
            action=action, resource=thread.thread_class.resource, resource_id=thread.id, case_id=case.id,
        )
    session.info["case_id"] = case.id
    return seats[0]


def windows_of(
    rows: Iterable[ThreadPerson], limits: tuple[datetime | None, datetime | None] | None
) -> tuple[Window, ...]:
    """What somebody sees of a thread by their places in it; who acts for a client and was taken out sees nothing."""
    if limits is None:
        return ()
    return tuple(
        Window(row.from_number, row.until_number, *limits) for row in rows
        if row.for_id is None or row.left_at is None
    )


def _limits(
    session: Session, actor: PortalActor, case: Case, thread_class: ThreadClass
) -> tuple[datetime | None, datetime | None] | None:
    """From and until which moment somebody sees what is written in a case; ``None`` is nothing at all."""
    since = None
    if actor.client_id is not None:
        if actor.role is PortalRole.CLIENT or not may_portal(
            session, actor, Action.READ, thread_class.resource, case_id=case.id
        ):
            return None
        since = _open_since(session, actor, case.id)
    stays = messages.stays_of(session, case.id, actor.for_id)
    if not stays:
        return None
    zone = practice.the_practice(session).zone
    if any(left_on is None or left_on > clock.today(zone) for left_on in stays):
        return since, None
    return since, moment(max(filter(None, stays)), time(0), zone)


def _open_since(session: Session, actor: PortalActor, case_id: int) -> datetime | None:
    """From which moment on the scope messages is open: the earliest grant in force, unless a denial ended later.

    What was granted in minority is none any more once the client is of age (D14).
    """
    found = standing_of(session, actor)
    if found is None:
        return None
    acts, client, decided = found
    zone, today = client.zone or practice.the_practice(session).zone, today_of(session, client)
    known, grants, denials = known_of(session, acts, client, decided), [], []
    for (one, end), decision in zip(decided, known.decisions, strict=True):
        if one.scope is not AccessScope.MESSAGES or one.case_id not in (None, case_id):
            continue
        if one.verdict is Verdict.DENIED:
            ended = [moment(one.ends_on, time(0), zone)] if one.ends_on is not None else []
            if end is not None:
                ended.append(end.ended_at)
            if ended:
                denials.append(min(ended))
        elif end is None and one.starts_on <= today and (one.ends_on is None or today < one.ends_on) and (
            not is_of_minority(decision, known, today)
        ):
            grants.append(max(one.decided_at, moment(one.starts_on, time(0), zone)))
    return max([min(grants), *denials]) if grants else None


# --- Who is in a thread


def members_of(session: Session, case: Case, thread_class: ThreadClass, taking: Sequence[Taking]) -> list[Member]:
    """Who takes part in a thread now, in the order in which they came; ``taking`` is everybody who ever did."""
    found = []
    for row, staff, person in taking:
        if row.left_at is not None:
            continue
        if staff is not None:
            found.append(Member(staff.name, "staff", staff.id, None, None, staff.active))
        elif person is not None:
            somebody, relation, mine = actor_of(session, case, row, person)
            found.append(Member(
                full_name(person), relation, None, person.id, row.for_id,
                somebody is not None and _reads(session, somebody, case, thread_class, taking), mine,
            ))
    return found


def _reads(
    session: Session, actor: PortalActor, case: Case, thread_class: ThreadClass, taking: Iterable[Taking]
) -> bool:
    """As ``can_read``, where it is known who takes part."""
    places = [
        one.row for one in taking if (one.row.person_id, one.row.for_id) == (actor.person_id, actor.client_id)]
    windows = windows_of(places, _limits(session, actor, case, thread_class))
    return any(window.is_open(clock.now()) for window in windows)


def actor_of(session: Session, case: Case, row: ThreadPerson, person: Person) -> tuple[PortalActor | None, str, str]:
    """As whom somebody takes part, what they are to the case, and what to the client for whom they act.

    Nobody where they act for the client no more.
    """
    if row.for_id is None:
        return PortalActor(person.id, full_name(person)), capabilities(case.type).called, ""
    acts = acting.between(session, person.id, row.for_id)
    if acts is None:
        return None, "", ""
    return (
        PortalActor(person.id, full_name(person), role_of(acts), row.for_id),
        relation_of(acts, session.get_one(Person, row.for_id)), to_client(acts),
    )


def can_read(session: Session, actor: PortalActor, thread_id: int) -> bool:
    """Whether what is written in a thread now is somebody's to read; leaves no trace."""
    return any(seat.may_write() for seat in seats_of(session, actor, thread_id=thread_id))
