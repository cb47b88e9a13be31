"""Asking for a time, another time or a cancellation: a day, a time, one button."""

from collections.abc import Callable, Sequence
from datetime import date, timedelta
from typing import Any

import streamlit as st
from sqlalchemy.orm import Session

from practicerunner import money
from practicerunner.rules.availability import FreeSlot
from practicerunner.rules.requests import LONGEST_MESSAGE
from practicerunner.ui import portal_text
from practicerunner.ui.forms import Form
from practicerunner.ui.perform import glance, perform, read
from practicerunner.ui.text import day, md
from practicerunner.vocabulary import RequestStatus
from practicerunner.workflows.access import PortalActor
from practicerunner.workflows.commands import Command
from practicerunner.workflows.portal_appointments import AppointmentsPage, MyCase
from practicerunner.workflows.requests import (
    AskForTime,
    AskToCancel,
    AskToMove,
    MyAppointment,
    ask_for_time,
    ask_to_cancel,
    ask_to_move,
    my_requests,
    times_to_ask_for,
)

DAYS = 14
"""How many days are looked at together."""


@st.dialog("Ask for a time")
def time_dialog(me: PortalActor, page: AppointmentsPage) -> None:
    """Which of several, then a free time."""
    form = Form("ask.time")
    case = page.cases[0]
    if len(page.cases) > 1:
        case = form.choice("case_id", "What for", page.cases, format_func=named)
    else:
        st.text(named(case))
    slot = _choose(me, page, form, case.case_id)
    message = _message(form)
    label = f"Ask for {_slot_words(slot, page.today)}" if slot else "Ask"
    pressed = st.button(
        md(label), type="primary", disabled=slot is None, key=form.field_key("save"), width="stretch")
    if pressed and slot is not None:
        _ask(me, form, ask_for_time, lambda: AskForTime(
            op=form.op, case_id=case.case_id, local_date=slot.local_date, local_time=slot.local_time, message=message,
        ), "Booked")


@st.dialog("Move this appointment")
def move_dialog(me: PortalActor, page: AppointmentsPage, found: MyAppointment) -> None:
    """When it is, and another free time."""
    form = Form(f"ask.move.{found.appointment_id}")
    st.text(f"It is on {portal_text.when(found, page.today)} with {found.provider}.")
    slot = _choose(me, page, form, found.case_id, found.appointment_id)
    message = _message(form)
    label = f"Ask to move to {_slot_words(slot, page.today)}" if slot else "Ask to move"
    pressed = st.button(
        md(label), type="primary", disabled=slot is None, key=form.field_key("save"), width="stretch")
    if pressed and slot is not None:
        _ask(me, form, ask_to_move, lambda: AskToMove(
            op=form.op, appointment_id=found.appointment_id, local_date=slot.local_date, local_time=slot.local_time,
            message=message,
        ), "Moved")


@st.dialog("Cancel this appointment")
def cancel_dialog(me: PortalActor, page: AppointmentsPage, found: MyAppointment) -> None:
    """What it costs is said first, then the button."""
    form = Form(f"ask.cancel.{found.appointment_id}")
    st.text(f"{portal_text.when(found, page.today)} with {found.provider}.")
    policy(page, found)
    message = _message(form)
    if st.button("Ask to cancel", type="primary", key=form.field_key("save"), width="stretch"):
        _ask(me, form, ask_to_cancel, lambda: AskToCancel(
            op=form.op, appointment_id=found.appointment_id, message=message), "Cancelled")


def policy(page: AppointmentsPage, found: MyAppointment) -> None:
    """Whether it is late by now, and what that may cost."""
    share = money.percent(page.missed_fee_basis_points)
    if not found.is_late:
        st.text(f"You are in time: it is at least {page.late_hours} hours before the start, so nothing is charged.")
    elif page.missed_fee_basis_points:
        st.warning(md(f"It is less than {page.late_hours} hours before the start. A late cancellation is charged with "
                      f"{share} of the agreed fee."), icon=":material/schedule:")
    else:
        st.warning(md(f"It is less than {page.late_hours} hours before the start, so it counts as late."),
                   icon=":material/schedule:")


def named(case: MyCase) -> str:
    """A case by its name, or by its provider for whoever may not know more."""
    return f"{case.name} with {case.provider}" if case.name else f"{case.appointment.capitalize()} with {case.provider}"


def _slot_words(slot: FreeSlot, today: date) -> str:
    return f"{day(slot.local_date, today)}, {slot.local_time:%H:%M}"


def _choose(
    me: PortalActor, page: AppointmentsPage, form: Form, case_id: int, moves_id: int | None = None
) -> FreeSlot | None:
    """A day with free times, then one of its times; two weeks at a time."""
    place = form.field_key("weeks")
    weeks = int(st.session_state.setdefault(place, 0))
    first = page.today + timedelta(days=DAYS * weeks)
    free, problem = glance(
        times_to_ask_for, me, case_id, first, first + timedelta(days=DAYS - 1), moves_id=moves_id)
    slots: Sequence[FreeSlot] = free or ()
    if problem:
        st.warning(md(problem), icon=":material/block:")
    days = sorted({slot.local_date for slot in slots})
    chosen = None
    if days:
        on = st.pills("Day", days, default=days[0], format_func=lambda one: day(one, page.today),
                      key=form.field_key(f"day.{case_id}.{weeks}"))
        times = [slot for slot in slots if slot.local_date == on]
        if times:
            chosen = st.pills("Time", times, format_func=lambda slot: f"{slot.local_time:%H:%M}",
                              key=form.field_key(f"time.{case_id}.{on}"))
    else:
        st.text(f"Nothing is free from {day(first, page.today)} to "
                f"{day(first + timedelta(days=DAYS - 1), page.today)}.")
    form.place("local_date")
    with st.container(horizontal=True):
        if weeks:
            st.button("Earlier days", key=form.field_key("earlier"), type="tertiary", icon=":material/chevron_left:",
                      on_click=_turn, args=(place, -1))
        st.button("Later days", key=form.field_key("later"), type="tertiary", icon=":material/chevron_right:",
                  on_click=_turn, args=(place, 1))
    return chosen


def _turn(place: str, by: int) -> None:
    st.session_state[place] = max(0, int(st.session_state.get(place, 0)) + by)


def _message(form: Form) -> str:
    return form.area("message", "Anything to add? (optional)", max_chars=LONGEST_MESSAGE, height=80)


def _ask(
    me: PortalActor, form: Form, verb: Callable[[Session, PortalActor, Any], int], build: Callable[[], Command],
    at_once: str,
) -> None:
    """Send it, and say whether it is done or waits."""
    done, made = form.submit(verb, me, build, "")
    if not done:
        return
    found = next((one for one in read(my_requests, me) if one.request_id == made), None)
    granted = found is not None and found.status is RequestStatus.ACCEPTED
    st.session_state["toast"] = at_once if granted else "Sent. The practice answers here."
    st.rerun()


def answer(
    me: PortalActor, key: str, verb: Callable[[Session, PortalActor, Any], int], build: Callable[[str], Command],
    done: str,
) -> None:
    """Take, decline or withdraw with one click; a refusal stands where the click was."""
    form = Form(key)
    ok, _ = perform(verb, me, lambda: build(form.op), done=done)
    if ok:
        form.clear()
        st.rerun()
