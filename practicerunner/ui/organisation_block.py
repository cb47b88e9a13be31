"""What organisations are to the people of a case: a school, an insurer, an agency (D01, D02)."""

from collections.abc import Callable
from functools import partial

import streamlit as st

from practicerunner.errors import BadInput
from practicerunner.ui.forms import Form
from practicerunner.ui.perform import perform, read
from practicerunner.vocabulary import OrganisationKind
from practicerunner.workflows.access import Actor
from practicerunner.workflows.clients import CasePage
from practicerunner.workflows.people import OrganisationDetails
from practicerunner.workflows.relationships import (
    AddOrganisationLink,
    RemoveOrganisationLink,
    find_organisations,
    link_organisation,
    organisations_of,
    unlink_organisation,
)


def show(actor: Actor, page: CasePage, *, changes: bool) -> None:
    """The organisations of those who take part, and the way to name one more."""
    views = read(organisations_of, actor, page.case_id)
    with st.container(border=True):
        st.subheader("Organisations", anchor=False)
        if not views:
            st.text("None yet. A school, an insurer, an agency; being named here opens nothing to them.")
        for view in views:
            with st.container(horizontal=True, horizontal_alignment="distribute", vertical_alignment="center"):
                helping = (f"helping: {', '.join(view.helping)}",) if view.helping else ()
                st.text(", ".join((f"{view.name}: {view.kind.label.lower()} of {view.person}", *view.reachable_at,
                                   *helping)), width="content")
                form = Form(f"unlink_organisation.{view.link_id}")
                if changes and st.button("Remove", key=form.field_key("remove"), type="tertiary"):
                    done, _ = perform(
                        unlink_organisation, actor,
                        partial(RemoveOrganisationLink, op=form.op, link_id=view.link_id), done="Link removed")
                    if done:
                        form.clear()
                        st.rerun()
        if changes and st.button("Organisation", icon=":material/add:", key="add_organisation"):
            organisation_dialog(actor, page)


NOBODY = "Search and choose an organisation, or describe a new one."


@st.dialog("Organisation", width="large")
def organisation_dialog(actor: Actor, page: CasePage) -> None:
    """Choose what an organisation is to whom."""
    form = Form(f"organisation.{page.case_id}")
    people = {person.person_id: person.name for person in page.present}
    person_id = form.choice("person_id", "Of", list(people), format_func=people.__getitem__)
    add(actor, form, person_id, form.choice(
        "kind", "Is their", list(OrganisationKind), format_func=lambda word: word.label))


def add(actor: Actor, form: Form, person_id: int, kind: OrganisationKind) -> None:
    """Which organisation it is, in the list already or new; the link to it is made."""
    chosen, details = choose(actor, form)
    if st.button("Add", type="primary", key=form.field_key("save")):
        def build() -> AddOrganisationLink:
            if chosen is None and details is None:
                raise BadInput("organisation", NOBODY)
            return AddOrganisationLink(
                op=form.op, person_id=person_id, organisation_id=chosen, kind=kind,
                organisation=details() if details is not None else None,
            )

        done, _ = form.submit(link_organisation, actor, build, "Organisation added")
        if done:
            st.rerun()


def choose(actor: Actor, form: Form) -> tuple[int | None, Callable[[], OrganisationDetails] | None]:
    """An organisation that is there, or the details of a new one; neither before somebody has chosen."""
    chosen = None
    described = st.toggle("A new one", key=form.field_key("new_organisation"))
    if described:
        name = form.text("organisation.name", "Name")
        phone_col, email_col = st.columns(2)
        with phone_col:
            phone = form.text("organisation.phone", "Phone")
        with email_col:
            email = form.text("organisation.email", "E-mail")
        address = form.area("organisation.address", "Address", height=90)
    else:
        sought = st.text_input(
            "Search an organisation", key=form.field_key("search_organisation"), icon=":material/search:")
        found = dict(read(find_organisations, actor, sought))
        if found:
            chosen = form.choice("organisation_id", "Choose", list(found), format_func=found.__getitem__)
        elif sought.strip():
            st.text("No organisation of that name. Switch on “A new one” to add it.")
    form.place("organisation")
    return chosen, (
        lambda: OrganisationDetails(name=name, phone=phone, email=email, address=address)) if described else None
