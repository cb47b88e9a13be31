"""The clients' door: its forms, links, cookies; and that the two sides never open each other's."""

import re
from collections.abc import Iterator
from datetime import timedelta

import pytest
from sqlalchemy import Engine
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.testclient import TestClient
from starlette.websockets import WebSocketDisconnect

from practicerunner import clock, database
from practicerunner.records.outbox import OutboxMessage
from practicerunner.records.practice import the_practice
from practicerunner.server import doors, faults, pages
from practicerunner.server.gate import Gate
from practicerunner.settings import settings
from practicerunner.vocabulary import MessageKind
from practicerunner.workflows import portal_links, portal_presence, portal_sign_in, presence, sign_in, throttle
from practicerunner.workflows.invitations import Invite, accept_invitation
from practicerunner.workflows.invitations import invite as invite_staff
from practicerunner.workflows.portal_accounts import (
    GiveResetCode,
    InviteToPortal,
    SuspendPortal,
    give_portal_reset_code,
    invite_to_portal,
    portal_of_case,
    suspend_portal,
)
from tests.cast import at, bring_on
from tests.portal import FAMILY_MAIL, NOW, Household, household
from tests.server.conftest import HOME
from tests.server.test_gate import everything

MAYAS, MARCUSS = "nine quiet herons", "ten calm lanterns"
MARCUS = "marcus@linden.example"


@pytest.fixture
def house(sqlite_engine: Engine) -> Iterator[Household]:
    """Maya has an account; so has Marcus, who works here."""
    made = household(bring_on(sqlite_engine))
    with at(NOW):
        with database.transaction() as session:
            the_practice(session).totp_required = False
        dana = made.cast.actor("Dana")
        with database.transaction() as session:
            accept_invitation(session, invite_staff(session, dana, Invite(staff_id=made.cast.staff["Marcus"])), MARCUSS)
        yield made


@pytest.fixture
def gate(house: Household) -> Iterator[TestClient]:
    with TestClient(Gate(everything), base_url=HOME, follow_redirects=False) as client:
        yield client


def link(house: Household, person_id: int | None = None) -> str:
    house.cast.do("Marcus", invite_to_portal, InviteToPortal(
        case_id=house.couple, person_id=person_id or house.maya))
    with database.reading() as session:
        letter = session.query(OutboxMessage).filter_by(kind=MessageKind.PORTAL_LINK).order_by(
            OutboxMessage.id.desc()).first()
        assert letter is not None
        return re.search(r"(/portal/\w+/[A-Za-z0-9_-]{43})\n", letter.body)[1]


def post(web: TestClient, path: str, fields: dict[str, str], at_page: str = "", **headers: str):
    """Post a form as the page at ``path`` would."""
    token = re.search(r'name="csrf" value="([^"]+)"', web.get(at_page or path).text)[1]
    return web.post(path, data={"csrf": token, **fields}, headers={"origin": HOME, **headers})


def first(house: Household, person_id: int, born: str) -> dict[str, str]:
    """What somebody types behind their first link, where others have their e-mail address too."""
    [row] = [one for one in house.cast.read("Tom", portal_of_case, house.couple) if one.person_id == person_id]
    return {"password": MAYAS, "again": MAYAS, "born": born, "code": row.code}


def join(web: TestClient, house: Household) -> None:
    address = link(house)
    done = post(web, address, first(house, house.maya, "1988-04-02"))
    assert (done.status_code, done.headers["location"]) == (303, "/portal/sign-in?done=password")


def come_in(web: TestClient, **more: str):
    return post(web, "/portal/sign-in", {"email": FAMILY_MAIL, "password": MAYAS, **more})


def who(token: str) -> int | None:
    with database.reading() as session:
        found = portal_presence.presence(session, token)
    return found.person_id if found else None


def staff_token() -> str:
    with database.transaction() as session:
        return sign_in.sign_in(session, MARCUS, MARCUSS).token


def portal_token() -> str:
    with database.transaction() as session:
        return portal_sign_in.sign_in(session, FAMILY_MAIL, MAYAS).token


