"""Signed plans and consultation notes that somebody may read outside the practice, one person at a time."""

from datetime import datetime

from sqlalchemy import CheckConstraint, ForeignKey, Index, bindparam, select, text
from sqlalchemy.orm import Mapped, Session, mapped_column

from practicerunner.records.base import Row
from practicerunner.records.cases import Case
from practicerunner.records.notes import Note


class NoteShare(Row):
    """That somebody may read a signed note outside the practice, until it is ended (FHIR Consent).

    A trigger holds what it says: only its end is written later.
    """

    __tablename__ = "note_share"

    note_id: Mapped[int] = mapped_column(ForeignKey("note.id"))
    person_id: Mapped[int] = mapped_column(ForeignKey("person.id"), index=True)
    shared_by_id: Mapped[int] = mapped_column(ForeignKey("staff.id"))
    confidential: Mapped[bool] = mapped_column(default=False)
    """Whether nobody reads it who acts for them (A20)."""
    ended_at: Mapped[datetime | None]
    ended_by_id: Mapped[int | None] = mapped_column(ForeignKey("staff.id"))

    __table_args__ = (
        CheckConstraint("(ended_at is null) = (ended_by_id is null)", name="ended_by"),
        Index("uq_note_share_open", "note_id", "person_id", unique=True,
              sqlite_where=text("ended_at is null"), postgresql_where=text("ended_at is null")),
    )


def shares_of(session: Session, note_id: int) -> list[NoteShare]:
    """With whom a note is shared now, the oldest first."""
    return list(session.scalars(select(NoteShare).where(
        NoteShare.note_id == note_id, NoteShare.ended_at.is_(None)).order_by(NoteShare.created_at, NoteShare.id)))


def share_between(session: Session, note_id: int, person_id: int) -> NoteShare | None:
    """That a note is shared with somebody now, if it is."""
    return session.scalar(select(NoteShare).where(
        NoteShare.note_id == note_id, NoteShare.person_id == person_id, NoteShare.ended_at.is_(None)))


_SHARED_WITH = (
    select(NoteShare, Note, Case).join(Note, Note.id == NoteShare.note_id).join(Case, Case.id == Note.case_id)
    .where(NoteShare.person_id == bindparam("person_id"), NoteShare.ended_at.is_(None))
    .order_by(NoteShare.created_at.desc(), NoteShare.id.desc())
)


def shared_with(session: Session, person_id: int) -> list[tuple[NoteShare, Note, Case]]:
    """What is shared with somebody now, the latest first."""
    return [(share, note, case) for share, note, case in session.execute(_SHARED_WITH, {"person_id": person_id})]
