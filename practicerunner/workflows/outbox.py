"""Messages that leave by e-mail: written with the act that causes them, taken and sent by a job (R14, DEC14).

Whoever writes to somebody calls ``put`` in their own transaction. Whether the practice sends e-mail or not makes no
difference here: the message and its line in the audit log are the same, and the owner reads both.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy.orm import Session

from practicerunner import clock
from practicerunner.errors import NotFound, RuleViolation
from practicerunner.records import audit, consent_basis, outbox, people
from practicerunner.records.outbox import Addressed, OutboxMessage
from practicerunner.records.staff import Staff
from practicerunner.rules.names import person_name
from practicerunner.rules.portal import without_secret
from practicerunner.vocabulary import Action, MessageKind, MessageStatus, Resource
from practicerunner.workflows.access import Actor, authorize
from practicerunner.workflows.commands import Command, command, reader

PAGE = 50
CLAIM_LASTS = timedelta(minutes=10)
"""A worker that has not finished by then has died; sending one message takes two minutes at the very most."""
DELAYS = (timedelta(minutes=1), timedelta(minutes=10), timedelta(hours=1), timedelta(hours=6))
"""How long to wait after the first, second … attempt that failed."""
MOST_ATTEMPTS = len(DELAYS) + 1
NO_ADDRESS = "There is no e-mail address any more that this person lets us write to."
LINK_MOVED = "The e-mail address was changed since, so the link works no longer. Send another one."
TOO_LATE = "It was not sent in time, and then it was of no use any more."
ENDED = "The program ended while it was sending this, several times."


class OfNoUse(RuleViolation):
    """The time this message was for has passed, so it is not sent any more."""


class TryAgain(Command):
    """Send a message that could not be sent."""

    message_id: int


@dataclass(frozen=True, slots=True)
class MessageView:
    """A message as the owner reads it."""

    message_id: int
    kind: MessageKind
    status: MessageStatus
    created_at: datetime
    to: str
    address: str
    subject: str
    body: str
    sent_at: datetime | None
    attempts: int
    try_after: datetime | None
    problem: str
    appointment_id: int | None


@dataclass(frozen=True, slots=True)
class OutboxPage:
    """Fifty messages, and how many there are of each state."""

    rows: tuple[MessageView, ...]
    counts: dict[MessageStatus, int]
    total: int
    """Of the chosen state."""


def put(
    session: Session, kind: MessageKind, key: str, subject: str, body: str, *, person_id: int | None = None,
    staff_id: int | None = None, case_id: int | None = None, appointment_id: int | None = None,
    expires_at: datetime | None = None, address: str = "", own_address_only: bool = False,
    waits: timedelta = timedelta(0),
) -> int | None:
    """Write a message to a person or to a member of staff, in the caller's transaction; callers have authorised it.

    ``address`` is where somebody is written to who is neither, because they only inquire. ``key`` names the message:
    the same key again does nothing. To a person without an e-mail address that they let us write to, and after
    ``expires_at``, nothing is written. ``own_address_only``, and whatever is about an appointment that is confidential
    to them, goes only to an address that nobody else has. For as long as it ``waits`` it can be extended. Returns the
    message's id, or nothing.
    """
    if person_id is not None:
        address = _address(session, person_id, appointment_id, own_only=own_address_only)
    elif staff_id is not None:
        somebody = session.get(Staff, staff_id)
        address = somebody.email if somebody is not None and somebody.active else ""
    now = clock.now()
    if not address or (expires_at is not None and expires_at <= now):
        return None
    message_id = outbox.add_once(session, {
        "created_at": now, "kind": kind, "status": MessageStatus.WAITING, "dedupe_key": key, "case_id": case_id,
        "appointment_id": appointment_id, "person_id": person_id, "staff_id": staff_id, "to_address": address.strip(),
        "subject": subject, "body": body, "expires_at": expires_at, "claimed_by": "", "attempts": 0, "last_problem": "",
        "own_address_only": own_address_only, "try_after": now + waits if waits else None,
    })
    if message_id is not None:
        audit.note(
            session, action="write_message", resource=Resource.MESSAGES_ADMIN, resource_id=message_id, case_id=case_id,
            detail=kind.value,
        )
    return message_id


def waiting(
    session: Session, name: str, person_id: int, case_id: int | None, *, own_address_only: bool
) -> OutboxMessage | None:
    """A message to somebody whose key begins with a name and which may not go out yet, locked."""
    return outbox.not_yet(session, name, person_id, case_id, clock.now(), own_address_only=own_address_only)


def extend(session: Session, found: OutboxMessage, body: str) -> None:
    """Let a message that waits say more; it goes out when it would have."""
    found.body = body
    session.flush()
    audit.note(
        session, action="write_message", resource=Resource.MESSAGES_ADMIN, resource_id=found.id,
        case_id=found.case_id, detail=found.kind.value,
    )


def _address(session: Session, person_id: int, appointment_id: int | None, *, own_only: bool) -> str:
    """Where somebody is written to; what is confidential to them goes only where nobody else reads it (A23)."""
    if own_only or (
        appointment_id is not None and consent_basis.is_confidential(session, appointment_id, person_id)
    ):
        return consent_basis.own_address(session, person_id)
    return people.mail_address(session, person_id)


def claim(session: Session, worker: str) -> OutboxMessage | None:
    """Take the next message to send, so that no other worker can; nothing if none may go out now.

    It is sent to where its recipient lets us write to now; without such an address it is dropped.
    """
    now = clock.now()
    outbox.give_up(session, now - CLAIM_LASTS, MOST_ATTEMPTS, ENDED)
    while (found := outbox.claim(session, worker, now, now - CLAIM_LASTS, MOST_ATTEMPTS)) is not None:
        if found.expires_at is not None and found.expires_at <= now:
            drop(session, found.id, worker, TOO_LATE)
            continue
        if found.person_id is not None:
            before, found.to_address = found.to_address, _address(
                session, found.person_id, found.appointment_id, own_only=found.own_address_only).strip()
            if found.kind is MessageKind.PORTAL_LINK and found.to_address.lower() != before.lower():
                drop(session, found.id, worker, LINK_MOVED)
                continue
        if found.to_address:
            return found
        drop(session, found.id, worker, NO_ADDRESS)
    return None


def sent(session: Session, message_id: int, worker: str) -> bool:
    """Mark a message as sent. Returns whether this worker still had it."""
    found = outbox.claimed(session, message_id, worker)
    if found is None:
        return False
    found.status, found.sent_at, found.last_problem = MessageStatus.SENT, clock.now(), ""
    found.body = without_secret(found.body)
    session.flush()
    return True


def failed(session: Session, message_id: int, worker: str, problem: str) -> bool:
    """Put a message back to be tried once more, later each time; after the last attempt it stays failed.

    Returns whether this worker still had it.
    """
    found = outbox.claimed(session, message_id, worker)
    if found is None:
        return False
    found.last_problem = problem[:200]
    if found.attempts >= MOST_ATTEMPTS:
        found.status = MessageStatus.FAILED
    else:
        found.status, found.try_after = MessageStatus.WAITING, clock.now() + DELAYS[found.attempts - 1]
    session.flush()
    return True


def drop(session: Session, message_id: int, worker: str, reason: str) -> bool:
    """Leave a message unsent for good, because it is of no use any more. Returns whether this worker still had it."""
    found = outbox.claimed(session, message_id, worker)
    if found is None:
        return False
    found.status, found.last_problem = MessageStatus.DROPPED, reason[:200]
    session.flush()
    return True


def drop_expired(session: Session) -> int:
    """Drop what waits and whose time has passed, also where no e-mail is sent at all. Returns how many."""
    return outbox.drop_expired(session, clock.now(), TOO_LATE)


@reader(Resource.PRACTICE_SETTINGS)
def outbox_page(session: Session, actor: Actor, status: MessageStatus | None = None, page: int = 1) -> OutboxPage:
    """Messages of a state or of all, newest first, 50 a page; the owner's alone. Raises NotPermitted."""
    authorize(session, actor, Action.MANAGE, Resource.PRACTICE_SETTINGS, responsible=())
    counts = outbox.counts(session)
    return OutboxPage(
        tuple(map(_view, outbox.listed(session, status, PAGE, (page - 1) * PAGE))), counts,
        sum(counts.values()) if status is None else counts.get(status, 0),
    )


