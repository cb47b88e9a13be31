"""The record of several people: to whom it is to go, whose authorisation is there, and the extract of one of them."""

from collections.abc import Mapping
from datetime import timedelta

import streamlit as st

from practicerunner.ui.form_sheet import choose_signer
from practicerunner.ui.forms import Form
from practicerunner.ui.identity import in_dialog
from practicerunner.ui.perform import perform, read
from practicerunner.ui.status import badge
from practicerunner.ui.text import day, md
from practicerunner.vocabulary import AuthorizationState
from practicerunner.workflows.access import Actor
from practicerunner.workflows.releases import (
    CaseReleases,
    DropRelease,
    PrepareRelease,
    RecordAuthorization,
    Release,
    WithdrawAuthorization,
    Word,
    drop_release,
    prepare_release,
    record_authorization,
    releases_of_case,
    withdraw_authorization,
)

PDF = ":material/picture_as_pdf:"
USUALLY = timedelta(days=365)


@st.dialog("Release of the record", width="large")
def release_dialog(actor: Actor, case_id: int, extracts: Mapping[int, str]) -> None:
    """What is collected and what may go out; it stays open from one step to the next."""
    found = read(releases_of_case, actor, case_id)
    if found is None:
        return
    st.text("This record is about several people. It goes out once each adult among them has authorised it in writing, "
            "also those who have left. From then on single notes can be printed too.")
    for one in found.releases:
        _release(actor, case_id, found, one)
    with st.expander("Prepare a release", icon=":material/outgoing_mail:", expanded=not found.releases):
        _prepare(actor, case_id, found)
    st.markdown("**Or an extract for one of them**")
    st.text("What is about that person alone: their attendance, forms, documents and own notes. Notes on what took "
            "place together are not in it, and the others' names are removed. Read it before you hand it out.")
    with st.container(horizontal=True):
        for person_id, name in extracts.items():
            st.link_button(md(name), f"/files/record/{case_id}.pdf?person={person_id}", icon=PDF)


def _again() -> None:
    """Draw the dialog anew with what was done; where it is the whole page, the page."""
    st.rerun(scope="fragment" if in_dialog() else "app")


def _release(actor: Actor, case_id: int, found: CaseReleases, one: Release) -> None:
    with st.container(border=True, gap="small"):
        st.markdown(f"**To {md(one.recipient)}**")
        st.caption(md(one.purpose))
        for word in one.words:
            _word(actor, found, one, word)
        if one.blocked:
            st.warning(md(one.blocked), icon=":material/block:")
            with st.expander("Record an authorisation", icon=":material/draw:"):
                _authorize(actor, found, one)
        else:
            st.link_button("Download PDF", f"/files/record/{case_id}.pdf?release={one.release_id}", type="primary",
                           icon=PDF)
        if not one.is_sent and st.button("Not needed any more", type="tertiary", key=f"drop.{one.release_id}",
                                         help="It leaves this list and nothing waits for it; what was signed is kept."):
            done, _ = perform(drop_release, actor, lambda: DropRelease(release_id=one.release_id),
                              done="Release dropped")
            if done:
                _again()


def _word(actor: Actor, found: CaseReleases, one: Release, word: Word) -> None:
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        badge(word.state)
        until = f", until {day(word.expires_on, found.today)}" if word.expires_on is not None else ""
        who = word.capacity or word.name
        st.text(f"{who}{until if word.state is not AuthorizationState.WITHDRAWN else ''}", width="content")
        given = word.authorization_id
        if given is not None and st.button("Taken back", type="tertiary", key=f"withdraw.{given}",
                                           help="They have withdrawn it: from now on it counts no more."):
            done, _ = perform(withdraw_authorization, actor, lambda: WithdrawAuthorization(authorization_id=given),
                              done="Authorisation withdrawn")
            if done:
                _again()


def _authorize(actor: Actor, found: CaseReleases, one: Release) -> None:
    form = Form(f"authorize.{one.release_id}")
    waiting = {word.person_id: word for word in one.words if word.state is not AuthorizationState.AUTHORIZED}
    person = form.choice("person_id", "Who has signed", list(waiting), format_func=lambda key: waiting[key].name)
    chosen = waiting[person]
    signer = choose_signer(form, person, chosen.name, chosen.signers, "Signed by")
    left, right = st.columns(2)
    with left:
        signed_on = form.date("signed_on", "Date on the paper", found.today, max_value=found.today)
    with right:
        expires_on = form.date("expires_on", "Counts until", found.today + USUALLY, min_value=found.today)
    if st.button("Record", type="primary", key=form.field_key("save")):
        done, _ = form.submit(record_authorization, actor, lambda: RecordAuthorization(
            op=form.op, release_id=one.release_id, person_id=person, signed_on=signed_on, expires_on=expires_on,
            **signer,
        ), "Authorisation recorded")
        if done:
            _again()


def _prepare(actor: Actor, case_id: int, found: CaseReleases) -> None:
    form = Form(f"release.{case_id}")
    to = form.choice("to_person_id", "To whom", [None, *found.people],
                     format_func=lambda key: found.people.get(key, "Somebody else"))
    recipient = ""
    if to is None:
        recipient = form.text(
            "recipient", "Name of the person or office", placeholder="For instance: Dr. Ana Ruiz, Albany")
    purpose = form.text("purpose", "What for", placeholder="For instance: continuing care")
    if st.button("Prepare", type="secondary", key=form.field_key("save")):
        done, _ = form.submit(prepare_release, actor, lambda: PrepareRelease(
            op=form.op, case_id=case_id, to_person_id=to, recipient=recipient, purpose=purpose,
        ), "Release prepared; record who has authorised it")
        if done:
            _again()
