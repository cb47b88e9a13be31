"""Reading diagnoses: with their text for those who may read the clinical record, codes and dates for billing.

A reading is logged, so every reader here needs a transaction.
"""

from dataclasses import dataclass
from datetime import date, datetime, timedelta

from sqlalchemy.orm import Session

from practicerunner import clock
from practicerunner.records import audit, cases, codes, diagnoses, practice, scheduling
from practicerunner.records.cases import Case
from practicerunner.records.codes import Code, CodesMissing
from practicerunner.records.diagnoses import Diagnosis, DiagnosisChange
from practicerunner.rules import diagnoses as rule
from practicerunner.rules.attendance import AHEAD
from practicerunner.rules.case_types import capabilities
from practicerunner.rules.diagnoses import Step
from practicerunner.rules.names import person_name
from practicerunner.rules.notes import PRESENT, is_clinical
from practicerunner.rules.permissions import Allowed
from practicerunner.vocabulary import Action, DiagnosisAct, ParticipantStatus, Resource
from practicerunner.workflows.access import Actor, how_may, may_touch
from practicerunner.workflows.cases import case_for
from practicerunner.workflows.commands import reader
from practicerunner.workflows.diagnoses import code_problem

READ, READ_CODES = "read_diagnoses", "read_codes"
"""What the audit log calls the readings."""
LOG_AGAIN_AFTER = timedelta(minutes=15)
"""A page that redraws itself is one reading; after this long it is another."""


@dataclass(frozen=True, slots=True)
class DiagnosisEvent:
    """What somebody did with a diagnosis."""

    act: DiagnosisAct
    as_of: date
    who: str
    at: datetime


@dataclass(frozen=True, slots=True)
class DiagnosisView:
    """A diagnosis, for those who may read the clinical record."""

    diagnosis_id: int
    revision: int
    code: str
    description: str
    release: str
    onset_on: date
    ended_on: date | None
    is_primary: bool
    is_provisional: bool
    withdrawn: bool
    set_by: str
    history: tuple[DiagnosisEvent, ...]
    problem: str
    """Why the code may not stand on a bill today, where it may not any more."""


@dataclass(frozen=True, slots=True)
class PersonDiagnoses:
    """The diagnoses of one participant."""

    person_id: int
    name: str
    in_force: tuple[DiagnosisView, ...]
    """Today, the primary one first."""
    past: tuple[DiagnosisView, ...]
    """Ended or withdrawn, the latest first."""
    warnings: tuple[str, ...]
    has_left: bool


@dataclass(frozen=True, slots=True)
class CodeLine:
    """A code and its dates, for billing: no words on what it means."""

    person: str
    code: str
    onset_on: date
    ended_on: date | None
    is_primary: bool
    is_provisional: bool


@dataclass(frozen=True, slots=True)
class InForce:
    """The diagnoses of somebody on the day of an appointment, to read beside its note."""

    name: str
    diagnoses: tuple[DiagnosisView, ...]


@dataclass(frozen=True, slots=True)
class DiagnosisBlock:
    """What the case page shows to this reader."""

    people: tuple[PersonDiagnoses, ...]
    codes: tuple[CodeLine, ...]
    """In place of ``people``, for those who only bill."""
    may_read: bool
    may_write: bool
    needs_reason: bool
    """Whether a typed reason would open it (DEC15)."""
    today: date
    on_papers: bool
    """Whether what is in force comes to stand on papers for insurance; of consultation there are none (X01)."""


@reader(Resource.CLINICAL_RECORD)
def find_codes(
    session: Session, actor: Actor, text: str, on: date, *, everything: bool = False, limit: int = 8
) -> list[Code]:
    """Codes that words or a code begun lead to, valid on a day, the most likely first. Raises CodesMissing."""
    return codes.search_codes(text, on, everything=everything, limit=limit)


