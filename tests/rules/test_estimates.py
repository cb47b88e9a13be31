"""When a good faith estimate is due, what it comes to, and when the bills are too far above it."""

from datetime import date, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from practicerunner.rules.business_days import (
    add_business_days,
    business_days_until,
    federal_holidays,
    is_business_day,
)
from practicerunner.rules.estimates import (
    Expected,
    Wanted,
    days_of,
    due_before_change,
    due_on,
    due_on_request,
    first_change,
    first_service_due,
    period_problem,
    priced,
    total,
    watch,
)
from practicerunner.vocabulary import EstimateWarning


def day(text: str) -> date:
    return date.fromisoformat(text)


@pytest.mark.parametrize(("year", "kept"), [
    # Where a holiday falls on a weekend, the day on which it is kept: from the lists of the Office of Personnel
    # Management.
    (2021, "2021-01-01 2021-01-18 2021-02-15 2021-05-31 2021-06-18 2021-07-05 2021-09-06 2021-10-11 2021-11-11 "
           "2021-11-25 2021-12-24"),
    (2022, "2021-12-31 2022-01-17 2022-02-21 2022-05-30 2022-06-20 2022-07-04 2022-09-05 2022-10-10 2022-11-11 "
           "2022-11-24 2022-12-26"),
    (2026, "2026-01-01 2026-01-19 2026-02-16 2026-05-25 2026-06-19 2026-07-03 2026-09-07 2026-10-12 2026-11-11 "
           "2026-11-26 2026-12-25"),
    (2027, "2027-01-01 2027-01-18 2027-02-15 2027-05-31 2027-06-18 2027-07-05 2027-09-06 2027-10-11 2027-11-11 "
           "2027-11-25 2027-12-24"),
    (2028, "2027-12-31 2028-01-17 2028-02-21 2028-05-29 2028-06-19 2028-07-04 2028-09-04 2028-10-09 2028-11-10 "
           "2028-11-23 2028-12-25"),
])
def test_federal_holidays_of_a_year(year: int, kept: str) -> None:
    assert federal_holidays(year) == {day(one) for one in kept.split()}
    assert not any(map(is_business_day, federal_holidays(year)))


def test_juneteenth_is_a_holiday_since_2021() -> None:
    assert is_business_day(day("2020-06-19"))
    assert not is_business_day(day("2026-06-19"))


@pytest.mark.parametrize(("scheduled", "service", "due"), [
    # The vectors of TRUST D30.
    ("2026-03-02", "2026-03-05", "2026-03-03"),  # Monday, three business days ahead
    ("2026-03-02", "2026-03-16", "2026-03-05"),  # Monday, ten
    ("2026-03-02", "2026-03-04", None),  # Monday, two
    ("2026-11-24", "2026-12-01", "2026-11-25"),  # the Tuesday before Thanksgiving
    # SC14.
    ("2026-10-19", "2026-11-02", "2026-10-22"), ("2026-10-19", "2026-10-23", "2026-10-20"),
    # On both sides of nine and ten.
    ("2026-03-02", "2026-03-13", "2026-03-03"), ("2026-03-02", "2026-03-14", "2026-03-03"),
    ("2026-03-02", "2026-03-15", "2026-03-03"),
    # A holiday makes ten days nine, and moves the due day.
    ("2026-10-05", "2026-10-19", "2026-10-06"), ("2026-10-05", "2026-10-20", "2026-10-08"),
    ("2026-10-09", "2026-10-30", "2026-10-15"),
    # Scheduled on a Saturday; for the same day; for yesterday; years ahead.
    ("2026-03-07", "2026-03-11", "2026-03-09"), ("2026-03-02", "2026-03-02", None), ("2026-03-02", "2026-03-01", None),
    ("2026-03-02", "2028-03-02", "2026-03-05"),
    # Over New Year.
    ("2026-12-31", "2027-01-06", "2027-01-04"),
])
def test_due_after_scheduling(scheduled: str, service: str, due: str | None) -> None:
    assert due_on(day(scheduled), day(service)) == (day(due) if due else None)


@settings(max_examples=150)
@given(st.dates(day("2020-01-01"), day("2040-12-31")), st.integers(0, 60))
def test_from_the_first_day_that_calls_for_an_estimate_every_later_one_does(scheduled: date, ahead: int) -> None:
    service = scheduled + timedelta(days=ahead)
    assert (due_on(scheduled, service) is not None) == (service >= first_service_due(scheduled))


