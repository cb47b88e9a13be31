"""When a diagnosis counts, and which one is the primary one."""

from datetime import date, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from practicerunner.rules.diagnoses import (
    Step,
    in_force,
    overlap,
    primary_since,
    primary_stretches,
    was_primary,
    was_provisional,
)
from practicerunner.vocabulary import DiagnosisAct

MARCH = date(2026, 3, 1)
DAYS = [MARCH + timedelta(days=n) for n in range(30)]


def day(number: int) -> date:
    return date(2026, 3, number)


@pytest.mark.parametrize(("asked", "counts"), [(9, False), (10, True), (15, True), (20, True), (21, False)])
def test_both_the_first_and_the_last_day_count(asked: int, counts: bool) -> None:
    assert in_force(day(10), day(20), day(asked)) is counts


def test_what_has_no_end_counts_from_its_onset_for_good() -> None:
    assert not in_force(day(10), None, day(9))
    assert in_force(day(10), None, day(10)) and in_force(day(10), None, date(2099, 1, 1))


def test_one_day_is_a_stretch() -> None:
    assert in_force(day(10), day(10), day(10))
    assert overlap((day(10), day(10)), (day(10), None)) and overlap((day(1), day(10)), (day(10), day(20)))
    assert not overlap((day(1), day(9)), (day(10), None)) and not overlap((day(10), None), (day(1), day(9)))


def test_primary_and_provisional_are_as_of_their_day_and_the_last_word_of_a_day_holds() -> None:
    steps = [
        Step(DiagnosisAct.SET, day(1)), Step(DiagnosisAct.MADE_PROVISIONAL, day(1)),
        Step(DiagnosisAct.MADE_PRIMARY, day(5)), Step(DiagnosisAct.NO_LONGER_PRIMARY, day(10)),
        Step(DiagnosisAct.MADE_PRIMARY, day(10)), Step(DiagnosisAct.CONFIRMED, day(12)),
    ]
    assert [was_primary(steps, day(n)) for n in (1, 4, 5, 9, 10, 20)] == [False, False, True, True, True, True]
    assert [was_provisional(steps, day(n)) for n in (1, 11, 12)] == [True, True, False]
    assert list(primary_stretches(steps, day(1), None)) == [(day(5), None)]


ACTS = st.sampled_from([DiagnosisAct.MADE_PRIMARY, DiagnosisAct.NO_LONGER_PRIMARY, DiagnosisAct.CONFIRMED])
STEPS = st.lists(st.builds(Step, ACTS, st.sampled_from(DAYS)), max_size=6)


@settings(max_examples=200, deadline=None)
@given(steps=STEPS, onset=st.sampled_from(DAYS), length=st.integers(0, 29) | st.none())
def test_the_primary_stretches_are_exactly_the_days_on_which_it_was_primary(steps, onset, length) -> None:
    end = onset + timedelta(days=length) if length is not None else None
    stretches = list(primary_stretches(steps, onset, end))
    for one in DAYS:
        if in_force(onset, end, one):
            assert was_primary(steps, one) == any(in_force(*stretch, one) for stretch in stretches)
    assert all(not overlap(one, other) for one in stretches for other in stretches if one is not other)
    assert all(since >= onset and (end is None or (until is not None and until <= end)) for since, until in stretches)


def test_a_first_primary_one_is_so_from_its_onset() -> None:
    assert primary_since((day(1), None), day(20), []) == day(1)
    assert primary_since((day(1), None), day(20), [(date(2026, 1, 1), date(2026, 2, 28))]) == day(1)


def test_one_that_still_is_primary_gives_way_today_and_its_days_gone_by_stay() -> None:
    assert primary_since((day(1), None), day(20), [(date(2026, 1, 1), None)]) == day(20)
    assert primary_since((day(1), None), day(20), [(day(2), day(20))]) == day(20)
    assert primary_since((day(1), None), day(20), [(day(2), day(19))]) == day(20)
    assert primary_since((day(1), None), day(20), [(day(2), day(10))]) == day(11)


def test_one_that_is_over_is_not_primary_in_days_that_another_was() -> None:
    assert primary_since((day(1), day(10)), day(20), [(day(1), None)]) is None
    assert primary_since((day(1), day(10)), day(20), [(day(1), day(4))]) == day(5)
    assert primary_since((day(1), day(10)), day(20), [(day(1), day(10))]) is None


@settings(max_examples=200, deadline=None)
@given(
    stretch=st.tuples(st.integers(0, 28), st.integers(0, 28) | st.none()),
    others=st.lists(st.tuples(st.integers(0, 28), st.integers(0, 28) | st.none()), max_size=4),
)
def test_from_then_on_nobody_who_is_over_was_primary(stretch, others) -> None:
    def dated(pair):
        first, length = pair
        return DAYS[first], DAYS[min(first + length, 28)] if length is not None else None

    asked, known, today = dated(stretch), [dated(pair) for pair in others], DAYS[28]
    since = primary_since(asked, today, known)
    if since is not None:
        assert asked[0] <= since <= (asked[1] or today)
        gone_by = [one for one in known if one[1] is not None and one[1] < today]
        assert not [one for one in gone_by if overlap(one, (since, asked[1]))]
        if since < today:
            assert not [one for one in known if overlap(one, (since, asked[1]))]
