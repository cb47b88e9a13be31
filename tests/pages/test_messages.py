"""Messages on the screens of both sides: what stands there for whom, one click each, and hostile words as typed."""

from collections.abc import Iterator

import pytest
from sqlalchemy import Engine
from streamlit.testing.v1 import AppTest

from practicerunner import database
from practicerunner.records import practice
from practicerunner.records.messages import MessageThread, ThreadMessage
from practicerunner.settings import settings
from practicerunner.ui import identity
from practicerunner.vocabulary import AccessScope, Role, ThreadClass
from practicerunner.workflows.access_decisions import EndDecision, end_decision
from practicerunner.workflows.portal_messages import AddHelper, add_helper
from tests.cast import at, bring_on
from tests.corresponding import Morgans, morgans, texts
from tests.pages.opening import keys, opened, portal_opened, press, said
from tests.pages.walking import live, words
from tests.workflows.supervising import assign, change

HOSTILE = (
    "[pay](https://evil.example) ![x](https://evil.example/p.png) <img src=x onerror=alert(1)> $5 and $6 :red[hi] "
    "**bold** 山田 שרה"
)


@pytest.fixture
def two(sqlite_engine: Engine, tmp_path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Morgans]:
    monkeypatch.setattr(settings(), "files_dir", tmp_path / "files")
    monkeypatch.setattr(settings(), "key_file", tmp_path / "practice.key")
    made = morgans(bring_on(sqlite_engine))
    with at("2026-11-05 10:00"):
        yield made


def staff_page(two: Morgans, monkeypatch: pytest.MonkeyPatch, who: str, **ids: object) -> AppTest:
    monkeypatch.setattr(identity, "PERSON", None)
    return opened(two.cast, monkeypatch, who, "messages", **ids)


def portal_page(two: Morgans, monkeypatch: pytest.MonkeyPatch, who: str, **ids: object) -> AppTest:
    monkeypatch.setattr(identity, "IDENTITY", None)
    return portal_opened(monkeypatch, two.people[who], "portal_messages", **ids)


def rows(app: AppTest) -> list[int]:
    """The list as it stands there, by thread."""
    return [int(key.split(".")[1]) for key in keys(app) if key.startswith("thread.")]


def stored(two: Morgans) -> list[str]:
    with database.reading(two.cast.engine) as session:
        return [one.text for one in session.query(ThreadMessage).order_by(ThreadMessage.id)]


def answer(app: AppTest, text: str) -> AppTest:
    """Type an answer and send it."""
    field = next(one for one in app.text_area if one.label == "Your message")
    field.set_value(text)
    next(one for one in app.button if one.label == "Send").click().run()
    assert not app.exception, app.exception
    return app


def start(case_id: int) -> None:
    """The dialog of staff by itself: in the runner of the tests a page closes its dialogs when it runs again."""
    from practicerunner.ui.identity import signed_in
    from practicerunner.ui.message_dialogs import start_dialog

    start_dialog(signed_in(), case_id)


def begin() -> None:
    """The portal's dialog by itself."""
    from practicerunner.ui.perform import read
    from practicerunner.ui.portal_identity import visitor
    from practicerunner.ui.portal_message_dialog import begin_dialog
    from practicerunner.workflows.access import PortalActor
    from practicerunner.workflows.portal_messages import what_about

    here = visitor()
    actor = PortalActor(here.person_id, here.name)
    begin_dialog(actor, read(what_about, actor))


# --- The practice's side


def test_an_empty_list_says_what_comes_there(two: Morgans, monkeypatch) -> None:
    text = said(staff_page(two, monkeypatch, "Marcus"))
    assert "No conversations yet. Begin one with New message" in text and "Choose a conversation" not in text


