"""Good faith estimates: drafts, the versions that were shared, who asked for one, and where claims are made instead."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from typing import Any

from sqlalchemy import (
    JSON,
    CheckConstraint,
    ColumnElement,
    ForeignKey,
    Select,
    String,
    Text,
    UniqueConstraint,
    bindparam,
    func,
    or_,
    select,
)
from sqlalchemy.orm import Mapped, Session, aliased, lazyload, mapped_column

from practicerunner.records.base import Revised, Row, Sees, word
from practicerunner.records.billing import BillingArrangement, Charge, LedgerEntry
from practicerunner.records.cases import Case, Participant, seen
from practicerunner.records.logins import Staff
from practicerunner.records.people import Person
from practicerunner.records.scheduling import CALLED_OFF, Appointment, Attendance
from practicerunner.vocabulary import AppointmentStatus, CaseStatus, CaseType, EntryKind, ShareChannel


class GoodFaithEstimate(Row):
    """One version of an estimate as it was shared; immutable. What it prints is its issued document."""

    __tablename__ = "good_faith_estimate"

    number: Mapped[str] = mapped_column(String(24), unique=True)
    case_id: Mapped[int] = mapped_column(ForeignKey("case_file.id"), index=True)
    person_id: Mapped[int] = mapped_column(ForeignKey("person.id"), index=True)
    version: Mapped[int]
    replaces_id: Mapped[int | None] = mapped_column(ForeignKey("good_faith_estimate.id"), unique=True)
    """The version before this one; a version is replaced once."""
    first_on: Mapped[date]
    last_on: Mapped[date]
    total_cents: Mapped[int]
    shared_on: Mapped[date]

    __table_args__ = (CheckConstraint("last_on >= first_on", name="dates"),)


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


def replaced(session: Session, estimate_id: int) -> bool:
    """Whether a later version took an estimate's place."""
    query = select(GoodFaithEstimate.id).where(GoodFaithEstimate.replaces_id == estimate_id)
    return session.scalar(query.limit(1)) is not None


@dataclass(frozen=True, slots=True)
class Booked:
    """An appointment ahead that no estimate covers."""

    case_id: int
    case_name: str
    case_type: CaseType
    person_id: int
    first_name: str
    last_name: str
    service_on: date
    booked_at: datetime


_LATER, _NEWER = aliased(ClaimChoice), aliased(GoodFaithEstimate)
_REPLACED = select(_NEWER.id).where(
    _NEWER.replaces_id == GoodFaithEstimate.id, _NEWER.first_on <= GoodFaithEstimate.last_on).exists()
"""A later version took an estimate's place; one that begins after its last day only follows it."""


def _estimable(types: Collection[CaseType], sees: Sees, case_id: int | None) -> list[Any]:
    """The conditions under which a case may have estimates: its kind, and that no claims are made for it."""
    newest = select(func.max(_LATER.id)).where(_LATER.case_id == Case.id).correlate(Case).scalar_subquery()
    claims = select(ClaimChoice.id).where(ClaimChoice.id == newest, ClaimChoice.claims).correlate(Case).exists()
    return [
        Case.type.in_(types), Case.status != CaseStatus.ARCHIVED, seen(sees), ~claims,
        *([] if case_id is None else [Case.id == case_id]),
    ]


def booked_without(
    session: Session, each: Collection[CaseType], together: Collection[CaseType], today: date, sees: Sees,
    case_id: int | None = None,
) -> list[Booked]:
    """Appointments from today on that no estimate covers, by case and day.

    Where participants are charged each (``each``) the estimate has to be their own; otherwise any of the case will do.
    """
    query = (
        select(Case.id, Case.name, Case.type, Person.id, Person.first_name, Person.last_name, Appointment.local_date,
               Appointment.created_at)
        .join(Case, Case.id == Appointment.case_id)
        .join(Attendance, Attendance.appointment_id == Appointment.id).join(Person, Person.id == Attendance.person_id)
        .where(*_estimable([*each, *together], sees, case_id), *_uncovered(together))
        .order_by(Case.id, Attendance.id, Appointment.local_date)
    )
    return [Booked(*row) for row in session.execute(query, _from(today))]


