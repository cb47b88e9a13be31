"""The Billing page, worked from top to bottom: tabs with counts, contacts, reminders, invoices, aging, who pays."""

from collections.abc import Callable, Iterator
from datetime import date
from typing import Any

import pytest
from sqlalchemy import Engine, select
from streamlit.testing.v1 import AppTest

from practicerunner import database
from practicerunner.records.billing import Invoice, LedgerEntry
from practicerunner.records.outbox import OutboxMessage
from practicerunner.ui import identity, overdue_list
from practicerunner.vocabulary import (
    AttendanceStatus,
    CaseType,
    CollectionPolicy,
    ContactKind,
    ContactMade,
    EntryKind,
    FeeTerms,
    PaymentMethodKind,
)
from practicerunner.workflows.cases import OpenCase, Taking, open_case
from practicerunner.workflows.collection import case_collection, practice_collection
from practicerunner.workflows.follow_up import FollowUpPayer, billing_mail_of, done_about, follow_up_payer
from practicerunner.workflows.packages import SellPackage, sell_package
from practicerunner.workflows.people import Contact, PersonDetails
from practicerunner.workflows.practice import practice_settings
from practicerunner.workflows.refunds import RefundPayment, refund_payment
from practicerunner.workflows.settlements import FailPayment, fail_payment
from practicerunner.workflows.waivers import WaiveFee, waive_fee
from tests.cast import Cast, arrange, at, bring_on, hold, invoice, pay, payer_id, people_of
from tests.pages.opening import choose, give_passwords, keys, opened, press, said

Open = Callable[..., AppTest]


class House:
    """Ada (with an e-mail) and Ben (without one) owe; a couple has nobody who pays; Ada has one to be invoiced."""

    def __init__(self, engine: Engine) -> None:
        self.cast: Cast = bring_on(engine)
        give_passwords(self.cast)
        mail = (Contact(kind=ContactKind.EMAIL, value="ada@quill.example", preferred=True, may_email=True),)
        with at("2026-08-01 09:00"):
            self.ada = self.cast.do("Dana", open_case, OpenCase(
                type=CaseType.INDIVIDUAL, provider_id=self.cast.staff["Marcus"], participants=(
                    Taking(person=PersonDetails(first_name="Ada", last_name="Quill", contacts=mail)),)))
            self.ben = self.cast.open_case(CaseType.INDIVIDUAL, "Ben Moor")
            self.couple = self.cast.open_case(CaseType.TWO_PERSON, "Maya Rivera", "Tom Rivera")
        missed = {people_of(self.cast, self.ben)["Ben"]: AttendanceStatus.NO_SHOW}
        invoice(self.cast, hold(self.cast, self.ada, "IND50", "2026-09-03 10:00"))
        self.missed = hold(self.cast, self.ben, "IND50", "2026-09-04 10:00", missed=missed)
        invoice(self.cast, self.missed)
        self.open = hold(self.cast, self.ada, "IND50", "2026-10-01 10:00")
        hold(self.cast, self.couple, "FAM50", "2026-10-01 12:00")
        self.payers = {name: payer_id(self.cast, people_of(self.cast, case)[name])
                       for name, case in (("Ada", self.ada), ("Ben", self.ben))}

    def messages(self) -> list[str]:
        with database.reading(self.cast.engine) as session:
            return list(session.scalars(select(OutboxMessage.to_address)))

    def contacts(self, name: str) -> list[tuple[ContactMade, str, str]]:
        key = self.payers[name], {"Ada": self.ada, "Ben": self.ben}[name]
        done = self.cast.read("Tom", done_about, [key])
        return [(one.kind, one.remark, one.next_action) for one in done[key].entries] if done else []


@pytest.fixture
def house(sqlite_engine: Engine) -> Iterator[House]:
    made = House(sqlite_engine)
    with at("2026-10-05 09:00"):
        yield made


@pytest.fixture
def visit(house: House, monkeypatch: pytest.MonkeyPatch) -> Open:
    def enter(name: str, tab: str = "", rows: tuple[int, ...] = ()) -> AppTest:
        choose(monkeypatch, rows)
        app = opened(house.cast, monkeypatch, name, "billing")
        if tab:
            app.session_state["billing_tab"] = tab
            app.run()
        assert not app.exception, app.exception
        return app

    return enter


