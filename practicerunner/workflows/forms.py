"""Filling forms in, handing them in signed, replacing what came back (I03). To give them out: ``form_sending``.

Staff fill a form in together with whom it is about; ``keep_answers`` and ``hand_in`` do the work for any actor, once
a door such as ``_to_fill`` has said that this form is theirs to fill in.
"""

from dataclasses import asdict, dataclass
from datetime import date
from typing import Any

from sqlalchemy.orm import Session

from practicerunner import clock, ids
from practicerunner.errors import BadInput, FieldProblems, NotFound, RuleViolation, Stale
from practicerunner.records import acting, audit, forms, practice
from practicerunner.records.acting import ActsFor
from practicerunner.records.base import FOR_CHANGE
from practicerunner.records.cases import Case
from practicerunner.records.forms import FormAssignment, FormResponse, FormTemplate, FormVersion
from practicerunner.records.people import Person
from practicerunner.rules import forms as rule
from practicerunner.rules import measures, signing
from practicerunner.rules.names import person_name
from practicerunner.rules.notes import text_hash
from practicerunner.vocabulary import Action, AssignmentStatus, Resource, SignsAs
from practicerunner.workflows import alerts
from practicerunner.workflows.access import Actor, authorize, may_touch
from practicerunner.workflows.acting import keep_evidence, today_of
from practicerunner.workflows.cases import keep_paper
from practicerunner.workflows.commands import Command, Line, command
from practicerunner.workflows.own_word import form_refusal, refusal_for, who_may_sign


class FormIsClosed(RuleViolation):
    """This form was handed in already and cannot be changed any more. Replace it by a new one."""


class FormIsWithdrawn(RuleViolation):
    """This form was withdrawn, so there is nothing to fill in any more."""


class SaveAnswers(Command):
    """Keep what was answered so far."""

    assignment_id: int
    revision: int
    answers: dict[str, Any]


class SignedFor(Command):
    """Something that somebody signs, for themselves or for another."""

    signed_by_id: int | None = None
    """``None``: the person themselves."""
    signs_as: SignsAs | None = None
    """``None``: as what they act for the person."""
    authority: Line = ""
    """How it was verified that somebody may sign for another; empty is as it stands with them already."""


class CompleteForm(SaveAnswers, SignedFor):
    """Hand a form in: by the person themselves, or by who signs for them."""


class ReplaceResponse(Command):
    """Begin a form that will take the place of what was handed in."""

    response_id: int


@dataclass(frozen=True, slots=True)
class Signatory:
    """Somebody who may be chosen to sign for another."""

    name: str
    signs_as: SignsAs
    evidence: str
    """What was seen that shows that they may; empty while nobody has."""


@dataclass(frozen=True, slots=True)
class Signer:
    """Who hands a form in, and as what."""

    person_id: int
    capacity: str
    authority: str = ""
    signs_as: SignsAs | None = None
    """``None``: for themselves."""


def named(person: Person) -> signing.Named:
    """Every way to call somebody by which they may sign."""
    return person.first_name, person.last_name, person.preferred_name


def full_name(person: Person) -> str:
    """The name that a signature is printed with."""
    return person_name(person.first_name, person.last_name)


# --- The doors


def authorize_in(session: Session, actor: Actor, action: Action, resource: Resource, case: Case) -> None:
    """May they do this with a form of this case?"""
    authorize(
        session, actor, action, resource, responsible=[case.provider_id], supervisor_id=case.supervisor_id,
        case_id=case.id,
    )


def today_here(session: Session) -> date:
    """The practice's date."""
    return clock.today(practice.the_practice(session).zone)


def assignment_for(
    session: Session, actor: Actor, assignment_id: int, action: Action
) -> tuple[FormAssignment, FormTemplate, Case]:
    """What somebody was given, locked, with its form and case; callers authorise. Raises NotFound."""
    assignment = session.get(FormAssignment, assignment_id, with_for_update=FOR_CHANGE)
    if assignment is None:
        raise NotFound(actor=actor, action=action, resource=Resource.CONSENTS, resource_id=assignment_id)
    session.info["case_id"] = assignment.case_id
    return (
        assignment, session.get_one(FormTemplate, assignment.template_id), session.get_one(Case, assignment.case_id),
    )


def check_is_open(assignment: FormAssignment) -> None:
    """Refuse what was handed in or withdrawn. Raises FormIsClosed, FormIsWithdrawn."""
    if assignment.status is AssignmentStatus.COMPLETED:
        raise FormIsClosed
    if assignment.status is AssignmentStatus.WITHDRAWN:
        raise FormIsWithdrawn


# --- Filling in


def _to_fill(
    session: Session, actor: Actor, assignment_id: int, revision: int
) -> tuple[FormAssignment, FormTemplate, Case]:
    """An open form, locked, for staff who fill it in with whom it is about. Raises Stale."""
    assignment, template, case = assignment_for(session, actor, assignment_id, Action.UPDATE)
    authorize_in(session, actor, Action.UPDATE, rule.resource_of(template.purpose), case)
    check_is_open(assignment)
    if assignment.revision != revision:
        raise Stale
    return assignment, template, case


