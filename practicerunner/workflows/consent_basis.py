"""Who consented to each participant's treatment, by which age of the practice's own list, and what follows (A20).

What a minor consented to themselves is confidential to them by default: appointments from that day on, and what is
booked, uploaded or given to fill in afterwards. Staff can say otherwise for each.
"""

from dataclasses import dataclass
from datetime import date

from pydantic import Field, field_validator
from pydantic_core import PydanticCustomError
from sqlalchemy.orm import Session

from practicerunner import clock, ids
from practicerunner.errors import BadInput, NotFound, RuleViolation, Stale
from practicerunner.records import acting, cases, consent_basis, people, portal, practice
from practicerunner.records.consent_basis import BasisDecision
from practicerunner.records.consent_basis import StateAge as Kept
from practicerunner.records.people import Person
from practicerunner.rules import consent_basis as rules
from practicerunner.rules.case_types import CASE_TYPES, capabilities
from practicerunner.rules.consent_basis import StateAge
from practicerunner.rules.names import person_name
from practicerunner.rules.note_details import STATES
from practicerunner.rules.signing import is_adult
from practicerunner.vocabulary import Action, ConsentBasis, ParticipantStatus, Resource
from practicerunner.workflows.access import Actor, authorize
from practicerunner.workflows.acting import today_of
from practicerunner.workflows.cases import case_for
from practicerunner.workflows.commands import Command, Line, command, reader
from practicerunner.workflows.minors import consenting_alone
from practicerunner.workflows.people import person_for


class NeedsConfirming(RuleViolation):
    """Something has to be confirmed, with a reason, before this is saved."""


def _known_state(value: str) -> str:
    if value and value not in STATES:
        raise PydanticCustomError("state", "Choose a state from the list.")
    return value


class SetConsentBasis(Command):
    """Say who consented to a participant's treatment, from a day on."""

    case_id: int
    person_id: int
    basis: ConsentBasis
    since: date
    state: str = ""
    """Whose age counts, where a minor consented."""
    reason: Line = Field(default="", max_length=300)
    confirmed: bool = False
    """That it is so all the same, after what was said about the age."""

    _state = field_validator("state")(_known_state)


class SetStateAge(Command):
    """Set the age from which the practice takes a minor's own consent in a state, and say whether it is confirmed."""

    state: str
    revision: int = 0
    """Of the line as it was shown; 0 for an example or a new one."""
    age: int = Field(ge=rules.YOUNGEST, le=rules.OLDEST)
    confirmed: bool

    @field_validator("state")
    @classmethod
    def _is_a_state(cls, value: str) -> str:
        if not value:
            raise PydanticCustomError("state", "Choose a state from the list.")
        return _known_state(value)


@dataclass(frozen=True, slots=True)
class AgeLine:
    """The age of one state, as the list shows it."""

    state: str
    age: int
    revision: int
    """0 for an example."""
    confirmed_on: date | None
    confirmed_by: str

    @property
    def is_example(self) -> bool:
        """Whether the practice has not touched it yet."""
        return self.revision == 0


@dataclass(frozen=True, slots=True)
class ConsentView:
    """Who consented to the treatment of one participant."""

    person_id: int
    name: str
    age: int | None
    basis: ConsentBasis | None
    """``None`` while nobody has said."""
    since: date | None
    state: str
    reason: str
    concern: str
    """What was said before it was set all the same."""
    decided_by: str
    is_minor: bool
    is_confidential: bool
    """Whether what is booked now is confidential to them."""
    is_represented: bool
    """Whether somebody stands in for them, such as a parent; whoever only helps does not count."""
    shares_mailbox: bool
    """Whether somebody else has the e-mail address to which they let us write."""
    today: date
    """On their own wall."""


@command(Resource.DEMOGRAPHICS, Action.UPDATE)
def set_consent_basis(session: Session, actor: Actor, asked: SetConsentBasis) -> int:
    """Keep who consented. Returns the person's id. Raises NotFound, BadInput, NeedsConfirming.

    A change needs a reason; so does a minor's own consent against the age of their state, which has to be confirmed.
    Where a minor consented, their appointments from that day on become confidential to them, and links to the portal
    that went to a mailbox which is not theirs alone stop working.
    """
    case = case_for(session, actor, asked.case_id, resource=Resource.DEMOGRAPHICS)
    person = person_for(session, actor, asked.person_id, Action.UPDATE)
    if all(one.id != person.id for _, one in cases.people_in(session, case.id)) or not (
        capabilities(case.type).confidential
    ):
        raise NotFound(actor=actor, action=Action.UPDATE, resource=Resource.DEMOGRAPHICS, case_id=case.id)
    today = today_of(session, person)
    if asked.since > today:
        raise BadInput("since", "Consent that is not given yet is set once it is.")
    problem = rules.misfit(asked.basis, person.birth_date, today)
    if problem:
        raise BadInput("basis", problem)
    concern = _concern(session, person, today, asked.state) if asked.basis is ConsentBasis.MINOR else ""
    before = consent_basis.last_of(session, [person.id]).get(person.id)
    if not asked.reason.strip() and (concern or before is not None):
        raise BadInput("reason", "Give the reason; it is kept with the change.")
    if concern and not asked.confirmed:
        raise NeedsConfirming(concern)
    session.add(BasisDecision(
        id=ids.new_id(), person_id=person.id, basis=asked.basis, since=asked.since,
        state=asked.state if asked.basis is ConsentBasis.MINOR else "", reason=asked.reason.strip(),
        concern=concern, decided_by_id=actor.staff_id, decided_at=clock.now(),
    ))
    session.flush()
    number = 0
    if person.id in consenting_alone(session, [person.id]):
        kinds = [kind for kind, able in CASE_TYPES.items() if able.confidential]
        for row in consent_basis.appointments_since(session, person.id, asked.since, kinds):
            if not consent_basis.together_with_who_acts(session, row.case_id, [person.id]):
                row.confidential, number = True, number + 1
        if not consent_basis.own_address(session, person.id):  # a link that lies in somebody else's mailbox
            portal.withdraw_invitations(session, person.id, clock.now())
    session.info["case_id"] = case.id
    session.info["detail"] = f"{asked.basis} for {person.id}" + (f", {number} appointments confidential" * bool(number))
    return person.id


