"""The replica: an in-memory DuckDB per process and database, fed through the application's own connections.

Never DuckDB's sqlite extension: a second SQLite library in the process drops its file locks and loses commits.
"""

import threading
from collections.abc import Callable, Iterable, Sequence
from datetime import date, datetime
from typing import Any

import duckdb
import pyarrow as pa
from sqlalchemy import BigInteger, Boolean, Connection, Date, Engine
from sqlalchemy.types import TypeEngine

from practicerunner.records import changes
from practicerunner.records.base import Base, Moment
from practicerunner.reports.catalogue import BETWEEN, ON_A_DAY, STAGING, VIEWS
from practicerunner.rules.case_types import CASE_TYPES

_LOCK_DOWN = (
    # The order matters: after each of these the one before can no longer be set.
    "set temp_directory = ''",
    "set enable_external_access = false",
    "set global TimeZone = 'UTC'",
    "set memory_limit = '4GB'",
    "set lock_configuration = true",
)
_NO_EXTENSIONS: dict[str, str | bool | int | float | list[str]] = {
    "autoload_known_extensions": "false", "autoinstall_known_extensions": "false",
}
_NEEDING = frozenset(BETWEEN) | {
    view.name for view in VIEWS.values() if any(name in view.path.read_text(encoding="utf-8") for name in BETWEEN)
}
"""What is answered from the tables in between."""
_FROM = frozenset({"ledger_entry", "invoice_line", "charge", "case_file"})
"""The tables from which those are worked out."""
SHOWN = "case_shown"
"""The cases of which a mart may tell whoever asks."""
_FEW = 50  # Up to here parameters are quicker than an Arrow table.


def _duck_type(kind: TypeEngine[Any]) -> str:
    """How a column is kept here. Moments stay naive UTC, as in the records."""
    if isinstance(kind, BigInteger):
        return "bigint"
    if isinstance(kind, Boolean):
        return "boolean"
    if isinstance(kind, Date):
        return "date"
    return "timestamp" if isinstance(kind, Moment) else "varchar"


_TYPES = {
    table: tuple(_duck_type(Base.metadata.tables[table].c[column].type) for column in columns)
    for table, columns in changes.COLUMNS.items()
}


