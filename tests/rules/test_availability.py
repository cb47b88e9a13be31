"""Free starts: the whole appointment in open time, its buffer clear, on the grid of the wall clock; none is missing."""

from collections.abc import Iterable, Mapping
from datetime import UTC, date, datetime, time, timedelta
from functools import cache
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from practicerunner.rules import availability as rules
from practicerunner.rules.availability import FreeSlot, Opening, Policy, Taken, Wanted
from practicerunner.vocabulary import Audience, SessionFormat

NEW_YORK = "America/New_York"
NOW = datetime(2026, 9, 7, 12, tzinfo=UTC)
TUESDAY = date(2026, 9, 8)
WEEK = tuple(Opening(time(9), time(17), weekday=weekday) for weekday in range(5))
OFFICE, ROOM = 71, 72
CLIENTS, INQUIRIES = Audience.EXISTING_CLIENTS, Audience.NEW_INQUIRIES


def wall(text: str, zone: str = NEW_YORK) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=ZoneInfo(zone)).astimezone(UTC)


def taken(*stretches: str) -> list[Taken]:
    """``2026-09-08 10:00 10:50`` as the moments of New York."""
    found = []
    for stretch in stretches:
        day, starts, ends = stretch.split()
        found.append((wall(f"{day} {starts}"), wall(f"{day} {ends}")))
    return found


def free(
    hours: Iterable[Opening] = WEEK, busy: Iterable[Taken] = (), policy: Policy = Policy(), minutes: int = 50,  # noqa: B008
    day: date = TUESDAY, last: date | None = None, *, now: datetime = NOW, zone: str = NEW_YORK,
    rooms: Mapping[int, Iterable[Taken]] | None = None, **wanted: Any,
) -> list[FreeSlot]:
    return rules.free_starts(
        hours, busy, policy, Wanted(minutes, **wanted), day, last or day, zone=zone, now=now, rooms=rooms
    )


def times(*args: Any, **kwargs: Any) -> str:
    return " ".join(f"{slot.local_time:%H:%M}" for slot in free(*args, **kwargs))


# --- Open time


def test_an_empty_day_is_free_from_the_first_to_the_last_start_that_fits() -> None:
    assert times([Opening(time(9), time(12), weekday=1)]) == "09:00 09:30 10:00 10:30 11:00"
    assert times([Opening(time(9), time(12), weekday=1)], minutes=60) == "09:00 09:30 10:00 10:30 11:00"
    assert times([Opening(time(9), time(12), weekday=1)], minutes=61) == "09:00 09:30 10:00 10:30"
    assert times([Opening(time(9), time(9, 50), weekday=1)]) == "09:00"
    assert times([Opening(time(9), time(9, 49), weekday=1)]) == ""


def test_other_weekdays_stay_closed_and_a_range_has_each_day() -> None:
    hours = [Opening(time(9), time(10), weekday=1), Opening(time(14), time(15), weekday=3)]
    found = free(hours, day=TUESDAY, last=TUESDAY + timedelta(days=8))
    assert [(slot.local_date.isoformat(), f"{slot.local_time:%H:%M}") for slot in found] == [
        ("2026-09-08", "09:00"), ("2026-09-10", "14:00"), ("2026-09-15", "09:00")]
    assert free(hours, day=TUESDAY, last=TUESDAY - timedelta(days=1)) == []


def test_the_grid_is_counted_from_midnight_whenever_the_hours_begin() -> None:
    hours = [Opening(time(9, 10), time(12), weekday=1)]
    assert times(hours) == "09:30 10:00 10:30 11:00"
    assert times(hours, policy=Policy(grid_minutes=45)) == "09:45 10:30"
    assert times(hours, policy=Policy(grid_minutes=60)) == "10:00 11:00"


def test_hours_count_from_their_first_day_until_their_last_both_included() -> None:
    hours = [Opening(time(9), time(10), weekday=1, valid_from=TUESDAY, valid_until=TUESDAY + timedelta(days=7))]
    found = free(hours, day=date(2026, 9, 1), last=date(2026, 9, 22), now=wall("2026-08-01 08:00"))
    assert [slot.local_date for slot in found] == [TUESDAY, TUESDAY + timedelta(days=7)]


