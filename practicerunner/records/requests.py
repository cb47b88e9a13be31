"""What clients ask for: a new time, another time, a cancellation (E18)."""

from collections.abc import Collection
from datetime import date, datetime, time
from functools import cache
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, ForeignKey, Index, Select, Text, bindparam, func, select
from sqlalchemy import case as case_of
from sqlalchemy.orm import Mapped, Session, aliased, lazyload, mapped_column

from practicerunner.records.base import Revised, Sees, word
from practicerunner.records.cases import Case, Participant
from practicerunner.records.people import Person
from practicerunner.records.practice import Location
from practicerunner.records.scheduling import CALLED_OFF, Appointment, Attendance
from practicerunner.records.staff import Staff
from practicerunner.vocabulary import (
    AppointmentStatus,
    CaseType,
    ParticipantStatus,
    RequestKind,
    RequestStatus,
    SessionFormat,
)

OPEN = (RequestStatus.PENDING, RequestStatus.OFFERED)
"""Statuses of a request that somebody has still to answer."""


class SchedulingRequest(Revised):
    """One request, linked to its case (FHIR Appointment with status proposed). It holds no slot (DEC9)."""

    __tablename__ = "scheduling_request"

    case_id: Mapped[int] = mapped_column(ForeignKey("case_file.id"), index=True)
    person_id: Mapped[int] = mapped_column(ForeignKey("person.id"), index=True)
    """For whom it is asked: who takes part."""
    asked_by_id: Mapped[int | None] = mapped_column(ForeignKey("person.id"))
    """Who asked for them; ``None`` where they did it themselves, or staff wrote it down."""
    asked_alone: Mapped[bool] = mapped_column(default=False)
    """Whether a client asked it for themselves who consented as a minor: it stays theirs, whoever consents later."""
    kind: Mapped[RequestKind] = word(RequestKind)
    status: Mapped[RequestStatus] = word(RequestStatus, default=RequestStatus.PENDING)
    asked_at: Mapped[datetime]
    """When they asked, which may be before somebody wrote it down: by it a cancellation is late or not (F04)."""
    recorded_by_id: Mapped[int | None] = mapped_column(ForeignKey("staff.id"))
    """Who wrote down what came by phone; ``None`` when the asker did it themselves."""
    appointment_id: Mapped[int | None] = mapped_column(ForeignKey("appointment.id"), index=True)
    """The appointment to move or to cancel; after acceptance of a new time, the one that was booked."""
    was_date: Mapped[date | None]
    was_time: Mapped[time | None]
    """When that appointment was as they asked, or as the offer was made: what moved since is not moved again."""
    provider_id: Mapped[int] = mapped_column(ForeignKey("staff.id"))
    service_id: Mapped[int | None] = mapped_column(ForeignKey("service.id"))
    local_date: Mapped[date | None]
    local_time: Mapped[time | None]
    minutes: Mapped[int | None]
    format: Mapped[SessionFormat | None] = word(SessionFormat)
    location_id: Mapped[int | None] = mapped_column(ForeignKey("location.id"))
    message: Mapped[str] = mapped_column(Text, default="")
    offered_date: Mapped[date | None]
    offered_time: Mapped[time | None]
    reply: Mapped[str] = mapped_column(Text, default="")
    decided_by_id: Mapped[int | None] = mapped_column(ForeignKey("staff.id"))
    """Who answered or offered; ``None`` while it waits and when the asker declined the offer or withdrew."""
    decided_at: Mapped[datetime | None]

    __table_args__ = (Index("ix_scheduling_request_status", "status", "asked_at"),)


class Asked(NamedTuple):
    """A request with what stands around it."""

    request: SchedulingRequest
    case: Case
    person: Person
    appointment: Appointment | None
    provider: Staff
    """Of the appointment, or where there is none yet who was offered, otherwise of the case."""
    location: Location | None
    answered_by: Staff | None
    asked_by: Person | None
    """Who asked for the person, if they did not do it themselves."""


class OwnAppointment(NamedTuple):
    """An appointment ahead of somebody who takes part in it."""

    appointment: Appointment
    case: Case
    provider: Staff
    location: Location | None
    attendance: Attendance


