"""How the practice reaches somebody, their account, and who has access."""

import streamlit as st

from practicerunner.ui.portal import require_portal

me = require_portal("portal_details")
st.title("My details", anchor=False)
st.text("Nothing is here yet.")
