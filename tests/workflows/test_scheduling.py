"""Booking, moving and calling off: slots are refused twice over, wall time is kept, strangers see nothing."""

import threading
from datetime import UTC, date, datetime, time
from typing import Any

import pytest
from pydantic import ValidationError
from sqlalchemy import func, select

from practicerunner import database
from practicerunner.errors import BadInput, NotFound, NotPermitted, SlotTaken, Stale
from practicerunner.records.audit import AuditRow
from practicerunner.records.cases import Participant
from practicerunner.records.scheduling import Appointment, Attendance, Hold
from practicerunner.vocabulary import (
    AppointmentStatus,
    AttendanceStatus,
    CancelledBy,
    CaseStatus,
    CaseType,
    Outcome,
    SessionFormat,
)
from practicerunner.workflows.attendance import AttendAll, SetAttendance, attend_all, set_attendance
from practicerunner.workflows.booking import Book, book, conflicts, preview
from practicerunner.workflows.calendar import TooMany, appointment_page, appointments_between, blocks_between
from practicerunner.workflows.cases import (
    CaseIsArchived,
    RemoveParticipant,
    SetCaseStatus,
    remove_participant,
    set_case_status,
)
from practicerunner.workflows.commands import field_messages
from practicerunner.workflows.practice import AddLocation, add_location
from practicerunner.workflows.scheduling import (
    AppointmentIsFixed,
    Cancel,
    ChangeAppointment,
    Move,
    Reinstate,
    cancel,
    change_appointment,
    move,
    reinstate,
)
from practicerunner.workflows.series import BookSeries, book_series
from practicerunner.workflows.slots import NoOverride
from practicerunner.workflows.time_blocks import AddTimeBlock, RemoveTimeBlock, add_time_block, remove_time_block
from tests.cast import Cast, at

TUESDAY = date(2026, 9, 8)


def asked(cast: Cast, case_id: int, service: str = "IND50", **changes: Any) -> Book:
    """Tuesday at ten in the office, unless said otherwise."""
    facts: dict[str, Any] = {
        "case_id": case_id, "service_id": cast.services[service], "local_date": TUESDAY, "local_time": time(10),
        "location_id": cast.office,
    }
    return Book(**facts | changes)


def series(cast: Cast, case_id: int, service: str = "IND50", **changes: Any) -> BookSeries:
    facts: dict[str, Any] = {
        "case_id": case_id, "service_id": cast.services[service], "local_date": TUESDAY, "local_time": time(10),
        "location_id": cast.office, "count": 6 if "until" not in changes else None,
    }
    return BookSeries(**facts | changes)


def row(cast: Cast, appointment_id: int) -> Appointment:
    with database.reading(cast.engine) as session:
        found = session.get_one(Appointment, appointment_id)
        _ = found.attendances
        return found


def how_many(cast: Cast, table: type) -> int:
    with database.reading(cast.engine) as session:
        return session.scalar(select(func.count()).select_from(table)) or 0


def shift(cast: Cast, appointment_id: int, **changes: Any) -> Move:
    found = row(cast, appointment_id)
    facts = {"appointment_id": found.id, "revision": found.revision, "local_date": found.local_date,
             "local_time": found.local_time, "minutes": found.minutes}
    return Move(**facts | changes)


@pytest.fixture
def ida(cast: Cast) -> int:
    """An individual case of Marcus."""
    return cast.open_case(CaseType.INDIVIDUAL, "Ida Holm")


# --- Booking


def test_service_fills_length_and_fee_and_the_case_its_provider(cast: Cast, ida: int) -> None:
    found = row(cast, cast.do("Marcus", book, asked(cast, ida)))
    assert (found.minutes, found.fee_cents, found.provider_id, found.format, found.status) == (
        50, 165_00, cast.staff["Marcus"], SessionFormat.IN_PERSON, AppointmentStatus.SCHEDULED)
    assert (found.local_time, found.starts_at) == (time(10), datetime(2026, 9, 8, 14, tzinfo=UTC))
    assert found.ends_at == datetime(2026, 9, 8, 14, 50, tzinfo=UTC)
    assert [a.status for a in found.attendances] == [AttendanceStatus.SCHEDULED]


