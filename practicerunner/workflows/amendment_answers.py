"""The answer to a request to amend the record, and what is added to a denial afterwards (45 CFR 164.526(c), (d)).

The provider of the case or the author of the note decides, and their supervisor where they sign nothing alone.
"""

from collections.abc import Iterable
from datetime import date
from typing import Annotated
from zoneinfo import ZoneInfo

from pydantic import Field
from sqlalchemy.orm import Session

from practicerunner.errors import BadInput, FieldProblems, RuleViolation
from practicerunner.records import amendments, practice, releases
from practicerunner.records.amendments import (
    AmendmentAddendum,
    AmendmentRecipient,
    AmendmentRequest,
    AmendmentWord,
    Asked,
    Change,
)
from practicerunner.records.base import add_rows
from practicerunner.rules import amendments as rule
from practicerunner.vocabulary import Action, AmendmentDecision, AmendmentWordKind, DenialGround, Resource
from practicerunner.workflows.access import Actor
from practicerunner.workflows.amendment_duty import review_for
from practicerunner.workflows.amendment_letters import denial
from practicerunner.workflows.amendments import check_document, close, concerns, locked, to_answer, today_here
from practicerunner.workflows.commands import Command, Paragraph, RequiredParagraph, command
from practicerunner.workflows.supervision import NoSupervisor

MOST = 50


class SaidAlready(RuleViolation):
    """This was added to the request already; what was added stays as it is."""


class NothingWasDenied(RuleViolation):
    """A statement of disagreement belongs to a request that was denied."""


class SupervisorDecides(RuleViolation):
    """Your supervisor decides about this, as they sign your notes; it stands on their Today."""


class AcceptAmendment(Command):
    """Accept a request wholly or in part: what was changed, by which addenda, and whom to inform of it."""

    amendment_id: int
    revision: int
    answer: Paragraph
    addendum_ids: Annotated[tuple[int, ...], Field(max_length=MOST)] = ()
    inform: Paragraph = ""
    """Names of those whom the client wants to be informed, one a line."""
    release_ids: Annotated[tuple[int, ...], Field(max_length=MOST)] = ()
    """Who got the record before, and is informed too."""
    in_part: bool = False
    ground: DenialGround | None = None
    """On which ground the rest is denied."""
    basis: Paragraph = ""
    to_id: int | None = None
    """To whom the letter goes about what is denied, where there are several; else it is found."""


class DenyAmendment(Command):
    """Deny a request, on one of the four grounds."""

    amendment_id: int
    revision: int
    ground: DenialGround | None
    basis: Paragraph
    to_id: int | None = None
    """To whom the letter goes, where there are several; else it is found."""


class AddStatement(Command):
    """Keep the client's statement of disagreement: its text, or the paper that was uploaded."""

    amendment_id: int
    text: Paragraph = ""
    document_id: int | None = None
    given_on: date


class AddRebuttal(Command):
    """Keep the practice's answer to a statement of disagreement; the client gets a copy."""

    amendment_id: int
    text: RequiredParagraph


# --- What is answered


@command(Resource.AMENDMENTS, Action.SIGN)
def accept_amendment(session: Session, actor: Actor, asked: AcceptAmendment) -> int:
    """Accept a request: the addenda make the change, and whoever has to know of it is named. Returns its id.

    Raises NotFound, NotPermitted, Stale, AmendmentIsClosed, SupervisorDecides, FieldProblems.
    """
    on = _to_decide(session, actor, asked.amendment_id, asked.revision)
    decision = AmendmentDecision.ACCEPTED_IN_PART if asked.in_part else AmendmentDecision.ACCEPTED
    request = on.request
    _check(decision, request, answer=asked.answer, addenda=len(set(asked.addendum_ids)),
           ground=asked.ground if asked.in_part else None, basis=asked.basis if asked.in_part else "")
    _check_addenda(session, on, asked.addendum_ids)
    sent = {one.id: one for one in releases.of_case(session, on.case.id)}
    if not set(asked.release_ids) <= set(sent):
        raise BadInput("release_ids", "Choose releases of this case.")
    names = _to_inform(asked.inform)
    denied = denial(
        session, actor, on, asked.ground, asked.basis, asked.to_id, answer=asked.answer) if asked.in_part else {}
    close(session, actor, request, decision, answer=asked.answer, **denied)
    add_rows(session, AmendmentAddendum, [
        {"request_id": request.id, "addendum_id": one} for one in dict.fromkeys(asked.addendum_ids)])
    add_rows(session, AmendmentRecipient, [
        *({"request_id": request.id, "name": name, "release_id": None} for name in names),
        *({"request_id": request.id, "name": sent[one].recipient, "release_id": one}
          for one in dict.fromkeys(asked.release_ids)),
    ])
    return request.id


def _to_inform(typed: str) -> list[str]:
    names = rule.names_in(typed)
    if len(names) > MOST or any(len(name) > 200 for name in names):
        raise BadInput("inform", f"Write one name a line, at most {MOST}, each of at most 200 characters.")
    return names


