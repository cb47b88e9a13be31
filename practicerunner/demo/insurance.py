"""Codes of Harbor Lane Practice's services, its good faith estimates and its superbills. All of it is invented."""

from datetime import date, time, timedelta
from functools import partial

from sqlalchemy.orm import Session

from practicerunner import clock
from practicerunner.demo.diary import Diary
from practicerunner.demo.house import ADMIN, House
from practicerunner.demo.people import ADDRESS, OWNER, ZONE
from practicerunner.records.cases import Case
from practicerunner.records.practice import Service
from practicerunner.rules.scheduling import moment
from practicerunner.vocabulary import CaseType, EstimateCause, ShareChannel
from practicerunner.workflows.access import Actor
from practicerunner.workflows.clients import client_list
from practicerunner.workflows.estimates import (
    DraftEstimate,
    ItemAsked,
    ShareEstimate,
    draft_estimate,
    share_estimate,
)
from practicerunner.workflows.estimates_due import EstimateDue, estimates_due
from practicerunner.workflows.practice import ChangeService, change_service
from practicerunner.workflows.superbills import IssueSuperbill, issue_superbill, superbill_people, superbill_preview

CODES = {"Individual session": "X0834", "Couple session": "X0847", "Family session": "X0847", "Group session": "X0853",
         "Intake": "X0791"}
"""Made-up codes, as a practice would type its own."""
_BOOKED = {
    CaseType.INDIVIDUAL: "Individual session", CaseType.TWO_PERSON: "Couple session",
    CaseType.FAMILY: "Family session", CaseType.THERAPY_GROUP: "Group session",
}
WEEKS_AHEAD = 30
LEFT_DAYS = 9
"""What became due in these last days still waits."""
SUPERBILLS = 3


def _give_codes(owner: Actor, services: dict[str, int], session: Session) -> None:
    """Type the codes into the services of therapy."""
    for name, code in CODES.items():
        service = session.get_one(Service, services[name])
        change_service(session, owner, ChangeService(
            service_id=service.id, revision=service.revision, name=name, code=code, category=service.category,
            minutes=service.minutes, fee_cents=service.fees[0].fee_cents,
        ))


def begin(diary: Diary, house: House, beginning: date, today: date) -> None:
    """Estimates every Monday for those who are due one; at the end a few superbills for the month before."""
    desk = house.actors[ADMIN]
    opened = moment(beginning + timedelta(days=1), time(10), ZONE)
    diary.note(opened, partial(_give_codes, house.actors[OWNER], house.services))
    for week in range((today - beginning).days // 7 + 1):
        day = beginning + timedelta(days=7 * week)
        if (today - day).days > LEFT_DAYS:
            diary.note(moment(day, time(16, 30), ZONE), partial(_estimate, desk, house))
    diary.note(moment(today - timedelta(days=1), time(15, 30), ZONE), partial(_superbills, desk))


def _estimate(desk: Actor, house: House, session: Session) -> None:
    for due in estimates_due(session, desk):
        if due.cause is EstimateCause.SCHEDULED and due.service_on is not None:
            _share(session, desk, house, due, due.service_on)


def _share(session: Session, desk: Actor, house: House, due: EstimateDue, first: date) -> None:
    service = house.services[_BOOKED[session.get_one(Case, due.case_id).type]]
    once = [] if due.service_id in (None, service) else [
        ItemAsked(service_id=due.service_id, quantity=1, first_on=first)]
    draft_id = draft_estimate(session, desk, DraftEstimate(
        case_id=due.case_id, person_id=due.person_id, place=", ".join(ADDRESS.splitlines()),
        items=(*once, ItemAsked(
            service_id=service, quantity=WEEKS_AHEAD, first_on=first, frequency="every week",
            last_on=first + timedelta(weeks=WEEKS_AHEAD - 1),
        )),
    ))
    share_estimate(session, desk, ShareEstimate(draft_id=draft_id, revision=1, channel=ShareChannel.IN_PERSON))


def _superbills(desk: Actor, session: Session) -> None:
    """The month before, for the first clients who can have one."""
    last = clock.today(ZONE).replace(day=1) - timedelta(days=1)
    first, made = last.replace(day=1), 0
    for row in client_list(session, desk, types=[CaseType.INDIVIDUAL]).rows:
        for person_id, _ in superbill_people(session, desk, row.case_id):
            found = superbill_preview(session, desk, row.case_id, person_id, first, last)
            if found.lines and not found.missing:
                made += 1
                issue_superbill(session, desk, IssueSuperbill(
                    case_id=row.case_id, person_id=person_id, first_on=first, last_on=last))
                session.flush()
        if made >= SUPERBILLS:
            return
