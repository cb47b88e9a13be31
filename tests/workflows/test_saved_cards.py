"""Payments with a saved card or account: charged by a processor, or by hand in a terminal."""

from datetime import date
from typing import Any

import pytest
from pydantic import ValidationError
from sqlalchemy import select, text

from practicerunner import database
from practicerunner.errors import BadInput
from practicerunner.records.payments import ProcessorCharge
from practicerunner.vocabulary import PaymentMethodKind, PaymentState
from practicerunner.workflows.payment_methods import (
    RemovePaymentMethod,
    SavePaymentMethod,
    payment_methods_of,
    remove_payment_method,
    save_payment_method,
)
from practicerunner.workflows.payments import record_payment
from practicerunner.workflows.processor import ChargeDeclined, ManualProcessor, Order, Outcome, connect
from practicerunner.workflows.refunds import RefundPayment, refund_payment
from tests.cast import Cast, at
from tests.workflows.test_payments import Ida


@pytest.fixture
def ida(cast: Cast) -> Ida:
    return Ida(cast)


class Terminal(ManualProcessor):
    """A processor that remembers what it was asked."""

    name = "terminal"

    def __init__(self, state: PaymentState = PaymentState.SETTLED) -> None:
        self.state, self.asked = state, list[Order]()

    def charge(self, order: Order) -> Outcome:
        self.asked.append(order)
        return Outcome(f"ch_{len(self.asked)}", self.state)

    def refund(self, order: Order) -> Outcome:
        self.asked.append(order)
        return Outcome(f"re_{len(self.asked)}", self.state)


def saved_card(cast: Cast, case_id: int, payer: int, **more: Any) -> int:
    with at("2026-09-01 09:00"):
        return int(cast.do("Tom", save_payment_method, SavePaymentMethod(**{
            "case_id": case_id, "payer_id": payer, "kind": PaymentMethodKind.CARD, "brand": "Visa",
            "last_four": "4242", "expires": "2026-10", "token": "tok_secret"} | more)))


def test_a_saved_card_is_charged_under_the_operation_id_and_refunded_there(cast: Cast, ida: Ida) -> None:
    card = saved_card(cast, ida.case, ida.payer)
    ask = ida.asks(165_00, method=PaymentMethodKind.CARD, payment_method_id=card)
    terminal = Terminal()
    with connect(terminal), at("2026-09-12 09:00"):
        payment = cast.do("Tom", record_payment, ask)
        assert cast.do("Tom", record_payment, ask) == payment
        cast.do("Tom", refund_payment, RefundPayment(
            payment_id=payment, amount_cents=5_00, method=PaymentMethodKind.CARD, refunded_on=date(2026, 9, 12),
            reason="goodwill"))
    charge, refund = terminal.asked
    assert (charge.key, charge.amount_cents, charge.token) == (ask.op, 165_00, "tok_secret")
    assert (refund.amount_cents, refund.reference) == (5_00, "ch_1")
    assert "tok_secret" not in f"{charge!r}{ask!r}"
    with database.reading(cast.engine) as session:
        kept = session.scalars(select(ProcessorCharge)).one()
        assert (kept.processor, kept.reference, kept.operation) == ("terminal", "ch_1", ask.op)
        assert "tok_secret" not in str([tuple(row) for row in session.execute(text("select * from audit_log"))])
        assert "tok_secret" not in str([tuple(row) for row in session.execute(text("select * from operation"))])


def test_a_declined_card_records_nothing_and_one_under_way_is_pending(cast: Cast, ida: Ida) -> None:
    ask = ida.asks(165_00, method=PaymentMethodKind.CARD, payment_method_id=saved_card(cast, ida.case, ida.payer))
    with at("2026-09-12 09:00"):
        with connect(Terminal(PaymentState.FAILED)), pytest.raises(ChargeDeclined):
            cast.do("Tom", record_payment, ask)
        assert ida.account().payments == ()
        with connect(Terminal(PaymentState.PENDING)):
            cast.do("Tom", record_payment, ask)
    (row,) = ida.account().payments
    assert (row.state, row.reference) == (PaymentState.PENDING, "ch_1")
    assert ida.account().due_cents == 330_00


def test_by_hand_nothing_leaves_and_the_terminal_s_reference_is_kept(cast: Cast, ida: Ida) -> None:
    card = saved_card(cast, ida.case, ida.payer)
    with at("2026-09-12 09:00"):
        cast.do("Tom", record_payment, ida.asks(
            165_00, method=PaymentMethodKind.CARD, payment_method_id=card, reference="slip 881"))
    (row,) = ida.account().payments
    assert (row.state, row.reference) == (PaymentState.SETTLED, "slip 881")
    assert ManualProcessor().status("slip 881") is None


def test_only_the_payer_s_own_saved_card_is_charged_while_it_is_kept_and_in_date(cast: Cast, ida: Ida) -> None:
    theirs = saved_card(cast, ida.other_case, ida.other)
    own = saved_card(cast, ida.case, ida.payer)
    bank = saved_card(cast, ida.case, ida.payer, kind=PaymentMethodKind.BANK, expires="", brand="First Bank")

    def refused(method: int, field: str, on: str = "2026-09-12") -> None:
        with at(f"{on} 09:00"), pytest.raises(BadInput) as problem:
            cast.do("Tom", record_payment, ida.asks(
                10_00, method=PaymentMethodKind.CARD, payment_method_id=method))
        assert problem.value.field == field

    refused(theirs, "payment_method_id")
    refused(bank, "method")
    refused(own, "payment_method_id", "2026-11-01")
    cast.do("Tom", remove_payment_method, RemovePaymentMethod(case_id=ida.case, payment_method_id=own))
    refused(own, "payment_method_id")
    assert {one.payment_method_id for one in cast.read("Tom", payment_methods_of, ida.case)} == {bank}


def test_a_number_is_refused_wherever_a_method_is_typed(cast: Cast, ida: Ida) -> None:
    for field in ("brand", "token"):
        with pytest.raises(ValidationError, match="Never type"):
            saved_card(cast, ida.case, ida.payer, **{field: "4242/4242/4242/4242"})
    with pytest.raises(BadInput):
        saved_card(cast, ida.case, ida.payer, last_four="4242424242424242")
