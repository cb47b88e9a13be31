"""What the practice answers: accepted as the calendar would do it, declined, offered; late by the moment of asking."""

from datetime import date, time

import pytest
from sqlalchemy import select

from practicerunner import clock, database
from practicerunner.errors import BadInput, NotFound, NotPermitted, RuleViolation, Stale
from practicerunner.records.billing import Charge, ChargeShare, Invoice
from practicerunner.records.cases import Case, Participant
from practicerunner.records.notes import Note
from practicerunner.records.outbox import OutboxMessage
from practicerunner.records.scheduling import Appointment, Hold
from practicerunner.settings import settings
from practicerunner.vocabulary import (
    AppointmentStatus,
    AttendanceStatus,
    CancelledBy,
    CaseStatus,
    CaseType,
    ChargeKind,
    MessageKind,
    NoteKind,
    NoteStatus,
    Outcome,
    RequestKind,
    RequestStatus,
    SessionFormat,
)
from practicerunner.workflows.answers import Accept, RecordRequest, accept, decline, record_request
from practicerunner.workflows.attendance import AttendAll, SetAttendance, attend_all, set_attendance
from practicerunner.workflows.calendar import appointment_page
from practicerunner.workflows.cases import (
    CaseIsArchived,
    ChangeCase,
    RemoveParticipant,
    SetCaseStatus,
    change_case,
    remove_participant,
    set_case_status,
)
from practicerunner.workflows.granting import AppointmentChanged, NotExpected, RequestIsClosed, TimeIsTaken
from practicerunner.workflows.people import payer_of
from practicerunner.workflows.request_queue import (
    how_many_wait,
    request_queue,
    requests_of_case,
)
from practicerunner.workflows.requests import AskToCancel, ask_to_cancel
from practicerunner.workflows.scheduling import AppointmentIsFixed, Cancel, Move, cancel, move
from practicerunner.workflows.time_blocks import AddTimeBlock, add_time_block
from practicerunner.workflows.trail import trail
from tests.cast import at, people_of
from tests.workflows.asking import FRIDAY, THURSDAY, Askers, booked, may_be_mailed, statuses


def shift(ask: Askers, name: str, day: date, hour: int) -> None:
    found = ask.appointment(name)
    ask.cast.do("Marcus", move, Move(
        appointment_id=found.id, revision=found.revision, local_date=day, local_time=time(hour),
        minutes=found.minutes))


# --- Accepting


def test_a_new_time_is_booked_as_the_calendar_would(ask: Askers) -> None:
    request_id = ask.new_time("Ida")
    found = ask.appointment(ask.accept(request_id))
    assert (found.local_date, found.local_time, found.minutes, found.fee_cents) == (FRIDAY, time(11), 50, 165_00)
    assert (found.service_id, found.location_id) == (ask.cast.services["IND50"], ask.cast.office)
    row = ask.row(request_id)
    assert (row.status, row.decided_by_id, row.decided_at, row.appointment_id) == (
        RequestStatus.ACCEPTED, ask.cast.staff["Marcus"], clock.now(), found.id)
    with database.reading(ask.cast.engine) as session:
        assert session.scalar(select(Hold.starts_at).where(Hold.appointment_id == found.id)) == found.starts_at


def test_a_move_moves_and_its_history_says_by_whom(ask: Askers) -> None:
    request_id = ask.move("Noor", format=SessionFormat.VIDEO)
    assert ask.accept(request_id, by="Tom") == ask.appointments["Noor"]
    found = ask.appointment("Noor")
    assert (found.local_date, found.local_time, found.format, found.location_id) == (
        FRIDAY, time(11), SessionFormat.VIDEO, None)
    page = ask.cast.read("Marcus", appointment_page, found.id)
    assert [(deed.what, deed.who) for deed in page.history][:2] == [("accept", "Tom Alvarez"), ("move", "Tom Alvarez")]
    row, = ask.log("accept")
    assert (row.role, row.case_id, row.detail) == ("admin", ask.cases["Noor"], f"request {request_id}: move")


