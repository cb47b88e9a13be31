"""Overview: how the practice is doing, figure by figure, down to the rows behind each."""

from collections import Counter
from collections.abc import Sequence
from datetime import date, timedelta
from typing import Any

import altair as alt
import pandas as pd
import streamlit as st

from practicerunner import clock, database
from practicerunner.money import dollars
from practicerunner.reports.overview import AGES, Figure, Overview, entries, headline, overview
from practicerunner.rules import periods
from practicerunner.rules.case_types import capabilities
from practicerunner.rules.periods import Period
from practicerunner.ui.navigation import link, may_open, require
from practicerunner.ui.perform import read
from practicerunner.ui.text import count, day, md
from practicerunner.vocabulary import EntryKind, ReportPeriod
from practicerunner.workflows.access import Actor
from practicerunner.workflows.clients import staff_choices
from practicerunner.workflows.practice import practice_settings

MONEY = st.column_config.TextColumn(alignment="right")
NUMBER = st.column_config.NumberColumn(alignment="right")
AGE_COLOURS = ["#0F766E", "#D97706", "#EA580C", "#B91C1C"]
ATTENDANCE_COLOURS = ["#0F766E", "#B91C1C", "#D97706"]
Row = dict[str, Any]


def span(period: Period, today: date) -> str:
    """``1 Oct – 31 Oct``, in words."""
    return f"{day(period.start, today)} – {day(period.end, today)}"


def metrics(seen: Overview, before: Period, today: date) -> None:
    """The four figures, each with the period before and a button that opens its rows."""
    for column, figure in zip(st.columns(4), seen.figures, strict=True):
        with column:
            change = "new" if figure.percent is None and figure.now else f"{figure.percent or 0:+} %"
            st.metric(
                figure.name, figure.text, change, border=True, delta_color="off", delta_arrow="off",
                delta_description=f"from {figure.before_text}", help=f"Compared with {span(before, today)}.",
            )
            if st.button("Show the rows", key=f"rows_{figure.name}", width="stretch"):
                st.session_state["overview_rows"] = figure.name


def table(frame: pd.DataFrame, rows: Sequence[Row], key: str, title: str, money: Sequence[str] = ()) -> None:
    """Rows behind a figure; choosing one offers links to what it names."""
    chosen = st.dataframe(
        frame, hide_index=True, key=key, on_select="rerun", selection_mode="single-row", alt=title,
        column_config=dict.fromkeys(money, MONEY),
    )["selection"]["rows"]
    if not chosen or chosen[0] >= len(rows):
        st.caption("Choose a row to open what it names.")
        return
    row = rows[chosen[0]]
    with st.container(horizontal=True):
        if row.get("appointment_id") and may_open(me, "appointment"):
            link(f"Appointment of {day(row['day'])}", "appointment", appointment=row["appointment_id"])
        if row.get("case_id") and may_open(me, "case"):
            link(md(row["case_name"]), "case", case=row["case_id"])
        if row.get("payer_id") and may_open(me, "payer"):
            invoice = f", invoice {row['invoice_number']}" if row.get("invoice_number") else ""
            link(md(f"{row['payer_name']}{invoice}"), "payer", payer=row["payer_id"])


def session_rows(rows: Sequence[Row], today: date, key: str) -> None:
    """Appointments with who came."""
    frame = pd.DataFrame({
        "Date": [day(r["day"], today) for r in rows], "Client": [r["case_name"] for r in rows],
        "Provider": [r["provider_name"] for r in rows], "Attended": [r["attended"] for r in rows],
        "No-shows": [r["no_shows"] for r in rows], "Late cancellations": [r["late_cancellations"] for r in rows],
    })
    table(frame, rows, key, "Sessions of the period")


def entry_rows(rows: Sequence[Row], column: str, today: date) -> None:
    """Movements of the ledger."""
    frame = pd.DataFrame({
        "Date": [day(r["day"], today) for r in rows], "Payer": [r["payer_name"] for r in rows],
        "Client": [r["case_name"] for r in rows], "Invoice": [r["invoice_number"] or "" for r in rows],
        "What": [EntryKind(r["entry_kind"]).label for r in rows], "Amount": [dollars(r[column]) for r in rows],
    })
    table(frame, rows, f"entries_{column}", "Movements of the period", ["Amount"])


