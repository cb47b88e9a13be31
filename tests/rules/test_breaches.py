"""Sixty days from the day on which it was noticed, and four factors before it is closed."""

from datetime import date

import pytest

from practicerunner.rules import breaches
from practicerunner.vocabulary import BreachDecision

NOTICED, TODAY = date(2026, 10, 12), date(2026, 11, 10)
ANSWERED = dict.fromkeys(breaches.FACTORS, "Known.")
LOW, NOTIFY = BreachDecision


def problems(**changes: object) -> set[str]:
    known: dict[str, object] = {
        "factors": ANSWERED, "decision": LOW, "reason": "Came back closed.", "notified_on": None, "closing": True}
    known |= changes
    factors = known.pop("factors")
    return set(breaches.problems(factors, known.pop("decision"), known.pop("reason"),  # type: ignore[arg-type]
                                 noticed_on=NOTICED, today=TODAY, **known))  # type: ignore[arg-type]


@pytest.mark.parametrize(("today", "days", "words"), [
    (date(2026, 10, 12), 60, "60 days left"), (date(2026, 12, 10), 1, "1 day left"),
    (date(2026, 12, 11), 0, "due today"), (date(2026, 12, 12), -1, "1 day too late"),
    (date(2027, 1, 10), -30, "30 days too late"),
])
def test_the_days_are_counted_on_the_calendar(today: date, days: int, words: str) -> None:
    assert breaches.due_on(NOTICED) == date(2026, 12, 11)
    assert breaches.days_left(NOTICED, today) == days
    assert breaches.left_in_words(days) == words


def test_nothing_is_closed_without_every_factor_a_decision_and_its_reason() -> None:
    assert set(breaches.FACTORS) == {"nature", "receiver", "acquired", "mitigated"}
    assert problems() == set()
    for name in breaches.FACTORS:
        assert problems(factors=ANSWERED | {name: " \n"}) == {name}
    assert problems(decision=None) == {"decision"}
    assert problems(reason=" ") == {"reason"}
    assert problems(factors=dict.fromkeys(ANSWERED, ""), decision=None, reason="") == {
        *breaches.FACTORS, "decision", "reason"}
    assert problems(factors=dict.fromkeys(ANSWERED, ""), decision=None, reason="", closing=False) == set()


def test_whoever_has_to_be_told_was_told_before_it_is_closed() -> None:
    assert problems(decision=NOTIFY) == {"notified_on"}
    assert problems(decision=NOTIFY, closing=False) == set()
    for day, wrong in ((NOTICED, False), (TODAY, False), (date(2026, 10, 11), True), (date(2026, 11, 11), True)):
        for closing in (True, False):
            found = problems(decision=NOTIFY, notified_on=day, closing=closing)
            assert found == ({"notified_on"} if wrong else set())
    assert problems(notified_on=TODAY) == {"notified_on"}, "where nobody has to be told, nobody was"
