"""The command line."""

import os
import re
import shutil
import sqlite3
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from pydantic import SecretStr
from sqlalchemy import Engine

from practicerunner import clock, database
from practicerunner.__main__ import VERBS, main
from practicerunner.records import practice
from practicerunner.settings import settings
from practicerunner.vocabulary import CaseType, DocumentClass
from practicerunner.workflows import first_run, invitations, sign_in
from practicerunner.workflows.documents import UploadDocument, upload_document
from practicerunner.workflows.first_run import SetUpPractice
from tests.cast import bring_on, hold, invoice

PASSWORD = "four quiet words here"
TABULAR = """<ICD10CM.tabular><version>2027</version><introduction/><chapter><name>5</name>
<desc>Mental, Behavioral and Neurodevelopmental disorders (F01-F99)</desc>
<section id="F40-F48"><desc>Anxiety (F40-F48)</desc><diag><name>F41</name><desc>Other anxiety disorders</desc>
<diag><name>F41.1</name><desc>Generalized anxiety disorder</desc></diag></diag></section></chapter></ICD10CM.tabular>"""
"""A release in the form of the CDC, with one code."""


@pytest.fixture(autouse=True)
def key_file(tmp_path: Path) -> Iterator[None]:
    before, settings().key_file = settings().key_file, tmp_path / "practice.key"
    yield
    settings().key_file = before


def set_up() -> int:
    with database.transaction() as session:
        return first_run.set_up_practice(session, SetUpPractice(
            name="Harbor Light", zone="America/New_York", first_name="Dana", email="dana@harborlight.example",
            password=SecretStr(PASSWORD)), totp_required=False)


