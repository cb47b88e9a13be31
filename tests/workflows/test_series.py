"""Series: booking with conflicts one by one, skipping and filling, adding, and the three scopes of a change."""

from datetime import date, datetime, time, timedelta
from typing import Any

import pytest
from pydantic import ValidationError

from practicerunner import database
from practicerunner.errors import BadInput, NotFound, NotPermitted, RuleViolation, SlotTaken, Stale
from practicerunner.records import series as records
from practicerunner.records.scheduling import Appointment
from practicerunner.records.series import Series
from practicerunner.vocabulary import (
    AppointmentStatus,
    AttendanceStatus,
    CancelledBy,
    CaseType,
    Frequency,
    MonthlyOn,
    NoteKind,
    SeriesScope,
)
from practicerunner.workflows.attendance import AttendAll, attend_all
from practicerunner.workflows.booking import Book, book
from practicerunner.workflows.calendar import appointment_page
from practicerunner.workflows.notes import StartNote, start_note
from practicerunner.workflows.scheduling import (
    AppointmentIsFixed,
    Cancel,
    Move,
    Reinstate,
    cancel,
    move,
    reinstate,
)
from practicerunner.workflows.series import (
    AddOccurrences,
    BookSeries,
    FillSkipped,
    add_occurrences,
    book_series,
    fill_skipped,
    preview_series,
)
from practicerunner.workflows.series_changes import (
    CancelSeries,
    ChangeSeries,
    NotInSeries,
    cancel_series,
    change_series,
    preview_cancel,
    preview_change,
)
from practicerunner.workflows.slots import NoOverride, SeriesConflicts
from tests.cast import Cast, at, invoice, people_of

TUESDAY = date(2026, 9, 8)
NOW = "2026-09-01 08:00"


@pytest.fixture
def ida(cast: Cast) -> int:
    """Ida Lund's individual case with Marcus."""
    return cast.open_case(CaseType.INDIVIDUAL, "Ida Lund")


def asked(cast: Cast, case_id: int, service: str = "IND50", **changes: Any) -> BookSeries:
    facts: dict[str, Any] = {
        "case_id": case_id, "service_id": cast.services[service], "local_date": TUESDAY, "local_time": time(10),
        "location_id": cast.office, "count": 6,
    }
    return BookSeries(**facts | changes)


def booked(cast: Cast, case_id: int, by: str = "Marcus", **changes: Any) -> list[int]:
    with at(NOW):
        return cast.do(by, book_series, asked(cast, case_id, **changes))


def rows(cast: Cast, series_id: int) -> list[Appointment]:
    with database.reading(cast.engine) as session:
        return records.occurrences(session, series_id)


def row(cast: Cast, appointment_id: int) -> Appointment:
    with database.reading(cast.engine) as session:
        return session.get_one(Appointment, appointment_id)


def series_of(cast: Cast, appointment_id: int) -> Series:
    with database.reading(cast.engine) as session:
        found = records.series(session, session.get_one(Appointment, appointment_id).series_id or 0)
    assert found is not None
    return found


def when(cast: Cast, ids: list[int]) -> list[str]:
    return [f"{one.local_date:%m-%d} {one.local_time:%H:%M} {one.minutes}" for one in (row(cast, i) for i in ids)]


def change(cast: Cast, appointment_id: int, scope: SeriesScope, *, by: str = "Marcus", now: str = NOW,
           **what: Any) -> list[int]:
    with at(now):
        return cast.do(by, change_series, ChangeSeries(
            appointment_id=appointment_id, revision=row(cast, appointment_id).revision, scope=scope, **what))


# --- Booking


def test_a_series_ends_by_count_or_by_a_date_that_is_included(cast: Cast, ida: int) -> None:
    made = booked(cast, ida, until=date(2026, 10, 6), interval=2, count=None)
    assert [row(cast, one).local_date for one in made] == [date(2026, 9, 8), date(2026, 9, 22), date(2026, 10, 6)]
    assert cast.read("Marcus", appointment_page, made[1]).series_position == "2nd of 3, every 2 weeks"