def test_a_cancellation_calls_the_appointment_off_for_both_of_a_couple(ask: Askers) -> None:
    ask.accept(ask.cancel("Noor"))
    assert ask.appointment("Noor").status is AppointmentStatus.CANCELLED
    assert statuses(ask, "Noor") == dict.fromkeys(("Noor", "Sam"), AttendanceStatus.CANCELLED_BY_CLIENT)


def test_in_a_group_a_cancellation_calls_off_one_person_s_place_only(ask: Askers) -> None:
    ask.accept(ask.cancel("Jo"))
    assert ask.appointment("Eve").status is AppointmentStatus.SCHEDULED
    assert statuses(ask, "Eve") == {
        "Eve": AttendanceStatus.SCHEDULED, "Jo": AttendanceStatus.CANCELLED_BY_CLIENT,
        "Al": AttendanceStatus.SCHEDULED}
    with database.reading(ask.cast.engine) as session:
        assert session.scalar(select(Hold.id).where(Hold.appointment_id == ask.appointments["Eve"]))


def test_accepting_twice_does_it_once(ask: Askers) -> None:
    request_id = ask.new_time("Ida")
    click = Accept(request_id=request_id, revision=1)
    assert ask.cast.do("Marcus", accept, click) == ask.cast.do("Marcus", accept, click)
    for revision in (1, 2):
        with pytest.raises(RequestIsClosed, match="answered already"):
            ask.cast.do("Dana", accept, Accept(request_id=request_id, revision=revision))
    assert len(ask.log("book")) == 5


@pytest.mark.parametrize("act", ["accept", "decline", "offer"])
def test_what_was_withdrawn_meanwhile_is_not_answered(ask: Askers, act: str) -> None:
    request_id = ask.move("Ida")
    ask.withdraw("Ida", request_id)
    with pytest.raises(RequestIsClosed, match="withdrawn"):
        getattr(ask, act)(request_id)
    assert ask.appointment("Ida").local_time == time(10)


def test_what_a_colleague_offered_meanwhile_is_stale_for_whoever_still_sees_the_request(ask: Askers) -> None:
    request_id = ask.new_time("Ida")
    ask.offer(request_id, by="Dana")
    with pytest.raises(Stale):
        ask.cast.do("Marcus", accept, Accept(request_id=request_id, revision=1))


def test_an_appointment_that_somebody_else_moved_is_not_moved_again(ask: Askers) -> None:
    moved, called_off = ask.move("Ida"), ask.cancel("Noor")
    shift(ask, "Ida", FRIDAY, 9)
    shift(ask, "Noor", FRIDAY, 14)
    for request_id, now in ((moved, "09:00"), (called_off, "14:00")):
        with pytest.raises(AppointmentChanged) as refused:
            ask.accept(request_id)
        assert str(refused.value) == f"The appointment was moved to Fri 13 Nov 2026, {now} after this was asked."
        assert ask.row(request_id).status is RequestStatus.PENDING
    shift(ask, "Ida", THURSDAY, 10)
    assert ask.accept(moved)


def test_an_appointment_that_somebody_else_cancelled_stays_so(ask: Askers) -> None:
    moved, called_off = ask.move("Ida"), ask.cancel("Noor")
    for name in ("Ida", "Noor"):
        ask.cast.do("Marcus", cancel, Cancel(appointment_id=ask.appointments[name], by=CancelledBy.PROVIDER))
    for request_id in (moved, called_off):
        with pytest.raises(AppointmentChanged, match="cancelled after this was asked"):
            ask.accept(request_id)
    with pytest.raises(AppointmentChanged):
        ask.offer(moved)
    assert statuses(ask, "Noor")["Noor"] is AttendanceStatus.CANCELLED_BY_PROVIDER
    assert ask.decline(called_off)


def test_when_both_of_a_couple_ask_the_first_answer_counts(ask: Askers) -> None:
    hers, his = ask.move("Noor", hour=9), ask.move("Sam", hour=15)
    ask.accept(hers)
    with pytest.raises(AppointmentChanged):
        ask.accept(his)
    assert ask.appointment("Noor").local_time == time(9)


