"""Reminders: who gets one, when, once, and nothing of what does not belong in an e-mail."""

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from threading import Barrier, Thread
from typing import Any

import pytest
from pydantic import ValidationError
from sqlalchemy import select

from practicerunner import clock, database
from practicerunner.errors import BadInput, NotFound, NotPermitted, Stale
from practicerunner.records.audit import AuditRow
from practicerunner.records.cases import Participant
from practicerunner.records.outbox import OutboxMessage
from practicerunner.records.people import Person
from practicerunner.records.scheduling import Appointment
from practicerunner.records.staff import Staff
from practicerunner.server import jobs
from practicerunner.vocabulary import (
    AttendanceStatus,
    CancelledBy,
    CaseType,
    ContactKind,
    MessageKind,
    MessageStatus,
    ParticipantStatus,
    SessionFormat,
)
from practicerunner.workflows import notices, outbox, reminders
from practicerunner.workflows.attendance import SetAttendance, set_attendance
from practicerunner.workflows.booking import Book, book
from practicerunner.workflows.cases import (
    AddParticipant,
    OpenCase,
    RemoveParticipant,
    Taking,
    add_participant,
    open_case,
    remove_participant,
)
from practicerunner.workflows.people import Contact, PersonDetails
from practicerunner.workflows.reminders import (
    SetCaseReminders,
    SetPracticeReminders,
    case_reminders,
    make_due,
    practice_reminders,
    sent_about_appointment,
    sent_about_case,
    set_case_reminders,
    set_practice_reminders,
    still_wanted,
)
from practicerunner.workflows.scheduling import Cancel, Move, Reinstate, cancel, move, reinstate
from tests.cast import Cast, at, moment, people_of


@dataclass
class Two:
    """A couple with reminders a day and two hours before, and their appointment on Tuesday 8 September at ten."""

    cast: Cast
    case: int
    appointment: int
    ada: int
    ben: int

    def make(self, wall: str) -> int:
        """The job runs at a practice wall-clock time; how many it wrote."""
        with at(wall), database.transaction(self.cast.engine) as session:
            return make_due(session)

    def messages(self, **which: object) -> list[OutboxMessage]:
        """Messages, oldest first."""
        with database.reading(self.cast.engine) as session:
            return list(session.scalars(select(OutboxMessage).filter_by(**which).order_by(
                OutboxMessage.created_at, OutboxMessage.id)))

    def keys(self) -> list[tuple[str, int]]:
        """First name and hours before of every reminder, oldest first."""
        names = {self.ada: "Ada", self.ben: "Ben"}
        return [(names[m.person_id], int(m.dedupe_key.rsplit(":", 1)[-1])) for m in self.messages()]

    def wanted(self, message: OutboxMessage, wall: str) -> bool:
        """Whether a message is still to be sent at a time."""
        with at(wall), database.transaction(self.cast.engine) as session:
            return still_wanted(session, message.id) is not None


def couple(cast: Cast, *, ada: dict[str, Any] | None = None, ben_mail: bool = True) -> int:
    contacts = [(Contact(kind=ContactKind.EMAIL, value=f"{name}@river.example", preferred=True, may_email=allowed),)
                for name, allowed in (("ada", True), ("ben", ben_mail))]
    made: int = cast.do("Dana", open_case, OpenCase(
        type=CaseType.FAMILY, provider_id=cast.staff["Marcus"], participants=(
            Taking(person=PersonDetails(first_name="Ada", last_name="Sentinel-River", contacts=contacts[0],
                                        **(ada or {}))),
            Taking(person=PersonDetails(first_name="Ben", last_name="Sentinel-River", contacts=contacts[1])))))
    return made


def booked(cast: Cast, case_id: int, when: str, **more: Any) -> int:
    start = datetime.fromisoformat(when)
    asked = {"location_id": cast.office} | more
    made: int = cast.do("Marcus", book, Book(
        case_id=case_id, service_id=cast.services["FAM50"], local_date=start.date(), local_time=start.time(),
        memo="Sentinel memo", **asked))
    return made


def times(cast: Cast, *hours: int) -> None:
    revision = cast.read("Dana", practice_reminders).revision
    cast.do("Dana", set_practice_reminders, SetPracticeReminders(hours=hours, revision=revision))


@pytest.fixture
def two(cast: Cast) -> Two:
    with at("2026-08-20 09:00"):
        times(cast, 24, 2)
        case_id = couple(cast)
        people = people_of(cast, case_id)
        return Two(cast, case_id, booked(cast, case_id, "2026-09-08 10:00"), people["Ada"], people["Ben"])


