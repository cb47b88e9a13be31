"""The statement on paper."""

from datetime import date, timedelta
from typing import Any

import pytest
from pydantic import ValidationError

from practicerunner.documents.statement import Movement, Statement, paint_statement
from tests.documents.papers import AISHA, PRACTICE, a_statement, fonts, letters, lines, pages, problems


def text_of(pdf: bytes) -> str:
    return " ".join(" ".join(lines(pdf)).split())


def test_the_paper_says_what_stood_what_moved_and_what_is_open_by_age() -> None:
    pdf = paint_statement(a_statement(remark="ST-2026-0002 closed with 150.00."))
    said = text_of(pdf)
    for words in (
        "Statement ST-2026-0003", "Statement for", "Aisha Morgan", "Issued 2 November 2026", "From 1 October 2026",
        "To 31 October 2026", "Opening balance 165.00 Charges 165.00 Payments -80.00 Credit adjustments 0.00 "
        "Refunds 0.00 Closing balance 250.00", "ST-2026-0002 closed with 150.00.",
        "20 October 2026 Payment, card RCT-2026-0009 -80.00 250.00", "Closing balance USD 250.00",
        "Open Since 0–30 days 31–60 days 61–90 days over 90 days", "15 September 2026 165.00",
        "INV-2026-0011 6 October 2026 85.00", "Sum 85.00 165.00 0.00 0.00", "Page 1 of 1",
    ):
        assert words in said
    assert problems(pdf) == []
    assert all(fonts(pdf).values())


def test_a_period_in_which_nothing_moved_says_so() -> None:
    pdf = paint_statement(a_statement(
        opening_cents=0, closing_cents=0, movements=(), open_items=(), summary=(("Charges", 0),)))
    assert "Nothing moved in this period. 0.00" in text_of(pdf)
    assert "Nothing was open on 31 October 2026." in text_of(pdf)


def test_credit_is_taken_off_what_is_open() -> None:
    paid = Movement(day=date(2026, 10, 6), what="Payment", amount_cents=-5000, balance_cents=-5000)
    pdf = paint_statement(a_statement(
        opening_cents=0, closing_cents=-5000, movements=(paid,), open_items=(), credit_cents=5000,
        summary=(("Payments", -5000),)))
    assert "Closing balance USD -50.00" in text_of(pdf)
    assert "Credit of USD 50.00 that pays no invoice yet is taken off." in text_of(pdf)


def test_a_month_with_a_session_a_week_stands_on_one_page() -> None:
    """Four sessions of a couple, of which three are open beside an older invoice, and a payment."""
    held = [date(2026, 10, day) for day in (2, 9, 16, 23)]
    charged = tuple(
        Movement(day=day, what="Couple session, 50 minutes", number=f"INV-2026-01{day.day:02d}", amount_cents=150_00,
                 balance_cents=150_00 * (place + 1)) for place, day in enumerate(held, 1))
    paid = Movement(day=date(2026, 10, 26), what="Payment, card", number="RCT-2026-0107", amount_cents=-150_00,
                    balance_cents=600_00)
    since = [("INV-2026-0080", date(2026, 9, 18)), *((one.number, one.day) for one in charged[1:])]
    found = pages(paint_statement(a_statement(
        case_name="Aisha & Tom Morgan", opening_cents=150_00, movements=(*charged, paid), closing_cents=600_00,
        summary=(("Charges", 600_00), ("Payments", -150_00), ("Credit adjustments", 0), ("Refunds", 0)),
        open_items=tuple({"what": what, "since": day, "age": 0, "open_cents": 150_00} for what, day in since))))
    assert len(found) == 1 and "Sum 600.00" in " ".join(found[0].split())


def test_a_long_table_runs_over_pages_under_its_headings() -> None:
    days = [date(2026, 10, 1) + timedelta(days=place % 31) for place in range(120)]
    made = a_statement(
        opening_cents=0, closing_cents=12000, open_items=({"what": "INV", "since": days[0], "age": 0,
                                                           "open_cents": 12000},), summary=(("Charges", 12000),),
        movements=tuple(
            Movement(day=day, what=f"Session {place}", amount_cents=100, balance_cents=100 * (place + 1))
            for place, day in enumerate(days)
        ))
    found = pages(paint_statement(made))
    assert len(found) > 2
    for place, page in enumerate(found):
        assert f"Page {place + 1} of {len(found)}" in page
        assert "Balance" in page or "Since" in page
    assert all(f"Session {place}" in "".join(found) for place in range(120))


@pytest.mark.parametrize("changes", [
    {"closing_cents": 25001}, {"opening_cents": 0}, {"credit_cents": 1}, {"summary": (("Charges", 1),)},
    {"movements": ()}, {"open_items": ()},
])
def test_a_statement_that_does_not_add_up_is_refused(changes: dict[str, Any]) -> None:
    with pytest.raises(ValidationError, match=r"does not add up|running balance"):
        a_statement(**changes)


def test_content_kept_as_json_draws_the_same_bytes() -> None:
    kept = Statement.model_validate(a_statement().model_dump(mode="json"))
    assert kept == a_statement()
    assert paint_statement(kept) == paint_statement(a_statement())


@pytest.mark.parametrize("name", [
    "王 Łu [x](https://evil.example) **b** 😀", "משה כהן", "مريم العلي", "X\u0338\u0353y zero\u200bwidth", "W" * 300,
    "<b>x</b>",
])
def test_hostile_names_print_wherever_they_may_stand(name: str) -> None:
    line = a_statement().movements[0].model_copy(update={"case_name": name, "what": name})
    item = a_statement().open_items[0].model_copy(update={"case_name": name})
    pdf = paint_statement(a_statement(
        practice=PRACTICE.model_copy(update={"name": name}), statement_for=AISHA.model_copy(update={"name": name}),
        case_name=name, movements=(line, a_statement().movements[1]), open_items=(item, a_statement().open_items[1])))
    assert problems(pdf) == []
    if name.isascii():
        assert letters(name) in letters("".join(pages(pdf)))
