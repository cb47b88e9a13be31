"""What the plain HTML pages share: templates, the form token against cross-site posts, cookies, addresses."""

import hmac
import re
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs

import segno
from jinja2 import Environment, FileSystemLoader, StrictUndefined
from starlette.requests import Request
from starlette.responses import FileResponse, HTMLResponse, Response

from practicerunner import ids
from practicerunner.server.gate import is_our_origin
from practicerunner.settings import settings
from practicerunner.workflows import portal_presence, presence, throttle
from practicerunner.workflows.authenticator import Enrolment

HERE = Path(__file__).parent
BRAND = HERE.parent / "ui" / "assets"
ASSETS = {
    "auth.css": HERE / "static" / "auth.css", "favicon.png": BRAND / "favicon.png",
    "wordmark.svg": BRAND / "wordmark.svg", "wordmark-dark.svg": BRAND / "wordmark-dark.svg",
}
"""The few files that the pages before sign-in need."""
FORM_COOKIE = "pr_csrf"
DEVICE_COOKIE = "pr_device"
STAFF, PORTAL = "/auth", "/portal"
"""The two doors; each has its own cookies."""
LARGEST_FORM = 64 * 1024
PUBLIC = "/inquiry"
"""Where the pages begin that are meant for people without an account."""

_templates = Environment(
    loader=FileSystemLoader(HERE / "templates"), autoescape=True, undefined=StrictUndefined, trim_blocks=True,
    lstrip_blocks=True,
)


class Refused(Exception):
    """A form that did not come from a page of ours, or is too large."""


def page(request: Request, template: str, status: int = 200, **values: Any) -> Response:
    """A page with its form token; the token of the browser is kept, so that two open forms both work.

    The pages under ``/auth`` and the public ones each have a cookie for their own part of the addresses.
    """
    token = request.cookies.get(FORM_COOKIE, "")
    known = re.fullmatch(r"[A-Za-z0-9_-]{43}", token) is not None
    token = token if known else ids.new_token()
    door = door_of(request)
    body = _templates.get_template(template).render(csrf=token, door=door, **values)
    response = HTMLResponse(body, status)
    if not known:
        response.set_cookie(
            FORM_COOKIE, token, path=PUBLIC if is_public(request) else door, httponly=True, samesite="strict",
            secure=settings().is_https,
        )
    return response


def door_of(request: Request) -> str:
    """At which of the two doors a request stands; the public pages are on the portal's side."""
    return PORTAL if request.url.path.startswith(PORTAL) or is_public(request) else STAFF


def message(
    request: Request, title: str, text: str, status: int = 200, *, link: str = "", link_text: str = "",
) -> Response:
    """A page that says one thing and offers one way on."""
    return page(request, "message.html", status, title=title, text=text, link=link, link_text=link_text)


def authenticator(request: Request, begun: Enrolment, wanted: str, error: str = "", status: int = 200) -> Response:
    """A picture to scan, the same for the app on this very phone and in letters, and a field for the first code."""
    picture = segno.make(begun.uri, error="m").svg_data_uri(scale=5, border=3, light="#fff")
    groups = " ".join(begun.secret[i:i + 4] for i in range(0, len(begun.secret), 4))
    return page(
        request, "authenticator.html", status, picture=picture, uri=begun.uri, secret=groups, ticket=begun.ticket,
        next=wanted, error=error)


async def form(request: Request) -> dict[str, str]:
    """The fields of a form that one of our pages posted. Raises Refused for a foreign origin or a wrong form token."""
    if not is_our_origin(request.headers):
        raise Refused
    body = b""
    async for part in request.stream():
        body += part
        if len(body) > LARGEST_FORM:
            raise Refused
    try:
        fields = {name: values[0] for name, values in parse_qs(
            body.decode(), keep_blank_values=True, max_num_fields=50).items()}
    except ValueError:
        raise Refused from None
    cookie = request.cookies.get(FORM_COOKIE, "")
    if not cookie or not hmac.compare_digest(cookie.encode(), fields.pop("csrf", "").encode()):
        raise Refused
    return fields


def is_public(request: Request) -> bool:
    """Whether a request is for a page that is meant for people without an account."""
    return request.url.path == PUBLIC or request.url.path.startswith(f"{PUBLIC}/")


def refused(request: Request, _: Exception) -> Response:
    """The answer to a form that did not come from here."""
    if is_public(request):
        return page(
            request, "public_message.html", 403, practice="", title="Please try again", text="This form did not come "
            "from this page, or it is too large. Open the page again and repeat what you wrote.",
            link=request.url.path, link_text="Open the page again",
        )
    return message(
        request, "Please try again", "This form did not come from this page, or the page was open for too long. "
        "Open it again and repeat what you did.", 403, link=f"{door_of(request)}/sign-in", link_text="Go to sign-in",
    )


def keep_signed_in(request: Request, response: Response, token: str) -> None:
    """Set the session cookie of this door; it lasts as long as the browser is open, the server's limits are shorter.

    One browser is one person: the other door's cookie goes.
    """
    door = door_of(request)
    response.set_cookie(_cookie(door), token, path="/", httponly=True, samesite="lax", secure=settings().is_https)
    other = STAFF if door == PORTAL else PORTAL
    if _cookie(other) in request.cookies:
        forget(response, other)


def remember_device(response: Response, device: str, door: str = STAFF) -> None:
    """Set the cookie by which this device's attempts are counted apart from strangers'. It opens nothing."""
    response.set_cookie(
        DEVICE_COOKIE, device, path=door, httponly=True, samesite="strict", secure=settings().is_https,
        max_age=int(throttle.DEVICE_LASTS.total_seconds()),
    )


def forget(response: Response, door: str = STAFF) -> None:
    """Take the session cookie away."""
    response.delete_cookie(_cookie(door), path="/", httponly=True, samesite="lax", secure=settings().is_https)


def _cookie(door: str) -> str:
    return presence.cookie_name() if door == STAFF else portal_presence.cookie_name()


def address_of(request: Request) -> str:
    """Where a request comes from."""
    return request.client.host if request.client else ""


def device_of(request: Request) -> str:
    """A few words for the list of one's own sign-ins, such as ``Firefox on Windows``."""
    agent = request.headers.get("user-agent", "")
    browsers = ("Edg/", "Edge"), ("OPR/", "Opera"), ("Firefox", "Firefox"), ("Chrome", "Chrome"), ("Safari", "Safari")
    systems = (
        ("iPhone", "iPhone"), ("iPad", "iPad"), ("Android", "Android"), ("Windows", "Windows"), ("Mac OS", "Mac"),
        ("Linux", "Linux"),
    )
    browser = next((name for mark, name in browsers if mark in agent), "Browser")
    system = next((name for mark, name in systems if mark in agent), "")
    return f"{browser} on {system}" if system else browser


async def asset(request: Request) -> Response:
    """One of the files of ``ASSETS``, and no other."""
    path = ASSETS.get(request.path_params["name"])
    if path is None:
        return Response(status_code=404)
    return FileResponse(path, headers={"cache-control": "public, max-age=3600"})