@reader(Resource.CLINICAL_RECORD)
def diagnoses_of(session: Session, actor: Actor, case_id: int, reason: str = "") -> tuple[PersonDiagnoses, ...]:
    """The diagnoses of everybody in a case, with their history. Nothing where the case has no clinical fields.

    A clinical director whose case it is not types a reason. Raises NotFound, NotPermitted.
    """
    case = case_for(session, actor, case_id, resource=Resource.CLINICAL_RECORD, reason=reason)
    if not is_clinical(case.type, case.clinical_fields):
        return ()
    allowed = _allowed(actor, case)
    _log(session, actor, case, READ, f"reason: {reason.strip()}" if allowed and allowed.needs_reason else "")
    today = clock.today(practice.the_practice(session).zone)
    rows = diagnoses.of_case(session, case.id)
    made = diagnoses.changes_of(session, [row.id for row in rows])
    views: dict[int, list[DiagnosisView]] = {}
    for row in rows:
        views.setdefault(row.person_id, []).append(_view(row, made[row.id], today))
    found: dict[int, PersonDiagnoses] = {}
    for participant, person in cases.people_in(session, case.id):
        has_left = participant.status is ParticipantStatus.LEFT
        if person.id in found and has_left:
            continue
        theirs = views.get(person.id, [])
        if has_left and not theirs:
            continue
        name = person_name(person.first_name, person.last_name, person.preferred_name)
        found[person.id] = _of_person(person.id, name, theirs, today, has_left=has_left)
    return tuple(sorted(found.values(), key=lambda one: one.has_left))


def _of_person(
    person_id: int, name: str, views: list[DiagnosisView], today: date, *, has_left: bool
) -> PersonDiagnoses:
    now = [view for view in views if not view.withdrawn and rule.in_force(view.onset_on, view.ended_on, today)]
    past = sorted(
        (view for view in views if view not in now), key=lambda view: view.ended_on or view.onset_on, reverse=True)
    return PersonDiagnoses(
        person_id, name, tuple(sorted(now, key=lambda view: not view.is_primary)), tuple(past),
        _conflicts([view.code for view in now], today), has_left,
    )


def _view(row: Diagnosis, made: list[tuple[DiagnosisChange, str]], day: date) -> DiagnosisView:
    """A diagnosis as it stood on a day, its history as it is today."""
    steps = [Step(change.act, change.as_of) for change, _ in made]
    return DiagnosisView(
        row.id, row.revision, row.code, row.description, row.release, row.onset_on, row.ended_on,
        not row.withdrawn and rule.was_primary(steps, day), rule.was_provisional(steps, day), row.withdrawn,
        next((who for change, who in made if change.act is DiagnosisAct.SET), ""),
        tuple(DiagnosisEvent(change.act, change.as_of, who, change.created_at) for change, who in made),
        _problem(row, day),
    )


def _problem(row: Diagnosis, day: date) -> str:
    if row.withdrawn or not rule.in_force(row.onset_on, row.ended_on, day):
        return ""
    try:
        return code_problem(row.code, day)
    except CodesMissing:
        return ""


def _conflicts(found: list[str], day: date) -> tuple[str, ...]:
    """Pairs that the classification says are not used together: something to look at, not to refuse."""
    try:
        pairs = codes.excluding_pairs(found, day)
        named = {codes.plain(code): code for code in found}
    except CodesMissing:
        return ()
    return tuple(
        f"{named[one]} and {named[other]} exclude each other (Excludes1). Usually only one of them applies."
        for one, other in pairs
    )


@reader(Resource.SUPERBILLS)
def codes_of_case(session: Session, actor: Actor, case_id: int) -> tuple[CodeLine, ...]:
    """Codes and dates for billing, without a word on what they mean; none where no paper ever says them (X01).

    Raises NotFound, NotPermitted.
    """
    case = case_for(session, actor, case_id, resource=Resource.SUPERBILLS)
    if not is_clinical(case.type, case.clinical_fields) or not capabilities(case.type).superbill:
        return ()
    _log(session, actor, case, READ_CODES)
    today = clock.today(practice.the_practice(session).zone)
    names = {
        person.id: person_name(person.first_name, person.last_name, person.preferred_name)
        for _, person in cases.people_in(session, case.id)
    }
    rows = [row for row in diagnoses.of_case(session, case.id) if not row.withdrawn]
    made = diagnoses.changes_of(session, [row.id for row in rows])
    views = [(row, _view(row, made[row.id], today)) for row in rows]
    return tuple(
        CodeLine(names[row.person_id], row.code, row.onset_on, row.ended_on, view.is_primary, view.is_provisional)
        for row, view in sorted(views, key=lambda one: (names[one[0].person_id], not one[1].is_primary))
    )


