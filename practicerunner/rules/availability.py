"""Which starts are free: open time less what is taken, on the grid of the wall clock (E16).

Inside, time is counted in whole minutes of UTC, so that real minutes are compared and both clock changes fall out.
"""

from bisect import bisect_left
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import UTC, date, datetime, time, timedelta
from itertools import islice
from typing import NamedTuple
from zoneinfo import ZoneInfo

from practicerunner.rules import scheduling
from practicerunner.vocabulary import Audience, SessionFormat

LONGEST_LOOK = 400
"""Days in which free times are looked for at once."""
OVER_MIDNIGHT = (
    "These hours end before they begin. For hours over midnight enter two: one until 00:00, and one from 00:00 "
    "on the next day."
)


class Opening(NamedTuple):
    """A stretch of a weekday, or of one date, in which a provider is open or, as an exception, closed."""

    starts: time
    ends: time
    """00:00 is midnight at the end of the day."""
    weekday: int | None = None
    """0 is Monday; ``None`` for an exception on one date."""
    on_date: date | None = None
    is_closed: bool = False
    valid_from: date | None = None
    valid_until: date | None = None
    for_existing_clients: bool = True
    for_new_inquiries: bool = False
    location_id: int | None = None
    format: SessionFormat | None = None
    services: frozenset[int] = frozenset()


class Policy(NamedTuple):
    """How a provider may be booked; notice and advance limit count for clients and inquiries, not for staff."""

    notice_hours: int = 24
    advance_days: int = 60
    buffer_minutes: int = 10
    grid_minutes: int = 30


class Wanted(NamedTuple):
    """What is looked for. A place or a way to meet that is not named may be any; no service means any."""

    minutes: int
    audience: Audience = Audience.STAFF
    service_id: int | None = None
    location_id: int | None = None
    format: SessionFormat | None = None


class FreeSlot(NamedTuple):
    """A time that can be booked, on the practice's wall clock."""

    local_date: date
    local_time: time
    minutes: int
    location_id: int | None = None
    """Where the opening hours say, or what was asked for; ``None`` is any place."""
    format: SessionFormat | None = None


Taken = tuple[datetime, datetime]
"""A stretch, half open at its end, in which somebody or a room is taken."""

STAFF_WEEK = tuple(Opening(time(8), time(18), weekday=weekday) for weekday in range(5))
"""What counts as open for staff while a provider has no opening hours at all."""


def is_backwards(starts: time, ends: time) -> bool:
    """Whether hours end before they begin; 00:00 as their end is midnight at the end of the day."""
    return ends != time() and ends <= starts


