"""What waits for a supervisor, how much waits in the practice, and giving a queue to another supervisor (J06, G14)."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy.orm import Session

from practicerunner import clock
from practicerunner.errors import BadInput, RuleViolation
from practicerunner.records import addenda, audit, note_lists, practice, staff, supervision
from practicerunner.records.note_lists import NoteRow
from practicerunner.records.staff import Staff
from practicerunner.records.supervision import Part, ReviewAssignment
from practicerunner.rules import notes as rule
from practicerunner.rules.scheduling import days_since
from practicerunner.vocabulary import Action, CaseType, NoteKind, NoteStatus, Resource
from practicerunner.workflows.access import Actor, authorize
from practicerunner.workflows.commands import Command, RequiredLine, command, reader
from practicerunner.workflows.note_readers import reviews
from practicerunner.workflows.supervision import can_supervise, takes_part


class NothingWaits(RuleViolation):
    """Nothing of this waits any more; somebody was quicker. Look again."""


class ReassignReviews(Command):
    """Give what waits for one supervisor to another: all of it, or one author's, or what is dated from a day on.

    ``only_barred``: only what they may not sign, because they take part in the case themselves.
    """

    from_id: int
    to_id: int
    author_id: int | None = None
    since: date | None = None
    only_barred: bool = False
    reason: RequiredLine


@dataclass(frozen=True, slots=True)
class ReviewLine:
    """A note, or an addendum beneath one, that waits for the actor; never its text."""

    note_id: int
    addendum_id: int | None
    author_id: int
    author: str
    case_id: int
    case_name: str
    case_type: CaseType
    kind: NoteKind
    service_date: date
    since: datetime
    days: int
    """For how many days it has waited, by the calendar: since yesterday is one."""
    version: int
    is_mine: bool
    """Whether the reader treats there themselves."""


@dataclass(frozen=True, slots=True)
class ReviewQueue:
    """A supervisor's queue, the longest waiting first."""

    lines: tuple[ReviewLine, ...]
    oldest_days: int | None
    returned: int
    """Notes that were returned and are not back."""


@dataclass(frozen=True, slots=True)
class TeamLine:
    """How much of one author's waits with one supervisor; counts and ages, never a word of it."""

    author_id: int
    author: str
    supervisor_id: int
    supervisor: str
    waiting: int
    returned: int
    oldest_days: int | None
    barred: int = 0
    """Of what waits: how much the supervisor may not sign, because they take part in the case themselves (A11)."""


@dataclass(frozen=True, slots=True)
class Moving:
    """What would go to another supervisor."""

    notes: int
    addenda: int
    returned: int
    """Notes that were returned: they go to the new supervisor once they are handed in again."""

    @property
    def nothing(self) -> bool:
        """Whether there is nothing to move."""
        return not (self.notes or self.addenda or self.returned)


@reader(Resource.CLINICAL_NOTE)
def review_queue(session: Session, actor: Actor) -> ReviewQueue:
    """What waits for the actor's signature, the longest waiting first; empty for whoever reviews nothing."""
    if not reviews(actor):
        return ReviewQueue((), None, 0)
    now, zone = clock.now(), practice.the_practice(session).zone
    lines = [
        _line(actor, row, now, zone) for row in note_lists.awaiting(session, actor.staff_id)
        if row.case_id not in actor.own_cases]
    beneath_notes = addenda.awaiting(session, actor.staff_id)
    beneath = note_lists.rows_of(session, {one.note_id for one in beneath_notes})
    for one in beneath_notes:
        row = beneath[one.note_id]
        if row.case_id in actor.own_cases:
            continue
        lines.append(ReviewLine(
            row.note_id, one.id, one.staff_id, one.name, row.case_id, row.case_name, row.case_type, row.kind,
            row.service_date, one.created_at, days_since(one.created_at, now, zone), row.version,
            row.case_provider_id == actor.staff_id,
        ))
    lines.sort(key=lambda line: (line.since, line.note_id))
    return ReviewQueue(
        tuple(lines), lines[0].days if lines else None, supervision.returned_and_not_back(session, actor.staff_id))


def _line(actor: Actor, row: NoteRow, now: datetime, zone: str) -> ReviewLine:
    since = row.submitted_at or now
    return ReviewLine(
        row.note_id, None, row.author_id, row.author.name, row.case_id, row.case_name, row.case_type, row.kind,
        row.service_date, since, days_since(since, now, zone), row.version, row.case_provider_id == actor.staff_id,
    )


