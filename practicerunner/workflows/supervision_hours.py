"""Hours of supervision and what was talked about: outside every client's record, signed by the supervisor (C32).

Supervisor and supervisees read the whole; an owner sees when, how long and with whom, and is handed no other word.
"""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, time

from pydantic import Field
from sqlalchemy.orm import Session

from practicerunner import clock
from practicerunner.documents.csv_table import write_csv
from practicerunner.errors import BadInput, NotFound, RuleViolation, Stale
from practicerunner.records import audit, practice, staff, supervision
from practicerunner.records.base import FOR_CHANGE
from practicerunner.records.supervision import HourRow, SupervisionAttendee, SupervisionSession
from practicerunner.rules import notes as rule
from practicerunner.rules import permissions
from practicerunner.rules.supervision import covers, fits
from practicerunner.vocabulary import Action, Resource, Role, SupervisionFormat
from practicerunner.workflows.access import Actor, authorize, visible
from practicerunner.workflows.commands import Command, Paragraph, command, reader
from practicerunner.workflows.proof import Signing
from practicerunner.workflows.signatures import signer


class HourIsSigned(RuleViolation):
    """A signed hour of supervision is never changed."""


class HourDetails(Command):
    """When an hour of supervision was, with whom, and what was talked about."""

    supervisor_id: int
    supervisee_ids: tuple[int, ...] = Field(min_length=1, max_length=12)
    held_on: date
    starts: time
    minutes: int = Field(ge=5, le=480)
    kind: SupervisionFormat
    topics: Paragraph = ""


class RecordHour(HourDetails):
    """Write down an hour of supervision."""


class ChangeHour(HourDetails):
    """Change an hour that is not signed yet."""

    session_id: int
    revision: int


class SignHour(Signing):
    """Sign an hour of supervision as its supervisor, which fixes it."""

    session_id: int
    revision: int


class DiscardHour(Command):
    """Remove an hour that was never signed."""

    session_id: int


@dataclass(frozen=True, slots=True)
class HourLine:
    """An hour of supervision without a word of what was talked about: all that an owner sees."""

    session_id: int
    held_on: date
    starts: time
    minutes: int
    kind: SupervisionFormat
    supervisor_id: int
    supervisor: str
    supervisees: tuple[tuple[int, str], ...]
    is_signed: bool
    may_read: bool
    """Whether the actor may read what was talked about."""


@dataclass(frozen=True, slots=True)
class HourPage:
    """An hour of supervision with what was talked about, for those who took part in it."""

    line: HourLine
    topics: str
    signed_by: str
    revision: int
    intact: bool
    """Whether it still reads as it was signed."""
    may_change: bool
    may_sign: bool


@dataclass(frozen=True, slots=True)
class HourTotal:
    """Signed minutes of one supervisee in one month, by kind."""

    staff_id: int
    name: str
    month: date
    minutes: dict[SupervisionFormat, int]

    @property
    def together(self) -> int:
        """All kinds."""
        return sum(self.minutes.values())


@dataclass(frozen=True, slots=True)
class HourSum:
    """Signed minutes of one supervisee since their present assignment began, by kind."""

    staff_id: int
    name: str
    supervisor: str
    since: date
    minutes: dict[SupervisionFormat, int]

    @property
    def together(self) -> int:
        """All kinds."""
        return sum(self.minutes.values())


@dataclass(frozen=True, slots=True)
class Hours:
    """The hours that the actor may see, and what they come to."""

    lines: tuple[HourLine, ...]
    months: tuple[HourTotal, ...]
    sums: tuple[HourSum, ...]
    unsigned: int
    may_record: bool


@dataclass(frozen=True, slots=True)
class HourChoices:
    """Who can be named in an hour: supervisor → their supervisees, with everybody's name."""

    pairs: dict[int, tuple[int, ...]]
    names: dict[int, str]


def _whose(actor: Actor, row: HourRow | SupervisionSession, supervisees: Iterable[int]) -> tuple[bool, bool]:
    """Whether an hour is the actor's own as a supervisee, and whether it is one that they supervised."""
    return actor.staff_id in supervisees, actor.staff_id == row.supervisor_id


