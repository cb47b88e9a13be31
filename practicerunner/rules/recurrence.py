"""On which dates a series repeats, how its rule is written down (RFC 5545), and how people say it.

A rule gives dates on the practice's wall calendar; the time of day and the zone are attached afterwards, occurrence by
occurrence, so that a series keeps its wall-clock time when the clocks change (R7).
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time, timedelta
from itertools import takewhile
from zoneinfo import ZoneInfo

from dateutil.relativedelta import relativedelta
from dateutil.rrule import DAILY, MONTHLY, WEEKLY, rrule, weekday

from practicerunner.vocabulary import Frequency, MonthlyOn

MOST_OCCURRENCES = 366
"""A year of every day; a longer series is more likely a slip."""
FURTHEST = timedelta(days=549)
"""Occurrences are made at most 18 months ahead (R5)."""
WEEKDAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
_LONG = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
_CODES = ("MO", "TU", "WE", "TH", "FR", "SA", "SU")
_FREQUENCIES = {Frequency.DAILY: DAILY, Frequency.WEEKLY: WEEKLY, Frequency.MONTHLY: MONTHLY}
_UNITS = {Frequency.DAILY: "day", Frequency.WEEKLY: "week", Frequency.MONTHLY: "month"}
_ALWAYS_THERE = 28
"""Every month has days up to this one."""


@dataclass(frozen=True, slots=True)
class Recurrence:
    """How often, on which days, and until when. Without ``count`` and ``until`` it does not end."""

    frequency: Frequency = Frequency.WEEKLY
    interval: int = 1
    weekdays: tuple[int, ...] = ()
    """Of a weekly series: 0 is Monday; none is the weekday of the first date."""
    monthly_on: MonthlyOn = MonthlyOn.SAME_DAY
    count: int | None = None
    until: date | None = None
    """The last date that counts, included (R8)."""


def begins_on_its_days(recurrence: Recurrence, first: date) -> bool:
    """Whether the first date is one that the rule itself would give."""
    if recurrence.frequency is Frequency.WEEKLY:
        return not recurrence.weekdays or first.weekday() in recurrence.weekdays
    if recurrence.frequency is Frequency.MONTHLY and recurrence.monthly_on is MonthlyOn.LAST_WEEKDAY:
        return (first + timedelta(days=7)).month != first.month
    return True


def _parts(recurrence: Recurrence, first: date) -> dict[str, object]:
    """The rule as python-dateutil takes it, without its end."""
    parts: dict[str, object] = {"freq": _FREQUENCIES[recurrence.frequency], "interval": recurrence.interval}
    if recurrence.frequency is Frequency.WEEKLY:
        parts["byweekday"] = sorted(set(recurrence.weekdays)) or [first.weekday()]
    elif recurrence.frequency is Frequency.MONTHLY:
        match recurrence.monthly_on:
            case MonthlyOn.SAME_DAY:
                parts["bymonthday"] = [first.day]
            case MonthlyOn.SAME_DAY_OR_LAST:
                parts |= {"bymonthday": list(range(min(first.day, _ALWAYS_THERE), first.day + 1)), "bysetpos": -1}
            case MonthlyOn.SAME_WEEKDAY:
                parts["byweekday"] = [weekday(first.weekday(), _nth(first))]
            case MonthlyOn.LAST_WEEKDAY:
                parts["byweekday"] = [weekday(first.weekday(), -1)]
    return parts


def _nth(day: date) -> int:
    """Which of its weekday a date is in its month: 1 for the first."""
    return (day.day - 1) // 7 + 1


def endless_dates(recurrence: Recurrence, first: date) -> Iterator[date]:
    """The dates that the rule gives from ``first`` on, whatever its end."""
    return (found.date() for found in rrule(dtstart=datetime.combine(first, time()), **_parts(recurrence, first)))


def dates(recurrence: Recurrence, first: date) -> list[date]:
    """The dates of a series from ``first`` on: by count, or until a date, that date included.

    A month without the day is left out and not counted. Stops one beyond ``MOST_OCCURRENCES``, so that a caller can
    tell that there would be more.
    """
    found = endless_dates(recurrence, first)
    if recurrence.until is not None:
        last = recurrence.until
        found = takewhile(lambda day: day <= last, found)
    most = min(recurrence.count or MOST_OCCURRENCES + 1, MOST_OCCURRENCES + 1)
    return [day for day, _ in zip(found, range(most), strict=False)]


def months_without(recurrence: Recurrence, first: date, last: date) -> list[date]:
    """Months up to ``last``, as their first days, that the rule visits but that have no such day: shown as skipped."""
    if recurrence.frequency is not Frequency.MONTHLY:
        return []
    there = {(day.year, day.month) for day in takewhile(lambda day: day <= last, endless_dates(recurrence, first))}
    month, missing = first.replace(day=1), []
    while month <= last:
        if (month.year, month.month) not in there:
            missing.append(month)
        month += relativedelta(months=recurrence.interval)
    return [month for month in missing if month < last.replace(day=1)]


def write(recurrence: Recurrence, first: date) -> str:
    """The rule as RFC 5545 writes it, complete without the first date: ``FREQ=MONTHLY;INTERVAL=1;BYMONTHDAY=31``."""
    parts = _parts(recurrence, first)
    text = [f"FREQ={recurrence.frequency.value.upper()}", f"INTERVAL={recurrence.interval}"]
    if "byweekday" in parts:
        text.append("BYDAY=" + ",".join(_code(day) for day in _list(parts["byweekday"])))
    if "bymonthday" in parts:
        text.append("BYMONTHDAY=" + ",".join(str(day) for day in _list(parts["bymonthday"])))
    if "bysetpos" in parts:
        text.append(f"BYSETPOS={parts['bysetpos']}")
    if recurrence.count is not None:
        text.append(f"COUNT={recurrence.count}")
    elif recurrence.until is not None:
        text.append(f"UNTIL={recurrence.until:%Y%m%d}")
    return ";".join(text)


def _list(values: object) -> list[object]:
    return list(values) if isinstance(values, list) else [values]


def _code(day: object) -> str:
    if isinstance(day, int):
        return _CODES[day]
    return f"{day.n or ''}{_CODES[day.weekday]}"  # type: ignore[attr-defined]


def read(rule: str, zone: str = "UTC") -> Recurrence:
    """A rule from its text. An end in UTC counts as the date on the wall in ``zone``; others are as written (R8)."""
    parts = dict(part.split("=", 1) for part in rule.removeprefix("RRULE:").split(";"))
    frequency = Frequency(parts["FREQ"].lower())
    days = [code for code in parts.get("BYDAY", "").split(",") if code]
    monthly_on = MonthlyOn.SAME_DAY
    if frequency is Frequency.MONTHLY:
        if days:
            monthly_on = MonthlyOn.LAST_WEEKDAY if days[0].startswith("-1") else MonthlyOn.SAME_WEEKDAY
        elif "BYSETPOS" in parts:
            monthly_on = MonthlyOn.SAME_DAY_OR_LAST
        days = []
    return Recurrence(
        frequency, int(parts.get("INTERVAL", "1")), tuple(sorted(_CODES.index(code) for code in days)), monthly_on,
        int(parts["COUNT"]) if "COUNT" in parts else None, _end(parts["UNTIL"], zone) if "UNTIL" in parts else None,
    )


def _end(text: str, zone: str) -> date:
    if text.endswith("Z"):
        return datetime.strptime(text, "%Y%m%dT%H%M%SZ").replace(tzinfo=UTC).astimezone(ZoneInfo(zone)).date()
    return date.fromisoformat(text[:8])


def dates_after(rule: str, first: date, last: date, number: int) -> list[date]:
    """The next so many dates of a series beyond ``last``, whatever end its rule has."""
    endless = replace(read(rule), count=None, until=None)
    later = (day for day in endless_dates(endless, first) if day > last)
    return [day for day, _ in zip(later, range(number), strict=False)]


def with_end(rule: str, first: date, *, count: int | None = None, until: date | None = None) -> str:
    """The same rule with another end."""
    return write(replace(read(rule), count=count, until=until), first)


def rhythm(rule: str, first: date | None = None) -> str:
    """How people say a rule: ``weekly``, ``every 2 weeks on Tue, Thu``, ``monthly on the 31st``."""
    recurrence = read(rule)
    unit = _UNITS[recurrence.frequency]
    every = {"day": "daily", "week": "weekly", "month": "monthly"}[unit]
    text = every if recurrence.interval == 1 else f"every {recurrence.interval} {unit}s"
    if recurrence.frequency is Frequency.WEEKLY and len(recurrence.weekdays) > 1:
        return f"{text} on {', '.join(WEEKDAYS[day] for day in recurrence.weekdays)}"
    if recurrence.frequency is Frequency.MONTHLY and first is not None:
        return f"{text} {monthly_words(recurrence.monthly_on, first)}"
    return text


def monthly_words(monthly_on: MonthlyOn, first: date) -> str:
    """How people say the day of the month: ``on the 31st or the last day``, ``on the second Tuesday``."""
    match monthly_on:
        case MonthlyOn.SAME_DAY:
            return f"on the {ordinal(first.day)}"
        case MonthlyOn.SAME_DAY_OR_LAST:
            return f"on the {ordinal(first.day)} or the last day"
        case MonthlyOn.SAME_WEEKDAY:
            number = ("first", "second", "third", "fourth", "fifth")[_nth(first) - 1]
            return f"on the {number} {_LONG[first.weekday()]}"
        case MonthlyOn.LAST_WEEKDAY:
            return f"on the last {_LONG[first.weekday()]}"


def monthly_choices(first: date) -> list[MonthlyOn]:
    """The ways in which a monthly series can go on from a date; the last day is offered where a month may lack it."""
    found = [MonthlyOn.SAME_DAY]
    if first.day > _ALWAYS_THERE:
        found.append(MonthlyOn.SAME_DAY_OR_LAST)
    if _nth(first) < 5:
        found.append(MonthlyOn.SAME_WEEKDAY)
    if (first + timedelta(days=7)).month != first.month:
        found.append(MonthlyOn.LAST_WEEKDAY)
    return found


def position(number: int, total: int, rule: str, first: date | None = None) -> str:
    """Where an occurrence stands in its series: ``3rd of 12, weekly``."""
    return f"{ordinal(number)} of {total}, {rhythm(rule, first)}"


def ordinal(number: int) -> str:
    """``1st``, ``2nd``, ``3rd``, ``11th``."""
    if number % 100 in (11, 12, 13):
        return f"{number}th"
    return f"{number}{ {1: 'st', 2: 'nd', 3: 'rd'}.get(number % 10, 'th') }"
