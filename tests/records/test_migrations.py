"""From the schema of each release to today's, with data in it: nothing is lost, and the schema is the models'."""

import json
from collections.abc import Iterator
from datetime import UTC, datetime
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext
from sqlalchemy import Boolean, Engine, Integer, insert, text
from sqlalchemy.schema import MetaData

from practicerunner import database
from practicerunner.records import audit
from practicerunner.records.base import Base
from practicerunner.records.cases import Case
from practicerunner.records.estimates import GoodFaithEstimate
from practicerunner.records.feeds import CalendarFeed
from practicerunner.records.scheduling import Appointment
from practicerunner.records.series import Series
from practicerunner.records.triggers import ensure_triggers
from practicerunner.vocabulary import SessionFormat
from tests.conftest import ENGINES, temporary_database

MOMENT = datetime(2026, 11, 20, 15, 0, tzinfo=UTC).replace(tzinfo=None)


@pytest.fixture(params=ENGINES)
def empty(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Engine]:
    """A database of each kind without any table."""
    with temporary_database(request, tmp_path) as engine:
        yield engine


def upgrade(engine: Engine, revision: str) -> None:
    config = Config()
    config.set_main_option("script_location", "practicerunner:migrations")
    with engine.execution_options(writes=True).begin() as connection:
        config.attributes["connection"] = connection
        command.upgrade(config, revision)


def fill_first_schema(engine: Engine) -> None:
    """A practice as the first release wrote it: one case, a series of two, and two audit rows chained as they were."""
    with engine.execution_options(writes=True).begin() as connection:
        ensure_triggers(connection)
        tables = MetaData()
        tables.reflect(connection)

        def add(table: str, **row: Any) -> None:
            columns = tables.tables[table].columns
            filled = {"created_at": MOMENT, "revision": 1} | row
            connection.execute(insert(tables.tables[table]), {k: v for k, v in filled.items() if k in columns})

        add("practice", id=1, name="Linden Street", zone="America/New_York", currency="USD", address="", phone="",
            email="", tax_id="", late_cancel_hours=24, missed_fee_basis_points=5000, note_due_hours=48,
            payment_due_days=14, totp_required=True, is_demo=False)
        add("staff", id=2, first_name="Marcus", last_name="Bell", email="m@example.org", credentials="", npi="",
            licence="", colour="#000000", is_clinical_director=False, active=True)
        add("person", id=3, first_name="Ida", last_name="Lund", preferred_name="", pronouns="", address="",
            search_text="ida lund")
        add("case_file", id=4, type="individual", name="Ida Lund", has_own_name=False, sort_key="lund",
            search_text="ida", status="active", provider_id=2, opened_on=MOMENT.date(), clinical_fields=False,
            needs_review=False)
        add("service", id=5, name="Session", code="", category="therapy", minutes=50, active=True)
        add("location", id=6, name="Office", address="", is_room=False, active=True)
        add("series", id=7, case_id=4, rule="FREQ=WEEKLY;INTERVAL=1;COUNT=2", first_date=MOMENT.date(),
            local_time=MOMENT.time(), zone="America/New_York")
        for number, minutes in ((0, 50), (1, 60)):
            day = MOMENT.replace(day=20 + 7 * number)
            add("appointment", id=8 + number, case_id=4, provider_id=2, service_id=5, status="scheduled",
                local_date=day.date(), local_time=day.time(), minutes=minutes, zone="America/New_York", starts_at=day,
                ends_at=day.replace(minute=50), format="video", location_id=6, fee_cents=150_00, memo="",
                series_id=7, series_date=day.date(), cancelled_reason="", override_reason="")
        previous = audit.GENESIS
        for action in ("open_case", "book_series"):
            facts = [MOMENT.replace(tzinfo=UTC).isoformat(), 2, "provider", action, "case", 4, 4, "allowed", ""]
            hashed = sha256((previous + json.dumps(facts, ensure_ascii=True)).encode()).hexdigest()
            add("audit_log", at=MOMENT, staff_id=2, role="provider", action=action, resource="case", resource_id=4,
                case_id=4, outcome="allowed", detail="", previous_hash=previous, hash=hashed)
            previous = hashed