@pytest.mark.parametrize(("asked", "due"), [
    ("2026-11-20", "2026-11-25"), ("2026-11-24", "2026-11-30"), ("2026-03-02", "2026-03-05"),
    ("2026-03-07", "2026-03-11"),
])
def test_due_three_business_days_after_a_request(asked: str, due: str) -> None:
    assert due_on_request(day(asked)) == day(due)


def test_a_new_version_is_due_one_business_day_before_the_change() -> None:
    assert due_before_change(day("2027-01-04")) == day("2026-12-31")
    assert due_before_change(day("2026-11-30")) == day("2026-11-27")


@settings(max_examples=150)
@given(st.dates(day("2020-01-01"), day("2040-12-31")), st.integers(1, 15))
def test_counting_and_adding_agree(first: date, number: int) -> None:
    last = add_business_days(first, number)
    assert is_business_day(last)
    assert business_days_until(first, last) == number
    assert business_days_until(first, last - timedelta(days=1)) == number - 1


SINCE_JANUARY = {1: lambda on: 225_00, 2: lambda on: 165_00 if on < day("2027-01-01") else 175_00}


def fee_on(service_id: int, on: date) -> int:
    return SINCE_JANUARY[service_id](on)


def wanted(service: int, quantity: int, first: str, last: str, often: str = "every week") -> Wanted:
    return Wanted(service, quantity, day(first), day(last), often)


def test_sc14_comes_out_by_the_fee_of_each_day() -> None:
    lines = priced([
        wanted(1, 1, "2026-11-02", "2026-11-02"), wanted(2, 10, "2026-11-03", "2026-12-31"),
        wanted(2, 14, "2027-01-01", "2027-04-19"),
    ], fee_on)
    assert [(line.quantity, line.fee_cents, line.amount_cents) for line in lines] == [
        (1, 225_00, 225_00), (10, 165_00, 1650_00), (14, 175_00, 2450_00)]
    assert total(lines) == 4325_00


def test_a_row_over_a_change_of_fee_is_parted_at_that_day() -> None:
    lines = priced([wanted(2, 24, "2026-10-26", "2027-04-05")], fee_on)
    assert [(line.quantity, line.fee_cents, line.first_on, line.last_on) for line in lines] == [
        (10, 165_00, day("2026-10-26"), day("2026-12-28")), (14, 175_00, day("2027-01-04"), day("2027-04-05"))]


def test_weekly_services_fall_on_their_weeks() -> None:
    days = days_of(wanted(2, 24, "2026-11-09", "2027-04-19"))
    assert len(days) == 24
    assert {one.weekday() for one in days} == {0}
    assert days_of(wanted(2, 1, "2026-11-09", "2027-04-19")) == [day("2026-11-09")]


@pytest.mark.parametrize(("last", "fits"), [
    ("2027-11-01", True), ("2027-11-02", False), ("2027-12-02", False), ("2026-11-02", True), ("2026-11-01", False),
])
def test_an_estimate_covers_at_most_twelve_months(last: str, fits: bool) -> None:
    assert (period_problem([wanted(2, 2, "2026-11-02", last)]) == "") is fits


def test_what_one_estimate_cannot_cover_is_said() -> None:
    assert period_problem([]) == "Add at least one service."
    assert "before its first day" in period_problem([wanted(2, 2, "2026-11-02", "2026-11-01")])
    assert "how often" in period_problem([wanted(2, 2, "2026-11-02", "2026-12-01", "")])
    assert "12 months" in period_problem([
        wanted(1, 1, "2026-01-01", "2026-01-01"), wanted(2, 2, "2026-12-01", "2027-01-01")])
    assert period_problem([wanted(1, 1, "2024-02-29", "2025-02-27")]) == ""


def test_a_change_counts_from_today_on() -> None:
    lines = [Expected(2, 24, 165_00, day("2026-11-09"), day("2027-04-19"))]
    assert first_change(lines, fee_on, day("2026-12-01")) == day("2027-01-04")
    assert first_change(lines, fee_on, day("2027-02-01")) == day("2027-02-01")
    assert first_change(lines, lambda service, on: 165_00, day("2026-12-01")) is None
    assert first_change(lines, fee_on, day("2027-04-20")) is None


@pytest.mark.parametrize(("billed", "warning"), [
    (0, None), (4185_00, None), (4184_99 + 300_00, None), (4185_00 + 300_00, EstimateWarning.NOTICE),
    (4584_99, EstimateWarning.NOTICE), (4585_00, EstimateWarning.EXCEEDED), (9999_00, EstimateWarning.EXCEEDED),
])
def test_the_watch_speaks_at_the_very_cent(billed: int, warning: EstimateWarning | None) -> None:
    assert watch(4185_00, billed) is warning
