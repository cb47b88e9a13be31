"""The receipt: what came in, from whom, and what it paid. Money that went back is a refund receipt."""

from datetime import date
from typing import Self

from pydantic import model_validator
from pydantic_core import PydanticCustomError

from practicerunner.documents.issued import Head, Voidable, money, paint
from practicerunner.documents.paper import Addressee, Column, Frozen, Paper
from practicerunner.documents.sheet import INNER, MUTED, Text, long_date

TEMPLATE_VERSION: int = 3
"""Raised when the drawing changes, so that a stored file tells how it was made."""


class Applied(Frozen):
    """The part of the money that paid one thing."""

    invoice_number: str
    service: str
    amount_cents: int


class Receipt(Voidable):
    """A receipt for one payment, or for one refund when the amounts are negative."""

    received_on: date
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

    @model_validator(mode="after")
    def _adds_up(self) -> Self:
        if sum(part.amount_cents for part in self.applied) + self.unapplied_cents != self.amount_cents:
            raise PydanticCustomError("sum", "What was paid for and what is left do not add up to the amount.")
        if len(self.reference) > 4:
            raise PydanticCustomError("reference", "Give the last four characters of the reference only.")
        return self


def paint_receipt(receipt: Receipt) -> bytes:
    """The receipt as a PDF; the same receipt gives the same bytes."""
    refund = receipt.amount_cents < 0
    method = f"{receipt.method}, ending {receipt.reference}" if receipt.reference else receipt.method
    facts = [("Refunded" if refund else "Received", long_date(receipt.received_on)), ("Method", method)]
    if receipt.receipt_number:
        facts.append(("Refund of", receipt.receipt_number))
    head = Head(
        "Refund receipt" if refund else "Receipt", receipt.received_on, "Refunded to" if refund else "Received from",
        receipt.received_from, facts, f"template {TEMPLATE_VERSION}",
    )
    return paint(receipt, head, lambda paper: _paint(paper, receipt))


def _paint(paper: Paper, receipt: Receipt) -> None:
    refund = receipt.amount_cents < 0
    sign = -1 if refund else 1
    if receipt.reason:
        paper.stack([Text(f"Reason: {receipt.reason}")])
        paper.space(6)
    rows = [
        [[Text(part.invoice_number)], [Text(part.service)], money(sign * part.amount_cents)]
        for part in receipt.applied
    ]
    if receipt.unapplied_cents:
        kept = "From unused credit" if refund else "Not yet applied; kept as credit"
        rows.append([[Text("–", ink=MUTED)], [Text(kept)], money(sign * receipt.unapplied_cents)])
    amount = Column(f"Amount ({receipt.currency})", 34, right=True)
    columns = [Column("Invoice", 42), Column("For", INNER - 76), amount]
    total = receipt.price(sign * receipt.amount_cents)
    closing = "This amount was returned to you." if refund else "Thank you. Please keep this receipt for your records."
    if receipt.void:
        closing = ""
    paper.account(columns, rows, "Refunded" if refund else "Received", total, closing)
