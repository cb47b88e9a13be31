"""The practice's own settings: details and policies, services with dated fees, locations."""

from datetime import date

import streamlit as st
from sqlalchemy.orm import Session

from practicerunner import money
from practicerunner.records.practice import Service, fee_on
from practicerunner.ui.consent_block import ages_form
from practicerunner.ui.forms import Form
from practicerunner.ui.inquiry_form import inquiry_form
from practicerunner.ui.navigation import require
from practicerunner.ui.perform import read
from practicerunner.ui.person_form import zones
from practicerunner.ui.reminder_form import ask_times
from practicerunner.ui.service_dialogs import location_dialog, service_dialog
from practicerunner.ui.text import count, day
from practicerunner.vocabulary import CollectionPolicy, ServiceCategory
from practicerunner.workflows.access import Actor
from practicerunner.workflows.calendar import wall_clock
from practicerunner.workflows.collection import SetPracticeCollection, practice_collection, set_practice_collection
from practicerunner.workflows.practice import (
    ChangePractice,
    change_practice,
    location_list,
    practice_settings,
    service_list,
)
from practicerunner.workflows.reminders import SetPracticeReminders, practice_reminders, set_practice_reminders

actor = require("settings")


def _practice(actor: Actor) -> None:
    row = read(practice_settings, actor)
    form = Form(f"practice.{row.revision}")
    left, right = st.columns(2)
    with left, st.container(border=True):
        st.subheader("Details", anchor=False)
        st.text("These stand on invoices, receipts and papers for insurance.")
        name = form.text("name", "Name", row.name)
        address = form.area("address", "Address", row.address, height=100)
        phone = form.text("phone", "Phone", row.phone)
        email = form.text("email", "E-mail", row.email)
        tax_id = form.text("tax_id", "Tax id", row.tax_id, placeholder="12-3456789")
        npi = form.text("npi", "NPI of the practice (optional)", row.npi, help="Beside those of the providers.")
        choices = zones()
        zone = form.choice(
            "zone", "Time zone", choices, index=choices.index(row.zone) if row.zone in choices else None,
            help="The wall clock that appointments are read off.",
        )
    with left, st.container(border=True):
        st.subheader("Invoicing", anchor=False)
        payment_due = form.number("payment_due_days", "Invoices are due after … days", row.payment_due_days)
        after_cosign = form.tick(
            "invoice_after_cosign", "Invoice an associate's appointment only once its note is co-signed",
            row.invoice_after_cosign,
        )
        gather = form.choice(
            "invoicing_day", "Invoices of the month", [None, *range(1, 29)], index=row.invoicing_day or 0,
            format_func=lambda n: f"Gathered by itself on day {n}" if n else "Gathered by hand",
            help="For payers with one invoice per month. What waits of the months before is gathered "
                 "once a month, in the name of whoever chose the day.",
        )
        weekday = form.choice(
            "invoicing_weekday", "Invoices of the week", [None, *range(7)],
            index=0 if row.invoicing_weekday is None else row.invoicing_weekday + 1,
            format_func=lambda n: f"Gathered by itself on {date(2024, 1, 1 + n):%A}" if n is not None
            else "Gathered by hand",
            help="For payers with one invoice per week, Monday to Sunday.",
        )
        ahead = form.choice(
            "ahead_days", "Invoices in advance", [None, *range(1, 15)], index=row.ahead_days or 0,
            format_func=lambda n: f"Made by itself {count(n, 'day')} before" if n else "Made by hand",
            help="For payers who are invoiced in advance: what is booked is invoiced at the expected "
                 "fee, and settled once it took place or was called off.",
        )
        drafts = form.tick(
            "invoices_as_drafts", "“Create invoice” makes a draft to look at before it is issued",
            row.invoices_as_drafts,
        )
        adjustments = form.tick(
            "show_adjustments", "Invoices say the standard fee and what was taken off it", row.show_adjustments,
        )
        collection = read(practice_collection, actor)
        policy = form.choice(
            "policy", "Once somebody has attended", list(CollectionPolicy),
            index=list(CollectionPolicy).index(collection.policy), format_func=lambda word: word.label,
            help="Invoices are created the day after the attendance is recorded, in the name of whoever chose this. "
                 "Nothing is charged by itself: a saved card is noted as due, and a person charges it. A case can "
                 "have a rule of its own.",
        )
        notify = form.tick(
            "notify_payers", "Tell payers by e-mail of new invoices, and of payments that came or failed",
            row.notify_payers, help="Without amounts or services, and only to payers who let us write to them.",
        )
    with right, st.container(border=True):
        st.subheader("Policies", anchor=False)
        late = form.number(
            "late_cancel_hours", "A cancellation is late with less than … hours before the start",
            row.late_cancel_hours,
        )
        missed = form.text(
            "missed_fee_basis_points", "Fee for a missed appointment, percent of the agreed fee",
            money.percent(row.missed_fee_basis_points),
        )
        note_due = form.number("note_due_hours", "Notes are due … hours after the end", row.note_due_hours)
        late_entry = form.number(
            "late_entry_days", "A note is a late entry when first signed more than … days after the appointment",
            row.late_entry_days, help="It says so itself from then on. Notes that are signed already stay as they are.",
        )
        alert = form.number(
            "alert_hours", "A critical answer goes on to supervisor and owner after … business hours", row.alert_hours,
            help="Unless somebody has closed it. Answers that wait already keep the time they had.",
        )
        plan_review = form.number(
            "plan_review_days", "Treatment plans are reviewed after … days", row.plan_review_days,
        )
        reminders = read(practice_reminders, actor)
        hours = ask_times(form, "Remind clients by e-mail before the start", reminders.times)
        helpers = form.tick(
            "helpers_may_schedule", "Approved helpers may ask for and move clients' appointments",
            row.helpers_may_schedule,
        )
        messages = form.tick(
            "supervision_includes_messages", "Supervisors read the clinical conversations of those they supervise",
            row.supervision_includes_messages,
            help="Read only, and each reading is logged. From the first day of the supervision on, or from when "
                 "a case names its own supervisor, while that lasts; no administrative conversations, none of one "
                 "person apart in a couple or family, and none in the archive. Tell your clients.",
        )
        grants = form.tick(
            "grants_requests", "Do at once what a client asks for in the portal, where the calendar allows it",
            row.grants_requests,
            help="A new time among your free times, a move to one, or a cancellation, where it concerns one person "
                 "alone. All else waits under Requests.",
        )
        idle = form.number(
            "portal_idle_minutes", "Clients are signed out of the portal after … minutes without a click",
            row.portal_idle_minutes,
        )
        totp = form.tick("totp_required", "Staff sign in with an authenticator app", row.totp_required)

    def save(session: Session, actor: Actor, asked: ChangePractice) -> int:
        if sorted(hours) != sorted(reminders.times):
            set_practice_reminders(session, actor, SetPracticeReminders(revision=reminders.revision, hours=hours))
        if policy is not collection.policy:
            set_practice_collection(session, actor, SetPracticeCollection(revision=collection.revision, policy=policy))
        return change_practice(session, actor, asked)

    if st.button("Save settings", type="primary"):
        done, _ = form.submit(save, actor, lambda: ChangePractice(
            op=form.op, revision=row.revision, name=name, zone=zone or "", address=address, phone=phone, email=email,
            tax_id=tax_id, npi=npi, late_cancel_hours=late,
            missed_fee_basis_points=money.basis_points(missed, "missed_fee_basis_points"), note_due_hours=note_due,
            late_entry_days=late_entry, alert_hours=alert, plan_review_days=plan_review, payment_due_days=payment_due,
            invoice_after_cosign=after_cosign, invoicing_day=gather, invoicing_weekday=weekday, ahead_days=ahead,
            invoices_as_drafts=drafts,
            show_adjustments=adjustments, notify_payers=notify, totp_required=totp, helpers_may_schedule=helpers,
            supervision_includes_messages=messages, grants_requests=grants, portal_idle_minutes=idle,
        ), done="Practice settings saved")
        if done:
            st.rerun()


