"""The sheet of paper: its margins, text that is wrapped or cut, what stands at the head and foot of each page."""

import re
import unicodedata
from bisect import bisect_right
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from functools import cache
from typing import NamedTuple

from fpdf import FPDF
from fpdf.drawing_primitives import DeviceCMYK, DeviceGray, DeviceRGB, convert_to_device_color

from practicerunner.documents.embedding import Font
from practicerunner.documents.typefaces import Typeface, is_complex, readable

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

@dataclass(frozen=True)
class Text:
    """A run of text with its type: size in points, weight, colour."""

    words: str
    size: float = 9
    bold: bool = False
    ink: Colour = INK
    right: bool = False


@cache
def _colour(ink: Colour) -> DeviceRGB | DeviceGray | DeviceCMYK:
    return convert_to_device_color(*ink)


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


class Sheet(FPDF):
    """A sheet of US Letter with embedded fonts. Text is never Markdown and never HTML."""

    def __init__(self, imprint: Imprint, faces: Sequence[Typeface], pages: int) -> None:
        super().__init__(format="letter", unit="mm")
        self.imprint, self.pages_expected = imprint, pages
        self.alias_nb_pages("")  # Somebody's name may contain the placeholder.
        self.set_auto_page_break(False)
        self.set_margins(LEFT, TOP, LEFT)
        self.c_margin = 0
        for face in faces:
            key = f"{face.family}{face.style}"
            self.fonts[key] = Font(face.cut, key, face.style, len(self.fonts) + 1)
        self.set_fallback_fonts(list(dict.fromkeys(face.family for face in faces)), exact_match=False)
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
        style = "B" if text.bold else ""
        if (self.font_style, self.font_size_pt, self.font_family) != (style, text.size, "sans"):
            self.set_font("sans", style, text.size)
        self.text_color = _colour(text.ink)

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

    def _is_plain(self, words: str) -> bool:
        """Whether the font has all letters and there is nothing to shape: then it is quickly measured and put down."""
        font = self.current_font
        return words.isascii() or (
            isinstance(font, Font) and font.cmap.keys() >= set(map(ord, words)) and not is_complex(words))

    def _width(self, words: str) -> float:
        font = self.current_font
        if isinstance(font, Font) and self._is_plain(words):
            return float(sum(map(font.cw.__getitem__, map(ord, words))) * self.font_size / 1000)
        self.set_text_shaping(is_complex(words))
        return float(self.get_string_width(words))

    def _write(self, words: str, text: Text, x: float, width: float) -> None:
        y = self.get_y()
        self._type(text)
        if self._is_plain(words):
            # No font to look for: put down where a cell would put it, in a third of the time.
            down = text.size * LEADING / 2 + self.font_size * 0.3
            self.text(x + width - self._width(words) if text.right else x, y + down, words)
            return
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
            while self._is_wider(line, width):
                end = self._break(line, width)
                lines.append(line[:end])
                line = line[end:]
        return [*lines, line]

    def _is_wider(self, word: str, width: float) -> bool:
        """Whether a word is longer than a line; of one that is far longer, only the beginning is measured."""
        likely = word[: self._likely(width)]
        return self._width(likely) > width or (len(likely) < len(word) and self._width(word) > width)

    def _likely(self, width: float) -> int:
        """So many letters are hardly ever narrower than this."""
        # No letter is wider than twice its size, and few are narrower than a sixth of it.
        return int(width * 6 * self.k / self.font_size_pt) + 2

    def _break(self, word: str, width: float) -> int:
        """How many letters of a long word fit: at least one, and never a mark parted from its letter."""
        likely = word[: self._likely(width)]
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
