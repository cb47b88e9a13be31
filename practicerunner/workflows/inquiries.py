"""Inquiries as staff work them: assigned, noted on, answered, made a prospect or closed (I11, J02).

The task "Inquiry from …" is the open inquiry itself: it is on Today of whoever may answer it, and gone once it is
answered for good. Nobody becomes a person of the practice before somebody says so, and who may be the same person is
only shown, never merged (A32).
"""

from collections import defaultdict
from dataclasses import dataclass
from datetime import date, datetime
from typing import Annotated

from pydantic import AfterValidator, Field
from sqlalchemy.orm import Session

from practicerunner import clock, ids
from practicerunner.errors import BadInput, NotFound, NotPermitted, RuleViolation, Stale
from practicerunner.records import inquiries, logins, practice
from practicerunner.records.base import FOR_CHANGE
from practicerunner.records.inquiries import Inquiry, InquiryEntry, Received
from practicerunner.records.logins import Staff
from practicerunner.records.practice import Location
from practicerunner.rules import inquiries as rules
from practicerunner.rules import names, texts
from practicerunner.rules.requests import together
from practicerunner.rules.scheduling import wall
from practicerunner.vocabulary import (
    Action,
    CaseStatus,
    CaseType,
    ContactKind,
    InquiryEntryKind,
    InquiryStatus,
    MessageKind,
    Resource,
    SessionFormat,
    TwoPersonLabel,
)
from practicerunner.workflows import outbox
from practicerunner.workflows.access import Actor, authorize, may, may_touch, visible
from practicerunner.workflows.asking import today_here
from practicerunner.workflows.booking import Book, book, slot_on
from practicerunner.workflows.cases import TREATING, OpenCase, Taking, open_case
from practicerunner.workflows.commands import Command, RequiredLine, command, reader
from practicerunner.workflows.people import Contact, PersonDetails, find_people
from practicerunner.workflows.slots import Wanted, find_conflicts, resources_of

PAGE = 25
MATCHES = 5


class InquiryIsClosed(RuleViolation):
    """Somebody answered this inquiry in the meantime."""


RequiredMessage = Annotated[
    str, Field(max_length=4_000), AfterValidator(texts.paragraph),
]


class _OnInquiry(Command):
    """Something done with one inquiry."""

    inquiry_id: int


class AssignInquiry(_OnInquiry):
    """Say who answers an inquiry; ``None`` is the practice."""

    revision: int
    provider_id: int | None


class WriteBeneath(_OnInquiry):
    """Keep a note beneath an inquiry, for instance of a phone call."""

    text: RequiredMessage


class ReplyToInquiry(_OnInquiry):
    """Answer an inquiry by e-mail from the practice."""

    text: RequiredMessage


class CloseInquiry(_OnInquiry):
    """Close an inquiry from which nothing comes; the reason is kept and told to nobody."""

    revision: int
    reason: RequiredLine


class MakeProspect(_OnInquiry):
    """Make an inquiry a prospect: a case with whoever asked, and perhaps an appointment at the time they asked for."""

    revision: int
    type: CaseType | None = None
    """``None``: the kind they asked for."""
    provider_id: int | None = None
    """``None``: who answers the inquiry."""
    person_id: int | None = None
    """Who they are, where somebody found them among the people who are here already."""
    label: TwoPersonLabel | None = None
    others: tuple[Taking, ...] = Field(default=(), max_length=20)
    book: bool = False
    service_id: int | None = None
    """``None``: the service they asked for."""


@dataclass(frozen=True, slots=True)
class EntryView:
    """A note or an answer, as it was written."""

    kind: InquiryEntryKind
    text: str
    author: str
    at: datetime


