"""Messages as people outside the practice read and write them, for themselves or for a client (I02, D08).

Whoever acts for a client has a place of their own in a thread and never reads the client's; an open scope alone shows
nothing. A client adds the people who act for them.
"""

from dataclasses import dataclass
from datetime import date, datetime, timedelta

from sqlalchemy.orm import Session

from practicerunner import clock
from practicerunner.errors import BadInput, NotFound, NotPermitted, RuleViolation
from practicerunner.records import acting, audit, document_files, messages, practice, requests
from practicerunner.records.cases import Case
from practicerunner.records.messages import Stamp
from practicerunner.records.people import Person
from practicerunner.records.staff import Staff
from practicerunner.rules import messages as rules
from practicerunner.rules.case_types import capabilities
from practicerunner.rules.permissions import PortalRole
from practicerunner.vocabulary import Action, Resource, ThreadClass
from practicerunner.workflows.access import PortalActor
from practicerunner.workflows.audiences import (
    Member,
    Seat,
    full_name,
    helpers_of,
    members_of,
    role_of,
    seat_for,
    seats_of,
    to_client,
)
from practicerunner.workflows.commands import Command, RequiredLine, command, reader
from practicerunner.workflows.message_pages import attachment_row
from practicerunner.workflows.portal_access import authorize_portal, may_portal
from practicerunner.workflows.thread_views import Entry, entries_of, name_of
from practicerunner.workflows.threads import Files, MessageText, Writer, begin, join, write


class TooManyMessages(RuleViolation):
    """You have written many messages within an hour. Please wait a while, or call the practice."""


class AskPractice(Command):
    """Begin a thread with the practice: with the provider alone, or with the front desk."""

    case_id: int
    thread_class: ThreadClass
    subject: RequiredLine
    text: MessageText
    files: Files = ()


class AnswerMessage(Command):
    """Write in a thread in which one takes part."""

    thread_id: int
    text: MessageText
    files: Files = ()


class AddHelper(Command):
    """Let somebody who acts for oneself read what is written in a thread from now on."""

    thread_id: int
    person_id: int


class MarkRead(Command):
    """Say that a thread was read up to a message."""

    thread_id: int
    number: int


@dataclass(frozen=True, slots=True)
class PortalThread:
    """A thread in the list of somebody outside the practice."""

    thread_id: int
    subject: str
    thread_class: ThreadClass
    people: tuple[str, ...]
    """Everybody else who takes part, by name."""
    unread: int
    last_at: datetime
    """When the last message was written that they see; when they joined, if there is none."""


@dataclass(frozen=True, slots=True)
class PortalThreads:
    """Everything that somebody can read, the latest first."""

    rows: tuple[PortalThread, ...]
    unread: int
    """Threads with something new."""
    zone: str
    today: date


@dataclass(frozen=True, slots=True)
class PortalMember:
    """Somebody who takes part in a thread, as the others see it."""

    name: str
    relation: str
    is_me: bool


@dataclass(frozen=True, slots=True)
class PortalConversation:
    """A thread with what its reader may see of it."""

    thread_id: int
    subject: str
    thread_class: ThreadClass
    entries: tuple[Entry, ...]
    members: tuple[PortalMember, ...]
    also: str
    """Who in the practice reads it beside them."""
    last_number: int
    """Of what they see."""
    has_new: bool
    may_write: bool
    addable: dict[int, str]
    """Who acts for the reader and could be added, with what they are."""
    zone: str


@dataclass(frozen=True, slots=True)
class About:
    """A case in which somebody may begin a thread, in words that tell nothing to whoever helps."""

    case_id: int
    label: str
    provider: str
    classes: tuple[ThreadClass, ...]


# --- Acts


@command(Resource.MESSAGES_ADMIN, Action.CREATE)
def ask_practice(session: Session, actor: PortalActor, asked: AskPractice) -> int:
    """Begin a thread with the practice. Returns its id. Raises NotFound, NotPermitted, TooManyMessages."""
    case = _own_case(session, actor, asked.case_id)
    if actor.client_id is not None and actor.role is PortalRole.CLIENT:
        raise NotPermitted(actor=actor, action=Action.CREATE, resource=asked.thread_class.resource, case_id=case.id)
    authorize_portal(session, actor, Action.CREATE, asked.thread_class.resource, case_id=case.id)
    _check_rate(session, actor)
    by = _writer(actor)
    provider = [case.provider_id] if asked.thread_class is ThreadClass.CLINICAL else []
    thread = begin(
        session, case, asked.thread_class, asked.subject, by, people=[(actor.person_id, actor.client_id)],
        staff_ids=provider, assigned_to_id=provider[0] if provider else None,
    )
    write(session, thread, case, by, asked.text, asked.files)
    session.info["case_id"], session.info["detail"] = case.id, asked.thread_class.value
    return thread.id


