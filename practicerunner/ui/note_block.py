"""The notes of one appointment, on its page: start, continue, or who signed."""

import streamlit as st

from practicerunner.ui import note_lines
from practicerunner.ui.perform import read
from practicerunner.workflows.access import Actor
from practicerunner.workflows.documentation import note_block
from practicerunner.workflows.practice import practice_settings


def show(actor: Actor, appointment_id: int) -> None:
    """Draw the block."""
    block = read(note_block, actor, appointment_id)
    zone = read(practice_settings, actor).zone
    with st.container(border=True, height="stretch"):
        st.subheader("Note", anchor=False)
        for line in block.lines:
            note_lines.show(line, zone)
        if all(line.kind is not block.main for line in block.lines):
            st.text(f"No {block.main.label.lower()} yet.")
        note_lines.begin(actor, appointment_id, block.main, block.offered, f"note_block.{appointment_id}",
                         block.beside)
