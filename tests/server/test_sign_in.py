"""The plain pages: forms need their token and our Origin, change nothing by GET, and set the cookie as they should."""

import re
from datetime import UTC, datetime, timedelta

import pyotp
import pytest
from sqlalchemy import Engine
from starlette.testclient import TestClient

from practicerunner import clock, database
from practicerunner.records.practice import the_practice
from practicerunner.server.setup_code import CODE, SetupCode
from practicerunner.settings import settings
from practicerunner.vocabulary import Role
from practicerunner.workflows import invitations, presence, sign_in, staff, throttle
from practicerunner.workflows.invitations import Invite
from practicerunner.workflows.staff import AddStaff
from tests.server.conftest import DANA, HOME, PASSWORD, actor, form_token, post, token_for

NOON = datetime(2026, 3, 9, 17, 0, tzinfo=UTC)
RIGHT = {"email": DANA, "password": PASSWORD}


def who(token: str) -> str | None:
    with database.reading() as session:
        found = presence.current_actor(session, token)
    return found.name if found else None


def priya(owner_id: int) -> int:
    with database.transaction() as session:
        return staff.add_staff(session, staff.actor_for(session, owner_id), AddStaff(
            first_name="Priya", last_name="<b>Shah</b>", email="priya@harborlight.example",
            roles=frozenset({Role.PROVIDER})))


def link_for(owner_id: int, staff_id: int) -> str:
    with database.transaction() as session:
        return invitations.invite(session, actor(owner_id), Invite(staff_id=staff_id))


def test_signing_in_sets_a_cookie_scripts_cannot_read_and_goes_to_the_page_that_was_asked_for(
    web: TestClient, dana: int
) -> None:
    answer = post(web, "/auth/sign-in", RIGHT | {"next": "/case?case=12"})
    assert (answer.status_code, answer.headers["location"]) == (303, "/case?case=12")
    cookie = next(c for c in answer.headers.get_list("set-cookie") if c.startswith("pr_session="))
    assert {"HttpOnly", "Path=/", "SameSite=lax"} <= set(cookie.split("; ")) and "Secure" not in cookie
    assert "Max-Age" not in cookie and "expires" not in cookie.lower()
    assert who(web.cookies["pr_session"]) == "Dana Whitfield"


def test_under_tls_the_cookies_are_for_tls_alone(web: TestClient, dana: int) -> None:
    settings().public_url = "https://desk.harborlight.example"
    web.base_url = settings().public_url
    token = form_token(web)
    answer = web.post("/auth/sign-in", data=RIGHT | {"csrf": token}, headers={"origin": settings().public_url})
    cookies = {c.split("=")[0]: c for c in answer.headers.get_list("set-cookie")}
    assert set(cookies) == {"__Host-pr_session", "pr_device"}
    assert all("Secure" in c and "HttpOnly" in c for c in cookies.values())
    assert "Path=/;" in cookies["__Host-pr_session"] and "Domain" not in cookies["__Host-pr_session"]
    web.cookies.clear()
    assert "Secure" in web.get("/auth/sign-in").headers["set-cookie"]
    old = web.post("/auth/sign-in", data=RIGHT | {"csrf": token}, headers={"origin": "http://localhost:8501"})
    assert old.status_code == 403


def test_the_form_token_is_for_forms_under_auth_alone_and_stays_for_a_second_tab(web: TestClient, dana: int) -> None:
    first = web.get("/auth/sign-in")
    cookie = first.headers["set-cookie"]
    assert {"HttpOnly", "Path=/auth", "SameSite=strict"} <= set(cookie.split("; "))
    assert "set-cookie" not in web.get("/auth/sign-in").headers
    assert form_token(web) == web.cookies["pr_csrf"]


@pytest.mark.parametrize("path", ["/auth/sign-in", "/auth/sign-out", "/auth/invitation/abc", "/auth/authenticator",
                                  "/auth/first-run"])
