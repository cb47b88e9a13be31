"""The arithmetic of a statement: what stood before a period, what moved in it, what stands after it and how old it is.

Opening balance + charges − payments − credit adjustments + refunds = closing balance (H15, D9).
"""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from typing import NamedTuple

from practicerunner.rules.payments import returned
from practicerunner.vocabulary import EntryKind, PaymentMethodKind

AGES = ("0–30 days", "31–60 days", "61–90 days", "Over 90 days")
"""The age buckets in order; age counts from the date of the invoice (H21)."""
BROUGHT_OVER = "Balance from before"
"""What a debt or credit is called that an import brought in."""
REFUNDED = "Refund of a failed payment"
"""What a debt is called that is left of a payment which failed after it had been refunded."""
ON_NONE = "of a balance on no invoice"
"""What a write-off is of that stands on no invoice."""

_ADJUSTMENTS = {EntryKind.CREDIT: "Credit adjustment", EntryKind.WRITE_OFF: "Write-off"}
_OF_A_PAYMENT = (EntryKind.PAYMENT, EntryKind.REFUND)


class Entry(NamedTuple):
    """One movement of the ledger with the facts that a statement prints of it."""

    day: date
    kind: EntryKind
    amount_cents: int
    case_id: int
    case_name: str
    is_reversal: bool = False
    invoice_id: int | None = None
    invoice: str = ""
    invoiced_on: date | None = None
    service: str = ""
    """The label on the payer's own invoice, which says no more than they may read (X08)."""
    service_date: date | None = None
    payment_id: int | None = None
    receipt: str = ""
    """Of a payment its receipt, of a refund its own."""
    method: PaymentMethodKind | None = None
    is_confidential: bool = False
    """Whether the invoice says no more of it than a neutral label and the month (A23)."""


@dataclass(frozen=True, slots=True)
class Movement:
    """One line of a statement; the amount raises (+) or lowers (−) what is owed, the balance stands after it."""

    day: date
    what: str
    number: str
    case_name: str
    amount_cents: int
    balance_cents: int


@dataclass(frozen=True, slots=True)
class Open:
    """An invoice, or a debt on none, with something left to pay on the last day."""

    what: str
    """The number of the invoice, or what the debt is."""
    since: date
    case_name: str
    open_cents: int
    age: int
    """Place in ``AGES``."""


@dataclass(frozen=True, slots=True)
class Statement:
    """What a payer owed before a period, what moved in it, and what is left."""

    opening_cents: int
    movements: tuple[Movement, ...]
    brought_over_cents: int
    """What an import brought in within the period; it is no charge."""
    charges_cents: int
    """Less what was voided in the period."""
    payments_cents: int
    credits_cents: int
    """Credit adjustments and write-offs."""
    refunds_cents: int
    open_items: tuple[Open, ...]
    credit_cents: int
    """Money that stands on no invoice yet."""

    @property
    def closing_cents(self) -> int:
        """What is owed at the end; less than zero where the payer has credit."""
        return (
            self.opening_cents + self.brought_over_cents + self.charges_cents - self.payments_cents
            - self.credits_cents + self.refunds_cents
        )

    @property
    def buckets(self) -> tuple[int, ...]:
        """Open cents by age, in the order of ``AGES``."""
        return tuple(sum(one.open_cents for one in self.open_items if one.age == place) for place in range(len(AGES)))


def age_of(since: date, day: date) -> int:
    """The place in ``AGES`` of what was invoiced on a date."""
    days = (day - since).days
    return 0 if days <= 30 else 1 if days <= 60 else 2 if days <= 90 else 3


def statement(entries: Sequence[Entry], starts_on: date, ends_on: date) -> Statement:
    """The statement of a period, both days included, from one payer's entries in the order of writing."""
    until = [entry for entry in entries if entry.day <= ends_on]
    inside = sorted((entry for entry in until if entry.day >= starts_on), key=lambda entry: entry.day)
    opening = sum(entry.amount_cents for entry in until if entry.day < starts_on)
    sums: dict[EntryKind, int] = defaultdict(int)
    for entry in inside:
        sums[entry.kind] += entry.amount_cents
    items, credit = _standing(until, ends_on)
    return Statement(
        opening, tuple(_lines(inside, opening)), sums[EntryKind.OPENING], sums[EntryKind.CHARGE],
        -sums[EntryKind.PAYMENT], -sums[EntryKind.CREDIT] - sums[EntryKind.WRITE_OFF], sums[EntryKind.REFUND],
        items, credit,
    )


