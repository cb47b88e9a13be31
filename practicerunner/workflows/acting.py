"""Who acts for a client, as what and for whom, and how it was verified (D03, D13).

Nothing is open by it: what is decided about each of them is in ``access_decisions``, what that opens in
``portal_access``.
"""

from collections.abc import Sequence
from datetime import date, timedelta
from zoneinfo import ZoneInfo

from pydantic import Field, model_validator
from pydantic_core import PydanticCustomError
from sqlalchemy.orm import Session

from practicerunner import clock, ids
from practicerunner.errors import BadInput, NotFound
from practicerunner.records import acting, consent_basis, practice
from practicerunner.records.acting import AccessDecision, AccessEnd, ActsFor
from practicerunner.records.people import Organisation, Person
from practicerunner.rules import acting as rules
from practicerunner.rules.workflow_state import Adult
from practicerunner.vocabulary import ActingKind, Action, ContactRole, Resource, Verdict
from practicerunner.workflows.access import Actor
from practicerunner.workflows.commands import Command, Line, command, to_change
from practicerunner.workflows.new_access import check_around, check_reach, opened_by, tell
from practicerunner.workflows.people import (
    OrganisationDetails,
    PersonDetails,
    check_findable,
    create_organisation,
    create_person,
    person_for,
)


class AddActing(Command):
    """Say that somebody acts for a client: an existing person, or the details of a new one. It opens nothing.

    With an organisation they help as one of its people; each of them is decided about on their own (D13).
    """

    client_id: int
    person_id: int | None = None
    person: PersonDetails | None = None
    kind: ActingKind
    title: Line = Field(default="", max_length=60)
    roles: tuple[ContactRole, ...] = ()
    starts_on: date
    ends_on: date | None = None
    organisation_id: int | None = None
    organisation: OrganisationDetails | None = None

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
    organisation_id: int | None = None
    organisation: OrganisationDetails | None = None


class LeaveOrganisation(Command):
    """Say that somebody no longer works for the organisation for which they help here."""

    acts_for_id: int


class VerifyActing(Command):
    """Say what was seen that shows that somebody may act; an empty text takes the verification back."""

    acts_for_id: int
    revision: int
    evidence: Line = Field(default="", max_length=300)


@command(Resource.DEMOGRAPHICS, Action.UPDATE)
def add_acting(session: Session, actor: Actor, asked: AddActing) -> int:
    """Add somebody who acts for a client; nothing is granted by it (X04). Returns its id. Raises BadInput, NotFound."""
    client = person_for(session, actor, asked.client_id, Action.UPDATE)
    check_dates(asked.starts_on, asked.ends_on)
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
    body = _organisation(session, asked)
    made = ActsFor(
        id=ids.new_id(), person_id=person.id, client_id=client.id, kind=asked.kind, title=asked.title.strip(),
        roles=[role.value for role in dict.fromkeys(asked.roles)], starts_on=asked.starts_on, ends_on=asked.ends_on,
        organisation_id=body,
    )
    session.add(made)
    session.info["detail"] = f"{asked.kind} of {client.id}{f', for organisation {body}' if body else ''}"
    return made.id


def _organisation(session: Session, asked: AddActing | ChangeActing) -> int | None:
    """For which organisation somebody is to help; ``None`` in their own right. Raises BadInput."""
    if asked.organisation is None and asked.organisation_id is None:
        return None
    if asked.kind.is_representative:
        raise BadInput("kind", "Whoever stands in for somebody does so in their own right, not for an organisation.")
    if asked.organisation is not None:
        return create_organisation(session, asked.organisation)[0].id
    if session.get(Organisation, asked.organisation_id) is None:
        raise BadInput("organisation_id", "That organisation is no longer in the list.")
    return asked.organisation_id


