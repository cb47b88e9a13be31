"""The superbill: services that were rendered to one client and paid for, as an insurer wants to read them."""

from datetime import date
from typing import Self

from pydantic import Field, model_validator
from pydantic_core import PydanticCustomError

from practicerunner.documents.issued import Head, Voidable, money, paint
from practicerunner.documents.paper import Addressee, Column, Frozen, Paper
from practicerunner.documents.sheet import INNER, MUTED, Text, long_date
from practicerunner.money import dollars

TEMPLATE_VERSION: int = 3
"""Raised when the drawing changes, so that a stored file tells how it was made."""

CLOSING = (
    "This is a statement of services already rendered and of what was paid for them; it is not a bill. "
    "Submitting it does not guarantee reimbursement."
)


class Provider(Frozen):
    """Who rendered services, or supervised them."""

    name: str
    """With credentials."""
    npi: str
    licence: str
    taxonomy: str = ""


class Line(Frozen):
    """One service on one date. Amounts are the whole line's, whoever paid."""

    service_date: date
    description: str
    code: str
    modifiers: tuple[str, ...] = ()
    place: str
    pointers: str
    """Letters of the diagnoses, e.g. ``AB``."""
    units: int = 1
    charge_cents: int
    adjusted_cents: int = 0
    paid_cents: int
    provider: str
    supervisor: str = ""
    paid_by: str = ""


class Superbill(Voidable):
    """An issued superbill: everything that stands on the paper, and nothing that does not."""

    issued_on: date
    practice_npi: str = ""
    client: Addressee
    birth_date: date
    first_on: date
    last_on: date
    providers: tuple[Provider, ...] = Field(min_length=1)
    diagnoses: tuple[tuple[str, str], ...] = Field(min_length=1)
    """Letter and code."""
    lines: tuple[Line, ...] = Field(min_length=1)
    charged_cents: int
    adjusted_cents: int = 0
    paid_cents: int

    @property
    def balance_cents(self) -> int:
        """What is still due of the lines."""
        return self.charged_cents - self.adjusted_cents - self.paid_cents

    @model_validator(mode="after")
    def _adds_up(self) -> Self:
        for total, part in (
            (self.charged_cents, "charge_cents"), (self.adjusted_cents, "adjusted_cents"),
            (self.paid_cents, "paid_cents"),
        ):
            if sum(getattr(line, part) for line in self.lines) != total:
                raise PydanticCustomError("sum", "The lines of the superbill do not add up to its totals.")
        return self


def paint_superbill(superbill: Superbill) -> bytes:
    """The superbill as a PDF; the same superbill gives the same bytes."""
    facts = [("Issued", long_date(superbill.issued_on)), ("Date of birth", long_date(superbill.birth_date)),
             ("From", long_date(superbill.first_on)), ("To", long_date(superbill.last_on))]
    if superbill.practice_npi:
        facts.append(("Practice NPI", superbill.practice_npi))
    head = Head(
        "Superbill", superbill.issued_on, "Client", superbill.client, facts, f"template {TEMPLATE_VERSION}")
    return paint(superbill, head, lambda paper: _paint(paper, superbill))


def _paint(paper: Paper, superbill: Superbill) -> None:
    for provider in superbill.providers:
        paper.stack([Text(provider_line(provider), 9)])
        paper.space(1)
    paper.space(3)
    codes = "   ".join(f"{letter}  {code}" for letter, code in superbill.diagnoses)
    paper.stack([Text("Diagnoses (ICD-10-CM)", 8, False, MUTED), Text(codes, 10, True)])
    paper.space(7)
    columns = [
        Column("Date", 24), Column("Service", INNER - 124), Column("Code", 17), Column("Place", 12),
        Column("Diag.", 13), Column("Units", 11), Column("Charge", 24, right=True), Column("Paid", 23, right=True),
    ]
    rows = [_row(line) for line in superbill.lines]
    charged = [*money(superbill.charged_cents, bold=True), _adjusted(superbill.adjusted_cents)]
    rows.append([
        [Text("Total", bold=True)], [], [], [], [], [], charged, money(superbill.paid_cents, bold=True)])
    paper.account(columns, rows, "Balance", superbill.price(superbill.balance_cents), CLOSING, ends_in_sum=True)


def provider_line(provider: Provider) -> str:
    """Name, NPI, licence and taxonomy code in one line."""
    parts = [provider.name, f"NPI {provider.npi}" if provider.npi else "",
             f"Licence {provider.licence}" if provider.licence else "",
             f"Taxonomy {provider.taxonomy}" if provider.taxonomy else ""]
    return " · ".join(part for part in parts if part)


def _row(line: Line) -> list[list[Text]]:
    small = [
        line.provider, f"under supervision of {line.supervisor}" if line.supervisor else "",
        f"paid by {line.paid_by}" if line.paid_by else "",
    ]
    return [
        [Text(f"{line.service_date:%m/%d/%Y}")],
        [Text(line.description), *(Text(words, 8, False, MUTED) for words in small)],
        [Text(line.code), Text(" ".join(line.modifiers), 8)],
        [Text(line.place)], [Text(line.pointers)], [Text(str(line.units))],
        [*money(line.charge_cents), _adjusted(line.adjusted_cents)], money(line.paid_cents),
    ]


def _adjusted(cents: int) -> Text:
    """What credits took off, under the charge; nothing where there is none."""
    return Text(f"less {dollars(cents)}" if cents else "", 8, False, MUTED, right=True)
