"""Billing follow-up: what is overdue, open or to be invoiced, and money that failed, waits or stands on nothing."""

import pandas as pd
import streamlit as st

from practicerunner import clock, ids
from practicerunner.money import dollars
from practicerunner.ui import (
    account_tables,
    draft_list,
    estimate_block,
    gathering_list,
    payment_form,
    statement_block,
    waiting_money,
)
from practicerunner.ui.invoice_panel import panel
from practicerunner.ui.navigation import go, require
from practicerunner.ui.perform import perform, read
from practicerunner.ui.text import count, day
from practicerunner.vocabulary import Action, Resource
from practicerunner.workflows.access import Actor, may
from practicerunner.workflows.accounts import PAGE, open_invoices, payer_account, uninvoiced
from practicerunner.workflows.billing import InvoiceAppointments, invoice_appointments
from practicerunner.workflows.practice import practice_settings


def show_open(actor: Actor, *, overdue_only: bool) -> None:
    """Open invoices, longest overdue first, with what can be done about the chosen one."""
    name = "overdue" if overdue_only else "open"
    sought = st.text_input("Search payer or client", key=f"{name}_search", icon=":material/search:")
    page = int(st.session_state.get(f"{name}_page", 1))
    found = read(open_invoices, actor, overdue_only=overdue_only, search=sought, page=page)
    if not found.rows:
        st.text("Nothing is overdue. Invoices appear here the day after they are due." if overdue_only
                else "Nothing is open. Invoices appear here until they are paid.")
        return
    st.text(f"{count(found.number, 'invoice')}, {dollars(found.sum_cents)} in all")
    chosen = account_tables.open_table(found, key=f"{name}_table")
    if found.number > PAGE:
        st.pagination(-(-found.number // PAGE), key=f"{name}_page")
    picked = next((row for row in found.rows if row.facts.invoice_id == chosen), None)
    if picked is not None:
        panel(actor, picked, read(payer_account, actor, picked.facts.payer_id))
        if st.button("Open the payer's account", key=f"{name}_account"):
            go("payer", payer=picked.facts.payer_id)


def show_uninvoiced(actor: Actor) -> None:
    """Appointments that can be invoiced; several at once, with the number on the button."""
    page = int(st.session_state.get("uninvoiced_page", 1))
    rows, number = read(uninvoiced, actor, page=page)
    if not rows:
        st.text("Everything is invoiced. Appointments appear here once their attendance is recorded.")
        return
    house = read(practice_settings, actor)
    today = clock.today(house.zone)
    if house.invoice_after_cosign:
        st.text("Appointments of associates appear once their note is co-signed.")
    st.text(f"{count(number, 'appointment')} can be invoiced, the oldest first.")
    frame = pd.DataFrame({
        "Date": [day(row.held_on, today) for row in rows], "Client": [row.case_name for row in rows],
        "Service": [row.service for row in rows], "Provider": [row.provider for row in rows],
    })
    chosen = st.dataframe(
        frame, hide_index=True, on_select="rerun", selection_mode="multi-row", key=f"uninvoiced_table_{number}",
        alt="Appointments to invoice",
    )["selection"]["rows"]
    if number > PAGE:
        st.pagination(-(-number // PAGE), key="uninvoiced_page")
    if not may(actor, Action.CREATE, Resource.INVOICES):
        return
    picked = [rows[place].appointment_id for place in chosen if place < len(rows)]
    operation = st.session_state.setdefault("uninvoiced_op", ids.new_operation())
    with st.container(horizontal=True):
        if len(picked) == 1 and st.button("Open the appointment", key="open_appointment"):
            go("appointment", appointment=picked[0])
        label = f"Invoice {count(len(picked), 'appointment')}" if picked else "Choose appointments to invoice"
        at_once = st.button(label, type="primary", disabled=not picked, key="invoice_many")
        as_drafts = bool(picked) and not house.invoices_as_drafts and st.button("Make drafts first", key="draft_many")
        if at_once or as_drafts:
            done, made = perform(
                invoice_appointments, actor,
                lambda: InvoiceAppointments(
                    op=operation, appointment_ids=tuple(picked), as_drafts=True if as_drafts else None),
            )
            if done and made is not None:
                st.session_state["toast"] = f"{count(len(made), 'invoice')} created" if made else (
                    "The drafts are under Drafts" if as_drafts or house.invoices_as_drafts
                    else "Charged; it waits for the invoice of the week or month, or used a package")
                st.session_state.pop("uninvoiced_op")
                st.rerun()


me = require("billing")
st.title("Billing")
payment_form.offer_receipt()
statement_block.month_button(me)
titles = [
    "Overdue", "All open", "To invoice", "To gather", "Drafts", *waiting_money.titles(me, "billing_tab"),
    "Estimates due",
]
(
    overdue_tab, open_tab, uninvoiced_tab, month_tab, drafts_tab, failed_tab, unapplied_tab, pending_tab, estimates_tab,
) = st.tabs(titles, on_change="rerun", key="billing_tab")
if overdue_tab.open:
    with overdue_tab:
        show_open(me, overdue_only=True)
if open_tab.open:
    with open_tab:
        show_open(me, overdue_only=False)
if uninvoiced_tab.open:
    with uninvoiced_tab:
        show_uninvoiced(me)
if month_tab.open:
    with month_tab:
        gathering_list.show(me)
if drafts_tab.open:
    with drafts_tab:
        draft_list.show(me)
if failed_tab.open:
    with failed_tab:
        waiting_money.show_failed(me)
if unapplied_tab.open:
    with unapplied_tab:
        waiting_money.show_unapplied(me)
if pending_tab.open:
    with pending_tab:
        waiting_money.show_pending(me)
if estimates_tab.open:
    with estimates_tab:
        estimate_block.due_list(me)
