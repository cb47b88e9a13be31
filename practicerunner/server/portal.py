"""The clients' door: sign-in, sign-out, links to a password and the authenticator, as plain HTML forms.

Built as the staff's door, with cookies of its own. What failed is saved to be counted, and answered with one sentence.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from practicerunner import database
from practicerunner.errors import BadInput, PracticeError
from practicerunner.server import links, pages
from practicerunner.server.gate import PORTAL_SIGN_IN, local_path, portal_token_of, token_of
from practicerunner.settings import settings
from practicerunner.workflows import (
    authenticator,
    portal_details,
    portal_links,
    portal_presence,
    portal_sign_in,
    presence,
    sign_in,
    throttle,
)
from practicerunner.workflows.authenticator import Enrolment
from practicerunner.workflows.sign_in import Answer

AUTHENTICATOR = "/portal/authenticator"
INVITATION = "/portal/invitation/"
RESET = "/portal/reset"
NOTICES = {
    "out": "You are signed out.", "password": "Your password is set. Sign in with it.",
    "sent": "If this address is known to us, a message with a link is on its way to it. The link works for 30 minutes.",
}


async def front(_: Request) -> Response:
    """The address that people remember; on to the portal, or to its door."""
    return RedirectResponse(PORTAL_SIGN_IN, 303)


async def show_sign_in(request: Request) -> Response:
    """The sign-in page; on to the portal if signed in already."""
    wanted = local_path(request.query_params.get("next", "/"))
    if not await run_in_threadpool(database.is_set_up):
        return pages.message(request, "Not open yet", "The practice has not been set up yet.", 503)
    if not token_of(request) and await run_in_threadpool(_is_here, portal_token_of(request)):
        return RedirectResponse(wanted, 303)
    return await _sign_in_page(request, wanted, notice=NOTICES.get(request.query_params.get("done", ""), ""))


async def post_sign_in(request: Request) -> Response:
    """Check the password, or in the next step the date of birth or the code."""
    fields = await pages.form(request)
    wanted = local_path(fields.get("next", "/"))
    answer = await run_in_threadpool(_attempt, fields, _Sender.of(request))
    if answer.token:
        response = RedirectResponse(wanted, 303)
        pages.keep_signed_in(request, response, answer.token)
        pages.remember_device(response, answer.device, pages.PORTAL)
        return response
    status = 429 if answer.refusal == throttle.TOO_MANY else 401
    if answer.ticket:
        template = "portal_born.html" if portal_sign_in.asks_for(answer.ticket) == "born" else "code.html"
        return pages.page(
            request, template, status if answer.refusal else 200, ticket=answer.ticket, next=wanted,
            error=answer.refusal)
    return await _sign_in_page(request, wanted, status, email=fields.get("email", ""), error=answer.refusal)


async def _sign_in_page(
    request: Request, wanted: str, status: int = 200, *, email: str = "", error: str = "", notice: str = "",
) -> Response:
    accounts = await run_in_threadpool(_demo_accounts)
    return pages.page(
        request, "portal_sign_in.html", status, next=wanted, email=email, error=error, notice=notice,
        accounts=accounts, demo_password=sign_in.DEMO_PASSWORD if accounts else "",
        other_door=settings().serves_staff,
    )


@dataclass(frozen=True, slots=True)
class _Sender:
    """Where a form comes from, and who was signed in there."""

    address: str
    device: str
    known_device: str
    tokens: tuple[str, str]

    @staticmethod
    def of(request: Request) -> "_Sender":
        return _Sender(
            pages.address_of(request), pages.device_of(request), request.cookies.get(pages.DEVICE_COOKIE, ""),
            (token_of(request), portal_token_of(request)))


def _attempt(fields: Mapping[str, str], sender: _Sender) -> Answer:
    with database.transaction() as session:
        if fields.get("ticket"):
            answer = portal_sign_in.continue_sign_in(
                session, fields["ticket"], born=fields.get("born", ""), code=fields.get("code", ""),
                address=sender.address, device=sender.device, known_device=sender.known_device)
        else:
            answer = portal_sign_in.sign_in(
                session, fields.get("email", ""), fields.get("password", ""), sender.address, sender.device,
                sender.known_device)
        if answer.token:
            presence.sign_out(session, sender.tokens[0])  # whoever was signed in here before, at either door
            portal_presence.sign_out(session, sender.tokens[1])
        return answer


def _is_here(token: str) -> bool:
    with database.reading() as session:
        return portal_presence.presence(session, token) is not None


def _demo_accounts() -> list[portal_sign_in.DemoVisitor]:
    with database.reading() as session:
        return portal_sign_in.demo_accounts(session)


async def show_sign_out(request: Request) -> Response:
    """One button: looking at this page changes nothing."""
    return pages.page(request, "sign_out.html")


async def post_sign_out(request: Request) -> Response:
    """End this sign-in, or all of one's own, and take the cookie away."""
    fields = await pages.form(request)
    await run_in_threadpool(_sign_out, portal_token_of(request), "everywhere" in fields)
    response = RedirectResponse(f"{PORTAL_SIGN_IN}?done=out", 303)
    pages.forget(response, pages.PORTAL)
    return response


def _sign_out(token: str, everywhere: bool) -> None:
    with database.transaction() as session:
        found = portal_presence.presence(session, token)
        if everywhere and found is not None:
            portal_presence.sign_out_everywhere(session, found.person_id)
        else:
            portal_presence.sign_out(session, token)


async def show_reset(request: Request) -> Response:
    """Ask for a link to another password."""
    return pages.page(request, "portal_reset.html", error="")


