"""Doing what a request asks, the way the calendar does it: every check anew at that moment, all of it or nothing."""

from datetime import date, datetime, time

from sqlalchemy.orm import Session

from practicerunner import clock
from practicerunner.errors import BadInput, RuleViolation, SlotTaken, Stale
from practicerunner.records import calendar, practice, requests
from practicerunner.records.cases import Case
from practicerunner.records.people import Person
from practicerunner.records.practice import Location
from practicerunner.records.requests import SchedulingRequest
from practicerunner.records.scheduling import Appointment
from practicerunner.records.staff import Staff
from practicerunner.rules import attendance as attendance_rules
from practicerunner.rules import requests as rules
from practicerunner.rules.case_types import capabilities
from practicerunner.rules.names import person_name
from practicerunner.rules.scheduling import Slot, wall
from practicerunner.vocabulary import (
    Action,
    AppointmentStatus,
    Audience,
    CancelledBy,
    RequestKind,
    RequestStatus,
    Resource,
)
from practicerunner.workflows import availability, notices
from practicerunner.workflows.access import Actor, PortalActor
from practicerunner.workflows.attendance import SetAttendance, set_agreed, set_attendance
from practicerunner.workflows.booking import Book, book, book_agreed, people_on, slot_on
from practicerunner.workflows.minors import confidential_by_default
from practicerunner.workflows.portal_access import may_for
from practicerunner.workflows.scheduling import (
    AppointmentIsFixed,
    Cancel,
    Move,
    cancel,
    cancel_agreed,
    move,
    move_agreed,
)
from practicerunner.workflows.slots import Conflict, Wanted, day_in_words, find_conflicts, resources_of

CANDIDATES = 20
"""How many free starts are looked at for one that suits everybody who takes part."""


class RequestIsClosed(RuleViolation):
    """This request was answered already."""


class AppointmentChanged(RuleViolation):
    """The appointment was changed after this was asked."""


class NotExpected(RuleViolation):
    """Who asks does not take part any more, so there is nothing to do. Decline the request to close it."""


class MayAskNoMore(RuleViolation):
    """Whoever asked may no longer ask for this person."""


class TimeIsTaken(SlotTaken):
    """That time is not free any more."""

    def __init__(self, message: str | None = None, next_free: datetime | None = None) -> None:
        super().__init__(message)
        self.next_free = next_free
        """The next start that is free, on the practice's wall clock."""


def check_open(found: SchedulingRequest, revision: int) -> None:
    """Refuse what was answered or withdrawn meanwhile, or is not any more what was shown. Raises Stale."""
    if found.status is RequestStatus.WITHDRAWN:
        raise RequestIsClosed("This request was withdrawn.")
    if found.status not in requests.OPEN:
        raise RequestIsClosed
    if found.revision != revision:
        raise Stale


def slot_ahead(session: Session, local_date: date, local_time: time, minutes: int) -> Slot:
    """The slot of a time that can be asked for or offered. Raises BadInput."""
    zone = practice.the_practice(session).zone
    if local_date > rules.last_day(clock.today(zone)):
        raise BadInput("local_date", f"Choose a time within the next {rules.MONTHS_AHEAD} months.")
    slot = slot_on(local_date, local_time.replace(second=0, microsecond=0, tzinfo=None), minutes, zone)
    if slot.starts_at <= clock.now():
        raise BadInput("local_date", "That time has passed.")
    return slot


def time_of(found: SchedulingRequest) -> tuple[date, time] | None:
    """When it would be: at the time that was offered, otherwise at the one that was asked for."""
    if found.offered_date is not None and found.offered_time is not None:
        return found.offered_date, found.offered_time
    if found.local_date is not None and found.local_time is not None:
        return found.local_date, found.local_time
    return None


def may_still_ask(session: Session, found: SchedulingRequest) -> bool:
    """Whether somebody who asked for a client may do so now; whoever asked for themselves may."""
    return found.asked_by_id is None or may_for(
        session, found.asked_by_id, found.person_id, Action.REQUEST, Resource.APPOINTMENTS, case_id=found.case_id)


def provider_of(found: SchedulingRequest, case: Case, appointment: Appointment | None) -> int:
    """With whom it would be: as the appointment is, or as the time was offered, otherwise the case's provider."""
    if appointment is not None:
        return appointment.provider_id
    return found.provider_id if found.offered_date is not None else case.provider_id


