"""Stretches of the calendar that reports compare: months, quarters and years, whole or until today."""

from dataclasses import dataclass
from datetime import date, timedelta

from practicerunner.vocabulary import ReportPeriod

_MONTHS = {
    ReportPeriod.THIS_MONTH: 1, ReportPeriod.LAST_MONTH: 1, ReportPeriod.THIS_QUARTER: 3, ReportPeriod.LAST_QUARTER: 3,
    ReportPeriod.THIS_YEAR: 12, ReportPeriod.LAST_12_MONTHS: 1,
}
_OVER = frozenset({ReportPeriod.LAST_MONTH, ReportPeriod.LAST_QUARTER})


@dataclass(frozen=True, slots=True)
class Period:
    """From one day to another, both included."""

    start: date
    end: date


def period(choice: ReportPeriod, today: date) -> Period:
    """The days that a choice means on a day; the last twelve months are whole ones."""
    start = _start(today, _MONTHS[choice])
    if choice is ReportPeriod.LAST_12_MONTHS:
        return Period(date(start.year - 1, start.month, 1), start - timedelta(days=1))
    if choice in _OVER:
        return Period(_start(start - timedelta(days=1), _MONTHS[choice]), start - timedelta(days=1))
    return Period(start, today)


def before(choice: ReportPeriod, today: date) -> Period:
    """What it is compared with: the calendar period before; of a running one, as many days as have passed."""
    now = period(choice, today)
    last = now.start - timedelta(days=1)
    if choice is ReportPeriod.LAST_12_MONTHS:
        return Period(now.start.replace(year=now.start.year - 1), last)
    start = _start(last, _MONTHS[choice])
    return Period(start, last if choice in _OVER else min(last, start + (now.end - now.start)))


def _start(day: date, months: int) -> date:
    return date(day.year, (day.month - 1) // months * months + 1, 1)
