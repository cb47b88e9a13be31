"""One form of one participant: to fill in together, or as it was handed in."""

import streamlit as st

from practicerunner.ui import form_paper, form_sheet, navigation
from practicerunner.ui.perform import read, read_logged
from practicerunner.workflows.form_pages import ResponseFacts, response_page, sheet_page
from practicerunner.workflows.practice import practice_settings

actor = navigation.require("form")
zone = read(practice_settings, actor).zone
assignment_id, response_id = navigation.selected("assignment"), navigation.selected("response")

if assignment_id is not None:
    form_sheet.show(actor, read(sheet_page, actor, assignment_id), zone)
    st.stop()
if response_id is None:
    st.info("Choose a form on a client's page.")
    navigation.link("Clients", "clients", icon=":material/group:")
    st.stop()

REASON = f"response.{response_id}.reason"
page = read_logged(response_page, actor, response_id, st.session_state.get(REASON, ""))
if not isinstance(page, ResponseFacts):
    form_paper.show(actor, page, zone)
    st.stop()
form_paper.facts(page, zone)
if page.needs_reason:
    reason = st.text_input("Why do you open this? The reason is kept in the audit log.", max_chars=200)
    if st.button("Open", type="primary", disabled=not reason.strip()):
        st.session_state[REASON] = reason
        st.rerun()
else:
    st.text("The answers are not yours to read.")
