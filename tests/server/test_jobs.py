"""The jobs that run without anybody clicking."""

import logging
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


def test_the_jobs_start_and_stop() -> None:
    scheduler = jobs.start()
    assert {job.id for job in scheduler.get_jobs()} == {
        "forget_old_attempts", "draw_missing_papers", "prune_changes",
    }
    scheduler.shutdown(wait=True)
    assert not scheduler.running
