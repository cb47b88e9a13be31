"""One calendar for all kinds of work: see the day, week or month, book by a click, move by a drag or by a form."""

from contextlib import suppress
from datetime import date

import streamlit as st
from streamlit_calendar import calendar as calendar_component

from practicerunner.rules.case_types import capabilities
from practicerunner.ui import calendar, time_blocks
from practicerunner.ui.booking import booking_dialog
from practicerunner.ui.navigation import go, require
from practicerunner.ui.perform import glance, perform, read
from practicerunner.ui.text import clock_span, count, md
from practicerunner.ui.text import day as day_text
from practicerunner.vocabulary import Action, AppointmentStatus, CaseType, Resource
from practicerunner.workflows.access import Actor, may
from practicerunner.workflows.calendar import (
    MOST_ENTRIES,
    appointments_between,
    blocks_between,
    calendar_providers,
    wall_clock,
)
from practicerunner.workflows.practice import location_list
from practicerunner.workflows.rooms import room_taken_between
from practicerunner.workflows.scheduling import Move, move

actor = require("calendar")

VIEW, SHOWN, GENERATION, HANDLED, REFUSED, PROVIDERS, LINK = (
    "calendar.view", "calendar.day", "calendar.generation", "calendar.handled", "calendar.refused",
    "calendar.providers", "calendar.link",
)


def _step(view: str, direction: int) -> None:
    st.session_state[SHOWN] = calendar.step(view, st.session_state[SHOWN], direction)


def _show_today(today: date) -> None:
    st.session_state[SHOWN] = today


def _redraw() -> None:
    """Draw the calendar anew: what was dragged or marked in the browser goes back to what is saved."""
    st.session_state[GENERATION] = st.session_state.get(GENERATION, 0) + 1


def _follow_link() -> None:
    """A link from elsewhere names a day or providers; each link counts once, so that one can go on from there."""
    link = (st.query_params.get("day", ""), tuple(st.query_params.get_all("provider")))
    if link == st.session_state.get(LINK, ("", ())):
        return
    st.session_state[LINK] = link
    with suppress(ValueError):
        st.session_state[SHOWN] = date.fromisoformat(link[0])
    wanted = [one for one in providers if str(one.id) in link[1]]
    if wanted:
        st.session_state[PROVIDERS] = wanted


now = read(wall_clock, actor)
may_book = may(actor, Action.CREATE, Resource.APPOINTMENTS)
providers = read(calendar_providers, actor)
_follow_link()
st.session_state.setdefault(SHOWN, now.date())
st.session_state.setdefault(VIEW, calendar.WEEK)
view = st.session_state[VIEW] or calendar.WEEK
shown: date = st.session_state[SHOWN]

with st.container(horizontal=True, vertical_alignment="center", horizontal_alignment="distribute"):
    st.title(calendar.title(view, shown), anchor=False, width="content")
    with st.container(horizontal=True, width="content"):
        if may_book and st.button("Block time", icon=":material/block:"):
            time_blocks.block_dialog(actor, shown)
        if may_book and st.button("New appointment", type="primary", icon=":material/add:"):
            booking_dialog(actor, day=shown if shown != now.date() else None, on_dismiss=_redraw)

with st.container(horizontal=True, vertical_alignment="bottom"):
    st.button("Earlier", icon=":material/chevron_left:", on_click=_step, args=(view, -1), help="One step back")
    st.button("Today", on_click=_show_today, args=(now.date(),))
    st.button("Later", icon=":material/chevron_right:", on_click=_step, args=(view, 1), help="One step on")
    st.date_input("Go to date", key=SHOWN, format="YYYY-MM-DD", label_visibility="collapsed", width=150)
    st.segmented_control("View", list(calendar.VIEWS), key=VIEW, label_visibility="collapsed", required=True)
    with st.popover("Filter", icon=":material/filter_list:"):
        types: list[CaseType] = st.multiselect(
            "Kind", list(CaseType), format_func=lambda kind: capabilities(kind).heading, key="calendar.types"
        )
        location = st.selectbox(
            "Location", read(location_list, actor), format_func=lambda place: place.name, index=None,
            key="calendar.location", placeholder="Everywhere",
        )
        statuses: list[AppointmentStatus] = st.multiselect(
            "Status", list(AppointmentStatus), format_func=lambda status: status.label, key="calendar.statuses"
        )

chosen = []
if len(providers) > 1:
    # A provider's own week first, the others' on a click.
    st.session_state.setdefault(PROVIDERS, [one for one in providers if one.id == actor.staff_id])
    chosen = st.pills(
        "Providers", providers, selection_mode="multi", format_func=lambda one: md(one.name), key=PROVIDERS,
        label_visibility="collapsed",
    )
provider_ids = [choice.id for choice in chosen]

refused = st.session_state.pop(REFUSED, "")
if refused:
    st.error(md(refused))


def _handle(actor: Actor, done: calendar.Opened | calendar.OpenedBlock | calendar.Chosen | calendar.Moved) -> None:
    """What somebody did on the calendar, once."""
    match done:
        case calendar.Opened(appointment_id):
            go("appointment", appointment=appointment_id)
        case calendar.OpenedBlock(time_block_id):
            time_blocks.unblock_dialog(actor, time_block_id, on_dismiss=_redraw)
        case calendar.Chosen(day, start, minutes):
            booking_dialog(actor, day=day, start=start, minutes=minutes, on_dismiss=_redraw)
        case calendar.Moved():
            asked = Move(
                appointment_id=done.appointment_id, revision=done.revision, local_date=done.day,
                local_time=done.start, minutes=done.minutes,
            )
            perform(
                move, actor, lambda: asked,
                done=f"Appointment moved: {day_text(done.day)}, {clock_span(done.start, done.minutes)}",
                show=lambda _, sentence: st.session_state.__setitem__(REFUSED, f"Not moved. {sentence}"),
            )
            _redraw()
            st.rerun()


first, last = calendar.span(view, shown)
entries, problem = glance(
    appointments_between, actor, first, last, provider_ids=provider_ids, types=types,
    location_id=location.id if location else None, statuses=statuses, limit=MOST_ENTRIES,
)
if entries is None:
    st.info(md(problem))
    st.stop()
blocks = read(blocks_between, actor, first, last, provider_ids=provider_ids)
taken = read(
    room_taken_between, actor, first, last, location.id, [entry.appointment_id for entry in entries]
) if location else []
state = calendar_component(
    events=calendar.events(entries, blocks, taken, editable=may_book),
    options=calendar.options(view, shown, now, editable=may_book),
    custom_css=calendar.css(dark=st.context.theme.type == "dark"),
    callbacks=calendar.CALLBACKS,
    key=f"calendar.{view}.{first}.{st.session_state.get(GENERATION, 0)}",
)
if entries:
    st.text(f"{count(len(entries), 'appointment')} shown. Drag an appointment to move it, or open it and choose Move.")
else:
    st.text("No appointments in this time. Select a time in the calendar, or press New appointment.")

said = calendar.token(state)
if not said:
    st.session_state.pop(HANDLED, None)
elif said != st.session_state.get(HANDLED):
    st.session_state[HANDLED] = said
    acted = calendar.proposal(state)
    if acted is not None:
        _handle(actor, acted)
