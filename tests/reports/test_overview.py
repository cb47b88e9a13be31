"""The overview's figures, the period before, and the sentence on top."""

from datetime import date

from practicerunner.reports.overview import Figure, Overview, entries, headline, overview
from practicerunner.rules.periods import Period
from practicerunner.vocabulary import AttendanceStatus, EntryKind
from tests.reports.building import Story
from tests.reports.test_billing import scenario_19

OCTOBER, SEPTEMBER = Period(date(2026, 10, 1), date(2026, 10, 31)), Period(date(2026, 9, 1), date(2026, 9, 30))


def october(story: Story, provider: int | None = None) -> Overview:
    return overview(story.engine, story.owner, OCTOBER, SEPTEMBER, provider)


def test_each_figure_stands_beside_the_period_before_and_its_rows_sum_to_it(story: Story) -> None:
    scenario_19(story)
    person = story.person("Noor")
    case = story.case(people=(person,))
    for day in (date(2026, 9, 30), date(2026, 10, 1), date(2026, 10, 31), date(2026, 11, 1)):
        story.appointment(case, day, came={person: AttendanceStatus.ATTENDED})
    seen = october(story)
    assert [(f.now, f.before) for f in seen.figures] == [(2, 1), (199125, 777), (175500, 777), (23625, 0)]
    for column, figure in (("invoiced_cents", seen.invoiced), ("collected_cents", seen.collected)):
        rows = entries(story.engine, story.owner, OCTOBER, column)
        assert sum(row[column] for row in rows) == figure.now
        assert all(row[column] for row in rows)
    assert sum(row["balance_cents"] for row in seen.balances) == seen.receivable.now
    assert sum(row["is_held"] for row in seen.sessions) == seen.held.now
    assert [row["balance_cents"] for row in seen.balances] == [16000, 7625]
    assert [row["day"] for row in seen.documentation] == [date(2026, 9, 30), date(2026, 10, 1), date(2026, 10, 31)]


def test_the_receivable_of_the_period_before_is_what_was_owed_on_its_last_day(story: Story) -> None:
    case, payer = story.case(), story.payer("Ada")
    story.entry(case, payer, EntryKind.OPENING, 5000, date(2026, 8, 1))
    story.invoice(case, payer, 1000, date(2026, 9, 30))
    story.invoice(case, payer, 300, date(2026, 10, 1))
    story.entry(case, payer, EntryKind.REFUND, 40, date(2026, 10, 2))
    story.entry(case, payer, EntryKind.WRITE_OFF, -7, date(2026, 10, 3))
    story.pay(case, payer, 200, date(2026, 10, 4))
    story.pay(case, payer, 1, date(2026, 11, 1))
    receivable = october(story).receivable
    assert (receivable.now, receivable.before) == (6133, 6000)


def test_the_providers_figures_add_up_to_the_practice(story: Story) -> None:
    scenario_19(story)
    parts = [october(story, provider) for provider in (story.bell, story.ito)]
    assert [p.receivable.now for p in parts] == [23625, 0]
    assert sum(p.invoiced.now for p in parts) == october(story).invoiced.now


def test_the_sentence_names_what_changed_most() -> None:
    figures = [Figure("Sessions held", 11, 10, is_money=False), Figure("Invoiced", 50000, 100000),
               Figure("Collected", 10000, 10000)]
    assert headline(figures) == "Invoiced changed most: 500.00, 50 % less than 1,000.00 before."
    assert headline(figures[:1]) == "Sessions held changed most: 11, 10 % more than 10 before."
    assert headline(figures[2:]) == "Nothing has changed against the period before."
    assert headline([Figure("Collected", 500, 0)]) == (
        "Collected changed most: 5.00, after nothing in the period before.")
