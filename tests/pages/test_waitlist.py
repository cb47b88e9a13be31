"""Places and the waitlist on a group's page."""

from collections.abc import Callable
from datetime import date, time

import pytest
from sqlalchemy import Engine
from streamlit.testing.v1 import AppTest

from practicerunner.ui import identity
from practicerunner.vocabulary import CaseType, ContactKind, SessionFormat
from practicerunner.workflows.booking import Book, book
from practicerunner.workflows.cases import (
    AddParticipant,
    OpenCase,
    RemoveParticipant,
    Taking,
    add_participant,
    open_case,
    remove_participant,
)
from practicerunner.workflows.clients import case_page
from practicerunner.workflows.people import Contact, PersonDetails
from practicerunner.workflows.waitlist import PutOnWaitlist, SetCapacity, places_of, put_on_waitlist, set_capacity
from tests.cast import Cast, at, bring_on, people_of
from tests.pages.opening import keys, opened, press, said
from tests.pages.walking import words

Ask = Callable[..., AppTest]


@pytest.fixture
def cast(sqlite_engine: Engine, monkeypatch: pytest.MonkeyPatch):
    made = bring_on(sqlite_engine)
    monkeypatch.setattr(identity, "IDENTITY", made.staff["Marcus"])
    with at("2026-09-20 09:00"):
        yield made


@pytest.fixture
def group(cast: Cast) -> int:
    """Eve and Jo take the two places; Mia *Lund* and Ned wait."""
    case_id = cast.open_case(CaseType.THERAPY_GROUP, "Eve Moss", "Jo Park", name="Thursday group",
                             opened_on=date(2026, 9, 1))
    cast.do("Marcus", set_capacity, SetCapacity(case_id=case_id, capacity=2))
    phone = Contact(kind=ContactKind.PHONE, value="(518) 555-0142", preferred=True, may_call=True)
    for first, last, contacts in (("Mia", "*Lund*", (phone,)), ("Ned", "Ash", ())):
        cast.do("Marcus", put_on_waitlist, PutOnWaitlist(case_id=case_id, participant=Taking(
            person=PersonDetails(first_name=first, last_name=last, contacts=contacts))))
    return case_id


def dialog(which: str, case_id: int, place: int) -> None:
    from practicerunner.ui import waitlist_block
    from practicerunner.ui.identity import signed_in
    from practicerunner.ui.perform import read
    from practicerunner.workflows.clients import case_page
    from practicerunner.workflows.waitlist import places_of

    actor = signed_in()
    page, places = read(case_page, actor, case_id), read(places_of, actor, case_id)
    if which in ("offer", "take_in", "off") and len(places.waiting) < place:
        return  # it is done, and the page behind would be drawn anew
    one = places.waiting[place - 1] if places.waiting else None
    rest = {"join": (), "places": (places,), "offer": (places, one), "take_in": (places, one, place), "off": (one,)}
    getattr(waitlist_block, f"{which}_dialog")(actor, page, *rest[which])


@pytest.fixture
def ask(group: int) -> Ask:
    def open_it(which: str, place: int = 1) -> AppTest:
        app = AppTest.from_function(dialog, default_timeout=30, args=(which, group, place)).run()
        assert not app.exception, app.exception
        return app

    return open_it


def click(app: AppTest, label: str) -> AppTest:
    return press(app, next(button.key for button in app.button if button.label == label))


def jo_leaves(cast: Cast, group: int) -> None:
    cast.do("Marcus", remove_participant, RemoveParticipant(
        case_id=group, person_id=people_of(cast, group)["Jo"], left_on=date(2026, 9, 20)))


