"""Audit log: who read, changed or was refused what, when. Nothing here can be changed."""

from datetime import timedelta

import pandas as pd
import streamlit as st

from practicerunner import clock
from practicerunner.ui.navigation import link, require
from practicerunner.ui.perform import read
from practicerunner.ui.text import count, moment
from practicerunner.workflows.practice import practice_settings
from practicerunner.workflows.trail import PAGE, trail

me = require("audit")
with st.container(horizontal=True, horizontal_alignment="distribute", vertical_alignment="bottom"):
    st.title("Audit log", anchor=False, width="content")
    link("Wrong recipients", "breaches", icon=":material/wrong_location:")
house = read(practice_settings, me)
today = clock.today(house.zone)
left, right = st.columns([3, 2], vertical_alignment="bottom")
span = left.date_input("From and to", (today - timedelta(days=7), today), max_value=today, format="YYYY-MM-DD")
refusals = right.toggle("Refusals only")
if len(span) != 2:
    st.text("Choose the last day as well.")
    st.stop()
page = int(st.session_state.get("audit_page", 1))
rows, number = read(trail, me, span[0], span[1], refusals_only=refusals, page=page)
if not rows:
    st.text("Nothing in these days. Every reading of a note, every change and every refusal is kept here.")
    st.stop()
st.text(count(number, "row"))
st.dataframe(
    pd.DataFrame({
        "When": [moment(row.at, house.zone) for row in rows], "Who": [row.who for row in rows],
        "As": [row.role for row in rows], "What": [row.action.replace("_", " ") for row in rows],
        "Of": [row.resource.replace("_", " ") for row in rows], "Client": [row.subject for row in rows],
        "Outcome": [row.outcome.label for row in rows], "Detail": [row.detail for row in rows],
    }),
    hide_index=True, alt="Audit log",
)
if number > PAGE:
    st.pagination(-(-number // PAGE), key="audit_page")
