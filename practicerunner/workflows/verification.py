"""Proving that what was signed is what is kept: text and signatures against their hashes in the audit log."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session

from practicerunner.records import addenda, notes
from practicerunner.records.addenda import Addendum, AddendumReview, AddendumSignature
from practicerunner.records.notes import Logged, Signer
from practicerunner.rules import notes as rule
from practicerunner.vocabulary import Action, Resource, SignatureRole
from practicerunner.workflows.access import Actor
from practicerunner.workflows.commands import reader
from practicerunner.workflows.notes import authorize_note, subject_of


@dataclass(frozen=True, slots=True)
class Verified:
    """One thing that was signed, and whether it is still what was signed."""

    what: str
    """``Version 2`` or ``Addendum``; ``Review of an addendum`` where that is gone or over without a signature."""
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
    log = _Log(notes.logged_signatures(session, note_id))
    kept = {v.number: (rule.text_hash(v.content), v.text_hash) for v in notes.versions_of(session, note_id)}
    found = []
    for s in notes.signatures_of(session, note_id):
        now, claimed = kept.get(s.version, ("", ""))
        action = "sign_note" if s.role is SignatureRole.AUTHOR else "cosign_note"
        seal = rule.signature_hash(note_id, f"{s.role.value} {s.version}", s.text_hash, _signer(s), s.signed_at)
        known = log.knows(action, f"version {s.version}", s.text_hash, seal, proven=s.method is not None)
        intact = known and now == claimed == s.text_hash
        found.append(Verified(f"Version {s.version}", s.name, s.signed_at, now, intact))
    for addendum, co, review in addenda.of_notes(session, note_id):
        now = rule.addendum_hash(note_id, addendum.reason, addendum.text)
        seal = rule.signature_hash(addendum.id, SignatureRole.AUTHOR, now, _signer(addendum), addendum.created_at)
        known = log.knows("add_addendum", "addendum", now, seal, proven=addendum.method is not None)
        intact = known and now == addendum.text_hash
        found.append(Verified("Addendum", addendum.name, addendum.created_at, now, intact))
        if co is not None:
            seal = rule.signature_hash(addendum.id, SignatureRole.CO_SIGNER, now, _signer(co), co.signed_at)
            known = log.knows("cosign_addendum", "addendum", now, seal, proven=co.method is not None)
            found.append(Verified("Addendum", co.name, co.signed_at, now, known and intact and co.text_hash == now))
        if not _reviewed(addendum, co, review):
            found.append(Verified("Review of an addendum", addendum.name, addendum.created_at, now, intact=False))
    return found + log.gone()


def _reviewed(addendum: Addendum, co: AddendumSignature | None, review: AddendumReview | None) -> bool:
    """Whether an addendum that was handed in still has its review, and that is over only with a co-signature."""
    if review is None:
        return addendum.supervisor_id is None and co is None
    return (review.done_at is None) is (co is None)


def _signer(signed: Signer) -> dict[str, Any]:
    return {key: getattr(signed, key) for key in rule.SIGNER}


class _Log:
    """What the audit log says was signed, each act found again at most once among what is kept."""

    def __init__(self, logged: list[Logged]) -> None:
        self._left = list(logged)
        self._unknown: list[tuple[str, str]] = []

    def knows(self, action: str, about: str, text_hash: str, seal: str, *, proven: bool) -> bool:
        """Whether a signature is one that was logged: by its own hash, or as it was logged before there was one."""
        mine = [one for one in self._left if one.action == action and one.about in (about, "")]
        found = next((one for one in mine if one.seal == seal), None)
        if found is None:
            found = next((one for one in mine if not one.seal and one.text_hash in (text_hash, "")), None)
        if found is not None:
            self._left.remove(found)
            return True
        if proven or mine:
            self._unknown.append((action, about))
            return False
        return True

    def gone(self) -> list[Verified]:
        """What was logged and is not kept any more; what is kept otherwise was found already."""
        found = []
        for one in self._left:
            altered = next((u for u in self._unknown if u[0] == one.action and one.about in (u[1], "")), None)
            if altered is not None:
                self._unknown.remove(altered)
            else:
                found.append(Verified(one.about.capitalize() or "Signature", one.by, one.at, "", False))
        return found
