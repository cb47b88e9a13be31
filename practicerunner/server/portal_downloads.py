"""What somebody outside the practice downloads: their own papers, what was shared with them (documents, plans and
consultation notes), and what a form of theirs asks them to read.

``?for=7`` names the client for whom they act, which opens nothing by itself: every file is decided on its own, and what
is somebody else's is not there.
"""

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
from practicerunner.vocabulary import Action, DocumentKind, Resource
from practicerunner.workflows import (
    portal_access,
    portal_billing,
    portal_documents,
    portal_forms,
    portal_messages,
    portal_papers,
    portal_presence,
)
from practicerunner.workflows.access import PortalActor

Fetch = Callable[[Session, PortalActor], tuple[str, str, bytes]]
LONGEST_ID = 2**63


async def paper(request: Request) -> Response:
    """One paper of one's own: ``/portal/files/invoice/7.pdf``."""
    kind, subject_id = request.path_params["kind"], request.path_params["id"]
    if kind not in list(DocumentKind) or subject_id >= LONGEST_ID:
        return _nothing()
    return await _handed_out(request, lambda session, actor: portal_billing.my_paper(
        session, actor, DocumentKind(kind), subject_id))


async def document(request: Request) -> Response:
    """One document that was shared: ``/portal/files/document/7``."""
    document_id = request.path_params["id"]
    if document_id >= LONGEST_ID:
        return _nothing()
    return await _handed_out(
        request, lambda session, actor: portal_documents.my_document(session, actor, document_id))


async def note(request: Request) -> Response:
    """A plan or a consultation note that was shared: ``/portal/files/note/7.pdf``."""
    note_id = request.path_params["id"]
    if note_id >= LONGEST_ID:
        return _nothing()
    return await _handed_out(request, lambda session, actor: portal_papers.my_note_paper(session, actor, note_id))


async def form_pdf(request: Request) -> Response:
    """A PDF that a form shows whom it was given to: ``/portal/files/form/7/9``, the form and the file."""
    form_id, file_id = request.path_params["id"], request.path_params["file"]
    if max(form_id, file_id) >= LONGEST_ID:
        return _nothing()
    return await _handed_out(
        request, lambda session, actor: portal_forms.my_form_pdf(session, actor, form_id, file_id))


async def message_file(request: Request) -> Response:
    """A file that came with a message, as it was sent: ``/portal/files/message/7``; the message says for whom."""
    attachment_id = request.path_params["id"]
    if attachment_id >= LONGEST_ID:
        return _nothing()
    return await run_in_threadpool(
        _answer, "", portal_token_of(request),
        lambda session, actor: portal_messages.fetch_my_attachment(session, actor, attachment_id),
        lambda session, person_id: portal_messages.actor_for_attachment(session, person_id, attachment_id))


async def _handed_out(request: Request, fetch: Fetch) -> Response:
    return await run_in_threadpool(_answer, request.query_params.get("for", ""), portal_token_of(request), fetch)


def _nothing() -> Response:
    return PlainTextResponse("There is no such file.", 404)


def _answer(
    word: str, token: str, fetch: Fetch, actor_of: Callable[[Session, int], PortalActor] | None = None
) -> Response:
    """What the workflow hands out; whoever asks for somebody else's learns no more than that there is nothing here.

    ``word`` names the client in the address, or ``actor_of`` finds out for whom somebody comes.
    """
    if word and not (word.isascii() and word.isdigit() and len(word) < 19):
        return _nothing()
    try:
        with database.transaction() as session:
            visitor = portal_presence.current_visitor(session, token, active=True)
            if visitor is None:
                return PlainTextResponse("Please sign in.", 401)
            actor = actor_of(session, visitor.person_id) if actor_of else portal_access.portal_actor(
                visitor, int(word) if word else None)
            if actor is None:  # an attempt like any other, so it is in the audit log
                raise NotFound(
                    actor=PortalActor(visitor.person_id, visitor.name), action=Action.READ,
                    resource=Resource.CLIENT_DIRECTORY, resource_id=int(word))
            name, media_type, content = fetch(session, actor)
    except NotFound:
        return _nothing()
    except NotPermitted as refusal:
        return PlainTextResponse(str(refusal), 403)
    except PracticeError as trouble:
        return PlainTextResponse(str(trouble), 409)
    return Response(content, media_type=media_type, headers={"content-disposition": attachment(name)})


routes = [
    Route("/portal/files/message/{id:int}", message_file, methods=["GET"]),
    Route("/portal/files/document/{id:int}", document, methods=["GET"]),
    Route("/portal/files/form/{id:int}/{file:int}", form_pdf, methods=["GET"]),
    Route("/portal/files/note/{id:int}.pdf", note, methods=["GET"]),
    Route("/portal/files/{kind}/{id:int}.pdf", paper, methods=["GET"]),
]
