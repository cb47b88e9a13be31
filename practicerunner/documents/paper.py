"""What papers share: the sheet, its fonts, the letterhead, tables that run over pages, and the page numbers.

A paper is drawn from frozen content alone; the same content gives the same bytes.
"""

import re
import unicodedata
from bisect import bisect_right
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, NamedTuple

import uharfbuzz as hb
from fpdf import FPDF
from fpdf.fonts import TTFFont
from pydantic import BaseModel, ConfigDict

Colour = tuple[int, int, int]

INK: Colour = (31, 41, 51)
MUTED: Colour = (98, 108, 119)
ACCENT: Colour = (24, 88, 99)
HAIRLINE: Colour = (214, 220, 226)
TINT: Colour = (242, 246, 247)
ALARM: Colour = (166, 38, 38)
WATERMARK: Colour = (246, 226, 226)

WIDTH, HEIGHT = 215.9, 279.4
"""US Letter, in millimetres."""
LEFT, TOP, BOTTOM = 20.0, 19.0, 24.0
INNER = WIDTH - 2 * LEFT
LEADING = 0.50
"""Millimetres of line height per point of type."""

_FONTS = Path(__file__).parent / "fonts"
_SANS, _CJK, _REST = "DejaVuSans.ttf", "DroidSansFallbackFull.ttf", "UnifontRemainder.ttf"
_ALWAYS = frozenset(range(0x20, 0x7F)) | frozenset(map(ord, "·–—’“”…\ufffd"))
_JOINERS = "\u200c\u200d"
_NEVER_USED, _FOR_SHAPING = (b"MATH", b"kern"), (b"GSUB", b"GPOS", b"GDEF")


class Letterhead(BaseModel):
    """The practice as it stood when the paper was issued. Address lines are parted by newlines."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: str
    address: str = ""
    phone: str = ""
    email: str = ""
    tax_id: str = ""


class Addressee(BaseModel):
    """Whom the paper is for. Address lines are parted by newlines."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: str
    address: str = ""


@dataclass(frozen=True)
class Text:
    """A run of text with its type: size in points, weight, colour."""

    words: str
    size: float = 9
    bold: bool = False
    ink: Colour = INK
    right: bool = False


@dataclass(frozen=True)
class Column:
    """A column of a table: its heading, its width in millimetres, and whether it holds money."""

    heading: str
    width: float
    right: bool = False


Row = Sequence[Sequence[Text]]
"""The cells of a row; each holds texts that stand one below the other."""


class Imprint(NamedTuple):
    """What the file says of itself, and what stands at the foot of each page."""

    title: str
    author: str
    made_on: date
    subject: str
    watermark: str = ""


def long_date(day: date) -> str:
    """A date as it stands on paper, e.g. ``12 November 2026``."""
    return f"{day.day} {day:%B} {day.year}"


# Text and fonts


@cache
def _face(name: str) -> Any:
    return hb.Face(hb.Blob.from_file_path(str(_FONTS / name)))


@cache
def _covered(name: str) -> frozenset[int]:
    return frozenset(_face(name).unicodes)


def _has_glyph(code: int) -> bool:
    # The large fonts are opened only when the first one does not have the letter.
    return code in _covered(_SANS) or code in _covered(_CJK) or code in _covered(_REST)


@cache
def _is_complex_letter(letter: str) -> bool:
    return unicodedata.bidirectional(letter) in ("R", "AL", "AN") or unicodedata.category(letter) in ("Mn", "Mc", "Me")


def is_complex(text: str) -> bool:
    """Whether the text needs shaping: it runs from right to left, or its marks combine."""
    return not text.isascii() and any(map(_is_complex_letter, text))


def readable(text: str) -> str:
    """One line of text as it can be drawn: composed, without controls; ``�`` stands for what no font has."""
    if text.isascii() and text.isprintable():
        return text
    text = unicodedata.normalize("NFC", text)
    joins = _JOINERS if is_complex(text) else ""
    letters: list[str] = []
    for letter in text:
        category = unicodedata.category(letter)
        if category in ("Cc", "Zl", "Zp"):
            letters.append(" ")
        elif category == "Cf" or "\ufe00" <= letter <= "\ufe0f":
            # Direction overrides could make a name read as another one; the rest of these have no shape at all.
            letters.append(letter if letter in joins else "")
        else:
            letters.append(letter if category != "Cs" and _has_glyph(ord(letter)) else "\ufffd")
    return "".join(letters)


def _strings(value: object) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, Mapping):
        for part in value.values():
            yield from _strings(part)
    elif isinstance(value, Sequence):
        for part in value:
            yield from _strings(part)


def _cut(name: str, letters: Iterable[int], *, shaped: bool) -> bytes:
    """The font with these letters alone. Reading the whole font would take most of the time of a drawing."""
    ask = hb.SubsetInput()
    ask.unicode_set.update(letters)
    ask.flags = hb.SubsetFlags.NO_HINTING | hb.SubsetFlags.NOTDEF_OUTLINE
    dropped = _NEVER_USED if shaped else _NEVER_USED + _FOR_SHAPING
    ask.drop_table_tag_set.update(int.from_bytes(tag, "big") for tag in dropped)
    return bytes(hb.subset(_face(name), ask).blob.data)