def test_a_post_without_the_form_token_or_from_elsewhere_is_refused(web: TestClient, dana: int, path: str) -> None:
    token = form_token(web)
    ours = {"origin": HOME}
    assert web.post(path, data=RIGHT, headers=ours).status_code == 403
    assert web.post(path, data=RIGHT | {"csrf": "x" * 43}, headers=ours).status_code == 403
    assert web.post(path, data=RIGHT | {"csrf": token}).status_code == 403
    for origin in ("https://evil.example", "null", "http://localhost:9999"):
        assert web.post(path, data=RIGHT | {"csrf": token}, headers={"origin": origin}).status_code == 403
    assert web.post(path, content=b"csrf=%ff\xff" + b"x" * 70_000, headers=ours).status_code == 403
    web.cookies.clear()
    assert web.post(path, data=RIGHT | {"csrf": token}, headers=ours).status_code == 403
    assert web.post(path, data=RIGHT | {"csrf": ""}, headers=ours).status_code == 403
    assert "pr_session" not in web.cookies


@pytest.mark.parametrize("next_", ["https://evil.example/", "//evil.example", "/\\evil.example", "/auth/sign-out", ""])
def test_sign_in_never_leads_to_another_site(web: TestClient, dana: int, next_: str) -> None:
    assert post(web, "/auth/sign-in", RIGHT | {"next": next_}).headers["location"] == "/"
    answer = web.get("/auth/sign-in", params={"next": next_})
    assert (answer.status_code, answer.headers["location"]) == (303, "/")


def test_a_wrong_password_keeps_the_name_says_one_sentence_and_escapes_what_was_typed(
    web: TestClient, dana: int
) -> None:
    wrong = post(web, "/auth/sign-in", {"email": DANA, "password": "wrong wrong wrong"})
    unknown = post(web, "/auth/sign-in", {"email": '"><script>x</script>', "password": "wrong wrong wrong"})
    assert wrong.status_code == unknown.status_code == 401
    assert sign_in.WRONG in wrong.text and sign_in.WRONG in unknown.text
    assert f'value="{DANA}"' in wrong.text and "wrong wrong wrong" not in wrong.text
    assert "<script>" not in unknown.text and "&lt;script&gt;" in unknown.text
    assert "pr_session" not in web.cookies


def test_too_many_attempts_are_told_to_wait(web: TestClient, dana: int) -> None:
    with clock.frozen(NOON):
        for _ in range(5):
            post(web, "/auth/sign-in", {"email": DANA, "password": "wrong wrong wrong"})
        answer = post(web, "/auth/sign-in", RIGHT)
    assert (answer.status_code, throttle.TOO_MANY in answer.text) == (429, True)


def test_looking_at_sign_out_changes_nothing_and_its_button_ends_the_session(web: TestClient, dana: int) -> None:
    post(web, "/auth/sign-in", RIGHT)
    token = web.cookies["pr_session"]
    assert web.get("/auth/sign-out").status_code == 200
    assert web.get("/auth/sign-out?everywhere=1&csrf=x").status_code == 200
    assert who(token) == "Dana Whitfield"
    answer = post(web, "/auth/sign-out", {})
    assert (answer.status_code, answer.headers["location"]) == (303, "/auth/sign-in?done=out")
    assert who(token) is None and "pr_session" not in web.cookies
    assert "You are signed out." in web.get(answer.headers["location"]).text


def test_signing_out_on_all_devices_ends_the_others_too(web: TestClient, dana: int) -> None:
    phone = token_for()
    post(web, "/auth/sign-in", RIGHT)
    post(web, "/auth/sign-out", {"everywhere": "1"})
    assert who(phone) is None


def test_signing_in_again_gives_a_new_token_and_ends_the_one_before(web: TestClient, dana: int) -> None:
    post(web, "/auth/sign-in", RIGHT)
    before = web.cookies["pr_session"]
    staff_id = priya(dana)
    web.post(f"/auth/invitation/{link_for(dana, staff_id)}", data={})
    web.cookies.delete("pr_session")
    token = form_token(web)
    answer = web.post("/auth/sign-in", data=RIGHT | {"csrf": token},
                      headers={"origin": HOME, "cookie": f"pr_csrf={token}; pr_session={before}"})
    assert answer.status_code == 303
    assert who(before) is None and who(web.cookies["pr_session"]) == "Dana Whitfield"


