"""Writing, signing, co-signing and amending notes (G01–G12). To read them: ``documentation``, ``note_pages``."""

from dataclasses import dataclass
from typing import Any

from pydantic import Field
from sqlalchemy.orm import Session

from practicerunner import clock, ids
from practicerunner.errors import BadInput, NotFound, NotPermitted, RuleViolation, Stale
from practicerunner.records import cases, notes, practice, scheduling
from practicerunner.records.cases import Case
from practicerunner.records.logins import Staff
from practicerunner.records.notes import Addendum, AddendumSignature, Note, NoteVersion, ReviewComment, Signature
from practicerunner.records.scheduling import Appointment
from practicerunner.rules import notes as rule
from practicerunner.rules.attendance import AHEAD
from practicerunner.rules.case_types import capabilities
from practicerunner.rules.notes import Act
from practicerunner.vocabulary import Action, NoteKind, NoteStatus, Resource, Role, SignatureRole
from practicerunner.workflows.access import Actor, authorize
from practicerunner.workflows.commands import Command, Paragraph, RequiredLine, RequiredParagraph, command
from practicerunner.workflows.staff import supervisor_on


class NoteDoesNotFit(RuleViolation):
    """This kind of note does not belong to this kind of case."""


class NoteIsIncomplete(RuleViolation):
    """Something is still missing before this note can be signed."""


class NoSupervisor(RuleViolation):
    """Nobody is set as your supervisor, so nobody could co-sign this. Ask the practice's owner to set one."""


class OwnNote(NotPermitted):
    """Nobody co-signs or returns a note of their own."""


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


class SignNote(Command):
    """Sign what is written; an associate's signature submits it for co-signature."""

    note_id: int
    revision: int


class CosignNote(Command):
    """Co-sign the version that was read, which locks the note."""

    note_id: int
    version: int


class ReturnNote(Command):
    """Give the version that was read back to its author, saying why."""

    note_id: int
    version: int
    comment: RequiredParagraph


class AddAddendum(Command):
    """Add something beneath a signed note."""

    note_id: int
    reason: RequiredLine
    text: RequiredParagraph


class CosignAddendum(Command):
    """Co-sign an associate's addendum."""

    addendum_id: int


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
    note, case, appointment = subject.note, subject.case, subject.appointment
    supervisors = {note.supervisor_id, case.supervisor_id, appointment.supervisor_id if appointment else None}
    return authorize(
        session, actor, action, rule.resource_for(note.kind, case.type),
        responsible=[note.author_id, case.provider_id, appointment.provider_id if appointment else None],
        supervisor_id=actor.staff_id if actor.staff_id in supervisors else None, reason=reason, resource_id=note.id,
        case_id=case.id,
    )


def _to_write(session: Session, actor: Actor, note_id: int, action: Action, act: Act) -> Subject:
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
    subject = _to_write(session, actor, asked.note_id, Action.UPDATE, Act.SAVE)
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


@command(Resource.CLINICAL_NOTE, Action.SIGN)
def sign_note(session: Session, actor: Actor, asked: SignNote) -> int:
    """Sign the text as a version of its own. A provider's signature locks it; an associate's submits it (G11, G12).

    Raises NoteIsIncomplete, NoSupervisor, NoteIsSigned, Stale.
    """
    act = Act.SUBMIT if rule.needs_cosignature(actor.roles) else Act.SIGN
    subject = _to_write(session, actor, asked.note_id, Action.SIGN, act)
    note = subject.note
    if note.revision != asked.revision:
        raise Stale
    content = _content_to_sign(session, subject)
    now, hashed = clock.now(), rule.text_hash(content)
    if act is Act.SUBMIT:
        supervisor = supervisor_for(session, actor.staff_id, subject.case, subject.appointment)
        if supervisor is None:
            raise NoSupervisor
        note.supervisor_id, note.submitted_at = supervisor.id, now
    else:
        note.supervisor_id, note.locked_at = None, now
    note.status = rule.transition(note.kind, note.status, act)
    note.version += 1
    note.revision += 1
    session.add(NoteVersion(note_id=note.id, number=note.version, content=content, text_hash=hashed))
    _sign(session, actor, note, SignatureRole.AUTHOR, hashed)
    session.info["detail"] = f"version {note.version}"
    return note.id


