"""Writing with somebody who inquired, as staff do it: write, look after, archive, and the link that leads there (I10).

Whoever may read administrative threads reads these: the provider who answers their own, the desk and the owner all. A
message goes out as a notice without a word of it; behind its link whoever asked reads and answers (``asker_page``).
"""

from dataclasses import dataclass
from datetime import date, timedelta

from sqlalchemy.orm import Session

from practicerunner import clock, ids
from practicerunner.errors import BadInput, NotFound, RuleViolation, Stale
from practicerunner.records import asker_threads, audit, outbox, practice
from practicerunner.records.asker_threads import AskerMessage, AskerThread
from practicerunner.records.base import FOR_CHANGE
from practicerunner.records.inquiries import Inquiry
from practicerunner.records.messages import OPENED, staff_name
from practicerunner.rules import inquiries as rules
from practicerunner.rules.names import person_name
from practicerunner.rules.scheduling import wall
from practicerunner.settings import settings
from practicerunner.vocabulary import Action, CaseType, InquiryStatus, MessageKind, Resource, Role
from practicerunner.workflows import outbox as letters
from practicerunner.workflows.access import Actor, authorize, may_touch
from practicerunner.workflows.commands import command, reader
from practicerunner.workflows.inquiries import OnInquiry
from practicerunner.workflows.messages import ThreadIsArchived
from practicerunner.workflows.staff import colleagues
from practicerunner.workflows.thread_views import Entry
from practicerunner.workflows.threads import MessageText

LOG_AGAIN_AFTER = timedelta(minutes=15)
"""A page that redraws itself is one reading; after this long it is another."""
REPLACED = "A newer link took its place."


class ConversationIsClosed(RuleViolation):
    """This inquiry was answered for good, and with it the conversation ended."""


class ConversationMoved(RuleViolation):
    """This conversation goes on in the case."""


class WriteToAsker(OnInquiry):
    """Write to whoever asked."""

    text: MessageText


class AssignAskerThread(OnInquiry):
    """Say who looks after a conversation; nobody is nobody in particular."""

    staff_id: int | None = None


class ArchiveAskerThread(OnInquiry):
    """Put a conversation away, as it was read; whatever is written in it later brings it back."""

    revision: int


class ReopenAskerThread(OnInquiry):
    """Take a conversation out of the archive."""


class MarkAskerThreadRead(OnInquiry):
    """Say that a conversation was read up to a message."""

    number: int


class SendLinkAgain(OnInquiry):
    """Tell whoever asked once more that a message waits, with a new link."""


class EndLink(OnInquiry):
    """Let the link work no more, for instance because it went to a wrong address."""


@dataclass(frozen=True, slots=True)
class AskerConversation:
    """A conversation with somebody who asked, for a member of staff who may read it."""

    inquiry_id: int
    name: str
    kind: CaseType
    email: str
    entries: tuple[Entry, ...]
    """What they asked, then what was written."""
    last_number: int
    has_new: bool
    revision: int
    is_archived: bool
    assigned_id: int | None
    assigned: str
    assignable: dict[int, str]
    may_write: bool
    """Whether anything may be done with it."""
    goes_on: bool
    """Whether one can still write in it."""
    link_until: date | None
    """Until which day the link works; ``None`` where it does not."""
    today: date
    is_read: bool
    """Whether whoever asked has read it whole."""
    thread_id: int | None
    """What it became in their case."""
    zone: str


@dataclass(frozen=True, slots=True)
class _Opened:
    inquiry: Inquiry
    thread: AskerThread | None
    role: Role


def _opened(session: Session, actor: Actor, inquiry_id: int, action: Action = Action.READ) -> _Opened:
    """The door: an inquiry whose conversation the actor may read or change; locked for anything but reading."""
    found = session.get(Inquiry, inquiry_id, with_for_update=None if action is Action.READ else FOR_CHANGE)
    if found is None or found.erased_at is not None:
        raise NotFound(actor=actor, action=action, resource=Resource.MESSAGES_ADMIN, resource_id=inquiry_id)
    role = authorize(
        session, actor, action, Resource.MESSAGES_ADMIN, responsible=[found.provider_id], resource_id=inquiry_id,
        case_id=found.case_id, person_id=found.person_id)
    return _Opened(found, asker_threads.of_inquiry(session, found.id), role)


def _thread(session: Session, actor: Actor, inquiry_id: int, action: Action) -> tuple[Inquiry, AskerThread]:
    """A conversation that somebody began and that is still here. Raises NotFound, ConversationMoved."""
    opened = _opened(session, actor, inquiry_id, action)
    if opened.thread is None:
        raise NotFound(actor=actor, action=action, resource=Resource.MESSAGES_ADMIN, resource_id=inquiry_id)
    if opened.thread.thread_id is not None:
        raise ConversationMoved
    session.info["detail"] = f"inquiry {inquiry_id}"
    return opened.inquiry, opened.thread


