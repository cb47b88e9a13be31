"""Documentation: what waits for my co-signature, what was returned to me, which notes are due, my drafts."""

import streamlit as st

from practicerunner import clock
from practicerunner.ui import navigation, note_lines, note_paper
from practicerunner.ui.navigation import link
from practicerunner.ui.perform import read
from practicerunner.ui.text import age, clock_span, count, day, md, moment
from practicerunner.vocabulary import NoteStatus
from practicerunner.workflows.access import Actor
from practicerunner.workflows.documentation import DueNote, Queue, documentation_due, my_queue
from practicerunner.workflows.plans import ReviewDue, plan_reviews_due
from practicerunner.workflows.practice import practice_settings

SHOWN = 50


def show_reviews(queue: Queue, zone: str) -> None:
    """Notes and addenda that wait for my co-signature, the longest waiting first."""
    st.subheader(f"Awaiting your co-signature ({len(queue.to_review) + len(queue.addenda)})", anchor=False)
    for line in queue.to_review[:SHOWN]:
        waiting = age((clock.now() - line.submitted_at).days) if line.submitted_at else ""
        with st.container(horizontal=True, vertical_alignment="center"):
            note_lines.name(line, f"{line.author_name}: {line.case_name}, {day(line.service_date)}")
            st.text(f"{line.kind.label}, version {line.version}, waiting: {waiting}", width="content")
    for line, since in queue.addenda:
        with st.container(horizontal=True, vertical_alignment="center"):
            note_lines.name(line, f"{line.author_name}: {line.case_name}, {day(line.service_date)}")
            st.text(f"Addendum, waiting: {age((clock.now() - since).days)}", width="content")
    st.text("Open a note to co-sign it or to return it with a comment.")


def show_returned(queue: Queue, zone: str) -> None:
    """What came back to me, with the last comments."""
    st.subheader(f"Returned to you ({len(queue.returned)})", anchor=False)
    for line, comments in queue.returned:
        note_lines.show(line, zone, with_day=True, with_case=True)
        note_paper.comments(comments, zone)


def show_due(actor: Actor, due: list[DueNote], zone: str) -> None:
    """Held appointments without their signed note, the oldest first."""
    st.subheader(f"Notes due ({len(due)})", anchor=False)
    if not due:
        st.text("No notes due. Notes appear here when an appointment is marked attended.")
    for one in due[:SHOWN]:
        with st.container(horizontal=True, vertical_alignment="center"):
            when = f"{day(one.day)}, {clock_span(one.start, one.minutes)}"
            own = one.provider_id == actor.staff_id
            if own and one.note_id is not None:
                link(md(f"{when} {one.case_name}"), "note", icon=note_lines.ICON, note=one.note_id)
            else:
                link(md(f"{when} {one.case_name}"), "appointment", icon=":material/event:",
                     appointment=one.appointment_id)
            if one.overdue:
                st.badge("Overdue", color="red")
            elif one.status is not None:
                st.badge(one.status.label)
            said = f"{one.kind.label}, due {moment(one.due_at, zone)}"
            st.text(said if own else f"{one.provider_name}: {said}", width="content")
    if len(due) > SHOWN:
        st.text(f"and {count(len(due) - SHOWN, 'more', 'more')}")


def show_reviews_of_plans(actor: Actor, due: list[ReviewDue]) -> None:
    """Treatment plans whose review is due, the longest first."""
    st.subheader(f"Treatment plans to review ({len(due)})", anchor=False)
    for one in due[:SHOWN]:
        with st.container(horizontal=True, vertical_alignment="center"):
            link(md(one.case_name), "case", icon=":material/flag:", case=one.case_id, part="clinical")
            whose = f"Treatment plan of {one.about}" if one.about not in ("", one.case_name) else "Treatment plan"
            said = f"{whose}: review due since {day(one.since)}" if one.since is not None else whose
            st.text(said if one.provider_id == actor.staff_id else f"{one.provider_name}: {said}", width="content")
    if len(due) > SHOWN:
        st.text(f"and {count(len(due) - SHOWN, 'more', 'more')}")


actor = navigation.require("documentation")
zone = read(practice_settings, actor).zone
queue = read(my_queue, actor)
due = read(documentation_due, actor)
st.title("Documentation", anchor=False)
if queue.to_review or queue.addenda:
    show_reviews(queue, zone)
if queue.returned:
    show_returned(queue, zone)
show_due(actor, [one for one in due if one.status is not NoteStatus.RETURNED], zone)
plans = read(plan_reviews_due, actor)
if plans:
    show_reviews_of_plans(actor, plans)
listed = {one.note_id for one in due}
drafts = [line for line in queue.drafts if line.note_id is None or line.note_id not in listed]
if drafts:
    st.subheader(f"Your other drafts ({len(drafts)})", anchor=False)
    for draft in drafts[:SHOWN]:
        note_lines.show(draft, zone, with_day=True, with_case=True)
    if len(drafts) > SHOWN:
        st.text(f"and {count(len(drafts) - SHOWN, 'more', 'more')}")
