"""One appointment: who came, its note, its billing, and everything that can be done with it."""

import streamlit as st

from practicerunner.money import dollars
from practicerunner.rules.attendance import OVER
from practicerunner.rules.case_types import capabilities
from practicerunner.ui import (
    alert_banner,
    attendance_block,
    billing_block,
    confidential_block,
    navigation,
    note_block,
    reminder_lines,
    request_rows,
    series_panel,
)
from practicerunner.ui import appointment_dialogs as dialogs
from practicerunner.ui.perform import read
from practicerunner.ui.text import clock_span, day, md, moment
from practicerunner.vocabulary import Action, AppointmentStatus, Resource
from practicerunner.workflows.access import may
from practicerunner.workflows.calendar import appointment_page, wall_clock
from practicerunner.workflows.request_queue import requests_about

actor = navigation.require("appointment")
appointment_id = navigation.selected("appointment")
if appointment_id is None:
    st.info("Choose an appointment in the calendar.")
    navigation.link("Calendar", "calendar", icon=":material/calendar_month:")
    st.stop()
page = read(appointment_page, actor, appointment_id)
now = read(wall_clock, actor)

navigation.link(md(page.case_name), "case", icon=":material/arrow_back:", case=page.case_id)
with st.container(horizontal=True, vertical_alignment="center", horizontal_alignment="distribute"):
    st.title(
        f"{day(page.local_date, now.date())}, {clock_span(page.local_time, page.minutes)}", anchor=False,
        width="content",
    )
    with st.container(horizontal=True, width="content"):
        if page.may_change and page.status is AppointmentStatus.CANCELLED:
            if st.button("Reinstate", icon=":material/undo:"):
                dialogs.reinstate_dialog(actor, page)
        elif page.may_change:
            fixed = page.why_immovable is not None and not page.series_position
            if st.button("Move", icon=":material/event_repeat:", disabled=fixed,
                         help=md(page.why_immovable) if page.why_immovable else None):
                dialogs.move_dialog(actor, page)
            if st.button("Change", icon=":material/edit:"):
                dialogs.change_dialog(actor, page)
            if (page.status not in OVER or page.series_position) and st.button("Cancel", icon=":material/event_busy:"):
                dialogs.cancel_dialog(actor, page)
        if page.may_change:
            confidential_block.button(actor, page)

if actor.staff_id == page.provider_id and may(actor, Action.READ, Resource.QUESTIONNAIRES):
    alert_banner.standing_in(actor, page.appointment_id)
attendance_block.status_line(page)
for waiting in read(requests_about, actor, page.appointment_id):
    request_rows.brief(waiting, now.date())
able = capabilities(page.case_type)
each = f" for each {able.called}" if able.charged_each else ""
where = page.location or page.format.label
if page.location and page.format is not page.format.IN_PERSON:
    where = f"{page.format.label}, {page.location}"
alone = ", for this appointment alone" if page.supervisor_is_own else ""
st.text(" · ".join(filter(None, [
    f"{able.heading}: {page.case_name}", f"{page.service}, {dollars(page.fee_cents)}{each}", where,
    f"Provider {page.provider}", f"Supervisor {page.supervisor}{alone}" if page.supervisor else "",
    page.series_position,
])))
if page.comes_twice:
    which = "second, after they went back" if page.fold else "first, before they go back"
    st.text(f"The clocks go back in this night, so {page.local_time:%H:%M} comes twice; this is the {which}.")
if page.override_reason:
    st.text(f"Booked over another appointment: {page.override_reason}")
if page.why_immovable and page.may_change:
    st.text(page.why_immovable)

attended, noted, billed = st.columns([10, 8, 8])
with attended:
    attendance_block.show(actor, page, now)
with noted:
    note_block.show(actor, page.appointment_id)
with billed:
    billing_block.show(actor, page.appointment_id)

if page.memo:
    with st.container(border=True):
        st.subheader("Memo", anchor=False)
        st.text(page.memo)
        if page.memo_for_desk:
            st.caption("The front desk reads this too.")
if page.may_write_memo and not page.may_change and st.button("Memo", icon=":material/sticky_note_2:"):
    dialogs.memo_dialog(actor, page)
if page.series_position:
    series_panel.show(actor, page.appointment_id, now.date())
reminder_lines.of_appointment(actor, page.appointment_id, page.zone)
with st.expander("History"):
    st.text(f"Booked {moment(page.created_at, page.zone)}")
    for deed in page.history:
        words = deed.what.replace("_", " ").capitalize()
        st.text(f"{moment(deed.at, page.zone)}  {', '.join(filter(None, [words, deed.who]))}")
