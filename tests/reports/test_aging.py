"""Receivables by age as of any day, and the invoices behind them: figures to the cent, held against the balances."""

import random
from datetime import date, timedelta

import pytest
from sqlalchemy import select

from practicerunner import database
from practicerunner.errors import NotPermitted
from practicerunner.records.billing import LedgerEntry, Payment
from practicerunner.reports import read
from practicerunner.reports.aging import aging, aging_csv
from practicerunner.reports.overview import AGES
from practicerunner.rules.statements import Entry, statement
from practicerunner.vocabulary import EntryKind, Role
from tests.reports.building import Reading, Story

DAY = date(2026, 10, 31)


@pytest.mark.parametrize(("days", "bucket"), [(0, 0), (30, 0), (31, 1), (60, 1), (61, 2), (90, 2), (91, 3), (400, 3)])
def test_an_invoice_ages_from_its_date(story: Story, days: int, bucket: int) -> None:
    case, payer = story.case(), story.payer("Ada")
    story.invoice(case, payer, 16500, DAY - timedelta(days=days))
    paid = story.invoice(case, payer, 7000, DAY - timedelta(days=100))
    story.pay(case, payer, 7000, DAY, paid)
    (row,) = aging(story.engine, story.owner, DAY)
    assert [place for place, cents in enumerate(row.ages) if cents] == [bucket]
    assert sum(row.ages) == row.due_cents == 16500


def test_a_day_that_is_over_knows_nothing_of_what_came_later(story: Story) -> None:
    case, payer, decoy = story.case(), story.payer("Ada"), story.payer("Decoy")
    first = story.invoice(case, payer, 16500, date(2026, 9, 1))
    story.pay(case, payer, 16500, date(2026, 10, 5), first)
    story.invoice(case, decoy, 5000, date(2026, 10, 6))
    assert aging(story.engine, story.owner, date(2026, 8, 31)) == []
    (row,) = aging(story.engine, story.owner, date(2026, 10, 4))
    assert (row.payer_id, row.ages) == (payer, (0, 16500, 0, 0))
    (row,) = aging(story.engine, story.owner, DAY)
    assert (row.payer_id, row.ages) == (decoy, (5000, 0, 0, 0))


def test_a_payer_of_several_cases_has_one_line_and_the_largest_comes_first(story: Story) -> None:
    one, two, ada, ben = story.case(), story.case(), story.payer("Ada"), story.payer("Ben")
    story.invoice(one, ada, 1000, date(2026, 10, 1))
    story.invoice(two, ada, 2000, date(2026, 8, 1))
    story.invoice(one, ben, 2500, date(2026, 10, 1))
    rows = aging(story.engine, story.owner, DAY)
    assert [(row.payer_id, row.due_cents, row.ages) for row in rows] == [
        (ada, 3000, (1000, 0, 0, 2000)), (ben, 2500, (2500, 0, 0, 0))]
    assert aging_csv(rows[:1], DAY).decode("utf-8-sig").splitlines()[1] == (
        f"{rows[0].payer},2026-10-31,30.00,10.00,0.00,0.00,20.00")


def test_a_debt_from_before_counts_and_credit_takes_nothing_off_an_age(story: Story) -> None:
    case, ada, ben = story.case(), story.payer("Ada"), story.payer("Ben")
    story.entry(case, ada, EntryKind.OPENING, 4000, date(2026, 7, 1))
    story.invoice(case, ben, 3000, date(2026, 10, 20))
    story.pay(case, ben, 1000, date(2026, 10, 21))
    rows = {row.payer_id: row for row in aging(story.engine, story.owner, DAY)}
    assert rows[ada].ages == (0, 0, 0, 4000)
    assert rows[ben].ages == (3000, 0, 0, 0)


def test_ages_and_unpaid_invoices_add_up_to_the_receivables_of_the_day(story: Story) -> None:
    dice = random.Random(20)
    cases, payers = [story.case() for _ in range(3)], [story.payer(name) for name in ("Ada", "Ben", "Cy")]
    for _ in range(40):
        case, payer = dice.choice(cases), dice.choice(payers)
        issued = DAY - timedelta(days=dice.randrange(140))
        cents = dice.randrange(1000, 30000)
        made = story.invoice(case, payer, cents, issued)
        if dice.random() < 0.6:
            story.pay(case, payer, dice.randrange(1, cents + 1), issued + timedelta(days=dice.randrange(40)), made)
    for back in (0, 17, 60, 130):
        day = DAY - timedelta(days=back)
        rows = aging(story.engine, story.owner, day)
        known = read(story.engine, story.owner, "billing__outstanding_balances", as_of=day)
        unpaid = read(story.engine, story.owner, "billing__unpaid", as_of=day)
        due = sum(row["due_cents"] for row in known)
        assert sum(row.due_cents for row in rows) == sum(sum(row.ages) for row in rows) == due
        assert sum(row["open_cents"] for row in unpaid) == due
        for row in rows:
            theirs = read(story.engine, story.owner, "billing__unpaid", as_of=day, where={"payer_id": row.payer_id})
            assert sum(one["open_cents"] for one in theirs) == row.due_cents
        first = read(story.engine, story.owner, "billing__unpaid", as_of=day, limit=2)
        assert first == unpaid[:2]


