"""The credit note on paper."""

from datetime import date
from typing import Any

import pytest
from pydantic import ValidationError

from practicerunner.documents.credit_note import CreditNote, paint_credit_note
from practicerunner.documents.issued import Void
from practicerunner.documents.receipt import Applied, paint_receipt
from tests.documents.papers import AISHA, PRACTICE, a_receipt, lines, problems

HOSTILE = "[pay](https://evil.example) <b>**bold**</b> 山田 שרה e\u0301 " + "x" * 120


def a_note(**changes: Any) -> CreditNote:
    fields: dict[str, Any] = {
        "number": "CN-2026-0003", "issued_on": date(2026, 11, 14), "practice": PRACTICE, "credit_to": AISHA,
        "case_name": "Aisha & Ben Morgan", "invoice_number": "INV-2026-0001", "invoice_date": date(2026, 11, 12),
        "invoice_cents": 29250, "description": "Couple session, 50 minutes", "reason": "Started late",
        "amount_cents": 2500,
    }
    return CreditNote(**(fields | changes))


def test_the_paper_says_what_was_taken_off_which_invoice_and_why() -> None:
    pdf = paint_credit_note(a_note())
    text = " ".join(" ".join(lines(pdf)).split())
    for said in ("Credit note", "CN-2026-0003", "Credit to", "Aisha Morgan", "Issued 14 November 2026",
                 "Invoice INV-2026-0001", "Invoice date 12 November 2026", "Invoice total 292.50",
                 "Couple session, 50 minutes 25.00", "Reason: Started late", "USD 25.00",
                 "This amount was taken off invoice INV-2026-0001."):
        assert said in text
    assert "VOID" not in text
    assert problems(pdf) == []
    assert paint_credit_note(CreditNote.model_validate(a_note().model_dump(mode="json"))) == pdf


def test_taken_back_it_says_void_since_when_and_why() -> None:
    void = Void(reason="Paid after all", voided_on=date(2026, 11, 20))
    for pdf in (paint_credit_note(a_note(void=void)), paint_receipt(a_receipt(void=void))):
        text = " ".join(" ".join(lines(pdf)).split())
        assert "VOID" in text
        assert "void since 20 November 2026. Paid after all" in text
        assert "Thank you" not in text


def test_a_refund_names_the_receipt_it_gives_back_and_its_reason() -> None:
    back = Applied(invoice_number="INV-2026-0003", service="Workshop", amount_cents=-6000)
    text = " ".join(" ".join(lines(paint_receipt(a_receipt(
        amount_cents=-6000, unapplied_cents=0, applied=(back,), receipt_number="RCT-2026-0007", reason="Cancelled",
    )))).split())
    assert "Refund of RCT-2026-0007" in text
    assert "Reason: Cancelled" in text


def test_hostile_text_stays_text() -> None:
    pdf = paint_credit_note(a_note(reason=HOSTILE, description=HOSTILE, case_name=HOSTILE))
    assert problems(pdf) == []
    assert "[pay](https://evil.example)" in " ".join(lines(pdf))


@pytest.mark.parametrize("cents", [0, -1])
def test_it_takes_something_off(cents: int) -> None:
    with pytest.raises(ValidationError):
        a_note(amount_cents=cents)
