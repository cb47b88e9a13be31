"""The series of an appointment, on its page: every occurrence, what was left out, and how to go on with it."""

from datetime import date

import streamlit as st

from practicerunner.ui import navigation
from practicerunner.ui.forms import Form
from practicerunner.ui.perform import perform, read
from practicerunner.ui.repeats import without
from practicerunner.ui.status import badge
from practicerunner.ui.text import clock_span, count, day, md
from practicerunner.vocabulary import AppointmentStatus
from practicerunner.workflows.access import Actor
from practicerunner.workflows.series import (
    MOST_AT_ONCE,
    AddOccurrences,
    FillSkipped,
    SeriesView,
    add_occurrences,
    fill_skipped,
    series_view,
)


def show(actor: Actor, appointment_id: int, today: date) -> None:
    """Draw the panel, closed; nothing where the appointment stands alone."""
    series = read(series_view, actor, appointment_id)
    if series is None:
        return
    waiting = (AppointmentStatus.SCHEDULED, AppointmentStatus.CONFIRMED)
    ahead = [one for one in series.dates if one.local_date >= today and one.status in waiting]
    left_out = f", {len(series.left_out)} left out" if series.left_out else ""
    with st.expander(f"Series: {series.rhythm}, {count(len(ahead), 'appointment')} ahead{left_out}"):
        if series.may_change and st.button("Add more", icon=":material/add:", key="series.more"):
            more_dialog(actor, series)
        _left_out(actor, series, today)
        if series.months_without:
            st.text(without(series.months_without))
        earlier = [one for one in series.dates if one.local_date < today]
        if earlier:
            st.caption(f"{count(len(earlier), 'appointment')} before today, since {day(earlier[0].local_date, today)}")
        for one in series.dates[len(earlier):] if len(earlier) < len(series.dates) else earlier[-1:]:
            with st.container(horizontal=True, vertical_alignment="center"):
                text = f"{day(one.local_date, today)}, {clock_span(one.local_time, one.minutes)}"
                if one.appointment_id == appointment_id:
                    st.markdown(f"**{text}**", width="content")
                else:
                    navigation.link(text, "appointment", appointment=one.appointment_id)
                badge(one.status)
                if one.is_moved:
                    st.caption("moved")


def _left_out(actor: Actor, series: SeriesView, today: date) -> None:
    for on, reason in series.left_out:
        with st.container(horizontal=True, horizontal_alignment="distribute", vertical_alignment="center"):
            st.text(f"{day(on, today)} was left out. {reason}", width="content")
            if series.may_change and st.button("Book it now", key=f"series.fill.{on}", type="tertiary"):
                _fill(actor, series, on)


def _fill(actor: Actor, series: SeriesView, on: date) -> None:
    done, _ = perform(
        fill_skipped, actor, lambda: FillSkipped(series_id=series.series_id, revision=series.revision, dates=(on,)),
        done=f"Appointment on {day(on)} booked",
    )
    if done:
        st.rerun()


@st.dialog("Add to this series")
def more_dialog(actor: Actor, series: SeriesView) -> None:
    """Go on with a series."""
    form = Form(f"series.{series.series_id}.{series.revision}")
    st.text(f"They follow the latest, {md(series.rhythm)}, at its time and place.")
    number = form.number("number", "Appointments", 4, min_value=1, max_value=MOST_AT_ONCE)
    skip = form.tick("skip_conflicts", "Leave out dates that are taken")
    if st.button(f"Add {count(number, 'appointment')}", type="primary", width="stretch"):
        done, _ = form.submit(add_occurrences, actor, lambda: AddOccurrences(
            op=form.op, series_id=series.series_id, revision=series.revision, number=number, skip_conflicts=skip,
        ), done=f"{count(number, 'appointment')} added to the series")
        if done:
            st.rerun()
