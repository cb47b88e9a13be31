"""Inquiries: who wrote on the public page, the longest waiting first, answered one by one."""

import streamlit as st

from practicerunner.ui import inquiry_rows
from practicerunner.ui.navigation import link, may_open, require
from practicerunner.ui.perform import read
from practicerunner.ui.text import count
from practicerunner.vocabulary import InquiryStatus
from practicerunner.workflows.access import Actor
from practicerunner.workflows.inquiry_queue import PAGE, inquiry_list
from practicerunner.workflows.inquiry_settings import inquiry_settings

SHOWN = {InquiryStatus.OPEN: "Open", InquiryStatus.PROSPECT: "Prospects", InquiryStatus.CLOSED: "Closed"}
EMPTY = {
    InquiryStatus.OPEN: "No inquiries waiting. What people write on the practice's public page appears here.",
    InquiryStatus.PROSPECT: "No inquiry has become a prospect yet.",
    InquiryStatus.CLOSED: "No inquiry was closed.",
}


def where_they_come_from(actor: Actor) -> None:
    """The address of the public page, or how there comes to be one."""
    if read(inquiry_settings, actor).is_on:
        st.caption("People write at /inquiry on this server's address.")
    elif may_open(actor, "settings"):
        st.text("The public page is off.")
        link("Switch it on in the settings", "settings", icon=":material/settings:")


def how_long_they_stay(actor: Actor) -> None:
    """That what came to nothing is erased, and when."""
    days = read(inquiry_settings, actor).erase_after_days
    st.caption(f"Erased {count(days, 'day')} after they were closed.")


me = require("inquiries")
st.title("Inquiries", anchor=False)
status = InquiryStatus(st.session_state.get("inquiries_shown") or InquiryStatus.OPEN)
# Another question starts at its first page.
if st.session_state.get("inquiries_asked") != status:
    st.session_state["inquiries_asked"] = status
    st.session_state["inquiries_page"] = 1
found = read(inquiry_list, me, status, page=int(st.session_state.get("inquiries_page", 1)))
st.segmented_control(
    "Show", list(SHOWN), default=InquiryStatus.OPEN, key="inquiries_shown", label_visibility="collapsed",
    required=True, format_func=lambda one: f"{SHOWN[one]} {found.counts.get(one, 0)}",
)
if status is InquiryStatus.CLOSED and found.rows:
    how_long_they_stay(me)
for place, row in enumerate(found.rows):
    inquiry_rows.show(me, row, found.today, first=place == 0 and status is InquiryStatus.OPEN)
if not found.rows:
    st.text(EMPTY[status])
    where_they_come_from(me)
elif found.total > PAGE:
    st.pagination(-(-found.total // PAGE), key="inquiries_page")
    st.text(count(found.total, "inquiry", "inquiries"))
