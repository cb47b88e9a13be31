"""Home: what comes next and what waits."""

import streamlit as st

from practicerunner.ui.perform import read
from practicerunner.ui.portal import link, may_open, require_portal
from practicerunner.ui.text import clock_span, count, day
from practicerunner.workflows.access import PortalActor
from practicerunner.workflows.requests import MyAppointment, my_appointments, my_requests


def show_next(actor: PortalActor) -> None:
    """The next appointment, and what was asked about appointments."""
    ahead, asked = read(my_appointments, actor), read(my_requests, actor)
    with st.container(border=True):
        st.subheader("Next appointment", anchor=False)
        if ahead:
            draw(ahead[0])
        else:
            st.text("No appointment ahead.")
        offered = sum(one.offered is not None and one.status.value == "offered" for one in asked)
        waiting = sum(one.status.value == "pending" for one in asked)
        if offered:
            st.text(f"{count(offered, 'offered time')} to answer")
        if waiting:
            st.text(f"{count(waiting, 'request')} with the practice")
        link("All appointments", "portal_appointments", icon=":material/calendar_month:")


def draw(found: MyAppointment) -> None:
    """One appointment in three lines."""
    st.text(f"{day(found.local_date)}, {clock_span(found.local_time, found.minutes)}")
    st.text(f"With {found.provider}")
    if found.location:
        st.text(", ".join(filter(None, [found.location, *found.address.splitlines()])))


me = require_portal("portal_home")
st.title("Home", anchor=False)
if may_open(me, "portal_appointments"):
    show_next(me)
else:
    st.text("Nothing waits for you here.")
