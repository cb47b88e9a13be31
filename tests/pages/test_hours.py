"""Opening hours: the week, single days, how clients book, and what they could book; one's own or everybody's."""

from collections.abc import Iterator
from datetime import date, time
from typing import Any

import pytest
from sqlalchemy import Engine, select
from streamlit.testing.v1 import AppTest

from practicerunner import database
from practicerunner.records.availability import BookingPolicy, OpeningHours
from practicerunner.rules.availability import OVER_MIDNIGHT
from practicerunner.ui import identity
from practicerunner.vocabulary import Audience, SessionFormat
from practicerunner.workflows.opening_hours import (
    AddException,
    AddWeeklyHours,
    add_exception,
    add_weekly_hours,
    provider_hours,
)
from practicerunner.workflows.time_blocks import AddTimeBlock, add_time_block
from tests.cast import Cast, at, bring_on
from tests.pages.opening import keys, opened, press, said
from tests.pages.walking import live, words

NOW = "2026-09-04 08:00"
TUESDAY = date(2026, 9, 8)


@pytest.fixture
def practice(sqlite_engine: Engine) -> Iterator[Cast]:
    """Linden Street Practice on Friday, 4 September; nobody has set hours."""
    cast = bring_on(sqlite_engine)
    with at(NOW):
        yield cast


def tuesdays(cast: Cast, name: str = "Marcus", **changes: Any) -> int:
    facts: dict[str, Any] = {
        "provider_id": cast.staff[name], "weekdays": (1,), "starts": time(9), "ends": time(12)}
    return cast.do(name, add_weekly_hours, AddWeeklyHours(**facts | changes))[0]


def rows(cast: Cast) -> list[OpeningHours]:
    with database.reading(cast.engine) as session:
        return list(session.scalars(select(OpeningHours).order_by(OpeningHours.id)))


# --- The page


def test_without_hours_it_says_what_counts_meanwhile_and_what_to_do(
    practice: Cast, monkeypatch: pytest.MonkeyPatch
) -> None:
    app = opened(practice, monkeypatch, "Marcus", "hours")
    text = said(app)
    assert "weekdays from 08:00 to 18:00 count as open for staff, and clients cannot book" in text
    assert "there are no opening hours. Add hours to let clients book." in text
    assert text.count("closed") == 7
    assert "None ahead" in text
    app.session_state["hours.audience"] = Audience.STAFF
    assert "08:00  08:30  09:00" in said(app.run())


def test_the_week_and_the_single_days_are_listed_with_what_limits_them(
    practice: Cast, monkeypatch: pytest.MonkeyPatch
) -> None:
    marcus = practice.staff["Marcus"]
    tuesdays(practice)
    tuesdays(practice, starts=time(13), ends=time(), for_new_inquiries=True, location_id=practice.office,
             format=SessionFormat.IN_PERSON, service_ids=(practice.services["INTAKE"],), valid_until=date(2026, 12, 31))
    practice.do("Marcus", add_exception, AddException(
        provider_id=marcus, on_date=TUESDAY, starts=time(), ends=time(), is_closed=True, reason="training & *rest*"))
    practice.do("Marcus", add_time_block, AddTimeBlock(
        provider_id=marcus, starts_on=date(2026, 9, 14), starts=time(9), ends_on=date(2026, 9, 25), ends=time(17),
        reason="vacation"))
    practice.do("Olga", add_time_block, AddTimeBlock(
        provider_id=practice.staff["Olga"], starts_on=date(2026, 9, 9), starts=time(9), ends_on=date(2026, 9, 9),
        ends=time(10), reason="Olga's secret"))
    app = opened(practice, monkeypatch, "Marcus", "hours")
    text = words(app)
    for part in ("09:00–12:00", "13:00–00:00", "also new inquiries", "Office", "INTAKE", "until Thu 31 Dec",
                 "Tue 8 Sep", "all day", "Closed", "Mon 14 Sep", "09:00–Fri 25 Sep 17:00", "Blocked", "vacation"):
        assert part in text, part
    assert "secret" not in text
    assert live(app) == []
    assert "weekdays from 08:00" not in text


@pytest.mark.parametrize(("name", "choices"), [
    ("Marcus", 0), ("Priya", 0), ("Ruth", 2), ("Dana", 5), ("Tom", 5),
])
def test_a_provider_meets_the_own_hours_and_owner_and_admin_everybodys(
    practice: Cast, monkeypatch: pytest.MonkeyPatch, name: str, choices: int
) -> None:
    app = opened(practice, monkeypatch, name, "hours")
    pickers = [box for box in app.selectbox if box.key == "hours.provider"]
    assert len(pickers[0].options if pickers else []) == choices
    own = {"Tom": ""}.get(name, name)
    assert any(heading.value.startswith(own) and heading.value.endswith("week") for heading in app.subheader)


