"""The credit note: what was taken off an invoice, and why."""

from datetime import date

from pydantic import BaseModel, ConfigDict, Field

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

TEMPLATE_VERSION: int = 1
"""Raised when the drawing changes, so that a stored file tells how it was made."""


class CreditNote(BaseModel):
    """A credit note on one invoice."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    number: str
    issued_on: date
    currency: str = "USD"
    practice: Letterhead
    credit_to: Addressee
    case_name: str = ""
    invoice_number: str
    invoice_date: date
    invoice_cents: int
    description: str
    """What it takes something off: a line of the invoice, or the invoice as a whole."""
    reason: str
    amount_cents: int = Field(gt=0)
    void: Void | None = None


def paint_credit_note(note: CreditNote) -> bytes:
    """The credit note as a PDF; the same note gives the same bytes."""
    return draw(
        note,
        Imprint(
            title=f"Credit note {note.number}",
            author=note.practice.name,
            made_on=note.void.voided_on if note.void else note.issued_on,
            subject=f"Credit note, template {TEMPLATE_VERSION}",
            watermark="VOID" if note.void else "",
        ),
        lambda paper: _paint(paper, note),
    )


def _paint(paper: Paper, note: CreditNote) -> None:
    paper.letterhead(note.practice, "Credit note", note.number)
    facts = [
        ("Issued", long_date(note.issued_on)), ("Invoice", note.invoice_number),
        ("Invoice date", long_date(note.invoice_date)), ("Invoice total", dollars(note.invoice_cents)),
    ]
    paper.parties("Credit to", note.credit_to, note.case_name, facts)
    if note.void:
        voided = f"This credit note has been void since {long_date(note.void.voided_on)}. {note.void.reason}"
        paper.stack([Text(voided, 9, True, ALARM)])
        paper.space(6)
    columns = [Column("Credit for", INNER - 34), Column(f"Amount ({note.currency})", 34, right=True)]
    rows = [[
        [Text(note.description), Text(f"Reason: {note.reason}", 8, False, MUTED)],
        [Text(dollars(note.amount_cents), right=True)],
    ]]
    closing = "" if note.void else f"This amount was taken off invoice {note.invoice_number}."
    paper.account(columns, rows, "Credit", f"{note.currency} {dollars(note.amount_cents)}", closing)
