"""Refunds, credit adjustments with their notes, write-offs, and taking them back."""

from datetime import date
from typing import Any

import pytest
from pydantic import ValidationError
from sqlalchemy import select, text
from sqlalchemy.exc import DBAPIError

from practicerunner import database
from practicerunner.errors import BadInput, NotFound, NotPermitted
from practicerunner.records import payments
from practicerunner.records.audit import AuditRow
from practicerunner.records.billing import Invoice, LedgerEntry
from practicerunner.records.payments import CreditNote, Refund
from practicerunner.reports import read
from practicerunner.vocabulary import CaseType, DocumentKind, EntryKind, InvoiceState, PaymentMethodKind
from practicerunner.workflows.accounts import case_account
from practicerunner.workflows.adjustments import (
    AlreadyTakenBack,
    CreditInvoice,
    NothingIsOpen,
    TakeBack,
    WriteOff,
    credit_invoice,
    take_back,
    write_off,
)
from practicerunner.workflows.payment_pages import invoice_detail, payment_detail
from practicerunner.workflows.refunds import NotSettled, RefundPayment, refund_payment
from practicerunner.workflows.reversals import (
    InvoiceIsPaid,
    InvoiceIsVoid,
    ReissueInvoice,
    VoidInvoice,
    reissue_invoice,
    void_invoice,
)
from practicerunner.workflows.waivers import WaiveFee, waive_fee
from tests.cast import Cast, arrange, at, balance, hold, invoice, pay, payer_id, people_of
from tests.workflows.test_papers import handed_out, text_of
from tests.workflows.test_payments import Ida

NOW = "2026-09-20 09:00"
TODAY = date(2026, 9, 20)


@pytest.fixture
def ida(cast: Cast) -> Ida:
    return Ida(cast)


def refund(payment: int, cents: int, **more: Any) -> RefundPayment:
    return RefundPayment(**{
        "payment_id": payment, "amount_cents": cents, "method": PaymentMethodKind.CARD, "refunded_on": TODAY,
        "reason": "cancelled"} | more)


def kinds(cast: Cast, case_id: int) -> dict[EntryKind, int]:
    """Kind of movement → its sum on a case."""
    found: dict[EntryKind, int] = {}
    with database.reading(cast.engine) as session:
        for entry in session.scalars(select(LedgerEntry).where(LedgerEntry.case_id == case_id)):
            found[entry.kind] = found.get(entry.kind, 0) + entry.amount_cents
    return found


def test_a_refund_of_what_was_paid_opens_the_newest_invoice_first_and_has_its_own_receipt(
    cast: Cast, ida: Ida
) -> None:
    payment = pay(cast, ida.payer, ida.case, 330_00, "2026-09-12")
    with at(NOW):
        ask = refund(payment, 200_00, reference="slip 88219")
        made = cast.do("Tom", refund_payment, ask)
        assert cast.do("Tom", refund_payment, ask) == made
    assert ida.opened() == [35_00, 165_00]
    assert kinds(cast, ida.case) == {EntryKind.CHARGE: 330_00, EntryKind.PAYMENT: -330_00, EntryKind.REFUND: 200_00}
    (row,) = ida.account().refunds
    assert (row.number, row.amount_cents, row.receipt, row.reason) == (
        "RF-2026-0001", 200_00, "RCT-2026-0001", "cancelled")
    paper = text_of(handed_out(cast, "Tom", DocumentKind.REFUND, made))
    for words in ("Refund receipt", "RF-2026-0001", "RCT-2026-0001", "20 September 2026", "INV-2026-0001", "35.00",
                  "165.00", "USD 200.00", "cancelled", "ending 8219"):
        assert words in paper
    assert "slip 88219" not in paper
    assert handed_out(cast, "Tom", DocumentKind.REFUND, made) == handed_out(cast, "Tom", DocumentKind.REFUND, made)
    with database.reading(cast.engine) as session:
        row = session.scalars(select(AuditRow).where(AuditRow.action == "refund_payment")).one()
    assert (row.staff_id, row.detail) == (cast.staff["Tom"], "RF-2026-0001, 200.00: cancelled")
    ida.sound()


