"""Twenty ask for a month's statements at the same moment, and three work on them: one run, one statement each."""

import threading
from datetime import date

import pytest
from sqlalchemy import select

from practicerunner import database
from practicerunner.records.statement_runs import StatementRun
from practicerunner.records.statements import Statement
from practicerunner.server import statement_worker
from practicerunner.vocabulary import CaseType, RunState
from practicerunner.workflows.statement_runs import IssueStatements, issue_statements
from tests.cast import Cast, at, hold, invoice
from tests.drills.conftest import MANY
from tests.drills.crowd import Crowd, doing, kinds
from tests.drills.sound import broken_chain

pytestmark = pytest.mark.slow
NAMES = ("Ada Grant", "Bela Roth", "Cora Diaz", "Dora Lund", "Edda Moor", "Finn Ray")


def test_of_twenty_who_ask_one_is_heard_and_three_workers_issue_each_statement_once(
    cast: Cast, everybody: Crowd
) -> None:
    with at("2026-08-01 09:00"):
        cases = [cast.open_case(CaseType.INDIVIDUAL, name) for name in NAMES]
    for place, case_id in enumerate(cases):
        invoice(cast, hold(cast, case_id, "IND50", f"2026-10-{6 + place:02d} 10:00"))
    with at("2026-11-02 09:00"):
        tom = cast.actor("Tom")
        outcomes = everybody.together([
            doing(cast, tom, issue_statements, IssueStatements(month=date(2026, 10, 1))) for _ in range(MANY)])
        assert kinds(outcomes) == {"int": 1, "RunUnderWay": MANY - 1}, outcomes
        workers = [threading.Thread(target=statement_worker.work) for _ in range(3)]
        for worker in workers:
            worker.start()
        for worker in workers:
            worker.join()
    with database.reading(cast.engine) as session:
        run = session.scalars(select(StatementRun)).one()
        found = session.execute(select(Statement.number, Statement.payer_id).order_by(Statement.number)).all()
    assert (run.state, run.done, run.issued) == (RunState.DONE, len(NAMES), len(NAMES))
    assert [row.number for row in found] == [f"ST-2026-{place:04d}" for place in range(1, len(NAMES) + 1)]
    assert len({row.payer_id for row in found}) == len(NAMES)
    assert broken_chain(cast.engine) is None
