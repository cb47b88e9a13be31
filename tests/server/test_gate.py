"""The gate over a small app that answers everything: what gets through, what does not, and with which headers."""

from collections.abc import Iterator

import pytest
from starlette.testclient import TestClient
from starlette.types import Receive, Scope, Send
from starlette.websockets import WebSocketDisconnect

from practicerunner import database
from practicerunner.records.practice import the_practice
from practicerunner.server.gate import Gate, is_our_host, local_path
from practicerunner.settings import settings
from practicerunner.workflows import presence
from tests.server.conftest import DANA, HOME, token_for

PUBLIC = "https://desk.harborlight.example"


async def everything(scope: Scope, receive: Receive, send: Send) -> None:
    """Says yes to all, and which of our headers arrived."""
    if scope["type"] == "lifespan":
        while True:
            message = await receive()
            await send({"type": message["type"] + ".complete"})
            if message["type"] == "lifespan.shutdown":
                return
    seen = ",".join(sorted(f"{k.decode()}={v.decode()}" for k, v in scope["headers"] if k.startswith(b"x-pr-")))
    if scope["type"] == "websocket":
        await receive()
        await send({"type": "websocket.accept"})
        await send({"type": "websocket.send", "text": seen or "nobody"})
        return
    await send({"type": "http.response.start", "status": 200, "headers": [(b"cache-control", b"public")]})
    await send({"type": "http.response.body", "body": f"inside {seen}".encode()})


@pytest.fixture
def gate(dana: int) -> Iterator[TestClient]:
    with TestClient(Gate(everything), base_url=HOME, follow_redirects=False) as client:
        yield client


@pytest.fixture
def cookie(dana: int) -> dict[str, str]:
    return {"cookie": f"pr_session={token_for(DANA)}"}


@pytest.mark.parametrize("path", [
    "/", "/case", "/static/js/index.js", "/media/abc.pdf", "/component/calendar/index.html", "/_stcore/health",
    "/_stcore/host-config", "/_stcore/upload_file/a/b", "/files/invoice/1.pdf", "/favicon.ico", "/manifest.json",
    "/auth", "/auth/", "/auth/sign-in/", "/auth/sign-in/more", "/auth/assets/../../app.py", "/healthz/",
    "/auth/invitation/", "/auth/invitation/a/b", "/AUTH/SIGN-IN", "/_stcore/stream", "/feeds",
    "/FEEDS/x.ics", "/x/feeds/y.ics", "/inquiry/", "/inquiry/a/b", "/INQUIRY", "/inquiries", "/x/inquiry",
    "/inquiry/a.b", "/inquiry/%2e%2e/today", "/inquiry/letter/a.b",
    "/inquiry/letter/a/b", "/inquiry/letters/a", "/x/inquiry/letter/a",
])
def test_without_a_session_nothing_but_the_doors_answers(gate: TestClient, path: str) -> None:
    answer = gate.get(path)
    assert (answer.status_code, answer.text) == (401, "Please sign in.")
    assert gate.post(path, headers={"accept": "text/html"}).status_code == 401
    assert gate.head(path, headers={"accept": "text/html"}).status_code == 401


@pytest.mark.parametrize("path", [
    "/healthz", "/auth/sign-in", "/auth/sign-out", "/auth/authenticator", "/auth/first-run",
    "/auth/invitation/abc_DEF-123", "/auth/assets/auth.css", "/feeds/abc_DEF-123.ics", "/feeds/broken",
    "/inquiry", "/inquiry/owen-castellane", "/inquiry/letter/aB_-9",
])
def test_the_doors_answer_everybody(gate: TestClient, path: str) -> None:
    assert gate.get(path).text.startswith("inside")


@pytest.mark.parametrize("path", [
    "/_stcore/metrics", "/_stcore/agent/interact", "/_stcore/agent/mcp", "/_stcore/agent/openapi.json",
    "/page/_stcore/agent/mcp", "/_STCORE/metrics", "/_stcore/metrics/", "/_stcore/script-health-check", "/auth/login",
    "/auth/logout", "/oauth2callback",
])
def test_what_nobody_needs_answers_nobody(gate: TestClient, cookie: dict[str, str], path: str) -> None:
    assert gate.get(path).status_code == 404
    assert gate.get(path, headers=cookie).status_code == 404