def _may_read(actor: Actor, row: HourRow | SupervisionSession, supervisees: Iterable[int]) -> bool:
    """Whether somebody took part in it in a role that reads; that an owner sees the hours is no reading of the text."""
    own, supervised = _whose(actor, row, supervisees)
    return (own or supervised) and permissions.decide(
        actor.roles, Action.READ, Resource.SUPERVISION_NOTE, own=own, supervised=supervised
    ) is not None


@reader(Resource.SUPERVISION_NOTE)
def supervision_hours(session: Session, actor: Actor, *, since: date | None = None) -> Hours:
    """The actor's hours, or the practice's for an owner; lines and totals, never what was talked about."""
    lines = _lines(session, actor)
    names = supervision.names(session)
    today = clock.today(practice.the_practice(session).zone)
    signed = [line for line in lines if line.is_signed]
    shown = tuple(line for line in lines if since is None or line.held_on >= since)
    may_record = bool(permissions.scopes(actor.roles, Action.CREATE, Resource.SUPERVISION_NOTE))
    return Hours(
        shown, tuple(_months(actor, signed)), tuple(_sums(session, actor, signed, names, today)),
        len(lines) - len(signed), may_record and bool(_pairs(session, actor)),
    )


def _lines(session: Session, actor: Actor) -> list[HourLine]:
    sees = visible(actor, Action.READ, Resource.SUPERVISION_NOTE)
    rows = supervision.hours(
        session, staff_id=None if sees.everything else actor.staff_id, supervises=sees.supervisor_id is not None)
    with_whom, names = supervision.attendees(session, [row.session_id for row in rows]), supervision.names(session)
    return [_line(actor, row, with_whom[row.session_id], names) for row in rows]


def _line(actor: Actor, row: HourRow, supervisees: Sequence[int], names: dict[int, str]) -> HourLine:
    return HourLine(
        row.session_id, row.held_on, row.starts, row.minutes, row.kind, row.supervisor_id, names[row.supervisor_id],
        tuple((one, names[one]) for one in supervisees), row.signed_at is not None, _may_read(actor, row, supervisees),
    )


def _months(actor: Actor, signed: Iterable[HourLine]) -> list[HourTotal]:
    """Each supervisee's months, the newest first; those who shared an hour see their own months only."""
    everything = visible(actor, Action.READ, Resource.SUPERVISION_NOTE).everything
    found: defaultdict[tuple[date, str, int], dict[SupervisionFormat, int]] = defaultdict(
        lambda: dict.fromkeys(SupervisionFormat, 0))
    for line in signed:
        for staff_id, name in line.supervisees:
            if not (everything or actor.staff_id in (staff_id, line.supervisor_id)):
                continue
            found[line.held_on.replace(day=1), name, staff_id][line.kind] += line.minutes
    ordered = sorted(found.items(), key=lambda one: (-one[0][0].toordinal(), one[0][1]))
    return [HourTotal(staff_id, name, month, minutes) for (month, name, staff_id), minutes in ordered]


def _sums(
    session: Session, actor: Actor, signed: Sequence[HourLine], names: dict[int, str], today: date
) -> list[HourSum]:
    """Each supervisee of today with what came together with this supervisor since their assignment began."""
    everything = visible(actor, Action.READ, Resource.SUPERVISION_NOTE).everything
    found, begun = [], dict[tuple[int, int], tuple[date, date | None]]()
    for term in staff.supervisions(session):
        pair = term.associate_id, term.supervisor_id
        # Another level of the same two is a new assignment and goes on where the last one ends.
        since, until = begun.get(pair, (term.starts_on, term.starts_on))
        begun[pair] = since if until is None or until >= term.starts_on else term.starts_on, term.ends_on
        if not covers(term, today) or not (everything or actor.staff_id in pair):
            continue
        since, minutes = begun[pair][0], dict.fromkeys(SupervisionFormat, 0)
        for line in signed:
            with_them = line.supervisor_id == term.supervisor_id and line.held_on >= since
            if with_them and term.associate_id in {staff_id for staff_id, _ in line.supervisees}:
                minutes[line.kind] += line.minutes
        found.append(HourSum(
            term.associate_id, names[term.associate_id], names[term.supervisor_id], since, minutes))
    return sorted(found, key=lambda one: (one.name, one.supervisor))