def fill_estimates(engine: Engine) -> None:
    """Three versions of an estimate and a decoy, as they were kept before they knew their first one and provider."""
    with engine.execution_options(writes=True).begin() as connection:
        ensure_triggers(connection)
        tables = MetaData()
        tables.reflect(connection, only=["staff", "payer", "issued_document", "good_faith_estimate"])

        def add(table: str, **row: Any) -> None:
            columns = tables.tables[table].columns
            filled = {"created_at": MOMENT, "revision": 1} | row
            connection.execute(insert(tables.tables[table]), {k: v for k, v in filled.items() if k in columns})

        connection.execute(text("update staff set npi = '2100000035' where id = 2"))
        add("payer", id=20, name="Ida Lund", person_id=3)
        for number, before, npi in ((21, None, "2100000035"), (22, 21, "2100000035"), (23, 22, "2100000019"),
                                    (24, None, "")):
            add("issued_document", id=number, kind="good_faith_estimate", number=f"GFE-{number}", payer_id=20,
                case_id=4, content={"providers": [{"name": "M", "npi": npi}]}, content_hash="")
            add("good_faith_estimate", id=number, number=f"GFE-{number}", case_id=4, person_id=3, version=number - 20,
                replaces_id=before, first_on=MOMENT.date(), last_on=MOMENT.date(), total_cents=1,
                shared_on=MOMENT.date())


def fill_private_notes(engine: Engine) -> None:
    """Drafts of private notes as they were released before that made them final: one whose paper was handed out, one
    whose paper nobody fetched, one that was written on since, and one that is in both of the releases.
    """
    with engine.execution_options(writes=True).begin() as connection:
        ensure_triggers(connection)
        tables = MetaData()
        tables.reflect(connection, only=[
            "staff", "psychotherapy_note", "private_authorization", "private_release", "private_handout"])

        def add(table: str, **row: Any) -> None:
            columns = tables.tables[table].columns
            filled = {"created_at": MOMENT, "revision": 1} | row
            connection.execute(insert(tables.tables[table]), {k: v for k, v in filled.items() if k in columns})

        staff = connection.execute(tables.tables["staff"].select()).mappings().one()
        add("staff", **{**staff, "id": 40, "email": "o@example.org", "npi": ""})
        for number, appointment, author in ((30, 8, 2), (31, 9, 2), (32, 8, 40), (33, 9, 40)):
            add("psychotherapy_note", id=number, case_id=4, appointment_id=appointment, author_id=author,
                status="draft", ciphertext=b"x", text_hash="", revision=3)
        add("private_authorization", id=34, case_id=4, author_id=2, recipient="R", purpose="P", appointment_ids=[8, 9],
            prepared_by_id=2)
        for number, notes in ((35, {"30": 3, "32": 2, "33": 3}), (36, {"31": 3, "33": 3})):
            add("private_release", id=number, case_id=4, author_id=2, recipient="R", purpose="P", ground="g",
                authorization_id=34, released_by_id=2, method="password", notes=notes)
        add("private_handout", id=37, release_id=35, sha256="0" * 64)


