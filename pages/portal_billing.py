"""Invoices, receipts, statements and how they are paid."""

from collections.abc import Sequence

import streamlit as st

from practicerunner.money import dollars
from practicerunner.ui import portal_text
from practicerunner.ui.perform import read
from practicerunner.ui.portal import require_portal
from practicerunner.ui.status import badge
from practicerunner.ui.text import count, day, md
from practicerunner.vocabulary import DocumentKind, PaymentState
from practicerunner.workflows.access import PortalActor
from practicerunner.workflows.portal_billing import BillingPage, MyInvoice, MyPaper, billing_page


def invoice(me: PortalActor, page: BillingPage, one: MyInvoice) -> None:
    """One invoice: what is open, until when, and the paper."""
    with st.container(border=True), st.container(
        horizontal=True, horizontal_alignment="distribute", vertical_alignment="center"
    ):
        with st.container(width="content", gap="xsmall"):
            st.markdown(f"**{md(dollars(one.open_cents or one.total_cents))}**")
            due = f"due {day(one.due_on, page.today)}" if one.open_cents else f"issued {day(one.issued_on, page.today)}"
            of = f" of {dollars(one.total_cents)}" if 0 < one.open_cents < one.total_cents else ""
            st.text(f"{due}{of}")
            badge(one.state)
        portal_text.download(me, one.number, DocumentKind.INVOICE, one.invoice_id)


def papers(me: PortalActor, page: BillingPage, title: str, icon: str, rows: Sequence[MyPaper]) -> None:
    """A list of papers, folded away."""
    if not rows:
        return
    with st.expander(f"{title} ({len(rows)})", icon=icon):
        for one in rows:
            with st.container(horizontal=True, horizontal_alignment="distribute", vertical_alignment="center"):
                with st.container(width="content", gap="xsmall"):
                    st.text(_line(page, one))
                    if one.words:
                        st.caption(md(one.words))
                    if one.state not in (None, PaymentState.SETTLED):
                        badge(one.state)
                if one.number:
                    portal_text.download(me, one.number, one.kind, one.subject_id)


def _line(page: BillingPage, one: MyPaper) -> str:
    amount = f", {dollars(one.amount_cents)}" if one.amount_cents is not None else ""
    what = "Payment" if one.kind is DocumentKind.RECEIPT else one.kind.label
    return f"{what}, {day(one.on, page.today)}{amount}"


def methods(page: BillingPage) -> None:
    """Saved cards and accounts, as much of them as is ever shown."""
    if not page.methods:
        return
    with st.expander("Saved payment methods", icon=":material/credit_card:"):
        for one in page.methods:
            portal_text.method(one)
        st.caption("To change one, please speak with the practice.")


me = require_portal("portal_billing")
found = read(billing_page, me)
st.title("Billing", anchor=False)
with st.container(horizontal=True):
    st.metric(f"To pay ({found.currency})", dollars(found.due_cents), width="content")
    if found.credit_cents:
        st.metric(f"Credit ({found.currency})", dollars(found.credit_cents), width="content")
for unpaid in found.unpaid:
    invoice(me, found, unpaid)
if found.unpaid:
    st.caption(md(f"To pay, or if something is unclear, {portal_text.call(found.phone)}"))
else:
    st.text("Nothing is open.")
paid = [one for one in found.invoices if one.open_cents <= 0]
if paid:
    with st.expander(f"{count(len(paid), 'earlier invoice')}", icon=":material/receipt_long:"):
        for done in paid:
            invoice(me, found, done)
papers(me, found, "Payments and receipts", ":material/payments:", found.receipts)
papers(me, found, "Statements", ":material/summarize:", found.statements)
papers(me, found, "Superbills", ":material/request_quote:", found.superbills)
methods(found)
