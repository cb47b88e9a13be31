"""What clients ask: only what is theirs, only so much, and nothing they read tells of anybody else."""

from collections.abc import Callable
from datetime import date, time, timedelta
from typing import Any

import pytest
from pydantic import ValidationError

from practicerunner import clock, database
from practicerunner.errors import BadInput, NotFound, NotPermitted, RuleViolation
from practicerunner.records.cases import Case
from practicerunner.records.scheduling import Attendance, Hold
from practicerunner.vocabulary import (
    AttendanceStatus,
    CaseStatus,
    Outcome,
    ParticipantStatus,
    RequestKind,
    RequestStatus,
    SessionFormat,
)
from practicerunner.workflows.answers import Accept, accept
from practicerunner.workflows.asking import AskedBefore, TakesNoNewTimes, TooManyRequests
from practicerunner.workflows.attendance import SetAttendance, set_attendance
from practicerunner.workflows.cases import RemoveParticipant, SetCaseStatus, remove_participant, set_case_status
from practicerunner.workflows.commands import field_messages
from practicerunner.workflows.opening_hours import AddWeeklyHours, add_weekly_hours
from practicerunner.workflows.requests import (
    AskForTime,
    AskToCancel,
    AskToMove,
    TakeOffer,
    Withdraw,
    ask_for_time,
    ask_to_cancel,
    ask_to_move,
    my_appointments,
    my_requests,
    take_offer,
    times_to_ask_for,
    withdraw,
)
from practicerunner.workflows.scheduling import Cancel, cancel
from practicerunner.workflows.series import BookSeries, book_series
from tests.cast import at
from tests.workflows.asking import FRIDAY, THURSDAY, Askers, booked

# --- Asking


def test_a_request_keeps_who_asks_for_which_time_how_long_how_and_in_which_words(ask: Askers) -> None:
    found = ask.row(ask.new_time("Ida", message="After work, please"))
    assert (found.kind, found.status, found.person_id, found.case_id, found.appointment_id) == (
        RequestKind.NEW_TIME, RequestStatus.PENDING, ask.people["Ida"], ask.cases["Ida"], None)
    assert (found.local_date, found.local_time, found.minutes, found.message) == (
        FRIDAY, time(11), 50, "After work, please")
    assert (found.format, found.location_id, found.service_id) == (
        SessionFormat.IN_PERSON, ask.cast.office, ask.cast.services["IND50"])
    assert found.asked_at == clock.now() and found.recorded_by_id is None
    video = ask.row(ask.new_time("Ida", hour=15, minutes=80, format=SessionFormat.VIDEO))
    assert (video.minutes, video.format, video.location_id) == (80, SessionFormat.VIDEO, None)


def test_a_move_and_a_cancellation_keep_where_the_appointment_was(ask: Askers) -> None:
    moved, cancelled = ask.row(ask.move("Ida")), ask.row(ask.cancel("Noor", message="We are away"))
    assert (moved.was_date, moved.was_time, moved.local_date, moved.local_time, moved.minutes) == (
        THURSDAY, time(10), FRIDAY, time(11), 50)
    assert (cancelled.was_date, cancelled.was_time, cancelled.local_date, cancelled.minutes, cancelled.message) == (
        THURSDAY, time(13), None, None, "We are away")


def test_a_request_that_waits_holds_no_slot(ask: Askers) -> None:
    before = ask.cast.read("Dana", how_many, Hold)
    ask.new_time("Ida")
    ask.move("Noor")
    assert ask.cast.read("Dana", how_many, Hold) == before
    booked(ask.cast, ask.cases["Eve"], "GRP90", f"{FRIDAY} 11:00")


def how_many(session: Any, _: Any, table: type) -> int:
    return session.query(table).count()


def test_the_second_click_asks_once(ask: Askers) -> None:
    asked = AskForTime(case_id=ask.cases["Ida"], local_date=FRIDAY, local_time=time(11))
    assert ask.do("Ida", ask_for_time, asked) == ask.do("Ida", ask_for_time, asked)
    assert len(ask.read("Ida", my_requests)) == 1
    with pytest.raises(RuleViolation, match="already saved"):
        ask.do("Noor", ask_for_time, asked)


