"""Twenty people who press their buttons at the same moment, round after round."""

import queue
import threading
from collections import Counter
from collections.abc import Callable, Sequence
from typing import Any

from practicerunner import database
from practicerunner.workflows.access import Actor
from tests.cast import Cast

Act = Callable[[], Any]
PATIENCE = 25.0
"""Seconds that a round may take at the very most: less than SQLite waits for a lock, more than a busy machine needs."""


class Crowd:
    """Threads that live over many rounds. In each they begin together, and each says what came of it."""

    def __init__(self, size: int) -> None:
        self._acts: list[queue.SimpleQueue[tuple[threading.Barrier, Act] | None]] = [
            queue.SimpleQueue() for _ in range(size)
        ]
        self._outcomes: queue.SimpleQueue[tuple[int, Any]] = queue.SimpleQueue()
        for place in range(size):
            threading.Thread(target=self._live, args=(place,), daemon=True).start()

    def _live(self, place: int) -> None:
        while (given := self._acts[place].get()) is not None:
            barrier, act = given
            outcome: Any
            try:
                barrier.wait(PATIENCE)
                outcome = act()
            except Exception as problem:
                outcome = problem
            self._outcomes.put((place, outcome))

    def together(self, acts: Sequence[Act]) -> list[Any]:
        """Everybody acts at once. What each got, an exception included, in order; fails if somebody is stuck."""
        barrier = threading.Barrier(len(acts))
        for place, act in enumerate(acts):
            self._acts[place].put((barrier, act))
        found: dict[int, Any] = {}
        while len(found) < len(acts):
            try:
                place, outcome = self._outcomes.get(timeout=PATIENCE)
            except queue.Empty:
                stuck = sorted(set(range(len(acts))) - found.keys())
                raise AssertionError(f"Locked up: {stuck} have not come back, the others had {found}.") from None
            found[place] = outcome
        return [found[place] for place in range(len(acts))]

    def leave(self) -> None:
        """Let the threads end."""
        for waiting in self._acts:
            waiting.put(None)


def doing(cast: Cast, actor: Actor, verb: Any, command: Any) -> Act:
    """One act as a page does it: in a transaction of its own."""

    def act() -> Any:
        with database.transaction(cast.engine) as session:
            return verb(session, actor, command)

    return act


def kinds(outcomes: Sequence[Any]) -> Counter[str]:
    """How many got what, for a figure and for a message that says what went wrong."""
    return Counter(type(one).__name__ for one in outcomes)
