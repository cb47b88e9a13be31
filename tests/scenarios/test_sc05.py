"""SC05: a weekly series over the change to standard time, moved, cancelled, edited from a date on, and gone on with."""

from datetime import date, time

from practicerunner import database
from practicerunner.records import series as records
from practicerunner.records.scheduling import Appointment
from practicerunner.records.series import Series
from practicerunner.vocabulary import AppointmentStatus, CancelledBy, CaseType, SeriesScope
from practicerunner.workflows.scheduling import Move, move
from practicerunner.workflows.series import AddOccurrences, BookSeries, add_occurrences, book_series
from practicerunner.workflows.series_changes import CancelSeries, ChangeSeries, cancel_series, change_series
from tests.cast import Cast, at


def occurrences(cast: Cast, appointment_id: int) -> list[Appointment]:
    with database.reading(cast.engine) as session:
        series_id = session.get_one(Appointment, appointment_id).series_id
        return records.occurrences(session, series_id or 0)


def shown(found: list[Appointment], *, active: bool = True) -> list[str]:
    return [f"{one.local_date:%m-%d} {one.local_time:%H:%M}" for one in found
            if (one.status is not AppointmentStatus.CANCELLED) is active]


def utc(found: list[Appointment]) -> dict[str, str]:
    return {f"{one.local_date:%m-%d}": f"{one.starts_at:%H:%M}" for one in found}


def test_sc05_a_weekly_series_over_the_change_to_standard_time(cast: Cast) -> None:
    case_id = cast.open_case(CaseType.INDIVIDUAL, "Nora Vale")
    with at("2026-10-19 09:00"):
        made = cast.do("Marcus", book_series, BookSeries(
            case_id=case_id, service_id=cast.services["IND50"], local_date=date(2026, 10, 20), local_time=time(16),
            count=6, location_id=cast.office,
        ))
        assert utc(occurrences(cast, made[0])) == {
            "10-20": "20:00", "10-27": "20:00", "11-03": "21:00", "11-10": "21:00", "11-17": "21:00",
            "11-24": "21:00"}
        assert {one.local_time for one in occurrences(cast, made[0])} == {time(16)}
        first_ids = list(made)

        cast.do("Marcus", move, Move(
            appointment_id=made[3], revision=1, local_date=date(2026, 11, 11), local_time=time(9, 30), minutes=50))
        cast.do("Marcus", cancel_series, CancelSeries(
            appointment_id=made[4], revision=1, scope=SeriesScope.THIS, by=CancelledBy.CLIENT, reason="travelling"))
        cast.do("Marcus", change_series, ChangeSeries(
            appointment_id=made[5], revision=1, scope=SeriesScope.FOLLOWING, local_time=time(17)))
        with database.reading(cast.engine) as session:
            series = session.get_one(Series, session.get_one(Appointment, made[0]).series_id)
        made += cast.do("Marcus", add_occurrences, AddOccurrences(
            series_id=series.id, revision=series.revision, number=2))
        found = occurrences(cast, made[0])
        assert shown(found) == [
            "10-20 16:00", "10-27 16:00", "11-03 16:00", "11-11 09:30", "11-24 17:00", "12-01 17:00", "12-08 17:00"]
        assert shown(found, active=False) == ["11-17 16:00"]
        assert len(found) == 8
        assert utc(found)["11-11"] == "14:30"
        assert {utc(found)[day] for day in ("11-24", "12-01", "12-08")} == {"22:00"}

        cast.do("Marcus", change_series, ChangeSeries(
            appointment_id=made[2], revision=1, scope=SeriesScope.FOLLOWING, minutes=60))
        found = occurrences(cast, made[0])
        assert [(f"{one.local_date:%m-%d} {one.local_time:%H:%M}", one.minutes) for one in found] == [
            ("10-20 16:00", 50), ("10-27 16:00", 50), ("11-03 16:00", 60), ("11-11 09:30", 60), ("11-17 16:00", 50),
            ("11-24 17:00", 60), ("12-01 17:00", 60), ("12-08 17:00", 60)]
        assert shown(found, active=False) == ["11-17 16:00"]
        assert [one.id for one in found][:6] == first_ids

        spring = cast.do("Marcus", book_series, BookSeries(
            case_id=case_id, service_id=cast.services["IND50"], local_date=date(2027, 3, 9), local_time=time(16),
            count=2, location_id=cast.office))
    assert utc(occurrences(cast, spring[0])) == {"03-09": "21:00", "03-16": "20:00"}
