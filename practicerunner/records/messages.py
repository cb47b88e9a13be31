"""Secure messages: threads of a case, who takes part from which message on, what was written, and who has read it."""

from collections.abc import Collection, Sequence
from datetime import date, datetime
from functools import cache
from typing import Any, NamedTuple

from sqlalchemy import (
    BindParameter,
    CheckConstraint,
    ForeignKey,
    Index,
    Select,
    String,
    Text,
    UniqueConstraint,
    bindparam,
    func,
    select,
    text,
)
from sqlalchemy.dialects.postgresql import insert as postgresql_insert
from sqlalchemy.dialects.sqlite import insert as sqlite_insert
from sqlalchemy.orm import Mapped, Session, lazyload, mapped_column

from practicerunner import ids
from practicerunner.records.audit import AuditRow
from practicerunner.records.base import Revised, Row, word
from practicerunner.records.cases import Case, Participant
from practicerunner.records.people import Person
from practicerunner.records.staff import Staff
from practicerunner.vocabulary import ParticipantStatus, ThreadClass

OPENED = "open_thread"
"""What the audit log calls it that a member of staff reads a thread."""
ONE_WRITER = "(staff_id is null) <> (person_id is null)"


class MessageThread(Revised):
    """Messages of a case among people who were chosen when it began (FHIR Communication); never deleted."""

    __tablename__ = "message_thread"

    case_id: Mapped[int] = mapped_column(ForeignKey("case_file.id"), index=True)
    thread_class: Mapped[ThreadClass] = word(ThreadClass)
    subject: Mapped[str] = mapped_column(String(200))
    staff_id: Mapped[int | None] = mapped_column(ForeignKey("staff.id"))
    person_id: Mapped[int | None] = mapped_column(ForeignKey("person.id"))
    """Who began it: one of the two."""
    assigned_to_id: Mapped[int | None] = mapped_column(ForeignKey("staff.id"), index=True)
    archived_at: Mapped[datetime | None]
    archived_by_id: Mapped[int | None] = mapped_column(ForeignKey("staff.id"))
    last_number: Mapped[int] = mapped_column(default=0)
    """Of its messages, which are counted from 1."""
    last_at: Mapped[datetime]

    __table_args__ = (
        CheckConstraint(ONE_WRITER, name="one_writer"),
        CheckConstraint("(archived_at is null) = (archived_by_id is null)", name="archived_by_somebody"),
        Index("ix_message_thread_last_at", "last_at", "id"),
    )


class ThreadPerson(Row):
    """That somebody takes part in a thread: a member of staff, or a person, who may do so for a client."""

    __tablename__ = "thread_person"

    thread_id: Mapped[int] = mapped_column(ForeignKey("message_thread.id"), index=True)
    staff_id: Mapped[int | None] = mapped_column(ForeignKey("staff.id"), index=True)
    person_id: Mapped[int | None] = mapped_column(ForeignKey("person.id"), index=True)
    for_id: Mapped[int | None] = mapped_column(ForeignKey("person.id"))
    """The client for whom they take part; ``None`` is for themselves."""
    from_number: Mapped[int]
    """The first message that they see."""
    joined_at: Mapped[datetime]
    added_by_staff_id: Mapped[int | None] = mapped_column(ForeignKey("staff.id"))
    added_by_person_id: Mapped[int | None] = mapped_column(ForeignKey("person.id"))
    until_number: Mapped[int | None]
    """The last message that they see, once they were taken out."""
    left_at: Mapped[datetime | None]

    __table_args__ = (
        CheckConstraint(ONE_WRITER, name="one_writer"),
        CheckConstraint("(added_by_staff_id is null) <> (added_by_person_id is null)", name="one_adder"),
        CheckConstraint("(left_at is null) = (until_number is null)", name="left_at_a_message"),
        CheckConstraint("for_id is null or person_id is not null", name="staff_act_for_nobody"),
        Index("uq_thread_person_staff", "thread_id", "staff_id", unique=True, sqlite_where=text("left_at is null"),
              postgresql_where=text("left_at is null")),
        Index("uq_thread_person_person", "thread_id", "person_id", unique=True, sqlite_where=text("left_at is null"),
              postgresql_where=text("left_at is null")),
    )


