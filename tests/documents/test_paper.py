"""Names out of every script, and text that means harm."""

import io
import logging
from collections.abc import Callable
from datetime import UTC, date, datetime, time

import pypdf
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from practicerunner.documents.bundle import bundle
from practicerunner.documents.credit_note import CreditNote, paint_credit_note
from practicerunner.documents.estimate import paint_estimate
from practicerunner.documents.invoice import paint_invoice
from practicerunner.documents.issued import Void
from practicerunner.documents.note import Passage, Signature, SignedPage, paint_note
from practicerunner.documents.paper import Addressee
from practicerunner.documents.receipt import paint_receipt
from practicerunner.documents.record import Filed, Record, Visit, paint_record
from practicerunner.documents.sheet import Sheet
from practicerunner.documents.statement import paint_statement
from practicerunner.documents.superbill import paint_superbill
from practicerunner.documents.typefaces import is_complex, readable, typefaces
from tests.documents.insurance_papers import a_superbill, an_estimate
from tests.documents.papers import (
    AISHA,
    PRACTICE,
    a_receipt,
    a_statement,
    an_invoice,
    fonts,
    letters,
    lines,
    pages,
    problems,
)

LEFT_TO_RIGHT = [
    "Łukasz Żółć", "Nguyễn Thị Ánh", "Ame\u0301lie Zoe\u0308", "Þórður Ægisson", "Ελένη Παπαδοπούλου", "Юлія Їжакевич",
    "王小明", "山田 太郎", "김민수", "ქეთევან", "Անահիտ", "አበበ", "𝒜da", "{nb} {nb}",
    "zero\u200bwidth\ufeff", "soft\u00adhyphen",
    "[pay](https://evil.example)", "**bold** __under__ --strike--", "<b>bold</b><img src=x>", "back\\slash (paren) %",
    "😀", "O’Brien – “Bo”", "ﬁﬂ", "a\u2028b", "\u202eevil\u202c",
]
SHAPED = [
    "משה כהן", "مريم العلي", "Anna כהן Morgan", "فاطمه\u200cزهرا", "สมชาย วิชัย", "राम शर्मा",
    "தமிழ்", "X\u0338\u0353y",
]


@pytest.mark.parametrize("name", LEFT_TO_RIGHT)
def test_a_name_comes_back_from_the_paper(name: str) -> None:
    pdf = paint_invoice(an_invoice(bill_to=AISHA.model_copy(update={"name": name})))
    assert letters(name) in letters("".join(pages(pdf)))
    assert problems(pdf) == []
    assert all(fonts(pdf).values())


@pytest.mark.parametrize("name", SHAPED)
def test_a_name_that_needs_shaping_has_all_its_letters_on_the_paper(name: str) -> None:
    plain = letters("".join(pages(paint_invoice(an_invoice(bill_to=AISHA.model_copy(update={"name": ""}))))))
    pdf = paint_invoice(an_invoice(bill_to=AISHA.model_copy(update={"name": name})))
    drawn = list(letters("".join(pages(pdf))))
    for letter in plain:
        drawn.remove(letter)
    # A reader may give the letters of a word in the order of the eye, so order is not compared here.
    assert sorted(drawn) == sorted(letters(name))
    assert problems(pdf) == []
    assert all(fonts(pdf).values())


@pytest.mark.parametrize("name", ["משה כהן", "مريم العلي"])
def test_each_right_to_left_word_is_readable_in_one_direction_or_the_other(name: str) -> None:
    text = letters("".join(lines(paint_receipt(a_receipt(received_from=AISHA.model_copy(update={"name": name}))))))
    for word in name.split():
        assert letters(word) in text or letters(word)[::-1] in text


@pytest.mark.parametrize(
    "name", ["bell\x07tab\tnul\0", "\ud800 lone", "\U0010ffff", "\ue000", "👩🏽‍⚕️ family", "\n\n", "", " "]
)
def test_what_no_font_has_does_not_stop_a_paper(name: str, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.WARNING):
        # A lone surrogate cannot be a JSON text, so such content is built without the model's own check.
        whom = AISHA.model_copy(update={"name": name})
        pdf = paint_invoice(an_invoice().model_copy(update={"bill_to": whom, "case_name": name}))
    assert problems(pdf) == []
    assert "missing the following glyphs" not in caplog.text


