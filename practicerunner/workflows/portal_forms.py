"""Forms outside the practice: what somebody was given, filling it in, signing it for themselves or for another (I03).

Each participant fills in and signs their own; whoever acts for a client does it in the capacity that was verified. What
was begun or handed in is read by whoever wrote it, and by nobody else outside the practice.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy.orm import Session

from practicerunner.errors import BadInput, NotFound, NotPermitted, Stale
from practicerunner.records import acting, audit, forms, portal_pages, practice
from practicerunner.records.base import FOR_CHANGE
from practicerunner.records.cases import Case
from practicerunner.records.forms import FormAssignment, FormResponse, FormTemplate, FormVersion
from practicerunner.records.people import Person
from practicerunner.rules import alerts as alert_rule
from practicerunner.rules import forms as rule
from practicerunner.rules import library, signing
from practicerunner.rules.forms import Content
from practicerunner.vocabulary import Action, AssignmentStatus, DocumentTask, FormPurpose, Resource
from practicerunner.workflows.access import PortalActor
from practicerunner.workflows.asking import today_here
from practicerunner.workflows.commands import command, reader
from practicerunner.workflows.form_pages import Answered, answered
from practicerunner.workflows.forms import (
    SaveAnswers,
    Signer,
    check_is_open,
    content_of,
    full_name,
    hand_in,
    keep_answers,
    named,
)
from practicerunner.workflows.library import read_pdf
from practicerunner.workflows.own_word import form_refusal
from practicerunner.workflows.portal_access import authorize_portal, called, may_portal, signing_refusal


class MayNotSign(NotPermitted):
    """You cannot sign this."""


class HandIn(SaveAnswers):
    """Hand a form in, signed where it asks for a signature."""


@dataclass(frozen=True, slots=True)
class MyForm:
    """A form that somebody was given, in their list."""

    assignment_id: int
    response_id: int | None
    """What was handed in, where they may read it."""
    name: str
    purpose: FormPurpose
    case_name: str
    """Empty for whoever may not know who else is in the case."""
    status: AssignmentStatus
    due_on: date | None
    overdue: bool
    submitted_at: datetime | None
    capacity: str
    """Who handed it in, and as what."""
    signed: bool
    task: DocumentTask | None
    """Of a document of the practice that waits: what is asked of its reader."""
    replaced: bool
    replaces: bool
    refusal: str
    """Why the reader cannot sign this one for themselves, and who can."""


@dataclass(frozen=True, slots=True)
class MyForms:
    """What is to be filled in, the most urgent first, and what was handed in, the latest first."""

    open: tuple[MyForm, ...]
    done: tuple[MyForm, ...]
    refusal: str
    """Why the reader may not sign for the client for whom they act."""
    zone: str
    today: date


@dataclass(frozen=True, slots=True)
class MySheet:
    """A form to fill in."""

    assignment_id: int
    revision: int
    name: str
    person: str
    status: AssignmentStatus
    response_id: int | None
    content: Content
    answers: dict[str, Any]
    saved_at: datetime | None
    others_draft: bool
    """Whether somebody else has begun it too: their answers are kept for them and not shown."""
    capacity: str
    """What will stand under it."""
    refusal: str
    """Why the reader cannot hand it in."""
    only_to_read: bool
    """Whether somebody else has to fill it in and sign it."""
    replaces: bool
    crisis: str
    zone: str


@dataclass(frozen=True, slots=True)
class MyResponse:
    """What somebody has handed in."""

    assignment_id: int
    name: str
    person: str
    intro: str
    notice: str
    answers: tuple[Answered, ...]
    capacity: str
    signature: str
    submitted_at: datetime
    replaced: bool
    crisis: str
    """What to show for a critical answer; empty without one."""
    zone: str


# --- The doors


def own_form(
    session: Session, actor: PortalActor, assignment_id: int, action: Action
) -> tuple[FormAssignment, FormTemplate, Case]:
    """A form of the person concerned, locked for anything but reading. Raises NotFound, NotPermitted."""
    found = session.get(
        FormAssignment, assignment_id, with_for_update=None if action is Action.READ else FOR_CHANGE)
    if found is None or found.person_id != actor.for_id or (found.confidential and actor.client_id is not None):
        raise NotFound(actor=actor, action=action, resource=Resource.CONSENTS, resource_id=assignment_id)
    template, case = session.get_one(FormTemplate, found.template_id), session.get_one(Case, found.case_id)
    authorize_portal(
        session, actor, action, rule.resource_of(template.purpose), case_id=case.id, resource_id=found.id)
    return found, template, case


def _to_fill(
    session: Session, actor: PortalActor, assignment_id: int, revision: int
) -> tuple[FormAssignment, FormTemplate, Case]:
    """An open form of a case in which the person takes part. Raises NotFound, Stale, FormIsClosed, FormIsWithdrawn."""
    found, template, case = own_form(session, actor, assignment_id, Action.CREATE)
    session.info["case_id"], session.info["detail"] = case.id, template.name
    check_is_open(found)
    if not forms.takes_part(session, case.id, actor.for_id, today_here(session)):
        raise NotFound(actor=actor, action=Action.CREATE, resource=Resource.CONSENTS, resource_id=found.id,
                       case_id=case.id)
    if found.revision != revision:
        raise Stale
    return found, template, case


# --- Filling in


@command(Resource.CONSENTS, Action.CREATE)
def save_my_answers(session: Session, actor: PortalActor, asked: SaveAnswers) -> int:
    """Keep answers of a form that is not finished. Returns the assignment's id.

    What somebody else has begun is set aside, and is theirs again when they go on.
    Raises NotFound, FieldProblems, Stale, FormIsClosed, FormIsWithdrawn.
    """
    found, _, _ = _to_fill(session, actor, asked.assignment_id, asked.revision)
    if not _wrote(found, actor):
        found.set_aside = {**found.set_aside, str(found.drafted_by_id or found.person_id): found.draft}
    keep_answers(session, found, asked.answers)
    found.set_aside = {who: kept for who, kept in found.set_aside.items() if who != str(actor.person_id)}
    found.drafted_by_id = actor.person_id
    return found.id


def _wrote(found: FormAssignment, actor: PortalActor) -> bool:
    """Whether the answers so far are the reader's, or there are none."""
    return not found.draft or found.drafted_by_id == actor.person_id or (
        found.drafted_by_id is None and actor.client_id is None)


