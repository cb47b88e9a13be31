"""Calendar feeds as iCalendar text (RFC 5545, RFC 7986): finished events in wall-clock time, and what their zones do.

The same content gives the same bytes. Nothing repeats by a rule: every occurrence is an event of its own, so that no
calendar program has to work out when one is.
"""

import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

from icalendar import Calendar as Component
from icalendar import Event as EventComponent
from icalendar import Timezone, TimezoneDaylight, TimezoneStandard, vDuration, vText

from practicerunner.vocabulary import EventStatus

PRODUCT = "-//PracticeRunner//Calendar feed//EN"
READ_AGAIN_AFTER = timedelta(hours=1)
"""How often a calendar program should look for changes."""
YEARS_A_RULE_HOLDS = 10
"""A zone's yearly rule is written as one if it holds so long; else its changes are listed."""
_FIRST = datetime.combine(date(1970, 1, 1), time())
_LAST_YEAR = 9990
_DAY, _SECOND, _WEEK = timedelta(days=1), timedelta(seconds=1), timedelta(days=7)
_WEEKDAYS = ("MO", "TU", "WE", "TH", "FR", "SA", "SU")


@dataclass(frozen=True, slots=True)
class Event:
    """Something with a beginning and an end, both aware in the zone on whose wall clock they are read."""

    uid: str
    """Stays the same whatever becomes of the event."""
    starts: datetime
    ends: datetime
    summary: str
    modified: datetime
    sequence: int = 0
    """Higher after each change, so that a calendar program knows which of two is the newer."""
    status: EventStatus = EventStatus.CONFIRMED
    location: str = ""


@dataclass(frozen=True, slots=True)
class Feed:
    """Everything that a calendar program is told."""

    name: str
    zone: str
    """The practice's own."""
    year: int
    """Of the day on which the feed is read; what an empty feed says about the zone."""
    events: tuple[Event, ...]


def draw(feed: Feed) -> bytes:
    """The feed as a calendar program reads it."""
    calendar = Component()
    calendar.add("version", "2.0")
    calendar.add("prodid", PRODUCT)
    calendar.add("calscale", "GREGORIAN")
    calendar.add("method", "PUBLISH")
    calendar.add("name", vText(_clean(feed.name)))
    calendar.add("x-wr-calname", vText(_clean(feed.name)))
    calendar.add("x-wr-timezone", feed.zone)
    calendar.add("refresh-interval", READ_AGAIN_AFTER, parameters={"VALUE": "DURATION"})
    calendar.add("x-published-ttl", vDuration(READ_AGAIN_AFTER))
    for zone, (first, last) in sorted(_years(feed).items()):
        calendar.add_component(timezone(zone, first, last))
    for event in sorted(feed.events, key=lambda one: (one.starts.astimezone(UTC), one.uid)):
        calendar.add_component(_event(event))
    drawn: bytes = calendar.to_ical(sorted=False)
    return drawn


def _years(feed: Feed) -> dict[str, tuple[int, int]]:
    """Zone → the years in which events are read on its wall clock."""
    found: dict[str, tuple[int, int]] = {}
    for event in feed.events:
        first, last = found.get(_zone_of(event.starts).key, (event.starts.year, event.ends.year))
        found[_zone_of(event.starts).key] = min(first, event.starts.year), max(last, event.ends.year)
    return found or {feed.zone: (feed.year, feed.year)}  # a calendar without any part would not be one


def _zone_of(moment: datetime) -> ZoneInfo:
    if not isinstance(moment.tzinfo, ZoneInfo):
        raise ValueError("an event needs a zone with a wall clock")
    return moment.tzinfo


def _event(event: Event) -> EventComponent:
    zone = _zone_of(event.starts)
    starts, ends = (moment.astimezone(UTC).astimezone(zone) for moment in (event.starts, event.ends))
    if _comes_twice(starts) or _comes_twice(ends):
        # Local time means the first of the two (RFC 5545, 3.3.5), but programs differ; the moment is plain to all.
        starts, ends = starts.astimezone(UTC), ends.astimezone(UTC)
    drawn = EventComponent()
    drawn.add("uid", event.uid)
    drawn.add("dtstamp", event.modified.astimezone(UTC))
    drawn.add("dtstart", starts)
    drawn.add("dtend", ends)
    drawn.add("sequence", event.sequence)
    drawn.add("last-modified", event.modified.astimezone(UTC))
    drawn.add("status", event.status.value.upper())
    drawn.add("summary", _clean(event.summary))
    if event.location:
        drawn.add("location", _clean(event.location))
    drawn.add("class", "PRIVATE")
    drawn.add("transp", "TRANSPARENT" if event.status is EventStatus.CANCELLED else "OPAQUE")
    return drawn


