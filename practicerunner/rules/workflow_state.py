"""What a case needs next: attention items, next steps, onboarding and the one workflow state (C05–C09, J03).

Everything is computed from facts, nothing is typed or ticked. Which items exist follows from the kind of case
(``rules/case_types.py``) and from where the case stands: an archived case is asked only for what is still owed to the
record and the books.

**Payment method missing** means: no payer has saved a payment method, nobody has paid yet, and nobody said who pays.
**Billing arrangement missing** means: several people share one charge and nobody said who pays; or what was said has
ended, for the case as a whole or for somebody who takes part. Where one person is charged and nobody ever said
anything, it goes without saying that they pay for themselves.

**An imported record** is first of all looked through: what onboarding asks for, and the next appointment, wait until
somebody has marked it as reviewed (SC22), because papers and payers may well exist where the record came from.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import NamedTuple

from practicerunner.money import dollars
from practicerunner.rules.case_types import Capabilities, capabilities
from practicerunner.vocabulary import (
    AttentionKind,
    CaseStatus,
    CaseType,
    OnboardingStep,
    PaperKind,
    Welcome,
    WorkflowState,
)

ONBOARDING = frozenset({CaseStatus.PROSPECT, CaseStatus.INTAKE_PENDING, CaseStatus.WAITLIST, CaseStatus.ACTIVE})
"""Statuses in which papers and payment are asked for."""
SCHEDULING = frozenset({CaseStatus.PROSPECT, CaseStatus.INTAKE_PENDING, CaseStatus.ACTIVE})
"""Statuses in which there should be an appointment ahead."""

STATE_OF: dict[AttentionKind, WorkflowState] = {
    AttentionKind.CRITICAL_ANSWER: WorkflowState.NEEDS_ATTENTION,
    AttentionKind.NOTE_RETURNED: WorkflowState.NEEDS_ATTENTION,
    AttentionKind.NOTE_DUE: WorkflowState.NEEDS_ATTENTION,
    AttentionKind.PLAN_REVIEW_DUE: WorkflowState.NEEDS_ATTENTION,
    AttentionKind.ATTENDANCE_MISSING: WorkflowState.NEEDS_ATTENTION,
    AttentionKind.NOT_INVOICED: WorkflowState.NEEDS_ATTENTION,
    AttentionKind.INVOICE_OVERDUE: WorkflowState.NEEDS_ATTENTION,
    AttentionKind.PLACE_FREE: WorkflowState.NEEDS_ATTENTION,
    AttentionKind.CAME_OF_AGE: WorkflowState.NEEDS_ATTENTION,
    AttentionKind.NOBODY_TAKES_PART: WorkflowState.INTAKE_INCOMPLETE,
    AttentionKind.INTAKE_MISSING: WorkflowState.INTAKE_INCOMPLETE,
    AttentionKind.CONSENT_MISSING: WorkflowState.INTAKE_INCOMPLETE,
    AttentionKind.ARRANGEMENT_MISSING: WorkflowState.PAYMENT_METHOD_MISSING,
    AttentionKind.PAYMENT_METHOD_MISSING: WorkflowState.PAYMENT_METHOD_MISSING,
    AttentionKind.NOTHING_AHEAD: WorkflowState.READY_TO_SCHEDULE,
    AttentionKind.REVIEW_NEEDED: WorkflowState.IMPORTED_RECORD_NEEDS_REVIEW,
}
"""The workflow state that each item stands for; its order is also the order of the items."""


@dataclass(frozen=True, slots=True)
class Somebody:
    """A participant."""

    person_id: int
    name: str


@dataclass(frozen=True, slots=True)
class Occasion:
    """An appointment that is missing something."""

    appointment_id: int
    on: date


@dataclass(frozen=True, slots=True)
class Review:
    """A treatment plan that waits for its review."""

    name: str
    """Whose it is; empty for that of the case as a whole."""
    since: date


class Given(NamedTuple):
    """A paper that somebody was given to fill in and that has not come back."""

    person_id: int
    kind: PaperKind
    due_on: date | None = None


class Adult(NamedTuple):
    """Somebody who turned 18, and what became of their invitation to the portal."""

    name: str
    welcome: Welcome | None = None
    """``None`` where their birthday was not noticed by the practice's own clockwork."""