def test_a_link_leads_to_a_password_and_sign_in_sets_a_cookie_scripts_cannot_read(
    web: TestClient, house: Household
) -> None:
    address = link(house)
    page = web.get(address)
    assert "Welcome, Maya" in page.text and "date of birth" in page.text and "Rivera" not in page.text
    assert "Code from the practice" in page.text and "Eight figures that we have told you." in page.text
    typed = first(house, house.maya, "1988-04-02")
    assert post(web, address, typed | {"again": "x"}).status_code == 422
    for wrong in ({"born": "1990-01-01"}, {"code": ""}):
        answer = post(web, address, typed | wrong)
        assert (answer.status_code, portal_links.NOT_SURE in answer.text) == (422, True)
    done = post(web, address, typed)
    assert done.headers["location"] == "/portal/sign-in?done=password"
    assert "Your password is set." in web.get(done.headers["location"]).text
    assert web.get(address).status_code == 410 and web.get("/portal/reset/never-made").status_code == 410
    answer = come_in(web, next="/my-appointments")
    assert (answer.status_code, answer.headers["location"]) == (303, "/my-appointments")
    cookie = next(c for c in answer.headers.get_list("set-cookie") if c.startswith("pr_portal="))
    assert {"HttpOnly", "Path=/", "SameSite=lax"} <= set(cookie.split("; ")) and "Max-Age" not in cookie
    device = next(c for c in answer.headers.get_list("set-cookie") if c.startswith("pr_device="))
    assert {"HttpOnly", "Path=/portal", "SameSite=strict"} <= set(device.split("; "))
    assert who(web.cookies["pr_portal"]) == house.maya
    assert web.get("/portal/sign-in").headers["location"] == "/"
    assert web.get("/portal").headers["location"] == "/portal/sign-in"


def test_under_tls_the_cookie_is_tied_to_the_host(web: TestClient, house: Household) -> None:
    join(web, house)
    settings().public_url = "https://desk.linden.example"
    web.base_url = settings().public_url
    token = re.search(r'name="csrf" value="([^"]+)"', web.get("/portal/sign-in").text)[1]
    answer = web.post("/portal/sign-in", data={"csrf": token, "email": FAMILY_MAIL, "password": MAYAS},
                      headers={"origin": settings().public_url})
    cookie = next(c for c in answer.headers.get_list("set-cookie") if c.startswith("__Host-pr_portal="))
    assert "Secure" in cookie and "Path=/;" in cookie and "Domain" not in cookie


@pytest.mark.parametrize("path", ["/portal/sign-in", "/portal/sign-out", "/portal/reset", "/portal/invitation/abc",
                                  "/portal/reset/abc", "/portal/authenticator"])
def test_a_post_without_the_form_token_or_from_elsewhere_is_refused(
    web: TestClient, house: Household, path: str
) -> None:
    token = re.search(r'name="csrf" value="([^"]+)"', web.get("/portal/sign-in").text)[1]
    assert web.post(path, data={}, headers={"origin": HOME}).status_code == 403
    assert web.post(path, data={"csrf": token}).status_code == 403
    assert web.post(path, data={"csrf": token}, headers={"origin": "https://evil.example"}).status_code == 403
    assert 'href="/portal/sign-in"' in web.post(path, data={}, headers={"origin": HOME}).text


def test_signing_in_at_one_door_signs_the_browser_out_at_the_other(web: TestClient, house: Household) -> None:
    join(web, house)
    post(web, "/auth/sign-in", {"email": MARCUS, "password": MARCUSS})
    staffs = web.cookies["pr_session"]
    come_in(web)
    assert "pr_session" not in web.cookies and who(web.cookies["pr_portal"]) == house.maya
    with database.reading() as session:
        assert presence.presence(session, staffs) is None
    mayas = web.cookies["pr_portal"]
    answer = post(web, "/auth/sign-in", {"email": MARCUS, "password": MARCUSS})
    assert answer.status_code == 303 and "pr_portal" not in web.cookies
    assert who(mayas) is None


def test_a_wrong_password_says_one_sentence_and_too_many_have_to_wait(web: TestClient, house: Household) -> None:
    join(web, house)
    wrong = come_in(web, password="wrong wrong wrong")
    unknown = post(web, "/portal/sign-in", {"email": '"><script>x</script>', "password": MAYAS})
    assert wrong.status_code == unknown.status_code == 401
    assert sign_in.WRONG in wrong.text and sign_in.WRONG in unknown.text and "<script>" not in unknown.text
    for _ in range(5):
        come_in(web, password="wrong wrong wrong")
    assert come_in(web).status_code == 429
    staff = post(web, "/auth/sign-in", {"email": FAMILY_MAIL, "password": MAYAS})
    assert staff.status_code == 401, "a client's password opens nothing of the practice"


def test_guesses_at_links_are_stopped_and_the_right_link_still_works(web: TestClient, house: Household) -> None:
    address = link(house)
    answers = [web.get(f"/portal/invitation/guess{n}").status_code for n in range(60)]
    assert answers == [410] * 50 + [429] * 10
    assert web.get(address).status_code == 200
    join(web, house)
    assert come_in(web).status_code == 303, "and whoever has a password comes in"


