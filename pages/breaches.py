"""Wrong recipients: what went to somebody for whom it was not meant, how it was assessed, and how much time is left."""

import streamlit as st

from practicerunner.ui import wrong_recipient
from practicerunner.ui.navigation import require, selected
from practicerunner.ui.perform import read
from practicerunner.workflows.breaches import breach_list, breach_page

me = require("breaches")
chosen = selected("breach")
if chosen is not None:
    wrong_recipient.show(me, read(breach_page, me, chosen))
    st.stop()
with st.container(horizontal=True, horizontal_alignment="distribute", vertical_alignment="bottom"):
    st.title("Wrong recipients", anchor=False, width="content")
    wrong_recipient.report_button(me, "list", kind="secondary")
found = read(breach_list, me)
if not found:
    st.text("Nothing was reported. A report can be made here, from a conversation, a shared document, an invoice, an "
            "e-mail, or a client's page.")
for line in found:
    wrong_recipient.row(line)
