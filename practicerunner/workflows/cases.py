"""Opening, changing and archiving cases of all seven kinds, and who takes part in them."""

from collections.abc import Iterable, Sequence
from datetime import date

from pydantic import BaseModel, ConfigDict, Field, model_validator
from sqlalchemy.orm import Session

from practicerunner import clock, ids
from practicerunner.errors import BadInput, NotFound, NotPermitted, RuleViolation, Stale
from practicerunner.records import asker_threads, messages, practice, scheduling, staff
from practicerunner.records.base import FOR_CHANGE, add_rows
from practicerunner.records.cases import Case, PaperReceived, Participant
from practicerunner.records.people import Person
from practicerunner.rules import membership as stays
from practicerunner.rules.case_types import capabilities, participants_problem
from practicerunner.vocabulary import (
    Action,
    CaseStatus,
    CaseType,
    PaperKind,
    ParticipantStatus,
    Resource,
    Role,
    TwoPersonLabel,
)
from practicerunner.workflows.access import Actor, authorize
from practicerunner.workflows.commands import Command, Line, command
from practicerunner.workflows.membership import GroupIsFull, attend, attend_no_more, no_room, stay_of, stays_of
from practicerunner.workflows.naming import Member, naming, rename
from practicerunner.workflows.people import PersonDetails, check_findable, create_people, create_person, search_text
from practicerunner.workflows.staff import follow


class CaseIsArchived(RuleViolation):
    """This is archived and takes no new appointments. Reactivate it first."""


