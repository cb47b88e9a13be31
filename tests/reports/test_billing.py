"""Who owes what, what was invoiced and what came in: figures to the cent."""

import random
from datetime import date, timedelta
from typing import Any

import pytest

from practicerunner.records.billing import InvoiceLine
from practicerunner.reports import read, totals
from practicerunner.reports.overview import MOVED
from practicerunner.rules import ledger
from practicerunner.vocabulary import CaseType, EntryKind, Role
from tests.reports.building import Reading, Story

DAY = date(2026, 10, 31)


def balances(story: Story, day: date = DAY, **more: Any) -> list[dict[str, Any]]:
    return read(story.engine, story.owner, "billing__outstanding_balances", as_of=day, **more)


def ages(row: dict[str, Any]) -> tuple[int, int, int, int]:
    return row["age_0_30_cents"], row["age_31_60_cents"], row["age_61_90_cents"], row["age_over_90_cents"]


def test_a_balance_is_what_is_due_less_the_payers_credit_and_another_payer_does_not_count(story: Story) -> None:
    case, payer, other = story.case(), story.payer("Ada"), story.payer("Decoy")
    invoice = story.invoice(case, payer, 16500, date(2026, 10, 1))
    story.invoice(case, other, 99900, date(2026, 10, 1))
    story.pay(case, payer, 10000, date(2026, 10, 5), invoice)
    story.pay(case, payer, 2500, date(2026, 10, 6))
    (row,) = [r for r in balances(story) if r["payer_id"] == payer]
    assert row == {
        "payer_id": payer, "case_id": case, "payer_name": "Ada Haddad", "case_name": "Noor Haddad",
        "case_type": "individual", "provider_id": story.bell, "due_cents": 6500, "credit_cents": 2500,
        "balance_cents": 4000, "overdue_cents": 6500, "age_0_30_cents": 6500, "age_31_60_cents": 0,
        "age_61_90_cents": 0, "age_over_90_cents": 0, "oldest_on": date(2026, 10, 1),
        "last_payment_on": date(2026, 10, 6),
    }


@pytest.mark.parametrize(("days", "bucket"), [(0, 0), (30, 0), (31, 1), (60, 1), (61, 2), (90, 2), (91, 3), (400, 3)])
def test_an_open_invoice_ages_by_the_days_since_it_was_issued(story: Story, days: int, bucket: int) -> None:
    case, payer = story.case(), story.payer("Ada")
    story.invoice(case, payer, 16500, DAY - timedelta(days=days))
    paid = story.invoice(case, payer, 7000, DAY - timedelta(days=100))
    story.pay(case, payer, 7000, DAY, paid)
    (row,) = balances(story)
    expected = [0, 0, 0, 0]
    expected[bucket] = 16500
    assert ages(row) == tuple(expected)
    assert sum(ages(row)) == row["due_cents"] == 16500


def test_an_invoice_is_overdue_from_the_day_after_it_is_due(story: Story) -> None:
    case, payer = story.case(), story.payer("Ada")
    story.invoice(case, payer, 16500, date(2026, 10, 1), due=date(2026, 10, 15))
    assert [balances(story, date(2026, 10, day))[0]["overdue_cents"] for day in (15, 16)] == [0, 16500]


def test_a_voided_invoice_comes_to_nothing_and_a_later_entry_does_not_count_yet(story: Story) -> None:
    case, payer = story.case(), story.payer("Ada")
    invoice = story.invoice(case, payer, 16500, date(2026, 9, 1))
    story.entry(case, payer, EntryKind.CHARGE, -16500, date(2026, 10, 20), invoice_id=invoice)
    story.invoice(case, payer, 5000, date(2026, 11, 1))
    (before,) = balances(story, date(2026, 10, 19))
    (after,) = balances(story, date(2026, 10, 31))
    assert (before["due_cents"], ages(before)) == (16500, (0, 16500, 0, 0))
    assert (after["due_cents"], after["balance_cents"], ages(after)) == (0, 0, (0, 0, 0, 0))
    assert balances(story, date(2026, 11, 1))[0]["balance_cents"] == 5000


