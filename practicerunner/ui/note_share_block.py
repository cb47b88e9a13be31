"""With whom a signed plan or consultation note is shared in the portal, beneath it, and changing that."""

import streamlit as st

from practicerunner.rules.notes import SHARED_AS
from practicerunner.ui.forms import Form
from practicerunner.ui.perform import read
from practicerunner.ui.text import day, md
from practicerunner.workflows.access import Actor
from practicerunner.workflows.documentation import NoteLine
from practicerunner.workflows.portal_papers import PaperSharing, SharePaper, paper_sharing, share_paper

ICON = ":material/share:"


def show(actor: Actor, line: NoteLine) -> None:
    """Draw the control for whoever may share the note; nothing where nobody could read it."""
    if line.note_id is None or line.kind not in SHARED_AS:
        return
    found = read(paper_sharing, actor, line.note_id)
    if found is None or not (found.people or found.shared):
        return
    label = f"Shared in the portal with {len(found.shared)}" if found.shared else "Share in the portal"
    with st.popover(label, icon=ICON, key=f"share_note.{found.note_id}"):
        _choose(actor, found)


def _choose(actor: Actor, found: PaperSharing) -> None:
    form = Form(f"share_note.{found.note_id}")
    st.text("Who reads and downloads it in the portal, as the PDF that it is. It can be ended at any time.")
    confidential = False
    if found.may_be_confidential and any(found.also.values()):
        confidential = form.tick(
            "confidential", "Confidential to them: nobody who acts for them reads it", found.confidential)
    chosen = []
    for person_id, name in found.people.items():
        since = found.shared.get(person_id)
        if form.tick(f"person.{person_id}", md(f"{name}, {found.relation}"), since is not None):
            chosen.append(person_id)
        if since is not None:
            st.caption(md(f"Shared {day(since.on)} by {since.by}."))
        if found.also.get(person_id) and not confidential:
            st.caption(md(f"Then {'; '.join(found.also[person_id])} can read it, too."))
    form.place("person_ids")
    if st.button("Save", type="primary", key=form.field_key("save")):
        done, _ = form.submit(share_paper, actor, lambda: SharePaper(
            op=form.op, note_id=found.note_id, person_ids=tuple(chosen), confidential=confidential), "Sharing changed")
        if done:
            st.rerun()
