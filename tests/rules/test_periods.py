"""Periods of reports, whole and running, and what they are compared with."""

from datetime import date

import pytest

from practicerunner.rules.periods import Period, before, period
from practicerunner.vocabulary import ReportPeriod

TODAY = date(2026, 11, 12)
CASES = {
    ReportPeriod.LAST_12_MONTHS: (
        Period(date(2025, 11, 1), date(2026, 10, 31)), Period(date(2024, 11, 1), date(2025, 10, 31))),
    ReportPeriod.THIS_MONTH: (Period(date(2026, 11, 1), TODAY), Period(date(2026, 10, 1), date(2026, 10, 12))),
    ReportPeriod.LAST_MONTH: (
        Period(date(2026, 10, 1), date(2026, 10, 31)), Period(date(2026, 9, 1), date(2026, 9, 30))),
    ReportPeriod.THIS_QUARTER: (Period(date(2026, 10, 1), TODAY), Period(date(2026, 7, 1), date(2026, 8, 12))),
    ReportPeriod.LAST_QUARTER: (
        Period(date(2026, 7, 1), date(2026, 9, 30)), Period(date(2026, 4, 1), date(2026, 6, 30))),
    ReportPeriod.THIS_YEAR: (Period(date(2026, 1, 1), TODAY), Period(date(2025, 1, 1), date(2025, 11, 12))),
}


@pytest.mark.parametrize("choice", list(ReportPeriod))
def test_a_period_and_the_one_before_it(choice: ReportPeriod) -> None:
    assert (period(choice, TODAY), before(choice, TODAY)) == CASES[choice]


def test_a_running_month_longer_than_the_one_before_is_compared_with_all_of_it() -> None:
    assert before(ReportPeriod.THIS_MONTH, date(2026, 3, 31)) == Period(date(2026, 2, 1), date(2026, 2, 28))


def test_last_month_in_january_is_december() -> None:
    assert period(ReportPeriod.LAST_MONTH, date(2026, 1, 9)) == Period(date(2025, 12, 1), date(2025, 12, 31))
