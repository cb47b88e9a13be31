"""Home: what comes next and what waits."""

from datetime import date

import streamlit as st

from practicerunner import money
from practicerunner.ui import portal_text
from practicerunner.ui.perform import read
from practicerunner.ui.portal import link, offer_others, require_portal
from practicerunner.ui.status import badge
from practicerunner.ui.text import count, day, md
from practicerunner.workflows.access import PortalActor
from practicerunner.workflows.portal_home import HomePage, home_page

BARE = "Nothing is here for you at present, neither of your own nor of anybody for whom you act."


def next_up(page: HomePage) -> None:
    """The next appointment, or that there is none."""
    if not page.sees_appointments:
        return
    st.subheader("Next appointment", anchor=False)
    with st.container(border=True):
        if page.next_up is None:
            st.text("Nothing is booked.")
            if page.may_ask:
                link("Ask for a time", "portal_appointments", icon=":material/add:")
            return
        portal_text.appointment(page.next_up, page.today)
        label = "Move, cancel or see all" if page.next_up.may_move else "Cancel or see all"
        link(label, "portal_appointments", icon=":material/calendar_month:")


def waiting(page: HomePage, *, bare: bool) -> None:
    """What somebody has to do, each with the way there; to whom nothing is open at all it is said."""
    rows = [
        (f"The practice offers {portal_text.at(offered, page.today)}", "portal_appointments",
         ":material/event_available:") for offered in page.offers
    ]
    if page.unread:
        rows.append((f"{count(page.unread, 'conversation')} with something new", "portal_messages",
                     ":material/chat:"))
    if page.forms:
        late = f", {page.overdue_forms} overdue" if page.overdue_forms else ""
        rows.append((f"{count(page.forms, 'form')} to fill in{late}", "portal_forms", ":material/assignment:"))
    if page.unpaid:
        late = f", {page.currency} {money.dollars(page.overdue_cents)} overdue" if page.overdue_cents else ""
        rows.append((f"{page.currency} {money.dollars(page.due_cents)} to pay{late}", "portal_billing",
                     ":material/receipt_long:"))
    st.subheader("Waits for you", anchor=False)
    with st.container(border=True):
        for label, target, icon in rows:
            link(md(label), target, icon=icon)
        if not rows:
            st.text(BARE if bare else "Nothing waits for you.")


def requests(page: HomePage) -> None:
    """What was asked, and where it stands."""
    if not page.asked:
        return
    st.subheader("Requests", anchor=False)
    with st.container(border=True):
        for one in page.asked:
            with st.container(horizontal=True, vertical_alignment="center", gap="small"):
                badge(one.status)
                st.text(portal_text.asked(one, page.today), width="content")
        link("See or take back", "portal_appointments", icon=":material/calendar_month:")


def messages(page: HomePage) -> None:
    """The way to what was written, where nothing of it is new; what is new stands among what waits."""
    if not page.sees_messages or page.unread:
        return
    st.subheader("Messages", anchor=False)
    with st.container(border=True):
        st.text("Nothing new.")
        link("Read or write", "portal_messages", icon=":material/chat:")


def methods(page: HomePage) -> None:
    """With what is paid."""
    if not page.sees_methods:
        return
    st.subheader("Payment methods", anchor=False)
    with st.container(border=True):
        for one in page.methods:
            portal_text.method(one)
        if not page.methods:
            st.text("No card or bank account is saved.")
        link("Billing", "portal_billing", icon=":material/receipt_long:")


def papers(me: PortalActor, page: HomePage, today: date) -> None:
    """The latest statements and superbills, and shared documents."""
    if page.papers:
        st.subheader("Latest papers", anchor=False)
        with st.container(border=True):
            for one in page.papers:
                with st.container(horizontal=True, horizontal_alignment="distribute", vertical_alignment="center"):
                    st.text(f"{one.kind.label}, {day(one.on, today)}", width="content")
                    portal_text.download(me, one.number, one.kind, one.subject_id)
    if page.documents:
        whose = f" for {page.name}" if me.client_id is not None else ""
        link(md(f"{count(page.documents, 'document')} shared with you{whose}"), "portal_documents",
             icon=":material/description:")


me = require_portal("portal_home")
found = read(home_page, me)
st.title("Home", anchor=False)
if me.client_id is not None:
    st.text(f"For {found.name}")
next_up(found)
waiting(found, bare=me.client_id is None and found.is_bare)
requests(found)
messages(found)
offer_others(found.acts_for)
papers(me, found, found.today)
methods(found)
st.caption(md(f"{found.practice}. If you need something that is not here, {portal_text.call(found.phone)}"))
