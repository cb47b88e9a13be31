"""The client list on the screen."""

import pytest
from sqlalchemy import Engine
from streamlit.testing.v1 import AppTest

from practicerunner.ui import identity, navigation
from practicerunner.ui.text import md
from practicerunner.vocabulary import CaseStatus, CaseType, ListFilter, TwoPersonLabel
from practicerunner.workflows.cases import SetCaseStatus, set_case_status
from practicerunner.workflows.clients import case_page, client_list, find_cases
from tests.cast import Cast, at, bring_on
from tests.pages.opening import keys, opened, press, said


@pytest.fixture
def cast(sqlite_engine: Engine) -> Cast:
    return bring_on(sqlite_engine)


@pytest.fixture
def enter(cast: Cast, monkeypatch: pytest.MonkeyPatch):
    with at("2026-11-12 09:00"):
        yield lambda name, page, **selectors: opened(cast, monkeypatch, name, page, **selectors)


def rows(app: AppTest) -> list[str]:
    return list(app.dataframe[0].value["Name"]) if app.dataframe else []


def test_the_filter_shows_its_counts_and_its_rows(cast: Cast, enter) -> None:
    cast.open_case(CaseType.INDIVIDUAL, "Ida Holm")
    old = cast.open_case(CaseType.INDIVIDUAL, "Old Friend")
    cast.do("Dana", set_case_status, SetCaseStatus(case_id=old, status=CaseStatus.ARCHIVED))
    app = enter("Dana", "clients")
    control = app.segmented_control(key="clients_filter")
    assert list(control.options) == ["Active and prospect 1", "Archived 1", "Everyone 2"]
    assert rows(app) == ["Ida Holm"]
    control.set_value(ListFilter.ARCHIVED).run()
    assert rows(app) == ["Old Friend"]
    # A search that changes the counts keeps the filter.
    app.text_input(key="clients_search").set_value("holm").run()
    assert app.session_state["clients_filter"] is ListFilter.ARCHIVED
    assert rows(app) == []
    assert "Nobody fits" in said(app)
    app.segmented_control(key="clients_filter").set_value(ListFilter.EVERYONE).run()
    assert rows(app) == ["Ida Holm"]


def test_a_status_is_a_word_in_the_table_and_what_waits_is_counted(cast: Cast, enter) -> None:
    cast.open_case(CaseType.TWO_PERSON, "Maya Rivera", "Tom Rivera")
    frame = enter("Marcus", "clients").dataframe[0].value
    (row,) = frame.to_dict("records")
    assert row["Name"] == "Maya & Tom Rivera"
    assert list(row["Status"]) == ["Active"]
    assert row["Kind"] == "Couple / two-person · partners"
    assert row["Waiting"] == "3"  # intake, consent, who pays


def test_names_with_markdown_and_html_are_shown_as_typed(cast: Cast, enter) -> None:
    cast.open_case(CaseType.INDIVIDUAL, "**Bold** <b>[x](https://evil.example)</b>")
    assert rows(enter("Dana", "clients")) == ["**Bold** <b>[x](https://evil.example)</b>"]


def test_somebody_without_cases_reads_why_the_list_is_empty(cast: Cast, enter) -> None:
    assert "No clients yet. Add the first one" in said(enter("Olga", "clients"))
    assert "They appear here once a provider has added them" in said(enter("Tom", "clients"))


def test_an_admin_has_no_button_to_open_a_case(enter) -> None:
    assert "new_case" not in keys(enter("Tom", "clients"))
    assert "new_case" in keys(enter("Marcus", "clients"))


def test_fifty_rows_a_page_and_another_search_starts_at_the_first(cast: Cast, enter) -> None:
    for number in range(52):
        cast.open_case(CaseType.INDIVIDUAL, f"Client Number{number:02}")
    app = enter("Dana", "clients")
    assert len(rows(app)) == 50
    app.session_state["clients_page"] = 2
    app.run()
    assert rows(app) == ["Client Number50", "Client Number51"]
    app.text_input(key="clients_search").set_value("number0").run()
    assert rows(app) == [f"Client Number{number:02}" for number in range(10)]


def dialog() -> None:
    from practicerunner.ui.identity import signed_in
    from practicerunner.ui.new_case import new_case_dialog

    new_case_dialog(signed_in())


