"""Every verb of billing in any order: after each, the ledger, its cache and the papers are in order (D8)."""

import shutil
import tempfile
from collections import defaultdict
from collections.abc import Callable
from datetime import date, time, timedelta
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule, run_state_machine_as_test
from sqlalchemy import event, func, select, text, true

from practicerunner import clock, database
from practicerunner.errors import PracticeError
from practicerunner.records import accounts, advance, billing, follow_up, payments, statements, uninvoiced
from practicerunner.records.billing import Charge, ChargeShare, Invoice, InvoiceLine, InvoiceVoid, LedgerEntry, Payment
from practicerunner.records.credits import credited_as_a_whole
from practicerunner.records.drafts import InvoiceDraft
from practicerunner.records.estimates import agreed_in
from practicerunner.records.keeping import CHARGEABLE, UNRECORDED
from practicerunner.records.packages import Package
from practicerunner.records.payments import PaymentEvent, Refund
from practicerunner.records.scheduling import Appointment, Attendance
from practicerunner.records.statements import Statement
from practicerunner.records.uninvoiced import UninvoicedRow
from practicerunner.reports.catalogue import VIEWS
from practicerunner.reports.overview import AGES
from practicerunner.reports.replica import Replica
from practicerunner.rules.payments import state
from practicerunner.rules.statements import Entry, statement
from practicerunner.vocabulary import (
    AttendanceStatus,
    CaseType,
    DocumentKind,
    EntryKind,
    FeeTerms,
    InvoicingRhythm,
    PaymentMethodKind,
    PaymentState,
    ShareKind,
)
from practicerunner.workflows import credits
from practicerunner.workflows.adjustments import (
    SETTLED,
    CreditInvoice,
    TakeBack,
    WriteOff,
    credit_invoice,
    take_back,
    write_off,
)
from practicerunner.workflows.advance import (
    InvoiceAhead,
    SettleAll,
    SettleAppointment,
    invoice_ahead,
    settle_all,
    settle_appointment,
)
from practicerunner.workflows.arrangements import SetArrangement, Share, ended, set_arrangement
from practicerunner.workflows.attendance import SetAttendance, set_attendance
from practicerunner.workflows.billing import InvoiceAppointment, appointment_billing, invoice_appointment
from practicerunner.workflows.booking import Book, book
from practicerunner.workflows.drafts import DeleteDraft, IssueDrafts, LeaveOut, delete_draft, issue_drafts, leave_out
from practicerunner.workflows.follow_up import TOGETHER
from practicerunner.workflows.gathering import InvoiceMonth, invoice_month
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
from practicerunner.workflows.refunds import RefundCredit, RefundPayment, refund_credit, refund_payment
from practicerunner.workflows.reversals import ReissueInvoice, VoidInvoice, reissue_invoice, void_invoice
from practicerunner.workflows.settlements import FailPayment, SettlePayment, fail_payment, settle_payment
from practicerunner.workflows.statements import IssueStatement, issue_statement
from practicerunner.workflows.waivers import WaiveFee, waive_fee
from tests.cast import Cast, arrange, at, bring_on, hold, moment, payer, payer_id, people_of
from tests.workflows.ledger_by_hand import every_dimension_is_right

FIRST = date(2026, 9, 1)
INVARIANTS = sorted((Path(__file__).parents[1] / "reports" / "invariants").glob("*.sql"))


