"""Wall time to UTC, dates of a series, half-open stretches."""

from datetime import UTC, date, datetime, time, timedelta
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from practicerunner.rules import scheduling as rules

NEW_YORK = "America/New_York"
moments = st.integers(0, 2 * 24 * 60).map(lambda n: datetime(2026, 1, 1, tzinfo=UTC) + timedelta(minutes=n))


@pytest.mark.parametrize(("day", "at", "utc"), [
    (date(2026, 10, 31), time(16), "2026-10-31 20:00"),
    (date(2026, 11, 1), time(16), "2026-11-01 21:00"),
    (date(2027, 3, 13), time(16), "2027-03-13 21:00"),
    (date(2027, 3, 14), time(16), "2027-03-14 20:00"),
])
def test_the_wall_time_is_kept_across_both_clock_changes(day: date, at: time, utc: str) -> None:
    slot = rules.slot(day, at, 50, NEW_YORK)
    assert f"{slot.starts_at:%Y-%m-%d %H:%M}" == utc
    assert (slot.local_date, slot.local_time, slot.shifted) == (day, at, False)


def test_a_skipped_time_moves_forward_and_says_so() -> None:
    slot = rules.slot(date(2027, 3, 14), time(2, 15), 50, NEW_YORK)
    assert (slot.local_time, slot.shifted) == (time(3, 15), True)
    assert slot.starts_at == datetime(2027, 3, 14, 7, 15, tzinfo=UTC)


def test_a_time_that_comes_twice_is_the_first_and_lasts_real_minutes() -> None:
    slot = rules.slot(date(2026, 11, 1), time(1, 30), 60, NEW_YORK)
    assert (slot.starts_at, slot.ends_at) == (
        datetime(2026, 11, 1, 5, 30, tzinfo=UTC), datetime(2026, 11, 1, 6, 30, tzinfo=UTC))
    assert slot.shifted is False


@pytest.mark.parametrize(("fold", "utc"), [(0, "2026-11-01 05:30"), (1, "2026-11-01 06:30")])
def test_of_two_equal_times_either_can_be_meant(fold: int, utc: str) -> None:
    slot = rules.slot(date(2026, 11, 1), time(1, 30), 50, NEW_YORK, fold)
    assert (f"{slot.starts_at:%Y-%m-%d %H:%M}", slot.local_time, slot.fold, slot.shifted) == (
        utc, time(1, 30), fold, False)
    assert slot.ends_at - slot.starts_at == timedelta(minutes=50)


@pytest.mark.parametrize(("day", "at", "twice"), [
    (date(2026, 11, 1), time(0, 59), False), (date(2026, 11, 1), time(1), True), (date(2026, 11, 1), time(1, 59), True),
    (date(2026, 11, 1), time(2), False), (date(2026, 11, 2), time(1, 30), False),
    (date(2027, 3, 14), time(2, 30), False), (date(2027, 3, 14), time(1, 30), False),
])
def test_a_time_comes_twice_only_in_the_night_in_which_the_clocks_go_back(day: date, at: time, twice: bool) -> None:
    assert rules.comes_twice(day, at, NEW_YORK) is twice


@pytest.mark.parametrize(("day", "at"), [
    (date(2027, 3, 14), time(2, 30)), (date(2026, 11, 1), time(3)), (date(2026, 7, 1), time(10)),
])
def test_where_a_time_does_not_come_twice_the_second_is_the_only_one(day: date, at: time) -> None:
    """A skipped time goes forward whichever was asked for, never back."""
    assert rules.slot(day, at, 50, NEW_YORK, 1) == rules.slot(day, at, 50, NEW_YORK)


@given(moments, st.integers(1, 1440), moments, st.integers(1, 1440))
def test_two_stretches_overlap_exactly_when_they_share_a_minute(a: datetime, la: int, b: datetime, lb: int) -> None:
    ends, other = a + timedelta(minutes=la), b + timedelta(minutes=lb)
    shared = {a + timedelta(minutes=n) for n in range(la)} & {b + timedelta(minutes=n) for n in range(lb)}
    assert rules.overlap(a, ends, b, other) is bool(shared)
    assert rules.overlap(b, other, a, ends) is bool(shared)


@given(st.integers(1, 100 * 24 * 60))
def test_a_long_stretch_is_cut_into_days_without_a_gap(minutes: int) -> None:
    starts = datetime(2026, 1, 1, tzinfo=UTC)
    cut = list(rules.pieces(starts, starts + timedelta(minutes=minutes)))
    assert cut[0][0] == starts and cut[-1][1] == starts + timedelta(minutes=minutes)
    assert all(one[1] == two[0] for one, two in pairwise(cut))
    assert all(timedelta(0) < last - first <= timedelta(days=1) for first, last in cut)