@dataclass(frozen=True, slots=True)
class InquiryRow:
    """One inquiry, as staff read it. Times are on the practice's wall clock."""

    inquiry_id: int
    revision: int
    status: InquiryStatus
    name: str
    email: str
    phone: str
    received_at: datetime
    age_days: int
    kind: CaseType
    service_id: int | None
    service: str
    format: SessionFormat | None
    location: str
    asked_for: str
    provider_id: int | None
    provider: str
    wished: datetime | None
    minutes: int | None
    free: bool | None
    """Whether the time they asked for is free now; ``None`` where they asked for none, or it is answered."""
    message: str
    entries: tuple[EntryView, ...]
    case_id: int | None
    """The prospect, where the actor may open it."""
    case_name: str
    reason: str
    decided_by: str
    decided_on: date | None
    may_change: bool
    may_open_case: bool

    @property
    def is_open(self) -> bool:
        """Whether somebody has still to answer."""
        return self.status is InquiryStatus.OPEN


@dataclass(frozen=True, slots=True)
class InquiryList:
    """A page of inquiries, with how many there are of each status."""

    rows: tuple[InquiryRow, ...]
    total: int
    counts: dict[InquiryStatus, int]
    today: date


@dataclass(frozen=True, slots=True)
class Match:
    """Somebody who is here already and may be who asked; a person decides."""

    person_id: int
    name: str
    birth_date: date | None
    because: str


# --- The door


def inquiry_for(session: Session, actor: Actor, inquiry_id: int, action: Action = Action.READ) -> Inquiry:
    """An inquiry that the actor may read or change; locked for anything but reading. Raises NotFound."""
    found = session.get(Inquiry, inquiry_id, with_for_update=None if action is Action.READ else FOR_CHANGE)
    if found is None or found.erased_at is not None:
        raise NotFound(actor=actor, action=action, resource=Resource.CLIENT_DIRECTORY, resource_id=inquiry_id)
    authorize(
        session, actor, action, Resource.CLIENT_DIRECTORY, responsible=[found.provider_id], resource_id=inquiry_id)
    return found


def _open(session: Session, actor: Actor, inquiry_id: int, revision: int | None = None) -> Inquiry:
    found = inquiry_for(session, actor, inquiry_id, Action.UPDATE)
    if found.status is not InquiryStatus.OPEN:
        raise InquiryIsClosed
    if revision is not None and found.revision != revision:
        raise Stale
    return found


# --- Working one


@command(Resource.CLIENT_DIRECTORY, Action.UPDATE)
def assign_inquiry(session: Session, actor: Actor, asked: AssignInquiry) -> int:
    """Give an inquiry to a provider, or back to the practice. Returns its id. Raises InquiryIsClosed, Stale."""
    found = _open(session, actor, asked.inquiry_id, asked.revision)
    if asked.provider_id is not None:
        _check_treats(session, asked.provider_id)
    session.info["detail"] = f"{found.provider_id or 'the practice'} to {asked.provider_id or 'the practice'}"
    found.provider_id = asked.provider_id
    found.revision += 1
    return found.id


def _check_treats(session: Session, provider_id: int) -> None:
    if all(person.id != provider_id for person in logins.staff_with_roles(session, TREATING)):
        raise BadInput("provider_id", "Choose somebody who sees clients.")


@command(Resource.CLIENT_DIRECTORY, Action.UPDATE)
def write_beneath(session: Session, actor: Actor, asked: WriteBeneath) -> int:
    """Keep a note beneath an inquiry, open or not. Returns the note's id."""
    found = inquiry_for(session, actor, asked.inquiry_id, Action.UPDATE)
    return _write(session, actor, found, InquiryEntryKind.NOTE, asked.text)


@command(Resource.CLIENT_DIRECTORY, Action.UPDATE)
def reply_to_inquiry(session: Session, actor: Actor, asked: ReplyToInquiry) -> int:
    """Answer by e-mail and keep the answer beneath the inquiry. Returns the answer's id. Raises BadInput."""
    found = inquiry_for(session, actor, asked.inquiry_id, Action.UPDATE)
    if not found.email:
        raise BadInput("text", "They gave no e-mail address. Call them, and keep a note of it here.")
    entry_id = _write(session, actor, found, InquiryEntryKind.REPLY, asked.text)
    us = practice.the_practice(session)
    outbox.put(session, MessageKind.INQUIRY_ANSWERED, f"{MessageKind.INQUIRY_ANSWERED}:{entry_id}",
               *rules.reply(us.name, us.phone, asked.text), address=found.email)
    return entry_id


