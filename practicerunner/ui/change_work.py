"""The guided dialog "Change the kind of work": a new linked case takes over what lies ahead (A13)."""

from collections.abc import Sequence

import streamlit as st

from practicerunner.errors import BadInput
from practicerunner.money import basis_points, dollars
from practicerunner.records.clients import Dated
from practicerunner.rules.case_types import CASE_TYPES, Capabilities, capabilities
from practicerunner.ui import navigation
from practicerunner.ui.forms import Form
from practicerunner.ui.new_case import ask_label, ask_people, choose_kind
from practicerunner.ui.perform import read
from practicerunner.ui.text import count, day
from practicerunner.vocabulary import ShareKind
from practicerunner.workflows.access import Actor
from practicerunner.workflows.clients import CasePage, upcoming_appointments
from practicerunner.workflows.modality import ChangeModality, PlannedShare, change_modality
from practicerunner.workflows.practice import service_list


@st.dialog("Change the kind of work", width="large")
def change_work_dialog(actor: Actor, page: CasePage) -> None:
    """Ask for the new kind, its people, the appointments that move, and who pays; say what happens before it does."""
    form = Form(f"work.{page.case_id}")
    st.text(f"A new page is made and linked to {page.name}. Everything written, charged and signed stays where it is.")
    kind = choose_kind(form.field_key("type"), [each for each in CASE_TYPES if each is not page.type])
    if kind is None:
        return
    able = capabilities(kind)
    form = Form(f"work.{page.case_id}.{kind}")
    st.subheader("Who takes part", anchor=False)
    name = form.text("name", f"Name of the {able.heading.lower()}") if able.needs_name else ""
    label = ask_label(form) if able.has_label else None
    people = ask_people(actor, form, able, [(person.person_id, person.name) for person in page.present])
    st.subheader("What moves along", anchor=False)
    moving, service_id = _appointments(actor, form, able, read(upcoming_appointments, actor, page.case_id), page)
    shares = _shares(form, able, len(people))
    st.text(f"{count(len(moving), 'appointment')} will move to the new {able.heading.lower()}; "
            f"notes, invoices and balances stay with {page.name}.")
    if st.button(f"Create the {able.heading.lower()}", type="primary", key=form.field_key("save")):
        def build() -> ChangeModality:
            return ChangeModality(
                op=form.op, case_id=page.case_id, type=kind, label=label, name=name,
                participants=tuple(make() for make in people), appointment_ids=tuple(moving), service_id=service_id,
                shares=_planned(shares),
            )

        done, case_id = form.submit(change_modality, actor, build, f"{able.heading} created and linked")
        if done:
            navigation.go("case", case=case_id)


def _appointments(
    actor: Actor, form: Form, able: Capabilities, ahead: Sequence[Dated], page: CasePage
) -> tuple[list[int], int | None]:
    if not ahead:
        st.text("There are no appointments ahead.")
        return [], None
    moving = [
        one.appointment_id for one in ahead
        if st.checkbox(f"{day(one.on, page.today)}, {one.at:%H:%M}", value=True,
                       key=form.field_key(f"moves.{one.appointment_id}"))
    ]
    form.place("appointment_ids")
    fitting = {s.id: s for s in read(service_list, actor) if s.category in able.categories}
    service_id = form.choice(
        "service_id", "They become", list(fitting), index=None, placeholder="Choose a service",
        format_func=lambda service: f"{fitting[service].name} ({fitting[service].minutes} min, "
                                    f"{dollars(fitting[service].fees[-1].fee_cents)})",
    )
    return moving, service_id


def _shares(form: Form, able: Capabilities, number: int) -> list[str]:
    """Each participant's percentage, where the case is charged as a whole and somebody has to say."""
    if able.charged_each or able.most == 1 or not number:
        return []
    st.subheader("Who pays", anchor=False)
    even, rest = divmod(100, number)
    with st.container(horizontal=True):
        entered = [
            form.text(f"share.{place}", f"{able.called.capitalize()} {place + 1}, percent", str(even + (place < rest)),
                      width=160)
            for place in range(number)
        ]
    form.place("shares")
    st.caption("In the order of the people above. Leave all empty to say it later, under Billing.")
    return entered


def _planned(shares: Sequence[str]) -> tuple[PlannedShare, ...]:
    planned = tuple(
        PlannedShare(participant=place, kind=ShareKind.PERCENT, basis_points=basis_points(text, f"share.{place}"))
        for place, text in enumerate(shares) if text.strip() and basis_points(text, f"share.{place}")
    )
    if shares and any(text.strip() for text in shares) and not planned:
        raise BadInput("shares", "Somebody has to pay more than nothing.")
    return planned
