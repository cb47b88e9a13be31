"""What somebody may ask for, and how much of it at once (E18)."""

from datetime import date

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
