"""The invoice on paper."""

import io
import os
import subprocess
import sys
from datetime import date

import pikepdf
import pytest
from pydantic import ValidationError

from practicerunner.documents.invoice import Invoice, Line, paint_invoice
from practicerunner.documents.issued import Void
from tests.documents.papers import AISHA, COUPLE_SESSION, PRACTICE, an_invoice, fonts, letters, lines, pages, problems


def test_the_paper_says_exactly_what_the_invoice_says() -> None:
    assert set(lines(paint_invoice(an_invoice()))) >= {
        "Lindenhof Counseling Group", "412 Alder Street, Suite 3", "(503) 555-0142 · office@lindenhof.example",
        "Tax ID 93-0000000", "INV-2026-0001", "Aisha Morgan", "18 Orchard Lane", "Portland, OR 97211",
        "For Aisha & Ben Morgan", "Priya Nair, LMFT-A, supervised by Ruth Stein, PhD", "Marcus Bell, LMFT",
    }
    text = " ".join(" ".join(lines(paint_invoice(an_invoice()))).split())
    assert "Issued 12 November 2026" in text
    assert "Due 12 December 2026" in text
    assert "Date Service Amount (USD)" in text
    assert "4 November 2026 Couple session, 50 minutes 210.00" in text
    assert "11 November 2026 Late cancellation fee 82.50" in text
    assert "Total USD 292.50" in text
    assert (
        "Please pay USD 292.50 by 12 December 2026 and give the number INV-2026-0001 with your payment. "
        "Questions? (503) 555-0142 or office@lindenhof.example" in text
    )
    assert "Page 1 of 1" in text
    assert "VOID" not in text
    assert "Replaces" not in text


def test_parts_that_are_empty_leave_no_trace() -> None:
    bare = an_invoice(
        practice=PRACTICE.model_copy(update={"address": "", "phone": "", "email": "", "tax_id": ""}), case_name="",
        bill_to=AISHA.model_copy(update={"address": ""}),
        lines=(COUPLE_SESSION.model_copy(update={"provider": "", "supervisor": ""}),), total_cents=21000,
    )
    text = "\n".join(lines(paint_invoice(bare)))
    for absent in ("Tax ID", "·", "For ", "Questions", "supervised", "Supervised"):
        assert absent not in text


def test_a_note_on_payment_takes_the_place_of_the_request_to_pay() -> None:
    text = " ".join(lines(paint_invoice(an_invoice(paid_note="Paid on 12 November 2026. Nothing is due."))))
    assert "Paid on 12 November 2026. Nothing is due." in text
    assert "Please pay" not in text


def test_a_void_invoice_says_so_across_each_page_and_asks_for_nothing() -> None:
    void = Void(reason="Issued to the wrong payer.", voided_on=date(2026, 11, 14))
    many = tuple(COUPLE_SESSION for _ in range(40))
    sheets = pages(paint_invoice(an_invoice(void=void, lines=many, total_cents=40 * 21000, replaces="INV-2026-0000")))
    assert len(sheets) > 1
    assert all("VOID" in sheet for sheet in sheets)
    text = " ".join(" ".join(sheets).split())
    assert "This invoice has been void since 14 November 2026. Issued to the wrong payer." in text
    assert "Replaces INV-2026-0000" in text
    assert "Please pay" not in text


def test_two_hundred_lines_run_over_pages_each_with_headings_and_its_number() -> None:
    many = tuple(
        Line(service_date=date(2026, 1, 1), description=f"Session {n:03}.", amount_cents=100 + n) for n in range(200)
    )
    pdf = paint_invoice(an_invoice(lines=many, total_cents=sum(line.amount_cents for line in many)))
    sheets = pages(pdf)
    for at, sheet in enumerate(sheets, start=1):
        assert f"Page {at} of {len(sheets)}" in sheet
        assert "Amount (USD)" in sheet
    text = "".join(sheets)
    assert [text.count(f"Session {n:03}.") for n in range(200)] == [1] * 200
    assert text.index("Session 000.") < text.index("Session 100.") < text.index("Session 199.")
    assert "399.00" not in sheets[0]
    assert "Session 199." in sheets[-1], "the total stands with at least one line"
    assert "USD 399.00" in sheets[-1]
    assert problems(pdf) == []


