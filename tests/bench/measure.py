"""Taking the time: ours and the bare one in turn, the median of each, one line of JSON for each operation."""

import json
import statistics
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

Step = Callable[[int], Any]
"""Does the operation once; the number says which time it is, so that no two do the same."""
Print = Callable[[dict[str, Any]], None]

WARM = 5
"""Rounds before the clock is read: caches fill, statements are compiled."""


@dataclass(frozen=True, slots=True)
class Result:
    """What one operation took. Where the target is in milliseconds there is no bare limit."""

    op: str
    ours_ms: float
    target: float
    n: int
    limit_ms: float | None = None

    def as_dict(self) -> dict[str, Any]:
        """The line that is printed; a miss looks like a hit."""
        bare = {}
        if self.limit_ms is not None:
            bare = {"limit_ms": round(self.limit_ms, 3), "ratio": round(self.ours_ms / self.limit_ms, 2)}
        return {"op": self.op, "ours_ms": round(self.ours_ms, 3), **bare, "target": self.target, "n": self.n}


def out(line: dict[str, Any]) -> None:
    """One object on one line, at once."""
    sys.stdout.write(json.dumps(line) + "\n")
    sys.stdout.flush()


def _timed(step: Step, turn: int) -> float:
    began = time.perf_counter()
    step(turn)
    return (time.perf_counter() - began) * 1000


def compare(op: str, target: float, n: int, ours: Step, *bare: Step) -> Result:
    """Ours against the best of the bare ones, interleaved, each going first in turn."""
    steps = (ours, *bare)
    times: list[list[float]] = [[] for _ in steps]
    for turn in range(WARM + n):
        places = range(len(steps))
        for place in places if turn % 2 else reversed(places):
            taken = _timed(steps[place], turn)
            if turn >= WARM:
                times[place].append(taken)
    first, *others = map(statistics.median, times)
    return Result(op, first, target, n, min(others))


def alone(
    op: str, target_ms: float, n: int, step: Step, before: Step | None = None, *, percent: int = 50
) -> Result:
    """Ours against a target in milliseconds; ``before`` is done each time but not counted.

    What is printed is the median, or the time that ``percent`` of all did not exceed.
    """
    times = []
    for turn in range(WARM + n):
        if before is not None:
            before(turn)
        taken = _timed(step, turn)
        if turn >= WARM:
            times.append(taken)
    taken = statistics.median(times) if percent == 50 else sorted(times)[-(-len(times) * percent // 100) - 1]
    return Result(op, taken, target_ms, n)
