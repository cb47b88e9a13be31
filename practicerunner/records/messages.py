"""Secure messages: threads of a case, who takes part from which message on, what was written, and who has read it."""

from collections.abc import Collection, Sequence
from datetime import date, datetime
from functools import cache
from typing import Any, NamedTuple

from sqlalchemy import (
    CheckConstraint,
    ColumnElement,
    ForeignKey,
    Index,
    Select,
    String,
    Text,
    UniqueConstraint,
    and_,
    bindparam,
    case,
    func,
    or_,
    select,
    text,
    true,
)
from sqlalchemy.dialects.postgresql import insert as postgresql_insert
from sqlalchemy.dialects.sqlite import insert as sqlite_insert
from sqlalchemy.orm import Mapped, Session, mapped_column

from practicerunner import ids
from practicerunner.records.audit import AuditRow
from practicerunner.records.base import Revised, Row, word
from practicerunner.records.cases import Case, Participant
from practicerunner.records.logins import Staff
from practicerunner.records.people import Person
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
    rows = session.execute(
        select(ThreadPerson, Staff, Person).outerjoin(Staff, Staff.id == ThreadPerson.staff_id)
        .outerjoin(Person, Person.id == ThreadPerson.person_id).where(ThreadPerson.thread_id.in_(thread_ids))
        .order_by(ThreadPerson.joined_at, ThreadPerson.id)
    )
    return [Taking(*row) for row in rows]


def messages_of(session: Session, thread_id: int) -> list[ThreadMessage]:
    """Everything that was written in a thread, the oldest first."""
    return list(session.scalars(
        select(ThreadMessage).where(ThreadMessage.thread_id == thread_id).order_by(ThreadMessage.number)))


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
    query = select(
        ThreadMessage.thread_id, ThreadMessage.number, ThreadMessage.at, ThreadMessage.staff_id,
        ThreadMessage.person_id,
    ).where(ThreadMessage.thread_id.in_(thread_ids)).order_by(ThreadMessage.thread_id, ThreadMessage.number)
    return [Stamp(*row) for row in session.execute(query)]


def attachments_of(session: Session, message_ids: Collection[int]) -> list[MessageAttachment]:
    """Files that came with some messages, in the order in which they were chosen."""
    if not message_ids:
        return []
    return list(session.scalars(
        select(MessageAttachment).where(MessageAttachment.message_id.in_(message_ids)).order_by(MessageAttachment.id)))


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
    found = session.get(Staff, staff_id) if staff_id is not None else None
    return found.name if found is not None else ""


def opened_since(session: Session, staff_id: int, case_id: int, thread_id: int, moment: datetime) -> bool:
    """Whether the audit log already says that somebody opened this thread since a moment."""
    query = select(AuditRow.seq).where(
        AuditRow.case_id == case_id, AuditRow.staff_id == staff_id, AuditRow.resource_id == thread_id,
        AuditRow.action == OPENED, AuditRow.at >= moment,
    )
    return session.scalar(query.limit(1)) is not None


# --- Reading marks


def read_up_to(
    session: Session, thread_ids: Collection[int], *, staff_id: int | None = None, person_id: int | None = None
) -> dict[int, int]:
    """Thread → number of the last message that somebody has read; a thread that they never opened is left out."""
    query = select(ThreadRead.thread_id, ThreadRead.number).where(
        ThreadRead.thread_id.in_(thread_ids), *_whose(ThreadRead, staff_id, person_id))
    return dict(session.execute(query).tuples().all())


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


def _whose(table: Any, staff_id: int | None, person_id: int | None) -> list[ColumnElement[bool]]:
    return [table.staff_id == staff_id] if staff_id is not None else [table.person_id == person_id]


# --- For staff


class Sight(NamedTuple):
    """Which threads a member of staff may see: administrative ones of every case or of their own, and clinical ones."""

    staff_id: int
    all_admin: bool
    own_admin: bool
    own_clinical: bool


class Conversation(NamedTuple):
    """A thread in the list of staff."""

    thread: MessageThread
    case: Case
    assigned: Staff | None
    unread: bool


def _seen(sight: Sight) -> ColumnElement[bool]:
    """That somebody may see a thread: of their own case, one in which they take part, or (administrative) any."""
    taking_part = select(ThreadPerson.id).where(
        ThreadPerson.thread_id == MessageThread.id, ThreadPerson.staff_id == sight.staff_id,
        ThreadPerson.left_at.is_(None),
    ).exists()
    own = or_(Case.provider_id == sight.staff_id, taking_part)
    admin = MessageThread.thread_class == ThreadClass.ADMIN
    allowed: list[ColumnElement[bool]] = []
    if sight.all_admin:
        allowed.append(admin)
    elif sight.own_admin:
        allowed.append(and_(admin, own))
    if sight.own_clinical:
        allowed.append(and_(MessageThread.thread_class == ThreadClass.CLINICAL, own))
    return or_(*allowed)


_UNREAD = func.coalesce(ThreadRead.number, 0) < MessageThread.last_number


