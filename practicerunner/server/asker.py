"""The page behind the link to a conversation about an inquiry: plain HTML, no script, no account (I11).

Opening the link shows one button and looks nothing up, the same for every link, so that a program that follows links
in e-mails learns nothing and marks nothing as read. Pressing it reads; the secret never leaves the address.
"""

from collections.abc import Mapping

from pydantic import ValidationError
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from practicerunner import database
from practicerunner.server import links, pages
from practicerunner.workflows import asker_page, inquiry_page
from practicerunner.workflows.asker_page import AnswerByLink, AskerPage, LinkIsOver, TooManyAnswers
from practicerunner.workflows.asker_threads import ConversationIsClosed
from practicerunner.workflows.commands import field_messages
from practicerunner.workflows.inquiry_page import FormExpired

LETTER = f"{pages.PUBLIC}/letter/{{token}}"
COUNTED_AS = "inquiry letter"
OVER = "It is too old, or a newer e-mail of ours took its place. Please open the newest one, or "


async def show(request: Request) -> Response:
    """One button: looking at this page reads nothing."""
    us = await run_in_threadpool(_us)
    return pages.page(request, "asker_letter.html", practice=us.name, here=request.url.path)


async def act(request: Request) -> Response:
    """Read the conversation, or answer in it."""
    fields = await pages.form(request)
    return await run_in_threadpool(answer, request, fields)


def answer(request: Request, fields: Mapping[str, str]) -> Response:
    """What somebody is answered who pressed a button behind a link."""
    token = request.path_params["token"]
    try:
        return _send(request, token, fields) if fields.get("act") == "send" else _read(request, token)
    except LinkIsOver:
        us = _us()
        reach = f"call us: {us.phone}." if us.phone else "get in touch with us."
        return links.spent(request, COUNTED_AS, OVER + reach, link="", link_text="", practice=us.name)


def _us() -> asker_page.Us:
    with database.reading() as session:
        return asker_page.about_us(session)


def _read(request: Request, token: str, status: int = 200, **said: str) -> Response:
    with database.transaction() as session:
        shown = asker_page.read_by_link(session, token)
    return _page(request, shown, status, **said)


def _send(request: Request, token: str, fields: Mapping[str, str]) -> Response:
    typed, form = fields.get("text", "").replace("\r\n", "\n"), fields.get("form", "")
    try:
        asked = AnswerByLink(op=inquiry_page.operation_of(form), token=token, text=typed)
        with database.transaction() as session:
            shown = asker_page.answer_by_link(session, asked)
    except ValidationError as wrong:
        return _read(request, token, 422, typed=typed, problem=next(iter(field_messages(wrong).values())), form=form)
    except (FormExpired, TooManyAnswers) as refusal:
        return _read(request, token, 429 if isinstance(refusal, TooManyAnswers) else 422, typed=typed,
                     problem=str(refusal))
    except ConversationIsClosed:
        return _read(request, token, 409, typed=typed)
    return _page(request, shown, notice="Your message is with us. We will answer here.")


def _page(
    request: Request, shown: AskerPage, status: int = 200, *, typed: str = "", problem: str = "", notice: str = "",
    form: str = "",
) -> Response:
    if shown.has_moved:
        not_sent = f"What you wrote was not sent: “{_plain(typed).strip()}” " if typed.strip() else ""
        call = f" If you have no access to it yet, please call us: {shown.us.phone}." if shown.us.phone else ""
        return pages.page(
            request, "public_message.html", practice=shown.us.name, title="Our conversation goes on in the portal",
            text=f"{not_sent}You find it there under Messages, once you have signed in.{call}", link=pages.PORTAL,
            link_text="To the portal")
    return pages.page(
        request, "asker_conversation.html", status, shown=shown, here=request.url.path, typed=_plain(typed),
        problem=problem, notice=notice, form=form or inquiry_page.new_form())


def _plain(text: str) -> str:
    """Text that can be written into a page, whatever was posted."""
    return text.encode("utf-8", "replace").decode()


routes = [Route(LETTER, show, methods=["GET"]), Route(LETTER, act, methods=["POST"])]
