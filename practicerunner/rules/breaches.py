"""What has to be asked when something went to the wrong person, and until when (45 CFR 164.402, 164.404)."""

from collections.abc import Mapping
from datetime import date, timedelta

from practicerunner.vocabulary import BreachDecision

DAYS = timedelta(days=60)
"""No later than this after it was noticed have the people concerned to be told (45 CFR 164.404(b))."""
URGENT = 14
"""From so few days left on it is marked as pressing."""
FACTORS: dict[str, tuple[str, str]] = {
    "nature": ("What the information is",
               "Its kind and extent, and how likely it is that somebody is recognised by it."),
    "receiver": ("Who received or used it", "Somebody who has to keep it confidential, too, or anybody else?"),
    "acquired": ("Whether it was actually acquired or viewed",
                 "Was it opened and read, or did it come back closed? How do you know?"),
    "mitigated": ("How far the risk was mitigated",
                  "What was done: deleted, given back, a promise in writing to keep it confidential."),
}
"""The four factors of the assessment (45 CFR 164.402(2)): field → what it is, and what to write."""


def due_on(noticed_on: date) -> date:
    """The last day on which the people concerned can be told in time; calendar days count."""
    return noticed_on + DAYS


def days_left(noticed_on: date, today: date) -> int:
    """How many days are left; less than none once it is too late."""
    return (due_on(noticed_on) - today).days


def left_in_words(days: int) -> str:
    """``57 days left``, ``1 day left``, ``due today``, ``3 days too late``."""
    if days == 0:
        return "due today"
    number = f"{abs(days)} day{'' if abs(days) == 1 else 's'}"
    return f"{number} left" if days > 0 else f"{number} too late"


def problems(
    factors: Mapping[str, str], decision: BreachDecision | None, reason: str, *, noticed_on: date,
    notified_on: date | None, today: date, closing: bool,
) -> dict[str, str]:
    """What keeps an assessment from being kept, or closed: field → a sentence."""
    found: dict[str, str] = {}
    if notified_on is not None and decision is not BreachDecision.NOTIFY:
        found["notified_on"] = "Leave this empty where nobody has to be told."
    elif notified_on is not None and not noticed_on <= notified_on <= today:
        found["notified_on"] = "This has to lie between the day on which it was noticed and today."
    if not closing:
        return found
    found |= {name: "Answer this before you close it." for name in FACTORS if not factors[name].strip()}
    if decision is None:
        found["decision"] = "Decide before you close it."
    if not reason.strip():
        found["reason"] = "Say why you decided so."
    if decision is BreachDecision.NOTIFY and notified_on is None:
        found["notified_on"] = "Say when the people concerned were told; until then it stays open."
    return found