def _listed(sight: Sight) -> Select[*tuple[Any, ...]]:
    return (
        select(MessageThread, Case, Staff, _UNREAD)
        .join(Case, Case.id == MessageThread.case_id).outerjoin(Staff, Staff.id == MessageThread.assigned_to_id)
        .outerjoin(ThreadRead, and_(
            ThreadRead.thread_id == MessageThread.id, ThreadRead.staff_id == sight.staff_id))
        .where(_seen(sight))
    )


def _found(words: Sequence[str]) -> ColumnElement[bool]:
    """That every word is in the names of the case and its people, or of somebody else who takes part."""
    taking_part = select(ThreadPerson.thread_id).join(Person, Person.id == ThreadPerson.person_id)
    return and_(true(), *(
        or_(
            Case.search_text.contains(one, autoescape=True),
            MessageThread.id.in_(taking_part.where(Person.search_text.contains(one, autoescape=True))),
        ) for one in words
    ))


def conversations(
    session: Session, sight: Sight, *, archived: bool = False, mine: bool = False, unassigned: bool = False,
    words: Sequence[str] = (), limit: int, offset: int = 0,
) -> tuple[list[Conversation], int]:
    """A page of the threads that a member of staff may see, unread ones first, then the latest; and how many in all."""
    query = _listed(sight).where(_found(words), *_shelf(sight, archived=archived, mine=mine, unassigned=unassigned))
    number = session.scalar(query.with_only_columns(func.count(), maintain_column_froms=True)) or 0
    order = case((_UNREAD, 0), else_=1), MessageThread.last_at.desc(), MessageThread.id.desc()
    rows = session.execute(query.order_by(*order).limit(limit).offset(offset))
    return [Conversation(*row) for row in rows], number


def _shelf(sight: Sight, *, archived: bool, mine: bool, unassigned: bool) -> list[ColumnElement[bool]]:
    put_away = MessageThread.archived_at.is_not(None)
    which: list[ColumnElement[bool]] = [put_away if archived else ~put_away]
    if mine:
        which.append(MessageThread.assigned_to_id == sight.staff_id)
    if unassigned:
        which.append(MessageThread.assigned_to_id.is_(None))
    return which


class Shelves(NamedTuple):
    """How many threads that are not archived somebody may see, and how many of them have something new."""

    mine: int
    unassigned: int
    all: int
    unread: int


def shelves(session: Session, sight: Sight) -> Shelves:
    """How many threads lie where."""
    query = _listed(sight).where(MessageThread.archived_at.is_(None)).with_only_columns(
        func.sum(case((MessageThread.assigned_to_id == sight.staff_id, 1), else_=0)),
        func.sum(case((MessageThread.assigned_to_id.is_(None), 1), else_=0)), func.count(),
        func.sum(case((_UNREAD, 1), else_=0)), maintain_column_froms=True,
    )
    return Shelves(*(int(value or 0) for value in session.execute(query).one()))


@cache
def _unread(all_admin: bool, own_admin: bool, own_clinical: bool) -> Select[tuple[int]]:
    """The page Today asks for this number each time, so the statement is built once for each kind of sight."""
    sight = Sight(bindparam("staff_id"), all_admin, own_admin, own_clinical)  # type: ignore[arg-type]
    return _listed(sight).where(MessageThread.archived_at.is_(None), _UNREAD).with_only_columns(
        func.count(), maintain_column_froms=True)


def unread(session: Session, sight: Sight) -> int:
    """How many threads that are not archived have something new for somebody."""
    staff_id, *sees = sight
    return session.connection().scalar(_unread(*sees), {"staff_id": staff_id}) or 0


def of_case(session: Session, sight: Sight, case_id: int) -> list[Conversation]:
    """Threads of a case that a member of staff may see, the latest first, archived ones last."""
    query = _listed(sight).where(MessageThread.case_id == case_id).order_by(
        case((MessageThread.archived_at.is_(None), 0), else_=1), MessageThread.last_at.desc(), MessageThread.id.desc())
    return [Conversation(*row) for row in session.execute(query)]


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
    query = (
        select(ThreadPerson, MessageThread, Case).join(MessageThread, MessageThread.id == ThreadPerson.thread_id)
        .join(Case, Case.id == MessageThread.case_id).where(
            ThreadPerson.person_id == person_id,
            ThreadPerson.for_id.is_(None) if for_id is None else ThreadPerson.for_id == for_id,
        ).order_by(MessageThread.last_at.desc(), MessageThread.id.desc(), ThreadPerson.from_number)
    )
    if thread_id is not None:
        query = query.where(ThreadPerson.thread_id == thread_id)
    return [Place(*row) for row in session.execute(query)]


def stays_of(session: Session, case_id: int, person_id: int) -> list[date | None]:
    """The first day without somebody, for each time that they took part in a case; ``None`` is still there."""
    return list(session.scalars(select(Participant.left_on).where(
        Participant.case_id == case_id, Participant.person_id == person_id,
        Participant.status != ParticipantStatus.WAITLISTED,
    )))


def written_since(session: Session, person_id: int, moment: datetime) -> int:
    """How many messages somebody outside the practice wrote since a moment."""
    return session.scalar(select(func.count()).select_from(ThreadMessage).where(
        ThreadMessage.person_id == person_id, ThreadMessage.at > moment)) or 0
