"""Messages: what people wrote and nobody has read first, who looks after it, and beside it the conversation itself."""

from functools import partial
from typing import get_args

import streamlit as st

from practicerunner.ui import asker_conversation, conversation, message_dialogs, navigation, wrong_recipient
from practicerunner.ui.perform import perform, read, read_logged
from practicerunner.ui.text import count, md, moment
from practicerunner.vocabulary import Action, BreachChannel, Resource
from practicerunner.workflows.access import Actor, may
from practicerunner.workflows.message_pages import (
    PAGE,
    ConversationLine,
    ConversationPage,
    Conversations,
    Shelf,
    conversations,
)
from practicerunner.workflows.message_pages import conversation as conversation_page
from practicerunner.workflows.messages import (
    ArchiveThread,
    AssignThread,
    MarkThreadRead,
    ReopenThread,
    SendMessage,
    archive_thread,
    assign_thread,
    mark_thread_read,
    reopen_thread,
    send_message,
)

FITTING = 7
"""More rows than this scroll in a box, so that the conversation is never far below them on a phone."""
TALL = 620
"""Pixels of that box."""
SHELVES: dict[Shelf, str] = {
    "all": "All", "mine": "Mine", "unassigned": "Unassigned", "archived": "Archived", "supervised": "Supervised"}
EMPTY: dict[Shelf, str] = {
    "all": "No conversations yet. Begin one with New message, here or on a client's page, or write to somebody who "
           "inquired; what people answer appears here, too.",
    "mine": "You look after no conversation. Open one and choose yourself under Looked after by.",
    "unassigned": "Every conversation is looked after by somebody.",
    "archived": "Nothing is archived. An archived conversation comes back when somebody writes in it.",
    "supervised": "Nobody whom you supervise has a clinical conversation that you may read.",
}


def choose(line: ConversationLine) -> None:
    """The address names what is open: a thread, or the inquiry that somebody's conversation is about."""
    named, other = ("thread", "inquiry") if line.inquiry_id is None else ("inquiry", "thread")
    st.query_params.pop(other, None)
    st.query_params[named] = str(line.inquiry_id or line.thread_id)