def goes_on(found: Inquiry, thread: AskerThread | None) -> bool:
    """Whether one can write: while the inquiry is open, and to somebody who waits for a place, where it began."""
    if thread is None:
        return found.status is InquiryStatus.OPEN
    return thread.thread_id is None and found.status is not InquiryStatus.CLOSED


@command(Resource.MESSAGES_ADMIN, Action.CREATE)
def write_to_asker(session: Session, actor: Actor, asked: WriteToAsker) -> int:
    """Write to whoever asked, who gets a notice with a link. Returns the message's id.

    Raises NotFound, BadInput without an e-mail address, ConversationIsClosed, ConversationMoved.
    """
    opened = _opened(session, actor, asked.inquiry_id, Action.CREATE)
    found, thread = opened.inquiry, opened.thread
    if thread is not None and thread.thread_id is not None:
        raise ConversationMoved
    if not goes_on(found, thread):
        raise ConversationIsClosed
    if not found.email:
        raise BadInput("text", "They gave no e-mail address. Call them, and keep a note of it with the inquiry.")
    if thread is None:
        thread = AskerThread(
            id=ids.new_id(), inquiry_id=found.id, staff_id=actor.staff_id, last_at=clock.now(), last_number=0,
            assigned_to_id=found.provider_id or actor.staff_id, asker_number=0, letters=0, letter_number=0)
        session.add(thread)
    reopened = ", reopened" if thread.archived_at is not None else ""
    message_id = add(session, thread, asked.text, staff_id=actor.staff_id)
    asker_threads.keep_read(session, found.id, actor.staff_id, thread.last_number, clock.now())
    _tell(session, found, thread)
    session.info["detail"] = f"inquiry {found.id}{reopened}"
    return message_id


def add(session: Session, thread: AskerThread, text: str, *, staff_id: int | None = None) -> int:
    """Write into a conversation whose inquiry is locked; nobody is whoever asked. Returns the message's id.

    Whatever is written takes it out of the archive.
    """
    now = clock.now()
    thread.last_number += 1
    thread.last_at = now
    thread.archived_at = thread.archived_by_id = None
    thread.revision = (thread.revision or 0) + 1
    session.flush()
    message = AskerMessage(
        id=ids.new_id(), inquiry_id=thread.inquiry_id, number=thread.last_number, staff_id=staff_id, text=text, at=now)
    session.add(message)
    session.flush()
    return message.id


def _tell(session: Session, found: Inquiry, thread: AskerThread) -> None:
    """One notice waits until it was read; a message after it gives its link more time."""
    now = clock.now()
    works = thread.link_until is not None and thread.link_until > now
    if works and thread.asker_number < thread.letter_number:
        thread.link_until = now + rules.LINK_LASTS
        return
    _send_link(session, found, thread)


def _send_link(session: Session, found: Inquiry, thread: AskerThread) -> None:
    """A notice with a new link; the one before works no more, and does not go out if it has not yet."""
    us, token = practice.the_practice(session), ids.new_token()
    outbox.withdraw(session, _key(thread), REPLACED)
    thread.letters += 1
    thread.letter_number = thread.last_number
    thread.token_fingerprint, thread.link_until = ids.fingerprint(token), clock.now() + rules.LINK_LASTS
    session.flush()
    letters.put(
        session, MessageKind.INQUIRY_ANSWERED, _key(thread),
        *rules.letter(us.name, us.phone, f"{settings().portal_address}/inquiry/letter/{token}"), address=found.email,
        expires_at=thread.link_until,
    )


def _key(thread: AskerThread) -> str:
    return f"{MessageKind.INQUIRY_ANSWERED}:{thread.id}:{thread.letters}"


@command(Resource.MESSAGES_ADMIN, Action.UPDATE)
def send_link_again(session: Session, actor: Actor, asked: SendLinkAgain) -> int:
    """Send another notice with a new link. Returns the inquiry's id. Raises NotFound, ConversationIsClosed."""
    found, thread = _thread(session, actor, asked.inquiry_id, Action.UPDATE)
    if not goes_on(found, thread):
        raise ConversationIsClosed
    _send_link(session, found, thread)
    return found.id


@command(Resource.MESSAGES_ADMIN, Action.UPDATE)
def end_link(session: Session, actor: Actor, asked: EndLink) -> int:
    """Let the link work no more; the next message sends another. Returns the inquiry's id. Raises NotFound."""
    found, thread = _thread(session, actor, asked.inquiry_id, Action.UPDATE)
    outbox.withdraw(session, _key(thread), "The link was ended.")
    thread.token_fingerprint = thread.link_until = None
    return found.id


@command(Resource.MESSAGES_ADMIN, Action.UPDATE)
def assign_asker_thread(session: Session, actor: Actor, asked: AssignAskerThread) -> int:
    """Say who looks after a conversation. Returns the inquiry's id. Raises BadInput, NotFound."""
    found, thread = _thread(session, actor, asked.inquiry_id, Action.UPDATE)
    if asked.staff_id is not None and asked.staff_id not in _assignable(session, found):
        raise BadInput("staff_id", "Choose somebody who may read this conversation.")
    thread.assigned_to_id = asked.staff_id
    session.info["detail"] = f"inquiry {found.id}, to {asked.staff_id or 'nobody'}"
    return found.id


