"""What the reports may read: the replicated columns, and which of their rows have changed since a watermark.

A watermark says up to where the change log is known. On SQLite it is the last ``seq``, because one writer at a time
makes ``seq`` the order of commits. On PostgreSQL ``seq`` is not that order, so it is the oldest transaction that was
still running: reading from there on sees a few rows twice and none never.
"""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, Engine, text

COLUMNS: dict[str, tuple[str, ...]] = {
    "appointment": ("id", "case_id", "provider_id", "status", "local_date", "starts_at", "ends_at", "fee_cents"),
    "attendance": ("id", "appointment_id", "case_id", "person_id", "status"),
    "billing_arrangement": ("id", "case_id", "person_id", "valid_from", "valid_until"),
    "case_file": ("id", "type", "name", "status", "provider_id", "opened_on", "needs_review", "capacity",
                  "clinical_fields"),
    "charge": ("id", "service_id", "provider_id"),
    "critical_alert": ("id", "case_id", "raised_at", "closed_at"),
    "invoice": ("id", "number", "payer_id", "case_id", "issued_on", "due_on"),
    "invoice_line": ("id", "invoice_id", "charge_id", "service_date", "amount_cents"),
    "ledger_entry": ("id", "case_id", "payer_id", "kind", "amount_cents", "effective_on", "invoice_id", "charge_id",
                     "payment_id"),
    "note": ("id", "case_id", "appointment_id", "person_id", "kind", "status", "author_id", "submitted_at",
             "locked_at", "review_on"),
    "paper_received": ("id", "case_id", "person_id", "kind", "received_on"),
    "participant": ("id", "case_id", "person_id", "status", "joined_on", "left_on"),
    "payer": ("id", "name", "person_id"),
    "payer_share": ("id", "arrangement_id", "payer_id"),
    "payment": ("id", "case_id"),
    "payment_event": ("id", "payment_id", "status"),
    "payment_method": ("id", "payer_id", "removed"),
    "practice": ("id", "zone", "note_due_hours", "late_entry_days"),
    "service": ("id", "name"),
    "signature": ("id", "note_id", "role", "signed_at"),
    "staff": ("id", "first_name", "last_name"),
    "uninvoiced": ("appointment_id", "case_id"),
}
"""Table → the columns that the reports read, its key first: no text of a note, no memo, address or birth date."""

LOG = "change_log"
"""A change of "the change log" itself is a mark: what came before the watermark in its ``row_id`` is gone."""
UNKNOWN = 2**62
"""The mark after which every replica loads anew, because changes may have gone unseen."""
_BATCH = 50_000


@dataclass(frozen=True, slots=True)
class Changes:
    """What happened since a watermark."""

    head: int
    """The watermark to go on from next time."""
    complete: bool
    """Whether nothing was removed from the log in between; if not, only a full load is right."""
    ids: dict[str, set[int]]
    """Table → ids of the rows that were written or deleted."""


@contextmanager
def snapshot(source: Engine) -> Iterator[Connection]:
    """A connection whose every read is of the same moment."""
    options = {"isolation_level": "REPEATABLE READ", "postgresql_readonly": True}
    with source.connect() as connection:
        yield connection.execution_options(**options) if connection.dialect.name == "postgresql" else connection


def _since(connection: Connection) -> str:
    return "xid >= cast(:since as xid8)" if connection.dialect.name == "postgresql" else f"{LOG}.seq > :since"


def _value(connection: Connection, watermark: int) -> int | str:
    return str(watermark) if connection.dialect.name == "postgresql" else watermark


def _head(connection: Connection) -> str:
    if connection.dialect.name == "postgresql":
        return "cast(cast(pg_snapshot_xmin(pg_current_snapshot()) as text) as bigint)"
    return f"(select coalesce(max(seq), 0) from {LOG})"  # noqa: S608


def head(connection: Connection) -> int:
    """The watermark of this snapshot."""
    return int(connection.execute(text(f"select {_head(connection)}")).scalar_one())


def since(connection: Connection, watermark: int) -> Changes:
    """What changed since the watermark, in one statement."""
    query = text(
        f"select {_head(connection)}, table_name, row_id from (select 1 as one) as one "  # noqa: S608
        f"left join {LOG} on {_since(connection)}"
    )
    ids: dict[str, set[int]] = {}
    new_head, complete = watermark, True
    for at, table, row_id in connection.execute(query, {"since": _value(connection, watermark)}):
        new_head = at
        if table == LOG:
            complete = complete and row_id <= watermark
        elif table in COLUMNS:
            ids.setdefault(table, set()).add(row_id)
    # A log that ends before the watermark belongs to another copy of the database.
    return Changes(new_head, complete and new_head >= watermark, ids)


def rows(connection: Connection, table: str, since: int | None = None) -> Iterator[Sequence[Sequence[Any]]]:
    """The replicated columns of all rows of a table, or of those that changed since a watermark, in batches."""
    query = f"select {', '.join(COLUMNS[table])} from {table}"  # noqa: S608
    parameters: dict[str, Any] = {}
    if since is not None:
        changed = f"select row_id from {LOG} where table_name = :table and {_since(connection)}"  # noqa: S608
        query += f" where {COLUMNS[table][0]} in ({changed})"
        parameters = {"table": table, "since": _value(connection, since)}
    found = connection.execute(text(query), parameters, execution_options={"stream_results": since is None})
    yield from found.partitions(_BATCH)


def prune(connection: Connection, watermark: int) -> int:
    """Remove what every known replica has read, leaving a mark for those that are not known. Returns how many rows."""
    older = "xid < cast(:upto as xid8)" if connection.dialect.name == "postgresql" else "seq <= :upto"
    upto = {"upto": _value(connection, watermark)}
    if connection.execute(text(f"select 1 from {LOG} where {older} limit 1"), upto).first() is None:  # noqa: S608
        return 0
    # The mark comes first: an emptied log would count from one again on SQLite.
    mark(connection, watermark)
    return connection.execute(text(f"delete from {LOG} where {older}"), upto).rowcount  # noqa: S608


def mark(connection: Connection, watermark: int = UNKNOWN) -> None:
    """Write that the log is incomplete before a watermark."""
    connection.execute(
        text(f"insert into {LOG} (table_name, row_id) values (:table, :upto)"),  # noqa: S608
        {"table": LOG, "upto": watermark},
    )
