"""Inquiries of people who are not clients yet, what staff wrote beneath them, and what the public page offers (I11)."""

from collections.abc import Collection
from datetime import date, datetime, time
from typing import NamedTuple

from sqlalchemy import JSON, ColumnElement, ForeignKey, Index, String, Text, func, select
from sqlalchemy.orm import Mapped, Session, aliased, mapped_column

from practicerunner.records.base import Revised, Row, Sees, word
from practicerunner.records.cases import Case
from practicerunner.records.logins import Staff
from practicerunner.records.practice import Location, Service
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
    case_id: Mapped[int | None] = mapped_column(ForeignKey("case_file.id"), index=True)
    """The prospect that it became."""
    reason: Mapped[str] = mapped_column(String(300), default="")
    """Why it was closed."""
    decided_by_id: Mapped[int | None] = mapped_column(ForeignKey("staff.id"))
    decided_at: Mapped[datetime | None]

    __table_args__ = (Index("ix_inquiry_status", "status", "received_at"),)


class InquiryEntry(Row):
    """A note of staff about an inquiry, or what they answered; kept as it was written."""

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
    """The condition under which somebody sees an inquiry: all, or those of the staff whose work they see."""
    return [] if visibility.everything else [Inquiry.provider_id.in_(visibility.staff_ids)]


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


def entries(session: Session, inquiry_ids: Collection[int]) -> list[tuple[InquiryEntry, Staff]]:
    """What staff wrote beneath some inquiries, in order."""
    rows = session.execute(
        select(InquiryEntry, Staff).join(Staff, Staff.id == InquiryEntry.author_id)
        .where(InquiryEntry.inquiry_id.in_(inquiry_ids)).order_by(InquiryEntry.created_at, InquiryEntry.id)
    )
    return [(entry, author) for entry, author in rows]
