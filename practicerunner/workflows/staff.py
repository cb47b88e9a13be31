"""The people who work here: adding them, their roles, who supervises whom. Accounts: ``workflows.invitations``."""

import re
from collections.abc import Iterable
from datetime import date

from pydantic import Field, field_validator
from pydantic_core import PydanticCustomError
from sqlalchemy.orm import Session

from practicerunner import clock
from practicerunner.errors import BadInput, NotFound, RuleViolation
from practicerunner.records import audit, cases, practice, private_releases, scheduling, staff
from practicerunner.records.scheduling import Appointment
from practicerunner.records.staff import Staff, StaffRole, Supervision
from practicerunner.rules import identifiers
from practicerunner.rules.notes import needs_cosignature
from practicerunner.rules.supervision import Term, covers, inherited
from practicerunner.vocabulary import Action, CustodyEnd, Resource, Role, SupervisionLevel
from practicerunner.workflows.access import Actor, authorize
from practicerunner.workflows.commands import Command, Line, RequiredLine, checked, command, reader, to_change

COLOURS = ("#0F766E", "#B45309", "#6D28D9", "#0369A1", "#BE123C", "#4D7C0F", "#A21CAF", "#475569")
"""Given in turn to new providers: told apart on the calendar in light and in dark."""


class LastOwner(RuleViolation):
    """The practice needs at least one active owner."""


class StaffDetails(Command):
    """Who somebody is and what they may do."""

    first_name: RequiredLine
    last_name: Line = ""
    email: RequiredLine
    credentials: Line = ""
    npi: Line = ""
    licence: Line = ""
    taxonomy: Line = ""
    video_link: str = Field(default="", max_length=300)
    roles: frozenset[Role] = Field(min_length=1)
    is_clinical_director: bool = False
    supervisor_id: int | None = None
    """Who supervises them by default from today on; left out, it stays as it is. See ``assignments`` for the rest."""

    @field_validator("email")
    @classmethod
    def _plausible_email(cls, value: str) -> str:
        from email_validator import EmailNotValidError, validate_email

        try:
            return validate_email(value.strip(), check_deliverability=False).normalized.lower()
        except EmailNotValidError:
            raise PydanticCustomError("email", "Write an e-mail address, for example name@practice.org.") from None

    @field_validator("video_link")
    @classmethod
    def _whole_address(cls, value: str) -> str:
        if value and not re.fullmatch(r"https://[!-~]+", value.strip()):
            raise PydanticCustomError("video_link", "Write the whole address, beginning with https://")
        return value.strip()

    _right_npi = field_validator("npi")(checked(identifiers.npi_problem))
    _right_taxonomy = field_validator("taxonomy")(checked(identifiers.taxonomy_problem))


class AddStaff(StaffDetails):
    """Take somebody on."""


class ChangeStaff(StaffDetails):
    """Change details, roles or supervisor, or end the account."""

    staff_id: int
    revision: int
    active: bool = True


@command(Resource.USERS, Action.MANAGE)
def add_staff(session: Session, actor: Actor, asked: AddStaff) -> int:
    """Add a member of staff, who can sign in once an invitation was accepted. Returns the staff id."""
    authorize(session, actor, Action.MANAGE, Resource.USERS, responsible=())
    return create_staff(session, asked)


def create_staff(session: Session, asked: StaffDetails) -> int:
    """Write a new member of staff; also for the first owner, before there is anybody to ask."""
    if staff.staff_by_email(session, asked.email):
        raise BadInput("email", "Somebody with this e-mail address is already here.")
    person = Staff(
        first_name=asked.first_name, last_name=asked.last_name, email=asked.email, credentials=asked.credentials,
        npi=asked.npi, licence=asked.licence, taxonomy=asked.taxonomy,
        video_link=asked.video_link,
        is_clinical_director=asked.is_clinical_director, colour=COLOURS[staff.count_staff(session) % len(COLOURS)],
        roles=[StaffRole(role=role) for role in sorted(asked.roles)],
    )
    session.add(person)
    session.flush()
    _assign_supervisor(session, person, asked)
    return person.id


_COPIED = (
    "first_name", "last_name", "email", "credentials", "npi", "licence", "taxonomy", "video_link",
    "is_clinical_director", "active",
)


@command(Resource.USERS, Action.MANAGE)
def change_staff(session: Session, actor: Actor, asked: ChangeStaff) -> int:
    """Change somebody's details or roles; takes effect on their next click. Raises LastOwner, Stale."""
    authorize(session, actor, Action.MANAGE, Resource.USERS, responsible=())
    person = to_change(session, actor, Staff, asked.staff_id, asked.revision, Resource.USERS)
    holder = staff.staff_by_email(session, asked.email)
    if holder is not None and holder.id != person.id:
        raise BadInput("email", "Somebody with this e-mail address is already here.")
    if asked.active and not person.active:
        _end_custodies(session, actor, person.id)
    for name in _COPIED:
        setattr(person, name, getattr(asked, name))
    held = {r.role: r for r in person.roles}
    person.roles = [held.get(role) or StaffRole(role=role) for role in sorted(asked.roles)]
    person.revision += 1
    session.flush()
    if not staff.has_active_owner(session):
        raise LastOwner
    _assign_supervisor(session, person, asked)
    return person.id


