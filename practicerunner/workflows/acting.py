"""Who acts for a client, and the five decisions about each of them (D03–D17). What they open: ``portal_access``."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from zoneinfo import ZoneInfo

from pydantic import Field, model_validator
from pydantic_core import PydanticCustomError
from sqlalchemy.orm import Session

from practicerunner import clock, ids
from practicerunner.errors import BadInput, NotFound, RuleViolation
from practicerunner.records import acting, cases, consent_basis, practice
from practicerunner.records.acting import AccessDecision, AccessEnd, AccessNotice, ActsFor
from practicerunner.records.logins import Staff
from practicerunner.records.people import Person
from practicerunner.rules import acting as rules
from practicerunner.rules.names import person_name
from practicerunner.rules.workflow_state import Adult
from practicerunner.vocabulary import (
    AccessScope,
    ActingKind,
    Action,
    ContactRole,
    ParticipantStatus,
    Resource,
    Verdict,
)
from practicerunner.workflows.access import Actor, may_touch
from practicerunner.workflows.cases import case_for
from practicerunner.workflows.commands import Command, Line, command, reader, to_change
from practicerunner.workflows.new_access import (
    check_around,
    check_decides,
    check_reach,
    decides_everything,
    opened_by,
    tell,
)
from practicerunner.workflows.people import PersonDetails, check_findable, create_person, person_for


class DecisionIsEnded(RuleViolation):
    """This decision was ended already."""


class AddActing(Command):
    """Say that somebody acts for a client: an existing person, or the details of a new one. It opens nothing."""

    client_id: int
    person_id: int | None = None
    person: PersonDetails | None = None
    kind: ActingKind
    title: Line = Field(default="", max_length=60)
    roles: tuple[ContactRole, ...] = ()
    starts_on: date
    ends_on: date | None = None

    @model_validator(mode="after")
    def _one_of_two(self) -> "AddActing":
        if (self.person_id is None) == (self.person is None):
            raise PydanticCustomError("person", "Choose somebody from the list or describe a new person.")
        return self


class ChangeActing(Command):
    """Save as what somebody acts, and until when. Another kind has to be verified anew."""

    acts_for_id: int
    revision: int
    kind: ActingKind
    title: Line = Field(default="", max_length=60)
    roles: tuple[ContactRole, ...] = ()
    starts_on: date
    ends_on: date | None = None


class VerifyActing(Command):
    """Say what was seen that shows that somebody may act; an empty text takes the verification back."""

    acts_for_id: int
    revision: int
    evidence: Line = Field(default="", max_length=300)


class DecideAccess(Command):
    """Grant or deny one scope, from a day on."""

    acts_for_id: int
    scope: AccessScope
    verdict: Verdict
    case_id: int | None = None
    starts_on: date
    ends_on: date | None = None
    reason: Line = Field(default="", max_length=300)


class EndDecision(Command):
    """End a grant or a denial at once."""

    decision_id: int
    reason: Line = Field(default="", max_length=300)


class SwitchNotices(Command):
    """Say whether the people of a case are told when somebody gains access; switching off needs a reason (D15)."""

    case_id: int
    off: bool
    reason: Line = Field(default="", max_length=300)


@dataclass(frozen=True, slots=True)
class DecisionView:
    """One decision, to read."""

    decision_id: int
    scope: AccessScope
    verdict: Verdict
    case_id: int | None
    starts_on: date
    ends_on: date | None
    reason: str
    by: str
    at: datetime
    ended_at: datetime | None
    ended_by: str
    ended_reason: str


@dataclass(frozen=True, slots=True)
class Cell:
    """How one scope of one person stands today, and every decision that was made about it, the newest first."""

    is_open: bool
    is_decided: bool
    why: str
    reason: str
    """The words of the denials that count today; empty without one."""
    decisions: tuple[DecisionView, ...]


@dataclass(frozen=True, slots=True)
class GridRow:
    """Somebody who acts for a client, with the five cells."""

    acts_for_id: int
    revision: int
    person_id: int
    person: str
    client_id: int
    client: str
    kind: ActingKind
    title: str
    roles: tuple[ContactRole, ...]
    evidence: str
    verified_at: datetime | None
    verified_by: str
    starts_on: date
    ends_on: date | None
    awaits_decision: bool
    """The client came of age: what was granted before opens nothing any more."""
    lacks_birth_date: bool
    """They act as for a minor, and nobody sees when that ends."""
    decides_everything: bool
    """Whether the reader may decide about everything of the client, not about this case alone."""
    may_sign: str
    """Why they cannot sign for the client; empty if they can."""
    cells: dict[AccessScope, Cell]


@dataclass(frozen=True, slots=True)
class AccessGrid:
    """Everybody who acts for the people of a case."""

    rows: tuple[GridRow, ...]
    clients: dict[int, str]
    helpers_may_schedule: bool
    notices_off: bool
    notices_reason: str
    today: date
    zone: str
    """In which the practice reads the moments at which something was decided."""
    may_change: bool
    """Whether the reader may add, change and decide here."""


@command(Resource.DEMOGRAPHICS, Action.UPDATE)
def add_acting(session: Session, actor: Actor, asked: AddActing) -> int:
    """Add somebody who acts for a client; nothing is granted by it (X04). Returns its id. Raises BadInput, NotFound."""
    client = person_for(session, actor, asked.client_id, Action.UPDATE)
    _check_dates(asked.starts_on, asked.ends_on)
    if asked.person is not None:
        person = create_person(session, asked.person)
        session.flush()
    else:
        found = session.get(Person, asked.person_id)
        if found is None:
            raise BadInput("person_id", "That person is no longer in the list.")
        check_findable(session, actor, found.id)
        person = found
    if person.id == client.id:
        raise BadInput("person_id", "Nobody acts for themselves here; their own account is enough.")
    if acting.between(session, person.id, client.id) is not None:
        raise BadInput("person_id", "This person is in the list already. Change the entry instead.")
    made = ActsFor(
        id=ids.new_id(), person_id=person.id, client_id=client.id, kind=asked.kind, title=asked.title.strip(),
        roles=[role.value for role in dict.fromkeys(asked.roles)], starts_on=asked.starts_on, ends_on=asked.ends_on,
    )
    session.add(made)
    session.info["detail"] = f"{asked.kind} of {client.id}"
    return made.id


@command(Resource.DEMOGRAPHICS, Action.UPDATE)
def change_acting(session: Session, actor: Actor, asked: ChangeActing) -> int:
    """Save as what somebody acts and until when; the client is told of what opens by it (D15). Returns its id.

    Raises BadInput, NotFound, Stale, NotPermitted where it opens more than the actor may decide about.
    """
    found, client = _to_change(session, actor, asked.acts_for_id, asked.revision)
    _check_dates(asked.starts_on, asked.ends_on)
    kept = acting.decisions_of(session, [found.id])
    before = known_of(session, found, client, kept)
    if found.kind is not asked.kind:
        found.verified_at = found.verified_by_id = None
        found.evidence = ""
    found.kind, found.title = asked.kind, asked.title.strip()
    found.roles = [role.value for role in dict.fromkeys(asked.roles)]
    found.starts_on, found.ends_on = asked.starts_on, asked.ends_on
    found.revision += 1
    opened = opened_by(session, client.id, before, known_of(session, found, client, kept), today_of(session, client))
    check_reach(session, actor, client.id, opened)
    tell(session, client, opened, f"{found.id}.{found.revision}")
    session.info["detail"] = f"{asked.kind} of {found.client_id}"
    return found.id


@command(Resource.DEMOGRAPHICS, Action.UPDATE)
def verify_acting(session: Session, actor: Actor, asked: VerifyActing) -> int:
    """Keep how it was verified that somebody may act. Returns its id. Raises NotFound, Stale."""
    found, _ = _to_change(session, actor, asked.acts_for_id, asked.revision)
    evidence = asked.evidence.strip()
    keep_evidence(found, evidence, actor)
    session.info["detail"] = "verified" if evidence else "verification taken back"
    return found.id


def keep_evidence(found: ActsFor, evidence: str, actor: Actor) -> None:
    """Note how it was verified that somebody may act, or (empty) that it is not; callers have authorised it."""
    found.evidence = evidence
    found.verified_at, found.verified_by_id = (clock.now(), actor.staff_id) if evidence else (None, None)
    found.revision += 1


@command(Resource.DEMOGRAPHICS, Action.UPDATE)
def decide_access(session: Session, actor: Actor, asked: DecideAccess) -> int:
    """Grant or deny one scope; it implies no other (X05). The client is told of what opens by it (D15).

    Whoever may change a case decides about it; about everything of the client, whoever may change each of their cases.
    Returns the decision's id. Raises BadInput, NotFound, NotPermitted.
    """
    found, client = _to_decide(session, actor, asked.acts_for_id, asked.case_id)
    _check_dates(asked.starts_on, asked.ends_on)
    if asked.verdict is Verdict.DENIED and not asked.reason.strip():
        raise BadInput("reason", "Give the reason of the denial, for instance a court order and its date.")
    if asked.case_id is not None and all(case.id != asked.case_id for case in cases.cases_of(session, client.id)):
        raise BadInput("case_id", "They do not take part there.")
    before = _known(session, found, client)
    made = AccessDecision(
        id=ids.new_id(), acts_for_id=found.id, case_id=asked.case_id, scope=asked.scope, verdict=asked.verdict,
        starts_on=asked.starts_on, ends_on=asked.ends_on, reason=asked.reason.strip(), acted_as=found.kind,
        decided_by_id=actor.staff_id, decided_at=clock.now(),
    )
    session.add(made)
    _tell_of_new(session, found, client, before, made.id)
    session.info["case_id"] = asked.case_id
    session.info["detail"] = f"{asked.scope} {asked.verdict}, {found.person_id} for {client.id}"
    return made.id


@command(Resource.DEMOGRAPHICS, Action.UPDATE)
def end_decision(session: Session, actor: Actor, asked: EndDecision) -> int:
    """End a grant or a denial; it counts from the next action on (D17), and the client is told of what opens by it.

    Returns its id. Raises DecisionIsEnded, NotFound, NotPermitted.
    """
    decision = session.get(AccessDecision, asked.decision_id)
    if decision is None:
        raise NotFound(actor=actor, action=Action.UPDATE, resource=Resource.DEMOGRAPHICS)
    found, client = _to_decide(session, actor, decision.acts_for_id, decision.case_id)
    if any(end is not None for one, end in acting.decisions_of(session, [found.id]) if one.id == decision.id):
        raise DecisionIsEnded
    before = _known(session, found, client)
    made = AccessEnd(
        id=ids.new_id(), decision_id=decision.id, reason=asked.reason.strip(), ended_by_id=actor.staff_id,
        ended_at=clock.now(),
    )
    session.add(made)
    _tell_of_new(session, found, client, before, made.id)
    session.info["case_id"] = decision.case_id
    session.info["detail"] = f"{decision.scope} {decision.verdict} ended, {found.person_id} for {found.client_id}"
    return decision.id


def _to_decide(session: Session, actor: Actor, acts_for_id: int, case_id: int | None) -> tuple[ActsFor, Person]:
    """How somebody acts and for whom, if the actor may decide about this case, or about everything."""
    found = session.get(ActsFor, acts_for_id)
    if found is None:
        raise NotFound(actor=actor, action=Action.UPDATE, resource=Resource.DEMOGRAPHICS)
    client = person_for(session, actor, found.client_id, Action.UPDATE)
    check_decides(session, actor, client.id, case_id)
    return found, client


def _tell_of_new(session: Session, acts: ActsFor, client: Person, before: rules.Acting, key: int) -> None:
    session.flush()
    after = _known(session, acts, client)
    tell(session, client, opened_by(session, client.id, before, after, today_of(session, client)), str(key))


@command(Resource.CASE, Action.UPDATE)
def switch_notices(session: Session, actor: Actor, asked: SwitchNotices) -> int:
    """Say whether new access is told to the people of a case. Returns the case's id. Raises BadInput, NotFound."""
    case = case_for(session, actor, asked.case_id, Action.UPDATE)
    if asked.off and not asked.reason.strip():
        raise BadInput("reason", "Give the reason, for instance that a message could endanger somebody.")
    session.add(AccessNotice(
        id=ids.new_id(), case_id=case.id, off=asked.off, reason=asked.reason.strip(), decided_by_id=actor.staff_id,
        decided_at=clock.now(),
    ))
    session.info["detail"] = "notices of new access off" if asked.off else "notices of new access on"
    return case.id