class ThreadMessage(Row):
    """What somebody wrote; never changed, and never in a report, a search, an export or a log."""

    __tablename__ = "thread_message"

    thread_id: Mapped[int] = mapped_column(ForeignKey("message_thread.id"))
    number: Mapped[int]
    staff_id: Mapped[int | None] = mapped_column(ForeignKey("staff.id"))
    person_id: Mapped[int | None] = mapped_column(ForeignKey("person.id"))
    for_id: Mapped[int | None] = mapped_column(ForeignKey("person.id"))
    text: Mapped[str] = mapped_column(Text)
    at: Mapped[datetime]

    __table_args__ = (
        CheckConstraint(ONE_WRITER, name="one_writer"),
        CheckConstraint("for_id is null or person_id is not null", name="staff_act_for_nobody"),
        UniqueConstraint("thread_id", "number"),
        Index("ix_thread_message_person_at", "person_id", "at"),
    )


class MessageAttachment(Row):
    """A file that came with a message; its bytes lie with those of the documents. Never changed."""

    __tablename__ = "message_attachment"

    message_id: Mapped[int] = mapped_column(ForeignKey("thread_message.id"), index=True)
    file_name: Mapped[str] = mapped_column(String(200))
    media_type: Mapped[str] = mapped_column(String(100))
    size: Mapped[int]
    sha256: Mapped[str] = mapped_column(String(64))
    stored_name: Mapped[str] = mapped_column(String(32), unique=True)

    __table_args__ = (CheckConstraint("size > 0", name="size"),)


class ThreadRead(Row):
    """Up to which message somebody has read a thread."""

    __tablename__ = "thread_read"

    thread_id: Mapped[int] = mapped_column(ForeignKey("message_thread.id"))
    staff_id: Mapped[int | None] = mapped_column(ForeignKey("staff.id"), index=True)
    person_id: Mapped[int | None] = mapped_column(ForeignKey("person.id"), index=True)
    number: Mapped[int]
    read_at: Mapped[datetime]

    __table_args__ = (
        CheckConstraint(ONE_WRITER, name="one_writer"),
        UniqueConstraint("thread_id", "staff_id"), UniqueConstraint("thread_id", "person_id"),
    )


_THREADS: BindParameter[Any] = bindparam("thread_ids", expanding=True)
_PERSON: BindParameter[Any] = bindparam("person_id")

# --- One thread


class Taking(NamedTuple):
    """Somebody who takes or took part, with the names that belong to it."""

    row: ThreadPerson
    staff: Staff | None
    person: Person | None


def people_of(session: Session, thread_ids: Collection[int]) -> list[Taking]:
    """Who takes or took part in some threads, in the order in which they came."""
    if not thread_ids:
        return []
    return [Taking(*row) for row in session.execute(_PEOPLE, {"thread_ids": list(thread_ids)})]


def from_the_start(taking: Sequence[Taking]) -> set[int]:
    """The clients who take part, or for whom somebody does, since the first message of their thread."""
    return {
        row.for_id or row.person_id for row, _, _ in taking
        if row.person_id is not None and row.left_at is None and row.from_number == 1
    }


_PEOPLE = (
    select(ThreadPerson, Staff, Person).outerjoin(Staff, Staff.id == ThreadPerson.staff_id)
    .outerjoin(Person, Person.id == ThreadPerson.person_id).where(ThreadPerson.thread_id.in_(_THREADS))
    .order_by(ThreadPerson.joined_at, ThreadPerson.id).options(lazyload(Staff.roles))
)
_NAMES = (
    select(ThreadPerson.thread_id, Person.first_name, Person.last_name, Person.preferred_name)
    .join(Person, Person.id == ThreadPerson.person_id)
    .where(ThreadPerson.thread_id.in_(_THREADS), ThreadPerson.left_at.is_(None))
    .order_by(ThreadPerson.joined_at, ThreadPerson.id)
)
_MESSAGES = select(ThreadMessage).where(
    ThreadMessage.thread_id == bindparam("thread_id")).order_by(ThreadMessage.number)


