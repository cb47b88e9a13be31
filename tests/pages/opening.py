"""Opening a page of the running product as somebody, and reading what stands on it."""

import re
from functools import cache
from typing import Any

import pytest
import streamlit as st
from streamlit.testing.v1 import AppTest

from practicerunner import database
from practicerunner.records.logins import Account
from practicerunner.ui import identity, navigation, portal_identity
from practicerunner.workflows.invitations import hash_password
from tests.cast import Cast

SHELL = str(navigation.FOLDER.parent / "practicerunner" / "ui" / "shell.py")
PASSWORD = "nine quiet herons"
_hashed = cache(hash_password)


def give_passwords(cast: Cast) -> None:
    """Everybody at Linden Street has an account with the same password."""
    with database.transaction(cast.engine) as session:
        session.add_all(Account(staff_id=one, password_hash=_hashed(PASSWORD)) for one in cast.staff.values())


def sign(app: AppTest, label: str, password: str = PASSWORD) -> AppTest:
    """Type the password beside the signing button of that label and press it."""
    button = next(b for b in app.button if b.label == label)
    field = next(f for f in app.text_input if f.form_id == button.form_id)
    field.set_value(password)
    button.click().run()
    assert not app.exception, app.exception
    return app


def opened(cast: Cast, monkeypatch: pytest.MonkeyPatch, name: str, page: str, **selectors: object) -> AppTest:
    """A page as somebody sees it, with the ids of its address."""
    monkeypatch.setattr(identity, "IDENTITY", cast.staff[name])
    app, file = AppTest.from_file(SHELL, default_timeout=30), str(navigation.FOLDER / f"{page}.py")
    for key, value in selectors.items():
        app.query_params[key] = str(value)
    app.switch_page(file).run()  # straight to the address, as from a link
    assert not app.exception, app.exception
    app.switch_page(file)  # refuses if it is not in the menu, for which Today would stand here
    return app


def said(app: AppTest) -> str:
    """Everything that stands on the page as text, labels included."""
    kinds = ("text", "markdown", "caption", "title", "header", "subheader", "info", "warning", "error", "success")
    values = [str(element.value) for kind in kinds for element in app.get(kind)]
    labels = [
        str(getattr(element, "label", "")) for kind in (
            "button", "text_input", "selectbox", "checkbox", "toggle", "radio", "text_area", "date_input", "metric",
            "pills", "button_group",
        ) for element in app.get(kind)
    ]
    labels += [str(tab.label) for tab in app.tabs]
    return "\n".join([*values, *labels])


def press(app: AppTest, key: str) -> AppTest:
    """Press the button of that key."""
    app.button(key=key).click().run()
    assert not app.exception, app.exception
    return app


def keys(app: AppTest) -> list[str]:
    """Keys of the buttons that are there."""
    return [str(button.key) for button in app.button]


def portal_opened(
    monkeypatch: pytest.MonkeyPatch, person_id: int, page: str = "portal_home", client_id: int | None = None,
    **selectors: object,
) -> AppTest:
    """A page of the portal as somebody outside the practice sees it, for themselves or for a client."""
    monkeypatch.setattr(identity, "PERSON", person_id)
    app = AppTest.from_file(SHELL, default_timeout=30).run()
    assert not app.exception, app.exception
    if client_id is not None:
        app.selectbox(key=portal_identity.CHOSEN).set_value(client_id).run()
    for key, value in selectors.items():
        app.query_params[key] = str(value)
    app.switch_page(str(navigation.FOLDER / f"{page}.py")).run()
    assert not app.exception, app.exception
    return app


def to_fill_in(app: AppTest) -> str:
    """What a note says is still to be filled in; each of it leads to a place that is on the page."""
    line = next((one.value for one in app.markdown if one.value.startswith("Still to fill in")), "")
    places = set(re.findall(r'<span id="([^"]+)">', "".join(str(one.proto.body) for one in app.get("html"))))
    assert set(re.findall(r"\]\(#([^)]+)\)", line)) <= places
    return re.sub(r"\[([^]]+)\]\([^)]+\)", r"\1", line)


def choose(monkeypatch: pytest.MonkeyPatch, rows: tuple[int, ...]) -> None:
    """Let these rows of tables that can be chosen from be chosen, which the test runner cannot do itself."""
    drawn = st.__dict__.setdefault("_drawn_dataframe", st.dataframe)

    def chosen(*args: Any, **kwargs: Any) -> Any:
        drawn(*args, **{name: value for name, value in kwargs.items() if name != "selection_default"})
        return {"selection": {"rows": list(rows)}}

    monkeypatch.setattr(st, "dataframe", chosen)
