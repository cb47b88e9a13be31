"""Which passwords are good enough."""

import pytest

from practicerunner.rules.passwords import common_passwords, problem_with

NAMES = ("Harbor Light", "dana.whitfield")


@pytest.mark.parametrize("password", [
    "four quiet words here", "exactly12chr", "  spaces  kept  ", "ÄÖÜ äöü ßßß éé", "x" * 5 + "yz" * 61 + "!",
    "correct horse but my own", "ana and the sea 7", "秘密の言葉は長くて良いです",
])
def test_long_enough_and_not_known_is_fine(password: str) -> None:
    assert problem_with(password, NAMES) is None


@pytest.mark.parametrize(("password", "says"), [
    ("", "at least 12"), ("elevenchars", "at least 12"), ("           ", "at least 12"),
    ("           x", "first that people try"), ("ab c" * 33, "at most 128"),
    ("password1234", "first that people try"), ("PASSWORD1234", "first that people try"),
    ("correct horse battery staple", "first that people try"), ("aaaaaaaaaaaa", "first that people try"),
    ("abcabcabcabc", "first that people try"), ("abcdefghijklm", "first that people try"),
    ("098765432109", "first that people try"), ("qwertyuiopas", "first that people try"),
    ("my practicerunner", "Leave out"), ("Practice Runner 1", "Leave out"), ("harborlight2026", "Leave out"),
    ("H-a-r-b-o-r light", "Leave out"), ("dana.whitfield!!", "Leave out"), ("ok dana whitfield", "Leave out"),
    ("long enough \ud800", "cannot be typed"),
])
def test_short_known_or_near_is_refused_with_the_reason(password: str, says: str) -> None:
    problem = problem_with(password, NAMES)
    assert problem is not None and says in problem


def test_twelve_and_128_are_the_edges() -> None:
    edge = "quiet words and a long walk by the river "
    assert problem_with(edge[:11]) is not None and problem_with(edge[:12]) is None
    assert problem_with((edge * 4)[:128]) is None and problem_with((edge * 4)[:129]) is not None


def test_short_names_are_not_looked_for() -> None:
    assert problem_with("banana bread day", ("ana", "Bo")) is None


def test_the_list_holds_only_what_the_length_would_let_through() -> None:
    assert len(common_passwords()) > 150
    assert all(word == word.casefold() for word in common_passwords())
    assert sum(len(word) >= 12 for word in common_passwords()) > 150
