"""What papers share: the letterhead, the parties, tables that run over pages, and how a paper is drawn.

A paper is drawn from frozen content alone; the same content gives the same bytes.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from pydantic import BaseModel, ConfigDict

from practicerunner.documents.embedding import Producer
from practicerunner.documents.sheet import (
    ACCENT,
    BOTTOM,
    HEIGHT,
    INK,
    INNER,
    LEADING,
    LEFT,
    MUTED,
    TINT,
    TOP,
    Imprint,
    Sheet,
    Text,
)
from practicerunner.documents.typefaces import readable, typefaces


class Frozen(BaseModel):
    """Something that stands on a paper: never changed, and nothing in it that is not printed or decided from."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class Letterhead(Frozen):
    """The practice as it stood when the paper was issued. Address lines are parted by newlines."""

    name: str
    address: str = ""
    phone: str = ""
    email: str = ""
    tax_id: str = ""


class Addressee(Frozen):
    """Whom the paper is for. Address lines are parted by newlines."""

    name: str
    address: str = ""


@dataclass(frozen=True)
class Column:
    """A column of a table: its heading, its width in millimetres, and whether it holds money."""

    heading: str
    width: float
    right: bool = False


Row = Sequence[Sequence[Text]]
"""The cells of a row; each holds texts that stand one below the other."""


