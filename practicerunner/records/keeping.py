"""How the database keeps which appointments can be invoiced and were not, whoever writes what that depends on.

To find them among all appointments takes a second in a large practice. So each change of an attendance, a charge or a
fee looks at its own appointment anew, in its own transaction. ``uninvoiced.wrong_uninvoiced`` holds the two equal.
"""

from collections.abc import Iterable

from sqlalchemy import Connection, text

from practicerunner.vocabulary import AttendanceStatus

TABLE = "uninvoiced"
CHARGEABLE = (AttendanceStatus.ATTENDED, AttendanceStatus.NO_SHOW, AttendanceStatus.LATE_CANCELLED)
"""Attendance for which somebody is charged."""
UNRECORDED = (AttendanceStatus.SCHEDULED, AttendanceStatus.CONFIRMED, AttendanceStatus.ARRIVED)
"""Attendance that still has to be recorded."""


def _words(statuses: Iterable[AttendanceStatus]) -> str:
    return ", ".join(f"'{status.value}'" for status in statuses)


_ADD = f"""insert into {TABLE} (appointment_id, case_id) select id, case_id from appointment p where p.fee_cents > 0
and exists (select 1 from attendance a where a.appointment_id = p.id and a.status in ({_words(CHARGEABLE)}))
and not exists (select 1 from attendance a where a.appointment_id = p.id and a.status in ({_words(UNRECORDED)}))
and not exists (select 1 from charge c where c.appointment_id = p.id and c.withdrawn_at is null)"""  # noqa: S608
_LOOK = f"delete from {TABLE} where appointment_id in ({{ids}}); {_ADD} and p.id in ({{ids}});"  # noqa: S608
_BOTH = "old.appointment_id, new.appointment_id"
_EVENTS = {
    ("attendance", "insert"): "new.appointment_id", ("attendance", "update"): _BOTH,
    ("attendance", "delete"): "old.appointment_id", ("charge", "insert"): "new.appointment_id",
    ("charge", "update"): _BOTH, ("charge", "delete"): "old.appointment_id",
    ("appointment", "update of fee_cents, case_id"): "new.id",
}
"""Table and event → the appointments that it concerns."""

SQLITE = {
    f"kept_{TABLE}_{table}_{event.split()[0]}": (
        f"create trigger kept_{TABLE}_{table}_{event.split()[0]} after {event} on {table} begin "
        f"{_LOOK.format(ids=ids)} end"
    ) for (table, event), ids in _EVENTS.items()
}
POSTGRES = {
    f"kept_{TABLE}_{table}": (
        f"create trigger kept_{TABLE}_{table} after {event} on {table} for each row execute function keep_{TABLE}()"
    ) for table, event in {
        "attendance": "insert or update or delete", "charge": "insert or update or delete",
        "appointment": "update of fee_cents, case_id",
    }.items()
}
# Of two who change one appointment at once, the second sees what the first has done.
POSTGRES_FUNCTION = f"""
create or replace function keep_{TABLE}() returns trigger language plpgsql as $$
declare about bigint[];
begin
    if tg_table_name = 'appointment' then about := array[new.id];
    elsif tg_op = 'INSERT' then about := array[new.appointment_id];
    elsif tg_op = 'DELETE' then about := array[old.appointment_id];
    else about := array[old.appointment_id, new.appointment_id]; end if;
    perform 1 from appointment where id = any(about) order by id for no key update;
    {_LOOK.format(ids="select unnest(about)")}
    return null;
end $$;
"""


def fill(connection: Connection) -> None:
    """Look at every appointment anew: after rows may have changed while nobody was listening."""
    connection.execute(text(f"delete from {TABLE}"))  # noqa: S608
    connection.execute(text(_ADD))
