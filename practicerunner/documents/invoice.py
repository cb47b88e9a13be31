"""The invoice: what is owed, by whom, for what, and by when."""

from datetime import date
from typing import Self

from pydantic import Field, model_validator
from pydantic_core import PydanticCustomError

from practicerunner.documents.issued import Head, Voidable, money, paint
from practicerunner.documents.paper import Addressee, Column, Frozen, Paper
from practicerunner.documents.sheet import INNER, MUTED, Text, long_date

TEMPLATE_VERSION: int = 3
"""Raised when the drawing changes, so that a stored file tells how it was made."""


class Line(Frozen):
    """One charge, with the provider labels as they were on the date of service."""

    service_date: date
    description: str
    provider: str = ""
    supervisor: str = ""
    detail: str = ""
    """Standard fee and adjustment, where the practice shows them."""
    amount_cents: int
    month_only: bool = False
    """Whether it says no more of the date than the month."""


class Invoice(Voidable):
    """An issued invoice: everything that stands on the paper, and nothing that does not."""

    issued_on: date
    due_on: date
    bill_to: Addressee
    case_name: str = ""
    lines: tuple[Line, ...] = Field(min_length=1)
    total_cents: int
    paid_note: str = ""
    """Takes the place of the sentence on how to pay, e.g. when the invoice was paid at once."""
    replaces: str = ""

    @model_validator(mode="after")
    def _adds_up(self) -> Self:
        if sum(line.amount_cents for line in self.lines) != self.total_cents:
            raise PydanticCustomError("sum", "The lines of the invoice do not add up to its total.")
        return self


def paint_invoice(invoice: Invoice) -> bytes:
    """The invoice as a PDF; the same invoice gives the same bytes."""
    facts = [("Issued", long_date(invoice.issued_on)), ("Due", long_date(invoice.due_on))]
    if invoice.replaces:
        facts.append(("Replaces", invoice.replaces))
    head = Head(
        "Invoice", invoice.issued_on, "Bill to", invoice.bill_to, facts, f"template {TEMPLATE_VERSION}",
        invoice.case_name,
    )
    return paint(invoice, head, lambda paper: _paint(paper, invoice))


def _paint(paper: Paper, invoice: Invoice) -> None:
    amount = Column(f"Amount ({invoice.currency})", 34, right=True)
    columns = [Column("Date", 42), Column("Service", INNER - 76), amount]
    rows = [_row(line) for line in invoice.lines]
    closing = "" if invoice.void else invoice.paid_note or _how_to_pay(invoice)
    paper.account(columns, rows, "Total", invoice.price(invoice.total_cents), closing)


def _row(line: Line) -> list[list[Text]]:
    by = line.provider.strip()
    if line.supervisor.strip():
        by = f"{by}, supervised by {line.supervisor.strip()}" if by else f"Supervised by {line.supervisor.strip()}"
    return [
        [Text(f"{line.service_date:%B %Y}" if line.month_only else long_date(line.service_date))],
        [Text(line.description), *([Text(line.detail, 8, False, MUTED)] if line.detail else []),
         Text(by, 8, False, MUTED)],
        money(line.amount_cents),
    ]


def _how_to_pay(invoice: Invoice) -> str:
    return (
        f"Please pay {invoice.price(invoice.total_cents)} by {long_date(invoice.due_on)} "
        f"and give the number {invoice.number} with your payment.{invoice.ask}"
    )
