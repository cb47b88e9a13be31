"""The grid of who acts for a client, on the case page."""

import re
from collections.abc import Iterator
from datetime import date

import pytest
from sqlalchemy import Engine
from streamlit.testing.v1 import AppTest

from practicerunner.ui import identity
from practicerunner.vocabulary import AccessScope, ActingKind, CaseType, Verdict
from practicerunner.workflows.access_decisions import DecideAccess, EndDecision, decide_access, end_decision
from practicerunner.workflows.access_grid import AccessGrid, access_grid
from practicerunner.workflows.acting import AddActing, VerifyActing, add_acting, verify_acting
from practicerunner.workflows.cases import OpenCase, Taking, open_case
from tests.cast import Cast, at, bring_on, payer, people_of
from tests.pages.opening import keys, opened, press, said
from tests.pages.walking import live

SEPTEMBER = date(2026, 9, 1)


def access_dialogs() -> None:
    import streamlit as st

    from practicerunner.ui import access_grid
    from practicerunner.ui.identity import signed_in
    from practicerunner.ui.perform import read
    from practicerunner.workflows.access_grid import access_grid as read_grid
    from practicerunner.workflows.clients import case_page, find_cases

    actor = signed_in()
    page = read(case_page, actor, read(find_cases, actor, "Mia")[0].case_id)
    grid = read(read_grid, actor, page.case_id)
    asked = st.session_state.get("asked", "add")
    if asked == "add":
        access_grid.add_dialog(actor, grid)
    elif asked == "decide":
        access_grid.decide_dialog(actor, page, grid.rows[0].acts_for_id)
    elif asked == "change":
        access_grid.change_dialog(actor, grid, grid.rows[0])
    elif asked == "leave":
        access_grid.leave_dialog(actor, grid.rows[0])
    elif asked == "notices":
        access_grid.notice_dialog(actor, page, off=not grid.notices_off)


class Screen:
    """The section of Mia's page, as somebody sees it."""

    def __init__(self, cast: Cast, monkeypatch: pytest.MonkeyPatch) -> None:
        self.cast, self.patch = cast, monkeypatch
        self.case_id = cast.open_case(CaseType.INDIVIDUAL, "Mia Castellano")
        self.mia = people_of(cast, self.case_id)["Mia"]
        self.elena = payer(cast, "Elena", "Castellano")

    def open(self, name: str = "Tom") -> AppTest:
        return opened(self.cast, self.patch, name, "case", case=self.case_id, part="relationships")

    def ask(self, name: str) -> AppTest:
        self.patch.setattr(identity, "IDENTITY", self.cast.staff["Tom"])
        app = AppTest.from_function(access_dialogs, default_timeout=30)
        app.session_state["asked"] = name
        app.run()
        assert not app.exception, app.exception
        return app

    def act(self, **more: object) -> int:
        return int(self.cast.do("Tom", add_acting, AddActing(
            client_id=self.mia, person_id=self.elena, kind=ActingKind.GUARDIAN, starts_on=SEPTEMBER,
            **more)))  # type: ignore[arg-type]

    def grid(self) -> AccessGrid:
        found: AccessGrid = self.cast.read("Tom", access_grid, self.case_id)
        return found


@pytest.fixture
def screen(sqlite_engine: Engine, monkeypatch: pytest.MonkeyPatch) -> Iterator[Screen]:
    with at("2026-11-12 09:00"):
        yield Screen(bring_on(sqlite_engine), monkeypatch)


def test_with_nobody_the_page_says_what_can_be_decided(screen: Screen) -> None:
    app = screen.open()
    assert "Nothing is open until you decide." in said(app)
    assert "add_acting" in keys(app)


def press_last(app: AppTest, ending: str) -> AppTest:
    """Press the button whose key ends like this."""
    return press(app, next(key for key in keys(app) if key.endswith(ending)))


def type_into(app: AppTest, ending: str, text: str) -> None:
    next(field for field in app.text_input if str(field.key).endswith(ending)).set_value(text)


def test_somebody_is_added_by_search_and_nothing_is_open(screen: Screen) -> None:
    app = screen.ask("add")
    type_into(app, ".person_id.search", "Elena")
    app.run()
    next(box for box in app.selectbox if str(box.key).endswith(".person_id")).select_index(0)
    next(box for box in app.selectbox if str(box.key).endswith(".kind")).set_value(ActingKind.GUARDIAN)
    press_last(app, ".save")
    row = screen.grid().rows[0]
    assert (row.person, row.kind, any(cell.is_open for cell in row.cells.values())) == (
        "Elena Castellano", ActingKind.GUARDIAN, False)
    text = said(screen.open())
    assert "guardian of Mia Castellano" in text
    assert [badge for badge in text.split("\n") if "Not decided" in badge] != []


