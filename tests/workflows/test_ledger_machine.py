"""Every verb of billing in any order: after each, the ledger, its cache and the papers are in order (D8)."""

from collections.abc import Callable
from datetime import date, time, timedelta
from typing import Any

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import rule, run_state_machine_as_test
from sqlalchemy import func, select

from practicerunner import clock, database
from practicerunner.errors import PracticeError
from practicerunner.records import accounts
from practicerunner.records.billing import Charge, ChargeShare, Invoice, InvoiceLine, LedgerEntry, Payment
from practicerunner.records.packages import Package
from practicerunner.records.payments import PaymentEvent
from practicerunner.records.scheduling import Appointment
from practicerunner.records.statements import Statement
from practicerunner.vocabulary import (
    AttendanceStatus,
    InvoicingRhythm,
    PaymentMethodKind,
    PaymentState,
)
from practicerunner.workflows.adjustments import (
    CreditInvoice,
    TakeBack,
    WriteOff,
    WriteOffDebt,
    credit_invoice,
    take_back,
    write_off,
    write_off_debt,
)
from practicerunner.workflows.advance import (
    InvoiceAhead,
    SettleAll,
    SettleAppointment,
    invoice_ahead,
    settle_all,
    settle_appointment,
)
from practicerunner.workflows.attendance import SetAttendance, set_attendance
from practicerunner.workflows.billing import (
    InvoiceAppointment,
    InvoiceAppointments,
    invoice_appointment,
    invoice_appointments,
)
from practicerunner.workflows.booking import Book, book
from practicerunner.workflows.drafts import (
    ChangeDraftLine,
    DeleteDraft,
    IssueDrafts,
    LeaveOut,
    change_draft_line,
    delete_draft,
    issue_drafts,
    leave_out,
)
from practicerunner.workflows.gathering import (
    InvoiceMonth,
    InvoicePayer,
    InvoiceWeek,
    invoice_month,
    invoice_payer,
    invoice_week,
)
from practicerunner.workflows.packages import (
    CancelPackage,
    InvoicePackage,
    SellPackage,
    cancel_package,
    invoice_package,
    sell_package,
)
from practicerunner.workflows.payments import (
    ApplyCredit,
    Part,
    RecordPayment,
    UseCredit,
    apply_credit,
    record_payment,
    use_credit,
)
from practicerunner.workflows.periods import InvoicePeriod, invoice_period
from practicerunner.workflows.refunds import RefundCredit, RefundPayment, refund_credit, refund_payment
from practicerunner.workflows.reversals import ReissueInvoice, VoidInvoice, reissue_invoice, void_invoice
from practicerunner.workflows.settlements import FailPayment, SettlePayment, fail_payment, settle_payment
from practicerunner.workflows.statements import IssueStatement, issue_statement
from practicerunner.workflows.waivers import WaiveFee, waive_fee
from tests.cast import arrange, hold, moment, people_of
from tests.workflows.ledger_invariants import Invariants
from tests.workflows.ledger_world import FIRST

AMOUNTS = st.one_of(st.integers(1, 250_00), st.sampled_from([1, 82_50, 105_00, 126_00, 165_00, 210_00, 400_00]))
WHICH = st.integers(0, 50)


