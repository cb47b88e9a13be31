"""A series on the screen: the three scopes in the forms, what they will do, what was left out, and going on with it."""

from collections.abc import Iterator
from datetime import date, time

import pytest
from sqlalchemy import Engine, select
from streamlit.testing.v1 import AppTest

from practicerunner import database
from practicerunner.records.scheduling import Appointment
from practicerunner.ui import identity
from practicerunner.vocabulary import AppointmentStatus, CancelledBy, CaseType, SeriesScope
from practicerunner.workflows.attendance import AttendAll, attend_all
from practicerunner.workflows.booking import Book, book
from practicerunner.workflows.scheduling import Cancel, cancel
from practicerunner.workflows.series import BookSeries, book_series
from tests.cast import Cast, at, bring_on
from tests.pages.opening import opened, press, said


@pytest.fixture
def practice(sqlite_engine: Engine) -> Iterator[Cast]:
    """Linden Street Practice on Tuesday 8 September at noon."""
    cast = bring_on(sqlite_engine)
    with at("2026-09-08 12:00"):
        yield cast


@pytest.fixture
def weekly(practice: Cast) -> list[int]:
    """Ida's Tuesdays at 10:00, the first of which is over; on the third somebody else is there already."""
    other = practice.open_case(CaseType.INDIVIDUAL, "Bo Ek")
    practice.do("Marcus", book, Book(
        case_id=other, service_id=practice.services["IND50"], local_date=date(2026, 9, 22), local_time=time(10, 30),
        location_id=practice.office))
    ida = practice.open_case(CaseType.INDIVIDUAL, "Ida Lund")
    made: list[int] = practice.do("Marcus", book_series, BookSeries(
        case_id=ida, service_id=practice.services["IND50"], local_date=date(2026, 9, 8), local_time=time(10), count=5,
        location_id=practice.office, skip_conflicts=True))
    practice.do("Marcus", attend_all, AttendAll(appointment_id=made[0]))
    return made


def rows(cast: Cast, made: list[int]) -> list[Appointment]:
    with database.reading(cast.engine) as session:
        return list(session.scalars(
            select(Appointment).where(Appointment.id.in_(made)).order_by(Appointment.series_date)))


def form(appointment_id: int, name: str) -> None:
    from practicerunner.ui import appointment_dialogs, series_panel
    from practicerunner.ui.identity import signed_in
    from practicerunner.ui.perform import read
    from practicerunner.workflows.calendar import appointment_page
    from practicerunner.workflows.series import series_view

    actor = signed_in()
    if name == "more":
        series_panel.more_dialog(actor, read(series_view, actor, appointment_id))
    else:
        page = read(appointment_page, actor, appointment_id)
        getattr(appointment_dialogs, f"{name}_dialog")(actor, page)


def dialog(practice: Cast, monkeypatch: pytest.MonkeyPatch, appointment_id: int, name: str) -> AppTest:
    """A form that stays open on every run."""
    monkeypatch.setattr(identity, "IDENTITY", practice.staff["Marcus"])
    return AppTest.from_function(form, default_timeout=30, args=(appointment_id, name)).run()


def test_the_panel_lists_every_date_and_what_was_left_out(
    practice: Cast, weekly: list[int], monkeypatch: pytest.MonkeyPatch
) -> None:
    app = opened(practice, monkeypatch, "Marcus", "appointment", appointment=weekly[1])
    text = said(app)
    assert "Series: weekly, 3 appointments ahead, 1 left out" in [one.label for one in app.expander]
    assert "Tue 22 Sep was left out. Marcus Bell is already taken on Tue 22 Sep 2026, 10:30–11:20." in text
    assert "Bo Ek" not in text


def test_a_left_out_date_is_booked_once_it_is_free(
    practice: Cast, weekly: list[int], monkeypatch: pytest.MonkeyPatch
) -> None:
    app = opened(practice, monkeypatch, "Marcus", "appointment", appointment=weekly[1])
    press(app, "series.fill.2026-09-22")
    assert "already taken" in app.error[0].value
    with database.reading(practice.engine) as session:
        blocking = session.scalars(select(Appointment.id).where(Appointment.series_id.is_(None))).one()
    practice.do("Marcus", cancel, Cancel(appointment_id=blocking, by=CancelledBy.CLIENT))
    app = opened(practice, monkeypatch, "Marcus", "appointment", appointment=weekly[1])
    press(app, "series.fill.2026-09-22")
    assert "was left out" not in said(app)
    assert "Series: weekly, 4 appointments ahead" in [one.label for one in app.expander]


