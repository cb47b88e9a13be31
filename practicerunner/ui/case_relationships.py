"""People and who pays, links between people, emergency contacts, payment methods, linked cases (D01, D02, C15, C16)."""

import streamlit as st

from practicerunner.errors import BadInput
from practicerunner.rules.case_types import capabilities
from practicerunner.ui import (
    access_grid,
    case_dialogs,
    consent_block,
    feed_block,
    navigation,
    organisation_block,
    portal_block,
    reminder_form,
    waitlist_block,
)
from practicerunner.ui.case_overview import person_lines
from practicerunner.ui.change_work import change_work_dialog
from practicerunner.ui.forms import Form
from practicerunner.ui.perform import perform, read
from practicerunner.ui.person_form import find_person, new_person, person_dialog
from practicerunner.ui.text import md
from practicerunner.vocabulary import (
    Action,
    CaseStatus,
    OrganisationKind,
    PaymentMethodKind,
    RelationshipKind,
    Resource,
    Role,
)
from practicerunner.workflows.access import Actor, may
from practicerunner.workflows.arrangements import arrangements_of
from practicerunner.workflows.clients import CasePage, ParticipantView
from practicerunner.workflows.payment_methods import (
    SAVED_KINDS,
    PaymentMethodView,
    RemovePaymentMethod,
    SavePaymentMethod,
    payers_of,
    payment_methods_of,
    remove_payment_method,
    save_payment_method,
)
from practicerunner.workflows.relationships import (
    AddRelationship,
    RelationView,
    RemoveRelationship,
    add_relationship,
    relationships_of,
    remove_relationship,
)


def show(actor: Actor, page: CasePage) -> None:
    """Draw the section."""
    changes = may(actor, Action.UPDATE, Resource.CASE)
    left, right = st.columns(2)
    with left:
        _participants(actor, page, changes=changes)
        if may(actor, Action.READ, Resource.APPOINTMENTS):
            reminder_form.case_times(actor, page)
        _linked(actor, page)
    with right:
        if capabilities(page.type).is_group:
            waitlist_block.show(actor, page, changes=changes)
        if may(actor, Action.READ, Resource.DEMOGRAPHICS):
            _relationships(actor, page)
        if may(actor, Action.READ, Resource.DEMOGRAPHICS):
            consent_block.show(actor, page)
        portal_block.show(actor, page, changes=changes)
        if may(actor, Action.READ, Resource.INVOICES):
            _payment(actor, page)
    if may(actor, Action.READ, Resource.DEMOGRAPHICS):
        access_grid.show(actor, page)
    if changes:
        _rest(actor, page)


def _participants(actor: Actor, page: CasePage, *, changes: bool) -> None:
    able = capabilities(page.type)
    with st.container(border=True):
        st.subheader("Who takes part", anchor=False)
        if not page.present:
            st.text(f"No {able.called} yet. Appointments can be booked once somebody takes part.")
        for place, person in enumerate(page.participants):
            if person in page.waiting:
                continue
            person_lines(page, person)
            with st.container(horizontal=True):
                if may(actor, Action.UPDATE, Resource.DEMOGRAPHICS) and st.button(
                    "Change details", key=f"person.{person.person_id}.{place}", type="tertiary"
                ):
                    person_dialog(actor, person.person_id)
                if person in page.present and feed_block.may_offer(actor, page) and st.button(
                    "Calendar feed", key=f"feed.{person.person_id}", type="tertiary"
                ):
                    feed_block.client_dialog(actor, page, person)
                if changes and _may_leave(page, person) and st.button(
                    "Leaves", key=f"leaves.{person.person_id}", type="tertiary"
                ):
                    case_dialogs.leave_dialog(actor, page, person)
        with st.container(horizontal=True):
            full = able.most is not None and len(page.present) >= able.most
            if changes and not full and st.button(f"Add a {able.called}", icon=":material/add:", key="join"):
                waitlist_block.join_dialog(actor, page)
            if page.present and (able.intake or able.consent) and may(actor, Action.CREATE, Resource.CONSENTS) and (
                st.button("Record a paper", icon=":material/description:", key="paper")
            ):
                case_dialogs.paper_dialog(actor, page)


def _may_leave(page: CasePage, person: ParticipantView) -> bool:
    return person in page.present and len(page.present) > capabilities(page.type).least


