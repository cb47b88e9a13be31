"""Scores of published measures, held exactly against a second way of reckoning them."""

import random
from itertools import combinations_with_replacement, product

import pytest

from practicerunner.rules.measures import CLUSTERS, MEASURES, Measure, Score, details, in_words, score

BANDS = {
    "phq9": ["minimal"] * 5 + ["mild"] * 5 + ["moderate"] * 5 + ["moderately severe"] * 5 + ["severe"] * 8,
    "gad7": ["minimal"] * 5 + ["mild"] * 5 + ["moderate"] * 5 + ["severe"] * 7,
}
"""The name of every total, from nought on."""
POSITIVE = {"phq2": "0001111", "gad2": "0001111", "phq9": "0" * 10 + "1" * 18}
PCL5_CRITERIA = "BBBBBCCDDDDDDDEEEEEE"
"""The criterion of each item."""


def answers(measure: Measure, points: tuple[int, ...] | list[int]) -> dict[str, object]:
    return {f"{measure.key}_{number}": point for number, point in enumerate(points, 1)}


def reckoned(key: str, points: tuple[int, ...]) -> tuple[int, str, bool | None]:
    """Total, band and screen, by counting how often each answer was given."""
    total = points.count(1) + 2 * points.count(2) + 3 * points.count(3)
    band = BANDS[key][total] if key in BANDS else ""
    return total, band, POSITIVE[key][total] == "1" if key in POSITIVE else None


def agree(key: str, points: tuple[int, ...]) -> None:
    measure = MEASURES[key]
    found = score(measure, answers(measure, points))
    assert (found.total, found.band, found.positive) == reckoned(key, points), (key, points)


@pytest.mark.parametrize(("key", "items"), [("phq2", 2), ("gad2", 2), ("gad7", 7)])
def test_every_possible_set_of_answers_of_the_short_measures(key: str, items: int) -> None:
    sets = list(product(range(4), repeat=items))
    assert len(sets) == {2: 16, 7: 16_384}[items]
    for points in sets:
        agree(key, points)


def test_every_total_and_band_of_the_phq9() -> None:
    for points in combinations_with_replacement(range(4), 9):
        agree("phq9", points)


@pytest.mark.slow
def test_every_possible_set_of_answers_of_the_phq9() -> None:
    number = 0
    for points in product(range(4), repeat=9):
        agree("phq9", points)
        number += 1
    assert number == 262_144


def pcl5(points: list[int], cut: int = 33) -> Score:
    measure = MEASURES["pcl5"]
    return score(measure, answers(measure, points), pcl5_cut=cut)


def reckoned_pcl5(points: list[int], cut: int) -> tuple[int, bool, dict[str, int], bool]:
    present = "".join(letter for letter, point in zip(PCL5_CRITERIA, points, strict=True) if point > 1)
    sums = {letter: sum(p for c, p in zip(PCL5_CRITERIA, points, strict=True) if c == letter) for letter in "BCDE"}
    met = present.count("B") > 0 < present.count("C") and present.count("D") > 1 < present.count("E")
    return sum(points), sum(points) > cut - 1, sums, met


