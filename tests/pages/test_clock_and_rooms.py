"""On the screen: which of two equal times, which rooms are free, a room's calendar, a supervisor for one alone."""

from collections.abc import Iterator
from datetime import date, time
from typing import Any

import pytest
import streamlit_calendar
from sqlalchemy import Engine, select
from streamlit.testing.v1 import AppTest

from practicerunner import database
from practicerunner.records.scheduling import Appointment
from practicerunner.ui import identity
from practicerunner.vocabulary import CaseType
from practicerunner.workflows.booking import Book, book
from practicerunner.workflows.practice import AddLocation, add_location
from tests.cast import Cast, at, bring_on
from tests.pages.opening import opened, press, said

NIGHT = date(2026, 11, 1)
KEY = "booking.None.2026-11-01.01:30:00.0"


@pytest.fixture
def practice(sqlite_engine: Engine) -> Iterator[Cast]:
    """The day before the clocks go back."""
    cast = bring_on(sqlite_engine)
    with at("2026-10-31 09:00"):
        yield cast


@pytest.fixture
def ida(practice: Cast) -> int:
    return practice.open_case(CaseType.INDIVIDUAL, "Ida Holm")


def booked(cast: Cast, case_id: int, by: str = "Marcus", **changes: Any) -> int:
    facts: dict[str, Any] = {
        "case_id": case_id, "service_id": cast.services["IND50"], "local_date": NIGHT, "local_time": time(1, 30),
        "location_id": cast.office}
    return cast.do(by, book, Book(**facts | changes))


def row(cast: Cast, appointment_id: int) -> Appointment:
    with database.reading(cast.engine) as session:
        return session.get_one(Appointment, appointment_id)


def booking() -> None:
    from datetime import date, time

    from practicerunner.ui.booking import booking_dialog
    from practicerunner.ui.identity import signed_in

    booking_dialog(signed_in(), day=date(2026, 11, 1), start=time(1, 30))


def ask(cast: Cast, monkeypatch: pytest.MonkeyPatch, who: str = "Marcus") -> AppTest:
    monkeypatch.setattr(identity, "IDENTITY", cast.staff[who])
    app = AppTest.from_function(booking, default_timeout=30).run()
    app.text_input(key=f"{KEY}.who").set_value("holm").run()
    assert not app.exception, app.exception
    return app


def dialog(which: str, appointment_id: int) -> None:
    from practicerunner.ui import appointment_dialogs
    from practicerunner.ui.identity import signed_in
    from practicerunner.ui.perform import read
    from practicerunner.workflows.calendar import appointment_page

    actor = signed_in()
    getattr(appointment_dialogs, which)(actor, read(appointment_page, actor, appointment_id))


def form(cast: Cast, monkeypatch: pytest.MonkeyPatch, which: str, appointment_id: int, who: str = "Marcus") -> AppTest:
    monkeypatch.setattr(identity, "IDENTITY", cast.staff[who])
    app = AppTest.from_function(dialog, default_timeout=30, args=(which, appointment_id)).run()
    assert not app.exception, app.exception
    return app


def click(app: AppTest, label: str) -> None:
    next(button for button in app.button if button.label == label).click().run()
    assert not app.exception, app.exception


def test_the_form_asks_which_of_two_equal_times(practice: Cast, ida: int, monkeypatch: pytest.MonkeyPatch) -> None:
    app = ask(practice, monkeypatch)
    choice = app.radio(key=f"{KEY}.fold.2026-11-01.0130")
    assert choice.label == "01:30 comes twice on this day"
    assert choice.options == ["First, before the clocks go back", "Second, after they went back"]
    assert "this is the first of the two" in said(app)
    choice.set_value(1).run()
    assert "this is the second of the two" in said(app)
    press(app, f"{KEY}.save")
    with database.reading() as session:
        found = session.scalars(select(Appointment)).one()
    assert (found.fold, f"{found.starts_at:%H:%M}") == (1, "06:30")
    text = said(opened(practice, monkeypatch, "Marcus", "appointment", appointment=found.id))
    assert "so 01:30 comes twice; this is the second, after they went back." in text


def test_on_any_other_night_it_asks_nothing(practice: Cast, ida: int, monkeypatch: pytest.MonkeyPatch) -> None:
    app = ask(practice, monkeypatch)
    app.date_input(key=f"{KEY}.local_date").set_value(date(2026, 11, 2)).run()
    assert not app.radio and "comes twice" not in said(app)
    one = booked(practice, ida, local_date=date(2026, 11, 2))
    assert "comes twice" not in said(opened(practice, monkeypatch, "Marcus", "appointment", appointment=one))


