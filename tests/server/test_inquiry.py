"""The public page for inquiries: off until switched on, the same answer for everybody, and nothing of it is trusted."""

import re
from collections.abc import Iterator
from datetime import date, time
from html import escape
from typing import Any

import pytest
from sqlalchemy import Engine, select, text
from starlette.testclient import TestClient

from practicerunner import clock, database
from practicerunner.records.inquiries import Inquiry
from practicerunner.records.outbox import OutboxMessage
from practicerunner.server.markdown import rendered
from practicerunner.vocabulary import CaseType, SessionFormat
from practicerunner.workflows.booking import Book, book
from practicerunner.workflows.cases import OpenCase, Taking, open_case
from practicerunner.workflows.inquiry_settings import SaveInquirySettings, inquiry_settings, save_inquiry_settings
from practicerunner.workflows.opening_hours import AddWeeklyHours, add_weekly_hours
from practicerunner.workflows.people import Contact, PersonDetails
from tests.cast import Cast, bring_on, moment
from tests.server.conftest import HOME, form_token

PAGE = "/inquiry"
HOSTILE = "<script>alert('x')</script> \"><img src=x onerror=alert(1)> [a](javascript:alert(1)) 山田 שרה"
TUESDAY = "marcus-bell 2026-09-08 10:00"


@pytest.fixture
def linden(sqlite_engine: Engine) -> Iterator[Cast]:
    cast = bring_on(sqlite_engine)
    with clock.frozen(moment("2026-09-01 09:00")):
        yield cast


def switch_on(cast: Cast, **changes: Any) -> None:
    """The practice's page is on, and Marcus takes inquiries on Tuesday mornings."""
    facts: dict[str, Any] = {
        "is_on": True, "case_types": (CaseType.INDIVIDUAL, CaseType.TWO_PERSON),
        "service_ids": (cast.services["IND50"],), "provider_ids": (cast.staff["Marcus"],)}
    cast.do("Dana", save_inquiry_settings, SaveInquirySettings(
        revision=cast.read("Dana", inquiry_settings).revision, **facts | changes))


@pytest.fixture
def on(linden: Cast) -> Cast:
    switch_on(linden)
    linden.do("Marcus", add_weekly_hours, AddWeeklyHours(
        provider_id=linden.staff["Marcus"], weekdays=(1,), starts=time(9), ends=time(12), for_new_inquiries=True))
    return linden


def hidden(web: TestClient, name: str, path: str = PAGE) -> str:
    found = re.search(rf'name="{name}" value="([^"]+)"', web.get(path).text)
    assert found
    return found[1]


def send(web: TestClient, path: str = PAGE, **changes: str):
    """Fill the form in and send it."""
    fields = {
        "csrf": form_token(web, path), "form": hidden(web, "form", path), "act": "send", "consent": "yes",
        "first_name": "Nora", "last_name": "Lindqvist", "email": "nora@river.example", "phone": "",
        "kind": "individual", "service": "", "where": "", "provider": "", "time": "", "message": "Hello"} | changes
    return web.post(path, data=fields, headers={"origin": HOME})


def kept() -> list[Inquiry]:
    with database.reading() as session:
        return list(session.scalars(select(Inquiry).order_by(Inquiry.id)))


def letters() -> list[OutboxMessage]:
    with database.reading() as session:
        return list(session.scalars(select(OutboxMessage)))


@pytest.mark.parametrize("path", [PAGE, f"{PAGE}/marcus-bell", f"{PAGE}/x"])
def test_before_anybody_switches_it_on_there_is_no_page(web: TestClient, linden: Cast, path: str) -> None:
    answer = web.get(path)
    assert answer.status_code == 404 and "There is no such page" in answer.text
    token = re.search(r'pr_csrf=([^;]+)', answer.headers["set-cookie"])
    assert token
    post = web.post(path, data={"csrf": token[1], "first_name": "A"}, headers={"origin": HOME})
    assert post.status_code == 404 and kept() == []