def test_each_participant_gets_one_message_when_it_is_due_and_never_a_second(two: Two) -> None:
    assert two.make("2026-09-07 09:59") == 0
    assert two.make("2026-09-07 10:00") == 2
    assert two.make("2026-09-07 10:01") == 0
    assert two.make("2026-09-08 07:59") == 0
    assert two.make("2026-09-08 08:00") == 2
    assert two.make("2026-09-08 10:00") == 0
    assert two.keys() == [("Ada", 24), ("Ben", 24), ("Ada", 2), ("Ben", 2)]
    first, *_ = two.messages()
    assert (first.kind, first.status, first.to_address, first.case_id, first.appointment_id, first.expires_at) == (
        MessageKind.REMINDER, MessageStatus.WAITING, "ada@river.example", two.case, two.appointment,
        moment("2026-09-08 10:00"))
    assert first.body.startswith("Hello Ada,\n") and "12 Linden Street" in first.body


def test_a_message_says_nothing_that_does_not_belong_in_an_e_mail(two: Two) -> None:
    two.make("2026-09-07 10:00")
    with at("2026-09-07 10:00"), database.transaction(two.cast.engine) as session:
        found = session.get_one(Appointment, two.appointment)
        notices.notice_moved(session, found, moment("2026-09-07 09:00"), [two.ada])
        notices.notice_cancelled(session, found, [two.ada])
    texts = [(m.subject + m.body).lower() for m in two.messages(person_id=two.ada)]
    assert len(texts) == 3
    for word in ("fam50", "sentinel", "river", "ben", "family", "210", "$", "marcus", "session", "therapy", "note"):
        assert not [text for text in texts if word in text], word


def test_after_a_time_without_reminders_only_the_latest_is_written_and_none_that_has_begun(two: Two) -> None:
    booked(two.cast, two.case, "2026-09-08 08:00")
    assert two.make("2026-09-08 09:00") == 2
    assert two.keys() == [("Ada", 2), ("Ben", 2)]
    assert {m.appointment_id for m in two.messages()} == {two.appointment}


def test_what_waited_too_long_gives_way_to_the_later_reminder(two: Two) -> None:
    two.make("2026-09-07 10:00")
    ada, _ = two.messages()
    assert two.wanted(ada, "2026-09-08 07:59")
    assert not two.wanted(ada, "2026-09-08 08:00")


def test_who_has_had_a_later_reminder_gets_no_earlier_one_when_the_times_change(two: Two) -> None:
    two.make("2026-09-07 10:00")
    with at("2026-09-07 11:00"):
        times(two.cast, 36, 1)
    assert two.make("2026-09-07 11:01") == 0
    assert two.make("2026-09-08 09:00") == 2
    assert two.keys() == [("Ada", 24), ("Ben", 24), ("Ada", 1), ("Ben", 1)]


def test_several_jobs_at_once_write_each_reminder_once(two: Two) -> None:
    gate, written = Barrier(4), []

    def work() -> None:
        gate.wait()
        with database.transaction(two.cast.engine) as session:
            written.append(make_due(session))

    workers = [Thread(target=work) for _ in range(4)]
    with at("2026-09-07 10:00"):
        for worker in workers:
            worker.start()
        for worker in workers:
            worker.join()
    assert sum(written) == 2 and two.keys() == [("Ada", 24), ("Ben", 24)]
    with database.reading(two.cast.engine) as session:
        assert len(session.scalars(select(AuditRow.seq).where(AuditRow.action == "write_message")).all()) == 2


def test_many_at_once_are_written_in_turns(two: Two, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reminders, "AT_ONCE", 1)
    assert [two.make("2026-09-07 10:00") for _ in range(3)] == [1, 1, 0]
    with at("2026-09-08 08:00"):
        jobs.make_reminders()
    assert two.keys() == [("Ada", 24), ("Ben", 24), ("Ada", 2), ("Ben", 2)]


def moved(two: Two, when: str, revision: int) -> None:
    start = datetime.fromisoformat(when)
    with at("2026-09-07 12:00"):
        two.cast.do("Marcus", move, Move(
            appointment_id=two.appointment, revision=revision, local_date=start.date(), local_time=start.time(),
            minutes=50))


def test_a_moved_appointment_is_reminded_anew_and_the_old_message_is_not_sent(two: Two) -> None:
    two.make("2026-09-07 10:00")
    before = two.messages()
    moved(two, "2026-09-09 14:00", 1)
    assert [two.wanted(m, "2026-09-07 12:01") for m in before] == [False, False]
    assert two.make("2026-09-08 13:59") == 0
    assert two.make("2026-09-08 14:00") == 2
    assert "Wednesday 9 September 2026, 14:00" in two.messages()[-1].body


