"""The invoice: what is owed, by whom, for what, and by when."""

from datetime import date
from typing import Self

from pydantic import BaseModel, ConfigDict, Field, model_validator
from pydantic_core import PydanticCustomError

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

TEMPLATE_VERSION: int = 1
"""Raised when the drawing changes, so that a stored file tells how it was made."""


class Line(BaseModel):
    """One charge, with the provider labels as they were on the date of service."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    service_date: date
    description: str
    provider: str = ""
    supervisor: str = ""
    detail: str = ""
    """Standard fee and adjustment, where the practice shows them."""
    amount_cents: int


class Void(BaseModel):
    """Why and since when the invoice is void. A void invoice keeps its number."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    reason: str
    voided_on: date


class Invoice(BaseModel):
    """An issued invoice: everything that stands on the paper, and nothing that does not."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    number: str
    issued_on: date
    due_on: date
    currency: str = "USD"
    practice: Letterhead
    bill_to: Addressee
    case_name: str = ""
    lines: tuple[Line, ...] = Field(min_length=1)
    total_cents: int
    paid_note: str = ""
    """Takes the place of the sentence on how to pay, e.g. when the invoice was paid at once."""
    replaces: str = ""
    void: Void | None = None

    @model_validator(mode="after")
    def _adds_up(self) -> Self:
        if sum(line.amount_cents for line in self.lines) != self.total_cents:
            raise PydanticCustomError("sum", "The lines of the invoice do not add up to its total.")
        return self


def paint_invoice(invoice: Invoice) -> bytes:
    """The invoice as a PDF; the same invoice gives the same bytes."""
    return draw(
        invoice,
        Imprint(
            title=f"Invoice {invoice.number}",
            author=invoice.practice.name,
            made_on=invoice.void.voided_on if invoice.void else invoice.issued_on,
            subject=f"Invoice, template {TEMPLATE_VERSION}",
            watermark="VOID" if invoice.void else "",
        ),
        lambda paper: _paint(paper, invoice),
    )


def _paint(paper: Paper, invoice: Invoice) -> None:
    paper.letterhead(invoice.practice, "Invoice", invoice.number)
    facts = [("Issued", long_date(invoice.issued_on)), ("Due", long_date(invoice.due_on))]
    if invoice.replaces:
        facts.append(("Replaces", invoice.replaces))
    paper.parties("Bill to", invoice.bill_to, invoice.case_name, facts)
    if invoice.void:
        voided = f"This invoice has been void since {long_date(invoice.void.voided_on)}. {invoice.void.reason}"
        paper.stack([Text(voided, 9, True, ALARM)])
        paper.space(6)
    amount = Column(f"Amount ({invoice.currency})", 34, right=True)
    columns = [Column("Date", 42), Column("Service", INNER - 76), amount]
    rows = [_row(line) for line in invoice.lines]
    total = f"{invoice.currency} {dollars(invoice.total_cents)}"
    closing = "" if invoice.void else invoice.paid_note or _how_to_pay(invoice)
    paper.account(columns, rows, "Total", total, closing)


def _row(line: Line) -> list[list[Text]]:
    by = line.provider.strip()
    if line.supervisor.strip():
        by = f"{by}, supervised by {line.supervisor.strip()}" if by else f"Supervised by {line.supervisor.strip()}"
    return [
        [Text(long_date(line.service_date))],
        [Text(line.description), *([Text(line.detail, 8, False, MUTED)] if line.detail else []),
         Text(by, 8, False, MUTED)],
        [Text(dollars(line.amount_cents), right=True)],
    ]


def _how_to_pay(invoice: Invoice) -> str:
    reach = " or ".join(part for part in (invoice.practice.phone.strip(), invoice.practice.email.strip()) if part)
    ask = f" Questions? {reach}" if reach else ""
    return (
        f"Please pay {invoice.currency} {dollars(invoice.total_cents)} by {long_date(invoice.due_on)} "
        f"and give the number {invoice.number} with your payment.{ask}"
    )
