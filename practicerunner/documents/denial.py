"""The written denial of a request to amend the record: why, and what one can do about it (45 CFR 164.526(d))."""

from datetime import date

from practicerunner.documents.note import Passage
from practicerunner.documents.paper import Addressee, Frozen, Letterhead, Paper, draw
from practicerunner.documents.sheet import INK, MUTED, Imprint, Text, long_date

TEMPLATE_VERSION: int = 1
"""Raised when the drawing changes."""


class Denial(Frozen):
    """A written denial: everything that stands on the letter."""

    practice: Letterhead
    to: Addressee
    to_id: int | None = None
    """Who that is, whatever they are called later; letters from before that was kept name them only."""
    written_on: date
    word: str
    """What the record is called: ``record``."""
    facts: tuple[tuple[str, str], ...]
    sections: tuple[Passage, ...]
    signed: str
    """Who decided, with credentials."""
    heading: str = ""
    """What the letter answers, where it goes to somebody else than who asked."""


def paint_denial(letter: Denial) -> bytes:
    """The letter as a PDF; the same letter gives the same bytes."""
    imprint = Imprint(
        title=f"Answer to the request of {letter.to.name}", author=letter.practice.name, made_on=letter.written_on,
        subject=f"Answer to a request to amend, template {TEMPLATE_VERSION}",
    )
    return draw(letter, imprint, lambda paper: _paint(paper, letter))


def _paint(paper: Paper, letter: Denial) -> None:
    paper.letterhead(letter.practice, "Letter", long_date(letter.written_on))
    paper.parties("To", letter.to, "", letter.facts)
    paper.stack([Text(letter.heading or f"Your request to amend the {letter.word}", 13, True)])
    paper.space(4)
    for passage in letter.sections:
        paper.need(14)  # a heading never stands alone at the foot
        paper.stack([Text(passage.label, 10, True)])
        paper.space(0.8)
        for line in passage.text.strip().splitlines():
            if line.strip():
                paper.stack([Text(line, 10, False, INK)])
            else:
                paper.space(2.5)
        paper.space(3.6)
    paper.need(20)
    paper.space(4)
    paper.stack([Text(letter.signed, 10, True), Text(letter.practice.name, 9, False, MUTED)])
