"""Messages that leave the practice by e-mail: written with the act that causes them, sent by a job (R14, DEC14)."""

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import BigInteger, ColumnElement, ForeignKey, Index, String, Text, and_, func, or_, select, update
from sqlalchemy.dialects.postgresql import insert as postgresql_insert
from sqlalchemy.dialects.sqlite import insert as sqlite_insert
from sqlalchemy.orm import Mapped, Session, mapped_column

from practicerunner import ids
from practicerunner.records.base import Row, word
from practicerunner.records.cases import Participant
from practicerunner.records.people import Person
from practicerunner.records.staff import Staff
from practicerunner.vocabulary import MessageKind, MessageStatus


class OutboxMessage(Row):
    """One e-mail to one address. ``dedupe_key`` lets the same message exist once only (R14)."""

    __tablename__ = "outbox_message"

    kind: Mapped[MessageKind] = word(MessageKind)
    status: Mapped[MessageStatus] = word(MessageStatus, default=MessageStatus.WAITING)
    dedupe_key: Mapped[str] = mapped_column(String(160), unique=True)
    case_id: Mapped[int | None] = mapped_column(ForeignKey("case_file.id"), index=True)
    appointment_id: Mapped[int | None] = mapped_column(BigInteger, index=True)
    person_id: Mapped[int | None] = mapped_column(ForeignKey("person.id"))
    staff_id: Mapped[int | None] = mapped_column(ForeignKey("staff.id"))
    to_address: Mapped[str] = mapped_column(String(254))
    subject: Mapped[str] = mapped_column(String(200))
    body: Mapped[str] = mapped_column(Text)
    expires_at: Mapped[datetime | None]
    """After this moment the message is of no use and is dropped, for instance a reminder once it has begun."""
    claimed_at: Mapped[datetime | None]
    claimed_by: Mapped[str] = mapped_column(String(64), default="")
    sent_at: Mapped[datetime | None]
    attempts: Mapped[int] = mapped_column(default=0)
    try_after: Mapped[datetime | None]
    """Not before this moment: once more after an attempt that failed, or at all, because it may have to say more."""
    last_problem: Mapped[str] = mapped_column(String(200), default="")
    own_address_only: Mapped[bool] = mapped_column(default=False)
    """Whether it may go only to an address that nobody else has, because it is confidential to its recipient."""

    __table_args__ = (
        Index("ix_outbox_message_status", "status", "created_at"),
        Index("ix_outbox_message_expires", "kind", "expires_at"),
    )


def add_once(session: Session, row: dict[str, Any]) -> int | None:
    """Write a message under its ``dedupe_key``; its id, or nothing where that key was used before.

    A message that was dropped before it was sent waits again, because its cause has come back.
    """
    connection = session.connection()
    make = postgresql_insert if connection.dialect.name == "postgresql" else sqlite_insert
    row = {"id": ids.new_id()} | row
    written = connection.execute(
        make(OutboxMessage).values(row).on_conflict_do_nothing(index_elements=["dedupe_key"])
        .returning(OutboxMessage.id)
    ).scalar()
    if written is not None:
        return int(written)
    again = {"status": MessageStatus.WAITING, "attempts": 0, "try_after": None, "last_problem": ""}
    found = connection.execute(
        update(OutboxMessage).where(
            OutboxMessage.dedupe_key == row["dedupe_key"], OutboxMessage.status == MessageStatus.DROPPED,
        ).values({k: row[k] for k in ("to_address", "subject", "body", "expires_at")} | again)
        .returning(OutboxMessage.id)
    ).scalar()
    return None if found is None else int(found)


def not_yet(
    session: Session, name: str, person_id: int, case_id: int | None, now: datetime, *, own_address_only: bool
) -> OutboxMessage | None:
    """The latest message to somebody, locked, whose key begins with a name and that nobody has tried to send yet."""
    return session.scalar(select(OutboxMessage).where(
        OutboxMessage.person_id == person_id, OutboxMessage.dedupe_key.startswith(name, autoescape=True),
        OutboxMessage.case_id.is_(None) if case_id is None else OutboxMessage.case_id == case_id,
        OutboxMessage.status == MessageStatus.WAITING, OutboxMessage.attempts == 0, OutboxMessage.try_after > now,
        OutboxMessage.own_address_only == own_address_only,
    ).order_by(OutboxMessage.created_at.desc()).limit(1).with_for_update())


def is_written(session: Session, key: str) -> bool:
    """Whether a message of that name exists and was not dropped."""
    return session.scalar(select(OutboxMessage.id).where(
        OutboxMessage.dedupe_key == key, OutboxMessage.status != MessageStatus.DROPPED)) is not None


def claim(
    session: Session, worker: str, now: datetime, abandoned: datetime, most_attempts: int
) -> OutboxMessage | None:
    """Take the oldest message that may be sent now, as nobody else can at the same time.

    A claim from before ``abandoned`` was left by a worker that died, and is free again.
    """
    query = select(OutboxMessage).where(
        or_(
            and_(OutboxMessage.status == MessageStatus.WAITING,
                 or_(OutboxMessage.try_after.is_(None), OutboxMessage.try_after <= now)),
            and_(OutboxMessage.status == MessageStatus.SENDING, OutboxMessage.claimed_at < abandoned),
        ), OutboxMessage.attempts < most_attempts,
    ).order_by(OutboxMessage.created_at, OutboxMessage.id).limit(1)
    found = session.scalar(query.with_for_update(skip_locked=True))
    if found is not None:
        found.status, found.claimed_at, found.claimed_by = MessageStatus.SENDING, now, worker
        found.attempts += 1
        session.flush()
    return found


