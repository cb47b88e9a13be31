"""What is always so of the ledger, its cache, its lists, its papers and the reports, whatever was done (D8)."""

from collections import defaultdict
from datetime import date, timedelta
from pathlib import Path
from typing import Any

from hypothesis.stateful import RuleBasedStateMachine, invariant
from sqlalchemy import select, text, true

from practicerunner import database
from practicerunner.records import accounts, advance, billing, payments, statements, unarranged, uninvoiced
from practicerunner.records.billing import Charge, ChargeShare, Invoice, InvoiceLine, InvoiceVoid, LedgerEntry, Payment
from practicerunner.records.credits import credited_as_a_whole
from practicerunner.records.drafts import InvoiceDraft
from practicerunner.records.estimates import agreed_in
from practicerunner.records.keeping import CHARGEABLE, UNRECORDED
from practicerunner.records.packages import Package
from practicerunner.records.payments import PaymentEvent, Refund
from practicerunner.records.scheduling import Appointment, Attendance
from practicerunner.records.uninvoiced import UninvoicedRow
from practicerunner.reports.catalogue import VIEWS
from practicerunner.reports.overview import AGES
from practicerunner.reports.replica import Replica
from practicerunner.rules.payments import state
from practicerunner.rules.statements import Entry, statement
from practicerunner.vocabulary import (
    AttendanceStatus,
    DocumentKind,
    EntryKind,
    PaymentState,
)
from practicerunner.workflows import credits
from practicerunner.workflows.adjustments import (
    SETTLED,
)
from practicerunner.workflows.arrangements import ended
from practicerunner.workflows.billing import appointment_billing
from practicerunner.workflows.follow_up import TOGETHER
from tests.workflows.ledger_by_hand import every_dimension_is_right
from tests.workflows.ledger_world import FIRST, World, world

INVARIANTS = sorted((Path(__file__).parents[1] / "reports" / "invariants").glob("*.sql"))


class Invariants(RuleBasedStateMachine):
    """Held after every step; ``marts_equal_the_ledger`` and what is listed once at the end of a run."""

    def __init__(self) -> None:
        super().__init__()
        self.world: World = world()
        self.world.anew()
        self.engine = self.world.engine
        self.tom = self.world.cast.actor("Tom")
        self.seen: dict[Any, Any] = {}
        self.day = FIRST

    def check_invariants(self, *given: Any, **named: Any) -> None:
        self.seen.clear()
        super().check_invariants(*given, **named)

    def all(self, kind: Any) -> Any:
        """Every row there is, read once after each step."""
        if kind not in self.seen:
            with database.reading(self.engine) as session:
                self.seen[kind] = session.scalars(select(kind)).all()
        return self.seen[kind]

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
                assert over <= {row.case_id for row in unarranged.unarranged(session, true(), TOGETHER)}

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
        given_up: dict[tuple[int, int], int] = defaultdict(int)
        for entry in entries.values():
            if entry.kind is EntryKind.REFUND and entry.payment_id in gone:
                paid_out[entry.payer_id, entry.case_id] += entry.amount_cents
            if entry.kind is EntryKind.OPENING and entry.amount_cents > 0:
                paid_out[entry.payer_id, entry.case_id] += entry.amount_cents
            if entry.kind is EntryKind.WRITE_OFF and entry.invoice_id is None:
                given_up[entry.payer_id, entry.case_id] -= entry.amount_cents
        for row in standings:
            here = row.payer_id, row.case_id
            assert row.loose_cents + given_up[here] <= paid_out[here], "credit is never negative"
            assert 0 <= given_up[here] <= paid_out[here], "no more is given up than was owed on no invoice"
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