class World:
    """A couple that shares, and a child whom one of the two pays for: built once, copied for every run."""

    def __init__(self) -> None:
        self.folder = Path(tempfile.mkdtemp(prefix="practicerunner-ledger-"))
        self.engine = database.engine(f"sqlite:///{self.folder / 'practice.db'}")
        event.listen(self.engine, "connect", lambda raw, _: raw.execute("pragma synchronous=off"))
        database.migrate(self.engine)
        self.cast: Cast = bring_on(self.engine)
        cast = self.cast
        with at("2026-08-01 09:00"):
            self.couple = cast.open_case(CaseType.TWO_PERSON, "Maya Rivera", "Tom Rivera")
            self.child = cast.open_case(CaseType.INDIVIDUAL, "Leo Rivera")
            aunt = payer(cast, "Ana", "Rivera")
        self.people = people_of(cast, self.couple)
        arrange(cast, self.couple, {self.people["Maya"]: 6000, self.people["Tom"]: 4000}, since="2026-08-01")
        arrange(cast, self.child, {self.people["Maya"]: 0}, since="2026-08-01")
        self.payers = [payer_id(cast, self.people[name]) for name in ("Maya", "Tom")]
        aunt_pays = Share(person_id=aunt)
        cast.do("Tom", set_arrangement, SetArrangement(
            case_id=self.child, revision=1, valid_from=date(2026, 8, 2), shares=(
                Share(person_id=self.people["Maya"], kind=ShareKind.PERCENT, basis_points=7000,
                      rhythm=InvoicingRhythm.MONTHLY), aunt_pays)))
        self.payers.append(payer_id(cast, aunt))
        held = [hold(cast, self.couple, "FAM50", f"{FIRST} 10:00"), hold(cast, self.child, "IND50", f"{FIRST} 12:00")]
        leo = people_of(cast, self.child)["Leo"]
        hold(cast, self.child, "IND50", f"{FIRST} 14:00", missed={leo: AttendanceStatus.NO_SHOW})
        held.append(hold(cast, self.child, "IND60", f"{FIRST} 16:00", by="Dana", provider="Olga"))
        with at(f"{FIRST} 22:30"):
            for appointment_id in held:
                cast.do("Tom", invoice_appointment, InvoiceAppointment(appointment_id=appointment_id))
            cast.do("Tom", invoice_month, InvoiceMonth(month=FIRST))
            for cents, pending in ((300_00, False), (50_00, True)):
                cast.do("Tom", record_payment, RecordPayment(
                    payer_id=self.payers[0], case_id=self.couple, method=PaymentMethodKind.CASH, amount_cents=cents,
                    received_on=FIRST, surplus_as_credit=True, pending=pending))
        with database.transaction(self.engine) as session:
            session.add(LedgerEntry(
                case_id=self.couple, payer_id=self.payers[1], kind=EntryKind.OPENING, amount_cents=-90_00,
                effective_on=FIRST, reason="Opening balance, imported", recorded_by_id=cast.staff["Tom"]))
        with at("2026-08-01 09:00"):
            self.friend = cast.open_case(CaseType.INDIVIDUAL, "Kim Rivera")
            kim = people_of(cast, self.friend)["Kim"]
            self.ahead = cast.open_case(CaseType.INDIVIDUAL, "Lou Rivera")
            lou = people_of(cast, self.ahead)["Lou"]
            arrange(cast, self.friend, {kim: 7000, aunt: 0}, since="2026-08-01", fee_terms=FeeTerms.PACKAGE,
                    package_service_id=cast.services["IND50"], package_sessions=3, package_cents=400_00)
            cast.do("Tom", set_arrangement, SetArrangement(
                case_id=self.ahead, valid_from=date(2026, 8, 1), fee_terms=FeeTerms.SPONSOR,
                sponsor_person_id=aunt, sponsor_cents=500_00,
                shares=(Share(person_id=lou, rhythm=InvoicingRhythm.MONTH_AHEAD),)))
            self.group = cast.open_case(CaseType.THERAPY_GROUP, "Gus One", "Gia Two", name="Thursday group")
            self.members = people_of(cast, self.group)
            arrange(cast, self.group, {self.members["Gia"]: 0}, since="2026-08-01", person_id=self.members["Gia"])
        for hour in (9, 11):
            hold(cast, self.group, "GRP90", f"2026-08-05 {hour:02d}:00")
        self.start = self.folder / "start.db"
        raw = self.engine.raw_connection()
        raw.cursor().execute("vacuum into ?", (str(self.start),))
        raw.close()

    def anew(self) -> None:
        """The practice as it was at the start."""
        self.engine.dispose()
        for tail in ("-wal", "-shm"):
            (self.folder / f"practice.db{tail}").unlink(missing_ok=True)
        shutil.copy(self.start, self.folder / "practice.db")