def _linked(actor: Actor, page: CasePage) -> None:
    """Where the work came from and what it led to, as far as the actor may see it (X15)."""
    with st.container(border=True):
        st.subheader("Linked work", anchor=False)
        if page.came_from is None and not page.led_to:
            st.text("None. A change of the kind of work makes a new page that is linked to this one.")
        if page.came_from is not None:
            st.text("Came from")
            navigation.link(md(page.came_from.name), "case", case=page.came_from.case_id)
        if page.led_to:
            st.text("Led to")
        for case in page.led_to:
            navigation.link(md(f"{case.name} ({capabilities(case.type).heading})"), "case", case=case.case_id)


def _relationships(actor: Actor, page: CasePage) -> None:
    views = read(relationships_of, actor, page.case_id)
    changes = may(actor, Action.UPDATE, Resource.DEMOGRAPHICS) and bool(page.present)
    emergency = [view for view in views if view.is_emergency_contact]
    links = [view for view in views if not view.is_emergency_contact]
    with st.container(border=True):
        st.subheader("Emergency contacts", anchor=False)
        if not emergency:
            st.text("None yet. Somebody to call in an emergency; being one opens nothing to them.")
        for view in emergency:
            _relation(actor, view, changes=changes)
        if changes and st.button("Emergency contact", icon=":material/add:", key="add_emergency"):
            emergency_dialog(actor, page)
    with st.container(border=True):
        st.subheader("Links to other people", anchor=False)
        if not links:
            st.text("None yet. A link says what two people are to each other; it gives no access to anything.")
        for view in links:
            _relation(actor, view, changes=changes)
        if changes and st.button("Relationship", icon=":material/add:", key="add_relation"):
            relation_dialog(actor, page)
    organisation_block.show(actor, page, changes=changes)


def _relation(actor: Actor, view: RelationView, *, changes: bool) -> None:
    with st.container(horizontal=True, horizontal_alignment="distribute", vertical_alignment="center"):
        numbers = f", {', '.join(view.reachable_at)}" if view.reachable_at else ""
        st.text(f"{view.other}: {view.kind.label.lower()} of {view.person}{numbers}", width="content")
        form = Form(f"unlink.{view.relationship_id}")
        if changes and st.button("Remove", key=form.field_key("remove"), type="tertiary"):
            done, _ = perform(
                remove_relationship, actor,
                lambda: RemoveRelationship(op=form.op, relationship_id=view.relationship_id), done="Link removed")
            if done:
                form.clear()
                st.rerun()


@st.dialog("Emergency contact", width="large")
def emergency_dialog(actor: Actor, page: CasePage) -> None:
    """Choose whom to call in an emergency, and what they are to whom."""
    form = Form(f"relation.{page.case_id}.True")
    person_id = _of(form, page)
    kind = form.choice("kind", "Is their", list(RelationshipKind), format_func=lambda word: word.label,
                       index=len(RelationshipKind) - 1)
    _add(actor, form, person_id, kind, emergency=True)


@st.dialog("Relationship", width="large")
def relation_dialog(actor: Actor, page: CasePage) -> None:
    """Choose what somebody, or an organisation, is to whom; the other page shows the inverse."""
    form = Form(f"relation.{page.case_id}.False")
    person_id = _of(form, page)
    kind = form.choice("kind", "Is their", [*RelationshipKind, *OrganisationKind], format_func=_kind)
    if isinstance(kind, OrganisationKind):
        organisation_block.add(actor, form, person_id, kind)
    else:
        _add(actor, form, person_id, kind, emergency=False)


def _of(form: Form, page: CasePage) -> int:
    people = {person.person_id: person.name for person in page.present}
    person_id: int = form.choice("person_id", "Of", list(people), format_func=people.__getitem__)
    return person_id


def _kind(word: RelationshipKind | OrganisationKind) -> str:
    """Two kinds are called the same of people and of organisations."""
    return "Other organisation" if word is OrganisationKind.OTHER else word.label


def _add(actor: Actor, form: Form, person_id: int, kind: RelationshipKind, *, emergency: bool) -> None:
    """Who it is, here already or new; the link between the two is made."""
    described = st.toggle("Somebody new", value=emergency, key=form.field_key("new"))
    chosen = None if described else find_person(actor, form, "other_id")
    details = new_person(form, "other") if described else None
    form.place("other")
    if st.button("Add", type="primary", key=form.field_key("save")):
        def build() -> AddRelationship:
            if details is None and chosen is None:
                raise BadInput("other", "Search and choose somebody, or describe somebody new.")
            return AddRelationship(
                op=form.op, person_id=person_id, other_id=chosen[0] if chosen else None,
                other=details() if details else None, kind=kind, is_emergency_contact=emergency,
            )

        done, _ = form.submit(
            add_relationship, actor, build, "Emergency contact added" if emergency else "Relationship added")
        if done:
            st.rerun()