def test_before_the_first_run_there_is_no_page(web: TestClient) -> None:
    assert web.get(PAGE).status_code == 404


def test_a_provider_s_page_goes_with_the_provider_s_switch_and_with_the_practice_s(web: TestClient, on: Cast) -> None:
    assert web.get(f"{PAGE}/marcus-bell").status_code == web.get(PAGE).status_code == 200
    assert web.get(f"{PAGE}/olga-outsider").status_code == web.get(f"{PAGE}/Marcus-Bell").status_code == 404
    switch_on(on, provider_ids=())
    assert (web.get(f"{PAGE}/marcus-bell").status_code, web.get(PAGE).status_code) == (404, 200)
    switch_on(on, is_on=False)
    assert web.get(f"{PAGE}/marcus-bell").status_code == web.get(PAGE).status_code == 404


def test_the_page_carries_no_script_and_the_strict_policy(web: TestClient, on: Cast) -> None:
    answer = web.get(PAGE)
    assert "script-src" not in answer.headers["content-security-policy"]
    assert "default-src 'none'" in answer.headers["content-security-policy"]
    assert answer.headers["x-frame-options"] == "DENY" and answer.headers["cache-control"] == "no-store"
    assert "<script" not in answer.text and "style=" not in answer.text
    assert "path=/inquiry" in answer.headers["set-cookie"].lower()
    assert "pr_session" not in answer.headers["set-cookie"]


def test_an_inquiry_is_kept_and_answered_with_a_receipt_that_says_nothing(web: TestClient, on: Cast) -> None:
    answer = send(web, service=str(on.services["IND50"]), where="video", time=TUESDAY, phone="518 555 0133")
    assert answer.status_code == 200 and "We received your message" in answer.text
    made, = kept()
    assert (made.first_name, made.last_name, made.email, made.phone) == (
        "Nora", "Lindqvist", "nora@river.example", "518 555 0133")
    assert (made.case_type, made.service_id, made.format) == (
        CaseType.INDIVIDUAL, on.services["IND50"], SessionFormat.VIDEO)
    assert (made.provider_id, made.asked_for_id) == (on.staff["Marcus"], on.staff["Marcus"])
    assert (made.local_date, made.local_time, made.minutes) == (date(2026, 9, 8), time(10), 50)
    letter, = letters()
    assert (letter.to_address, letter.subject) == ("nora@river.example", "We received your message")
    for word in ("Nora", "Hello", "Marcus", "Individual", "10:00", "video"):
        assert word not in letter.body.replace("Hello,", "")


def test_a_script_in_the_name_is_a_name(web: TestClient, on: Cast) -> None:
    answer = send(web, first_name=HOSTILE, last_name=HOSTILE[:100], message=HOSTILE)
    assert answer.status_code == 200 and "script" not in answer.text
    assert kept()[0].first_name == HOSTILE and kept()[0].message == HOSTILE
    wrong = send(web, first_name=HOSTILE, email=HOSTILE, message=HOSTILE)
    assert wrong.status_code == 422
    assert "<script" not in wrong.text and "<img src=x" not in wrong.text
    assert "&lt;script&gt;" in wrong.text and "Write an e-mail address" in wrong.text


