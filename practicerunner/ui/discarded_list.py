"""The drafts that one discarded oneself, to be put back as long as they are kept."""

import streamlit as st

from practicerunner.ui.navigation import go
from practicerunner.ui.perform import perform, read
from practicerunner.ui.text import day, moment
from practicerunner.workflows.access import Actor
from practicerunner.workflows.discarded_drafts import (
    DiscardedLine,
    PutBackDraft,
    my_discarded_drafts,
    put_back_draft,
)


def show(actor: Actor, zone: str) -> None:
    """Draw the list, closed; nothing where there is none."""
    found = read(my_discarded_drafts, actor)
    if not found:
        return
    with st.expander(f"Discarded drafts ({len(found)})", icon=":material/delete:"):
        st.text("Only you see these. They can be put back for 30 days.")
        for one in found:
            _line(actor, one, zone)


def _line(actor: Actor, one: DiscardedLine, zone: str) -> None:
    with st.container(horizontal=True, vertical_alignment="center"):
        about = f", {one.about}" if one.about not in ("", one.case_name) else ""
        st.text(f"{day(one.day)}, {one.case_name}, {one.title.lower()}{about}", width="content")
        st.text(
            f"Discarded {moment(one.discarded_at, zone)}, gone for good {moment(one.gone_at, zone)}", width="content")
        if st.button("Put back", key=f"put_back.{one.draft_id}", type="tertiary", icon=":material/undo:"):
            done, note_id = perform(
                put_back_draft, actor, lambda: PutBackDraft(draft_id=one.draft_id), done="Draft put back")
            if done and one.is_apart:
                go("note", psychotherapy=one.appointment_id)
            elif done:
                go("note", note=note_id)
