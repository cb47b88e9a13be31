"""Business days: Monday to Friday without the holidays of 5 U.S.C. 6103, which are reckoned, not listed.

A holiday on a Saturday is kept on the Friday before, one on a Sunday on the Monday after.
"""

from datetime import date, timedelta
from functools import cache

_DAY = timedelta(days=1)
_MONDAY, _THURSDAY = 0, 3
JUNETEENTH_SINCE = 2021


def _nth(year: int, month: int, weekday: int, number: int) -> date:
    first = date(year, month, 1)
    return first + timedelta(days=(weekday - first.weekday()) % 7 + 7 * (number - 1))


def _last_monday(year: int, month: int) -> date:
    last = date(year, month + 1, 1) - _DAY
    return last - timedelta(days=last.weekday())


def _observed(day: date) -> date:
    return day - _DAY if day.weekday() == 5 else day + _DAY if day.weekday() == 6 else day


@cache
def federal_holidays(year: int) -> frozenset[date]:
    """The days on which a year's federal holidays are kept; New Year's Day may be kept in the year before."""
    fixed = [date(year, 1, 1), date(year, 7, 4), date(year, 11, 11), date(year, 12, 25)]
    if year >= JUNETEENTH_SINCE:
        fixed.append(date(year, 6, 19))
    return frozenset([
        *map(_observed, fixed), _nth(year, 1, _MONDAY, 3), _nth(year, 2, _MONDAY, 3), _last_monday(year, 5),
        _nth(year, 9, _MONDAY, 1), _nth(year, 10, _MONDAY, 2), _nth(year, 11, _THURSDAY, 4),
    ])


def is_business_day(day: date) -> bool:
    """Whether offices work on a day."""
    return day.weekday() < 5 and day not in federal_holidays(day.year) and day not in federal_holidays(day.year + 1)


def add_business_days(day: date, number: int) -> date:
    """The business day that is so many after a day, which is not counted itself; back in time where it is negative."""
    step, left = (_DAY, number) if number >= 0 else (-_DAY, -number)
    while left:
        day += step
        left -= is_business_day(day)
    return day


def business_days_until(first: date, last: date) -> int:
    """How many business days lie ahead: the first day is not counted, the last one is."""
    return sum(is_business_day(first + timedelta(days=n)) for n in range(1, (last - first).days + 1))
