"""Messages as staff see them: the list of conversations, one of them, those of a case, and whom one may write to."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Literal

from sqlalchemy.orm import Session

from practicerunner import clock
from practicerunner.errors import NotFound
from practicerunner.records import asker_threads, audit, cases, document_files, messages, practice, thread_lists
from practicerunner.records.asker_threads import Listed
from practicerunner.records.messages import MessageAttachment, ThreadMessage
from practicerunner.records.thread_lists import Conversation, Shelves
from practicerunner.rules import messages as rules
from practicerunner.rules.client_list import search_words
from practicerunner.rules.names import fold, person_name
from practicerunner.vocabulary import Action, CaseType, Resource, ThreadClass
from practicerunner.workflows.access import Actor, may_touch, visible
from practicerunner.workflows.asker_moves import SUBJECT
from practicerunner.workflows.audiences import (
    Member,
    Opened,
    Recipient,
    assignable,
    members_of,
    recipients_of,
    sight_of,
    staff_for,
    supervising,
    thread_for,
)
from practicerunner.workflows.cases import case_for
from practicerunner.workflows.commands import reader
from practicerunner.workflows.thread_views import Entry, entries_of, label_of, outside

PAGE = 25
LOG_AGAIN_AFTER = timedelta(minutes=15)
"""A page that redraws itself is one reading; after this long it is another."""
Shelf = Literal["all", "mine", "unassigned", "archived", "supervised"]


@dataclass(frozen=True, slots=True)
class ConversationLine:
    """A thread in a list."""

    thread_id: int
    case_id: int | None
    """``None`` with somebody who asked and is nobody's client yet."""
    case_name: str
    case_type: CaseType
    subject: str
    thread_class: ThreadClass
    label: str
    people: str
    """Who takes part outside the practice."""
    assigned: str
    unread: bool
    archived: bool
    last_at: datetime
    inquiry_id: int | None = None
    """About which inquiry it is, without a case."""
    is_supervised: bool = False
    """Whether it is read as a supervisor, without a part in it: nothing of it is new, and nothing can be done."""


@dataclass(frozen=True, slots=True)
class Conversations:
    """A page of threads, and how many there are on each shelf before the search."""

    rows: tuple[ConversationLine, ...]
    total: int
    shelves: Shelves
    zone: str
    supervised: int | None
    """How many there are to read as a supervisor; ``None`` where supervision does not include messages."""


@dataclass(frozen=True, slots=True)
class ConversationPage:
    """A thread with what was written, for a member of staff who may read it."""

    line: ConversationLine
    case_id: int
    revision: int
    entries: tuple[Entry, ...]
    members: tuple[Member, ...]
    last_number: int
    has_new: bool
    may_write: bool
    opens_case: bool
    """Whether the case is theirs to open; whoever was added to a conversation may read that alone."""
    assignable: dict[int, str]
    assigned_id: int | None
    provider_id: int
    """Who is never taken out of it."""
    zone: str


@dataclass(frozen=True, slots=True)
class Addable:
    """Who can be added to a thread."""

    people: tuple[Recipient, ...]
    """People of the case who are neither in it, nor act for somebody who is."""
    staff: dict[int, str]


@dataclass(frozen=True, slots=True)
class Addressees:
    """Whom one may write to about a case, and in which classes of conversation."""

    case_id: int
    case_name: str
    case_type: CaseType
    classes: tuple[ThreadClass, ...]
    recipients: tuple[Recipient, ...]
    staff: dict[ThreadClass, dict[int, str]]
    """Colleagues who may take part."""
    is_shared: bool
    """Whether several read one conversation; otherwise each gets their own."""


@reader(Resource.MESSAGES_ADMIN, Resource.MESSAGES_CLINICAL)
def conversations(
    session: Session, actor: Actor, shelf: Shelf = "all", *, search: str = "", page: int = 1
) -> Conversations:
    """Threads that the actor may see, unread ones first, 25 a page; searched by the names of people, never by text.

    Those with people who asked and are nobody's clients yet stand among them; those that are read as a supervisor lie
    on a shelf of their own.
    """
    sight, words = sight_of(actor), search_words(search)
    whose, offset = supervising(session, actor), (page - 1) * PAGE
    over, number = thread_lists.supervised(
        session, whose, words=words if shelf == "supervised" else (), limit=PAGE, offset=offset,
    ) if whose is not None else ([], None)
    asking = asker_threads.listed(session, sight)
    shelves = _with_asking(actor, thread_lists.shelves(session, sight), asking)
    zone = practice.the_practice(session).zone
    if shelf == "supervised":
        return Conversations(_supervised_lines(session, over), number or 0, shelves, zone, number)
    which = {"archived": shelf == "archived", "mine": shelf == "mine", "unassigned": shelf == "unassigned"}
    few = [one for one in asking if _is_on(actor, one, shelf) and _is_found(one, words)]
    first, most = rules.needed(offset, PAGE, len(few))
    rows = thread_lists.conversations(session, sight, **which, words=words, limit=most, offset=first)
    known = {"all": shelves.all, "mine": shelves.mine, "unassigned": shelves.unassigned}
    counted = not words and shelf in known
    merged = sorted(
        [*lines_of(session, rows), *map(_asking_line, few)],
        key=lambda one: (one.unread, one.last_at, one.thread_id), reverse=True)
    return Conversations(
        tuple(merged[offset - first:offset - first + PAGE]),
        known[shelf] if counted else thread_lists.number_of(session, sight, **which, words=words) + len(few),
        shelves, zone, number,
    )


