"""When a law changes the clocks, appointments ahead keep their wall time, and their moments follow (R5)."""

from datetime import date, datetime, time, timedelta
from threading import Barrier, Thread

import pytest
from sqlalchemy import select

from practicerunner import clock, database
from practicerunner.errors import SlotTaken
from practicerunner.records.audit import AuditRow
from practicerunner.records.practice import Practice
from practicerunner.records.scheduling import Appointment, Hold
from practicerunner.vocabulary import CancelledBy, CaseType
from practicerunner.workflows.booking import Book, book
from practicerunner.workflows.calendar import appointment_page
from practicerunner.workflows.clock_rules import OVERLAPS, follow_clock_rules
from practicerunner.workflows.scheduling import Cancel, cancel
from practicerunner.workflows.time_blocks import AddTimeBlock, add_time_block
from tests.cast import Cast, at, moment

NOON = "2026-09-01 12:00"
HOUR = timedelta(hours=1)


def booked(cast: Cast, when: str, *, by: str = "Marcus", case_id: int | None = None, reason: str = "") -> int:
    start = datetime.fromisoformat(when)
    if case_id is None:
        case_id = cast.open_case(CaseType.INDIVIDUAL, f"Client {when}", provider=by)
    made: int = cast.do("Dana", book, Book(
        case_id=case_id, service_id=cast.services["IND50"], local_date=start.date(), local_time=start.time(),
        location_id=cast.office, override_reason=reason))
    return made


def as_of_old_rules(cast: Cast, *appointments: int, by: timedelta = HOUR) -> None:
    """As if the moments had been reckoned with rules that have changed since."""
    with database.transaction(cast.engine) as session:
        session.scalars(select(Practice)).one().tzdata_version = "2019a"
        for one in appointments:
            found = session.get_one(Appointment, one)
            for row in (found, *session.scalars(select(Hold).where(Hold.appointment_id == one))):
                row.starts_at, row.ends_at = row.starts_at + by, row.ends_at + by
            session.flush()  # the later first, so that none meets the other on the way


def follow(cast: Cast) -> list[int]:
    with at(NOON), database.transaction(cast.engine) as session:
        return follow_clock_rules(session)


def stretch(cast: Cast, appointment_id: int) -> tuple[datetime, datetime]:
    with database.reading(cast.engine) as session:
        found = session.get_one(Appointment, appointment_id)
        return found.starts_at, found.ends_at


def holds(cast: Cast, appointment_id: int) -> list[tuple[datetime, datetime, bool]]:
    with database.reading(cast.engine) as session:
        rows = session.scalars(select(Hold).where(Hold.appointment_id == appointment_id))
        return [(row.starts_at, row.ends_at, row.overriding) for row in rows]


def test_the_first_time_nothing_moves_and_the_version_is_kept(cast: Cast) -> None:
    with at(NOON):
        ahead = booked(cast, "2026-09-08 10:00")
    assert follow(cast) == []
    assert stretch(cast, ahead)[0] == moment("2026-09-08 10:00")
    with database.reading(cast.engine) as session:
        assert session.scalars(select(Practice.tzdata_version)).one() == clock.rules_version() != ""
    as_of_old_rules(cast)
    assert follow(cast) == []


