"""Who has to be given a good faith estimate, and which estimates still count: named queries."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from typing import Any

from sqlalchemy import ColumnElement, Select, bindparam, func, or_, select
from sqlalchemy.orm import Session, aliased

from practicerunner.records.base import Sees
from practicerunner.records.cases import Case, Participant, seen
from practicerunner.records.estimates import ClaimChoice, EstimateItem, EstimateRequest, GoodFaithEstimate
from practicerunner.records.people import Person
from practicerunner.records.scheduling import CALLED_OFF, Appointment, Attendance
from practicerunner.vocabulary import AppointmentStatus, CaseStatus, CaseType


@dataclass(frozen=True, slots=True)
class Booked:
    """An appointment ahead that no estimate covers."""

    case_id: int
    case_name: str
    case_type: CaseType
    person_id: int
    first_name: str
    last_name: str
    service_id: int
    service_on: date
    booked_at: datetime


_LATER, _NEWER = aliased(ClaimChoice), aliased(GoodFaithEstimate)


def estimable(
    types: Collection[CaseType], sees: Sees, case_id: int | None = None, *, with_archived: bool = False
) -> list[Any]:
    """The conditions under which a case may have estimates: its kind, and that no claims are made for it."""
    newest = select(func.max(_LATER.id)).where(_LATER.case_id == ClaimChoice.case_id).correlate(
        ClaimChoice).scalar_subquery()
    claiming = select(ClaimChoice.case_id).where(ClaimChoice.claims, ClaimChoice.id == newest)
    return [
        Case.type.in_(types), seen(sees), Case.id.not_in(claiming),
        *([] if with_archived else [Case.status != CaseStatus.ARCHIVED]),
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
        select(Case.id, Case.name, Case.type, Person.id, Person.first_name, Person.last_name, Appointment.service_id,
               Appointment.local_date, Appointment.created_at)
        .join(Case, Case.id == Appointment.case_id)
        .join(Attendance, Attendance.appointment_id == Appointment.id).join(Person, Person.id == Attendance.person_id)
        .where(*estimable([*each, *together], sees, case_id), *_uncovered(together))
        .order_by(Case.id, Attendance.id, Appointment.local_date)
    )
    return [Booked(*row) for row in session.execute(query, _from(today))]


def _uncovered(together: Collection[CaseType]) -> list[ColumnElement[bool]]:
    """The conditions on an appointment and an attendance: from ``today`` on, expected, and covered by no estimate.

    One covers it that lists its service for those days, until a later version covers them; also with a substitute, for
    the practice bills. That the case has another provider is a change of the estimate and said there. Nowhere is a day
    more than a day away from where it is in UTC; ``not_before`` says so to the index.
    """
    chain = func.coalesce(GoodFaithEstimate.first_id, GoodFaithEstimate.id)
    replaced = select(_NEWER.id).where(
        _NEWER.case_id == GoodFaithEstimate.case_id, _NEWER.id > GoodFaithEstimate.id, _NEWER.first_id == chain,
        Appointment.local_date.between(_NEWER.first_on, _NEWER.last_on),
    ).correlate(GoodFaithEstimate, Appointment).exists()
    lists = select(EstimateItem.id).where(
        EstimateItem.estimate_id == GoodFaithEstimate.id, EstimateItem.service_id == Appointment.service_id,
    ).correlate(GoodFaithEstimate, Appointment).exists()
    covering = select(GoodFaithEstimate.id).where(
        GoodFaithEstimate.case_id == Case.id,
        Appointment.local_date.between(GoodFaithEstimate.first_on, GoodFaithEstimate.last_on),
        or_(GoodFaithEstimate.person_id == Attendance.person_id, Case.type.in_(together)), lists, ~replaced,
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
        .where(*estimable(each, sees, None),
               booked.where(Attendance.person_id == Participant.person_id).correlate(Case, Participant).exists())
        .distinct().subquery()
    )
    whole = select(func.count()).select_from(Case).where(
        *estimable(together, sees, None), booked.correlate(Case).exists())
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
        .where(*estimable(types, sees, case_id), ~answered).order_by(EstimateRequest.asked_on, EstimateRequest.id)
    )
    return [(request, name, person) for request, name, person in session.execute(query)]


def standing(
    session: Session, types: Collection[CaseType], today: date, sees: Sees, case_id: int | None = None
) -> list[tuple[GoodFaithEstimate, Case, Person]]:
    """Estimates that are not over, with those that later versions took the place of, in the order they were given."""
    query = (
        select(GoodFaithEstimate, Case, Person).join(Case, Case.id == GoodFaithEstimate.case_id)
        .join(Person, Person.id == GoodFaithEstimate.person_id)
        .where(*estimable(types, sees, case_id), GoodFaithEstimate.last_on >= today)
        .order_by(GoodFaithEstimate.id)
    )
    return [(estimate, case, person) for estimate, case, person in session.execute(query)]


@dataclass(frozen=True, slots=True)
class OnItsDays:
    """An appointment on a day that an estimate covers."""

    estimate_id: int
    service_id: int
    local_date: date


def numbers_on_their_days(
    session: Session, types: Collection[CaseType], today: date, sees: Sees, case_id: int | None = None
) -> dict[int, int]:
    """Estimate that is not over → how many appointments of its case lie on its days, at most; read from an index."""
    query = (
        select(GoodFaithEstimate.id, func.count()).select_from(GoodFaithEstimate)
        .join(Case, Case.id == GoodFaithEstimate.case_id)
        .join(Appointment, Appointment.case_id == GoodFaithEstimate.case_id)
        .where(*estimable(types, sees, case_id), GoodFaithEstimate.last_on >= today,
               Appointment.local_date.between(GoodFaithEstimate.first_on, GoodFaithEstimate.last_on),
               Appointment.status != AppointmentStatus.CANCELLED)
        .group_by(GoodFaithEstimate.id)
    )
    return dict(session.execute(query).tuples().all())


def on_their_days(
    session: Session, estimate_ids: Collection[int], together: Collection[CaseType]
) -> list[OnItsDays]:
    """The appointments on the days of estimates at which whom they are for is or was expected, in order."""
    if not estimate_ids:
        return []
    expected = select(Attendance.id).where(
        Attendance.appointment_id == Appointment.id, Attendance.status.not_in(CALLED_OFF),
        or_(Attendance.person_id == GoodFaithEstimate.person_id, Case.type.in_(together)),
    ).correlate(Appointment, GoodFaithEstimate, Case).exists()
    rows = session.execute(
        select(GoodFaithEstimate.id, Appointment.service_id, Appointment.local_date)
        .select_from(GoodFaithEstimate).join(Case, Case.id == GoodFaithEstimate.case_id)
        .join(Appointment, Appointment.case_id == GoodFaithEstimate.case_id)
        .where(GoodFaithEstimate.id.in_(estimate_ids), expected,
               Appointment.local_date.between(GoodFaithEstimate.first_on, GoodFaithEstimate.last_on),
               Appointment.status != AppointmentStatus.CANCELLED)
        .order_by(GoodFaithEstimate.id, Appointment.local_date, Appointment.id)
    )
    return [OnItsDays(*row) for row in rows]
