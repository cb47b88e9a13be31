"""Invoicing in advance: at the expected fee, and settled to the cent by what becomes of the appointment."""

import threading
from datetime import date, datetime
from typing import Any

import pytest
from sqlalchemy import select

from practicerunner import database
from practicerunner.errors import BadInput, NotPermitted
from practicerunner.records import billing, payments
from practicerunner.records.billing import Charge, Invoice, LedgerEntry
from practicerunner.records.payments import CreditNote
from practicerunner.records.scheduling import Appointment
from practicerunner.vocabulary import AttendanceStatus, CancelledBy, CaseType, FeeTerms, InvoicingRhythm, ShareKind
from practicerunner.workflows.accounts import case_account
from practicerunner.workflows.adjustments import (
    CreditedBySettling,
    CreditInvoice,
    TakeBack,
    credit_invoice,
    take_back,
)
from practicerunner.workflows.advance import (
    InvoiceAhead,
    NothingBooked,
    NothingToSettle,
    SettleAll,
    SettleAppointment,
    invoice_ahead,
    invoice_coming_periods,
    settle_all,
    settle_appointment,
    to_invoice_ahead,
)
from practicerunner.workflows.arrangements import SetArrangement, Share, set_arrangement
from practicerunner.workflows.attendance import AttendAll, SetAttendance, attend_all, set_attendance
from practicerunner.workflows.billing import appointment_billing
from practicerunner.workflows.booking import Book, book
from practicerunner.workflows.gathering import InvoiceWeek, gather_last_week, invoice_week, waiting_to_be_gathered
from practicerunner.workflows.practice import ChangePractice, change_practice, practice_settings
from practicerunner.workflows.reversals import VoidInvoice, void_invoice
from practicerunner.workflows.scheduling import Cancel, ChangeAppointment, cancel, change_appointment
from practicerunner.workflows.waivers import WaiveFee, missed_fees, waive_fee
from tests.cast import Cast, at, balance, hold, invoice, lines, pay, payer_id, people_of

MONTH = InvoicingRhythm.MONTH_AHEAD


def arranged(cast: Cast, name: str, rhythm: InvoicingRhythm, **terms: Any) -> int:
    with at("2026-08-01 09:00"):
        case_id = cast.open_case(CaseType.INDIVIDUAL, name)
        cast.do("Tom", set_arrangement, SetArrangement(
            case_id=case_id, valid_from=date(2026, 8, 1),
            shares=(Share(person_id=people_of(cast, case_id)[name.split(maxsplit=1)[0]], rhythm=rhythm),), **terms))
    return case_id


def booked(cast: Cast, case_id: int, when: str, service: str = "IND50", fee_cents: int | None = None) -> int:
    start = datetime.fromisoformat(when)
    with at("2026-08-10 09:00"):
        return cast.do("Marcus", book, Book(
            case_id=case_id, service_id=cast.services[service], local_date=start.date(), local_time=start.time(),
            location_id=cast.office, fee_cents=fee_cents))


def ahead(cast: Cast, on: str = "2026-08-28", by: str = "Tom", day: date = date(2026, 9, 1)) -> list[int]:
    with at(f"{on} 09:00"):
        return cast.do(by, invoice_ahead, InvoiceAhead(day=day, rhythm=MONTH))


def settle(cast: Cast, appointment_id: int, on: str = "2026-09-30") -> int:
    with at(f"{on} 20:00"):
        return cast.do("Tom", settle_appointment, SettleAppointment(appointment_id=appointment_id))


def came(cast: Cast, case_id: int, appointment_id: int, status: AttendanceStatus, on: str = "2026-09-29") -> None:
    statuses = dict.fromkeys(people_of(cast, case_id).values(), status)
    with at(f"{on} 20:00"):
        cast.do("Marcus", set_attendance, SetAttendance(appointment_id=appointment_id, statuses=statuses))


@pytest.fixture
def ida(cast: Cast) -> int:
    return arranged(cast, "Ida Holm", MONTH)