def content_of(session: Session, version_id: int) -> rule.Content:
    """What a version asks."""
    return rule.from_json(session.get_one(FormVersion, version_id).content)


@command(Resource.CONSENTS, Action.UPDATE)
def save_answers(session: Session, actor: Actor, asked: SaveAnswers) -> int:
    """Keep answers of a form that is not finished; the same answers again change nothing. Returns the assignment's id.

    Raises FieldProblems, Stale, FormIsClosed, FormIsWithdrawn.
    """
    assignment, _, _ = _to_fill(session, actor, asked.assignment_id, asked.revision)
    keep_answers(session, assignment, asked.answers)
    return assignment.id


def keep_answers(session: Session, assignment: FormAssignment, answers: dict[str, Any]) -> None:
    """Keep answers exactly as given; callers have authorised it. Raises FieldProblems."""
    problems = rule.answer_problems(content_of(session, assignment.version_id), answers, complete=False)
    if problems:
        raise FieldProblems(problems)
    kept = rule.given(answers)
    if kept != assignment.draft:
        assignment.draft, assignment.status = kept, AssignmentStatus.STARTED
        assignment.revision += 1
    assignment.saved_at = clock.now()


@command(Resource.CONSENTS, Action.UPDATE)
def complete_form(session: Session, actor: Actor, asked: CompleteForm) -> int:
    """Hand a form in, signed. Returns the response's id.

    Raises FieldProblems, BadInput at ``signed_by_id``, ``signs_as`` or ``authority``, Stale, FormIsClosed,
    FormIsWithdrawn.
    """
    assignment, template, case = _to_fill(session, actor, asked.assignment_id, asked.revision)
    person = session.get_one(Person, assignment.person_id)
    signer = signer_of(session, actor, case, person, asked)
    if signer.person_id == person.id:
        refusal = form_refusal(session, person, assignment, template.purpose)
        if refusal:
            raise BadInput("signed_by_id", refusal)
    check_typed(session, content_of(session, assignment.version_id), asked.answers, signer, person)
    session.info["detail"] = template.name
    return hand_in(session, assignment, template, case, asked.answers, signer, recorded_by_id=actor.staff_id)


def check_typed(
    session: Session, content: rule.Content, answers: dict[str, Any], signer: Signer, person: Person
) -> None:
    """At the desk nobody signs with the name of whom they sign for. Raises BadInput at the signature."""
    typed = str(answers.get(content.signature.key, "")) if content.signature else ""
    problem = desk_problem(session, typed, signer, person) if typed.strip() else ""
    if content.signature and problem:
        raise BadInput(content.signature.key, problem)


def desk_problem(session: Session, typed: str, signer: Signer, person: Person) -> str:
    """Why a name that was typed beside somebody of the practice cannot be the signer's; empty if it can."""
    return signing.typed_problem(
        typed, named(session.get_one(Person, signer.person_id)), named(person), at_the_desk=True)


def signer_of(session: Session, actor: Actor, case: Case, person: Person, asked: SignedFor) -> Signer:
    """Who signs: the person, or who represents them, verified before or by what is typed now (D09). Raises BadInput.

    A helper, an emergency contact, or somebody who only takes part with them signs for nobody (X06, C16).
    """
    if asked.signed_by_id is None or asked.signed_by_id == person.id:
        return Signer(person.id, signing.capacity(full_name(person), None, full_name(person)))
    other, acts = session.get(Person, asked.signed_by_id), acting.between(session, asked.signed_by_id, person.id)
    kind = acts.kind.signs_as if acts is not None else None
    if other is None or acts is None or kind is None:
        raise BadInput("signed_by_id", signing.stranger_refusal(
            full_name(person), who_may_sign(session, person, case.id), helps=acts is not None))
    if asked.signs_as not in (None, kind):
        raise BadInput("signs_as", f"{full_name(other)} acts for {full_name(person)} as {kind.label}, so they sign as "
                       "that. Change it under Relationships if it is wrong.")
    problem = signing.signing_problem(
        kind, signer_born=other.birth_date, person_born=person.birth_date, today=today_of(session, person),
    )
    if problem:
        raise BadInput("signs_as", problem)
    refusal = refusal_for(session, person, other.id, kind, case.id)
    if refusal:
        raise BadInput("signed_by_id", refusal)
    authority = asked.authority.strip()
    if not authority and acts.verified_at is not None:
        authority = acts.evidence[:200]
    elif not signing.is_evidence(authority):
        raise BadInput("authority", "Say how you verified that they may sign, for instance which document you saw.")
    elif acts.verified_at is None:
        _verify(session, actor, case, acts, authority)
    return Signer(other.id, signing.capacity(full_name(other), kind, full_name(person)), authority, kind)


