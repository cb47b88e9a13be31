"""Reading forms: what everybody in a case was given, a form to fill in, and what came back (C12).

Whoever may not read answers gets a value that has none: that a form was sent, and that it came back. A reader that
returns answers writes a row of the audit log, so it needs a transaction.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy.orm import Session

from practicerunner import clock
from practicerunner.errors import NotFound
from practicerunner.records import acting, audit, forms, practice
from practicerunner.records.cases import Case
from practicerunner.records.forms import FormAssignment, FormResponse, FormTemplate, FormVersion
from practicerunner.records.people import Person
from practicerunner.records.staff import Staff
from practicerunner.rules import alerts as alert_rule
from practicerunner.rules import forms as rule
from practicerunner.rules import signing
from practicerunner.rules.forms import Content, Pdf
from practicerunner.rules.measures import Score
from practicerunner.rules.permissions import Allowed
from practicerunner.vocabulary import Action, AssignmentStatus, FieldKind, FormPurpose, Resource
from practicerunner.workflows.access import Actor, authorize, how_may, may_touch
from practicerunner.workflows.acting import today_of
from practicerunner.workflows.alerts import AlertView, alert_view
from practicerunner.workflows.cases import case_for
from practicerunner.workflows.commands import reader
from practicerunner.workflows.forms import Signatory, content_of, full_name, response_hash, score_of
from practicerunner.workflows.own_word import form_refusal, refused_to_sign

LOG_AGAIN_AFTER = timedelta(minutes=15)
"""A page that redraws itself is one reading; after this long it is another."""


@dataclass(frozen=True, slots=True)
class SheetPage:
    """A form to fill in."""

    assignment_id: int
    revision: int
    case_id: int
    case_name: str
    person_id: int
    person: str
    name: str
    purpose: FormPurpose
    status: AssignmentStatus
    response_id: int | None
    """What came back, once it was handed in."""
    content: Content
    answers: dict[str, Any]
    saved_at: datetime | None
    replaces: bool
    signers: dict[int, Signatory]
    """Who may be chosen to sign for them: person id and name."""
    crisis: str
    """What to show after a critical answer."""
    own_refusal: str
    """Why the person cannot sign it themselves, and who can."""


@dataclass(frozen=True, slots=True)
class Answered:
    """A field of a form as it reads on paper."""

    kind: FieldKind
    label: str
    words: str
    """The answer; of a text to read the text."""
    critical: bool
    source: str = ""
    """Of a text to read: its title, version and hash."""
    pdf: Pdf | None = None
    """Of a text to read that is a PDF: the file."""


@dataclass(frozen=True, slots=True)
class ResponseFacts:
    """What somebody sees of a response whose answers are not theirs to read."""

    name: str
    person: str
    case_id: int
    case_name: str
    submitted_at: datetime
    needs_reason: bool
    """Whether a typed reason would open it (DEC15)."""


@dataclass(frozen=True, slots=True)
class ResponsePage:
    """What came back, for those who may read it."""

    response_id: int
    case_id: int
    case_name: str
    person: str
    name: str
    purpose: FormPurpose
    version: int
    intro: str
    notice: str
    edition: str
    language: str
    answers: tuple[Answered, ...]
    score: Score | None
    capacity: str
    authority: str
    signature: str
    recorded_by: str
    submitted_at: datetime
    intact: bool
    """Whether what is kept still has the hash that it was handed in with."""
    replaced_by: int | None
    replaces: int | None
    may_replace: bool
    alert: AlertView | None
    crisis: str
    """What to show for a critical answer; empty without one."""


# --- Filling in


@reader(Resource.CONSENTS)
def sheet_page(session: Session, actor: Actor, assignment_id: int) -> SheetPage:
    """A form to fill in, with what was answered so far. Raises NotFound for strangers, NotPermitted."""
    assignment = session.get(FormAssignment, assignment_id)
    if assignment is None:
        raise NotFound(actor=actor, action=Action.UPDATE, resource=Resource.CONSENTS, resource_id=assignment_id)
    case, template = session.get_one(Case, assignment.case_id), session.get_one(FormTemplate, assignment.template_id)
    authorize(
        session, actor, Action.UPDATE, rule.resource_of(template.purpose), responsible=[case.provider_id],
        supervisor_id=case.supervisor_id, resource_id=assignment.id, case_id=case.id,
    )
    person, us = session.get_one(Person, assignment.person_id), practice.the_practice(session)
    response = forms.response_of(session, assignment.id)
    return SheetPage(
        assignment.id, assignment.revision, case.id, case.name, person.id, full_name(person),
        session.get_one(FormVersion, assignment.version_id).name, template.purpose, assignment.status,
        response.id if response else None, content_of(session, assignment.version_id), dict(assignment.draft),
        assignment.saved_at, assignment.replaces_id is not None, signers_of(session, case, person),
        alert_rule.crisis_text(us.name, us.phone),
        form_refusal(session, person, assignment, template.purpose) if assignment.status in forms.OPEN else "",
    )


def signers_of(session: Session, case: Case, person: Person) -> dict[int, Signatory]:
    """Who may be chosen to sign for somebody, by name: who represents them, verified or to be verified in the act.

    No helper, no minor, nobody to whom it was denied or who acts no longer.
    """
    today, refused = today_of(session, person), refused_to_sign(session, person, case.id)
    found = [
        (other.id, Signatory(full_name(other), acts.kind.signs_as, acts.evidence))
        for acts, other in acting.for_clients(session, [person.id])
        if acts.kind.signs_as is not None and other.died_on is None and other.id not in refused
        and signing.is_adult(other.birth_date, today) is not False
    ]
    return dict(sorted(found, key=lambda item: item[1].name.casefold()))


# --- What came back


def touches(actor: Actor, action: Action, resource: Resource, case: Case) -> bool:
    """Whether the actor may do this in the case, without a typed reason."""
    return may_touch(
        actor, action, resource, responsible=[case.provider_id], supervisor_id=case.supervisor_id,
    )


def reading(actor: Actor, purpose: FormPurpose, case: Case) -> Allowed | None:
    """How the actor may read answers, with or without a typed reason; without a refusal."""
    return how_may(
        actor, Action.READ, rule.resource_of(purpose), case_id=case.id, own=actor.staff_id == case.provider_id,
        supervised=case.provider_id in actor.supervisees or case.supervisor_id == actor.staff_id)



@reader(Resource.CONSENTS)
def response_page(
    session: Session, actor: Actor, response_id: int, reason: str = ""
) -> ResponsePage | ResponseFacts:
    """What was handed in for those who may read it; that it came back for those who may only see the case.

    A clinical director gets the answers after typing a reason. The reading is logged, so this needs a transaction.
    Raises NotFound for strangers.
    """
    response = session.get(FormResponse, response_id)
    if response is None:
        raise NotFound(actor=actor, action=Action.READ, resource=Resource.CONSENTS, resource_id=response_id)
    case = session.get_one(Case, response.case_id)
    assignment = session.get_one(FormAssignment, response.assignment_id)
    template = session.get_one(FormTemplate, assignment.template_id)
    version, person = session.get_one(FormVersion, response.version_id), session.get_one(Person, response.person_id)
    allowed = reading(actor, template.purpose, case)
    if allowed is None or (allowed.needs_reason and not reason.strip()):
        case_for(session, actor, case.id)
        return ResponseFacts(
            version.name, full_name(person), case.id, case.name, response.submitted_at, allowed is not None,
        )
    resource = rule.resource_of(template.purpose)
    authorize(
        session, actor, Action.READ, resource, responsible=[case.provider_id], supervisor_id=case.supervisor_id,
        reason=reason, resource_id=response.id, case_id=case.id,
    )
    _log_opening(session, actor, case, response, resource, f"reason: {reason.strip()}" if allowed.needs_reason else "")
    return _page(session, actor, case, template, response, version, person)


def _log_opening(
    session: Session, actor: Actor, case: Case, response: FormResponse, resource: Resource, detail: str
) -> None:
    if not session.connection().get_execution_options().get("writes"):
        raise RuntimeError("reading a response is logged: open a transaction")
    if not forms.opened_since(
        session, actor.staff_id, case.id, response.id, detail, clock.now() - LOG_AGAIN_AFTER
    ):
        audit.note(
            session, staff_id=actor.staff_id, role=session.info.get("role", ""), action=forms.OPENED,
            resource=resource, resource_id=response.id, case_id=case.id, detail=detail,
        )


def answered(
    content: Content, answers: Mapping[str, Any], critical: Collection[str], version: int
) -> tuple[Answered, ...]:
    """The fields of a form as they read on paper, all but the signature."""
    return tuple(
        Answered(field.kind, field.label,
                 rule.answer_words(field, answers.get(field.key)) if field.asks else field.text, field.key in critical,
                 rule.source_of(field, version) if field.kind is FieldKind.DOCUMENT else "", field.pdf)
        for field in content.fields if field.kind is not FieldKind.SIGNATURE
    )


def _page(
    session: Session, actor: Actor, case: Case, template: FormTemplate, response: FormResponse, version: FormVersion,
    person: Person,
) -> ResponsePage:
    content = rule.from_json(version.content)
    critical = {one.key for one in rule.critical_answers(content, response.answers)}
    recorded_by = session.get(Staff, response.recorded_by_id) if response.recorded_by_id else None
    later, us = forms.replacement_of(session, response.id), practice.the_practice(session)
    return ResponsePage(
        response.id, case.id, case.name, full_name(person), version.name, template.purpose, version.number,
        content.intro, content.notice, content.edition, content.language,
        answered(content, response.answers, critical, version.number),
        score_of(response.score) if response.score else None, response.capacity, response.authority,
        response.signature, recorded_by.name if recorded_by else "", response.submitted_at,
        response_hash(response, version) == response.content_hash, later.id if later else None, response.replaces_id,
        later is None and touches(actor, Action.UPDATE, rule.resource_of(template.purpose), case),
        alert_view(session, actor, response.id),
        alert_rule.crisis_text(us.name, us.phone) if critical else "",
    )
