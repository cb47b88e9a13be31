"""Notes as they stand in lists, and held appointments that still lack theirs."""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime, time
from functools import cache
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Select,
    bindparam,
    case,
    false,
    select,
)
from sqlalchemy.orm import Session, aliased, lazyload

from practicerunner.records.addenda import Addendum, AddendumReview
from practicerunner.records.cases import Case
from practicerunner.records.notes import Note, ReviewComment, Signature
from practicerunner.records.people import Person
from practicerunner.records.scheduling import Appointment
from practicerunner.records.staff import Staff
from practicerunner.vocabulary import AppointmentStatus, CaseType, NoteKind, NoteStatus, SignatureRole


@dataclass(frozen=True, slots=True)
class NoteRow:
    """What a list knows of a note: never its text, which stays in the database."""

    note_id: int
    case_id: int
    appointment_id: int | None
    kind: NoteKind
    form: str
    status: NoteStatus
    author_id: int
    author: Staff
    supervisor_id: int | None
    service_date: date
    version: int
    submitted_at: datetime | None
    locked_at: datetime | None
    saved_at: datetime | None
    person_id: int | None
    person: Person | None
    case_name: str
    case_type: CaseType
    case_provider_id: int
    case_supervisor_id: int | None
    provider_id: int | None
    """Provider of the appointment."""
    appointment_supervisor_id: int | None
    """Set for the appointment alone; one that it has from its case or provider is not named here."""
    review_as: SignatureRole | None
    supervisor_first: str | None
    supervisor_last: str | None
    """Of whoever has to sign it beside its author, or has."""
    memo_for_desk: bool
    """Of a memo: whether the front desk may read it."""
    reviewer_ids: frozenset[int] = frozenset()
    """Who signed or returned it beside its author, and with whom its addenda are."""


_Supervisor = aliased(Staff)


@cache
def _listed() -> Select[*tuple[Any, ...]]:
    """What a list knows of notes, the newest first; built once, because building it costs as much as running it."""
    return (
        select(
            Note.id, Note.case_id, Note.appointment_id, Note.kind, Note.form, Note.status, Note.author_id, Staff,
            Note.supervisor_id, Note.service_date, Note.version, Note.submitted_at, Note.locked_at, Note.saved_at,
            Note.person_id, Person, Case.name, Case.type, Case.provider_id, Case.supervisor_id, Appointment.provider_id,
            case((Appointment.supervisor_is_own, Appointment.supervisor_id)), Note.review_as,
            _Supervisor.first_name, _Supervisor.last_name, Note.memo_for_desk,
        )
        .join(Staff, Staff.id == Note.author_id).join(Case, Case.id == Note.case_id)
        .outerjoin(Appointment, Appointment.id == Note.appointment_id)
        .outerjoin(Person, Person.id == Note.person_id)
        .outerjoin(_Supervisor, _Supervisor.id == Note.supervisor_id)
        .order_by(Note.service_date.desc(), Note.id.desc()).options(lazyload(Staff.roles))
    )


@cache
def _listed_one() -> Select[*tuple[Any, ...]]:
    return _listed().where(Note.id == bindparam("note_id"))


def _rows(session: Session, *conditions: ColumnElement[bool]) -> list[NoteRow]:
    return _filled(session, session.execute(_listed().where(*conditions)))


def _filled(session: Session, rows: Iterable[Any]) -> list[NoteRow]:
    """The rows with who has to do with each note beside its author."""
    found = [NoteRow(*tuple(row)) for row in rows]
    reviewers = _reviewers(
        session, [row.note_id for row in found if row.supervisor_id is not None or row.status is NoteStatus.AMENDED])
    return [
        replace(row, reviewer_ids=reviewers[row.note_id]) if row.note_id in reviewers else row for row in found
    ]


