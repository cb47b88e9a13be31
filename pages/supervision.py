"""Supervision: what waits for a supervisor and is reviewed here, how much waits in the practice, and the hours."""

import streamlit as st

from practicerunner.ui import hours_block, note_lines, psychotherapy_editor, review_list, team_reviews
from practicerunner.ui.navigation import link, require
from practicerunner.ui.perform import read
from practicerunner.ui.text import day
from practicerunner.vocabulary import Action, NoteStatus, Resource
from practicerunner.workflows.access import Actor, may
from practicerunner.workflows.documentation import documentation_due, my_queue
from practicerunner.workflows.note_readers import reviews
from practicerunner.workflows.practice import practice_settings


def show_own(actor: Actor) -> None:
    """What came back to me, what is due, and what I handed in, with whom it is."""
    queue = read(my_queue, actor)
    due = [one for one in read(documentation_due, actor)
           if one.provider_id == actor.staff_id and one.status is not NoteStatus.RETURNED]
    if queue.returned:
        st.subheader(f"Came back to you ({len(queue.returned)})", anchor=False)
        for line, comments in queue.returned:
            note_lines.returned(line, comments)
    if due:
        late = sum(one.overdue for one in due)
        st.subheader(f"Notes due ({len(due)})", anchor=False)
        with st.container(horizontal=True, vertical_alignment="center"):
            oldest = f"The oldest is of {day(due[0].day)}, {due[0].case_name}"
            st.text(f"{oldest}; {late} overdue." if late else f"{oldest}.", width="content")
            link("Open documentation", "documentation", icon=":material/edit_note:")
    st.subheader(f"Waiting for your supervisor ({len(queue.awaited)})", anchor=False)
    if not queue.awaited:
        st.text("Nothing of yours waits. What you submit for co-signature or approval appears here.")
    for one in queue.awaited:
        note_lines.awaited(one)


me = require("supervision")
zone = read(practice_settings, me).zone
st.title("Supervision", anchor=False)
parts = st.tabs(["Reviews", "Hours"], key="supervision.part", on_change="rerun")
if parts[0].open:
    with parts[0]:
        if reviews(me):
            review_list.show(me, zone)
            psychotherapy_editor.shared_list(me, zone)
        if may(me, Action.MANAGE, Resource.USERS):
            team_reviews.show(me)
        elif not reviews(me):
            show_own(me)
if parts[1].open:
    with parts[1]:
        hours_block.show(me)
