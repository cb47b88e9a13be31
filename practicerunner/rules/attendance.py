"""Who came, what that makes of the appointment, and when a cancellation is late."""

from collections.abc import Iterable
from datetime import datetime, timedelta

from practicerunner.vocabulary import AppointmentStatus, AttendanceStatus, CancelledBy

CANCELLED = frozenset({
    AttendanceStatus.LATE_CANCELLED, AttendanceStatus.CANCELLED_BY_CLIENT, AttendanceStatus.CANCELLED_BY_PROVIDER,
})
"""Statuses of somebody who called it off before it began, or for whom it was called off."""
ABSENT = CANCELLED | {AttendanceStatus.NO_SHOW, AttendanceStatus.EXCUSED}
"""Statuses of a participant who was not there, or is not expected."""
AHEAD = frozenset({AttendanceStatus.SCHEDULED, AttendanceStatus.CONFIRMED})
"""Statuses that say nothing yet about who came."""
ONLY_AFTER_THE_START = frozenset({AttendanceStatus.ATTENDED, AttendanceStatus.NO_SHOW})
STAYS = frozenset({
    AttendanceStatus.ARRIVED, AttendanceStatus.ATTENDED, AttendanceStatus.NO_SHOW, AttendanceStatus.LATE_CANCELLED,
})
"""Statuses that stay on record when somebody leaves: they came, or their absence may cost something."""
OVER = frozenset({AppointmentStatus.HELD, AppointmentStatus.NOT_HELD})
"""An appointment that has taken place, or that nobody came to."""


def appointment_status(statuses: Iterable[AttendanceStatus]) -> AppointmentStatus:
    """What the participants' statuses together make of the appointment."""
    found = set(statuses)
    if AttendanceStatus.ATTENDED in found:
        return AppointmentStatus.HELD
    if AttendanceStatus.ARRIVED in found:
        return AppointmentStatus.ARRIVED
    if AttendanceStatus.SCHEDULED in found or not found:
        return AppointmentStatus.SCHEDULED
    if AttendanceStatus.CONFIRMED in found:
        return AppointmentStatus.CONFIRMED
    return AppointmentStatus.CANCELLED if found <= CANCELLED else AppointmentStatus.NOT_HELD


def goes_with_the_leaver(status: AttendanceStatus, *, has_begun: bool) -> bool:
    """Whether the row of somebody who takes part no more is removed; what was recorded of the past stays (A16)."""
    return status in AHEAD if has_begun else status not in STAYS


def is_late(cancelled_at_wall: datetime, starts_wall: datetime, hours: int) -> bool:
    """Whether a cancellation came strictly less than ``hours`` before the start, both read off the wall clock (F04)."""
    return starts_wall - cancelled_at_wall < timedelta(hours=hours)


def cancelled_as(
    by: CancelledBy, cancelled_at_wall: datetime, starts_wall: datetime, hours: int
) -> AttendanceStatus:
    """What a participant's attendance becomes when the appointment is called off; the provider is never late."""
    if by is CancelledBy.PROVIDER:
        return AttendanceStatus.CANCELLED_BY_PROVIDER
    late = is_late(cancelled_at_wall, starts_wall, hours)
    return AttendanceStatus.LATE_CANCELLED if late else AttendanceStatus.CANCELLED_BY_CLIENT
