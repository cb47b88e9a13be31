"""A signed page of the record on paper: its text, who signed it when, and what was added beneath.

It knows nothing of notes: whatever has a title, facts, sections and signatures is printed with it.
"""

from datetime import UTC, date, datetime
from typing import Self
from zoneinfo import ZoneInfo

from pydantic import AwareDatetime, Field, model_validator
from pydantic_core import PydanticCustomError

from practicerunner.documents.paper import Frozen, Letterhead, Paper, draw
from practicerunner.documents.sheet import ALARM, INK, LEADING, MUTED, Imprint, Text, long_date

TEMPLATE_VERSION: int = 4
"""Raised when the drawing changes."""


class Passage(Frozen):
    """A section with its heading, or one participant's part with their name."""

    label: str
    text: str


class Signature(Frozen):
    """Who signed: with name, credentials and licence, the moment, and the hash of what was signed."""

    act: str = "Signed"
    """``Signed``, ``Co-signed`` or ``Approved``."""
    name: str
    """With credentials."""
    licence: str = ""
    at: AwareDatetime
    text_hash: str = ""


class Addendum(Frozen):
    """Text that was signed beneath the page later, with the reason."""

    reason: str
    text: str
    signatures: tuple[Signature, ...] = Field(min_length=1)
    waits: str = ""
    """What it waits for, while it is not final."""


class SignedPage(Frozen):
    """A signed page: everything that stands on the paper, and nothing that does not."""

    title: str
    """What it is: ``Progress note``."""
    dated: date
    subject: str
    """Whose it is."""
    practice: Letterhead
    zone: str
    """IANA zone of the local times."""
    facts: tuple[tuple[str, str], ...] = ()
    stamp: str = ""
    """What has to catch the eye, such as that it was entered late."""
    sections: tuple[Passage, ...] = ()
    parts_label: str = ""
    parts: tuple[Passage, ...] = ()
    signatures: tuple[Signature, ...] = Field(min_length=1)
    addenda: tuple[Addendum, ...] = ()
    requests: tuple[str, ...] = ()
    """That somebody asked for it to be amended, and what became of it."""
    remark: str = ""
    """A closing sentence, such as what this copy leaves out."""

    @model_validator(mode="after")
    def _says_something(self) -> Self:
        if not any(passage.text.strip() for passage in (*self.sections, *self.parts)):
            raise PydanticCustomError("empty", "There is nothing to print.")
        return self


def paint_note(page: SignedPage) -> bytes:
    """The page as a PDF; the same page gives the same bytes."""
    last = max(s.at for s in (*page.signatures, *(s for one in page.addenda for s in one.signatures)))
    return draw(
        page,
        Imprint(
            title=f"{page.title}, {long_date(page.dated)}, {page.subject}", author=page.practice.name,
            made_on=last.astimezone(ZoneInfo(page.zone)).date(), subject=f"{page.title}, template {TEMPLATE_VERSION}",
        ),
        lambda paper: paint_page(paper, page),
    )


def paint_page(paper: Paper, page: SignedPage) -> None:
    """Draw a signed page from where the sheet begins."""
    paper.letterhead(page.practice, page.title, long_date(page.dated))
    paper.stack([Text(page.subject, 13, True)])
    paper.space(2.5)
    paper.facts(page.facts)
    if page.stamp:
        paper.space(3)
        paper.stack([Text(page.stamp, 10, True, ALARM)])
    paper.space(5)
    for passage in page.sections:
        _passage(paper, passage)
    if page.parts:
        if page.parts_label:
            paper.need(20)
            paper.stack([Text(page.parts_label, 11, True)])
            paper.space(2)
        for passage in page.parts:
            _passage(paper, passage)
    _signatures(paper, page.signatures, page.zone)
    for number, addendum in enumerate(page.addenda, 1):
        _addendum(paper, number, addendum, page.zone)
    if page.requests:
        paper.space(3)
        paper.stack([Text(one, 9, True) for one in page.requests])
    if page.remark:
        paper.space(4)
        paper.stack([Text(page.remark, 9, False, MUTED)])


def _passage(paper: Paper, passage: Passage) -> None:
    paper.need(14)  # a heading never stands alone at the foot
    paper.stack([Text(passage.label, 9.5, True)])
    paper.space(0.6)
    _text(paper, passage.text)
    paper.space(3.6)


def _text(paper: Paper, text: str) -> None:
    """Text as it was typed, with its empty lines."""
    for line in text.strip().splitlines():
        if line.strip():
            paper.stack([Text(line, 10, False, INK)])
        else:
            paper.space(10 * LEADING * 0.7)


def _signatures(paper: Paper, signatures: tuple[Signature, ...], zone: str) -> None:
    for signature in signatures:
        paper.need(18)
        paper.rule(paper.get_y())
        paper.space(2)
        licence = f", licence {signature.licence}" if signature.licence.strip() else ""
        paper.stack([Text(f"{signature.act} electronically by {signature.name}{licence}", 9, True)])
        paper.stack([Text(_moment(signature.at, zone), 8.5, False, MUTED)])
        if signature.text_hash:
            paper.stack([Text(f"SHA-256 of the signed text: {signature.text_hash}", 7.5, False, MUTED)])
        paper.space(3)


def _moment(at: datetime, zone: str) -> str:
    """Local time and UTC, each with its day."""
    local, utc = at.astimezone(ZoneInfo(zone)), at.astimezone(UTC)
    return f"{long_date(local.date())}, {local:%H:%M} ({zone}) · {long_date(utc.date())}, {utc:%H:%M:%S} UTC"


def _addendum(paper: Paper, number: int, addendum: Addendum, zone: str) -> None:
    paper.space(3)
    paper.need(26)
    paper.stack([Text(f"Addendum {number}", 11, True), Text(f"Reason: {addendum.reason}", 9, False, MUTED)])
    paper.space(1)
    _text(paper, addendum.text)
    paper.space(2.5)
    _signatures(paper, addendum.signatures, zone)
    if addendum.waits:
        paper.stack([Text(addendum.waits, 9, True, ALARM)])
        paper.space(3)
