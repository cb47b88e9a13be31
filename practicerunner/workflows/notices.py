"""Word of a change: that an appointment was moved or cancelled, to those who were going to be there (I09)."""

from collections.abc import Iterable, Iterator
from datetime import datetime
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from sqlalchemy.orm import Session

from practicerunner.records import practice
from practicerunner.records.people import Person
from practicerunner.records.practice import Location, Practice
from practicerunner.records.scheduling import Appointment
from practicerunner.records.staff import Staff
from practicerunner.rules import reminders as rules
from practicerunner.rules.reminders import Letter, Meeting
from practicerunner.vocabulary import MessageKind
from practicerunner.workflows import outbox


def notice_moved(session: Session, found: Appointment, was: datetime, person_ids: Iterable[int]) -> list[int]:
    """Tell people that an appointment, as it now stands, was moved from ``was``. Returns the messages' ids.

    Call it after the appointment's revision went up: there is one notice per person and revision. Nobody is written to
    without their permission.
    """
    return [
        message_id for meeting, person_id in _meetings(session, found, person_ids)
        if (message_id := _put(
            session, MessageKind.APPOINTMENT_CHANGED, found, person_id, rules.moved(meeting, was))) is not None
    ]


def notice_cancelled(session: Session, found: Appointment, person_ids: Iterable[int]) -> list[int]:
    """Tell people that an appointment was cancelled. Returns the messages' ids; otherwise as ``notice_moved``."""
    return [
        message_id for meeting, person_id in _meetings(session, found, person_ids)
        if (message_id := _put(
            session, MessageKind.APPOINTMENT_CANCELLED, found, person_id, rules.cancelled(meeting))) is not None
    ]


def _put(
    session: Session, kind: MessageKind, found: Appointment, person_id: int, letter: Letter
) -> int | None:
    return outbox.put(
        session, kind, f"{kind}:{found.id}:{person_id}:{found.revision}", letter.subject, letter.body,
        person_id=person_id, case_id=found.case_id, appointment_id=found.id, expires_at=found.starts_at,
    )


def _meetings(
    session: Session, found: Appointment, person_ids: Iterable[int]
) -> Iterator[tuple[Meeting, int]]:
    us = practice.the_practice(session)
    location = session.get(Location, found.location_id) if found.location_id else None
    provider = session.get_one(Staff, found.provider_id)
    place = rules.place(
        found.format, location.name if location else None, location.address if location else None, provider.video_link
    )
    for person_id in dict.fromkeys(person_ids):
        person = session.get(Person, person_id)
        if person is not None:
            name = person.preferred_name or person.first_name
            yield meeting(us, name, person.zone, found.starts_at, place), person_id


def meeting(us: Practice, name: str, zone: str, starts_at: datetime, place: str) -> Meeting:
    """What a message may say of an appointment, on the recipient's own wall clock."""
    clock_of = zone_of(us, zone)
    return Meeting(name, starts_at, clock_of, clock_of != us.zone, place, us.name, us.phone)


def zone_of(us: Practice, zone: str) -> str:
    """A person's zone; the practice's for those who have none, or one that the world no longer knows."""
    try:
        return ZoneInfo(zone).key if zone else us.zone
    except (ZoneInfoNotFoundError, ValueError):
        return us.zone