def _lines(inside: Iterable[Entry], balance: int) -> list[Movement]:
    """A payment is one line, whatever it paid; moving it between credit and an invoice is none."""
    groups: dict[object, list[Entry]] = {}
    for place, entry in enumerate(inside):
        key = (entry.day, entry.kind, entry.payment_id, entry.receipt) if entry.kind in _OF_A_PAYMENT else place
        groups.setdefault(key, []).append(entry)
    lines = []
    for group in groups.values():
        cents = sum(entry.amount_cents for entry in group)
        if not cents:
            continue
        balance += cents
        names = {entry.case_name for entry in group}
        what, number = _said(group[0], cents)
        lines.append(Movement(group[0].day, what, number, names.pop() if len(names) == 1 else "", cents, balance))
    return lines


def _said(entry: Entry, cents: int) -> tuple[str, str]:
    """What a movement is called, and the number on the paper it belongs to."""
    if entry.kind is EntryKind.CHARGE:
        held = entry.service_date
        if held and entry.is_confidential:
            what = f"{entry.service}, {held:%B %Y}"
        else:
            what = entry.service + (f", {held.day} {held:%B} {held.year}" if held and held != entry.day else "")
        return (f"Voided: {what}" if entry.is_reversal else what), entry.invoice
    if entry.kind is EntryKind.PAYMENT:
        how = f", {entry.method.label.lower()}" if entry.method else ""
        return ("Payment taken back" if cents > 0 else f"Payment{how}"), entry.receipt
    if entry.kind is EntryKind.REFUND:
        return ("Refund" if cents > 0 else "Refund taken back"), entry.receipt
    if entry.kind is EntryKind.OPENING:
        return BROUGHT_OVER, entry.invoice
    name = _ADJUSTMENTS[entry.kind] + ("" if entry.invoice else f" {ON_NONE}")
    return (f"{name} taken back" if cents > 0 else name), entry.invoice


def _standing(until: Iterable[Entry], day: date) -> tuple[tuple[Open, ...], int]:
    """What is open on a day, oldest first, and what is credit; the first less the second is the balance."""
    stands: dict[tuple[int | None, int], list[Entry]] = defaultdict(list)
    for entry in until:
        stands[entry.invoice_id, 0 if entry.invoice_id else entry.case_id].append(entry)
    items, credit = [], 0
    for (invoice_id, _), group in stands.items():
        cents = sum(entry.amount_cents for entry in group)
        if cents > 0:
            items += _on_none(group, day) if invoice_id is None else [_open(group[0].invoice, group, cents, day)]
        credit += max(-cents, 0)
    return tuple(sorted(items, key=lambda one: (one.since, one.what))), credit


def _on_none(group: Sequence[Entry], day: date) -> list[Open]:
    """What is owed on a case and stands on no invoice: what an import brought, and refunds of payments that failed."""
    loose: dict[int | None, list[Entry]] = defaultdict(list)
    for entry in group:
        loose[entry.payment_id].append(entry)
    stands = {payment: sum(entry.amount_cents for entry in moved) for payment, moved in loose.items()}
    back = returned(stands)
    items = [_open(REFUNDED, loose[payment], cents, day) for payment, cents in back.items()]
    before = sum(stands.values()) - sum(back.values())
    return [_open(BROUGHT_OVER, loose[None], before, day), *items] if before else items


def _open(what: str, group: Sequence[Entry], cents: int, day: date) -> Open:
    """Something open, as old as its invoice, or as what first raised it: of a payment that failed, its refund."""
    first = min(group, key=lambda entry: (entry.amount_cents < 0, entry.kind is EntryKind.PAYMENT, entry.day))
    since = first.invoiced_on or first.day
    return Open(what, since, first.case_name, cents, age_of(since, day))
