"""The public pages for inquiries, of the practice and of each provider who takes them: plain HTML, no script (I11).

Nobody is signed in here and nobody is looked up: the answer to an inquiry is the same page for everybody.
"""

from collections.abc import Callable, Mapping

from pydantic import ValidationError
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from practicerunner import database
from practicerunner.errors import FieldProblems, PracticeError
from practicerunner.server import pages
from practicerunner.server.markdown import rendered
from practicerunner.workflows import inquiry_page
from practicerunner.workflows.commands import field_messages
from practicerunner.workflows.inquiry_page import (
    FormExpired,
    NoSuchPage,
    PublicPage,
    PublicTime,
    SendInquiry,
    TooManyInquiries,
    Wish,
)

FIELDS = ("first_name", "last_name", "email", "phone", "kind", "service", "where", "provider", "time", "message")
TRAP = "website"
"""A field that nobody sees; who fills it in is a program, and gets the same answer as everybody."""
CONSENT = "Please tick this, so that we may answer you."


async def show(request: Request) -> Response:
    """The empty form, with the choices that its address may name: ``?kind=individual``."""
    typed = {name: request.query_params.get(name, "")[:200] for name in ("kind", "service", "where", "provider")}
    return await run_in_threadpool(_answer, request, typed, _show)


async def take(request: Request) -> Response:
    """Show free times, or take the inquiry."""
    fields = await pages.form(request)
    typed = {name: fields.get(name, "") for name in (*FIELDS, "consent", "form", TRAP)}
    return await run_in_threadpool(_answer, request, typed, _times if fields.get("act") == "times" else _send)


Act = Callable[[Request, str, Mapping[str, str]], Response]


def _answer(request: Request, typed: Mapping[str, str], act: Act) -> Response:
    slug = request.path_params.get("slug", "")
    try:
        try:
            return act(request, slug, typed)
        except TooManyInquiries as refusal:
            return _again(request, slug, _read(slug, typed), typed, problem=str(refusal), status=429)
    except NoSuchPage:
        return pages.page(request, "public_message.html", 404, practice="", title="There is no such page",
                          text="Please check the address.", link="", link_text="")


def _show(request: Request, slug: str, typed: Mapping[str, str]) -> Response:
    return _form(request, _read(slug, typed), typed)


def _times(request: Request, slug: str, typed: Mapping[str, str]) -> Response:
    return _form(request, _read(slug, typed), typed, times=_look(request, slug, typed))


def _send(request: Request, slug: str, typed: Mapping[str, str]) -> Response:
    shown = _read(slug, typed)
    if typed[TRAP]:
        return _thanks(request, shown)
    problems = {} if typed["consent"] else {"consent": CONSENT}
    try:
        try:
            asked = SendInquiry.model_validate({
                "op": inquiry_page.operation_of(typed["form"]), "slug": slug,
                **{name: typed[name] for name in FIELDS if name != "message"},
                "message": typed["message"].replace("\r\n", "\n"),
            })
        except ValidationError as wrong:
            problems = field_messages(wrong) | problems
        if problems:
            raise FieldProblems(problems)
        with database.transaction() as session:
            inquiry_page.send_inquiry(session, asked, pages.address_of(request))
    except FormExpired as expired:
        return _again(request, slug, shown, {**typed, "form": ""}, problem=str(expired))
    except FieldProblems as found:
        return _again(request, slug, shown, typed, errors=found.problems)
    return _thanks(request, shown)


def _again(
    request: Request, slug: str, shown: PublicPage, typed: Mapping[str, str], *,
    errors: Mapping[str, str] | None = None, problem: str = "", status: int = 422,
) -> Response:
    """The form as it was typed, each problem at its field; free times stand again where one was chosen."""
    times = None
    if typed["time"] or "time" in (errors or {}):
        try:
            times = _look(request, slug, typed)
        except TooManyInquiries as refusal:
            problem, status = problem or str(refusal), 429
    return _form(request, shown, typed, status, times=times, errors=errors or {}, problem=problem)


def _thanks(request: Request, shown: PublicPage) -> Response:
    return pages.page(
        request, "public_message.html", practice=shown.practice, title="Thank you",
        text="We received your message and will get in touch with you." + (
            f" If it is urgent, please call us: {shown.phone}." if shown.phone else ""),
        link="", link_text="",
    )


def _read(slug: str, typed: Mapping[str, str]) -> PublicPage:
    with database.reading() as session:
        return inquiry_page.public_page(session, slug, typed["kind"])


def _look(request: Request, slug: str, typed: Mapping[str, str]) -> list[PublicTime]:
    wish = Wish(**{name: typed[name] for name in ("provider", "kind", "service", "where")})
    with database.transaction() as session:
        return inquiry_page.public_times(session, slug, wish, pages.address_of(request))


def _form(
    request: Request, shown: PublicPage, typed: Mapping[str, str], status: int = 200, *,
    times: list[PublicTime] | None = None, errors: Mapping[str, str] | None = None, problem: str = "",
) -> Response:
    form = typed.get("form", "")
    try:
        inquiry_page.operation_of(form)
    except PracticeError:
        form = inquiry_page.new_form()
    values = {name: value.encode("utf-8", "replace").decode() for name, value in typed.items()}
    offered = {one.value for one in times or ()}
    if values.get("time") not in offered:
        values["time"] = ""
    return pages.page(
        request, "inquiry.html", status, shown=shown, introduction=rendered(shown.introduction), typed=values,
        times=times or [], looked=times is not None, errors=errors or {}, problem=problem, form=form,
        here=request.url.path,
    )


routes = [
    Route(pages.PUBLIC, show, methods=["GET"]),
    Route(pages.PUBLIC, take, methods=["POST"]),
    Route(f"{pages.PUBLIC}/{{slug}}", show, methods=["GET"]),
    Route(f"{pages.PUBLIC}/{{slug}}", take, methods=["POST"]),
]
