"""My account: password, sign-ins, and one's appointments in another calendar."""

import streamlit as st
from pydantic import SecretStr

from practicerunner.ui import feed_block
from practicerunner.ui.forms import Form
from practicerunner.ui.identity import token
from practicerunner.ui.navigation import require
from practicerunner.ui.perform import act, read
from practicerunner.ui.text import md, moment
from practicerunner.workflows.feeds import has_feeds
from practicerunner.workflows.invitations import ChangePassword, change_password
from practicerunner.workflows.practice import practice_settings
from practicerunner.workflows.presence import has_authenticator, own_sign_ins, sign_out_everywhere

me = require("account")
st.title("My account", anchor=False)
st.text(f"{me.name}: {', '.join(sorted(role.label for role in me.roles))}")
house = read(practice_settings, me)
left, right = st.columns(2)
with left, st.container(border=True, height="stretch"):
    st.subheader("Password", anchor=False)
    form = Form("password")
    current = form.text("current", "Present password", type="password", autocomplete="current-password")
    new = form.text("new", "New password, 12 characters or more", type="password", autocomplete="new-password")
    if st.button("Change the password", type="primary"):
        asked = ChangePassword(current=SecretStr(current), new=SecretStr(new))
        changed, _ = act(
            lambda session: change_password(session, me, asked, token()),
            done="Password changed; other sign-ins have ended", show=form.show,
        )
        if changed:
            form.clear()
            st.rerun()
    if read(has_authenticator, me):
        st.caption("Signing in asks for a code of your authenticator app, too. An owner resets it if it is lost.")
    else:
        st.caption("A code of an app on your phone, besides the password, keeps others out.")
        st.html('<a href="/auth/authenticator?next=/account" style="color: inherit">Set up an authenticator</a>')
with right, st.container(border=True, height="stretch"):
    st.subheader("Sign-ins", anchor=False)
    for sign_in in read(own_sign_ins, me, token(), 8):
        state = "this one" if sign_in.is_this_one else "open" if sign_in.is_open else "ended"
        st.text(f"{moment(sign_in.since, house.zone)}: {state}")
        if sign_in.device:
            st.caption(md(sign_in.device[:80]))
    if st.button("Sign out everywhere else"):
        act(
            lambda session: sign_out_everywhere(session, me, except_token=token()),
            done="All other sign-ins have ended",
        )
        st.rerun()
    if has_feeds(me):
        st.caption("Calendar feeds go on, also with another password. If you lost a phone, revoke its address below.")
feed_block.own_block(me, house.zone)
