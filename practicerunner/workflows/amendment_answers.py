"""The answer to a request to amend the record, and what is added to a denial afterwards (45 CFR 164.526(c), (d)).

The provider of the case or the author of the note decides, and their supervisor where they sign nothing alone.
"""

from collections.abc import Collection, Iterable
from datetime import date
from typing import Annotated, Any

from pydantic import Field
from sqlalchemy.orm import Session

from practicerunner.documents.denial import Denial
from practicerunner.documents.note import Passage
from practicerunner.documents.paper import Addressee
from practicerunner.documents.sheet import long_date
from practicerunner.errors import BadInput, FieldProblems, RuleViolation
from practicerunner.records import amendments, practice, releases
from practicerunner.records.amendments import (
    AmendmentAddendum,
    AmendmentRecipient,
    AmendmentRequest,
    AmendmentWord,
    Asked,
)
from practicerunner.records.base import add_rows
from practicerunner.records.cases import Case
from practicerunner.records.logins import Staff
from practicerunner.records.notes import Note
from practicerunner.records.people import Person
from practicerunner.rules import amendments as rule
from practicerunner.rules.case_types import capabilities
from practicerunner.vocabulary import Action, AmendmentDecision, AmendmentWordKind, DenialGround, Resource, Role
from practicerunner.workflows.access import Actor
from practicerunner.workflows.amendments import check_document, close, locked, to_answer, today_here
from practicerunner.workflows.commands import Command, Paragraph, RequiredParagraph, command
from practicerunner.workflows.forms import full_name
from practicerunner.workflows.papers import letterhead
from practicerunner.workflows.supervision import NoSupervisor, Review, review_of

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


class DenyAmendment(Command):
    """Deny a request, on one of the four grounds."""

    amendment_id: int
    revision: int
    ground: DenialGround | None
    basis: Paragraph


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
    _check_addenda(session, on.case, asked.addendum_ids)
    sent = {one.id: one for one in releases.of_case(session, on.case.id)}
    if not set(asked.release_ids) <= set(sent):
        raise BadInput("release_ids", "Choose releases of this case.")
    names = _to_inform(asked.inform)
    denied = _denial(session, actor, on, asked.ground, asked.basis, answer=asked.answer) if asked.in_part else {}
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


def _check_addenda(session: Session, case: Case, addendum_ids: Iterable[int]) -> None:
    known = {one.addendum.id: one for one in amendments.addenda_of_case(session, case.id)}
    for addendum_id in addendum_ids:
        if addendum_id not in known:
            raise BadInput("addendum_ids", "Choose addenda to notes of this case.")
        if known[addendum_id].waits:
            raise BadInput("addendum_ids", "This addendum waits for a signature; it is not final before that.")


@command(Resource.AMENDMENTS, Action.SIGN)
def deny_amendment(session: Session, actor: Actor, asked: DenyAmendment) -> int:
    """Deny a request; the letter says why, and what the client can do. Returns its id.

    Raises NotFound, NotPermitted, Stale, AmendmentIsClosed, SupervisorDecides, FieldProblems.
    """
    on = _to_decide(session, actor, asked.amendment_id, asked.revision)
    _check(AmendmentDecision.DENIED, on.request, answer="", addenda=0, ground=asked.ground, basis=asked.basis)
    close(session, actor, on.request, AmendmentDecision.DENIED,
          **_denial(session, actor, on, asked.ground, asked.basis))
    return on.request.id


def _check(
    decision: AmendmentDecision, request: AmendmentRequest, *, answer: str, addenda: int, ground: DenialGround | None,
    basis: str,
) -> None:
    problems = rule.decision_problems(
        decision, answer=answer, addenda=addenda, about_note=request.note_id is not None, ground=ground, basis=basis)
    if problems:
        raise FieldProblems(problems)


def _denial(
    session: Session, actor: Actor, on: Asked, ground: DenialGround | None, basis: str, *, answer: str = ""
) -> dict[str, Any]:
    """What is kept of why something is not changed, with every fact of the letter as of today."""
    if ground is None:
        return {}
    request, us = on.request, practice.the_practice(session)
    able = capabilities(on.case.type)
    to, me = session.get_one(Person, request.asked_by_id), session.get_one(Staff, actor.staff_id)
    head = letterhead(us).model_copy(update={"tax_id": ""})
    word = rule.record_word(on.case.type)
    said = [Passage(label="What you asked", text=request.wanted)]
    if answer:
        said.append(Passage(label="What we have changed", text=answer))
    said.append(Passage(label="What we do not change, and why" if answer else "Why we do not make this change",
                        text=f"{ground.label}.\n\n{basis}"))
    reach = " or ".join(part for part in (us.phone.strip(), us.email.strip()) if part)
    said += [Passage(label=label, text=text) for label, text in rule.rights(
        us.name, reach, called=able.called, clinical=able.clinical_fields)]
    letter = Denial(
        practice=head, to=Addressee(name=full_name(to), address=to.address), written_on=today_here(session), word=word,
        facts=(("Received", long_date(request.received_on)), (f"{word.capitalize()} of", full_name(on.person))),
        sections=tuple(said), signed=", ".join(filter(None, (me.name, me.credentials))),
    )
    return {"ground": ground, "basis": basis, "letter": letter.model_dump(mode="json")}


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


def review_for(session: Session, on: Asked, staff_id: int, roles: Collection[Role]) -> Review | None:
    """Who decides in somebody's place, as they sign their notes; ``None`` where their own word is the last."""
    note = session.get(Note, on.request.note_id) if on.request.note_id is not None else None
    kind = note.kind if note is not None else capabilities(on.case.type).main_note
    return review_of(session, staff_id, roles, kind, on.case, None)


def _denied(session: Session, actor: Actor, amendment_id: int, action: Action) -> Asked:
    on = locked(session, actor, amendment_id, action)
    if on.request.decision not in rule.DENYING:
        raise NothingWasDenied
    return on
