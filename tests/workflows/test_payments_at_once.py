"""Several people decide about the same money at the same moment: it happens once, and nobody is locked up."""

import threading
from collections import Counter
from collections.abc import Callable
from datetime import date
from typing import Any

import pytest
from sqlalchemy import select

from practicerunner import database
from practicerunner.records import billing, payments
from practicerunner.records.billing import IssuedDocument
from practicerunner.vocabulary import AttendanceStatus, CaseType, DocumentKind, PaymentMethodKind
from practicerunner.workflows.adjustments import CreditInvoice, TakeBack, WriteOff, credit_invoice, take_back, write_off
from practicerunner.workflows.billing import InvoiceAppointment, invoice_appointment
from practicerunner.workflows.payments import UseCredit, use_credit
from practicerunner.workflows.refunds import RefundPayment, refund_payment
from practicerunner.workflows.reversals import ReissueInvoice, VoidInvoice, reissue_invoice, void_invoice
from practicerunner.workflows.settlements import FailPayment, SettlePayment, fail_payment, settle_payment
from practicerunner.workflows.waivers import WaiveFee, waive_fee
from tests.cast import Cast, at, balance, hold, invoice, pay, people_of
from tests.workflows.test_payments import Ida

DAY = date(2026, 9, 20)
NOW = "2026-09-20 09:00"


@pytest.fixture
def ida(cast: Cast) -> Ida:
    return Ida(cast)


def at_once(cast: Cast, acts: list[tuple[Any, Callable[[], Any]]]) -> Counter[str]:
    """Everybody acts at the same moment; what each got, by its kind."""
    tom = cast.actor("Tom")
    barrier = threading.Barrier(len(acts))
    got: list[str] = []

    def act(verb: Any, ask: Callable[[], Any]) -> None:
        barrier.wait(20)
        try:
            with database.transaction(cast.engine) as session:
                verb(session, tom, ask())
            got.append("done")
        except Exception as problem:
            got.append(type(problem).__name__)

    with at(NOW):
        threads = [threading.Thread(target=act, args=one) for one in acts]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    return Counter(got)


def test_of_six_who_refund_most_of_one_payment_one_does(cast: Cast, ida: Ida) -> None:
    payment = pay(cast, ida.payer, ida.case, 165_00, "2026-09-12")
    ask = lambda: RefundPayment(  # noqa: E731
        payment_id=payment, amount_cents=100_00, method=PaymentMethodKind.CASH, refunded_on=DAY, reason="given back")
    assert at_once(cast, [(refund_payment, ask)] * 6) == {"done": 1, "BadInput": 5}
    assert balance(cast, ida.case) == {"Ida Holm": 265_00}
    ida.sound()


def test_of_six_who_settle_one_payment_all_see_it_settled_and_there_is_one_receipt(cast: Cast, ida: Ida) -> None:
    payment = ida.pending()
    settling = (settle_payment, lambda: SettlePayment(payment_id=payment, settled_on=DAY))
    assert at_once(cast, [settling] * 6) == {"done": 6}
    assert balance(cast, ida.case) == {"Ida Holm": 130_00}
    with database.reading(cast.engine) as session:
        receipts = session.scalars(select(IssuedDocument.id).where(IssuedDocument.kind == DocumentKind.RECEIPT)).all()
    assert len(receipts) == 1
    assert at_once(cast, [(fail_payment, lambda: FailPayment(payment_id=payment, failed_on=DAY, reason="x"))] * 6) == {
        "done": 6}
    assert balance(cast, ida.case) == {"Ida Holm": 330_00}
    ida.sound()


def test_everything_at_once_about_one_payer_leaves_the_ledger_in_order(cast: Cast, ida: Ida) -> None:
    first, second = ida.invoices
    payment = pay(cast, ida.payer, ida.case, 200_00, "2026-09-12", invoice_ids=(first,), surplus_as_credit=True)
    later = hold(cast, ida.case, "IND50", "2026-09-17 10:00")
    with at(NOW):
        entry = cast.do("Tom", credit_invoice, CreditInvoice(invoice_id=second, amount_cents=5_00, reason="x"))
    back = RefundPayment(payment_id=payment, amount_cents=20_00, method=PaymentMethodKind.CASH, refunded_on=DAY,
                         reason="given back", credit_invoices=True, credit_note=True)
    got = at_once(cast, [
        (invoice_appointment, lambda: InvoiceAppointment(appointment_id=later)),
        (reissue_invoice, lambda: ReissueInvoice(invoice_id=first, reason="a")),
        (void_invoice, lambda: VoidInvoice(invoice_id=second, reason="b")),
        (refund_payment, lambda: back),
        (fail_payment, lambda: FailPayment(payment_id=payment, failed_on=DAY, reason="c")),
        (use_credit, lambda: UseCredit(payer_id=ida.payer, case_id=ida.case)),
        (credit_invoice, lambda: CreditInvoice(invoice_id=first, amount_cents=10_00, reason="d")),
        (write_off, lambda: WriteOff(invoice_id=second, amount_cents=1_00, reason="e")),
        (take_back, lambda: TakeBack(entry_id=entry, reason="f")),
    ])
    assert set(got) <= {"done", "InvoiceIsVoid", "InvoiceIsPaid", "NotSettled", "NothingIsOpen"}, got
    with database.reading(cast.engine) as session:
        assert billing.wrong_open_amounts(session) == payments.wrong_payments(session) == []
        assert billing.loose_cents(session, ida.payer, ida.case) <= 20_00, "what was paid out of a cheque that bounced"
    account = ida.account()
    assert sum(balance(cast, ida.case).values()) == account.due_cents - account.credit_cents
    ida.sound()


def test_voiding_and_waiving_one_fee_at_one_moment_wait_for_one_another(cast: Cast) -> None:
    with at("2026-08-01 09:00"):
        case = cast.open_case(CaseType.INDIVIDUAL, "Vera Quist")
    vera, got = people_of(cast, case)["Vera"], []
    for number in (1, 3, 7, 9):
        missed = hold(
            cast, case, "IND50", f"2026-09-{number:02d} 10:00", missed={vera: AttendanceStatus.NO_SHOW})
        bill = invoice(cast, missed)[0]
        got.append(at_once(cast, [
            (void_invoice, lambda bill=bill: VoidInvoice(invoice_id=bill, reason="wrong")),
            (waive_fee, lambda missed=missed: WaiveFee(appointment_id=missed, reason="illness")),
        ]))
    assert {kind for one in got for kind in one} <= {"done", "InvoiceIsVoid"}, got
    with database.reading(cast.engine) as session:
        assert billing.wrong_open_amounts(session) == payments.wrong_payments(session) == []
