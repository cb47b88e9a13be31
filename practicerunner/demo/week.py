"""The week of Harbor Lane Practice: a free time for every case, today and yesterday well filled."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, time, timedelta
from random import Random

from practicerunner.demo.caseload import Plan
from practicerunner.demo.people import GROUP_ROOM, ROOMS
from practicerunner.rules.case_types import capabilities
from practicerunner.vocabulary import CaseType

SERVICES: dict[CaseType, tuple[str, int]] = {
    CaseType.INDIVIDUAL: ("Individual session", 50), CaseType.TWO_PERSON: ("Couple session", 50),
    CaseType.FAMILY: ("Family session", 50), CaseType.THERAPY_GROUP: ("Group session", 90),
    CaseType.INDIVIDUAL_CONSULTATION: ("Consultation", 60), CaseType.CONSULTATION_GROUP: ("Consultation group", 120),
    CaseType.WORKSHOP: ("Workshop", 360),
}
"""Service and length for each kind of case."""
_HOURS = {"Owen": (9, 30), "Beatriz": (9, 30), "Hanna": (10, 15)}
"""When the day begins where it does not begin at nine."""
_ALL_DAY, _SATURDAY = 300, 5


@dataclass(frozen=True)
class Place:
    """A case's fixed time in the week."""

    weekday: int
    at: time


def room_of(plan: Plan) -> str | None:
    """The room a case meets in; ``None`` for video and telephone, and for the office, which is no room."""
    if plan.how is not None:
        return None
    return GROUP_ROOM if capabilities(plan.type).is_group else ROOMS.get(plan.provider)


class Week:
    """Gives out times so that no provider, room or person is needed twice."""

    def __init__(self, today: date, rng: Random) -> None:
        self.today, self.rng = today, rng
        self.monday = today - timedelta(days=today.weekday())
        yesterday = (today - timedelta(days=1)).weekday()
        others = [day for day in range(5) if day not in (today.weekday(), yesterday)]
        here = today.weekday()
        self.busy_days = [here, others[0], here, yesterday, others[-1], here, others[1], others[0], yesterday]
        self.other_days = others
        self._taken: dict[tuple[int, str], list[tuple[int, int]]] = defaultdict(list)
        self._given: dict[tuple[str, bool], int] = defaultdict(int)

    def place(self, plan: Plan, *, quiet: bool = False) -> Place:
        """A time for a case; ``quiet`` asks for a day that is neither today nor yesterday."""
        minutes = max(SERVICES[plan.type][1], 60)
        if minutes > _ALL_DAY:
            return self._take(plan, _SATURDAY, 9 * 60 + 30, minutes)
        this_week = not quiet and plan.every > 0 and plan.since % plan.every == 0
        days: Sequence[int] = self.busy_days if this_week else self.other_days
        first = self._given[plan.provider, this_week]
        self._given[plan.provider, this_week] += 1
        for day in (*(days[(first + i) % len(days)] for i in range(len(days))), *range(5)):
            for start in self._starts(plan, minutes):
                if self._is_free(plan, day, start, minutes):
                    return self._take(plan, day, start, minutes)
        raise ValueError(f"no time left for {plan.people}")

    def _starts(self, plan: Plan, minutes: int) -> list[int]:
        if minutes > 60:
            return [18 * 60, 17 * 60 + 30, 19 * 60]
        hour, minute = _HOURS.get(plan.provider, (9, 0))
        morning = [h * 60 + minute for h in range(hour, 12 if minute == 0 else 11)]
        starts = [*morning, *(h * 60 + minute for h in range(13, 17))]
        self.rng.shuffle(starts)
        return starts

    def _is_free(self, plan: Plan, day: int, start: int, minutes: int) -> bool:
        taken = [stretch for who in self._needed(plan) for stretch in self._taken[day, who]]
        return all(start + minutes <= first or last <= start for first, last in taken)

    def _take(self, plan: Plan, day: int, start: int, minutes: int) -> Place:
        for who in self._needed(plan):
            self._taken[day, who].append((start, start + minutes))
        return Place(day, time(start // 60, start % 60))

    @staticmethod
    def _needed(plan: Plan) -> set[str]:
        return {plan.provider, room_of(plan) or plan.provider, *plan.people, *plan.extra}
