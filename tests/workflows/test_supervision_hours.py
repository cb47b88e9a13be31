"""Hours of supervision: who writes, signs, reads and counts them, and that nobody else learns what was talked about."""

import csv
import io
from dataclasses import fields, is_dataclass
from datetime import date, time
from typing import Any

import pytest
from sqlalchemy import text
from sqlalchemy.exc import IntegrityError

from practicerunner import database
from practicerunner.errors import BadInput, NotFound, NotPermitted, PracticeError, Stale
from practicerunner.records import supervision as kept
from practicerunner.records.base import Base
from practicerunner.records.changes import COLUMNS
from practicerunner.records.supervision import SupervisionSession
from practicerunner.vocabulary import Role, SupervisionFormat, SupervisionLevel
from practicerunner.workflows.assignments import AssignSupervisor, assign_supervisor
from practicerunner.workflows.proof import NotProven
from practicerunner.workflows.staff import AddStaff, add_staff
from practicerunner.workflows.supervision_hours import (
    ChangeHour,
    DiscardHour,
    HourIsSigned,
    HourLine,
    HourPage,
    RecordHour,
    SignHour,
    change_hour,
    discard_hour,
    hour_choices,
    hours_csv,
    record_hour,
    sign_hour,
    supervision_hour,
    supervision_hours,
)
from tests.cast import Cast, at
from tests.workflows.writing import audit_rows

TOPICS = "Lantern-in-the-well: *how* to end"
INDIVIDUAL, TRIADIC, GROUP = SupervisionFormat.INDIVIDUAL, SupervisionFormat.TRIADIC, SupervisionFormat.GROUP
NOON = "2026-10-12 12:00"


@pytest.fixture
def ben(cast: Cast) -> int:
    """A second associate, also Ruth's."""
    with at("2026-09-01 08:00"):
        cast.staff["Ben"] = cast.do("Dana", add_staff, AddStaff(
            first_name="Ben", last_name="Quist", email="ben@linden.example", roles=frozenset({Role.ASSOCIATE}),
            supervisor_id=cast.staff["Ruth"]))
    return cast.staff["Ben"]


def hour(cast: Cast, *people: str, on: str = "2026-10-12", minutes: int = 60, kind: SupervisionFormat = INDIVIDUAL,
         by: str = "Ruth", starts: str = "09:00") -> dict[str, Any]:
    return {
        "supervisor_id": cast.staff[by], "supervisee_ids": tuple(cast.staff[one] for one in people or ("Priya",)),
        "held_on": date.fromisoformat(on), "starts": time.fromisoformat(starts), "minutes": minutes, "kind": kind,
        "topics": TOPICS,
    }


def record(cast: Cast, who: str, *people: str, signed: bool = False, **facts: Any) -> int:
    given = hour(cast, *people, **facts)
    with at(f"{given['held_on']} 12:00"):
        session_id = cast.do(who, record_hour, RecordHour(**given))
        if signed:
            cast.do(given.get("by", "Ruth"), sign_hour, SignHour(session_id=session_id, revision=1))
    return session_id


def strings(value: Any) -> list[str]:
    """Every text anywhere in a value."""
    if isinstance(value, str):
        return [value]
    if is_dataclass(value):
        return [found for one in fields(value) for found in strings(getattr(value, one.name))]
    if isinstance(value, tuple | list | set | frozenset):
        return [found for one in value for found in strings(one)]
    if isinstance(value, dict):
        return [found for one in value.values() for found in strings(one)]
    return []


def test_an_hour_is_written_by_either_and_signed_by_its_supervisor(cast: Cast) -> None:
    session_id = record(cast, "Priya")
    with at(NOON):
        with pytest.raises(NotFound):
            cast.do("Priya", sign_hour, SignHour(session_id=session_id, revision=1))
        with pytest.raises(NotProven), database.transaction(cast.engine) as session:
            sign_hour(session, cast.actor("Ruth"), SignHour(session_id=session_id, revision=1))
        cast.do("Ruth", change_hour, ChangeHour(session_id=session_id, revision=1, **hour(cast, minutes=50)))
        with pytest.raises(Stale):
            cast.do("Ruth", sign_hour, SignHour(session_id=session_id, revision=1))
        asked = SignHour(session_id=session_id, revision=2)
        for _ in range(2):
            assert cast.do("Ruth", sign_hour, asked) == session_id
        found = cast.read("Priya", supervision_hour, session_id)
        assert isinstance(found, HourPage)
        assert (found.signed_by, found.topics, found.line.minutes, found.intact) == (
            "Ruth Feldman, LMFT", TOPICS, 50, True)
        assert not (found.may_change or found.may_sign)
        for who in ("Ruth", "Priya"):
            with pytest.raises(HourIsSigned):
                cast.do(who, change_hour, ChangeHour(session_id=session_id, revision=3, **hour(cast)))
            with pytest.raises(HourIsSigned):
                cast.do(who, discard_hour, DiscardHour(session_id=session_id))
    assert "Lantern" not in " ".join(entry.detail for entry in audit_rows(cast, "sign_hour"))


