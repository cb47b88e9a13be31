"""Papers and tables leave the house here: authorised by the workflow, audited, and never kept by a browser."""

from collections.abc import Awaitable, Callable
from datetime import date
from typing import Any, get_args
from urllib.parse import quote

from sqlalchemy.orm import Session
from starlette.concurrency import run_in_threadpool
from starlette.datastructures import QueryParams
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

from practicerunner import clock, database
from practicerunner.errors import NotFound, NotPermitted, PracticeError
from practicerunner.records import audit, practice
from practicerunner.reports import aging, overview, tables
from practicerunner.rules import periods
from practicerunner.server.gate import token_of
from practicerunner.vocabulary import (
    Action,
    CaseType,
    DocumentKind,
    ListFilter,
    MoneyBy,
    OverviewTable,
    ReportPeriod,
    Resource,
)
from practicerunner.workflows import (
    amendment_papers,
    clients,
    custody_pages,
    documents,
    estimate_pages,
    library,
    message_pages,
    note_papers,
    papers,
    presence,
    private_releases,
    record_exports,
    statement_runs,
    superbills,
    supervision_hours,
)
from practicerunner.workflows.access import Actor

Handed = tuple[str, str, bytes]
"""File name, media type, bytes."""
Fetch = Callable[[Session, Actor], Handed]
LONGEST_ID = 2**63


def clients_table(asked: QueryParams) -> Fetch:
    """The client list as it stands on the screen: ``filter``, ``search``, ``type`` (several), ``provider``, ``sort``,
    ``descending=1``. Raises ValueError for a word that is not one of ours.
    """
    sort = asked.get("sort", "name")
    if sort not in get_args(clients.Sort):
        raise ValueError(sort)
    options: dict[str, Any] = {
        "filter": ListFilter(asked.get("filter", ListFilter.ACTIVE_AND_PROSPECT)), "search": asked.get("search", ""),
        "types": [CaseType(word) for word in asked.getlist("type")], "sort": sort,
        "provider_id": int(asked["provider"]) if "provider" in asked else None,
        "descending": asked.get("descending") == "1",
    }
    return lambda session, actor: (
        "clients.csv", "text/csv; charset=utf-8", clients.client_csv(session, actor, **options))


def hours_table(asked: QueryParams) -> Fetch:
    """The hours of supervision that somebody may see."""
    return lambda session, actor: (
        "supervision-hours.csv", "text/csv; charset=utf-8", supervision_hours.hours_csv(session, actor))


def aging_table(asked: QueryParams) -> Fetch:
    """Receivables by age at the end of a ``day``. Raises ValueError for a day that is none."""
    day = date.fromisoformat(asked.get("day", ""))

    def hand_out(session: Session, actor: Actor) -> Handed:
        rows = aging.aging(database.engine(), actor, day)
        audit.note(
            session, staff_id=actor.staff_id, action=Action.EXPORT, resource=Resource.INVOICES,
            detail=f"aging as of {day}, {len(rows)} rows",
        )
        return f"aging-{day}.csv", "text/csv; charset=utf-8", aging.aging_csv(rows, day)

    return hand_out


def overview_table(asked: QueryParams) -> Fetch:
    """A table of the overview as it stands on the screen: ``table``, ``period``, ``provider``; for money ``by`` what,
    for its movements ``of`` which of them. Raises ValueError for a word that is not one of ours.
    """
    which, choice = OverviewTable(asked.get("table", "")), ReportPeriod(asked.get("period", ""))
    by = MoneyBy(asked.get("by", MoneyBy.PROVIDER))
    provider = asked.get("provider", "")
    if not _is_id(provider):
        raise ValueError(provider)
    provider_id = int(provider) if provider else None
    where = tables.narrowed(by, asked["of"]) if "of" in asked else {}

    def fetch(session: Session, actor: Actor) -> Handed:
        days = periods.period(choice, clock.today(practice.the_practice(session).zone))
        made = tables.table(
            overview.Asked(database.engine(), actor, days, provider_id), which, by=by, where=where
        )
        audit.note(
            session, staff_id=actor.staff_id, action=Action.EXPORT, resource=Resource.FINANCIAL_DASHBOARDS,
            detail=f"{which}, {days.start} to {days.end}, {made.number} rows",
        )
        return f"{which}-{days.start}-{days.end}.csv", "text/csv; charset=utf-8", made.csv

    return fetch


TABLES: dict[str, Callable[[QueryParams], Fetch]] = {
    "clients": clients_table, "supervision-hours": hours_table, "overview": overview_table,
    "aging": aging_table,
}
"""Name in the address (``/files/clients.csv``) → what reads the question and returns who answers it."""

FOR_INSURANCE: dict[DocumentKind, Callable[[Session, Actor, int], Handed]] = {
    DocumentKind.SUPERBILL: superbills.superbill_pdf, DocumentKind.GOOD_FAITH_ESTIMATE: estimate_pages.estimate_pdf,
}
"""Papers that come from rooms of their own; ``papers.fetch`` hands out the others."""