def _write(session: Session, actor: Actor, found: Inquiry, kind: InquiryEntryKind, text: str) -> int:
    if not text.strip():
        raise BadInput("text", "Please fill in this field.")
    entry = InquiryEntry(id=ids.new_id(), inquiry_id=found.id, kind=kind, text=text.strip(), author_id=actor.staff_id)
    session.add(entry)
    session.flush()
    return entry.id


@command(Resource.CLIENT_DIRECTORY, Action.UPDATE)
def close_inquiry(session: Session, actor: Actor, asked: CloseInquiry) -> int:
    """Close an inquiry with a reason. Returns its id. Raises InquiryIsClosed, Stale."""
    found = _open(session, actor, asked.inquiry_id, asked.revision)
    if len(asked.reason) > 300:
        raise BadInput("reason", "This is too long; at most 300 characters fit.")
    found.status, found.reason = InquiryStatus.CLOSED, asked.reason.strip()
    _decide(found, actor)
    return found.id


def _decide(found: Inquiry, actor: Actor) -> None:
    found.decided_by_id, found.decided_at = actor.staff_id, clock.now()
    found.revision += 1


@command(Resource.CASE, Action.CREATE)
def make_prospect(session: Session, actor: Actor, asked: MakeProspect) -> int:
    """Open a case with status prospect for whoever asked. Returns the case id.

    With ``book`` also an appointment at the time they asked for, checked like any other; where it is taken nothing is
    done. Raises InquiryIsClosed, Stale, BadInput, NotFound for somebody whom the actor may not find, SlotTaken.
    """
    found = _open(session, actor, asked.inquiry_id, asked.revision)
    provider_id = asked.provider_id or found.provider_id
    if provider_id is None:
        raise BadInput("provider_id", "Choose who is responsible.")
    kind = asked.type or rules.becomes(found.case_type)
    if kind not in rules.OPENED:
        raise BadInput("type", "Make a prospect first, then take them into the group from its page.")
    first = Taking(person_id=asked.person_id) if asked.person_id is not None else Taking(person=_details(found))
    case_id = open_case(session, actor, OpenCase(
        type=kind, label=asked.label, status=CaseStatus.PROSPECT, provider_id=provider_id,
        participants=(first, *asked.others),
    ))
    session.flush()
    if asked.book:
        _book(session, actor, found, asked, case_id, provider_id)
    found.status, found.case_id, found.provider_id = InquiryStatus.PROSPECT, case_id, provider_id
    _decide(found, actor)
    session.flush()
    session.info["case_id"], session.info["detail"] = case_id, f"inquiry {found.id}{', booked' if asked.book else ''}"
    return case_id


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


# --- Reading


@reader(Resource.CLIENT_DIRECTORY)
def inquiry_list(
    session: Session, actor: Actor, status: InquiryStatus = InquiryStatus.OPEN, page: int = 1
) -> InquiryList:
    """Inquiries that the actor may see: open ones the longest waiting first, others the latest first; a page of 25."""
    sees = visible(actor, Action.READ, Resource.CLIENT_DIRECTORY)
    rows = inquiries.listed(session, sees, [status], limit=PAGE, offset=(page - 1) * PAGE)
    beneath: dict[int, list[EntryView]] = defaultdict(list)
    zone = practice.the_practice(session).zone
    for entry, author in inquiries.entries(session, [row.inquiry.id for row in rows]):
        beneath[entry.inquiry_id].append(
            EntryView(entry.kind, entry.text, author.name, wall(entry.created_at, zone)))
    counts = inquiries.counts(session, sees)
    return InquiryList(
        tuple(_row(session, actor, row, tuple(beneath[row.inquiry.id])) for row in rows), counts.get(status, 0),
        counts, today_here(session),
    )


