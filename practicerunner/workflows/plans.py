"""Reading treatment plans, and what their people say to them (G17). A plan is a note: it is written, signed, co-signed
and locked as every note is. In force is the last one of a person that was locked.

A reader that returns what a plan says writes a row of the audit log, as the reading of a note does, so it needs a
transaction.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

from sqlalchemy.orm import Session

from practicerunner import clock
from practicerunner.errors import NotFound
from practicerunner.records import cases, diagnoses, note_lists, plans, practice
from practicerunner.records.cases import Case
from practicerunner.records.notes import Note
from practicerunner.records.people import Person
from practicerunner.records.plans import PlanAgreement
from practicerunner.rules import notes as note_rule
from practicerunner.rules import plans as rule
from practicerunner.rules.case_types import PLANS_SWITCHABLE, WITH_PLANS
from practicerunner.rules.diagnoses import in_force
from practicerunner.rules.names import person_name
from practicerunner.rules.permissions import Allowed
from practicerunner.rules.plans import GoalLine, Plan
from practicerunner.vocabulary import (
    Action,
    NoteKind,
    NoteStatus,
    ParticipantStatus,
    Resource,
)
from practicerunner.workflows.access import Actor, how_may, may, may_touch, visible
from practicerunner.workflows.cases import case_for
from practicerunner.workflows.commands import reader
from practicerunner.workflows.form_pages import signers_of
from practicerunner.workflows.forms import Signatory, full_name
from practicerunner.workflows.note_readers import log_reading, opens
from practicerunner.workflows.notes import Subject, authorize_note, subject_of
from practicerunner.workflows.plan_parts import called, name_of, plan_in

KIND = NoteKind.TREATMENT_PLAN


@dataclass(frozen=True, slots=True)
class AgreementLine:
    """That somebody has agreed, as it is shown and printed."""

    person_id: int
    sentence: str
    authority: str
    recorded_by: str


@dataclass(frozen=True, slots=True)
class MayAgree:
    """Somebody whose agreement can be recorded, and who may give it for them."""

    person_id: int
    name: str
    signers: dict[int, Signatory]
    """Person id → name."""


@dataclass(frozen=True, slots=True)
class PlanPage:
    """A plan as it is written and read."""

    note_id: int
    case_id: int
    plan: Plan
    on: date
    """The date of the plan."""
    today: date
    about: str
    """Whose plan it is; empty for one of the case as a whole."""
    previous_id: int | None
    previous_on: date | None
    changes: tuple[str, ...]
    """What is different from the plan before."""
    overtaken: bool
    """Whether another plan was signed since this draft was begun."""
    missing: tuple[str, ...]
    codes: tuple[str, ...]
    """Diagnosis codes in force, to name with a problem."""
    version: int
    agreements: tuple[AgreementLine, ...]
    may_agree: tuple[MayAgree, ...]
    """Empty for whoever may not record it, and while the plan is not locked."""


@dataclass(frozen=True, slots=True)
class Unfinished:
    """A plan that is being written, or waits for co-signature."""

    note_id: int
    status: NoteStatus
    author: str
    is_own: bool


@dataclass(frozen=True, slots=True)
class PersonPlan:
    """What the case page shows of the plan of one person, or of the case as a whole."""

    person_id: int | None
    name: str
    note_id: int | None
    """The plan in force."""
    since: date | None
    review_on: date | None
    is_due: bool
    goals: tuple[GoalLine, ...]
    """Empty for whoever sees states only."""
    is_over: bool
    agreed: tuple[str, ...]
    unfinished: tuple["Unfinished", ...]
    may_record: bool
    """Whether the reader may write down that somebody agrees who has not."""


@dataclass(frozen=True, slots=True)
class PlanBlock:
    """The treatment plans of a case as far as this reader may see them."""

    people: tuple[PersonPlan, ...]
    may_read: bool
    may_write: bool
    needs_reason: bool
    """Whether a typed reason would open them (DEC15)."""
    for_all: bool
    """Whether the case can have a plan as a whole, beside those of its people."""
    today: date


@dataclass(frozen=True, slots=True)
class ReviewDue:
    """A plan whose review is due, for the documentation queue."""

    note_id: int
    case_id: int
    case_name: str
    about: str
    provider_id: int
    provider_name: str
    since: date | None


# --- Readers


@reader(Resource.CLINICAL_NOTE)
def plan_page(session: Session, actor: Actor, note_id: int, reason: str = "") -> PlanPage:
    """A plan with what it changes, what it lacks and who has agreed. Raises NotFound, NotPermitted as its note does."""
    subject = plan_for(session, actor, Action.READ, note_id, reason)
    note, case = subject.note, subject.case
    today, previous = _today(session), plans.before(session, note)
    plan = plan_in(session, note)
    old = plan_in(session, previous) if previous is not None else None
    log_reading(session, actor, case, note, reason)
    locked = note.status in plans.LOCKED
    recorded = plans.agreements_of(session, [note.id])
    may_record = locked and _touches(actor, Action.UPDATE, subject)
    return PlanPage(
        note.id, case.id, plan, note.service_date, today, name_of(session, note.person_id),
        previous.id if previous else None, previous.service_date if previous else None,
        rule.changes_since(old, plan) if old is not None else (),
        not locked and previous is not None and (previous.locked_at or note.created_at) > note.created_at,
        () if note.status in note_rule.SIGNED else rule.missing(plan, on=note.service_date, today=today),
        _codes(session, case, note.person_id, today), note.version,
        tuple(_agreement(agreement, who) for agreement, who in recorded),
        tuple(
            MayAgree(person.id, full_name(person), signers_of(session, case, person))
            for person in people_of(session, note)
        ) if may_record else (),
    )


@reader(Resource.CLINICAL_NOTE)
def plan_in_force(
    session: Session, actor: Actor, case_id: int, person_id: int | None, reason: str = ""
) -> PlanPage | None:
    """The plan in force of somebody, or of the case as a whole (``None``). Raises NotFound, NotPermitted."""
    case_for(session, actor, case_id)
    found = next((note for note in plans.in_force(session, case_id) if note.person_id == person_id), None)
    return plan_page(session, actor, found.id, reason) if found is not None else None


@reader(Resource.CASE)
def plan_block(session: Session, actor: Actor, case_id: int, reason: str = "") -> PlanBlock | None:
    """The plans of a case: with their goals for those who may read them, dates for those who see states only.

    ``None`` where the case has no treatment plans, and for whoever never sees any. Raises NotFound for strangers.
    """
    case = case_for(session, actor, case_id)
    resource = note_rule.resource_for(KIND, case.type)
    if KIND not in note_rule.case_kinds_for(case.type, case.clinical_fields) or not may(actor, Action.READ, resource):
        return None
    allowed = _allowed(actor, case, resource)
    may_read = allowed is not None and (not allowed.needs_reason or bool(reason.strip()))
    kept = {note.person_id: note for note in plans.in_force(session, case_id)}
    begun = plans.unfinished(session, case_id)
    people: dict[int | None, str] = {
        person.id: person_name(person.first_name, person.last_name, person.preferred_name)
        for participant, person in cases.people_in(session, case_id) if participant.status is ParticipantStatus.ACTIVE
    }
    whole: dict[int | None, str] = {}
    if None in kept or any(note.person_id is None for note, _ in begun):
        whole[None] = "Everybody together"
    agreed = plans.agreements_of(session, [note.id for note in kept.values()])
    return PlanBlock(
        tuple(
            _of_person(session, actor, case, (person_id, name), kept.get(person_id), begun,
                       [a for a, _ in agreed if person_id in (a.person_id, None)],
                       reason if may_read else None)
            for person_id, name in (whole | people).items()
        ),
        may_read, may_touch(actor, Action.CREATE, resource, responsible=[case.provider_id]),
        allowed is not None and allowed.needs_reason and not may_read, len(people) > 1, _today(session),
    )


def _of_person(
    session: Session, actor: Actor, case: Case, who: tuple[int | None, str], note: Note | None,
    begun: Iterable[tuple[Note, str]], agreed: Iterable[PlanAgreement], reason: str | None,
) -> PersonPlan:
    """What the block shows of one plan; without a reason that is a text, states only."""
    person_id, name = who
    unfinished = tuple(
        Unfinished(one.id, one.status, author, one.author_id == actor.staff_id)
        for one, author in begun if one.person_id == person_id
    )
    if note is None:
        return PersonPlan(person_id, name, None, None, None, False, (), False, (), unfinished, False)
    today = _today(session)
    row = note_lists.one_row(session, note.id)
    readable = reason is not None and row is not None and opens(actor, row, reason)
    plan = plan_in(session, note)
    if readable:
        log_reading(session, actor, case, note, reason or "")
    return PersonPlan(
        person_id, name, note.id, note.service_date, note.review_on,
        note.review_on is not None and note.review_on <= today, rule.goals_of(plan) if readable else (),
        plan.is_over if readable else False,
        tuple(a.capacity for a in agreed) if readable else (), unfinished,
        readable and _touches(actor, Action.UPDATE, Subject(note, case, None))
        and bool({person.id for person in people_of(session, note)} - {a.person_id for a in agreed}),
    )


@reader(Resource.CLINICAL_NOTE)
def plan_reviews_due(session: Session, actor: Actor) -> list[ReviewDue]:
    """Plans whose review is due, one's own and one's supervisees', the longest first. Nothing of what they say."""
    sees = visible(actor, Action.READ, Resource.CLINICAL_NOTE)
    return [
        ReviewDue(
            row.note_id, row.case_id, row.case_name, called(row.person), row.provider_id, row.provider.name,
            row.review_on,
        )
        for row in plans.reviews_due(session, _today(session), WITH_PLANS, PLANS_SWITCHABLE, sees=sees)
    ]


