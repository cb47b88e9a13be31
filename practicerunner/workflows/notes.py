"""Beginning and writing notes (G01–G08). Signing: ``signatures``; review: ``reviews``; reading: ``note_pages``."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date
from typing import Any

from pydantic import Field
from sqlalchemy.orm import Session

from practicerunner import clock, ids
from practicerunner.errors import BadInput, NotFound, NotPermitted, RuleViolation, Stale
from practicerunner.records import (
    alert_steps,
    cases,
    discarded_drafts,
    note_facts,
    note_lists,
    notes,
    practice,
    scheduling,
)
from practicerunner.records.base import FOR_CHANGE
from practicerunner.records.cases import Case
from practicerunner.records.note_lists import NoteRow
from practicerunner.records.notes import Note
from practicerunner.records.scheduling import Appointment
from practicerunner.rules import notes as rule
from practicerunner.rules.case_types import capabilities
from practicerunner.rules.note_details import Details, Telehealth, has_telehealth, missing_risk, missing_telehealth
from practicerunner.rules.note_forms import FORMS, Section, own_sections
from practicerunner.rules.notes import Act
from practicerunner.rules.plans import as_json
from practicerunner.vocabulary import Action, FormPurpose, NoteKind, NoteStatus, Resource, Role
from practicerunner.workflows.access import Actor, authorize
from practicerunner.workflows.commands import Command, Paragraph, command
from practicerunner.workflows.note_readers import is_supervised, responsible_for
from practicerunner.workflows.note_templates import beginning
from practicerunner.workflows.plan_parts import begun_with, concerns, linked, next_review

GOAL_MISSING = "Goal of the plan"
"""What a note lacks that has to say on which goal it worked."""


class NoteDoesNotFit(RuleViolation):
    """This kind of note does not belong to this kind of case."""


class NoteDocumentsAlert(RuleViolation):
    """A critical answer was closed with this note, so it stays. Finish and sign it."""


class NoteIsIncomplete(RuleViolation):
    """Something is still missing before this note can be signed."""


class StartNote(Command):
    """Begin a note for an appointment; what was begun before is gone on with."""

    appointment_id: int
    kind: NoteKind
    form: str = ""
    template_id: int | None = None


class StartCaseNote(Command):
    """Begin a note of a case, with or without an appointment; a draft that is there is gone on with."""

    case_id: int
    kind: NoteKind
    form: str = ""
    template_id: int | None = None
    person_id: int | None = None
    """Whom it is about; needed for some kinds where several take part."""
    service_date: date
    appointment_id: int | None = None


class SaveDraft(Command):
    """Keep what was typed so far."""

    note_id: int
    revision: int
    sections: dict[str, Paragraph] = Field(default_factory=dict)
    parts: dict[int, Paragraph] = Field(default_factory=dict)
    details: Details | None = None
    """What is not plain text; only the keys that are set are changed."""


class FinishMemo(Command):
    """Make a memo final."""

    note_id: int
    revision: int


class MarkMemo(Command):
    """Say whether the front desk may read a memo, also one that is final."""

    note_id: int
    for_desk: bool


class DiscardDraft(Command):
    """Set a draft aside that was never signed."""

    note_id: int


@dataclass(frozen=True, slots=True)
class Subject:
    """A note with what decides about it: its appointment and its case."""

    note: Note
    case: Case
    appointment: Appointment | None
    row: NoteRow | None = None
    """What a list knows of the note, its author included, where that was read."""

    @property
    def clinical(self) -> bool:
        """Whether the clinical sections are part of it."""
        return rule.is_clinical(self.case.type, self.case.clinical_fields)

    @property
    def own_sections(self) -> tuple[Section, ...]:
        """The sections that its template had when it was begun."""
        return own_sections(self.note.template)


def subject_of(session: Session, actor: Actor, note_id: int, *, lock: bool = False) -> Subject:
    """A note with its appointment and case; callers authorise. Raises NotFound."""
    found = notes.note_with_case(session, note_id, lock=lock)
    if found is None:
        raise NotFound(actor=actor, action="open", resource=Resource.CLINICAL_NOTE, resource_id=note_id)
    note, case = found
    appointment = scheduling.appointment(session, note.appointment_id) if note.appointment_id is not None else None
    return Subject(note, case, appointment)


def authorize_note(
    session: Session, actor: Actor, action: Action, subject: Subject, *, reason: str = "", row: NoteRow | None = None
) -> Role:
    """May they do this with the note? Its author, the appointment's and the case's provider, and their supervisors.

    ``row`` is what a list knows of the note, where it was read already.
    """
    row = row or note_lists.one_row(session, subject.note.id)
    if row is None:
        raise NotFound(actor=actor, action=action, resource=Resource.CLINICAL_NOTE, resource_id=subject.note.id)
    return authorize(
        session, actor, action, rule.resource_for(row.kind, row.case_type, for_desk=row.memo_for_desk),
        responsible=responsible_for(row), supervised=is_supervised(actor, row), reason=reason, resource_id=row.note_id,
        case_id=row.case_id,
    )


def note_to_write(session: Session, actor: Actor, note_id: int, action: Action, act: Act) -> Subject:
    """The note, locked, for its author alone. Raises NoteIsSigned where the act is not possible any more."""
    subject = subject_of(session, actor, note_id, lock=True)
    row = note_lists.one_row(session, note_id)
    authorize_note(session, actor, Action.UPDATE, subject, row=row)
    note = subject.note
    if note.author_id != actor.staff_id:
        raise NotPermitted(
            "Only its author writes a note.", actor=actor, action=action, resource=Resource.CLINICAL_NOTE,
            resource_id=note.id, case_id=note.case_id,
        )
    rule.transition(note.kind, note.status, act)
    if note.kind in rule.CLINICAL_KINDS and act is not Act.DISCARD:
        check_fit(subject.case, note.kind, of_case=True)
    if action is not Action.UPDATE:
        authorize_note(session, actor, action, subject, row=row)
    session.info["case_id"] = note.case_id
    return replace(subject, row=row)


@command(Resource.CLINICAL_NOTE, Action.CREATE, also=Resource.APPOINTMENT_MEMO)
def start_note(session: Session, actor: Actor, asked: StartNote) -> int:
    """Begin a note, or find the one that the actor has of this kind. Returns the note id. Raises NoteDoesNotFit."""
    appointment = scheduling.appointment(session, asked.appointment_id, lock=True)
    if appointment is None:
        raise NotFound(actor=actor, action=Action.CREATE, resource=Resource.CLINICAL_NOTE)
    case = session.get_one(Case, appointment.case_id)
    authorize(
        session, actor, Action.CREATE, rule.resource_for(asked.kind, case.type),
        responsible=[appointment.provider_id, case.provider_id], case_id=case.id,
        supervisor_id=actor.staff_id if actor.staff_id in (appointment.supervisor_id, case.supervisor_id) else None,
    )
    check_fit(case, asked.kind)
    if asked.kind is NoteKind.PSYCHOTHERAPY:
        raise RuleViolation("A psychotherapy note is kept apart from the record; write it in its own place.")
    session.info["case_id"] = case.id
    found = notes.note_of(session, appointment.id, asked.kind, actor.staff_id)
    if found is not None:
        return found.id
    begun = beginning(session, case, asked.kind, asked.form, asked.template_id)
    note = Note(
        id=ids.new_id(), case_id=case.id, appointment_id=appointment.id, kind=asked.kind,
        form=begun.form, template=begun.template, status=NoteStatus.DRAFT, author_id=actor.staff_id,
        service_date=appointment.local_date, sections=begun.sections,
        parts=dict.fromkeys(present_at(appointment), "") if FORMS[begun.form].part else {},
    )
    session.add(note)
    session.info["detail"] = asked.kind.value
    return note.id


@command(Resource.CLINICAL_NOTE, Action.CREATE)
def start_case_note(session: Session, actor: Actor, asked: StartCaseNote) -> int:
    """Begin a note of a case, or go on with the draft that the actor has of this kind about this person (G17).

    Returns the note id. Raises NoteDoesNotFit, BadInput.
    """
    case = session.get(Case, asked.case_id, with_for_update=FOR_CHANGE)
    if case is None:
        raise NotFound(actor=actor, action=Action.CREATE, resource=Resource.CLINICAL_NOTE, case_id=asked.case_id)
    authorize(
        session, actor, Action.CREATE, rule.resource_for(asked.kind, case.type),
        responsible=[case.provider_id, *scheduling.providers_of(session, case.id)], case_id=case.id,
    )
    check_fit(case, asked.kind, of_case=True)
    begun = beginning(session, case, asked.kind, asked.form, asked.template_id)
    day = asked.service_date
    if asked.appointment_id is not None:
        appointment = scheduling.appointment(session, asked.appointment_id)
        if appointment is None or appointment.case_id != case.id:
            raise BadInput("appointment_id", "This appointment belongs to another case.")
        day = appointment.local_date
    if day > clock.today(practice.the_practice(session).zone):
        raise BadInput("service_date", "A note is not written ahead; choose today or a day before.")
    person_id = _about(session, asked, case)
    found = notes.open_draft(
        session, case.id, asked.kind, begun.form, actor.staff_id, person_id, asked.appointment_id
    )
    if found is not None:
        return found.id
    details = begun_with(session, asked.kind, case.id, person_id, day)
    note = Note(
        id=ids.new_id(), case_id=case.id, appointment_id=asked.appointment_id, person_id=person_id, kind=asked.kind,
        form=begun.form, template=begun.template, status=NoteStatus.DRAFT, author_id=actor.staff_id, service_date=day,
        sections=begun.sections, parts={}, details=details, review_on=next_review(details),
    )
    session.add(note)
    session.info["detail"] = f"{asked.kind.value}, {begun.form}"
    return note.id


def _about(session: Session, asked: StartCaseNote, case: Case) -> int | None:
    """Whom a note is about: the one who takes part, or whoever was chosen. Raises BadInput."""
    people = list(dict.fromkeys(participant.person_id for participant, _ in cases.people_in(session, case.id)))
    if asked.person_id is not None:
        if asked.person_id not in people:
            raise BadInput("person_id", "Choose somebody who takes part in this case.")
        return asked.person_id
    if len(people) == 1:
        return people[0]
    if asked.kind in rule.ABOUT_SOMEBODY:
        raise BadInput("person_id", "Choose whom this is about.")
    return None


def check_fit(case: Case, kind: NoteKind, *, of_case: bool = False) -> None:
    """Refuse a kind of note that this kind of case, or its appointments, do not have. Raises NoteDoesNotFit."""
    kinds = rule.case_kinds_for(case.type, case.clinical_fields) if of_case else rule.kinds_for(case.type)
    if kind not in kinds:
        able = capabilities(case.type)
        fitting = " or ".join(k.label.lower() for k in kinds or rule.kinds_for(case.type))
        raise NoteDoesNotFit(f"This kind of note does not belong to this kind of case ({able.heading.lower()}). "
                             f"Choose {fitting}.")


def present_at(appointment: Appointment) -> list[str]:
    """Who was there, as keys of a note's parts."""
    return [str(a.person_id) for a in appointment.attendances if a.status in rule.PRESENT]


