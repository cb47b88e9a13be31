"""People join and leave a running group or family: the rows of its appointments follow, nothing written changes."""

from datetime import date, time
from typing import Any

import pytest
from sqlalchemy import select

from practicerunner import database
from practicerunner.errors import BadInput, NotFound
from practicerunner.records.audit import AuditRow
from practicerunner.records.billing import LedgerEntry
from practicerunner.records.cases import Participant
from practicerunner.records.scheduling import Appointment, Hold
from practicerunner.records.series import Series
from practicerunner.vocabulary import (
    AppointmentStatus,
    AttendanceStatus,
    CancelledBy,
    CaseType,
    NoteKind,
    Outcome,
    ParticipantStatus,
    SessionFormat,
)
from practicerunner.workflows.attendance import AttendAll, SetAttendance, attend_all, set_attendance
from practicerunner.workflows.booking import Book, book
from practicerunner.workflows.cases import (
    AddParticipant,
    RemoveParticipant,
    Taking,
    add_participant,
    remove_participant,
)
from practicerunner.workflows.clients import case_page
from practicerunner.workflows.notes import StartNote, start_note
from practicerunner.workflows.people import PersonDetails
from practicerunner.workflows.scheduling import Cancel, Move, Reinstate, cancel, move, reinstate
from practicerunner.workflows.series import BookSeries, book_series
from practicerunner.workflows.waitlist import joining
from tests.cast import Cast, at, hold, invoice, people_of

THURSDAYS = [date(2026, 10, day) for day in (1, 8, 15, 22)]
S = AttendanceStatus


def joins(cast: Cast, case_id: int, who: str | int, day: date, *, by: str = "Marcus") -> int:
    taking = Taking(person_id=who) if isinstance(who, int) else Taking(
        person=PersonDetails(first_name=who.split()[0], last_name=who.split()[-1]))
    return cast.do(by, add_participant, AddParticipant(case_id=case_id, participant=taking, joined_on=day))


def leaves(cast: Cast, case_id: int, person_id: int, day: date, *, by: str = "Marcus") -> None:
    cast.do(by, remove_participant, RemoveParticipant(case_id=case_id, person_id=person_id, left_on=day))


def said(cast: Cast, appointment_id: int, **statuses: AttendanceStatus) -> None:
    """Record participants' statuses, by first name."""
    with database.reading(cast.engine) as session:
        people = people_of(cast, session.get_one(Appointment, appointment_id).case_id)
    cast.do("Marcus", set_attendance, SetAttendance(
        appointment_id=appointment_id, statuses={people[name]: status for name, status in statuses.items()}))


def came(cast: Cast, case_id: int) -> list[dict[str, AttendanceStatus]]:
    """Who has a row at each appointment of a case, by first name, in order."""
    names = {person: name for name, person in people_of(cast, case_id).items()}
    with database.reading(cast.engine) as session:
        found = session.scalars(
            select(Appointment).where(Appointment.case_id == case_id).order_by(Appointment.starts_at)).all()
        return [{names[row.person_id]: row.status for row in one.attendances} for one in found]


def everything_else(cast: Cast) -> list[Any]:
    """Ids, revisions and times of appointments, their holds and series, and the ledger."""
    with database.reading(cast.engine) as session:
        return [
            sorted(session.execute(select(Appointment.id, Appointment.revision, Appointment.starts_at,
                                          Appointment.series_id, Appointment.series_date, Appointment.status)).all()),
            sorted(session.execute(select(Hold.id, Hold.appointment_id, Hold.starts_at, Hold.ends_at)).all()),
            sorted(session.execute(select(Series.id, Series.rule, Series.revision)).all()),
            sorted(session.execute(select(LedgerEntry.id, LedgerEntry.amount_cents)).all()),
        ]


@pytest.fixture
def group(cast: Cast) -> int:
    """A group of Eve, Jo and Al since September, four Thursdays in October at 18:00; and another group as decoy."""
    with at("2026-09-01 09:00"):
        case_id = cast.open_case(CaseType.THERAPY_GROUP, "Eve Moss", "Jo Park", "Al Ray", name="Thursday group")
        decoy = cast.open_case(CaseType.THERAPY_GROUP, "Zed Other", name="Decoy", provider="Dana")
        for who, where in (("Marcus", case_id), ("Dana", decoy)):
            cast.do(who, book_series, BookSeries(
                case_id=where, service_id=cast.services["GRP90"], local_date=THURSDAYS[0], local_time=time(18),
                location_id=cast.office, count=4))
    return case_id


def appointments(cast: Cast, case_id: int) -> list[int]:
    with database.reading(cast.engine) as session:
        return list(session.scalars(
            select(Appointment.id).where(Appointment.case_id == case_id).order_by(Appointment.starts_at)))