@pytest.mark.parametrize("count", range(9, 30))
def test_the_total_never_stands_alone_on_a_page(count: int) -> None:
    sheets = pages(paint_invoice(an_invoice(lines=(COUPLE_SESSION,) * count, total_cents=21000 * count)))
    assert "Couple session" in sheets[-1]
    assert "Total" in sheets[-1]
    assert "Please pay" in sheets[-1]
    assert f"Page {len(sheets)} of {len(sheets)}" in sheets[-1]


def test_lines_that_do_not_add_up_are_refused() -> None:
    with pytest.raises(ValidationError, match="The lines of the invoice do not add up to its total"):
        an_invoice(total_cents=29251)
    with pytest.raises(ValidationError):
        an_invoice(lines=(), total_cents=0)


def test_a_credit_on_a_line_is_written_with_a_minus() -> None:
    credit = Line(service_date=date(2026, 11, 12), description="Goodwill", amount_cents=-6000)
    text = " ".join(lines(paint_invoice(an_invoice(lines=(COUPLE_SESSION, credit), total_cents=15000))))
    assert "Goodwill -60.00" in text
    assert "USD 150.00" in text


def test_content_kept_as_json_draws_the_same_bytes() -> None:
    void = Void(reason="Twice.", voided_on=date(2026, 11, 14))
    for invoice in (an_invoice(), an_invoice(void=void, replaces="INV-2026-0000")):
        kept = Invoice.model_validate(invoice.model_dump(mode="json"))
        assert kept == invoice
        assert paint_invoice(kept) == paint_invoice(invoice)


@pytest.mark.long
def test_another_process_draws_the_same_bytes() -> None:
    name = "Łukasz משה مريم 王小明 สมชาย"
    script = (
        "import sys; from tests.documents.papers import *; from practicerunner.documents.invoice import paint_invoice;"
        f"sys.stdout.buffer.write(paint_invoice(an_invoice(case_name={name!r})))"
    )
    drawn = {
        subprocess.run(
            [sys.executable, "-c", script], check=True, capture_output=True,
            env=os.environ | {"PYTHONHASHSEED": seed, "TZ": zone, "PYTHONPATH": "."},
        ).stdout
        for seed, zone in (("1", "America/Los_Angeles"), ("2", "Asia/Tokyo"))
    }
    assert drawn == {paint_invoice(an_invoice(case_name=name))}


def test_one_changed_cent_changes_the_bytes() -> None:
    other = an_invoice(lines=(COUPLE_SESSION.model_copy(update={"amount_cents": 21001}),), total_cents=21001)
    assert paint_invoice(other) != paint_invoice(an_invoice(lines=(COUPLE_SESSION,), total_cents=21000))


def test_the_file_names_its_title_author_language_and_day_and_embeds_its_fonts() -> None:
    pdf = paint_invoice(an_invoice())
    with pikepdf.open(io.BytesIO(pdf)) as file:
        assert str(file.docinfo.Title) == "Invoice INV-2026-0001"
        assert str(file.docinfo.Author) == "Lindenhof Counseling Group"
        assert str(file.docinfo.CreationDate).startswith("D:20261112000000")
        assert str(file.Root.Lang) == "en"
    assert fonts(pdf) == {"DejaVuSansBook": True, "DejaVuSansBold": True}
    assert problems(pdf) == []
    assert len(pdf) < 60_000


def test_a_description_longer_than_a_page_goes_on_overleaf() -> None:
    long = "x" * 5000
    pdf = paint_invoice(an_invoice(lines=(COUPLE_SESSION.model_copy(update={"description": long}),), total_cents=21000))
    sheets = pages(pdf)
    assert len(sheets) > 2
    assert sum(line.count("x") for line in lines(pdf) if set(line) <= {"x"} or line.count("x") > 20) == 5000
    assert problems(pdf) == []


def test_a_long_name_is_wrapped_not_lost() -> None:
    name = " ".join(f"Name{n:03}" for n in range(60))
    pdf = paint_invoice(an_invoice(bill_to=AISHA.model_copy(update={"name": name})))
    assert letters(name) in letters(" ".join(lines(pdf)).replace("Issued", "").replace("Due", ""))
