"""Templates of notes: what a note begins with, and what the practice asks beyond the built-in forms."""

import streamlit as st

from practicerunner.rules.notes import title
from practicerunner.ui import template_dialog
from practicerunner.ui.forms import Form
from practicerunner.ui.navigation import require
from practicerunner.ui.perform import perform, read
from practicerunner.ui.text import count
from practicerunner.workflows.access import Actor
from practicerunner.workflows.note_templates import RetireTemplate, TemplateLine, retire_template, template_list


def show_line(actor: Actor, line: TemplateLine) -> None:
    """One template: its name, its form, what it adds."""
    with st.container(border=True, horizontal=True, vertical_alignment="center", horizontal_alignment="distribute"):
        st.text(line.name, width=260)
        st.text(template_dialog.called(line.form), width=260)
        adds = [count(len(line.texts), "starting text")] if line.texts else []
        adds += [count(len(line.sections), "own section")] if line.sections else []
        st.text(", ".join(adds) or "Nothing added", width="content")
        if not line.active:
            st.badge("Retired", color="gray")
        with st.container(horizontal=True, vertical_alignment="center", width="content"):
            retire_button(actor, line)
            if st.button("Change", key=f"change.{line.template_id}"):
                template_dialog.change(actor, line)


def retire_button(actor: Actor, line: TemplateLine) -> None:
    """Offer a template, or stop."""
    form = Form(f"retire.{line.template_id}.{line.revision}")
    if st.button("Retire" if line.active else "Use again", key=form.field_key("retire"), type="tertiary"):
        done, _ = perform(retire_template, actor, lambda: RetireTemplate(
            op=form.op, template_id=line.template_id, revision=line.revision, active=not line.active,
        ), done=f"{line.name} is {'not offered any more' if line.active else 'offered again'}")
        if done:
            st.rerun()


me = require("note_templates")
with st.container(horizontal=True, horizontal_alignment="distribute", vertical_alignment="bottom"):
    st.title("Note templates", anchor=False, width="content")
    if st.button("Add template", type="primary", icon=":material/add:"):
        template_dialog.add(me)
st.text("A template is chosen when a note is begun. Notes that were begun keep what the template said then.")
lines = read(template_list, me)
if not lines:
    st.text("No templates yet. Notes begin on the built-in forms; add a template for what you write again and again.")
kinds = list(dict.fromkeys(line.kind for line in lines))
for kind in kinds:
    st.subheader(title(kind, ""), anchor=False)
    for line in lines:
        if line.kind is kind:
            show_line(me, line)
