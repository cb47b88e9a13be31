"""Good faith estimates on a case's page: who is due one and by when, preparing, sharing, and the bills against each.

Not drawn where the kind of case has none.
"""

from collections.abc import Sequence
from datetime import date

import pandas as pd
import streamlit as st

from practicerunner.money import dollars
from practicerunner.rules.case_types import capabilities
from practicerunner.ui import follow_up_form, missing_list, navigation
from practicerunner.ui.account_tables import MONEY
from practicerunner.ui.estimate_dialogs import ask_dialog, estimate_dialog, line_table
from practicerunner.ui.forms import Form
from practicerunner.ui.perform import glance, perform, read
from practicerunner.ui.text import age, count, day, md
from practicerunner.ui.work_filters import narrow, of_case
from practicerunner.vocabulary import Action, EstimateCause, EstimateWarning, Resource, ShareChannel
from practicerunner.workflows.access import Actor, may
from practicerunner.workflows.calendar import wall_clock
from practicerunner.workflows.estimate_pages import (
    DraftView,
    EstimateBlock,
    SharedView,
    estimate_block,
)
from practicerunner.workflows.estimates import (
    DiscardDraft,
    SetClaims,
    ShareAgain,
    ShareEstimate,
    discard_estimate,
    set_claims,
    share_estimate,
    share_estimate_again,
)
from practicerunner.workflows.estimates_due import EstimateDue, estimates_due
from practicerunner.workflows.follow_up import ToContact, case_facts, whom_to_contact


def show(actor: Actor, case_id: int) -> None:
    """Draw the block."""
    if not may(actor, Action.READ, Resource.SUPERBILLS):
        return
    block, _ = glance(estimate_block, actor, case_id)
    if block is None:
        return
    makes = may(actor, Action.CREATE, Resource.SUPERBILLS)
    with st.container(border=True):
        with st.container(horizontal=True, horizontal_alignment="distribute", vertical_alignment="center"):
            st.subheader("Good faith estimates", anchor=False)
            if makes and block.people and not block.claims:
                with st.container(horizontal=True, width="content"):
                    if st.button("Record a request", key="ask_estimate"):
                        ask_dialog(actor, case_id, block)
                    if st.button("Create estimate", key="create_estimate"):
                        estimate_dialog(actor, case_id, block, None, None)
        if makes:
            _claims(actor, case_id, block)
        if block.claims:
            st.text("Insurance claims are made for this case, so no estimate is due.")
        for due in block.due:
            _due(due, block.today)
        for draft in block.drafts:
            _draft(actor, case_id, block, draft, makes=makes and not block.claims)
        if block.shared:
            _shared(actor, case_id, block, makes=makes)
        elif not block.drafts and not block.claims:
            st.text("No estimate yet. It tells somebody who pays for themselves what the care is expected to cost.")


def _claims(actor: Actor, case_id: int, block: EstimateBlock) -> None:
    form = Form(f"claims.{case_id}.{block.claims}")
    chosen = form.tick(
        "claims", "Insurance claims are made for this case", block.claims,
        help="Estimates are for self-pay care. A superbill that the client hands in is no claim of yours.",
    )
    if chosen != block.claims:
        done, _ = form.submit(
            set_claims, actor, lambda: SetClaims(op=form.op, case_id=case_id, claims=chosen), "Saved")
        if done:
            st.rerun()


def _due(due: EstimateDue, today: date) -> None:
    about = f", {day(due.service_on, today)}" if due.service_on else ""
    late = " (overdue)" if due.due_on < today else ""
    sentence = f"{due.name}: an estimate is due by {day(due.due_on, today)}{late}. {due.why}{about}."
    if due.due_on < today:
        st.error(md(sentence), icon=":material/event_busy:")
    else:
        st.info(md(sentence), icon=":material/event:")


def _draft(actor: Actor, case_id: int, block: EstimateBlock, draft: DraftView, *, makes: bool) -> None:
    with st.container(border=True):
        with st.container(horizontal=True, vertical_alignment="center", horizontal_alignment="distribute"):
            after = f", replaces {draft.replaces}" if draft.replaces else ""
            st.text(f"Prepared for {draft.name}{after}: {dollars(draft.preview.total_cents)}", width="content")
            if makes:
                with st.container(horizontal=True, vertical_alignment="center", width="content"):
                    if st.button("Change", key=f"change_estimate.{draft.draft_id}", type="tertiary"):
                        estimate_dialog(actor, case_id, block, draft, None)
                    if st.button("Discard", key=f"discard_estimate.{draft.draft_id}", type="tertiary"):
                        done, _ = perform(
                            discard_estimate, actor,
                            lambda: DiscardDraft(draft_id=draft.draft_id, revision=draft.revision),
                            done="Estimate discarded")
                        if done:
                            st.rerun()
                    if not draft.preview.missing and st.button(
                        "Share", key=f"share_estimate.{draft.draft_id}", type="primary"
                    ):
                        _share_dialog(actor, draft)
        missing_list.show(actor, case_id, draft.preview.missing)


