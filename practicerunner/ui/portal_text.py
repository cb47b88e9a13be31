"""What several pages of the portal say and show in the same way: when, where, and what is downloaded."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date, datetime
from urllib.parse import urlencode

import streamlit as st

from practicerunner.ui.text import clock_span, day, md
from practicerunner.vocabulary import DocumentKind, RequestKind, SessionFormat
from practicerunner.workflows.access import PortalActor
from practicerunner.workflows.portal_billing import MyMethod
from practicerunner.workflows.requests import MyAppointment, MyRequest


def when(found: MyAppointment, today: date) -> str:
    """``Thu 12 Nov, 10:00–10:50``."""
    return f"{day(found.local_date, today)}, {clock_span(found.local_time, found.minutes)}"


def at(value: datetime | None, today: date) -> str:
    """``Thu 12 Nov, 10:00``."""
    return f"{day(value.date(), today)}, {value:%H:%M}" if value is not None else ""


def where(found: MyAppointment) -> str:
    """The place with its address, or the way to meet."""
    if found.format is SessionFormat.VIDEO:
        return "By video"
    if found.format is SessionFormat.PHONE:
        return "By phone"
    lines = [found.location, *found.address.splitlines()]
    return ", ".join(line.strip() for line in lines if line.strip()) or "In person"


def appointment(found: MyAppointment, today: date) -> None:
    """When, with whom and where; the link of a meeting by video."""
    with st.container(gap="xsmall"):
        st.markdown(f"**{md(when(found, today))}**")
        of = f" · {found.case_name}" if found.case_name else ""
        st.text(f"{found.provider}{of}")
        st.text(where(found))
    if found.video_link:
        st.link_button("Join by video", found.video_link, icon=":material/videocam:", width="stretch")


def asked(one: MyRequest, today: date) -> str:
    """What was asked: ``Move Thu 12 Nov, 10:00 to Fri 13 Nov, 11:00``."""
    if one.kind is RequestKind.CANCEL:
        return f"Cancel {at(one.was, today)}"
    if one.kind is RequestKind.MOVE:
        return f"Move {at(one.was, today)} to {at(one.asked_for, today)}"
    return f"A new time: {at(one.asked_for, today)}"


def method(one: MyMethod) -> None:
    """A saved card or account, as much of it as is ever shown."""
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        expires = f", expires {one.expires}" if one.expires else ""
        st.text(f"{one.brand or one.kind.label} ending in {one.last_four}{expires}", width="content")
        if one.is_expired:
            st.badge("Expired", color="red")


def download(me: PortalActor, label: str, kind: DocumentKind | None, subject_id: int) -> None:
    """A button for one file: a paper, or (without a kind) a document that was shared."""
    path = f"/portal/files/document/{subject_id}" if kind is None else f"/portal/files/{kind}/{subject_id}.pdf"
    asking = f"?{urlencode({'for': me.client_id})}" if me.client_id is not None else ""
    st.link_button(
        md(label), path + asking, icon=":material/download:" if kind is None else ":material/picture_as_pdf:",
        key=f"download.{kind or 'document'}.{subject_id}",
    )


def download_note(me: PortalActor, note_id: int) -> None:
    """A button for a plan or a consultation note that was shared."""
    asking = f"?{urlencode({'for': me.client_id})}" if me.client_id is not None else ""
    st.link_button("Download", f"/portal/files/note/{note_id}.pdf{asking}", icon=":material/picture_as_pdf:",
                   key=f"download.note.{note_id}")


@contextmanager
def shared(title: str, facts: str) -> Iterator[None]:
    """A row of the page of documents: what it is and since when, and what can be done with it."""
    with st.container(border=True), st.container(
        horizontal=True, horizontal_alignment="distribute", vertical_alignment="center"
    ):
        with st.container(width="content", gap="xsmall"):
            st.markdown(f"**{md(title)}**")
            st.text(facts)
        yield


def call(phone: str) -> str:
    """How to reach the practice."""
    line = " ".join(phone.split())
    return f"call us: {line}" if line else "get in touch with us"
