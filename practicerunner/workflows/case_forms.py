"""The forms of a case, participant by participant: where each stands, and measures over time (C12).

Whoever may not read answers gets a value that has none: that a form was sent, and that it came back.
"""

from dataclasses import dataclass, replace
from datetime import date, datetime

from sqlalchemy.orm import Session

from practicerunner import clock
from practicerunner.records import cases, forms, practice
from practicerunner.records.cases import Case
from practicerunner.records.forms import Given
from practicerunner.rules import forms as rule
from practicerunner.rules import measures
from practicerunner.rules.measures import Score
from practicerunner.rules.names import person_name
from practicerunner.rules.notes import is_clinical
from practicerunner.rules.scheduling import wall
from practicerunner.vocabulary import Action, AssignmentStatus, FormPurpose, ParticipantStatus, Resource
from practicerunner.workflows.access import Actor
from practicerunner.workflows.cases import case_for
from practicerunner.workflows.commands import reader
from practicerunner.workflows.form_pages import reading, touches
from practicerunner.workflows.form_sending import packet_of, packet_unheard
from practicerunner.workflows.forms import score_of


@dataclass(frozen=True, slots=True)
class FormLine:
    """A form that somebody was given: where it stands, never an answer."""

    assignment_id: int
    response_id: int | None
    name: str
    purpose: FormPurpose
    status: AssignmentStatus
    overdue: bool
    due_on: date | None
    sent_at: datetime
    reminded_at: datetime | None
    completed_at: datetime | None
    capacity: str
    """Who signed, and as what; empty for whoever may not read the form."""
    replaced: bool
    replaces: bool
    """Whether it will take, or has taken, the place of an earlier response."""
    may_fill: bool
    may_send: bool
    can_open: bool
    """Whether this reader may read what was answered, with or without a typed reason."""
    unanswered: int = 0
    """Of a measure that came back: questions without an answer, so that it has no total; 0 for whoever reads none."""


@dataclass(frozen=True, slots=True)
class Point:
    """A complete set of answers in time."""

    response_id: int
    at: datetime
    total: int


@dataclass(frozen=True, slots=True)
class Series:
    """A measure of one person over time: complete sets only (C71)."""

    measure: str
    points: tuple[Point, ...]
    last: Score


@dataclass(frozen=True, slots=True)
class PersonForms:
    """One participant's forms, the newest first, and their measures over time."""

    person_id: int
    name: str
    here: bool
    """Whether they still take part."""
    lines: tuple[FormLine, ...]
    series: tuple[Series, ...]
    """Empty for whoever may not read scores."""


@dataclass(frozen=True, slots=True)
class Offer:
    """A form that can be given to participants of a case."""

    template_id: int
    name: str
    purpose: FormPurpose


@dataclass(frozen=True, slots=True)
class CaseForms:
    """The forms of a case, participant by participant."""

    people: tuple[PersonForms, ...]
    offers: tuple[Offer, ...]
    """What the actor may give out here."""
    open_pairs: frozenset[tuple[int, int]]
    """Person and form that is still to be filled in."""
    packet: int = 0
    """How many forms of the intake packet are still to be sent, where the actor may send them."""
    unheard: tuple[str, ...] = ()
    """Whose forms of the packet nobody could be told of by e-mail."""