def test_a_series_on_several_days_and_one_by_the_month(cast: Cast, ida: int) -> None:
    made = booked(cast, ida, weekdays=(1, 3), count=4)
    assert when(cast, made) == ["09-08 10:00 50", "09-10 10:00 50", "09-15 10:00 50", "09-17 10:00 50"]
    monthly = booked(cast, ida, local_date=date(2026, 10, 31), local_time=time(9), frequency=Frequency.MONTHLY,
                     monthly_on=MonthlyOn.SAME_DAY_OR_LAST, count=3)
    assert when(cast, monthly) == ["10-31 09:00 50", "11-30 09:00 50", "12-31 09:00 50"]
    skipping = asked(
        cast, ida, local_date=date(2026, 10, 31), local_time=time(14), frequency=Frequency.MONTHLY, count=3)
    shown = cast.read("Marcus", preview_series, skipping)
    assert [slot.local_date for slot in shown.booking.slots] == [
        date(2026, 10, 31), date(2026, 12, 31), date(2027, 1, 31)]
    assert (shown.rhythm, shown.months_without) == ("monthly on the 31st", (date(2026, 11, 1),))


@pytest.mark.parametrize("wrong", [
    {"count": None}, {"until": date(2026, 12, 1)}, {"count": 10_000}, {"count": 0}, {"interval": 0},
    {"weekdays": (7,)}, {"frequency": Frequency.DAILY, "weekdays": (1,)}, {"minutes": 0},
])
def test_a_rule_without_an_end_or_with_two_or_ten_thousand_occurrences_is_no_rule(
    cast: Cast, ida: int, wrong: dict[str, Any]
) -> None:
    with pytest.raises(ValidationError):
        asked(cast, ida, **wrong)


@pytest.mark.parametrize(("wrong", "field", "sentence"), [
    ({"until": date(2040, 1, 1), "count": None}, "until", "at most 366"),
    ({"until": date(2026, 9, 7), "count": None}, "until", "before the first"),
    ({"count": 80}, "count", "18 months"),
    ({"weekdays": (0,)}, "weekdays", "leaves out the Tuesday"),
    ({"frequency": Frequency.MONTHLY, "monthly_on": MonthlyOn.LAST_WEEKDAY}, "monthly_on", "leaves out the Tuesday"),
])
def test_a_rule_that_does_not_fit_is_refused_at_its_field(
    cast: Cast, ida: int, wrong: dict[str, Any], field: str, sentence: str
) -> None:
    with pytest.raises(BadInput, match=sentence) as refused:
        booked(cast, ida, **wrong)
    assert refused.value.field == field


def test_conflicts_are_listed_one_by_one_and_nothing_is_saved(cast: Cast, ida: int) -> None:
    with at(NOW):
        for day, clock in ((15, time(10, 30)), (29, time(9, 30))):
            cast.do("Marcus", book, Book(
                case_id=ida, service_id=cast.services["IND50"], local_date=date(2026, 9, day), local_time=clock,
                location_id=cast.office))
    other = cast.open_case(CaseType.INDIVIDUAL, "Bo Ek")
    with pytest.raises(SeriesConflicts) as refused:
        booked(cast, other)
    assert [c.slot.local_date for c in refused.value.conflicts] == [date(2026, 9, 15), date(2026, 9, 29)]
    assert "Ida" not in str(refused.value)
    with database.reading(cast.engine) as session:
        assert records.last_date(session, 0) is None
    assert len(booked(cast, other, local_time=time(13))) == 6


def test_conflicts_can_be_left_out_stay_on_the_series_and_are_filled_later(cast: Cast, ida: int) -> None:
    with at(NOW):
        blocking = cast.do("Marcus", book, Book(
            case_id=ida, service_id=cast.services["IND50"], local_date=date(2026, 9, 15), local_time=time(10, 30),
            location_id=cast.office))
    other = cast.open_case(CaseType.INDIVIDUAL, "Bo Ek")
    made = booked(cast, other, count=3, skip_conflicts=True)
    assert when(cast, made) == ["09-08 10:00 50", "09-22 10:00 50"]
    series = series_of(cast, made[0])
    with database.reading(cast.engine) as session:
        (skip,) = records.skips(session, series.id)
    assert skip.series_date == date(2026, 9, 15)
    assert skip.reason == "Marcus Bell is already taken on Tue 15 Sep 2026, 10:30–11:20."
    fill = FillSkipped(series_id=series.id, revision=series.revision, dates=(date(2026, 9, 15),))
    with at(NOW), pytest.raises(SlotTaken):
        cast.do("Marcus", fill_skipped, fill)
    with at(NOW):
        cast.do("Marcus", cancel, Cancel(appointment_id=blocking, by=CancelledBy.CLIENT))
        (filled,) = cast.do("Marcus", fill_skipped, fill)
        assert cast.do("Marcus", fill_skipped, fill) == [filled]
        with pytest.raises(BadInput, match="was not left out"):
            cast.do("Marcus", fill_skipped, FillSkipped(
                series_id=series.id, revision=series.revision + 1, dates=(date(2026, 9, 15),)))
    assert (row(cast, filled).series_date, row(cast, filled).series_id) == (date(2026, 9, 15), series.id)
    with database.reading(cast.engine) as session:
        assert records.skips(session, series.id) == []


