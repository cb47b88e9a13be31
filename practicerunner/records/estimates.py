"""Good faith estimates: drafts, the versions that were shared, who asked for one, and where claims are made instead."""

from collections.abc import Collection
from datetime import date
from typing import Any

from sqlalchemy import JSON, CheckConstraint, ForeignKey, String, Text, UniqueConstraint, func, select
from sqlalchemy.orm import Mapped, Session, lazyload, mapped_column

from practicerunner.records.arrangements import BillingArrangement
from practicerunner.records.base import Revised, Row, word
from practicerunner.records.staff import Staff
from practicerunner.vocabulary import ShareChannel


class GoodFaithEstimate(Row):
    """One version of an estimate as it was shared; immutable. What it prints is its issued document."""

    __tablename__ = "good_faith_estimate"

    number: Mapped[str] = mapped_column(String(24), unique=True)
    case_id: Mapped[int] = mapped_column(ForeignKey("case_file.id"), index=True)
    person_id: Mapped[int] = mapped_column(ForeignKey("person.id"), index=True)
    version: Mapped[int]
    replaces_id: Mapped[int | None] = mapped_column(ForeignKey("good_faith_estimate.id"), unique=True)
    """The version before this one; a version is replaced once."""
    first_id: Mapped[int | None] = mapped_column(ForeignKey("good_faith_estimate.id"))
    """The first version of it; empty in that one itself."""
    provider_id: Mapped[int | None] = mapped_column(ForeignKey("staff.id"))
    """Who is named as the provider; empty where nobody knows any more."""
    first_on: Mapped[date]
    last_on: Mapped[date]
    total_cents: Mapped[int]
    shared_on: Mapped[date]

    __table_args__ = (CheckConstraint("last_on >= first_on", name="dates"),)

    @property
    def chain_id(self) -> int:
        """What all versions of one estimate share."""
        return self.first_id or self.id


class EstimateItem(Row):
    """A line of a shared estimate: so many of a service at one expected charge; immutable."""

    __tablename__ = "estimate_item"

    estimate_id: Mapped[int] = mapped_column(ForeignKey("good_faith_estimate.id"), index=True)
    position: Mapped[int]
    service_id: Mapped[int] = mapped_column(ForeignKey("service.id"))
    quantity: Mapped[int]
    fee_cents: Mapped[int]
    first_on: Mapped[date]
    last_on: Mapped[date]
    frequency: Mapped[str] = mapped_column(String(60), default="")


class EstimateDelivery(Row):
    """That somebody was given an estimate: when, how and by whom (D37); immutable."""

    __tablename__ = "estimate_delivery"

    estimate_id: Mapped[int] = mapped_column(ForeignKey("good_faith_estimate.id"), index=True)
    channel: Mapped[ShareChannel] = word(ShareChannel)
    shared_on: Mapped[date]
    shared_by_id: Mapped[int] = mapped_column(ForeignKey("staff.id"))


class EstimateDraft(Revised):
    """An estimate that is being prepared; it leaves when it is shared. One for a person of a case at a time."""

    __tablename__ = "estimate_draft"

    case_id: Mapped[int] = mapped_column(ForeignKey("case_file.id"))
    person_id: Mapped[int] = mapped_column(ForeignKey("person.id"))
    replaces_id: Mapped[int | None] = mapped_column(ForeignKey("good_faith_estimate.id"))
    items: Mapped[list[dict[str, Any]]] = mapped_column(JSON)
    place: Mapped[str] = mapped_column(Text, default="")
    separately: Mapped[str] = mapped_column(Text, default="")

    __table_args__ = (UniqueConstraint("case_id", "person_id"),)


class EstimateRequest(Row):
    """That somebody asked what care will cost; immutable."""

    __tablename__ = "estimate_request"

    case_id: Mapped[int] = mapped_column(ForeignKey("case_file.id"), index=True)
    person_id: Mapped[int] = mapped_column(ForeignKey("person.id"))
    asked_on: Mapped[date]
    recorded_by_id: Mapped[int] = mapped_column(ForeignKey("staff.id"))


