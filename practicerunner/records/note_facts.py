"""What a note finds ready about its session: consents that were signed, and when people meet again."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, datetime, time

from sqlalchemy import bindparam, select
from sqlalchemy.orm import Session, aliased

from practicerunner.records.forms import FormAssignment, FormResponse, FormTemplate
from practicerunner.records.scheduling import Appointment, Attendance
from practicerunner.vocabulary import AppointmentStatus, AttendanceStatus, FormPurpose


@dataclass(frozen=True, slots=True)
class SignedForm:
    """A form that somebody has signed."""

    person_id: int
    response_id: int
    submitted_at: datetime


def signed_forms(session: Session, person_ids: Collection[int], purpose: FormPurpose) -> dict[int, SignedForm]:
    """Person → the last form of a purpose that they signed, in whichever case; without one there is no entry."""
    later = aliased(FormResponse)
    query = (
        select(FormResponse.person_id, FormResponse.id, FormResponse.submitted_at)
        .join(FormAssignment, FormAssignment.id == FormResponse.assignment_id)
        .join(FormTemplate, FormTemplate.id == FormAssignment.template_id)
        .outerjoin(later, later.replaces_id == FormResponse.id)
        .where(FormResponse.person_id.in_(person_ids), FormTemplate.purpose == purpose,
               FormResponse.signature != "", later.id.is_(None))
        .order_by(FormResponse.submitted_at, FormResponse.id)
    )
    return {row[0]: SignedForm(*row) for row in session.execute(query)} if person_ids else {}


def next_after(session: Session, case_id: int, moment: datetime) -> tuple[date, time] | None:
    """Day and time on the wall clock of a case's first appointment after a moment that was not called off."""
    query = select(Appointment.local_date, Appointment.local_time).where(
        Appointment.case_id == case_id, Appointment.starts_at > moment,
        Appointment.status != AppointmentStatus.CANCELLED,
    ).order_by(Appointment.starts_at).limit(1)
    found = session.execute(query).first()
    return (found[0], found[1]) if found is not None else None


_PRESENT_AT = select(Attendance.appointment_id, Attendance.person_id).where(
    Attendance.appointment_id.in_(bindparam("appointment_ids", expanding=True)),
    Attendance.status.in_(bindparam("statuses", expanding=True)),
)


def present_at(
    session: Session, appointment_ids: Collection[int], statuses: Collection[AttendanceStatus]
) -> dict[int, set[int]]:
    """Appointment → who was there, of several at once."""
    found: dict[int, set[int]] = {one: set() for one in appointment_ids}
    if appointment_ids:
        for appointment_id, person_id in session.execute(_PRESENT_AT, {
            "appointment_ids": list(appointment_ids), "statuses": list(statuses),
        }):
            found[appointment_id].add(person_id)
    return found