@command(Resource.CLINICAL_NOTE, Action.UPDATE, also=Resource.APPOINTMENT_MEMO)
def save_draft(session: Session, actor: Actor, asked: SaveDraft) -> int:
    """Keep the text of a draft exactly as typed; the same text again changes nothing. Raises Stale, NoteIsSigned."""
    subject = note_to_write(session, actor, asked.note_id, Action.UPDATE, Act.SAVE)
    note = subject.note
    if note.revision != asked.revision:
        raise Stale
    known = rule.keys_of(rule.sections_for(
        note.form, clinical=subject.clinical, written=note.sections, own=subject.own_sections,
    ))
    known |= rule.retired_keys(note.form, clinical=subject.clinical)
    if not set(asked.sections) <= known:
        raise BadInput("sections", "This form has no such section.")
    parts = {str(person_id): text for person_id, text in asked.parts.items()}
    there = set(present_at(subject.appointment)) if subject.appointment is not None else set()
    if any(text.strip() for key, text in parts.items() if key not in there and key not in note.parts):
        raise BadInput("parts", "Only somebody who was there has a part of the note.")
    sections = {**note.sections, **asked.sections}
    parts = {key: text for key, text in {**note.parts, **parts}.items() if key in there or text.strip()}
    details = {**note.details, **_details(session, subject, asked.details)}
    if (sections, parts, details) != (note.sections, note.parts, note.details):
        note.sections, note.parts, note.details, note.review_on = sections, parts, details, next_review(details)
        note.revision += 1
    note.saved_at = clock.now()
    return note.id


