"""The conversation with somebody who inquired, while they are nobody's client: what was written, and who has read it.

Once they are, it becomes a thread of their case (``records/messages.py``), and nothing but where it went stays here.
"""

from collections.abc import Collection
from datetime import datetime
from functools import cache
from typing import Any, NamedTuple

from sqlalchemy import (
    BindParameter,
    CheckConstraint,
    ColumnElement,
    ForeignKey,
    Select,
    String,
    Text,
    UniqueConstraint,
    and_,
    bindparam,
    case,
    delete,
    func,
    select,
    true,
)
from sqlalchemy.dialects.postgresql import insert as postgresql_insert
from sqlalchemy.dialects.sqlite import insert as sqlite_insert
from sqlalchemy.orm import Mapped, Session, lazyload, mapped_column

from practicerunner import ids
from practicerunner.records.audit import AuditRow
from practicerunner.records.base import Revised, Row
from practicerunner.records.inquiries import Inquiry, not_of
from practicerunner.records.messages import OPENED
from practicerunner.records.staff import STAFF_NAME, Staff
from practicerunner.records.thread_lists import Sight
from practicerunner.vocabulary import CaseType, InquiryStatus


class AskerThread(Revised):
    """What staff and whoever asked write to each other about one inquiry (FHIR Communication)."""

    __tablename__ = "asker_thread"

    inquiry_id: Mapped[int] = mapped_column(ForeignKey("inquiry.id"), unique=True)
    staff_id: Mapped[int] = mapped_column(ForeignKey("staff.id"))
    """Who began it."""
    assigned_to_id: Mapped[int | None] = mapped_column(ForeignKey("staff.id"))
    archived_at: Mapped[datetime | None]
    archived_by_id: Mapped[int | None] = mapped_column(ForeignKey("staff.id"))
    last_number: Mapped[int] = mapped_column(default=0)
    """Of its messages, which are counted from 1."""
    last_at: Mapped[datetime]
    asker_number: Mapped[int] = mapped_column(default=0)
    """Up to which message whoever asked has read it."""
    token_fingerprint: Mapped[str | None] = mapped_column(String(64), unique=True)
    """Of the newest link; ``None`` where somebody ended it."""
    link_until: Mapped[datetime | None]
    letters: Mapped[int] = mapped_column(default=0)
    """How many e-mails told them that something waits."""
    letter_number: Mapped[int] = mapped_column(default=0)
    """The last message when the newest of them was written."""
    thread_id: Mapped[int | None] = mapped_column(ForeignKey("message_thread.id"), index=True)
    """What it became in their case."""

    __table_args__ = (
        CheckConstraint("(archived_at is null) = (archived_by_id is null)", name="archived_by_somebody"),
        CheckConstraint("(token_fingerprint is null) = (link_until is null)", name="link_ends"),
    )


class AskerMessage(Row):
    """What one of them wrote; never changed, and gone only with the inquiry or into their case."""

    __tablename__ = "asker_message"

    inquiry_id: Mapped[int] = mapped_column(ForeignKey("inquiry.id"))
    number: Mapped[int]
    staff_id: Mapped[int | None] = mapped_column(ForeignKey("staff.id"))
    """``None`` is whoever asked."""
    text: Mapped[str] = mapped_column(Text)
    at: Mapped[datetime]

    __table_args__ = (UniqueConstraint("inquiry_id", "number"),)


class AskerRead(Row):
    """Up to which message a member of staff has read such a conversation."""

    __tablename__ = "asker_read"

    inquiry_id: Mapped[int] = mapped_column(ForeignKey("inquiry.id"))
    staff_id: Mapped[int] = mapped_column(ForeignKey("staff.id"), index=True)
    number: Mapped[int]
    read_at: Mapped[datetime]

    __table_args__ = (UniqueConstraint("inquiry_id", "staff_id"),)


# --- One conversation


def of_inquiry(session: Session, inquiry_id: int) -> AskerThread | None:
    """The conversation about an inquiry, if anybody began one."""
    return session.scalar(select(AskerThread).where(AskerThread.inquiry_id == inquiry_id))


def by_token(session: Session, token_fingerprint: str) -> AskerThread | None:
    """The conversation to which a link leads, still good or not."""
    return session.scalar(select(AskerThread).where(AskerThread.token_fingerprint == token_fingerprint))


class Said(NamedTuple):
    """A message, with whom of the practice wrote it; nobody is whoever asked."""

    message: AskerMessage
    author: Staff | None


def messages_of(session: Session, inquiry_id: int) -> list[Said]:
    """Everything that was written about an inquiry, the oldest first."""
    query = (
        select(AskerMessage, Staff).outerjoin(Staff, Staff.id == AskerMessage.staff_id)
        .where(AskerMessage.inquiry_id == inquiry_id).order_by(AskerMessage.number).options(lazyload(Staff.roles))
    )
    return [Said(*row) for row in session.execute(query)]


def answers_since(session: Session, inquiry_id: int, moment: datetime) -> int:
    """How much whoever asked wrote since a moment."""
    return session.scalar(select(func.count()).select_from(AskerMessage).where(
        AskerMessage.inquiry_id == inquiry_id, AskerMessage.staff_id.is_(None), AskerMessage.at > moment)) or 0


def reads_of(session: Session, inquiry_id: int) -> dict[int, int]:
    """Member of staff → number of the last message that they have read."""
    query = select(AskerRead.staff_id, AskerRead.number).where(AskerRead.inquiry_id == inquiry_id)
    return dict(session.execute(query).tuples().all())


