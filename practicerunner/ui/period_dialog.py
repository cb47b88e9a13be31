"""Invoices for a period, of a case or of a payer: what waits for whom is seen before they are created."""

from collections import Counter
from datetime import date

import pandas as pd
import streamlit as st

from practicerunner.money import dollars
from practicerunner.ui.account_tables import MONEY
from practicerunner.ui.forms import Form
from practicerunner.ui.perform import read
from practicerunner.ui.text import count, day, md
from practicerunner.workflows.access import Actor
from practicerunner.workflows.gathering import InvoicePayer, invoice_payer, waiting_of_payer
from practicerunner.workflows.periods import (
    InvoicePeriod,
    PeriodPreview,
    invoice_period,
    period_choice,
    period_preview,
)

DRAFTED = "The drafts are under Drafts, in Billing"


@st.dialog("Invoice a period")
def period_dialog(actor: Actor, case_id: int, today: date) -> None:
    """Payer, first and last day, what each payer gets, and the invoices or drafts."""
    form = Form(f"period.{case_id}")
    found = read(period_choice, actor, case_id)
    if found.oldest is None:
        st.text("Nothing waits here. Appointments can be invoiced once their attendance is recorded.")
        return
    first, last = found.oldest
    payer_id = form.choice(
        "payer_id", "Payer", [0, *found.payers], format_func=lambda one: found.payers.get(one, "Everybody who pays"),
    ) or None if len(found.payers) > 1 else None
    period = _period(form, first, last)
    if period is None:
        return
    starts, ends = period
    preview = read(period_preview, actor, case_id, starts, ends, payer_id)
    _show(form, preview, today)
    if not (preview.rows or preview.uses):
        whom = f" for {found.payers[payer_id]}" if payer_id else ""
        st.info(md(f"Nothing can be invoiced{whom} in this period."))
        return
    number = sum(row.invoices for row in preview.rows)
    what = count(number, "draft" if preview.as_drafts else "invoice")
    with st.container(horizontal=True):
        at_once = st.button(f"Create {what}" if number else "Use the package", type="primary", key="create_period")
        as_drafts = bool(number) and not preview.as_drafts and st.button("Make drafts first", key="draft_period")
    if at_once or as_drafts:
        said = DRAFTED if as_drafts or preview.as_drafts else f"{what} created"
        done, _ = form.submit(
            invoice_period, actor, lambda: InvoicePeriod(
                op=form.op, case_id=case_id, payer_id=payer_id, first=starts, last=ends,
                as_drafts=True if as_drafts else None),
            said if number else "Session of the package used")
        if done:
            st.rerun()


@st.dialog("Invoice a period")
def payer_dialog(actor: Actor, payer_id: int) -> None:
    """First and last day, what waits in each case, and one invoice or draft for each."""
    form = Form(f"period.payer.{payer_id}")
    waits = read(waiting_of_payer, actor, payer_id)
    found = waits.lines
    if not found:
        st.text("Nothing waits to be gathered. What is paid by the week or month waits once it is charged.")
        return
    period = _period(form, min(line.service_date for line in found), max(line.service_date for line in found))
    if period is None:
        return
    lines = [line for line in found if period[0] <= line.service_date <= period[1]]
    if not lines:
        st.info("Nothing waits in this period.")
        return
    counted, owed = Counter(line.case_name for line in lines), Counter[str]()
    for line in lines:
        owed[line.case_name] += line.amount_cents
    st.dataframe(
        pd.DataFrame({
            "For": list(counted), "Lines": list(counted.values()), "Amount": [dollars(owed[name]) for name in counted],
        }),
        hide_index=True, key=form.field_key("lines"), alt="What waits in each case", column_config={"Amount": MONEY})
    number = len({line.case_id for line in lines})
    what = count(number, "draft" if waits.as_drafts else "invoice")
    st.text(f"{count(number, 'invoice')} over {count(len(lines), 'line')}, "
            f"{dollars(sum(line.amount_cents for line in lines))}")
    with st.container(horizontal=True):
        at_once = st.button(f"Create {what}", type="primary", key="create_period")
        as_drafts = not waits.as_drafts and st.button("Make drafts first", key="draft_period")
    if at_once or as_drafts:
        done, _ = form.submit(
            invoice_payer, actor, lambda: InvoicePayer(
                op=form.op, payer_id=payer_id, first=period[0], last=period[1],
                as_drafts=True if as_drafts else None),
            DRAFTED if as_drafts or waits.as_drafts else f"{what} created")
        if done:
            st.rerun()


def _period(form: Form, first: date, last: date) -> tuple[date, date] | None:
    """The days from and to which; ``None`` while they are no period, which is said at the field."""
    left, right = st.columns(2)
    with left:
        starts = form.date("first", "From", first)
    with right:
        ends = form.date("last", "To", last)
    if starts is None or ends is None:
        form.show("first" if starts is None else "last", "Choose a day.")
        return None
    if ends < starts:
        form.show("last", "The last day is before the first.")
        return None
    return starts, ends


def _show(form: Form, preview: PeriodPreview, today: date) -> None:
    rows = preview.rows
    if rows:
        st.dataframe(
            pd.DataFrame({
                "Payer": [row.payer for row in rows], "Amount": [dollars(row.cents) for row in rows],
                "Gets": [f"{count(row.invoices, 'invoice')}, {count(row.lines, 'line')}" for row in rows],
            }),
            hide_index=True, key=form.field_key("lines"), alt="What each payer gets", column_config={"Amount": MONEY})
        st.text(f"{count(sum(row.invoices for row in rows), 'invoice')} over "
                f"{count(sum(row.lines for row in rows), 'line')}, {dollars(sum(row.cents for row in rows))}")
    for on, place in preview.uses:
        st.caption(md(f"{day(on, today)} uses {place}"))
    for on, one in preview.left_out:
        how = f"is invoiced without {one.name}" if one.name else "is left out"
        st.caption(md(f"{day(on, today)} {how}: {one.reason}"))
