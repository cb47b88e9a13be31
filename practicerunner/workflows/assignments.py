"""Who supervises whom, from when until when and how far: dated assignments, never rewritten (C31, G13)."""

from dataclasses import dataclass
from datetime import date

from sqlalchemy.orm import Session

from practicerunner import clock
from practicerunner.errors import BadInput, NotFound, RuleViolation
from practicerunner.records import practice, scheduling, staff
from practicerunner.records.staff import Staff, Supervision
from practicerunner.rules.notes import needs_cosignature
from practicerunner.rules.supervision import REVIEWED, covers
from practicerunner.vocabulary import Action, NoteKind, Resource, Role, SupervisionLevel
from practicerunner.workflows.access import Actor, authorize
from practicerunner.workflows.commands import Command, command, reader
from practicerunner.workflows.staff import check_supervisor, follow


class AssignmentIsOver(RuleViolation):
    """This assignment is over, or ends before that day. What was stays as it was."""


class AssignSupervisor(Command):
    """Let somebody supervise somebody from a day on. With the same supervisor again, another level takes over."""

    staff_id: int
    supervisor_id: int
    level: SupervisionLevel
    starts_on: date
    is_default: bool = True
    note_kinds: frozenset[NoteKind] | None = None
    """The kinds of note that wait for them; ``None``: all of them. Any other is final with its author's signature."""


class EndSupervision(Command):
    """End an assignment; ``ends_on`` is the first day on which it is over, today unless given."""

    supervision_id: int
    ends_on: date | None = None


@dataclass(frozen=True, slots=True)
class AssignmentLine:
    """One assignment as a list shows it."""

    supervision_id: int
    supervisor_id: int
    supervisor: str
    level: SupervisionLevel
    is_default: bool
    note_kinds: tuple[NoteKind, ...] | None
    """The kinds of note that wait for them; ``None``: all of them."""
    starts_on: date
    last_day: date | None
    """The last day on which it is in force; empty while nobody has set an end."""
    state: str
    can_end: bool


@reader(Resource.USERS)
def assignments_of(session: Session, actor: Actor, staff_id: int) -> list[AssignmentLine]:
    """Everybody who ever supervised somebody, the newest first; a supervisor sees their own supervisees'."""
    authorize(session, actor, Action.READ, Resource.USERS, responsible=[staff_id], resource_id=staff_id)
    today = clock.today(practice.the_practice(session).zone)
    names = {person.id: person.name for person in staff.all_staff(session)}
    return [
        AssignmentLine(
            one.id, one.supervisor_id, names[one.supervisor_id], one.level, one.is_default,
            None if one.note_kinds is None else tuple(map(NoteKind, one.note_kinds)), one.starts_on,
            date.fromordinal(one.ends_on.toordinal() - 1) if one.ends_on else None, _state(one, today),
            one.ends_on is None or one.ends_on > max(today, one.starts_on),
        )
        for one in reversed(staff.supervisions(session, associate_id=staff_id))
    ]


def _state(one: Supervision, today: date) -> str:
    if one.ends_on is not None and one.ends_on <= one.starts_on:
        return "Never begun"
    if one.starts_on > today:
        return "From then on"
    return "In force" if covers(one, today) else "Over"