@reader(Resource.CONSENTS)
def forms_of_case(session: Session, actor: Actor, case_id: int) -> CaseForms:
    """The forms of everybody in a case; answers, scores and signatures only as far as the actor may read them."""
    case = case_for(session, actor, case_id)
    found = forms.given(session, case.id)
    today = clock.today(practice.the_practice(session).zone)
    scored: dict[int, list[Series]] = {}
    unanswered: dict[int, int] = {}
    if touches(actor, Action.READ, Resource.QUESTIONNAIRES, case):
        scored = _series(session, case)
        unanswered = {response_id: score_of(score).missing for response_id, *_, score in forms.scores(session, case.id)}
    people: dict[int, PersonForms] = {}
    members = cases.people_in(session, case.id)
    for participant, person in sorted(members, key=lambda row: row[0].status is ParticipantStatus.LEFT):
        here = participant.status is not ParticipantStatus.LEFT
        lines = tuple(
            replace(_line(actor, case, one, today, here=here), unanswered=unanswered.get(one.response_id or 0, 0))
            for one in found if one.assignment.person_id == person.id)
        if here or lines:
            name = person_name(person.first_name, person.last_name, person.preferred_name)
            people.setdefault(person.id, PersonForms(
                person.id, name, here, lines, tuple(scored.get(person.id, ()))))
    sends = touches(actor, Action.CREATE, Resource.CONSENTS, case)
    return CaseForms(
        tuple(people.values()), _offers(session, actor, case),
        frozenset((one.assignment.person_id, one.template.id) for one in found if one.assignment.status in forms.OPEN),
        len(packet_of(session, case)) if sends else 0, tuple(packet_unheard(session, case)) if sends else (),
    )


@dataclass(frozen=True, slots=True)
class PersonMeasures:
    """Somebody's measures over time."""

    person_id: int
    name: str
    series: tuple[Series, ...]


@reader(Resource.CONSENTS)
def measures_of_case(session: Session, actor: Actor, case_id: int, until: date) -> list[PersonMeasures]:
    """The scores of everybody in a case up to a day, as far as the actor may read them: to see beside a note of it."""
    case = case_for(session, actor, case_id)
    scored = {}
    if touches(actor, Action.READ, Resource.QUESTIONNAIRES, case):
        scored = _series(session, case, until)
    if not scored:
        return []
    members = {person.id: person for _, person in cases.people_in(session, case.id)}
    return [
        PersonMeasures(
            person.id, person_name(person.first_name, person.last_name, person.preferred_name),
            tuple(scored[person.id]),
        )
        for person in members.values() if person.id in scored
    ]


def _line(actor: Actor, case: Case, one: Given, today: date, *, here: bool) -> FormLine:
    assignment, purpose = one.assignment, one.template.purpose
    resource, is_open = rule.resource_of(purpose), one.assignment.status in forms.OPEN
    reads = touches(actor, Action.READ, resource, case)
    return FormLine(
        assignment.id, one.response_id, one.name, purpose, assignment.status,
        is_open and assignment.due_on is not None and assignment.due_on < today, assignment.due_on,
        assignment.created_at, assignment.reminded_at, one.submitted_at, one.capacity if reads else "", one.replaced,
        assignment.replaces_id is not None,
        may_fill=is_open and touches(actor, Action.UPDATE, resource, case),
        may_send=is_open and here and touches(actor, Action.CREATE, rule.sending_resource(purpose), case),
        can_open=one.response_id is not None and reading(actor, purpose, case) is not None,
    )


def _series(session: Session, case: Case, until: date = date.max) -> dict[int, list[Series]]:
    """Person → measures with complete sets up to a day, in the order of the measures."""
    kept: dict[tuple[int, str], list[tuple[Point, Score]]] = {}
    zone = practice.the_practice(session).zone
    for response_id, person_id, at, score in forms.scores(session, case.id):
        found = score_of(score)
        if found.total is not None and wall(at, zone).date() <= until:
            point = Point(response_id, at, found.total)
            kept.setdefault((person_id, found.measure), []).append((point, found))
    series: dict[int, list[Series]] = {}
    order = list(measures.MEASURES)
    for (person_id, measure), points in sorted(kept.items(), key=lambda item: order.index(item[0][1])):
        series.setdefault(person_id, []).append(
            Series(measure, tuple(point for point, _ in points), points[-1][1]))
    return series


def _offers(session: Session, actor: Actor, case: Case) -> tuple[Offer, ...]:
    purposes = rule.purposes_for(case.type, clinical=is_clinical(case.type, case.clinical_fields))
    offers = [
        Offer(template.id, template.name, template.purpose) for template in forms.templates(session)
        if template.purpose in purposes
        and touches(actor, Action.CREATE, rule.sending_resource(template.purpose), case)
    ]
    return tuple(sorted(offers, key=lambda offer: purposes.index(offer.purpose)))
