"""Statements of a payer or a case: the list with its papers, and making another one, seen before it is issued."""

from datetime import date, timedelta

import pandas as pd
import streamlit as st

from practicerunner.documents.statement import NOTHING_MOVED
from practicerunner.money import dollars
from practicerunner.rules.statements import AGES
from practicerunner.ui.account_tables import MONEY, pick, where_several
from practicerunner.ui.forms import Form
from practicerunner.ui.perform import glance
from practicerunner.ui.reminder_dialog import email_button
from practicerunner.ui.text import count, day, md
from practicerunner.workflows.access import Actor
from practicerunner.workflows.statements import (
    IssueStatement,
    StatementPreview,
    Statements,
    issue_statement,
    statement_preview,
    summary,
)

MONTHS = 12
"""How many months back are offered by name."""


def show(actor: Actor, found: Statements, *, of_case: int | None = None) -> None:
    """The list of a payer or a case, newest first, and the way to another statement."""
    with st.container(horizontal=True, horizontal_alignment="distribute", vertical_alignment="center"):
        st.subheader("Statements", anchor=False)
        if found.cases and found.payers and st.button(
                "Create statement", icon=":material/summarize:", key="create_statement"):
            create_dialog(actor, found, of_case)
    if not found.rows:
        st.text("No statements yet.")
        return
    row = pick(
        found.rows, lambda shown: {
            "From": [day(one.starts_on, found.today) for one in shown],
            "To": [day(one.ends_on, found.today) for one in shown],
            "Closed with": [dollars(one.closing_cents) for one in shown],
            **where_several("Payer", [one.payer for one in shown], [one.payer for one in found.rows]),
            "Number": [one.number for one in shown],
            **({"Over": [count(len(one.case_ids), "case") for one in shown]}
               if any(len(one.case_ids) > 1 for one in found.rows) else {}),
        },
        key="statements", alt="Statements", row_id=lambda one: one.statement_id,
        hint="Choose a row to open the paper or to tell the payer of it.")
    if row is not None:
        with st.container(horizontal=True, vertical_alignment="center", border=True):
            st.text(f"{row.number}, {row.payer}", width="content")
            st.link_button("PDF", f"/files/statement/{row.statement_id}.pdf", icon=":material/picture_as_pdf:")
            email_button(actor, row.number, f"statement_{row.statement_id}")


def first_of(today: date, back: int) -> date:
    """The first day of the month so many months ago."""
    months = today.year * 12 + today.month - 1 - back
    return date(months // 12, months % 12 + 1, 1)


def _month(first: date) -> tuple[date, date]:
    return first, (first + timedelta(days=31)).replace(day=1) - timedelta(days=1)


@st.dialog("Create a statement", width="large")
def create_dialog(actor: Actor, found: Statements, of_case: int | None = None) -> None:
    """Choose payer, case and period, see the statement, issue it."""
    form = Form(f"statement.{of_case or 0}.{min(found.payers)}")
    whose = min(found.payers)
    if len(found.payers) > 1:
        whose = form.choice("payer_id", "Payer", list(found.payers), format_func=lambda one: found.payers[one])
    about: int | None = None
    if of_case or len(found.cases) > 1:
        everything = f"Everything {found.payers[whose]} pays for"
        choices = [*found.cases, None] if of_case else [None, *found.cases]
        about = form.choice("case_id", "About", choices, format_func=lambda one: found.cases.get(one, everything))
    starts_on, ends_on = _period(form, found.today)
    if starts_on is None or ends_on is None:
        st.text("Choose the first and the last day.")
        return
    preview, problem = glance(statement_preview, actor, whose, starts_on, ends_on, case_id=about)
    if preview is None:
        st.warning(md(problem), icon=":material/block:")
        return
    _show_preview(preview, found.today)
    again = False
    if preview.issued_before:
        st.warning(f"{preview.issued_before} covers this already.", icon=":material/content_copy:")
        again = form.tick("again", "Issue another one all the same")
    wanted = again or not preview.issued_before
    if st.button("Issue statement", type="primary", key="issue_statement", disabled=not wanted):
        done, _ = form.submit(
            issue_statement, actor,
            lambda: IssueStatement(
                op=form.op, payer_id=whose, case_id=about, starts_on=starts_on, ends_on=ends_on, again=again),
            f"Statement for {preview.payer} issued",
        )
        if done:
            st.rerun()


def _period(form: Form, today: date) -> tuple[date | None, date | None]:
    """A month by name, this month so far, or days of one's own."""
    periods: dict[str, tuple[date, date] | None] = {
        f"{first:%B} {first.year}": _month(first) for first in (first_of(today, back + 1) for back in range(MONTHS))
    }
    periods["This month so far"] = today.replace(day=1), today
    periods["Other days"] = None
    chosen = periods[form.choice("period", "Period", list(periods))]
    if chosen is not None:
        form.place("ends_on")
        return chosen
    left, right = st.columns(2)
    with left:
        starts_on = form.date("starts_on", "First day", first_of(today, 1), max_value=today)
    with right:
        ends_on = form.date("ends_on", "Last day", today, max_value=today)
    return starts_on, ends_on


def _show_preview(preview: StatementPreview, today: date) -> None:
    made = preview.statement
    between = summary(made)
    figures = (("Opening balance", made.opening_cents), *between, ("Closing balance", made.closing_cents))
    with st.container(horizontal=True):
        for name, cents in figures:
            st.metric(name, dollars(cents))
    if preview.remark:
        st.info(md(preview.remark), icon=":material/info:")
    if not made.movements:
        st.text(NOTHING_MOVED)
    else:
        frame = pd.DataFrame({
            "Date": [day(line.day, today) for line in made.movements],
            "What": [line.what for line in made.movements],
            **({"About": [line.case_name for line in made.movements]} if preview.several else {}),
            "Number": [line.number for line in made.movements],
            "Amount": [dollars(line.amount_cents) for line in made.movements],
            "Balance": [dollars(line.balance_cents) for line in made.movements],
        })
        st.dataframe(frame, hide_index=True, key="statement_movements", alt="What moved in this period",
                     column_config={"Amount": MONEY, "Balance": MONEY})
    if made.open_items:
        st.dataframe(
            pd.DataFrame({
                "Open": [item.what for item in made.open_items],
                "Since": [day(item.since, today) for item in made.open_items],
                **{age: [dollars(item.open_cents) if item.age == place else "" for item in made.open_items]
                   for place, age in enumerate(AGES)},
            }),
            hide_index=True, key="statement_open", alt="Open at the end, by age",
            column_config=dict.fromkeys(AGES, MONEY),
        )
    if made.credit_cents:
        st.text(f"Credit that pays no invoice yet: {dollars(made.credit_cents)}")
