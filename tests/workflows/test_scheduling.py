"""Booking: slots are refused twice over, wall time is kept."""

import threading
from datetime import UTC, date, datetime, time
from typing import Any

import pytest
from pydantic import ValidationError
from sqlalchemy import select

from practicerunner import database
from practicerunner.errors import BadInput, NotFound, SlotTaken
from practicerunner.records.cases import Participant
from practicerunner.records.scheduling import Appointment, Hold
from practicerunner.vocabulary import (
    AppointmentStatus,
    AttendanceStatus,
    CancelledBy,
    CaseStatus,
    CaseType,
    SessionFormat,
)
from practicerunner.workflows.booking import book, conflicts, preview
from practicerunner.workflows.cases import (
    CaseIsArchived,
    RemoveParticipant,
    SetCaseStatus,
    remove_participant,
    set_case_status,
)
from practicerunner.workflows.commands import field_messages
from practicerunner.workflows.practice import AddLocation, add_location
from practicerunner.workflows.scheduling import Cancel, cancel
from practicerunner.workflows.series import BookSeries, book_series
from practicerunner.workflows.slots import NoOverride
from tests.cast import Cast, at, how_many
from tests.workflows.booking import TUESDAY, asked, row


def series(cast: Cast, case_id: int, service: str = "IND50", **changes: Any) -> BookSeries:
    facts: dict[str, Any] = {
        "case_id": case_id, "service_id": cast.services[service], "local_date": TUESDAY, "local_time": time(10),
        "location_id": cast.office, "count": 6 if "until" not in changes else None,
    }
    return BookSeries(**facts | changes)


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
