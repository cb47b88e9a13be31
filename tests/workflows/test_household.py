"""A household on one mailbox and a group of eight: whatever is read outside the practice, nobody meets another's words.

Every reader that somebody outside may ask is found by itself and asked by everybody for everything there is: a reader
whose arguments are not known fails the test. So is every paper, every feed and every e-mail.
"""

import inspect
import shutil
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from pydantic import SecretStr
from sqlalchemy import Engine, select

from practicerunner import database, ids
from practicerunner.errors import PracticeError
from practicerunner.records.base import Base
from practicerunner.records.outbox import OutboxMessage
from practicerunner.workflows import feeds
from practicerunner.workflows.access import PortalActor
from practicerunner.workflows.feeds import MakeFeed, make_feed
from practicerunner.workflows.portal_appointments import MakeMyFeed, make_my_feed
from tests.cast import at, bring_on
from tests.household import NOW, House, household
from tests.workflows.test_sentinels import choices, readers, text_of


@pytest.fixture(scope="module")
def house(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    """The household, once for all who look."""
    path = tmp_path_factory.mktemp("household") / "practice.db"
    shutil.copy(request.getfixturevalue("sqlite_template"), path)
    before = database.settings().database_url
    database.settings().database_url = f"sqlite:///{path}"
    engine = database.engine()
    made = household(bring_on(engine))
    with at(NOW):
        yield made
    engine.dispose()
    database.settings().database_url = before


def came_across(house: House, actor: PortalActor) -> dict[str, set[str]]:
    """Word → the readers in whose answers somebody comes across it, refusals included."""
    with database.reading(house.cast.engine) as session:
        known = {
            table.name: list(session.scalars(select(table.c.id))) for table in Base.metadata.sorted_tables
            if "id" in table.c
        }
    found = {word: set[str]() for word in house.may}
    for name, reader in of_the_portal().items():
        for arguments in choices(name, reader, known):
            try:
                with database.transaction(house.cast.engine) as session:
                    said = text_of(reader(session, actor, **arguments))
            except PracticeError as refusal:
                said = str(refusal)
            for word in house.may:
                if word in said:
                    found[word].add(name)
    return found


def of_the_portal() -> dict[str, Callable[..., Any]]:
    """Readers that somebody outside the practice may ask."""
    return {
        name: reader for name, reader in readers().items()
        if list(inspect.signature(reader).parameters.values())[1].annotation is PortalActor
    }


def test_every_reader_of_the_portal_is_asked() -> None:
    assert {
        "requests.my_requests", "requests.my_appointments", "requests.times_to_ask_for", "portal_home.home_page",
        "portal_appointments.appointments_page", "portal_appointments.my_feeds", "portal_forms.my_forms",
        "portal_forms.my_sheet", "portal_forms.my_response", "portal_billing.billing_page", "portal_billing.my_paper",
        "portal_documents.my_documents", "portal_documents.my_document",
    } <= set(of_the_portal())


VIEWERS = ("Maya", "Tom", "Leo", "David", "Joan", "Member1", "Maya for Leo", "Joan for Leo", "Tom for Maya",
           "David for Leo")


@pytest.mark.parametrize("viewer", VIEWERS)
def test_nobody_comes_across_a_word_that_is_not_theirs(house: House, viewer: str) -> None:
    found = came_across(house, house.viewers[viewer])
    met = {word for word, where in found.items() if where}
    theirs = {word for word, viewers in house.may.items() if viewer in viewers}
    assert met == theirs, {word: found[word] for word in met ^ theirs}


def test_no_e_mail_says_anything_to_whoever_opens_the_mailbox(house: House) -> None:
    with database.reading(house.cast.engine) as session:
        letters = list(session.scalars(select(OutboxMessage)))
    assert len(letters) >= 3
    said = "\n".join(f"{one.subject}\n{one.body}" for one in letters)
    assert [word for word in house.may if word in said] == []
    for word in ("FAM50", "IND50", "IND60", "GRP90", "couple", "210.00", "165.00", "Marcus", "Rivera", "Castellano"):
        assert word not in said, word


def test_a_feed_names_nobody_and_holds_ones_own_appointments_only(house: House) -> None:
    number = {"Maya": 3, "Tom": 1, "Leo": 2, "Member1": 1}
    for viewer, ahead in number.items():
        secret = ids.new_token()
        house.act(viewer, make_my_feed, MakeMyFeed(secret=SecretStr(secret)))
        with database.reading(house.cast.engine) as session:
            found = feeds.feed(session, secret)
        assert found is not None
        text = found[1].decode()
        assert text.count("DTSTART;TZID=America/New_York:202611") == ahead, (viewer, text)
        rooms = {"Heronattic", "Heronroom"} if viewer == "Leo" else set()  # where he has to be
        assert {word for word in house.may if word in text} == rooms
    secret = ids.new_token()
    house.cast.do("Marcus", make_feed, MakeFeed(
        secret=SecretStr(secret), case_id=house.cases["leos"], person_id=house.people["Leo"]))
    with database.reading(house.cast.engine) as session:
        handed_out = feeds.feed(session, secret)
    assert handed_out is not None
    assert handed_out[1].decode().count("DTSTART;TZID=America/New_York:202611") == 1, "staff may hand it to anybody"
    assert "Heron" not in handed_out[1].decode()
    for viewer in ("Joan for Leo", "Maya for Leo"):
        with pytest.raises(PracticeError, match="only for one's own"):
            house.act(viewer, make_my_feed, MakeMyFeed())


def test_the_same_on_the_second_engine(cast: Any, engine: Engine) -> None:
    """On PostgreSQL too, for those between whom most could be mixed up."""
    if engine.dialect.name == "sqlite":
        return
    made = household(cast)
    with at(NOW):
        for viewer in ("Tom", "Joan for Leo"):
            found = came_across(made, made.viewers[viewer])
            met = {word for word, where in found.items() if where}
            assert met == {word for word, viewers in made.may.items() if viewer in viewers}, found
