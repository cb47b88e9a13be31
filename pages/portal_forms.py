"""What is to be filled in and signed, and what was."""

import streamlit as st

from practicerunner.ui.portal import require_portal

me = require_portal("portal_forms")
st.title("Forms", anchor=False)
st.text("Nothing is here yet.")
