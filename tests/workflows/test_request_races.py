"""Twenty at once: of all who answer, take, withdraw or ask at the same moment exactly as many win as may."""

import threading
from collections import Counter
from collections.abc import Callable, Sequence
from datetime import date, time, timedelta
from typing import Any

import pytest
from sqlalchemy import func, select

from practicerunner import database
from practicerunner.errors import Stale
from practicerunner.records.requests import SchedulingRequest
from practicerunner.records.scheduling import Appointment
from practicerunner.vocabulary import AppointmentStatus, CancelledBy, CaseType, RequestStatus
from practicerunner.workflows.access import PortalActor
from practicerunner.workflows.answers import Accept, accept
from practicerunner.workflows.asking import AskedBefore, TooManyRequests
from practicerunner.workflows.granting import AppointmentChanged, RequestIsClosed, TimeIsTaken
from practicerunner.workflows.requests import (
    AskForTime,
    AskToCancel,
    TakeOffer,
    Withdraw,
    ask_for_time,
    ask_to_cancel,
    take_offer,
    withdraw,
)
from practicerunner.workflows.scheduling import Cancel, Move, cancel, move
from tests.cast import people_of
from tests.workflows.asking import FRIDAY, Askers

MANY = 20
ROUNDS = 3
pytestmark = pytest.mark.slow


@pytest.fixture
def crowd(ask: Askers) -> list[tuple[int, int]]:
    """Twenty more cases of Marcus: case id and person id."""
    cases = [ask.cast.open_case(CaseType.INDIVIDUAL, f"Client {n}") for n in range(MANY)]
    return [(case_id, next(iter(people_of(ask.cast, case_id).values()))) for case_id in cases]


