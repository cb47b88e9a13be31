"""Five scopes, each its own decision; a denial wins; what was granted for a minor ends on the 18th birthday."""

from dataclasses import replace
from datetime import date
from typing import Any

import pytest

from practicerunner.rules.acting import Acting, Decision, awaits_decision, newly_open, signing_refusal, standing
from practicerunner.vocabulary import AccessScope, ActingKind, Verdict

TODAY = date(2026, 11, 30)
BORN = date(2008, 12, 1)


def decide(verdict: Verdict, scope: AccessScope, on: str, until: str, at: str = "", **more: Any) -> Decision:
    return Decision(scope, verdict, date.fromisoformat(on), date.fromisoformat(until) if until else None,
                    decided_on=date.fromisoformat(at or on), **more)


def grant(scope: AccessScope = AccessScope.SCHEDULING, until: str = "", **more: Any) -> Decision:
    return decide(Verdict.GRANTED, scope, more.pop("on", "2026-09-01"), until, **more)


def denial(scope: AccessScope = AccessScope.SCHEDULING, until: str = "", **more: Any) -> Decision:
    return decide(Verdict.DENIED, scope, more.pop("on", "2026-10-01"), until, **more)


def known(*decisions: Decision, kind: ActingKind = ActingKind.GUARDIAN, born: date | None = BORN,
          verified: bool = True, starts: str = "2026-01-01", ends: str = "") -> Acting:
    return Acting(kind, verified, date.fromisoformat(starts), date.fromisoformat(ends) if ends else None, born,
                  decisions)


def is_open(acting: Acting, scope: AccessScope = AccessScope.SCHEDULING, *, case_id: int | None = None,
            today: date = TODAY, helpers: bool = True) -> bool:
    return standing(acting, scope, case_id=case_id, today=today, helpers_allowed=helpers).is_open


@pytest.mark.parametrize("granted", AccessScope)
def test_a_scope_opens_itself_and_no_other(granted: AccessScope) -> None:
    acting = known(grant(granted))
    assert [scope for scope in AccessScope if is_open(acting, scope)] == [granted]


def test_what_is_not_decided_acts_as_no() -> None:
    stands = standing(known(), AccessScope.FORMS, case_id=None, today=TODAY, helpers_allowed=True)
    assert (stands.is_open, stands.is_decided, stands.why) == (False, False, "Not decided; acts as no.")


@pytest.mark.parametrize("decisions", [
    (denial(), grant(on="2026-10-15")), (grant(), denial()), (grant(on="2026-10-15"), denial(), grant(on="2026-11-01")),
])
def test_a_denial_wins_over_any_grant_earlier_or_later(decisions: tuple[Decision, ...]) -> None:
    stands = standing(known(*decisions), AccessScope.SCHEDULING, case_id=None, today=TODAY, helpers_allowed=True)
    assert (stands.is_open, stands.why) == (False, "Denied; a denial wins over a grant.")


def test_a_denial_counts_from_its_day_until_it_ends_or_is_ended() -> None:
    both = known(grant(), denial(until="2026-11-01"))
    assert is_open(both, today=date(2026, 9, 30))
    assert not is_open(both, today=date(2026, 10, 1))
    assert not is_open(both, today=date(2026, 10, 31))
    assert is_open(both, today=date(2026, 11, 1))
    assert is_open(known(grant(), denial(is_ended=True)))


def test_a_grant_counts_from_its_first_day_to_the_day_before_its_end() -> None:
    acting = known(grant(on="2026-09-01", until="2026-12-01"))
    days = [date(2026, 8, 31), date(2026, 9, 1), date(2026, 11, 30), date(2026, 12, 1)]
    assert [is_open(acting, today=day) for day in days] == [False, True, True, False]
    assert not is_open(known(grant(is_ended=True)))


def test_acting_itself_has_a_beginning_and_an_end() -> None:
    acting = known(grant(), starts="2026-09-10", ends="2026-11-30")
    assert [is_open(acting, today=date(2026, *day)) for day in ((9, 9), (9, 10), (11, 29), (11, 30))] == [
        False, True, True, False]