def test_overlapping_and_touching_hours_of_one_place_are_one() -> None:
    touching = [Opening(time(9), time(10), weekday=1), Opening(time(10), time(11), weekday=1)]
    overlapping = [Opening(time(9), time(10, 15), weekday=1), Opening(time(9, 45), time(11), weekday=1)]
    assert times(touching) == times(overlapping) == "09:00 09:30 10:00"
    apart = [Opening(time(9), time(10), weekday=1), Opening(time(10, 5), time(11), weekday=1)]
    assert times(apart) == "09:00"


def test_hours_at_different_places_are_not_one() -> None:
    hours = [Opening(time(9), time(10), weekday=1, location_id=OFFICE),
             Opening(time(10), time(11), weekday=1, format=SessionFormat.VIDEO)]
    assert free(hours) == [
        FreeSlot(TUESDAY, time(9), 50, OFFICE, None), FreeSlot(TUESDAY, time(10), 50, None, SessionFormat.VIDEO)]


def test_hours_for_any_place_go_on_into_hours_at_one_place() -> None:
    hours = [Opening(time(9), time(10), weekday=1), Opening(time(10), time(11), weekday=1, location_id=OFFICE)]
    assert free(hours) == [
        FreeSlot(TUESDAY, time(9), 50), FreeSlot(TUESDAY, time(9, 30), 50, OFFICE),
        FreeSlot(TUESDAY, time(10), 50, OFFICE)]


def test_a_start_that_fits_at_two_places_is_offered_once_where_the_hours_were_entered_first() -> None:
    hours = [Opening(time(9), time(10), weekday=1, location_id=ROOM),
             Opening(time(9), time(10), weekday=1, location_id=OFFICE)]
    assert free(hours) == [FreeSlot(TUESDAY, time(9), 50, ROOM)]
    assert free(hours, rooms={ROOM: taken("2026-09-08 09:30 10:00")}) == [FreeSlot(TUESDAY, time(9), 50, OFFICE)]
    assert free([*hours, Opening(time(9), time(10), weekday=1)]) == [FreeSlot(TUESDAY, time(9), 50)]


# --- Over midnight


def test_hours_until_midnight_go_on_into_the_next_day() -> None:
    hours = [Opening(time(22), time(), weekday=1), Opening(time(), time(1), weekday=2)]
    found = free(hours, minutes=90, last=TUESDAY + timedelta(days=1))
    assert [(slot.local_date.day, slot.local_time.hour, slot.local_time.minute) for slot in found] == [
        (8, 22, 0), (8, 22, 30), (8, 23, 0), (8, 23, 30)]
    assert free(hours, minutes=90) == found, "the next day is looked at, whether its starts are asked for or not"
    assert times([Opening(time(22), time(), weekday=1)], minutes=90) == "22:00 22:30"


def test_a_whole_day_lasts_from_midnight_to_midnight() -> None:
    assert len(free([Opening(time(), time(), weekday=1)], minutes=30)) == 48
    assert times([Opening(time(), time(), weekday=1)], minutes=24 * 60) == "00:00"


@pytest.mark.parametrize(("starts", "ends", "backwards"), [
    (time(9), time(17), False), (time(22), time(6), True), (time(9), time(9), True), (time(22), time(), False),
    (time(), time(), False), (time(), time(0, 1), False),
])
def test_hours_that_end_before_they_begin_are_found(starts: time, ends: time, backwards: bool) -> None:
    assert rules.is_backwards(starts, ends) is backwards
    assert "enter two" in rules.OVER_MIDNIGHT


# --- Exceptions


def test_a_closed_exception_takes_a_part_of_its_date_for_everybody() -> None:
    lunch = Opening(time(11), time(16), on_date=TUESDAY, is_closed=True, for_existing_clients=False)
    assert times([*WEEK, lunch]) == "09:00 09:30 10:00 16:00"
    assert times([*WEEK, lunch], audience=CLIENTS) == "09:00 09:30 10:00 16:00"
    assert len(free([*WEEK, lunch], day=TUESDAY + timedelta(days=1))) == 15


def test_a_day_closed_wholly_and_an_open_exception_gives_other_hours_for_that_date() -> None:
    closed = Opening(time(), time(), on_date=TUESDAY, is_closed=True)
    instead = Opening(time(18), time(19), on_date=TUESDAY)
    assert times([*WEEK, closed]) == ""
    assert times([*WEEK, closed, instead]) == times([instead, closed, *WEEK]) == "18:00"


