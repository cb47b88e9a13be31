"""The calendar page: what it shows to whom, booking from a slot, moving by a drop."""

from collections.abc import Callable, Iterator
from datetime import date, time
from typing import Any

import pytest
import streamlit_calendar
from sqlalchemy import Engine, select
from streamlit.testing.v1 import AppTest

from practicerunner import database
from practicerunner.records.scheduling import Appointment
from practicerunner.rules.availability import FreeSlot
from practicerunner.ui import identity
from practicerunner.vocabulary import CaseType
from practicerunner.workflows.booking import Book, book
from practicerunner.workflows.opening_hours import AddWeeklyHours, add_weekly_hours
from tests.cast import Cast, at, bring_on
from tests.pages.opening import opened, press, said

NOW = "2026-09-07 08:00"
TUESDAY = date(2026, 9, 8)


class Browser:
    """Stands in for the component in the browser: what it was given, and what it says."""

    def __init__(self) -> None:
        self.events: list[dict[str, Any]] = []
        self.says: dict[str, Any] = {}
        self.keys: list[str] = []

    def __call__(self, *, events: list[dict[str, Any]], key: str, **_: Any) -> dict[str, Any]:
        self.events = events
        if self.keys and self.keys[-1] != key:
            self.says = {}  # a new key is a new component, which has said nothing yet
        self.keys.append(key)
        return self.says

    def titles(self) -> list[str]:
        return [event["title"] for event in self.events]


@pytest.fixture
def browser(monkeypatch: pytest.MonkeyPatch) -> Browser:
    stand_in = Browser()
    monkeypatch.setattr(streamlit_calendar, "calendar", stand_in)
    return stand_in


@pytest.fixture
def practice(sqlite_engine: Engine) -> Iterator[Cast]:
    """Ida on Tuesday at ten with Marcus, and a couple at noon with Olga."""
    cast = bring_on(sqlite_engine)
    with at(NOW):
        ida = cast.open_case(CaseType.INDIVIDUAL, "Ida Holm")
        couple = cast.open_case(CaseType.TWO_PERSON, "Noor Haddad", "Sam Ortiz", provider="Olga")
        cast.do("Marcus", book, wanted(cast, ida, "IND50", time(10)))
        cast.do("Marcus", book, wanted(cast, ida, "IND50", time(15)))
        cast.do("Olga", book, wanted(cast, couple, "FAM50", time(12)))
        yield cast


def wanted(cast: Cast, case_id: int, service: str, start: time) -> Book:
    return Book(case_id=case_id, service_id=cast.services[service], local_date=TUESDAY, local_time=start,
                location_id=cast.office)


def dragged(event: dict[str, Any], start: str, end: str) -> dict[str, Any]:
    return {"callback": "eventChange", "eventChange": {"event": event | {"start": start, "end": end}}}


def starts(cast: Cast) -> list[time]:
    with database.reading(cast.engine) as session:
        return sorted(session.scalars(select(Appointment.local_time)))


def test_the_owner_sees_everybody_and_a_provider_only_their_own(
    practice: Cast, browser: Browser, monkeypatch: pytest.MonkeyPatch
) -> None:
    app = opened(practice, monkeypatch, "Dana", "calendar")
    assert browser.titles() == [], "an owner who treats meets their own week first"
    next(group for group in app.get("button_group") if group.key == "calendar.providers").set_value([]).run()
    assert browser.titles() == ["Ida Holm", "Noor Haddad & Sam Ortiz", "Ida Holm"]
    assert app.title[0].value == "7–13 Sep 2026"
    opened(practice, monkeypatch, "Marcus", "calendar")
    assert browser.titles() == ["Ida Holm", "Ida Holm"]


def test_an_empty_week_says_what_to_do(practice: Cast, browser: Browser, monkeypatch: pytest.MonkeyPatch) -> None:
    app = opened(practice, monkeypatch, "Marcus", "calendar")
    next(button for button in app.button if button.label == "Later").click().run()
    assert app.title[0].value == "14–20 Sep 2026"
    assert browser.events == []
    assert "No appointments in this time" in said(app)


def test_a_drop_moves_the_appointment_once(practice: Cast, browser: Browser, monkeypatch: pytest.MonkeyPatch) -> None:
    app = opened(practice, monkeypatch, "Marcus", "calendar")
    browser.says = dragged(browser.events[0], "2026-09-09T11:30:00Z", "2026-09-09T12:20:00Z")
    app.run()
    assert starts(practice) == [time(11, 30), time(12), time(15)]
    app.run()
    assert starts(practice) == [time(11, 30), time(12), time(15)]


def test_a_refused_drop_says_why_and_the_calendar_is_drawn_anew(
    practice: Cast, browser: Browser, monkeypatch: pytest.MonkeyPatch
) -> None:
    app = opened(practice, monkeypatch, "Marcus", "calendar")
    before = browser.keys[-1]
    browser.says = dragged(browser.events[0], "2026-09-08T15:20:00Z", "2026-09-08T16:10:00Z")
    app.run()
    assert starts(practice) == [time(10), time(12), time(15)]
    assert "Not moved" in app.error[0].value and "already taken" in app.error[0].value
    assert browser.keys[-1] != before
    app.run()
    assert not app.error


def test_a_chosen_slot_opens_the_form_at_its_time(
    practice: Cast, browser: Browser, monkeypatch: pytest.MonkeyPatch
) -> None:
    app = opened(practice, monkeypatch, "Marcus", "calendar")
    browser.says = {"callback": "select", "select": {
        "start": "2026-09-10T09:00:00Z", "end": "2026-09-10T09:15:00Z", "allDay": False}}
    app.run()
    assert app.text_input(key="booking.None.2026-09-10.09:00:00.0.who").label == "For whom?"


