"""Invoices, payments and standings as tables whose rows lead somewhere."""

from collections.abc import Callable, Mapping, Sequence
from datetime import date
from typing import Any, TypeVar

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
SLIM = st.column_config.TextColumn(alignment="right", width=72)
FEW = 10
"""Rows of a list that are shown until all are asked for."""
Row = TypeVar("Row")


def pick(
    rows: Sequence[Row], columns: Callable[[Sequence[Row]], Mapping[str, Sequence[str]]], *, key: str, alt: str,
    row_id: Callable[[Row], int], hint: str,
) -> Row | None:
    """A short list with aligned columns, the last few rows until all are asked for; returns the one that was chosen."""
    everything = bool(st.session_state.get(f"{key}.all"))
    shown = rows if everything else rows[:FEW]
    chosen = st.dataframe(
        pd.DataFrame(columns(shown)), key=f"{key}.{hash(tuple(map(row_id, shown)))}", hide_index=True,
        on_select="rerun", selection_mode="single-row", alt=alt,
        column_config={"Amount": MONEY, "Closed with": MONEY}, height=min(38 + 35 * len(shown), 38 + 35 * FEW),
    )["selection"]["rows"]
    picked = shown[chosen[0]] if chosen and chosen[0] < len(shown) else None
    if len(rows) > len(shown) and st.button(f"Show all {len(rows)}", key=f"{key}_all", type="tertiary"):
        st.session_state[f"{key}.all"] = True
        st.rerun()
    if picked is None:
        st.caption(hint)
    return picked


def where_several(name: str, values: Sequence[str], among: Sequence[str]) -> dict[str, Sequence[str]]:
    """A column, unless it would say the same in every row of the whole list."""
    return {name: values} if len(set(among)) > 1 else {}


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
    facts = [row.facts for row in rows]
    columns = {
        "Number": [one.number for one in facts],
        "Issued": [day(one.issued_on, today) for one in facts],
        "Payer": [one.payer for one in facts],
        **({"Client": [one.case_name for one in facts]} if with_case else {}),
        "Total": [dollars(one.total_cents) for one in facts],
        "Open": [dollars(one.open_cents) for one in facts],
        "State": [row.state.label for row in rows],
    }
    widths: dict[str, Any] = {}
    if navigation.on_phone():  # what is wanted first stands within 390 pixels; the rest is reached by a swipe
        name = "Client" if with_case else "Payer"
        columns = {one: columns[one] for one in dict.fromkeys((name, "Open", "State", *columns))}
        widths = {name: st.column_config.TextColumn(width=112), "State": st.column_config.TextColumn(width=84)}
    chosen = st.dataframe(
        pd.DataFrame(columns), key=f"{key}.{hash(tuple(one.invoice_id for one in facts))}", hide_index=True,
        on_select="rerun", selection_mode="single-row", alt="Invoices",
        column_config={"Total": MONEY, "Open": SLIM if widths else MONEY, **widths},
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