class Taking(BaseModel):
    """Somebody who takes part: an existing person, or the details of a new one; with their part in the case."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    person_id: int | None = None
    person: PersonDetails | None = None
    role: Line = ""

    @model_validator(mode="after")
    def _one_of_two(self) -> "Taking":
        if (self.person_id is None) == (self.person is None):
            raise ValueError("Choose an existing person or describe a new one.")
        return self


class OpenCase(Command):
    """Open a case of any kind."""

    type: CaseType
    label: TwoPersonLabel | None = None
    name: Line = ""
    status: CaseStatus = CaseStatus.ACTIVE
    provider_id: int
    supervisor_id: int | None = None
    opened_on: date | None = None
    participants: tuple[Taking, ...] = Field(default=(), max_length=200)
    came_from_id: int | None = None


class ChangeCase(Command):
    """Change what a case is called, where it stands, and who is responsible."""

    case_id: int
    revision: int
    name: Line = ""
    label: TwoPersonLabel | None = None
    status: CaseStatus
    provider_id: int
    supervisor_id: int | None = None


class SetCaseStatus(Command):
    """Move a case along its lifecycle; archiving and reactivating are two of these (A18)."""

    case_id: int
    status: CaseStatus


class AddParticipant(Command):
    """Somebody joins."""

    case_id: int
    participant: Taking
    joined_on: date


class RemoveParticipant(Command):
    """Somebody leaves; ``left_on`` is the first day without them."""

    case_id: int
    person_id: int
    left_on: date


class RecordPaper(Command):
    """An intake or a consent of a participant has arrived."""

    case_id: int
    person_id: int
    kind: PaperKind
    received_on: date


class MarkReviewed(Command):
    """Somebody has looked through an imported record."""

    case_id: int


class SwitchClinicalFields(Command):
    """Switch the clinical note fields of one consultation case on or off (DEC1); owners only."""

    case_id: int
    on: bool


def case_for(
    session: Session, actor: Actor, case_id: int, action: Action = Action.READ, *, resource: Resource = Resource.CASE,
    reason: str = "",
) -> Case:
    """The door to a case: existence and permission in one place. Locks the row for anything but reading.

    Raises NotFound for strangers, NotPermitted where the role never allows it.
    """
    case = session.get(Case, case_id, with_for_update=None if action is Action.READ else FOR_CHANGE)
    if case is None:
        raise NotFound(actor=actor, action=action, resource=resource, case_id=case_id)
    authorize(
        session, actor, action, resource, responsible=[case.provider_id], supervisor_id=case.supervisor_id,
        case_id=case_id, reason=reason,
    )
    return case


@command(Resource.CASE, Action.CREATE)
def open_case(session: Session, actor: Actor, asked: OpenCase) -> int:
    """Open a case with its people. Returns the case id. Raises BadInput where the kind forbids what was entered."""
    check_known(session, actor, asked.participants)
    authorize(session, actor, Action.CREATE, Resource.CASE, responsible=[asked.provider_id])
    case_id = create_case(session, asked)
    session.info["case_id"] = case_id
    return case_id


def check_known(session: Session, actor: Actor, participants: Iterable[Taking]) -> None:
    """Only somebody whom the actor may find can be taken into a case. Raises NotFound."""
    for person_id in filter(None, (taking.person_id for taking in participants)):
        check_findable(session, actor, person_id)


def create_case(session: Session, asked: OpenCase) -> int:
    """Write a new case with its people; callers have authorised it. Returns its id. Raises BadInput."""
    able = capabilities(asked.type)
    if able.has_label and asked.label is None:
        raise BadInput("label", "Choose what the two people are to each other.")
    if not able.has_label and asked.label is not None:
        raise BadInput("label", "Only a two-person case has such a label.")
    if able.needs_name and not asked.name.strip():
        raise BadInput("name", f"Give the {able.heading.lower()} a name.")
    problem = participants_problem(asked.type, len(asked.participants))
    if problem:
        raise BadInput("participants", problem)
    _check_staff(session, asked.provider_id, asked.supervisor_id)
    opened_on = asked.opened_on or clock.today(practice.the_practice(session).zone)
    own_name = bool(asked.name.strip())
    members = _members(session, asked.participants)
    known = naming(asked.type, asked.name, [member for _, member in members], own_name=own_name)
    case_id = ids.new_id()
    add_rows(session, Case, [{
        "id": case_id, "type": asked.type, "label": asked.label, "name": known.name, "has_own_name": own_name,
        "sort_key": known.sort_key, "search_text": known.search_text, "status": asked.status,
        "provider_id": asked.provider_id, "supervisor_id": asked.supervisor_id, "opened_on": opened_on,
        "supervisor_named_at": clock.now() if asked.supervisor_id is not None else None,
        "came_from_id": asked.came_from_id,
    }])
    add_rows(session, Participant, [
        {"case_id": case_id, "person_id": person_id, "position": place, "role": taking.role, "joined_on": opened_on}
        for place, (taking, (person_id, _)) in enumerate(zip(asked.participants, members, strict=True), start=1)
    ])
    return case_id


def _members(session: Session, participants: Sequence[Taking]) -> list[tuple[int, Member]]:
    """Those who take part from the start, in order, each with a person id; new people are written."""
    made = iter(create_people(session, [taking.person for taking in participants if taking.person is not None]))
    found: list[tuple[int, Member]] = []
    for taking in participants:
        if taking.person is not None:
            new = taking.person
            member = Member(new.first_name, new.last_name, new.preferred_name, search_text(new))
            found.append((next(made), member))
            continue
        person = session.get(Person, taking.person_id)
        if person is None:
            raise BadInput("participants", "That person is no longer in the list.")
        if any(person_id == person.id for person_id, _ in found):
            raise BadInput("participants", "The same person cannot take part twice.")
        member = Member(person.first_name, person.last_name, person.preferred_name, person.search_text)
        found.append((person.id, member))
    return found


def _check_staff(session: Session, provider_id: int, supervisor_id: int | None) -> None:
    """The responsible provider treats; an administrator alone never appears as provider (X17)."""
    roles = staff.roles_of(session, [i for i in (provider_id, supervisor_id) if i is not None])
    if not roles.get(provider_id, set()) & TREATING:
        raise BadInput("provider_id", "Choose somebody who sees clients.")
    if supervisor_id is not None and Role.SUPERVISOR not in roles.get(supervisor_id, ()):
        raise BadInput("supervisor_id", "Choose somebody with the supervisor role.")


TREATING = frozenset({Role.PROVIDER, Role.ASSOCIATE})
"""Roles whose holders may be a case's provider."""


def enter(session: Session, case: Case, taking: Taking, joined_on: date, status: ParticipantStatus) -> Participant:
    """Put somebody into a case, last in order; callers have checked that they are not in it. Raises BadInput."""
    person_id = taking.person_id
    if taking.person is not None:
        person_id = create_person(session, taking.person).id
    elif session.get(Person, person_id) is None:
        raise BadInput("participants", "That person is no longer in the list.")
    participant = Participant(
        id=ids.new_id(), case_id=case.id, person_id=person_id, role=taking.role, joined_on=joined_on, status=status,
        position=last_place(case) + 1,
    )
    case.participants.append(participant)
    return participant