@dataclass(frozen=True, slots=True)
class Facts:
    """What is known of a case, as plain values."""

    case_id: int
    type: CaseType
    status: CaseStatus
    people: tuple[Somebody, ...] = ()
    waiting: tuple[Somebody, ...] = ()
    """Those on the waitlist, first in line first."""
    capacity: int | None = None
    """How many take part at once at most; ``None`` is no limit."""
    intake_from: frozenset[int] = frozenset()
    """People whose intake has arrived, for whichever of their cases."""
    consent_from: frozenset[int] = frozenset()
    """People whose consent to this case has arrived."""
    given: tuple[Given, ...] = ()
    """What was given out in this case and is still to be filled in."""
    critical_answers: int = 0
    """Critical answers that nobody has said anything about yet; not told to the front desk."""
    notes_overdue: tuple[Occasion, ...] = ()
    """Held appointments whose main note nobody has signed within the policy's hours (G15)."""
    notes_returned: tuple[int, ...] = ()
    plans_due: tuple[Review, ...] = ()
    """Treatment plans to be reviewed, the longest due first; not told to the front desk."""
    came_of_age: tuple[Adult, ...] = ()
    """Who turned 18, so that what a parent or guardian was granted has to be decided anew (D14)."""
    attendance_missing: tuple[Occasion, ...] = ()
    not_invoiced: tuple[Occasion, ...] = ()
    overdue_invoices: int = 0
    overdue_cents: int = 0
    arranged_for: frozenset[int | None] = frozenset()
    """Participants (``None``: the case as a whole) for whom somebody said who pays, by now or from a later day on."""
    ended_for: frozenset[int | None] = frozenset()
    """Those for whom what was said has ended, and nobody has said since who pays."""
    has_payment_method: bool = False
    has_paid: bool = False
    upcoming: int = 0
    has_appointment: bool = False
    """Whether there has ever been one, or one is ahead."""
    needs_review: bool = False


@dataclass(frozen=True, slots=True)
class Place:
    """Where an item is cleared: the name of a screen and what it is opened with."""

    page: str
    selectors: dict[str, object] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Item:
    """Something that waits: what, how often, in a sentence, and the place that clears it."""

    kind: AttentionKind
    sentence: str
    count: int
    action: str
    """What the button that leads there says."""
    place: Place

    @property
    def state(self) -> WorkflowState:
        """The workflow state it stands for."""
        return STATE_OF[self.kind]


@dataclass(frozen=True, slots=True)
class Step:
    """One item of the onboarding checklist; ``missing`` are those it still waits for."""

    step: OnboardingStep
    done: bool
    missing: tuple[Somebody, ...] = ()


def items(facts: Facts, today: date) -> list[Item]:
    """Everything that waits, most urgent first."""
    able = capabilities(facts.type)
    found = [*_record_and_books(facts, able, today)]
    if facts.status in ONBOARDING and place_is_free(facts):
        found.append(Item(
            AttentionKind.PLACE_FREE, f"Offer the place to {facts.waiting[0].name}.", 1, "Open the waitlist",
            _part(facts, "relationships"),
        ))
    if facts.status in ONBOARDING and not facts.needs_review:
        found += _onboarding(facts, able, today)
    if facts.status in SCHEDULING and not facts.upcoming and not facts.needs_review:
        found.append(Item(
            AttentionKind.NOTHING_AHEAD, f"No {able.appointment} ahead.", 1, f"Schedule the next {able.appointment}",
            Place("case", {"case": facts.case_id, "do": "book"}),
        ))
    if facts.needs_review:
        found.append(Item(
            AttentionKind.REVIEW_NEEDED, "This record was imported and nobody has looked through it.", 1, "Review it",
            _part(facts, "relationships"),
        ))
    order = list(STATE_OF)
    return sorted(found, key=lambda item: order.index(item.kind))


def place_is_free(facts: Facts) -> bool:
    """Whether somebody waits though there is a place, now or from a day on on which somebody will have left (A17)."""
    return bool(facts.waiting) and (facts.capacity is None or len(facts.people) < facts.capacity)


def state(waiting: Sequence[Item]) -> WorkflowState:
    """The most urgent state that applies, in the order of ``WorkflowState`` (J03)."""
    applying = {item.state for item in waiting}
    return next((each for each in WorkflowState if each in applying), WorkflowState.ALL_SET)


def attention(waiting: Sequence[Item]) -> list[Item]:
    """Items that something is wrong or missing for; that nothing is booked is a next step, not a fault."""
    return [item for item in waiting if item.state is not WorkflowState.READY_TO_SCHEDULE]


def checklist(facts: Facts) -> list[Step]:
    """The onboarding checklist; steps that this kind of case does not have are absent."""
    able = capabilities(facts.type)
    steps = []
    if able.intake:
        steps.append(_papers(OnboardingStep.INTAKE, facts, facts.intake_from))
    if able.consent:
        steps.append(_papers(OnboardingStep.CONSENTS, facts, facts.consent_from))
    over = _is_over(facts)
    steps.append(Step(
        OnboardingStep.BILLING_ARRANGEMENT, not (over or _arrangement_missing(facts, able)),
        tuple(person for person in facts.people if person.person_id in over)))
    steps.append(Step(OnboardingStep.PAYMENT_METHOD, facts.has_payment_method or facts.has_paid))
    steps.append(Step(OnboardingStep.FIRST_APPOINTMENT, facts.has_appointment))
    return steps


