"""Payments on the pages: states, dialogs that say what they do to the balance, and money that waits."""

from collections.abc import Callable
from datetime import date
from typing import Any

import pytest
import streamlit as st
from sqlalchemy import Engine
from streamlit.testing.v1 import AppTest

from practicerunner.ui import identity, navigation
from practicerunner.vocabulary import CaseType, DocumentKind, PaymentMethodKind
from practicerunner.workflows.accounts import Account, case_account
from practicerunner.workflows.adjustments import CreditInvoice, credit_invoice
from practicerunner.workflows.payment_methods import SavePaymentMethod, save_payment_method
from practicerunner.workflows.payments import RecordPayment, record_payment
from practicerunner.workflows.refunds import RefundPayment, refund_payment
from practicerunner.workflows.reversals import ReissueInvoice, reissue_invoice
from practicerunner.workflows.settlements import FailPayment, fail_payment
from tests.cast import Cast, at, bring_on, hold, invoice, pay, payer_id, people_of
from tests.pages.opening import choose, give_passwords, keys, opened, press, said
from tests.pages.walking import words
from tests.workflows.test_papers import handed_out, text_of

Open = Callable[..., AppTest]


class House:
    """Ida owes 330.00 for two sessions; a payment of hers is on its way."""

    def __init__(self, engine: Engine) -> None:
        self.cast: Cast = bring_on(engine)
        give_passwords(self.cast)
        with at("2026-08-01 09:00"):
            self.case = self.cast.open_case(CaseType.INDIVIDUAL, "Ida Holm")
        for day in ("03", "10"):
            invoice(self.cast, hold(self.cast, self.case, "IND50", f"2026-09-{day} 10:00"))
        self.payer = payer_id(self.cast, people_of(self.cast, self.case)["Ida"])

    def pending(self, cents: int = 200_00) -> int:
        return int(self.cast.do("Tom", record_payment, RecordPayment(
            payer_id=self.payer, case_id=self.case, method=PaymentMethodKind.BANK, amount_cents=cents,
            received_on=date(2026, 9, 12), pending=True)))

    def account(self) -> Account:
        account: Account = self.cast.read("Tom", case_account, self.case)
        return account


@pytest.fixture
def house(sqlite_engine: Engine) -> Any:
    made = House(sqlite_engine)
    with at("2026-09-14 09:00"):
        yield made


@pytest.fixture
def visit(house: House, monkeypatch: pytest.MonkeyPatch) -> Open:
    return lambda name, page, **ids: opened(house.cast, monkeypatch, name, page, **ids)


def click(app: AppTest, label: str) -> AppTest:
    """Press the last button of that label: in a dialog the one that saves."""
    [one for one in app.button if one.label == label][-1].click().run()
    assert not app.exception, app.exception
    return app


def dialog(module: str, which: str, *args: object) -> None:
    import importlib

    from practicerunner.ui.identity import signed_in

    getattr(importlib.import_module(f"practicerunner.ui.{module}"), which)(signed_in(), *args)


def paying(payer_id: int, case_id: int) -> None:
    from practicerunner.ui.identity import signed_in
    from practicerunner.ui.payment_form import payment_dialog
    from practicerunner.ui.perform import read
    from practicerunner.workflows.accounts import payer_account

    account = read(payer_account, signed_in(), payer_id)
    waiting = [row.facts for row in reversed(account.invoices) if row.facts.open_cents]
    payment_dialog(signed_in(), payer_id, account.title, case_id, waiting, account.today)


def form(monkeypatch: pytest.MonkeyPatch, house: House, *args: object) -> AppTest:
    """A dialog as Tom sees it: module, function and what it is about; or that of a payment."""
    monkeypatch.setattr(identity, "IDENTITY", house.cast.staff["Tom"])
    what, asked = (dialog, args) if args else (paying, (house.payer, house.case))
    app = AppTest.from_function(what, default_timeout=30, args=asked).run()
    assert not app.exception, app.exception
    return app


def plain(app: AppTest) -> str:
    """What stands there, without the escapes of Markdown."""
    return said(app).replace("\\", "")


def field(app: AppTest, label: str) -> Any:
    return next(one for one in app.text_input if one.label == label)


