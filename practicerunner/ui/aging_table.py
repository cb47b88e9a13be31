"""Receivables by age as of any day: a line for each payer, the invoices behind it, and the same as a file."""

from collections.abc import Sequence
from datetime import date

import pandas as pd
import streamlit as st

from practicerunner import clock, database, reports
from practicerunner.errors import NotPermitted
from practicerunner.money import dollars
from practicerunner.reports.aging import PayerAging, aging
from practicerunner.rules.statements import AGES
from practicerunner.ui.account_tables import MONEY
from practicerunner.ui.navigation import link
from practicerunner.ui.perform import read
from practicerunner.ui.text import count, day, md
from practicerunner.workflows.access import Actor
from practicerunner.workflows.practice import practice_settings


def show(actor: Actor) -> None:
    """The day, the sums, the payers, and the unpaid invoices of the chosen one."""
    today = clock.today(read(practice_settings, actor).zone)
    with st.container(horizontal=True, vertical_alignment="bottom"):
        asked = st.date_input("As of the end of", today, max_value=today, key="aging_day", format="YYYY-MM-DD",
                              width=200)
        as_of = asked if isinstance(asked, date) else today
        st.link_button("Download CSV", f"/files/aging.csv?day={as_of}", icon=":material/download:")
    try:
        rows = aging(database.engine(), actor, as_of)
    except NotPermitted:  # somebody who supervises nobody sees nobody's money
        rows = []
    if not rows:
        st.text(f"Nobody owed anything on {day(as_of, today)}.")
        return
    sums = [sum(row.ages[place] for row in rows) for place in range(len(AGES))]
    columns = st.columns(len(AGES) + 1)
    columns[0].metric("Receivable", dollars(sum(row.due_cents for row in rows)), border=True)
    for column, name, cents in zip(columns[1:], AGES, sums, strict=True):
        column.metric(name, dollars(cents), border=True)
    st.text(f"{count(len(rows), 'payer')}; age is counted from the date of the invoice.")
    chosen = _table(rows, as_of)
    if chosen is None:
        st.caption("Choose a payer to see the invoices behind these figures.")
        return
    _behind(actor, chosen, as_of, today)


def _table(rows: Sequence[PayerAging], as_of: date) -> PayerAging | None:
    frame = pd.DataFrame({
        "Payer": [row.payer for row in rows], "Due": [dollars(row.due_cents) for row in rows],
        **{name: [dollars(row.ages[place]) if row.ages[place] else "" for row in rows]
           for place, name in enumerate(AGES)},
    })
    chosen = st.dataframe(
        frame, hide_index=True, on_select="rerun", selection_mode="single-row", key=f"aging_table_{as_of}",
        alt="Receivables by age", column_config=dict.fromkeys(("Due", *AGES), MONEY),
    )["selection"]["rows"]
    return rows[chosen[0]] if chosen and chosen[0] < len(rows) else None


def _behind(actor: Actor, chosen: PayerAging, as_of: date, today: date) -> None:
    found = reports.read(database.engine(), actor, "billing__unpaid", as_of=as_of, where={"payer_id": chosen.payer_id})
    with st.container(border=True):
        link(md(chosen.payer), "payer", payer=chosen.payer_id)
        if found:
            st.dataframe(pd.DataFrame({
                "Number": [row["invoice_number"] for row in found], "For": [row["case_name"] for row in found],
                "Open": [dollars(row["open_cents"]) for row in found],
                "Issued": [day(row["issued_on"], today) for row in found],
                "Age": [count(row["age_days"], "day") for row in found],
            }), hide_index=True, key="aging_behind", alt="Unpaid invoices", column_config={"Open": MONEY})
        old = chosen.due_cents - sum(row["open_cents"] for row in found)
        if old:
            st.text(f"{dollars(old)} stand on no invoice: owed from before, or paid back.")
