"""In which states somebody is licensed, for the warning beside a session by video or phone (C40)."""

from typing import Annotated

from pydantic import AfterValidator, Field
from pydantic_core import PydanticCustomError
from sqlalchemy.orm import Session

from practicerunner.errors import NotFound
from practicerunner.records.base import FOR_CHANGE
from practicerunner.records.staff import Staff
from practicerunner.rules.note_details import STATES, states_of
from practicerunner.vocabulary import Action, Resource
from practicerunner.workflows.access import Actor, authorize
from practicerunner.workflows.commands import Command, command


def _known(text: str) -> str:
    unknown = [code for code in states_of(text) if code not in STATES]
    if unknown:
        raise PydanticCustomError("states", "Write states as two letters with commas between them, such as NY, NJ.")
    return ", ".join(dict.fromkeys(states_of(text)))


class SetLicenceStates(Command):
    """Say in which states somebody is licensed; nothing is "not known"."""

    staff_id: int
    licence_states: Annotated[str, Field(max_length=240), AfterValidator(_known)] = ""


@command(Resource.USERS, Action.MANAGE)
def set_licence_states(session: Session, actor: Actor, asked: SetLicenceStates) -> int:
    """Keep the states in which somebody is licensed. Returns the staff id."""
    authorize(session, actor, Action.MANAGE, Resource.USERS, responsible=())
    person = session.get(Staff, asked.staff_id, with_for_update=FOR_CHANGE)
    if person is None:
        raise NotFound(actor=actor, action=Action.UPDATE, resource=Resource.USERS, resource_id=asked.staff_id)
    person.licence_states = asked.licence_states
    session.info["detail"] = asked.licence_states
    return person.id
