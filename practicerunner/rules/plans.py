"""Treatment plans as data: problems, goals, measurable objectives and what is done for them (G17).

Every part has a key that stays its own through all reviews, so that a note can say which goal it worked on. A plan that
is being written may have holes; ``missing`` says which of them have to be filled before it is signed.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Annotated, Any, Self

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, model_validator
from pydantic_core import PydanticCustomError

from practicerunner.rules import texts
from practicerunner.vocabulary import AgreedHow, ObjectiveStatus

MOST = 10
"""Problems of a plan, goals of a problem, objectives of a goal, interventions of an objective: at most so many."""
MOST_PARTS = 200
"""Parts of a plan altogether."""
LONGEST = 2_000
REVIEW_DAYS = 90
"""How long a plan goes without a review where the practice has not said otherwise."""
OVER = frozenset({ObjectiveStatus.REACHED, ObjectiveStatus.DROPPED})
"""Nothing is left to do for an objective; what is partly reached or put off is still there to be looked at."""


Words = Annotated[str, Field(max_length=LONGEST), AfterValidator(texts.paragraph)]
Line = Annotated[str, Field(max_length=200), AfterValidator(texts.line)]


class Part(BaseModel):
    """What every part of a plan has: a key for good, and words."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    key: int = Field(ge=1)
    text: Words = ""


class Intervention(Part):
    """What is done, how often and by whom (FHIR CarePlan.activity)."""


class Objective(Part):
    """What can be measured, until when, and where it stands (FHIR Goal.target)."""

    measure: Line = ""
    """How it is measured."""
    target_on: date | None = None
    status: ObjectiveStatus = ObjectiveStatus.ACTIVE
    status_on: date | None = None
    """Since when it stands so."""
    interventions: tuple[Intervention, ...] = Field(default=(), max_length=MOST)


class Goal(Part):
    """What is to be different (FHIR Goal)."""

    objectives: tuple[Objective, ...] = Field(default=(), max_length=MOST)

    @property
    def is_over(self) -> bool:
        """Whether nothing is left to do for it."""
        return bool(self.objectives) and all(objective.status in OVER for objective in self.objectives)


class Problem(Part):
    """What brings somebody (FHIR CarePlan.addresses)."""

    codes: Line = ""
    """Codes in force that it speaks of, as text."""
    goals: tuple[Goal, ...] = Field(default=(), max_length=MOST)


