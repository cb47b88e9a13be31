"""A signed note reads like a page of paper: its text, the signatures, what was added; and the supervisor's review."""

from collections.abc import Iterable

import streamlit as st

from practicerunner.ui import diagnosis_block, note_download
from practicerunner.ui.forms import Form
from practicerunner.ui.navigation import go, link
from practicerunner.ui.perform import perform, read
from practicerunner.ui.status import badge
from practicerunner.ui.text import clock_span, day, md, moment
from practicerunner.vocabulary import NoteStatus, SignatureRole
from practicerunner.workflows.access import Actor
from practicerunner.workflows.documentation import Comment, NoteLine, my_queue
from practicerunner.workflows.note_pages import Header, NotePage, Written
from practicerunner.workflows.notes import (
    AddAddendum,
    CosignAddendum,
    CosignNote,
    ReturnNote,
    add_addendum,
    cosign_addendum,
    cosign_note,
    return_note,
)


def title(line: NoteLine) -> None:
    """Where the note belongs, what it is and where it stands."""
    with st.container(horizontal=True):
        link(md(line.case_name), "case", icon=":material/arrow_back:", case=line.case_id)
        if line.appointment_id is not None:
            link("Appointment", "appointment", icon=":material/event:", appointment=line.appointment_id)
    with st.container(horizontal=True, vertical_alignment="center"):
        st.title(line.kind.label, anchor=False, width="content")
        badge(line.status)


def facts(header: Header, line: NoteLine) -> None:
    """The facts of the appointment as one quiet line."""
    said = [day(header.day)]
    if header.start is not None and header.minutes is not None:
        said.append(clock_span(header.start, header.minutes))
    if header.format is not None:
        said.append(header.format.label)
    if header.present:
        said.append(f"Present: {', '.join(header.present)}")
    said.append(f"Written by {line.author_name}")
    st.text(" · ".join(said))
    if header.late_entry and header.entered_on is not None:
        st.text(f"Late entry: entered {day(header.entered_on)} for {day(header.day)}.")


def texts(sections: Iterable[Written], *, are_names: bool = False) -> None:
    """Sections or parts with their text, which is never Markdown; empty ones that are not required are left out."""
    for section in sections:
        if not section.text.strip() and not section.required:
            continue
        label = md(section.label) if are_names else section.label
        st.markdown(f"**{label}**")
        st.text(section.text or "–")


def comments(found: Iterable[Comment], zone: str) -> None:
    """What supervisors wrote when they returned a version."""
    for comment in found:
        with st.container(border=True):
            st.text(f"{comment.name} returned version {comment.version}, {moment(comment.at, zone)}")
            st.text(comment.text)


def show(actor: Actor, page: NotePage, zone: str) -> None:
    """Draw the note for reading, with what the reader may still do."""
    facts(page.header, page.line)
    diagnosis_block.beside_note(actor, page.line)
    note_download.show(actor, page.line)
    with st.container(border=True):
        texts(page.sections)
        texts(page.parts, are_names=True)
    _signatures(page, zone)
    _addenda(actor, page, zone)
    if page.may_review:
        _review(actor, page)
    elif page.line.status is NoteStatus.SUBMITTED:
        st.text(f"Awaiting the co-signature of {page.supervisor}.")
    if page.may_amend:
        _amend(actor, page)
    if len(page.versions) > 1 or page.comments:
        with st.expander("Earlier versions and comments"):
            comments(page.comments, zone)
            for version in page.versions[:-1]:
                st.subheader(f"Version {version.number}", anchor=False)
                texts(version.sections)
                texts(version.parts, are_names=True)


def _signatures(page: NotePage, zone: str) -> None:
    for signature in page.signatures:
        if signature.version != page.line.version:
            continue
        word = "Co-signed" if signature.role is SignatureRole.CO_SIGNER else "Signed"
        st.text(f"{word} by {signature.name}, {moment(signature.signed_at, zone)}")
        if not signature.intact:
            st.error("The text is not the one that was signed. Please tell the practice's owner.")


def _addenda(actor: Actor, page: NotePage, zone: str) -> None:
    for addendum in page.addenda:
        with st.container(border=True):
            st.markdown("**Addendum**")
            st.text(f"Reason: {addendum.reason}")
            st.text(addendum.text)
            st.text(f"Signed by {addendum.name}, {moment(addendum.at, zone)}")
            if addendum.cosigned_at is not None:
                st.text(f"Co-signed by {addendum.cosigned_by}, {moment(addendum.cosigned_at, zone)}")
            if addendum.awaits:
                st.text(f"Awaiting the co-signature of {addendum.awaits}.")
            if addendum.may_cosign and st.button("Co-sign addendum", key=f"cosign.{addendum.addendum_id}"):
                done, _ = perform(
                    cosign_addendum, actor, lambda one=addendum: CosignAddendum(  # type: ignore[misc]
                        addendum_id=one.addendum_id), done="Addendum co-signed",
                )
                if done:
                    st.rerun()


def _review(actor: Actor, page: NotePage) -> None:
    """Return with a comment, or co-sign; afterwards the next note that waits opens by itself."""
    note_id = page.line.note_id
    with st.container(border=True):
        st.subheader(f"Review of version {page.line.version}", anchor=False)
        form = Form(f"review.{note_id}.{page.line.version}")
        comment = form.area("comment", "Comment to the author")
        with st.container(horizontal=True):
            returned = st.button("Return with comment", icon=":material/undo:")
            cosigned = st.button("Co-sign and lock", type="primary", icon=":material/draw:")
        done = False
        if returned:
            done, _ = form.submit(return_note, actor, lambda: ReturnNote(
                op=form.op, note_id=note_id or 0, version=page.line.version, comment=comment,
            ), "Note returned")
        elif cosigned:
            done, _ = form.submit(cosign_note, actor, lambda: CosignNote(
                op=form.op, note_id=note_id or 0, version=page.line.version,
            ), "Note co-signed")
        if done:
            waiting = read(my_queue, actor).to_review
            if waiting and waiting[0].note_id is not None:
                go("note", note=waiting[0].note_id)
            go("documentation")


def _amend(actor: Actor, page: NotePage) -> None:
    with st.expander("Add addendum", icon=":material/post_add:"):
        form = Form(f"addendum.{page.line.note_id}")
        reason = form.text("reason", "Reason", placeholder="For instance: correction")
        text = form.area("text", "Addendum", height=160)
        if st.button("Sign addendum", key=form.field_key("save")):
            done, _ = form.submit(add_addendum, actor, lambda: AddAddendum(
                op=form.op, note_id=page.line.note_id or 0, reason=reason, text=text,
            ), "Addendum signed")
            if done:
                st.rerun()
