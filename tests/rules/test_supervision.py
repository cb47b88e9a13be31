"""Who supervises an appointment: the case says, or else who treats."""

from dataclasses import dataclass
from datetime import date

import pytest

from practicerunner.rules.supervision import inherited, supervisor_on

CASES, OLD, NEW, PROVIDER = 1, 2, 3, 9


@dataclass(frozen=True)
class Term:
    supervisor_id: int
    starts_on: date
    ends_on: date | None = None


TERMS = [Term(OLD, date(2026, 1, 1), date(2026, 6, 1)), Term(NEW, date(2026, 6, 1))]


@pytest.mark.parametrize(("day", "expected"), [
    (date(2025, 12, 31), None), (date(2026, 1, 1), OLD), (date(2026, 5, 31), OLD), (date(2026, 6, 1), NEW),
    (date(2030, 1, 1), NEW),
])
def test_the_supervisor_is_the_one_of_the_day(day: date, expected: int | None) -> None:
    assert supervisor_on(TERMS, day) == expected
    assert inherited(None, PROVIDER, TERMS, day) == expected
    assert inherited(CASES, PROVIDER, TERMS, day) == CASES


def test_of_two_that_overlap_the_newest_counts() -> None:
    assert supervisor_on([Term(OLD, date(2026, 1, 1)), Term(NEW, date(2026, 3, 1))], date(2026, 4, 1)) == NEW
    assert supervisor_on([], date(2026, 4, 1)) is None


def test_nobody_supervises_themselves() -> None:
    assert inherited(PROVIDER, PROVIDER, TERMS, date(2026, 7, 1)) == NEW
    assert inherited(PROVIDER, PROVIDER, [], date(2026, 7, 1)) is None
    assert inherited(None, NEW, TERMS, date(2026, 7, 1)) is None