def test_a_name_everywhere_it_may_stand() -> None:
    name = "王 משה Łu [x](https://evil.example) 😀"
    practice = PRACTICE.model_copy(update={"name": name, "address": name, "phone": name, "email": name, "tax_id": name})
    for pdf in (
        paint_invoice(an_invoice(practice=practice, case_name=name, number=name, paid_note=name, replaces=name)),
        paint_receipt(a_receipt(practice=practice, method=name, number=name)),
    ):
        assert problems(pdf) == []
        assert all("/Annots" not in page for page in pypdf.PdfReader(io.BytesIO(pdf)).pages), "there is no live link"


def test_a_text_cannot_turn_the_letters_around() -> None:
    assert readable("\u202eabc\u202c") == "abc"
    assert readable("a\x07b") == "a b"
    assert readable("Ame\u0301lie") == "Amélie"
    assert readable("فاطمه\u200cزهرا") == "فاطمه\u200cزهرا"


def test_scripts_with_conjuncts_and_marks_have_fonts_that_shape_them() -> None:
    for name, family in (
        ("राम शर्मा क्षत्रिय", "LohitDevanagari"), ("สมชาย กำธร", "NotoSansThai"), ("கார்த்திக் செல்வி", "NotoSansTamil"),
        ("শর্মিষ্ঠা", "NotoSansBengali"), ("ਗੁਰਪ੍ਰੀਤ ਸਿੰਘ", "NotoSansGurmukhi"), ("សុខា", "NotoSansKhmer"),
        ("အောင်ကျော်", "NotoSansMyanmar"),
    ):
        found = fonts(paint_invoice(an_invoice(case_name=name)))
        assert any(font.replace("-", "").startswith(family) for font in found), found
        assert not any("Unifont" in font for font in found)


KINDS: dict[str, Callable[[str], bytes]] = {
    "invoice": lambda name: paint_invoice(an_invoice(case_name=name, bill_to=Addressee(name=name))),
    "void invoice": lambda name: paint_invoice(an_invoice(
        case_name=name, void=Void(reason=name, voided_on=date(2026, 11, 14)))),
    "receipt": lambda name: paint_receipt(a_receipt(received_from=Addressee(name=name))),
    "refund receipt": lambda name: paint_receipt(a_receipt(
        amount_cents=-100, unapplied_cents=-100, applied=(), receipt_number="RCT-2026-0001", reason=name)),
    "credit note": lambda name: paint_credit_note(CreditNote(
        number="CN-2026-0001", issued_on=date(2026, 11, 14), practice=PRACTICE, credit_to=Addressee(name=name),
        invoice_number="INV-2026-0001", invoice_date=date(2026, 11, 12), invoice_cents=100, description=name,
        reason=name, amount_cents=100)),
    "statement": lambda name: paint_statement(a_statement(statement_for=Addressee(name=name), case_name=name)),
    "superbill": lambda name: paint_superbill(a_superbill(client=Addressee(name=name))),
    "estimate": lambda name: paint_estimate(an_estimate(client=Addressee(name=name))),
    "note": lambda name: paint_note(a_note(name)),
    "record": lambda name: paint_record(Record(
        practice=PRACTICE, subject=name, facts=((name, name),), made_on=date(2026, 11, 20),
        visits_label="Appointments", visits=(Visit(
            day=date(2026, 11, 1), start=time(10), minutes=50, service=name, attendance="Attended"),),
        files=(Filed(day=date(2026, 11, 1), title=name, kind="Letter"),), pages=(a_note(name),))),
}


