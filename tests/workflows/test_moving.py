"""Moving, changing and calling off appointments, and blocked time."""

from datetime import UTC, date, datetime, time

import pytest

from practicerunner.errors import NotFound, NotPermitted, SlotTaken, Stale
from practicerunner.records.scheduling import Hold
from practicerunner.vocabulary import AppointmentStatus, AttendanceStatus, CancelledBy, CaseType
from practicerunner.workflows.attendance import AttendAll, SetAttendance, attend_all, set_attendance
from practicerunner.workflows.booking import book
from practicerunner.workflows.calendar import appointment_page, blocks_between
from practicerunner.workflows.practice import AddLocation, add_location
from practicerunner.workflows.scheduling import (
    AppointmentIsFixed,
    Cancel,
    ChangeAppointment,
    Reinstate,
    cancel,
    change_appointment,
    move,
    reinstate,
)
from practicerunner.workflows.time_blocks import AddTimeBlock, RemoveTimeBlock, add_time_block, remove_time_block
from tests.cast import Cast, at, how_many
from tests.workflows.booking import TUESDAY, asked, row, shift


def test_a_move_runs_the_checks_of_booking(cast: Cast, ida: int) -> None:
    first = cast.do("Marcus", book, asked(cast, ida))
    second = cast.do("Marcus", book, asked(cast, ida, local_time=time(14)))
    with pytest.raises(SlotTaken):
        cast.do("Marcus", move, shift(cast, second, local_time=time(10, 20)))
    assert row(cast, second).local_time == time(14)
    cast.do("Marcus", move, shift(cast, second, local_time=time(14, 20), minutes=60))
    found = row(cast, second)
    assert (found.local_time, found.minutes, found.starts_at) == (
        time(14, 20), 60, datetime(2026, 9, 8, 18, 20, tzinfo=UTC))
    cast.do("Marcus", move, shift(cast, first, local_date=date(2026, 9, 9)))
    cast.do("Marcus", book, asked(cast, ida))


def test_a_stale_move_is_refused(cast: Cast, ida: int) -> None:
    one = cast.do("Marcus", book, asked(cast, ida))
    late = shift(cast, one, local_time=time(16))
    cast.do("Marcus", move, shift(cast, one, local_time=time(15)))
    with pytest.raises(Stale):
        cast.do("Marcus", move, late)


def test_what_was_held_or_cancelled_does_not_move(cast: Cast, ida: int) -> None:
    held = cast.do("Marcus", book, asked(cast, ida))
    off = cast.do("Marcus", book, asked(cast, ida, local_time=time(14)))
    with at("2026-09-08 11:00"):
        cast.do("Marcus", attend_all, AttendAll(appointment_id=held))
        cast.do("Marcus", cancel, Cancel(appointment_id=off, by=CancelledBy.PROVIDER, reason="ill"))
    for one, sentence in ((held, "Attendance is recorded"), (off, "cancelled")):
        with pytest.raises(AppointmentIsFixed, match=sentence):
            cast.do("Marcus", move, shift(cast, one, local_time=time(18)))


def test_another_place_takes_the_room_and_changes_no_status(cast: Cast, ida: int) -> None:
    room = cast.do("Dana", add_location, AddLocation(name="Room 2", is_room=True))
    one = cast.do("Marcus", book, asked(cast, ida))
    with at("2026-09-08 11:00"):
        cast.do("Marcus", attend_all, AttendAll(appointment_id=one))
    found = row(cast, one)
    cast.do("Marcus", change_appointment, ChangeAppointment(
        appointment_id=one, revision=found.revision, service_id=found.service_id, fee_cents=found.fee_cents,
        location_id=room, memo="Bring the form."))
    after = row(cast, one)
    assert (after.status, after.location_id, after.memo) == (AppointmentStatus.HELD, room, "Bring the form.")
    ruths = cast.open_case(CaseType.INDIVIDUAL, "Bo Ek", provider="Ruth")
    with pytest.raises(SlotTaken, match="Room 2"):
        cast.do("Ruth", book, asked(cast, ruths, location_id=room))


def test_an_owner_chooses_another_supervisor_for_one_appointment(cast: Cast, ida: int) -> None:
    one = cast.do("Marcus", book, asked(cast, ida))
    found = row(cast, one)
    change = ChangeAppointment(
        appointment_id=one, revision=found.revision, service_id=found.service_id, fee_cents=found.fee_cents,
        location_id=found.location_id, supervisor_id=cast.staff["Ruth"])
    with pytest.raises(NotPermitted):
        cast.do("Marcus", change_appointment, change)
    cast.do("Dana", change_appointment, change)
    assert cast.read("Ruth", appointment_page, one).supervisor == "Ruth Feldman"