def fill_supervision(engine: Engine) -> None:
    """An inquiry whose case went from Old to Marcus, kept by Old, by Tom and by nobody; three addresses, two cases."""
    with engine.execution_options(writes=True).begin() as connection:
        ensure_triggers(connection)
        tables = MetaData()
        tables.reflect(connection, only=[
            "staff", "person", "inquiry", "asker_thread", "acts_for", "access_decision", "access_end",
            "calendar_feed", "case_file", "audit_log"])

        def add(table: str, **row: Any) -> None:
            columns = tables.tables[table].columns
            need = {
                one.name: 0 if isinstance(one.type, Integer | Boolean) else "x" for one in columns
                if not (one.nullable or one.primary_key or one.server_default or one.foreign_keys)}
            filled = need | {"created_at": MOMENT, "revision": 1} | row
            connection.execute(insert(tables.tables[table]), {k: v for k, v in filled.items() if k in columns})

        for one, name in ((30, "Old"), (31, "Tom")):
            add("staff", id=one, first_name=name, email=f"{name}@example.org", active=True)
        for number, keeper in ((40, 30), (41, 31), (42, None)):
            add("inquiry", id=number, case_id=4, provider_id=30, status="prospect", case_type="individual",
                received_at=MOMENT, person_id=3)
            add("asker_thread", id=number + 10, inquiry_id=number, staff_id=31, assigned_to_id=keeper, last_at=MOMENT)
        # Three who were granted scheduling: one still, one until before the address, one after it was made.
        for number, granted, ended in ((60, 1, None), (61, 1, 2), (62, 4, None)):
            add("person", id=number, first_name="Joan")
            add("acts_for", id=number, person_id=number, client_id=3, kind="care_coordinator", roles=[],
                starts_on=MOMENT.date())
            add("access_decision", id=number, acts_for_id=number, scope="scheduling", verdict="granted",
                starts_on=MOMENT.date(), decided_by_id=2, decided_at=MOMENT.replace(day=granted))
            if ended is not None:
                add("access_end", id=number, decision_id=number, ended_by_id=2, ended_at=MOMENT.replace(day=ended))
        for number, who in ((70, {"person_id": 3, "case_id": 4, "created_by_id": 2}), (71, {"person_id": 3}),
                            (72, {"staff_id": 2, "created_by_id": 2})):
            add("calendar_feed", id=number, token_fingerprint=str(number), shows="busy",
                **(who | {"created_at": MOMENT.replace(day=3)}))
        connection.execute(text("update case_file set supervisor_id = 31 where id = 4"))
        add("case_file", id=80, type="individual", status="active", provider_id=2, supervisor_id=31,
            opened_on=MOMENT.date())
        add("case_file", id=81, type="individual", status="active", provider_id=2, opened_on=MOMENT.date())
        last = connection.execute(text("select hash from audit_log order by seq desc limit 1")).scalar_one()
        for detail, day in (("changed supervisor_id", 21), ("changed status", 22)):
            facts = [MOMENT.replace(tzinfo=UTC, day=day).isoformat(), 2, "", "change_case", "case", 4, 4,
                     "allowed", detail]
            hashed = sha256((last + json.dumps(facts, ensure_ascii=True)).encode()).hexdigest()
            add("audit_log", at=MOMENT.replace(day=day), staff_id=2, role="", action="change_case", resource="case",
                resource_id=4, case_id=4, outcome="allowed", detail=detail, previous_hash=last, hash=hashed)
            last = hashed


def test_the_first_schema_with_data_becomes_today_s(empty: Engine) -> None:
    upgrade(empty, "0001")
    fill_first_schema(empty)
    upgrade(empty, "0043")
    fill_estimates(empty)
    upgrade(empty, "0044")
    fill_private_notes(empty)
    upgrade(empty, "0047")
    fill_supervision(empty)
    database.migrate(empty)
    assert database.schema_is_current(empty)
    assert database.missing_triggers(empty) == set()
    with database.reading(empty) as session:
        series = session.get_one(Series, 7)
        assert (series.provider_id, series.service_id, series.minutes, series.format, series.location_id,
                series.fee_cents, series.shift_days) == (2, 5, 60, SessionFormat.VIDEO, 6, 150_00, 0)
        found = session.get_one(Appointment, 8)
        assert (found.minutes, found.series_moved, found.fold) == (50, False, 0)
        keepers = session.execute(text("select assigned_to_id from asker_thread order by inquiry_id")).scalars().all()
        assert keepers == [2, 31, None], "who was asked to look after it goes on"
        assert [session.get_one(CalendarFeed, number).acting_ids for number in (70, 71, 72)] == [[60], [], []]
        assert [session.get_one(Case, number).supervisor_named_at for number in (4, 80, 81)] == [
            MOMENT.replace(tzinfo=UTC, day=21), MOMENT.replace(tzinfo=UTC), None]
        versions = [session.get_one(GoodFaithEstimate, number) for number in (21, 22, 23, 24)]
        assert [(one.first_id, one.chain_id, one.provider_id) for one in versions] == [
            (None, 21, 2), (21, 21, 2), (21, 21, None), (None, 24, None)]
        assert session.execute(text("select id, status from psychotherapy_note order by id")).all() == [
            (30, "final"), (31, "draft"), (32, "draft"), (33, "final")], "only what really went out is final"
        assert audit.first_broken_row(session) is None
    with database.transaction(empty) as session:
        audit.note(session, staff_id=2, action="book", resource="appointments")
        audit.note(session, person_id=3, action="ask_for_time", resource="appointments")
    with database.reading(empty) as session:
        assert audit.first_broken_row(session) is None


def test_the_migrations_make_what_the_models_say(empty: Engine) -> None:
    database.migrate(empty)
    with empty.connect() as connection:
        found = compare_metadata(MigrationContext.configure(connection), Base.metadata)
        if connection.dialect.name == "postgresql":  # what triggers.py adds there beyond the models
            found = [one for one in found if "xid" not in str(one)]
        version = connection.execute(text("select version_num from alembic_version")).scalar()
    assert found == []
    assert version is not None