def test_an_invitation_that_is_over_sends_nobody_to_ask_for_what_would_never_come(
    web: TestClient, house: Household
) -> None:
    with at("2026-08-01 09:00"):
        address = link(house)
    for over in (address, "/portal/invitation/never-made"):
        page = web.get(over)
        assert page.status_code == 410 and "ask the practice for a new invitation" in page.text
        assert 'href="/portal/sign-in"' in page.text and "/portal/reset" not in page.text
    assert 'href="/portal/reset"' in web.get("/portal/reset/never-made").text


def test_asking_for_a_link_says_the_same_to_everybody(web: TestClient, house: Household) -> None:
    join(web, house)
    known = post(web, "/portal/reset", {"email": FAMILY_MAIL})
    unknown = post(web, "/portal/reset", {"email": "nobody@example.org"})
    assert (known.status_code, known.headers["location"]) == (unknown.status_code, unknown.headers["location"])
    assert "If this address is known to us" in web.get(known.headers["location"]).text
    with database.reading() as session:
        bodies = [one.body for one in session.query(OutboxMessage).filter_by(
            kind=MessageKind.PORTAL_LINK).order_by(OutboxMessage.id)]
    assert len(bodies) == 2 and "/portal/reset/" in bodies[-1]
    with clock.frozen(clock.now()):
        statuses = [post(web, "/portal/reset", {"email": "x@example.org"}).status_code for _ in range(50)]
    assert statuses[-1] == 429


def test_the_page_of_another_password_asks_for_the_code_of_the_practice_and_says_not_what_was_wrong(
    web: TestClient, house: Household
) -> None:
    join(web, house)
    with database.transaction() as session:
        the_practice(session).phone = "555 0100"
    post(web, "/portal/reset", {"email": FAMILY_MAIL})
    address = link(house)
    page = web.get(address).text
    assert "Code from the practice" in page and "Please call us: 555 0100." in page and "authenticator" not in page
    house.cast.do("Tom", give_portal_reset_code, GiveResetCode(case_id=house.couple, person_id=house.maya))
    [code] = [one.code for one in house.cast.read("Tom", portal_of_case, house.couple) if one.code]
    typed = {"password": "four new quiet words", "again": "four new quiet words", "born": "1988-04-02", "code": code}
    for wrong in ({"born": "1990-01-01"}, {"code": "1"}, {"code": ""}):
        answer = post(web, address, typed | wrong)
        assert (answer.status_code, portal_links.NOT_SURE in answer.text) == (422, True)
    assert post(web, address, typed).headers["location"] == "/portal/sign-in?done=password"
    assert come_in(web).status_code == 401
    assert come_in(web, password="four new quiet words").status_code == 303


def test_sign_out_is_a_button_and_ends_the_session(web: TestClient, house: Household) -> None:
    join(web, house)
    come_in(web)
    token, phone = web.cookies["pr_portal"], portal_token()
    assert web.get("/portal/sign-out?everywhere=1").status_code == 200 and who(token) == house.maya
    answer = post(web, "/portal/sign-out", {"everywhere": "1"})
    assert answer.headers["location"] == "/portal/sign-in?done=out"
    assert (who(token), who(phone), "pr_portal" in web.cookies) == (None, None, False)


def test_the_same_password_on_one_mailbox_leads_to_the_date_of_birth(web: TestClient, house: Household) -> None:
    join(web, house)
    address = link(house, house.tom)
    post(web, address, first(house, house.tom, "1986-11-30"))
    asked = come_in(web)
    assert asked.status_code == 200 and "Your date of birth tells us" in asked.text
    assert "Maya" not in asked.text and "Tom" not in asked.text and "pr_portal" not in web.cookies
    fields = {"ticket": re.search(r'name="ticket" value="([0-9a-f]+)"', asked.text)[1], "born": "1986-11-30"}
    assert post(web, "/portal/sign-in", fields | {"born": "2000-01-01"}).status_code == 401
    assert post(web, "/portal/sign-in", fields).status_code == 303
    assert who(web.cookies["pr_portal"]) == house.tom


