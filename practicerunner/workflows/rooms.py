"""When a room is taken, for whoever looks for a free one."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from sqlalchemy.orm import Session

from practicerunner.records import calendar, scheduling
from practicerunner.records.practice import Location
from practicerunner.rules import scheduling as rules
from practicerunner.vocabulary import Resource
from practicerunner.workflows.access import Actor
from practicerunner.workflows.commands import reader


@dataclass(frozen=True, slots=True)
class RoomTaken:
    """A room's time that somebody has, in wall-clock time; not whose it is."""

    room: str
    starts: datetime
    ends: datetime


@reader(Resource.APPOINTMENTS)
def room_taken_between(
    session: Session, actor: Actor, first: date, last: date, location_id: int, shown: Iterable[int] = ()
) -> list[RoomTaken]:
    """When a room is taken on these dates, appointments that are ``shown`` anyway left out; nothing where no room is.

    Everybody who reads a calendar may know that a room is taken, as the booking form says it too; never by whom.
    """
    place = session.get(Location, location_id)
    if place is None or not place.is_room:
        return []
    zone, known = ZoneInfo(calendar.zone(session)), set(shown)
    starts = rules.moment(first, time(), zone.key)
    ends = rules.moment(last + timedelta(days=1), time(), zone.key)
    return [
        RoomTaken(place.name, begun.astimezone(zone).replace(tzinfo=None), over.astimezone(zone).replace(tzinfo=None))
        for appointment_id, begun, over in scheduling.holding(session, place.id, starts, ends)
        if appointment_id not in known
    ]
