"""The buttons that hand out a signed note as PDF: the whole note, and of a group note each participant's copy."""

import streamlit as st

from practicerunner.ui.perform import read
from practicerunner.ui.text import md
from practicerunner.workflows.access import Actor
from practicerunner.workflows.documentation import NoteLine
from practicerunner.workflows.note_papers import printable_parts

ICON = ":material/picture_as_pdf:"


def show(actor: Actor, line: NoteLine) -> None:
    """Draw the button for whoever may hand the note out; nothing for anybody else."""
    if line.note_id is None:
        return
    parts = read(printable_parts, actor, line.note_id)
    if parts is None:
        return
    address = f"/files/note/{line.note_id}.pdf"
    if not parts:
        st.link_button("Download PDF", address, icon=ICON)
        return
    with st.popover("Download PDF", icon=ICON):
        st.link_button("The whole note", address, width="stretch")
        st.text("For one participant's record:")
        for person_id, name in parts.items():
            st.link_button(md(name), f"{address}?person={person_id}", width="stretch")