def test_an_invitation_page_sets_the_password_and_then_the_link_is_spent(web: TestClient, dana: int) -> None:
    path = f"/auth/invitation/{link_for(dana, priya(dana))}"
    shown = web.get(path)
    assert "&lt;b&gt;Shah&lt;/b&gt;" in shown.text and "<b>Shah" not in shown.text
    short = post(web, path, {"password": "short", "again": "short"})
    assert (short.status_code, "at least 12 characters" in short.text) == (422, True)
    differ = post(web, path, {"password": "four new quiet words", "again": "four new quiet word"})
    assert (differ.status_code, "The two passwords differ." in differ.text) == (422, True)
    done = post(web, path, {"password": "four new quiet words", "again": "four new quiet words"})
    assert (done.status_code, done.headers["location"]) == (303, "/auth/sign-in?done=password")
    assert web.get(path).status_code == 410
    assert web.get("/auth/invitation/never-made").status_code == 410
    entered = post(web, "/auth/sign-in", {"email": "priya@harborlight.example", "password": "four new quiet words"})
    assert entered.status_code == 303


def test_where_it_is_required_sign_in_leads_to_the_authenticator_and_then_to_the_page(
    web: TestClient, dana: int
) -> None:
    with database.transaction() as session:
        the_practice(session).totp_required = True
    with clock.frozen(NOON):
        answer = post(web, "/auth/sign-in", RIGHT | {"next": "/billing"})
        assert answer.headers["location"] == "/auth/authenticator?next=/billing"
        pending = web.cookies["pr_session"]
        assert who(pending) is None
        assert web.get("/auth/sign-in?next=/billing").headers["location"] == "/auth/authenticator?next=/billing"
        page = web.get(answer.headers["location"]).text
        assert 'src="data:image/svg+xml' in page
        secret = re.search(r'class="key">([A-Z2-7 ]+)<', page)[1].replace(" ", "")
        ticket = re.search(r'name="ticket" value="([0-9a-f]+)"', page)[1]
        fields = {"csrf": web.cookies["pr_csrf"], "ticket": ticket, "next": "/billing"}
        wrong = web.post("/auth/authenticator", data=fields | {"code": "000000"}, headers={"origin": HOME})
        assert wrong.status_code == 422
        assert secret in re.search(r'class="key">([A-Z2-7 ]+)<', wrong.text)[1].replace(" ", "")
        code = pyotp.TOTP(secret).at(clock.now())
        done = web.post("/auth/authenticator", data=fields | {"code": code}, headers={"origin": HOME})
        assert done.status_code == 200 and 'href="/billing"' in done.text
        assert len(re.findall(r"<li>[a-z2-9]{4}-[a-z2-9]{4}-[a-z2-9]{4}</li>", done.text)) == 10
        assert who(pending) is None and who(web.cookies["pr_session"]) == "Dana Whitfield"
    with clock.frozen(NOON + timedelta(minutes=2)):
        web.cookies.delete("pr_session")
        asked = post(web, "/auth/sign-in", RIGHT | {"next": "/billing"})
        assert asked.status_code == 200 and "Enter your code" in asked.text and "pr_session" not in web.cookies
        ticket = re.search(r'name="ticket" value="([0-9a-f]+)"', asked.text)[1]
        fields = {"csrf": web.cookies["pr_csrf"], "ticket": ticket, "next": "/billing"}
        assert web.post("/auth/sign-in", data=fields | {"code": "000000"}, headers={"origin": HOME}).status_code == 401
        code = pyotp.TOTP(secret).at(clock.now())
        entered = web.post("/auth/sign-in", data=fields | {"code": code}, headers={"origin": HOME})
        assert (entered.status_code, entered.headers["location"]) == (303, "/billing")
        assert who(web.cookies["pr_session"]) == "Dana Whitfield"


def test_the_authenticator_page_is_for_whoever_signed_in(web: TestClient, dana: int) -> None:
    assert web.get("/auth/authenticator").headers["location"] == "/auth/sign-in"


