"""The hours in which Judith supervises the associates: each alone every week, both together once a month."""

from datetime import date, time, timedelta
from functools import partial

from sqlalchemy.orm import Session

from practicerunner.demo import texts
from practicerunner.demo.diary import Diary
from practicerunner.demo.house import House
from practicerunner.demo.people import STAFF, ZONE
from practicerunner.rules.scheduling import moment
from practicerunner.vocabulary import ProofMethod, SupervisionFormat
from practicerunner.workflows.proof import proof_of
from practicerunner.workflows.supervision_hours import RecordHour, SignHour, record_hour, sign_hour

SUPERVISOR = "Judith"
WEEKS = 10
"""How far back the hours go."""


def begin(diary: Diary, house: House, today: date) -> None:
    """Ten weeks of hours; the last of each waits for its signature."""
    associates = [first for first, (_, _, _, supervisor) in STAFF.items() if supervisor == SUPERVISOR]
    monday = today - timedelta(days=today.weekday())
    for week in range(WEEKS, 0, -1):
        for place, first in enumerate(associates):
            on = monday - timedelta(days=7 * week - 1 - place)
            _hour(diary, house, on, time(12), 50, (first,), week)
        if week % 4 == 0:
            _hour(diary, house, monday - timedelta(days=7 * week - 3), time(12), 90, tuple(associates), week)


def _hour(
    diary: Diary, house: House, on: date, starts: time, minutes: int, people: tuple[str, ...], week: int
) -> None:
    signed = week > 1
    diary.note(moment(on, time(17, 30), ZONE), partial(_write, house, on, starts, minutes, people, week, signed))


def _write(
    house: House, on: date, starts: time, minutes: int, people: tuple[str, ...], week: int, signed: bool,
    session: Session,
) -> None:
    author = SUPERVISOR if signed else people[0]
    supervisor = house.actors[SUPERVISOR]
    session_id = record_hour(session, house.actors[author], RecordHour(
        supervisor_id=supervisor.staff_id, supervisee_ids=tuple(house.staff_id(first) for first in people),
        held_on=on, starts=starts, minutes=minutes, topics=texts.SUPERVISION[week % len(texts.SUPERVISION)],
        kind=SupervisionFormat.INDIVIDUAL if len(people) == 1 else SupervisionFormat.TRIADIC,
    ))
    session.flush()
    if signed:
        asked = SignHour(session_id=session_id, revision=1)
        proof = proof_of(supervisor.staff_id, ProofMethod.PASSWORD, asked.op)
        sign_hour(session, supervisor, asked.model_copy(update={"proof": proof}))
        session.flush()
