"""A client asks for their record to be amended: written down, answered within 60 days, kept beside it (C27).

Whoever receives a request writes it down; its text is read as a note of that case is. What was decided is never
changed: the original stays, a change is made by an addendum, and a denial goes along with the record. Answers:
``amendment_answers``; reading: ``amendment_pages``; on paper: ``amendment_papers``.
"""

from datetime import date
from typing import Any

from sqlalchemy.orm import Session

from practicerunner import clock, ids
from practicerunner.errors import BadInput, FieldProblems, NotFound, RuleViolation, Stale
from practicerunner.records import amendments, cases, note_lists, notes, practice
from practicerunner.records.amendments import AmendmentRequest, AmendmentWithdrawal, Asked
from practicerunner.records.base import FOR_CHANGE
from practicerunner.records.cases import Case
from practicerunner.records.notes import Note
from practicerunner.records.people import Person
from practicerunner.rules import amendments as rule
from practicerunner.rules.case_types import capabilities
from practicerunner.vocabulary import Action, AmendmentChannel, AmendmentDecision, ParticipantStatus, Resource
from practicerunner.workflows.access import Actor, authorize
from practicerunner.workflows.cases import case_for
from practicerunner.workflows.commands import Command, Paragraph, RequiredParagraph, command
from practicerunner.workflows.documents import documents_of_case
from practicerunner.workflows.forms import SignedFor, full_name, signer_of
from practicerunner.workflows.minors import consenting_in
from practicerunner.workflows.note_readers import may_open
from practicerunner.workflows.own_word import own_problem, signing_for


class AmendmentIsClosed(RuleViolation):
    """This request was answered already; what was decided is never changed."""


class RecordAmendment(SignedFor):
    """Write down that somebody asks for their record to be amended; who asks is who signs."""

    case_id: int
    person_id: int
    received_on: date
    channel: AmendmentChannel
    wanted: RequiredParagraph
    note_id: int | None = None
    document_id: int | None = None


class ExtendAmendment(Command):
    """Write down that the client was told that the answer takes up to 30 days longer, and why."""

    amendment_id: int
    revision: int
    reason: Paragraph
    told_on: date


class WithdrawAmendment(Command):
    """Write down that the request is taken back: who told the practice, when, how and why."""

    amendment_id: int
    revision: int
    told_by_id: int | None
    told_on: date | None
    how: AmendmentChannel | None
    reason: Paragraph


# --- What is asked


@command(Resource.AMENDMENTS, Action.CREATE)
def record_amendment(session: Session, actor: Actor, asked: RecordAmendment) -> int:
    """Write a request down; its 60 days count from when it was received. Returns its id.

    Raises NotFound, BadInput at the field that is wrong.
    """
    case = case_for(session, actor, asked.case_id)
    authorize(session, actor, Action.CREATE, Resource.AMENDMENTS, responsible=[case.provider_id], case_id=case.id)
    person = whose(session, case).get(asked.person_id)
    if person is None:
        raise BadInput("person_id", "Choose somebody who takes part in this case.")
    if asked.received_on > today_here(session):
        raise BadInput("received_on", "This day is still to come.")
    if asked.channel is AmendmentChannel.PORTAL:
        raise BadInput("channel", "What comes through the portal is written down by itself.")
    signer = signer_of(session, actor, case, person, asked)
    own = signer.person_id == person.id
    if own and (problem := own_problem(session, person, agreed_for=False)):
        raise BadInput("signed_by_id", problem)
    if not own and person.id in consenting_in(session, case, [person.id]):
        raise BadInput("signed_by_id", f"{full_name(person)} consented to this alone; nobody else asks for them.")
    _check_subject(session, actor, case, asked)
    made = AmendmentRequest(
        id=ids.new_id(), case_id=case.id, person_id=person.id, asked_by_id=signer.person_id,
        signs_as=signer.signs_as, capacity=signer.capacity, authority=signer.authority,
        received_on=asked.received_on, channel=asked.channel, wanted=asked.wanted, note_id=asked.note_id,
        document_id=asked.document_id, recorded_by_id=actor.staff_id,
    )
    session.add(made)
    session.info["case_id"], session.info["detail"] = case.id, f"received {asked.received_on}"
    return made.id


def whose(session: Session, case: Case) -> dict[int, Person]:
    """Everybody whom the record is about: who takes part and who took part."""
    return {person.id: person for participant, person in cases.people_in(session, case.id)
            if participant.status is not ParticipantStatus.WAITLISTED}


def _check_subject(session: Session, actor: Actor, case: Case, asked: RecordAmendment) -> None:
    """Refuse a note or document that is not of this record, or not the actor's to open. Raises BadInput."""
    if asked.note_id is not None and asked.document_id is not None:
        raise BadInput("document_id", "Choose a note or a document; for another, write a request of its own.")
    if asked.note_id is not None:
        row = note_lists.one_row(session, asked.note_id)
        if row is None or row.case_id != case.id or not row.version or may_open(actor, row) is None:
            raise BadInput("note_id", "Choose a signed note of this case.")
        if not concerns(session, case, row.note_id, row.person_id, asked.person_id):
            raise BadInput("note_id", "This note is about somebody else.")
    if asked.document_id is not None:
        check_document(session, actor, case, asked.document_id, asked.person_id)


