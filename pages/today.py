"""Today: what needs you, what is on, and what was left unfinished."""

from datetime import datetime, timedelta

import streamlit as st

from practicerunner.records.calendar import CalendarEntry
from practicerunner.ui.booking import booking_dialog
from practicerunner.ui.navigation import link, may_open, require
from practicerunner.ui.perform import perform, read
from practicerunner.ui.status import badge
from practicerunner.ui.text import clock_span, day, md
from practicerunner.vocabulary import Action, AttendanceStatus, Resource
from practicerunner.workflows.access import Actor, may
from practicerunner.workflows.attendance import MarkAll, mark_all
from practicerunner.workflows.today import Day, Waiting, is_shared
from practicerunner.workflows.today import day as read_day

SHOWN = 12
FREE = timedelta(minutes=30)
UNFINISHED = "unfinished"
"""Where on the page the appointments without attendance stand."""


def greeting(wall: datetime, name: str) -> str:
    """Good morning, afternoon or evening, by the practice's clock."""
    part = "morning" if wall.hour < 12 else "afternoon" if wall.hour < 18 else "evening"
    return f"Good {part}, {name.split(' ', maxsplit=1)[0]}"


def needs_you(actor: Actor, waiting: tuple[Waiting, ...]) -> None:
    """The queues that are not empty, each with the page that clears it."""
    with st.container(border=True, height="stretch", key="lines-waiting"):
        st.subheader("Needs you", anchor=False)
        shown = [item for item in waiting if may_open(actor, item.page)]
        for item in shown:
            icon = ":material/priority_high:" if item.urgent else ":material/chevron_right:"
            if item.page == "today":  # it stands further down here
                st.markdown(f"{icon} [{md(item.sentence)}](#{UNFINISHED})")
            else:
                link(md(item.sentence), item.page, icon=icon, **item.selectors)
        if not shown:
            st.text("Nothing waits for you. Notes to write, reviews and bills appear here.")


def on_today(actor: Actor, seen: Day) -> None:
    """Today's appointments in order, with longer gaps of one's own day between them."""
    with st.container(border=True, height="stretch"):
        st.subheader("Today", anchor=False)
        own = len({entry.provider_id for entry in seen.appointments}) <= 1
        before: datetime | None = None
        for entry in seen.appointments[:SHOWN * 3]:
            start = datetime.combine(entry.local_date, entry.local_time)
            if own and before is not None and start - before >= FREE:
                st.caption(f"{before:%H:%M} free {int((start - before).total_seconds() // 60)} min")
            row(entry, with_provider=not own)
            before = start + timedelta(minutes=entry.minutes)
        if not seen.appointments:
            st.text("No appointments today." + (
                " Book one with + Appointment, or on the calendar." if may(actor, Action.CREATE, Resource.APPOINTMENTS)
                else ""
            ))


def row(entry: CalendarEntry, *, with_provider: bool) -> None:
    """One appointment: when, who, where, how it stands."""
    with st.container(horizontal=True, horizontal_alignment="distribute", vertical_alignment="center"):
        with st.container(horizontal=True, vertical_alignment="center", width="content", gap="small"):
            st.text(clock_span(entry.local_time, entry.minutes))
            full = f" {entry.expected}/{entry.people}" if entry.people else ""
            link(md(entry.case_name + full), "appointment", appointment=entry.appointment_id)
            st.caption(md(", ".join(filter(None, [
                entry.provider if with_provider else "", entry.location or entry.format.label,
            ]))))
        badge(entry.status)


def unfinished(actor: Actor, seen: Day) -> None:
    """Past appointments without attendance; for one person a click says it, for several a link leads there."""
    st.subheader("Unfinished", anchor=UNFINISHED)
    with st.container(border=True):
        for entry in seen.unfinished[:SHOWN]:
            with st.container(horizontal=True, horizontal_alignment="distribute", vertical_alignment="center"):
                with st.container(horizontal=True, vertical_alignment="center", width="content", gap="small"):
                    st.text(f"{day(entry.local_date, seen.wall.date())} {clock_span(entry.local_time, entry.minutes)}")
                    link(md(entry.case_name), "appointment", appointment=entry.appointment_id)
                if may(actor, Action.UPDATE, Resource.APPOINTMENTS):
                    attendance_buttons(actor, entry)
        if len(seen.unfinished) > SHOWN:
            st.caption(f"and {len(seen.unfinished) - SHOWN} earlier ones on the calendar")


def attendance_buttons(actor: Actor, entry: CalendarEntry) -> None:
    """One click each."""
    choices = {AttendanceStatus.ATTENDED: "All attended" if is_shared(entry) else "Attended"}
    if not is_shared(entry):
        choices |= {AttendanceStatus.NO_SHOW: "No-show", AttendanceStatus.LATE_CANCELLED: "Late cancellation"}
    with st.container(horizontal=True, width="content", gap="small"):
        for status, label in choices.items():
            if st.button(label, key=f"today.{entry.appointment_id}.{status}"):
                record(actor, entry, status, label)


def record(actor: Actor, entry: CalendarEntry, status: AttendanceStatus, label: str) -> None:
    """Set one status for everybody at an appointment."""
    done, _ = perform(
        mark_all, actor, lambda: MarkAll(appointment_id=entry.appointment_id, status=status),
        done=f"{entry.case_name}: {label.lower()}",
    )
    if done:
        st.rerun()


me = require("today")
seen = read(read_day, me)
with st.container(horizontal=True, horizontal_alignment="distribute", vertical_alignment="bottom"):
    st.title(md(greeting(seen.wall, me.name)), width="content", anchor=False)
    with st.container(horizontal=True, vertical_alignment="center", width="content"):
        st.text(day(seen.wall.date()))
        if may(me, Action.CREATE, Resource.APPOINTMENTS) and st.button(
            "Appointment", type="primary", icon=":material/add:", key="new_appointment"
        ):
            booking_dialog(me)
left, right = st.columns([2, 3])
with left:
    needs_you(me, seen.waiting)
with right:
    on_today(me, seen)
if seen.unfinished:
    unfinished(me, seen)
