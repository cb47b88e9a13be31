"""A payer's whole account over all cases one may see: standing, invoices, payments."""

import streamlit as st

from practicerunner.ui import account_tables, follow_up_form, payment_form, reminder_dialog, statement_block
from practicerunner.ui.adjustment_rows import adjustment_list, debts_on_none
from practicerunner.ui.invoice_panel import panel
from practicerunner.ui.navigation import require, selected
from practicerunner.ui.payment_rows import has_any, payment_list
from practicerunner.ui.perform import read
from practicerunner.ui.period_dialog import payer_dialog
from practicerunner.ui.text import md
from practicerunner.vocabulary import Action, Resource
from practicerunner.workflows.access import may
from practicerunner.workflows.accounts import payer_account
from practicerunner.workflows.follow_up import done_about
from practicerunner.workflows.statements import statements_of_payer

me = require("payer")
payer_id = selected("payer")
if payer_id is None:
    st.title("Payer")
    st.text("Choose a payer from an invoice or from Billing.")
    st.stop()
account = read(payer_account, me, payer_id)
st.title(md(account.title))
payment_form.offer_receipt()
account_tables.totals(account)
payment_form.payment_buttons(me, account.invoices, account.today, account.standings)
if account.standings:
    with st.container(border=True):
        st.subheader("By client or group", anchor=False)
        account_tables.standings(account.standings, by_case=True)
debts_on_none(me, account, by_case=True)
contacts = read(done_about, me, [(payer_id, row.case_id) for row in account.standings])
if contacts:
    st.subheader("Contacts", anchor=False)
    for done in contacts.values():
        follow_up_form.history(done, account.today)
reminder_dialog.mail_setting(me, payer_id)
with st.container(horizontal=True, horizontal_alignment="distribute", vertical_alignment="center"):
    st.subheader("Invoices", anchor=False)
    if may(me, Action.CREATE, Resource.INVOICES) and st.button("Invoice a period", key="invoice_period"):
        payer_dialog(me, payer_id)
if account.invoices:
    chosen = account_tables.invoice_table(account.invoices, account.today, key="payer_invoices", with_case=True)
    picked = next((row for row in account.invoices if row.facts.invoice_id == chosen), None)
    if picked is not None:
        panel(me, picked, account)
else:
    st.text("No invoices yet.")
if account.adjustments:
    st.subheader("Adjustments", anchor=False)
    adjustment_list(me, account)
st.subheader("Payments", anchor=False)
if has_any(account):
    payment_list(me, account)
else:
    st.text("No payments yet.")
statement_block.show(me, read(statements_of_payer, me, payer_id))
