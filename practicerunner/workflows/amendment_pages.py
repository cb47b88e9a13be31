"""A request to amend the record with its text, read as a note is: what was asked, its answer, what may be done.

That there is one, for whoever may see the case: ``amendment_lists``.
"""

from dataclasses import dataclass
from datetime import date, datetime
from zoneinfo import ZoneInfo

from sqlalchemy.orm import Session

from practicerunner import clock
from practicerunner.errors import NotFound
from practicerunner.records import amendments, audit, note_lists, practice, releases
from practicerunner.records.amendments import AmendmentRequest, AmendmentWord, Asked
from practicerunner.records.people import Person
from practicerunner.records.staff import Staff
from practicerunner.rules import amendments as rule
from practicerunner.rules import notes as note_rule
from practicerunner.rules.case_types import capabilities
from practicerunner.vocabulary import Action, AmendmentWordKind, Resource
from practicerunner.workflows.access import Actor
from practicerunner.workflows.amendment_answers import change_problem
from practicerunner.workflows.amendment_duty import review_for
from practicerunner.workflows.amendment_letters import AnsweredTo, answered_to
from practicerunner.workflows.amendment_lists import (
    AmendmentLine,
    in_words,
    line_of,
    opens_freely,
    readable_documents,
    reading,
)
from practicerunner.workflows.amendments import amendment_for, today_here, who_speaks
from practicerunner.workflows.cases import case_for
from practicerunner.workflows.commands import reader
from practicerunner.workflows.forms import full_name
from practicerunner.workflows.note_readers import LOG_AGAIN_AFTER, may_open


@dataclass(frozen=True, slots=True)
class Added:
    """A statement of disagreement, or the answer to it."""

    text: str
    document: str
    """Title of the paper that says it; empty where there is none."""
    document_id: int | None
    given_on: date
    recorded_by: str


@dataclass(frozen=True, slots=True)
class AmendmentPage:
    """A request with its text, its answer, and what the reader may do."""

    line: AmendmentLine
    revision: int
    called: str
    wanted: str
    capacity: str
    authority: str
    channel: str
    recorded_by: str
    recorded_at: datetime
    note_id: int | None
    note: str
    document: str
    extended: tuple[date, str] | None
    """When who asked was told that it takes longer, and why."""
    may_extend: bool
    may_answer: bool
    """Whether the reader may take it back for the client, or add a statement."""
    may_decide: bool
    decides: str
    """Who decides instead, where the reader's own word is not the last."""
    changes: dict[int, str]
    """Addenda that can be named as the change."""
    sent_to: dict[int, str]
    """Releases of the record so far, by whom they went to."""
    documents: dict[int, str]
    answer: str
    made_by: tuple[tuple[int, str], ...]
    """Addenda that made the change: note id and what it is."""
    inform: tuple[str, ...]
    ground: str
    basis: str
    closed_at: datetime | None
    closed_by: str
    may_print: bool
    letter_to: str
    """To whom the letter of a denial was written, as they were called then."""
    letter_lost: bool
    """Whether it was written to somebody to whom the answer does not go any more."""
    answer_to: dict[int, str]
    """To whom the answer goes, by name: one, or several of whom one is chosen; empty while nobody may hear it."""
    not_to_asker: str
    """Why it goes to somebody else than who asked, in a sentence; empty where it does not."""
    may_take_back: dict[int, str]
    """Whose word takes it back, by name."""
    taken_back: str
    """Who took it back, when, how and why."""
    statement: Added | None
    rebuttal: Added | None
    zone: str
    today: date

    @property
    def tell(self) -> str:
        """To whom the answer goes, by name."""
        return " or ".join(self.answer_to.values()) or "whoever may act for them once that is clear"

    @property
    def may_be_told_until(self) -> date:
        """The last day on which somebody can have been told in time that it takes longer."""
        return min(self.today, rule.due_on(self.line.received_on, extended=False))


@reader(Resource.AMENDMENTS)
def amendment_page(
    session: Session, actor: Actor, amendment_id: int, reason: str = ""
) -> AmendmentPage | AmendmentLine:
    """A request with its text for whoever may read the notes it is about; a line until a reason was typed.

    The reading is logged, so this needs a transaction. Raises NotFound for strangers.
    """
    on = amendments.one(session, amendment_id)
    if on is None:
        raise NotFound(actor=actor, action=Action.READ, resource=Resource.AMENDMENTS, resource_id=amendment_id)
    allowed = reading(session, actor, on)
    if allowed is not None and allowed.needs_reason and not reason.strip():
        case_for(session, actor, on.case.id)
        return line_of(session, actor, on, today_here(session))
    on = amendment_for(session, actor, amendment_id, Action.READ, reason=reason)
    _log(session, actor, on, f"reason: {reason.strip()}" if allowed is not None and allowed.needs_reason else "")
    return _page(session, actor, on)


