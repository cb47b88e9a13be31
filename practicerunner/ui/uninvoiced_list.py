"""Appointments that can be invoiced: several at once, with what will be created for whom seen before the click."""

from collections.abc import Sequence
from datetime import date

import pandas as pd
import streamlit as st

from practicerunner import clock, ids
from practicerunner.money import dollars
from practicerunner.records.uninvoiced import Uninvoiced
from practicerunner.rules.statements import AGES, age_of
from practicerunner.ui import follow_up_form
from practicerunner.ui.account_tables import MONEY
from practicerunner.ui.billing_block import waive_dialog
from practicerunner.ui.navigation import link
from practicerunner.ui.perform import perform, read
from practicerunner.ui.text import count, day, md
from practicerunner.ui.work_filters import Facts, narrow, page_of
from practicerunner.vocabulary import Action, Resource
from practicerunner.workflows.access import Actor, may
from practicerunner.workflows.accounts import PAGE, InvoicePreview, invoice_preview, uninvoiced
from practicerunner.workflows.billing import InvoiceAppointments, invoice_appointments
from practicerunner.workflows.follow_up import ToContact, whom_to_contact
from practicerunner.workflows.practice import practice_settings
from practicerunner.workflows.waivers import missed_fees

MOST = 1_000
"""Appointments that are looked through at once."""


