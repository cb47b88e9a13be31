"""A provider's time that is kept free of appointments."""

from datetime import date, time, timedelta
from zoneinfo import ZoneInfo

from pydantic import Field
from sqlalchemy.orm import Session

from practicerunner import ids
from practicerunner.errors import BadInput, NotFound, SlotTaken
from practicerunner.records import practice, scheduling
from practicerunner.records.scheduling import TimeBlock
from practicerunner.rules import scheduling as rules
from practicerunner.vocabulary import (
    Action,
    Resource,
)
from practicerunner.workflows.access import Actor, authorize
from practicerunner.workflows.booking import bookable_provider
from practicerunner.workflows.commands import Command, RequiredLine, command
from practicerunner.workflows.slots import day_in_words, take


class AddTimeBlock(Command):
    """Keep a provider's time free of appointments."""

    provider_id: int
    starts_on: date
    starts: time
    ends_on: date
    ends: time
    reason: RequiredLine = Field(max_length=120)


class RemoveTimeBlock(Command):
    """Open blocked time again."""

    time_block_id: int


@command(Resource.APPOINTMENTS, Action.CREATE)
def add_time_block(session: Session, actor: Actor, asked: AddTimeBlock) -> int:
    """Block a provider's time. Returns the block's id. Refused while appointments lie in it."""
    authorize(session, actor, Action.CREATE, Resource.APPOINTMENTS, responsible=[asked.provider_id])
    provider = bookable_provider(session, asked.provider_id)
    zone = practice.the_practice(session).zone
    try:
        starts, ends = rules.moment(asked.starts_on, asked.starts, zone), rules.moment(asked.ends_on, asked.ends, zone)
    except OverflowError:
        raise BadInput("starts_on", "That date is too far away.") from None
    if ends <= starts:
        raise BadInput("ends_on", "The end lies before the start.")
    if ends - starts > timedelta(days=366):
        raise BadInput("ends_on", "Blocked time lasts at most a year.")
    scheduling.take_turns(session, [provider.id])
    clashing = scheduling.taken(session, [provider.id], [(starts, ends)])
    if clashing:
        first = clashing[0].starts_at.astimezone(ZoneInfo(zone))
        what = "time is blocked already" if clashing[0].is_block else "there is an appointment"
        more = f" and {len(clashing) - 1} more in this time" if len(clashing) > 1 else ""
        raise SlotTaken(f"{day_in_words(first)}, {first:%H:%M}: {what}{more}. Move or cancel what is there first.")
    block = TimeBlock(
        id=ids.new_id(), provider_id=provider.id, reason=asked.reason, zone=zone, starts_at=starts, ends_at=ends
    )
    session.add(block)
    session.flush()
    rows = [
        {"id": ids.new_id(), "resource_id": provider.id, "starts_at": first, "ends_at": last, "appointment_id": None,
         "time_block_id": block.id, "overriding": False}
        for first, last in rules.pieces(starts, ends)
    ]
    take(session, rows, {provider.id: provider.name})
    return block.id


@command(Resource.APPOINTMENTS, Action.UPDATE)
def remove_time_block(session: Session, actor: Actor, asked: RemoveTimeBlock) -> int:
    """Open blocked time again."""
    block = session.get(TimeBlock, asked.time_block_id, with_for_update=True)
    if block is None:
        raise NotFound(actor=actor, action=Action.UPDATE, resource=Resource.APPOINTMENTS)
    authorize(session, actor, Action.UPDATE, Resource.APPOINTMENTS, responsible=[block.provider_id])
    scheduling.release(session, time_block_id=block.id)
    session.delete(block)
    session.flush()
    return asked.time_block_id
