"""What clients ask for: a new time, another time, a cancellation; what they were offered; what is theirs (E18, I05).

A client asks about a case in which they take part now, and about appointments at which they are expected. All else
does not exist for them. What they ask holds no slot (DEC9): staff grant it in ``answers``, or it is done at once where
the practice decided so.
"""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, datetime, time

from pydantic import field_validator
from sqlalchemy.orm import Session

from practicerunner import clock
from practicerunner.errors import BadInput, NotFound, RuleViolation
from practicerunner.records import requests, scheduling
from practicerunner.records.cases import Case
from practicerunner.records.practice import Location
from practicerunner.records.requests import Asked, OwnAppointment, SchedulingRequest
from practicerunner.records.scheduling import Appointment
from practicerunner.rules import requests as rules
from practicerunner.rules.availability import FreeSlot
from practicerunner.rules.case_types import capabilities
from practicerunner.rules.permissions import PortalRole
from practicerunner.vocabulary import (
    Action,
    AttendanceStatus,
    Audience,
    CancelledBy,
    CaseStatus,
    RequestKind,
    RequestStatus,
    Resource,
    SessionFormat,
)
from practicerunner.workflows import availability
from practicerunner.workflows.access import PortalActor
from practicerunner.workflows.asking import (
    Message,
    Told,
    Wish,
    request_cancellation,
    request_move,
    request_time,
    today_here,
)
from practicerunner.workflows.at_once import grant_at_once
from practicerunner.workflows.booking import plausible_length
from practicerunner.workflows.cases import CaseIsArchived
from practicerunner.workflows.commands import Command, command, reader
from practicerunner.workflows.granting import (
    AppointmentChanged,
    NotExpected,
    RequestIsClosed,
    check_open,
    grant,
)
from practicerunner.workflows.minors import consenting_alone
from practicerunner.workflows.portal_access import authorize_portal, called, may_portal
from practicerunner.workflows.scheduling import AppointmentIsFixed, cancelled_as

SHOWN = 100
"""How many of somebody's requests are listed."""


class NotPossible(RuleViolation):
    """This is not possible any more. Please ask for another time, or call the practice."""


class AskForTime(Command):
    """A client asks for an appointment at a time of their own choosing."""

    case_id: int
    local_date: date
    local_time: time
    minutes: int | None = None
    """``None``: as long as the last one, or as the service lasts."""
    format: SessionFormat | None = None
    """``None``: where the last one was."""
    message: Message = ""

    _length = field_validator("minutes")(plausible_length)


class AskToMove(Command):
    """A client asks to have one appointment at another time; of a series this one only."""

    appointment_id: int
    local_date: date
    local_time: time
    minutes: int | None = None
    format: SessionFormat | None = None
    """``None``: as it is."""
    message: Message = ""

    _length = field_validator("minutes")(plausible_length)


class AskToCancel(Command):
    """A client asks to be let off one appointment."""

    appointment_id: int
    message: Message = ""


class Withdraw(Command):
    """Take a request back that nobody has granted yet."""

    request_id: int


class TakeOffer(Command):
    """Take the time that the practice has offered, as it was shown."""

    request_id: int
    revision: int


class DeclineOffer(Command):
    """Say no to the time that the practice has offered; everything stays as it is."""

    request_id: int
    revision: int


@dataclass(frozen=True, slots=True)
class MyRequest:
    """One of somebody's own requests, as they read it."""

    request_id: int
    revision: int
    case_id: int
    case_name: str
    """As ``portal_access.called``; empty once they have left, when it may name somebody whom they do not know."""
    kind: RequestKind
    status: RequestStatus
    asked_at: datetime
    provider: str
    was: datetime | None
    """When the appointment was that they asked to move or cancel; on the practice's wall clock, like all times here."""
    asked_for: datetime | None
    offered: datetime | None
    minutes: int | None
    format: SessionFormat | None
    message: str
    reply: str
    decided_at: datetime | None
    """When it was answered, or taken back."""


@dataclass(frozen=True, slots=True)
class MyAppointment:
    """An appointment ahead of somebody, as they read it: nothing of who else comes."""

    appointment_id: int
    case_id: int
    case_name: str
    local_date: date
    local_time: time
    minutes: int
    zone: str
    starts_at: datetime
    format: SessionFormat
    location: str
    address: str
    provider: str
    status: AttendanceStatus
    """Their own."""
    request_id: int | None
    """Their open request about it."""
    video_link: str = ""
    """Where to meet by video."""
    may_move: bool = True
    """Whether moving it is theirs to ask for: a group's session is everybody's."""
    is_late: bool = False
    """Whether a cancellation would come late now, so that it may cost something (F04)."""


