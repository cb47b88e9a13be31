"""What may become of a payment: its state, where its money stands, and from where a refund takes it."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from practicerunner.vocabulary import PaymentState

LARGEST_CENTS = 1_000_000_00
"""Nobody pays more at once; above it somebody has slipped on the keyboard."""


def state(events: Collection[PaymentState]) -> PaymentState:
    """The state of a payment of which these were recorded; one without any settled at once (H11)."""
    if PaymentState.FAILED in events:
        return PaymentState.FAILED
    if PaymentState.PENDING in events and PaymentState.SETTLED not in events:
        return PaymentState.PENDING
    return PaymentState.SETTLED


@dataclass(frozen=True, slots=True)
class Debt:
    """Cents that a payer owes on a case and that stand on no invoice."""

    case_id: int
    case_name: str
    cents: int
    since: date
    """When an import brought them, or when the oldest refund in them went out."""
    refunded: bool = False
    """Whether they went out as a refund of a payment that failed afterwards; otherwise they are from an import."""

    @property
    def called(self) -> tuple[str, str]:
        """What it is, and a word more, as a receipt has it."""
        return ("Refund", "Of a payment that failed") if self.refunded else ("Opening balance", "Owed from before")


def returned(loose: Mapping[int | None, int]) -> dict[int, int]:
    """Payment → what of a debt is a refund that no money stands behind any more; the rest is from an import.

    ``loose`` says of each payment what of it stands on no invoice, below zero where it is credit, and under ``None``
    what an import brought. What is paid off pays the import first, then the oldest payment.
    """
    left = max(sum(loose.values()), 0)
    found = {}
    for payment in sorted((one for one in loose if one is not None), reverse=True):
        part = min(loose[payment], left)
        if part > 0:
            found[payment] = part
            left -= part
    return found


def credit_since(moved: Sequence[tuple[date, int]], day: date) -> int:
    """What of a credit lies there on a day and on every later one; ``moved`` is day and cents, credit below zero."""
    stands, least = 0, None
    for at, cents in moved:
        if at > day:
            least = stands if least is None else max(least, stands)
        stands += cents
    return max(-(stands if least is None else max(least, stands)), 0)


def debts(loose: Iterable[tuple[int, int, str, int | None, int, date]]) -> dict[int, list[Debt]]:
    """Payer → what they owe on no invoice, by case: from an import, then what was refunded of payments that failed.

    ``loose`` is payer, case, its name, payment (none for what an import brought), cents, and the day that raised them.
    """
    parts: dict[tuple[int, int, str], dict[int | None, int]] = defaultdict(dict)
    since: dict[tuple[int, int, int | None], date] = {}
    for payer_id, case_id, name, payment_id, cents, day in loose:
        parts[payer_id, case_id, name][payment_id] = cents
        since[payer_id, case_id, payment_id] = day
    found: dict[int, list[Debt]] = defaultdict(list)
    for (payer_id, case_id, name), by_payment in parts.items():
        back = returned(by_payment)
        before = sum(by_payment.values()) - sum(back.values())
        if before > 0:
            found[payer_id].append(Debt(case_id, name, before, since[payer_id, case_id, None]))
        if back:
            oldest = min(since[payer_id, case_id, payment] for payment in back)
            found[payer_id].append(Debt(case_id, name, sum(back.values()), oldest, refunded=True))
    return found


def pays(owed: Sequence[Debt], cents: int, case_id: int) -> tuple[list[tuple[Debt, int]], int]:
    """What money pays of debts, those of its own case first, and what is left over."""
    given = []
    for one in sorted(owed, key=lambda one: one.case_id != case_id):
        part = min(one.cents, cents)
        if part > 0:
            given.append((one, part))
            cents -= part
    return given, cents


@dataclass(frozen=True, slots=True)
class Held:
    """Cents of a payment that stand on an invoice of a case, or on none."""

    case_id: int
    invoice_id: int | None
    cents: int


def sources(
    held: Sequence[Held], cents: int, free: Mapping[int, int], invoice_id: int | None = None
) -> tuple[list[Held], int]:
    """From where a refund of ``cents`` is taken, and what it cannot find.

    From unapplied credit first, as far as it is ``free`` (case → cents; the rest covers an older debt), then from the
    newest invoice that the payment paid, last from what covers an older debt. With an invoice, from that one alone.
    """
    if invoice_id is not None:
        wanted = [one for one in held if one.invoice_id == invoice_id]
    else:
        loose = [one for one in held if one.invoice_id is None and one.cents > 0]
        credit = [Held(one.case_id, None, min(one.cents, max(free.get(one.case_id, 0), 0))) for one in loose]
        paid = [one for one in reversed(held) if one.invoice_id is not None]
        covering = [
            Held(one.case_id, None, one.cents - part.cents) for one, part in zip(loose, credit, strict=True)
        ]
        wanted = [*credit, *paid, *covering]
    taken = []
    for one in wanted:
        part = min(one.cents, cents)
        if part > 0:
            taken.append(Held(one.case_id, one.invoice_id, part))
            cents -= part
    return taken, cents


@dataclass(frozen=True, slots=True)
class Invoiced:
    """An invoice as the follow-up of a failed payment looks at it."""

    invoice_id: int
    issued_on: date
    open_cents: int
    replaces_id: int | None


def owed_since(invoices: Collection[Invoiced], failed_on: date) -> int:
    """Cents still open of what was invoiced up to the day on which a payment failed.

    An invoice that was issued anew is as old as the one it replaces: a correction does not pay anything.
    """
    by_id = {one.invoice_id: one for one in invoices}
    owed = 0
    for one in invoices:
        first = one
        while first.replaces_id is not None and first.replaces_id in by_id:
            first = by_id[first.replaces_id]
        if first.issued_on <= failed_on:
            owed += one.open_cents
    return owed