def _comes_twice(moment: datetime) -> bool:
    """Whether the wall clock shows this time twice, in the night in which the clocks go back."""
    return moment.replace(fold=0).utcoffset() != moment.replace(fold=1).utcoffset()


def _clean(text: str) -> str:
    """Text without what no calendar program can show; line breaks stay and are escaped when drawn."""
    lines = text.replace("\r\n", "\n").replace("\r", "\n")
    shown = "".join(c if c == "\n" or unicodedata.category(c) not in ("Cc", "Zl", "Zp") else " " for c in lines)
    return shown.encode("utf-8", "replace").decode()


@dataclass(frozen=True, slots=True)
class _Change:
    """The moment at which a zone's clocks are put forward or back, as the wall said just before."""

    wall: datetime
    before: timedelta
    after: timedelta
    name: str
    is_daylight: bool

    @property
    def kind(self) -> "_Kind":
        """What kind of change it is: that of a spring or that of an autumn."""
        return self.before, self.after, self.name, self.is_daylight


_Kind = tuple[timedelta, timedelta, str, bool]


def timezone(zone: str, first_year: int, last_year: int) -> Timezone:
    """What a zone's clocks do from the first to the last of these years, as a VTIMEZONE."""
    first, last = first_year - 1, min(last_year + 1, _LAST_YEAR)
    known = _changes(zone, first, min(last + YEARS_A_RULE_HOLDS, _LAST_YEAR))
    within = [change for change in known if change.wall.year <= last]
    drawn = Timezone()
    drawn.add("tzid", zone)
    if not within or within[0].wall.year >= first_year:
        opening = datetime(first, 1, 1, tzinfo=UTC).astimezone(ZoneInfo(zone))
        offset = opening.utcoffset() or timedelta()
        drawn.add_component(_observance(_Change(_FIRST, offset, offset, opening.tzname() or zone, False)))
    ruled: set[_Kind] = set()
    for change in within:
        kind = change.kind
        if kind in ruled:
            continue
        rule = _yearly([one for one in known if one.kind == kind])
        if rule is not None:
            ruled.add(kind)
        # Without a rule each change stands alone: lists of dates (RDATE) are misread by programs in use.
        drawn.add_component(_observance(change, rule))
    return drawn


def _observance(
    change: _Change, rule: dict[str, object] | None = None
) -> TimezoneStandard | TimezoneDaylight:
    drawn = TimezoneDaylight() if change.is_daylight else TimezoneStandard()
    drawn.add("dtstart", change.wall)
    drawn.add("tzoffsetfrom", change.before)
    drawn.add("tzoffsetto", change.after)
    drawn.add("tzname", change.name)
    if rule is not None:
        drawn.add("rrule", rule)
    return drawn


def _yearly(changes: list[_Change]) -> dict[str, object] | None:
    """The rule by which the changes come year by year, such as the last Sunday of October; ``None`` without one."""
    walls = [change.wall for change in changes]
    if len(walls) <= YEARS_A_RULE_HOLDS or len({(wall.month, wall.weekday(), wall.time()) for wall in walls}) > 1:
        return None
    if [wall.year for wall in walls] != list(range(walls[0].year, walls[0].year + len(walls))):
        return None
    first = {(wall.day + 6) // 7 for wall in walls}
    if all((wall + _WEEK).month != wall.month for wall in walls):
        place = -1
    elif len(first) == 1:
        place = first.pop()
    else:
        return None
    return {"freq": "yearly", "bymonth": walls[0].month, "byday": f"{place}{_WEEKDAYS[walls[0].weekday()]}"}


@lru_cache(maxsize=64)
def _changes(zone: str, first: int, last: int) -> tuple[_Change, ...]:
    """Every change of a zone's offset from UTC in some years, in order."""
    info = ZoneInfo(zone)
    return tuple(_each_change(info, first, last))


def _each_change(info: ZoneInfo, first: int, last: int) -> Iterable[_Change]:
    here, end = datetime(first, 1, 1, tzinfo=UTC), datetime(last + 1, 1, 1, tzinfo=UTC)
    while here < end:
        there = here + _DAY
        before, after = here.astimezone(info).utcoffset(), there.astimezone(info).utcoffset()
        if before is not None and after is not None and before != after:
            early, late = here, there
            while late - early > _SECOND:
                middle = early + (late - early) // 2 // _SECOND * _SECOND
                if middle.astimezone(info).utcoffset() == before:
                    early = middle
                else:
                    late = middle
            old, new = early.astimezone(info), late.astimezone(info)
            # Summer time, whichever of the two the zone itself calls standard; a change for good is none.
            is_daylight = after > before and bool(old.dst() or new.dst())
            yield _Change((late + before).replace(tzinfo=None), before, after, new.tzname() or info.key, is_daylight)
        here = there
