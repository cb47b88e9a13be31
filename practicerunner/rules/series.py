"""Which occurrences of a series a change reaches, which of them stay and why, and when each then is (E12)."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

from practicerunner.vocabulary import AppointmentStatus, SeriesScope


@dataclass(frozen=True, slots=True)
class Occurrence:
    """One occurrence, as far as a change of its series asks about it."""

    appointment_id: int
    series_date: date
    """The date that the rule gave; "following" goes by it, whatever the occurrence was moved to."""
    local_date: date
    local_time: time
    starts_at: datetime
    status: AppointmentStatus
    is_moved: bool
    is_attended: bool
    is_noted: bool
    is_invoiced: bool


def reached(
    occurrences: Iterable[Occurrence], origin: Occurrence, scope: SeriesScope, now: datetime
) -> list[Occurrence]:
    """The occurrences that a change of ``origin`` is about, in order."""
    match scope:
        case SeriesScope.THIS:
            return [origin]
        case SeriesScope.FOLLOWING:
            return [one for one in occurrences if one.series_date >= origin.series_date]
        case SeriesScope.ALL_FUTURE:
            return [one for one in occurrences if one.starts_at > now]


def why_it_stays(one: Occurrence, now: datetime) -> str | None:
    """Why a change of several occurrences leaves this one alone; ``None`` if it changes."""
    if one.status is AppointmentStatus.CANCELLED:
        return "It is cancelled and stays so."
    if one.is_attended:
        return "Attendance is recorded."
    if one.is_noted:
        return "It has a note."
    if one.is_invoiced:
        return "It is on an invoice."
    if one.starts_at <= now:
        return "It has begun already."
    return None


def new_start(
    one: Occurrence, origin: Occurrence, new_date: date | None, new_time: time | None
) -> tuple[date, time]:
    """When an occurrence takes place after a change that puts ``origin`` on another date or time.

    The others move by as many days. One that had been moved on its own keeps its date and time (DEC10).
    """
    if one.is_moved and one is not origin:
        return one.local_date, one.local_time
    days = (new_date - origin.local_date) if new_date is not None else timedelta()
    return one.local_date + days, new_time or one.local_time
