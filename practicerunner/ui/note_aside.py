"""What is read beside a note while it is written: the last note, goals, codes in force, measures over time."""

import streamlit as st

from practicerunner import clock
from practicerunner.rules.notes import UNSIGNED_KINDS
from practicerunner.ui import diagnosis_block, measure_chart, note_paper
from practicerunner.ui.navigation import link
from practicerunner.ui.perform import glance
from practicerunner.ui.text import day, md
from practicerunner.vocabulary import NoteKind
from practicerunner.workflows.access import Actor
from practicerunner.workflows.case_forms import PersonMeasures, measures_of_case
from practicerunner.workflows.note_pages import NotePage

CHART_HEIGHT = 120


def is_there(page: NotePage) -> bool:
    """Whether there is anything to read beside this note."""
    return page.previous is not None or (page.clinical and page.line.kind not in UNSIGNED_KINDS)


def show(actor: Actor, page: NotePage, zone: str, *, with_goals: bool = True) -> None:
    """Draw it, the last note first; ``with_goals`` where they are not chosen beside the text."""
    last_note(page)
    if not page.clinical or page.line.kind in UNSIGNED_KINDS:
        return
    if with_goals and page.line.kind is not NoteKind.TREATMENT_PLAN:
        with st.container(border=True):
            st.subheader("Goals", anchor=False)
            for goal in page.details.goals:
                st.text(goal.text)
            if not page.details.goals:
                st.text("None yet. Goals come from the treatment plan.")
    diagnosis_block.beside_note(actor, page.line)
    measures(actor, page, zone)


def last_note(page: NotePage) -> None:
    """The last signed note of the case, if there is one."""
    if page.previous is not None:
        with st.container(border=True):
            title = page.previous.title
            link(md(f"{title} before this one"), "note", note=page.previous.note_id)
            st.text(f"{day(page.previous.service_date)}, {page.previous.author_name}")
            note_paper.texts(page.previous.sections)


def measures(actor: Actor, page: NotePage, zone: str, *, trend: bool = False) -> None:
    """The scores of those of whom the note speaks, nobody else's, up to its day.

    ``trend`` says in words how the last has moved.
    """
    found, _ = glance(measures_of_case, actor, page.line.case_id, page.line.service_date)
    people = [person for person in found or () if _concerns(page, person)]
    if people and page.line.service_date < clock.today(zone):
        st.caption(f"Scores up to {day(page.line.service_date)}, the day of this note")
    for person in people:
        with st.container(border=True):
            if len(people) > 1 or len(page.header.present) > 1:
                st.text(person.name)
            for series in person.series:
                measure_chart.show(series, zone, height=CHART_HEIGHT, trend=trend)


def _concerns(page: NotePage, person: PersonMeasures) -> bool:
    """Whether a note speaks of somebody: it is about them, they were there, or it is about nobody alone."""
    if page.line.person_id is not None:
        return page.line.person_id == person.person_id
    return not page.present_ids or person.person_id in page.present_ids
