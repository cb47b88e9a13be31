"""Requests to amend the record as their readers may see them: that there is one, or what it says and how it stands.

Whoever may see the case sees that a request exists and until when it is answered; its text is read as a note is.
"""

from dataclasses import dataclass
from datetime import date, datetime
from zoneinfo import ZoneInfo

from sqlalchemy.orm import Session

from practicerunner import clock
from practicerunner.errors import NotFound
from practicerunner.records import amendments, audit, notes, practice, releases
from practicerunner.records.amendments import AmendmentRequest, AmendmentWord, Asked
from practicerunner.records.cases import Case
from practicerunner.records.logins import Staff
from practicerunner.records.notes import Note
from practicerunner.records.people import Person
from practicerunner.rules import amendments as rule
from practicerunner.rules import notes as note_rule
from practicerunner.rules.case_types import capabilities
from practicerunner.rules.permissions import Allowed
from practicerunner.vocabulary import Action, AmendmentDecision, AmendmentWordKind, Resource, Role
from practicerunner.workflows.access import Actor, how_may, may, may_touch, visible
from practicerunner.workflows.amendment_answers import change_problem
from practicerunner.workflows.amendment_duty import Duty, duty_of, review_for
from practicerunner.workflows.amendment_letters import answered_to
from practicerunner.workflows.amendments import amendment_for, today_here, who_speaks, whose
from practicerunner.workflows.cases import case_for
from practicerunner.workflows.commands import reader
from practicerunner.workflows.documents import documents_of_case
from practicerunner.workflows.form_pages import signers_of
from practicerunner.workflows.forms import Signatory, full_name
from practicerunner.workflows.note_readers import LOG_AGAIN_AFTER, may_open
from practicerunner.workflows.own_word import own_problem


@dataclass(frozen=True, slots=True)
class AmendmentLine:
    """A request in a list: that it is there and until when it is answered, never its text."""

    amendment_id: int
    case_id: int
    case_name: str
    word: str
    """What the record is called here."""
    person: str
    """Whose record it is."""
    received_on: date
    due_on: date
    overdue: bool
    is_open: bool
    can_open: bool
    """Whether the reader may open it, with or without a typed reason."""
    needs_reason: bool
    decision: AmendmentDecision | None
    """Empty for who may not open it."""
    decided_by: str = ""
    """Who decides about it, by name; empty where nobody could, and once it was answered."""
    lacks: str = ""
    """Why an owner has to see to it, in a few words; empty where none has to."""
    remedy: str = ""
    """What an owner does about that, in a sentence."""
    in_my_place: bool = False
    """Whether it is somebody else's case, and the reader decides as their supervisor."""
    is_mine: bool = False
    """Whether the reader decides about it, or looks after it with their supervisor."""


@dataclass(frozen=True, slots=True)
class Asking:
    """What is needed to write a request down in a case."""

    people: dict[int, str]
    signers: dict[int, dict[int, Signatory]]
    """Whose record → who can be chosen to ask for them."""
    refusals: dict[int, str]
    """Whose own word is not enough, and why."""
    notes: dict[int, str]
    """Signed notes that the actor may open."""
    documents: dict[int, str]
    today: date


@dataclass(frozen=True, slots=True)
class CaseAmendments:
    """The requests of a case, the newest first."""

    lines: tuple[AmendmentLine, ...]
    word: str
    called: str
    may_record: bool


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
    """To whom the letter of a denial was written."""
    answer_to: dict[int, str]
    """To whom the answer goes, by name: one, or several of whom one is chosen."""
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
        return " or ".join(self.answer_to.values())

    @property
    def may_be_told_until(self) -> date:
        """The last day on which somebody can have been told in time that it takes longer."""
        return min(self.today, rule.due_on(self.line.received_on, extended=False))


# --- Lists


@reader(Resource.CASE)
def amendments_of_case(session: Session, actor: Actor, case_id: int) -> CaseAmendments:
    """The requests of a case, and whether the actor may write one down. Raises NotFound for strangers."""
    case = case_for(session, actor, case_id)
    today = today_here(session)
    return CaseAmendments(
        tuple(_line(session, actor, on, today) for on in amendments.of_case(session, case_id)),
        rule.record_word(case.type), capabilities(case.type).called,
        may_touch(actor, Action.CREATE, Resource.AMENDMENTS, responsible=[case.provider_id]),
    )


