"""Linden Street Practice and its people: the cast of the tests, brought on through workflows."""

import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import Engine, func, select

from practicerunner import clock, database
from practicerunner.records import accounts, arrangements, cases
from practicerunner.records.people import payer_of_person
from practicerunner.records.practice import Practice
from practicerunner.records.scheduling import Appointment
from practicerunner.vocabulary import (
    AttendanceStatus,
    CaseType,
    PaymentMethodKind,
    ProofMethod,
    Role,
    ServiceCategory,
    ShareKind,
    TwoPersonLabel,
)
from practicerunner.workflows.access import Actor
from practicerunner.workflows.arrangements import SetArrangement, Share, revision_of, set_arrangement
from practicerunner.workflows.attendance import AttendAll, SetAttendance, attend_all, set_attendance
from practicerunner.workflows.billing import InvoiceAppointment, invoice_appointment
from practicerunner.workflows.booking import Book, book
from practicerunner.workflows.cases import OpenCase, Taking, open_case
from practicerunner.workflows.payments import RecordPayment, record_payment
from practicerunner.workflows.people import AddPerson, PersonDetails, add_person
from practicerunner.workflows.practice import AddLocation, AddService, add_location, add_service
from practicerunner.workflows.proof import Signing, proof_of
from practicerunner.workflows.staff import AddStaff, StaffDetails, actor_for, add_staff, create_staff

ZONE = "America/New_York"
LABEL = TwoPersonLabel.PARTNERS


def moment(text: str) -> datetime:
    """A practice wall-clock time such as ``2026-09-03 10:00`` as an aware moment."""
    return datetime.fromisoformat(text).replace(tzinfo=ZoneInfo(ZONE)).astimezone(UTC)


@contextmanager
def at(text: str) -> Iterator[None]:
    """Hold the clock at a practice wall-clock time."""
    with clock.frozen(moment(text)):
        yield


@dataclass
class Cast:
    """The practice of the scenarios, with every name at hand."""

    engine: Engine
    staff: dict[str, int] = field(default_factory=dict)
    services: dict[str, int] = field(default_factory=dict)
    office: int = 0

    def actor(self, name: str) -> Actor:
        """The acting person by first name, as the database knows them now."""
        with database.reading(self.engine) as session:
            return actor_for(session, self.staff[name])

    def do(self, name: str, verb: Any, command: Any) -> Any:
        """Somebody carries out a command, in a transaction of its own; who signs has just shown who they are."""
        actor = self.actor(name)
        if isinstance(command, Signing) and not command.proof:
            proof = proof_of(actor.staff_id, ProofMethod.PASSWORD, command.op)
            command = command.model_copy(update={"proof": proof})
        with database.transaction(self.engine) as session:
            return verb(session, actor, command)

    def read(self, name: str, reader: Any, *args: Any, **kwargs: Any) -> Any:
        """Somebody reads."""
        actor = self.actor(name)
        with database.reading(self.engine) as session:
            return reader(session, actor, *args, **kwargs)

    def open_case(self, case_type: CaseType, *names: str, by: str = "Dana", provider: str = "Marcus",
                  name: str = "", opened_on: date | None = None) -> int:
        """Open a case of new people given as ``First Last``."""
        people = tuple(
            Taking(person=PersonDetails(first_name=n.split(" ", 1)[0], last_name=n.split(" ", 1)[-1])) for n in names
        )
        return self.do(by, open_case, OpenCase(
            type=case_type, label=LABEL if case_type is CaseType.TWO_PERSON else None, name=name,
            provider_id=self.staff[provider], participants=people, opened_on=opened_on,
        ))


STAFF = {
    "Dana": ("Okafor", {Role.OWNER, Role.PROVIDER}),
    "Ruth": ("Feldman", {Role.SUPERVISOR, Role.PROVIDER}),
    "Marcus": ("Bell", {Role.PROVIDER}),
    "Priya": ("Nair", {Role.ASSOCIATE}),
    "Tom": ("Alvarez", {Role.ADMIN}),
    "Olga": ("Outsider", {Role.PROVIDER}),
}
"""The last is a provider with no assignment to anybody's cases."""

