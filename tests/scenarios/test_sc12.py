"""SC12: a pending payment settles or fails; a failure is one item that closes by itself; nothing counts early."""

from datetime import date

import pytest

from practicerunner.vocabulary import CaseType, DocumentKind, PaymentMethodKind, PaymentState
from practicerunner.workflows.accounts import case_account
from practicerunner.workflows.payment_pages import failed_payments
from practicerunner.workflows.payments import RecordPayment, record_payment
from practicerunner.workflows.settlements import FailPayment, SettlePayment, fail_payment, settle_payment
from tests.cast import Cast, at, balance, hold, invoice, pay, payer_id, people_of
from tests.workflows.test_papers import handed_out, text_of


@pytest.fixture
def nora(cast: Cast) -> tuple[int, int, int]:
    """Two sessions at 165.00: the case, its payer, and a bank payment of 330.00 that is under way."""
    with at("2026-10-01 09:00"):
        case_id = cast.open_case(CaseType.INDIVIDUAL, "Nora Lind")
    for day in ("06", "13"):
        invoice(cast, hold(cast, case_id, "IND50", f"2026-10-{day} 10:00"))
    payer = payer_id(cast, people_of(cast, case_id)["Nora"])
    with at("2026-10-14 09:00"):
        payment = cast.do("Tom", record_payment, RecordPayment(
            payer_id=payer, case_id=case_id, method=PaymentMethodKind.BANK, amount_cents=330_00,
            received_on=date(2026, 10, 14), pending=True))
    return case_id, payer, payment


def test_pending_money_counts_for_nothing_and_settled_money_pays(cast: Cast, nora: tuple[int, int, int]) -> None:
    case_id, _, payment = nora
    assert balance(cast, case_id) == {"Nora Lind": 330_00}
    with at("2026-10-16 09:00"):
        cast.do("Tom", settle_payment, SettlePayment(payment_id=payment, settled_on=date(2026, 10, 16)))
    assert balance(cast, case_id) == {"Nora Lind": 0}
    assert "16 October 2026" in text_of(handed_out(cast, "Tom", DocumentKind.RECEIPT, payment))


def test_it_fails_is_reported_twice_and_is_one_item_until_the_due_is_paid(
    cast: Cast, nora: tuple[int, int, int]
) -> None:
    case_id, payer, payment = nora
    with at("2026-10-16 09:00"):
        for _ in range(2):
            cast.do("Tom", fail_payment, FailPayment(
                payment_id=payment, failed_on=date(2026, 10, 16), reason="insufficient funds"))
        assert balance(cast, case_id) == {"Nora Lind": 330_00}
        (item,) = cast.read("Tom", failed_payments)
        assert (item.latest.payer, item.latest.case_id, item.failures, item.owed_cents) == (
            "Nora Lind", case_id, 1, 330_00)
    pay(cast, payer, case_id, 165_00, "2026-10-17")
    assert [one.owed_cents for one in cast.read("Tom", failed_payments)] == [165_00]
    pay(cast, payer, case_id, 165_00, "2026-10-18")
    assert cast.read("Tom", failed_payments) == []
    states = [row.state for row in cast.read("Tom", case_account, case_id).payments]
    assert sorted(states) == sorted([PaymentState.SETTLED, PaymentState.SETTLED, PaymentState.FAILED])