def test_who_joins_gets_a_row_from_the_day_on_and_nothing_else_changes(cast: Cast, group: int) -> None:
    before = everything_else(cast)
    with at("2026-09-20 09:00"):
        joins(cast, group, "Mia Lund", THURSDAYS[1])
    assert ["Mia" in row for row in came(cast, group)] == [False, True, True, True]
    assert everything_else(cast) == before
    with at("2026-09-20 10:00"):
        leaves(cast, group, people_of(cast, group)["Mia"], THURSDAYS[3])
    assert ["Mia" in row for row in came(cast, group)] == [False, True, True, False]
    assert [set(row) - {"Mia"} for row in came(cast, group)] == [{"Eve", "Jo", "Al"}] * 4
    assert everything_else(cast) == before


def test_the_day_of_leaving_is_without_them_whatever_the_hour(cast: Cast, group: int) -> None:
    jo = people_of(cast, group)["Jo"]
    with at("2026-10-08 21:00"):  # the session of that day is over and nothing is recorded of it
        leaves(cast, group, jo, THURSDAYS[1])
    assert ["Jo" in row for row in came(cast, group)] == [True, False, False, False]
    with at("2026-10-15 12:00"):  # the session of that day is still ahead
        joins(cast, group, jo, THURSDAYS[2])
    assert ["Jo" in row for row in came(cast, group)] == [True, False, True, True]


def test_what_was_attended_noted_or_charged_stays_though_the_date_lies_before_it(cast: Cast, group: int) -> None:
    first, second, third, _ = appointments(cast, group)
    jo = people_of(cast, group)["Jo"]
    with at("2026-10-01 20:00"):
        cast.do("Marcus", attend_all, AttendAll(appointment_id=first))
        issued = invoice(cast, first)
    with at("2026-10-08 20:00"):
        cast.do("Marcus", start_note, StartNote(appointment_id=second, kind=NoteKind.GROUP))
    with at("2026-10-14 19:00"):
        cast.do("Marcus", cancel, Cancel(appointment_id=third, by=CancelledBy.CLIENT))
        leaves(cast, group, jo, date(2026, 9, 15))
        rows = came(cast, group)
        assert [row.get("Jo") for row in rows] == [S.ATTENDED, S.SCHEDULED, S.LATE_CANCELLED, None]
        assert invoice(cast, first) == issued
        joins(cast, group, "Mia Lund", date(2026, 9, 15))
    assert ["Mia" in row for row in came(cast, group)] == [False, False, False, True]


def test_a_fee_for_a_late_cancellation_is_not_lost_when_the_member_leaves(cast: Cast, group: int) -> None:
    second = appointments(cast, group)[1]
    with at("2026-10-08 10:00"):
        said(cast, second, Jo=S.LATE_CANCELLED, Al=S.EXCUSED)
        leaves(cast, group, people_of(cast, group)["Jo"], THURSDAYS[1])
        leaves(cast, group, people_of(cast, group)["Al"], THURSDAYS[1])
    assert came(cast, group)[1] == {"Eve": S.SCHEDULED, "Jo": S.LATE_CANCELLED}
    with at("2026-10-08 20:00"):
        cast.do("Marcus", attend_all, AttendAll(appointment_id=second))
        assert len(invoice(cast, second)) == 2


def test_while_one_has_arrived_another_can_still_leave_that_day(cast: Cast, group: int) -> None:
    first = appointments(cast, group)[0]
    with at("2026-10-01 17:50"):
        said(cast, first, Eve=S.ARRIVED)
        for name in ("Jo", "Eve"):
            leaves(cast, group, people_of(cast, group)[name], THURSDAYS[0])
    assert came(cast, group) == [{"Eve": S.ARRIVED, "Al": S.SCHEDULED}] + [{"Al": S.SCHEDULED}] * 3


def test_a_cancelled_appointment_is_put_back_with_those_who_take_part_by_then(cast: Cast, group: int) -> None:
    _, second, third, _ = appointments(cast, group)
    with at("2026-09-20 09:00"):
        for one in (second, third):
            cast.do("Marcus", cancel, Cancel(appointment_id=one, by=CancelledBy.PROVIDER))
        leaves(cast, group, people_of(cast, group)["Jo"], THURSDAYS[1])
        joins(cast, group, "Mia Lund", THURSDAYS[1])
        there = {"Eve": S.CANCELLED_BY_PROVIDER, "Al": S.CANCELLED_BY_PROVIDER}
        assert came(cast, group)[1:3] == [there, there]
        cast.do("Marcus", reinstate, Reinstate(appointment_id=second))
        said(cast, third, Eve=S.SCHEDULED)
    assert came(cast, group)[1] == dict.fromkeys(("Eve", "Al", "Mia"), S.SCHEDULED)
    assert came(cast, group)[2] == {"Eve": S.SCHEDULED, "Al": S.CANCELLED_BY_PROVIDER, "Mia": S.SCHEDULED}
    with database.reading(cast.engine) as session:
        assert {session.get_one(Appointment, one).status for one in (second, third)} == {AppointmentStatus.SCHEDULED}