def at_once(ask: Askers, acts: Sequence[tuple[Callable, Any, Any]]) -> list[Any]:
    """What comes of it when all act in the same moment: each act's result, or what refused it."""
    barrier, outcomes = threading.Barrier(len(acts)), [None] * len(acts)

    def attempt(place: int, verb: Callable, actor: Any, command: Any) -> None:
        barrier.wait()
        try:
            with database.transaction(ask.cast.engine) as session:
                outcomes[place] = verb(session, actor, command)
        except Exception as problem:
            outcomes[place] = problem

    threads = [threading.Thread(target=attempt, args=(place, *act)) for place, act in enumerate(acts)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return outcomes


def kinds(outcomes: list[Any]) -> Counter:
    return Counter(type(one) for one in outcomes)


def asked_for(ask: Askers, crowd: list[tuple[int, int]], day: date) -> list[int]:
    """Everybody in the crowd asks for eleven o'clock on one day."""
    made = []
    for case_id, person_id in crowd:
        with database.transaction(ask.cast.engine) as session:
            made.append(ask_for_time(session, PortalActor(person_id, "Client"), AskForTime(
                case_id=case_id, local_date=day, local_time=time(11), format="video")))
    with database.transaction(ask.cast.engine) as session:
        for request_id in made:
            session.get_one(SchedulingRequest, request_id).service_id = ask.cast.services["IND50"]
    return made


def standing(ask: Askers, request_ids: list[int]) -> Counter:
    return Counter(ask.row(request_id).status for request_id in request_ids)


def held_at(ask: Askers, day: date) -> int:
    with database.reading(ask.cast.engine) as session:
        return session.scalar(select(func.count()).select_from(Appointment).where(
            Appointment.local_date == day, Appointment.local_time == time(11),
            Appointment.status != AppointmentStatus.CANCELLED)) or 0


@pytest.mark.long
def test_of_twenty_requests_for_one_slot_accepted_at_once_one_wins_and_the_others_wait_on(
    ask: Askers, crowd: list[tuple[int, int]]
) -> None:
    staff = [ask.cast.actor(name) for name in ("Marcus", "Dana", "Tom")]
    for number in range(ROUNDS):
        day = FRIDAY + timedelta(weeks=number)
        made = asked_for(ask, crowd, day)
        outcomes = at_once(ask, [
            (accept, staff[n % 3], Accept(request_id=request_id, revision=1)) for n, request_id in enumerate(made)
        ])
        assert kinds(outcomes) == {int: 1, TimeIsTaken: MANY - 1}, outcomes
        assert standing(ask, made) == {RequestStatus.ACCEPTED: 1, RequestStatus.PENDING: MANY - 1}
        assert held_at(ask, day) == 1
        for one in outcomes:
            assert isinstance(one, int) or (one.next_free.hour == 12 and "Client" not in str(one))


@pytest.mark.long
def test_of_twenty_offers_of_one_slot_taken_at_once_one_wins_and_the_others_stay_offered(
    ask: Askers, crowd: list[tuple[int, int]]
) -> None:
    for number in range(ROUNDS):
        day = FRIDAY + timedelta(weeks=number)
        made = asked_for(ask, crowd, day + timedelta(days=3))
        for request_id in made:
            ask.offer(request_id, day=day, hour=11)
        outcomes = at_once(ask, [
            (take_offer, PortalActor(person_id, "Client"), TakeOffer(request_id=request_id, revision=2))
            for request_id, (_, person_id) in zip(made, crowd, strict=True)
        ])
        assert kinds(outcomes) == {int: 1, TimeIsTaken: MANY - 1}, outcomes
        assert {str(one) for one in outcomes if not isinstance(one, int)} == {"That time is not free any more."}
        assert standing(ask, made) == {RequestStatus.ACCEPTED: 1, RequestStatus.OFFERED: MANY - 1}
        assert held_at(ask, day) == 1


def test_one_request_accepted_by_twenty_at_once_is_done_once(ask: Askers) -> None:
    staff = [ask.cast.actor(name) for name in ("Marcus", "Dana", "Tom")]
    for number in range(ROUNDS):
        day = FRIDAY + timedelta(weeks=number)
        request_id = ask.new_time("Ida", day=day)
        outcomes = at_once(ask, [
            (accept, staff[n % 3], Accept(request_id=request_id, revision=1)) for n in range(MANY)
        ])
        assert kinds(outcomes) == {int: 1, RequestIsClosed: MANY - 1}, outcomes
        assert held_at(ask, day) == 1


def test_accepted_and_withdrawn_at_once_is_one_of_the_two(ask: Askers) -> None:
    for number in range(ROUNDS):
        day = FRIDAY + timedelta(weeks=number)
        request_id = ask.new_time("Ida", day=day)
        outcomes = at_once(ask, [
            (accept, ask.cast.actor("Marcus"), Accept(request_id=request_id, revision=1)) if n % 2
            else (withdraw, ask.client("Ida"), Withdraw(request_id=request_id)) for n in range(MANY)
        ])
        assert kinds(outcomes) == {int: 1, RequestIsClosed: MANY - 1}, outcomes
        accepted = ask.row(request_id).status is RequestStatus.ACCEPTED
        assert held_at(ask, day) == int(accepted)


def test_moved_cancelled_and_accepted_at_once_happens_once(ask: Askers) -> None:
    marcus = ask.cast.actor("Marcus")
    for name in ("Ida", "Noor", "Eve"):
        request_id, found = ask.move(name), ask.appointment(name)
        ways = (
            lambda request_id=request_id: (accept, marcus, Accept(request_id=request_id, revision=1)),
            lambda found=found: (move, marcus, Move(
                appointment_id=found.id, revision=found.revision, local_date=FRIDAY + timedelta(days=1),
                local_time=time(9), minutes=found.minutes)),
            lambda found=found: (cancel, marcus, Cancel(appointment_id=found.id, by=CancelledBy.PROVIDER)),
        )
        outcomes = at_once(ask, [ways[n % 2]() for n in range(MANY)] + [ways[2]()])
        done = [one for one in outcomes[:MANY] if isinstance(one, int)]
        assert len(done) <= 1 and isinstance(outcomes[MANY], int), outcomes
        refusals = kinds(outcomes[:MANY])
        refusals.pop(int, None)
        assert set(refusals) <= {AppointmentChanged, RequestIsClosed, Stale}, outcomes
        assert ask.appointment(name).status is AppointmentStatus.CANCELLED


def test_twenty_requests_of_one_person_at_once_are_ten(ask: Askers) -> None:
    outcomes = at_once(ask, [
        (ask_for_time, ask.client("Ida"), AskForTime(
            case_id=ask.cases["Ida"], local_date=FRIDAY + timedelta(days=n), local_time=time(11)))
        for n in range(MANY)
    ])
    assert kinds(outcomes) == {int: 10, TooManyRequests: MANY - 10}, outcomes


def test_twenty_requests_about_one_appointment_at_once_are_one(ask: Askers) -> None:
    for name in ("Ida", "Noor", "Bo"):
        outcomes = at_once(ask, [
            (ask_to_cancel, ask.client(name), AskToCancel(appointment_id=ask.appointments[name]))
            for _ in range(MANY)
        ])
        assert kinds(outcomes) == {int: 1, AskedBefore: MANY - 1}, outcomes
