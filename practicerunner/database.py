"""The engine, reading and transaction: the only commit.

SQLite (default) runs in WAL mode with synchronous=FULL, and every write transaction starts IMMEDIATE, because
check-then-insert in a deferred one double-books. PostgreSQL runs the same code at READ COMMITTED with row locks.
"""

import sqlite3
import threading
from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, Engine, create_engine, event, inspect
from sqlalchemy.exc import OperationalError
from sqlalchemy.orm import Session

import practicerunner.records  # noqa: F401  (every table is known before the first query)
from practicerunner.errors import NotPermitted, PracticeError
from practicerunner.records import audit
from practicerunner.records.base import Base
from practicerunner.records.triggers import ensure_triggers, lacking_triggers
from practicerunner.settings import settings
from practicerunner.vocabulary import Outcome

_PRAGMAS = ("journal_mode=wal", "synchronous=full", "foreign_keys=on", "busy_timeout=30000", "cache_size=-64000")
_PATIENCE = 30.0
"""Seconds that a write waits for those before it; as long as ``busy_timeout`` lets it wait for other processes."""
_engines: dict[str, Engine] = {}
_engines_lock = threading.Lock()
_turns: defaultdict[str, threading.RLock] = defaultdict(threading.RLock)


class NotSaved(PracticeError):
    """The database did not answer, so nothing was saved. Please try again in a moment."""


def engine(url: str | None = None) -> Engine:
    """The process's one engine for ``url`` (default: the settings')."""
    url = url or settings().database_url
    with _engines_lock:
        if url not in _engines:
            _engines[url] = _make_engine(url)
        return _engines[url]


def _make_engine(url: str) -> Engine:
    if url.startswith("postgresql://"):
        url = url.replace("postgresql://", "postgresql+psycopg://", 1)
    if not url.startswith("sqlite"):
        return create_engine(url, pool_size=20, max_overflow=20, pool_pre_ping=True, hide_parameters=True)
    made = create_engine(url, pool_size=20, max_overflow=20, hide_parameters=True)

    @event.listens_for(made, "connect")
    def _set_pragmas(connection: sqlite3.Connection, _: Any) -> None:
        connection.isolation_level = None
        for pragma in _PRAGMAS:
            connection.execute(f"pragma {pragma}")

    @event.listens_for(made, "begin")
    def _begin(connection: Connection) -> None:
        writes = connection.get_execution_options().get("writes", False)
        connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")

    return made


@contextmanager
def transaction(bound: Engine | None = None) -> Iterator[Session]:
    """One act: everything in it is saved together with its audit rows, or nothing is.

    A refusal (``NotPermitted``) is written to the audit log in a transaction of its own, after the roll-back.
    """
    bound = bound or engine()
    with _turn(bound):
        session = Session(bound, autoflush=False, expire_on_commit=False)
        try:
            session.connection(execution_options={"writes": True})
            yield session
            session.flush()
            audit.append_pending(session)
            session.commit()
        except NotPermitted as refusal:
            session.rollback()
            _record_refusal(bound, refusal)
            raise
        except OperationalError as trouble:
            session.rollback()
            raise NotSaved from trouble
        except BaseException:
            session.rollback()
            raise
        finally:
            session.close()


@contextmanager
def _turn(bound: Engine) -> Iterator[None]:
    """One write after the other on SQLite, each called as soon as the one before it has finished.

    Left to SQLite they would sleep and look again, which twenty at once do for half a second while nobody writes.
    """
    if bound.dialect.name != "sqlite":
        yield
        return
    turn = _turns[bound.url.database or ""]
    if not turn.acquire(timeout=_PATIENCE):
        raise NotSaved
    try:
        yield
    finally:
        turn.release()


@contextmanager
def reading(bound: Engine | None = None) -> Iterator[Session]:
    """A read of one consistent moment. A refusal met while reading goes to the audit log too."""
    bound = bound or engine()
    session = Session(bound, autoflush=False, expire_on_commit=False)
    try:
        yield session
    except NotPermitted as refusal:
        session.rollback()
        _record_refusal(bound, refusal)
        raise
    finally:
        session.close()


def _record_refusal(bound: Engine, refusal: NotPermitted) -> None:
    with transaction(bound) as session:
        if refusal.leaves is not None:
            session.add(refusal.leaves)
        audit.note(
            session, staff_id=getattr(refusal.actor, "staff_id", None),
            person_id=getattr(refusal.actor, "person_id", None), action=refusal.action,
            resource=refusal.resource, resource_id=refusal.resource_id, case_id=refusal.case_id,
            outcome=Outcome.REFUSED, detail=str(refusal),
        )


def migrate(bound: Engine | None = None) -> None:
    """Bring the schema to the newest version, forward only, then make sure that every trigger is there."""
    bound = bound or engine()
    config = Config()
    config.set_main_option("script_location", "practicerunner:migrations")
    with bound.execution_options(writes=True).begin() as connection:
        config.attributes["connection"] = connection
        command.upgrade(config, "head")
        ensure_triggers(connection)


def drop_everything(bound: Engine | None = None) -> None:
    """Remove every table with all that is in it, so that ``migrate`` begins anew. Only for the demo practice."""
    with (bound or engine()).execution_options(writes=True).begin() as connection:
        Base.metadata.drop_all(connection)
        connection.exec_driver_sql("drop table if exists alembic_version")


def is_set_up(bound: Engine | None = None) -> bool:
    """Whether a practice lives in the database."""
    bound = bound or engine()
    if not inspect(bound).has_table("practice"):
        return False
    with bound.connect() as connection:
        return connection.exec_driver_sql("select 1 from practice limit 1").first() is not None


def schema_is_current(bound: Engine | None = None) -> bool:
    """Whether the schema is exactly the newest that this program knows, neither older nor newer."""
    config = Config()
    config.set_main_option("script_location", "practicerunner:migrations")
    with (bound or engine()).connect() as connection:
        found = MigrationContext.configure(connection).get_current_heads()
    return set(found) == set(ScriptDirectory.from_config(config).get_heads())


def missing_triggers(bound: Engine | None = None) -> set[str]:
    """Triggers that have to be there and are not, or not as they have to be."""
    with (bound or engine()).connect() as connection:
        return set(lacking_triggers(connection))


def pragmas(bound: Engine | None = None) -> dict[str, str]:
    """The settings of SQLite as the engine's own connections have them; nothing on PostgreSQL."""
    bound = bound or engine()
    if bound.dialect.name != "sqlite":
        return {}
    with bound.connect() as connection:
        names = [pragma.partition("=")[0] for pragma in _PRAGMAS]
        return {name: str(connection.exec_driver_sql(f"pragma {name}").scalar()) for name in names}
