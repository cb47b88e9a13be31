"""What a reviewer reads beside the note that waits for them: its appointment, its goals, the notes before it (J06)."""

from collections.abc import Collection
from dataclasses import dataclass

from sqlalchemy.orm import Session

from practicerunner.errors import NotFound
from practicerunner.records import addenda, cases, note_lists, notes
from practicerunner.records.practice import Service
from practicerunner.records.scheduling import Appointment
from practicerunner.rules import notes as rule
from practicerunner.rules.case_types import capabilities
from practicerunner.rules.names import person_name
from practicerunner.vocabulary import Action, AttendanceStatus, NoteStatus, Resource
from practicerunner.workflows.access import Actor
from practicerunner.workflows.commands import reader
from practicerunner.workflows.documentation import NoteLine, line_of
from practicerunner.workflows.note_facts import of_the_same_people
from practicerunner.workflows.note_readers import opens, reviews
from practicerunner.workflows.notes import Subject, authorize_note, subject_of
from practicerunner.workflows.plan_goals import GoalChoice, goals_for

MOST_EARLIER = 6


@dataclass(frozen=True, slots=True)
class Came:
    """Somebody of whom the note speaks, and whether they came."""

    person_id: int
    name: str
    status: AttendanceStatus


@dataclass(frozen=True, slots=True)
class ReviewFacts:
    """What stands beside a note under review; never a word of another note."""

    called: str
    """What the appointment is called in this kind of case."""
    service: str
    people: tuple[Came, ...]
    expected: int
    """How many the appointment was for: of a group, those who did not come are counted and not named."""
    clinical: bool
    goals: tuple[GoalChoice, ...]
    named: frozenset[tuple[int, str]]
    """Plan and key of the goals that the note names."""
    earlier: tuple[NoteLine, ...]
    """The last signed notes of the same people that the reviewer may read, the newest first."""


@reader(Resource.CLINICAL_NOTE)
def review_facts(session: Session, actor: Actor, note_id: int) -> ReviewFacts:
    """The appointment and the history of a note that waits for the actor's signature, or has an addendum that does.

    Goals are read from their plan, which is logged, so this needs a transaction. Raises NotFound for everybody else.
    """
    subject = subject_of(session, actor, note_id)
    authorize_note(session, actor, Action.READ, subject)
    if not _reviews(session, actor, subject):
        raise NotFound(actor=actor, action=Action.READ, resource=Resource.CLINICAL_NOTE, resource_id=note_id)
    able, appointment = capabilities(subject.case.type), subject.appointment
    members = {
        person.id: person_name(person.first_name, person.last_name, person.preferred_name)
        for _, person in cases.people_in(session, subject.case.id)
    }
    came = _came(subject, appointment, members, named=not able.is_group)
    service = session.get_one(Service, appointment.service_id).name if appointment is not None else ""
    concerned = _concerned(subject, appointment)
    return ReviewFacts(
        able.appointment, service, came, len(appointment.attendances) if appointment is not None else 0,
        subject.clinical, goals_for(session, actor, subject),
        frozenset((link["plan_id"], link["goal"]) for link in subject.note.details.get("goals", ())),
        _earlier(session, actor, subject, concerned, several=len(members) != 1),
    )


def _reviews(session: Session, actor: Actor, subject: Subject) -> bool:
    """Whether the note, or an addendum beneath it, waits for the actor."""
    note = subject.note
    if not reviews(actor) or note.kind in rule.UNSIGNED_KINDS:
        return False
    if note.status is NoteStatus.SUBMITTED:
        return note.supervisor_id == actor.staff_id != note.author_id
    return any(
        review is not None and review.done_at is None and review.supervisor_id == actor.staff_id != addendum.staff_id
        for addendum, _, review in addenda.of_notes(session, note.id)
    )


def _concerned(subject: Subject, appointment: Appointment | None) -> set[int]:
    """Of whom the note speaks: the one it is about, or those who were there."""
    if subject.note.person_id is not None:
        return {subject.note.person_id}
    return {one.person_id for one in appointment.attendances if one.status in rule.PRESENT} if appointment else set()


def _came(
    subject: Subject, appointment: Appointment | None, members: dict[int, str], *, named: bool
) -> tuple[Came, ...]:
    """Whom the appointment was for and whether they came; absent members of a group stay unnamed."""
    if appointment is None:
        return ()
    about = subject.note.person_id
    return tuple(
        Came(one.person_id, members.get(one.person_id, ""), one.status) for one in appointment.attendances
        if (one.person_id == about if about is not None else named or one.status in rule.PRESENT)
    )


def _earlier(
    session: Session, actor: Actor, subject: Subject, concerned: Collection[int], *, several: bool
) -> tuple[NoteLine, ...]:
    found = of_the_same_people(
        session, notes.signed_before(session, subject.note, rule.SIGNED, MOST_EARLIER), concerned, several=several)
    rows = note_lists.rows_of(session, {one.id for one in found})
    return tuple(line_of(actor, rows[one.id]) for one in found if opens(actor, rows[one.id], ""))
