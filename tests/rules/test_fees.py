"""Agreed fees and what missing an appointment costs."""

from datetime import date

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from practicerunner.rules import fees
from practicerunner.rules.fees import agreed_fee, charge
from practicerunner.vocabulary import AttendanceStatus as A
from practicerunner.vocabulary import ChargeKind, FeeTerms


def test_the_agreed_fee_follows_the_terms() -> None:
    assert agreed_fee(75_00, FeeTerms.STANDARD, None, None) == 75_00
    assert agreed_fee(75_00, FeeTerms.FIXED, 60_00, None) == 60_00
    assert agreed_fee(75_00, FeeTerms.SLIDING_SCALE, None, 4500) == 33_75


@pytest.mark.parametrize(("statuses", "agreed", "expected"), [
    ([A.ATTENDED], 165_00, (ChargeKind.SERVICE, 165_00)),
    ([A.NO_SHOW], 165_00, (ChargeKind.NO_SHOW, 82_50)),
    ([A.LATE_CANCELLED], 33_75, (ChargeKind.LATE_CANCELLATION, 16_88)),
    ([A.EXCUSED], 165_00, None),
    ([A.CANCELLED_BY_CLIENT], 165_00, None),
    ([A.CANCELLED_BY_PROVIDER], 165_00, None),
    ([A.NO_SHOW, A.ATTENDED], 210_00, (ChargeKind.SERVICE, 210_00)),
    ([A.LATE_CANCELLED, A.NO_SHOW], 210_00, (ChargeKind.NO_SHOW, 105_00)),
    ([A.EXCUSED, A.LATE_CANCELLED], 210_00, (ChargeKind.LATE_CANCELLATION, 105_00)),
])
def test_who_came_decides_what_is_charged(statuses, agreed, expected) -> None:
    assert charge(statuses, agreed, 5000) == expected


@settings(max_examples=300, deadline=None)
@given(price=st.integers(1, 10**8), sessions=st.integers(1, 100))
def test_the_sessions_of_a_package_make_its_price_and_differ_by_a_cent_at_most(price: int, sessions: int) -> None:
    prices = fees.package_prices(price, sessions)
    assert (sum(prices), len(prices)) == (price, sessions)
    assert prices == sorted(prices, reverse=True)
    assert prices[0] - prices[-1] <= 1


DAY = date(2026, 9, 1)


@pytest.mark.parametrize(("limits", "day", "cents", "sessions", "pays"), [
    (fees.Sponsorship(), DAY, 10**9, 10**3, 95_00),
    (fees.Sponsorship(until=DAY), DAY, 0, 0, 95_00),
    (fees.Sponsorship(until=DAY), date(2026, 9, 2), 0, 0, 0),
    (fees.Sponsorship(cap_sessions=2), DAY, 95_00, 1, 95_00),
    (fees.Sponsorship(cap_sessions=2), DAY, 190_00, 2, 0),
    (fees.Sponsorship(cap_cents=200_00), DAY, 190_00, 2, 10_00),
    (fees.Sponsorship(cap_cents=200_00), DAY, 200_00, 3, 0),
    (fees.Sponsorship(cap_cents=200_00), DAY, 250_00, 3, 0),
])
def test_a_sponsor_pays_up_to_the_first_limit_that_is_reached(limits, day, cents, sessions, pays) -> None:
    assert fees.sponsor_pays_up_to(limits, 95_00, day, cents, sessions) == pays


def test_a_line_says_the_standard_fee_only_where_another_is_charged() -> None:
    assert fees.said_of_a_line(75_00, 75_00) == ""
    assert fees.said_of_a_line(75_00, 33_75) == "Standard fee 75.00, adjustment -41.25"
    assert fees.said_of_a_line(75_00, 80_00) == "Standard fee 75.00, adjustment 5.00"
