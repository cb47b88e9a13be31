"""When somebody is reminded of an appointment, and all that a message about one may say (E17, DEC13, I09)."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from practicerunner.rules.scheduling import moment
from practicerunner.vocabulary import SessionFormat

SHORTEST, LONGEST = 1, 336
"""Hours before the start at which a reminder may go out: an hour to two weeks."""
MOST = 4
"""Reminders of one appointment."""
_UNITS = ((168, "week"), (24, "day"), (1, "hour"))


def narrowest(
    settings: Mapping[tuple[int | None, int | None], tuple[int, ...]], case_id: int, person_id: int | None
) -> tuple[int, ...]:
    """The times that count for somebody in a case: their own, else the case's, else the practice's; none are none."""
    for width in ((case_id, person_id), (case_id, None), (None, None)):
        if width in settings:
            return settings[width]
    return ()


def due_at(starts_at: datetime, hours: int, zone: str) -> datetime:
    """When a reminder is due: so many hours before the start on the recipient's wall clock, always before it."""
    wall = starts_at.astimezone(ZoneInfo(zone)).replace(tzinfo=None) - timedelta(hours=hours)
    due = moment(wall.date(), wall.time(), zone)
    # A wall time that the clock skips lies an hour later, which may be the start itself.
    return due if due < starts_at else (starts_at - timedelta(hours=hours)).astimezone(UTC)


def latest_due(starts_at: datetime, times: Iterable[int], zone: str, now: datetime) -> int | None:
    """Which reminder is the one to send by now: the last that is due. None before the first, and none once it began."""
    if starts_at <= now:
        return None
    return min((hours for hours in times if due_at(starts_at, hours, zone) <= now), default=None)


def in_words(hours: int) -> str:
    """``1 hour``, ``36 hours``, ``1 day``, ``1 week``."""
    size, name = next((size, name) for size, name in _UNITS if hours % size == 0)
    number = hours // size
    return f"{number} {name}{'' if number == 1 else 's'}"


def all_in_words(times: Iterable[int]) -> str:
    """``2 days and 2 hours before``, or ``no reminders``."""
    said = [in_words(hours) for hours in sorted(times, reverse=True)]
    if not said:
        return "no reminders"
    return " and ".join(filter(None, [", ".join(said[:-1]), said[-1]])) + " before"


@dataclass(frozen=True, slots=True)
class Meeting:
    """What a message may say of an appointment, and nothing else: to whom, when, where, and who we are."""

    name: str
    """The recipient's own first name."""
    starts_at: datetime
    zone: str
    """The recipient's wall clock."""
    is_other_zone: bool
    """Whether that is another clock than the practice's, so that it has to be named."""
    place: str
    practice: str
    phone: str


@dataclass(frozen=True, slots=True)
class Letter:
    """Subject and text of an e-mail."""

    subject: str
    body: str


def place(held_as: SessionFormat, name: str | None, address: str | None, video_link: str) -> str:
    """Where to be: the location and its address, the link, or "By phone"."""
    if held_as is SessionFormat.PHONE:
        return "By phone"
    if held_as is SessionFormat.VIDEO:
        return f"By video: {video_link}" if video_link else "By video"
    lines = [name or "", *(address or "").splitlines()]
    return "\n".join(filter(None, (_line(line) for line in lines)))


def when(meeting: Meeting, starts_at: datetime | None = None) -> str:
    """``Tuesday 8 September 2026, 10:00``, with the clock it is read off where that is not the practice's."""
    local = (starts_at or meeting.starts_at).astimezone(ZoneInfo(meeting.zone))
    city = meeting.zone.rsplit("/", 1)[-1].replace("_", " ")
    return f"{local:%A} {local.day} {local:%B %Y}, {local:%H:%M}" + (
        f" ({city} time)" if meeting.is_other_zone else ""
    )


def reminder(meeting: Meeting) -> Letter:
    """The reminder of an appointment."""
    return _letter(
        meeting, f"Reminder: your appointment on {when(meeting)}", "This is a reminder of your appointment:",
        _there(meeting), "If you cannot come",
    )


def moved(meeting: Meeting, was: datetime) -> Letter:
    """That an appointment was moved from another time to the one of the meeting."""
    return _letter(
        meeting, "Your appointment was moved", f"Your appointment on {when(meeting, was)} was moved to:",
        _there(meeting), "If this does not suit you",
    )


def cancelled(meeting: Meeting) -> Letter:
    """That an appointment was cancelled."""
    return _letter(
        meeting, "Your appointment was cancelled", f"Your appointment on {when(meeting)} was cancelled.", "",
        "If you have questions",
    )


def _there(meeting: Meeting) -> str:
    return "\n".join(filter(None, [when(meeting), meeting.place]))


def _letter(meeting: Meeting, subject: str, first: str, facts: str, condition: str) -> Letter:
    phone = _line(meeting.phone)
    ask = f"{condition}, please call us: {phone}" if phone else f"{condition}, please get in touch with us."
    parts = [f"Hello {_line(meeting.name)},", first, facts, ask, _line(meeting.practice)]
    return Letter(subject, "\n\n".join(filter(None, parts)) + "\n")


def _line(text: str) -> str:
    """One line, whatever was typed."""
    return " ".join(text.split())
