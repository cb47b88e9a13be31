"""A month's statements for everybody: asked for in a dialog, watched while they are issued, printed in one go."""

from datetime import timedelta

import streamlit as st

from practicerunner import clock
from practicerunner.ui.forms import Form
from practicerunner.ui.perform import perform, read, watch
from practicerunner.ui.statement_block import MONTHS, first_of
from practicerunner.ui.text import count, md
from practicerunner.vocabulary import Action, Resource, RunState
from practicerunner.workflows.access import Actor, may
from practicerunner.workflows.practice import practice_settings
from practicerunner.workflows.statement_runs import (
    CancelRun,
    IssueStatements,
    Run,
    cancel_run,
    issue_statements,
    latest_run,
    month_of_statements,
)

EVERY = timedelta(seconds=2)
SHOWN_FOR = timedelta(days=7)
"""How long what became of a run stands on the page."""
NAMES = 40
"""So many payers are named before a run; the rest is a number."""


def show(actor: Actor) -> None:
    """The way to a month's statements, and how far those that were asked for have come."""
    if not may(actor, Action.CREATE, Resource.INVOICES):
        return
    run = read(latest_run, actor)
    if run is not None and run.is_under_way:
        _progress(actor)
        return
    if st.button("Statements of a month", icon=":material/summarize:", key="month_statements"):
        month_dialog(actor)
    if run is not None and run.ended_at is not None and clock.now() - run.ended_at < SHOWN_FOR:
        _outcome(run)


@st.fragment(run_every=EVERY)
def _progress(actor: Actor) -> None:
    """How far a run has come, seen anew by itself, with the way to stop it."""
    run = watch(latest_run, actor)
    if run is None:
        return
    if not run.is_under_way:
        st.rerun()
    with st.container(border=True):
        st.progress(run.done / run.total, f"Statements of {run.month:%B} {run.month.year}: {_far(run)}")
        with st.container(horizontal=True, horizontal_alignment="distribute", vertical_alignment="center"):
            st.text(f"Asked for by {run.asked_by}. You can go on working; they are issued by themselves.")
            if st.button("Cancel", icon=":material/stop_circle:", key="cancel_run"):
                done, _ = perform(cancel_run, actor, lambda: CancelRun(run_id=run.run_id))
                if done:
                    st.rerun()


def _far(run: Run) -> str:
    if run.state is RunState.WAITING and not run.done:
        return f"{count(run.total, 'payer')}, about to begin"
    return f"{run.done} of {run.total}"


def _outcome(run: Run) -> None:
    """What a run came to, who was left out and why, and all of it in one file."""
    month = f"{run.month:%B} {run.month.year}"
    with st.container(border=True):
        with st.container(horizontal=True, horizontal_alignment="distribute", vertical_alignment="center"):
            st.text(f"Statements of {month}: {said(run)}")
            if run.issued:
                st.link_button(
                    "Print all in one PDF", f"/files/statements/{run.run_id}.pdf", icon=":material/picture_as_pdf:")
        for name, problem in run.left_without:
            st.warning(md(f"{name}: {problem}"), icon=":material/block:")


def said(run: Run) -> str:
    """What a run that has ended came to, in a sentence."""
    of = f"{run.issued} of {count(run.total, 'statement')} issued"
    if run.state is RunState.CANCELLED:
        return f"{of}, then {run.cancelled_by} cancelled the rest. Begin again for those that are left."
    if run.state is RunState.FAILED:
        return f"{of}. {run.error}"
    had = run.done - run.issued - len(run.left_without)
    others = f"; {count(had, 'payer')} had theirs already" if had else ""
    if run.issued == run.total:
        return f"{count(run.issued, 'statement')} issued; each is on its payer's page too."
    return f"{of}{others}."


@st.dialog("Statements of a month")
def month_dialog(actor: Actor) -> None:
    """Choose a month, see who gets a statement, have them issued."""
    form = Form("month_statements")
    today = clock.today(read(practice_settings, actor).zone)
    months = [first_of(today, back + 1) for back in range(MONTHS)]
    month = form.choice("month", "Month", months, format_func=lambda first: f"{first:%B} {first.year}")
    plan = read(month_of_statements, actor, month)
    if plan.already:
        has = "has a statement" if plan.already == 1 else "have a statement"
        st.text(f"{count(plan.already, 'payer')} {has} for this month already.")
    if not plan.payers:
        st.text("Nobody else has a balance or a movement in this month.")
        return
    st.text(f"{count(len(plan.payers), 'payer')} with a balance or a movement:")
    more = len(plan.payers) - NAMES
    st.text(", ".join(plan.payers[:NAMES]) + (f" and {more} more" if more > 0 else ""))
    if st.button(f"Issue {count(len(plan.payers), 'statement')}", type="primary", key="issue_month"):
        done, _ = form.submit(issue_statements, actor, lambda: IssueStatements(op=form.op, month=month), "")
        if done:
            st.rerun()
