"""What was sent to people about an appointment or in a case, a line each (E17, I04)."""

from collections.abc import Iterable

import streamlit as st

from practicerunner.ui.perform import read
from practicerunner.ui.text import count, moment
from practicerunner.vocabulary import MessageStatus
from practicerunner.workflows.access import Actor
from practicerunner.workflows.reminders import SentMessage, sent_about_appointment, sent_about_case


def of_appointment(actor: Actor, appointment_id: int, zone: str) -> None:
    """The lines of one appointment; nothing where nothing was written."""
    _lines(read(sent_about_appointment, actor, appointment_id), zone)


def of_case(actor: Actor, case_id: int, zone: str) -> None:
    """The latest lines of a case, behind a click."""
    found = read(sent_about_case, actor, case_id)
    if found:
        with st.expander(count(len(found), "e-mail")):
            _lines(found, zone)


def _lines(messages: Iterable[SentMessage], zone: str) -> None:
    for message in messages:
        st.text(line(message, zone))


def line(message: SentMessage, zone: str) -> str:
    """``Reminder sent to Nora Lindqvist on Tue 8 Sep 2026, 10:00``, or why it was not."""
    what, to = message.kind.label, message.to
    if message.status is MessageStatus.SENT:
        return f"{what} sent to {to} on {moment(message.at, zone)}"
    if message.status is MessageStatus.FAILED:
        return f"{what} to {to} could not be sent. {message.problem}"
    if message.status is MessageStatus.DROPPED:
        return f"{what} to {to} was not sent. {message.problem}"
    return f"{what} to {to} waits to be sent"
