"""Who consented to each participant's treatment, on the case page; and the practice's ages for it (A20)."""

import streamlit as st

from practicerunner.rules.consent_basis import OLDEST, YOUNGEST
from practicerunner.rules.note_details import STATES
from practicerunner.ui.forms import Form
from practicerunner.ui.perform import read
from practicerunner.ui.text import day, md
from practicerunner.vocabulary import Action, ConsentBasis, Resource
from practicerunner.workflows.access import Actor, may
from practicerunner.workflows.clients import CasePage
from practicerunner.workflows.consent_basis import (
    AgeLine,
    ConsentView,
    SetConsentBasis,
    SetStateAge,
    consent_concern,
    consent_of_case,
    set_consent_basis,
    set_state_age,
    state_ages,
)


def show(actor: Actor, page: CasePage) -> None:
    """Draw the block, where there is somebody of whom it has to be said."""
    views = [one for one in read(consent_of_case, actor, page.case_id)
             if one.is_minor or one.basis or one.is_represented]
    if not views:
        return
    with st.container(border=True):
        st.subheader("Who consented to treatment", anchor=False)
        for view in views:
            with st.container(gap="xsmall"):
                st.text(f"{view.name}, {view.age}" if view.age is not None else view.name)
                st.caption(md(_stands(view)))
                if view.concern:
                    st.caption(md(f"Said before it was set: {view.concern}"))
                if view.is_confidential:
                    st.caption("What is booked, uploaded or given to fill in is confidential to them by default.")
                if may(actor, Action.UPDATE, Resource.DEMOGRAPHICS) and st.button(
                    "Change" if view.basis else "Say who consented", key=f"consent.{view.person_id}", type="tertiary"
                ):
                    basis_dialog(actor, page, view)


def _stands(view: ConsentView) -> str:
    if view.basis is None or view.since is None:
        return "Nobody has said who consented."
    state = f", by the age for {view.state}" if view.state else ""
    reason = f": {view.reason}" if view.reason else ""
    return f"{view.basis.label}{state} · since {day(view.since, view.today)}, by {view.decided_by}{reason}"


@st.dialog("Who consented to treatment")
def basis_dialog(actor: Actor, page: CasePage, view: ConsentView) -> None:
    """Who, since when, and what follows from it."""
    form = Form(f"consent.{view.person_id}.{view.basis}.{view.since}")
    st.text(f"{view.name}, {view.age}" if view.age is not None else view.name)
    options = list(ConsentBasis)
    basis = form.choice(
        "basis", "Consent was given by", options, format_func=lambda one: one.label,
        index=options.index(view.basis) if view.basis else None, placeholder="Choose",
    )
    since = form.date("since", "Since", view.since or view.today, max_value=view.today)
    state, concern, confirmed = "", "", False
    if basis is ConsentBasis.MINOR:
        known = [one.state for one in read(state_ages, actor)]
        known += [one for one in sorted(STATES) if one not in known]
        state = form.choice(
            "state", "By the age for the state", known, index=known.index(view.state) if view.state else None,
            placeholder="Choose the client's state",
            help="An owner keeps the ages under Practice settings, Minors.",
        ) or ""
        concern = read(consent_concern, actor, view.person_id, state)
        if concern:
            st.warning(md(concern))
            confirmed = form.tick("confirmed", "It is so all the same, for the reason below")
        st.text("Appointments since then become confidential to them: nobody who acts for them comes across these. You "
                "can change it for each.")
        if view.shares_mailbox:
            st.info("Somebody else has the same e-mail address, so no reminders of these are sent.")
    reason = form.text("reason", "Reason" if concern or view.basis else "Reason (optional)", max_chars=300,
                       placeholder="for instance what was seen or talked about")
    if st.button("Save", type="primary", key=form.field_key("save"), disabled=basis is None):
        done, _ = form.submit(set_consent_basis, actor, lambda: SetConsentBasis(
            op=form.op, case_id=page.case_id, person_id=view.person_id, basis=basis, since=since, state=state,
            reason=reason, confirmed=confirmed), "Saved")
        if done:
            st.rerun()


# --- The practice's ages


def ages_form(actor: Actor) -> None:
    """From which age a minor's own consent is taken in each state; examples until somebody confirms them."""
    with st.container(horizontal=True, horizontal_alignment="distribute", vertical_alignment="center"):
        st.text("From which age you take a minor's own consent. Examples count for nothing: look the age up, then "
                "confirm it or change it.", width="stretch")
        if st.button("Another state", icon=":material/add:", key="state_age.new"):
            age_dialog(actor, None)
    for line in read(state_ages, actor):
        with st.container(border=True, horizontal=True, vertical_alignment="center",
                          horizontal_alignment="distribute"):
            with st.container(horizontal=True, vertical_alignment="center", width="content"):
                st.text(f"{line.state}: from {line.age}", width="content")
                if line.confirmed_on is not None:
                    st.badge("Confirmed", color="primary")
                    st.text(f"by {line.confirmed_by} on {day(line.confirmed_on)}", width="content")
                else:
                    st.badge("Example, to be confirmed" if line.is_example else "To be confirmed", color="orange")
            if st.button("Change" if line.confirmed_on else "Confirm or change", key=f"state_age.{line.state}"):
                age_dialog(actor, line)


@st.dialog("Age for a minor's own consent")
def age_dialog(actor: Actor, line: AgeLine | None) -> None:
    """State, age, and that somebody has looked it up."""
    form = Form(f"state_age.{line.state if line else 'new'}.{line.revision if line else 0}")
    if line is not None:
        state = line.state
        st.text(f"State: {state}")
    else:
        known = {one.state for one in read(state_ages, actor)}
        state = form.choice("state", "State", [one for one in sorted(STATES) if one not in known], index=None,
                            placeholder="Choose") or ""
    age = form.number("age", "From this age", line.age if line else OLDEST, min_value=YOUNGEST, max_value=OLDEST)
    confirmed = form.tick("confirmed", "I have looked it up, and it is right for this practice",
                          line is not None and line.confirmed_on is not None)
    if st.button("Save", type="primary", key=form.field_key("save")):
        done, _ = form.submit(set_state_age, actor, lambda: SetStateAge(
            op=form.op, state=state, revision=line.revision if line else 0, age=age, confirmed=confirmed), "Saved")
        if done:
            st.rerun()