def _papers(step: OnboardingStep, facts: Facts, received: frozenset[int]) -> Step:
    missing = tuple(person for person in facts.people if person.person_id not in received)
    return Step(step, bool(facts.people) and not missing, missing)


def _arrangement_missing(facts: Facts, able: Capabilities) -> bool:
    return bool(facts.people) and not able.charged_each and able.most != 1 and not facts.arranged_for


def _is_over(facts: Facts) -> frozenset[int | None]:
    """For whom of those who take part, or whether for the case as a whole, the agreement about who pays has ended."""
    there = {None, *(person.person_id for person in facts.people)}
    return facts.ended_for & there if facts.people else frozenset()


def _record_and_books(facts: Facts, able: Capabilities, today: date) -> list[Item]:
    found = []
    if facts.critical_answers:
        number = facts.critical_answers
        found.append(Item(
            AttentionKind.CRITICAL_ANSWER,
            "A critical answer waits for somebody." if number == 1 else f"{number} critical answers wait for somebody.",
            number, "Open the forms", _part(facts, "clinical"),
        ))
    if facts.notes_returned:
        number = len(facts.notes_returned)
        one = Place("note", {"note": facts.notes_returned[0]})
        found.append(Item(
            AttentionKind.NOTE_RETURNED,
            "A note was returned with comments." if number == 1 else f"{number} notes were returned with comments.",
            number, "Open the note" if number == 1 else "Open the notes",
            one if number == 1 else _part(facts, "clinical"),
        ))
    if facts.notes_overdue:
        note = able.main_note.label
        found.append(_occasions(
            AttentionKind.NOTE_DUE, facts, facts.notes_overdue, today, f"{note} overdue for",
            f"{note.lower()}s overdue", "Write the note", "clinical",
        ))
    if facts.plans_due and facts.status is not CaseStatus.ARCHIVED:
        found.append(Item(
            AttentionKind.PLAN_REVIEW_DUE, _plans(facts.plans_due, today), len(facts.plans_due), "Review the plan",
            _part(facts, "clinical"),
        ))
    if facts.came_of_age and facts.status is not CaseStatus.ARCHIVED:
        found.append(Item(
            AttentionKind.CAME_OF_AGE, _of_age(facts.came_of_age), len(facts.came_of_age), "Decide access",
            _part(facts, "relationships"),
        ))
    if facts.attendance_missing:
        found.append(_occasions(
            AttentionKind.ATTENDANCE_MISSING, facts, facts.attendance_missing, today, "Attendance not recorded for",
            f"{able.appointment}s without recorded attendance", "Record attendance", "",
        ))
    if facts.not_invoiced:
        found.append(_occasions(
            AttentionKind.NOT_INVOICED, facts, facts.not_invoiced, today, "Not yet invoiced:",
            f"{able.appointment}s not yet invoiced", "Invoice", "billing",
        ))
    if facts.overdue_invoices:
        number, amount = facts.overdue_invoices, dollars(facts.overdue_cents)
        found.append(Item(
            AttentionKind.INVOICE_OVERDUE,
            f"An invoice is overdue: {amount}." if number == 1 else f"{number} invoices are overdue: {amount}.",
            number, "Open billing", _part(facts, "billing"),
        ))
    return found


_WELCOMES = {
    Welcome.INVITED: "Invited to the portal.",
    Welcome.HAS_ACCOUNT: "Has an account of their own.",
    Welcome.NO_ADDRESS: "Not invited to the portal: no e-mail address that we may write to.",
    Welcome.SHARED_ADDRESS: "Not invited to the portal: somebody else has the same e-mail address.",
}


def _of_age(found: Sequence[Adult]) -> str:
    """``Leo is 18: decide access. Invited to the portal.``"""
    if len(found) == 1:
        (one,) = found
        said = [_WELCOMES[one.welcome]] if one.welcome is not None else []
        return " ".join([f"{one.name} is 18: decide access.", *said])
    said = [f"{one.name}: {_WELCOMES[one.welcome]}" for one in found if one.welcome is not None]
    return " ".join([f"{' and '.join(one.name for one in found)} are 18: decide access.", *said])


