"""The state of an invoice, from what is open on it and what was taken off."""

from datetime import date

import pytest

from practicerunner.rules.ledger import invoice_state
from practicerunner.vocabulary import InvoiceState

DUE = date(2026, 9, 15)


@pytest.mark.parametrize(("open_cents", "credited_cents", "today", "state"), [
    (100_00, 0, DUE, InvoiceState.OPEN),
    (60_00, 0, DUE, InvoiceState.PARTLY_PAID),
    (0, 0, DUE, InvoiceState.PAID),
    (100_00, 0, date(2026, 9, 16), InvoiceState.OVERDUE),
    (60_00, 40_00, DUE, InvoiceState.OPEN),
    (59_99, 40_00, DUE, InvoiceState.PARTLY_PAID),
    (0, 40_00, DUE, InvoiceState.PAID),
    (0, 100_00, DUE, InvoiceState.CREDITED),
    (60_00, 40_00, date(2026, 9, 16), InvoiceState.OVERDUE),
])
def test_what_was_credited_is_neither_open_nor_paid(open_cents, credited_cents, today, state) -> None:
    assert invoice_state(100_00, open_cents, DUE, today, voided=False, credited_cents=credited_cents) is state
    assert invoice_state(
        100_00, open_cents, DUE, today, voided=True, credited_cents=credited_cents) is InvoiceState.VOID


@pytest.mark.parametrize(("open_cents", "written_off_cents", "state"), [
    (0, 0, InvoiceState.PAID),
    (0, 1, InvoiceState.WRITTEN_OFF),
    (0, 100_00, InvoiceState.WRITTEN_OFF),
    (40_00, 60_00, InvoiceState.OPEN),
    (39_99, 60_00, InvoiceState.PARTLY_PAID),
])
def test_an_invoice_that_was_given_up_is_not_called_paid(open_cents, written_off_cents, state) -> None:
    assert invoice_state(100_00, open_cents, DUE, DUE, voided=False, credited_cents=written_off_cents,
                         written_off_cents=written_off_cents) is state
