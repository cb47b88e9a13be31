"""Named queries over several tables: finding cases, the client list, and the facts behind summaries and case pages.

Every query takes many cases at once, so that a list costs as many statements as one case.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time
from typing import Any

from sqlalchemy import ColumnElement, Select, and_, func, or_, select, true, union
from sqlalchemy import case as case_when
from sqlalchemy.orm import Session, selectinload

from practicerunner.records.base import Sees
from practicerunner.records.billing import (
    BillingArrangement,
    Charge,
    ChargeShare,
    LedgerEntry,
    OpenInvoice,
    PayerShare,
    Payment,
)
from practicerunner.records.cases import Case, PaperReceived, Participant, PaymentMethod, seen
from practicerunner.records.logins import Staff
from practicerunner.records.notes import Note, PsychotherapyNote
from practicerunner.records.payments import came_in
from practicerunner.records.people import Payer, Person
from practicerunner.records.practice import Location, Service
from practicerunner.records.scheduling import Appointment, Attendance
from practicerunner.vocabulary import (
    AppointmentStatus,
    AttendanceStatus,
    CaseStatus,
    CaseType,
    EntryKind,
    NoteKind,
    NoteStatus,
    PaperKind,
    ParticipantStatus,
    SessionFormat,
    TwoPersonLabel,
)

_UNRECORDED = (AttendanceStatus.SCHEDULED, AttendanceStatus.CONFIRMED, AttendanceStatus.ARRIVED)
_CHARGEABLE = (AttendanceStatus.ATTENDED, AttendanceStatus.NO_SHOW, AttendanceStatus.LATE_CANCELLED)
_AHEAD = (AppointmentStatus.SCHEDULED, AppointmentStatus.CONFIRMED, AppointmentStatus.ARRIVED)


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
            .where(Appointment.starts_at > moment, Appointment.status.in_(_AHEAD)).group_by(Appointment.case_id)
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


def count_people(session: Session, visibility: Sees, types: Sequence[CaseType], statuses: Sequence[CaseStatus]) -> int:
    """How many different people take part in cases of these kinds and statuses."""
    return session.scalar(
        select(func.count(Participant.person_id.distinct())).join(Case, Case.id == Participant.case_id)
        .where(seen(visibility), Case.type.in_(types), Case.status.in_(statuses),
               Participant.status == ParticipantStatus.ACTIVE)
    ) or 0


def people_and_waiting(
    session: Session, case_ids: Sequence[int]
) -> list[tuple[int, ParticipantStatus, int, str, str, str]]:
    """Those who take part now and those who wait for a place: case, standing, person, first, last, preferred name."""
    rows = session.execute(
        select(Participant.case_id, Participant.status, Person.id, Person.first_name, Person.last_name,
               Person.preferred_name)
        .join(Person, Person.id == Participant.person_id)
        .where(Participant.case_id.in_(case_ids), Participant.status != ParticipantStatus.LEFT)
        .order_by(Participant.case_id, Participant.position, Participant.id)
    )
    return [(case_id, status, person, first, last, called) for case_id, status, person, first, last, called in rows]


def papers(session: Session, case_ids: Sequence[int]) -> list[tuple[int, int, PaperKind]]:
    """Papers that count for these cases: their own, and intakes that their people gave for another case."""
    people = select(Participant.person_id).where(Participant.case_id.in_(case_ids))
    rows = session.execute(
        select(PaperReceived.case_id, PaperReceived.person_id, PaperReceived.kind)
        .where(PaperReceived.person_id.in_(people)).distinct()
    )
    return [(case_id, person_id, kind) for case_id, person_id, kind in rows]


def notes_due(
    session: Session, case_ids: Sequence[int], main_notes: Mapping[CaseType, NoteKind]
) -> list[tuple[int, int, date, datetime]]:
    """Held appointments whose main note nobody has signed: case, appointment, date, end. A returned note is not due."""
    main = case_when({kind.value: note.value for kind, note in main_notes.items()}, value=Case.type)
    written = select(Note.id).where(
        Note.appointment_id == Appointment.id, Note.status != NoteStatus.DRAFT, Note.kind == main
    ).correlate(Appointment, Case).exists()
    rows = session.execute(
        select(Appointment.case_id, Appointment.id, Appointment.local_date, Appointment.ends_at)
        .join(Case, Case.id == Appointment.case_id)
        .where(Appointment.case_id.in_(case_ids), Appointment.status == AppointmentStatus.HELD, ~written)
        .order_by(Appointment.starts_at)
    )
    return [(case_id, appointment_id, day, ends) for case_id, appointment_id, day, ends in rows]


def notes_returned(session: Session, case_ids: Sequence[int]) -> list[tuple[int, int]]:
    """Notes that went back to their author: case and note."""
    rows = session.execute(
        select(Note.case_id, Note.id).where(Note.case_id.in_(case_ids), Note.status == NoteStatus.RETURNED)
        .order_by(Note.service_date, Note.id)
    )
    return [(case_id, note_id) for case_id, note_id in rows]


def attendance_missing(
    session: Session, case_ids: Sequence[int], moment: datetime
) -> list[tuple[int, int, date]]:
    """Appointments that are over and where somebody's attendance is not recorded, oldest first."""
    rows = session.execute(
        select(Appointment.case_id, Appointment.id, Appointment.local_date, Appointment.starts_at)
        .join(Attendance, Attendance.appointment_id == Appointment.id)
        .where(Attendance.case_id.in_(case_ids), Attendance.status.in_(_UNRECORDED), Appointment.ends_at < moment,
               Appointment.status != AppointmentStatus.CANCELLED)
        .distinct().order_by(Appointment.starts_at)
    )
    return [(case_id, appointment_id, day) for case_id, appointment_id, day, _ in rows]