def last_place(case: Case) -> int:
    """The last place in the order of those who take part or wait."""
    return max((p.position for p in case.participants), default=0)


def check_once(case: Case, person_id: int | None, joined_on: date) -> None:
    """Nobody takes part twice at the same time, or waits while they take part. Raises BadInput."""
    for known in case.participants:
        if known.person_id != person_id:
            continue
        if known.status is ParticipantStatus.WAITLISTED:
            raise BadInput("participants", "They are on the waitlist. Take them in from there.")
        if stay_of(known).meets(joined_on):
            if known.left_on is None:
                raise BadInput("participants", "The same person cannot take part twice.")
            raise BadInput("joined_on", f"They take part until {known.left_on}. Choose that day or a later one.")


@command(Resource.CASE, Action.UPDATE)
def change_case(session: Session, actor: Actor, asked: ChangeCase) -> int:
    """Save a case's name, label, status and staff. Raises Stale, BadInput."""
    case = case_for(session, actor, asked.case_id, Action.UPDATE)
    if case.revision != asked.revision:
        raise Stale
    able = capabilities(case.type)
    if able.has_label and asked.label is None:
        raise BadInput("label", "Choose what the two people are to each other.")
    if able.needs_name and not asked.name.strip():
        raise BadInput("name", f"Give the {able.heading.lower()} a name.")
    if (asked.provider_id, asked.supervisor_id) != (case.provider_id, case.supervisor_id):
        _check_staff(session, asked.provider_id, asked.supervisor_id)
        authorize(
            session, actor, Action.UPDATE, Resource.CASE, responsible=[asked.provider_id, case.provider_id],
            case_id=case.id,
        )
    changed = [f for f in ("label", "status", "provider_id", "supervisor_id") if getattr(case, f) != getattr(asked, f)]
    if "provider_id" in changed:
        messages.hand_over(session, case.id, case.provider_id, asked.provider_id, clock.now())
        asker_threads.hand_over(session, case.id, case.provider_id, asked.provider_id)
    case.label, case.status = asked.label, asked.status
    case.provider_id, case.supervisor_id = asked.provider_id, asked.supervisor_id
    case.has_own_name = bool(asked.name.strip())
    if case.has_own_name and case.name != asked.name:
        changed.append("name")
        case.name = asked.name
    case.revision += 1
    session.flush()
    if "supervisor_id" in changed:
        case.supervisor_named_at = clock.now() if case.supervisor_id is not None else None
        today = clock.today(practice.the_practice(session).zone)
        follow(session, scheduling.followers(session, today, case_id=case.id))
    rename(session, case)
    session.info["detail"] = "changed " + ", ".join(changed)
    return case.id


@command(Resource.CASE, Action.UPDATE)
def set_case_status(session: Session, actor: Actor, asked: SetCaseStatus) -> int:
    """Set the lifecycle status. Archiving keeps balances payable and papers readable (A18)."""
    case = case_for(session, actor, asked.case_id, Action.UPDATE)
    if asked.status is CaseStatus.ARCHIVED and scheduling.has_upcoming(session, case.id, clock.now()):
        raise RuleViolation("There are still appointments ahead. Cancel or move them before you archive.")
    session.info["detail"] = f"{case.status} to {asked.status}"
    case.status = asked.status
    case.revision += 1
    return case.id


@command(Resource.CASE, Action.UPDATE)
def add_participant(session: Session, actor: Actor, asked: AddParticipant) -> int:
    """Let somebody join; appointments ahead of the date get an attendance row for them (A16). Returns the person id.

    Raises GroupIsFull where there is no place from that day on, BadInput.
    """
    case = case_for(session, actor, asked.case_id, Action.UPDATE)
    check_known(session, actor, [asked.participant])
    able = capabilities(case.type)
    if able.most is not None:
        present = stays.most_at_once(stays_of(case), asked.joined_on)
        if present >= able.most:
            raise BadInput("participants", participants_problem(case.type, present + 1) or "")
    check_once(case, asked.participant.person_id, asked.joined_on)
    full = no_room(session, case, asked.participant.person_id, asked.joined_on)
    if full:
        raise GroupIsFull(full)
    participant = enter(session, case, asked.participant, asked.joined_on, ParticipantStatus.ACTIVE)
    session.flush()
    ahead = attend(session, case, participant.person_id, asked.joined_on)
    rename(session, case)
    session.info["detail"] = f"from {asked.joined_on}, {ahead} appointments"
    return participant.person_id


