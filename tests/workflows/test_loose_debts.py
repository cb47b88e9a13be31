"""What a payer owes on no invoice: what an import brought, and refunds of payments that failed afterwards."""

from datetime import date
from typing import Any

import pytest
from sqlalchemy import select

from practicerunner import database
from practicerunner.errors import BadInput, NotPermitted
from practicerunner.ids import new_operation
from practicerunner.records import billing, payments
from practicerunner.records.audit import AuditRow
from practicerunner.records.billing import LedgerEntry
from practicerunner.reports import read
from practicerunner.rules.statements import BROUGHT_OVER, REFUNDED
from practicerunner.vocabulary import CaseType, ContactMade, EntryKind, Outcome, PaymentMethodKind
from practicerunner.workflows.accounts import case_account, payer_account
from practicerunner.workflows.adjustments import (
    AlreadyTakenBack,
    NothingIsOwed,
    TakeBack,
    WriteOffDebt,
    take_back,
    write_off_debt,
)
from practicerunner.workflows.follow_up import FollowUpPayer, billing_counts, follow_up_payer, overdue_list
from practicerunner.workflows.payment_pages import failed_payments, unapplied_credit
from practicerunner.workflows.payment_reminders import reminder_preview
from practicerunner.workflows.payments import Part, UseCredit, use_credit
from practicerunner.workflows.refunds import RefundPayment, credit_detail, refund_payment
from practicerunner.workflows.settlements import FailPayment, fail_payment
from practicerunner.workflows.statements import statement_preview
from tests.cast import Cast, at, hold, invoice, pay, payer_id, people_of

AGES = ("age_0_30_cents", "age_31_60_cents", "age_61_90_cents", "age_over_90_cents")


class Otto:
    """Otto pays for himself, and owes or is owed something from before. Bea is his decoy and owes 40.00 from before."""

    def __init__(self, cast: Cast) -> None:
        self.cast = cast
        with at("2026-02-01 09:00"):
            self.case = cast.open_case(CaseType.INDIVIDUAL, "Otto Brand")
            self.decoy_case = cast.open_case(CaseType.INDIVIDUAL, "Bea Decoy", provider="Ruth")
        self.payer = payer_id(cast, people_of(cast, self.case)["Otto"])
        self.decoy = payer_id(cast, people_of(cast, self.decoy_case)["Bea"])
        self.brings(40_00, "2026-08-20", payer=self.decoy, case=self.decoy_case)

    def brings(self, cents: int, day: str, *, payer: int | None = None, case: int | None = None) -> None:
        """An import brings a debt, or credit where it is less than zero."""
        with database.transaction(self.cast.engine) as session:
            session.add(LedgerEntry(
                case_id=case or self.case, payer_id=payer or self.payer, kind=EntryKind.OPENING, amount_cents=cents,
                effective_on=date.fromisoformat(day), recorded_by_id=self.cast.staff["Tom"]))

    def refunds(self, payment: int, cents: int, day: str) -> None:
        self.cast.do("Tom", refund_payment, RefundPayment(
            payment_id=payment, amount_cents=cents, method=PaymentMethodKind.CASH,
            refunded_on=date.fromisoformat(day), reason="paid too much"))

    def fails(self, payment: int, day: str) -> None:
        self.cast.do("Tom", fail_payment, FailPayment(
            payment_id=payment, failed_on=date.fromisoformat(day), reason="returned"))

    def open_on(self, day: str) -> list[tuple[str, str, int]]:
        """What the statement calls open on a day; the three reports say the same, age by age."""
        on = date.fromisoformat(day)
        said = self.cast.read("Tom", statement_preview, self.payer, date(2026, 1, 1), on).statement
        for view in ("billing__aging", "billing__outstanding_balances", "billing__receivable"):
            rows = [row for row in read(self.cast.engine, self.cast.actor("Dana"), view, as_of=on)
                    if row["payer_id"] == self.payer]
            assert tuple(sum(row[age] for row in rows) for age in AGES) == said.buckets, (view, day)
            assert sum(row["due_cents"] for row in rows) == sum(said.buckets), (view, day)
        return [(one.what, str(one.since), one.open_cents) for one in said.open_items]

    def numbers(self) -> list[str]:
        """Of the invoices, the latest first."""
        return [row.facts.number for row in self.cast.read("Tom", case_account, self.case).invoices]

    def sound(self) -> None:
        """The caches are the ledger."""
        with database.reading(self.cast.engine) as session:
            assert billing.wrong_open_amounts(session) == payments.wrong_payments(session) == []


