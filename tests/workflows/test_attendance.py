"""Who came: every participant's own status, the appointment's own, and what may no longer change."""

from datetime import date, time
from typing import Any

import pytest

from practicerunner import clock, database
from practicerunner.errors import BadInput, NotFound, Stale
from practicerunner.records.billing import Charge, ChargeShare, Invoice
from practicerunner.records.notes import Note
from practicerunner.records.people import payer_of_person
from practicerunner.records.scheduling import Appointment
from practicerunner.vocabulary import (
    AppointmentStatus,
    AttendanceStatus,
    CancelledBy,
    CaseType,
    ChargeKind,
    NoteKind,
    NoteStatus,
)
from practicerunner.workflows.attendance import (
    AttendAll,
    AttendanceIsInvoiced,
    AttendanceIsSigned,
    MarkAll,
    NotYet,
    SetAttendance,
    attend_all,
    mark_all,
    set_attendance,
)
from practicerunner.workflows.billing import InvoiceAppointment, invoice_appointment
from practicerunner.workflows.booking import Book, book
from practicerunner.workflows.calendar import appointment_page
from practicerunner.workflows.charging import AttendanceMissing
from practicerunner.workflows.practice import AddLocation, add_location
from practicerunner.workflows.scheduling import (
    AppointmentIsFixed,
    Cancel,
    ChangeAppointment,
    Move,
    cancel,
    change_appointment,
    move,
)
from tests.cast import Cast, at, lines

DAY = date(2026, 9, 8)


@pytest.fixture
def group(cast: Cast) -> int:
    """A group session of three on Tuesday 8 September at ten."""
    case_id = cast.open_case(CaseType.THERAPY_GROUP, "Eve Moss", "Jo Park", "Al Ray", name="Thursday group")
    return cast.do("Marcus", book, Book(
        case_id=case_id, service_id=cast.services["GRP90"], local_date=DAY, local_time=time(10),
        location_id=cast.office))


def people(cast: Cast, appointment_id: int) -> list[int]:
    return [p.person_id for p in cast.read("Marcus", appointment_page, appointment_id).people]


def statuses(cast: Cast, appointment_id: int) -> tuple[AppointmentStatus, list[AttendanceStatus]]:
    page = cast.read("Marcus", appointment_page, appointment_id)
    return page.status, [p.status for p in page.people]


def write(cast: Cast, *rows: Any) -> None:
    with database.transaction(cast.engine) as session:
        for one in rows:
            session.add(one)
            session.flush()


def invoiced(cast: Cast, appointment_id: int, person_id: int | None) -> None:
    """A charge of this appointment on a live invoice."""
    with database.reading(cast.engine) as session:
        found = session.get_one(Appointment, appointment_id)
        payer = payer_of_person(session, people(cast, appointment_id)[0])
    assert payer is not None
    invoice = Invoice(id=2, number="INV-2026-0001", payer_id=payer.id, case_id=found.case_id, issued_on=DAY, due_on=DAY,
                      total_cents=75_00, issued_by_id=cast.staff["Dana"])
    charge = Charge(id=3, case_id=found.case_id, appointment_id=found.id, person_id=person_id,
                    unit=f"{found.id}:{person_id or 0}", kind=ChargeKind.SERVICE, service_id=found.service_id,
                    service_date=DAY, description="Group", standard_cents=75_00, amount_cents=75_00,
                    provider_id=found.provider_id)
    write(cast, invoice, charge, ChargeShare(charge_id=3, payer_id=payer.id, amount_cents=75_00, invoice_id=2))


@pytest.mark.parametrize(("status", "cents"), [
    (AttendanceStatus.SCHEDULED, None), (AttendanceStatus.CONFIRMED, None), (AttendanceStatus.ARRIVED, None),
    (AttendanceStatus.ATTENDED, 75_00), (AttendanceStatus.NO_SHOW, 37_50), (AttendanceStatus.LATE_CANCELLED, 37_50),
    (AttendanceStatus.EXCUSED, 0), (AttendanceStatus.CANCELLED_BY_CLIENT, 0),
    (AttendanceStatus.CANCELLED_BY_PROVIDER, 0),
])
def test_each_of_the_nine_statuses_of_one_member_leaves_the_group_standing_and_costs_its_own(
    cast: Cast, group: int, status: AttendanceStatus, cents: int | None
) -> None:
    first, second, third = people(cast, group)
    with at("2026-09-08 12:00"):
        cast.do("Marcus", set_attendance, SetAttendance(appointment_id=group, statuses={
            first: status, second: AttendanceStatus.ATTENDED, third: AttendanceStatus.ATTENDED}))
        came = [AttendanceStatus.ATTENDED] * 2
        assert statuses(cast, group) == (AppointmentStatus.HELD, [status, *came])
        ask = InvoiceAppointment(appointment_id=group)
        if cents is None:
            with pytest.raises(AttendanceMissing):
                cast.do("Tom", invoice_appointment, ask)
        else:
            issued = lines(cast, cast.do("Tom", invoice_appointment, ask))
            assert dict(issued).get("Eve Moss", 0) == cents
            assert sum(amount for _, amount in issued) == 150_00 + cents