def test_an_opening_balance_is_due_ages_from_its_day_and_becomes_credit_once_more_than_paid(story: Story) -> None:
    case, payer = story.case(), story.payer("Ada")
    story.entry(case, payer, EntryKind.OPENING, 8000, date(2026, 9, 1))
    story.pay(case, payer, 3000, date(2026, 10, 1))
    (row,) = balances(story)
    assert (row["due_cents"], row["credit_cents"], row["balance_cents"]) == (5000, 0, 5000)
    assert (ages(row), row["overdue_cents"], row["oldest_on"]) == ((0, 5000, 0, 0), 0, date(2026, 9, 1))
    story.pay(case, payer, 6000, date(2026, 10, 2))
    (row,) = balances(story)
    assert (row["due_cents"], row["credit_cents"], row["balance_cents"]) == (0, 1000, -1000)


@pytest.mark.parametrize("seed", range(3))
def test_the_view_and_the_rule_agree_on_random_ledgers(story: Story, seed: int) -> None:
    chance = random.Random(seed)
    cases, payers = [story.case(), story.case()], [story.payer("Ada"), story.payer("Bo")]
    pairs = [(case, payer) for case in cases for payer in payers]
    invoices = {pair: [story.invoice(*pair, chance.randint(1, 9999), DAY)] for pair in pairs}
    kept: dict[tuple[int, int], list[ledger.Entry]] = {pair: [] for pair in pairs}
    for _ in range(25):
        pair = chance.choice(pairs)
        kind = chance.choice(list(EntryKind))
        on = None if kind is EntryKind.OPENING else chance.choice([None, invoices[pair][0]])
        amount = chance.choice([-1, 1]) * chance.randint(1, 9999)
        story.entry(*pair, kind, amount, DAY, invoice_id=on)
        kept[pair].append(ledger.Entry(amount, on))
    by_pair = {(r["case_id"], r["payer_id"]): r for r in balances(story)}
    for pair in pairs:
        issued = [r for r in read(story.engine, story.owner, "billing__movements", as_of=DAY)
                  if r["invoice_id"] == invoices[pair][0] and r["entry_kind"] == "charge"]
        first = ledger.Entry(min(issued, key=lambda r: r["entry_id"])["balance_cents"], invoices[pair][0])
        expected = ledger.standing([first, *kept[pair]])
        row = by_pair[pair]
        assert (row["due_cents"], row["credit_cents"], row["balance_cents"]) == (
            expected.due_cents, expected.credit_cents, expected.balance_cents)


def test_a_payer_of_two_cases_has_two_rows(story: Story) -> None:
    payer = story.payer("Ada")
    first, second = story.case(), story.case(name="Haddad family", kind=CaseType.FAMILY, provider=story.ito)
    story.invoice(first, payer, 100, DAY)
    story.invoice(second, payer, 200, DAY)
    assert {(r["case_id"], r["balance_cents"]) for r in balances(story)} == {(first, 100), (second, 200)}
    assert [r["balance_cents"] for r in balances(story, provider_id=story.ito)] == [200]


def scenario_19(story: Story) -> None:
    """Three cases in October with what was charged and paid, and a September invoice that is no part of it."""
    parts = (
        (CaseType.INDIVIDUAL, story.bell, 66000, 50000), (CaseType.THERAPY_GROUP, story.bell, 47625, 40000),
        (CaseType.CONSULTATION_GROUP, story.ito, 85500, 85500),
    )
    for kind, provider, charged, paid in parts:
        case, payer = story.case(kind, provider=provider, name=kind.label), story.payer(kind.value)
        invoice = story.invoice(case, payer, charged, date(2026, 10, 10))
        story.pay(case, payer, paid, date(2026, 10, 20), invoice)
    decoy, payer = story.case(name="Decoy"), story.payer("Decoy")
    invoice = story.invoice(decoy, payer, 777, date(2026, 9, 30))
    story.pay(decoy, payer, 777, date(2026, 9, 30), invoice)


