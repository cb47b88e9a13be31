"""What a supervisor is shown of a text that came back."""

import pytest
from hypothesis import given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from practicerunner.rules.text_changes import Change, changes, sentences


@pytest.mark.parametrize(("before", "after", "expected"), [
    ("", "", ()), ("Said.", "Said.", ()), ("Said.", "  Said.\n", ()), ("A. B.", "A.\n\nB.", ()),
    ("", "Said. Done.", (Change("", "Said. Done."),)), ("Said.", "", (Change("Said.", ""),)),
    ("One. Two. Three.", "One. Three.", (Change("Two.", ""),)),
    ("One. Three.", "One. Two. Three.", (Change("", "Two."),)),
    ("One. Two. Three.", "One. 2! Three. Four?", (Change("Two.", "2!"), Change("", "Four?"))),
    ("3.5 mg", "4.5 mg", (Change("3.", "4."),)),
])
def test_the_difference_is_what_went_and_what_came(before: str, after: str, expected: tuple[Change, ...]) -> None:
    assert changes(before, after) == expected


@hypothesis_settings(max_examples=100)
@given(st.lists(st.sampled_from(["One.", "Two!", "Three?", "four"]), max_size=8),
       st.lists(st.sampled_from(["One.", "Two!", "Three?", "five"]), max_size=8))
def test_nothing_has_changed_exactly_if_the_sentences_are_the_same(before: list[str], after: list[str]) -> None:
    old, new = "\n".join(before), "\n".join(after)
    assert (changes(old, new) == ()) == (sentences(old) == sentences(new))
    for change in changes(old, new):
        assert change.removed or change.added