def test_nobody_is_reminded_of_what_was_cancelled_but_again_once_it_stands(two: Two) -> None:
    two.make("2026-09-07 10:00")
    ada, _ = two.messages()
    with at("2026-09-07 11:00"):
        two.cast.do("Marcus", cancel, Cancel(appointment_id=two.appointment, by=CancelledBy.PROVIDER))
        with database.transaction(two.cast.engine) as session:
            taken = outbox.claim(session, "w")
            assert taken is not None and taken.id == ada.id and still_wanted(session, taken.id) is None
            outbox.drop(session, taken.id, "w", "gone")
    assert two.make("2026-09-08 08:00") == 0
    with at("2026-09-07 11:30"):
        two.cast.do("Marcus", reinstate, Reinstate(appointment_id=two.appointment))
    assert two.make("2026-09-07 11:31") == 1
    assert two.messages(id=ada.id)[0].status is MessageStatus.WAITING


@pytest.mark.parametrize("status", [AttendanceStatus.EXCUSED, AttendanceStatus.CANCELLED_BY_CLIENT])
def test_who_is_not_expected_is_not_reminded_but_the_other_is(two: Two, status: AttendanceStatus) -> None:
    with at("2026-09-01 09:00"):
        two.cast.do("Marcus", set_attendance, SetAttendance(
            appointment_id=two.appointment, statuses={two.ada: status, two.ben: AttendanceStatus.CONFIRMED}))
    assert two.make("2026-09-07 10:00") == 1 and two.keys() == [("Ben", 24)]


def test_who_has_left_waits_or_has_died_is_not_reminded(two: Two) -> None:
    with at("2026-09-01 09:00"):
        two.cast.do("Marcus", add_participant, AddParticipant(
            case_id=two.case, participant=Taking(person=PersonDetails(first_name="Cleo")), joined_on=date(2026, 9, 1)))
        two.cast.do("Marcus", remove_participant, RemoveParticipant(
            case_id=two.case, person_id=two.ada, left_on=date(2026, 9, 8)))
    assert two.make("2026-09-07 10:00") == 1 and two.keys() == [("Ben", 24)]
    with database.transaction(two.cast.engine) as session:
        part = session.scalars(select(Participant).where(Participant.person_id == two.ben)).one()
        part.status = ParticipantStatus.WAITLISTED
    assert two.make("2026-09-08 08:00") == 0
    assert not two.wanted(two.messages()[0], "2026-09-07 10:00")
    with database.transaction(two.cast.engine) as session:
        session.scalars(select(Participant).where(Participant.person_id == two.ben)).one().status = (
            ParticipantStatus.ACTIVE)
        session.get_one(Person, two.ben).died_on = date(2026, 9, 5)
    assert two.make("2026-09-08 08:00") == 0


def test_without_permission_there_is_no_reminder(cast: Cast) -> None:
    with at("2026-08-20 09:00"):
        times(cast, 24)
        case_id = couple(cast, ben_mail=False)
        appointment = booked(cast, case_id, "2026-09-08 10:00")
    with at("2026-09-07 10:00"), database.transaction(cast.engine) as session:
        assert make_due(session) == 1
    (only,) = cast.read("Marcus", sent_about_appointment, appointment)
    assert only.to == "Ada Sentinel-River"
    shown = cast.read("Marcus", case_reminders, case_id)
    assert [(one.name.split()[0] if one.name else "", one.may_be_mailed) for one in shown] == [
        ("", True), ("Ada", True), ("Ben", False)]


@pytest.mark.parametrize(("when", "due"), [
    ("2026-03-08 10:00", "2026-03-07 10:00"), ("2026-11-01 10:00", "2026-10-31 10:00"),
    ("2026-03-07 10:00", "2026-03-06 10:00"), ("2026-10-31 10:00", "2026-10-30 10:00"),
])
def test_a_day_before_is_the_same_time_on_the_wall_over_both_clock_changes(cast: Cast, when: str, due: str) -> None:
    with at("2026-01-20 09:00"):
        times(cast, 24)
        booked(cast, couple(cast), when)
    before = moment(due) - timedelta(minutes=1)
    for now, number in ((before, 0), (moment(due), 2)):
        with clock.frozen(now), database.transaction(cast.engine) as session:
            assert make_due(session) == number