def a_note(name: str) -> SignedPage:
    return SignedPage(
        title="Progress note", dated=date(2026, 11, 1), subject=name, practice=PRACTICE, zone="America/New_York",
        sections=(Passage(label="Data", text=name),),
        signatures=(Signature(name=name, at=datetime(2026, 11, 1, 20, tzinfo=UTC)),))


@pytest.mark.parametrize("kind", KINDS)
def test_every_kind_holds_every_script_and_a_strict_reader_finds_nothing_wrong(kind: str) -> None:
    for name in ("Łukasz Żółć Παπαδοπούλου Їжакевич 王小明 山田 ひらがな 김민수 😀", "Alexandria " * 20):
        pdf = KINDS[kind](name)
        assert problems(pdf) == [] and all(fonts(pdf).values())
        drawn = letters("".join(lines(pdf)))
        assert all(letters(word) in drawn for word in name.split())
    shaped = KINDS[kind]("משה مريم राम กำธร")
    assert problems(shaped) == [] and all(fonts(shaped).values())


def test_papers_in_one_file_stay_as_they_were_in_their_order() -> None:
    one, two = paint_invoice(an_invoice()), paint_statement(a_statement())
    made = bundle([one, two], "Both")
    assert pages(made) == pages(one) + pages(two)
    assert problems(made) == [] and made == bundle([one, two], "Both")
    assert set(fonts(made)) == {"DejaVuSansBook", "DejaVuSansBold"}


def test_only_scripts_that_need_it_are_shaped() -> None:
    assert not any(map(is_complex, ["Aisha", "Łukasz", "Ελένη", "王小明", "김민수", "Nguyễn"]))
    assert all(map(is_complex, ["משה", "مريم", "राम", "วิชัย"]))


def test_the_large_fonts_are_left_out_where_they_are_not_needed() -> None:
    assert len(fonts(paint_invoice(an_invoice(case_name="Łukasz Ελένη Юлія")))) == 2
    assert len(fonts(paint_invoice(an_invoice(case_name="王小明")))) == 3


def test_a_font_is_read_once_for_many_papers_and_none_leaves_a_letter_in_another() -> None:
    plain, foreign = an_invoice(), an_invoice(case_name="Zoë Łukasz", bill_to=Addressee(name="משה Юлія 王小明"))
    alone = paint_invoice(plain)
    assert [one.cut for one in typefaces(plain)] == [one.cut for one in typefaces(an_invoice(case_name="Zoë Łukasz"))]
    paint_invoice(foreign)
    assert paint_invoice(plain) == alone and len(alone) < 16_000
    assert paint_invoice(foreign) == paint_invoice(foreign)


def test_letters_that_look_alike_are_told_apart_when_copied() -> None:
    name = "A\u00a0B-\u2011\u00adΩ\u2126"
    copied = "".join(pages(paint_invoice(an_invoice(case_name=name))))
    assert "A\u00a0B-\u2011ΩΩ" in copied


@settings(max_examples=25, deadline=None)
@given(st.text(max_size=80))
def test_no_text_at_all_stops_a_paper(text: str) -> None:
    assert problems(paint_receipt(a_receipt(received_from=AISHA.model_copy(update={"name": text})))) == []


def test_a_text_without_a_blank_takes_twice_as_long_when_it_is_twice_as_long(monkeypatch: pytest.MonkeyPatch) -> None:
    measured = [0]
    width = Sheet._width

    def counting(sheet: Sheet, words: str) -> float:
        measured[0] += len(words)
        return width(sheet, words)

    def letters_measured(length: int) -> int:
        measured[0] = 0
        paint_note(SignedPage(
            title="Progress note", dated=date(2026, 10, 12), subject="Noor Haddad", practice=PRACTICE,
            zone="America/New_York", sections=(Passage(label="Plan", text="abcdefgh" * (length // 8)),),
            signatures=(Signature(name="Marcus Bell", at=datetime(2026, 10, 12, 20, tzinfo=UTC)),),
        ))
        return measured[0]

    monkeypatch.setattr(Sheet, "_width", counting)
    assert letters_measured(16_000) < 2.2 * letters_measured(8_000)
