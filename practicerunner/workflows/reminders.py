"""Reminders of appointments: when they go out, writing those that are due, and what was sent (E17, I04)."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import islice
from typing import Annotated
from zoneinfo import ZoneInfo

from pydantic import Field
from sqlalchemy.orm import Session

from practicerunner import clock, ids
from practicerunner.errors import BadInput, Stale
from practicerunner.records import cases, follow_up, people, practice, reminders
from practicerunner.records import outbox as records
from practicerunner.records.cases import Case
from practicerunner.records.outbox import Addressed, OutboxMessage
from practicerunner.records.practice import Practice
from practicerunner.records.reminders import Expected, ReminderSetting, ReminderTime, Times
from practicerunner.rules import reminders as rules
from practicerunner.rules.names import person_name
from practicerunner.vocabulary import Action, MessageKind, MessageStatus, ParticipantStatus, Resource
from practicerunner.workflows import notices, outbox
from practicerunner.workflows.access import Actor, authorize
from practicerunner.workflows.cases import case_for
from practicerunner.workflows.commands import Command, command, reader
from practicerunner.workflows.scheduling import appointment_for

AT_ONCE = 50
"""Reminders in one transaction."""
_ANY_CHANGE = timedelta(hours=2)
"""A clock change makes the wall clock's hours before the start at most this much longer."""
Hours = Annotated[tuple[Annotated[int, Field(ge=rules.SHORTEST, le=rules.LONGEST)], ...], Field(max_length=rules.MOST)]
"""Hours before the start; none means no reminders."""


class SetPracticeReminders(Command):
    """When people are reminded unless their case or they themselves have other times."""

    revision: int = 0
    """Of the setting as it was shown; 0 where there was none."""
    hours: Hours


class SetCaseReminders(Command):
    """When the people of a case, or one of them, are reminded."""

    case_id: int
    person_id: int | None = None
    revision: int = 0
    hours: Hours | None
    """``None``: as the case, or as the practice."""


@dataclass(frozen=True, slots=True)
class ReminderTimes:
    """What counts for a case or for somebody in it."""

    person_id: int | None
    name: str
    """Empty for the case."""
    revision: int
    own: tuple[int, ...] | None
    """``None`` where the times come from the case or the practice."""
    inherited: tuple[int, ...]
    """What would count without times of its own."""
    may_be_mailed: bool = True

    @property
    def times(self) -> tuple[int, ...]:
        """What counts."""
        return self.inherited if self.own is None else self.own


@dataclass(frozen=True, slots=True)
class SentMessage:
    """A message about an appointment, as those read it who may read the appointment: no address, no text."""

    kind: MessageKind
    status: MessageStatus
    to: str
    at: datetime
    """When it was sent, or written."""
    problem: str


# --- Sending


def make_due(session: Session) -> int:
    """Write reminders that are due and were not written before; only so many that no save waits. Returns how many.

    After a time without this, only the last that is due of each person and appointment is written, and none of what
    has begun.
    """
    us, written = practice.the_practice(session), 0
    for key, one in islice(_due(session), AT_ONCE):
        letter = _letter(us, one)
        written += outbox.put(
            session, MessageKind.REMINDER, key, letter.subject, letter.body, person_id=one.person_id,
            case_id=one.case_id, appointment_id=one.appointment_id, expires_at=one.starts_at,
        ) is not None
    return written


def is_any_due(session: Session) -> bool:
    """Whether there is anything to write; asked without keeping anybody's save waiting."""
    return next(_due(session), None) is not None


def _due(session: Session) -> Iterator[tuple[str, Expected]]:
    times, now = reminders.times(session), clock.now()
    longest = max((hours for found in times.values() for hours in found), default=0)
    if longest:
        us = practice.the_practice(session)
        # Where the times were changed, who has had a later reminder gets no earlier one.
        known: dict[str, int] = {}
        for key in records.keys_ahead(session, MessageKind.REMINDER, now):
            occasion, _, hours = key.rpartition(":")
            known[occasion] = min(int(hours), known.get(occasion, rules.LONGEST))
        for one in reminders.expected_between(session, now, now + timedelta(hours=longest) + _ANY_CHANGE):
            due = _key_due(us, times, one, now)
            if due is not None:
                occasion, _, hours = due.rpartition(":")
                if int(hours) < known.get(occasion, rules.LONGEST + 1):
                    yield due, one


def still_wanted(session: Session, message_id: int) -> OutboxMessage | None:
    """A message as it is to be sent now; ``None`` if its cause is gone.

    A reminder's is gone once its appointment was cancelled or moved, its recipient is not expected any more, or a
    later one is due; otherwise it says where the appointment is by now. Word of a cancellation is unwanted once the
    appointment stands again, a payment reminder once nothing is overdue any more.
    """
    message = session.get_one(OutboxMessage, message_id)
    if message.kind is MessageKind.PAYMENT_REMINDER and message.person_id is not None:
        today = clock.today(practice.the_practice(session).zone)
        return message if follow_up.owes_overdue(session, message.person_id, today) else None
    if message.appointment_id is None or message.person_id is None:
        return message
    one = reminders.expected_at(session, message.appointment_id, message.person_id)
    if message.kind is MessageKind.APPOINTMENT_CANCELLED:
        return message if one is None else None
    if message.kind is not MessageKind.REMINDER:
        return message
    us = practice.the_practice(session)
    if one is None or _key_due(us, reminders.times(session, one.case_id), one, clock.now()) != message.dedupe_key:
        return None
    letter = _letter(us, one)
    message.subject, message.body = letter.subject, letter.body
    return message


