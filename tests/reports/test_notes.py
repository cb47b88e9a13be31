"""Which notes are due, by the main note of the kind of case."""

from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from practicerunner import clock, database
from practicerunner.records.notes import Note, NoteVersion, Signature
from practicerunner.records.scheduling import Appointment
from practicerunner.reports import read
from practicerunner.reports.overview import SIGNED as STATES
from practicerunner.reports.overview import WITHIN, Asked
from practicerunner.reports.tables import narrowed, table
from practicerunner.rules.case_types import CASE_TYPES
from practicerunner.rules.notes import due_at
from practicerunner.rules.periods import Period
from practicerunner.vocabulary import (
    AppointmentStatus,
    CaseType,
    MoneyBy,
    NoteKind,
    NoteStatus,
    OverviewTable,
    Role,
    SignatureRole,
)
from tests.reports.building import ZONE, Reading, Story

DAY = date(2026, 11, 12)
SIGNED = datetime(2026, 11, 2, 20, tzinfo=UTC)


def due(story: Story, day: date = DAY) -> list[dict[str, Any]]:
    return read(story.engine, Reading(story.bell, frozenset({Role.PROVIDER})), "notes__documentation_due", as_of=day)


def test_a_held_appointment_without_its_signed_note_is_due_and_the_others_are_not(story: Story) -> None:
    case = story.case()
    late = story.appointment(case, date(2026, 11, 2))
    done = story.appointment(case, date(2026, 11, 3))
    story.note(case, done, signed_at=SIGNED)
    story.appointment(case, date(2026, 11, 4), AppointmentStatus.CANCELLED)
    story.appointment(case, date(2026, 11, 20), AppointmentStatus.SCHEDULED)
    (row,) = due(story)
    assert row == {
        "appointment_id": late, "day": date(2026, 11, 2), "provider_id": story.bell, "provider_name": "Marcus Bell",
        "case_id": case, "case_name": "Noor Haddad", "case_type": "individual", "note_kind": "progress",
        "note_status": None, "due_at": datetime(2026, 11, 4, 15, 50, tzinfo=UTC), "days_overdue": 8,
    }


def test_a_note_is_overdue_only_once_the_hours_have_passed(story: Story) -> None:
    appointment = story.appointment(story.case(), date(2026, 11, 10))
    ends = datetime(2026, 11, 10, 15, 50, tzinfo=UTC)
    for moment in (ends, ends.replace(day=12)):
        with clock.frozen(moment):
            assert due(story) == []
    with clock.frozen(ends.replace(day=12, minute=51)):
        assert [(row["appointment_id"], row["days_overdue"]) for row in due(story)] == [(appointment, 0)]


@pytest.mark.parametrize("status", [NoteStatus.DRAFT, NoteStatus.SUBMITTED, NoteStatus.RETURNED])
def test_a_note_that_is_begun_is_still_due_and_says_where_it_stands(story: Story, status: NoteStatus) -> None:
    case = story.case()
    story.note(case, story.appointment(case, date(2026, 11, 2)), status=status)
    assert [row["note_status"] for row in due(story)] == [status.value]


@pytest.mark.parametrize("kind", list(CaseType))
def test_only_the_main_note_of_the_kind_of_case_settles_it(story: Story, kind: CaseType) -> None:
    case = story.case(kind)
    main = CASE_TYPES[kind].main_note
    settled, unsettled = story.appointment(case, date(2026, 11, 2)), story.appointment(case, date(2026, 11, 3))
    story.note(case, settled, main, signed_at=SIGNED)
    for other in set(NoteKind) - {main}:
        story.note(case, unsettled, other, signed_at=SIGNED)
    (row,) = due(story)
    assert (row["appointment_id"], row["note_kind"]) == (unsettled, main.value)


def test_a_note_signed_later_was_still_due_on_the_earlier_day(story: Story) -> None:
    case = story.case()
    story.note(case, story.appointment(case, date(2026, 11, 2)), signed_at=datetime(2026, 11, 6, 15, tzinfo=UTC))
    assert [len(due(story, date(2026, 11, day))) for day in (5, 6)] == [1, 0]


def test_an_owner_who_did_not_give_the_care_learns_that_a_note_is_due_and_not_whose(story: Story) -> None:
    story.appointment(story.case(), date(2026, 11, 2))
    (row,) = read(story.engine, story.owner, "notes__documentation_due", as_of=DAY)
    assert (row["provider_id"], row["case_id"], row["case_name"], row["note_status"]) == (story.bell, None, None, None)


def test_every_held_appointment_is_on_time_late_due_or_overdue(story: Story) -> None:
    case = story.case()
    for day, signed_at in (
        (2, datetime(2026, 11, 4, 15, 50, tzinfo=UTC)), (3, datetime(2026, 11, 5, 15, 51, tzinfo=UTC)), (4, None),
        (11, None), (5, datetime(2026, 11, 20, tzinfo=UTC)),
    ):
        appointment = story.appointment(case, date(2026, 11, day))
        if signed_at:
            story.note(case, appointment, signed_at=signed_at)
    story.appointment(case, date(2026, 11, 6), AppointmentStatus.CANCELLED)
    found = {row["day"].day: [state for state in STATES if row[state]] for row in read(
        story.engine, story.owner, "notes__timeliness", as_of=DAY)}
    assert found == {2: ["on_time"], 3: ["late"], 4: ["overdue"], 11: ["due"], 5: ["overdue"]}


