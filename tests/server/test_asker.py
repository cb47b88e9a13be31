"""The page behind the link to a conversation about an inquiry: nothing by looking, one answer to every bad link."""

import re
from collections.abc import Iterator
from html import escape

import pytest
from sqlalchemy import Engine, func, select, update
from starlette.testclient import TestClient

from practicerunner import clock, database
from practicerunner.records import outbox
from practicerunner.records.asker_threads import AskerMessage, AskerThread
from practicerunner.records.audit import AuditRow
from practicerunner.records.practice import Practice
from practicerunner.settings import settings
from practicerunner.vocabulary import CaseType, MessageKind
from practicerunner.workflows.asker_threads import EndLink, WriteToAsker, end_link, write_to_asker
from practicerunner.workflows.inquiries import CloseInquiry, close_inquiry
from practicerunner.workflows.inquiry_page import SendInquiry, send_inquiry
from practicerunner.workflows.inquiry_settings import SaveInquirySettings, save_inquiry_settings
from practicerunner.workflows.prospects import MakeProspect, make_prospect
from tests.cast import Cast, at, bring_on, moment
from tests.server.conftest import HOME, form_token

HOSTILE = "<script>alert('x')</script> \"><img src=x onerror=alert(1)> [a](javascript:alert(1)) \u202e 山田"
PHONE = "(518) 555-0100"
NOW = "2026-09-01 09:00"


@pytest.fixture
def linden(sqlite_engine: Engine) -> Iterator[Cast]:
    """Nora has asked Marcus, and Tom has written to her."""
    cast = bring_on(sqlite_engine)
    with clock.frozen(moment(NOW)):
        cast.do("Dana", save_inquiry_settings, SaveInquirySettings(
            revision=0, is_on=True, case_types=(CaseType.INDIVIDUAL,), provider_ids=(cast.staff["Marcus"],)))
        with database.transaction() as session:
            session.execute(update(Practice).values(phone=PHONE))
        yield cast


def ask(cast: Cast, text: str = "Friday?", **changes: str) -> int:
    """Somebody asks, and is written to."""
    with database.transaction() as session:
        made = send_inquiry(session, SendInquiry(**{
            "first_name": "Nora", "last_name": "Lindqvist", "email": "nora@river.example",
            "kind": CaseType.INDIVIDUAL, "provider": "marcus-bell", "message": "I do not sleep"} | changes))
    assert made is not None
    cast.do("Tom", write_to_asker, WriteToAsker(inquiry_id=made, text=text))
    return made


def path() -> str:
    with database.reading() as session:
        body = outbox.last_at(session, "nora@river.example", MessageKind.INQUIRY_ANSWERED)
    return re.findall(r"/inquiry/letter/\S+", body)[0]


def press(web: TestClient, address: str, **fields: str):
    """Press a button of the page; its form token is that of the browser."""
    return web.post(address, data={"csrf": form_token(web, address), **fields}, headers={"origin": HOME})


def read(web: TestClient, address: str):
    return press(web, address, act="read")


def send(web: TestClient, address: str, text: str, form: str = ""):
    return press(web, address, act="send", text=text, form=form or form_of(read(web, address).text))


def form_of(page: str) -> str:
    found = re.search(r'name="form" value="([^"]+)"', page)
    assert found
    return found[1]


def said() -> list[tuple[str, bool]]:
    with database.reading() as session:
        rows = session.scalars(select(AskerMessage).order_by(AskerMessage.number)).all()
    return [(one.text, one.staff_id is None) for one in rows]


def bare(page: str) -> str:
    """A page without what is new in each."""
    return re.sub(r'value="[^"]*"|action="[^"]*"', "", page)


def test_looking_at_a_link_reads_nothing_and_is_the_same_for_every_link(web: TestClient, linden: Cast) -> None:
    ask(linden)
    with database.reading() as session:
        before = session.scalar(select(func.count()).select_from(AuditRow))
    good, forged = web.get(path()), web.get("/inquiry/letter/forged")
    assert good.status_code == forged.status_code == 200 and bare(good.text) == bare(forged.text)
    for word in ("Friday", "Nora", "Tom", "sleep", "<script", "style="):
        assert word not in good.text
    assert good.headers["cache-control"] == "no-store" and good.headers["x-frame-options"] == "DENY"
    assert "default-src 'none'" in good.headers["content-security-policy"]
    with database.reading() as session:
        assert session.scalar(select(AskerThread.asker_number)) == 0
        assert session.scalar(select(func.count()).select_from(AuditRow)) == before
    assert "Friday?" not in web.post(path(), data={"act": "read"}, headers={"origin": HOME}).text, "without a token"