class Plan(BaseModel):
    """A whole plan (FHIR CarePlan)."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    problems: tuple[Problem, ...] = Field(default=(), max_length=MOST)
    review_on: date | None = None
    made: int = Field(default=0, ge=0)
    """The last key that was given; a key is never given twice, not even after its part was removed."""

    @model_validator(mode="after")
    def _keys(self) -> Self:
        keys = [spot.part.key for spot in spots(self)]
        if len(set(keys)) < len(keys) or max(keys, default=0) > self.made:
            raise PydanticCustomError("keys", "Two parts of this plan have one key. Reload the page and try again.")
        if len(keys) > MOST_PARTS:
            raise PydanticCustomError("too_many_parts", "This plan has too many parts; take some out.")
        return self

    @property
    def goals(self) -> tuple[Goal, ...]:
        """Every goal, in order."""
        return tuple(goal for problem in self.problems for goal in problem.goals)

    @property
    def is_over(self) -> bool:
        """Whether the plan has come to its end: every goal of it is over."""
        return bool(self.goals) and all(goal.is_over for goal in self.goals)


def as_json(plan: Plan) -> dict[str, Any]:
    """A plan as it is kept and signed."""
    return plan.model_dump(mode="json")


def from_json(kept: Mapping[str, Any]) -> Plan:
    """The plan that was kept; an empty one where nothing was."""
    return Plan.model_validate(dict(kept))


# --- Going over it


@dataclass(frozen=True, slots=True)
class Spot:
    """A part and its place: ``1`` is a problem, ``1.2`` a goal, ``1.2.1`` an objective, ``1.2.1 a`` what is done."""

    number: str
    part: Part
    depth: int
    above: int | None
    """Key of the part that it belongs to."""

    @property
    def name(self) -> str:
        """``Problem 1``, ``Goal 1.2``."""
        return f"{NAMES[self.depth]} {self.number}"


NAMES = ("Problem", "Goal", "Objective", "Intervention")
BELOW = ("goals", "objectives", "interventions")
KINDS: tuple[type[Part], ...] = (Problem, Goal, Objective, Intervention)


def below(part: Part) -> tuple[Any, ...]:
    """The parts of a part, in order."""
    depth = KINDS.index(type(part))
    return getattr(part, BELOW[depth]) if depth < len(BELOW) else ()


def spots(plan: Plan) -> Iterator[Spot]:
    """Every part in the order in which it is read, with its number."""
    yield from _spots(plan.problems, "", None, 0)


def _spots(parts: tuple[Any, ...], prefix: str, above: int | None, depth: int) -> Iterator[Spot]:
    for place, part in enumerate(parts):
        number = f"{prefix} {'abcdefghij'[place]}" if depth == 3 else f"{prefix}.{place + 1}".lstrip(".")
        yield Spot(number, part, depth, above)
        yield from _spots(below(part), number, part.key, depth + 1)


@dataclass(frozen=True, slots=True)
class GoalLine:
    """A goal as a note or a list names it."""

    key: int
    number: str
    text: str
    is_over: bool
    reached: int
    """How many of its objectives are reached."""
    objectives: int
    """How many it has, without those that were dropped."""


def goals_of(plan: Plan) -> tuple[GoalLine, ...]:
    """The goals of a plan with how far they are."""
    found = []
    for spot in spots(plan):
        if isinstance(spot.part, Goal):
            counted = [o.status for o in spot.part.objectives if o.status is not ObjectiveStatus.DROPPED]
            reached = sum(status is ObjectiveStatus.REACHED for status in counted)
            found.append(GoalLine(
                spot.part.key, spot.number, spot.part.text, spot.part.is_over, reached, len(counted)))
    return tuple(found)


# --- What has to be there


def missing(plan: Plan, *, on: date, today: date) -> tuple[str, ...]:
    """Sentences on what has to be filled in before a plan of the day ``on`` is signed on ``today``."""
    if not plan.problems:
        return ("The plan has no problem yet.",)
    found = [sentence for spot in spots(plan) for sentence in _missing_of(spot, on, today)]
    if plan.is_over:
        return tuple(found)
    if plan.review_on is None:
        found.append("The date of the next review is missing.")
    elif plan.review_on <= on:
        found.append("The next review has to be after the date of the plan.")
    return tuple(found)


def _missing_of(spot: Spot, on: date, today: date) -> Iterator[str]:
    part = spot.part
    if not part.text.strip():
        yield f"{spot.name} says nothing yet."
    if spot.depth < len(BELOW) and not below(part):
        yield f"{spot.name} has no {NAMES[spot.depth + 1].lower()}."
    if not isinstance(part, Objective):
        return
    if not part.measure.strip():
        yield f"{spot.name} does not say how it is measured."
    if part.target_on is None:
        yield f"{spot.name} has no target date."
    elif part.status is ObjectiveStatus.ACTIVE and part.target_on <= on:
        yield f"The target date of {spot.name.lower()} has to be after the date of the plan."
    if part.status is not ObjectiveStatus.ACTIVE and part.status_on is None:
        yield f"{spot.name} does not say since when it is {part.status.label.lower()}."
    if part.status_on is not None and part.status_on > today:
        yield f"{spot.name} cannot be {part.status.label.lower()} since a day that lies ahead."


def review_due(plan: Plan, today: date) -> bool:
    """Whether it is time to look at the plan again; never once it has come to its end."""
    return not plan.is_over and plan.review_on is not None and plan.review_on <= today


def review_date(on: date, days: int) -> date:
    """When a plan of a day is looked at again, unless somebody says otherwise."""
    return on + timedelta(days=days)


# --- Reading it


def changes_since(old: Plan, new: Plan) -> tuple[str, ...]:
    """What is different, a sentence each, in the order of the new plan; what was taken out comes last."""
    before = {spot.part.key: spot for spot in spots(old)}
    after = {spot.part.key: spot for spot in spots(new)}
    found = []
    for spot in after.values():
        known = before.get(spot.part.key)
        if known is None:
            if spot.above is None or spot.above in before:  # what came with a new part goes without saying
                found.append(f"{spot.name} added: {_short(spot.part.text)}")
        else:
            found += _changed(known, spot)
    found += [
        f"{known.name} taken out: {_short(known.part.text)}" for known in before.values()
        if known.part.key not in after and (known.above is None or known.above in after)
    ]
    if old.review_on != new.review_on and new.review_on is not None and not new.is_over:
        found.append(f"Next review {_day(new.review_on)}")
    return tuple(found)


def _changed(known: Spot, spot: Spot) -> Iterator[str]:
    old, new = known.part, spot.part
    if old.text != new.text:
        yield f"{spot.name} reworded, before: {_short(old.text)}"
    if isinstance(old, Problem) and isinstance(new, Problem) and old.codes != new.codes:
        yield f"{spot.name}, codes before: {old.codes or 'none'}"
    if isinstance(old, Objective) and isinstance(new, Objective):
        if (old.status, old.status_on) != (new.status, new.status_on):
            yield f"{spot.name}: {_standing(new)}, before: {_standing(old)}"
        if old.target_on != new.target_on:
            yield f"{spot.name}, target date before: {_day(old.target_on)}"
        if old.measure != new.measure:
            yield f"{spot.name}, measured before by: {_short(old.measure)}"


def _short(text: str) -> str:
    line = " ".join(text.split())
    return line if len(line) <= 160 else f"{line[:159].rstrip()}…"


def _day(value: date | None) -> str:
    return f"{value.day} {value:%b %Y}" if value is not None else "none"


def _standing(objective: Objective) -> str:
    since = f" since {_day(objective.status_on)}" if objective.status_on is not None else ""
    return f"{objective.status.label.lower()}{since}"


def plan_sections(plan: Plan, changes: tuple[str, ...] = ()) -> list[tuple[str, str]]:
    """The plan as headings with text, for paper: a problem each, the review, and what a review has changed."""
    found = []
    for place, problem in enumerate(plan.problems, 1):
        lines = [problem.text] + ([f"Codes: {problem.codes}"] if problem.codes.strip() else [])
        for spot in _spots(problem.goals, str(place), problem.key, 1):
            lines += _lines(spot)
        found.append((f"Problem {place}", "\n".join(lines)))
    if plan.is_over:
        found.append(("Review", "Every goal is reached or dropped; this plan has come to its end."))
    elif plan.review_on is not None:
        found.append(("Next review", _day(plan.review_on)))
    if changes:
        found.append(("Changed since the plan before", "\n".join(changes)))
    return found


def _lines(spot: Spot) -> Iterator[str]:
    yield f"{'  ' * (spot.depth - 1)}{spot.name}: {spot.part.text}"
    if isinstance(spot.part, Objective):
        part, standing = spot.part, _standing(spot.part)
        yield (f"    Measured by {part.measure}. Target {_day(part.target_on)}. "
               f"{standing[0].upper()}{standing[1:]}.")


def agreement_sentence(capacity: str, how: AgreedHow, signature: str, agreed_on: date) -> str:
    """``Agreed by Elena Castellano, guardian of Leo Castellano, 12 Oct 2026, by typing “Elena Castellano”``."""
    by = f"by typing “{signature}”" if how is AgreedHow.AT_SCREEN else "on paper"
    return f"Agreed by {capacity}, {_day(agreed_on)}, {by}"
