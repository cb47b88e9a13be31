"""What is overdue, payer by payer, worked from top to bottom: contacts, what is next, reminders, payments, waivers."""

from collections.abc import Callable, Sequence
from datetime import date

import pandas as pd
import streamlit as st

from practicerunner.money import dollars
from practicerunner.records.follow_up import Overdue
from practicerunner.rules.statements import AGES, age_of
from practicerunner.ui import follow_up_form
from practicerunner.ui.account_dialog import account_dialog
from practicerunner.ui.account_tables import MONEY
from practicerunner.ui.adjustment_rows import debt_button
from practicerunner.ui.billing_block import waive_dialog
from practicerunner.ui.navigation import link
from practicerunner.ui.payment_form import take_payment
from practicerunner.ui.perform import read
from practicerunner.ui.reminder_dialog import reminder_dialog
from practicerunner.ui.text import age, count, day, md
from practicerunner.ui.work_filters import Facts, narrow, page_of
from practicerunner.vocabulary import Action, Resource
from practicerunner.workflows.access import Actor, may
from practicerunner.workflows.accounts import PAGE
from practicerunner.workflows.follow_up import OverdueRow, missed_on_account, overdue_list
from practicerunner.workflows.waivers import missed_fees

NEXT = {"due": "Due by today", "planned": "Later", "none": "Nothing planned"}

MOST_HEIGHT = 318
"""Pixels of the table: what can be done with a row stands below it, on the same screen."""


