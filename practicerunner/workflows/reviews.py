"""The supervisor's review of a submitted note: co-sign it, or return it with comments (G12)."""

from pydantic import Field
from sqlalchemy.orm import Session

from practicerunner import clock
from practicerunner.errors import BadInput, NotPermitted, Stale
from practicerunner.records import notes
from practicerunner.records.base import add_rows
from practicerunner.records.notes import Note, ReviewComment
from practicerunner.rules import notes as rule
from practicerunner.rules.notes import Act
from practicerunner.vocabulary import Action, NoteStatus, Resource, SignatureRole
from practicerunner.workflows.access import Actor, authorize
from practicerunner.workflows.commands import Command, Paragraph, command
from practicerunner.workflows.notes import subject_of
from practicerunner.workflows.proof import Signing
from practicerunner.workflows.signatures import sign


class OwnNote(NotPermitted):
    """Nobody co-signs or returns a note of their own."""


class CosignNote(Signing):
    """Co-sign the version that was read, which locks the note."""

    note_id: int
    version: int


class ReturnNote(Command):
    """Give the version that was read back to its author, saying why: as a whole, or section by section."""

    note_id: int
    version: int
    comment: Paragraph = ""
    sections: dict[str, Paragraph] = Field(default_factory=dict)
    """Key of a section, or person id of a part, and what there is to say of it."""


def _to_review(session: Session, actor: Actor, note_id: int, version: int, act: Act) -> tuple[Note, NoteStatus]:
    """A submitted note for the supervisor who is responsible for it, and its next state. Raises OwnNote, Stale."""
    subject = subject_of(session, actor, note_id, lock=True)
    note = subject.note
    if note.author_id == actor.staff_id:
        raise OwnNote(actor=actor, action=act, resource=Resource.CLINICAL_NOTE, resource_id=note.id,
                      case_id=note.case_id)
    authorize(
        session, actor, Action.SIGN, rule.resource_for(note.kind, subject.case.type), responsible=(),
        supervisor_id=note.supervisor_id, resource_id=note.id, case_id=note.case_id,
    )
    status = rule.transition(note.kind, note.status, act)
    if note.version != version:
        raise Stale
    note.revision += 1
    session.info["case_id"], session.info["detail"] = note.case_id, f"version {note.version}"
    return note, status


@command(Resource.CLINICAL_NOTE, Action.SIGN)
def cosign_note(session: Session, actor: Actor, asked: CosignNote) -> int:
    """Sign what was submitted to one, as co-signer or approver, which locks it (G12, X12)."""
    note, status = _to_review(session, actor, asked.note_id, asked.version, Act.COSIGN)
    role = note.review_as or SignatureRole.CO_SIGNER
    last = notes.versions_of(session, note.id)[-1]
    sign(session, actor, asked, note, role, last.text_hash, last.number)
    note.status, note.locked_at = status, clock.now()
    return note.id


@command(Resource.CLINICAL_NOTE, Action.SIGN)
def return_note(session: Session, actor: Actor, asked: ReturnNote) -> int:
    """Give a note back with comments; the version and the comments are kept (G12)."""
    note, status = _to_review(session, actor, asked.note_id, asked.version, Act.RETURN)
    content = notes.versions_of(session, note.id)[-1].content
    known = {s.key for s in rule.FORMS[note.form].sections} | {*content["sections"], *content["parts"]}
    if not {key for key, text in asked.sections.items() if text.strip()} <= known:
        raise BadInput("sections", "This note has no such section.")
    said = {key: text for key, text in {"": asked.comment, **asked.sections}.items() if text.strip()}
    if not said:
        raise BadInput("comment", "Say what the author should change.")
    # The database lets a note go back only with what is said of it, so that is written first.
    add_rows(session, ReviewComment, [
        {"note_id": note.id, "version": note.version, "staff_id": actor.staff_id, "section": key, "text": text}
        for key, text in said.items()
    ])
    note.status = status
    return note.id
