"""How far ahead somebody may ask, and what the e-mail about an answer says."""

from datetime import date, datetime, time

from practicerunner.rules.requests import answered, last_day, together


def test_eighteen_months_end_on_the_same_day_or_the_last_of_a_shorter_month() -> None:
    assert last_day(date(2026, 11, 10)) == date(2028, 5, 10)
    assert last_day(date(2026, 8, 31)) == date(2028, 2, 29)
    assert last_day(date(2025, 8, 31)) == date(2027, 2, 28)


def test_a_date_and_a_time_are_one_only_if_both_are_there() -> None:
    assert together(date(2026, 11, 10), time(9)) == datetime.fromisoformat("2026-11-10 09:00")
    assert together(None, time(9)) is together(date(2026, 11, 10), None) is None


def test_the_e_mail_says_that_there_is_an_answer_and_by_whom_and_no_more() -> None:
    there = "https://portal.example/portal"
    assert answered("Linden Street\r\nPractice", "", there) == (
        "Your request was answered",
        f"The practice has answered your request. Sign in to see it:\n\n{there}\n\nLinden Street Practice\n")
    assert "please call us: +1 518" in answered("Linden", "+1 518", "")[1]