@cache
def world() -> World:
    return World()


AMOUNTS = st.one_of(st.integers(1, 250_00), st.sampled_from([1, 82_50, 105_00, 126_00, 165_00, 210_00, 400_00]))
WHICH = st.integers(0, 50)


class Ledger(RuleBasedStateMachine):
    """What an admin may do, in any order; what the practice's rules refuse has to leave no trace."""

    def __init__(self) -> None:
        super().__init__()
        self.world = world()
        self.world.anew()
        self.engine = self.world.engine
        self.tom = self.world.cast.actor("Tom")
        self.seen: dict[Any, Any] = {}
        self.day = FIRST
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

    def check_invariants(self, *given: Any, **named: Any) -> None:
        self.seen.clear()
        super().check_invariants(*given, **named)

    def all(self, kind: Any) -> Any:
        """Every row there is, read once after each step."""
        if kind not in self.seen:
            with database.reading(self.engine) as session:
                self.seen[kind] = session.scalars(select(kind)).all()
        return self.seen[kind]

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

    @rule(which=WHICH, what=st.sampled_from(["issue", "delete", "leave out"]))
    def end_a_draft(self, which: int, what: str) -> None:
        found = self.one(ChargeShare, which, ChargeShare.draft_id.is_not(None))
        if found is None:
            return
        if what == "issue":
            self.do(issue_drafts, lambda: IssueDrafts(draft_ids=(found.draft_id,)))
        elif what == "delete":
            self.do(delete_draft, lambda: DeleteDraft(draft_id=found.draft_id))
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

    @rule(days_ago=st.integers(0, 40))
    def gather(self, days_ago: int) -> None:
        self.do(invoice_month, lambda: InvoiceMonth(month=self.day - timedelta(days=days_ago)))

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

    # What is always so

    @invariant()
    def invoices_are_in_order(self) -> None:
        invoices, lines, entries = self.all(Invoice), self.all(InvoiceLine), self.all(LedgerEntry)
        charges, shares = self.all(Charge), self.all(ChargeShare)
        voided = {row.invoice_id for row in self.all(InvoiceVoid)}
        with database.reading(self.engine) as session:
            assert billing.wrong_open_amounts(session) == payments.wrong_payments(session) == []
            assert uninvoiced.wrong_uninvoiced(session) == []
        opened: dict[int, int] = defaultdict(int)
        for entry in entries:
            if entry.invoice_id is not None:
                opened[entry.invoice_id] += entry.amount_cents
        for one in invoices:
            assert sum(line.amount_cents for line in lines if line.invoice_id == one.id) == one.total_cents
            mine = [entry for entry in entries if entry.invoice_id == one.id]
            assert {(entry.payer_id, entry.case_id) for entry in mine} == {(one.payer_id, one.case_id)}
            by = {kind: sum(e.amount_cents for e in mine if e.kind is kind) for kind in EntryKind}
            assert by[EntryKind.CHARGE] == (0 if one.id in voided else one.total_cents)
            off = by[EntryKind.CREDIT] + by[EntryKind.WRITE_OFF]
            assert 0 <= -by[EntryKind.PAYMENT] <= by[EntryKind.CHARGE] + off
            assert off <= 0 <= opened[one.id]
            assert one.id not in voided or opened[one.id] == 0 == by[EntryKind.PAYMENT]
        for charge in charges:
            assert sum(share.amount_cents for share in shares if share.charge_id == charge.id) == charge.amount_cents

    @invariant()
    def what_took_place_is_charged_in_full_or_on_a_list(self) -> None:
        """Every part stands on an invoice or a draft, waits to be gathered or settled, or can be invoiced.

        So can whatever is not charged at all; where nobody pays for it, that is on the list of what to arrange.
        """
        shares: dict[int, list[ChargeShare]] = defaultdict(list)
        for share in self.all(ChargeShare):
            shares[share.charge_id].append(share)
        units: dict[tuple[int | None, int | None], list[tuple[Charge, ChargeShare]]] = defaultdict(list)
        for charge in self.all(Charge):
            if charge.withdrawn_at is None:
                units[charge.appointment_id, charge.person_id] += [(charge, share) for share in shares[charge.id]]
        voided = {row.invoice_id for row in self.all(InvoiceVoid)}
        with database.reading(self.engine) as session:
            came = session.execute(
                select(Appointment.id, Appointment.case_id, Appointment.local_date, Attendance.person_id,
                       Attendance.status).join(Attendance, Attendance.appointment_id == Appointment.id)).all()
            listed = set(session.scalars(select(UninvoicedRow.appointment_id)))
        to_settle: set[int] = set()
        uncharged: set[tuple[int, int | None, date]] = set()
        open_yet = {row.id for row in came if row.status in UNRECORDED}
        for one in came:
            if one.id in open_yet or one.status not in CHARGEABLE:
                continue
            whose = one.person_id if one.case_id == self.world.group else None
            parts = units[one.id, whose]
            unsettled = any(charge.in_advance and charge.settled_at is None for charge, _ in parts)
            for _, part in parts:
                assert part.invoice_id not in voided
                if part.invoice_id is None and part.draft_id is None and not part.rhythm.waits and one.id not in listed:
                    assert unsettled
            assert parts or one.id in listed
            if unsettled:
                to_settle.add(one.id)
            if unsettled or not parts:
                uncharged.add((one.case_id, whose, one.local_date))
        with database.reading(self.engine) as session:
            if to_settle:
                assert to_settle <= {appointment_id for appointment_id, _ in advance.to_settle(session)}
            agreed = agreed_in(session, {case_id for case_id, *_ in uncharged})
            over = {case_id for case_id, whose, day in uncharged if whose in ended(agreed[case_id], day)}
            if over:
                assert over <= {row.case_id for row in follow_up.unarranged(session, true(), TOGETHER)}

    @invariant()
    def credits_of_whole_invoices_stand_on_their_lines(self) -> None:
        if all(entry.kind is not EntryKind.CREDIT or entry.charge_id for entry in self.all(LedgerEntry)):
            return
        with database.reading(self.engine) as session:
            cases = [self.world.child, self.world.couple, self.world.friend, self.world.ahead, self.world.group]
            whole = credited_as_a_whole(session, cases)
            spread = credits.spread(session, cases)
        assert sum(one.credited_cents for one in whole) == sum(off for _, off in spread)
        assert all(off <= one.amount_cents - one.credited_cents for one, off in spread)

    @invariant()
    def what_was_bought_is_used_or_left(self) -> None:
        with database.reading(self.engine) as session:
            packages = session.scalars(select(Package)).all()
            drafts = set(session.scalars(select(InvoiceDraft.id)))
        charges, shares = self.all(Charge), self.all(ChargeShare)
        for package in packages:
            sessions = [charge for charge in charges if charge.package_id == package.id]
            assert len(sessions) == package.sessions
            assert sum(charge.amount_cents for charge in sessions) == package.price_cents
        used = [charge.unit for charge in charges if charge.withdrawn_at is None]
        assert len(used) == len(set(used))
        for share in shares:
            assert share.draft_id is None or (share.draft_id in drafts and share.invoice_id is None)
            assert 0 <= share.returned_cents <= share.amount_cents

    @invariant()
    def what_is_settled_is_what_is_due(self) -> None:
        """Whatever was invoiced in advance and settled since comes to what the attendance costs.

        More than that was only charged where somebody took something off by hand, and so nothing was left to give back.
        """
        cost = {AttendanceStatus.ATTENDED: 165_00, AttendanceStatus.NO_SHOW: 82_50}
        charges = [one for one in self.all(Charge) if one.in_advance and one.withdrawn_at is None]
        shares = self.all(ChargeShare)
        entries = [one for one in self.all(LedgerEntry) if one.kind in accounts.ADJUSTMENTS]
        with database.reading(self.engine) as session:
            statuses = dict(session.execute(select(Attendance.appointment_id, Attendance.status)).tuples().all())
        units: dict[int | None, list[Charge]] = defaultdict(list)
        for charge in charges:
            units[charge.appointment_id].append(charge)
        for appointment_id, ones in units.items():
            if all(charge.settled_at is not None for charge in ones):
                known = {charge.id for charge in ones}
                net = sum(s.amount_cents - s.returned_cents for s in shares if s.charge_id in known)
                due = cost.get(statuses[appointment_id or 0], 0)
                carriers = {s.invoice_id for s in shares if s.charge_id in known}
                by_hand = any(e.invoice_id in carriers and not e.reason.startswith(SETTLED) for e in entries)
                assert net == due or (by_hand and net > due)

    @invariant()
    def payments_are_in_order(self) -> None:
        with database.reading(self.engine) as session:
            known = session.scalars(select(Payment)).all()
            events = session.scalars(select(PaymentEvent)).all()
            given_back = session.scalars(select(Refund)).all()
            receipts = list(session.scalars(text(
                "select payment_id from issued_document where payment_id is not null")))
            standings = accounts.standings(session)
        entries = {entry.id: entry for entry in self.all(LedgerEntry)}
        settled = []
        for payment in known:
            became = {event.status for event in events if event.payment_id == payment.id}
            if PaymentState.PENDING not in became or PaymentState.SETTLED in became:
                settled.append(payment.id)
            back = sum(one.amount_cents for one in given_back if one.payment_id == payment.id)
            assert back <= payment.amount_cents
            held: dict[tuple[int, int | None], int] = defaultdict(int)
            for entry in entries.values():
                if entry.payment_id == payment.id:
                    held[entry.case_id, entry.invoice_id] -= entry.amount_cents
            failed = PaymentState.FAILED in became
            assert failed or min(held.values(), default=0) >= 0
            assert not failed or all(cents == 0 for (_, invoice_id), cents in held.items() if invoice_id is not None)
            stands = (payment.amount_cents if state(became) is PaymentState.SETTLED else 0) - back
            assert sum(held.values()) == stands
        assert sorted(receipts) == sorted(settled)
        gone = {event.payment_id for event in events if event.status is PaymentState.FAILED}
        paid_out: dict[tuple[int, int], int] = defaultdict(int)
        for entry in entries.values():
            if entry.kind is EntryKind.REFUND and entry.payment_id in gone:
                paid_out[entry.payer_id, entry.case_id] += entry.amount_cents
        for row in standings:
            assert row.loose_cents <= paid_out[row.payer_id, row.case_id], "credit is never negative"
        refunds = sum(one.amount_cents for one in given_back)
        assert refunds == sum(e.amount_cents for e in entries.values() if e.kind is EntryKind.REFUND)
        for entry in entries.values():
            if entry.reverses_id is not None:
                other = entries[entry.reverses_id]
                assert entry.amount_cents == -other.amount_cents
                assert (entry.kind, entry.case_id, entry.payer_id, entry.invoice_id) == (
                    other.kind, other.case_id, other.payer_id, other.invoice_id)

    @invariant()
    def statements_chain(self) -> None:
        """Over adjacent periods the second opens with what the first closes with: the ledger on that day (D9)."""
        entries = self.all(LedgerEntry)
        for whose in self.world.payers:
            mine = [
                Entry(e.effective_on, e.kind, e.amount_cents, e.case_id, "", e.reverses_id is not None, e.invoice_id,
                      payment_id=e.payment_id) for e in entries if e.payer_id == whose]
            middle = self.day - timedelta(days=10)
            first = statement(mine, FIRST - timedelta(days=90), middle)
            second = statement(mine, middle + timedelta(days=1), date(2028, 12, 31))
            assert first.opening_cents == 0
            assert second.opening_cents == first.closing_cents == sum(e.amount_cents for e in mine if e.day <= middle)
            assert second.closing_cents == sum(e.amount_cents for e in mine)

    @invariant()
    def numbers_have_no_gaps(self) -> None:
        with database.reading(self.engine) as session:
            rows = session.execute(text("select kind, number from issued_document")).all()
            series = dict(session.execute(text("select kind || year, next_number from number_series")).tuples().all())
        found: dict[str, list[int]] = defaultdict(list)
        for kind, number in rows:
            prefix, year, place = number.split("-")
            assert prefix == DocumentKind(kind).prefix
            found[f"{kind}{year}"].append(int(place))
        for name, places in found.items():
            assert sorted(places) == list(range(1, len(places) + 1))
            assert series[name] == len(places) + 1

    def what_is_listed_can_be_invoiced_or_says_why_not(self) -> None:
        with database.reading(self.engine) as session:
            for appointment_id in session.scalars(select(UninvoicedRow.appointment_id)).all():
                found = appointment_billing(session, self.tom, appointment_id)
                assert found.planned or found.to_use or found.left_out or found.problem, appointment_id

    def marts_equal_the_ledger(self) -> None:
        replica = Replica(self.engine)
        replica.refresh()
        day = date(2027, 12, 31)

        def mart(name: str, on: date = day) -> list[dict[str, Any]]:
            assert name in VIEWS
            columns, rows = replica.query(f"select * from {name}", day=on, moment=None)
            return [dict(zip(columns, row, strict=True)) for row in rows]

        with database.reading(self.engine) as session:
            standings = accounts.standings(session)
            entries = session.scalars(select(LedgerEntry)).all()
        balances = {(r["payer_id"], r["case_id"]): r for r in mart("billing__outstanding_balances")}
        assert set(balances) == {(row.payer_id, row.case_id) for row in standings}
        for row in standings:
            told = balances[row.payer_id, row.case_id]
            assert told["balance_cents"] == row.due_cents + row.loose_cents
            # What a payment paid out before it bounced is due on no invoice.
            loose, credit = max(row.loose_cents, 0), max(-row.loose_cents, 0)
            assert (told["due_cents"], told["credit_cents"]) == (row.due_cents + loose, credit)
        for on in (day, self.day, self.day - timedelta(days=20), self.day - timedelta(days=45)):
            with database.reading(self.engine) as session:
                told = {who: statement([Entry(*facts) for _, facts in statements.entries(
                    session, [who], None, true(), on)], FIRST, on) for who in {row.payer_id for row in standings}}
            for name in ("billing__aging", "billing__outstanding_balances", "billing__receivable"):
                ages: dict[int, tuple[int, ...]] = defaultdict(lambda: (0, 0, 0, 0))
                for row in mart(name, on):
                    ages[row["payer_id"]] = tuple(
                        before + row[age] for before, age in zip(ages[row["payer_id"]], AGES, strict=True))
                assert {who: ages[who] for who in told} == {who: one.buckets for who, one in told.items()}, (name, on)
        moved = mart("billing__movements")
        for column, kinds, sign in (
            ("invoiced_cents", {EntryKind.CHARGE}, 1), ("collected_cents", {EntryKind.PAYMENT, EntryKind.REFUND}, -1),
            ("adjusted_cents", {EntryKind.CREDIT, EntryKind.WRITE_OFF}, -1),
        ):
            assert sum(r[column] for r in moved) == sign * sum(e.amount_cents for e in entries if e.kind in kinds)
        every_dimension_is_right(self.engine, moved, mart("billing__receivable"))
        for path in INVARIANTS:
            _, wrong = replica.query(path.read_text(encoding="utf-8"), day=day, moment=None)
            assert wrong == [], path.name


QUICK = settings(max_examples=8, stateful_step_count=32, deadline=None, print_blob=True,
                 suppress_health_check=list(HealthCheck))
MANY = settings(QUICK, max_examples=50, stateful_step_count=60)


def test_every_verb_of_billing_in_any_order_keeps_the_ledger_in_order() -> None:
    run_state_machine_as_test(Ledger, settings=QUICK)


@pytest.mark.long
@pytest.mark.slow
def test_many_more_of_them_do_too() -> None:
    run_state_machine_as_test(Ledger, settings=MANY)
