"""The receipt on paper."""

import pytest
from pydantic import ValidationError

from practicerunner.documents.receipt import Applied, Receipt, paint_receipt
from tests.documents.papers import a_receipt, lines, problems


def test_the_paper_says_what_came_in_and_what_it_paid() -> None:
    pdf = paint_receipt(a_receipt())
    text = " ".join(" ".join(lines(pdf)).split())
    assert "RCT-2026-0007" in text
    assert "Received from" in text
    assert "Aisha Morgan" in text
    assert "Received 14 November 2026" in text
    assert "Method Card, ending 4242" in text
    assert "Invoice For Amount (USD)" in text
    assert "INV-2026-0001 Couple session, 50 minutes 210.00" in text
    assert "Not yet applied; kept as credit 90.00" in text
    assert "Received USD 300.00" in text
    assert "Page 1 of 1" in text
    assert problems(pdf) == []


def test_nothing_is_said_of_credit_when_all_is_applied() -> None:
    text = " ".join(lines(paint_receipt(a_receipt(amount_cents=21000, unapplied_cents=0, reference=""))))
    assert "credit" not in text
    assert "ending" not in text
    assert "USD 210.00" in text


def test_money_applied_to_nothing_yet_still_has_a_receipt() -> None:
    assert "90.00" in " ".join(lines(paint_receipt(a_receipt(applied=(), amount_cents=9000))))


def test_a_refund_reads_as_money_that_went_back() -> None:
    back = Applied(invoice_number="INV-2026-0003", service="Workshop", amount_cents=-6000)
    text = " ".join(lines(paint_receipt(a_receipt(amount_cents=-6000, unapplied_cents=0, applied=(back,)))))
    assert "Refund receipt" in text
    assert "Refunded to" in text
    assert "USD 60.00" in text
    assert "-60.00" not in text
    assert "Received" not in text


@pytest.mark.parametrize("changes", [{"amount_cents": 30001}, {"unapplied_cents": 0}, {"applied": ()}])
def test_parts_that_do_not_add_up_are_refused(changes: dict[str, object]) -> None:
    with pytest.raises(ValidationError, match="do not add up to the amount"):
        a_receipt(**changes)


def test_a_whole_card_number_is_refused() -> None:
    with pytest.raises(ValidationError, match="last four"):
        a_receipt(reference="4242424242424242")


def test_content_kept_as_json_draws_the_same_bytes() -> None:
    kept = Receipt.model_validate(a_receipt().model_dump(mode="json"))
    assert kept == a_receipt()
    assert paint_receipt(kept) == paint_receipt(a_receipt())
