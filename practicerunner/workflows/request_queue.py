"""The queue of requests: what waits, for how long, whether it could be granted now; and what a case or an appointment
has waiting (J04).
"""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from sqlalchemy.orm import Session

from practicerunner import clock
from practicerunner.errors import NotFound, NotPermitted
from practicerunner.records import practice, requests, scheduling
from practicerunner.records.cases import Case
from practicerunner.records.practice import Service
from practicerunner.records.requests import Asked, SchedulingRequest, Whose
from practicerunner.records.scheduling import Appointment
from practicerunner.rules import requests as rules
from practicerunner.rules.names import person_name
from practicerunner.rules.scheduling import days_since, wall
from practicerunner.vocabulary import Action, CaseType, RequestKind, RequestStatus, Resource, Role, SessionFormat
from practicerunner.workflows.access import Actor, authorize, may, visible
from practicerunner.workflows.asking import today_here
from practicerunner.workflows.cases import TREATING, case_for
from practicerunner.workflows.commands import reader
from practicerunner.workflows.granting import clashes, minutes_of, next_start, obstacle, place_of, time_of
from practicerunner.workflows.scheduling import appointment_for, why_immovable

PAGE = 25
LATELY = timedelta(days=30)
"""How long an answered request is listed."""
JUST_BEGUN = timedelta(days=1)
"""What began less than this ago may have been called off before it did, by a message that somebody hears only now."""


@dataclass(frozen=True, slots=True)
class RequestRow:
    """One request, as staff read it. Times are on the practice's wall clock."""

    request_id: int
    revision: int
    case_id: int
    case_name: str
    case_type: CaseType
    people: int
    """How many are expected at the appointment it is about."""
    kind: RequestKind
    status: RequestStatus
    asker: str
    asked_at: datetime
    age_days: int
    by_phone: bool
    asked_by: str
    """Who asked for them, where somebody acts for the client."""
    provider_id: int
    provider: str
    service_id: int | None
    appointment_id: int | None
    was: datetime | None
    asked_for: datetime | None
    offered: datetime | None
    minutes: int
    other_length: bool
    """Whether the appointment would be longer or shorter than it is."""
    format: SessionFormat | None
    location: str
    """What would change: ``None`` and empty are as it is."""
    place_id: int | None
    """Where it would be."""
    held_as: SessionFormat | None
    """How it would be held."""
    message: str
    reply: str
    answered_on: date | None
    answered_by: str
    """Empty where the asker closed it."""
    free: bool | None
    """Whether the time in question is free now; ``None`` where none is, or the request is closed."""
    problem: str
    """Why it cannot be granted whatever the calendar says."""
    lacks_service: bool
    lacks_place: bool
    """What has to be chosen before it can be booked."""
    may_answer: bool

    @property
    def is_open(self) -> bool:
        """Whether somebody has still to answer."""
        return self.status in requests.OPEN


@dataclass(frozen=True, slots=True)
class RequestQueue:
    """A page of requests, with how many there are of each status before the other filters."""

    rows: tuple[RequestRow, ...]
    total: int
    counts: dict[RequestStatus, int]
    today: date


@dataclass(frozen=True, slots=True)
class Askable:
    """An appointment ahead that somebody may ask about."""

    appointment_id: int
    starts: datetime
    minutes: int
    provider: str


@dataclass(frozen=True, slots=True)
class Asker:
    """Somebody who may ask in a case, with what is ahead of them."""

    person_id: int
    name: str
    ahead: tuple[Askable, ...]


