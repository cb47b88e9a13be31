"""The grid of people × five scopes: who acts for the people of a case, and how each scope stands today (D11)."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy.orm import Session

from practicerunner import clock
from practicerunner.records import acting, cases, practice
from practicerunner.records.acting import AccessDecision, AccessEnd, ActsFor
from practicerunner.records.people import Person
from practicerunner.records.staff import Staff
from practicerunner.rules import acting as rules
from practicerunner.rules.names import person_name
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
from practicerunner.workflows.acting import known_of, today_of
from practicerunner.workflows.cases import case_for
from practicerunner.workflows.commands import reader
from practicerunner.workflows.new_access import decides_everything


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
    organisation_id: int | None
    organisation: str
    """For which body they help; empty in their own right."""
    left_organisation_on: date | None
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
        staff.get(acts.verified_by_id or 0, ""), acts.starts_on, acts.ends_on, acts.organisation_id,
        acts.organisation.name if acts.organisation is not None else "", acts.left_organisation_on,
        rules.awaits_decision(known, today), known.lacks_birth_date, decides_everything,
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
