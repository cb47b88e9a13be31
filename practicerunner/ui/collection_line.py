"""What happens by itself once somebody of a case has attended, and the way to decide otherwise for this case."""

import streamlit as st

from practicerunner.ui.forms import Form
from practicerunner.ui.perform import read
from practicerunner.ui.text import day, md
from practicerunner.vocabulary import Action, CollectionPolicy, Resource
from practicerunner.workflows.access import Actor, may
from practicerunner.workflows.collection import Collection, SetCaseCollection, case_collection, set_case_collection


def show(actor: Actor, case_id: int) -> None:
    """One line; nothing for those who may not read invoices."""
    if not may(actor, Action.READ, Resource.INVOICES):
        return
    found = read(case_collection, actor, case_id)
    with st.container(horizontal=True, vertical_alignment="center"):
        whose = f"decided for this case by {found.by}, {day(found.since)}" if found.own and found.since else (
            "as in the practice")
        st.caption(md(f"After an attendance: {found.policy.label[:1].lower()}{found.policy.label[1:]} ({whose})"),
                   width="content")
        if may(actor, Action.MANAGE, Resource.INVOICES) and st.button(
            "Change", key="change_collection", type="tertiary"
        ):
            case_dialog(actor, case_id, found)


@st.dialog("After an attendance")
def case_dialog(actor: Actor, case_id: int, found: Collection) -> None:
    """What is to happen in this case; nothing chosen means as in the practice."""
    form = Form(f"collection.{case_id}.{found.revision}")
    choices = [None, *CollectionPolicy]
    chosen = form.choice(
        "policy", "In this case", choices, index=choices.index(found.own),
        format_func=lambda one: one.label if one else f"As in the practice: {found.inherited.label}",
    )
    st.caption("It counts for appointments from today on. Nothing is charged by itself: a saved card is noted as due, "
               "and a person charges it.")
    if st.button("Save", type="primary", key="save_collection"):
        done, _ = form.submit(
            set_case_collection, actor,
            lambda: SetCaseCollection(op=form.op, case_id=case_id, revision=found.revision, policy=chosen),
            "Saved what happens after an attendance",
        )
        if done:
            st.rerun()
