"""What was taken off invoices, and taking it off or back: credit, write-off, each with a reason and a preview."""

import streamlit as st

from practicerunner.money import cents, dollars
from practicerunner.records.accounts import AdjustmentFacts
from practicerunner.rules.ledger import left_to_credit
from practicerunner.ui.account_tables import pick, where_several
from practicerunner.ui.forms import Form
from practicerunner.ui.parts_picker import entered
from practicerunner.ui.payment_dialogs import balance_line
from practicerunner.ui.perform import read
from practicerunner.ui.reminder_dialog import email_button
from practicerunner.ui.text import day, md
from practicerunner.vocabulary import Action, Resource
from practicerunner.workflows.access import Actor, may
from practicerunner.workflows.accounts import Account
from practicerunner.workflows.adjustments import (
    CreditInvoice,
    TakeBack,
    WriteOff,
    WriteOffDebt,
    credit_invoice,
    take_back,
    write_off,
    write_off_debt,
)
from practicerunner.workflows.payment_pages import invoice_detail


def adjustment_list(actor: Actor, account: Account) -> None:
    """Credit adjustments and write-offs: what they take off which invoice, who decided it and why."""
    rows = account.adjustments
    row = pick(
        rows, lambda shown: {
            "Date": [day(one.effective_on, account.today) for one in shown],
            "Amount": [dollars(-one.amount_cents) for one in shown],
            **where_several("Payer", [one.payer for one in shown], [one.payer for one in rows]),
            "What": [one.kind.label + (", taken back" if one.is_mirror else "") for one in shown],
            "Invoice": [one.invoice or "None" for one in shown], "Reason": [one.reason for one in shown],
            "By": [one.by for one in shown], "Credit note": [one.credit_note for one in shown],
        },
        key="adjustments", alt="Adjustments", row_id=lambda one: one.entry_id,
        hint="Choose a row to open its credit note or to take it back.")
    if row is None:
        return
    voided = {one.facts.number for one in account.invoices if one.facts.voided_on}
    stands = not (row.is_mirror or row.is_taken_back or row.invoice in voided)
    with st.container(horizontal=True, vertical_alignment="center", border=True):
        st.text(f"{row.kind.label} {dollars(-row.amount_cents)}, {row.payer}: {row.reason}", width="content")
        if row.credit_note:
            st.link_button(row.credit_note, f"/files/credit_note/{row.credit_note_id}.pdf",
                           icon=":material/picture_as_pdf:")
            if stands:
                email_button(actor, row.credit_note, f"credit_note_{row.credit_note_id}")
        if stands and may(actor, Action.VOID, Resource.INVOICES) and st.button(
            "Take back", key=f"back_{row.entry_id}"
        ):
            back_dialog(actor, row)


@st.dialog("Credit")
def credit_dialog(actor: Actor, invoice_id: int) -> None:
    """What is taken off an invoice, and why."""
    detail = read(invoice_detail, actor, invoice_id)
    facts = detail.facts
    st.text(f"{facts.number}, {facts.payer}: {dollars(facts.open_cents)} of {dollars(facts.total_cents)} is open.")
    form = Form(f"adjust.{invoice_id}")
    lines = {line.charge_id: line for line in detail.lines}
    line = form.choice(
        "charge_id", "Credit for", [0, *lines],  # an empty first option could be cleared
        format_func=lambda one: lines[one].description if one else "The invoice as a whole",
    ) or None if len(lines) > 1 else None
    left = min(lines[line].left_cents, detail.left_cents) if line else detail.left_cents
    amount = form.text("amount_cents", "Amount", "", placeholder=dollars(left))
    reason = form.text("reason", "Reason", help="It stands on the credit note.")
    note = form.tick("credit_note", "Issue a credit note")
    wanted = entered(amount)
    if wanted > left:
        st.caption(left_to_credit(left, facts.written_off_cents))
    elif wanted:
        freed = max(wanted - facts.open_cents, 0)
        st.caption(f"{dollars(facts.open_cents - wanted + freed)} stays open on the invoice")
        if freed:
            st.caption(f"{dollars(freed)} that was paid becomes the payer's credit")
        balance_line(detail.balance_cents, detail.balance_cents - wanted)
    if st.button("Credit", type="primary", key=form.field_key("save")):
        done, _ = form.submit(
            credit_invoice, actor,
            lambda: CreditInvoice(
                op=form.op, invoice_id=invoice_id, amount_cents=cents(amount, "amount_cents"), reason=reason,
                charge_id=line, credit_note=note,
            ),
            f"{dollars(wanted)} taken off {facts.number}",
        )
        if done:
            st.rerun()


