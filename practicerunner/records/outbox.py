"""Messages that leave the practice by e-mail: written with the act that causes them, sent by a job (R14, DEC14)."""

from datetime import datetime

from sqlalchemy import BigInteger, ForeignKey, Index, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from practicerunner.records.base import Row, word
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
    last_problem: Mapped[str] = mapped_column(String(200), default="")

    __table_args__ = (Index("ix_outbox_message_status", "status", "created_at"),)
