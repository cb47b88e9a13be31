"""Twenty want one slot: one gets it, nineteen hear that it is taken, and nothing locks up (TRUST R2, R3, F2)."""

import random
import re
from datetime import date, time, timedelta
from typing import Any

import pytest

from practicerunner import database
from practicerunner.records.scheduling import Appointment
from practicerunner.vocabulary import AttendanceStatus, CancelledBy, Frequency
from practicerunner.workflows.attendance import SetAttendance, set_attendance
from practicerunner.workflows.booking import book
from practicerunner.workflows.scheduling import Cancel, Move, Reinstate, cancel, move, reinstate
from practicerunner.workflows.series import BookSeries, book_series
from tests.cast import people_of
from tests.drills.conftest import CLASHES, MANY, Hall
from tests.drills.crowd import kinds
from tests.drills.sound import broken_chain, faults, number

pytestmark = pytest.mark.slow
FIRST = date(2026, 9, 8)
SEED = 20260901
TAKEN = re.compile(
    r"(Nothing was saved\. )?(( )?(Marcus Bell|Pat\d+ Quill|Blue room|Wanda Twice) is already taken "
    r"on \w{3} \d+ \w{3} 202\d, \d\d:\d\d–\d\d:\d\d\.)+"
)


def one_wins(outcomes: list[Any], refusal: str = "SlotTaken") -> Any:
    """What the winner got; everybody else was told, in one sentence, who or what is taken and when."""
    losers = [one for one in outcomes if isinstance(one, Exception)]
    assert kinds(losers) == {refusal: MANY - 1}, [repr(one) for one in outcomes]
    assert [str(one) for one in losers if not TAKEN.fullmatch(str(one))] == []
    (winner,) = [one for one in outcomes if not isinstance(one, Exception)]
    return winner


def staggered(place: int, hour: int = 10) -> time:
    """Up to forty minutes apart, so that no two of fifty minutes fit and not all are equal."""
    return time(hour, 10 * (place % 5))


def in_order(hall: Hall, *, appointments: int, holds: int) -> None:
    """Nothing is left of the losers, nothing is half, and the audit log holds together."""
    engine = hall.cast.engine
    assert (number(engine, "appointment"), number(engine, "attendance"), number(engine, "hold")) == (
        appointments, appointments, holds)
    assert faults(engine) == {}
    assert broken_chain(engine) is None


def test_of_twenty_who_book_one_slot_exactly_one_gets_it(hall: Hall) -> None:
    rounds, ids, holds = 50, set(), 0
    for n in range(rounds):
        clash = CLASHES[n % 3]
        ids.add(one_wins(hall.everybody.together([
            hall.act(clash, place, book, hall.asked(clash, place, FIRST + timedelta(days=n), staggered(place)))
            for place in range(MANY)
        ])))
        holds += hall.holds(clash)
    assert len(ids) == rounds
    in_order(hall, appointments=rounds, holds=holds)


def test_of_twenty_who_drag_onto_one_slot_one_moves_and_the_others_stay_where_they_were(hall: Hall) -> None:
    engine, rounds, holds = hall.cast.engine, 4, 0
    for clash in CLASHES:
        where = [(FIRST + timedelta(days=place), time(8 + CLASHES.index(clash) * 3)) for place in range(MANY)]
        ids = [hall.booked(clash, place, *where[place]) for place in range(MANY)]
        revisions = [1] * MANY
        holds += hall.holds(clash) * MANY
        for n in range(rounds):
            day = date(2026, 10, 5) + timedelta(days=n)
            winner = ids.index(one_wins(hall.everybody.together([
                hall.act(clash, place, move, Move(
                    appointment_id=ids[place], revision=revisions[place], local_date=day, minutes=50,
                    local_time=staggered(place, 8 + CLASHES.index(clash) * 3)))
                for place in range(MANY)
            ])))
            where[winner] = (day, staggered(winner, 8 + CLASHES.index(clash) * 3))
            revisions[winner] += 1
        with database.reading(engine) as session:
            found = [session.get_one(Appointment, one) for one in ids]
        assert [(one.local_date, one.local_time) for one in found] == where
        assert [one.revision for one in found] == revisions
    in_order(hall, appointments=MANY * len(CLASHES), holds=holds)