@command(Resource.CONSENTS, Action.CREATE)
def hand_in_mine(session: Session, actor: PortalActor, asked: HandIn) -> int:
    """Hand a form in, for oneself or in the capacity in which one acts. Returns the response's id.

    Raises NotFound, MayNotSign, BadInput at a signature that is not their own name, FieldProblems, Stale, FormIsClosed,
    FormIsWithdrawn.
    """
    found, template, case = _to_fill(session, actor, asked.assignment_id, asked.revision)
    content = content_of(session, found.version_id)
    if content.signature is not None and rule.resource_of(template.purpose) is Resource.CONSENTS:
        authorize_portal(
            session, actor, Action.SIGN, Resource.CONSENTS, case_id=case.id, resource_id=found.id)
    refusal = signing_refusal(session, actor) or _own_refusal(session, actor, found, template)
    if refusal:
        raise MayNotSign(
            refusal, actor=actor, action=Action.SIGN, resource=Resource.CONSENTS, resource_id=found.id,
            case_id=case.id,
        )
    if content.signature is not None:
        problem = signing.typed_problem(
            str(asked.answers.get(content.signature.key, "")), named(session.get_one(Person, actor.person_id)))
        if problem:
            raise BadInput(content.signature.key, problem)
    return hand_in(session, found, template, case, asked.answers, _signer(session, actor))


def _own_refusal(
    session: Session, actor: PortalActor, assignment: FormAssignment, template: FormTemplate
) -> str:
    """Why somebody who acts for themselves cannot sign this one, and who can; empty if they can."""
    if actor.client_id is not None:
        return ""
    return form_refusal(
        session, session.get_one(Person, actor.person_id), assignment, template.purpose, to_them=True)