# --- The doors


def own_case(session: Session, actor: PortalActor, case_id: int, action: Action = Action.REQUEST) -> Case:
    """A case in which somebody takes part now. Raises NotFound."""
    case = session.get(Case, case_id)
    if case is None or not requests.takes_part(session, case.id, actor.for_id, today_here(session)):
        raise NotFound(actor=actor, action=action, resource=Resource.APPOINTMENTS, case_id=case.id if case else None)
    authorize_portal(session, actor, action, Resource.APPOINTMENTS, case_id=case.id)
    return case


def own_appointment(session: Session, actor: PortalActor, appointment_id: int) -> Appointment:
    """An appointment at which somebody is expected, of a case in which they take part now. Raises NotFound."""
    found, for_another = scheduling.appointment(session, appointment_id), actor.client_id is not None
    if found is None or requests.expected_at(
        session, found.id, actor.for_id, for_another=for_another
    ) is None or not requests.takes_part(session, found.case_id, actor.for_id, today_here(session)):
        raise NotFound(
            actor=actor, action=Action.REQUEST, resource=Resource.APPOINTMENTS, resource_id=appointment_id,
            case_id=found.case_id if found else None,
        )
    authorize_portal(
        session, actor, Action.REQUEST, Resource.APPOINTMENTS, case_id=found.case_id, resource_id=found.id)
    return found


def own_request(session: Session, actor: PortalActor, request_id: int) -> SchedulingRequest:
    """Somebody's own request, locked. Raises NotFound."""
    found = session.get(SchedulingRequest, request_id, with_for_update=True)
    if found is None or found.person_id != actor.for_id or (
        actor.client_id is not None and (
            requests.is_confidential(session, found.id) or _is_theirs_alone(session, actor, [found]))
    ):
        raise NotFound(
            actor=actor, action=Action.REQUEST, resource=Resource.APPOINTMENTS, resource_id=request_id,
            case_id=found.case_id if found else None,
        )
    authorize_portal(session, actor, Action.REQUEST, Resource.APPOINTMENTS, case_id=found.case_id)
    session.info["case_id"] = found.case_id
    return found


def _is_theirs_alone(session: Session, actor: PortalActor, found: Collection[SchedulingRequest]) -> set[int]:
    """Of some requests those that a client asked for themselves who consented as a minor: not for who acts for them.

    They stay so when the consent turns to a parent's, or the client comes of age (A23).
    """
    if actor.client_id is None:
        return set()
    alone = consenting_alone(session, [actor.client_id])
    return {
        one.id for one in found
        if one.asked_alone or (alone and one.appointment_id is None and one.asked_by_id is None)
    }


# --- Asking


@command(Resource.APPOINTMENTS, Action.REQUEST)
def ask_for_time(session: Session, actor: PortalActor, asked: AskForTime) -> int:
    """Ask for a new time. Returns the request's id. Raises NotFound, BadInput, TooManyRequests, TakesNoNewTimes."""
    case = own_case(session, actor, asked.case_id)
    made = request_time(session, case, _told(actor, asked.message), Wish(
        asked.local_date, asked.local_time, asked.minutes, asked.format))
    grant_at_once(session, actor, made)
    return made


@command(Resource.APPOINTMENTS, Action.REQUEST)
def ask_to_move(session: Session, actor: PortalActor, asked: AskToMove) -> int:
    """Ask to move an appointment. Returns the request's id. Raises NotFound, BadInput, TooManyRequests, AskedBefore."""
    found = own_appointment(session, actor, asked.appointment_id)
    made = request_move(session, found, _told(actor, asked.message), Wish(
        asked.local_date, asked.local_time, asked.minutes, asked.format))
    grant_at_once(session, actor, made)
    return made


@command(Resource.APPOINTMENTS, Action.REQUEST)
def ask_to_cancel(session: Session, actor: PortalActor, asked: AskToCancel) -> int:
    """Ask to cancel an appointment. Returns the request's id. Raises NotFound, TooManyRequests, AskedBefore."""
    found = own_appointment(session, actor, asked.appointment_id)
    made = request_cancellation(session, found, _told(actor, asked.message))
    grant_at_once(session, actor, made)
    return made


