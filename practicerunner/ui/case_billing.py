"""The billing section of a case: who pays, what is due, invoices, payments, saved payment methods."""

import streamlit as st

from practicerunner.ui import (
    account_tables,
    collection_line,
    estimate_block,
    package_block,
    payment_form,
    statement_block,
    superbill_block,
    uninvoiced_list,
)
from practicerunner.ui.adjustment_rows import adjustment_list, debts_on_none
from practicerunner.ui.arrangement_form import arrangement_dialog, show_all, show_ended
from practicerunner.ui.invoice_panel import panel
from practicerunner.ui.payment_rows import has_any, payment_list
from practicerunner.ui.perform import read
from practicerunner.ui.period_dialog import period_dialog
from practicerunner.vocabulary import Action, Resource
from practicerunner.workflows.access import Actor, may
from practicerunner.workflows.accounts import case_account
from practicerunner.workflows.arrangements import arrangements_of, ended, payers_needed
from practicerunner.workflows.statements import statements_of_case


def show(actor: Actor, case_id: int) -> None:
    """Draw the section."""
    payment_form.offer_receipt()
    _who_pays(actor, case_id)
    if not may(actor, Action.READ, Resource.INVOICES):
        return
    package_block.show(actor, case_id)
    account = read(case_account, actor, case_id)
    account_tables.totals(account)
    payment_form.payment_buttons(actor, account.invoices, account.today, account.standings)
    if len(account.standings) > 1:
        with st.container(border=True):
            st.subheader("By payer", anchor=False)
            account_tables.standings(account.standings, by_case=False)
    debts_on_none(actor, account, by_case=False)
    uninvoiced_list.show_of_case(actor, case_id)
    with st.container(horizontal=True, horizontal_alignment="distribute", vertical_alignment="center"):
        st.subheader("Invoices", anchor=False)
        if may(actor, Action.CREATE, Resource.INVOICES) and st.button("Invoice a period", key="invoice_period"):
            period_dialog(actor, case_id, account.today)
    if account.invoices:
        chosen = account_tables.invoice_table(account.invoices, account.today, key="case_invoices")
        picked = next((row for row in account.invoices if row.facts.invoice_id == chosen), None)
        if picked is not None:
            panel(actor, picked, account)
        else:
            st.caption("Choose a row to open the paper, take a payment, credit or void the invoice.")
    else:
        st.text("No invoices yet. An invoice is made from an appointment whose attendance is recorded.")
    if account.adjustments:
        st.subheader("Adjustments", anchor=False)
        adjustment_list(actor, account)
    if has_any(account):
        st.subheader("Payments", anchor=False)
        payment_list(actor, account)
    if account.standings:
        statement_block.show(actor, read(statements_of_case, actor, case_id), of_case=case_id)
    superbill_block.show(actor, case_id)
    estimate_block.show(actor, case_id)


def _who_pays(actor: Actor, case_id: int) -> None:
    rows = read(arrangements_of, actor, case_id)
    needed = read(payers_needed, actor, case_id)
    with st.container(border=True):
        with st.container(horizontal=True, horizontal_alignment="distribute", vertical_alignment="center"):
            st.subheader("Who pays", anchor=False)
            if may(actor, Action.UPDATE, Resource.CASE) and st.button("Change who pays", key="change_payers"):
                arrangement_dialog(actor, case_id, needed, rows, needed.today)
        show_all(rows, needed.people)
        show_ended(needed.people, ended(rows, needed.today))
        if not rows:
            st.text(needed.sentence)
        collection_line.show(actor, case_id)