def test_credit_goes_first_and_a_chosen_invoice_alone(cast: Cast, ida: Ida) -> None:
    payment = pay(cast, ida.payer, ida.case, 365_00, "2026-09-12", surplus_as_credit=True)
    with at(NOW):
        cast.do("Tom", refund_payment, refund(payment, 30_00))
        assert (ida.opened(), ida.account().credit_cents) == ([0, 0], 5_00)
        cast.do("Tom", refund_payment, refund(payment, 10_00, invoice_id=ida.invoices[0]))
        assert (ida.opened(), ida.account().credit_cents) == ([10_00, 0], 5_00)
        with pytest.raises(BadInput, match=r"pays 155\.00 of that invoice"):
            cast.do("Tom", refund_payment, refund(payment, 155_01, invoice_id=ida.invoices[0]))
        with pytest.raises(BadInput):
            cast.do("Tom", refund_payment, refund(payment, 1_00, invoice_id=ida.decoy))
        detail = cast.read("Tom", payment_detail, payment)
        assert (detail.left_cents, detail.balance_cents) == (325_00, 5_00)
        cast.do("Tom", refund_payment, refund(payment, 325_00))
        with pytest.raises(BadInput, match=r"At most 0\.00"):
            cast.do("Tom", refund_payment, refund(payment, 1))
    assert (ida.opened(), ida.account().credit_cents) == ([165_00, 165_00], 0)
    with database.reading(cast.engine) as session:
        assert sum(session.scalars(select(Refund.amount_cents))) == 365_00
    ida.sound()


def test_never_more_goes_back_than_was_paid_and_not_before_it_came(cast: Cast, ida: Ida) -> None:
    payment = pay(cast, ida.payer, ida.case, 165_00, "2026-09-12")
    with at(NOW):
        with pytest.raises(BadInput, match=r"At most 165\.00"):
            cast.do("Tom", refund_payment, refund(payment, 165_01))
        for day in (date(2026, 9, 11), date(2026, 9, 21)):
            with pytest.raises(BadInput) as refused:
                cast.do("Tom", refund_payment, refund(payment, 1_00, refunded_on=day))
            assert refused.value.field == "refunded_on"
        pending = ida.pending(50_00)
    with at(NOW), pytest.raises(NotSettled):
        cast.do("Tom", refund_payment, refund(pending, 1_00))
    for wrong in ({"amount_cents": 0}, {"reason": ""}, {"reference": "4242424242424242"}, {"credit_note": True}):
        with pytest.raises(ValidationError):
            refund(payment, **{"cents": 1_00} | {"cents" if k == "amount_cents" else k: v for k, v in wrong.items()})
    assert ida.account().refunds == ()


def test_a_refund_with_a_credit_leaves_the_invoice_closed_and_the_credit_note_refers_to_it(
    cast: Cast, ida: Ida
) -> None:
    payment = pay(cast, ida.payer, ida.case, 165_00, "2026-09-12")
    with at(NOW):
        cast.do("Tom", refund_payment, refund(payment, 60_00, credit_invoices=True, credit_note=True))
    assert ida.opened() == [0, 165_00]
    assert kinds(cast, ida.case)[EntryKind.CREDIT] == -60_00
    (adjusted,) = ida.account().adjustments
    assert (adjusted.credit_note, adjusted.amount_cents, adjusted.by) == ("CN-2026-0001", 60_00, "Tom Alvarez")
    assert adjusted.credit_note_id is not None
    paper = text_of(handed_out(cast, "Tom", DocumentKind.CREDIT_NOTE, adjusted.credit_note_id))
    for words in ("Credit note", "CN-2026-0001", "INV-2026-0001", "60.00", "cancelled", "Ida Holm"):
        assert words in paper
    ida.sound()


def test_a_line_is_credited_up_to_what_is_left_of_it_and_what_was_paid_becomes_credit(cast: Cast, ida: Ida) -> None:
    pay(cast, ida.payer, ida.case, 100_00, "2026-09-12")
    first = ida.invoices[0]
    with at(NOW):
        (line,) = cast.read("Tom", invoice_detail, first).lines
        cast.do("Tom", credit_invoice, CreditInvoice(
            invoice_id=first, charge_id=line.charge_id, amount_cents=100_00, reason="hardship", credit_note=True))
        assert (ida.opened(), ida.account().credit_cents) == ([0, 165_00], 35_00)
        with pytest.raises(BadInput, match=r"At most 65\.00 is left"):
            cast.do("Tom", credit_invoice, CreditInvoice(invoice_id=first, amount_cents=65_01, reason="x"))
        with pytest.raises(BadInput, match="not on the invoice"):
            cast.do("Tom", credit_invoice, CreditInvoice(
                invoice_id=ida.invoices[1], charge_id=line.charge_id, amount_cents=1, reason="x"))
        cast.do("Tom", credit_invoice, CreditInvoice(invoice_id=first, amount_cents=65_00, reason="the rest"))
        detail = cast.read("Tom", invoice_detail, first)
    assert (detail.left_cents, ida.account().credit_cents) == (0, 100_00)
    states = {row.facts.invoice_id: row.state for row in ida.account().invoices}
    assert states[first] is InvoiceState.CREDITED
    ida.sound()


