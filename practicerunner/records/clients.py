"""Named queries over several tables: finding cases, the client list, and what a case page shows."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, time
from functools import cache
from typing import Any

from sqlalchemy import BindParameter, ColumnElement, Select, and_, bindparam, func, or_, select, true, union
from sqlalchemy import case as case_when
from sqlalchemy.orm import Session, selectinload

from practicerunner.records.base import Sees
from practicerunner.records.billing import (
    Charge,
    ChargeShare,
    LedgerEntry,
    OpenInvoice,
)
from practicerunner.records.case_facts import AHEAD
from practicerunner.records.cases import Case, Participant, seen
from practicerunner.records.notes import Note, PsychotherapyNote
from practicerunner.records.people import Person
from practicerunner.records.practice import Location, Service
from practicerunner.records.scheduling import Appointment, Attendance
from practicerunner.records.staff import Staff
from practicerunner.vocabulary import (
    AppointmentStatus,
    AttendanceStatus,
    CaseStatus,
    CaseType,
    EntryKind,
    NoteKind,
    NoteStatus,
    ParticipantStatus,
    SessionFormat,
    TwoPersonLabel,
)


@dataclass(frozen=True, slots=True)
class Selection:
    """Which cases a list is about, before its filter of statuses."""

    visibility: Sees
    words: Sequence[str] = ()
    types: Sequence[CaseType] = ()
    provider_id: int | None = None

    def condition(self) -> ColumnElement[bool]:
        """The same in SQL."""
        parts = [seen(self.visibility), _matching(self.words)]
        if self.types:
            parts.append(Case.type.in_(self.types))
        if self.provider_id is not None:
            parts.append(Case.provider_id == self.provider_id)
        return and_(*parts)


@dataclass(frozen=True, slots=True)
class Listed:
    """A case as the list names it."""

    case_id: int
    name: str
    type: CaseType
    label: TwoPersonLabel | None
    status: CaseStatus
    provider: str
    needs_review: bool
    capacity: int | None = None
    """How many take part at once at most; ``None`` is no limit."""


def _matching(words: Sequence[str]) -> ColumnElement[bool]:
    return and_(true(), *(Case.search_text.contains(word, autoescape=True) for word in words))


def find(session: Session, words: Sequence[str], visibility: Sees, limit: int) -> list[tuple[int, str, CaseType]]:
    """Cases whose search text has all the words, within what somebody may see, by name."""
    query = (
        select(Case.id, Case.name, Case.type).where(seen(visibility), _matching(words))
        .order_by(Case.sort_key, Case.id).limit(limit)
    )
    return list(session.connection().execute(query).tuples().all())


def count_by_status(session: Session, selection: Selection) -> dict[CaseStatus, int]:
    """How many selected cases have each status."""
    rows = session.execute(select(Case.status, func.count()).where(selection.condition()).group_by(Case.status))
    return dict(rows.tuples().all())


def listed(
    session: Session, selection: Selection, statuses: Sequence[CaseStatus], sort: str, moment: datetime, *,
    descending: bool, limit: int | None, offset: int = 0,
) -> list[Listed]:
    """One page of cases in one of the orders of the list; ties by name, so that pages never overlap."""
    query: Select[*tuple[Any, ...]] = (
        select(Case.id, Case.name, Case.type, Case.label, Case.status, Staff.first_name, Staff.last_name,
               Case.needs_review, Case.capacity)
        .join(Staff, Staff.id == Case.provider_id)
        .where(selection.condition(), Case.status.in_(statuses))
    )
    order: list[ColumnElement[Any]] = []
    if sort == "status":
        rank = case_when({status.value: place for place, status in enumerate(CaseStatus)}, value=Case.status)
        order = [rank.desc() if descending else rank]
    elif sort == "next":
        ahead = (
            select(Appointment.case_id, func.min(Appointment.starts_at).label("starts_at"))
            .where(Appointment.starts_at > moment, Appointment.status.in_(AHEAD)).group_by(Appointment.case_id)
            .subquery()
        )
        query = query.outerjoin(ahead, ahead.c.case_id == Case.id)
        # Cases without an appointment ahead stand last either way.
        order = [ahead.c.starts_at.is_(None), ahead.c.starts_at.desc() if descending else ahead.c.starts_at]
    elif sort == "balance":
        due = (
            select(OpenInvoice.case_id, func.sum(OpenInvoice.open_cents).label("cents"))
            .where(OpenInvoice.open_cents > 0).group_by(OpenInvoice.case_id).subquery()
        )
        old = _opening_debts().subquery()
        query = query.outerjoin(due, due.c.case_id == Case.id).outerjoin(old, old.c.case_id == Case.id)
        cents = func.coalesce(due.c.cents, 0) + func.coalesce(old.c.cents, 0)
        order = [cents.desc() if descending else cents]
    elif descending:
        order = [Case.sort_key.desc()]
    query = query.order_by(*order, Case.sort_key, Case.id).offset(offset)
    rows = session.execute(query if limit is None else query.limit(limit))
    return [
        Listed(case_id, name, kind, label, status, f"{first} {last}".strip(), review, capacity)
        for case_id, name, kind, label, status, first, last, review, capacity in rows
    ]


def _opening_debts() -> Select[int, int]:
    """What payers owed when their case was imported and have not paid since, per case."""
    loose = func.sum(LedgerEntry.amount_cents)
    owing = (
        select(LedgerEntry.case_id, loose.label("cents")).where(LedgerEntry.invoice_id.is_(None))
        .group_by(LedgerEntry.case_id, LedgerEntry.payer_id).having(loose > 0).subquery()
    )
    return select(owing.c.case_id, func.sum(owing.c.cents).label("cents")).group_by(owing.c.case_id)


def count_people(session: Session, visibility: Sees, types: Sequence[CaseType], statuses: Sequence[CaseStatus]) -> int:
    """How many different people take part in cases of these kinds and statuses."""
    query = select(func.count(Participant.person_id.distinct())).where(Participant.status == ParticipantStatus.ACTIVE)
    counted = and_(Case.type.in_(types), Case.status.in_(statuses))
    if visibility.everything and not visibility.but:
        # Mostly all of them count: to leave the others out costs a third of looking up the case of each participant.
        query = query.where(Participant.case_id.not_in(select(Case.id).where(~counted)))
    else:
        query = query.join(Case, Case.id == Participant.case_id).where(seen(visibility), counted)
    return session.scalar(query) or 0


@dataclass(frozen=True, slots=True)
class Dated:
    """An appointment as a case page names it."""

    appointment_id: int
    on: date
    at: time
    minutes: int
    starts_at: datetime
    status: AppointmentStatus
    service: str
    format: SessionFormat
    location: str
    series_id: int | None
    fee_cents: int
    confidential: bool
    """Whether it is confidential to somebody who takes part."""


_DATED: Select[*tuple[Any, ...]] = (
    select(Appointment.id, Appointment.local_date, Appointment.local_time, Appointment.minutes,
           Appointment.starts_at, Appointment.status, Service.name, Appointment.format,
           func.coalesce(Location.name, ""), Appointment.series_id, Appointment.fee_cents,
           select(Attendance.id).where(Attendance.appointment_id == Appointment.id, Attendance.confidential).exists())
    .join(Service, Service.id == Appointment.service_id)
    .outerjoin(Location, Location.id == Appointment.location_id)
    .where(Appointment.case_id == bindparam("case_id"))
)
_UPCOMING = _DATED.where(
    Appointment.starts_at > bindparam("moment"), Appointment.status.in_(AHEAD)
).order_by(Appointment.starts_at, Appointment.id)
_RECENT = _DATED.where(Appointment.starts_at <= bindparam("moment")).order_by(
    Appointment.starts_at.desc(), Appointment.id.desc()
).limit(bindparam("most"))


def upcoming(session: Session, case_id: int, moment: datetime, limit: int | None = None) -> list[Dated]:
    """Appointments ahead that are not cancelled, next first (C03)."""
    query = _UPCOMING if limit is None else _UPCOMING.limit(limit)
    rows = session.connection().execute(query, {"case_id": case_id, "moment": moment})
    return [Dated(*row) for row in rows]


def recent(session: Session, case_id: int, moment: datetime, limit: int) -> list[Dated]:
    """Appointments that have begun, newest first."""
    rows = session.connection().execute(_RECENT, {"case_id": case_id, "moment": moment, "most": limit})
    return [Dated(*row) for row in rows]


_APPOINTMENTS: BindParameter[Any] = bindparam("appointment_ids", expanding=True)
_ATTENDANCE = select(Attendance.appointment_id, Attendance.status).where(Attendance.appointment_id.in_(_APPOINTMENTS))
_NOTE_STATES = select(Note.appointment_id, Note.status).where(
    Note.appointment_id.in_(_APPOINTMENTS), Note.kind == bindparam("kind")
).order_by(Note.id)


def attendance_at(session: Session, appointment_ids: Sequence[int]) -> list[tuple[int, AttendanceStatus]]:
    """Everybody's attendance at some appointments."""
    rows = session.connection().execute(_ATTENDANCE, {"appointment_ids": list(appointment_ids)})
    return [(appointment_id, status) for appointment_id, status in rows]