@pytest.mark.parametrize(("changes", "sentence"), [
    ({"first_name": "  "}, "Please fill in this field."),
    ({"first_name": "x" * 201}, "at most 200 characters"),
    ({"first_name": "a\x07b"}, "cannot be shown"),
    ({"email": ""}, "Give an e-mail address or a phone number"),
    ({"email": "nobody"}, "Write an e-mail address"),
    ({"email": "a@b.example\r\nBcc: c@d.example"}, "cannot be shown"),
    ({"phone": "12"}, "Write a phone number with its area code."),
    ({"kind": ""}, "Please choose one from the list."),
    ({"kind": "workshop"}, "Please choose one from the list."),
    ({"service": "1"}, "This does not go with that kind of work."),
    ({"where": "the moon"}, "Please choose one from the list."),
    ({"provider": "olga-outsider"}, "Please choose one from the list."),
    ({"message": "x" * 2001}, "at most 2,000 characters"),
    ({"consent": ""}, "Please tick this"),
    ({"time": "marcus-bell 2026-09-08 23:00"}, "This time is not free any more."),
    ({"time": "marcus-bell 2026-09-08"}, "This time is not free any more."),
    ({"time": "olga-outsider 2026-09-08 10:00"}, "This time is not free any more."),
    ({"time": "marcus-bell 9999-12-31 10:00"}, "This time is not free any more."),
    ({"time": "marcus-bell 0001-01-01 10:00"}, "This time is not free any more."),
])
def test_a_problem_stands_at_its_field_and_nothing_is_lost(
    web: TestClient, on: Cast, changes: dict[str, str], sentence: str
) -> None:
    answer = send(web, **{"last_name": "Quill of nine", "message": "Long words\nof mine"} | changes)
    assert answer.status_code == 422, answer.text
    assert escape(sentence) in answer.text
    assert f'id="{next(iter(changes))}-error"' in answer.text and "Quill of nine" in answer.text
    assert kept() == [] and letters() == []


def test_services_are_those_that_go_with_the_kind_of_work(web: TestClient, on: Cast) -> None:
    ours, theirs = on.services["IND50"], on.services["CONS60"]
    switch_on(on, service_ids=(ours, theirs), case_types=(CaseType.INDIVIDUAL, CaseType.INDIVIDUAL_CONSULTATION))
    both = web.get(PAGE).text
    assert str(ours) in both and str(theirs) in both
    chosen = web.get(f"{PAGE}?kind=individual").text
    assert str(ours) in chosen and str(theirs) not in chosen
    wrong = send(web, service=str(theirs), message="Kept words")
    assert wrong.status_code == 422 and "does not go with that kind of work" in wrong.text
    assert "Kept words" in wrong.text and str(theirs) not in wrong.text and kept() == []
    assert send(web, service=str(theirs), kind="individual_consultation").status_code == 200


def test_a_phone_number_alone_is_enough_and_nothing_is_mailed(web: TestClient, on: Cast) -> None:
    assert send(web, email="", phone="(518) 555-0133").status_code == 200
    assert len(kept()) == 1 and letters() == []


def test_free_times_are_those_for_new_clients_and_never_say_why_not(web: TestClient, on: Cast) -> None:
    case_id = on.open_case(CaseType.INDIVIDUAL, "Ida Heronfield")
    on.do("Marcus", book, Book(case_id=case_id, service_id=on.services["IND50"], local_date=date(2026, 9, 8),
                               local_time=time(10), location_id=on.office))
    answer = send(web, act="times", message="Kept words", email="not yet finished")
    assert answer.status_code == 200 and "Kept words" in answer.text and "not yet finished" in answer.text
    times = re.findall(r'value="marcus-bell (2026-09-08 [\d:]+)"', answer.text)
    assert times == ["2026-09-08 09:00", "2026-09-08 11:00"]
    assert "Heronfield" not in answer.text and "taken" not in answer.text and "error" not in answer.text
    assert kept() == []
    refused = send(web, time=TUESDAY, message="Kept words")
    assert refused.status_code == 422 and "Kept words" in refused.text and "2026-09-08 11:00" in refused.text


