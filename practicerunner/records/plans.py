"""Treatment plans: what somebody has agreed to, and the named queries on the notes that plans are."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from functools import cache
from typing import Any

from sqlalchemy import ColumnElement, ForeignKey, Select, String, UniqueConstraint, and_, bindparam, or_, select
from sqlalchemy.orm import Mapped, Session, aliased, lazyload, mapped_column

from practicerunner.records.base import Row, Sees, word
from practicerunner.records.cases import Case, Participant, seen
from practicerunner.records.notes import Note
from practicerunner.records.people import Person
from practicerunner.records.staff import Staff
from practicerunner.vocabulary import AgreedHow, CaseStatus, CaseType, NoteKind, NoteStatus, ParticipantStatus

LOCKED = (NoteStatus.LOCKED, NoteStatus.AMENDED)
OPEN = (NoteStatus.DRAFT, NoteStatus.SUBMITTED, NoteStatus.RETURNED)


class PlanAgreement(Row):
    """That a participant, or somebody for them, has agreed to a signed plan (FHIR Consent); never changed."""

    __tablename__ = "plan_agreement"

    note_id: Mapped[int] = mapped_column(ForeignKey("note.id"))
    version: Mapped[int]
    """The version that was agreed to, with its hash: what stands under it cannot change."""
    text_hash: Mapped[str] = mapped_column(String(64))
    person_id: Mapped[int] = mapped_column(ForeignKey("person.id"), index=True)
    """Whose agreement it is."""
    agreed_by_id: Mapped[int] = mapped_column(ForeignKey("person.id"))
    """Who gave it: the person themselves, or who signs for them."""
    capacity: Mapped[str] = mapped_column(String(900))
    """As what, in words: "Elena Castellano, guardian of Leo Castellano"."""
    authority: Mapped[str] = mapped_column(String(200), default="")
    """How it was verified that somebody may sign for another."""
    how: Mapped[AgreedHow] = word(AgreedHow)
    signature: Mapped[str] = mapped_column(String(500), default="")
    """The name as it was typed; empty where it was given on paper."""
    agreed_on: Mapped[date]
    recorded_by_id: Mapped[int] = mapped_column(ForeignKey("staff.id"))
    recorded_at: Mapped[datetime]

    __table_args__ = (UniqueConstraint("note_id", "person_id", "agreed_by_id"),)


def agreements_of(session: Session, note_ids: Collection[int]) -> list[tuple[PlanAgreement, str]]:
    """Who has agreed to plans, in the order of recording, each with the name of who recorded it."""
    query = (
        select(PlanAgreement, Staff).join(Staff, Staff.id == PlanAgreement.recorded_by_id)
        .where(PlanAgreement.note_id.in_(note_ids)).order_by(PlanAgreement.recorded_at, PlanAgreement.id)
    )
    return [(agreement, staff.name) for agreement, staff in session.execute(query)]


def _is_plan(note: type[Note], statuses: Collection[NoteStatus]) -> ColumnElement[bool]:
    return and_(note.kind == NoteKind.TREATMENT_PLAN, note.status.in_(list(statuses)))


def _last(*, before: bool = False) -> ColumnElement[bool]:
    """The condition under which a plan is in force: locked, and none of the same person was locked after it.

    ``before``: of what was locked by a moment, a parameter of that name.
    """
    later = aliased(Note)
    newer = select(later.id).where(
        later.case_id == Note.case_id, _is_plan(later, LOCKED), later.person_id.is_not_distinct_from(Note.person_id),
        or_(later.locked_at > Note.locked_at, and_(later.locked_at == Note.locked_at, later.id > Note.id)),
        *((later.locked_at < _BEFORE,) if before else ()),
    )
    return and_(_is_plan(Note, LOCKED), ~newer.exists(), *((Note.locked_at < _BEFORE,) if before else ()))


_BEFORE = bindparam("before", type_=Note.__table__.c.locked_at.type)


def in_force(session: Session, case_id: int) -> list[Note]:
    """The plans in force in a case: the last locked one of each person, and of the case as a whole."""
    return list(session.scalars(_in_force(), {"case_id": case_id}))


def in_force_before(session: Session, case_id: int, moment: datetime) -> list[Note]:
    """The plans that were in force in a case just before a moment."""
    return list(session.scalars(_in_force(before=True), {"case_id": case_id, "before": moment}))


@cache
def _in_force(*, before: bool = False) -> Select[Note]:
    return select(Note).where(
        Note.case_id == bindparam("case_id"), _last(before=before)).order_by(Note.locked_at, Note.id)


def before(session: Session, note: Note) -> Note | None:
    """The plan that was in force until this one was locked, or that is until it will be."""
    query = select(Note).where(
        Note.case_id == note.case_id, _is_plan(Note, LOCKED), Note.person_id.is_not_distinct_from(note.person_id),
        Note.id != note.id,
    )
    if note.status in LOCKED:
        query = query.where(Note.locked_at <= note.locked_at)
    return session.scalars(query.order_by(Note.locked_at.desc(), Note.id.desc())).first()


def unfinished(session: Session, case_id: int) -> list[tuple[Note, str]]:
    """Plans of a case that are not locked, each with the name of its author."""
    query = select(Note, Staff).join(Staff, Staff.id == Note.author_id).where(
        Note.case_id == case_id, _is_plan(Note, OPEN)
    ).order_by(Note.id)
    return [(note, staff.name) for note, staff in session.execute(query)]


@dataclass(frozen=True, slots=True)
class ReviewRow:
    """A plan in force whose review is due."""

    note_id: int
    case_id: int
    case_name: str
    provider_id: int
    provider: Staff
    review_on: date | None
    person: Person | None


@cache
def _due(clinical: tuple[CaseType, ...], switchable: tuple[CaseType, ...]) -> Select[*tuple[Any, ...]]:
    there = select(Participant.id).where(
        Participant.case_id == Note.case_id, Participant.person_id == Note.person_id,
        Participant.status != ParticipantStatus.LEFT,
    )
    return (
        select(Note.id, Note.case_id, Case.name, Case.provider_id, Staff, Note.review_on, Person)
        .join(Case, Case.id == Note.case_id).join(Staff, Staff.id == Case.provider_id)
        .outerjoin(Person, Person.id == Note.person_id)
        .where(
            Note.review_on <= bindparam("today"), _last(), Case.status != CaseStatus.ARCHIVED,
            or_(Case.type.in_(clinical), and_(Case.type.in_(switchable), Case.clinical_fields)),
            or_(Note.person_id.is_(None), there.exists()),
        ).order_by(Note.review_on, Note.id).options(lazyload(Staff.roles))
    )


@cache
def _due_in_cases(clinical: tuple[CaseType, ...], switchable: tuple[CaseType, ...]) -> Select[*tuple[Any, ...]]:
    return _due(clinical, switchable).where(Note.case_id.in_(bindparam("case_ids", expanding=True)))


def reviews_due(
    session: Session, today: date, clinical: Collection[CaseType], switchable: Collection[CaseType], *,
    case_ids: Sequence[int] | None = None, sees: Sees | None = None,
) -> list[ReviewRow]:
    """Plans in force whose review is due, the longest first: in these cases, or in those that somebody sees.

    A case that is archived or has no clinical fields, and somebody who has left, need no review.
    """
    kinds = tuple(clinical), tuple(switchable)
    values: dict[str, Any] = {"today": today}
    if case_ids is None:
        query = _due(*kinds)
    else:
        query = _due_in_cases(*kinds)
        values["case_ids"] = list(case_ids)
    if sees is not None:
        query = query.where(seen(sees))
    return [ReviewRow(*row) for row in session.execute(query, values)]