@reader(Resource.SUPERVISION_NOTE)
def supervision_hour(session: Session, actor: Actor, session_id: int) -> HourPage | HourLine:
    """One hour: with what was talked about for those who took part, without it for an owner. Raises NotFound."""
    row = session.get(SupervisionSession, session_id)
    if row is None:
        raise NotFound(
            actor=actor, action=Action.READ, resource=Resource.SUPERVISION_NOTE, resource_id=session_id)
    people = supervision.attendees(session, [session_id])[session_id]
    _authorize(session, actor, Action.READ, row, people)
    line = _line(actor, HourRow(
        row.id, row.supervisor_id, row.author_id, row.held_on, row.starts, row.minutes, row.kind, row.signed_at,
        row.revision,
    ), people, supervision.names(session))
    if not line.may_read:
        return line
    open_still = row.signed_at is None
    may_change = open_still and actor.staff_id in (row.author_id, row.supervisor_id)
    signed_by = ", ".join(filter(None, (row.name, row.credentials, row.licence and f"licence {row.licence}")))
    return HourPage(
        line, row.topics, signed_by, row.revision, open_still or _hash(row, people) == row.text_hash, may_change,
        open_still and actor.staff_id == row.supervisor_id and Role.SUPERVISOR in actor.roles,
    )


@reader(Resource.SUPERVISION_NOTE)
def hour_choices(session: Session, actor: Actor) -> HourChoices:
    """Who can be named in an hour that the actor writes down."""
    pairs, names = _pairs(session, actor), supervision.names(session)
    known = {*pairs, *(one for people in pairs.values() for one in people)}
    return HourChoices(pairs, {one: names[one] for one in known})


def _pairs(session: Session, actor: Actor) -> dict[int, tuple[int, ...]]:
    """Supervisor → those whom they ever supervised: the actor's own supervisees, or the actor under each of theirs."""
    found: defaultdict[int, dict[int, None]] = defaultdict(dict)
    for term in staff.supervisions(session):
        found[term.supervisor_id][term.associate_id] = None
    return {
        supervisor: tuple(people) for supervisor, people in found.items()
        if actor.staff_id in people or (actor.staff_id == supervisor and Role.SUPERVISOR in actor.roles)
    }


def _authorize(
    session: Session, actor: Actor, action: Action, row: SupervisionSession, supervisees: Iterable[int]
) -> None:
    own, supervised = _whose(actor, row, supervisees)
    authorize(
        session, actor, action, Resource.SUPERVISION_NOTE, responsible=[actor.staff_id] if own else (),
        supervised=supervised, resource_id=row.id,
    )


def _check(session: Session, actor: Actor, asked: HourDetails) -> None:
    """Refuse an hour that cannot have been: with somebody else's supervisees, in the future, of another kind."""
    people = set(asked.supervisee_ids)
    own = actor.staff_id in people
    authorize(
        session, actor, Action.CREATE, Resource.SUPERVISION_NOTE, responsible=[actor.staff_id] if own else (),
        supervised=actor.staff_id == asked.supervisor_id,
    )
    if len(people) != len(asked.supervisee_ids):
        raise BadInput("supervisee_ids", "Somebody is named twice.")
    if not fits(asked.kind, len(people)):
        raise BadInput("kind", "Individual is with one, triadic with two, group with three or more.")
    if asked.held_on > clock.today(practice.the_practice(session).zone):
        raise BadInput("held_on", "This day is still to come.")
    terms = staff.supervisions(session, supervisor_id=asked.supervisor_id)
    if not people <= {term.associate_id for term in terms if covers(term, asked.held_on)}:
        raise BadInput("supervisee_ids", "Not everybody here was supervised by this person on that day.")


@command(Resource.SUPERVISION_NOTE, Action.CREATE)
def record_hour(session: Session, actor: Actor, asked: RecordHour) -> int:
    """Write down an hour of supervision: its supervisor, or one of those supervised in it. Returns its id."""
    _check(session, actor, asked)
    row = SupervisionSession(
        supervisor_id=asked.supervisor_id, author_id=actor.staff_id, held_on=asked.held_on, starts=asked.starts,
        minutes=asked.minutes, kind=asked.kind, topics=asked.topics,
    )
    session.add(row)
    session.flush()
    session.add_all(SupervisionAttendee(session_id=row.id, staff_id=one) for one in asked.supervisee_ids)
    return row.id