def test_somebody_in_another_zone_is_reminded_on_their_own_clock_which_is_named(cast: Cast) -> None:
    with at("2026-01-20 09:00"):
        times(cast, 24)
        case_id = couple(cast, ada={"zone": "Europe/London"})
        # New York has changed its clocks and London has not: four hours apart in between, five before and after.
        booked(cast, case_id, "2026-03-29 10:00")
    two = Two(cast, case_id, 0, people_of(cast, case_id)["Ada"], people_of(cast, case_id)["Ben"])
    assert two.make("2026-03-28 10:59") == 1 and two.keys() == [("Ben", 24)]
    assert two.make("2026-03-28 11:00") == 1
    assert "Sunday 29 March 2026, 15:00 (London time)" in two.messages(person_id=two.ada)[0].body
    assert "Sunday 29 March 2026, 10:00\n" in two.messages(person_id=two.ben)[0].body


def test_by_video_the_link_stands_in_it_and_by_phone_no_place(two: Two) -> None:
    with database.transaction(two.cast.engine) as session:
        session.get_one(Staff, two.cast.staff["Marcus"]).video_link = "https://meet.example/m"
    for hour, held_as in ((11, SessionFormat.VIDEO), (12, SessionFormat.PHONE)):
        booked(two.cast, two.case, f"2026-09-08 {hour}:00", format=held_as, location_id=None)
    two.make("2026-09-07 13:00")
    bodies = {m.appointment_id: m.body for m in two.messages(person_id=two.ada)}
    office, video, phone = (bodies[one] for one in sorted(bodies))
    assert "Office\n12 Linden Street" in office
    assert "11:00\nBy video: https://meet.example/m\n" in video and "Office" not in video
    assert "12:00\nBy phone\n" in phone and "Office" not in phone


def test_a_message_that_waits_says_where_it_is_by_the_time_it_is_sent(two: Two) -> None:
    two.make("2026-09-07 10:00")
    ada, _ = two.messages()
    with database.transaction(two.cast.engine) as session:
        session.get_one(Appointment, two.appointment).format = SessionFormat.PHONE
    assert two.wanted(ada, "2026-09-07 10:01")
    assert "By phone" in two.messages(id=ada.id)[0].body


def test_the_case_s_times_go_before_the_practice_s_and_a_person_s_before_the_case_s(two: Two) -> None:
    def set_(hours: tuple[int, ...] | None, revision: int, person: int | None = None, by: str = "Marcus") -> None:
        two.cast.do(by, set_case_reminders, SetCaseReminders(
            case_id=two.case, person_id=person, revision=revision, hours=hours))

    set_((48,), 0)
    set_((), 0, two.ben)
    shown = two.cast.read("Marcus", case_reminders, two.case)
    assert [(one.person_id, one.own, one.inherited, one.times) for one in shown] == [
        (None, (48,), (24, 2), (48,)), (two.ada, None, (48,), (48,)), (two.ben, (), (48,), ())]
    assert two.make("2026-09-06 10:00") == 1 and two.keys() == [("Ada", 48)]
    with pytest.raises(Stale):
        set_((1,), 0, two.ben)
    set_((1, 2, 2), 1, two.ben, by="Tom")
    set_(None, 1)
    shown = two.cast.read("Marcus", case_reminders, two.case)
    assert [(one.revision, one.times) for one in shown] == [(0, (24, 2)), (0, (24, 2)), (2, (2, 1))]
    set_(None, 2, two.ben)
    assert two.cast.read("Marcus", case_reminders, two.case)[2].own is None
    with pytest.raises(Stale):
        set_((3,), 2, two.ben)
    with pytest.raises(BadInput, match="take part"):
        set_((3,), 0, two.cast.staff["Marcus"])


def test_a_second_click_sets_times_once(two: Two) -> None:
    asked = SetCaseReminders(case_id=two.case, hours=(3,))
    assert two.cast.do("Marcus", set_case_reminders, asked) == two.cast.do("Marcus", set_case_reminders, asked)
    assert two.cast.read("Marcus", case_reminders, two.case)[0].revision == 1


@pytest.mark.parametrize(("hours", "sentence"), [
    ((0,), "greater than or equal to 1"), ((337,), "less than or equal to 336"), ((1, 2, 3, 4, 5), "at most 4"),
])
def test_times_are_between_an_hour_and_two_weeks_and_four_at_most(hours: tuple[int, ...], sentence: str) -> None:
    with pytest.raises(ValidationError, match=sentence):
        SetPracticeReminders(hours=hours)
    assert SetPracticeReminders(hours=(1, 336, 2, 3)).hours == (1, 336, 2, 3)