@reader(Resource.CASE)
def diagnosis_block(session: Session, actor: Actor, case_id: int, reason: str = "") -> DiagnosisBlock | None:
    """What the case page shows: the text, the codes for billing, or that a reason is needed; ``None`` where the case
    has no clinical fields. Raises NotFound for strangers.
    """
    case = case_for(session, actor, case_id)
    if not is_clinical(case.type, case.clinical_fields):
        return None
    today = clock.today(practice.the_practice(session).zone)
    allowed = _allowed(actor, case)
    may_read = allowed is not None and (not allowed.needs_reason or bool(reason.strip()))
    bills = not may_read and _touches(actor, Action.READ, Resource.SUPERBILLS, case)
    return DiagnosisBlock(
        diagnoses_of(session, actor, case_id, reason) if may_read else (),
        codes_of_case(session, actor, case_id) if bills else (), may_read,
        _touches(actor, Action.UPDATE, Resource.CLINICAL_RECORD, case),
        allowed is not None and allowed.needs_reason and not may_read, today, capabilities(case.type).superbill,
    )


@reader(Resource.CASE)
def in_force_at(session: Session, actor: Actor, appointment_id: int) -> tuple[InForce, ...]:
    """What those who were present had on the day of an appointment; nothing for whoever may not read it.

    Until anybody's attendance is recorded it speaks of those who are expected.
    """
    appointment = scheduling.appointment(session, appointment_id)
    case = session.get(Case, appointment.case_id) if appointment is not None else None
    if appointment is None or case is None or not is_clinical(case.type, case.clinical_fields):
        return ()
    if not _touches(actor, Action.READ, Resource.CLINICAL_RECORD, case):
        return ()
    case_for(session, actor, case.id, resource=Resource.CLINICAL_RECORD)
    there = {a.person_id for a in appointment.attendances if a.status in PRESENT}
    if all(a.status in AHEAD for a in appointment.attendances):
        there = {a.person_id for a in appointment.attendances}
    day = appointment.local_date
    rows = [
        row for row in diagnoses.of_case(session, case.id) if row.person_id in there and not row.withdrawn
        and rule.in_force(row.onset_on, row.ended_on, day)
    ]
    if not rows:
        return ()
    _log(session, actor, case, READ)
    made = diagnoses.changes_of(session, [row.id for row in rows])
    found: dict[int, list[DiagnosisView]] = {}
    for row in rows:
        found.setdefault(row.person_id, []).append(_view(row, made[row.id], day))
    people = dict.fromkeys(person.id for _, person in cases.people_in(session, case.id))
    names = {
        person.id: person_name(person.first_name, person.last_name, person.preferred_name)
        for _, person in cases.people_in(session, case.id)
    }
    return tuple(
        InForce(names[person_id], tuple(sorted(found[person_id], key=lambda view: not view.is_primary)))
        for person_id in people if person_id in found
    )


def _allowed(actor: Actor, case: Case) -> Allowed | None:
    """How the actor may read a case's clinical record: the question of ``case_for`` without a refusal."""
    return how_may(
        actor, Action.READ, Resource.CLINICAL_RECORD, case_id=case.id, own=actor.staff_id == case.provider_id,
        supervised=case.provider_id in actor.supervisees or case.supervisor_id == actor.staff_id)


def _touches(actor: Actor, action: Action, resource: Resource, case: Case) -> bool:
    return may_touch(actor, action, resource, responsible=[case.provider_id], supervisor_id=case.supervisor_id)


def _log(session: Session, actor: Actor, case: Case, action: str, detail: str = "") -> None:
    if not session.connection().get_execution_options().get("writes"):
        raise RuntimeError("reading diagnoses is logged: open a transaction")
    since = clock.now() - LOG_AGAIN_AFTER
    if not diagnoses.read_since(session, actor.staff_id, case.id, action, detail, since):
        audit.note(
            session, staff_id=actor.staff_id, role=session.info.get("role", ""), action=action,
            resource=Resource.CLINICAL_RECORD, case_id=case.id, detail=detail,
        )