def test_whoever_is_not_expected_any_more_gets_nothing_changed(ask: Askers) -> None:
    request_id, later = ask.cancel("Jo"), ask.new_time("Al", day=date(2026, 11, 20))
    ask.cast.do("Marcus", set_attendance, SetAttendance(
        appointment_id=ask.appointments["Eve"], statuses={ask.people["Jo"]: AttendanceStatus.EXCUSED}))
    ask.cast.do("Marcus", remove_participant, RemoveParticipant(
        case_id=ask.cases["Eve"], person_id=ask.people["Al"], left_on=date(2026, 11, 19)))
    for one in (request_id, later):
        with pytest.raises(NotExpected):
            ask.accept(one)
        assert ask.decline(one)


def test_a_case_that_was_archived_meanwhile_takes_no_new_time(ask: Askers) -> None:
    request_id = ask.new_time("Ida")
    ask.cast.do("Marcus", cancel, Cancel(appointment_id=ask.appointments["Ida"], by=CancelledBy.PROVIDER))
    ask.cast.do("Marcus", set_case_status, SetCaseStatus(case_id=ask.cases["Ida"], status=CaseStatus.ARCHIVED))
    with pytest.raises(CaseIsArchived):
        ask.accept(request_id)
    assert ask.row(request_id).status is RequestStatus.PENDING


def test_a_protected_appointment_says_why_it_stays(ask: Askers) -> None:
    signed, invoiced, held = ask.move("Ida"), ask.cancel("Noor"), ask.cancel("Jo")
    with database.transaction(ask.cast.engine) as session:
        session.add(Note(
            case_id=ask.cases["Ida"], appointment_id=ask.appointments["Ida"], kind=NoteKind.PROGRESS,
            author_id=ask.cast.staff["Marcus"], service_date=THURSDAY, form="progress", status=NoteStatus.LOCKED))
        payer = payer_of(session, ask.people["Noor"])
        session.add(Invoice(
            id=2, number="INV-2026-0001", payer_id=payer.id, case_id=ask.cases["Noor"], issued_on=THURSDAY,
            due_on=THURSDAY, total_cents=210_00, issued_by_id=ask.cast.staff["Dana"]))
        session.flush()
        session.add(Charge(
            id=3, case_id=ask.cases["Noor"], appointment_id=ask.appointments["Noor"], unit="1:0",
            kind=ChargeKind.SERVICE, service_id=ask.cast.services["FAM50"], service_date=THURSDAY,
            description="Couple", standard_cents=210_00, amount_cents=210_00, provider_id=ask.cast.staff["Marcus"]))
        session.flush()
        session.add(ChargeShare(charge_id=3, payer_id=payer.id, amount_cents=210_00, invoice_id=2))
    for request_id, why in ((signed, "Its note is signed"), (invoiced, "It is on an invoice; void the invoice first")):
        with pytest.raises(AppointmentIsFixed, match=why):
            ask.accept(request_id)
    with at("2026-11-12 20:00"):
        ask.cast.do("Marcus", attend_all, AttendAll(appointment_id=ask.appointments["Eve"]))
        with pytest.raises(AppointmentIsFixed, match="Attendance is recorded"):
            ask.accept(held)
    assert {ask.row(one).status for one in (signed, invoiced, held)} == {RequestStatus.PENDING}


# --- Conflicts at that moment


def test_a_taken_time_leaves_the_request_and_says_the_next_free_start_but_not_who_has_it(ask: Askers) -> None:
    request_id = ask.new_time("Ida")
    secret = ask.cast.open_case(CaseType.INDIVIDUAL, "Zoltan Quill")
    booked(ask.cast, secret, "IND50", f"{FRIDAY} 10:30")
    with pytest.raises(TimeIsTaken) as refused:
        ask.accept(request_id)
    assert str(refused.value) == "Marcus Bell is already taken on Fri 13 Nov 2026, 10:30–11:20."
    assert refused.value.next_free.isoformat() == "2026-11-13T11:30:00"
    assert ask.row(request_id).status is RequestStatus.PENDING and ask.row(request_id).revision == 1
    assert ask.log("accept") == []


