"""What a payer owes on no invoice: what an import brought, and refunds of payments that failed afterwards."""

from datetime import date

import pytest

from practicerunner import database
from practicerunner.records import billing, payments
from practicerunner.records.billing import LedgerEntry
from practicerunner.reports import read
from practicerunner.rules.statements import BROUGHT_OVER, REFUNDED
from practicerunner.vocabulary import CaseType, EntryKind, PaymentMethodKind
from practicerunner.workflows.accounts import case_account
from practicerunner.workflows.payments import UseCredit, use_credit
from practicerunner.workflows.refunds import RefundPayment, refund_payment
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