@command(Resource.DEMOGRAPHICS, Action.UPDATE)
def change_acting(session: Session, actor: Actor, asked: ChangeActing) -> int:
    """Save as what somebody acts and until when; the client is told of what opens by it (D15). Returns its id.

    Of what they were granted nothing stays open when they help for another organisation, or for none any more.

    Raises BadInput, NotFound, Stale, NotPermitted where it opens more than the actor may decide about.
    """
    found, client = _to_change(session, actor, asked.acts_for_id, asked.revision)
    check_dates(asked.starts_on, asked.ends_on)
    before, body = known_now(session, found, client), _organisation(session, asked)
    if found.organisation_id != body:
        _end_grants(session, actor, found, "They act for somebody else now.")
        found.organisation_id, found.left_organisation_on = body, None
    if found.left_organisation_on is not None and (
        asked.ends_on is None or asked.ends_on > max(found.left_organisation_on, found.ends_on or date.min)
    ):  # they work there again; what they may is decided anew
        found.left_organisation_on = None
    if found.kind is not asked.kind:
        found.verified_at = found.verified_by_id = None
        found.evidence = ""
    found.kind, found.title = asked.kind, asked.title.strip()
    found.roles = [role.value for role in dict.fromkeys(asked.roles)]
    found.starts_on, found.ends_on = asked.starts_on, asked.ends_on
    found.revision += 1
    session.flush()
    session.expire(found, ["organisation"])
    opened = opened_by(session, client.id, before, known_now(session, found, client), today_of(session, client))
    check_reach(session, actor, client.id, opened)
    tell(session, client, opened, found.id, f"r{found.revision}")
    session.info["detail"] = f"{asked.kind} of {found.client_id}"
    return found.id


@command(Resource.DEMOGRAPHICS, Action.UPDATE)
def leave_organisation(session: Session, actor: Actor, asked: LeaveOrganisation) -> int:
    """End at once what somebody was granted as one of an organisation, for every client. Returns the person's id.

    Whoever may change how they act for one client may say so; a denial stays. Raises NotFound, BadInput.
    """
    named = session.get(ActsFor, asked.acts_for_id)
    if named is None:
        raise NotFound(actor=actor, action=Action.UPDATE, resource=Resource.DEMOGRAPHICS)
    client = person_for(session, actor, named.client_id)
    check_around(session, actor, client.id)
    body = named.organisation_id
    found = acting.of_organisation(session, named.person_id, body) if body is not None else []
    if named not in found or named.left_organisation_on is not None:
        raise BadInput("acts_for_id", "They do not help for an organisation any more.")
    for one in found:
        today = today_of(session, session.get_one(Person, one.client_id))
        _end_grants(session, actor, one, "They no longer work there.")
        one.left_organisation_on = today
        end = max(today, one.starts_on + timedelta(days=1))  # after the beginning, as every end
        one.ends_on = min(one.ends_on or end, end)
        one.revision += 1
    session.info["detail"] = f"organisation {body}, {len(found)} clients"
    return named.person_id


def _end_grants(session: Session, actor: Actor, acts: ActsFor, reason: str) -> None:
    for decision, end in acting.decisions_of(session, [acts.id]):
        if end is None and decision.verdict is Verdict.GRANTED:
            session.add(AccessEnd(
                id=ids.new_id(), decision_id=decision.id, reason=reason, ended_by_id=actor.staff_id,
                ended_at=clock.now()))
    session.flush()


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


def check_dates(starts_on: date, ends_on: date | None) -> None:
    """Refuse an end that is not after the beginning. Raises BadInput at ``ends_on``."""
    if ends_on is not None and ends_on <= starts_on:
        raise BadInput("ends_on", "The end has to be after the beginning.")


def _to_change(session: Session, actor: Actor, acts_for_id: int, revision: int) -> tuple[ActsFor, Person]:
    """An entry with its client, both locked, the client first as in every other act. Raises NotFound, Stale."""
    client_id = acting.client_of(session, acts_for_id)
    if client_id is None:
        raise NotFound(actor=actor, action=Action.UPDATE, resource=Resource.DEMOGRAPHICS, resource_id=acts_for_id)
    client = person_for(session, actor, client_id, Action.UPDATE)
    check_around(session, actor, client.id)
    return to_change(session, actor, ActsFor, acts_for_id, revision, Resource.DEMOGRAPHICS), client


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


def known_now(session: Session, acts: ActsFor, client: Person) -> rules.Acting:
    """As ``known_of``, with all that is decided by now."""
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
