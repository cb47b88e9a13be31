"""Beside a note under review: its appointment, goals, diagnoses and measures, and the notes before it (J06)."""

import streamlit as st

from practicerunner.ui import diagnosis_block, note_aside
from practicerunner.ui.navigation import link
from practicerunner.ui.perform import read_logged
from practicerunner.ui.text import clock_span, count, day, md
from practicerunner.vocabulary import NoteKind
from practicerunner.workflows.access import Actor
from practicerunner.workflows.note_pages import NotePage
from practicerunner.workflows.plan_goals import GoalChoice
from practicerunner.workflows.review_facts import ReviewFacts, review_facts


def show(actor: Actor, page: NotePage, zone: str) -> None:
    """Draw it for whoever reviews the note: what it speaks of first, then what went before."""
    found = read_logged(review_facts, actor, page.line.note_id or 0)
    if page.line.appointment_id is not None:
        _appointment(page, found)
    if found.clinical and page.line.kind is not NoteKind.TREATMENT_PLAN:
        _goals(found)
    if found.clinical and page.header.codes is None:
        diagnosis_block.beside_note(actor, page.line)
    if found.clinical:
        note_aside.measures(actor, page, zone, trend=True)
    note_aside.last_note(page)
    shown = page.previous.note_id if page.previous is not None else None
    others = [line for line in found.earlier if line.note_id != shown]
    with st.container(border=True, gap="xsmall"):
        st.subheader("Earlier notes", anchor=False)
        for line in others:
            link(md(f"{day(line.service_date)}, {line.title.lower()}"), "note", note=line.note_id)
        if not others:
            st.text("None before that." if shown is not None else "None before this one.")


def _appointment(page: NotePage, found: ReviewFacts) -> None:
    """Who was there, when, how, and when they meet again."""
    header = page.header
    with st.container(border=True, gap="xsmall"):
        st.subheader(found.called.capitalize(), anchor=False)
        when = day(header.day)
        if header.start is not None and header.minutes is not None:
            when = f"{when}, {clock_span(header.start, header.minutes)}"
        st.text(when)
        how = [found.service, header.format.label if header.format is not None else "", header.place]
        st.text(" · ".join(filter(None, how)))
        for one in found.people:
            st.text(f"{one.name}: {one.status.label.lower()}")
        if len(found.people) < found.expected and page.line.person_id is None:
            st.text(f"{len(found.people)} of {found.expected} came")
        again = header.next_at
        st.text(f"Agreed: next on {day(again.date())}, {again:%H:%M}" if again is not None else "No next appointment.")
        link("Appointment", "appointment", icon=":material/event:", appointment=page.line.appointment_id)


def _goals(found: ReviewFacts) -> None:
    with st.container(border=True, gap="xsmall"):
        st.subheader("Goals", anchor=False)
        for goal in found.goals:
            whose = f"{goal.about}: " if goal.about else ""
            st.text(f"{whose}{goal.number} {goal.text}")
            st.caption(standing(goal, named=(goal.plan_id, str(goal.key)) in found.named))
        if not found.goals:
            st.text("None yet. Goals come from the treatment plan.")


def standing(goal: GoalChoice, *, named: bool) -> str:
    """``Named in this note · 1 of 2 objectives reached``."""
    said = ["Named in this note"] if named else []
    if goal.objectives:
        said.append(f"{goal.reached} of {count(goal.objectives, 'objective')} reached")
    of_plan = "of a later plan" if goal.is_later else "of an earlier plan"
    said.append("over" if goal.is_over else "being worked on" if goal.in_force else of_plan)
    return " · ".join(said)

