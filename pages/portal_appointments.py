"""Appointments ahead, and what was asked about them."""

import streamlit as st

from practicerunner.ui.portal import require_portal

me = require_portal("portal_appointments")
st.title("Appointments", anchor=False)
st.text("Nothing is here yet.")
