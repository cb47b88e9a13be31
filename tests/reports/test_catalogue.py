"""What holds for every view file."""

import re
from datetime import date, timedelta
from enum import StrEnum
from pathlib import Path

import pytest

from practicerunner import vocabulary
from practicerunner.reports import print_all
from practicerunner.reports.catalogue import BETWEEN, FOLDER, ON_A_DAY, STAGING, VIEWS
from practicerunner.reports.replica import SHOWN, Replica, replica_of
from practicerunner.vocabulary import AppointmentStatus, AttendanceStatus, CaseType, PaperKind
from tests.reports.building import Story

DAY = date(2026, 11, 12)
INVARIANTS = sorted((Path(__file__).parent / "invariants").glob("*.sql"))
UNITS = {"month", "week", "day", "minute", "UTC"}


def code(path: Path) -> str:
    return re.sub(r"--.*", "", path.read_text(encoding="utf-8"))


@pytest.fixture
def busy(story: Story) -> Story:
    """One case of every kind with sessions, papers, invoices in several states, and a void."""
    payers = [story.payer("Ada"), story.payer("Bo")]
    for number, kind in enumerate(CaseType):
        people = [story.person(f"P{number}"), story.person(f"Q{number}")]
        provider = (story.bell, story.ito)[number % 2]
        case = story.case(kind, people=tuple(people), provider=provider, name=kind.label)
        story.paper(case, people[0], PaperKind.INTAKE)
        story.paper(case, people[0], PaperKind.INTAKE)
        story.arrangement(case, people[0])
        story.arrangement(case, people[0])
        for week in range(3):
            story.appointment(case, DAY - timedelta(weeks=week, days=1), provider=provider, came={
                people[0]: AttendanceStatus.ATTENDED, people[1]: AttendanceStatus.NO_SHOW})
        story.appointment(case, DAY + timedelta(days=3), AppointmentStatus.SCHEDULED, provider=provider)
        for payer in payers:
            invoice = story.invoice(case, payer, 16500 + number, DAY - timedelta(days=40 * number))
            story.pay(case, payer, 500, DAY, invoice)
            story.pay(case, payer, 300, DAY)
    return story


def test_a_views_key_is_unique_and_never_empty_and_it_can_be_scoped(busy: Story) -> None:
    replica = replica_of(busy.engine)
    replica.refresh()
    for view in VIEWS.values():
        columns, rows = replica.query(f"select * from {view.name}", day=DAY, moment=None)
        assert "provider_id" in columns, view.name
        assert set(view.key) <= set(columns), view.name
        assert view.period is None or view.period in columns, view.name
        assert all(names <= set(columns) for _, names in view.restricted), view.name
        keys = [tuple(row[columns.index(name)] for name in view.key) for row in rows]
        assert len(set(keys)) == len(keys), view.name
        assert not any(value is None for key in keys for value in key), view.name
        # Without a moment what waits for one is empty; everything else has rows here.
        assert rows or view.name.startswith("notes__"), view.name


def test_a_views_money_is_whole_cents_and_its_sentence_ends(busy: Story) -> None:
    replica = Replica(busy.engine)
    for view in VIEWS.values():
        types = dict(replica.query(
            "select column_name, data_type from duckdb_columns() where table_name = ?", [view.name])[1])
        assert types, view.name
        assert {kind for name, kind in types.items() if name.endswith("_cents")} <= {"BIGINT"}, view.name
        assert view.sentence.endswith((".", "?")), view.name
        assert view.grain.startswith("one row per "), view.name


def test_a_mart_reads_no_other_mart_and_a_staging_view_reads_its_one_table() -> None:
    for path in FOLDER.rglob("*.sql"):
        text = code(path)
        own = set(re.findall(r"^(?:with )?(\w+) as (?:not materialized )?\(", text, re.MULTILINE))
        read = set(re.findall(r"\b(?:from|join)\s+([a-z_]+)", re.sub(r"extract\(.*?\)", "", text)))
        if path.stem in STAGING:
            assert read == {path.stem.removeprefix("stg_")}, path.name
            assert " join " not in text
        else:
            between = set() if path.stem in {*BETWEEN, *ON_A_DAY} else {*BETWEEN, *ON_A_DAY}
            assert read - own <= {*STAGING, *between, "as_of", SHOWN, "case_type_capability"}, path.name
        if path.stem in VIEWS:  # what is a reader's own as a client is in no answer
            assert SHOWN in read and "stg_case_file" not in read, path.name


def test_only_a_mart_itself_asks_for_the_moment_so_that_its_text_says_whether_it_does() -> None:
    for path in FOLDER.rglob("*.sql"):
        text = code(path)
        assert text.count("moment") == text.count("as_of.moment"), path.name
        assert "moment" not in text or path.stem in VIEWS, path.name
    assert {name for name, view in VIEWS.items() if view.has_moment} == {
        "cases__workflow_summary", "notes__documentation_due", "notes__signed_within", "notes__timeliness"}


def test_no_view_reads_the_clock_and_every_quoted_word_is_in_the_vocabulary() -> None:
    words = {
        word.value for kind in vars(vocabulary).values()
        if isinstance(kind, type) and issubclass(kind, StrEnum) for word in kind
    }
    for path in FOLDER.rglob("*.sql"):
        text = code(path)
        assert not re.search(r"current_date|current_timestamp|now\(|today\(|get_current", text), path.name
        quoted = {w for w in re.findall(r"'([^']*)'", text) if w.strip()}
        assert quoted <= words | UNITS, path.name
        assert not quoted & {kind.value for kind in CaseType}, f"{path.name} asks for a kind of case"


def test_no_row_violates_an_invariant(busy: Story) -> None:
    replica = replica_of(busy.engine)
    replica.refresh()
    for invariant in INVARIANTS:
        _, violations = replica.query(invariant.read_text(encoding="utf-8"), day=DAY, moment=None)
        assert violations == [], invariant.stem


def test_there_are_invariants_and_each_says_what_it_ensures() -> None:
    assert len(INVARIANTS) >= 5
    assert all(path.read_text(encoding="utf-8").startswith("-- ") for path in INVARIANTS)


def test_every_mart_is_printed_with_its_question(busy: Story) -> None:
    lines: list[str] = []
    print_all(busy.engine, as_of=DAY, write=lines.append)
    printed = "".join(lines)
    for view in VIEWS.values():
        assert f"{view.name}: {view.sentence}" in printed
    assert "Ada Haddad" in printed
    assert "160.00" in printed
