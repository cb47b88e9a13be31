"""How a line is shared among payers (H02): fixed amounts first, then percentages, then whoever takes the rest.

The split rule: each share is reckoned exactly and floored to the cent; the cents left over go one by one to the largest
fractions, ties to the payer listed first. The shares always sum to the line (X14).
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction

from practicerunner.money import dollars, percent
from practicerunner.vocabulary import AttendanceStatus, ShareKind


@dataclass(frozen=True, slots=True)
class Part:
    """One payer's place in an arrangement. ``cap_left_cents`` is what remains of a capped payer's cap."""

    payer_id: int
    kind: ShareKind
    basis_points: int = 0
    amount_cents: int = 0
    cap_left_cents: int | None = None


def charged_together(
    statuses: Mapping[int, AttendanceStatus], *, each: bool
) -> list[tuple[int | None, list[AttendanceStatus]]]:
    """Who is charged together, with who of them came: each participant alone, or all as a whole (``None``).

    They are charged in full or not at all: where nobody is set down to pay, a part of what several share would be
    lost, so nothing of it is invoiced. Where each is charged alone, whoever has nobody to pay is left out and waits,
    and the others are invoiced.
    """
    if each:
        return [(person_id, [status]) for person_id, status in statuses.items()]
    return [(None, list(statuses.values()))]


def split(line_cents: int, parts: Sequence[Part]) -> list[tuple[int, int]]:
    """Payer id and share in cents for a line, in the arrangement's order; payers with nothing to pay are left out."""
    shares = [0] * len(parts)
    left = line_cents
    for place, part in enumerate(parts):
        if part.kind in (ShareKind.FIXED, ShareKind.FIXED_WITH_CAP):
            limit = left if part.cap_left_cents is None else min(left, max(part.cap_left_cents, 0))
            shares[place] = min(part.amount_cents, limit)
            left -= shares[place]
    exact = _exact_shares(left, parts)
    for place, share in exact.items():
        shares[place] = share.numerator // share.denominator
    spare = left - sum(shares[place] for place in exact)
    by_fraction = sorted(exact, key=lambda place: (-(exact[place] - shares[place]), place))
    for place in by_fraction[:spare]:
        shares[place] += 1
    return [(part.payer_id, share) for part, share in zip(parts, shares, strict=True) if share]


def split_in_turn(lines: Sequence[int], parts: Sequence[Part]) -> list[list[tuple[int, int]]]:
    """Several lines split one after the other, as for the sessions of a package: a cap is used up as they go."""
    found = []
    for line in lines:
        shares = split(line, parts)
        found.append(shares)
        paid = dict(shares)
        parts = [
            part if part.cap_left_cents is None
            else replace(part, cap_left_cents=part.cap_left_cents - paid.get(part.payer_id, 0))
            for part in parts
        ]
    return found


def _exact_shares(left_cents: int, parts: Sequence[Part]) -> dict[int, Fraction]:
    """Place → exact share of what fixed amounts left: percentages, and equal parts for those who take the rest."""
    percents = {i: p.basis_points for i, p in enumerate(parts) if p.kind is ShareKind.PERCENT}
    takers = [i for i, p in enumerate(parts) if p.kind is ShareKind.REMAINDER]
    exact = {place: Fraction(left_cents * points, 10_000) for place, points in percents.items()}
    if takers:
        rest = Fraction(left_cents * (10_000 - sum(percents.values())), 10_000 * len(takers))
        exact.update(dict.fromkeys(takers, rest))
    return exact


def arrangement_problem(parts: Sequence[Part]) -> str | None:
    """Why payers in this order would not cover every line; ``None`` if they do."""
    if not parts:
        return "Say who pays: add at least one payer."
    if len({part.payer_id for part in parts}) < len(parts):
        return "Each payer stands in the list once."
    for part in parts:
        if part.kind in (ShareKind.FIXED, ShareKind.FIXED_WITH_CAP) and part.amount_cents <= 0:
            return "A fixed amount has to be more than 0.00."
        if part.kind is ShareKind.FIXED_WITH_CAP and (part.cap_left_cents is None or part.cap_left_cents <= 0):
            return "Give the cap, an amount of more than 0.00."
        if part.kind is ShareKind.FIXED_WITH_CAP and (part.cap_left_cents or 0) < part.amount_cents:
            return f"A cap of {dollars(part.cap_left_cents or 0)} is below one share of {dollars(part.amount_cents)}."
        if part.kind is ShareKind.PERCENT and part.basis_points <= 0:
            return "A percentage has to be more than 0."
    total = sum(part.basis_points for part in parts if part.kind is ShareKind.PERCENT)
    takes_rest = any(part.kind is ShareKind.REMAINDER for part in parts)
    if total == 10_000 and not takes_rest:
        return None
    if total < 10_000 and takes_rest:
        return None
    if total < 10_000:
        return f"The percentages make {percent(total)}. They have to make 100 %, or somebody has to pay the rest."
    if total == 10_000:
        return "The percentages already make 100 %, so nothing is left for whoever pays the rest."
    return f"The percentages make {percent(total)}, which is more than 100 %."