def obstacle(
    session: Session, found: SchedulingRequest, case: Case, appointment: Appointment | None, *,
    on_their_word: bool = True,
) -> RuleViolation | None:
    """Why a request cannot be granted whatever the calendar says, because something changed; ``None`` if it can.

    ``on_their_word`` is that it would be granted because of who asked, who then has to be somebody who may ask still.
    """
    if on_their_word and not may_still_ask(session, found):
        asker, client = (
            person_name(one.first_name, one.last_name, one.preferred_name)
            for one in (session.get_one(Person, found.asked_by_id), session.get_one(Person, found.person_id)))
        return MayAskNoMore(f"{asker} may no longer ask for {client}.")
    if appointment is not None:
        if appointment.status is AppointmentStatus.CANCELLED:
            return AppointmentChanged("The appointment was cancelled after this was asked.")
        if (appointment.local_date, appointment.local_time) != (found.was_date, found.was_time):
            now = f"{day_in_words(appointment.local_date)}, {appointment.local_time:%H:%M}"
            return AppointmentChanged(f"The appointment was moved to {now} after this was asked.")
    return None if _is_expected(session, found, appointment) else NotExpected()


def _is_expected(session: Session, found: SchedulingRequest, appointment: Appointment | None) -> bool:
    """Whether who asks takes part still, and on the day in question."""
    days = [clock.today(practice.the_practice(session).zone)]
    when = time_of(found)
    if appointment is None and when is not None:
        days.append(when[0])
    return all(requests.takes_part(session, found.case_id, found.person_id, day) for day in days) and (
        appointment is None or requests.expected_at(session, appointment.id, found.person_id) is not None
    )


# --- Granting


def grant(
    session: Session, actor: Actor | PortalActor, found: SchedulingRequest, case: Case, appointment: Appointment | None
) -> int:
    """Book, move or call off what a request asks, with every check of the calendar. Returns the appointment's id.

    Staff act through the calendar's own verbs; a client takes what staff offered, or what is done at once. Raises
    TimeIsTaken with the next free start, AppointmentChanged, NotExpected, AppointmentIsFixed, CaseIsArchived, BadInput.
    """
    problem = obstacle(session, found, case, appointment, on_their_word=isinstance(actor, Actor))
    if problem is not None:
        raise problem
    _check_not_past(session, actor, found, case, appointment)
    try:
        with session.begin_nested():
            if appointment is None:
                return _book(session, actor, found, case)
            if found.kind is RequestKind.MOVE:
                was = appointment.starts_at
                made = _move(session, actor, found, appointment)
                if appointment.starts_at != was and _by_another(actor, found):
                    notices.notice_moved(session, appointment, was, [found.person_id])
                return made
            made = _call_off(session, actor, found, case, appointment)
            if _by_another(actor, found):
                notices.notice_cancelled(session, appointment, [found.person_id])
            return made
    except SlotTaken as taken:
        said = str(taken) if isinstance(actor, Actor) else None
    raise TimeIsTaken(said, next_start(session, actor, found, case, appointment))


def _by_another(actor: Actor | PortalActor, found: SchedulingRequest) -> bool:
    """Whether an appointment changes on the word of somebody else than whose it is, who then hears of it."""
    return found.asked_by_id is not None if isinstance(actor, Actor) else actor.client_id is not None


def _check_not_past(
    session: Session, actor: Actor | PortalActor, found: SchedulingRequest, case: Case, appointment: Appointment | None
) -> None:
    when = time_of(found)
    if when is None:
        return
    if slot_on(*when, minutes_of(found, appointment), practice.the_practice(session).zone).starts_at <= clock.now():
        raise TimeIsTaken("That time has passed.", next_start(session, actor, found, case, appointment))


def wanted_booking(found: SchedulingRequest, case: Case, when: tuple[date, time]) -> Book:
    """The booking that a request for a new time comes to. Raises BadInput where something has to be chosen first."""
    if found.service_id is None:
        raise BadInput("service_id", "Choose the service to book.")
    if found.format is None and found.location_id is None:
        raise BadInput("format", "Choose a location, or video or phone.")
    return Book(
        case_id=case.id, provider_id=provider_of(found, case, None), service_id=found.service_id, local_date=when[0],
        local_time=when[1], minutes=found.minutes, format=found.format, location_id=found.location_id,
    )


def _book(session: Session, actor: Actor | PortalActor, found: SchedulingRequest, case: Case) -> int:
    when = time_of(found)
    if when is None:
        raise BadInput("local_date", "Choose a time.")
    wanted = wanted_booking(found, case, when)
    if found.asked_by_id is not None:  # whoever asked for them knows of it, so it is confidential to the others alone
        others = set(people_on(case, when[0])) - {found.person_id}
        wanted = wanted.model_copy(update={
            "confidential": tuple(sorted(confidential_by_default(session, case, others)))})
    return book(session, actor, wanted) if isinstance(actor, Actor) else book_agreed(session, actor, wanted)