_ON_THE_DAY = (
    Participant.status != ParticipantStatus.WAITLISTED,
    Participant.left_on.is_(None) | (Participant.left_on > bindparam("day")),
)
_THERE = Case.id.in_(select(Participant.case_id).where(Participant.person_id == bindparam("person_id"), *_ON_THE_DAY))
"""That somebody takes part in the case of the query on a day: neither waiting for a place nor gone."""
_TAKES_PART = select(Case.id).where(Case.id == bindparam("case_id"), _THERE)
_TOOK_PART_IN_ANY = select(Participant.id).where(
    Participant.person_id == bindparam("person_id"), Participant.status != ParticipantStatus.WAITLISTED).limit(1)
_WAITS = select(Participant.id).where(
    Participant.person_id == bindparam("person_id"), Participant.status == ParticipantStatus.WAITLISTED).limit(1)
_PRESENT = (
    select(Person, func.min(Participant.position)).join(Participant, Participant.person_id == Person.id)
    .where(Participant.case_id == bindparam("case_id"), *_ON_THE_DAY)
    .group_by(Person.id).order_by(func.min(Participant.position), Person.id)
)
_OWN_CASES = select(Case).where(_THERE).order_by(Case.opened_on, Case.id)


def takes_part(session: Session, case_id: int, person_id: int, day: date) -> bool:
    """Whether somebody takes part in a case on a day: neither waiting for a place nor gone."""
    return session.scalar(_TAKES_PART, {"case_id": case_id, "person_id": person_id, "day": day}) is not None


def took_part_in_any(session: Session, person_id: int) -> bool:
    """Whether somebody takes or took part in any case; waiting for a place is neither."""
    return session.connection().execute(_TOOK_PART_IN_ANY, {"person_id": person_id}).first() is not None


def waits_anywhere(session: Session, person_id: int) -> bool:
    """Whether somebody waits for a place in any case."""
    return session.connection().execute(_WAITS, {"person_id": person_id}).first() is not None


def present(session: Session, case_id: int, day: date) -> list[Person]:
    """Who takes part in a case on a day, in its order."""
    return [person for person, _ in session.execute(_PRESENT, {"case_id": case_id, "day": day})]


def own_cases(session: Session, person_id: int, day: date) -> list[Case]:
    """Cases in which somebody takes part on a day."""
    return list(session.scalars(_OWN_CASES, {"person_id": person_id, "day": day}))


def expected_at(
    session: Session, appointment_id: int, person_id: int, *, for_another: bool = False
) -> Attendance | None:
    """Somebody's attendance at an appointment, unless it was called off.

    ``for_another``, here and below: without what is confidential to them, because whoever asks acts for them.
    """
    query = select(Attendance).where(
        Attendance.appointment_id == appointment_id, Attendance.person_id == person_id,
        Attendance.status.not_in(CALLED_OFF),
    )
    return session.scalar(query.where(~Attendance.confidential) if for_another else query)


def own_ahead(
    session: Session, person_id: int, moment: datetime, day: date, *, case_ids: Collection[int] | None = None,
    limit: int | None = None, for_another: bool = False,
) -> list[OwnAppointment]:
    """Appointments that begin after a moment and at which somebody is expected, by time; of all their cases or some."""
    given: dict[str, Any] = {"person_id": person_id, "moment": moment, "day": day}
    if case_ids is not None:
        given["case_ids"] = list(case_ids)
    if limit is not None:
        given["most"] = limit
    rows = session.execute(_own_ahead(case_ids is not None, limit is not None, for_another), given)
    return [OwnAppointment(*row) for row in rows]


@cache
def _own_ahead(of_some: bool, limited: bool, for_another: bool) -> Select[*tuple[Any, ...]]:
    query: Select[*tuple[Any, ...]] = (
        select(Appointment, Case, Staff, Location, Attendance)
        .join(Attendance, Attendance.appointment_id == Appointment.id).join(Case, Case.id == Appointment.case_id)
        .join(Staff, Staff.id == Appointment.provider_id).outerjoin(Location, Location.id == Appointment.location_id)
        .where(
            Attendance.person_id == bindparam("person_id"), Attendance.status.not_in(CALLED_OFF),
            Appointment.starts_at > bindparam("moment"), Appointment.status != AppointmentStatus.CANCELLED, _THERE,
        ).order_by(Appointment.starts_at, Appointment.id).options(lazyload(Staff.roles))
    )
    if of_some:
        query = query.where(Case.id.in_(bindparam("case_ids", expanding=True)))
    if for_another:
        query = query.where(~Attendance.confidential)
    return query.limit(bindparam("most")) if limited else query


