"""What the overview draws, each drawing with its sentence and the rows behind it."""

from collections import Counter
from collections.abc import Sequence
from typing import Any

import altair as alt
import pandas as pd
import streamlit as st

from practicerunner.money import dollars
from practicerunner.reports import overview as reports
from practicerunner.reports.overview import CAME, SIGNED, Overview, percentage
from practicerunner.reports.tables import NOT_ON_AN_INVOICE, sees_services
from practicerunner.rules.case_types import capabilities
from practicerunner.ui import overview_tables as tables
from practicerunner.ui.overview_tables import Looked
from practicerunner.ui.text import count
from practicerunner.vocabulary import OverviewTable

AGE_COLOURS = ["#0F766E", "#D97706", "#EA580C", "#B91C1C"]
CAME_COLOURS = ["#0F766E", "#B91C1C", "#D97706"]
SIGNED_COLOURS = ["#0F766E", "#2563EB", "#D97706", "#B91C1C"]
SERVICE_COLOURS = ["#0F766E", "#D97706", "#2563EB", "#7C3AED", "#B91C1C", "#64748B"]
OTHERS = "Other services"
WHOLE = alt.Axis(labelExpr="format(datum.value / 100, ',.0f')", tickCount=4)
"""Cents, labelled in whole dollars."""


def opened(title: str, key: str) -> Any:
    """A fold that reads its rows only once it is open."""
    return st.expander(title, key=key, on_change="rerun")


def legend(columns: int = 3) -> alt.Legend:
    """Below the drawing, where it never makes it narrower."""
    return alt.Legend(orient="bottom", columns=columns, symbolType="square")


def aging(looked: Looked, seen: Overview) -> None:
    """What is due, by age, as one bar; the payers beneath."""
    st.subheader("What is due, by age", anchor=False)
    due = seen.due_cents
    if not due:
        st.text("Nothing is due. Invoices appear here until they are paid.")
        return
    frame = pd.DataFrame({
        "Age": list(seen.ages), "Cents": list(seen.ages.values()), "Order": range(len(seen.ages)), "Row": "due",
        "Amount": [dollars(cents) for cents in seen.ages.values()],
        "Part": [f"{cents * 100 / due:.0f} %" for cents in seen.ages.values()],
    })
    bar = alt.Chart(frame).mark_bar(size=36).encode(
        x=alt.X("Cents:Q", stack="zero", axis=None, scale=alt.Scale(domain=[0, due], nice=False)),
        y=alt.Y("Row:N", axis=None),
        color=alt.Color("Age:N", sort=list(seen.ages), title=None, legend=alt.Legend(orient="bottom", columns=4),
                        scale=alt.Scale(domain=list(seen.ages), range=AGE_COLOURS)),
        order="Order:O", tooltip=["Age", "Amount", "Part"],
    ).properties(height=96)
    said = ", ".join(f"{title} {dollars(cents)}" for title, cents in seen.ages.items() if cents)
    st.altair_chart(bar, alt=f"Due {dollars(due)}: {said}")
    st.text(f"{dollars(due)} due: {said}")
    with opened("Payers behind this", "aging_rows") as fold:
        if fold.open:
            tables.show(looked, OverviewTable.AGING, row="payer")


def revenue(looked: Looked) -> None:
    """What was invoiced, by month and service."""
    if not sees_services(looked.actor):
        return
    rows = [row for row in reports.revenue(looked.asked) if row["invoiced_cents"] or row["collected_cents"]]
    st.subheader("Revenue by month and service", anchor=False)
    invoiced = [row for row in rows if row["invoiced_cents"]]
    if not rows:
        st.text("Nothing was invoiced or paid in this period.")
        return
    if invoiced:
        frame, names = _by_service(invoiced)
        drawn = _months(frame, names) if frame["Month"].nunique() > 1 else alt.Chart(frame).mark_bar(
            color=SERVICE_COLOURS[0]
        ).encode(
            y=alt.Y("Service:N", sort=names, title=None, axis=alt.Axis(labelLimit=180)),
            x=alt.X("Cents:Q", title=None, axis=WHOLE),
            tooltip=["Service", "Invoiced"],
        )
        total = dollars(sum(row["invoiced_cents"] for row in invoiced))
        st.altair_chart(drawn, alt=f"Invoiced by month and service, {total} in all")
    with opened("Months and services behind this", "revenue_rows") as fold:
        if fold.open:
            tables.show(looked, OverviewTable.REVENUE, choosing="")


def _months(frame: pd.DataFrame, names: list[str]) -> Any:
    """A bar for each month, a colour for each service."""
    return alt.Chart(frame).mark_bar().encode(
        x=alt.X("Month:O", title=None, axis=alt.Axis(labelAngle=0, labelOverlap=True)),
        y=alt.Y("Cents:Q", title=None, axis=WHOLE),
        color=alt.Color("Service:N", sort=names, title=None, legend=legend(),
                        scale=alt.Scale(domain=names, range=SERVICE_COLOURS)),
        order="Order:O", tooltip=["Month", "Service", "Invoiced"],
    ).properties(height=240)


