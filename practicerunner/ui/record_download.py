"""The button that hands out a record as PDF: of the case, by a release where it is of several, or a participant's."""

import streamlit as st

from practicerunner.ui import private_release_block, release_block
from practicerunner.ui.perform import read
from practicerunner.ui.text import md
from practicerunner.workflows.access import Actor
from practicerunner.workflows.record_exports import record_choices

ICON = ":material/folder_zip:"


def show(actor: Actor, case_id: int) -> None:
    """Draw the button for whoever may hand the record out; nothing for anybody else."""
    choices = read(record_choices, actor, case_id)
    if not choices:
        return
    if None in choices and len(choices) > 1:
        if st.button("Release record", icon=ICON, key=f"release.{case_id}.open"):
            release_block.release_dialog(actor, case_id, {key: choices[key] for key in choices if key is not None})
        return
    address = f"/files/record/{case_id}.pdf"
    with st.popover("Download record", icon=ICON):
        st.text("What took place, signed notes with their addenda, and forms, as you may read them. It is logged.")
        for person_id, name in choices.items():
            label = "Download PDF" if person_id is None else md(name)
            st.link_button(label, address if person_id is None else f"{address}?person={person_id}", width="stretch",
                           icon=":material/picture_as_pdf:")
        private_release_block.disclosures(actor, case_id)
