"""Drafts that were discarded: a table of their own, so that no list, count, export or report ever meets one (C26)."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import JSON, ForeignKey, Index, LargeBinary, String, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from practicerunner.records.base import Row, word
from practicerunner.records.cases import Case
from practicerunner.records.notes import Note, PsychotherapyNote
from practicerunner.records.people import Person
from practicerunner.vocabulary import NoteKind, NoteStatus

_KEPT = (
    "id", "created_at", "case_id", "appointment_id", "person_id", "kind", "form", "author_id", "service_date",
    "sections", "parts", "details", "review_on", "template", "saved_at", "revision",
    "memo_for_desk",
)
"""What a draft that is put back has again."""
_KEPT_APART = ("id", "created_at", "case_id", "appointment_id", "author_id", "ciphertext", "revision")
"""The same of a psychotherapy note, which stays encrypted."""


class DiscardedDraft(Row):
    """A draft that its author discarded, under the note's own id; it goes for good after a while."""

    __tablename__ = "discarded_draft"

    case_id: Mapped[int] = mapped_column(ForeignKey("case_file.id"), index=True)
    appointment_id: Mapped[int | None] = mapped_column(ForeignKey("appointment.id"), index=True)
    person_id: Mapped[int | None] = mapped_column(ForeignKey("person.id"), index=True)
    kind: Mapped[NoteKind] = word(NoteKind)
    form: Mapped[str] = mapped_column(String(20), default="")
    author_id: Mapped[int] = mapped_column(ForeignKey("staff.id"))
    service_date: Mapped[date]
    sections: Mapped[dict[str, str]] = mapped_column(JSON, default=dict)
    parts: Mapped[dict[str, str]] = mapped_column(JSON, default=dict)
    details: Mapped[dict[str, Any]] = mapped_column(JSON, default=dict)
    review_on: Mapped[date | None]
    template: Mapped[dict[str, Any]] = mapped_column(JSON, default=dict)
    ciphertext: Mapped[bytes | None] = mapped_column(LargeBinary)
    """Of a psychotherapy note, whose text is nowhere else."""
    saved_at: Mapped[datetime | None]
    memo_for_desk: Mapped[bool] = mapped_column(default=False)
    revision: Mapped[int]
    discarded_at: Mapped[datetime] = mapped_column(index=True)

    __table_args__ = (Index("ix_discarded_draft_author", "author_id", "discarded_at"),)


@dataclass(frozen=True, slots=True)
class DiscardedRow:
    """What a list knows of a discarded draft: never its text."""

    draft_id: int
    case_id: int
    case_name: str
    appointment_id: int | None
    kind: NoteKind
    form: str
    service_date: date
    discarded_at: datetime
    person: Person | None


def set_aside(session: Session, note: Note, at: datetime) -> None:
    """Take a draft out of the notes and keep it here."""
    session.add(DiscardedDraft(discarded_at=at, **{column: getattr(note, column) for column in _KEPT}))
    session.delete(note)


def set_apart_aside(session: Session, note: PsychotherapyNote, day: date, at: datetime) -> None:
    """The same with the draft of a psychotherapy note."""
    session.add(DiscardedDraft(
        kind=NoteKind.PSYCHOTHERAPY, service_date=day, discarded_at=at,
        **{column: getattr(note, column) for column in _KEPT_APART},
    ))
    session.delete(note)


def put_back(session: Session, draft: DiscardedDraft) -> None:
    """Make it a draft again, as it was."""
    if draft.kind is NoteKind.PSYCHOTHERAPY:
        session.add(PsychotherapyNote(
            status=NoteStatus.DRAFT, **{column: getattr(draft, column) for column in _KEPT_APART}))
    else:
        session.add(Note(status=NoteStatus.DRAFT, **{column: getattr(draft, column) for column in _KEPT}))
    session.delete(draft)


def one(session: Session, draft_id: int) -> DiscardedDraft | None:
    """A discarded draft, locked, as it is now."""
    return session.scalar(select(DiscardedDraft).where(DiscardedDraft.id == draft_id).with_for_update()
                          .execution_options(populate_existing=True))


def of_author(session: Session, author_id: int, since: datetime) -> list[DiscardedRow]:
    """What somebody discarded since a moment, the last one first."""
    query = (
        select(
            DiscardedDraft.id, DiscardedDraft.case_id, Case.name, DiscardedDraft.appointment_id, DiscardedDraft.kind,
            DiscardedDraft.form, DiscardedDraft.service_date, DiscardedDraft.discarded_at, Person,
        )
        .join(Case, Case.id == DiscardedDraft.case_id).outerjoin(Person, Person.id == DiscardedDraft.person_id)
        .where(DiscardedDraft.author_id == author_id, DiscardedDraft.discarded_at > since)
        .order_by(DiscardedDraft.discarded_at.desc(), DiscardedDraft.id.desc())
    )
    return [DiscardedRow(*row) for row in session.execute(query).tuples()]


def discarded_until(
    session: Session, moment: datetime, limit: int, *, lock: bool = False
) -> Sequence[DiscardedDraft]:
    """What was discarded by a moment, the oldest first; two who lock at once get different ones."""
    query = select(DiscardedDraft).where(DiscardedDraft.discarded_at <= moment).order_by(
        DiscardedDraft.discarded_at, DiscardedDraft.id).limit(limit)
    return session.scalars(query.with_for_update(skip_locked=True) if lock else query).all()