def test_saving_an_old_appointment_again_changes_no_status(cast: Cast, group: int) -> None:
    first, second, third = people(cast, group)
    with at("2026-09-08 12:00"):
        cast.do("Marcus", set_attendance, SetAttendance(appointment_id=group, statuses={
            first: AttendanceStatus.LATE_CANCELLED, second: AttendanceStatus.ATTENDED,
            third: AttendanceStatus.EXCUSED}))
    room = cast.do("Dana", add_location, AddLocation(name="Room", is_room=True))

    def kept() -> list[Any]:
        with database.reading(cast.engine) as session:
            found = session.get_one(Appointment, group)
            return [found.status, [(a.status, a.recorded_at, a.recorded_by_id, a.revision) for a in found.attendances]]

    before = kept()
    changes: list[dict[str, Any]] = [{"memo": "Called back"}, {"location_id": room}, {"format": "video"}, {}]
    for revision, change in enumerate(changes, start=2):
        with at("2026-12-01 09:00"):
            saved = {"location_id": room if revision > 2 else cast.office} | change
            cast.do("Marcus", change_appointment, ChangeAppointment(
                appointment_id=group, revision=revision, service_id=cast.services["GRP90"], fee_cents=75_00, **saved))
    assert kept() == before


@pytest.mark.parametrize(("moment", "offered"), [
    ("2026-09-07 10:00:00", AttendanceStatus.CANCELLED_BY_CLIENT),
    ("2026-09-07 10:00:01", AttendanceStatus.LATE_CANCELLED),
    ("2026-09-08 12:00:00", AttendanceStatus.LATE_CANCELLED),
])
def test_a_client_s_cancellation_is_offered_as_the_clock_has_it_and_staff_may_choose_the_other(
    cast: Cast, group: int, moment: str, offered: AttendanceStatus
) -> None:
    other = ({AttendanceStatus.CANCELLED_BY_CLIENT, AttendanceStatus.LATE_CANCELLED} - {offered}).pop()
    with at(moment):
        assert cast.read("Marcus", appointment_page, group).cancels_as is offered
        cast.do("Marcus", cancel, Cancel(
            appointment_id=group, by=CancelledBy.CLIENT, late=other is AttendanceStatus.LATE_CANCELLED))
        assert statuses(cast, group) == (AppointmentStatus.CANCELLED, [other] * 3)
        page = cast.read("Dana", appointment_page, group)
    assert page.history[0].detail == f"by client, counted as {other}"


def test_the_provider_is_never_late(cast: Cast, group: int) -> None:
    with at("2026-09-08 09:59"):
        cast.do("Marcus", cancel, Cancel(appointment_id=group, by=CancelledBy.PROVIDER, late=True))
    assert statuses(cast, group)[1] == [AttendanceStatus.CANCELLED_BY_PROVIDER] * 3


def test_one_member_absent_and_the_group_still_stands(cast: Cast, group: int) -> None:
    first, *_ = people(cast, group)
    with at("2026-09-08 12:00"):
        cast.do("Marcus", set_attendance, SetAttendance(
            appointment_id=group, revision=1, statuses={first: AttendanceStatus.NO_SHOW}))
        assert statuses(cast, group)[0] is AppointmentStatus.SCHEDULED
        cast.do("Marcus", attend_all, AttendAll(appointment_id=group))
    assert statuses(cast, group) == (
        AppointmentStatus.HELD, [AttendanceStatus.NO_SHOW, AttendanceStatus.ATTENDED, AttendanceStatus.ATTENDED])


