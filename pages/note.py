"""One note: written by its author, read like a page of paper by whoever may read it."""

import streamlit as st

from practicerunner.ui import (
    custody_block,
    navigation,
    note_editor,
    note_lines,
    note_paper,
    plan_editor,
    psychotherapy_editor,
    review_facts,
    review_panel,
)
from practicerunner.ui.perform import read, read_logged
from practicerunner.ui.text import day
from practicerunner.vocabulary import NoteKind
from practicerunner.workflows.note_pages import NoteFacts, note_page
from practicerunner.workflows.practice import practice_settings
from practicerunner.workflows.private_shares import shared_note
from practicerunner.workflows.psychotherapy import psychotherapy_page

actor = navigation.require("note")
zone = read(practice_settings, actor).zone
note_id, own = navigation.selected("note"), navigation.selected("psychotherapy")
shared, custody = navigation.selected("shared"), navigation.selected("custody")

if own is not None:
    psychotherapy_editor.show(actor, read(psychotherapy_page, actor, own), zone)
    st.stop()
if shared is not None:
    psychotherapy_editor.show_shared(read_logged(shared_note, actor, shared), zone)
    st.stop()
if custody is not None:
    custody_block.show(actor, custody)
    st.stop()
if note_id is None:
    st.info("Choose a note on the documentation page, or begin one on an appointment's page.")
    if navigation.may_open(actor, "documentation"):
        navigation.link("Documentation", "documentation", icon=":material/edit_note:")
    st.stop()

REASON = note_paper.reason_key(note_id)
page = read_logged(note_page, actor, note_id, st.session_state.get(REASON, ""))
if isinstance(page, NoteFacts):
    note_paper.title(page.line)
    st.text(f"{day(page.line.service_date)} · {note_lines.standing(page.line, zone)}")
    if page.needs_reason:
        reason = st.text_input("Why do you open this note? The reason is kept in the audit log.", max_chars=200)
        if st.button("Open", type="primary", disabled=not reason.strip()):
            st.session_state[REASON] = reason
            st.rerun()
    else:
        st.text("The text of this note is not yours to read.")
    st.stop()
note_paper.title(page.line)
if page.may_write and page.line.kind is NoteKind.TREATMENT_PLAN:
    plan_editor.show(actor, page, zone)
elif page.may_write:
    note_editor.show(actor, page, zone)
elif page.may_review:
    text, beside = st.columns([5, 3], gap="medium")
    with text:
        review_panel.show(actor, page, zone, lambda: review_panel.open_next(actor))
    with beside:
        review_facts.show(actor, page, zone)
else:
    note_paper.show(actor, page, zone)
