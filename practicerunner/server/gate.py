"""The gate: pure ASGI middleware before everything, for pages, files and sockets alike.

Nothing but the health check, the sign-in pages, the public pages for inquiries and calendar feeds (by the secret in
their address) answers without a session. The header by which Streamlit learns who is there is set here alone, after
whatever the client sent under that name was taken away.
"""

import re
from urllib.parse import quote, urlsplit

from starlette.concurrency import run_in_threadpool
from starlette.datastructures import Headers, MutableHeaders
from starlette.requests import HTTPConnection
from starlette.responses import PlainTextResponse, RedirectResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from practicerunner import database
from practicerunner.settings import settings
from practicerunner.workflows import presence

SIGN_IN = "/auth/sign-in"
OPEN = re.compile(
    r"/healthz|/auth/(sign-in|sign-out|authenticator|first-run)|/auth/invitation/[A-Za-z0-9_-]{1,100}"
    r"|/auth/assets/[a-z0-9][a-z0-9.-]*|/feeds/.*|/inquiry(/[A-Za-z0-9-]{1,60})?"
)
"""What answers without a session, matched in full; Streamlit's own routes under /auth/ are not among it."""
CLOSED = re.compile(r"(?i)/_stcore/(metrics|agent|script-health-check)(/|$)|^/auth/(login|logout)/?$|^/oauth2callback")
"""What answers nobody, wherever it stands in a path: metrics, the agent interface, sign-in by others."""
KEPT = ("/static/", "/auth/assets/", "/component/", "/_stcore/bidi-components/")
"""Program files without anything of a client; browsers may keep them."""
SOCKET = "/_stcore/stream"
OUR_HEADERS = b"x-pr-"
WHO = b"x-pr-account"
REFUSED_SOCKET = 4401

APP_CSP = (
    "default-src 'self'; script-src 'self' 'wasm-unsafe-eval' "
    "'sha256-THxz9J9+wf7rhwR2YkXJoSZ13UCmYyC+3lNDv2+8ugA='; style-src 'self' 'unsafe-inline'; "
    "img-src 'self' data: blob:; font-src 'self' data:; connect-src 'self'; worker-src 'self' blob:; "
    "frame-src 'self'; frame-ancestors 'self'; base-uri 'self'; form-action 'self'; object-src 'none'"
)
"""Streamlit's program, its one inline script (known by its hash), inline styles, and nothing from elsewhere."""
PAPER_CSP = (
    "default-src 'none'; style-src 'self'; img-src 'self' data:; form-action 'self'; base-uri 'none'; "
    "frame-ancestors 'none'"
)
"""For the pages under /auth, the public ones, the files and the feeds: no script at all, and never in a frame."""
ALWAYS = {
    "x-content-type-options": "nosniff",
    "referrer-policy": "same-origin",
    "cross-origin-opener-policy": "same-origin",
    "permissions-policy": "camera=(), microphone=(), geolocation=()",
}


class Gate:
    """Lets in who is signed in, keeps out the rest, and puts the security headers on every answer."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Handle one request or one socket."""
        if scope["type"] == "websocket":
            await self._socket(scope, receive, send)
        elif scope["type"] == "http":
            await self._request(scope, receive, _with_headers(scope, send))
        else:
            await self.app(scope, receive, send)

    async def _request(self, scope: Scope, receive: Receive, send: Send) -> None:
        path, headers = scope["path"], Headers(scope=scope)
        if path != "/healthz" and not is_our_host(headers.get("host")):
            await PlainTextResponse(NOT_OUR_HOST, 421)(scope, receive, send)
        elif CLOSED.search(path):
            await Response(status_code=404)(scope, receive, send)
        elif OPEN.fullmatch(path) or await _staff_id(scope) is not None:
            await self.app(_without_our_headers(scope), receive, send)
        elif scope["method"] == "GET" and "text/html" in headers.get("accept", ""):
            await RedirectResponse(_sign_in_address(scope), 303)(scope, receive, send)
        else:
            await PlainTextResponse("Please sign in.", 401)(scope, receive, send)

    async def _socket(self, scope: Scope, receive: Receive, send: Send) -> None:
        headers = Headers(scope=scope)
        staff_id = None
        if scope["path"] == SOCKET and is_our_host(headers.get("host")) and is_our_origin(headers):
            staff_id = await _staff_id(scope)
        if staff_id is None:
            await receive()
            await send({"type": "websocket.close", "code": REFUSED_SOCKET})
            return
        inner = _without_our_headers(scope)
        inner["headers"] = [*inner["headers"], (WHO, str(staff_id).encode())]
        await self.app(inner, receive, send)


