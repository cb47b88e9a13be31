"""Payments as lines: what came, where it stands, its papers, and what can be done with it."""

from datetime import date

import streamlit as st

from practicerunner.money import dollars
from practicerunner.records.payments import Imported, PaymentFacts, RefundFacts
from practicerunner.ui.payment_dialogs import credit_refund_dialog, fail_dialog, refund_dialog, settle_dialog
from practicerunner.ui.reminder_dialog import email_button
from practicerunner.ui.status import badge
from practicerunner.ui.text import day, md
from practicerunner.vocabulary import Action, PaymentState, Resource
from practicerunner.workflows.access import Actor, may
from practicerunner.workflows.accounts import Account


def payment_list(actor: Actor, account: Account) -> None:
    """Payments and their refunds, the newest first."""
    if account.pending_cents:
        st.caption(f"{dollars(account.pending_cents)} is pending and counts once it has settled.")
    for row in account.payments:
        _payment(actor, row, account.today)
        for refund in account.refunds:
            if refund.payment_id == row.payment_id:
                _refund(actor, refund, account.today)
    for refund in account.refunds:
        if refund.payment_id is None:
            _refund(actor, refund, account.today)
    for credit in account.imported:
        _credit(actor, credit)


def has_any(account: Account) -> bool:
    """Whether there is anything to list."""
    return bool(account.payments or account.refunds or account.imported)


def _credit(actor: Actor, row: Imported) -> None:
    with st.container(horizontal=True, horizontal_alignment="distribute", vertical_alignment="center"):
        st.text(f"{row.payer}  Credit from before  {dollars(row.cents)}", width="content")
        if may(actor, Action.VOID, Resource.INVOICES) and st.button(
            "Refund", key=f"refund_credit_{row.payer_id}_{row.case_id}", type="tertiary"
        ):
            credit_refund_dialog(actor, row.payer_id, row.case_id)


def _payment(actor: Actor, row: PaymentFacts, today: date) -> None:
    with st.container(horizontal=True, horizontal_alignment="distribute", vertical_alignment="center"):
        with st.container(horizontal=True, vertical_alignment="center", width="content"):
            st.text(f"{day(row.received_on, today)}  {row.payer}  {row.method.label}  {dollars(row.amount_cents)}",
                    width="content")
            if row.state is not PaymentState.SETTLED or row.settled_on is not None:
                badge(row.state)
        with st.container(horizontal=True, vertical_alignment="center", width="content"):
            _buttons(actor, row)
            if row.receipt:
                st.link_button(row.receipt, f"/files/receipt/{row.payment_id}.pdf", icon=":material/picture_as_pdf:")
                if row.failed_on is None:
                    email_button(actor, row.receipt, f"receipt_{row.payment_id}")
    if row.failed_on:
        void = f"; {row.receipt} is void" if row.receipt else ""
        st.caption(md(f"Failed on {day(row.failed_on, today)}: {row.reason}{void}"))
    elif row.settled_on:
        st.caption(md(f"Settled on {day(row.settled_on, today)}"))


def _buttons(actor: Actor, row: PaymentFacts) -> None:
    may_void = may(actor, Action.VOID, Resource.INVOICES)
    key = row.payment_id
    if row.state is PaymentState.PENDING and may(actor, Action.CREATE, Resource.INVOICES):
        if st.button("Settle", key=f"settle_{key}"):
            settle_dialog(actor, key)
        if st.button("Mark failed", key=f"fail_{key}", type="tertiary"):
            fail_dialog(actor, key)
    if row.state is PaymentState.SETTLED and may_void and row.refunded_cents < row.amount_cents:
        if st.button("Refund", key=f"refund_{key}", type="tertiary"):
            refund_dialog(actor, key)
        if st.button("Mark failed", key=f"fail_{key}", type="tertiary"):
            fail_dialog(actor, key)


def _refund(actor: Actor, row: RefundFacts, today: date) -> None:
    with st.container(horizontal=True, horizontal_alignment="distribute", vertical_alignment="center"):
        st.text(f"{day(row.refunded_on, today)}  {row.payer}  Refund by {row.method.label.lower()}  "
                f"{dollars(-row.amount_cents)}  {row.reason}")
        with st.container(horizontal=True, vertical_alignment="center", width="content"):
            st.link_button(row.number, f"/files/refund/{row.refund_id}.pdf", icon=":material/picture_as_pdf:")
            email_button(actor, row.number, f"refund_{row.refund_id}")