@pytest.fixture
def new_case(cast: Cast, monkeypatch: pytest.MonkeyPatch):
    """The dialog, open on every run, and where it led to."""
    led_to: list[tuple[str, object]] = []
    monkeypatch.setattr(identity, "IDENTITY", cast.staff["Marcus"])
    monkeypatch.setattr(navigation, "go", lambda page, **selectors: led_to.append((page, selectors["case"])))
    return AppTest.from_function(dialog, default_timeout=30).run(), led_to


def test_a_couple_is_made_in_the_dialog_and_a_problem_stands_at_its_field(cast: Cast, new_case) -> None:
    app, led_to = new_case
    app.radio(key="new_case.0.type").set_value(CaseType.TWO_PERSON).run()
    prefix = "new_case.two_person.0"
    entered = {"p0.first_name": "Noor", "p0.last_name": "Haddad", "p1.first_name": "Sam", "p1.email": "no"}
    for field, value in entered.items():
        app.text_input(key=f"{prefix}.{field}").set_value(value)
    press(app, f"{prefix}.create")
    assert [error.value for error in app.error] == [md("Write an e-mail address, for example name@example.org.")]
    assert cast.read("Marcus", find_cases, "Noor") == []
    assert app.text_input(key=f"{prefix}.p0.first_name").value == "Noor"
    app.text_input(key=f"{prefix}.p1.email").set_value("sam@ortiz.example")
    press(app, f"{prefix}.create")
    assert [error.value for error in app.error] == ["Choose what the two people are to each other."]
    app.selectbox(key=f"{prefix}.label").set_value(TwoPersonLabel.PARTNERS)
    press(app, f"{prefix}.create")
    (made,) = cast.read("Marcus", find_cases, "sam@ortiz.example")
    assert made.name == "Noor Haddad & Sam"
    assert led_to == [("case", made.case_id)]


def test_a_family_of_two_gets_a_hint_and_is_saved_all_the_same(cast: Cast, new_case) -> None:
    app, _ = new_case
    app.radio(key="new_case.0.type").set_value(CaseType.FAMILY).run()
    assert "there is also Couple" in said(app)
    prefix = "new_case.family.0"
    for place, first in enumerate(("Ana", "Bo")):
        app.text_input(key=f"{prefix}.p{place}.first_name").set_value(first)
        app.text_input(key=f"{prefix}.p{place}.last_name").set_value("Lima")
    press(app, f"{prefix}.create")
    assert [row.name for row in cast.read("Marcus", client_list).rows] == ["Lima family"]


def test_a_group_starts_empty_and_grows_by_one_click_a_member(cast: Cast, new_case) -> None:
    app, _ = new_case
    app.radio(key="new_case.0.type").set_value(CaseType.WORKSHOP).run()
    prefix = "new_case.workshop.0"
    app.text_input(key=f"{prefix}.name").set_value("Listening skills")
    press(app, f"{prefix}.add")
    app.text_input(key=f"{prefix}.p0.first_name").set_value("Una")
    press(app, f"{prefix}.create")
    (row,) = cast.read("Marcus", client_list).rows
    page = cast.read("Marcus", case_page, row.case_id)
    assert (page.name, [p.name for p in page.participants]) == ("Listening skills", ["Una"])


def test_somebody_already_here_is_found_and_taken_in(cast: Cast, new_case) -> None:
    alone = cast.open_case(CaseType.INDIVIDUAL, "Ida Holm")
    app, _ = new_case
    app.radio(key="new_case.0.type").set_value(CaseType.INDIVIDUAL_CONSULTATION).run()
    prefix = "new_case.individual_consultation.0"
    app.toggle(key=f"{prefix}.p0.known").set_value(True).run()
    app.text_input(key=f"{prefix}.p0.person.search").set_value("holm").run()
    app.selectbox(key=f"{prefix}.p0.person").select_index(0)
    press(app, f"{prefix}.create")
    people = {cast.read("Marcus", case_page, row.case_id).participants[0].person_id
              for row in cast.read("Marcus", client_list).rows}
    assert len(people) == 1
    assert cast.read("Marcus", client_list).total == 2
    assert alone