def _reviewers(session: Session, note_ids: Collection[int]) -> dict[int, frozenset[int]]:
    """Note → who signed or returned it beside its author, wrote beneath it, or has to sign what was."""
    if not note_ids:
        return {}
    signed = select(Signature.note_id, Signature.staff_id).where(
        Signature.note_id.in_(note_ids), Signature.role != SignatureRole.AUTHOR
    )
    returned = select(ReviewComment.note_id, ReviewComment.staff_id).where(ReviewComment.note_id.in_(note_ids))
    amended = select(Addendum.note_id, Addendum.staff_id).where(Addendum.note_id.in_(note_ids))
    beneath = select(Addendum.note_id, AddendumReview.supervisor_id).join(
        AddendumReview, AddendumReview.addendum_id == Addendum.id
    ).where(Addendum.note_id.in_(note_ids))
    found: dict[int, set[int]] = {}
    for note_id, staff_id in session.execute(signed.union(returned, amended, beneath)):
        found.setdefault(note_id, set()).add(staff_id)
    return {note_id: frozenset(people) for note_id, people in found.items()}


def of_case(session: Session, case_id: int) -> list[NoteRow]:
    """Notes of a case, the newest date of service first."""
    return _rows(session, Note.case_id == case_id)


def of_appointments(session: Session, appointment_ids: Collection[int]) -> list[NoteRow]:
    """Notes of some appointments."""
    return _rows(session, Note.appointment_id.in_(appointment_ids)) if appointment_ids else []


def one_row(session: Session, note_id: int) -> NoteRow | None:
    """What a list knows of one note."""
    return next(iter(_filled(session, session.execute(_listed_one(), {"note_id": note_id}))), None)


def written_by(session: Session, author_id: int, statuses: Iterable[NoteStatus]) -> list[NoteRow]:
    """Somebody's notes in some states."""
    return _rows(session, Note.author_id == author_id, Note.status.in_(list(statuses)))


def awaiting(session: Session, supervisor_id: int) -> list[NoteRow]:
    """Notes that await somebody's co-signature."""
    return _rows(session, Note.status == NoteStatus.SUBMITTED, Note.supervisor_id == supervisor_id)


def rows_of(session: Session, note_ids: Collection[int]) -> dict[int, NoteRow]:
    """What a list knows of some notes, by id."""
    return {row.note_id: row for row in _rows(session, Note.id.in_(note_ids))} if note_ids else {}


@dataclass(frozen=True, slots=True)
class HeldRow:
    """An appointment that was held and whose note nobody has signed."""

    appointment_id: int
    case_id: int
    case_name: str
    case_type: CaseType
    provider_id: int
    provider: Staff
    local_date: date
    local_time: time
    minutes: int
    ends_at: datetime


def held_without_signed_note(
    session: Session, staff_ids: Collection[int], supervisor_id: int | None, main_notes: Mapping[CaseType, NoteKind],
    signed: Iterable[NoteStatus],
) -> list[HeldRow]:
    """Held appointments of these providers, or supervised by somebody, whose main note is not signed; oldest first."""
    main = case({t.value: kind.value for t, kind in main_notes.items()}, value=Case.type)
    done = select(Note.id).where(
        Note.appointment_id == Appointment.id, Note.kind == main, Note.status.in_(list(signed))
    )
    supervised = Appointment.supervisor_id == supervisor_id if supervisor_id is not None else false()
    query = (
        select(
            Appointment.id, Appointment.case_id, Case.name, Case.type, Appointment.provider_id, Staff,
            Appointment.local_date, Appointment.local_time, Appointment.minutes, Appointment.ends_at,
        )
        .join(Case, Case.id == Appointment.case_id).join(Staff, Staff.id == Appointment.provider_id)
        .where(
            Appointment.status == AppointmentStatus.HELD, Appointment.provider_id.in_(staff_ids) | supervised,
            ~done.exists(),
        ).order_by(Appointment.ends_at)
    )
    return [HeldRow(*tuple(row)) for row in session.execute(query)]


def to_write(session: Session, case_id: int, moment: datetime, limit: int) -> list[Appointment]:
    """A case's last appointments that have begun and were not cancelled."""
    query = select(Appointment).where(
        Appointment.case_id == case_id, Appointment.starts_at <= moment,
        Appointment.status != AppointmentStatus.CANCELLED,
    )
    return list(session.scalars(query.order_by(Appointment.starts_at.desc()).limit(limit)))
