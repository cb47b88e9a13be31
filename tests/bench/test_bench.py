"""That the bench measures: every operation prints its line, and the bare side writes the rows that ours writes."""

import json
from collections import Counter
from pathlib import Path

import pytest

from practicerunner import clock, database
from practicerunner.records import audit, billing
from practicerunner.workflows.staff import actor_for
from tests.bench import bare
from tests.bench.__main__ import OPS, main
from tests.bench.building import Volume, check, sqlite_volume
from tests.bench.measure import Result, Step
from tests.bench.volume import NOW, OWNER, Scale
from tests.bench.writing import Writing

TINY = Scale(50)
ACTS = ("create_client", "create_appointment", "series_52", "sign_note", "invoice_from_appointment", "payment")
IN_MILLISECONDS = {
    "replica_refresh", "icd_search", "supervision_queue", "documentation_due", "billing_counts", "page_run_clients",
    "page_run_case", "page_run_calendar", "page_run_note", "page_run_messages", "invoice_pdf", "statements_batch",
    "page_run_case_in_batch", "portal_free_slots", "page_run_portal_home", "page_run_portal_messages",
}


@pytest.fixture
def volume(tmp_path: Path) -> Volume:
    return sqlite_volume(tmp_path, TINY)


@pytest.mark.slow
@pytest.mark.long
def test_every_operation_prints_one_line_with_its_figures(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--clients", "50", "--times", "2"]) == 0
    lines = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert tuple(line["op"] for line in lines) == OPS
    for line in lines:
        keys = {"op", "ours_ms", "target", "n"} | (set() if line["op"] in IN_MILLISECONDS else {"limit_ms", "ratio"})
        assert set(line) == keys
        assert line["ours_ms"] > 0
        assert line["n"] == 2


@pytest.mark.slow
def test_an_unknown_operation_is_refused() -> None:
    with pytest.raises(SystemExit):
        main(["--ops", "create_clients"])


@pytest.mark.slow
def test_the_measured_practice_is_of_the_size_it_claims_and_its_ledger_agrees(volume: Volume) -> None:
    check(volume)
    assert Scale().appointments == 500_000
    assert Scale().invoices == 100_000
    assert Scale().invoices - Scale().unpaid == 95_055
    assert Scale().open == 6_748


@pytest.mark.slow
@pytest.mark.parametrize("act", ACTS)
def test_the_bare_side_writes_as_many_rows_of_each_table_as_ours(
    volume: Volume, act: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    written: dict[str, list[Counter[str]]] = {}

    def once_each(op: str, target: float, n: int, ours: Step, limit: Step) -> Result:
        for side in (ours, limit):
            before = _rows(volume)
            side(0)
            written.setdefault(op, []).append(_rows(volume) - before)
        return Result(op, 1, target, 1, 1)

    monkeypatch.setattr("tests.bench.writing.compare", once_each)
    side_by_side = bare.Bare(volume)
    with clock.frozen(NOW):
        with database.reading(volume.engine) as session:
            actor = actor_for(session, OWNER)
        writing = Writing(volume, actor, side_by_side)
        if act == "payment":
            writing.invoice_from_appointment(1)
        getattr(writing, act)(1)
    side_by_side.close()
    ours, limit = written[act]
    assert ours == limit
    assert ours["operation"] == ours["audit_log"] == 1
    with database.reading(volume.engine) as session:
        assert billing.wrong_open_amounts(session) == []
        assert audit.first_broken_row(session) is None


def _rows(volume: Volume) -> Counter[str]:
    found: Counter[str] = Counter()
    with volume.engine.connect() as connection:
        tables = connection.exec_driver_sql("select name from sqlite_master where type = 'table'").scalars().all()
        for table in tables:
            if not table.startswith("sqlite_"):
                found[table] = connection.exec_driver_sql(f"select count(*) from {table}").scalar_one()
    return found
