"""What people outside the practice do by themselves: ask and have it done at once, sign, read what was shared."""

from collections.abc import Iterator
from datetime import date, time
from typing import Any

import pytest
from sqlalchemy import select, text

from practicerunner import database
from practicerunner.errors import BadInput, FieldProblems, NotFound, PracticeError, Stale
from practicerunner.records.audit import AuditRow
from practicerunner.records.forms import CriticalAlert, FormAssignment, FormResponse
from practicerunner.records.outbox import OutboxMessage
from practicerunner.records.practice import Practice
from practicerunner.rules.permissions import PortalRole
from practicerunner.vocabulary import (
    AccessScope,
    ActingKind,
    AppointmentStatus,
    AssignmentStatus,
    AttendanceStatus,
    CaseType,
    DocumentClass,
    MessageKind,
    RequestStatus,
    Verdict,
)
from practicerunner.workflows.access import PortalActor
from practicerunner.workflows.access_decisions import DecideAccess, decide_access
from practicerunner.workflows.acting import AddActing, VerifyActing, add_acting, verify_acting
from practicerunner.workflows.case_forms import forms_of_case
from practicerunner.workflows.documents import (
    ChangeDocument,
    UploadDocument,
    WithdrawDocument,
    change_document,
    upload_document,
    withdraw_document,
)
from practicerunner.workflows.form_sending import (
    NotTheirsNow,
    NowhereToRemind,
    RemindedToday,
    RemindOfForm,
    SendPacket,
    remind_of_form,
    send_packet,
)
from practicerunner.workflows.forms import FormIsClosed, SaveAnswers
from practicerunner.workflows.opening_hours import add_weekly_hours
from practicerunner.workflows.people import AddPerson, PersonDetails, add_person
from practicerunner.workflows.portal_appointments import appointments_page
from practicerunner.workflows.portal_documents import (
    SealedIsNotShared,
    ShareDocument,
    my_document,
    my_documents,
    share_document,
    sharing_in_case,
)
from practicerunner.workflows.portal_forms import (
    HandIn,
    hand_in_mine,
    my_forms,
    my_response,
    my_sheet,
    save_my_answers,
)
from practicerunner.workflows.portal_home import home_page
from practicerunner.workflows.request_queue import request_queue
from practicerunner.workflows.requests import AskForTime, ask_for_time, times_to_ask_for
from tests.cast import Cast, at, hold, people_of
from tests.workflows.asking import FRIDAY, NOON, THURSDAY, Askers, askers, may_be_mailed
from tests.workflows.sending import bring_forms, filled, revision, scored, send, signed
from tests.workflows.test_availability import hours


def set_practice(cast: Cast, **values: Any) -> None:
    with database.transaction(cast.engine) as session:
        row = session.scalars(select(Practice)).one()
        for name, value in values.items():
            setattr(row, name, value)


# --- Done at once


@pytest.fixture
def open_house(cast: Cast) -> Iterator[Askers]:
    """Marcus is open on Fridays, and what a client asks for alone is done at once."""
    with at("2026-11-02 09:00"):
        made = askers(cast)
        cast.do("Dana", add_weekly_hours, hours(cast, weekdays=(4,), starts=time(9), ends=time(17)))
    set_practice(cast, grants_requests=True)
    with at(NOON):
        yield made


def test_a_free_time_is_booked_at_once_and_the_second_click_books_nothing_more(open_house: Askers) -> None:
    command = AskForTime(case_id=open_house.cases["Ida"], local_date=FRIDAY, local_time=time(11))
    made = open_house.do("Ida", ask_for_time, command)
    assert open_house.do("Ida", ask_for_time, command) == made
    row = open_house.row(made)
    assert (row.status, row.decided_by_id, row.asked_by_id) == (RequestStatus.ACCEPTED, None, None)
    booked = open_house.appointment(row.appointment_id)
    assert (booked.local_date, booked.local_time, booked.minutes) == (FRIDAY, time(11), 50)
    assert open_house.log("ask_for_time")[-1].detail.endswith("granted at once")


def test_a_time_that_somebody_took_meanwhile_waits_and_names_nobody(open_house: Askers) -> None:
    first, second = open_house.new_time("Ida"), open_house.new_time("Noor", hour=11)
    assert open_house.row(first).status is RequestStatus.ACCEPTED
    assert open_house.row(second).status is RequestStatus.PENDING
    page = open_house.read("Noor", appointments_page)
    assert "Ida" not in repr(page)


