"""Links between people, emergency contacts, and links to organisations. They only say something; none grants access.

(D02, C16.) An organisation is added with its standing as payer, so that it can be chosen where bills are paid.
"""

from dataclasses import dataclass

from pydantic import model_validator
from pydantic_core import PydanticCustomError
from sqlalchemy.orm import Session

from practicerunner import ids
from practicerunner.errors import BadInput, NotFound
from practicerunner.records import acting, relations
from practicerunner.records.cases import OrganisationLink, Relationship
from practicerunner.records.people import Organisation, Person
from practicerunner.rules import names
from practicerunner.vocabulary import Action, ContactKind, OrganisationKind, RelationshipKind, Resource
from practicerunner.workflows.access import Actor
from practicerunner.workflows.cases import case_for
from practicerunner.workflows.commands import Command, command, reader
from practicerunner.workflows.people import (
    OrganisationDetails,
    PersonDetails,
    check_findable,
    create_organisation,
    create_person,
    person_for,
)

MOST_FOUND = 12


class AddRelationship(Command):
    """Say what somebody is to a person: an existing person, or the details of a new one."""

    person_id: int
    other_id: int | None = None
    other: PersonDetails | None = None
    kind: RelationshipKind
    is_emergency_contact: bool = False

    @model_validator(mode="after")
    def _one_of_two(self) -> "AddRelationship":
        if (self.other_id is None) == (self.other is None):
            raise PydanticCustomError("other", "Choose somebody from the list or describe a new person.")
        return self


class RemoveRelationship(Command):
    """Take a link back, on both sides."""

    relationship_id: int


class AddOrganisationLink(Command):
    """Say what an organisation is to a person: one that is there, or the details of a new one."""

    person_id: int
    organisation_id: int | None = None
    organisation: OrganisationDetails | None = None
    kind: OrganisationKind

    @model_validator(mode="after")
    def _one_of_two(self) -> "AddOrganisationLink":
        if (self.organisation_id is None) == (self.organisation is None):
            raise PydanticCustomError("organisation", "Choose an organisation from the list or describe a new one.")
        return self


class RemoveOrganisationLink(Command):
    """Take back what an organisation is to a person; the organisation stays."""

    link_id: int


@dataclass(frozen=True, slots=True)
class OrganisationView:
    """What an organisation is to a person, and how to reach it."""

    link_id: int
    person: str
    name: str
    kind: OrganisationKind
    reachable_at: tuple[str, ...]
    helping: tuple[str, ...]
    """Its people who help this person, by name."""


@dataclass(frozen=True, slots=True)
class RelationView:
    """What ``other`` is to ``person``."""

    relationship_id: int
    person_id: int
    person: str
    other_id: int
    other: str
    kind: RelationshipKind
    is_emergency_contact: bool
    reachable_at: tuple[str, ...]
    """Phone numbers of an emergency contact, the preferred one first; nothing of anybody else."""


@command(Resource.DEMOGRAPHICS, Action.UPDATE)
def add_relationship(session: Session, actor: Actor, asked: AddRelationship) -> int:
    """Link two people; the other side reads the inverse (D01). Returns the link's id. Raises BadInput, NotFound.

    Somebody who is linked already can become an emergency contact, too (C16).
    """
    person = person_for(session, actor, asked.person_id, Action.UPDATE)
    if asked.other is not None:
        other = create_person(session, asked.other)
        session.flush()
    else:
        found = session.get(Person, asked.other_id)
        if found is None:
            raise BadInput("other_id", "That person is no longer in the list.")
        check_findable(session, actor, found.id)
        other = found
    if other.id == person.id:
        raise BadInput("other_id", "Nobody is related to themselves.")
    known = relations.between(session, person.id, other.id)
    if asked.is_emergency_contact and (link_id := _made_emergency_contact(known, person.id, asked)) is not None:
        session.info["detail"] = f"{asked.kind}, emergency contact from now on"
        return link_id
    if known:
        raise BadInput("other_id", "These two are linked already. Remove the link to change it.")
    link = Relationship(
        id=ids.new_id(), person_id=person.id, other_id=other.id, kind=asked.kind.value,
        is_emergency_contact=asked.is_emergency_contact,
    )
    session.add_all([
        link, Relationship(id=ids.new_id(), person_id=other.id, other_id=person.id, kind=asked.kind.inverse.value)
    ])
    session.info["detail"] = f"{asked.kind}{', emergency contact' if asked.is_emergency_contact else ''}"
    return link.id


