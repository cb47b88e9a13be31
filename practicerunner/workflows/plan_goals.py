"""Which goals of the plans in force on its day a note can say it worked on; reading one is logged as a plan's."""

from dataclasses import dataclass

from sqlalchemy.orm import Session

from practicerunner.records import cases, note_lists
from practicerunner.records.notes import Note
from practicerunner.rules import notes as note_rule
from practicerunner.rules import plans as rule
from practicerunner.vocabulary import NoteKind
from practicerunner.workflows.access import Actor
from practicerunner.workflows.note_readers import log_reading, opens
from practicerunner.workflows.notes import Subject
from practicerunner.workflows.plan_parts import concerns, day_after, name_of, plan_in


@dataclass(frozen=True, slots=True)
class GoalChoice:
    """A goal that a note can say it worked on."""

    plan_id: int
    """The note that the plan is."""
    key: int
    number: str
    text: str
    about: str
    """Whose plan it is, where there are several; empty otherwise."""
    in_force: bool
    """Whether its plan was in force on the day of the note."""
    reached: int = 0
    """How many of its objectives are reached."""
    objectives: int = 0
    """How many it has, without those that were dropped."""
    is_over: bool = False
    is_later: bool = False
    """Whether its plan was signed after the day of the note."""


def goals_for(session: Session, actor: Actor, subject: Subject) -> tuple[GoalChoice, ...]:
    """The goals that a note may name: of the plans of those whom it is about that were in force on its day, and those
    it names already.

    Whoever asks may read the note; a plan is asked about anew.
    """
    note, case = subject.note, subject.case
    if not subject.clinical or note.kind is NoteKind.TREATMENT_PLAN or note.kind in note_rule.UNSIGNED_KINDS:
        return ()
    there = {note.person_id} if note.person_id is not None else _there(session, subject)
    kept = concerns(session, note, there)
    linked = {link["plan_id"]: set[str]() for link in note.details.get("goals", ())}
    for link in note.details.get("goals", ()):
        linked[link["plan_id"]].add(link["goal"])
    older = [session.get_one(Note, plan_id) for plan_id in linked if plan_id not in {one.id for one in kept}]
    several = len({one.person_id for one in [*kept, *older]}) > 1
    found, over = [], day_after(session, note)
    for one in [*kept, *older]:
        row = note_lists.one_row(session, one.id)
        if row is None or not opens(actor, row, ""):
            continue
        log_reading(session, actor, case, one, "")
        found += [
            GoalChoice(one.id, goal.key, goal.number, goal.text,
                       (name_of(session, one.person_id) or "Everybody together") if several else "", one in kept,
                       goal.reached, goal.objectives, goal.is_over, one.locked_at is not None and one.locked_at >= over)
            for goal in rule.goals_of(plan_in(session, one)) if one in kept or str(goal.key) in linked[one.id]
        ]
    return tuple(found)


def _there(session: Session, subject: Subject) -> set[int]:
    """Who was present, or is expected; without an appointment everybody in the case."""
    if subject.appointment is not None:
        came = {a.person_id for a in subject.appointment.attendances if a.status in note_rule.PRESENT}
        return came or {a.person_id for a in subject.appointment.attendances}
    return {person.id for _, person in cases.people_in(session, subject.case.id)}
