"""What is charged for an appointment: the agreed fee, and what a no-show or late cancellation costs."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date

from practicerunner.money import dollars, portion
from practicerunner.vocabulary import AttendanceStatus, ChargeKind, FeeTerms

UNRECORDED = frozenset({AttendanceStatus.SCHEDULED, AttendanceStatus.CONFIRMED, AttendanceStatus.ARRIVED})
"""Attendance that still has to be recorded before anything can be charged."""

_MISSED = {
    AttendanceStatus.NO_SHOW: ChargeKind.NO_SHOW,
    AttendanceStatus.LATE_CANCELLED: ChargeKind.LATE_CANCELLATION,
}


def agreed_fee(standard_cents: int, terms: FeeTerms, fixed_cents: int | None, scale_basis_points: int | None) -> int:
    """The fee a participant has agreed to, in cents; a sliding scale is rounded half up (H07)."""
    if terms in (FeeTerms.FIXED, FeeTerms.SPONSOR) and fixed_cents is not None:
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


MOST_SESSIONS = 100
"""A package of more is a slip of the keyboard."""
DEAREST_CENTS = 1_000_000_00


def package_prices(price_cents: int, sessions: int) -> list[int]:
    """What each session of a package costs: the same for all, the cents that are left over on the first ones."""
    each, over = divmod(price_cents, sessions)
    return [each + (place < over) for place in range(sessions)]


def package_problem(sessions: int | None, price_cents: int | None) -> tuple[str, str] | None:
    """The field of a package that cannot be sold so, and why; ``None`` if it can."""
    if sessions is None or sessions < 1:
        return "package_sessions", "A package has at least 1 session."
    if sessions > MOST_SESSIONS:
        return "package_sessions", f"A package has at most {MOST_SESSIONS} sessions."
    if price_cents is None or price_cents < 1:
        return "package_cents", "Give the price of the package, an amount of more than 0.00."
    if price_cents < sessions:
        return "package_cents", "The price has to be at least 0.01 for each session."
    if price_cents > DEAREST_CENTS:
        return "package_cents", f"Please check the price; a package costs at most {dollars(DEAREST_CENTS)}."
    return None


@dataclass(frozen=True, slots=True)
class Sponsorship:
    """Up to where a sponsor pays: so much money, so many sessions, or a last day; ``None`` is without that limit."""

    cap_cents: int | None = None
    cap_sessions: int | None = None
    until: date | None = None


def sponsorship_problem(limits: Sponsorship, valid_from: date) -> tuple[str, str] | None:
    """The field of a sponsorship that cannot be kept so, and why; ``None`` if it can."""
    if limits.cap_cents is not None and limits.cap_cents < 1:
        return "sponsor_cents", "Give an amount of more than 0.00, or leave it empty."
    if limits.cap_cents is not None and limits.cap_cents > DEAREST_CENTS:
        return "sponsor_cents", f"Please check the amount; a sponsor pays at most {dollars(DEAREST_CENTS)}."
    if limits.cap_sessions is not None and limits.cap_sessions < 1:
        return "sponsor_sessions", "Give at least 1 session, or leave it empty."
    if limits.until is not None and limits.until < valid_from:
        return "sponsor_until", "The last day is before the first."
    return None


def sponsor_pays_up_to(
    limits: Sponsorship, agreed_cents: int, day: date, used_cents: int, used_sessions: int
) -> int:
    """How much of a line a sponsor pays at most, by what they have paid before; 0 once a limit is reached."""
    if limits.until is not None and day > limits.until:
        return 0
    if limits.cap_sessions is not None and used_sessions >= limits.cap_sessions:
        return 0
    if limits.cap_cents is not None:
        return max(min(agreed_cents, limits.cap_cents - used_cents), 0)
    return agreed_cents


def said_of_a_line(standard_cents: int, amount_cents: int) -> str:
    """"Standard fee 75.00, adjustment -41.25"; nothing where the standard fee is charged (H07)."""
    if standard_cents == amount_cents:
        return ""
    return f"Standard fee {dollars(standard_cents)}, adjustment {dollars(amount_cents - standard_cents)}"
