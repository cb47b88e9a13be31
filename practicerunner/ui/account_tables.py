"""Invoices, payments and standings as tables whose rows lead somewhere."""

from collections.abc import Sequence
from datetime import date

import pandas as pd
import streamlit as st

from practicerunner.money import dollars
from practicerunner.records.accounts import PayerStanding
from practicerunner.ui import navigation
from practicerunner.ui.text import age, day, md
from practicerunner.workflows.accounts import Account, OpenPage
from practicerunner.workflows.billing import InvoiceView

MONEY = st.column_config.TextColumn(alignment="right")
"""Money is text that was made of cents, so no figure passes through a float."""


def totals(account: Account) -> None:
    """Due, credit and balance of an account."""
    columns = st.columns(3)
    columns[0].metric("Due", dollars(account.due_cents), border=True)
    columns[1].metric("Credit", dollars(account.credit_cents), border=True)
    columns[2].metric("Balance", dollars(account.due_cents - account.credit_cents), border=True)


def standings(rows: Sequence[PayerStanding], *, by_case: bool) -> None:
    """One line a payer (or a case), with what is due and what is credit."""
    for row in rows:
        with st.container(horizontal=True, horizontal_alignment="distribute", vertical_alignment="center"):
            if by_case:
                navigation.link(md(row.case_name), "case", case=row.case_id)
            else:
                navigation.link(md(row.payer), "payer", payer=row.payer_id)
            credit = f", credit {dollars(-row.loose_cents)}" if row.loose_cents < 0 else ""
            st.text(f"{dollars(row.due_cents + max(row.loose_cents, 0))} due{credit}")


def invoice_table(rows: Sequence[InvoiceView], today: date, *, key: str, with_case: bool = False) -> int | None:
    """Invoices; returns the id of the one that was chosen. With a new one among them, none is: rows have moved."""
    frame = pd.DataFrame({
        "Number": [row.facts.number for row in rows],
        "Issued": [day(row.facts.issued_on, today) for row in rows],
        "Payer": [row.facts.payer for row in rows],
        **({"Client": [row.facts.case_name for row in rows]} if with_case else {}),
        "Total": [dollars(row.facts.total_cents) for row in rows],
        "Open": [dollars(row.facts.open_cents) for row in rows],
        "State": [row.state.label for row in rows],
    })
    chosen = st.dataframe(
        frame, key=f"{key}.{hash(tuple(row.facts.invoice_id for row in rows))}", hide_index=True, on_select="rerun",
        selection_mode="single-row", alt="Invoices",
        column_config={"Total": MONEY, "Open": MONEY},
    )
    selected = chosen["selection"]["rows"]
    return rows[selected[0]].facts.invoice_id if selected and selected[0] < len(rows) else None


def open_table(page: OpenPage, *, key: str) -> int | None:
    """Open invoices as an admin works through them; returns the id of the one that was chosen."""
    rows = page.rows
    frame = pd.DataFrame({
        "Payer": [row.facts.payer for row in rows],
        "For": [row.facts.case_name for row in rows],
        "Open": [dollars(row.facts.open_cents) for row in rows],
        "Overdue": [_overdue(row.facts.due_on, page.today) for row in rows],
        "Number": [row.facts.number for row in rows],
        "Issued": [day(row.facts.issued_on, page.today) for row in rows],
    })
    chosen = st.dataframe(
        frame, key=f"{key}.{hash(tuple(row.facts.invoice_id for row in rows))}", hide_index=True, on_select="rerun",
        selection_mode="single-row", alt="Open invoices",
        column_config={"Open": MONEY},
    )["selection"]["rows"]
    return rows[chosen[0]].facts.invoice_id if chosen and chosen[0] < len(rows) else None


def _overdue(due_on: date, today: date) -> str:
    return age((today - due_on).days) if due_on < today else f"due {day(due_on, today)}"
