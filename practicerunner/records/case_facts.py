"""The facts behind a case's workflow summary and its line in the client list.

Every query takes many cases at once, so that a list costs as many statements as one case; and every statement is built
once, because building one costs as much as running it.
"""

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from functools import cache
from typing import Any, NamedTuple

from sqlalchemy import BindParameter, Executable, Select, and_, bindparam, func, select, union
from sqlalchemy import case as case_when
from sqlalchemy.orm import Session

from practicerunner.records.arrangements import BillingArrangement, PayerShare
from practicerunner.records.billing import LedgerEntry, OpenInvoice, Payment
from practicerunner.records.cases import Case, PaperReceived, Participant, PaymentMethod
from practicerunner.records.keeping import UNRECORDED
from practicerunner.records.notes import Note
from practicerunner.records.payments import came_in
from practicerunner.records.people import Payer, Person
from practicerunner.records.scheduling import Appointment, Attendance
from practicerunner.records.uninvoiced import UninvoicedRow
from practicerunner.vocabulary import (
    AppointmentStatus,
    CaseType,
    NoteKind,
    NoteStatus,
    PaperKind,
    ParticipantStatus,
)

AHEAD = (AppointmentStatus.SCHEDULED, AppointmentStatus.CONFIRMED, AppointmentStatus.ARRIVED)

_CASES: BindParameter[Any] = bindparam("case_ids", expanding=True)
_PEOPLE = (
    select(Participant.case_id, Participant.status, Person.id, Person.first_name, Person.last_name,
           Person.preferred_name)
    .join(Person, Person.id == Participant.person_id)
    .where(Participant.case_id.in_(_CASES), Participant.status != ParticipantStatus.LEFT)
    .order_by(Participant.case_id, Participant.position, Participant.id)
)
_PAPERS = select(PaperReceived.case_id, PaperReceived.person_id, PaperReceived.kind).where(
    PaperReceived.person_id.in_(select(Participant.person_id).where(Participant.case_id.in_(_CASES)))
).distinct()
_RETURNED = select(Note.case_id, Note.id).where(
    Note.case_id.in_(_CASES), Note.status == NoteStatus.RETURNED
).order_by(Note.service_date, Note.id)
_ATTENDANCE_MISSING = (
    select(Appointment.case_id, Appointment.id, Appointment.local_date, Appointment.starts_at)
    .join(Attendance, Attendance.appointment_id == Appointment.id)
    .where(Attendance.case_id.in_(_CASES), Attendance.status.in_(UNRECORDED),
           Appointment.ends_at < bindparam("moment"), Appointment.status != AppointmentStatus.CANCELLED)
    .distinct().order_by(Appointment.starts_at)
)
_ARRANGED = select(
    BillingArrangement.case_id, BillingArrangement.person_id, BillingArrangement.valid_from,
    BillingArrangement.valid_until,
).where(BillingArrangement.case_id.in_(_CASES)).order_by(BillingArrangement.valid_from, BillingArrangement.id)
_WITH_METHOD = union(
    select(BillingArrangement.case_id).join(PayerShare, PayerShare.arrangement_id == BillingArrangement.id)
    .join(PaymentMethod, PaymentMethod.payer_id == PayerShare.payer_id)
    .where(BillingArrangement.case_id.in_(_CASES), ~PaymentMethod.removed),
    select(Participant.case_id).join(Payer, Payer.person_id == Participant.person_id)
    .join(PaymentMethod, PaymentMethod.payer_id == Payer.id)
    .where(Participant.case_id.in_(_CASES), Participant.status != ParticipantStatus.WAITLISTED,
           ~PaymentMethod.removed),
)
_WITH_PAYMENT = select(Payment.case_id).where(Payment.case_id.in_(_CASES), came_in()).distinct()


def _not_invoiced() -> Select[*tuple[Any, ...]]:
    return (
        select(Appointment.case_id, Appointment.id, Appointment.local_date)
        .join(UninvoicedRow, UninvoicedRow.appointment_id == Appointment.id)
        .where(UninvoicedRow.case_id.in_(_CASES)).order_by(Appointment.starts_at)
    )


def _open_amounts() -> Select[*tuple[Any, ...]]:
    overdue = OpenInvoice.due_on < bindparam("today")
    return select(
        OpenInvoice.case_id, func.sum(OpenInvoice.open_cents), func.sum(case_when((overdue, 1), else_=0)),
        func.sum(case_when((overdue, OpenInvoice.open_cents), else_=0)),
    ).where(OpenInvoice.case_id.in_(_CASES), OpenInvoice.open_cents > 0).group_by(OpenInvoice.case_id)


def _opening_debts() -> Select[*tuple[Any, ...]]:
    loose = func.sum(LedgerEntry.amount_cents)
    owing = (
        select(LedgerEntry.case_id, loose.label("cents"))
        .where(LedgerEntry.invoice_id.is_(None), LedgerEntry.case_id.in_(_CASES))
        .group_by(LedgerEntry.case_id, LedgerEntry.payer_id).having(loose > 0).subquery()
    )
    return select(owing.c.case_id, func.sum(owing.c.cents)).group_by(owing.c.case_id)


def _calendars() -> Select[*tuple[Any, ...]]:
    ahead = and_(Appointment.starts_at > bindparam("moment"), Appointment.status.in_(AHEAD))
    return select(
        Appointment.case_id, func.sum(case_when((ahead, 1), else_=0)),
        func.min(case_when((ahead, Appointment.starts_at))),
    ).where(
        Appointment.case_id.in_(_CASES), Appointment.status != AppointmentStatus.CANCELLED
    ).group_by(Appointment.case_id)


