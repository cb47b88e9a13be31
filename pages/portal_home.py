"""What comes next and what waits."""

import streamlit as st

from practicerunner.ui.portal import require_portal

me = require_portal("portal_home")
st.title("Home", anchor=False)
st.text("Nothing is here yet.")