def balance_rows(rows: Sequence[Row], key: str) -> None:
    """Payers with what they owe, by age."""
    frame = pd.DataFrame({
        "Payer": [r["payer_name"] for r in rows], "Client": [r["case_name"] for r in rows],
        **{title: [dollars(r[column]) for r in rows] for column, title in AGES.items()},
        "Due": [dollars(r["due_cents"]) for r in rows], "Credit": [dollars(r["credit_cents"]) for r in rows],
        "Balance": [dollars(r["balance_cents"]) for r in rows],
    })
    table(frame, rows, key, "Payers with a balance", [*AGES.values(), "Due", "Credit", "Balance"])


def behind(actor: Actor, seen: Overview, period: Period, provider_id: int | None, today: date) -> None:
    """The rows that add up to the figure that was opened."""
    opened: Figure | None = next(
        (f for f in seen.figures if f.name == st.session_state.get("overview_rows")), None
    )
    if opened is None:
        return
    with st.container(border=True):
        with st.container(horizontal=True, horizontal_alignment="distribute", vertical_alignment="center"):
            st.subheader(f"{opened.name}: {opened.text}", anchor=False)
            if st.button("Close", key="rows_close"):
                st.session_state.pop("overview_rows")
                st.rerun()
        if opened is seen.held:
            held = [row for row in seen.sessions if row["is_held"]]
            session_rows(held, today, "sessions_held")
        elif opened is seen.receivable:
            balance_rows(seen.balances, "receivable")
        else:
            column = "invoiced_cents" if opened is seen.invoiced else "collected_cents"
            entry_rows(entries(database.engine(), actor, period, column, provider_id), column, today)


def aging(seen: Overview) -> None:
    """What is due, by age, as one bar; the payers beneath."""
    st.subheader("What is due, by age", anchor=False)
    totals = {title: sum(r[column] for r in seen.balances) for column, title in AGES.items()}
    due = sum(totals.values())
    if not due:
        st.text("Nothing is due. Invoices appear here until they are paid.")
        return
    frame = pd.DataFrame({
        "Age": list(totals), "Cents": list(totals.values()), "Amount": [dollars(c) for c in totals.values()],
        "Order": range(len(totals)), "Row": "due",
    })
    bar = alt.Chart(frame).mark_bar(size=32).encode(
        x=alt.X("Cents:Q", stack="zero", axis=None), y=alt.Y("Row:N", axis=None),
        color=alt.Color("Age:N", sort=list(totals), title=None, legend=alt.Legend(orient="bottom"),
                        scale=alt.Scale(domain=list(totals), range=AGE_COLOURS)),
        order="Order:O", tooltip=["Age", "Amount"],
    ).properties(height=110)
    said = ", ".join(f"{title} {dollars(cents)}" for title, cents in totals.items())
    st.altair_chart(bar, alt=f"Due {dollars(due)}: {said}")
    st.text(f"{dollars(due)} due: {said}")
    with st.expander(f"{count(len(seen.balances), 'payer')} behind this", key="aging_rows", on_change="rerun") as rows:
        if rows.open:
            balance_rows(seen.balances, "aging")


def attendance(seen: Overview, today: date) -> None:
    """Who came and who did not, by week."""
    st.subheader("Attendance by week", anchor=False)
    if not seen.sessions:
        st.text("No sessions in this period. They appear here once attendance is recorded.")
        return
    rate = seen.no_show_rate
    shown = "no rate yet" if rate is None else f"{rate:.1%} no-shows".replace("%", " %")
    said = f"{count(seen.attended, 'attendance')}, {count(seen.no_shows, 'no-show')}, {shown}"
    kinds = {"attended": "Attended", "no_shows": "No-show", "late_cancellations": "Late cancellation"}
    weeks: Counter[tuple[date, str]] = Counter()
    for row in seen.sessions:
        monday = row["day"] - timedelta(days=row["day"].weekday())
        for column in kinds:
            weeks[monday, column] += row[column]
    frame = pd.DataFrame([
        {"Week": f"{monday:%Y-%m-%d}", "What": kinds[column], "People": number}
        for (monday, column), number in sorted(weeks.items())
    ])
    chart = alt.Chart(frame).mark_bar().encode(
        x=alt.X("Week:O", title="Week from Monday", axis=alt.Axis(labelAngle=0, labelOverlap=True)),
        y=alt.Y("People:Q", title=None, axis=alt.Axis(tickMinStep=1)),
        color=alt.Color("What:N", title=None, legend=alt.Legend(orient="bottom"),
                        scale=alt.Scale(domain=list(kinds.values()), range=ATTENDANCE_COLOURS)),
        tooltip=["Week", "What", "People"],
    ).properties(height=240)
    st.altair_chart(chart, alt=f"Attendance by week: {said}")
    st.text(said)
    rows = st.expander(f"{count(len(seen.sessions), 'session')} behind this", key="attendance_rows", on_change="rerun")
    with rows:
        if rows.open:
            session_rows(seen.sessions, today, "attendance")


