"""The front desk's money: invoices twice a week, payments as people pay, and the few that go wrong."""

from collections import defaultdict
from collections.abc import Iterable
from datetime import date, datetime, time, timedelta
from functools import partial
from random import Random
from typing import Any

from sqlalchemy.orm import Session

from practicerunner import clock
from practicerunner.demo.caseload import Pays, Plan
from practicerunner.demo.diary import Diary
from practicerunner.demo.mishaps import Mishaps
from practicerunner.demo.people import ZONE
from practicerunner.records import billing
from practicerunner.records.billing import Invoice
from practicerunner.rules.scheduling import moment
from practicerunner.vocabulary import ChargeKind, PaymentMethodKind
from practicerunner.workflows.access import Actor
from practicerunner.workflows.billing import InvoiceAppointments, invoice_appointments
from practicerunner.workflows.payments import ApplyCredit, RecordPayment, apply_credit, record_payment
from practicerunner.workflows.reversals import ReissueInvoice, VoidInvoice, reissue_invoice, void_invoice
from practicerunner.workflows.statement_runs import IssueStatements, issue_next, issue_statements, take_up
from practicerunner.workflows.waivers import WaiveFee, waive_fee

DAYS = (1, 4)
"""Weekdays on which invoices are written."""
VOIDED, REISSUED = frozenset({30, 110, 210}), frozenset({70, 160})
"""Which of the invoices, counted from the first, turn out to be wrong."""
WAIVED = frozenset({2, 7})
"""Which of the fees for missed appointments are waived, counted from the first."""
IN_ADVANCE = 600_00
_Key = tuple[int, int]


