"""Hours of supervision with their notes, outside every client's record; and who took over whose reviews (C32, G14)."""

from collections import Counter
from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, datetime, time
from typing import Any

from sqlalchemy import (
    CheckConstraint,
    ColumnElement,
    ForeignKey,
    Index,
    String,
    Text,
    UniqueConstraint,
    exists,
    func,
    select,
)
from sqlalchemy.orm import InstrumentedAttribute, Mapped, Session, mapped_column

from practicerunner.records.addenda import Addendum, AddendumReview
from practicerunner.records.base import Revised, Row, word
from practicerunner.records.cases import Participant
from practicerunner.records.notes import Note
from practicerunner.records.staff import Staff
from practicerunner.vocabulary import NoteStatus, ProofMethod, SupervisionFormat


class SupervisionSession(Revised):
    """An hour of supervision: when, how, and what was talked about. Never part of a case; fixed once signed."""

    __tablename__ = "supervision_session"

    supervisor_id: Mapped[int] = mapped_column(ForeignKey("staff.id"))
    author_id: Mapped[int] = mapped_column(ForeignKey("staff.id"))
    held_on: Mapped[date]
    starts: Mapped[time]
    minutes: Mapped[int]
    kind: Mapped[SupervisionFormat] = word(SupervisionFormat)
    topics: Mapped[str] = mapped_column(Text, default="")
    signed_at: Mapped[datetime | None]
    text_hash: Mapped[str] = mapped_column(String(64), default="")
    name: Mapped[str] = mapped_column(String(401), default="")
    credentials: Mapped[str] = mapped_column(String(60), default="")
    licence: Mapped[str] = mapped_column(String(60), default="")
    method: Mapped[ProofMethod | None] = word(ProofMethod)
    zone: Mapped[str] = mapped_column(String(60), default="")

    __table_args__ = (
        CheckConstraint("minutes between 1 and 1440", name="minutes"),
        Index("ix_supervision_session_supervisor", "supervisor_id", "held_on"),
    )


class SupervisionAttendee(Row):
    """Somebody who was supervised in an hour."""

    __tablename__ = "supervision_attendee"

    session_id: Mapped[int] = mapped_column(ForeignKey("supervision_session.id", ondelete="CASCADE"))
    staff_id: Mapped[int] = mapped_column(ForeignKey("staff.id"), index=True)

    __table_args__ = (UniqueConstraint("session_id", "staff_id"),)


class ReviewAssignment(Row):
    """That a review went to another supervisor: of a note, or of an addendum beneath it; never changed (G14)."""

    __tablename__ = "review_assignment"

    note_id: Mapped[int] = mapped_column(ForeignKey("note.id"), index=True)
    addendum_id: Mapped[int | None] = mapped_column(ForeignKey("addendum.id"))
    from_id: Mapped[int] = mapped_column(ForeignKey("staff.id"))
    to_id: Mapped[int] = mapped_column(ForeignKey("staff.id"))
    by_id: Mapped[int] = mapped_column(ForeignKey("staff.id"))
    reason: Mapped[str] = mapped_column(String(200))


def moved_to(session: Session, note_id: int) -> int | None:
    """To whom the review of a note was last given, if it ever was."""
    query = select(ReviewAssignment.to_id).where(
        ReviewAssignment.note_id == note_id, ReviewAssignment.addendum_id.is_(None)
    ).order_by(ReviewAssignment.created_at.desc(), ReviewAssignment.id.desc())
    return session.scalar(query.limit(1))


def moves_of(session: Session, note_id: int) -> list[ReviewAssignment]:
    """How the review of a note and of its addenda went from one to another, the first move first."""
    query = select(ReviewAssignment).where(ReviewAssignment.note_id == note_id)
    return list(session.scalars(query.order_by(ReviewAssignment.created_at, ReviewAssignment.id)))


UNDECIDED = (NoteStatus.SUBMITTED, NoteStatus.RETURNED)
"""States of a note that was handed in and is not locked."""