def _services(actor: Actor) -> None:
    today = read(wall_clock, actor).date()
    with st.container(horizontal=True, horizontal_alignment="right"):
        if st.button("New service", type="primary", icon=":material/add:"):
            service_dialog(actor, None, today)
    services = read(service_list, actor, with_inactive=True)
    if not services:
        st.info("No services yet. A service is what an appointment is booked for; it fills in length and fee.")
    for category in ServiceCategory:
        ours = [service for service in services if service.category is category]
        if not ours:
            continue
        st.subheader(category.label, anchor=False)
        for service in ours:
            with st.container(border=True, horizontal=True, vertical_alignment="center",
                              horizontal_alignment="distribute"):
                code = f" ({service.code})" if service.code else ""
                st.text(f"{service.name}{code}", width=260)
                st.text(f"{service.minutes} minutes", width="content")
                st.text(_fee_text(service, today), width="content")
                if not service.active:
                    st.badge("Not offered", color="gray")
                if st.button("Change", key=f"service.{service.id}"):
                    service_dialog(actor, service, today)


def _fee_text(service: Service, today: date) -> str:
    ahead = [fee for fee in service.fees if fee.valid_from > today]
    text = money.dollars(fee_on(service, today))
    return f"{text}, from {day(ahead[0].valid_from)}: {money.dollars(ahead[0].fee_cents)}" if ahead else text


def _locations(actor: Actor) -> None:
    with st.container(horizontal=True, horizontal_alignment="right"):
        if st.button("New location", type="primary", icon=":material/add:"):
            location_dialog(actor, None)
    places = read(location_list, actor, with_inactive=True)
    if not places:
        st.info("No locations yet. Appointments by video or phone need none.")
    for place in places:
        with st.container(border=True, horizontal=True, vertical_alignment="center",
                          horizontal_alignment="distribute"):
            st.text(place.name, width=260)
            st.text(place.address.replace("\n", ", "), width="content")
            if place.is_room:
                st.badge("One appointment at a time", color="blue")
            if not place.active:
                st.badge("Not used", color="gray")
            if st.button("Change", key=f"location.{place.id}"):
                location_dialog(actor, place)


st.title("Practice settings", anchor=False)
parts = st.tabs(
    ["Practice", "Services", "Locations", "Inquiries", "Minors"], key="settings.part", on_change="rerun")
for part, draw in zip(parts, (_practice, _services, _locations, inquiry_form, ages_form), strict=True):
    if part.open:
        with part:
            draw(actor)
