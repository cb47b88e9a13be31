"""A supervisor's queue: figures, the rows by age, and beside them the one note that is being read (J06, J10)."""

from functools import partial

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from practicerunner.ui import note_paper, review_facts, review_panel, work_filters
from practicerunner.ui.navigation import link, on_phone, selected
from practicerunner.ui.perform import read, read_logged
from practicerunner.ui.status import badge
from practicerunner.ui.text import age, count, day, md
from practicerunner.ui.work_filters import Facts
from practicerunner.workflows.access import Actor
from practicerunner.workflows.note_pages import NoteFacts, note_page
from practicerunner.workflows.review_queue import ReviewLine, ReviewQueue, review_queue

SHOWN = 50
GONE = "This note does not wait for you any more."
FITTING, TALL = 8, 640
"""More rows than this scroll in a box of so many pixels, so that the note is never far below them on a phone."""


def show(actor: Actor, zone: str) -> None:
    """Draw the queue and the note that was chosen; only that one is read."""
    queue = read(review_queue, actor)
    note_id = selected("note")
    if note_id is not None and on_phone():
        _alone(actor, queue, note_id, zone)
        return
    _figures(queue)
    chosen = next((line for line in queue.lines if line.note_id == note_id), None)
    if not queue.lines and note_id is None:
        st.text("Nothing waits for you. Notes appear here when somebody whom you supervise submits one.")
        return
    lines = work_filters.narrow(
        queue.lines, lambda line: Facts(line.author, line.case_type, line.days, line.is_mine), "reviews",
        person="Written by")
    if chosen is not None:
        left, middle, beside = st.columns([5, 13, 8], gap="medium")
        with left:
            _rows(lines, chosen)
        _note(actor, chosen, zone, middle, beside)
        return
    left, right = st.columns([2, 5], gap="medium")
    with left:
        _rows(lines, chosen)
    with right:
        if note_id is not None:
            st.info(GONE)
        elif lines:
            st.text("Choose a note to read it. Each reading is logged.")


def _alone(actor: Actor, queue: ReviewQueue, note_id: int, zone: str) -> None:
    """On a phone the note that was tapped comes first, with a way back to the queue above it."""
    st.button(f"Queue ({len(queue.lines)})", key="queue.back", icon=":material/arrow_back:", on_click=_go_back)
    chosen = next((line for line in queue.lines if line.note_id == note_id), None)
    if chosen is None:
        st.info(GONE)
        return
    _note(actor, chosen, zone, st.container(), st.container())


def _go_back() -> None:
    st.query_params.pop("note", None)


def _figures(queue: ReviewQueue) -> None:
    with st.container(horizontal=True, gap="large"):
        st.metric("Waiting", len(queue.lines), width="content")
        st.metric("Oldest", age(queue.oldest_days) if queue.oldest_days is not None else "–", width="content")
        st.metric("Returned, not back", queue.returned, width="content")


def _choose(note_id: int) -> None:
    st.query_params["note"] = str(note_id)


def _rows(lines: list[ReviewLine], chosen: ReviewLine | None) -> None:
    """The rows, the longest waiting first."""
    if not lines:
        st.text("Nothing fits. Take back a filter.")
    with st.container(key="rows-reviews", height=TALL if len(lines) > FITTING else "content", border=False):
        for line in lines[:SHOWN]:
            _row(line, is_chosen=line is chosen)
        if len(lines) > SHOWN:
            st.text(f"and {count(len(lines) - SHOWN, 'more', 'more')}")


def _row(line: ReviewLine, *, is_chosen: bool) -> None:
    with st.container(gap="xxsmall"):
        st.button(
            md(f"{line.author}: {line.case_name}"), key=f"review.{line.addendum_id or line.note_id}",
            on_click=partial(_choose, line.note_id), width="stretch", type="primary" if is_chosen else "secondary",
        )
        what = "addendum" if line.addendum_id is not None else f"version {line.version}"
        waiting = f"waiting {count(line.days, 'day')}" if line.days else "since today"
        st.caption(f"{day(line.service_date)} · {waiting} · {what}")


def _note(
    actor: Actor, line: ReviewLine, zone: str, place: DeltaGenerator, beside: DeltaGenerator
) -> None:
    """The chosen note as paper, with its review, and what belongs to it beside it."""
    page = read_logged(note_page, actor, line.note_id)
    if isinstance(page, NoteFacts):
        place.text("The text of this note is not yours to read.")
        return
    with place, st.container(border=True):
        with st.container(horizontal=True):
            link(md(line.case_name), "case", icon=":material/person:", case=line.case_id)
        with st.container(horizontal=True, vertical_alignment="center"):
            st.subheader(f"{page.line.kind.label}, version {line.version}", anchor=False, width="content")
            badge(page.line.status)
        then = partial(review_panel.open_next, actor)
        if page.may_review:
            review_panel.show(actor, page, zone, then)
        else:
            note_paper.show(actor, page, zone, then)
    with beside:
        review_facts.show(actor, page, zone)
