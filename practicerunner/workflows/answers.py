"""What the practice answers to a request: accepted, declined, another time offered; and requests that came by phone."""

from datetime import date, time

from pydantic import AwareDatetime, field_validator
from sqlalchemy.orm import Session

from practicerunner import clock
from practicerunner.errors import BadInput, NotFound, RuleViolation
from practicerunner.records import practice, requests, scheduling
from practicerunner.records.cases import Case
from practicerunner.records.requests import SchedulingRequest
from practicerunner.records.scheduling import Appointment
from practicerunner.rules import requests as rules
from practicerunner.settings import settings
from practicerunner.vocabulary import Action, MessageKind, RequestKind, RequestStatus, Resource, Role, SessionFormat
from practicerunner.workflows import outbox
from practicerunner.workflows.access import Actor, authorize
from practicerunner.workflows.asking import (
    Message,
    Told,
    Wish,
    request_cancellation,
    request_move,
    request_time,
    today_here,
)
from practicerunner.workflows.booking import plausible_length, preview
from practicerunner.workflows.commands import Command, command
from practicerunner.workflows.granting import (
    TimeIsTaken,
    check_open,
    clashes,
    grant,
    may_still_ask,
    minutes_of,
    next_start,
    obstacle,
    slot_ahead,
    wanted_booking,
)
from practicerunner.workflows.minors import consenting_alone
from practicerunner.workflows.scheduling import AppointmentIsFixed, appointment_for, why_immovable


class Choice(Command):
    """What staff may have to add to a request before it can be booked."""

    request_id: int
    revision: int
    service_id: int | None = None
    format: SessionFormat | None = None
    location_id: int | None = None
    """With neither format nor location, it is where the request says."""


class Accept(Choice):
    """Do what was asked; where another time was offered, take it on the asker's word."""


class OfferAnother(Choice):
    """Offer another time, which holds no slot either."""

    local_date: date
    local_time: time
    reply: Message = ""


class Decline(Command):
    """Say no; everything stays as it is."""

    request_id: int
    revision: int
    reply: Message = ""


class RecordRequest(Command):
    """Write down what somebody asked by phone."""

    kind: RequestKind
    case_id: int
    person_id: int
    appointment_id: int | None = None
    local_date: date | None = None
    local_time: time | None = None
    minutes: int | None = None
    format: SessionFormat | None = None
    location_id: int | None = None
    message: Message = ""
    asked_at: AwareDatetime | None = None
    """When they called, if that was earlier than now."""

    _length = field_validator("minutes")(plausible_length)


Answering = tuple[SchedulingRequest, Case, Appointment | None, Role]
"""A request to be answered, locked with its appointment, and the role that may."""


def _to_answer(session: Session, actor: Actor, request_id: int, revision: int) -> Answering:
    """The door for staff. Raises NotFound for strangers, RequestIsClosed, Stale."""
    found = session.get(SchedulingRequest, request_id, with_for_update=True)
    if found is None:
        raise NotFound(actor=actor, action=Action.UPDATE, resource=Resource.APPOINTMENTS, resource_id=request_id)
    case = session.get_one(Case, found.case_id)
    appointment = scheduling.appointment(session, found.appointment_id, lock=True) if found.appointment_id else None
    role = authorize(
        session, actor, Action.CREATE if appointment is None else Action.UPDATE, Resource.APPOINTMENTS,
        responsible=[appointment.provider_id if appointment else None, case.provider_id],
        resource_id=request_id, case_id=case.id,
    )
    check_open(found, revision)
    return found, case, appointment, role


def _choose(session: Session, found: SchedulingRequest, chosen: Choice) -> None:
    """Fill in what staff chose."""
    if chosen.service_id is not None:
        found.service_id = chosen.service_id
    if chosen.format is not None or chosen.location_id is not None:
        found.format, found.location_id = chosen.format, chosen.location_id
    if found.minutes is None and found.service_id is not None:
        service = practice.service_with_fees(session, found.service_id)
        found.minutes = service.minutes if service else None


def _answered(session: Session, actor: Actor, found: SchedulingRequest, status: RequestStatus) -> None:
    found.status, found.decided_by_id, found.decided_at = status, actor.staff_id, clock.now()
    found.revision += 1
    session.flush()
    tell_the_asker(session, found)


def tell_the_asker(session: Session, found: SchedulingRequest) -> int | None:
    """Write to whoever asked that there is an answer, and no word of what it is. Returns the message's id, if any.

    Whoever asked for a client and may not any more hears nothing of it: then it is the client who is told.
    """
    asker_id = None if requests.is_confidential(session, found.id) or not may_still_ask(session, found) else (
        found.asked_by_id)
    us = practice.the_practice(session)
    subject, body = rules.answered(us.name, us.phone, settings().portal_page)
    return outbox.put(
        session, MessageKind.REQUEST_ANSWERED, f"{MessageKind.REQUEST_ANSWERED}:{found.id}:{found.revision}",
        subject, body, person_id=asker_id or found.person_id, case_id=found.case_id,
        own_address_only=asker_id is None and (
            bool(consenting_alone(session, [found.person_id])) or requests.is_confidential(session, found.id)),
    )