def test_a_supervisor_looks_at_a_supervisees_hours_without_buttons(
    practice: Cast, monkeypatch: pytest.MonkeyPatch
) -> None:
    hours_id = tuesdays(practice, "Priya")
    app = opened(practice, monkeypatch, "Ruth", "hours")
    assert "hours.add" in keys(app)
    app.selectbox(key="hours.provider").select_index(1).run()
    assert "Priya Nair's week" in said(app)
    assert not {"hours.add", "hours.day", "hours.block", f"hours.{hours_id}.change"} & set(keys(app))


def test_an_owner_chooses_somebody_and_sees_their_week(practice: Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    tuesdays(practice, starts=time(7, 15), ends=time(8, 45))
    app = opened(practice, monkeypatch, "Dana", "hours")
    assert "07:15" not in said(app)
    box = app.selectbox(key="hours.provider")
    box.select_index(next(n for n, one in enumerate(box.options) if "Marcus" in one)).run()
    assert "07:15–08:45" in said(app)


# --- What clients could book


def test_the_preview_follows_the_audience_and_the_service(practice: Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    tuesdays(practice, ends=time(10), for_existing_clients=False)
    tuesdays(practice, starts=time(14), ends=time(15, 30), location_id=practice.office)
    app = opened(practice, monkeypatch, "Marcus", "hours")
    app.selectbox(key="hours.service").select_index(
        next(n for n, one in enumerate(app.selectbox(key="hours.service").options) if one.startswith("IND60"))).run()
    assert "14:00  14:30 (Office)" in said(app)
    assert "09:00 " not in said(app)
    app.session_state["hours.audience"] = Audience.NEW_INQUIRIES
    assert "No hours are open for new inquiries. Change hours above" in said(app.run())
    app.session_state["hours.audience"] = Audience.STAFF
    assert "09:00    14:00  14:30 (Office)" in said(app.run())
    box = app.selectbox(key="hours.service")
    box.select_index(next(n for n, one in enumerate(box.options) if one.startswith("WKSP"))).run()
    assert "Nothing is free for this service in the next 14 days." in said(app)


# --- How clients book


def test_the_policy_is_saved_and_a_stale_one_says_so(practice: Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    key = f"policy.{practice.staff['Marcus']}.0"
    app, other = (opened(practice, monkeypatch, "Marcus", "hours") for _ in range(2))
    app.number_input(key=f"{key}.notice_hours").set_value(48)
    app.selectbox(key=f"{key}.grid_minutes").set_value(15)
    press(app, f"{key}.save")
    with database.reading(practice.engine) as session:
        saved = session.scalars(select(BookingPolicy)).one()
        assert (saved.notice_hours, saved.advance_days, saved.buffer_minutes, saved.grid_minutes) == (48, 60, 10, 15)
    other.number_input(key=f"{key}.notice_hours").set_value(2)
    press(other, f"{key}.save")
    assert "Somebody else changed this" in other.error[0].value
    assert other.number_input(key=f"{key}.notice_hours").value == 2
    app.number_input(key=f"{key[:-1]}1.notice_hours").set_value(72)
    press(app, f"{key[:-1]}1.save")
    with database.reading(practice.engine) as session:
        assert session.scalars(select(BookingPolicy.notice_hours)).all() == [72]


def test_a_policy_that_makes_no_sense_stands_at_its_field(practice: Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    key = f"policy.{practice.staff['Marcus']}.0"
    app = opened(practice, monkeypatch, "Marcus", "hours")
    app.number_input(key=f"{key}.notice_hours").set_value(-1)
    app.number_input(key=f"{key}.advance_days").set_value(0)
    press(app, f"{key}.save")
    assert [one.value for one in app.error] == ["This has to be at least 0.", "This has to be at least 1."]
    assert app.number_input(key=f"{key}.notice_hours").value == -1


# --- The dialogs, open on every run


def weekly(provider_id: int, hours_id: int | None) -> None:
    from practicerunner.ui.hours_dialogs import weekly_dialog
    from practicerunner.ui.identity import signed_in
    from practicerunner.ui.perform import read
    from practicerunner.workflows.opening_hours import provider_hours

    actor = signed_in()
    seen = read(provider_hours, actor, provider_id)
    weekly_dialog(actor, provider_id, next((h for h in seen.weekly if h.opening_hours_id == hours_id), None))


def single(provider_id: int, hours_id: int | None) -> None:
    from practicerunner.ui.hours_dialogs import exception_dialog
    from practicerunner.ui.identity import signed_in
    from practicerunner.ui.perform import read
    from practicerunner.workflows.opening_hours import provider_hours

    actor = signed_in()
    seen = read(provider_hours, actor, provider_id)
    found = next((h for h in seen.exceptions if h.opening_hours_id == hours_id), None)
    exception_dialog(actor, provider_id, found, seen.today)


def dialog(practice: Cast, monkeypatch: pytest.MonkeyPatch, script: Any, hours_id: int | None = None) -> AppTest:
    monkeypatch.setattr(identity, "IDENTITY", practice.staff["Marcus"])
    app = AppTest.from_function(script, default_timeout=30, args=(practice.staff["Marcus"], hours_id)).run()
    assert not app.exception, app.exception
    return app


def pills(app: AppTest, key: str) -> Any:
    return next(group for group in app.get("button_group") if group.key == key)


def test_hours_are_added_for_several_days_at_once(practice: Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    app = dialog(practice, monkeypatch, weekly)
    key = f"hours.new.{practice.staff['Marcus']}.None.0"
    press(app, f"{key}.save")
    assert [one.value for one in app.error] == ["Choose at least one weekday."]
    pills(app, f"{key}.weekdays").set_value([0, 2])
    pills(app, f"{key}.audiences").set_value(["New inquiries"])
    app.time_input(key=f"{key}.starts").set_value(time(10))
    app.selectbox(key=f"{key}.location_id").set_value(practice.office)
    app.multiselect(key=f"{key}.service_ids").set_value([practice.services["INTAKE"]])
    press(app, f"{key}.save")
    assert [(row.weekday, row.starts, row.ends, row.for_existing_clients, row.for_new_inquiries, row.location_id)
            for row in rows(practice)] == [(day, time(10), time(17), False, True, practice.office) for day in (0, 2)]
    assert practice.read("Marcus", provider_hours, practice.staff["Marcus"]).weekly[0].service_ids == (
        practice.services["INTAKE"],)


def test_hours_over_midnight_are_refused_at_their_end_and_what_was_entered_stays(
    practice: Cast, monkeypatch: pytest.MonkeyPatch
) -> None:
    hours_id = tuesdays(practice)
    app = dialog(practice, monkeypatch, weekly, hours_id)
    key = f"hours.{hours_id}.1.0"
    app.time_input(key=f"{key}.starts").set_value(time(22))
    app.time_input(key=f"{key}.ends").set_value(time(6))
    press(app, f"{key}.save")
    assert [one.value.replace("\\", "") for one in app.error] == [OVER_MIDNIGHT]
    assert app.time_input(key=f"{key}.starts").value == time(22)
    app.time_input(key=f"{key}.ends").set_value(time())
    app.selectbox(key=f"{key}.weekday").set_value(4)
    press(app, f"{key}.save")
    [row] = rows(practice)
    assert (row.weekday, row.starts, row.ends, row.revision) == (4, time(22), time(), 2)


def test_hours_are_removed_from_their_dialog(practice: Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    hours_id = tuesdays(practice)
    press(dialog(practice, monkeypatch, weekly, hours_id), f"hours.{hours_id}.1.0.remove")
    assert rows(practice) == []


def test_a_day_is_closed_by_two_clicks_and_can_be_opened_instead(
    practice: Cast, monkeypatch: pytest.MonkeyPatch
) -> None:
    app = dialog(practice, monkeypatch, single)
    key = f"hours.day.{practice.staff['Marcus']}.0"
    app.date_input(key=f"{key}.on_date").set_value(TUESDAY)
    app.text_input(key=f"{key}.reason").set_value("training")
    press(app, f"{key}.save")
    [row] = rows(practice)
    assert (row.on_date, row.is_closed, row.starts, row.ends, row.reason) == (
        TUESDAY, True, time(), time(), "training")
    app = dialog(practice, monkeypatch, single, row.id)
    key = f"hours.{row.id}.1.0"
    pills(app, f"{key}.is_closed").set_value("Open").run()
    app.time_input(key=f"{key}.starts").set_value(time(18))
    app.time_input(key=f"{key}.ends").set_value(time(20))
    press(app, f"{key}.save")
    [row] = rows(practice)
    assert (row.is_closed, row.starts, row.ends, row.for_existing_clients) == (False, time(18), time(20), True)


def test_a_day_that_is_over_stands_at_its_field(practice: Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    app = dialog(practice, monkeypatch, single)
    key = f"hours.day.{practice.staff['Marcus']}.0"
    app.date_input(key=f"{key}.on_date").set_value(date(2026, 9, 3))
    press(app, f"{key}.save")
    assert [one.value for one in app.error] == ["That day is over; choose one that is still ahead."]
    assert rows(practice) == []


def test_time_is_blocked_for_whose_hours_are_shown(practice: Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    def block(provider_id: int) -> None:
        from datetime import date

        from practicerunner.ui.identity import signed_in
        from practicerunner.ui.time_blocks import block_dialog

        block_dialog(signed_in(), date(2026, 9, 8), provider_id)

    monkeypatch.setattr(identity, "IDENTITY", practice.staff["Tom"])
    app = AppTest.from_function(block, default_timeout=30, args=(practice.staff["Olga"],)).run()
    assert next(box for box in app.selectbox if box.label == "Whose time").value.name == "Olga Outsider"
