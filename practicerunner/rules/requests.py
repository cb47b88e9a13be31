"""What somebody may ask for, and how much of it at once (E18)."""

from datetime import date, datetime, time

from dateutil.relativedelta import relativedelta

MOST_OPEN = 10
"""Requests of one person that may wait at the same time."""
MONTHS_AHEAD = 18
USUAL_MINUTES = 50
"""How long an appointment is thought to be where there was none before."""
LONGEST_MESSAGE = 2_000


def last_day(today: date) -> date:
    """The last day that can be asked for."""
    last: date = today + relativedelta(months=MONTHS_AHEAD)
    return last


def together(day: date | None, at: time | None) -> datetime | None:
    """A date and a time as one, if there are both."""
    return None if day is None or at is None else datetime.combine(day, at)


def answered(practice: str, phone: str, address: str) -> tuple[str, str]:
    """Subject and text of the e-mail that says that there is an answer; what it is stands behind the sign-in.

    ``address`` is where one signs in.
    """
    number, name = (" ".join(text.split()) for text in (phone, practice))
    otherwise = f"If you cannot sign in, please call us: {number}" if number else ""
    parts = ["The practice has answered your request. Sign in to see it:", address, otherwise, name]
    return "Your request was answered", "\n\n".join(filter(None, parts)) + "\n"
