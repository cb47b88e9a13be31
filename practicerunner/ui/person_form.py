"""Asking who somebody is: the short form for new people, the whole one for a person's details, and finding a person."""

from collections.abc import Callable
from datetime import date
from functools import cache
from typing import TypeVar
from zoneinfo import available_timezones

import streamlit as st
from pydantic import ValidationError

from practicerunner.errors import BadInput
from practicerunner.ui.forms import Form
from practicerunner.ui.perform import read
from practicerunner.ui.text import born_on
from practicerunner.vocabulary import ContactKind
from practicerunner.workflows.access import Actor
from practicerunner.workflows.commands import field_messages
from practicerunner.workflows.people import (
    EARLIEST_BIRTH,
    ChangePerson,
    Contact,
    PersonDetails,
    change_person,
    find_people,
    person_details,
)

T = TypeVar("T")
Found = tuple[int, str, date | None]
_PERMISSIONS = {"may_call": "Calls", "may_text": "Texts", "may_email": "E-mails"}
_ALLOWED = {ContactKind.PHONE: ("may_call", "may_text"), ContactKind.EMAIL: ("may_email",)}


@cache
def zones() -> tuple[str, ...]:
    """Every time zone to choose from, by name."""
    return tuple(sorted(available_timezones()))


def said(person: Found) -> str:
    """A person to choose from a list: the name, and the birth date where names may be equal."""
    _, name, born = person
    return f"{name} (born {born_on(born)})" if born else name


def find_person(actor: Actor, form: Form, field: str, label: str = "Search somebody already here") -> Found | None:
    """A search field and, beneath it, who was found; returns who was chosen."""
    sought = st.text_input(label, key=form.field_key(f"{field}.search"), icon=":material/search:")
    if not sought.strip():
        return None
    found = read(find_people, actor, sought)
    if not found:
        st.text("Nobody found by that name, phone or e-mail.")
        return None
    chosen: Found | None = form.choice(
        field, "Choose", found, format_func=said, index=None, placeholder="Choose a person")
    return chosen


def new_person(form: Form, prefix: str) -> Callable[[], PersonDetails]:
    """The fields of somebody new. Returns what builds the details; problems stand at the fields of this person."""
    first_col, last_col = st.columns(2)
    with first_col:
        first = form.text(f"{prefix}.first_name", "First name")
    with last_col:
        last = form.text(f"{prefix}.last_name", "Last name")
    born_col, phone_col, email_col = st.columns(3)
    with born_col:
        born = form.date(f"{prefix}.birth_date", "Birth date", min_value=EARLIEST_BIRTH)
    with phone_col:
        phone = form.text(f"{prefix}.phone", "Phone")
    with email_col:
        email = form.text(f"{prefix}.email", "E-mail")

    def build() -> PersonDetails:
        contacts = []
        for field, kind, value in (("phone", ContactKind.PHONE, phone), ("email", ContactKind.EMAIL, email)):
            if value.strip():
                contacts.append(_at(f"{prefix}.{field}", lambda k=kind, v=value: Contact(  # type: ignore[misc]
                    kind=k, value=v.strip(), preferred=True, **dict.fromkeys(_ALLOWED[k], True))))
        return _named(prefix, lambda: PersonDetails(
            first_name=first, last_name=last, birth_date=born, contacts=tuple(contacts)))

    return build


def _at(field: str, build: Callable[[], T]) -> T:
    """Put every problem of what is built at one field."""
    try:
        return build()
    except ValidationError as problem:
        raise BadInput(field, next(iter(field_messages(problem).values()))) from None


def _named(prefix: str, build: Callable[[], T]) -> T:
    """Put the first problem of what is built at its own field of a person."""
    try:
        return build()
    except ValidationError as problem:
        field, sentence = next(iter(field_messages(problem).items()))
        raise BadInput(f"{prefix}.{field}" if field else prefix, sentence) from None


@st.dialog("Details", width="large")
def person_dialog(actor: Actor, person_id: int) -> None:
    """Change everything that is kept about a person; each phone and e-mail with what it may be used for (C02)."""
    details, revision = read(person_details, actor, person_id)
    form = Form(f"person.{person_id}.{revision}")
    left, right = st.columns(2)
    with left:
        first = form.text("first_name", "First name", details.first_name)
        preferred = form.text("preferred_name", "Called", details.preferred_name, help="If not by the first name.")
        born = form.date("birth_date", "Birth date", details.birth_date, min_value=EARLIEST_BIRTH)
    with right:
        last = form.text("last_name", "Last name", details.last_name)
        pronouns = form.text("pronouns", "Pronouns", details.pronouns)
        died = form.date("died_on", "Date of death", details.died_on, min_value=EARLIEST_BIRTH)
    address = form.area("address", "Postal address", details.address, height=100)
    choices = ("", *zones())
    zone = form.choice(
        "zone", "Time zone", choices, index=choices.index(details.zone) if details.zone in choices else 0,
        format_func=lambda name: name or "As the practice",
        help="For reminders: they come at the person's own time of day and name it.",
    )
    st.subheader("Phones and e-mails", anchor=False)
    more = f"{form.key}.more"
    rows = [*details.contacts] + [None] * int(st.session_state.get(more, 0 if details.contacts else 1))
    builders = [_contact(form, place, contact) for place, contact in enumerate(rows)]
    form.place("person")
    with st.container(horizontal=True):
        if st.button("Save details", type="primary", key=f"{form.key}.save"):
            def build() -> ChangePerson:
                contacts = tuple(filter(None, (make() for make in builders)))
                person = _plain(lambda: PersonDetails(
                    first_name=first, last_name=last, preferred_name=preferred, birth_date=born, died_on=died,
                    pronouns=pronouns, address=address, zone=zone, contacts=contacts))
                return ChangePerson(op=form.op, person_id=person_id, revision=revision, person=person)

            done, _ = form.submit(change_person, actor, build, f"Details of {first} saved")
            if done:
                st.session_state.pop(more, None)
                st.rerun()
        st.button("Another phone or e-mail", icon=":material/add:", key=f"{form.key}.another",
                  on_click=st.session_state.update, args=({more: len(rows) - len(details.contacts) + 1},))


def _plain(build: Callable[[], PersonDetails]) -> PersonDetails:
    try:
        return build()
    except ValidationError as problem:
        field, sentence = next(iter(field_messages(problem).items()))
        raise BadInput(field or "person", sentence) from None


def _contact(form: Form, place: int, contact: Contact | None) -> Callable[[], Contact | None]:
    with st.container(border=True):
        kind_col, value_col = st.columns([1, 3])
        with kind_col:
            kind: ContactKind = form.choice(
                f"contact{place}.kind", "Kind", list(ContactKind), format_func=lambda word: word.label,
                index=list(ContactKind).index(contact.kind) if contact else 0,
            )
        with value_col:
            value = form.text(f"contact{place}", "Number or address", contact.value if contact else "",
                              help="Empty it to remove this entry.")
        granted = [name for name in _ALLOWED[kind] if contact is not None and getattr(contact, name)]
        allowed = st.pills(
            "The person allows", _ALLOWED[kind], default=granted, selection_mode="multi",
            format_func=lambda name: _PERMISSIONS[name], key=form.field_key(f"contact{place}.{kind}.allowed"),
        )
        preferred = st.checkbox("Preferred", contact.preferred if contact else False,
                                key=form.field_key(f"contact{place}.preferred"))

    def build() -> Contact | None:
        if not value.strip():
            return None
        return _at(f"contact{place}", lambda: Contact(
            kind=kind, value=value, preferred=preferred, **dict.fromkeys(allowed, True)))

    return build
