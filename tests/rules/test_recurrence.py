"""The dates of a series: against python-dateutil's own reading of the written rule, and against counting days."""

from datetime import UTC, date, datetime, time, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo, available_timezones

import pytest
from dateutil.rrule import rrulestr
from hypothesis import given, settings
from hypothesis import strategies as st

from practicerunner.rules import recurrence as rules
from practicerunner.rules.recurrence import Recurrence
from practicerunner.rules.scheduling import slot
from practicerunner.vocabulary import Frequency, MonthlyOn

FIRSTS = st.dates(date(2025, 1, 1), date(2029, 12, 31))


@st.composite
def series(draw: st.DrawFn) -> tuple[Recurrence, date]:
    first = draw(FIRSTS)
    frequency = draw(st.sampled_from(Frequency))
    weekdays = monthly_on = None
    if frequency is Frequency.WEEKLY:
        weekdays = tuple(sorted(draw(st.sets(st.integers(0, 6))) | {first.weekday()}))
    if frequency is Frequency.MONTHLY:
        monthly_on = draw(st.sampled_from(rules.monthly_choices(first)))
    ends = draw(st.booleans())
    return Recurrence(
        frequency, draw(st.integers(1, 9)), weekdays or (), monthly_on or MonthlyOn.SAME_DAY,
        draw(st.integers(1, 60)) if ends else None, None if ends else first + timedelta(days=draw(st.integers(0, 700))),
    ), first


@settings(max_examples=2000, deadline=None)
@given(series())
@pytest.mark.long
def test_our_dates_are_those_that_python_dateutil_reads_from_the_written_rule(made: tuple[Recurrence, date]) -> None:
    recurrence, first = made
    rule = rules.write(recurrence, first)
    theirs = [found.date() for found in rrulestr(rule, dtstart=datetime.combine(first, time()))]
    ours = rules.dates(recurrence, first)
    assert ours == theirs[:rules.MOST_OCCURRENCES + 1]
    assert rules.dates(rules.read(rule), first) == ours
    assert rules.begins_on_its_days(recurrence, first)
    assert ours[0] == first


def _last_of_month(day: date) -> date:
    return (day.replace(day=1) + timedelta(days=31)).replace(day=1) - timedelta(days=1)