SERVICES = {
    "INTAKE": ("X0791", ServiceCategory.THERAPY, 60, 225_00),
    "IND50": ("X0834", ServiceCategory.THERAPY, 50, 165_00),
    "IND60": ("X0837", ServiceCategory.THERAPY, 60, 190_00),
    "FAM50": ("X0847", ServiceCategory.THERAPY, 50, 210_00),
    "GRP90": ("X0853", ServiceCategory.THERAPY, 90, 75_00),
    "CONS60": ("", ServiceCategory.CONSULTATION, 60, 180_00),
    "CGRP120": ("", ServiceCategory.CONSULTATION, 120, 95_00),
    "WKSP": ("", ServiceCategory.OTHER, 360, 120_00),
}


_made: list[tuple[Path, Cast]] = []
"""The SQLite file of the first Linden Street Practice of this process, for the next ones to copy."""


def bring_on(engine: Engine) -> Cast:
    """Linden Street Practice with its staff, services and office, as of 2026-01-05, in an empty, migrated database."""
    if engine.dialect.name != "sqlite":
        return _set_up(engine)
    if not _made:
        cast = _set_up(engine)
        path = Path(tempfile.mkdtemp(prefix="practicerunner-cast-")) / "cast.db"
        raw = engine.raw_connection()
        raw.cursor().execute("vacuum into ?", (str(path),))
        raw.close()
        _made.append((path, replace(cast, staff=dict(cast.staff), services=dict(cast.services))))
        return cast
    path, known = _made[0]
    engine.dispose()
    for tail in ("-wal", "-shm"):
        Path(f"{engine.url.database}{tail}").unlink(missing_ok=True)
    shutil.copy(path, str(engine.url.database))
    return replace(known, engine=engine, staff=dict(known.staff), services=dict(known.services))


def _set_up(engine: Engine) -> Cast:
    cast = Cast(engine)
    with at("2026-01-05 08:00"):
        with database.transaction(engine) as session:
            session.add(Practice(name="Linden Street Practice", zone=ZONE, address="12 Linden Street\nAlbany, NY 12207",
                                 phone="+1 518 555 0100", email="desk@linden.example", tax_id="14-1234567"))
        with database.transaction(engine) as session:
            cast.staff["Dana"] = create_staff(session, StaffDetails(
                first_name="Dana", last_name="Okafor", email="dana@linden.example", roles=STAFF["Dana"][1],
                credentials="PhD",
            ))
        for first, (last, roles) in list(STAFF.items())[1:]:
            cast.staff[first] = cast.do("Dana", add_staff, AddStaff(
                first_name=first, last_name=last, email=f"{first.lower()}@linden.example", roles=roles,
                credentials="LMFT" if Role.ADMIN not in roles else "",
                supervisor_id=cast.staff.get("Ruth") if first == "Priya" else None,
            ))
        for name, (code, category, minutes, fee) in SERVICES.items():
            cast.services[name] = cast.do("Dana", add_service, AddService(
                name=name, code=code, category=category, minutes=minutes, fee_cents=fee,
            ))
        cast.office = cast.do("Dana", add_location, AddLocation(name="Office", address="12 Linden Street"))
    return cast


def people_of(cast: Cast, case_id: int) -> dict[str, int]:
    """First name → person id of everybody in a case."""
    with database.reading(cast.engine) as session:
        return {person.first_name: person.id for _, person in cases.people_in(session, case_id)}