def credit_notes(cast: Cast) -> list[int]:
    with database.reading(cast.engine) as session:
        assert billing.wrong_open_amounts(session) == payments.wrong_payments(session) == []
        return list(session.scalars(select(CreditNote.amount_cents).order_by(CreditNote.id)))


def test_a_month_is_invoiced_once_before_it_begins_and_what_takes_place_changes_nothing(cast: Cast, ida: int) -> None:
    decoy = arranged(cast, "Jon Decoy", InvoicingRhythm.PER_APPOINTMENT)
    first, second = booked(cast, ida, "2026-09-03 10:00"), booked(cast, ida, "2026-09-10 10:00")
    booked(cast, ida, "2026-10-01 10:00")
    booked(cast, decoy, "2026-09-03 12:00")
    with at("2026-08-28 09:00"):
        found = cast.read("Tom", to_invoice_ahead)
        assert [(p.rhythm, str(p.first), p.appointments) for p in found.periods] == [(MONTH, "2026-09-01", 2)]
    made = ahead(cast)
    assert lines(cast, made) == [("Ida Holm", 330_00)]
    with pytest.raises(NothingBooked):
        ahead(cast)
    with pytest.raises(NotPermitted):
        ahead(cast, by="Priya")
    with pytest.raises(BadInput):
        cast.do("Tom", invoice_ahead, InvoiceAhead(day=date(2026, 9, 1), rhythm=InvoicingRhythm.MONTHLY))
    for appointment in (first, second):
        with at("2026-09-10 20:00"):
            cast.do("Marcus", attend_all, AttendAll(appointment_id=appointment))
        assert cast.read("Tom", appointment_billing, appointment).to_settle
        assert invoice(cast, appointment, on="2026-09-10") == made
    with at("2026-09-11 09:00"):
        assert cast.do("Tom", settle_all, SettleAll()) == 2
        with pytest.raises(NothingToSettle):
            cast.do("Tom", settle_all, SettleAll())
    assert balance(cast, ida) == {"Ida Holm": 330_00}
    assert credit_notes(cast) == []


def test_a_fixed_fee_is_invoiced_ahead_also_where_it_was_booked_for_nothing(cast: Cast, ida: int) -> None:
    fixed = arranged(cast, "Uma Fixed", MONTH, fee_terms=FeeTerms.FIXED, fee_cents=80_00)
    for case_id, hour in ((ida, 10), (fixed, 12)):
        booked(cast, case_id, f"2026-09-03 {hour}:00", fee_cents=0)
    with at("2026-08-28 09:00"):
        assert [one.appointments for one in cast.read("Tom", to_invoice_ahead).periods] == [1]
    assert lines(cast, ahead(cast)) == [("Uma Fixed", 80_00)]
    with pytest.raises(NothingBooked):
        ahead(cast)


@pytest.mark.parametrize(("status", "due"), [
    (AttendanceStatus.EXCUSED, 0), (AttendanceStatus.NO_SHOW, 82_50), (AttendanceStatus.ATTENDED, 165_00)])
def test_what_is_too_much_comes_back_by_credit_note(cast: Cast, ida: int, status, due) -> None:
    appointment = booked(cast, ida, "2026-09-03 10:00")
    ahead(cast)
    pay(cast, payer_id(cast, people_of(cast, ida)["Ida"]), ida, 165_00, "2026-08-30")
    came(cast, ida, appointment, status, "2026-09-03")
    assert settle(cast, appointment) == due - 165_00
    assert settle(cast, appointment) == 0
    assert balance(cast, ida) == {"Ida Holm": due - 165_00}
    assert credit_notes(cast) == ([165_00 - due] if due < 165_00 else [])


