"""Whatever anybody asks, in any order: after each step the calendar is in order, and a refusal has changed nothing."""

import random
from collections import Counter
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

import pytest
from sqlalchemy import text

from practicerunner import clock, database
from practicerunner.database import NotSaved
from practicerunner.errors import PracticeError
from practicerunner.vocabulary import (
    AttendanceStatus,
    CancelledBy,
    CaseType,
    Frequency,
    NoteKind,
    SeriesScope,
    SessionFormat,
)
from practicerunner.workflows.attendance import AttendAll, SetAttendance, attend_all, set_attendance
from practicerunner.workflows.billing import InvoiceAppointment, invoice_appointment
from practicerunner.workflows.booking import Book, book
from practicerunner.workflows.cases import OpenCase, Taking, open_case
from practicerunner.workflows.notes import StartNote, start_note
from practicerunner.workflows.practice import AddLocation, add_location
from practicerunner.workflows.scheduling import (
    Cancel,
    ChangeAppointment,
    Move,
    Reinstate,
    cancel,
    change_appointment,
    move,
    reinstate,
)
from practicerunner.workflows.series import (
    AddOccurrences,
    BookSeries,
    FillSkipped,
    add_occurrences,
    book_series,
    fill_skipped,
)
from practicerunner.workflows.series_changes import CancelSeries, ChangeSeries, cancel_series, change_series
from practicerunner.workflows.time_blocks import AddTimeBlock, RemoveTimeBlock, add_time_block, remove_time_block
from tests.cast import Cast, people_of
from tests.drills.sound import broken_chain, faults

pytestmark = pytest.mark.slow
STEPS = 150
WINDOWS = {20260903: date(2026, 10, 26), 20260904: date(2027, 3, 8)}
"""Seed → two weeks with the night in them in which the clocks go back, or forward."""
TIMES = (time(1, 30), time(2, 30), time(9), time(9, 30), time(10), time(14), time(23, 30))
"""Few, so that people get in each other's way; some of them come twice or never in that night."""
WHO = {"Marcus": 4, "Dana": 8, "Tom": 8, "Priya": 2, "Ruth": 1, "Olga": 1}
"""Who asks, and how often; the last never may."""
TABLES = ("appointment", "attendance", "hold", "series", "series_skip", "time_block")
FIXED = """
select a.id, max(case when n.status is null then 0 when n.status = 'draft' then 1 else 2 end),
    max(case when s.invoice_id is null then 0 else 1 end)
from appointment a left join note n on n.appointment_id = a.id
left join charge c on c.appointment_id = a.id and c.withdrawn_at is null left join charge_share s on s.charge_id = c.id
group by a.id
"""
Step = tuple[Any, Any]


@dataclass(frozen=True)
class Snapshot:
    """Everything of the schedule at one moment: table → id → row."""

    tables: dict[str, dict[int, dict[str, Any]]]
    noted: dict[int, int]
    """1 for a note that was begun, 2 for one that was signed."""
    invoiced: frozenset[int]

    @property
    def appointments(self) -> list[dict[str, Any]]:
        """Every appointment, in order of their ids."""
        return list(self.tables["appointment"].values())

    def stays(self, scope: SeriesScope) -> set[int]:
        """Appointments that no change of a series may touch; of this one alone, a begun note does not hold it."""
        over = {row["appointment_id"] for row in self.tables["attendance"].values()
                if row["status"] in ("attended", "no_show", "arrived")}
        note = 2 if scope is SeriesScope.THIS else 1
        if scope is SeriesScope.THIS:
            over = {row["id"] for row in self.appointments if row["status"] in ("held", "not_held")}
        return over | self.invoiced | {one for one, how in self.noted.items() if how >= note}


