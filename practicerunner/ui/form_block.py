"""The forms of a case, on its page: participant by participant what was assigned, what came back, what is late."""

from datetime import timedelta

import streamlit as st

from practicerunner.rules.case_types import capabilities
from practicerunner.ui import measure_chart, navigation
from practicerunner.ui.forms import Form
from practicerunner.ui.perform import perform, read
from practicerunner.ui.status import badge
from practicerunner.ui.text import count, day, md, moment
from practicerunner.vocabulary import AssignmentStatus
from practicerunner.workflows.access import Actor
from practicerunner.workflows.case_forms import CaseForms, FormLine, PersonForms, forms_of_case
from practicerunner.workflows.clients import CasePage
from practicerunner.workflows.form_sending import (
    AssignForms,
    RemindOfForm,
    SendPacket,
    WithdrawForm,
    assign_forms,
    remind_of_form,
    send_packet,
    withdraw_form,
)
from practicerunner.workflows.practice import practice_settings

USUAL_DAYS = timedelta(days=7)
SHOWN = 6


def show(actor: Actor, page: CasePage) -> None:
    """Draw the block."""
    found = read(forms_of_case, actor, page.case_id)
    zone = read(practice_settings, actor).zone
    able = capabilities(page.type)
    with st.container(horizontal=True, horizontal_alignment="distribute", vertical_alignment="center"):
        st.subheader("Forms", anchor=False, width="content")
        with st.container(horizontal=True, width="content", gap="small"):
            if found.packet and page.present:
                _packet(actor, page, found)
            if found.offers and page.present and st.button(
                "Assign forms", icon=":material/assignment_add:", key="assign_forms"
            ):
                assign_dialog(actor, page)
    if found.packet and found.unheard and page.present:
        st.caption(md(f"No e-mail address to write to about the packet of {', '.join(found.unheard)}. Tell them "
                      "yourself, or add an address first."))
    if not any(person.lines for person in found.people):
        st.text(f"No forms yet. Each {able.called} is given their own, fills it in and signs it for themselves.")
        return
    for person in found.people:
        with st.container(border=True):
            _person(actor, page, person, zone)


def _packet(actor: Actor, page: CasePage, found: CaseForms) -> None:
    """One click gives everybody what such a case begins with."""
    number = found.packet
    form = Form(f"packet.{page.case_id}")
    if st.button("Send the intake packet", icon=":material/outgoing_mail:", key="send_packet", type="tertiary",
                 help=f"{count(number, 'form')} that {'is' if number == 1 else 'are'} missing, to each their own, due "
                      "in a week. Who has an e-mail address hears that something waits; for who has none, whoever may "
                      "sign for them."):
        done, _ = perform(send_packet, actor, lambda: SendPacket(
            op=form.op, case_id=page.case_id, due_on=page.today + USUAL_DAYS), done=f"{count(number, 'form')} sent")
        if done:
            form.clear()
            st.rerun()


def _person(actor: Actor, page: CasePage, person: PersonForms, zone: str) -> None:
    with st.container(horizontal=True, vertical_alignment="center"):
        st.markdown(f"**{md(person.name)}**", width="content")
        if not person.here:
            st.badge("Left", color="gray")
    if not person.lines:
        st.text("No forms yet.")
        return
    for line in person.lines[:SHOWN]:
        _line(actor, page, line, zone)
    if len(person.lines) > SHOWN:
        with st.expander(f"{count(len(person.lines) - SHOWN, 'earlier form')}"):
            for line in person.lines[SHOWN:]:
                _line(actor, page, line, zone)
    if person.series:
        for column, series in zip(st.columns(2) * len(person.series), person.series, strict=False):
            with column:
                measure_chart.show(series, zone)


def _line(actor: Actor, page: CasePage, line: FormLine, zone: str) -> None:
    """One form: its name, where it stands, and what can be done with it."""
    with st.container(horizontal=True, horizontal_alignment="distribute", vertical_alignment="center"):
        with st.container(horizontal=True, vertical_alignment="center", width="content", gap="small"):
            if line.response_id is not None and line.can_open:
                navigation.link(md(line.name), "form", icon=":material/description:", response=line.response_id)
            elif line.may_fill:
                navigation.link(md(line.name), "form", icon=":material/edit_document:", assignment=line.assignment_id)
            else:
                st.text(line.name, width="content")
            _standing(line)
            st.text(_when(page, line, zone), width="content")
        with st.container(horizontal=True, width="content", gap="small"):
            if line.may_fill and st.button("Fill in", key=f"fill.{line.assignment_id}"):
                navigation.go("form", assignment=line.assignment_id)
            if line.may_send:
                _remind(actor, line)
                _withdraw(actor, line)