def test_who_presses_the_button_reads_and_answers_once_however_often_they_send(web: TestClient, linden: Cast) -> None:
    ask(linden)
    page = read(web, path())
    assert page.status_code == 200 and "Friday?" in page.text and "Tom Alvarez" in page.text
    assert "sleep" not in page.text and "Nora" not in page.text and f"You can also call us: {PHONE}." in page.text
    form = form_of(page.text)
    for _ in range(2):
        sent = send(web, path(), "Gladly\r\nNora", form)
        assert sent.status_code == 200 and "Your message is with us." in sent.text
        assert "<strong>You</strong>" in sent.text
    assert said() == [("Friday?", False), ("Gladly\nNora", True)]
    other = send(web, path(), "And on Monday?", form)
    assert other.status_code == 422 and "press Send once more" in other.text and "And on Monday?" in other.text
    assert send(web, path(), "And on Monday?", form_of(other.text)).status_code == 200 and len(said()) == 3


def test_hostile_words_are_words_on_both_sides(web: TestClient, linden: Cast) -> None:
    ask(linden, HOSTILE)
    sent = send(web, path(), HOSTILE)
    assert sent.text.count(escape(HOSTILE, quote=True).replace("&#x27;", "&#39;").replace("&quot;", "&#34;")) == 2
    assert "<script" not in sent.text and "<img" not in sent.text
    assert said() == [(HOSTILE, False), (HOSTILE, True)]


@pytest.mark.parametrize(("text", "problem"), [
    (" \n ", "Write something first."), ("x" * 4_001, "This is too long; at most 4,000 characters fit."),
])
def test_what_cannot_be_sent_stays_as_typed(web: TestClient, linden: Cast, text: str, problem: str) -> None:
    ask(linden)
    answer = send(web, path(), text)
    assert answer.status_code == 422 and problem in answer.text and len(said()) == 1
    if text.strip():
        assert text in answer.text
    huge = send(web, path(), "x" * 100_000)
    assert huge.status_code == 403 and len(said()) == 1


def test_an_old_a_replaced_an_ended_and_a_forged_link_get_the_same_answer(web: TestClient, linden: Cast) -> None:
    made, forged = ask(linden), "/inquiry/letter/forged"
    first = path()
    read(web, first)
    linden.do("Tom", write_to_asker, WriteToAsker(inquiry_id=made, text="Monday?"))
    second = path()
    with at("2026-10-01 09:00"):
        answers = [read(web, first), read(web, second), read(web, forged)]
    read(web, second)
    linden.do("Tom", end_link, EndLink(inquiry_id=made))
    form = "0" * 80
    answers += [read(web, second), *(press(web, one, act="send", text="x", form=form) for one in (second, forged))]
    assert {one.status_code for one in answers} <= {410, 422}
    over = [one for one in answers if one.status_code == 410]
    assert len(over) == len(answers) and len({one.text for one in over}) == 1
    assert f"call us: {PHONE}." in over[0].text and "Linden Street Practice" in over[0].text
    assert len(said()) == 2


def test_a_closed_inquiry_says_so_kindly_with_the_phone_number(web: TestClient, linden: Cast) -> None:
    made = ask(linden)
    form = form_of(read(web, path()).text)
    linden.do("Tom", close_inquiry, CloseInquiry(inquiry_id=made, revision=1, reason="Elsewhere"))
    page = read(web, path())
    assert page.status_code == 200 and "We have closed this conversation" in page.text
    assert "Friday?" in page.text and PHONE in page.text and "<textarea" not in page.text
    late = send(web, path(), "I come gladly", form)
    assert late.status_code == 409 and "was not sent" in late.text and "I come gladly" in late.text
    assert "Elsewhere" not in page.text + late.text and len(said()) == 1


def test_once_they_are_a_client_the_link_leads_to_the_portal_and_shows_nothing(web: TestClient, linden: Cast) -> None:
    made = ask(linden)
    form = form_of(read(web, path()).text)
    linden.do("Marcus", make_prospect, MakeProspect(inquiry_id=made, revision=1))
    for answer in (read(web, path()), send(web, path(), "Too late", form)):
        assert "goes on in the portal" in answer.text and PHONE in answer.text and 'href="/portal"' in answer.text
        assert "Friday?" not in answer.text
    assert said() == []


def test_where_only_staff_are_served_there_is_no_such_page(web: TestClient, linden: Cast) -> None:
    ask(linden)
    settings().serves = "staff"
    assert web.get(path()).status_code == 404
