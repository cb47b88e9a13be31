"""Drafts of invoices: looked at, put right, issued one by one or all at once."""

from collections.abc import Sequence

import pandas as pd
import streamlit as st

from practicerunner.money import dollars
from practicerunner.ui import navigation
from practicerunner.ui.forms import Form
from practicerunner.ui.perform import read
from practicerunner.ui.text import count, day, md
from practicerunner.ui.work_filters import narrow, of_case
from practicerunner.workflows.access import Actor
from practicerunner.workflows.drafts import (
    ChangeDraftLine,
    DeleteDraft,
    DraftLineView,
    Drafts,
    DraftView,
    IssueDrafts,
    LeaveOut,
    change_draft_line,
    delete_draft,
    drafts_to_issue,
    issue_drafts,
    leave_out,
)
from practicerunner.workflows.follow_up import case_facts

NOTHING = ("No drafts. The practice's settings say whether “Create invoice” makes a draft first; drafts wait here "
           "until they are issued.")


def show(actor: Actor) -> None:
    """Draw the list: choose some or none, look at one, issue what is chosen or everything."""
    found = read(drafts_to_issue, actor)
    if not found.rows:
        st.text(NOTHING)
        return
    known = read(case_facts, actor, {row.case_id for row in found.rows})
    rows = narrow(found.rows, lambda row: of_case(
        known[row.case_id], (found.today - row.created_on).days), "drafts", person="Provider")
    if not rows:
        st.text("No draft fits these filters.")
        return
    st.text(f"{count(len(rows), 'draft')}, {dollars(sum(row.total_cents for row in rows))} in all. Drafts have no "
            "number and count nowhere until they are issued.")
    chosen = st.dataframe(
        pd.DataFrame({
            "Made": [day(row.created_on, found.today) for row in rows],
            "Payer": [row.payer for row in rows], "For": [row.case_name for row in rows],
            "Lines": [len(row.lines) for row in rows],
            "Amount": [dollars(row.total_cents) for row in rows],
        }),
        hide_index=True, on_select="rerun", selection_mode="multi-row", alt="Drafts of invoices",
        key=f"drafts_{len(rows)}_{rows[0].draft_id}",
        column_config={"Amount": st.column_config.TextColumn(alignment="right")},
    )["selection"]["rows"]
    picked = [rows[place] for place in chosen if place < len(rows)]
    to_issue = picked or rows
    if found.may_issue and st.button(f"Issue {count(len(to_issue), 'invoice')}", type="primary", key="issue_drafts"):
        issue_dialog(actor, to_issue)
    if len(picked) == 1:
        _draft(actor, found, picked[0])
    else:
        st.caption("Choose one row to look at the draft and change it, or several to issue only those.")


def _draft(actor: Actor, found: Drafts, draft: DraftView) -> None:
    """One draft as the invoice will be."""
    with st.container(border=True):
        with st.container(horizontal=True, horizontal_alignment="distribute", vertical_alignment="center"):
            navigation.link(md(draft.payer), "payer", payer=draft.payer_id)
            st.text(f"For {draft.case_name}", width="content")
        for line in draft.lines:
            with st.container(horizontal=True, horizontal_alignment="distribute", vertical_alignment="center"):
                st.text(f"{day(line.service_date, found.today)}  {line.description}", width="content")
                with st.container(horizontal=True, vertical_alignment="center", width="content"):
                    st.text(dollars(line.amount_cents), width="content")
                    if found.may_issue and st.button("Change", key=f"draft_line.{line.share_id}", type="tertiary"):
                        line_dialog(actor, draft, line)
            if line.detail:
                st.caption(line.detail)
        with st.container(horizontal=True, horizontal_alignment="distribute", vertical_alignment="center"):
            st.text("Total", width="content")
            st.text(dollars(draft.total_cents), width="content")
        if found.may_issue and st.button("Delete this draft", key=f"delete_draft.{draft.draft_id}"):
            delete_dialog(actor, draft)


@st.dialog("Issue invoices")
def issue_dialog(actor: Actor, drafts: Sequence[DraftView]) -> None:
    """What will be issued, to whom and how much, before it gets its numbers."""
    st.text(f"{count(len(drafts), 'invoice')}, {dollars(sum(draft.total_cents for draft in drafts))} in all. Each gets "
            "the next number and cannot be changed afterwards.")
    st.dataframe(
        pd.DataFrame({
            "Payer": [draft.payer for draft in drafts], "For": [draft.case_name for draft in drafts],
            "Amount": [dollars(draft.total_cents) for draft in drafts],
        }),
        hide_index=True, key="issue_preview", alt="Invoices that will be issued",
        column_config={"Amount": st.column_config.TextColumn(alignment="right")},
    )
    form = Form("issue_drafts")
    form.place("draft_ids")
    if st.button(f"Issue {count(len(drafts), 'invoice')}", type="primary", key="issue_drafts_now"):
        done, _ = form.submit(
            issue_drafts, actor,
            lambda: IssueDrafts(op=form.op, draft_ids=tuple(draft.draft_id for draft in drafts)),
            f"{count(len(drafts), 'invoice')} issued")
        if done:
            st.rerun()


@st.dialog("Change this line")
def line_dialog(actor: Actor, draft: DraftView, line: DraftLineView) -> None:
    """Other words for a line, or leaving it out until later."""
    form = Form(f"draft_line.{line.share_id}")
    text = form.text("text", "What the invoice says", line.description if line.is_changed else "",
                     placeholder=line.description)
    with st.container(horizontal=True):
        if st.button("Save the words", type="primary", key=form.field_key("save")):
            done, _ = form.submit(change_draft_line, actor, lambda: ChangeDraftLine(
                op=form.op, draft_id=draft.draft_id, share_id=line.share_id, text=text), "Line changed")
            if done:
                st.rerun()
        if st.button("Leave it out until later", key=form.field_key("leave_out")):
            done, _ = form.submit(leave_out, actor, lambda: LeaveOut(
                op=form.op, draft_id=draft.draft_id, share_id=line.share_id), "Line left out")
            if done:
                st.rerun()


@st.dialog("Delete this draft")
def delete_dialog(actor: Actor, draft: DraftView) -> None:
    """What becomes of what stands on it."""
    st.text("What stands on the draft can be invoiced again from the appointment.")
    form = Form(f"delete_draft.{draft.draft_id}")
    if st.button("Delete the draft", type="primary", key=form.field_key("save")):
        done, _ = form.submit(delete_draft, actor, lambda: DeleteDraft(op=form.op, draft_id=draft.draft_id),
                              "Draft deleted")
        if done:
            st.rerun()
