"""Papers that the practice has shared."""

import streamlit as st

from practicerunner.rules.documents import size_words
from practicerunner.ui import portal_text
from practicerunner.ui.perform import read
from practicerunner.ui.portal import require_portal
from practicerunner.ui.text import day
from practicerunner.workflows.portal_documents import my_documents
from practicerunner.workflows.portal_papers import my_note_papers

me = require_portal("portal_documents")
st.title("Documents", anchor=False)
papers, found = read(my_note_papers, me), read(my_documents, me)
if not papers and not found:
    own = me.client_id is None
    st.text("The practice has not shared a document yet." if own else "Nothing is shared with you here.")
for paper in papers:
    of = f" · {paper.case_name}" if paper.case_name else ""
    with portal_text.shared(f"{paper.title}, {day(paper.dated)}", f"Shared {day(paper.shared_on)}{of}"):
        portal_text.download_note(me, paper.note_id)
for one in found:
    of = f" · {one.case_name}" if one.case_name else ""
    with portal_text.shared(one.title, f"Shared {day(one.shared_on)}{of} · {size_words(one.size)}"):
        portal_text.download(me, "Download", None, one.document_id)
