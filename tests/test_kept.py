"""A test finds nothing of the one before it: no row, no number, no lock, no setting, no other schema."""

from collections.abc import Iterator
from dataclasses import replace

import pytest
from sqlalchemy import Engine, event, text
from sqlalchemy.exc import OperationalError

from practicerunner import database
from practicerunner.records.base import Base
from practicerunner.reports import replica
from practicerunner.vocabulary import CaseType
from tests.cast import Cast, hold, invoice
from tests.kept import Kept

TABLES = sorted(Base.metadata.tables)


def facts(engine: Engine) -> dict[str, object]:
    """All that a test can find: every row of every table, the place of every sequence, every trigger."""
    with engine.connect() as connection:
        return {
            **{name: sorted(map(str, connection.execute(text(f'select * from "{name}"')))) for name in TABLES},
            "sequences": sorted(map(str, connection.execute(text(
                "select sequencename, last_value from pg_sequences where schemaname = 'public'")))),
            "triggers": sorted(connection.scalars(text("select tgname from pg_trigger where not tgisinternal"))),
            "statistics": list(connection.scalars(text("select starelid from pg_statistic where starelid >= 16384"))),
        }


@pytest.fixture(params=["practice", "cast"])
def kept(request: pytest.FixtureRequest, postgresql_cast: Cast, postgresql_kept: dict[str, Kept]) -> Iterator[Kept]:
    """Each of the databases that tests have one after the other."""
    yield postgresql_kept[request.param]


def invoiced(engine: Engine, known: Cast) -> list[str]:
    """Do what writes rows that may never be changed; the numbers of the invoices there are then."""
    cast = replace(known, engine=engine, staff=dict(known.staff))
    case_id = cast.open_case(CaseType.INDIVIDUAL, "Ida Frost")
    invoice(cast, hold(cast, case_id, "IND50", "2026-09-03T10:00"))
    with engine.connect() as connection:
        return list(connection.scalars(text("select number from invoice")))


def test_no_row_and_no_number_is_left_though_nothing_may_be_deleted(
    postgresql_kept: dict[str, Kept], postgresql_cast: Cast,
) -> None:
    kept = postgresql_kept["cast"]
    engine = kept.fresh()
    before = facts(engine)
    first = invoiced(engine, postgresql_cast)
    with engine.begin() as connection:
        connection.execute(text("update staff set email = 'x' || email"))
    during = facts(engine)
    assert {name for name in before if during[name] != before[name]} >= {
        "appointment", "audit_log", "change_log", "hold", "invoice", "invoice_line", "ledger_entry", "sequences",
        "staff",
    }
    engine = kept.fresh()
    assert facts(engine) == before
    assert invoiced(engine, postgresql_cast) == first


def test_it_is_as_one_that_was_just_made(kept: Kept) -> None:
    kept.forget()
    made = facts(kept.fresh())
    assert facts(kept.fresh()) == made


def test_an_open_transaction_is_ended_with_its_locks(kept: Kept) -> None:
    left = kept.fresh().connect()
    left.execute(text("lock table staff in access exclusive mode"))
    left.execute(text("insert into change_log (table_name, row_id) values ('staff', 1)"))
    fresh = kept.fresh()
    with fresh.connect() as connection:
        assert connection.scalar(text("select count(*) from change_log where row_id = 1")) == 0
        assert connection.scalar(text("select count(*) from pg_locks where mode = 'AccessExclusiveLock'")) == 0
    with pytest.raises(OperationalError):
        left.commit()
        left.execute(text("select 1"))
    left.invalidate()
    left.close()


@pytest.mark.parametrize(("leaves", "asks", "finds"), [
    ("select pg_advisory_lock(7)", "select count(*) from pg_locks where locktype = 'advisory'", 0),
    ("set session_replication_role = replica", "show session_replication_role", "origin"),
    ("set time zone 'Asia/Tokyo'", "select current_setting('timezone') = 'Asia/Tokyo'", False),
    ("create temporary table mine (n int)", "select to_regclass('mine') is null", True),
    ("drop trigger frozen_invoice on invoice", "select count(*) from pg_trigger where tgname = 'frozen_invoice'", 1),
    ("alter table staff add column extra int",
     "select count(*) from information_schema.columns where table_name = 'staff' and column_name = 'extra'", 0),
    ("analyze practice", "select count(*) from pg_statistic where starelid >= 16384", 0),
])
def test_nothing_else_is_left(kept: Kept, leaves: str, asks: str, finds: object) -> None:
    with kept.fresh().connect() as connection:
        connection.execute(text(leaves))
        connection.commit()
    with kept.fresh().connect() as connection:
        assert connection.scalar(text(asks)) == finds


def test_who_listened_hears_nothing_of_the_next(kept: Kept) -> None:
    heard: list[str] = []
    event.listen(kept.fresh(), "before_cursor_execute", lambda *facts: heard.append(facts[2]))
    fresh = kept.fresh()
    with fresh.connect() as connection:
        connection.execute(text("select 1"))
    assert heard == []
    assert database.engine(kept.url) is fresh


def test_who_stays_behind_does_not_get_in(kept: Kept) -> None:
    left = kept.fresh()
    left.connect().close()
    kept.fresh()
    for way_in in (left.connect, left.execution_options(writes=True).connect):
        with pytest.raises(RuntimeError, match="over"):
            way_in()


def test_the_reports_of_the_next_know_nothing_of_the_last(kept: Kept) -> None:
    last = replica.replica_of(kept.fresh())
    last.refresh()
    assert replica.replica_of(kept.fresh()).watermark is None


def test_a_keeper_that_was_cut_off_makes_it_anew(kept: Kept) -> None:
    with kept.fresh().connect() as connection:
        connection.execute(text("select pg_terminate_backend(pid, 5000) from pg_stat_activity "
                                "where datname = current_database() and pid <> pg_backend_pid()"))
    with kept.fresh().connect() as connection:
        assert connection.scalar(text("select count(*) from invoice")) == 0
