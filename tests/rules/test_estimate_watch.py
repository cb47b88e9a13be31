"""Which bill counts for which estimate: by example, and reckoned a second time in another way."""

from collections.abc import Iterator, Sequence
from datetime import date, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from practicerunner.rules.estimate_watch import (
    Bill,
    Given,
    Measured,
    ahead,
    flagged_until,
    is_followed,
    is_renewed,
    is_said_anew,
    is_under,
    measured,
    stands,
)

NOV = date(2026, 11, 1)
SESSION, FAMILY, INTAKE = 1, 2, 3


def on(day: int) -> date:
    """So many days after the last of October."""
    return NOV + timedelta(days=day - 1)


def estimate(number: int, first: int, last: int, *services: int, chain: int = 0, shared: int = -10) -> Given:
    return Given(number, chain or number, on(shared), on(first), on(last), {
        service: on(last) for service in services or (SESSION,)})


def owners(everything: Sequence[Given], service: int, day: int) -> list[int]:
    return [one.estimate_id for one in everything if is_under(one, everything, service, on(day))]


def test_what_no_estimate_lists_counts_for_the_one_that_covers_the_day() -> None:
    """What is billed is held against the total, whether the estimate has the service or not."""
    everything = [estimate(1, 1, 30, SESSION)]
    assert [owners(everything, FAMILY, day) for day in (0, 1, 30, 31)] == [[], [1], [1], []]


def test_two_side_by_side_have_each_their_own_services() -> None:
    everything = [estimate(1, 1, 60, SESSION), estimate(2, 10, 40, FAMILY)]
    assert owners(everything, SESSION, 20) == [1]
    assert owners(everything, FAMILY, 20) == [2]
    assert owners(everything, FAMILY, 5) == [1], "before the days of the other"
    assert owners(everything, INTAKE, 20) == [1, 2], "listed in neither: it may be furnished with either"


def test_the_one_given_last_has_the_service_that_both_list() -> None:
    everything = [estimate(1, 1, 60), estimate(2, 1, 60, shared=20)]
    assert owners(everything, SESSION, 19) == [1, 2], "it was given afterwards, and its total has that day as well"
    assert owners(everything, SESSION, 20) == [2]


def test_a_version_takes_the_days_it_covers_and_leaves_those_before_and_after() -> None:
    everything = [estimate(1, 1, 60), estimate(2, 30, 40, chain=1)]
    assert [owners(everything, SESSION, day) for day in (29, 30, 40, 41)] == [[1], [2], [2], [1]]
    assert [stands(everything[0], everything, on(day)) for day in (1, 29, 30, 41, 60, 61)] == [
        (on(1), on(29)), (on(29), on(29)), (on(41), on(60)), (on(41), on(60)), (on(60), on(60)), None]


def test_a_version_of_a_version_takes_the_days_of_the_first_one_as_well() -> None:
    everything = [estimate(1, 1, 60), estimate(2, 1, 20, chain=1), estimate(3, 1, 60, chain=1)]
    assert owners(everything, SESSION, 40) == [3]
    assert stands(everything[0], everything, on(1)) is None


def test_a_service_that_a_version_drops_goes_to_whoever_else_lists_it() -> None:
    everything = [
        estimate(1, 1, 60, SESSION), estimate(2, 1, 60, SESSION, FAMILY), estimate(3, 1, 60, FAMILY, chain=2)]
    assert owners(everything, SESSION, 20) == [1]
    assert owners(everything[1:], SESSION, 20) == [3], "nobody else lists it"


def test_only_what_says_an_estimate_anew_follows_it() -> None:
    one = Given(1, 1, on(-10), on(1), on(60), {INTAKE: on(1), SESSION: on(60)})
    assert not is_followed(one, [one], 50)
    assert not is_followed(one, [one, estimate(60, 20, 60, FAMILY, shared=20)], 50), "something else"
    assert is_followed(one, [one, estimate(60, 20, 60, SESSION, shared=20)], 50), "the intake is over"
    assert not is_followed(one, [one, estimate(40, 20, 60, SESSION, shared=20)], 50), "given before the bills"
    assert not is_followed(one, [one, estimate(60, 61, 90, SESSION, shared=20)], 50), "for what comes after"
    assert is_followed(one, [one, estimate(60, 20, 60, FAMILY, chain=1, shared=20)], 50), "a version of it"
    assert is_followed(one, [one, estimate(60, 61, 90, FAMILY, chain=1, shared=20)], 50), "a version for later"
    both = (INTAKE, SESSION)
    assert not is_followed(one, [one, estimate(60, 70, 90, *both, shared=60)], 50), "it has a day left"
    assert is_followed(one, [one, estimate(60, 70, 90, *both, shared=61)], 50), "it is over, and the next was given"
    assert not is_followed(one, [one, estimate(60, 70, 90, SESSION, shared=61)], 50), "without the intake"
    assert not is_followed(one, [one, estimate(40, 70, 90, *both, shared=61)], 50), "given before the bills"
    assert ahead(one, on(61)) == {INTAKE, SESSION}


def test_what_another_lists_is_said_anew_while_it_stands() -> None:
    one = Given(1, 1, on(-10), on(1), on(60), {INTAKE: on(1), SESSION: on(60)})
    anew = estimate(2, 1, 60, SESSION, shared=20)
    assert not is_said_anew(one, [one], on(20))
    assert is_said_anew(one, [one, anew], on(20)), "the intake is over"
    assert not is_said_anew(one, [one, anew], on(1)), "the intake is still ahead"
    assert not is_said_anew(one, [one, estimate(2, 1, 60, FAMILY, shared=20)], on(20)), "something else"
    assert not is_said_anew(one, [one, estimate(2, 10, 19, SESSION)], on(20)), "it is over"
    assert not is_said_anew(one, [one, estimate(2, 61, 90, SESSION)], on(20)), "for what comes after"
    assert not is_said_anew(anew, [one, anew], on(20)), "by one that was given before"


