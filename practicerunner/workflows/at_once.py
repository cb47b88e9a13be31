"""Doing at once what a client asks for alone, where the practice has decided so; all else waits as before (E18).

The checks are those of the calendar, and the time has to be among those that are shown to clients. What would change
the time of several people waits for the practice, as does whatever cannot be done at this moment.
"""

from sqlalchemy.orm import Session

from practicerunner import clock
from practicerunner.errors import BadInput, RuleViolation, Stale
from practicerunner.records import calendar, practice, requests, scheduling
from practicerunner.records.cases import Case
from practicerunner.records.requests import SchedulingRequest
from practicerunner.records.scheduling import Appointment
from practicerunner.rules.case_types import capabilities
from practicerunner.vocabulary import Audience, RequestKind, RequestStatus
from practicerunner.workflows import availability
from practicerunner.workflows.access import PortalActor
from practicerunner.workflows.asking import today_here
from practicerunner.workflows.granting import grant, minutes_of, place_of, provider_of, time_of


def grant_at_once(session: Session, actor: PortalActor, request_id: int) -> None:
    """Grant a request that was just kept, if the practice lets it and nothing stands in the way; else it waits."""
    if not practice.the_practice(session).grants_requests:
        return
    found = session.get_one(SchedulingRequest, request_id)
    case = session.get_one(Case, found.case_id)
    appointment = scheduling.appointment(session, found.appointment_id, lock=True) if found.appointment_id else None
    if not _concerns_them_alone(session, found, case, appointment) or not _is_shown(session, found, case, appointment):
        return
    asked, case_id = session.info.get("detail", ""), case.id
    try:
        appointment_id = grant(session, actor, found, case, appointment)
    except (RuleViolation, BadInput, Stale):
        return
    finally:
        session.info["case_id"], session.info["detail"] = case_id, asked
    found.status, found.appointment_id, found.decided_at = RequestStatus.ACCEPTED, appointment_id, clock.now()
    found.revision += 1
    session.info["detail"] = f"{asked}, granted at once"
    session.flush()


def _concerns_them_alone(
    session: Session, found: SchedulingRequest, case: Case, appointment: Appointment | None
) -> bool:
    """Whether nobody else's time changes: in a group one's own place, otherwise where only one person is expected."""
    if capabilities(case.type).is_group:
        return found.kind is RequestKind.CANCEL
    if appointment is None:
        return [one.id for one in requests.present(session, case.id, today_here(session))] == [found.person_id]
    return [row.person_id for row in appointment.attendances if row.status not in calendar.ABSENT] == [found.person_id]


def _is_shown(session: Session, found: SchedulingRequest, case: Case, appointment: Appointment | None) -> bool:
    """Whether a time is among the free times for clients; where none is asked for, there is nothing to look up."""
    when = time_of(found)
    if when is None:
        return found.kind is RequestKind.CANCEL
    place = place_of(session, found, appointment)
    free = availability.free_slots(
        session, provider_of(found, case, appointment), minutes_of(found, appointment),
        when[0], when[0], audience=Audience.EXISTING_CLIENTS, service_id=found.service_id,
        location_id=place.id if place else None, format=found.format or (appointment.format if appointment else None),
        except_appointment_id=appointment.id if appointment else None,
    )
    return any((slot.local_date, slot.local_time) == when for slot in free)