def test_a_grant_for_one_case_opens_that_case_alone_and_a_denial_closes_it_alone() -> None:
    one = known(grant(case_id=7))
    assert (is_open(one, case_id=7), is_open(one, case_id=8), is_open(one)) == (True, False, False)
    other = known(grant(), denial(case_id=7))
    assert (is_open(other, case_id=7), is_open(other, case_id=8), is_open(other)) == (False, True, True)
    everywhere = known(grant(case_id=7), denial())
    assert not is_open(everywhere, case_id=7)


@pytest.mark.parametrize(("kind", "still"), [
    (ActingKind.PARENT, False), (ActingKind.GUARDIAN, False), (ActingKind.LEGAL_REPRESENTATIVE, True),
    (ActingKind.HEALTH_CARE_AGENT, True), (ActingKind.PERSONAL_ASSISTANT, True),
])
def test_what_a_parent_or_guardian_was_granted_ends_on_the_eighteenth_birthday(kind: ActingKind, still: bool) -> None:
    acting = known(grant(), kind=kind)
    assert is_open(acting, today=date(2026, 11, 30))
    assert is_open(acting, today=date(2026, 12, 1)) is still
    assert awaits_decision(acting, date(2026, 11, 30)) is False
    assert awaits_decision(acting, date(2026, 12, 1)) is not still


def test_a_decision_after_the_birthday_counts_and_closes_the_task() -> None:
    acting = known(grant(), grant(on="2026-12-05"))
    assert is_open(acting, today=date(2026, 12, 5))
    assert not awaits_decision(acting, date(2026, 12, 5))
    denied = known(grant(), denial(on="2026-12-05"))
    assert not awaits_decision(denied, date(2026, 12, 5))
    assert not awaits_decision(known(grant(is_ended=True)), date(2026, 12, 5))
    half = known(grant(), grant(AccessScope.FORMS), grant(on="2026-12-05"))
    assert awaits_decision(half, date(2026, 12, 5)), "forms is not decided anew"


def test_born_on_the_29th_of_february_is_of_age_on_the_first_of_march() -> None:
    acting = known(grant(on="2025-01-01"), born=date(2008, 2, 29), starts="2025-01-01")
    assert is_open(acting, today=date(2026, 2, 28))
    assert not is_open(acting, today=date(2026, 3, 1))


@pytest.mark.parametrize("kind", ActingKind)
def test_what_was_granted_in_minority_stays_ended_whatever_they_act_as_since(kind: ActingKind) -> None:
    acting = known(grant(acted_as=ActingKind.GUARDIAN), kind=kind)
    assert is_open(acting, today=date(2026, 11, 30))
    assert not is_open(acting, today=date(2026, 12, 1))
    assert awaits_decision(acting, date(2026, 12, 1))


def test_the_day_of_the_decision_counts_not_the_day_from_which_it_does() -> None:
    ahead = known(grant(on="2026-12-01", at="2026-11-01"))
    assert not is_open(ahead, today=date(2026, 12, 5))
    assert awaits_decision(ahead, date(2026, 12, 5))
    back = known(grant(), grant(on="2026-09-01", at="2026-12-05"))
    assert is_open(back, today=date(2026, 12, 5))
    assert not awaits_decision(back, date(2026, 12, 5))


def test_without_a_birth_date_nothing_ends_by_itself_and_that_is_said_of_who_acts_for_a_minor() -> None:
    someday = date(2040, 1, 1)
    guardian, agent = known(grant(), born=None), known(grant(), born=None, kind=ActingKind.HEALTH_CARE_AGENT)
    assert is_open(guardian, today=someday)
    assert (guardian.lacks_birth_date, agent.lacks_birth_date, known(grant()).lacks_birth_date) == (True, False, False)
    words = [standing(one, AccessScope.SCHEDULING, case_id=None, today=someday, helpers_allowed=True).why
             for one in (guardian, agent)]
    assert words == ["Granted; without a date of birth it does not end at 18.", "Granted."]