class Ledger(Invariants):
    """What an admin may do, in any order; what the practice's rules refuse has to leave no trace."""

    def __init__(self) -> None:
        super().__init__()
        self.hour = 17
        self.before = clock._frozen
        self._tick()

    def _tick(self) -> None:
        clock._frozen = moment(f"{self.day} 23:00")

    def teardown(self) -> None:
        try:
            self.marts_equal_the_ledger()
            self.what_is_listed_can_be_invoiced_or_says_why_not()
        finally:
            clock._frozen = self.before

    def do(self, verb: Any, ask: Callable[[], Any]) -> Any:
        try:
            with database.transaction(self.engine) as session:
                return verb(session, self.tom, ask())
        except PracticeError:
            return None

    def one(self, kind: Any, which: int, *where: Any) -> Any:
        """One of the rows there are, or nothing."""
        with database.reading(self.engine) as session:
            rows = session.scalars(select(kind).where(*where).order_by(kind.id)).all()
        return rows[which % len(rows)] if rows else None

    # What people do

    @rule(days=st.integers(1, 40))
    def days_pass(self, days: int) -> None:
        if self.day < date(2027, 6, 1):
            self.day, self.hour = self.day + timedelta(days=days), 8
            self._tick()

    @rule(of=st.sampled_from(["couple", "child", "group"]), missed=st.booleans(), stands_in=st.booleans(),
          longer=st.booleans())
    def hold_an_appointment(self, of: str, missed: bool, stands_in: bool, longer: bool) -> None:
        if self.hour > 20:
            return
        case_id: int = getattr(self.world, of)
        away = AttendanceStatus.NO_SHOW if missed else AttendanceStatus.EXCUSED
        people = people_of(self.world.cast, case_id) if missed else {}
        service = {"couple": "FAM50", "child": "IND60" if longer else "IND50", "group": "GRP90"}[of]
        hold(self.world.cast, case_id, service, f"{self.day} {self.hour:02d}:00", by="Dana",
             missed=dict.fromkeys(people.values(), away), provider="Olga" if stands_in else "")
        self.hour += 2 if of == "group" else 1
        self._tick()

    @rule()
    def sell_a_package(self) -> None:
        self.do(sell_package, lambda: SellPackage(case_id=self.world.friend))

    @rule(missed=st.booleans())
    def use_a_package(self, missed: bool) -> None:
        if self.hour > 20:
            return
        people = people_of(self.world.cast, self.world.friend) if missed else {}
        made = hold(self.world.cast, self.world.friend, "IND50", f"{self.day} {self.hour:02d}:00",
                    missed=dict.fromkeys(people.values(), AttendanceStatus.NO_SHOW))
        self.hour += 1
        self._tick()
        self.do(invoice_appointment, lambda: InvoiceAppointment(appointment_id=made))

    @rule(which=WHICH)
    def cancel_a_package(self, which: int) -> None:
        if found := self.one(Package, which):
            self.do(cancel_package, lambda: CancelPackage(package_id=found.id, reason="moves away"))

    @rule(which=WHICH)
    def invoice_a_package(self, which: int) -> None:
        if found := self.one(Package, which):
            self.do(invoice_package, lambda: InvoicePackage(package_id=found.id))

    @rule(which=WHICH)
    def draft(self, which: int) -> None:
        if found := self.one(Appointment, which):
            self.do(invoice_appointment, lambda: InvoiceAppointment(appointment_id=found.id, as_drafts=True))

    @rule(which=WHICH, what=st.sampled_from(["issue", "delete", "leave out", "say otherwise"]))
    def end_a_draft(self, which: int, what: str) -> None:
        found = self.one(ChargeShare, which, ChargeShare.draft_id.is_not(None))
        if found is None:
            return
        if what == "issue":
            self.do(issue_drafts, lambda: IssueDrafts(draft_ids=(found.draft_id,)))
        elif what == "delete":
            self.do(delete_draft, lambda: DeleteDraft(draft_id=found.draft_id))
        elif what == "say otherwise":
            self.do(change_draft_line, lambda: ChangeDraftLine(
                draft_id=found.draft_id, share_id=found.id, text="A talk"))
        else:
            self.do(leave_out, lambda: LeaveOut(draft_id=found.draft_id, share_id=found.id))

    @rule(drafts=st.booleans())
    def invoice_in_advance(self, drafts: bool) -> None:
        """Next month has one appointment booked, and is invoiced."""
        first = (self.day.replace(day=1) + timedelta(days=32)).replace(day=2)
        self.do(book, lambda: Book(
            case_id=self.world.ahead, service_id=self.world.cast.services["IND50"], local_date=first,
            local_time=time(8 + self.hour % 8), location_id=self.world.cast.office))
        self.do(invoice_ahead, lambda: InvoiceAhead(
            day=first, rhythm=InvoicingRhythm.MONTH_AHEAD, as_drafts=drafts))

    @rule(which=WHICH, settle=st.booleans(), status=st.sampled_from([
        AttendanceStatus.ATTENDED, AttendanceStatus.NO_SHOW, AttendanceStatus.EXCUSED]))
    def take_place(self, which: int, settle: bool, status: AttendanceStatus) -> None:
        """The day of something invoiced in advance comes, or its attendance is put right."""
        charge = self.one(Charge, which, Charge.in_advance)
        if charge is None:
            return
        if charge.service_date > self.day:
            self.day, self.hour = charge.service_date, 16
            self._tick()
        people = people_of(self.world.cast, self.world.ahead)
        self.do(set_attendance, lambda: SetAttendance(
            appointment_id=charge.appointment_id, statuses=dict.fromkeys(people.values(), status)))
        if settle:
            self.do(settle_appointment, lambda: SettleAppointment(appointment_id=charge.appointment_id))

    @rule(which=WHICH)
    def free_a_session(self, which: int) -> None:
        found = self.one(Charge, which, Charge.package_id.is_not(None), Charge.appointment_id.is_not(None))
        if found is not None:
            people = people_of(self.world.cast, self.world.friend)
            self.do(set_attendance, lambda: SetAttendance(
                appointment_id=found.appointment_id,
                statuses=dict.fromkeys(people.values(), AttendanceStatus.EXCUSED)))

    @rule()
    def settle_everything(self) -> None:
        self.do(settle_all, SettleAll)

    @rule(points=st.integers(1, 9999))
    def share_otherwise(self, points: int) -> None:
        people = self.world.people
        if self.day > FIRST:
            try:
                arrange(self.world.cast, self.world.couple, {people["Maya"]: points, people["Tom"]: 10000 - points},
                        since=str(self.day))
            except PracticeError:
                return

    @rule(whose=st.sampled_from(["Gia", "Gus", "Lou", "both"]), ends=st.booleans())
    def end_an_agreement(self, whose: str, ends: bool) -> None:
        """From tomorrow on nobody pays for a member, for the couple or for what was invoiced in advance; or again."""
        world = self.world
        case_id, person_id = {"Lou": (world.ahead, None), "both": (world.couple, None)}.get(
            whose, (world.group, world.members.get(whose)))
        people = [person_id] if person_id else list(people_of(world.cast, case_id).values())[:1]
        try:
            arrange(world.cast, case_id, dict.fromkeys(people, 0), since=str(self.day), person_id=person_id,
                    valid_until=self.day if ends else None)
        except PracticeError:
            return

    @rule(which=WHICH)
    def invoice(self, which: int) -> None:
        if found := self.one(Appointment, which):
            self.do(invoice_appointment, lambda: InvoiceAppointment(appointment_id=found.id))

    @rule(chosen=st.lists(WHICH, min_size=2, max_size=4), drafts=st.booleans())
    def invoice_several(self, chosen: list[int], drafts: bool) -> None:
        if found := {one.id for which in chosen if (one := self.one(Appointment, which)) is not None}:
            self.do(invoice_appointments, lambda: InvoiceAppointments(
                appointment_ids=tuple(sorted(found)), as_drafts=drafts))

    @rule(days_ago=st.integers(0, 40), what=st.sampled_from(["month", "week", "payer"]), who=WHICH,
          drafts=st.booleans())
    def gather(self, days_ago: int, what: str, who: int, drafts: bool) -> None:
        first = self.day - timedelta(days=days_ago)
        if what == "month":
            self.do(invoice_month, lambda: InvoiceMonth(month=first, as_drafts=drafts))
        elif what == "week":
            self.do(invoice_week, lambda: InvoiceWeek(week=first, as_drafts=drafts))
        else:
            payer_id = self.world.payers[who % len(self.world.payers)]
            self.do(invoice_payer, lambda: InvoicePayer(
                payer_id=payer_id, first=first, last=self.day, as_drafts=drafts))

    @rule(days_ago=st.integers(0, 40), of_child=st.booleans(), who=st.none() | st.integers(0, 2), drafts=st.booleans())
    def invoice_a_period(self, days_ago: int, of_child: bool, who: int | None, drafts: bool) -> None:
        self.do(invoice_period, lambda: InvoicePeriod(
            case_id=self.world.child if of_child else self.world.couple, first=self.day - timedelta(days=days_ago),
            last=self.day, payer_id=None if who is None else self.world.payers[who], as_drafts=drafts))

    @rule(which=WHICH, anew=st.booleans())
    def void(self, which: int, anew: bool) -> None:
        if found := self.one(Invoice, which):
            verb, kind = (reissue_invoice, ReissueInvoice) if anew else (void_invoice, VoidInvoice)
            self.do(verb, lambda: kind(invoice_id=found.id, reason="slip"))

    @rule(who=st.integers(0, 2), of_child=st.booleans(), cents=AMOUNTS, pending=st.booleans(), keep=st.booleans(),
          which=st.none() | WHICH, days_ago=st.integers(0, 12))
    def pay(
        self, who: int, of_child: bool, cents: int, pending: bool, keep: bool, which: int | None, days_ago: int
    ) -> None:
        chosen = None if which is None or pending else self.one(
            Invoice, which, Invoice.payer_id == self.world.payers[who])
        self.do(record_payment, lambda: RecordPayment(
            payer_id=self.world.payers[who], case_id=self.world.child if of_child else self.world.couple,
            method=PaymentMethodKind.CASH, amount_cents=cents, received_on=self.day - timedelta(days=days_ago),
            pending=pending,
            surplus_as_credit=keep,
            parts=(Part(invoice_id=chosen.id, amount_cents=max(cents - 5, 1)),) if chosen else None))

    @rule(who=st.integers(0, 2))
    def state_the_account(self, who: int) -> None:
        whose = self.world.payers[who]
        with database.reading(self.engine) as session:
            last = session.scalar(select(func.max(Statement.ends_on)).where(Statement.payer_id == whose))
        starts_on = last + timedelta(days=1) if last else FIRST - timedelta(days=60)
        made = self.do(issue_statement, lambda: IssueStatement(
            payer_id=whose, starts_on=starts_on, ends_on=self.day)) if starts_on <= self.day else None
        if made is not None:
            with database.reading(self.engine) as session:
                row = session.get_one(Statement, made)
                moved = session.scalars(select(LedgerEntry).where(LedgerEntry.payer_id == whose)).all()
            assert row.opening_cents == sum(e.amount_cents for e in moved if e.effective_on < starts_on)
            assert row.closing_cents == sum(e.amount_cents for e in moved if e.effective_on <= self.day)

    @rule(which=WHICH)
    def settle(self, which: int) -> None:
        if found := self.one(PaymentEvent, which, PaymentEvent.status == PaymentState.PENDING):
            self.do(settle_payment, lambda: SettlePayment(payment_id=found.payment_id, settled_on=self.day))

    @rule(which=WHICH)
    def fail(self, which: int) -> None:
        if found := self.one(Payment, which):
            self.do(fail_payment, lambda: FailPayment(payment_id=found.id, failed_on=self.day, reason="returned"))

    @rule(which=WHICH, percent=st.integers(1, 110), credit=st.booleans(), note=st.booleans(), of=st.none() | WHICH)
    def refund(self, which: int, percent: int, credit: bool, note: bool, of: int | None) -> None:
        if found := self.one(Payment, which):
            paid = self.one(Invoice, of, Invoice.payer_id == found.payer_id) if of is not None else None
            self.do(refund_payment, lambda: RefundPayment(
                payment_id=found.id, amount_cents=max(found.amount_cents * percent // 100, 1),
                method=PaymentMethodKind.CASH,
                refunded_on=self.day, reason="given back", credit_invoices=credit, credit_note=credit and note,
                invoice_id=paid.id if paid else None))

    @rule(cents=AMOUNTS)
    def refund_credit(self, cents: int) -> None:
        self.do(refund_credit, lambda: RefundCredit(
            payer_id=self.world.payers[1], case_id=self.world.couple, amount_cents=cents,
            method=PaymentMethodKind.CASH, refunded_on=self.day, reason="account closed"))

    @rule(which=WHICH, cents=AMOUNTS, line=st.booleans(), note=st.booleans())
    def credit(self, which: int, cents: int, line: bool, note: bool) -> None:
        if found := self.one(InvoiceLine, which):
            self.do(credit_invoice, lambda: CreditInvoice(
                invoice_id=found.invoice_id, charge_id=found.charge_id if line else None, amount_cents=cents,
                reason="hardship", credit_note=note))

    @rule(which=WHICH, cents=st.none() | AMOUNTS)
    def write_off(self, which: int, cents: int | None) -> None:
        if found := self.one(Invoice, which):
            self.do(write_off, lambda: WriteOff(invoice_id=found.id, amount_cents=cents, reason="gone"))

    @rule(who=st.integers(0, 2), of_child=st.booleans(), cents=st.none() | AMOUNTS)
    def write_off_a_debt(self, who: int, of_child: bool, cents: int | None) -> None:
        self.do(write_off_debt, lambda: WriteOffDebt(
            payer_id=self.world.payers[who], case_id=self.world.child if of_child else self.world.couple,
            amount_cents=cents, reason="gone"))

    @rule(which=WHICH)
    def take_back(self, which: int) -> None:
        if found := self.one(LedgerEntry, which, LedgerEntry.kind.in_(accounts.ADJUSTMENTS)):
            self.do(take_back, lambda: TakeBack(entry_id=found.id, reason="after all not"))

    @rule(which=WHICH)
    def waive(self, which: int) -> None:
        if found := self.one(Appointment, which):
            self.do(waive_fee, lambda: WaiveFee(appointment_id=found.id, reason="illness"))

    @rule(which=WHICH, all_of_them=st.booleans())
    def use_the_credit(self, which: int, all_of_them: bool) -> None:
        if found := self.one(Invoice, which):
            if all_of_them:
                self.do(use_credit, lambda: UseCredit(payer_id=found.payer_id, case_id=found.case_id))
            else:
                self.do(apply_credit, lambda: ApplyCredit(invoice_id=found.id))


QUICK = settings(max_examples=8, stateful_step_count=32, deadline=None, print_blob=True,
                 suppress_health_check=list(HealthCheck))
MANY = settings(QUICK, max_examples=50, stateful_step_count=60)


def test_every_verb_of_billing_in_any_order_keeps_the_ledger_in_order() -> None:
    run_state_machine_as_test(Ledger, settings=QUICK)


@pytest.mark.long
@pytest.mark.slow
def test_many_more_of_them_do_too() -> None:
    run_state_machine_as_test(Ledger, settings=MANY)