def test_the_next_free_start_suits_the_room_and_everybody_who_takes_part(ask: Askers) -> None:
    request_id = ask.move("Noor", hour=11)
    booked(ask.cast, ask.cases["Ida"], "IND50", f"{FRIDAY} 11:00")
    with database.transaction(ask.cast.engine) as session:
        case = session.get_one(Case, ask.cases["Bo"])
        case.participants.append(Participant(person_id=ask.people["Sam"], joined_on=case.opened_on, position=2))
    booked(ask.cast, ask.cases["Bo"], "IND50", f"{FRIDAY} 12:00", by="Olga")
    with pytest.raises(TimeIsTaken) as refused:
        ask.accept(request_id)
    assert refused.value.next_free.isoformat() == "2026-11-13T13:00:00"


def test_blocked_time_and_a_time_that_has_passed_are_refused_too(ask: Askers) -> None:
    request_id, gone = ask.new_time("Ida"), ask.new_time("Ida", day=THURSDAY, hour=8)
    ask.cast.do("Marcus", add_time_block, AddTimeBlock(
        provider_id=ask.cast.staff["Marcus"], starts_on=FRIDAY, starts=time(8), ends_on=FRIDAY, ends=time(18),
        reason="Away"))
    with pytest.raises(TimeIsTaken) as refused:
        ask.accept(request_id)
    assert refused.value.next_free.isoformat() == "2026-11-16T08:00:00"
    with at("2026-11-12 08:00"), pytest.raises(TimeIsTaken, match="passed"):
        ask.accept(gone)
    assert len(ask.cast.read("Marcus", request_queue).rows) == 2


def test_an_appointment_may_move_over_its_own_old_time(ask: Askers) -> None:
    request_id = ask.cast.do("Marcus", record_request, RecordRequest(
        kind=RequestKind.MOVE, case_id=ask.cases["Ida"], person_id=ask.people["Ida"],
        appointment_id=ask.appointments["Ida"], local_date=THURSDAY, local_time=time(10, 30)))
    assert ask.accept(request_id)


# --- Declining and offering


def test_declining_closes_with_a_word_and_changes_nothing(ask: Askers) -> None:
    request_id = ask.move("Ida")
    ask.decline(request_id, reply="Sorry, **not** this week")
    found = ask.row(request_id)
    assert (found.status, found.reply, found.decided_by_id) == (
        RequestStatus.DECLINED, "Sorry, **not** this week", ask.cast.staff["Marcus"])
    assert ask.appointment("Ida").local_time == time(10)
    with pytest.raises(RequestIsClosed):
        ask.accept(request_id)
    assert ask.log("decline")[0].detail == "move"


def test_an_offer_holds_no_slot_and_can_be_changed_or_taken_back(ask: Askers) -> None:
    request_id = ask.new_time("Ida")
    ask.offer(request_id, hour=14, reply="How about this?")
    booked(ask.cast, ask.cases["Noor"], "FAM50", f"{FRIDAY} 14:00")
    ask.offer(request_id, hour=15)
    found = ask.row(request_id)
    assert (found.status, found.offered_time, found.local_time, found.reply) == (
        RequestStatus.OFFERED, time(15), time(11), "")
    ask.decline(request_id)
    assert ask.row(request_id).status is RequestStatus.DECLINED