def concerns(session: Session, case: Case, note_id: int, about_id: int | None, person_id: int) -> bool:
    """Whether a signed note belongs to somebody's record: about them, or about nobody else alone.

    In a group, where each has a record of their own, only where they were there.
    """
    if about_id is not None or not capabilities(case.type).is_group:
        return about_id in (None, person_id)
    return str(person_id) in notes.versions_of(session, note_id)[-1].content["header"]["present"]


def check_document(session: Session, actor: Actor, case: Case, document_id: int, person_id: int) -> None:
    """Refuse a document that is not of this case, not the actor's to see, or about somebody else. Raises BadInput."""
    found = {line.document_id: line.person_id for line in documents_of_case(session, actor, case.id).lines}
    if document_id not in found:
        raise BadInput("document_id", "Choose a document of this case.")
    if found[document_id] not in (None, person_id):
        raise BadInput("document_id", "This document is about somebody else.")


@command(Resource.AMENDMENTS, Action.UPDATE)
def extend_amendment(session: Session, actor: Actor, asked: ExtendAmendment) -> int:
    """Extend the time by 30 days, once, if they were told before the 60 days were over. Returns the request's id.

    Raises NotFound, Stale, AmendmentIsClosed, FieldProblems.
    """
    found = to_answer(session, actor, asked.amendment_id, asked.revision, Action.UPDATE).request
    problems = rule.extension_problems(
        found.received_on, extended=found.extended_at is not None, reason=asked.reason, told_on=asked.told_on,
        today=today_here(session))
    if problems:
        raise FieldProblems(problems)
    found.extended_at, found.extended_by_id = clock.now(), actor.staff_id
    found.extension_reason, found.told_on = asked.reason, asked.told_on
    found.revision += 1
    session.info["detail"] = f"due {rule.due_on(found.received_on, extended=True)}"
    return found.id


@command(Resource.AMENDMENTS, Action.UPDATE)
def withdraw_amendment(session: Session, actor: Actor, asked: WithdrawAmendment) -> int:
    """Close a request that was taken back, with who said so, when, how and why. Returns its id.

    Raises NotFound, Stale, AmendmentIsClosed, FieldProblems.
    """
    on = to_answer(session, actor, asked.amendment_id, asked.revision, Action.UPDATE)
    found = on.request
    problems = rule.withdrawal_problems(
        found.received_on, may_tell=asked.told_by_id in who_speaks(session, on), how=asked.how, reason=asked.reason,
        told_on=asked.told_on, today=today_here(session))
    if problems:
        raise FieldProblems(problems)
    session.add(AmendmentWithdrawal(
        id=ids.new_id(), request_id=found.id, told_by_id=asked.told_by_id, told_on=asked.told_on, how=asked.how,
        reason=asked.reason))
    close(session, actor, found, AmendmentDecision.WITHDRAWN)
    return found.id


def who_speaks(session: Session, on: Asked) -> dict[int, str]:
    """Whose word counts about a request today, by name: the client's, or of who acts for them and may sign now.

    What a client has asked themselves is nobody else's while they live.
    """
    person = on.person
    own = person.id == on.request.asked_by_id or person.id in consenting_in(session, on.case, [person.id])
    alive = person.died_on is None
    found = {person.id: full_name(person)} if alive and (
        own or not own_problem(session, person, agreed_for=False)) else {}
    if alive and own:
        return found
    return found | {one.id: full_name(one) for one in signing_for(session, person, on.case.id)}


# --- The doors


def amendment_for(
    session: Session, actor: Actor, amendment_id: int, action: Action, *, reason: str = ""
) -> Asked:
    """A request for the case's provider, the note's author and their supervisors. Raises NotFound, NotPermitted."""
    on = amendments.one(session, amendment_id)
    if on is None:
        raise NotFound(actor=actor, action=action, resource=Resource.AMENDMENTS, resource_id=amendment_id)
    note = session.get(Note, on.request.note_id) if on.request.note_id is not None else None
    authorize(
        session, actor, action, Resource.AMENDMENTS,
        responsible=[on.case.provider_id, note.author_id if note is not None else None],
        supervisor_id=on.case.supervisor_id, reason=reason, resource_id=amendment_id, case_id=on.case.id,
    )
    session.info["case_id"] = on.case.id
    return on


def locked(session: Session, actor: Actor, amendment_id: int, action: Action) -> Asked:
    """The request as it stands now, locked: two who answer at once do it one after the other."""
    on = amendment_for(session, actor, amendment_id, action)
    session.refresh(on.request, with_for_update=FOR_CHANGE)
    return on


def to_answer(session: Session, actor: Actor, amendment_id: int, revision: int, action: Action) -> Asked:
    """The request, locked, if it still waits for an answer. Raises AmendmentIsClosed, Stale."""
    on = locked(session, actor, amendment_id, action)
    if on.request.closed_at is not None:
        raise AmendmentIsClosed
    if on.request.revision != revision:
        raise Stale
    return on


def close(
    session: Session, actor: Actor, request: AmendmentRequest, decision: AmendmentDecision, **said: Any
) -> None:
    """Answer a request for good; the database refuses every change from here on."""
    for name, value in said.items():
        setattr(request, name, value)
    request.decision, request.closed_at, request.closed_by_id = decision, clock.now(), actor.staff_id
    request.revision += 1
    session.info["detail"] = decision.value
    session.flush()


def today_here(session: Session) -> date:
    """The practice's day."""
    return clock.today(practice.the_practice(session).zone)