class ClaimChoice(Row):
    """Whether insurance claims are made for a case, from now on (X20); the latest one counts."""

    __tablename__ = "claim_choice"

    case_id: Mapped[int] = mapped_column(ForeignKey("case_file.id"), index=True)
    claims: Mapped[bool]
    decided_by_id: Mapped[int] = mapped_column(ForeignKey("staff.id"))


def makes_claims(session: Session, case_id: int) -> bool:
    """Whether insurance claims are made for a case; not unless somebody said so."""
    query = select(ClaimChoice.claims).where(ClaimChoice.case_id == case_id)
    return bool(session.scalar(query.order_by(ClaimChoice.id.desc()).limit(1)))


def draft_of(session: Session, case_id: int, person_id: int) -> EstimateDraft | None:
    """The estimate that is being prepared for somebody."""
    return session.scalar(
        select(EstimateDraft).where(EstimateDraft.case_id == case_id, EstimateDraft.person_id == person_id))


def drafts_of(session: Session, case_id: int) -> list[EstimateDraft]:
    """The estimates that are being prepared in a case, the oldest first."""
    return list(session.scalars(
        select(EstimateDraft).where(EstimateDraft.case_id == case_id).order_by(EstimateDraft.id)))


def of_case(session: Session, case_id: int) -> list[GoodFaithEstimate]:
    """The estimates of a case that were shared, the newest first."""
    return list(session.scalars(
        select(GoodFaithEstimate).where(GoodFaithEstimate.case_id == case_id).order_by(GoodFaithEstimate.id.desc())))


def items_of(session: Session, estimate_ids: Collection[int]) -> dict[int, list[EstimateItem]]:
    """Estimate → its lines in order."""
    found: dict[int, list[EstimateItem]] = {estimate_id: [] for estimate_id in estimate_ids}
    if found:
        query = select(EstimateItem).where(EstimateItem.estimate_id.in_(found)).order_by(EstimateItem.position)
        for item in session.scalars(query):
            found[item.estimate_id].append(item)
    return found


def deliveries_of(session: Session, estimate_ids: Collection[int]) -> dict[int, list[tuple[EstimateDelivery, str]]]:
    """Estimate → how it was given to somebody, in order, with the name of who did it."""
    found: dict[int, list[tuple[EstimateDelivery, str]]] = {estimate_id: [] for estimate_id in estimate_ids}
    if found:
        query = select(EstimateDelivery, Staff).join(Staff, Staff.id == EstimateDelivery.shared_by_id).where(
            EstimateDelivery.estimate_id.in_(found)).order_by(EstimateDelivery.id)
        for delivery, person in session.execute(query):
            found[delivery.estimate_id].append((delivery, person.name))
    return found


def last_day_of_all(session: Session, estimate: GoodFaithEstimate) -> date:
    """The last day that any version of an estimate covers."""
    versions = select(func.max(GoodFaithEstimate.last_on)).where(
        (GoodFaithEstimate.id == estimate.chain_id) | (GoodFaithEstimate.first_id == estimate.chain_id))
    return session.scalar(versions) or estimate.last_on


def replaced(session: Session, estimate_id: int) -> bool:
    """Whether a later version took an estimate's place."""
    query = select(GoodFaithEstimate.id).where(GoodFaithEstimate.replaces_id == estimate_id)
    return session.scalar(query.limit(1)) is not None


def agreed_in(session: Session, case_ids: Collection[int]) -> dict[int, list[BillingArrangement]]:
    """Case → its arrangements, for their fees alone: who pays is left out."""
    found: dict[int, list[BillingArrangement]] = {case_id: [] for case_id in case_ids}
    if found:
        query = select(BillingArrangement).where(BillingArrangement.case_id.in_(found))
        for row in session.scalars(query.options(lazyload(BillingArrangement.shares))):
            found[row.case_id].append(row)
    return found