def _verify(session: Session, actor: Actor, case: Case, acts: ActsFor, evidence: str) -> None:
    """Whoever was not verified yet is so by what was seen in this act.

    Where the case is another's by now, what was seen stands with what was signed alone: a private note's author writes
    its words down, and nothing about the client.
    """
    if not may_touch(actor, Action.UPDATE, Resource.DEMOGRAPHICS, responsible=[case.provider_id],
                     supervisor_id=case.supervisor_id, case_id=case.id):
        return
    session.refresh(acts, with_for_update=FOR_CHANGE)
    if acts.verified_at is not None:
        return
    keep_evidence(acts, evidence, actor)
    audit.note(
        session, action="verify_acting", resource=Resource.DEMOGRAPHICS, resource_id=acts.id, case_id=case.id,
        staff_id=actor.staff_id, detail="verified")


def hand_in(
    session: Session, assignment: FormAssignment, template: FormTemplate, case: Case, answers: dict[str, Any],
    signer: Signer, *, recorded_by_id: int | None = None,
) -> int:
    """Freeze what was answered, with its score; callers have authorised it. Returns the response's id.

    In the same transaction the paper of the onboarding checklist is recorded, and a critical answer raises its alert.
    Raises FieldProblems.
    """
    version = session.get_one(FormVersion, assignment.version_id)
    content, now = rule.from_json(version.content), clock.now()
    problems = rule.answer_problems(content, answers, complete=True)
    if problems:
        raise FieldProblems(problems)
    kept = rule.given(answers)
    replaced = forms.response_of(session, assignment.replaces_id) if assignment.replaces_id else None
    response = FormResponse(
        id=ids.new_id(), assignment_id=assignment.id, case_id=case.id, person_id=assignment.person_id,
        version_id=version.id, replaces_id=replaced.id if replaced else None, answers=kept,
        score=_score(session, content, kept), signed_by_id=signer.person_id, capacity=signer.capacity,
        authority=signer.authority, signature=kept.get(content.signature.key, "") if content.signature else "",
        recorded_by_id=recorded_by_id, submitted_at=now,
    )
    response.content_hash = response_hash(response, version)
    session.add(response)
    assignment.status, assignment.closed_at = AssignmentStatus.COMPLETED, now
    assignment.draft, assignment.set_aside = {}, {}
    assignment.revision += 1
    session.flush()
    paper = rule.PAPERS.get(template.purpose)
    if paper is not None and not forms.has_paper(session, case.id, assignment.person_id, paper):
        keep_paper(session, case.id, assignment.person_id, paper, today_here(session),
                   recorded_by_id or assignment.assigned_by_id)
    critical = rule.critical_answers(content, kept)
    if critical:
        alerts.raise_alert(session, response, case, critical)
    return response.id


def _score(session: Session, content: rule.Content, answers: dict[str, Any]) -> dict[str, Any] | None:
    measure = measures.MEASURES.get(content.measure)
    if measure is None:
        return None
    found = measures.score(measure, answers, pcl5_cut=practice.the_practice(session).pcl5_cut)
    return asdict(found) | {"clusters": [list(cluster) for cluster in found.clusters]}


def score_of(kept: dict[str, Any]) -> measures.Score:
    """A score as it was kept."""
    return measures.Score(**kept | {"clusters": tuple((name, points) for name, points in kept["clusters"])})


def response_hash(response: FormResponse, version: FormVersion) -> str:
    """SHA-256 over everything that was handed in, and over what was asked."""
    return text_hash({
        "version": version.text_hash, "case": response.case_id, "person": response.person_id,
        "replaces": response.replaces_id, "answers": response.answers, "score": response.score,
        "signed_by": response.signed_by_id, "capacity": response.capacity, "authority": response.authority,
        "signature": response.signature, "recorded_by": response.recorded_by_id,
        "submitted_at": response.submitted_at.isoformat(),
    })


@command(Resource.CONSENTS, Action.UPDATE)
def replace_response(session: Session, actor: Actor, asked: ReplaceResponse) -> int:
    """Begin a form that will take the place of a response, in the version that is given out now.

    What was answered is carried over, the signature is not. Returns the assignment's id; who begins twice goes on with
    the first. Raises FormIsClosed for a response that was replaced already.
    """
    response = session.get(FormResponse, asked.response_id)
    if response is None:
        raise NotFound(actor=actor, action="replace_response", resource=Resource.CONSENTS,
                       resource_id=asked.response_id)
    done, template, case = assignment_for(session, actor, response.assignment_id, Action.UPDATE)
    authorize_in(session, actor, Action.UPDATE, rule.resource_of(template.purpose), case)
    if forms.replacement_of(session, response.id) is not None:
        raise FormIsClosed("This was replaced already. Open the response that took its place.")
    begun = forms.open_replacement(session, done.id)
    if begun is not None:
        return begun.id
    version = forms.current_versions(session, [template.id])[template.id]
    assignment = FormAssignment(
        id=ids.new_id(), case_id=case.id, person_id=response.person_id, template_id=template.id, version_id=version.id,
        status=AssignmentStatus.STARTED, assigned_by_id=actor.staff_id, replaces_id=done.id, saved_at=clock.now(),
        draft=rule.carried_over(rule.from_json(version.content), response.answers),
        drafted_by_id=response.signed_by_id, confidential=done.confidential,
    )
    session.add(assignment)
    session.info["detail"] = template.name
    return assignment.id