@command(Resource.USERS, Action.MANAGE)
def assign_supervisor(session: Session, actor: Actor, asked: AssignSupervisor) -> int:
    """Let somebody supervise somebody from a day on. Returns the assignment's id.

    A new default ends the one before on that day, and appointments ahead follow it. An associate's default co-signs.
    """
    authorize(session, actor, Action.MANAGE, Resource.USERS, responsible=())
    person = session.get(Staff, asked.staff_id)
    if person is None:
        raise NotFound(actor=actor, action=Action.MANAGE, resource=Resource.USERS, resource_id=asked.staff_id)
    roles = {held.role for held in person.roles}
    if not roles & {Role.ASSOCIATE, Role.PROVIDER}:
        raise BadInput("staff_id", "Only providers and associates are supervised.")
    chosen = check_supervisor(session, person.id, asked.supervisor_id)
    if not chosen.active:
        raise BadInput("supervisor_id", f"{chosen.name} no longer works here.")
    if asked.is_default and needs_cosignature(roles) and asked.level is not SupervisionLevel.CO_SIGN:
        raise BadInput("level", "An associate's default supervisor co-signs; another supervisor may read or approve.")
    kinds = _kinds(asked)
    today = clock.today(practice.the_practice(session).zone)
    for one in staff.supervisions(session, associate_id=person.id, lock=True):
        if (one.is_default and asked.is_default) or one.supervisor_id == asked.supervisor_id:
            _give_way(one, asked.starts_on, today)
    made = Supervision(
        associate_id=person.id, supervisor_id=asked.supervisor_id, level=asked.level, starts_on=asked.starts_on,
        is_default=asked.is_default, note_kinds=kinds,
    )
    session.add(made)
    session.flush()
    follow(session, scheduling.followers(session, today, provider_id=person.id))
    which = "" if kinds is None else f", for {', '.join(kinds)}"
    session.info["detail"] = (
        f"staff {person.id} by {asked.supervisor_id}, {asked.level}, from {asked.starts_on}{which}")
    return made.id


def _kinds(asked: AssignSupervisor) -> list[str] | None:
    """The kinds of note as they are kept, nothing where all of them wait. Raises BadInput."""
    if asked.note_kinds is None or asked.note_kinds == set(REVIEWED):
        return None
    if asked.level is SupervisionLevel.ACCESS:
        raise BadInput("note_kinds", "With this level no note waits, so there are no kinds to choose.")
    if not asked.note_kinds:
        raise BadInput("note_kinds", "Choose at least one kind of note.")
    if not asked.note_kinds <= set(REVIEWED):
        raise BadInput("note_kinds", "Memos and psychotherapy notes are never reviewed.")
    return [kind.value for kind in REVIEWED if kind in asked.note_kinds]


def _give_way(one: Supervision, day: date, today: date) -> None:
    """End an assignment where another takes its place. Raises BadInput if that would rewrite what was."""
    if one.ends_on is not None and one.ends_on <= max(day, one.starts_on):
        return
    if one.starts_on >= day and one.starts_on > today:
        raise BadInput("starts_on", f"Another assignment begins on {_words(one.starts_on)}. End that one first.")
    if day < today:
        raise BadInput("starts_on", "Somebody is set for that day already; a change begins today at the earliest.")
    one.ends_on = day


@command(Resource.USERS, Action.MANAGE)
def end_supervision(session: Session, actor: Actor, asked: EndSupervision) -> int:
    """End an assignment today or on a later day. Returns its id. Raises AssignmentIsOver."""
    authorize(session, actor, Action.MANAGE, Resource.USERS, responsible=())
    one = session.get(Supervision, asked.supervision_id, with_for_update=True)
    if one is None:
        raise NotFound(actor=actor, action=Action.MANAGE, resource=Resource.USERS, resource_id=asked.supervision_id)
    today = clock.today(practice.the_practice(session).zone)
    ends_on = max(asked.ends_on or today, one.starts_on)
    if ends_on < today:
        raise BadInput("ends_on", "An assignment ends today at the earliest; what was stays as it was.")
    if one.ends_on is not None and one.ends_on <= max(ends_on, today):
        raise AssignmentIsOver
    one.ends_on = ends_on
    session.flush()
    follow(session, scheduling.followers(session, today, provider_id=one.associate_id))
    session.info["detail"] = f"staff {one.associate_id} by {one.supervisor_id}, until {ends_on}"
    return one.id


def _words(day: date) -> str:
    """A day as sentences name it."""
    return f"{day:%a} {day.day} {day:%b} {day.year}"
