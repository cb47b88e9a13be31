"""A psychotherapy note that its author lets their supervisor read: note by note, off until then, ended at will (C11).

A share counts only while the supervision in which it began is in force and the author works here. It opens reading
and nothing else: whoever it is shared with finds it in a list of their own, and each reading is logged.
"""

from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy.orm import Session

from practicerunner import clock, ids
from practicerunner.errors import BadInput, NotFound
from practicerunner.records import practice, private_shares, staff
from practicerunner.records.notes import PsychotherapyNote
from practicerunner.records.private_shares import PsychotherapyShare, Shared
from practicerunner.records.staff import Staff, Supervision
from practicerunner.rules.supervision import covers
from practicerunner.vocabulary import Action, NoteKind, NoteStatus, Resource, Role
from practicerunner.workflows.access import Actor
from practicerunner.workflows.commands import Command, command, reader
from practicerunner.workflows.note_readers import log_opening
from practicerunner.workflows.notes import NoteIsIncomplete
from practicerunner.workflows.psychotherapy import own_note, text_of
from practicerunner.workflows.supervision import can_supervise


class ShareNote(Command):
    """Let one's supervisor read one's psychotherapy note of an appointment."""

    appointment_id: int
    supervisor_id: int


class StopSharing(ShareNote):
    """Let them read it no longer."""


@dataclass(frozen=True, slots=True)
class Sharing:
    """A supervisor with whom one's note is shared, or could be."""

    supervisor_id: int
    name: str
    since: datetime | None
    """Since when they may read it; ``None`` while they may not."""


@dataclass(frozen=True, slots=True)
class SharedLine:
    """A psychotherapy note that somebody lets the reader read; never its text."""

    share_id: int
    author: str
    case_name: str
    service_date: date
    since: datetime
    status: NoteStatus


@dataclass(frozen=True, slots=True)
class SharedNote:
    """A psychotherapy note as it is read by whom it is shared with."""

    share_id: int
    author: str
    case_name: str
    starts_at: datetime
    status: NoteStatus
    text: str


@command(Resource.PSYCHOTHERAPY_NOTE, Action.UPDATE)
def share_note(session: Session, actor: Actor, asked: ShareNote) -> int:
    """Share one's own note with a supervisor of today. Returns the share's id; shared already is shared.

    Raises NotFound, NoteIsIncomplete, BadInput.
    """
    note = _own(session, actor, asked.appointment_id)
    term = _in_force(session, actor).get(asked.supervisor_id)
    if term is None:
        raise BadInput("supervisor_id", "A private note is shared only with your own supervisor of today.")
    for share in private_shares.open_shares(session, note.id):
        if share.supervisor_id != asked.supervisor_id:
            continue
        if share.supervision_id == term[0].id:
            return share.id
        share.ended_at = clock.now()  # of a supervision that is over
        session.flush()
    share = PsychotherapyShare(
        id=ids.new_id(), note_id=note.id, supervision_id=term[0].id, supervisor_id=asked.supervisor_id,
        created_at=clock.now(),
    )
    session.add(share)
    session.info["detail"] = f"note {note.id} with {asked.supervisor_id}"
    return share.id


@command(Resource.PSYCHOTHERAPY_NOTE, Action.UPDATE)
def stop_sharing(session: Session, actor: Actor, asked: StopSharing) -> int:
    """End the sharing of one's own note with somebody, also where it counts no more. Returns the note's id."""
    note = _own(session, actor, asked.appointment_id)
    for share in private_shares.open_shares(session, note.id):
        if share.supervisor_id == asked.supervisor_id:
            share.ended_at = clock.now()
    session.info["detail"] = f"note {note.id} with {asked.supervisor_id}"
    return note.id


@reader(Resource.PSYCHOTHERAPY_NOTE)
def sharing_of(session: Session, actor: Actor, appointment_id: int) -> list[Sharing]:
    """With whom one's own note of an appointment is shared, and with whom it could be. Raises NotFound."""
    _, _, note = own_note(session, actor, Action.READ, appointment_id)
    if note is None:
        return []
    terms = _in_force(session, actor)
    since = {
        share.supervisor_id: share.created_at for share in private_shares.open_shares(session, note.id)
        if share.supervisor_id in terms and terms[share.supervisor_id][0].id == share.supervision_id
    }
    return [Sharing(key, person.name, since.get(key)) for key, (_, person) in terms.items()]


@reader(Resource.PSYCHOTHERAPY_NOTE)
def shared_with_me(session: Session, actor: Actor) -> list[SharedLine]:
    """The psychotherapy notes that those whom the actor supervises let them read, the newest session first."""
    return [
        SharedLine(share.id, author.name, case.name, appointment.local_date, share.created_at, note.status)
        for share, note, appointment, case, author in _shared(session, actor)
    ]


@reader(Resource.PSYCHOTHERAPY_NOTE)
def shared_note(session: Session, actor: Actor, share_id: int) -> SharedNote:
    """A psychotherapy note that is shared with the actor. The reading is logged, so this needs a transaction.

    Raises NotFound for everybody with whom it is not shared, or not any more.
    """
    found = _shared(session, actor, share_id)
    if not found:
        raise NotFound(actor=actor, action=Action.READ, resource=Resource.PSYCHOTHERAPY_NOTE, resource_id=share_id)
    share, note, appointment, case, author = found[0]
    session.info["role"] = Role.SUPERVISOR
    log_opening(session, actor, case, note.id, NoteKind.PSYCHOTHERAPY, "shared by its author")
    return SharedNote(share.id, author.name, case.name, appointment.starts_at, note.status, text_of(note))


def _own(session: Session, actor: Actor, appointment_id: int) -> PsychotherapyNote:
    """One's own note, its appointment locked. Raises NotFound, NoteIsIncomplete."""
    _, _, note = own_note(session, actor, Action.UPDATE, appointment_id, lock=True)
    if note is None:
        raise NoteIsIncomplete("Write something first.")
    if note.author_id != actor.staff_id:
        raise NotFound(actor=actor, action=Action.UPDATE, resource=Resource.PSYCHOTHERAPY_NOTE)
    return note


def _in_force(session: Session, actor: Actor) -> dict[int, tuple[Supervision, Staff]]:
    """The actor's supervisors of today, the newest assignment of each: id, assignment and person."""
    today = clock.today(practice.the_practice(session).zone)
    found = {
        term.supervisor_id: (term, session.get_one(Staff, term.supervisor_id))
        for term in staff.supervisions(session, associate_id=actor.staff_id) if covers(term, today)
    }
    return {key: pair for key, pair in found.items() if can_supervise(pair[1])}


def _shared(session: Session, actor: Actor, share_id: int | None = None) -> list[Shared]:
    if Role.SUPERVISOR not in actor.roles:
        return []
    today = clock.today(practice.the_practice(session).zone)
    return private_shares.shared_with(session, actor.staff_id, today, share_id=share_id)
