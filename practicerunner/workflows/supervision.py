"""Who supervises whom in what: for one appointment, for a case, or as somebody's default (G13)."""

from sqlalchemy.orm import Session

from practicerunner import clock
from practicerunner.errors import RuleViolation
from practicerunner.records import practice
from practicerunner.records.cases import Case
from practicerunner.records.logins import Staff
from practicerunner.records.scheduling import Appointment
from practicerunner.workflows.staff import supervisor_on


class NoSupervisor(RuleViolation):
    """Nobody is set as your supervisor, so nobody could co-sign this. Ask the practice's owner to set one."""


def supervisor_for(session: Session, author_id: int, case: Case, appointment: Appointment | None) -> Staff | None:
    """Who co-signs somebody's note: set for the appointment, else for the case, else as their default (G13)."""
    today = clock.today(practice.the_practice(session).zone)
    of_appointment = appointment.supervisor_id if appointment else None
    named = (of_appointment, case.supervisor_id, supervisor_on(session, author_id, today))
    for staff_id in named:
        person = session.get(Staff, staff_id) if staff_id is not None and staff_id != author_id else None
        if person is not None and person.active:
            return person
    return None
