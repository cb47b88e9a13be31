"""When somebody asked: a cancellation is late by that moment, and what came by phone is written down with it."""

from typing import Any

import pytest

from practicerunner.errors import BadInput, RuleViolation
from practicerunner.vocabulary import (
    AttendanceStatus,
    CancelledBy,
    RequestKind,
)
from practicerunner.workflows.answers import RecordRequest, record_request
from practicerunner.workflows.asking import AskedBefore
from practicerunner.workflows.attendance import SetAttendance, set_attendance
from practicerunner.workflows.request_queue import (
    who_may_ask,
)
from practicerunner.workflows.scheduling import Cancel, cancel
from tests.cast import Cast, at, moment
from tests.workflows.asking import Askers, askers, booked, statuses

# --- Late by the moment of asking


@pytest.mark.parametrize(("asked", "starts", "expected"), [
    ("2026-11-18 10:00", "2026-11-19 10:00", AttendanceStatus.CANCELLED_BY_CLIENT),
    ("2026-11-18 10:01", "2026-11-19 10:00", AttendanceStatus.LATE_CANCELLED),
    # The clocks go back on Sunday 1 November and forward on Sunday 14 March: 24 hours are counted on the wall clock.
    ("2026-10-31 10:00", "2026-11-01 10:00", AttendanceStatus.CANCELLED_BY_CLIENT),
    ("2026-10-31 10:01", "2026-11-01 10:00", AttendanceStatus.LATE_CANCELLED),
    ("2027-03-13 10:00", "2027-03-14 10:00", AttendanceStatus.CANCELLED_BY_CLIENT),
    ("2027-03-13 10:01", "2027-03-14 10:00", AttendanceStatus.LATE_CANCELLED),
])
def test_a_cancellation_is_late_by_when_the_client_asked_and_not_by_when_staff_clicked(
    cast: Cast, asked: str, starts: str, expected: AttendanceStatus
) -> None:
    with at("2026-10-01 09:00"):
        ask = askers(cast)
        ask.appointments["Ida"] = booked(cast, ask.cases["Ida"], "IND50", starts)
        ask.appointments["Jo"] = booked(cast, ask.cases["Jo"], "GRP90", f"{starts[:10]} 11:00")
    with at(asked):
        alone = ask.cancel("Ida")
    with at(asked.replace(" 10:", " 11:")):
        in_group = ask.cancel("Jo")
    with at(f"{starts[:10]} 09:59"):
        ask.accept(alone)
        ask.accept(in_group)
    assert [row.status for row in ask.appointment("Ida").attendances] == [expected]
    assert {row.status for row in ask.appointment("Jo").attendances if row.person_id == ask.people["Jo"]} == {
        expected}


def test_a_cancellation_that_was_in_time_is_accepted_after_the_appointment_should_have_begun(ask: Askers) -> None:
    request_id = ask.cancel("Ida")
    with at("2026-11-12 12:00"):
        ask.accept(request_id)
    assert statuses(ask, "Ida") == {"Ida": AttendanceStatus.CANCELLED_BY_CLIENT}


def test_nobody_says_that_a_client_will_have_cancelled(ask: Askers) -> None:
    with at("2026-11-12 09:00"):
        ask.cast.do("Marcus", cancel, Cancel(
            appointment_id=ask.appointments["Ida"], by=CancelledBy.CLIENT, told_at=moment("2030-01-01 09:00")))
    assert statuses(ask, "Ida") == {"Ida": AttendanceStatus.LATE_CANCELLED}


# --- By phone


def test_a_request_by_phone_waits_like_any_other_and_says_who_wrote_it_down(ask: Askers) -> None:
    with at("2026-11-11 18:00"):
        request_id = ask.cast.do("Tom", record_request, RecordRequest(
            kind=RequestKind.CANCEL, case_id=ask.cases["Ida"], person_id=ask.people["Ida"],
            appointment_id=ask.appointments["Ida"], asked_at=moment("2026-11-11 09:00"), message="By voicemail"))
    found = ask.row(request_id)
    assert (found.recorded_by_id, found.asked_at, found.person_id) == (
        ask.cast.staff["Tom"], moment("2026-11-11 09:00"), ask.people["Ida"])
    with at("2026-11-11 19:00"):
        ask.accept(request_id)
    assert statuses(ask, "Ida") == {"Ida": AttendanceStatus.CANCELLED_BY_CLIENT}
    row, = ask.log("record_request")
    assert (row.staff_id, row.person_id, row.case_id) == (ask.cast.staff["Tom"], None, ask.cases["Ida"])


def test_what_was_called_off_before_it_began_is_written_down_after(ask: Askers) -> None:
    facts: dict[str, Any] = {"kind": RequestKind.CANCEL, "case_id": ask.cases["Ida"], "person_id": ask.people["Ida"],
                             "appointment_id": ask.appointments["Ida"]}
    with at("2026-11-12 12:00"):
        assert [one.appointment_id for one in ask.cast.read("Tom", who_may_ask, ask.cases["Ida"])[0].ahead] == [
            ask.appointments["Ida"]]
        with pytest.raises(RuleViolation, match="begun already"):
            ask.cast.do("Tom", record_request, RecordRequest(**facts))
        with pytest.raises(BadInput, match="future"):
            ask.cast.do("Tom", record_request, RecordRequest(**facts, asked_at=moment("2026-11-12 12:01")))
        request_id = ask.cast.do("Tom", record_request, RecordRequest(**facts, asked_at=moment("2026-11-12 08:00")))
        ask.accept(request_id)
    assert statuses(ask, "Ida") == {"Ida": AttendanceStatus.LATE_CANCELLED}


def test_only_for_somebody_who_takes_part_and_about_their_own_appointment(ask: Askers) -> None:
    def record(kind: RequestKind, case: str, person: str, appointment: str | None, **more: Any) -> int:
        return ask.cast.do("Dana", record_request, RecordRequest(
            kind=kind, case_id=ask.cases[case], person_id=ask.people[person],
            appointment_id=ask.appointments[appointment] if appointment else None, **more))

    ask.cast.do("Marcus", set_attendance, SetAttendance(
        appointment_id=ask.appointments["Eve"], statuses={ask.people["Jo"]: AttendanceStatus.EXCUSED}))
    for arguments, field in (
        ((RequestKind.CANCEL, "Ida", "Noor", "Ida"), "person_id"), ((RequestKind.CANCEL, "Ida", "Ida", "Noor"),
                                                                     "appointment_id"),
        ((RequestKind.CANCEL, "Ida", "Ida", None), "appointment_id"), ((RequestKind.CANCEL, "Eve", "Jo", "Eve"),
                                                                       "person_id"),
        ((RequestKind.MOVE, "Ida", "Ida", "Ida"), "local_date"), ((RequestKind.NEW_TIME, "Ida", "Ida", None),
                                                                  "local_date"),
    ):
        with pytest.raises(BadInput) as refused:
            record(*arguments)
        assert refused.value.field == field, arguments
    record(RequestKind.CANCEL, "Ida", "Ida", "Ida")
    with pytest.raises(AskedBefore):
        ask.cancel("Ida")