def _view(row: Addressed) -> MessageView:
    message, *_ = row
    return MessageView(
        message.id, message.kind, message.status, message.created_at, recipient(row), message.to_address,
        message.subject, without_secret(message.body), message.sent_at, message.attempts, message.try_after,
        message.last_problem, message.appointment_id,
    )


def recipient(row: Addressed) -> str:
    """Whom a message is to, by name."""
    message, person, somebody = row
    if person is not None:
        return person_name(person.first_name, person.last_name, person.preferred_name)
    return somebody.name if somebody is not None else message.to_address or "somebody who only inquired"


@command(Resource.PRACTICE_SETTINGS, Action.MANAGE)
def try_again(session: Session, actor: Actor, asked: TryAgain) -> int:
    """Let a message that failed wait to be sent once more. Returns its id. Raises NotFound, OfNoUse."""
    authorize(session, actor, Action.MANAGE, Resource.PRACTICE_SETTINGS, responsible=())
    found = session.get(OutboxMessage, asked.message_id, with_for_update=True)
    if found is None:
        raise NotFound(actor=actor, action=Action.MANAGE, resource=Resource.PRACTICE_SETTINGS)
    if found.status is not MessageStatus.FAILED:
        raise RuleViolation("This message did not fail, so there is nothing to try again.")
    if found.expires_at is not None and found.expires_at <= clock.now():
        raise OfNoUse
    found.status, found.attempts, found.try_after = MessageStatus.WAITING, 0, None
    session.info["case_id"], session.info["detail"] = found.case_id, found.kind.value
    return found.id