def test_a_series_of_which_every_date_is_taken_books_nothing(cast: Cast, ida: int) -> None:
    booked(cast, ida)
    with pytest.raises(BadInput, match="Every one"):
        booked(cast, cast.open_case(CaseType.INDIVIDUAL, "Bo Ek"), skip_conflicts=True)


def test_only_who_may_override_books_a_series_over_others_and_says_why(cast: Cast, ida: int) -> None:
    booked(cast, ida)
    other = cast.open_case(CaseType.INDIVIDUAL, "Bo Ek")
    with pytest.raises(NoOverride):
        booked(cast, other, override_reason="because")
    made = booked(cast, other, by="Tom", count=8, override_reason="two rooms that day")
    assert [row(cast, one).override_reason for one in made] == ["two rooms that day"] * 6 + ["", ""]


def test_more_are_added_in_the_rhythm_and_as_the_latest_are(cast: Cast, ida: int) -> None:
    made = booked(cast, ida, count=2, fee_cents=120_00)
    series = series_of(cast, made[0])
    more = AddOccurrences(series_id=series.id, revision=series.revision, number=2)
    with at(NOW):
        added = cast.do("Marcus", add_occurrences, more)
        assert cast.do("Marcus", add_occurrences, more) == added
        with pytest.raises(Stale):
            cast.do("Marcus", add_occurrences, AddOccurrences(series_id=series.id, revision=series.revision, number=1))
        with pytest.raises(NotFound):
            cast.do("Olga", add_occurrences, AddOccurrences(
                series_id=series.id, revision=series.revision + 1, number=1))
        with pytest.raises(NotFound):
            cast.do("Marcus", add_occurrences, AddOccurrences(series_id=5, revision=1, number=1))
    assert when(cast, added) == ["09-22 10:00 50", "09-29 10:00 50"]
    assert [row(cast, one).fee_cents for one in added] == [120_00, 120_00]
    assert series_of(cast, made[0]).rule == "FREQ=WEEKLY;INTERVAL=1;BYDAY=TU;COUNT=4"


# --- Changing


def test_a_change_of_this_one_leaves_all_others(cast: Cast, ida: int) -> None:
    made = booked(cast, ida)
    assert change(cast, made[2], SeriesScope.THIS, local_time=time(15), minutes=30) == [made[2]]
    assert when(cast, made)[1:4] == ["09-15 10:00 50", "09-22 15:00 30", "09-29 10:00 50"]
    assert row(cast, made[2]).series_moved is True
    assert row(cast, made[2]).series_date == date(2026, 9, 22)


def test_this_and_following_goes_by_the_original_date_and_moved_ones_keep_their_time(cast: Cast, ida: int) -> None:
    made = booked(cast, ida)
    with at(NOW):  # the fourth is moved to before the third: it still follows it
        cast.do("Marcus", move, Move(
            appointment_id=made[3], revision=1, local_date=date(2026, 9, 21), local_time=time(8), minutes=50))
        cast.do("Marcus", cancel, Cancel(appointment_id=made[4], by=CancelledBy.PROVIDER, reason="holiday"))
    changed = change(cast, made[2], SeriesScope.FOLLOWING, local_date=date(2026, 9, 23), local_time=time(17),
                     minutes=60, fee_cents=200_00, service_id=cast.services["IND60"])
    assert changed == [made[2], made[3], made[5]]
    assert when(cast, made) == [
        "09-08 10:00 50", "09-15 10:00 50", "09-23 17:00 60", "09-21 08:00 60", "10-06 10:00 50", "10-14 17:00 60"]
    assert [row(cast, one).fee_cents for one in made] == [165_00, 165_00, 200_00, 200_00, 165_00, 200_00]
    assert row(cast, made[4]).status is AppointmentStatus.CANCELLED
    assert [row(cast, one).series_date for one in made] == [TUESDAY + timedelta(weeks=n) for n in range(6)]
    series = series_of(cast, made[0])
    with at(NOW):
        (added,) = cast.do("Marcus", add_occurrences, AddOccurrences(
            series_id=series.id, revision=series.revision, number=1))
    assert when(cast, [added]) == ["10-21 17:00 60"]
    assert (row(cast, added).series_date, row(cast, added).fee_cents) == (date(2026, 10, 20), 200_00)


