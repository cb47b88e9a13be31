"""Requests to amend the record in lists: those of a case, with one to write down, and those that wait for an answer."""

from datetime import date

import streamlit as st

from practicerunner.rules.amendments import left_in_words
from practicerunner.ui.form_sheet import choose_signer
from practicerunner.ui.forms import Form
from practicerunner.ui.navigation import go, link, may_open
from practicerunner.ui.perform import read
from practicerunner.ui.text import day, md
from practicerunner.vocabulary import AmendmentChannel
from practicerunner.workflows.access import Actor
from practicerunner.workflows.amendment_lists import (
    AmendmentLine,
    Asking,
    CaseAmendments,
    amendment_to_record,
    amendments_due,
    amendments_of_case,
)
from practicerunner.workflows.amendments import RecordAmendment, record_amendment

ICON = ":material/rate_review:"


def button(actor: Actor, case_id: int) -> CaseAmendments:
    """The button that writes a request down, for whoever may; returns what is there."""
    found = read(amendments_of_case, actor, case_id)
    if found.may_record and st.button("Request to amend", icon=ICON, key=f"amendment.{case_id}.open", type="tertiary",
                                      help=f"A {found.called} asks for the {found.word} to be changed."):
        record_dialog(actor, case_id, found)
    return found


def show(actor: Actor, found: CaseAmendments) -> None:
    """The requests of a case, each with its due date or its answer."""
    for one in found.lines:
        with st.container(horizontal=True, vertical_alignment="center"):
            said, when = f"Request to amend the {one.word} of {one.person}", day(one.received_on)
            if one.can_open and may_open(actor, "amendment"):
                link(md(said), "amendment", icon=ICON, amendment=one.amendment_id)
                standing(one)
                st.text(f"Received {when}", width="content")
            else:
                st.text(f"{said}, received {when}", width="content")
                standing(one)
        if one.remedy:
            st.warning(md(one.remedy), icon=":material/person_alert:")


def standing(one: AmendmentLine) -> None:
    """Until when it is answered, or what became of it."""
    if one.is_open:
        st.badge("Overdue" if one.overdue else f"Due {day(one.due_on)}", color="red" if one.overdue else "orange")
        if one.overdue:
            st.text(f"was due {day(one.due_on)}", width="content")
    else:
        st.badge(one.decision.label if one.decision is not None else "Answered", color="gray")


def show_due(actor: Actor, today: date) -> None:
    """What waits for the actor's answer, the first received first."""
    found = read(amendments_due, actor)
    if not found:
        return
    st.subheader(f"Requests to amend ({len(found)})", anchor=False)
    for one in found:
        with st.container(horizontal=True, vertical_alignment="center"):
            said = md(f"{one.word.capitalize()} of {one.person}")
            if one.is_mine:
                link(said, "amendment", icon=ICON, amendment=one.amendment_id)
            else:
                link(said, "case", icon=ICON, case=one.case_id, part="clinical")
            if one.overdue:
                st.badge("Overdue", color="red")
            place = ", as supervisor" if one.in_my_place else "" if one.is_mine else f"; {one.lacks}"
            words = left_in_words(one.due_on, today)
            st.text(f"Received {day(one.received_on)}, {words}{place}", width="content")


@st.dialog("Request to amend", width="large")
def record_dialog(actor: Actor, case_id: int, found: CaseAmendments) -> None:
    """What was asked, by whom and how; its 60 days count from when it was received."""
    able = read(amendment_to_record, actor, case_id)
    form = Form(f"amendment.{case_id}")
    st.text("It is answered within 60 days after it was received. Nobody but who reads the notes reads this text.")
    if not able.people:
        st.text("Nobody takes part yet.")
        return
    person = next(iter(able.people))
    if len(able.people) > 1:
        person = form.choice("person_id", f"Whose {found.word}", list(able.people), format_func=able.people.__getitem__)
    signer = choose_signer(form, person, able.people[person], able.signers[person], "Who asks",
                           refusal=able.refusals.get(person, ""))
    left, right = st.columns(2)
    with left:
        received_on = form.date("received_on", "Received on", able.today, max_value=able.today)
    with right:
        channels = [word for word in AmendmentChannel if word is not AmendmentChannel.PORTAL]
        channel = form.choice("channel", "How it came", channels, format_func=lambda word: word.label)
    wanted = form.area("wanted", "What is to be changed, and why", height=140,
                       placeholder="As they say it. For instance: the note of 3 March says that I live alone.")
    about = _about(form, able)
    if st.button("Write down", type="primary", key=form.field_key("save")):
        done, amendment_id = form.submit(record_amendment, actor, lambda: RecordAmendment(
            op=form.op, case_id=case_id, person_id=person, received_on=received_on, channel=channel, wanted=wanted,
            **about, **signer), "Request written down")
        if done and may_open(actor, "amendment"):
            go("amendment", amendment=amendment_id)
        elif done:
            st.rerun()


def _about(form: Form, able: Asking) -> dict[str, int | None]:
    """Which note or document it is about, if that is known and the actor's to see."""
    offered = {("note_id", key): f"Note: {name}" for key, name in able.notes.items()}
    offered |= {("document_id", key): f"Document: {name}" for key, name in able.documents.items()}
    if not offered:
        return {}
    chosen = form.choice("note_id", "About", [None, *offered],
                         format_func=lambda key: offered.get(key, "Nothing in particular, or not known"))
    form.place("document_id")
    return {} if chosen is None else {chosen[0]: chosen[1]}