def _details(session: Session, subject: Subject, asked: Details | None) -> dict[str, Any]:
    """What was set of the details, as it is kept. Raises BadInput where this note has no such thing."""
    if asked is None:
        return {}
    able = {
        "risk": has_risk(subject), "telehealth": is_remote(subject), "goals": subject.clinical,
        "plan": subject.note.kind is NoteKind.TREATMENT_PLAN,
    }
    if not all(able[key] for key in asked.model_fields_set):
        raise BadInput("details", "This note has no such part.")
    kept = asked.model_dump(mode="json", exclude_unset=True)
    if asked.plan is not None:
        kept["plan"] = as_json(asked.plan)
    if asked.goals:
        kept["goals"] = linked(session, subject.note, asked.goals)
    return kept


def has_risk(subject: Subject) -> bool:
    """Whether the note has the risk line."""
    return FORMS[subject.note.form].risk and subject.clinical


def is_remote(subject: Subject) -> bool:
    """Whether the note has the telehealth statement."""
    note, appointment = subject.note, subject.appointment
    return has_telehealth(note.kind, subject.case.type, appointment.format if appointment else None)


def missing_details(session: Session, subject: Subject, present: Mapping[str, str]) -> tuple[str, ...]:
    """What risk line, telehealth statement and goals still lack; ``present`` are the names of those who were there."""
    details = Details(**subject.note.details)
    missing: tuple[str, ...] = ()
    if has_risk(subject):
        missing += missing_risk(details.risk, required=FORMS[subject.note.form].risk_required)
    if is_remote(subject) and subject.appointment is not None:
        signed = note_facts.signed_forms(session, [int(key) for key in present], FormPurpose.TELEHEALTH)
        missing += missing_telehealth(
            details.telehealth or Telehealth(mode=subject.appointment.format), present,
            [key for key in present if int(key) not in signed])
    if FORMS[subject.note.form].goals_required and not details.goals and concerns(
        session, subject.note, [int(key) for key in present]
    ):
        missing += (GOAL_MISSING,)
    return missing


