"""Arithmetic of the ledger: balances, what a payment pays, and the state of an invoice."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date

from practicerunner.money import dollars
from practicerunner.vocabulary import InvoiceState


@dataclass(frozen=True, slots=True)
class Entry:
    """One movement: ``amount_cents`` raises (+) or lowers (−) what the payer owes; no invoice means unapplied."""

    amount_cents: int
    invoice_id: int | None


@dataclass(frozen=True, slots=True)
class Standing:
    """Where a payer stands on a case: balance = due − credit (H09)."""

    due_cents: int
    credit_cents: int

    @property
    def balance_cents(self) -> int:
        """What the ledger says is owed, after credit."""
        return self.due_cents - self.credit_cents


def standing(entries: Iterable[Entry], opening_cents: int = 0) -> Standing:
    """Due and unapplied credit from entries: each invoice, and what stands on none, is due above zero, credit below."""
    stands: dict[int | None, int] = {None: opening_cents}
    for entry in entries:
        stands[entry.invoice_id] = stands.get(entry.invoice_id, 0) + entry.amount_cents
    return Standing(sum(max(cents, 0) for cents in stands.values()), sum(max(-cents, 0) for cents in stands.values()))


@dataclass(frozen=True, slots=True)
class Open:
    """An invoice with something left to pay."""

    invoice_id: int
    open_cents: int


def allocate(amount_cents: int, invoices: Sequence[Open]) -> tuple[list[tuple[int, int]], int]:
    """Spread money over invoices in the order given: what each one gets, and what is left over."""
    given = []
    for invoice in invoices:
        part = min(amount_cents, invoice.open_cents)
        if part > 0:
            given.append((invoice.invoice_id, part))
            amount_cents -= part
    return given, amount_cents


def taken_off(parts: Sequence[tuple[int, int, int]], wholes: Sequence[int]) -> list[dict[int, int]]:
    """What each of several credits or write-offs of a whole invoice took off its lines: for each, charge → cents.

    ``parts`` are charge, amount and what was taken off the line itself, in the order of the invoice's lines; ``wholes``
    are in the order in which they were written. Each fills the lines from the last one back, as much as is left of each
    (decision 0020).
    """
    left = {charge_id: amount - own for charge_id, amount, own in parts}
    found = []
    for cents in wholes:
        rest, off = cents, {}
        for charge_id, *_ in reversed(parts):
            off[charge_id] = min(left[charge_id], rest)
            left[charge_id] -= off[charge_id]
            rest -= off[charge_id]
        found.append(off)
    return found


def left_to_credit(left_cents: int, written_off_cents: int) -> str:
    """Why no more of an invoice, or of a line of it, can be credited, and what can be done about it."""
    if not written_off_cents:
        return f"At most {dollars(left_cents)} is left to credit." if left_cents else "All of it was credited already."
    left = f"At most {dollars(left_cents)}" if left_cents else "Nothing"
    return (f"{left} is left to credit: {dollars(written_off_cents)} was written off. To credit that, take the "
            "write-off back first.")


def invoice_state(
    total_cents: int, open_cents: int, due_on: date, today: date, *, voided: bool, credited_cents: int = 0,
    written_off_cents: int = 0,
) -> InvoiceState:
    """The state people read; what was credited or, as part of that, written off counts as neither open nor paid."""
    if voided:
        return InvoiceState.VOID
    if open_cents == 0 and written_off_cents > 0:
        return InvoiceState.WRITTEN_OFF
    if open_cents == 0:
        return InvoiceState.CREDITED if credited_cents >= total_cents else InvoiceState.PAID
    if due_on < today:
        return InvoiceState.OVERDUE
    return InvoiceState.OPEN if open_cents >= total_cents - credited_cents else InvoiceState.PARTLY_PAID
