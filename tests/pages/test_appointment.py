"""The page of one appointment: attendance by a click, moving and calling off by a form, and who may do what."""

from collections.abc import Iterator
from datetime import date, time

import pytest
from sqlalchemy import Engine, select
from streamlit.testing.v1 import AppTest

from practicerunner import database
from practicerunner.records.scheduling import Appointment, Attendance
from practicerunner.ui import identity
from practicerunner.vocabulary import AppointmentStatus, AttendanceStatus, CancelledBy, CaseType
from practicerunner.workflows.attendance import SetAttendance, set_attendance
from practicerunner.workflows.booking import Book, book
from practicerunner.workflows.calendar import appointment_page
from practicerunner.workflows.series import BookSeries, book_series
from tests.cast import Cast, arrange, at, bring_on, people_of
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


def control(app: AppTest, name: int, revision: int, status: AttendanceStatus) -> list[str]:
    """What is one click away for somebody."""
    return list(app.segmented_control(key=f"attendance.{name}.{revision}.{status}").options)


def foretold(app: AppTest) -> list[str]:
    """What the rows say of the next click."""
    return [caption.value for caption in app.caption if "fee" in caption.value]


def test_each_row_says_what_it_costs_before_and_after_the_click(
    practice: Cast, monkeypatch: pytest.MonkeyPatch
) -> None:
    first, *_ = group(practice)
    eve = people_of(practice, row(practice, first).case_id)["Eve"]
    arrange(practice, row(practice, first).case_id, {eve: 0}, since="2026-09-01", person_id=eve,
            fee_terms="sliding_scale", fee_basis_points=4500)
    app = opened(practice, monkeypatch, "Marcus", "appointment", appointment=first)
    assert control(app, eve, 1, AttendanceStatus.SCHEDULED) == ["Attended", "No-show", "Late cancellation"]
    assert foretold(app) == ["No-show or late: fee 16.88", "No-show or late: fee 37.50"]
    assert "Excused, no fee" in said(app)
    assert "fee 16.88" not in [text.value for text in app.text]
    app.segmented_control(key=f"attendance.{eve}.1.{AttendanceStatus.SCHEDULED}").set_value(
        AttendanceStatus.NO_SHOW).run()
    assert "fee 16.88" in [text.value for text in app.text]


def test_a_cancellation_is_offered_by_the_clock_and_then_the_other_with_a_click(
    practice: Cast, monkeypatch: pytest.MonkeyPatch
) -> None:
    _, second, _ = group(practice)
    eve = people_of(practice, row(practice, second).case_id)["Eve"]
    with at("2026-09-14 10:00:00"):
        app = opened(practice, monkeypatch, "Marcus", "appointment", appointment=second)
        assert control(app, eve, 1, AttendanceStatus.SCHEDULED) == ["Confirmed", "Arrived", "Cancelled by client"]
        assert foretold(app) == ["Cancelled now, in time: no fee"] * 2
    with at("2026-09-14 10:00:01"):
        app = opened(practice, monkeypatch, "Marcus", "appointment", appointment=second)
        assert control(app, eve, 1, AttendanceStatus.SCHEDULED)[2] == "Late cancellation"
        assert foretold(app) == ["Cancelled now, late: fee 37.50"] * 2
        app.segmented_control(key=f"attendance.{eve}.1.{AttendanceStatus.SCHEDULED}").set_value(
            AttendanceStatus.LATE_CANCELLED).run()
        assert control(app, eve, 2, AttendanceStatus.LATE_CANCELLED)[2:] == [
            "Late cancellation", "Cancelled by client"]
        app.segmented_control(key=f"attendance.{eve}.2.{AttendanceStatus.LATE_CANCELLED}").set_value(
            AttendanceStatus.CANCELLED_BY_CLIENT).run()
        assert "no fee" in [text.value for text in app.text]
    statuses = {one.person_id: one.status for one in practice.read("Marcus", appointment_page, second).people}
    assert statuses[eve] is AttendanceStatus.CANCELLED_BY_CLIENT


