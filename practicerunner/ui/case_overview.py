"""The first section of a case: what is next, what it needs, who takes part, what was (A10, C02–C09)."""

import streamlit as st

from practicerunner.money import dollars
from practicerunner.rules.case_types import Capabilities, capabilities
from practicerunner.rules.workflow_state import Item, Step, state_in_words, step_in_words
from practicerunner.ui import message_block, navigation, request_rows, wrong_recipient
from practicerunner.ui.arrangement_form import in_words, show_ended
from practicerunner.ui.perform import read
from practicerunner.ui.status import badge
from practicerunner.ui.text import clock_span, day, md
from practicerunner.vocabulary import Action, AppointmentStatus, ContactKind, NoteStatus, PortalState, Resource
from practicerunner.workflows.access import Actor, may
from practicerunner.workflows.clients import (
    CasePage,
    CaseSummary,
    ContactView,
    ParticipantView,
    RecentAppointment,
    case_summary,
)
from practicerunner.workflows.request_queue import requests_of_case

PORTAL = {PortalState.ACTIVE: "yes", PortalState.SUSPENDED: "suspended"}


def show(actor: Actor, page: CasePage) -> None:
    """Draw the section."""
    summary = read(case_summary, actor, page.case_id)
    left, right = st.columns([2, 3])
    with left:
        _next(page)
        _requests(actor, page)
    with right:
        _workflow(actor, page, summary)
    _people(page)
    _recent(actor, page)
    message_block.show(actor, page)
    wrong_recipient.report_button(actor, f"case.{page.case_id}", case_id=page.case_id)


def _next(page: CasePage) -> None:
    called = capabilities(page.type).appointment
    with st.container(border=True):
        st.subheader("Next", anchor=False)
        if not page.upcoming:
            st.text(f"No {called} ahead.")
            return
        for ahead in page.upcoming:
            where = ahead.location or ahead.format.label
            kept = " · confidential" if ahead.confidential else ""
            text = f"{day(ahead.on, page.today)}, {clock_span(ahead.at, ahead.minutes)} · {where}{kept}"
            navigation.link(md(text), "appointment", icon=":material/event:", appointment=ahead.appointment_id)
        more = page.upcoming_count - len(page.upcoming)
        if more:
            st.text(f"and {more} more after that")
        navigation.link("Open the calendar", "calendar", day=page.upcoming[0].on.isoformat())


def _requests(actor: Actor, page: CasePage) -> None:
    """What somebody here has asked and nobody has answered yet."""
    waiting = read(requests_of_case, actor, page.case_id)
    if waiting:
        with st.container(border=True):
            st.subheader("Requests", anchor=False)
            for row in waiting:
                request_rows.brief(row, page.today)


def _people(page: CasePage) -> None:
    able = capabilities(page.type)
    with st.container(border=True):
        st.subheader("People" if able.most != 1 else able.called.capitalize(), anchor=False)
        if not page.present:
            st.text(f"No {able.called} yet. Add the first one under Relationships.")
        columns = st.columns(2)
        for place, person in enumerate(page.present):
            with columns[place % 2]:
                person_lines(page, person)


def person_lines(page: CasePage, person: ParticipantView) -> None:
    """Somebody with their part, dates and how to reach them."""
    part = f"{person.called}, {person.role}" if person.role else person.called
    since = f"{'joins' if person.joined_on > page.today else 'joined'} {day(person.joined_on, page.today)}"
    until = ""
    if person.left_on is not None:
        until = f", {'leaves' if person.left_on > page.today else 'left'} {day(person.left_on, page.today)}"
    with st.container(gap="xsmall"):
        with st.container(horizontal=True, vertical_alignment="center"):
            st.text(person.name, width="content")
            badge(person.status)
            st.text(f"{part}, {since}{until}", width="content")
        for contact in sorted(person.contacts, key=lambda point: not point.preferred):
            st.text(contact_line(contact))
        if person in page.present:
            st.text(f"Portal: {PORTAL.get(person.portal, 'no')}")
        for group in person.groups:
            navigation.link(md(f"Also in {group.name} ({capabilities(group.type).heading})"), "case",
                            icon=":material/groups:", case=group.case_id)


def contact_line(contact: ContactView) -> str:
    """A phone or e-mail with what the person allows."""
    allowed = [word for word, yes in (
        ("calls", contact.may_call), ("texts", contact.may_text), ("e-mails", contact.may_email)) if yes]
    mark = "preferred; " if contact.preferred else ""
    kind = "Phone" if contact.kind is ContactKind.PHONE else "E-mail"
    return f"{kind} {contact.value} ({mark}{' and '.join(allowed) if allowed else 'not to be contacted'})"