def claimed(session: Session, message_id: int, worker: str) -> OutboxMessage | None:
    """A message, locked, if this worker still has it."""
    return session.scalar(select(OutboxMessage).where(
        OutboxMessage.id == message_id, OutboxMessage.status == MessageStatus.SENDING,
        OutboxMessage.claimed_by == worker,
    ).with_for_update())


def _end(session: Session, status: MessageStatus, reason: str, *which: ColumnElement[bool]) -> int:
    done = session.connection().execute(
        update(OutboxMessage).where(*which).values(status=status, last_problem=reason)
    )
    return done.rowcount


def blank(session: Session, keys: Sequence[str], instead: str) -> None:
    """Take address and text out of some messages, by the names they were written under."""
    session.connection().execute(update(OutboxMessage).where(OutboxMessage.dedupe_key.in_(keys)).values(
        to_address="", subject="", body=instead))


def withdraw(session: Session, key: str, reason: str) -> None:
    """Drop a message that waits, by the name it was written under: another one takes its place."""
    _end(session, MessageStatus.DROPPED, reason, OutboxMessage.status == MessageStatus.WAITING,
         OutboxMessage.dedupe_key == key)


def withdraw_kind(
    session: Session, kind: MessageKind, person_ids: Collection[int], case_id: int, reason: str
) -> None:
    """Drop what waits of a kind for some people about a case, or about all of theirs."""
    _end(session, MessageStatus.DROPPED, reason, OutboxMessage.status == MessageStatus.WAITING,
         OutboxMessage.kind == kind, OutboxMessage.person_id.in_(person_ids),
         or_(OutboxMessage.case_id.is_(None), OutboxMessage.case_id == case_id))


def last_to(session: Session, person_id: int, kind: MessageKind) -> str:
    """The text of the newest message of a kind to somebody; empty if there is none."""
    return _last(session, OutboxMessage.person_id == person_id, OutboxMessage.kind == kind)


def last_at(session: Session, address: str, kind: MessageKind) -> str:
    """The text of the newest message of a kind to an address; empty if there is none."""
    return _last(session, OutboxMessage.to_address == address, OutboxMessage.kind == kind)


def _last(session: Session, *which: ColumnElement[bool]) -> str:
    return session.scalar(select(OutboxMessage.body).where(*which).order_by(
        OutboxMessage.created_at.desc(), OutboxMessage.id.desc()).limit(1)) or ""


def drop_expired(session: Session, now: datetime, reason: str) -> int:
    """Drop what waits and is of no use any more. Returns how many."""
    return _end(session, MessageStatus.DROPPED, reason, OutboxMessage.status == MessageStatus.WAITING,
                OutboxMessage.expires_at <= now)


def give_up(session: Session, abandoned: datetime, most_attempts: int, reason: str) -> int:
    """Mark as failed what a worker died on for the last time. Returns how many."""
    return _end(session, MessageStatus.FAILED, reason, OutboxMessage.status == MessageStatus.SENDING,
                OutboxMessage.claimed_at < abandoned, OutboxMessage.attempts >= most_attempts)


def keys_ahead(session: Session, kind: MessageKind, now: datetime) -> set[str]:
    """The keys of messages of a kind that are of use after ``now`` and were not dropped."""
    return set(session.scalars(select(OutboxMessage.dedupe_key).where(
        OutboxMessage.kind == kind, OutboxMessage.expires_at > now, OutboxMessage.status != MessageStatus.DROPPED,
    )))


Addressed = tuple[OutboxMessage, Person | None, Staff | None]
"""A message with whom it is to."""


def _addressed(session: Session, *which: ColumnElement[bool], limit: int, offset: int = 0) -> list[Addressed]:
    rows = session.execute(
        select(OutboxMessage, Person, Staff).outerjoin(Person, Person.id == OutboxMessage.person_id)
        .outerjoin(Staff, Staff.id == OutboxMessage.staff_id).where(*which)
        .order_by(OutboxMessage.created_at.desc(), OutboxMessage.id.desc()).limit(limit).offset(offset)
    )
    return [(message, person, staff) for message, person, staff in rows]


def listed(session: Session, status: MessageStatus | None, limit: int, offset: int) -> Sequence[Addressed]:
    """Messages of one state or of all, newest first."""
    which = [] if status is None else [OutboxMessage.status == status]
    return _addressed(session, *which, limit=limit, offset=offset)


def counts(session: Session) -> dict[MessageStatus, int]:
    """How many messages there are of each state."""
    query = select(OutboxMessage.status, func.count()).group_by(OutboxMessage.status)
    return dict(session.execute(query).tuples().all())


def about(
    session: Session, *, case_id: int, appointment_id: int | None = None, limit: int = 50
) -> Sequence[Addressed]:
    """What went to people outside the practice about a case, or about one of its appointments, newest first.

    That a message waits is left out: whoever may not read it does not learn either that it was written (I02). A notice
    of access to everything of somebody belongs to each case in which they took part by then.
    """
    everywhere = (
        OutboxMessage.case_id.is_(None) & (OutboxMessage.kind == MessageKind.ACCESS_GRANTED)
        & select(Participant.id).where(
            Participant.case_id == case_id, Participant.person_id == OutboxMessage.person_id,
            Participant.created_at <= OutboxMessage.created_at,
        ).correlate(OutboxMessage).exists()
    )
    which = [
        OutboxMessage.case_id == case_id if appointment_id is not None
        else (OutboxMessage.case_id == case_id) | everywhere, OutboxMessage.person_id.is_not(None),
        OutboxMessage.kind != MessageKind.MESSAGE_WAITING,
    ]
    if appointment_id is not None:
        which.append(OutboxMessage.appointment_id == appointment_id)
    return _addressed(session, *which, limit=limit)
