"""E-mails to payers: one each, generic, once; never to whom they may not go, and none of it when it is switched off."""

import threading
from dataclasses import dataclass
from datetime import date

import pytest
from sqlalchemy import select

from practicerunner import database
from practicerunner.errors import NotFound, NotPermitted
from practicerunner.records.billing import Invoice, Payment
from practicerunner.records.follow_up import FollowUp
from practicerunner.records.outbox import OutboxMessage
from practicerunner.records.practice import Practice
from practicerunner.vocabulary import CaseType, ContactKind, ContactMade, MessageKind, PaymentMethodKind
from practicerunner.workflows import outbox
from practicerunner.workflows.adjustments import CreditInvoice, credit_invoice
from practicerunner.workflows.arrangements import SetArrangement, Share, set_arrangement
from practicerunner.workflows.cases import OpenCase, Taking, open_case
from practicerunner.workflows.follow_up import (
    FollowUpPayer,
    SetBillingMail,
    done_about,
    follow_up_payer,
    set_billing_mail,
)
from practicerunner.workflows.payment_reminders import (
    EmailPaper,
    NowhereToWrite,
    SendReminders,
    ToldToday,
    email_paper,
    reminder_preview,
    send_reminders,
)
from practicerunner.workflows.payments import RecordPayment, record_payment
from practicerunner.workflows.people import AddOrganisation, Contact, PersonDetails, add_organisation
from practicerunner.workflows.practice import ChangePractice, change_practice, practice_settings
from practicerunner.workflows.refunds import RefundPayment, refund_payment
from practicerunner.workflows.reminders import still_wanted
from practicerunner.workflows.settlements import FailPayment, fail_payment
from tests.cast import Cast, at, hold, invoice, pay, payer_id, people_of

FORBIDDEN = ("165", "330", "IND50", "Quill", "Sentinel", "INV-", "therapy", "2026", "session", "appointment")
"""Amounts, services, other people's names, numbers, dates: nothing of it may stand in an e-mail about billing."""


def case_of(cast: Cast, name: str, *, mail: str = "", allowed: bool = True) -> int:
    contacts = (Contact(kind=ContactKind.EMAIL, value=mail, preferred=True, may_email=allowed),) if mail else ()
    first, last = name.split(" ", 1)
    return int(cast.do("Dana", open_case, OpenCase(
        type=CaseType.INDIVIDUAL, provider_id=cast.staff["Marcus"], participants=(
            Taking(person=PersonDetails(first_name=first, last_name=last, contacts=contacts)),))))


@dataclass
class Owing:
    """Ada owes for herself and pays for Nell; Ben has no permission to be written to; an agency pays for Cleo."""

    cast: Cast
    ada: int
    payers: dict[str, int]
    cases: dict[str, int]

    def messages(self) -> list[OutboxMessage]:
        with database.reading(self.cast.engine) as session:
            return list(session.scalars(select(OutboxMessage).order_by(OutboxMessage.id)))

    def contacts(self) -> list[tuple[int, int, ContactMade]]:
        with database.reading(self.cast.engine) as session:
            return [(one.payer_id, one.case_id, one.kind)
                    for one in session.scalars(select(FollowUp).order_by(FollowUp.case_id))]


@pytest.fixture
def owing(cast: Cast) -> Owing:
    with at("2026-08-01 09:00"):
        cases = {
            "Ada": case_of(cast, "Ada Quill", mail="ada@quill.example"),
            "Nell": case_of(cast, "Nell Sentinel"), "Ben": case_of(cast, "Ben Moor", mail="b@m.example", allowed=False),
            "Cleo": case_of(cast, "Cleo Sentinel", mail="cleo@sentinel.example"),
        }
        person = people_of(cast, cases["Ada"])["Ada"]
        agency = cast.do("Tom", add_organisation, AddOrganisation(name="County agency", email="pay@county.example"))
        for name, share in (("Nell", Share(person_id=person)), ("Cleo", Share(payer_id=agency))):
            cast.do("Tom", set_arrangement, SetArrangement(
                case_id=cases[name], valid_from=date(2026, 8, 1), shares=(share,)))
    for hour, name in enumerate(cases, 9):
        invoice(cast, hold(cast, cases[name], "IND50", f"2026-09-03 {hour:02d}:00"))
    payers = {"Ada": payer_id(cast, person), "Ben": payer_id(cast, people_of(cast, cases["Ben"])["Ben"]),
              "Agency": agency}
    return Owing(cast, person, payers, cases)