def _check_dates(starts_on: date, ends_on: date | None) -> None:
    if ends_on is not None and ends_on <= starts_on:
        raise BadInput("ends_on", "The end has to be after the beginning.")


def _to_change(session: Session, actor: Actor, acts_for_id: int, revision: int) -> tuple[ActsFor, Person]:
    found = to_change(session, actor, ActsFor, acts_for_id, revision, Resource.DEMOGRAPHICS)
    client = person_for(session, actor, found.client_id, Action.UPDATE)
    check_around(session, actor, client.id)
    return found, client


# --- The grid


@reader(Resource.DEMOGRAPHICS)
def access_grid(session: Session, actor: Actor, case_id: int) -> AccessGrid:
    """People × five scopes for everybody who takes part in a case (D11). Raises NotFound."""
    case = case_for(session, actor, case_id, resource=Resource.DEMOGRAPHICS)
    us = practice.the_practice(session)
    people = {
        person.id: person for participant, person in cases.people_in(session, case.id)
        if participant.status is ParticipantStatus.ACTIVE
    }
    found = acting.for_clients(session, list(people))
    kept = acting.decisions_of(session, [acts.id for acts, _ in found])
    staff = {decision.decided_by_id for decision, _ in kept} | {end.ended_by_id for _, end in kept if end is not None}
    staff |= {acts.verified_by_id for acts, _ in found if acts.verified_by_id is not None}
    names = {staff_id: session.get_one(Staff, staff_id).name for staff_id in sorted(staff)}
    notice = acting.last_notice(session, case.id)
    decides = {client_id: decides_everything(session, actor, client_id) for client_id in {
        acts.client_id for acts, _ in found}}
    rows = tuple(
        _row(session, case.id, acts, person, people[acts.client_id],
             [(decision, end) for decision, end in kept if decision.acts_for_id == acts.id], names,
             decides_everything=decides[acts.client_id])
        for acts, person in found
    )
    return AccessGrid(
        rows, {person.id: _name(person) for person in people.values()}, us.helpers_may_schedule,
        notice is not None and notice.off, notice.reason if notice is not None else "", clock.today(us.zone), us.zone,
        may_touch(actor, Action.UPDATE, Resource.DEMOGRAPHICS, responsible=[case.provider_id], case_id=case.id),
    )