def test_the_log_says_that_the_client_did_it_and_nothing_of_what_they_wrote(ask: Askers) -> None:
    request_id = ask.new_time("Ida", message="Because of Bo Ek")
    row, = ask.log("ask_for_time")
    assert (row.staff_id, row.person_id, row.outcome, row.case_id, row.resource_id) == (
        None, ask.people["Ida"], Outcome.ALLOWED, ask.cases["Ida"], request_id)
    assert row.detail == "new time 2026-11-13 11:00"


@pytest.mark.parametrize("build", [
    lambda ask: (ask_for_time, AskForTime(case_id=ask.cases["Bo"], local_date=FRIDAY, local_time=time(11))),
    lambda ask: (ask_for_time, AskForTime(case_id=404, local_date=FRIDAY, local_time=time(11))),
    lambda ask: (ask_to_move, AskToMove(
        appointment_id=ask.appointments["Bo"], local_date=FRIDAY, local_time=time(11))),
    lambda ask: (ask_to_cancel, AskToCancel(appointment_id=ask.appointments["Bo"])),
    lambda ask: (ask_to_cancel, AskToCancel(appointment_id=404)),
], ids=["another's case", "no case", "another's appointment", "another's cancellation", "no appointment"])
def test_what_is_another_s_does_not_exist_and_the_attempt_is_in_the_log(ask: Askers, build: Callable) -> None:
    verb, command = build(ask)
    with pytest.raises(NotFound) as refused:
        ask.do("Ida", verb, command)
    assert str(refused.value) == "There is no such record, or it is not yours to open."
    row, = ask.log("request")
    assert (row.outcome, row.staff_id, row.person_id) == (Outcome.REFUSED, None, ask.people["Ida"])


def test_another_s_request_and_offer_do_not_exist(ask: Askers) -> None:
    theirs = ask.new_time("Bo")
    for verb, command in ((withdraw, Withdraw(request_id=theirs)), (take_offer, TakeOffer(
            request_id=theirs, revision=1))):
        with pytest.raises(NotFound):
            ask.do("Ida", verb, command)
    with pytest.raises(NotFound):
        ask.do("Ida", withdraw, Withdraw(request_id=404))
    # Nor that of the other one in the couple.
    ours = ask.move("Noor")
    with pytest.raises(NotFound):
        ask.withdraw("Sam", ours)
    assert ask.row(theirs).status is ask.row(ours).status is RequestStatus.PENDING
    assert [one.request_id for one in ask.read("Noor", my_requests)] == [ours]
    assert ask.read("Sam", my_requests) == ask.read("Ida", my_requests) == []
    assert {row.person_id for row in ask.log("request")} == {ask.people["Ida"], ask.people["Sam"]}


def test_whoever_waits_for_a_place_or_has_left_asks_nothing(ask: Askers) -> None:
    with database.transaction(ask.cast.engine) as session:
        waiting = next(p for p in session.get_one(Case, ask.cases["Eve"]).participants
                       if p.person_id == ask.people["Jo"])
        waiting.status = ParticipantStatus.WAITLISTED
    ask.cast.do("Marcus", remove_participant, RemoveParticipant(
        case_id=ask.cases["Eve"], person_id=ask.people["Al"], left_on=clock.today("America/New_York")))
    for name in ("Jo", "Al"):
        for attempt in (ask.new_time, ask.cancel, ask.move):
            with pytest.raises(NotFound):
                attempt(name)
        assert ask.read(name, my_appointments) == []
        with pytest.raises(NotFound):
            ask.read(name, times_to_ask_for, ask.cases["Eve"], THURSDAY, FRIDAY)
    assert ask.cancel("Eve")


def test_whoever_has_left_takes_no_offer_but_may_still_withdraw(ask: Askers) -> None:
    request_id = ask.new_time("Eve", day=date(2026, 11, 20))
    ask.offer(request_id, day=date(2026, 11, 21))
    ask.cast.do("Marcus", remove_participant, RemoveParticipant(
        case_id=ask.cases["Eve"], person_id=ask.people["Eve"], left_on=THURSDAY - timedelta(days=2)))
    with pytest.raises(NotFound):
        ask.take("Eve", request_id)
    mine, = ask.read("Eve", my_requests)
    assert mine.case_name == ""
    assert ask.withdraw("Eve", request_id) == request_id


