"""A process that issues invoices anew, takes payments and gives some back, until it is killed in the middle.

``python -m tests.drills.cashier URL CASE PAYER STAFF`` answers each line of its input with a forked child, as
``saver`` does: ``child <pid>``, a line for every act whose commit came back, then ``gone``.
"""

import os
import sys
from datetime import date

from sqlalchemy import select
from sqlalchemy.orm import configure_mappers

from practicerunner import clock, database
from practicerunner.records.billing import Invoice, InvoiceVoid
from practicerunner.vocabulary import PaymentMethodKind
from practicerunner.workflows.payments import RecordPayment, record_payment
from practicerunner.workflows.refunds import RefundPayment, refund_payment
from practicerunner.workflows.reversals import ReissueInvoice, reissue_invoice
from practicerunner.workflows.staff import actor_for
from tests.cast import moment
from tests.drills.saver import say

DAY = date(2026, 9, 20)


def work(url: str, case_id: int, payer_id: int, staff_id: int) -> None:
    """Issue, take, give back, over and over; say what is saved."""
    bound = database.engine(url)
    with database.reading(bound) as session:
        actor = actor_for(session, staff_id)
        voided = select(InvoiceVoid.invoice_id)
        invoice_id = session.scalars(select(Invoice.id).where(Invoice.id.not_in(voided))).one()
    for _ in range(200):
        with database.transaction(bound) as session:
            invoice_id = reissue_invoice(session, actor, ReissueInvoice(invoice_id=invoice_id, reason="again"))
        say(f"invoice {invoice_id}")
        with database.transaction(bound) as session:
            payment_id = record_payment(session, actor, RecordPayment(
                payer_id=payer_id, case_id=case_id, method=PaymentMethodKind.CASH, amount_cents=2,
                received_on=DAY, surplus_as_credit=True))
        say(f"payment {payment_id}")
        with database.transaction(bound) as session:
            refund_id = refund_payment(session, actor, RefundPayment(
                payment_id=payment_id, amount_cents=1, method=PaymentMethodKind.CASH, refunded_on=DAY, reason="change",
                credit_invoices=True, credit_note=True))
        say(f"refund {refund_id}")


def main() -> None:
    """Fork a child for each line; it ends when it is killed or has nothing left to do."""
    url, *rest = sys.argv[1:]
    case_id, payer_id, staff_id = map(int, rest)
    configure_mappers()
    say("ready")
    for _ in sys.stdin:
        pid = os.fork()
        if pid == 0:
            say(f"child {os.getpid()}")
            with clock.frozen(moment(f"{DAY} 12:00")):
                work(url, case_id, payer_id, staff_id)
            os._exit(0)
        os.waitpid(pid, 0)
        say("gone")


if __name__ == "__main__":
    main()