# --- What they have in common


def plan_for(
    session: Session, actor: Actor, action: Action, note_id: int, reason: str = "", *, lock: bool = False
) -> Subject:
    """A plan for whoever may do this with its note. Raises NotFound, NotPermitted."""
    subject = subject_of(session, actor, note_id, lock=lock)
    authorize_note(session, actor, action, subject, reason=reason)
    if subject.note.kind is not KIND:
        raise NotFound(actor=actor, action=action, resource=Resource.CLINICAL_NOTE, resource_id=note_id)
    return subject


def _allowed(actor: Actor, case: Case, resource: Resource) -> Allowed | None:
    """How the actor may read the plans of a case, with or without a typed reason; without a refusal."""
    return how_may(
        actor, Action.READ, resource, case_id=case.id, own=actor.staff_id == case.provider_id,
        supervised=case.provider_id in actor.supervisees or case.supervisor_id == actor.staff_id)


def _touches(actor: Actor, action: Action, subject: Subject) -> bool:
    note, case = subject.note, subject.case
    return may_touch(
        actor, action, note_rule.resource_for(note.kind, case.type),
        responsible=[note.author_id, case.provider_id],
    )


def people_of(session: Session, note: Note) -> list[Person]:
    """Whose plan it is: one person, or everybody who takes part."""
    if note.person_id is not None:
        return [session.get_one(Person, note.person_id)]
    return [
        person for participant, person in cases.people_in(session, note.case_id)
        if participant.status is not ParticipantStatus.LEFT
    ]


def _codes(session: Session, case: Case, person_id: int | None, today: date) -> tuple[str, ...]:
    return tuple(dict.fromkeys(
        row.code for row in diagnoses.of_case(session, case.id, person_id)
        if not row.withdrawn and in_force(row.onset_on, row.ended_on, today)
    ))


def _agreement(agreement: PlanAgreement, recorded_by: str) -> AgreementLine:
    return AgreementLine(
        agreement.person_id,
        rule.agreement_sentence(agreement.capacity, agreement.how, agreement.signature, agreement.agreed_on),
        agreement.authority, recorded_by,
    )


def _today(session: Session) -> date:
    return clock.today(practice.the_practice(session).zone)
