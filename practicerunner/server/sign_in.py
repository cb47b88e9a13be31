"""The doors: sign-in, sign-out, invitations, the authenticator and the first run, as plain HTML forms.

Only here is the session cookie set. A form changes something by POST alone, with the form token and our own Origin.
"""

from collections.abc import Mapping
from urllib.parse import quote
from zoneinfo import available_timezones

from pydantic import ValidationError
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from practicerunner import database
from practicerunner.errors import BadInput, NotPermitted, PracticeError
from practicerunner.records.logins import Presence
from practicerunner.server import links, pages
from practicerunner.server.gate import SIGN_IN, local_path, portal_token_of, token_of
from practicerunner.server.setup_code import CODE
from practicerunner.settings import settings
from practicerunner.workflows import authenticator, first_run, invitations, portal_presence, presence, sign_in, throttle
from practicerunner.workflows.authenticator import Enrolment
from practicerunner.workflows.commands import field_messages
from practicerunner.workflows.sign_in import Answer

AUTHENTICATOR = "/auth/authenticator"
FIRST_RUN = "/auth/first-run"
NEAR_ZONES = (
    "America/New_York", "America/Chicago", "America/Denver", "America/Phoenix", "America/Los_Angeles",
    "America/Anchorage", "Pacific/Honolulu",
)
"""Offered first in the list of time zones."""


async def show_sign_in(request: Request) -> Response:
    """The sign-in page; on to the first run while there is no practice, on to the app if signed in already."""
    wanted = local_path(request.query_params.get("next", "/"))
    if not await run_in_threadpool(database.is_set_up):
        return RedirectResponse(FIRST_RUN, 303)
    found = await run_in_threadpool(_presence, token_of(request))
    if found is not None and not portal_token_of(request):
        return RedirectResponse(_next_step(found.must_enrol, wanted), 303)
    notice = {"out": "You are signed out.", "password": "Your password is set. Sign in with it."}.get(
        request.query_params.get("done", ""), "")
    return await _sign_in_page(request, wanted, notice=notice)


async def post_sign_in(request: Request) -> Response:
    """Check the password, or in the second step the code."""
    fields = await pages.form(request)
    wanted = local_path(fields.get("next", "/"))
    answer = await run_in_threadpool(
        _attempt, fields, pages.address_of(request), pages.device_of(request),
        request.cookies.get(pages.DEVICE_COOKIE, ""), (token_of(request), portal_token_of(request)),
    )
    if answer.token:
        found = await run_in_threadpool(_presence, answer.token)
        response = RedirectResponse(_next_step(found is not None and found.must_enrol, wanted), 303)
        pages.keep_signed_in(request, response, answer.token)
        pages.remember_device(response, answer.device)
        return response
    if answer.ticket:
        status = 401 if answer.refusal else 200
        return pages.page(request, "code.html", status, ticket=answer.ticket, next=wanted, error=answer.refusal)
    status = 429 if answer.refusal == throttle.TOO_MANY else 401
    return await _sign_in_page(request, wanted, status, email=fields.get("email", ""), error=answer.refusal)


async def _sign_in_page(
    request: Request, wanted: str, status: int = 200, *, email: str = "", error: str = "", notice: str = "",
) -> Response:
    accounts = await run_in_threadpool(_demo_accounts)
    return pages.page(
        request, "sign_in.html", status, next=wanted, email=email, error=error, notice=notice, accounts=accounts,
        demo_password=sign_in.DEMO_PASSWORD if accounts else "", other_door=settings().serves_portal,
    )


def _attempt(
    fields: Mapping[str, str], address: str, device: str, known_device: str, present_tokens: tuple[str, str]
) -> Answer:
    with database.transaction() as session:
        if fields.get("ticket"):
            answer = sign_in.sign_in_with_code(
                session, fields["ticket"], fields.get("code", ""), address, device, known_device)
        else:
            answer = sign_in.sign_in(
                session, fields.get("email", ""), fields.get("password", ""), "", address, device, known_device)
        if answer.token:
            presence.sign_out(session, present_tokens[0])  # whoever was signed in here before, at either door
            portal_presence.sign_out(session, present_tokens[1])
        return answer


