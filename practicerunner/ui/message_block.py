"""The conversations of a case on its page, and all that was said or sent, as far as its reader may know (C17)."""

import streamlit as st

from practicerunner.ui import message_dialogs, navigation
from practicerunner.ui.perform import read
from practicerunner.ui.text import md, moment
from practicerunner.vocabulary import Action, MessageStatus, Resource
from practicerunner.workflows.access import Actor, may
from practicerunner.workflows.clients import CasePage
from practicerunner.workflows.communication import HistoryLine, communication_of_case
from practicerunner.workflows.message_pages import conversations_of_case

SHOWN = 5


def show(actor: Actor, page: CasePage) -> None:
    """Draw the part; nothing for whoever reads no messages at all."""
    if not navigation.may_open(actor, "messages"):
        return
    found = read(conversations_of_case, actor, page.case_id)
    with st.container(border=True):
        with st.container(horizontal=True, horizontal_alignment="distribute", vertical_alignment="center"):
            st.subheader("Messages", anchor=False, width="content")
            if page.present and may(actor, Action.CREATE, Resource.MESSAGES_ADMIN) and st.button(
                "New message", icon=":material/edit:", key="new_message"
            ):
                message_dialogs.start_dialog(actor, page.case_id)
        if not found:
            st.text("No conversations yet. Whatever you and the people here write to each other appears here.")
        for line in found[:SHOWN]:
            with st.container(horizontal=True, vertical_alignment="center", gap="small"):
                navigation.link(md(line.subject), "messages", icon=":material/chat:", thread=line.thread_id)
                if line.unread:
                    st.badge("New", color="blue")
                if line.archived:
                    st.badge("Archived", color="gray")
                if line.is_supervised:
                    st.badge("Supervised", color="blue")
                st.caption(md(f"{line.people} · {line.label}"), width="content")
        if len(found) > SHOWN:
            navigation.link(f"and {len(found) - SHOWN} more", "messages")
        if st.toggle("Everything said and sent", key=f"history.{page.case_id}"):
            _history(actor, page.case_id)


def _history(actor: Actor, case_id: int) -> None:
    """One line each; read only once somebody asks for it."""
    history = read(communication_of_case, actor, case_id)
    if not history.lines:
        st.text("Nothing was said or sent yet.")
    with st.container(gap="xsmall"):
        for line in history.lines:
            st.text(f"{moment(line.at, history.zone)} · {in_words(line)}")


def in_words(line: HistoryLine) -> str:
    """``Marcus Bell wrote in Times``, ``Reminder sent to Maya Rivera``."""
    if line.status is None:
        return f"{line.who} {line.what}"
    became = {
        MessageStatus.SENT: "sent to", MessageStatus.FAILED: "could not be sent to",
        MessageStatus.DROPPED: "was not sent to",
    }.get(line.status, "waits to be sent to")
    return f"{line.what} {became} {line.who}"