# --- The form, open on every run


def form() -> None:
    from datetime import date, time

    from practicerunner.ui.booking import booking_dialog
    from practicerunner.ui.identity import signed_in

    booking_dialog(signed_in(), day=date(2026, 9, 8), start=time(9))


KEY = "booking.None.2026-09-08.09:00:00.0"


@pytest.fixture
def ask(practice: Cast, monkeypatch: pytest.MonkeyPatch) -> Callable[[str], AppTest]:
    """The form as somebody sees it, with Ida found."""

    def opened_by(name: str) -> AppTest:
        monkeypatch.setattr(identity, "IDENTITY", practice.staff[name])
        app = AppTest.from_function(form, default_timeout=30).run()
        app.text_input(key=f"{KEY}.who").set_value("holm").run()
        return app

    return opened_by


def test_the_slot_the_service_and_the_case_fill_the_form(practice: Cast, ask: Callable[[str], AppTest]) -> None:
    app = ask("Marcus")
    assert app.date_input(key=f"{KEY}.local_date").value == TUESDAY
    assert app.time_input(key=f"{KEY}.local_time").value == time(9)
    assert app.selectbox(key=f"{KEY}.service_id").value.name == "IND50"
    assert "No conflict. 09:00–09:50" in said(app)
    press(app, f"{KEY}.save")
    assert starts(practice) == [time(9), time(10), time(12), time(15)]


def test_the_form_names_the_conflict_and_nothing_is_saved(practice: Cast, ask: Callable[[str], AppTest]) -> None:
    app = ask("Marcus")
    app.time_input(key=f"{KEY}.local_time").set_value(time(10, 30)).run()
    assert "already taken" in app.warning[0].value
    assert f"{KEY}.override_reason" not in [field.key for field in app.text_input]
    press(app, f"{KEY}.save")
    assert "already taken" in app.error[0].value
    assert starts(practice) == [time(10), time(12), time(15)]


def test_an_owner_may_book_over_it_with_a_reason(practice: Cast, ask: Callable[[str], AppTest]) -> None:
    app = ask("Dana")
    app.time_input(key=f"{KEY}.local_time").set_value(time(10, 30)).run()
    app.text_input(key=f"{KEY}.override_reason").set_value("emergency").run()
    press(app, f"{KEY}.save")
    assert starts(practice) == [time(10), time(10, 30), time(12), time(15)]


def test_a_length_of_zero_stands_at_its_field(practice: Cast, ask: Callable[[str], AppTest]) -> None:
    app = ask("Marcus")
    next(field for field in app.number_input if field.label == "Minutes").set_value(0).run()
    press(app, f"{KEY}.save")
    assert [e.value for e in app.error] == ["An appointment lasts between 1 minute and 24 hours."]
    assert starts(practice) == [time(10), time(12), time(15)]


def test_a_series_says_how_many_it_books(practice: Cast, ask: Callable[[str], AppTest]) -> None:
    app = ask("Marcus")
    app.selectbox(key=f"{KEY}.repeats").set_value("Weekly").run()
    assert app.button(key=f"{KEY}.save").label == "Book 6 appointments"
    press(app, f"{KEY}.save")
    assert starts(practice).count(time(9)) == 6


def test_the_admin_has_no_memo_field(ask: Callable[[str], AppTest]) -> None:
    assert [area.label for area in ask("Marcus").text_area] == ["Memo"]
    assert [area.label for area in ask("Tom").text_area] == []


# --- Free times beside the form


def free(app: AppTest) -> Any:
    return next(group for group in app.get("button_group") if group.key == f"{KEY}.local_date.free")


def test_a_click_on_a_free_time_fills_date_and_time(practice: Cast, ask: Callable[[str], AppTest]) -> None:
    app = ask("Marcus")
    assert free(app).options == ["08:00", "08:30", "09:00", "11:00", "11:30"]
    free(app).set_value(FreeSlot(TUESDAY, time(11), 50)).run()
    assert not app.exception and not app.warning
    assert app.date_input(key=f"{KEY}.local_date").value == TUESDAY
    assert app.time_input(key=f"{KEY}.local_time").value == time(11)
    assert free(app).value is None
    press(app, f"{KEY}.save")
    assert starts(practice) == [time(10), time(11), time(12), time(15)]
    assert "Next free" in said(ask("Marcus"))


def test_a_time_outside_the_opening_hours_is_a_hint_and_never_a_refusal(
    practice: Cast, ask: Callable[[str], AppTest]
) -> None:
    hint = "outside the opening hours"
    assert hint not in said(ask("Marcus")), "without opening hours there is no outside"
    practice.do("Marcus", add_weekly_hours, AddWeeklyHours(
        provider_id=practice.staff["Marcus"], weekdays=(2,), starts=time(9), ends=time(12)))
    app = ask("Marcus")
    assert hint in said(app)
    assert free(app).options[0] == "Wed 9 Sep 09:00"
    press(app, f"{KEY}.save")
    assert starts(practice) == [time(9), time(10), time(12), time(15)]
    app = ask("Marcus")
    free(app).set_value(FreeSlot(date(2026, 9, 9), time(9), 50)).run()
    assert app.date_input(key=f"{KEY}.local_date").value == date(2026, 9, 9)
    assert hint not in said(app)


def test_whose_free_times_are_shown_follows_the_provider_that_an_owner_chooses(
    practice: Cast, ask: Callable[[str], AppTest]
) -> None:
    app = ask("Dana")
    box = app.selectbox(key=f"{KEY}.provider_id")
    box.set_value(next(one for one in box.options if "Olga" in one)).run()
    assert free(app).options == ["08:00", "08:30", "09:00", "09:30", "10:00"]
