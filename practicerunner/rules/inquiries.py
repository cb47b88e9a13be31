"""What an inquiry may say, how often one may be sent, and the words that go back to whoever asked (I11)."""

import re
import unicodedata
from collections.abc import Callable, Collection, Sequence
from datetime import date, timedelta
from itertools import groupby
from typing import NamedTuple, TypeVar

from practicerunner.rules.case_types import CASE_TYPES
from practicerunner.vocabulary import CaseType

LONGEST_MESSAGE = 2_000
TIMES_SHOWN = 12
"""Free times that the public page offers at once."""
TIMES_A_DAY = 3
"""Of one day."""
FORM_LASTS = timedelta(hours=12)
"""How long an opened form can be sent."""


LINK_LASTS = timedelta(days=30)
"""How long the link to a conversation works; each message of the practice begins that time anew."""
LONGEST_ANSWER = 4_000
"""Characters that whoever asked can write at once."""


class Limit(NamedTuple):
    """How many within how long."""

    most: int
    within: timedelta


PER_ADDRESS = Limit(20, timedelta(hours=1))
"""Inquiries from one address of the internet."""
LOOKS = Limit(60, timedelta(minutes=15))
"""How often one address is shown free times."""
PER_EMAIL = Limit(5, timedelta(hours=20))
"""Inquiries that give one e-mail address; more are not kept, and the answer is the same."""
LETTERS = Limit(2, timedelta(hours=20))
"""Receipts to one e-mail address, so that nobody can have strangers written to."""
ANSWERS = Limit(20, timedelta(hours=1))
"""Messages that whoever asked can write about one inquiry."""
ALL = Limit(150, timedelta(hours=20))
"""Inquiries from everywhere."""

ERASE_AFTER_DAYS = 90
"""How long an inquiry that was closed is kept, unless the practice says otherwise."""

ALONE = tuple(kind for kind, able in CASE_TYPES.items() if not able.is_group and able.least == 1)
"""Kinds of case that one person is enough for."""

T = TypeVar("T")


def spread(times: Sequence[T], day_of: Callable[[T], date]) -> list[T]:
    """Of many times in order, a few of each day, evenly chosen, so that several days are among those shown."""
    found: list[T] = []
    for _, group in groupby(times, day_of):
        ours = list(group)
        few = min(TIMES_A_DAY, len(ours))
        found += [ours[place * (len(ours) - 1) // (few - 1) if few > 1 else 0] for place in range(few)]
    return found[:TIMES_SHOWN]


def begins(asked: CaseType) -> CaseType:
    """Which kind of case a first talk belongs to: that which was asked for; of a group, that of one person."""
    able = CASE_TYPES[asked]
    if not able.is_group:
        return asked
    fits = (kind for kind in ALONE if set(CASE_TYPES[kind].categories) & set(able.categories))
    return next(fits, ALONE[0])


def slug(name: str, taken: Collection[str]) -> str:
    """The last part of an address for a name: ``owen-castellane``; with a number where that is taken."""
    plain = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode().lower()
    base = re.sub(r"[^a-z0-9]+", "-", plain).strip("-")[:50].strip("-") or "provider"
    number, found = 1, base
    while found in taken:
        number += 1
        found = f"{base}-{number}"
    return found


def receipt(practice: str, phone: str) -> tuple[str, str]:
    """Subject and text of the receipt: it names neither the asker nor what they asked."""
    call = f"If it is urgent, please call us: {' '.join(phone.split())}\n\n" if phone.strip() else ""
    return "We received your message", (
        f"Hello,\n\nthank you for your message. We received it and will get in touch with you.\n\n{call}"
        f"If you did not write to us, you need not do anything.\n\n{' '.join(practice.split())}\n"
    )


def letter(practice: str, phone: str, link: str) -> tuple[str, str]:
    """Subject and text of the notice that a message waits: no name, no words of it, and the link to it (I09)."""
    line = " ".join(phone.split())
    call = f"Questions? Please call us: {line}\n\n" if line else ""
    return "A message waits for you", (
        f"Hello,\n\nyou wrote to us, and a message waits for you. Read it and answer here:\n\n{link}\n\n"
        f"The link is for you alone. It works for {LINK_LASTS.days} days, and until we write to you again. "
        f"If you did not write to us, you need not do anything.\n\n{call}{' '.join(practice.split())}\n"
    )