@cache
def _notes_due(main_notes: tuple[tuple[CaseType, NoteKind], ...]) -> Select[*tuple[Any, ...]]:
    main = case_when({kind.value: note.value for kind, note in main_notes}, value=Case.type)
    written = select(Note.id).where(
        Note.appointment_id == Appointment.id, Note.status != NoteStatus.DRAFT, Note.kind == main
    ).correlate(Appointment, Case).exists()
    return (
        select(Appointment.case_id, Appointment.id, Appointment.local_date, Appointment.ends_at)
        .join(Case, Case.id == Appointment.case_id)
        .where(Appointment.case_id.in_(_CASES), Appointment.status == AppointmentStatus.HELD, ~written)
        .order_by(Appointment.starts_at)
    )


_NOT_INVOICED, _OPEN_AMOUNTS, _OPENING_DEBTS, _CALENDARS = (
    _not_invoiced(), _open_amounts(), _opening_debts(), _calendars()
)


def _rows(session: Session, statement: Executable, case_ids: Sequence[int], **values: Any) -> Sequence[Any]:
    return session.connection().execute(statement, {"case_ids": list(case_ids)} | values).all()


def people_and_waiting(
    session: Session, case_ids: Sequence[int]
) -> list[tuple[int, ParticipantStatus, int, str, str, str]]:
    """Those who take part now and those who wait for a place: case, standing, person, first, last, preferred name."""
    return [
        (case_id, status, person, first, last, called)
        for case_id, status, person, first, last, called in _rows(session, _PEOPLE, case_ids)
    ]


def papers(session: Session, case_ids: Sequence[int]) -> list[tuple[int, int, PaperKind]]:
    """Papers that count for these cases: their own, and intakes that their people gave for another case."""
    return [(case_id, person_id, kind) for case_id, person_id, kind in _rows(session, _PAPERS, case_ids)]


def notes_due(
    session: Session, case_ids: Sequence[int], main_notes: Mapping[CaseType, NoteKind]
) -> list[tuple[int, int, date, datetime]]:
    """Held appointments whose main note nobody has signed: case, appointment, date, end. A returned note is not due."""
    rows = _rows(session, _notes_due(tuple(main_notes.items())), case_ids)
    return [(case_id, appointment_id, day, ends) for case_id, appointment_id, day, ends in rows]


def notes_returned(session: Session, case_ids: Sequence[int]) -> list[tuple[int, int]]:
    """Notes that went back to their author: case and note."""
    return [(case_id, note_id) for case_id, note_id in _rows(session, _RETURNED, case_ids)]


def attendance_missing(
    session: Session, case_ids: Sequence[int], moment: datetime
) -> list[tuple[int, int, date]]:
    """Appointments that are over and where somebody's attendance is not recorded, oldest first."""
    rows = _rows(session, _ATTENDANCE_MISSING, case_ids, moment=moment)
    return [(case_id, appointment_id, day) for case_id, appointment_id, day, _ in rows]


def not_invoiced(session: Session, case_ids: Sequence[int]) -> list[tuple[int, int, date]]:
    """Appointments that can be charged, with all attendance recorded, and are not or not in full, oldest first."""
    return [
        (case_id, appointment_id, day) for case_id, appointment_id, day in _rows(session, _NOT_INVOICED, case_ids)
    ]


def open_amounts(session: Session, case_ids: Sequence[int], today: date) -> list[tuple[int, int, int, int]]:
    """Of each case with something open: cents due, number of overdue invoices, cents overdue."""
    rows = _rows(session, _OPEN_AMOUNTS, case_ids, today=today)
    return [(case_id, int(due), int(number), int(late)) for case_id, due, number, late in rows]


def opening_debts(session: Session, case_ids: Sequence[int]) -> list[tuple[int, int]]:
    """Of each case: cents still owed from before it was imported."""
    return [(case_id, int(cents)) for case_id, cents in _rows(session, _OPENING_DEBTS, case_ids)]


class Arranged(NamedTuple):
    """For whom somebody said who pays, a participant or (``None``) the case as a whole, and for how long."""

    case_id: int
    person_id: int | None
    valid_from: date
    valid_until: date | None


def arranged(session: Session, case_ids: Sequence[int]) -> list[Arranged]:
    """For whom and from when on somebody said who pays, in the order of the first days."""
    return [Arranged(*row) for row in _rows(session, _ARRANGED, case_ids)]


def with_payment_method(session: Session, case_ids: Sequence[int]) -> set[int]:
    """Cases one of whose payers or participants has a saved card or bank account."""
    return {case_id for case_id, in _rows(session, _WITH_METHOD, case_ids)}


def with_payment(session: Session, case_ids: Sequence[int]) -> set[int]:
    """Cases for which money has come in; what is pending or has failed is none."""
    return {case_id for case_id, in _rows(session, _WITH_PAYMENT, case_ids)}


def calendars(
    session: Session, case_ids: Sequence[int], moment: datetime
) -> list[tuple[int, int, datetime | None]]:
    """Of each case that was ever given an appointment: how many are ahead, and when the next starts."""
    return [
        (case_id, int(number), starts)
        for case_id, number, starts in _rows(session, _CALENDARS, case_ids, moment=moment)
    ]
