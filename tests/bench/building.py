"""Making the measured practice: bulk inserts once, kept in the temporary folder, then a copy for each run."""

import hashlib
import os
import shutil
import sqlite3
import tempfile
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from time import perf_counter
from typing import Any

from sqlalchemy import ColumnDefault, Engine

from practicerunner import clock, database
from practicerunner.records import billing, uninvoiced
from practicerunner.records.base import Base
from practicerunner.records.triggers import ensure_triggers, expected_triggers, present_triggers
from practicerunner.settings import ROOT
from tests.bench import volume
from tests.bench.volume import NOW, Scale, Table, stamp, tables


@dataclass(frozen=True, slots=True)
class Volume:
    """The measured practice, ready to work on."""

    url: str
    scale: Scale
    built_seconds: float
    """How long the building took; 0 where the kept file was there."""

    @property
    def engine(self) -> Engine:
        """Where it lives."""
        return database.engine(self.url)


def _defaults(table: str, given: Iterable[str]) -> dict[str, Any]:
    """Columns that the rows do not give and that may not be empty → the value that the records would put there."""
    found: dict[str, Any] = {}
    for column in Base.metadata.tables[table].columns:
        if column.name in given or (column.nullable and column.name != "created_at"):
            continue
        if column.name == "created_at":
            found[column.name] = stamp(NOW)
        elif isinstance(column.default, ColumnDefault) and column.default.is_scalar:
            value = column.default.arg
            found[column.name] = int(value) if isinstance(value, bool) else getattr(value, "value", value)
        elif column.default is not None:
            found[column.name] = "{}"
    return found


def _full(table: Table) -> Table:
    """The table with every column that has to be filled."""
    name, columns, rows = table
    more = _defaults(name, columns)
    tail = tuple(more.values())
    return name, (*columns, *more), (row + tail for row in rows)


def _version(scale: Scale) -> str:
    """Changes with the generator and with the schema, so that a kept file is never out of date."""
    schema = sorted((ROOT / "practicerunner" / "migrations" / "versions").glob("*.py"))
    programs = "".join(file.read_text(encoding="utf-8") for file in (*map(Path, (__file__, volume.__file__)), *schema))
    facts = f"{programs}{sorted(expected_triggers('sqlite'))}{scale}"
    return hashlib.sha256(facts.encode()).hexdigest()[:16]


def build_sqlite(path: Path, scale: Scale) -> None:
    """Make the file: schema, rows, triggers, and a check that every reference leads somewhere."""
    engine = database.engine(f"sqlite:///{path}")
    database.migrate(engine)
    with engine.connect() as connection:
        triggers = present_triggers(connection)
    engine.dispose()
    raw = sqlite3.connect(path, isolation_level=None)
    for pragma in ("foreign_keys=off", "synchronous=off", "cache_size=-400000", "temp_store=memory"):
        raw.execute(f"pragma {pragma}")
    raw.execute("begin")
    for trigger in triggers:
        raw.execute(f"drop trigger {trigger}")
    for name, columns, rows in map(_full, tables(scale)):
        raw.executemany(f"insert into {name} ({', '.join(columns)}) values ({', '.join('?' * len(columns))})", rows)
    raw.execute("commit")
    dangling = raw.execute("pragma foreign_key_check").fetchall()
    if dangling:
        raise ValueError(f"The measured practice does not hang together: {dangling[:3]}")
    raw.execute("pragma wal_checkpoint(truncate)")
    raw.close()
    with engine.execution_options(writes=True).begin() as connection:
        ensure_triggers(connection)
    engine.dispose()


def sqlite_volume(folder: Path, scale: Scale) -> Volume:
    """A fresh copy of the measured practice in ``folder``; built first if there is none to copy."""
    keep = Path(tempfile.gettempdir()) / f"practicerunner-bench-{os.getuid()}"
    keep.mkdir(mode=0o700, exist_ok=True)
    kept = keep / f"{scale.clients}-{_version(scale)}.db"
    seconds = 0.0
    if not kept.exists():
        for old in keep.glob(f"{scale.clients}-*.db"):
            old.unlink()
        making = keep / f"{kept.stem}-{os.getpid()}.making"
        began = perf_counter()
        build_sqlite(making, scale)
        seconds = perf_counter() - began
        making.replace(kept)
    path = folder / "practice.db"
    shutil.copy(kept, path)
    return Volume(f"sqlite:///{path}", scale, seconds)


def check(measured: Volume) -> None:
    """That the measured practice is what it says: its size, and a ledger that agrees with the open amounts."""
    scale = measured.scale
    with clock.frozen(NOW), database.reading(measured.engine) as session:
        wrong = billing.wrong_open_amounts(session)
        if wrong:
            raise ValueError(f"{len(wrong)} open amounts do not agree with the ledger.")
        if uninvoiced.wrong_uninvoiced(session):
            raise ValueError("What is kept of appointments to invoice is not what there is.")
        counted = {
            table: session.connection().exec_driver_sql(f"select count(*) from {table}").scalar()
            for table in ("case_file", "appointment", "invoice", "payment")
        }
        is_open = session.connection().exec_driver_sql(
            "select count(*) from open_invoice where open_cents > 0"
        ).scalar()
    expected = {
        "case_file": scale.clients, "appointment": scale.appointments, "invoice": scale.invoices,
        "payment": scale.invoices - scale.unpaid,
    }
    if counted != expected or is_open != scale.open:
        raise ValueError(f"The measured practice has {counted}, {is_open} open, not {expected}, {scale.open} open.")
