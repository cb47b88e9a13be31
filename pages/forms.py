"""The practice's forms and documents: what participants are given to fill in, read and sign; and intake packets."""

from zoneinfo import ZoneInfo

import streamlit as st

from practicerunner.rules.forms import OF_SEVERAL_FIELDS
from practicerunner.rules.measures import PCL5_CUTS
from practicerunner.ui import form_builder, library_editor, packet_choice
from practicerunner.ui.forms import Form
from practicerunner.ui.navigation import go, require, selected
from practicerunner.ui.perform import perform, read
from practicerunner.ui.text import count, day
from practicerunner.vocabulary import FormPurpose
from practicerunner.workflows.access import Actor
from practicerunner.workflows.form_templates import (
    SetPcl5Cut,
    TemplateLine,
    UseForm,
    form_list,
    form_template,
    set_pcl5_cut,
    use_form,
)
from practicerunner.workflows.practice import practice_settings

PARTS = {"forms": "Forms", "documents": "Documents", "packets": "Intake packets"}


def show_line(actor: Actor, line: TemplateLine, zone: str) -> None:
    """One form: its name, what it is for, its version."""
    measure = line.purpose is FormPurpose.MEASURE
    with st.container(border=True, horizontal=True, vertical_alignment="center", horizontal_alignment="distribute"):
        st.text(line.name, width=260)
        said = count(line.fields, "question")
        if line.task is not None:
            st.text(f"{line.task.label}, {'PDF' if line.is_pdf else 'written here'}", width=260)
        else:
            st.text(said if measure else f"{line.purpose.label}, {said}", width=260)
        if not measure:
            changed = day(line.changed_at.astimezone(ZoneInfo(zone)).date())
            st.text(f"Version {line.version}, {changed}", width="content")
        if not line.active:
            st.badge("Not used", color="gray")
        with st.container(horizontal=True, vertical_alignment="center", width="content"):
            use_button(actor, line)
            if st.button("Read" if measure else "Change", key=f"open.{line.template_id}"):
                go("forms", form=line.template_id)


def use_button(actor: Actor, line: TemplateLine) -> None:
    """Give a form out, or stop."""
    form = Form(f"use.{line.template_id}.{line.revision}")
    if st.button("Stop using" if line.active else "Use again", key=form.field_key("use"), type="tertiary"):
        done, _ = perform(use_form, actor, lambda: UseForm(
            op=form.op, template_id=line.template_id, revision=line.revision, active=not line.active,
        ), done=f"{line.name} is {'not used any more' if line.active else 'used again'}")
        if done:
            st.rerun()


def show_cut(actor: Actor) -> None:
    """From which total on the PCL-5 counts as positive."""
    row = read(practice_settings, actor)
    form = Form(f"cut.{row.revision}")
    with st.container(horizontal=True, vertical_alignment="bottom"):
        cut = form.number("cut", "PCL-5 counts as positive from", row.pcl5_cut, min_value=PCL5_CUTS[0],
                          max_value=PCL5_CUTS[1], width=220)
        if cut != row.pcl5_cut and st.button("Save the cut", key=form.field_key("save")):
            done, _ = form.submit(set_pcl5_cut, actor, lambda: SetPcl5Cut(
                op=form.op, revision=row.revision, cut=cut), "The cut of the PCL-5 was saved")
            if done:
                st.rerun()


def show_forms(actor: Actor, lines: list[TemplateLine], zone: str) -> None:
    """What is filled in, and the published measures."""
    with st.container(horizontal=True, horizontal_alignment="distribute", vertical_alignment="center"):
        st.text("What participants are given to fill in. The texts that come with the product are a beginning: have "
                "them read by whoever advises you on the law before you use them.", width=780)
        if st.button("New form", type="primary", icon=":material/add:"):
            go("forms", new="form")
    own = [line for line in lines if line.purpose in OF_SEVERAL_FIELDS]
    if not own:
        st.text("No forms yet. Write the first one with New form.")
    for line in own:
        show_line(actor, line, zone)
    st.subheader("Published measures", anchor=False)
    for line in lines:
        if line.purpose is FormPurpose.MEASURE:
            show_line(actor, line, zone)
    show_cut(actor)


def show_documents(actor: Actor, lines: list[TemplateLine], zone: str) -> None:
    """The practice's own documents."""
    with st.container(horizontal=True, horizontal_alignment="distribute", vertical_alignment="center"):
        st.text("The practice's own documents, such as a privacy notice or an office policy: written here or uploaded "
                "as PDF, to be read, acknowledged or signed. They are given like forms, on a client's page.",
                width=780)
        if st.button("New document", type="primary", icon=":material/add:"):
            go("forms", new="document")
    own = [line for line in lines if line.purpose is FormPurpose.PRACTICE_DOCUMENT]
    if not own:
        st.text("No documents yet. Write or upload the first one with New document.")
    for line in own:
        show_line(actor, line, zone)


me = require("forms")
zone = read(practice_settings, me).zone
chosen, new = selected("form"), st.query_params.get("new")
if chosen is not None or new is not None:
    found = read(form_template, me, chosen) if chosen is not None else None
    is_document = found.line.purpose is FormPurpose.PRACTICE_DOCUMENT if found else new == "document"
    (library_editor if is_document else form_builder).show(me, found, zone)
    st.stop()
st.title("Forms and documents", anchor=False)
all_lines = read(form_list, me)
part = st.query_params.get("part", "forms")
tabs = st.tabs(list(PARTS.values()), default=PARTS.get(part, PARTS["forms"]), key=f"forms.{part}", on_change="rerun")
if tabs[0].open:
    with tabs[0]:
        show_forms(me, all_lines, zone)
if tabs[1].open:
    with tabs[1]:
        show_documents(me, all_lines, zone)
if tabs[2].open:
    with tabs[2]:
        packet_choice.show(me)