def show(actor: Actor) -> None:
    """Filters, the table, and what will be created."""
    found, number = read(uninvoiced, actor, limit=MOST)
    if not found:
        st.text("Everything is invoiced. Appointments appear here once their attendance is recorded.")
        return
    house = read(practice_settings, actor)
    today = clock.today(house.zone)
    if house.invoice_after_cosign:
        st.text("Appointments of associates appear once their note is co-signed.")
    rows = narrow(found, lambda row: Facts(
        row.provider, row.case_type, (today - row.held_on).days, row.provider_id == actor.staff_id),
        "uninvoiced", person="Provider")
    if not rows:
        st.text("No appointment to invoice fits these filters.")
        return
    many = f"the oldest {MOST:,} of {number:,}" if number > MOST else count(len(rows), "appointment")
    st.text(f"{many} to invoice, the oldest first.")
    page = page_of("uninvoiced", len(rows), PAGE)
    shown = rows[(page - 1) * PAGE:page * PAGE]
    whom = read(whom_to_contact, actor, {row.case_id for row in shown})
    picked = _table(shown, whom, today)
    if len(rows) > PAGE:
        st.pagination(-(-len(rows) // PAGE), key="uninvoiced_page")
    if not picked:
        st.caption("Choose appointments to see what will be invoiced to whom.")
        return
    if len(picked) == 1:
        _one(actor, picked[0], whom.get(picked[0].case_id, ()), today)
    if may(actor, Action.CREATE, Resource.INVOICES):
        _several(actor, picked, today, always=house.invoices_as_drafts)


def show_of_case(actor: Actor, case_id: int) -> None:
    """What waits on one case: all of it, or what is chosen, with what will be created; nothing where nothing waits."""
    found, number = read(uninvoiced, actor, case_id=case_id)
    if not found:
        return
    house = read(practice_settings, actor)
    today = clock.today(house.zone)
    st.subheader("To invoice", anchor=False)
    if number > len(found):
        st.text(f"The oldest {len(found):,} of {number:,} appointments.")
    chosen = st.dataframe(
        pd.DataFrame({
            "Date": [day(row.held_on, today) for row in found], "Service": [row.service for row in found],
            "Standard fee": [dollars(row.fee_cents) for row in found], "Provider": [row.provider for row in found],
        }),
        hide_index=True, on_select="rerun", selection_mode="multi-row", alt="Appointments of this case to invoice",
        key=f"case_uninvoiced_{hash(tuple(row.appointment_id for row in found))}",
        column_config={"Standard fee": MONEY},
    )["selection"]["rows"]
    picked = [found[place] for place in chosen if place < len(found)] or found
    if may(actor, Action.CREATE, Resource.INVOICES):
        _several(actor, picked, today, always=house.invoices_as_drafts)


def _table(rows: Sequence[Uninvoiced], whom: dict[int, tuple[ToContact, ...]], today: date) -> list[Uninvoiced]:
    known = [whom.get(row.case_id, ()) for row in rows]
    done = [follow_up_form.latest(one) for one in known]
    chosen = st.dataframe(
        pd.DataFrame({
            "Date": [day(row.held_on, today) for row in rows], "For": [row.case_name for row in rows],
            "Payer": [follow_up_form.names(one) for one in known],
            "Standard fee": [dollars(row.fee_cents) for row in rows],
            "Age": [AGES[age_of(row.held_on, today)] for row in rows],
            "Last contact": [follow_up_form.last_contact(one, today) for one in done],
            "Next action": [follow_up_form.next_action(one, today) for one in done],
            "Service": [row.service for row in rows], "Provider": [row.provider for row in rows],
        }),
        hide_index=True, on_select="rerun", selection_mode="multi-row", alt="Appointments to invoice",
        key=f"uninvoiced_table_{hash(tuple(row.appointment_id for row in rows))}",
        column_config={
            "Date": st.column_config.Column(width=82), "For": st.column_config.Column(width=125),
            "Payer": st.column_config.Column(width=120), "Standard fee": st.column_config.TextColumn(
                "Fee", help="The standard fee", width=62, alignment="right"),
            "Age": st.column_config.Column(width=84), "Service": st.column_config.Column(width=110),
            **follow_up_form.WIDTHS,
        },
    )["selection"]["rows"]
    return [rows[place] for place in chosen if place < len(rows)]


def _one(actor: Actor, row: Uninvoiced, whom: Sequence[ToContact], today: date) -> None:
    with st.container(horizontal=True, vertical_alignment="center"):
        link("Open the appointment", "appointment", appointment=row.appointment_id)
        link(md(f"Case: {row.case_name}"), "case", case=row.case_id, part="billing")
        if may(actor, Action.CREATE, Resource.INVOICES):
            follow_up_form.about_case(actor, row.case_id, whom, today, f"uninvoiced.{row.case_id}")
        fees = read(missed_fees, actor, row.appointment_id)
        for fee in fees.fees:
            if fee.waived is None and fees.may_waive and st.button(
                f"Waive the {fee.kind.label.lower()} fee of {dollars(fee.amount_cents)}",
                key=f"waive.{row.appointment_id}.{fee.person_id or 0}", type="tertiary",
            ):
                waive_dialog(actor, row.appointment_id, fee, fees.invoices_first)


def _several(actor: Actor, picked: Sequence[Uninvoiced], today: date, *, always: bool) -> None:
    preview = read(invoice_preview, actor, [row.appointment_id for row in picked])
    with st.container(border=True):
        _show(preview, picked, today)
        if not preview.ready:
            return
        monthly = sum(number for _, number, _ in preview.monthly)
        what = count(preview.invoices, "draft" if always else "invoice")
        label = "Charge for the next invoice" if preview.monthly else "Use the package"
        if preview.invoices:
            label = f"Create {what}"
        operation = st.session_state.setdefault("uninvoiced_op", ids.new_operation())
        with st.container(horizontal=True):
            at_once = st.button(label, type="primary", key="invoice_many")
            as_drafts = bool(preview.invoices) and not always and st.button("Make drafts first", key="draft_many")
        if at_once or as_drafts:
            said = f"{count(len(preview.uses), 'session')} of packages used"
            if preview.monthly:
                said = f"{count(monthly, 'part')} charged; waiting for the next invoice"
            if preview.invoices:
                said = "The drafts are under Drafts" if as_drafts or always else f"{what} created"
            done, _ = perform(
                invoice_appointments, actor,
                lambda: InvoiceAppointments(
                    op=operation, appointment_ids=preview.ready, as_drafts=True if as_drafts else None),
                done=said,
            )
            st.session_state.pop("uninvoiced_op", None)
            if done:
                st.rerun()


def _show(preview: InvoicePreview, picked: Sequence[Uninvoiced], today: date) -> None:
    if preview.lines:
        st.text(f"{count(preview.invoices, 'invoice')} for {count(len(preview.lines), 'payer')}, "
                f"{dollars(preview.cents)} in all")
    lines = [(payer, f"{count(number, 'invoice')}", cents) for payer, number, cents in preview.lines]
    lines += [(payer, "the next invoice", cents) for payer, _, cents in preview.monthly]
    if lines:
        st.dataframe(pd.DataFrame({
            "Payer": [payer for payer, *_ in lines], "Amount": [dollars(cents) for *_, cents in lines],
            "Gets": [what for _, what, _ in lines],
        }), hide_index=True, key="invoice_preview", alt="What will be invoiced", column_config={"Amount": MONEY})
    named = {row.appointment_id: row for row in picked}
    for appointment_id, place in preview.uses:
        row = named[appointment_id]
        st.caption(md(f"{day(row.held_on, today)}, {row.case_name}, uses {place}"))
    for one in preview.left_out:
        row = named[one.appointment_id]
        how = f"is invoiced without {one.name}" if one.name else "is left out"
        st.caption(md(f"{day(row.held_on, today)}, {row.case_name}, {how}: {one.reason}"))
