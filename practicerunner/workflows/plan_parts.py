"""What the workflow of notes asks of treatment plans: how one begins, what it lacks, which goals a note may name."""

from collections.abc import Collection, Iterable, Mapping
from datetime import date, datetime, time, timedelta
from typing import Any

from sqlalchemy.orm import Session

from practicerunner import clock
from practicerunner.errors import BadInput
from practicerunner.records import notes, plans, practice
from practicerunner.records.notes import Note
from practicerunner.records.people import Person
from practicerunner.rules import notes as note_rule
from practicerunner.rules import plan_changes
from practicerunner.rules import plans as rule
from practicerunner.rules.names import person_name
from practicerunner.rules.note_details import GoalLink
from practicerunner.rules.plans import Plan
from practicerunner.rules.scheduling import moment
from practicerunner.vocabulary import NoteKind


def plan_in(session: Session, note: Note) -> Plan:
    """What a plan says: the signed version once it is fixed, the draft before; callers authorise."""
    kept: dict[str, Any] = note.details
    if note.status in note_rule.SIGNED:
        kept = notes.versions_of(session, note.id)[-1].content["details"]
    return rule.from_json(kept.get("plan") or {})


def begun_with(session: Session, kind: NoteKind, case_id: int, person_id: int | None, day: date) -> dict[str, Any]:
    """The details that a note of a case begins with: of a plan the one in force, to be reviewed, or an empty one."""
    if kind is not NoteKind.TREATMENT_PLAN:
        return {}
    days = practice.the_practice(session).plan_review_days
    old = next((one for one in plans.in_force(session, case_id) if one.person_id == person_id), None)
    plan = plan_changes.begun(day, days) if old is None else plan_changes.reviewed(plan_in(session, old), day, days)
    return {"plan": rule.as_json(plan)}


def next_review(details: Mapping[str, Any]) -> date | None:
    """When the plan in a note's details is looked at again; nothing for other notes and for a plan that is over."""
    plan = rule.from_json(details.get("plan") or {})
    return None if plan.is_over else plan.review_on


def missing_of_plan(session: Session, note: Note) -> tuple[str, ...]:
    """Sentences on what a plan lacks before it can be signed; none for any other note."""
    if note.kind is not NoteKind.TREATMENT_PLAN:
        return ()
    today = clock.today(practice.the_practice(session).zone)
    return rule.missing(rule.from_json(note.details.get("plan") or {}), on=note.service_date, today=today)


def concerns(session: Session, note: Note, people: Collection[int]) -> list[Note]:
    """The plans that a note about some people may speak of: their own, and that of the case as a whole.

    Those that were in force on its day: what was signed after it was not yet what a session worked on.
    """
    return [
        one for one in plans.in_force_before(session, note.case_id, day_after(session, note))
        if one.person_id is None or one.person_id in people
    ]


def day_after(session: Session, note: Note) -> datetime:
    """The moment at which the day of a note was over."""
    return moment(note.service_date + timedelta(days=1), time(), practice.the_practice(session).zone)


def linked(session: Session, note: Note, links: Iterable[GoalLink]) -> list[dict[str, Any]]:
    """The goals that a note names, in the words of their plan, whatever was sent. Raises BadInput.

    A plan that was signed after the day of the note has none to name, but what a draft names already stays.
    """
    made = []
    over, named = day_after(session, note), {link["plan_id"] for link in note.details.get("goals", ())}
    for link in links:
        plan = session.get(Note, link.plan_id)
        if plan is not None and plan.locked_at is not None and plan.locked_at >= over and plan.id not in named:
            raise BadInput("goals", "This plan was signed after the day of the note. Choose goals of the one before.")
        found = None
        if plan is not None and plan.case_id == note.case_id and plan.status in plans.LOCKED:
            found = next((g for g in rule.goals_of(plan_in(session, plan)) if str(g.key) == link.goal), None)
        if plan is None or found is None:
            raise BadInput("goals", "Choose goals of a signed plan of this case.")
        made.append(link.model_copy(update={
            "number": found.number, "text": found.text, "about": name_of(session, plan.person_id),
        }).model_dump(mode="json"))
    return made


def name_of(session: Session, person_id: int | None) -> str:
    """Somebody's name; nothing for a plan of the case as a whole."""
    return called(session.get(Person, person_id)) if person_id is not None else ""


def called(person: Person | None) -> str:
    """What somebody is called in a list."""
    return person_name(person.first_name, person.last_name, person.preferred_name) if person is not None else ""
