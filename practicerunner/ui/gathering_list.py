"""What waits for the invoice of the month: payer, case, number of lines, amount; gathered month by month."""

from collections.abc import Sequence

import pandas as pd
import streamlit as st

from practicerunner import ids
from practicerunner.money import dollars
from practicerunner.ui.perform import perform, read
from practicerunner.ui.text import count
from practicerunner.vocabulary import Action, Resource
from practicerunner.workflows.access import Actor, may
from practicerunner.workflows.gathering import InvoiceMonth, Waiting, invoice_month, waiting_to_be_gathered


def show(actor: Actor) -> None:
    """Draw what waits, one table and one button for each month."""
    found = read(waiting_to_be_gathered, actor)
    if not found.rows:
        st.text("Nothing waits to be gathered. What payers with one invoice per month owe appears here once it is "
                "charged.")
        return
    st.text(f"{count(len(found.rows), 'invoice')} to create, {dollars(found.sum_cents)} in all")
    for month in dict.fromkeys(row.month for row in found.rows):
        rows = [row for row in found.rows if row.month == month]
        _month(actor, rows, is_over=(found.today.year, found.today.month) > (month.year, month.month))


def _month(actor: Actor, rows: Sequence[Waiting], *, is_over: bool) -> None:
    month = rows[0].month
    st.subheader(f"{month:%B %Y}", anchor=False)
    if not is_over:
        st.text("This month is not over: what is charged later comes on another invoice.")
    st.dataframe(
        pd.DataFrame({
            "Payer": [row.payer for row in rows], "For": [row.case_name for row in rows],
            "Lines": [row.lines for row in rows], "Amount": [dollars(row.amount_cents) for row in rows],
        }),
        hide_index=True, key=f"gather_table_{month}", alt=f"What waits for {month:%B %Y}",
        column_config={"Amount": st.column_config.TextColumn(alignment="right")},
    )
    if not may(actor, Action.CREATE, Resource.INVOICES):
        return
    operation = st.session_state.setdefault(f"gather.{month}", ids.new_operation())
    if st.button(f"Create {count(len(rows), 'invoice')}", type="primary", key=f"gather_{month}"):
        done, _ = perform(
            invoice_month, actor, lambda: InvoiceMonth(op=operation, month=month),
            done=f"{count(len(rows), 'invoice')} created",
        )
        if done:
            st.session_state.pop(f"gather.{month}")
            st.rerun()