def test_a_write_off_takes_what_is_open_and_no_more(cast: Cast, ida: Ida) -> None:
    pay(cast, ida.payer, ida.case, 100_00, "2026-09-12")
    first = ida.invoices[0]
    with at(NOW):
        with pytest.raises(BadInput, match=r"Only 65\.00 is open"):
            cast.do("Tom", write_off, WriteOff(invoice_id=first, amount_cents=65_01, reason="gone"))
        cast.do("Tom", write_off, WriteOff(invoice_id=first, amount_cents=5_00, reason="rounding"))
        cast.do("Tom", write_off, WriteOff(invoice_id=first, reason="moved away"))
        with pytest.raises(NothingIsOpen):
            cast.do("Tom", write_off, WriteOff(invoice_id=first, reason="again"))
    assert ida.opened() == [0, 165_00]
    assert kinds(cast, ida.case)[EntryKind.WRITE_OFF] == -65_00
    states = {row.facts.invoice_id: row.state for row in ida.account().invoices}
    assert states == {first: InvoiceState.WRITTEN_OFF, ida.invoices[1]: InvoiceState.OVERDUE}
    ida.sound()


def test_why_no_more_can_be_credited_is_said_with_what_can_be_done(cast: Cast, ida: Ida) -> None:
    first, second = ida.invoices

    def refused(invoice_id: int, cents: int) -> str:
        with pytest.raises(BadInput) as refusal:
            cast.do("Tom", credit_invoice, CreditInvoice(invoice_id=invoice_id, amount_cents=cents, reason="goodwill"))
        assert refusal.value.field == "amount_cents"
        return str(refusal.value)

    back = "To credit that, take the write-off back first."
    with at(NOW):
        assert refused(first, 165_01) == "At most 165.00 is left to credit."
        cast.do("Tom", write_off, WriteOff(invoice_id=first, amount_cents=100_00, reason="gone"))
        assert refused(first, 65_01) == f"At most 65.00 is left to credit: 100.00 was written off. {back}"
        rest = cast.do("Tom", write_off, WriteOff(invoice_id=first, reason="gone"))
        assert refused(first, 1) == f"Nothing is left to credit: 165.00 was written off. {back}"
        cast.do("Tom", take_back, TakeBack(entry_id=rest, reason="after all not"))
        cast.do("Tom", credit_invoice, CreditInvoice(invoice_id=first, amount_cents=65_00, reason="goodwill"))
        assert refused(first, 1) == f"Nothing is left to credit: 100.00 was written off. {back}"
        cast.do("Tom", credit_invoice, CreditInvoice(invoice_id=second, amount_cents=165_00, reason="goodwill"))
        assert refused(second, 1) == "All of it was credited already."
    assert ida.opened() == [0, 0]
    ida.sound()


def test_either_is_taken_back_once_by_a_mirror_and_the_credit_note_is_void(cast: Cast, ida: Ida) -> None:
    first, second = ida.invoices
    with at(NOW):
        credit = cast.do("Tom", credit_invoice, CreditInvoice(
            invoice_id=first, amount_cents=40_00, reason="hardship", credit_note=True))
        off = cast.do("Tom", write_off, WriteOff(invoice_id=second, reason="gone"))
        assert ida.opened() == [125_00, 0]
        for entry in (credit, off):
            mirror = cast.do("Tom", take_back, TakeBack(entry_id=entry, reason="came after all"))
            with pytest.raises(AlreadyTakenBack):
                cast.do("Tom", take_back, TakeBack(entry_id=entry, reason="again"))
            with pytest.raises(NotFound):
                cast.do("Tom", take_back, TakeBack(entry_id=mirror, reason="the mirror"))
        charge = next(e for e in entries(cast, first) if e.kind is EntryKind.CHARGE)
        with pytest.raises(NotFound):
            cast.do("Tom", take_back, TakeBack(entry_id=charge.id, reason="a charge"))
    assert ida.opened() == [165_00, 165_00]
    assert kinds(cast, ida.case) == {EntryKind.CHARGE: 330_00, EntryKind.CREDIT: 0, EntryKind.WRITE_OFF: 0}
    noted = next(row for row in ida.account().adjustments if row.credit_note)
    assert noted.is_taken_back
    paper = text_of(handed_out(cast, "Tom", DocumentKind.CREDIT_NOTE, noted.credit_note_id or 0))
    assert "VOID" in paper
    assert "came after all" in paper
    ida.sound()