@command(Resource.CASE, Action.UPDATE)
def remove_participant(session: Session, actor: Actor, asked: RemoveParticipant) -> int:
    """Let somebody leave; what was attended and charged stays, appointments ahead go on without them (A16)."""
    case = case_for(session, actor, asked.case_id, Action.UPDATE)
    leaving = next((
        p for p in case.participants if p.person_id == asked.person_id and p.status is ParticipantStatus.ACTIVE
    ), None)
    if leaving is None:
        raise BadInput("person_id", "That person does not take part any more.")
    if capabilities(case.type).most == 1:
        raise BadInput("person_id", f"All of this is about its {capabilities(case.type).called}. Archive it instead.")
    problem = participants_problem(
        case.type, stays.fewest_without(stays_of(case), stay_of(leaving), asked.left_on)
    )
    if problem:
        raise BadInput("person_id", problem)
    if asked.left_on < leaving.joined_on:
        raise BadInput("left_on", "Nobody can leave before they joined.")
    leaving.status, leaving.left_on = ParticipantStatus.LEFT, asked.left_on
    leaving.revision += 1
    ahead = attend_no_more(session, case, asked.person_id, asked.left_on)
    session.flush()
    rename(session, case)
    session.info["detail"] = f"from {asked.left_on}, {ahead} appointments"
    return asked.person_id


@command(Resource.CONSENTS, Action.CREATE)
def record_paper(session: Session, actor: Actor, asked: RecordPaper) -> int:
    """Record that a participant's intake or consent has arrived. Returns the record's id."""
    case = case_for(session, actor, asked.case_id, resource=Resource.CASE)
    authorize(
        session, actor, Action.CREATE, Resource.CONSENTS, responsible=[case.provider_id],
        supervisor_id=case.supervisor_id, case_id=case.id,
    )
    if all(p.person_id != asked.person_id for p in case.participants):
        raise BadInput("person_id", "That person does not take part.")
    if asked.received_on > clock.today(practice.the_practice(session).zone):
        raise BadInput("received_on", "A paper cannot arrive in the future.")
    return keep_paper(session, case.id, asked.person_id, asked.kind, asked.received_on, actor.staff_id)


def keep_paper(
    session: Session, case_id: int, person_id: int, kind: PaperKind, received_on: date, staff_id: int
) -> int:
    """Write that a paper has arrived; callers have authorised it. Returns the record's id."""
    paper = PaperReceived(
        id=ids.new_id(), case_id=case_id, person_id=person_id, kind=kind, received_on=received_on,
        recorded_by_id=staff_id,
    )
    session.add(paper)
    return paper.id


@command(Resource.CASE, Action.UPDATE)
def mark_reviewed(session: Session, actor: Actor, asked: MarkReviewed) -> int:
    """Clear the "imported record needs review" of a case."""
    case = case_for(session, actor, asked.case_id, Action.UPDATE)
    case.needs_review = False
    case.revision += 1
    return case.id


@command(Resource.CASE, Action.UPDATE)
def switch_clinical_fields(session: Session, actor: Actor, asked: SwitchClinicalFields) -> int:
    """Switch clinical note fields of a consultation case; an owner's decision, logged (DEC1)."""
    case = case_for(session, actor, asked.case_id, Action.UPDATE)
    if Role.OWNER not in actor.roles:
        raise NotPermitted("Only an owner switches these fields.", actor=actor, action="switch_clinical_fields",
                           resource=Resource.CASE, case_id=case.id)
    if not capabilities(case.type).clinical_fields_switchable:
        raise RuleViolation("This kind of case has no such switch.")
    case.clinical_fields = asked.on
    case.revision += 1
    session.info["detail"] = "on" if asked.on else "off"
    return case.id