@dataclass(frozen=True, slots=True)
class Part:
    """What of one supervisor's reviews is meant: all of it, or less."""

    supervisor_id: int
    author_id: int | None = None
    since: date | None = None
    """Only what is dated from this day on."""
    barred: bool = False
    """Only what they may not sign, because they take or took part in the case themselves."""


def _barred(supervisor_id: InstrumentedAttribute[Any]) -> ColumnElement[bool]:
    """That a supervisor takes or took part in the case of a note themselves, so that it waits for nobody (A11)."""
    return exists().where(
        Staff.id == supervisor_id, Participant.person_id == Staff.person_id, Participant.case_id == Note.case_id)


def undecided_notes(session: Session, part: Part, *, lock: bool = False) -> list[Note]:
    """Notes that a supervisor has to co-sign or has returned, by id."""
    query = select(Note).where(Note.supervisor_id == part.supervisor_id, Note.status.in_(UNDECIDED))
    if part.author_id is not None:
        query = query.where(Note.author_id == part.author_id)
    if part.since is not None:
        query = query.where(Note.service_date >= part.since)
    if part.barred:
        query = query.where(_barred(Note.supervisor_id))
    query = query.order_by(Note.id)
    return list(session.scalars(query.with_for_update().execution_options(populate_existing=True) if lock else query))


@dataclass(frozen=True, slots=True)
class AddendumToReview:
    """An addendum that a supervisor has to co-sign."""

    review: AddendumReview
    author_id: int
    note_id: int
    case_id: int


def undecided_addenda(session: Session, part: Part, *, lock: bool = False) -> list[AddendumToReview]:
    """Addenda that a supervisor has to co-sign, by id."""
    query = select(AddendumReview, Addendum.staff_id, Note.id, Note.case_id).join(
        Addendum, Addendum.id == AddendumReview.addendum_id
    ).join(Note, Note.id == Addendum.note_id).where(
        AddendumReview.supervisor_id == part.supervisor_id, AddendumReview.done_at.is_(None)
    )
    if part.author_id is not None:
        query = query.where(Addendum.staff_id == part.author_id)
    if part.since is not None:
        query = query.where(Note.service_date >= part.since)
    if part.barred:
        query = query.where(_barred(AddendumReview.supervisor_id))
    query = query.order_by(AddendumReview.id)
    if lock:
        query = query.with_for_update(of=AddendumReview).execution_options(populate_existing=True)
    return [AddendumToReview(*row) for row in session.execute(query)]


def barred(session: Session) -> Counter[tuple[int, int | None]]:
    """Author and supervisor → how many notes and addenda wait with somebody who may not sign them."""
    found: Counter[tuple[int, int | None]] = Counter()
    for query in (_BARRED_NOTES, _BARRED_ADDENDA):
        for author_id, supervisor_id, number in session.execute(query):
            found[author_id, supervisor_id] += number
    return found


_BARRED_NOTES = select(Note.author_id, Note.supervisor_id, func.count()).where(
    Note.status == NoteStatus.SUBMITTED, _barred(Note.supervisor_id)).group_by(Note.author_id, Note.supervisor_id)
_BARRED_ADDENDA = select(Addendum.staff_id, AddendumReview.supervisor_id, func.count()).join(
    Addendum, Addendum.id == AddendumReview.addendum_id).join(Note, Note.id == Addendum.note_id).where(
    AddendumReview.done_at.is_(None), _barred(AddendumReview.supervisor_id)).group_by(
    Addendum.staff_id, AddendumReview.supervisor_id)


@dataclass(frozen=True, slots=True)
class Undecided:
    """How much one author has waiting with one supervisor; counts and moments, never a word of it."""

    author_id: int
    supervisor_id: int
    notes: int
    returned: int
    addenda: int
    since: datetime | None
    """Since when the oldest waits."""


