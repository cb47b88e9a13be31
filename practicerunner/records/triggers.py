"""What the database itself refuses or records: overlaps, edits of frozen rows, the change log for reports, what waits.

``ensure_triggers`` is idempotent and runs after every migration and at start-up, because Alembic's batch mode on
SQLite drops a table's triggers with the table.
"""

import hashlib
import re
from collections.abc import Iterable
from itertools import product

from sqlalchemy import Connection, inspect, text

from practicerunner.records import changes, guards, keeping
from practicerunner.vocabulary import EntryKind

REPLICATED = tuple(changes.COLUMNS)
"""Tables whose changes feed the reports. Of ``note`` only states and dates are read, never its text."""

FROZEN = (
    "access_decision", "access_end", "access_notice",
    "addendum", "addendum_signature", "alert_step", "amendment_addendum", "amendment_recipient",
    "amendment_withdrawal", "amendment_word",
    "asker_message", "audit_log", "basis_decision", "came_of_age", "claim_choice", "credit_note",
    "diagnosis_change", "document_change", "document_file", "due_charge", "estimate_delivery", "estimate_item",
    "estimate_request", "follow_up", "form_response", "form_version", "good_faith_estimate", "inquiry_entry", "invoice",
    "invoice_line", "invoice_void", "issued_document", "ledger_entry", "message_attachment", "note_version", "payment",
    "payment_event", "plan_agreement", "practice_file", "private_authorization", "private_handout", "private_release",
    "processor_charge",
    "refund", "review_assignment", "review_comment", "signature",
    "statement", "statement_case", "superbill", "superbill_line", "superbill_void", "thread_message",
)
"""Tables whose rows are never updated or deleted once written, but for the doors below."""

_UNDONE_IMPORT = (
    f"old.kind = '{EntryKind.OPENING}' and exists (select 1 from imported_row join import_run "
    "on import_run.id = run_id where case_id = old.case_id and undone_at is not null and not kept)"
)
"""The one door in the ledger: an opening balance leaves with its case, while the import that brought both is undone."""

_ERASED_INQUIRY = (
    "exists (select 1 from inquiry where inquiry.id = old.inquiry_id and inquiry.erased_at is not null)"
)
"""The one door to what was written beneath an inquiry: it goes with what the inquiry said."""

_GONE_ON = (
    f"{_ERASED_INQUIRY} or exists (select 1 from asker_thread "
    "where asker_thread.inquiry_id = old.inquiry_id and asker_thread.thread_id is not null)"
)
"""The doors to a conversation with somebody who asked: it goes with the inquiry, or into a thread of their case."""

_DOORS = {"ledger_entry": _UNDONE_IMPORT, "inquiry_entry": _ERASED_INQUIRY, "asker_message": _GONE_ON}
"""Frozen table → when one of its rows is deleted after all."""

_ON = re.compile(r" on (\w+)")

OVERLAP = "the provider or room is already taken"
_UNTIL = "ends_at > new.starts_at and starts_at < new.ends_at"


_CLOSED_FIXED = ("critical_alert", "breach", "amendment_request")
_CLOSED = {"update": "old.closed_at is not null", "delete": "1 = 1"}
"""What never happens to a critical alert (C72), a breach or a request to amend: a change of what closed it, and that it
goes away."""

_DOCUMENT_COLUMNS = (
    "id", "case_id", "file_name", "media_type", "size", "sha256", "stored_name", "author_id", "created_at",
)
_DOCUMENT_CHANGE = (
    "exists (select 1 from document_change where document_id = new.id and revision = new.revision "
    "and old_class = old.access_class and new_class = new.access_class)"
)
"""The one door to another class: the frozen row that says who changed it, and why."""


def _document_changes(differs: str) -> str:
    """The condition under which an update touches what an uploaded document is, or brings a withdrawn one back."""
    columns = " or ".join(f"old.{column} {differs} new.{column}" for column in _DOCUMENT_COLUMNS)
    return (
        f"{columns} or old.archived_at is not null "
        f"or (old.access_class <> new.access_class and not {_DOCUMENT_CHANGE})"
    )


_HOUR_FIXED = {
    "supervision_session": ("old.signed_at is not null", ("update", "delete")),
    "supervision_attendee": (
        "exists (select 1 from supervision_session s where s.id = {row}.session_id and s.signed_at is not null)",
        ("insert", "update", "delete"),
    ),
}
"""Table → when a row of an hour of supervision is fixed: from the supervisor's signature on (C32)."""


def _logging(key: str) -> str:
    """The function that writes down which row of a table with this key was changed."""
    return "log_change" if key == "id" else f"log_change_of_{key}"


