"""The fields of a form on the screen: a widget for each kind, and what stands in it as an answer."""

from collections.abc import Callable, Iterable, Mapping
from datetime import date
from typing import Any

import streamlit as st

from practicerunner.rules.documents import size_words
from practicerunner.rules.forms import LONGEST_LINE, Content, Field, Pdf
from practicerunner.ui.text import md, written
from practicerunner.vocabulary import FieldKind

FIRST_DAY, LAST_DAY = date(1900, 1, 1), date(2100, 12, 31)
_EMPTY: dict[FieldKind, Any] = {
    FieldKind.TEXT: "", FieldKind.LONG_TEXT: "", FieldKind.SIGNATURE: "", FieldKind.CHOICES: [],
    FieldKind.ACKNOWLEDGEMENT: False,
}


def values(content: Content, answers: Mapping[str, Any]) -> dict[str, Any]:
    """Answers as the widgets hold them, one for every field that asks."""
    return {field.key: _value(field, answers.get(field.key)) for field in content.fields if field.asks}


def labels(content: Content) -> dict[str, str]:
    """What the fields that ask are called."""
    return {field.key: field.label for field in content.fields if field.asks}


def _value(field: Field, answer: Any) -> Any:
    if answer is None:
        empty = _EMPTY.get(field.kind)
        return list(empty) if isinstance(empty, list) else empty
    return date.fromisoformat(answer) if field.kind is FieldKind.DATE else answer


def answers(content: Content, held: Mapping[str, Any]) -> dict[str, Any]:
    """What the widgets hold, as answers."""
    return {
        key: value.isoformat() if isinstance(value, date) else value
        for key, value in held.items() if content.field(key) is not None
    }


def staffs(pdf: Pdf) -> str:
    """The address of a PDF for whoever works here."""
    return f"/files/practice/{pdf.file_id}"


def draw(
    field: Field, key: str, on_change: Callable[[], None] | None = None, *, address: Callable[[Pdf], str] = staffs,
    title: str = "",
) -> None:
    """Draw a field; what is typed by people is shown as it is, never as Markdown.

    ``title`` stands above already, so a document of that name does not say it again.
    """
    if field.kind is FieldKind.DOCUMENT:
        with st.container(border=True):
            if field.label != title:
                st.subheader(md(field.label), anchor=False)
            to_read(field.text, field.pdf, key, address)
        return
    label = md(field.label) + (r" \*" if field.required else "")
    with st.container(gap="xsmall"):
        if field.asks and field.kind is not FieldKind.ACKNOWLEDGEMENT:
            st.markdown(f"**{label}**")
        _widget(field, label, key, on_change)


def _widget(field: Field, label: str, key: str, on_change: Callable[[], None] | None) -> None:
    """What is filled in; the question stands above it, and once more for those who do not see."""
    told: dict[str, Any] = {"key": key, "on_change": on_change, "label_visibility": "collapsed"}
    match field.kind:
        case FieldKind.HEADING:
            st.subheader(md(field.label), anchor=False)
        case FieldKind.TEXT | FieldKind.SIGNATURE:
            st.text_input(label, max_chars=LONGEST_LINE, **told)
        case FieldKind.LONG_TEXT:
            st.text_area(label, height=120, **told)
        case FieldKind.CHOICE:
            st.pills(label, list(field.options), format_func=md, **told)
        case FieldKind.CHOICES:
            st.pills(label, list(field.options), selection_mode="multi", format_func=md, **told)
        case FieldKind.SCALE:
            st.segmented_control(
                label, list(field.points), format_func=lambda point: _point(field, point), width="stretch", **told,
            )
        case FieldKind.DATE:
            st.date_input(label, value=None, format="YYYY-MM-DD", min_value=FIRST_DAY, max_value=LAST_DAY, **told)
        case FieldKind.ACKNOWLEDGEMENT:
            st.checkbox(label, key=key, on_change=on_change)


def to_read(text: str, pdf: Pdf | None, key: str, address: Callable[[Pdf], str] = staffs) -> None:
    """What there is to read: the text, or the PDF to open."""
    if pdf is None:
        if text.strip():
            st.markdown(written(text))
        else:
            st.caption("What there is to read appears here once it is saved.")
        return
    st.link_button(
        md(f"Open {pdf.name} ({size_words(pdf.size)})"), address(pdf), icon=":material/picture_as_pdf:",
        key=f"pdf.{key}")


def _point(field: Field, point: int) -> str:
    """The word of a point of a scale, or its number; in a form that is being built some words may not be there yet."""
    place = point - field.low
    return md(field.options[place]) if place < len(field.options) else str(point)


def preview(content: Content, key: str) -> None:
    """The whole form as a participant meets it; nothing of what is entered is kept."""
    if content.intro:
        st.text(content.intro)
    for field in content.fields:
        draw(field, f"{key}.{field.key}.{hash(field)}")
    if content.notice:
        st.caption(md(content.notice))


def sources(said: Iterable[str]) -> None:
    """What exactly was read, at the foot of a paper: title, version and hash."""
    for source in filter(None, said):
        st.caption(f":small[{md(source)}]")