def test_whoever_is_a_client_already_gets_the_same_answer_after_the_same_work(
    web: TestClient, on: Cast, sqlite_engine: Engine
) -> None:
    from sqlalchemy import event

    on.do("Dana", open_case, OpenCase(type=CaseType.INDIVIDUAL, provider_id=on.staff["Marcus"], participants=(
        Taking(person=PersonDetails(first_name="Nora", last_name="Lindqvist", contacts=(
            Contact(kind="email", value="nora@river.example", may_email=True),))),)))
    statements: list[str] = []
    event.listen(sqlite_engine, "before_cursor_execute", lambda *facts: statements.append(facts[2]))
    answers, work = [], []
    for email in ("nora@river.example", "stranger@sea.example"):
        fields = {"email": email}
        form_token(web, PAGE)
        statements.clear()
        answers.append(send(web, **fields))
        work.append(list(statements))
    assert answers[0].text == answers[1].text and answers[0].status_code == answers[1].status_code == 200
    assert work[0] == work[1]
    assert not [one for one in work[0] if "from person" in one.lower() or "contact_point" in one.lower()]


def test_the_same_form_twice_is_one_inquiry(web: TestClient, on: Cast) -> None:
    fields = {"form": hidden(web, "form")}
    assert send(web, **fields).text == send(web, **fields).text
    assert len(kept()) == len(letters()) == 1
    again = send(web, message="One thing more", **fields)
    assert again.status_code == 422 and "your first message already" in again.text and "One thing more" in again.text
    assert fields["form"] not in again.text
    found = re.search('name="form" value="([^"]+)"', again.text)
    assert found and send(web, message="One thing more", form=found[1]).status_code == 200
    assert [one.message for one in kept()] == ["Hello", "One thing more"]


def test_a_form_that_is_too_old_or_made_up_asks_once_more_with_everything_kept(web: TestClient, on: Cast) -> None:
    old = hidden(web, "form")
    with clock.frozen(moment("2026-09-01 21:01")):
        answer = send(web, form=old, message="Kept words")
    assert answer.status_code == 422 and "open for a long time" in answer.text and "Kept words" in answer.text
    assert old not in answer.text and kept() == []
    for wrong in ("", "zz", "00" * 60, "é"):
        assert send(web, form=wrong).status_code == 422
    assert kept() == []


def test_a_form_from_elsewhere_or_without_its_token_is_refused(web: TestClient, on: Cast) -> None:
    token = form_token(web, PAGE)
    fields = {"csrf": token, "form": hidden(web, "form"), "first_name": "A", "email": "a@b.example", "consent": "yes",
              "kind": "individual"}
    for headers in ({}, {"origin": "https://evil.example"}, {"origin": "null"}):
        answer = web.post(PAGE, data=fields, headers=headers)
        assert answer.status_code == 403 and "/auth/" not in answer.text.replace("/auth/assets/", "")
    assert web.post(PAGE, data=fields | {"csrf": "wrong"}, headers={"origin": HOME}).status_code == 403
    assert kept() == []


def test_a_body_of_a_megabyte_is_refused(web: TestClient, on: Cast) -> None:
    assert send(web, message="x" * 1_000_000).status_code == 403
    assert web.post(PAGE, content=b"\xff\xfe" * 10, headers={"origin": HOME}).status_code == 403
    assert kept() == []


def test_a_program_that_fills_in_every_field_is_thanked_and_nothing_is_kept(web: TestClient, on: Cast) -> None:
    assert send(web, website="https://spam.example").text == send(web).text
    assert len(kept()) == 1


@pytest.mark.slow
def test_of_a_hundred_posts_from_one_address_twenty_are_kept(web: TestClient, on: Cast) -> None:
    token, form = form_token(web, PAGE), hidden(web, "form")
    from practicerunner.workflows.inquiry_page import new_form

    statuses = []
    for number in range(100):
        if number < 40:
            form = new_form()
        statuses.append(web.post(PAGE, data={
            "csrf": token, "form": form, "first_name": "Bot", "email": f"bot{number}@b.example", "consent": "yes",
            "kind": "individual"}, headers={"origin": HOME}).status_code)
    assert statuses == [200] * 20 + [429] * 80
    assert len(kept()) == len(letters()) == 20
    with clock.frozen(moment("2026-09-01 10:01")):
        assert send(web).status_code == 200
    assert len(kept()) == 21