def test_what_is_unpaid_says_of_which_invoice_how_much_and_how_old(story: Story) -> None:
    case, payer = story.case(), story.payer("Ada")
    made = story.invoice(case, payer, 16500, date(2026, 10, 1), due=date(2026, 10, 15))
    story.pay(case, payer, 10000, date(2026, 10, 5), made)
    (row,) = read(story.engine, story.owner, "billing__unpaid", as_of=DAY)
    assert (row["invoice_id"], row["payer_id"], row["case_id"], row["open_cents"], row["age_days"], row["due_on"]) == (
        made, payer, case, 6500, 30, date(2026, 10, 15))


def test_a_provider_sees_the_receivables_of_their_own_cases_only(story: Story) -> None:
    case, other, payer = story.case(), story.case(provider=story.ito), story.payer("Ada")
    story.invoice(case, payer, 1000, date(2026, 10, 1))
    story.invoice(other, payer, 2000, date(2026, 10, 1))
    (row,) = aging(story.engine, Reading(story.bell, frozenset({Role.PROVIDER})), DAY)
    assert row.due_cents == 1000
    assert [one["open_cents"] for one in read(
        story.engine, Reading(story.ito, frozenset({Role.PROVIDER})), "billing__unpaid", as_of=DAY)] == [2000]


def test_whoever_supervises_nobody_reads_no_aging(story: Story) -> None:
    with pytest.raises(NotPermitted):
        aging(story.engine, Reading(story.bell, frozenset({Role.SUPERVISOR})), DAY)


def test_an_invoice_paid_before_it_was_issued_is_credit_and_takes_nothing_off_what_is_due(story: Story) -> None:
    case, ada, decoy = story.case(), story.payer("Ada"), story.payer("Decoy")
    story.invoice(case, ada, 16500, date(2026, 10, 1))
    later = story.invoice(case, ada, 16500, date(2026, 11, 2))
    story.pay(case, ada, 16500, date(2026, 10, 30), later)
    alone = story.invoice(case, decoy, 5000, date(2026, 11, 2))
    story.pay(case, decoy, 5000, date(2026, 10, 30), alone)
    assert [(row.payer_id, row.due_cents, row.ages) for row in aging(story.engine, story.owner, DAY)] == [
        (ada, 16500, (16500, 0, 0, 0))]
    balances = read(story.engine, story.owner, "billing__outstanding_balances", as_of=DAY)
    known = {row["payer_id"]: row for row in balances}
    lines = read(story.engine, story.owner, "billing__receivable", as_of=DAY)
    for payer, due, credit in ((ada, 16500, 16500), (decoy, 0, 5000)):
        assert (known[payer]["due_cents"], known[payer]["credit_cents"]) == (due, credit)
        assert known[payer]["age_0_30_cents"] == due
        theirs = [line for line in lines if line["payer_id"] == payer]
        assert [sum(line[column] for line in theirs) for column in ("due_cents", "credit_cents", "age_0_30_cents")] == [
            due, credit, due]
    (summary,) = read(story.engine, story.owner, "cases__workflow_summary", as_of=DAY)
    assert summary["due_cents"] == 16500
    after = {row.payer_id: row.due_cents for row in aging(story.engine, story.owner, date(2026, 11, 2))}
    assert after == {ada: 16500}


def test_a_debt_from_before_ages_from_the_day_it_was_entered_and_not_from_an_earlier_payment(story: Story) -> None:
    case, ada, decoy = story.case(), story.payer("Ada"), story.payer("Decoy")
    story.pay(case, ada, 10000, date(2026, 6, 5))
    story.entry(case, ada, EntryKind.OPENING, 50000, date(2026, 10, 1))
    story.entry(case, decoy, EntryKind.OPENING, 4000, date(2026, 6, 5))
    balances = read(story.engine, story.owner, "billing__outstanding_balances", as_of=DAY)
    for rows in ({row.payer_id: row.ages for row in aging(story.engine, story.owner, DAY)},
                 {row["payer_id"]: tuple(row[f"age_{age}_cents"] for age in ("0_30", "31_60", "61_90", "over_90"))
                  for row in balances}):
        assert rows == {ada: (40000, 0, 0, 0), decoy: (0, 0, 0, 4000)}


@pytest.mark.parametrize("seed", range(2))
def test_the_views_and_the_statement_agree_on_the_age_of_what_stands_on_no_invoice(story: Story, seed: int) -> None:
    chance = random.Random(seed)
    case, ada = story.case(), story.payer("Ada")
    first = date(2026, 7, 1)
    story.entry(case, ada, EntryKind.OPENING, 900, first)
    for _ in range(3):
        story.pay(case, ada, chance.randint(1, 200), first)
    with database.reading(story.engine) as session:
        known = sorted(session.scalars(select(Payment.id)))
    for _ in range(30):
        payment = chance.choice([None, *known])
        kind = chance.choice([EntryKind.PAYMENT, EntryKind.OPENING if payment is None else EntryKind.REFUND])
        story.entry(case, ada, kind, chance.choice([-1, 1, 1]) * chance.randint(1, 500),
                    first + timedelta(days=chance.randint(0, 120)), payment_id=payment)
    with database.reading(story.engine) as session:
        moved = [Entry(e.effective_on, e.kind, e.amount_cents, e.case_id, "", payment_id=e.payment_id)
                 for e in session.scalars(select(LedgerEntry).order_by(LedgerEntry.effective_on, LedgerEntry.id))]
    several = 0
    for day in (first + timedelta(days=days) for days in range(5, 200, 15)):
        said = statement(moved, first, day)
        several += len(said.open_items) > 1
        for view in ("billing__aging", "billing__outstanding_balances", "billing__receivable"):
            rows = read(story.engine, story.owner, view, as_of=day)
            assert tuple(sum(row[age] for row in rows) for age in AGES) == said.buckets, (view, day)
    assert several
