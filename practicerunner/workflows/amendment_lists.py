"""Requests to amend the record in lists: that there is one and until when it is answered, never what it says.

Whoever may see the case sees that a request exists; of whoever decides, and of who has to see to it, see
``amendment_duty``.
"""

from dataclasses import dataclass
from datetime import date

from sqlalchemy.orm import Session

from practicerunner.records import amendments, note_lists
from practicerunner.records.amendments import Asked
from practicerunner.records.cases import Case
from practicerunner.records.notes import Note
from practicerunner.rules import amendments as rule
from practicerunner.rules import notes as note_rule
from practicerunner.rules.case_types import capabilities
from practicerunner.rules.permissions import Allowed
from practicerunner.vocabulary import Action, AmendmentDecision, Resource, Role
from practicerunner.workflows.access import Actor, how_may, may, may_touch, visible
from practicerunner.workflows.amendment_duty import Duty, duty_of
from practicerunner.workflows.amendments import today_here, whose
from practicerunner.workflows.cases import case_for
from practicerunner.workflows.commands import reader
from practicerunner.workflows.documents import documents_of_case
from practicerunner.workflows.form_pages import signers_of
from practicerunner.workflows.forms import Signatory, full_name
from practicerunner.workflows.note_readers import may_open
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


@reader(Resource.CASE)
def amendments_of_case(session: Session, actor: Actor, case_id: int) -> CaseAmendments:
    """The requests of a case, and whether the actor may write one down. Raises NotFound for strangers."""
    case = case_for(session, actor, case_id)
    today = today_here(session)
    return CaseAmendments(
        tuple(line_of(session, actor, on, today) for on in amendments.of_case(session, case_id)),
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
        {row.note_id: f"{note_rule.title(row.kind, row.form)} of {in_words(row.service_date)}"
         for row in note_lists.of_case(session, case_id) if row.version and opens_freely(may_open(actor, row))},
        readable_documents(session, actor, case), today_here(session),
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
    found = [on for on in amendments.open_ones(session, sees, {actor.staff_id} | actor.supervisees)
             if not actor.is_concerned(case_id=on.case.id)]
    today = today_here(session) if found else date.min
    lines = [line_of(session, actor, on, today, duty) for on in found
             if (duty := duty_of(session, on)).is_with(actor)]
    return sorted(lines, key=lambda line: line.due_on)


def line_of(session: Session, actor: Actor, on: Asked, today: date, duty: Duty | None = None) -> AmendmentLine:
    """A request as a line of a list; its answer for who may open it."""
    request, case = on.request, on.case
    due, allowed, is_open = _due(on), reading(session, actor, on), request.closed_at is None
    opens, duty = opens_freely(allowed), duty or (duty_of(session, on) if is_open else Duty())
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


def opens_freely(allowed: Allowed | None) -> bool:
    """Whether something is allowed without a typed reason."""
    return allowed is not None and not allowed.needs_reason


def readable_documents(session: Session, actor: Actor, case: Case) -> dict[int, str]:
    """Documents of a case that the actor may read; none for the author of one note, whose case it is not."""
    if not may_touch(actor, Action.READ, Resource.CASE, responsible=[case.provider_id],
                     supervisor_id=case.supervisor_id, case_id=case.id):
        return {}
    return {line.document_id: line.title for line in documents_of_case(session, actor, case.id).lines
            if not line.needs_reason}


def in_words(day: date) -> str:
    """``3 March 2026``."""
    return f"{day.day} {day:%B %Y}"