def test_all_future_ones_are_those_that_lie_ahead_whichever_was_opened(cast: Cast, ida: int) -> None:
    made = booked(cast, ida)
    changed = change(cast, made[4], SeriesScope.ALL_FUTURE, now="2026-09-16 09:00", local_time=time(11))
    assert changed == made[2:]
    assert when(cast, made)[:3] == ["09-08 10:00 50", "09-15 10:00 50", "09-22 11:00 50"]


def test_what_was_attended_noted_or_invoiced_stays_and_the_preview_says_why(cast: Cast, ida: int) -> None:
    made = booked(cast, ida)
    with at("2026-09-08 12:00"):
        cast.do("Marcus", attend_all, AttendAll(appointment_id=made[0]))
    invoice(cast, made[0])
    with at("2026-09-09 09:00"):
        cast.do("Marcus", cancel, Cancel(appointment_id=made[1], by=CancelledBy.CLIENT))
        asked_for = ChangeSeries(appointment_id=made[0], revision=row(cast, made[0]).revision,
                                 scope=SeriesScope.FOLLOWING, local_time=time(12))
        shown = cast.read("Marcus", preview_change, asked_for)
        assert [(one.appointment_id, one.new_time, one.keeps_time) for one in shown.changing] == [
            (one, time(12), False) for one in made[2:]]
        assert [(one.appointment_id, one.reason) for one in shown.staying] == [
            (made[0], "Attendance is recorded."), (made[1], "It is cancelled and stays so.")]
        before = {one: (row(cast, one).revision, row(cast, one).local_time) for one in made}
        assert cast.do("Marcus", change_series, asked_for) == made[2:]
    assert {one: row(cast, one).revision for one in made[:2]} == {one: before[one][0] for one in made[:2]}
    with at("2026-09-09 09:00"), pytest.raises(AppointmentIsFixed, match="Attendance is recorded"):
        change(cast, made[0], SeriesScope.THIS, now="2026-09-09 09:00", local_time=time(12))


def test_a_begun_note_holds_an_occurrence_in_its_place(cast: Cast, ida: int) -> None:
    made = booked(cast, ida)
    with at("2026-09-20 09:00"):
        cast.do("Marcus", start_note, StartNote(appointment_id=made[3], kind=NoteKind.PROGRESS))
    assert change(cast, made[2], SeriesScope.FOLLOWING, now="2026-09-20 10:00", minutes=45) == [
        made[2], made[4], made[5]]


def test_conflicts_of_a_change_refuse_it_whole_or_those_stay_as_they_are(cast: Cast, ida: int) -> None:
    made = booked(cast, ida)
    other = cast.open_case(CaseType.INDIVIDUAL, "Bo Ek")
    with at(NOW):
        cast.do("Marcus", book, Book(
            case_id=other, service_id=cast.services["IND50"], local_date=date(2026, 9, 29), local_time=time(14, 30),
            location_id=cast.office))
    with pytest.raises(SeriesConflicts) as refused:
        change(cast, made[1], SeriesScope.FOLLOWING, local_time=time(14))
    assert [c.slot.local_date for c in refused.value.conflicts] == [date(2026, 9, 29)]
    assert "Bo" not in str(refused.value)
    assert when(cast, made)[1] == "09-15 10:00 50"
    changed = change(cast, made[1], SeriesScope.FOLLOWING, local_time=time(14), skip_conflicts=True)
    assert changed == [made[1], made[2], made[4], made[5]]
    assert when(cast, made)[3] == "09-29 10:00 50"
    with pytest.raises(NoOverride):
        change(cast, made[3], SeriesScope.THIS, local_time=time(14), override_reason="please")
    change(cast, made[3], SeriesScope.THIS, by="Tom", local_time=time(14), override_reason="agreed with Marcus")
    assert row(cast, made[3]).override_reason == "agreed with Marcus"


def test_days_of_a_daily_series_step_over_each_other(cast: Cast, ida: int) -> None:
    made = booked(cast, ida, frequency=Frequency.DAILY, count=4)
    change(cast, made[0], SeriesScope.FOLLOWING, local_date=date(2026, 9, 9))
    assert when(cast, made) == ["09-09 10:00 50", "09-10 10:00 50", "09-11 10:00 50", "09-12 10:00 50"]


