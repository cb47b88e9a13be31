"""A note in review: its text as on paper, a place for a comment beside each section, and the two ways out."""

from collections.abc import Callable
from typing import NoReturn

import streamlit as st

from practicerunner.rules.text_changes import changes
from practicerunner.ui import note_details, note_paper, signature_box
from practicerunner.ui.forms import Form
from practicerunner.ui.navigation import go
from practicerunner.ui.perform import read
from practicerunner.ui.text import count, md
from practicerunner.vocabulary import SignatureRole
from practicerunner.workflows.access import Actor
from practicerunner.workflows.note_pages import NotePage
from practicerunner.workflows.note_text import Written
from practicerunner.workflows.review_queue import review_queue
from practicerunner.workflows.reviews import CosignNote, ReturnNote, cosign_note, return_note


def open_next(actor: Actor) -> NoReturn:
    """Open what has waited longest of what is left, or the page without any."""
    left = read(review_queue, actor).lines
    if left:
        go("supervision", note=left[0].note_id)
    go("supervision")


def show(actor: Actor, page: NotePage, zone: str, then: Callable[[], None]) -> None:
    """Draw a note that waits for the actor's signature; after either way out comes ``then``."""
    note_id, version = page.line.note_id or 0, page.line.version
    form = Form(f"review.{note_id}.{version}")
    note_paper.facts(page.header, page.line, page.template)
    before = page.versions[-2] if len(page.versions) > 1 else None
    old = {part.key: part.text for part in (*before.sections, *before.parts)} if before is not None else None
    said: dict[str, str] = {}
    with st.container(border=True):
        for written in page.sections:
            if written.text.strip() or written.required:
                said[written.key] = _section(form, written, written.label, old, version)
        for written in page.parts:
            said[written.key] = _section(form, written, md(written.label), old, version)
        note_details.paper(page.details, page.names)
    note_paper.signatures(actor, page, zone)
    said[""] = form.area("comment", "Comment on the note as a whole", height=80)
    number = sum(1 for text in said.values() if text.strip())
    label = f"Return with {count(number, 'comment')}" if number > 1 else "Return with comment"
    word = "Approve" if page.review_as is SignatureRole.APPROVER else "Co-sign"
    cosigned = False
    with st.container(horizontal=True):
        returned = st.button(label, icon=":material/undo:", key=form.field_key("return"))
        with st.popover(f"{word} and lock", type="primary", icon=":material/draw:"):
            if number:
                st.text("Comments are sent only with a return.")
            cosigned = signature_box.sign(
                Form(f"cosign.{note_id}.{version}"), actor, cosign_note,
                lambda op, proof: CosignNote(op=op, proof=proof, note_id=note_id, version=version),
                label=word, done="Note approved" if word == "Approve" else "Note co-signed",
            )
    if returned:
        returned, _ = form.submit(return_note, actor, lambda: ReturnNote(
            op=form.op, note_id=note_id, version=version, comment=said[""],
            sections={key: text for key, text in said.items() if key},
        ), "Note returned")
    note_paper.earlier(page, zone)
    if returned or cosigned:
        then()


def _section(form: Form, written: Written, label: str, old: dict[str, str] | None, version: int) -> str:
    """A section's text, what changed in it, and beside them the comment on it."""
    text, beside = st.columns([3, 2], gap="medium")
    with text:
        st.markdown(f"**{label}**")
        st.text(written.text or "–")
        changed = changes(old.get(written.key, ""), written.text) if old is not None else ()
        if changed:
            with st.container(border=True):
                st.caption(f"Changed since version {version - 1}")
                for change in changed:
                    if change.removed:
                        st.text(f"Out: {change.removed}")
                    if change.added:
                        st.text(f"In: {change.added}")
    with beside:
        return form.area(
            f"on.{written.key}", label, height=80, placeholder="Comment on this section", label_visibility="collapsed")
