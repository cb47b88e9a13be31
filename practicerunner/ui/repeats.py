"""How an appointment repeats, as a form: the usual rhythms by one choice, every other by two, and an end."""

from collections.abc import Sequence
from datetime import date
from typing import Any

import streamlit as st

from practicerunner.rules.recurrence import WEEKDAYS, monthly_choices, monthly_words
from practicerunner.ui.forms import Form
from practicerunner.ui.text import count, day, md
from practicerunner.vocabulary import Frequency, MonthlyOn
from practicerunner.workflows.series import SeriesPreview
from practicerunner.workflows.slots import Conflict

ONCE, OTHER = "Does not repeat", "Another rhythm"
USUAL: dict[str, tuple[Frequency, int] | None] = {
    ONCE: None, "Weekly": (Frequency.WEEKLY, 1), "Every 2 weeks": (Frequency.WEEKLY, 2),
    "Monthly": (Frequency.MONTHLY, 1), "Daily": (Frequency.DAILY, 1), OTHER: None,
}
UNITS = {Frequency.WEEKLY: "weeks", Frequency.MONTHLY: "months", Frequency.DAILY: "days"}
BY_COUNT, BY_DATE = "After a number of appointments", "On a date"
SHOWN = 10
"""Conflicts that are named one by one on the screen before the rest is counted."""


def repeats(form: Form, first: date) -> dict[str, Any]:
    """Rhythm and end of a series that begins on ``first``; empty for a single appointment."""
    chosen = form.choice("repeats", "Repeats", list(USUAL))
    if chosen == ONCE:
        return {}
    frequency, interval = USUAL[chosen] or _another(form)
    return {"frequency": frequency, "interval": interval} | _days(form, frequency, first) | _end(form, first)


def _another(form: Form) -> tuple[Frequency, int]:
    left, right = st.columns(2)
    with left:
        interval = form.number("interval", "Every", 3, min_value=1, max_value=52)
    with right:
        frequency = form.choice("frequency", "Unit", list(UNITS), format_func=lambda word: UNITS[word])
    return frequency, interval


def _days(form: Form, frequency: Frequency, first: date) -> dict[str, Any]:
    """On which days of the week, or which day of the month."""
    if frequency is Frequency.WEEKLY:
        days = st.pills(
            "On", range(7), selection_mode="multi", default=[first.weekday()], format_func=lambda one: WEEKDAYS[one],
            key=form.field_key(f"weekdays.{first.weekday()}"),
        )
        form.place("weekdays")
        return {"weekdays": tuple(days)}
    if frequency is Frequency.MONTHLY:
        options = monthly_choices(first)
        chosen: MonthlyOn = form.choice(
            "monthly_on", "Day", options, format_func=lambda one: monthly_words(one, first).capitalize(),
        )
        return {"monthly_on": chosen if chosen in options else options[0]}
    return {}


def _end(form: Form, first: date) -> dict[str, Any]:
    left, right = st.columns(2)
    with left:
        ending = form.choice("ending", "Ends", [BY_COUNT, BY_DATE])
    with right:
        if ending == BY_COUNT:
            return {"count": form.number("count", "Appointments", 6, min_value=1)}
        until = form.date("until", "Last date", first)
    return {"until": until or first}


def summary(planned: SeriesPreview) -> str:
    """What a series is, in one line: ``Weekly, 6 appointments, Tue 8 Sep 2026 to Tue 13 Oct 2026``."""
    slots = planned.booking.slots
    rhythm = planned.rhythm[0].upper() + planned.rhythm[1:]
    return (
        f"{rhythm}, {count(len(slots), 'appointment')}, {day(slots[0].local_date)} to {day(slots[-1].local_date)}"
    )


def without(months: Sequence[date]) -> str:
    """Say which months have no such day."""
    return "No such day in " + ", ".join(f"{month:%B %Y}" for month in months) + ": nothing is booked there."


def conflict_list(conflicts: Sequence[Conflict]) -> None:
    """Name what clashes, one by one."""
    more = [f"and {len(conflicts) - SHOWN} more"] if len(conflicts) > SHOWN else []
    st.warning("\n\n".join([*(md(conflict.sentence) for conflict in conflicts[:SHOWN]), *more]))
