"""Money that waits for a person: failed payments, unapplied credit, payments under way; each row leads on."""

from collections.abc import Callable, Sequence
from datetime import date
from typing import TypeVar

import pandas as pd
import streamlit as st

from practicerunner import ids
from practicerunner.money import dollars
from practicerunner.ui import follow_up_form
from practicerunner.ui.account_tables import MONEY
from practicerunner.ui.navigation import link
from practicerunner.ui.payment_dialogs import credit_refund_dialog, fail_dialog, settle_dialog
from practicerunner.ui.payment_form import payment_dialog, take_payment
from practicerunner.ui.perform import perform, read
from practicerunner.ui.text import age, count, day, md
from practicerunner.ui.work_filters import narrow, of_case
from practicerunner.vocabulary import Action, Resource
from practicerunner.workflows.access import Actor, may
from practicerunner.workflows.accounts import payer_account
from practicerunner.workflows.calendar import wall_clock
from practicerunner.workflows.collection import due_charges
from practicerunner.workflows.follow_up import Done, case_facts, done_about
from practicerunner.workflows.payment_pages import CreditItem, failed_payments, pending_payments, unapplied_credit
from practicerunner.workflows.payments import UseCredit, use_credit

T = TypeVar("T")


def titles(tabs: Sequence[tuple[str, int]], key: str) -> list[str]:
    """What the tabs are called, with how much waits in each.

    Streamlit knows an open tab by its title: where the number in it has changed, it stays open under the new one.
    """
    named = {title: f"{title} ({number:,})" if number else title for title, number in tabs}
    opened = str(st.session_state.get(key, "")).split(" (")[0]
    if opened in named:
        st.session_state[key] = named[opened]
    return list(named.values())


def _narrowed(
    actor: Actor, rows: Sequence[T], place: Callable[[T], tuple[int, int, int]], key: str
) -> tuple[list[T], dict[tuple[int, int], Done], date]:
    """The rows that pass the filters, and what was done about each; ``place`` is payer, case and age in days."""
    known = read(case_facts, actor, {place(row)[1] for row in rows})
    left = narrow(rows, lambda row: of_case(known[place(row)[1]], place(row)[2]), key, person="Provider")
    return left, read(done_about, actor, [place(row)[:2] for row in left]), read(wall_clock, actor).date()


def _where(payer_id: int, payer: str, case_id: int, case: str) -> None:
    link(md(payer), "payer", payer=payer_id)
    link(md(f"Case: {case}"), "case", case=case_id, part="billing")


def show_failed(actor: Actor) -> None:
    """Payers whose payment failed, one line each, until what was due then is paid."""
    rows = read(failed_payments, actor)
    if not rows:
        st.text("No failed payment is open. One appears here until what was due when it failed is paid.")
        return
    rows, done, today = _narrowed(
        actor, rows, lambda row: (row.latest.payer_id, row.latest.case_id, row.age_days), "failed")
    st.text(f"{count(len(rows), 'payer')}, {dollars(sum(row.owed_cents for row in rows))} due")
    for row in rows:
        latest = row.latest
        with st.container(border=True):
            with st.container(horizontal=True, horizontal_alignment="distribute", vertical_alignment="center"):
                st.text(f"{dollars(latest.amount_cents)} by {latest.method.label.lower()} failed "
                        f"{_since(row.age_days)}: {latest.reason}")
                st.text(f"{dollars(row.owed_cents)} due")
            with st.container(horizontal=True, vertical_alignment="center"):
                _where(latest.payer_id, latest.payer, latest.case_id, latest.case_name)
                _follow_up(actor, latest.payer_id, latest.case_id, done, today, "failed")
                if may(actor, Action.CREATE, Resource.INVOICES) and st.button(
                    "Take a payment", key=f"take_{latest.payer_id}_{latest.case_id}", icon=":material/payments:"
                ):
                    take_payment(actor, latest.payer_id, latest.payer, latest.case_id, today)
                if row.failures > 1:
                    st.caption(f"{row.failures} payments failed")


def _since(days: int) -> str:
    return "today" if days <= 0 else f"{age(days)} ago"


