"""Inquiries as staff find them: what waits, whom it may be, and where each stands (I11, J02)."""

from collections import defaultdict
from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy.orm import Session

from practicerunner import clock
from practicerunner.errors import NotFound, NotPermitted
from practicerunner.records import asker_threads, inquiries, practice
from practicerunner.records.asker_threads import AskerThread
from practicerunner.records.inquiries import Inquiry, Received
from practicerunner.records.practice import Location
from practicerunner.records.staff import Staff
from practicerunner.rules import names
from practicerunner.rules.requests import together
from practicerunner.rules.scheduling import days_since, wall
from practicerunner.vocabulary import (
    Action,
    CaseType,
    InquiryEntryKind,
    InquiryStatus,
    Resource,
    SessionFormat,
)
from practicerunner.workflows.access import Actor, authorize, may, may_touch, visible
from practicerunner.workflows.asking import today_here
from practicerunner.workflows.booking import slot_on
from practicerunner.workflows.commands import reader
from practicerunner.workflows.inquiries import inquiry_for
from practicerunner.workflows.people import find_people
from practicerunner.workflows.slots import Wanted, find_conflicts, resources_of

PAGE = 25
MATCHES = 5


@dataclass(frozen=True, slots=True)
class EntryView:
    """A note or an answer, as it was written."""

    kind: InquiryEntryKind
    text: str
    author: str
    at: datetime


@dataclass(frozen=True, slots=True)
class WrittenSince:
    """The conversation about an inquiry, where the actor may read it."""

    messages: int
    last_at: datetime
    unread: bool
    thread_id: int | None
    """What it became in their case."""


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
    conversation: WrittenSince | None
    is_here: bool
    """Whether the desk took them into the directory, so that only the case is still to be opened."""
    case_id: int | None
    """What it became, where the actor may open it."""
    case_name: str
    case_type: CaseType | None
    reason: str
    decided_by: str
    decided_on: date | None
    may_change: bool
    may_write: bool
    """Whether the actor may write to them now."""
    may_open_case: bool
    may_add: bool
    """Whether the actor may take them into the directory and leave the case to a provider."""

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
    since = asker_threads.beneath(session, [row.inquiry.id for row in rows], actor.staff_id)
    return InquiryList(
        tuple(_row(session, actor, row, tuple(beneath[row.inquiry.id]), since.get(row.inquiry.id)) for row in rows),
        counts.get(status, 0),
        counts, today_here(session),
    )


@reader(Resource.CLIENT_DIRECTORY)
def open_inquiries(session: Session, actor: Actor) -> tuple[int, str]:
    """How many inquiries the actor may answer, and from whom the longest waiting is: the task on Today."""
    return _waiting(session, actor, Action.UPDATE, Resource.CLIENT_DIRECTORY, are_here=False)


@reader(Resource.CLIENT_DIRECTORY)
def cases_to_open(session: Session, actor: Actor) -> tuple[int, str]:
    """For how many people whom the desk has taken in the actor has to open the case, and for whom first."""
    return _waiting(session, actor, Action.CREATE, Resource.CASE, are_here=True)


def _waiting(
    session: Session, actor: Actor, action: Action, resource: Resource, *, are_here: bool
) -> tuple[int, str]:
    if not may(actor, action, resource):
        return 0, ""
    number, first = inquiries.waiting(session, visible(actor, action, resource), are_here=are_here)
    return number, _name(first) if first is not None else ""


@reader(Resource.CLIENT_DIRECTORY)
def possible_matches(session: Session, actor: Actor, inquiry_id: int) -> list[Match]:
    """Who among the people that the actor may see has this e-mail address, phone number or name. Raises NotFound."""
    found = inquiry_for(session, actor, inquiry_id)
    if found.person_id is not None:  # somebody has decided
        return []
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


def _row(
    session: Session, actor: Actor, one: Received, entries: tuple[EntryView, ...],
    thread: tuple[AskerThread, bool] | None,
) -> InquiryRow:
    found, zone = one.inquiry, practice.the_practice(session).zone
    is_open = found.status is InquiryStatus.OPEN
    opens = is_open and _may(session, actor, Action.CREATE, Resource.CASE, found)
    sees_case = one.case is not None and may_touch(
        actor, Action.READ, Resource.CASE, responsible=[one.case.provider_id], supervisor_id=one.case.supervisor_id)
    reads, writes = (
        may_touch(actor, action, Resource.MESSAGES_ADMIN, responsible=[found.provider_id], case_id=found.case_id,
                  person_id=found.person_id)
        for action in (Action.READ, Action.CREATE))
    return InquiryRow(
        inquiry_id=found.id, revision=found.revision, status=found.status, name=_name(found), email=found.email,
        phone=found.phone, received_at=wall(found.received_at, zone),
        age_days=days_since(found.received_at, clock.now(), zone), kind=found.case_type,
        service_id=found.service_id, service=one.service.name if one.service else "", format=found.format,
        location=one.location.name if one.location else "", asked_for=one.asked_for.name if one.asked_for else "",
        provider_id=found.provider_id, provider=one.provider.name if one.provider else "",
        wished=together(found.local_date, found.local_time), minutes=found.minutes,
        free=_is_free(session, found) if is_open else None, message=found.message, entries=entries,
        conversation=_since(*thread, zone) if thread is not None and reads else None,
        is_here=found.person_id is not None, case_id=found.case_id if sees_case else None,
        case_name=one.case.name if sees_case and one.case else "",
        case_type=one.case.type if sees_case and one.case else None,
        reason=found.reason, decided_by=one.decided_by.name if one.decided_by else "",
        decided_on=wall(found.decided_at, zone).date() if found.decided_at else None,
        may_change=_may(session, actor, Action.UPDATE, Resource.CLIENT_DIRECTORY, found),
        may_write=writes and is_open and bool(found.email),
        may_open_case=opens,
        may_add=is_open and not opens and found.person_id is None
        and _may(session, actor, Action.CREATE, Resource.CLIENT_DIRECTORY, found),
    )


def _since(thread: AskerThread, unread: bool, zone: str) -> WrittenSince:
    return WrittenSince(
        thread.last_number, wall(thread.last_at, zone), unread and thread.thread_id is None, thread.thread_id)


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