NOT_OUR_HOST = "This address is not the practice's own. Set PUBLIC_URL to the address that people type."


def our_hosts() -> set[str]:
    """The host names under which this server answers: this machine, the address it listens on, the public one."""
    names = {"localhost", "127.0.0.1", "::1", settings().host, urlsplit(settings().public_url).hostname or ""}
    return {name.lower() for name in names} - {"", "0.0.0.0", "::"}  # noqa: S104  (a wildcard is no name)


def our_origins() -> list[str]:
    """The public address as an origin, for Streamlit's own check behind a proxy that changes the Host."""
    public = urlsplit(settings().public_url)
    return [f"{public.scheme}://{public.netloc}"] if public.netloc else []


def is_our_host(host: str | None) -> bool:
    """Whether a Host header names this server; another name may be a trick with the name service."""
    try:
        return (urlsplit(f"//{host or ''}").hostname or "") in our_hosts()
    except ValueError:
        return False


def is_our_origin(headers: Headers) -> bool:
    """Whether a request comes from a page of ours: the Origin is there and is the host asked, or the public address."""
    origin = urlsplit(headers.get("origin", ""))
    if not origin.scheme or not origin.netloc:
        return False
    public = urlsplit(settings().public_url)
    if public.netloc and (origin.scheme, origin.netloc.lower()) == (public.scheme, public.netloc.lower()):
        return True
    # Plain http on this machine; once there is a public https address, only that one signs people in.
    return origin.scheme == "http" and not settings().is_https and origin.netloc == headers.get("host")


def token_of(connection: HTTPConnection) -> str:
    """The token in the session cookie, or nothing."""
    return connection.cookies.get(presence.cookie_name(), "")


def local_path(address: str) -> str:
    """An address to go on to if it is a plain path of this server, else the start page (never another site)."""
    fine = address.startswith("/") and not address.startswith(("//", "/\\")) and address.isprintable()
    if not fine or "\\" in address or address.startswith("/auth/"):
        return "/"
    parts = urlsplit(address)
    return "/" if parts.scheme or parts.netloc else address


def _sign_in_address(scope: Scope) -> str:
    query = scope.get("query_string", b"").decode("latin-1")
    wanted = local_path(scope["path"] + (f"?{query}" if query else ""))
    return SIGN_IN if wanted == "/" else f"{SIGN_IN}?next={quote(wanted, safe='/')}"


async def _staff_id(scope: Scope) -> int | None:
    token = token_of(HTTPConnection(scope))
    return await run_in_threadpool(_look_up, token) if token else None


def _look_up(token: str) -> int | None:
    """Who may pass; looking is no activity. Somebody who must still set up an authenticator may not."""
    with database.reading() as session:
        found = presence.presence(session, token)
    return None if found is None or found.must_enrol else found.staff_id


def _without_our_headers(scope: Scope) -> Scope:
    kept = [(name, value) for name, value in scope["headers"] if not name.lower().startswith(OUR_HEADERS)]
    return dict(scope) | {"headers": kept}


def _with_headers(scope: Scope, send: Send) -> Send:
    path = scope["path"]
    is_paper = path == "/inquiry" or path.startswith(("/auth/", "/files/", "/feeds/", "/inquiry/"))

    async def send_with_headers(message: Message) -> None:
        if message["type"] == "http.response.start":
            headers = MutableHeaders(scope=message)
            for name, value in ALWAYS.items():
                headers[name] = value
            headers["content-security-policy"] = PAPER_CSP if is_paper else APP_CSP
            headers["x-frame-options"] = "DENY" if is_paper else "SAMEORIGIN"
            if settings().is_https:
                headers["strict-transport-security"] = "max-age=31536000"
            if not path.startswith(KEPT) or message["status"] >= 400:
                headers["cache-control"] = "no-store"
        await send(message)

    return send_with_headers