def _content_to_sign(session: Session, subject: Subject) -> dict[str, Any]:
    """What a signature stands under: the text and the facts of the appointment at that moment."""
    note, case, appointment = subject.note, subject.case, subject.appointment
    names = {str(person.id): f"{person.first_name} {person.last_name}".strip()
             for _, person in cases.people_in(session, case.id)}
    missing = list(rule.missing_sections(note.form, note.sections))
    header: dict[str, Any] = {"case": case.name, "date": note.service_date.isoformat()}
    there: list[str] = []
    if appointment is not None:
        if appointment.starts_at > clock.now():
            raise NoteIsIncomplete("A note is signed after its appointment has begun.")
        there = present_at(appointment)
        if rule.FORMS[note.form].part and any(a.status in AHEAD for a in appointment.attendances):
            raise NoteIsIncomplete("Record first who was there; a group note has a part for each of them.")
        absent = [key for key, text in note.parts.items() if text.strip() and key not in there]
        if absent:
            raise NoteIsIncomplete(
                f"{', '.join(names.get(key, 'Somebody') for key in absent)} was not there. "
                "Empty that part before you sign."
            )
        header |= {
            "start": f"{appointment.local_time:%H:%M}", "minutes": appointment.minutes,
            "format": appointment.format.value,
        }
    missing += [names[key] for key in rule.missing_parts(note.form, note.parts, there, clinical=subject.clinical)]
    if missing:
        raise NoteIsIncomplete(f"Please fill in before you sign: {', '.join(missing)}.")
    entered_on = clock.today(practice.the_practice(session).zone).isoformat()
    late = rule.is_late_entry(note.service_date, clock.today(practice.the_practice(session).zone))
    if note.version:
        first = notes.versions_of(session, note.id)[0].content["header"]
        entered_on, late = first["entered_on"], first["late_entry"]
    header |= {"present": {key: names[key] for key in there}, "entered_on": entered_on, "late_entry": late}
    return {
        "kind": note.kind.value, "form": note.form, "sections": dict(note.sections), "parts": dict(note.parts),
        "header": header,
    }


def supervisor_for(session: Session, author_id: int, case: Case, appointment: Appointment | None) -> Staff | None:
    """Who co-signs somebody's note: set for the appointment, else for the case, else as their default (G13)."""
    today = clock.today(practice.the_practice(session).zone)
    of_appointment = appointment.supervisor_id if appointment else None
    named = (of_appointment, case.supervisor_id, supervisor_on(session, author_id, today))
    for staff_id in named:
        person = session.get(Staff, staff_id) if staff_id is not None and staff_id != author_id else None
        if person is not None and person.active:
            return person
    return None


def _sign(session: Session, actor: Actor, note: Note, role: SignatureRole, hashed: str) -> None:
    person = session.get_one(Staff, actor.staff_id)
    session.add(Signature(
        note_id=note.id, version=note.version, staff_id=person.id, role=role, name=person.name,
        credentials=person.credentials, text_hash=hashed, signed_at=clock.now(),
    ))


def _to_review(session: Session, actor: Actor, note_id: int, version: int, act: Act) -> Note:
    """A submitted note for whoever supervises its author. Raises OwnNote, Stale."""
    subject = subject_of(session, actor, note_id, lock=True)
    note = subject.note
    if note.author_id == actor.staff_id:
        raise OwnNote(actor=actor, action=act, resource=Resource.CLINICAL_NOTE, resource_id=note.id,
                      case_id=note.case_id)
    authorize(
        session, actor, Action.SIGN, rule.resource_for(note.kind, subject.case.type), responsible=[note.author_id],
        supervisor_id=note.supervisor_id, resource_id=note.id, case_id=note.case_id,
    )
    note.status = rule.transition(note.kind, note.status, act)
    if note.version != version:
        raise Stale
    note.revision += 1
    session.info["case_id"], session.info["detail"] = note.case_id, f"version {note.version}"
    return note


