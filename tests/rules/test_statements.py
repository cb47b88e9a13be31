"""Statements: they add up, they chain, and what is open has an age."""

from datetime import date, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from practicerunner.rules.statements import BROUGHT_OVER, Entry, age_of, statement
from practicerunner.vocabulary import EntryKind, PaymentMethodKind

OCTOBER, NOVEMBER = (date(2026, 10, 1), date(2026, 10, 31)), (date(2026, 11, 1), date(2026, 11, 30))


def on(day: str, kind: EntryKind, cents: int, invoice: int = 0, **more: object) -> Entry:
    facts: dict[str, object] = {"case_id": 1, "case_name": "Paul Novak"}
    if invoice:
        facts |= {"invoice_id": invoice, "invoice": f"INV-{invoice}", "invoiced_on": date(2026, 9, invoice)}
    return Entry(date.fromisoformat(day), kind, cents, **(facts | more))  # type: ignore[arg-type]


days = st.dates(date(2026, 9, 1), date(2026, 12, 31))
entries = st.lists(st.builds(
    lambda day, kind, cents, case, invoice, payment, back: Entry(
        day, kind, cents, case, f"Case {case}", is_reversal=back, invoice_id=invoice,
        invoiced_on=date(2026, 9, 1) if invoice else None, payment_id=payment,
    ),
    days, st.sampled_from(list(EntryKind)), st.integers(-500_00, 500_00).filter(bool), st.integers(1, 2),
    st.none() | st.integers(1, 4), st.none() | st.integers(1, 3), st.booleans(),
), max_size=30)


@settings(max_examples=200, deadline=None)
@given(entries, days, days, days)
def test_adjacent_statements_chain_and_each_adds_up(found: list[Entry], one: date, two: date, three: date) -> None:
    start, middle, end = sorted((one, two, three))
    first = statement(found, start, middle)
    then = statement(found, middle + timedelta(days=1), end)
    both = statement(found, start, end)
    assert then.opening_cents == first.closing_cents
    assert both.closing_cents == then.closing_cents == sum(e.amount_cents for e in found if e.day <= max(end, middle))
    assert first.movements + then.movements == both.movements
    for made in (first, then, both):
        running = made.opening_cents
        for line in made.movements:
            running += line.amount_cents
            assert line.balance_cents == running
        assert running == made.closing_cents
        assert sum(made.buckets) == sum(item.open_cents for item in made.open_items)
        assert sum(made.buckets) - made.credit_cents == made.closing_cents


def test_a_period_without_movement_keeps_the_balance() -> None:
    made = statement([on("2026-09-20", EntryKind.CHARGE, 165_00, 20)], *OCTOBER)
    assert (made.opening_cents, made.movements, made.closing_cents) == (165_00, (), 165_00)
    assert made.buckets == (0, 165_00, 0, 0)


def test_only_credit_is_a_balance_below_zero_and_nothing_is_open() -> None:
    paid = on("2026-10-05", EntryKind.PAYMENT, -50_00, payment_id=7, method=PaymentMethodKind.CARD)
    made = statement([paid], *OCTOBER)
    assert (made.payments_cents, made.closing_cents, made.credit_cents, made.open_items) == (50_00, -50_00, 50_00, ())
    assert made.movements[0].what == "Payment, card"


def test_a_debt_from_an_import_is_brought_over_in_its_month_and_opens_the_next() -> None:
    found = [on("2026-10-10", EntryKind.OPENING, 330_00), on("2026-11-05", EntryKind.PAYMENT, -30_00, payment_id=7)]
    october, november = statement(found, *OCTOBER), statement(found, *NOVEMBER)
    assert (october.opening_cents, october.brought_over_cents, october.charges_cents) == (0, 330_00, 0)
    assert october.movements[0].what == BROUGHT_OVER
    assert (november.opening_cents, november.closing_cents) == (330_00, 300_00)
    assert november.buckets == (0, 300_00, 0, 0)


def test_a_payment_over_several_invoices_is_one_line_and_moving_it_is_none() -> None:
    found = [
        on("2026-10-05", EntryKind.PAYMENT, -100_00, 1, payment_id=7, receipt="RCT-1"),
        on("2026-10-05", EntryKind.PAYMENT, -65_00, 2, payment_id=7, receipt="RCT-1"),
        on("2026-10-09", EntryKind.PAYMENT, 65_00, 2, payment_id=7, receipt="RCT-1"),
        on("2026-10-09", EntryKind.PAYMENT, -65_00, payment_id=7, receipt="RCT-1"),
    ]
    made = statement(found, *OCTOBER)
    assert [(line.number, line.amount_cents) for line in made.movements] == [("RCT-1", -165_00)]


def test_a_voided_invoice_stands_with_its_reversal_and_a_refund_raises_the_balance() -> None:
    held = {"service": "IND50", "service_date": date(2026, 10, 6)}
    found = [
        on("2026-10-06", EntryKind.CHARGE, 165_00, 6, **held),
        on("2026-10-08", EntryKind.CHARGE, -165_00, 6, is_reversal=True, **held),
        on("2026-10-09", EntryKind.PAYMENT, -60_00, payment_id=1),
        on("2026-10-12", EntryKind.REFUND, 60_00, payment_id=1),
        on("2026-10-13", EntryKind.CREDIT, -25_00, 6), on("2026-10-14", EntryKind.CREDIT, 25_00, 6, is_reversal=True),
        on("2026-10-15", EntryKind.WRITE_OFF, -5_00, 6),
    ]
    made = statement(found, *OCTOBER)
    assert [line.what for line in made.movements] == [
        "IND50", "Voided: IND50, 6 October 2026", "Payment", "Refund", "Credit adjustment",
        "Credit adjustment taken back", "Write-off",
    ]
    assert (made.charges_cents, made.payments_cents, made.refunds_cents, made.credits_cents) == (0, 60_00, 60_00, 5_00)


@pytest.mark.parametrize(("days", "place"), [(-1, 0), (0, 0), (30, 0), (31, 1), (60, 1), (61, 2), (90, 2), (91, 3)])
def test_ages_change_after_thirty_sixty_and_ninety_days(days: int, place: int) -> None:
    assert age_of(date(2026, 9, 1), date(2026, 9, 1) + timedelta(days=days)) == place