def test_without_a_choice_the_problem_stands_at_its_place_and_nothing_is_added(screen: Screen) -> None:
    app = press_last(screen.ask("add"), ".save")
    assert "Search and choose somebody" in said(app)
    assert screen.grid().rows == ()


def test_a_scope_is_denied_with_a_reason_and_granted_and_both_are_shown(screen: Screen) -> None:
    screen.act()
    app = press_last(screen.ask("decide"), ".deny")
    assert "Give the reason of the denial" in said(app)
    type_into(app, ".reason", "court order of 1 October")
    press_last(app, ".deny")
    press_last(turned(screen.ask("decide"), AccessScope.FORMS), ".grant")
    cell = screen.grid().rows[0].cells[AccessScope.FORMS]
    assert (cell.is_open, [one.verdict for one in cell.decisions]) == (False, [Verdict.GRANTED, Verdict.DENIED])
    text = said(turned(screen.ask("decide"), AccessScope.FORMS))
    assert "Denied; a denial wins over a grant." in text
    assert "court order of 1 October" in text


def turned(app: AppTest, scope: AccessScope) -> AppTest:
    """The dialog of a decision, turned to one of the five scopes."""
    key = next(str(one.key) for one in app.get("button_group") if str(one.key).startswith("scope."))
    app.session_state[key] = scope
    app.run()
    assert not app.exception, app.exception
    return app


def test_scope_after_scope_is_decided_without_looking_for_the_next(screen: Screen) -> None:
    screen.act()
    app = screen.ask("decide")
    for scope in AccessScope:
        assert f"Grant {scope.label.lower()}" in said(app) and "It acts as no." in said(app)
        press_last(app, ".grant")
        assert [one for one, cell in screen.grid().rows[0].cells.items() if cell.is_open] == list(AccessScope)[
            :list(AccessScope).index(scope) + 1]
    assert "Grant forms" in said(screen.ask("decide")), "with nothing left to decide it begins with the first"


def test_a_decision_is_ended_with_one_click(screen: Screen) -> None:
    acts = screen.act()
    screen.cast.do("Tom", decide_access, DecideAccess(
        acts_for_id=acts, scope=AccessScope.FORMS, verdict=Verdict.GRANTED, starts_on=SEPTEMBER))
    assert screen.grid().rows[0].cells[AccessScope.FORMS].is_open
    press_last(turned(screen.ask("decide"), AccessScope.FORMS), ".end")
    assert not screen.grid().rows[0].cells[AccessScope.FORMS].is_open


def test_the_verification_says_what_was_seen(screen: Screen) -> None:
    screen.act()
    assert "Cannot sign: It was not verified yet that they may sign." in said(screen.open())
    app = screen.ask("change")
    type_into(app, ".evidence", "letter of guardianship")
    press(app, next(key for key in keys(app) if key.startswith("verify.")))
    assert screen.grid().rows[0].evidence == "letter of guardianship"
    assert "Cannot sign" not in said(screen.open())


def test_notices_are_switched_off_only_with_a_reason(screen: Screen) -> None:
    screen.act()
    app = press_last(screen.ask("notices"), ".save")
    assert "Give the reason" in said(app)
    type_into(app, ".reason", "shared mailbox")
    press_last(app, ".save")
    assert "They are not told of new access: shared mailbox" in said(screen.open())


def test_the_reason_of_a_denial_stands_in_the_grid_and_a_missing_birth_date_is_asked_for(screen: Screen) -> None:
    acts = screen.act()
    screen.cast.do("Tom", decide_access, DecideAccess(
        acts_for_id=acts, scope=AccessScope.PORTAL, verdict=Verdict.DENIED, starts_on=SEPTEMBER,
        reason="order of 1 October"))
    text = said(screen.open())
    assert "order of 1 October" in text
    assert "Nobody here knows when Mia Castellano is 18" in text
    assert "Please add the date of birth." in text


