"""A household on one mailbox and a group of eight: whatever is read outside the practice, nobody meets another's words.

Every reader that somebody outside may ask is found by itself and asked by everybody for everything there is: a reader
whose arguments are not known fails the test. So is every paper, every feed and every e-mail.
"""

import inspect
import shutil
from collections.abc import Callable, Iterator
from datetime import date, time
from typing import Any

import pytest
from pydantic import SecretStr
from sqlalchemy import Engine, select

from practicerunner import database, ids
from practicerunner.errors import PracticeError
from practicerunner.records import requests
from practicerunner.records.base import Base
from practicerunner.records.outbox import OutboxMessage
from practicerunner.vocabulary import MessageKind, RequestStatus, SessionFormat, ThreadClass
from practicerunner.workflows import feeds
from practicerunner.workflows.access import PortalActor
from practicerunner.workflows.answers import OfferAnother, offer_another
from practicerunner.workflows.feeds import MakeFeed, make_feed
from practicerunner.workflows.messages import StartThread, ToPerson, start_thread
from practicerunner.workflows.portal_appointments import MakeMyFeed, make_my_feed
from practicerunner.workflows.portal_billing import billing_page
from practicerunner.workflows.portal_documents import my_documents
from practicerunner.workflows.portal_forms import my_forms
from practicerunner.workflows.portal_home import LATEST, home_page
from practicerunner.workflows.portal_messages import my_threads
from practicerunner.workflows.portal_papers import my_note_papers
from practicerunner.workflows.requests import my_appointments, my_requests
from tests.cast import at, bring_on
from tests.household import MEMBERS, NOW, House, household
from tests.workflows.sending import send
from tests.workflows.test_clients import statements
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
        "portal_forms.my_sheet", "portal_forms.my_response", "portal_forms.my_form_pdf",
        "portal_billing.billing_page", "portal_billing.my_paper",
        "portal_documents.my_documents", "portal_documents.my_document", "portal_papers.my_note_papers",
        "portal_papers.my_note_paper",
    } <= set(of_the_portal())


TODAY = date(2026, 11, 10)
VIEWERS = ("Maya", "Tom", "Leo", "David", "Joan", *MEMBERS, "Maya for Leo", "Joan for Leo", "Tom for Maya",
           "David for Leo")


def test_nobody_comes_across_a_word_that_is_not_theirs(house: House) -> None:
    for viewer in VIEWERS:
        found = came_across(house, house.viewers[viewer])
        met = {word for word, where in found.items() if where}
        theirs = {word for word, viewers in house.may.items() if viewer in viewers}
        assert met == theirs, (viewer, {word: found[word] for word in met ^ theirs})


def test_no_e_mail_says_anything_to_whoever_opens_the_mailbox(house: House) -> None:
    with database.reading(house.cast.engine) as session:
        letters = list(session.scalars(select(OutboxMessage)))
    assert {MessageKind.MESSAGE_WAITING, MessageKind.DETAILS_ASKED} <= {one.kind for one in letters}
    first = {person: name for name, person in house.people.items()}
    said = "\n".join(  # whom it is to may stand in the greeting, and nowhere else
        f"{one.subject}\n{one.body.removeprefix(f'Hello {first.get(one.person_id or 0)},')}" for one in letters)
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


@pytest.fixture
def waiting(house: House) -> House:
    """The household while more waits for Leo: a form, an offered time, a message to him and one to his mother."""
    cast, leo = house.cast, house.people["Leo"]
    with at("2026-11-05 09:00"):
        send(cast, house.cases["leos"], "consent", to="Leo", due_on=date(2026, 11, 9))
    with database.reading(cast.engine) as session:
        asked = next(one for one in requests.open_of(session, leo) if one.message == "heronhelps")
    cast.do("Marcus", offer_another, OfferAnother(
        request_id=asked.id, revision=asked.revision, service_id=cast.services["IND50"],
        format=SessionFormat.VIDEO, local_date=date(2026, 11, 20), local_time=time(9)))
    for to in (ToPerson(person_id=leo), ToPerson(person_id=house.people["Maya"], for_id=leo)):
        cast.do("Marcus", start_thread, StartThread(
            case_id=house.cases["leos"], thread_class=ThreadClass.ADMIN, subject="Hello", text="Hello.", people=(to,)))
    return house