def _uncovered(together: Collection[CaseType]) -> list[ColumnElement[bool]]:
    """The conditions on an appointment and an attendance: from ``today`` on, expected, and covered by no estimate.

    Nowhere is a day more than a day away from where it is in UTC; ``not_before`` says so to the index.
    """
    covering = select(GoodFaithEstimate.id).where(
        GoodFaithEstimate.case_id == Case.id, GoodFaithEstimate.first_on <= Appointment.local_date,
        GoodFaithEstimate.last_on >= Appointment.local_date,
        or_(GoodFaithEstimate.person_id == Attendance.person_id, Case.type.in_(together)),
    ).correlate(Case, Appointment, Attendance).exists()
    return [
        Appointment.starts_at >= bindparam("not_before"), Appointment.local_date >= bindparam("today"),
        Appointment.status != AppointmentStatus.CANCELLED, Attendance.status.not_in(CALLED_OFF), ~covering,
    ]


def _from(today: date) -> dict[str, Any]:
    return {"today": today, "not_before": datetime.combine(today, time(), UTC) - timedelta(days=1)}


def number_booked_without(
    session: Session, each: tuple[CaseType, ...], together: tuple[CaseType, ...], today: date, sees: Sees,
    since: Sequence[tuple[datetime, date]],
) -> int:
    """How many people of cases (``each``) and cases as a whole have such an appointment that calls for an estimate.

    ``since``: booked at this moment or later, only a service from this day on calls for one; the latest moment first.
    """
    given: dict[str, Any] = {f"at_{place}": at for place, (at, _) in enumerate(since)}
    given |= {f"day_{place}": day for place, (_, day) in enumerate(since)}
    return session.scalar(_number_booked(each, together, sees, len(since)), _from(today) | given) or 0


@lru_cache(maxsize=256)
def _number_booked(
    each: tuple[CaseType, ...], together: tuple[CaseType, ...], sees: Sees, steps: int
) -> Select[*tuple[Any, ...]]:
    """The statement, built once for what somebody may see: every run of the billing page asks for it."""
    called_for = [
        or_(Appointment.created_at < bindparam(f"at_{place}"), Appointment.local_date >= bindparam(f"day_{place}"))
        for place in range(steps)
    ]
    booked = (
        select(Attendance.id).join(Appointment, Appointment.id == Attendance.appointment_id)
        .where(Appointment.case_id == Case.id, *_uncovered(together), *called_for)
    )
    people = (
        select(Participant.case_id, Participant.person_id).join(Case, Case.id == Participant.case_id)
        .where(*_estimable(each, sees, None),
               booked.where(Attendance.person_id == Participant.person_id).correlate(Case, Participant).exists())
        .distinct().subquery()
    )
    whole = select(func.count()).select_from(Case).where(
        *_estimable(together, sees, None), booked.correlate(Case).exists())
    return select(select(func.count()).select_from(people).scalar_subquery() + whole.scalar_subquery())


def asked_without(
    session: Session, types: Collection[CaseType], sees: Sees, case_id: int | None = None
) -> list[tuple[EstimateRequest, str, Person]]:
    """Requests that no estimate has answered yet, with the case's name and who asked, the oldest first."""
    answered = select(GoodFaithEstimate.id).where(
        GoodFaithEstimate.case_id == EstimateRequest.case_id, GoodFaithEstimate.person_id == EstimateRequest.person_id,
        GoodFaithEstimate.shared_on >= EstimateRequest.asked_on, GoodFaithEstimate.id > EstimateRequest.id,
    ).exists()
    query = (
        select(EstimateRequest, Case.name, Person).join(Case, Case.id == EstimateRequest.case_id)
        .join(Person, Person.id == EstimateRequest.person_id)
        .where(*_estimable(types, sees, case_id), ~answered).order_by(EstimateRequest.asked_on, EstimateRequest.id)
    )
    return [(request, name, person) for request, name, person in session.execute(query)]


def standing(
    session: Session, types: Collection[CaseType], today: date, sees: Sees, case_id: int | None = None
) -> list[tuple[GoodFaithEstimate, Case, Person]]:
    """Estimates that count today or later: not replaced, not over."""
    query = (
        select(GoodFaithEstimate, Case, Person).join(Case, Case.id == GoodFaithEstimate.case_id)
        .join(Person, Person.id == GoodFaithEstimate.person_id)
        .where(
            *_estimable(types, sees, case_id), GoodFaithEstimate.last_on >= today, ~_REPLACED)
        .order_by(GoodFaithEstimate.id)
    )
    return [(estimate, case, person) for estimate, case, person in session.execute(query)]


