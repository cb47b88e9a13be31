"""The page of somebody's appointments outside the practice: what is ahead, what was, what they may ask for (E18, I05).

Asking itself is in ``requests``. A calendar feed is somebody's own only: an address goes on working when access ends.
"""

from dataclasses import dataclass
from datetime import date, datetime, timedelta

from sqlalchemy.orm import Session

from practicerunner import clock, ids
from practicerunner.errors import NotFound, NotPermitted
from practicerunner.records import feeds, portal_pages, practice, requests
from practicerunner.records.cases import Case
from practicerunner.records.feeds import CalendarFeed
from practicerunner.records.requests import OwnAppointment
from practicerunner.rules.case_types import capabilities
from practicerunner.vocabulary import (
    Action,
    AppointmentStatus,
    AttendanceStatus,
    CaseStatus,
    FeedShows,
    RequestStatus,
    Resource,
)
from practicerunner.workflows.access import PortalActor
from practicerunner.workflows.asking import today_here
from practicerunner.workflows.commands import command, reader
from practicerunner.workflows.feeds import FeedSecret, FeedView, RevokeFeed
from practicerunner.workflows.portal_access import called, may_portal
from practicerunner.workflows.requests import MyAppointment, MyRequest, my_appointments, my_requests

PAST, LOOK_BACK = 20, timedelta(days=366)
ANSWERED = timedelta(days=14)
"""How long an answered request is shown."""


class FeedIsPersonal(NotPermitted):
    """A calendar feed is only for one's own appointments."""


class MakeMyFeed(FeedSecret):
    """Make an address under which a calendar program reads one's own appointments."""


@dataclass(frozen=True, slots=True)
class MyCase:
    """A case in which somebody may ask for a time."""

    case_id: int
    name: str
    """Empty for whoever may not know who else is in it."""
    provider: str
    appointment: str
    """What an appointment is called there."""


@dataclass(frozen=True, slots=True)
class MyPast:
    """An appointment that is over."""

    appointment_id: int
    local_date: date
    starts: datetime
    minutes: int
    provider: str
    status: AttendanceStatus


@dataclass(frozen=True, slots=True)
class AppointmentsPage:
    """Everything on the page; parts that do not apply are empty."""

    ahead: tuple[MyAppointment, ...]
    waiting: tuple[MyRequest, ...]
    answered: tuple[MyRequest, ...]
    past: tuple[MyPast, ...]
    cases: tuple[MyCase, ...]
    at_once: bool
    """Whether what concerns one person alone is done at once."""
    late_hours: int
    missed_fee_basis_points: int
    zone: str
    phone: str
    today: date
    feeds: tuple[FeedView, ...]
    may_have_feed: bool


@reader(Resource.APPOINTMENTS)
def appointments_page(session: Session, actor: PortalActor) -> AppointmentsPage:
    """Appointments ahead and over, requests and offers, and the cases in which a time may be asked for."""
    us, today = practice.the_practice(session), today_here(session)
    asked = my_requests(session, actor)
    lately = clock.now() - ANSWERED
    own = actor.client_id is None
    return AppointmentsPage(
        tuple(my_appointments(session, actor)), tuple(one for one in asked if one.status in requests.OPEN),
        tuple(one for one in asked if one.status not in requests.OPEN and one.status is not RequestStatus.WITHDRAWN
              and one.asked_at > lately),
        _past(session, actor, today), cases_to_ask(session, actor, today), us.grants_requests, us.late_cancel_hours,
        us.missed_fee_basis_points, us.zone, us.phone, today, tuple(my_feeds(session, actor)) if own else (), own,
    )


def _past(session: Session, actor: PortalActor, today: date) -> tuple[MyPast, ...]:
    found = portal_pages.own_past(
        session, actor.for_id, clock.now(), today - LOOK_BACK, PAST, for_another=actor.client_id is not None)
    allowed = {
        case_id for case_id in {one.case.id for one in found}
        if may_portal(session, actor, Action.READ, Resource.APPOINTMENTS, case_id=case_id)
    }
    return tuple(_over(one) for one in found if one.case.id in allowed)


def _over(one: OwnAppointment) -> MyPast:
    found, status = one.appointment, one.attendance.status
    if found.status is AppointmentStatus.CANCELLED and status is AttendanceStatus.SCHEDULED:
        status = AttendanceStatus.CANCELLED_BY_PROVIDER
    return MyPast(
        found.id, found.local_date, datetime.combine(found.local_date, found.local_time), found.minutes,
        one.provider.name, status,
    )


def cases_to_ask(session: Session, actor: PortalActor, today: date) -> tuple[MyCase, ...]:
    """Cases in which they take part and may ask; the times of a group are not one member's to ask for."""
    return tuple(
        MyCase(
            case.id, called(session, actor, case), provider, capabilities(case.type).appointment,
        )
        for case, provider in portal_pages.own_cases(session, actor.for_id, today)
        if may_ask_in(session, actor, case)
    )


def may_ask_in(session: Session, actor: PortalActor, case: Case) -> bool:
    """Whether a time may be asked for in a case in which the person takes part."""
    return case.status is not CaseStatus.ARCHIVED and not capabilities(case.type).is_group and may_portal(
        session, actor, Action.REQUEST, Resource.APPOINTMENTS, case_id=case.id)


# --- Calendar feeds


@reader(Resource.APPOINTMENTS)
def my_feeds(session: Session, actor: PortalActor) -> list[FeedView]:
    """One's own addresses that work, the oldest first; nobody else's."""
    if actor.client_id is not None:
        return []
    return [
        FeedView(one.id, one.shows, one.created_at, one.last_read_at)
        for one in feeds.of_people(session, [actor.person_id])
    ]


@command(Resource.APPOINTMENTS, Action.REQUEST)
def make_my_feed(session: Session, actor: PortalActor, asked: MakeMyFeed) -> int:
    """Make an address of one's own. Returns the feed's id; its secret is kept as a fingerprint."""
    _check_own(actor)
    made = CalendarFeed(
        id=ids.new_id(), person_id=actor.person_id, shows=FeedShows.BUSY,
        token_fingerprint=ids.fingerprint(asked.secret.get_secret_value()),
    )
    session.add(made)
    session.flush()
    session.info["detail"] = "own"
    return made.id


@command(Resource.APPOINTMENTS, Action.REQUEST)
def revoke_my_feed(session: Session, actor: PortalActor, asked: RevokeFeed) -> int:
    """Make one's own address useless. Returns its id. Raises NotFound, FeedIsPersonal."""
    _check_own(actor)
    found = session.get(CalendarFeed, asked.feed_id, with_for_update=True)
    if found is None or found.person_id != actor.person_id:
        raise NotFound(actor=actor, action=Action.REQUEST, resource=Resource.APPOINTMENTS, resource_id=asked.feed_id)
    found.revoked_at = found.revoked_at or clock.now()
    session.info["detail"] = "own"
    session.flush()
    return found.id


def _check_own(actor: PortalActor) -> None:
    if actor.client_id is not None:
        raise FeedIsPersonal(actor=actor, action=Action.REQUEST, resource=Resource.APPOINTMENTS)
