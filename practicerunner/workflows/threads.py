"""What writing a message means, whoever writes: numbered, read by its writer, told to the others in one e-mail each."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Annotated

from pydantic import AfterValidator, Field
from pydantic_core import PydanticCustomError
from sqlalchemy.orm import Session

from practicerunner import clock, ids
from practicerunner.records import consent_basis, document_files, messages, portal, practice
from practicerunner.records.base import add_rows
from practicerunner.records.cases import Case
from practicerunner.records.messages import MessageAttachment, MessageThread, ThreadMessage, ThreadPerson
from practicerunner.records.people import Person
from practicerunner.rules import documents as rule
from practicerunner.rules import messages as rules
from practicerunner.rules import texts
from practicerunner.settings import settings
from practicerunner.vocabulary import MessageKind, ThreadClass
from practicerunner.workflows import outbox
from practicerunner.workflows.audiences import actor_of, can_read
from practicerunner.workflows.minors import consenting_alone
from practicerunner.workflows.sent_files import SentFile


def said(text: str) -> str:
    """A text that says something."""
    if not text.strip():
        raise PydanticCustomError("empty", "Write something first.")
    return text


MessageText = Annotated[
    str, Field(max_length=rules.LONGEST), AfterValidator(texts.paragraph), AfterValidator(said)
]
"""What somebody writes, kept exactly as typed."""


Files = Annotated[tuple[SentFile, ...], Field(max_length=rules.MOST_FILES)]


@dataclass(frozen=True, slots=True)
class Writer:
    """Who writes or adds: a member of staff, or a person, who may do so for a client."""

    staff_id: int | None = None
    person_id: int | None = None
    for_id: int | None = None


def begin(
    session: Session, case: Case, thread_class: ThreadClass, subject: str, by: Writer, *,
    people: Iterable[tuple[int, int | None]], staff_ids: Iterable[int], assigned_to_id: int | None,
) -> MessageThread:
    """A thread with everybody who takes part from its first message on; nothing is written in it yet."""
    thread = MessageThread(
        id=ids.new_id(), case_id=case.id, thread_class=thread_class, subject=" ".join(subject.split()),
        staff_id=by.staff_id, person_id=by.person_id, assigned_to_id=assigned_to_id, last_at=clock.now(), last_number=0,
    )
    session.add(thread)
    session.flush()
    for person_id, for_id in dict.fromkeys(people):
        join(session, thread, by, person_id=person_id, for_id=for_id)
    for staff_id in dict.fromkeys(staff_ids):
        join(session, thread, by, staff_id=staff_id)
    session.flush()
    return thread


def join(
    session: Session, thread: MessageThread, by: Writer, *, staff_id: int | None = None, person_id: int | None = None,
    for_id: int | None = None,
) -> None:
    """Somebody takes part from the next message on; what was written before is nothing that they have to read."""
    now = clock.now()
    session.add(ThreadPerson(
        id=ids.new_id(), thread_id=thread.id, staff_id=staff_id, person_id=person_id, for_id=for_id,
        from_number=thread.last_number + 1, joined_at=now, added_by_staff_id=by.staff_id,
        added_by_person_id=by.person_id,
    ))
    session.flush()
    messages.keep_read(session, thread.id, thread.last_number, now, staff_id=staff_id, person_id=person_id)


def write(
    session: Session, thread: MessageThread, case: Case, by: Writer, text: str, files: Sequence[SentFile] = (),
) -> int:
    """Write into a thread that is locked or new, and tell the others. Returns the message's id. Raises FileNotWritten.

    Whatever is written takes the thread out of the archive (I10).
    """
    now = clock.now()
    thread.last_number += 1
    thread.last_at = now
    thread.archived_at = thread.archived_by_id = None
    thread.revision += 1
    message = ThreadMessage(
        id=ids.new_id(), thread_id=thread.id, number=thread.last_number, staff_id=by.staff_id, person_id=by.person_id,
        for_id=by.for_id, text=text, at=now,
    )
    session.add(message)
    session.flush()
    for file in files:
        attachment_id, checked = ids.new_id(), file.checked
        add_rows(session, MessageAttachment, [{
            "id": attachment_id, "message_id": message.id, "file_name": checked.name,
            "media_type": rule.MEDIA_TYPES[checked.type], "size": len(checked.content),
            "sha256": document_files.digest(checked.content), "created_at": now,
            "stored_name": document_files.keep(session, attachment_id, checked.content),
        }])
    messages.keep_read(
        session, thread.id, thread.last_number, now, staff_id=by.staff_id, person_id=by.person_id)
    _tell(session, thread, case, by)
    return message.id


def _tell(session: Session, thread: MessageThread, case: Case, by: Writer) -> None:
    """One e-mail to everybody outside the practice who can read it, until they have read it; staff get none.

    To a minor who consented themselves, and to whom an appointment is confidential, it goes where nobody else reads it.
    """
    us, people = practice.the_practice(session), messages.people_of(session, [thread.id])
    alone = consenting_alone(session, [person.id for _, _, person in people if person is not None])
    for row, _, person in people:
        if person is None or row.left_at is not None or person.id == by.person_id:
            continue
        somebody, *_ = actor_of(session, case, row, person)
        if somebody is None or not can_read(session, somebody, thread.id) or portal.is_suspended(session, person.id):
            continue
        read = messages.read_up_to(session, [thread.id], person_id=person.id).get(thread.id, 0)
        letter = rules.letter(_first_name(person), us.name, us.phone, settings().portal_page)
        outbox.put(
            session, MessageKind.MESSAGE_WAITING, f"{MessageKind.MESSAGE_WAITING}:{thread.id}:{person.id}:{read}",
            letter.subject, letter.body, person_id=person.id, case_id=case.id,
            own_address_only=person.id in alone or consent_basis.has_confidential(session, person.id),
        )


def _first_name(person: Person) -> str:
    return person.preferred_name or person.first_name
