"""Arithmetic of the ledger: balances, what a payment pays, and the state of an invoice."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date

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