def test_the_demo_practice_offers_its_accounts_and_one_click_signs_in(web: TestClient, dana: int) -> None:
    assert "demo" not in web.get("/auth/sign-in").text
    with database.transaction() as session:
        the_practice(session).is_demo = True
        link = invitations.invite(session, staff.actor_for(session, dana), Invite(staff_id=dana))
    with database.transaction() as session:
        invitations.accept_invitation(session, link, sign_in.DEMO_PASSWORD)
    page = web.get("/auth/sign-in").text
    forms = re.findall(r"<li>\s*<form.*?</form>", page, re.DOTALL)
    assert len(forms) == 1 and "Dana Whitfield" in forms[0] and "Owner" in forms[0]
    fields = dict(re.findall(r'name="(\w+)" value="([^"]*)"', forms[0]))
    answer = web.post("/auth/sign-in", data=fields, headers={"origin": HOME})
    assert (answer.status_code, answer.headers["location"]) == (303, "/")


FIRST = {"name": "Harbor Light", "zone": "America/Chicago", "address": "12 Quay St", "first_name": "Dana",
         "last_name": "Whitfield", "email": DANA, "password": PASSWORD, "again": PASSWORD}


def test_the_first_run_needs_the_code_of_the_console_once(web: TestClient, sqlite_engine: Engine) -> None:
    code = CODE.renew()
    assert web.get("/auth/sign-in").headers["location"] == "/auth/first-run"
    for wrong in ("", code[:-1], code + "x"):
        refused = post(web, "/auth/first-run", FIRST | {"code": wrong})
        assert refused.status_code == 422 and PASSWORD not in refused.text and 'value="Harbor Light"' in refused.text
    weak = post(web, "/auth/first-run", FIRST | {"code": code, "password": "harbor light!", "again": "harbor light!"})
    assert (weak.status_code, "Leave out the name" in weak.text) == (422, True)
    bad = post(web, "/auth/first-run", FIRST | {"code": code, "zone": "Mars/Olympus", "email": "dana", "name": " "})
    assert bad.status_code == 422 and bad.text.count('class="error"') >= 1 and not database.is_set_up()
    done = post(web, "/auth/first-run", FIRST | {"code": code.upper()})
    assert (done.status_code, done.headers["location"]) == (303, "/auth/authenticator?next=/")
    assert web.get("/auth/authenticator").status_code == 200
    assert web.get("/auth/first-run").headers["location"] == "/auth/sign-in"
    assert not CODE.matches(code)
    with database.reading() as session:
        assert (the_practice(session).zone, the_practice(session).totp_required) == ("America/Chicago", True)


def test_the_code_of_the_first_run_cannot_be_guessed_forever(web: TestClient, sqlite_engine: Engine) -> None:
    code = CODE.renew()
    with clock.frozen(NOON):
        token = form_token(web, "/auth/first-run")
        statuses = [
            web.post("/auth/first-run", data=FIRST | {"csrf": token, "code": f"guess{n}"},
                     headers={"origin": HOME}).status_code for n in range(51)]
        assert statuses == [422] * 50 + [429]
        assert post(web, "/auth/first-run", FIRST | {"code": code}).status_code == 429
    assert not database.is_set_up()


def test_a_code_that_was_never_made_or_is_spent_opens_nothing() -> None:
    code = SetupCode()
    assert not code.matches("")
    first = code.renew()
    assert code.matches(first) and re.fullmatch(r"[a-z2-9]{4}(-[a-z2-9]{4}){2}", first)
    second = code.renew()
    assert not code.matches(first) and code.matches(f" {second.upper()} ")
    code.spend()
    assert not code.matches(second) and not code.matches("")


def test_the_pages_bring_their_own_style_and_nothing_else_is_served_beside_it(web: TestClient, dana: int) -> None:
    page = web.get("/auth/sign-in").text
    assert "<script" not in page and "style=" not in page and "http://" not in page.replace("http://www.w3.org", "")
    for name in ("auth.css", "wordmark.svg", "wordmark-dark.svg", "favicon.png"):
        answer = web.get(f"/auth/assets/{name}")
        assert answer.status_code == 200 and len(answer.content) > 500
    assert web.get("/auth/assets/app.py").status_code == 404
    assert web.get("/healthz").text == "ok"
