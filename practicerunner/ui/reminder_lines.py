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
    together: dict[tuple[str, str], list[str]] = {}
    for message in messages:
        together.setdefault(_around(message, zone), []).append(message.to)
    with st.container(gap="xsmall"):
        for (before, after), names in together.items():
            st.text(before + ", ".join(reversed(names)) + after)


def _around(message: SentMessage, zone: str) -> tuple[str, str]:
    """What stands before and after the names of those who got the same at the same time."""
    what = message.kind.label
    if message.status is MessageStatus.SENT:
        return f"{what} sent to ", f" on {moment(message.at, zone)}"
    if message.status is MessageStatus.FAILED:
        return f"{what} to ", f" could not be sent. {message.problem}"
    if message.status is MessageStatus.DROPPED:
        return f"{what} to ", f" was not sent. {message.problem}"
    return f"{what} to ", " waits to be sent"