def test_a_time_outside_the_opening_hours_waits_though_nobody_has_it(open_house: Askers) -> None:
    waits = open_house.new_time("Ida", day=date(2026, 11, 14))
    assert open_house.row(waits).status is RequestStatus.PENDING
    assert open_house.read("Ida", home_page).requests == 1
    with at("2026-11-27 09:00"):  # long after it was asked, and read for a fortnight after the answer
        open_house.decline(waits)
        assert [one.status for one in open_house.read("Ida", home_page).asked] == [RequestStatus.DECLINED]
    with at("2026-12-12 09:00"):
        assert open_house.read("Ida", home_page).asked == ()


def test_an_answer_given_today_stands_before_what_was_asked_meanwhile(open_house: Askers) -> None:
    first = open_house.new_time("Ida", day=date(2026, 11, 14))
    for hour in range(10, 14):  # outside the opening hours, so that they wait
        with at(f"2026-11-11 {hour}:00"):
            open_house.new_time("Ida", day=date(2026, 11, 21), hour=hour)
    with at("2026-11-12 12:00"):
        open_house.decline(first)
        shown = open_house.read("Ida", home_page).asked
    assert shown[0].request_id == first and len(shown) == 4
    assert [one.status for one in shown[1:]] == [RequestStatus.PENDING] * 3


def test_a_move_is_done_at_once_for_one_person_and_waits_for_a_couple(open_house: Askers) -> None:
    assert open_house.row(open_house.move("Ida", hour=14)).status is RequestStatus.ACCEPTED
    assert open_house.appointment("Ida").local_date == FRIDAY
    assert open_house.row(open_house.move("Sam", hour=15)).status is RequestStatus.PENDING
    assert open_house.appointment("Sam").local_date == THURSDAY


def test_a_cancellation_is_late_by_the_moment_of_asking_and_takes_one_place_in_a_group(open_house: Askers) -> None:
    with at("2026-11-11 10:00"):  # 24 hours before Ida's start: in time
        assert not open_house.read("Ida", appointments_page).ahead[0].is_late
        open_house.cancel("Ida")
    assert open_house.appointment("Ida").status is AppointmentStatus.CANCELLED
    assert open_house.appointment("Ida").attendances[0].status is AttendanceStatus.CANCELLED_BY_CLIENT
    with at("2026-11-11 18:00:01"):
        assert open_house.read("Eve", appointments_page).ahead[0].is_late
        open_house.cancel("Eve")
    found = open_house.appointment("Eve")
    assert found.status is AppointmentStatus.SCHEDULED
    assert {row.person_id: row.status for row in found.attendances} == {
        open_house.people["Eve"]: AttendanceStatus.LATE_CANCELLED, open_house.people["Jo"]: AttendanceStatus.SCHEDULED,
        open_house.people["Al"]: AttendanceStatus.SCHEDULED,
    }
    assert open_house.row(open_house.cancel("Sam")).status is RequestStatus.PENDING


def test_where_the_practice_has_not_decided_so_everything_waits(open_house: Askers) -> None:
    set_practice(open_house.cast, grants_requests=False)
    for made in (open_house.new_time("Ida"), open_house.cancel("Eve")):
        assert open_house.row(made).status is RequestStatus.PENDING


def test_staff_read_that_it_was_done_at_once(open_house: Askers) -> None:
    open_house.new_time("Ida")
    (row,) = open_house.cast.read("Tom", request_queue, [RequestStatus.ACCEPTED]).rows
    assert (row.asker, row.answered_by, row.asked_by) == ("Ida Holm", "", "")


def test_the_times_for_a_move_leave_out_what_is_moved(open_house: Askers) -> None:
    open_house.move("Ida", hour=14)
    moved = open_house.appointments["Ida"]
    for moves_id, is_free in ((None, False), (moved, True)):
        with database.reading(open_house.cast.engine) as session:
            free = times_to_ask_for(
                session, open_house.client("Ida"), open_house.cases["Ida"], FRIDAY, FRIDAY, moves_id=moves_id)
        assert (time(14) in {slot.local_time for slot in free}) is is_free
    with pytest.raises(NotFound):
        open_house.read("Ida", lambda session, actor: times_to_ask_for(
            session, actor, open_house.cases["Ida"], FRIDAY, FRIDAY, moves_id=open_house.appointments["Bo"]))