class Walk:
    """A practice in which somebody does something at random, again and again."""

    def __init__(self, cast: Cast, first: date, seed: int) -> None:
        self.cast, self.first, self.rng, self.seed = cast, first, random.Random(seed), seed
        self.now = datetime.combine(first - timedelta(days=2), time(12), UTC)
        with clock.frozen(self.now):
            self.cases = [
                cast.open_case(CaseType.INDIVIDUAL, "Ida Lund"), cast.open_case(CaseType.INDIVIDUAL, "Bo Ek",
                                                                               provider="Dana"),
                cast.open_case(CaseType.TWO_PERSON, "Eva Holm", "Jon Holm"),
                cast.open_case(CaseType.INDIVIDUAL, "Cy Dahl", provider="Priya"),
            ]
            # Ida comes to Dana as well: the client can be what clashes.
            self.cases.append(cast.do("Dana", open_case, OpenCase(
                type=CaseType.INDIVIDUAL, provider_id=cast.staff["Dana"],
                participants=(Taking(person_id=people_of(cast, self.cases[0])["Ida"]),))))
            self.room = cast.do("Dana", add_location, AddLocation(name="Blue room", is_room=True))
        self.actors = {name: cast.actor(name) for name in WHO}
        self.verbs = {
            self._book: 5, self._book_series: 4, self._move: 4, self._change_series: 6, self._cancel: 2,
            self._cancel_series: 2, self._reinstate: 4, self._change: 2, self._attend: 3, self._back: 2,
            self._note: 2, self._invoice: 2, self._add: 2, self._fill: 2, self._block: 1, self._unblock: 1,
        }

    # --- What is there

    def snapshot(self) -> Snapshot:
        """Read it all."""
        with self.cast.engine.connect() as connection:
            tables = {
                table: {row["id"]: dict(row) for row in connection.execute(
                    text(f"select * from {table} order by id")).mappings()}
                for table in TABLES
            }
            fixed = connection.execute(text(FIXED)).tuples().all()
        return Snapshot(tables, {one: how for one, how, _ in fixed if how},
                        frozenset(one for one, _, invoiced in fixed if invoiced))

    def _one(self, found: Snapshot, *, in_series: bool = False, status: str = "") -> dict[str, Any] | None:
        able = [row for row in found.appointments if (row["series_id"] or not in_series) and status in row["status"]]
        return self.rng.choice(able) if able else None

    def _when(self) -> dict[str, Any]:
        return {"local_date": self.first + timedelta(days=self.rng.randrange(14)),
                "local_time": self.rng.choice(TIMES)}

    def _where(self) -> dict[str, Any]:
        return self.rng.choice([
            {"format": SessionFormat.VIDEO}, {"location_id": self.room}, {"location_id": self.cast.office}])

    def _reason(self) -> str:
        return self.rng.choice(["", "", "", "agreed with both"])

    def _service(self) -> int:
        return self.cast.services[self.rng.choice(["IND50", "FAM50", "IND60"])]

    # --- What is asked

    def _book(self, _: Snapshot) -> Step:
        return book, Book(
            case_id=self.rng.choice(self.cases), service_id=self._service(), override_reason=self._reason(),
            minutes=self.rng.choice([None, 30, 90, 600]), **self._when(), **self._where(),
            provider_id=self.rng.choice([None, None, self.cast.staff["Marcus"]]))

    def _book_series(self, _: Snapshot) -> Step:
        return book_series, BookSeries(
            case_id=self.rng.choice(self.cases), service_id=self._service(), count=self.rng.randrange(2, 6),
            frequency=self.rng.choice([Frequency.DAILY, Frequency.WEEKLY]), interval=self.rng.randrange(1, 4),
            skip_conflicts=self.rng.random() < 0.5, override_reason=self._reason(), **self._when(), **self._where())

    def _move(self, found: Snapshot) -> Step | None:
        row = self._one(found)
        return row and (move, Move(
            appointment_id=row["id"], revision=self._revision(row), minutes=self.rng.choice([row["minutes"], 50, 30]),
            override_reason=self._reason(), **self.rng.choice([{}, self._where()]), **self._when()))

    def _revision(self, row: dict[str, Any]) -> int:
        return int(row["revision"]) - (self.rng.random() < 0.1)

    def _change_series(self, found: Snapshot) -> Step | None:
        row = self._one(found, in_series=True)
        what: dict[str, Any] = {
            "local_time": self.rng.choice(TIMES), "minutes": self.rng.choice([30, 50, 90]), **self._where(),
            "local_date": row and datetime.fromisoformat(str(row["local_date"])).date() + timedelta(
                days=self.rng.randrange(-2, 4)),
            "provider_id": self.cast.staff[self.rng.choice(["Marcus", "Dana", "Priya"])],
            "service_id": self._service(), "fee_cents": self.rng.randrange(1, 300) * 100,
        }
        chosen = self.rng.sample(sorted(what), self.rng.randrange(1, 4))
        return row and (change_series, ChangeSeries(
            appointment_id=row["id"], revision=self._revision(row), scope=self.rng.choice(list(SeriesScope)),
            skip_conflicts=self.rng.random() < 0.4, override_reason=self._reason(), **{f: what[f] for f in chosen}))

    def _cancel(self, found: Snapshot) -> Step | None:
        row = self._one(found)
        return row and (cancel, Cancel(appointment_id=row["id"], by=self.rng.choice(list(CancelledBy))))

    def _cancel_series(self, found: Snapshot) -> Step | None:
        row = self._one(found, in_series=True)
        return row and (cancel_series, CancelSeries(
            appointment_id=row["id"], revision=self._revision(row), scope=self.rng.choice(list(SeriesScope)),
            by=CancelledBy.PROVIDER))

    def _reinstate(self, found: Snapshot) -> Step | None:
        row = self._one(found, status="cancelled")
        return row and (reinstate, Reinstate(appointment_id=row["id"], override_reason=self._reason()))

    def _change(self, found: Snapshot) -> Step | None:
        row = self._one(found)
        return row and (change_appointment, ChangeAppointment(
            appointment_id=row["id"], revision=self._revision(row), service_id=row["service_id"],
            fee_cents=row["fee_cents"], override_reason=self._reason(), **self._where()))

    def _attend(self, found: Snapshot) -> Step | None:
        row = self._one(found)
        return row and (attend_all, AttendAll(appointment_id=row["id"]))

    def _back(self, found: Snapshot) -> Step | None:
        row = self._one(found, status=self.rng.choice(["cancelled", ""]))
        rows = found.tables["attendance"].values()
        there = [one["person_id"] for one in rows if row and one["appointment_id"] == row["id"]]
        return row and (set_attendance, SetAttendance(appointment_id=row["id"], statuses={
            person: self.rng.choice([
                AttendanceStatus.CONFIRMED, AttendanceStatus.SCHEDULED, AttendanceStatus.NO_SHOW,
                AttendanceStatus.CANCELLED_BY_CLIENT,
            ]) for person in there}))

    def _note(self, found: Snapshot) -> Step | None:
        row = self._one(found)
        return row and (start_note, StartNote(appointment_id=row["id"], kind=NoteKind.PROGRESS))

    def _invoice(self, found: Snapshot) -> Step | None:
        row = self._one(found, status="held")
        return row and (invoice_appointment, InvoiceAppointment(appointment_id=row["id"]))

    def _add(self, found: Snapshot) -> Step | None:
        series = list(found.tables["series"].values())
        row = self.rng.choice(series) if series else None
        return row and (add_occurrences, AddOccurrences(
            series_id=row["id"], revision=self._revision(row), number=self.rng.randrange(1, 3),
            skip_conflicts=self.rng.random() < 0.5, override_reason=self._reason()))

    def _fill(self, found: Snapshot) -> Step | None:
        skips = list(found.tables["series_skip"].values())
        row = self.rng.choice(skips) if skips else None
        return row and (fill_skipped, FillSkipped(
            series_id=row["series_id"], dates=(row["series_date"],), override_reason=self._reason(),
            revision=found.tables["series"][row["series_id"]]["revision"]))

    def _block(self, _: Snapshot) -> Step:
        when = self._when()
        return add_time_block, AddTimeBlock(
            provider_id=self.cast.staff["Marcus"], starts_on=when["local_date"], starts=when["local_time"],
            ends_on=when["local_date"] + timedelta(days=self.rng.randrange(2)), ends=time(23, 45), reason="Away")

    def _unblock(self, found: Snapshot) -> Step | None:
        blocks = list(found.tables["time_block"])
        return (remove_time_block, RemoveTimeBlock(time_block_id=self.rng.choice(blocks))) if blocks else None

    # --- One step

    def step(self, before: Snapshot) -> tuple[Snapshot, str]:
        """Somebody asks for something; what is there afterwards, and what came of it in a word or two."""
        asked = None
        while asked is None:
            (ask,) = self.rng.choices(list(self.verbs), list(self.verbs.values()))
            asked = ask(before)
        self.now += timedelta(minutes=self.rng.choice([0, 0, 5, 60, 300]))
        (who,) = self.rng.choices(list(WHO), list(WHO.values()))
        verb, command = asked
        came = "done"
        try:
            with clock.frozen(self.now), database.transaction(self.cast.engine) as session:
                verb(session, self.actors[who], command)
        except PracticeError as refusal:
            came = type(refusal).__name__
        after = self.snapshot()
        said = f"seed {self.seed}, {self.now:%m-%d %H:%M}: {who} asked {command!r}: {came}"
        assert came != NotSaved.__name__, said
        self._check(before, after, came, command, said)
        return after, f"{verb.__name__} {came}"

    def _check(self, before: Snapshot, after: Snapshot, came: str, command: Any, said: str) -> None:
        assert faults(self.cast.engine) == {}, said
        if came != "done":
            assert after.tables == before.tables, said
        was, now = before.tables["appointment"], after.tables["appointment"]
        assert was.keys() <= now.keys(), said
        for key in ("series_id", "series_date", "created_at", "case_id"):
            assert {one: row[key] for one, row in was.items()} == {one: now[one][key] for one in was}, said
        if isinstance(command, ChangeSeries | CancelSeries):
            untouched = before.stays(command.scope)
            assert {one: was[one] for one in untouched} == {one: now[one] for one in untouched}, said
        overriding = {row["appointment_id"] for row in after.tables["hold"].values() if row["overriding"]}
        assert {one for one in overriding if not now[one]["override_reason"]} == set(), said


@pytest.mark.parametrize("seed", WINDOWS)
def test_whatever_is_asked_in_any_order_the_calendar_stays_in_order(cast: Cast, seed: int) -> None:
    walk = Walk(cast, WINDOWS[seed], seed)
    found, outcomes = walk.snapshot(), Counter[str]()
    for _ in range(STEPS):
        found, came = walk.step(found)
        outcomes[came] += 1
    print(sorted(outcomes.items()))
    assert broken_chain(cast.engine) is None