def test_every_note_was_signed_within_one_stretch_of_time_and_each_figure_is_its_rows(story: Story) -> None:
    case = story.case()
    for day, signed_at in (
        (2, datetime(2026, 11, 3, 15, 50, tzinfo=UTC)), (3, datetime(2026, 11, 4, 15, 51, tzinfo=UTC)),
        (4, datetime(2026, 11, 6, 15, 51, tzinfo=UTC)), (5, datetime(2026, 11, 9, 4, 59, tzinfo=UTC)),
        (6, datetime(2026, 11, 10, 15, tzinfo=UTC)), (9, None),
    ):
        appointment = story.appointment(case, date(2026, 11, day))
        if signed_at:
            story.note(case, appointment, signed_at=signed_at)
    story.note(case, story.appointment(case, date(2026, 11, 10)), status=NoteStatus.RETURNED)
    story.appointment(case, date(2026, 11, 8), AppointmentStatus.CANCELLED)
    found = {row["day"].day: [band for band in WITHIN if row[band]] for row in read(
        story.engine, story.owner, "notes__signed_within", as_of=DAY)}
    assert found == {
        2: ["within_day"], 3: ["within_hours"], 4: ["within_days"], 5: ["within_days"], 6: ["later"], 9: ["not_yet"],
        10: ["not_yet"]}
    asked = Asked(story.engine, story.owner, Period(date(2026, 11, 1), DAY))
    made = table(asked, OverviewTable.SIGNED_WITHIN)
    assert (made.header, made.lines) == (("Author", *WITHIN.values(), "Notes"), [("Marcus Bell", 1, 1, 2, 1, 2, 7)])
    rows = table(asked, OverviewTable.SIGNED_WITHIN_ROWS, where=narrowed(MoneyBy.PROVIDER, str(story.bell)))
    assert [line[3] for line in rows.lines].count("Not yet") == 2 and rows.number == 7
    assert table(asked, OverviewTable.SIGNED_WITHIN_ROWS, where=narrowed(MoneyBy.PROVIDER, "1")).lines == []
    assert "Marcus Bell,1,1,2,1,2,7" in made.csv.decode()


def test_an_associate_s_note_counts_from_their_own_signature_not_from_the_co_signature(story: Story) -> None:
    case = story.case()
    appointment = story.appointment(case, date(2026, 11, 2))
    story.add(Note(
        case_id=case, appointment_id=appointment, kind=NoteKind.PROGRESS, form="free", author_id=story.bell,
        status=NoteStatus.LOCKED, service_date=date(2026, 11, 2), sections={}, parts={},
        submitted_at=datetime(2026, 11, 2, 20, tzinfo=UTC), locked_at=datetime(2026, 11, 9, tzinfo=UTC),
    ))
    (row,) = read(story.engine, story.owner, "notes__signed_within", as_of=DAY)
    assert (row["within_day"], row["later"]) == (1, 0)


def test_a_note_that_was_returned_and_signed_again_counts_from_its_author_s_first_signature(story: Story) -> None:
    case = story.case()
    back = datetime(2026, 11, 9, 16, tzinfo=UTC)
    for day, status in ((2, NoteStatus.SUBMITTED), (3, NoteStatus.LOCKED), (4, NoteStatus.RETURNED)):
        note_id = story.add(Note(
            case_id=case, appointment_id=story.appointment(case, date(2026, 11, day)), kind=NoteKind.PROGRESS,
            form="free", author_id=story.bell, status=status, service_date=date(2026, 11, day), sections={},
            parts={}, submitted_at=back,
        ))
        for number, role, at in (
            (1, SignatureRole.AUTHOR, datetime(2026, 11, day, 20, tzinfo=UTC)), (2, SignatureRole.AUTHOR, back),
            (2, SignatureRole.CO_SIGNER, datetime(2026, 11, 10, tzinfo=UTC)),
        ):
            if role is SignatureRole.AUTHOR:
                story.add(NoteVersion(note_id=note_id, number=number, content={}, text_hash="0"))
            story.add(Signature(note_id=note_id, version=number, role=role, text_hash="0", signed_at=at,
                                staff_id=story.bell, name="Marcus Bell"))
    rows = read(story.engine, story.owner, "notes__signed_within", as_of=DAY)
    assert {row["day"].day: ([band for band in WITHIN if row[band]], row["signed_at"]) for row in rows} == {
        2: (["within_day"], datetime(2026, 11, 2, 20, tzinfo=UTC)),
        3: (["within_day"], datetime(2026, 11, 3, 20, tzinfo=UTC)), 4: (["not_yet"], None)}


def test_in_the_hour_that_the_clocks_repeat_a_note_is_in_time_until_it_is_due(story: Story) -> None:
    case, ends = story.case(), datetime(2026, 10, 30, 5, 30, tzinfo=UTC)  # Friday 1:30
    due = due_at(ends, 48, ZONE)
    assert due == datetime(2026, 11, 1, 6, 30, tzinfo=UTC), "Sunday 1:30, the second time"
    found = []
    for signed_at in (datetime(2026, 11, 1, 5, 45, tzinfo=UTC), due, due + timedelta(seconds=1)):
        appointment = story.appointment(case, date(2026, 10, 30))
        with database.transaction(story.engine) as session:
            held = session.get_one(Appointment, appointment)
            held.starts_at, held.ends_at = ends - timedelta(minutes=50), ends
        story.note(case, appointment, signed_at=signed_at)
        found.append(appointment)
    rows = {row["appointment_id"]: [band for band in WITHIN if row[band]] for row in read(
        story.engine, story.owner, "notes__signed_within", as_of=DAY)}
    assert [rows[one] for one in found] == [["within_hours"], ["within_hours"], ["within_days"]]
