"""What clients of Harbor Lane Practice have asked for lately, and nobody has answered yet."""

from collections.abc import Callable
from datetime import date, time, timedelta
from functools import partial
from typing import Any

from sqlalchemy.orm import Session

from practicerunner import clock
from practicerunner.demo import texts
from practicerunner.demo.diary import Diary
from practicerunner.demo.house import ADMIN, House
from practicerunner.demo.people import ZONE
from practicerunner.demo.visits import Visit, Visits
from practicerunner.records import cases
from practicerunner.rules.case_types import capabilities
from practicerunner.rules.scheduling import moment, wall
from practicerunner.vocabulary import CaseStatus, RequestKind
from practicerunner.workflows.access import PortalActor
from practicerunner.workflows.answers import RecordRequest, record_request
from practicerunner.workflows.requests import (
    AskForTime,
    AskToMove,
    ask_for_time,
    ask_to_move,
    times_to_ask_for,
)

SOON, LATER = timedelta(days=3), timedelta(days=10)
"""What is asked about lies between: no other act of the story reaches so far."""


class Asking:
    """Three requests: a new time that is free, a move to a time that is taken, a cancellation that came by phone."""

    def __init__(self, diary: Diary, house: House, visits: Visits, today: date) -> None:
        self.diary, self.house, self.visits, self.today = diary, house, visits, today

    def begin(self) -> None:
        """Write into the diary when they ask."""
        for days, hour, minute, ask in ((3, 20, 10, self._move), (2, 7, 45, self._new_time), (1, 13, 25, self._cancel)):
            at = moment(self.today - timedelta(days=days), time(hour, minute), ZONE)
            self.diary.note(at, partial(self._ask, ask))

    def _ask(self, ask: Callable[[Session, list[Visit]], Any], session: Session) -> None:
        now = clock.now()
        ahead = [
            visit for visit in self.visits.visits
            if visit.plan.status is CaseStatus.ACTIVE and not visit.called_off
            and now + SOON < visit.starts < now + LATER
        ]
        ask(session, sorted(ahead, key=lambda visit: (visit.starts, visit.plan.provider)))
        session.flush()

    def _client(self, session: Session, visit: Visit) -> PortalActor:
        _, person = cases.people_in(session, visit.case_id)[0]
        return PortalActor(person.id, person.first_name)

    def _move(self, session: Session, ahead: list[Visit]) -> None:
        """Somebody would like a time that somebody else has."""
        alone = [visit for visit in ahead if not capabilities(visit.plan.type).is_group]
        for visit in alone:
            later = next((
                other for other in alone if other.plan.provider == visit.plan.provider
                and other.case_id != visit.case_id and other.day > visit.day
            ), None)
            if later is not None:
                wished = wall(later.starts, ZONE)
                ask_to_move(session, self._client(session, visit), AskToMove(
                    appointment_id=visit.appointment_id, local_date=wished.date(), local_time=wished.time(),
                    message=texts.ASKED[RequestKind.MOVE],
                ))
                return

    def _new_time(self, session: Session, ahead: list[Visit]) -> None:
        """Somebody would like to come once more, at a time that the practice shows as free."""
        for visit in reversed(ahead):
            client = self._client(session, visit)
            free = [] if capabilities(visit.plan.type).is_group else times_to_ask_for(
                session, client, visit.case_id, self.today + SOON, self.today + LATER)
            if free:
                ask_for_time(session, client, AskForTime(
                    case_id=visit.case_id, local_date=free[-1].local_date, local_time=free[-1].local_time,
                    message=texts.ASKED[RequestKind.NEW_TIME],
                ))
                return

    def _cancel(self, session: Session, ahead: list[Visit]) -> None:
        """Somebody calls: from a group, if there is one."""
        groups = [visit for visit in ahead if capabilities(visit.plan.type).is_group]
        for visit in (groups or ahead)[:1]:
            record_request(session, self.house.actors[ADMIN], RecordRequest(
                kind=RequestKind.CANCEL, case_id=visit.case_id, appointment_id=visit.appointment_id,
                person_id=self._client(session, visit).person_id, message=texts.ASKED[RequestKind.CANCEL],
            ))
