"""Inquiries as staff work them: given to somebody, noted on, answered, closed (I11, J02); see ``prospects`` too.

The task "Inquiry from …" is the open inquiry itself: it is on Today of whoever may answer it, and gone once it is
answered for good. Nobody becomes a person of the practice before somebody says so, and who may be the same person is
only shown, never merged (A32).
"""

from typing import Annotated

from pydantic import AfterValidator, Field
from sqlalchemy.orm import Session

from practicerunner import clock, ids
from practicerunner.errors import BadInput, NotFound, RuleViolation, Stale
from practicerunner.records import asker_threads, staff
from practicerunner.records.base import FOR_CHANGE
from practicerunner.records.inquiries import Inquiry, InquiryEntry
from practicerunner.records.staff import Staff
from practicerunner.rules import texts
from practicerunner.vocabulary import (
    Action,
    InquiryEntryKind,
    InquiryStatus,
    Resource,
)
from practicerunner.workflows.access import Actor, authorize
from practicerunner.workflows.cases import TREATING
from practicerunner.workflows.commands import Command, RequiredLine, command


class InquiryIsClosed(RuleViolation):
    """Somebody answered this inquiry in the meantime."""


RequiredMessage = Annotated[
    str, Field(max_length=4_000), AfterValidator(texts.paragraph),
]


class OnInquiry(Command):
    """Something done with one inquiry."""

    inquiry_id: int


class AssignInquiry(OnInquiry):
    """Say who answers an inquiry; ``None`` is the practice."""

    revision: int
    provider_id: int | None


class WriteBeneath(OnInquiry):
    """Keep a note beneath an inquiry, for instance of a phone call."""

    text: RequiredMessage


class CloseInquiry(OnInquiry):
    """Close an inquiry from which nothing comes; the reason is kept and told to nobody."""

    revision: int
    reason: RequiredLine


# --- The door


def inquiry_for(session: Session, actor: Actor, inquiry_id: int, action: Action = Action.READ) -> Inquiry:
    """An inquiry that the actor may read or change; locked for anything but reading. Raises NotFound."""
    found = session.get(Inquiry, inquiry_id, with_for_update=None if action is Action.READ else FOR_CHANGE)
    if found is None or found.erased_at is not None:
        raise NotFound(actor=actor, action=action, resource=Resource.CLIENT_DIRECTORY, resource_id=inquiry_id)
    authorize(
        session, actor, action, Resource.CLIENT_DIRECTORY, responsible=[found.provider_id], resource_id=inquiry_id,
        case_id=found.case_id, person_id=found.person_id)
    return found


def open_inquiry(session: Session, actor: Actor, inquiry_id: int, revision: int | None = None) -> Inquiry:
    """An inquiry that nobody has answered for good, locked. Raises NotFound, InquiryIsClosed, Stale."""
    found = inquiry_for(session, actor, inquiry_id, Action.UPDATE)
    if found.status is not InquiryStatus.OPEN:
        raise InquiryIsClosed
    if revision is not None and found.revision != revision:
        raise Stale
    return found


# --- Working one


@command(Resource.CLIENT_DIRECTORY, Action.UPDATE)
def assign_inquiry(session: Session, actor: Actor, asked: AssignInquiry) -> int:
    """Give an inquiry to a provider, or back to the practice. Returns its id. Raises InquiryIsClosed, Stale."""
    found = open_inquiry(session, actor, asked.inquiry_id, asked.revision)
    if asked.provider_id is not None:
        check_treats(session, asked.provider_id)
        check_not_theirs(session, found, asked.provider_id)
    session.info["detail"] = f"{found.provider_id or 'the practice'} to {asked.provider_id or 'the practice'}"
    give(session, found, asked.provider_id)
    return found.id


def give(session: Session, found: Inquiry, provider_id: int | None) -> None:
    """From now on somebody else answers, and looks after the conversation."""
    found.provider_id = provider_id
    found.revision += 1
    thread = asker_threads.of_inquiry(session, found.id)
    if thread is not None:
        thread.assigned_to_id = provider_id


def check_treats(session: Session, provider_id: int) -> None:
    """Only who sees clients answers one. Raises BadInput at ``provider_id``."""
    if all(person.id != provider_id for person in staff.staff_with_roles(session, TREATING)):
        raise BadInput("provider_id", "Choose somebody who sees clients.")


def check_not_theirs(session: Session, found: Inquiry, provider_id: int) -> None:
    """Nobody answers what they asked themselves as a client. Raises BadInput at ``provider_id``."""
    if found.person_id is not None and session.get_one(Staff, provider_id).person_id == found.person_id:
        raise BadInput("provider_id", "Choose somebody else: this is about themselves as a client.")


@command(Resource.CLIENT_DIRECTORY, Action.UPDATE)
def write_beneath(session: Session, actor: Actor, asked: WriteBeneath) -> int:
    """Keep a note beneath an inquiry, open or not. Returns the note's id."""
    found = inquiry_for(session, actor, asked.inquiry_id, Action.UPDATE)
    if not asked.text.strip():
        raise BadInput("text", "Please fill in this field.")
    entry = InquiryEntry(
        id=ids.new_id(), inquiry_id=found.id, kind=InquiryEntryKind.NOTE, text=asked.text.strip(),
        author_id=actor.staff_id)
    session.add(entry)
    session.flush()
    return entry.id


@command(Resource.CLIENT_DIRECTORY, Action.UPDATE)
def close_inquiry(session: Session, actor: Actor, asked: CloseInquiry) -> int:
    """Close an inquiry with a reason, and put its conversation away. Returns its id. Raises InquiryIsClosed, Stale."""
    found = open_inquiry(session, actor, asked.inquiry_id, asked.revision)
    if len(asked.reason) > 300:
        raise BadInput("reason", "This is too long; at most 300 characters fit.")
    found.status, found.reason = InquiryStatus.CLOSED, asked.reason.strip()
    decide(found, actor)
    thread = asker_threads.of_inquiry(session, found.id)
    if thread is not None and thread.archived_at is None:
        thread.archived_at, thread.archived_by_id = clock.now(), actor.staff_id
        thread.revision += 1
    return found.id


def decide(found: Inquiry, actor: Actor) -> None:
    """Write down who answered an inquiry for good, and when."""
    found.decided_by_id, found.decided_at = actor.staff_id, clock.now()
    found.revision += 1
