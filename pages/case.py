"""One client, couple, family, group or workshop: what it needs, and everything about it in four sections."""

from collections.abc import Callable

import streamlit as st

from practicerunner.rules.case_types import capabilities
from practicerunner.ui import (
    alert_banner,
    case_billing,
    case_dialogs,
    case_notes,
    case_overview,
    case_relationships,
    document_block,
    form_block,
    navigation,
)
from practicerunner.ui.booking import booking_dialog
from practicerunner.ui.perform import read
from practicerunner.ui.status import badge
from practicerunner.ui.text import day, md
from practicerunner.vocabulary import Action, CaseStatus, Resource
from practicerunner.workflows.access import Actor, may
from practicerunner.workflows.clients import CasePage, case_page


def show_header(actor: Actor, page: CasePage) -> None:
    """Name, kind, status, staff, and the quick actions that the role has."""
    navigation.link("Clients", "clients", icon=":material/arrow_back:")
    with st.container(horizontal=True, horizontal_alignment="distribute", vertical_alignment="center"):
        with st.container(horizontal=True, vertical_alignment="center", width="content"):
            st.title(md(page.name), anchor=False, width="content")
            st.text(page.kind, width="content")
            badge(page.status)
        with st.container(horizontal=True, width="content"):
            show_actions(actor, page)
    supervisor = f" · Supervisor {page.supervisor}" if page.supervisor else ""
    st.text(f"Provider {page.provider}{supervisor} · since {day(page.opened_on, page.today)}")
    if page.no_secrets:
        st.caption(f"No-secrets policy: {page.no_secrets}")


def show_actions(actor: Actor, page: CasePage) -> None:
    """Note, invoice, appointment: with this case already chosen; what the role may not do is absent (C04)."""
    if may(actor, Action.UPDATE, Resource.CASE) and st.button("Change", icon=":material/edit:", key="edit_case"):
        case_dialogs.edit_dialog(actor, page)
    if page.may_write_notes and st.button("Note", icon=":material/edit_note:", key="quick_note"):
        navigation.go("case", case=page.case_id, part="clinical")
    if may(actor, Action.CREATE, Resource.INVOICES) and st.button(
        "Invoice", icon=":material/receipt_long:", key="quick_invoice"
    ):
        navigation.go("case", case=page.case_id, part="billing")
    bookable = page.status is not CaseStatus.ARCHIVED and may(actor, Action.CREATE, Resource.APPOINTMENTS)
    if bookable and st.button("Appointment", type="primary", icon=":material/add:", key="quick_appointment"):
        booking_dialog(actor, case_id=page.case_id)


def show_sections(actor: Actor, page: CasePage) -> None:
    """The four sections; only the open one is read and drawn."""
    names = {"overview": "Overview", "clinical": capabilities(page.type).clinical_section, "billing": "Billing",
             "relationships": "Relationships"}
    part = st.query_params.get("part", "overview")
    tabs = st.tabs(list(names.values()), default=names.get(part, names["overview"]), on_change="rerun",
                   key=f"sections.{page.case_id}.{part}")
    drawn: dict[str, Callable[[], None]] = {
        "overview": lambda: case_overview.show(actor, page),
        "clinical": lambda: show_record(actor, page),
        "billing": lambda: case_billing.show(actor, page.case_id),
        "relationships": lambda: case_relationships.show(actor, page),
    }
    for tab, draw in zip(tabs, drawn.values(), strict=True):
        if tab.open:
            with tab:
                draw()


def show_record(actor: Actor, page: CasePage) -> None:
    """What was written, what was uploaded and what was filled in."""
    case_notes.show(actor, page.case_id)
    document_block.show(actor, page)
    form_block.show(actor, page)


me = navigation.require("case")
case_id = navigation.selected("case")
if case_id is None:
    st.title("Client")
    st.text("Nobody is chosen. Open somebody from the list of clients.")
    navigation.link("Clients", "clients", icon=":material/group:")
else:
    found = read(case_page, me, case_id)
    show_header(me, found)
    if may(me, Action.READ, Resource.QUESTIONNAIRES):
        alert_banner.show(me, case_id)
    asked = st.query_params.get("do")
    if asked is not None:
        del st.query_params["do"]
    if asked == "book":
        booking_dialog(me, case_id=case_id)
    elif asked == "assign" and may(me, Action.CREATE, Resource.CONSENTS):
        form_block.assign_dialog(me, found)
    show_sections(me, found)
