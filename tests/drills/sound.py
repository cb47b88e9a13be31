"""What is never true of a practice in order, asked of the whole database; each question answers with rows at fault."""

from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import Engine, text

from practicerunner import database
from practicerunner.records import audit

OVERLAPPING = """
select a.id, b.id from hold a join hold b on b.resource_id = a.resource_id and b.id > a.id
    and b.starts_at < a.ends_at and b.ends_at > a.starts_at
where not a.overriding and not b.overriding
"""
WRONG_HOLDS = """
select a.id, a.status, count(h.id), sum(case when h.starts_at = a.starts_at and h.ends_at = a.ends_at then 1 else 0 end)
from appointment a left join location l on l.id = a.location_id
left join hold h on h.appointment_id = a.id
group by a.id, a.status, a.provider_id, l.id, l.is_room
having count(h.id) <> case when a.status = 'cancelled' then 0 when l.is_room then 2 else 1 end
    or count(distinct h.resource_id) <> count(h.id)
    or sum(case when h.id is not null and not (
        h.starts_at = a.starts_at and h.ends_at = a.ends_at
        and (h.resource_id = a.provider_id or (l.is_room and h.resource_id = l.id))
    ) then 1 else 0 end) > 0
"""
ORPHANS = """
select id from attendance t where not exists (select 1 from appointment a where a.id = t.appointment_id)
union all
select id from hold h where appointment_id is not null
    and not exists (select 1 from appointment a where a.id = h.appointment_id)
union all
select id from hold where appointment_id is null and time_block_id is null
"""
UNATTENDED = "select id from appointment a where not exists (select 1 from attendance t where t.appointment_id = a.id)"
IN_TWO_PLACES = """
select x.person_id, a.id, b.id from attendance x join appointment a on a.id = x.appointment_id
join attendance y on y.person_id = x.person_id join appointment b on b.id = y.appointment_id
    and b.id > a.id and b.starts_at < a.ends_at and b.ends_at > a.starts_at
where a.status <> 'cancelled' and b.status <> 'cancelled' and a.override_reason = '' and b.override_reason = ''
    and x.status not in ('late_cancelled', 'cancelled_by_client', 'cancelled_by_provider', 'excused')
    and y.status not in ('late_cancelled', 'cancelled_by_client', 'cancelled_by_provider', 'excused')
"""
TWICE_IN_SERIES = """
select series_id, series_date from appointment where series_id is not null group by series_id, series_date
having count(*) > 1
union all
select a.series_id, a.series_date from appointment a
join series_skip s on s.series_id = a.series_id and s.series_date = a.series_date
"""
HALF_KEYS = "select id from appointment where (series_id is null) <> (series_date is null)"
TIMES = "select id, local_date, local_time, minutes, zone, fold, starts_at, ends_at from appointment"


def faults(engine: Engine) -> dict[str, list[Any]]:
    """Everything that is wrong with the schedule, by what it is; empty where all is well."""
    asked = {
        "holds overlap": OVERLAPPING, "somebody is in two places": IN_TWO_PLACES,
        "holds are not the appointment's": WRONG_HOLDS, "orphans": ORPHANS,
        "nobody takes part": UNATTENDED, "twice in a series": TWICE_IN_SERIES, "half a series key": HALF_KEYS,
    }
    with engine.connect() as connection:
        found = {what: [tuple(row) for row in connection.execute(text(query))] for what, query in asked.items()}
        found["the wall and UTC differ"] = [
            tuple(row) for row in connection.execute(text(TIMES)) if not _agrees(*row[1:])
        ]
    return {what: rows for what, rows in found.items() if rows}


def _agrees(day: Any, at: Any, minutes: int, zone: str, fold: int, starts: Any, ends: Any) -> bool:
    """Whether date, time, zone and fold give the start in UTC, and the minutes the end."""
    local = datetime.fromisoformat(f"{day}T{at}").replace(tzinfo=ZoneInfo(zone), fold=fold)
    first = local.astimezone(UTC).replace(tzinfo=None)
    begins, stops = (datetime.fromisoformat(str(moment)) for moment in (starts, ends))
    return (first, first + timedelta(minutes=minutes)) == (begins, stops)


def broken_chain(engine: Engine) -> int | None:
    """The first row of the audit log that does not follow from the one before."""
    with database.reading(engine) as session:
        return audit.first_broken_row(session)


def number(engine: Engine, what: str) -> int:
    """How many rows: a table, with a condition if need be."""
    with engine.connect() as connection:
        return int(connection.execute(text(f"select count(*) from {what}")).scalar_one())


def unguarded(engine: Engine) -> set[str]:
    """Guards against overlap, and triggers, that are not there."""
    missing = database.missing_triggers(engine)
    with engine.connect() as connection:
        if engine.dialect.name == "sqlite":
            if connection.execute(text("pragma integrity_check")).scalar_one() != "ok":
                missing.add("integrity")
        elif not connection.execute(text("select 1 from pg_constraint where conname = 'hold_no_overlap'")).scalar():
            missing.add("hold_no_overlap")
    return missing