@reader(Resource.CASE)
def amendment_to_record(session: Session, actor: Actor, case_id: int) -> Asking:
    """Who can ask for whose record in a case, and for what of it. Raises NotFound for strangers."""
    case = case_for(session, actor, case_id)
    people = whose(session, case)
    return Asking(
        {key: full_name(person) for key, person in people.items()},
        {key: signers_of(session, case, person) for key, person in people.items()},
        {key: problem for key, person in people.items()
         if (problem := own_problem(session, person, agreed_for=False))},
        {row.note_id: f"{note_rule.title(row.kind, row.form)} of {_day(row.service_date)}"
         for row in notes.of_case(session, case_id) if row.version and _opens(may_open(actor, row))},
        _documents(session, actor, case), today_here(session),
    )


@reader(Resource.CASE)
def amendments_due(session: Session, actor: Actor) -> list[AmendmentLine]:
    """What waits for the actor's answer, the first due first: of their own cases, as supervisor of who signs nothing
    alone, or because nobody else could see to it, see ``amendment_duty``.
    """
    if not may(actor, Action.READ, Resource.AMENDMENTS):
        return []
    owns = Role.OWNER in actor.roles
    sees = visible(actor, Action.CREATE if owns else Action.READ, Resource.AMENDMENTS)
    found = [on for on in amendments.open_ones(session, sees, actor.staff_id)
             if not actor.is_concerned(case_id=on.case.id)]
    today = today_here(session) if found else date.min
    lines = [_line(session, actor, on, today, duty) for on in found
             if (duty := duty_of(session, on)).is_with(actor)]
    return sorted(lines, key=lambda line: line.due_on)


def _line(session: Session, actor: Actor, on: Asked, today: date, duty: Duty | None = None) -> AmendmentLine:
    request, case = on.request, on.case
    due, allowed, is_open = _due(on), reading(session, actor, on), request.closed_at is None
    opens, duty = _opens(allowed), duty or (duty_of(session, on) if is_open else Duty())
    decides = duty.decides(actor)
    return AmendmentLine(
        request.id, case.id, case.name, rule.record_word(case.type), full_name(on.person), request.received_on, due,
        is_open and rule.is_overdue(due, today), is_open, allowed is not None,
        allowed is not None and allowed.needs_reason, request.decision if opens else None, duty.names, duty.why,
        duty.remedy, decides and actor.staff_id != case.provider_id and not _is_author(session, actor, on),
        decides or actor.staff_id in duty.beside,
    )


def _is_author(session: Session, actor: Actor, on: Asked) -> bool:
    note = session.get(Note, on.request.note_id) if on.request.note_id is not None else None
    return note is not None and note.author_id == actor.staff_id


def _due(on: Asked) -> date:
    return rule.due_on(on.request.received_on, extended=on.request.extended_at is not None)


def reading(session: Session, actor: Actor, on: Asked, action: Action = Action.READ) -> Allowed | None:
    """How the actor may do this with a request, with or without a typed reason; leaves no trace."""
    note = session.get(Note, on.request.note_id) if on.request.note_id is not None else None
    ours = {on.case.provider_id, note.author_id if note is not None else on.case.provider_id}
    return how_may(
        actor, action, Resource.AMENDMENTS, case_id=on.case.id, own=actor.staff_id in ours,
        supervised=bool(ours & actor.supervisees) or on.case.supervisor_id == actor.staff_id)


def _opens(allowed: Allowed | None) -> bool:
    return allowed is not None and not allowed.needs_reason


def _documents(session: Session, actor: Actor, case: Case) -> dict[int, str]:
    """Documents of a case that the actor may read; none for the author of one note, whose case it is not."""
    if not may_touch(actor, Action.READ, Resource.CASE, responsible=[case.provider_id],
                     supervisor_id=case.supervisor_id, case_id=case.id):
        return {}
    return {line.document_id: line.title for line in documents_of_case(session, actor, case.id).lines
            if not line.needs_reason}


