"""When the providers of Harbor Lane Practice are open, and how they may be booked."""

from datetime import date, time, timedelta
from functools import partial

from sqlalchemy.orm import Session

from practicerunner.demo.diary import Diary
from practicerunner.demo.house import House
from practicerunner.demo.people import ROOMS, ZONE
from practicerunner.rules.scheduling import moment
from practicerunner.vocabulary import SessionFormat
from practicerunner.workflows.opening_hours import (
    AddException,
    AddWeeklyHours,
    SavePolicy,
    add_exception,
    add_weekly_hours,
    save_policy,
)

_WEEK, _FEW, _LATE = (0, 1, 2, 3, 4), (0, 1, 2, 3), (1, 3)
HOURS: dict[str, tuple[tuple[tuple[int, ...], int, int], ...]] = {
    "Amara": ((_WEEK, 9, 12), (_FEW, 13, 17)),
    "Judith": ((_WEEK, 9, 12), (_WEEK, 13, 17)),
    "Nadia": ((_WEEK, 9, 12), (_WEEK, 13, 17), (_LATE, 17, 20)),
    "Owen": ((_WEEK, 9, 12), (_WEEK, 13, 17), (_LATE, 18, 20)),
    "Beatriz": ((_WEEK, 9, 12), (_WEEK, 13, 17)),
    "Kwabena": ((_WEEK, 9, 12), (_WEEK, 13, 18)),
    "Hanna": ((_WEEK, 10, 12), (_WEEK, 13, 17)),
}
"""First name → weekdays, from which hour, until which hour."""
NEW_PEOPLE = frozenset({"Nadia", "Owen", "Kwabena", "Hanna"})
"""Who takes new inquiries, in the afternoons."""
BY_VIDEO = frozenset({"Beatriz"})
"""Whose mornings are by video."""
POLICIES = {"Amara": (48, 60, 10, 30), "Owen": (24, 90, 0, 30), "Hanna": (24, 60, 10, 15), "Nadia": (24, 60, 10, 30)}
"""Notice, days ahead, buffer, grid; the others keep to the defaults."""


def begin(diary: Diary, house: House, beginning: date, today: date) -> None:
    """Hours and policies as the practice opens, and some days to come that are different."""
    diary.note(moment(beginning + timedelta(days=1), time(10), ZONE), partial(_set_hours, house))
    diary.note(moment(today - timedelta(days=6), time(12), ZONE), partial(_differ, house, today))


def _set_hours(house: House, session: Session) -> None:
    for first, stretches in HOURS.items():
        actor = house.actors[first]
        for weekdays, starts, ends in stretches:
            add_weekly_hours(session, actor, AddWeeklyHours(
                provider_id=actor.staff_id, weekdays=weekdays, starts=time(starts), ends=time(ends),
                for_new_inquiries=first in NEW_PEOPLE and starts >= 13,
                format=SessionFormat.VIDEO if first in BY_VIDEO and starts < 13 else None,
                location_id=house.rooms[ROOMS[first]] if first in ROOMS and starts >= 17 else None,
            ))
        if first in POLICIES:
            notice, advance, buffer, grid = POLICIES[first]
            save_policy(session, actor, SavePolicy(
                provider_id=actor.staff_id, notice_hours=notice, advance_days=advance, buffer_minutes=buffer,
                grid_minutes=grid,
            ))


def _differ(house: House, today: date, session: Session) -> None:
    monday = today - timedelta(days=today.weekday())
    for first, days, starts, ends, is_closed, reason in (
        ("Owen", 12, 9, 13, False, "Extra Saturday"), ("Amara", 18, 13, 17, True, "Board meeting"),
        ("Nadia", 24, 0, 0, True, "Training"), ("Hanna", 15, 17, 19, False, "Late evening"),
    ):
        actor = house.actors[first]
        add_exception(session, actor, AddException(
            provider_id=actor.staff_id, on_date=monday + timedelta(days=days), starts=time(starts), ends=time(ends),
            is_closed=is_closed, reason=reason,
        ))
