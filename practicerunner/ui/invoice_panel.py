"""What can be done with one chosen invoice: open the paper, pay, use credit, credit, write off, void, reissue."""

import streamlit as st

from practicerunner.ui import wrong_recipient
from practicerunner.ui.adjustment_rows import credit_dialog, write_off_dialog
from practicerunner.ui.forms import Form
from practicerunner.ui.payment_form import take_payment
from practicerunner.ui.reminder_dialog import email_button
from practicerunner.ui.text import md
from practicerunner.vocabulary import Action, BreachChannel, InvoiceState, Resource
from practicerunner.workflows.access import Actor, may
from practicerunner.workflows.accounts import Account
from practicerunner.workflows.billing import InvoiceView
from practicerunner.workflows.payments import ApplyCredit, apply_credit
from practicerunner.workflows.reversals import ReissueInvoice, VoidInvoice, reissue_invoice, void_invoice


def panel(actor: Actor, chosen: InvoiceView, account: Account) -> None:
    """The row of buttons under a table of invoices; ``account`` is the one the invoice stands on."""
    facts, today = chosen.facts, account.today
    here = [s for s in account.standings if (s.payer_id, s.case_id) == (facts.payer_id, facts.case_id)]
    credit_cents = sum(max(-s.loose_cents, 0) for s in here)
    with st.container(horizontal=True, vertical_alignment="center", border=True):
        st.text(f"{facts.number}, {facts.payer}")
        st.link_button("PDF", f"/files/invoice/{facts.invoice_id}.pdf", icon=":material/picture_as_pdf:")
        if chosen.state is not InvoiceState.VOID:
            email_button(actor, facts.number, f"invoice_{facts.invoice_id}")
        if facts.open_cents and may(actor, Action.CREATE, Resource.INVOICES):
            if st.button("Take a payment", key="pay_invoice", type="primary"):
                take_payment(actor, facts.payer_id, facts.payer, facts.case_id, today)
            if credit_cents and st.button("Use credit", key="use_credit"):
                _use_credit(actor, chosen)
        if chosen.state is not InvoiceState.VOID and may(actor, Action.VOID, Resource.INVOICES):
            if st.button("Credit", key="credit_invoice"):
                credit_dialog(actor, facts.invoice_id)
            if facts.open_cents and st.button("Write off", key="write_off_invoice"):
                write_off_dialog(actor, facts.invoice_id)
            if st.button("Void", key="void_invoice"):
                _void_dialog(actor, chosen)
            if st.button("Void and reissue", key="reissue_invoice"):
                _reissue_dialog(actor, chosen)
        wrong_recipient.report_button(
            actor, f"invoice.{facts.invoice_id}", case_id=facts.case_id, channel=BreachChannel.PAPER,
            what=f"Invoice {facts.number}", meant_for=facts.payer)


@st.dialog("Use credit")
def _use_credit(actor: Actor, chosen: InvoiceView) -> None:
    form = Form(f"credit.{chosen.facts.invoice_id}")
    st.text(f"The credit of {chosen.facts.payer} on this account pays {chosen.facts.number}, as far as it goes.")
    if st.button("Use the credit", type="primary"):
        done, _ = form.submit(
            apply_credit, actor, lambda: ApplyCredit(op=form.op, invoice_id=chosen.facts.invoice_id), "Credit used"
        )
        if done:
            st.rerun()


@st.dialog("Void this invoice")
def _void_dialog(actor: Actor, chosen: InvoiceView) -> None:
    number = chosen.facts.number
    st.markdown(md(f"{number} becomes void. The number and amount stay visible; the appointment can be invoiced anew."))
    form = Form(f"void.{chosen.facts.invoice_id}")
    reason = form.text("reason", "Reason")
    if st.button(f"Void {number}", type="primary"):
        done, _ = form.submit(
            void_invoice, actor,
            lambda: VoidInvoice(op=form.op, invoice_id=chosen.facts.invoice_id, reason=reason), f"{number} voided",
        )
        if done:
            st.rerun()


@st.dialog("Void and reissue")
def _reissue_dialog(actor: Actor, chosen: InvoiceView) -> None:
    number = chosen.facts.number
    st.markdown(md(
        f"{number} becomes void and is issued anew under the next number, with the names and addresses of today. "
        "Payments on it move to the new invoice."
    ))
    form = Form(f"reissue.{chosen.facts.invoice_id}")
    reason = form.text("reason", "Reason")
    if st.button(f"Void and reissue {number}", type="primary"):
        done, _ = form.submit(
            reissue_invoice, actor,
            lambda: ReissueInvoice(op=form.op, invoice_id=chosen.facts.invoice_id, reason=reason),
            f"{number} voided and issued anew",
        )
        if done:
            st.rerun()