def keep_read(session: Session, inquiry_id: int, staff_id: int, number: int, at: datetime) -> None:
    """Keep that a member of staff has read a conversation up to a message; never back again."""
    connection = session.connection()
    make = postgresql_insert if connection.dialect.name == "postgresql" else sqlite_insert
    written = make(AskerRead).values(
        id=ids.new_id(), created_at=at, inquiry_id=inquiry_id, staff_id=staff_id, number=number, read_at=at)
    connection.execute(written.on_conflict_do_update(
        index_elements=["inquiry_id", "staff_id"],
        set_={"number": written.excluded.number, "read_at": written.excluded.read_at},
        where=AskerRead.number < written.excluded.number,
    ))


def opened_since(session: Session, staff_id: int, thread_id: int, moment: datetime) -> bool:
    """Whether the audit log already says that somebody opened this conversation since a moment."""
    return session.scalar(select(AuditRow.seq).where(
        AuditRow.staff_id == staff_id, AuditRow.resource_id == thread_id, AuditRow.action == OPENED,
        AuditRow.at >= moment).limit(1)) is not None


def drop(session: Session, inquiry_ids: Collection[int], *, moved: bool = False) -> None:
    """Delete what was written about inquiries that are erased or whose conversation moved; the database refuses it of
    any other. Of one that moved it stays known where it went.
    """
    for table in (AskerMessage, AskerRead) if moved else (AskerMessage, AskerRead, AskerThread):
        session.execute(delete(table).where(table.inquiry_id.in_(inquiry_ids)))


def letters_of(session: Session, inquiry_ids: Collection[int]) -> list[tuple[int, int]]:
    """Conversation and how many e-mails told of it, of some inquiries."""
    query = select(AskerThread.id, AskerThread.letters).where(AskerThread.inquiry_id.in_(inquiry_ids))
    return list(session.execute(query).tuples().all())


def to_move(session: Session, case_id: int, person_id: int) -> list[Inquiry]:
    """Inquiries by which somebody came to a case and whose conversation is not there yet; locked."""
    moved = select(AskerThread.id).where(
        AskerThread.inquiry_id == Inquiry.id, AskerThread.thread_id.is_not(None)).exists()
    return list(session.scalars(select(Inquiry).where(
        Inquiry.case_id == case_id, Inquiry.person_id == person_id, Inquiry.status == InquiryStatus.PROSPECT, ~moved,
    ).order_by(Inquiry.received_at, Inquiry.id).with_for_update(key_share=True)))


def hand_over(session: Session, case_id: int, from_id: int, to_id: int) -> None:
    """Give the inquiries that led to a case to whoever treats there from now on, with the conversations about them.

    Who waits for a place writes there still, so that whoever left would otherwise go on reading.
    """
    found = list(session.scalars(
        select(Inquiry).where(Inquiry.case_id == case_id).order_by(Inquiry.id).with_for_update(key_share=True)))
    for inquiry in found:
        inquiry.provider_id = to_id
        inquiry.revision += 1
    theirs = select(AskerThread).where(
        AskerThread.inquiry_id.in_([one.id for one in found]), AskerThread.thread_id.is_(None),
        AskerThread.assigned_to_id == from_id)
    for thread in session.scalars(theirs).all():
        thread.assigned_to_id = to_id
        thread.revision += 1


# --- Lists


class Listed(NamedTuple):
    """A conversation that is with an inquiry, as staff find it."""

    thread_id: int
    inquiry_id: int
    first_name: str
    last_name: str
    case_type: CaseType
    archived_at: datetime | None
    last_at: datetime
    assigned_to_id: int | None
    assigned: str
    unread: bool


def listed(session: Session, sight: Sight) -> list[Listed]:
    """Conversations with people who asked that a member of staff may see, unread ones first, then the latest.

    All of them: they leave for a case or are erased after a while, so that there are never many.
    """
    rows = session.connection().execute(_listed(sight.anyones), {"staff_id": sight.staff_id})
    return [Listed(*row) for row in rows]


@cache
def _listed(sight: Sight) -> Select[*tuple[Any, ...]]:
    me: BindParameter[Any] = bindparam("staff_id")
    unread = func.coalesce(AskerRead.number, 0) < AskerThread.last_number
    seen: ColumnElement[bool] = true() if sight.all_admin else Inquiry.provider_id == me
    return (
        select(
            AskerThread.id, Inquiry.id, Inquiry.first_name, Inquiry.last_name, Inquiry.case_type,
            AskerThread.archived_at, AskerThread.last_at, AskerThread.assigned_to_id,
            func.coalesce(func.trim(STAFF_NAME), ""), unread,
        )
        .join(Inquiry, Inquiry.id == AskerThread.inquiry_id).outerjoin(Staff, Staff.id == AskerThread.assigned_to_id)
        .outerjoin(AskerRead, and_(AskerRead.inquiry_id == Inquiry.id, AskerRead.staff_id == me))
        .where(AskerThread.thread_id.is_(None), Inquiry.erased_at.is_(None), seen,
               *not_of(sight.themselves, sight.but))
        .order_by(case((unread, 0), else_=1), AskerThread.last_at.desc(), AskerThread.id.desc())
    )


def beneath(
    session: Session, inquiry_ids: Collection[int], staff_id: int
) -> dict[int, tuple[AskerThread, bool]]:
    """Inquiry → its conversation, and whether a member of staff has still to read something of it."""
    query = (
        select(AskerThread, func.coalesce(AskerRead.number, 0) < AskerThread.last_number)
        .outerjoin(AskerRead, and_(
            AskerRead.inquiry_id == AskerThread.inquiry_id, AskerRead.staff_id == staff_id))
        .where(AskerThread.inquiry_id.in_(inquiry_ids))
    )
    return {thread.inquiry_id: (thread, bool(unread)) for thread, unread in session.execute(query)}