def _own_case(session: Session, actor: PortalActor, case_id: int) -> Case:
    case, today = session.get(Case, case_id), clock.today(practice.the_practice(session).zone)
    if case is None or not requests.takes_part(session, case.id, actor.for_id, today):
        raise NotFound(actor=actor, action=Action.CREATE, resource=Resource.MESSAGES_ADMIN, case_id=case_id)
    return case


def _writer(actor: PortalActor) -> Writer:
    return Writer(person_id=actor.person_id, for_id=actor.client_id)


def _check_rate(session: Session, actor: PortalActor) -> None:
    if messages.written_since(session, actor.person_id, clock.now() - timedelta(hours=1)) >= rules.MOST_AN_HOUR:
        raise TooManyMessages


@command(Resource.MESSAGES_ADMIN, Action.CREATE)
def answer_message(session: Session, actor: PortalActor, asked: AnswerMessage) -> int:
    """Write in a thread; an archived one is open again for the practice. Returns the message's id.

    Raises NotFound, NotPermitted, TooManyMessages.
    """
    seat = seat_for(session, actor, asked.thread_id, Action.CREATE)
    _check_rate(session, actor)
    reopened = ", reopened" if seat.thread.archived_at is not None else ""
    session.info["detail"] = f"{seat.thread.thread_class}{reopened}"
    return write(session, seat.thread, seat.case, _writer(actor), asked.text, asked.files)


@command(Resource.MESSAGES_ADMIN, Action.CREATE)
def add_helper(session: Session, actor: PortalActor, asked: AddHelper) -> int:
    """Let somebody who acts for oneself take part from now on; the thread says so. Returns its id.

    Raises BadInput, NotFound, NotPermitted.
    """
    seat = seat_for(session, actor, asked.thread_id, Action.CREATE)
    if asked.person_id not in _addable(session, actor, seat):
        raise BadInput("person_id", "Choose somebody who may write messages for you and does not take part yet.")
    join(session, seat.thread, _writer(actor), person_id=asked.person_id, for_id=actor.person_id)
    seat.thread.revision += 1
    session.info["detail"] = f"{seat.thread.thread_class}, person {asked.person_id}"
    return seat.thread.id


def _addable(session: Session, actor: PortalActor, seat: Seat) -> dict[int, str]:
    """Who acts for the actor, may be in such a thread, and is not."""
    if actor.client_id is not None or not seat.may_write():
        return {}
    inside = {
        one.row.person_id for one in messages.people_of(session, [seat.thread.id]) if one.row.left_at is None}
    found = {}
    for one in helpers_of(session, seat.case, actor.person_id, seat.thread.thread_class):
        acts = acting.between(session, one.person_id, actor.person_id)
        if acts is not None and one.person_id not in inside:
            found[one.person_id] = f"{one.name}, your {to_client(acts)}"
    return found


@command(Resource.MESSAGES_ADMIN, Action.READ)
def mark_read(session: Session, actor: PortalActor, asked: MarkRead) -> int:
    """Keep up to where the actor has read a thread. Returns its id. Raises NotFound, NotPermitted."""
    seat = seat_for(session, actor, asked.thread_id)
    if not 0 <= asked.number <= seat.thread.last_number:
        raise NotFound(actor=actor, action=Action.READ, resource=seat.thread.thread_class.resource)
    messages.keep_read(session, seat.thread.id, asked.number, clock.now(), person_id=actor.person_id)
    session.info["detail"] = f"{seat.thread.thread_class}, up to {asked.number}"
    return seat.thread.id


# --- Reading


@reader(Resource.MESSAGES_ADMIN)
def my_threads(session: Session, actor: PortalActor) -> PortalThreads:
    """Threads in which the actor takes part and what lets them in is open, the latest first."""
    seats = {seat.thread.id: seat for seat in seats_of(session, actor)}
    read = messages.read_up_to(session, list(seats), person_id=actor.person_id)
    last: dict[int, datetime] = {}
    unread = dict.fromkeys(seats, 0)
    for stamp in messages.stamps_of(session, list(seats)):
        thread_id = stamp.thread_id
        if rules.shown(seats[thread_id].windows, stamp.number, stamp.at):
            last[thread_id] = stamp.at
            unread[thread_id] += _is_new(stamp, actor, read)
    others: dict[int, list[str]] = {}
    joined: dict[int, datetime] = {}
    for one in messages.people_of(session, list(seats)):
        if one.row.person_id == actor.person_id:
            joined[one.row.thread_id] = one.row.joined_at
        elif one.row.left_at is None:
            others.setdefault(one.row.thread_id, []).append(name_of(one))
    rows = [
        PortalThread(
            seat.thread.id, seat.thread.subject, seat.thread.thread_class,
            tuple(others.get(seat.thread.id, ())), unread[seat.thread.id],
            last.get(seat.thread.id, joined[seat.thread.id]),
        ) for seat in seats.values()
    ]
    zone = practice.the_practice(session).zone
    return PortalThreads(
        tuple(sorted(rows, key=lambda row: (row.last_at, row.thread_id), reverse=True)),
        sum(row.unread > 0 for row in rows), zone, clock.today(zone),
    )