# --- Forms


class Couple:
    """Noor and Sam in one case; Pat, Noor's verified guardian with every scope; Bo is somebody else's."""

    def __init__(self, cast: Cast) -> None:
        self.cast = cast
        with at("2026-11-02 09:00"):
            bring_forms(cast)
            self.case = cast.open_case(CaseType.TWO_PERSON, "Noor Haddad", "Sam Ortiz")
            self.other = cast.open_case(CaseType.INDIVIDUAL, "Bo Ek", provider="Olga")
            people = people_of(cast, self.case)
            pat = cast.do("Dana", add_person, AddPerson(person=PersonDetails(first_name="Pat", last_name="Haddad")))
            acts = cast.do("Dana", add_acting, AddActing(
                client_id=people["Noor"], person_id=pat, kind=ActingKind.GUARDIAN, starts_on=date(2026, 11, 1)))
            cast.do("Dana", verify_acting, VerifyActing(acts_for_id=acts, revision=1, evidence="court paper"))
            for scope in AccessScope:
                cast.do("Dana", decide_access, DecideAccess(
                    acts_for_id=acts, scope=scope, verdict=Verdict.GRANTED, starts_on=date(2026, 11, 1)))
        self.noor, self.sam = (PortalActor(people[name], name) for name in ("Noor", "Sam"))
        self.bo = PortalActor(people_of(cast, self.other)["Bo"], "Bo")
        self.pat = PortalActor(pat, "Pat", PortalRole.REPRESENTATIVE, people["Noor"])

    def act(self, actor: PortalActor, verb: Any, command: Any) -> Any:
        with database.transaction(self.cast.engine) as session:
            return verb(session, actor, command)

    def read(self, actor: PortalActor, reader: Any, *args: Any) -> Any:
        with database.transaction(self.cast.engine) as session:
            return reader(session, actor, *args)

    def hand_in(self, actor: PortalActor, form: int, answers: dict[str, Any]) -> int:
        made: int = self.act(actor, hand_in_mine, HandIn(
            assignment_id=form, revision=revision(self.cast, form),
            answers=signed(self.cast, actor.person_id, answers)))
        return made

    def save(self, actor: PortalActor, form: int, answers: dict[str, Any]) -> int:
        made: int = self.act(actor, save_my_answers, SaveAnswers(
            assignment_id=form, revision=revision(self.cast, form), answers=answers))
        return made


@pytest.fixture
def couple(cast: Cast) -> Iterator[Couple]:
    made = Couple(cast)
    with at(NOON):
        yield made


def test_each_signs_their_own_and_nobody_the_others(couple: Couple) -> None:
    hers, his = send(couple.cast, couple.case, "consent")
    signed = couple.hand_in(couple.noor, hers, filled("consent", signature="noor haddad"))
    for actor in (couple.sam, couple.bo):
        for attempt in (
            lambda actor=actor: couple.hand_in(actor, hers, filled("consent")),
            lambda actor=actor: couple.read(actor, my_sheet, hers),
            lambda actor=actor: couple.read(actor, my_response, signed),
        ):
            with pytest.raises(NotFound):
                attempt()
    assert [one.assignment_id for one in couple.read(couple.sam, my_forms).open] == [his]
    page = couple.read(couple.noor, my_response, signed)
    assert (page.capacity, page.signature) == ("Noor Haddad", "noor haddad")
    with pytest.raises(FormIsClosed):
        couple.hand_in(couple.noor, hers, filled("consent"))
    with database.reading(couple.cast.engine) as session:
        assert session.get_one(FormResponse, signed).recorded_by_id is None
    missing = couple.cast.read("Marcus", forms_of_case, couple.case)
    assert [line.status for person in missing.people for line in person.lines] == [
        AssignmentStatus.COMPLETED, AssignmentStatus.ASSIGNED]