def test_october_is_invoiced_collected_and_receivable_to_the_cent_and_the_providers_add_up(story: Story) -> None:
    scenario_19(story)

    def october(view: str, **more: Any) -> list[dict[str, Any]]:
        return read(story.engine, story.owner, view, as_of=DAY, start=date(2026, 10, 1), end=DAY, **more)

    def total(rows: list[dict[str, Any]], column: str) -> int:
        return sum(r[column] for r in rows)

    for view in ("billing__revenue_by_month", "billing__movements"):
        assert total(october(view), "invoiced_cents") == 199125
        assert total(october(view), "collected_cents") == 175500
        by_provider = [october(view, provider_id=provider) for provider in (story.bell, story.ito)]
        assert [total(rows, "invoiced_cents") for rows in by_provider] == [113625, 85500]
    assert total(balances(story), "balance_cents") == 23625
    assert {r["case_name"]: r["balance_cents"] for r in balances(story)} == {
        "Individual": 16000, "Therapy group": 7625, "Consultation group": 0, "Decoy": 0,
    }


def test_a_void_a_refund_and_a_credit_count_each_in_its_own_column(story: Story) -> None:
    case, payer = story.case(), story.payer("Ada")
    invoice = story.invoice(case, payer, 1000, date(2026, 10, 1))
    story.entry(case, payer, EntryKind.CHARGE, -1000, date(2026, 10, 2), invoice_id=invoice)
    story.entry(case, payer, EntryKind.REFUND, 300, date(2026, 10, 2))
    story.entry(case, payer, EntryKind.CREDIT, -200, date(2026, 10, 2))
    story.entry(case, payer, EntryKind.WRITE_OFF, -50, date(2026, 10, 2))
    story.entry(case, payer, EntryKind.OPENING, 70, date(2026, 10, 2))
    rows = totals(story.engine, story.owner, "billing__movements", MOVED, by=("day",), as_of=DAY)
    assert rows == [
        {"day": date(2026, 10, 1), "rows": 1, "invoiced_cents": 1000, "collected_cents": 0, "adjusted_cents": 0,
         "opening_cents": 0, "balance_cents": 1000},
        {"day": date(2026, 10, 2), "rows": 5, "invoiced_cents": -1000, "collected_cents": -300, "adjusted_cents": 250,
         "opening_cents": 70, "balance_cents": -880},
    ]
    assert sum(r["balance_cents"] for r in balances(story)) == 120


def test_a_row_behind_a_figure_names_its_payer_case_and_invoice(story: Story) -> None:
    case, payer = story.case(), story.payer("Ada")
    invoice = story.invoice(case, payer, 16500, date(2026, 10, 1))
    story.pay(case, payer, 2500, date(2026, 10, 2))
    charge, payment = read(story.engine, story.owner, "billing__movements", as_of=DAY)
    assert (charge["invoice_id"], charge["invoice_number"]) == (invoice, "INV-2026-0001")
    assert charge["invoiced_cents"] == charge["balance_cents"] == 16500
    assert (payment["invoice_number"], payment["collected_cents"], payment["entry_kind"]) == (None, 2500, "payment")
    assert {r["payer_name"] for r in (charge, payment)} == {"Ada Haddad"}


def lined(story: Story, *parts: tuple[int, int]) -> tuple[int, int, int, list[int]]:
    """An invoice with a line for each provider and amount, on successive days: case, payer, invoice and its charges."""
    case, payer = story.case(), story.payer("Ada")
    invoice = story.invoice(case, payer, parts[0][1], date(2026, 10, 9))
    charges = []
    for place, (provider, amount) in enumerate(parts):
        day = date(2026, 10, 1 + place)
        charge = story.charge(case, story.appointment(case, day, provider=provider), provider=provider)
        story.add(InvoiceLine(invoice_id=invoice, charge_id=charge, service_date=day, description="Session",
                              amount_cents=amount))
        if place:
            story.entry(case, payer, EntryKind.CHARGE, amount, date(2026, 10, 9), invoice_id=invoice, charge_id=charge)
        charges.append(charge)
    return case, payer, invoice, charges


