"""Charges of several appointments reckoned one after the other before any is written, as they will be issued."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date


@dataclass(frozen=True, slots=True)
class Foreseen:
    """A charge that an appointment before this one will give rise to, or the session of a package that it will use."""

    case_id: int
    person_id: int | None
    service_date: date
    shares: tuple[tuple[int, int], ...]
    """Payer id and cents."""
    uses: int | None = None
    """The charge of the session of a package that it uses."""
    sold_on: date | None = None
    """The day on which that session counted until then."""

    def counts(self, day: date) -> int:
        """What it adds to what counts from a day on: 1, or nothing; a session of a package may count already."""
        return (self.service_date >= day) - (self.sold_on is not None and self.sold_on >= day)


def of_unit(before: Sequence[Foreseen], case_id: int, person_id: int | None) -> list[Foreseen]:
    """Those of one participant, or of a case as a whole."""
    return [one for one in before if (one.case_id, one.person_id) == (case_id, person_id)]


def charged(before: Sequence[Foreseen], payer_id: int, day: date) -> int:
    """What a payer will have been charged from a day on, in cents."""
    return sum(cents * one.counts(day) for one in before for payer, cents in one.shares if payer == payer_id)


def sessions(before: Sequence[Foreseen], payer_id: int, day: date) -> int:
    """For how many of them a payer will have been charged from a day on."""
    return sum(one.counts(day) for one in before if any(payer == payer_id and cents for payer, cents in one.shares))


def used(before: Collection[Foreseen]) -> frozenset[int]:
    """The sessions of packages that will have been used."""
    return frozenset(one.uses for one in before if one.uses is not None)