@reader(Resource.APPOINTMENTS)
def request_queue(
    session: Session, actor: Actor, statuses: Collection[RequestStatus] = (RequestStatus.PENDING,), *,
    mine: bool | None = None, provider_id: int | None = None, kinds: Collection[RequestKind] = (),
    types: Collection[CaseType] = (), older_than: int = 0, page: int = 1,
) -> RequestQueue:
    """Requests that the actor may see, the longest waiting first, the latest answered first; a page of 25.

    ``mine`` narrows to the actor's own clients, or to the others', ``provider_id`` to those of one provider, and
    ``older_than`` to what was asked so many days ago or earlier.
    """
    sees = visible(actor, Action.READ, Resource.APPOINTMENTS)
    whose = Whose(provider_id, None if mine is None else actor.staff_id, bool(mine))
    closed = not set(statuses) & set(requests.OPEN)
    before = clock.now() - timedelta(days=older_than) if older_than else None
    rows, total = requests.listed(
        session, sees, statuses, whose=whose, kinds=kinds, types=types, asked_before=before,
        decided_after=clock.now() - LATELY if closed else None, limit=PAGE, offset=(page - 1) * PAGE,
    )
    return RequestQueue(
        tuple(_row(session, actor, one) for one in rows), total, requests.counts(session, sees, whose),
        today_here(session),
    )


@reader(Resource.APPOINTMENTS)
def whose_requests(
    session: Session, actor: Actor, statuses: Collection[RequestStatus] = (RequestStatus.PENDING,)
) -> dict[int, str]:
    """With whom the requests of some statuses are that the actor may see, by name: to choose among."""
    return dict(requests.providers_asked(session, visible(actor, Action.READ, Resource.APPOINTMENTS), statuses))


@reader(Resource.APPOINTMENTS)
def how_many_wait(session: Session, actor: Actor) -> int:
    """How many requests wait for an answer that the actor may give."""
    if not may(actor, Action.UPDATE, Resource.APPOINTMENTS):
        return 0
    sees = visible(actor, Action.UPDATE, Resource.APPOINTMENTS)
    return requests.counts(session, sees).get(RequestStatus.PENDING, 0)


@reader(Resource.APPOINTMENTS)
def requests_of_case(session: Session, actor: Actor, case_id: int) -> list[RequestRow]:
    """Open requests of a case, the longest waiting first. Raises NotFound for strangers."""
    case_for(session, actor, case_id, resource=Resource.APPOINTMENTS)
    return [_row(session, actor, one) for one in requests.open_about(session, case_id=case_id)]


@reader(Resource.APPOINTMENTS)
def requests_about(session: Session, actor: Actor, appointment_id: int) -> list[RequestRow]:
    """Open requests about one appointment. Raises NotFound for strangers."""
    appointment_for(session, actor, appointment_id)
    return [_row(session, actor, one) for one in requests.open_about(session, appointment_id=appointment_id)]


@reader(Resource.APPOINTMENTS)
def free_instead(session: Session, actor: Actor, request_id: int) -> datetime | None:
    """The first start after the time in question at which everybody is free. Raises NotFound for strangers."""
    found = session.get(SchedulingRequest, request_id)
    if found is None:
        raise NotFound(actor=actor, action=Action.READ, resource=Resource.APPOINTMENTS, resource_id=request_id)
    case = session.get_one(Case, found.case_id)
    about = scheduling.appointment(session, found.appointment_id) if found.appointment_id is not None else None
    authorize(
        session, actor, Action.READ, Resource.APPOINTMENTS,
        responsible=[about.provider_id if about else None, case.provider_id], resource_id=request_id, case_id=case.id)
    return next_start(session, actor, found, case, about)


@reader(Resource.APPOINTMENTS)
def who_may_ask(session: Session, actor: Actor, case_id: int) -> list[Asker]:
    """Who takes part in a case now, each with the appointments ahead of them. Raises NotFound for strangers."""
    case_for(session, actor, case_id, resource=Resource.APPOINTMENTS)
    found, today = [], today_here(session)
    for person in requests.present(session, case_id, today):
        ahead = requests.own_ahead(session, person.id, clock.now() - JUST_BEGUN, today, case_ids=[case_id])
        found.append(Asker(
            person.id, person_name(person.first_name, person.last_name, person.preferred_name), tuple(
                Askable(
                    one.appointment.id, datetime.combine(one.appointment.local_date, one.appointment.local_time),
                    one.appointment.minutes, one.provider.name,
                ) for one in ahead
            ),
        ))
    return found