def shown(module: str, which: str, *args: object) -> None:
    import importlib

    from practicerunner.ui.identity import signed_in

    getattr(importlib.import_module(f"practicerunner.ui.{module}"), which)(signed_in(), *args)


def in_dialog(monkeypatch: pytest.MonkeyPatch, house: House, name: str, *args: object) -> AppTest:
    """A dialog alone, as somebody sees it: module, function and what it is about."""
    monkeypatch.setattr(identity, "IDENTITY", house.cast.staff[name])
    app = AppTest.from_function(shown, default_timeout=30, args=args).run()
    assert not app.exception, app.exception
    return app


def tabs(app: AppTest) -> list[str]:
    return [str(tab.label) for tab in app.tabs]


def frame(app: AppTest, column: str, table: int = 0) -> list[Any]:
    return list(app.dataframe[table].value[column])


def typed(app: AppTest, label: str, value: str) -> None:
    next(one for one in app.text_input if one.label == label).set_value(value)


def test_each_tab_says_how_much_waits_in_it(visit: Open) -> None:
    assert tabs(visit("Tom")) == [
        "Overdue (2)", "Uninvoiced (2)", "Failed", "Unapplied", "Arrangement missing (1)", "Estimates due", "Pending",
        "To gather", "Drafts", "All open", "Aging"]
    assert tabs(visit("Olga"))[:2] == ["Overdue", "Uninvoiced"]


def test_a_contact_is_entered_beside_the_row_and_stands_in_it(house: House, visit: Open) -> None:
    app = visit("Tom", rows=(0,))
    assert frame(app, "Payer") == ["Ada Quill", "Ben Moor"]
    assert frame(app, "Overdue") == ["165.00", "82.50"]
    assert frame(app, "Age") == ["31–60 days", "31–60 days"]
    typed(app, "What was said", "Will pay on Friday")
    typed(app, "Next action", "Look for it")
    app.run()
    save = next(button.key for button in app.button if button.label == "Save contact")
    press(app, save)
    assert [error.value for error in app.error] == ["Say by when."]
    next(one for one in app.date_input if one.label == "By").set_value(date(2026, 10, 9))
    press(app, save)
    assert house.contacts("Ada") == [(ContactMade.PHONE, "Will pay on Friday", "Look for it")]
    assert house.contacts("Ben") == []
    app = visit("Tom")
    assert frame(app, "Last contact") == ["Phone, Mon 5 Oct", ""]
    assert frame(app, "Next action") == ["Look for it, Fri 9 Oct", ""]


def test_the_list_is_narrowed_by_what_is_to_be_done_next(house: House, visit: Open) -> None:
    house.cast.do("Tom", follow_up_payer, FollowUpPayer(
        payer_id=house.payers["Ben"], case_id=house.ben, kind=ContactMade.PHONE, happened_on=date(2026, 10, 5),
        next_action="Call", next_on=date(2026, 10, 5)))
    app = visit("Tom")
    assert frame(app, "Payer") == ["Ben Moor", "Ada Quill"]
    next(one for one in app.selectbox if one.label == "Next action").set_value("due").run()
    assert frame(app, "Payer") == ["Ben Moor"]
    next(one for one in app.selectbox if one.label == "Next action").set_value("none").run()
    assert frame(app, "Payer") == ["Ada Quill"]
    next(one for one in app.selectbox if one.label == "Next action").set_value(None).run()
    typed(app, "Search", "moor")
    app.run()
    assert frame(app, "Payer") == ["Ben Moor"]