class Paper(Sheet):
    """A sheet with what papers are made of."""

    tight = False
    """Whether lines and rows stand closer, for a paper with many of both."""

    def letterhead(self, practice: Letterhead, kind: str, number: str) -> None:
        """The practice on the left, what this paper is on the right."""
        self.set_fill_color(*ACCENT)
        # On a later page of the same file it stands below what the page belongs to.
        first = TOP if self.page == 1 else self.get_y()
        self.rect(LEFT, first, 14, 1.1, style="F")
        top = first + 5
        self.set_y(top)
        self.line_of(self._fitting(Text(kind, 20, False, ACCENT, right=True), 70), LEFT + INNER - 70, 70)
        self.line_of(Text(number, 10, True, INK, right=True), LEFT + INNER - 70, 70)
        beside = self.get_y()
        self.set_y(top + 1)
        self.stack([Text(practice.name, 16, True, INK)], width=INNER - 75)
        self.space(1.5)
        reach = " · ".join(part for part in (practice.phone.strip(), practice.email.strip()) if part)
        tax = f"Tax ID {practice.tax_id}" if practice.tax_id.strip() else ""
        self.stack([Text(part, 8.5, False, MUTED) for part in (practice.address, reach, tax)], width=INNER - 75)
        if self.page == 1:
            self.set_y(max(beside, self.get_y()))
        self.space(7)
        self.rule(self.get_y())
        self.space(7)

    def _fitting(self, text: Text, width: float) -> Text:
        """The same words, smaller where they would not fit on the line."""
        for size in (text.size, text.size * 0.8, text.size * 0.65):
            text = replace(text, size=size)
            self._type(text)
            if self._width(readable(text.words)) <= width:
                break
        return text

    def parties(self, label: str, whom: Addressee, about: str, facts: Sequence[tuple[str, str]]) -> None:
        """Whom it is for on the left; dates and the like as a small ledger on the right."""
        top, page = self.get_y(), self.page
        left, names = LEFT + INNER - 76, 34.0
        for name, value in facts:
            self.line_of(Text(name, 9, False, MUTED), left, names, advance=False)
            self.line_of(Text(value, 9, False, INK, right=True), left + names, 76 - names)
            self.space(0.5 if self.tight else 1.2)
        beside = self.get_y()
        self.set_y(top)
        self.stack([Text(label, 8, False, MUTED)], width=INNER - 86)
        self.space(0.8)
        self.stack([Text(whom.name, 11, True), Text(whom.address, 9)], width=INNER - 86)
        if about.strip():
            self.space(2)
            self.stack([Text(f"For {about.strip()}", 9)], width=INNER - 86)
        if self.page == page:
            self.set_y(max(beside, self.get_y()))
        self.space(9)

    def account(
        self, columns: Sequence[Column], rows: Sequence[Row], label: str, total: str, closing: str, *,
        ends_in_sum: bool = False,
    ) -> None:
        """A table, its total in a quiet box, and a closing sentence. These three end on the same page."""
        words, wide = Text(closing, 9, False, MUTED), INNER - 20
        keep = 30 + len(self.wrap(words, wide)) * words.size * LEADING
        self.listing(columns, rows, keep, ends_in_sum=ends_in_sum)
        self.space(5)
        self._total(label, total)
        self.space(4 if self.tight else 9)
        self.stack([words], width=wide)

    def facts(self, facts: Sequence[tuple[str, str]]) -> None:
        """Facts one below the other, each with its name before it."""
        wide = 38.0
        for name, value in facts:
            lines = self.wrap(Text(value, 9), INNER - wide)
            self.need(len(lines[:2]) * 9 * LEADING)
            self.line_of(Text(name, 9, False, MUTED), LEFT, wide, advance=False)
            self.stack([Text(value, 9)], LEFT + wide, INNER - wide)
            self.space(0.8)

    def listing(
        self, columns: Sequence[Column], rows: Sequence[Row], keep: float = 0, *, ends_in_sum: bool = False
    ) -> None:
        """A table whose headings are repeated on each page; below the last row, ``keep`` millimetres are left.

        A sum in the last row stays with the row before it.
        """
        pad = self._pad
        cells = [
            [[line for text in cell if text.words.strip() for line in self.wrap(text, column.width)]
             for column, cell in zip(columns, row, strict=True)]
            for row in rows
        ]
        tall = [2 * pad + max(sum(line.size * LEADING for line in cell) for cell in row) for row in cells]
        after = [0.0] * (len(rows) - 1) + [keep]
        if ends_in_sum and len(rows) > 1:
            after[-2] = tall[-1] + keep
        whole_page = HEIGHT - TOP - BOTTOM - 25
        self.need(25)
        self._headings(columns)
        for row, height, below in zip(cells, tall, after, strict=True):
            if self.room() < min(height + below, whole_page):
                self.add_page()
                self._headings(columns)
            self.space(pad)
            self._row(columns, row)
            self.space(pad)
            self.rule(self.get_y())

    @property
    def _pad(self) -> float:
        """Millimetres above and below the words of a row."""
        return 1.1 if self.tight else 2.2

    def _headings(self, columns: Sequence[Column]) -> None:
        left = LEFT
        for column in columns:
            self.line_of(Text(column.heading, 8, True, ACCENT, column.right), left, column.width, advance=False)
            left += column.width
        self.space(6)
        self.rule(self.get_y(), ACCENT)

    def _row(self, columns: Sequence[Column], cells: list[list[Text]]) -> None:
        for _ in range(max(map(len, cells))):
            # All cells go down together, so that a row taller than a page goes on overleaf.
            heads = [cell.pop(0) if cell else None for cell in cells]
            tall = max(head.size * LEADING for head in heads if head)
            if self.room() < tall:
                self.add_page()
                self._headings(columns)
                self.space(self._pad)
            left = LEFT
            for column, head in zip(columns, heads, strict=True):
                if head:
                    self._write(head.words, head, left, column.width)
                left += column.width
            self.space(tall)

    def _total(self, label: str, amount: str) -> None:
        wide, tall = 84.0, 12.0
        self.need(tall)
        left, top = LEFT + INNER - wide, self.get_y()
        self.set_fill_color(*TINT)
        self.rect(left, top, wide, tall, style="F")
        self.set_y(top + 3.6)
        self.line_of(Text(label, 9.5, False, MUTED), left + 4, 34, advance=False)
        self.set_y(top + 2.8)
        self.line_of(Text(amount, 13, True, INK, right=True), left + 30, wide - 32)
        self.set_y(top + tall)


def draw(content: BaseModel, imprint: Imprint, paint: Callable[[Paper], None]) -> bytes:
    """The PDF that ``paint`` makes of ``content``. The same content gives the same bytes."""
    faces = typefaces(content)
    pages = 1
    while True:
        paper = Paper(imprint, faces, pages)
        paint(paper)
        if paper.pages_count == pages:
            return bytes(paper.output(output_producer_class=Producer))
        # How many pages there are is known only now; draw again with the right number at the foot.
        pages = paper.pages_count
