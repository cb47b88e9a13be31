"""Inquiries of people who are not clients yet, what staff wrote beneath them, and what the public page offers (I11)."""

from collections.abc import Collection
from datetime import date, datetime, time
from typing import NamedTuple

from sqlalchemy import JSON, ColumnElement, ForeignKey, Index, String, Text, delete, func, select
from sqlalchemy.orm import Mapped, Session, aliased, mapped_column

from practicerunner.records.base import Revised, Row, Sees, word
from practicerunner.records.cases import Case
from practicerunner.records.practice import Location, Service
from practicerunner.records.staff import Staff
from practicerunner.vocabulary import CaseType, InquiryEntryKind, InquiryStatus, SessionFormat


class InquirySettings(Revised):
    """The one row of what the public page of the practice shows; without it the page is off."""

    __tablename__ = "inquiry_settings"

    is_on: Mapped[bool] = mapped_column(default=False)
    introduction: Mapped[str] = mapped_column(Text, default="")
    """Markdown that stands above the form."""
    case_types: Mapped[list[str]] = mapped_column(JSON, default=list)
    service_ids: Mapped[list[int]] = mapped_column(JSON, default=list)
    location_ids: Mapped[list[int]] = mapped_column(JSON, default=list)
    by_video: Mapped[bool] = mapped_column(default=True)
    erase_after_days: Mapped[int] = mapped_column(default=90)
    """How long a closed inquiry is kept."""


class InquiryProvider(Row):
    """A provider who takes inquiries, with the last part of the address of their page."""

    __tablename__ = "inquiry_provider"

    staff_id: Mapped[int] = mapped_column(ForeignKey("staff.id"), unique=True)
    slug: Mapped[str] = mapped_column(String(60), unique=True)
    is_on: Mapped[bool] = mapped_column(default=True)


class Inquiry(Revised):
    """What somebody asked on the public page (FHIR ServiceRequest). It holds no slot and makes nobody a client."""

    __tablename__ = "inquiry"

    status: Mapped[InquiryStatus] = word(InquiryStatus, default=InquiryStatus.OPEN)
    received_at: Mapped[datetime]
    first_name: Mapped[str] = mapped_column(String(200))
    last_name: Mapped[str] = mapped_column(String(200), default="")
    email: Mapped[str] = mapped_column(String(254), default="")
    phone: Mapped[str] = mapped_column(String(60), default="")
    case_type: Mapped[CaseType] = word(CaseType)
    service_id: Mapped[int | None] = mapped_column(ForeignKey("service.id"))
    format: Mapped[SessionFormat | None] = word(SessionFormat)
    location_id: Mapped[int | None] = mapped_column(ForeignKey("location.id"))
    asked_for_id: Mapped[int | None] = mapped_column(ForeignKey("staff.id"))
    """Whom they asked for, whoever answers."""
    provider_id: Mapped[int | None] = mapped_column(ForeignKey("staff.id"), index=True)
    """Who answers; ``None`` is the practice."""
    local_date: Mapped[date | None]
    local_time: Mapped[time | None]
    minutes: Mapped[int | None]
    message: Mapped[str] = mapped_column(Text, default="")
    person_id: Mapped[int | None] = mapped_column(ForeignKey("person.id"), index=True)
    """Who they are, once the desk has taken them into the directory for a provider to open the case."""
    case_id: Mapped[int | None] = mapped_column(ForeignKey("case_file.id"), index=True)
    """The prospect that it became, or the group that they joined."""
    reason: Mapped[str] = mapped_column(String(300), default="")
    """Why it was closed."""
    decided_by_id: Mapped[int | None] = mapped_column(ForeignKey("staff.id"))
    decided_at: Mapped[datetime | None]
    erased_at: Mapped[datetime | None]
    """Since when nothing is left of whoever asked."""

    __table_args__ = (Index("ix_inquiry_status", "status", "received_at"),)


class InquiryEntry(Row):
    """A note of staff about an inquiry, or what they answered; kept as it was written, until the inquiry is erased."""

    __tablename__ = "inquiry_entry"

    inquiry_id: Mapped[int] = mapped_column(ForeignKey("inquiry.id"), index=True)
    kind: Mapped[InquiryEntryKind] = word(InquiryEntryKind)
    text: Mapped[str] = mapped_column(Text)
    author_id: Mapped[int] = mapped_column(ForeignKey("staff.id"))


class Received(NamedTuple):
    """An inquiry with what stands around it."""

    inquiry: Inquiry
    provider: Staff | None
    asked_for: Staff | None
    service: Service | None
    location: Location | None
    case: Case | None
    decided_by: Staff | None


def the_settings(session: Session) -> InquirySettings | None:
    """What the public page shows, if anybody has said so."""
    return session.scalar(select(InquirySettings))


