"""Importing clients from the console."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import Engine, func, select

from practicerunner import database
from practicerunner.__main__ import main
from practicerunner.records.audit import AuditRow
from practicerunner.records.people import Person
from practicerunner.vocabulary import Outcome
from tests.cast import Cast, at, bring_on
from tests.scenarios.test_sc22 import file_of_120

SYNTHEA = Path(__file__).parents[1] / "data" / "synthea_patients.csv"


@pytest.fixture
def house(sqlite_engine: Engine) -> Iterator[Cast]:
    made = bring_on(sqlite_engine)
    with at("2026-11-12 09:00"):
        yield made


def people(cast: Cast) -> int:
    with database.reading(cast.engine) as session:
        return session.scalar(select(func.count()).select_from(Person))


def test_a_dry_run_reports_and_saves_nothing_then_the_import_reports_the_same(
    house: Cast, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "clients.csv").write_bytes(file_of_120())
    say = ["import", "clients", str(tmp_path / "clients.csv"), "--map", "Kind of case=case_type"]
    figures = "120 rows: 114 new, 3 duplicate, 2 impossible date, 1 incomplete couple, 0 invalid"
    assert main([*say, "--dry-run"]) == 0
    assert figures in (dry := capsys.readouterr().out)
    assert "Line 82: impossible date. Date of birth: There is no such day." in dry
    assert "Opening balances: 8,100.00" in dry
    assert people(house) == 0
    assert main(say) == 1
    assert "--leave-out-bad-rows" in capsys.readouterr().err
    assert people(house) == 0
    assert main([*say, "--leave-out-bad-rows"]) == 0
    assert figures in capsys.readouterr().out
    assert people(house) == 114


def test_a_column_that_must_stay_outside_is_named_and_refused(
    house: Cast, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["import", "clients", str(SYNTHEA), "--dry-run"]) == 0
    said = capsys.readouterr().out
    assert "SSN: left out, it holds social security numbers" in said
    assert "999-" not in said
    assert main(["import", "clients", str(SYNTHEA), "--map", "SSN=pronouns"]) == 1
    assert "never imported" in capsys.readouterr().err
    assert people(house) == 0


def test_somebody_who_is_no_owner_is_refused_and_that_is_logged(
    house: Cast, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["import", "clients", str(SYNTHEA), "--as", "tom@linden.example"]) == 1
    assert "Your role does not allow this." in capsys.readouterr().err
    with database.reading(house.engine) as session:
        refused = session.scalars(select(AuditRow.staff_id).where(AuditRow.outcome == Outcome.REFUSED)).all()
    assert refused == [house.staff["Tom"]]
    assert people(house) == 0


@pytest.mark.parametrize(("more", "sentence"), [
    (["--map", "Nothing=phone"], "no column"), (["--map", "FIRST=shoe_size"], "no field"),
    (["--as", "nobody@linden.example"], "--as EMAIL"), (["--provider", "tom@linden.example"], "sees clients"),
])
def test_what_was_said_wrongly_gets_its_sentence(
    house: Cast, capsys: pytest.CaptureFixture[str], more: list[str], sentence: str
) -> None:
    assert main(["import", "clients", str(SYNTHEA), *more]) == 1
    assert sentence in capsys.readouterr().err
    assert people(house) == 0
