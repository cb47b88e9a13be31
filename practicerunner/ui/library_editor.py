"""A document of the practice: its title, its text or PDF, what is asked of the reader, and its versions."""

import streamlit as st

from practicerunner.rules import library
from practicerunner.rules.forms import Content, Field
from practicerunner.ui import form_fields, navigation, reading
from practicerunner.ui.forms import Form
from practicerunner.ui.text import md, moment
from practicerunner.vocabulary import DocumentTask, FieldKind, FormPurpose
from practicerunner.workflows.access import Actor
from practicerunner.workflows.form_templates import (
    AddForm,
    ChangeForm,
    TemplatePage,
    VersionLine,
    add_form,
    change_form,
)

_EMPTY = Field(library.DOCUMENT, FieldKind.DOCUMENT, "")
_SAYS = {
    DocumentTask.READ: "Whoever gets it says with one click that they have read it.",
    DocumentTask.ACKNOWLEDGE: "Whoever gets it ticks a sentence.",
    DocumentTask.SIGN: "Whoever gets it ticks a sentence and signs with their name.",
}


def show(actor: Actor, page: TemplatePage | None, zone: str) -> None:
    """Draw the editor of a document, or of a new one."""
    if st.button("All documents", icon=":material/arrow_back:", type="tertiary"):
        navigation.go("forms", part="documents")
    st.title(md(page.line.name) if page else "New document", anchor=False)
    form = Form(f"document.{page.line.template_id}.{page.line.revision}" if page else "document.new")
    kept = page.content.field(library.DOCUMENT) if page else None
    left, right = st.columns(2, gap="large")
    with left:
        title = form.text("name", "Title", page.line.name if page else "", max_chars=200)
        task, sentence = _task(form, page.content if page else Content())
        field, file = reading.ask(kept or _EMPTY, form.field_key("document"))
        form.place(library.DOCUMENT)
        form.place("file")
    content = library.document(title, task, sentence, text=field.text, pdf=field.pdf)
    with right:
        st.subheader("Preview", anchor=False)
        with st.container(border=True):
            if file is not None:
                content = library.document(title, task, sentence)
            form_fields.preview(content, f"{form.key}.preview")
    label = f"Save as version {page.line.version + 1}" if page else "Save document"
    if st.button(label, type="primary", key=form.field_key("save")):
        files = ((library.DOCUMENT, file),)
        if page is None:
            done, template_id = form.submit(add_form, actor, lambda: AddForm(
                op=form.op, name=title, purpose=FormPurpose.PRACTICE_DOCUMENT, content=content,
                pdfs=reading.sent(files)), "Document saved")
        else:
            done, template_id = form.submit(change_form, actor, lambda: ChangeForm(
                op=form.op, template_id=page.line.template_id, revision=page.line.revision, name=title,
                content=content, pdfs=reading.sent(files)), "Document saved")
        if done and template_id is not None:
            navigation.go("forms", form=template_id)
    if page is not None:
        _versions(page, zone)


def _task(form: Form, content: Content) -> tuple[DocumentTask, str]:
    """What is asked of the reader, and the sentence that is ticked."""
    known = library.task_of(content)
    task: DocumentTask = st.segmented_control(
        "What is asked of the reader", list(DocumentTask), default=known or DocumentTask.ACKNOWLEDGE, required=True,
        format_func=lambda word: word.label, key=form.field_key("task"),
    )
    st.caption(_SAYS[task])
    if task is DocumentTask.READ:
        return task, ""
    sentence = library.sentence_of(content) if task is known else ""
    entered = form.text(f"sentence.{task}", "What is ticked", sentence or library.USUAL[task])
    form.place(library.ACKNOWLEDGED)
    return task, entered


def _versions(page: TemplatePage, zone: str) -> None:
    """What it said before: whoever was given an older version keeps it, and so does what was signed."""
    with st.expander(f"Versions ({len(page.versions)})"):
        st.text("Whoever was given an older version, or has acknowledged or signed it, keeps that one.")
        for version in page.versions:
            _version(version, zone)


def _version(version: VersionLine, zone: str) -> None:
    found = version.content.field(library.DOCUMENT)
    task = library.task_of(version.content)
    with st.container(border=True, gap="xsmall"):
        by = f", {version.made_by}" if version.made_by else ""
        said = f", {task.label.lower()}" if task is not None else ""
        st.text(f"Version {version.number}: {version.name}, {moment(version.made_at, zone)}{by}{said}")
        if found is not None:
            st.caption(f"SHA-256 {found.fingerprint}")
            if found.pdf is not None:
                form_fields.to_read("", found.pdf, f"version.{version.number}")
            elif st.toggle("Show the text", key=f"version.{version.number}"):
                form_fields.to_read(found.text, None, f"version.{version.number}")