def test_the_authenticator_is_set_up_at_the_portals_own_door(web: TestClient, house: Household) -> None:
    assert web.get("/portal/authenticator").headers["location"].startswith("/portal/sign-in")
    join(web, house)
    come_in(web)
    page = web.get("/portal/authenticator?next=/my-details").text
    assert 'action="/portal/authenticator"' in page and 'src="data:image/svg+xml' in page
    assert '<a href="otpauth://totp/' in page, "whoever reads it on the phone that has the app scans nothing"
    import pyotp
    secret = re.search(r'class="key">([A-Z2-7 ]+)<', page)[1].replace(" ", "")
    fields = {"ticket": re.search(r'name="ticket" value="([0-9a-f]+)"', page)[1], "next": "/my-details"}
    assert post(web, "/portal/authenticator", fields | {"code": "000000"}).status_code == 422
    done = post(web, "/portal/authenticator", fields | {"code": pyotp.TOTP(secret).at(clock.now())})
    assert done.status_code == 200 and 'href="/my-details"' in done.text
    assert web.get("/portal/authenticator?next=/my-details").headers["location"] == "/my-details"
    web.cookies.delete("pr_portal")
    asked = come_in(web)
    assert "Enter your code" in asked.text and 'action="/portal/sign-in"' in asked.text


def test_the_demo_practice_lists_its_clients_at_their_own_door_only(web: TestClient, house: Household) -> None:
    join(web, house)
    assert "demo" not in web.get("/portal/sign-in").text
    with database.transaction() as session:
        the_practice(session).is_demo = True
    page = web.get("/portal/sign-in").text
    assert "Maya Rivera" in page and ">Client<" in page and "Marcus" not in page
    assert "Maya" not in web.get("/auth/sign-in").text


# --- The gate

STAFFS = ("/files/invoice/1.pdf", "/files/clients.csv", "/files/document/7", "/files/record/1.pdf", "/auth/anything")


def test_each_session_reaches_the_program_and_only_its_own_files(gate: TestClient, house: Household) -> None:
    with TestClient(_doors(), base_url=HOME, follow_redirects=False, headers={"accept": "text/html"}) as web:
        join(web, house)
    maya = {"cookie": f"pr_portal={portal_token()}"}
    marcus = {"cookie": f"pr_session={staff_token()}"}
    for path in ("/", "/my-appointments", "/case?case=1", "/static/js/index.js", "/_stcore/health"):
        assert gate.get(path, headers=maya).status_code == gate.get(path, headers=marcus).status_code == 200
    for path in (*STAFFS, "/FILES/invoice/1.pdf"):
        assert gate.get(path, headers=maya).status_code == 401, path
        assert gate.get(path, headers=marcus).status_code == 200, path
    for path in ("/portal/files/invoice/1.pdf", "/portal/anything", "/PORTAL/files/1"):
        assert gate.get(path, headers=marcus).status_code == 401, path
        assert gate.get(path, headers=maya).status_code == 200, path
    both = {"cookie": f"{maya['cookie']}; {marcus['cookie']}"}
    for path in ("/", "/files/invoice/1.pdf", "/portal/files/invoice/1.pdf"):
        assert gate.get(path, headers=both).status_code == 401, "one browser is one person"


def socket_says(gate: TestClient, cookie: str, **headers: str) -> str:
    with gate.websocket_connect("/_stcore/stream", headers={
            "origin": HOME, "host": "localhost:8501", "cookie": cookie, **headers}) as socket:
        return str(socket.receive_text())


def test_the_socket_learns_on_which_side_somebody_is(gate: TestClient, house: Household) -> None:
    with TestClient(_doors(), base_url=HOME, follow_redirects=False, headers={"accept": "text/html"}) as web:
        join(web, house)
    maya, marcus = portal_token(), staff_token()
    assert socket_says(gate, f"pr_portal={maya}") == f"x-pr-account=portal-{house.maya}"
    forged = socket_says(gate, f"pr_portal={maya}", **{"x-pr-account": str(house.cast.staff["Dana"])})
    assert forged == f"x-pr-account=portal-{house.maya}"
    assert socket_says(gate, f"pr_session={marcus}") == f"x-pr-account={house.cast.staff['Marcus']}"
    crossed = f"pr_session={maya}; pr_portal={marcus}"
    for cookie in (f"pr_session={maya}", f"pr_portal={marcus}", crossed, f"pr_portal={maya}; pr_session={marcus}"):
        with pytest.raises(WebSocketDisconnect):
            socket_says(gate, cookie)
    house.cast.do("Marcus", suspend_portal, SuspendPortal(
        case_id=house.couple, person_id=house.maya, reason="asked us to"))
    with pytest.raises(WebSocketDisconnect):
        socket_says(gate, f"pr_portal={maya}")
    with clock.frozen(clock.now() + timedelta(minutes=16)), pytest.raises(WebSocketDisconnect):
        socket_says(gate, f"pr_session={marcus}")


