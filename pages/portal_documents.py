"""Papers that the practice has shared."""

import streamlit as st

from practicerunner.rules.documents import size_words
from practicerunner.ui import portal_text
from practicerunner.ui.perform import read
from practicerunner.ui.portal import require_portal
from practicerunner.ui.text import day, md
from practicerunner.workflows.portal_documents import my_documents

me = require_portal("portal_documents")
st.title("Documents", anchor=False)
found = read(my_documents, me)
if not found:
    st.text("The practice has not shared a document yet.")
for one in found:
    with st.container(border=True), st.container(
        horizontal=True, horizontal_alignment="distribute", vertical_alignment="center"
    ):
        with st.container(width="content", gap="xsmall"):
            st.markdown(f"**{md(one.title)}**")
            of = f" · {one.case_name}" if one.case_name else ""
            st.text(f"Shared {day(one.shared_on)}{of} · {size_words(one.size)}")
        portal_text.download(me, "Download", None, one.document_id)
