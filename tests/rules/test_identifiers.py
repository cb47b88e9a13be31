"""Numbers and codes on papers for insurance: what is right, and what is said of what is not."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from practicerunner.rules.identifiers import (
    is_npi,
    modifiers_of,
    modifiers_problem,
    npi_problem,
    place_problem,
    service_code_warning,
    tax_id_problem,
    taxonomy_problem,
)


@pytest.mark.parametrize(("text", "right"), [
    ("1234567893", True), ("1558598797", True), ("1558598796", False), ("2000000010", True), ("0000000006", True),
    ("123456789", False), ("12345678930", False), ("123456789a", False), ("", False), ("１２３４５６７８９３", False),
    (" 1234567893", False),
])
def test_the_last_digit_of_an_npi_checks_the_others(text: str, right: bool) -> None:
    assert is_npi(text) is right


@settings(max_examples=200)
@given(st.text("0123456789", min_size=9, max_size=9), st.integers(0, 8), st.integers(1, 9))
def test_one_wrong_digit_is_always_noticed(stem: str, place: int, off: int) -> None:
    right = next(stem + str(digit) for digit in range(10) if is_npi(stem + str(digit)))
    wrong = right[:place] + str((int(right[place]) + off) % 10) + right[place + 1:]
    assert not is_npi(wrong)


def test_what_is_said_of_a_wrong_npi() -> None:
    assert npi_problem("") == npi_problem("1234567893") == ""
    assert npi_problem("12345") == "An NPI has ten digits."
    assert "last digit does not fit" in npi_problem("1558598796")


@pytest.mark.parametrize(("text", "right"), [
    ("12-3456789", True), ("00-0000000", True), ("", True), ("123456789", False), ("12-345678", False),
    ("12-34567890", False), ("123-45-6789", False), ("1２-3456789", False), ("12-3456789\n", False),
])
def test_a_tax_id_is_two_digits_a_hyphen_and_seven(text: str, right: bool) -> None:
    assert (tax_id_problem(text) == "") is right


@pytest.mark.parametrize(("text", "right"), [
    ("", True), ("106H00000X", True), ("106H00000", False), ("106h00000X", False),
])
def test_a_taxonomy_code_has_ten_characters_and_ends_with_x(text: str, right: bool) -> None:
    assert (taxonomy_problem(text) == "") is right


@pytest.mark.parametrize(("text", "usual"), [
    ("12345", True), ("X0834", True), ("0001F", True), ("", True), ("SESSION", False), ("1234", False),
    ("x0834", False),
])
def test_an_odd_service_code_is_kept_with_a_warning(text: str, usual: bool) -> None:
    assert (service_code_warning(text) == "") is usual


@pytest.mark.parametrize(("text", "right"), [
    ("", True), ("95", True), ("95 HO", True), ("95,HO;U1 GT", True), ("95 HO U1 GT 93", False), ("9", False),
    ("95 95", False), ("HOO", False),
])
def test_up_to_four_modifiers_of_two_characters(text: str, right: bool) -> None:
    assert (modifiers_problem(text) == "") is right
    assert modifiers_of(" 95, ho") == ("95", "HO")


@pytest.mark.parametrize(("text", "right"), [("11", True), ("02", True), ("1", False), ("", False), ("1a", False)])
def test_a_place_of_service_has_two_digits(text: str, right: bool) -> None:
    assert (place_problem(text) == "") is right