def test_one_that_lists_something_else_renews_nothing() -> None:
    one = estimate(1, 1, 360)
    assert not is_renewed(one, [one])
    assert not is_renewed(one, [one, estimate(2, 300, 400, FAMILY)])
    assert is_renewed(one, [one, estimate(2, 361, 400, SESSION)])
    assert is_renewed(one, [one, estimate(2, 300, 360, SESSION, chain=1)]), "its end is the version's"
    assert not is_renewed(one, [one, estimate(2, 100, 200, SESSION, chain=1)]), "a version that ends before"


def test_a_bill_can_be_disputed_for_120_days_and_the_flag_stands_as_long_as_either() -> None:
    one = estimate(1, 1, 30)
    late = measured(one, [one], [
        Bill(SESSION, on(5), 100, 7, on(5)), Bill(SESSION, on(6), 200, 9, on(90)), Bill(SESSION, on(7), 0, 11, on(99))])
    assert late == Measured(300, 9, on(90))
    assert late.disputable_until == on(210)
    assert flagged_until(one, late) == on(210)
    assert flagged_until(one, Measured(300, 7, on(5))) == on(150)
    assert Measured().disputable_until is None


# --- the same, reckoned in another way


def second_opinion(everything: Sequence[Given], service: int, day: date) -> set[int]:
    """Walk through the estimates as they were given; each new one throws out what it takes the place of."""
    there: dict[int, Given] = {}
    for new in sorted(everything, key=lambda one: one.estimate_id):
        if not new.first_on <= day <= new.last_on:
            continue
        if new.shared_on <= day:
            there = {number: old for number, old in there.items() if old.chain_id != new.chain_id}
        there[new.estimate_id] = new
    in_time = [one for one in there.values() if service in one.listed and one.shared_on <= day]
    found = set()
    for one in there.values():
        strangers = [other.estimate_id for other in in_time if other.chain_id != one.chain_id]
        if not strangers or (service in one.listed and max(strangers) < one.estimate_id):
            found.add(one.estimate_id)
    return found


@st.composite
def practices(draw: st.DrawFn) -> list[Given]:
    made: list[Given] = []
    for number in range(1, draw(st.integers(1, 6)) + 1):
        first = draw(st.integers(1, 20))
        chain = draw(st.sampled_from([number, *(one.chain_id for one in made)]))
        shared = max([draw(st.integers(-5, 25)), *((one.shared_on - NOV).days + 1 for one in made)])
        made.append(estimate(
            number, first, first + draw(st.integers(0, 12)), *draw(st.sets(st.sampled_from([1, 2, 3]), min_size=1)),
            chain=chain, shared=shared))
    return made


def every_day() -> Iterator[tuple[int, int]]:
    return ((service, day) for service in (1, 2, 3, 4) for day in range(35))


@settings(max_examples=200, deadline=None)
@given(practices())
def test_a_second_reckoning_agrees(everything: list[Given]) -> None:
    for service, day in every_day():
        found = set(owners(everything, service, day))
        assert found == second_opinion(everything, service, on(day)), (service, day)
        covered = any(one.covers(on(day)) for one in everything)
        assert bool(found) == covered, "whatever is billed on a day that is covered counts somewhere"


@settings(max_examples=100, deadline=None)
@given(practices(), st.lists(st.tuples(st.integers(1, 4), st.integers(0, 34), st.integers(-50, 400)), max_size=12))
def test_a_second_sum_agrees(everything: list[Given], billed: list[tuple[int, int, int]]) -> None:
    bills = [Bill(service, on(day), cents, number, on(day)) for number, (service, day, cents) in enumerate(billed)]
    for one in everything:
        counted = [cents for service, day, cents in billed
                   if cents > 0 and one.estimate_id in second_opinion(everything, service, on(day))]
        assert measured(one, everything, bills).cents == sum(counted)


def followers(everything: Sequence[Given], old: Given, since: int) -> set[int]:
    """Those given after a bill that end what is asked for an estimate, sorted out one by one."""
    found = set()
    for new in everything:
        if new.estimate_id <= max(since, old.estimate_id):
            continue
        if new.chain_id == old.chain_id:
            found.add(new.estimate_id)
            continue
        left = [service for service, last in old.listed.items() if last >= new.shared_on] or list(old.listed)
        days = {old.first_on + timedelta(days=n) for n in range((old.last_on - old.first_on).days + 1)}
        same_time = any(new.covers(day) for day in days) or new.shared_on > max(days)
        if same_time and all(service in new.listed for service in left):
            found.add(new.estimate_id)
    return found


@settings(max_examples=100, deadline=None)
@given(practices(), st.integers(0, 6))
def test_a_second_reckoning_agrees_on_what_follows(everything: list[Given], since: int) -> None:
    for one in everything:
        assert is_followed(one, everything, since) == bool(followers(everything, one, since))


@pytest.mark.parametrize("today", [1, 8, 15])
def test_the_days_for_which_one_stands_are_days_on_which_it_counts(today: int) -> None:
    everything = [estimate(1, 1, 20), estimate(2, 10, 12, chain=1)]
    found = stands(everything[0], everything, on(today))
    assert found is not None
    assert all(is_under(everything[0], everything, SESSION, day) for day in found)