def _is_new(stamp: Stamp, actor: PortalActor, read: dict[int, int]) -> bool:
    """Whether somebody else has written it since the actor read the thread."""
    return stamp.number > read.get(stamp.thread_id, 0) and stamp.person_id != actor.person_id


@reader(Resource.MESSAGES_ADMIN)
def my_conversation(session: Session, actor: PortalActor, thread_id: int) -> PortalConversation:
    """A thread with what the actor sees of it. Raises NotFound, NotPermitted."""
    seat = seat_for(session, actor, thread_id)
    thread, taking = seat.thread, messages.people_of(session, [thread_id])
    read = messages.read_up_to(session, [thread.id], person_id=actor.person_id).get(thread.id, 0)
    entries = entries_of(
        session, seat.case, thread, taking, seat.windows,
        is_mine=lambda one: one.person_id == actor.person_id, read=read)
    last = max((entry.number for entry in entries), default=0)
    return PortalConversation(
        thread.id, thread.subject, thread.thread_class, entries, tuple(
            PortalMember(one.name, _seen_as(actor, one), one.person_id == actor.person_id)
            for one in members_of(session, seat.case, thread.thread_class, taking)
            if one.is_open or one.person_id == actor.person_id
        ),
        "and the practice's front desk" if thread.thread_class is ThreadClass.ADMIN else "",
        last, any(entry.is_new for entry in entries), seat.may_write(), _addable(session, actor, seat),
        practice.the_practice(session).zone,
    )


def _seen_as(actor: PortalActor, one: Member) -> str:
    """What somebody is, for the others; nothing of staff, or where they take part for themselves."""
    if one.for_id is None:
        return ""
    return f"your {one.to_client}" if one.for_id == actor.person_id and one.to_client else one.relation


@reader(Resource.MESSAGES_ADMIN)
def what_about(session: Session, actor: PortalActor) -> tuple[About, ...]:
    """Cases in which the actor may begin a thread. Whoever acts for a client reads the provider's name alone."""
    today = clock.today(practice.the_practice(session).zone)
    found: dict[object, About] = {}
    if actor.client_id is not None and actor.role is PortalRole.CLIENT:
        return ()
    for case in requests.own_cases(session, actor.for_id, today):
        classes = tuple(
            one for one in (ThreadClass.ADMIN, ThreadClass.CLINICAL)
            if may_portal(session, actor, Action.CREATE, one.resource, case_id=case.id)
        )
        if classes:
            provider = session.get_one(Staff, case.provider_id).name
            label = provider if actor.client_id is not None else f"{capabilities(case.type).heading}, {provider}"
            found[case.id if actor.client_id is None else provider] = About(case.id, label, provider, classes)
    return tuple(found.values())


@reader(Resource.MESSAGES_ADMIN)
def unread_threads(session: Session, actor: PortalActor) -> int:
    """How many threads have something new for the actor: for the portal's home."""
    seats = {seat.thread.id: seat for seat in seats_of(session, actor)}
    read = messages.read_up_to(session, list(seats), person_id=actor.person_id)
    behind = [one for one, seat in seats.items() if seat.thread.last_number > read.get(one, 0)]
    return len({
        stamp.thread_id for stamp in messages.stamps_of(session, behind)
        if rules.shown(seats[stamp.thread_id].windows, stamp.number, stamp.at) and _is_new(stamp, actor, read)
    })


@reader(Resource.MESSAGES_ADMIN)
def fetch_my_attachment(session: Session, actor: PortalActor, attachment_id: int) -> tuple[str, str, bytes]:
    """Name, media type and bytes of a file that came with a message; audited, so in a transaction.

    Raises NotFound, NotPermitted, FileMissing, FileDamaged.
    """
    found, message = attachment_row(session, actor, attachment_id)
    seat = seat_for(session, actor, message.thread_id)
    if not rules.shown(seat.windows, message.number, message.at):
        raise NotFound(actor=actor, action=Action.READ, resource=seat.thread.thread_class.resource)
    content = document_files.read(found.id, found.stored_name, found.sha256)
    audit.note(
        session, person_id=actor.person_id, role="", action="download", resource=seat.thread.thread_class.resource,
        resource_id=found.id, case_id=seat.case.id, detail="message attachment",
    )
    return found.file_name, found.media_type, content


def actor_for_attachment(session: Session, person_id: int, attachment_id: int) -> PortalActor:
    """As whom somebody has a place in the thread of an attachment: the address of a file says only who is signed in.

    For themselves where they have none; whether the place is open is for the reader to ask.
    """
    person = session.get(Person, person_id)
    myself = PortalActor(person_id, full_name(person) if person is not None else "")
    _, message = attachment_row(session, myself, attachment_id)
    mine = [one.row for one in messages.people_of(session, [message.thread_id]) if one.row.person_id == person_id]
    if not mine or mine[-1].for_id is None:
        return myself
    acts = acting.between(session, person_id, mine[-1].for_id)
    return PortalActor(person_id, myself.name, role_of(acts), acts.client_id) if acts is not None else myself
