"""When a country changes its clocks by law: appointments ahead keep what the wall clock says (R5).

The moment of an appointment was reckoned with the rules that were known when it was booked. Once this machine knows
newer rules, the moments are reckoned anew; what the calendar shows stays, and who was moved stands in the audit log.
"""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from sqlalchemy.orm import Session

from practicerunner import clock, ids
from practicerunner.records import audit, calendar, practice, scheduling
from practicerunner.records.base import add_rows
from practicerunner.records.practice import NotSetUp, Practice
from practicerunner.records.scheduling import Appointment, Hold
from practicerunner.vocabulary import Resource

OVERLAPS = "The rules of the clocks changed, and now it overlaps."
_ANY_CHANGE = timedelta(days=1)
"""No law has ever moved a clock by more."""


def follow_clock_rules(session: Session) -> list[int]:
    """Reckon the moments of appointments ahead anew if the rules of the clocks changed. Returns those that moved.

    An appointment that now overlaps another keeps its time; the overlap is allowed, with the reason.
    """
    try:
        # Two who start at once take turns here; the second finds nothing left to do.
        us = session.get_one(
            Practice, practice.the_practice(session).id, with_for_update=True, populate_existing=True)
    except NotSetUp:
        return []
    version = clock.rules_version()
    if us.tzdata_version == version:
        return []
    was, us.tzdata_version = us.tzdata_version, version
    now = clock.now()
    moved = [
        (found, starts_at) for found in scheduling.ahead(session, now - _ANY_CHANGE)
        if (starts_at := _moment(found)) != found.starts_at and max(starts_at, found.starts_at) > now
    ]
    if moved:
        _move(session, moved)
    audit.note(
        session, action="clock_rules_changed", resource=Resource.PRACTICE_SETTINGS, resource_id=us.id,
        detail=f"from {was or 'unknown'} to {version}, {len(moved)} moved",
    )
    return [found.id for found, _ in moved]


def _moment(found: Appointment) -> datetime:
    local = datetime.combine(found.local_date, found.local_time.replace(fold=found.fold))
    return local.replace(tzinfo=ZoneInfo(found.zone)).astimezone(UTC)


def _move(session: Session, moved: Sequence[tuple[Appointment, datetime]]) -> None:
    held = scheduling.holds_of(session, [found.id for found, _ in moved])
    scheduling.take_turns(session, {hold.resource_id for holds in held.values() for hold in holds})
    busy_before = {found.id: _busy(session, found) for found, _ in moved if found.id in held}
    for found, starts_at in moved:
        _note(session, found, starts_at)
        found.ends_at = starts_at + (found.ends_at - found.starts_at)
        found.starts_at = starts_at
        found.revision += 1
        scheduling.release(session, [found.id])
    session.flush()
    # What was allowed to overlap comes last, so that the others do not meet it and are not marked for it.
    for found, _ in sorted(moved, key=lambda one: any(hold.overriding for hold in held.get(one[0].id, ()))):
        if found.id in held:
            _take(session, found, {hold.resource_id: hold.overriding for hold in held[found.id]},
                  busy_before[found.id])
    session.flush()


def _note(session: Session, found: Appointment, starts_at: datetime) -> None:
    audit.note(
        session, action="clock_rules_changed", resource=Resource.APPOINTMENTS, resource_id=found.id,
        case_id=found.case_id,
        detail=f"{found.local_date} {found.local_time:%H:%M} is now {starts_at:%Y-%m-%d %H:%M} UTC, "
               f"was {found.starts_at:%Y-%m-%d %H:%M}",
    )


def _busy(session: Session, found: Appointment) -> set[int]:
    """Whose other appointment this one touches."""
    people = [row.person_id for row in found.attendances if row.status not in calendar.ABSENT]
    return {one.resource_id for one in scheduling.attending(
        session, people, [(found.starts_at, found.ends_at)], except_ids=[found.id])}


def _take(session: Session, found: Appointment, allowed: dict[int, bool], busy_before: set[int]) -> None:
    """Take what the appointment held at its new moment, over whatever is there. ``allowed``: what → may overlap."""
    over = {one.resource_id for one in scheduling.taken(
        session, allowed, [(found.starts_at, found.ends_at)], except_ids=[found.id])}
    newly = {resource_id for resource_id in over if not allowed[resource_id]} | (_busy(session, found) - busy_before)
    if newly and not found.override_reason:
        found.override_reason = OVERLAPS
    add_rows(session, Hold, [
        {"id": ids.new_id(), "resource_id": resource_id, "starts_at": found.starts_at, "ends_at": found.ends_at,
         "appointment_id": found.id, "time_block_id": None, "overriding": may_overlap or resource_id in over}
        for resource_id, may_overlap in sorted(allowed.items())
    ])
