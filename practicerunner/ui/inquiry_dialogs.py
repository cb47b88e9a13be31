"""The forms around an inquiry: a note, who answers, and closing it; ``inquiry_prospect`` and others have the rest."""

from collections.abc import Callable
from typing import Any

import streamlit as st
from sqlalchemy.orm import Session

from practicerunner.ui.forms import Form
from practicerunner.ui.perform import read
from practicerunner.workflows.access import Actor
from practicerunner.workflows.clients import staff_choices
from practicerunner.workflows.inquiries import (
    AssignInquiry,
    CloseInquiry,
    WriteBeneath,
    assign_inquiry,
    close_inquiry,
    write_beneath,
)
from practicerunner.workflows.inquiry_queue import InquiryRow


def note_dialog(actor: Actor, row: InquiryRow) -> None:
    """Open "Note"."""
    st.dialog("Note")(_note)(actor, row)


def _note(actor: Actor, row: InquiryRow) -> None:
    form = Form(f"inquiry.note.{row.inquiry_id}")
    text = form.area("text", "Note", placeholder="for instance: called, will call back on Friday", height=120)
    _save(form, actor, "Save note", write_beneath, lambda: WriteBeneath(
        op=form.op, inquiry_id=row.inquiry_id, text=text), "Note saved")


def assign_dialog(actor: Actor, row: InquiryRow) -> None:
    """Open "Who answers?"."""
    st.dialog("Who answers?")(_assign)(actor, row)


def _assign(actor: Actor, row: InquiryRow) -> None:
    form = Form(f"inquiry.assign.{row.inquiry_id}.{row.revision}")
    choices = read(staff_choices, actor)
    providers = [None, *choices.providers]
    provider_id = form.choice(
        "provider_id", "Provider", providers,
        index=providers.index(row.provider_id) if row.provider_id in providers else 0,
        format_func=lambda one: "The practice" if one is None else choices.providers[one])
    _save(form, actor, "Save", assign_inquiry, lambda: AssignInquiry(
        op=form.op, inquiry_id=row.inquiry_id, revision=row.revision, provider_id=provider_id), "Inquiry given")


def close_dialog(actor: Actor, row: InquiryRow) -> None:
    """Open "Close this inquiry"."""
    st.dialog("Close this inquiry")(_close)(actor, row)


def _close(actor: Actor, row: InquiryRow) -> None:
    form = Form(f"inquiry.close.{row.inquiry_id}.{row.revision}")
    st.text("Nothing is sent. To tell them, write first; afterwards they can read it, but not answer.")
    reason = form.text("reason", "Reason, for the practice", max_chars=200,
                       placeholder="for instance: no place free, referred elsewhere, advertising")
    _save(form, actor, "Close inquiry", close_inquiry, lambda: CloseInquiry(
        op=form.op, inquiry_id=row.inquiry_id, revision=row.revision, reason=reason), "Inquiry closed")


def _save(
    form: Form, actor: Actor, label: str, verb: Callable[[Session, Actor, Any], int], build: Callable[[], Any],
    done: str,
) -> None:
    if st.button(label, type="primary", key=form.field_key("save")):
        ok, _ = form.submit(verb, actor, build, done)
        if ok:
            st.rerun()
