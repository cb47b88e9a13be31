"""Files leave for the portal here: to whoever is signed in there, as the workflow allows, audited, never cached."""

from collections.abc import Callable

from sqlalchemy.orm import Session
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

from practicerunner import database
from practicerunner.errors import NotFound, NotPermitted, PracticeError
from practicerunner.server.downloads import attachment
from practicerunner.server.gate import portal_token_of
from practicerunner.workflows import portal_messages, portal_presence
from practicerunner.workflows.access import PortalActor

Fetch = Callable[[Session, PortalActor], tuple[str, str, bytes]]
FILES = "/portal/files"


async def message_file(request: Request) -> Response:
    """A file that came with a message, as it was sent: ``/portal/files/message/7``."""
    attachment_id = request.path_params["id"]
    if attachment_id >= 2**63:
        return _nothing()
    return await run_in_threadpool(
        _answer, portal_token_of(request),
        lambda session, actor: portal_messages.fetch_my_attachment(session, actor, attachment_id),
        lambda session, person_id: portal_messages.actor_for_attachment(session, person_id, attachment_id))


def _nothing() -> Response:
    return PlainTextResponse("There is no such file.", 404)


def _answer(token: str, fetch: Fetch, actor_of: Callable[[Session, int], PortalActor]) -> Response:
    """What the workflow hands out; ``actor_of`` says for whom somebody comes, since an address does not."""
    try:
        with database.transaction() as session:
            visitor = portal_presence.current_visitor(session, token, active=True)
            if visitor is None:
                return PlainTextResponse("Please sign in.", 401)
            name, media_type, content = fetch(session, actor_of(session, visitor.person_id))
    except NotFound:
        return _nothing()
    except NotPermitted as refusal:
        return PlainTextResponse(str(refusal), 403)
    except PracticeError as trouble:
        return PlainTextResponse(str(trouble), 409)
    return Response(content, media_type=media_type, headers={"content-disposition": attachment(name)})


routes = [Route(f"{FILES}/message/{{id:int}}", message_file, methods=["GET"])]
