"""Proving that what was signed is what is kept: the text against its hash, the hash against signature and audit log."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.orm import Session

from practicerunner.records import notes
from practicerunner.rules import notes as rule
from practicerunner.vocabulary import Action, Resource
from practicerunner.workflows.access import Actor
from practicerunner.workflows.commands import reader
from practicerunner.workflows.notes import authorize_note, subject_of


@dataclass(frozen=True, slots=True)
class Verified:
    """One thing that was signed, and whether it is still what was signed."""

    what: str
    """``Version 2`` or ``Addendum``."""
    by: str
    at: datetime
    text_hash: str
    """SHA-256 over the text as it is kept now, hexadecimal."""
    intact: bool


@reader(Resource.CLINICAL_NOTE)
def verify_note(session: Session, actor: Actor, note_id: int, reason: str = "") -> list[Verified]:
    """Every signature under a note and its addenda, each checked anew. Raises NotFound for strangers."""
    authorize_note(session, actor, Action.READ, subject_of(session, actor, note_id), reason=reason)
    return _verify(session, note_id)


def broken_notes(session: Session) -> list[int]:
    """Ids of the notes under which something is not what was signed; for the command line."""
    return [note_id for note_id in notes.signed_ids(session) if not all(v.intact for v in _verify(session, note_id))]


def _verify(session: Session, note_id: int) -> list[Verified]:
    kept = {v.number: (rule.text_hash(v.content), v.text_hash) for v in notes.versions_of(session, note_id)}
    logged = notes.logged_hashes(session, note_id)
    found = []
    for s in notes.signatures_of(session, note_id):
        now, claimed = kept.get(s.version, ("", ""))
        intact = now == claimed == s.text_hash and (s.method is None or s.text_hash in logged)
        found.append(Verified(f"Version {s.version}", s.name, s.signed_at, now, intact))
    for addendum, signature, _ in notes.addenda_of(session, note_id):
        now = rule.addendum_hash(note_id, addendum.reason, addendum.text)
        intact = now == addendum.text_hash and (addendum.method is None or now in logged)
        found.append(Verified("Addendum", addendum.name, addendum.created_at, now, intact))
        if signature is not None:
            found.append(Verified(
                "Addendum", signature.name, signature.signed_at, now, intact and signature.text_hash == now
            ))
    return found
