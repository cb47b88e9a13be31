"""Tables to download: RFC 4180, UTF-8 with a byte order mark so that Excel reads it, nothing that a sheet would run."""

import csv
import io
import re
from collections.abc import Iterable, Sequence
from datetime import date, datetime

_STARTS_A_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n", "\0", "＝", "＋", "－", "＠")
_MONEY_OWED_BACK = re.compile(r"-\d[\d,]*(\.\d+)?", re.ASCII)


def write_csv(header: Sequence[str], rows: Iterable[Sequence[object]]) -> bytes:
    """The table as a CSV file. Numbers stay numbers, dates are ISO, text that a sheet would calculate gets a ``'``."""
    out = io.StringIO(newline="")
    writer = csv.writer(out, lineterminator="\r\n")
    writer.writerow([_cell(cell) for cell in header])
    for row in rows:
        writer.writerow([_cell(cell) for cell in row])
    # A lone surrogate cannot be written as UTF-8; a question mark is better than no file.
    return b"\xef\xbb\xbf" + out.getvalue().encode("utf-8", "replace")


def _cell(value: object) -> object:
    if value is None:
        return ""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, datetime | date):
        return value.isoformat()
    if isinstance(value, str):
        harmless = not value.startswith(_STARTS_A_FORMULA) or _MONEY_OWED_BACK.fullmatch(value)
        return value if harmless else f"'{value}"
    return value