def _to_change(session: Session, actor: Actor, session_id: int) -> SupervisionSession:
    """An unsigned hour, locked, for whoever wrote it or supervised in it. Raises HourIsSigned."""
    row = session.get(SupervisionSession, session_id, with_for_update=FOR_CHANGE)
    if row is None:
        raise NotFound(
            actor=actor, action=Action.UPDATE, resource=Resource.SUPERVISION_NOTE, resource_id=session_id)
    wrote = actor.staff_id == row.author_id
    authorize(
        session, actor, Action.UPDATE, Resource.SUPERVISION_NOTE, responsible=[row.author_id] if wrote else (),
        supervised=actor.staff_id == row.supervisor_id, resource_id=row.id,
    )
    if row.signed_at is not None:
        raise HourIsSigned
    return row


@command(Resource.SUPERVISION_NOTE, Action.UPDATE)
def change_hour(session: Session, actor: Actor, asked: ChangeHour) -> int:
    """Change an hour that is not signed yet. Raises HourIsSigned, Stale."""
    row = _to_change(session, actor, asked.session_id)
    if row.revision != asked.revision:
        raise Stale
    _check(session, actor, asked)
    row.supervisor_id, row.held_on, row.starts = asked.supervisor_id, asked.held_on, asked.starts
    row.minutes, row.kind, row.topics = asked.minutes, asked.kind, asked.topics
    row.revision += 1
    known = {one.staff_id: one for one in supervision.attendee_rows(session, row.id)}
    for staff_id, one in known.items():
        if staff_id not in asked.supervisee_ids:
            session.delete(one)
    session.add_all(
        SupervisionAttendee(session_id=row.id, staff_id=one) for one in asked.supervisee_ids if one not in known)
    return row.id


@command(Resource.SUPERVISION_NOTE, Action.UPDATE)
def sign_hour(session: Session, actor: Actor, asked: SignHour) -> int:
    """Sign an hour as its supervisor: it counts and never changes again. Raises HourIsSigned, Stale, NotProven."""
    row = _to_change(session, actor, asked.session_id)
    if row.revision != asked.revision:
        raise Stale
    if actor.staff_id != row.supervisor_id:
        raise NotFound(actor=actor, action="sign", resource=Resource.SUPERVISION_NOTE, resource_id=row.id)
    facts = signer(session, actor, asked)
    people = [one.staff_id for one in supervision.attendee_rows(session, row.id)]
    row.name, row.credentials, row.licence = facts["name"], facts["credentials"], facts["licence"]
    row.method, row.zone = facts["method"], facts["zone"]
    row.text_hash, row.signed_at = _hash(row, people), clock.now()
    row.revision += 1
    session.info["detail"] = row.text_hash
    return row.id


def _hash(row: SupervisionSession, people: Iterable[int]) -> str:
    """SHA-256 over what a signature stands under."""
    return rule.text_hash({
        "supervisor": row.supervisor_id, "supervisees": sorted(people), "held_on": row.held_on.isoformat(),
        "starts": row.starts.isoformat(), "minutes": row.minutes, "kind": row.kind.value, "topics": row.topics,
    })


@command(Resource.SUPERVISION_NOTE, Action.UPDATE)
def discard_hour(session: Session, actor: Actor, asked: DiscardHour) -> int:
    """Remove an hour that was never signed; that it was there stays in the audit log."""
    row = _to_change(session, actor, asked.session_id)
    session.info["detail"] = f"{row.minutes} minutes on {row.held_on}"
    for one in supervision.attendee_rows(session, row.id):
        session.delete(one)
    session.flush()
    session.delete(row)
    return asked.session_id


_COLUMNS = ("date", "start", "minutes", "kind", "supervisor", "supervised", "signed")


@reader(Resource.SUPERVISION_NOTE)
def hours_csv(session: Session, actor: Actor) -> bytes:
    """The hours that the actor may see as a CSV file, with no word of what was talked about; noted in the audit log."""
    lines = _lines(session, actor)
    audit.note(
        session, staff_id=actor.staff_id, action=Action.EXPORT, resource=Resource.SUPERVISION_NOTE,
        detail=f"{len(lines)} rows",
    )
    return write_csv(_COLUMNS, (
        (line.held_on, f"{line.starts:%H:%M}", line.minutes, line.kind.label, line.supervisor,
         ", ".join(name for _, name in line.supervisees), line.is_signed)
        for line in lines
    ))
