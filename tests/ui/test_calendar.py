"""What goes to the calendar component, and what its answers mean."""

from datetime import date, datetime, time
from typing import Any

import pytest

from practicerunner.records.calendar import CalendarEntry
from practicerunner.ui import calendar
from practicerunner.vocabulary import AppointmentStatus, CaseType, SessionFormat
from practicerunner.workflows.calendar import Blocked
from practicerunner.workflows.rooms import RoomTaken

THURSDAY = date(2026, 11, 12)


def entry(**changes: Any) -> CalendarEntry:
    facts: dict[str, Any] = {
        "appointment_id": 7, "revision": 3, "case_id": 1, "case_name": "Maya & Tom Rivera",
        "case_type": CaseType.TWO_PERSON, "provider_id": 2, "provider_first": "Marcus", "provider_last": "Bell",
        "colour": "#0F766E", "service": "FAM50", "location": "Office", "format": SessionFormat.IN_PERSON,
        "status": AppointmentStatus.SCHEDULED, "local_date": THURSDAY, "local_time": time(10), "minutes": 50,
        "fold": 0, "series_id": None, "has_note": False, "unpaid": False,
    }
    return CalendarEntry(**facts | changes)


def test_an_event_has_wall_times_without_a_zone_and_its_providers_colour() -> None:
    event, = calendar.events([entry()])
    assert (event["id"], event["start"], event["end"]) == ("7", "2026-11-12T10:00:00", "2026-11-12T10:50:00")
    assert event["backgroundColor"] == event["borderColor"] == "#0F766E"
    assert event["extendedProps"] == {"revision": 3, "place": 0} and event["editable"] is True


@pytest.mark.parametrize(("changes", "text"), [
    ({}, "Maya & Tom Rivera"),
    ({"expected": 7, "people": 8, "case_name": "Thursday group"}, "Thursday group · 7/8"),
    ({"status": AppointmentStatus.HELD}, "Maya & Tom Rivera · no note"),
    ({"status": AppointmentStatus.HELD, "has_note": True, "unpaid": True}, "Maya & Tom Rivera · unpaid"),
    ({"status": AppointmentStatus.CANCELLED}, "Maya & Tom Rivera · cancelled"),
    ({"fold": 1, "local_time": time(1, 30)}, "second 01:30 · Maya & Tom Rivera"),
])
def test_the_label_says_who_of_how_many_and_what_is_missing(changes: dict[str, Any], text: str) -> None:
    assert calendar.label(entry(**changes)) == text


@pytest.mark.parametrize("status", AppointmentStatus)
def test_only_what_may_still_move_can_be_dragged(status: AppointmentStatus) -> None:
    movable = {AppointmentStatus.SCHEDULED, AppointmentStatus.CONFIRMED, AppointmentStatus.ARRIVED}
    assert calendar.events([entry(status=status)])[0]["editable"] is (status in movable)
    assert calendar.events([entry(status=status)], editable=False)[0]["editable"] is False


def test_of_two_equal_times_the_first_stands_first() -> None:
    """Both begin at 01:30 on the wall; the component orders what begins together by its place."""
    night = {"local_date": date(2026, 11, 1), "local_time": time(1, 30)}
    first, second = calendar.events([entry(**night), entry(**night, fold=1, appointment_id=3, case_name="Aaron")])
    assert first["start"] == second["start"] == "2026-11-01T01:30:00"
    assert [event["extendedProps"]["place"] for event in (first, second)] == [0, 1]
    options = calendar.options(calendar.LIST, THURSDAY, datetime.fromisoformat("2026-11-12 09:00"), editable=True)
    assert options["eventOrder"] == "start,place"


def test_a_room_that_somebody_has_is_shown_and_opens_nothing() -> None:
    ten, eleven = (datetime.fromisoformat(f"2026-11-12 {hour}:00") for hour in (10, 11))
    event, = calendar.events([], [], [RoomTaken("Room 2", ten, eleven)])
    assert (event["title"], event["editable"], event["start"]) == ("Room 2 is taken", False, "2026-11-12T10:00:00")
    assert calendar.proposal({"callback": "eventClick", "eventClick": {"event": {"id": event["id"]}}}) is None


def test_blocked_time_is_shown_and_never_dragged() -> None:
    noon, next_noon = (datetime.fromisoformat(f"2026-11-{day} 12:00") for day in (12, 13))
    block = Blocked(9, 2, "Marcus Bell", "Vacation", noon, next_noon)
    event, = calendar.events([], [block])
    assert (event["title"], event["editable"], event["end"]) == (
        "Marcus Bell: Vacation", False, "2026-11-13T12:00:00")
    opened = calendar.proposal({"callback": "eventClick", "eventClick": {"event": {"id": event["id"]}}})
    assert opened == calendar.OpenedBlock(9)