def _log(session: Session, actor: Actor, on: Asked, detail: str) -> None:
    """Write into the audit log that somebody reads a request; once for a page that redraws itself."""
    request, since = on.request, clock.now() - LOG_AGAIN_AFTER
    if not amendments.opened_since(session, actor.staff_id, request.case_id, request.id, detail, since):
        audit.note(
            session, staff_id=actor.staff_id, role=session.info.get("role", ""), action=amendments.OPENED,
            resource=Resource.AMENDMENTS, resource_id=request.id, case_id=request.case_id, detail=detail)


def _page(session: Session, actor: Actor, on: Asked) -> AmendmentPage:
    request, case = on.request, on.case
    people = amendments.names(session, [request.recorded_by_id, request.closed_by_id])
    today, us = today_here(session), practice.the_practice(session)
    is_open = request.closed_at is None

    def able(action: Action) -> bool:
        return opens_freely(reading(session, actor, on, action))

    decides, review = able(Action.SIGN), review_for(session, on, actor.staff_id, actor.roles)
    readable = readable_documents(session, actor, case)
    words, to = amendments.words_of(session, request.id), answered_to(session, on)
    note = note_lists.one_row(session, request.note_id) if request.note_id is not None else None
    recorded = people.get(request.recorded_by_id or 0)
    closed = people.get(request.closed_by_id or 0)
    return AmendmentPage(
        line_of(session, actor, on, today), request.revision, capabilities(case.type).called, request.wanted,
        request.capacity, request.authority, request.channel.label, recorded.name if recorded else "",
        request.created_at, request.note_id if note is not None and may_open(actor, note) else None,
        f"{note_rule.title(note.kind, note.form)} of {in_words(note.service_date)}" if note is not None else "",
        _title(readable, request.document_id),
        (request.told_on, request.extension_reason) if request.told_on is not None else None,
        is_open and able(Action.UPDATE) and request.extended_at is None,
        able(Action.UPDATE), decides and review is None,
        "" if review is None or review.supervisor is None else review.supervisor.name,
        _changes(session, actor, on) if is_open else {},
        {one.id: one.recipient for one in releases.of_case(session, case.id) if one.sent_at is not None}
        if is_open else {},
        readable, request.answer,
        tuple((of.id, f"Addendum of {in_words(_local(session, addendum.created_at))} beneath the "
               f"{note_rule.title(of.kind, of.form).lower()} of {in_words(of.service_date)}")
              for addendum, of in amendments.changes_of(session, request.id)),
        tuple(one.name for one in amendments.recipients_of(session, request.id)),
        request.ground.label if request.ground is not None else "", request.basis, request.closed_at,
        closed.name if closed else "", bool(request.letter) and able(Action.EXPORT),
        request.letter["to"]["name"] if request.letter else "", _is_lost(request, to),
        to.people, to.changed, who_speaks(session, on) if is_open else {}, _taken_back(session, request),
        _added(session, readable, words.get(AmendmentWordKind.STATEMENT)),
        _added(session, readable, words.get(AmendmentWordKind.REBUTTAL)), us.zone, today,
    )


def _is_lost(request: AmendmentRequest, to: AnsweredTo) -> bool:
    """Whether a letter was written to somebody else than may hear the answer now, whatever they are called by now."""
    if not request.letter:
        return False
    written_to: int | None = request.letter.get("to_id")
    if written_to is None:
        return request.letter["to"]["name"] not in to.people.values()
    return written_to not in to.people


def _local(session: Session, at: datetime) -> date:
    return at.astimezone(ZoneInfo(practice.the_practice(session).zone)).date()


def _title(readable: dict[int, str], document_id: int | None) -> str:
    return readable.get(document_id, "A document that is not yours to read") if document_id is not None else ""


def _taken_back(session: Session, request: AmendmentRequest) -> str:
    kept = amendments.withdrawal_of(session, request.id)
    if kept is None:
        return ""
    who = full_name(session.get_one(Person, kept.told_by_id))
    return f"{who} said so on {in_words(kept.told_on)}, {kept.how.label.lower()}:\n{kept.reason}"


def _changes(session: Session, actor: Actor, on: Asked) -> dict[int, str]:
    """Addenda that can be what was changed and that the actor may read, the newest first."""
    found = [one for one in amendments.addenda_of_case(session, on.case.id) if not change_problem(session, on, one)]
    rows = note_lists.rows_of(session, {one.note.id for one in found})
    return {
        one.addendum.id: f"{in_words(_local(session, one.addendum.created_at))}, {one.addendum.reason}: "
        f"{note_rule.title(one.note.kind, one.note.form).lower()} of {in_words(one.note.service_date)}"
        for one in found if opens_freely(may_open(actor, rows[one.note.id]))
    }


def _added(session: Session, readable: dict[int, str], kept: AmendmentWord | None) -> Added | None:
    if kept is None:
        return None
    who = session.get_one(Staff, kept.recorded_by_id)
    return Added(kept.text, _title(readable, kept.document_id),
                 kept.document_id if kept.document_id in readable else None, kept.given_on, who.name)
