"""Drafts that were discarded: their author sees them for a while and can put them back; then a job ends them (C26)."""

from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy.orm import Session

from practicerunner import clock
from practicerunner.errors import NotFound, RuleViolation
from practicerunner.records import audit, discarded_drafts, notes, scheduling
from practicerunner.records.base import FOR_CHANGE
from practicerunner.records.cases import Case
from practicerunner.records.discarded_drafts import DiscardedDraft
from practicerunner.rules import notes as rule
from practicerunner.rules.names import person_name
from practicerunner.vocabulary import Action, NoteKind, Resource
from practicerunner.workflows.access import Actor, authorize
from practicerunner.workflows.commands import Command, command, reader

AT_ONCE = 100


class AnotherIsThere(RuleViolation):
    """You have begun another note of this kind meanwhile. Discard that one first, or go on with it."""


class PutBackDraft(Command):
    """Make a draft that one discarded a draft again."""

    draft_id: int


@dataclass(frozen=True, slots=True)
class DiscardedLine:
    """A discarded draft in its author's list: never its text."""

    draft_id: int
    case_id: int
    case_name: str
    appointment_id: int | None
    is_apart: bool
    """Whether it is a psychotherapy note, which is opened by its appointment."""
    title: str
    about: str
    """Name of the participant it is about, where it is about one alone."""
    day: date
    discarded_at: datetime
    gone_at: datetime
    """When it goes for good."""


@reader(Resource.CLINICAL_NOTE)
def my_discarded_drafts(session: Session, actor: Actor) -> list[DiscardedLine]:
    """The drafts that one discarded oneself and can still put back, the last one first."""
    return [
        DiscardedLine(
            row.draft_id, row.case_id, row.case_name, row.appointment_id, row.kind is NoteKind.PSYCHOTHERAPY,
            row.kind.label if row.kind is NoteKind.PSYCHOTHERAPY else rule.title(row.kind, row.form),
            person_name(row.person.first_name, row.person.last_name, row.person.preferred_name) if row.person else "",
            row.service_date, row.discarded_at, row.discarded_at + rule.KEPT_AFTER_DISCARD,
        )
        for row in discarded_drafts.of_author(session, actor.staff_id, clock.now() - rule.KEPT_AFTER_DISCARD)
    ]


@command(Resource.CLINICAL_NOTE, Action.UPDATE, also=Resource.APPOINTMENT_MEMO)
def put_back_draft(session: Session, actor: Actor, asked: PutBackDraft) -> int:
    """Make one's own discarded draft a draft again, as it was. Returns the note's id. Raises NotFound, AnotherIsThere.

    A draft of an appointment has the day to which that has moved meanwhile.
    """
    found = session.get(DiscardedDraft, asked.draft_id)
    if found is None or found.author_id != actor.staff_id:
        raise _not_there(actor, asked)
    appointment_id, case_id = found.appointment_id, found.case_id
    # Where a note is begun, this is locked first, so that two are never begun beside each other.
    appointment = scheduling.appointment(session, appointment_id, lock=True) if appointment_id is not None else None
    case = session.get_one(Case, case_id, with_for_update=FOR_CHANGE if appointment is None else None)
    draft = discarded_drafts.one(session, asked.draft_id)
    if draft is None:
        raise _not_there(actor, asked)
    authorize(
        session, actor, Action.UPDATE, rule.resource_for(draft.kind, case.type), responsible=[draft.author_id],
        resource_id=draft.id, case_id=case.id,
    )
    if draft.discarded_at + rule.KEPT_AFTER_DISCARD <= clock.now():
        raise RuleViolation(f"A discarded draft can be put back for {rule.KEPT_AFTER_DISCARD.days} days.")
    if _another(session, case, draft):
        raise AnotherIsThere
    if appointment is not None:
        draft.service_date = appointment.local_date
    session.info["case_id"], session.info["detail"] = case.id, f"{draft.kind} of {draft.service_date}"
    discarded_drafts.put_back(session, draft)
    return draft.id


def _not_there(actor: Actor, asked: PutBackDraft) -> NotFound:
    return NotFound(
        actor=actor, action=Action.UPDATE, resource=Resource.CLINICAL_NOTE, resource_id=asked.draft_id)


def _another(session: Session, case: Case, draft: DiscardedDraft) -> bool:
    """Whether its author has a note now that was not begun beside this one: the rules by which notes are begun."""
    appointment_id, author_id = draft.appointment_id, draft.author_id
    if appointment_id is not None and draft.kind is NoteKind.PSYCHOTHERAPY:
        return notes.psychotherapy_note(session, appointment_id, author_id) is not None
    if appointment_id is not None and draft.kind in rule.kinds_for(case.type):
        return notes.note_of(session, appointment_id, draft.kind, author_id) is not None
    return notes.open_draft(
        session, case.id, draft.kind, draft.form, author_id, draft.person_id, appointment_id) is not None


def is_any_over(session: Session) -> bool:
    """Whether a draft was discarded so long ago that it goes for good."""
    return bool(discarded_drafts.discarded_until(session, clock.now() - rule.KEPT_AFTER_DISCARD, 1))


def erase_discarded(session: Session) -> int:
    """End drafts that were discarded long enough ago, each with a line in the audit log. Returns how many."""
    over = discarded_drafts.discarded_until(session, clock.now() - rule.KEPT_AFTER_DISCARD, AT_ONCE, lock=True)
    for draft in over:
        case = session.get_one(Case, draft.case_id)
        audit.note(
            session, action="erase_discarded_draft", resource=rule.resource_for(draft.kind, case.type),
            resource_id=draft.id, case_id=draft.case_id, detail=f"{draft.kind} of {draft.service_date}",
        )
        session.delete(draft)
    return len(over)
