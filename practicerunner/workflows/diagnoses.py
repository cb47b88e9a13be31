"""Diagnoses of participants: setting, ending, making primary; and what is in force on a day (C10, DEC8, TRUST C50–C52).

A code is judged on the last day on which it is in force so far. Where a case has no clinical fields there are none
(X01, X02). To read them: ``diagnosis_pages``.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta

from pydantic import Field
from sqlalchemy.orm import Session

from practicerunner import clock, ids
from practicerunner.errors import BadInput, NotFound, RuleViolation, Stale
from practicerunner.records import codes, diagnoses, practice
from practicerunner.records.cases import Case
from practicerunner.records.codes import Code
from practicerunner.records.diagnoses import Diagnosis, DiagnosisChange
from practicerunner.rules import diagnoses as rule
from practicerunner.rules.case_types import capabilities
from practicerunner.rules.diagnoses import Step
from practicerunner.rules.notes import is_clinical
from practicerunner.vocabulary import Action, DiagnosisAct, Resource
from practicerunner.workflows.access import Actor
from practicerunner.workflows.cases import case_for
from practicerunner.workflows.commands import Command, Line, command

EARLIEST = date(1900, 1, 1)


class NoClinicalFields(RuleViolation):
    """This kind of work has no clinical fields."""


class NotInForce(RuleViolation):
    """This is not in force today, so nothing about it changes but its end."""


class AddDiagnosis(Command):
    """Set a diagnosis of one participant, from its onset on; with an end it is over already."""

    case_id: int
    person_id: int
    code: Line
    onset_on: date = Field(ge=EARLIEST)
    ended_on: date | None = None
    is_primary: bool = False
    is_provisional: bool = False


class EndDiagnosis(Command):
    """Set the last day in force; with no day it is open again."""

    diagnosis_id: int
    revision: int
    ended_on: date | None


class MakePrimary(Command):
    """Make a diagnosis the primary one of its person from today on."""

    diagnosis_id: int
    revision: int


class SetProvisional(Command):
    """Say that a diagnosis is still to be confirmed, or that it is confirmed."""

    diagnosis_id: int
    revision: int
    provisional: bool


class WithdrawDiagnosis(Command):
    """Take back what was entered by mistake; it stays to be seen and counts on no day."""

    diagnosis_id: int
    revision: int


@dataclass(frozen=True, slots=True)
class CodeInForce:
    """A code of one person on a day, as a superbill needs it."""

    code: str
    description: str
    release: str
    is_primary: bool
    is_provisional: bool
    problem: str
    """Why the code may not stand on a bill of that day; empty if it may (TRUST D20)."""


def _check_clinical(case: Case) -> None:
    if not is_clinical(case.type, case.clinical_fields):
        switchable = capabilities(case.type).clinical_fields_switchable
        raise NoClinicalFields("An owner has to switch the clinical fields on for this first." if switchable else None)


def _today(session: Session) -> date:
    return clock.today(practice.the_practice(session).zone)


def _check_dates(onset_on: date, ended_on: date | None, today: date) -> None:
    if onset_on > today:
        raise BadInput("onset_on", "The onset cannot lie in the future.")
    if ended_on is not None and ended_on > today:
        raise BadInput("ended_on", "The end cannot lie in the future.")
    if ended_on is not None and ended_on < onset_on:
        raise BadInput("ended_on", f"The end cannot lie before the onset, {say(onset_on)}.")


def say(day: date) -> str:
    """A day in a sentence."""
    return f"{day.day} {day:%b %Y}"


def code_problem(code: str, day: date) -> str:
    """Why a code may not stand on a bill of a day, with what to choose instead; empty if it may."""
    found = codes.code_on(code, day)
    if found is not None and found.is_leaf:
        return ""
    shown, forms = code.strip().upper(), codes.forms_of(code)
    if not forms:
        return f"{shown} is not a code of ICD-10-CM."
    shown = forms[0].dotted
    billable = [form for form in forms if form.is_leaf]
    over = [form.valid_to for form in billable if form.valid_to is not None and form.valid_to < day]
    finer = [other.dotted for other in codes.finer(code, day)]
    instead = f" Choose one of {', '.join(finer)}." if finer else ""
    if over:
        return f"{shown} ended on {say(max(over))}.{instead}"
    if billable:
        return f"{shown} begins on {say(billable[0].valid_from)}."
    return f"{shown} is not specific enough to be billed.{instead}"


def _valid_code(text: str, day: date) -> Code:
    if not text.strip():
        raise BadInput("code", "Choose a code.")
    problem = code_problem(text, day)
    found = codes.code_on(text, day)
    if problem or found is None:
        raise BadInput("code", problem)
    return found


def _step(session: Session, actor: Actor, row: Diagnosis, act: DiagnosisAct, as_of: date) -> None:
    session.add(DiagnosisChange(
        id=ids.new_id(), diagnosis_id=row.id, staff_id=actor.staff_id, act=act, as_of=as_of))


def steps_of(session: Session, rows: list[Diagnosis]) -> dict[int, list[Step]]:
    """Diagnosis id → what was done with it, in the order of doing."""
    made = diagnoses.changes_of(session, [row.id for row in rows])
    return {row_id: [Step(change.act, change.as_of) for change, _ in changes] for row_id, changes in made.items()}


@command(Resource.CLINICAL_RECORD, Action.CREATE)
def add_diagnosis(session: Session, actor: Actor, asked: AddDiagnosis) -> int:
    """Set a diagnosis. Returns its id. Raises BadInput, NoClinicalFields."""
    case = case_for(session, actor, asked.case_id, Action.CREATE, resource=Resource.CLINICAL_RECORD)
    _check_clinical(case)
    today = _today(session)
    if all(p.person_id != asked.person_id for p in case.participants):
        raise BadInput("person_id", "That person does not take part.")
    _check_dates(asked.onset_on, asked.ended_on, today)
    judged = asked.ended_on or today
    code = _valid_code(asked.code, judged)
    row = Diagnosis(
        id=ids.new_id(), case_id=case.id, person_id=asked.person_id, code=code.dotted, description=code.description,
        release=codes.release_on(judged), onset_on=asked.onset_on, ended_on=asked.ended_on,
        is_primary=False, is_provisional=asked.is_provisional, set_by_id=actor.staff_id,
    )
    others = _others(session, row)
    _check_twice(row, others, row.onset_on, row.ended_on)
    session.add(row)
    session.flush()
    _step(session, actor, row, DiagnosisAct.SET, row.onset_on)
    if asked.ended_on is not None:
        _step(session, actor, row, DiagnosisAct.ENDED, asked.ended_on)
    if asked.is_provisional:
        _step(session, actor, row, DiagnosisAct.MADE_PROVISIONAL, row.onset_on)
    if asked.is_primary:
        _take_over(session, actor, row, others, row.onset_on, today)
    session.info["detail"] = f"person {row.person_id}"
    return row.id


def _others(session: Session, row: Diagnosis) -> list[Diagnosis]:
    """What else the same person has in the same case."""
    found = diagnoses.of_case(session, row.case_id, row.person_id)
    return [other for other in found if other.id != row.id and not other.withdrawn]


def _check_twice(row: Diagnosis, others: list[Diagnosis], since: date, until: date | None) -> None:
    for other in others:
        if other.code == row.code and rule.overlap((since, until), (other.onset_on, other.ended_on)):
            raise BadInput("code", f"{row.code} is recorded already, since {say(other.onset_on)}.")


def _take_over(
    session: Session, actor: Actor, row: Diagnosis, others: list[Diagnosis], since: date, today: date
) -> None:
    """Make one the primary from a day on, or from when the others' days are over; one that still is gives way today."""
    steps = steps_of(session, others)
    theirs = {
        other.id: list(rule.primary_stretches(steps[other.id], other.onset_on, other.ended_on)) for other in others
    }
    from_day = rule.primary_since((since, row.ended_on), today, [one for found in theirs.values() for one in found])
    if from_day is None:
        raise BadInput("is_primary", "Another diagnosis was the primary one in that time.")
    for other in others:
        if any(rule.overlap(one, (from_day, row.ended_on)) for one in theirs[other.id]):
            other.is_primary = False
            other.revision += 1
            _step(session, actor, other, DiagnosisAct.NO_LONGER_PRIMARY, from_day)
    session.flush()
    row.is_primary = True
    _step(session, actor, row, DiagnosisAct.MADE_PRIMARY, from_day)


