"""Appointments booked, moved and changed: what the tests of the calendar share."""

from datetime import date, time
from typing import Any

from practicerunner import database
from practicerunner.records.scheduling import Appointment
from practicerunner.workflows.booking import Book, book
from practicerunner.workflows.scheduling import ChangeAppointment, Move
from tests.cast import Cast

TUESDAY = date(2026, 9, 8)


def asked(cast: Cast, case_id: int, service: str = "IND50", **changes: Any) -> Book:
    """Tuesday at ten in the office, unless said otherwise."""
    facts: dict[str, Any] = {
        "case_id": case_id, "service_id": cast.services[service], "local_date": TUESDAY, "local_time": time(10),
        "location_id": cast.office,
    }
    return Book(**facts | changes)


def row(cast: Cast, appointment_id: int) -> Appointment:
    with database.reading(cast.engine) as session:
        found = session.get_one(Appointment, appointment_id)
        _ = found.attendances
        return found


def shift(cast: Cast, appointment_id: int, **changes: Any) -> Move:
    found = row(cast, appointment_id)
    facts = {"appointment_id": found.id, "revision": found.revision, "local_date": found.local_date,
             "local_time": found.local_time, "minutes": found.minutes}
    return Move(**facts | changes)


def change(cast: Cast, appointment_id: int, **changes: Any) -> ChangeAppointment:
    found = row(cast, appointment_id)
    return ChangeAppointment(**{
        "appointment_id": found.id, "revision": found.revision, "service_id": found.service_id,
        "fee_cents": found.fee_cents, "format": found.format, "location_id": found.location_id} | changes)


def booked(cast: Cast, by: str, case_id: int, **changes: Any) -> int:
    return cast.do(by, book, asked(cast, case_id, **changes))
