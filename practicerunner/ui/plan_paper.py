"""A treatment plan reads like paper: numbered parts, where each objective stands, what changed, who has agreed."""

import streamlit as st

from practicerunner.rules import plans as rule
from practicerunner.rules.plans import Goal, Intervention, Objective, Problem, Spot
from practicerunner.ui.form_sheet import choose_signer
from practicerunner.ui.forms import Form
from practicerunner.ui.navigation import link
from practicerunner.ui.status import badge
from practicerunner.ui.text import day, md
from practicerunner.vocabulary import AgreedHow
from practicerunner.workflows.access import Actor
from practicerunner.workflows.plan_agreements import RecordAgreement, record_agreement
from practicerunner.workflows.plans import MayAgree, PlanPage


def show(page: PlanPage) -> None:
    """Draw what the plan says."""
    for spot in rule.spots(page.plan):
        _part(spot)
    with st.container(gap="xxsmall"):
        if page.plan.is_over:
            st.text("Every goal is reached or dropped; this plan has come to its end.")
        elif page.plan.review_on is not None:
            st.text(f"Next review {day(page.plan.review_on)}")
    if page.previous_id is not None and page.previous_on is not None:
        link(md(f"Plan before this one, of {day(page.previous_on)}"), "note", icon=":material/history:",
             note=page.previous_id)
        if page.changes:
            with st.expander("Changed since then", expanded=True):
                for sentence in page.changes:
                    st.text(sentence)


def _part(spot: Spot) -> None:
    part = spot.part
    with st.container(gap="xxsmall"):
        if isinstance(part, Problem):
            st.subheader(f"{spot.number} Problem", anchor=False)
            st.text(part.text)
            if part.codes.strip():
                st.text(f"Codes: {part.codes}")
        elif isinstance(part, Goal):
            st.markdown(f"**{spot.number} Goal**")
            st.text(part.text)
        elif isinstance(part, Objective):
            with st.container(horizontal=True, vertical_alignment="center", gap="small"):
                st.markdown(f"**{spot.number} Objective**", width="content")
                badge(part.status)
                if part.status_on is not None:
                    st.text(f"since {day(part.status_on)}", width="content")
            st.text(part.text)
            target = f" · Target {day(part.target_on)}" if part.target_on is not None else ""
            st.text(f"Measured by {part.measure}{target}")
        elif isinstance(part, Intervention):
            st.markdown(f"**{spot.number} Intervention**")
            st.text(part.text)


def agreements(actor: Actor, page: PlanPage) -> None:
    """Who has agreed, beneath the signatures; and where an agreement is recorded."""
    for line in page.agreements:
        with st.container(gap="xxsmall"):
            verified = f" Verified: {line.authority}." if line.authority else ""
            st.text(f"{line.sentence}.{verified} Recorded by {line.recorded_by}.")
    if page.may_agree:
        with st.popover("Record agreement", icon=":material/handshake:"):
            record(actor, page)


def record(actor: Actor, page: PlanPage) -> None:
    """Somebody agrees: here, by typing their name, or on paper."""
    form = Form(f"agree.{page.note_id}")
    people = {one.person_id: one for one in page.may_agree}
    person = next(iter(people))
    if len(people) > 1:
        person = form.choice("person_id", "Whose agreement", list(people), format_func=lambda one: people[one].name)
    else:
        form.place("person_id")
    somebody: MayAgree = people[person]
    if len(people) == 1:
        st.text(f"{somebody.name} agrees to the plan of {day(page.on)}.")
    signer = choose_signer(form, person, somebody.name, somebody.signers, "Who agrees")
    how = form.choice("how", "How", list(AgreedHow), format_func=lambda word: word.label)
    signature, agreed_on = "", None
    if how is AgreedHow.AT_SCREEN:
        signature = form.text("signature", "Name, typed by whoever agrees", autocomplete="off")
    else:
        agreed_on = form.date("agreed_on", "Date on the paper", page.today, min_value=page.on, max_value=page.today)
    if st.button("Record", type="primary", key=form.field_key("save")):
        done, _ = form.submit(record_agreement, actor, lambda: RecordAgreement(
            op=form.op, note_id=page.note_id, version=page.version, person_id=person, how=how, signature=signature,
            agreed_on=agreed_on, **signer,
        ), "Agreement recorded")
        if done:
            st.rerun()
