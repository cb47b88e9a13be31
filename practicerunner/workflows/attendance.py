"""Who came: each participant's status, and what it makes of the appointment."""

from pydantic import Field
from sqlalchemy.orm import Session

from practicerunner import clock
from practicerunner.errors import BadInput, RuleViolation, Stale
from practicerunner.records import calendar, gathering, scheduling
from practicerunner.records.cases import Case
from practicerunner.records.scheduling import Appointment
from practicerunner.rules import attendance as rules
from practicerunner.vocabulary import Action, AppointmentStatus, AttendanceStatus, CaseStatus, Resource
from practicerunner.workflows.access import Actor, PortalActor
from practicerunner.workflows.cases import CaseIsArchived
from practicerunner.workflows.commands import Command, Line, command
from practicerunner.workflows.membership import follow
from practicerunner.workflows.scheduling import appointment_for, record
from practicerunner.workflows.slots import expect_again, occupy


class AttendanceIsInvoiced(RuleViolation):
    """This attendance is on an invoice. Void the invoice first, then change the attendance."""


class AttendanceIsSigned(RuleViolation):
    """The note of this appointment is signed, so its attendance stays as it is."""


class NotYet(RuleViolation):
    """This appointment has not begun yet, so nobody can have attended or missed it."""


class SetAttendance(Command):
    """Record participants' statuses; who is not named keeps theirs."""

    appointment_id: int
    revision: int | None = None
    """Of the appointment, as it was shown; ``None`` where one click says all there is to say."""
    statuses: dict[int, AttendanceStatus] = Field(min_length=1, max_length=200)
    """Person id → status."""
    override_reason: Line = ""
    """Why somebody is expected here who is expected elsewhere at the same time (E15)."""


class AttendAll(Command):
    """Everybody who was expected came."""

    appointment_id: int


class MarkAll(Command):
    """One status for everybody who was expected, for instance no-show."""

    appointment_id: int
    status: AttendanceStatus


@command(Resource.APPOINTMENTS, Action.UPDATE)
def set_attendance(session: Session, actor: Actor, asked: SetAttendance) -> int:
    """Record who came; the appointment's own status follows. Returns the appointment id.

    Raises Stale, AttendanceIsInvoiced, AttendanceIsSigned, NotYet; SlotTaken when a cancelled time is taken by now.
    """
    found = appointment_for(session, actor, asked.appointment_id, Action.UPDATE)
    if asked.revision is not None and found.revision != asked.revision:
        raise Stale
    return _set(session, actor, found, asked.statuses, asked.override_reason)


def set_agreed(
    session: Session, client: PortalActor, found: Appointment, statuses: dict[int, AttendanceStatus]
) -> int:
    """Record what a client says of themselves at an appointment that whoever calls has locked. Returns its id."""
    return _set(session, client, found, statuses)


@command(Resource.APPOINTMENTS, Action.UPDATE)
def attend_all(session: Session, actor: Actor, asked: AttendAll) -> int:
    """Mark everybody attended who was not marked absent before. Returns the appointment id."""
    return _mark_all(session, actor, asked.appointment_id, AttendanceStatus.ATTENDED)


@command(Resource.APPOINTMENTS, Action.UPDATE)
def mark_all(session: Session, actor: Actor, asked: MarkAll) -> int:
    """Give everybody one status who was not marked absent before. Returns the appointment id."""
    return _mark_all(session, actor, asked.appointment_id, asked.status)


def _mark_all(session: Session, actor: Actor, appointment_id: int, status: AttendanceStatus) -> int:
    found = appointment_for(session, actor, appointment_id, Action.UPDATE)
    expected = {row.person_id: status for row in found.attendances if row.status not in calendar.ABSENT}
    if not expected:
        raise RuleViolation("Nobody is expected at this appointment.")
    return _set(session, actor, found, expected)


def _set(
    session: Session, actor: Actor | PortalActor, found: Appointment, statuses: dict[int, AttendanceStatus],
    override_reason: str = "",
) -> int:
    rows = {row.person_id: row for row in found.attendances}
    if not statuses.keys() <= rows.keys():
        raise BadInput("statuses", "Somebody named here does not take part in this appointment.")
    changed = {person_id: status for person_id, status in statuses.items() if rows[person_id].status is not status}
    if not changed:
        return found.id
    _check(session, found, changed)
    returning = [
        person_id for person_id, status in changed.items()
        if rows[person_id].status in scheduling.CALLED_OFF and status in rules.AHEAD
    ]
    if returning and found.status is not AppointmentStatus.CANCELLED and found.starts_at > clock.now():
        expect_again(session, actor, found, returning, override_reason)
    for person_id, status in changed.items():
        record(rows[person_id], actor, status)
    gathering.withdraw_waiting(session, found.id, list(changed))
    before, found.status = found.status, rules.appointment_status(row.status for row in found.attendances)
    if found.status is AppointmentStatus.CANCELLED:
        scheduling.release(session, [found.id])
    elif before is AppointmentStatus.CANCELLED:
        case = session.get_one(Case, found.case_id)
        if case.status is CaseStatus.ARCHIVED:
            raise CaseIsArchived
        follow(case, found)
        found.status = rules.appointment_status(row.status for row in found.attendances)
        if found.status is AppointmentStatus.CANCELLED:
            raise BadInput("statuses", "Whoever it was put back for takes part no more.")
        occupy(session, actor, found, override_reason)
        found.cancelled_reason = ""
    found.revision += 1
    session.info["detail"] = f"{before} to {found.status}; " + ", ".join(
        f"{person_id} {status}" for person_id, status in sorted(changed.items())
    )
    session.flush()
    return found.id


def _check(session: Session, found: Appointment, changed: dict[int, AttendanceStatus]) -> None:
    """Refuse what a signed note, an invoice or the clock forbids."""
    if found.starts_at > clock.now() and rules.ONLY_AFTER_THE_START & set(changed.values()):
        raise NotYet
    if calendar.has_locked_note(session, found.id):
        raise AttendanceIsSigned
    invoiced = calendar.invoiced_people(session, found.id)
    if None in invoiced or invoiced & changed.keys():
        raise AttendanceIsInvoiced
