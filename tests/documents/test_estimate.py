"""The good faith estimate on paper."""

import pytest
from pydantic import ValidationError

from practicerunner.documents.estimate import DISCLAIMERS, DISCLAIMERS_VERSION, Estimate, paint_estimate
from tests.documents.insurance_papers import INTAKE, WEEKLY, an_estimate
from tests.documents.papers import AISHA, fonts, letters, lines, pages, problems
from tests.documents.test_paper import LEFT_TO_RIGHT


def text(estimate: Estimate) -> str:
    return " ".join(" ".join(lines(paint_estimate(estimate))).split())


def test_the_paper_says_exactly_what_the_estimate_says() -> None:
    found = text(an_estimate(separately="A test by another provider", version=2, replaces="GFE-2026-0000"))
    for words in (
        "Good faith estimate", "GFE-2026-0001", "Version 2", "Replaces GFE-2026-0000", "Issued 20 October 2026",
        "Date of birth 12 April 1988", "From 2 November 2026", "To 19 April 2027", "Tax ID 93-0000000",
        "Primary service Intake, 2 November 2026", "F41.1", "Marcus Bell, LMFT · NPI 2100000035",
        "412 Alder Street, Portland, OR 97205", "Service Code When Quantity Each Expected",
        "Intake X0791 2 November 2026 1 225.00 225.00",
        "Individual session X0834 9 November 2026 to 19 April 2027 24 165.00 3,960.00", "every week",
        "Expected total USD 4,185.00", "A test by another provider", "Separate good faith estimates are issued",
    ):
        assert words in found, words


def test_all_five_disclaimers_stand_on_it_word_by_word() -> None:
    found = text(an_estimate())
    assert len(DISCLAIMERS) == 5
    for place, words in enumerate(DISCLAIMERS, start=1):
        assert f"{place}. {words}" in found


def test_an_estimate_keeps_the_texts_that_it_was_shared_with() -> None:
    old = an_estimate(disclaimers_version=0, disclaimers=("An older text.",))
    kept = Estimate.model_validate(old.model_dump(mode="json"))
    found = text(kept)
    assert "1. An older text." in found
    assert "dispute resolution" not in found
    assert DISCLAIMERS_VERSION == 1


def test_what_is_blank_is_said_as_such() -> None:
    found = text(an_estimate(diagnoses=(), separately=" "))
    assert "where applicable None has been made at this time." in found
    assert "separate scheduling None is expected at this time." in found
    assert "Replaces" not in found


@pytest.mark.parametrize("changes", [
    {"total_cents": 4185_01}, {"items": ()}, {"items": (INTAKE,)}, {"providers": ()}, {"birth_date": None},
])
def test_one_that_does_not_add_up_or_lacks_something_is_refused(changes: dict[str, object]) -> None:
    with pytest.raises(ValidationError):
        an_estimate(**changes)


def test_content_kept_as_json_draws_the_same_bytes() -> None:
    kept = Estimate.model_validate(an_estimate().model_dump(mode="json"))
    assert kept == an_estimate()
    assert paint_estimate(kept) == paint_estimate(an_estimate())


@pytest.mark.parametrize("name", [*LEFT_TO_RIGHT[::4], "long " * 60])
def test_hostile_names_stand_on_it_as_they_are(name: str) -> None:
    item = WEEKLY.model_copy(update={"description": name, "frequency": name})
    pdf = paint_estimate(an_estimate(
        client=AISHA.model_copy(update={"name": name}), items=(item,), total_cents=3960_00, place=name,
        separately=name))
    assert letters(name) in letters("".join(pages(pdf)))
    assert problems(pdf) == []
    assert all(fonts(pdf).values())