def not_invoiced(session: Session, case_ids: Sequence[int]) -> list[tuple[int, int, date]]:
    """Appointments that can be charged, with all attendance recorded, and carry no live charge, oldest first."""
    charged = select(Charge.id).where(
        Charge.appointment_id == Appointment.id, Charge.withdrawn_at.is_(None)
    ).exists()
    here = select(Attendance.id).where(Attendance.appointment_id == Appointment.id)
    rows = session.execute(
        select(Appointment.case_id, Appointment.id, Appointment.local_date)
        .where(
            Appointment.case_id.in_(case_ids), Appointment.fee_cents > 0, ~charged,
            here.where(Attendance.status.in_(_CHARGEABLE)).exists(),
            ~here.where(Attendance.status.in_(_UNRECORDED)).exists(),
        ).order_by(Appointment.starts_at)
    )
    return [(case_id, appointment_id, day) for case_id, appointment_id, day in rows]


def open_amounts(session: Session, case_ids: Sequence[int], today: date) -> list[tuple[int, int, int, int]]:
    """Of each case with something open: cents due, number of overdue invoices, cents overdue."""
    overdue = OpenInvoice.due_on < today
    rows = session.execute(
        select(
            OpenInvoice.case_id, func.sum(OpenInvoice.open_cents), func.sum(case_when((overdue, 1), else_=0)),
            func.sum(case_when((overdue, OpenInvoice.open_cents), else_=0)),
        ).where(OpenInvoice.case_id.in_(case_ids), OpenInvoice.open_cents > 0).group_by(OpenInvoice.case_id)
    )
    return [(case_id, int(due), int(number), int(late)) for case_id, due, number, late in rows]


def _opening_debts(case_ids: Sequence[int] | None = None) -> Select[int, int]:
    """What payers owed when their case was imported and have not paid since, per case."""
    loose = func.sum(LedgerEntry.amount_cents)
    query = select(LedgerEntry.case_id, loose.label("cents")).where(LedgerEntry.invoice_id.is_(None))
    if case_ids is not None:
        query = query.where(LedgerEntry.case_id.in_(case_ids))
    owing = query.group_by(LedgerEntry.case_id, LedgerEntry.payer_id).having(loose > 0).subquery()
    return select(owing.c.case_id, func.sum(owing.c.cents).label("cents")).group_by(owing.c.case_id)


def opening_debts(session: Session, case_ids: Sequence[int]) -> list[tuple[int, int]]:
    """Of each case: cents still owed from before it was imported."""
    return [(case_id, int(cents)) for case_id, cents in session.execute(_opening_debts(case_ids))]