def _its_bills(together: Collection[CaseType]) -> list[ColumnElement[bool]]:
    """The conditions on a charge: for a day on which the estimate counted.

    That is a day it covers, until the version after it covers it as well and had been given by then.
    """
    taken_over = select(_NEWER.id).where(
        _NEWER.replaces_id == GoodFaithEstimate.id, Charge.service_date >= _NEWER.first_on,
        Charge.service_date >= _NEWER.shared_on, Charge.service_date <= _NEWER.last_on,
    ).correlate(GoodFaithEstimate, Charge).exists()
    return [
        Charge.case_id == GoodFaithEstimate.case_id, Charge.withdrawn_at.is_(None),
        Charge.service_date.between(GoodFaithEstimate.first_on, GoodFaithEstimate.last_on), ~taken_over,
        or_(Case.type.in_(together), Charge.person_id == GoodFaithEstimate.person_id),
    ]


def _billed(together: Collection[CaseType]) -> ColumnElement[int]:
    """What was billed for the days on which an estimate counted, after credit adjustments."""
    theirs = _its_bills(together)
    charged = select(func.coalesce(func.sum(Charge.amount_cents), 0)).where(*theirs).correlate(
        GoodFaithEstimate, Case).scalar_subquery()
    credited = select(func.coalesce(func.sum(LedgerEntry.amount_cents), 0)).join(
        Charge, Charge.id == LedgerEntry.charge_id
    ).where(*theirs, LedgerEntry.kind == EntryKind.CREDIT).correlate(GoodFaithEstimate, Case).scalar_subquery()
    return charged + credited


def billed(session: Session, estimate_ids: Collection[int], together: Collection[CaseType]) -> dict[int, int]:
    """Estimate → what was billed for the days on which it counted, after credit adjustments."""
    query = select(GoodFaithEstimate.id, _billed(together)).join(Case, Case.id == GoodFaithEstimate.case_id)
    rows = session.execute(query.where(GoodFaithEstimate.id.in_(estimate_ids)))
    return {estimate_id: int(cents) for estimate_id, cents in rows}


def counting(
    session: Session, estimate_ids: Collection[int], charge_ids: Collection[int], together: Collection[CaseType]
) -> set[tuple[int, int]]:
    """Which of some charges count for which of some estimates: estimate, charge."""
    query = (
        select(GoodFaithEstimate.id, Charge.id).select_from(GoodFaithEstimate)
        .join(Case, Case.id == GoodFaithEstimate.case_id).join(Charge, Charge.case_id == Case.id)
        .where(GoodFaithEstimate.id.in_(estimate_ids), Charge.id.in_(charge_ids), *_its_bills(together))
    )
    return {(estimate_id, charge_id) for estimate_id, charge_id in session.execute(query)} if charge_ids else set()


def far_above(
    session: Session, each: Collection[CaseType], together: Collection[CaseType], since: date, excess_cents: int,
    sees: Sees, case_id: int | None = None,
) -> list[tuple[GoodFaithEstimate, Case, Person, int]]:
    """Estimates that run until ``since`` or later and are exceeded by so much, with what was ``billed``.

    Until another one for their days was given after the last of these bills. Credits of whole invoices
    are still to be taken off (``workflows.credits``).
    """
    last = select(func.max(Charge.id)).where(*_its_bills(together)).correlate(GoodFaithEstimate, Case).scalar_subquery()
    given_since = select(_NEWER.id).where(
        _NEWER.case_id == GoodFaithEstimate.case_id, _NEWER.first_on <= GoodFaithEstimate.last_on, _NEWER.id > last,
        or_(Case.type.in_(together), _NEWER.person_id == GoodFaithEstimate.person_id),
    ).correlate(GoodFaithEstimate, Case).exists()
    cents = _billed(together)
    query = (
        select(GoodFaithEstimate, Case, Person, cents)
        .join(Case, Case.id == GoodFaithEstimate.case_id).join(Person, Person.id == GoodFaithEstimate.person_id)
        .where(
            *_estimable([*each, *together], sees, case_id), GoodFaithEstimate.last_on >= since,
            cents >= GoodFaithEstimate.total_cents + excess_cents, ~given_since,
        )
        .order_by(GoodFaithEstimate.id)
    )
    return [(estimate, case, person, int(above)) for estimate, case, person, above in session.execute(query)]


def agreed_in(session: Session, case_ids: Collection[int]) -> dict[int, list[BillingArrangement]]:
    """Case → its arrangements, for their fees alone: who pays is left out."""
    found: dict[int, list[BillingArrangement]] = {case_id: [] for case_id in case_ids}
    if found:
        query = select(BillingArrangement).where(BillingArrangement.case_id.in_(found))
        for row in session.scalars(query.options(lazyload(BillingArrangement.shares))):
            found[row.case_id].append(row)
    return found