def _day(day: date) -> str:
    return f"{day.day} {day:%B %Y}"


# --- One request


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
        return _line(session, actor, on, today_here(session))
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
        return _opens(reading(session, actor, on, action))

    decides, review = able(Action.SIGN), review_for(session, on, actor.staff_id, actor.roles)
    readable = _documents(session, actor, case)
    words, to = amendments.words_of(session, request.id), answered_to(session, on)
    note = notes.one_row(session, request.note_id) if request.note_id is not None else None
    recorded = people.get(request.recorded_by_id or 0)
    closed = people.get(request.closed_by_id or 0)
    return AmendmentPage(
        _line(session, actor, on, today), request.revision, capabilities(case.type).called, request.wanted,
        request.capacity, request.authority, request.channel.label, recorded.name if recorded else "",
        request.created_at, request.note_id if note is not None and may_open(actor, note) else None,
        f"{note_rule.title(note.kind, note.form)} of {_day(note.service_date)}" if note is not None else "",
        _title(readable, request.document_id),
        (request.told_on, request.extension_reason) if request.told_on is not None else None,
        is_open and able(Action.UPDATE) and request.extended_at is None,
        able(Action.UPDATE), decides and review is None,
        "" if review is None or review.supervisor is None else review.supervisor.name,
        _changes(session, actor, on) if is_open else {},
        {one.id: one.recipient for one in releases.of_case(session, case.id) if one.sent_at is not None}
        if is_open else {},
        readable, request.answer,
        tuple((of.id, f"Addendum of {_day(_local(session, addendum.created_at))} beneath the "
               f"{note_rule.title(of.kind, of.form).lower()} of {_day(of.service_date)}")
              for addendum, of in amendments.changes_of(session, request.id)),
        tuple(one.name for one in amendments.recipients_of(session, request.id)),
        request.ground.label if request.ground is not None else "", request.basis, request.closed_at,
        closed.name if closed else "", bool(request.letter) and able(Action.EXPORT),
        request.letter["to"]["name"] if request.letter else "",
        to.people, to.changed, who_speaks(session, on) if is_open else {}, _taken_back(session, request),
        _added(session, readable, words.get(AmendmentWordKind.STATEMENT)),
        _added(session, readable, words.get(AmendmentWordKind.REBUTTAL)), us.zone, today,
    )


def _local(session: Session, at: datetime) -> date:
    return at.astimezone(ZoneInfo(practice.the_practice(session).zone)).date()


def _title(readable: dict[int, str], document_id: int | None) -> str:
    return readable.get(document_id, "A document that is not yours to read") if document_id is not None else ""


def _taken_back(session: Session, request: AmendmentRequest) -> str:
    kept = amendments.withdrawal_of(session, request.id)
    if kept is None:
        return ""
    who = full_name(session.get_one(Person, kept.told_by_id))
    return f"{who} said so on {_day(kept.told_on)}, {kept.how.label.lower()}:\n{kept.reason}"


def _changes(session: Session, actor: Actor, on: Asked) -> dict[int, str]:
    """Addenda that can be what was changed and that the actor may read, the newest first."""
    found = [one for one in amendments.addenda_of_case(session, on.case.id) if not change_problem(session, on, one)]
    rows = notes.rows_of(session, {one.note.id for one in found})
    return {
        one.addendum.id: f"{_day(_local(session, one.addendum.created_at))}, {one.addendum.reason}: "
        f"{note_rule.title(one.note.kind, one.note.form).lower()} of {_day(one.note.service_date)}"
        for one in found if _opens(may_open(actor, rows[one.note.id]))
    }


def _added(session: Session, readable: dict[int, str], kept: AmendmentWord | None) -> Added | None:
    if kept is None:
        return None
    who = session.get_one(Staff, kept.recorded_by_id)
    return Added(kept.text, _title(readable, kept.document_id),
                 kept.document_id if kept.document_id in readable else None, kept.given_on, who.name)