def test_whoever_came_for_the_portal_is_led_to_its_door(gate: TestClient, house: Household) -> None:
    html = {"accept": "text/html"}
    assert gate.get("/my-billing", headers=html).headers["location"] == "/portal/sign-in?next=/my-billing"
    assert gate.get("/", headers=html | {"cookie": "pr_portal=ended"}).headers["location"] == "/portal/sign-in"
    assert gate.get("/", headers=html).headers["location"] == "/auth/sign-in"
    assert gate.get("/case", headers=html | {"cookie": "pr_portal=x; pr_session=y"}).headers["location"] == (
        "/auth/sign-in?next=/case")


def test_a_server_of_the_portal_alone_knows_nothing_of_the_practice(gate: TestClient, house: Household) -> None:
    with TestClient(_doors(), base_url=HOME, follow_redirects=False, headers={"accept": "text/html"}) as web:
        join(web, house)
        marcus, maya = staff_token(), portal_token()
        settings().serves = "portal"
        for path in ("/auth/sign-in", "/auth/first-run", "/auth/assets/auth.css", "/files/invoice/1.pdf",
                     "/auth/invitation/abc", "/AUTH/sign-in"):
            assert gate.get(path, headers={"cookie": f"pr_session={marcus}"}).status_code == 404, path
            assert web.post(path, data={}).status_code == 404, path
        assert gate.get("/", headers={"cookie": f"pr_session={marcus}"}).status_code == 401
        with pytest.raises(WebSocketDisconnect):
            socket_says(gate, f"pr_session={marcus}")
        assert socket_says(gate, f"pr_portal={maya}") == f"x-pr-account=portal-{house.maya}"
        assert gate.get("/", headers={"accept": "text/html"}).headers["location"] == "/portal/sign-in"
        assert "/auth/" not in web.get("/portal/sign-in").text
        assert {route.path.split("/")[1] for route in doors.routes()} == {
            "healthz", "feeds", "portal", "inquiry"}
        settings().serves = "staff"
        for path in ("/portal", "/portal/sign-in", "/portal/invitation/abc", "/portal/files/invoice/1.pdf", "/inquiry",
                     "/inquiry/marcus-bell"):
            assert gate.get(path, headers={"cookie": f"pr_portal={maya}"}).status_code == 404, path
        assert gate.get("/", headers={"cookie": f"pr_portal={maya}"}).status_code == 401
        with pytest.raises(WebSocketDisconnect):
            socket_says(gate, f"pr_portal={maya}")
        assert gate.get("/my-billing", headers={"accept": "text/html"}).headers["location"].startswith("/auth/")
        assert "/portal" not in web.get("/auth/sign-in").text
        assert {route.path.split("/")[1] for route in doors.routes()} == {"healthz", "auth", "files", "feeds"}


def _doors() -> Starlette:
    return Starlette(routes=doors.routes(), middleware=[Middleware(Gate)],
                     exception_handlers={pages.Refused: pages.refused})


def test_the_pages_are_papers_without_scripts_and_no_link_reaches_a_log(web: TestClient, house: Household) -> None:
    answer = web.get("/portal/sign-in")
    assert "default-src 'none'" in answer.headers["content-security-policy"]
    assert (answer.headers["x-frame-options"], answer.headers["cache-control"]) == ("DENY", "no-store")
    assert "<script" not in answer.text and web.get("/portal/assets/auth.css").status_code == 200
    assert faults._SECRET.sub(r"\1…", "GET /portal/reset/abc_DEF HTTP") == "GET /portal/reset/… HTTP"
    assert throttle.TOO_MANY not in answer.text


def test_an_address_of_the_other_side_is_not_found_and_leads_round_in_no_circle(
    gate: TestClient, web: TestClient, house: Household
) -> None:
    join(web, house)
    html = {"accept": "text/html"}
    outside, staff = {"cookie": f"pr_portal={portal_token()}"}, {"cookie": f"pr_session={staff_token()}"}
    assert gate.get("/files/invoice/1.pdf", headers=html | outside).status_code == 404
    assert gate.get("/portal/files/invoice/1.pdf", headers=html | staff).status_code == 404
    assert gate.get("/files/invoice/1.pdf", headers=html | staff).text.startswith("inside")
    assert gate.get("/files/invoice/1.pdf", headers=html).headers["location"] == (
        "/auth/sign-in?next=/files/invoice/1.pdf")
