"""What was added to signed notes, who has to co-sign it and who did."""

from datetime import datetime

from sqlalchemy import (
    ForeignKey,
    Index,
    String,
    Text,
    select,
)
from sqlalchemy.orm import Mapped, Session, mapped_column

from practicerunner.records.base import Revised, Row, word
from practicerunner.records.notes import Signer
from practicerunner.vocabulary import SignatureRole


class Addendum(Signer, Row):
    """Signed text beneath a locked note: the only way a signed note grows (G11); never changed."""

    __tablename__ = "addendum"

    note_id: Mapped[int] = mapped_column(ForeignKey("note.id"), index=True)
    reason: Mapped[str] = mapped_column(String(200))
    text: Mapped[str] = mapped_column(Text)
    text_hash: Mapped[str] = mapped_column(String(64))
    supervisor_id: Mapped[int | None] = mapped_column(ForeignKey("staff.id"), index=True)
    """To whom it was handed in for co-signature; empty where its author may sign alone."""


class AddendumReview(Revised):
    """The review of an addendum: with whom it is, as what they sign, and when they did."""

    __tablename__ = "addendum_review"

    addendum_id: Mapped[int] = mapped_column(ForeignKey("addendum.id"), unique=True)
    supervisor_id: Mapped[int] = mapped_column(ForeignKey("staff.id"))
    review_as: Mapped[SignatureRole] = word(SignatureRole, default=SignatureRole.CO_SIGNER)
    done_at: Mapped[datetime | None]

    __table_args__ = (Index("ix_addendum_review_waiting", "done_at", "supervisor_id"),)


class AddendumSignature(Signer, Row):
    """The co-signature beneath an associate's addendum; never changed."""

    __tablename__ = "addendum_signature"

    addendum_id: Mapped[int] = mapped_column(ForeignKey("addendum.id"), unique=True)
    text_hash: Mapped[str] = mapped_column(String(64))
    signed_at: Mapped[datetime]


def of_notes(
    session: Session, note_id: int
) -> list[tuple[Addendum, AddendumSignature | None, AddendumReview | None]]:
    """Addenda of a note in the order in which they were written, each with its co-signature and review if any."""
    query = select(Addendum, AddendumSignature, AddendumReview).outerjoin(
        AddendumSignature, AddendumSignature.addendum_id == Addendum.id
    ).outerjoin(AddendumReview, AddendumReview.addendum_id == Addendum.id).where(
        Addendum.note_id == note_id
    ).order_by(Addendum.created_at, Addendum.id)
    return [(addendum, signature, review) for addendum, signature, review in session.execute(query)]


def awaiting(session: Session, supervisor_id: int) -> list[Addendum]:
    """Addenda that await somebody's co-signature, the oldest first."""
    query = select(Addendum).join(AddendumReview, AddendumReview.addendum_id == Addendum.id).where(
        AddendumReview.supervisor_id == supervisor_id, AddendumReview.done_at.is_(None)
    )
    return list(session.scalars(query.order_by(Addendum.created_at)))


def handed_in(session: Session, author_id: int) -> list[tuple[Addendum, int]]:
    """Somebody's addenda that await a signature, each with the id of whose."""
    query = select(Addendum, AddendumReview.supervisor_id).join(
        AddendumReview, AddendumReview.addendum_id == Addendum.id
    ).where(Addendum.staff_id == author_id, AddendumReview.done_at.is_(None))
    return [(addendum, supervisor_id) for addendum, supervisor_id in session.execute(query)]


def review_of(session: Session, addendum_id: int, *, lock: bool = False) -> AddendumReview | None:
    """The review of an addendum; none where its author signed alone."""
    query = select(AddendumReview).where(AddendumReview.addendum_id == addendum_id)
    return session.scalar(query.with_for_update() if lock else query)
