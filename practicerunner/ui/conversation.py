"""What was written in a conversation, and the field to answer in: the same for staff and in the portal."""

from collections.abc import Callable, Iterable
from typing import Any, TypeVar

import streamlit as st
from sqlalchemy.orm import Session

from practicerunner.rules import documents as rule
from practicerunner.rules import messages as rules
from practicerunner.ui.forms import Form
from practicerunner.ui.text import md, moment
from practicerunner.workflows.access import Actor, PortalActor
from practicerunner.workflows.commands import Command
from practicerunner.workflows.sent_files import SentFile
from practicerunner.workflows.thread_views import Entry

A = TypeVar("A", Actor, PortalActor)
EMERGENCY = "Do not write here in an emergency; call 911 or 988."
SHOWN = 30
"""Of a long conversation, the latest; the rest comes with a click."""


def show(entries: tuple[Entry, ...], zone: str, files: str, *, key: str) -> None:
    """Draw what was written, the oldest first. ``files`` is the address under which what came with it lies."""
    if not entries:
        st.text("Nothing was written yet since you joined. What is written from now on appears here.")
    hidden = len(entries) - SHOWN
    if hidden > 0 and not st.toggle(f"Show the {hidden} before", key=f"{key}.all"):
        entries = entries[hidden:]
    for entry in entries:
        if entry.number:
            _message(entry, zone, files)
        else:
            st.caption(md(f"{entry.text} {moment(entry.at, zone)}"))


def _message(entry: Entry, zone: str, files: str) -> None:
    with st.container(border=True, gap="xsmall"):
        new = " &nbsp; :blue-badge[New]" if entry.is_new else ""
        st.markdown(f"**{md('You' if entry.is_mine else entry.author)}** &nbsp; "
                    f":small[:gray[{md(moment(entry.at, zone))}]]{new}")
        st.text(entry.text)
        for file in entry.files:
            st.link_button(
                md(f"{file.name} ({rule.size_words(file.size)})"), f"{files}/{file.attachment_id}",
                icon=":material/attach_file:", type="tertiary", key=f"file.{file.attachment_id}")


def answer(
    verb: Callable[[Session, A, Any], int], actor: A, build: Callable[[str, str, tuple[SentFile, ...]], Command], *,
    key: str, goes_to: str, outside: bool = False,
) -> None:
    """The field to answer in, with to whom it goes (A34); ``build`` takes the operation, the text and the files.

    ``outside`` the practice it says where to turn in an emergency.
    """
    form = Form(f"answer.{key}")
    text = form.area("text", "Your message", height=120, placeholder="Write here")
    files = attach(form)
    st.caption(md(f"Goes to {goes_to}"))
    if outside:
        st.caption(EMERGENCY)
    if st.button("Send", type="primary", icon=":material/send:", key=form.field_key("send")):
        done, _ = form.submit(verb, actor, lambda: build(form.op, text, sent(files)), "Message sent")
        if done:
            st.rerun()


def attach(form: Form) -> list[Any]:
    """The field for files, with what is allowed."""
    files: list[Any] = st.file_uploader(
        f"Files, at most {rules.MOST_FILES} of 10 MB each: PDF, picture, Word or text", [*rule.EXTENSIONS],
        accept_multiple_files=True, key=form.field_key("files"),
    )
    form.place("files")
    form.place("file")
    return files


def sent(files: Iterable[Any]) -> tuple[SentFile, ...]:
    """The chosen files, looked into. Raises FileRefused."""
    return tuple(SentFile(file_name=file.name, content=file.getvalue()) for file in files)
