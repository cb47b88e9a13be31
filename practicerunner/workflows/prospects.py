"""What becomes of an inquiry: a case, a place in a group or on its waitlist, or somebody in the directory (I11).

Who may open cases opens one of any kind. The desk, which may not, takes whoever asked into the directory, and the
inquiry stays as the task of the provider who opens the case. Into a group that is there it takes them like anybody.
"""

from dataclasses import dataclass
from datetime import date

from pydantic import Field
from sqlalchemy.orm import Session

from practicerunner import clock
from practicerunner.errors import BadInput, RuleViolation
from practicerunner.records import cases, clients
from practicerunner.records.cases import Case
from practicerunner.records.clients import Selection
from practicerunner.records.inquiries import Inquiry
from practicerunner.rules.case_types import CASE_TYPES, capabilities
from practicerunner.vocabulary import (
    Action,
    CaseStatus,
    CaseType,
    ContactKind,
    InquiryStatus,
    Resource,
    SessionFormat,
    TwoPersonLabel,
)
from practicerunner.workflows import asker_moves
from practicerunner.workflows.access import Actor, authorize, may, visible
from practicerunner.workflows.booking import Book, book
from practicerunner.workflows.cases import AddParticipant, OpenCase, Taking, add_participant, case_for, open_case
from practicerunner.workflows.commands import Line, command, reader
from practicerunner.workflows.inquiries import OnInquiry, check_not_theirs, check_treats, decide, give, open_inquiry
from practicerunner.workflows.people import Contact, PersonDetails, check_findable, create_person
from practicerunner.workflows.waitlist import Places, PutOnWaitlist, places_of, put_on_waitlist

RUNNING = tuple(status for status in CaseStatus if status not in (CaseStatus.ARCHIVED, CaseStatus.CONTACT))


class IsHereAlready(RuleViolation):
    """They are in the directory already; a provider has to open the case."""


class MakeProspect(OnInquiry):
    """Make an inquiry a prospect: a case with whoever asked, and perhaps an appointment at the time they asked for."""

    revision: int
    type: CaseType | None = None
    """``None``: the kind they asked for."""
    name: Line = ""
    """Of a new group."""
    provider_id: int | None = None
    """``None``: who answers the inquiry."""
    person_id: int | None = None
    """Who they are, where somebody found them among the people who are here already."""
    label: TwoPersonLabel | None = None
    others: tuple[Taking, ...] = Field(default=(), max_length=20)
    book: bool = False
    service_id: int | None = None
    """``None``: the service they asked for."""


class TakeIntoGroup(OnInquiry):
    """Let whoever asked join a group that is there, or wait for a place in it."""

    revision: int
    group_id: int
    person_id: int | None = None
    waits: bool = False
    joined_on: date | None = None
    """Needed unless they wait."""


class MakeClient(OnInquiry):
    """Take whoever asked into the directory, and give it to a provider to open the case."""

    revision: int
    provider_id: int | None = None
    """``None``: who answers the inquiry."""
    person_id: int | None = None


@dataclass(frozen=True, slots=True)
class GroupChoice:
    """A group into which somebody can be taken."""

    case_id: int
    name: str
    kind: CaseType
    provider: str
    places: Places


@command(Resource.CASE, Action.CREATE)
def make_prospect(session: Session, actor: Actor, asked: MakeProspect) -> int:
    """Open a case with status prospect for whoever asked. Returns the case id.

    With ``book`` also an appointment at the time they asked for, checked like any other; where it is taken nothing is
    done. Raises InquiryIsClosed, Stale, BadInput, NotFound for somebody whom the actor may not find, SlotTaken.
    """
    found = open_inquiry(session, actor, asked.inquiry_id, asked.revision)
    provider_id = _provider(found, asked.provider_id)
    case_id = open_case(session, actor, OpenCase(
        type=asked.type or found.case_type, label=asked.label, name=asked.name, status=CaseStatus.PROSPECT,
        provider_id=provider_id, participants=(_who(found, asked.person_id), *asked.others),
    ))
    session.flush()
    if asked.book:
        _book(session, actor, found, asked, case_id, provider_id)
    _becomes(session, actor, found, session.get_one(Case, case_id), cases.people_in(session, case_id)[0][1].id)
    session.info["case_id"], session.info["detail"] = case_id, f"inquiry {found.id}{', booked' if asked.book else ''}"
    return case_id