def test_the_block_says_how_many_places_are_taken_and_who_waits_in_order(
    cast: Cast, group: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    app = opened(cast, monkeypatch, "Marcus", "case", case=group, part="relationships")
    texts = [element.value for element in app.text]
    assert "2 of 2 places taken." in texts
    assert [text for text in texts if "waiting since" in text] == [
        "1. Mia *Lund*, waiting since Sun 20 Sep", "2. Ned Ash, waiting since Sun 20 Sep"]
    assert not [key for key in keys(app) if key.startswith(("offer", "take_in"))], "no place is free"
    assert "Offer the place" not in said(opened(cast, monkeypatch, "Marcus", "case", case=group))
    jo_leaves(cast, group)
    app = opened(cast, monkeypatch, "Marcus", "case", case=group, part="relationships")
    assert "A place is free now. Nobody is added by itself." in said(app)
    assert len([key for key in keys(app) if key.startswith("offer.")]) == 1, "offered to the first alone"
    overview = said(opened(cast, monkeypatch, "Marcus", "case", case=group))
    assert "Offer the place to Mia *Lund*." in overview
    assert "Needs attention" in overview


def test_a_group_without_a_limit_shows_one_line_and_a_family_nothing(
    cast: Cast, monkeypatch: pytest.MonkeyPatch
) -> None:
    workshop = cast.open_case(CaseType.WORKSHOP, "Una Wells", name="Listening skills")
    text = said(opened(cast, monkeypatch, "Marcus", "case", case=workshop, part="relationships"))
    assert "No limit is set." in text
    assert "Nobody waits" not in text
    family = cast.open_case(CaseType.FAMILY, "Ana Lima", "Bo Lima")
    assert "Places" not in said(opened(cast, monkeypatch, "Marcus", "case", case=family, part="relationships"))


def test_the_join_dialog_turns_to_the_waitlist_when_all_places_are_taken(cast: Cast, group: int, ask: Ask) -> None:
    app = ask("join")
    assert "All 2 places are taken. There is the waitlist instead." in said(app)
    assert "Add the member" not in said(app)
    app.text_input(key=f"join.{group}.0.p0.first_name").set_value("Ola")
    click(app, "Put on the waitlist")
    assert [w.name for w in cast.read("Marcus", places_of, group).waiting] == ["Mia *Lund*", "Ned Ash", "Ola"]
    jo_leaves(cast, group)
    app = ask("join")
    assert r"3 people wait for a place already; Mia \*Lund\* is first in line." in said(app)
    app.text_input(key=next(t.key for t in app.text_input if t.key.endswith("p0.first_name"))).set_value("Pia")
    click(app, "Add the member")
    assert [p.name for p in cast.read("Marcus", case_page, group).present] == ["Eve Moss", "Pia"]


def test_the_place_is_offered_with_the_way_to_reach_the_first_who_is_taken_in_or_off(
    cast: Cast, group: int, ask: Ask
) -> None:
    jo_leaves(cast, group)
    app = ask("offer")
    assert "Mia *Lund* is first in line. Ask whether they still want the place." in said(app)
    assert "Phone (518) 555-0142 (preferred; calls)" in said(app)
    click(app, "They no longer want it")
    app = ask("offer")
    assert "No phone or e-mail is kept for them." in said(app)
    click(app, "Take them in")
    assert [p.name for p in cast.read("Marcus", case_page, group).present] == ["Eve Moss", "Ned Ash"]
    assert cast.read("Marcus", places_of, group).waiting == ()


def test_another_than_the_first_is_asked_for_a_reason_at_the_field(cast: Cast, group: int, ask: Ask) -> None:
    jo_leaves(cast, group)
    app = click(ask("take_in", 2), "Take them in")
    assert [error.value for error in app.error] == ["They are not first in line. Say why they come first."]
    app.text_input(key=next(t.key for t in app.text_input if t.key.endswith("reason"))).set_value("in crisis")
    click(app, "Take them in")
    assert [w.name for w in cast.read("Marcus", places_of, group).waiting] == ["Mia *Lund*"]


def test_who_is_busy_elsewhere_is_named_with_the_time_before_they_are_taken_in(
    cast: Cast, group: int, ask: Ask
) -> None:
    cast.do("Marcus", book, Book(case_id=group, service_id=cast.services["GRP90"], local_date=date(2026, 10, 1),
                                 local_time=time(18), location_id=cast.office))
    mia = people_of(cast, group)["Mia"]
    own = cast.do("Dana", open_case, OpenCase(
        type=CaseType.INDIVIDUAL, provider_id=cast.staff["Ruth"], participants=(Taking(person_id=mia),)))
    cast.do("Ruth", book, Book(case_id=own, service_id=cast.services["IND50"], local_date=date(2026, 10, 1),
                               local_time=time(19), format=SessionFormat.VIDEO))
    jo_leaves(cast, group)
    text = said(ask("take_in"))
    assert r"Mia \*Lund\* has another appointment on Thu 1 Oct 2026, 19\:00–19\:50." in text
    assert "They are expected at 1 group session ahead." in text


def test_fewer_places_than_people_is_said_before_it_is_saved(cast: Cast, group: int, ask: Ask) -> None:
    app = ask("places")
    app.number_input(key=next(n.key for n in app.number_input)).set_value(1).run()
    assert "1 person more than that take part now. Nobody is removed" in said(app)
    click(app, "Save places")
    assert cast.read("Marcus", places_of, group).sentence.startswith("2 of 1 place taken")
    app = ask("places")
    app.toggle[0].set_value(False).run()
    click(app, "Save places")
    assert cast.read("Marcus", case_page, group).capacity is None


def test_somebody_is_taken_off_after_a_word_of_what_it_means(cast: Cast, group: int, ask: Ask) -> None:
    app = ask("off", 1)
    assert "waits no more. The others keep their order." in said(app)
    click(app, "Take off the waitlist")
    assert [w.name for w in cast.read("Marcus", places_of, group).waiting] == ["Ned Ash"]


def test_a_client_s_page_names_the_groups_they_are_in_and_a_group_s_page_nobody_s(
    cast: Cast, monkeypatch: pytest.MonkeyPatch
) -> None:
    ida = cast.open_case(CaseType.INDIVIDUAL, "Ida Holm")
    person = people_of(cast, ida)["Ida"]
    workshop = cast.open_case(CaseType.WORKSHOP, name="Listening *skills*")
    hidden = cast.open_case(CaseType.WORKSHOP, name="Ruth's circle", provider="Ruth")
    for by, where in (("Marcus", workshop), ("Dana", hidden)):
        cast.do(by, add_participant, AddParticipant(
            case_id=where, participant=Taking(person_id=person), joined_on=date(2026, 9, 20)))
    groups = [g.name for g in cast.read("Marcus", case_page, ida).participants[0].groups]
    assert groups == ["Listening *skills*"], "a colleague's group is not named"
    shown = words(opened(cast, monkeypatch, "Marcus", "case", case=ida))
    assert r"Also in Listening \*skills\* \(Workshop\)" in shown
    assert cast.read("Marcus", case_page, workshop).participants[0].groups == ()