async def post_reset(request: Request) -> Response:
    """Send the link, if there is an account; the answer is the same if there is none."""
    fields = await pages.form(request)
    if not await run_in_threadpool(_ask_reset, fields.get("email", ""), pages.address_of(request)):
        return pages.page(request, "portal_reset.html", 429, error=throttle.TOO_MANY)
    return RedirectResponse(f"{PORTAL_SIGN_IN}?done=sent", 303)


def _ask_reset(email: str, address: str) -> bool:
    with database.transaction() as session:
        return portal_links.ask_reset(session, email, address)


async def show_link(request: Request) -> Response:
    """The page behind a link: choose a password."""
    return await run_in_threadpool(_link_page, request, {}, 200)


async def post_link(request: Request) -> Response:
    """Set the password and go to sign-in."""
    fields = await pages.form(request)
    return await run_in_threadpool(_accept, request, fields)


def _link_page(request: Request, errors: Mapping[str, str], status: int) -> Response:
    try:
        with database.reading() as session:
            found = portal_links.link(session, request.path_params["token"])
    except portal_links.LinkIsSpent as spent:
        if request.url.path.startswith(INVITATION):  # without an account nobody gets a link by asking for one
            return links.spent(
                request, "portal links", f"{spent} If you have chosen a password already, sign in with it. If you have "
                "not, ask the practice for a new invitation.", link=PORTAL_SIGN_IN, link_text="Go to sign-in")
        return links.spent(
            request, "portal links", f"{spent} Ask for a new one, or call the practice.", link=RESET,
            link_text="Ask for a new link")
    return pages.page(
        request, "portal_link.html", status, name=found.name, email=found.email, is_new=found.is_new,
        asks_birth_date=found.asks_birth_date, asks_code=found.asks_code, has_authenticator=found.has_authenticator,
        phone=found.phone, errors=errors)


def _accept(request: Request, fields: Mapping[str, str]) -> Response:
    password = fields.get("password", "")
    if password != fields.get("again", ""):
        return _link_page(request, {"again": "The two passwords differ."}, 422)
    try:
        with database.transaction() as session:
            done = portal_links.accept_link(
                session, request.path_params["token"], password, fields.get("born", ""), fields.get("code", ""))
    except BadInput as bad:
        return _link_page(request, {bad.field: str(bad)}, 422)
    except portal_links.LinkIsSpent:
        return _link_page(request, {}, 410)
    if not done:
        wrong = portal_links.NOT_SURE if "code" in fields else portal_sign_in.WRONG_DATE
        return _link_page(request, {"born": wrong}, 422)
    response = RedirectResponse(f"{PORTAL_SIGN_IN}?done=password", 303)
    pages.forget(response, pages.PORTAL)
    return response


async def show_authenticator(request: Request) -> Response:
    """A picture to scan and a field for the first code; for whoever is signed in and has none yet."""
    wanted = local_path(request.query_params.get("next", "/"))
    try:
        begun = await run_in_threadpool(_begin, portal_token_of(request), "")
    except authenticator.AlreadyEnrolled:
        return RedirectResponse(wanted, 303)
    except PracticeError:
        return RedirectResponse(PORTAL_SIGN_IN, 303)
    return pages.authenticator(request, begun, wanted)


async def post_authenticator(request: Request) -> Response:
    """Store the authenticator after its first right code and show the recovery codes, once."""
    fields = await pages.form(request)
    wanted, token = local_path(fields.get("next", "/")), portal_token_of(request)
    ticket = fields.get("ticket", "")
    try:
        fresh, codes = await run_in_threadpool(_finish, token, ticket, fields.get("code", ""), pages.device_of(request))
    except BadInput as bad:
        return pages.authenticator(request, await run_in_threadpool(_begin, token, ticket), wanted, str(bad), 422)
    except authenticator.AlreadyEnrolled:
        return RedirectResponse(wanted, 303)
    except PracticeError:
        return RedirectResponse(PORTAL_SIGN_IN, 303)
    response = pages.page(request, "recovery_codes.html", codes=codes, next=wanted)
    pages.keep_signed_in(request, response, fresh)
    return response


def _begin(token: str, ticket: str) -> Enrolment:
    with database.reading() as session:
        return portal_details.begin_enrolment(session, token, ticket)


def _finish(token: str, ticket: str, code: str, device: str) -> tuple[str, list[str]]:
    with database.transaction() as session:
        return portal_details.finish_enrolment(session, token, ticket, code, device)


routes = [
    Route("/portal", front, methods=["GET"]),
    Route("/portal/", front, methods=["GET"]),
    Route(PORTAL_SIGN_IN, show_sign_in, methods=["GET"]),
    Route(PORTAL_SIGN_IN, post_sign_in, methods=["POST"]),
    Route("/portal/sign-out", show_sign_out, methods=["GET"]),
    Route("/portal/sign-out", post_sign_out, methods=["POST"]),
    Route(RESET, show_reset, methods=["GET"]),
    Route(RESET, post_reset, methods=["POST"]),
    *(Route(f"/portal/{word}/{{token}}", show_link, methods=["GET"]) for word in ("invitation", "reset")),
    *(Route(f"/portal/{word}/{{token}}", post_link, methods=["POST"]) for word in ("invitation", "reset")),
    Route(AUTHENTICATOR, show_authenticator, methods=["GET"]),
    Route(AUTHENTICATOR, post_authenticator, methods=["POST"]),
    Route("/portal/assets/{name}", pages.asset, methods=["GET"]),
]