@pytest.fixture
def otto(cast: Cast) -> Otto:
    return Otto(cast)


def test_a_refund_of_a_payment_that_failed_is_as_old_as_the_refund_in_every_report(cast: Cast, otto: Otto) -> None:
    """Neither as old as a payment that was credit long before, nor as the day on which this one was used."""
    long_ago = pay(cast, otto.payer, otto.case, 165_00, "2026-02-10", surplus_as_credit=True)
    cheque = pay(cast, otto.payer, otto.case, 265_00, "2026-02-20", surplus_as_credit=True)
    invoice(cast, hold(cast, otto.case, "IND50", "2026-03-03 10:00"))
    with at("2026-03-04 09:00"):
        cast.do("Tom", use_credit, UseCredit(payer_id=otto.payer, case_id=otto.case))
    (number,) = otto.numbers()
    invoice(cast, hold(cast, otto.case, "IND50", "2026-10-06 10:00"))
    with at("2026-12-20 09:00"):
        cast.do("Tom", use_credit, UseCredit(payer_id=otto.payer, case_id=otto.case))
        otto.refunds(cheque, 100_00, "2026-10-12")
        otto.fails(cheque, "2026-10-20")
        later, _ = otto.numbers()
        assert otto.open_on("2026-10-12") == [(later, "2026-10-06", 165_00)]
        bounced = [(later, "2026-10-06", 165_00), (REFUNDED, "2026-10-12", 100_00)]
        for day in ("2026-10-20", "2026-11-11", "2026-11-12", "2026-12-11", "2026-12-12"):
            assert otto.open_on(day) == bounced, day
        otto.fails(long_ago, "2026-12-13")
        assert otto.open_on("2026-12-20") == [(number, "2026-03-03", 165_00), *bounced]
    otto.sound()


def test_a_debt_from_an_import_and_two_refunds_on_one_case_have_each_their_own_age(cast: Cast, otto: Otto) -> None:
    """Whatever is paid off pays the import first, then the older refund."""
    otto.brings(30_00, "2026-06-01")
    with at("2026-12-01 09:00"):
        early, late = (pay(cast, otto.payer, otto.case, 90_00, day, surplus_as_credit=True, parts=())
                       for day in ("2026-08-01", "2026-09-20"))
        otto.refunds(early, 60_00, "2026-08-10")
        otto.refunds(late, 50_00, "2026-10-05")
        assert otto.open_on("2026-10-05") == []
        otto.fails(late, "2026-10-07")
        assert otto.open_on("2026-10-06") == []
        assert otto.open_on("2026-10-07") == [(REFUNDED, "2026-10-05", 50_00)]
        otto.fails(early, "2026-10-09")
        owed = [(BROUGHT_OVER, "2026-06-01", 30_00), (REFUNDED, "2026-08-10", 60_00), (REFUNDED, "2026-10-05", 50_00)]
        for day in ("2026-10-09", "2026-11-08", "2026-11-09"):
            assert otto.open_on(day) == owed, day
        pay(cast, otto.payer, otto.case, 45_00, "2026-11-10")
        assert otto.open_on("2026-11-10") == [(REFUNDED, "2026-08-10", 45_00), (REFUNDED, "2026-10-05", 50_00)]
    otto.sound()


