"""Sessions and the notes that are written, signed and read of them: what many tests of the record share."""

from typing import Any

from sqlalchemy import select

from practicerunner import database
from practicerunner.records.audit import AuditRow
from practicerunner.records.notes import Note
from practicerunner.rules.notes import FORMS
from practicerunner.vocabulary import CaseType, NoteKind
from practicerunner.workflows.note_pages import NoteFacts, NotePage, note_page
from practicerunner.workflows.notes import SaveDraft, StartNote, save_draft, start_note
from practicerunner.workflows.signatures import SignNote, sign_note
from tests.cast import Cast, at, hold

SENTINEL = "Heron-on-the-roof **seventeen**"
SERVICE = {
    CaseType.INDIVIDUAL: "IND50", CaseType.TWO_PERSON: "FAM50", CaseType.FAMILY: "FAM50",
    CaseType.THERAPY_GROUP: "GRP90", CaseType.INDIVIDUAL_CONSULTATION: "CONS60",
    CaseType.CONSULTATION_GROUP: "CGRP120", CaseType.WORKSHOP: "WKSP",
}
NAMES = ("Noor Haddad", "Sam Ortiz")
MONDAY = "2026-10-12 10:00"


def session_of(cast: Cast, case_type: CaseType = CaseType.INDIVIDUAL, *, by: str = "Marcus", when: str = MONDAY,
               **options: Any) -> tuple[int, int]:
    """A case of a kind and its first held appointment."""
    names = NAMES[:1] if case_type in (CaseType.INDIVIDUAL, CaseType.INDIVIDUAL_CONSULTATION) else NAMES
    with at("2026-10-01 09:00"):
        case_id = cast.open_case(case_type, *names, provider=by, name="Thursday circle" if len(names) > 1 and
                                 case_type not in (CaseType.TWO_PERSON, CaseType.FAMILY) else "")
    return case_id, hold(cast, case_id, SERVICE[case_type], when, by=by, **options)


def row(cast: Cast, note_id: int) -> Note:
    with database.reading(cast.engine) as session:
        return session.get_one(Note, note_id)


def page(cast: Cast, name: str, note_id: int, reason: str = "") -> NotePage | NoteFacts:
    """Somebody opens a note, which is logged, so in a transaction."""
    actor = cast.actor(name)
    with database.transaction(cast.engine) as session:
        return note_page(session, actor, note_id, reason)


def start(cast: Cast, name: str, appointment_id: int, kind: NoteKind = NoteKind.PROGRESS, form: str = "") -> int:
    return cast.do(name, start_note, StartNote(appointment_id=appointment_id, kind=kind, form=form))


def fill(cast: Cast, name: str, note_id: int, words: str = "Said.", **parts: str) -> int:
    """Write every required section, and each part; returns the revision afterwards."""
    note = row(cast, note_id)
    cast.do(name, save_draft, SaveDraft(
        note_id=note_id, revision=note.revision,
        sections={s.key: words for s in FORMS[note.form].sections if s.required},
        parts={int(key): f"{words} Part of {key}." for key in note.parts},
    ))
    return row(cast, note_id).revision


def sign(cast: Cast, name: str, note_id: int) -> None:
    cast.do(name, sign_note, SignNote(note_id=note_id, revision=row(cast, note_id).revision))


def signed_note(cast: Cast, name: str = "Marcus", case_type: CaseType = CaseType.INDIVIDUAL) -> tuple[int, int]:
    """A case and a note in it that its author has signed on the evening of the appointment."""
    case_id, appointment_id = session_of(cast, case_type, by=name)
    with at("2026-10-12 22:00"):
        note_id = start(cast, name, appointment_id)
        fill(cast, name, note_id, SENTINEL)
        sign(cast, name, note_id)
    return case_id, note_id


def audit_rows(cast: Cast, action: str) -> list[AuditRow]:
    with database.reading(cast.engine) as session:
        return list(session.scalars(select(AuditRow).where(AuditRow.action == action).order_by(AuditRow.seq)))
