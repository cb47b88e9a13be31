"""Calendar feeds leave the house here: by the secret in their address alone, without a session.

An address that was guessed, is no address at all, was revoked or belongs to the side that this server does not serve
gets one and the same answer, after the same work; and whoever guesses is counted by where they come from.
"""

import hashlib
from collections.abc import Sequence

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

from practicerunner import database
from practicerunner.errors import PracticeError
from practicerunner.server.downloads import attachment
from practicerunner.server.pages import address_of
from practicerunner.settings import settings
from practicerunner.workflows import feeds, throttle

PATH = "/feeds/"
ENDING = ".ics"


async def calendar(request: Request) -> Response:
    """One feed: ``/feeds/<secret>.ics``."""
    answer = await run_in_threadpool(_answer, request.path_params["rest"], address_of(request))
    tags = [tag.strip().removeprefix("W/") for tag in request.headers.get("if-none-match", "").split(",")]
    if answer.status_code == 200 and _matches(answer.headers["etag"], tags):
        return Response(status_code=304, headers={"etag": answer.headers["etag"]})
    if request.method == "HEAD":
        return Response(status_code=answer.status_code, headers=dict(answer.headers))
    return answer


def _matches(tag: str, known: Sequence[str]) -> bool:
    return tag in known or "*" in known


def _answer(rest: str, address: str) -> Response:
    name = rest.removesuffix(ENDING) if rest.endswith(ENDING) else ""
    token = name if feeds.SECRET.fullmatch(name) else ""
    # Counted apart from sign-ins: a calendar program that goes on asking for a revoked feed keeps nobody out.
    counted_as = f"feeds {address}"
    with database.reading() as session:
        if throttle.is_throttled_address(session, counted_as):
            return PlainTextResponse(throttle.TOO_MANY, 429)
        try:
            found = feeds.feed(
                session, token, staff=settings().serves_staff, clients=settings().serves_portal)
            due = found is not None and feeds.is_reading_due(session, token)
        except PracticeError:
            found, due = None, False
    if found is None:
        with database.transaction() as session:
            throttle.count_failure(session, counted_as)
        return PlainTextResponse("There is no such calendar.", 404)
    if due:
        with database.transaction() as session:
            feeds.note_reading(session, token)
    title, content = found
    return Response(content, media_type="text/calendar; charset=utf-8", headers={
        "content-disposition": attachment(f"{title}{ENDING}"),
        "etag": f'"{hashlib.sha256(content).hexdigest()[:32]}"',
    })


routes = [Route(f"{PATH}{{rest:path}}", calendar, methods=["GET"])]
