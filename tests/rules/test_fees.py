"""Agreed fees and what missing an appointment costs."""

import pytest

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
