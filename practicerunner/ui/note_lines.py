"""A note in a list, and how one is begun: shared by the appointment, the case and the documentation page."""

from collections.abc import Sequence

import streamlit as st

from practicerunner.rules.note_forms import FORMS
from practicerunner.rules.notes import forms_for
from practicerunner.ui.navigation import go, link
from practicerunner.ui.perform import perform
from practicerunner.ui.status import badge
from practicerunner.ui.text import day, md, moment
from practicerunner.vocabulary import NoteKind, NoteStatus
from practicerunner.workflows.access import Actor
from practicerunner.workflows.documentation import NoteLine
from practicerunner.workflows.notes import StartNote, start_note

LAST_FORM = "note.last_form"
ICON = ":material/edit_note:"


def name(line: NoteLine, label: str) -> None:
    """The note's label, a link for whoever may open it."""
    if not line.can_open:
        st.text(label, width="content")
    elif line.note_id is None:
        link(md(label), "note", icon=ICON, psychotherapy=line.appointment_id)
    else:
        link(md(label), "note", icon=ICON, note=line.note_id)


def standing(line: NoteLine, zone: str) -> str:
    """Who has done what last: ``Signed by Marcus Bell, Mon 12 Oct 2026, 22:00``."""
    if line.status is NoteStatus.SUBMITTED and line.submitted_at is not None:
        return f"Submitted by {line.author_name}, {moment(line.submitted_at, zone)}"
    if line.status in (NoteStatus.LOCKED, NoteStatus.AMENDED) and line.locked_at is not None:
        return f"Signed by {line.author_name}, {moment(line.locked_at, zone)}"
    saved = f", saved {moment(line.saved_at, zone)}" if line.saved_at is not None else ""
    return f"{line.author_name}{saved}"


def show(line: NoteLine, zone: str, *, with_day: bool = False, with_case: bool = False) -> None:
    """One row: what it is, where it stands, who and when."""
    label = line.kind.label
    if with_case:
        label = f"{line.case_name}, {label.lower()}"
    if with_day:
        label = f"{day(line.service_date)}, {label if with_case else label.lower()}"
    with st.container(horizontal=True, vertical_alignment="center"):
        name(line, label)
        badge(line.status)
        st.text(standing(line, zone), width="content")


def begin(actor: Actor, appointment_id: int, main: NoteKind, kinds: Sequence[NoteKind], key: str) -> None:
    """Buttons to begin a note of ``kinds``: the main one at once, the others behind one more click."""
    others = [kind for kind in kinds if kind is not main]
    if len(others) < len(kinds):
        forms = forms_for(main)
        form = forms[0]
        if len(forms) > 1:
            last = st.session_state.get(LAST_FORM)
            form = st.selectbox(
                "Form", forms, index=forms.index(last) if last in forms else 0,
                format_func=lambda one: FORMS[one].label, key=f"{key}.form",
            )
        if st.button(f"Start {main.label.lower()}", key=f"{key}.start", icon=ICON, width="stretch"):
            st.session_state[LAST_FORM] = form
            _start(actor, appointment_id, main, form)
    if others:
        with st.popover("Other notes", width="stretch"):
            for kind in others:
                if st.button(kind.label, key=f"{key}.{kind}", width="stretch"):
                    _start(actor, appointment_id, kind, forms_for(kind)[0])


def _start(actor: Actor, appointment_id: int, kind: NoteKind, form: str) -> None:
    if kind is NoteKind.PSYCHOTHERAPY:
        go("note", psychotherapy=appointment_id)
    done, note_id = perform(
        start_note, actor, lambda: StartNote(appointment_id=appointment_id, kind=kind, form=form)
    )
    if done:
        go("note", note=note_id)
