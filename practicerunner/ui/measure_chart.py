"""A measure of one person over time: the totals as a line, its bands and cut as quiet lines behind."""

from zoneinfo import ZoneInfo

import altair as alt
import pandas as pd
import streamlit as st

from practicerunner.rules import measures
from practicerunner.ui import navigation
from practicerunner.ui.text import count, day
from practicerunner.workflows.case_forms import Series

LINE, QUIET = "#0F766E", "#94A3B8"


def show(series: Series, zone: str, *, height: int = 190, trend: bool = False) -> None:
    """The last score in words, and from the second on the line. Sets with a missing answer are in neither."""
    measure, last = measures.MEASURES[series.measure], series.points[-1]
    when = day(last.at.astimezone(ZoneInfo(zone)).date())
    with st.container(horizontal=True, vertical_alignment="center"):
        navigation.link(f"{measure.name}: {measures.in_words(series.last)}", "form", response=last.response_id)
        st.text(when, width="content")
    if len(series.points) < 2:
        return
    if trend:
        st.caption(moved(series, zone))
    said = ", ".join(f"{point.total} on {day(point.at.astimezone(ZoneInfo(zone)).date())}" for point in series.points)
    drawn = f"{measure.name}, {count(len(series.points), 'time')}: {said}"
    st.altair_chart(_chart(series, measure, zone, height), alt=drawn)


def moved(series: Series, zone: str) -> str:
    """``4 less than on Mon 5 Oct 2026``, of a measure that was taken at least twice."""
    before, last = series.points[-2], series.points[-1]
    by, when = last.total - before.total, day(before.at.astimezone(ZoneInfo(zone)).date())
    if not by:
        return f"The same as on {when}"
    return f"{abs(by)} {'more' if by > 0 else 'less'} than on {when}"


def _chart(series: Series, measure: measures.Measure, zone: str, height: int) -> alt.LayerChart | alt.FacetChart:
    frame = pd.DataFrame({
        "Date": [point.at.astimezone(ZoneInfo(zone)).replace(tzinfo=None) for point in series.points],
        "Total": [point.total for point in series.points],
    })
    lines = [(band.least, band.name) for band in measure.bands if band.least]
    if not lines and series.last.cut is not None:
        lines = [(series.last.cut, f"cut {series.last.cut}")]
    behind = pd.DataFrame({"Total": [at for at, _ in lines], "Band": [name for _, name in lines]})
    rules = alt.Chart(behind).mark_rule(color=QUIET, strokeDash=[3, 3], opacity=0.6).encode(y="Total:Q")
    names = alt.Chart(behind).mark_text(color=QUIET, align="right", dx=-2, dy=-6, fontSize=11).encode(
        y="Total:Q", x=alt.value("width"), text="Band:N")
    totals = alt.Chart(frame).mark_line(color=LINE, point=alt.OverlayMarkDef(color=LINE, size=60)).encode(
        x=alt.X("Date:T", title=None, axis=alt.Axis(format="%-d %b", labelOverlap=True, tickCount=6)),
        y=alt.Y("Total:Q", title=measure.name, scale=alt.Scale(domain=[0, measure.most])),
        tooltip=[alt.Tooltip("Date:T", format="%-d %b %Y"), "Total:Q"],
    )
    return alt.layer(rules, names, totals).properties(height=height)