def hand_over(session: Session, case_id: int, from_id: int, to_id: int, now: datetime) -> None:
    """Give the threads of a case to whoever treats there from now on: places, what is looked after, what is unread."""
    found = select(MessageThread).where(MessageThread.case_id == case_id).order_by(MessageThread.id)
    threads = session.scalars(found.with_for_update()).all()
    inside = {
        (one.row.thread_id, one.row.staff_id): one.row for one in people_of(session, [thread.id for thread in threads])
        if one.row.left_at is None and one.row.staff_id is not None
    }
    read = read_up_to(session, [thread.id for thread in threads], staff_id=from_id)
    for thread in threads:
        if thread.assigned_to_id == from_id:
            thread.assigned_to_id = to_id
            thread.revision += 1
        place = inside.get((thread.id, from_id))
        if place is None:
            continue
        place.left_at, place.until_number = now, thread.last_number
        if (thread.id, to_id) not in inside:
            session.add(ThreadPerson(
                id=ids.new_id(), thread_id=thread.id, staff_id=to_id, from_number=thread.last_number + 1, joined_at=now,
                added_by_staff_id=from_id,
            ))
            keep_read(session, thread.id, read.get(thread.id, 0), now, staff_id=to_id)
    session.flush()


def names_outside(session: Session, thread_ids: Collection[int]) -> list[tuple[int, str, str, str]]:
    """The people outside the practice who take part in some threads: thread, first, last and preferred name."""
    if not thread_ids:
        return []
    rows = session.connection().execute(_NAMES, {"thread_ids": list(thread_ids)})
    return [(thread_id, first, last, called) for thread_id, first, last, called in rows]


def messages_of(session: Session, thread_id: int) -> list[ThreadMessage]:
    """Everything that was written in a thread, the oldest first."""
    return list(session.scalars(_MESSAGES, {"thread_id": thread_id}))


class Stamp(NamedTuple):
    """A message without its text."""

    thread_id: int
    number: int
    at: datetime
    staff_id: int | None
    person_id: int | None


def stamps_of(session: Session, thread_ids: Collection[int]) -> list[Stamp]:
    """When each message of some threads was written, and by whom, the oldest first."""
    if not thread_ids:
        return []
    return [Stamp(*row) for row in session.connection().execute(_STAMPS, {"thread_ids": list(thread_ids)})]


_STAMPS = select(
    ThreadMessage.thread_id, ThreadMessage.number, ThreadMessage.at, ThreadMessage.staff_id, ThreadMessage.person_id,
).where(ThreadMessage.thread_id.in_(_THREADS)).order_by(ThreadMessage.thread_id, ThreadMessage.number)
_ATTACHMENTS = select(MessageAttachment).where(
    MessageAttachment.message_id.in_(bindparam("message_ids", expanding=True))).order_by(MessageAttachment.id)


def attachments_of(session: Session, message_ids: Collection[int]) -> list[MessageAttachment]:
    """Files that came with some messages, in the order in which they were chosen."""
    if not message_ids:
        return []
    return list(session.scalars(_ATTACHMENTS, {"message_ids": list(message_ids)}))


def files(session: Session) -> list[tuple[int, str, str]]:
    """Id, stored name and hash of every attachment."""
    query = select(MessageAttachment.id, MessageAttachment.stored_name, MessageAttachment.sha256)
    return [(one, name, digest) for one, name, digest in session.execute(query.order_by(MessageAttachment.id))]


def stored_names(session: Session, names: Collection[str]) -> set[str]:
    """Which of these files belong to an attachment."""
    if not names:
        return set()
    return set(session.scalars(select(MessageAttachment.stored_name).where(MessageAttachment.stored_name.in_(names))))


def staff_name(session: Session, staff_id: int | None) -> str:
    """Name of a member of staff; empty for nobody."""
    found = session.get(Staff, staff_id, options=[lazyload(Staff.roles)]) if staff_id is not None else None
    return found.name if found is not None else ""


_OPENED_SINCE = select(AuditRow.seq).where(
    AuditRow.case_id == bindparam("case_id"), AuditRow.staff_id == bindparam("staff_id"),
    AuditRow.resource_id == bindparam("thread_id"), AuditRow.action == OPENED, AuditRow.at >= bindparam("moment"),
).limit(1)


