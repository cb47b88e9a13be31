"""The conversation with somebody who inquired, beside those of clients: read, answer, look after, and the link."""

import streamlit as st

from practicerunner.rules.case_types import capabilities
from practicerunner.ui import conversation, navigation
from practicerunner.ui.forms import Form
from practicerunner.ui.perform import perform, read_logged
from practicerunner.ui.text import day, md
from practicerunner.workflows.access import Actor
from practicerunner.workflows.asker_threads import (
    ArchiveAskerThread,
    AskerConversation,
    AssignAskerThread,
    EndLink,
    MarkAskerThreadRead,
    ReopenAskerThread,
    SendLinkAgain,
    WriteToAsker,
    archive_asker_thread,
    asker_conversation,
    assign_asker_thread,
    end_link,
    mark_asker_thread_read,
    reopen_asker_thread,
    send_link_again,
    write_to_asker,
)
from practicerunner.workflows.inquiry_queue import InquiryRow

NOTICE = "An e-mail says that a message waits, with a link to it; none of your words are in it."


def write_dialog(actor: Actor, row: InquiryRow) -> None:
    """Open "Write"."""
    st.dialog("Write to them")(_write)(actor, row)


def _write(actor: Actor, row: InquiryRow) -> None:
    form = Form(f"inquiry.write.{row.inquiry_id}")
    st.text(f"To {row.name}, {row.email}")
    text = form.area("text", "Your message", height=160)
    st.caption(f"{NOTICE} They answer on the page behind it.")
    if st.button("Send", type="primary", icon=":material/send:", key=form.field_key("save")):
        done, _ = form.submit(write_to_asker, actor, lambda: WriteToAsker(
            op=form.op, inquiry_id=row.inquiry_id, text=text), "Message sent")
        if done:
            st.rerun()


def show(actor: Actor, inquiry_id: int) -> None:
    """Draw the conversation, and keep that it was read."""
    page = read_logged(asker_conversation, actor, inquiry_id)
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        st.subheader(md(page.name), anchor=False, width="content")
        st.badge("Inquiry", color="gray")
        st.caption(capabilities(page.kind).heading, width="content")
        if page.is_archived:
            st.badge("Archived", color="gray", icon=":material/archive:")
    if page.thread_id is not None:
        navigation.link("The conversation goes on in the case", "messages", icon=":material/chat:",
                        thread=page.thread_id)
        return
    with st.container(horizontal=True, vertical_alignment="bottom", horizontal_alignment="distribute"):
        navigation.link("To the inquiries", "inquiries", icon=":material/contact_mail:")
        if page.may_write:
            _actions(actor, page)
    _link(actor, page)
    conversation.show(page.entries, page.zone, "", key=f"inquiry.{inquiry_id}")
    if page.may_write and page.goes_on:
        _answer(actor, page)
    elif not page.goes_on:
        st.text("The inquiry is closed. They can read what was written, and are asked to call for anything else.")
    if page.has_new:
        perform(mark_asker_thread_read, actor, lambda: MarkAskerThreadRead(
            inquiry_id=inquiry_id, number=page.last_number))


def _answer(actor: Actor, page: AskerConversation) -> None:
    form = Form(f"answer.inquiry.{page.inquiry_id}")
    text = form.area("text", "Your message", height=120, placeholder="Write here")
    st.caption(md(f"Goes to {page.name}, {page.email}. {NOTICE}"))
    if st.button("Send", type="primary", icon=":material/send:", key=form.field_key("send")):
        done, _ = form.submit(write_to_asker, actor, lambda: WriteToAsker(
            op=form.op, inquiry_id=page.inquiry_id, text=text), "Message sent")
        if done:
            st.rerun()


def _actions(actor: Actor, page: AskerConversation) -> None:
    """Who looks after it, and the archive."""
    with st.container(horizontal=True, vertical_alignment="bottom", width="content", gap="small"):
        options = [None, *page.assignable]
        cared = st.selectbox(
            "Looked after by", options, options.index(page.assigned_id) if page.assigned_id in options else 0,
            key=f"assign.inquiry.{page.inquiry_id}.{page.assigned_id}", width=200,
            format_func=lambda one: page.assignable[one] if one else "Nobody in particular",
        )
        if cared != page.assigned_id and (cared is not None or page.assigned_id in options):
            _act(perform(
                assign_asker_thread, actor,
                lambda: AssignAskerThread(inquiry_id=page.inquiry_id, staff_id=cared),
                done=f"Looked after by {page.assignable[cared] if cared else 'nobody in particular'}"))
        if page.is_archived:
            if st.button("Reopen", icon=":material/unarchive:", key="reopen_asking"):
                _act(perform(reopen_asker_thread, actor, lambda: ReopenAskerThread(inquiry_id=page.inquiry_id),
                             done="Conversation reopened"))
        elif st.button("Archive", icon=":material/archive:", key="archive_asking"):
            _act(perform(archive_asker_thread, actor, lambda: ArchiveAskerThread(
                inquiry_id=page.inquiry_id, revision=page.revision), done="Conversation archived"))


def _link(actor: Actor, page: AskerConversation) -> None:
    """Whether they have read it, and until when their link works."""
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        read = "They have read it." if page.is_read else "They have not read the last message yet."
        works = (
            f"Their link works until {day(page.link_until, page.today)}." if page.link_until is not None
            else "Their link works no more.")
        st.caption(f"{read} {works}", width="content")
        if not page.may_write or not page.goes_on:
            return
        if st.button("Send the link again", type="tertiary", key="send_link"):
            _act(perform(send_link_again, actor, lambda: SendLinkAgain(inquiry_id=page.inquiry_id),
                         done=f"A new link goes to {page.email}"))
        if page.link_until is not None and st.button("End the link", type="tertiary", key="end_link"):
            _act(perform(end_link, actor, lambda: EndLink(inquiry_id=page.inquiry_id), done="The link works no more"))


def _act(outcome: tuple[bool, object]) -> None:
    """Draw anew what was changed; a refusal stays where it stands."""
    if outcome[0]:
        st.rerun()