def hold(cast: Cast, case_id: int, service: str, when: str, *, by: str = "Marcus",
         missed: dict[int, AttendanceStatus] | None = None, fee_cents: int | None = None, provider: str = "") -> int:
    """Book an appointment, let it take place, and record who came; ``missed`` names who did not.

    ``provider`` stands in for the provider of the case.
    """
    start = datetime.fromisoformat(when)
    with at(f"{start.date()} 07:00"):
        appointment_id = cast.do(by, book, Book(
            case_id=case_id, service_id=cast.services[service], local_date=start.date(), local_time=start.time(),
            location_id=cast.office, fee_cents=fee_cents, provider_id=cast.staff[provider] if provider else None,
        ))
    with at(f"{start.date()} 22:00"):
        cast.do(by, attend_all, AttendAll(appointment_id=appointment_id))
        if missed:
            cast.do(by, set_attendance, SetAttendance(appointment_id=appointment_id, statuses=missed))
    return appointment_id


def invoice(cast: Cast, appointment_id: int, *, by: str = "Tom", on: str = "") -> list[int]:
    """Invoice an appointment on its day (or at ``on``)."""
    with database.reading(cast.engine) as session:
        day = on or str(session.get_one(Appointment, appointment_id).local_date)
    with at(f"{day} 23:00"):
        return cast.do(by, invoice_appointment, InvoiceAppointment(appointment_id=appointment_id))


def pay(cast: Cast, payer_id: int, case_id: int, cents: int, on: str, *, by: str = "Tom", **options: Any) -> int:
    """A payer pays on a day; oldest invoice first unless told otherwise."""
    with at(f"{on} 23:30"):
        return cast.do(by, record_payment, RecordPayment(
            payer_id=payer_id, case_id=case_id, method=PaymentMethodKind.CHEQUE, amount_cents=cents,
            received_on=date.fromisoformat(on), **options,
        ))


def payer(cast: Cast, first: str, last: str, *, by: str = "Dana") -> int:
    """Somebody who pays without taking part: the person id."""
    return cast.do(by, add_person, AddPerson(person=PersonDetails(first_name=first, last_name=last)))


def arrange(cast: Cast, case_id: int, shares: dict[int, int], *, since: str, person_id: int | None = None,
            **terms: Any) -> int:
    """Set who pays: person id → basis points, in order; a share of 0 takes the rest."""
    return cast.do("Tom", set_arrangement, SetArrangement(
        case_id=case_id, person_id=person_id, revision=times_set(cast, case_id, person_id),
        valid_from=date.fromisoformat(since), **terms,
        shares=tuple(
            Share(person_id=person, kind=ShareKind.PERCENT, basis_points=points) if points
            else Share(person_id=person) for person, points in shares.items()
        ),
    ))


def times_set(cast: Cast, case_id: int, person_id: int | None = None) -> int:
    """How often who pays was set so far, as a form finds it."""
    with database.reading(cast.engine) as session:
        return revision_of(arrangements.of_case(session, case_id), person_id)


def lines(cast: Cast, invoice_ids: list[int]) -> list[tuple[str, int]]:
    """Payer and total of invoices, in order."""
    with database.reading(cast.engine) as session:
        found = [accounts.invoice_facts(session, invoice_id) for invoice_id in invoice_ids]
    return [(facts.payer, facts.total_cents) for facts in found if facts]


def balance(cast: Cast, case_id: int) -> dict[str, int]:
    """Payer → balance in cents on a case, from the ledger."""
    with database.reading(cast.engine) as session:
        return {row.payer: row.due_cents + row.loose_cents for row in accounts.standings(session, case_id=case_id)}


def payer_id(cast: Cast, person_id: int) -> int:
    """The standing as payer of a person."""
    with database.reading(cast.engine) as session:
        found = payer_of_person(session, person_id)
    assert found is not None
    return found.id


def how_many(cast: Cast, table: type, *where: Any) -> int:
    """The rows of a table, or those of which all of this is true."""
    with database.reading(cast.engine) as session:
        return session.scalar(select(func.count()).select_from(table).where(*where)) or 0
