"""The overview's figures, the period before, and the sentence on top."""

from datetime import date

from practicerunner.reports.overview import Asked, Figure, Overview, headline, money_by, overview
from practicerunner.reports.tables import PAGE, table
from practicerunner.rules.periods import Period
from practicerunner.vocabulary import AttendanceStatus, EntryKind, MoneyBy, OverviewTable, Role
from tests.reports.building import Reading, Story
from tests.reports.test_billing import scenario_19

OCTOBER, SEPTEMBER = Period(date(2026, 10, 1), date(2026, 10, 31)), Period(date(2026, 9, 1), date(2026, 9, 30))


def asked(story: Story, provider: int | None = None) -> Asked:
    return Asked(story.engine, story.owner, OCTOBER, provider)


def october(story: Story, provider: int | None = None) -> Overview:
    return overview(asked(story, provider), SEPTEMBER)


def test_each_figure_stands_beside_the_period_before_and_its_rows_sum_to_it(story: Story) -> None:
    scenario_19(story)
    person = story.person("Noor")
    case = story.case(people=(person,))
    for day in (date(2026, 9, 30), date(2026, 10, 1), date(2026, 10, 31), date(2026, 11, 1)):
        story.appointment(case, day, came={person: AttendanceStatus.ATTENDED})
    seen = october(story)
    assert [(f.now, f.before) for f in seen.figures] == [(2, 1), (199125, 777), (175500, 777), (23625, 0)]
    for which, column, figure in (
        (OverviewTable.INVOICED, "invoiced_cents", seen.invoiced), (OverviewTable.COLLECTED, "collected_cents",
                                                                    seen.collected),
        (OverviewTable.RECEIVABLE, "balance_cents", seen.receivable), (OverviewTable.SESSIONS, "is_held", seen.held),
    ):
        rows = table(asked(story), which).rows
        assert sum(row[column] for row in rows) == figure.now
        assert all(row[column] for row in rows)
    assert seen.due_cents == 23625
    assert [row["balance_cents"] for row in table(asked(story), OverviewTable.AGING).rows] == [16000, 7625]
    assert (seen.attended, seen.no_shows) == (2, 0)
    assert [(row["provider_name"], row["due"], row["overdue"]) for row in seen.timeliness] == [
        ("Marcus Bell", 1, 1)]
    assert seen.notes_overdue == 2
    assert [row["day"] for row in table(asked(story), OverviewTable.NOTES_DUE).rows] == [
        date(2026, 9, 30), date(2026, 10, 1)]


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


def test_the_months_end_with_what_was_owed_then(story: Story) -> None:
    scenario_19(story)
    case, payer = story.case(), story.payer("Ada")
    story.entry(case, payer, EntryKind.OPENING, 5000, date(2026, 8, 1))
    whole = Asked(story.engine, story.owner, Period(date(2026, 9, 1), date(2026, 10, 31)))
    assert [(row["month"], row["invoiced_cents"], row["collected_cents"], row["owed_cents"])
            for row in money_by(whole, MoneyBy.MONTH)] == [
        (date(2026, 9, 1), 777, 777, 5000), (date(2026, 10, 1), 199125, 175500, 28625)]
    assert money_by(whole, MoneyBy.PAYER)[-1]["owed_cents"] == 5000


def test_a_page_of_rows_is_a_part_of_the_table_and_the_file_is_the_whole(story: Story) -> None:
    case, payer = story.case(), story.payer("Ada")
    for cents in range(1, PAGE + 3):
        story.entry(case, payer, EntryKind.CHARGE, cents, date(2026, 10, 2))
    pages = [table(asked(story), OverviewTable.INVOICED, page=page) for page in (1, 2)]
    assert [(len(page.rows), page.number) for page in pages] == [(PAGE, PAGE + 2), (2, PAGE + 2)]
    whole = table(asked(story), OverviewTable.INVOICED)
    assert whole.rows == pages[0].rows + pages[1].rows
    assert len(whole.csv.splitlines()) == PAGE + 3


def test_a_name_that_a_sheet_would_calculate_is_text_in_the_file(story: Story) -> None:
    case = story.case(name="=1+1")
    story.invoice(case, story.payer("@Ada"), 100, date(2026, 10, 2))
    made = table(asked(story), OverviewTable.INVOICED).csv.decode()
    assert "'@Ada Haddad,'=1+1,Marcus Bell" in made
    assert made.rstrip().endswith(",1.00")


def test_a_case_is_named_in_the_documentation_only_to_who_may_read_its_notes(story: Story) -> None:
    story.appointment(story.case(), date(2026, 10, 5))
    for which in (OverviewTable.DOCUMENTATION, OverviewTable.NOTES_DUE):
        (row,) = table(asked(story), which).rows
        assert (row["case_id"], row["case_name"]) == (None, None)
        own = Asked(story.engine, Reading(story.bell, frozenset({Role.PROVIDER})), OCTOBER)
        assert table(own, which).rows[0]["case_name"] == "Noor Haddad"


def test_the_sentence_names_what_changed_most() -> None:
    figures = [Figure("Sessions held", 11, 10, is_money=False), Figure("Invoiced", 50000, 100000),
               Figure("Collected", 10000, 10000)]
    assert headline(figures) == "Invoiced changed most: 500.00, 50 % less than 1,000.00 before."
    assert headline(figures[:1]) == "Sessions held changed most: 11, 10 % more than 10 before."
    assert headline(figures[2:]) == "Nothing has changed against the period before."
    assert headline([Figure("Collected", 500, 0)]) == (
        "Collected changed most: 5.00, after nothing in the period before.")