def test_staff_read_answer_and_see_it_stand_there(two: Morgans, monkeypatch) -> None:
    thread = two.start(["Aisha", "Ben"], "When suits you?")
    with at("2026-11-05 11:00"):
        two.write("Ben", thread, "On Thursdays.")
        app = staff_page(two, monkeypatch, "Marcus")
        assert rows(app) == [thread] and "1 conversation with something new." in said(app)
        press(app, f"thread.{thread}")
        text = said(app)
        assert "When suits you?" in text and "On Thursdays." in text
        assert "Goes to Aisha Morgan, client; Ben Morgan, client" in text, "A34: to whom it goes"
        answer(app, "Thursday it is.")
        assert stored(two)[-1] == "Thursday it is." and "Thursday it is." in said(app)
        app.run()
        assert len(stored(two)) == 3, "a rerun sends nothing"
        assert "Nothing new." in said(staff_page(two, monkeypatch, "Marcus"))
        assert "1 conversation with something new." in said(staff_page(two, monkeypatch, "Tom"))


def test_today_says_how_many_conversations_have_something_new_to_whoever_may_read_them(
    two: Morgans, monkeypatch
) -> None:
    def line(who: str) -> list[str]:
        monkeypatch.setattr(identity, "PERSON", None)
        app = opened(two.cast, monkeypatch, who, "today")
        return [said for said in words(app).splitlines() if "with something new" in said]

    assert line("Marcus") == [], "no conversation, no line"
    private = two.start(["Aisha"], thread_class=ThreadClass.CLINICAL)
    desk = two.start(["Ben"], by="Tom")
    two.write("Aisha", private, "Before we meet?")
    two.write("Ben", desk, "On Thursdays.")
    assert line("Marcus") == ["2 conversations with something new"]
    assert line("Tom") == ["1 conversation with something new"], "he reads no clinical ones"
    assert line("Ruth") == line("Olga") == []
    press(staff_page(two, monkeypatch, "Marcus"), f"thread.{private}")
    assert line("Marcus") == ["1 conversation with something new"]


def test_what_is_refused_stays_typed(two: Morgans, monkeypatch) -> None:
    thread = two.start(["Ben"])
    app = answer(staff_page(two, monkeypatch, "Marcus", thread=thread), "   ")
    assert "Write something first." in said(app) and len(stored(two)) == 1
    long = "x" * 20_001
    app = answer(app, long)
    assert "at most 20,000 characters" in said(app)
    assert next(one for one in app.text_area if one.label == "Your message").value == long


def test_shelves_assignment_and_archive_take_one_click_each(two: Morgans, monkeypatch) -> None:
    thread = two.start(["Ben"], by="Tom")
    app = staff_page(two, monkeypatch, "Tom", thread=thread)
    box = next(one for one in app.selectbox if one.label == "Looked after by")
    box.set_value(two.cast.staff["Marcus"]).run()
    assert not app.exception
    with database.reading(two.cast.engine) as session:
        assert session.get_one(MessageThread, thread).assigned_to_id == two.cast.staff["Marcus"]
    press(app, "archive_thread")
    assert rows(app) == [] and "reopen_thread" in keys(app)
    app.session_state["messages_shelf"] = "archived"
    app.run()
    assert rows(app) == [thread]
    answer(app, "One thing more.")
    app.session_state["messages_shelf"] = "mine"
    app.run()
    assert "You look after no conversation." in said(app)
    app.session_state["messages_shelf"] = "all"
    assert rows(app.run()) == [thread], "the reply brought it back"


def test_a_conversation_that_is_not_theirs_looks_like_none(two: Morgans, monkeypatch) -> None:
    own = two.start(["Aisha"], "Heron.", thread_class=ThreadClass.CLINICAL, subject="Otter")
    for who in ("Tom", "Dana", "Priya", "Olga"):
        app = staff_page(two, monkeypatch, who, thread=own)
        assert "not yours to open" in said(app)
        for word in ("Heron", "Otter", "Aisha"):
            assert word not in said(app), (who, word)


def test_the_case_shows_its_conversations_and_what_was_said_and_sent(two: Morgans, monkeypatch) -> None:
    two.start(["Aisha"], "Heron.", thread_class=ThreadClass.CLINICAL, subject="Between us")
    two.start(["Aisha", "Ben"], "Otter.", subject="Bills of October")

    def case_of(who: str) -> str:
        monkeypatch.setattr(identity, "PERSON", None)
        app = opened(two.cast, monkeypatch, who, "case", case=two.case_id)
        next(one for one in app.toggle if one.label == "Everything said and sent").set_value(True).run()
        assert not app.exception
        return said(app)

    seen = case_of("Marcus")
    assert "Marcus Bell wrote in Between us" in seen and "Marcus Bell wrote in Bills of October" in seen
    office = case_of("Tom")
    assert "Bills of October" in office and "Between us" not in office
    for text in (seen, office):
        assert "Heron" not in text and "Otter" not in text and "Notice of a message" not in text


