"""Who supervises an appointment: its case says, or else who treats (E24)."""

from collections.abc import Iterable
from datetime import date
from typing import Protocol


class Supervises(Protocol):
    """Somebody supervises somebody from a day until the day before another."""

    @property
    def supervisor_id(self) -> int:
        """Who supervises."""
    @property
    def starts_on(self) -> date:
        """The first day."""
    @property
    def ends_on(self) -> date | None:
        """The first day on which it is over."""


def supervisor_on(supervisions: Iterable[Supervises], day: date) -> int | None:
    """The supervisor in force on a day, the newest being last; ``None`` without one."""
    in_force = [s for s in supervisions if s.starts_on <= day and (s.ends_on is None or s.ends_on > day)]
    return in_force[-1].supervisor_id if in_force else None


def inherited(
    case_supervisor_id: int | None, provider_id: int, supervisions: Iterable[Supervises], day: date
) -> int | None:
    """The supervisor of an appointment that has none of its own: the case's, or else its provider's on that day.

    Nobody supervises themselves: where the case's supervisor treats, the next one counts.
    """
    candidates = (case_supervisor_id, supervisor_on(supervisions, day))
    return next((one for one in candidates if one is not None and one != provider_id), None)
