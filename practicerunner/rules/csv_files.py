"""Reading a CSV file from elsewhere: its letters, its delimiter, its header and its rows, or the sentence why not."""

import csv
import io
import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from practicerunner.errors import RuleViolation

LARGEST_FILE = 10 * 1024 * 1024
MOST_ROWS = 20_000

SSN = re.compile(r"(?<!\d)\d{3}[- ]\d{2}[- ]\d{4}(?!\d)")
"""The shape of a social security number."""


class FileTooLarge(RuleViolation):
    """This file is larger than 10 MB. Split it and import the parts one after the other."""


class TooManyRows(RuleViolation):
    """This file has more than 20,000 rows. Split it and import the parts one after the other."""


class NotATable(RuleViolation):
    """This is not a CSV file. In your spreadsheet, choose "Save as" and the kind "CSV UTF-8"."""


class NoHeader(RuleViolation):
    """The first line has to name the columns, for example: First name, Last name, Date of birth."""


class NoRows(RuleViolation):
    """This file has a header and no rows beneath it."""


class UnknownEncoding(RuleViolation):
    """The letters of this file cannot be read. In your spreadsheet, save it as "CSV UTF-8"."""


class BrokenQuotation(RuleViolation):
    """A quotation mark in this file is opened and not closed as it should be."""


@dataclass(frozen=True, slots=True)
class Line:
    """One row of the file: the line it begins on, and its cells without surrounding blanks."""

    number: int
    cells: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Table:
    """A file that could be read."""

    columns: tuple[str, ...]
    """Names of the columns, each different."""
    lines: tuple[Line, ...]
    broken: tuple[tuple[int, str], ...]
    """Line number and reason of rows that do not fit the header."""
    remark: str = ""
    """What the reader of the file had to assume."""

    @property
    def row_count(self) -> int:
        """All rows, the broken ones with them."""
        return len(self.lines) + len(self.broken)

    def column(self, name: str) -> list[str]:
        """The filled cells of a column."""
        index = self.columns.index(name)
        return [line.cells[index] for line in self.lines if line.cells[index]]


def read_table(data: bytes) -> Table:
    """The table in a CSV file. Raises the sentence that says why it is none."""
    if len(data) > LARGEST_FILE:
        raise FileTooLarge
    text, remark = _decode(data)
    delimiter = _delimiter(text)
    header: tuple[str, ...] | None = None
    lines: list[Line] = []
    broken: list[tuple[int, str]] = []
    reading = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
    while True:
        number = reading.line_num + 1
        try:
            cells = tuple(cell.strip() for cell in next(reading))
        except StopIteration:
            break
        except csv.Error:
            raise BrokenQuotation(f"{BrokenQuotation.__doc__} Look at line {number:,}.") from None
        if not any(cells):
            continue
        if header is None:
            header = _header(cells)
        elif len(cells) != len(header):
            broken.append((number, f"This line has {len(cells)} cells, and the header has {len(header)}."))
        else:
            lines.append(Line(number, cells))
        if len(lines) + len(broken) > MOST_ROWS:
            raise TooManyRows
    if header is None:
        raise NoHeader
    if not lines and not broken:
        raise NoRows
    return Table(_distinct(header), tuple(lines), tuple(broken), remark)


def _decode(data: bytes) -> tuple[str, str]:
    if b"\0" in data or data.startswith((b"PK\x03\x04", b"%PDF", b"\xd0\xcf\x11\xe0", b"\xff\xd8\xff", b"\x89PNG")):
        raise NotATable
    controls = sum(byte < 32 and byte not in b"\t\r\n" for byte in data[:8192])
    if controls * 200 > min(len(data), 8192):
        raise NotATable
    try:
        return data.decode("utf-8-sig"), ""
    except UnicodeDecodeError:
        pass
    try:
        text = data.decode("cp1252")
    except UnicodeDecodeError:
        raise UnknownEncoding from None
    return text, "This file is not UTF-8. It was read as Windows-1252; check the accents in the names below."


def _delimiter(text: str) -> str:
    """Comma, semicolon or tab: the one that cuts the first lines most evenly into more than one cell."""
    sample = "\n".join(text.splitlines()[:50])

    def evenness(delimiter: str) -> tuple[float, int]:
        widths = [len(cells) for cells in csv.reader(io.StringIO(sample, newline=""), delimiter=delimiter) if cells]
        if not widths or widths[0] == 1:
            return (0, 0)
        return (widths.count(widths[0]) / len(widths), widths[0])

    try:
        return max(",;\t", key=evenness)
    except csv.Error:
        return ","


def _header(cells: tuple[str, ...]) -> tuple[str, ...]:
    """The first line, if it names columns. A line of data in its place would lose somebody."""
    if any(_looks_like_data(cell) for cell in cells) or not any(c.isalpha() for cell in cells for c in cell):
        raise NoHeader
    if any(len(cell) > 100 for cell in cells):
        raise NotATable
    return cells


def _looks_like_data(cell: str) -> bool:
    return bool("@" in cell or SSN.search(cell) or re.search(r"\d{4}-\d\d-\d\d|\d+[/.]\d+[/.]\d+|^-?[\d.,]+$", cell))


def _distinct(header: Sequence[str]) -> tuple[str, ...]:
    """Give nameless and repeated columns names of their own."""
    seen: Counter[str] = Counter()
    names = []
    for position, cell in enumerate(header, 1):
        name = " ".join(cell.split()) or f"Column {position}"
        seen[name] += 1
        names.append(name if seen[name] == 1 else f"{name} ({seen[name]})")
    return tuple(names)
