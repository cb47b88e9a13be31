"""An inquiry as a row: who asks for what, how to reach them, what was said since, and the buttons that answer it."""

from datetime import date

import streamlit as st

from practicerunner.rules.case_types import capabilities
from practicerunner.ui import asker_conversation, inquiry_prospect
from practicerunner.ui import inquiry_dialogs as dialogs
from practicerunner.ui.navigation import link
from practicerunner.ui.request_rows import at
from practicerunner.ui.status import badge
from practicerunner.ui.text import age, count, day, md
from practicerunner.vocabulary import InquiryEntryKind, SessionFormat
from practicerunner.workflows.access import Actor
from practicerunner.workflows.inquiry_queue import InquiryRow, WrittenSince

_WAYS = {SessionFormat.VIDEO: "by video", SessionFormat.PHONE: "by phone", SessionFormat.IN_PERSON: "in person"}


def wish_in_words(row: InquiryRow, today: date) -> str:
    """``Therapy 50 min, by video, Thu 12 Nov 10:00``."""
    where = row.location or (_WAYS[row.format] if row.format is not None else "")
    words = ", ".join(filter(None, [row.service, where, at(row.wished, today) or "would like to be contacted"]))
    return f"{words[0].upper()}{words[1:]}"


def since_in_words(row: InquiryRow) -> str:
    """``Asked yesterday for Owen Castellane; Nadia Rahimi answers``."""
    since = {0: "today", 1: "yesterday"}.get(row.age_days, f"{age(row.age_days)} ago")
    whom = f" for {row.asked_for}" if row.asked_for else ""
    if not row.is_open:
        return f"Asked {since}{whom}"
    if row.is_here:
        return f"Asked {since}{whom}; is in the directory, {row.provider or 'a provider'} opens the case"
    if row.provider == row.asked_for and row.provider:
        return f"Asked {since}{whom}"
    return f"Asked {since}{whom}; {row.provider or 'the practice'} answers"


def ended_in_words(row: InquiryRow) -> str:
    """What became of it."""
    if row.reason:
        return f"Closed: {row.reason}"
    in_group = row.case_type is not None and capabilities(row.case_type).is_group
    return "Prospect for a group" if in_group else "Prospect"


def show(actor: Actor, row: InquiryRow, today: date, *, first: bool = False) -> None:
    """Draw one inquiry; ``first`` is the one to work on now."""
    with st.container(border=True, key=f"inquiry.{row.inquiry_id}"):
        with st.container(gap="xsmall"):
            _head(row)
            st.text(wish_in_words(row, today))
            st.text("   ".join(filter(None, [row.email, row.phone])))
            st.caption(md(since_in_words(row)))
        if row.message:
            st.text(f"“{row.message}”")
        for entry in row.entries:
            verb = "answered by e-mail" if entry.kind is InquiryEntryKind.REPLY else "noted"
            with st.container(gap="xsmall"):
                st.caption(md(f"{entry.author} {verb}, {at(entry.at, today)}"))
                st.text(entry.text)
        if row.conversation is not None:
            _conversation(row, row.conversation, today)
        if row.decided_on is not None:
            st.caption(md(f"{ended_in_words(row)} ({row.decided_by}, {day(row.decided_on, today)})"))
        if row.case_id is not None:
            link(md(row.case_name), "case", case=row.case_id, icon=":material/person:")
        refused = st.session_state.get(inquiry_prospect.REFUSED)
        if refused is not None and refused[0] == row.inquiry_id and row.is_open:
            st.warning(md(refused[1]), icon=":material/block:")
        if row.may_change:
            _buttons(actor, row, today, first=first)


def _conversation(row: InquiryRow, since: WrittenSince, today: date) -> None:
    """That they and the practice write to each other, and the way there."""
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        if since.thread_id is not None:
            link("Conversation", "messages", icon=":material/chat:", thread=since.thread_id)
            return
        link("Conversation", "messages", icon=":material/chat:", inquiry=row.inquiry_id)
        if since.unread:
            st.badge("New", color="blue")
        st.caption(f"{count(since.messages, 'message')}, the last {at(since.last_at, today)}", width="content")


def _head(row: InquiryRow) -> None:
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        st.markdown(f"**{md(row.name)}**", width="content")
        st.caption(capabilities(row.kind).heading, width="content")
        if row.is_open:
            st.badge(age(row.age_days), color="orange" if row.age_days > 1 else "gray", icon=":material/schedule:")
        else:
            badge(row.status)
        if row.free is not None:
            st.badge("Free" if row.free else "Taken", color="primary" if row.free else "red")


def _buttons(actor: Actor, row: InquiryRow, today: date, *, first: bool) -> None:
    key = f"inquiries.{row.inquiry_id}"
    with st.container(horizontal=True, gap="small"):
        if row.may_open_case or row.may_add:
            books = row.free is True and row.may_open_case
            if books and st.button(f"Prospect, and book {at(row.wished, today)}", key=f"{key}.book",
                                   type="primary" if first else "secondary"):
                inquiry_prospect.prospect(actor, row, book=True)
            if st.button("Make a prospect", key=f"{key}.prospect",
                         type="primary" if first and not books else "secondary"):
                inquiry_prospect.prospect(actor, row, book=False)
        if row.may_write and row.conversation is None and st.button("Write", key=f"{key}.write"):
            asker_conversation.write_dialog(actor, row)
        if st.button("Note", key=f"{key}.note"):
            dialogs.note_dialog(actor, row)
        if row.is_open and st.button("Who answers", key=f"{key}.assign"):
            dialogs.assign_dialog(actor, row)
        if row.is_open and st.button("Close", key=f"{key}.close"):
            dialogs.close_dialog(actor, row)
