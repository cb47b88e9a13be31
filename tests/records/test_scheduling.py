"""Looking for conflicts goes by the indexes, for one appointment as for a year of them, on both engines."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import Engine, event

from practicerunner import database
from practicerunner.records import scheduling

FIRST = datetime(2026, 9, 8, 14, tzinfo=UTC)
A_YEAR = [(FIRST + timedelta(weeks=n), FIRST + timedelta(weeks=n, minutes=50)) for n in range(52)]


MUCH = """
insert into appointment (id, created_at, revision, case_id, provider_id, service_id, status, local_date, local_time,
    minutes, zone, starts_at, ends_at, format, fee_cents, memo, series_moved, fold, cancelled_reason, override_reason)
select n, now(), 1, mod(n, 100), mod(n, 10), 1, 'scheduled', date '2026-01-01', time '09:00', 50, 'UTC',
    timestamp '2026-06-01 09:00' + n / 10 * interval '1 day', timestamp '2026-06-01 09:50' + n / 10 * interval '1 day',
    'video', 100, '', false, 0, '', '' from generate_series(1, 5000) n;
insert into attendance (id, created_at, revision, appointment_id, case_id, person_id, status)
select id, now(), 1, id, case_id, case_id, 'scheduled' from appointment;
insert into hold (id, created_at, resource_id, starts_at, ends_at, appointment_id, overriding)
select id, now(), provider_id, starts_at, ends_at, id, false from appointment;
analyze;
"""


@pytest.fixture
def much(engine: Engine) -> Engine:
    """So many rows on PostgreSQL that it is worth its while to use an index; SQLite does not weigh."""
    if engine.dialect.name == "postgresql":
        with engine.begin() as connection:
            connection.exec_driver_sql("set local session_replication_role = replica")
            connection.exec_driver_sql(MUCH)
    return engine


def plan_of(engine: Engine, look: Any, ids: list[int]) -> str:
    """How the engine goes about what ``look`` asks about a year of stretches."""
    asked: list[tuple[str, Any]] = []

    def remember(_: Any, __: Any, statement: str, parameters: Any, *___: Any) -> None:
        asked.append((statement, parameters))

    event.listen(engine, "before_cursor_execute", remember)
    with database.reading(engine) as session:
        look(session, ids, A_YEAR)
        event.remove(engine, "before_cursor_execute", remember)
        statement, parameters = asked[-1]
        explain = "explain query plan" if engine.dialect.name == "sqlite" else "explain"
        rows = session.connection().exec_driver_sql(f"{explain} {statement}", parameters)
        return "\n".join(str(row[-1]) for row in rows)


def test_holds_are_searched_by_resource_and_time(much: Engine) -> None:
    for ids in ([7], [7, 8, 9]):
        lines = plan_of(much, scheduling.taken, ids).splitlines()
        if much.dialect.name == "sqlite":
            within = "(resource_id=? AND starts_at>? AND starts_at<?)"
            assert f"SEARCH h USING INDEX ix_hold_resource_starts {within}" in lines
        else:
            (search,) = [line for line in lines if "Index Cond" in line]
            assert [word in search for word in ("resource_id", "starts_at >", "starts_at <")] == [True] * 3
        assert [line for line in lines if "SCAN h" in line or "Seq Scan" in line] == []


def test_what_people_attend_is_searched_by_person_and_then_one_by_one(much: Engine) -> None:
    for ids in ([7], [7, 8, 9]):
        lines = plan_of(much, scheduling.attending, ids)
        if much.dialect.name == "sqlite":
            assert "SEARCH a USING INDEX ix_attendance_person_id (person_id=?)" in lines
            assert "SEARCH p USING INTEGER PRIMARY KEY (rowid=?)" in lines
        else:
            assert "Index Scan on ix_attendance_person_id" in lines
            assert "Index Scan using pk_appointment" in lines