def _supervised_lines(session: Session, rows: Sequence[Conversation]) -> tuple[ConversationLine, ...]:
    return tuple(replace(line, is_supervised=True) for line in lines_of(session, rows))


def _is_on(actor: Actor, one: Listed, shelf: Shelf) -> bool:
    """Whether a conversation with somebody who asked lies on a shelf."""
    if (one.archived_at is not None) is not (shelf == "archived"):
        return False
    return {
        "mine": one.assigned_to_id == actor.staff_id, "unassigned": one.assigned_to_id is None,
    }.get(shelf, True)


def _is_found(one: Listed, words: Sequence[str]) -> bool:
    name = fold(person_name(one.first_name, one.last_name))
    return all(word in name for word in words)


def _with_asking(actor: Actor, found: Shelves, asking: Sequence[Listed]) -> Shelves:
    """How many lie where, with those of people who asked."""
    here = [one for one in asking if one.archived_at is None]
    return Shelves(
        found.mine + sum(_is_on(actor, one, "mine") for one in here),
        found.unassigned + sum(_is_on(actor, one, "unassigned") for one in here), found.all + len(here),
        found.unread + sum(one.unread for one in here),
    )


def _asking_line(one: Listed) -> ConversationLine:
    name = person_name(one.first_name, one.last_name)
    return ConversationLine(
        one.thread_id, None, name, one.case_type, SUBJECT, ThreadClass.ADMIN, SUBJECT, name, one.assigned,
        bool(one.unread), one.archived_at is not None, one.last_at, one.inquiry_id,
    )


@reader(Resource.MESSAGES_ADMIN, Resource.MESSAGES_CLINICAL)
def conversations_of_case(session: Session, actor: Actor, case_id: int) -> tuple[ConversationLine, ...]:
    """Threads of a case that the actor may see, the latest first, archived ones last. Raises NotFound for strangers."""
    case = case_for(session, actor, case_id)
    own, whose = lines_of(session, thread_lists.of_case(session, sight_of(actor), case.id)), supervising(session, actor)
    if whose is None:
        return own
    return own + _supervised_lines(session, thread_lists.supervised(session, whose, case_id=case.id)[0])


@reader(Resource.MESSAGES_ADMIN)
def unread_conversations(session: Session, actor: Actor) -> int:
    """How many threads have something that the actor has not read."""
    sight = sight_of(actor)
    return _with_asking(actor, thread_lists.shelves(session, sight), asker_threads.listed(session, sight)).unread


def lines_of(session: Session, rows: Sequence[Conversation]) -> tuple[ConversationLine, ...]:
    """Threads as lines of a list."""
    people: dict[int, list[str]] = {}
    for thread_id, first, last, called in messages.names_outside(session, [row.thread_id for row in rows]):
        people.setdefault(thread_id, []).append(person_name(first, last, called))
    return tuple(
        ConversationLine(
            row.thread_id, row.case_id, row.case_name, row.case_type, row.subject, row.thread_class,
            rules.class_label(row.case_type, row.thread_class), ", ".join(people.get(row.thread_id, [])),
            row.assigned, bool(row.unread), row.archived_at is not None, row.last_at,
        ) for row in rows
    )