def test_who_cancelled_late_and_left_is_not_called_back_with_the_appointment(cast: Cast, group: int) -> None:
    second = appointments(cast, group)[1]
    with at("2026-10-08 10:00"):
        cast.do("Marcus", cancel, Cancel(appointment_id=second, by=CancelledBy.CLIENT))
        leaves(cast, group, people_of(cast, group)["Jo"], THURSDAYS[1])
        cast.do("Marcus", reinstate, Reinstate(appointment_id=second))
    assert came(cast, group)[1] == {"Eve": S.SCHEDULED, "Al": S.SCHEDULED, "Jo": S.LATE_CANCELLED}


def test_an_appointment_that_moves_over_a_joining_or_leaving_day_expects_who_is_there_then(
    cast: Cast, group: int
) -> None:
    first = appointments(cast, group)[0]
    with at("2026-09-20 09:00"):
        leaves(cast, group, people_of(cast, group)["Jo"], date(2026, 10, 5))
        joins(cast, group, "Mia Lund", date(2026, 10, 5))

        def to(day: date, revision: int) -> None:
            cast.do("Marcus", move, Move(
                appointment_id=first, revision=revision, local_date=day, local_time=time(9), minutes=90))

        to(date(2026, 10, 6), 1)
        assert set(came(cast, group)[0]) == {"Eve", "Al", "Mia"}
        to(date(2026, 10, 2), 2)
        assert set(came(cast, group)[0]) == {"Eve", "Al", "Jo"}


def test_nothing_moves_to_a_day_on_which_nobody_takes_part(cast: Cast) -> None:
    with at("2026-09-01 09:00"):
        case_id = cast.open_case(CaseType.WORKSHOP, "Una Wells", name="Listening skills")
        one = cast.do("Marcus", book, Book(
            case_id=case_id, service_id=cast.services["WKSP"], local_date=date(2026, 10, 1), local_time=time(9),
            location_id=cast.office))
        leaves(cast, case_id, people_of(cast, case_id)["Una"], date(2026, 10, 5))
        with pytest.raises(BadInput, match="No group participant takes part on Tue 6 Oct 2026"):
            cast.do("Marcus", move, Move(
                appointment_id=one, revision=1, local_date=date(2026, 10, 6), local_time=time(9), minutes=60))
    assert came(cast, case_id) == [{"Una": S.SCHEDULED}]


def test_somebody_leaves_and_comes_back_and_both_stays_are_kept(cast: Cast, group: int) -> None:
    jo = people_of(cast, group)["Jo"]
    with at("2026-09-20 09:00"):
        leaves(cast, group, jo, THURSDAYS[1])
        with pytest.raises(BadInput, match="until 2026-10-08") as refused:
            joins(cast, group, jo, date(2026, 10, 7))
        assert refused.value.field == "joined_on"
        joins(cast, group, jo, THURSDAYS[3])
        with pytest.raises(BadInput, match="twice"):
            joins(cast, group, jo, date(2026, 12, 1))
    assert ["Jo" in row for row in came(cast, group)] == [True, False, False, True]
    page = cast.read("Marcus", case_page, group)
    assert [(p.status, p.joined_on, p.left_on) for p in page.participants if p.person_id == jo] == [
        (ParticipantStatus.ACTIVE, THURSDAYS[3], None),
        (ParticipantStatus.LEFT, date(2026, 9, 1), THURSDAYS[1]),
    ]
    with at("2026-09-20 10:00"):
        leaves(cast, group, jo, THURSDAYS[3])
        joins(cast, group, jo, THURSDAYS[3])
    assert ["Jo" in row for row in came(cast, group)] == [True, False, False, True]


def test_a_booking_made_later_knows_who_is_there_on_its_day(cast: Cast, group: int) -> None:
    with at("2026-09-20 09:00"):
        leaves(cast, group, people_of(cast, group)["Jo"], date(2026, 11, 5))
        for day in (date(2026, 11, 4), date(2026, 11, 5)):
            cast.do("Marcus", book, Book(case_id=group, service_id=cast.services["GRP90"], local_date=day,
                                         local_time=time(18), format=SessionFormat.VIDEO))
    assert ["Jo" in row for row in came(cast, group)] == [True, True, True, True, True, False]


