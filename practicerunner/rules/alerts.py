"""When an unanswered alert goes on to somebody else: counted in the hours in which a practice works (C72)."""

from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

OPENS, CLOSES = time(9), time(17)
WEEKDAYS = range(5)
"""Monday to Friday."""
AWAY = timedelta(hours=8)
"""Somebody who has blocked this much or more is away, so that an alert goes to others at once."""

CRISIS_TEXT = (
    "If you are thinking of harming yourself, or are in danger, call or text 988 now, at any hour. In an emergency "
    "call 911 or go to the nearest emergency room. This form is not monitored continuously."
)
"""What somebody reads after a critical answer."""


def crisis_text(practice: str, phone: str) -> str:
    """The crisis text with the practice's own line."""
    line = " ".join(phone.split())
    return CRISIS_TEXT + (f" You can also call {' '.join(practice.split())}: {line}." if line else "")


def escalates_at(raised_at: datetime, zone: str, after: timedelta) -> datetime:
    """The moment at which so much of the business hours has passed on the practice's wall clock.

    Clocks change at night, outside business hours, so an hour on the wall is an hour.
    """
    wall = raised_at.astimezone(ZoneInfo(zone)).replace(tzinfo=None)
    left = after
    while True:
        opens, closes = datetime.combine(wall.date(), OPENS), datetime.combine(wall.date(), CLOSES)
        if wall.weekday() in WEEKDAYS and wall < closes:
            wall = max(wall, opens)
            if left <= closes - wall:
                return (wall + left).replace(tzinfo=ZoneInfo(zone)).astimezone(UTC)
            left -= closes - wall
        wall = datetime.combine(wall.date() + timedelta(days=1), time())