@reader(Resource.CLIENT_DIRECTORY)
def open_inquiries(session: Session, actor: Actor) -> tuple[int, str]:
    """How many inquiries the actor may answer, and from whom the longest waiting is: the task on Today."""
    if not may(actor, Action.UPDATE, Resource.CLIENT_DIRECTORY):
        return 0, ""
    sees = visible(actor, Action.UPDATE, Resource.CLIENT_DIRECTORY)
    first = inquiries.listed(session, sees, [InquiryStatus.OPEN], limit=1)
    if not first:
        return 0, ""
    return inquiries.counts(session, sees)[InquiryStatus.OPEN], _name(first[0].inquiry)


@reader(Resource.CLIENT_DIRECTORY)
def possible_matches(session: Session, actor: Actor, inquiry_id: int) -> list[Match]:
    """Who among the people that the actor may see has this e-mail address, phone number or name. Raises NotFound."""
    found = inquiry_for(session, actor, inquiry_id)
    phone = names.digits(found.phone)[-10:]
    known: dict[int, Match] = {}
    sought = (
        (found.email, "the same e-mail address"), (phone if len(phone) >= 7 else "", "the same phone number"),
        (f"{found.first_name} {found.last_name}" if found.last_name else "", "the same name"),
    )
    for text, because in sought:
        for person_id, name, born in find_people(session, actor, text, MATCHES) if text.strip() else ():
            known.setdefault(person_id, Match(person_id, name, born, because))
    return list(known.values())


def _row(session: Session, actor: Actor, one: Received, entries: tuple[EntryView, ...]) -> InquiryRow:
    found, zone = one.inquiry, practice.the_practice(session).zone
    is_open = found.status is InquiryStatus.OPEN
    sees_case = one.case is not None and may_touch(
        actor, Action.READ, Resource.CASE, responsible=[one.case.provider_id], supervisor_id=one.case.supervisor_id)
    return InquiryRow(
        inquiry_id=found.id, revision=found.revision, status=found.status, name=_name(found), email=found.email,
        phone=found.phone, received_at=wall(found.received_at, zone),
        age_days=max((clock.today(zone) - wall(found.received_at, zone).date()).days, 0), kind=found.case_type,
        service_id=found.service_id, service=one.service.name if one.service else "", format=found.format,
        location=one.location.name if one.location else "", asked_for=one.asked_for.name if one.asked_for else "",
        provider_id=found.provider_id, provider=one.provider.name if one.provider else "",
        wished=together(found.local_date, found.local_time), minutes=found.minutes,
        free=_is_free(session, found) if is_open else None, message=found.message, entries=entries,
        case_id=found.case_id if sees_case else None, case_name=one.case.name if sees_case and one.case else "",
        reason=found.reason, decided_by=one.decided_by.name if one.decided_by else "",
        decided_on=wall(found.decided_at, zone).date() if found.decided_at else None,
        may_change=_may(session, actor, Action.UPDATE, Resource.CLIENT_DIRECTORY, found),
        may_open_case=is_open and _may(session, actor, Action.CREATE, Resource.CASE, found),
    )


def _name(found: Inquiry) -> str:
    return names.person_name(found.first_name, found.last_name)


def _may(session: Session, actor: Actor, action: Action, resource: Resource, found: Inquiry) -> bool:
    try:
        authorize(session, actor, action, resource, responsible=[found.provider_id])
    except (NotFound, NotPermitted):
        return False
    return True


def _is_free(session: Session, found: Inquiry) -> bool | None:
    """Whether the time they asked for could be booked now with whoever answers."""
    if found.local_date is None or found.local_time is None or found.minutes is None or found.provider_id is None:
        return None
    zone = practice.the_practice(session).zone
    if datetime.combine(found.local_date, found.local_time) <= clock.wall(zone):
        return False
    place = session.get(Location, found.location_id) if found.location_id else None
    resources = resources_of(session.get_one(Staff, found.provider_id), place)
    slot = slot_on(found.local_date, found.local_time, found.minutes, zone)
    return not find_conflicts(session, [Wanted(slot, resources, ())])