def _sqlite() -> dict[str, str]:
    made = keeping.SQLITE | guards.SQLITE
    for table in REPLICATED:
        for event, row in (("insert", "new"), ("update", "new"), ("delete", "old")):
            name, key = f"change_{table}_{event}", f"{row}.{changes.COLUMNS[table][0]}"
            made[name] = (
                f"create trigger {name} after {event} on {table} begin "
                f"insert into change_log (table_name, row_id) values ('{table}', {key}); end"
            )
    for table in FROZEN:
        for event in ("update", "delete"):
            name = f"frozen_{table}_{event}"
            unless = f"when not ({_DOORS[table]}) " if event == "delete" and table in _DOORS else ""
            made[name] = (
                f"create trigger {name} before {event} on {table} {unless}begin "
                f"select raise(abort, '{table} rows are never changed'); end"
            )
    for table, (event, condition) in product(_CLOSED_FIXED, _CLOSED.items()):
        name = f"fixed_{table}_{event}"
        made[name] = (
            f"create trigger {name} before {event} on {table} when {condition} begin "
            f"select raise(abort, '{table} rows are never changed once closed'); end"
        )
    for table, (condition, events) in _HOUR_FIXED.items():
        for event in events:
            name, when = f"fixed_{table}_{event}", condition.format(row="new" if event == "insert" else "old")
            made[name] = (
                f"create trigger {name} before {event} on {table} when {when} begin "
                "select raise(abort, 'a signed hour of supervision is never changed'); end"
            )
    for event, when in (("update", f"when {_document_changes('is not')} "), ("delete", "")):
        name = f"fixed_document_{event}"
        made[name] = (
            f"create trigger {name} before {event} on document {when}begin "
            "select raise(abort, 'document rows are never changed'); end"
        )
    for event in ("insert", "update"):
        # A hold is at most a day long, so the search in the index has two ends.
        made[f"overlap_hold_{event}"] = (
            f"create trigger overlap_hold_{event} before {event} on hold when not new.overriding begin "
            f"select raise(abort, '{OVERLAP}') where exists (select 1 from hold where resource_id = new.resource_id "
            f"and starts_at > datetime(new.starts_at, '-1 day') and {_UNTIL} and not overriding and id <> new.id); end"
        )
    return made


def _refusal(table: str) -> str:
    """The function of PostgreSQL that refuses a change of a frozen table's row."""
    return f"refuse_{table.partition('_')[0]}_change" if table in _DOORS else "refuse_change"


_POSTGRES_FUNCTIONS = "".join(f"""
create or replace function {_refusal(table)}() returns trigger language plpgsql as $$
begin
    if tg_op = 'DELETE' then
        if {door} then return old; end if;
    end if;
    raise exception '{table} rows are never changed' using errcode = 'integrity_constraint_violation';
end $$;
""" for table, door in _DOORS.items())
_POSTGRES_FUNCTIONS += "".join(f"""
create or replace function {_logging(key)}() returns trigger language plpgsql as $$
begin
    if tg_op = 'DELETE' then insert into change_log (table_name, row_id) values (tg_table_name, old.{key});
    else insert into change_log (table_name, row_id) values (tg_table_name, new.{key}); end if;
    return null;
end $$;
""" for key in sorted({columns[0] for columns in changes.COLUMNS.values()}))
_POSTGRES_FUNCTIONS += """
create or replace function refuse_change() returns trigger language plpgsql as $$
begin raise exception '%% rows are never changed', tg_table_name
    using errcode = 'integrity_constraint_violation'; end $$;
create or replace function refuse_hour_change() returns trigger language plpgsql as $$
begin
    if exists (
        select 1 from supervision_session s where s.signed_at is not null
        and s.id = case when tg_op = 'INSERT' then new.session_id else old.session_id end
    ) then
        raise exception 'a signed hour of supervision is never changed'
            using errcode = 'integrity_constraint_violation';
    end if;
    if tg_op = 'DELETE' then return old; end if;
    return new;
end $$;
"""
_POSTGRES_FUNCTIONS += f"""
create or replace function refuse_document_change() returns trigger language plpgsql as $$
begin
    if tg_op = 'UPDATE' then
        if not ({_document_changes('is distinct from')}) then return new; end if;
    end if;
    raise exception 'document rows are never changed' using errcode = 'integrity_constraint_violation';
end $$;
"""


def _postgres() -> dict[str, str]:
    made = keeping.POSTGRES | guards.POSTGRES
    for table in REPLICATED:
        name = f"change_{table}"
        made[name] = (
            f"create trigger {name} after insert or update or delete on {table} "
            f"for each row execute function {_logging(changes.COLUMNS[table][0])}()"
        )
    for table in FROZEN:
        name = f"frozen_{table}"
        made[name] = (
            f"create trigger {name} before update or delete on {table} "
            f"for each row execute function {_refusal(table)}()"
        )
    for table, (event, condition) in product(_CLOSED_FIXED, _CLOSED.items()):
        name = f"fixed_{table}_{event}"
        made[name] = (
            f"create trigger {name} before {event} on {table} for each row when ({condition}) "
            "execute function refuse_change()"
        )
    made["fixed_supervision_session"] = (
        "create trigger fixed_supervision_session before update or delete on supervision_session for each row "
        f"when ({_HOUR_FIXED['supervision_session'][0]}) execute function refuse_change()"
    )
    made["fixed_supervision_attendee"] = (
        "create trigger fixed_supervision_attendee before insert or update or delete on supervision_attendee "
        "for each row execute function refuse_hour_change()"
    )
    made["fixed_document"] = (
        "create trigger fixed_document before update or delete on document for each row "
        "execute function refuse_document_change()"
    )
    return made