@command(Resource.CLINICAL_NOTE, Action.SIGN)
def cosign_note(session: Session, actor: Actor, asked: CosignNote) -> int:
    """Approve an associate's note with a signature of one's own, which locks it (G12, X12)."""
    note = _to_review(session, actor, asked.note_id, asked.version, Act.COSIGN)
    note.locked_at = clock.now()
    _sign(session, actor, note, SignatureRole.CO_SIGNER, notes.versions_of(session, note.id)[-1].text_hash)
    return note.id


@command(Resource.CLINICAL_NOTE, Action.SIGN)
def return_note(session: Session, actor: Actor, asked: ReturnNote) -> int:
    """Give an associate's note back with a comment; version and comment are kept (G12)."""
    note = _to_review(session, actor, asked.note_id, asked.version, Act.RETURN)
    session.add(ReviewComment(note_id=note.id, version=note.version, staff_id=actor.staff_id, text=asked.comment))
    return note.id


@command(Resource.CLINICAL_NOTE, Action.SIGN)
def add_addendum(session: Session, actor: Actor, asked: AddAddendum) -> int:
    """Add signed text beneath a locked note; an associate's waits for co-signature (G11, G12). Returns the note id."""
    subject = subject_of(session, actor, asked.note_id, lock=True)
    note = subject.note
    authorize_note(session, actor, Action.READ, subject)
    amended = rule.transition(note.kind, note.status, Act.AMEND)
    authorize(
        session, actor, Action.SIGN, rule.resource_for(note.kind, subject.case.type), responsible=[note.author_id],
        supervisor_id=note.supervisor_id, resource_id=note.id, case_id=note.case_id,
    )
    note.status = amended
    note.revision += 1
    supervisor = None
    if rule.needs_cosignature(actor.roles):
        supervisor = supervisor_for(session, actor.staff_id, subject.case, subject.appointment)
        if supervisor is None:
            raise NoSupervisor
    person = session.get_one(Staff, actor.staff_id)
    session.add(Addendum(
        note_id=note.id, staff_id=person.id, name=person.name, credentials=person.credentials, reason=asked.reason,
        text=asked.text, text_hash=rule.text_hash({"note": note.id, "reason": asked.reason, "text": asked.text}),
        supervisor_id=supervisor.id if supervisor else None,
    ))
    session.info["case_id"] = note.case_id
    return note.id


@command(Resource.CLINICAL_NOTE, Action.SIGN)
def cosign_addendum(session: Session, actor: Actor, asked: CosignAddendum) -> int:
    """Co-sign an associate's addendum. Returns the note id."""
    addendum = session.get(Addendum, asked.addendum_id, with_for_update=True)
    if addendum is None:
        raise NotFound(actor=actor, action=Action.SIGN, resource=Resource.CLINICAL_NOTE)
    subject = subject_of(session, actor, addendum.note_id)
    if addendum.staff_id == actor.staff_id:
        raise OwnNote(actor=actor, action=Act.COSIGN, resource=Resource.CLINICAL_NOTE, resource_id=addendum.note_id)
    authorize(
        session, actor, Action.SIGN, rule.resource_for(subject.note.kind, subject.case.type),
        responsible=[addendum.staff_id], supervisor_id=addendum.supervisor_id, resource_id=subject.note.id,
        case_id=subject.case.id,
    )
    if addendum.supervisor_id is None or notes.signature_of_addendum(session, addendum.id) is not None:
        raise RuleViolation("This addendum does not wait for a co-signature.")
    person = session.get_one(Staff, actor.staff_id)
    session.add(AddendumSignature(
        addendum_id=addendum.id, staff_id=person.id, name=person.name, credentials=person.credentials,
        text_hash=addendum.text_hash, signed_at=clock.now(),
    ))
    session.info["case_id"] = subject.case.id
    return subject.note.id


@command(Resource.CLINICAL_NOTE, Action.UPDATE)
def finish_memo(session: Session, actor: Actor, asked: FinishMemo) -> int:
    """Make a memo final; it is never part of the record (G06)."""
    note = _to_write(session, actor, asked.note_id, Action.UPDATE, Act.FINISH).note
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
    note = _to_write(session, actor, asked.note_id, Action.UPDATE, Act.DISCARD).note
    session.info["detail"] = f"{note.kind} of {note.service_date}"
    session.delete(note)
    return note.id