def test_a_debt_from_an_import_is_on_the_list_of_what_is_overdue_and_is_paid_from_there(
    cast: Cast, otto: Otto
) -> None:
    otto.brings(30_00, "2026-08-01")

    def listed(who: str = "Tom") -> list[tuple[str, int, int, int, str, int]]:
        rows = [(row, row.overdue) for row in cast.read(who, overdue_list).rows]
        assert cast.read(who, billing_counts).overdue == len(rows)
        return [(one.account.payer, one.cents, one.on_none_cents, one.invoices, str(one.due_on), row.age_days)
                for row, one in rows]

    with at("2026-09-08 09:00"):
        bea = ("Bea Decoy", 40_00, 40_00, 0, "2026-08-20", 19)
        assert listed() == listed("Dana") == [("Otto Brand", 30_00, 30_00, 0, "2026-08-01", 38), bea]
        assert listed("Marcus") == [("Otto Brand", 30_00, 30_00, 0, "2026-08-01", 38)]
        assert listed("Ruth") == [bea]
        assert listed("Olga") == []
        contact = FollowUpPayer(payer_id=otto.payer, case_id=otto.case, kind=ContactMade.PHONE,
                                happened_on=date(2026, 9, 8), next_action="Call", next_on=date(2026, 9, 9))
        assert cast.do("Tom", follow_up_payer, contact) == cast.do("Tom", follow_up_payer, contact)
        (row, _) = cast.read("Tom", overdue_list).rows
        assert (row.overdue.account.case_id, [one.kind for one in row.done.entries]) == (
            otto.case, [ContactMade.PHONE])
        preview = cast.read("Tom", reminder_preview, [otto.payer, otto.decoy])
        assert [(line.payer, line.cents, line.invoices, line.on_none_cents) for line in preview.lines] == [
            ("Otto Brand", 30_00, 0, 30_00), ("Bea Decoy", 40_00, 0, 40_00)]
    bill = invoice(cast, hold(cast, otto.case, "IND50", "2026-09-08 10:00"))[0]
    with at("2026-09-30 09:00"):
        assert listed() == [("Otto Brand", 195_00, 30_00, 1, "2026-08-01", 60),
                            ("Bea Decoy", 40_00, 40_00, 0, "2026-08-20", 41)]
    pay(cast, otto.payer, otto.case, 165_00, "2026-09-30", parts=(Part(invoice_id=bill, amount_cents=165_00),))
    with at("2026-10-01 09:00"):
        assert listed()[0] == ("Otto Brand", 30_00, 30_00, 0, "2026-08-01", 61)
    pay(cast, otto.payer, otto.case, 30_00, "2026-10-01")
    with at("2026-10-02 09:00"):
        assert listed() == [("Bea Decoy", 40_00, 40_00, 0, "2026-08-20", 43)]
    otto.sound()


def test_a_failure_leaves_its_list_when_what_it_had_paid_is_paid_though_an_older_debt_stands(
    cast: Cast, otto: Otto
) -> None:
    otto.brings(30_00, "2026-08-01")
    bill = invoice(cast, hold(cast, otto.case, "IND50", "2026-09-03 10:00"))[0]
    whole = (Part(invoice_id=bill, amount_cents=165_00),)
    cheque = pay(cast, otto.payer, otto.case, 165_00, "2026-09-05", parts=whole)
    with at("2026-09-08 09:00"):
        otto.fails(cheque, "2026-09-08")
        assert [one.owed_cents for one in cast.read("Tom", failed_payments)] == [195_00]
    pay(cast, otto.payer, otto.case, 165_00, "2026-09-09", parts=whole)
    with at("2026-09-10 09:00"):
        assert cast.read("Tom", failed_payments) == []
        assert [one.overdue.cents for one in cast.read("Tom", overdue_list).rows] == [30_00, 40_00]
    otto.sound()


def test_a_failure_stays_on_its_list_as_long_as_the_debt_from_an_import_that_it_had_paid(
    cast: Cast, otto: Otto
) -> None:
    otto.brings(30_00, "2026-08-01")
    bill = invoice(cast, hold(cast, otto.case, "IND50", "2026-09-03 10:00"))[0]
    cheque = pay(cast, otto.payer, otto.case, 195_00, "2026-09-05")
    with at("2026-09-08 09:00"):
        assert [one.overdue.account.payer for one in cast.read("Tom", overdue_list).rows] == ["Bea Decoy"]
        otto.fails(cheque, "2026-09-08")
        assert [one.owed_cents for one in cast.read("Tom", failed_payments)] == [195_00]
    pay(cast, otto.payer, otto.case, 165_00, "2026-09-09", parts=(Part(invoice_id=bill, amount_cents=165_00),))
    with at("2026-09-10 09:00"):
        assert [one.owed_cents for one in cast.read("Tom", failed_payments)] == [30_00]
        assert [one.overdue.account.payer for one in cast.read("Tom", overdue_list).rows] == ["Otto Brand", "Bea Decoy"]
    pay(cast, otto.payer, otto.case, 30_00, "2026-09-10")
    with at("2026-09-11 09:00"):
        assert cast.read("Tom", failed_payments) == []
    otto.sound()