def arranged(session: Session, case_ids: Sequence[int]) -> list[tuple[int, int | None]]:
    """For whom somebody said who pays: case and participant, or none for the case as a whole."""
    rows = session.execute(
        select(BillingArrangement.case_id, BillingArrangement.person_id)
        .where(BillingArrangement.case_id.in_(case_ids)).distinct()
    )
    return [(case_id, person_id) for case_id, person_id in rows]


def with_payment_method(session: Session, case_ids: Sequence[int]) -> set[int]:
    """Cases one of whose payers or participants has a saved card or bank account."""
    paying = (
        select(BillingArrangement.case_id).join(PayerShare, PayerShare.arrangement_id == BillingArrangement.id)
        .join(PaymentMethod, PaymentMethod.payer_id == PayerShare.payer_id)
        .where(BillingArrangement.case_id.in_(case_ids), ~PaymentMethod.removed)
    )
    taking_part = (
        select(Participant.case_id).join(Payer, Payer.person_id == Participant.person_id)
        .join(PaymentMethod, PaymentMethod.payer_id == Payer.id)
        .where(Participant.case_id.in_(case_ids), Participant.status != ParticipantStatus.WAITLISTED,
               ~PaymentMethod.removed)
    )
    return set(session.scalars(union(paying, taking_part)))


def with_payment(session: Session, case_ids: Sequence[int]) -> set[int]:
    """Cases for which money has come in; what is pending or has failed is none."""
    return set(session.scalars(
        select(Payment.case_id).where(Payment.case_id.in_(case_ids), came_in()).distinct()
    ))


def calendars(
    session: Session, case_ids: Sequence[int], moment: datetime
) -> list[tuple[int, int, datetime | None]]:
    """Of each case that was ever given an appointment: how many are ahead, and when the next starts."""
    ahead = and_(Appointment.starts_at > moment, Appointment.status.in_(_AHEAD))
    rows = session.execute(
        select(
            Appointment.case_id, func.sum(case_when((ahead, 1), else_=0)),
            func.min(case_when((ahead, Appointment.starts_at))),
        ).where(Appointment.case_id.in_(case_ids), Appointment.status != AppointmentStatus.CANCELLED)
        .group_by(Appointment.case_id)
    )
    return [(case_id, int(number), starts) for case_id, number, starts in rows]


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


def _dated() -> Select[*tuple[Any, ...]]:
    return (
        select(Appointment.id, Appointment.local_date, Appointment.local_time, Appointment.minutes,
               Appointment.starts_at, Appointment.status, Service.name, Appointment.format,
               func.coalesce(Location.name, ""), Appointment.series_id, Appointment.fee_cents)
        .join(Service, Service.id == Appointment.service_id)
        .outerjoin(Location, Location.id == Appointment.location_id)
    )


def upcoming(session: Session, case_id: int, moment: datetime, limit: int | None = None) -> list[Dated]:
    """Appointments ahead that are not cancelled, next first (C03)."""
    query = _dated().where(
        Appointment.case_id == case_id, Appointment.starts_at > moment, Appointment.status.in_(_AHEAD)
    ).order_by(Appointment.starts_at, Appointment.id)
    return [Dated(*row) for row in session.execute(query if limit is None else query.limit(limit))]


def recent(session: Session, case_id: int, moment: datetime, limit: int) -> list[Dated]:
    """Appointments that have begun, newest first."""
    query = _dated().where(Appointment.case_id == case_id, Appointment.starts_at <= moment)
    query = query.order_by(Appointment.starts_at.desc(), Appointment.id.desc()).limit(limit)
    return [Dated(*row) for row in session.execute(query)]


def attendance_at(session: Session, appointment_ids: Sequence[int]) -> list[tuple[int, AttendanceStatus]]:
    """Everybody's attendance at some appointments."""
    rows = session.execute(
        select(Attendance.appointment_id, Attendance.status).where(Attendance.appointment_id.in_(appointment_ids))
    )
    return [(appointment_id, status) for appointment_id, status in rows]


