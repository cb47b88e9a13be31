"""What a payment pays: said beforehand, oldest invoice first, and changed invoice by invoice by who wants to."""

from collections.abc import Sequence
from datetime import date

import streamlit as st

from practicerunner.errors import BadInput
from practicerunner.money import cents, dollars
from practicerunner.records.accounts import InvoiceFacts
from practicerunner.rules.ledger import Open, allocate
from practicerunner.rules.payments import Debt, pays
from practicerunner.ui.forms import Form
from practicerunner.ui.text import day, md
from practicerunner.workflows.payments import Part

Typed = dict[int, str]
"""Invoice → the amount as it was typed."""


def entered(text: str) -> int:
    """Cents of what stands in an amount field; nothing while it is no amount."""
    try:
        return max(cents(text), 0)
    except BadInput:
        return 0


def pick(
    form: Form, amount_cents: int, waiting: Sequence[InvoiceFacts], debts: Sequence[Debt], case_id: int, today: date, *,
    credit: str,
) -> Typed | None:
    """Say what the money of a case pays; with the box ticked, ask for it. ``None``: oldest invoice first."""
    old, after = pays(debts, amount_cents, case_id)
    given, left = allocate(after, [Open(i.invoice_id, i.open_cents) for i in waiting])
    chosen = form.tick("choose", "Choose what it pays") if waiting else False
    if not chosen:
        numbers = {invoice.invoice_id: invoice.number for invoice in waiting}
        for debt, part in old:
            st.caption(_debt(debt, part, case_id))
        for invoice_id, part in given:
            st.caption(md(f"{dollars(part)} pays {numbers[invoice_id]}"))
        if left:
            st.caption(f"{dollars(left)} {credit}")
        form.place("parts")
        return None
    suggested = dict(given)
    typed: Typed = {}
    for invoice in waiting:
        first = suggested.get(invoice.invoice_id, 0)
        typed[invoice.invoice_id] = st.text_input(
            md(f"{invoice.number}, {invoice.case_name}, {day(invoice.issued_on, today)}, "
               f"{dollars(invoice.open_cents)} open"),
            dollars(first) if first else "", placeholder="0.00",
            key=form.field_key(f"part.{invoice.invoice_id}.{amount_cents}"),
        )
    rest = amount_cents - sum(entered(text) for text in typed.values())
    if rest < 0:
        st.caption(f"The parts are {dollars(-rest)} more than the payment")
    elif rest:
        old, left = pays(debts, rest, case_id)
        said = [_debt(debt, part, case_id) for debt, part in old]
        st.caption("; ".join([*said, f"{dollars(left)} {credit}"] if left else said))
    form.place("parts")
    return typed


def _debt(debt: Debt, part: int, case_id: int) -> str:
    """What of the money pays a debt that stands on no invoice."""
    where = f" of {debt.case_name}" if debt.case_id != case_id else ""
    if debt.refunded:
        return md(f"{dollars(part)} pays what was refunded of a payment that failed{where and f', {debt.case_name}'}")
    return md(f"{dollars(part)} pays the opening balance{where}")


def parts(typed: Typed | None) -> tuple[Part, ...] | None:
    """What was typed, for the command. Raises BadInput at the field ``parts``."""
    if typed is None:
        return None
    found = ((invoice_id, cents(text, "parts")) for invoice_id, text in typed.items() if text.strip())
    return tuple(Part(invoice_id=invoice_id, amount_cents=amount) for invoice_id, amount in found if amount)
