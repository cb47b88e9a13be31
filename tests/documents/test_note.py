"""A signed page on paper: what stands on it, in which order, and that it holds every name and any length."""

import json
from datetime import UTC, date, datetime
from typing import Any

import pytest
from pydantic import ValidationError

from practicerunner.documents.note import Addendum, Passage, Signature, SignedPage, paint_note
from practicerunner.documents.paper import Letterhead
from practicerunner.vocabulary import NoteKind
from tests.documents.papers import fonts, letters, lines, pages, problems

PRACTICE = Letterhead(name="Lindenhof Counseling Group", address="412 Alder Street", phone="(503) 555-0142")
SIGNED = Signature(
    name="Priya Nair, LMFT-A", licence="LA 1234", at=datetime(2026, 11, 2, 1, 5, 9, tzinfo=UTC), text_hash="ab" * 32)
COSIGNED = SIGNED.model_copy(update={
    "act": "Co-signed", "name": "Ruth Stein, PhD", "licence": "", "at": datetime(2026, 11, 3, 14, 0, tzinfo=UTC)})


def a_page(**changes: Any) -> SignedPage:
    """A signed note with two sections and one addendum; ``changes`` replace its fields."""
    fields: dict[str, Any] = {
        "title": "Progress note", "dated": date(2026, 10, 31), "subject": "Noor Haddad", "practice": PRACTICE,
        "zone": "America/New_York", "facts": (("Date of service", "Saturday, 31 October 2026"), ("Time", "10:00")),
        "sections": (Passage(label="Data", text="First line.\n\n  Second, **not bold**."),
                     Passage(label="Plan", text="Go on.")),
        "signatures": (SIGNED, COSIGNED),
        "addenda": (Addendum(reason="Correction", text="It was Sunday.", signatures=(SIGNED,)),),
    }
    return SignedPage(**(fields | changes))


def test_everything_stands_on_the_paper_in_its_order() -> None:
    late = "LATE ENTRY: entered 6 November 2026 for 31 October 2026"
    said = lines(paint_note(a_page(stamp=late, remark="That is all.")))
    signed = [
        "Signed electronically by Priya Nair, LMFT-A, licence LA 1234",
        "1 November 2026, 20:05 (America/New_York) · 2 November 2026, 01:05:09 UTC",
    ]
    digest = f"SHA-256 of the signed text: {'ab' * 32}"
    wanted = [
        "Progress note", "31 October 2026", "Lindenhof Counseling Group", "Noor Haddad",
        late, "Data", "First line.", "Plan", "Go on.",
        *signed, digest, "Co-signed electronically by Ruth Stein, PhD",
        "3 November 2026, 09:00 (America/New_York) · 3 November 2026, 14:00:00 UTC", digest, "Addendum 1",
        "Reason: Correction", "It was Sunday.", *signed, digest, "That is all.",
    ]
    assert [line for line in said if line in wanted] == wanted
    assert "Second, **not bold**." in said


def test_the_same_page_gives_the_same_bytes_that_a_strict_reader_takes() -> None:
    pdf = paint_note(a_page())
    assert pdf == paint_note(a_page()) and problems(pdf) == []
    assert all(fonts(pdf).values())


@pytest.mark.parametrize(
    "title", ["Treatment plan", *(kind.label for kind in NoteKind if kind is not NoteKind.PSYCHOTHERAPY)])
def test_no_title_is_cut_off(title: str) -> None:
    assert title in lines(paint_note(a_page(title=title)))


@pytest.mark.parametrize("name", ["Łukasz Żółć", "سلمى عطية", "木村 愛子", "Zoë́ " + "X" * 90, "</b>$x$ **a**", "a\nb"])
def test_every_name_can_be_printed(name: str) -> None:
    pdf = paint_note(a_page(subject=name, parts=(Passage(label=name, text=f"Of {name}"),), parts_label="Own parts"))
    assert problems(pdf) == []
    if name.isascii():
        assert letters(name) in letters("".join(pages(pdf)))


def test_a_long_note_runs_over_pages_and_a_heading_never_stands_alone() -> None:
    long = "\n\n".join(f"Paragraph {number}. " + "Words and more words. " * 30 for number in range(60))
    sections = Passage(label="Data", text=long), Passage(label="Plan", text="Go on.")
    sheets = pages(paint_note(a_page(sections=sections)))
    assert len(sheets) > 5
    for number, sheet in enumerate(sheets, 1):
        assert f"Page {number} of {len(sheets)}" in sheet
        assert ("Progress note, 31 October 2026, Noor Haddad" in sheet) == (number > 1)
        assert not any(line == "Plan" and after.startswith("Lindenhof")
                       for line, after in zip(sheet.splitlines(), sheet.splitlines()[1:], strict=False))
    whole = letters("".join(sheets))
    assert all(f"Paragraph{number}." in whole for number in range(60))


@pytest.mark.parametrize("changes", [
    {"signatures": ()}, {"sections": (), "parts": ()}, {"sections": (Passage(label="Data", text="  "),)},
    {"signatures": ({"name": "A", "at": "2026-11-02T01:05:09"},)},
])
def test_what_is_unsigned_empty_or_without_a_zone_is_no_page(changes: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        a_page(**changes)


def test_a_page_can_be_kept_as_json_and_printed_again() -> None:
    page = a_page()
    assert paint_note(SignedPage.model_validate(json.loads(page.model_dump_json()))) == paint_note(page)
