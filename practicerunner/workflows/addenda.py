"""What is added beneath a locked note: signed text with a reason, the only way in which it grows (G11)."""

from sqlalchemy.orm import Session

from practicerunner import clock
from practicerunner.errors import NotFound, RuleViolation
from practicerunner.records import notes
from practicerunner.records.notes import Addendum, AddendumSignature
from practicerunner.rules import notes as rule
from practicerunner.rules.notes import Act
from practicerunner.vocabulary import Action, Resource
from practicerunner.workflows.access import Actor, authorize
from practicerunner.workflows.commands import RequiredLine, RequiredParagraph, command
from practicerunner.workflows.notes import authorize_note, subject_of
from practicerunner.workflows.proof import Signing
from practicerunner.workflows.reviews import OwnNote
from practicerunner.workflows.signatures import signer
from practicerunner.workflows.supervision import NoSupervisor, supervisor_for


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
    hashed = rule.addendum_hash(note.id, asked.reason, asked.text)
    session.add(Addendum(
        note_id=note.id, reason=asked.reason, text=asked.text, text_hash=hashed,
        supervisor_id=supervisor.id if supervisor else None, **signer(session, actor, asked),
    ))
    session.info["case_id"], session.info["detail"] = note.case_id, f"addendum, {hashed}"
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
    session.add(AddendumSignature(
        addendum_id=addendum.id, text_hash=addendum.text_hash, signed_at=clock.now(), **signer(session, actor, asked),
    ))
    session.info["case_id"] = subject.case.id
    return subject.note.id