def test_an_appointment_that_was_called_off_or_has_begun_is_not_asked_about(ask: Askers) -> None:
    ask.cast.do("Marcus", set_attendance, SetAttendance(
        appointment_id=ask.appointments["Eve"], statuses={ask.people["Eve"]: AttendanceStatus.EXCUSED}))
    with pytest.raises(NotFound):
        ask.cancel("Eve")
    assert ask.cancel("Jo")
    ask.cast.do("Marcus", cancel, Cancel(appointment_id=ask.appointments["Noor"], by="provider"))
    with pytest.raises(NotFound):
        ask.move("Noor")
    with at("2026-11-12 10:00"), pytest.raises(RuleViolation, match="begun already"):
        ask.cancel("Ida")
    with at("2026-11-12 09:59"):
        assert ask.cancel("Ida")


@pytest.mark.parametrize(("day", "hour", "sentence"), [
    (date(2026, 11, 10), 11, "That time has passed."), (date(2026, 11, 10), 12, "That time has passed."),
    (date(2025, 1, 1), 11, "That time has passed."), (date(2028, 5, 11), 11, "within the next 18 months"),
    (date.max, 11, "within the next 18 months"), (date.min, 11, "That time has passed."),
])
def test_times_that_have_passed_or_are_too_far_are_refused_at_the_field(
    ask: Askers, day: date, hour: int, sentence: str
) -> None:
    for attempt in (ask.new_time, ask.move):
        with pytest.raises(BadInput, match=sentence) as refused:
            attempt("Ida", day=day, hour=hour)
        assert refused.value.field == "local_date"


def test_a_minute_from_now_and_eighteen_months_from_now_can_be_asked_for(ask: Askers) -> None:
    assert ask.do("Ida", ask_for_time, AskForTime(
        case_id=ask.cases["Ida"], local_date=date(2026, 11, 10), local_time=time(12, 1)))
    assert ask.new_time("Ida", day=date(2028, 5, 10))


def test_a_message_has_at_most_two_thousand_characters(ask: Askers) -> None:
    longest = "ö" * 2_000
    assert ask.row(ask.new_time("Ida", message=longest)).message == longest
    with pytest.raises(ValidationError) as refused:
        ask.new_time("Ida", message=longest + "!")
    assert field_messages(refused.value) == {"message": "This is too long; at most 2,000 characters fit."}
    with pytest.raises(ValidationError):
        ask.new_time("Ida", message="\x00")
    for minutes in (0, 1441):
        with pytest.raises(ValidationError):
            ask.new_time("Ida", minutes=minutes)


def test_there_is_one_open_request_about_an_appointment_for_each_person(ask: Askers) -> None:
    first = ask.move("Noor")
    with pytest.raises(AskedBefore):
        ask.cancel("Noor")
    ask.cancel("Sam")
    ask.withdraw("Noor", first)
    second = ask.cancel("Noor")
    ask.decline(second)
    assert ask.move("Noor")


def test_the_eleventh_request_of_one_person_is_refused(ask: Askers) -> None:
    made = [ask.new_time("Ida", day=FRIDAY + timedelta(days=n)) for n in range(10)]
    with pytest.raises(TooManyRequests):
        ask.cancel("Ida")
    ask.new_time("Noor")
    ask.withdraw("Ida", made[3])
    assert ask.cancel("Ida")


def test_a_move_to_where_it_is_already_is_refused(ask: Askers) -> None:
    with pytest.raises(BadInput, match="at that time already"):
        ask.move("Ida", day=THURSDAY, hour=10)
    assert ask.move("Ida", day=THURSDAY, hour=10, format=SessionFormat.VIDEO)


def test_an_archived_case_takes_no_request_for_a_new_time(ask: Askers) -> None:
    ask.cast.do("Marcus", cancel, Cancel(appointment_id=ask.appointments["Ida"], by="provider"))
    ask.cast.do("Marcus", set_case_status, SetCaseStatus(case_id=ask.cases["Ida"], status=CaseStatus.ARCHIVED))
    with pytest.raises(TakesNoNewTimes):
        ask.new_time("Ida")
    assert ask.read("Ida", times_to_ask_for, ask.cases["Ida"], THURSDAY, FRIDAY) == []


