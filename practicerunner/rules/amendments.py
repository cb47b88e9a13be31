"""A request to amend the record: until when it is answered, and what an answer has to say (45 CFR 164.526)."""

from collections.abc import Sequence
from datetime import date, timedelta

from practicerunner.rules.case_types import capabilities
from practicerunner.vocabulary import AmendmentChannel, AmendmentDecision, CaseType, DenialGround

DAYS = timedelta(days=60)
"""So long after it was received it is answered at the latest (45 CFR 164.526(b)(2)(i))."""
MORE = timedelta(days=30)
"""By so much the time is extended, once, where the client was told why before it was over (164.526(b)(2)(ii))."""
DENYING = frozenset({AmendmentDecision.DENIED, AmendmentDecision.ACCEPTED_IN_PART})
"""Decisions by which something of what was asked is not changed."""
BETWEEN = "This has to lie between the day on which it was received and today."
ACCEPTING = frozenset({AmendmentDecision.ACCEPTED, AmendmentDecision.ACCEPTED_IN_PART})
"""Decisions by which something is changed."""


def record_word(case_type: CaseType) -> str:
    """What the record is called in this kind of case."""
    return "record" if capabilities(case_type).clinical_fields else "documentation"


def due_on(received_on: date, *, extended: bool) -> date:
    """The last day on which it is answered in time; calendar days count."""
    return received_on + DAYS + (MORE if extended else timedelta(0))


def is_overdue(due: date, today: date) -> bool:
    """Whether the last day is over."""
    return today > due


def extension_problems(
    received_on: date, *, extended: bool, reason: str, told_on: date, today: date
) -> dict[str, str]:
    """What keeps the time from being extended: field → a sentence; an empty field is the request itself.

    The day counts on which they were told; it may be written down later.
    """
    if extended:
        return {"": "The time was extended already; it is extended only once."}
    last = due_on(received_on, extended=False)
    found = {}
    if not reason.strip():
        found["reason"] = "Say why more time is needed; it is what the client was told."
    if not received_on <= told_on <= today:
        found["told_on"] = BETWEEN
    elif told_on > last:
        found["told_on"] = (
            f"The 60 days were over on {last.day} {last:%B %Y}; whoever is told later is told too late. Answer the "
            "request.")
    return found


def withdrawal_problems(
    received_on: date, *, may_tell: bool, how: AmendmentChannel | None, reason: str, told_on: date | None, today: date
) -> dict[str, str]:
    """What keeps a request from being closed as taken back: field → a sentence."""
    found = {}
    if not may_tell:
        found["told_by_id"] = "Choose who took it back: whose record it is, or who asked and may still act for them."
    if told_on is None or not received_on <= told_on <= today:
        found["told_on"] = BETWEEN
    if how is None:
        found["how"] = "Say how they told the practice."
    if not reason.strip():
        found["reason"] = "Say why they take it back, in their words; it is kept with the request."
    return found


def decision_problems(
    decision: AmendmentDecision, *, answer: str, addenda: int, about_note: bool, ground: DenialGround | None, basis: str
) -> dict[str, str]:
    """What keeps a request from being decided: field → a sentence."""
    found = {}
    if decision in ACCEPTING:
        if not answer.strip():
            found["answer"] = "Say what was changed."
        if about_note and not addenda:
            found["addendum_ids"] = "Write the addendum that makes the change first, then choose it here."
    if decision in DENYING:
        if ground is None:
            found["ground"] = "Choose one of the four grounds; there are no others."
        if not basis.strip():
            found["basis"] = "Say in plain words why it is denied; it stands in the letter."
    return found


def standing_in_words(decision: AmendmentDecision | None) -> str:
    """``denied``, ``accepted in part``; of what is not decided: ``waiting for an answer``."""
    return decision.label.lower() if decision is not None else "waiting for an answer"


def left_in_words(due: date, today: date) -> str:
    """``due 1 March 2027``, ``due today``, ``3 days overdue``."""
    late = (today - due).days
    if late > 0:
        return f"{late} day{'' if late == 1 else 's'} overdue"
    return "due today" if not late else f"due {due.day} {due:%B %Y}"


def beneath_a_note(received_on: date, decision: AmendmentDecision | None) -> str:
    """``Request to amend, 3 March 2026: denied``."""
    return f"Request to amend, {received_on.day} {received_on:%B %Y}: {standing_in_words(decision)}"


def names_in(text: str) -> list[str]:
    """The names that were typed, one a line, each once."""
    return list(dict.fromkeys(line.strip() for line in text.splitlines() if line.strip()))


def rights(practice: str, reach: str, *, called: str, clinical: bool) -> Sequence[tuple[str, str]]:
    """What a written denial says of what one can do: heading and text (45 CFR 164.526(d)(1))."""
    word = "record" if clinical else "documentation"
    told = f" Write or call: {reach}." if reach else ""
    found = [
        ("You can disagree in writing", (
            f"You have the right to send us a written statement that you disagree, and why. Send it to {practice}, at "
            f"the address above. We keep it with your {word} and send it along with what you asked us to change. We "
            "may write an answer to it; you get a copy.")),
        ("You can ask that this goes along", (
            "If you send no statement, you can ask that your request and this letter go along whenever we disclose "
            "what you asked us to change.")),
        ("You can complain to us", (
            f"If you believe that this decision is wrong, you can complain to {practice}.{told} We do not hold a "
            f"complaint against any {called}.")),
    ]
    if clinical:
        found.append(("You can complain to the government", (
            "You can complain to the Secretary of the U.S. Department of Health and Human Services, Office for Civil "
            "Rights, 200 Independence Avenue SW, Washington, DC 20201, www.hhs.gov/ocr/complaints, 1-800-368-1019.")))
    return found
