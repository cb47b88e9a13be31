"""Who takes part when: a stay has a first day and a first day without; how many there are at once (A16, A17)."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date


@dataclass(frozen=True, slots=True)
class Stay:
    """From ``joined_on`` on somebody takes part; from ``left_on`` on no more."""

    joined_on: date
    left_on: date | None = None

    def covers(self, day: date) -> bool:
        """Whether they take part on a day."""
        return self.joined_on <= day and (self.left_on is None or self.left_on > day)

    def meets(self, since: date) -> bool:
        """Whether there is a day from ``since`` on on which they take part."""
        return self.left_on is None or self.left_on > max(since, self.joined_on)


def takes_part(stay: Stay, day: date, opened_on: date) -> bool:
    """Whether somebody is expected on a day; those of a case's first day also at what lies before it."""
    has_joined = stay.joined_on <= day or stay.joined_on <= opened_on
    return has_joined and (stay.left_on is None or stay.left_on > day)


def most_at_once(stays: Sequence[Stay], since: date) -> int:
    """The largest number of people who take part on one day from ``since`` on."""
    return max(_numbers(stays, since).values())


def fewest_at_once(stays: Sequence[Stay], since: date) -> int:
    """The smallest number of people who take part on one day from ``since`` on."""
    return min(_numbers(stays, since).values())


def fewest_without(stays: Sequence[Stay], leaving: Stay, left_on: date) -> int:
    """The smallest number from ``left_on`` on if one of them leaves then."""
    place = stays.index(leaving)
    return fewest_at_once([*stays[:place], replace(leaving, left_on=left_on), *stays[place + 1:]], left_on)


def first_room(stays: Sequence[Stay], since: date, capacity: int) -> date | None:
    """The first day from ``since`` on from which one more fits for good; ``None`` if there is none."""
    days = sorted(_numbers(stays, since))
    return next((day for day in days if most_at_once(stays, day) < capacity), None)


def _numbers(stays: Sequence[Stay], since: date) -> dict[date, int]:
    """How many take part at ``since`` and on each later day on which the number changes."""
    changes = {day for stay in stays for day in (stay.joined_on, stay.left_on) if day is not None and day > since}
    return {day: sum(stay.covers(day) for stay in stays) for day in {since, *changes}}
