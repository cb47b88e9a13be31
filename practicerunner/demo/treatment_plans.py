"""The treatment plans of the demo practice: signed, agreed to, reviewed; one is due, one has come to its end."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, time, timedelta
from functools import partial
from typing import Any

from sqlalchemy.orm import Session

from practicerunner import clock
from practicerunner.demo.acting import stand_in
from practicerunner.demo.caseload import Plan as Case
from practicerunner.demo.diary import Diary
from practicerunner.demo.house import House
from practicerunner.demo.people import STAFF, ZONE
from practicerunner.records import plans
from practicerunner.records.notes import Note
from practicerunner.records.people import Person
from practicerunner.rules import plans as rule
from practicerunner.rules.names import person_name
from practicerunner.rules.note_details import Details, GoalLink
from practicerunner.rules.notes import needs_cosignature
from practicerunner.rules.plans import Goal, Intervention, Objective, Plan, Problem
from practicerunner.rules.scheduling import moment
from practicerunner.rules.signing import is_adult
from practicerunner.vocabulary import AgreedHow, NoteKind, ObjectiveStatus, ProofMethod
from practicerunner.workflows.notes import SaveDraft, StartCaseNote, save_draft, start_case_note
from practicerunner.workflows.plan_agreements import RecordAgreement, record_agreement
from practicerunner.workflows.plan_parts import plan_in
from practicerunner.workflows.proof import Signing, proof_of
from practicerunner.workflows.reviews import CosignNote, cosign_note
from practicerunner.workflows.signatures import SignNote, sign_note

Words = tuple[str, tuple[tuple[str, str, str, str], ...]]
"""A problem, and its goals: goal, objective, how it is measured, what is done."""
SLEEP: Words = ("Lies awake for hours and is worn out by day.", (
    ("Sleep through most nights.", "Asleep within thirty minutes on five nights of seven.", "Sleep diary",
     "Sleep restriction and a fixed hour of rising, reviewed weekly."),
    ("Have energy for the evening again.", "Two evenings a week with something that is enjoyed.", "Activity log",
     "Planning of pleasant activities, one session in two."),
))
WORRY: Words = ("Worries for much of the day and avoids what might go wrong.", (
    ("Worry no longer decides what is done.", "Four of five avoided situations entered.", "List of situations, weekly",
     "Graded exposure, each step planned in session."),
    ("Notice worry early and let it pass.", "GAD-7 below 8 at two measures in a row.", "GAD-7, monthly",
     "Worry time and attention training, fifteen minutes a day."),
))
TOGETHER: Words = ("Talks about money end in silence that lasts for days.", (
    ("Difficult talks end with an agreement.", "Three of four talks a month end with a written agreement.",
     "Log kept by both", "Speaker and listener exercise, weekly at home."),
    ("Time as a couple again.", "One evening a week without telephones.", "Calendar", "Plan made at each session."),
))
SCHOOL: Words = ("Has missed school on many mornings and keeps to the room at home.", (
    ("Go to school on most mornings.", "At school on four of five days for a month.", "Attendance of the school",
     "Morning plan with the family; graded return agreed with the school."),
))

_A, _R, _P, _D = (ObjectiveStatus.ACTIVE, ObjectiveStatus.REACHED, ObjectiveStatus.PARTLY_REACHED,
                  ObjectiveStatus.DEFERRED)


@dataclass(frozen=True)
class Course:
    """When the plan of a case was signed, and how far its objectives were each time."""

    words: Words
    signed: tuple[tuple[int, tuple[ObjectiveStatus, ...]], ...]
    """Days ago, and the status of each goal's objective."""
    how: AgreedHow = AgreedHow.AT_SCREEN
    for_all: bool = False


COURSES: dict[str, Course] = {
    "Noor|Haddad": Course(SLEEP, ((196, (_A, _A)), (98, (_R, _A)))),  # due for review for a week
    "Léa|Dubreuil": Course(WORRY, ((50, (_A, _A)),)),
    "Aiko|Morimoto": Course(WORRY, ((75, (_A, _A)), (12, (_P, _A)))),
    "Ana|Kovačević": Course(SLEEP, ((210, (_A, _A)), (120, (_R, _P)), (33, (_R, _R)))),
    "Ethan|Caldwell": Course(SLEEP, ((40, (_A, _D)),)),
    "Oliver|Strand": Course(SCHOOL, ((50, (_A,)),)),
    "Elena|Bianchetti": Course(TOGETHER, ((49, (_A, _A)),), AgreedHow.ON_PAPER, for_all=True),
}
"""By the first of a case's people."""


def goals_of(session: Session, note_id: int, details: Details | None) -> Details | None:
    """What a note has beside its text, with the first goal of the plan in force that is not over."""
    note = session.get_one(Note, note_id)
    for plan in plans.in_force(session, note.case_id):
        goal = next((one for one in rule.goals_of(plan_in(session, plan)) if not one.is_over), None)
        if goal is not None:
            link = GoalLink(plan_id=plan.id, goal=str(goal.key))
            return (details or Details()).model_copy(update={"goals": (link,)})
    return details