def test_nobody_acts_for_somebody_who_has_died_unless_that_is_decided_since() -> None:
    died = date(2026, 10, 10)
    before = replace(known(grant()), client_died=died)
    assert is_open(before, today=date(2026, 10, 9))
    assert not is_open(before, today=died)
    assert is_open(replace(known(grant(), grant(on="2026-10-12")), client_died=died), today=date(2026, 10, 12))


@pytest.mark.parametrize("scope", AccessScope)
def test_a_helpers_grant_that_opens_nothing_says_so(scope: AccessScope) -> None:
    helper = known(grant(scope), kind=ActingKind.CARE_COORDINATOR)
    nothing = scope in (AccessScope.FORMS, AccessScope.PORTAL)
    stands = standing(helper, scope, case_id=None, today=TODAY, helpers_allowed=True)
    assert (stands.is_open, stands.why) == (
        (False, "Kept, but it opens nothing to a helper.") if nothing else (True, "Granted."))


def opened(before: Acting, after: Acting) -> set[tuple[int | None, AccessScope]]:
    return set(newly_open(before, after, case_ids=(None, 7), today=TODAY, helpers_allowed=True))


def test_something_opens_that_was_closed_before_now_or_when_it_begins() -> None:
    both = {(None, AccessScope.SCHEDULING), (7, AccessScope.SCHEDULING)}
    assert opened(known(), known(grant())) == both
    assert opened(known(), known(grant(on="2027-01-10", at="2026-11-30"), born=None)) == both, "from a later day on"
    assert opened(known(), known(grant(case_id=7))) == {(7, AccessScope.SCHEDULING)}
    assert opened(known(grant(), denial()), known(grant(), denial(is_ended=True))) == both
    assert opened(known(grant(), ends="2026-11-01"), known(grant())) == both, "the stay is prolonged"
    assert opened(known(grant(), denial()), known(grant(), denial(), grant())) == set(), "a denial closes it"
    assert opened(known(denial(until="2026-12-24"), born=None), known(
        denial(until="2026-12-24"), grant(), born=None)) == both, "once the denial is over"
    assert opened(known(grant()), known(grant(), grant(on="2026-11-30"))) == set(), "open already"
    assert opened(known(grant(), ends="2027-01-01"), known(grant())) == set(), "it goes on longer"
    assert opened(known(grant()), known(grant(is_ended=True))) == set()


def test_the_practice_switch_keeps_a_helpers_grant_inert_and_says_so() -> None:
    helper = known(grant(), grant(AccessScope.MESSAGES), kind=ActingKind.PERSONAL_ASSISTANT)
    off = standing(helper, AccessScope.SCHEDULING, case_id=None, today=TODAY, helpers_allowed=False)
    assert (off.is_open, off.why) == (False, "Kept, but the practice does not let helpers manage appointments.")
    assert is_open(helper)
    assert is_open(helper, AccessScope.MESSAGES, helpers=False), "the switch is about appointments"
    assert is_open(known(grant()), helpers=False), "a guardian is no helper"


@pytest.mark.parametrize(("kind", "verified", "today", "words"), [
    (ActingKind.GUARDIAN, True, TODAY, ""),
    (ActingKind.GUARDIAN, False, TODAY, "not verified"),
    (ActingKind.PERSONAL_ASSISTANT, True, TODAY, "helper cannot sign"),
    (ActingKind.OTHER_HELPER, True, TODAY, "helper cannot sign"),
    (ActingKind.PARENT, True, TODAY, ""),
    (ActingKind.PARENT, True, date(2026, 12, 1), "At 18 a parent no longer signs"),
])
def test_only_a_verified_representative_signs(kind: ActingKind, verified: bool, today: date, words: str) -> None:
    said = signing_refusal(known(kind=kind, verified=verified), acts_born=date(1980, 1, 1), today=today)
    assert words in said
    assert bool(said) is bool(words)
