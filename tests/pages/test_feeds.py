"""Calendar feeds on the screen: an address is shown once, listed without itself, and revoked with a click."""

import re
from collections.abc import Iterator

import pytest
from sqlalchemy import Engine
from streamlit.testing.v1 import AppTest

from practicerunner import database
from practicerunner.settings import settings
from practicerunner.ui import identity
from practicerunner.vocabulary import CaseType, FeedShows
from practicerunner.workflows import feeds
from practicerunner.workflows.feeds import MakeFeed, feeds_in_case, make_feed, own_feeds
from tests.cast import Cast, at, bring_on, people_of
from tests.pages.opening import keys, opened, press, said
from tests.pages.walking import live, words


@pytest.fixture
def practice(sqlite_engine: Engine, monkeypatch: pytest.MonkeyPatch) -> Iterator[Cast]:
    monkeypatch.setattr(settings(), "public_url", "https://desk.linden.example/")
    cast = bring_on(sqlite_engine)
    with at("2026-09-08 12:00"):
        yield cast


def dialog(which: str, number: int) -> None:
    from practicerunner.ui import feed_block
    from practicerunner.ui.identity import signed_in
    from practicerunner.ui.perform import read
    from practicerunner.workflows.clients import case_page
    from practicerunner.workflows.feeds import own_feeds

    actor = signed_in()
    if which == "client":
        page = read(case_page, actor, number)
        feed_block.client_dialog(actor, page, page.participants[0])
    else:
        feed_block.own_dialog(actor, next((v for v in read(own_feeds, actor) if v.feed_id == number), None))


def form(cast: Cast, monkeypatch: pytest.MonkeyPatch, which: str, number: int = 0, who: str = "Marcus") -> AppTest:
    monkeypatch.setattr(identity, "IDENTITY", cast.staff[who])
    app = AppTest.from_function(dialog, default_timeout=30, args=(which, number)).run()
    assert not app.exception, app.exception
    return app


def click(app: AppTest, label: str) -> AppTest:
    next(button for button in app.button if button.label == label).click().run()
    assert not app.exception, app.exception
    return app


def address(app: AppTest) -> str:
    return app.get("code")[0].value


def reads(secret: str) -> bool:
    with database.reading() as session:
        return feeds.feed(session, secret) is not None


def test_an_address_is_shown_once_and_works(practice: Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    app = form(practice, monkeypatch, "own")
    assert "Initials of your clients, and the place." in words(app)
    assert app.radio[0].value is FeedShows.INITIALS
    click(app, "Make address")
    found = re.fullmatch(r"https://desk\.linden\.example/feeds/([A-Za-z0-9_-]{43})\.ics", address(app))
    assert found and reads(found[1])
    assert [link.proto.url for link in app.get("link_button")] == [
        f"webcal://desk.linden.example/feeds/{found[1]}.ics"], "one tap adds it on a phone"
    assert found[1] not in words(app.run())
    page = opened(practice, monkeypatch, "Marcus", "account")
    assert "Shows initials. Made Tue 8 Sep 2026, 12:00, not read yet." in said(page)
    assert found[1] not in words(page) and "Make address" not in said(page)


def test_an_address_is_replaced_or_revoked(practice: Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    first = MakeFeed()
    made = practice.do("Marcus", make_feed, first)
    app = form(practice, monkeypatch, "own", made)
    app.radio[0].set_value(FeedShows.BUSY)
    click(app, "Replace address")
    assert not reads(first.secret.get_secret_value())
    second = address(app).rsplit("/", 1)[-1].removesuffix(".ics")
    assert reads(second)
    page = opened(practice, monkeypatch, "Marcus", "account")
    assert "Shows busy." in said(page) and "Shows initials." not in said(page)
    view, = practice.read("Marcus", own_feeds)
    press(page, f"feed.revoke.{view.feed_id}.0.revoke")
    assert "No address yet." in said(page) and not reads(second)


def test_whoever_has_no_appointments_has_no_block(practice: Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    assert "Calendar feed" not in said(opened(practice, monkeypatch, "Tom", "account"))
    page = opened(practice, monkeypatch, "Priya", "account")
    assert "No address yet." in said(page)
    assert "Whoever has the address can read them" in said(page)


def test_a_client_gets_an_address_from_the_case(practice: Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    case_id = practice.open_case(CaseType.TWO_PERSON, "Noor [x](y)", "Sam Ortiz")
    noor = people_of(practice, case_id)["Noor"]
    page = opened(practice, monkeypatch, "Marcus", "case", case=case_id, part="relationships")
    assert {f"feed.{person}" for person in people_of(practice, case_id).values()} <= set(keys(page))
    app = form(practice, monkeypatch, "client", case_id)
    assert "Appointments of Noor [x](y) for their own calendar" in said(app) and live(app) == []
    assert "The address covers this case alone." in said(app)
    monkeypatch.setattr(settings(), "portal_url", "https://my.linden.example/")
    click(app, "New address")
    assert address(app).startswith("https://my.linden.example/feeds/"), "where the portal's own server answers it"
    assert "no public address" not in said(app) and not app.get("link_button"), "it is for their calendar, not for this"
    assert reads(address(app).rsplit("/", 1)[-1].removesuffix(".ics"))
    view, = practice.read("Marcus", feeds_in_case, case_id)[noor]
    app = form(practice, monkeypatch, "client", case_id)
    assert "Made Tue 8 Sep 2026, 12:00, not read yet." in said(app)
    press(app, f"feed.revoke.{view.feed_id}.0.revoke")
    assert practice.read("Marcus", feeds_in_case, case_id)[noor] == []


def test_a_supervisor_is_offered_no_clients_feed(practice: Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    case_id = practice.open_case(CaseType.INDIVIDUAL, "Bo Ek", provider="Priya")
    person = people_of(practice, case_id)["Bo"]
    button = f"feed.{person}"
    for who, offered in (("Ruth", False), ("Priya", True), ("Tom", True)):
        page = opened(practice, monkeypatch, who, "case", case=case_id, part="relationships")
        assert (button in keys(page)) is offered, who
