"""Messages as staff write and keep them: begin a thread, write in it, add and take out people, assign, archive."""

from pydantic import BaseModel, ConfigDict, Field, model_validator
from pydantic_core import PydanticCustomError
from sqlalchemy.orm import Session

from practicerunner import clock
from practicerunner.errors import BadInput, NotFound, RuleViolation, Stale
from practicerunner.records import messages
from practicerunner.records.cases import Case
from practicerunner.records.messages import ThreadPerson
from practicerunner.rules import messages as rules
from practicerunner.vocabulary import Action, Resource, ThreadClass
from practicerunner.workflows.access import Actor
from practicerunner.workflows.audiences import Opened, assignable, recipients_of, staff_for, thread_for
from practicerunner.workflows.cases import case_for
from practicerunner.workflows.commands import Command, RequiredLine, command
from practicerunner.workflows.threads import Files, MessageText, Writer, begin, join, write


class OneInAGroup(RuleViolation):
    """In a group everybody has a conversation of their own, so that nobody reads another's name."""


class ThreadIsArchived(RuleViolation):
    """This conversation is archived already."""


class ToPerson(BaseModel):
    """Somebody outside the practice: for themselves, or for a client for whom they act."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    person_id: int
    for_id: int | None = None


class StartThread(Command):
    """Begin a thread with people of a case and staff. In a group everybody gets a thread of their own."""

    case_id: int
    thread_class: ThreadClass
    subject: RequiredLine
    people: tuple[ToPerson, ...] = Field(max_length=200)
    staff_ids: tuple[int, ...] = Field(default=(), max_length=50)
    text: MessageText
    files: Files = ()


class SendMessage(Command):
    """Write in a thread."""

    thread_id: int
    text: MessageText
    files: Files = ()


class AddToThread(Command):
    """Let somebody take part from the next message on: a member of staff, or somebody of the case."""

    thread_id: int
    staff_id: int | None = None
    person_id: int | None = None
    for_id: int | None = None

    @model_validator(mode="after")
    def _one_of_two(self) -> "AddToThread":
        if (self.staff_id is None) == (self.person_id is None):
            raise PydanticCustomError("person", "Choose one person to add.")
        return self


class TakeOutOfThread(Command):
    """Let somebody take part no more, and whoever acts for them there.

    A client keeps what they have read, everybody else sees nothing any more.
    """

    thread_id: int
    staff_id: int | None = None
    person_id: int | None = None


class AssignThread(Command):
    """Say who looks after a thread; nobody is nobody in particular."""

    thread_id: int
    staff_id: int | None = None


class ArchiveThread(Command):
    """Put a thread away, as it was read; whatever is written in it later brings it back."""

    thread_id: int
    revision: int


class ReopenThread(Command):
    """Take a thread out of the archive."""

    thread_id: int


class MarkThreadRead(Command):
    """Say that a thread was read up to a message."""

    thread_id: int
    number: int


@command(Resource.MESSAGES_ADMIN, Action.CREATE)
def start_thread(session: Session, actor: Actor, asked: StartThread) -> list[int]:
    """Begin a thread, of a group one for each person. Returns the threads' ids. Raises BadInput, NotFound."""
    case = case_for(session, actor, asked.case_id, Action.CREATE, resource=asked.thread_class.resource)
    _check_people(session, case, asked)
    staff = staff_for(session, case, asked.thread_class)
    if any(one not in staff for one in asked.staff_ids):
        raise BadInput("staff_ids", "Choose staff who may read such a conversation.")
    by = Writer(staff_id=actor.staff_id)
    chosen = [(one.person_id, one.for_id) for one in asked.people]
    parties = [chosen] if rules.is_shared(case.type) else _each(chosen)
    made = []
    for people in parties:
        thread = begin(
            session, case, asked.thread_class, asked.subject, by, people=people,
            staff_ids=(actor.staff_id, *asked.staff_ids), assigned_to_id=_first_assigned(actor, case, asked),
        )
        write(session, thread, case, by, asked.text, asked.files)
        made.append(thread.id)
    session.info["case_id"], session.info["detail"] = case.id, f"{asked.thread_class}, to {len(asked.people)}"
    return made