def test_a_page_leads_to_sign_in_and_back(gate: TestClient) -> None:
    answer = gate.get("/case?case=12&tab=notes", headers={"accept": "text/html,*/*"})
    assert (answer.status_code, answer.headers["location"]) == (
        303, "/auth/sign-in?next=/case%3Fcase%3D12%26tab%3Dnotes")
    assert gate.get("/", headers={"accept": "text/html"}).headers["location"] == "/auth/sign-in"


def test_a_session_gets_in_and_a_wrong_one_does_not(gate: TestClient, cookie: dict[str, str]) -> None:
    assert gate.get("/case", headers=cookie).text == "inside "
    assert gate.get("/case", headers={"cookie": "pr_session=guess"}).status_code == 401
    assert gate.get("/case", headers={"cookie": cookie["cookie"] + "x"}).status_code == 401
    assert gate.get("/case", headers={"cookie": cookie["cookie"].replace("pr_session", "session")}).status_code == 401


def test_signing_out_closes_the_gate_at_the_next_request(gate: TestClient, cookie: dict[str, str]) -> None:
    assert gate.get("/case", headers=cookie).status_code == 200
    with database.transaction() as session:
        presence.sign_out(session, cookie["cookie"].split("=")[1])
    assert gate.get("/case", headers=cookie).status_code == 401


def test_without_the_authenticator_that_is_required_the_gate_stays_shut(
    gate: TestClient, cookie: dict[str, str]
) -> None:
    with database.transaction() as session:
        the_practice(session).totp_required = True
    assert gate.get("/case", headers=cookie).status_code == 401
    with pytest.raises(WebSocketDisconnect), gate.websocket_connect(
            "/_stcore/stream", headers=cookie | {"origin": HOME}):
        pass


def test_what_the_client_claims_about_itself_is_taken_away(gate: TestClient, cookie: dict[str, str]) -> None:
    claims = {"x-pr-account": "1", "X-PR-Role": "owner"}
    assert gate.get("/case", headers=cookie | claims).text == "inside "
    assert gate.get("/auth/sign-in", headers=claims).text == "inside "


def test_a_socket_is_told_who_is_there_whatever_the_client_claims(
    gate: TestClient, cookie: dict[str, str], dana: int
) -> None:
    headers = cookie | {"origin": HOME, "x-pr-account": "1", "X-PR-ACCOUNT": "2", "host": "localhost:8501"}
    with gate.websocket_connect("/_stcore/stream", headers=headers) as socket:
        assert socket.receive_text() == f"x-pr-account={dana}"


@pytest.mark.parametrize("headers", [
    {}, {"origin": "https://evil.example"}, {"origin": "http://localhost:9999"}, {"origin": "null"},
    {"origin": "http://localhost:8501.evil.example"}, {"origin": "https://localhost:8501"},
    {"origin": "http://evil.example", "host": "evil.example"},
])
def test_a_socket_without_our_origin_is_refused(
    gate: TestClient, cookie: dict[str, str], headers: dict[str, str]
) -> None:
    with pytest.raises(WebSocketDisconnect) as refused, gate.websocket_connect(
            "/_stcore/stream", headers=cookie | {"host": "localhost:8501"} | headers):
        pass
    assert refused.value.code == 4401


def test_a_socket_without_a_session_or_at_another_path_is_refused(gate: TestClient, cookie: dict[str, str]) -> None:
    for path, headers in (("/_stcore/stream", {}), ("/_stcore/stream", {"cookie": "pr_session=guess"}),
                          ("/auth/sign-in", cookie), ("/", cookie)):
        with pytest.raises(WebSocketDisconnect), gate.websocket_connect(path, headers=headers | {"origin": HOME}):
            pass