def documentation(seen: Overview, today: date) -> None:
    """Notes that are still due, by provider."""
    st.subheader("Notes due", anchor=False)
    rows = sorted(seen.documentation, key=lambda r: r["due_at"])
    if not rows:
        st.text("No notes due. Notes appear here when an appointment is marked attended.")
        return
    late = sum(r["is_overdue"] for r in rows)
    said = f"{count(len(rows), 'note')} due, {late} of them overdue"
    by = Counter((r["provider_name"], "Overdue" if r["is_overdue"] else "Due") for r in rows)
    frame = pd.DataFrame([{"Provider": who, "State": what, "Notes": n} for (who, what), n in sorted(by.items())])
    chart = alt.Chart(frame).mark_bar().encode(
        y=alt.Y("Provider:N", title=None), x=alt.X("Notes:Q", title=None, axis=alt.Axis(tickMinStep=1)),
        color=alt.Color("State:N", title=None, legend=alt.Legend(orient="bottom"),
                        scale=alt.Scale(domain=["Due", "Overdue"], range=["#D97706", "#B91C1C"])),
        tooltip=["Provider", "State", "Notes"],
    )
    st.altair_chart(chart, alt=f"Notes due by provider: {said}")
    st.text(said)
    opened = st.expander(f"{count(len(rows), 'appointment')} behind this", key="notes_rows", on_change="rerun")
    with opened:
        if opened.open:
            frame = pd.DataFrame({
                "Session": [day(r["day"], today) for r in rows], "Client": [r["case_name"] for r in rows],
                "Provider": [r["provider_name"] for r in rows],
                "Overdue": [count(r["days_overdue"], "day") if r["is_overdue"] else "" for r in rows],
            })
            table(frame, rows, "notes_due", "Appointments without a signed note")


def caseload(seen: Overview) -> None:
    """Active cases by kind."""
    st.subheader("Active cases by kind", anchor=False)
    if not seen.caseload:
        st.text("No active cases. They appear here when a client becomes active.")
        return
    kinds: Counter[str] = Counter()
    for row in seen.caseload:
        kinds[capabilities(row["case_type"]).heading] += row["active_cases"]
    frame = pd.DataFrame({"Kind": list(kinds), "Cases": list(kinds.values())})
    chart = alt.Chart(frame).mark_bar(color="#0F766E").encode(
        y=alt.Y("Kind:N", title=None, sort="-x", axis=alt.Axis(labelLimit=220)),
        x=alt.X("Cases:Q", title=None, axis=alt.Axis(tickMinStep=1)), tooltip=["Kind", "Cases"],
    )
    said = ", ".join(f"{kind} {number}" for kind, number in kinds.most_common())
    st.altair_chart(chart, alt=f"Active cases by kind: {said}")
    st.text(count(sum(kinds.values()), "active case"))
    opened = st.expander("By provider", key="caseload_rows", on_change="rerun")
    with opened:
        if opened.open:
            st.dataframe(
                pd.DataFrame({
                    "Provider": [r["provider_name"] for r in seen.caseload],
                    "Kind": [r["heading"] for r in seen.caseload],
                    "Cases": [r["active_cases"] for r in seen.caseload],
                    "Participants": [r["participants"] for r in seen.caseload],
                    "Clients": [r["clients"] for r in seen.caseload],
                }),
                hide_index=True, alt="Active cases by provider and kind",
                column_config={"Cases": NUMBER, "Participants": NUMBER, "Clients": NUMBER},
            )


me = require("overview")
now = clock.today(read(practice_settings, me).zone)
st.title("Overview")
names = read(staff_choices, me).providers
with st.container(horizontal=True, vertical_alignment="bottom"):
    choice = st.selectbox("Period", list(ReportPeriod), format_func=lambda each: each.label, key="overview_period")
    provider = st.selectbox(
        "Provider", [None, *names], format_func=lambda each: "Everybody" if each is None else names[each],
        key="overview_provider",
    )
choice = choice or ReportPeriod.THIS_MONTH
chosen_period, earlier = periods.period(choice, now), periods.before(choice, now)
result = overview(database.engine(), me, chosen_period, earlier, provider)
st.text(headline(result.figures))
st.caption(md(f"{span(chosen_period, now)}, compared with {span(earlier, now)}"))
metrics(result, earlier, now)
behind(me, result, chosen_period, provider, now)
left, right = st.columns(2)
with left:
    aging(result)
    documentation(result, now)
with right:
    attendance(result, now)
    caseload(result)
