"""Cents inside, dollars at the edge. Every amount is an ``int`` of cents; no float touches money (X14)."""

import re
from decimal import ROUND_HALF_UP, Decimal, InvalidOperation

from practicerunner.errors import BadInput

LARGEST_CENTS = 99_999_999_99  # One hundred million; anything above it is a slip of the keyboard.
_GROUPED = re.compile(r"^\d{1,3}(,\d{3})+(\.\d*)?$")


def dollars(cents: int) -> str:
    """Cents as people read them: ``163500`` → ``1,635.00``."""
    sign, whole = ("-", -cents) if cents < 0 else ("", cents)
    return f"{sign}{whole // 100:,}.{whole % 100:02d}"


def decimal(cents: int) -> Decimal:
    """Cents as a plain decimal for files that machines read: ``163500`` → ``1635.00``."""
    return Decimal(cents).scaleb(-2)


def cents(text: str, field: str = "amount") -> int:
    """Cents of an amount as somebody typed it (``1,635.00``, ``$99``). Raises BadInput naming the field."""
    plain = text.strip().lstrip("$").strip()
    if "," in plain:
        if not _GROUPED.match(plain):
            raise BadInput(field, "Write the amount with a point before the cents, for example 1,635.00.")
        plain = plain.replace(",", "")
    try:
        amount = Decimal(plain)
    except InvalidOperation:
        raise BadInput(field, "Write the amount as a number, for example 165.00.") from None
    if not amount.is_finite() or not -decimal(LARGEST_CENTS) <= amount <= decimal(LARGEST_CENTS):
        raise BadInput(field, "That amount is too large.")
    if amount != amount.quantize(Decimal("0.01")):
        raise BadInput(field, "Write the amount with at most two decimals.")
    return int(amount * 100)


def portion(amount_cents: int, basis_points: int) -> int:
    """A percentage of one amount, rounded half up to the cent. ``basis_points`` are hundredths of a percent."""
    exact = Decimal(amount_cents) * basis_points / 10_000
    return int(exact.quantize(Decimal(1), ROUND_HALF_UP))


def percent(basis_points: int) -> str:
    """Basis points as people read them: ``6000`` → ``60 %``, ``3333`` → ``33.33 %``."""
    whole, rest = divmod(basis_points, 100)
    return f"{whole}.{rest:02d} %" if rest else f"{whole} %"


def basis_points(text: str, field: str = "percent") -> int:
    """Basis points of a percentage as typed (``33.33``). Raises BadInput naming the field."""
    try:
        value = Decimal(text.strip().rstrip("%").strip())
    except InvalidOperation:
        raise BadInput(field, "Write the percentage as a number, for example 60 or 33.33.") from None
    if not value.is_finite() or not 0 <= value <= 100:
        raise BadInput(field, "A percentage lies between 0 and 100.")
    if value != value.quantize(Decimal("0.01")):
        raise BadInput(field, "Write the percentage with at most two decimals.")
    return int(value * 100)
