"""How the database keeps which appointments can be invoiced and were not, whoever writes what that depends on.

An appointment waits as long as somebody who came, or missed it at a fee, is not charged, or as long as a payer's part
of what was charged stands on no invoice and no draft and waits for no week's or month's invoice. To find them among all
appointments takes a second in a large practice. So each change of an attendance, a charge, a payer's part or a fee
looks at its own appointment anew, in its own transaction, and a change of what was agreed at those of its case.
``uninvoiced.wrong_uninvoiced`` holds the two equal.
"""

from collections.abc import Iterable

from sqlalchemy import Connection, text

from practicerunner.vocabulary import AttendanceStatus, FeeTerms, InvoicingRhythm, Word

TABLE = "uninvoiced"
MISSED = (AttendanceStatus.NO_SHOW, AttendanceStatus.LATE_CANCELLED)
"""Attendance for which the policy's part of the fee is charged."""
CHARGEABLE = (AttendanceStatus.ATTENDED, *MISSED)
"""Attendance for which somebody is charged."""
UNRECORDED = (AttendanceStatus.SCHEDULED, AttendanceStatus.CONFIRMED, AttendanceStatus.ARRIVED)
"""Attendance that still has to be recorded."""
GATHERED = tuple(rhythm for rhythm in InvoicingRhythm if rhythm.waits)
"""How often payers get an invoice whose parts wait for it."""


def _words(words: Iterable[Word]) -> str:
    return ", ".join(f"'{word.value}'" for word in words)


def _loose(share: str) -> str:
    """That a payer's part stands nowhere. Most parts are on no draft: SQLite must not look for those."""
    return f"coalesce({share}.invoice_id, {share}.draft_id) is null and {share}.rhythm not in ({_words(GATHERED)})"


# The same as rules.fees: what was agreed with a participant or a case as a whole, and the policy's part of it.
_COUNTS = "(b.valid_until is null or b.valid_until >= p.local_date)"
# Where a sponsor's limits may be used up by then it is the more of what was agreed and of the standard fee.
_SPONSORED = "(b.sponsor_id is null or b.sponsor_until is null or b.sponsor_until >= p.local_date)"
_LIMITED = "b.sponsor_id is not null and coalesce(b.sponsor_cents, b.sponsor_sessions) is not null"
_AGREED = f"""coalesce((select case
    when {_COUNTS} and b.fee_terms = '{FeeTerms.FIXED.value}' then b.fee_cents
    when {_COUNTS} and b.fee_terms = '{FeeTerms.SLIDING_SCALE.value}'
        then (2 * p.fee_cents * b.fee_basis_points + 10000) / 20000
    when {_COUNTS} and b.fee_terms = '{FeeTerms.SPONSOR.value}' and {_SPONSORED}
        then case when {_LIMITED} and p.fee_cents > b.fee_cents then p.fee_cents else b.fee_cents end end
    from billing_arrangement b where b.case_id = p.case_id and b.valid_from <= p.local_date
    and (b.person_id is null or b.person_id = a.person_id) order by b.valid_from desc limit 1), p.fee_cents)"""  # noqa: S608
_OWED = f"""(2 * {_AGREED} * case when a.status in ({_words(MISSED)})
    then (select missed_fee_basis_points from practice limit 1) else 10000 end + 10000) / 20000"""  # noqa: S608
_CHARGED = "c.appointment_id = p.id and c.withdrawn_at is null and (c.person_id is null or c.person_id = a.person_id)"
_ADD = f"""insert into {TABLE} (appointment_id, case_id) select p.id, p.case_id from appointment p
where exists (select 1 from attendance a where a.appointment_id = p.id and a.status in ({_words(CHARGEABLE)}) and (
    (not exists (select 1 from charge c where {_CHARGED}) and {_OWED} > 0)
    or exists (select 1 from charge c join charge_share s on s.charge_id = c.id
        where {_CHARGED} and (c.settled_at is not null or not c.in_advance) and {_loose("s")})))
and not exists (select 1 from attendance a where a.appointment_id = p.id and a.status in ({_words(UNRECORDED)}))"""  # noqa: S608
_LOOK = f"delete from {TABLE} where appointment_id in ({{ids}}); {_ADD} and p.id in ({{ids}});"  # noqa: S608