def test_every_verb_has_a_line_of_help(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        main(["--help"])
    shown = capsys.readouterr().out
    assert ended.value.code == 0 and all(re.search(rf"^\s+{verb}\s+\S", shown, re.MULTILINE) for verb in VERBS)
    for verb, does in VERBS.items():
        assert does.__doc__, verb
    with pytest.raises(SystemExit) as ended:
        main(["dance"])
    assert ended.value.code == 2


def test_init_makes_the_database_and_a_second_time_changes_nothing(tmp_path: Path) -> None:
    before, settings().database_url = settings().database_url, f"sqlite:///{tmp_path / 'fresh.db'}"
    try:
        assert not database.schema_is_current()
        assert main(["init"]) == 0
        assert database.schema_is_current() and not database.missing_triggers() and not database.is_set_up()
        set_up()
        assert main(["init"]) == 0
        assert main(["init", "--demo"]) == 0  # somebody's practice is never replaced
        with database.reading() as session:
            assert sign_in.demo_accounts(session) == []
    finally:
        database.engine().dispose()
        settings().database_url = before


def test_demo_refuses_to_touch_somebodys_practice(engine: Engine, capsys: pytest.CaptureFixture[str]) -> None:
    set_up()
    assert main(["demo"]) == 1
    assert "There is a practice in this database already" in capsys.readouterr().err


def test_verify_finds_a_changed_row_and_a_missing_guard(
    engine: Engine, capsys: pytest.CaptureFixture[str]
) -> None:
    set_up()
    with database.transaction() as session:
        sign_in.sign_in(session, "dana@harborlight.example", PASSWORD)
    assert main(["verify"]) == 0
    on = "" if engine.dialect.name == "sqlite" else " on audit_log"
    guard = "frozen_audit_log" + ("_update" if engine.dialect.name == "sqlite" else "")
    with engine.execution_options(writes=True).begin() as connection:
        connection.exec_driver_sql(f"drop trigger {guard}{on}")
        connection.exec_driver_sql("update audit_log set action = 'sign_out' where action = 'sign_in'")
    capsys.readouterr()
    assert main(["verify"]) == 1
    said = capsys.readouterr().out
    assert "The audit log was changed at row 2." in said and guard in said


def test_verify_finds_an_open_amount_that_the_ledger_does_not_know(
    engine: Engine, capsys: pytest.CaptureFixture[str]
) -> None:
    cast = bring_on(engine)
    case_id = cast.open_case(CaseType.INDIVIDUAL, "Nora Lindqvist")
    ids = [*invoice(cast, hold(cast, case_id, "IND50", "2026-03-09 10:00")),
           *invoice(cast, hold(cast, case_id, "IND50", "2026-03-10 10:00"))]
    assert main(["verify"]) == 0
    with engine.execution_options(writes=True).begin() as connection:
        connection.exec_driver_sql(f"update open_invoice set open_cents = 16499 where invoice_id = {ids[1]}")
    capsys.readouterr()
    assert main(["verify"]) == 1
    said = capsys.readouterr().out
    assert str(ids[1]) in said and str(ids[0]) not in said


def test_verify_finds_an_appointment_that_waits_for_its_invoice_and_is_not_kept_as_such(
    engine: Engine, capsys: pytest.CaptureFixture[str]
) -> None:
    cast = bring_on(engine)
    case_id = cast.open_case(CaseType.INDIVIDUAL, "Nora Lindqvist")
    ids = [hold(cast, case_id, "IND50", f"2026-03-{day:02d} 10:00") for day in (9, 10, 11)]
    invoice(cast, ids[2])
    assert main(["verify"]) == 0
    with engine.execution_options(writes=True).begin() as connection:
        connection.exec_driver_sql(f"delete from uninvoiced where appointment_id = {ids[1]}")
    capsys.readouterr()
    assert main(["verify"]) == 1
    said = capsys.readouterr().out
    assert str(ids[1]) in said and str(ids[0]) not in said and str(ids[2]) not in said


def test_verify_finds_a_document_whose_file_is_gone(
    engine: Engine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(settings(), "files_dir", tmp_path / "files")
    cast = bring_on(engine)
    case_id = cast.open_case(CaseType.INDIVIDUAL, "Nora Lindqvist")
    made = [cast.do("Tom", upload_document, UploadDocument(
        case_id=case_id, file_name="a.txt", content=b"one", title="A", access_class=DocumentClass.ADMIN,
    )) for _ in range(2)]
    assert main(["verify"]) == 0
    for path in settings().files_dir.iterdir():
        path.rename(path.with_name("elsewhere"))
        break
    capsys.readouterr()
    assert main(["verify"]) == 1
    said = capsys.readouterr().out.splitlines()
    assert len(said) == 1 and said[0] in {f"The file of document {one} is missing." for one in made}


def test_verify_says_what_to_do_with_an_empty_database(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    before, settings().database_url = settings().database_url, f"sqlite:///{tmp_path / 'empty.db'}"
    try:
        sqlite3.connect(tmp_path / "empty.db").close()
        assert main(["verify"]) == 1
    finally:
        database.engine().dispose()
        settings().database_url = before
    assert "practicerunner init" in capsys.readouterr().out


def test_jobs_run_once_apart_from_the_server(engine: Engine, capsys: pytest.CaptureFixture[str]) -> None:
    bring_on(engine)
    assert main(["jobs"]) == 0 and main(["jobs", "--every-minute"]) == 0
    with database.reading() as session:
        assert practice.the_practice(session).tzdata_version == clock.rules_version()
    with pytest.raises(SystemExit):
        main(["jobs", "--every-minute", "--forever"])


@pytest.mark.long
def test_jobs_run_until_they_are_stopped(tmp_path: Path, sqlite_engine: Engine) -> None:
    bring_on(sqlite_engine)
    environment = os.environ | {"DATABASE_URL": settings().database_url}
    running = subprocess.Popen([sys.executable, "-m", "practicerunner", "jobs", "--forever"], env=environment)
    try:
        for _ in range(200):
            with database.reading() as session:
                if practice.the_practice(session).tzdata_version:
                    break
            time.sleep(0.1)
        assert running.poll() is None
        running.terminate()
        assert running.wait(timeout=20) == 0
    finally:
        running.kill()


def test_link_lets_an_owner_back_in(engine: Engine, capsys: pytest.CaptureFixture[str]) -> None:
    dana = set_up()
    assert main(["link", "Dana@harborlight.example"]) == 0
    token = capsys.readouterr().out.strip().rsplit("/", 1)[-1]
    with database.transaction() as session:
        assert invitations.accept_invitation(session, token, "another four quiet words") == dana
    assert main(["link", "nobody@harborlight.example"]) == 1


@pytest.mark.long
def test_codes_says_which_releases_there_are_and_adds_a_later_one_from_its_files(
    tmp_path: Path, diagnosis_codes: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    assert main(["codes"]) == 0
    april = "April 2026: 74,719 codes, valid from 2026-04-01"
    assert capsys.readouterr().out.splitlines() == [april]
    assert main(["codes", "--from", "2026-10-01"]) == 2
    (tmp_path / "tabular.xml").write_text("<nothing/>")
    (tmp_path / "list.txt").write_text("A000    Cholera")
    files = ["--tabular", str(tmp_path / "tabular.xml"), "--list", str(tmp_path / "list.txt"), "--from", "2026-10-01"]
    monkeypatch.setattr(settings(), "codes_file", Path(shutil.copy(diagnosis_codes, tmp_path / "codes.db")))
    assert main(["codes", *files]) == 1
    assert "not the tabular list" in capsys.readouterr().err
    (tmp_path / "tabular.xml").write_text(TABULAR)
    assert main(["codes", *files]) == 0
    assert capsys.readouterr().out.splitlines() == [april, "October 2026: 1 codes, valid from 2026-10-01"]
