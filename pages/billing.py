"""Billing follow-up: what is overdue, to be invoiced, failed or unapplied, worked top to bottom on one page."""

from collections.abc import Callable

import streamlit as st

from practicerunner.money import dollars
from practicerunner.ui import (
    account_tables,
    aging_table,
    draft_list,
    estimate_block,
    gathering_list,
    missing_payers,
    overdue_list,
    payment_form,
    statement_run,
    uninvoiced_list,
    waiting_money,
    work_filters,
)
from practicerunner.ui.account_dialog import account_dialog
from practicerunner.ui.invoice_panel import panel
from practicerunner.ui.navigation import require
from practicerunner.ui.perform import read
from practicerunner.ui.text import count
from practicerunner.workflows.access import Actor
from practicerunner.workflows.accounts import PAGE, open_invoices, payer_account, whose_open
from practicerunner.workflows.follow_up import BillingCounts, billing_counts

me = require("billing")


def show_open(actor: Actor) -> None:
    """Open invoices, longest overdue first, with what can be done about the chosen one."""
    sought = st.text_input("Search payer or client", key="open_search", icon=":material/search:")
    providers, kinds = read(whose_open, actor)
    named = {f"{name} ({one})" if list(providers.values()).count(name) > 1 else name: one
             for one, name in sorted(providers.items(), key=lambda pair: pair[1])}
    with st.container(horizontal=True, vertical_alignment="bottom"):
        chosen_filters = work_filters.ask(
            "open", person="Provider", people=list(named), kinds=kinds,
            has_mine=actor.staff_id in providers and len(providers) > 1)
    question = sought, chosen_filters
    if st.session_state.get("open_asked", question) != question:
        st.session_state["open_page"] = 1  # another question starts at its first page
    st.session_state["open_asked"] = question
    found = read(
        open_invoices, actor, search=sought, page=int(st.session_state.get("open_page", 1)),
        mine=chosen_filters.is_mine, provider_id=named.get(chosen_filters.person or ""),
        case_type=chosen_filters.case_type, older_than=chosen_filters.days)
    if not found.rows:
        st.text("No open invoice fits." if sought or chosen_filters.narrows
                else "Nothing is open. Invoices appear here until they are paid.")
        return
    st.text(f"{count(found.number, 'invoice')}, {dollars(found.sum_cents)} in all")
    chosen = account_tables.open_table(found, key="open_table")
    if found.number > PAGE:
        st.pagination(-(-found.number // PAGE), key="open_page")
    picked = next((row for row in found.rows if row.facts.invoice_id == chosen), None)
    if picked is not None:
        panel(actor, picked, read(payer_account, actor, picked.facts.payer_id))
        if st.button("See the payer's account", key="open_account"):
            account_dialog(actor, picked.facts.payer_id)


def tabs(counts: BillingCounts) -> list[tuple[str, int, Callable[[Actor], None]]]:
    """Title, how much waits, and what draws it; in the order in which it is worked."""
    return [
        ("Overdue", counts.overdue, overdue_list.show),
        ("Uninvoiced", counts.uninvoiced, uninvoiced_list.show),
        ("Failed", counts.failed, waiting_money.show_failed),
        ("Unapplied", counts.unapplied, waiting_money.show_unapplied),
        ("Arrangement missing", counts.unarranged, missing_payers.show),
        ("Estimates due", counts.estimates, estimate_block.due_list),
        ("Pending", counts.pending, waiting_money.show_pending),
        ("To gather", counts.to_gather, gathering_list.show),
        ("Drafts", counts.drafts, draft_list.show),
        ("All open", 0, show_open),
        ("Aging", 0, aging_table.show),
    ]


st.title("Billing")
statement_run.show(me)
payment_form.offer_receipt()
waiting = tabs(read(billing_counts, me))
titles = waiting_money.titles([(title, number) for title, number, _ in waiting], "billing_tab")
for tab, (*_, draw) in zip(st.tabs(titles, on_change="rerun", key="billing_tab"), waiting, strict=True):
    if tab.open:
        with tab:
            draw(me)