_OF_CHARGE = "select appointment_id from charge where id = {row}.charge_id and appointment_id is not null"
_OF_CASE = "select id from appointment where case_id = {row}.case_id"
_ALL_MISSED = f"select appointment_id from attendance where status in ({_words(MISSED)})"  # noqa: S608
_CHANGED = "old.missed_fee_basis_points <> new.missed_fee_basis_points"
_EVENTS = {
    ("attendance", "insert"): ("new.appointment_id", ""),
    ("attendance", "update"): ("old.appointment_id, new.appointment_id", ""),
    ("attendance", "delete"): ("old.appointment_id", ""),
    ("charge", "insert"): ("new.appointment_id", ""),
    ("charge", "update"): ("old.appointment_id, new.appointment_id", ""),
    ("charge", "delete"): ("old.appointment_id", ""),
    # Most parts are written with the invoice that carries them, and change nothing.
    ("charge_share", "insert"): (_OF_CHARGE.format(row="new"), _loose("new")),
    ("charge_share", "update"): (_OF_CHARGE.format(row="new"), f"({_loose('old')}) <> ({_loose('new')})"),
    ("charge_share", "delete"): (_OF_CHARGE.format(row="old"), _loose("old")),
    ("billing_arrangement", "insert"): (_OF_CASE.format(row="new"), ""),
    ("billing_arrangement", "update"): (_OF_CASE.format(row="new"), ""),
    ("billing_arrangement", "delete"): (_OF_CASE.format(row="old"), ""),
    ("appointment", "update of fee_cents, case_id, local_date"): ("new.id", ""),
    ("practice", "update of missed_fee_basis_points"): (_ALL_MISSED, _CHANGED),
}
"""Table and event → the appointments that it concerns, and when it does."""


def _name(table: str, event: str) -> str:
    return f"kept_{TABLE}_{table}_{event.split(maxsplit=1)[0]}"


def _when(condition: str) -> str:
    return f"when ({condition}) " if condition else ""


SQLITE = {
    _name(table, event): (
        f"create trigger {_name(table, event)} after {event} on {table} {_when(condition)}begin "
        f"{_LOOK.format(ids=ids)} end"
    ) for (table, event), (ids, condition) in _EVENTS.items()
}
POSTGRES = {
    f"kept_{TABLE}_{table}": (
        f"create trigger kept_{TABLE}_{table} after {events} on {table} for each row execute function keep_{TABLE}()"
    ) for table, events in {
        "attendance": "insert or update or delete", "charge": "insert or update or delete",
        "charge_share": "insert or update or delete", "billing_arrangement": "insert or update or delete",
        "appointment": "update of fee_cents, case_id, local_date", "practice": "update of missed_fee_basis_points",
    }.items()
}


def _array(ids: str) -> str:
    return f"array({ids})" if ids.startswith("select") else f"array[{ids}]"


_BRANCHES = "\n    els".join(
    f"if tg_table_name = '{table}' and tg_op = '{event.split()[0].upper()}' then "
    f"if {condition or 'true'} then about := {_array(ids)}; end if;"
    for (table, event), (ids, condition) in _EVENTS.items()
)
# Of two who change one appointment at once, the second sees what the first has done.
POSTGRES_FUNCTION = f"""
create or replace function keep_{TABLE}() returns trigger language plpgsql as $$
declare about bigint[];
begin
    {_BRANCHES}
    end if;
    perform 1 from appointment where id = any(about) order by id for no key update;
    {_LOOK.format(ids="select unnest(about)")}
    return null;
end $$;
"""


def fill(connection: Connection) -> None:
    """Look at every appointment anew: after rows may have changed while nobody was listening."""
    connection.execute(text(f"delete from {TABLE}"))  # noqa: S608
    connection.execute(text(_ADD))