def test_the_first_page_says_what_the_pages_say_to_which_it_leads(waiting: House) -> None:
    said = {}
    for name, actor in waiting.viewers.items():
        def page(reader: Callable[..., Any], actor: PortalActor = actor) -> Any:
            """What the reader says; nothing where it refuses."""
            try:
                with database.reading(waiting.cast.engine) as session:
                    return reader(session, actor)
            except PracticeError:
                return None

        first, account, forms = page(home_page), page(billing_page), page(my_forms)
        if first is None:  # nothing is open to them, and so not even the first page
            open_to_them = (account.invoices if account else (), forms.open if forms else (), page(my_requests) or [])
            assert open_to_them == ((), (), []), name
            said[name] = (0, 0, 0, 0, 0)
            continue
        ahead, asked, threads = page(my_appointments) or [], page(my_requests) or [], page(my_threads)
        due = [one.due_on for one in forms.open] if forms else []
        statuses = [one.status for one in asked]
        papers = sorted((*account.statements, *account.superbills), key=lambda one: (one.on, one.subject_id)) \
            if account else []
        assert (
            first.next_up, first.offers, first.requests, first.forms, first.overdue_forms, first.unpaid,
            first.due_cents, first.overdue_cents, list(first.papers), first.documents, first.unread,
        ) == (
            ahead[0] if ahead else None, tuple(one.offered for one in asked if one.status is RequestStatus.OFFERED),
            statuses.count(RequestStatus.PENDING), len(due), sum(one is not None and one < TODAY for one in due),
            len(account.unpaid) if account else 0, account.due_cents if account else 0,
            sum(one.open_cents for one in account.overdue) if account else 0, papers[::-1][:LATEST],
            len(page(my_documents) or []) + len(page(my_note_papers) or []), threads.unread if threads else 0,
        ), name
        assert first.methods == (account.methods if account else ()), name
        assert first.sees_methods or not first.methods, name
        assert first.sees_messages or not (threads and threads.unread), name
        assert not (first.sees_messages and threads is None) and not (first.sees_methods and account is None), name
        said[name] = (len(first.offers), first.overdue_forms, first.unpaid, first.documents, first.unread)
    assert said == {
        "Maya": (0, 0, 4, 2, 3), "Tom": (0, 0, 1, 0, 1), "Leo": (1, 1, 0, 4, 2), "David": (0, 0, 2, 0, 0),
        "Joan": (0, 0, 0, 0, 0), "Nell": (0, 0, 0, 0, 0), "Maya for Leo": (1, 1, 0, 2, 2),
        **{name: (0, 0, 1, int(name == "Member1"), int(name == "Member2")) for name in MEMBERS},
        "Joan for Leo": (1, 0, 0, 0, 0), "Tom for Maya": (0, 0, 0, 0, 0), "David for Leo": (0, 0, 0, 0, 0),
        "Nell for Leo": (0, 0, 0, 0, 0),
    }


def test_how_somebody_stands_to_a_client_is_looked_up_once_for_a_page(house: House) -> None:
    with statements(house.cast.engine) as sent, database.reading(house.cast.engine) as session:
        home_page(session, house.viewers["Maya for Leo"])
    assert sum("FROM acts_for" in one for one in sent) == 1
    assert sum("FROM access_decision" in one for one in sent) == 1
    assert len(sent) < 30


def test_the_same_on_the_second_engine(cast: Any, engine: Engine) -> None:
    """On PostgreSQL too, for those between whom most could be mixed up; all of them would take half a minute."""
    if engine.dialect.name == "sqlite":
        return
    made = household(cast)
    with at(NOW):
        for viewer in ("Tom", "Maya for Leo", "Joan for Leo", "Member2"):
            found = came_across(made, made.viewers[viewer])
            met = {word for word, where in found.items() if where}
            assert met == {word for word, viewers in made.may.items() if viewer in viewers}, found
