"""Around one family everybody does something else at the same moment; each gets an answer to what they asked."""

import random
from datetime import date, time, timedelta
from typing import Any

import pytest
from sqlalchemy import text

from practicerunner import database
from practicerunner.errors import PracticeError
from practicerunner.records.cases import Case
from practicerunner.records.people import Person
from practicerunner.records.scheduling import Appointment
from practicerunner.records.series import Series
from practicerunner.records.staff import Staff
from practicerunner.vocabulary import AttendanceStatus, CancelledBy, CaseStatus, CaseType, NoteKind, SeriesScope
from practicerunner.workflows.access import Actor
from practicerunner.workflows.attendance import SetAttendance, set_attendance
from practicerunner.workflows.booking import Book, book
from practicerunner.workflows.cases import (
    AddParticipant,
    RemoveParticipant,
    SetCaseStatus,
    Taking,
    add_participant,
    remove_participant,
    set_case_status,
)
from practicerunner.workflows.modality import ChangeModality, change_modality
from practicerunner.workflows.naming import rename
from practicerunner.workflows.notes import StartNote, start_note
from practicerunner.workflows.people import ChangePerson, PersonDetails, change_person
from practicerunner.workflows.scheduling import Cancel, Move, Reinstate, cancel, move, reinstate
from practicerunner.workflows.series import AddOccurrences, BookSeries, add_occurrences, book_series
from practicerunner.workflows.series_changes import CancelSeries, ChangeSeries, cancel_series, change_series
from practicerunner.workflows.staff import ChangeStaff, change_staff
from practicerunner.workflows.time_blocks import AddTimeBlock, add_time_block
from tests.cast import STAFF, Cast, at, people_of
from tests.drills.conftest import MANY, NOW
from tests.drills.crowd import Act, Crowd, doing, kinds
from tests.drills.sound import broken_chain, faults

pytestmark = pytest.mark.slow
FIRST = date(2026, 9, 8)
SEED = 20260902