def test_nothing_is_signed_without_a_name_and_a_stale_page_is_refused(couple: Couple) -> None:
    hers, _ = send(couple.cast, couple.case, "consent")
    with pytest.raises(BadInput, match="Type your own name"):
        couple.hand_in(couple.noor, hers, filled("consent", signature="  "))
    with pytest.raises(FieldProblems):
        couple.hand_in(couple.noor, hers, filled("consent", understood=False))
    couple.save(couple.noor, hers, {"signature": "N"})
    with pytest.raises(Stale):
        couple.act(couple.noor, hand_in_mine, HandIn(assignment_id=hers, revision=1, answers=filled("consent")))


def test_a_draft_is_read_by_whoever_wrote_it_and_by_nobody_else_outside(couple: Couple) -> None:
    (form,) = send(couple.cast, couple.case, "intake", to="Noor")
    couple.save(couple.noor, form, {"reason": "heron of hers"})
    hers, pats = couple.read(couple.noor, my_sheet, form), couple.read(couple.pat, my_sheet, form)
    assert (hers.answers, hers.others_draft) == ({"reason": "heron of hers"}, False)
    assert (pats.answers, pats.others_draft, pats.saved_at) == ({}, True, None)
    response = couple.hand_in(couple.pat, form, filled("intake", reason="Pat's words"))
    assert couple.read(couple.pat, my_response, response).capacity == "Pat Haddad, guardian of Noor Haddad"
    with pytest.raises(NotFound):
        couple.read(couple.noor, my_response, response)
    (line,) = couple.read(couple.noor, my_forms).done
    assert (line.response_id, line.capacity) == (None, "Pat Haddad, guardian of Noor Haddad")


def test_what_one_has_begun_is_kept_while_another_goes_on(couple: Couple) -> None:
    (form,) = send(couple.cast, couple.case, "intake", to="Noor")
    couple.save(couple.noor, form, {"reason": "an hour of hers"})
    couple.save(couple.pat, form, {"reason": "x"})
    couple.save(couple.pat, form, {"reason": "xy"})
    hers, pats = couple.read(couple.noor, my_sheet, form), couple.read(couple.pat, my_sheet, form)
    assert (hers.answers, hers.others_draft) == ({"reason": "an hour of hers"}, True)
    assert (pats.answers, pats.others_draft) == ({"reason": "xy"}, True)
    couple.save(couple.noor, form, hers.answers | {"reason": "and more"})
    assert couple.read(couple.noor, my_sheet, form).answers == {"reason": "and more"}
    assert couple.read(couple.pat, my_sheet, form).answers == {"reason": "xy"}
    couple.hand_in(couple.noor, form, filled("intake"))
    with database.reading(couple.cast.engine) as session:
        kept = session.get_one(FormAssignment, form)
        assert (kept.draft, kept.set_aside) == ({}, {}), "nothing of either is left behind"


def test_a_critical_answer_from_outside_raises_the_same_alert_with_the_crisis_text(couple: Couple) -> None:
    (form,) = send(couple.cast, couple.case, "phq9", to="Sam")
    assert "988" in couple.read(couple.sam, my_sheet, form).crisis
    response = couple.hand_in(couple.sam, form, scored("phq9", *[0] * 8, 1))
    with database.reading(couple.cast.engine) as session:
        (alert,) = session.scalars(select(CriticalAlert))
    assert (alert.response_id, alert.items) == (response, ["phq9_9"])
    page = couple.read(couple.sam, my_response, response)
    assert "988" in page.crisis
    assert "total" not in repr(page).lower()


def test_who_has_left_the_case_keeps_what_they_signed_and_fills_in_nothing_more(couple: Couple) -> None:
    first, second = send(couple.cast, couple.case, "consent", "no_secrets", to="Sam")
    signed = couple.hand_in(couple.sam, first, filled("consent"))
    with database.transaction(couple.cast.engine) as session:
        session.execute(text("update participant set left_on = '2026-11-09', status = 'left' where person_id = :p"),
                        {"p": couple.sam.person_id})
    assert couple.read(couple.sam, my_response, signed).name == "Consent to treatment"
    with pytest.raises(NotFound):
        couple.hand_in(couple.sam, second, filled("no_secrets"))
    assert couple.read(couple.sam, my_forms).open == ()
    may_be_mailed(couple.cast, couple.sam.person_id, "sam@example.org")
    with pytest.raises(NotTheirsNow):
        couple.cast.do("Tom", remind_of_form, RemindOfForm(assignment_id=second))