def test_of_twenty_who_drag_the_same_appointment_one_moves_it_and_the_others_see_it_has_changed(hall: Hall) -> None:
    appointment = hall.booked("provider", 0, FIRST, time(10))
    for n in range(10):
        outcomes = hall.everybody.together([
            hall.act("provider", place, move, Move(
                appointment_id=appointment, revision=1 + n, local_date=FIRST + timedelta(days=place, weeks=n),
                local_time=time(12), minutes=50))
            for place in range(MANY)
        ])
        assert kinds(outcomes) == {"int": 1, "Stale": MANY - 1}, outcomes
    in_order(hall, appointments=1, holds=1)


def test_of_twenty_series_that_meet_on_their_third_date_one_is_booked_whole_and_the_others_not_at_all(
    hall: Hall
) -> None:
    meeting, holds = date(2027, 1, 5), 0
    for n in range(6):
        clash = CLASHES[n % 3]
        # Every so many days, an odd number and another for each: only the third dates fall together.
        won = one_wins(hall.everybody.together([
            hall.act(clash, place, book_series, hall.asked(
                clash, place, meeting - timedelta(days=2 * (2 * place + 1)), time(8 + n), BookSeries,
                frequency=Frequency.DAILY, interval=2 * place + 1, count=4))
            for place in range(MANY)
        ]), "SeriesConflicts")
        assert len(won) == 4
        holds += 4 * hall.holds(clash)
    in_order(hall, appointments=24, holds=holds)
    assert number(hall.cast.engine, "series") == 6


def test_twenty_series_that_leave_out_what_is_taken_share_the_date_among_them(hall: Hall) -> None:
    meeting = date(2027, 1, 5)
    outcomes = hall.everybody.together([
        hall.act("room", place, book_series, hall.asked(
            "room", place, meeting - timedelta(days=2 * (2 * place + 1)), time(9), BookSeries,
            frequency=Frequency.DAILY, interval=2 * place + 1, count=4, skip_conflicts=True))
        for place in range(MANY)
    ])
    assert sorted(len(one) for one in outcomes) == [3] * (MANY - 1) + [4], outcomes
    in_order(hall, appointments=3 * MANY + 1, holds=2 * (3 * MANY + 1))
    assert number(hall.cast.engine, f"series_skip where series_date = '{meeting}'") == MANY - 1


def test_a_cancelled_time_goes_to_one_of_those_who_put_it_back_and_those_who_book_it(hall: Hall) -> None:
    made, holds = 0, 0
    for day, clash in enumerate(CLASHES):
        on = FIRST + timedelta(days=day)  # whoever won the day before is busy only then
        called_off = []
        for place in range(14):
            called_off.append(hall.booked(clash, place, on, staggered(place)))
            hall.act(clash, place, cancel, Cancel(appointment_id=called_off[-1], by=CancelledBy.PROVIDER))()
        back = [
            dict.fromkeys(people_of(hall.cast, case_id).values(), AttendanceStatus.CONFIRMED)
            for case_id in hall.cases[clash]
        ]
        made += 14
        for n in range(4):
            won = one_wins(hall.everybody.together([
                *(hall.act(clash, place, reinstate, Reinstate(appointment_id=called_off[place])) for place in range(7)),
                *(hall.act(clash, place, set_attendance, SetAttendance(
                    appointment_id=called_off[place], statuses=back[place])) for place in range(7, 14)),
                *(hall.act(clash, place, book, hall.asked(clash, place, on, staggered(place)))
                  for place in range(14, MANY)),
            ]))
            made += won not in called_off
            if n < 3:
                hall.cast.do("Dana", cancel, Cancel(appointment_id=won, by=CancelledBy.PROVIDER))
        holds += hall.holds(clash)
    assert number(hall.cast.engine, "appointment where status <> 'cancelled'") == len(CLASHES)
    in_order(hall, appointments=made, holds=holds)


def test_a_thousand_clicks_that_come_twice_do_each_act_once(hall: Hall) -> None:
    rng, made = random.Random(SEED), {}
    for n in range(50):
        chosen = [rng.randrange(10) for _ in range(MANY)]
        commands = {
            one: hall.asked("room", one, FIRST + timedelta(days=n), time(8 + one)) for one in set(chosen)
        }
        outcomes = hall.everybody.together([hall.act("room", one, book, commands[one]) for one in chosen])
        assert kinds(outcomes) == {"int": MANY}, (SEED, outcomes)
        for one, got in zip(chosen, outcomes, strict=True):
            assert made.setdefault((n, one), got) == got, SEED
    in_order(hall, appointments=len(made), holds=2 * len(made))