# --- Calling off


@pytest.mark.parametrize(("moment", "by", "expected"), [
    ("2026-09-07 10:00:00", CancelledBy.CLIENT, AttendanceStatus.CANCELLED_BY_CLIENT),
    ("2026-09-07 10:00:01", CancelledBy.CLIENT, AttendanceStatus.LATE_CANCELLED),
    ("2026-09-08 09:59:00", CancelledBy.PROVIDER, AttendanceStatus.CANCELLED_BY_PROVIDER),
])
def test_a_cancellation_is_late_only_strictly_within_the_policy(cast: Cast, ida: int, moment, by, expected) -> None:
    one = cast.do("Marcus", book, asked(cast, ida))
    with at(moment):
        cast.do("Marcus", cancel, Cancel(appointment_id=one, by=by, reason="flu"))
    found = row(cast, one)
    assert (found.status, found.cancelled_reason, found.attendances[0].status) == (
        AppointmentStatus.CANCELLED, "flu", expected)
    assert how_many(cast, Hold) == 0
    cast.do("Marcus", book, asked(cast, ida))


def test_coming_back_into_a_slot_that_was_taken_meanwhile_is_refused(cast: Cast, ida: int) -> None:
    one = cast.do("Marcus", book, asked(cast, ida))
    cast.do("Marcus", cancel, Cancel(appointment_id=one, by=CancelledBy.CLIENT))
    other = cast.do("Marcus", book, asked(cast, cast.open_case(CaseType.INDIVIDUAL, "Bo Ek")))
    person = row(cast, one).attendances[0].person_id
    with pytest.raises(SlotTaken):
        cast.do("Marcus", reinstate, Reinstate(appointment_id=one))
    with pytest.raises(SlotTaken):
        cast.do("Marcus", set_attendance, SetAttendance(
            appointment_id=one, statuses={person: AttendanceStatus.CONFIRMED}))
    cast.do("Marcus", cancel, Cancel(appointment_id=other, by=CancelledBy.PROVIDER))
    cast.do("Marcus", reinstate, Reinstate(appointment_id=one))
    found = row(cast, one)
    assert (found.status, found.attendances[0].status) == (AppointmentStatus.SCHEDULED, AttendanceStatus.SCHEDULED)
    assert how_many(cast, Hold) == 1


# --- Blocked time


def test_blocked_time_counts_as_conflict_even_over_many_days(cast: Cast, ida: int) -> None:
    block = cast.do("Marcus", add_time_block, AddTimeBlock(
        provider_id=cast.staff["Marcus"], starts_on=date(2026, 9, 7), starts=time(12), ends_on=date(2026, 9, 11),
        ends=time(12), reason="Vacation"))
    assert how_many(cast, Hold) == 4
    with pytest.raises(SlotTaken, match=r"^Marcus Bell is blocked on"):
        cast.do("Marcus", book, asked(cast, ida, local_date=date(2026, 9, 10)))
    cast.do("Marcus", book, asked(cast, ida, local_date=date(2026, 9, 11), local_time=time(12)))
    assert [b.reason for b in cast.read("Marcus", blocks_between, date(2026, 9, 8), date(2026, 9, 8))] == ["Vacation"]
    assert cast.read("Olga", blocks_between, date(2026, 9, 8), date(2026, 9, 8)) == []
    cast.do("Marcus", remove_time_block, RemoveTimeBlock(time_block_id=block))
    cast.do("Marcus", book, asked(cast, ida, local_date=date(2026, 9, 10)))


def test_time_with_an_appointment_in_it_cannot_be_blocked(cast: Cast, ida: int) -> None:
    cast.do("Marcus", book, asked(cast, ida))
    day = AddTimeBlock(provider_id=cast.staff["Marcus"], starts_on=TUESDAY, starts=time(8), ends_on=TUESDAY,
                       ends=time(18), reason="Admin")
    with pytest.raises(SlotTaken, match="there is an appointment"):
        cast.do("Marcus", add_time_block, day)
    with pytest.raises(NotFound):
        cast.do("Olga", add_time_block, day.model_copy(update={"op": "another"}))