def note_states(session: Session, appointment_ids: Sequence[int], kind: NoteKind) -> dict[int, NoteStatus]:
    """Where the main note of each appointment stands; nothing of what is in it."""
    rows = session.connection().execute(_NOTE_STATES, {"appointment_ids": list(appointment_ids), "kind": kind})
    return {appointment_id: status for appointment_id, status in rows if appointment_id is not None}


_CREDIT = select(func.coalesce(-func.sum(LedgerEntry.amount_cents), 0)).where(
    LedgerEntry.invoice_id == ChargeShare.invoice_id, LedgerEntry.charge_id == Charge.id,
    LedgerEntry.kind == EntryKind.CREDIT,
).scalar_subquery()
_INVOICED = (
    select(Charge.appointment_id, ChargeShare.amount_cents, OpenInvoice.open_cents, _CREDIT)
    .join(ChargeShare, ChargeShare.charge_id == Charge.id)
    .join(OpenInvoice, OpenInvoice.invoice_id == ChargeShare.invoice_id)
    .where(Charge.appointment_id.in_(_APPOINTMENTS), Charge.withdrawn_at.is_(None))
)


def invoiced(session: Session, appointment_ids: Sequence[int]) -> dict[int, tuple[int, int, int]]:
    """Of each invoiced appointment: cents on invoices, still open on those that carry them, and taken off by credit."""
    rows = session.connection().execute(_INVOICED, {"appointment_ids": list(appointment_ids)})
    found: dict[int, tuple[int, int, int]] = {}
    for appointment_id, cents, still_open, taken_off in rows:
        total, due, waived = found.get(appointment_id, (0, 0, 0))
        found[appointment_id] = (total + cents, due + min(cents, still_open), waived + int(taken_off))
    return found


