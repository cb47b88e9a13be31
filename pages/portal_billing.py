"""Invoices, receipts, statements and how they are paid."""

import streamlit as st

from practicerunner.ui.portal import require_portal

me = require_portal("portal_billing")
st.title("Billing", anchor=False)
st.text("Nothing is here yet.")
