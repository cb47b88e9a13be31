"""What is to be filled in and signed, and what was."""

import streamlit as st

from practicerunner.ui import navigation, portal_sheet
from practicerunner.ui.perform import read
from practicerunner.ui.portal import go, link, require_portal
from practicerunner.ui.text import day, md, moment
from practicerunner.vocabulary import AssignmentStatus, DocumentTask
from practicerunner.workflows.access import PortalActor
from practicerunner.workflows.portal_forms import MyForm, MyForms, my_forms, my_response, my_sheet

LABELS = {
    DocumentTask.READ: "Read", DocumentTask.ACKNOWLEDGE: "Read and acknowledge", DocumentTask.SIGN: "Read and sign",
}


def to_fill(me: PortalActor, page: MyForms, line: MyForm, *, first: bool) -> None:
    """One form that waits; the first of those that can be filled in has the page's one coloured button."""
    with st.container(border=True):
        with st.container(horizontal=True, vertical_alignment="center", gap="small"):
            st.markdown(f"**{md(line.name)}**", width="content")
            if line.status is AssignmentStatus.STARTED:
                st.badge("Begun", color="blue")
            if line.overdue:
                st.badge("Overdue", color="red")
        said = [line.case_name] if line.case_name else []
        if line.due_on is not None:
            said.append(f"until {day(line.due_on, page.today)}")
        if said:
            st.text(" · ".join(said))
        label = LABELS[line.task] if line.task is not None else "Read and sign" if line.signed else "Fill in"
        if line.refusal:
            st.text(line.refusal)
            label = "Read"
        if st.button(label, type="primary" if first else "secondary", key=f"fill.{line.assignment_id}",
                     width="stretch"):
            go("portal_forms", assignment=line.assignment_id)


def handed_in(page: MyForms, line: MyForm) -> None:
    """One form that came back: who signed and when; a link for whoever did."""
    with st.container(gap="xsmall"):
        if line.response_id is not None:
            link(md(line.name), "portal_forms", icon=":material/description:", response=line.response_id)
        else:
            st.text(line.name)
        when = moment(line.submitted_at, page.zone) if line.submitted_at else ""
        replaced = ", replaced since" if line.replaced else ""
        st.caption(md(f"{line.capacity}, {when}{replaced}"))


me = require_portal("portal_forms")
assignment_id, response_id = navigation.selected("assignment"), navigation.selected("response")
if assignment_id is not None:
    portal_sheet.show(me, read(my_sheet, me, assignment_id))
    st.stop()
if response_id is not None:
    portal_sheet.paper(me, read(my_response, me, response_id))
    st.stop()
found = read(my_forms, me)
st.title("Forms", anchor=False)
if found.refusal:
    st.warning(md(found.refusal), icon=":material/block:")
if not found.open:
    st.text("Nothing is to be filled in.")
first = next((form for form in found.open if not form.refusal), None)
for form in found.open:
    to_fill(me, found, form, first=form is first)
if found.done:
    st.subheader("Handed in", anchor=False)
    for form in found.done:
        handed_in(found, form)