def test_a_payment_under_way_is_recorded_without_a_receipt_and_settles_with_one(
    house: House, visit: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    app = form(monkeypatch, house)
    field(app, "Amount").set_value("200.00")
    next(one for one in app.checkbox if one.label == "Still on its way").check().run()
    assert "The balance stays at 330.00 until this settles" in plain(app)
    click(app, "Record payment")
    (row,) = house.account().payments
    choose(monkeypatch, (0,))
    page = visit("Tom", "payer", payer=house.payer)
    assert "200.00 is pending and counts once it has settled." in plain(page)
    assert f"settle_{row.payment_id}" in keys(page)
    app = form(monkeypatch, house, "payment_dialogs", "settle_dialog", row.payment_id)
    for sentence in ("165.00 pays INV-2026-0001", "35.00 pays INV-2026-0002", "The balance goes from 330.00 to 130.00"):
        assert sentence in plain(app)
    click(app, "Settle")
    assert app.session_state["new_receipt"] == row.payment_id
    account = house.account()
    assert (account.due_cents, account.payments[0].receipt) == (130_00, "RCT-2026-0001")


def test_what_a_payment_pays_is_typed_invoice_by_invoice(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    app = form(monkeypatch, house)
    field(app, "Amount").set_value("100.00").run()
    assert "100.00 pays INV-2026-0001" in plain(app)
    next(one for one in app.checkbox if one.label == "Choose what it pays").check().run()
    parts = [one for one in app.text_input if "INV" in one.label]
    assert [one.value for one in parts] == ["100.00", ""]
    parts[0].set_value("")
    parts[1].set_value("100.001").run()
    click(app, "Record payment")
    assert [error.value for error in app.error] == ["Write the amount with at most two decimals."]
    next(one for one in app.text_input if one.value == "100.001").set_value("100.00").run()
    click(app, "Record payment")
    assert [row.facts.open_cents for row in house.account().invoices] == [65_00, 165_00]


@pytest.mark.parametrize(("typed", "sentence"), [
    ("0", "more than 0"), ("0.001", "at most two decimals"), ("ten", "as a number"), ("10,000,000.00", "1,000,000.00"),
    ("330.01", "owes 330.00"),
])
def test_an_impossible_amount_is_refused_and_what_was_typed_is_still_there(
    house: House, monkeypatch: pytest.MonkeyPatch, typed: str, sentence: str
) -> None:
    app = form(monkeypatch, house)
    field(app, "Amount").set_value(typed).run()
    click(app, "Record payment")
    assert sentence in app.error[0].value.replace("\\", "")
    assert field(app, "Amount").value == typed
    assert house.account().payments == ()


def test_a_failure_says_what_opens_again_and_stands_on_the_list_until_it_is_paid(
    house: House, visit: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    payment = pay(house.cast, house.payer, house.case, 330_00, "2026-09-12")
    app = form(monkeypatch, house, "payment_dialogs", "fail_dialog", payment)
    for sentence in ("165.00 is open again on INV-2026-0001", "The balance goes from 0.00 to 330.00", "becomes void"):
        assert sentence in plain(app)
    click(app, "Mark failed")
    assert [error.value for error in app.error] == ["Please fill in this field."]
    field(app, "Reason").set_value("Returned by the bank")
    click(app, "Mark failed")
    choose(monkeypatch, (0,))
    page = visit("Tom", "payer", payer=house.payer)
    assert "Failed on Mon 14 Sep: Returned by the bank; RCT-2026-0001 is void" in plain(page)
    choose(monkeypatch, ())
    billing = visit("Tom", "billing")
    assert [tab.label for tab in billing.tabs][2:4] == ["Failed (1)", "Unapplied"]
    billing.session_state["billing_tab"] = "Failed"
    shown = plain(billing.run())
    assert "330.00 by cheque failed today: Returned by the bank" in shown
    assert "330.00 due" in shown


def test_a_refund_shows_where_it_comes_from_and_an_amount_too_high_is_refused_at_its_field(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    payment = pay(house.cast, house.payer, house.case, 340_00, "2026-09-12", surplus_as_credit=True)
    app = form(monkeypatch, house, "payment_dialogs", "refund_dialog", payment)
    assert field(app, "Amount").value == "340.00"
    field(app, "Amount").set_value("340.01").run()
    field(app, "Reason").set_value("card 4242 4242 4242 4242")
    click(app, "Refund")
    assert "Never type a card or account number here" in app.error[0].value
    field(app, "Reason").set_value("Moved")
    click(app, "Refund")
    assert [error.value for error in app.error] == ["At most 340.00 of this payment can be refunded."]
    field(app, "Amount").set_value("70.00").run()
    shown = plain(app)
    for sentence in ("10.00 comes from unused credit", "60.00 is open again on INV-2026-0002",
                  "The balance goes from -10.00 to 60.00"):
        assert sentence in shown
    next(one for one in app.checkbox if one.label == "Take the same amount off the invoice").check().run()
    assert "60.00 is taken off INV-2026-0002, which stays closed" in plain(app)
    click(app, "Refund")
    account = house.account()
    assert (account.due_cents, account.credit_cents, account.refunds[0].amount_cents) == (0, 0, 70_00)
    assert app.session_state["new_refund"] == account.refunds[0].refund_id


def test_credit_is_applied_with_one_click_and_the_tab_stays_open(house: House, visit: Open) -> None:
    pay(house.cast, house.payer, house.case, 200_00, "2026-09-12", invoice_ids=(), surplus_as_credit=True)
    app = visit("Tom", "billing")
    app.session_state["billing_tab"] = "Unapplied"
    app.run()
    assert "200.00 for 2 days" in plain(app)
    press(app, f"use_{house.payer}_{house.case}")
    assert house.account().due_cents == 130_00
    assert app.session_state["billing_tab"] == "Unapplied"
    assert "No credit is unapplied." in plain(app)


def test_an_invoice_is_credited_written_off_and_the_credit_taken_back(
    house: House, visit: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    first, second = (row.facts.invoice_id for row in reversed(house.account().invoices))
    app = form(monkeypatch, house, "adjustment_rows", "credit_dialog", first)
    field(app, "Amount").set_value("65.00").run()
    for sentence in ("100.00 stays open on the invoice", "The balance goes from 330.00 to 265.00"):
        assert sentence in plain(app)
    next(one for one in app.checkbox if one.label == "Issue a credit note").check()
    field(app, "Reason").set_value("hardship")
    click(app, "Credit")
    app = form(monkeypatch, house, "adjustment_rows", "write_off_dialog", second)
    assert "The balance goes from 265.00 to 100.00" in plain(app)
    field(app, "Reason").set_value("moved")
    click(app, "Write off")
    choose(monkeypatch, (1,))
    page = visit("Tom", "case", case=house.case, part="billing")
    (table,) = [one.value for one in page.dataframe if "Credit note" in one.value.columns]
    assert table[["Amount", "What", "Invoice", "Reason", "By"]].to_numpy().tolist() == [
        ["-165.00", "Write off", "INV-2026-0002", "moved", "Tom Alvarez"],
        ["-65.00", "Credit", "INV-2026-0001", "hardship", "Tom Alvarez"]]
    credited = next(row for row in house.account().adjustments if row.credit_note)
    assert f"back_{credited.entry_id}" in keys(page)
    app = form(monkeypatch, house, "adjustment_rows", "back_dialog", credited)
    assert "The credit note CN-2026-0001 becomes void." in plain(app)
    field(app, "Reason").set_value("paid after all")
    click(app, "Take it back")
    assert house.account().due_cents == 165_00
    assert f"back_{credited.entry_id}" not in keys(visit("Tom", "case", case=house.case, part="billing"))


def test_the_choice_of_an_invoice_does_not_slip_to_another_when_one_is_issued_anew(
    house: House, visit: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    tables: list[str] = []
    drawn = st.dataframe

    def noted(*args: Any, **kwargs: Any) -> Any:
        tables.append(kwargs["key"])
        return drawn(*args, **kwargs)

    monkeypatch.setattr(st, "dataframe", noted)
    first, _ = (row.facts.invoice_id for row in reversed(house.account().invoices))
    visit("Tom", "case", case=house.case, part="billing")
    before = [key for key in tables if key.startswith("case_invoices")]
    tables.clear()
    visit("Tom", "case", case=house.case, part="billing")
    assert [key for key in tables if key.startswith("case_invoices")] == before, "it stays while the rows do"
    house.cast.do("Tom", reissue_invoice, ReissueInvoice(invoice_id=first, reason="new address"))
    tables.clear()
    visit("Tom", "case", case=house.case, part="billing")
    after = [key for key in tables if key.startswith("case_invoices")]
    assert after and set(after).isdisjoint(before)


def test_word_goes_out_about_a_credit_note_and_a_refund_receipt_once_the_letter_was_seen(
    house: House, visit: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    choose(monkeypatch, (0,))
    first = house.account().invoices[-1].facts.invoice_id
    payment = pay(house.cast, house.payer, house.case, 165_00, "2026-09-14")
    house.cast.do("Tom", credit_invoice, CreditInvoice(
        invoice_id=first, amount_cents=10_00, reason="shorter", credit_note=True))
    refund = house.cast.do("Tom", refund_payment, RefundPayment(
        payment_id=payment, amount_cents=5_00, method=PaymentMethodKind.CASH, refunded_on=date(2026, 9, 14),
        reason="too much"))
    page = visit("Tom", "case", case=house.case, part="billing")
    note = next(row for row in house.account().adjustments if row.credit_note)
    assert {f"email_credit_note_{note.credit_note_id}", f"email_refund_{refund}"} <= set(keys(page))
    assert "Hello …,\n\nthere is a paper for you." in plain(page), "what goes out is seen before"
    for button in (f"email_credit_note_{note.credit_note_id}", f"email_refund_{refund}"):
        assert "Ida Holm gets no e-mail: no e-mail address that we may write to." in plain(press(page, button))


def test_a_saved_card_is_offered_by_what_a_person_recognises(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    house.cast.do("Tom", save_payment_method, SavePaymentMethod(
        case_id=house.case, payer_id=house.payer, kind=PaymentMethodKind.CARD, brand="Visa", last_four="4242",
        expires="2029-04", token="tok_secret"))
    app = form(monkeypatch, house)
    method = next(one for one in app.selectbox if one.label == "Method")
    assert method.options[0] == "Visa ending 4242, expires 2029-04"
    assert "tok_secret" not in words(app)
    click(app, "Record payment")
    assert house.account().payments[0].method is PaymentMethodKind.CARD


def test_pending_payments_are_settled_from_the_list(house: House, visit: Open) -> None:
    house.pending()
    app = visit("Tom", "billing")
    app.session_state["billing_tab"] = "Pending (1)"
    assert "1 payment, 200.00 on the way" in plain(app.run())


def test_a_receipt_says_what_the_screen_says(
    house: House, visit: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    payment = pay(house.cast, house.payer, house.case, 340_00, "2026-09-12", surplus_as_credit=True, reference="4242")
    made = house.cast.do("Tom", refund_payment, RefundPayment(
        payment_id=payment, amount_cents=70_00, method=PaymentMethodKind.CASH, refunded_on=date(2026, 9, 14),
        reason="Moved away"))
    links = {}
    for row in range(2):
        choose(monkeypatch, (row,))
        app = visit("Tom", "payer", payer=house.payer)
        links |= {link.proto.label: link.proto.url for link in app.get("link_button")}
    (table,) = [one.value for one in app.dataframe if "Paper" in one.value.columns]
    assert table.to_numpy().tolist() == [
        ["Mon 14 Sep", "-70.00", "Refund by cash: Moved away", "RF-2026-0001"],
        ["Sat 12 Sep", "340.00", "Cheque", "RCT-2026-0001"]]
    assert links["RCT-2026-0001"] == f"/files/receipt/{payment}.pdf"
    assert links["RF-2026-0001"] == f"/files/refund/{made}.pdf"
    receipt = text_of(handed_out(house.cast, "Tom", DocumentKind.RECEIPT, payment))
    for sentence in ("RCT-2026-0001", "Ida Holm", "Cheque, ending 4242", "12 September 2026", "340.00"):
        assert sentence in receipt
    back = text_of(handed_out(house.cast, "Tom", DocumentKind.REFUND, made))
    for sentence in ("RF-2026-0001", "RCT-2026-0001", "Cash", "14 September 2026", "USD 70.00", "Moved away"):
        assert sentence in back


def test_only_those_who_may_void_are_offered_refunds_credits_and_write_offs(
    house: House, visit: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    payment = pay(house.cast, house.payer, house.case, 100_00, "2026-09-12")
    pending = house.pending()
    for name, chosen, expected in (
        ("Tom", pending, ["settle", "fail"]), ("Tom", payment, ["refund", "fail"]),
        ("Marcus", pending, ["settle", "fail"]), ("Marcus", payment, []),
    ):
        choose(monkeypatch, ([row.payment_id for row in house.account().payments].index(chosen),))
        shown = keys(visit(name, "case", case=house.case, part="billing"))
        assert [what for what in ("settle", "refund", "fail") if f"{what}_{chosen}" in shown] == expected
    house.cast.do("Tom", fail_payment, FailPayment(payment_id=pending, failed_on=date(2026, 9, 14), reason="x"))
    choose(monkeypatch, ([row.payment_id for row in house.account().payments].index(payment),))
    assert f"refund_{payment}" in keys(visit("Dana", "payer", payer=house.payer))


def test_the_last_ten_payments_are_listed_until_all_are_asked_for(house: House, visit: Open) -> None:
    for day in range(1, 13):
        pay(house.cast, house.payer, house.case, day * 1_00, f"2026-09-{day:02d}", surplus_as_credit=True)

    def amounts(page: AppTest) -> list[str]:
        (table,) = [one.value for one in page.dataframe if "Paper" in one.value.columns]
        return list(table["Amount"])

    page = visit("Tom", "case", case=house.case, part="billing")
    assert amounts(page) == [f"{day}.00" for day in range(12, 2, -1)]
    assert amounts(press(page, "payments_all")) == [f"{day}.00" for day in range(12, 0, -1)]


def test_on_a_phone_the_payer_what_is_open_and_the_state_of_an_invoice_come_first(
    house: House, visit: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    def columns() -> list[str]:
        page = visit("Tom", "case", case=house.case, part="billing")
        (table,) = [one.value for one in page.dataframe if "Total" in one.value.columns]
        return list(table.columns)

    assert columns() == ["Number", "Issued", "Payer", "Total", "Open", "State"]
    monkeypatch.setattr(navigation, "on_phone", lambda: True)
    assert columns() == ["Payer", "Open", "State", "Number", "Issued", "Total"]