def _told(actor: PortalActor, message: str) -> Told:
    """Who asks for whom, now."""
    return Told(actor.for_id, clock.now(), message, asked_by_id=None if actor.client_id is None else actor.person_id)


# --- What becomes of it


@command(Resource.APPOINTMENTS, Action.REQUEST)
def withdraw(session: Session, actor: PortalActor, asked: Withdraw) -> int:
    """Take one's own request back. Returns its id. Raises NotFound, RequestIsClosed."""
    found = own_request(session, actor, asked.request_id)
    check_open(found, found.revision)
    _close(found, RequestStatus.WITHDRAWN)
    session.flush()
    return found.id


@command(Resource.APPOINTMENTS, Action.REQUEST)
def take_offer(session: Session, actor: PortalActor, asked: TakeOffer) -> int:
    """Take the offered time, if it is still free. Returns the appointment's id.

    Raises NotFound, RequestIsClosed, Stale, NotPossible; TimeIsTaken with the next free start, and the offer stays.
    """
    found = own_request(session, actor, asked.request_id)
    check_open(found, asked.revision)
    if found.status is not RequestStatus.OFFERED:
        raise RequestIsClosed("The practice has not offered another time yet.")
    case = own_case(session, actor, found.case_id)
    appointment = scheduling.appointment(session, found.appointment_id, lock=True) if found.appointment_id else None
    try:
        appointment_id = grant(session, actor, found, case, appointment)
    except (AppointmentChanged, NotExpected, AppointmentIsFixed, CaseIsArchived, BadInput):
        raise NotPossible from None  # why, is for the practice to read
    found.status, found.appointment_id, found.decided_at = RequestStatus.ACCEPTED, appointment_id, clock.now()
    found.revision += 1
    session.info["case_id"] = case.id
    session.info["detail"] = f"request {found.id}, offered by {found.decided_by_id}"
    session.flush()
    return appointment_id


@command(Resource.APPOINTMENTS, Action.REQUEST)
def decline_offer(session: Session, actor: PortalActor, asked: DeclineOffer) -> int:
    """Say no to the offered time. Returns the request's id. Raises NotFound, RequestIsClosed, Stale."""
    found = own_request(session, actor, asked.request_id)
    check_open(found, asked.revision)
    if found.status is not RequestStatus.OFFERED:
        raise RequestIsClosed("The practice has not offered another time yet.")
    _close(found, RequestStatus.DECLINED)
    session.flush()
    return found.id


def _close(found: SchedulingRequest, status: RequestStatus) -> None:
    """The asker ends it themselves."""
    found.status, found.decided_by_id, found.decided_at = status, None, clock.now()
    found.revision += 1


# --- What is theirs


@reader(Resource.APPOINTMENTS)
def my_requests(session: Session, actor: PortalActor) -> list[MyRequest]:
    """What somebody has asked, the newest first; of a client for whom they act, in the cases that are open to them."""
    names = {
        case.id: called(session, actor, case)
        for case in requests.own_cases(session, actor.for_id, today_here(session))
    }
    found = requests.of_person(session, actor.for_id, SHOWN, for_another=actor.client_id is not None)
    open_to = _open_to(session, actor, {one.request.case_id for one in found})
    theirs = _is_theirs_alone(session, actor, [one.request for one in found])
    return [
        _mine(actor, one, names) for one in found if one.request.case_id in open_to and one.request.id not in theirs
    ]


def _open_to(session: Session, actor: PortalActor, case_ids: Collection[int]) -> set[int]:
    """Those of some cases whose appointments the actor may read."""
    return {
        case_id for case_id in case_ids
        if may_portal(session, actor, Action.READ, Resource.APPOINTMENTS, case_id=case_id)
    }


