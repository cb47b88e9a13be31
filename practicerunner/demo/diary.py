"""What happens when: acts in the order of time, each with the clock held at its own moment."""

import heapq
from collections.abc import Callable
from datetime import datetime
from itertools import count

from sqlalchemy import Engine, event
from sqlalchemy.orm import Session

from practicerunner import clock, database
from practicerunner.records import audit

Act = Callable[[Session], object]
MOMENTS_AT_ONCE = 200
"""How many moments one transaction takes in, so that the making does not wait for the disk hundreds of times."""


class Diary:
    """Acts that wait for their moment; what lies after ``until`` has not happened yet and is forgotten."""

    def __init__(self, until: datetime) -> None:
        self.until = until
        self._waiting: list[tuple[datetime, int, Act]] = []
        self._order = count()

    def note(self, moment: datetime, act: Act) -> None:
        """Let something happen at a moment."""
        if moment <= self.until:
            heapq.heappush(self._waiting, (moment, next(self._order), act))

    def live(self, engine: Engine) -> None:
        """Let everything happen, and what follows from it."""
        while self._waiting:
            with database.transaction(engine) as session:
                kept = _keep(session)
                for _ in range(MOMENTS_AT_ONCE):
                    if not self._waiting:
                        break
                    moment = self._waiting[0][0]
                    with clock.frozen(moment):
                        while self._waiting and self._waiting[0][0] <= moment:
                            heapq.heappop(self._waiting)[2](session)
                        # The audit row belongs to this moment, not to that of the commit.
                        session.flush()
                        audit.append_pending(session)
                kept.clear()


def _keep(session: Session) -> list[object]:
    """Hold on to every record that a session meets, so that the next act finds it without asking the database."""
    kept: list[object] = []

    def keep(_: Session, record: object) -> None:
        kept.append(record)

    event.listen(session, "loaded_as_persistent", keep)
    event.listen(session, "pending_to_persistent", keep)
    return kept