def _to_change(session: Session, actor: Actor, diagnosis_id: int, revision: int) -> Diagnosis:
    """A diagnosis with its case locked, for a change begun at ``revision``. Raises NotFound, Stale."""
    known = session.get(Diagnosis, diagnosis_id)
    if known is None:
        raise NotFound(actor=actor, action=Action.UPDATE, resource=Resource.CLINICAL_RECORD, resource_id=diagnosis_id)
    case = case_for(session, actor, known.case_id, Action.UPDATE, resource=Resource.CLINICAL_RECORD)
    row = session.get_one(Diagnosis, diagnosis_id, with_for_update=True, populate_existing=True)
    _check_clinical(case)
    if row.revision != revision:
        raise Stale
    if row.withdrawn:
        raise RuleViolation("This was entered by mistake and is not changed any more.")
    row.revision += 1
    session.info["case_id"], session.info["detail"] = case.id, f"person {row.person_id}"
    return row


def _check_in_force(row: Diagnosis, today: date) -> None:
    if not rule.in_force(row.onset_on, row.ended_on, today):
        raise NotInForce


@command(Resource.CLINICAL_RECORD, Action.UPDATE)
def end_diagnosis(session: Session, actor: Actor, asked: EndDiagnosis) -> int:
    """Set its last day, which is still in force, or open it again. Returns its id. Raises Stale, BadInput."""
    row = _to_change(session, actor, asked.diagnosis_id, asked.revision)
    today, before = _today(session), row.ended_on
    _check_dates(row.onset_on, asked.ended_on, today)
    if asked.ended_on == before:
        raise BadInput("ended_on", "This is its end already." if before else "It is open.")
    if before is not None and (asked.ended_on is None or asked.ended_on > before):
        _reach_further(session, actor, row, before + timedelta(days=1), asked.ended_on)
    row.ended_on = asked.ended_on
    if asked.ended_on is None:
        _step(session, actor, row, DiagnosisAct.REOPENED, today)
    else:
        _step(session, actor, row, DiagnosisAct.ENDED, asked.ended_on)
    return row.id