def test_one_case_of_several_is_all_that_who_treats_it_can_choose(screen: Screen) -> None:
    acts = screen.act()
    screen.cast.do("Tom", decide_access, DecideAccess(
        acts_for_id=acts, scope=AccessScope.FORMS, verdict=Verdict.GRANTED, starts_on=SEPTEMBER))
    screen.cast.do("Dana", open_case, OpenCase(
        type=CaseType.WORKSHOP, name="Knots", provider_id=screen.cast.staff["Olga"],
        participants=(Taking(person_id=screen.mia),)))
    for name, choices, may_end in (("Tom", ["Everything of Mia Castellano", "This page alone"], True),
                                   ("Marcus", ["This page alone"], False)):
        app = screen.open(name)
        app.session_state[f"scope.{acts}"] = AccessScope.FORMS
        press(app, f"decide.{acts}")
        box = next(box for box in app.selectbox if str(box.key).endswith(".case_id"))
        assert (box.options, box.value is None) == (choices, False), "nothing would be nothing chosen, to be cleared"
        assert any(key.endswith(".end") for key in keys(app)) is may_end


def test_a_decision_in_the_evening_stands_on_its_own_day(screen: Screen) -> None:
    acts = screen.act()
    with at("2026-11-12 21:00"):
        screen.cast.do("Tom", verify_acting, VerifyActing(acts_for_id=acts, revision=1, evidence="seen"))
        made = screen.cast.do("Tom", decide_access, DecideAccess(
            acts_for_id=acts, scope=AccessScope.FORMS, verdict=Verdict.GRANTED, starts_on=SEPTEMBER))
        screen.cast.do("Tom", end_decision, EndDecision(decision_id=made))
        assert "Verified by Tom Alvarez on Thu 12 Nov: seen" in said(press(screen.open(), f"acting.{acts}"))
        app = screen.open()
        app.session_state[f"scope.{acts}"] = AccessScope.FORMS
        assert "ended Thu 12 Nov by Tom Alvarez" in said(press(app, f"decide.{acts}"))


def test_a_workshops_page_speaks_of_no_client(screen: Screen) -> None:
    workshop = screen.cast.open_case(CaseType.WORKSHOP, "Ilse Aho", name="Knots")
    acts = screen.cast.do("Dana", add_acting, AddActing(
        client_id=people_of(screen.cast, workshop)["Ilse"], person_id=screen.elena, kind=ActingKind.GUARDIAN,
        starts_on=date(2027, 1, 1)))
    screen.cast.do("Dana", decide_access, DecideAccess(
        acts_for_id=acts, scope=AccessScope.BILLING, verdict=Verdict.GRANTED, starts_on=SEPTEMBER))
    for button in ("", "add_acting", f"decide.{acts}", f"acting.{acts}", "access_notices"):
        app = opened(screen.cast, screen.patch, "Dana", "case", case=workshop, part="relationships")
        text = said(press(app, button) if button else app)
        assert re.findall(r"(?i)\b(?:client|patient|therap|treatment)\w*", text) == [], button


def test_somebody_helps_for_an_agency_and_one_click_ends_it_when_they_leave(screen: Screen) -> None:
    app = screen.ask("add")
    type_into(app, ".person_id.search", "Elena")
    app.run()
    next(box for box in app.selectbox if str(box.key).endswith(".person_id")).select_index(0)
    assert not [one for one in app.toggle if one.label == "For an organisation"], "a parent acts in their own right"
    next(box for box in app.selectbox if str(box.key).endswith(".kind")).set_value(ActingKind.CARE_COORDINATOR).run()
    next(one for one in app.toggle if one.label == "For an organisation").set_value(True).run()
    press_last(app, ".save")
    assert "Search and choose an organisation" in said(app)
    next(one for one in app.toggle if one.label == "A new one").set_value(True).run()
    type_into(app, ".organisation.name", "Harbor [Care](https://evil.example)")
    press_last(app, ".save")
    row = screen.grid().rows[0]
    assert (row.person, row.organisation) == ("Elena Castellano", "Harbor [Care](https://evil.example)")
    screen.cast.do("Tom", decide_access, DecideAccess(
        acts_for_id=row.acts_for_id, scope=AccessScope.BILLING, verdict=Verdict.GRANTED, starts_on=SEPTEMBER))
    page = screen.open()
    assert "care coordinator of Mia Castellano · for Harbor" in said(page) and not live(page)
    assert f"leave.{row.acts_for_id}" in keys(page)
    press_last(screen.ask("leave"), ".save")
    row = screen.grid().rows[0]
    assert row.left_organisation_on is not None and not any(cell.is_open for cell in row.cells.values())
    page = screen.open()
    assert "no longer works there" in said(page) and f"leave.{row.acts_for_id}" not in keys(page)
