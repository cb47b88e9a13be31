"""Forms for a service with its dated fee and for a location."""

from datetime import date

import streamlit as st

from practicerunner import money
from practicerunner.records.practice import Location, Service, fee_on
from practicerunner.rules.identifiers import service_code_warning
from practicerunner.rules.superbills import OFFICE
from practicerunner.ui.forms import Form
from practicerunner.ui.text import day
from practicerunner.vocabulary import ServiceCategory
from practicerunner.workflows.access import Actor
from practicerunner.workflows.practice import (
    AddLocation,
    AddService,
    ChangeLocation,
    ChangeService,
    add_location,
    add_service,
    change_location,
    change_service,
)

CODE_HELP = (
    "Your own; it stands on papers for insurance. No codes come with the product: whoever uses CPT codes needs a "
    "licence of the American Medical Association."
)


def service_dialog(actor: Actor, service: Service | None, today: date) -> None:
    """Open "New service", or "Change service" for one that is there."""
    if service is None:
        st.dialog("New service")(_new_service)(actor, today)
    else:
        st.dialog("Change service")(_change_service)(actor, service, today)


def location_dialog(actor: Actor, place: Location | None) -> None:
    """Open "New location", or "Change location" for one that is there."""
    if place is None:
        st.dialog("New location")(_new_location)(actor)
    else:
        st.dialog("Change location")(_change_location)(actor, place)


def _new_service(actor: Actor, today: date) -> None:
    form = Form("service.new")
    fields = _service_fields(form, None, today)
    if st.button("Add service", type="primary", width="stretch"):
        done, _ = form.submit(add_service, actor, lambda: AddService(
            op=form.op, **fields | {"fee_cents": money.cents(str(fields["fee_cents"]), "fee_cents")},
        ), done=f"Service {fields['name']} added")
        if done:
            st.rerun()


def _change_service(actor: Actor, service: Service, today: date) -> None:
    form = Form(f"service.{service.id}.{service.revision}")
    fields = _service_fields(form, service, today)
    active = form.tick("active", "Offered for new appointments", service.active)
    if len(service.fees) > 1:
        st.text("Fees: " + "; ".join(f"{money.dollars(f.fee_cents)} from {day(f.valid_from)}" for f in service.fees))
    if st.button("Save service", type="primary", width="stretch"):
        done, _ = form.submit(change_service, actor, lambda: ChangeService(
            op=form.op, service_id=service.id, revision=service.revision, active=active,
            **fields | {"fee_cents": money.cents(str(fields["fee_cents"]), "fee_cents")},
        ), done=f"Service {fields['name']} saved")
        if done:
            st.rerun()


def _service_fields(form: Form, service: Service | None, today: date) -> dict[str, object]:
    categories = list(ServiceCategory)
    name = form.text("name", "Name", service.name if service else "")
    left, right = st.columns(2)
    with left:
        code = form.text("code", "Code", service.code if service else "", help=CODE_HELP)
    with right:
        modifiers = form.text(
            "modifiers", "Modifiers", service.modifiers if service else "",
            help="Up to four of two characters, parted by blanks. Which ones an insurer wants differs.",
        )
    if odd := service_code_warning(code.strip()):
        st.caption(odd)
    category = form.choice(
        "category", "Kind of work", categories, format_func=lambda one: one.label,
        index=categories.index(service.category) if service else 0,
    )
    left, middle, right = st.columns(3)
    with left:
        minutes = form.number("minutes", "Minutes", service.minutes if service else 50, step=5)
    with middle:
        fee = form.text("fee_cents", "Fee", money.dollars(fee_on(service, today)) if service else "")
    with right:
        fee_from = form.date("fee_from", "Fee counts from", today, help="Earlier appointments keep the earlier fee.")
    return {"name": name, "code": code, "category": category, "minutes": minutes, "modifiers": modifiers,
            "fee_cents": fee, "fee_from": fee_from}


def _new_location(actor: Actor) -> None:
    form = Form("location.new")
    fields = _location_fields(form, None)
    if st.button("Add location", type="primary", width="stretch"):
        done, _ = form.submit(
            add_location, actor, lambda: AddLocation(op=form.op, **fields), done=f"Location {fields['name']} added"
        )
        if done:
            st.rerun()


def _change_location(actor: Actor, place: Location) -> None:
    form = Form(f"location.{place.id}.{place.revision}")
    fields = _location_fields(form, place)
    active = form.tick("active", "In use", place.active)
    if st.button("Save location", type="primary", width="stretch"):
        done, _ = form.submit(change_location, actor, lambda: ChangeLocation(
            op=form.op, location_id=place.id, revision=place.revision, active=active, **fields,
        ), done=f"Location {fields['name']} saved")
        if done:
            st.rerun()


def _location_fields(form: Form, place: Location | None) -> dict[str, object]:
    name = form.text("name", "Name", place.name if place else "")
    address = form.area("address", "Address", place.address if place else "", height=100)
    is_room = form.tick(
        "is_room", "A room that holds one appointment at a time", place.is_room if place else False,
        help="Two appointments in one room at once are then refused.",
    )
    place_of_service = form.text(
        "place_of_service", "Place of service", place.place_of_service if place else OFFICE,
        help="Two digits on papers for insurance: 11 is an office, 12 the client's home.",
    )
    return {"name": name, "address": address, "is_room": is_room, "place_of_service": place_of_service}