def test_cancelled_in_time_and_then_put_right_as_attended_and_back(cast: Cast, ida: int) -> None:
    appointment = booked(cast, ida, "2026-09-03 10:00")
    ahead(cast)
    with at("2026-09-01 09:00"):
        cast.do("Marcus", cancel, Cancel(appointment_id=appointment, by=CancelledBy.CLIENT))
    settle(cast, appointment, "2026-09-01")
    assert balance(cast, ida) == {"Ida Holm": 0}
    for status, due in ((AttendanceStatus.ATTENDED, 165_00), (AttendanceStatus.NO_SHOW, 82_50),
                        (AttendanceStatus.EXCUSED, 0), (AttendanceStatus.ATTENDED, 165_00)):
        came(cast, ida, appointment, status)
        settle(cast, appointment)
        assert balance(cast, ida) == {"Ida Holm": due}
    credit_notes(cast)


@pytest.mark.parametrize("which", [0, 1], ids=["the first", "the additional"])
def test_when_one_of_two_invoices_of_a_session_is_void_the_rest_is_settled_anew(
    cast: Cast, ida: int, which: int
) -> None:
    appointment = booked(cast, ida, "2026-09-03 10:00")
    ahead(cast)
    for status, moved in ((AttendanceStatus.NO_SHOW, -82_50), (AttendanceStatus.ATTENDED, 82_50)):
        came(cast, ida, appointment, status)
        assert settle(cast, appointment) == moved
    with database.reading(cast.engine) as session:
        bills = list(session.scalars(select(Invoice.id).order_by(Invoice.id)))
    assert len(bills) == 2
    with at("2026-09-30 21:00"):
        cast.do("Tom", void_invoice, VoidInvoice(invoice_id=bills[which], reason="Typed wrong"))
        assert cast.read("Tom", appointment_billing, appointment).to_settle
    settle(cast, appointment, "2026-10-01")
    assert balance(cast, ida) == {"Ida Holm": 165_00}
    assert not cast.read("Tom", appointment_billing, appointment).to_settle
    assert settle(cast, appointment, "2026-10-02") == 0
    credit_notes(cast)


def test_what_settling_credited_is_not_taken_back_by_hand_and_put_right_by_settling_again(cast: Cast, ida: int) -> None:
    appointment = booked(cast, ida, "2026-09-03 10:00")
    (made,) = ahead(cast)
    with at("2026-08-30 09:00"):
        by_hand = cast.do("Tom", credit_invoice, CreditInvoice(
            invoice_id=made, charge_id=line_of(cast, made), amount_cents=10_00, reason="goodwill"))
    came(cast, ida, appointment, AttendanceStatus.NO_SHOW, "2026-09-03")
    settle(cast, appointment)
    assert balance(cast, ida) == {"Ida Holm": 72_50}
    by_rule = next(row for row in cast.read("Tom", case_account, ida).adjustments if row.amount_cents == 82_50)
    with at("2026-09-30 21:00"):
        with pytest.raises(CreditedBySettling):
            cast.do("Tom", take_back, TakeBack(entry_id=by_rule.entry_id, reason="came after all"))
        cast.do("Tom", take_back, TakeBack(entry_id=by_hand, reason="no goodwill"))
    assert balance(cast, ida) == {"Ida Holm": 82_50}
    came(cast, ida, appointment, AttendanceStatus.ATTENDED, "2026-09-30")
    settle(cast, appointment)
    assert balance(cast, ida) == {"Ida Holm": 165_00}


def test_a_session_that_was_credited_in_full_by_hand_costs_nothing_whatever_becomes_of_it(
    cast: Cast, ida: int
) -> None:
    decoy = arranged(cast, "Jon Decoy", MONTH)
    appointment, other = booked(cast, ida, "2026-09-03 10:00"), booked(cast, decoy, "2026-09-03 12:00")
    made = ahead(cast)
    mine = next(one for one in made if lines(cast, [one]) == [("Ida Holm", 165_00)])
    with at("2026-08-30 09:00"):
        cast.do("Tom", credit_invoice, CreditInvoice(
            invoice_id=mine, charge_id=line_of(cast, mine), amount_cents=165_00, reason="goodwill"))
    for status, due in ((AttendanceStatus.NO_SHOW, 82_50), (AttendanceStatus.ATTENDED, 165_00)):
        came(cast, ida, appointment, status)
        came(cast, decoy, other, status)
        assert settle(cast, appointment) == 0
        settle(cast, other)
        assert (balance(cast, ida), balance(cast, decoy)) == ({"Ida Holm": 0}, {"Jon Decoy": due})