def test_a_fee_is_waived_with_a_reason_in_a_dialog_that_shows_amount_and_payers(
    practice: Cast, monkeypatch: pytest.MonkeyPatch
) -> None:
    first, *_ = group(practice)
    people = people_of(practice, row(practice, first).case_id)
    practice.do("Marcus", set_attendance, SetAttendance(appointment_id=first, statuses={
        people["Eve"]: AttendanceStatus.NO_SHOW, people["Jo"]: AttendanceStatus.ATTENDED}))
    app = opened(practice, monkeypatch, "Marcus", "appointment", appointment=first)
    assert "No-show fee 37.50, Eve Moss" in said(app)
    assert f"waive.{people['Eve']}" not in [button.key for button in app.button], "providers do not waive"
    app = press(opened(practice, monkeypatch, "Tom", "appointment", appointment=first), f"waive.{people['Eve']}")
    for fact in ("The no-show fee of Eve Moss, 37.50, is taken back by a credit adjustment.", "Eve Moss",
                 "The appointment is not invoiced yet: 2 invoices will be created first."):
        assert fact in said(app), fact
    monkeypatch.setattr(identity, "IDENTITY", practice.staff["Tom"])
    app = AppTest.from_function(waiving, default_timeout=30, args=(first,)).run()
    save = next(button.key for button in app.button)
    press(app, save)
    assert [error.value for error in app.error] == ["Please fill in this field."]
    app.text_input[0].set_value("*illness*")
    press(app, save)
    text = said(opened(practice, monkeypatch, "Marcus", "appointment", appointment=first))
    assert r"Waived on Tue 8 Sep by Tom Alvarez\: \*illness\*" in text
    assert "Credited" in text
    assert "fee 37.50, waived" in text
    account = opened(practice, monkeypatch, "Tom", "case", case=row(practice, first).case_id, part="billing")
    (table,) = [one.value for one in account.dataframe if "Credit note" in one.value.columns]
    (shown,) = table[["Date", "Amount", "What", "Invoice", "Reason", "By"]].to_numpy().tolist()
    assert shown == ["Tue 8 Sep", "-37.50", "Credit", "INV-2026-0001", "*illness*", "Tom Alvarez"]


def waiving(appointment_id: int) -> None:
    from practicerunner.ui import billing_block
    from practicerunner.ui.identity import signed_in
    from practicerunner.ui.perform import read
    from practicerunner.workflows.waivers import missed_fees

    actor = signed_in()
    found = read(missed_fees, actor, appointment_id)
    if found.fees[0].waived is None:
        billing_block.waive_dialog(actor, appointment_id, found.fees[0], found.invoices_first)


def test_the_form_for_calling_off_says_late_or_in_time_and_takes_the_other(
    practice: Cast, monkeypatch: pytest.MonkeyPatch
) -> None:
    _, second, third = group(practice)
    monkeypatch.setattr(identity, "IDENTITY", practice.staff["Marcus"])
    with at("2026-09-15 08:00"):
        app = AppTest.from_function(dialog, default_timeout=30, args=("cancel_dialog", second)).run()
        late = next(radio for radio in app.radio if radio.label == "It counts as")
        assert (late.options, late.index) == (["Late, fee 75.00 in all", "In time, no fee"], 0)
        late.set_value(AttendanceStatus.CANCELLED_BY_CLIENT)
        app.button[0].click().run()
        assert not app.exception, app.exception
        app = AppTest.from_function(dialog, default_timeout=30, args=("cancel_dialog", third)).run()
        assert next(radio for radio in app.radio if radio.label == "It counts as").index == 1
        app.radio[0].set_value(CancelledBy.PROVIDER).run()
        assert "Nobody is charged." in said(app)
    assert {a.status for a in practice.read("Marcus", appointment_page, second).people} == {
        AttendanceStatus.CANCELLED_BY_CLIENT}


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


def test_a_memo_is_marked_for_the_front_desk_in_a_dialog_of_its_own_or_with_the_change(
    practice: Cast, monkeypatch: pytest.MonkeyPatch
) -> None:
    case_id = practice.open_case(CaseType.INDIVIDUAL, "Ida Holm", provider="Priya")
    made = practice.do("Priya", book, Book(
        case_id=case_id, service_id=practice.services["IND50"], local_date=date(2026, 9, 9), local_time=time(10),
        location_id=practice.office))

    def form(who: str, which: str) -> AppTest:
        monkeypatch.setattr(identity, "IDENTITY", practice.staff[who])
        app = AppTest.from_function(dialog, args=(which, made), default_timeout=30)
        app.run()
        assert not app.exception, app.exception
        return app

    assert "Memo" in [one.label for one in opened(
        practice, monkeypatch, "Ruth", "appointment", appointment=made).button], "who supervises may not change it"
    app = form("Ruth", "memo_dialog")
    (tick,) = app.checkbox
    assert (tick.label, tick.value) == ("Front desk may read this", False)
    app.text_area[0].set_value("Ask *about* the room.")
    next(one for one in app.button if one.label == "Save memo").click().run()
    assert (row(practice, made).memo, row(practice, made).memo_for_desk) == ("Ask *about* the room.", False)
    for who in ("Priya", "Ruth", "Dana"):
        assert "Ask *about* the room." in said(opened(practice, monkeypatch, who, "appointment", appointment=made))
    assert "Ask" not in said(opened(practice, monkeypatch, "Tom", "appointment", appointment=made))
    app = form("Priya", "change_dialog")
    next(one for one in app.checkbox if one.label == "Front desk may read this").set_value(True)
    next(one for one in app.button if one.label == "Save changes").click().run()
    text = said(opened(practice, monkeypatch, "Tom", "appointment", appointment=made))
    assert "Ask *about* the room." in text
    assert "The front desk reads this too." in text
