"""Named queries on appointments that somebody's joining or leaving may still change."""

from datetime import date, datetime

from sqlalchemy import select
from sqlalchemy.orm import Session, selectinload

from practicerunner.records.billing import Charge
from practicerunner.records.notes import Note, PsychotherapyNote
from practicerunner.records.scheduling import Appointment
from practicerunner.vocabulary import AppointmentStatus


def unwritten_from(
    session: Session, case_id: int, day: date, moment: datetime, *, lock: bool = True
) -> list[Appointment]:
    """Appointments of a case from a local date on that nothing is written about, with their attendances, in order.

    Left out are those that took place or that nobody came to, those with a live charge, and those that have begun and
    have a note.
    """
    charged = select(Charge.id).where(
        Charge.appointment_id == Appointment.id, Charge.withdrawn_at.is_(None)
    ).exists()
    noted = (
        select(Note.id).where(Note.appointment_id == Appointment.id).exists()
        | select(PsychotherapyNote.id).where(PsychotherapyNote.appointment_id == Appointment.id).exists()
    )
    query = select(Appointment).where(
        Appointment.case_id == case_id, Appointment.local_date >= day,
        Appointment.status.not_in([AppointmentStatus.HELD, AppointmentStatus.NOT_HELD]),
        ~charged, (Appointment.starts_at > moment) | ~noted,
    ).options(selectinload(Appointment.attendances)).order_by(Appointment.id)  # as everybody locks them
    found = session.scalars(query.with_for_update(key_share=True) if lock else query)
    return sorted(found, key=lambda appointment: appointment.starts_at)
