"""The process that issues a month's statements: apart from the server, killed and told to stop."""

import threading
import time
from collections.abc import Iterator
from datetime import date, timedelta

import pytest
from sqlalchemy import Engine, func, select

from practicerunner import clock, database
from practicerunner.records import audit
from practicerunner.records.billing import DocumentFile
from practicerunner.records.statement_runs import StatementRun
from practicerunner.records.statements import Statement
from practicerunner.server import jobs, statement_worker
from practicerunner.vocabulary import CaseType, RunState
from practicerunner.workflows import papers
from practicerunner.workflows.statement_runs import IssueStatements, issue_statements
from tests.cast import Cast, at, bring_on, hold, invoice

SIX = ("Ada Grant", "Bela Roth", "Cora Diaz", "Dora Lund", "Edda Moor", "Finn Ray")


@pytest.fixture
def cast(sqlite_engine: Engine) -> Iterator[Cast]:
    """Six clients with a session in October each, whose statements were asked for."""
    made = bring_on(sqlite_engine)
    with at("2026-08-01 09:00"):
        cases = [made.open_case(CaseType.INDIVIDUAL, name) for name in SIX]
    for place, case_id in enumerate(cases):
        invoice(made, hold(made, case_id, "IND50", f"2026-10-{6 + place:02d} 10:00"))
    with at("2026-11-02 09:00"):
        made.do("Tom", issue_statements, IssueStatements(month=date(2026, 10, 1)))
    yield made
    statement_worker.stop()
    statement_worker._process = None


def run() -> StatementRun:
    with database.reading() as session:
        return session.scalars(select(StatementRun)).one()


def each_once() -> bool:
    """Whether everybody has one statement, numbered without a gap, and it is drawn."""
    with database.reading() as session:
        found = session.execute(select(Statement.number, Statement.payer_id).order_by(Statement.number)).all()
        drawn = session.scalar(select(func.count()).select_from(DocumentFile))
        assert audit.first_broken_row(session) is None
    year = found[0].number.split("-")[1]
    assert [row.number for row in found] == [f"ST-{year}-{place:04d}" for place in range(1, len(SIX) + 1)]
    return len({row.payer_id for row in found}) == len(SIX) and drawn in (len(SIX), len(SIX) - 1)


def until_one_is_issued() -> None:
    for _ in range(1200):
        if run().issued:
            return
        time.sleep(0.1)
    raise AssertionError("Nothing was issued.")


def test_told_to_stop_it_ends_after_the_present_paper_and_goes_on_later(cast: Cast) -> None:
    told = threading.Event()
    real = statement_worker._draw

    def draw(paper: papers.Undrawn) -> papers.Drawn | None:
        told.set()
        return real(paper)

    with at("2026-11-02 09:01"), pytest.MonkeyPatch.context() as patched:
        patched.setattr(statement_worker, "_draw", draw)
        statement_worker.work(told)
    assert (run().state, run().issued) == (RunState.WAITING, 1)
    with database.reading() as session:
        assert session.scalar(select(func.count()).select_from(DocumentFile)) == 1
    with at("2026-11-02 09:01"):
        statement_worker.work()
    assert run().state is RunState.DONE and each_once()


def test_what_cannot_be_drawn_is_issued_all_the_same(cast: Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_: object) -> bytes:
        raise ValueError("no ink")

    monkeypatch.setattr(statement_worker.papers, "draw", broken)
    with at("2026-11-02 09:01"):
        statement_worker.work()
    monkeypatch.undo()
    assert (run().state, run().issued) == (RunState.DONE, len(SIX))
    with at("2026-11-02 09:05"):
        jobs.draw_missing_papers()
    assert each_once() is False, "the invoices come first"
    with database.reading() as session:
        assert session.scalar(select(func.count()).select_from(DocumentFile)) == 2 * len(SIX)


def test_papers_of_a_run_are_left_to_its_worker(cast: Cast) -> None:
    with at("2026-11-02 09:01"):
        jobs.draw_missing_papers()
    with database.reading() as session:
        assert session.scalar(select(func.count()).select_from(DocumentFile)) == 0


@pytest.mark.long
@pytest.mark.slow
def test_jobs_run_once_wait_for_the_process(cast: Cast) -> None:
    jobs.issue_statements()
    jobs.issue_statements()
    statement_worker.wait()
    assert run().state is RunState.DONE and each_once()


@pytest.mark.long
@pytest.mark.slow
def test_killed_in_the_middle_it_is_followed_by_another_and_nobody_gets_two(cast: Cast) -> None:
    statement_worker.start()
    until_one_is_issued()
    assert statement_worker._process is not None
    statement_worker._process.kill()
    statement_worker._process.wait()
    with clock.frozen(clock.now() + timedelta(minutes=2)):
        statement_worker.work()
    assert run().state is RunState.DONE and each_once()


@pytest.mark.long
@pytest.mark.slow
def test_when_the_server_goes_the_process_gives_back_what_is_left(cast: Cast) -> None:
    statement_worker.start()
    until_one_is_issued()
    statement_worker.stop()
    assert run().state in (RunState.WAITING, RunState.DONE), "done, where it was quicker"
    statement_worker.start()
    statement_worker.wait()
    assert run().state is RunState.DONE and each_once()