def line_of(cast: Cast, invoice_id: int) -> int:
    with database.reading(cast.engine) as session:
        return billing.lines_of(session, invoice_id)[0].charge_id


def test_a_higher_fee_is_an_additional_line_and_a_waiver_stays(cast: Cast, ida: int) -> None:
    appointment = booked(cast, ida, "2026-09-03 10:00")
    ahead(cast)
    with database.reading(cast.engine) as session:
        row = session.get_one(Appointment, appointment)
        asked = ChangeAppointment(
            appointment_id=row.id, revision=row.revision, service_id=row.service_id, fee_cents=180_00,
            location_id=row.location_id)
    with at("2026-09-01 09:00"):
        cast.do("Marcus", change_appointment, asked)
    came(cast, ida, appointment, AttendanceStatus.ATTENDED)
    assert settle(cast, appointment) == 15_00
    assert balance(cast, ida) == {"Ida Holm": 180_00}
    with database.reading(cast.engine) as session:
        assert sorted(session.scalars(select(Charge.description))) == ["IND50", "IND50, additional"]
        assert sorted(session.scalars(select(Invoice.total_cents))) == [15_00, 165_00]
    came(cast, ida, appointment, AttendanceStatus.NO_SHOW)
    settle(cast, appointment)
    assert balance(cast, ida) == {"Ida Holm": 90_00}
    with at("2026-09-30 21:00"):
        fees = cast.read("Tom", missed_fees, appointment).fees
        assert [(fee.amount_cents, fee.waived) for fee in fees] == [(90_00, None)]
        cast.do("Tom", waive_fee, WaiveFee(appointment_id=appointment, reason="illness"))
        assert cast.read("Tom", missed_fees, appointment).fees[0].waived is not None
    assert balance(cast, ida) == {"Ida Holm": 0}
    assert settle(cast, appointment) == 0
    assert balance(cast, ida) == {"Ida Holm": 0}


def test_a_couple_is_settled_payer_by_payer(cast: Cast) -> None:
    with at("2026-08-01 09:00"):
        couple = cast.open_case(CaseType.TWO_PERSON, "Maya Rivera", "Tom Rivera")
        people = people_of(cast, couple)
        cast.do("Tom", set_arrangement, _shares(couple, people, 6000, "2026-08-01"))
    appointment = booked(cast, couple, "2026-09-03 10:00", "FAM50")
    assert lines(cast, ahead(cast)) == [("Maya Rivera", 126_00), ("Tom Rivera", 84_00)]
    with at("2026-09-01 09:00"):
        cast.do("Tom", set_arrangement, _shares(couple, people, 5000, "2026-09-02", 1))
    came(cast, couple, appointment, AttendanceStatus.ATTENDED)
    assert settle(cast, appointment) == 0
    assert balance(cast, couple) == {"Maya Rivera": 105_00, "Tom Rivera": 105_00}
    assert credit_notes(cast) == [21_00]


def _shares(case_id: int, people: dict[str, int], points: int, since: str, revision: int = 0) -> SetArrangement:
    return SetArrangement(case_id=case_id, revision=revision, valid_from=date.fromisoformat(since), shares=(
        Share(person_id=people["Maya"], kind=ShareKind.PERCENT, basis_points=points, rhythm=MONTH),
        Share(person_id=people["Tom"], kind=ShareKind.REMAINDER, rhythm=MONTH)))


