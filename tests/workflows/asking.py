"""Linden Street Practice with people who ask: what the tests of requests share."""

from dataclasses import dataclass
from datetime import date, datetime, time
from typing import Any

from sqlalchemy import select

from practicerunner import database
from practicerunner.records.audit import AuditRow
from practicerunner.records.people import ContactPoint
from practicerunner.records.requests import SchedulingRequest
from practicerunner.records.scheduling import Appointment
from practicerunner.vocabulary import AttendanceStatus, CaseType, ContactKind
from practicerunner.workflows.access import PortalActor
from practicerunner.workflows.answers import Accept, Decline, OfferAnother, accept, decline, offer_another
from practicerunner.workflows.booking import Book, book
from practicerunner.workflows.requests import (
    AskForTime,
    AskToCancel,
    AskToMove,
    DeclineOffer,
    TakeOffer,
    Withdraw,
    ask_for_time,
    ask_to_cancel,
    ask_to_move,
    decline_offer,
    take_offer,
    withdraw,
)
from tests.cast import Cast, people_of

NOON = "2026-11-10 12:00"
"""A Tuesday; everything asked about lies later in the week."""
THURSDAY, FRIDAY = date(2026, 11, 12), date(2026, 11, 13)


@dataclass
class Askers:
    """Ida alone, the couple Noor and Sam, a group; all of Marcus. Bo is Olga's: the decoy."""

    cast: Cast
    cases: dict[str, int]
    people: dict[str, int]
    appointments: dict[str, int]

    def client(self, name: str) -> PortalActor:
        """Somebody as they act from outside."""
        return PortalActor(self.people[name], name)

    def do(self, name: str, verb: Any, command: Any) -> Any:
        """A client carries out a command, in a transaction of its own."""
        with database.transaction(self.cast.engine) as session:
            return verb(session, self.client(name), command)

    def read(self, name: str, reader: Any, *args: Any) -> Any:
        """A client reads."""
        with database.reading(self.cast.engine) as session:
            return reader(session, self.client(name), *args)

    # --- Asking

    def new_time(self, name: str, day: date = FRIDAY, hour: int = 11, **more: Any) -> int:
        """Somebody asks for a new time."""
        made: int = self.do(name, ask_for_time, AskForTime(
            case_id=self.cases[name], local_date=day, local_time=time(hour), **more))
        return made

    def move(self, name: str, day: date = FRIDAY, hour: int = 11, **more: Any) -> int:
        """Somebody asks to move their appointment."""
        made: int = self.do(name, ask_to_move, AskToMove(
            appointment_id=self.appointments[name], local_date=day, local_time=time(hour), **more))
        return made

    def cancel(self, name: str, **more: Any) -> int:
        """Somebody asks to cancel their appointment."""
        made: int = self.do(name, ask_to_cancel, AskToCancel(appointment_id=self.appointments[name], **more))
        return made

    def withdraw(self, name: str, request_id: int) -> int:
        """Somebody takes their request back."""
        made: int = self.do(name, withdraw, Withdraw(request_id=request_id))
        return made

    def take(self, name: str, request_id: int) -> int:
        """Somebody takes the offer."""
        made: int = self.do(name, take_offer, TakeOffer(request_id=request_id, revision=self.row(request_id).revision))
        return made

    def refuse(self, name: str, request_id: int) -> int:
        """Somebody declines the offer."""
        made: int = self.do(name, decline_offer, DeclineOffer(
            request_id=request_id, revision=self.row(request_id).revision))
        return made

    # --- Answering

    def accept(self, request_id: int, by: str = "Marcus", **more: Any) -> int:
        """A member of staff accepts."""
        made: int = self.cast.do(by, accept, Accept(
            request_id=request_id, revision=self.row(request_id).revision, **more))
        return made

    def decline(self, request_id: int, by: str = "Marcus", reply: str = "") -> int:
        """A member of staff declines."""
        made: int = self.cast.do(by, decline, Decline(
            request_id=request_id, revision=self.row(request_id).revision, reply=reply))
        return made

    def offer(self, request_id: int, day: date = FRIDAY, hour: int = 14, by: str = "Marcus", **more: Any) -> int:
        """A member of staff offers another time."""
        made: int = self.cast.do(by, offer_another, OfferAnother(
            request_id=request_id, revision=self.row(request_id).revision, local_date=day, local_time=time(hour),
            **more))
        return made

    # --- Looking

    def row(self, request_id: int) -> SchedulingRequest:
        """A request as it is kept."""
        with database.reading(self.cast.engine) as session:
            return session.get_one(SchedulingRequest, request_id)

    def appointment(self, name_or_id: str | int) -> Appointment:
        """An appointment as it is kept, with its attendances."""
        found_id = self.appointments[name_or_id] if isinstance(name_or_id, str) else name_or_id
        with database.reading(self.cast.engine) as session:
            found = session.get_one(Appointment, found_id)
            _ = found.attendances
            return found

    def log(self, action: str) -> list[AuditRow]:
        """Lines of the audit log about an action, in order."""
        with database.reading(self.cast.engine) as session:
            return list(session.scalars(select(AuditRow).where(AuditRow.action == action).order_by(AuditRow.seq)))


def booked(cast: Cast, case_id: int, service: str, when: str, by: str = "Marcus", **more: Any) -> int:
    """An appointment in the office, at a wall-clock time."""
    starts = datetime.fromisoformat(when)
    made: int = cast.do(by, book, Book(
        case_id=case_id, service_id=cast.services[service], local_date=starts.date(), local_time=starts.time(),
        **{"location_id": cast.office} | more))
    return made


def askers(cast: Cast) -> Askers:
    """Everybody with an appointment on Thursday 12 November."""
    cases = {
        "Ida": cast.open_case(CaseType.INDIVIDUAL, "Ida Holm"),
        "Noor": cast.open_case(CaseType.TWO_PERSON, "Noor Haddad", "Sam Ortiz"),
        "Eve": cast.open_case(CaseType.THERAPY_GROUP, "Eve Moss", "Jo Park", "Al Ray", name="Thursday group"),
        "Bo": cast.open_case(CaseType.INDIVIDUAL, "Bo Ek", provider="Olga"),
    }
    people = {first: person for case_id in cases.values() for first, person in people_of(cast, case_id).items()}
    appointments = {
        "Ida": booked(cast, cases["Ida"], "IND50", "2026-11-12 10:00"),
        "Noor": booked(cast, cases["Noor"], "FAM50", "2026-11-12 13:00"),
        "Eve": booked(cast, cases["Eve"], "GRP90", "2026-11-12 18:00"),
        "Bo": booked(cast, cases["Bo"], "IND50", "2026-11-12 10:00", by="Olga"),
    }
    cases |= {"Sam": cases["Noor"], "Jo": cases["Eve"], "Al": cases["Eve"]}
    appointments |= {"Sam": appointments["Noor"], "Jo": appointments["Eve"], "Al": appointments["Eve"]}
    return Askers(cast, cases, people, appointments)


def may_be_mailed(cast: Cast, person_id: int, address: str) -> None:
    """Somebody lets the practice write e-mails to them."""
    with database.transaction(cast.engine) as session:
        session.add(ContactPoint(person_id=person_id, kind=ContactKind.EMAIL, value=address, may_email=True))


def statuses(ask: Askers, name: str) -> dict[str, AttendanceStatus]:
    """How everybody stands at an appointment."""
    names = {person: first for first, person in ask.people.items()}
    return {names[row.person_id]: row.status for row in ask.appointment(name).attendances}
