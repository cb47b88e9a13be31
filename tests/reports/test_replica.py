"""The replica equals what is committed, at once, and holds nothing it should not."""

import random
import threading
from collections import Counter
from datetime import UTC, date, datetime, timedelta
from typing import Any

import duckdb
import pytest
from sqlalchemy import Date, Engine, text

from practicerunner import clock, database
from practicerunner.records import changes, triggers
from practicerunner.records.base import Base, Moment
from practicerunner.records.billing import LedgerEntry
from practicerunner.records.cases import Case, Participant
from practicerunner.records.people import Payer
from practicerunner.records.scheduling import Appointment
from practicerunner.reports import prune, read
from practicerunner.reports.catalogue import STAGING
from practicerunner.reports.replica import Replica, replica_of
from practicerunner.vocabulary import AppointmentStatus, AttendanceStatus, CaseStatus, EntryKind
from tests.reports.building import Story

DAY = date(2026, 10, 31)


def plain(table: str, column: str, value: Any) -> Any:
    """A value of the records as the replica has it: SQLite keeps dates as text and truths as numbers."""
    kind = Base.metadata.tables[table].c[column].type
    if isinstance(value, str) and isinstance(kind, Date):
        return date.fromisoformat(value)
    if isinstance(value, str) and isinstance(kind, Moment):
        return datetime.fromisoformat(value)
    return value


def assert_equal(replica: Replica, engine: Engine) -> None:
    with engine.connect() as connection:
        for table, columns in changes.COLUMNS.items():
            listed = ", ".join(columns)
            source = Counter(
                tuple(plain(table, column, value) for column, value in zip(columns, row, strict=True))
                for row in connection.execute(text(f"select {listed} from {table}"))
            )
            assert source == Counter(replica.query(f"select {listed} from {table}")[1]), table


def test_every_replicated_table_has_its_triggers_and_one_staging_view(engine: Engine) -> None:
    assert set(triggers.REPLICATED) == set(changes.COLUMNS)
    assert {f"stg_{table}" for table in changes.COLUMNS} == set(STAGING)
    for table, columns in changes.COLUMNS.items():
        assert set(columns) <= set(Base.metadata.tables[table].c.keys())


def test_a_full_load_equals_the_records(engine: Engine) -> None:
    story = Story(engine)
    case = story.case(people=(story.person("Noor"),))
    story.appointment(case, DAY)
    replica = Replica(engine)
    assert replica.refresh() is None
    assert_equal(replica, engine)


@pytest.mark.parametrize("seed", range(3))
def test_after_random_writes_and_deletes_the_replica_equals_the_records(engine: Engine, seed: int) -> None:
    chance = random.Random(seed)
    story = Story(engine)
    people = [story.person(f"P{n}") for n in range(4)]
    payers = [story.payer(f"Q{n}") for n in range(2)]
    cases = [story.case(people=tuple(people[:2])) for _ in range(3)]
    replica = Replica(engine)
    replica.refresh()
    booked: list[int] = []
    for _ in range(40):
        match chance.randrange(6):
            case 0:
                came = {people[0]: chance.choice(list(AttendanceStatus))}
                booked.append(story.appointment(chance.choice(cases), DAY, came=came))
            case 1 if booked:
                story.change(Appointment, chance.choice(booked), status=chance.choice(list(AppointmentStatus)))
            case 2 if booked:
                story.remove(Appointment, booked.pop(chance.randrange(len(booked))))
            case 3:
                story.change(Case, chance.choice(cases), status=chance.choice(list(CaseStatus)), needs_review=True)
            case 4:
                story.pay(chance.choice(cases), chance.choice(payers), chance.randint(1, 9999), DAY)
            case _:
                story.change(Payer, chance.choice(payers), name=f"Renamed {chance.random()}")
        if chance.random() < 0.3:
            assert replica.refresh() is not None
            assert_equal(replica, engine)
    assert replica.refresh() is not None
    assert_equal(replica, engine)


def test_many_changed_rows_at_once_are_brought_in_and_taken_out(engine: Engine) -> None:
    story = Story(engine)
    case, person = story.case(), story.person("Ada")
    replica = Replica(engine)
    replica.refresh()
    with database.transaction(engine) as session:
        session.add_all(Participant(case_id=case, person_id=person, joined_on=DAY) for _ in range(300))
    assert replica.refresh() == 300
    assert_equal(replica, engine)
    with database.transaction(engine) as session:
        session.execute(text("delete from participant"))
    assert replica.refresh() == 300
    assert_equal(replica, engine)


