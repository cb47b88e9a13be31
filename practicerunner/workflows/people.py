"""People and organisations: adding them, changing them, finding them, and their standing as payers."""

from collections.abc import Sequence
from datetime import date
from typing import Any
from zoneinfo import available_timezones

import phonenumbers
from email_validator import EmailNotValidError, validate_email
from pydantic import BaseModel, ConfigDict, Field, field_validator, model_validator
from pydantic_core import PydanticCustomError
from sqlalchemy.orm import Session

from practicerunner import clock, ids
from practicerunner.errors import BadInput, NotFound, NotPermitted, Stale
from practicerunner.records import cases, inquiries, people, practice
from practicerunner.records.base import FOR_CHANGE, add_rows
from practicerunner.records.people import ContactPoint, Organisation, Payer, Person
from practicerunner.rules import names
from practicerunner.vocabulary import Action, ContactKind, Resource
from practicerunner.workflows.access import ABOUT_YOURSELF, Actor, authorize, visible
from practicerunner.workflows.commands import Command, Line, Paragraph, RequiredLine, command, reader
from practicerunner.workflows.naming import rename

EARLIEST_BIRTH = date(1900, 1, 1)
MOST_OF_A_NAME = 200
"""Payers of one family name that are looked through for somebody of the same whole name."""


class Contact(BaseModel):
    """A phone or e-mail with what the person allows (C02)."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    kind: ContactKind
    value: RequiredLine
    preferred: bool = False
    may_call: bool = False
    may_text: bool = False
    may_email: bool = False

    @model_validator(mode="after")
    def _plausible(self) -> "Contact":
        if self.kind is ContactKind.EMAIL:
            try:
                validate_email(self.value.strip(), check_deliverability=False)
            except EmailNotValidError:
                raise PydanticCustomError("email", "Write an e-mail address, for example name@example.org.") from None
        else:
            try:
                number = phonenumbers.parse(self.value, "US")
            except phonenumbers.NumberParseException:
                raise PydanticCustomError("phone", "Write a phone number with its area code.") from None
            if not phonenumbers.is_possible_number(number):
                raise PydanticCustomError("phone", "Write a phone number with its area code.")
        return self


class PersonDetails(BaseModel):
    """What is kept about a human being."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    first_name: RequiredLine
    last_name: Line = ""
    preferred_name: Line = ""
    birth_date: date | None = None
    died_on: date | None = None
    pronouns: Line = Field(default="", max_length=60)
    address: Paragraph = Field(default="", max_length=1000)
    zone: Line = ""
    """IANA zone of the person's own clock; empty is the practice's."""
    contacts: tuple[Contact, ...] = ()

    @field_validator("zone")
    @classmethod
    def _known_zone(cls, value: str) -> str:
        if value and value not in available_timezones():
            raise PydanticCustomError("zone", "Choose a time zone from the list, for example America/New_York.")
        return value

    @model_validator(mode="after")
    def _one_preferred(self) -> "PersonDetails":
        for kind in ContactKind:
            if sum(c.preferred for c in self.contacts if c.kind is kind) > 1:
                raise PydanticCustomError("preferred", "Mark one phone and one e-mail as preferred, not several.")
        return self


class AddPerson(Command):
    """Add somebody who is in no case yet, such as a payer."""

    person: PersonDetails


class ChangePerson(Command):
    """Save a person's details as they now are."""

    person_id: int
    revision: int
    person: PersonDetails


class OrganisationDetails(BaseModel):
    """What an organisation is called and how to reach it."""

    model_config = ConfigDict(frozen=True)

    name: RequiredLine
    email: Line = ""
    phone: Line = ""
    address: Paragraph = ""


IN_THE_LIST = (
    "An organisation of this name is in the list: search for it and choose it. If this is another one, add its town."
)


class AddOrganisation(OrganisationDetails, Command):
    """Add a body that pays."""


def check_dates(details: PersonDetails, today: date) -> None:
    """Refuse a birth date that cannot be. Raises BadInput at ``birth_date`` or ``died_on``."""
    born, died = details.birth_date, details.died_on
    if born is not None and born > today:
        raise BadInput("birth_date", "The birth date is in the future.")
    if born is not None and born < EARLIEST_BIRTH:
        raise BadInput("birth_date", "The birth date is before 1900; please check the year.")
    if died is not None and (died > today or (born is not None and died < born)):
        raise BadInput("died_on", "The date of death does not fit the birth date or lies in the future.")