def test_an_open_exception_adds_to_the_week_and_joins_it() -> None:
    assert times([Opening(time(9), time(10), weekday=1), Opening(time(10), time(11), on_date=TUESDAY)]) == (
        "09:00 09:30 10:00")
    saturday = date(2026, 9, 12)
    assert times([*WEEK, Opening(time(9), time(10), on_date=saturday)], day=saturday) == "09:00"


# --- Taken


def test_the_buffer_is_kept_on_both_sides() -> None:
    busy = taken("2026-09-08 12:00 12:50")
    hours = [Opening(time(10), time(15), weekday=1)]
    assert times(hours, busy) == "10:00 10:30 11:00 13:00 13:30 14:00"
    assert times(hours, busy, policy=Policy(buffer_minutes=11)) == "10:00 10:30 13:30 14:00"
    assert times(hours, busy, minutes=51) == "10:00 10:30 13:00 13:30 14:00"


def test_half_open_a_stretch_without_buffer_may_touch() -> None:
    busy = taken("2026-09-08 10:00 11:00")
    hours, none = [Opening(time(9), time(12), weekday=1)], Policy(buffer_minutes=0)
    assert times(hours, busy, none, 60) == "09:00 11:00"
    assert times(hours, busy, none, 61) == ""


def test_the_buffer_may_reach_beyond_open_time_but_not_into_what_is_taken_there() -> None:
    hours = [Opening(time(9), time(10), weekday=1)]
    assert times(hours, minutes=60) == "09:00"
    assert times(hours, taken("2026-09-08 10:05 10:30"), minutes=60) == ""
    assert times(hours, taken("2026-09-08 08:30 08:55"), minutes=60) == ""
    assert times(hours, taken("2026-09-08 08:30 08:50", "2026-09-08 10:10 10:30"), minutes=60) == "09:00"


def test_taken_stretches_may_overlap_and_come_in_any_order() -> None:
    busy = taken("2026-09-08 13:00 14:00", "2026-09-08 09:00 12:00", "2026-09-08 10:00 10:30")
    assert times(WEEK, busy, Policy(buffer_minutes=0)) == "12:00 14:00 14:30 15:00 15:30 16:00"


def test_a_block_that_covers_a_closing_time_takes_the_next_opening_too() -> None:
    hours = [Opening(time(9), time(11), weekday=1), Opening(time(12), time(15), weekday=1)]
    assert times(hours, taken("2026-09-08 09:30 13:20")) == "13:30 14:00"


def test_a_room_needs_no_buffer_and_counts_only_where_the_hours_name_it() -> None:
    named = [Opening(time(9), time(13), weekday=1, location_id=ROOM)]
    rooms = {ROOM: taken("2026-09-08 10:00 10:30")}
    assert times(named, rooms=rooms) == "09:00 10:30 11:00 11:30 12:00"
    assert times([Opening(time(9), time(13), weekday=1)], rooms=rooms, location_id=ROOM) == times(named, rooms=rooms)
    assert len(free([Opening(time(9), time(13), weekday=1, location_id=OFFICE)], rooms=rooms)) == 7


# --- For whom, what and where


def test_clients_and_inquiries_see_the_hours_that_are_for_them_and_staff_all() -> None:
    hours = [Opening(time(9), time(10), weekday=1), Opening(time(11), time(12), weekday=1, for_new_inquiries=True),
             Opening(time(13), time(14), weekday=1, for_existing_clients=False)]
    early = wall("2026-09-01 08:00")
    assert times(hours, now=early) == "09:00 11:00 13:00"
    assert times(hours, now=early, audience=CLIENTS) == "09:00 11:00"
    assert times(hours, now=early, audience=INQUIRIES) == "11:00"


def test_hours_for_one_service_are_closed_for_others() -> None:
    hours = [Opening(time(9), time(10), weekday=1, services=frozenset({5, 6})), Opening(time(11), time(12), weekday=1)]
    assert times(hours, service_id=5) == times(hours) == "09:00 11:00"
    assert times(hours, service_id=7) == "11:00"