def test_who_is_reminded_and_who_is_not_is_said_first(cast: Cast, owing: Owing) -> None:
    with at("2026-10-05 09:00"):
        found = cast.read("Tom", reminder_preview, [*owing.payers.values(), owing.payers["Ada"]])
    assert [(line.payer, line.cents, line.invoices, line.why_not) for line in found.lines] == [
        ("Ada Quill", 330_00, 2, ""), ("Ben Moor", 165_00, 1, "No e-mail address that we may write to"),
        ("County agency", 165_00, 1, "An organisation; send the paper itself")]
    assert [line.payer for line in found.ready] == ["Ada Quill"]
    assert len(found.left_out) == 2
    assert owing.messages() == []


def test_a_payer_gets_one_e_mail_for_all_they_owe_and_it_is_entered_on_each_case(cast: Cast, owing: Owing) -> None:
    with at("2026-10-05 09:00"):
        sent = cast.do("Tom", send_reminders, SendReminders(payer_ids=tuple(owing.payers.values())))
        assert sent == [owing.payers["Ada"]]
        (message,) = owing.messages()
        assert (message.kind, message.to_address, message.person_id, message.case_id) == (
            MessageKind.PAYMENT_REMINDER, "ada@quill.example", owing.ada, None)
        assert message.body.startswith("Hello Ada,")
        said = message.subject + message.body.replace("Hello Ada", "")
        assert [word for word in FORBIDDEN if word.casefold() in said.casefold()] == []
        assert owing.contacts() == sorted(
            [(owing.payers["Ada"], owing.cases[name], ContactMade.REMINDER) for name in ("Ada", "Nell")],
            key=lambda one: one[1])
        done = cast.read("Tom", done_about, [(owing.payers["Ada"], owing.cases["Ada"])])
        assert [one.kind.label for one in done[owing.payers["Ada"], owing.cases["Ada"]].entries] == ["Reminder sent"]


def test_whoever_was_reminded_today_gets_no_other_until_tomorrow(cast: Cast, owing: Owing) -> None:
    ask = SendReminders(op="the-same-click", payer_ids=(owing.payers["Ada"],))
    with at("2026-10-05 09:00"):
        assert cast.do("Tom", send_reminders, ask) == cast.do("Tom", send_reminders, ask) == [owing.payers["Ada"]]
        assert cast.do("Dana", send_reminders, SendReminders(payer_ids=(owing.payers["Ada"],))) == []
        (line,) = cast.read("Tom", reminder_preview, [owing.payers["Ada"]]).lines
        assert line.why_not == "Was reminded today already"
        assert (len(owing.messages()), len(owing.contacts())) == (1, 2)
    with at("2026-10-06 09:00"):
        cast.do("Tom", send_reminders, SendReminders(payer_ids=(owing.payers["Ada"],)))
        assert (len(owing.messages()), len(owing.contacts())) == (2, 4)


def test_a_reminder_leaves_what_is_to_be_done_next_as_it_is(cast: Cast, owing: Owing) -> None:
    key = owing.payers["Ada"], owing.cases["Ada"]
    with at("2026-10-05 09:00"):
        cast.do("Tom", follow_up_payer, FollowUpPayer(
            payer_id=key[0], case_id=key[1], kind=ContactMade.PHONE, happened_on=date(2026, 10, 2), next_action="Call",
            next_on=date(2026, 10, 9)))
        cast.do("Tom", send_reminders, SendReminders(payer_ids=(key[0],)))
        done = cast.read("Tom", done_about, [key])[key]
    assert done.last is not None
    assert done.next is not None
    assert (done.last.kind, done.next.next_action) == (ContactMade.REMINDER, "Call")


def test_nobody_is_reminded_of_what_is_not_overdue(cast: Cast, owing: Owing) -> None:
    with at("2026-09-17 23:00"), pytest.raises(NotFound):
        cast.do("Tom", send_reminders, SendReminders(payer_ids=(owing.payers["Ada"],)))
    pay(cast, owing.payers["Ada"], owing.cases["Ada"], 330_00, "2026-09-20")
    with at("2026-10-05 09:00"):
        assert cast.read("Tom", reminder_preview, [owing.payers["Ada"]]).lines == ()
        with pytest.raises(NotFound):
            cast.do("Tom", send_reminders, SendReminders(payer_ids=(owing.payers["Ada"],)))
    assert owing.messages() == []


