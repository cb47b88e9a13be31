"""The next free times as a line of buttons beside a date and a time, and a hint outside the opening hours."""

from datetime import date, time

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from practicerunner.rules.availability import FreeSlot
from practicerunner.ui.perform import glance
from practicerunner.ui.text import day
from practicerunner.vocabulary import SessionFormat
from practicerunner.workflows.access import Actor
from practicerunner.workflows.availability import times_nearby

SHOWN = 5


def free_times(
    line: DeltaGenerator, actor: Actor, keys: tuple[str, str], provider_id: int, minutes: int,
    chosen: tuple[date, time], *, service_id: int | None = None, location_id: int | None = None,
    held_as: SessionFormat | None = None, except_appointment_id: int | None = None,
) -> None:
    """Offer the next free times from the chosen date on; a click fills the widgets ``keys``: a date and a time.

    The hint is quiet and refuses nothing: staff may book outside the opening hours.
    """
    nearby, _ = glance(
        times_nearby, actor, provider_id, minutes, *chosen, service_id=service_id, location_id=location_id,
        format=held_as, most=SHOWN, except_appointment_id=except_appointment_id,
    )
    if nearby is None:
        return  # What is wrong stands at its field.
    with line:
        if nearby.free:
            key = f"{keys[0]}.free"
            st.pills(
                "Next free", nearby.free, format_func=lambda slot: _name(slot, chosen[0]), key=key,
                on_change=_take, args=(key, keys), help=None if nearby.has_hours else (
                    "No opening hours are set, so weekdays from 08:00 to 18:00 count."),
            )
        else:
            st.caption("Nothing free in the coming year for this length, place and provider.")
        if nearby.is_outside:
            st.caption("This time lies outside the opening hours; it can be booked all the same.")


def _name(slot: FreeSlot, chosen: date) -> str:
    """``10:30`` on the chosen day, otherwise ``Tue 8 Sep 10:30``."""
    if slot.local_date == chosen:
        return f"{slot.local_time:%H:%M}"
    return f"{day(slot.local_date, chosen)} {slot.local_time:%H:%M}"


def _take(key: str, keys: tuple[str, str]) -> None:
    """Fill date and time, and be ready for another click."""
    slot: FreeSlot | None = st.session_state[key]
    if slot is not None:
        st.session_state[keys[0]], st.session_state[keys[1]] = slot.local_date, slot.local_time
        st.session_state[key] = None