@pytest.mark.parametrize("cut", [31, 32, 33])
def test_the_pcl5_at_all_its_boundaries(cut: int) -> None:
    for total in (0, 30, 31, 32, 33, 34, 79, 80):
        points = [4] * (total // 4) + [total % 4] + [0] * (19 - total // 4) if total < 80 else [4] * 20
        found = pcl5(points, cut)
        assert (found.total, found.positive, found.cut, found.band) == (total, total >= cut, cut, "")


@pytest.mark.parametrize(("there", "met"), [
    ("BCDDEE", True), ("CDDEE", False), ("BDDEE", False), ("BCDEE", False), ("BCDDE", False), ("", False),
    ("BBBBBCCDDDDDDDEEEEEE", True),
])
def test_the_provisional_rule_needs_one_b_one_c_two_d_and_two_e(there: str, met: bool) -> None:
    for last_first in (False, True):
        letters = list(PCL5_CRITERIA)
        places = list(range(20))[::-1] if last_first else list(range(20))
        points = [1] * 20
        for letter in there:
            place = next(p for p in places if letters[p] == letter and points[p] == 1)
            points[place] = 2
        assert pcl5(points).provisional is met


def test_ten_thousand_random_sets_of_the_pcl5() -> None:
    chance = random.Random(7)
    for _ in range(10_000):
        points = [chance.choice((0, 1, 1, 2, 3, 4)) for _ in range(20)]
        cut = chance.choice((31, 32, 33))
        found = pcl5(points, cut)
        assert (found.total, found.positive, dict(found.clusters), found.provisional) == reckoned_pcl5(points, cut)


def test_the_clusters_hold_every_item_once() -> None:
    assert [n for numbers, _ in CLUSTERS.values() for n in numbers] == list(range(1, 21))
    assert "".join(letter * len(numbers) for letter, (numbers, _) in CLUSTERS.items()) == PCL5_CRITERIA


@pytest.mark.parametrize("measure", MEASURES.values(), ids=list(MEASURES))
def test_a_missing_answer_leaves_no_total_and_nothing_is_estimated(measure: Measure) -> None:
    complete = answers(measure, [1] * len(measure.items))
    for key in measure.keys:
        for nothing in (None, "1", -1, len(measure.points), True, 1.0):
            found = score(measure, complete | {key: nothing})
            assert (found.total, found.band, found.positive, found.provisional) == (None, "", None, None)
            assert found.missing == 1
            assert "no total" in in_words(found)
        without = {k: v for k, v in complete.items() if k != key}
        assert score(measure, without).total is None
    assert score(measure, {}).missing == len(measure.items)
    assert score(measure, complete).total == len(measure.items)


@pytest.mark.parametrize("measure", MEASURES.values(), ids=list(MEASURES))
def test_no_score_is_called_free_of_risk(measure: Measure) -> None:
    for point in range(len(measure.points)):
        found = score(measure, answers(measure, [point] * len(measure.items)))
        said = " ".join([in_words(found), *details(found)]).lower()
        for word in ("no risk", "risk", "safe", "healthy", "normal", "none"):
            assert word not in said


def test_a_total_is_said_with_its_most_its_band_and_its_cut() -> None:
    phq9, gad7 = MEASURES["phq9"], MEASURES["gad7"]
    assert in_words(score(phq9, answers(phq9, [2] * 7 + [0, 0]))) == "14 of 27, moderate, reaches the cut of 10"
    assert in_words(score(phq9, answers(phq9, [0] * 8 + [1]))) == "1 of 27, minimal, below the cut of 10"
    assert in_words(score(gad7, answers(gad7, [3] * 7))) == "21 of 21, severe"
    assert in_words(score(phq9, answers(phq9, [1] * 7))) == "Incomplete, no total: 2 of 9 items without an answer"
    assert in_words(pcl5([2] * 20, 31)) == "40 of 80, reaches the cut of 31"
    assert details(pcl5([2] * 20))[0] == "Clusters: B 10, C 4, D 14, E 12"


def test_measures_are_as_published_and_say_that_they_may_be_shown() -> None:
    assert {key: (len(m.items), m.most) for key, m in MEASURES.items()} == {
        "phq2": (2, 6), "phq9": (9, 27), "gad2": (2, 6), "gad7": (7, 21), "pcl5": (20, 80)}
    assert MEASURES["phq9"].critical == (9,) and "better off dead" in MEASURES["phq9"].items[8]
    assert all(measure.notice and measure.edition and measure.language == "en" for measure in MEASURES.values())
    assert MEASURES["phq2"].items == MEASURES["phq9"].items[:2] and MEASURES["gad2"].items == MEASURES["gad7"].items[:2]