def _signer(session: Session, actor: PortalActor) -> Signer:
    """Who signs and as what: "Elena Castellano, guardian of Leo Castellano"; both ids are kept with it (A24)."""
    signer = session.get_one(Person, actor.person_id)
    if actor.client_id is None:
        return Signer(signer.id, signing.capacity(full_name(signer), None, full_name(signer)))
    client, acts = session.get_one(Person, actor.client_id), acting.between(session, signer.id, actor.client_id)
    kind = acts.kind.signs_as if acts else None
    return Signer(
        signer.id, signing.capacity(full_name(signer), kind, full_name(client)), acts.evidence[:200] if acts else "")


# --- Reading


@reader(Resource.CONSENTS)
def my_forms(session: Session, actor: PortalActor) -> MyForms:
    """What the person concerned was given, as far as it is open to the reader; never an answer."""
    us, today = practice.the_practice(session), today_here(session)
    found = portal_pages.forms_of(session, actor.for_id)
    here = forms.cases_with(session, actor.for_id, today)
    allowed = _allowed(session, actor, {case.id for _, case, _ in found})
    names = {case.id: called(session, actor, case) for _, case, _ in found}
    tasks = _tasks(session, [one for one, _, _ in found])
    lines = [
        _line(session, actor, one, names[case.id], signed_by_id, today, tasks) for one, case, signed_by_id in found
        if (case.id, rule.resource_of(one.template.purpose)) in allowed
        and not (one.assignment.confidential and actor.client_id is not None)
        and (case.id in here or one.assignment.status is AssignmentStatus.COMPLETED)
    ]
    waiting = [line for line in lines if line.status in forms.OPEN]
    return MyForms(
        tuple(sorted(waiting, key=lambda line: (line.due_on or date.max, line.assignment_id))),
        tuple(sorted((line for line in lines if line.submitted_at is not None),
                     key=lambda line: str(line.submitted_at), reverse=True)),
        signing_refusal(session, actor), us.zone, today,
    )


def forms_due(session: Session, actor: PortalActor) -> list[date | None]:
    """By when each form is due that is still to be filled in, as far as it is open to the actor."""
    case_ids = forms.cases_with(session, actor.for_id, today_here(session))
    found = portal_pages.open_forms_of(session, actor.for_id, for_another=actor.client_id is not None)
    allowed = _allowed(session, actor, {case_id for case_id, _, _ in found}.intersection(case_ids))
    return [due_on for case_id, purpose, due_on in found if (case_id, rule.resource_of(purpose)) in allowed]


def _allowed(session: Session, actor: PortalActor, case_ids: Collection[int]) -> set[tuple[int, Resource]]:
    """Of some cases, which kinds of forms the actor may read."""
    return {
        (case_id, resource) for case_id in case_ids for resource in (Resource.CONSENTS, Resource.QUESTIONNAIRES)
        if may_portal(session, actor, Action.READ, resource, case_id=case_id)
    }


def _tasks(session: Session, found: Sequence[forms.Given]) -> dict[int, DocumentTask | None]:
    """Version → what is asked of the reader, of the documents of the practice that wait."""
    wait = {
        one.assignment.version_id for one in found
        if one.assignment.status in forms.OPEN and one.template.purpose is FormPurpose.PRACTICE_DOCUMENT
    }
    return {one: library.task_of(content_of(session, one)) for one in wait}


def _line(
    session: Session, actor: PortalActor, one: forms.Given, case_name: str, signed_by_id: int | None, today: date,
    tasks: Mapping[int, DocumentTask | None],
) -> MyForm:
    assignment = one.assignment
    is_open = assignment.status in forms.OPEN
    return MyForm(
        assignment.id, one.response_id if signed_by_id == actor.person_id else None, one.name, one.template.purpose,
        case_name, assignment.status, assignment.due_on,
        is_open and assignment.due_on is not None and assignment.due_on < today, one.submitted_at, one.capacity,
        one.template.purpose in rule.SIGNED, tasks.get(assignment.version_id), one.replaced,
        assignment.replaces_id is not None, _own_refusal(session, actor, assignment, one.template) if is_open else "",
    )


