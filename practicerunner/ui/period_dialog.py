"""An invoice for a payer of a case and a period: what waits is seen before it is created."""

from datetime import date, timedelta

import pandas as pd
import streamlit as st

from practicerunner.money import dollars
from practicerunner.ui.account_tables import MONEY
from practicerunner.ui.forms import Form
from practicerunner.ui.perform import read
from practicerunner.ui.text import count, day, md
from practicerunner.workflows.access import Actor
from practicerunner.workflows.gathering import InvoicePayer, invoice_payer, month_of, waiting_in_case


@st.dialog("Invoice a period")
def period_dialog(actor: Actor, case_id: int, today: date) -> None:
    """Payer, first and last day, what would be gathered, and the invoice."""
    form = Form(f"period.{case_id}")
    first, last = month_of(today.replace(day=1) - timedelta(days=1))
    found = read(waiting_in_case, actor, case_id)
    if not found.payers:
        st.text("Nothing waits to be gathered here. Invoices are made from appointments until somebody is set down to "
                "pay by the week or month.")
        return
    payer_id = form.choice("payer_id", "Payer", list(found.payers), format_func=lambda one: found.payers[one])
    left, right = st.columns(2)
    with left:
        first = form.date("first", "From", first)
    with right:
        last = form.date("last", "To", last)
    if first is None or last is None:
        form.show("first" if first is None else "last", "Choose a day.")
        return
    if last < first:
        form.show("last", "The last day is before the first.")
        return
    name = found.payers[payer_id]
    lines = [line for line in found.lines if line.payer_id == payer_id and first <= line.service_date <= last]
    if not lines:
        st.info(md(f"Nothing waits for {name} in this period. What a payer with one invoice per week or month owes "
                   "waits once it is charged."))
        return
    st.dataframe(
        pd.DataFrame({"Date": [day(line.service_date, today) for line in lines],
                      "Amount": [dollars(line.amount_cents) for line in lines]}),
        hide_index=True, key=form.field_key("lines"), alt="What will be gathered", column_config={"Amount": MONEY})
    what = count(1, "draft" if found.as_drafts else "invoice")
    st.text(f"{what} over {count(len(lines), 'line')}, {dollars(sum(line.amount_cents for line in lines))}")
    if st.button(f"Create {what}", type="primary", key="create_period"):
        done, _ = form.submit(
            invoice_payer, actor,
            lambda: InvoicePayer(op=form.op, payer_id=payer_id, case_id=case_id, first=first, last=last),
            f"{what} created for {md(name)}")
        if done:
            st.rerun()
