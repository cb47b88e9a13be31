"""Psychotherapy notes: kept apart from the record, encrypted, written and read by their author alone (G09).

What an author lets their supervisor read is in ``private_shares``.
"""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.orm import Session

from practicerunner import cipher, clock, ids
from practicerunner.errors import NotFound, Stale
from practicerunner.records import audit, discarded_drafts, notes, private_shares, scheduling
from practicerunner.records.cases import Case
from practicerunner.records.notes import PsychotherapyNote
from practicerunner.records.scheduling import Appointment
from practicerunner.rules import notes as rule
from practicerunner.rules.notes import Act
from practicerunner.vocabulary import Action, NoteKind, NoteStatus, Resource
from practicerunner.workflows.access import Actor, authorize
from practicerunner.workflows.commands import Command, Paragraph, command, reader
from practicerunner.workflows.notes import NoteIsIncomplete, check_fit


class SavePsychotherapyNote(Command):
    """Keep what was typed so far; ``note_id`` and ``revision`` are 0 as long as nothing is kept."""

    appointment_id: int
    note_id: int = 0
    revision: int = 0
    text: Paragraph


class FinishPsychotherapyNote(Command):
    """Make one's psychotherapy note final."""

    appointment_id: int
    note_id: int
    revision: int


class DiscardPsychotherapyNote(FinishPsychotherapyNote):
    """Set aside the draft that one looked at, and no other that was begun after it."""


@dataclass(frozen=True, slots=True)
class PsychotherapyPage:
    """One's own psychotherapy note of an appointment; with ``revision`` 0 there is none yet."""

    appointment_id: int
    note_id: int
    """0 as long as there is none; a draft that is begun anew after one was discarded is another note."""
    case_id: int
    case_name: str
    starts_at: datetime
    revision: int
    status: NoteStatus
    text: str
    saved_at: datetime | None


def own_note(session: Session, actor: Actor, action: Action, appointment_id: int, *, lock: bool = False) -> tuple[
    Appointment, Case, PsychotherapyNote | None
]:
    """The appointment, its case and the actor's own note. Raises NotFound for whoever has no part in it."""
    appointment = scheduling.appointment(session, appointment_id, lock=lock)
    if appointment is None:
        raise NotFound(actor=actor, action=action, resource=Resource.PSYCHOTHERAPY_NOTE)
    case = session.get_one(Case, appointment.case_id)
    note = notes.psychotherapy_note(session, appointment.id, actor.staff_id)
    authorize(
        session, actor, action, Resource.PSYCHOTHERAPY_NOTE,
        responsible=[note.author_id] if note else [appointment.provider_id, case.provider_id], case_id=case.id,
    )
    session.info["case_id"] = case.id
    return appointment, case, note


def _purpose(note_id: int) -> str:
    """What binds a ciphertext to its row, so that it cannot be moved beneath another note."""
    return f"psychotherapy note {note_id}"


@command(Resource.PSYCHOTHERAPY_NOTE, Action.UPDATE)
def save_psychotherapy_note(session: Session, actor: Actor, asked: SavePsychotherapyNote) -> int:
    """Keep one's own text, encrypted. Returns the note id. Raises NoteDoesNotFit, Stale."""
    appointment, case, note = own_note(session, actor, Action.UPDATE, asked.appointment_id, lock=True)
    check_fit(case, NoteKind.PSYCHOTHERAPY)
    if ((note.id, note.revision) if note else (0, 0)) != (asked.note_id, asked.revision):
        raise Stale
    if note is None:
        note = PsychotherapyNote(
            id=ids.new_id(), case_id=case.id, appointment_id=appointment.id, author_id=actor.staff_id,
            status=NoteStatus.DRAFT, revision=0,
        )
        session.add(note)
    note.status = rule.transition(NoteKind.PSYCHOTHERAPY, note.status, Act.SAVE)
    note.ciphertext = cipher.seal(asked.text.encode(), _purpose(note.id))
    note.revision += 1
    return note.id


@command(Resource.PSYCHOTHERAPY_NOTE, Action.UPDATE)
def finish_psychotherapy_note(session: Session, actor: Actor, asked: FinishPsychotherapyNote) -> int:
    """Make one's own note final. Returns the note id. Raises NoteIsIncomplete, Stale."""
    _, _, note = own_note(session, actor, Action.UPDATE, asked.appointment_id, lock=True)
    if note is None or not text_of(note).strip():
        raise NoteIsIncomplete("Write something first.")
    note.status = rule.transition(NoteKind.PSYCHOTHERAPY, note.status, Act.FINISH)
    if (note.id, note.revision) != (asked.note_id, asked.revision):
        raise Stale
    note.signed_at = clock.now()
    note.revision += 1
    return note.id


@command(Resource.PSYCHOTHERAPY_NOTE, Action.UPDATE)
def discard_psychotherapy_note(session: Session, actor: Actor, asked: DiscardPsychotherapyNote) -> None:
    """Set one's own draft aside, still encrypted; it can be put back for a while (``discarded_drafts``).

    Its sharing ends, with a line in the audit log for each share; a draft that is put back is shared with nobody.
    Raises Stale.
    """
    appointment, _, note = own_note(session, actor, Action.UPDATE, asked.appointment_id, lock=True)
    if note is not None:
        rule.transition(NoteKind.PSYCHOTHERAPY, note.status, Act.DISCARD)
        if (note.id, note.revision) != (asked.note_id, asked.revision):
            raise Stale
        session.info["detail"] = f"{NoteKind.PSYCHOTHERAPY} of {appointment.local_date}"
        for share in private_shares.open_shares(session, note.id):
            audit.note(
                session, staff_id=actor.staff_id, role=session.info.get("role", ""), action="end_share",
                resource=Resource.PSYCHOTHERAPY_NOTE, resource_id=share.id, case_id=note.case_id,
                detail=f"note {note.id} with {share.supervisor_id}, discarded",
            )
        discarded_drafts.set_apart_aside(session, note, appointment.local_date, clock.now())


@reader(Resource.PSYCHOTHERAPY_NOTE)
def psychotherapy_page(session: Session, actor: Actor, appointment_id: int) -> PsychotherapyPage:
    """One's own note of an appointment, readable again. Nobody else's is ever shown. Raises NotFound."""
    appointment, case, note = own_note(session, actor, Action.READ, appointment_id)
    check_fit(case, NoteKind.PSYCHOTHERAPY)
    if note is None:
        return PsychotherapyPage(
            appointment.id, 0, case.id, case.name, appointment.starts_at, 0, NoteStatus.DRAFT, "", None
        )
    return PsychotherapyPage(
        appointment.id, note.id, case.id, case.name, appointment.starts_at, note.revision, note.status,
        text_of(note), note.signed_at,
    )


def text_of(note: PsychotherapyNote) -> str:
    """The text; callers have found out that it is the reader's to read."""
    return cipher.unseal(note.ciphertext, _purpose(note.id)).decode()