@pytest.mark.parametrize(("host", "ours"), [
    ("localhost", True), ("localhost:8501", True), ("127.0.0.1:8501", True), ("[::1]:8501", True),
    ("LOCALHOST", True), ("evil.example", False), ("localhost.evil.example", False), ("", False), (None, False),
    ("[::1", False),
])
def test_only_our_host_names_answer(dana: int, host: str | None, ours: bool) -> None:
    assert is_our_host(host) is ours


def test_a_foreign_host_name_gets_a_sentence_and_the_health_check_does_not_care(
    gate: TestClient, cookie: dict[str, str]
) -> None:
    answer = gate.get("/case", headers=cookie | {"host": "evil.example"})
    assert (answer.status_code, "PUBLIC_URL" in answer.text) == (421, True)
    assert gate.get("/healthz", headers={"host": "10.1.2.3"}).status_code == 200


def test_every_answer_carries_the_security_headers(gate: TestClient, cookie: dict[str, str]) -> None:
    for path, headers in (("/case", cookie), ("/case", {}), ("/auth/sign-in", {}), ("/files/x.csv", {}),
                          ("/_stcore/metrics", {}), ("/static/js/a.js", cookie)):
        answer = gate.get(path, headers=headers).headers
        assert answer["x-content-type-options"] == "nosniff"
        assert answer["referrer-policy"] == "same-origin"
        policy = dict(part.strip().split(" ", 1) for part in answer["content-security-policy"].split(";"))
        paper = path.startswith(("/auth", "/files"))
        assert policy["frame-ancestors"] == ("'none'" if paper else "'self'")
        assert "unsafe-eval" not in policy.get("script-src", "").replace("'wasm-unsafe-eval'", "")
        assert "unsafe-inline" not in policy.get("script-src", "")
        assert "strict-transport-security" not in answer


def test_pages_are_never_kept_and_program_files_may_be(gate: TestClient, cookie: dict[str, str]) -> None:
    def kept(path: str, headers: dict[str, str]) -> str:
        return gate.get(path, headers=headers).headers["cache-control"]

    assert {kept(p, cookie) for p in ("/", "/case", "/files/invoice/1.pdf", "/media/a.png", "/auth/sign-in")} == {
        "no-store"}
    assert {kept(p, cookie) for p in ("/static/js/a.js", "/component/calendar/x.js", "/auth/assets/auth.css")} == {
        "public"}
    assert kept("/static/js/a.js", {}) == "no-store"  # the refusal, not the file


def test_under_tls_the_cookie_has_the_host_prefix_and_browsers_are_told_to_stay_there(gate: TestClient) -> None:
    token = token_for()
    settings().public_url = PUBLIC
    host = {"host": "desk.harborlight.example"}
    assert gate.get("/case", headers=host | {"cookie": f"pr_session={token}"}).status_code == 401
    answer = gate.get("/case", headers=host | {"cookie": f"__Host-pr_session={token}"})
    assert answer.status_code == 200
    assert answer.headers["strict-transport-security"] == "max-age=31536000"
    cookie = {"cookie": f"__Host-pr_session={token}"}
    with gate.websocket_connect("/_stcore/stream", headers=host | cookie | {"origin": PUBLIC}) as socket:
        assert socket.receive_text().startswith("x-pr-account=")
    with pytest.raises(WebSocketDisconnect), gate.websocket_connect(
            "/_stcore/stream", headers=host | cookie | {"origin": PUBLIC.replace("https", "http")}):
        pass


@pytest.mark.parametrize(("address", "goes_to"), [
    ("/case?case=12", "/case?case=12"), ("/", "/"), ("/a%20b", "/a%20b"), ("", "/"), ("case", "/"),
    ("https://evil.example", "/"), ("//evil.example", "/"), ("/\\evil.example", "/"), ("\\\\evil.example", "/"),
    ("/x\\y", "/"), ("/\t/evil.example", "/"), ("/\n/evil.example", "/"), ("javascript:alert(1)", "/"),
    ("/auth/sign-out", "/"), ("///evil.example", "/"),
])
def test_one_goes_on_only_to_a_page_of_ours(address: str, goes_to: str) -> None:
    assert local_path(address) == goes_to
