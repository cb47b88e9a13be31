"""The jobs that run without anybody clicking."""

import logging
import time
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import Engine, text

from practicerunner import clock, database
from practicerunner.server import jobs
from practicerunner.vocabulary import CaseType
from practicerunner.workflows import sign_in
from tests.cast import bring_on, hold, invoice

NOON = datetime(2026, 3, 9, 17, 0, tzinfo=UTC)


def count(table: str) -> int:
    with database.reading() as session:
        return session.execute(text(f"select count(*) from {table}")).scalar_one()


def test_old_attempts_are_forgotten(engine: Engine) -> None:
    with clock.frozen(NOON), database.transaction() as session:
        sign_in.sign_in(session, "nobody@linden.example", "wrong wrong wrong", address="10.0.0.1")
    with clock.frozen(NOON + timedelta(hours=23)):
        jobs.forget_old_attempts()
        assert count("failed_sign_in") == 2
    with clock.frozen(NOON + timedelta(hours=25)):
        jobs.forget_old_attempts()
    assert count("failed_sign_in") == 0


def test_papers_without_a_pdf_are_drawn_once(sqlite_engine: Engine) -> None:
    cast = bring_on(sqlite_engine)
    case_id = cast.open_case(CaseType.INDIVIDUAL, "Nora Lindqvist")
    for day in (9, 10):
        invoice(cast, hold(cast, case_id, "IND50", f"2026-03-{day:02d} 10:00"))
    assert count("document_file") == 0
    jobs.draw_missing_papers()
    jobs.draw_missing_papers()
    assert count("document_file") == 2


def test_a_job_that_fails_says_so_without_what_it_met(caplog: pytest.LogCaptureFixture) -> None:
    def remind() -> None:
        raise ValueError("Nora Lindqvist")

    with caplog.at_level(logging.ERROR):
        jobs._quietly(remind)()
    assert "remind failed: ValueError" in caplog.text and "Nora" not in caplog.text


def test_the_jobs_start_follow_the_clock_rules_at_once_and_stop(sqlite_engine: Engine) -> None:
    bring_on(sqlite_engine)
    scheduler = jobs.start()
    repeated = {job.name for job in jobs.JOBS if job.every is not None}
    assert repeated == {
        "escalate_alerts", "issue_statements", "make_reminders", "send_messages", "forget_old_attempts",
        "draw_missing_papers", "prune_changes", "run_invoicing", "sweep_files", "collect", "erase_inquiries",
        "welcome_adults", "erase_discarded_drafts",
    }
    assert repeated <= {job.id for job in scheduler.get_jobs()} <= {job.name for job in jobs.JOBS}
    for _ in range(200):
        with database.reading() as session:
            kept = session.execute(text("select tzdata_version from practice")).scalar_one()
        if kept and len(scheduler.get_jobs()) == len(repeated):
            break
        time.sleep(0.02)
    assert kept == clock.rules_version()
    scheduler.shutdown(wait=True)
    assert not scheduler.running


def test_one_run_does_every_job_and_says_which_failed(
    sqlite_engine: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    done = []

    def remind() -> None:
        done.append("remind")

    def break_down() -> None:
        raise ValueError("Nora Lindqvist")

    monkeypatch.setattr(jobs, "JOBS", (
        jobs.Job(remind, jobs.MINUTE), jobs.Job(break_down, jobs.MINUTE), jobs.Job(remind, None),
        jobs.Job(remind, timedelta(hours=1))))
    assert jobs.run_once() == ["break_down"] and done == ["remind"] * 3
    assert jobs.run_once(only_every_minute=True) == ["break_down"] and done == ["remind"] * 4