def test_a_place_asked_for_means_in_person_and_fills_the_slot() -> None:
    hours = [Opening(time(9), time(10), weekday=1, location_id=OFFICE),
             Opening(time(10), time(11), weekday=1),
             Opening(time(11), time(12), weekday=1, format=SessionFormat.VIDEO)]
    assert free(hours, location_id=OFFICE) == [
        FreeSlot(TUESDAY, at, 50, OFFICE, SessionFormat.IN_PERSON) for at in (time(9), time(9, 30), time(10))]
    assert times(hours, location_id=ROOM) == "10:00"
    assert free(hours, format=SessionFormat.PHONE) == [
        FreeSlot(TUESDAY, time(9), 50, OFFICE, SessionFormat.PHONE),
        FreeSlot(TUESDAY, time(9, 30), 50, OFFICE, SessionFormat.PHONE),
        FreeSlot(TUESDAY, time(10), 50, None, SessionFormat.PHONE)]
    assert times(hours, format=SessionFormat.VIDEO) == "09:00 09:30 10:00 10:30 11:00"


# --- Notice and limit


def test_staff_book_what_is_not_past_and_clients_with_notice_on_the_wall_clock() -> None:
    now = wall("2026-09-07 10:00")
    assert times(day=date(2026, 9, 7), now=now).startswith("10:00 10:30")
    assert times(day=date(2026, 9, 7), now=now + timedelta(seconds=1)).startswith("10:30")
    assert times(day=date(2026, 9, 7), now=now, audience=CLIENTS) == ""
    assert times(now=now, audience=CLIENTS).startswith("10:00 10:30")
    assert times(now=now + timedelta(seconds=1), audience=CLIENTS).startswith("10:30")
    assert times(now=now, policy=Policy(notice_hours=0), audience=CLIENTS, day=date(2026, 9, 7)).startswith("10:00")
    assert free(day=date(2026, 9, 4), last=date(2026, 9, 6), now=now) == []


@pytest.mark.parametrize(("now", "day"), [
    ("2026-10-31 10:00", date(2026, 11, 1)), ("2027-03-13 10:00", date(2027, 3, 14)),
])
def test_a_day_of_notice_is_the_same_hour_of_the_day_before_over_a_clock_change(now: str, day: date) -> None:
    hours = [Opening(time(8), time(13), weekday=6)]
    assert times(hours, day=day, now=wall(now), audience=CLIENTS) == "10:00 10:30 11:00 11:30 12:00"


def test_clients_see_as_many_days_ahead_as_the_policy_says_and_staff_any() -> None:
    policy = Policy(advance_days=7)
    end = date(2026, 9, 30)
    assert free(policy=policy, day=date(2026, 9, 7), last=end, audience=CLIENTS)[-1].local_date == date(2026, 9, 14)
    assert free(policy=policy, day=date(2026, 9, 7), last=end)[-1].local_date == end


# --- Clock changes


def test_a_start_in_the_hour_that_the_clock_skips_is_not_offered() -> None:
    hours = [Opening(time(1), time(5), weekday=6)]
    assert times(hours, day=date(2027, 3, 14), minutes=60) == "01:00 01:30 03:00 03:30 04:00"
    assert times([Opening(time(2, 30), time(4), weekday=6)], day=date(2027, 3, 14)) == "03:00"
    assert times([Opening(time(1), time(2, 30), weekday=6)], day=date(2027, 3, 14)) == "01:00"


def test_of_the_hour_that_comes_twice_the_first_is_offered_and_minutes_are_real() -> None:
    day = date(2026, 11, 1)
    assert times([Opening(time(), time(4), weekday=6)], day=day, minutes=60) == (
        "00:00 00:30 01:00 01:30 02:00 02:30 03:00")
    assert times([Opening(time(), time(3), weekday=6)], day=day, minutes=4 * 60) == "00:00"
    assert times([Opening(time(), time(3), weekday=6)], day=day, minutes=4 * 60 + 1) == ""
    first_half_past_one = [(datetime(2026, 11, 1, 5, 30, tzinfo=UTC), datetime(2026, 11, 1, 6, tzinfo=UTC))]
    assert times([Opening(time(), time(3), weekday=6)], first_half_past_one, Policy(buffer_minutes=0), day=day) == (
        "00:00 00:30 02:00")


def test_a_zone_that_changes_its_clock_at_midnight_has_its_days() -> None:
    day = date(2026, 4, 24)  # Cairo: 00:00 becomes 01:00
    hours = [Opening(time(), time(3), weekday=4)]
    early = NOW - timedelta(days=200)
    assert times(hours, day=day, zone="Africa/Cairo", now=early, minutes=30) == "01:00 01:30 02:00 02:30"
    back = date(2026, 10, 29)  # Cairo: 24:00 becomes 23:00
    late = [Opening(time(22), time(), weekday=3)]
    assert times(late, day=back, zone="Africa/Cairo", minutes=120) == "22:00 22:30 23:00"