def _presence(token: str) -> Presence | None:
    with database.reading() as session:
        return presence.presence(session, token)


def _demo_accounts() -> list[sign_in.DemoAccount]:
    with database.reading() as session:
        return sign_in.demo_accounts(session)


def _next_step(must_enrol: bool, wanted: str) -> str:
    return f"{AUTHENTICATOR}?next={quote(wanted, safe='/')}" if must_enrol else wanted


async def show_sign_out(request: Request) -> Response:
    """One button: looking at this page changes nothing."""
    return pages.page(request, "sign_out.html")


async def post_sign_out(request: Request) -> Response:
    """End this sign-in, or all of one's own, and take the cookie away."""
    fields = await pages.form(request)
    await run_in_threadpool(_sign_out, token_of(request), "everywhere" in fields)
    response = RedirectResponse(f"{SIGN_IN}?done=out", 303)
    pages.forget(response)
    return response


def _sign_out(token: str, everywhere: bool) -> None:
    with database.transaction() as session:
        actor = presence.current_actor(session, token)
        if everywhere and actor is not None:
            presence.sign_out_everywhere(session, actor)
        else:
            presence.sign_out(session, token)


async def show_invitation(request: Request) -> Response:
    """The page behind a link: set a password."""
    return await run_in_threadpool(_invitation_page, request, {}, 200)


async def post_invitation(request: Request) -> Response:
    """Set the password and go to sign-in."""
    fields = await pages.form(request)
    return await run_in_threadpool(_accept, request, fields)


def _invitation_page(request: Request, errors: Mapping[str, str], status: int) -> Response:
    try:
        with database.reading() as session:
            person = invitations.invited_person(session, request.path_params["token"])
            name, email = person.name, person.email
    except invitations.LinkIsSpent as spent:
        return links.spent(request, "links", str(spent), link=SIGN_IN, link_text="Go to sign-in")
    return pages.page(request, "invitation.html", status, name=name, email=email, errors=errors)


def _accept(request: Request, fields: Mapping[str, str]) -> Response:
    password = fields.get("password", "")
    if password != fields.get("again", ""):
        return _invitation_page(request, {"again": "The two passwords differ."}, 422)
    try:
        with database.transaction() as session:
            invitations.accept_invitation(session, request.path_params["token"], password)
    except BadInput as bad:
        return _invitation_page(request, {bad.field: str(bad)}, 422)
    except invitations.LinkIsSpent:
        return _invitation_page(request, {}, 410)
    response = RedirectResponse(f"{SIGN_IN}?done=password", 303)
    pages.forget(response)
    return response


async def show_authenticator(request: Request) -> Response:
    """A picture to scan and a field for the first code; for whoever is signed in and has none yet."""
    wanted = local_path(request.query_params.get("next", "/"))
    try:
        begun = await run_in_threadpool(_begin, token_of(request))
    except authenticator.AlreadyEnrolled:
        return RedirectResponse(wanted, 303)
    except PracticeError:
        return RedirectResponse(SIGN_IN, 303)
    return pages.authenticator(request, begun, wanted)


async def post_authenticator(request: Request) -> Response:
    """Store the authenticator after its first right code and show the recovery codes, once."""
    fields = await pages.form(request)
    wanted, token = local_path(fields.get("next", "/")), token_of(request)
    ticket = fields.get("ticket", "")
    try:
        fresh, codes = await run_in_threadpool(_finish, token, ticket, fields.get("code", ""), pages.device_of(request))
    except BadInput as bad:
        begun = await run_in_threadpool(_resume, token, ticket)
        return pages.authenticator(request, begun, wanted, str(bad), 422)
    except authenticator.AlreadyEnrolled:
        return RedirectResponse(wanted, 303)
    except (invitations.LinkIsSpent, NotPermitted):
        return RedirectResponse(SIGN_IN, 303)
    response = pages.page(request, "recovery_codes.html", codes=codes, next=wanted)
    pages.keep_signed_in(request, response, fresh)
    return response


