"""The billing of one appointment, on its page: what will be invoiced to whom, or the invoices there are."""

from datetime import date

import streamlit as st

from practicerunner import ids
from practicerunner.money import dollars
from practicerunner.ui import navigation, payment_form
from practicerunner.ui.forms import Form
from practicerunner.ui.perform import perform, read
from practicerunner.ui.status import badge
from practicerunner.ui.text import count, day, md
from practicerunner.vocabulary import Action, InvoiceState, Resource
from practicerunner.workflows.access import Actor, may
from practicerunner.workflows.advance import SettleAppointment, settle_appointment
from practicerunner.workflows.billing import (
    AppointmentBilling,
    InvoiceAppointment,
    InvoiceView,
    appointment_billing,
    invoice_appointment,
)
from practicerunner.workflows.waivers import MissedFee, WaiveFee, missed_fees, waive_fee


def show(actor: Actor, appointment_id: int) -> None:
    """Draw the block; nothing for those who may not read invoices."""
    if not may(actor, Action.READ, Resource.INVOICES):
        return
    billing = read(appointment_billing, actor, appointment_id)
    with st.container(border=True, height="stretch"):
        st.subheader("Billing", anchor=False)
        payment_form.offer_receipt()
        for invoice in billing.invoices:
            invoice_row(invoice, billing.today)
        _missed(actor, appointment_id, billing.today)
        payment_form.payment_buttons(actor, billing.invoices, billing.today)
        _standing(billing)
        if billing.to_settle and billing.may_invoice:
            _to_settle(actor, appointment_id)
        if billing.planned or billing.to_use:
            _planned(actor, appointment_id, billing)
        elif _nothing_stands(billing):
            st.text(billing.problem)
        _nobody_pays(billing)


def _standing(billing: AppointmentBilling) -> None:
    """What is charged already and stands on no invoice yet, and the sessions of packages that were used."""
    for plan in billing.waiting:
        _amount(plan.payer, plan.total_cents)
        st.caption(f"Waits for the invoice of the {'week' if plan.rhythm.is_weekly else 'month'}.")
    for payer, cents in billing.drafts:
        _amount(payer, cents)
        st.caption("Stands on a draft, under Billing.")
    for place in billing.used:
        _amount(place, 0)


def _nothing_stands(billing: AppointmentBilling) -> bool:
    return not (billing.waiting or billing.drafts or billing.used) and all(
        invoice.state is InvoiceState.VOID for invoice in billing.invoices)


def _nobody_pays(billing: AppointmentBilling) -> None:
    """For whom nobody is set down to pay, while others are invoiced or settled; and the way to say who does."""
    for one in billing.unsettled:
        st.text(f"Invoiced in advance, and cannot be settled. {one.reason}")
    for one in billing.left_out:
        st.text(f"Not invoiced. {one.reason}")
    if billing.unsettled or billing.left_out:
        navigation.link("Say who pays", "case", case=billing.case_id, part="billing")


def _amount(what: str, cents: int) -> None:
    with st.container(horizontal=True, horizontal_alignment="distribute"):
        st.text(what)
        st.text(dollars(cents))


def _to_settle(actor: Actor, appointment_id: int) -> None:
    """What was invoiced in advance is held against what became of the appointment."""
    st.text("Invoiced in advance. Settling credits what was invoiced too much and invoices what is missing.")
    operation = st.session_state.setdefault(f"settle.{appointment_id}", ids.new_operation())
    if st.button("Settle", type="primary", key="settle_appointment"):
        done, _ = perform(
            settle_appointment, actor, lambda: SettleAppointment(op=operation, appointment_id=appointment_id),
            done="Settled")
        if done:
            st.session_state.pop(f"settle.{appointment_id}")
            st.rerun()


def _missed(actor: Actor, appointment_id: int, today: date) -> None:
    """Fees for missed appointments: waived by whom and why, or the way to waive them."""
    found = read(missed_fees, actor, appointment_id)
    for fee in found.fees:
        whose = f", {fee.name}" if fee.name else ""
        with st.container(horizontal=True, vertical_alignment="center", horizontal_alignment="distribute"):
            st.text(f"{fee.kind.label} fee {dollars(fee.amount_cents)}{whose}", width="content")
            if fee.waived is None and found.may_waive and st.button(
                "Waive fee", key=f"waive.{fee.person_id or 0}", type="tertiary"
            ):
                waive_dialog(actor, appointment_id, fee, found.invoices_first)
        if fee.waived is not None:
            st.caption(md(f"Waived on {day(fee.waived.on, today)} by {fee.waived.by}: {fee.waived.reason}"))


