"""Private notes on paper for one recipient: to whom, under what, by whom and when, and each note with its session."""

from datetime import date

from pydantic import Field

from practicerunner.documents.paper import Frozen, Letterhead, Paper, draw
from practicerunner.documents.sheet import LEADING, MUTED, Imprint, Text, long_date

TEMPLATE_VERSION: int = 1
"""Raised when the drawing changes."""


class PrivatePage(Frozen):
    """One note with the session it is of."""

    dated: date
    standing: str
    """Whether its author made it final."""
    text: str


class PrivateNotes(Frozen):
    """Everything that stands on the paper."""

    practice: Letterhead
    subject: str
    """Whose sessions they are of."""
    facts: tuple[tuple[str, str], ...]
    made_on: date
    notes: tuple[PrivatePage, ...] = Field(min_length=1)
    remark: str


def paint_private_notes(paper: PrivateNotes) -> bytes:
    """The notes as a PDF; the same notes give the same bytes."""
    imprint = Imprint(
        title=f"Psychotherapy notes, {paper.subject}", author=paper.practice.name, made_on=paper.made_on,
        subject=f"Psychotherapy notes, template {TEMPLATE_VERSION}",
    )
    return draw(paper, imprint, lambda sheet: _paint(sheet, paper))


def _paint(sheet: Paper, paper: PrivateNotes) -> None:
    sheet.letterhead(paper.practice, "Psychotherapy notes", long_date(paper.made_on))
    sheet.stack([Text(paper.subject, 13, True)])
    sheet.space(2.5)
    sheet.facts(paper.facts)
    sheet.space(2)
    sheet.stack([Text(paper.remark, 9, True)])
    for note in paper.notes:
        sheet.space(6)
        sheet.need(20)
        sheet.stack([Text(f"Session of {long_date(note.dated)}", 11, True), Text(note.standing, 8.5, False, MUTED)])
        sheet.space(1.5)
        for line in note.text.strip().splitlines():
            if line.strip():
                sheet.stack([Text(line, 10)])
            else:
                sheet.space(10 * LEADING * 0.7)