def _payment(actor: Actor, page: CasePage) -> None:
    payers = list(dict.fromkeys(
        share.payer for view in read(arrangements_of, actor, page.case_id) for share in view.shares))
    with st.container(border=True):
        st.subheader("Who pays", anchor=False)
        st.text(", ".join(payers) if payers else "Nothing was arranged; set it under Billing.")
        st.text("Being a payer opens own invoices and receipts, nothing else.")
        methods = read(payment_methods_of, actor, page.case_id)
        for method in methods:
            _method(actor, page, method)
        if not methods:
            st.text("No saved card or bank account.")
        changes = may(actor, Action.CREATE, Resource.INVOICES) and bool(page.present)
        if changes and st.button("Payment method", icon=":material/add:", key="add_method"):
            method_dialog(actor, page)


def _method(actor: Actor, page: CasePage, method: PaymentMethodView) -> None:
    with st.container(horizontal=True, horizontal_alignment="distribute", vertical_alignment="center"):
        until = f", {'expired' if method.is_expired else 'until'} {method.expires}" if method.expires else ""
        st.text(f"{method.payer}: {method.brand} ending in {method.last_four}{until}", width="content")
        form = Form(f"method.{method.payment_method_id}")
        if may(actor, Action.CREATE, Resource.INVOICES) and st.button(
            "Remove", key=form.field_key("remove"), type="tertiary"
        ):
            done, _ = perform(
                remove_payment_method, actor,
                lambda: RemovePaymentMethod(
                    op=form.op, case_id=page.case_id, payment_method_id=method.payment_method_id),
                done="Payment method removed",
            )
            if done:
                form.clear()
                st.rerun()


@st.dialog("Payment method")
def method_dialog(actor: Actor, page: CasePage) -> None:
    """Save what the card processor says of a card or account; never its number."""
    form = Form(f"add_method.{page.case_id}")
    known = read(payers_of, actor, page.case_id)
    named = {name for _, name in known}
    owners = [("payer", payer_id, name) for payer_id, name in known]
    owners += [("person", p.person_id, p.name) for p in page.present if p.name not in named]
    owner = form.choice("payer", "Whose", owners, format_func=lambda one: one[2])
    form.place("payer_id")
    kind = form.choice("kind", "Kind", SAVED_KINDS, format_func=lambda word: word.label)
    brand = form.text("brand", "Brand or bank", placeholder="for instance Visa")
    last_four = form.text("last_four", "Last four digits", max_chars=4)
    expires = form.text("expires", "Expires", placeholder="04/29") if kind is PaymentMethodKind.CARD else ""
    token = form.text("token", "Token of the processor", help="What the card processor calls it. Never the number.")
    if st.button("Save payment method", type="primary", key=form.field_key("save")):
        done, _ = form.submit(save_payment_method, actor, lambda: SavePaymentMethod(
            op=form.op, case_id=page.case_id, payer_id=owner[1] if owner[0] == "payer" else None,
            person_id=owner[1] if owner[0] == "person" else None, kind=kind, brand=brand, last_four=last_four,
            expires=expires, token=token,
        ), "Payment method saved")
        if done:
            st.rerun()


def _rest(actor: Actor, page: CasePage) -> None:
    """What is done rarely, at the end of the section."""
    able = capabilities(page.type)
    with st.container(border=True):
        st.subheader("Manage", anchor=False)
        with st.container(horizontal=True, vertical_alignment="center"):
            if page.needs_review:
                case_dialogs.review_button(actor, page)
            if may(actor, Action.CREATE, Resource.CASE) and page.status is not CaseStatus.ARCHIVED and st.button(
                "Change the kind of work", icon=":material/swap_horiz:", key="change_work"
            ):
                change_work_dialog(actor, page)
            archived = page.status is CaseStatus.ARCHIVED
            if st.button("Reactivate" if archived else "Archive", icon=":material/archive:", key="archive"):
                case_dialogs.archive_dialog(actor, page)
            if able.clinical_fields_switchable and Role.OWNER in actor.roles:
                case_dialogs.switch_toggle(actor, page)