@pytest.mark.parametrize("statement", [
    "update supervision_session set topics = 'x'", "update supervision_session set minutes = 90",
    "delete from supervision_attendee", "update supervision_attendee set staff_id = staff_id",
    "delete from supervision_session",
    "insert into supervision_attendee (id, created_at, session_id, staff_id) "
    "select 1, created_at, id, author_id from supervision_session",
])
def test_the_database_itself_keeps_a_signed_hour_as_it_is(cast: Cast, statement: str) -> None:
    record(cast, "Ruth", signed=True)
    with pytest.raises(IntegrityError), database.transaction(cast.engine) as session:
        session.execute(text(statement))


def test_an_hour_that_was_not_signed_can_be_removed_by_who_wrote_it_or_supervised(cast: Cast, ben: int) -> None:
    session_id = record(cast, "Priya", "Priya", "Ben", kind=TRIADIC)
    with at(NOON):
        for who in ("Ben", "Marcus"):
            with pytest.raises(NotFound):
                cast.do(who, discard_hour, DiscardHour(session_id=session_id))
            with pytest.raises(NotFound):
                cast.do(who, change_hour, ChangeHour(session_id=session_id, revision=1, **hour(cast)))
        cast.do("Priya", discard_hour, DiscardHour(session_id=session_id))
    with database.reading(cast.engine) as session:
        assert session.get(SupervisionSession, session_id) is None
        assert not kept.attendee_rows(session, session_id)


ROWS = {
    # who: (reads what was talked about, sees when and how long, creates, changes)
    "Ruth": (True, True, True, True), "Priya": (True, True, True, True), "Ben": (False, False, False, False),
    "Marcus": (False, False, False, False), "Dana": (False, True, False, False), "Tom": (False, False, False, False),
    "Judith": (False, False, False, False),
}
"""The cells of the row "Supervision note and hours", for an hour of Priya's with Ruth."""


@pytest.mark.parametrize("who", ROWS)
def test_every_cell_of_the_permission_row(cast: Cast, ben: int, who: str) -> None:
    cast.staff["Judith"] = cast.do("Dana", add_staff, AddStaff(
        first_name="Judith", last_name="Solano", email="judith@linden.example", roles=frozenset({Role.SUPERVISOR})))
    reads, sees, creates, changes = ROWS[who]
    session_id = record(cast, "Priya")

    def allowed(act: Any) -> Any:
        with at(NOON):
            try:
                return act() or True
            except (NotFound, NotPermitted):
                return False

    opened = allowed(lambda: cast.read(who, supervision_hour, session_id))
    listed = allowed(lambda: cast.read(who, supervision_hours))
    assert isinstance(opened, HourPage) is reads
    assert bool(opened) is sees
    assert (bool(listed) and session_id in {line.session_id for line in listed.lines}) is sees
    assert ("Lantern" in " ".join(strings(opened))) is reads
    assert "Lantern" not in " ".join(strings(listed))
    if who == "Dana":
        assert isinstance(opened, HourLine)
    assert bool(allowed(lambda: cast.do(who, record_hour, RecordHour(**hour(cast, starts="11:00"))))) is creates
    change = ChangeHour(session_id=session_id, revision=1, **hour(cast, minutes=45))
    assert bool(allowed(lambda: cast.do(who, change_hour, change))) is changes
    sign = SignHour(session_id=session_id, revision=2 if changes else 1)
    assert bool(allowed(lambda: cast.do(who, sign_hour, sign))) is (who == "Ruth")


@pytest.mark.parametrize(("people", "facts", "problem"), [
    (("Priya", "Ben"), {}, "Individual is with one"), (("Priya",), {"kind": GROUP}, "group with three"),
    (("Priya", "Ben"), {"kind": GROUP}, "group with three"), (("Priya", "Priya"), {"kind": TRIADIC}, "named twice"),
    (("Priya",), {"on": "2026-10-13"}, "still to come"), (("Marcus",), {}, "was supervised by this person"),
    (("Ben",), {"on": "2026-08-31"}, "was supervised by this person"),
])
def test_an_hour_that_cannot_have_been_is_refused(
    cast: Cast, ben: int, people: tuple[str, ...], facts: dict[str, Any], problem: str
) -> None:
    with at(NOON), pytest.raises(BadInput, match=problem):
        cast.do("Ruth", record_hour, RecordHour(**hour(cast, *people, **facts)))