def create_people(session: Session, everybody: Sequence[PersonDetails]) -> list[int]:
    """Write new people with their contacts and their standing as payers; callers have authorised it. Returns the ids.

    Raises BadInput at ``birth_date`` or ``died_on``.
    """
    today = clock.today(practice.the_practice(session).zone)
    made = []
    for details in everybody:
        check_dates(details, today)
        made.append(ids.new_id())
    known = list(zip(made, everybody, strict=True))
    add_rows(session, Person, [{"id": person_id} | _facts(details) for person_id, details in known])
    add_rows(session, ContactPoint, [
        {"person_id": person_id} | contact.model_dump() for person_id, details in known for contact in details.contacts
    ])
    add_rows(session, Payer, [
        {"person_id": person_id, "name": names.person_name(details.first_name, details.last_name)}
        for person_id, details in known
    ])
    return made


def create_person(session: Session, details: PersonDetails) -> Person:
    """Write one new person; callers have authorised it."""
    return session.get_one(Person, create_people(session, [details])[0])


_COPIED = ("first_name", "last_name", "preferred_name", "birth_date", "died_on", "pronouns", "address", "zone")


def _facts(details: PersonDetails) -> dict[str, Any]:
    return {field: getattr(details, field) for field in _COPIED} | {"search_text": search_text(details)}


def search_text(details: PersonDetails) -> str:
    """Everything a person is found by, folded: names, phone digits, e-mails."""
    parts = [details.first_name, details.last_name, details.preferred_name]
    parts += [names.digits(c.value) if c.kind is ContactKind.PHONE else c.value for c in details.contacts]
    return names.fold(" ".join(filter(None, parts)))


@command(Resource.CLIENT_DIRECTORY, Action.CREATE)
def add_person(session: Session, actor: Actor, asked: AddPerson) -> int:
    """Add a person. Returns the person id. Raises BadInput."""
    authorize(session, actor, Action.CREATE, Resource.CLIENT_DIRECTORY, responsible=[actor.staff_id])
    return create_people(session, [asked.person])[0]


@command(Resource.CLIENT_DIRECTORY, Action.CREATE)
def add_organisation(session: Session, actor: Actor, asked: AddOrganisation) -> int:
    """Add an organisation and its standing as payer. Returns the payer id. Raises BadInput."""
    authorize(session, actor, Action.CREATE, Resource.CLIENT_DIRECTORY, responsible=[actor.staff_id])
    return create_organisation(session, asked)[1].id


def create_organisation(session: Session, asked: OrganisationDetails) -> tuple[Organisation, Payer]:
    """Write a new organisation and its standing as payer; callers have authorised it.

    One that is in the list already is the same one: raises BadInput at its name.
    """
    if names.fold(asked.name) in {names.fold(name) for name in people.organisation_names(session)}:
        raise BadInput("name" if isinstance(asked, Command) else "organisation.name", IN_THE_LIST)
    body = Organisation(
        id=ids.new_id(), name=asked.name, email=asked.email, phone=asked.phone, address=asked.address
    )
    payer = Payer(id=ids.new_id(), organisation_id=body.id, name=asked.name)
    session.add(body)
    session.flush()
    session.add(payer)
    return body, payer


@command(Resource.DEMOGRAPHICS, Action.UPDATE)
def change_person(session: Session, actor: Actor, asked: ChangePerson) -> int:
    """Save a person's details; the names of their cases and their name as payer follow. Raises Stale, BadInput."""
    person = person_for(session, actor, asked.person_id, Action.UPDATE)
    if person.revision != asked.revision:
        raise Stale
    check_dates(asked.person, clock.today(practice.the_practice(session).zone))
    was = {field: getattr(person, field) for field in PersonDetails.model_fields if field != "contacts"}
    for field, value in _facts(asked.person).items():
        setattr(person, field, value)
    person.contacts = [ContactPoint(**contact.model_dump()) for contact in asked.person.contacts]
    person.revision += 1
    payer = people.payer_of_person(session, person.id)
    if payer is not None:
        payer.name = names.person_name(person.first_name, person.last_name)
    session.flush()
    for case in cases.cases_of(session, person.id, lock=True):
        rename(session, case)
    session.info["detail"] = "changed " + ", ".join(f for f, old in was.items() if getattr(person, f) != old)
    return person.id