def test_one_e_mail_address_gets_two_receipts_and_five_inquiries_a_day(
    web: TestClient, on: Cast, monkeypatch: pytest.MonkeyPatch
) -> None:
    answers = {send(web, message=str(number)).text for number in range(8)}
    assert len(answers) == 1 and len(kept()) == 5 and len(letters()) == 2
    assert send(web, email="else@b.example").status_code == 200 and len(kept()) == 6
    with database.reading() as session:
        refused = session.execute(text(
            "select count(*) from audit_log where action = 'send_inquiry' and outcome = 'refused'")).scalar_one()
    assert refused == 3


def test_free_times_are_not_looked_up_without_end(web: TestClient, on: Cast) -> None:
    token = form_token(web, PAGE)
    statuses = [web.post(PAGE, data={"csrf": token, "act": "times", "kind": "individual"},
                         headers={"origin": HOME}).status_code for _ in range(62)]
    assert statuses == [200] * 60 + [429] * 2
    assert send(web).status_code == 200


@pytest.mark.parametrize(("limit", "act"), [("PER_ADDRESS", "send"), ("ALL", "send"), ("LOOKS", "times")])
def test_at_any_limit_nothing_that_was_typed_is_lost(
    web: TestClient, on: Cast, monkeypatch: pytest.MonkeyPatch, limit: str, act: str
) -> None:
    from practicerunner.rules import inquiries

    monkeypatch.setattr(inquiries, limit, inquiries.Limit(0, getattr(inquiries, limit).within))
    answer = send(web, act=act, message="A long letter", time=TUESDAY)
    assert answer.status_code == 429 and "There were too many messages." in answer.text
    assert ">A long letter</textarea>" in answer.text and 'value="nora@river.example"' in answer.text
    assert (f'value="{TUESDAY}" checked' in answer.text) is (act == "send")
    assert kept() == []
    monkeypatch.undo()
    assert send(web, form=hidden(web, "form")).status_code == 200


def test_other_methods_and_odd_addresses_find_nothing(web: TestClient, on: Cast) -> None:
    assert web.put(PAGE).status_code == web.delete(f"{PAGE}/marcus-bell").status_code == 405
    for path in (f"{PAGE}/", f"{PAGE}/a/b", f"{PAGE}/MARCUS", f"{PAGE}x", f"{PAGE}/{'a' * 61}", f"{PAGE}/%2e%2e"):
        assert web.get(path).status_code in (303, 307, 401, 404), path


def test_the_words_above_the_form_are_safe(web: TestClient, on: Cast) -> None:
    switch_on(on, introduction="**Welcome** to *us*.\n\n- one\n- [two](https://a.example/x_y)\n\n"
                               "[bad](javascript:alert(1)) <script>x</script> ![i](https://a.example/p.png)")
    text_of = web.get(PAGE).text
    assert "<strong>Welcome</strong> to <em>us</em>." in text_of
    assert '<li><a href="https://a.example/x_y" rel="noopener noreferrer">two</a></li>' in text_of
    assert "<script" not in text_of and "<img" not in text_of and 'href="javascript' not in text_of


@pytest.mark.parametrize("words", [
    '[a](https://x.example/" onclick="y)', "[<b>](https://x.example)", "**<i>**", "\0" "1\0", "[a](https://x'y.example)",
    "*" * 500, "[" * 500, "**a*b**c*", HOSTILE,
])
def test_no_text_makes_a_tag_of_its_own(words: str) -> None:
    made = rendered(words)
    tags = {re.split(r"[\s>]", tag)[0] for tag in re.findall(r"<[^>]*>", made)}
    assert tags <= {"<p", "</p", "<ul", "</ul", "<li", "</li", "<strong", "</strong", "<em", "</em", "<a", "</a", "<br"}
    assert "onclick=" not in re.sub(r"&#34;|&quot;", "", "".join(re.findall(r"<[^>]*>", made)))
