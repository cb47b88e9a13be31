"""What becomes of a request: withdrawn, or offered another time that is taken, declined, or gone by then."""

from datetime import time

import pytest

from practicerunner import database
from practicerunner.errors import Stale
from practicerunner.records.cases import Case, Participant
from practicerunner.records.staff import Staff
from practicerunner.vocabulary import (
    CaseType,
    RequestStatus,
)
from practicerunner.workflows.granting import RequestIsClosed, TimeIsTaken
from practicerunner.workflows.opening_hours import AddWeeklyHours, add_weekly_hours
from practicerunner.workflows.requests import (
    NotPossible,
    TakeOffer,
    my_requests,
    take_offer,
)
from practicerunner.workflows.scheduling import Cancel, Move, cancel, move
from tests.cast import at
from tests.workflows.asking import FRIDAY, Askers, booked


def test_a_request_is_withdrawn_once_and_not_after_an_answer(ask: Askers) -> None:
    request_id = ask.new_time("Ida")
    ask.withdraw("Ida", request_id)
    found = ask.row(request_id)
    assert (found.status, found.decided_by_id) == (RequestStatus.WITHDRAWN, None)
    with pytest.raises(RequestIsClosed, match="withdrawn"):
        ask.withdraw("Ida", request_id)
    answered = ask.move("Ida")
    ask.accept(answered)
    with pytest.raises(RequestIsClosed, match="answered already"):
        ask.withdraw("Ida", answered)


def test_an_offer_for_a_new_time_is_booked_when_it_is_taken(ask: Askers) -> None:
    request_id = ask.new_time("Ida")
    ask.offer(request_id, hour=14, reply="Friday is full")
    mine, = ask.read("Ida", my_requests)
    assert (mine.status, mine.reply, mine.offered.hour) == (RequestStatus.OFFERED, "Friday is full", 14)
    found = ask.appointment(ask.take("Ida", request_id))
    assert (found.local_date, found.local_time, found.minutes, found.case_id, found.provider_id) == (
        FRIDAY, time(14), 50, ask.cases["Ida"], ask.cast.staff["Marcus"])
    assert ask.row(request_id).status is RequestStatus.ACCEPTED and ask.row(request_id).appointment_id == found.id
    row, = ask.log("take_offer")
    assert (row.person_id, row.staff_id, row.role, row.resource_id) == (ask.people["Ida"], None, "", found.id)
    assert row.detail == f"request {request_id}, offered by {ask.cast.staff['Marcus']}"
    assert len(ask.log("book")) == 4  # nobody of the staff booked this one


def test_an_offer_for_a_move_moves_the_appointment_when_it_is_taken(ask: Askers) -> None:
    request_id = ask.move("Noor")
    ask.offer(request_id, hour=15)
    assert ask.appointment("Noor").local_time == time(13)
    assert ask.take("Noor", request_id) == ask.appointments["Noor"]
    found = ask.appointment("Noor")
    assert (found.local_date, found.local_time) == (FRIDAY, time(15))


def test_an_offer_survives_the_leaving_of_whoever_made_it(ask: Askers) -> None:
    request_id = ask.new_time("Ida")
    ask.offer(request_id, by="Tom")
    with database.transaction(ask.cast.engine) as session:
        session.get_one(Staff, ask.cast.staff["Tom"]).active = False
    assert ask.take("Ida", request_id)


def test_the_second_click_takes_the_offer_once(ask: Askers) -> None:
    request_id = ask.new_time("Ida")
    ask.offer(request_id)
    click = TakeOffer(request_id=request_id, revision=2)
    assert ask.do("Ida", take_offer, click) == ask.do("Ida", take_offer, click)
    with pytest.raises(RequestIsClosed):
        ask.do("Ida", take_offer, TakeOffer(request_id=request_id, revision=2))


