"""A record on paper: whose it is, what took place, and every signed page, each on a sheet of its own."""

from datetime import date, time

from practicerunner.documents.note import SignedPage, paint_page
from practicerunner.documents.paper import Column, Frozen, Letterhead, Paper, draw
from practicerunner.documents.sheet import MUTED, Imprint, Text, long_date

TEMPLATE_VERSION: int = 2
"""Raised when the drawing changes."""
_VISITS = (Column("Date", 37), Column("Time", 29), Column("Service", 66), Column("Attendance", 43.9))
_CODES = (Column("Code", 22), Column("Description", 80), Column("From", 37), Column("Until", 36.9))
_FILES = (Column("Date", 37), Column("Title", 83), Column("Kind", 55.9))


class Visit(Frozen):
    """An appointment as the record lists it."""

    day: date
    start: time
    minutes: int
    service: str
    attendance: str


class Code(Frozen):
    """A code with the time in which it was in force; open while it still is."""

    about: str
    """Whom it is about, where the record is of several."""
    code: str
    description: str
    since: date
    until: date | None


class Filed(Frozen):
    """A document that is kept with the record and handed out on its own."""

    day: date
    title: str
    kind: str


class Record(Frozen):
    """Everything that one record says to one reader."""

    practice: Letterhead
    subject: str
    facts: tuple[tuple[str, str], ...]
    made_on: date
    visits_label: str
    """What appointments are called here: ``Appointments``."""
    visits: tuple[Visit, ...] = ()
    codes: tuple[Code, ...] = ()
    files: tuple[Filed, ...] = ()
    pages: tuple[SignedPage, ...] = ()
    left_out: tuple[str, ...] = ()
    """Sentences on what this copy does not hold."""


def paint_record(record: Record) -> bytes:
    """The record as a PDF; the same record gives the same bytes."""
    imprint = Imprint(
        title=f"Record of {record.subject}", author=record.practice.name, made_on=record.made_on,
        subject=f"Record, template {TEMPLATE_VERSION}",
    )
    return draw(record, imprint, lambda paper: _paint(paper, record))


def _paint(paper: Paper, record: Record) -> None:
    paper.letterhead(record.practice, "Record", long_date(record.made_on))
    paper.stack([Text(record.subject, 13, True)])
    paper.space(2.5)
    paper.facts(record.facts)
    for sentence in record.left_out:
        paper.space(1.5)
        paper.stack([Text(sentence, 9, False, MUTED)])
    if record.codes:
        _heading(paper, "Diagnoses")
        paper.listing(_CODES, [
            [[Text(one.code, 9, True)], [Text(one.description), Text(one.about, 8, False, MUTED)],
             [Text(long_date(one.since))], [Text(long_date(one.until) if one.until else "in force")]]
            for one in record.codes
        ])
    if record.visits:
        _heading(paper, record.visits_label)
        paper.listing(_VISITS, [
            [[Text(long_date(one.day))], [Text(f"{one.start:%H:%M}, {one.minutes} min")], [Text(one.service)],
             [Text(one.attendance)]]
            for one in record.visits
        ])
    if record.files:
        _heading(paper, "Documents kept with this record")
        paper.listing(_FILES, [
            [[Text(long_date(one.day))], [Text(one.title)], [Text(one.kind)]] for one in record.files
        ])
    for page in record.pages:
        paper.add_page()
        paint_page(paper, page)


def _heading(paper: Paper, words: str) -> None:
    paper.space(6)
    paper.need(34)
    paper.stack([Text(words, 11, True)])
    paper.space(2)
