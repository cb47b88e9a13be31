"""A payer's whole account beside the list, so that the place in the list is kept."""

from datetime import date

import pandas as pd
import streamlit as st

from practicerunner.money import dollars
from practicerunner.ui import account_tables, follow_up_form
from practicerunner.ui.account_tables import MONEY
from practicerunner.ui.navigation import link
from practicerunner.ui.perform import read
from practicerunner.ui.reminder_dialog import mail_setting
from practicerunner.ui.text import day, md
from practicerunner.workflows.access import Actor
from practicerunner.workflows.accounts import Account, payer_account
from practicerunner.workflows.follow_up import done_about


@st.dialog("Account", width="large", position="right")
def account_dialog(actor: Actor, payer_id: int) -> None:
    """Standing, invoices, payments and contacts over all cases that one may see."""
    account = read(payer_account, actor, payer_id)
    st.subheader(md(account.title), anchor=False)
    account_tables.totals(account)
    if len(account.standings) > 1:
        account_tables.standings(account.standings, by_case=True)
    _invoices(account)
    _payments(account, account.today)
    contacts = read(done_about, actor, [(payer_id, row.case_id) for row in account.standings])
    if contacts:
        st.markdown("**Contacts**")
        for done in contacts.values():
            follow_up_form.history(done, account.today)
    mail_setting(actor, payer_id)
    link("Open the whole account", "payer", payer=payer_id, icon=":material/open_in_new:")


def _invoices(account: Account) -> None:
    st.markdown("**Invoices**")
    rows = account.invoices
    if not rows:
        st.text("No invoices yet.")
        return
    st.dataframe(pd.DataFrame({
        "Number": [row.facts.number for row in rows], "For": [row.facts.case_name for row in rows],
        "Issued": [day(row.facts.issued_on, account.today) for row in rows],
        "Total": [dollars(row.facts.total_cents) for row in rows],
        "Open": [dollars(row.facts.open_cents) for row in rows], "State": [row.state.label for row in rows],
    }), hide_index=True, key="account_invoices", alt="Invoices", column_config={"Total": MONEY, "Open": MONEY},
        height=min(38 + 35 * len(rows), 300))


def _payments(account: Account, today: date) -> None:
    st.markdown("**Payments**")
    if not account.payments:
        st.text("No payments yet.")
        return
    rows = account.payments
    st.dataframe(pd.DataFrame({
        "Received": [day(row.received_on, today) for row in rows], "Method": [row.method.label for row in rows],
        "Amount": [dollars(row.amount_cents) for row in rows], "State": [row.state.label for row in rows],
        "Receipt": [row.receipt for row in rows],
    }), hide_index=True, key="account_payments", alt="Payments", column_config={"Amount": MONEY},
        height=min(38 + 35 * len(rows), 230))