def _first_assigned(actor: Actor, case: Case, asked: StartThread) -> int:
    return case.provider_id if asked.thread_class is ThreadClass.CLINICAL else actor.staff_id


def _check_people(session: Session, case: Case, asked: StartThread) -> None:
    known = {(one.person_id, one.for_id): one for one in recipients_of(session, case)}
    if not asked.people:
        raise BadInput("people", "Choose to whom you write.")
    for person in asked.people:
        found = known.get((person.person_id, person.for_id))
        if found is None:
            raise BadInput("people", "Choose somebody who takes part here, or may write for them today.")
        if asked.thread_class not in found.classes:
            raise BadInput("people", f"{found.name} can take part in administrative conversations only.")


def _each(chosen: list[tuple[int, int | None]]) -> list[list[tuple[int, int | None]]]:
    """Those who take part, each with those who act for them."""
    parties: dict[int, list[tuple[int, int | None]]] = {}
    for person_id, for_id in chosen:
        parties.setdefault(for_id or person_id, []).append((person_id, for_id))
    return list(parties.values())


@command(Resource.MESSAGES_ADMIN, Action.CREATE)
def send_message(session: Session, actor: Actor, asked: SendMessage) -> int:
    """Write in a thread; an archived one is open again. Returns the message's id. Raises NotFound."""
    opened = thread_for(session, actor, asked.thread_id, Action.CREATE)
    session.info["detail"] = _detail(opened)
    return write(
        session, opened.thread, opened.case, Writer(staff_id=actor.staff_id), asked.text, asked.files)


def _detail(opened: Opened) -> str:
    reopened = ", reopened" if opened.thread.archived_at is not None else ""
    return f"{opened.thread.thread_class}{reopened}"


@command(Resource.MESSAGES_ADMIN, Action.UPDATE)
def add_to_thread(session: Session, actor: Actor, asked: AddToThread) -> int:
    """Let somebody take part from now on. Returns the thread's id. Raises BadInput, NotFound, OneInAGroup.

    Whoever acts for a client who takes part is added by that client alone.
    """
    opened = thread_for(session, actor, asked.thread_id, Action.UPDATE)
    thread, case = opened.thread, opened.case
    inside = [one.row for one in opened.taking if one.row.left_at is None]
    if asked.staff_id is not None:
        if asked.staff_id not in staff_for(session, case, thread.thread_class):
            raise BadInput("staff_id", "Choose staff who may read such a conversation.")
        if any(row.staff_id == asked.staff_id for row in inside):
            raise BadInput("staff_id", "They take part already.")
        join(session, thread, Writer(staff_id=actor.staff_id), staff_id=asked.staff_id)
    else:
        assert asked.person_id is not None  # noqa: S101 (the command has one of the two)
        _check_addable(session, opened, inside, asked.person_id, asked.for_id)
        join(session, thread, Writer(staff_id=actor.staff_id), person_id=asked.person_id, for_id=asked.for_id)
    thread.revision += 1
    session.info["detail"] = f"{thread.thread_class}, {'staff' if asked.staff_id else 'person'} " \
                             f"{asked.staff_id or asked.person_id}"
    return thread.id


def _check_addable(
    session: Session, opened: Opened, inside: list[ThreadPerson], person_id: int, for_id: int | None
) -> None:
    found = next((
        one for one in recipients_of(session, opened.case) if (one.person_id, one.for_id) == (person_id, for_id)), None)
    if found is None:
        raise BadInput("person_id", "Choose somebody who takes part here, or may write for them today.")
    if opened.thread.thread_class not in found.classes:
        raise BadInput("person_id", f"{found.name} can take part in administrative conversations only.")
    if any(row.person_id == person_id for row in inside):
        raise BadInput("person_id", "They take part already.")
    if for_id is not None and any(row.person_id == for_id and row.for_id is None for row in inside):
        raise BadInput("person_id", "Whoever acts for somebody who takes part is added by them, in the portal.")
    if not rules.is_shared(opened.case.type) and any(
        row.person_id is not None and (row.for_id or row.person_id) != (for_id or person_id) for row in inside
    ):
        raise OneInAGroup


