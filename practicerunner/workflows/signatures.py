"""Signing a note: the text as a version of its own, under the name, credentials and licence of that moment (G11)."""

from typing import Any

from sqlalchemy.orm import Session

from practicerunner import clock
from practicerunner.errors import Stale
from practicerunner.records import notes, practice
from practicerunner.records.notes import Note, NoteVersion, Signature
from practicerunner.records.staff import Staff
from practicerunner.rules import notes as rule
from practicerunner.rules.attendance import AHEAD
from practicerunner.rules.note_forms import FORMS
from practicerunner.rules.notes import Act
from practicerunner.vocabulary import Action, Resource, SignatureRole
from practicerunner.workflows.access import Actor
from practicerunner.workflows.commands import command
from practicerunner.workflows.note_facts import codes_on, facts_of, late_entry, names_in
from practicerunner.workflows.notes import NoteIsIncomplete, Subject, missing_details, note_to_write
from practicerunner.workflows.plan_parts import missing_of_plan
from practicerunner.workflows.proof import Signing, proven
from practicerunner.workflows.supervision import NoSupervisor, review_of


class SignNote(Signing):
    """Sign what is written; an associate's signature submits it for co-signature."""

    note_id: int
    revision: int


@command(Resource.CLINICAL_NOTE, Action.SIGN)
def sign_note(session: Session, actor: Actor, asked: SignNote) -> int:
    """Sign the text as a version of its own. A provider's signature locks it; an associate's submits it (G11, G12).

    Raises NoteIsIncomplete, NoSupervisor, NoteIsSigned, Stale.
    """
    subject = note_to_write(session, actor, asked.note_id, Action.SIGN, Act.SIGN)
    note = subject.note
    if note.revision != asked.revision:
        raise Stale
    content = content_to_sign(session, actor, subject)
    now, hashed, number = clock.now(), rule.text_hash(content), note.version + 1
    review = review_of(
        session, actor.staff_id, actor.roles, note.kind, subject.case, subject.appointment, note.id,
        handed_in=note.submitted_at is not None, before=note.review_as)
    if review is not None and review.supervisor is None:
        raise NoSupervisor
    session.add(NoteVersion(note_id=note.id, number=number, content=content, text_hash=hashed))
    sign(session, actor, asked, note, SignatureRole.AUTHOR, hashed, number)
    if review is not None and review.supervisor is not None:
        note.supervisor_id, note.review_as, note.submitted_at = review.supervisor.id, review.role, now
    else:
        note.supervisor_id, note.review_as, note.locked_at = None, None, now
    note.status = rule.transition(note.kind, note.status, Act.SIGN if review is None else Act.SUBMIT)
    note.version = number
    note.revision += 1
    return note.id


def content_to_sign(session: Session, actor: Actor, subject: Subject) -> dict[str, Any]:
    """What a signature stands under: the text and the facts of the appointment at that moment."""
    note, appointment = subject.note, subject.appointment
    names = names_in(session, note.case_id)
    header = facts_of(session, subject, names)
    there = header["present"]
    if appointment is not None:
        if appointment.starts_at > clock.now():
            raise NoteIsIncomplete("A note is signed after its appointment has begun.")
        if any(a.status in AHEAD for a in appointment.attendances):
            parts = "; a group note has a part for each of them" if FORMS[note.form].part else ""
            raise NoteIsIncomplete(f"Record first who was there{parts}.")
        if note.kind in rule.OF_WHAT_TOOK_PLACE and not there:
            raise NoteIsIncomplete(f"Nobody was there, so there is nothing to say in a {note.kind.label.lower()}.")
        absent = [key for key, text in note.parts.items() if text.strip() and key not in there]
        if absent:
            who = " and ".join(names.get(key, "Somebody") for key in absent)
            raise NoteIsIncomplete(
                f"{who} was not there. Empty that part before you sign." if len(absent) == 1
                else f"{who} were not there. Empty those parts before you sign.")
    lacking = missing_of_plan(session, note)
    if lacking:
        raise NoteIsIncomplete(" ".join(lacking))
    missing = [
        *rule.missing_sections(note.form, note.sections, subject.own_sections, clinical=subject.clinical),
        *missing_details(session, subject, there),
        *(f"Part of {names[key]}"
          for key in rule.missing_parts(note.form, note.parts, there, clinical=subject.clinical)),
    ]
    if missing:
        raise NoteIsIncomplete(f"Please fill in before you sign: {', '.join(missing)}.")
    entered_on, late = late_entry(session, subject)
    if note.version:
        first = notes.versions_of(session, note.id)[0].content["header"]
        entered_on, late = first["entered_on"], first["late_entry"]
    header |= {"entered_on": entered_on, "late_entry": late}
    if subject.clinical:
        header["codes"] = codes_on(session, actor, subject, list(there or header.get("about", ())))
    return {
        "kind": note.kind.value, "form": note.form, "sections": dict(note.sections), "parts": dict(note.parts),
        "details": dict(note.details), "template": dict(note.template), "header": header,
    }


def signer(session: Session, actor: Actor, signing: Signing) -> dict[str, Any]:
    """What a signature says of its signer at this moment (C23). Raises NotProven without a fresh proof."""
    method = proven(actor, signing)
    person = session.get_one(Staff, actor.staff_id)
    return {
        "staff_id": person.id, "name": person.name, "credentials": person.credentials, "licence": person.licence,
        "method": method, "zone": practice.the_practice(session).zone,
    }


def sign(
    session: Session, actor: Actor, signing: Signing, note: Note, role: SignatureRole, hashed: str, number: int
) -> None:
    """Put somebody's signature under a version; the audit log keeps the text's hash and the signature's own.

    Raises NotProven.
    """
    now, who = clock.now(), signer(session, actor, signing)
    session.add(Signature(note_id=note.id, version=number, role=role, text_hash=hashed, signed_at=now, **who))
    session.flush()  # the database lets a note come to a signed state only after its signature
    seal = rule.signature_hash(note.id, f"{role.value} {number}", hashed, who, now)
    session.info["detail"] = f"version {number}, {seal}, {hashed}"
