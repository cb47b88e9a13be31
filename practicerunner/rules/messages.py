"""Secure messages: which of them somebody sees, who may be in a thread together, and the one e-mail about them."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import datetime

from practicerunner.rules.case_types import capabilities
from practicerunner.rules.permissions import PORTAL, PortalRole
from practicerunner.rules.reminders import Letter
from practicerunner.vocabulary import CaseType, ThreadClass

LONGEST = 20_000
"""Characters of a message."""
MOST_FILES = 5
"""That come with one message."""
MOST_AN_HOUR = 30
"""Messages that one person outside the practice can write."""


@dataclass(frozen=True, slots=True)
class Window:
    """Messages of a thread that somebody sees: from one number to another, written after and before a moment."""

    first: int
    last: int | None = None
    since: datetime | None = None
    """From which moment on what lets them see it is open."""
    before: datetime | None = None
    """The moment at which they were gone from the case."""

    def shows(self, number: int, at: datetime) -> bool:
        """Whether a message is in it."""
        return (
            self.first <= number and (self.last is None or number <= self.last)
            and (self.since is None or self.since <= at) and (self.before is None or at < self.before)
        )

    def is_open(self, now: datetime) -> bool:
        """Whether what is written now would be in it."""
        return self.last is None and (self.since is None or self.since <= now) and (
            self.before is None or now < self.before)


def shown(windows: Iterable[Window], number: int, at: datetime) -> bool:
    """Whether any of somebody's windows shows a message."""
    return any(window.shows(number, at) for window in windows)


def may_hold(thread_class: ThreadClass, role: PortalRole) -> bool:
    """Whether people who stand like this to a client can be in a thread of a class: a helper in no clinical one."""
    return role in PORTAL[thread_class.resource]


def is_shared(case_type: CaseType) -> bool:
    """Whether several who take part can be in one thread; in a group each has a thread of their own (X08)."""
    return not capabilities(case_type).is_group


def is_for_several(case_type: CaseType) -> bool:
    """Whether several people take part who can be in one thread."""
    return is_shared(case_type) and capabilities(case_type).most != 1


SHARED = tuple(filter(is_for_several, CaseType))
"""The kinds in which several people can be in one thread, so that a thread of one of them is theirs alone."""


def is_apart(case_type: CaseType, from_the_start: Collection[int]) -> bool:
    """Whether a thread is one person's apart from the others of a couple or family: no supervisor reads that.

    ``from_the_start`` are those of the case who take part in it, and did from the first message on.
    """
    return is_for_several(case_type) and len(set(from_the_start)) < 2


def class_label(case_type: CaseType, thread_class: ThreadClass) -> str:
    """What a class is called: where a case has a section "Documentation", so does its class."""
    return "Administrative" if thread_class is ThreadClass.ADMIN else capabilities(case_type).clinical_section


def readers(thread_class: ThreadClass) -> str:
    """One sentence on who in the practice reads such a thread beside those who are chosen."""
    if thread_class is ThreadClass.ADMIN:
        return "The front desk and the owner read it, too."
    return "The provider reads it, and staff whom you choose; nobody else."


def needed(offset: int, size: int, few: int) -> tuple[int, int]:
    """For a page of a long list with a few others sorted in among it: from where on in the long one, and how many.

    Whatever stands before that is on an earlier page, wherever the few fall.
    """
    first = max(offset - few, 0)
    return first, offset + size - first


def letter(name: str, practice: str, phone: str, address: str) -> Letter:
    """That a message waits; not from whom, nor of what (I09). ``address`` is where one signs in."""
    line = " ".join(phone.split())
    ask = f"If you cannot sign in, please call us: {line}" if line else "If you cannot sign in, please get in touch."
    said = "a message waits for you. Please sign in to our portal to read it:"
    parts = [f"Hello {' '.join(name.split())},", said, address, ask, " ".join(practice.split())]
    return Letter("A message waits for you", "\n\n".join(parts) + "\n")