@reader(Resource.MESSAGES_ADMIN, Resource.MESSAGES_CLINICAL)
def conversation(session: Session, actor: Actor, thread_id: int) -> ConversationPage:
    """A thread with what the actor may read of it; in a transaction, because it is audited. Raises NotFound."""
    opened = thread_for(session, actor, thread_id)
    thread, case = opened.thread, opened.case
    read = thread.last_number if opened.is_supervised else messages.read_up_to(
        session, [thread.id], staff_id=actor.staff_id).get(thread.id, 0)
    entries = entries_of(
        session, case, thread, opened.taking, [opened.window],
        is_mine=lambda one: one.staff_id == actor.staff_id, read=read)
    _log(session, actor, opened)
    assigned = messages.staff_name(session, thread.assigned_to_id)
    may_write = may_touch(
        actor, Action.CREATE, thread.thread_class.resource, responsible=[case.provider_id, *_inside(opened)])
    return ConversationPage(
        ConversationLine(
            thread.id, case.id, case.name, case.type, thread.subject, thread.thread_class, label_of(case, thread),
            outside(opened.taking), assigned, thread.last_number > read, thread.archived_at is not None, thread.last_at,
            is_supervised=opened.is_supervised,
        ),
        case.id, thread.revision, entries, tuple(members_of(session, case, thread.thread_class, opened.taking)),
        thread.last_number, thread.last_number > read, may_write,
        cases.is_seen(session, case.id, visible(actor, Action.READ, Resource.CASE)), assignable(session, opened),
        thread.assigned_to_id, case.provider_id, practice.the_practice(session).zone,
    )


@reader(Resource.MESSAGES_ADMIN)
def who_to_add(session: Session, actor: Actor, thread_id: int) -> Addable:
    """Who can be added to a thread that the actor may see. Raises NotFound."""
    opened = thread_for(session, actor, thread_id)
    thread, case = opened.thread, opened.case
    inside = {one.row.person_id for one in opened.taking if one.row.left_at is None} - {None}
    people = tuple(
        one for one in recipients_of(session, case)
        if thread.thread_class in one.classes and one.person_id not in inside and one.for_id not in inside
        and (rules.is_shared(case.type) or not inside)
    )
    staff = staff_for(session, case, thread.thread_class)
    return Addable(people, {one: name for one, name in staff.items() if one not in _inside(opened)})


def _inside(opened: Opened) -> list[int]:
    """Staff who take part now."""
    return [one.row.staff_id for one in opened.taking if one.row.staff_id is not None and one.row.left_at is None]


def _log(session: Session, actor: Actor, opened: Opened) -> None:
    """Write into the audit log that somebody reads a thread; once for a page that redraws itself."""
    if not session.connection().get_execution_options().get("writes"):
        raise RuntimeError("reading messages is logged: open a transaction")
    since = clock.now() - LOG_AGAIN_AFTER
    if messages.opened_since(session, actor.staff_id, opened.case.id, opened.thread.id, since):
        return
    audit.note(
        session, staff_id=actor.staff_id, role=opened.role, action=messages.OPENED,
        resource=opened.thread.thread_class.resource, resource_id=opened.thread.id, case_id=opened.case.id,
        detail=opened.thread.thread_class.value,
    )


@reader(Resource.MESSAGES_ADMIN)
def addressees(session: Session, actor: Actor, case_id: int) -> Addressees:
    """Whom the actor may write to about a case, each with what they are to it (A34). Raises NotFound for strangers."""
    case = case_for(session, actor, case_id)
    classes = tuple(
        one for one in ThreadClass if may_touch(actor, Action.CREATE, one.resource, responsible=[case.provider_id]))
    return Addressees(
        case.id, case.name, case.type, classes, tuple(recipients_of(session, case)) if classes else (), {
            one: {key: name for key, name in staff_for(session, case, one).items() if key != actor.staff_id}
            for one in classes
        }, rules.is_shared(case.type),
    )


@reader(Resource.MESSAGES_ADMIN, Resource.MESSAGES_CLINICAL)
def fetch_attachment(session: Session, actor: Actor, attachment_id: int) -> tuple[str, str, bytes]:
    """Name, media type and bytes of a file that came with a message; audited, so in a transaction.

    Raises NotFound, FileMissing, FileDamaged.
    """
    found, message = attachment_row(session, actor, attachment_id)
    opened = thread_for(session, actor, message.thread_id)
    if not opened.window.shows(message.number, message.at):
        raise NotFound(actor=actor, action=Action.READ, resource=opened.thread.thread_class.resource)
    content = document_files.read(found.id, found.stored_name, found.sha256)
    audit.note(
        session, staff_id=actor.staff_id, role=opened.role, action="download",
        resource=opened.thread.thread_class.resource, resource_id=found.id, case_id=opened.case.id,
        detail="message attachment",
    )
    return found.file_name, found.media_type, content


def attachment_row(session: Session, actor: object, attachment_id: int) -> tuple[MessageAttachment, ThreadMessage]:
    """An attachment with its message; whose they are is for the caller to ask. Raises NotFound."""
    found = session.get(MessageAttachment, attachment_id)
    if found is None:
        raise NotFound(actor=actor, action=Action.READ, resource=Resource.MESSAGES_ADMIN, resource_id=attachment_id)
    return found, session.get_one(ThreadMessage, found.message_id)
