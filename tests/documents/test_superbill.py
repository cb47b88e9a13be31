"""The superbill on paper."""

from datetime import date

import pytest
from pydantic import ValidationError

from practicerunner.documents.issued import Void
from practicerunner.documents.superbill import Superbill, paint_superbill
from tests.documents.insurance_papers import SESSION, a_superbill
from tests.documents.papers import AISHA, PRACTICE, fonts, letters, lines, pages, problems
from tests.documents.test_paper import LEFT_TO_RIGHT


def text(superbill: Superbill) -> str:
    return " ".join(" ".join(lines(paint_superbill(superbill))).split())


def test_the_paper_says_exactly_what_the_superbill_says() -> None:
    found = text(a_superbill(practice_npi="2100000019"))
    for words in (
        "Superbill", "SB-2026-0001", "Lindenhof Counseling Group", "412 Alder Street, Suite 3", "(503) 555-0142",
        "Tax ID 93-0000000", "Practice NPI 2100000019", "Aisha Morgan", "18 Orchard Lane", "Issued 20 November 2026",
        "Date of birth 12 April 1988", "From 1 October 2026", "To 31 October 2026",
        "Marcus Bell, LMFT · NPI 2100000035 · Licence OR 4711 · Taxonomy 106H00000X",
        "Diagnoses (ICD-10-CM) A F41.1 B Z63.0", "Date Service Code Place Diag. Units Charge Paid",
        "10/01/2026 Individual session X0834 10 AB 1 165.00 165.00", "95 HO",
        "10/08/2026 Group session X0853 11 A 1 75.00 60.00", "Priya Nair, LMFT-A less 5.00",
        "under supervision of Ruth Stein, PhD", "paid by Northside Clinic LLC", "Total 240.00 225.00",
        "Balance USD 10.00", "This is a statement of services already rendered and of what was paid for them; it is "
        "not a bill. Submitting it does not guarantee reimbursement.", "Page 1 of 1",
    ):
        assert words in found, words
    assert "VOID" not in found


def test_parts_that_are_empty_leave_no_trace() -> None:
    found = text(a_superbill(lines=(SESSION,), charged_cents=165_00, adjusted_cents=0, paid_cents=165_00))
    for absent in ("supervision", "paid by", "Practice NPI", "less"):
        assert absent not in found
    assert "Balance USD 0.00" in found


def test_a_void_superbill_says_so_on_every_page() -> None:
    many = (SESSION,) * 40
    sheets = pages(paint_superbill(a_superbill(
        lines=many, charged_cents=40 * 165_00, adjusted_cents=0, paid_cents=40 * 165_00,
        void=Void(reason="Wrong client.", voided_on=date(2026, 11, 21)))))
    assert len(sheets) > 1
    assert all("VOID" in sheet for sheet in sheets)
    assert "This superbill has been void since 21 November 2026. Wrong client." in " ".join(sheets[0].split())
    assert "Total" in sheets[-1]


@pytest.mark.parametrize("changes", [
    {"charged_cents": 240_01}, {"paid_cents": 225_01}, {"adjusted_cents": 0}, {"lines": ()}, {"diagnoses": ()},
    {"providers": ()}, {"birth_date": None},
])
def test_one_that_does_not_add_up_or_lacks_something_is_refused(changes: dict[str, object]) -> None:
    with pytest.raises(ValidationError):
        a_superbill(**changes)


def test_content_kept_as_json_draws_the_same_bytes() -> None:
    kept = Superbill.model_validate(a_superbill().model_dump(mode="json"))
    assert kept == a_superbill()
    assert paint_superbill(kept) == paint_superbill(a_superbill())


@pytest.mark.parametrize("name", [*LEFT_TO_RIGHT[::4], "long " * 60])
def test_hostile_names_stand_on_it_as_they_are(name: str) -> None:
    line = SESSION.model_copy(update={"description": name, "paid_by": name, "supervisor": name})
    pdf = paint_superbill(a_superbill(
        client=AISHA.model_copy(update={"name": name, "address": name}), lines=(line,), charged_cents=165_00,
        adjusted_cents=0, paid_cents=165_00, practice=PRACTICE.model_copy(update={"name": name})))
    assert letters(name) in letters("".join(pages(pdf)))
    assert problems(pdf) == []
    assert all(fonts(pdf).values())


@pytest.mark.parametrize("count", range(8, 24))
def test_the_sums_never_stand_alone_on_a_page(count: int) -> None:
    sheets = pages(paint_superbill(a_superbill(
        lines=(SESSION,) * count, charged_cents=165_00 * count, adjusted_cents=0, paid_cents=165_00 * count)))
    assert "Individual session" in sheets[-1] and "Total" in sheets[-1] and "Balance" in sheets[-1]
