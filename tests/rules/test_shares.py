"""The split of a line among payers."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from practicerunner.rules.shares import Part, arrangement_problem, charged_together, split, split_in_turn
from practicerunner.vocabulary import AttendanceStatus, ShareKind

P, F, C, R = ShareKind.PERCENT, ShareKind.FIXED, ShareKind.FIXED_WITH_CAP, ShareKind.REMAINDER
ATTENDED, NO_SHOW = AttendanceStatus.ATTENDED, AttendanceStatus.NO_SHOW


@pytest.mark.parametrize(("line", "parts", "shares"), [
    (16500, [Part(1, P, 6000), Part(2, P, 4000)], [9900, 6600]),
    (13733, [Part(1, P, 6000), Part(2, P, 4000)], [8240, 5493]),
    (10000, [Part(1, R), Part(2, R), Part(3, R)], [3334, 3333, 3333]),
    (101, [Part(1, P, 5000), Part(2, P, 5000)], [51, 50]),
    (101, [Part(1, R), Part(2, P, 5000)], [51, 50]),
    (21000, [Part(1, F, amount_cents=5000), Part(2, P, 5000), Part(3, R)], [5000, 8000, 8000]),
    (3000, [Part(1, F, amount_cents=5000), Part(2, R)], [3000]),
    (9000, [Part(1, C, amount_cents=5000, cap_left_cents=2000), Part(2, R)], [2000, 7000]),
    (9000, [Part(1, C, amount_cents=5000, cap_left_cents=0), Part(2, R)], [9000]),
    (1, [Part(1, P, 3333), Part(2, P, 3333), Part(3, P, 3334)], [1]),
])
def test_a_line_is_split_to_the_cent(line: int, parts: list[Part], shares: list[int]) -> None:
    assert [cents for _, cents in split(line, parts)] == shares


def test_the_odd_cent_goes_to_the_largest_fraction_then_to_the_first_listed() -> None:
    assert split(1, [Part(1, P, 3333), Part(2, P, 3333), Part(3, P, 3334)]) == [(3, 1)]
    assert split(1, [Part(7, R), Part(8, R)]) == [(7, 1)]


points = st.lists(st.integers(1, 10_000), min_size=1, max_size=6)


@settings(max_examples=2000, deadline=None)
@given(line=st.integers(1, 10**9), weights=points, fixed=st.integers(0, 50_000), takers=st.integers(1, 3))
def test_shares_sum_to_the_line_and_stray_less_than_a_cent(line, weights, fixed, takers) -> None:
    total = sum(weights) + 1
    parts = [Part(100 + i, P, w * 9_999 // total) for i, w in enumerate(weights)]
    parts += [Part(200 + i, R) for i in range(takers)] + [Part(300, F, amount_cents=fixed)]
    shares = dict(split(line, parts))
    assert sum(shares.values()) == line
    left = line - min(fixed, line)
    for part in parts[:len(weights)]:
        assert abs(shares.get(part.payer_id, 0) - left * part.basis_points / 10_000) < 1 + 1e-6 * left


@pytest.mark.parametrize(("parts", "words"), [
    ([], "add at least one payer"),
    ([Part(1, P, 6000), Part(2, P, 3000)], "make 90 %"),
    ([Part(1, P, 6000), Part(2, P, 5000)], "more than 100"),
    ([Part(1, P, 10000), Part(2, R)], "nothing is left"),
    ([Part(1, F, amount_cents=100)], "make 0 %"),
    ([Part(1, R), Part(1, P, 5000)], "once"),
    ([Part(1, F, amount_cents=0), Part(2, R)], "more than 0.00"),
    ([Part(1, C, amount_cents=100), Part(2, R)], "cap"),
    ([Part(1, C, amount_cents=100, cap_left_cents=99), Part(2, R)], "A cap of 0.99 is below one share of 1.00."),
    ([Part(1, P, 5000), Part(2, P, 4990)], "make 99.90 %."),
    ([Part(1, P, 5000), Part(2, P, 5010)], "make 100.10 %, which is more than 100 %"),
])
def test_payers_who_do_not_cover_a_line_are_refused_with_a_sentence(parts, words) -> None:
    assert words in (arrangement_problem(parts) or "")


def test_payers_who_cover_every_line_are_accepted() -> None:
    both = [Part(1, P, 3333), Part(2, P, 6667)]
    for parts in ([Part(1, R)], [Part(1, P, 10000)], [Part(1, P, 3333), Part(2, R)], both):
        assert arrangement_problem(parts) is None


def test_a_cap_is_used_up_from_line_to_line() -> None:
    parts = [Part(1, C, amount_cents=80_00, cap_left_cents=100_00), Part(2, R)]
    assert split_in_turn([90_00, 90_00, 90_00], parts) == [
        [(1, 80_00), (2, 10_00)], [(1, 20_00), (2, 70_00)], [(2, 90_00)]]


@pytest.mark.parametrize(("each", "together"), [
    (True, [(1, [ATTENDED]), (2, [NO_SHOW])]), (False, [(None, [ATTENDED, NO_SHOW])])])
def test_who_shares_a_charge_is_charged_together_and_who_is_charged_alone_alone(each, together) -> None:
    assert charged_together({1: ATTENDED, 2: NO_SHOW}, each=each) == together