_POSTGRES_OVERLAP = """
alter table hold add constraint hold_no_overlap exclude using gist (
    numrange(
        resource_id::numeric * 68719476736 + extract(epoch from starts_at),
        resource_id::numeric * 68719476736 + extract(epoch from ends_at)
    ) with &&
) where (not overriding)
"""


def expected_triggers(dialect: str) -> set[str]:
    """Names of all triggers that have to be there on this engine."""
    return set(_sqlite() if dialect == "sqlite" else _postgres())


def present_triggers(connection: Connection) -> set[str]:
    """Names of the triggers that are there."""
    query = (
        "select name from sqlite_master where type = 'trigger'" if connection.dialect.name == "sqlite"
        else "select tgname from pg_trigger where not tgisinternal"
    )
    return set(connection.scalars(text(query)))


def lacking_triggers(connection: Connection) -> dict[str, str]:
    """Triggers that are not there, or not as this program writes them, each with its statement.

    A schema before its last migration lacks tables or columns, and what guards them comes later.
    """
    wanted = _sqlite() if connection.dialect.name == "sqlite" else _postgres()
    there, tables = _written(connection), set(inspect(connection).get_table_names())
    lacking = {
        name: statement for name, statement in wanted.items()
        if there.get(name) != _mark(connection, statement) and _on(statement) in tables
        and (keeping.TABLE in tables or not name.startswith("kept_"))
    }
    if "fixed_note_update" in lacking:
        columns = {column["name"] for column in inspect(connection).get_columns("note")}
        if not columns >= guards.NOTE_COLUMNS:
            del lacking["fixed_note_update"]
    return lacking


def _written(connection: Connection) -> dict[str, str | None]:
    """Trigger → its text on SQLite, on PostgreSQL the mark of its text, which writes the text itself anew."""
    query = (
        "select name, sql as written from sqlite_master where type = 'trigger'" if connection.dialect.name == "sqlite"
        else "select tgname as name, obj_description(oid, 'pg_trigger') as written from pg_trigger "
        "where not tgisinternal"
    )
    return {row.name: row.written for row in connection.execute(text(query))}


def _mark(connection: Connection, statement: str) -> str:
    """How the database remembers a trigger's text."""
    if connection.dialect.name == "sqlite":
        return "CREATE TRIGGER" + statement.removeprefix("create trigger")
    return hashlib.sha256(statement.encode()).hexdigest()


def _on(statement: str) -> str:
    """The table that a trigger is on."""
    found = _ON.search(statement)
    return found[1] if found else ""


def _make(connection: Connection) -> set[str]:
    """Make what is lacking, in place of what is there under its name. Returns the names that were not there at all."""
    there, lacking = present_triggers(connection), lacking_triggers(connection)
    for name, statement in lacking.items():
        table = _on(statement)
        on = "" if connection.dialect.name == "sqlite" else f" on {table}"
        if name in there:
            connection.exec_driver_sql(f"drop trigger {name}{on}")
        connection.exec_driver_sql(statement)
        if on:
            connection.exec_driver_sql(f"comment on trigger {name}{on} is '{_mark(connection, statement)}'")
    return lacking.keys() - there


def ensure_triggers(connection: Connection) -> None:
    """Create whatever is missing or was written otherwise, in the caller's transaction."""
    if connection.dialect.name == "sqlite":
        _mark_unseen(connection, _make(connection))
        return
    connection.exec_driver_sql(_POSTGRES_FUNCTIONS + guards.POSTGRES_FUNCTIONS + keeping.POSTGRES_FUNCTION)
    missing = _make(connection)
    guarded = connection.scalar(text("select 1 from pg_constraint where conname = 'hold_no_overlap'"))
    if not guarded:
        connection.exec_driver_sql(_POSTGRES_OVERLAP)
    transaction_known = connection.scalar(
        text("select 1 from information_schema.columns where table_name = 'change_log' and column_name = 'xid'")
    )
    if not transaction_known:
        # seq is not commit order on PostgreSQL: the replica reads by transaction id (DATA 7).
        connection.exec_driver_sql(
            "alter table change_log add column xid xid8 not null default pg_current_xact_id()"
        )
        connection.exec_driver_sql("create index ix_change_log_xid on change_log (xid)")
    _mark_unseen(connection, missing)


def _mark_unseen(connection: Connection, missing: Iterable[str]) -> None:
    """When rows may have changed while nobody was listening, say so in the change log and look at them anew."""
    if any(name.startswith("change_") for name in missing):
        changes.mark(connection)
    if any(name.startswith("kept_") for name in missing):
        keeping.fill(connection)