def show_rows(
    found: Conversations, shelf: Shelf, chosen: int | None, asking: int | None, *, searched: bool
) -> None:
    """Unread ones first, then the latest."""
    if not found.rows:
        st.text("Nobody fits. Search for less." if searched else EMPTY[shelf])
    with st.container(
        key="rows-messages", height=TALL if len(found.rows) > FITTING else "content", border=False, gap="xsmall"
    ):
        for line in found.rows:
            is_chosen = line.thread_id == chosen if line.inquiry_id is None else line.inquiry_id == asking
            show_row(line, found.zone, is_chosen=is_chosen)
    if found.total > PAGE:
        st.pagination(-(-found.total // PAGE), key="messages_page")


def show_row(line: ConversationLine, zone: str, *, is_chosen: bool) -> None:
    """One button of three lines: with whom, what about and when, who looks after it."""
    new = line.unread and not is_chosen
    name = md(line.people or line.case_name)
    about = md(f"{'New · ' if new else ''}{line.subject} · {moment(line.last_at, zone)}")
    cared = md(line.assigned or "Unassigned") + (" · read only" if line.is_supervised else "")
    st.button(
        f"{f'**{name}**' if new else name}  \n:small[{about}]  \n:small[{cared}]", key=f"thread.{line.thread_id}",
        on_click=partial(choose, line), width="stretch", type="primary" if is_chosen else "secondary",
        icon=":material/mark_chat_unread:" if new else None,
    )


def show_thread(actor: Actor, page: ConversationPage) -> None:
    """The conversation with what can be done with it."""
    line = page.line
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        st.subheader(md(line.subject), anchor=False, width="content")
        st.badge(line.label, color="gray")
        if line.archived:
            st.badge("Archived", color="gray", icon=":material/archive:")
        if line.is_supervised:
            st.badge("Supervised", color="blue", icon=":material/visibility:")
    with st.container(horizontal=True, vertical_alignment="bottom", horizontal_alignment="distribute"):
        if page.opens_case:
            navigation.link(md(line.case_name), "case", icon=":material/person:", case=page.case_id)
        else:
            st.text(line.case_name, width="content")
        if page.may_write:
            show_actions(actor, page)
    st.caption(md("With " + "; ".join(
        f"{one.name}, {one.relation}" + ("" if one.is_open else " (no access at present)") for one in page.members)))
    if line.is_supervised:
        st.caption("You read this as a supervisor; you do not take part in it. Each reading is logged.")
    conversation.show(page.entries, page.zone, "/files/message", key=f"thread.{line.thread_id}")
    if page.may_write:
        readers = [f"{one.name}, {one.relation}" for one in page.members
                   if one.is_open and one.staff_id != actor.staff_id]
        conversation.answer(
            send_message, actor, lambda op, text, files: SendMessage(
                op=op, thread_id=line.thread_id, text=text, files=files),
            key=str(line.thread_id), goes_to="; ".join(readers) or "nobody outside the practice",
        )
    wrong_recipient.report_button(
        actor, f"thread.{line.thread_id}", case_id=page.case_id, channel=BreachChannel.MESSAGE,
        subject_id=line.thread_id)


def show_actions(actor: Actor, page: ConversationPage) -> None:
    """Who looks after it, who takes part, and the archive."""
    thread_id = page.line.thread_id
    with st.container(horizontal=True, vertical_alignment="bottom", width="content", gap="small"):
        options = [None, *page.assignable]
        cared = st.selectbox(
            "Looked after by", options, options.index(page.assigned_id) if page.assigned_id in options else 0,
            key=f"assign.{thread_id}.{page.assigned_id}", width=200,
            format_func=lambda one: page.assignable[one] if one else "Nobody in particular",
        )
        if cared != page.assigned_id and (cared is not None or page.assigned_id in options):
            act(perform(assign_thread, actor, lambda: AssignThread(thread_id=thread_id, staff_id=cared),
                        done=f"Looked after by {page.assignable[cared] if cared else 'nobody in particular'}"))
        if st.button("People", icon=":material/group:", key="thread_people"):
            message_dialogs.people_dialog(actor, page)
        if page.line.archived:
            if st.button("Reopen", icon=":material/unarchive:", key="reopen_thread"):
                act(perform(reopen_thread, actor, lambda: ReopenThread(thread_id=thread_id),
                            done="Conversation reopened"))
        elif st.button("Archive", icon=":material/archive:", key="archive_thread"):
            act(perform(archive_thread, actor, lambda: ArchiveThread(
                thread_id=thread_id, revision=page.revision), done="Conversation archived"))


def act(outcome: tuple[bool, object]) -> None:
    """Draw anew what was changed; a refusal stays where it stands."""
    if outcome[0]:
        st.rerun()


me = navigation.require("messages")
with st.container(horizontal=True, horizontal_alignment="distribute", vertical_alignment="center"):
    st.title("Messages", anchor=False, width="content")
    if may(me, Action.CREATE, Resource.MESSAGES_ADMIN) and st.button(
        "New message", icon=":material/edit:", key="new_message"
    ):
        message_dialogs.start_dialog(me)
with st.container(horizontal=True, vertical_alignment="bottom", horizontal_alignment="distribute"):
    places = st.container(width="content")
    search = st.text_input("Search", key="messages_search", placeholder="Name", icon=":material/search:", width=260,
                           label_visibility="collapsed")
takes_part = may(me, Action.READ, Resource.MESSAGES_ADMIN)
shelf: Shelf = st.session_state.get("messages_shelf") or ("all" if takes_part else "supervised")
# Another question starts at its first page.
if st.session_state.get("messages_asked") != (shelf, search):
    st.session_state["messages_asked"] = (shelf, search)
    st.session_state["messages_page"] = 1
found = read(conversations, me, shelf, search=search, page=int(st.session_state.get("messages_page", 1)))
numbers = {"all": found.shelves.all, "mine": found.shelves.mine, "unassigned": found.shelves.unassigned}
if found.supervised is not None:
    numbers["supervised"] = found.supervised
elif shelf == "supervised":  # it was switched off meanwhile
    st.session_state.pop("messages_shelf")
    st.rerun()
offered = [one for one in get_args(Shelf) if (takes_part if one != "supervised" else one in numbers)]
with places:
    st.segmented_control(
        "Show", offered, default=offered[0], key="messages_shelf", label_visibility="collapsed", required=True,
        format_func=lambda one: f"{SHELVES[one]} {numbers[one]}" if one in numbers else SHELVES[one],
    )
chosen = navigation.selected("thread")
asking = navigation.selected("inquiry") if chosen is None else None
left, right = st.columns([1, 2], gap="medium")
with left:
    show_rows(found, shelf, chosen, asking, searched=bool(search.strip()))
with right:
    if chosen is not None:
        opened = read_logged(conversation_page, me, chosen)
        show_thread(me, opened)
        if opened.has_new:
            perform(mark_thread_read, me, lambda: MarkThreadRead(thread_id=chosen, number=opened.last_number))
    elif asking is not None:
        asker_conversation.show(me, asking)
    elif found.rows:
        new = count(found.shelves.unread, "conversation")
        st.text(f"{new} with something new." if found.shelves.unread else "Nothing new.")
        st.text("Choose a conversation to read it. Each reading is logged.")
