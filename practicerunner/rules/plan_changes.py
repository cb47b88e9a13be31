"""Beginning, reviewing and changing a treatment plan part by part; every change gives a new plan."""

from collections.abc import Mapping
from datetime import date
from typing import Any

from practicerunner.rules.plans import BELOW, KINDS, MOST, MOST_PARTS, Plan, as_json, below, review_date, spots


def begun(on: date, days: int) -> Plan:
    """What a new plan begins with: one of everything, empty, and the date of its first review."""
    plan = Plan(review_on=review_date(on, days))
    above: int | None = None
    for _ in KINDS:
        plan = add(plan, above)
        above = plan.made
    return plan


def reviewed(old: Plan, on: date, days: int) -> Plan:
    """What a review begins with: the old plan with its keys, and the date of the next review."""
    return old.model_copy(update={"review_on": review_date(on, days)})


class NoPlace(ValueError):
    """There is no place for another one here."""


def add(plan: Plan, above: int | None) -> Plan:
    """A new, empty part below another one, or a new problem. Raises NoPlace when there are enough."""
    key = plan.made + 1
    if sum(1 for _ in spots(plan)) >= MOST_PARTS:
        raise NoPlace("This plan has as many parts as it can hold; take some out first.")

    def grown(parts: tuple[Any, ...], depth: int) -> tuple[Any, ...]:
        if len(parts) >= MOST:
            raise NoPlace(f"There are {MOST} already, as many as a plan can hold here.")
        return (*parts, KINDS[depth](key=key))

    def with_another(part: Any, depth: int) -> Any:
        if depth + 1 >= len(KINDS):
            raise NoPlace("Nothing stands below an intervention.")
        return part.model_copy(update={BELOW[depth]: grown(below(part), depth + 1)})

    if above is None:
        problems = grown(plan.problems, 0)
    else:
        problems = _each(plan.problems, 0, lambda part, depth: with_another(part, depth) if part.key == above else part)
    return plan.model_copy(update={"problems": problems, "made": key})


def remove(plan: Plan, key: int) -> Plan:
    """The plan without a part and all that belongs to it."""
    return _arranged(plan, lambda parts: tuple(part for part in parts if part.key != key))


def move(plan: Plan, key: int, by: int) -> Plan:
    """A part moved up (-1) or down (1) among its own; at the end it stays where it is."""

    def moved(parts: tuple[Any, ...]) -> tuple[Any, ...]:
        at = next((place for place, part in enumerate(parts) if part.key == key), None)
        if at is None or not 0 <= at + by < len(parts):
            return parts
        others = [part for part in parts if part.key != key]
        others.insert(at + by, parts[at])
        return tuple(others)

    return _arranged(plan, moved)


def rewritten(plan: Plan, fields: Mapping[int, Mapping[str, Any]], review_on: date | None) -> Plan:
    """The same parts with other words, dates and statuses: key → field → value. Raises ValidationError."""
    kept = as_json(plan) | {"review_on": review_on}

    def fill(parts: list[dict[str, Any]], depth: int) -> None:
        for part in parts:
            part.update(fields.get(part["key"], {}))
            if depth < len(BELOW):
                fill(part[BELOW[depth]], depth + 1)

    fill(kept["problems"], 0)
    return Plan.model_validate(kept)


def _each(parts: tuple[Any, ...], depth: int, change: Any) -> tuple[Any, ...]:
    made = []
    for part in parts:
        changed = change(part, depth)
        if depth < len(BELOW):
            changed = changed.model_copy(update={BELOW[depth]: _each(below(changed), depth + 1, change)})
        made.append(changed)
    return tuple(made)


def _arranged(plan: Plan, arrange: Any) -> Plan:
    """The plan with every list of parts arranged anew."""
    problems = _each(arrange(plan.problems), 0, lambda part, depth: part.model_copy(
        update={BELOW[depth]: arrange(below(part))}) if depth < len(BELOW) else part)
    return plan.model_copy(update={"problems": problems})