# --- Whether a time lies in open time


def test_whether_a_time_lies_wholly_in_open_time() -> None:
    def inside(at: time, minutes: int = 50, day: date = TUESDAY, **wanted: Any) -> bool:
        return rules.is_open(WEEK, Wanted(minutes, **wanted), day, at, NEW_YORK)

    assert inside(time(9))
    assert inside(time(9, 7), 473)
    assert not inside(time(9, 7), 474)
    assert not inside(time(8, 59))
    assert not inside(time(10), day=date(2026, 9, 12))


# --- Against a reference that goes minute by minute


@cache
def _minutes(zone: str, day: date) -> tuple[tuple[int, datetime, int], ...]:
    """A day's real minutes in order: UTC minute, what the wall reads, and the latest that it has read so far."""
    clock, moment = ZoneInfo(zone), datetime.combine(day - timedelta(days=1), time(), UTC)
    found, latest = [], -1
    for n in range(3 * 1440):
        reads = (moment + timedelta(minutes=n)).astimezone(clock)
        if reads.date() == day:
            latest = max(latest, reads.hour * 60 + reads.minute)
            found.append((int((moment + timedelta(minutes=n)).timestamp()) // 60, reads.replace(tzinfo=None), latest))
    return tuple(found)


def reference(
    hours: list[Opening], busy: list[Taken], policy: Policy, wanted: Wanted, first: date, last: date, zone: str,
    now: datetime, rooms: dict[int, list[Taken]],
) -> set[tuple[date, time]]:
    """Every free start, found by looking at each minute of each day."""
    span = [first + timedelta(days=n) for n in range((last - first).days + 3)]
    asked_format = wanted.format or (SessionFormat.IN_PERSON if wanted.location_id else None)

    def fits(opening: Opening) -> bool:
        for_them = wanted.audience is Audience.STAFF or (
            opening.for_existing_clients if wanted.audience is CLIENTS else opening.for_new_inquiries)
        return for_them and (wanted.service_id is None or not opening.services or wanted.service_id in opening.services)

    def is_in(opening: Opening, day: date, latest: int) -> bool:
        if opening.weekday is not None and (
            opening.weekday != day.weekday() or (opening.valid_from or day) > day or (opening.valid_until or day) < day
        ):
            return False
        ends = opening.ends.hour * 60 + opening.ends.minute or 1440
        return (opening.weekday is not None or opening.on_date == day) and (
            opening.starts.hour * 60 + opening.starts.minute <= latest < ends)

    places = {(wanted.location_id or o.location_id, asked_format or o.format) for o in hours if not o.is_closed}
    open_at: dict[Any, set[int]] = {place: set() for place in places}
    for day in span:
        for minute, _, latest in _minutes(zone, day):
            inside = [o for o in hours if is_in(o, day, latest)]
            closed = any(o.is_closed for o in inside)
            for o in inside:
                if not o.is_closed and fits(o) and (o.weekday is None or not closed):
                    for place in places:
                        if o.location_id in (None, place[0]) and o.format in (None, place[1]):
                            open_at[place].add(minute)

    def minutes_of(stretches: Iterable[Taken]) -> set[int]:
        return {m for a, b in stretches for m in range(int(a.timestamp()) // 60, int(b.timestamp()) // 60)}

    provider, room_taken = minutes_of(busy), {place: minutes_of(stretches) for place, stretches in rooms.items()}
    wall_now = now.astimezone(ZoneInfo(zone)).replace(tzinfo=None)
    found = set()
    for day in span[:-2]:
        before = -1
        for minute, reads, latest in _minutes(zone, day):
            again, before = latest == before, latest
            if again or (reads.hour * 60 + reads.minute) % policy.grid_minutes or minute * 60 < now.timestamp():
                continue
            if wanted.audience is not Audience.STAFF and (
                reads < wall_now + timedelta(hours=policy.notice_hours)
                or day > wall_now.date() + timedelta(days=policy.advance_days)
            ):
                continue
            during = range(minute, minute + wanted.minutes)
            around = range(minute - policy.buffer_minutes, minute + wanted.minutes + policy.buffer_minutes)
            if any(all(m in open_at[place] for m in during)
                   and not any(m in room_taken.get(place[0], ()) for m in during) for place in places
                   ) and provider.isdisjoint(around):
                found.add((day, reads.time()))
    return found


DAYS = {  # zone → days around a clock change and ordinary ones
    NEW_YORK: (date(2026, 9, 8), date(2026, 10, 31), date(2026, 11, 1), date(2027, 3, 13), date(2027, 3, 14)),
    "Africa/Cairo": (date(2027, 4, 29), date(2027, 4, 30), date(2026, 10, 29), date(2026, 10, 30)),
    "Australia/Lord_Howe": (date(2027, 4, 3), date(2027, 4, 4), date(2026, 10, 3), date(2026, 10, 4)),
}


def often(usual: Any, *others: Any) -> st.SearchStrategy[Any]:
    """Mostly the first, so that something is free."""
    return st.sampled_from([usual] * (2 * len(others)) + list(others))


quarters = st.integers(0, 95).map(lambda n: time(n // 4, n % 4 * 15))


@st.composite
def openings(draw: st.DrawFn, day: date) -> Opening:
    starts, ends = draw(quarters), draw(st.one_of(quarters, st.just(time())))
    if ends != time() and ends < starts:
        starts, ends = ends, starts
    if starts == ends:
        ends = time()
    near = st.sampled_from([day - timedelta(days=1), day, day + timedelta(days=1)])
    dated = draw(often(False, True))
    closed = dated and draw(st.booleans())
    place = (None, None) if closed else (
        draw(often(None, OFFICE, ROOM)), draw(often(None, SessionFormat.VIDEO, SessionFormat.IN_PERSON)))
    return Opening(
        starts, ends, None if dated else draw(near).weekday(), draw(near) if dated else None, closed,
        draw(often(None, day - timedelta(days=1), day)), draw(often(None, day, day + timedelta(days=1))),
        draw(often(True, False)), draw(often(True, False)), *place,
        frozenset() if closed else draw(often(frozenset(), frozenset({5}), frozenset({6}))),
    )


@st.composite
def questions(draw: st.DrawFn) -> tuple[Any, ...]:
    zone = draw(st.sampled_from(sorted(DAYS)))
    day = draw(st.sampled_from(DAYS[zone]))
    midnight = datetime.combine(day, time(), ZoneInfo(zone)).astimezone(UTC)
    stretch = st.tuples(st.integers(-300, 2000), st.integers(1, 300)).map(
        lambda pair: (midnight + timedelta(minutes=pair[0]), midnight + timedelta(minutes=sum(pair))))
    policy = Policy(draw(often(0, 1, 24)), draw(often(60, 0, 1)), draw(often(10, 0, 25)), draw(often(15, 30, 45)))
    wanted = Wanted(
        draw(often(50, 15, 90, 240, 1440)), draw(often(Audience.STAFF, CLIENTS, INQUIRIES)), draw(often(None, 5)),
        draw(often(None, OFFICE, ROOM)), draw(often(None, SessionFormat.VIDEO)),
    )
    now = midnight + timedelta(minutes=draw(often(-3000, -1440, -700, 0, 345)))
    return (
        draw(st.lists(openings(day), min_size=1, max_size=6)), draw(st.lists(stretch, max_size=4)), policy, wanted, day,
        day + timedelta(days=draw(st.integers(0, 1))), zone, now, {ROOM: draw(st.lists(stretch, max_size=2))},
    )


@settings(max_examples=150, deadline=None)
@given(questions())
@example(([Opening(time(), time(3), weekday=6)], [], Policy(0, 60, 0, 15), Wanted(15), date(2026, 11, 1),
          date(2026, 11, 1), NEW_YORK, datetime(2026, 11, 1, 6, 20, tzinfo=UTC), {}))
def test_exactly_the_starts_that_a_look_at_every_minute_finds_are_offered(question: tuple[Any, ...]) -> None:
    hours, busy, policy, wanted, first, last, zone, now, rooms = question
    found = rules.free_starts(hours, busy, policy, wanted, first, last, zone=zone, now=now, rooms=rooms)
    starts = [(slot.local_date, slot.local_time) for slot in found]
    assert starts == sorted(reference(hours, busy, policy, wanted, first, last, zone, now, rooms))
    for slot in found:
        assert slot.minutes == wanted.minutes
        assert wanted.location_id in (None, slot.location_id)
        assert wanted.format in (None, slot.format)