@st.dialog("Share the estimate")
def _share_dialog(actor: Actor, draft: DraftView) -> None:
    st.text(f"{draft.name} is given the estimate of {dollars(draft.preview.total_cents)}. It gets its number and the "
            "date of today, and never changes after that; a change makes a new version.")
    line_table(draft.preview.lines)
    form = Form(f"share.{draft.draft_id}.{draft.revision}")
    channel = _channel(form)
    if st.button("Share the estimate", type="primary", key=form.field_key("save")):
        done, _ = form.submit(share_estimate, actor, lambda: ShareEstimate(
            op=form.op, draft_id=draft.draft_id, revision=draft.revision, channel=channel), "Estimate shared")
        if done:
            st.rerun()


def _channel(form: Form) -> ShareChannel:
    chosen: ShareChannel = form.choice(
        "channel", "How it is given", list(ShareChannel), format_func=lambda one: one.label,
        help="On paper or electronically, as the client chose.")
    return chosen


def _shared(actor: Actor, case_id: int, block: EstimateBlock, *, makes: bool) -> None:
    rows = block.shared
    frame = pd.DataFrame({
        "Number": [one.number for one in rows],
        "Version": [str(one.version) for one in rows],
        "Client": [one.name for one in rows],
        "Shared": [day(one.shared_on, block.today) for one in rows],
        "Covers": [f"{day(one.first_on)} to {day(one.last_on)}" for one in rows],
        "Total": [dollars(one.total_cents) for one in rows],
        "Billed so far": [dollars(one.watch.billed_cents) for one in rows],
        "State": [_state(one, block.today) for one in rows],
    })
    for one in rows:
        if one.watch.warning is EstimateWarning.EXCEEDED:
            _exceeded(one, block.today)
        elif one.watch.warning is EstimateWarning.NOTICE:
            st.warning(f"{one.number}: {md(one.watch.warning.label)}.", icon=":material/info:")
    chosen = st.dataframe(
        frame, hide_index=True, on_select="rerun", selection_mode="single-row", key="case_estimates",
        alt="Good faith estimates", column_config={"Total": MONEY, "Billed so far": MONEY},
    )["selection"]["rows"]
    if not chosen or chosen[0] >= len(rows):
        st.caption("Choose a row to see its lines, to open the paper or to make the next version.")
        return
    _panel(actor, case_id, block, rows[chosen[0]], makes=makes)


def _state(one: SharedView, today: date) -> str:
    if one.stands is None:
        return "Over" if one.is_current else "Replaced"
    if one.change is not None:
        return one.change[1].label
    first, last = one.stands
    if one.is_current:
        return "In force"
    return f"From {day(first, today)}" if first > max(today, one.first_on) else f"Until {day(last, today)}"


def _exceeded(one: SharedView, today: date) -> None:
    """That the bills are so far above an estimate, and how long the client may dispute them; it stays known."""
    until = one.watch.disputable_until
    sentence = f"{one.number}: {EstimateWarning.EXCEEDED.label}."
    if until is not None and until >= today:
        st.error(md(f"{sentence} The client may dispute the bill until {day(until, today)}."), icon=":material/flag:")
    else:
        st.info(md(f"{sentence} The time to dispute the bill is over."), icon=":material/flag:")


def _panel(actor: Actor, case_id: int, block: EstimateBlock, one: SharedView, *, makes: bool) -> None:
    with st.container(horizontal=True, vertical_alignment="center", border=True):
        st.text(f"{one.number}, {one.name}")
        if may(actor, Action.EXPORT, Resource.SUPERBILLS):
            st.link_button("PDF", f"/files/good_faith_estimate/{one.estimate_id}.pdf", icon=":material/picture_as_pdf:")
        if makes and st.button("Shared again", key="share_again"):
            _again_dialog(actor, one)
        if makes and one.is_current and not block.claims and st.button("New version", key="new_version"):
            estimate_dialog(actor, case_id, block, None, one)
    line_table(one.lines)
    for delivery, by in one.deliveries:
        st.caption(md(f"{day(delivery.shared_on, block.today)}: {delivery.channel.label.lower()}, {by}"))


