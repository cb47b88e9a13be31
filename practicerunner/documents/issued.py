"""What every issued paper shares: its number and practice, whom it is for, how it begins, and the word VOID."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date

from practicerunner.documents.paper import Addressee, Frozen, Letterhead, Paper, draw
from practicerunner.documents.sheet import ALARM, Imprint, Text, long_date
from practicerunner.money import dollars


class Void(Frozen):
    """Why and since when a paper is void. It keeps its number."""

    reason: str
    voided_on: date


class Issued(Frozen):
    """A paper under a number: everything that stands on it, and nothing that does not."""

    number: str
    currency: str = "USD"
    practice: Letterhead

    def price(self, cents: int) -> str:
        """An amount with the currency before it."""
        return f"{self.currency} {dollars(cents)}"

    @property
    def ask(self) -> str:
        """Where to turn with questions, as the end of a sentence; nothing where the practice says nothing."""
        reach = " or ".join(part for part in (self.practice.phone.strip(), self.practice.email.strip()) if part)
        return f" Questions? {reach}" if reach else ""


class Voidable(Issued):
    """An issued paper that can become void."""

    void: Void | None = None


@dataclass(frozen=True)
class Head:
    """How a paper begins: what it is, whom it is for, and the facts beside them."""

    kind: str
    day: date
    """The day on which it was issued."""
    label: str
    """What stands above the name."""
    whom: Addressee
    facts: Sequence[tuple[str, str]]
    edition: str
    """Which drawing and which texts, as the file says it of itself."""
    about: str = ""
    tight: bool = False
    """Whether lines and rows stand closer than on other papers."""


def paint(issued: Issued, head: Head, body: Callable[[Paper], None]) -> bytes:
    """The paper as a PDF: letterhead, parties, since when it is void, then its own body. The same content gives the
    same bytes.
    """
    void = issued.void if isinstance(issued, Voidable) else None
    imprint = Imprint(
        title=f"{head.kind} {issued.number}", author=issued.practice.name,
        made_on=void.voided_on if void else head.day, subject=f"{head.kind}, {head.edition}",
        watermark="VOID" if void else "",
    )

    def whole(paper: Paper) -> None:
        paper.tight = head.tight
        paper.letterhead(issued.practice, head.kind, issued.number)
        paper.parties(head.label, head.whom, head.about, head.facts)
        if void:
            since = f"This {head.kind.lower()} has been void since {long_date(void.voided_on)}. {void.reason}"
            paper.stack([Text(since, 9, True, ALARM)])
            paper.space(6)
        body(paper)

    return draw(issued, imprint, whole)


def money(cents: int, *, bold: bool = False) -> list[Text]:
    """An amount as a cell of a table."""
    return [Text(dollars(cents), bold=bold, right=True)]