def _made_emergency_contact(known: list[Relationship], person_id: int, asked: AddRelationship) -> int | None:
    """The link that was there already as the same, now of an emergency contact; ``None`` where there is none."""
    for link in known:
        if link.person_id == person_id and link.kind == asked.kind.value and not link.is_emergency_contact:
            link.is_emergency_contact = True
            return link.id
    return None


@command(Resource.DEMOGRAPHICS, Action.UPDATE)
def remove_relationship(session: Session, actor: Actor, asked: RemoveRelationship) -> int:
    """Remove a link from both people. Returns the id of the person it was on."""
    link = session.get(Relationship, asked.relationship_id)
    if link is None:
        raise NotFound(actor=actor, action=Action.UPDATE, resource=Resource.DEMOGRAPHICS)
    person = person_for(session, actor, link.person_id, Action.UPDATE)
    for side in relations.between(session, link.person_id, link.other_id):
        session.delete(side)
    session.info["detail"] = f"removed {link.kind}"
    return person.id


@reader(Resource.DEMOGRAPHICS)
def relationships_of(session: Session, actor: Actor, case_id: int) -> list[RelationView]:
    """The links of everybody who takes part in a case, emergency contacts first."""
    case = case_for(session, actor, case_id, resource=Resource.DEMOGRAPHICS)
    views = []
    for link, person, other in relations.of_case(session, case.id):
        numbers: list[str] = []
        if link.is_emergency_contact:
            phones = [point for point in other.contacts if point.kind is ContactKind.PHONE]
            numbers = [point.value for point in sorted(phones, key=lambda point: not point.preferred)]
        views.append(RelationView(
            link.id, person.id, _name(person), other.id, _name(other), RelationshipKind(link.kind),
            link.is_emergency_contact, tuple(numbers),
        ))
    return sorted(views, key=lambda view: (not view.is_emergency_contact, view.person, view.other))


@command(Resource.DEMOGRAPHICS, Action.UPDATE)
def link_organisation(session: Session, actor: Actor, asked: AddOrganisationLink) -> int:
    """Link a person to an organisation. Returns the link's id. Raises BadInput, NotFound."""
    person = person_for(session, actor, asked.person_id, Action.UPDATE)
    if asked.organisation is not None:
        body = create_organisation(session, asked.organisation)[0]
    else:
        found = session.get(Organisation, asked.organisation_id)
        if found is None:
            raise BadInput("organisation_id", "That organisation is no longer in the list.")
        body = found
    if relations.is_linked(session, person.id, body.id):
        raise BadInput("organisation_id", "These two are linked already. Remove the link to change it.")
    link = OrganisationLink(id=ids.new_id(), person_id=person.id, organisation_id=body.id, kind=asked.kind)
    session.add(link)
    session.info["detail"] = f"{asked.kind}"
    return link.id


@command(Resource.DEMOGRAPHICS, Action.UPDATE)
def unlink_organisation(session: Session, actor: Actor, asked: RemoveOrganisationLink) -> int:
    """Remove the link. Returns the id of the person it was on."""
    link = session.get(OrganisationLink, asked.link_id)
    if link is None:
        raise NotFound(actor=actor, action=Action.UPDATE, resource=Resource.DEMOGRAPHICS)
    person = person_for(session, actor, link.person_id, Action.UPDATE)
    session.delete(link)
    session.info["detail"] = f"removed {link.kind}"
    return person.id


@reader(Resource.DEMOGRAPHICS)
def organisations_of(session: Session, actor: Actor, case_id: int) -> list[OrganisationView]:
    """The organisations of everybody who takes part in a case, by name."""
    case = case_for(session, actor, case_id, resource=Resource.DEMOGRAPHICS)
    found = relations.organisations_of_case(session, case.id)
    helping: dict[tuple[int, int], list[str]] = {}
    for acts, somebody in acting.for_clients(session, list({person.id for _, person, _ in found})):
        if acts.organisation_id is not None and acts.left_organisation_on is None:
            helping.setdefault((acts.client_id, acts.organisation_id), []).append(_name(somebody))
    return [
        OrganisationView(
            link.id, _name(person), body.name, link.kind, tuple(filter(None, (body.phone, body.email))),
            tuple(helping.get((person.id, body.id), ())))
        for link, person, body in found
    ]


@reader(Resource.CLIENT_DIRECTORY)
def find_organisations(session: Session, actor: Actor, text: str) -> list[tuple[int, str]]:
    """Organisations whose name contains a text: id and name. They are no clients, so all of staff find all of them."""
    return relations.find_organisations(session, text.strip(), MOST_FOUND) if text.strip() else []


def _name(person: Person) -> str:
    return names.person_name(person.first_name, person.last_name, person.preferred_name)
