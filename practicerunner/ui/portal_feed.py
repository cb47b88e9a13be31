"""One's own appointments in the calendar of a phone: the addresses that work, and a new one."""

from functools import partial

import streamlit as st
from pydantic import SecretStr

from practicerunner.ui.feed_block import FRESH, dates, open_dialog, origin, secret_of
from practicerunner.ui.forms import Form
from practicerunner.ui.perform import perform
from practicerunner.workflows.access import PortalActor
from practicerunner.workflows.feeds import FeedView, RevokeFeed
from practicerunner.workflows.portal_appointments import AppointmentsPage, MakeMyFeed, make_my_feed, revoke_my_feed


def show(me: PortalActor, page: AppointmentsPage) -> None:
    """Draw the block, folded away."""
    with st.expander("In the calendar of your phone", icon=":material/calendar_add_on:"):
        st.text("With a private address your appointments show up in the calendar of your phone or computer, with the "
                "practice's name, time and place. Whoever has the address can read them.")
        for view in page.feeds:
            _row(me, view, page.zone)
        if st.button("New address", icon=":material/add:", key="feed.new", width="stretch"):
            open_dialog("New address", partial(_make, me))


def _row(me: PortalActor, view: FeedView, zone: str) -> None:
    st.text(dates(view, zone))
    form = Form(f"feed.revoke.{view.feed_id}")
    if st.button("Revoke this address", key=form.field_key("revoke"), type="tertiary"):
        done, _ = perform(
            revoke_my_feed, me, lambda: RevokeFeed(op=form.op, feed_id=view.feed_id), done="Address revoked")
        if done:
            form.clear()
            st.rerun()


def _make(me: PortalActor) -> None:
    form = Form("feed.mine")
    st.text("The address is shown once. Give it to nobody.")
    if st.button("Make address", type="primary", key=form.field_key("save"), width="stretch"):
        secret = secret_of(form)
        done, _ = form.submit(
            make_my_feed, me, lambda: MakeMyFeed(op=form.op, secret=SecretStr(secret)), "Address made")
        if done:
            del st.session_state[form.field_key("secret")]
            st.session_state[FRESH] = f"{origin()}/feeds/{secret}.ics"
