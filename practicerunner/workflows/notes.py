"""Beginning and writing notes (G01–G08). Signing: ``signatures``; review: ``reviews``; reading: ``note_pages``."""

from dataclasses import dataclass

from pydantic import Field
from sqlalchemy.orm import Session

from practicerunner import clock, ids
from practicerunner.errors import BadInput, NotFound, NotPermitted, RuleViolation, Stale
from practicerunner.records import notes, scheduling
from practicerunner.records.cases import Case
from practicerunner.records.notes import Note
from practicerunner.records.scheduling import Appointment
from practicerunner.rules import notes as rule
from practicerunner.rules.case_types import capabilities
from practicerunner.rules.notes import Act
from practicerunner.vocabulary import Action, NoteKind, NoteStatus, Resource, Role
from practicerunner.workflows.access import Actor, authorize
from practicerunner.workflows.commands import Command, Paragraph, command
from practicerunner.workflows.note_readers import is_supervised, responsible_for


class NoteDoesNotFit(RuleViolation):
    """This kind of note does not belong to this kind of case."""


class NoteIsIncomplete(RuleViolation):
    """Something is still missing before this note can be signed."""


class StartNote(Command):
    """Begin a note for an appointment; what was begun before is gone on with."""

    appointment_id: int
    kind: NoteKind
    form: str = ""


class SaveDraft(Command):
    """Keep what was typed so far."""

    note_id: int
    revision: int
    sections: dict[str, Paragraph]
    parts: dict[int, Paragraph] = Field(default_factory=dict)


class FinishMemo(Command):
    """Make a memo final."""

    note_id: int
    revision: int


class DiscardDraft(Command):
    """Remove a draft that was never signed."""

    note_id: int


@dataclass(frozen=True, slots=True)
class Subject:
    """A note with what decides about it: its appointment and its case."""

    note: Note
    case: Case
    appointment: Appointment | None

    @property
    def clinical(self) -> bool:
        """Whether the clinical sections are part of it."""
        return rule.is_clinical(self.case.type, self.case.clinical_fields)


def subject_of(session: Session, actor: Actor, note_id: int, *, lock: bool = False) -> Subject:
    """A note with its appointment and case; callers authorise. Raises NotFound."""
    note = session.get(Note, note_id, with_for_update=lock)
    if note is None:
        raise NotFound(actor=actor, action="open", resource=Resource.CLINICAL_NOTE, resource_id=note_id)
    appointment = scheduling.appointment(session, note.appointment_id) if note.appointment_id is not None else None
    return Subject(note, session.get_one(Case, note.case_id), appointment)


def authorize_note(session: Session, actor: Actor, action: Action, subject: Subject, *, reason: str = "") -> Role:
    """May they do this with the note? Its author, the appointment's and the case's provider, and their supervisors."""
    row = notes.one_row(session, subject.note.id)
    if row is None:
        raise NotFound(actor=actor, action=action, resource=Resource.CLINICAL_NOTE, resource_id=subject.note.id)
    return authorize(
        session, actor, action, rule.resource_for(row.kind, row.case_type), responsible=responsible_for(row),
        supervised=is_supervised(actor, row), reason=reason, resource_id=row.note_id, case_id=row.case_id,
    )


def note_to_write(session: Session, actor: Actor, note_id: int, action: Action, act: Act) -> Subject:
    """The note, locked, for its author alone. Raises NoteIsSigned where the act is not possible any more."""
    subject = subject_of(session, actor, note_id, lock=True)
    authorize_note(session, actor, Action.UPDATE, subject)
    note = subject.note
    if note.author_id != actor.staff_id:
        raise NotPermitted(
            "Only its author writes a note.", actor=actor, action=action, resource=Resource.CLINICAL_NOTE,
            resource_id=note.id, case_id=note.case_id,
        )
    rule.transition(note.kind, note.status, act)
    if action is not Action.UPDATE:
        authorize_note(session, actor, action, subject)
    session.info["case_id"] = note.case_id
    return subject