@st.dialog("Shared again")
def _again_dialog(actor: Actor, one: SharedView) -> None:
    st.text(f"Write down that {one.name} was given {one.number} once more today.")
    form = Form(f"share_again.{one.estimate_id}")
    channel = _channel(form)
    if st.button("Write it down", type="primary", key=form.field_key("save")):
        done, _ = form.submit(share_estimate_again, actor, lambda: ShareAgain(
            op=form.op, estimate_id=one.estimate_id, channel=channel), "Written down")
        if done:
            st.rerun()


def due_list(actor: Actor) -> None:
    """Everybody who has to be given an estimate, over the whole practice, the earliest day first."""
    rows: Sequence[EstimateDue] = read(estimates_due, actor)
    if not rows:
        st.text("Nobody waits for an estimate. Somebody appears here when an appointment is booked at least three "
                "business days ahead, or when they asked what care will cost.")
        return
    today = read(wall_clock, actor).date()
    known = read(case_facts, actor, {one.case_id for one in rows})
    rows = narrow([one for one in rows if one.case_id in known], lambda one: of_case(
        known[one.case_id], max((today - one.due_on).days, 0)), "estimates", person="Provider")
    late = sum(one.due_on < today for one in rows)
    st.text(f"{count(len(rows), 'estimate')} due" + (f", {late} overdue" if late else ""))
    whom = read(whom_to_contact, actor, {one.case_id for one in rows})
    done = [follow_up_form.latest(whom.get(one.case_id, ())) for one in rows]
    frame = pd.DataFrame({
        "Due": [_by(one, today) for one in rows],
        "For": [
            f"{one.name}, {one.case_name}" if capabilities(known[one.case_id].case_type).charged_each
            and capabilities(known[one.case_id].case_type).most != 1 else one.case_name for one in rows],
        "Payer": [follow_up_form.names(whom.get(one.case_id, ())) for one in rows],
        "Why": [_why(one, today) for one in rows],
        "Amount": ["" if one.amount_cents is None else dollars(one.amount_cents) for one in rows],
        "Last contact": [follow_up_form.last_contact(one, today) for one in done],
        "Next action": [follow_up_form.next_action(one, today) for one in done],
    })
    chosen = st.dataframe(
        frame, hide_index=True, on_select="rerun", selection_mode="single-row", key="estimates_due",
        alt="Estimates due", column_config={
            "Due": st.column_config.Column(width=132), "For": st.column_config.Column(width=115),
            "Payer": st.column_config.Column(width=103), "Why": st.column_config.Column(width=200),
            "Amount": st.column_config.Column(width=68, alignment="right"), **follow_up_form.WIDTHS},
    )["selection"]["rows"]
    if chosen and chosen[0] < len(rows):
        _work(actor, rows[chosen[0]], whom.get(rows[chosen[0]].case_id, ()), today)
    else:
        st.caption("Choose a row to make the estimate or to enter a contact.")


def _by(one: EstimateDue, today: date) -> str:
    late = f" ({age((today - one.due_on).days)})" if one.due_on < today else ""
    return f"{day(one.due_on, today)}{late}"


def _work(actor: Actor, due: EstimateDue, whom: Sequence[ToContact], today: date) -> None:
    """What can be done about one that is due, without leaving the list."""
    block, _ = glance(estimate_block, actor, due.case_id)
    with st.container(horizontal=True, vertical_alignment="center"):
        navigation.link(md(f"Case: {due.case_name}"), "case", case=due.case_id, part="billing")
        if block is not None and may(actor, Action.CREATE, Resource.SUPERBILLS):
            draft = next((one for one in block.drafts if one.person_id == due.person_id), None)
            if draft is not None and not draft.preview.missing and st.button(
                "Share the estimate", key="share_due", type="primary"
            ):
                _share_dialog(actor, draft)
            if st.button("Change the estimate" if draft else "Make the estimate", key="make_due",
                         type="secondary" if draft else "primary"):
                before = None if draft else _before(block, due)
                estimate_dialog(actor, due.case_id, block, draft, before, person_id=due.person_id,
                                renewed=due.cause is EstimateCause.RENEWAL)
        if may(actor, Action.CREATE, Resource.INVOICES):
            follow_up_form.about_case(actor, due.case_id, whom, today, f"estimate.{due.case_id}")


def _before(block: EstimateBlock, due: EstimateDue) -> SharedView | None:
    """The version that the new one takes the place of."""
    return next((one for one in block.shared if one.estimate_id == due.estimate_id), None)


def _why(one: EstimateDue, today: date) -> str:
    when = f", {day(one.service_on, today)}" if one.service_on else ""
    return f"{one.why}{when}"
