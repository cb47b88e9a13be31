"""Linden Street Practice with its forms, and short verbs to send, answer and read them."""

from collections.abc import Mapping
from datetime import date
from typing import Any

from sqlalchemy import select

from practicerunner import database
from practicerunner.records.acting import ActsFor
from practicerunner.records.forms import FormAssignment, FormTemplate
from practicerunner.records.people import Person
from practicerunner.rules.form_texts import BUILT_IN
from practicerunner.vocabulary import ActingKind, FieldKind
from practicerunner.workflows.acting import AddActing, add_acting
from practicerunner.workflows.form_pages import ResponseFacts, ResponsePage, response_page
from practicerunner.workflows.form_sending import AssignForms, assign_forms
from practicerunner.workflows.form_templates import make_built_in_forms
from practicerunner.workflows.forms import CompleteForm, complete_form, full_name
from practicerunner.workflows.people import PersonDetails
from tests.cast import Cast, people_of

CONTENT = {form.key: form.content for form in BUILT_IN}

NOW = "2026-11-12 10:00"
"""A Thursday morning."""


def bring_forms(cast: Cast) -> None:
    """Write the forms that come with the product."""
    with database.transaction(cast.engine) as session:
        make_built_in_forms(session)


def form_id(cast: Cast, key: str) -> int:
    """Id of a form that came with the product."""
    with database.reading(cast.engine) as session:
        return session.scalars(select(FormTemplate.id).where(FormTemplate.built_in == key)).one()


def send(
    cast: Cast, case_id: int, *keys: str, to: str = "", by: str = "Marcus", due_on: date | None = None
) -> list[int]:
    """Give forms to everybody in a case, or to one by first name."""
    people = people_of(cast, case_id)
    return cast.do(by, assign_forms, AssignForms(
        case_id=case_id, template_ids=tuple(form_id(cast, key) for key in keys),
        person_ids=(people[to],) if to else tuple(people.values()), due_on=due_on))


def revision(cast: Cast, assignment_id: int) -> int:
    """The revision of what was given, as a page would know it."""
    with database.reading(cast.engine) as session:
        return session.get_one(FormAssignment, assignment_id).revision


def filled(key: str, **more: Any) -> dict[str, Any]:
    """Answers to every required field of a form, the first choice each; ``more`` takes their place."""
    usual: dict[FieldKind, Any] = {
        FieldKind.TEXT: "Something", FieldKind.LONG_TEXT: "Something", FieldKind.DATE: "2026-03-09",
        FieldKind.ACKNOWLEDGEMENT: True, FieldKind.SIGNATURE: "Typed Name",
    }
    return {
        field.key: field.options[0] if field.kind is FieldKind.CHOICE else usual[field.kind]
        for field in CONTENT[key].fields if field.required
    } | more


def signed(cast: Cast, person_id: int, answers: dict[str, Any]) -> dict[str, Any]:
    """The answers with the name of whoever signs, where another was not typed on purpose."""
    if answers.get("signature") != "Typed Name":
        return answers
    with database.reading(cast.engine) as session:
        return answers | {"signature": full_name(session.get_one(Person, person_id))}


def scored(key: str, *points: int | None) -> dict[str, Any]:
    """Answers to the items of a measure."""
    return {f"{key}_{number}": point for number, point in enumerate(points, 1) if point is not None}


def complete(cast: Cast, assignment_id: int, answers: Mapping[str, Any], *, by: str = "Marcus", **more: Any) -> int:
    """Hand a form in: the response's id."""
    return cast.do(by, complete_form, CompleteForm(
        assignment_id=assignment_id, revision=revision(cast, assignment_id), answers=dict(answers), **more))


def opened(cast: Cast, name: str, response_id: int, reason: str = "") -> ResponsePage | ResponseFacts:
    """Somebody reads a response."""
    actor = cast.actor(name)
    with database.transaction(cast.engine) as session:
        return response_page(session, actor, response_id, reason)


def named(cast: Cast, client_id: int, who: int | PersonDetails, kind: ActingKind = ActingKind.PARENT) -> int:
    """Say that somebody acts for another, not verified yet. Returns who they are."""
    acts = cast.do("Dana", add_acting, AddActing(
        client_id=client_id, kind=kind, starts_on=date(2026, 1, 1),
        **({"person_id": who} if isinstance(who, int) else {"person": who})))  # type: ignore[arg-type]
    with database.reading(cast.engine) as session:
        return session.get_one(ActsFor, acts).person_id