@st.dialog("Waive fee")
def waive_dialog(actor: Actor, appointment_id: int, fee: MissedFee, invoices_first: int) -> None:
    """What is waived for whom, and why."""
    whose = f" of {fee.name}" if fee.name else ""
    what = f"{fee.kind.label.lower()} fee{whose}, {dollars(fee.amount_cents)},"
    st.text(f"The {what} is taken back by a credit adjustment.")
    for payer, cents in fee.payers:
        _amount(payer, cents)
    st.text("The attendance stays as recorded; the fee and the credit both stay on the account. What was paid already "
            "becomes the payer's credit.")
    if invoices_first:
        st.text(f"The appointment is not invoiced yet: {count(invoices_first, 'invoice')} will be created first.")
    form = Form(f"waive.{appointment_id}.{fee.person_id or 0}")
    reason = form.text("reason", "Reason")
    form.place("person_id")
    if st.button("Waive this fee", type="primary", key=form.field_key("save")):
        done, _ = form.submit(waive_fee, actor, lambda: WaiveFee(
            op=form.op, appointment_id=appointment_id, person_id=fee.person_id, reason=reason,
        ), f"{fee.kind.label} fee waived")
        if done:
            st.rerun()


def _planned(actor: Actor, appointment_id: int, billing: AppointmentBilling) -> None:
    st.text("Not invoiced yet. This is what will be invoiced:")
    for plan in billing.planned:
        _amount(plan.payer, plan.total_cents)
        for description, cents in plan.lines if len(plan.lines) > 1 else plan.lines[:1]:
            st.caption(md(f"{description}, {dollars(cents)}"))
        if plan.monthly:
            st.caption(f"Goes onto the invoice of the {'week' if plan.rhythm.is_weekly else 'month'}.")
    for place in billing.to_use:
        _amount(f"Uses {place}", 0)
    for hint in billing.hints:
        st.caption(hint)
    if not billing.may_invoice:
        return
    operation = st.session_state.setdefault(f"invoice.{appointment_id}", ids.new_operation())
    number = sum(not plan.monthly for plan in billing.planned)
    made = "draft" if billing.as_drafts else "invoice"
    period = "week" if any(plan.rhythm.is_weekly for plan in billing.planned if plan.monthly) else "month"
    label, said = f"Create {count(number, made)}", f"{count(number, made)} created"
    if not number and billing.planned:
        label, said = f"Charge for the invoice of the {period}", f"Charged; it waits for the invoice of the {period}"
    elif not number:
        label, said = "Use the package", "Session of the package used"
    at_once = st.button(label, type="primary", key="create_invoices", width="stretch")
    as_drafts = bool(number) and not billing.as_drafts and st.button(
        f"Make {count(number, 'draft')} first", key="create_drafts", type="tertiary",
        help="A draft can be looked at and changed under Billing before it is issued.")
    if at_once or as_drafts:
        done, ids_made = perform(
            invoice_appointment, actor, lambda: InvoiceAppointment(
                op=operation, appointment_id=appointment_id, as_drafts=True if as_drafts else None),
            done=f"{count(number, 'draft')} created" if as_drafts else said,
        )
        if done and ids_made is not None:
            st.session_state.pop(f"invoice.{appointment_id}")
            st.rerun()


def invoice_row(invoice: InvoiceView, today: date) -> None:
    """One invoice: number, payer, total, state, what is open, and the links to paper and account."""
    facts = invoice.facts
    with st.container(horizontal=True, vertical_alignment="center", horizontal_alignment="distribute"):
        with st.container(horizontal=True, vertical_alignment="center", width="content"):
            st.link_button(facts.number, f"/files/invoice/{facts.invoice_id}.pdf", icon=":material/picture_as_pdf:")
            badge(invoice.state)
        st.text(dollars(facts.total_cents))
    with st.container(horizontal=True, vertical_alignment="center", horizontal_alignment="distribute"):
        navigation.link(md(facts.payer), "payer", payer=facts.payer_id)
        if invoice.state is InvoiceState.VOID:
            st.caption("void")
        elif facts.open_cents:
            st.caption(f"{dollars(facts.open_cents)} open, due {day(facts.due_on, today)}")
