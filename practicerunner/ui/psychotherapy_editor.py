"""One's own psychotherapy note: written, made final, read by nobody else."""

from collections.abc import Mapping
from typing import Any

import streamlit as st
from sqlalchemy.orm import Session

from practicerunner.rules.notes import belongs_in_record
from practicerunner.ui.draft import Draft
from practicerunner.ui.navigation import go, link
from practicerunner.ui.perform import perform
from practicerunner.ui.status import badge
from practicerunner.ui.text import md, moment
from practicerunner.vocabulary import NoteKind, NoteStatus
from practicerunner.workflows.access import Actor
from practicerunner.workflows.psychotherapy import (
    DiscardPsychotherapyNote,
    FinishPsychotherapyNote,
    PsychotherapyPage,
    SavePsychotherapyNote,
    discard_psychotherapy_note,
    finish_psychotherapy_note,
    save_psychotherapy_note,
)


def show(actor: Actor, page: PsychotherapyPage, zone: str) -> None:
    """Draw the editor of one's own psychotherapy note, or its text once it is final."""
    with st.container(horizontal=True):
        link(md(page.case_name), "case", icon=":material/arrow_back:", case=page.case_id)
        link("Appointment", "appointment", icon=":material/event:", appointment=page.appointment_id)
    with st.container(horizontal=True, vertical_alignment="center"):
        st.title(NoteKind.PSYCHOTHERAPY.label, anchor=False, width="content")
        badge(page.status)
    st.text(f"{moment(page.starts_at, zone)} · Only you can read this. It is encrypted and in no record or report.")
    if page.status is NoteStatus.FINAL:
        with st.container(border=True):
            st.text(page.text)
        return

    def keep(session: Session, revision: int, typed: Mapping[str, Any]) -> int:
        return save_psychotherapy_note(session, actor, SavePsychotherapyNote(
            appointment_id=page.appointment_id, revision=revision, text=typed["text"],
        ))

    draft = Draft(f"psychotherapy.{page.appointment_id}", page.revision, {"text": page.text}, keep, {"text": "Note"})
    draft.area("text", "Note", height=480)
    in_trouble = draft.trouble()
    misplaced = belongs_in_record(page.text)
    if misplaced:
        st.warning(md(f"This speaks of {', '.join(misplaced)}, which belongs in the progress note."))
    done = False
    with st.container(horizontal=True):
        if st.button("Make final", type="primary", disabled=in_trouble or not page.text.strip()):
            done, _ = perform(finish_psychotherapy_note, actor, lambda: FinishPsychotherapyNote(
                op=draft.state["op"], appointment_id=page.appointment_id, revision=draft.state["revision"],
            ), done="Note made final")
        if page.revision:
            with st.popover("Discard draft"):
                st.text("For 30 days you find it under Documentation and can put it back; then it is gone for good.")
                if st.button("Discard it", key=f"discard.{page.appointment_id}"):
                    discarded, _ = perform(discard_psychotherapy_note, actor, lambda: DiscardPsychotherapyNote(
                        appointment_id=page.appointment_id), done="Draft discarded")
                    if discarded:
                        go("appointment", appointment=page.appointment_id)
    if done:
        st.rerun()