def test_a_committed_change_is_seen_by_the_next_read_and_a_rolled_back_one_is_not(engine: Engine) -> None:
    story = Story(engine)
    case, payer = story.case(), story.payer("Ada")
    story.invoice(case, payer, 16500, date(2026, 10, 1))

    def owed() -> int:
        (row,) = read(engine, story.owner, "billing__outstanding_balances", as_of=DAY)
        return int(row["balance_cents"])

    assert owed() == 16500
    story.pay(case, payer, 6500, date(2026, 10, 2))
    assert owed() == 10000
    with pytest.raises(ZeroDivisionError), database.transaction(engine) as session:
        session.execute(text("update payer set name = 'Never'"))
        session.flush()
        raise ZeroDivisionError
    assert owed() == 10000
    assert read(engine, story.owner, "billing__outstanding_balances", as_of=DAY)[0]["payer_name"] == "Ada Haddad"


# PostgreSQL alone: SQLite has one writer at a time.
@pytest.mark.parametrize("engine", ["postgresql"], indirect=True)
def test_a_slow_transaction_with_a_lower_sequence_number_is_not_skipped(engine: Engine) -> None:
    story = Story(engine)
    slow_payer, quick_payer = story.payer("Slow"), story.payer("Quick")
    replica = Replica(engine)
    replica.refresh()
    with engine.connect() as slow:
        slow.execute(text("update payer set name = 'Slow done' where id = :id"), {"id": slow_payer})
        story.change(Payer, quick_payer, name="Quick done")
        replica.refresh()
        assert {name for (name,) in replica.query("select name from payer")[1]} == {"Slow Haddad", "Quick done"}
        slow.commit()
    replica.refresh()
    assert {name for (name,) in replica.query("select name from payer")[1]} == {"Slow done", "Quick done"}
    assert replica.refresh() == 0


def test_nothing_changed_means_nothing_is_read_again(engine: Engine) -> None:
    Story(engine)
    replica = Replica(engine)
    replica.refresh()
    assert replica.refresh() == 0


def test_pruning_empties_the_log_and_a_replica_that_was_behind_loads_anew(engine: Engine) -> None:
    story = Story(engine)
    payer = story.payer("Ada")
    behind, current = Replica(engine), replica_of(engine)
    behind.refresh()
    current.refresh()
    story.change(Payer, payer, name="Ada One")
    current.refresh()
    assert prune(engine) > 0
    story.change(Payer, payer, name="Ada Two")
    assert current.refresh() is not None, "the replica that pruned goes on by steps"
    assert behind.refresh() is None, "the one that was behind has to load everything"
    assert_equal(behind, engine)
    assert_equal(current, engine)
    with engine.connect() as connection:
        assert connection.scalar(text("select count(*) from change_log")) <= 3


def test_pruning_an_emptied_log_does_not_make_numbers_start_again(engine: Engine) -> None:
    story = Story(engine)
    current = replica_of(engine)
    for name in ("One", "Two", "Three"):
        story.payer(name)
        current.refresh()
        prune(engine)
    story.payer("Four")
    assert current.refresh() is not None
    assert_equal(current, engine)


def test_changes_made_while_triggers_were_missing_are_brought_in_by_a_full_load(engine: Engine) -> None:
    story = Story(engine)
    payer = story.payer("Ada")
    replica = Replica(engine)
    replica.refresh()
    possible = {"change_payer", *(f"change_payer_{event}" for event in ("insert", "update", "delete"))}
    dropped = possible & triggers.expected_triggers(engine.dialect.name)
    assert dropped
    with engine.execution_options(writes=True).begin() as connection:
        for trigger in sorted(dropped):
            on = " on payer" if engine.dialect.name == "postgresql" else ""
            connection.execute(text(f"drop trigger {trigger}{on}"))
        connection.execute(text("update payer set name = 'Unseen' where id = :id"), {"id": payer})
    assert replica.refresh() == 0
    with engine.execution_options(writes=True).begin() as connection:
        triggers.ensure_triggers(connection)
    assert replica.refresh() is None
    assert_equal(replica, engine)


