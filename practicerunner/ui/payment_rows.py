"""Payments, refunds and credit from before as one table, and what can be done with the chosen row below it."""

from collections.abc import Sequence

import streamlit as st

from practicerunner.money import dollars
from practicerunner.records.payments import Imported, PaymentFacts, RefundFacts
from practicerunner.ui.account_tables import pick, where_several
from practicerunner.ui.payment_dialogs import credit_refund_dialog, fail_dialog, refund_dialog, settle_dialog
from practicerunner.ui.reminder_dialog import email_button
from practicerunner.ui.text import day, md
from practicerunner.vocabulary import Action, PaymentState, Resource
from practicerunner.workflows.access import Actor, may
from practicerunner.workflows.accounts import Account

Moved = PaymentFacts | RefundFacts | Imported
"""What a row is about."""


def payment_list(actor: Actor, account: Account) -> None:
    """Payments and their refunds, the newest first."""
    if account.pending_cents:
        st.caption(f"{dollars(account.pending_cents)} is pending and counts once it has settled.")
    rows = _rows(account)
    picked = pick(
        rows, lambda shown: _columns(account, rows, shown), key="payments", alt="Payments", row_id=_id,
        hint="Choose a row to open its paper, or to refund or settle it.")
    if picked is None:
        return
    with st.container(horizontal=True, vertical_alignment="center", border=True):
        if isinstance(picked, PaymentFacts):
            _payment(actor, picked, account)
        elif isinstance(picked, RefundFacts):
            _refund(actor, picked)
        else:
            _credit(actor, picked)


def has_any(account: Account) -> bool:
    """Whether there is anything to list."""
    return bool(account.payments or account.refunds or account.imported)


def _rows(account: Account) -> list[Moved]:
    """Credit from before, then what moved, the newest first."""
    dated = [(one.refunded_on, one) for one in account.refunds] + [(one.received_on, one) for one in account.payments]
    return [*account.imported, *(one for _, one in sorted(dated, key=lambda row: row[0], reverse=True))]


def _id(row: Moved) -> int:
    if isinstance(row, PaymentFacts):
        return row.payment_id
    return row.refund_id if isinstance(row, RefundFacts) else -row.payer_id


def _columns(account: Account, rows: Sequence[Moved], shown: Sequence[Moved]) -> dict[str, Sequence[str]]:
    said = [_said(row, account) for row in shown]
    states = [one[3] for one in said]
    return {
        "Date": [one[0] for one in said], "Amount": [one[1] for one in said],
        **where_several("Payer", [row.payer for row in shown], [row.payer for row in rows]),
        "What": [one[2] for one in said], **({"State": states} if any(states) else {}),
        "Paper": [one[4] for one in said],
    }


def _said(row: Moved, account: Account) -> tuple[str, str, str, str, str]:
    if isinstance(row, Imported):
        return "", dollars(row.cents), "Credit from before", "", ""
    if isinstance(row, RefundFacts):
        what = f"Refund by {row.method.label.lower()}: {row.reason}"
        return day(row.refunded_on, account.today), dollars(-row.amount_cents), what, "", row.number
    stands = row.state is PaymentState.SETTLED and row.settled_on is None
    return (day(row.received_on, account.today), dollars(row.amount_cents), row.method.label,
            "" if stands else row.state.label, row.receipt)


def _payment(actor: Actor, row: PaymentFacts, account: Account) -> None:
    st.text(f"{dollars(row.amount_cents)}, {row.payer}", width="content")
    if row.receipt:
        st.link_button(row.receipt, f"/files/receipt/{row.payment_id}.pdf", icon=":material/picture_as_pdf:")
        if row.failed_on is None:
            email_button(actor, row.receipt, f"receipt_{row.payment_id}")
    _buttons(actor, row)
    if row.failed_on:
        void = f"; {row.receipt} is void" if row.receipt else ""
        st.caption(md(f"Failed on {day(row.failed_on, account.today)}: {row.reason}{void}"))
    elif row.settled_on:
        st.caption(md(f"Settled on {day(row.settled_on, account.today)}"))


def _buttons(actor: Actor, row: PaymentFacts) -> None:
    may_void = may(actor, Action.VOID, Resource.INVOICES)
    key = row.payment_id
    if row.state is PaymentState.PENDING and may(actor, Action.CREATE, Resource.INVOICES):
        if st.button("Settle", key=f"settle_{key}"):
            settle_dialog(actor, key)
        if st.button("Mark failed", key=f"fail_{key}"):
            fail_dialog(actor, key)
    if row.state is PaymentState.SETTLED and may_void and row.refunded_cents < row.amount_cents:
        if st.button("Refund", key=f"refund_{key}"):
            refund_dialog(actor, key)
        if st.button("Mark failed", key=f"fail_{key}"):
            fail_dialog(actor, key)


def _refund(actor: Actor, row: RefundFacts) -> None:
    st.text(f"{dollars(-row.amount_cents)}, {row.payer}", width="content")
    st.link_button(row.number, f"/files/refund/{row.refund_id}.pdf", icon=":material/picture_as_pdf:")
    email_button(actor, row.number, f"refund_{row.refund_id}")


def _credit(actor: Actor, row: Imported) -> None:
    st.text(f"{dollars(row.cents)}, {row.payer}", width="content")
    if may(actor, Action.VOID, Resource.INVOICES) and st.button(
        "Refund", key=f"refund_credit_{row.payer_id}_{row.case_id}"
    ):
        credit_refund_dialog(actor, row.payer_id, row.case_id)
