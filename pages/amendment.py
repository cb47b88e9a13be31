"""Request to amend: what somebody wants changed in their record, until when it is answered, and the answer."""

import streamlit as st

from practicerunner.ui import amendment_sheet
from practicerunner.ui.navigation import link, require, selected
from practicerunner.ui.perform import read_logged
from practicerunner.workflows.amendment_lists import AmendmentLine
from practicerunner.workflows.amendment_pages import amendment_page

me = require("amendment")
chosen = selected("amendment")
if chosen is None:
    st.title("Request to amend", anchor=False)
    st.text("Choose a request on Today, on the documentation page, or on a client's page.")
    link("Documentation", "documentation", icon=":material/edit_note:")
    st.stop()
KEY = f"amendment.{chosen}.reason"
page = read_logged(amendment_page, me, chosen, st.session_state.get(KEY, ""))
if isinstance(page, AmendmentLine):
    amendment_sheet.title(page)
    reason = st.text_input("Why do you open this request? The reason is kept in the audit log.", max_chars=200)
    if st.button("Open", type="primary", disabled=not reason.strip()):
        st.session_state[KEY] = reason
        st.rerun()
    st.stop()
amendment_sheet.show(me, page)
