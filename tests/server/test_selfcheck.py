"""Each assumption of the server, broken: the self-check then says so in a sentence, and says nothing when all holds."""

import importlib.util
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import streamlit
from sqlalchemy import Engine
from sqlalchemy import event as listen
from streamlit import config

from practicerunner import cipher, database
from practicerunner.server import selfcheck
from practicerunner.settings import ROOT, settings

VERSION = streamlit.__version__
ONE_SQLITE = "7f00 r-xp /usr/lib/libsqlite3.so.0.8.6\n7f01 r--p /usr/lib/libsqlite3.so.0.8.6\n"


@pytest.fixture
def option(monkeypatch: pytest.MonkeyPatch) -> Callable[[str], Any]:
    """Streamlit's own reading of our config.toml."""
    monkeypatch.setattr(config, "_main_script_path", str(ROOT / "app.py"))
    config.get_config_options(force_reparse=True)
    return config.get_option


def check(option: Callable[[str], Any], **changes: Any) -> list[str]:
    return selfcheck.problems(changes.pop("version", VERSION), option, **changes)


def test_all_is_well_as_installed(sqlite_engine: Engine, option: Callable[[str], Any]) -> None:
    assert check(option) == []


def test_postgresql_is_checked_for_its_version_and_triggers(engine: Engine, option: Callable[[str], Any]) -> None:
    assert check(option, bound=engine) == []
    name = "frozen_ledger_entry" + ("_update" if engine.dialect.name == "sqlite" else "")
    on = "" if engine.dialect.name == "sqlite" else " on ledger_entry"
    with engine.execution_options(writes=True).begin() as connection:
        connection.exec_driver_sql(f"drop trigger {name}{on}")
    (problem,) = check(option, bound=engine)
    assert name in problem


@pytest.mark.parametrize("version", ["1.66.4", "1.68.0", "2.0.0", "1.6"])
def test_another_streamlit_is_refused(sqlite_engine: Engine, option: Callable[[str], Any], version: str) -> None:
    (problem,) = check(option, version=version)
    assert version in problem


@pytest.mark.parametrize(("name", "value"), [
    ("runner.postScriptGC", True), ("server.trustedUserHeaders", {}), ("server.trustedUserHeaders", {"X-User": "user"}),
    ("server.enableXsrfProtection", False), ("server.enableStaticServing", True), ("server.enableAgentApi", True),
    ("client.showErrorDetails", "full"), ("logger.enableRich", True), ("browser.gatherUsageStats", True),
])
def test_an_option_with_another_value_is_refused(
    sqlite_engine: Engine, option: Callable[[str], Any], name: str, value: object
) -> None:
    (problem,) = check(lambda asked: value if asked == name else option(asked))
    assert name in problem


def test_an_option_that_streamlit_forgot_is_refused(sqlite_engine: Engine, option: Callable[[str], Any]) -> None:
    with pytest.raises(RuntimeError):
        config.get_option("runner.noSuchOption")
    (problem,) = check(lambda asked: option("runner.noSuchOption" if asked == "runner.postScriptGC" else asked))
    assert "runner.postScriptGC" in problem


@pytest.mark.parametrize(("pragma", "value"), [
    ("synchronous", "normal"), ("foreign_keys", "off"), ("busy_timeout", "0"), ("journal_mode", "delete"),
])
def test_a_database_connection_with_weaker_settings_is_refused(
    sqlite_engine: Engine, option: Callable[[str], Any], pragma: str, value: str
) -> None:
    @listen.listens_for(sqlite_engine, "checkout")
    def _weaken(connection: Any, *_: Any) -> None:
        connection.execute(f"pragma {pragma}={value}")

    (problem,) = check(option)
    assert pragma in problem


@pytest.mark.parametrize("name", selfcheck.OTHER_SQLITES)
def test_a_second_sqlite_library_is_refused(
    sqlite_engine: Engine, option: Callable[[str], Any], name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / f"{name}.py").write_text("")
    monkeypatch.syspath_prepend(str(tmp_path))
    assert importlib.util.find_spec(name) is not None
    (problem,) = check(option)
    assert name in problem


@pytest.mark.parametrize("mapped", [
    ONE_SQLITE + "7f02 r-xp /srv/duckdb/extensions/v1.5.5/linux_amd64/sqlite_scanner.duckdb_extension\n",
    ONE_SQLITE + "7f02 r-xp /opt/other/libsqlite3.so.3.50\n",
])
def test_a_second_sqlite_that_is_loaded_is_refused(
    sqlite_engine: Engine, option: Callable[[str], Any], mapped: str
) -> None:
    assert check(option, mapped=ONE_SQLITE) == []
    (problem,) = check(option, mapped=mapped)
    assert "second SQLite is loaded" in problem


def test_a_key_file_that_others_can_read_is_refused(sqlite_engine: Engine, option: Callable[[str], Any]) -> None:
    cipher.seal(b"x", "test")
    assert settings().key_file.stat().st_mode & 0o777 == 0o600
    for mode in (0o640, 0o604, 0o660):
        settings().key_file.chmod(mode)
        (problem,) = check(option)
        assert "chmod 600" in problem


def test_an_older_and_a_newer_schema_are_refused(sqlite_engine: Engine, option: Callable[[str], Any]) -> None:
    for version in ("0000", "9999"):
        with sqlite_engine.execution_options(writes=True).begin() as connection:
            connection.exec_driver_sql(f"update alembic_version set version_num = '{version}'")
        (problem,) = check(option)
        assert "practicerunner init" in problem


def test_an_empty_database_is_refused_with_what_to_do(tmp_path: Path, option: Callable[[str], Any]) -> None:
    (problem,) = check(option, bound=database.engine(f"sqlite:///{tmp_path / 'empty.db'}"))
    assert "Run: python -m practicerunner init" in problem
