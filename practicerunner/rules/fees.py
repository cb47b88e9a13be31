"""What is charged for an appointment: the agreed fee, and what a no-show or late cancellation costs."""

from collections.abc import Collection

from practicerunner.money import portion
from practicerunner.vocabulary import AttendanceStatus, ChargeKind, FeeTerms

UNRECORDED = frozenset({AttendanceStatus.SCHEDULED, AttendanceStatus.CONFIRMED, AttendanceStatus.ARRIVED})
"""Attendance that still has to be recorded before anything can be charged."""

_MISSED = {
    AttendanceStatus.NO_SHOW: ChargeKind.NO_SHOW,
    AttendanceStatus.LATE_CANCELLED: ChargeKind.LATE_CANCELLATION,
}


def agreed_fee(standard_cents: int, terms: FeeTerms, fixed_cents: int | None, scale_basis_points: int | None) -> int:
    """The fee a participant has agreed to, in cents; a sliding scale is rounded half up (H07)."""
    if terms is FeeTerms.FIXED and fixed_cents is not None:
        return fixed_cents
    if terms is FeeTerms.SLIDING_SCALE and scale_basis_points is not None:
        return portion(standard_cents, scale_basis_points)
    return standard_cents


def charge(
    statuses: Collection[AttendanceStatus], agreed_cents: int, missed_basis_points: int
) -> tuple[ChargeKind, int] | None:
    """Kind and amount of the charge for those who share it: one participant, or a couple or family together.

    If anybody attended, the service was rendered. Otherwise a no-show weighs more than a late cancellation, and both
    cost the policy's part of the agreed fee (DEC11). Excused and timely or provider cancellations cost nothing.
    """
    if AttendanceStatus.ATTENDED in statuses:
        return ChargeKind.SERVICE, agreed_cents
    for status, kind in _MISSED.items():
        if status in statuses:
            return kind, portion(agreed_cents, missed_basis_points)
    return None