def test_only_views_that_are_free_for_every_use() -> None:
    assert set(calendar.VIEWS.values()) == {"timeGridDay", "timeGridWeek", "dayGridMonth", "listWeek"}
    for view in calendar.VIEWS:
        made = calendar.options(view, THURSDAY, datetime.fromisoformat("2026-11-12 09:00:00"), editable=True)
        assert (made["timeZone"], made["headerToolbar"], made["initialDate"]) == ("UTC", False, "2026-11-12")
        assert "rrule" not in str(made)


def test_an_admin_of_the_grid_sees_no_pale_yellow_in_the_dark() -> None:
    light, dark = calendar.css(dark=False), calendar.css(dark=True)
    assert light != dark
    assert "--fc-today-bg-color" in light and "--fc-today-bg-color" in dark


# --- What comes back


def change(start: str, end: str, **extra: Any) -> dict[str, Any]:
    return {"callback": "eventChange", "eventChange": {
        "event": {"id": "7", "start": start, "end": end, "extendedProps": {"revision": 3}}, "oldEvent": {}} | extra}


@pytest.mark.parametrize("suffix", ["", "Z", ".000Z", "-05:00", "+00:00"])
def test_a_drag_is_a_proposal_in_wall_time_whatever_stands_behind_the_time(suffix: str) -> None:
    said = change(f"2026-11-13T15:30:00{suffix}", f"2026-11-13T16:20:00{suffix}")
    assert calendar.proposal(said) == calendar.Moved(7, 3, date(2026, 11, 13), time(15, 30), 50)


def test_a_resize_changes_the_length_and_over_midnight_it_still_counts() -> None:
    assert calendar.proposal(change("2026-11-12T23:30:00Z", "2026-11-13T01:00:00Z")) == calendar.Moved(
        7, 3, THURSDAY, time(23, 30), 90)


@pytest.mark.parametrize(("start", "end", "all_day", "expected"), [
    ("2026-11-12T10:00:00.000Z", "2026-11-12T10:15:00.000Z", False, calendar.Chosen(THURSDAY, time(10), None)),
    ("2026-11-12T10:00:00.000Z", "2026-11-12T11:30:00.000Z", False, calendar.Chosen(THURSDAY, time(10), 90)),
    ("2026-11-12T00:00:00.000Z", "2026-11-13T00:00:00.000Z", True, calendar.Chosen(THURSDAY, None, None)),
])
def test_a_chosen_time_gives_day_start_and_a_length_only_if_it_was_drawn(start, end, all_day, expected) -> None:
    said = {"callback": "select", "select": {"start": start, "end": end, "allDay": all_day}}
    assert calendar.proposal(said) == expected


def test_a_click_opens_the_appointment() -> None:
    assert calendar.proposal({"callback": "eventClick", "eventClick": {"event": {"id": "7"}}}) == calendar.Opened(7)


@pytest.mark.parametrize("said", [
    None, {}, {"callback": "eventsSet", "eventsSet": {}}, {"callback": "eventClick"},
    {"callback": "eventChange", "eventChange": {}},
    {"callback": "eventClick", "eventClick": {"event": {"id": "x; drop"}}},
    {"callback": "select", "select": {"start": "yesterday", "end": "tomorrow"}},
    {"callback": "eventChange", "eventChange": {"event": {"id": "7", "start": "2026-11-12T10:00:00Z", "end": None}}},
])
def test_what_cannot_be_understood_does_nothing(said: Any) -> None:
    assert calendar.proposal(said) is None


def test_the_same_answer_has_the_same_token_and_no_answer_has_none() -> None:
    one = change("2026-11-12T10:00:00Z", "2026-11-12T11:00:00Z")
    assert calendar.token(one) == calendar.token(dict(reversed(one.items()))) != ""
    assert calendar.token({}) == calendar.token(None) == ""


# --- The header


def test_spans_and_steps_of_each_view() -> None:
    assert calendar.span(calendar.DAY, THURSDAY) == (THURSDAY, THURSDAY)
    assert calendar.span(calendar.WEEK, THURSDAY) == (date(2026, 11, 9), date(2026, 11, 15))
    assert calendar.span(calendar.MONTH, THURSDAY) == (date(2026, 10, 26), date(2026, 12, 6))
    assert calendar.step(calendar.WEEK, THURSDAY, -1) == date(2026, 11, 5)
    assert calendar.step(calendar.DAY, THURSDAY, 1) == date(2026, 11, 13)
    assert calendar.step(calendar.MONTH, date(2026, 1, 31), 1) == date(2026, 2, 1)
    assert calendar.step(calendar.MONTH, date(2026, 3, 31), -1) == date(2026, 2, 1)


def test_titles_read_like_a_calendar() -> None:
    assert calendar.title(calendar.DAY, THURSDAY) == "Thu 12 Nov 2026"
    assert calendar.title(calendar.WEEK, THURSDAY) == "9–15 Nov 2026"
    assert calendar.title(calendar.WEEK, date(2026, 12, 31)) == "28 Dec 2026 – 3 Jan 2027"
    assert calendar.title(calendar.MONTH, THURSDAY) == "November 2026"