class Desk:
    """Invoices and payments."""

    def __init__(self, diary: Diary, actor: Actor, today: date, rng: Random) -> None:
        self.diary, self.actor, self.today, self.rng = diary, actor, today, rng
        self.bodies: set[int] = set()
        """Payers that are organisations; they pay once a month."""
        self._waiting: list[int] = []
        self._plans: dict[int, Plan] = {}
        self._seen: set[int] = set()
        self._unpaid: dict[_Key, list[int]] = defaultdict(list)
        self._forgotten = 0
        self._missed = 0
        self._mishaps = Mishaps(diary, actor, today)

    def _do(self, session: Session, verb: Any, command: Any) -> Any:
        result = verb(session, self.actor, command)
        session.flush()
        return result

    def open(self, day: date) -> None:
        """Write invoices on every desk day from here on, and last month's statements on the first of this one."""
        first = self.today.replace(day=1)
        self.diary.note(moment(first, time(8, 30), ZONE), partial(self._tell, first - timedelta(days=1)))
        while day <= self.today:
            if day.weekday() in DAYS:
                self.diary.note(moment(day, time(17, 40), ZONE), self._invoice)
            day += timedelta(days=1)
        self.diary.note(moment(self.today - timedelta(days=2), time(16, 20), ZONE), self._promise)

    def _promise(self, session: Session) -> None:
        for invoices in list(self._unpaid.values())[-6:]:
            for invoice_id in invoices:
                self._mishaps.promised(session, invoice_id)

    def expect(self, plan: Plan, case_id: int, appointment_id: int, day: date) -> None:
        """Something is to be charged, so an invoice may follow. A few are overlooked."""
        self._plans[case_id] = plan
        if not plan.arranged:
            return
        if 9 <= (self.today - day).days <= 30 and self._forgotten < 4 and self.rng.random() < 0.05:
            self._forgotten += 1
            return
        self._waiting.append(appointment_id)

    def _tell(self, month: date, session: Session) -> None:
        self._do(session, issue_statements, IssueStatements(month=month))
        run_id = take_up(session, "desk")
        while run_id is not None and issue_next(session, run_id, "desk") is not None:
            pass

    def _invoice(self, session: Session) -> None:
        if not self._waiting:
            return
        due, self._waiting = tuple(self._waiting), []
        for invoice_id in self._do(session, invoice_appointments, InvoiceAppointments(appointment_ids=due)):
            if invoice_id not in self._seen:
                self._seen.add(invoice_id)
                self._sort_out(session, invoice_id)

    def _sort_out(self, session: Session, invoice_id: int) -> None:
        """Most invoices are paid as their payers pay; some are wrong and are voided or issued anew."""
        number = len(self._seen)
        self._excuse(session, invoice_id)
        self._mishaps.issued(number, invoice_id)
        tomorrow = moment(clock.today(ZONE) + timedelta(days=1), time(11, 15), ZONE)
        if number in VOIDED:
            self.diary.note(tomorrow, partial(self._void, invoice_id))
        elif number in REISSUED:
            self.diary.note(tomorrow, partial(self._reissue, invoice_id))
        else:
            self._collect(session, invoice_id)

    def _excuse(self, session: Session, invoice_id: int) -> None:
        """Waive a fee for a missed appointment now and then."""
        for charge in billing.charges(session, [share.charge_id for share in billing.shares_on(session, invoice_id)]):
            if charge.kind is not ChargeKind.SERVICE:
                self._missed += 1
                if self._missed in WAIVED:
                    self._do(session, waive_fee, WaiveFee(
                        appointment_id=charge.appointment_id, person_id=charge.person_id, reason="Down with the flu",
                    ))

    def _void(self, invoice_id: int, session: Session) -> None:
        """Void it; what it charged is invoiced again on the next desk day."""
        charges = billing.charges(session, [share.charge_id for share in billing.shares_on(session, invoice_id)])
        self._do(session, void_invoice, VoidInvoice(
            invoice_id=invoice_id, reason="Sent before the fee agreement was entered",
        ))
        self._waiting += {charge.appointment_id for charge in charges if charge.appointment_id is not None}

    def _reissue(self, invoice_id: int, session: Session) -> None:
        anew = self._do(session, reissue_invoice, ReissueInvoice(invoice_id=invoice_id, reason="Address corrected"))
        self._seen.add(anew)
        self._collect(session, anew)

    def _collect(self, session: Session, invoice_id: int) -> None:
        """Expect the money when this payer usually pays."""
        invoice = session.get_one(Invoice, invoice_id)
        plan = self._plans[invoice.case_id]
        key = (invoice.payer_id, invoice.case_id)
        self._unpaid[key].append(invoice_id)
        pays = Pays.MONTHLY if invoice.payer_id in self.bodies else plan.pays
        if len(self._unpaid[key]) == 1 or pays is Pays.AHEAD:
            when = self._when(plan, pays)
            if when is not None:
                self.diary.note(when, partial(self._take, plan, pays, key))

    def _when(self, plan: Plan, pays: Pays) -> datetime | None:
        day = clock.today(ZONE)
        if pays is Pays.NEVER:
            if (self.today - day).days < 70:
                return None
            day += timedelta(days=self.rng.randrange(16, 30))
        elif pays is Pays.MONTHLY:
            day = (day.replace(day=1) + timedelta(days=32)).replace(day=self.rng.randrange(2, 6))
        elif pays is Pays.SLOWLY:
            day += timedelta(days=self.rng.randrange(24, 38))
        elif pays is Pays.PARTLY:
            day += timedelta(days=self.rng.randrange(2, 5))
        else:
            day += timedelta(days=self.rng.randrange(1, 4 if plan.card else 14))
        return moment(day, time(9, self.rng.randrange(10, 59)), ZONE)

    def _take(self, plan: Plan, pays: Pays, key: _Key, session: Session) -> None:
        invoices = self._unpaid.pop(key, [])
        owed = [(i, cents) for i in invoices if (cents := billing.open_row(session, i).open_cents)]
        if not owed:
            return
        total = sum(cents for _, cents in owed)
        if pays is Pays.AHEAD:
            self._use_credit(session, plan, key, [i for i, _ in owed])
        elif pays is Pays.PARTLY and (self.today - clock.today(ZONE)).days < 60:
            self._receive(session, plan, pays, key, total // 2, [i for i, _ in owed])
        else:
            self._receive(session, plan, pays, key, total, [i for i, _ in owed])

    def _use_credit(self, session: Session, plan: Plan, key: _Key, invoices: Iterable[int]) -> None:
        """Somebody who pays in advance: their credit first, and new money when it is used up."""
        for invoice_id in invoices:
            self._do(session, apply_credit, ApplyCredit(invoice_id=invoice_id))
            if billing.open_row(session, invoice_id).open_cents:
                self._receive(session, plan, Pays.AHEAD, key, IN_ADVANCE, [invoice_id], surplus=True)

    def _receive(
        self, session: Session, plan: Plan, pays: Pays, key: _Key, cents: int, invoices: list[int], *,
        surplus: bool = False,
    ) -> None:
        method, reference = self._method(plan, pays, key[0])
        payment_id = self._do(session, record_payment, RecordPayment(
            payer_id=key[0], case_id=key[1], method=method, amount_cents=cents, received_on=clock.today(ZONE),
            reference=reference, invoice_ids=tuple(invoices), surplus_as_credit=surplus,
        ))
        if pays is not Pays.AHEAD:
            self._mishaps.paid(payment_id, method)

    def _method(self, plan: Plan, pays: Pays, payer_id: int) -> tuple[PaymentMethodKind, str]:
        if payer_id in self.bodies:
            return PaymentMethodKind.CHEQUE, f"No. {self.rng.randrange(2000, 9000)}"
        if plan.card:
            return PaymentMethodKind.CARD, ""
        if pays is Pays.MONTHLY:
            return PaymentMethodKind.BANK, "Transfer"
        if pays is Pays.SLOWLY:
            return PaymentMethodKind.CHEQUE, f"No. {self.rng.randrange(100, 999)}"
        return self.rng.choice((PaymentMethodKind.CARD, PaymentMethodKind.CASH, PaymentMethodKind.CARD)), ""