def test_a_failed_refresh_leaves_the_replica_as_it_was(engine: Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    story = Story(engine)
    case, person = story.case(), story.person("Noor")
    replica = Replica(engine)
    replica.refresh()
    story.appointment(case, DAY, came={person: AttendanceStatus.ATTENDED})
    insert = replica._insert

    def fails_at_attendance(table: str, rows: Any) -> None:
        if table == "attendance":
            raise MemoryError
        insert(table, rows)

    with monkeypatch.context() as patched:
        patched.setattr(replica, "_insert", fails_at_attendance)
        with pytest.raises(MemoryError):
            replica.refresh()
    assert replica.query("select count(*) from appointment")[1] == [(0,)]
    replica.refresh()
    assert_equal(replica, engine)


def test_no_text_of_a_note_and_no_contact_is_in_the_replica(engine: Engine) -> None:
    sentinel = "SENTINEL-7f3a"
    story = Story(engine)
    person = story.person("Noor")
    case = story.case(people=(person,))
    appointment = story.appointment(case, DAY)
    story.note(case, appointment, text=sentinel, signed_at=datetime(2026, 10, 31, 20, tzinfo=UTC))
    with database.transaction(engine) as session:
        for table, columns in (
            ("appointment", ("memo", "cancelled_reason")), ("person", ("address", "pronouns")),
            ("practice", ("address", "email")), ("staff", ("licence",)), ("case_file", ("search_text",)),
        ):
            session.execute(text(f"update {table} set {', '.join(f'{column} = {sentinel!r}' for column in columns)}"))
        session.execute(text("update staff set npi = '1234567893'"))
    replica = Replica(engine)
    replica.refresh()
    tables = [name for (name,) in replica.query("select table_name from duckdb_tables()")[1]]
    assert {"note", "appointment", "case_type_capability"} <= set(tables)
    everything = repr([replica.query(f"select * from {table}") for table in tables])
    assert "Noor Haddad" in everything
    assert sentinel not in everything
    assert "1234567893" not in everything
    columns = {column for _, column in replica.query("select table_name, column_name from duckdb_columns()")[1]}
    assert not columns & {"sections", "parts", "memo", "address", "birth_date", "email", "search_text"}


def test_the_replica_reaches_no_file_no_extension_and_no_other_database(engine: Engine) -> None:
    replica = Replica(engine)
    for statement in (
        "select * from read_csv('/etc/hostname')", "select * from '/etc/hostname'", "attach '/tmp/other.db'",
        "attach 'practice.db' (type sqlite)", "load sqlite", "install sqlite", "copy payer to '/tmp/payers.csv'",
        "export database '/tmp/exported'", "set enable_external_access = true", "set temp_directory = '/tmp'",
        "select * from duckdb_extensions()",
    ):
        with pytest.raises(duckdb.Error):
            replica.query(statement)
    assert replica.query("select current_setting('TimeZone')")[1] == [("UTC",)]


def test_eight_threads_reading_different_views_get_their_own_right_answers(engine: Engine) -> None:
    story = Story(engine)
    person, payer = story.person("Noor"), story.payer("Ada")
    case = story.case(people=(person,))
    for month in range(1, 11):
        story.invoice(case, payer, month * 100, date(2026, month, 1))
        story.appointment(case, date(2026, month, 1), came={person: AttendanceStatus.ATTENDED})
    wrong: list[str] = []

    def balances(month: int) -> None:
        (row,) = read(engine, story.owner, "billing__outstanding_balances", as_of=date(2026, month, 15))
        if row["balance_cents"] != sum(range(1, month + 1)) * 100:
            wrong.append(f"balance {month}: {row['balance_cents']}")

    def sessions(month: int) -> None:
        rows = read(engine, story.owner, "scheduling__sessions", as_of=date(2026, month, 15))
        if len(rows) != month:
            wrong.append(f"sessions {month}: {len(rows)}")

    def documentation(month: int) -> None:
        rows = read(engine, story.owner, "notes__documentation_due", as_of=date(2026, month, 15))
        if [row["day"].month for row in rows] != list(range(1, month + 1)):
            wrong.append(f"documentation {month}: {len(rows)}")

    def repeat(thread: int) -> None:
        try:
            for turn in range(12):
                (balances, sessions, documentation)[(thread + turn) % 3](1 + (thread * 3 + turn) % 10)
        except BaseException as trouble:
            wrong.append(repr(trouble))

    with clock.frozen(datetime(2026, 11, 12, 12, tzinfo=UTC)):
        threads = [threading.Thread(target=repeat, args=(n,)) for n in range(8)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    assert wrong == []


def test_a_read_during_writes_never_sees_half_of_a_transaction(engine: Engine) -> None:
    story = Story(engine)
    case, payer = story.case(), story.payer("Ada")
    stop, torn = threading.Event(), []

    def watch() -> None:
        while not stop.is_set():
            rows = read(engine, story.owner, "billing__movements", as_of=DAY)
            if sum(r["invoiced_cents"] - r["collected_cents"] for r in rows):
                torn.append(rows)

    watcher = threading.Thread(target=watch)
    watcher.start()
    for turn in range(30):
        with database.transaction(engine) as session:
            for kind, cents in ((EntryKind.CHARGE, 100 + turn), (EntryKind.PAYMENT, -100 - turn)):
                session.add(LedgerEntry(case_id=case, payer_id=payer, kind=kind, amount_cents=cents,
                                        effective_on=DAY - timedelta(days=turn), recorded_by_id=story.bell))
                session.flush()
    stop.set()
    watcher.join()
    assert torn == []


def test_what_is_worked_out_between_is_anew_after_a_change_of_money_and_of_nothing_else(engine: Engine) -> None:
    story = Story(engine)
    case, payer = story.case(), story.payer("Ada")
    replica = Replica(engine)

    def owed() -> Any:
        replica.refresh()
        return replica.query("select sum(balance_cents) from billing__movements", day=DAY)[1][0][0]

    assert owed() is None
    story.invoice(case, payer, 700, DAY)
    assert owed() == 700
    story.person("Bo")
    replica.refresh()
    assert not replica._outdated
    story.entry(case, payer, EntryKind.PAYMENT, -200, DAY)
    replica.refresh()
    assert replica._outdated
    assert owed() == 500