@command(Resource.CASE, Action.UPDATE)
def take_into_group(session: Session, actor: Actor, asked: TakeIntoGroup) -> int:
    """Add whoever asked to a group from a day on, or put them last on its waitlist. Returns the group's case id.

    Raises InquiryIsClosed, Stale, GroupIsFull, BadInput, NotFound for a group or a person that the actor may not find.
    """
    found = open_inquiry(session, actor, asked.inquiry_id, asked.revision)
    group = case_for(session, actor, asked.group_id, Action.UPDATE)
    if not capabilities(group.type).is_group or group.status not in RUNNING:
        raise BadInput("group_id", "Choose a group that is running.")
    somebody = _who(found, asked.person_id)
    if asked.waits:
        person_id = put_on_waitlist(session, actor, PutOnWaitlist(case_id=group.id, participant=somebody))
    elif asked.joined_on is None:
        raise BadInput("joined_on", "Say from when on they take part.")
    else:
        person_id = add_participant(session, actor, AddParticipant(
            case_id=group.id, participant=somebody, joined_on=asked.joined_on))
    _becomes(session, actor, found, group, person_id, waits=asked.waits)
    session.info["case_id"] = group.id
    session.info["detail"] = f"inquiry {found.id}, {'waits' if asked.waits else f'from {asked.joined_on}'}"
    return group.id


@command(Resource.CLIENT_DIRECTORY, Action.CREATE)
def make_client(session: Session, actor: Actor, asked: MakeClient) -> int:
    """Keep whoever asked as a person of the practice; a provider has still to open the case. Returns the person id.

    Raises InquiryIsClosed, Stale, IsHereAlready, BadInput, NotFound for somebody whom the actor may not find.
    """
    found = open_inquiry(session, actor, asked.inquiry_id, asked.revision)
    if found.person_id is not None:
        raise IsHereAlready
    provider_id = _provider(found, asked.provider_id)
    check_treats(session, provider_id)
    authorize(session, actor, Action.CREATE, Resource.CLIENT_DIRECTORY, responsible=[provider_id])
    if asked.person_id is not None:
        check_findable(session, actor, asked.person_id)
        found.person_id = asked.person_id
    else:
        found.person_id = create_person(session, _details(found)).id
    check_not_theirs(session, found, provider_id)
    give(session, found, provider_id)
    session.info["detail"] = f"inquiry {found.id}, {provider_id} opens the case"
    return found.person_id


def _provider(found: Inquiry, asked: int | None) -> int:
    provider_id = asked or found.provider_id
    if provider_id is None:
        raise BadInput("provider_id", "Choose who is responsible.")
    return provider_id


def _who(found: Inquiry, asked: int | None) -> Taking:
    """Whoever asked: as the desk has kept them, as somebody found them now, or new."""
    known = found.person_id or asked
    return Taking(person_id=known) if known is not None else Taking(person=_details(found))


def _becomes(
    session: Session, actor: Actor, found: Inquiry, case: Case, person_id: int, *, waits: bool = False
) -> None:
    """Write down what came of it. The conversation goes along, but not of somebody who is only in line for a place."""
    found.status, found.case_id, found.provider_id = InquiryStatus.PROSPECT, case.id, case.provider_id
    found.person_id = person_id
    decide(found, actor)
    session.flush()
    if not waits:
        asker_moves.move(session, actor, found, case)


def _details(found: Inquiry) -> PersonDetails:
    """The person as they described themselves, with the permission they gave to answer them."""
    contacts = []
    if found.email:
        contacts.append(Contact(kind=ContactKind.EMAIL, value=found.email, preferred=True, may_email=True))
    if found.phone:
        contacts.append(Contact(kind=ContactKind.PHONE, value=found.phone, preferred=True, may_call=True))
    return PersonDetails(first_name=found.first_name, last_name=found.last_name, contacts=tuple(contacts))


def _book(
    session: Session, actor: Actor, found: Inquiry, asked: MakeProspect, case_id: int, provider_id: int
) -> None:
    if found.local_date is None or found.local_time is None:
        raise BadInput("book", "They asked for no time.")
    service_id = asked.service_id or found.service_id
    if service_id is None:
        raise BadInput("service_id", "Choose a service, so that it can be booked.")
    book(session, actor, Book(
        case_id=case_id, provider_id=provider_id, service_id=service_id, local_date=found.local_date,
        local_time=found.local_time, minutes=found.minutes, location_id=found.location_id,
        format=found.format or (None if found.location_id else SessionFormat.IN_PERSON),
    ))


@reader(Resource.CASE)
def groups_to_join(session: Session, actor: Actor) -> list[GroupChoice]:
    """Running groups of every kind into which the actor may take somebody, by name, each with its places."""
    if not may(actor, Action.UPDATE, Resource.CASE):
        return []
    kinds = tuple(kind for kind, able in CASE_TYPES.items() if able.is_group)
    chosen = Selection(visible(actor, Action.UPDATE, Resource.CASE), (), kinds)
    return [
        GroupChoice(one.case_id, one.name, one.type, one.provider, places_of(session, actor, one.case_id))
        for one in clients.listed(session, chosen, RUNNING, "name", clock.now(), descending=False, limit=None)
    ]