def test_who_waits_for_a_place_is_given_shown_and_reminded_of_forms(couple: Couple) -> None:
    may_be_mailed(couple.cast, couple.sam.person_id, "sam@example.org")
    with database.transaction(couple.cast.engine) as session:
        session.execute(text("update participant set status = 'waitlisted' where person_id = :p"),
                        {"p": couple.sam.person_id})
    (form,) = send(couple.cast, couple.case, "telehealth", to="Sam")
    assert [one.assignment_id for one in couple.read(couple.sam, my_forms).open] == [form]
    assert couple.read(couple.sam, home_page).forms == 1
    couple.cast.do("Tom", remind_of_form, RemindOfForm(assignment_id=form))
    assert couple.hand_in(couple.sam, form, filled("telehealth"))


def test_who_may_sign_for_somebody_without_an_address_hears_of_their_forms(couple: Couple) -> None:
    assert couple.cast.read("Tom", forms_of_case, couple.case).unheard == ("Noor Haddad", "Sam Ortiz")
    may_be_mailed(couple.cast, couple.pat.person_id, "pat@example.org")
    assert couple.cast.read("Tom", forms_of_case, couple.case).unheard == ("Sam Ortiz",)
    couple.cast.do("Tom", send_packet, SendPacket(case_id=couple.case))
    (form, *_) = [one.assignment_id for one in couple.read(couple.noor, my_forms).open]
    couple.cast.do("Tom", remind_of_form, RemindOfForm(assignment_id=form))
    with pytest.raises(RemindedToday):
        couple.cast.do("Tom", remind_of_form, RemindOfForm(assignment_id=form))
    (sams, *_) = [one.assignment_id for one in couple.read(couple.sam, my_forms).open]
    with pytest.raises(NowhereToRemind):
        couple.cast.do("Tom", remind_of_form, RemindOfForm(assignment_id=sams))
    with database.reading(couple.cast.engine) as session:
        letters = session.scalars(select(OutboxMessage).where(
            OutboxMessage.kind == MessageKind.FORM_REMINDER).order_by(OutboxMessage.id)).all()
    assert [one.to_address for one in letters] == ["pat@example.org"] * 2
    assert all("Hello Pat," in one.body and "Noor" not in one.body for one in letters)


def test_the_packet_gives_each_what_they_lack_once_and_says_by_mail_that_something_waits(couple: Couple) -> None:
    may_be_mailed(couple.cast, couple.noor.person_id, "noor@example.org")
    (early,) = send(couple.cast, couple.case, "consent", to="Sam")
    couple.hand_in(couple.sam, early, filled("consent"))
    assert couple.cast.read("Tom", forms_of_case, couple.case).packet == 7
    command = SendPacket(case_id=couple.case, due_on=date(2026, 11, 17))
    made = couple.cast.do("Tom", send_packet, command)
    assert couple.cast.do("Tom", send_packet, command) == made
    assert len(made) == 7
    assert [one.name for one in couple.read(couple.sam, my_forms).open] == [
        one for one in (line.name for line in couple.read(couple.noor, my_forms).open)
        if one != "Consent to treatment"]
    with pytest.raises(BadInput, match="already"):
        couple.cast.do("Tom", send_packet, SendPacket(case_id=couple.case))
    with pytest.raises(NotFound):
        couple.cast.do("Olga", send_packet, SendPacket(case_id=couple.case))
    with database.reading(couple.cast.engine) as session:
        (letter,) = session.scalars(select(OutboxMessage).where(OutboxMessage.kind == MessageKind.FORM_REMINDER))
    assert letter.to_address == "noor@example.org"
    for word in ("Consent", "Intake", "Sam", "couple", "treatment"):
        assert word not in letter.subject + letter.body


@pytest.mark.parametrize(("case_type", "number"), [
    (CaseType.INDIVIDUAL, 3), (CaseType.INDIVIDUAL_CONSULTATION, 1), (CaseType.WORKSHOP, 0)])
def test_what_the_packet_holds_follows_from_the_kind_of_case(couple: Couple, case_type: CaseType, number: int) -> None:
    made = couple.cast.open_case(case_type, "Kim Lowe", name="Day" if case_type is CaseType.WORKSHOP else "")
    assert couple.cast.read("Marcus", forms_of_case, made).packet == number