@command(Resource.MESSAGES_ADMIN, Action.UPDATE)
def take_out_of_thread(session: Session, actor: Actor, asked: TakeOutOfThread) -> int:
    """Let somebody take part no more. Returns the thread's id. Raises BadInput, NotFound."""
    opened = thread_for(session, actor, asked.thread_id, Action.UPDATE)
    if asked.staff_id == opened.case.provider_id:
        raise BadInput("staff_id", "Whoever treats here reads every conversation of their own.")
    inside = [one.row for one in opened.taking if one.row.left_at is None]
    leaving = [row for row in inside if (row.staff_id, row.person_id) == (asked.staff_id, asked.person_id)]
    if not leaving:
        raise BadInput("person_id", "They do not take part any more.")
    if asked.person_id is not None:
        leaving += [row for row in inside if row.for_id == asked.person_id]
    for row in leaving:
        row.left_at, row.until_number = clock.now(), opened.thread.last_number
    opened.thread.revision += 1
    session.info["detail"] = f"{opened.thread.thread_class}, " + ", ".join(
        f"{'staff' if row.staff_id else 'person'} {row.staff_id or row.person_id}" for row in leaving)
    return opened.thread.id


@command(Resource.MESSAGES_ADMIN, Action.UPDATE)
def assign_thread(session: Session, actor: Actor, asked: AssignThread) -> int:
    """Say who looks after a thread. Returns its id. Raises BadInput, NotFound."""
    opened = thread_for(session, actor, asked.thread_id, Action.UPDATE)
    if asked.staff_id is not None and asked.staff_id not in assignable(session, opened):
        raise BadInput("staff_id", "Choose somebody who may read this conversation.")
    opened.thread.assigned_to_id = asked.staff_id
    session.info["detail"] = f"{opened.thread.thread_class}, to {asked.staff_id or 'nobody'}"
    return opened.thread.id


@command(Resource.MESSAGES_ADMIN, Action.UPDATE)
def archive_thread(session: Session, actor: Actor, asked: ArchiveThread) -> int:
    """Put a thread away. Returns its id. Raises Stale where something was written since, ThreadIsArchived, NotFound."""
    opened = thread_for(session, actor, asked.thread_id, Action.UPDATE)
    if opened.thread.archived_at is not None:
        raise ThreadIsArchived
    if opened.thread.revision != asked.revision:
        raise Stale
    opened.thread.archived_at, opened.thread.archived_by_id = clock.now(), actor.staff_id
    opened.thread.revision += 1
    session.info["detail"] = opened.thread.thread_class.value
    return opened.thread.id


@command(Resource.MESSAGES_ADMIN, Action.UPDATE)
def reopen_thread(session: Session, actor: Actor, asked: ReopenThread) -> int:
    """Take a thread out of the archive; one that is open stays so. Returns its id. Raises NotFound."""
    opened = thread_for(session, actor, asked.thread_id, Action.UPDATE)
    opened.thread.archived_at = opened.thread.archived_by_id = None
    opened.thread.revision += 1
    session.info["detail"] = opened.thread.thread_class.value
    return opened.thread.id


@command(Resource.MESSAGES_ADMIN, Action.READ)
def mark_thread_read(session: Session, actor: Actor, asked: MarkThreadRead) -> int:
    """Keep up to where the actor has read a thread. Returns its id. Raises NotFound."""
    opened = thread_for(session, actor, asked.thread_id)
    if not 0 <= asked.number <= opened.thread.last_number:
        raise NotFound(actor=actor, action=Action.READ, resource=opened.thread.thread_class.resource)
    messages.keep_read(session, opened.thread.id, asked.number, clock.now(), staff_id=actor.staff_id)
    session.info["detail"] = f"{opened.thread.thread_class}, up to {asked.number}"
    return opened.thread.id