def test_staff_begin_from_the_case_with_who_reads_it_said_before(two: Morgans, monkeypatch) -> None:
    two.grant("Nina", AccessScope.MESSAGES)
    monkeypatch.setattr(identity, "PERSON", None)
    press(opened(two.cast, monkeypatch, "Marcus", "case", case=two.case_id), "new_message")
    app = AppTest.from_function(start, default_timeout=30, args=(two.case_id,)).run()
    to = next(one for one in app.multiselect if one.label == "To")
    assert to.options == ["Aisha Morgan, client", "Ben Morgan, client"], "no helper in a clinical conversation"
    next(one for one in app.radio if one.label == "Kind").set_value(ThreadClass.ADMIN).run()
    to = next(one for one in app.multiselect if one.label == "To")
    assert to.options[-1] == "Nina Cole, personal assistant of Ben Morgan"
    to.set_value([1, 2]).run()
    assert ("Goes to Ben Morgan, client; Nina Cole, personal assistant of Ben Morgan. They read each other"
            in said(app).replace("\\", ""))
    next(one for one in app.text_input if one.label == "Subject").set_value("A date")
    next(one for one in app.text_area if one.label == "Message").set_value("Does the 20th suit you?")
    next(one for one in app.button if one.label == "Send to 2 people").click().run()
    assert stored(two) == ["Does the 20th suit you?"]
    assert [row.unread for row in two.threads("Nina").rows] == [1]


def test_hostile_words_stand_as_typed_on_both_sides(two: Morgans, monkeypatch) -> None:
    thread = two.start(["Ben"], HOSTILE, subject=HOSTILE[:200])
    app = staff_page(two, monkeypatch, "Tom", thread=thread)
    assert live(app) == []
    press(app, "thread_people")
    assert live(app) == []
    assert live(opened(two.cast, monkeypatch, "Tom", "case", case=two.case_id)) == []
    assert live(portal_page(two, monkeypatch, "Ben")) == []
    assert live(portal_page(two, monkeypatch, "Ben", thread=thread)) == []


# --- The portal


def test_a_client_reads_answers_and_finds_nothing_of_the_other(two: Morgans, monkeypatch) -> None:
    both = two.start(["Aisha", "Ben"], "When suits you?")
    own = two.start(["Aisha"], "Heron.", thread_class=ThreadClass.CLINICAL, subject="Otter")
    app = portal_page(two, monkeypatch, "Ben")
    text = said(app)
    assert "1 conversation with something new." in text and "Heron" not in text and "Otter" not in text
    app = portal_page(two, monkeypatch, "Ben", thread=both)
    assert "When suits you?" in said(app)
    answer(app, "Thursdays.")
    assert stored(two)[-1] == "Thursdays." and "Thursdays." in said(app)
    assert two.threads("Ben").unread == 0
    app = portal_page(two, monkeypatch, "Ben", thread=own)
    assert "not yours to open" in said(app) and "Otter" not in said(app) and "Heron" not in said(app)


def test_a_client_begins_with_the_provider_alone(two: Morgans, monkeypatch) -> None:
    app = portal_page(two, monkeypatch, "Aisha")
    assert "No messages yet." in said(app)
    press(app, "new_message")
    app = AppTest.from_function(begin, default_timeout=30).run()
    assert next(one for one in app.radio if one.label == "Who reads it").options == [
        "The practice's office", "Marcus Bell alone"]
    next(one for one in app.radio if one.label == "Who reads it").set_value(ThreadClass.CLINICAL).run()
    next(one for one in app.text_input if one.label == "Subject").set_value("Before we meet")
    next(one for one in app.text_area if one.label == "Message").set_value("May I come alone?")
    next(one for one in app.button if one.label == "Send").click().run()
    assert stored(two) == ["May I come alone?"]
    (row,) = two.threads("Aisha").rows
    assert row.thread_class is ThreadClass.CLINICAL and two.threads("Ben").rows == ()


