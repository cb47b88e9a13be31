"""A thread as its readers see it: what lies in their windows, with who came and who went."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.orm import Session

from practicerunner.records import messages
from practicerunner.records.cases import Case
from practicerunner.records.messages import MessageThread, Taking, ThreadMessage
from practicerunner.records.people import Person
from practicerunner.records.staff import Staff
from practicerunner.rules import messages as rules
from practicerunner.rules.messages import Window
from practicerunner.workflows.audiences import full_name


@dataclass(frozen=True, slots=True)
class FileLine:
    """A file that came with a message."""

    attachment_id: int
    name: str
    size: int


@dataclass(frozen=True, slots=True)
class Entry:
    """A message; or, without a number, that somebody came or went."""

    number: int
    author: str
    is_mine: bool
    is_staff: bool
    at: datetime
    text: str
    files: tuple[FileLine, ...] = ()
    is_new: bool = False
    """Whether its reader has not read it yet."""


def entries_of(
    session: Session, case: Case, thread: MessageThread, taking: Sequence[Taking], windows: Sequence[Window], *,
    is_mine: Callable[[ThreadMessage], bool], read: int,
) -> tuple[Entry, ...]:
    """What lies in somebody's windows, the oldest first."""
    kept = [one for one in messages.messages_of(session, thread.id) if rules.shown(windows, one.number, one.at)]
    files: dict[int, list[FileLine]] = {}
    for one in messages.attachments_of(session, [message.id for message in kept]):
        files.setdefault(one.message_id, []).append(FileLine(one.id, one.file_name, one.size))
    names = {(one.row.staff_id, one.row.person_id): name_of(one) for one in taking}
    found = [(one.number, 1, Entry(
        one.number, names.get((one.staff_id, one.person_id)) or _writer(session, one), is_mine(one),
        one.staff_id is not None, one.at, one.text, tuple(files.get(one.id, ())),
        one.number > read and not is_mine(one),
    )) for one in kept]
    for somebody in taking:
        row, staff, name = somebody.row, somebody.staff, name_of(somebody)
        if row.from_number > 1 and rules.shown(windows, row.from_number, row.joined_at):
            words = (
                f"{name} looks after this now, and reads the conversation." if row.staff_id == case.provider_id
                else f"{name} joined, and reads what is written from here on.")
            found.append((row.from_number, 0, Entry(0, name, False, staff is not None, row.joined_at, words)))
        if row.left_at is not None and row.until_number is not None and rules.shown(
            windows, row.until_number, row.left_at
        ):
            left = f"{name} takes part no more."
            found.append((row.until_number, 2, Entry(0, name, False, staff is not None, row.left_at, left)))
    return tuple(entry for _, _, entry in sorted(found, key=lambda one: one[:2]))


def _writer(session: Session, message: ThreadMessage) -> str:
    """Of somebody who wrote without being chosen: the case's provider, the front desk, the owner."""
    if message.staff_id is not None:
        return session.get_one(Staff, message.staff_id).name
    return full_name(session.get_one(Person, message.person_id))


def name_of(somebody: Taking) -> str:
    """Name of somebody who takes part."""
    if somebody.staff is not None:
        return somebody.staff.name
    return full_name(somebody.person) if somebody.person is not None else ""


def outside(taking: Sequence[Taking]) -> str:
    """The people outside the practice who take part, by name."""
    return ", ".join(full_name(one.person) for one in taking if one.person is not None and one.row.left_at is None)


def label_of(case: Case, thread: MessageThread) -> str:
    """What the thread's class is called in its case."""
    return rules.class_label(case.type, thread.thread_class)
