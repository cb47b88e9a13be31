"""Receivables of each payer by age as of any day, and the same as a file (H21)."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from sqlalchemy import Engine

from practicerunner import money
from practicerunner.documents.csv_table import write_csv
from practicerunner.reports.overview import AGES
from practicerunner.reports.reader import Viewer, read

CSV_COLUMNS = ("payer", "as_of", "due", "age_0_30", "age_31_60", "age_61_90", "age_over_90")


@dataclass(frozen=True, slots=True)
class PayerAging:
    """What a payer owed at the end of a day, by age; the ages add up to what is due."""

    payer_id: int
    payer: str
    due_cents: int
    ages: tuple[int, int, int, int]


def aging(source: Engine, viewer: Viewer, day: date) -> list[PayerAging]:
    """Payers who owed something at the end of a day, in the cases one may see; who owed most first."""
    found: dict[int, PayerAging] = {}
    for row in read(source, viewer, "billing__aging", as_of=day):
        payer_id = row["payer_id"]
        before = found.get(payer_id) or PayerAging(payer_id, row["payer_name"], 0, (0, 0, 0, 0))
        first, second, third, last = (kept + row[column] for kept, column in zip(before.ages, AGES, strict=True))
        found[payer_id] = PayerAging(
            payer_id, before.payer, before.due_cents + row["due_cents"], (first, second, third, last))
    return sorted(found.values(), key=lambda row: (-row.due_cents, row.payer))


def aging_csv(rows: Sequence[PayerAging], day: date) -> bytes:
    """The rows as a CSV file."""
    return write_csv(CSV_COLUMNS, (
        (row.payer, day, money.decimal(row.due_cents), *map(money.decimal, row.ages)) for row in rows
    ))
