"""Leo, who is 15, his mother Elena who acts for him and pays, and what stands around them."""

from dataclasses import dataclass, field
from datetime import date, time

from sqlalchemy import select

from practicerunner import database
from practicerunner.records.acting import ActsFor
from practicerunner.records.scheduling import Attendance
from practicerunner.rules.permissions import PortalRole
from practicerunner.vocabulary import (
    AccessScope,
    ActingKind,
    CaseType,
    ConsentBasis,
    ContactKind,
    SessionFormat,
    Verdict,
)
from practicerunner.workflows.access import PortalActor
from practicerunner.workflows.access_decisions import DecideAccess, decide_access
from practicerunner.workflows.acting import AddActing, add_acting
from practicerunner.workflows.booking import Book, book
from practicerunner.workflows.cases import OpenCase, Taking, open_case
from practicerunner.workflows.consent_basis import SetConsentBasis, set_consent_basis
from practicerunner.workflows.people import Contact, PersonDetails
from practicerunner.workflows.requests import my_appointments
from tests.cast import Cast, at, people_of

SINCE = date(2026, 9, 1)
BORN = date(2011, 5, 14)
AHEAD = date(2026, 11, 19)


@dataclass
class Home:
    """Leo's case with his mother beside it."""

    cast: Cast
    case_id: int
    leo: int
    elena: int
    acts_id: int
    actors: dict[str, PortalActor] = field(default_factory=dict)

    def see(self, who: str, reader, *args, **kwargs):  # type: ignore[no-untyped-def]
        """Somebody outside the practice reads."""
        with database.transaction(self.cast.engine) as session:
            return reader(session, self.actors[who], *args, **kwargs)

    def act(self, who: str, verb, command):  # type: ignore[no-untyped-def]
        """Somebody outside the practice acts."""
        with database.transaction(self.cast.engine) as session:
            return verb(session, self.actors[who], command)


def mail(address: str) -> tuple[Contact, ...]:
    """An e-mail address that we may write to."""
    return (Contact(kind=ContactKind.EMAIL, value=address, may_email=True),) if address else ()


def home(cast: Cast, *, born: date = BORN, leos_mail: str = "leo@example.org", first: str = "Leo",
         elenas_mail: str = "elena@example.org", zone: str = "", opened: str = "2026-09-01 09:00") -> Home:
    """Open Leo's case and let his mother do all five things for him."""
    with at(opened):
        case_id = cast.do("Dana", open_case, OpenCase(
            type=CaseType.INDIVIDUAL, provider_id=cast.staff["Marcus"], opened_on=SINCE, participants=(
                Taking(person=PersonDetails(first_name=first, last_name="Castellano", birth_date=born,
                                            contacts=mail(leos_mail), zone=zone)),)))
        leo = people_of(cast, case_id)[first]
        acts = cast.do("Dana", add_acting, AddActing(
            client_id=leo, kind=ActingKind.PARENT, starts_on=SINCE, person=PersonDetails(
                first_name="Elena", last_name="Castellano", birth_date=date(1980, 1, 1), contacts=mail(elenas_mail))))
        for scope in AccessScope:
            cast.do("Dana", decide_access, DecideAccess(
                acts_for_id=acts, scope=scope, verdict=Verdict.GRANTED, starts_on=SINCE))
        with database.reading(cast.engine) as session:
            elena = session.get_one(ActsFor, acts).person_id
    return Home(cast, case_id, leo, elena, acts, {
        "Leo": PortalActor(leo, "Leo"), "Elena": PortalActor(elena, "Elena"),
        "Elena for Leo": PortalActor(elena, "Elena", PortalRole.REPRESENTATIVE, leo),
    })


def consents_alone(house: Home, since: date = SINCE) -> None:
    """Leo consented himself; nobody has confirmed an age for his state, and that was said."""
    house.cast.do("Marcus", set_consent_basis, SetConsentBasis(
        case_id=house.case_id, person_id=house.leo, basis=ConsentBasis.MINOR, since=since, state="NY",
        reason="came alone, understands", confirmed=True))


def booked(house: Home, day: date = AHEAD, hour: int = 10, **more: object) -> int:
    """An appointment of Leo's."""
    return house.cast.do("Marcus", book, Book(
        case_id=house.case_id, service_id=house.cast.services["IND50"], local_date=day, local_time=time(hour),
        format=SessionFormat.VIDEO, **more))


def confidential_to(cast: Cast, appointment_id: int) -> set[int]:
    """To whom an appointment is confidential."""
    with database.reading(cast.engine) as session:
        return set(session.scalars(select(Attendance.person_id).where(
            Attendance.appointment_id == appointment_id, Attendance.confidential)))


def seen(house: Home, who: str) -> list[int]:
    """The appointments ahead that somebody finds in the portal."""
    return [one.appointment_id for one in house.see(who, my_appointments)]