def entries(cast: Cast, invoice_id: int) -> list[LedgerEntry]:
    with database.reading(cast.engine) as session:
        return list(session.scalars(select(LedgerEntry).where(LedgerEntry.invoice_id == invoice_id)))


def test_a_credit_note_is_issued_anew_with_the_invoice_that_it_belongs_to(cast: Cast, ida: Ida) -> None:
    first = ida.invoices[0]
    with at("2026-09-20 09:00"):
        cast.do("Tom", credit_invoice, CreditInvoice(
            invoice_id=first, amount_cents=40_00, reason="hardship", credit_note=True))
        asked = ReissueInvoice(invoice_id=first, reason="address")
        anew = cast.do("Tom", reissue_invoice, asked)
        assert cast.do("Tom", reissue_invoice, asked) == anew, "a second click issues nothing more"
    with database.reading(cast.engine) as session:
        notes = session.scalars(select(CreditNote).order_by(CreditNote.number)).all()
        assert [(one.number, one.invoice_id, one.amount_cents) for one in notes] == [
            ("CN-2026-0001", first, 40_00), ("CN-2026-0002", anew, 40_00)]
        assert payments.taken_back(session, [one.entry_id for one in notes]) == {notes[0].entry_id}
        new = payments.document_numbered(session, "CN-2026-0002")
        number = session.get_one(Invoice, anew).number
        assert new is not None
        assert (new.content["description"], new.content["invoice_number"], new.content["reason"]) == (
            f"Invoice {number}", number, "hardship")
    assert balance(cast, ida.case) == {"Ida Holm": 290_00}


def test_what_was_taken_back_is_neither_voided_nor_reissued_a_second_time(cast: Cast, ida: Ida) -> None:
    first, second = ida.invoices
    with at(NOW):
        for invoice_id in ida.invoices:
            gone = cast.do("Tom", credit_invoice, CreditInvoice(invoice_id=invoice_id, amount_cents=40_00, reason="a"))
            cast.do("Tom", take_back, TakeBack(entry_id=gone, reason="b"))
            cast.do("Tom", credit_invoice, CreditInvoice(invoice_id=invoice_id, amount_cents=7_00, reason="stays"))
        cast.do("Tom", void_invoice, VoidInvoice(invoice_id=first, reason="slip"))
        anew = cast.do("Tom", reissue_invoice, ReissueInvoice(invoice_id=second, reason="address"))
        assert [(e.amount_cents, e.reason) for e in entries(cast, anew) if e.kind is EntryKind.CREDIT] == [
            (-7_00, "stays")]
        for verb, ask in ((credit_invoice, CreditInvoice(invoice_id=first, amount_cents=1, reason="x")),
                          (write_off, WriteOff(invoice_id=first, reason="x"))):
            with pytest.raises(InvoiceIsVoid):
                cast.do("Tom", verb, ask)
    assert balance(cast, ida.case) == {"Ida Holm": 158_00}
    ida.sound()


def test_a_paid_invoice_is_voided_only_after_its_money_went_back(cast: Cast, ida: Ida) -> None:
    payment = pay(cast, ida.payer, ida.case, 165_00, "2026-09-12")
    void = VoidInvoice(invoice_id=ida.invoices[0], reason="slip")
    with at(NOW):
        with pytest.raises(InvoiceIsPaid):
            cast.do("Tom", void_invoice, void)
        cast.do("Tom", refund_payment, refund(payment, 165_00))
        cast.do("Tom", void_invoice, void)
    assert balance(cast, ida.case) == {"Ida Holm": 165_00}
    ida.sound()


def test_a_waiver_that_was_taken_back_can_be_given_again(cast: Cast) -> None:
    from practicerunner.vocabulary import AttendanceStatus
    with at("2026-08-01 09:00"):
        case_id = cast.open_case(CaseType.INDIVIDUAL, "Ida Holm")
    person = people_of(cast, case_id)["Ida"]
    missed = hold(cast, case_id, "IND50", "2026-09-03 10:00", missed={person: AttendanceStatus.NO_SHOW})
    with at(NOW):
        (invoice_id,) = cast.do("Tom", waive_fee, WaiveFee(appointment_id=missed, reason="illness"))
        entry = next(e for e in entries(cast, invoice_id) if e.kind is EntryKind.CREDIT)
        cast.do("Tom", take_back, TakeBack(entry_id=entry.id, reason="was not ill"))
        assert balance(cast, case_id) == {"Ida Holm": 82_50}
        cast.do("Tom", waive_fee, WaiveFee(appointment_id=missed, reason="was ill after all"))
    assert balance(cast, case_id) == {"Ida Holm": 0}