def undecided(session: Session) -> list[Undecided]:
    """What waits in the whole practice, by author and supervisor."""
    waiting = session.execute(
        select(Note.author_id, Note.supervisor_id, Note.status, func.count(), func.min(Note.submitted_at))
        .where(Note.status.in_(UNDECIDED), Note.supervisor_id.is_not(None))
        .group_by(Note.author_id, Note.supervisor_id, Note.status)
    )
    beneath = session.execute(
        select(Addendum.staff_id, AddendumReview.supervisor_id, func.count(), func.min(Addendum.created_at))
        .join(Addendum, Addendum.id == AddendumReview.addendum_id).where(AddendumReview.done_at.is_(None))
        .group_by(Addendum.staff_id, AddendumReview.supervisor_id)
    )
    found: dict[tuple[int, int], Undecided] = {}

    def add(
        pair: tuple[int, int], since: datetime | None, *, notes: int = 0, returned: int = 0, addenda: int = 0
    ) -> None:
        old = found.get(pair, Undecided(*pair, 0, 0, 0, None))
        moments = [moment for moment in (old.since, since) if moment is not None]
        found[pair] = Undecided(
            *pair, old.notes + notes, old.returned + returned, old.addenda + addenda, min(moments, default=None))

    for author_id, supervisor_id, status, number, since in waiting:
        if supervisor_id is None:
            continue
        if status is NoteStatus.SUBMITTED:
            add((author_id, supervisor_id), since, notes=number)
        else:
            add((author_id, supervisor_id), None, returned=number)
    for author_id, supervisor_id, number, since in beneath:
        add((author_id, supervisor_id), since, addenda=number)
    return sorted(found.values(), key=lambda one: (one.author_id, one.supervisor_id))


def returned_and_not_back(session: Session, supervisor_id: int) -> int:
    """How many notes a supervisor has returned that were not handed in again."""
    query = select(func.count()).select_from(Note).where(
        Note.supervisor_id == supervisor_id, Note.status == NoteStatus.RETURNED
    )
    return session.scalar(query) or 0


@dataclass(frozen=True, slots=True)
class HourRow:
    """An hour of supervision as a list and an owner know it: never what was talked about."""

    session_id: int
    supervisor_id: int
    author_id: int
    held_on: date
    starts: time
    minutes: int
    kind: SupervisionFormat
    signed_at: datetime | None
    revision: int


_HOUR = (
    SupervisionSession.id, SupervisionSession.supervisor_id, SupervisionSession.author_id, SupervisionSession.held_on,
    SupervisionSession.starts, SupervisionSession.minutes, SupervisionSession.kind, SupervisionSession.signed_at,
    SupervisionSession.revision,
)


def hours(session: Session, *, staff_id: int | None, supervises: bool = False) -> list[HourRow]:
    """Hours of supervision, the newest first: of everybody, or those that somebody took part in or wrote.

    With ``supervises`` those, too, in which they supervised.
    """
    query = select(*_HOUR)
    if staff_id is not None:
        mine: ColumnElement[bool] = SupervisionSession.id.in_(
            select(SupervisionAttendee.session_id).where(SupervisionAttendee.staff_id == staff_id)
        )
        if supervises:
            mine |= SupervisionSession.supervisor_id == staff_id
        query = query.where(mine)
    query = query.order_by(SupervisionSession.held_on.desc(), SupervisionSession.starts.desc(), SupervisionSession.id)
    return [HourRow(*row) for row in session.execute(query).tuples()]


def attendees(session: Session, session_ids: Collection[int]) -> dict[int, list[int]]:
    """Hour → who was supervised in it, in order of entry."""
    found: dict[int, list[int]] = {session_id: [] for session_id in session_ids}
    query = select(SupervisionAttendee.session_id, SupervisionAttendee.staff_id).where(
        SupervisionAttendee.session_id.in_(session_ids)
    ).order_by(SupervisionAttendee.id)
    for session_id, staff_id in session.execute(query):
        found[session_id].append(staff_id)
    return found


def attendee_rows(session: Session, session_id: int) -> list[SupervisionAttendee]:
    """The rows that say who was supervised in an hour."""
    return list(session.scalars(select(SupervisionAttendee).where(SupervisionAttendee.session_id == session_id)))


def names(session: Session) -> dict[int, str]:
    """Member of staff → name, those who left included."""
    return {staff_id: f"{first} {last}".strip() for staff_id, first, last in session.execute(
        select(Staff.id, Staff.first_name, Staff.last_name))}