class Replica:
    """The copy of one database. ``refresh`` makes it equal to what is committed; ``query`` reads it from any thread."""

    def __init__(self, source: Engine) -> None:
        self._source = source
        self._refreshing = threading.Lock()
        self._outdated = True
        self.watermark: int | None = None
        self._duck = duckdb.connect(":memory:", config=_NO_EXTENSIONS)
        for statement in _LOCK_DOWN:
            self._duck.execute(statement)
        self._writer = self._duck.cursor()
        self._lay_out()

    def _lay_out(self) -> None:
        for table in changes.COLUMNS:
            self._create(table)
        self._duck.execute(
            "create table case_type_capability (case_type varchar, heading varchar, main_note varchar, "
            "counts_as_client boolean, asks_intake boolean, asks_consent boolean, charged_each boolean, "
            "one_person boolean, clinical_fields boolean, clinical_fields_switchable boolean)"
        )
        self._duck.executemany(
            "insert into case_type_capability values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
            [
                [kind.value, able.heading, able.main_note.value, able.counts_as_client, able.intake, able.consent,
                 able.charged_each, able.most == 1, able.clinical_fields, able.clinical_fields_switchable]
                for kind, able in CASE_TYPES.items()
            ],
        )
        self._duck.execute(
            "create view as_of as "
            "select cast(getvariable('day') as date) as day, cast(getvariable('moment') as timestamp) as moment"
        )
        # Where a day is compared with many rows: as a column it would be joined to each of them.
        self._duck.execute("create macro day_asked() as cast(getvariable('day') as date)")
        for name, path in {**STAGING, **ON_A_DAY}.items():
            self._duck.execute(f"create view {name} as {path.read_text(encoding='utf-8')}")
        # Of the cases those that somebody may read at all: not the ones in which they take part as a client.
        self._duck.execute(
            f"create view {SHOWN} as select * from stg_case_file "  # noqa: S608 (names are our own)
            "where not coalesce(list_contains(cast(getvariable('own_cases') as bigint[]), case_id), false)"
        )
        self._work_out()
        for view in VIEWS.values():
            self._duck.execute(f"create view {view.name} as {view.path.read_text(encoding='utf-8')}")

    def _work_out(self) -> None:
        """Fill the tables in between anew: once after a change, not once for every question."""
        for name, path in BETWEEN.items():
            self._writer.execute(f"create or replace table {name} as {path.read_text(encoding='utf-8')}")

    def _create(self, table: str) -> None:
        columns = (f"{name} {kind}" for name, kind in zip(changes.COLUMNS[table], _TYPES[table], strict=True))
        self._writer.execute(f"create or replace table {table} ({', '.join(columns)})")

    def refresh(self) -> int | None:
        """Bring in what was committed since the last time; readers see all of it or nothing.

        Returns the number of changed rows, ``None`` after a full load.
        """
        with self._refreshing, changes.snapshot(self._source) as snapshot:
            if self.watermark is not None:
                changed = changes.since(snapshot, self.watermark)
                if changed.complete:
                    if changed.ids:
                        self._write(self._apply, snapshot, changed.ids)
                        self._outdated = self._outdated or not _FROM.isdisjoint(changed.ids)
                    self.watermark = changed.head
                    return sum(map(len, changed.ids.values()))
            head = changes.head(snapshot)
            self._write(self._load, snapshot)
            self._outdated = True
            self.watermark = head
            return None

    def _write(self, step: Callable[..., None], *parts: Any) -> None:
        self._writer.execute("begin")
        try:
            step(*parts)
            self._writer.execute("commit")
        except BaseException:
            self._writer.execute("rollback")
            raise

    def _load(self, snapshot: Connection) -> None:
        for table in changes.COLUMNS:
            self._create(table)
            for batch in changes.rows(snapshot, table):
                self._insert(table, batch)

    def _apply(self, snapshot: Connection, ids: dict[str, set[int]]) -> None:
        for table, touched in ids.items():
            self._delete(table, touched)
            for batch in changes.rows(snapshot, table, self.watermark):
                self._insert(table, batch)

    def _delete(self, table: str, ids: set[int]) -> None:
        key = changes.COLUMNS[table][0]
        if len(ids) <= _FEW:
            self._writer.execute(f"delete from {table} where {key} in ({_marks(len(ids))})", list(ids))  # noqa: S608
            return
        self._writer.register("incoming", pa.table({"id": pa.array(list(ids), pa.int64())}))
        self._writer.execute(f"delete from {table} where {key} in (select id from incoming)")  # noqa: S608
        self._writer.unregister("incoming")

    def _insert(self, table: str, rows: Sequence[Sequence[Any]]) -> None:
        columns = changes.COLUMNS[table]
        if len(rows) <= _FEW:
            one = f"({_marks(len(columns))})"
            values = [value for row in rows for value in row]
            self._writer.execute(f"insert into {table} values {', '.join([one] * len(rows))}", values)  # noqa: S608
            return
        arrays = [pa.array(values) for values in zip(*rows, strict=True)]
        casts = (f"cast({name} as {kind})" for name, kind in zip(columns, _TYPES[table], strict=True))
        self._writer.register("incoming", pa.table(arrays, names=list(columns)))
        self._writer.execute(f"insert into {table} select {', '.join(casts)} from incoming")  # noqa: S608
        self._writer.unregister("incoming")

    def query(
        self, sql: str, parameters: Iterable[Any] = (), *, day: date | None = None, moment: datetime | None = None,
        but: Iterable[int] = (),
    ) -> tuple[list[str], list[tuple[Any, ...]]]:
        """Columns and rows of a statement, as of a day and a moment (naive UTC), without some cases.

        Every call has a cursor of its own.
        """
        if self._outdated and any(name in sql for name in _NEEDING):
            with self._refreshing:
                if self._outdated:
                    self._write(self._work_out)
                    self._outdated = False
        with self._duck.cursor() as cursor:
            cursor.execute(f"set variable day = {_literal(day)}; set variable moment = {_literal(moment)}")
            if left_out := sorted(but):
                cursor.execute("set variable own_cases = cast(? as bigint[])", [left_out])
            found = cursor.execute(sql, list(parameters))
            return [column[0] for column in found.description or ()], found.fetchall()


def _literal(value: date | None) -> str:
    """A day or a moment as it stands in a statement; two of them are set in one go."""
    return "null" if value is None else f"'{value.isoformat()}'"


def _marks(count: int) -> str:
    return ", ".join("?" * count)


_replicas: dict[str, Replica] = {}
_making = threading.Lock()


def replica_of(source: Engine) -> Replica:
    """The process's one replica of a database; empty until its first ``refresh``."""
    url = source.url.render_as_string(hide_password=False)
    with _making:
        if url not in _replicas:
            _replicas[url] = Replica(source)
        return _replicas[url]


def prune(source: Engine) -> int:
    """Empty the change log behind this process's replica; returns how many rows went. Another process loads anew."""
    watermark = replica_of(source).watermark
    if watermark is None:
        return 0
    with source.execution_options(writes=True).begin() as connection:
        return changes.prune(connection, watermark)
