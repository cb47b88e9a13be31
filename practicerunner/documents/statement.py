"""The statement: what was owed before a period, what moved in it, what is owed now and how old that is."""

from datetime import date
from typing import Self

from pydantic import Field, model_validator
from pydantic_core import PydanticCustomError

from practicerunner.documents.issued import Head, Issued, money, paint
from practicerunner.documents.paper import Addressee, Column, Frozen, Paper, Row
from practicerunner.documents.sheet import INNER, MUTED, Text, long_date
from practicerunner.money import dollars

TEMPLATE_VERSION: int = 3
"""Raised when the drawing changes, so that a stored file tells how it was made."""

_GAP = 3.0
"""Millimetres between what moved and the number beside it."""
NOTHING_MOVED = "Nothing moved in this period."


class Movement(Frozen):
    """One line: the amount raises or lowers what is owed, the balance stands after it."""

    day: date
    what: str
    number: str = ""
    case_name: str = ""
    amount_cents: int
    balance_cents: int


class OpenItem(Frozen):
    """What is open at the end, in which bucket of age."""

    what: str
    since: date
    case_name: str = ""
    age: int
    """Place in the statement's ``ages``."""
    open_cents: int


class Statement(Issued):
    """An issued statement: everything that stands on the paper, and nothing that does not."""

    issued_on: date
    starts_on: date
    ends_on: date
    statement_for: Addressee
    case_name: str = ""
    opening_cents: int
    summary: tuple[tuple[str, int], ...] = Field(min_length=1)
    """What was added and taken off between the opening and the closing balance, with its sign."""
    movements: tuple[Movement, ...] = ()
    closing_cents: int
    ages: tuple[str, ...] = Field(min_length=1)
    open_items: tuple[OpenItem, ...] = ()
    credit_cents: int = 0
    remark: str = ""
    """Why the opening balance is not what the statement before closed with, where it is not."""

    @model_validator(mode="after")
    def _adds_up(self) -> Self:
        running = self.opening_cents
        for line in self.movements:
            running += line.amount_cents
            if line.balance_cents != running:
                raise PydanticCustomError("running", "The running balance of the statement is wrong.")
        summed = self.opening_cents + sum(cents for _, cents in self.summary)
        still = sum(item.open_cents for item in self.open_items) - self.credit_cents
        if not running == summed == still == self.closing_cents:
            raise PydanticCustomError("sum", "The statement does not add up to its closing balance.")
        return self


def paint_statement(statement: Statement) -> bytes:
    """The statement as a PDF; the same statement gives the same bytes. A month of weekly sessions fills one page."""
    days = (("Issued", statement.issued_on), ("From", statement.starts_on), ("To", statement.ends_on))
    summary = (
        ("Opening balance", statement.opening_cents), *statement.summary, ("Closing balance", statement.closing_cents))
    facts = [(name, long_date(day)) for name, day in days] + [(name, dollars(cents)) for name, cents in summary]
    head = Head(
        "Statement", statement.issued_on, "Statement for", statement.statement_for, facts,
        f"template {TEMPLATE_VERSION}", statement.case_name, tight=True,
    )
    return paint(statement, head, lambda paper: _paint(paper, statement))


def _paint(paper: Paper, made: Statement) -> None:
    if made.remark:
        paper.stack([Text(made.remark, 9, False, MUTED)])
        paper.space(6)
    columns = [
        Column("Date", 33), Column("What", INNER - 116), Column("", _GAP), Column("Number", 29),
        Column("Amount", 24, right=True), Column(f"Balance ({made.currency})", 30 - _GAP, right=True),
    ]
    opening: Row = [
        [Text(long_date(made.starts_on))], [Text("Opening balance")], [], [], [], money(made.opening_cents)
    ]
    rows: list[Row] = [opening, *map(_row, made.movements)]
    if not made.movements:
        rows.append([[], [Text(NOTHING_MOVED, ink=MUTED)], [], [], [], money(made.closing_cents)])
    paper.account(columns, rows, "Closing balance", made.price(made.closing_cents), _closing(made))
    if made.open_items:
        _paint_open(paper, made)


def _paint_open(paper: Paper, made: Statement) -> None:
    wide = 24.0
    names = INNER - 32 - wide * len(made.ages)
    columns = [Column("Open", names), Column("Since", 32), *(Column(age, wide, right=True) for age in made.ages)]
    places = range(len(made.ages))
    rows: list[Row] = [
        [[Text(item.what), Text(item.case_name, 8, False, MUTED)], [Text(long_date(item.since))],
         *([Text(dollars(item.open_cents) if item.age == place else "", right=True)] for place in places)]
        for item in made.open_items
    ]
    sums = [sum(item.open_cents for item in made.open_items if item.age == place) for place in places]
    rows.append([[Text("Sum", bold=True)], [], *(money(cents, bold=True) for cents in sums)])
    paper.space(5)
    paper.listing(columns, rows, ends_in_sum=True)


def _row(line: Movement) -> Row:
    return [
        [Text(long_date(line.day))], [Text(line.what), Text(line.case_name, 8, False, MUTED)], [],
        [Text(line.number)], money(line.amount_cents), money(line.balance_cents),
    ]


def _closing(made: Statement) -> str:
    if made.credit_cents:
        return f"Credit of {made.price(made.credit_cents)} that pays no invoice yet is taken off.{made.ask}"
    if made.closing_cents > 0:
        return f"This is what was open on {long_date(made.ends_on)}.{made.ask}"
    return f"Nothing was open on {long_date(made.ends_on)}.{made.ask}"
