"""Cases for whose appointments nobody has said who pays, and who was said to pay."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import ColumnElement, Select, and_, func, or_, select
from sqlalchemy.orm import Session, aliased

from practicerunner.records import uninvoiced
from practicerunner.records.arrangements import BillingArrangement, PayerShare
from practicerunner.records.billing import Charge
from practicerunner.records.cases import Case, Participant
from practicerunner.records.keeping import MISSED
from practicerunner.records.people import Payer, Person
from practicerunner.records.scheduling import Appointment, Attendance
from practicerunner.records.staff import STAFF_NAME, Staff
from practicerunner.vocabulary import (
    AppointmentStatus,
    AttendanceStatus,
    CaseType,
    ParticipantStatus,
)


@dataclass(frozen=True, slots=True)
class Unarranged:
    """A case that cannot be invoiced because nobody is set down to pay, with its first appointment of that kind."""

    case_id: int
    case_name: str
    case_type: CaseType
    provider_id: int
    provider: str
    first_on: date
    appointments: int
    fee_cents: int
    """Their standard fees together."""


_HAPPENS = (AppointmentStatus.SCHEDULED, AppointmentStatus.CONFIRMED, AppointmentStatus.ARRIVED, AppointmentStatus.HELD)


FREE = (AttendanceStatus.EXCUSED, AttendanceStatus.CANCELLED_BY_CLIENT, AttendanceStatus.CANCELLED_BY_PROVIDER)


def _whose(row: Any) -> ColumnElement[int]:
    """The participant of a row, 0 for a case as a whole. Most rows are of none: they must not be looked for by that."""
    return func.coalesce(row.person_id, 0)


def _to_charge() -> ColumnElement[bool]:
    """That an attendance costs something and is not charged: it is to come, took place, or was missed at a fee.

    What was charged in advance has to be settled. It is whoever this is true of that needs somebody who pays.
    """
    charged = select(Charge.id).where(
        Charge.appointment_id == Appointment.id, Charge.withdrawn_at.is_(None),
        or_(~Charge.in_advance, Charge.settled_at.is_not(None)),
        or_(Charge.person_id.is_(None), Charge.person_id == Attendance.person_id),
    ).correlate(Appointment, Attendance).exists()
    return and_(Attendance.status.not_in(FREE), ~charged, ~uninvoiced.is_free())


def select_unarranged(sees: ColumnElement[bool], together: Collection[CaseType]) -> Select[*tuple[Any, ...]]:
    """Appointments ahead or to be invoiced on whose day nobody is set down to pay.

    That is where several share one charge and nobody was ever set down, and anywhere after an arrangement's last day:
    for each participant who is charged alone, and for a case as a whole.
    """
    due = select(Attendance.id).where(Attendance.appointment_id == Appointment.id, _to_charge())
    arranged = select(BillingArrangement.id).where(
        BillingArrangement.case_id == Appointment.case_id, BillingArrangement.person_id.is_(None),
        BillingArrangement.valid_from <= Appointment.local_date).exists()
    missed = select(Attendance.id).where(
        Attendance.appointment_id == Appointment.id, Attendance.status.in_(MISSED)).exists()
    # Most cases have somebody who pays from their first appointment on; those need not be looked through.
    earlier = aliased(Appointment)
    first_on = select(func.min(earlier.local_date)).where(earlier.case_id == Case.id).correlate(Case).scalar_subquery()
    from_the_first = select(BillingArrangement.id).where(
        BillingArrangement.case_id == Case.id, BillingArrangement.person_id.is_(None),
        BillingArrangement.valid_from <= first_on).correlate(Case).exists()
    that_end = select(BillingArrangement.case_id).where(BillingArrangement.valid_until.is_not(None))
    share = Case.type.in_(list(together))
    theirs = select(Case.id).where(sees, or_(and_(share, ~from_the_first), Case.id.in_(that_end))).correlate(None)
    over, later = aliased(BillingArrangement), aliased(BillingArrangement)
    since = select(later.id).where(
        later.case_id == over.case_id, later.valid_from > over.valid_from,
        later.valid_from <= Appointment.local_date, _whose(later) == _whose(over)).correlate(over, Appointment).exists()
    due_for = due.where(or_(over.person_id.is_(None), Attendance.person_id == over.person_id))
    ended = select(over.id).where(
        over.case_id == Appointment.case_id, over.valid_until < Appointment.local_date, ~since,
        due_for.correlate(Appointment, over).exists()).correlate(Appointment).exists()
    return (
        select(Appointment.id).join(Case, Case.id == Appointment.case_id)
        .where(Appointment.case_id.in_(theirs), or_(Appointment.status.in_(_HAPPENS), missed),
               or_(and_(share, ~arranged, due.correlate(Appointment).exists()), ended))
    )


def unarranged(session: Session, sees: ColumnElement[bool], together: Collection[CaseType]) -> list[Unarranged]:
    """Cases of the types ``together`` whose appointments nobody is set down to pay for, the earliest first."""
    first = func.min(Appointment.local_date)
    query = (
        select_unarranged(sees, together).join(Staff, Staff.id == Case.provider_id)
        .with_only_columns(Case.id, Case.name, Case.type, Case.provider_id, STAFF_NAME, first, func.count(),
                           func.sum(Appointment.fee_cents))
        .group_by(Case.id, Case.name, Case.type, Case.provider_id, Staff.first_name, Staff.last_name)
        .order_by(first, Case.name, Case.id)
    )
    rows = session.execute(query)
    return [
        Unarranged(case_id, name, kind, provider_id, provider, on, number, int(cents))
        for case_id, name, kind, provider_id, provider, on, number, cents in rows
    ]


@dataclass(frozen=True, slots=True)
class SetDown:
    """Somebody who is set down to pay for a case, or for one of those who take part."""

    case_id: int
    for_id: int | None
    """The participant; none for the case as a whole."""
    payer_id: int
    person_id: int | None
    name: str


def _latest(today: date) -> list[ColumnElement[bool]]:
    """That an arrangement is the one which began last by a day, over or not."""
    later = aliased(BillingArrangement)
    since = select(later.id).where(
        later.case_id == BillingArrangement.case_id, later.valid_from > BillingArrangement.valid_from,
        later.valid_from <= today, later.person_id.is_not_distinct_from(BillingArrangement.person_id),
    ).correlate(BillingArrangement).exists()
    return [BillingArrangement.valid_from <= today, ~since]


def paying(session: Session, case_ids: Collection[int], today: date) -> list[SetDown]:
    """Who is set down to pay on a day, in order; a sponsor once for each of those who pay the rest."""
    sponsors = and_(Payer.id == BillingArrangement.sponsor_id, or_(
        BillingArrangement.sponsor_until.is_(None), BillingArrangement.sponsor_until >= today))
    query = (
        select(BillingArrangement.case_id, BillingArrangement.person_id, Payer.id, Payer.person_id, Payer.name)
        .join(PayerShare, PayerShare.arrangement_id == BillingArrangement.id)
        .join(Payer, or_(Payer.id == PayerShare.payer_id, sponsors))
        .where(BillingArrangement.case_id.in_(case_ids), *_latest(today),
               or_(BillingArrangement.valid_until.is_(None), BillingArrangement.valid_until >= today))
        .order_by(BillingArrangement.id, Payer.id == PayerShare.payer_id, PayerShare.position)
    )
    return [SetDown(*row) for row in session.execute(query)] if case_ids else []


def agreement_ended(session: Session, case_ids: Collection[int], today: date) -> set[tuple[int, int | None]]:
    """For whom an arrangement is over and none has begun since: case, and participant or none for the whole case."""
    query = select(BillingArrangement.case_id, BillingArrangement.person_id).where(
        BillingArrangement.case_id.in_(case_ids), *_latest(today), BillingArrangement.valid_until < today)
    return {(case_id, person_id) for case_id, person_id in session.execute(query)} if case_ids else set()


def taking_part(session: Session, case_ids: Collection[int]) -> list[tuple[int, int | None, Person]]:
    """Who takes part in cases, or has left and is still to be charged: case, the payer they are, person."""
    to_charge = select(Attendance.id).join(Appointment, Appointment.id == Attendance.appointment_id).where(
        Appointment.case_id == Participant.case_id, Attendance.person_id == Participant.person_id, _to_charge(),
    ).correlate(Participant).exists()
    query = (
        select(Participant.case_id, Payer.id, Person).join(Person, Person.id == Participant.person_id)
        .outerjoin(Payer, Payer.person_id == Person.id)
        .where(Participant.case_id.in_(case_ids), or_(
            Participant.status == ParticipantStatus.ACTIVE,
            and_(Participant.status == ParticipantStatus.LEFT, to_charge)))
        .order_by(Participant.position, Participant.id)
    )
    return list(session.execute(query).tuples()) if case_ids else []
