"""The portal's pages, looked at by everybody of a household on one mailbox: nobody reads another's words anywhere."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import Engine, select
from streamlit.testing.v1 import AppTest

from practicerunner import database
from practicerunner.records.forms import FormAssignment, FormResponse
from practicerunner.records.messages import MessageThread
from practicerunner.ui import identity, navigation, portal, portal_identity
from practicerunner.ui.portal import FOR, PORTAL_SCREENS
from practicerunner.vocabulary import RequestStatus
from practicerunner.workflows.portal_forms import my_forms
from practicerunner.workflows.portal_messages import my_threads
from practicerunner.workflows.requests import my_requests
from tests.cast import at, bring_on, people_of
from tests.household import MEMBERS, NOW, House, household
from tests.pages.opening import SHELL, keys, press, said
from tests.workflows.sending import revision, send

STRANGE = ("There is no such record", "You have no access")
TAKES = {("portal_forms", "assignment"), ("portal_forms", "response"), ("portal_messages", "thread")}
"""Page and key in its address of which the page makes something."""


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
    """Open a page of the portal; whether it is theirs."""
    app.switch_page(str(navigation.FOLDER / f"{page}.py")).run()
    assert not app.exception, app.exception
    return "You have no access to this." not in said(app)


def everything(app: AppTest) -> str:
    """What a page sends to the browser: words, labels, addresses of links."""
    return "\n".join(str(getattr(node, "proto", "")) for node in app.main)


def test_no_page_shows_a_word_that_is_somebody_elses(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    opened = {}
    for viewer in ("Maya", "Tom", "Leo", "David", "Joan", "Nell", "Maya for Leo", "Joan for Leo", *MEMBERS[:2]):
        app = come(monkeypatch, house, viewer)
        pages = {screen.name: everything(app) for screen in PORTAL_SCREENS if turn_to(app, screen.name)}
        chosen = {"Heronagency"} if viewer == "Joan for Leo" else set()  # as what she comes for him stands on each page
        foreign = [
            word.strip("'") for word, viewers in house.may.items() if viewer not in viewers and word not in chosen]
        assert len(foreign) > 15, viewer
        # Names and numbers stand in ids by chance; words of letters do not.
        found = {(name, word) for name, text in pages.items() for word in foreign
                 if word in text and not word.isdigit()}
        assert found == set(), viewer
        own = [word for word, viewers in house.may.items() if viewer in viewers]
        assert viewer == "Joan" or any(word in text for word in own for text in pages.values()), viewer
        opened[viewer] = set(pages)
    assert all({"portal_home", "portal_details"} <= pages for pages in opened.values())
    assert opened["Joan for Leo"] == {"portal_home", "portal_appointments", "portal_details"}
    assert opened["David"] == {"portal_home", "portal_billing", "portal_details"}


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


def keys_in_addresses() -> set[str]:
    """Every key under which a page of the portal reads an id from its address."""
    sources = [*navigation.FOLDER.glob("portal_*.py"), *Path(portal.__file__).parent.glob("portal*.py")]
    found = {key for path in sources for key in re.findall(r"\bselected\((\"\w+\"|[A-Z]+)\)", path.read_text())}
    return {FOR if key == "FOR" else key.strip('"') for key in found}


def test_no_id_in_an_address_opens_what_is_somebody_elses_on_any_page(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    tom, viewers = house.people["Tom"], house.viewers
    with database.reading(house.cast.engine) as session:
        own = {row.thread_id for row in my_threads(session, viewers["Tom"]).rows}
        ids = {
            "assignment": session.scalars(select(FormAssignment.id).where(FormAssignment.person_id != tom)).all(),
            "response": session.scalars(select(FormResponse.id).where(FormResponse.person_id != tom)).all(),
            "thread": [one for one in session.scalars(select(MessageThread.id)) if one not in own],
            FOR: [house.people["Maya"], house.people["Leo"]],
        }
    assert set(ids) == keys_in_addresses()
    assert all(len(rows) >= 2 for rows in ids.values()) and len(own) == 2
    foreign = [word for word, viewers in house.may.items() if "Tom" not in viewers and word.isalpha()]
    app = come(monkeypatch, house, "Tom")
    seen = {screen.name: everything(app) for screen in PORTAL_SCREENS if turn_to(app, screen.name)}
    assert len(seen) == len(PORTAL_SCREENS)
    for name, before in seen.items():
        for key, rows in ids.items():
            for row in {rows[0], rows[-1]}:
                app.query_params.clear()
                app.query_params[key] = str(row)
                assert turn_to(app, name)
                text = everything(app)
                assert [word for word in foreign if word in text] == [], (name, key, row)
                if (name, key) in TAKES:
                    assert any(word in said(app) for word in STRANGE), (name, key, row)
                else:
                    assert len(text) == len(before), (name, key, row)
    app.query_params.clear()
    app.query_params["thread"] = str(max(own))
    assert turn_to(app, "portal_messages")
    assert "heronalone" in said(app) or "heronpair" in said(app), "the decoy"


def test_a_mother_signs_for_her_child_with_one_button(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    (form,) = send(house.cast, house.cases["leos"], "consent", to="Leo")
    app = come(monkeypatch, house, "Maya for Leo")
    assert "2 documents shared with you for Leo Castellano" in everything(app)
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
    shown = [key for key in keys(app) if key.startswith(("request.", "cancel."))]
    assert shown[0] == f"request.{mine.request_id}.1.withdraw" and len(shown) > 1, "what waits stands above"
    press(app, f"request.{mine.request_id}.1.withdraw")
    with database.reading(house.cast.engine) as session:
        assert my_requests(session, house.viewers["Tom"])[0].status is RequestStatus.WITHDRAWN
    assert people_of(house.cast, house.cases["couple"])
