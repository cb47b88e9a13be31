"""The practice's forms: what participants are given to fill in, written here, and the published measures."""

from zoneinfo import ZoneInfo

import streamlit as st

from practicerunner.rules.measures import PCL5_CUTS
from practicerunner.ui import form_builder
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


def show_line(actor: Actor, line: TemplateLine, zone: str) -> None:
    """One form: its name, what it is for, its version."""
    measure = line.purpose is FormPurpose.MEASURE
    with st.container(border=True, horizontal=True, vertical_alignment="center", horizontal_alignment="distribute"):
        st.text(line.name, width=260)
        said = count(line.fields, "question")
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


me = require("forms")
zone = read(practice_settings, me).zone
chosen = selected("form")
if chosen is not None:
    form_builder.show(me, read(form_template, me, chosen), zone)
    st.stop()
if "new" in st.query_params:
    form_builder.show(me, None, zone)
    st.stop()
with st.container(horizontal=True, horizontal_alignment="distribute", vertical_alignment="bottom"):
    st.title("Forms", anchor=False, width="content")
    if st.button("New form", type="primary", icon=":material/add:"):
        go("forms", new=1)
st.text("What participants are given to fill in. The texts that come with the product are a beginning: have them read "
        "by whoever advises you on the law before you use them.")
lines = read(form_list, me)
own = [line for line in lines if line.purpose is not FormPurpose.MEASURE]
if not own:
    st.text("No forms yet. Write the first one with New form.")
for line in own:
    show_line(me, line, zone)
st.subheader("Published measures", anchor=False)
for line in lines:
    if line.purpose is FormPurpose.MEASURE:
        show_line(me, line, zone)
show_cut(me)
