"""PostgreSQL databases that are kept from test to test, and brought back to how they were before each.

Making a database costs more than most tests, and a new one has to be learned anew by the server: its tables, plans
and connections. So a worker keeps one of each kind. Before the next test nothing of the one before is left: no row,
no number drawn from a sequence, no lock, no transaction, no setting of a connection. A database whose schema or
statistics a test has changed is thrown away.
"""

from collections.abc import Callable
from typing import Any

import psycopg
from psycopg import sql
from sqlalchemy import Dialect, Engine, event
from sqlalchemy.util import LRUCache

from practicerunner import database
from practicerunner.reports import replica

_NOTICED = """
create function kept.notice() returns event_trigger language plpgsql as $$
begin insert into kept.changed values (tg_tag); end $$;
create event trigger kept_notices on ddl_command_end execute function kept.notice();
"""
_OTHERS = "from pg_stat_activity where datname = current_database() and pid <> pg_backend_pid()"
_IN_USE = f"""
select (select count(*) {_OTHERS}), exists (
    select from pg_locks join pg_database on pg_database.oid = pg_locks.database
    where datname = current_database() and pid <> pg_backend_pid()
)
"""
_FIRST_OF_OURS = 16384
"""Object ids below are those of the server's own tables."""
_CHANGED = (
    "select exists (select from kept.changed) "
    f"or exists (select from pg_statistic where starelid >= {_FIRST_OF_OURS})"
)
_FEW = 4
"""So many idle connections are kept; the twenty of a crowd are not."""
_DUST = 50
"""After so many tests the dead rows are swept out."""

_learned: dict[str, tuple[Dialect, LRUCache[Any, Any]]] = {}
"""Kind of database → how statements are written for it, and those that were."""


def learned(made: Engine) -> Engine:
    """The engine, knowing every statement that this process has compiled for its kind, as a long-running one would."""
    kind = made.dialect.name
    if kind not in _learned:
        made.connect().close()
        _learned[kind] = made.dialect, LRUCache(5_000)
    made.dialect, made._compiled_cache = _learned[kind]
    return made


def _over(_: object) -> None:
    raise RuntimeError("This engine was a test's that is over.")


class Kept:
    """One database, as it was when it was made."""

    def __init__(self, url: str, make: Callable[[], None]) -> None:
        self.url, self._make = url, make
        self._keeper: psycopg.Connection | None = None
        self._given: Engine | None = None
        self._uses = 0

    def fresh(self) -> Engine:
        """The engine for the next test, with the database as it was made. Nobody gets in by the last test's engine."""
        if self._given is not None:
            event.listen(self._given, "engine_connect", _over)
        if self._keeper is None or not self._restore(self._keeper):
            self.forget()
            self._make()
            self._keeper = psycopg.connect(self.url, autocommit=True)
            self._remember(self._keeper)
            self._engine = learned(database._make_engine(self.url))
        database._engines[self.url] = self._given = self._engine.execution_options()
        replica._replicas.pop(self._given.url.render_as_string(hide_password=False), None)
        return self._given

    def forget(self) -> None:
        """Close every connection to it."""
        database._engines.pop(self.url, None)
        if self._keeper is not None:
            self._engine.dispose()
            self._keeper.close()
            self._keeper = None

    def _restore(self, keeper: psycopg.Connection) -> bool:
        """Whether it could be brought back to how it was made."""
        try:
            self._quiet(keeper)
            if _one(keeper, _CHANGED):
                return False
            keeper.execute("call kept.restore()")
        except psycopg.OperationalError:
            return False
        self._uses += 1
        if self._uses % _DUST == 0:
            keeper.execute("vacuum")
        return True

    def _quiet(self, keeper: psycopg.Connection) -> None:
        """End every session but our own idle ones, and those too if they hold something."""
        pool = self._engine.pool
        idle = pool.checkedin()  # type: ignore[attr-defined]
        sessions, locks = keeper.execute(_IN_USE).fetchone() or (0, False)
        if locks or sessions != idle or idle > _FEW:
            self._engine.dispose()
            keeper.execute(f"select pg_terminate_backend(pid, 10000) {_OTHERS}")
            return
        ours = [self._engine.raw_connection() for _ in range(idle)]
        for one in ours:
            one.driver_connection.execute("reset all", prepare=False)  # type: ignore[union-attr]
            one.driver_connection.execute("discard temp", prepare=False)  # type: ignore[union-attr]
            one.commit()
            one.close()

    def _remember(self, keeper: psycopg.Connection) -> None:
        """Keep a copy of every row and the place of every sequence beside the tables, and how to bring them back."""
        keeper.execute("create schema kept")
        keeper.execute("create table kept.changed (tag text)")
        steps: list[sql.Composable] = []
        tables = [row[0] for row in keeper.execute("select tablename from pg_tables where schemaname = 'public'")]
        for table in tables:
            steps.append(sql.SQL("delete from public.{}").format(sql.Identifier(table)))
        for table in tables:
            name = sql.Identifier(table)
            if _one(keeper, sql.SQL("select exists (select from public.{})").format(name)):
                keeper.execute(sql.SQL("create table kept.{0} as table public.{0}").format(name))
                steps.append(sql.SQL("insert into public.{0} overriding system value table kept.{0}").format(name))
        for sequence, last in keeper.execute(
            "select sequencename, last_value from pg_sequences where schemaname = 'public'").fetchall():
            steps.append(sql.SQL("perform setval({}, {}, {})").format(
                sql.Literal(f"public.{sequence}"), sql.Literal(last or 1), sql.Literal(last is not None)))
        keeper.execute(sql.SQL("create procedure kept.restore() language plpgsql as {}").format(sql.Literal(
            f"begin {sql.SQL('; ').join(steps).as_string(keeper)}; end")))
        keeper.execute("set session_replication_role = replica")
        keeper.execute(_NOTICED)
        keeper.execute("delete from kept.changed")


def _one(keeper: psycopg.Connection, question: str | sql.Composable) -> bool:
    row = keeper.execute(question).fetchone()  # type: ignore[arg-type]
    return bool(row and row[0])
