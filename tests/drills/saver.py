"""A process that books series and changes them, one after the other, until it is killed in the middle.

``python -m tests.drills.saver URL CASE SERVICE STAFF`` reads how far it is through and answers each line of its input
with a child: ``child <pid>``, then one line for every act whose commit came back, then ``gone``. The child is forked
from a process that has everything imported and has opened nothing, so that thirty of them cost no thirty starts.
"""

import os
import sys
from datetime import date, time, timedelta

from sqlalchemy.orm import configure_mappers

from practicerunner import clock, database
from practicerunner.vocabulary import SeriesScope, SessionFormat
from practicerunner.workflows.series import BookSeries, book_series
from practicerunner.workflows.series_changes import ChangeSeries, change_series
from practicerunner.workflows.staff import actor_for
from tests.cast import moment
from tests.drills.conftest import NOW

FIRST = date(2026, 9, 7)
COUNT = 6
"""Occurrences of each series."""
MINUTES = 5


def when(child: int, turn: int) -> tuple[date, time]:
    """A weekday and weeks for each child, ten minutes for each of its series: nobody is in anybody's way."""
    return FIRST + timedelta(weeks=COUNT * (child // 7), days=child % 7), time(7 + turn // 6, 10 * (turn % 6))


def say(line: str) -> None:
    """One line at once and in one piece."""
    os.write(1, f"{line}\n".encode())


def save(url: str, case_id: int, service_id: int, staff_id: int, child: int) -> None:
    """Book a series, move all of it by five minutes, and so on; say what is saved."""
    bound = database.engine(url)
    with database.reading(bound) as session:
        actor = actor_for(session, staff_id)
    for turn in range(6 * 16):
        day, at = when(child, turn)
        with database.transaction(bound) as session:
            made = book_series(session, actor, BookSeries(
                case_id=case_id, service_id=service_id, local_date=day, local_time=at, minutes=MINUTES,
                format=SessionFormat.VIDEO, count=COUNT,
            ))
        say(f"booked {made[0]}")
        with database.transaction(bound) as session:
            change_series(session, actor, ChangeSeries(
                appointment_id=made[0], revision=1, scope=SeriesScope.FOLLOWING,
                local_time=at.replace(minute=at.minute + MINUTES),
            ))
        say(f"changed {made[0]}")


def main() -> None:
    """Fork a child for each line; it ends when it is killed or has nothing left to do."""
    url, *rest = sys.argv[1:]
    case_id, service_id, staff_id = map(int, rest)
    configure_mappers()
    say("ready")
    for line in sys.stdin:
        pid = os.fork()
        if pid == 0:
            say(f"child {os.getpid()}")
            with clock.frozen(moment(NOW)):
                save(url, case_id, service_id, staff_id, int(line))
            os._exit(0)
        os.waitpid(pid, 0)
        say("gone")


if __name__ == "__main__":
    main()
