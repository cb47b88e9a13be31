"""Inquiries on the screen: one click to a prospect, forms around them, the settings, and hostile words as typed."""

import re
from collections.abc import Iterator
from datetime import date, time
from typing import Any

import pytest
from sqlalchemy import Engine, select
from streamlit.testing.v1 import AppTest

from practicerunner import database
from practicerunner.records import outbox
from practicerunner.records.cases import Case
from practicerunner.records.inquiries import Inquiry
from practicerunner.records.people import Person
from practicerunner.records.scheduling import Appointment
from practicerunner.rules.case_types import capabilities
from practicerunner.ui import identity, navigation
from practicerunner.vocabulary import CaseType, InquiryStatus, MessageKind, ParticipantStatus, TwoPersonLabel
from practicerunner.workflows.asker_page import AnswerByLink, answer_by_link
from practicerunner.workflows.asker_threads import WriteToAsker, write_to_asker
from practicerunner.workflows.booking import Book, book
from practicerunner.workflows.inquiry_page import SendInquiry, public_page, send_inquiry
from practicerunner.workflows.inquiry_queue import inquiry_list
from practicerunner.workflows.inquiry_settings import SaveInquirySettings, inquiry_settings, save_inquiry_settings
from practicerunner.workflows.opening_hours import AddWeeklyHours, add_weekly_hours
from practicerunner.workflows.prospects import MakeProspect, make_prospect
from practicerunner.workflows.waitlist import SetCapacity, set_capacity
from tests.cast import Cast, at, bring_on
from tests.pages.opening import keys, opened, press, said
from tests.pages.walking import live, words

NOW = "2026-11-10 12:00"
FRIDAY = date(2026, 11, 13)
HOSTILE = "[pay](https://evil.example) <img src=x onerror=alert(1)> $5 and $6 :red[hi] **bold** 山田 שרה"


@pytest.fixture
def linden(sqlite_engine: Engine) -> Iterator[Cast]:
    """Tuesday noon; Marcus takes inquiries on Friday mornings."""
    cast = bring_on(sqlite_engine)
    with at(NOW):
        cast.do("Dana", save_inquiry_settings, SaveInquirySettings(
            revision=0, is_on=True, case_types=(CaseType.INDIVIDUAL, CaseType.TWO_PERSON),
            service_ids=(cast.services["IND50"],), provider_ids=(cast.staff["Marcus"],)))
        cast.do("Marcus", add_weekly_hours, AddWeeklyHours(
            provider_id=cast.staff["Marcus"], weekdays=(4,), starts=time(9), ends=time(12), for_new_inquiries=True))
        yield cast


def send(cast: Cast, **changes: Any) -> int:
    facts: dict[str, Any] = {"first_name": "Nora", "last_name": "Lindqvist", "email": "nora@river.example",
                             "kind": "individual", "provider": "marcus-bell", "message": "Hello there"}
    with database.transaction(cast.engine) as session:
        made = send_inquiry(session, SendInquiry(**facts | changes))
    assert made is not None
    return made


def timed(cast: Cast, **changes: Any) -> int:
    return send(cast, **{"service": str(cast.services["IND50"]), "where": "video",
                         "time": "marcus-bell 2026-11-13 10:00"} | changes)


def offer_groups(cast: Cast) -> None:
    cast.do("Dana", save_inquiry_settings, SaveInquirySettings(
        revision=1, is_on=True, case_types=tuple(CaseType), provider_ids=(cast.staff["Marcus"],)))


def saved(cast: Cast, kind: Any) -> list[Any]:
    with database.reading(cast.engine) as session:
        return list(session.scalars(select(kind)))


def page(cast: Cast, monkeypatch: pytest.MonkeyPatch, who: str = "Marcus") -> AppTest:
    return opened(cast, monkeypatch, who, "inquiries")