def test_a_reminder_that_waits_is_dropped_once_everything_is_paid(cast: Cast, owing: Owing) -> None:
    with at("2026-10-05 09:00"):
        cast.do("Tom", send_reminders, SendReminders(payer_ids=(owing.payers["Ada"],)))
    (message,) = owing.messages()
    with at("2026-10-05 10:00"), database.transaction(cast.engine) as session:
        assert still_wanted(session, message.id) is not None
    pay(cast, owing.payers["Ada"], owing.cases["Ada"], 330_00, "2026-10-05")
    with at("2026-10-06 10:00"), database.transaction(cast.engine) as session:
        assert still_wanted(session, message.id) is None


def test_four_people_who_remind_at_once_send_one_e_mail(cast: Cast, owing: Owing) -> None:
    results: list[list[int]] = []
    with at("2026-10-05 09:00"):
        threads = [threading.Thread(target=lambda: results.append(
            cast.do("Tom", send_reminders, SendReminders(payer_ids=(owing.payers["Ada"],))))) for _ in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    assert sorted(results, key=len) == [[], [], [], [owing.payers["Ada"]]]
    assert (len(owing.messages()), len(owing.contacts())) == (1, 2)


def test_strangers_remind_nobody(cast: Cast, owing: Owing) -> None:
    ask = SendReminders(payer_ids=(owing.payers["Ada"],))
    with at("2026-10-05 09:00"):
        assert cast.read("Olga", reminder_preview, [owing.payers["Ada"]]).lines == ()
        with pytest.raises(NotFound):
            cast.do("Olga", send_reminders, ask)
        for who in ("Priya", "Ruth"):
            with pytest.raises((NotPermitted, NotFound)):
                cast.do(who, send_reminders, ask)
    assert owing.messages() == []


def test_whoever_wants_no_e_mail_about_billing_gets_none(cast: Cast, owing: Owing) -> None:
    with at("2026-10-05 09:00"):
        cast.do("Tom", set_billing_mail, SetBillingMail(payer_id=owing.payers["Ada"], wanted=False))
        assert cast.do("Tom", send_reminders, SendReminders(payer_ids=(owing.payers["Ada"],))) == []
        with pytest.raises(NowhereToWrite, match="does not want e-mails about billing"):
            cast.do("Tom", email_paper, EmailPaper(number="INV-2026-0001"))
    assert owing.messages() == owing.contacts() == []


def test_word_of_a_paper_goes_to_its_payer_once_a_day_without_the_paper(cast: Cast, owing: Owing) -> None:
    with at("2026-10-05 09:00"):
        ask = EmailPaper(op="the-same-click", number="INV-2026-0001")
        assert cast.do("Tom", email_paper, ask) == cast.do("Tom", email_paper, ask)
        with pytest.raises(ToldToday):
            cast.do("Tom", email_paper, EmailPaper(number="INV-2026-0001"))
        (message,) = owing.messages()
        assert (message.kind, message.person_id, message.case_id) == (
            MessageKind.PAPER_READY, owing.ada, owing.cases["Ada"])
        assert [word for word in FORBIDDEN if word in message.subject + message.body] == []
        with pytest.raises(NowhereToWrite, match="County agency"):
            cast.do("Tom", email_paper, EmailPaper(number="INV-2026-0004"))
        for number in ("INV-2026-0099", ""):
            with pytest.raises(NotFound):
                cast.do("Tom", email_paper, EmailPaper(number=number))
        with pytest.raises(NotFound):
            cast.do("Olga", email_paper, EmailPaper(number="INV-2026-0001"))
    assert len(owing.messages()) == 1


@pytest.mark.parametrize(("public", "portal", "there"), [
    ("https://desk.linden.example", "https://my.linden.example", "https://my.linden.example/portal"),
    ("https://linden.example/", "", "https://linden.example/portal"),
])
def test_an_e_mail_about_bills_leads_to_the_portal_and_not_to_the_door_of_staff(
    cast: Cast, owing: Owing, monkeypatch: pytest.MonkeyPatch, public: str, portal: str, there: str
) -> None:
    monkeypatch.setattr(database.settings(), "public_url", public)
    monkeypatch.setattr(database.settings(), "portal_url", portal)
    with at("2026-10-05 09:00"):
        cast.do("Tom", email_paper, EmailPaper(number="INV-2026-0001"))
    body = owing.messages()[0].body
    assert f"You find it here: {there}\n" in body and "desk" not in body


def test_word_goes_out_about_a_credit_note_and_a_refund_receipt_as_about_every_paper_of_a_payer(
    cast: Cast, owing: Owing
) -> None:
    with database.reading(cast.engine) as session:
        first = session.scalars(select(Invoice.id).where(Invoice.number == "INV-2026-0001")).one()
    pay(cast, owing.payers["Ada"], owing.cases["Ada"], 100_00, "2026-10-04")
    with at("2026-10-05 09:00"):
        cast.do("Tom", credit_invoice, CreditInvoice(
            invoice_id=first, amount_cents=10_00, reason="shorter", credit_note=True))
        with database.reading(cast.engine) as session:
            payment = session.scalars(select(Payment.id)).one()
        cast.do("Tom", refund_payment, RefundPayment(
            payment_id=payment, amount_cents=5_00, method=PaymentMethodKind.CASH, refunded_on=date(2026, 10, 5),
            reason="too much"))
        for number in ("CN-2026-0001", "RF-2026-0001"):
            cast.do("Tom", email_paper, EmailPaper(number=number))
    assert [(one.kind, one.person_id) for one in owing.messages()] == [(MessageKind.PAPER_READY, owing.ada)] * 2
    for one in owing.messages():
        assert [word for word in (*FORBIDDEN, "CN-", "RF-", "10.00") if word in one.subject + one.body] == []


def switch_on(cast: Cast) -> None:
    house: Practice = cast.read("Dana", practice_settings)
    asked = {field: getattr(house, field) for field in ChangePractice.model_fields if field not in ("op",)}
    cast.do("Dana", change_practice, ChangePractice(**asked | {"notify_payers": True}))


def test_word_of_invoices_and_payments_goes_out_by_itself_only_where_the_practice_wants_it(
    cast: Cast, owing: Owing
) -> None:
    pay(cast, owing.payers["Ada"], owing.cases["Ada"], 10_00, "2026-09-20")
    assert owing.messages() == []
    with at("2026-09-21 09:00"):
        switch_on(cast)
    held = [hold(cast, owing.cases[name], "IND50", f"2026-09-24 {hour}:00")
            for name, hour in (("Ada", 10), ("Nell", 11), ("Ben", 12), ("Cleo", 13))]
    for appointment in held:
        invoice(cast, appointment)
    assert [(m.kind, m.to_address) for m in owing.messages()] == [(MessageKind.INVOICE_ISSUED, "ada@quill.example")]
    with at("2026-09-25 09:00"):
        made = cast.do("Tom", record_payment, RecordPayment(
            payer_id=owing.payers["Ada"], case_id=owing.cases["Ada"], method=PaymentMethodKind.CHEQUE,
            amount_cents=165_00, received_on=date(2026, 9, 25)))
        cast.do("Tom", fail_payment, FailPayment(payment_id=made, failed_on=date(2026, 9, 25), reason="Returned"))
    kinds = [message.kind for message in owing.messages()]
    assert kinds == [MessageKind.INVOICE_ISSUED, MessageKind.PAYMENT_RECEIVED, MessageKind.PAYMENT_FAILED]
    for message in owing.messages():
        assert [word for word in FORBIDDEN if word in message.subject + message.body.replace("Quill", "")] == []


def test_an_act_that_is_rolled_back_tells_nobody(cast: Cast, owing: Owing) -> None:
    with at("2026-10-05 09:00"), database.transaction(cast.engine) as session:
        actor = cast.actor("Tom")
        send_reminders(session, actor, SendReminders(payer_ids=(owing.payers["Ada"],)))
        session.rollback()
    assert owing.messages() == owing.contacts() == []
    with at("2026-10-05 09:05"), database.transaction(cast.engine) as session:
        assert outbox.claim(session, "worker") is None