def test_length_and_fee_may_be_changed_for_one_appointment_and_the_service_keeps_its_own(cast: Cast, ida: int) -> None:
    one = row(cast, cast.do("Marcus", book, asked(cast, ida, minutes=80, fee_cents=200_00)))
    other = row(cast, cast.do("Marcus", book, asked(cast, ida, local_time=time(14))))
    assert (one.minutes, one.fee_cents, other.minutes, other.fee_cents) == (80, 200_00, 50, 165_00)


@pytest.mark.parametrize("minutes", [0, -5, 1441, 30 * 60])
def test_zero_minutes_and_thirty_hours_are_refused_at_the_field(cast: Cast, ida: int, minutes: int) -> None:
    with pytest.raises(ValidationError) as refused:
        asked(cast, ida, minutes=minutes)
    assert field_messages(refused.value) == {"minutes": "An appointment lasts between 1 minute and 24 hours."}


def test_a_day_long_appointment_blocks_the_whole_day(cast: Cast, ida: int) -> None:
    cast.do("Marcus", book, asked(cast, ida, minutes=1440, local_time=time(0)))
    with pytest.raises(SlotTaken):
        cast.do("Marcus", book, asked(cast, ida, minutes=1, local_time=time(23, 59)))
    cast.do("Marcus", book, asked(cast, ida, minutes=1, local_date=date(2026, 9, 9), local_time=time(0)))


def test_a_place_or_a_format_is_required(cast: Cast, ida: int) -> None:
    with pytest.raises(BadInput) as refused:
        cast.do("Marcus", book, asked(cast, ida, location_id=None))
    assert refused.value.field == "format"
    video = row(cast, cast.do("Marcus", book, asked(cast, ida, location_id=None, format=SessionFormat.VIDEO)))
    assert (video.format, video.location_id) == (SessionFormat.VIDEO, None)


@pytest.mark.parametrize(("case_type", "names", "fits", "refused"), [
    (CaseType.INDIVIDUAL, ["Ida Holm"], "IND50", "CONS60"),
    (CaseType.INDIVIDUAL_CONSULTATION, ["Ida Holm"], "CONS60", "IND50"),
    (CaseType.WORKSHOP, ["Ida Holm"], "WKSP", "GRP90"),
    (CaseType.TWO_PERSON, ["Ida Holm", "Bo Holm"], "FAM50", "WKSP"),
])
def test_services_are_those_of_the_kind_of_work(cast: Cast, case_type, names, fits, refused) -> None:
    case_id = cast.open_case(case_type, *names, name="Skills" if case_type is CaseType.WORKSHOP else "")
    with pytest.raises(BadInput) as problem:
        cast.do("Marcus", book, asked(cast, case_id, refused))
    assert problem.value.field == "service_id"
    assert len(row(cast, cast.do("Marcus", book, asked(cast, case_id, fits))).attendances) == len(names)


def test_an_archived_case_takes_no_appointment(cast: Cast, ida: int) -> None:
    cast.do("Marcus", set_case_status, SetCaseStatus(case_id=ida, status=CaseStatus.ARCHIVED))
    with pytest.raises(CaseIsArchived):
        cast.do("Marcus", book, asked(cast, ida))
    with pytest.raises(CaseIsArchived):
        cast.do("Marcus", book_series, series(cast, ida))
    assert how_many(cast, Appointment) == 0


def test_an_empty_group_needs_a_member_first(cast: Cast) -> None:
    group = cast.open_case(CaseType.THERAPY_GROUP, name="Thursday group")
    with pytest.raises(BadInput, match="No member takes part"):
        cast.do("Marcus", book, asked(cast, group, "GRP90"))


def test_only_those_who_take_part_on_the_day_get_a_row(cast: Cast) -> None:
    group = cast.open_case(CaseType.THERAPY_GROUP, "Eve Moss", "Jo Park", name="Thursday group",
                           opened_on=date(2026, 9, 1))
    with database.reading(cast.engine) as session:
        leaver = session.scalars(select(Participant.person_id).where(Participant.case_id == group)).first()
    cast.do("Marcus", remove_participant, RemoveParticipant(case_id=group, person_id=leaver, left_on=date(2026, 9, 15)))
    made = cast.do("Marcus", book_series, series(cast, group, "GRP90", count=3))
    assert [len(row(cast, one).attendances) for one in made] == [2, 1, 1]


