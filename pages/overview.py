"""Overview: how the practice is doing, figure by figure, down to the rows behind each."""

from datetime import date

import streamlit as st

from practicerunner import clock, database
from practicerunner.money import dollars
from practicerunner.reports.overview import Asked, Figure, Overview, headline, overview
from practicerunner.reports.tables import sees_everybody, sees_services
from practicerunner.rules import periods
from practicerunner.rules.periods import Period
from practicerunner.ui import overview_charts as charts
from practicerunner.ui import overview_tables as tables
from practicerunner.ui.navigation import require
from practicerunner.ui.overview_tables import Looked
from practicerunner.ui.perform import read
from practicerunner.ui.text import day, md
from practicerunner.vocabulary import MoneyBy, OverviewTable, ReportPeriod
from practicerunner.workflows.clients import staff_choices
from practicerunner.workflows.practice import practice_settings

ROWS = {
    "Sessions held": (OverviewTable.SESSIONS, "session"), "Invoiced": (OverviewTable.INVOICED, "movement"),
    "Collected": (OverviewTable.COLLECTED, "movement"), "Receivable": (OverviewTable.RECEIVABLE, "open line"),
}
HELP = {
    "Sessions held": "Appointments that took place.",
    "Invoiced": "Charges on issued invoices, less those of invoices that were voided.",
    "Collected": "Payments that settled, after refunds and payments that came back.",
    "Receivable": "What is due on the last day, less credit that is not used yet.",
}


def span(period: Period, today: date) -> str:
    """``1 Oct – 31 Oct``, in words."""
    return f"{day(period.start, today)} – {day(period.end, today)}"


def metrics(seen: Overview) -> None:
    """The four figures, each with the period before and a button that opens its rows."""
    for column, figure in zip(st.columns(4), seen.figures, strict=True):
        with column:
            change = "new" if figure.percent is None and figure.now else f"{figure.percent or 0:+} %"
            st.metric(
                figure.name, figure.text, change, border=True, delta_color="off", delta_arrow="off",
                delta_description=f"from {figure.before_text}", help=HELP[figure.name],
            )
            if st.button("Show the rows", key=f"rows_{figure.name}", width="stretch"):
                st.session_state["overview_rows"] = figure.name


def behind(looked: Looked, seen: Overview) -> None:
    """The rows that add up to the figure that was opened."""
    opened: Figure | None = next(
        (figure for figure in seen.figures if figure.name == st.session_state.get("overview_rows")), None
    )
    if opened is None:
        return
    with st.container(border=True):
        with st.container(horizontal=True, horizontal_alignment="distribute", vertical_alignment="center"):
            st.subheader(f"{opened.name}: {opened.text}", anchor=False, width="content")
            if st.button("Close", key="rows_close"):
                st.session_state.pop("overview_rows")
                st.rerun()
        which, row = ROWS[opened.name]
        tables.show(looked, which, row=row)


def money(looked: Looked) -> None:
    """The period's money by whatever the reader chooses."""
    st.subheader("Money", anchor=False)
    shown = list(MoneyBy) if sees_services(looked.actor) else [MoneyBy.PROVIDER, MoneyBy.PAYER, MoneyBy.MONTH]
    by = st.segmented_control("By", shown, default=MoneyBy.PROVIDER, key="overview_by", required=True,
                              format_func=lambda each: each.label, label_visibility="collapsed")
    tables.money(looked, by or MoneyBy.PROVIDER)


me = require("overview")
now = clock.today(read(practice_settings, me).zone)
st.title("Overview")
with st.container(horizontal=True, vertical_alignment="bottom"):
    choice = st.selectbox("Period", list(ReportPeriod), format_func=lambda each: each.label, key="overview_period",
                          width=220) or ReportPeriod.THIS_MONTH
    provider = None
    if sees_everybody(me):
        names = read(staff_choices, me).providers
        provider = st.selectbox(
            "Provider", [None, *names], format_func=lambda each: "Everybody" if each is None else md(names[each]),
            key="overview_provider", width=220,
        )
period, before = periods.period(choice, now), periods.before(choice, now)
look = Looked(me, choice, Asked(database.engine(), me, period, provider), now)
result = overview(look.asked, before)
st.text(headline(result.figures))
less = f" less {dollars(result.credit_cents)} credit not used yet" if result.credit_cents else ""
st.caption(md(f"{span(period, now)}, compared with {span(before, now)}. Collected is after refunds. Receivable is "
              f"{dollars(result.due_cents)} due{less}."))
if me.own_cases:
    st.caption("Without what is about yourself as a client.")
metrics(result)
behind(look, result)
charts.aging(look, result)
money(look)
left, right = st.columns(2)
with left:
    charts.attendance(look, result)
with right:
    charts.documentation(look, result)
left, right = st.columns(2)
with left:
    charts.caseload(look, result)
with right:
    charts.revenue(look)
