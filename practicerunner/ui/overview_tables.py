"""A table of the overview: its page of rows, links to what the chosen row names, and the whole as a file."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any
from urllib.parse import urlencode

import pandas as pd
import streamlit as st

from practicerunner.money import dollars
from practicerunner.reports.overview import Asked
from practicerunner.reports.reader import Row
from practicerunner.reports.tables import NAMES, PAGE, Cents, Table, name_of, narrowed, table
from practicerunner.ui.navigation import link, may_open
from practicerunner.ui.text import count, day, md
from practicerunner.vocabulary import MoneyBy, OverviewTable, ReportPeriod
from practicerunner.workflows.access import Actor

MONEY = st.column_config.TextColumn(alignment="right")
NUMBER = st.column_config.NumberColumn(alignment="right")


@dataclass(frozen=True, slots=True)
class Looked:
    """What the pickers at the top say."""

    actor: Actor
    choice: ReportPeriod
    asked: Asked
    today: date

    @property
    def key(self) -> str:
        """Tells the tables of one choice of the pickers from those of another."""
        return f"{self.choice}_{self.asked.provider_id or 0}"


def show(
    looked: Looked, which: OverviewTable, *, by: MoneyBy = MoneyBy.PROVIDER, of: str | None = None, row: str = "row",
    choosing: str = "it",
) -> Row | None:
    """A page of a table with its file. Returns the row that was chosen, after links to what it names.

    ``choosing`` says what a chosen row opens: itself, something else, or nothing.
    """
    key = "_".join(filter(None, (which, looked.key, by if which is OverviewTable.MONEY else "", of)))
    where = narrowed(by, of) if of is not None else {}
    page = int(st.session_state.get(f"{key}_page", 1))
    found = table(looked.asked, which, by=by, where=where, page=page)
    if not found.rows:
        st.text("There is nothing in this period.")
        return None
    frame, columns = _frame(found, looked.today), _columns(found)
    chosen: Sequence[int] = ()
    if choosing:
        chosen = st.dataframe(
            frame, hide_index=True, key=f"{key}_{page}", on_select="rerun", selection_mode="single-row",
            alt=which.label, column_config=columns,
        )["selection"]["rows"]
    else:
        st.dataframe(frame, hide_index=True, key=f"{key}_{page}", alt=which.label, column_config=columns)
    if found.number > PAGE:
        st.pagination(-(-found.number // PAGE), key=f"{key}_page")
    picked = found.rows[chosen[0]] if chosen and chosen[0] < len(found.rows) else None
    with st.container(horizontal=True, horizontal_alignment="distribute", vertical_alignment="center"):
        with st.container(horizontal=True, width="content", vertical_alignment="center"):
            st.caption(count(found.number, row) + (f". Choose one to open {choosing}." if choosing else ""))
            if picked is not None:
                _links(looked, picked)
        st.link_button("Download CSV", _address(looked, which, by, of), icon=":material/download:")
    return picked


def _address(looked: Looked, which: OverviewTable, by: MoneyBy, of: str | None) -> str:
    """Where the whole table lies as a file."""
    provider_id = looked.asked.provider_id
    parts: dict[str, object] = {"table": which, "period": looked.choice}
    parts |= {"provider": provider_id} if provider_id else {}
    parts |= {"by": by} if which is OverviewTable.MONEY or of is not None else {}
    parts |= {"of": of} if of is not None else {}
    return f"/files/overview.csv?{urlencode(parts)}"


def _frame(found: Table, today: date) -> pd.DataFrame:
    return pd.DataFrame(
        [[_cell(cell, today) for cell in line] for line in found.lines], columns=pd.Index(found.header)
    )


def _cell(cell: Any, today: date) -> Any:
    if isinstance(cell, Cents):
        return dollars(cell)
    return day(cell, today) if isinstance(cell, date) else cell


def _columns(found: Table) -> Mapping[str, Any]:
    """Money and numbers stand on the right."""
    first = found.lines[0]
    return {
        title: MONEY if isinstance(cell, Cents) else NUMBER
        for title, cell in zip(found.header, first, strict=True) if isinstance(cell, int)
    }


def _links(looked: Looked, row: Row) -> None:
    """Links to what a row names, of the pages that the actor may open."""
    if row.get("appointment_id") and may_open(looked.actor, "appointment"):
        link(f"Appointment of {day(row['day'], looked.today)}", "appointment", appointment=row["appointment_id"])
    if row.get("case_id") and may_open(looked.actor, "case"):
        link(md(row["case_name"]), "case", case=row["case_id"])
    if row.get("payer_id") and may_open(looked.actor, "payer"):
        invoice = f", invoice {row['invoice_number']}" if row.get("invoice_number") else ""
        link(md(f"{row['payer_name']}{invoice}"), "payer", payer=row["payer_id"])


def money(looked: Looked, by: MoneyBy) -> None:
    """Money by provider, service, kind, payer or month; a chosen row opens its movements beneath."""
    picked = show(looked, OverviewTable.MONEY, by=by, choosing="its movements")
    if picked is None:
        return
    st.markdown(f"**{md(NAMES[by][1](picked))}**")
    show(looked, OverviewTable.MOVEMENTS, by=by, of=name_of(by, picked), row="movement")


def signed_within(looked: Looked) -> None:
    """How soon each author signs; a chosen one opens the sessions that add up to their figures."""
    picked = show(looked, OverviewTable.SIGNED_WITHIN, row="author", choosing="the sessions")
    if picked is None:
        return
    st.markdown(f"**{md(picked['author_name'])}**")
    show(looked, OverviewTable.SIGNED_WITHIN_ROWS, of=str(picked["author_id"]), row="session")