@command(Resource.MESSAGES_ADMIN, Action.UPDATE)
def archive_asker_thread(session: Session, actor: Actor, asked: ArchiveAskerThread) -> int:
    """Put a conversation away. Returns the inquiry's id. Raises Stale where something was written since."""
    found, thread = _thread(session, actor, asked.inquiry_id, Action.UPDATE)
    if thread.archived_at is not None:
        raise ThreadIsArchived
    if thread.revision != asked.revision:
        raise Stale
    thread.archived_at, thread.archived_by_id = clock.now(), actor.staff_id
    thread.revision += 1
    return found.id


@command(Resource.MESSAGES_ADMIN, Action.UPDATE)
def reopen_asker_thread(session: Session, actor: Actor, asked: ReopenAskerThread) -> int:
    """Take a conversation out of the archive; one that is open stays so. Returns the inquiry's id. Raises NotFound."""
    found, thread = _thread(session, actor, asked.inquiry_id, Action.UPDATE)
    thread.archived_at = thread.archived_by_id = None
    thread.revision += 1
    return found.id


@command(Resource.MESSAGES_ADMIN, Action.READ)
def mark_asker_thread_read(session: Session, actor: Actor, asked: MarkAskerThreadRead) -> int:
    """Keep up to where the actor has read a conversation. Returns the inquiry's id. Raises NotFound."""
    found, thread = _thread(session, actor, asked.inquiry_id, Action.READ)
    if not 0 <= asked.number <= thread.last_number:
        raise NotFound(actor=actor, action=Action.READ, resource=Resource.MESSAGES_ADMIN, resource_id=found.id)
    asker_threads.keep_read(session, found.id, actor.staff_id, asked.number, clock.now())
    session.info["detail"] = f"inquiry {found.id}, up to {asked.number}"
    return found.id


# --- Reading


@reader(Resource.MESSAGES_ADMIN)
def asker_conversation(session: Session, actor: Actor, inquiry_id: int) -> AskerConversation:
    """The conversation about an inquiry; in a transaction, because it is audited. Raises NotFound."""
    opened = _opened(session, actor, inquiry_id)
    found, thread = opened.inquiry, opened.thread
    if thread is None:
        raise NotFound(actor=actor, action=Action.READ, resource=Resource.MESSAGES_ADMIN, resource_id=inquiry_id)
    read = asker_threads.reads_of(session, found.id).get(actor.staff_id, 0)
    name = person_name(found.first_name, found.last_name)
    asked = [Entry(1, name, False, False, found.received_at, found.message)] if found.message.strip() else []
    said = [
        Entry(one.number + len(asked), author.name if author is not None else name, one.staff_id == actor.staff_id,
              author is not None, one.at, one.text, (), one.number > read and one.staff_id != actor.staff_id)
        for one, author in asker_threads.messages_of(session, found.id)
    ]
    _log(session, actor, opened.role, thread)
    is_here = thread.thread_id is None
    zone, until = practice.the_practice(session).zone, thread.link_until
    return AskerConversation(
        found.id, name, found.case_type, found.email, (*asked, *said), thread.last_number,
        is_here and thread.last_number > read, thread.revision, thread.archived_at is not None, thread.assigned_to_id,
        staff_name(session, thread.assigned_to_id), _assignable(session, found),
        is_here and may_touch(actor, Action.CREATE, Resource.MESSAGES_ADMIN, responsible=[found.provider_id]),
        goes_on(found, thread), wall(until, zone).date() if until is not None and until > clock.now() else None,
        clock.today(zone), thread.asker_number >= thread.last_number, thread.thread_id, zone,
    )


def _assignable(session: Session, found: Inquiry) -> dict[int, str]:
    """Who can look after a conversation: staff who may read it."""
    return {
        one.staff_id: one.name for one in colleagues(session) if may_touch(
            one, Action.UPDATE, Resource.MESSAGES_ADMIN, responsible=[found.provider_id], case_id=found.case_id,
            person_id=found.person_id)
    }


def _log(session: Session, actor: Actor, role: Role, thread: AskerThread) -> None:
    """Write into the audit log that somebody reads a conversation; once for a page that redraws itself."""
    if not session.connection().get_execution_options().get("writes"):
        raise RuntimeError("reading messages is logged: open a transaction")
    if asker_threads.opened_since(session, actor.staff_id, thread.id, clock.now() - LOG_AGAIN_AFTER):
        return
    audit.note(
        session, staff_id=actor.staff_id, role=role, action=OPENED, resource=Resource.MESSAGES_ADMIN,
        resource_id=thread.id, detail=f"inquiry {thread.inquiry_id}")
