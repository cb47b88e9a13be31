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


def reply(practice: str, phone: str, text: str) -> tuple[str, str]:
    """Subject and text of an answer that somebody of the practice typed."""
    call = f"\n{' '.join(phone.split())}" if phone.strip() else ""
    return "Your message to us", f"{text.strip()}\n\n{' '.join(practice.split())}{call}\n"