@command(Resource.CLINICAL_NOTE, Action.UPDATE, also=Resource.APPOINTMENT_MEMO)
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


@command(Resource.APPOINTMENT_MEMO, Action.UPDATE)
def mark_memo(session: Session, actor: Actor, asked: MarkMemo) -> int:
    """Let the front desk read one's own memo, or no longer. Returns the note's id. Raises NotFound, NotPermitted."""
    subject = subject_of(session, actor, asked.note_id, lock=True)
    authorize_note(session, actor, Action.UPDATE, subject)
    note = subject.note
    if note.kind is not NoteKind.MEMO or note.author_id != actor.staff_id:
        raise NotPermitted(
            "Only a memo can be marked for the front desk, and only by its author.", actor=actor,
            action=Action.UPDATE, resource=Resource.APPOINTMENT_MEMO, resource_id=note.id, case_id=note.case_id,
        )
    note.memo_for_desk = asked.for_desk
    session.info["case_id"] = note.case_id
    session.info["detail"] = "for the front desk too" if asked.for_desk else "not for the front desk"
    return note.id


@command(Resource.CLINICAL_NOTE, Action.UPDATE, also=Resource.APPOINTMENT_MEMO)
def discard_draft(session: Session, actor: Actor, asked: DiscardDraft) -> int:
    """Set one's own draft aside that was never signed; it can be put back for a while (``discarded_drafts``)."""
    note = note_to_write(session, actor, asked.note_id, Action.UPDATE, Act.DISCARD).note
    if alert_steps.closed_with(session, note.id):
        raise NoteDocumentsAlert
    session.info["detail"] = f"{note.kind} of {note.service_date}"
    discarded_drafts.set_aside(session, note, clock.now())
    return note.id
