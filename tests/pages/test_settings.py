"""Practice settings: details and policies, services with dated fees, locations; the owner's alone."""

from collections.abc import Iterator
from datetime import date

import pytest
from sqlalchemy import Engine, select
from streamlit.testing.v1 import AppTest

from practicerunner import database
from practicerunner.records.practice import Location, Practice, Service, fee_on
from practicerunner.ui import identity, navigation
from tests.cast import Cast, at, bring_on
from tests.pages.opening import SHELL, opened, said


@pytest.fixture
def practice(sqlite_engine: Engine) -> Iterator[Cast]:
    """Linden Street Practice on 8 September."""
    cast = bring_on(sqlite_engine)
    with at("2026-09-08 12:00"):
        yield cast


def click(app: AppTest, label: str) -> None:
    next(button for button in app.button if button.label == label).click().run()
    assert not app.exception, app.exception


def part(app: AppTest, name: str) -> AppTest:
    """Open one of the three tabs."""
    app.session_state["settings.part"] = name
    return app.run()


def test_the_owner_changes_policies(practice: Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    app = opened(practice, monkeypatch, "Dana", "settings")
    app.number_input(key="practice.1.0.late_cancel_hours").set_value(48)
    app.text_input(key="practice.1.0.missed_fee_basis_points").set_value("33.33")
    click(app, "Save settings")
    with database.reading(practice.engine) as session:
        row = session.scalars(select(Practice)).one()
        assert (row.late_cancel_hours, row.missed_fee_basis_points) == (48, 3333)


def test_a_percentage_that_is_none_stands_at_its_field_and_nothing_is_saved(
    practice: Cast, monkeypatch: pytest.MonkeyPatch
) -> None:
    app = opened(practice, monkeypatch, "Dana", "settings")
    app.text_input(key="practice.1.0.name").set_value("Another name")
    app.text_input(key="practice.1.0.missed_fee_basis_points").set_value("half")
    click(app, "Save settings")
    assert app.error[0].value == "Write the percentage as a number, for example 60 or 33.33."
    assert app.text_input(key="practice.1.0.name").value == "Another name"
    with database.reading(practice.engine) as session:
        assert session.scalars(select(Practice.name)).one() == "Linden Street Practice"


def change_ind50(service_id: int) -> None:
    from practicerunner.ui.identity import signed_in
    from practicerunner.ui.perform import read
    from practicerunner.ui.service_dialogs import service_dialog
    from practicerunner.workflows.calendar import wall_clock
    from practicerunner.workflows.practice import service_list

    actor = signed_in()
    service = next(one for one in read(service_list, actor) if one.id == service_id)
    service_dialog(actor, service, read(wall_clock, actor).date())


def test_a_new_fee_counts_from_its_date(practice: Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    service_id = practice.services["IND50"]
    monkeypatch.setattr(identity, "IDENTITY", practice.staff["Dana"])
    app = AppTest.from_function(change_ind50, default_timeout=30, args=(service_id,)).run()
    app.text_input(key=f"service.{service_id}.1.0.fee_cents").set_value("180.00")
    app.date_input(key=f"service.{service_id}.1.0.fee_from").set_value(date(2027, 1, 1))
    click(app, "Save service")
    with database.reading(practice.engine) as session:
        service = session.get_one(Service, service_id)
        assert (fee_on(service, date(2026, 12, 31)), fee_on(service, date(2027, 1, 1))) == (165_00, 180_00)
    app = part(opened(practice, monkeypatch, "Dana", "settings"), "Services")
    assert "165.00, from Fri 1 Jan 2027: 180.00" in said(app)


def new_location() -> None:
    from practicerunner.ui.identity import signed_in
    from practicerunner.ui.service_dialogs import location_dialog

    location_dialog(signed_in(), None)


def test_a_room_is_added_once_and_its_name_only_once(practice: Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(identity, "IDENTITY", practice.staff["Dana"])
    app = AppTest.from_function(new_location, default_timeout=30).run()
    for generation in (0, 1):
        app.text_input(key=f"location.new.{generation}.name").set_value("Room 2")
        app.checkbox(key=f"location.new.{generation}.is_room").check()
        click(app, "Add location")
    assert [e.value for e in app.error] == ["There is already a location with this name."]
    with database.reading(practice.engine) as session:
        assert session.scalars(select(Location.name).where(Location.is_room)).all() == ["Room 2"]
    app = part(opened(practice, monkeypatch, "Dana", "settings"), "Locations")
    assert "Room 2" in said(app)


@pytest.mark.parametrize("name", ["Marcus", "Tom", "Priya", "Ruth"])
def test_nobody_but_the_owner_opens_it(practice: Cast, monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    monkeypatch.setattr(identity, "IDENTITY", practice.staff[name])
    app = AppTest.from_file(SHELL, default_timeout=30).run()
    with pytest.raises(ValueError, match="Could not find a navigation page"):
        app.switch_page(str(navigation.FOLDER / "settings.py"))