def test_nothing_is_offered_that_could_not_be_taken_now(ask: Askers) -> None:
    new, moved, off = ask.new_time("Ida"), ask.move("Noor"), ask.cancel("Jo")
    booked(ask.cast, ask.cases["Eve"], "GRP90", f"{FRIDAY} 14:00")
    for request_id in (new, moved):
        with pytest.raises(TimeIsTaken) as refused:
            ask.offer(request_id, hour=14)
        assert refused.value.next_free.isoformat() == "2026-11-13T16:00:00"
        with pytest.raises(BadInput, match="passed"):
            ask.offer(request_id, day=date(2026, 11, 9))
        with pytest.raises(BadInput, match="18 months"):
            ask.offer(request_id, day=date(2029, 11, 9))
    with pytest.raises(RuleViolation, match="accepted or declined"):
        ask.offer(off)
    assert ask.row(new).status is ask.row(moved).status is RequestStatus.PENDING


def test_an_offer_is_accepted_by_staff_on_the_asker_s_word(ask: Askers) -> None:
    request_id = ask.move("Ida")
    ask.offer(request_id, hour=16)
    ask.accept(request_id)
    assert (ask.appointment("Ida").local_date, ask.appointment("Ida").local_time) == (FRIDAY, time(16))


def test_an_offer_is_about_the_appointment_as_it_stands_by_then(ask: Askers) -> None:
    request_id = ask.move("Ida")
    shift(ask, "Ida", FRIDAY, 8)
    ask.offer(request_id, hour=16)
    assert ask.take("Ida", request_id)
    assert ask.appointment("Ida").local_time == time(16)


def test_what_was_never_booked_before_needs_a_service_and_a_place(ask: Askers) -> None:
    fresh = ask.cast.open_case(CaseType.INDIVIDUAL, "Una Berg")
    request_id = ask.cast.do("Tom", record_request, RecordRequest(
        kind=RequestKind.NEW_TIME, case_id=fresh, person_id=people_of(ask.cast, fresh)["Una"], local_date=FRIDAY,
        local_time=time(11)))
    row, = ask.cast.read("Tom", requests_of_case, fresh)
    assert (row.lacks_service, row.lacks_place, row.free) == (True, True, True)
    for more, field in (({}, "service_id"), ({"service_id": ask.cast.services["IND60"]}, "format"),
                        ({"service_id": ask.cast.services["CONS60"], "location_id": ask.cast.office}, "service_id")):
        with pytest.raises(BadInput) as refused:
            ask.accept(request_id, **more)
        assert refused.value.field == field
    found = ask.appointment(ask.accept(
        request_id, service_id=ask.cast.services["IND60"], location_id=ask.cast.office))
    assert (found.minutes, found.format, found.service_id) == (
        60, SessionFormat.IN_PERSON, ask.cast.services["IND60"])


# --- Telling


def test_the_asker_is_told_that_there_is_an_answer_and_not_which(ask: Askers) -> None:
    may_be_mailed(ask.cast, ask.people["Ida"], "ida@holm.example")
    accepted, declined, offered = ask.move("Ida"), ask.new_time("Ida"), ask.new_time("Ida", hour=15)
    ask.withdraw("Ida", ask.new_time("Ida", hour=17))
    ask.accept(accepted)
    ask.decline(declined, reply="Sorry")
    ask.offer(offered)
    ask.offer(offered, hour=16)
    ask.accept(ask.cancel("Noor"))  # who lets nobody write to her
    with database.reading(ask.cast.engine) as session:
        sent = session.scalars(select(OutboxMessage).where(
            OutboxMessage.kind == MessageKind.REQUEST_ANSWERED).order_by(OutboxMessage.id)).all()
    assert [(one.to_address, one.case_id) for one in sent] == [("ida@holm.example", ask.cases["Ida"])] * 4
    assert {one.body for one in sent} == {
        "The practice has answered your request. Sign in to see it:\n\n"
        f"{settings().portal_page}\n\n"
        "If you cannot sign in, please call us: +1 518 555 0100\n\nLinden Street Practice\n"}
    assert {one.subject for one in sent} == {"Your request was answered"}


# --- Who may


