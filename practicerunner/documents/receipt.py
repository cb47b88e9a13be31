"""The receipt: what came in, from whom, and what it paid. Money that went back is a refund receipt."""

from datetime import date
from typing import Self

from pydantic import BaseModel, ConfigDict, model_validator
from pydantic_core import PydanticCustomError

from practicerunner.documents.invoice import Void
from practicerunner.documents.paper import (
    ALARM,
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

TEMPLATE_VERSION: int = 2
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
    receipt_number: str = ""
    """Of a refund: the receipt of the payment that it gives back."""
    reason: str = ""
    """Of a refund: why."""
    void: Void | None = None
    """Since when and why the money never came after all."""

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
            made_on=receipt.void.voided_on if receipt.void else receipt.received_on,
            subject=f"Receipt, template {TEMPLATE_VERSION}",
            watermark="VOID" if receipt.void else "",
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
    if receipt.receipt_number:
        facts.append(("Refund of", receipt.receipt_number))
    paper.parties("Refunded to" if refund else "Received from", receipt.received_from, "", facts)
    if receipt.reason:
        paper.stack([Text(f"Reason: {receipt.reason}")])
        paper.space(6)
    if receipt.void:
        voided = f"This receipt has been void since {long_date(receipt.void.voided_on)}. {receipt.void.reason}"
        paper.stack([Text(voided, 9, True, ALARM)])
        paper.space(6)
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
    if receipt.void:
        closing = ""
    paper.account(columns, rows, "Refunded" if refund else "Received", total, closing)


def _money(cents: int) -> list[Text]:
    return [Text(dollars(cents), right=True)]