@command(Resource.CLINICAL_NOTE, Action.CREATE)
def start_note(session: Session, actor: Actor, asked: StartNote) -> int:
    """Begin a note, or find the one that the actor has of this kind. Returns the note id. Raises NoteDoesNotFit."""
    appointment = scheduling.appointment(session, asked.appointment_id, lock=True)
    if appointment is None:
        raise NotFound(actor=actor, action=Action.CREATE, resource=Resource.CLINICAL_NOTE)
    case = session.get_one(Case, appointment.case_id)
    authorize(
        session, actor, Action.CREATE, rule.resource_for(asked.kind, case.type),
        responsible=[appointment.provider_id, case.provider_id], case_id=case.id,
    )
    check_fit(case, asked.kind)
    if asked.kind is NoteKind.PSYCHOTHERAPY:
        raise RuleViolation("A psychotherapy note is kept apart from the record; write it in its own place.")
    session.info["case_id"] = case.id
    found = notes.note_of(session, appointment.id, asked.kind, actor.staff_id)
    if found is not None:
        return found.id
    forms = rule.forms_for(asked.kind)
    if asked.form and asked.form not in forms:
        raise BadInput("form", "Choose one of the forms of this kind of note.")
    form = asked.form or forms[0]
    note = Note(
        id=ids.new_id(), case_id=case.id, appointment_id=appointment.id, kind=asked.kind, form=form,
        status=NoteStatus.DRAFT, author_id=actor.staff_id, service_date=appointment.local_date, sections={},
        parts=dict.fromkeys(present_at(appointment), "") if rule.FORMS[form].part else {},
    )
    session.add(note)
    session.info["detail"] = asked.kind.value
    return note.id


def check_fit(case: Case, kind: NoteKind) -> None:
    """Refuse a kind of note that this kind of case does not have. Raises NoteDoesNotFit."""
    kinds = rule.kinds_for(case.type)
    if kind not in kinds:
        able = capabilities(case.type)
        fitting = " or ".join(k.label.lower() for k in kinds)
        raise NoteDoesNotFit(
            f"A {kind.label.lower()} does not belong to this kind of case ({able.heading.lower()}). Choose {fitting}."
        )


def present_at(appointment: Appointment) -> list[str]:
    """Who was there, as keys of a note's parts."""
    return [str(a.person_id) for a in appointment.attendances if a.status in rule.PRESENT]


@command(Resource.CLINICAL_NOTE, Action.UPDATE)
def save_draft(session: Session, actor: Actor, asked: SaveDraft) -> int:
    """Keep the text of a draft exactly as typed; the same text again changes nothing. Raises Stale, NoteIsSigned."""
    subject = note_to_write(session, actor, asked.note_id, Action.UPDATE, Act.SAVE)
    note = subject.note
    if note.revision != asked.revision:
        raise Stale
    known = {s.key for s in rule.sections_for(note.form, clinical=subject.clinical, written=note.sections)}
    if not set(asked.sections) <= known:
        raise BadInput("sections", "This form has no such section.")
    parts = {str(person_id): text for person_id, text in asked.parts.items()}
    there = set(present_at(subject.appointment)) if subject.appointment is not None else set()
    if any(text.strip() for key, text in parts.items() if key not in there and key not in note.parts):
        raise BadInput("parts", "Only somebody who was there has a part of the note.")
    sections = {**note.sections, **asked.sections}
    parts = {key: text for key, text in {**note.parts, **parts}.items() if key in there or text.strip()}
    if (sections, parts) != (note.sections, note.parts):
        note.sections, note.parts = sections, parts
        note.revision += 1
    note.saved_at = clock.now()
    return note.id


@command(Resource.CLINICAL_NOTE, Action.UPDATE)
def finish_memo(session: Session, actor: Actor, asked: FinishMemo) -> int:
    """Make a memo final; it is never part of the record (G06)."""
    note = note_to_write(session, actor, asked.note_id, Action.UPDATE, Act.FINISH).note
    if note.revision != asked.revision:
        raise Stale
    if rule.missing_sections(note.form, note.sections):
        raise NoteIsIncomplete("Write something first.")
    note.status = rule.transition(note.kind, note.status, Act.FINISH)
    note.locked_at = clock.now()
    note.revision += 1
    return note.id


@command(Resource.CLINICAL_NOTE, Action.UPDATE)
def discard_draft(session: Session, actor: Actor, asked: DiscardDraft) -> int:
    """Remove one's own draft that was never signed; that it was there stays in the audit log."""
    note = note_to_write(session, actor, asked.note_id, Action.UPDATE, Act.DISCARD).note
    session.info["detail"] = f"{note.kind} of {note.service_date}"
    session.delete(note)
    return note.id