def test_a_change_onto_an_occurrence_that_was_moved_by_hand_is_a_conflict(cast: Cast, ida: int) -> None:
    made = booked(cast, ida, count=3)
    change(cast, made[2], SeriesScope.THIS, local_date=date(2026, 9, 16), local_time=time(10, 20))
    with pytest.raises(SeriesConflicts, match="Wed 16 Sep"):
        change(cast, made[0], SeriesScope.FOLLOWING, local_date=date(2026, 9, 9))
    assert when(cast, made) == ["09-08 10:00 50", "09-15 10:00 50", "09-16 10:20 50"]


def test_holds_follow_a_change_so_that_the_old_time_is_free_and_the_new_one_taken(cast: Cast, ida: int) -> None:
    made = booked(cast, ida)
    change(cast, made[0], SeriesScope.ALL_FUTURE, local_time=time(16))
    other = cast.open_case(CaseType.INDIVIDUAL, "Bo Ek")
    assert len(booked(cast, other)) == 6
    with pytest.raises(SeriesConflicts):
        booked(cast, cast.open_case(CaseType.INDIVIDUAL, "Cy Dahl"), local_time=time(16, 30))


def test_another_provider_takes_over_with_their_supervisor(cast: Cast) -> None:
    case_id = cast.open_case(CaseType.INDIVIDUAL, "Ida Lund")
    made = booked(cast, case_id)
    changed = change(cast, made[1], SeriesScope.FOLLOWING, by="Tom", provider_id=cast.staff["Priya"])
    assert changed == made[1:]
    assert {row(cast, one).provider_id for one in changed} == {cast.staff["Priya"]}
    assert {row(cast, one).supervisor_id for one in changed} == {cast.staff["Ruth"]}
    assert row(cast, made[0]).supervisor_id is None
    with pytest.raises(NotPermitted):
        change(cast, made[0], SeriesScope.FOLLOWING, provider_id=cast.staff["Olga"])


@pytest.mark.parametrize("who", ["Olga", "Priya", "Ruth"])
def test_others_change_and_cancel_nothing(cast: Cast, ida: int, who: str) -> None:
    made = booked(cast, ida)
    with pytest.raises(NotPermitted):
        change(cast, made[0], SeriesScope.FOLLOWING, by=who, minutes=30)
    with at(NOW), pytest.raises(NotPermitted):
        cast.do(who, cancel_series, CancelSeries(
            appointment_id=made[0], revision=1, scope=SeriesScope.FOLLOWING, by=CancelledBy.CLIENT))
    assert {one.minutes for one in rows(cast, series_of(cast, made[0]).id)} == {50}


def test_a_stale_change_a_change_of_nothing_and_one_outside_a_series_are_refused(cast: Cast, ida: int) -> None:
    made = booked(cast, ida)
    with at(NOW), pytest.raises(Stale):
        cast.do("Marcus", change_series, ChangeSeries(
            appointment_id=made[0], revision=7, scope=SeriesScope.THIS, minutes=30))
    with pytest.raises(BadInput, match="Nothing"):
        change(cast, made[0], SeriesScope.FOLLOWING)
    with at(NOW):
        single = cast.do("Marcus", book, Book(
            case_id=ida, service_id=cast.services["IND50"], local_date=TUESDAY, local_time=time(18),
            location_id=cast.office))
    with pytest.raises(NotInSeries):
        change(cast, single, SeriesScope.FOLLOWING, minutes=30)
    with pytest.raises(ValidationError):
        ChangeSeries(appointment_id=made[0], revision=1, scope=SeriesScope.THIS, minutes=0)


def test_a_second_click_changes_nothing_twice(cast: Cast, ida: int) -> None:
    made = booked(cast, ida)
    command = ChangeSeries(appointment_id=made[0], revision=1, scope=SeriesScope.FOLLOWING,
                           local_date=date(2026, 9, 9))
    with at(NOW):
        assert cast.do("Marcus", change_series, command) == cast.do("Marcus", change_series, command) == made
    assert when(cast, made)[0] == "09-09 10:00 50"


# --- Cancelling


