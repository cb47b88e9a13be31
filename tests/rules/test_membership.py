"""Who takes part when, and how many there are at once."""

from datetime import date, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from practicerunner.rules.attendance import goes_with_the_leaver
from practicerunner.rules.membership import (
    Stay,
    fewest_at_once,
    fewest_without,
    first_room,
    most_at_once,
    takes_part,
)
from practicerunner.vocabulary import AttendanceStatus

DAY_ONE = date(2026, 1, 1)
HORIZON = 40


def day(number: int) -> date:
    return DAY_ONE + timedelta(days=number)


stays = st.lists(st.builds(
    lambda joined, length: Stay(day(joined), None if length is None else day(joined + length)),
    st.integers(0, 20), st.none() | st.integers(0, 15),
), max_size=8)


def there(people: list[Stay], number: int) -> int:
    return sum(stay.covers(day(number)) for stay in people)


@settings(max_examples=150)
@given(stays, st.integers(0, 30), st.integers(1, 8))
def test_the_most_the_fewest_and_the_first_room_are_those_of_counting_every_day(
    people: list[Stay], since: int, capacity: int
) -> None:
    counted = [there(people, number) for number in range(since, HORIZON)]
    assert most_at_once(people, day(since)) == max(counted)
    assert fewest_at_once(people, day(since)) == min(counted)
    free = [n for n in range(since, HORIZON) if all(there(people, later) < capacity for later in range(n, HORIZON))]
    assert first_room(people, day(since), capacity) == (day(free[0]) if free else None)


def test_the_day_of_leaving_is_the_first_without_and_the_day_of_joining_the_first_with() -> None:
    stay = Stay(day(10), day(20))
    assert [stay.covers(day(n)) for n in (9, 10, 19, 20)] == [False, True, True, False]
    assert [stay.meets(day(n)) for n in (0, 19, 20)] == [True, True, False]
    assert not Stay(day(10), day(10)).meets(day(0)), "who left on the day of joining was never there"


def test_those_of_a_case_s_first_day_are_expected_at_what_lies_before_it_until_they_leave() -> None:
    assert takes_part(Stay(day(10)), day(3), opened_on=day(10))
    assert not takes_part(Stay(day(11)), day(3), opened_on=day(10))
    assert not takes_part(Stay(day(10), day(20)), day(20), opened_on=day(30))


def test_a_leaver_is_counted_until_the_day_and_a_later_joiner_from_theirs() -> None:
    ada, bo, cy = Stay(day(0)), Stay(day(0)), Stay(day(30))
    assert fewest_without([ada, bo, cy], ada, day(20)) == 1
    assert fewest_without([ada, bo, cy], ada, day(30)) == 2


@pytest.mark.parametrize(("status", "ahead", "begun"), [
    (AttendanceStatus.SCHEDULED, True, True), (AttendanceStatus.CONFIRMED, True, True),
    (AttendanceStatus.EXCUSED, True, False), (AttendanceStatus.CANCELLED_BY_CLIENT, True, False),
    (AttendanceStatus.CANCELLED_BY_PROVIDER, True, False), (AttendanceStatus.ARRIVED, False, False),
    (AttendanceStatus.ATTENDED, False, False), (AttendanceStatus.NO_SHOW, False, False),
    (AttendanceStatus.LATE_CANCELLED, False, False),
])
def test_what_was_recorded_or_may_cost_something_stays_when_somebody_leaves(status, ahead, begun) -> None:
    assert goes_with_the_leaver(status, has_begun=False) is ahead
    assert goes_with_the_leaver(status, has_begun=True) is begun
