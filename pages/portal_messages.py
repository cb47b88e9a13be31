"""Conversations with the practice."""

import streamlit as st

from practicerunner.ui.portal import require_portal

me = require_portal("portal_messages")
st.title("Messages", anchor=False)
st.text("Nothing is here yet.")