def test_only_who_may_void_gives_back_credits_and_writes_off(cast: Cast, ida: Ida) -> None:
    payment = pay(cast, ida.payer, ida.case, 100_00, "2026-09-12")
    with at(NOW):
        entry = cast.do("Dana", credit_invoice, CreditInvoice(invoice_id=ida.invoices[1], amount_cents=1, reason="x"))
        asked = (
            (refund_payment, refund(payment, 1_00)),
            (credit_invoice, CreditInvoice(invoice_id=ida.invoices[0], amount_cents=1, reason="x")),
            (write_off, WriteOff(invoice_id=ida.invoices[0], reason="x")),
            (take_back, TakeBack(entry_id=entry, reason="x")),
        )
        for verb, ask in asked:
            for name in ("Marcus", "Priya", "Ruth", "Olga"):
                with pytest.raises(NotPermitted):
                    cast.do(name, verb, ask)
        for verb, ask in asked:
            assert cast.do("Tom", verb, ask)
    ida.sound()


def test_refunds_and_credit_notes_are_never_changed(cast: Cast, ida: Ida) -> None:
    payment = pay(cast, ida.payer, ida.case, 165_00, "2026-09-12")
    with at(NOW):
        cast.do("Tom", refund_payment, refund(payment, 5_00, credit_invoices=True, credit_note=True))
    for statement in ("update refund set amount_cents = 1", "delete from refund", "update credit_note set number = 'x'",
                      "delete from credit_note"):
        with pytest.raises(DBAPIError), database.transaction(cast.engine) as session:
            session.execute(text(statement))
    with database.reading(cast.engine) as session:
        assert (session.scalar(select(Refund.number)), session.scalar(select(CreditNote.number))) == (
            "RF-2026-0001", "CN-2026-0001")


def test_the_october_of_scenario_13_closes_at_305_and_ages_as_told(cast: Cast) -> None:
    with at("2026-08-01 09:00"):
        paul = cast.open_case(CaseType.INDIVIDUAL, "Paul Novak")
    for day in ("09-08", "09-22", "10-06"):
        invoice(cast, hold(cast, paul, "IND50", f"2026-{day} 10:00"))
    payer = payer_id(cast, people_of(cast, paul)["Paul"])
    (second,) = invoice(cast, hold(cast, paul, "IND50", "2026-10-13 10:00"))
    pay(cast, payer, paul, 330_00, "2026-10-14")
    pay(cast, payer, paul, 165_00, "2026-10-20")
    with at("2026-10-21 09:00"):
        cast.do("Tom", credit_invoice, CreditInvoice(invoice_id=second, amount_cents=25_00, reason="started late"))
    invoice(cast, hold(cast, paul, "IND50", "2026-10-27 10:00"))
    assert kinds(cast, paul) == {EntryKind.CHARGE: 825_00, EntryKind.PAYMENT: -495_00, EntryKind.CREDIT: -25_00}
    assert balance(cast, paul) == {"Paul Novak": 305_00}
    opened = {row.facts.issued_on: row.facts.open_cents for row in cast.read("Tom", case_account, paul).invoices}
    assert (opened[date(2026, 10, 13)], opened[date(2026, 10, 27)], sum(opened.values())) == (140_00, 165_00, 305_00)
    owner = cast.actor("Dana")
    for day, ages in ((date(2026, 10, 31), (305_00, 0)), (date(2026, 11, 30), (0, 305_00))):
        with at(f"{day} 12:00"):
            (row,) = read(cast.engine, owner, "billing__outstanding_balances", as_of=day)
        assert (row["age_0_30_cents"], row["age_31_60_cents"], row["due_cents"]) == (*ages, 305_00)


def test_of_a_payment_over_two_cases_the_money_comes_from_where_it_stands(cast: Cast) -> None:
    with at("2026-08-01 09:00"):
        one, two = (cast.open_case(CaseType.INDIVIDUAL, name) for name in ("Ida Holm", "Leo Holm"))
    ida, payer = people_of(cast, one)["Ida"], 0
    arrange(cast, two, {ida: 0}, since="2026-08-01")
    for case_id, day in ((one, "03"), (two, "10")):
        invoice(cast, hold(cast, case_id, "IND50", f"2026-09-{day} 10:00"))
    payer = payer_id(cast, ida)
    payment = pay(cast, payer, one, 330_00, "2026-09-12")
    with at(NOW):
        cast.do("Tom", refund_payment, refund(payment, 200_00))
    assert (balance(cast, one), balance(cast, two)) == ({"Ida Holm": 35_00}, {"Ida Holm": 165_00})