# --- Documents


def uploaded(couple: Couple, access_class: DocumentClass, about: PortalActor | None = None) -> int:
    made: int = couple.cast.do("Marcus", upload_document, UploadDocument(
        case_id=couple.case, access_class=access_class, title="A letter", file_name="letter.txt", content=b"Words.",
        person_id=about.person_id if about else None))
    return made


def share(couple: Couple, document: int, *people: PortalActor, by: str = "Marcus") -> int:
    made: int = couple.cast.do(by, share_document, ShareDocument(
        document_id=document, person_ids=tuple(one.person_id for one in people)))
    return made


def test_a_document_is_read_by_whom_it_is_shared_with_and_until_that_is_ended(couple: Couple) -> None:
    document = uploaded(couple, DocumentClass.ADMIN)
    with pytest.raises(NotFound):
        couple.read(couple.noor, my_document, document)
    share(couple, document, couple.noor)
    for actor, sees in ((couple.noor, 1), (couple.pat, 1), (couple.sam, 0), (couple.bo, 0)):
        assert len(couple.read(actor, my_documents)) == sees
    assert couple.read(couple.pat, my_document, document) == (
        "letter.txt", "text/plain; charset=utf-8", b"Words.")
    with database.reading(couple.cast.engine) as session:
        row = session.scalars(select(AuditRow).where(AuditRow.action == "download")).one()
    assert (row.person_id, row.role, row.resource_id) == (couple.pat.person_id, "representative", document)
    share(couple, document)
    with pytest.raises(NotFound):
        couple.read(couple.noor, my_document, document)


def test_what_is_clinical_goes_to_the_client_alone_and_what_is_sealed_to_nobody(couple: Couple) -> None:
    clinical = share(couple, uploaded(couple, DocumentClass.CLINICAL), couple.noor)
    assert len(couple.read(couple.noor, my_documents)) == 1
    assert couple.read(couple.pat, my_documents) == []
    with pytest.raises(PracticeError):
        couple.read(couple.pat, my_document, clinical)
    sealed = uploaded(couple, DocumentClass.SEALED)
    with pytest.raises(SealedIsNotShared):
        share(couple, sealed, couple.noor)
    with database.reading(couple.cast.engine) as session:
        kept = session.execute(text("select revision from document where id = :d"), {"d": clinical}).scalar_one()
    couple.cast.do("Marcus", change_document, ChangeDocument(
        document_id=clinical, revision=kept, title="A letter", person_id=None, access_class=DocumentClass.SEALED))
    with pytest.raises(NotFound):
        couple.read(couple.noor, my_document, clinical)


def test_a_document_about_one_is_not_shared_with_the_other_and_not_by_a_stranger(couple: Couple) -> None:
    hers = uploaded(couple, DocumentClass.ADMIN, couple.noor)
    for other in (couple.sam, couple.bo):
        with pytest.raises(BadInput):
            share(couple, hers, other)
    with pytest.raises(NotFound):
        share(couple, hers, couple.noor, by="Olga")
    share(couple, hers, couple.noor, by="Tom")
    found = couple.cast.read("Tom", sharing_in_case, couple.case)
    assert (list(found[hers].people.values()), found[hers].shared_with) == (
        ["Noor Haddad"], (couple.noor.person_id,))
    couple.cast.do("Marcus", withdraw_document, WithdrawDocument(document_id=hers, reason="wrong"))
    assert couple.read(couple.noor, my_documents) == []


# --- Home


def test_the_first_page_has_what_waits_and_says_nothing_of_what_is_not_open(couple: Couple) -> None:
    send(couple.cast, couple.case, "consent", due_on=NOON_DAY)
    hold(couple.cast, couple.case, "FAM50", "2026-11-09 10:00")
    with at("2026-11-12 09:00"):
        page = couple.read(couple.noor, home_page)
    assert (page.name, page.forms, page.overdue_forms, page.unpaid, page.next_up) == ("Noor Haddad", 1, 1, 0, None)
    stranger = couple.read(PortalActor(couple.pat.person_id, "Pat"), home_page)
    assert (stranger.sees_appointments, stranger.forms, stranger.documents) == (False, 0, 0)


NOON_DAY = date(2026, 11, 10)
