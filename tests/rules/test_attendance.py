"""What the participants' statuses make of an appointment, and when a cancellation is late."""

from datetime import datetime
from itertools import combinations_with_replacement

import pytest

from practicerunner.rules.attendance import appointment_status, cancelled_as, is_late
from practicerunner.vocabulary import AppointmentStatus, AttendanceStatus, CancelledBy

A = AttendanceStatus


@pytest.mark.parametrize(("statuses", "expected"), [
    ([], AppointmentStatus.SCHEDULED),
    ([A.SCHEDULED], AppointmentStatus.SCHEDULED),
    ([A.CONFIRMED, A.SCHEDULED], AppointmentStatus.SCHEDULED),
    ([A.CONFIRMED, A.EXCUSED], AppointmentStatus.CONFIRMED),
    ([A.ARRIVED, A.SCHEDULED], AppointmentStatus.ARRIVED),
    ([A.ATTENDED, A.NO_SHOW, A.SCHEDULED], AppointmentStatus.HELD),
    ([A.NO_SHOW], AppointmentStatus.NOT_HELD),
    ([A.NO_SHOW, A.CANCELLED_BY_CLIENT], AppointmentStatus.NOT_HELD),
    ([A.EXCUSED], AppointmentStatus.NOT_HELD),
    ([A.CANCELLED_BY_CLIENT, A.LATE_CANCELLED], AppointmentStatus.CANCELLED),
    ([A.CANCELLED_BY_PROVIDER], AppointmentStatus.CANCELLED),
])
def test_the_appointment_follows_its_participants(statuses: list[A], expected: AppointmentStatus) -> None:
    assert appointment_status(statuses) is expected


def test_somebody_who_attended_always_makes_it_held_and_order_never_matters() -> None:
    for three in combinations_with_replacement(A, 3):
        status = appointment_status(three)
        assert status is appointment_status(reversed(three))
        assert (status is AppointmentStatus.HELD) == (A.ATTENDED in three)


@pytest.mark.parametrize(("cancelled", "late"), [
    ("2026-11-04 10:00:00", False), ("2026-11-04 10:00:01", True), ("2026-11-05 10:30:00", True),
    ("2026-11-03 23:00:00", False),
])
def test_late_is_strictly_less_than_the_hours(cancelled: str, late: bool) -> None:
    assert is_late(datetime.fromisoformat(cancelled), datetime.fromisoformat("2026-11-05 10:00:00"), 24) is late


def wall(text: str) -> datetime:
    return datetime.fromisoformat(text)


def test_late_is_read_off_the_wall_when_the_clock_changes() -> None:
    # 25 hours pass on that Sunday, and still Saturday at ten is exactly a day before Sunday at ten.
    sunday = wall("2026-11-01 10:00")
    assert is_late(wall("2026-10-31 10:00:00"), sunday, 24) is False
    assert is_late(wall("2026-10-31 10:00:01"), sunday, 24) is True


def test_a_provider_is_never_late() -> None:
    start, before = wall("2026-11-05 10:00"), wall("2026-11-05 09:59")
    assert cancelled_as(CancelledBy.PROVIDER, before, start, 24) is A.CANCELLED_BY_PROVIDER
    assert cancelled_as(CancelledBy.CLIENT, before, start, 24) is A.LATE_CANCELLED
    assert cancelled_as(CancelledBy.CLIENT, wall("2026-11-01"), start, 24) is A.CANCELLED_BY_CLIENT
    assert cancelled_as(CancelledBy.CLIENT, before, start, 0) is A.CANCELLED_BY_CLIENT
