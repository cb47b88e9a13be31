"""The second section of a case's page: what is in force, the list of notes, and a note to write."""

import streamlit as st

from practicerunner.ui import diagnosis_block, note_lines, plan_block
from practicerunner.ui.perform import read
from practicerunner.ui.text import day
from practicerunner.workflows.access import Actor
from practicerunner.workflows.documentation import ToWrite, appointments_to_write, notes_of_case
from practicerunner.workflows.practice import practice_settings

PAGE = 25


def show(actor: Actor, case_id: int) -> None:
    """Draw the section."""
    diagnosis_block.show(actor, case_id)
    plan_block.show(actor, case_id)
    lines = read(notes_of_case, actor, case_id)
    possible = read(appointments_to_write, actor, case_id)
    zone = read(practice_settings, actor).zone
    with st.container(horizontal=True, horizontal_alignment="distribute", vertical_alignment="center"):
        st.subheader("Notes", anchor=False, width="content")
        if possible:
            with st.popover("Write note", icon=":material/edit_note:"):
                _write(actor, case_id, possible)
    if not lines:
        st.text("No notes yet. A note is written for an appointment, here or on the appointment's page.")
        return
    pages = -(-len(lines) // PAGE)
    place = min(int(st.session_state.get(f"case_notes.{case_id}.page", 1)), pages)
    for line in lines[(place - 1) * PAGE : place * PAGE]:
        note_lines.show(line, zone, with_day=True)
    if pages > 1:
        st.pagination(pages, key=f"case_notes.{case_id}.page")


def _write(actor: Actor, case_id: int, possible: list[ToWrite]) -> None:
    chosen = st.selectbox(
        "Appointment", possible, format_func=lambda one: f"{day(one.day)}, {one.start:%H:%M}",
        key=f"case_notes.{case_id}.appointment",
    )
    if chosen is not None:
        key = f"case_notes.{chosen.appointment_id}"
        note_lines.begin(actor, chosen.appointment_id, chosen.main, chosen.offered, key)
