"""Who of the staff is a client of the practice as well: what is theirs is closed to them by the staff's way (A11)."""

from sqlalchemy.orm import Session

from practicerunner.errors import BadInput
from practicerunner.records import staff
from practicerunner.records.people import Person
from practicerunner.records.staff import Staff
from practicerunner.rules.names import person_name
from practicerunner.vocabulary import Action, Resource, Role
from practicerunner.workflows.access import Actor, authorize
from practicerunner.workflows.commands import Command, command, reader, to_change


class SetOwnRecord(Command):
    """Say who a member of staff is as a client of the practice; ``None``: they are none."""

    staff_id: int
    revision: int
    person_id: int | None = None


@command(Resource.USERS, Action.MANAGE)
def set_own_record(session: Session, actor: Actor, asked: SetOwnRecord) -> int:
    """Keep who a member of staff is as a client; it counts from their next click on. Returns the staff id.

    Raises BadInput, NotFound, Stale.
    """
    authorize(session, actor, Action.MANAGE, Resource.USERS, responsible=())
    found = to_change(session, actor, Staff, asked.staff_id, asked.revision, Resource.USERS)
    if found.id == actor.staff_id and found.person_id not in (None, asked.person_id) and _another_owner(session, actor):
        raise BadInput("person_id", "What is your own was closed to you by this. Another owner changes it.")
    if asked.person_id is not None:
        if session.get(Person, asked.person_id) is None:
            raise BadInput("person_id", "That person is no longer in the list.")
        other = staff.staff_of_person(session, asked.person_id)
        if other is not None and other.id != found.id:
            raise BadInput("person_id", f"This person is {other.name} already.")
    found.person_id = asked.person_id
    found.revision += 1
    session.info["detail"] = f"staff {found.id} is person {asked.person_id}" if asked.person_id else (
        f"staff {found.id} is no client")
    return found.id


def _another_owner(session: Session, actor: Actor) -> bool:
    return any(
        Role.OWNER in one.roles for one in staff.active_with_roles(session) if one.staff_id != actor.staff_id)


@reader(Resource.USERS)
def own_records(session: Session, actor: Actor) -> dict[int, str]:
    """Member of staff → their name as a client, for whoever manages users; that somebody is one is nobody else's."""
    authorize(session, actor, Action.MANAGE, Resource.USERS, responsible=())
    return {
        staff_id: person_name(person.first_name, person.last_name, person.preferred_name)
        for staff_id, person in staff.staff_who_are_clients(session)
    }
