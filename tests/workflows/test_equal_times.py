"""The night of the clocks: a time that comes twice."""

from datetime import UTC, date, datetime, time

import pytest
from sqlalchemy import select

from practicerunner import database
from practicerunner.errors import SlotTaken
from practicerunner.records.scheduling import Hold
from practicerunner.vocabulary import CancelledBy, CaseType, SessionFormat
from practicerunner.workflows.booking import preview
from practicerunner.workflows.calendar import appointment_page, appointments_between
from practicerunner.workflows.scheduling import Cancel, Reinstate, cancel, change_appointment, move, reinstate
from tests.cast import Cast
from tests.workflows.booking import asked, booked, change, row, shift

NIGHT = date(2026, 11, 1)
"""In it the clocks of New York go back."""


# --- The night of the clocks


def test_either_of_two_equal_times_can_be_booked_and_both_at_once(cast: Cast, ida: int, bo: int) -> None:
    night = {"local_date": NIGHT, "local_time": time(1, 30)}
    other = cast.open_case(CaseType.INDIVIDUAL, "Ada Roy")
    for fold, which in ((0, "first"), (1, "second")):
        assert cast.read("Marcus", preview, asked(cast, ida, **night, fold=fold)).notes == (
            f"01:30 comes twice on Sun 1 Nov 2026; this is the {which} of the two.",)
    second = booked(cast, "Marcus", ida, **night, fold=1)
    first = booked(cast, "Marcus", other, **night)
    assert (row(cast, first).starts_at, row(cast, second).starts_at) == (
        datetime(2026, 11, 1, 5, 30, tzinfo=UTC), datetime(2026, 11, 1, 6, 30, tzinfo=UTC))
    assert (row(cast, first).fold, row(cast, second).fold) == (0, 1)
    entries = cast.read("Marcus", appointments_between, NIGHT, NIGHT)
    assert [(entry.appointment_id, entry.fold) for entry in entries] == [(first, 0), (second, 1)]
    page = cast.read("Marcus", appointment_page, second)
    assert (page.fold, page.comes_twice) == (1, True)
    eve = cast.open_case(CaseType.INDIVIDUAL, "Eve Moss")
    with pytest.raises(SlotTaken, match=r"01:30–02:20\.$"):
        booked(cast, "Marcus", eve, **night, fold=1)
    with pytest.raises(SlotTaken, match=r"01:30–01:20, after the clocks went back\.$"):
        booked(cast, "Marcus", eve, **night)


def test_a_time_that_comes_once_has_no_second(cast: Cast, ida: int) -> None:
    one = booked(cast, "Marcus", ida, fold=1)
    assert (row(cast, one).fold, row(cast, one).starts_at) == (0, datetime(2026, 9, 8, 14, tzinfo=UTC))
    skipped = booked(cast, "Marcus", ida, local_date=date(2027, 3, 14), local_time=time(2, 30), fold=1)
    found = row(cast, skipped)
    assert (found.fold, found.local_time, found.starts_at) == (0, time(3, 30), datetime(2027, 3, 14, 7, 30, tzinfo=UTC))
    assert cast.read("Marcus", preview, asked(cast, ida, local_time=time(16))).notes == ()


def test_a_move_reaches_either_of_two_equal_times_and_keeps_the_one_it_has(cast: Cast, ida: int) -> None:
    one = booked(cast, "Marcus", ida, local_date=NIGHT, local_time=time(1, 30))
    cast.do("Marcus", move, shift(cast, one, fold=1))
    assert (row(cast, one).fold, row(cast, one).starts_at) == (1, datetime(2026, 11, 1, 6, 30, tzinfo=UTC))
    cast.do("Marcus", move, shift(cast, one, minutes=80))  # dragged longer: it is still the second
    assert (row(cast, one).fold, row(cast, one).ends_at) == (1, datetime(2026, 11, 1, 7, 50, tzinfo=UTC))
    cast.do("Marcus", move, shift(cast, one, local_time=time(1, 45)))  # dragged elsewhere: the first
    assert (row(cast, one).fold, row(cast, one).starts_at) == (0, datetime(2026, 11, 1, 5, 45, tzinfo=UTC))
    cast.do("Marcus", move, shift(cast, one, fold=1))
    cast.do("Marcus", change_appointment, change(cast, one, location_id=None, format=SessionFormat.PHONE))
    cast.do("Marcus", cancel, Cancel(appointment_id=one, by=CancelledBy.CLIENT))
    cast.do("Marcus", reinstate, Reinstate(appointment_id=one))
    assert (row(cast, one).fold, row(cast, one).starts_at) == (1, datetime(2026, 11, 1, 6, 45, tzinfo=UTC))
    with database.reading(cast.engine) as session:
        held = session.scalars(select(Hold.starts_at).where(Hold.appointment_id == one)).all()
    assert held == [datetime(2026, 11, 1, 6, 45, tzinfo=UTC)]
    cast.do("Marcus", move, shift(cast, one, local_date=date(2026, 11, 3)))
    assert row(cast, one).fold == 0
