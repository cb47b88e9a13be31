"""When a diagnosis counts: from its onset to its end, both days included; one primary at a time (C10, TRUST C52)."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date, timedelta

from practicerunner.vocabulary import DiagnosisAct

Stretch = tuple[date, date | None]
"""First and last day, both included; ``None`` is open."""


@dataclass(frozen=True, slots=True)
class Step:
    """An act and the day from which it counts."""

    act: DiagnosisAct
    as_of: date


_PRIMARY = {DiagnosisAct.MADE_PRIMARY: True, DiagnosisAct.NO_LONGER_PRIMARY: False}
_PROVISIONAL = {DiagnosisAct.MADE_PROVISIONAL: True, DiagnosisAct.CONFIRMED: False}


def in_force(onset_on: date, ended_on: date | None, day: date) -> bool:
    """Whether a diagnosis counts on a day."""
    return onset_on <= day and (ended_on is None or day <= ended_on)


def overlap(one: Stretch, other: Stretch) -> bool:
    """Whether two stretches have a day in common."""
    return (other[1] is None or one[0] <= other[1]) and (one[1] is None or other[0] <= one[1])


def was_primary(steps: Iterable[Step], day: date) -> bool:
    """Whether it was the primary one on a day on which it was in force; steps in the order of their making."""
    return _last(steps, _PRIMARY, day)


def was_provisional(steps: Iterable[Step], day: date) -> bool:
    """Whether it was still to be confirmed on a day on which it was in force."""
    return _last(steps, _PROVISIONAL, day)


def _last(steps: Iterable[Step], says: dict[DiagnosisAct, bool], day: date) -> bool:
    # Sorting keeps the order of making among steps of one day.
    said = [step for step in sorted(steps, key=lambda step: step.as_of) if step.act in says and step.as_of <= day]
    return says[said[-1].act] if said else False


def primary_stretches(steps: Iterable[Step], onset_on: date, ended_on: date | None) -> Iterator[Stretch]:
    """The days in force on which a diagnosis is the primary one, as stretches in order."""
    ordered = sorted((step for step in steps if step.act in _PRIMARY), key=lambda step: step.as_of)
    said = {step.as_of: _PRIMARY[step.act] for step in ordered}  # the last word of a day holds
    since: date | None = None
    for as_of, is_primary in said.items():
        day = max(as_of, onset_on)
        if is_primary:
            since = since or day
        elif since is not None:
            yield from _within(since, day - timedelta(days=1), ended_on)
            since = None
    if since is not None:
        yield from _within(since, None, ended_on)


def _within(since: date, until: date | None, ended_on: date | None) -> Iterator[Stretch]:
    last = min((end for end in (until, ended_on) if end is not None), default=None)
    if last is None or since <= last:
        yield since, last


def primary_since(stretch: Stretch, today: date, others: Iterable[Stretch]) -> date | None:
    """From when on a diagnosis can be the primary one, where ``others`` are primary already; ``None`` if never.

    What was primary on days gone by stays so; one that still is primary gives way today.
    """
    since, until = stretch
    for _, end in sorted((other for other in others if overlap(other, stretch)), key=lambda other: other[0]):
        free = today if end is None or end >= today else end + timedelta(days=1)
        since = max(since, free)
    return None if until is not None and since > until else since