def test_cancelling_with_each_scope_leaves_the_others(cast: Cast, ida: int) -> None:
    made = booked(cast, ida)

    def call_off(appointment_id: int, scope: SeriesScope) -> list[int]:
        with at("2026-09-16 09:00"):
            return cast.do("Marcus", cancel_series, CancelSeries(
                appointment_id=appointment_id, revision=row(cast, appointment_id).revision, scope=scope,
                by=CancelledBy.CLIENT, reason="moving away"))

    assert call_off(made[3], SeriesScope.THIS) == [made[3]]
    assert [row(cast, one).status for one in made].count(AppointmentStatus.CANCELLED) == 1
    assert call_off(made[4], SeriesScope.FOLLOWING) == [made[4], made[5]]
    assert call_off(made[2], SeriesScope.ALL_FUTURE) == [made[2]]
    assert [row(cast, one).status for one in made[:2]] == [AppointmentStatus.SCHEDULED] * 2
    assert {row(cast, one).cancelled_reason for one in made[2:]} == {"moving away"}
    with pytest.raises(RuleViolation, match="Nothing is cancelled"):
        call_off(made[1], SeriesScope.ALL_FUTURE)
    with at("2026-09-16 09:00"):
        cast.do("Marcus", reinstate, Reinstate(appointment_id=made[3]))
    assert row(cast, made[3]).status is AppointmentStatus.SCHEDULED


def test_the_preview_of_a_cancellation_counts_what_is_late(cast: Cast, ida: int) -> None:
    made = booked(cast, ida)
    command = CancelSeries(appointment_id=made[1], revision=1, scope=SeriesScope.FOLLOWING, by=CancelledBy.CLIENT)
    with at("2026-09-14 10:00"):
        assert cast.read("Marcus", preview_cancel, command).late == 0
    with at("2026-09-14 10:01"):
        shown = cast.read("Marcus", preview_cancel, command)
        assert (shown.late, len(shown.dates), shown.staying) == (1, 5, ())
        cast.do("Marcus", cancel_series, command)
    ada = people_of(cast, ida)["Ida"]
    statuses = []
    for one in made:
        page = cast.read("Marcus", appointment_page, one)
        statuses.append(next(a.status for a in page.people if a.person_id == ada))
    assert statuses == [AttendanceStatus.SCHEDULED, AttendanceStatus.LATE_CANCELLED,
                        *[AttendanceStatus.CANCELLED_BY_CLIENT] * 4]


def test_each_occurrence_tells_of_its_change_in_its_own_history(cast: Cast, ida: int) -> None:
    made = booked(cast, ida)
    change(cast, made[2], SeriesScope.FOLLOWING, local_time=time(16))
    history = cast.read("Dana", appointment_page, made[4]).history
    assert [(deed.what, deed.detail) for deed in history] == [
        ("change_series", "from 2026-10-06 10:00 50 min to 2026-10-06 16:00 50 min")]
    assert cast.read("Dana", appointment_page, made[1]).history == ()


def test_a_series_over_the_skipped_hour_keeps_its_wall_time_elsewhere(cast: Cast, ida: int) -> None:
    made = booked(cast, ida, local_date=date(2027, 3, 7), local_time=time(2, 30), count=3)
    assert when(cast, made) == ["03-07 02:30 50", "03-14 03:30 50", "03-21 02:30 50"]
    shown = cast.read("Marcus", preview_series, asked(
        cast, ida, local_date=date(2027, 3, 7), local_time=time(2, 30), count=3))
    assert shown.booking.notes == ("The clock skips 02:30 on Sun 14 Mar 2027; it starts at 03:30.",)
    assert [f"{row(cast, one).starts_at:%d %H:%M}" for one in made] == ["07 07:30", "14 07:30", "21 06:30"]


def test_a_block_over_midnight_clashes_on_both_days(cast: Cast, ida: int) -> None:
    late = booked(cast, ida, local_time=time(23, 30), count=2, frequency=Frequency.DAILY, minutes=60)
    assert f"{row(cast, late[0]).ends_at:%Y-%m-%d %H:%M}" == "2026-09-09 04:30"
    with pytest.raises(SeriesConflicts) as refused:
        booked(cast, cast.open_case(CaseType.INDIVIDUAL, "Bo Ek"), local_time=time(0), count=3,
               local_date=date(2026, 9, 8), frequency=Frequency.DAILY)
    assert [c.slot.local_date.day for c in refused.value.conflicts] == [9, 10]
    assert datetime.combine(*[date(2026, 9, 9), time(0)]) == refused.value.conflicts[0].starts + timedelta(minutes=30)
