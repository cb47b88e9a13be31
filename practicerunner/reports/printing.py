"""Every report on paper-wide lines, for the command line."""

import sys
from collections.abc import Callable
from datetime import date
from typing import Any

from sqlalchemy import Engine

from practicerunner import clock
from practicerunner.money import dollars
from practicerunner.reports.catalogue import VIEWS
from practicerunner.reports.reader import moment_of
from practicerunner.reports.replica import replica_of

_ROWS = 20
_WIDTH = 24


def print_all(source: Engine, *, as_of: date | None = None, write: Callable[[str], Any] = sys.stdout.write) -> None:
    """Print the question, the grain and the first rows of every mart, as of a day (default: today in the practice)."""
    replica = replica_of(source)
    replica.refresh()
    _, zones = replica.query("select zone from stg_practice")
    day = as_of or clock.today(zones[0][0] if zones else "UTC")
    for view in VIEWS.values():
        columns, rows = replica.query(
            f"select * from {view.name} order by {', '.join(view.key)}",  # noqa: S608 (names are our own)
            day=day, moment=moment_of(replica, day),
        )
        shown = [columns, *(list(map(_cell, columns, row)) for row in rows[:_ROWS])]
        widths = [max(len(line[at]) for line in shown) for at in range(len(columns))]
        write(f"\n{view.name}: {view.sentence} As of {day}, {view.grain}, {len(rows)} rows.\n")
        for line in shown:
            write("  ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)).rstrip() + "\n")
        if len(rows) > _ROWS:
            write(f"… and {len(rows) - _ROWS} more\n")


def _cell(column: str, value: Any) -> str:
    if column.endswith("_cents") and value is not None:
        return dollars(value)
    plain = "" if value is None else str(value)
    return plain if len(plain) <= _WIDTH else plain[: _WIDTH - 1] + "…"