def _workflow(actor: Actor, page: CasePage, summary: CaseSummary) -> None:
    able = capabilities(page.type)
    with st.container(border=True):
        with st.container(horizontal=True, horizontal_alignment="distribute", vertical_alignment="center"):
            st.subheader("Workflow", anchor=False, width="content")
            badge(summary.state, state_in_words(summary.state, able))
        if not summary.attention and not summary.next_steps:
            st.text("Nothing waits. Whatever needs somebody appears here with the way to clear it.")
        for item in summary.attention:
            _item(actor, item, summary)
        for item in summary.next_steps:
            if item not in summary.attention:
                _item(actor, item, summary)
        _checklist(summary.checklist, able)
        st.markdown("**Billing**")
        for arrangement in summary.arrangements:
            who = summary.names.get(arrangement.person_id or 0, "")
            st.text(f"{who}: {in_words(arrangement)}" if who else in_words(arrangement))
        over = summary.ended_for & {None, *summary.names}
        show_ended(summary.names, over)
        if not summary.arrangements and not over:
            st.text(_pays_unless_arranged(able))
        if may(actor, Action.READ, Resource.INVOICES):
            credit = f" · credit {dollars(summary.credit_cents)}" if summary.credit_cents else ""
            st.text(f"Due {dollars(summary.due_cents)}{credit}")


def _pays_unless_arranged(able: Capabilities) -> str:
    if able.charged_each:
        return f"Each {able.called} pays for themselves."
    return f"The {able.called} pays." if able.most == 1 else "Nobody has said yet who pays."


def _item(actor: Actor, item: Item, summary: CaseSummary) -> None:
    """What waits, with the way to clear it for those whose it is to do."""
    with st.container(horizontal=True, horizontal_alignment="distribute", vertical_alignment="center"):
        st.text(item.sentence, width="content")
        target = item.place
        if item.kind in summary.clears and navigation.may_open(actor, target.page) and st.button(
            item.action, key=f"item.{item.kind}", type="tertiary", icon=":material/arrow_forward:"
        ):
            navigation.go(target.page, **target.selectors)


def _checklist(steps: tuple[Step, ...], able: Capabilities) -> None:
    done = sum(step.done for step in steps)
    st.markdown(f"**Onboarding {done} of {len(steps)}**")
    with st.container(horizontal=True, gap="small"):
        for step in steps:
            missing = f": {', '.join(person.name for person in step.missing)}" if step.missing else ""
            icon = ":material/check_circle:" if step.done else ":material/radio_button_unchecked:"
            st.markdown(f"{icon} {step_in_words(step.step, able)}{md(missing)}", width="content")


def _recent(actor: Actor, page: CasePage) -> None:
    called = capabilities(page.type).appointment
    with st.container(border=True):
        st.subheader("Recent", anchor=False)
        if not page.recent:
            st.text(f"Nothing yet. Each {called} that has begun appears here with attendance, note and payment.")
        for row in page.recent:
            with st.container(horizontal=True, vertical_alignment="center"):
                shown = row.appointment
                navigation.link(
                    md(f"{day(shown.on, page.today)}, {shown.at:%H:%M}"), "appointment",
                    appointment=shown.appointment_id,
                )
                st.text(" · ".join(filter(None, [
                    attended(row), noted(row, page), paid(row) if may(actor, Action.READ, Resource.INVOICES) else "",
                    "confidential" if shown.confidential else "",
                ])))


def attended(row: RecentAppointment) -> str:
    """Did they come?"""
    if row.appointment.status is AppointmentStatus.CANCELLED:
        return "cancelled"
    if row.attendance is not None:
        return row.attendance.label.lower()
    return f"{row.attended} of {row.expected} attended"


def noted(row: RecentAppointment, page: CasePage) -> str:
    """Is there a note?"""
    if row.note is None:
        return "note due" if row.needs_note else ""
    words = {NoteStatus.DRAFT: "draft", NoteStatus.LOCKED: "signed", NoteStatus.AMENDED: "signed, amended"}
    return f"note {words.get(row.note, row.note.label.lower())}"


def paid(row: RecentAppointment) -> str:
    """Is it paid?"""
    if not row.invoiced_cents:
        return "not invoiced" if row.attended and row.appointment.fee_cents else ""
    if row.waived_cents and row.waived_cents >= row.invoiced_cents:
        return f"invoiced {dollars(row.invoiced_cents)} · waived"
    if not row.open_cents:
        return f"invoiced {dollars(row.invoiced_cents)} · paid"
    received = row.invoiced_cents - row.open_cents - row.waived_cents
    return f"invoiced {dollars(row.invoiced_cents)} · " + (f"paid {dollars(received)}" if received else "unpaid")