class Neighbourhood:
    """One family and all that can be asked about it, as it stands before a round."""

    def __init__(self, cast: Cast, rng: random.Random, first: date) -> None:
        self.cast, self.rng, self.first = cast, rng, first
        self.actors = [cast.actor(name) for name in ("Marcus", "Dana", "Tom")]
        self.family = cast.open_case(CaseType.FAMILY, "Ada Lund", "Ben Lund", "Cy Lund")
        self.people = people_of(cast, self.family)
        with at(NOW):
            cast.do("Marcus", book_series, BookSeries(
                case_id=self.family, service_id=cast.services["FAM50"], local_date=first, local_time=time(9),
                location_id=cast.office, count=6))

    def row(self, kind: Any, row_id: int) -> Any:
        """A row as it now is."""
        with database.reading(self.cast.engine) as session:
            return session.get_one(kind, row_id)

    def appointments(self) -> list[Appointment]:
        """The family's appointments as they now are."""
        with self.cast.engine.connect() as connection:
            found = connection.execute(text("select id from appointment where case_id = :id"), {"id": self.family})
            ids = [row.id for row in found]
        return [self.row(Appointment, one) for one in ids]

    def acts(self) -> list[Act]:
        """Twenty acts; no two rounds have the same."""
        found = self.appointments()
        return [
            doing(self.cast, actor, verb, command)
            for verb, command, actor in (self._one(n, found) for n in range(MANY))
        ]

    def _one(self, n: int, found: list[Appointment]) -> tuple[Any, Any, Actor]:
        rng, cast = self.rng, self.cast
        one, other = rng.choice(found), rng.choice(found)
        when = {"local_date": self.first + timedelta(days=rng.randrange(40)), "local_time": time(rng.randrange(8, 18))}
        in_series = [row for row in found if row.series_id] or [one]
        part = rng.choice(in_series)
        asked: list[tuple[Any, Any]] = [
            (book, Book(case_id=self.family, service_id=cast.services["FAM50"], location_id=cast.office, **when)),
            (move, Move(appointment_id=one.id, revision=one.revision, minutes=50, **when)),
            (cancel, Cancel(appointment_id=one.id, by=CancelledBy.CLIENT)),
            (reinstate, Reinstate(appointment_id=one.id)),
            (change_series, ChangeSeries(
                appointment_id=part.id, revision=part.revision, scope=rng.choice(list(SeriesScope)), **when)),
            (cancel_series, CancelSeries(
                appointment_id=part.id, revision=part.revision, scope=SeriesScope.FOLLOWING, by=CancelledBy.PROVIDER)),
            (add_occurrences, AddOccurrences(
                series_id=part.series_id or 0, number=1, skip_conflicts=True,
                revision=self.row(Series, part.series_id).revision if part.series_id else 1)),
            (book_series, BookSeries(
                case_id=self.family, service_id=cast.services["FAM50"], location_id=cast.office, count=3,
                skip_conflicts=True, **when)),
            (change_person, self._rename(rng.choice(sorted(self.people.values())))),
            (change_person, self._rename(rng.choice(sorted(self.people.values())))),
            (add_participant, AddParticipant(
                case_id=self.family, joined_on=self.first, participant=Taking(
                    person=PersonDetails(first_name=f"Di{rng.randrange(99)}", last_name="Lund")))),
            (remove_participant, RemoveParticipant(
                case_id=self.family, left_on=self.first + timedelta(days=14), person_id=self.people["Cy"])),
            (set_case_status, SetCaseStatus(
                case_id=self.family, status=rng.choice([CaseStatus.ACTIVE, CaseStatus.INACTIVE]))),
            (set_attendance, SetAttendance(appointment_id=one.id, statuses={
                self.people["Ada"]: rng.choice([AttendanceStatus.CONFIRMED, AttendanceStatus.CANCELLED_BY_CLIENT])})),
            (start_note, StartNote(appointment_id=other.id, kind=NoteKind.PROGRESS)),
            (add_time_block, AddTimeBlock(
                provider_id=cast.staff["Marcus"], starts_on=when["local_date"], starts=when["local_time"],
                ends_on=when["local_date"], ends=time(18, 30), reason="Errand")),
            (change_staff, self._staff()),
            (change_modality, ChangeModality(
                case_id=self.family, type=CaseType.FAMILY, service_id=cast.services["FAM50"],
                participants=tuple(Taking(person_id=p) for p in (self.people["Ada"], self.people["Ben"])),
                appointment_ids=tuple({one.id, other.id}))),
        ]
        verb, command = asked[n % len(asked)]
        own = {start_note: 0, change_staff: 1}
        return verb, command, self.actors[own.get(verb, rng.randrange(3))]

    def _rename(self, person_id: int) -> ChangePerson:
        person = self.row(Person, person_id)
        return ChangePerson(person_id=person.id, revision=person.revision, person=PersonDetails(
            first_name=person.first_name, last_name=f"Lund{self.rng.randrange(99)}"))

    def _staff(self) -> ChangeStaff:
        marcus = self.row(Staff, self.cast.staff["Marcus"])
        return ChangeStaff(
            staff_id=marcus.id, revision=marcus.revision, first_name="Marcus", last_name="Bell", email=marcus.email,
            roles=STAFF["Marcus"][1], licence=f"L{self.rng.randrange(99)}")


    def is_called_after_its_people(self) -> bool:
        """Whether the family's kept name is the one that follows from those in it."""
        with database.reading(self.cast.engine) as session:
            case = session.get_one(Case, self.family)
            kept = (case.name, case.sort_key, case.search_text)
            rename(session, case)
            return kept == (case.name, case.sort_key, case.search_text)


def test_everybody_who_does_something_around_one_family_gets_an_answer(cast: Cast, everybody: Crowd) -> None:
    with at(NOW):
        for n in range(6):
            around = Neighbourhood(cast, random.Random(SEED + n), FIRST + timedelta(weeks=10 * n))
            for _ in range(2):
                acts = around.acts()
                around.rng.shuffle(acts)
                outcomes = everybody.together(acts)
                assert [one for one in outcomes if isinstance(one, Exception) and not isinstance(one, PracticeError)
                        ] == [], SEED + n
                assert kinds(outcomes)["NotSaved"] == 0, (SEED + n, kinds(outcomes))
                assert faults(cast.engine) == {}, SEED + n
                assert around.is_called_after_its_people(), SEED + n
    assert broken_chain(cast.engine) is None
