"""What touches a stretch of time, asked as each engine answers it from its indexes; ``scheduling`` asks."""

from sqlalchemy import TextClause, bindparam, text

# Many stretches are one statement with one parameter for all of them: fifty-two searches in an index, whatever else a
# provider has in that year. Left to itself PostgreSQL turns these joins around and reads all of it; "offset 0" forbids.
_TAKEN = {
    "sqlite": """
select h.resource_id, h.starts_at, h.ends_at, h.time_block_id is not null, w.asked
from (
    select cast(value ->> 0 as integer) as asked, value ->> 1 as starts, value ->> 2 as ends, value ->> 3 as before
    from json_each(:stretches)
) w cross join hold h where {touching} order by h.starts_at, w.asked
""",
    "postgresql": """
select h.resource_id, h.starts_at, h.ends_at, h.time_block_id is not null, w.asked
from (
    select (value ->> 0)::int as asked, (value ->> 1)::timestamp as starts, (value ->> 2)::timestamp as ends,
        (value ->> 3)::timestamp as before from json_array_elements(cast(:stretches as json)) as given(value)
) w cross join lateral (select * from hold h where {touching} offset 0) h order by h.starts_at, w.asked
""",
}
_HOLD_TOUCHES = """
h.resource_id in :ids and h.starts_at > w.before and h.starts_at < w.ends and h.ends_at > w.starts
    and coalesce(h.appointment_id, 0) not in :except_ids
"""
# There is no index of people by time, so what each has from the first stretch to the last is read once.
_ATTENDING = {
    "sqlite": """
select a.person_id, p.starts_at, p.ends_at from attendance a cross join appointment p
where a.person_id in :ids and a.status not in :called_off and {touching} order by p.starts_at
""",
    "postgresql": """
select a.person_id, p.starts_at, p.ends_at
from attendance a cross join lateral (select * from appointment p where {touching} offset 0) p
where a.person_id in :ids and a.status not in :called_off order by p.starts_at
""",
}
_APPOINTMENT_TOUCHES = """
p.id = a.appointment_id and p.status <> :cancelled and p.starts_at > :before and p.starts_at < :ends
    and p.id not in :except_ids
"""


def _spelled(statements: dict[str, str], touching: str, *lists: str) -> dict[str, TextClause]:
    """A statement for each engine, with the parameters that are lists."""
    return {
        dialect: text(statement.format(touching=touching)).bindparams(
            *(bindparam(name, expanding=True) for name in lists)
        )
        for dialect, statement in statements.items()
    }


TAKEN_ON = _spelled(_TAKEN, _HOLD_TOUCHES, "ids", "except_ids")
ATTENDING_ON = _spelled(_ATTENDING, _APPOINTMENT_TOUCHES, "ids", "except_ids", "called_off")
