"""Harbor Lane Practice before its first client: the practice, its rooms and fees, and the people who work there."""

from dataclasses import dataclass, field
from datetime import date, time, timedelta

from pydantic import SecretStr
from sqlalchemy import Engine
from sqlalchemy.orm import Session

from practicerunner import clock, database
from practicerunner.demo.people import ADDRESS, GROUP_ROOM, NPIS, OWNER, PRACTICE, ROOMS, STAFF, ZONE
from practicerunner.errors import RuleViolation
from practicerunner.records import practice
from practicerunner.records.staff import Staff
from practicerunner.rules.scheduling import moment
from practicerunner.vocabulary import Role
from practicerunner.workflows.access import Actor
from practicerunner.workflows.first_run import FIRST_LOCATION, PLAIN_SERVICES, SetUpPractice, set_up_practice
from practicerunner.workflows.invitations import Invite, accept_invitation, invite
from practicerunner.workflows.licences import SetLicenceStates, set_licence_states
from practicerunner.workflows.practice import (
    AddLocation,
    ChangePractice,
    add_location,
    change_practice,
)
from practicerunner.workflows.reminders import SetPracticeReminders, set_practice_reminders
from practicerunner.workflows.sign_in import DEMO_PASSWORD
from practicerunner.workflows.staff import AddStaff, ChangeStaff, actor_for, add_staff, change_staff

ADMIN = "Glenn"
"""Who keeps the front desk."""


class Refused(RuleViolation):
    """There is a practice in this database already, so nothing was changed. Point DATABASE_URL at an empty one,
    for example sqlite:///data/demo.db
    """


@dataclass
class House:
    """The practice with everybody and everything at hand, by name."""

    actors: dict[str, Actor] = field(default_factory=dict)
    emails: dict[str, str] = field(default_factory=dict)
    services: dict[str, int] = field(default_factory=dict)
    rooms: dict[str, int] = field(default_factory=dict)

    def staff_id(self, first: str) -> int:
        """Id of a member of staff by first name."""
        return self.actors[first].staff_id


def found_practice(engine: Engine, day: date) -> House:
    """Set the practice up as of a day, through the first run and the owner's settings."""
    house = House(emails={first: f"{first.lower()}@harborlane.example" for first in STAFF})
    with clock.frozen(moment(day, time(9), ZONE)), database.transaction(engine) as session:
        owner_id = set_up_practice(session, SetUpPractice(
            name=PRACTICE, zone=ZONE, address=ADDRESS, first_name=OWNER, last_name=STAFF[OWNER][0],
            email=house.emails[OWNER], password=SecretStr(DEMO_PASSWORD),
        ), is_demo=True, totp_required=False)
        session.flush()
        _furnish(session, house, actor_for(session, owner_id))
    with clock.frozen(moment(day + timedelta(days=1), time(9), ZONE)), database.transaction(engine) as session:
        _employ(session, house, actor_for(session, owner_id))
    return house


def video_link(first: str) -> str:
    """Where somebody's video appointments are held."""
    return f"https://meet.harborlane.example/{first.lower()}"


def registered(first: str) -> dict[str, str]:
    """The numbers under which somebody may treat and bill; nothing for who does neither."""
    npi = NPIS.get(first, "")
    return {"npi": npi, "licence": f"NY {npi[-6:]}"} if npi else {}


def _furnish(session: Session, house: House, owner: Actor) -> None:
    last, credentials, roles, _ = STAFF[OWNER]
    change_staff(session, owner, ChangeStaff(
        staff_id=owner.staff_id, revision=session.get_one(Staff, owner.staff_id).revision, first_name=OWNER,
        last_name=last, email=house.emails[OWNER], credentials=credentials, roles=roles, is_clinical_director=True,
        video_link=video_link(OWNER), **registered(OWNER),
    ))
    here = practice.the_practice(session)
    change_practice(session, owner, ChangePractice(
        revision=here.revision, name=PRACTICE, zone=ZONE, address=ADDRESS, phone="(631) 555-0199",
        email="desk@harborlane.example", tax_id="00-1234567", late_cancel_hours=24, missed_fee_basis_points=5000,
        note_due_hours=48, payment_due_days=14, totp_required=False,
        helpers_may_schedule=True,
    ))
    set_practice_reminders(session, owner, SetPracticeReminders(hours=(24,)))
    for room in sorted({*ROOMS.values(), GROUP_ROOM}):
        house.rooms[room] = add_location(session, owner, AddLocation(name=room, address=ADDRESS, is_room=True))
    session.flush()
    for name, *_ in PLAIN_SERVICES:
        service = practice.service_named(session, name)
        if service is not None:
            house.services[name] = service.id
    office = practice.location_named(session, FIRST_LOCATION)
    if office is not None:
        house.rooms[FIRST_LOCATION] = office.id


def _employ(session: Session, house: House, owner: Actor) -> None:
    ids = {OWNER: owner.staff_id}
    for first, (last, credentials, roles, supervisor) in STAFF.items():
        if first != OWNER:
            ids[first] = add_staff(session, owner, AddStaff(
                first_name=first, last_name=last, email=house.emails[first], credentials=credentials, roles=roles,
                supervisor_id=ids[supervisor] if supervisor else None,
                video_link="" if roles == {Role.ADMIN} else video_link(first), **registered(first),
            ))
            session.flush()
            if roles != {Role.ADMIN}:
                set_licence_states(session, owner, SetLicenceStates(staff_id=ids[first], licence_states="NY"))
            accept_invitation(session, invite(session, owner, Invite(staff_id=ids[first])), DEMO_PASSWORD)
    session.flush()
    house.actors = {first: actor_for(session, staff_id) for first, staff_id in ids.items()}
