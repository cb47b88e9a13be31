"""Who sees which appointment, and that strangers see nothing."""

from datetime import date, time
from typing import Any

import pytest
from sqlalchemy import select

from practicerunner import database
from practicerunner.errors import NotFound
from practicerunner.records.audit import AuditRow
from practicerunner.records.scheduling import Attendance
from practicerunner.vocabulary import AppointmentStatus, AttendanceStatus, CaseType, Outcome, SessionFormat
from practicerunner.workflows.attendance import SetAttendance, set_attendance
from practicerunner.workflows.booking import book
from practicerunner.workflows.calendar import TooMany, appointment_page, appointments_between
from practicerunner.workflows.scheduling import move
from tests.cast import Cast, at, how_many
from tests.workflows.booking import TUESDAY, asked, row, shift


def test_a_supervisor_reads_but_does_not_book(cast: Cast) -> None:
    with at("2026-09-01 09:00"):
        case_id = cast.open_case(CaseType.INDIVIDUAL, "Ida Holm", provider="Priya")
        one = cast.do("Priya", book, asked(cast, case_id))
        ruth = [e.appointment_id for e in cast.read("Ruth", appointments_between, TUESDAY, TUESDAY)]
        assert ruth == [one]
        assert cast.read("Ruth", appointment_page, one).may_change is False
        # Ruth is also a provider: her own clients she may book, her associate's she may not.
        with pytest.raises(NotFound):
            cast.do("Ruth", book, asked(cast, case_id, local_time=time(15)))


def test_another_providers_appointment_does_not_exist_for_a_provider(cast: Cast, ida: int) -> None:
    one = cast.do("Marcus", book, asked(cast, ida))
    assert cast.read("Olga", appointments_between, TUESDAY, TUESDAY) == []
    with pytest.raises(NotFound):
        cast.read("Olga", appointment_page, one)
    with pytest.raises(NotFound):
        cast.do("Olga", move, shift(cast, one, local_time=time(15)))
    with pytest.raises(NotFound):
        cast.do("Olga", book, asked(cast, ida, local_time=time(15), provider_id=cast.staff["Olga"]))
    with pytest.raises(NotFound):
        cast.do("Marcus", book, asked(cast, ida, local_time=time(15), provider_id=cast.staff["Olga"]))
    with database.reading(cast.engine) as session:
        refused = session.scalars(select(AuditRow).where(AuditRow.outcome == Outcome.REFUSED)).all()
        assert len(refused) == 4


def test_filters_leave_out_what_was_not_asked_for(cast: Cast, ida: int) -> None:
    mine = cast.do("Marcus", book, asked(cast, ida))
    couple = cast.open_case(CaseType.TWO_PERSON, "Noor Haddad", "Sam Ortiz", provider="Olga")
    decoy = cast.do("Olga", book, asked(cast, couple, "FAM50", location_id=None, format=SessionFormat.VIDEO))
    cast.do("Marcus", book, asked(cast, ida, local_date=date(2026, 9, 9)))

    def shown(**filters: Any) -> list[int]:
        return [e.appointment_id for e in cast.read("Dana", appointments_between, TUESDAY, TUESDAY, **filters)]

    assert sorted(shown()) == sorted([mine, decoy])
    assert shown(provider_ids=[cast.staff["Marcus"]]) == [mine]
    assert shown(types=[CaseType.TWO_PERSON]) == [decoy]
    assert shown(location_id=cast.office) == [mine]
    assert shown(statuses=[AppointmentStatus.CANCELLED]) == []
    with pytest.raises(TooMany):
        shown(limit=1)


def test_a_group_shows_how_many_of_how_many(cast: Cast) -> None:
    group = cast.open_case(CaseType.THERAPY_GROUP, *[f"Member {n}" for n in "ABCDEFGH"], name="Thursday group")
    one = cast.do("Marcus", book, asked(cast, group, "GRP90"))
    away = row(cast, one).attendances[0].person_id
    cast.do("Marcus", set_attendance, SetAttendance(appointment_id=one, statuses={away: AttendanceStatus.EXCUSED}))
    entry, = cast.read("Marcus", appointments_between, TUESDAY, TUESDAY)
    assert (entry.expected, entry.people, entry.status) == (7, 8, AppointmentStatus.SCHEDULED)


def test_an_audit_row_says_what_was_done_and_names_nobody(cast: Cast, ida: int) -> None:
    one = cast.do("Marcus", book, asked(cast, ida))
    cast.do("Marcus", move, shift(cast, one, local_time=time(12)))
    page = cast.read("Marcus", appointment_page, one)
    assert [(d.what, d.who) for d in page.history] == [("move", "Marcus Bell"), ("book", "Marcus Bell")]
    with database.reading(cast.engine) as session:
        details = session.scalars(select(AuditRow.detail).where(AuditRow.action == "move")).all()
    assert details == ["from 2026-09-08 to 2026-09-08 12:00"]
    assert how_many(cast, Attendance) == 1