def test_a_failure_leaves_its_list_when_as_much_of_the_debt_is_paid_again(cast: Cast, otto: Otto) -> None:
    otto.brings(100_00, "2026-08-01")

    def waits(when: str) -> list[int]:
        """What of the debt a failed payment's item is about; it shows the whole debt."""
        with at(when):
            assert [one.owed_cents for one in cast.read("Tom", failed_payments)] in ([], [sum(
                one.cents for one in cast.read("Tom", payer_account, otto.payer).debts)])
            return [one.owed_cents for one in cast.read("Tom", failed_payments)]

    pay(cast, otto.payer, otto.case, 5_00, "2026-09-04")
    cheque = pay(cast, otto.payer, otto.case, 30_00, "2026-09-05")
    with at("2026-09-08 09:00"):
        otto.fails(cheque, "2026-09-08")
    assert waits("2026-09-08 10:00") == [95_00]
    pay(cast, otto.payer, otto.case, 20_00, "2026-09-09")
    assert waits("2026-09-09 18:00") == [75_00], "10.00 of what it had paid is not paid again"
    again = pay(cast, otto.payer, otto.case, 10_00, "2026-09-10")
    assert waits("2026-09-10 18:00") == []
    with at("2026-09-11 09:00"):
        otto.fails(again, "2026-09-11")
    assert waits("2026-09-11 10:00") == [75_00]
    pay(cast, otto.payer, otto.case, 10_00, "2026-09-12")
    assert waits("2026-09-12 18:00") == []
    otto.sound()


def test_credit_from_an_import_that_covers_a_refund_without_money_behind_it_is_not_offered(
    cast: Cast, otto: Otto
) -> None:
    otto.brings(-80_00, "2026-08-01")

    def offered() -> list[int]:
        found = [one.cents for one in cast.read("Tom", case_account, otto.case).imported]
        assert found == [one.cents for one in cast.read("Tom", payer_account, otto.payer).imported]
        assert found == [one.imported_cents for one in cast.read("Tom", unapplied_credit)]
        assert sum(found) == cast.read("Tom", credit_detail, otto.payer, otto.case).cents
        return found

    with at("2026-09-12 09:00"):
        assert offered() == [80_00]
        for left in ([10_00], []):
            payment = pay(cast, otto.payer, otto.case, 70_00, "2026-09-05", surplus_as_credit=True)
            otto.refunds(payment, 70_00, "2026-09-08")
            otto.fails(payment, "2026-09-10")
            assert [one.imported_cents for one in cast.read("Tom", unapplied_credit) if one.imported_cents] == left
            assert offered() == left
    otto.sound()


@pytest.mark.parametrize(("asked", "applied", "left"), [
    ({}, [("Opening balance", 30_00), ("first", 165_00), ("second", 5_00)], 0),
    ({"invoice_ids": "second"}, [("Opening balance", 30_00), ("second", 165_00)], 5_00),
    ({"parts": "second"}, [("Opening balance", 30_00), ("second", 100_00)], 70_00),
    ({"invoice_ids": ""}, [("Opening balance", 30_00)], 170_00),
])
def test_a_receipt_lists_the_debt_from_before_beside_the_invoices_and_adds_up(
    cast: Cast, otto: Otto, asked: dict[str, str], applied: list[tuple[str, int]], left: int
) -> None:
    """Whatever is chosen, what is left pays the debt before it is credit: the account knows no other sum."""
    otto.brings(30_00, "2026-08-01")
    _, second = (invoice(cast, hold(cast, otto.case, "IND50", f"2026-09-0{day} 10:00"))[0] for day in (3, 4))
    later, earlier = otto.numbers()
    options: dict[str, Any] = {"invoice_ids": (second,) if asked.get("invoice_ids") else ()} if (
        "invoice_ids" in asked) else {}
    if "parts" in asked:
        options = {"parts": (Part(invoice_id=second, amount_cents=100_00),)}
    paid = pay(cast, otto.payer, otto.case, 200_00, "2026-09-05", surplus_as_credit=True, **options)
    called = {earlier: "first", later: "second"}
    with database.reading(cast.engine) as session:
        receipt = billing.document_of(session, payment_id=paid)
        assert receipt is not None
        said = receipt.content
        loose = billing.loose_cents(session, otto.payer, otto.case)
    assert [(called.get(one["invoice_number"], one["invoice_number"]), one["amount_cents"])
            for one in said["applied"]] == applied
    assert said["unapplied_cents"] == left == -loose
    assert sum(cents for _, cents in applied) + left == said["amount_cents"] == 200_00
    otto.sound()


