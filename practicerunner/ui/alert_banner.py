"""A critical answer at the top of a page, until somebody has said what was done about it."""

import streamlit as st

from practicerunner.ui import navigation
from practicerunner.ui.forms import Form
from practicerunner.ui.perform import read
from practicerunner.ui.text import md, moment
from practicerunner.vocabulary import AlertAction
from practicerunner.workflows.access import Actor
from practicerunner.workflows.alerts import AlertView, CloseAlert, alerts_of_case, close_alert
from practicerunner.workflows.practice import practice_settings


def show(actor: Actor, case_id: int) -> None:
    """The open alerts of a case."""
    found = read(alerts_of_case, actor, case_id)
    if not found:
        return
    zone = read(practice_settings, actor).zone
    for alert in found:
        one(actor, alert, zone, with_link=True)


def one(actor: Actor, alert: AlertView, zone: str, *, with_link: bool) -> None:
    """One alert: open with the way to close it, or closed with what was done."""
    if alert.closed_at is not None and alert.action is not None:
        with st.container(border=True):
            when = moment(alert.closed_at, zone)
            st.text(f"Critical answer: {alert.action.label.lower()} by {alert.closed_by}, {when}")
            if alert.text:
                st.text(alert.text)
        return
    said = f"Critical answer of {alert.person} on {alert.form}, {moment(alert.raised_at, zone)}."
    answers = " ".join(f"{item.label}: {item.answer}." for item in alert.items)
    since = f" Taken further {moment(alert.escalated_at, zone)}." if alert.escalated_at is not None else ""
    st.error(md(f"{said} {answers}{since}"), icon=":material/emergency_home:")
    with st.container(horizontal=True, vertical_alignment="center"):
        if alert.may_close and st.button(
            "Say what was done", key=f"alert.{alert.alert_id}", icon=":material/task_alt:"
        ):
            close_dialog(actor, alert)
        if with_link and alert.items:
            navigation.link("Read the answers", "form", icon=":material/description:", response=alert.response_id)


@st.dialog("What was done")
def close_dialog(actor: Actor, alert: AlertView) -> None:
    """Close an alert with an action and a text."""
    form = Form(f"close_alert.{alert.alert_id}")
    st.text(f"{alert.person}, {alert.form}")
    action = st.segmented_control(
        "What was done", list(AlertAction), format_func=lambda word: word.label, key=form.field_key("action"),
        width="stretch",
    )
    form.place("action")
    text = form.area("text", "In words", height=140,
                     placeholder="Whom you spoke with, what you found, and what happens next.")
    if st.button("Close the alert", type="primary", key=form.field_key("save")):
        done, _ = form.submit(close_alert, actor, lambda: CloseAlert(
            op=form.op, alert_id=alert.alert_id, action=action, text=text,
        ), "Alert closed")
        if done:
            st.rerun()
