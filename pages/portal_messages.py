"""Conversations with the practice: what is new, one of them to read and answer, and a way to begin one."""

import streamlit as st

from practicerunner.ui import conversation, portal, portal_message_dialog
from practicerunner.ui.forms import Form
from practicerunner.ui.navigation import selected
from practicerunner.ui.perform import perform, read
from practicerunner.ui.portal import require_portal
from practicerunner.ui.text import count, md, moment
from practicerunner.workflows.access import PortalActor
from practicerunner.workflows.portal_messages import (
    AddHelper,
    AnswerMessage,
    MarkRead,
    PortalConversation,
    PortalThread,
    add_helper,
    answer_message,
    mark_read,
    my_conversation,
    my_threads,
    what_about,
)


def show_row(row: PortalThread, zone: str) -> None:
    with st.container(border=True, gap="xsmall"):
        with st.container(horizontal=True, vertical_alignment="center", gap="small"):
            portal.link(md(row.subject), "portal_messages", icon=":material/chat:", thread=row.thread_id)
            if row.unread:
                st.badge(f"{row.unread} new", color="blue")
        with_whom = ", ".join(row.people) or "The practice's office"
        st.caption(md(f"{with_whom} · {moment(row.last_at, zone)}"))


def show_list(actor: PortalActor) -> None:
    """Every conversation, the latest first."""
    found, cases = read(my_threads, actor), read(what_about, actor)
    with st.container(horizontal=True, horizontal_alignment="distribute", vertical_alignment="center"):
        st.title("Messages", anchor=False, width="content")
        if cases and st.button("New message", type="primary", icon=":material/edit:", key="new_message"):
            portal_message_dialog.begin_dialog(actor, cases)
    if not found.rows:
        st.text("No messages yet. What you and the practice write to each other appears here.")
    elif found.unread:
        st.text(f"{count(found.unread, 'conversation')} with something new.")
    for row in found.rows:
        show_row(row, found.zone)


def show_conversation(actor: PortalActor, thread_id: int) -> None:
    """One conversation, read by opening it."""
    portal.link("All messages", "portal_messages", icon=":material/arrow_back:")
    found = read(my_conversation, actor, thread_id)
    st.title(md(found.subject), anchor=False)
    others = [f"{one.name}, {one.relation}" if one.relation else one.name for one in found.members if not one.is_me]
    audience = " ".join(filter(None, ["; ".join(others), found.also])) if others else "the practice's office"
    st.caption(md(f"With {audience}"))
    conversation.show(found.entries, found.zone, "/portal/files/message", key=f"thread.{thread_id}")
    if found.may_write:
        conversation.answer(
            answer_message, actor,
            lambda op, text, files: AnswerMessage(op=op, thread_id=thread_id, text=text, files=files),
            key=f"{thread_id}.{actor.for_id}", goes_to=audience, outside=True,
        )
        show_addable(actor, thread_id, found)
    else:
        st.info("You no longer take part in this conversation; what you read stays here.")
    if found.has_new:
        perform(mark_read, actor, lambda: MarkRead(thread_id=thread_id, number=found.last_number))


def show_addable(actor: PortalActor, thread_id: int, found: PortalConversation) -> None:
    """Let somebody who helps oneself read along from now on."""
    if not found.addable:
        return
    with st.expander("Let somebody who helps you read along", icon=":material/group_add:"):
        form = Form(f"add_helper.{thread_id}")
        chosen = form.choice("person_id", "Who", list(found.addable), format_func=found.addable.__getitem__)
        st.caption("They read the subject and what is written from now on. Everybody here sees that they joined.")
        if st.button("Add", key=form.field_key("add")):
            done, _ = form.submit(add_helper, actor, lambda: AddHelper(
                op=form.op, thread_id=thread_id, person_id=chosen), "Added")
            if done:
                st.rerun()


me = require_portal("portal_messages")
chosen = selected("thread")
if chosen is None:
    show_list(me)
else:
    show_conversation(me, chosen)