def free_starts(
    hours: Iterable[Opening], taken: Iterable[Taken], policy: Policy, wanted: Wanted, first: date, last: date, *,
    zone: str, now: datetime, rooms: Mapping[int, Iterable[Taken]] | None = None,
) -> list[FreeSlot]:
    """Every free start from a date to a date, both included, in order; each once.

    The whole appointment lies inside open time, and with the buffer on both sides it is clear of what takes the
    provider; a room (``rooms`` has the places that are rooms) has to be free for the appointment itself. A start that
    fits hours for any place is for any place; of several places it is the one whose hours were entered first.
    """
    clock = ZoneInfo(zone)
    wall = now.astimezone(clock).replace(tzinfo=None)
    first = max(first, wall.date())
    earliest = _ceil(now)
    if wanted.audience is not Audience.STAFF:
        last = min(last, wall.date() + timedelta(days=policy.advance_days))
        notice = wall + timedelta(hours=policy.notice_hours)
        first = max(first, notice.date())
        [noticed] = _days(notice.date(), notice.date(), clock)
        earliest = max(earliest, _reaches(noticed, -(-_second(notice) // 60)))
    if last < first:
        return []
    days = list(_days(first, last + timedelta(days=_days_over(wanted)), clock))
    pieces = [piece for day in days[:(last - first).days + 1] for piece in day]
    blocked = _barred(taken, wanted.minutes, policy.buffer_minutes)
    found: dict[int, FreeSlot] = {}
    for (location_id, held_as), stretches in _open(hours, wanted, days):
        room = (rooms or {}).get(location_id or 0)
        in_the_way = sorted(blocked + _barred(room, wanted.minutes, 0) if room else blocked)
        windows = _windows(stretches, in_the_way, wanted.minutes, earliest)
        for moment, day, minute in _on_the_grid(windows, pieces, policy.grid_minutes):
            if moment not in found:
                found[moment] = FreeSlot(day, _CLOCK[minute], wanted.minutes, location_id, held_as)
    return [found[moment] for moment in sorted(found)]


def is_open(hours: Iterable[Opening], wanted: Wanted, local_date: date, local_time: time, zone: str) -> bool:
    """Whether an appointment at this time lies wholly inside open time, whatever is taken."""
    days = list(_days(local_date, local_date + timedelta(days=_days_over(wanted)), ZoneInfo(zone)))
    starts = _floor(scheduling.moment(local_date, local_time, zone))
    return any(
        opens <= starts and starts + wanted.minutes <= closes
        for _, stretches in _open(hours, wanted, days) for opens, closes in stretches
    )


# --- Minutes ----------------------------------------------------------------------------------------------------------

_CLOCK = tuple(time(minute // 60, minute % 60) for minute in range(24 * 60))
_FIRST_DAY = date(1970, 1, 1).toordinal()
_BEGINNING = datetime(1970, 1, 1, tzinfo=UTC)
_DAY = 24 * 60


def _floor(moment: datetime) -> int:
    return int(moment.timestamp() // 60)


def _ceil(moment: datetime) -> int:
    return int(-(-moment.timestamp() // 60))


def _second(wall: datetime) -> int:
    return 60 * (60 * wall.hour + wall.minute) + wall.second + (wall.microsecond > 0)


def _days_over(wanted: Wanted) -> int:
    """How many days an appointment may reach into; the day on which the clock is put forward is an hour short."""
    return 1 + wanted.minutes // (22 * 60)


class _Piece(NamedTuple):
    """A part of a day in which the clock runs on evenly; nearly every day is one such piece."""

    day: date
    starts: int
    ends: int
    shift: int
    """Minute of UTC + shift = minute of the day on the wall."""
    unread: int
    """From which minute of the day on the wall reads what it has not read before."""


def _days(first: date, last: date, clock: ZoneInfo) -> Iterator[list[_Piece]]:
    """Each day's pieces: two on the day of a clock change."""
    after = _offset(first, clock)
    for ordinal in range(first.toordinal(), last.toordinal() + 1):
        day, base = date.fromordinal(ordinal), (ordinal - _FIRST_DAY) * _DAY
        before, after = after, _offset(date.fromordinal(ordinal + 1), clock)
        starts, ends = base - before, base + _DAY - after
        if before == after:
            yield [_Piece(day, starts, ends, -starts, 0)]
            continue
        turn = starts + bisect_left(range(starts, ends), True, key=lambda minute: _offset_at(minute, clock) == after)
        yield [_Piece(day, starts, turn, -starts, 0), _Piece(day, turn, ends, after - base, turn - starts)]


def _offset(day: date, clock: ZoneInfo) -> int:
    """Minutes by which the wall is ahead of UTC as a day begins."""
    return _minutes(datetime(day.year, day.month, day.day, tzinfo=clock).utcoffset())


def _offset_at(minute: int, clock: ZoneInfo) -> int:
    return _minutes((_BEGINNING + timedelta(minutes=minute)).astimezone(clock).utcoffset())


def _minutes(ahead: timedelta | None) -> int:
    return 0 if ahead is None else ahead.days * _DAY + ahead.seconds // 60


def _reaches(day: Sequence[_Piece], minute: int) -> int:
    """When the wall first reads a minute of a day, or a later one where the clock skips it."""
    for piece in day:
        if piece.ends + piece.shift > minute:
            return max(piece.starts, minute - piece.shift)
    return day[-1].ends


# --- Open time --------------------------------------------------------------------------------------------------------

_Place = tuple[int | None, SessionFormat | None]
_Stretch = tuple[int, int]


def _open(
    hours: Iterable[Opening], wanted: Wanted, days: Sequence[Sequence[_Piece]]
) -> Iterator[tuple[_Place, list[_Stretch]]]:
    """Each place and way to meet, the widest first, with its open stretches in order; touching ones are joined.

    Hours for any place go on into hours at one place, so that an appointment there may lie across both.
    """
    weekly: dict[int, list[tuple[_Place, _Stretch, Opening]]] = defaultdict(list)
    dated: dict[date, list[tuple[_Place, _Stretch, Opening]]] = defaultdict(list)
    found: dict[_Place, list[_Stretch]] = {}
    for opening in hours:
        if not _counts(opening, wanted):
            continue
        place = _place(opening, wanted)
        if not opening.is_closed:
            found[place] = []
        if opening.weekday is not None:
            weekly[opening.weekday].append((place, _on_the_wall(opening), opening))
        elif opening.on_date is not None:
            dated[opening.on_date].append((place, _on_the_wall(opening), opening))
    for day in days:
        today = day[0].day
        exceptions = dated.get(today, ())
        closed = [_of(day, stretch) for _, stretch, opening in exceptions if opening.is_closed]
        for place, stretch, opening in weekly.get(today.weekday(), ()):
            if (opening.valid_from is None or opening.valid_from <= today) and (
                opening.valid_until is None or today <= opening.valid_until
            ):
                found[place] += _without(_of(day, stretch), closed) if closed else (_of(day, stretch),)
        for place, stretch, opening in exceptions:
            if not opening.is_closed:
                found[place].append(_of(day, stretch))
    for place in sorted(found, key=lambda place: (place[0] is not None) + (place[1] is not None)):
        yield place, _joined(sorted(stretch for other in found if _includes(other, place) for stretch in found[other]))


def _counts(opening: Opening, wanted: Wanted) -> bool:
    """Whether hours count for whom and what is asked. What is closed is closed for everybody."""
    if opening.is_closed:
        return True
    if wanted.audience is Audience.EXISTING_CLIENTS and not opening.for_existing_clients:
        return False
    if wanted.audience is Audience.NEW_INQUIRIES and not opening.for_new_inquiries:
        return False
    if wanted.service_id is not None and opening.services and wanted.service_id not in opening.services:
        return False
    location_id, held_as = _asked(wanted)
    return (location_id is None or opening.location_id in (None, location_id)) and (
        held_as is None or opening.format in (None, held_as)
    )


def _asked(wanted: Wanted) -> _Place:
    """Where and how; a place without a way to meet means in person, as in booking."""
    if wanted.location_id is not None and wanted.format is None:
        return wanted.location_id, SessionFormat.IN_PERSON
    return wanted.location_id, wanted.format


def _place(opening: Opening, wanted: Wanted) -> _Place:
    location_id, held_as = _asked(wanted)
    return location_id or opening.location_id, held_as or opening.format


def _includes(wide: _Place, narrow: _Place) -> bool:
    """Whether whoever is open for the one is open for the other."""
    return wide[0] in (None, narrow[0]) and wide[1] in (None, narrow[1])


def _on_the_wall(opening: Opening) -> _Stretch:
    """From which until which minute of the day hours last."""
    return 60 * opening.starts.hour + opening.starts.minute, 60 * opening.ends.hour + opening.ends.minute or _DAY


def _of(day: Sequence[_Piece], stretch: _Stretch) -> _Stretch:
    """Minutes of a day on the wall as minutes of UTC."""
    starts, ends = stretch
    if len(day) == 1:
        midnight = day[0].starts
        return midnight + starts, midnight + ends
    return _reaches(day, starts), _reaches(day, ends)


def _without(stretch: _Stretch, closed: Iterable[_Stretch]) -> list[_Stretch]:
    """What is left of a stretch."""
    left = [stretch]
    for starts, ends in closed:
        left = [
            part for opens, closes in left
            for part in ((opens, min(closes, starts)), (max(opens, ends), closes)) if part[0] < part[1]
        ]
    return left


def _joined(stretches: Iterable[_Stretch]) -> list[_Stretch]:
    """Stretches in order, those that overlap or touch made one."""
    found: list[_Stretch] = []
    for opens, closes in stretches:
        if found and opens <= found[-1][1]:
            found[-1] = (found[-1][0], max(found[-1][1], closes))
        else:
            found.append((opens, closes))
    return found


# --- Starts -----------------------------------------------------------------------------------------------------------


def _barred(taken: Iterable[Taken], minutes: int, buffer: int) -> list[_Stretch]:
    """For each stretch that is taken, the last start before it and the first start after it."""
    before = minutes + buffer
    return [
        (int(starts.timestamp()) // 60 - before, -int(-ends.timestamp() // 60) + buffer) for starts, ends in taken
    ]


def _windows(
    stretches: Sequence[_Stretch], in_the_way: Sequence[_Stretch], minutes: int, earliest: int
) -> Iterator[_Stretch]:
    """From which to which minute, both included, an appointment can start.

    ``in_the_way`` are, in order, the last start before and the first start after each stretch that is taken.
    """
    place, count, clear = 0, len(in_the_way), earliest
    for opens, closes in stretches:
        start, last = max(opens, clear), closes - minutes
        while place < count and start <= last:
            before, after = in_the_way[place]
            if before >= last:
                break
            if start <= before:
                yield start, before
            clear = max(clear, after)
            start = max(start, clear)
            place += 1
        if start <= last:
            yield start, last


def _on_the_grid(
    windows: Iterable[_Stretch], pieces: Sequence[_Piece], grid: int
) -> Iterator[tuple[int, date, int]]:
    """Starts within the windows whose minute of the day on the wall is on the grid: UTC minute, day, minute."""
    place = 0
    for first, last in windows:
        while place < len(pieces) and pieces[place].ends <= first:
            place += 1
        for day, starts, ends, shift, unread in islice(pieces, place, None):
            if starts > last:
                break
            low = max(max(first, starts) + shift, unread)
            for minute in range(low + -low % grid, min(last, ends - 1) + shift + 1, grid):
                yield minute - shift, day, minute