def test_nobody_came(cast: Cast, group: int) -> None:
    with at("2026-09-08 12:00"):
        cast.do("Marcus", mark_all, MarkAll(appointment_id=group, status=AttendanceStatus.NO_SHOW))
    assert statuses(cast, group)[0] is AppointmentStatus.NOT_HELD


def test_nobody_attended_what_has_not_begun(cast: Cast, group: int) -> None:
    with at("2026-09-08 09:59"):
        for verb, command in ((attend_all, AttendAll(appointment_id=group)),
                              (mark_all, MarkAll(appointment_id=group, status=AttendanceStatus.NO_SHOW))):
            with pytest.raises(NotYet):
                cast.do("Marcus", verb, command)
        cast.do("Marcus", mark_all, MarkAll(appointment_id=group, status=AttendanceStatus.CONFIRMED))
    assert statuses(cast, group)[0] is AppointmentStatus.CONFIRMED
    with at("2026-09-08 10:00"):
        cast.do("Marcus", attend_all, AttendAll(appointment_id=group))


def test_a_stale_page_changes_nothing_and_a_second_click_does_it_once(cast: Cast, group: int) -> None:
    first, second, _ = people(cast, group)
    command = SetAttendance(appointment_id=group, revision=1, statuses={first: AttendanceStatus.EXCUSED})
    cast.do("Marcus", set_attendance, command)
    cast.do("Marcus", set_attendance, command)
    with pytest.raises(Stale):
        cast.do("Dana", set_attendance, SetAttendance(
            appointment_id=group, revision=1, statuses={second: AttendanceStatus.EXCUSED}))
    assert cast.read("Marcus", appointment_page, group).revision == 2


def test_a_stranger_in_the_list_and_a_stranger_at_the_door_are_refused(cast: Cast, group: int) -> None:
    with pytest.raises(BadInput):
        cast.do("Marcus", set_attendance, SetAttendance(
            appointment_id=group, statuses={4711: AttendanceStatus.EXCUSED}))
    with pytest.raises(NotFound):
        cast.do("Olga", attend_all, AttendAll(appointment_id=group))


def test_what_is_invoiced_stays_and_the_other_members_can_change(cast: Cast, group: int) -> None:
    first, second, _ = people(cast, group)
    invoiced(cast, group, first)
    with at("2026-09-08 12:00"):
        with pytest.raises(AttendanceIsInvoiced, match="Void the invoice first"):
            cast.do("Marcus", set_attendance, SetAttendance(
                appointment_id=group, statuses={first: AttendanceStatus.NO_SHOW}))
        cast.do("Marcus", set_attendance, SetAttendance(
            appointment_id=group, statuses={second: AttendanceStatus.NO_SHOW}))
    page = cast.read("Marcus", appointment_page, group)
    assert [p.fixed for p in page.people] == [True, False, False]
    assert page.why_fixed == "It is on an invoice; void the invoice first."


def test_a_charge_of_the_whole_case_fixes_everybody(cast: Cast, group: int) -> None:
    invoiced(cast, group, None)
    with pytest.raises(AttendanceIsInvoiced):
        cast.do("Marcus", set_attendance, SetAttendance(
            appointment_id=group, statuses={people(cast, group)[2]: AttendanceStatus.EXCUSED}))


@pytest.mark.parametrize(("state", "fixed"), [
    (NoteStatus.DRAFT, False), (NoteStatus.LOCKED, True), (NoteStatus.AMENDED, True),
])
def test_a_signed_note_fixes_attendance_and_time(cast: Cast, group: int, state: NoteStatus, fixed: bool) -> None:
    with database.reading(cast.engine) as session:
        case_id = session.get_one(Appointment, group).case_id
    write(cast, Note(case_id=case_id, appointment_id=group, kind=NoteKind.GROUP, form="free", status=state,
                     author_id=cast.staff["Marcus"], service_date=DAY, saved_at=clock.now()))
    excuse = SetAttendance(appointment_id=group, statuses={people(cast, group)[0]: AttendanceStatus.EXCUSED})
    later = Move(appointment_id=group, revision=1, local_date=DAY, local_time=time(15), minutes=90)
    if not fixed:
        cast.do("Marcus", move, later)
        cast.do("Marcus", set_attendance, excuse)
        return
    with pytest.raises(AttendanceIsSigned):
        cast.do("Marcus", set_attendance, excuse)
    with pytest.raises(AppointmentIsFixed, match="signed"):
        cast.do("Marcus", move, later)
