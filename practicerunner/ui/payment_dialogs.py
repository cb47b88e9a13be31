"""Deciding about one payment: it settled, it failed, it is given back. What that does to the balance is said first."""

from datetime import date
from typing import Any

import streamlit as st

from practicerunner.money import cents, dollars
from practicerunner.rules.payments import sources
from practicerunner.ui.forms import Form
from practicerunner.ui.parts_picker import entered, parts, pick
from practicerunner.ui.perform import read
from practicerunner.ui.text import day, md
from practicerunner.vocabulary import PaymentMethodKind, PaymentState
from practicerunner.workflows.access import Actor
from practicerunner.workflows.payment_pages import PaymentDetail, payment_detail
from practicerunner.workflows.refunds import RefundCredit, RefundPayment, credit_detail, refund_credit, refund_payment
from practicerunner.workflows.settlements import FailPayment, SettlePayment, fail_payment, settle_payment


def _head(detail: PaymentDetail) -> None:
    facts = detail.facts
    st.text(f"{dollars(facts.amount_cents)} from {facts.payer}, {facts.method.label.lower()}, "
            f"{day(facts.received_on, detail.today)}.")


def balance_line(before: int, after: int) -> None:
    """What the payer's balance becomes."""
    st.caption(f"The balance stays {dollars(before)}" if after == before
               else f"The balance goes from {dollars(before)} to {dollars(after)}")


@st.dialog("The payment has settled")
def settle_dialog(actor: Actor, payment_id: int) -> None:
    """From which day the money counts, and what it pays."""
    detail = read(payment_detail, actor, payment_id)
    _head(detail)
    form = Form(f"settle.{payment_id}")
    settled_on = form.date("settled_on", "Settled on", detail.today, max_value=detail.today)
    typed = pick(
        form, detail.facts.amount_cents, detail.waiting, detail.debts, detail.facts.case_id, detail.today,
        credit="is kept as credit",
    )
    balance_line(detail.balance_cents, detail.balance_cents - detail.facts.amount_cents)
    if st.button("Settle", type="primary", key=form.field_key("save")):
        done, _ = form.submit(
            settle_payment, actor,
            lambda: SettlePayment(
                op=form.op, payment_id=payment_id, settled_on=settled_on or detail.today, parts=parts(typed)
            ),
            f"Payment of {dollars(detail.facts.amount_cents)} settled",
        )
        if done:
            st.session_state["new_receipt"] = payment_id
            st.rerun()


@st.dialog("The payment has failed")
def fail_dialog(actor: Actor, payment_id: int) -> None:
    """Since when and why; what it paid opens again."""
    detail = read(payment_detail, actor, payment_id)
    _head(detail)
    form = Form(f"fail.{payment_id}")
    failed_on = form.date("failed_on", "Failed on", detail.today, max_value=detail.today)
    reason = form.text("reason", "Reason", placeholder="Returned by the bank")
    if detail.facts.state is PaymentState.SETTLED:
        for held in detail.held:
            number = detail.numbers.get(held.invoice_id or 0)
            st.caption(md(f"{dollars(held.cents)} is open again on {number}" if number
                          else f"{dollars(held.cents)} of credit is gone"))
        st.caption(md(f"The receipt {detail.facts.receipt} becomes void."))
        balance_line(detail.balance_cents, detail.balance_cents + detail.left_cents)
    else:
        balance_line(detail.balance_cents, detail.balance_cents)
    st.caption("It stays on the list of failed payments until what is due now is paid.")
    if st.button("Mark failed", type="primary", key=form.field_key("save")):
        done, _ = form.submit(
            fail_payment, actor,
            lambda: FailPayment(
                op=form.op, payment_id=payment_id, failed_on=failed_on or detail.today, reason=reason
            ),
            "Payment marked as failed",
        )
        if done:
            if st.session_state.get("new_receipt") == payment_id:
                st.session_state.pop("new_receipt")
            st.rerun()


