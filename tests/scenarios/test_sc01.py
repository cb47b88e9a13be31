"""SC01, money: divorced parents pay 60 % and 40 %, to the cent, and one of them still owes."""

import pytest

from practicerunner.errors import PaymentTooLarge
from practicerunner.vocabulary import CaseType
from practicerunner.workflows.accounts import case_account
from tests.cast import Cast, arrange, balance, hold, invoice, lines, pay, payer, payer_id


def test_two_parents_share_every_line_by_percent(cast: Cast) -> None:
    mia = cast.open_case(CaseType.INDIVIDUAL, "Mia Castellano")
    elena, david = payer(cast, "Elena", "Castellano"), payer(cast, "David", "Castellano")
    arrange(cast, mia, {elena: 6000, david: 4000}, since="2026-09-01")
    held = [hold(cast, mia, "IND50", f"2026-09-{day} 10:00") for day in ("03", "10", "17")]
    held.append(hold(cast, mia, "IND50", "2026-09-24 10:00", fee_cents=137_33))
    issued = [lines(cast, invoice(cast, appointment)) for appointment in held]
    assert issued == [[("Elena Castellano", 99_00), ("David Castellano", 66_00)]] * 3 + [
        [("Elena Castellano", 82_40), ("David Castellano", 54_93)]
    ]
    assert balance(cast, mia) == {"Elena Castellano": 379_40, "David Castellano": 252_93}

    pay(cast, payer_id(cast, elena), mia, 379_40, "2026-09-25")
    pay(cast, payer_id(cast, david), mia, 100_00, "2026-09-25")
    assert balance(cast, mia) == {"Elena Castellano": 0, "David Castellano": 152_93}
    account = cast.read("Tom", case_account, mia)
    assert (account.due_cents, account.credit_cents) == (152_93, 0)
    assert sorted(i.facts.open_cents for i in account.invoices) == [0, 0, 0, 0, 0, 32_00, 54_93, 66_00]


def test_a_payment_above_what_is_owed_is_refused_and_changes_nothing(cast: Cast) -> None:
    mia = cast.open_case(CaseType.INDIVIDUAL, "Mia Castellano")
    elena = payer(cast, "Elena", "Castellano")
    arrange(cast, mia, {elena: 10000}, since="2026-09-01")
    invoice(cast, hold(cast, mia, "IND50", "2026-09-03 10:00"))
    with pytest.raises(PaymentTooLarge, match=r"owes 165\.00"):
        pay(cast, payer_id(cast, elena), mia, 165_01, "2026-09-25")
    assert balance(cast, mia) == {"Elena Castellano": 165_00}
    pay(cast, payer_id(cast, elena), mia, 205_00, "2026-09-25", surplus_as_credit=True)
    account = cast.read("Tom", case_account, mia)
    assert (account.due_cents, account.credit_cents) == (0, 40_00)