def _row(
    session: Session, case_id: int, acts: ActsFor, person: Person, client: Person,
    kept: Sequence[tuple[AccessDecision, AccessEnd | None]], staff: dict[int, str], *, decides_everything: bool,
) -> GridRow:
    us = practice.the_practice(session)
    known, today = known_of(session, acts, client, kept), today_of(session, client)
    cells = {}
    for scope in AccessScope:
        stands = rules.standing(known, scope, case_id=case_id, today=today, helpers_allowed=us.helpers_may_schedule)
        cells[scope] = Cell(stands.is_open, stands.is_decided, stands.why, "; ".join(dict.fromkeys(
            one.reason for one, end in kept if end is None and one.scope is scope and one.verdict is Verdict.DENIED
            and one.case_id in (None, case_id) and rules.counts(one.starts_on, one.ends_on, today)
        )), tuple(
            _decision(decision, end, staff) for decision, end in reversed(kept)
            if decision.scope is scope and decision.case_id in (None, case_id)
        ))
    return GridRow(
        acts.id, acts.revision, person.id, _name(person), client.id, _name(client), acts.kind, acts.title,
        tuple(ContactRole(role) for role in acts.roles), acts.evidence, acts.verified_at,
        staff.get(acts.verified_by_id or 0, ""), acts.starts_on, acts.ends_on, rules.awaits_decision(known, today),
        known.lacks_birth_date, decides_everything,
        rules.desk_refusal(
            known, acts.kind.signs_as, client_born=client.birth_date, case_id=case_id, today=today,
        ) or rules.signing_refusal(known, acts_born=person.birth_date, today=today), cells,
    )


