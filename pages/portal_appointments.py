"""Appointments ahead, and what was asked about them."""

import streamlit as st

from practicerunner.ui import portal_asking, portal_feed, portal_text
from practicerunner.ui.perform import read
from practicerunner.ui.portal import require_portal
from practicerunner.ui.status import badge
from practicerunner.ui.text import clock_span, day, md
from practicerunner.vocabulary import RequestStatus
from practicerunner.workflows.access import PortalActor
from practicerunner.workflows.portal_appointments import AppointmentsPage, appointments_page
from practicerunner.workflows.requests import (
    DeclineOffer,
    MyAppointment,
    MyRequest,
    TakeOffer,
    Withdraw,
    decline_offer,
    take_offer,
    withdraw,
)


def ahead(me: PortalActor, page: AppointmentsPage, found: MyAppointment) -> None:
    """One appointment with what can be asked about it."""
    with st.container(border=True):
        portal_text.appointment(found, page.today)
        if found.request_id is not None:
            st.caption("You have asked about it; the request is above.")
            return
        with st.container(horizontal=True):
            if found.may_move and st.button("Move", key=f"move.{found.appointment_id}", width="stretch"):
                portal_asking.move_dialog(me, page, found)
            if st.button("Cancel", key=f"cancel.{found.appointment_id}", width="stretch"):
                portal_asking.cancel_dialog(me, page, found)


def waiting(me: PortalActor, page: AppointmentsPage, one: MyRequest) -> None:
    """One open request: what was offered, or the way to take it back."""
    key = f"request.{one.request_id}.{one.revision}"
    with st.container(border=True):
        badge(one.status)
        st.text(portal_text.asked(one, page.today))
        if one.message:
            st.caption(md(f"“{one.message}”"))
        if one.reply:
            st.text(f"{one.provider}: “{one.reply}”")
        if one.status is not RequestStatus.OFFERED:
            if st.button("Take it back", key=f"{key}.withdraw", width="stretch"):
                portal_asking.answer(me, f"{key}.withdraw_op", withdraw, lambda op: Withdraw(
                    op=op, request_id=one.request_id), "Taken back")
            return
        offered = portal_text.at(one.offered, page.today)
        st.markdown(f"The practice offers **{md(offered)}**.")
        with st.container(horizontal=True):
            if st.button("Take it", type="primary", key=f"{key}.take", width="stretch"):
                portal_asking.answer(me, f"{key}.take_op", take_offer, lambda op: TakeOffer(
                    op=op, request_id=one.request_id, revision=one.revision), f"Agreed: {offered}")
            if st.button("No, thank you", key=f"{key}.decline", width="stretch"):
                portal_asking.answer(me, f"{key}.decline_op", decline_offer, lambda op: DeclineOffer(
                    op=op, request_id=one.request_id, revision=one.revision), "Declined")


def over(page: AppointmentsPage) -> None:
    """What was answered lately, and appointments that are over."""
    if page.answered:
        with st.expander("Answered requests", icon=":material/task_alt:"):
            for one in page.answered:
                with st.container(horizontal=True, vertical_alignment="center"):
                    badge(one.status)
                    st.text(portal_text.asked(one, page.today), width="content")
                if one.reply:
                    st.caption(md(f"“{one.reply}”"))
    if page.past:
        with st.expander("Past appointments", icon=":material/history:"):
            for past in page.past:
                with st.container(horizontal=True, vertical_alignment="center", gap="small"):
                    st.text(f"{day(past.local_date, page.today)}, {clock_span(past.starts.time(), past.minutes)} "
                            f"{past.provider}", width="content")
                    badge(past.status)


me = require_portal("portal_appointments")
found = read(appointments_page, me)
st.title("Appointments", anchor=False)
if found.cases and st.button("Ask for a time", type="primary", icon=":material/add:", key="ask", width="stretch"):
    portal_asking.time_dialog(me, found)
for request in sorted(found.waiting, key=lambda one: one.status is not RequestStatus.OFFERED):
    waiting(me, found, request)
if not found.ahead:
    st.text("Nothing is booked." if found.cases else "Nothing is booked. The practice sets the times here.")
for appointment in found.ahead:
    ahead(me, found, appointment)
over(found)
if found.may_have_feed:
    portal_feed.show(me, found)
st.caption(md(f"Times are those of the practice ({found.zone.replace('_', ' ')})."))
