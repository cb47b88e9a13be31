"""Many change series at once, their own and each other's: no deadlock, nothing lost, doubled or half moved."""

from datetime import date, time, timedelta
from typing import Any

import pytest

from practicerunner import database
from practicerunner.records.scheduling import Appointment
from practicerunner.vocabulary import CancelledBy, SeriesScope
from practicerunner.workflows.access import Actor
from practicerunner.workflows.scheduling import Cancel, Move, Reinstate, cancel, move, reinstate
from practicerunner.workflows.series import AddOccurrences, BookSeries, add_occurrences, book_series
from practicerunner.workflows.series_changes import CancelSeries, ChangeSeries, cancel_series, change_series
from tests.drills.conftest import MANY, Hall
from tests.drills.crowd import Act, doing, kinds
from tests.drills.sound import broken_chain, faults, number

pytestmark = pytest.mark.slow
FIRST = date(2026, 9, 8)
TOLD = {"SeriesConflicts", "SlotTaken", "Stale"}
"""What somebody hears who comes second; anything else is wrong."""


class Two:
    """Two series of four in one room, by different providers, with their appointments as they now are."""

    def __init__(self, hall: Hall, places: tuple[int, int], hours: tuple[int, int]) -> None:
        self.hall, self.places = hall, places
        self.ids = [
            list(hall.act("room", place, book_series, hall.asked(
                "room", place, FIRST, time(hour), BookSeries, count=4))())
            for place, hour in zip(places, hours, strict=True)
        ]

    def rows(self, which: int) -> list[Appointment]:
        """One series' appointments."""
        with database.reading(self.hall.cast.engine) as session:
            return [session.get_one(Appointment, one) for one in self.ids[which]]

    def hours(self, which: int) -> list[int]:
        """At which hour each of them is."""
        return [one.local_time.hour for one in self.rows(which)]

    def change(self, which: int, at: int, actor: Actor | None = None, **what: Any) -> Act:
        """Change this and the following ones from the occurrence at a place."""
        origin = self.rows(which)[at]
        command = ChangeSeries(
            appointment_id=origin.id, revision=origin.revision, scope=SeriesScope.FOLLOWING, **what)
        if actor is None:
            return self.hall.act("room", self.places[which], change_series, command)
        return doing(self.hall.cast, actor, change_series, command)


def nothing_else(outcomes: list[Any], *more: str) -> None:
    """Nobody met an error that is not about what they asked for."""
    assert set(kinds(outcomes)) <= {*TOLD, *more, "list", "int"}, [repr(one) for one in outcomes]


def test_two_series_that_change_onto_each_other_s_times_are_both_refused_whole(hall: Hall) -> None:
    two = Two(hall, (3, 11), (10, 11))
    for n in range(6):
        acts = [two.change(side, place // 2 % 4, local_time=time(11 - side)) for place in range(MANY)
                for side in [(place + n) % 2]]
        outcomes = hall.everybody.together(acts)
        assert set(kinds(outcomes)) == {"SeriesConflicts", "SlotTaken"}, [repr(one) for one in outcomes]
    assert (two.hours(0), two.hours(1)) == ([10] * 4, [11] * 4)
    assert {one.revision for side in (0, 1) for one in two.rows(side)} == {1}
    assert faults(hall.cast.engine) == {}


def test_two_providers_who_take_over_each_other_s_series_do_not_wait_for_each_other_forever(hall: Hall) -> None:
    admin = hall.cast.actor("Tom")
    two = Two(hall, (3, 11), (10, 10 + 1))
    pats = [hall.cast.staff["Pat3"], hall.cast.staff["Pat11"]]
    for n in range(6):
        before = [[one.provider_id for one in two.rows(side)] for side in (0, 1)]
        acts = [
            two.change(side, 0, admin, provider_id=next(p for p in pats if p != before[side][0]))
            for place in range(MANY) for side in [(place + n) % 2]
        ]
        outcomes = hall.everybody.together(acts)
        assert kinds(outcomes) == {"list": 2, "Stale": MANY - 2}, [repr(one) for one in outcomes]
        after = [[one.provider_id for one in two.rows(side)] for side in (0, 1)]
        assert after == before[::-1]
    assert faults(hall.cast.engine) == {}


def test_of_two_series_that_change_onto_one_free_time_one_gets_it_whole(hall: Hall) -> None:
    two = Two(hall, (3, 11), (8, 9))
    for n in range(5):
        free = time(10 + 2 * n)
        outcomes = hall.everybody.together([
            two.change((place + n) % 2, 0, local_time=free) for place in range(MANY)
        ])
        nothing_else(outcomes)
        assert kinds(outcomes)["list"] == 1, [repr(one) for one in outcomes]
        moved = [side for side in (0, 1) if two.hours(side) == [free.hour] * 4]
        assert len(moved) == 1
    assert number(hall.cast.engine, "appointment") == 8
    assert faults(hall.cast.engine) == {}


def test_one_series_is_changed_from_every_end_at_once(hall: Hall) -> None:
    engine, place = hall.cast.engine, 5
    admin = hall.cast.actor("Tom")
    for n in range(12):
        two = Two(hall, (place, 6), (8, 9))
        rows = two.rows(0)
        series_id = rows[0].series_id or 0
        target = time(10 + n % 5)

        def cancelling(at: int, scope: SeriesScope, rows: list[Appointment] = rows) -> Act:
            return hall.act("room", place, cancel_series, CancelSeries(
                appointment_id=rows[at].id, revision=1, scope=scope, by=CancelledBy.PROVIDER))

        acts = [
            *(two.change(0, at, admin if at % 2 else None, local_time=target) for at in (3, 0, 2, 1, 1, 2, 0, 3)),
            *(cancelling(at, SeriesScope.FOLLOWING) for at in (3, 2)), cancelling(1, SeriesScope.ALL_FUTURE),
            cancelling(2, SeriesScope.THIS),
            *(hall.act("room", place, move, Move(
                appointment_id=rows[at].id, revision=1, local_date=rows[at].local_date + timedelta(days=1),
                local_time=time(16), minutes=50)) for at in (0, 3, 2)),
            *(hall.act("room", place, cancel, Cancel(appointment_id=rows[at].id, by=CancelledBy.CLIENT))
              for at in (1, 3)),
            hall.act("room", place, reinstate, Reinstate(appointment_id=rows[3].id)),
            hall.act("room", place, add_occurrences, AddOccurrences(series_id=series_id, revision=1, number=2)),
            two.change(1, 0, admin, provider_id=hall.cast.staff["Pat5"]),
        ]
        assert len(acts) == MANY
        turned = acts[n:] + acts[:n]
        outcomes = hall.everybody.together(turned)
        nothing_else(outcomes, "AppointmentIsFixed", "RuleViolation")
        assert number(engine, f"appointment where series_id = {series_id}") in (4, 6)
        assert faults(engine) == {}
        for side in (0, 1):
            for row in two.rows(side):
                if row.status != "cancelled":
                    hall.cast.do("Tom", cancel, Cancel(appointment_id=row.id, by=CancelledBy.PROVIDER))
        with database.reading(engine) as session:
            from sqlalchemy import select
            rest = list(session.scalars(select(Appointment.id).where(Appointment.status != "cancelled")))
        for one in rest:
            hall.cast.do("Tom", cancel, Cancel(appointment_id=one, by=CancelledBy.PROVIDER))
    assert broken_chain(engine) is None
