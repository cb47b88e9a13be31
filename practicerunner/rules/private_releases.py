"""Which private notes an authorisation or an order covers, and how a procedure after an author has left stands."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from practicerunner.vocabulary import CustodyState

CUSTODY_LASTS = timedelta(days=7)
"""So long a procedure waits for the second person, and so long again for the release once they confirmed."""
HAND_OUT_WITHIN = timedelta(minutes=15)
"""So long after a release its paper can be taken, once."""
REDISCLOSURE = (
    "This was handed out for the purpose named above and for nothing else. Whoever receives it may be able to pass it "
    "on, and privacy law may then protect it no longer; do not pass it on without a new written authorisation of "
    "everybody it is about, unless the law requires it."
)


@dataclass(frozen=True, slots=True)
class Scope:
    """Of which sessions the notes are meant: between two days, some by themselves, or all where neither is said."""

    first_on: date | None = None
    last_on: date | None = None
    appointment_ids: Collection[int] = ()

    def covers(self, appointment_id: int, day: date) -> bool:
        """Whether the note of a session is meant."""
        if self.appointment_ids:
            return appointment_id in self.appointment_ids
        return (self.first_on is None or self.first_on <= day) and (self.last_on is None or day <= self.last_on)


def blocked_sentence(waiting: Collection[str]) -> str:
    """Why private notes do not go out: whose word is not there."""
    return (
        "Blocked: each adult who took part has to authorise the release of private notes first. "
        f"Missing: {', '.join(waiting)}." if waiting else ""
    )


def custody_state(
    *, opened_at: datetime, confirmed_at: datetime | None, ended: bool, author_is_back: bool, now: datetime
) -> CustodyState:
    """How a procedure stands; an author who works here again ends it, whatever is written."""
    if ended or author_is_back:
        return CustodyState.ENDED
    if now >= until(opened_at, confirmed_at):
        return CustodyState.EXPIRED
    return CustodyState.OPEN if confirmed_at is None else CustodyState.CONFIRMED


def until(opened_at: datetime, confirmed_at: datetime | None) -> datetime:
    """When a procedure expires."""
    return (confirmed_at or opened_at) + CUSTODY_LASTS


def how_many(number: int) -> str:
    """Private notes in words."""
    return f"{number} private {'note' if number == 1 else 'notes'}"