class TreatmentPlans:
    """Writes, signs and reviews the plans of those who have one."""

    def __init__(self, diary: Diary, house: House, today: date) -> None:
        self.diary, self.house, self.today = diary, house, today

    def begin(self, case: Case, case_id: int, person_ids: Mapping[str, int], parent_id: int | None) -> None:
        """Write into the diary when the plan of a case is signed and reviewed."""
        course = COURSES.get(case.people[0])
        if course is None or len(case.name) > 0:
            return
        people = tuple(person_ids[name] for name in case.people)
        for days, statuses in course.signed:
            day = self.today - timedelta(days=days)
            self.diary.note(moment(day, time(18, 40), ZONE), partial(
                self._sign, case, case_id, people, parent_id, course, statuses))

    def _sign(
        self, case: Case, case_id: int, people: tuple[int, ...], parent_id: int | None, course: Course,
        statuses: tuple[ObjectiveStatus, ...], session: Session,
    ) -> None:
        day, who = clock.today(ZONE), case.provider
        note_id = self._do(session, who, start_case_note, StartCaseNote(
            case_id=case_id, kind=NoteKind.TREATMENT_PLAN, service_date=day,
            person_id=None if course.for_all else people[0],
        ))
        old = rule.from_json(session.get_one(Note, note_id).details["plan"])
        known = {o.key: o for goal in old.goals for o in goal.objectives}
        plan = _written(course.words, statuses, day, known, old.review_on)
        self._do(session, who, save_draft, SaveDraft(note_id=note_id, revision=1, details=Details(plan=plan)))
        self._do(session, who, sign_note, SignNote(
            note_id=note_id, revision=session.get_one(Note, note_id).revision))
        agreed = partial(self._agree, case, note_id, people, parent_id, course.how)
        if needs_cosignature(self.house.actors[who].roles):
            review = clock.now() + timedelta(days=1)
            self.diary.note(review, partial(self._cosign, STAFF[who][3], note_id))
            self.diary.note(review + timedelta(days=5), agreed)
        else:
            self.diary.note(clock.now() + timedelta(minutes=12), agreed)

    def _cosign(self, supervisor: str, note_id: int, session: Session) -> None:
        self._do(session, supervisor, cosign_note, CosignNote(note_id=note_id, version=1))

    def _agree(
        self, case: Case, note_id: int, people: tuple[int, ...], parent_id: int | None, how: AgreedHow,
        session: Session,
    ) -> None:
        """Everybody whose plan it is agrees; for a child a parent does first."""
        note = session.get_one(Note, note_id)
        for person_id in people if note.person_id is None else people[:1]:
            signers: list[int | None] = [None]
            born = session.get_one(Person, person_id).birth_date
            if parent_id is not None and is_adult(born, clock.today(ZONE)) is False:
                stand_in(session, self.house, person_id, parent_id, clock.today(ZONE))
                signers = [parent_id, None]
            for signer in signers:
                person = session.get_one(Person, signer or person_id)
                told: dict[str, Any] = {} if signer is None else {
                    "signed_by_id": signer, "authority": "Birth certificate seen"}
                typed = person_name(person.first_name, person.last_name) if how is AgreedHow.AT_SCREEN else ""
                self._do(session, case.provider, record_agreement, RecordAgreement(
                    note_id=note_id, version=1, person_id=person_id, how=how, signature=typed,
                    agreed_on=clock.today(ZONE), **told,
                ))

    def _do(self, session: Session, who: str, verb: Any, command: Any) -> Any:
        actor = self.house.actors[who]
        if isinstance(command, Signing):
            proof = proof_of(actor.staff_id, ProofMethod.PASSWORD, command.op)
            command = command.model_copy(update={"proof": proof})
        result = verb(session, actor, command)
        session.flush()
        return result


def _written(
    words: Words, statuses: tuple[ObjectiveStatus, ...], day: date, known: Mapping[int, Objective],
    review_on: date | None,
) -> Plan:
    """A plan in these words; what an objective was before stays with it as long as its status does."""
    goals = []
    for place, (goal, objective, measure, done) in enumerate(words[1]):
        key, status = 2 + 3 * place, statuses[place]
        before = known.get(key + 1)
        if before is not None and before.text == objective:
            since = before.status_on if before.status is status else day
            target = before.target_on
        else:
            since, target = (None if status is ObjectiveStatus.ACTIVE else day), None
        if target is None or (status is ObjectiveStatus.ACTIVE and target <= day):
            target = day + timedelta(days=120 + 30 * place)
        goals.append(Goal(key=key, text=goal, objectives=(Objective(
            key=key + 1, text=objective, measure=measure, target_on=target, status=status, status_on=since,
            interventions=(Intervention(key=key + 2, text=done),),
        ),)))
    return Plan(problems=(Problem(key=1, text=words[0], goals=tuple(goals)),), review_on=review_on,
                made=max(4, 1 + 3 * len(goals)))
