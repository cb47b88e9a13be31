"""Taking a payment: who pays, how much, how; what it pays is shown before it is recorded."""

from collections.abc import Sequence
from datetime import date

import streamlit as st

from practicerunner.errors import BadInput
from practicerunner.money import cents, dollars
from practicerunner.records.accounts import InvoiceFacts, PayerStanding
from practicerunner.rules.ledger import Open, allocate
from practicerunner.ui.forms import Form
from practicerunner.ui.perform import read
from practicerunner.ui.text import md
from practicerunner.vocabulary import Action, PaymentMethodKind, Resource
from practicerunner.workflows.access import Actor, may
from practicerunner.workflows.accounts import payer_account
from practicerunner.workflows.billing import InvoiceView
from practicerunner.workflows.payments import RecordPayment, record_payment


@st.dialog("Take a payment")
def payment_dialog(
    actor: Actor, payer_id: int, payer: str, case_id: int, waiting: list[InvoiceFacts], today: date, old_debt: int = 0
) -> None:
    """Ask for the payment of one payer; ``waiting`` are the payer's open invoices, oldest first.

    ``old_debt`` is what was owed before the case was imported, in cents; it is paid first.
    """
    owed = old_debt + sum(invoice.open_cents for invoice in waiting)
    st.text(f"{payer} owes {dollars(owed)}.")
    form = Form(f"payment.{payer_id}.{case_id}")
    amount = form.text("amount_cents", "Amount", dollars(owed) if owed else "")
    method = form.choice("method", "Method", list(PaymentMethodKind), format_func=lambda kind: kind.label)
    received_on = form.date("received_on", "Received on", today, max_value=today)
    reference = form.text("reference", "Reference", help="A cheque number, or the last four digits of a card.")
    keep = form.tick("surplus_as_credit", "Keep a surplus as credit")
    _preview(amount, waiting, old_debt)
    if st.button("Record payment", type="primary", key="record_payment"):
        done, payment_id = form.submit(
            record_payment, actor,
            lambda: RecordPayment(
                op=form.op, payer_id=payer_id, case_id=case_id, method=method,
                amount_cents=cents(amount, "amount_cents"), received_on=received_on or today, reference=reference,
                surplus_as_credit=keep,
            ),
            f"Payment of {amount} recorded",
        )
        if done:
            st.session_state["new_receipt"] = payment_id
            st.rerun()


def _preview(amount: str, waiting: list[InvoiceFacts], old_debt: int) -> None:
    """Say which invoices the amount pays, oldest first."""
    try:
        entered = cents(amount)
    except BadInput:
        return
    numbers = {invoice.invoice_id: invoice.number for invoice in waiting}
    old = min(max(entered, 0), old_debt)
    if old:
        st.caption(f"{dollars(old)} pays the opening balance")
    given, left = allocate(max(entered, 0) - old, [Open(i.invoice_id, i.open_cents) for i in waiting])
    for invoice_id, part in given:
        st.caption(md(f"{dollars(part)} pays {numbers[invoice_id]}"))
    if left:
        st.caption(f"{dollars(left)} is more than what is owed")


def payment_buttons(
    actor: Actor, invoices: Sequence[InvoiceView], today: date, standings: Sequence[PayerStanding] = ()
) -> None:
    """One button for each payer who still owes something, on these invoices or from before an import."""
    if not may(actor, Action.CREATE, Resource.INVOICES):
        return
    owing = {row.payer_id: (row.payer, row.case_id) for row in standings if row.loose_cents > 0}
    owing |= {row.facts.payer_id: (row.facts.payer, row.facts.case_id) for row in invoices if row.facts.open_cents}
    with st.container(horizontal=True):
        for payer_id, (payer, case_id) in owing.items():
            label = "Take a payment" if len(owing) == 1 else f"Take a payment from {md(payer)}"
            if st.button(label, icon=":material/payments:", key=f"pay.{payer_id}"):
                account = read(payer_account, actor, payer_id)
                waiting = [row.facts for row in reversed(account.invoices) if row.facts.open_cents]
                old_debt = sum(max(row.loose_cents, 0) for row in account.standings if row.case_id == case_id)
                payment_dialog(actor, payer_id, payer, case_id, waiting, today, old_debt)


def offer_receipt() -> None:
    """After a payment: the way to its receipt, until another page is opened."""
    payment_id = st.session_state.get("new_receipt")
    if payment_id:
        with st.container(border=True, horizontal=True, vertical_alignment="center"):
            st.text("The receipt is ready.")
            st.link_button("Download receipt", f"/files/receipt/{payment_id}.pdf", icon=":material/picture_as_pdf:")
            if st.button("Done", key="receipt_done"):
                st.session_state.pop("new_receipt")
                st.rerun()