def test_what_is_ahead_moves_with_its_holds_and_what_was_stays(cast: Cast) -> None:
    with at("2026-08-30 12:00"):
        past, ahead, gone = (booked(cast, f"{day} 10:00") for day in ("2026-08-31", "2026-09-08", "2026-09-09"))
        other = booked(cast, "2026-09-08 10:00", by="Ruth")
        cast.do("Dana", cancel, Cancel(appointment_id=gone, by=CancelledBy.CLIENT))
    as_of_old_rules(cast, past, ahead, gone)
    assert sorted(follow(cast)) == sorted([ahead, gone])
    right = moment("2026-09-08 10:00"), moment("2026-09-08 10:50")
    assert stretch(cast, ahead) == right and holds(cast, ahead) == [(*right, False)]
    assert stretch(cast, past)[0] == moment("2026-08-31 11:00")
    assert holds(cast, gone) == [] and stretch(cast, other) == right
    page = cast.read("Dana", appointment_page, ahead)
    assert (str(page.local_date), page.local_time, page.revision, page.override_reason) == (
        "2026-09-08", time(10), 2, "")
    assert page.history[0].detail == "2026-09-08 10:00 is now 2026-09-08 14:00 UTC, was 2026-09-08 15:00"
    with database.reading(cast.engine) as session:
        listed = session.scalars(select(AuditRow.resource_id).where(
            AuditRow.action == "clock_rules_changed", AuditRow.case_id.is_not(None))).all()
        said = session.scalars(select(AuditRow.detail).where(
            AuditRow.action == "clock_rules_changed", AuditRow.case_id.is_(None))).all()
    assert sorted(listed) == sorted([ahead, gone])
    assert said == [f"from 2019a to {clock.rules_version()}, 2 moved"]
    assert follow(cast) == []
    with at(NOON), pytest.raises(SlotTaken):
        booked(cast, "2026-09-08 10:30")


def test_two_that_follow_each_other_move_together_without_meeting(cast: Cast) -> None:
    with at(NOON):
        one, two = booked(cast, "2026-09-08 10:00"), booked(cast, "2026-09-08 11:00")
    as_of_old_rules(cast, two, one)
    assert sorted(follow(cast)) == sorted([one, two])
    assert [held[0][2] for held in (holds(cast, one), holds(cast, two))] == [False, False]


def test_an_overlap_that_arises_keeps_the_appointment_and_says_why(cast: Cast) -> None:
    with at(NOON):
        ahead = booked(cast, "2026-09-08 10:00")
    as_of_old_rules(cast, ahead)
    with at(NOON):
        day = date(2026, 9, 8)
        cast.do("Marcus", add_time_block, AddTimeBlock(
            provider_id=cast.staff["Marcus"], starts_on=day, starts=time(10), ends_on=day,
            ends=time(11), reason="Supervision"))
    assert follow(cast) == [ahead]
    assert holds(cast, ahead) == [(moment("2026-09-08 10:00"), moment("2026-09-08 10:50"), True)]
    assert cast.read("Dana", appointment_page, ahead).override_reason == OVERLAPS


def test_an_overlap_that_was_allowed_before_stays_as_it_was(cast: Cast) -> None:
    with at(NOON):
        one = booked(cast, "2026-09-08 10:00")
        two = booked(cast, "2026-09-08 10:00", reason="Two at once, agreed")
    as_of_old_rules(cast, two, one)
    follow(cast)
    pages = [cast.read("Dana", appointment_page, found).override_reason for found in (one, two)]
    assert pages == ["", "Two at once, agreed"]
    assert [holds(cast, found)[0][2] for found in (one, two)] == [False, True]


def test_the_second_of_two_equal_times_stays_the_second(cast: Cast) -> None:
    with at(NOON):
        ahead = booked(cast, "2026-11-01 01:30")
    with database.transaction(cast.engine) as session:
        session.get_one(Appointment, ahead).fold = 1
    as_of_old_rules(cast)
    assert follow(cast) == [ahead]
    assert stretch(cast, ahead)[0] == moment("2026-11-01 01:30") + HOUR


def test_two_that_start_at_once_move_each_appointment_once(cast: Cast) -> None:
    with at(NOON):
        ahead = booked(cast, "2026-09-08 10:00")
    as_of_old_rules(cast, ahead)
    gate, moved = Barrier(2), []

    def work() -> None:
        gate.wait()
        with database.transaction(cast.engine) as session:
            moved.append(follow_clock_rules(session))

    workers = [Thread(target=work) for _ in range(2)]
    with at(NOON):
        for worker in workers:
            worker.start()
        for worker in workers:
            worker.join()
    assert sorted(moved) == [[], [ahead]]
    assert len(holds(cast, ahead)) == 1 and stretch(cast, ahead)[0] == moment("2026-09-08 10:00")


def test_an_empty_database_has_nothing_to_follow(engine) -> None:
    with database.transaction(engine) as session:
        assert follow_clock_rules(session) == []