@st.dialog("Refund")
def refund_dialog(actor: Actor, payment_id: int) -> None:
    """How much goes back, from where, how and why."""
    detail = read(payment_detail, actor, payment_id)
    _head(detail)
    if detail.facts.refunded_cents:
        st.text(f"{dollars(detail.facts.refunded_cents)} of it was refunded; {dollars(detail.left_cents)} is left.")
    form = Form(f"refund.{payment_id}")
    amount = form.text("amount_cents", "Amount", dollars(detail.left_cents))
    paid = [held.invoice_id for held in detail.held if held.invoice_id is not None]
    source = form.choice(
        "invoice_id", "Taken from", [0, *paid],  # an empty first option could be cleared
        format_func=lambda one: detail.numbers.get(one) or "Unused credit, then the newest invoice",
    ) or None if paid else None
    credit = form.tick(
        "credit_invoices", "Take the same amount off the invoice",
        help="With this the invoice does not open again: the service is not charged as far as it is refunded."
    ) if paid else False
    note = form.tick("credit_note", "Issue a credit note") if credit else False
    how = _how(form, detail.today, detail.facts.method)
    _what_it_does(detail, entered(amount), source, credit=credit)
    if st.button("Refund", type="primary", key=form.field_key("save")):
        done, refund_id = form.submit(
            refund_payment, actor,
            lambda: RefundPayment(
                op=form.op, payment_id=payment_id, amount_cents=cents(amount, "amount_cents"), invoice_id=source,
                credit_invoices=credit, credit_note=note, **how,
            ),
            f"Refund of {dollars(entered(amount))} recorded",
        )
        if done:
            st.session_state["new_refund"] = refund_id
            st.rerun()


def _how(form: Form, today: date, usual: PaymentMethodKind) -> dict[str, Any]:
    """How, when and why money goes back."""
    kinds = list(PaymentMethodKind)
    return {
        "method": form.choice("method", "Method", kinds, format_func=lambda kind: kind.label, index=kinds.index(usual)),
        "refunded_on": form.date("refunded_on", "Refunded on", today, max_value=today) or today,
        "reason": form.text("reason", "Reason", help="It stands on the refund receipt."),
        "reference": form.text("reference", "Reference", help="Never a whole card number."),
    }


@st.dialog("Refund of credit from before")
def credit_refund_dialog(actor: Actor, payer_id: int, case_id: int) -> None:
    """How much of the credit that an import brought goes back, how and why."""
    detail = read(credit_detail, actor, payer_id, case_id)
    st.text(f"{detail.payer} has {dollars(detail.cents)} of credit from before on {detail.case_name}.")
    form = Form(f"refund_credit.{payer_id}.{case_id}")
    amount = form.text("amount_cents", "Amount", dollars(detail.cents))
    how = _how(form, detail.today, PaymentMethodKind.BANK)
    given = entered(amount)
    st.caption(f"{dollars(detail.cents - given)} of credit is left" if given <= detail.cents
               else f"{dollars(given - detail.cents)} is more than the credit")
    if st.button("Refund", type="primary", key=form.field_key("save")):
        done, refund_id = form.submit(
            refund_credit, actor,
            lambda: RefundCredit(
                op=form.op, payer_id=payer_id, case_id=case_id, amount_cents=cents(amount, "amount_cents"),
                **how,
            ),
            f"Refund of {dollars(entered(amount))} recorded",
        )
        if done:
            st.session_state["new_refund"] = refund_id
            st.rerun()


def _what_it_does(detail: PaymentDetail, amount_cents: int, source: int | None, *, credit: bool) -> None:
    taken, missing = sources(detail.held, amount_cents, detail.free, source)
    credited = 0
    for one in taken:
        number = detail.numbers.get(one.invoice_id or 0)
        if not number:
            st.caption(f"{dollars(one.cents)} comes from unused credit")
        elif credit:
            credited += one.cents
            st.caption(md(f"{dollars(one.cents)} is taken off {number}, which stays closed"))
        else:
            st.caption(md(f"{dollars(one.cents)} is open again on {number}"))
    if missing:
        st.caption(f"{dollars(missing)} is more than what can be refunded here")
    else:
        balance_line(detail.balance_cents, detail.balance_cents + amount_cents - credited)