def test_who_may_set_times_and_who_may_read_what_was_sent(two: Two) -> None:
    two.make("2026-09-07 10:00")
    for name in ("Marcus", "Ruth", "Priya", "Tom", "Olga"):
        with pytest.raises(NotPermitted):
            two.cast.do(name, set_practice_reminders, SetPracticeReminders(hours=(1,), revision=1))
    for name in ("Priya", "Olga"):
        with pytest.raises(NotFound):
            two.cast.do(name, set_case_reminders, SetCaseReminders(case_id=two.case, hours=(1,)))
        for read, subject in ((sent_about_appointment, two.appointment), (sent_about_case, two.case),
                              (case_reminders, two.case)):
            with pytest.raises(NotFound):
                two.cast.read(name, read, subject)
    for name in ("Dana", "Marcus", "Tom"):
        about = two.cast.read(name, sent_about_appointment, two.appointment)
        assert {one.to.split()[0] for one in about} == {"Ada", "Ben"}
        assert about == two.cast.read(name, sent_about_case, two.case)
        assert "river.example" not in repr(about)


def test_word_of_a_move_and_of_a_cancellation_goes_out_once_a_revision_to_those_who_allow_it(cast: Cast) -> None:
    with at("2026-08-20 09:00"):
        case_id = couple(cast, ada={"zone": "America/Los_Angeles"}, ben_mail=False)
        appointment = booked(cast, case_id, "2026-09-08 10:00")
        two = Two(cast, case_id, appointment, people_of(cast, case_id)["Ada"], people_of(cast, case_id)["Ben"])
        was = moment("2026-09-08 10:00")
        cast.do("Marcus", move, Move(appointment_id=appointment, revision=1, local_date=date(2026, 9, 9),
                                     local_time=time(14), minutes=50))
        everybody = [two.ada, two.ben, two.ada]
        for number in (1, 0):
            with database.transaction(cast.engine) as session:
                found = session.get_one(Appointment, appointment)
                assert len(notices.notice_moved(session, found, was, everybody)) == number
        cast.do("Marcus", cancel, Cancel(appointment_id=appointment, by=CancelledBy.PROVIDER, reason="Sentinel reason"))
        with database.transaction(cast.engine) as session:
            found = session.get_one(Appointment, appointment)
            assert len(notices.notice_cancelled(session, found, everybody)) == 1
    first, second = two.messages()
    assert first.body == (
        "Hello Ada,\n\nYour appointment on Tuesday 8 September 2026, 07:00 (Los Angeles time) was moved to:\n\n"
        "Wednesday 9 September 2026, 11:00 (Los Angeles time)\nOffice\n12 Linden Street\n\n"
        "If this does not suit you, please call us: +1 518 555 0100\n\nLinden Street Practice\n")
    assert second.body.splitlines()[2] == (
        "Your appointment on Wednesday 9 September 2026, 11:00 (Los Angeles time) was cancelled.")
    assert (first.kind, second.kind) == (MessageKind.APPOINTMENT_CHANGED, MessageKind.APPOINTMENT_CANCELLED)
    assert two.wanted(first, "2026-08-20 10:00") and two.wanted(second, "2026-08-20 10:00")
    with at("2026-08-20 10:00"):
        cast.do("Marcus", reinstate, Reinstate(appointment_id=appointment))
    assert not two.wanted(second, "2026-08-20 10:00")


def test_who_moves_or_cancels_can_have_the_participants_told_and_a_second_click_tells_nobody_twice(two: Two) -> None:
    with at("2026-09-01 09:00"):
        quiet = Move(appointment_id=two.appointment, revision=1, local_date=date(2026, 9, 8), local_time=time(11),
                     minutes=50)
        two.cast.do("Marcus", move, quiet)
        assert two.messages() == []
        told = Move(appointment_id=two.appointment, revision=2, local_date=date(2026, 9, 9), local_time=time(11),
                    minutes=50, notify=True)
        assert two.cast.do("Marcus", move, told) == two.cast.do("Marcus", move, told)
        assert {m.person_id for m in two.messages(kind=MessageKind.APPOINTMENT_CHANGED)} == {two.ada, two.ben}
        longer = Move(appointment_id=two.appointment, revision=3, local_date=date(2026, 9, 9), local_time=time(11),
                      minutes=80, notify=True)
        two.cast.do("Marcus", move, longer)
        assert len(two.messages()) == 2
        two.cast.do("Marcus", set_attendance, SetAttendance(
            appointment_id=two.appointment, statuses={two.ben: AttendanceStatus.EXCUSED}))
        two.cast.do("Marcus", cancel, Cancel(appointment_id=two.appointment, by=CancelledBy.PROVIDER, notify=True))
        assert [m.person_id for m in two.messages(kind=MessageKind.APPOINTMENT_CANCELLED)] == [two.ada]
