"""The letters about forms: where one signs in, and nothing of what waits (I09)."""

from collections.abc import Callable

import pytest

from practicerunner.rules.reminders import Letter
from practicerunner.rules.signing import reminder_letter, waiting_letter


@pytest.mark.parametrize("letter", [reminder_letter, waiting_letter])
def test_a_letter_about_forms_says_where_one_signs_in_and_nothing_of_what_waits(letter: Callable[..., Letter]) -> None:
    body = letter("Noor\r\nH.", "Linden Street Practice", "", "https://portal.example/portal").body
    assert body.startswith("Hello Noor H.,") and "\n\nhttps://portal.example/portal\n\n" in body
    assert "If you have access to our portal" in body and "please get in touch with us" in body
    assert not {"consent", "diagnosis", "therapy"} & set(body.lower().split())