def _decision(decision: AccessDecision, end: AccessEnd | None, staff: dict[int, str]) -> DecisionView:
    return DecisionView(
        decision.id, decision.scope, decision.verdict, decision.case_id, decision.starts_on, decision.ends_on,
        decision.reason, staff[decision.decided_by_id], decision.decided_at, end.ended_at if end else None,
        staff[end.ended_by_id] if end else "", end.reason if end else "",
    )


def _name(person: Person) -> str:
    return person_name(person.first_name, person.last_name, person.preferred_name)


# --- For whoever asks whether something is open


def known_of(
    session: Session, acts: ActsFor, client: Person, kept: Sequence[tuple[AccessDecision, AccessEnd | None]]
) -> rules.Acting:
    """How somebody stands to a client, as the rules take it."""
    zone = ZoneInfo(client.zone or practice.the_practice(session).zone)
    return rules.Acting(
        acts.kind, acts.verified_at is not None, acts.starts_on, acts.ends_on, client.birth_date, tuple(
            rules.Decision(one.scope, one.verdict, one.starts_on, one.ends_on, end is not None, one.case_id,
                           decided_on=one.decided_at.astimezone(zone).date(), acted_as=one.acted_as)
            for one, end in kept
        ), client.died_on,
    )


def _known(session: Session, acts: ActsFor, client: Person) -> rules.Acting:
    return known_of(session, acts, client, acting.decisions_of(session, [acts.id]))


def today_of(session: Session, client: Person) -> date:
    """The date on the client's own wall, where their birthday begins."""
    zone = client.zone or practice.the_practice(session).zone
    return clock.now().astimezone(ZoneInfo(zone)).date()


def who_came_of_age(session: Session, case_ids: Sequence[int]) -> list[tuple[int, Adult]]:
    """Of some cases: whose coming of age asks for a decision about who acts for them, with how they were invited."""
    found = acting.minors_acted_for(session, case_ids)
    kept = acting.decisions_of(session, list({acts.id for _, acts, _ in found}))
    waiting = {
        (case_id, client.preferred_name or client.first_name, client.id)
        for case_id, acts, client in found
        if rules.awaits_decision(
            known_of(session, acts, client, [pair for pair in kept if pair[0].acts_for_id == acts.id]),
            today_of(session, client))
    }
    if not waiting:
        return []
    welcomes = consent_basis.welcomes(session, [client_id for *_, client_id in waiting])
    return [(case_id, Adult(name, welcomes.get(client_id))) for case_id, name, client_id in sorted(waiting)]