def people_with_contacts(session: Session, case_id: int) -> list[tuple[Participant, Person]]:
    """Everybody who takes or took part, with how to reach them: those who are there first, in order."""
    rows = session.execute(_with_contacts(), {"case_id": case_id})
    return [(participant, person) for participant, person in rows]


@cache
def _with_contacts() -> Select[Participant, Person]:
    return (
        select(Participant, Person).join(Person, Person.id == Participant.person_id)
        .where(Participant.case_id == bindparam("case_id")).options(selectinload(Person.contacts))
        .order_by(Participant.left_on.is_not(None), Participant.position, Participant.id)
    )


_MEMBERSHIPS = select(Participant.person_id, Case.id, Case.name, Case.type).join(
    Case, Case.id == Participant.case_id
).where(
    Participant.person_id.in_(select(Participant.person_id).where(
        Participant.case_id == bindparam("case_id"), Participant.status == ParticipantStatus.ACTIVE)),
    Participant.status == ParticipantStatus.ACTIVE, Case.id != bindparam("case_id"),
    Case.type.in_(bindparam("types", expanding=True)), Case.status != CaseStatus.ARCHIVED,
).order_by(Case.sort_key, Case.id)
_LINKED = select(Case.id, Case.name, Case.type).where(
    or_(Case.id == bindparam("came_from_id"), Case.came_from_id == bindparam("case_id"))
).order_by(Case.opened_on, Case.id)
"""A bound nothing, and not the word NULL, so that both sides are looked up in an index."""


def memberships(
    session: Session, case_id: int, types: Sequence[CaseType], visibility: Sees
) -> list[tuple[int, int, str, CaseType]]:
    """Other cases of these kinds in which a case's people take part, as far as somebody may see them: who, which."""
    rows = session.connection().execute(_MEMBERSHIPS.where(seen(visibility)), {"case_id": case_id, "types": types})
    return [(person_id, found, name, kind) for person_id, found, name, kind in rows]


def linked(
    session: Session, case: Case, visibility: Sees
) -> tuple[list[tuple[int, str, CaseType]], list[tuple[int, str, CaseType]]]:
    """The case this one came from and the cases it led to, as far as somebody may see them (X15)."""
    rows = session.connection().execute(
        _LINKED.where(seen(visibility)), {"came_from_id": case.came_from_id, "case_id": case.id})
    found = [(case_id, name, kind) for case_id, name, kind in rows]
    return [row for row in found if row[0] == case.came_from_id], [row for row in found if row[0] != case.came_from_id]


_STAFF_NAMES = select(Staff.id, Staff.first_name, Staff.last_name).where(
    Staff.id.in_(bindparam("staff_ids", expanding=True)))


def staff_names(session: Session, staff_ids: Sequence[int]) -> dict[int, str]:
    """Names of members of staff."""
    rows = session.connection().execute(_STAFF_NAMES, {"staff_ids": list(staff_ids)})
    return {staff_id: f"{first} {last}".strip() for staff_id, first, last in rows}


def has_note(session: Session, appointment_id: int) -> bool:
    """Whether a note of any kind was begun for an appointment."""
    kept = (
        select(Note.id).where(Note.appointment_id == appointment_id),
        select(PsychotherapyNote.id).where(PsychotherapyNote.appointment_id == appointment_id),
    )
    return session.scalar(union(*kept).limit(1)) is not None