def test_a_debt_on_no_invoice_is_written_off_by_whoever_may_void_and_taken_back(cast: Cast, otto: Otto) -> None:
    """80.00 from an import and a refund of 50.00 that no money stands behind: a write-off takes the import first."""
    otto.brings(80_00, "2026-06-01")
    failed = pay(cast, otto.payer, otto.case, 90_00, "2026-08-01", surplus_as_credit=True, parts=())
    with at("2026-08-20 09:00"):
        otto.refunds(failed, 50_00, "2026-08-10")
        otto.fails(failed, "2026-08-12")
    owed = [(BROUGHT_OVER, "2026-06-01", 80_00), (REFUNDED, "2026-08-10", 50_00)]
    give_up = WriteOffDebt(payer_id=otto.payer, case_id=otto.case, amount_cents=100_00, reason="cannot be reached")
    with at("2026-09-08 09:00"):
        assert otto.open_on("2026-09-08") == owed
        for who in ("Marcus", "Olga"):
            with pytest.raises(NotPermitted):
                cast.do(who, write_off_debt, give_up)
        with pytest.raises(BadInput):
            cast.do("Tom", write_off_debt, give_up.model_copy(update={"amount_cents": 130_01, "op": new_operation()}))
        entry = cast.do("Tom", write_off_debt, give_up)
        assert cast.do("Tom", write_off_debt, give_up) == entry, "a double click gives it up once"
        assert otto.open_on("2026-09-07") == owed, "the day before it is still owed"
        assert otto.open_on("2026-09-08") == [(REFUNDED, "2026-08-10", 30_00)]
        (row,) = [one for one in cast.read("Tom", overdue_list).rows if one.overdue.account.payer_id == otto.payer]
        assert (row.overdue.cents, row.overdue.on_none_cents) == (30_00, 30_00)
        (adjusted,) = cast.read("Tom", case_account, otto.case).adjustments
        assert (adjusted.invoice, adjusted.amount_cents, adjusted.reason) == ("", 100_00, "cannot be reached")
        made = cast.read("Tom", statement_preview, otto.payer, date(2026, 9, 1), date(2026, 9, 8)).statement
        assert [(one.what, one.number, one.amount_cents) for one in made.movements] == [
            ("Write-off of a balance on no invoice", "", -100_00)]
        assert (made.opening_cents, made.credits_cents, made.closing_cents) == (130_00, 100_00, 30_00)
        moved = [one for one in read(cast.engine, cast.actor("Dana"), "billing__movements", as_of=date(2026, 9, 8))
                 if one["payer_id"] == otto.payer]
        assert (sum(one["adjusted_cents"] for one in moved), sum(one["collected_cents"] for one in moved)) == (
            100_00, -50_00)
        cast.do("Tom", write_off_debt, WriteOffDebt(payer_id=otto.payer, case_id=otto.case, reason="the rest too"))
        assert [one for one in cast.read("Tom", overdue_list).rows
                if one.overdue.account.payer_id == otto.payer] == cast.read("Tom", failed_payments) == []
        with pytest.raises(NothingIsOwed):
            cast.do("Tom", write_off_debt, WriteOffDebt(payer_id=otto.payer, case_id=otto.case, reason="again"))
    pay(cast, otto.payer, otto.case, 40_00, "2026-09-10", surplus_as_credit=True)
    with at("2026-09-12 09:00"):
        assert [(one.credit_cents, one.since) for one in cast.read("Tom", unapplied_credit)] == [
            (40_00, date(2026, 9, 10))]
        assert cast.read("Tom", case_account, otto.case).imported == ()
        back = cast.do("Tom", take_back, TakeBack(entry_id=entry, reason="found again"))
        with pytest.raises(AlreadyTakenBack):
            cast.do("Tom", take_back, TakeBack(entry_id=entry, reason="twice"))
        assert otto.open_on("2026-09-12") == [(BROUGHT_OVER, "2026-06-01", 10_00), (REFUNDED, "2026-08-10", 50_00)]
    with database.reading(cast.engine) as session:
        mirror = session.get_one(LedgerEntry, back)
        assert (mirror.reverses_id, mirror.amount_cents, mirror.invoice_id) == (entry, 100_00, None)
        said = {row.action: row.detail for row in session.scalars(select(AuditRow).where(
            AuditRow.case_id == otto.case, AuditRow.outcome == Outcome.ALLOWED,
            AuditRow.action.in_(("write_off_debt", "take_back")), ~AuditRow.detail.contains("the rest too")))}
        assert said == {"write_off_debt": "100.00 on no invoice: cannot be reached",
                        "take_back": "write off 100.00 on no invoice: found again"}
    otto.sound()