def test_several_are_reminded_at_once_and_who_cannot_be_is_said_first(
    house: House, visit: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    app = visit("Tom", rows=(0, 1))
    assert "1 payer cannot be reminded by e-mail" in said(app)
    app = press(app, "remind_chosen")
    text = said(app).replace("\\", "")
    assert "1 e-mail, one for each payer" in text
    assert "Ben Moor: no e-mail address that we may write to" in text
    assert house.messages() == []
    press(in_dialog(monkeypatch, house, "Tom", "reminder_dialog", "reminder_dialog", [*house.payers.values()]),
          "send_reminders")
    assert house.messages() == ["ada@quill.example"]
    assert house.contacts("Ada") == [(ContactMade.REMINDER, "By e-mail", "")]
    assert house.contacts("Ben") == []


def test_a_fee_is_waived_from_the_list(house: House, visit: Open) -> None:
    app = visit("Tom", rows=(1,))
    assert "No-show fee 82.50, IND50, Fri 4 Sep" in said(app)
    assert "Waive this fee" in said(press(app, f"waive.{house.missed}.0"))
    house.cast.do("Tom", waive_fee, WaiveFee(appointment_id=house.missed, reason="Flu"))
    assert tabs(visit("Tom"))[0] == "Overdue (1)"


def test_the_account_opens_beside_the_list(visit: Open) -> None:
    app = press(visit("Tom", rows=(0,)), "overdue_account")
    assert "Ada Quill" in said(app)
    assert "165.00" in [metric.value for metric in app.metric]
    assert "Open the whole account" in [link.proto.label for link in app.get("page_link")]


def test_whoever_only_reads_is_offered_nothing_to_change(visit: Open) -> None:
    app = visit("Ruth", rows=(0,))
    for word in ("Save contact", "Send a reminder", "Take a payment", "Waive fee", "Create"):
        assert word not in said(app)


def test_what_will_be_invoiced_stands_on_the_button_and_what_cannot_be_is_left_out(house: House, visit: Open) -> None:
    app = visit("Tom", "Uninvoiced", rows=(0, 1))
    text = said(app).replace("\\", "")
    assert "1 invoice for 1 payer, 165.00 in all" in text
    assert "Rivera" in text
    assert "is left out: Nobody is set down to pay for this." in text
    assert next(button.label for button in app.button if button.key == "invoice_many") == "Create 1 invoice"
    press(app, "invoice_many")
    with database.reading(house.cast.engine) as session:
        assert len(session.scalars(select(Invoice)).all()) == 3
    assert tabs(visit("Tom"))[1] == "Uninvoiced (1)"


def test_what_waits_on_a_case_is_invoiced_on_its_page(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    hold(house.cast, house.ben, "IND50", "2026-10-02 10:00")
    choose(monkeypatch, ())
    app = opened(house.cast, monkeypatch, "Tom", "case", case=house.ada, part="billing")
    assert "1 invoice for 1 payer, 165.00 in all" in said(app), "Ben's stands on his own case"
    press(app, "invoice_many")
    with database.reading(house.cast.engine) as session:
        assert session.scalars(select(Invoice.case_id).order_by(Invoice.number)).all() == [
            house.ada, house.ben, house.ada]
    assert "To invoice" not in said(opened(house.cast, monkeypatch, "Tom", "case", case=house.ada, part="billing"))
    app = opened(house.cast, monkeypatch, "Tom", "case", case=house.couple, part="billing")
    assert "Nobody is set down to pay for this." in said(app)
    assert "invoice_many" not in keys(app)


def test_a_session_of_a_package_is_used_from_the_list(house: House, visit: Open) -> None:
    cast = house.cast
    with at("2026-09-20 09:00"):
        arrange(cast, house.ada, {people_of(cast, house.ada)["Ada"]: 0}, since="2026-09-20",
                fee_terms=FeeTerms.PACKAGE, package_service_id=cast.services["IND50"], package_sessions=2,
                package_cents=300_00)
        cast.do("Tom", sell_package, SellPackage(case_id=house.ada))
    app = visit("Tom", "Uninvoiced", rows=(0, 1))
    text = said(app).replace("\\", "")
    assert "Quill, uses 1 of 2 of the package" in text
    assert "It is invoiced already." not in text
    assert next(button.label for button in app.button if button.key == "invoice_many") == "Use the package"
    press(app, "invoice_many")
    assert tabs(visit("Tom"))[1] == "Uninvoiced (1)"


def test_who_pays_is_said_from_the_list_of_those_without(house: House, visit: Open) -> None:
    app = visit("Tom", "Arrangement missing")
    assert "1 case without anybody who pays" in said(app)
    assert "save_arrangement" in keys(press(app, f"arrange_{house.couple}"))
    arrange(house.cast, house.couple, {people_of(house.cast, house.couple)["Maya"]: 0}, since="2026-08-01")
    assert "Everybody who shares a bill has said who pays." in said(visit("Tom", "Arrangement missing"))


def test_what_is_owed_on_no_invoice_is_given_up_or_paid_by_name_and_credit_from_an_import_is_given_back(
    house: House, visit: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    cheque = pay(house.cast, house.payers["Ada"], house.ada, 200_00, "2026-09-10", surplus_as_credit=True)
    with database.transaction(house.cast.engine) as session:
        for payer, case_id, cents in (("Ada", house.couple, 35_00), ("Ben", house.ben, -20_00)):
            session.add(LedgerEntry(
                case_id=case_id, payer_id=house.payers[payer], kind=EntryKind.OPENING, amount_cents=cents,
                effective_on=date(2026, 8, 1), reason="Opening balance, imported",
                recorded_by_id=house.cast.staff["Tom"]))
    app = in_dialog(monkeypatch, house, "Tom", "adjustment_rows", "write_off_debt_dialog", house.payers["Ada"],
                    "Ada Quill", house.couple, 35_00)
    typed(app, "Amount", "5.00")
    typed(app, "Reason", "cannot be reached")
    press(app, next(key for key in keys(app) if key.endswith(".save")))
    house.cast.do("Tom", refund_payment, RefundPayment(
        payment_id=cheque, amount_cents=100_00, method=PaymentMethodKind.CASH, refunded_on=date(2026, 9, 12),
        reason="paid too much"))
    house.cast.do("Tom", fail_payment, FailPayment(
        payment_id=cheque, failed_on=date(2026, 9, 14), reason="returned"))
    assert "Ada Quill owes 295.00." in said(press(
        visit("Tom", "Failed"), f"take_{house.payers['Ada']}_{house.ada}"))
    app = in_dialog(monkeypatch, house, "Tom", "payment_form", "take_payment", house.payers["Ada"], "Ada Quill",
                    house.ada, date(2026, 10, 5))
    captions = [one.value for one in app.caption]
    for sentence in ("100.00 pays what was refunded of a payment that failed",
                     "30.00 pays the opening balance of Maya \\& Tom Rivera", "165.00 pays INV-2026-0001"):
        assert sentence in captions, (sentence, captions)
    press(app, "record_payment")
    assert "refund_credit" not in "".join(keys(visit("Marcus", "Unapplied")))
    assert "Ben Moor has 20.00 of credit from before on Ben Moor." in said(press(
        visit("Tom", "Unapplied"), f"refund_credit_{house.payers['Ben']}_{house.ben}"))
    app = in_dialog(
        monkeypatch, house, "Tom", "payment_dialogs", "credit_refund_dialog", house.payers["Ben"], house.ben)
    typed(app, "Reason", "account closed")
    press(app, next(key for key in keys(app) if key.endswith(".save")))
    assert tabs(visit("Tom"))[2:4] == ["Failed", "Unapplied"]


def test_aging_is_of_any_day_and_adds_up(visit: Open) -> None:
    app = visit("Tom", "Aging", rows=(0,))
    figures = {metric.label: metric.value for metric in app.metric}
    assert figures == {"Receivable": "247.50", "0–30 days": "0.00", "31–60 days": "247.50", "61–90 days": "0.00",
                       "Over 90 days": "0.00"}
    assert frame(app, "Number", 1) == ["INV-2026-0001"]
    next(one for one in app.date_input if one.label == "As of the end of").set_value(date(2026, 9, 3)).run()
    assert frame(app, "Payer") == ["Ada Quill"]
    assert frame(app, "0–30 days") == ["165.00"]
    next(one for one in app.date_input if one.label == "As of the end of").set_value(date(2026, 9, 2)).run()
    assert "Nobody owed anything on Wed 2 Sep." in said(app)


def test_word_of_an_invoice_is_sent_from_its_row(house: House, visit: Open) -> None:
    with database.reading(house.cast.engine) as session:
        first = session.scalars(select(Invoice.id).order_by(Invoice.number)).first()
    app = press(visit("Tom", "All open", rows=(0,)), f"email_invoice_{first}")
    assert house.messages() == ["ada@quill.example"]
    app = press(app, f"email_invoice_{first}")
    assert "An e-mail about this paper has gone out today already." in [error.value for error in app.error]
    assert len(house.messages()) == 1


def test_a_payer_is_left_in_peace_on_their_own_page(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    app = opened(house.cast, monkeypatch, "Tom", "payer", payer=house.payers["Ada"])
    next(one for one in app.checkbox if one.label == "E-mails about billing").uncheck().run()
    assert house.cast.read("Tom", billing_mail_of, house.payers["Ada"])[0] is False


def test_an_owner_decides_what_happens_by_itself_in_the_practice_and_in_a_case(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    app = opened(house.cast, monkeypatch, "Dana", "settings")
    next(one for one in app.selectbox if one.label == "Once somebody has attended").set_value(
        CollectionPolicy.INVOICE)
    next(one for one in app.checkbox if one.label.startswith("Tell payers by e-mail")).check()
    next(button for button in app.button if button.label == "Save settings").click().run()
    assert not app.exception, app.exception
    assert house.cast.read("Dana", practice_collection).policy is CollectionPolicy.INVOICE
    assert house.cast.read("Dana", practice_settings).notify_payers is True
    app = opened(house.cast, monkeypatch, "Dana", "case", case=house.ada, part="billing")
    assert "In this case" in said(press(app, "change_collection"))
    found = house.cast.read("Dana", case_collection, house.ada)
    app = in_dialog(monkeypatch, house, "Dana", "collection_line", "case_dialog", house.ada, found)
    next(one for one in app.selectbox if one.label == "In this case").set_value(CollectionPolicy.MANUAL)
    press(app, "save_collection")
    assert house.cast.read("Tom", case_collection, house.ada).own is CollectionPolicy.MANUAL
    seen = opened(house.cast, monkeypatch, "Tom", "case", case=house.ada, part="billing")
    assert "decided for this case by Dana Okafor" in said(seen)
    assert "change_collection" not in keys(seen)


def test_a_debt_from_before_stands_where_the_overdue_invoices_are(
    house: House, visit: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    maya = payer_id(house.cast, people_of(house.cast, house.couple)["Maya"])
    with database.transaction(house.cast.engine) as session:
        for payer, case_id in ((house.payers["Ada"], house.ada), (maya, house.couple)):
            session.add(LedgerEntry(
                case_id=case_id, payer_id=payer, kind=EntryKind.OPENING, amount_cents=40_00,
                effective_on=date(2026, 8, 6), recorded_by_id=house.cast.staff["Tom"]))
    app = visit("Tom", rows=(0,))
    assert "Overdue (3)" in [tab.label for tab in app.tabs]
    assert "3 payers, 2 invoices, 327.50 overdue" in said(app)
    assert "overdue_pay" in keys(app)
    choose(monkeypatch, ())
    app = in_dialog(monkeypatch, house, "Tom", "reminder_dialog", "reminder_dialog", [house.payers["Ada"]])
    assert frame(app, "On") == ["1 invoice and a balance on none"]
    panels = {line for place in range(3) for line in said(visit("Tom", rows=(place,))).splitlines()
              if line.endswith("since Thu 6 Aug (60 days)")}
    assert panels == {"165.00 overdue on 1 invoice and 40.00 on none, since Thu 6 Aug (60 days)",
                      "40.00 owed on no invoice, since Thu 6 Aug (60 days)"}


def test_another_question_starts_at_its_first_page(house: House, visit: Open, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(overdue_list, "PAGE", 1)
    app = visit("Tom")
    app.session_state["overdue_page"] = 2
    app.run()
    assert frame(app, "Payer") == ["Ben Moor"]
    typed(app, "Search", "moor")
    app.run()
    assert frame(app, "Payer") == ["Ben Moor"]
    typed(app, "Search", "")
    app.run()
    assert frame(app, "Payer") == ["Ada Quill"]
