"""Supervision: what waits for a supervisor and is reviewed here, how much waits in the practice, and the hours."""

import streamlit as st

from practicerunner.ui import hours_block, note_lines, psychotherapy_editor, review_list, team_reviews
from practicerunner.ui.navigation import link, require
from practicerunner.ui.perform import read
from practicerunner.ui.text import count
from practicerunner.vocabulary import Action, Resource
from practicerunner.workflows.access import Actor, may
from practicerunner.workflows.documentation import my_queue
from practicerunner.workflows.note_readers import reviews
from practicerunner.workflows.practice import practice_settings


def show_own(actor: Actor) -> None:
    """What I handed in, and with whom it is."""
    queue = read(my_queue, actor)
    st.subheader(f"Waiting for your supervisor ({len(queue.awaited)})", anchor=False)
    if not queue.awaited:
        st.text("Nothing of yours waits. What you submit for co-signature or approval appears here.")
    for one in queue.awaited:
        note_lines.awaited(one)
    if queue.returned:
        with st.container(horizontal=True, vertical_alignment="center"):
            st.text(f"{count(len(queue.returned), 'note')} came back to you with comments.", width="content")
            link("Open documentation", "documentation", icon=":material/edit_note:")


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
