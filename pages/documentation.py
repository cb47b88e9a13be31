"""Documentation: what was returned to me, which notes are due, what waits for my supervisor, my drafts."""

from datetime import date

import streamlit as st

from practicerunner.ui import amendment_block, discarded_list, navigation, note_lines, note_paper, work_filters
from practicerunner.ui.navigation import link
from practicerunner.ui.perform import read
from practicerunner.ui.text import clock_span, count, day, md, moment
from practicerunner.ui.work_filters import Facts
from practicerunner.vocabulary import NoteStatus
from practicerunner.workflows.access import Actor
from practicerunner.workflows.calendar import wall_clock
from practicerunner.workflows.documentation import Awaited, DueNote, NoteLine, Queue, documentation_due, my_queue
from practicerunner.workflows.plans import ReviewDue, plan_reviews_due
from practicerunner.workflows.practice import practice_settings
from practicerunner.workflows.releases import WaitingRelease, releases_waiting

SHOWN = 50


def show_reviews(queue: Queue) -> None:
    """That something waits for my own signature, and where."""
    number = len(queue.to_review) + len(queue.addenda)
    if not number:
        return
    with st.container(border=True, horizontal=True, vertical_alignment="center"):
        st.text(f"Awaiting your co-signature ({number})", width="content")
        link("Open supervision", "supervision", icon=":material/supervisor_account:")


def show_returned(queue: Queue, zone: str) -> None:
    """What came back to me, with the last comments."""
    if not queue.returned:
        return
    st.subheader(f"Returned to you ({len(queue.returned)})", anchor=False)
    for line, comments in queue.returned:
        note_lines.show(line, zone, with_day=True, with_case=True)
        note_paper.comments(comments, zone)


def show_overdue(actor: Actor, due: list[DueNote], zone: str, today: date) -> None:
    """Held appointments whose note was not signed in time, the oldest first."""
    if not due:
        return
    mine = sum(one.provider_id == actor.staff_id for one in due)
    st.subheader(f"Notes overdue ({len(due)})" if mine in (0, len(due))
                 else f"Notes overdue ({len(due)}, {mine} of them yours)", anchor=False)
    _rows(actor, due, zone, today)


def show_to_write(actor: Actor, due: list[DueNote], zone: str, today: date, *, narrowed: bool) -> None:
    """My own held appointments whose note there is still time for."""
    st.subheader(f"To write ({len(due)})", anchor=False)
    if not due:
        st.text("Nothing fits. Take back a filter." if narrowed
                else "No notes to write. They appear here when an appointment is marked attended.")
    _rows(actor, due, zone, today)


def _rows(actor: Actor, due: list[DueNote], zone: str, today: date) -> None:
    for one in due[:SHOWN]:
        _due(actor, one, zone, today)
    if len(due) > SHOWN:
        st.text(f"and {count(len(due) - SHOWN, 'more', 'more')}")


def show_reviews_of_plans(actor: Actor, due: list[ReviewDue]) -> None:
    """Treatment plans whose review is due, the longest first."""
    if not due:
        return
    st.subheader(f"Treatment plans to review ({len(due)})", anchor=False)
    for one in due[:SHOWN]:
        with st.container(horizontal=True, vertical_alignment="center"):
            link(md(one.case_name), "case", icon=":material/flag:", case=one.case_id, part="clinical")
            whose = f"Treatment plan of {one.about}" if one.about not in ("", one.case_name) else "Treatment plan"
            said = f"{whose}: review due since {day(one.since)}" if one.since is not None else whose
            st.text(said if one.provider_id == actor.staff_id else f"{one.provider_name}: {said}", width="content")
    if len(due) > SHOWN:
        st.text(f"and {count(len(due) - SHOWN, 'more', 'more')}")


def show_releases(waiting: list[WaitingRelease]) -> None:
    """Records of several people that do not go out, because somebody has not authorised it yet."""
    if not waiting:
        return
    st.subheader(f"Releases that wait ({len(waiting)})", anchor=False)
    for one in waiting[:SHOWN]:
        with st.container(horizontal=True, vertical_alignment="center"):
            link(md(one.case_name), "case", icon=":material/outgoing_mail:", case=one.case_id, part="clinical")
            st.text(one.stands, width="content")


def _due(actor: Actor, one: DueNote, zone: str, today: date) -> None:
    with st.container(horizontal=True, vertical_alignment="center"):
        when = f"{day(one.day, today)}, {clock_span(one.start, one.minutes)}"
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
        link("Open case", "case", icon=":material/person:", case=one.case_id)


def show_awaited(awaited: tuple[Awaited, ...]) -> None:
    """What I handed in, with whom it is and since when."""
    if not awaited:
        return
    st.subheader(f"Waiting for your supervisor ({len(awaited)})", anchor=False)
    for one in awaited[:SHOWN]:
        note_lines.awaited(one)
    if len(awaited) > SHOWN:
        st.text(f"and {count(len(awaited) - SHOWN, 'more', 'more')}")


def show_to_sign(queue: Queue, zone: str) -> None:
    """What documents a critical answer and is not signed."""
    if not queue.to_sign:
        return
    st.subheader(f"To sign: documents a critical answer ({len(queue.to_sign)})", anchor=False)
    for one in queue.to_sign:
        with st.container(horizontal=True, vertical_alignment="center"):
            link(md(f"{one.line.title}, {one.line.about or one.line.case_name}"), "note", icon=note_lines.ICON,
                 note=one.line.note_id)
            if one.overdue:
                st.badge("Overdue", color="red")
            st.text(f"Alert closed {moment(one.closed_at, zone)}", width="content")


def show_drafts(drafts: list[NoteLine], zone: str) -> None:
    """What I have begun and nobody waits for."""
    if not drafts:
        return
    st.subheader(f"Your other drafts ({len(drafts)})", anchor=False)
    for draft in drafts[:SHOWN]:
        note_lines.show(draft, zone, with_day=True, with_case=True)
    if len(drafts) > SHOWN:
        st.text(f"and {count(len(drafts) - SHOWN, 'more', 'more')}")


actor = navigation.require("documentation")
zone = read(practice_settings, actor).zone
today = read(wall_clock, actor).date()
queue = read(my_queue, actor)
due = read(documentation_due, actor)
st.title("Documentation", anchor=False)
show_reviews(queue)
show_returned(queue, zone)
open_notes = [one for one in due if one.status is not NoteStatus.RETURNED]
show_to_sign(queue, zone)
left = work_filters.narrow(open_notes, lambda one: Facts(
    one.provider_name, one.case_type, (today - one.day).days, one.provider_id == actor.staff_id,
), "due", person="Provider")
show_overdue(actor, [one for one in left if one.overdue], zone, today)
show_to_write(actor, [one for one in left if not one.overdue], zone, today, narrowed=len(left) < len(open_notes))
show_reviews_of_plans(actor, read(plan_reviews_due, actor))
amendment_block.show_due(actor, today)
show_releases(read(releases_waiting, actor))
show_awaited(queue.awaited)
listed = {one.note_id for one in due} | {one.line.note_id for one in queue.to_sign}
show_drafts([line for line in queue.drafts if line.note_id is None or line.note_id not in listed], zone)
discarded_list.show(actor, zone)
