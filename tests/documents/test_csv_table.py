"""Tables to download."""

import csv
import io
from datetime import UTC, date, datetime
from decimal import Decimal

import pytest

from practicerunner.documents.csv_table import write_csv
from practicerunner.money import dollars
from practicerunner.vocabulary import CaseStatus


def cell(value: object) -> str:
    """What a program reads back from one cell."""
    rows = list(csv.reader(io.StringIO(write_csv(["a", "b"], [[value, "z"]]).decode("utf-8-sig"), newline="")))
    assert rows[0] == ["a", "b"]
    assert rows[1][1] == "z"
    return rows[1][0]


def test_the_file_is_exactly_this() -> None:
    table = write_csv(
        ["Name", "Born", "Balance"],
        [["Łukasz", date(1990, 2, 3), -60], ['Say "hi", Bo', None, 82.5], ["two\nlines", date(2026, 1, 1), 0]],
    )
    assert table == (
        "\ufeffName,Born,Balance\r\n"
        "Łukasz,1990-02-03,-60\r\n"
        '"Say ""hi"", Bo",,82.5\r\n'
        '"two\nlines",2026-01-01,0\r\n'
    ).encode()


@pytest.mark.parametrize(
    "text",
    [
        "=1+1", "+49 30 1234", "-1+1", "@SUM(A1)", "\tx", "\rx", "\nx", "=cmd|' /C calc'!A0", "-", "＝1+1",
        "-2+3+cmd|' /C calc'!A0",
    ],
)
def test_a_text_that_a_sheet_would_calculate_is_kept_as_text(text: str) -> None:
    assert cell(text) == f"'{text}"
    assert write_csv([text], []).decode("utf-8-sig").lstrip('"').startswith("'")


@pytest.mark.parametrize("text", ["Aisha", "a=b", "1-2", "Anna-Lena", "[x](y)", "'quoted", " =1"])
def test_other_text_is_kept_as_it_is(text: str) -> None:
    assert cell(text) == text


@pytest.mark.parametrize(
    ("value", "written"),
    [
        (-60, "-60"), (-60.5, "-60.5"), (Decimal("-60.00"), "-60.00"), (dollars(-6000), "-60.00"),
        (dollars(-163500), "-1,635.00"), (dollars(163500), "1,635.00"), (None, ""), (True, "yes"), (False, "no"),
        (date(2026, 11, 12), "2026-11-12"), (datetime(2026, 11, 12, 9, 30, tzinfo=UTC), "2026-11-12T09:30:00+00:00"),
        (CaseStatus.ACTIVE, "active"),
    ],
)
def test_numbers_stay_numbers_and_dates_are_iso(value: object, written: str) -> None:
    assert cell(value) == written


def test_a_bare_carriage_return_does_not_part_a_row() -> None:
    assert cell("a\rb") == "a\rb"