async def paper(request: Request) -> Response:
    """One issued paper: ``/files/invoice/7.pdf``."""
    kind, subject_id = request.path_params["kind"], request.path_params["id"]
    if kind not in list(DocumentKind) or subject_id >= LONGEST_ID:
        return _nothing()
    hand_out = FOR_INSURANCE.get(DocumentKind(kind))
    return await run_in_threadpool(
        _answer, token_of(request), lambda session, actor: (
            hand_out(session, actor, subject_id) if hand_out
            else papers.fetch(session, actor, DocumentKind(kind), subject_id)))


def _files_of(hand_out: Callable[[Session, Actor, int], Handed]) -> Callable[[Request], Awaitable[Response]]:
    """The door to one kind of file, of which the number in the address names one."""
    async def answer(request: Request) -> Response:
        file_id = request.path_params["id"]
        if file_id >= LONGEST_ID:
            return _nothing()
        return await run_in_threadpool(
            _answer, token_of(request), lambda session, actor: hand_out(session, actor, file_id))

    return answer


async def note(request: Request) -> Response:
    """One signed note: ``/files/note/7.pdf``; a participant's copy of a group note: ``/files/note/7.pdf?person=9``."""
    note_id, person = request.path_params["id"], request.query_params.get("person", "")
    if note_id >= LONGEST_ID or not _is_id(person):
        return _nothing()
    person_id = int(person) if person else None
    return await run_in_threadpool(
        _answer, token_of(request),
        lambda session, actor: note_papers.note_pdf(session, actor, note_id, person_id=person_id))


async def record(request: Request) -> Response:
    """The record of a case, ``/files/record/7.pdf``; one participant's own or their extract with ``?person=9``.

    Of a couple or a family the whole takes a release: ``?release=5``.
    """
    case_id, person = request.path_params["id"], request.query_params.get("person", "")
    release = request.query_params.get("release", "")
    if case_id >= LONGEST_ID or not _is_id(person) or not _is_id(release):
        return _nothing()
    person_id, release_id = int(person) if person else None, int(release) if release else None
    return await run_in_threadpool(
        _answer, token_of(request),
        lambda session, actor: record_exports.record_pdf(session, actor, case_id, person_id, release_id))


async def custody_paper(request: Request) -> Response:
    """The order, or an authorisation, by which private notes are asked for: ``/files/custody/7/9``, the procedure and
    the document.
    """
    custody_id, document_id = request.path_params["id"], request.path_params["document"]
    if max(custody_id, document_id) >= LONGEST_ID:
        return _nothing()
    return await run_in_threadpool(
        _answer, token_of(request),
        lambda session, actor: custody_pages.custody_paper(session, actor, custody_id, document_id))


def _is_id(word: str) -> bool:
    """Whether a word of an address names a row, or nothing."""
    return not word or (word.isascii() and word.isdigit() and len(word) < 19)


async def table(request: Request) -> Response:
    """One table of the practice: ``/files/clients.csv``."""
    ask = TABLES.get(request.path_params["name"])
    if ask is None:
        return _nothing()
    try:
        fetch = ask(request.query_params)
    except ValueError:
        return PlainTextResponse("This address asks for something that does not exist.", 400)
    return await run_in_threadpool(_answer, token_of(request), fetch)


def _nothing() -> Response:
    return PlainTextResponse("There is no such file.", 404)


def _answer(token: str, fetch: Fetch) -> Response:
    """What the workflow hands out; a stranger learns no more than that there is nothing here."""
    try:
        with database.transaction() as session:
            actor = presence.current_actor(session, token, active=True)
            if actor is None:
                return PlainTextResponse("Please sign in.", 401)
            name, media_type, content = fetch(session, actor)
    except NotFound:
        return _nothing()
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
    Route("/files/document/{id:int}", _files_of(documents.fetch_document), methods=["GET"]),
    Route("/files/message/{id:int}", _files_of(message_pages.fetch_attachment), methods=["GET"]),
    Route("/files/practice/{id:int}", _files_of(library.fetch_practice_file), methods=["GET"]),
    Route("/files/note/{id:int}.pdf", note, methods=["GET"]),
    Route("/files/record/{id:int}.pdf", record, methods=["GET"]),
    Route("/files/private/{id:int}.pdf", _files_of(private_releases.private_release_pdf), methods=["GET"]),
    Route("/files/custody/{id:int}/{document:int}", custody_paper, methods=["GET"]),
    Route("/files/denial/{id:int}.pdf", _files_of(amendment_papers.denial_pdf), methods=["GET"]),
    Route("/files/statements/{id:int}.pdf", _files_of(statement_runs.run_pdf), methods=["GET"]),
    Route("/files/{kind}/{id:int}.pdf", paper, methods=["GET"]),
    Route("/files/{name}.csv", table, methods=["GET"]),
]