def _end_custodies(session: Session, actor: Actor, staff_id: int) -> None:
    """Whoever is back decides on their private notes themselves: what was asked for meanwhile ends (C14)."""
    for custody in private_releases.not_ended(session, staff_id):
        custody.ended_at, custody.ended_by_id, custody.ended_as = clock.now(), actor.staff_id, CustodyEnd.AUTHOR_BACK
        audit.note(
            session, staff_id=actor.staff_id, role=session.info.get("role", ""), action="end_custody",
            resource=Resource.PSYCHOTHERAPY_NOTE, resource_id=custody.id, case_id=custody.case_id,
            detail=f"notes of {staff_id}, who is back",
        )


def _assign_supervisor(session: Session, person: Staff, asked: StaffDetails) -> None:
    """Make the supervisor of today the one asked for; what was before stays as dated rows (C31)."""
    if "supervisor_id" not in asked.model_fields_set:
        return
    if asked.supervisor_id is not None:
        check_supervisor(session, person.id, asked.supervisor_id)
    today = clock.today(practice.the_practice(session).zone)
    known = staff.supervisions(session, associate_id=person.id, lock=True)
    current = next((one for one in reversed(known) if one.is_default and covers(one, today)), None)
    if (current.supervisor_id if current else None) == asked.supervisor_id:
        return
    if current:
        current.ends_on = today
    if asked.supervisor_id is not None:
        for one in known:
            if one.supervisor_id == asked.supervisor_id and covers(one, today):
                one.ends_on = today
        session.add(Supervision(
            associate_id=person.id, supervisor_id=asked.supervisor_id, starts_on=today, level=usual_level(person),
            ends_on=min((one.starts_on for one in known if one.is_default and one.starts_on > today), default=None),
        ))
    session.flush()
    follow(session, scheduling.followers(session, today, provider_id=person.id))


def check_supervisor(session: Session, staff_id: int, supervisor_id: int) -> Staff:
    """Who is going to supervise somebody. Raises BadInput for themselves and for whoever is no supervisor."""
    if supervisor_id == staff_id:
        raise BadInput("supervisor_id", "Nobody supervises themselves.")
    chosen = session.get(Staff, supervisor_id)
    if chosen is None or Role.SUPERVISOR not in {r.role for r in chosen.roles}:
        raise BadInput("supervisor_id", "Choose somebody with the supervisor role.")
    return chosen


def usual_level(person: Staff) -> SupervisionLevel:
    """How far somebody is supervised unless it is said otherwise: an associate's notes wait, a provider's do not."""
    associate = needs_cosignature({held.role for held in person.roles})
    return SupervisionLevel.CO_SIGN if associate else SupervisionLevel.ACCESS


def follow(session: Session, appointments: Iterable[tuple[Appointment, int | None]]) -> None:
    """Let appointments have the supervisor whom their case, given beside each, or their provider has by now (E24)."""
    known: dict[int, list[Supervision]] = {}
    for found, case_supervisor_id in appointments:
        if found.provider_id not in known:
            known[found.provider_id] = scheduling.supervisions_over(session, found.provider_id)
        found.supervisor_id = inherited(
            case_supervisor_id, found.provider_id, known[found.provider_id], found.local_date)
    session.flush()


@reader(Resource.USERS)
def staff_list(session: Session, actor: Actor) -> list[Staff]:
    """Everybody for whoever manages users; a supervisor sees their own list."""
    everybody = staff.all_staff(session)
    if Role.OWNER in actor.roles:
        return everybody
    return [person for person in everybody if person.id in actor.supervisees]


@reader(Resource.USERS)
def supervisor_ids(session: Session, actor: Actor) -> dict[int, int]:
    """Member of staff → who supervises them today, as far as the actor sees the list."""
    today = clock.today(practice.the_practice(session).zone)
    seen = {person.id for person in staff_list(session, actor)}
    return {who: by for who, by in staff.supervisors_on(session, today).items() if who in seen}


def actor_for(session: Session, staff_id: int) -> Actor:
    """The acting person as the database knows them now. Raises NotFound if they no longer work here."""
    person = staff.staff_with_own_roles(session, staff_id)
    if person is None or not person.active:
        raise NotFound(action="act", resource=Resource.USERS)
    us = practice.the_practice(session)
    today = clock.today(us.zone)
    terms = tuple(
        Term(one.associate_id, one.supervisor_id, one.level, one.starts_on, one.ends_on)
        for one in staff.supervised_by(session, person.id)
    )
    return Actor(
        staff_id=person.id, name=person.name, roles=frozenset(r.role for r in person.roles),
        is_clinical_director=person.is_clinical_director,
        supervisees=frozenset(term.associate_id for term in terms if covers(term, today)), terms=terms,
        person_id=person.person_id, supervises_messages=us.supervision_includes_messages,
        own_cases=frozenset() if person.person_id is None else cases.case_ids_of(session, person.person_id),
    )


def colleagues(session: Session) -> list[Actor]:
    """Everybody who works here, by name, as they would act on what is their own or the whole practice's: for offers.

    Whom they supervise is left out, what is theirs as clients is not.
    """
    return [
        Actor(one.staff_id, one.name, one.roles, person_id=one.person_id, own_cases=(
            frozenset() if one.person_id is None else cases.case_ids_of(session, one.person_id)))
        for one in staff.active_with_roles(session)
    ]


def supervisor_on(session: Session, staff_id: int, day: date) -> int | None:
    """Id of the supervisor of a member of staff on a day, if there is one."""
    current = staff.supervision_of(session, staff_id, day)
    return current.supervisor_id if current else None
