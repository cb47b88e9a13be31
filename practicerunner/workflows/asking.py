"""Keeping what was asked, whoever wrote it down: how much may wait, when it may be, and what is not said (E18)."""

from datetime import date, datetime, time
from typing import Annotated, NamedTuple

from pydantic import AfterValidator, Field
from sqlalchemy.orm import Session

from practicerunner import clock, ids
from practicerunner.errors import BadInput, RuleViolation
from practicerunner.records import practice, requests, scheduling
from practicerunner.records.cases import Case
from practicerunner.records.people import Person
from practicerunner.records.requests import SchedulingRequest
from practicerunner.records.scheduling import Appointment
from practicerunner.rules import requests as rules
from practicerunner.rules.texts import paragraph
from practicerunner.vocabulary import AppointmentStatus, CaseStatus, RequestKind, SessionFormat
from practicerunner.workflows.granting import slot_ahead
from practicerunner.workflows.minors import consenting_alone

Message = Annotated[str, Field(max_length=rules.LONGEST_MESSAGE), AfterValidator(paragraph)]
"""What somebody adds in their own words."""


class TooManyRequests(RuleViolation):
    """Ten requests are waiting already. Wait for an answer, or withdraw one that is not needed any more."""


class AskedBefore(RuleViolation):
    """There is a request about this appointment already. Withdraw it to ask for something else."""


class SameTimeAsked(RuleViolation):
    """This time was asked for already; the request waits for an answer."""


class TakesNoNewTimes(RuleViolation):
    """The practice books no new appointments here. Please call to talk about it."""


class Told(NamedTuple):
    """Who asks, when, and with which words."""

    person_id: int
    at: datetime
    message: str
    recorded_by_id: int | None = None
    asked_by_id: int | None = None
    """Who asks for them, where somebody acts for the client."""


class Wish(NamedTuple):
    """When, how long and how somebody would like it."""

    local_date: date
    local_time: time
    minutes: int | None = None
    format: SessionFormat | None = None
    location_id: int | None = None


def today_here(session: Session) -> date:
    """The date on the practice's wall."""
    return clock.today(practice.the_practice(session).zone)


def request_time(session: Session, case: Case, told: Told, wish: Wish) -> int:
    """Keep a request for a new time; whoever calls has authorised it. What is not said is as it was the last time."""
    if case.status is CaseStatus.ARCHIVED:
        raise TakesNoNewTimes
    last = scheduling.last_of_case(session, case.id, for_another=told.asked_by_id is not None)
    minutes = wish.minutes or (last.minutes if last else None)
    slot = slot_ahead(session, wish.local_date, wish.local_time, minutes or rules.USUAL_MINUTES)
    held_as, location_id = wish.format, wish.location_id
    if last is not None and location_id is None and held_as in (None, last.format):
        held_as, location_id = last.format, last.location_id
    return _keep(session, SchedulingRequest(
        case_id=case.id, kind=RequestKind.NEW_TIME, provider_id=case.provider_id,
        service_id=last.service_id if last else None, local_date=slot.local_date, local_time=slot.local_time,
        minutes=minutes, format=held_as, location_id=location_id,
    ), told, f"new time {slot.local_date} {slot.local_time:%H:%M}")


def request_move(session: Session, found: Appointment, told: Told, wish: Wish) -> int:
    """Keep a request to move an appointment; whoever calls has authorised it."""
    _check_ahead(found, told)
    slot = slot_ahead(session, wish.local_date, wish.local_time, wish.minutes or found.minutes)
    held_as = None if wish.location_id is None and wish.format is found.format else wish.format
    same = (slot.local_date, slot.local_time, slot.minutes) == (found.local_date, found.local_time, found.minutes)
    if same and held_as is None and wish.location_id in (None, found.location_id):
        raise BadInput("local_date", "The appointment is at that time already.")
    return _keep(session, SchedulingRequest(
        case_id=found.case_id, kind=RequestKind.MOVE, provider_id=found.provider_id, service_id=found.service_id,
        appointment_id=found.id, was_date=found.local_date, was_time=found.local_time, local_date=slot.local_date,
        local_time=slot.local_time, minutes=slot.minutes, format=held_as, location_id=wish.location_id,
    ), told, f"move {found.id} to {slot.local_date} {slot.local_time:%H:%M}")


def request_cancellation(session: Session, found: Appointment, told: Told) -> int:
    """Keep a request to cancel an appointment; whoever calls has authorised it."""
    _check_ahead(found, told)
    return _keep(session, SchedulingRequest(
        case_id=found.case_id, kind=RequestKind.CANCEL, provider_id=found.provider_id, service_id=found.service_id,
        appointment_id=found.id, was_date=found.local_date, was_time=found.local_time,
    ), told, f"cancel {found.id}")


def _check_ahead(found: Appointment, told: Told) -> None:
    """Only what had not begun when they asked can be moved or cancelled on request."""
    if found.status is AppointmentStatus.CANCELLED:
        raise RuleViolation("This appointment was cancelled.")
    if found.starts_at <= told.at:
        raise RuleViolation("This appointment has begun already. Please call the practice.")


def _keep(session: Session, made: SchedulingRequest, told: Told, detail: str) -> int:
    """Write a request, if its asker may have one more."""
    # Requests of one person wait for each other, so that none of them counts past another.
    session.get_one(Person, told.person_id, with_for_update={"key_share": True})
    waiting = requests.open_of(session, told.person_id)
    if made.appointment_id is not None and any(one.appointment_id == made.appointment_id for one in waiting):
        raise AskedBefore
    if made.appointment_id is None and any(_is_same(one, made) for one in waiting if not (
        one.asked_alone and told.asked_by_id is not None
    )):
        raise SameTimeAsked
    if len(waiting) >= rules.MOST_OPEN:
        raise TooManyRequests
    made.id, made.person_id, made.asked_at, made.message = ids.new_id(), told.person_id, told.at, told.message
    made.recorded_by_id, made.asked_by_id = told.recorded_by_id, told.asked_by_id
    made.asked_alone = made.appointment_id is None and told.asked_by_id is None and bool(
        consenting_alone(session, [told.person_id]))
    session.add(made)
    session.info["case_id"], session.info["detail"] = made.case_id, detail
    session.flush()
    return made.id


def _is_same(one: SchedulingRequest, made: SchedulingRequest) -> bool:
    """Whether a request that waits asks for the same new time."""
    return one.kind is made.kind and one.case_id == made.case_id and (
        one.local_date, one.local_time) == (made.local_date, made.local_time)
