"""Writing a template of notes: the form it stands on, its starting texts, its own sections."""

from typing import Any

import pandas as pd
import streamlit as st

from practicerunner.rules.note_forms import FORMS
from practicerunner.rules.notes import title
from practicerunner.ui.forms import Form
from practicerunner.ui.text import md
from practicerunner.vocabulary import NoteKind
from practicerunner.workflows.access import Actor
from practicerunner.workflows.note_templates import (
    MOST_SECTIONS,
    WITHOUT,
    AddTemplate,
    ChangeTemplate,
    OwnSection,
    TemplateLine,
    add_template,
    change_template,
)


def called(form: str) -> str:
    """A form by its kind and name: ``Progress note, SOAP``."""
    kind = FORMS[form].kind
    name = title(kind, form)
    several = sum(1 for one in FORMS.values() if one.kind is kind) > 1 and kind is not NoteKind.CONTACT
    return f"{name}, {FORMS[form].label}" if several else name


@st.dialog("Add template", width="large")
def add(actor: Actor) -> None:
    """A new template."""
    form = Form("new_template")
    offered = [key for key, one in FORMS.items() if one.kind not in WITHOUT]
    chosen = form.choice("form", "Form", offered, format_func=called)
    entered = _fields(form, chosen, None)
    if st.button("Save template", type="primary"):
        done, _ = form.submit(
            add_template, actor, lambda: AddTemplate(op=form.op, form=chosen, **entered()), "Template saved")
        if done:
            st.rerun()


@st.dialog("Change template", width="large")
def change(actor: Actor, line: TemplateLine) -> None:
    """Another name, other texts, other sections; the form stays."""
    form = Form(f"template.{line.template_id}.{line.revision}")
    st.text(called(line.form))
    entered = _fields(form, line.form, line)
    if st.button("Save template", type="primary"):
        done, _ = form.submit(change_template, actor, lambda: ChangeTemplate(
            op=form.op, template_id=line.template_id, revision=line.revision, form=line.form, **entered(),
        ), "Template saved")
        if done:
            st.rerun()


def _fields(form: Form, of_form: str, line: TemplateLine | None) -> Any:
    """Draw the fields; what was entered is built into the command's values when it is saved."""
    name = form.text("name", "Name", line.name if line else "", placeholder="For instance: First session with parents")
    st.text("Own sections, after those of the form")
    table = st.data_editor(
        _table(line), num_rows="dynamic", hide_index=True, key=form.field_key(f"sections.{of_form}"),
        column_order=("label", "hint", "required"), column_config={
            "label": st.column_config.TextColumn("Label", max_chars=120, width="medium"),
            "hint": st.column_config.TextColumn("Hint", max_chars=200, width="large"),
            "required": st.column_config.CheckboxColumn("Required", default=False),
        },
    )
    form.place("sections")
    texts: dict[str, str] = {}
    with st.expander("Starting texts", expanded=bool(line and line.texts)):
        for section in FORMS[of_form].sections:
            if not section.findings and not section.retired:
                kept = line.texts.get(section.key, "") if line else ""
                texts[section.key] = form.area(f"texts.{of_form}.{section.key}", section.label, kept, height=90)
        for own in line.sections if line else ():
            texts[own.key] = form.area(
                f"texts.{of_form}.{own.key}", md(own.label), line.texts.get(own.key, "") if line else "", height=90)
        form.place("texts")

    def entered() -> dict[str, Any]:
        sections = [
            OwnSection(key=str(row["key"] or ""), label=str(row["label"]), hint=str(row["hint"] or ""),
                       required=bool(row["required"]))
            for row in table.astype(object).where(table.notna(), None).to_dict("records") if row["label"]
        ]
        kept = {key: text for key, text in texts.items() if text.strip()}
        if line is not None:
            kept = {key: text for key, text in line.texts.items() if key not in texts} | kept
        return {"name": name, "texts": kept, "sections": tuple(sections[:MOST_SECTIONS + 1])}

    return entered


def _table(line: TemplateLine | None) -> pd.DataFrame:
    rows = [section.model_dump() for section in line.sections] if line else []
    return pd.DataFrame(rows, columns=["key", "label", "hint", "required"]).astype(
        {"key": "object", "label": "object", "hint": "object", "required": "bool"})