def note_states(session: Session, appointment_ids: Sequence[int], kind: NoteKind) -> dict[int, NoteStatus]:
    """Where the main note of each appointment stands; nothing of what is in it."""
    rows = session.execute(
        select(Note.appointment_id, Note.status)
        .where(Note.appointment_id.in_(appointment_ids), Note.kind == kind).order_by(Note.id)
    )
    return {appointment_id: status for appointment_id, status in rows if appointment_id is not None}


def invoiced(session: Session, appointment_ids: Sequence[int]) -> dict[int, tuple[int, int, int]]:
    """Of each invoiced appointment: cents on invoices, still open on those that carry them, and taken off by credit."""
    credit = select(func.coalesce(-func.sum(LedgerEntry.amount_cents), 0)).where(
        LedgerEntry.invoice_id == ChargeShare.invoice_id, LedgerEntry.charge_id == Charge.id,
        LedgerEntry.kind == EntryKind.CREDIT,
    ).scalar_subquery()
    rows = session.execute(
        select(Charge.appointment_id, ChargeShare.amount_cents, OpenInvoice.open_cents, credit)
        .join(ChargeShare, ChargeShare.charge_id == Charge.id)
        .join(OpenInvoice, OpenInvoice.invoice_id == ChargeShare.invoice_id)
        .where(Charge.appointment_id.in_(appointment_ids), Charge.withdrawn_at.is_(None))
    )
    found: dict[int, tuple[int, int, int]] = {}
    for appointment_id, cents, still_open, taken_off in rows:
        total, due, waived = found.get(appointment_id, (0, 0, 0))
        found[appointment_id] = (total + cents, due + min(cents, still_open), waived + int(taken_off))
    return found


def people_with_contacts(session: Session, case_id: int) -> list[tuple[Participant, Person]]:
    """Everybody who takes or took part, with how to reach them: those who are there first, in order."""
    rows = session.execute(
        select(Participant, Person).join(Person, Person.id == Participant.person_id)
        .where(Participant.case_id == case_id).options(selectinload(Person.contacts))
        .order_by(Participant.left_on.is_not(None), Participant.position, Participant.id)
    )
    return [(participant, person) for participant, person in rows]


def memberships(
    session: Session, case_id: int, types: Sequence[CaseType], visibility: Sees
) -> list[tuple[int, int, str, CaseType]]:
    """Other cases of these kinds in which a case's people take part, as far as somebody may see them: who, which."""
    here = select(Participant.person_id).where(
        Participant.case_id == case_id, Participant.status == ParticipantStatus.ACTIVE
    )
    rows = session.execute(
        select(Participant.person_id, Case.id, Case.name, Case.type).join(Case, Case.id == Participant.case_id).where(
            Participant.person_id.in_(here), Participant.status == ParticipantStatus.ACTIVE, Case.id != case_id,
            Case.type.in_(types), Case.status != CaseStatus.ARCHIVED, seen(visibility),
        ).order_by(Case.sort_key, Case.id)
    )
    return [(person_id, found, name, kind) for person_id, found, name, kind in rows]


def linked(
    session: Session, case: Case, visibility: Sees
) -> tuple[list[tuple[int, str, CaseType]], list[tuple[int, str, CaseType]]]:
    """The case this one came from and the cases it led to, as far as somebody may see them (X15)."""
    rows = session.execute(
        select(Case.id, Case.name, Case.type).where(
            or_(Case.id == case.came_from_id, Case.came_from_id == case.id), seen(visibility)
        ).order_by(Case.opened_on, Case.id)
    )
    found = [(case_id, name, kind) for case_id, name, kind in rows]
    return [row for row in found if row[0] == case.came_from_id], [row for row in found if row[0] != case.came_from_id]


def staff_names(session: Session, staff_ids: Sequence[int]) -> dict[int, str]:
    """Names of members of staff."""
    rows = session.execute(select(Staff.id, Staff.first_name, Staff.last_name).where(Staff.id.in_(staff_ids)))
    return {staff_id: f"{first} {last}".strip() for staff_id, first, last in rows}


def has_note(session: Session, appointment_id: int) -> bool:
    """Whether a note of any kind was begun for an appointment."""
    kept = (
        select(Note.id).where(Note.appointment_id == appointment_id),
        select(PsychotherapyNote.id).where(PsychotherapyNote.appointment_id == appointment_id),
    )
    return session.scalar(union(*kept).limit(1)) is not None