def open_of(session: Session, person_id: int, *, for_another: bool = False) -> list[SchedulingRequest]:
    """What somebody has asked and nobody has closed yet, the newest first."""
    return list(session.scalars(_open_of(for_another), {"person_id": person_id}))


@cache
def _open_of(for_another: bool) -> Select[SchedulingRequest]:
    query = select(SchedulingRequest).where(
        SchedulingRequest.person_id == bindparam("person_id"), SchedulingRequest.status.in_(OPEN)
    ).order_by(SchedulingRequest.asked_at.desc(), SchedulingRequest.id.desc())
    return query.where(~_is_confidential()) if for_another else query


def _around() -> Select[*tuple[Any, ...]]:
    """Requests with what stands around them."""
    answering, asking = aliased(Staff), aliased(Person)
    return (
        select(SchedulingRequest, Case, Person, Appointment, Staff, Location, answering, asking)
        .join(Case, Case.id == SchedulingRequest.case_id).join(Person, Person.id == SchedulingRequest.person_id)
        .outerjoin(Appointment, Appointment.id == SchedulingRequest.appointment_id)
        .join(Staff, Staff.id == _with_whom()).outerjoin(Location, Location.id == SchedulingRequest.location_id)
        .outerjoin(answering, answering.id == SchedulingRequest.decided_by_id)
        .outerjoin(asking, asking.id == SchedulingRequest.asked_by_id)
        .options(lazyload(Staff.roles), lazyload(answering.roles))
    )


def _whose() -> ColumnElement[int]:
    """The provider whom a request concerns now: the appointment's, or where there is none the case's."""
    return func.coalesce(Appointment.provider_id, Case.provider_id)


def _with_whom() -> ColumnElement[int]:
    """The provider with whom it is or would be: what was offered stays with whom it was offered."""
    offered = case_of((SchedulingRequest.status == RequestStatus.OFFERED, SchedulingRequest.provider_id))
    return func.coalesce(Appointment.provider_id, offered, Case.provider_id)


def _is_confidential() -> ColumnElement[bool]:
    """That a request is about an appointment which is confidential to whom it is for."""
    return select(Attendance.id).where(
        Attendance.appointment_id == SchedulingRequest.appointment_id,
        Attendance.person_id == SchedulingRequest.person_id, Attendance.confidential,
    ).exists()


def is_confidential(session: Session, request_id: int) -> bool:
    """Whether a request is about an appointment that is confidential to whom it is for."""
    return session.scalar(
        select(SchedulingRequest.id).where(SchedulingRequest.id == request_id, _is_confidential())) is not None


def of_person(session: Session, person_id: int, limit: int, *, for_another: bool = False) -> list[Asked]:
    """What somebody has asked, the newest first."""
    statement = _of_person(for_another)
    return [Asked(*row) for row in session.execute(statement, {"person_id": person_id, "most": limit})]


@cache
def _of_person(for_another: bool) -> Select[*tuple[Any, ...]]:
    query = _around().where(SchedulingRequest.person_id == bindparam("person_id")).order_by(
        SchedulingRequest.asked_at.desc(), SchedulingRequest.id.desc()).limit(bindparam("most"))
    return query.where(~_is_confidential()) if for_another else query


def open_about(
    session: Session, *, case_id: int | None = None, appointment_id: int | None = None
) -> list[Asked]:
    """Open requests of a case, or about one appointment, the oldest first."""
    about = {"case_id": case_id, "appointment_id": appointment_id}
    given = {name: value for name, value in about.items() if value is not None}
    return [Asked(*row) for row in session.execute(_open_about(tuple(given)), given)]


@cache
def _open_about(columns: tuple[str, ...]) -> Select[*tuple[Any, ...]]:
    """The statement for open requests with these columns given."""
    return _around().where(
        SchedulingRequest.status.in_(OPEN), *(getattr(SchedulingRequest, name) == bindparam(name) for name in columns)
    ).order_by(SchedulingRequest.asked_at, SchedulingRequest.id)