def test_an_administrator_never_appears_as_provider(cast: Cast, ida: int) -> None:
    with pytest.raises(BadInput) as refused:
        cast.do("Dana", book, asked(cast, ida, provider_id=cast.staff["Tom"]))
    assert refused.value.field == "provider_id"


def test_the_supervisor_is_the_providers_on_that_date(cast: Cast) -> None:
    with at("2026-09-01 09:00"):
        case_id = cast.open_case(CaseType.INDIVIDUAL, "Ida Holm", provider="Priya")
        found = row(cast, cast.do("Priya", book, asked(cast, case_id)))
    assert found.supervisor_id == cast.staff["Ruth"]
    other = cast.open_case(CaseType.INDIVIDUAL, "Bo Ek")
    assert row(cast, cast.do("Marcus", book, asked(cast, other))).supervisor_id is None


def test_the_second_click_books_nothing(cast: Cast, ida: int) -> None:
    command = asked(cast, ida)
    assert cast.do("Marcus", book, command) == cast.do("Marcus", book, command)
    assert (how_many(cast, Appointment), how_many(cast, Hold)) == (1, 1)


# --- Overlap


def test_a_taken_provider_is_refused_without_naming_whose_appointment_it_is(cast: Cast, ida: int) -> None:
    cast.do("Marcus", book, asked(cast, ida))
    other = cast.open_case(CaseType.INDIVIDUAL, "Bo Ek")
    with pytest.raises(SlotTaken) as refused:
        cast.do("Marcus", book, asked(cast, other, local_time=time(10, 49)))
    assert str(refused.value) == "Marcus Bell is already taken on Tue 8 Sep 2026, 10:00–10:50."
    assert "Holm" not in str(refused.value)
    assert how_many(cast, Appointment) == 1
    cast.do("Marcus", book, asked(cast, other, local_time=time(10, 50)))
    cast.do("Marcus", book, asked(cast, other, local_time=time(9, 10)))


def test_a_room_holds_one_appointment_at_a_time_and_an_office_any_number(cast: Cast, ida: int) -> None:
    room = cast.do("Dana", add_location, AddLocation(name="Room 2", is_room=True))
    ruths = cast.open_case(CaseType.INDIVIDUAL, "Bo Ek", provider="Ruth")
    cast.do("Marcus", book, asked(cast, ida, location_id=room))
    with pytest.raises(SlotTaken, match=r"^Room 2 is already taken"):
        cast.do("Ruth", book, asked(cast, ruths, location_id=room))
    cast.do("Ruth", book, asked(cast, ruths))


def test_a_participant_cannot_be_in_two_places(cast: Cast, ida: int) -> None:
    with database.reading(cast.engine) as session:
        person = session.scalars(select(Participant.person_id).where(Participant.case_id == ida)).one()
    from practicerunner.workflows.cases import OpenCase, Taking, open_case
    ruths = cast.do("Dana", open_case, OpenCase(
        type=CaseType.INDIVIDUAL, provider_id=cast.staff["Ruth"], participants=(Taking(person_id=person),)))
    first = cast.do("Marcus", book, asked(cast, ida))
    with pytest.raises(SlotTaken, match="Ida Holm is already taken"):
        cast.do("Ruth", book, asked(cast, ruths))
    cast.do("Marcus", cancel, Cancel(appointment_id=first, by=CancelledBy.CLIENT))
    cast.do("Ruth", book, asked(cast, ruths))


def test_owner_and_admin_book_over_with_a_reason_and_others_do_not(cast: Cast, ida: int) -> None:
    cast.do("Marcus", book, asked(cast, ida))
    other = cast.open_case(CaseType.INDIVIDUAL, "Bo Ek")
    with pytest.raises(SlotTaken):
        cast.do("Tom", book, asked(cast, other, override_reason="  "))
    with pytest.raises(NoOverride):
        cast.do("Marcus", book, asked(cast, other, override_reason="urgent"))
    found = row(cast, cast.do("Tom", book, asked(cast, other, override_reason="urgent")))
    assert found.override_reason == "urgent"
    free = row(cast, cast.do("Tom", book, asked(cast, other, local_time=time(16), override_reason="not needed")))
    assert free.override_reason == ""


