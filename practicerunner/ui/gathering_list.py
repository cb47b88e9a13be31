"""What waits for the invoice of the week or month, what can be invoiced in advance, and what is to be settled."""

from collections.abc import Sequence
from datetime import date

import pandas as pd
import streamlit as st

from practicerunner import ids
from practicerunner.money import dollars
from practicerunner.ui.navigation import link
from practicerunner.ui.perform import perform, read
from practicerunner.ui.text import count, day, md
from practicerunner.ui.work_filters import narrow, of_case
from practicerunner.vocabulary import Action, InvoicingRhythm, Resource
from practicerunner.workflows.access import Actor, may
from practicerunner.workflows.advance import (
    AheadPeriod,
    InvoiceAhead,
    SettleAll,
    Unsettled,
    invoice_ahead,
    settle_all,
    to_invoice_ahead,
)
from practicerunner.workflows.follow_up import case_facts
from practicerunner.workflows.gathering import (
    InvoiceMonth,
    InvoiceWeek,
    ToGather,
    Waiting,
    invoice_month,
    invoice_week,
    period_of,
    waiting_to_be_gathered,
)


def show(actor: Actor) -> None:
    """Draw what waits, one table and one button for each week and month; and what is invoiced in advance."""
    found = read(waiting_to_be_gathered, actor)
    ahead = read(to_invoice_ahead, actor)
    if not (found.rows or ahead.periods or ahead.to_settle or ahead.unsettled):
        st.text("Nothing waits to be gathered. What payers with one invoice per week or month owe appears here once it "
                "is charged, and what is booked for payers who are invoiced in advance.")
        return
    if ahead.to_settle:
        _settle(actor, ahead.to_settle)
    if ahead.unsettled:
        _unsettled(ahead.unsettled, found.today)
    for period in ahead.periods:
        _ahead(actor, period, found.today)
    if found.rows:
        _gather(actor, found)


def _gather(actor: Actor, found: ToGather) -> None:
    """Filters, and a table for each week and month. An invoice is of all that a payer owes: only unfiltered is made."""
    known = read(case_facts, actor, {row.case_id for row in found.rows})
    left = narrow(found.rows, lambda row: of_case(
        known[row.case_id], (found.today - row.first).days), "to_gather", person="Provider")
    if not left:
        st.text("Nothing that waits to be gathered fits these filters.")
        return
    st.text(f"{count(len(left), 'invoice')} to create, {dollars(sum(row.amount_cents for row in left))} in all")
    if len(left) < len(found.rows):
        st.caption("Take the filters back to create them: a week or month is invoiced as a whole.")
    for first, rhythm in dict.fromkeys((row.first, row.rhythm) for row in left):
        _period(actor, [row for row in left if (row.first, row.rhythm) == (first, rhythm)],
                is_over=found.today > period_of(first, rhythm)[1], drafts_first=found.as_drafts,
                whole=len(left) == len(found.rows))


def title(first: date, rhythm: InvoicingRhythm) -> str:
    """``September 2026``, or ``Week of 7 Sep 2026``."""
    return f"Week of {first.day} {first:%b %Y}" if rhythm.is_weekly else f"{first:%B %Y}"


def _settle(actor: Actor, number: int) -> None:
    with st.container(border=True):
        st.text(f"{count(number, 'appointment')} invoiced in advance took place or {'was' if number == 1 else 'were'} "
                "called off since. Settling credits what was invoiced too much and invoices what is missing.")
        if not may(actor, Action.CREATE, Resource.INVOICES):
            return
        operation = st.session_state.setdefault("settle_all.op", ids.new_operation())
        if st.button(f"Settle {count(number, 'appointment')}", type="primary", key="settle_all"):
            done, _ = perform(settle_all, actor, lambda: SettleAll(op=operation),
                              done=f"{count(number, 'appointment')} settled")
            if done:
                st.session_state.pop("settle_all.op")
                st.rerun()


def _unsettled(rows: Sequence[Unsettled], today: date) -> None:
    """What was invoiced in advance and waits until somebody says who pays, each with the way there."""
    with st.container(border=True):
        st.text(f"{count(len(rows), 'appointment')} invoiced in advance cannot be settled: nobody is set down to pay.")
        for row in rows:
            with st.container(horizontal=True, vertical_alignment="center", horizontal_alignment="distribute"):
                link(md(f"{day(row.held_on, today)}, {row.case_name}"), "appointment", appointment=row.appointment_id)
                link("Say who pays", "case", case=row.case_id, part="billing")
            for one in row.unpaid:
                st.caption(md(one.reason))


def _ahead(actor: Actor, period: AheadPeriod, today: date) -> None:
    name = title(period.first, period.rhythm)
    with st.container(border=True):
        st.text(f"{name}, in advance: {count(period.appointments, 'appointment')} booked until "
                f"{day(period.last, today)} can be invoiced at the expected fee.")
        if not may(actor, Action.CREATE, Resource.INVOICES):
            return
        key = f"ahead.{period.rhythm}.{period.first}"
        operation = st.session_state.setdefault(f"{key}.op", ids.new_operation())
        if st.button(f"Invoice {count(period.appointments, 'appointment')} in advance", key=key):
            done, _ = perform(
                invoice_ahead, actor, lambda: InvoiceAhead(op=operation, day=period.first, rhythm=period.rhythm),
                done=f"{name} invoiced in advance",
            )
            if done:
                st.session_state.pop(f"{key}.op")
                st.rerun()


def _period(actor: Actor, rows: Sequence[Waiting], *, is_over: bool, drafts_first: bool, whole: bool) -> None:
    first, rhythm = rows[0].first, rows[0].rhythm
    name, key = title(first, rhythm), f"{first}_w" if rhythm.is_weekly else str(first)
    st.subheader(name, anchor=False)
    if not is_over:
        st.text(f"This {'week' if rhythm.is_weekly else 'month'} is not over: what is charged later comes on another "
                "invoice.")
    st.dataframe(
        pd.DataFrame({
            "Payer": [row.payer for row in rows], "For": [row.case_name for row in rows],
            "Lines": [row.lines for row in rows], "Amount": [dollars(row.amount_cents) for row in rows],
        }),
        hide_index=True, key=f"gather_table_{key}", alt=f"What waits for {name}",
        column_config={"Amount": st.column_config.TextColumn(alignment="right")},
    )
    if not whole or not may(actor, Action.CREATE, Resource.INVOICES):
        return
    operation = st.session_state.setdefault(f"gather.{key}", ids.new_operation())
    number = count(len(rows), "draft" if drafts_first else "invoice")
    with st.container(horizontal=True):
        at_once = st.button(f"Create {number}", type="primary", key=f"gather_{key}")
        as_drafts = not drafts_first and st.button(f"Make {count(len(rows), 'draft')} first", key=f"draft_{key}")
    if at_once or as_drafts:
        wanted = True if as_drafts else None
        said = f"{count(len(rows), 'draft') if as_drafts else number} created"
        if rhythm.is_weekly:
            done, _ = perform(
                invoice_week, actor, lambda: InvoiceWeek(op=operation, week=first, as_drafts=wanted), done=said)
        else:
            done, _ = perform(
                invoice_month, actor, lambda: InvoiceMonth(op=operation, month=first, as_drafts=wanted), done=said)
        if done:
            st.session_state.pop(f"gather.{key}")
            st.rerun()