def _move(session: Session, actor: Actor | PortalActor, found: SchedulingRequest, appointment: Appointment) -> int:
    when = time_of(found)
    if when is None:
        raise BadInput("local_date", "Choose a time.")
    stays = found.location_id is None and found.format in (None, appointment.format)
    wanted = Move(
        appointment_id=appointment.id, revision=appointment.revision, local_date=when[0], local_time=when[1],
        minutes=found.minutes or appointment.minutes, format=None if stays else found.format,
        location_id=found.location_id,
    )
    if isinstance(actor, Actor):
        return move(session, actor, wanted)
    return move_agreed(session, actor, appointment, wanted)


def _call_off(
    session: Session, actor: Actor | PortalActor, found: SchedulingRequest, case: Case, appointment: Appointment
) -> int:
    """In a group one person's place, otherwise the appointment; late or not by the moment of asking."""
    if not capabilities(case.type).is_group:
        if not isinstance(actor, Actor):
            return cancel_agreed(session, actor, appointment, found.asked_at)
        return cancel(session, actor, Cancel(
            appointment_id=appointment.id, by=CancelledBy.CLIENT, reason="On request", told_at=found.asked_at,
        ))
    theirs = next(row for row in appointment.attendances if row.person_id == found.person_id)
    if theirs.status not in attendance_rules.AHEAD:
        raise AppointmentIsFixed("Attendance is recorded; change it there instead.")
    becomes = attendance_rules.cancelled_as(
        CancelledBy.CLIENT, wall(found.asked_at, appointment.zone),
        datetime.combine(appointment.local_date, appointment.local_time),
        practice.the_practice(session).late_cancel_hours,
    )
    if not isinstance(actor, Actor):
        return set_agreed(session, actor, appointment, {found.person_id: becomes})
    return set_attendance(session, actor, SetAttendance(
        appointment_id=appointment.id, statuses={found.person_id: becomes},
    ))


# --- Whether it would be free


def next_start(
    session: Session, actor: Actor | PortalActor, found: SchedulingRequest, case: Case, appointment: Appointment | None
) -> datetime | None:
    """The next start after the time in question at which the provider, the room and everybody concerned are free."""
    zone, when, minutes = practice.the_practice(session).zone, time_of(found), minutes_of(found, appointment)
    if when is None:
        return None
    place = place_of(session, found, appointment)
    candidates = availability.next_few(
        session, provider_of(found, case, appointment), minutes,
        max(slot_on(*when, minutes, zone).starts_at, clock.now()), most=CANDIDATES,
        audience=Audience.STAFF if isinstance(actor, Actor) else Audience.EXISTING_CLIENTS,
        location_id=place.id if place else None, format=found.format or (appointment.format if appointment else None),
        except_appointment_id=appointment.id if appointment else None,
    )
    for free in candidates:
        if not clashes(session, found, case, appointment, (free.local_date, free.local_time)):
            return datetime.combine(free.local_date, free.local_time)
    return None


def clashes(
    session: Session, found: SchedulingRequest, case: Case, appointment: Appointment | None,
    when: tuple[date, time],
) -> list[Conflict]:
    """Who or what is taken already at a time that would be given to a request."""
    provider = session.get_one(Staff, provider_of(found, case, appointment))
    slot = slot_on(*when, minutes_of(found, appointment), practice.the_practice(session).zone)
    people = people_on(case, slot.local_date) if appointment is None else tuple(
        row.person_id for row in appointment.attendances if row.status not in calendar.ABSENT
    )
    wanted = Wanted(slot, resources_of(provider, place_of(session, found, appointment)), people)
    return find_conflicts(session, [wanted], except_ids=[appointment.id] if appointment else [])


def minutes_of(found: SchedulingRequest, appointment: Appointment | None) -> int:
    """How long it would last."""
    return found.minutes or (appointment.minutes if appointment else rules.USUAL_MINUTES)


def place_of(session: Session, found: SchedulingRequest, appointment: Appointment | None) -> Location | None:
    """Where it would be, if it is at one of the practice's places."""
    place_id = found.location_id
    if place_id is None and appointment is not None and found.format in (None, appointment.format):
        place_id = appointment.location_id
    return session.get(Location, place_id) if place_id is not None else None
