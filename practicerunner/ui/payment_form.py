"""Taking a payment: who pays, how much, how; what it pays is shown before it is recorded."""

from collections.abc import Sequence
from datetime import date

import streamlit as st

from practicerunner.money import cents, dollars
from practicerunner.records.accounts import InvoiceFacts, PayerStanding
from practicerunner.rules.payments import Debt
from practicerunner.ui.forms import Form
from practicerunner.ui.parts_picker import entered, parts, pick
from practicerunner.ui.perform import read
from practicerunner.ui.text import md
from practicerunner.vocabulary import Action, PaymentMethodKind, Resource
from practicerunner.workflows.access import Actor, may
from practicerunner.workflows.accounts import payer_account
from practicerunner.workflows.billing import InvoiceView
from practicerunner.workflows.payment_methods import PaymentMethodView, payment_methods_of
from practicerunner.workflows.payment_pages import pending_payments
from practicerunner.workflows.payments import RecordPayment, record_payment


@st.dialog("Take a payment")
def payment_dialog(
    actor: Actor, payer_id: int, payer: str, case_id: int, waiting: Sequence[InvoiceFacts], today: date,
    debts: Sequence[Debt] = (),
) -> None:
    """Ask for the payment of one payer; ``waiting`` are the payer's open invoices, oldest first.

    ``debts`` are what stands on no invoice; they are paid first.
    """
    owed = sum(debt.cents for debt in debts) + sum(invoice.open_cents for invoice in waiting)
    st.text(f"{payer} owes {dollars(owed)}.")
    under_way = sum(
        row.facts.amount_cents for row in read(pending_payments, actor) if row.facts.payer_id == payer_id
    )
    if under_way:
        st.caption(f"{dollars(under_way)} is pending already; settle it instead when it arrives.")
    form = Form(f"payment.{payer_id}.{case_id}")
    amount = form.text("amount_cents", "Amount", dollars(owed) if owed else "")
    saved = [one for one in read(payment_methods_of, actor, case_id) if one.payer_id == payer_id and not one.is_expired]
    chosen = form.choice("method", "Method", [*saved, *PaymentMethodKind], format_func=_called)
    card = chosen if isinstance(chosen, PaymentMethodView) else None
    form.place("payment_method_id")
    if card:
        st.caption("Charge it in your terminal first; nothing is charged from here.")
    pending = form.tick("pending", "Still on its way", help="A cheque or transfer that has not arrived yet: it is "
                        "shown as pending, reduces no balance and gets its receipt once it settles.")
    received_on = form.date("received_on", "Given on" if pending else "Received on", today, max_value=today)
    reference = form.text("reference", "Reference", help="A cheque number, the slip of your terminal, or the last four "
                          "digits of a card. Never a whole card number.")
    keep = form.tick("surplus_as_credit", "Keep a surplus as credit")
    typed = None
    if pending:
        st.caption(f"The balance stays at {dollars(owed)} until this settles; what it pays is chosen then.")
    else:
        typed = pick(form, entered(amount), waiting, debts, case_id, today,
                     credit="is kept as credit" if keep else "is more than what is owed")
    if st.button("Record payment", type="primary", key="record_payment"):
        done, payment_id = form.submit(
            record_payment, actor,
            lambda: RecordPayment(
                op=form.op, payer_id=payer_id, case_id=case_id, method=card.kind if card else chosen,
                amount_cents=cents(amount, "amount_cents"), received_on=received_on or today, reference=reference,
                parts=parts(typed), surplus_as_credit=keep, pending=pending,
                payment_method_id=card.payment_method_id if card else None,
            ),
            f"{'Pending payment' if pending else 'Payment'} of {dollars(entered(amount))} recorded",
        )
        if done:
            if not pending:
                st.session_state["new_receipt"] = payment_id
            st.rerun()


def take_payment(actor: Actor, payer_id: int, payer: str, case_id: int, today: date) -> None:
    """Ask for a payment, with all that the payer owes as far as the actor may see it."""
    account = read(payer_account, actor, payer_id)
    waiting = [row.facts for row in reversed(account.invoices) if row.facts.open_cents]
    payment_dialog(actor, payer_id, payer, case_id, waiting, today, account.debts)


def _called(method: PaymentMethodView | PaymentMethodKind) -> str:
    """``Visa ending 4242, expires 2029-04``, or the kind."""
    if isinstance(method, PaymentMethodView):
        expires = f", expires {method.expires}" if method.expires else ""
        return f"{method.brand} ending {method.last_four}{expires}"
    return method.label


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
                take_payment(actor, payer_id, payer, case_id, today)


def offer_receipt() -> None:
    """After a payment or a refund: the way to its receipt, until another page is opened."""
    for remembered, kind, said in (("new_receipt", "receipt", "receipt"), ("new_refund", "refund", "refund receipt")):
        subject_id = st.session_state.get(remembered)
        if subject_id:
            with st.container(border=True, horizontal=True, vertical_alignment="center"):
                st.text(f"The {said} is ready.")
                st.link_button(
                    f"Download {said}", f"/files/{kind}/{subject_id}.pdf", icon=":material/picture_as_pdf:"
                )
                if st.button("Done", key=f"{kind}_done"):
                    st.session_state.pop(remembered)
                    st.rerun()
