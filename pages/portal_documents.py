"""Papers that the practice has shared."""

import streamlit as st

from practicerunner.ui.portal import require_portal

me = require_portal("portal_documents")
st.title("Documents", anchor=False)
st.text("Nothing is here yet.")
