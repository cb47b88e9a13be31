"""The billing section of a case: who pays, what is due, invoices, payments, saved payment methods."""

import streamlit as st

from practicerunner.ui import account_tables, payment_form
from practicerunner.ui.arrangement_form import arrangement_dialog, show_all
from practicerunner.ui.invoice_panel import panel
from practicerunner.ui.perform import read
from practicerunner.vocabulary import Action, Resource
from practicerunner.workflows.access import Actor, may
from practicerunner.workflows.accounts import case_account
from practicerunner.workflows.arrangements import arrangements_of, payers_needed


def show(actor: Actor, case_id: int) -> None:
    """Draw the section."""
    payment_form.offer_receipt()
    _who_pays(actor, case_id)
    if not may(actor, Action.READ, Resource.INVOICES):
        return
    account = read(case_account, actor, case_id)
    account_tables.totals(account)
    payment_form.payment_buttons(actor, account.invoices, account.today, account.standings)
    if len(account.standings) > 1:
        with st.container(border=True):
            st.subheader("By payer", anchor=False)
            account_tables.standings(account.standings, by_case=False)
    st.subheader("Invoices", anchor=False)
    if account.invoices:
        chosen = account_tables.invoice_table(account.invoices, account.today, key="case_invoices")
        picked = next((row for row in account.invoices if row.facts.invoice_id == chosen), None)
        if picked is not None:
            panel(actor, picked, account)
        else:
            st.caption("Choose a row to open the paper, take a payment or void the invoice.")
    else:
        st.text("No invoices yet. An invoice is made from an appointment whose attendance is recorded.")
    if account.adjustments:
        st.subheader("Adjustments", anchor=False)
        account_tables.adjustment_list(account.adjustments, account.today)
    if account.payments:
        st.subheader("Payments", anchor=False)
        account_tables.payment_list(account.payments, account.today)


def _who_pays(actor: Actor, case_id: int) -> None:
    rows = read(arrangements_of, actor, case_id)
    needed = read(payers_needed, actor, case_id)
    with st.container(border=True):
        with st.container(horizontal=True, horizontal_alignment="distribute", vertical_alignment="center"):
            st.subheader("Who pays", anchor=False)
            if may(actor, Action.UPDATE, Resource.CASE) and st.button("Change who pays", key="change_payers"):
                known = [share for row in rows for share in row.shares]
                arrangement_dialog(
                    actor, case_id, needed.people, known, each=needed.each, today=needed.today,
                    usual=needed.usual,
                )
        show_all(rows, needed.people)
        if not rows:
            st.text(needed.sentence)
