"""Which bill is measured by which good faith estimate, and which takes the place of which (45 CFR 149.620).

Everything that was billed for care on an estimate's days counts, whether it is listed or not; only what another
estimate lists that was given by then is measured by that one instead (0041). The practice checks the legal rules.
"""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import date, timedelta

from practicerunner.rules.estimates import DISPUTE_DAYS


@dataclass(frozen=True, slots=True)
class Given:
    """One version of an estimate that was given to somebody, or to any of those who are charged together."""

    estimate_id: int
    """The later one was given, the higher."""
    chain_id: int
    """What all versions of one estimate share."""
    shared_on: date
    first_on: date
    last_on: date
    listed: Mapping[int, date]
    """Service → the last day for which it is listed."""

    def covers(self, day: date) -> bool:
        """Whether a day is one of its days."""
        return self.first_on <= day <= self.last_on

    def had_been_given(self, day: date) -> bool:
        """Whether it covers a day of service and was given by then."""
        return self.covers(day) and self.shared_on <= day

    def is_later_version_of(self, other: "Given") -> bool:
        """Whether it is the same estimate, given anew."""
        return self.chain_id == other.chain_id and self.estimate_id > other.estimate_id


def is_replaced_on(one: Given, others: Iterable[Given], day: date) -> bool:
    """Whether a later version of an estimate counts on a day, because it covers it and had been given by then."""
    return any(other.is_later_version_of(one) and other.had_been_given(day) for other in others)


def is_under(one: Given, others: Collection[Given], service_id: int, day: date) -> bool:
    """Whether a service on a day is measured by an estimate, among all that were given to the same.

    It is, on every day that the estimate covers, until a later version of it, or a later estimate that lists the
    service, had been given. A service that it does not list is left to another that does.
    """
    if not one.covers(day) or is_replaced_on(one, others, day):
        return False
    rivals = [
        other for other in others
        if other.chain_id != one.chain_id and service_id in other.listed and other.had_been_given(day)
        and not is_replaced_on(other, others, day)
    ]
    if service_id in one.listed:
        return all(other.estimate_id < one.estimate_id for other in rivals)
    return not rivals


def is_followed(one: Given, others: Iterable[Given], since: int) -> bool:
    """Whether another was given after the bill ``since`` that says anew what an estimate expects.

    That is a later version of it, or one that lists every service it has ahead: for the same time, or for any once it
    is over. It ends that a new estimate is asked for, and not that the bills can be disputed.
    """
    return any(
        other.estimate_id > since and (other.is_later_version_of(one) or (
            other.estimate_id > one.estimate_id and ahead(one, other.shared_on) <= set(other.listed)
            and (one.last_on < other.shared_on or _meet(one, other))))
        for other in others
    )


def _meet(one: Given, other: Given) -> bool:
    return other.first_on <= one.last_on and other.last_on >= one.first_on


def ahead(one: Given, day: date) -> set[int]:
    """The services that an estimate lists for a day or later; all of them once it is over."""
    return {service for service, last in one.listed.items() if last >= day} or set(one.listed)


def is_said_anew(one: Given, others: Collection[Given], today: date) -> bool:
    """Whether a later estimate, no version of it, stands for days that are its own and lists all that it has ahead."""
    return any(
        other.chain_id != one.chain_id and other.estimate_id > one.estimate_id and _meet(one, other)
        and ahead(one, today) <= set(other.listed) and stands(other, others, today) is not None
        for other in others
    )


def is_renewed(one: Given, others: Iterable[Given]) -> bool:
    """Whether an estimate needs none to follow it: its last day is a later version's, or another goes on with it."""
    return any(
        (other.is_later_version_of(one) and other.covers(one.last_on))
        or (other.last_on > one.last_on and bool(set(other.listed) & set(one.listed)))
        for other in others
    )


def stands(one: Given, others: Collection[Given], today: date) -> tuple[date, date] | None:
    """The first days without a gap, from today on, on which no later version counts; ``None`` if there are none."""
    first = max(today, one.first_on)
    while first <= one.last_on and is_replaced_on(one, others, first):
        first += timedelta(days=1)
    if first > one.last_on:
        return None
    last = first
    while last < one.last_on and not is_replaced_on(one, others, last + timedelta(days=1)):
        last += timedelta(days=1)
    return first, last


@dataclass(frozen=True, slots=True)
class Bill:
    """What was billed for one service, after everything that was credited."""

    service_id: int
    service_on: date
    cents: int
    bill_id: int
    """Of the last invoice that billed it, issued anew or not; the later it was made, the higher."""
    billed_on: date


@dataclass(frozen=True, slots=True)
class Measured:
    """What was billed for what an estimate covers, and the last of these bills."""

    cents: int = 0
    bill_id: int = 0
    billed_on: date | None = None

    @property
    def disputable_until(self) -> date | None:
        """The last day on which these bills can be disputed, if they are too far above."""
        return self.billed_on + timedelta(days=DISPUTE_DAYS) if self.billed_on else None


def measured(one: Given, others: Collection[Given], bills: Iterable[Bill]) -> Measured:
    """What of some bills counts for an estimate, among all that were given to the same."""
    theirs = [bill for bill in bills if bill.cents > 0 and is_under(one, others, bill.service_id, bill.service_on)]
    if not theirs:
        return Measured()
    return Measured(sum(bill.cents for bill in theirs), max(bill.bill_id for bill in theirs),
                    max(bill.billed_on for bill in theirs))


def flagged_until(one: Given, found: Measured) -> date:
    """The last day on which an exceeded estimate asks for another: 120 days after its days and its bills."""
    return max(one.last_on, found.billed_on or one.last_on) + timedelta(days=DISPUTE_DAYS)