def person_for(session: Session, actor: Actor, person_id: int, action: Action = Action.READ) -> Person:
    """The person, if the actor may do this with their details. Raises NotFound, NotPermitted."""
    person = session.get(Person, person_id, with_for_update=None if action is Action.READ else FOR_CHANGE)
    if person is None:
        raise NotFound(actor=actor, action=action, resource=Resource.DEMOGRAPHICS, resource_id=person_id)
    responsible, supervisors = cases.staff_around(session, person_id)
    authorize(
        session, actor, action, Resource.DEMOGRAPHICS, responsible=responsible,
        supervisor_id=actor.staff_id if actor.staff_id in supervisors else None, resource_id=person_id,
    )
    return person


def check_findable(session: Session, actor: Actor, person_id: int) -> None:
    """Only somebody whom the actor may find can be taken into a case or linked; nobody themselves. Raises NotFound.

    Whoever was given their inquiry finds them too.
    """
    if actor.is_concerned(case_id=None, person_id=person_id):
        raise NotPermitted(
            ABOUT_YOURSELF, actor=actor, action=Action.READ, resource=Resource.CLIENT_DIRECTORY, resource_id=person_id)
    providers, supervisors = cases.staff_around(session, person_id)
    if providers and actor.staff_id not in providers:
        providers |= inquiries.answering(session, person_id)
    if providers:
        authorize(
            session, actor, Action.READ, Resource.CLIENT_DIRECTORY, responsible=providers,
            supervisor_id=actor.staff_id if actor.staff_id in supervisors else None, resource_id=person_id,
        )


@reader(Resource.DEMOGRAPHICS)
def person_details(session: Session, actor: Actor, person_id: int) -> tuple[PersonDetails, int]:
    """A person's details for the form, with the revision to save against."""
    person = person_for(session, actor, person_id)
    contacts = tuple(
        Contact.model_construct(**{f: getattr(c, f) for f in Contact.model_fields}) for c in person.contacts
    )
    plain = {f: getattr(person, f) for f in PersonDetails.model_fields if f != "contacts"}
    return PersonDetails.model_construct(contacts=contacts, **plain), person.revision


@reader(Resource.CLIENT_DIRECTORY)
def find_people(session: Session, actor: Actor, text: str, limit: int = 20) -> list[tuple[int, str, date | None]]:
    """People whose name, phone or e-mail contains ``text``: id, name, birth date. Only those the actor may see."""
    sees = visible(actor, Action.READ, Resource.CLIENT_DIRECTORY)
    found = cases.search_people(session, names.fold(text), sees, limit)
    return [(p.id, names.person_name(p.first_name, p.last_name, p.preferred_name), p.birth_date) for p in found]


@reader(Resource.CLIENT_DIRECTORY)
def find_payers(session: Session, actor: Actor, text: str, limit: int = 20) -> list[tuple[int, str, str]]:
    """Payers, people and organisations alike, whose name contains ``text``: id, name, and what tells them apart."""
    sees = visible(actor, Action.READ, Resource.CLIENT_DIRECTORY)
    found = cases.search_payers(session, text, sees, limit)
    known = cases.payers_known_by(session, [payer_id for payer_id, _ in found], sees)
    return [(payer_id, name, known[payer_id]) for payer_id, name in found]


@reader(Resource.CLIENT_DIRECTORY)
def payers_named(session: Session, actor: Actor, name: str) -> list[tuple[int, str, str]]:
    """Payers of exactly this name, however it is written, among those whom one may find."""
    wanted = " ".join(names.fold(name).split())
    if not wanted:
        return []
    found = find_payers(session, actor, name.rsplit(maxsplit=1)[-1], MOST_OF_A_NAME)
    return [one for one in found if " ".join(names.fold(one[1]).split()) == wanted]


def payer_of(session: Session, person_id: int) -> Payer:
    """A person's standing as payer, made when first needed."""
    payer = people.payer_of_person(session, person_id)
    if payer is None:
        person = session.get_one(Person, person_id)
        payer = Payer(
            id=ids.new_id(), person_id=person_id, name=names.person_name(person.first_name, person.last_name)
        )
        session.add(payer)
        session.flush()
    return payer