def opened_since(session: Session, staff_id: int, case_id: int, thread_id: int, moment: datetime) -> bool:
    """Whether the audit log already says that somebody opened this thread since a moment."""
    return session.scalar(_OPENED_SINCE, {
        "case_id": case_id, "staff_id": staff_id, "thread_id": thread_id, "moment": moment,
    }) is not None


# --- Reading marks


def read_up_to(
    session: Session, thread_ids: Collection[int], *, staff_id: int | None = None, person_id: int | None = None
) -> dict[int, int]:
    """Thread → number of the last message that somebody has read; a thread that they never opened is left out."""
    whose = {"staff_id": staff_id} if staff_id is not None else {"person_id": person_id}
    rows = session.connection().execute(_read(*whose), {"thread_ids": list(thread_ids)} | whose)
    return dict(rows.tuples().all())


@cache
def _read(column: str) -> Select[*tuple[Any, ...]]:
    """The statement for what somebody has read, by the column that says who they are."""
    return select(ThreadRead.thread_id, ThreadRead.number).where(
        ThreadRead.thread_id.in_(_THREADS), getattr(ThreadRead, column) == bindparam(column))


def keep_read(
    session: Session, thread_id: int, number: int, at: datetime, *, staff_id: int | None = None,
    person_id: int | None = None,
) -> None:
    """Keep that somebody has read a thread up to a message; never back again."""
    connection = session.connection()
    make = postgresql_insert if connection.dialect.name == "postgresql" else sqlite_insert
    written = make(ThreadRead).values(
        id=ids.new_id(), created_at=at, thread_id=thread_id, staff_id=staff_id, person_id=person_id, number=number,
        read_at=at,
    )
    connection.execute(written.on_conflict_do_update(
        index_elements=["thread_id", "staff_id" if staff_id is not None else "person_id"],
        set_={"number": written.excluded.number, "read_at": written.excluded.read_at},
        where=ThreadRead.number < written.excluded.number,
    ))


# --- For people outside


class Place(NamedTuple):
    """Somebody's place in a thread."""

    row: ThreadPerson
    thread: MessageThread
    case: Case


def places_of(
    session: Session, person_id: int, for_id: int | None, *, thread_id: int | None = None
) -> list[Place]:
    """Every place that somebody has or had in threads, for themselves or for one client, the latest thread first."""
    given = {"person_id": person_id}
    if for_id is not None:
        given["for_id"] = for_id
    if thread_id is not None:
        given["thread_id"] = thread_id
    return [Place(*row) for row in session.execute(_places(for_id is None, thread_id is not None), given)]


@cache
def _places(for_themselves: bool, of_one: bool) -> Select[*tuple[Any, ...]]:
    query: Select[*tuple[Any, ...]] = (
        select(ThreadPerson, MessageThread, Case).join(MessageThread, MessageThread.id == ThreadPerson.thread_id)
        .join(Case, Case.id == MessageThread.case_id).where(
            ThreadPerson.person_id == _PERSON,
            ThreadPerson.for_id.is_(None) if for_themselves else ThreadPerson.for_id == bindparam("for_id"),
        ).order_by(MessageThread.last_at.desc(), MessageThread.id.desc(), ThreadPerson.from_number)
    )
    return query.where(ThreadPerson.thread_id == bindparam("thread_id")) if of_one else query


def stays_of(session: Session, case_id: int, person_id: int) -> list[date | None]:
    """The first day without somebody, for each time that they took part in a case; ``None`` is still there."""
    rows = session.connection().execute(_STAYS, {"case_id": case_id, "person_id": person_id})
    return [left_on for left_on, in rows]


_STAYS = select(Participant.left_on).where(
    Participant.case_id == bindparam("case_id"), Participant.person_id == _PERSON,
    Participant.status != ParticipantStatus.WAITLISTED,
)


def written_since(session: Session, person_id: int, moment: datetime) -> int:
    """How many messages somebody outside the practice wrote since a moment."""
    return session.scalar(select(func.count()).select_from(ThreadMessage).where(
        ThreadMessage.person_id == person_id, ThreadMessage.at > moment)) or 0