def _check_addenda(session: Session, on: Asked, addendum_ids: Iterable[int]) -> None:
    known = {one.addendum.id: one for one in amendments.addenda_of_case(session, on.case.id)}
    for addendum_id in addendum_ids:
        if addendum_id not in known:
            raise BadInput("addendum_ids", "Choose addenda to notes of this case.")
        problem = change_problem(session, on, known[addendum_id])
        if problem:
            raise BadInput("addendum_ids", problem)


def change_problem(session: Session, on: Asked, change: Change) -> str:
    """Why an addendum cannot be what was changed upon a request; empty where it can."""
    note, zone = change.note, ZoneInfo(practice.the_practice(session).zone)
    if change.waits:
        return "This addendum waits for a signature; it is not final before that."
    if not concerns(session, on.case, note.id, note.person_id, on.person.id):
        return "This addendum stands beneath a note about somebody else; choose one of whoever's record this is about."
    if change.addendum.created_at.astimezone(zone).date() < on.request.received_on:
        return "This addendum is older than the request; write one that makes the change which was asked for."
    return ""


@command(Resource.AMENDMENTS, Action.SIGN)
def deny_amendment(session: Session, actor: Actor, asked: DenyAmendment) -> int:
    """Deny a request; the letter says why, and what the client can do. Returns its id.

    Raises NotFound, NotPermitted, Stale, AmendmentIsClosed, SupervisorDecides, FieldProblems.
    """
    on = _to_decide(session, actor, asked.amendment_id, asked.revision)
    _check(AmendmentDecision.DENIED, on.request, answer="", addenda=0, ground=asked.ground, basis=asked.basis)
    close(session, actor, on.request, AmendmentDecision.DENIED,
          **denial(session, actor, on, asked.ground, asked.basis, asked.to_id))
    return on.request.id


def _check(
    decision: AmendmentDecision, request: AmendmentRequest, *, answer: str, addenda: int, ground: DenialGround | None,
    basis: str,
) -> None:
    problems = rule.decision_problems(
        decision, answer=answer, addenda=addenda, about_note=request.note_id is not None, ground=ground, basis=basis)
    if problems:
        raise FieldProblems(problems)


# --- What is added to a denial


@command(Resource.AMENDMENTS, Action.UPDATE)
def add_statement(session: Session, actor: Actor, asked: AddStatement) -> int:
    """Keep the client's statement of disagreement. Returns the request's id.

    Raises NotFound, NothingWasDenied, SaidAlready, BadInput.
    """
    on = _denied(session, actor, asked.amendment_id, Action.UPDATE)
    if not asked.text.strip() and asked.document_id is None:
        raise BadInput("text", "Write down the statement, or choose the document that was uploaded.")
    if not on.request.received_on <= asked.given_on <= today_here(session):
        raise BadInput("given_on", "This has to lie between the day of the request and today.")
    if asked.document_id is not None:
        check_document(session, actor, on.case, asked.document_id, on.person.id)
    return _add(session, actor, on, AmendmentWordKind.STATEMENT, asked.text, asked.given_on, asked.document_id)


@command(Resource.AMENDMENTS, Action.SIGN)
def add_rebuttal(session: Session, actor: Actor, asked: AddRebuttal) -> int:
    """Keep the practice's answer to a statement of disagreement. Returns the request's id.

    Raises NotFound, NotPermitted, NothingWasDenied, SaidAlready, SupervisorDecides.
    """
    on = _denied(session, actor, asked.amendment_id, Action.SIGN)
    _check_alone(session, actor, on)
    if AmendmentWordKind.STATEMENT not in amendments.words_of(session, on.request.id):
        raise NothingWasDenied("There is no statement of disagreement to answer.")
    return _add(session, actor, on, AmendmentWordKind.REBUTTAL, asked.text, today_here(session), None)


def _add(
    session: Session, actor: Actor, on: Asked, kind: AmendmentWordKind, text: str, day: date, document_id: int | None
) -> int:
    if kind in amendments.words_of(session, on.request.id):
        raise SaidAlready
    session.add(AmendmentWord(request_id=on.request.id, kind=kind, text=text, document_id=document_id, given_on=day,
                              recorded_by_id=actor.staff_id))
    return on.request.id


def _to_decide(session: Session, actor: Actor, amendment_id: int, revision: int) -> Asked:
    on = to_answer(session, actor, amendment_id, revision, Action.SIGN)
    _check_alone(session, actor, on)
    return on


def _check_alone(session: Session, actor: Actor, on: Asked) -> None:
    """Refuse who signs no note of this kind alone. Raises SupervisorDecides, NoSupervisor."""
    review = review_for(session, on, actor.staff_id, actor.roles)
    if review is not None:
        raise SupervisorDecides if review.supervisor is not None else NoSupervisor


def _denied(session: Session, actor: Actor, amendment_id: int, action: Action) -> Asked:
    on = locked(session, actor, amendment_id, action)
    if on.request.decision not in rule.DENYING:
        raise NothingWasDenied
    return on
