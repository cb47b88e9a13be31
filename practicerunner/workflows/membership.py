"""Who is in a case from when until when, and what that makes of its appointments' attendance rows (A16, A17).

The rows of appointments change in place: ids, revisions, holds and series stay. What was written stays too: attended,
noted or charged appointments are not looked at, whatever date is given.
"""

from collections.abc import Collection
from datetime import date

from sqlalchemy.orm import Session, object_session

from practicerunner import clock
from practicerunner.errors import BadInput
from practicerunner.records import membership
from practicerunner.records.cases import Case, Participant
from practicerunner.records.scheduling import Appointment, Attendance
from practicerunner.rules import attendance as attendance_rules
from practicerunner.rules import membership as rules
from practicerunner.rules.membership import Stay
from practicerunner.vocabulary import AppointmentStatus, AttendanceStatus, ParticipantStatus
from practicerunner.workflows.minors import confidential_by_default


class GroupIsFull(BadInput):
    """All places are taken."""

    def __init__(self, message: str) -> None:
        super().__init__("participants", message)


def stay_of(participant: Participant) -> Stay:
    """From when until when somebody takes part."""
    return Stay(participant.joined_on, participant.left_on)


def stays_of(case: Case) -> list[Stay]:
    """The stays of everybody who takes or took part; those on the waitlist have none."""
    return [stay_of(p) for p in case.participants if p.status is not ParticipantStatus.WAITLISTED]


def joinable(
    session: Session, case: Case, person_id: int | None, joined_on: date, *, lock: bool = False
) -> list[Appointment]:
    """Appointments at which somebody who joins on a day is expected from then on."""
    return [
        appointment for appointment in membership.unwritten_from(session, case.id, joined_on, clock.now(), lock=lock)
        if appointment.status is not AppointmentStatus.CANCELLED
        and all(row.person_id != person_id for row in appointment.attendances)
    ]


def attend(session: Session, case: Case, person_id: int, joined_on: date) -> int:
    """Give somebody a row at every appointment from their first day on. Returns at how many."""
    appointments = joinable(session, case, person_id, joined_on, lock=True)
    alone = confidential_by_default(session, case, [person_id])
    for appointment in appointments:
        appointment.attendances.append(_expected(case, person_id, alone))
    return len(appointments)


def attend_no_more(session: Session, case: Case, person_id: int, left_on: date) -> int:
    """Remove somebody's row from every appointment from the day of leaving on. Returns from how many."""
    removed = 0
    for appointment in membership.unwritten_from(session, case.id, left_on, clock.now()):
        removed += _drop(appointment, {person_id})
    return removed


def taking_part(case: Case, day: date) -> set[int]:
    """The people who take part in a case on a day; those of the first day also count before it."""
    return {
        p.person_id for p in case.participants
        if p.status is not ParticipantStatus.WAITLISTED and rules.takes_part(stay_of(p), day, case.opened_on)
    }


def follow(case: Case, appointment: Appointment) -> set[int]:
    """Make an appointment's rows those of whoever takes part on its day, and say who that is.

    For an appointment that comes to lie on another day, or is put back after people came and went.
    """
    there = taking_part(case, appointment.local_date)
    known = {row.person_id for row in appointment.attendances}
    _drop(appointment, known - there)
    session = object_session(appointment)
    coming = there - known
    alone = confidential_by_default(session, case, coming) if session is not None and coming else frozenset()
    for person_id in dict.fromkeys(p.person_id for p in case.participants):
        if person_id in coming:
            appointment.attendances.append(_expected(case, person_id, alone))
    return there


def _expected(case: Case, person_id: int, alone: Collection[int]) -> Attendance:
    return Attendance(
        case_id=case.id, person_id=person_id, status=AttendanceStatus.SCHEDULED, confidential=person_id in alone)


def _drop(appointment: Appointment, people: set[int]) -> int:
    has_begun = appointment.starts_at <= clock.now()
    going = [
        row for row in appointment.attendances
        if row.person_id in people and attendance_rules.goes_with_the_leaver(row.status, has_begun=has_begun)
    ]
    appointment.attendances[:] = [row for row in appointment.attendances if row not in going]
    return len(going)


def no_room(session: Session, case: Case, person_id: int | None, joined_on: date) -> str:
    """Why there is no place for somebody from a day on; empty if there is one.

    The number of places is checked for everybody who takes part from that day on, and at each appointment ahead.
    """
    if case.capacity is None:
        return ""
    full = "The one place is taken" if case.capacity == 1 else f"All {case.capacity} places are taken"
    first = rules.first_room(stays_of(case), joined_on, case.capacity)
    if first is None:
        return f"{full}. There is the waitlist instead."
    if first > joined_on:
        return f"{full} until {_said(first)}. Choose that day or a later one, or the waitlist instead."
    for appointment in joinable(session, case, person_id, joined_on):
        if places_taken(appointment) >= case.capacity:
            return f"{full} on {_said(appointment.local_date)}. There is the waitlist instead."
    return ""


def places_taken(appointment: Appointment) -> int:
    """How many take up a place at an appointment: everybody who has not called off."""
    return sum(row.status not in attendance_rules.CANCELLED for row in appointment.attendances)


def _said(day: date) -> str:
    return f"{day:%a} {day.day} {day:%b} {day.year}"
