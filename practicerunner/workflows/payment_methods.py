"""Saved cards and bank accounts of payers: a processor's token with what a person recognises it by (C15, DEC14)."""

import re
from dataclasses import dataclass
from typing import Annotated

from pydantic import AfterValidator, Field, model_validator
from pydantic_core import PydanticCustomError
from sqlalchemy.orm import Session

from practicerunner import clock, ids
from practicerunner.errors import BadInput, NotFound
from practicerunner.records import practice, relations
from practicerunner.records.cases import PaymentMethod
from practicerunner.rules.cards import looks_like_card_number
from practicerunner.vocabulary import Action, PaymentMethodKind, Resource
from practicerunner.workflows.access import Actor
from practicerunner.workflows.cases import case_for
from practicerunner.workflows.commands import Command, Line, RequiredLine, command, reader
from practicerunner.workflows.people import payer_of

SAVED_KINDS = (PaymentMethodKind.CARD, PaymentMethodKind.BANK)


def _no_number(text: str) -> str:
    if looks_like_card_number(text):
        raise PydanticCustomError("number", "Never type a card or account number here; only the last four digits.")
    return text


NumberFree = Annotated[RequiredLine, AfterValidator(_no_number)]
"""A line that holds no card or account number."""
NumberFreeLine = Annotated[Line, AfterValidator(_no_number)]
"""The same; may be empty."""


class SavePaymentMethod(Command):
    """Save a card or bank account of a payer, as the card processor names it."""

    case_id: int
    payer_id: int | None = None
    person_id: int | None = None
    """A participant who is not yet a payer."""
    kind: PaymentMethodKind
    brand: NumberFree = Field(max_length=40)
    last_four: RequiredLine
    expires: str = ""
    token: NumberFree = Field(max_length=120)

    @model_validator(mode="after")
    def _plausible(self) -> "SavePaymentMethod":
        if (self.payer_id is None) == (self.person_id is None):
            raise PydanticCustomError("payer", "Choose whose card or account it is.")
        if self.kind not in SAVED_KINDS:
            raise PydanticCustomError("kind", "Choose card or bank.")
        return self


class RemovePaymentMethod(Command):
    """Stop using a saved payment method."""

    case_id: int
    payment_method_id: int


@dataclass(frozen=True, slots=True)
class PaymentMethodView:
    """A saved payment method as people recognise it; the token stays inside."""

    payment_method_id: int
    payer_id: int
    payer: str
    kind: PaymentMethodKind
    brand: str
    last_four: str
    expires: str
    is_expired: bool


def _month_of(text: str) -> str:
    """The month of expiry as ``2029-04``, also if it is written as on a card: ``04/29``; empty if it is no month."""
    found = re.fullmatch(r"(0?[1-9]|1[0-2])\s*/\s*(?:20)?(\d\d)", text.strip())
    if found:
        return f"20{found[2]}-{int(found[1]):02}"
    return text if re.fullmatch(r"20\d\d-(0[1-9]|1[0-2])", text) else ""


@command(Resource.INVOICES, Action.CREATE)
def save_payment_method(session: Session, actor: Actor, asked: SavePaymentMethod) -> int:
    """Save a payment method of one of the case's payers. Returns its id. Raises BadInput."""
    case = case_for(session, actor, asked.case_id, resource=Resource.INVOICES, action=Action.CREATE)
    if not re.fullmatch(r"[0-9]{4}", asked.last_four):
        raise BadInput("last_four", "Write exactly the last four digits.")
    month = f"{clock.today(practice.the_practice(session).zone):%Y-%m}"
    if asked.kind is PaymentMethodKind.CARD:
        expires = _month_of(asked.expires)
        if not expires:
            raise BadInput("expires", "Write the month of expiry as it stands on the card, for example 04/29.")
        if expires < month:
            raise BadInput("expires", "This card has expired.")
    if asked.person_id is not None:
        if all(p.person_id != asked.person_id for p in case.participants):
            raise BadInput("payer_id", "That person does not take part.")
        payer_id = payer_of(session, asked.person_id).id
    else:
        payer_id = asked.payer_id or 0
        if payer_id not in {known for known, _ in relations.payers_of_case(session, case.id)}:
            raise BadInput("payer_id", "That payer does not pay here.")
    method = PaymentMethod(
        id=ids.new_id(), payer_id=payer_id, kind=asked.kind, brand=asked.brand, last_four=asked.last_four,
        expires=_month_of(asked.expires) if asked.kind is PaymentMethodKind.CARD else "", token=asked.token,
        added_by_id=actor.staff_id,
    )
    session.add(method)
    session.info["detail"] = f"{asked.kind} added"
    return method.id


@command(Resource.INVOICES, Action.CREATE)
def remove_payment_method(session: Session, actor: Actor, asked: RemovePaymentMethod) -> int:
    """Stop using a saved payment method; its row stays for the record."""
    case = case_for(session, actor, asked.case_id, resource=Resource.INVOICES, action=Action.CREATE)
    method = session.get(PaymentMethod, asked.payment_method_id)
    payers = {known for known, _ in relations.payers_of_case(session, case.id)}
    if method is None or method.payer_id not in payers:
        raise NotFound(actor=actor, action=Action.CREATE, resource=Resource.INVOICES, case_id=case.id)
    method.removed = True
    session.info["detail"] = f"{method.kind} removed"
    return method.id


@reader(Resource.INVOICES)
def payment_methods_of(session: Session, actor: Actor, case_id: int) -> list[PaymentMethodView]:
    """Saved payment methods of everybody who pays for a case."""
    case = case_for(session, actor, case_id, resource=Resource.INVOICES)
    month = f"{clock.today(practice.the_practice(session).zone):%Y-%m}"
    payer_ids = [payer_id for payer_id, _ in relations.payers_of_case(session, case.id)]
    return [
        PaymentMethodView(
            method.id, method.payer_id, name, method.kind, method.brand, method.last_four, method.expires,
            bool(method.expires) and method.expires < month,
        )
        for method, name in relations.methods_of(session, payer_ids)
    ]


@reader(Resource.INVOICES)
def payers_of(session: Session, actor: Actor, case_id: int) -> list[tuple[int, str]]:
    """Payers named for a case: payer id and name."""
    case = case_for(session, actor, case_id, resource=Resource.INVOICES)
    return relations.payers_of_case(session, case.id)