def _reach_further(session: Session, actor: Actor, row: Diagnosis, since: date, until: date | None) -> None:
    """Let a diagnosis reach into days that were without it; another primary one of those days stays so."""
    others = _others(session, row)
    _check_twice(row, others, since, until)
    steps = steps_of(session, others)
    taken = any(
        rule.overlap(one, (since, until)) for other in others
        for one in rule.primary_stretches(steps[other.id], other.onset_on, other.ended_on)
    )
    if row.is_primary and taken:
        row.is_primary = False
        _step(session, actor, row, DiagnosisAct.NO_LONGER_PRIMARY, since)


@command(Resource.CLINICAL_RECORD, Action.UPDATE)
def make_primary(session: Session, actor: Actor, asked: MakePrimary) -> int:
    """Make it the primary one from today on; days gone by keep theirs. Returns its id. Raises Stale, NotInForce."""
    row = _to_change(session, actor, asked.diagnosis_id, asked.revision)
    today = _today(session)
    _check_in_force(row, today)
    if row.is_primary:
        raise RuleViolation("This is the primary diagnosis already.")
    _take_over(session, actor, row, _others(session, row), today, today)
    return row.id


@command(Resource.CLINICAL_RECORD, Action.UPDATE)
def set_provisional(session: Session, actor: Actor, asked: SetProvisional) -> int:
    """Make it provisional or confirm it, from today on. Returns its id. Raises Stale, NotInForce."""
    row = _to_change(session, actor, asked.diagnosis_id, asked.revision)
    today = _today(session)
    _check_in_force(row, today)
    if row.is_provisional == asked.provisional:
        raise RuleViolation("This is so already.")
    row.is_provisional = asked.provisional
    act = DiagnosisAct.MADE_PROVISIONAL if asked.provisional else DiagnosisAct.CONFIRMED
    _step(session, actor, row, act, today)
    return row.id


@command(Resource.CLINICAL_RECORD, Action.UPDATE)
def withdraw_diagnosis(session: Session, actor: Actor, asked: WithdrawDiagnosis) -> int:
    """Take back what was entered by mistake. Returns its id. Raises Stale."""
    row = _to_change(session, actor, asked.diagnosis_id, asked.revision)
    row.withdrawn, row.is_primary = True, False
    _step(session, actor, row, DiagnosisAct.WITHDRAWN, _today(session))
    return row.id


def codes_in_force(session: Session, case_id: int, person_id: int, day: date) -> list[CodeInForce]:
    """What a person has in a case on a day, the primary one first: what a superbill of that day prints.

    As it stood on that day: what was made primary or confirmed later does not count yet. Callers authorise; they decide
    too what becomes of a provisional code, and refuse one with a problem.
    """
    return codes_on_days(session, case_id, person_id, [day])[day]


def codes_on_days(
    session: Session, case_id: int, person_id: int, days: Iterable[date]
) -> dict[date, list[CodeInForce]]:
    """The same for several days, read once."""
    rows = [row for row in diagnoses.of_case(session, case_id, person_id) if not row.withdrawn]
    steps = steps_of(session, rows)
    return {
        day: sorted(
            (
                CodeInForce(
                    row.code, row.description, row.release, rule.was_primary(steps[row.id], day),
                    rule.was_provisional(steps[row.id], day), code_problem(row.code, day),
                )
                for row in rows if rule.in_force(row.onset_on, row.ended_on, day)
            ),
            key=lambda code: not code.is_primary,
        )
        for day in days
    }