@reader(Resource.CONSENTS)
def my_sheet(session: Session, actor: PortalActor, assignment_id: int) -> MySheet:
    """A form to fill in, with what the reader has answered so far. Raises NotFound, NotPermitted."""
    found, template, case = own_form(session, actor, assignment_id, Action.READ)
    if not forms.takes_part(session, case.id, actor.for_id, today_here(session)):
        raise NotFound(actor=actor, action=Action.READ, resource=Resource.CONSENTS, resource_id=found.id,
                       case_id=case.id)
    us, response = practice.the_practice(session), forms.response_of(session, found.id)
    theirs, aside = _wrote(found, actor), dict(found.set_aside)
    own_aside = aside.pop(str(actor.person_id), {})
    mine = response is not None and response.signed_by_id == actor.person_id
    own_refusal = _own_refusal(session, actor, found, template) if found.status in forms.OPEN else ""
    return MySheet(
        found.id, found.revision, session.get_one(FormVersion, found.version_id).name,
        full_name(session.get_one(Person, actor.for_id)), found.status, response.id if response and mine else None,
        content_of(session, found.version_id), dict(found.draft if theirs and found.draft else own_aside),
        found.saved_at if theirs else None, not theirs or bool(aside), _signer(session, actor).capacity,
        signing_refusal(session, actor) or own_refusal, bool(own_refusal), found.replaces_id is not None,
        alert_rule.crisis_text(us.name, us.phone),
        us.zone,
    )


@reader(Resource.CONSENTS)
def my_response(session: Session, actor: PortalActor, response_id: int) -> MyResponse:
    """What the reader has handed in, for themselves or for the client. Raises NotFound, NotPermitted."""
    response = session.get(FormResponse, response_id)
    if response is None or response.person_id != actor.for_id or response.signed_by_id != actor.person_id:
        raise NotFound(actor=actor, action=Action.READ, resource=Resource.CONSENTS, resource_id=response_id)
    own_form(session, actor, response.assignment_id, Action.READ)
    version, us = session.get_one(FormVersion, response.version_id), practice.the_practice(session)
    content = rule.from_json(version.content)
    critical = {one.key for one in rule.critical_answers(content, response.answers)}
    return MyResponse(
        response.assignment_id, version.name, full_name(session.get_one(Person, response.person_id)), content.intro,
        content.notice, answered(content, response.answers, frozenset(), version.number), response.capacity,
        response.signature, response.submitted_at, forms.replacement_of(session, response.id) is not None,
        alert_rule.crisis_text(us.name, us.phone) if critical else "", us.zone,
    )


@reader(Resource.CONSENTS)
def my_form_pdf(session: Session, actor: PortalActor, assignment_id: int, file_id: int) -> tuple[str, str, bytes]:
    """File name, media type and bytes of a PDF that a form shows: while it can be filled in, and for who handed it in.

    In a transaction, because it is audited. Raises NotFound, NotPermitted, FileMissing, FileDamaged.
    """
    found, template, case = own_form(session, actor, assignment_id, Action.READ)
    response = forms.response_of(session, found.id)
    mine = response is not None and response.signed_by_id == actor.person_id
    shown = {field.pdf.file_id for field in content_of(session, found.version_id).fields if field.pdf is not None}
    here = forms.takes_part(session, case.id, actor.for_id, today_here(session))
    if file_id not in shown or found.status is AssignmentStatus.WITHDRAWN or not (here or mine):
        raise NotFound(actor=actor, action=Action.READ, resource=Resource.CONSENTS, resource_id=found.id,
                       case_id=case.id)
    file = read_pdf(session, file_id)
    audit.note(
        session, person_id=actor.person_id, role=actor.role, action="download",
        resource=rule.resource_of(template.purpose), resource_id=found.id, case_id=case.id, detail=f"file {file_id}",
    )
    return file