def lines_of(story: Story, invoice: int) -> list[tuple[int, ...]]:
    """Invoiced, collected, adjusted and open on each line, in order."""
    rows = totals(story.engine, story.owner, "billing__movements", MOVED, by=("place",), as_of=DAY,
                  where={"invoice_id": invoice})
    return [(r["invoiced_cents"], r["collected_cents"], r["adjusted_cents"], r["balance_cents"]) for r in rows]


def test_a_payment_fills_the_lines_in_order_and_a_write_off_from_the_last_one_back(story: Story) -> None:
    case, payer, invoice, charges = lined(story, (story.bell, 10000), (story.ito, 3333), (story.bell, 5000))

    def entry(kind: EntryKind, cents: int, day: int, **more: Any) -> None:
        story.entry(case, payer, kind, cents, date(2026, 10, day), invoice_id=invoice, **more)

    entry(EntryKind.PAYMENT, -10001, 10)
    assert lines_of(story, invoice) == [(10000, 10000, 0, 0), (3333, 1, 0, 3332), (5000, 0, 0, 5000)]
    entry(EntryKind.WRITE_OFF, -5001, 11)
    assert lines_of(story, invoice) == [(10000, 10000, 0, 0), (3333, 1, 1, 3331), (5000, 0, 5000, 0)]
    entry(EntryKind.CREDIT, -3331, 12, charge_id=charges[0])
    assert lines_of(story, invoice) == [(10000, 6669, 3331, 0), (3333, 3332, 1, 0), (5000, 0, 5000, 0)]
    by_provider = {r["provider_id"]: r["collected_cents"] for r in totals(
        story.engine, story.owner, "billing__movements", MOVED, by=("provider_id",), as_of=DAY)}
    assert by_provider == {story.bell: 6669, story.ito: 3332}
    moved_on = read(story.engine, story.owner, "billing__movements", as_of=DAY, start=date(2026, 10, 12))
    assert [(r["place"], r["collected_cents"], r["adjusted_cents"]) for r in moved_on] == [
        (1, -3331, 3331), (2, 3331, 0)]
    assert read(story.engine, story.owner, "billing__receivable", as_of=DAY) == []


def test_who_gave_the_service_has_the_money_and_what_stands_on_no_invoice_is_the_cases_providers(story: Story) -> None:
    case, payer, _, _ = lined(story, (story.ito, 10000), (story.ito, 3333))
    story.entry(case, payer, EntryKind.OPENING, 500, date(2026, 10, 2))
    owed = {r["provider_id"]: r["balance_cents"] for r in totals(
        story.engine, story.owner, "billing__receivable", ("balance_cents",), by=("provider_id",), as_of=DAY)}
    assert owed == {story.bell: 500, story.ito: 13333}
    own = Reading(story.ito, frozenset({Role.PROVIDER}))
    assert {r["provider_id"] for r in read(story.engine, own, "billing__receivable", as_of=DAY)} == {story.ito}


def test_an_admin_gets_the_money_without_service_and_kind_of_case_and_cannot_ask_after_them(story: Story) -> None:
    lined(story, (story.bell, 10000), (story.ito, 3333))
    admin = Reading(story.staff("Tom", "Alvarez"), frozenset({Role.ADMIN}))
    for view in ("billing__movements", "billing__receivable", "billing__revenue_by_month"):
        rows = read(story.engine, admin, view, as_of=DAY)
        assert sum(r["balance_cents"] for r in rows) == 13333
        assert {(r["service_id"], r["service_name"], r["case_type"]) for r in rows} == {(None, None, None)}
        assert read(story.engine, admin, view, as_of=DAY, where={"service_id": story.service}) == []
    both = Reading(story.ito, frozenset({Role.ADMIN, Role.PROVIDER}))
    rows = read(story.engine, both, "billing__movements", as_of=DAY)
    assert {(r["provider_id"], r["service_name"]) for r in rows} == {(story.bell, None), (story.ito, "Session")}
