"""Treatment plans on a case's page, per participant: since when, how far the goals are, when they are reviewed."""

from datetime import date

import streamlit as st

from practicerunner.rules.plans import GoalLine
from practicerunner.ui import plan_paper
from practicerunner.ui.navigation import go, link
from practicerunner.ui.perform import perform, read_logged
from practicerunner.ui.status import badge
from practicerunner.ui.text import day, md
from practicerunner.vocabulary import NoteKind
from practicerunner.workflows.access import Actor
from practicerunner.workflows.notes import StartCaseNote, start_case_note
from practicerunner.workflows.plans import PersonPlan, PlanBlock, plan_block, plan_page

EMPTY = "No treatment plan yet. A plan has problems, goals, objectives that can be measured, and what is done for them."


def show(actor: Actor, case_id: int) -> None:
    """Draw the block; nothing where the case has no treatment plans or none of it is the reader's to see."""
    kept = f"plans.{case_id}.reason"
    block = read_logged(plan_block, actor, case_id, st.session_state.get(kept, ""))
    if block is None:
        return
    with st.container(border=True):
        with st.container(horizontal=True, horizontal_alignment="distribute", vertical_alignment="center"):
            st.subheader("Treatment plan", anchor=False, width="content")
            none_yet = block.may_write and block.for_all and all(one.person_id is not None for one in block.people)
            if none_yet and st.button("Plan for all together", icon=":material/add:", key="plan.for_all"):
                _start(actor, case_id, None, block.today)
        if block.needs_reason and any(one.note_id is not None for one in block.people):
            _ask_reason(case_id, kept)
        if all(one.note_id is None and not one.unfinished for one in block.people):
            st.text(EMPTY)
        for one in block.people:
            _person(actor, case_id, one, block, named=len(block.people) > 1)


def _ask_reason(case_id: int, kept: str) -> None:
    reason = st.text_input(
        "Why do you open these? The reason is kept in the audit log.", max_chars=200, key=f"plans.{case_id}.asked",
    )
    if st.button("Open", key=f"plans.{case_id}.open", disabled=not reason.strip()):
        st.session_state[kept] = reason
        st.rerun()


def _person(actor: Actor, case_id: int, one: PersonPlan, block: PlanBlock, *, named: bool) -> None:
    with st.container(gap="xsmall"):
        with st.container(horizontal=True, horizontal_alignment="distribute", vertical_alignment="center"):
            with st.container(horizontal=True, vertical_alignment="center", width="content", gap="small"):
                if named:
                    st.markdown(f"**{md(one.name)}**", width="content")
                _standing(one, block.today, opens=block.may_read, named=named)
            with st.container(horizontal=True, vertical_alignment="center", width="content", gap="small"):
                _actions(actor, case_id, one, block)
        for goal in one.goals:
            st.text(f"{goal.number}  {goal.text}\n{progress(goal)}")
        if one.agreed:
            st.text(f"Agreed by {'; '.join(one.agreed)}")
        for begun in one.unfinished:
            with st.container(horizontal=True, vertical_alignment="center", gap="small"):
                label = "Review" if one.note_id is not None else "Plan"
                if block.may_read:
                    link(md(f"{label} by {begun.author}"), "note", icon=":material/edit_note:", note=begun.note_id)
                else:
                    st.text(f"{label} by {begun.author}", width="content")
                badge(begun.status)


def _standing(one: PersonPlan, today: date, *, opens: bool, named: bool) -> None:
    """Since when a plan is in force, and when it is looked at again."""
    if one.note_id is None or one.since is None:
        if named and not one.unfinished:
            st.text("No plan", width="content")
        return
    if opens:
        link(md(f"In force since {day(one.since, today)}"), "note", icon=":material/flag:", note=one.note_id)
    else:
        st.text(f"In force since {day(one.since, today)}", width="content")
    if one.is_over:
        st.badge("Come to its end", color="gray")
    elif one.review_on is not None:
        if one.is_due:
            st.badge("Review due", color="red")
        since = "since " if one.is_due and one.review_on < today else ""
        st.text(f"{'' if one.is_due else 'review '}{since}{day(one.review_on, today)}", width="content")


def progress(goal: GoalLine) -> str:
    """``2 of 3 objectives reached``."""
    if not goal.objectives:
        return "dropped"
    word = "objective" if goal.objectives == 1 else "objectives"
    return f"{goal.reached} of {goal.objectives} {word} reached"


def _actions(actor: Actor, case_id: int, one: PersonPlan, block: PlanBlock) -> None:
    key = one.person_id or 0
    if one.may_record and one.note_id is not None:
        with st.popover("Record agreement", type="tertiary", key=f"plan.agree.{key}", on_change="rerun") as opened:
            if opened.open:
                plan_paper.record(actor, read_logged(plan_page, actor, one.note_id,
                                                     st.session_state.get(f"plans.{case_id}.reason", "")))
    if not block.may_write or any(begun.is_own for begun in one.unfinished):
        return
    label = "Start plan" if one.note_id is None else "Review"
    if st.button(label, key=f"plan.start.{key}", icon=":material/edit_note:"):
        _start(actor, case_id, one.person_id, block.today)


def _start(actor: Actor, case_id: int, person_id: int | None, today: date) -> None:
    done, note_id = perform(start_case_note, actor, lambda: StartCaseNote(
        case_id=case_id, kind=NoteKind.TREATMENT_PLAN, person_id=person_id, service_date=today,
    ))
    if done:
        go("note", note=note_id)
