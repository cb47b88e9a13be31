"""A critical answer at the top of a page, until somebody has said what was done and which note documents it."""

import streamlit as st

from practicerunner import clock
from practicerunner.ui import navigation
from practicerunner.ui.forms import Form
from practicerunner.ui.perform import perform, read
from practicerunner.ui.text import md, moment
from practicerunner.vocabulary import AlertAction, NoteKind
from practicerunner.workflows.access import Actor
from practicerunner.workflows.alerts import (
    AlertView,
    CloseAlert,
    RecordStep,
    alerts_of_case,
    close_alert,
    my_alerts,
    notes_to_close_with,
    record_step,
)
from practicerunner.workflows.notes import StartCaseNote, start_case_note
from practicerunner.workflows.practice import practice_settings


def show(actor: Actor, case_id: int) -> None:
    """The open alerts of a case."""
    found = read(alerts_of_case, actor, case_id)
    if not found:
        return
    zone = read(practice_settings, actor).zone
    for alert in found:
        one(actor, alert, zone, with_link=True)


def standing_in(actor: Actor, appointment_id: int) -> None:
    """The open alerts on which the actor may act because they stand in for the provider in an appointment."""
    zone = read(practice_settings, actor).zone
    for alert in read(my_alerts, actor):
        if alert.appointment_id == appointment_id:
            one(actor, alert, zone, with_link=False)


def one(actor: Actor, alert: AlertView, zone: str, *, with_link: bool) -> None:
    """One alert: open with the way to close it, or closed with what was done and its note."""
    if alert.closed_at is not None and alert.action is not None:
        with st.container(border=True, gap="xsmall"):
            when = moment(alert.closed_at, zone)
            st.text(f"Critical answer: {alert.action.label.lower()} by {alert.closed_by}, {when}")
            if alert.text:
                st.text(alert.text)
            _steps(alert, zone)
            if alert.note_id is not None:
                navigation.link(md(alert.note), "note", icon=":material/description:", note=alert.note_id)
        return
    said = f"Critical answer of {alert.person} on {alert.form}, {moment(alert.raised_at, zone)}."
    answers = " ".join(f"{item.label}: {item.answer}." for item in alert.items)
    since = f" Taken further {moment(alert.escalated_at, zone)}." if alert.escalated_at is not None else ""
    st.error(md(f"{said} {answers}{since}"), icon=":material/emergency_home:")
    if alert.steps:
        with st.container(border=True, gap="xsmall"):
            _steps(alert, zone)
            st.caption("Open until something is written in the note on it.")
    with st.container(horizontal=True, vertical_alignment="center"):
        if alert.may_close and st.button(
            "Say what was done", key=f"alert.{alert.alert_id}", icon=":material/task_alt:"
        ):
            close_dialog(actor, alert, zone)
        if alert.may_close and alert.may_write and st.button(
            "Write a contact note", key=f"alert.{alert.alert_id}.note", icon=":material/edit_note:"
        ):
            _begin_note(actor, alert, zone)
        if with_link and alert.items:
            navigation.link("Read the answers", "form", icon=":material/description:", response=alert.response_id)


def _steps(alert: AlertView, zone: str) -> None:
    for step in alert.steps:
        st.text(f"{step.action.label} by {step.by}, {moment(step.at, zone)}: {step.text}")


def _begin_note(actor: Actor, alert: AlertView, zone: str) -> None:
    """Begin a contact note about whose answer it is, or go on with the one that was begun, and open it."""
    done, note_id = perform(start_case_note, actor, lambda: StartCaseNote(
        case_id=alert.case_id, kind=NoteKind.CONTACT, person_id=alert.person_id, service_date=clock.today(zone)))
    if done and note_id is not None:
        navigation.go("note", note=note_id)


@st.dialog("What was done")
def close_dialog(actor: Actor, alert: AlertView, zone: str) -> None:
    """Close an alert with an action, a text and a note; or keep what was done while the note is to be written."""
    form = Form(f"close_alert.{alert.alert_id}")
    st.text(f"{alert.person}, {alert.form}")
    last = alert.steps[-1] if alert.steps else None
    action = st.segmented_control(
        "What was done", list(AlertAction), format_func=lambda word: word.label, key=form.field_key("action"),
        width="stretch", default=last.action if last else None,
    )
    form.place("action")
    text = form.area("text", "In words", last.text if last else "", height=140,
                     placeholder="Whom you spoke with, what you found, and what happens next.")
    written = read(notes_to_close_with, actor, alert.alert_id)
    note_id = None
    if written:
        note_id = form.choice(  # of several, nobody but whoever closes it knows which one speaks of it
            "note_id", "The note that documents it", list(written), format_func=written.__getitem__,
            index=0 if len(written) == 1 else None, placeholder="Choose the note",
        )
    else:
        st.info("There is no note on it yet. Keep what was done; the alert stays open until a word is written in one.",
                icon=":material/edit_note:")
        form.place("note_id")
    with st.container(horizontal=True):
        if written and st.button("Close the alert", type="primary", key=form.field_key("save")):
            done, _ = form.submit(close_alert, actor, lambda: CloseAlert(
                op=form.op, alert_id=alert.alert_id, action=action, text=text, note_id=note_id or 0,
            ), "Alert closed")
            if done:
                st.rerun()
        if st.button("Keep, note follows", type="secondary" if written else "primary", key=form.field_key("keep")):
            done, _ = form.submit(record_step, actor, lambda: RecordStep(
                op=form.op, alert_id=alert.alert_id, action=action, text=text,
            ), "Kept; the alert stays open")
            if done:
                st.rerun()