def has_own_clients(actor: Actor) -> bool:
    """Whether "mine" says anything: for those who treat and see others' clients too."""
    return bool(actor.roles & TREATING) and bool(actor.roles & {Role.OWNER, Role.ADMIN, Role.SUPERVISOR})


def _row(session: Session, actor: Actor, one: Asked) -> RequestRow:
    found, case, appointment = one.request, one.case, one.appointment
    is_open = found.status in requests.OPEN
    about = appointment if found.kind is not RequestKind.NEW_TIME else None
    place = place_of(session, found, about)
    problem = _problem(session, one, about) if is_open else ""
    when, asks_for_time = time_of(found), found.kind is not RequestKind.CANCEL
    zone = practice.the_practice(session).zone
    return RequestRow(
        request_id=found.id, revision=found.revision, case_id=case.id, case_name=case.name, case_type=case.type,
        people=_expected(about), kind=found.kind, status=found.status,
        asker=person_name(one.person.first_name, one.person.last_name, one.person.preferred_name),
        asked_at=found.asked_at, age_days=days_since(found.asked_at, clock.now(), zone),
        by_phone=found.recorded_by_id is not None,
        asked_by=person_name(one.asked_by.first_name, one.asked_by.last_name, one.asked_by.preferred_name)
        if one.asked_by else "", provider_id=one.provider.id,
        provider=one.provider.name, service_id=found.service_id,
        appointment_id=found.appointment_id, was=rules.together(found.was_date, found.was_time),
        asked_for=rules.together(found.local_date, found.local_time),
        offered=rules.together(found.offered_date, found.offered_time), minutes=minutes_of(found, appointment),
        other_length=about is not None and found.minutes not in (None, about.minutes), format=found.format,
        location=one.location.name if one.location else "", place_id=place.id if place else None,
        held_as=found.format or (about.format if about else None), message=found.message,
        reply=found.reply, answered_on=wall(found.decided_at, zone).date() if found.decided_at else None,
        answered_by=one.answered_by.name if one.answered_by else "",
        problem=problem,
        free=not clashes(session, found, case, about, when) if is_open and not problem and when else None,
        lacks_service=asks_for_time and about is None and not _is_active(session, found.service_id),
        lacks_place=asks_for_time and found.location_id is None and _needs_place(found.format, about),
        may_answer=is_open and _may_answer(session, actor, case, about),
    )


def _problem(session: Session, one: Asked, about: Appointment | None) -> str:
    """Why it cannot be granted: what changed since, what is protected, or a time that has passed."""
    problem = obstacle(session, one.request, one.case, about)
    if problem is not None:
        return str(problem)
    reason = why_immovable(session, about) if about is not None else None
    if reason is not None:
        return reason
    when, zone = time_of(one.request), practice.the_practice(session).zone
    if when is not None and datetime.combine(*when) <= clock.wall(zone):
        return "That time has passed."
    return ""


def _expected(about: Appointment | None) -> int:
    return 0 if about is None else sum(row.status not in scheduling.CALLED_OFF for row in about.attendances)


def _is_active(session: Session, service_id: int | None) -> bool:
    service = session.get(Service, service_id) if service_id is not None else None
    return service is not None and service.active


def _needs_place(held_as: SessionFormat | None, about: Appointment | None) -> bool:
    """In person, but nobody has said where."""
    if about is not None:
        return held_as is SessionFormat.IN_PERSON and about.format is not SessionFormat.IN_PERSON
    return held_as in (None, SessionFormat.IN_PERSON)


def _may_answer(session: Session, actor: Actor, case: Case, about: Appointment | None) -> bool:
    try:
        authorize(
            session, actor, Action.UPDATE, Resource.APPOINTMENTS,
            responsible=[about.provider_id if about else None, case.provider_id], case_id=case.id,
        )
    except (NotFound, NotPermitted):
        return False
    return True
