"""The credit note: what was taken off an invoice, and why."""

from datetime import date

from pydantic import Field

from practicerunner.documents.issued import Head, Voidable, money, paint
from practicerunner.documents.paper import Addressee, Column, Paper
from practicerunner.documents.sheet import INNER, MUTED, Text, long_date
from practicerunner.money import dollars

TEMPLATE_VERSION: int = 2
"""Raised when the drawing changes, so that a stored file tells how it was made."""


class CreditNote(Voidable):
    """A credit note on one invoice."""

    issued_on: date
    credit_to: Addressee
    case_name: str = ""
    invoice_number: str
    invoice_date: date
    invoice_cents: int
    description: str
    """What it takes something off: a line of the invoice, or the invoice as a whole."""
    reason: str
    amount_cents: int = Field(gt=0)


def paint_credit_note(note: CreditNote) -> bytes:
    """The credit note as a PDF; the same note gives the same bytes."""
    facts = [
        ("Issued", long_date(note.issued_on)), ("Invoice", note.invoice_number),
        ("Invoice date", long_date(note.invoice_date)), ("Invoice total", dollars(note.invoice_cents)),
    ]
    head = Head(
        "Credit note", note.issued_on, "Credit to", note.credit_to, facts, f"template {TEMPLATE_VERSION}",
        note.case_name,
    )
    return paint(note, head, lambda paper: _paint(paper, note))


def _paint(paper: Paper, note: CreditNote) -> None:
    columns = [Column("Credit for", INNER - 34), Column(f"Amount ({note.currency})", 34, right=True)]
    rows = [[
        [Text(note.description), Text(f"Reason: {note.reason}", 8, False, MUTED)],
        money(note.amount_cents),
    ]]
    closing = "" if note.void else f"This amount was taken off invoice {note.invoice_number}."
    paper.account(columns, rows, "Credit", note.price(note.amount_cents), closing)