def test_totals_are_signed_minutes_by_supervisee_kind_and_month_and_since_the_assignment(cast: Cast, ben: int) -> None:
    record(cast, "Ruth", on="2026-09-10", minutes=45, signed=True)
    record(cast, "Ruth", on="2026-10-05", signed=True)
    record(cast, "Ruth", "Priya", "Ben", on="2026-10-06", minutes=90, kind=TRIADIC, signed=True)
    record(cast, "Ruth", on="2026-10-07", minutes=30)
    with at(NOON):
        found = cast.read("Ruth", supervision_hours)
        months = [(t.name, str(t.month), t.minutes[INDIVIDUAL], t.minutes[TRIADIC], t.together) for t in found.months]
        assert months == [
            ("Ben Quist", "2026-10-01", 0, 90, 90), ("Priya Nair", "2026-10-01", 60, 90, 150),
            ("Priya Nair", "2026-09-01", 45, 0, 45)]
        assert [(s.name, str(s.since), s.together) for s in found.sums] == [
            ("Ben Quist", "2026-09-01", 90), ("Priya Nair", "2026-01-05", 195)]
        assert (found.unsigned, len(found.lines), found.may_record) == (1, 4, True)
        assert len(cast.read("Ruth", supervision_hours, since=date(2026, 10, 6)).lines) == 2
        bens = cast.read("Ben", supervision_hours)
        assert [(t.name, t.together) for t in bens.months] == [("Ben Quist", 90)]
        assert [s.name for s in bens.sums] == ["Ben Quist"]
        owners = cast.read("Dana", supervision_hours)
        assert (owners.months, owners.sums, owners.may_record) == (found.months, found.sums, False)
        assert not cast.read("Marcus", supervision_hours).lines
        # Another level goes on counting from the first day of the two.
        cast.do("Dana", assign_supervisor, AssignSupervisor(
            staff_id=ben, supervisor_id=cast.staff["Ruth"], level=SupervisionLevel.ACCESS,
            starts_on=date(2026, 10, 12), is_default=False))
        assert [(s.name, str(s.since), s.together) for s in cast.read("Ben", supervision_hours).sums] == [
            ("Ben Quist", "2026-09-01", 90)]
        choices = cast.read("Ben", hour_choices)
        assert set(choices.names.values()) == {"Ruth Feldman", "Priya Nair", "Ben Quist"}
        assert cast.read("Marcus", hour_choices).pairs == {}


def test_one_s_hours_as_a_table_say_no_word_of_what_was_talked_about_and_leave_a_trace(cast: Cast, ben: int) -> None:
    record(cast, "Ruth", on="2026-10-05", signed=True)
    record(cast, "Ruth", "Priya", "Ben", on="2026-10-06", minutes=90, kind=TRIADIC)
    with at(NOON):
        for who, rows in (("Priya", 2), ("Ben", 1), ("Ruth", 2), ("Dana", 2), ("Marcus", 0)):
            with database.transaction(cast.engine) as session:
                made = hours_csv(session, cast.actor(who)).decode("utf-8-sig")
            found = list(csv.reader(io.StringIO(made)))
            assert len(found) == 1 + rows
            assert "Lantern" not in made
            if who == "Priya":
                assert found[1:] == [
                    ["2026-10-06", "09:00", "90", "Triadic", "Ruth Feldman", "Priya Nair, Ben Quist", "no"],
                    ["2026-10-05", "09:00", "60", "Individual", "Ruth Feldman", "Priya Nair", "yes"]]
        with pytest.raises(NotPermitted), database.transaction(cast.engine) as session:
            hours_csv(session, cast.actor("Tom"))
    assert sum(entry.resource == "supervision_note" for entry in audit_rows(cast, "export")) == 5


def test_hours_hang_on_no_case_and_reach_no_report(cast: Cast) -> None:
    for table in ("supervision_session", "supervision_attendee"):
        assert {key.column.table.name for key in Base.metadata.tables[table].foreign_keys} <= {
            "staff", "supervision_session"}
        assert table not in COLUMNS
    session_id = record(cast, "Ruth", signed=True)
    with at(NOON), pytest.raises(PracticeError):
        cast.read("Dana", supervision_hour, session_id + 1)
