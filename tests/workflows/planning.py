"""Treatment plans of Linden Street Practice, and short verbs to write, sign, open and agree to them."""

from datetime import date
from typing import Any

from practicerunner import database
from practicerunner.records.notes import Note
from practicerunner.rules import plans as rule
from practicerunner.rules.note_details import Details
from practicerunner.rules.plans import Goal, Intervention, Objective, Plan, Problem
from practicerunner.vocabulary import AgreedHow, NoteKind, ObjectiveStatus
from practicerunner.workflows.notes import SaveDraft, StartCaseNote, save_draft, start_case_note
from practicerunner.workflows.plan_agreements import RecordAgreement, record_agreement
from practicerunner.workflows.plans import PlanBlock, PlanPage, plan_block, plan_page
from practicerunner.workflows.signatures import SignNote, sign_note
from tests.cast import Cast, at

DAY = date(2026, 10, 12)
EVENING = "2026-10-12 22:00"
REVIEW = date(2027, 1, 10)
SENTINEL = "Heron-on-the-roof **seventeen**"


def a_plan(words: str = "Sleep through", review_on: date = REVIEW, *, over: bool = False) -> Plan:
    """A whole plan with two goals."""
    status = ObjectiveStatus.REACHED if over else ObjectiveStatus.ACTIVE

    def goal(key: int, text: str) -> Goal:
        return Goal(key=key, text=text, objectives=(Objective(
            key=key + 1, text="Six hours a night", measure="Sleep diary", target_on=date(2027, 12, 1), status=status,
            status_on=DAY if over else None,
            interventions=(Intervention(key=key + 2, text="Sleep restriction, weekly"),),
        ),))

    return Plan(problems=(Problem(key=1, text="Insomnia", goals=(goal(2, words), goal(5, "Up at seven"))),),
                review_on=review_on, made=7)


def note(cast: Cast, note_id: int) -> Note:
    with database.reading(cast.engine) as session:
        return session.get_one(Note, note_id)


def begin(cast: Cast, case_id: int, person_id: int | None = None, *, by: str = "Marcus", on: str = EVENING) -> int:
    with at(on):
        return cast.do(by, start_case_note, StartCaseNote(
            case_id=case_id, kind=NoteKind.TREATMENT_PLAN, person_id=person_id,
            service_date=date.fromisoformat(on[:10])))


def write(cast: Cast, note_id: int, plan: Plan, *, by: str = "Marcus") -> None:
    cast.do(by, save_draft, SaveDraft(
        note_id=note_id, revision=note(cast, note_id).revision, details=Details(plan=plan)))


def sign(cast: Cast, note_id: int, *, by: str = "Marcus", on: str = EVENING) -> None:
    with at(on):
        cast.do(by, sign_note, SignNote(note_id=note_id, revision=note(cast, note_id).revision))


def signed(cast: Cast, case_id: int, person_id: int | None = None, plan: Plan | None = None, *, by: str = "Marcus",
           on: str = EVENING) -> int:
    """A plan that its author has signed."""
    note_id = begin(cast, case_id, person_id, by=by, on=on)
    write(cast, note_id, plan or a_plan(review_on=rule.review_date(date.fromisoformat(on[:10]), 90)), by=by)
    sign(cast, note_id, by=by, on=on)
    return note_id


def opened(cast: Cast, name: str, note_id: int, reason: str = "", on: str = EVENING) -> PlanPage:
    """Somebody reads a plan, which is logged, so in a transaction."""
    actor = cast.actor(name)
    with at(on), database.transaction(cast.engine) as session:
        return plan_page(session, actor, note_id, reason)


def block(cast: Cast, name: str, case_id: int, reason: str = "", on: str = EVENING) -> PlanBlock | None:
    actor = cast.actor(name)
    with at(on), database.transaction(cast.engine) as session:
        return plan_block(session, actor, case_id, reason)


def agree(cast: Cast, note_id: int, person_id: int, *, by: str = "Marcus", on: str = EVENING, **more: Any) -> int:
    told = {"how": AgreedHow.AT_SCREEN, "signature": "Noor Haddad", "version": note(cast, note_id).version}
    with at(on):
        return cast.do(by, record_agreement, RecordAgreement(note_id=note_id, person_id=person_id, **told | more))
