"""When reminders are due on somebody's wall clock, and exactly what they say."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from practicerunner.rules.reminders import (
    Letter,
    Meeting,
    all_in_words,
    cancelled,
    due_at,
    latest_due,
    moved,
    narrowest,
    place,
    reminder,
)
from practicerunner.vocabulary import SessionFormat

NEW_YORK = "America/New_York"


def on(wall: str, zone: str = NEW_YORK) -> datetime:
    return datetime.fromisoformat(wall).replace(tzinfo=ZoneInfo(zone)).astimezone(UTC)


def test_the_narrowest_setting_counts_and_an_empty_one_means_none() -> None:
    settings = {(None, None): (24,), (7, None): (48, 2), (7, 70): (), (8, 80): (1,)}
    assert narrowest(settings, 9, 90) == (24,)
    assert narrowest(settings, 7, 71) == (48, 2)
    assert narrowest(settings, 7, 70) == ()
    assert narrowest(settings, 8, 81) == (24,)
    assert narrowest({}, 7, 70) == ()


@pytest.mark.parametrize(("start", "zone", "hours", "due"), [
    ("2026-09-08 10:00", NEW_YORK, 24, "2026-09-07 10:00"),
    ("2026-03-08 10:00", NEW_YORK, 24, "2026-03-07 10:00"),  # the clocks go forward in between: 23 real hours
    ("2026-11-01 10:00", NEW_YORK, 24, "2026-10-31 10:00"),  # back: 25
    ("2026-03-09 02:30", NEW_YORK, 24, "2026-03-08 03:30"),  # a time the clock skips
    ("2026-11-02 01:30", NEW_YORK, 24, "2026-11-01 01:30"),  # the first of two
    ("2026-03-29 10:00", "Europe/Berlin", 48, "2026-03-27 10:00"),
    ("2026-09-08 10:00", NEW_YORK, 336, "2026-08-25 10:00"),
])
def test_a_reminder_is_due_at_the_same_time_on_the_wall(start: str, zone: str, hours: int, due: str) -> None:
    assert due_at(on(start, zone), hours, zone) == on(due, zone)


def test_real_hours_differ_over_a_clock_change() -> None:
    assert on("2026-03-08 10:00") - due_at(on("2026-03-08 10:00"), 24, NEW_YORK) == timedelta(hours=23)
    assert on("2026-11-01 10:00") - due_at(on("2026-11-01 10:00"), 24, NEW_YORK) == timedelta(hours=25)


def test_the_recipients_clock_counts_and_not_the_practices() -> None:
    # Ten in New York is fifteen in London; London changes its clocks three weeks later than New York.
    start = on("2026-03-29 10:00")
    assert due_at(start, 24, NEW_YORK) == on("2026-03-28 10:00")
    assert due_at(start, 24, "Europe/London") == on("2026-03-28 15:00", "Europe/London")
    assert due_at(start, 24, "Europe/London") - due_at(start, 24, NEW_YORK) == timedelta(hours=1)


def test_an_hour_before_is_before_even_where_the_clock_skips_that_hour() -> None:
    start = on("2026-03-08 03:00")
    assert due_at(start, 1, NEW_YORK) == start - timedelta(hours=1)


@given(
    start=st.integers(0, 2 * 365 * 24 * 60).map(lambda minutes: on("2026-01-01 00:00") + timedelta(minutes=minutes)),
    hours=st.integers(1, 336), zone=st.sampled_from([NEW_YORK, "Europe/Berlin", "Australia/Lord_Howe", "Asia/Kolkata"]),
)
def test_a_reminder_is_always_before_the_start_and_near_its_hours(start: datetime, hours: int, zone: str) -> None:
    early = start - due_at(start, hours, zone)
    assert timedelta(0) < early
    assert abs(early - timedelta(hours=hours)) <= timedelta(hours=1)


def test_after_a_time_without_reminders_only_the_latest_is_sent_and_none_once_it_has_begun() -> None:
    start, times = on("2026-09-08 10:00"), (48, 24, 2)

    def by(wall: str) -> int | None:
        return latest_due(start, times, NEW_YORK, on(wall))

    assert by("2026-09-06 09:59") is None
    assert by("2026-09-06 10:00") == 48
    assert by("2026-09-07 09:59") == 48
    assert by("2026-09-07 10:00") == 24
    assert by("2026-09-08 09:59") == 2
    assert by("2026-09-08 10:00") is None
    assert latest_due(start, (), NEW_YORK, on("2026-09-08 09:00")) is None


def test_times_in_words() -> None:
    assert all_in_words((2, 24, 36, 168)) == "1 week, 36 hours, 1 day and 2 hours before"
    assert all_in_words((48,)) == "2 days before"
    assert all_in_words(()) == "no reminders"


def nora(zone: str = NEW_YORK, where: str = "Office\n12 Linden Street", phone: str = "+1 518 555 0100") -> Meeting:
    return Meeting("Nora", on("2026-09-08 10:00"), zone, zone != NEW_YORK, where, "Linden Street Practice", phone)


def test_the_reminder_word_for_word() -> None:
    assert reminder(nora()) == Letter("Reminder: your appointment on Tuesday 8 September 2026, 10:00", """Hello Nora,

This is a reminder of your appointment:

Tuesday 8 September 2026, 10:00
Office
12 Linden Street

If you cannot come, please call us: +1 518 555 0100

Linden Street Practice
""")


def test_another_clock_is_named_and_a_practice_without_a_phone_names_none() -> None:
    assert reminder(nora("America/Los_Angeles", "By phone", phone="")).body == """Hello Nora,

This is a reminder of your appointment:

Tuesday 8 September 2026, 07:00 (Los Angeles time)
By phone

If you cannot come, please get in touch with us.

Linden Street Practice
"""


def test_word_of_a_move_and_of_a_cancellation_word_for_word() -> None:
    assert moved(nora(), on("2026-09-07 16:30")) == Letter("Your appointment was moved", """Hello Nora,

Your appointment on Monday 7 September 2026, 16:30 was moved to:

Tuesday 8 September 2026, 10:00
Office
12 Linden Street

If this does not suit you, please call us: +1 518 555 0100

Linden Street Practice
""")
    assert cancelled(nora()) == Letter("Your appointment was cancelled", """Hello Nora,

Your appointment on Tuesday 8 September 2026, 10:00 was cancelled.

If you have questions, please call us: +1 518 555 0100

Linden Street Practice
""")


def test_where_to_be() -> None:
    link = "https://meet.example/marcus"
    assert place(SessionFormat.IN_PERSON, "Office", "12 Linden Street\r\nAlbany", link) == (
        "Office\n12 Linden Street\nAlbany")
    assert place(SessionFormat.VIDEO, "Office", "12 Linden Street", link) == f"By video: {link}"
    assert place(SessionFormat.VIDEO, None, None, "") == "By video"
    assert place(SessionFormat.PHONE, "Office", "12 Linden Street", link) == "By phone"


def test_whatever_is_in_a_name_stays_in_its_line() -> None:
    hostile = "Nora\r\nBcc: all@evil.example\r\n.\r\n"
    body = reminder(Meeting(
        hostile, on("2026-09-08 10:00"), NEW_YORK, False, "By phone", "Linden\nStreet", "1\r2")).body
    assert body.splitlines()[0] == "Hello Nora Bcc: all@evil.example .,"
    assert body.splitlines()[-3:] == ["If you cannot come, please call us: 1 2", "", "Linden Street"]