def show_unapplied(actor: Actor) -> None:
    """Credit that pays nothing yet; where an invoice is open on the same case it can be used at once."""
    rows = read(unapplied_credit, actor)
    if not rows:
        st.text("No credit is unapplied. It appears here when somebody pays more than what is invoiced.")
        return
    rows, done, today = _narrowed(actor, rows, lambda row: (row.payer_id, row.case_id, row.age_days), "unapplied")
    st.text(f"{count(len(rows), 'payer')} with {dollars(sum(row.credit_cents for row in rows))} of credit")
    for row in rows:
        key = f"{row.payer_id}_{row.case_id}"
        with st.container(border=True, horizontal=True, horizontal_alignment="distribute", vertical_alignment="center"):
            with st.container(horizontal=True, vertical_alignment="center", width="content"):
                st.text(f"{dollars(row.credit_cents)} for {age(row.age_days)}" if row.age_days > 0
                        else f"{dollars(row.credit_cents)} since today", width="content")
                _where(row.payer_id, row.payer, row.case_id, row.case_name)
                _follow_up(actor, row.payer_id, row.case_id, done, today, "unapplied")
            with st.container(horizontal=True, vertical_alignment="center", width="content"):
                if not row.payable_cents:
                    st.caption("nothing is open there")
                elif may(actor, Action.CREATE, Resource.INVOICES) and st.button(
                    f"Apply {dollars(row.payable_cents)}", key=f"use_{key}", type="primary"
                ):
                    _apply(actor, row, f"use_{key}.op")
                if row.imported_cents and may(actor, Action.VOID, Resource.INVOICES) and st.button(
                    "Refund", key=f"refund_credit_{key}"
                ):
                    credit_refund_dialog(actor, row.payer_id, row.case_id)


def _follow_up(
    actor: Actor, payer_id: int, case_id: int, done: dict[tuple[int, int], Done], today: date, tab: str
) -> None:
    ours = done.get((payer_id, case_id), Done())
    if may(actor, Action.CREATE, Resource.INVOICES):
        follow_up_form.popover(actor, payer_id, case_id, ours, today, f"{tab}.{payer_id}.{case_id}")
    follow_up_form.facts(ours, today)


def _apply(actor: Actor, row: CreditItem, key: str) -> None:
    operation = st.session_state.setdefault(key, ids.new_operation())
    done, _ = perform(
        use_credit, actor, lambda: UseCredit(op=operation, payer_id=row.payer_id, case_id=row.case_id),
        done=f"{dollars(row.payable_cents)} applied",
    )
    if done:
        st.session_state.pop(key)
        st.rerun()


def _show_due_charges(actor: Actor) -> bool:
    """Saved cards and accounts that a person is to charge. Returns whether there are any."""
    rows = read(due_charges, actor)
    if not rows:
        return False
    today = read(wall_clock, actor).date()
    st.text(f"{count(len(rows), 'saved card or account', 'saved cards and accounts')} to charge, "
            f"{dollars(sum(row.open_cents for row in rows))}")
    for row in rows:
        with st.container(border=True, horizontal=True, horizontal_alignment="distribute", vertical_alignment="center"):
            with st.container(horizontal=True, vertical_alignment="center", width="content"):
                st.text(f"{dollars(row.open_cents)} for {row.number} by {row.brand} ending {row.last_four}, "
                        f"due since {day(row.due_on, today)}", width="content")
                _where(row.payer_id, row.payer, row.case_id, row.case_name)
            if may(actor, Action.CREATE, Resource.INVOICES) and st.button(
                "Record the payment", key=f"charge_{row.invoice_id}"
            ):
                account = read(payer_account, actor, row.payer_id)
                waiting = [one.facts for one in account.invoices if one.facts.invoice_id == row.invoice_id]
                payment_dialog(actor, row.payer_id, row.payer, row.case_id, waiting, today)
    return True


def show_pending(actor: Actor) -> None:
    """Saved cards that are due, and payments under way, the oldest first; the chosen one settles or fails."""
    due = _show_due_charges(actor)
    rows = read(pending_payments, actor)
    if due and not rows:
        return
    if not rows:
        st.text("No payment is pending. One appears here when it is recorded as still on its way.")
        return
    rows, _, today = _narrowed(
        actor, rows, lambda row: (row.facts.payer_id, row.facts.case_id, row.age_days), "pending")
    st.text(f"{count(len(rows), 'payment')}, {dollars(sum(row.facts.amount_cents for row in rows))} on the way")
    frame = pd.DataFrame({
        "Payer": [row.facts.payer for row in rows], "Client": [row.case_name for row in rows],
        "Given": [day(row.facts.received_on, today) for row in rows],
        "Method": [row.facts.method.label for row in rows],
        "Amount": [dollars(row.facts.amount_cents) for row in rows], "Age": [age(row.age_days) for row in rows],
    })
    chosen = st.dataframe(
        frame, key="pending_table", hide_index=True, on_select="rerun", selection_mode="single-row",
        alt="Pending payments", column_config={"Amount": MONEY},
    )["selection"]["rows"]
    if not chosen or chosen[0] >= len(rows):
        st.caption("Choose a row to settle it or to mark it failed.")
        return
    row = rows[chosen[0]]
    with st.container(horizontal=True, vertical_alignment="center"):
        _where(row.facts.payer_id, row.facts.payer, row.facts.case_id, row.case_name)
        if may(actor, Action.CREATE, Resource.INVOICES):
            if st.button("Settle", key="settle_chosen", type="primary"):
                settle_dialog(actor, row.facts.payment_id)
            if st.button("Mark failed", key="fail_chosen"):
                fail_dialog(actor, row.facts.payment_id)