def test_a_time_that_the_clock_skips_is_asked_for_as_it_will_be(ask: Askers) -> None:
    with at("2027-03-01 12:00"):
        found = ask.row(ask.do("Ida", ask_for_time, AskForTime(
            case_id=ask.cases["Ida"], local_date=date(2027, 3, 14), local_time=time(2, 30))))
    assert (found.local_date, found.local_time) == (date(2027, 3, 14), time(3, 30))


# --- What is theirs


def test_somebody_s_own_appointments_and_nothing_of_who_else_comes(ask: Askers) -> None:
    request_id = ask.cancel("Eve")
    mine, = ask.read("Eve", my_appointments)
    assert (mine.appointment_id, mine.local_date, mine.local_time, mine.minutes, mine.location, mine.provider) == (
        ask.appointments["Eve"], THURSDAY, time(18), 90, "Office", "Marcus Bell")
    assert (mine.case_name, mine.request_id, mine.status) == (
        "Thursday group", request_id, AttendanceStatus.SCHEDULED)
    theirs, = ask.read("Jo", my_appointments)
    assert theirs.request_id is None
    assert not any(name in str(mine) for name in ("Park", "Ray", "Bo", "Holm"))
    with at("2026-11-12 18:00"):
        assert ask.read("Eve", my_appointments) == []


def test_free_starts_are_those_for_existing_clients(ask: Askers) -> None:
    assert ask.read("Ida", times_to_ask_for, ask.cases["Ida"], THURSDAY, FRIDAY) == []
    for weekday, starts, ends, clients in ((3, 9, 12, True), (4, 9, 11, False)):
        ask.cast.do("Marcus", add_weekly_hours, AddWeeklyHours(
            provider_id=ask.cast.staff["Marcus"], weekdays=(weekday,), starts=time(starts), ends=time(ends),
            for_existing_clients=clients))
    found = ask.read("Ida", times_to_ask_for, ask.cases["Ida"], THURSDAY, FRIDAY)
    assert {one.local_date for one in found} == {THURSDAY}
    assert not [one for one in found if time(9, 10) < one.local_time < time(10, 50)]
    assert {one.minutes for one in found} == {50}
    with pytest.raises(NotFound):
        ask.read("Ida", times_to_ask_for, ask.cases["Bo"], THURSDAY, FRIDAY)


def test_a_client_reads_and_asks_nothing_beyond_appointments(ask: Askers) -> None:
    with pytest.raises(NotPermitted), database.transaction(ask.cast.engine) as session:
        cancel(session, ask.client("Ida"), Cancel(appointment_id=ask.appointments["Ida"], by="client"))
    with pytest.raises(NotPermitted), database.transaction(ask.cast.engine) as session:
        accept(session, ask.client("Ida"), Accept(request_id=1, revision=1))
    with pytest.raises(NotPermitted):
        ask.cast.do("Dana", ask_to_cancel, AskToCancel(appointment_id=ask.appointments["Ida"]))


def test_moving_one_of_a_series_moves_that_one_only(ask: Askers) -> None:
    first, second, third = ask.cast.do("Marcus", book_series, BookSeries(
        case_id=ask.cases["Ida"], service_id=ask.cast.services["IND50"], local_date=date(2026, 11, 16),
        local_time=time(10), location_id=ask.cast.office, count=3))
    request_id = ask.do("Ida", ask_to_move, AskToMove(
        appointment_id=second, local_date=date(2026, 11, 24), local_time=time(16)))
    ask.accept(request_id)
    assert [ask.appointment(one).local_date.day for one in (first, second, third)] == [16, 24, 30]
    assert ask.appointment(second).series_id == ask.appointment(first).series_id
    assert ask.appointment(second).series_date == date(2026, 11, 23)


def test_people_in_an_appointment_are_not_doubled_by_asking(ask: Askers) -> None:
    ask.accept(ask.move("Noor"))
    assert ask.cast.read("Dana", how_many, Attendance) == 7
