"""The documents of a case, on its page: what was uploaded, about whom, by whom, and who may read it."""

from collections.abc import Callable

import streamlit as st

from practicerunner.rules import documents as rule
from practicerunner.ui import wrong_recipient
from practicerunner.ui.forms import Form
from practicerunner.ui.perform import read
from practicerunner.ui.status import Colour
from practicerunner.ui.text import md, moment
from practicerunner.vocabulary import Action, BreachChannel, DocumentClass, Resource
from practicerunner.workflows.access import Actor, may
from practicerunner.workflows.clients import CasePage
from practicerunner.workflows.documents import (
    CaseDocuments,
    ChangeDocument,
    DocumentLine,
    OpenDocument,
    UploadDocument,
    WithdrawDocument,
    change_document,
    documents_of_case,
    open_document,
    upload_document,
    withdraw_document,
)
from practicerunner.workflows.portal_documents import ShareDocument, Sharing, share_document, sharing_in_case
from practicerunner.workflows.practice import practice_settings

PAGE = 25
TYPES = [*rule.EXTENSIONS]
_COLOURS: dict[DocumentClass, Colour] = {
    DocumentClass.ADMIN: "gray", DocumentClass.CLINICAL: "primary", DocumentClass.SEALED: "orange",
}


def show(actor: Actor, page: CasePage) -> None:
    """Draw the block."""
    found = read(documents_of_case, actor, page.case_id)
    zone = read(practice_settings, actor).zone
    with st.container(horizontal=True, horizontal_alignment="distribute", vertical_alignment="center"):
        st.subheader("Documents", anchor=False, width="content")
        if found.offered and st.button("Upload", icon=":material/upload_file:", key="upload_document"):
            upload_dialog(actor, page, found)
    if not found.lines:
        st.text("No documents yet. Letters, reports and scans that belong here are uploaded and kept encrypted.")
        return
    shared = read(sharing_in_case, actor, page.case_id) if may(actor, Action.READ, Resource.DOCUMENTS_ADMIN) else {}
    pages = -(-len(found.lines) // PAGE)
    place = min(int(st.session_state.get(f"documents.{page.case_id}.page", 1)), pages)
    for line in found.lines[(place - 1) * PAGE : place * PAGE]:
        _line(actor, page, found, line, zone, shared)
    if pages > 1:
        st.pagination(pages, key=f"documents.{page.case_id}.page")


def _line(
    actor: Actor, page: CasePage, found: CaseDocuments, line: DocumentLine, zone: str, shared: dict[int, Sharing]
) -> None:
    """One document: its title, its class, whose and when, and what can be done with it."""
    with st.container(horizontal=True, horizontal_alignment="distribute", vertical_alignment="center"):
        with st.container(horizontal=True, vertical_alignment="center", width="content", gap="small"):
            st.markdown(f"**{md(line.title or 'Document')}**", width="content")
            st.badge(line.label, color=_COLOURS[line.access_class])
            st.text(_facts(page, line, zone), width="content")
        with st.container(horizontal=True, width="content", gap="small"):
            if line.needs_reason:
                _open(actor, line)
            else:
                st.link_button(
                    "Download", f"/files/document/{line.document_id}", icon=":material/download:",
                    key=f"download.{line.document_id}")
            if line.document_id in shared:
                _share(actor, page.case_id, line, shared[line.document_id])
            if line.classes and st.button("Change", key=f"change_document.{line.document_id}", type="tertiary"):
                change_dialog(actor, page, found, line)


def _facts(page: CasePage, line: DocumentLine, zone: str) -> str:
    said = [line.about] if line.about and len(page.participants) > 1 else []
    return " · ".join([*said, line.author, moment(line.at, zone), rule.size_words(line.size)])


def _share(actor: Actor, case_id: int, line: DocumentLine, sharing: Sharing) -> None:
    """With whom it is shared outside the practice, and changing that."""
    if not sharing.people and not sharing.shared_with:
        return
    form = Form(f"share_document.{line.document_id}")
    label = f"Shared with {len(sharing.shared_with)}" if sharing.shared_with else "Share"
    with st.popover(label, icon=":material/share:", key=f"share.{line.document_id}"):
        st.text("Who reads and downloads it in the portal.")
        if line.about:
            st.caption(md(f"It is about {line.about} and can be shared with nobody else."))
        confidential = None
        if line.access_class is DocumentClass.ADMIN and sharing.may_be_confidential:
            confidential = form.tick(
                "confidential", "Confidential to them: nobody who acts for them reads it", sharing.confidential)
        chosen = []
        for person_id, name in sharing.people.items():
            if form.tick(f"person.{person_id}", md(f"{name}, {sharing.relation}"), person_id in sharing.shared_with):
                chosen.append(person_id)
            if sharing.also.get(person_id) and not confidential:
                st.caption(md(f"Then {'; '.join(sharing.also[person_id])} can read it, too."))
        form.place("person_ids")
        if st.button("Save", type="primary", key=form.field_key("save")):
            done, _ = form.submit(share_document, actor, lambda: ShareDocument(
                op=form.op, document_id=line.document_id, person_ids=tuple(chosen), confidential=confidential),
                "Sharing changed")
            if done:
                st.rerun()
        if sharing.shared_with:
            wrong_recipient.report_button(
                actor, f"document.{line.document_id}", case_id=case_id, channel=BreachChannel.DOCUMENT,
                subject_id=line.document_id, meant_for=line.about,
                # An owner reads the report, and not what clinical documents are called.
                what=line.title if line.access_class is DocumentClass.ADMIN else "")


def _open(actor: Actor, line: DocumentLine) -> None:
    form = Form(f"open_document.{line.document_id}")
    with st.popover("Open", icon=":material/lock_open:"):
        reason = form.text("reason", "Why do you open this document? The reason is kept in the audit log.",
                           max_chars=200)
        if st.button("Open", type="primary", key=form.field_key("open")):
            done, _ = form.submit(open_document, actor, lambda: OpenDocument(
                op=form.op, document_id=line.document_id, reason=reason), "")
            if done:
                st.rerun()


def _class_choice(
    form: Form, found: CaseDocuments, classes: tuple[DocumentClass, ...], index: int
) -> DocumentClass:
    """The classes with a sentence each on who can read them."""
    chosen: DocumentClass = st.radio(
        "Who can read it", classes, index, format_func=found.labels.__getitem__, key=form.field_key("class"),
        captions=[rule.readers(one) for one in classes],
    )
    form.place("access_class")
    return chosen


def _about_choice(form: Form, found: CaseDocuments, kept: int | None, *, new: bool) -> int | None:
    """Whom it is about; not asked where there is one person only."""
    if len(found.people) == 1:
        return next(iter(found.people)) if new else kept
    people = [one for one in found.people if one in found.here or one == kept]
    chosen: int | None = st.selectbox(
        "About", [None, *people], 0 if kept is None else 1 + people.index(kept), key=form.field_key("about"),
        format_func=_named(found),
    )
    form.place("person_id")
    return chosen


def _named(found: CaseDocuments) -> Callable[[int | None], str]:
    return lambda one: "Everybody here" if one is None else found.people[one]


@st.dialog("Upload a document")
def upload_dialog(actor: Actor, page: CasePage, found: CaseDocuments) -> None:
    """Which file, what it is called, who may read it, whom it is about."""
    form = Form(f"upload.{page.case_id}")
    file = st.file_uploader("File, at most 10 MB: PDF, picture, Word or text", type=TYPES, key=form.field_key("file"))
    form.place("file")
    if file is None:
        return
    title = st.text_input(
        "Title", rule.title_of(file.name), max_chars=200, key=form.field_key(f"title.{file.file_id}"))
    form.place("title")
    access_class = _class_choice(form, found, found.offered, found.offered.index(found.usual))
    about = _about_choice(form, found, None, new=True)
    if st.button("Upload", type="primary", key=form.field_key("save"), icon=":material/upload_file:"):
        done, _ = form.submit(upload_document, actor, lambda: UploadDocument(
            op=form.op, case_id=page.case_id, file_name=file.name, content=file.getvalue(), title=title,
            access_class=access_class, person_id=about,
        ), "Document uploaded")
        if done:
            st.rerun()


@st.dialog("Change document")
def change_dialog(actor: Actor, page: CasePage, found: CaseDocuments, line: DocumentLine) -> None:
    """What it is called, whom it is about, who may read it; and taking it out of the list."""
    form = Form(f"change_document.{line.document_id}.{line.revision}")
    title = form.text("title", "Title", line.title, max_chars=200)
    about = _about_choice(form, found, line.person_id, new=False)
    access_class = line.access_class
    if len(line.classes) > 1:
        access_class = _class_choice(form, found, line.classes, line.classes.index(line.access_class))
    reason = ""
    if rule.is_wider(line.access_class, access_class):
        reason = form.text("reason", "Why may more people read it? The reason is kept in the audit log.", max_chars=200)
    if st.button("Save", type="primary", key=form.field_key("save")):
        done, _ = form.submit(change_document, actor, lambda: ChangeDocument(
            op=form.op, document_id=line.document_id, revision=line.revision, title=title, person_id=about,
            access_class=access_class, reason=reason,
        ), "Document changed")
        if done:
            st.rerun()
    with st.expander("Withdraw", icon=":material/block:"):
        _withdraw(actor, line)


def _withdraw(actor: Actor, line: DocumentLine) -> None:
    form = Form(f"withdraw_document.{line.document_id}")
    st.text("The document leaves this list. Its file is kept, and nobody downloads it any more.")
    reason = form.text("reason", "Reason", max_chars=200, placeholder="For instance: belongs to somebody else")
    if st.button("Withdraw it", key=form.field_key("withdraw")):
        done, _ = form.submit(withdraw_document, actor, lambda: WithdrawDocument(
            op=form.op, document_id=line.document_id, reason=reason), "Document withdrawn")
        if done:
            st.rerun()