def test_moving_asks_too_and_begins_with_the_one_it_is(
    practice: Cast, ida: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    one = booked(practice, ida, fold=1)
    app = form(practice, monkeypatch, "move_dialog", one)
    assert app.radio[0].value == 1
    app.radio[0].set_value(0)
    click(app, "Move appointment")
    assert (row(practice, one).fold, f"{row(practice, one).starts_at:%H:%M}") == (0, "05:30")


def test_a_taken_room_brings_the_names_of_the_free_ones(
    practice: Cast, ida: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    rooms = {name: practice.do("Dana", add_location, AddLocation(name=name, is_room=True))
             for name in ("Room 2", "Room [3]")}
    ruths = practice.open_case(CaseType.INDIVIDUAL, "Bo Ek", provider="Ruth")
    booked(practice, ruths, by="Ruth", location_id=rooms["Room 2"])
    app = ask(practice, monkeypatch)
    where = next(field for field in app.selectbox if field.label == "Where")
    assert "Free at this time" not in said(app)
    where.set_value(next(one for one in where_options(practice) if one.location_id == rooms["Room 2"])).run()
    assert "Room 2 is already taken" in app.warning[0].value and "Ek" not in said(app)
    assert "Free at this time: Room [3]." in said(app)
    booked(practice, practice.open_case(CaseType.INDIVIDUAL, "Al Roy", provider="Olga"), by="Olga",
           location_id=rooms["Room [3]"])
    app.run()
    assert "No room is free at this time." in said(app)


def where_options(cast: Cast) -> list[Any]:
    from practicerunner.ui.booking import places
    from practicerunner.workflows.calendar import Choice
    with database.reading() as session:
        from practicerunner.records.practice import locations
        return places(tuple(Choice(place.id, place.name) for place in locations(session)))


def test_the_calendar_of_a_room_shows_when_others_have_it(
    practice: Cast, ida: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    events: list[dict[str, Any]] = []

    def component(*, events: list[dict[str, Any]], key: str, _shown: list[dict[str, Any]] = events, **_: Any) -> dict:
        _shown[:] = events
        return {}

    monkeypatch.setattr(streamlit_calendar, "calendar", component)
    room = practice.do("Dana", add_location, AddLocation(name="Room 2", is_room=True))
    ruths = practice.open_case(CaseType.INDIVIDUAL, "Bo Ek", provider="Ruth")
    booked(practice, ruths, by="Ruth", location_id=room, local_time=time(12))
    booked(practice, ruths, by="Ruth", local_time=time(14))
    booked(practice, ida, location_id=room)
    app = opened(practice, monkeypatch, "Marcus", "calendar")
    assert [event["title"] for event in events] == ["Ida Holm"]
    place = app.selectbox(key="calendar.location")
    place.set_value(next(one for one in place_options() if one.id == room)).run()
    assert not app.exception, app.exception
    assert [event["title"] for event in events] == ["Ida Holm", "Room 2 is taken"]


def place_options() -> list[Any]:
    from practicerunner.records.practice import locations
    with database.reading() as session:
        return locations(session)


def test_a_supervisor_is_chosen_for_one_appointment_and_cleared_again(
    practice: Cast, monkeypatch: pytest.MonkeyPatch
) -> None:
    case_id = practice.open_case(CaseType.INDIVIDUAL, "Ami Roy")
    one = booked(practice, case_id, local_time=time(10))
    app = form(practice, monkeypatch, "change_dialog", one, "Dana")
    choice = app.selectbox(key=f"change.{one}.1.0.supervisor_id")
    assert choice.options == ["As usual: nobody", "Ruth Feldman, for this one alone"]
    choice.set_value(practice.staff["Ruth"])
    click(app, "Save changes")
    page = opened(practice, monkeypatch, "Dana", "appointment", appointment=one)
    assert "Supervisor Ruth Feldman, for this appointment alone" in said(page)
    app = form(practice, monkeypatch, "change_dialog", one, "Dana")
    choice = app.selectbox(key=f"change.{one}.2.0.supervisor_id")
    assert choice.value == practice.staff["Ruth"]
    choice.set_value(0)
    click(app, "Save changes")
    assert (row(practice, one).supervisor_id, row(practice, one).supervisor_is_own) == (None, False)
    app = form(practice, monkeypatch, "change_dialog", one)
    assert "supervisor" not in " ".join(str(field.key) for field in app.selectbox)