def _begin(token: str) -> Enrolment:
    with database.reading() as session:
        return authenticator.begin_enrolment(session, token)


def _resume(token: str, ticket: str) -> Enrolment:
    with database.reading() as session:
        return authenticator.resume_enrolment(session, token, ticket)


def _finish(token: str, ticket: str, code: str, device: str) -> tuple[str, list[str]]:
    with database.transaction() as session:
        return authenticator.finish_enrolment(session, token, ticket, code, device)


async def show_first_run(request: Request) -> Response:
    """Three short steps on one page, only while there is no practice."""
    if await run_in_threadpool(database.is_set_up):
        return RedirectResponse(SIGN_IN, 303)
    return _first_run_page(request, {}, {})


async def post_first_run(request: Request) -> Response:
    """Check the code from the console, set the practice up, and sign its owner in."""
    fields = await pages.form(request)
    if await run_in_threadpool(database.is_set_up):
        return RedirectResponse(SIGN_IN, 303)
    return await run_in_threadpool(_set_up, request, fields)


def _first_run_page(
    request: Request, typed: Mapping[str, str], errors: Mapping[str, str], status: int = 200,
) -> Response:
    zones = sorted(zone for zone in available_timezones() if "/" in zone and not zone.startswith("Etc/"))
    return pages.page(
        request, "first_run.html", status, typed={"zone": NEAR_ZONES[0], **typed}, errors=errors,
        near_zones=NEAR_ZONES, zones=[zone for zone in zones if zone not in NEAR_ZONES],
    )


def _set_up(request: Request, fields: dict[str, str]) -> Response:
    address = pages.address_of(request)
    typed = {name: value for name, value in fields.items() if name not in ("password", "again", "code")}
    with database.transaction() as session:
        if throttle.is_throttled_address(session, address):
            return _first_run_page(request, typed, {"code": throttle.TOO_MANY}, 429)
        if not CODE.matches(fields.get("code", "")):
            throttle.count_failure(session, address)
            wrong = "This is not the code that the server printed when it started."
            return _first_run_page(request, typed, {"code": wrong}, 422)
    if fields.get("password", "") != fields.get("again", ""):
        return _first_run_page(request, typed, {"again": "The two passwords differ."}, 422)
    names = ("name", "zone", "address", "first_name", "last_name", "email", "password")
    try:
        asked = first_run.SetUpPractice.model_validate({name: fields.get(name, "") for name in names})
        with database.transaction() as session:
            first_run.set_up_practice(session, asked)
            answer = sign_in.sign_in(
                session, asked.email, fields["password"], "", address, pages.device_of(request))
    except ValidationError as wrong_fields:
        return _first_run_page(request, typed, field_messages(wrong_fields), 422)
    except BadInput as bad:
        return _first_run_page(request, typed, {bad.field: str(bad)}, 422)
    except first_run.AlreadySetUp:
        return RedirectResponse(SIGN_IN, 303)
    CODE.spend()
    response = RedirectResponse(f"{AUTHENTICATOR}?next=/", 303)
    pages.keep_signed_in(request, response, answer.token)
    pages.remember_device(response, answer.device)
    return response


routes = [
    Route(SIGN_IN, show_sign_in, methods=["GET"]),
    Route(SIGN_IN, post_sign_in, methods=["POST"]),
    Route("/auth/sign-out", show_sign_out, methods=["GET"]),
    Route("/auth/sign-out", post_sign_out, methods=["POST"]),
    Route("/auth/invitation/{token}", show_invitation, methods=["GET"]),
    Route("/auth/invitation/{token}", post_invitation, methods=["POST"]),
    Route(AUTHENTICATOR, show_authenticator, methods=["GET"]),
    Route(AUTHENTICATOR, post_authenticator, methods=["POST"]),
    Route(FIRST_RUN, show_first_run, methods=["GET"]),
    Route(FIRST_RUN, post_first_run, methods=["POST"]),
    Route("/auth/assets/{name}", pages.asset, methods=["GET"]),
]
