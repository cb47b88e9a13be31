"""Good faith estimates (45 CFR 149.610, 149.620): when one is due, what it may cover, what it comes to, and when the
bills are too far above it. The practice checks the legal rules before use.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from functools import lru_cache
from itertools import groupby
from operator import itemgetter

from dateutil.relativedelta import relativedelta

from practicerunner.rules.business_days import add_business_days, business_days_until
from practicerunner.vocabulary import EstimateWarning

SOON, FAR = 3, 10
"""Business days ahead from which a booking calls for an estimate, and from which there is more time for it."""
MOST_MONTHS = 12
RENEWED_AFTER_MONTHS = 11
"""From when on an estimate that covers more than this asks to be renewed."""
DISPUTE_DAYS = 120
"""So long after a bill its excess can be disputed (45 CFR 149.620(c))."""
LATEST_BILL_DAYS = 366
"""A bill comes at most so long after the last day that an estimate covers; later ones are not looked for."""
NOTICE_CENTS, EXCESS_CENTS = 300_00, 400_00
"""How far above an estimate the bills are when the practice should look, and when the client may dispute them."""


@lru_cache(maxsize=20_000)  # many are booked on the same days, and the number on a tab counts them all
def due_on(scheduled_on: date, service_on: date) -> date | None:
    """By when an estimate is due for a service that was scheduled; ``None`` where scheduling calls for none.

    The day of scheduling is not counted, the day of service is.
    """
    if service_on <= scheduled_on:
        return None
    ahead = business_days_until(scheduled_on, min(service_on, scheduled_on + timedelta(days=40)))
    if ahead < SOON:
        return None
    return add_business_days(scheduled_on, 3 if ahead >= FAR else 1)


def first_service_due(scheduled_on: date) -> date:
    """The first day of service for which scheduling on a day calls for an estimate; every later one does, too."""
    return add_business_days(scheduled_on, SOON)


def due_on_request(asked_on: date) -> date:
    """By when an estimate is due that somebody asked for; any question about cost is such a request."""
    return add_business_days(asked_on, 3)


def due_before_change(first_changed_on: date) -> date:
    """The last day for a new estimate before the first service that will be charged otherwise."""
    return add_business_days(first_changed_on, -1)


def renew_from(first_on: date, last_on: date) -> date | None:
    """The day from which an estimate is to be renewed before it ends; ``None`` for a short one."""
    day = first_on + relativedelta(months=RENEWED_AFTER_MONTHS)
    return day if day <= last_on else None


@dataclass(frozen=True, slots=True)
class Wanted:
    """So many of a service, the first and the last of them on these days."""

    service_id: int
    quantity: int
    first_on: date
    last_on: date
    frequency: str = ""
    """In words, such as "every week"."""


@dataclass(frozen=True, slots=True)
class Expected:
    """A line of an estimate: so many of a service at one expected charge."""

    service_id: int
    quantity: int
    fee_cents: int
    first_on: date
    last_on: date
    frequency: str = ""

    @property
    def amount_cents(self) -> int:
        """What the line comes to."""
        return self.quantity * self.fee_cents


def wanted_of(line: Expected) -> Wanted:
    """What a line was asked for as."""
    return Wanted(line.service_id, line.quantity, line.first_on, line.last_on, line.frequency)


FeeOn = Callable[[int, date], int]
"""A service and a day → what this person will be charged for it then, after their fee arrangement (D32).

It is asked once for each session, in the order of their days over all lines: what a package holds and what a sponsor
pays is used up on the way.
"""


def days_of(wanted: Wanted) -> list[date]:
    """On which days the services will be, spread evenly from the first to the last: weekly ones fall on their weeks."""
    span, steps = (wanted.last_on - wanted.first_on).days, max(wanted.quantity - 1, 1)
    return [wanted.first_on + timedelta(days=span * n // steps) for n in range(wanted.quantity)]


def _charged(wanted: Sequence[Wanted], fee_on: FeeOn) -> list[list[tuple[date, int]]]:
    """The days of each line with what is charged on them; asked for day by day over all lines."""
    found: list[list[tuple[date, int]]] = [[] for _ in wanted]
    for day, place in sorted((day, place) for place, one in enumerate(wanted) for day in days_of(one)):
        found[place].append((day, fee_on(wanted[place].service_id, day)))
    return found


def priced(wanted: Sequence[Wanted], fee_on: FeeOn) -> list[Expected]:
    """The lines of an estimate. Where a fee changes within a line's days, the line is parted at that day."""
    lines = []
    for one, charged in zip(wanted, _charged(wanted, fee_on), strict=True):
        parts = [(fee, [day for day, _ in days]) for fee, days in groupby(charged, key=itemgetter(1))]
        for place, (fee, days) in enumerate(parts):
            last = one.last_on if place == len(parts) - 1 else days[-1]
            lines.append(Expected(one.service_id, len(days), fee, days[0], last, one.frequency))
    return lines


def total(lines: Iterable[Expected]) -> int:
    """What an estimate comes to, in cents."""
    return sum(line.amount_cents for line in lines)


def period_problem(wanted: Sequence[Wanted]) -> str:
    """Why one estimate cannot cover these services; empty if it can."""
    if not wanted:
        return "Add at least one service."
    if any(one.last_on < one.first_on for one in wanted):
        return "The last day of a service lies before its first day."
    first, last = min(one.first_on for one in wanted), max(one.last_on for one in wanted)
    if last >= first + relativedelta(months=MOST_MONTHS):
        return "An estimate covers at most 12 months. Make a new one for what comes after."
    if any(one.quantity > 1 and not one.frequency.strip() for one in wanted):
        return "Say how often a service that is repeated will be, for example every week."
    return ""


def first_change(
    lines: Sequence[Expected], fee_on: FeeOn, today: date, counts: Callable[[int, date], bool] = lambda *_: True
) -> date | None:
    """The first day from today on that will be charged otherwise than an estimate says; ``None`` if all stays (D35).

    Days that are over are asked for as well, because they use up what a package holds. ``counts`` says whether a
    service on a day is the estimate's own, and not that of a later one.
    """
    wanted = [wanted_of(line) for line in lines]
    return min((
        day for line, charged in zip(lines, _charged(wanted, fee_on), strict=True) for day, fee in charged
        if fee != line.fee_cents and day >= today and counts(line.service_id, day)
    ), default=None)


def first_day(lines: Iterable[Expected], today: date, counts: Callable[[int, date], bool]) -> date | None:
    """The first day from today on for which an estimate expects something that no later one says anew."""
    return min((
        day for line in lines for day in days_of(wanted_of(line)) if day >= today and counts(line.service_id, day)
    ), default=None)


def first_beyond(days: Sequence[date], quantity: int, today: date) -> date | None:
    """The first day from today on of those that are booked beyond an estimate's number; ``None`` within it (D35)."""
    return min((day for day in sorted(days)[quantity:] if day >= today), default=None)


def watch(total_cents: int, billed_cents: int) -> EstimateWarning | None:
    """Whether bills are far above an estimate: from 300.00 a notice, from 400.00 open to dispute, no cent earlier."""
    above = billed_cents - total_cents
    if above >= EXCESS_CENTS:
        return EstimateWarning.EXCEEDED
    return EstimateWarning.NOTICE if above >= NOTICE_CENTS else None