def test_moving_this_and_following_says_what_changes_and_what_stays_before_it_does(
    practice: Cast, weekly: list[int], monkeypatch: pytest.MonkeyPatch
) -> None:
    app = dialog(practice, monkeypatch, weekly[0], "move")
    assert app.radio[0].options == ["This and following", "All future ones"]
    next(one for one in app.time_input if one.label == "Time").set_value(time(16)).run()
    text = said(app)
    assert "3 appointments will change:\nTue 15 Sep, 10:00–10:50 → Tue 15 Sep, 16:00–16:50" in text
    assert "Tue 8 Sep stays as it is. Attendance is recorded." in text.replace("\\", "")
    next(one for one in app.button if one.label == "Change 3 appointments").click().run()
    assert [one.local_time for one in rows(practice, weekly)] == [time(10), time(16), time(16), time(16)]


def test_moving_only_this_one_is_the_first_choice_and_moves_no_other(
    practice: Cast, weekly: list[int], monkeypatch: pytest.MonkeyPatch
) -> None:
    app = dialog(practice, monkeypatch, weekly[1], "move")
    assert app.radio[0].value is SeriesScope.THIS
    next(one for one in app.time_input if one.label == "Time").set_value(time(16)).run()
    next(one for one in app.button if one.label == "Move appointment").click().run()
    assert [one.local_time for one in rows(practice, weekly)] == [time(10), time(16), time(10), time(10)]


def test_new_times_that_are_taken_are_named_and_can_be_left_as_they_are(
    practice: Cast, weekly: list[int], monkeypatch: pytest.MonkeyPatch
) -> None:
    other = practice.open_case(CaseType.INDIVIDUAL, "Cy Dahl")
    practice.do("Marcus", book, Book(
        case_id=other, service_id=practice.services["IND50"], local_date=date(2026, 9, 29), local_time=time(16),
        location_id=practice.office))
    app = dialog(practice, monkeypatch, weekly[1], "move")
    app.radio[0].set_value(SeriesScope.FOLLOWING).run()
    next(one for one in app.time_input if one.label == "Time").set_value(time(16)).run()
    assert "Tue 29 Sep" in app.warning[0].value and "Cy" not in app.warning[0].value
    next(one for one in app.button if one.label == "Change 3 appointments").click().run()
    assert "already taken" in app.error[0].value
    next(one for one in app.checkbox if "change the other 2" in one.label).check().run()
    next(one for one in app.button if one.label == "Change 2 appointments").click().run()
    assert [one.local_time for one in rows(practice, weekly)] == [time(10), time(16), time(10), time(16)]


def test_cancelling_all_future_ones_counts_them_first(
    practice: Cast, weekly: list[int], monkeypatch: pytest.MonkeyPatch
) -> None:
    app = dialog(practice, monkeypatch, weekly[2], "cancel")
    app.radio[1].set_value(SeriesScope.ALL_FUTURE).run()
    assert "3 appointments will be cancelled: Tue 15 Sep, Tue 29 Sep, Tue 6 Oct" in said(app)
    next(one for one in app.button if one.label == "Cancel 3 appointments").click().run()
    assert [one.status for one in rows(practice, weekly)] == [
        AppointmentStatus.HELD, *[AppointmentStatus.CANCELLED] * 3]


def test_a_new_fee_for_all_future_ones(
    practice: Cast, weekly: list[int], monkeypatch: pytest.MonkeyPatch
) -> None:
    app = dialog(practice, monkeypatch, weekly[3], "change")
    app.radio[0].set_value(SeriesScope.ALL_FUTURE).run()
    next(one for one in app.text_input if one.label == "Fee").set_value("150.00").run()
    next(one for one in app.button if one.label == "Change 3 appointments").click().run()
    assert [one.fee_cents for one in rows(practice, weekly)] == [165_00, 150_00, 150_00, 150_00]


def test_more_are_added_from_the_panel(
    practice: Cast, weekly: list[int], monkeypatch: pytest.MonkeyPatch
) -> None:
    app = dialog(practice, monkeypatch, weekly[1], "more")
    next(one for one in app.button if one.label == "Add 4 appointments").click().run()
    app = opened(practice, monkeypatch, "Marcus", "appointment", appointment=weekly[1])
    assert "Series: weekly, 7 appointments ahead, 1 left out" in [one.label for one in app.expander]
