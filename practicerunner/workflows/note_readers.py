"""Whose note it is to somebody: their own, one they supervise, or neither. One question for lists and for opening."""

from practicerunner.records.notes import NoteRow
from practicerunner.rules import notes as rule
from practicerunner.rules import permissions
from practicerunner.rules.permissions import Allowed, Scope
from practicerunner.rules.supervision import reads_as_supervisor
from practicerunner.vocabulary import Action, Resource
from practicerunner.workflows.access import Actor


def responsible_for(row: NoteRow) -> set[int]:
    """Its author, the appointment's and the case's provider."""
    return {staff_id for staff_id in (row.author_id, row.case_provider_id, row.provider_id) if staff_id is not None}


def is_supervised(actor: Actor, row: NoteRow) -> bool:
    """Whether the actor stands to the note as a supervisor: by its date, or because it is or was theirs to review."""
    named = {row.supervisor_id, row.case_supervisor_id, row.appointment_supervisor_id, *row.reviewer_ids}
    return reads_as_supervisor(
        actor.staff_id, actor.terms, written_by=responsible_for(row), day=row.service_date, named=named)


def reviews(actor: Actor) -> bool:
    """Whether the actor's roles let them sign what others wrote."""
    return Scope.SUPERVISED in permissions.scopes(actor.roles, Action.SIGN, Resource.CLINICAL_NOTE)


def may_open(actor: Actor, row: NoteRow, action: Action = Action.READ) -> Allowed | None:
    """How the actor may open a note, with or without a typed reason; ``None`` if not at all. Leaves no trace."""
    return permissions.decide(
        actor.roles, action, rule.resource_for(row.kind, row.case_type), own=actor.staff_id in responsible_for(row),
        supervised=is_supervised(actor, row), is_clinical_director=actor.is_clinical_director,
    )
