"""The receipt: what came in, from whom, and what it paid. Money that went back is a refund receipt."""

from datetime import date
from typing import Self

from pydantic import BaseModel, ConfigDict, model_validator
from pydantic_core import PydanticCustomError

from practicerunner.documents.paper import (
    INNER,
    MUTED,
    Addressee,
    Column,
    Imprint,
    Letterhead,
    Paper,
    Text,
    draw,
    long_date,
)
from practicerunner.money import dollars

TEMPLATE_VERSION: int = 1
"""Raised when the drawing changes, so that a stored file tells how it was made."""


class Applied(BaseModel):
    """The part of the money that paid one thing."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    invoice_number: str
    service: str
    amount_cents: int


class Receipt(BaseModel):
    """A receipt for one payment, or for one refund when the amounts are negative."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    number: str
    received_on: date
    currency: str = "USD"
    practice: Letterhead
    received_from: Addressee
    method: str
    """In words, e.g. ``Card``."""
    reference: str = ""
    """The last four characters at most; a whole card number never gets here."""
    amount_cents: int
    applied: tuple[Applied, ...] = ()
    unapplied_cents: int = 0

    @model_validator(mode="after")
    def _adds_up(self) -> Self:
        if sum(part.amount_cents for part in self.applied) + self.unapplied_cents != self.amount_cents:
            raise PydanticCustomError("sum", "What was paid for and what is left do not add up to the amount.")
        if len(self.reference) > 4:
            raise PydanticCustomError("reference", "Give the last four characters of the reference only.")
        return self


def paint_receipt(receipt: Receipt) -> bytes:
    """The receipt as a PDF; the same receipt gives the same bytes."""
    return draw(
        receipt,
        Imprint(
            title=f"{_kind(receipt)} {receipt.number}",
            author=receipt.practice.name,
            made_on=receipt.received_on,
            subject=f"Receipt, template {TEMPLATE_VERSION}",
        ),
        lambda paper: _paint(paper, receipt),
    )


def _kind(receipt: Receipt) -> str:
    return "Refund receipt" if receipt.amount_cents < 0 else "Receipt"


def _paint(paper: Paper, receipt: Receipt) -> None:
    refund = receipt.amount_cents < 0
    sign = -1 if refund else 1
    paper.letterhead(receipt.practice, _kind(receipt), receipt.number)
    method = f"{receipt.method}, ending {receipt.reference}" if receipt.reference else receipt.method
    facts = [("Refunded" if refund else "Received", long_date(receipt.received_on)), ("Method", method)]
    paper.parties("Refunded to" if refund else "Received from", receipt.received_from, "", facts)
    rows = [
        [[Text(part.invoice_number)], [Text(part.service)], _money(sign * part.amount_cents)]
        for part in receipt.applied
    ]
    if receipt.unapplied_cents:
        kept = "From unused credit" if refund else "Not yet applied; kept as credit"
        rows.append([[Text("–", ink=MUTED)], [Text(kept)], _money(sign * receipt.unapplied_cents)])
    amount = Column(f"Amount ({receipt.currency})", 34, right=True)
    columns = [Column("Invoice", 42), Column("For", INNER - 76), amount]
    total = f"{receipt.currency} {dollars(sign * receipt.amount_cents)}"
    closing = "This amount was returned to you." if refund else "Thank you. Please keep this receipt for your records."
    paper.account(columns, rows, "Refunded" if refund else "Received", total, closing)


def _money(cents: int) -> list[Text]:
    return [Text(dollars(cents), right=True)]
