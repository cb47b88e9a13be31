"""What is added beneath a locked note: signed text with a reason, the only way in which it grows (G11)."""

from sqlalchemy.orm import Session

from practicerunner import clock, ids
from practicerunner.errors import NotFound, RuleViolation
from practicerunner.records import addenda, note_lists
from practicerunner.records.addenda import Addendum, AddendumReview, AddendumSignature
from practicerunner.rules import notes as rule
from practicerunner.rules.notes import Act
from practicerunner.vocabulary import Action, Resource, SignatureRole
from practicerunner.workflows.access import Actor, authorize
from practicerunner.workflows.commands import RequiredLine, RequiredParagraph, command
from practicerunner.workflows.note_readers import adds_beneath
from practicerunner.workflows.notes import authorize_note, subject_of
from practicerunner.workflows.proof import Signing
from practicerunner.workflows.reviews import OwnNote
from practicerunner.workflows.signatures import signer
from practicerunner.workflows.supervision import NoSupervisor, review_of


class AddAddendum(Signing):
    """Add something beneath a signed note."""

    note_id: int
    reason: RequiredLine
    text: RequiredParagraph


class CosignAddendum(Signing):
    """Co-sign an associate's addendum."""

    addendum_id: int


@command(Resource.CLINICAL_NOTE, Action.SIGN)
def add_addendum(session: Session, actor: Actor, asked: AddAddendum) -> int:
    """Add signed text beneath a locked note; an associate's waits for co-signature (G11, G12). Returns the note id.

    Beneath a note that was handed in for review it waits, too, also where that kind of note was left out later. Once
    the author has left, whoever has the case now writes it in their own name, see ``adds_beneath``.
    """
    subject = subject_of(session, actor, asked.note_id, lock=True)
    note = subject.note
    row = note_lists.one_row(session, note.id)
    authorize_note(session, actor, Action.READ, subject, row=row)
    amended = rule.transition(note.kind, note.status, Act.AMEND)
    own, supervised = adds_beneath(actor, row) if row is not None else (False, False)
    authorize(
        session, actor, Action.SIGN, rule.resource_for(note.kind, subject.case.type),
        responsible=[actor.staff_id] if own else (), supervised=supervised, resource_id=note.id, case_id=note.case_id,
    )
    review = review_of(
        session, actor.staff_id, actor.roles, note.kind, subject.case, subject.appointment,
        handed_in=note.submitted_at is not None, before=note.review_as)
    if review is not None and review.supervisor is None:
        raise NoSupervisor
    supervisor_id = review.supervisor.id if review is not None and review.supervisor is not None else None
    hashed = rule.addendum_hash(note.id, asked.reason, asked.text)
    now, who = clock.now(), signer(session, actor, asked)
    addendum = Addendum(
        id=ids.new_id(), created_at=now, note_id=note.id, reason=asked.reason, text=asked.text, text_hash=hashed,
        supervisor_id=supervisor_id, **who,
    )
    session.add(addendum)
    session.flush()  # the database lets a note be amended only by what stands beneath it
    note.status = amended
    note.revision += 1
    if review is not None:
        session.add(AddendumReview(addendum_id=addendum.id, supervisor_id=supervisor_id, review_as=review.role))
    seal = rule.signature_hash(addendum.id, SignatureRole.AUTHOR, hashed, who, now)
    session.info["case_id"], session.info["detail"] = note.case_id, f"addendum, {seal}, {hashed}"
    return note.id


@command(Resource.CLINICAL_NOTE, Action.SIGN)
def cosign_addendum(session: Session, actor: Actor, asked: CosignAddendum) -> int:
    """Co-sign an associate's addendum. Returns the note id."""
    review = addenda.review_of(session, asked.addendum_id, lock=True)
    addendum = session.get(Addendum, asked.addendum_id)
    if addendum is None:
        raise NotFound(actor=actor, action=Action.SIGN, resource=Resource.CLINICAL_NOTE)
    subject = subject_of(session, actor, addendum.note_id)
    if addendum.staff_id == actor.staff_id:
        raise OwnNote(actor=actor, action=Act.COSIGN, resource=Resource.CLINICAL_NOTE, resource_id=addendum.note_id)
    authorize(
        session, actor, Action.SIGN, rule.resource_for(subject.note.kind, subject.case.type),
        responsible=(), supervisor_id=review.supervisor_id if review is not None else None,
        resource_id=subject.note.id, case_id=subject.case.id,
    )
    if review is None or review.done_at is not None:
        raise RuleViolation("This addendum does not wait for a co-signature.")
    now, who = clock.now(), signer(session, actor, asked)
    session.add(AddendumSignature(addendum_id=addendum.id, text_hash=addendum.text_hash, signed_at=now, **who))
    session.flush()  # the database lets a review end only with a signature
    review.done_at = now
    review.revision += 1
    seal = rule.signature_hash(addendum.id, SignatureRole.CO_SIGNER, addendum.text_hash, who, now)
    session.info["case_id"], session.info["detail"] = subject.case.id, f"addendum, {seal}, {addendum.text_hash}"
    return subject.note.id
