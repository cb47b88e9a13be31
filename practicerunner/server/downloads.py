"""Papers and tables leave the house here: authorised by the workflow, audited, and never kept by a browser."""

from importlib import import_module
from typing import Any
from urllib.parse import quote

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

from practicerunner import database
from practicerunner.errors import NotFound, NotPermitted, PracticeError
from practicerunner.server.gate import token_of
from practicerunner.workflows import sign_in


async def paper(request: Request) -> Response:
    """One issued paper: ``/files/invoice/7.pdf``."""
    return await run_in_threadpool(_answer, token_of(request), request.path_params["kind"], request.path_params["id"])


async def table(request: Request) -> Response:
    """One table of the practice: ``/files/clients.csv``."""
    return await run_in_threadpool(_answer, token_of(request), request.path_params["kind"], None)


def _papers() -> Any:
    """The workflow that hands papers out, imported when the first is asked for: it brings the drawing of PDFs along."""
    return import_module("practicerunner.workflows.papers")


def _answer(token: str, kind: str, paper_id: int | None) -> Response:
    """What the workflow hands out; a stranger learns no more than that there is nothing here."""
    try:
        with database.transaction() as session:
            actor = sign_in.current_actor(session, token, active=True)
            if actor is None:
                return PlainTextResponse("Please sign in.", 401)
            name, media_type, content = _papers().fetch(session, actor, kind, paper_id)
    except NotFound:
        return PlainTextResponse("There is no such file.", 404)
    except NotPermitted as refusal:
        return PlainTextResponse(str(refusal), 403)
    except PracticeError as trouble:
        return PlainTextResponse(str(trouble), 409)
    return Response(content, media_type=media_type, headers={"content-disposition": attachment(name)})


def attachment(name: str) -> str:
    """A Content-Disposition with the file's name in full (RFC 5987) and a plain one beside it."""
    plain = "".join(c if c.isascii() and (c.isalnum() or c in " ._-") else "_" for c in name) or "file"
    return f"attachment; filename=\"{plain}\"; filename*=UTF-8''{quote(name, safe='')}"


routes = [
    Route("/files/{kind}/{id:int}.pdf", paper, methods=["GET"]),
    Route("/files/{kind}.csv", table, methods=["GET"]),
]