@dataclass(frozen=True)
class _Typeface:
    family: str
    style: str
    path: Path


def _typefaces(content: BaseModel, folder: Path) -> list[_Typeface]:
    """Cut the fonts that this content needs into ``folder``."""
    everything = readable(" ".join(_strings(content.model_dump(mode="json"))))
    letters = frozenset(map(ord, everything)) | _ALWAYS
    shaped = is_complex(everything)
    wanted = [("sans", "", _SANS, letters), ("sans", "B", "DejaVuSans-Bold.ttf", letters)]
    if missing := letters - _covered(_SANS):
        wanted.append(("cjk", "", _CJK, missing & _covered(_CJK)))
        wanted.append(("rest", "", _REST, missing - _covered(_CJK)))
    faces = []
    for family, style, name, codes in wanted:
        if codes:
            path = folder / name
            path.write_bytes(_cut(name, {*codes, 0x20}, shaped=shaped))
            faces.append(_Typeface(family, style, path))
    return faces


# The sheet


class Paper(FPDF):
    """A sheet of US Letter with embedded fonts. Text is never Markdown and never HTML."""

    def __init__(self, imprint: Imprint, typefaces: Sequence[_Typeface], pages: int) -> None:
        super().__init__(format="letter", unit="mm")
        self.imprint, self.pages_expected = imprint, pages
        self.alias_nb_pages("")  # Somebody's name may contain the placeholder.
        self.set_auto_page_break(False)
        self.set_margins(LEFT, TOP, LEFT)
        self.c_margin = 0
        for face in typefaces:
            self.add_font(face.family, face.style, face.path)
        self.set_fallback_fonts(list(dict.fromkeys(face.family for face in typefaces)), exact_match=False)
        self.set_title(readable(imprint.title))
        self.set_author(readable(imprint.author))
        self.set_subject(imprint.subject)
        self.set_creator("PracticeRunner")
        self.set_lang("en")
        self.set_creation_date(datetime.combine(imprint.made_on, time(), UTC))
        self.add_page()

    # fpdf2 calls these two by name.
    def header(self) -> None:
        """The watermark, under everything else; from the second page on, what the page belongs to."""
        if self.imprint.watermark:
            self._type(Text(self.imprint.watermark, 150, True, WATERMARK))
            wide = self.get_string_width(self.imprint.watermark)
            with self.rotation(40, WIDTH / 2, HEIGHT / 2):
                self.set_xy((WIDTH - wide) / 2, HEIGHT / 2 - 28)
                self.cell(wide, 56, self.imprint.watermark)
        self.set_xy(LEFT, TOP)
        if self.page > 1:
            self.line_of(Text(self.imprint.title, 8, False, MUTED), LEFT, INNER)
            self.set_y(self.get_y() + 4)

    def footer(self) -> None:
        """A hairline, the practice, and the page among how many."""
        top = HEIGHT - BOTTOM + 8
        self.rule(top)
        self.set_y(top + 2.5)
        self.line_of(Text(self.imprint.author, 7.5, False, MUTED), LEFT, INNER - 40, advance=False)
        page = f"Page {self.page} of {self.pages_expected}"
        self.line_of(Text(page, 7.5, False, MUTED, right=True), LEFT + INNER - 40, 40)

    def rule(self, y: float, colour: Colour = HAIRLINE, x: float = LEFT, width: float = INNER) -> None:
        """A fine line across the sheet."""
        self.set_draw_color(*colour)
        self.set_line_width(0.2)
        self.line(x, y, x + width, y)

    def _type(self, text: Text) -> None:
        self.set_font("sans", "B" if text.bold else "", text.size)
        self.set_text_color(*text.ink)

    def line_of(self, text: Text, x: float, width: float, *, advance: bool = True) -> None:
        """One line that is already short enough, or is cut with an ellipsis where it is not."""
        self._type(text)
        words = readable(text.words)
        if self._width(words) > width:
            fits = bisect_right(range(len(words)), width, key=lambda end: self._width(words[:end] + "…"))
            words = words[: max(0, fits - 1)] + "…"
        self._write(words, text, x, width)
        if advance:
            self.set_y(self.get_y() + text.size * LEADING)

    def _width(self, words: str) -> float:
        self.set_text_shaping(is_complex(words))
        return float(self.get_string_width(words))

    def _write(self, words: str, text: Text, x: float, width: float) -> None:
        y = self.get_y()
        self._type(text)
        self.set_text_shaping(is_complex(words))
        self.set_xy(x, y)
        self.cell(width, text.size * LEADING, words, align="R" if text.right else "L")
        self.set_text_shaping(False)
        self.set_y(y)

    def wrap(self, text: Text, width: float) -> list[Text]:
        """The text as lines that fit ``width``; a word longer than a line is broken."""
        self._type(text)
        lines: list[str] = []
        for paragraph in re.split(r"\r\n|[\n\r]", text.words.strip()):
            lines += self._wrap(readable(paragraph), width)
        return [Text(line, text.size, text.bold, text.ink, text.right) for line in lines]

    def _wrap(self, words: str, width: float) -> list[str]:
        if self._width(words) <= width:
            return [words]
        lines, line = [], ""
        for word in words.split(" "):
            longer = f"{line} {word}" if line else word
            if self._width(longer) <= width:
                line = longer
                continue
            if line:
                lines.append(line)
            line = word
            while self._width(line) > width:
                end = self._break(line, width)
                lines.append(line[:end])
                line = line[end:]
        return [*lines, line]

    def _break(self, word: str, width: float) -> int:
        """How many letters of a long word fit: at least one, and never a mark parted from its letter."""
        # No letter is wider than twice its size, and few are narrower than a sixth of it.
        likely = word[: int(width * 6 * self.k / self.font_size_pt) + 2]
        end = max(1, bisect_right(range(1, len(likely)), width, key=lambda count: self._width(likely[:count])))
        while end > 1 and unicodedata.category(word[end]).startswith("M"):
            end -= 1
        return end

    def room(self) -> float:
        """Millimetres left on this page above the foot."""
        return HEIGHT - BOTTOM - self.get_y()

    def need(self, height: float) -> bool:
        """Begin a new page if less than ``height`` is left; whether that was so."""
        if self.room() >= height:
            return False
        self.add_page()
        return True

    def stack(self, texts: Iterable[Text], x: float = LEFT, width: float = INNER) -> None:
        """Texts one below the other, wrapped, running over pages where they must."""
        for text in texts:
            if not text.words.strip():
                continue
            for line in self.wrap(text, width):
                self.need(text.size * LEADING)
                self._write(line.words, line, x, width)
                self.set_y(self.get_y() + line.size * LEADING)

    def space(self, height: float) -> None:
        """Empty paper."""
        self.set_y(self.get_y() + height)

    # What each paper has

    def letterhead(self, practice: Letterhead, kind: str, number: str) -> None:
        """The practice on the left, what this paper is on the right."""
        self.set_fill_color(*ACCENT)
        self.rect(LEFT, TOP, 14, 1.1, style="F")
        top = TOP + 5
        self.set_y(top)
        self.line_of(Text(kind, 20 if len(kind) < 16 else 16, False, ACCENT, right=True), LEFT + INNER - 70, 70)
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

    def parties(self, label: str, whom: Addressee, about: str, facts: Sequence[tuple[str, str]]) -> None:
        """Whom it is for on the left; dates and the like as a small ledger on the right."""
        top, page = self.get_y(), self.page
        left, names = LEFT + INNER - 76, 34.0
        for name, value in facts:
            self.line_of(Text(name, 9, False, MUTED), left, names, advance=False)
            self.line_of(Text(value, 9, False, INK, right=True), left + names, 76 - names)
            self.space(1.2)
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

    def account(self, columns: Sequence[Column], rows: Sequence[Row], label: str, total: str, closing: str) -> None:
        """A table, its total in a quiet box, and a closing sentence. These three end on the same page."""
        words, wide = Text(closing, 9, False, MUTED), INNER - 20
        self._table(columns, rows, keep=30 + len(self.wrap(words, wide)) * words.size * LEADING)
        self.space(5)
        self._total(label, total)
        self.space(9)
        self.stack([words], width=wide)

    def _table(self, columns: Sequence[Column], rows: Sequence[Row], keep: float) -> None:
        # The headings are repeated on each page; below the last row, ``keep`` millimetres are left.
        pad = 2.2
        self.need(25)
        self._headings(columns)
        for at, row in enumerate(rows):
            cells = [
                [line for text in cell if text.words.strip() for line in self.wrap(text, column.width)]
                for column, cell in zip(columns, row, strict=True)
            ]
            tall = 2 * pad + max(sum(line.size * LEADING for line in cell) for cell in cells)
            whole_page = HEIGHT - TOP - BOTTOM - 25
            if self.room() < min(tall + (keep if at == len(rows) - 1 else 0), whole_page):
                self.add_page()
                self._headings(columns)
            self.space(pad)
            self._row(columns, cells)
            self.space(pad)
            self.rule(self.get_y())

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
                self.space(2.2)
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
    with TemporaryDirectory() as folder:
        typefaces = _typefaces(content, Path(folder))
        pages = 1
        while True:
            paper = Paper(imprint, typefaces, pages)
            paint(paper)
            if paper.pages_count == pages:
                return bytes(paper.output())
            # How many pages there are is known only now; draw again with the right number at the foot.
            pages = paper.pages_count
            for font in paper.fonts.values():
                if isinstance(font, TTFFont):
                    font.close()