def _by_service(rows: Sequence[dict[str, Any]]) -> tuple[pd.DataFrame, list[str]]:
    """Cents for each month and service, the smallest services together; and the services, the largest first."""
    sums: Counter[str] = Counter()
    for row in rows:
        sums[row["service_name"] or NOT_ON_AN_INVOICE] += row["invoiced_cents"]
    largest = [name for name, _ in sums.most_common()]
    kept = largest if len(largest) <= len(SERVICE_COLOURS) else [*largest[:len(SERVICE_COLOURS) - 1], OTHERS]
    parts: Counter[tuple[str, str]] = Counter()
    for row in rows:
        name = row["service_name"] or NOT_ON_AN_INVOICE
        parts[f"{row['month']:%Y-%m}", name if name in kept else OTHERS] += row["invoiced_cents"]
    return pd.DataFrame([
        {"Month": month, "Service": name, "Cents": cents, "Invoiced": dollars(cents),
         "Order": kept.index(name)} for (month, name), cents in sorted(parts.items())
    ]), kept


def attendance(looked: Looked, seen: Overview) -> None:
    """Who came and who did not, by week."""
    st.subheader("Attendance by week", anchor=False)
    if not seen.weeks:
        st.text("No sessions in this period. They appear here once attendance is recorded.")
        return
    rate = seen.no_show_rate
    shown = "no rate yet" if rate is None else f"{percentage(rate)} no-shows"
    said = f"{count(seen.attended, 'attendance')}, {count(seen.no_shows, 'no-show')}, {shown}"
    frame = pd.DataFrame([
        {"Week": f"{week['week']:%Y-%m-%d}", "What": title, "People": week[column], "Order": place}
        for week in seen.weeks for place, (column, title) in enumerate(CAME.items())
    ])
    drawn = alt.Chart(frame).mark_bar().encode(
        x=alt.X("Week:O", title="Week from Monday", axis=alt.Axis(labelAngle=0, labelOverlap=True)),
        y=alt.Y("People:Q", title=None, axis=alt.Axis(tickMinStep=1)),
        color=alt.Color("What:N", title=None, legend=legend(),
                        scale=alt.Scale(domain=list(CAME.values()), range=CAME_COLOURS)),
        order="Order:O", tooltip=["Week", "What", "People"],
    ).properties(height=240)
    st.altair_chart(drawn, alt=f"Attendance by week: {said}")
    st.text(said)
    st.caption("A no-show rate is no-shows among no-shows and attendances; who was excused or cancelled is not in it.")
    with opened("By provider", "attendance_providers") as fold:
        if fold.open:
            tables.show(looked, OverviewTable.ATTENDANCE_BY_PROVIDER, row="provider", choosing="")
    with opened("Appointments behind this", "attendance_rows") as fold:
        if fold.open:
            tables.show(looked, OverviewTable.ATTENDANCE, row="appointment")


def documentation(looked: Looked, seen: Overview) -> None:
    """Whether notes were signed in time, by provider."""
    st.subheader("Documentation by provider", anchor=False)
    sums = {title: sum(row[column] for row in seen.timeliness) for column, title in SIGNED.items()}
    if sums and any(sums.values()):
        said = ", ".join(f"{number} {title.lower()}" for title, number in sums.items() if number)
        frame = pd.DataFrame([
            {"Provider": row["provider_name"], "Note": title, "Notes": row[column], "Order": place}
            for row in seen.timeliness for place, (column, title) in enumerate(SIGNED.items())
        ])
        drawn = alt.Chart(frame).mark_bar().encode(
            y=alt.Y("Provider:N", title=None, axis=alt.Axis(labelLimit=160)),
            x=alt.X("Notes:Q", title=None, axis=alt.Axis(tickMinStep=1)),
            color=alt.Color("Note:N", title=None, legend=legend(len(SIGNED)),
                            scale=alt.Scale(domain=list(SIGNED.values()), range=SIGNED_COLOURS)),
            order="Order:O", tooltip=["Provider", "Note", "Notes"],
        )
        st.altair_chart(drawn, alt=f"Notes of the period's sessions: {said}")
        st.text(f"Notes of {count(sum(sums.values()), 'session')}: {said}")
        with opened("Sessions behind this", "notes_rows") as fold:
            if fold.open:
                tables.show(looked, OverviewTable.DOCUMENTATION, row="session")
        with opened("Signed within, by author", "signed_within") as fold:
            if fold.open:
                tables.signed_within(looked)
    else:
        st.text("No sessions in this period. Notes appear here when an appointment is marked attended.")
    if seen.notes_overdue:
        with opened(f"{count(seen.notes_overdue, 'note')} overdue, of all times", "overdue_rows") as fold:
            if fold.open:
                tables.show(looked, OverviewTable.NOTES_DUE, row="session")


def caseload(looked: Looked, seen: Overview) -> None:
    """Active cases by kind."""
    st.subheader("Active cases by kind", anchor=False)
    if not seen.caseload:
        st.text("No active cases. They appear here when a client becomes active.")
        return
    kinds: Counter[str] = Counter()
    for row in seen.caseload:
        kinds[capabilities(row["case_type"]).heading] += row["active_cases"]
    frame = pd.DataFrame({"Kind": list(kinds), "Cases": list(kinds.values())})
    drawn = alt.Chart(frame).mark_bar(color="#0F766E").encode(
        y=alt.Y("Kind:N", title=None, sort="-x", axis=alt.Axis(labelLimit=220)),
        x=alt.X("Cases:Q", title=None, axis=alt.Axis(tickMinStep=1)), tooltip=["Kind", "Cases"],
    )
    said = ", ".join(f"{kind} {number}" for kind, number in kinds.most_common())
    st.altair_chart(drawn, alt=f"Active cases by kind: {said}")
    st.text(count(sum(kinds.values()), "active case"))
    with opened("By provider", "caseload_rows") as fold:
        if fold.open:
            tables.show(looked, OverviewTable.CASELOAD, choosing="")