@reader(Resource.USERS)
def team_reviews(session: Session, actor: Actor) -> list[TeamLine]:
    """What waits in the whole practice by author and supervisor, for whoever may give it to somebody else."""
    authorize(session, actor, Action.MANAGE, Resource.USERS, responsible=())
    names, now, barred = supervision.names(session), clock.now(), supervision.barred(session)
    zone = practice.the_practice(session).zone
    lines = [
        TeamLine(
            one.author_id, names[one.author_id], one.supervisor_id, names[one.supervisor_id], one.notes + one.addenda,
            one.returned, days_since(one.since, now, zone) if one.since else None,
            barred[one.author_id, one.supervisor_id],
        ) for one in supervision.undecided(session)
    ]
    return sorted(lines, key=lambda line: (-(line.oldest_days if line.oldest_days is not None else -1), line.author))


@reader(Resource.USERS)
def barred_reviews(session: Session, actor: Actor) -> int:
    """How much waits for a supervisor who may not sign it, for whoever may give it to somebody else."""
    authorize(session, actor, Action.MANAGE, Resource.USERS, responsible=())
    return supervision.barred(session).total()


@reader(Resource.USERS)
def stranded_reviews(session: Session, actor: Actor) -> int:
    """How much waits for somebody who supervises no more, for whoever may give it to somebody else."""
    authorize(session, actor, Action.MANAGE, Resource.USERS, responsible=())
    able = {person.id for person in staff.all_staff(session) if can_supervise(person)}
    return sum(one.notes + one.addenda for one in supervision.undecided(session) if one.supervisor_id not in able)


@reader(Resource.USERS)
def supervisors(session: Session, actor: Actor) -> dict[int, str]:
    """Who could be given a review: id → name."""
    authorize(session, actor, Action.MANAGE, Resource.USERS, responsible=())
    return {person.id: person.name for person in staff.all_staff(session) if can_supervise(person)}


@reader(Resource.USERS)
def what_moves(
    session: Session, actor: Actor, from_id: int, author_id: int | None = None, since: date | None = None,
    only_barred: bool = False,
) -> Moving:
    """How much a reassignment would move, before it does."""
    authorize(session, actor, Action.MANAGE, Resource.USERS, responsible=())
    part = Part(from_id, author_id, since, only_barred)
    found, addenda = supervision.undecided_notes(session, part), supervision.undecided_addenda(session, part)
    waiting = sum(note.status is NoteStatus.SUBMITTED for note in found)
    return Moving(waiting, len(addenda), len(found) - waiting)


@command(Resource.USERS, Action.MANAGE)
def reassign_reviews(session: Session, actor: Actor, asked: ReassignReviews) -> list[int]:
    """Give what waits for one supervisor to another; appointments, invoices and what is locked keep theirs (G14).

    Returns the ids of the notes concerned. Of two at once one moves them; who comes second hears NothingWaits.
    """
    authorize(session, actor, Action.MANAGE, Resource.USERS, responsible=())
    chosen = session.get(Staff, asked.to_id)
    if asked.to_id == asked.from_id or chosen is None or not can_supervise(chosen):
        raise BadInput("to_id", "Choose another supervisor who works here.")
    part = Part(asked.from_id, asked.author_id, asked.since, asked.only_barred)
    found = supervision.undecided_notes(session, part, lock=True)
    addenda = supervision.undecided_addenda(session, part, lock=True)
    if not found and not addenda:
        raise NothingWaits
    concerned = {(one.author_id, one.case_id) for one in found} | {(one.author_id, one.case_id) for one in addenda}
    if any(author_id == asked.to_id for author_id, _ in concerned):
        raise BadInput("to_id", f"{chosen.name} wrote some of these. Move them author by author.")
    if any(takes_part(session, chosen, case_id) for _, case_id in concerned):
        raise BadInput("to_id", f"{chosen.name} may not sign some of these. Choose somebody else, or move fewer.")
    for note in found:
        note.supervisor_id = asked.to_id
        _keep(session, actor, asked, note.id, None)
    for one in addenda:
        one.review.supervisor_id = asked.to_id
        one.review.revision += 1
        _keep(session, actor, asked, one.note_id, one.review.addendum_id)
    moved = [note.id for note in found] + [one.note_id for one in addenda]
    _log(session, actor, moved)
    session.info["detail"] = (
        f"{len(found)} notes and {len(addenda)} addenda from {asked.from_id} to {asked.to_id}: {asked.reason}")
    return list(dict.fromkeys(moved))


def _keep(session: Session, actor: Actor, asked: ReassignReviews, note_id: int, addendum_id: int | None) -> None:
    session.add(ReviewAssignment(
        note_id=note_id, addendum_id=addendum_id, from_id=asked.from_id, to_id=asked.to_id, by_id=actor.staff_id,
        reason=asked.reason,
    ))


def _log(session: Session, actor: Actor, note_ids: Iterable[int]) -> None:
    """In the audit log of each case stands that the review of its note moved."""
    for row in note_lists.rows_of(session, set(note_ids)).values():
        audit.note(
            session, staff_id=actor.staff_id, role=session.info.get("role", ""), action="reassign_review",
            resource=rule.resource_for(row.kind, row.case_type), resource_id=row.note_id, case_id=row.case_id,
        )
