"""The record of several people: to whom it is to go, whose authorisation is there, and the extract of one of them."""

from collections.abc import Mapping

import streamlit as st

from practicerunner.ui import given_words, private_release_block
from practicerunner.ui.forms import Form
from practicerunner.ui.given_words import again
from practicerunner.ui.perform import perform, read
from practicerunner.ui.text import md
from practicerunner.workflows.access import Actor
from practicerunner.workflows.releases import (
    CaseReleases,
    DropRefused,
    DropRelease,
    PrepareRelease,
    RecordAuthorization,
    Release,
    WithdrawAuthorization,
    drop_refused,
    drop_release,
    prepare_release,
    record_authorization,
    releases_of_case,
    withdraw_authorization,
)

PDF = ":material/picture_as_pdf:"


@st.dialog("Release of the record", width="large")
def release_dialog(actor: Actor, case_id: int, extracts: Mapping[int, str]) -> None:
    """What is collected and what may go out; it stays open from one step to the next."""
    found = read(releases_of_case, actor, case_id)
    if found is None:
        return
    st.text("This record is about several people. It goes out once each adult among them has authorised it in writing, "
            "also those who have left. From then on single notes can be printed too.")
    for sentence in found.refused:
        st.warning(md(sentence), icon=":material/block:")
    if found.refused and st.button("Nobody needs it", type="tertiary", key=f"refused.{case_id}.drop",
                                   help="It leaves this list; to hand the record out, prepare a release below."):
        done, _ = perform(drop_refused, actor, lambda: DropRefused(case_id=case_id), done="Taken off the list")
        if done:
            again()
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
    private_release_block.disclosures(actor, case_id)


def _release(actor: Actor, case_id: int, found: CaseReleases, one: Release) -> None:
    with st.container(border=True, gap="small"):
        st.markdown(f"**To {md(one.recipient)}**")
        st.caption(md(one.purpose))
        for word in one.words:
            given_words.row(word, found.today, "withdraw", lambda given: _take_back(actor, given))
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
                again()


def _take_back(actor: Actor, given: int) -> bool:
    done, _ = perform(withdraw_authorization, actor, lambda: WithdrawAuthorization(authorization_id=given),
                      done="Authorisation withdrawn")
    return done


def _authorize(actor: Actor, found: CaseReleases, one: Release) -> None:
    form = Form(f"authorize.{one.release_id}")
    entered = given_words.fields(form, one.words, found.today)
    if st.button("Record", type="primary", key=form.field_key("save")):
        done, _ = form.submit(record_authorization, actor, lambda: RecordAuthorization(
            op=form.op, release_id=one.release_id, person_id=entered.person_id, signed_on=entered.signed_on,
            expires_on=entered.expires_on, **entered.signer,
        ), "Authorisation recorded")
        if done:
            again()


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
            again()