def _key_due(us: Practice, times: Times, one: Expected, now: datetime) -> str | None:
    """The name of the reminder that somebody gets by now: appointment, person, start on their clock, hours before."""
    zone = notices.zone_of(us, one.zone)
    hours = rules.latest_due(
        one.starts_at, rules.narrowest(times, one.case_id, one.person_id), zone, now)
    if hours is None:
        return None
    local = one.starts_at.astimezone(ZoneInfo(zone))
    return f"{MessageKind.REMINDER}:{one.appointment_id}:{one.person_id}:{local:%Y-%m-%dT%H:%M}:{hours}"


def _letter(us: Practice, one: Expected) -> rules.Letter:
    return rules.reminder(notices.meeting(
        us, one.preferred_name or one.first_name, one.zone, one.starts_at,
        rules.place(one.format, one.place, one.address, one.video_link),
    ))


# --- When


@command(Resource.PRACTICE_SETTINGS, Action.MANAGE)
def set_practice_reminders(session: Session, actor: Actor, asked: SetPracticeReminders) -> int:
    """Set when people are reminded where nothing else is said. Returns the setting's id. Raises Stale."""
    authorize(session, actor, Action.MANAGE, Resource.PRACTICE_SETTINGS, responsible=())
    session.get_one(Practice, practice.the_practice(session).id, with_for_update=True)
    return _set(session, None, None, asked.revision, asked.hours)


@command(Resource.APPOINTMENTS, Action.UPDATE)
def set_case_reminders(session: Session, actor: Actor, asked: SetCaseReminders) -> int:
    """Set when the people of a case, or one of them, are reminded. Returns the case's id. Raises Stale, BadInput."""
    case = case_for(session, actor, asked.case_id, Action.UPDATE, resource=Resource.APPOINTMENTS)
    if asked.person_id is not None and asked.person_id not in _present(case):
        raise BadInput("person_id", "That person does not take part.")
    _set(session, case.id, asked.person_id, asked.revision, asked.hours)
    session.info["detail"] = "reminders: " + ("inherited" if asked.hours is None else rules.all_in_words(asked.hours))
    return case.id


def _set(
    session: Session, case_id: int | None, person_id: int | None, revision: int, hours: tuple[int, ...] | None
) -> int:
    found = reminders.setting(session, case_id, person_id)
    if (found.revision if found else 0) != revision:
        raise Stale
    if found is None:
        if hours is None:
            return 0
        found = ReminderSetting(id=ids.new_id(), case_id=case_id, person_id=person_id, revision=0, times=[])
        session.add(found)
    elif hours is None:
        session.delete(found)
        return found.id
    there = {row.hours_before: row for row in found.times}
    found.times = [there.get(one) or ReminderTime(hours_before=one) for one in sorted(set(hours), reverse=True)]
    found.revision += 1
    session.info["detail"] = f"reminders: {rules.all_in_words(hours)}"
    session.flush()
    return found.id


def _present(case: Case) -> set[int]:
    return {p.person_id for p in case.participants if p.status is not ParticipantStatus.LEFT}


@reader(Resource.PRACTICE_SETTINGS)
def practice_reminders(session: Session, actor: Actor) -> ReminderTimes:
    """The practice's own times."""
    found = reminders.setting(session, None, None)
    return ReminderTimes(None, "", found.revision if found else 0, _hours(found), ())


@reader(Resource.APPOINTMENTS)
def case_reminders(session: Session, actor: Actor, case_id: int) -> list[ReminderTimes]:
    """The times of a case, then of each person who takes part. Raises NotFound for strangers."""
    case = case_for(session, actor, case_id, resource=Resource.APPOINTMENTS)
    found = reminders.settings_of(session, case.id)
    general = _hours(found.get((None, None))) or ()
    own = found.get((case.id, None))
    rows = [ReminderTimes(None, "", own.revision if own else 0, _hours(own), general)]
    for part, person in cases.people_in(session, case.id):
        if part.status is not ParticipantStatus.LEFT:
            theirs = found.get((case.id, person.id))
            rows.append(ReminderTimes(
                person.id, person_name(person.first_name, person.last_name, person.preferred_name),
                theirs.revision if theirs else 0, _hours(theirs), rows[0].times,
                bool(people.mail_address(session, person.id)),
            ))
    return rows


def _hours(found: ReminderSetting | None) -> tuple[int, ...] | None:
    return None if found is None else tuple(row.hours_before for row in found.times)


# --- What was sent


@reader(Resource.APPOINTMENTS)
def sent_about_appointment(session: Session, actor: Actor, appointment_id: int) -> list[SentMessage]:
    """What went to people about one appointment, newest first. Raises NotFound for strangers."""
    found = appointment_for(session, actor, appointment_id)
    return list(map(_sent, records.about(session, case_id=found.case_id, appointment_id=found.id)))


@reader(Resource.APPOINTMENTS)
def sent_about_case(session: Session, actor: Actor, case_id: int) -> list[SentMessage]:
    """The latest messages to people of a case about its appointments, newest first. Raises NotFound for strangers."""
    case = case_for(session, actor, case_id, resource=Resource.APPOINTMENTS)
    return list(map(_sent, records.about(session, case_id=case.id)))


def _sent(row: Addressed) -> SentMessage:
    message, *_ = row
    return SentMessage(
        message.kind, message.status, outbox.recipient(row), message.sent_at or message.created_at,
        message.last_problem,
    )
