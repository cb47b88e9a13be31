"""The gate: pure ASGI middleware before everything, for pages, files and sockets alike.

Nothing but the health check, the sign-in pages, the public pages for inquiries and what a secret in an address opens
(calendar feeds, a conversation about an inquiry) answers without a session. The header by which Streamlit learns who is
there is set here alone, after whatever the client sent under that name was taken away.

One browser is one person: a member of staff or somebody outside the practice, told apart by the cookie. Files are for
staff alone, what stands under ``/portal/`` for the others; a server that serves one side knows nothing of the other.
The public pages stand on the portal's side, which may face the internet. Of feeds, each side has its own (``feeds``).
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
from practicerunner.workflows import portal_presence, presence

SIGN_IN = "/auth/sign-in"
PORTAL_SIGN_IN = "/portal/sign-in"
OPEN = re.compile(
    r"/healthz|/auth/(sign-in|sign-out|authenticator|first-run)|/auth/invitation/[A-Za-z0-9_-]{1,100}"
    r"|/portal/?|/portal/(sign-in|sign-out|authenticator|reset)|/portal/(invitation|reset)/[A-Za-z0-9_-]{1,100}"
    r"|/(auth|portal)/assets/[a-z0-9][a-z0-9.-]*|/feeds/.*|/inquiry(/[A-Za-z0-9-]{1,60})?"
    r"|/inquiry/letter/[A-Za-z0-9_-]{1,100}"
)
"""What answers without a session, matched in full; Streamlit's own routes under /auth/ are not among it."""
CLOSED = re.compile(r"(?i)/_stcore/(metrics|agent|script-health-check)(/|$)|^/auth/(login|logout)/?$|^/oauth2callback")
"""What answers nobody, wherever it stands in a path: metrics, the agent interface, sign-in by others."""
OF_STAFF = re.compile(r"(?i)/(auth|files)(/|$)")
OF_THE_PORTAL = re.compile(r"(?i)/(portal|inquiry)(/|$)")
"""What belongs to one side, files included; it answers to nobody of the other."""
KEPT = ("/static/", "/auth/assets/", "/portal/assets/", "/component/", "/_stcore/bidi-components/")
"""Program files without anything of a client; browsers may keep them."""
SOCKET = "/_stcore/stream"
OUR_HEADERS = b"x-pr-"
WHO = b"x-pr-account"
OUTSIDE = "portal-"
"""How the name of somebody outside the practice begins in that header."""
PORTAL_PAGES = "/my-"
"""How the addresses of the portal's pages begin."""
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
"""For the pages under /auth and /portal, the public ones, files and feeds: no script at all, and never in a frame."""
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
        elif CLOSED.search(path) or not _serves(path):
            await Response(status_code=404)(scope, receive, send)
        elif OPEN.fullmatch(path) or _is_for(path, who := await _who(scope)):
            await self.app(_without_our_headers(scope), receive, send)
        elif scope["method"] == "GET" and "text/html" in headers.get("accept", ""):
            if who:  # signed in on the other side; its door would only lead back here
                await Response(status_code=404)(scope, receive, send)
                return
            await RedirectResponse(_sign_in_address(scope), 303)(scope, receive, send)
        else:
            await PlainTextResponse("Please sign in.", 401)(scope, receive, send)

    async def _socket(self, scope: Scope, receive: Receive, send: Send) -> None:
        headers = Headers(scope=scope)
        who = ""
        if scope["path"] == SOCKET and is_our_host(headers.get("host")) and is_our_origin(headers):
            who = await _who(scope)
        if not who:
            await receive()
            await send({"type": "websocket.close", "code": REFUSED_SOCKET})
            return
        inner = _without_our_headers(scope)
        inner["headers"] = [*inner["headers"], (WHO, who.encode())]
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
    """The token in the session cookie of staff, or nothing."""
    return connection.cookies.get(presence.cookie_name(), "")


def portal_token_of(connection: HTTPConnection) -> str:
    """The token in the portal's session cookie, or nothing."""
    return connection.cookies.get(portal_presence.cookie_name(), "")


def local_path(address: str) -> str:
    """An address to go on to if it is a plain path of this server, else the start page (never another site)."""
    fine = address.startswith("/") and not address.startswith(("//", "/\\")) and address.isprintable()
    if not fine or "\\" in address or address.startswith(("/auth/", "/portal/")):
        return "/"
    parts = urlsplit(address)
    return "/" if parts.scheme or parts.netloc else address


def _sign_in_address(scope: Scope) -> str:
    query = scope.get("query_string", b"").decode("latin-1")
    wanted = local_path(scope["path"] + (f"?{query}" if query else ""))
    connection = HTTPConnection(scope)
    from_portal = scope["path"].startswith(PORTAL_PAGES) or (
        bool(portal_token_of(connection)) and not token_of(connection))
    door = PORTAL_SIGN_IN if not settings().serves_staff or (from_portal and settings().serves_portal) else SIGN_IN
    return door if wanted == "/" else f"{door}?next={quote(wanted, safe='/')}"


def _serves(path: str) -> bool:
    """Whether this server serves the side to which a path belongs."""
    if OF_STAFF.match(path):
        return settings().serves_staff
    return settings().serves_portal or not OF_THE_PORTAL.match(path)


def _is_for(path: str, who: str) -> bool:
    """Whether a path answers to whoever is signed in: the program to both sides, files to their own."""
    if not who:
        return False
    return not (OF_STAFF if who.startswith(OUTSIDE) else OF_THE_PORTAL).match(path)


async def _who(scope: Scope) -> str:
    connection = HTTPConnection(scope)
    staff, outside = token_of(connection), portal_token_of(connection)
    return await run_in_threadpool(_look_up, staff, outside) if staff or outside else ""


def _look_up(staff_token: str, portal_token: str) -> str:
    """Who may pass; looking is no activity. Somebody who must still set up an authenticator may not.

    A browser that is signed in on both sides is nobody: neither door leaves the other open.
    """
    with database.reading() as session:
        staff = presence.presence(session, staff_token) if settings().serves_staff else None
        outside = portal_presence.presence(session, portal_token) if settings().serves_portal else None
    if staff is not None and outside is None and not staff.must_enrol:
        return str(staff.staff_id)
    return f"{OUTSIDE}{outside.person_id}" if outside is not None and staff is None else ""


def _without_our_headers(scope: Scope) -> Scope:
    kept = [(name, value) for name, value in scope["headers"] if not name.lower().startswith(OUR_HEADERS)]
    return dict(scope) | {"headers": kept}


def _with_headers(scope: Scope, send: Send) -> Send:
    path = scope["path"]
    is_paper = path == "/inquiry" or path.startswith(("/auth/", "/portal/", "/files/", "/feeds/", "/inquiry/"))

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
