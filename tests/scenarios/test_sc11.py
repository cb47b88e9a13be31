"""SC11: late cancellation: the boundary to the second, rounding, waiver."""

from datetime import date, time

import pytest
from sqlalchemy import func, select

from practicerunner import database
from practicerunner.records.audit import AuditRow
from practicerunner.records.billing import LedgerEntry
from practicerunner.records.scheduling import Appointment
from practicerunner.vocabulary import (
    AppointmentStatus,
    AttendanceStatus,
    CancelledBy,
    CaseType,
    EntryKind,
    FeeTerms,
    Outcome,
)
from practicerunner.workflows.accounts import case_account, payer_account
from practicerunner.workflows.attendance import MarkAll, mark_all
from practicerunner.workflows.booking import Book, book
from practicerunner.workflows.charging import NothingToCharge
from practicerunner.workflows.scheduling import Cancel, cancel
from practicerunner.workflows.superbills import superbill_lines
from practicerunner.workflows.waivers import WaiveFee, fee_consequences, waive_fee
from tests.cast import Cast, arrange, at, balance, hold, invoice, lines, payer_id, people_of


def booked(cast: Cast, case_id: int, service: str, day: date, at_: time = time(10)) -> int:
    return cast.do("Marcus", book, Book(
        case_id=case_id, service_id=cast.services[service], local_date=day, local_time=at_, location_id=cast.office))


def status(cast: Cast, appointment_id: int) -> tuple[AppointmentStatus, AttendanceStatus]:
    with database.reading(cast.engine) as session:
        found = session.get_one(Appointment, appointment_id)
        return found.status, found.attendances[0].status


@pytest.fixture
def ida(cast: Cast) -> int:
    return cast.open_case(CaseType.INDIVIDUAL, "Ida Holm", opened_on=date(2026, 10, 1))


@pytest.mark.parametrize(("day", "cancelled", "by", "becomes", "cents"), [
    (date(2026, 11, 5), "2026-11-04 10:00:00", CancelledBy.CLIENT, AttendanceStatus.CANCELLED_BY_CLIENT, 0),
    (date(2026, 11, 5), "2026-11-04 10:00:01", CancelledBy.CLIENT, AttendanceStatus.LATE_CANCELLED, 82_50),
    (date(2026, 11, 5), "2026-11-05 09:59:00", CancelledBy.PROVIDER, AttendanceStatus.CANCELLED_BY_PROVIDER, 0),
    # The night the clocks go back, a day has 25 hours, and 23 when they go forward: the wall clock counts.
    (date(2026, 11, 1), "2026-10-31 10:00:00", CancelledBy.CLIENT, AttendanceStatus.CANCELLED_BY_CLIENT, 0),
    (date(2026, 11, 1), "2026-10-31 10:00:01", CancelledBy.CLIENT, AttendanceStatus.LATE_CANCELLED, 82_50),
    (date(2027, 3, 14), "2027-03-13 10:00:00", CancelledBy.CLIENT, AttendanceStatus.CANCELLED_BY_CLIENT, 0),
    (date(2027, 3, 14), "2027-03-13 10:00:01", CancelledBy.CLIENT, AttendanceStatus.LATE_CANCELLED, 82_50),
])
def test_late_is_strictly_less_than_the_policy_s_hours_on_the_wall_clock(
    cast: Cast, ida: int, day: date, cancelled: str, by: CancelledBy, becomes: AttendanceStatus, cents: int
) -> None:
    with at("2026-10-15 09:00"):
        appointment = booked(cast, ida, "IND50", day)
    with at(cancelled):
        cast.do("Marcus", cancel, Cancel(appointment_id=appointment, by=by))
    assert status(cast, appointment) == (AppointmentStatus.CANCELLED, becomes)
    foretold = cast.read("Marcus", fee_consequences, appointment).cents
    assert foretold[people_of(cast, ida)["Ida"]][becomes] == cents
    if cents:
        assert lines(cast, invoice(cast, appointment)) == [("Ida Holm", cents)]
    else:
        with pytest.raises(NothingToCharge):
            invoice(cast, appointment)


@pytest.mark.parametrize(("missed", "cents"), [(AttendanceStatus.NO_SHOW, 82_50), (AttendanceStatus.EXCUSED, 0)])
def test_a_no_show_costs_half_and_an_excused_absence_nothing(
    cast: Cast, ida: int, missed: AttendanceStatus, cents: int
) -> None:
    with at("2026-11-01 09:00"):
        appointment = booked(cast, ida, "IND50", date(2026, 11, 5))
    with at("2026-11-05 11:00"):
        cast.do("Marcus", mark_all, MarkAll(appointment_id=appointment, status=missed))
    if cents:
        assert lines(cast, invoice(cast, appointment)) == [("Ida Holm", cents)]
    else:
        with pytest.raises(NothingToCharge):
            invoice(cast, appointment)


def test_half_of_a_sliding_scale_is_rounded_half_up(cast: Cast) -> None:
    group = cast.open_case(CaseType.THERAPY_GROUP, "Ada One", "Hal Eight", name="Group", opened_on=date(2026, 10, 1))
    hal = people_of(cast, group)["Hal"]
    arrange(cast, group, {hal: 10000}, since="2026-10-01", person_id=hal, fee_terms=FeeTerms.SLIDING_SCALE,
            fee_basis_points=4500)
    appointment = hold(cast, group, "GRP90", "2026-11-05 18:00", missed={hal: AttendanceStatus.LATE_CANCELLED})
    assert lines(cast, invoice(cast, appointment)) == [("Ada One", 75_00), ("Hal Eight", 16_88)]


def test_the_fee_is_waived_and_both_lines_stay(cast: Cast, ida: int) -> None:
    with at("2026-11-01 09:00"):
        appointment = booked(cast, ida, "IND50", date(2026, 11, 5))
    with at("2026-11-04 10:00:01"):
        cast.do("Marcus", cancel, Cancel(appointment_id=appointment, by=CancelledBy.CLIENT))
    (issued,) = invoice(cast, appointment)
    assert balance(cast, ida) == {"Ida Holm": 82_50}
    with at("2026-11-06 09:00"):
        assert cast.do("Dana", waive_fee, WaiveFee(appointment_id=appointment, reason="illness")) == [issued]
    assert balance(cast, ida) == {"Ida Holm": 0}
    assert status(cast, appointment)[1] is AttendanceStatus.LATE_CANCELLED
    for reader, key in ((case_account, ida), (payer_account, payer_id(cast, people_of(cast, ida)["Ida"]))):
        account = cast.read("Tom", reader, key)
        assert [(row.facts.total_cents, row.facts.open_cents, row.state) for row in account.invoices] == [
            (82_50, 0, "credited")]
        assert [(a.amount_cents, a.reason, a.by) for a in account.adjustments] == [(82_50, "illness", "Dana Okafor")]
        assert (account.due_cents, account.credit_cents) == (0, 0)
    with database.reading(cast.engine) as session:
        entries = dict(session.execute(
            select(LedgerEntry.kind, func.sum(LedgerEntry.amount_cents)).group_by(LedgerEntry.kind)).tuples().all())
        logged = session.scalars(select(AuditRow).where(
            AuditRow.action == "waive_fee", AuditRow.outcome == Outcome.ALLOWED)).one()
    assert entries == {EntryKind.CHARGE: 82_50, EntryKind.CREDIT: -82_50}
    assert (logged.staff_id, logged.case_id) == (cast.staff["Dana"], ida)
    assert logged.detail == "late cancellation fee, 82.50: illness"
    assert cast.read("Tom", superbill_lines, issued) == []
