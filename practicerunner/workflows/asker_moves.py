"""Where the conversation with somebody who asked goes once they take part in a case: into a thread of it (I10, I11).

The thread begins with what they asked. Its people are the one who asked and whoever of the practice wrote and may read
it there; the link ends, because from here on it is read behind a sign-in.
"""

from datetime import datetime
from typing import NamedTuple

from sqlalchemy.orm import Session

from practicerunner import clock, ids
from practicerunner.records import asker_threads, messages
from practicerunner.records.asker_threads import AskerThread
from practicerunner.records.base import add_rows
from practicerunner.records.cases import Case
from practicerunner.records.inquiries import Inquiry
from practicerunner.records.messages import MessageThread, ThreadMessage, ThreadPerson
from practicerunner.vocabulary import Action, Resource, ThreadClass
from practicerunner.workflows.access import Actor, may_touch
from practicerunner.workflows.staff import colleagues

SUBJECT = "Inquiry"


class _Line(NamedTuple):
    staff_id: int | None
    text: str
    at: datetime


def follow(session: Session, actor: Actor, case: Case, person_id: int) -> None:
    """Somebody who waited takes part now; what was written until then comes after them."""
    for found in asker_threads.to_move(session, case.id, person_id):
        move(session, actor, found, case)


def move(session: Session, actor: Actor, found: Inquiry, case: Case) -> None:
    """Make the conversation about an inquiry a thread of the case that it became; nothing where nothing was written.

    Callers have authorised the change of the case and locked the inquiry, which says who the person is.
    """
    was = asker_threads.of_inquiry(session, found.id)
    asked = [_Line(None, found.message, found.received_at)] if found.message.strip() else []
    said = [_Line(one.staff_id, one.text, one.at) for one, _ in asker_threads.messages_of(session, found.id)]
    lines = [*asked, *said]
    if not lines:
        return
    readers = _readers(session, case)
    assigned_id = was.assigned_to_id if was is not None else None
    thread = MessageThread(
        id=ids.new_id(), case_id=case.id, thread_class=ThreadClass.ADMIN, subject=SUBJECT, staff_id=lines[0].staff_id,
        person_id=found.person_id if lines[0].staff_id is None else None,
        assigned_to_id=assigned_id if assigned_id in readers else case.provider_id, last_number=len(lines),
        last_at=lines[-1].at,
    )
    if was is not None:
        thread.archived_at, thread.archived_by_id = was.archived_at, was.archived_by_id
    session.add(thread)
    session.flush()
    now, writers = clock.now(), [line.staff_id for line in lines if line.staff_id in readers]
    add_rows(session, ThreadPerson, [
        {"id": ids.new_id(), "thread_id": thread.id, "staff_id": staff_id, "person_id": person_id, "from_number": 1,
         "joined_at": now, "added_by_staff_id": actor.staff_id, "created_at": now}
        for staff_id, person_id in [(None, found.person_id), *((one, None) for one in dict.fromkeys(writers))]
    ])
    add_rows(session, ThreadMessage, [
        {"id": ids.new_id(), "thread_id": thread.id, "number": number, "staff_id": line.staff_id,
         "person_id": found.person_id if line.staff_id is None else None, "text": line.text, "at": line.at,
         "created_at": now}
        for number, line in enumerate(lines, start=1)
    ])
    _keep_read(session, actor, found, thread, was, len(asked))
    if was is None:
        session.add(AskerThread(
            id=ids.new_id(), inquiry_id=found.id, staff_id=actor.staff_id, thread_id=thread.id, last_at=thread.last_at))
    else:
        was.thread_id = thread.id
        was.revision += 1
    session.flush()  # only then do the messages go
    asker_threads.drop(session, [found.id], moved=True)


def _readers(session: Session, case: Case) -> set[int]:
    """Who of the practice may read such a thread of a case."""
    return {
        one.staff_id for one in colleagues(session) if may_touch(
            one, Action.READ, Resource.MESSAGES_ADMIN, responsible=[case.provider_id], case_id=case.id)
    }


def _keep_read(
    session: Session, actor: Actor, found: Inquiry, thread: MessageThread, was: AskerThread | None, before: int
) -> None:
    """What was read stays read; without a conversation whoever decides has read what was asked."""
    now = clock.now()
    read = {staff_id: before + number for staff_id, number in asker_threads.reads_of(session, found.id).items()}
    if was is None:
        read[actor.staff_id] = thread.last_number
    for staff_id, number in read.items():
        messages.keep_read(session, thread.id, number, now, staff_id=staff_id)
    theirs = before + (was.asker_number if was is not None else 0)
    messages.keep_read(session, thread.id, theirs, now, person_id=found.person_id)