@command(Resource.APPOINTMENTS, Action.UPDATE)
def accept(session: Session, actor: Actor, asked: Accept) -> int:
    """Book, move or cancel as asked, or as was offered. Returns the appointment's id.

    Raises NotFound, RequestIsClosed, Stale, BadInput; and, leaving the request as it is: TimeIsTaken with the next free
    start, AppointmentChanged, NotExpected, AppointmentIsFixed, CaseIsArchived.
    """
    found, case, appointment, role = _to_answer(session, actor, asked.request_id, asked.revision)
    _choose(session, found, asked)
    appointment_id = grant(session, actor, found, case, appointment)
    found.appointment_id = appointment_id
    _answered(session, actor, found, RequestStatus.ACCEPTED)
    # The calendar's verb has written its own line of the log by now.
    session.info["case_id"], session.info["role"] = case.id, role
    session.info["detail"] = f"request {found.id}: {found.kind}"
    return appointment_id


@command(Resource.APPOINTMENTS, Action.UPDATE)
def decline(session: Session, actor: Actor, asked: Decline) -> int:
    """Say no, with a word or without. Returns the request's id. Raises NotFound, RequestIsClosed, Stale."""
    found, case, _, _ = _to_answer(session, actor, asked.request_id, asked.revision)
    found.reply = asked.reply
    _answered(session, actor, found, RequestStatus.DECLINED)
    session.info["case_id"], session.info["detail"] = case.id, str(found.kind)
    return found.id


@command(Resource.APPOINTMENTS, Action.UPDATE)
def offer_another(session: Session, actor: Actor, asked: OfferAnother) -> int:
    """Offer another time, free at this moment; the asker takes it or not. Returns the request's id.

    Raises NotFound, RequestIsClosed, Stale, BadInput, RuleViolation; TimeIsTaken with the next free start.
    """
    found, case, appointment, role = _to_answer(session, actor, asked.request_id, asked.revision)
    if found.kind is RequestKind.CANCEL:
        raise RuleViolation("A cancellation is accepted or declined; book another time after it.")
    _choose(session, found, asked)
    slot = slot_ahead(session, asked.local_date, asked.local_time, minutes_of(found, appointment))
    found.offered_date, found.offered_time, found.reply = slot.local_date, slot.local_time, asked.reply
    found.provider_id = appointment.provider_id if appointment else case.provider_id
    if appointment is not None:  # from here on it is this place of the appointment that the offer is about
        found.was_date, found.was_time = appointment.local_date, appointment.local_time
    problem = obstacle(session, found, case, appointment, on_their_word=False)  # the client takes it, or nobody
    if problem is not None:
        raise problem
    _check_bookable(session, actor, found, case, appointment)
    _answered(session, actor, found, RequestStatus.OFFERED)
    session.info["case_id"], session.info["role"] = case.id, role
    session.info["detail"] = f"{found.kind}: {slot.local_date} {slot.local_time:%H:%M}"
    return found.id


def _check_bookable(
    session: Session, actor: Actor, found: SchedulingRequest, case: Case, appointment: Appointment | None
) -> None:
    """Offer nothing that could not be taken at this moment."""
    when = found.offered_date, found.offered_time
    if when[0] is None or when[1] is None:
        return
    if appointment is None:
        taken = preview(session, actor, wanted_booking(found, case, (when[0], when[1]))).conflicts
    else:
        reason = why_immovable(session, appointment)
        if reason:
            raise AppointmentIsFixed(reason)
        taken = tuple(clashes(session, found, case, appointment, (when[0], when[1])))
    if taken:
        said = " ".join(conflict.sentence for conflict in taken)
        raise TimeIsTaken(said, next_start(session, actor, found, case, appointment))


@command(Resource.APPOINTMENTS, Action.CREATE)
def record_request(session: Session, actor: Actor, asked: RecordRequest) -> int:
    """Write down what somebody asked by phone; it waits like any other. Returns the request's id.

    Raises NotFound, BadInput, TooManyRequests, AskedBefore.
    """
    case = session.get(Case, asked.case_id)
    if case is None:
        raise NotFound(actor=actor, action=Action.CREATE, resource=Resource.APPOINTMENTS, case_id=asked.case_id)
    appointment = None
    if asked.kind is RequestKind.NEW_TIME:
        authorize(
            session, actor, Action.CREATE, Resource.APPOINTMENTS, responsible=[case.provider_id], case_id=case.id
        )
    elif asked.appointment_id is None:
        raise BadInput("appointment_id", "Choose the appointment that this is about.")
    else:
        appointment = appointment_for(session, actor, asked.appointment_id, Action.UPDATE)
        if appointment.case_id != case.id:
            raise BadInput("appointment_id", "Choose the appointment that this is about.")
    _check_asker(session, asked, appointment)
    told = Told(asked.person_id, asked.asked_at or clock.now(), asked.message, actor.staff_id)
    if told.at > clock.now():
        raise BadInput("asked_at", "Nobody can have called in the future.")
    if appointment is not None and asked.kind is RequestKind.CANCEL:
        return request_cancellation(session, appointment, told)
    if asked.local_date is None or asked.local_time is None:
        raise BadInput("local_date", "Say which date and time they ask for.")
    wish = Wish(asked.local_date, asked.local_time, asked.minutes, asked.format, asked.location_id)
    if appointment is not None:
        return request_move(session, appointment, told, wish)
    return request_time(session, case, told, wish)


def _check_asker(session: Session, asked: RecordRequest, appointment: Appointment | None) -> None:
    if not requests.takes_part(session, asked.case_id, asked.person_id, today_here(session)):
        raise BadInput("person_id", "That person does not take part.")
    if appointment is not None and requests.expected_at(session, appointment.id, asked.person_id) is None:
        raise BadInput("person_id", "That person is not expected at this appointment.")