def show(actor: Actor) -> None:
    """Filters, the table, and what can be done with the chosen row or rows."""
    found = read(overdue_list, actor)
    if not found.rows:
        st.text("Nothing is overdue. A payer appears here the day after an invoice is due, or with a debt from before.")
        return
    rows = narrow(found.rows, _facts, "overdue", person="Provider", beside=lambda: _more_filters(found.today))
    if not rows:
        st.text("Nothing overdue fits these filters.")
        return
    payers = len({row.overdue.account.payer_id for row in rows})
    invoices = sum(row.overdue.invoices for row in rows)
    owed = [count(payers, "payer"), *([count(invoices, "invoice")] if invoices else []),
            dollars(sum(row.overdue.cents for row in rows))]
    st.text(f"{', '.join(owed)} overdue")
    page = page_of("overdue", len(rows), PAGE)
    chosen = _table(rows[(page - 1) * PAGE:page * PAGE], found.today)
    if len(rows) > PAGE:
        st.pagination(-(-len(rows) // PAGE), key="overdue_page")
    if not chosen:
        st.caption("Choose a row to see what was done and what is next; several to remind them at once.")
    elif len(chosen) == 1:
        _panel(actor, chosen[0], found.today)
    else:
        _several(actor, chosen)


def _facts(row: OverdueRow) -> Facts:
    account = row.overdue.account
    return Facts(account.provider, account.case_type, row.age_days, row.is_mine)


def _more_filters(today: date) -> tuple[object, Callable[[OverdueRow], bool]]:
    when = st.selectbox("Next action", list(NEXT), index=None, placeholder="Any", key="overdue_next",
                        format_func=NEXT.__getitem__, width=150)
    sought = st.text_input("Search", key="overdue_search", icon=":material/search:", width=170)
    words = sought.strip().casefold()
    return (when, words), lambda row: (
        words in f"{row.overdue.account.payer} {row.overdue.account.case_name}".casefold()
        and (when is None or _planned(row, today) == when))


def _planned(row: OverdueRow, today: date) -> str:
    following = row.done.next
    if following is None or following.next_on is None:
        return "none"
    return "due" if following.next_on <= today else "planned"


def _key(row: OverdueRow) -> tuple[int, int]:
    return row.overdue.account.payer_id, row.overdue.account.case_id


def _table(rows: Sequence[OverdueRow], today: date) -> list[OverdueRow]:
    """The table; the row that was worked on stays chosen, and once it is done the next one is."""
    state, ids = st.session_state, [_key(row) for row in rows]
    current, place = state.get("overdue.current"), state.get("overdue.place")
    if state.pop("overdue.go_on", False):
        current, place = state.get("overdue.after"), None
        state["overdue.turn"] = state.get("overdue.turn", 0) + 1
    at = ids.index(current) if current in ids else place if place is not None and place < len(ids) else None
    chosen = st.dataframe(
        pd.DataFrame({
            "Payer": [row.overdue.account.payer for row in rows],
            "Overdue": [dollars(row.overdue.cents) for row in rows],
            "Age": [AGES[age_of(row.overdue.since, today)] for row in rows],
            "For": [row.overdue.account.case_name for row in rows],
            "Last contact": [follow_up_form.last_contact(row.done, today) for row in rows],
            "Next action": [follow_up_form.next_action(row.done, today) for row in rows],
        }),
        hide_index=True, on_select="rerun", selection_mode="multi-row", alt="Overdue accounts",
        key=f"overdue_table.{state.get('overdue.turn', 0)}.{hash(tuple(ids))}", column_config={"Overdue": MONEY},
        selection_default={"selection": {"rows": [at]}} if at is not None else None,
        height=min(38 + 35 * len(rows), MOST_HEIGHT),
    )["selection"]["rows"]
    found = [rows[one] for one in chosen if one < len(rows)]
    state["overdue.current"] = _key(found[0]) if len(found) == 1 else None
    state["overdue.place"] = chosen[0] if len(found) == 1 else None
    state["overdue.after"] = next(iter(ids[chosen[0] + 1:]), None) if len(found) == 1 else None
    return found


def _several(actor: Actor, chosen: Sequence[OverdueRow]) -> None:
    payers = {row.overdue.account.payer_id: row.why_not for row in chosen}
    reachable = [payer_id for payer_id, why_not in payers.items() if not why_not]
    with st.container(border=True, horizontal=True, vertical_alignment="center"):
        st.text(f"{count(len(payers), 'payer')}, {dollars(sum(row.overdue.cents for row in chosen))} overdue")
        if may(actor, Action.CREATE, Resource.INVOICES) and st.button(
            f"Send {count(len(reachable), 'reminder')}", type="primary", key="remind_chosen", icon=":material/mail:"
        ):
            reminder_dialog(actor, list(payers))
        if len(reachable) < len(payers):
            st.caption(f"{count(len(payers) - len(reachable), 'payer')} cannot be reminded by e-mail")


def _panel(actor: Actor, row: OverdueRow, today: date) -> None:
    account, what = row.overdue.account, row.overdue
    with st.container(border=True):
        left, right = st.columns(2, gap="medium")
        with left:
            with st.container(horizontal=True, vertical_alignment="center"):
                link(md(account.payer), "payer", payer=account.payer_id)
                link(md(f"Case: {account.case_name}"), "case", case=account.case_id, part="billing")
            days = (today - what.due_on).days
            st.text(f"{_on_what(what)}, since {day(what.due_on, today)}{f' ({age(days)})' if days else ''}")
            _acts(actor, row, today)
            if row.done.entries:
                follow_up_form.history(row.done, today)
            else:
                st.caption("No contact yet.")
        with right:
            if follow_up_form.ask(actor, account.payer_id, account.case_id, today):
                st.session_state["overdue.go_on"] = True
                st.rerun()


def _on_what(what: Overdue) -> str:
    """``330.00 overdue on 2 invoices and 40.00 on none``."""
    if not what.invoices:
        return f"{dollars(what.cents)} owed on no invoice"
    billed = f"{dollars(what.cents - what.on_none_cents)} overdue on {count(what.invoices, 'invoice')}"
    return billed + (f" and {dollars(what.on_none_cents)} on none" if what.on_none_cents else "")


def _acts(actor: Actor, row: OverdueRow, today: date) -> None:
    account = row.overdue.account
    may_take = may(actor, Action.CREATE, Resource.INVOICES)
    with st.container(horizontal=True, vertical_alignment="center"):
        if may_take and st.button("Take a payment", key="overdue_pay", icon=":material/payments:"):
            take_payment(actor, account.payer_id, account.payer, account.case_id, today)
        if may_take and st.button("Send a reminder", key="overdue_remind", icon=":material/mail:",
                                  disabled=bool(row.why_not), help=row.why_not or None):
            reminder_dialog(actor, [account.payer_id])
        if st.button("See the account", key="overdue_account", icon=":material/account_balance_wallet:"):
            account_dialog(actor, account.payer_id)
        if row.overdue.on_none_cents:
            debt_button(actor, account.payer_id, account.payer, account.case_id, row.overdue.on_none_cents)
    if not may(actor, Action.VOID, Resource.INVOICES):
        return
    for appointment_id, on, service in read(missed_on_account, actor, account.payer_id, account.case_id):
        fees = read(missed_fees, actor, appointment_id)
        for fee in fees.fees:
            if fee.waived is None and any(payer == account.payer for payer, _ in fee.payers):
                with st.container(horizontal=True, vertical_alignment="center"):
                    st.text(f"{fee.kind.label} fee {dollars(fee.amount_cents)}, {service}, {day(on, today)}",
                            width="content")
                    if st.button("Waive fee", key=f"waive.{appointment_id}.{fee.person_id or 0}", type="tertiary"):
                        waive_dialog(actor, appointment_id, fee, fees.invoices_first)
