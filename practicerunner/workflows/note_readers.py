"""Whose note it is to somebody: their own, one they supervise, or neither; and the trace that opening one leaves."""

from datetime import timedelta

from sqlalchemy.orm import Session

from practicerunner import clock
from practicerunner.records import audit, note_lists, notes
from practicerunner.records.cases import Case
from practicerunner.records.note_lists import NoteRow
from practicerunner.records.notes import Note
from practicerunner.records.staff import Staff
from practicerunner.rules import notes as rule
from practicerunner.rules import permissions
from practicerunner.rules.permissions import Allowed, Scope
from practicerunner.rules.supervision import reads_as_supervisor
from practicerunner.vocabulary import Action, NoteKind, Resource
from practicerunner.workflows.access import Actor, how_may

LOG_AGAIN_AFTER = timedelta(minutes=15)
"""A page that redraws itself is one reading; after this long it is another."""


def responsible_for(row: NoteRow) -> set[int]:
    """Its author, the appointment's and the case's provider."""
    return {staff_id for staff_id in (row.author_id, row.case_provider_id, row.provider_id) if staff_id is not None}


def is_supervised(actor: Actor, row: NoteRow) -> bool:
    """Whether the actor stands to the note as a supervisor: by its date, or because it is or was theirs to review."""
    named = {row.supervisor_id, row.case_supervisor_id, row.appointment_supervisor_id, *row.reviewer_ids}
    return reads_as_supervisor(
        actor.staff_id, actor.terms, written_by=responsible_for(row), day=row.service_date, named=named)


def adds_beneath(actor: Actor, row: NoteRow) -> tuple[bool, bool]:
    """Whether the actor may write beneath a signed note: as their own, or as a supervisor.

    Its author may, and who reviewed it. Once the author signs no notes here any more, whoever has the case now may, and
    who supervises either of them: what has to be added is theirs to say, and stands there in their name.
    """
    own, supervised = actor.staff_id == row.author_id, actor.staff_id == row.supervisor_id
    succeeds = actor.staff_id == row.case_provider_id
    over = actor.staff_id == row.case_supervisor_id or bool(
        {row.author_id, row.case_provider_id} & actor.supervisees)
    if (succeeds or over) and not own and not signs_here(row.author):
        return succeeds, supervised or over
    return own, supervised


def signs_here(person: Staff) -> bool:
    """Whether somebody works here and signs notes of their own."""
    return person.active and Scope.OWN in permissions.scopes(
        frozenset(held.role for held in person.roles), Action.SIGN, Resource.CLINICAL_NOTE)


def reviews(actor: Actor) -> bool:
    """Whether the actor's roles let them sign what others wrote."""
    return Scope.SUPERVISED in permissions.scopes(actor.roles, Action.SIGN, Resource.CLINICAL_NOTE)


def may_open(actor: Actor, row: NoteRow, action: Action = Action.READ) -> Allowed | None:
    """How the actor may open a note, with or without a typed reason; ``None`` if not at all. Leaves no trace."""
    return how_may(
        actor, action, rule.resource_for(row.kind, row.case_type, for_desk=row.memo_for_desk), case_id=row.case_id,
        own=actor.staff_id in responsible_for(row), supervised=is_supervised(actor, row))


def log_opening(
    session: Session, actor: Actor, case: Case, note_id: int, kind: NoteKind, detail: str = ""
) -> None:
    """Write into the audit log that somebody reads a note; once for a page that redraws itself."""
    if not session.connection().get_execution_options().get("writes"):
        raise RuntimeError("reading a note is logged: open a transaction")
    if not notes.opened_since(session, actor.staff_id, case.id, note_id, detail, clock.now() - LOG_AGAIN_AFTER):
        audit.note(
            session, staff_id=actor.staff_id, role=session.info.get("role", ""), action=notes.OPENED,
            resource=rule.resource_for(kind, case.type), resource_id=note_id, case_id=case.id, detail=detail,
        )


def opens(actor: Actor, row: NoteRow, reason: str) -> bool:
    """Whether somebody may read a note, given what they typed as a reason."""
    allowed = may_open(actor, row)
    return allowed is not None and (not allowed.needs_reason or bool(reason.strip()))


def log_reading(session: Session, actor: Actor, case: Case, note: Note, reason: str) -> None:
    """Write into the audit log that somebody reads a note, with the reason where one was needed."""
    row = note_lists.one_row(session, note.id)
    allowed = may_open(actor, row) if row is not None else None
    typed = f"reason: {reason.strip()}" if allowed is not None and allowed.needs_reason else ""
    log_opening(session, actor, case, note.id, note.kind, typed)