def by_counting(recurrence: Recurrence, first: date, horizon: int = 1500) -> list[date]:
    """Every day of four years, asked one by one whether it belongs to the series."""
    found = []
    monday = first - timedelta(days=first.weekday())
    for offset in range(horizon):
        day = first + timedelta(days=offset)
        months = (day.year - first.year) * 12 + day.month - first.month
        if recurrence.frequency is Frequency.DAILY:
            fits = offset % recurrence.interval == 0
        elif recurrence.frequency is Frequency.WEEKLY:
            fits = (day - monday).days // 7 % recurrence.interval == 0 and (
                day.weekday() in (recurrence.weekdays or (first.weekday(),)))
        else:
            last = _last_of_month(day)
            fits = months % recurrence.interval == 0 and {
                MonthlyOn.SAME_DAY: day.day == first.day,
                MonthlyOn.SAME_DAY_OR_LAST: day.day == min(first.day, last.day),
                MonthlyOn.SAME_WEEKDAY: (day.weekday(), (day.day - 1) // 7) == (first.weekday(), (first.day - 1) // 7),
                MonthlyOn.LAST_WEEKDAY: day.weekday() == first.weekday() and (last - day).days < 7,
            }[recurrence.monthly_on]
        if fits:
            found.append(day)
    if recurrence.until is not None:
        return [day for day in found if day <= recurrence.until]
    return found[:recurrence.count]


@settings(max_examples=300, deadline=None)
@given(series())
def test_our_dates_are_those_one_gets_by_looking_at_every_day(made: tuple[Recurrence, date]) -> None:
    recurrence, first = made
    ours = rules.dates(recurrence, first)
    within = [day for day in ours if (day - first).days < 1500]
    assert within == by_counting(recurrence, first)[:len(ours)][:rules.MOST_OCCURRENCES + 1]


ZONES = sorted(
    zone for zone in available_timezones()
    if zone != "localtime" and len({
        datetime(2027, month, 1, 12, tzinfo=ZoneInfo(zone)).utcoffset() for month in range(1, 13)
    }) > 1
)


def test_there_are_many_zones_whose_clocks_change() -> None:
    assert len(ZONES) > 150


@pytest.mark.parametrize("clock", [time(16), time(2, 30), time(0)], ids=str)
def test_in_every_zone_with_clock_changes_three_years_of_weeks_keep_their_wall_time(clock: time) -> None:
    first = date(2026, 1, 4)  # a Sunday: clocks change on most Sundays' nights
    days = [first + timedelta(weeks=week) for week in range(157)]
    for zone in ZONES:
        slots = [slot(day, clock, 50, zone) for day in days]
        starts = [one.starts_at for one in slots]
        assert len(set(starts)) == len(days), zone
        assert starts == sorted(starts), zone
        for day, one in zip(days, slots, strict=True):
            wall = datetime.combine(day, clock)
            there = wall.replace(tzinfo=ZoneInfo(zone)).astimezone(UTC).astimezone(ZoneInfo(zone))
            exists = there.replace(tzinfo=None) == wall
            assert one.shifted is not exists, (zone, day)
            assert one.local_date == day, (zone, day)
            if exists:
                assert one.local_time == clock, (zone, day)
            else:  # moved forward by what the clock skips, never back and never to another day
                assert clock < one.local_time <= (wall + timedelta(hours=2)).time(), (zone, day)
            assert (one.ends_at - one.starts_at) == timedelta(minutes=50), zone
            assert timedelta(days=6, hours=22) <= min(
                (b - a for a, b in pairwise(starts)), default=timedelta(days=7)), zone


def test_monthly_on_the_31st_skips_months_without_it_or_takes_the_last_day() -> None:
    first = date(2027, 1, 31)
    skips = Recurrence(Frequency.MONTHLY, count=4)
    assert rules.dates(skips, first) == [first, date(2027, 3, 31), date(2027, 5, 31), date(2027, 7, 31)]
    assert rules.months_without(skips, first, date(2027, 7, 31)) == [
        date(2027, 2, 1), date(2027, 4, 1), date(2027, 6, 1)]
    last = Recurrence(Frequency.MONTHLY, monthly_on=MonthlyOn.SAME_DAY_OR_LAST, count=3)
    assert rules.dates(last, first) == [first, date(2027, 2, 28), date(2027, 3, 31)]
    assert rules.months_without(last, first, date(2027, 3, 31)) == []
    assert rules.write(last, first) == "FREQ=MONTHLY;INTERVAL=1;BYMONTHDAY=28,29,30,31;BYSETPOS=-1;COUNT=3"


@pytest.mark.parametrize(("first", "monthly_on", "found"), [
    (date(2028, 1, 29), MonthlyOn.SAME_DAY, [date(2028, 1, 29), date(2028, 2, 29), date(2028, 3, 29)]),
    (date(2027, 1, 29), MonthlyOn.SAME_DAY, [date(2027, 1, 29), date(2027, 3, 29), date(2027, 4, 29)]),
    (date(2027, 1, 30), MonthlyOn.SAME_DAY_OR_LAST, [date(2027, 1, 30), date(2027, 2, 28), date(2027, 3, 30)]),
    (date(2026, 11, 10), MonthlyOn.SAME_WEEKDAY, [date(2026, 11, 10), date(2026, 12, 8), date(2027, 1, 12)]),
    (date(2026, 11, 27), MonthlyOn.LAST_WEEKDAY, [date(2026, 11, 27), date(2026, 12, 25), date(2027, 1, 29)]),
])
def test_days_of_the_month(first: date, monthly_on: MonthlyOn, found: list[date]) -> None:
    assert rules.dates(Recurrence(Frequency.MONTHLY, monthly_on=monthly_on, count=3), first) == found


def test_weekly_by_count_and_by_date_and_on_several_days() -> None:
    tuesday = date(2026, 10, 20)
    assert rules.dates(Recurrence(count=3), tuesday) == [tuesday, date(2026, 10, 27), date(2026, 11, 3)]
    assert rules.dates(Recurrence(interval=2, until=date(2026, 11, 17)), tuesday) == [
        tuesday, date(2026, 11, 3), date(2026, 11, 17)]
    assert rules.dates(Recurrence(until=date(2026, 10, 19)), tuesday) == []
    assert len(rules.dates(Recurrence(until=date(2999, 1, 1)), tuesday)) == rules.MOST_OCCURRENCES + 1
    both = Recurrence(interval=2, weekdays=(1, 3), count=5)
    assert rules.dates(both, tuesday) == [
        tuesday, date(2026, 10, 22), date(2026, 11, 3), date(2026, 11, 5), date(2026, 11, 17)]
    assert not rules.begins_on_its_days(Recurrence(weekdays=(0, 3)), tuesday)


def test_an_end_is_included_whether_it_is_written_as_a_date_a_floating_or_a_utc_moment() -> None:
    for text in ("20261117", "20261117T160000", "20261118T015959Z"):
        read = rules.read(f"FREQ=WEEKLY;INTERVAL=1;UNTIL={text}", "America/New_York")
        assert rules.dates(read, date(2026, 11, 3)) == [date(2026, 11, 3), date(2026, 11, 10), date(2026, 11, 17)]


def test_more_dates_go_on_from_the_last_whatever_end_the_rule_had() -> None:
    rule = rules.write(Recurrence(count=6), date(2026, 10, 20))
    assert rules.dates_after(rule, date(2026, 10, 20), date(2026, 11, 24), 2) == [date(2026, 12, 1), date(2026, 12, 8)]
    assert rules.with_end(rule, date(2026, 10, 20), count=8) == "FREQ=WEEKLY;INTERVAL=1;BYDAY=TU;COUNT=8"


@pytest.mark.parametrize(("recurrence", "first", "words"), [
    (Recurrence(count=2), date(2026, 11, 10), "weekly"),
    (Recurrence(interval=2, count=2), date(2026, 11, 10), "every 2 weeks"),
    (Recurrence(weekdays=(1, 3), count=2), date(2026, 11, 10), "weekly on Tue, Thu"),
    (Recurrence(Frequency.DAILY, count=2), date(2026, 11, 10), "daily"),
    (Recurrence(Frequency.DAILY, 3, count=2), date(2026, 11, 10), "every 3 days"),
    (Recurrence(Frequency.MONTHLY, count=2), date(2027, 1, 31), "monthly on the 31st"),
    (Recurrence(Frequency.MONTHLY, monthly_on=MonthlyOn.SAME_DAY_OR_LAST, count=2), date(2027, 1, 31),
     "monthly on the 31st or the last day"),
    (Recurrence(Frequency.MONTHLY, 2, monthly_on=MonthlyOn.SAME_WEEKDAY, count=2), date(2026, 11, 10),
     "every 2 months on the second Tuesday"),
    (Recurrence(Frequency.MONTHLY, monthly_on=MonthlyOn.LAST_WEEKDAY, count=2), date(2026, 11, 27),
     "monthly on the last Friday"),
])
def test_how_people_say_a_rule(recurrence: Recurrence, first: date, words: str) -> None:
    assert rules.rhythm(rules.write(recurrence, first), first) == words


def test_position_and_ordinals() -> None:
    rule = rules.write(Recurrence(count=12), date(2026, 11, 10))
    assert rules.position(3, 12, rule) == "3rd of 12, weekly"
    assert [rules.ordinal(n) for n in (1, 2, 3, 4, 11, 12, 13, 21, 22, 101, 111)] == [
        "1st", "2nd", "3rd", "4th", "11th", "12th", "13th", "21st", "22nd", "101st", "111th"]
