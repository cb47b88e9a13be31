"""When an appointment is: wall time and zone to UTC, and whether two stretches overlap."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from practicerunner.vocabulary import Resource, Role

SHORTEST, LONGEST = 1, 24 * 60
"""Minutes an appointment may last."""
LENGTH = "An appointment lasts between 1 minute and 24 hours."
MAY_OVERRIDE = frozenset({Role.OWNER, Role.ADMIN})
"""Who may let two appointments overlap, with a reason (E15)."""
_DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Slot:
    """A stretch of time: what the wall clock says, in which zone, and the same in UTC. Half open at its end."""

    local_date: date
    local_time: time
    minutes: int
    zone: str
    starts_at: datetime
    ends_at: datetime
    shifted: bool = False
    """Whether the clock skips the time that was asked for, so that the slot starts later."""
    fold: int = 0
    """1 for the second of two equal wall-clock times (R6)."""


def moment(local_date: date, local_time: time, zone: str, fold: int = 0) -> datetime:
    """UTC of a wall-clock time, moved forward when the clock skips it; the first of two unless ``fold`` is 1."""
    second = fold if comes_twice(local_date, local_time, zone) else 0  # 1 would move a skipped time back
    return datetime.combine(local_date, local_time.replace(fold=second), ZoneInfo(zone)).astimezone(UTC)


def comes_twice(local_date: date, local_time: time, zone: str) -> bool:
    """Whether the wall clock shows a time twice on a day, in the night in which the clocks go back."""
    first = datetime.combine(local_date, local_time.replace(fold=0), ZoneInfo(zone))
    before, after = first.utcoffset(), first.replace(fold=1).utcoffset()
    return before is not None and after is not None and before > after


def wall(instant: datetime, zone: str) -> datetime:
    """What the wall clock in a zone says at a moment, naive."""
    return instant.astimezone(ZoneInfo(zone)).replace(tzinfo=None)


def days_since(instant: datetime, now: datetime, zone: str) -> int:
    """How many days ago a moment was by the calendar on the wall: yesterday evening is one day ago this morning."""
    return max((wall(now, zone).date() - wall(instant, zone).date()).days, 0)


def slot(local_date: date, local_time: time, minutes: int, zone: str, fold: int = 0) -> Slot:
    """The slot that starts at a wall-clock time and lasts so many real minutes; ``fold`` as for ``moment``."""
    starts_at = moment(local_date, local_time, zone, fold)
    local = starts_at.astimezone(ZoneInfo(zone))
    shifted = (local.date(), local.time()) != (local_date, local_time.replace(fold=0))
    return Slot(
        local.date(), local.time().replace(fold=0), minutes, zone, starts_at, starts_at + timedelta(minutes=minutes),
        shifted, local.fold,
    )


def overlap(starts: datetime, ends: datetime, other_starts: datetime, other_ends: datetime) -> bool:
    """Whether two half-open stretches share a moment; 10:00–10:50 and 10:50–11:40 do not."""
    return starts < other_ends and other_starts < ends


def pieces(starts: datetime, ends: datetime) -> Iterator[tuple[datetime, datetime]]:
    """A long stretch cut into pieces of at most a day, as holds are kept."""
    while ends - starts > _DAY:
        yield starts, starts + _DAY
        starts += _DAY
    yield starts, ends


def memo_resource(*, for_desk: bool) -> Resource:
    """The row of the permission table by which a memo is read: the front desk reads what is marked for it."""
    return Resource.DESK_MEMO if for_desk else Resource.APPOINTMENT_MEMO