def form(which: str, inquiry_id: int) -> None:
    """A page that opens one of the dialogs; AppTest closes those of a page with the next click."""
    from practicerunner.ui import asker_conversation, inquiry_dialogs, inquiry_prospect
    from practicerunner.ui.identity import just_seen
    from practicerunner.ui.perform import read
    from practicerunner.workflows.inquiry_queue import inquiry_list

    actor = just_seen()
    row = next((one for one in read(inquiry_list, actor).rows if one.inquiry_id == inquiry_id), None)
    if row is None:
        return
    if which == "prospect":
        inquiry_prospect.prospect(actor, row, book=row.wished is not None)
    else:
        place = asker_conversation if which == "write" else inquiry_dialogs
        getattr(place, f"{which}_dialog")(actor, row)


def dialog(cast: Cast, monkeypatch: pytest.MonkeyPatch, which: str, inquiry_id: int, who: str = "Marcus") -> AppTest:
    monkeypatch.setattr(identity, "IDENTITY", cast.staff[who])
    app = AppTest.from_function(form, default_timeout=30, args=(which, inquiry_id)).run()
    assert not app.exception, app.exception
    return app


def test_an_empty_list_says_what_comes_here(linden: Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    assert "No inquiries waiting." in said(page(linden, monkeypatch))
    linden.do("Dana", save_inquiry_settings, SaveInquirySettings(revision=1, is_on=False))
    assert "Switch it on in the settings" in words(page(linden, monkeypatch, "Dana"))
    assert "Switch it on" not in words(page(linden, monkeypatch, "Tom"))


def test_a_row_says_who_asks_for_what_and_how_to_reach_them(linden: Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    with at("2026-11-09 12:00"):
        timed(linden, phone="518 555 0133")
    text = words(page(linden, monkeypatch)).replace("\\", "")
    for fact in ("Nora Lindqvist", "Individual", "IND50, by video, Fri 13 Nov 10:00", "518 555 0133",
                 "“Hello there”", "Asked yesterday for Marcus Bell", "Free"):
        assert fact in text, fact


def test_one_click_makes_a_prospect_and_opens_it(linden: Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    made = send(linden)
    app = press(page(linden, monkeypatch), f"inquiries.{made}.prospect")
    assert "Nora Lindqvist" in words(app) and "Prospect" in words(app)
    case, = saved(linden, Case)
    assert case.status == "prospect" and saved(linden, Inquiry)[0].case_id == case.id


def test_one_click_books_the_time_too_and_a_taken_time_is_said_at_its_row(
    linden: Cast, monkeypatch: pytest.MonkeyPatch
) -> None:
    first, second = timed(linden), timed(linden, email="quill@b.example", last_name="Quill")
    other = page(linden, monkeypatch)
    press(page(linden, monkeypatch), f"inquiries.{first}.book")
    assert len(saved(linden, Appointment)) == 1
    press(other, f"inquiries.{second}.book")
    assert len(saved(linden, Case)) == 1 and f"inquiries.{second}.book" not in keys(other)
    assert "Taken" in words(other)
    press(other, f"inquiries.{second}.prospect")
    assert len(saved(linden, Case)) == 2 and len(saved(linden, Appointment)) == 1


def test_whoever_may_be_here_already_is_shown_first_and_chosen_by_hand(
    linden: Cast, monkeypatch: pytest.MonkeyPatch
) -> None:
    linden.open_case(CaseType.INDIVIDUAL, "Nora Lindqvist")
    made = send(linden)
    assert "may be here already" in said(press(page(linden, monkeypatch), f"inquiries.{made}.prospect"))
    assert len(saved(linden, Case)) == 1
    monkeypatch.setattr(navigation, "go", lambda *_, **__: None)
    app = dialog(linden, monkeypatch, "prospect", made)
    assert app.radio[0].options == ["Somebody new", r"Nora Lindqvist \(the same name\)"]
    app.radio[0].set_value(1).run()
    press(app, f"prospect.{made}.1.0.save")
    cases = saved(linden, Case)
    assert len(cases) == 2
    with database.reading(linden.engine) as session:
        assert len({p.person_id for case in cases for p in session.get_one(Case, case.id).participants}) == 1


def test_a_couple_is_asked_for_the_other_one(linden: Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    made = send(linden, kind="two_person")
    monkeypatch.setattr(navigation, "go", lambda *_, **__: None)
    app = dialog(linden, monkeypatch, "prospect", made)
    text = said(app)
    assert "The two are" in text and "Client 2" in text
    app.selectbox(key=f"prospect.{made}.1.0.label").set_value(TwoPersonLabel.PARTNERS)
    press(app, f"prospect.{made}.1.0.save")
    assert saved(linden, Case) == [] and app.error
    next(one for one in app.text_input if one.label == "First name").set_value("Sol")
    press(app, f"prospect.{made}.1.0.save")
    assert [case.name for case in saved(linden, Case)] == ["Nora Lindqvist & Sol"]


@pytest.mark.parametrize(("kind", "called"), [
    (CaseType.THERAPY_GROUP, "member"), (CaseType.CONSULTATION_GROUP, "participant"),
    (CaseType.WORKSHOP, "group participant"),
])
def test_whoever_asks_for_a_group_joins_one_waits_for_a_place_or_begins_a_new_one(
    linden: Cast, monkeypatch: pytest.MonkeyPatch, kind: CaseType, called: str
) -> None:
    monkeypatch.setattr(navigation, "go", lambda *_, **__: None)
    offer_groups(linden)
    group = linden.open_case(kind, "Ida Holm", name="Thursday circle")
    linden.do("Marcus", set_capacity, SetCapacity(case_id=group, capacity=2))
    first, second, third = (send(linden, kind=kind.value, last_name=name, email=f"{name}@b.example")
                            for name in ("Arp", "Bo", "Quill"))
    app = dialog(linden, monkeypatch, "prospect", first)
    text = said(app)
    assert "1 of 2 places taken." in text and "expected at" not in text
    assert app.selectbox(key=f"prospect.{first}.1.0.group_id").options == [
        "Thursday circle, Marcus Bell", f"A new {capabilities(kind).heading.lower()}"]
    assert next(one.label for one in app.button if one.key.endswith(".save")) == f"Add the {called}"
    if kind is not CaseType.THERAPY_GROUP:
        assert not set(re.findall(r"\w+", words(app).lower())) & {"client", "patient", "treatment", "diagnosis"}
    press(app, f"prospect.{first}.1.0.save")
    app = dialog(linden, monkeypatch, "prospect", second)
    text = said(app)
    assert "2 of 2 places taken." in text and "Put on the waitlist" in text and "From" not in text
    press(app, f"prospect.{second}.1.0.save")
    with database.reading(linden.engine) as session:
        found = {p.status for p in session.get_one(Case, group).participants}
    assert found == {ParticipantStatus.ACTIVE, ParticipantStatus.WAITLISTED} and len(saved(linden, Case)) == 1
    app = dialog(linden, monkeypatch, "prospect", third)
    app.selectbox(key=f"prospect.{third}.1.0.group_id").select_index(1).run()
    app.text_input(key=f"prospect.{third}.1.0.name").set_value("Second circle")
    press(app, f"prospect.{third}.1.0.save")
    made = next(one for one in saved(linden, Case) if one.name == "Second circle")
    assert (made.type, made.status) == (kind, "prospect")
    shown = page(linden, monkeypatch)
    shown.session_state["inquiries_shown"] = InquiryStatus.PROSPECT
    assert words(shown.run()).count(r"Prospect for a group \(Marcus Bell") == 3


def test_somebody_may_wait_though_there_is_a_place_and_an_individual_case_can_be_chosen(
    linden: Cast, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(navigation, "go", lambda *_, **__: None)
    offer_groups(linden)
    group = linden.open_case(CaseType.THERAPY_GROUP, "Ida Holm", name="Thursday circle")
    linden.do("Marcus", set_capacity, SetCapacity(case_id=group, capacity=5))
    first, second = send(linden, kind="therapy_group"), send(linden, kind="therapy_group", last_name="Quill")
    app = dialog(linden, monkeypatch, "prospect", first)
    app.get("button_group")[0].set_value("Waits for a place").run()
    press(app, f"prospect.{first}.1.0.save")
    with database.reading(linden.engine) as session:
        assert session.get_one(Case, group).participants[-1].status is ParticipantStatus.WAITLISTED
    app = dialog(linden, monkeypatch, "prospect", second)
    app.selectbox(key=f"prospect.{second}.1.0.type").set_value(CaseType.INDIVIDUAL).run()
    assert "They asked for: Therapy group." in said(app)
    press(app, f"prospect.{second}.1.0.save")
    assert sorted(case.type for case in saved(linden, Case)) == [CaseType.INDIVIDUAL, CaseType.THERAPY_GROUP]


def test_the_desk_keeps_who_asked_and_the_provider_opens_the_case(
    linden: Cast, monkeypatch: pytest.MonkeyPatch
) -> None:
    given, unsaid = send(linden), send(linden, provider="", last_name="Quill")
    app = press(page(linden, monkeypatch, "Tom"), f"inquiries.{given}.prospect")
    assert "is in the directory, Marcus Bell opens the case" in words(app) and saved(linden, Case) == []
    assert f"inquiries.{given}.prospect" not in keys(app)
    app = dialog(linden, monkeypatch, "prospect", unsaid, "Tom")
    assert "Who opens the case" in said(app) and "Kind of work" not in said(app)
    press(app, f"prospect.{unsaid}.1.0.save")
    assert "Choose who is responsible." in said(app)
    app.selectbox(key=f"prospect.{unsaid}.1.0.provider_id").set_value(linden.staff["Olga"])
    press(app, f"prospect.{unsaid}.1.0.save")
    assert "Open a case for Nora Quill" in words(opened(linden, monkeypatch, "Olga", "today"))
    press(page(linden, monkeypatch), f"inquiries.{given}.prospect")
    assert [case.name for case in saved(linden, Case)] == ["Nora Lindqvist"] and len(saved(linden, Person)) == 2


def test_the_desk_takes_somebody_into_a_group_that_is_there(linden: Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(navigation, "go", lambda *_, **__: None)
    offer_groups(linden)
    group = linden.open_case(CaseType.WORKSHOP, name="Spring workshop")
    made = send(linden, kind="workshop")
    app = dialog(linden, monkeypatch, "prospect", made, "Tom")
    assert app.selectbox(key=f"prospect.{made}.1.0.group_id").options == [
        "Spring workshop, Marcus Bell", "A new workshop, which a provider opens"]
    press(app, f"prospect.{made}.1.0.save")
    with database.reading(linden.engine) as session:
        assert len(session.get_one(Case, group).participants) == 1


def test_a_time_without_a_service_is_booked_once_one_is_chosen(linden: Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    made = timed(linden, service="")
    monkeypatch.setattr(navigation, "go", lambda *_, **__: None)
    app = dialog(linden, monkeypatch, "prospect", made)
    assert app.checkbox(key=f"prospect.{made}.1.0.book").value
    press(app, f"prospect.{made}.1.0.save")
    assert [one.local_date for one in saved(linden, Appointment)] == [FRIDAY]


def test_writing_notes_giving_and_closing(linden: Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    made = send(linden)
    app = dialog(linden, monkeypatch, "write", made, "Tom")
    press(app, f"inquiry.write.{made}.0.save")
    assert "Write something first." in said(app)
    app.text_area(key=f"inquiry.write.{made}.0.text").set_value("Friday?")
    press(app, f"inquiry.write.{made}.0.save")
    app = dialog(linden, monkeypatch, "note", made, "Tom")
    app.text_area(key=f"inquiry.note.{made}.0.text").set_value("Called")
    press(app, f"inquiry.note.{made}.0.save")
    text = words(page(linden, monkeypatch, "Tom"))
    assert "1 message, the last Tue 10 Nov 12:00" in text and "Called" in text and "Friday?" not in text
    app = dialog(linden, monkeypatch, "assign", made, "Tom")
    app.selectbox(key=f"inquiry.assign.{made}.1.0.provider_id").set_value(linden.staff["Olga"])
    press(app, f"inquiry.assign.{made}.1.0.save")
    assert "Olga Outsider answers" in words(page(linden, monkeypatch, "Tom"))
    app = dialog(linden, monkeypatch, "close", made, "Tom")
    app.text_input(key=f"inquiry.close.{made}.2.0.reason").set_value("No place")
    press(app, f"inquiry.close.{made}.2.0.save")
    assert linden.read("Tom", inquiry_list, InquiryStatus.CLOSED).rows[0].reason == "No place"
    shown = page(linden, monkeypatch, "Tom")
    shown.session_state["inquiries_shown"] = InquiryStatus.CLOSED
    assert "Erased 90 days after they were closed." in said(shown.run())
    assert "No inquiries waiting" in words(page(linden, monkeypatch, "Tom"))


def letter(cast: Cast) -> str:
    """The secret of the newest link to Nora."""
    with database.reading(cast.engine) as session:
        body = outbox.last_at(session, "nora@river.example", MessageKind.INQUIRY_ANSWERED)
    return body.partition("/inquiry/letter/")[2].split()[0]


def answers(cast: Cast, text: str) -> None:
    with database.transaction(cast.engine) as session:
        answer_by_link(session, AnswerByLink(token=letter(cast), text=text))


def somewhere(cast: Cast, monkeypatch: pytest.MonkeyPatch, who: str, name: str, **ids: object) -> AppTest:
    monkeypatch.setattr(identity, "PERSON", None)
    return opened(cast, monkeypatch, who, name, **ids)


def test_a_conversation_is_read_answered_looked_after_and_put_away_beside_those_of_clients(
    linden: Cast, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = send(linden, message="Is there a place?")
    linden.do("Tom", write_to_asker, WriteToAsker(inquiry_id=made, text="Friday?"))
    answers(linden, "**Gladly** <b>")
    assert "1 conversation with something new" in words(somewhere(linden, monkeypatch, "Tom", "today"))
    app = somewhere(linden, monkeypatch, "Tom", "messages")
    row = next(key for key in keys(app) if key.startswith("thread."))
    app = press(app, row)
    text = said(app)
    for part in ("Is there a place?", "Friday?", "**Gladly** <b>", "They have read it."):
        assert part in text
    assert app.query_params["inquiry"] in (str(made), [str(made)]) and live(app) == []
    press(app, f"answer.inquiry.{made}.0.send")
    assert "Write something first." in said(app)
    app.text_area(key=f"answer.inquiry.{made}.0.text").set_value("At ten?")
    press(app, f"answer.inquiry.{made}.0.send")
    assert "At ten?" in said(app) and "They have not read the last message yet." in said(app)
    assert "Nothing new." in said(somewhere(linden, monkeypatch, "Tom", "messages"))
    first = letter(linden)
    app = press(somewhere(linden, monkeypatch, "Tom", "messages", inquiry=made), "send_link")
    assert letter(linden) != first
    app = press(app, "end_link")
    assert "Their link works no more." in said(app) and "end_link" not in keys(app)
    app = press(app, "archive_asking")
    assert "Archived" in words(app)
    app = press(app, "reopen_asking")
    care = next(one for one in app.selectbox if one.label == "Looked after by")
    care.select("Dana Okafor").run()
    assert "Dana Okafor" in said(somewhere(linden, monkeypatch, "Dana", "messages"))


def test_a_conversation_that_is_not_theirs_looks_like_none_and_one_that_moved_leads_on(
    linden: Cast, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = send(linden)
    linden.do("Tom", write_to_asker, WriteToAsker(inquiry_id=made, text="Friday?"))
    texts = []
    for inquiry in (made, 1, send(linden, email="other@b.example")):
        app = somewhere(linden, monkeypatch, "Priya", "messages", inquiry=inquiry)
        texts.append(said(app))
        assert "Friday?" not in texts[-1] and "Nora" not in texts[-1]
    assert len(set(texts)) == 1
    linden.do("Marcus", make_prospect, MakeProspect(inquiry_id=made, revision=1))
    app = somewhere(linden, monkeypatch, "Marcus", "messages", inquiry=made)
    assert "The conversation goes on in the case" in words(app) and "Friday?" not in said(app)
    shown = somewhere(linden, monkeypatch, "Marcus", "case", case=saved(linden, Case)[0].id)
    assert "Inquiry" in words(shown)


@pytest.mark.parametrize(("who", "sees", "works"), [
    ("Dana", True, True), ("Tom", True, True), ("Marcus", True, True), ("Priya", False, False),
    ("Ruth", False, False), ("Olga", False, False),
])
def test_each_role_has_the_buttons_that_are_theirs(
    linden: Cast, monkeypatch: pytest.MonkeyPatch, who: str, sees: bool, works: bool
) -> None:
    made = send(linden)
    app = page(linden, monkeypatch, who)
    assert ("Lindqvist" in words(app)) == sees
    assert (f"inquiries.{made}.prospect" in keys(app)) == works
    assert (f"inquiries.{made}.close" in keys(app)) == sees
    assert ("Inquiry from Nora" in words(somewhere(linden, monkeypatch, who, "today"))) == sees


def test_hostile_words_stand_as_they_were_typed(linden: Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    made = timed(linden, first_name=HOSTILE, last_name=HOSTILE, message=HOSTILE)
    linden.open_case(CaseType.INDIVIDUAL, f"{HOSTILE} x")
    app = page(linden, monkeypatch)
    assert live(app) == [] and HOSTILE in words(app)
    press(app, f"inquiries.{made}.prospect")
    assert live(app) == []
    assert live(somewhere(linden, monkeypatch, "Marcus", "today")) == []


def test_the_owner_says_in_the_settings_what_the_page_offers(linden: Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    app = somewhere(linden, monkeypatch, "Dana", "settings")
    app.session_state["settings.part"] = "Inquiries"
    app.run()
    assert "Public page for inquiries" in said(app)
    assert "/inquiry/marcus-bell" in words(app)
    app.checkbox(key="inquiry_settings.1.0.by_video").set_value(False)
    app.multiselect(key="inquiry_settings.1.0.location_ids").set_value([linden.office])
    app.text_area(key="inquiry_settings.1.0.introduction").set_value("Welcome")
    assert app.number_input(key="inquiry_settings.1.0.erase_after_days").value == 90
    app.number_input(key="inquiry_settings.1.0.erase_after_days").set_value(30)
    press(app, "inquiry_settings.1.0.save")
    with database.reading(linden.engine) as session:
        shown = public_page(session)
    assert linden.read("Dana", inquiry_settings).erase_after_days == 30
    assert shown.introduction == "Welcome" and [value for value, _ in shown.places] == [str(linden.office)]
    app.multiselect(key="inquiry_settings.2.0.case_types").set_value([])
    press(app, "inquiry_settings.2.0.save")
    assert "Choose at least one kind of work" in words(app)
    assert linden.read("Dana", inquiry_settings).revision == 2


def test_the_time_of_an_inquiry_says_when_it_is_taken(linden: Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    made = timed(linden)
    case_id = linden.open_case(CaseType.INDIVIDUAL, "Ida Holm")
    linden.do("Marcus", book, Book(case_id=case_id, service_id=linden.services["IND50"], local_date=FRIDAY,
                                   local_time=time(10), location_id=linden.office))
    app = page(linden, monkeypatch)
    assert "Taken" in words(app) and f"inquiries.{made}.book" not in keys(app)
