"""Until when a request to amend the record is answered, and what an answer has to say."""

from datetime import date

import pytest

from practicerunner.rules import amendments as rule
from practicerunner.vocabulary import AmendmentChannel, AmendmentDecision, CaseType, DenialGround


@pytest.mark.parametrize(("received", "due", "later"), [
    (date(2026, 12, 31), date(2027, 3, 1), date(2027, 3, 31)),
    (date(2027, 12, 31), date(2028, 2, 29), date(2028, 3, 30)),
    (date(2028, 1, 1), date(2028, 3, 1), date(2028, 3, 31)),
    (date(2026, 1, 30), date(2026, 3, 31), date(2026, 4, 30)),
])
def test_sixty_days_are_counted_by_the_calendar_and_thirty_more_once(received: date, due: date, later: date) -> None:
    assert rule.due_on(received, extended=False) == due
    assert rule.due_on(received, extended=True) == later
    assert not rule.is_overdue(due, due)
    assert rule.is_overdue(due, date.fromordinal(due.toordinal() + 1))


def problems(**more: object) -> dict[str, str]:
    return rule.extension_problems(date(2026, 12, 31), **{  # type: ignore[arg-type]
        "extended": False, "reason": "The archive is being moved.", "told_on": date(2027, 2, 1),
        "today": date(2027, 2, 1)} | more)


def test_time_is_extended_once_until_the_sixtieth_day_with_a_reason_that_was_told() -> None:
    assert problems() == {}
    assert problems(today=date(2027, 3, 1)) == {}, "on the sixtieth day itself"
    assert problems(told_on=date(2027, 3, 1), today=date(2027, 3, 20)) == {}, "told in time, written down later"
    late = problems(told_on=date(2027, 3, 2), today=date(2027, 3, 20))
    assert late == {"told_on": (
        "The 60 days were over on 1 March 2027; whoever is told later is told too late. Answer the request.")}
    assert set(problems(extended=True)) == {""}
    assert set(problems(reason=" ")) == {"reason"}
    assert set(problems(told_on=date(2027, 2, 2))) == {"told_on"}, "a day that is still to come"
    assert set(problems(told_on=date(2026, 12, 30))) == {"told_on"}, "before it was received"


def test_what_is_taken_back_says_by_whom_when_how_and_why() -> None:
    def lacks(**more: object) -> set[str]:
        return set(rule.withdrawal_problems(date(2026, 12, 31), **{  # type: ignore[arg-type]
            "may_tell": True, "how": AmendmentChannel.PHONE, "reason": "It was another practice.",
            "told_on": date(2027, 1, 4), "today": date(2027, 1, 5)} | more))

    assert lacks() == set()
    assert lacks(told_on=date(2026, 12, 31)) == lacks(told_on=date(2027, 1, 5)) == set()
    assert lacks(told_on=date(2026, 12, 30)) == lacks(told_on=date(2027, 1, 6)) == lacks(told_on=None) == {"told_on"}
    assert lacks(may_tell=False, how=None, reason=" ") == {"told_by_id", "how", "reason"}


def decided(decision: AmendmentDecision, **more: object) -> set[str]:
    return set(rule.decision_problems(decision, **{  # type: ignore[arg-type]
        "answer": "", "addenda": 0, "about_note": True, "ground": None, "basis": ""} | more))


def test_an_answer_says_what_was_changed_by_which_addendum_and_a_denial_its_ground_and_why() -> None:
    accepted, in_part, denied = (AmendmentDecision.ACCEPTED, AmendmentDecision.ACCEPTED_IN_PART,
                                 AmendmentDecision.DENIED)
    assert decided(accepted) == {"answer", "addendum_ids"}
    assert decided(accepted, answer="Corrected.", about_note=False) == set()
    assert decided(accepted, answer="Corrected.", addenda=1) == set()
    assert decided(denied) == {"ground", "basis"}
    assert decided(denied, ground=DenialGround.ACCURATE, basis=" ") == {"basis"}
    assert decided(denied, ground=DenialGround.ACCURATE, basis="It is what was said.") == set()
    assert decided(in_part) == {"answer", "addendum_ids", "ground", "basis"}
    assert decided(AmendmentDecision.WITHDRAWN) == set()


def test_the_rights_speak_of_the_record_to_clients_and_of_the_documentation_to_others() -> None:
    clinical = rule.rights("Linden", "518 555 0100", called="client", clinical=True)
    other = rule.rights("Linden", "", called="participant", clinical=False)
    assert len(clinical) == 4
    assert "Health and Human Services" in clinical[-1][1]
    assert "518 555 0100" in clinical[2][1]
    said = " ".join(text for pair in other for text in pair)
    assert "Health and Human Services" not in said
    assert not [word for word in ("record", "client", "patient") if word in said]
    assert [rule.record_word(kind) for kind in (CaseType.FAMILY, CaseType.WORKSHOP)] == ["record", "documentation"]


def test_words_say_how_much_time_is_left() -> None:
    due = date(2027, 3, 1)
    assert rule.left_in_words(due, date(2027, 2, 28)) == "due 1 March 2027"
    assert rule.left_in_words(due, due) == "due today"
    assert rule.left_in_words(due, date(2027, 3, 2)) == "1 day overdue"
    assert rule.left_in_words(due, date(2027, 3, 4)) == "3 days overdue"
    assert rule.beneath_a_note(due, AmendmentDecision.ACCEPTED_IN_PART) == (
        "Request to amend, 1 March 2027: accepted in part")
    assert rule.names_in(" Dr. Ana Ruiz \n\nCounty court\nDr. Ana Ruiz") == ["Dr. Ana Ruiz", "County court"]
