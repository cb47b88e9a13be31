"""The second section of a case's page: what is in force, the list of notes, and a note to write."""

import streamlit as st

from practicerunner.rules.notes import ABOUT_SOMEBODY, title
from practicerunner.ui import (
    amendment_block,
    diagnosis_block,
    note_lines,
    plan_block,
    private_release_block,
    record_download,
)
from practicerunner.ui.forms import Form
from practicerunner.ui.navigation import go
from practicerunner.ui.perform import read
from practicerunner.ui.text import day
from practicerunner.vocabulary import NoteKind
from practicerunner.workflows.access import Actor
from practicerunner.workflows.documentation import (
    CaseNotes,
    ToWrite,
    appointments_to_write,
    case_notes_to_write,
    notes_of_case,
)
from practicerunner.workflows.notes import StartCaseNote, start_case_note
from practicerunner.workflows.practice import practice_settings

PAGE = 25


def show(actor: Actor, case_id: int) -> None:
    """Draw the section."""
    diagnosis_block.show(actor, case_id)
    plan_block.show(actor, case_id)
    lines = read(notes_of_case, actor, case_id)
    possible = read(appointments_to_write, actor, case_id)
    own = read(case_notes_to_write, actor, case_id)
    zone = read(practice_settings, actor).zone
    with st.container(horizontal=True, horizontal_alignment="distribute", vertical_alignment="center"):
        st.subheader("Notes", anchor=False, width="content")
        with st.container(horizontal=True, width="content"):
            record_download.show(actor, case_id)
            if any(line.kind is NoteKind.PSYCHOTHERAPY for line in lines):
                private_release_block.button(actor, case_id, "case")
            asked = amendment_block.button(actor, case_id)
            if possible or own.forms:
                with st.popover("Write note", icon=":material/edit_note:"):
                    if possible:
                        _write(actor, case_id, possible)
                    if own.forms:
                        _write_for_case(actor, case_id, own)
    amendment_block.show(actor, asked)
    if not lines:
        st.text("No notes yet. A note is written for an appointment, here or on the appointment's page.")
        return
    pages = -(-len(lines) // PAGE)
    place = min(int(st.session_state.get(f"case_notes.{case_id}.page", 1)), pages)
    for line in lines[(place - 1) * PAGE : place * PAGE]:
        note_lines.show(line, zone, with_day=True)
    if pages > 1:
        st.pagination(pages, key=f"case_notes.{case_id}.page")


def _write_for_case(actor: Actor, case_id: int, own: CaseNotes) -> None:
    """A note that needs no appointment: what it is, about whom, of which day."""
    offered = [
        (kind, choice) for kind in dict.fromkeys(kind for kind, _ in own.forms)
        for choice in note_lines.choices(actor, kind, [form for of_kind, form in own.forms if of_kind is kind])
    ]
    form = Form(f"case_note.{case_id}")
    with st.container(border=True):
        st.text("Without an appointment")
        kind, choice = form.choice("form", "Note", offered, format_func=_called)
        person_id = None
        if len(own.people) > 1:
            names = dict(own.people)
            somebody = list(names) if kind in ABOUT_SOMEBODY else [None, *names]
            person_id = form.choice(  # a field of its own for each list, so that no choice is carried over
                "person_id" if kind in ABOUT_SOMEBODY else "perhaps", "About", somebody,
                format_func=lambda one: names.get(one, "Nobody alone"),
            )
        day_of = form.date("service_date", "Day", own.today, max_value=own.today)
        if st.button("Start", key=form.field_key("start"), icon=note_lines.ICON, width="stretch"):
            done, note_id = form.submit(start_case_note, actor, lambda: StartCaseNote(
                op=form.op, case_id=case_id, kind=kind, form=choice.form, template_id=choice.template_id,
                person_id=person_id, service_date=day_of,
            ), "Note begun")
            if done:
                go("note", note=note_id)


def _called(offer: tuple[NoteKind, note_lines.Choice]) -> str:
    kind, choice = offer
    name = title(kind, choice.form)
    return f"{name}: {choice.label}" if choice.template_id is not None else name


def _write(actor: Actor, case_id: int, possible: list[ToWrite]) -> None:
    chosen = st.selectbox(
        "Appointment", possible, format_func=lambda one: f"{day(one.day)}, {one.start:%H:%M}",
        key=f"case_notes.{case_id}.appointment",
    )
    if chosen is not None:
        key = f"case_notes.{chosen.appointment_id}"
        note_lines.begin(actor, chosen.appointment_id, chosen.main, chosen.offered, key)