def test_the_form_hears_of_conflicts_before_it_is_saved(cast: Cast, ida: int) -> None:
    assert cast.read("Marcus", conflicts, asked(cast, ida)) == []
    cast.do("Marcus", book, asked(cast, ida))
    other = cast.open_case(CaseType.INDIVIDUAL, "Bo Ek")
    found = cast.read("Marcus", conflicts, asked(cast, other, local_time=time(10, 30)))
    assert [c.sentence for c in found] == ["Marcus Bell is already taken on Tue 8 Sep 2026, 10:00–10:50."]
    with pytest.raises(NotFound):
        cast.read("Olga", conflicts, asked(cast, other))


@pytest.mark.slow
def test_of_two_who_book_one_slot_at_once_exactly_one_wins(cast: Cast) -> None:
    cases = [cast.open_case(CaseType.INDIVIDUAL, f"Client {n}") for n in "AB"]
    actors = [cast.actor("Marcus"), cast.actor("Dana")]
    for round_number in range(20):
        barrier = threading.Barrier(2)
        outcomes: list[object] = []

        def attempt(case_id: int, actor: Any, hour: int, barrier: threading.Barrier, outcomes: list[object]) -> None:
            command = asked(cast, case_id, local_date=date(2026, 9, 1 + hour // 10), local_time=time(8 + hour % 10))
            barrier.wait()
            try:
                with database.transaction(cast.engine) as session:
                    outcomes.append(book(session, actor, command))
            except Exception as problem:
                outcomes.append(problem)

        threads = [
            threading.Thread(target=attempt, args=(case_id, actor, round_number, barrier, outcomes))
            for case_id, actor in zip(cases, actors, strict=True)
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert sum(isinstance(one, int) for one in outcomes) == 1, outcomes
        assert sum(isinstance(one, SlotTaken) for one in outcomes) == 1, outcomes
    assert (how_many(cast, Appointment), how_many(cast, Hold)) == (20, 20)


def test_the_database_itself_refuses_a_hold_that_overlaps(cast: Cast, ida: int) -> None:
    from sqlalchemy.exc import IntegrityError

    from practicerunner.records import scheduling
    first = row(cast, cast.do("Marcus", book, asked(cast, ida)))
    with pytest.raises(IntegrityError) as refused, database.transaction(cast.engine) as session:
        session.add(Hold(resource_id=cast.staff["Marcus"], starts_at=first.starts_at, ends_at=first.ends_at))
    assert scheduling.is_overlap(refused.value)


# --- Wall time


@pytest.mark.parametrize(("first", "expected"), [
    (date(2026, 10, 20), ["2026-10-20 20:00", "2026-10-27 20:00", "2026-11-03 21:00", "2026-11-10 21:00"]),
    (date(2027, 3, 2), ["2027-03-02 21:00", "2027-03-09 21:00", "2027-03-16 20:00", "2027-03-23 20:00"]),
])
def test_a_series_keeps_the_wall_time_when_the_clocks_change(
    cast: Cast, ida: int, first: date, expected: list[str]
) -> None:
    made = cast.do("Marcus", book_series, series(cast, ida, local_date=first, local_time=time(16), count=4))
    found = [row(cast, one) for one in made]
    assert [f"{one.starts_at:%Y-%m-%d %H:%M}" for one in found] == expected
    assert {one.local_time for one in found} == {time(16)}


def test_a_time_that_the_clock_skips_is_moved_forward_and_said(cast: Cast, ida: int) -> None:
    command = asked(cast, ida, local_date=date(2027, 3, 14), local_time=time(2, 30))
    shown = cast.read("Marcus", preview, command)
    assert shown.notes == ("The clock skips 02:30 on Sun 14 Mar 2027; it starts at 03:30.",)
    found = row(cast, cast.do("Marcus", book, command))
    assert (found.local_time, found.starts_at) == (time(3, 30), datetime(2027, 3, 14, 7, 30, tzinfo=UTC))


def test_an_hour_that_comes_twice_means_the_first(cast: Cast, ida: int) -> None:
    command = asked(cast, ida, local_date=date(2026, 11, 1), local_time=time(1, 30))
    found = row(cast, cast.do("Marcus", book, command))
    assert (found.local_time, found.starts_at) == (time(1, 30), datetime(2026, 11, 1, 5, 30, tzinfo=UTC))


# --- Moving and changing


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


# --- Who sees what


def test_a_supervisor_reads_but_does_not_book(cast: Cast) -> None:
    with at("2026-09-01 09:00"):
        case_id = cast.open_case(CaseType.INDIVIDUAL, "Ida Holm", provider="Priya")
        one = cast.do("Priya", book, asked(cast, case_id))
        ruth = [e.appointment_id for e in cast.read("Ruth", appointments_between, TUESDAY, TUESDAY)]
        assert ruth == [one]
        assert cast.read("Ruth", appointment_page, one).may_change is False
        # Ruth is also a provider: her own clients she may book, her associate's she may not.
        with pytest.raises(NotFound):
            cast.do("Ruth", book, asked(cast, case_id, local_time=time(15)))


def test_another_providers_appointment_does_not_exist_for_a_provider(cast: Cast, ida: int) -> None:
    one = cast.do("Marcus", book, asked(cast, ida))
    assert cast.read("Olga", appointments_between, TUESDAY, TUESDAY) == []
    with pytest.raises(NotFound):
        cast.read("Olga", appointment_page, one)
    with pytest.raises(NotFound):
        cast.do("Olga", move, shift(cast, one, local_time=time(15)))
    with pytest.raises(NotFound):
        cast.do("Olga", book, asked(cast, ida, local_time=time(15), provider_id=cast.staff["Olga"]))
    with pytest.raises(NotFound):
        cast.do("Marcus", book, asked(cast, ida, local_time=time(15), provider_id=cast.staff["Olga"]))
    with database.reading(cast.engine) as session:
        refused = session.scalars(select(AuditRow).where(AuditRow.outcome == Outcome.REFUSED)).all()
        assert len(refused) == 4


def test_filters_leave_out_what_was_not_asked_for(cast: Cast, ida: int) -> None:
    mine = cast.do("Marcus", book, asked(cast, ida))
    couple = cast.open_case(CaseType.TWO_PERSON, "Noor Haddad", "Sam Ortiz", provider="Olga")
    decoy = cast.do("Olga", book, asked(cast, couple, "FAM50", location_id=None, format=SessionFormat.VIDEO))
    cast.do("Marcus", book, asked(cast, ida, local_date=date(2026, 9, 9)))

    def shown(**filters: Any) -> list[int]:
        return [e.appointment_id for e in cast.read("Dana", appointments_between, TUESDAY, TUESDAY, **filters)]

    assert sorted(shown()) == sorted([mine, decoy])
    assert shown(provider_ids=[cast.staff["Marcus"]]) == [mine]
    assert shown(types=[CaseType.TWO_PERSON]) == [decoy]
    assert shown(location_id=cast.office) == [mine]
    assert shown(statuses=[AppointmentStatus.CANCELLED]) == []
    with pytest.raises(TooMany):
        shown(limit=1)


def test_a_group_shows_how_many_of_how_many(cast: Cast) -> None:
    group = cast.open_case(CaseType.THERAPY_GROUP, *[f"Member {n}" for n in "ABCDEFGH"], name="Thursday group")
    one = cast.do("Marcus", book, asked(cast, group, "GRP90"))
    away = row(cast, one).attendances[0].person_id
    cast.do("Marcus", set_attendance, SetAttendance(appointment_id=one, statuses={away: AttendanceStatus.EXCUSED}))
    entry, = cast.read("Marcus", appointments_between, TUESDAY, TUESDAY)
    assert (entry.expected, entry.people, entry.status) == (7, 8, AppointmentStatus.SCHEDULED)


def test_an_audit_row_says_what_was_done_and_names_nobody(cast: Cast, ida: int) -> None:
    one = cast.do("Marcus", book, asked(cast, ida))
    cast.do("Marcus", move, shift(cast, one, local_time=time(12)))
    page = cast.read("Marcus", appointment_page, one)
    assert [(d.what, d.who) for d in page.history] == [("move", "Marcus Bell"), ("book", "Marcus Bell")]
    with database.reading(cast.engine) as session:
        details = session.scalars(select(AuditRow.detail).where(AuditRow.action == "move")).all()
    assert details == ["from 2026-09-08 to 2026-09-08 12:00"]
    assert how_many(cast, Attendance) == 1