@st.dialog("Write off")
def write_off_dialog(actor: Actor, invoice_id: int) -> None:
    """What is given up of an invoice, and why."""
    detail = read(invoice_detail, actor, invoice_id)
    facts = detail.facts
    st.text(f"{facts.number}, {facts.payer}: {dollars(facts.open_cents)} of {dollars(facts.total_cents)} is open.")
    form = Form(f"write_off.{invoice_id}")
    amount = form.text("amount_cents", "Amount", dollars(facts.open_cents))
    reason = form.text("reason", "Reason")
    wanted = entered(amount)
    if wanted > facts.open_cents:
        st.caption(f"Only {dollars(facts.open_cents)} is open")
    else:
        st.caption(f"{dollars(facts.open_cents - wanted)} stays open on the invoice")
        balance_line(detail.balance_cents, detail.balance_cents - wanted)
    if st.button("Write off", type="primary", key=form.field_key("save")):
        done, _ = form.submit(
            write_off, actor,
            lambda: WriteOff(
                op=form.op, invoice_id=invoice_id, amount_cents=cents(amount, "amount_cents"), reason=reason
            ),
            f"{dollars(wanted)} of {facts.number} written off",
        )
        if done:
            st.rerun()


def debts_on_none(actor: Actor, account: Account, *, by_case: bool) -> None:
    """What is owed on no invoice, and giving it up: the invoices' table cannot show it."""
    for row in account.standings:
        if row.loose_cents <= 0:
            continue
        with st.container(horizontal=True, horizontal_alignment="distribute", vertical_alignment="center"):
            whose = row.case_name if by_case else row.payer
            st.text(f"{whose}: {dollars(row.loose_cents)} is owed on no invoice", width="content")
            debt_button(actor, row.payer_id, row.payer, row.case_id, row.loose_cents)


def debt_button(actor: Actor, payer_id: int, payer: str, case_id: int, owed_cents: int) -> None:
    """The way to give up what is owed on no invoice, for those who may."""
    if may(actor, Action.VOID, Resource.INVOICES) and st.button(
        "Write off", key=f"write_off_debt_{payer_id}_{case_id}",
        help=f"Give up the {dollars(owed_cents)} that is owed on no invoice",
    ):
        write_off_debt_dialog(actor, payer_id, payer, case_id, owed_cents)


@st.dialog("Write off")
def write_off_debt_dialog(actor: Actor, payer_id: int, payer: str, case_id: int, owed_cents: int) -> None:
    """What is given up of what is owed on no invoice, and why."""
    st.text(f"{payer} owes {dollars(owed_cents)} on no invoice.")
    form = Form(f"write_off_debt.{payer_id}.{case_id}")
    amount = form.text("amount_cents", "Amount", dollars(owed_cents))
    reason = form.text("reason", "Reason")
    wanted = entered(amount)
    if wanted > owed_cents:
        st.caption(f"Only {dollars(owed_cents)} is owed")
    else:
        st.caption(f"{dollars(owed_cents - wanted)} stays owed on no invoice")
    if st.button("Write off", type="primary", key=form.field_key("save")):
        done, _ = form.submit(
            write_off_debt, actor,
            lambda: WriteOffDebt(
                op=form.op, payer_id=payer_id, case_id=case_id, amount_cents=cents(amount, "amount_cents"),
                reason=reason,
            ),
            f"{dollars(wanted)} written off",
        )
        if done:
            st.rerun()


@st.dialog("Take back")
def back_dialog(actor: Actor, row: AdjustmentFacts) -> None:
    """Why an adjustment is taken back."""
    where = row.invoice or "no invoice"
    st.text(f"{row.kind.label} of {dollars(row.amount_cents)} on {where}: {row.reason}")
    again = f"is open again on {row.invoice}" if row.invoice else "is owed again"
    st.caption(md(f"{dollars(row.amount_cents)} {again}."))
    if row.credit_note:
        st.caption(md(f"The credit note {row.credit_note} becomes void."))
    form = Form(f"back.{row.entry_id}")
    reason = form.text("reason", "Reason")
    if st.button("Take it back", type="primary", key=form.field_key("save")):
        done, _ = form.submit(
            take_back, actor, lambda: TakeBack(op=form.op, entry_id=row.entry_id, reason=reason), "Taken back"
        )
        if done:
            st.rerun()