def test_two_who_invoice_in_advance_at_once_make_one_invoice(cast: Cast, ida: int) -> None:
    booked(cast, ida, "2026-09-03 10:00")
    done: list[object] = []

    def go() -> None:
        try:
            done.append(cast.do("Tom", invoice_ahead, InvoiceAhead(day=date(2026, 9, 1), rhythm=MONTH)))
        except NothingBooked:
            done.append(None)

    with at("2026-08-28 09:00"):
        threads = [threading.Thread(target=go) for _ in range(3)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    assert len(done) == 3
    with database.reading(cast.engine) as session:
        assert session.scalars(select(LedgerEntry.amount_cents)).all() == [165_00]


def choose(cast: Cast, **settings: object) -> None:
    row = cast.read("Dana", practice_settings)
    fields = set(ChangePractice.model_fields) - {"op", *settings}
    cast.do("Dana", change_practice, ChangePractice(**{name: getattr(row, name) for name in fields}, **settings))


def by_itself(cast: Cast, job: object) -> list[int]:
    with database.transaction(cast.engine) as session:
        return job(session)


def test_the_coming_month_is_invoiced_by_itself_once_and_settled(cast: Cast, ida: int) -> None:
    appointment = booked(cast, ida, "2026-09-03 10:00")
    with at("2026-08-28 09:00"):
        assert by_itself(cast, invoice_coming_periods) == []
        choose(cast, ahead_days=3)
        assert by_itself(cast, invoice_coming_periods) == []
    with at("2026-08-29 09:00"):
        made = by_itself(cast, invoice_coming_periods)
        assert lines(cast, made) == [("Ida Holm", 165_00)]
        assert by_itself(cast, invoice_coming_periods) == []
    came(cast, ida, appointment, AttendanceStatus.EXCUSED, "2026-09-03")
    with at("2026-09-04 09:00"):
        by_itself(cast, invoice_coming_periods)
    assert balance(cast, ida) == {"Ida Holm": 0}


def test_a_week_is_gathered_by_hand_and_by_itself(cast: Cast) -> None:
    bo = arranged(cast, "Bo Marsh", InvoicingRhythm.WEEKLY)
    for day in ("2026-09-07", "2026-09-13", "2026-09-14"):
        assert invoice(cast, hold(cast, bo, "IND50", f"{day} 10:00")) == []
    waiting = cast.read("Tom", waiting_to_be_gathered).rows
    assert [(str(row.first), row.lines) for row in waiting] == [("2026-09-07", 2), ("2026-09-14", 1)]
    with at("2026-09-15 09:00"):
        made = cast.do("Tom", invoice_week, InvoiceWeek(week=date(2026, 9, 9)))
        assert lines(cast, made) == [("Bo Marsh", 330_00)]
        assert cast.do("Tom", invoice_week, InvoiceWeek(week=date(2026, 9, 7))) == made
        choose(cast, invoicing_weekday=1)
    with at("2026-09-21 09:00"):
        assert by_itself(cast, gather_last_week) == []
    with at("2026-09-22 09:00"):
        assert lines(cast, by_itself(cast, gather_last_week)) == [("Bo Marsh", 165_00)]
        assert by_itself(cast, gather_last_week) == []


def test_a_credit_by_hand_that_is_taken_back_after_settling_is_settled_again(cast: Cast, ida: int) -> None:
    appointment = booked(cast, ida, "2026-09-03 10:00")
    (made,) = ahead(cast)
    with at("2026-09-01 09:00"):
        credit = cast.do("Tom", credit_invoice, CreditInvoice(invoice_id=made, amount_cents=100_00, reason="goodwill"))
    came(cast, ida, appointment, AttendanceStatus.NO_SHOW)
    settle(cast, appointment)
    assert balance(cast, ida) == {"Ida Holm": 0}, "82.50 was due, and 100.00 was given away"
    with at("2026-10-01 09:00"):
        cast.do("Tom", take_back, TakeBack(entry_id=credit, reason="after all not"))
        assert balance(cast, ida) == {"Ida Holm": 100_00}
        assert cast.do("Tom", settle_all, SettleAll()) == 1
        assert balance(cast, ida) == {"Ida Holm": 82_50}
        with pytest.raises(NothingToSettle):
            cast.do("Tom", settle_all, SettleAll())