def test_an_offer_that_was_taken_by_somebody_else_meanwhile_stays_and_names_nobody(ask: Askers) -> None:
    ask.cast.do("Marcus", add_weekly_hours, AddWeeklyHours(
        provider_id=ask.cast.staff["Marcus"], weekdays=(4,), starts=time(9), ends=time(17)))
    request_id = ask.move("Noor")
    ask.offer(request_id, hour=14)
    # The partner is elsewhere then, and Marcus is with somebody else: neither is for Noor to know.
    alone = ask.cast.open_case(CaseType.INDIVIDUAL, "Zoltan Quill")
    booked(ask.cast, alone, "IND50", f"{FRIDAY} 14:00")
    with pytest.raises(TimeIsTaken) as refused:
        ask.take("Noor", request_id)
    assert str(refused.value) == "That time is not free any more."
    assert refused.value.next_free.isoformat() == "2026-11-13T15:00:00"
    assert ask.row(request_id).status is RequestStatus.OFFERED
    assert ask.appointment("Noor").local_time == time(13)
    ask.offer(request_id, hour=15)
    assert ask.take("Noor", request_id)


def test_a_partner_s_other_appointment_is_not_told_of(ask: Askers) -> None:
    request_id = ask.move("Noor")
    ask.offer(request_id, hour=14)
    with database.transaction(ask.cast.engine) as session:
        case = session.get_one(Case, ask.cases["Bo"])
        case.participants.append(Participant(person_id=ask.people["Sam"], joined_on=case.opened_on, position=2))
    booked(ask.cast, ask.cases["Bo"], "IND50", f"{FRIDAY} 14:00", by="Olga")
    with pytest.raises(TimeIsTaken) as refused:
        ask.take("Noor", request_id)
    assert str(refused.value) == "That time is not free any more."


def test_an_offer_is_not_taken_as_another_than_was_shown_nor_after_its_time(ask: Askers) -> None:
    request_id = ask.new_time("Ida")
    with pytest.raises(RequestIsClosed, match="not offered"):
        ask.take("Ida", request_id)
    ask.offer(request_id, hour=14)
    ask.offer(request_id, hour=15)
    with pytest.raises(Stale):
        ask.do("Ida", take_offer, TakeOffer(request_id=request_id, revision=2))
    with at(f"{FRIDAY} 15:00"), pytest.raises(TimeIsTaken, match="passed"):
        ask.take("Ida", request_id)
    ask.decline(request_id)
    with pytest.raises(RequestIsClosed):
        ask.take("Ida", request_id)


def test_an_offer_for_an_appointment_that_changed_since_is_not_possible_any_more(ask: Askers) -> None:
    moved, cancelled = ask.move("Ida"), ask.move("Noor")
    for request_id in (moved, cancelled):
        ask.offer(request_id, hour=14)
    found = ask.appointment("Ida")
    ask.cast.do("Marcus", move, Move(
        appointment_id=found.id, revision=found.revision, local_date=FRIDAY, local_time=time(8), minutes=50))
    ask.cast.do("Marcus", cancel, Cancel(appointment_id=ask.appointments["Noor"], by="provider"))
    for name, request_id in (("Ida", moved), ("Noor", cancelled)):
        with pytest.raises(NotPossible):
            ask.take(name, request_id)
        assert ask.row(request_id).status is RequestStatus.OFFERED


def test_a_declined_offer_closes_the_request_and_changes_nothing(ask: Askers) -> None:
    request_id = ask.move("Ida")
    with pytest.raises(RequestIsClosed):
        ask.refuse("Ida", request_id)
    ask.offer(request_id)
    ask.refuse("Ida", request_id)
    found = ask.row(request_id)
    assert (found.status, found.decided_by_id) == (RequestStatus.DECLINED, None)
    assert ask.appointment("Ida").local_time == time(10)
    with pytest.raises(RequestIsClosed):
        ask.take("Ida", request_id)
    assert ask.move("Ida")
