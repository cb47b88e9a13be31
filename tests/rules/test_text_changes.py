"""What a supervisor is shown of a text that came back."""

from itertools import product

import pytest

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


def test_nothing_has_changed_exactly_if_the_sentences_are_the_same() -> None:
    texts = ["\n".join(words) for length in range(4) for words in product(("One.", "Two!", "three"), repeat=length)]
    for before, after in product(texts, repeat=2):
        found = changes(before, after)
        assert (found == ()) == (sentences(before) == sentences(after))
        assert all(change.removed or change.added for change in found)
