"""The portal's screens: which somebody finds, for whom, and that the two sides never show each other's."""

from collections.abc import Iterator

import pytest
from sqlalchemy import Engine
from streamlit.testing.v1 import AppTest

from practicerunner.ui import identity, navigation
from practicerunner.ui.portal import PORTAL_SCREENS
from practicerunner.workflows.acting import EndDecision, end_decision
from tests.cast import at, bring_on
from tests.pages.opening import SHELL, portal_opened, said
from tests.portal import NOW, Household, household

OWN = {"portal_home", "portal_appointments", "portal_forms", "portal_messages", "portal_billing", "portal_documents",
       "portal_details"}


@pytest.fixture
def house(sqlite_engine: Engine) -> Iterator[Household]:
    made = household(bring_on(sqlite_engine))
    with at(NOW):
        yield made


def opens(app: AppTest) -> set[str]:
    """Which of the portal's pages somebody finds."""
    found = set()
    for screen in PORTAL_SCREENS:
        try:
            app.switch_page(str(navigation.FOLDER / f"{screen.name}.py")).run()
        except ValueError:
            continue
        assert not app.exception, app.exception
        found.add(screen.name)
    return found


def test_a_client_finds_every_page_and_is_not_asked_for_whom(house: Household, monkeypatch) -> None:
    app = portal_opened(monkeypatch, house.maya)
    assert not app.selectbox
    assert opens(app) == OWN


def test_a_guardian_without_a_case_of_her_own_comes_for_her_child(house: Household, monkeypatch) -> None:
    app = portal_opened(monkeypatch, house.elena)
    assert app.selectbox[0].options == ["Myself", r"Leo Castellano \(guardian\)"]
    assert app.selectbox[0].value == house.leo
    assert opens(app) == OWN
    app.selectbox[0].set_value(0).run()
    assert opens(app) == {"portal_home", "portal_details"}, "nothing of her own"


def test_a_helper_finds_what_is_granted_and_no_more(house: Household, monkeypatch) -> None:
    app = portal_opened(monkeypatch, house.joan)
    assert not app.selectbox, "the practice lets no helper schedule, so there is nobody to act for"
    assert opens(app) == {"portal_home", "portal_details"}


def test_what_is_revoked_is_gone_at_the_next_click(house: Household, monkeypatch) -> None:
    app = portal_opened(monkeypatch, house.elena)
    assert app.selectbox[0].value == house.leo
    for decision in house.cast.read("Dana", decisions, house.leos, house.elena):
        house.cast.do("Dana", end_decision, EndDecision(decision_id=decision))
    app.run()
    assert not app.selectbox
    assert opens(app) == {"portal_home", "portal_details"}


def decisions(session, actor, case_id: int, person_id: int) -> list[int]:
    from practicerunner.workflows.acting import access_grid

    rows = [row for row in access_grid(session, actor, case_id).rows if row.person_id == person_id]
    return [one.decision_id for row in rows for cell in row.cells.values() for one in cell.decisions]


def test_no_page_of_the_other_side_is_found(house: Household, monkeypatch) -> None:
    app = portal_opened(monkeypatch, house.maya)
    for screen in navigation.SCREENS:
        with pytest.raises(ValueError, match="Known pages"):
            app.switch_page(str(navigation.FOLDER / f"{screen.name}.py")).run()
    monkeypatch.setattr(identity, "PERSON", None)
    monkeypatch.setattr(identity, "IDENTITY", house.cast.staff["Dana"])
    app = AppTest.from_file(SHELL, default_timeout=30).run()
    for screen in PORTAL_SCREENS:
        with pytest.raises(ValueError, match="Known pages"):
            app.switch_page(str(navigation.FOLDER / f"{screen.name}.py")).run()


def test_a_browser_that_is_somebody_on_both_sides_is_nobody(house: Household, monkeypatch) -> None:
    monkeypatch.setattr(identity, "PERSON", house.maya)
    monkeypatch.setattr(identity, "IDENTITY", house.cast.staff["Dana"])
    app = AppTest.from_file(SHELL, default_timeout=30).run()
    assert "Signed out" in said(app)
    assert "Maya" not in said(app)