def test_a_client_adds_a_helper_who_loses_it_at_the_next_click(two: Morgans, monkeypatch) -> None:
    granted = two.grant("Nina", AccessScope.MESSAGES)
    thread = two.start(["Aisha", "Ben"], "Before Nina.")
    app = portal_page(two, monkeypatch, "Ben", thread=thread)
    next(one for one in app.button if one.label == "Add").click().run()
    assert "Nina Cole joined, and reads what is written from here on." in said(app)
    two.write("Ben", thread, "After Nina.")
    app = portal_page(two, monkeypatch, "Nina", thread=thread)
    assert "After Nina." in said(app) and "Before Nina." not in said(app)
    two.cast.do("Dana", end_decision, EndDecision(decision_id=granted))
    text = said(app.run())
    assert "After Nina." not in text
    assert texts(two.opened("Ben", thread)) == ["Before Nina.", "After Nina."]


def test_a_file_that_is_no_picture_or_too_large_is_refused_beside_the_field(two: Morgans, monkeypatch) -> None:
    thread = two.start(["Ben"])
    app = portal_page(two, monkeypatch, "Ben", thread=thread)
    app.file_uploader[0].set_value([("holiday.png", b"MZ\x90\x00 a program", "image/png")]).run()
    assert "Do not write here in an emergency; call 911 or 988." in said(app), "above the button, as in a new message"
    answer(app, "My holiday.")
    assert "What is in this file is not what its name says." in said(app) and len(stored(two)) == 1
    app.file_uploader[0].set_value([("film.pdf", b"%PDF-" + b"0" * 30 * 1024 * 1024, "application/pdf")]).run()
    answer(app, "My film.")
    assert "is 30 MB. A file may be 10 MB at most." in said(app) and len(stored(two)) == 1
    assert app.text_area[0].value == "My film.", "what was typed is still there"
    app.file_uploader[0].set_value([("letter.txt", b"Dear Marcus", "text/plain")]).run()
    answer(app, "A letter.")
    assert stored(two)[-1] == "A letter."
    (entry,) = [one for one in two.opened("Ben", thread).entries if one.files]
    assert entry.files[0].name == "letter.txt"


def test_add_helper_is_refused_for_whom_nothing_is_open(two: Morgans) -> None:
    thread = two.start(["Ben"])
    with pytest.raises(Exception, match="may write messages for you"):
        two.act("Ben", add_helper, AddHelper(thread_id=thread, person_id=two.people["Paul"]))


def test_a_supervisor_finds_supervised_conversations_on_a_shelf_of_their_own_and_can_only_read(
    two: Morgans, monkeypatch: pytest.MonkeyPatch,
) -> None:
    both = two.start(["Aisha", "Ben"], "You are doing well.", thread_class=ThreadClass.CLINICAL)
    assign(two.cast, "Marcus", "Ruth", "2026-11-01")
    change(two.cast, "Ruth", roles=frozenset({Role.SUPERVISOR}))
    with pytest.raises(ValueError, match="Could not find a navigation page"):
        staff_page(two, monkeypatch, "Ruth", thread=both)
    with database.transaction(two.cast.engine) as session:
        practice.the_practice(session).supervision_includes_messages = True
    app = staff_page(two, monkeypatch, "Ruth", thread=both)
    assert app.title[0].value == "Messages" and rows(app) == [both]
    assert "You read this as a supervisor" in said(app) and "You are doing well." in said(app)
    assert not {"new_message", "archive_thread", "thread_people"} & set(keys(app))
    assert not [one for one in app.text_area if one.label == "Your message"]
    with database.transaction(two.cast.engine) as session:
        practice.the_practice(session).supervision_includes_messages = False
    with pytest.raises(ValueError, match="Could not find a navigation page"):
        staff_page(two, monkeypatch, "Ruth", thread=both)
