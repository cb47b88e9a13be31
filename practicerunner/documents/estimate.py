"""The good faith estimate: what care is expected to cost somebody who pays for it themselves (45 CFR 149.610)."""

from datetime import date
from typing import Self

from pydantic import Field, model_validator
from pydantic_core import PydanticCustomError

from practicerunner.documents.issued import Head, Issued, money, paint
from practicerunner.documents.paper import Addressee, Column, Frozen, Paper
from practicerunner.documents.sheet import INNER, LEADING, MUTED, Text, long_date
from practicerunner.documents.superbill import Provider, provider_line

TEMPLATE_VERSION: int = 2
"""Raised when the drawing changes, so that a stored file tells how it was made."""

DISCLAIMERS_VERSION: int = 1
"""Raised when the texts change; a shared estimate keeps the texts that it was shared with."""
DISCLAIMERS = (
    "There may be additional items or services that we recommend as part of the course of care that must be scheduled "
    "or requested separately and are not reflected in this good faith estimate.",
    "The information in this good faith estimate is only an estimate of the items and services reasonably expected to "
    "be furnished at the time it is issued. Actual items, services or charges may differ from this good faith "
    "estimate.",
    "You have the right to initiate the patient-provider dispute resolution process if the actual billed charges are "
    "substantially in excess of the expected charges in this good faith estimate, that is, $400 or more above them. "
    "You can find out how at www.cms.gov/nosurprises or by calling 1-800-985-3059. Initiating the process will not "
    "adversely affect the quality of health care services furnished to you.",
    "This good faith estimate is not a contract and does not require you to obtain the items or services from any of "
    "the providers or facilities identified in it.",
    "If special circumstances occur, you could be charged more than this estimate. Keep a copy of this good faith "
    "estimate in a safe place; you may need it if you are billed a higher amount.",
)
NOTHING_SEPARATE = "None is expected at this time."
SEPARATELY = "Separate good faith estimates are issued on request or when these items or services are scheduled."


class Item(Frozen):
    """So many of one service at one expected charge, over some days."""

    description: str
    code: str
    quantity: int
    fee_cents: int
    first_on: date
    last_on: date
    frequency: str = ""

    @property
    def amount_cents(self) -> int:
        """What the line comes to."""
        return self.quantity * self.fee_cents


class Estimate(Issued):
    """A shared estimate: everything that stands on the paper, and nothing that does not."""

    version: int
    replaces: str = ""
    issued_on: date
    practice_npi: str = ""
    client: Addressee
    birth_date: date
    providers: tuple[Provider, ...] = Field(min_length=1)
    diagnoses: tuple[str, ...] = ()
    items: tuple[Item, ...] = Field(min_length=1)
    total_cents: int
    place: str
    separately: str = ""
    disclaimers_version: int = DISCLAIMERS_VERSION
    disclaimers: tuple[str, ...] = DISCLAIMERS

    @property
    def first_on(self) -> date:
        """First day that it covers."""
        return min(item.first_on for item in self.items)

    @property
    def last_on(self) -> date:
        """Last day that it covers."""
        return max(item.last_on for item in self.items)

    @model_validator(mode="after")
    def _adds_up(self) -> Self:
        if sum(item.amount_cents for item in self.items) != self.total_cents:
            raise PydanticCustomError("sum", "The lines of the estimate do not add up to its total.")
        return self


def paint_estimate(estimate: Estimate) -> bytes:
    """The estimate as a PDF; the same estimate gives the same bytes."""
    facts = [("Issued", long_date(estimate.issued_on)), ("Date of birth", long_date(estimate.birth_date)),
             ("From", long_date(estimate.first_on)), ("To", long_date(estimate.last_on)),
             ("Version", str(estimate.version))]
    if estimate.replaces:
        facts.append(("Replaces", estimate.replaces))
    if estimate.practice_npi:
        facts.append(("Practice NPI", estimate.practice_npi))
    head = Head(
        "Good faith estimate", estimate.issued_on, "Client", estimate.client, facts,
        f"template {TEMPLATE_VERSION}, texts {estimate.disclaimers_version}",
    )
    return paint(estimate, head, lambda paper: _paint(paper, estimate))


def _paint(paper: Paper, estimate: Estimate) -> None:
    primary = min(estimate.items, key=lambda item: item.first_on)
    _labelled(paper, "Primary service", f"{primary.description}, {long_date(primary.first_on)}")
    _labelled(paper, "Diagnosis codes (ICD-10-CM), where applicable",
              ", ".join(estimate.diagnoses) or "None has been made at this time.")
    for provider in estimate.providers:
        _labelled(paper, "Provider", provider_line(provider))
    _labelled(paper, "Where the services are given", estimate.place)
    paper.space(4)
    columns = [
        Column("Service", INNER - 126), Column("Code", 20), Column("When", 50), Column("Quantity", 18, right=True),
        Column("Each", 18, right=True), Column("Expected", 20, right=True),
    ]
    total = estimate.price(estimate.total_cents)
    closing = (
        "This good faith estimate shows the costs of items and services that are reasonably expected for your health "
        "care needs. It is based on information known at the time it was created."
    )
    paper.account(columns, [_row(item) for item in estimate.items], "Expected total", total, closing)
    paper.space(6)
    _labelled(paper, "Items and services that need separate scheduling",
              f"{estimate.separately.strip()}\n{SEPARATELY}" if estimate.separately.strip() else NOTHING_SEPARATE)
    paper.space(2)
    for place, words in enumerate(estimate.disclaimers, start=1):
        text = Text(f"{place}. {words}", 8.5)
        paper.need(len(paper.wrap(text, INNER)) * text.size * LEADING)
        paper.stack([text])
        paper.space(1.6)


def _labelled(paper: Paper, label: str, words: str) -> None:
    paper.stack([Text(label, 8, False, MUTED), Text(words, 9)])
    paper.space(2)


def _row(item: Item) -> list[list[Text]]:
    first, last = long_date(item.first_on), long_date(item.last_on)
    return [
        [Text(item.description)], [Text(item.code)],
        [Text(first if item.first_on == item.last_on else f"{first} to {last}", 8), Text(item.frequency, 8, ink=MUTED)],
        [Text(str(item.quantity), right=True)], money(item.fee_cents), money(item.amount_cents),
    ]