def _standing(line: FormLine) -> None:
    if line.replaced:
        st.badge("Replaced", color="gray")
        return
    badge(line.status)
    if line.overdue:
        st.badge("Overdue", color="red")


def _when(page: CasePage, line: FormLine, zone: str) -> str:
    """When it was given, is due, or came back, and who signed."""
    if line.status is AssignmentStatus.COMPLETED and line.completed_at is not None:
        lacks = f"{count(line.unanswered, 'question')} unanswered, no total" if line.unanswered else ""
        return ", ".join(filter(None, (lacks, line.capacity, moment(line.completed_at, zone))))
    said = ["takes the place of an earlier one"] if line.replaces else []
    if line.due_on is not None:
        said.append(f"due {day(line.due_on, page.today)}")
    if line.reminded_at is not None:
        said.append(f"reminded {moment(line.reminded_at, zone)}")
    return ", ".join(said)


def _remind(actor: Actor, line: FormLine) -> None:
    form = Form(f"remind.{line.assignment_id}")
    if st.button("Remind", key=form.field_key("remind"), type="tertiary"):
        done, _ = perform(remind_of_form, actor, lambda: RemindOfForm(
            op=form.op, assignment_id=line.assignment_id), done="A reminder goes out")
        if done:
            form.clear()
            st.rerun()


def _withdraw(actor: Actor, line: FormLine) -> None:
    form = Form(f"withdraw.{line.assignment_id}")
    with st.popover("Withdraw", type="tertiary"):
        st.text("The form is taken back. Answers that were begun will be gone.")
        if st.button("Withdraw it", key=form.field_key("withdraw")):
            done, _ = perform(withdraw_form, actor, lambda: WithdrawForm(
                op=form.op, assignment_id=line.assignment_id), done="Form withdrawn")
            if done:
                form.clear()
                st.rerun()


@st.dialog("Assign forms", width="large")
def assign_dialog(actor: Actor, page: CasePage) -> None:
    """Which forms, to whom, until when."""
    found = read(forms_of_case, actor, page.case_id)
    form = Form(f"assign.{page.case_id}")
    offers = {offer.template_id: offer for offer in found.offers}
    if not offers:
        st.text("There is no form that you can assign here.")
        return
    chosen = st.pills(
        "Forms", list(offers), selection_mode="multi", format_func=lambda one: md(offers[one].name),
        key=form.field_key("forms"),
    )
    form.place("template_ids")
    people = {person.person_id: person.name for person in page.present}
    to = list(people)
    if len(people) > 1:
        to = st.pills(
            "To", list(people), selection_mode="multi", default=to, format_func=lambda one: md(people[one]),
            key=form.field_key("people"),
        )
    form.place("person_ids")
    due_on = form.date("due_on", "Due", page.today + USUAL_DAYS, min_value=page.today)
    number = _explain(found, people, chosen, to)
    label = f"Assign {count(number, 'form')}" if number else "Assign"
    if st.button(label, type="primary", key=form.field_key("save"), disabled=not number):
        done, _ = form.submit(assign_forms, actor, lambda: AssignForms(
            op=form.op, case_id=page.case_id, template_ids=tuple(chosen), person_ids=tuple(to), due_on=due_on,
        ), f"{count(number, 'form')} assigned")
        if done:
            navigation.go("case", case=page.case_id, part="clinical")


def _explain(found: CaseForms, people: dict[int, str], chosen: list[int], to: list[int]) -> int:
    """Who has what already; returns how many forms will be assigned."""
    names = {offer.template_id: offer.name for offer in found.offers}
    pairs = [(person_id, template_id) for person_id in to for template_id in chosen]
    for person_id, template_id in pairs:
        if (person_id, template_id) in found.open_pairs:
            st.text(f"{people[person_id]} has “{names[template_id]}” still to fill in.")
    return sum(pair not in found.open_pairs for pair in pairs)