def _mine(actor: PortalActor, one: Asked, names: dict[int, str]) -> MyRequest:
    """A request for its reader: words between a client and the practice are not for who acts for them.

    What somebody else wrote who acts for the client, too, is for representatives and not for helpers.
    """
    found, together = one.request, rules.together
    is_theirs = actor.client_id is None or found.asked_by_id == actor.person_id or (
        found.asked_by_id is not None and actor.role is PortalRole.REPRESENTATIVE)
    return MyRequest(
        found.id, found.revision, found.case_id, names.get(found.case_id, ""), found.kind, found.status,
        found.asked_at, one.provider.name, together(found.was_date, found.was_time),
        together(found.local_date, found.local_time), together(found.offered_date, found.offered_time), found.minutes,
        found.format, found.message if is_theirs else "", found.reply if is_theirs else "", found.decided_at,
    )


@reader(Resource.APPOINTMENTS)
def my_appointments(session: Session, actor: PortalActor) -> list[MyAppointment]:
    """Appointments ahead at which somebody is expected, by time."""
    asked = _about(requests.open_of(session, actor.for_id))
    ahead = requests.own_ahead(
        session, actor.for_id, clock.now(), today_here(session), for_another=actor.client_id is not None)
    open_to = _open_to(session, actor, {one.case.id for one in ahead})
    return [_ahead(session, actor, one, asked.get(one.appointment.id)) for one in ahead if one.case.id in open_to]


@dataclass(frozen=True, slots=True)
class Coming:
    """What comes next for somebody, and what they have asked that is not closed."""

    next_up: MyAppointment | None
    offers: tuple[datetime, ...]
    """Times that the practice has offered, on its wall clock."""
    pending: int
    """What waits for the practice."""


def coming(session: Session, actor: PortalActor, case_ids: Collection[int]) -> Coming:
    """What comes next, as far as it is open to the actor; ``case_ids`` are where the person takes part now."""
    for_another = actor.client_id is not None
    asked = requests.open_of(session, actor.for_id, for_another=for_another)
    open_to = _open_to(session, actor, {*case_ids, *(one.case_id for one in asked)})
    ahead = requests.own_ahead(
        session, actor.for_id, clock.now(), today_here(session), case_ids=open_to.intersection(case_ids), limit=1,
        for_another=for_another)
    alone = _is_theirs_alone(session, actor, asked)
    theirs = [one for one in asked if one.case_id in open_to and one.id not in alone]
    offered = (
        rules.together(one.offered_date, one.offered_time) for one in theirs if one.status is RequestStatus.OFFERED)
    return Coming(
        _ahead(session, actor, ahead[0], _about(asked).get(ahead[0].appointment.id)) if ahead else None,
        tuple(at for at in offered if at is not None),
        sum(one.status is RequestStatus.PENDING for one in theirs),
    )


def _about(asked: Collection[SchedulingRequest]) -> dict[int, int]:
    """Appointment → the request about it."""
    return {one.appointment_id: one.id for one in asked if one.appointment_id}


def _ahead(session: Session, actor: PortalActor, one: OwnAppointment, request_id: int | None) -> MyAppointment:
    found, place = one.appointment, one.location or Location(name="", address="")
    return MyAppointment(
        found.id, found.case_id, called(session, actor, one.case), found.local_date, found.local_time, found.minutes,
        found.zone, found.starts_at, found.format, place.name, place.address, one.provider.name,
        one.attendance.status, request_id,
        video_link=one.provider.video_link if found.format is SessionFormat.VIDEO else "",
        may_move=not capabilities(one.case.type).is_group,
        is_late=cancelled_as(session, found, CancelledBy.CLIENT) is AttendanceStatus.LATE_CANCELLED,
    )


@reader(Resource.APPOINTMENTS)
def times_to_ask_for(
    session: Session, actor: PortalActor, case_id: int, first: date, last: date, *, moves_id: int | None = None
) -> list[FreeSlot]:
    """Free starts for existing clients that suit a case of theirs, from a date to a date. Raises NotFound, BadInput.

    ``moves_id`` is the appointment that is to be moved: of its length, with its provider, and not in its own way.
    """
    case = own_case(session, actor, case_id, Action.READ)
    if case.status is CaseStatus.ARCHIVED:
        return []
    moving = own_appointment(session, actor, moves_id) if moves_id is not None else None
    usual = moving or scheduling.last_of_case(session, case.id, for_another=actor.client_id is not None)
    return availability.free_slots(
        session, moving.provider_id if moving else case.provider_id, usual.minutes if usual else rules.USUAL_MINUTES,
        first, last, audience=Audience.EXISTING_CLIENTS, service_id=usual.service_id if usual else None,
        except_appointment_id=moves_id,
    )