def _concern(session: Session, person: Person, today: date, state: str) -> str:
    """What is said before a minor's own consent is set; empty where nothing has to be."""
    found = next((one for one in rules.with_examples(_own(session)) if one.state == state), None)
    return rules.concern(person.birth_date, today, state, found)


def _own(session: Session) -> list[StateAge]:
    return [StateAge(one.state, one.age, one.confirmed_on) for one, _ in consent_basis.state_ages(session)]


@reader(Resource.DEMOGRAPHICS)
def consent_concern(session: Session, actor: Actor, person_id: int, state: str) -> str:
    """The sentence that staff read before they set that somebody consented as a minor; empty where there is none."""
    person = person_for(session, actor, person_id)
    return _concern(session, person, today_of(session, person), state)


@reader(Resource.DEMOGRAPHICS)
def consent_of_case(session: Session, actor: Actor, case_id: int) -> list[ConsentView]:
    """Who consented to the treatment of each participant; empty where that is not kept. Raises NotFound."""
    case = case_for(session, actor, case_id, resource=Resource.DEMOGRAPHICS)
    if not capabilities(case.type).confidential:
        return []
    here = {
        person.id: person for participant, person in cases.people_in(session, case.id)
        if participant.status is not ParticipantStatus.LEFT
    }
    decided = consent_basis.last_of(session, here)
    alone = consenting_alone(session, here)
    represented = {row.client_id for row, _ in acting.for_clients(session, list(here)) if row.kind.is_representative}
    return [
        _view(session, person, decided.get(person.id), confidential=person.id in alone,
              represented=person.id in represented)
        for person in here.values()
    ]


def _view(
    session: Session, person: Person, decided: tuple[BasisDecision, object] | None, *, confidential: bool,
    represented: bool,
) -> ConsentView:
    today = today_of(session, person)
    row, by = decided or (None, None)
    minor = is_adult(person.birth_date, today) is False
    return ConsentView(
        person.id, _name(person), rules.age_on(person.birth_date, today) if person.birth_date else None,
        row.basis if row else None, row.since if row else None, row.state if row else "", row.reason if row else "",
        row.concern if row else "", getattr(by, "name", ""), minor, confidential, represented,
        (minor or confidential) and bool(people.mail_address(session, person.id))
        and not consent_basis.own_address(session, person.id),
        today,
    )


def _name(person: Person) -> str:
    return person_name(person.first_name, person.last_name, person.preferred_name)


# --- The ages


@reader(Resource.PRACTICE_SETTINGS)
def state_ages(session: Session, actor: Actor) -> list[AgeLine]:
    """The practice's ages by state, with examples for states of which it has none."""
    own = {one.state: (one, by) for one, by in consent_basis.state_ages(session)}
    lines = []
    for one in rules.with_examples(_own(session)):
        kept, by = own.get(one.state, (None, None))
        lines.append(AgeLine(
            one.state, one.age, kept.revision if kept else 0, one.confirmed_on, by.name if by is not None else ""))
    return lines


@command(Resource.PRACTICE_SETTINGS, Action.MANAGE)
def set_state_age(session: Session, actor: Actor, asked: SetStateAge) -> int:
    """Keep the age of a state. Returns the line's id. Raises Stale."""
    authorize(session, actor, Action.MANAGE, Resource.PRACTICE_SETTINGS, responsible=())
    us = practice.the_practice(session)
    kept = consent_basis.state_age(session, asked.state)
    if (kept.revision if kept else 0) != asked.revision:
        raise Stale
    if kept is None:
        kept = Kept(id=ids.new_id(), state=asked.state, age=asked.age, revision=0)
        session.add(kept)
    kept.age = asked.age
    kept.confirmed_on = clock.today(us.zone) if asked.confirmed else None
    kept.confirmed_by_id = actor.staff_id if asked.confirmed else None
    kept.revision += 1
    session.info["detail"] = f"{asked.state}: {asked.age}, {'' if asked.confirmed else 'not '}confirmed"
    session.flush()
    return kept.id
