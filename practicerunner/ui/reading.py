"""A text to read, written here or brought as a PDF: asked for in the builder of forms and for documents alike."""

from collections.abc import Iterable
from dataclasses import replace
from typing import Any

import streamlit as st

from practicerunner.rules.forms import Field
from practicerunner.ui import form_fields
from practicerunner.workflows.library import SentPdf

WRITTEN, AS_PDF = "Written here", "As a PDF"
_HELP = r"A line that begins with # is a heading, with - or 1. an item of a list; \*\*bold\*\* is bold."


def ask(field: Field, key: str) -> tuple[Field, Any]:
    """The field as it will be kept, and the file that was chosen for it; what was typed outlives a look at the other.

    The file is looked into when the form is saved.
    """
    had = st.session_state.setdefault(f"{key}.had", field.pdf)
    way = st.segmented_control(
        "Where the text is", [WRITTEN, AS_PDF], default=WRITTEN if had is None else AS_PDF, required=True,
        key=f"{key}.way", label_visibility="collapsed",
    )
    if way == WRITTEN:
        if f"{key}.text" not in st.session_state:
            st.session_state[f"{key}.text"] = st.session_state.get(f"{key}.typed", field.text)
        text = st.text_area("Text to read", key=f"{key}.text", height=280, help=_HELP)
        st.session_state[f"{key}.typed"] = text
        return replace(field, text=text, pdf=None), None
    file = st.file_uploader("PDF, at most 10 MB" if had is None else "Another PDF in its place, at most 10 MB", "pdf",
                            key=f"{key}.pdf")
    if had is not None and file is None:
        form_fields.to_read("", had, key)
    return replace(field, text="", pdf=had), file


def sent(files: Iterable[tuple[str, Any]]) -> tuple[SentPdf, ...]:
    """The files that were chosen, each with the key of its field, looked into. Raises FileRefused."""
    return tuple(
        SentPdf(key=key, file_name=file.name, content=file.getvalue()) for key, file in files if file is not None)
