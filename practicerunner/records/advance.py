"""Appointments that are invoiced before they take place: named queries."""

from collections.abc import Collection
from datetime import date, datetime

from sqlalchemy import ColumnElement, func, select, true
from sqlalchemy.orm import Session

from practicerunner.records.arrangements import BillingArrangement, PayerShare
from practicerunner.records.base import FOR_CHANGE
from practicerunner.records.billing import Charge, ChargeShare
from practicerunner.records.cases import Case
from practicerunner.records.keeping import UNRECORDED
from practicerunner.records.scheduling import Appointment, Attendance
from practicerunner.vocabulary import AppointmentStatus, InvoicingRhythm

_AHEAD = (AppointmentStatus.SCHEDULED, AppointmentStatus.CONFIRMED)


def booked(
    session: Session, sees: ColumnElement[bool], rhythm: InvoicingRhythm, first: date, last: date, moment: datetime
) -> list[int]:
    """Appointments ahead in a time, of cases in which somebody is invoiced in advance so, whatever was booked for."""
    arranged = select(BillingArrangement.id).join(PayerShare).where(
        BillingArrangement.case_id == Appointment.case_id, PayerShare.rhythm == rhythm).exists()
    query = select(Appointment.id).join(Case, Case.id == Appointment.case_id).where(
        sees, Appointment.local_date.between(first, last), Appointment.starts_at > moment,
        Appointment.status.in_(_AHEAD), arranged,
    )
    return list(session.scalars(query.order_by(Appointment.id)))


def lock(session: Session, appointment_ids: Collection[int]) -> list[Appointment]:
    """Appointments, locked in order of id, in the order of their time."""
    query = select(Appointment).where(Appointment.id.in_(appointment_ids)).order_by(Appointment.id)
    rows = session.scalars(query.with_for_update(of=Appointment, **FOR_CHANGE).execution_options(
        populate_existing=True)).unique().all()
    return sorted(rows, key=lambda row: (row.starts_at, row.id))


def read(session: Session, appointment_ids: Collection[int]) -> list[Appointment]:
    """Appointments in the order of their time."""
    query = select(Appointment).where(Appointment.id.in_(appointment_ids))
    return list(session.scalars(query.order_by(Appointment.starts_at, Appointment.id)).unique())


def to_settle(session: Session, sees: ColumnElement[bool] | None = None) -> list[tuple[int, int]]:
    """Appointments with their case that were invoiced in advance and are over or called off, and not settled yet."""
    unrecorded = select(Attendance.id).where(
        Attendance.appointment_id == Appointment.id, Attendance.status.in_(UNRECORDED)).exists()
    query = (
        select(Appointment.id, Appointment.case_id).join(Case, Case.id == Appointment.case_id)
        .where(true() if sees is None else sees, ~unrecorded, select(Charge.id).where(
            Charge.appointment_id == Appointment.id, Charge.in_advance, Charge.settled_at.is_(None),
            Charge.withdrawn_at.is_(None)).exists())
        .order_by(Appointment.id)
    )
    return [(appointment_id, case_id) for appointment_id, case_id in session.execute(query)]


def charges_of(session: Session, appointment_id: int) -> list[Charge]:
    """What was charged in advance for an appointment, and what was added when it was settled, in order."""
    query = select(Charge).where(
        Charge.appointment_id == appointment_id, Charge.in_advance, Charge.withdrawn_at.is_(None))
    return list(session.scalars(query.order_by(Charge.id).execution_options(populate_existing=True)))


def how_many(session: Session, appointment_id: int) -> int:
    """How many charges an appointment ever had."""
    return session.scalar(select(func.count(Charge.id)).where(Charge.appointment_id == appointment_id)) or 0


def shares(session: Session, charge_ids: Collection[int]) -> list[ChargeShare]:
    """Payers' parts of charges, read anew, in order."""
    query = select(ChargeShare).where(ChargeShare.charge_id.in_(charge_ids)).order_by(ChargeShare.id)
    return list(session.scalars(query.execution_options(populate_existing=True)))
