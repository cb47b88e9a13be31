"""A wrong recipient on the screens: reported from where it is noticed, counted down on Today, assessed and closed."""

from collections.abc import Iterator
from datetime import date
from typing import Any

import pytest
from sqlalchemy import Engine
from streamlit.testing.v1 import AppTest

from practicerunner import database
from practicerunner.records.breaches import Breach
from practicerunner.ui import identity, navigation
from practicerunner.vocabulary import BreachChannel, BreachDecision, CaseType, DocumentClass, ThreadClass
from practicerunner.workflows.breaches import ReportWrongRecipient, report_wrong_recipient
from practicerunner.workflows.documents import UploadDocument, upload_document
from practicerunner.workflows.messages import StartThread, ToPerson, start_thread
from practicerunner.workflows.portal_documents import ShareDocument, share_document
from tests.cast import Cast, at, bring_on, people_of
from tests.pages.opening import keys, opened, press, said
from tests.pages.walking import live, words

HOSTILE = "A **bold** [x](http://x.example) <b>raw</b> $5$"


@pytest.fixture
def cast(sqlite_engine: Engine) -> Iterator[Cast]:
    made = bring_on(sqlite_engine)
    with at("2026-11-12 09:00"):
        yield made


def dialog() -> None:
    """The report by itself: in the runner of the tests a page closes its dialogs when it runs again."""
    from practicerunner.ui.identity import signed_in
    from practicerunner.ui.wrong_recipient import report_dialog

    report_dialog(signed_in(), None, None, None, "", "Noor Haddad", "")


def report(cast: Cast, by: str = "Tom", words: str = "The invoice of October", **more: Any) -> int:
    made: int = cast.do(by, report_wrong_recipient, ReportWrongRecipient(
        channel=BreachChannel.PAPER, what=words, meant_for=words, went_to=words, noticed_on=date(2026, 11, 9),
        noticed_by=words, **more))
    return made


def kept(cast: Cast) -> Breach:
    with database.reading(cast.engine) as session:
        return session.query(Breach).one()


def test_a_report_says_at_its_fields_what_is_missing_and_is_kept(cast: Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    led_to: list[Any] = []
    monkeypatch.setattr(navigation, "go", lambda page, **ids: led_to.append((page, ids)))
    monkeypatch.setattr(identity, "IDENTITY", cast.staff["Tom"])
    app = AppTest.from_function(dialog, default_timeout=30).run()
    save = next(key for key in keys(app) if key.endswith(".save"))
    press(app, save)
    assert [error.value for error in app.error] == ["Please fill in this field."] * 2
    app.selectbox[0].set_value(BreachChannel.EMAIL)
    app.text_area[0].set_value("A reminder")
    next(one for one in app.text_input if one.label == "Who got it").set_value("n.hadad@example.org")
    press(app, save)
    found = kept(cast)
    assert led_to == [("breaches", {"breach": found.id})]
    assert (found.channel, found.what, found.meant_for, found.went_to, found.noticed_on, found.noticed_by) == (
        BreachChannel.EMAIL, "A reminder", "Noor Haddad", "n.hadad@example.org", date(2026, 11, 12), "Tom Alvarez")


def test_the_owner_finds_it_on_today_answers_the_four_factors_and_closes_it(
    cast: Cast, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = report(cast)
    assert "Wrong recipient\\: 57 days left" in words(opened(cast, monkeypatch, "Dana", "today"))
    assert "Wrong recipient" not in words(opened(cast, monkeypatch, "Tom", "today"))
    assert "57 days left" in words(opened(cast, monkeypatch, "Dana", "breaches"))
    app = opened(cast, monkeypatch, "Dana", "breaches", breach=made)
    assert "by Fri 8 Jan 2027 at the latest" in said(app) and "0 of 4 factors answered" in said(app)
    press(app, f"breach.{made}.1.0.close")
    assert len(app.error) == 6, "four factors, the decision, its reason"
    for box in app.text_area[:4]:
        box.set_value("Known.")
    press(app, f"breach.{made}.1.0.save")
    app = opened(cast, monkeypatch, "Dana", "breaches", breach=made)
    assert "4 of 4 factors answered" in said(app)
    app.radio[0].set_value(BreachDecision.LOW_PROBABILITY)
    app.text_area[4].set_value("Came back closed.")
    press(app, f"breach.{made}.2.0.close")
    app = opened(cast, monkeypatch, "Dana", "breaches", breach=made)
    text = said(app)
    assert "Closed by Dana Okafor" in text and "Came back closed." in text and not app.text_area
    assert "Wrong recipient" not in words(opened(cast, monkeypatch, "Dana", "today"))


def test_who_reported_it_assesses_and_an_owner_closes(cast: Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    made = report(cast)
    app = opened(cast, monkeypatch, "Tom", "breaches", breach=made)
    assert f"breach.{made}.1.0.save" in keys(app) and f"breach.{made}.1.0.close" not in keys(app)
    assert "An owner decides and closes it." in said(app)
    app = opened(cast, monkeypatch, "Marcus", "breaches")
    assert "Nothing was reported." in said(app)
    assert "not yours to open" in said(opened(cast, monkeypatch, "Marcus", "breaches", breach=made))


def test_the_way_to_a_report_stands_where_things_are_sent(cast: Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    case_id = cast.open_case(CaseType.INDIVIDUAL, "Noor Haddad")
    (noor,) = people_of(cast, case_id).values()
    document = cast.do("Marcus", upload_document, UploadDocument(
        case_id=case_id, access_class=DocumentClass.ADMIN, title="A letter", file_name="a.txt", content=b"Words.",
        person_id=noor))
    assert f"wrong_recipient.document.{document}" not in keys(
        opened(cast, monkeypatch, "Marcus", "case", case=case_id, part="clinical"))
    cast.do("Marcus", share_document, ShareDocument(document_id=document, person_ids=(noor,)))
    thread = cast.do("Marcus", start_thread, StartThread(
        case_id=case_id, thread_class=ThreadClass.ADMIN, subject="Times", text="Hello.",
        people=(ToPerson(person_id=noor),)))[0]
    app = opened(cast, monkeypatch, "Marcus", "case", case=case_id, part="clinical")
    assert f"wrong_recipient.document.{document}" in keys(app)
    text = said(app)
    assert "Noor Haddad, client" in text.replace("\\", "") and "can be shared with nobody else" in text
    assert f"wrong_recipient.case.{case_id}" in keys(opened(cast, monkeypatch, "Marcus", "case", case=case_id))
    app = opened(cast, monkeypatch, "Marcus", "messages", thread=thread)
    assert f"wrong_recipient.thread.{thread}" in keys(app)
    press(app, f"wrong_recipient.thread.{thread}")
    assert "For whom it was meant" in said(app)


def test_hostile_words_of_a_report_stand_there_as_typed(cast: Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    case_id = cast.open_case(CaseType.WORKSHOP, "Una Wells", name=HOSTILE)
    made = report(cast, by="Dana", words=HOSTILE, case_id=case_id)
    for ids in ({}, {"breach": made}):
        app = opened(cast, monkeypatch, "Dana", "breaches", **ids)
        assert live(app) == [] and "bold" in words(app)