def providers(session: Session) -> list[tuple[InquiryProvider, Staff]]:
    """Everybody who ever had a page, with who they are, by name."""
    rows = session.execute(
        select(InquiryProvider, Staff).join(Staff, Staff.id == InquiryProvider.staff_id)
        .order_by(Staff.last_name, Staff.first_name)
    )
    return [(row, person) for row, person in rows]


def _seen(visibility: Sees) -> list[ColumnElement[bool]]:
    """The condition under which somebody sees an inquiry that is left: all, or those of whose work they see."""
    kept = [Inquiry.erased_at.is_(None), *not_of(visibility.themselves, visibility.but)]
    return kept if visibility.everything else [*kept, Inquiry.provider_id.in_(visibility.staff_ids)]


def not_of(person_id: int | None, case_ids: Collection[int]) -> list[ColumnElement[bool]]:
    """The condition that an inquiry is not the reader's own as a client, nor belongs to a case of theirs."""
    others: list[ColumnElement[bool]] = []
    if person_id is not None:
        others.append(Inquiry.person_id.is_distinct_from(person_id))
    if case_ids:
        others.append(Inquiry.case_id.is_(None) | Inquiry.case_id.not_in(case_ids))
    return others


def counts(session: Session, visibility: Sees) -> dict[InquiryStatus, int]:
    """Status → how many inquiries somebody may see."""
    query = select(Inquiry.status, func.count()).where(*_seen(visibility)).group_by(Inquiry.status)
    return dict(session.execute(query).tuples().all())


def listed(
    session: Session, visibility: Sees, statuses: Collection[InquiryStatus], *, limit: int, offset: int = 0,
) -> list[Received]:
    """Inquiries that somebody may see: open ones the longest waiting first, answered ones the latest first."""
    answering, asked, deciding = aliased(Staff), aliased(Staff), aliased(Staff)
    query = (
        select(Inquiry, answering, asked, Service, Location, Case, deciding)
        .outerjoin(answering, answering.id == Inquiry.provider_id).outerjoin(asked, asked.id == Inquiry.asked_for_id)
        .outerjoin(Service, Service.id == Inquiry.service_id).outerjoin(Location, Location.id == Inquiry.location_id)
        .outerjoin(Case, Case.id == Inquiry.case_id).outerjoin(deciding, deciding.id == Inquiry.decided_by_id)
        .where(Inquiry.status.in_(statuses), *_seen(visibility))
    )
    longest = (Inquiry.received_at, Inquiry.id) if InquiryStatus.OPEN in statuses else (
        Inquiry.decided_at.desc(), Inquiry.id.desc())
    return [Received(*row) for row in session.execute(query.order_by(*longest).limit(limit).offset(offset))]


def waiting(session: Session, visibility: Sees, *, are_here: bool) -> tuple[int, Inquiry | None]:
    """How many open inquiries somebody may see, of people who are in the directory or are not, and the oldest one."""
    query = select(Inquiry).where(
        Inquiry.status == InquiryStatus.OPEN, *_seen(visibility),
        Inquiry.person_id.is_not(None) if are_here else Inquiry.person_id.is_(None),
    )
    first = session.scalar(query.order_by(Inquiry.received_at, Inquiry.id).limit(1))
    if first is None:
        return 0, None
    return session.scalar(query.with_only_columns(func.count(), maintain_column_froms=True)) or 0, first


def answering(session: Session, person_id: int) -> set[int]:
    """To whom an open inquiry of somebody in the directory was given."""
    return set(session.scalars(select(Inquiry.provider_id).where(
        Inquiry.person_id == person_id, Inquiry.status == InquiryStatus.OPEN, Inquiry.provider_id.is_not(None))))


def entries(session: Session, inquiry_ids: Collection[int]) -> list[tuple[InquiryEntry, Staff]]:
    """What staff wrote beneath some inquiries, in order."""
    rows = session.execute(
        select(InquiryEntry, Staff).join(Staff, Staff.id == InquiryEntry.author_id)
        .where(InquiryEntry.inquiry_id.in_(inquiry_ids)).order_by(InquiryEntry.created_at, InquiryEntry.id)
    )
    return [(entry, author) for entry, author in rows]


def to_erase(session: Session, closed_before: datetime, limit: int, *, lock: bool = False) -> list[Inquiry]:
    """Inquiries that were closed before a moment, came to nothing and are not erased; locked, without those that
    somebody else has.
    """
    query = select(Inquiry).where(
        Inquiry.status == InquiryStatus.CLOSED, Inquiry.decided_at <= closed_before, Inquiry.case_id.is_(None),
        Inquiry.person_id.is_(None), Inquiry.erased_at.is_(None),
    ).order_by(Inquiry.decided_at, Inquiry.id).limit(limit)
    return list(session.scalars(query.with_for_update(skip_locked=True, key_share=True) if lock else query))


def drop_entries(session: Session, inquiry_ids: Collection[int]) -> None:
    """Delete what staff wrote beneath inquiries that are erased; the database refuses it of any other."""
    session.execute(delete(InquiryEntry).where(InquiryEntry.inquiry_id.in_(inquiry_ids)))