def test_a_family_keeps_two_people_on_every_day_to_come(cast: Cast) -> None:
    with at("2026-09-01 09:00"):
        family = cast.open_case(CaseType.FAMILY, "Ana Lima", "Bo Lima")
        people = people_of(cast, family)
        joins(cast, family, "Cy Lima", date(2026, 12, 1))
        with pytest.raises(BadInput, match="at least two people"):
            leaves(cast, family, people["Bo"], date(2026, 11, 1))
        leaves(cast, family, people["Bo"], date(2026, 12, 1))
    assert [p.name for p in cast.read("Marcus", case_page, family).present] == ["Ana Lima", "Cy Lima"]


def test_one_and_two_person_cases_stay_what_they_are(cast: Cast) -> None:
    with at("2026-09-01 09:00"):
        alone = cast.open_case(CaseType.INDIVIDUAL, "Ida Holm")
        couple = cast.open_case(CaseType.TWO_PERSON, "Maya Rivera", "Tom Rivera")
        for case_id, more, less in ((alone, "Couple or Family", "Archive it"), (couple, "Family", "Individual")):
            with pytest.raises(BadInput, match=more):
                joins(cast, case_id, "Eve Moss", date(2026, 10, 1))
            with pytest.raises(BadInput, match=less):
                leaves(cast, case_id, next(iter(people_of(cast, case_id).values())), date(2026, 10, 1))


def test_who_is_busy_elsewhere_joins_all_the_same_and_it_is_said_before(cast: Cast, group: int) -> None:
    with at("2026-09-20 09:00"):
        ida = cast.open_case(CaseType.INDIVIDUAL, "Ida Holm", provider="Ruth")
        person = people_of(cast, ida)["Ida"]
        for day, start in ((THURSDAYS[1], time(19)), (THURSDAYS[2], time(17)), (date(2026, 10, 9), time(18))):
            cast.do("Ruth", book, Book(case_id=ida, service_id=cast.services["IND60"], local_date=day,
                                       local_time=start, format=SessionFormat.VIDEO))
        seen = cast.read("Dana", joining, group, THURSDAYS[1], person)
        assert (seen.full, seen.ahead) == ("", 3)
        assert seen.clashes == ("Ida Holm has another appointment on Thu 8 Oct 2026, 19:00–20:00.",)
        with pytest.raises(NotFound):  # Marcus does not know Ida, so he learns nothing of her
            cast.read("Marcus", joining, group, THURSDAYS[1], person)
        joins(cast, group, person, THURSDAYS[1], by="Dana")
    assert ["Ida" in row for row in came(cast, group)] == [False, True, True, True]


def test_the_second_click_and_the_stranger_change_nothing(cast: Cast, group: int) -> None:
    command = AddParticipant(case_id=group, joined_on=THURSDAYS[1], participant=Taking(
        person=PersonDetails(first_name="Mia", last_name="Lund")))
    jo = people_of(cast, group)["Jo"]
    with at("2026-09-20 09:00"):
        assert cast.do("Marcus", add_participant, command) == cast.do("Marcus", add_participant, command)
        leave = RemoveParticipant(case_id=group, person_id=jo, left_on=THURSDAYS[2])
        for _ in range(2):
            cast.do("Marcus", remove_participant, leave)
        for verb, asked in ((add_participant, command), (remove_participant, leave)):
            with pytest.raises(NotFound):
                cast.do("Olga", verb, asked.model_copy(update={"op": f"another.{verb.__name__}"}))
    with database.reading(cast.engine) as session:
        assert len(session.scalars(select(Participant).where(Participant.case_id == group)).all()) == 4
        logged = session.scalars(select(AuditRow).where(
            AuditRow.action.in_(["add_participant", "remove_participant"]), AuditRow.outcome == Outcome.ALLOWED,
        ).order_by(AuditRow.seq)).all()
    assert [row.detail for row in logged] == ["from 2026-10-08, 3 appointments", "from 2026-10-15, 2 appointments"]


def test_a_session_held_in_between_is_charged_to_those_who_were_there(cast: Cast) -> None:
    with at("2026-09-01 09:00"):
        case_id = cast.open_case(CaseType.THERAPY_GROUP, "Eve Moss", "Jo Park", name="Group")
    held = hold(cast, case_id, "GRP90", "2026-10-01 18:00")
    with at("2026-10-02 09:00"):
        leaves(cast, case_id, people_of(cast, case_id)["Jo"], date(2026, 10, 1))
        joins(cast, case_id, "Mia Lund", date(2026, 10, 1))
    assert came(cast, case_id) == [{"Eve": S.ATTENDED, "Jo": S.ATTENDED}]
    assert len(invoice(cast, held)) == 2