def _seen(visibility: Sees) -> list[ColumnElement[bool]]:
    """The condition under which a request is shown to somebody: as its appointment or its case is."""
    others: list[ColumnElement[bool]] = [Case.id.not_in(visibility.but)] if visibility.but else []
    if visibility.everything:
        return others
    theirs = _whose().in_(visibility.staff_ids) | Case.provider_id.in_(visibility.staff_ids)
    if visibility.supervisor_id is not None:
        theirs |= (Appointment.supervisor_id == visibility.supervisor_id) | (
            Case.supervisor_id == visibility.supervisor_id
        )
    return [theirs, *others]


class Whose(NamedTuple):
    """Requests of whose clients: of one provider, and of one member of staff or of everybody but them."""

    provider_id: int | None = None
    me: int | None = None
    is_mine: bool = True


EVERYBODY = Whose()


def counts(session: Session, visibility: Sees, whose: Whose = EVERYBODY) -> dict[RequestStatus, int]:
    """Status → how many requests somebody may see, narrowed to those of some providers."""
    query = (
        select(SchedulingRequest.status, func.count()).join(Case, Case.id == SchedulingRequest.case_id)
        .outerjoin(Appointment, Appointment.id == SchedulingRequest.appointment_id)
        .where(*_seen(visibility), *_narrowed(whose)).group_by(SchedulingRequest.status)
    )
    return dict(session.execute(query).tuples().all())


def _narrowed(whose: Whose) -> list[ColumnElement[bool]]:
    found: list[ColumnElement[bool]] = []
    if whose.provider_id is not None:
        found.append(_is_of(whose.provider_id))
    if whose.me is not None:
        found.append(_is_of(whose.me) if whose.is_mine else ~_is_of(whose.me))
    return found


def _is_of(staff_id: int) -> ColumnElement[bool]:
    return (_whose() == staff_id) | (Case.provider_id == staff_id)


def providers_asked(session: Session, visibility: Sees, statuses: Collection[RequestStatus]) -> list[tuple[int, str]]:
    """With whom the requests would be that somebody may see, by name: id and name."""
    query = (
        select(Staff.id, Staff.first_name, Staff.last_name).distinct().select_from(SchedulingRequest)
        .join(Case, Case.id == SchedulingRequest.case_id)
        .outerjoin(Appointment, Appointment.id == SchedulingRequest.appointment_id).join(Staff, Staff.id == _whose())
        .where(SchedulingRequest.status.in_(statuses), *_seen(visibility))
        .order_by(Staff.last_name, Staff.first_name, Staff.id)
    )
    return [(staff_id, f"{first} {last}".strip()) for staff_id, first, last in session.connection().execute(query)]


def listed(
    session: Session, visibility: Sees, statuses: Collection[RequestStatus], *, whose: Whose = EVERYBODY,
    kinds: Collection[RequestKind] = (), types: Collection[CaseType] = (), asked_before: datetime | None = None,
    decided_after: datetime | None = None, limit: int, offset: int = 0,
) -> tuple[list[Asked], int]:
    """A page of requests within what somebody may see, and how many there are in all. An empty filter is none.

    The longest waiting come first; with ``decided_after``, only those answered since, the latest first.
    """
    query = _around().where(SchedulingRequest.status.in_(statuses), *_seen(visibility), *_narrowed(whose))
    if kinds:
        query = query.where(SchedulingRequest.kind.in_(kinds))
    if types:
        query = query.where(Case.type.in_(types))
    if asked_before is not None:
        query = query.where(SchedulingRequest.asked_at <= asked_before)
    if decided_after is not None:
        query = query.where(SchedulingRequest.decided_at > decided_after)
    number = session.scalar(query.with_only_columns(func.count(), maintain_column_froms=True)) or 0
    latest = SchedulingRequest.decided_at.desc(), SchedulingRequest.id.desc()
    longest = SchedulingRequest.asked_at, SchedulingRequest.id
    rows = session.execute(query.order_by(*(latest if decided_after else longest)).limit(limit).offset(offset))
    return [Asked(*row) for row in rows], number
