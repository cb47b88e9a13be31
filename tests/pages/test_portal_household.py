"""The portal's pages, looked at by everybody of a household on one mailbox: nobody reads another's words anywhere."""

from collections.abc import Iterator

import pytest
from sqlalchemy import Engine, select
from streamlit.testing.v1 import AppTest

from practicerunner import database
from practicerunner.records.forms import FormAssignment, FormResponse
from practicerunner.ui import identity, navigation, portal_identity
from practicerunner.ui.portal import PORTAL_SCREENS
from practicerunner.vocabulary import RequestStatus
from practicerunner.workflows.portal_forms import my_forms
from practicerunner.workflows.requests import my_requests
from tests.cast import at, bring_on, people_of
from tests.household import NOW, House, household
from tests.pages.opening import SHELL, press, said
from tests.workflows.sending import revision, send

STRANGE = ("There is no such record", "You have no access")


@pytest.fixture
def house(sqlite_engine: Engine) -> Iterator[House]:
    made = household(bring_on(sqlite_engine))
    with at(NOW):
        yield made


def come(monkeypatch: pytest.MonkeyPatch, house: House, viewer: str) -> AppTest:
    """Somebody opens the portal, for themselves or for a client."""
    actor = house.viewers[viewer]
    monkeypatch.setattr(identity, "PERSON", actor.person_id)
    app = AppTest.from_file(SHELL, default_timeout=30).run()
    if any(one.key == portal_identity.CHOSEN for one in app.selectbox):
        app.selectbox(key=portal_identity.CHOSEN).set_value(actor.client_id or 0).run()
    return app


def turn_to(app: AppTest, page: str) -> bool:
    """Open a page of the portal; whether there is one."""
    try:
        app.switch_page(str(navigation.FOLDER / f"{page}.py")).run()
    except ValueError:
        return False
    assert not app.exception, app.exception
    return True


def everything(app: AppTest) -> str:
    """What a page sends to the browser: words, labels, addresses of links."""
    return "\n".join(str(getattr(node, "proto", "")) for node in app.main)


@pytest.mark.parametrize("viewer", ["Maya", "Tom", "Leo", "David", "Joan", "Maya for Leo", "Joan for Leo", "Member1"])
def test_no_page_shows_a_word_that_is_somebody_elses(
    house: House, monkeypatch: pytest.MonkeyPatch, viewer: str
) -> None:
    app = come(monkeypatch, house, viewer)
    pages = {screen.name: everything(app) for screen in PORTAL_SCREENS if turn_to(app, screen.name)}
    assert {"portal_home", "portal_details"} <= set(pages)
    foreign = [word.strip("'") for word, viewers in house.may.items() if viewer not in viewers]
    assert len(foreign) > 15
    # Names and numbers stand in ids by chance; words of letters do not.
    found = {(name, word) for name, text in pages.items() for word in foreign if word in text and not word.isdigit()}
    assert found == set()
    if viewer != "Joan":
        assert any(viewer in viewers and word in text for word, viewers in house.may.items() for text in pages.values())
    if viewer == "Joan for Leo":
        assert set(pages) == {"portal_home", "portal_appointments", "portal_details"}
    if viewer == "David":
        assert set(pages) == {"portal_home", "portal_billing", "portal_details"}


def test_an_address_with_somebody_elses_id_leads_nowhere(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    app = come(monkeypatch, house, "Tom")
    with database.reading(house.cast.engine) as session:
        mine = {one.response_id for one in my_forms(session, house.viewers["Tom"]).done}
        ids = {
            "assignment": list(session.scalars(select(FormAssignment.id).where(
                FormAssignment.person_id != house.people["Tom"]))),
            "response": [one for one in session.scalars(select(FormResponse.id)) if one not in mine],
        }
    assert [len(rows) for rows in ids.values()] == [6, 4]
    for key, rows in ids.items():
        for row in (*rows[:2], 1, 10**18 - 1):
            app.query_params.clear()
            app.query_params[key] = str(row)
            assert turn_to(app, "portal_forms")
            assert any(word in said(app) for word in STRANGE), (key, row, said(app))
    app.query_params.clear()
    app.query_params["response"] = str(*mine)
    assert turn_to(app, "portal_forms")
    assert "herontom" in said(app)


def test_a_mother_signs_for_her_child_with_one_button(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    (form,) = send(house.cast, house.cases["leos"], "consent", to="Leo")
    app = come(monkeypatch, house, "Maya for Leo")
    turn_to(app, "portal_forms")
    press(app, f"fill.{form}")
    assert "Maya Rivera, parent of Leo Castellano" in said(app).replace("\\", "")
    draft = f"portal_sheet.{form}"
    app.text_input(key=f"{draft}.signature").set_value("Maya Rivera").run()
    app.checkbox(key=f"{draft}.understood").check().run()
    assert revision(house.cast, form) == 3, "kept as she goes"
    press(app, f"portal_hand_in.{form}.0.save")
    assert "Signed by Maya Rivera, parent of Leo Castellano" in said(app)


def test_what_a_client_asked_is_taken_back_with_one_click(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    app = come(monkeypatch, house, "Tom")
    turn_to(app, "portal_appointments")
    with database.reading(house.cast.engine) as session:
        (mine,) = my_requests(session, house.viewers["Tom"])
    press(app, f"request.{mine.request_id}.1.withdraw")
    with database.reading(house.cast.engine) as session:
        assert my_requests(session, house.viewers["Tom"])[0].status is RequestStatus.WITHDRAWN
    assert people_of(house.cast, house.cases["couple"])