def test_the_provider_the_case_s_provider_owner_and_admin_answer_and_nobody_else(ask: Askers) -> None:
    for by in ("Marcus", "Dana", "Tom"):
        ask.decline(ask.move("Ida"), by=by)
    request_id = ask.move("Ida")
    for act in (ask.accept, ask.decline, ask.offer):
        with pytest.raises(NotFound):
            act(request_id, by="Olga")
    with pytest.raises(NotFound):
        ask.cast.do("Olga", record_request, RecordRequest(
            kind=RequestKind.NEW_TIME, case_id=ask.cases["Ida"], person_id=ask.people["Ida"], local_date=FRIDAY,
            local_time=time(9)))
    with pytest.raises(NotFound):
        ask.cast.do("Dana", accept, Accept(request_id=404, revision=1))
    refused = ask.log("update")
    assert {row.outcome for row in refused} == {Outcome.REFUSED} and len(refused) == 4
    assert ask.row(request_id).status is RequestStatus.PENDING


def test_a_supervisor_sees_the_requests_of_an_associate_and_answers_none(ask: Askers) -> None:
    case_id = ask.cast.open_case(CaseType.INDIVIDUAL, "Liv Dahl", provider="Priya")
    person_id = people_of(ask.cast, case_id)["Liv"]
    made = booked(ask.cast, case_id, "IND50", "2026-11-12 10:00", by="Priya")
    ask.people["Liv"], ask.appointments["Liv"] = person_id, made
    request_id = ask.cancel("Liv")
    ask.cancel("Ida")
    row, = ask.cast.read("Ruth", request_queue).rows
    assert (row.request_id, row.may_answer) == (request_id, False)
    assert ask.cast.read("Ruth", how_many_wait) == 0
    with pytest.raises(NotFound):
        ask.accept(request_id, by="Ruth")
    assert ask.accept(request_id, by="Priya")


def test_a_case_in_other_hands_takes_its_requests_along(ask: Askers) -> None:
    request_id = ask.new_time("Ida")
    with database.reading(ask.cast.engine) as session:
        case = session.get_one(Case, ask.cases["Ida"])
    ask.cast.do("Dana", change_case, ChangeCase(
        case_id=case.id, revision=case.revision, status=case.status, provider_id=ask.cast.staff["Olga"]))
    assert ask.cast.read("Marcus", request_queue).rows == ()
    with pytest.raises(NotFound):
        ask.accept(request_id, by="Marcus")
    assert ask.appointment(ask.accept(request_id, by="Olga")).provider_id == ask.cast.staff["Olga"]


def test_a_client_does_not_answer_themselves(ask: Askers) -> None:
    request_id = ask.do("Ida", ask_to_cancel, AskToCancel(appointment_id=ask.appointments["Ida"]))
    with pytest.raises(NotPermitted):
        ask.do("Ida", decline, Accept(request_id=request_id, revision=1))
    with database.reading(ask.cast.engine) as session:
        assert session.get_one(Appointment, ask.appointments["Ida"]).status is AppointmentStatus.SCHEDULED


def test_the_log_names_the_client_who_acted_and_strangers_only_to_the_owner(ask: Askers) -> None:
    ask.cancel("Ida")
    with pytest.raises(NotFound):
        ask.do("Bo", ask_to_cancel, AskToCancel(appointment_id=ask.appointments["Ida"]))
    day = clock.today("America/New_York")

    def seen(who: str) -> list[tuple[str, str]]:
        rows, _ = ask.cast.read(who, trail, day, day)
        return [(row.who, row.action) for row in rows if row.action in ("ask_to_cancel", "request")]

    assert seen("Dana") == [("Bo Ek", "request"), ("Ida Holm", "ask_to_cancel")]
    assert seen("Marcus") == [("", "request"), ("Ida Holm", "ask_to_cancel")]
    assert seen("Olga") == []


def test_the_history_of_an_appointment_names_the_client_who_took_the_offer(ask: Askers) -> None:
    request_id = ask.move("Ida")
    ask.offer(request_id)
    ask.take("Ida", request_id)
    deed, *_ = ask.cast.read("Marcus", appointment_page, ask.appointments["Ida"]).history
    assert (deed.what, deed.who) == ("take_offer", "Ida Holm")