def _plans(due: Sequence[Review], today: date) -> str:
    """``Treatment plan of Noor Haddad: review due since 12 Nov.``"""
    if len(due) > 1:
        return f"{len(due)} treatment plans are due for review."
    first = due[0]
    of = f" of {first.name}" if first.name else ""
    return f"Treatment plan{of}: review due " + (
        "today." if first.since == today else f"since {_day(first.since, today)}.")


def _day(value: date, today: date) -> str:
    return f"{value.day} {value:%b}" + ("" if value.year == today.year else f" {value.year}")


def state_in_words(found: WorkflowState, able: Capabilities) -> str:
    """What a state is called; where no intake is asked for, no word speaks of one (X02)."""
    return "Onboarding incomplete" if found is WorkflowState.INTAKE_INCOMPLETE and not able.intake else found.label


def step_in_words(step: OnboardingStep, able: Capabilities) -> str:
    """What a step of the checklist is called, by what is signed in such a case."""
    return f"{able.agreement.label}s" if step is OnboardingStep.CONSENTS else step.label


def _onboarding(facts: Facts, able: Capabilities, today: date) -> list[Item]:
    found = []
    if not facts.people:
        found.append(Item(
            AttentionKind.NOBODY_TAKES_PART, "Nobody takes part yet.", 1, f"Add a {able.called}",
            _part(facts, "relationships"),
        ))
    for step in checklist(facts):
        if step.step is OnboardingStep.INTAKE and step.missing:
            found.append(_paper(
                AttentionKind.INTAKE_MISSING, PaperKind.INTAKE, "Intake", facts, step.missing, today))
        if step.step is OnboardingStep.CONSENTS and step.missing:
            found.append(_paper(
                AttentionKind.CONSENT_MISSING, PaperKind.CONSENT, able.agreement.label, facts, step.missing, today))
    over = _is_over(facts)
    if over:
        whose = _listed([person.name for person in facts.people if person.person_id in over])
        found.append(Item(
            AttentionKind.ARRANGEMENT_MISSING,
            f"The agreement about who pays{f' for {whose}' if whose else ''} has ended.", len(over), "Say who pays",
            _part(facts, "billing"),
        ))
    elif _arrangement_missing(facts, able):
        found.append(Item(
            AttentionKind.ARRANGEMENT_MISSING, "Nobody has said yet who pays.", 1, "Say who pays",
            _part(facts, "billing"),
        ))
    elif facts.people and not (facts.has_payment_method or facts.has_paid or facts.arranged_for):
        found.append(Item(
            AttentionKind.PAYMENT_METHOD_MISSING, "No payment method is saved and no payer arranged.", 1,
            "Add a payment method", _part(facts, "relationships"),
        ))
    return found


def _paper(
    kind: AttentionKind, paper: PaperKind, what: str, facts: Facts, missing: Sequence[Somebody], today: date
) -> Item:
    """Whose paper is missing: to be given out, or, where everybody has it already, to be reminded of."""
    names = [person.name for person in missing]
    given = {one.person_id: one.due_on for one in facts.given if one.kind is paper}
    have = [person for person in missing if person.person_id in given]
    if len(have) == len(missing):
        due = min(filter(None, given.values()), default=None)
        when = "" if due is None else f", due {_day(due, today)}" if due >= today else (
            f", overdue since {_day(due, today)}")
        return Item(kind, f"{what} missing: {_listed(names)}. Assigned{when}.", len(names), "Remind",
                    _part(facts, "clinical"))
    assigned = f" Assigned already: {_listed([person.name for person in have])}." if have else ""
    return Item(
        kind, f"{what} missing: {_listed(names)}.{assigned}", len(names), f"Assign the {what.lower()}",
        Place("case", {"case": facts.case_id, "part": "clinical", "do": "assign"}),
    )


def _listed(names: Sequence[str]) -> str:
    """``Ada, Bo, Cy and 2 more``."""
    return ", ".join(names[:3]) + (f" and {len(names) - 3} more" if len(names) > 3 else "")


def _occasions(
    kind: AttentionKind, facts: Facts, occasions: Sequence[Occasion], today: date, one: str, many: str, action: str,
    part: str,
) -> Item:
    first = occasions[0]
    if len(occasions) == 1:
        sentence = f"{one} {_day(first.on, today)}."
        return Item(kind, sentence, 1, action, Place("appointment", {"appointment": first.appointment_id}))
    # Attendance is recorded one appointment after the other, the oldest first.
    oldest = Place("appointment", {"appointment": first.appointment_id})
    place = _part(facts, part) if part else oldest
    return Item(kind, f"{len(occasions)} {many}.", len(occasions), action, place)


def _part(facts: Facts, part: str) -> Place:
    return Place("case", {"case": facts.case_id, "part": part})
