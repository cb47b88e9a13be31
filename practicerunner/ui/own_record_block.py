"""Who a member of staff is as a client of the practice: what is theirs is closed to them by the staff's way."""

import streamlit as st

from practicerunner.records.staff import Staff
from practicerunner.ui.forms import Form
from practicerunner.ui.perform import read
from practicerunner.ui.person_form import find_person
from practicerunner.ui.text import md
from practicerunner.workflows.access import Actor
from practicerunner.workflows.own_records import SetOwnRecord, own_records, set_own_record


def show(actor: Actor, person: Staff) -> None:
    """Say whether somebody is a client as well, and let that be set; for whoever manages users."""
    known = read(own_records, actor).get(person.id, "")
    with st.container(horizontal=True, vertical_alignment="center"):
        st.text(f"Also a client of the practice: {known}" if known
                else "No client of the practice, as far as is known.", width="content")
        if st.button("Change who" if known else "Is a client too", type="tertiary", key=f"own_record.{person.id}"):
            own_record_dialog(actor, person, known)


@st.dialog("Also a client of the practice")
def own_record_dialog(actor: Actor, person: Staff, known: str) -> None:
    """Search the client who they are, or say that they are none."""
    form = Form(f"own_record.{person.id}.{person.revision}")
    st.markdown(f"**{md(person.name)}**")
    st.text("Whatever their roles are, they then open nothing of their own: case, notes, billing, documents, messages. "
            "What is theirs they find in the portal, like every client.")
    chosen = find_person(actor, form, "person_id", "Search who they are as a client")

    def save(person_id: int | None) -> None:
        done, _ = form.submit(set_own_record, actor, lambda: SetOwnRecord(
            op=form.op, staff_id=person.id, revision=person.revision, person_id=person_id), "Saved")
        if done:
            st.rerun()

    with st.container(horizontal=True):
        if st.button("Save", type="primary", key=form.field_key("save"), disabled=chosen is None):
            save(chosen[0] if chosen else None)
        if known and st.button("No client any more", key=form.field_key("none")):
            save(None)
