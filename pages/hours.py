"""When a provider is open for appointments, and how clients may book them."""

import streamlit as st

from practicerunner.ui import hours
from practicerunner.ui.hours_dialogs import weekly_dialog
from practicerunner.ui.navigation import require
from practicerunner.ui.perform import read
from practicerunner.ui.text import md
from practicerunner.workflows.calendar import calendar_providers
from practicerunner.workflows.opening_hours import provider_hours

actor = require("hours")
providers = sorted(read(calendar_providers, actor), key=lambda choice: choice.id != actor.staff_id)
with st.container(horizontal=True, horizontal_alignment="distribute", vertical_alignment="bottom"):
    st.title("Opening hours", width="content", anchor=False)
    if not providers:
        st.text("Nobody sees clients yet. Opening hours belong to people who treat; roles are set under Staff.")
        st.stop()
    chosen = providers[0] if len(providers) == 1 else st.selectbox(
        "Whose hours", providers, format_func=lambda choice: choice.name, key="hours.provider", width=260,
    )
seen, named = read(provider_hours, actor, chosen.id), hours.names(actor)
if not seen.has_hours:
    st.info(
        "No opening hours yet. Until there are some, weekdays from 08:00 to 18:00 count as open for staff, and clients "
        "cannot book.", icon=":material/schedule:",
    )
left, right = st.columns([2, 1])
with left:
    with st.container(horizontal=True, horizontal_alignment="distribute", vertical_alignment="bottom"):
        st.subheader(md(f"{chosen.name}'s week"), anchor=False, width="content")
        if seen.may_change and st.button("Add hours", key="hours.add", type="primary", icon=":material/add:"):
            weekly_dialog(actor, chosen.id, None)
    hours.week(actor, seen, named)
    hours.single_days(actor, seen, named)
with right:
    hours.policy(actor, seen)
hours.preview(actor, seen, named)
