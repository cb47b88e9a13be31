"""The page of one appointment: attendance by a click, moving and calling off by a form, and who may do what."""

from collections.abc import Iterator
from datetime import date, time

import pytest
from sqlalchemy import Engine, select
from streamlit.testing.v1 import AppTest

from practicerunner import database
from practicerunner.records.scheduling import Appointment, Attendance
from practicerunner.ui import identity
from practicerunner.vocabulary import AppointmentStatus, AttendanceStatus, CaseType
from practicerunner.workflows.series import BookSeries, book_series
from tests.cast import Cast, at, bring_on
from tests.pages.opening import opened, press, said


@pytest.fixture
def practice(sqlite_engine: Engine) -> Iterator[Cast]:
    """Linden Street Practice on Tuesday 8 September at noon."""
    cast = bring_on(sqlite_engine)
    with at("2026-09-08 12:00"):
        yield cast


def group(cast: Cast) -> list[int]:
    case_id = cast.open_case(CaseType.THERAPY_GROUP, "Eve Moss", "Jo *Park*", name="Thursday group")
    made: list[int] = cast.do("Marcus", book_series, BookSeries(
        case_id=case_id, service_id=cast.services["GRP90"], local_date=date(2026, 9, 8), local_time=time(10),
        location_id=cast.office, count=3))
    return made


def row(cast: Cast, appointment_id: int) -> Appointment:
    with database.reading(cast.engine) as session:
        return session.get_one(Appointment, appointment_id)


def test_the_page_says_what_when_where_and_with_whom(practice: Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    first, *_ = group(practice)
    text = said(opened(practice, monkeypatch, "Marcus", "appointment", appointment=first))
    for fact in ("Tue 8 Sep, 10:00–11:30", "Thursday group", "GRP90, 75.00 for each member", "Office",
                 "Provider Marcus Bell", "1st of 3, weekly", "Eve Moss", "Jo *Park*", "Scheduled"):
        assert fact in text, fact


def test_everybody_attended_in_one_click(practice: Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    first, *_ = group(practice)
    app = opened(practice, monkeypatch, "Marcus", "appointment", appointment=first)
    press(app, "attend_all")
    assert row(practice, first).status is AppointmentStatus.HELD
    assert "Attended" in said(app)


def test_one_member_is_marked_absent(practice: Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    first, *_ = group(practice)
    app = opened(practice, monkeypatch, "Marcus", "appointment", appointment=first)
    with database.reading(practice.engine) as session:
        person = session.scalars(select(Attendance.person_id).where(Attendance.appointment_id == first)).first()
    app.segmented_control(key=f"attendance.{person}.1.{AttendanceStatus.SCHEDULED}").set_value(
        AttendanceStatus.NO_SHOW).run()
    assert not app.exception, app.exception
    with database.reading(practice.engine) as session:
        found = dict(session.execute(select(Attendance.person_id, Attendance.status).where(
            Attendance.appointment_id == first)).all())
    assert sorted(found.values()) == [AttendanceStatus.NO_SHOW, AttendanceStatus.SCHEDULED]
    assert found[person] is AttendanceStatus.NO_SHOW


def test_a_later_session_offers_nothing_that_only_its_time_can_tell(
    practice: Cast, monkeypatch: pytest.MonkeyPatch
) -> None:
    *_, last = group(practice)
    app = opened(practice, monkeypatch, "Marcus", "appointment", appointment=last)
    assert "attend_all" not in [button.key for button in app.button]
    assert "No-show" not in [button.label for button in app.button]


def dialog(which: str, appointment_id: int) -> None:
    from practicerunner.ui import appointment_dialogs
    from practicerunner.ui.identity import signed_in
    from practicerunner.ui.perform import read
    from practicerunner.workflows.calendar import appointment_page

    actor = signed_in()
    getattr(appointment_dialogs, which)(actor, read(appointment_page, actor, appointment_id))


def test_it_is_moved_and_called_off_and_put_back_by_forms(practice: Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    *_, last = group(practice)
    monkeypatch.setattr(identity, "IDENTITY", practice.staff["Marcus"])

    def form(which: str) -> AppTest:
        return AppTest.from_function(dialog, default_timeout=30, args=(which, last)).run()

    def click(app: AppTest, label: str) -> None:
        next(button for button in app.button if button.label == label).click().run()
        assert not app.exception, app.exception

    app = form("move_dialog")
    app.time_input(key=f"move.{last}.1.0.local_time").set_value(time(17))
    click(app, "Move appointment")
    assert row(practice, last).local_time == time(17)
    app = form("change_dialog")
    app.text_input(key=f"change.{last}.2.0.fee_cents").set_value("80")
    app.text_area(key=f"change.{last}.2.0.memo").set_value("Bring chairs")
    click(app, "Save changes")
    assert (row(practice, last).fee_cents, row(practice, last).memo) == (80_00, "Bring chairs")
    app = form("cancel_dialog")
    app.text_input(key=f"cancel.{last}.3.0.reason").set_value("holiday")
    click(app, "Cancel this appointment")
    assert (row(practice, last).status, row(practice, last).cancelled_reason) == (
        AppointmentStatus.CANCELLED, "holiday")
    assert "holiday" in said(opened(practice, monkeypatch, "Marcus", "appointment", appointment=last))
    click(form("reinstate_dialog"), "Reinstate")
    assert row(practice, last).status is AppointmentStatus.SCHEDULED


def test_a_stranger_finds_no_such_record(practice: Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    first, *_ = group(practice)
    app = opened(practice, monkeypatch, "Olga", "appointment", appointment=first)
    assert "Thursday group" not in said(app)
    assert app.warning[0].value.startswith("There is no such record")


def test_an_address_without_a_number_leads_to_the_calendar(practice: Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    app = opened(practice, monkeypatch, "Marcus", "appointment", appointment="x")
    assert app.info[0].value == "Choose an appointment in the calendar."
