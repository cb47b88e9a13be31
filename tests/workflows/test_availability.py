"""Opening hours and free times: set by whoever may, offered where hours, holds, rooms and the policy leave room."""

import threading
from datetime import UTC, date, datetime, time
from typing import Any

import pytest
from pydantic import ValidationError
from sqlalchemy import event, select

from practicerunner import database
from practicerunner.errors import BadInput, NotFound, NotPermitted, Stale
from practicerunner.records.audit import AuditRow
from practicerunner.records.availability import BookingPolicy, OpeningHours, OpenService
from practicerunner.rules.availability import OVER_MIDNIGHT, FreeSlot, Policy
from practicerunner.vocabulary import Audience, CancelledBy, CaseType, Outcome, Role, SessionFormat
from practicerunner.workflows.availability import (
    Nearby,
    free_slots,
    free_times,
    next_free,
    times_nearby,
)
from practicerunner.workflows.booking import Book, book
from practicerunner.workflows.commands import OperationReused, field_messages
from practicerunner.workflows.opening_hours import (
    AddException,
    AddWeeklyHours,
    ChangeException,
    ChangeWeeklyHours,
    ProviderHours,
    RemoveHours,
    SavePolicy,
    add_exception,
    add_weekly_hours,
    change_exception,
    change_weekly_hours,
    provider_hours,
    remove_hours,
    save_policy,
)
from practicerunner.workflows.practice import AddLocation, ChangeLocation, add_location, change_location
from practicerunner.workflows.scheduling import Cancel, cancel
from practicerunner.workflows.staff import ChangeStaff, change_staff
from practicerunner.workflows.time_blocks import AddTimeBlock, add_time_block
from tests.cast import Cast, at, how_many

TUESDAY, WEDNESDAY = date(2026, 9, 8), date(2026, 9, 9)
NOW = "2026-09-04 08:00"


def hours(cast: Cast, name: str = "Marcus", **changes: Any) -> AddWeeklyHours:
    """Tuesdays from nine to twelve, unless said otherwise."""
    facts: dict[str, Any] = {
        "provider_id": cast.staff[name], "weekdays": (1,), "starts": time(9), "ends": time(12),
    }
    return AddWeeklyHours(**facts | changes)


def exception(cast: Cast, **changes: Any) -> AddException:
    facts: dict[str, Any] = {
        "provider_id": cast.staff["Marcus"], "on_date": TUESDAY, "starts": time(10), "ends": time(11),
    }
    return AddException(**facts | changes)


def policy(cast: Cast, name: str = "Marcus", **changes: Any) -> SavePolicy:
    facts = {"notice_hours": 48, "advance_days": 30, "buffer_minutes": 0, "grid_minutes": 60}
    return SavePolicy(provider_id=cast.staff[name], **facts | changes)


def times(cast: Cast, day: date = TUESDAY, minutes: int = 50, name: str = "Marcus", **wanted: Any) -> str:
    with database.reading(cast.engine) as session:
        found = free_slots(session, cast.staff[name], minutes, day, day, **wanted)
    return " ".join(f"{slot.local_time:%H:%M}" for slot in found)


def known(cast: Cast, name: str = "Marcus", by: str = "") -> ProviderHours:
    return cast.read(by or name, provider_hours, cast.staff[name])


def booked(cast: Cast, start: time, **changes: Any) -> int:
    case_id = cast.open_case(CaseType.INDIVIDUAL, "Ida Holm")
    facts = {"case_id": case_id, "service_id": cast.services["IND50"], "local_date": TUESDAY, "local_time": start,
             "location_id": cast.office}
    return cast.do("Marcus", book, Book(**facts | changes))


# --- Free times


def test_appointments_and_blocked_time_of_the_provider_are_taken_with_the_buffer(cast: Cast) -> None:
    with at(NOW):
        cast.do("Marcus", add_weekly_hours, hours(cast, ends=time(17)))
        appointment_id = booked(cast, time(10))
        cast.do("Marcus", add_time_block, AddTimeBlock(
            provider_id=cast.staff["Marcus"], starts_on=TUESDAY, starts=time(13), ends_on=TUESDAY, ends=time(15, 30),
            reason="administration",
        ))
        assert times(cast) == "09:00 11:00 11:30 12:00 16:00"
        assert times(cast, except_appointment_id=appointment_id) == "09:00 09:30 10:00 10:30 11:00 11:30 12:00 16:00"
        cast.do("Dana", add_weekly_hours, hours(cast, "Olga"))
        assert times(cast, name="Olga") == "09:00 09:30 10:00 10:30 11:00", "what another provider has takes nothing"
        cast.do("Marcus", cancel, Cancel(appointment_id=appointment_id, by=CancelledBy.CLIENT))
        assert times(cast) == "09:00 09:30 10:00 10:30 11:00 11:30 12:00 16:00"


def test_a_vacation_of_weeks_leaves_nothing_free_in_it(cast: Cast) -> None:
    with at(NOW):
        cast.do("Marcus", add_weekly_hours, hours(cast))
        cast.do("Marcus", add_time_block, AddTimeBlock(
            provider_id=cast.staff["Marcus"], starts_on=date(2026, 9, 7), starts=time(), ends_on=date(2026, 9, 22),
            ends=time(10), reason="vacation",
        ))
        with database.reading(cast.engine) as session:
            found = free_slots(session, cast.staff["Marcus"], 50, date(2026, 9, 5), date(2026, 9, 29))
        assert [f"{slot.local_date.day} {slot.local_time:%H:%M}" for slot in found] == [
            "22 10:30", "22 11:00", "29 09:00", "29 09:30", "29 10:00", "29 10:30", "29 11:00"]


def test_a_room_that_hours_name_has_to_be_free_without_a_buffer(cast: Cast) -> None:
    with at(NOW):
        room = cast.do("Dana", add_location, AddLocation(name="Blue room", is_room=True))
        cast.do("Marcus", add_weekly_hours, hours(cast, location_id=room))
        cast.do("Olga", add_weekly_hours, hours(cast, "Olga", location_id=cast.office))
        case_id = cast.open_case(CaseType.INDIVIDUAL, "Noor Haddad", provider="Olga")
        cast.do("Olga", book, Book(case_id=case_id, service_id=cast.services["IND60"], local_date=TUESDAY,
                                   local_time=time(10), location_id=room))
        assert times(cast, minutes=60) == "09:00 11:00"
        assert times(cast, minutes=60, location_id=room) == "09:00 11:00"
        assert times(cast, minutes=60, location_id=cast.office) == "", "open in the room only"
        with database.reading(cast.engine) as session:
            first = free_slots(session, cast.staff["Marcus"], 60, TUESDAY, TUESDAY)[0]
        assert first == FreeSlot(TUESDAY, time(9), 60, room, None)
        cast.do("Dana", change_location, ChangeLocation(location_id=room, revision=1, name="Blue room", active=False))
        assert times(cast, minutes=60) == "", "nobody is received in a place that is not used any more"
        assert times(cast, minutes=60, location_id=room) == ""


def test_clients_and_inquiries_see_what_is_for_them_after_the_notice_and_within_the_limit(cast: Cast) -> None:
    with at(NOW):
        cast.do("Marcus", add_weekly_hours, hours(cast, for_existing_clients=False))
        cast.do("Marcus", add_weekly_hours, hours(cast, starts=time(14), ends=time(15), for_new_inquiries=True))
        cast.do("Marcus", add_weekly_hours, hours(cast, starts=time(16), ends=time(17)))
        cast.do("Marcus", save_policy, policy(cast, advance_days=10))
        assert times(cast) == "09:00 10:00 11:00 14:00 16:00"
        assert times(cast, audience=Audience.EXISTING_CLIENTS) == "14:00 16:00"
        assert times(cast, audience=Audience.NEW_INQUIRIES) == "14:00"
        assert times(cast, date(2026, 9, 15), audience=Audience.EXISTING_CLIENTS) == ""
        assert times(cast, date(2026, 9, 15)) == "09:00 10:00 11:00 14:00 16:00"
    with at("2026-09-06 15:00"):
        assert times(cast, audience=Audience.EXISTING_CLIENTS) == "16:00"
    with at("2026-09-08 14:30"):
        assert times(cast) == "16:00"


def test_hours_for_some_services_are_offered_for_these(cast: Cast) -> None:
    with at(NOW):
        intake, plain = cast.services["INTAKE"], cast.services["IND50"]
        cast.do("Marcus", add_weekly_hours, hours(cast, ends=time(10), service_ids=(intake, cast.services["FAM50"])))
        cast.do("Marcus", add_weekly_hours, hours(cast, starts=time(14), ends=time(15), format=SessionFormat.VIDEO))
        assert times(cast, service_id=intake) == "09:00 14:00"
        assert times(cast, service_id=plain) == "14:00"
        assert times(cast, service_id=plain, location_id=cast.office) == ""


def test_without_any_hours_weekdays_are_open_for_staff_and_nothing_is_for_clients(cast: Cast) -> None:
    with at(NOW):
        assert times(cast).split()[0] == "08:00"
        assert times(cast).split()[-1] == "17:00"
        assert times(cast, date(2026, 9, 12)) == "", "a Saturday"
        assert times(cast, audience=Audience.EXISTING_CLIENTS) == ""
        assert times(cast, audience=Audience.NEW_INQUIRIES) == ""
        cast.do("Marcus", add_exception, exception(cast, starts=time(8), ends=time(17), is_closed=True))
        assert times(cast) == "17:00", "closing a day is no opening hour yet"
        cast.do("Marcus", add_weekly_hours, hours(cast, weekdays=(4,)))
        assert times(cast) == ""


def test_the_next_free_time_is_the_first_from_a_moment_on(cast: Cast) -> None:
    marcus = cast.staff["Marcus"]
    with at(NOW), database.reading(cast.engine) as session:
        assert next_free(session, marcus, 50) == FreeSlot(date(2026, 9, 4), time(8), 50)
        later = datetime(2026, 9, 4, 21, 5, tzinfo=UTC)
        assert next_free(session, marcus, 50, later) == FreeSlot(date(2026, 9, 7), time(8), 50)
        assert next_free(session, marcus, 50, audience=Audience.EXISTING_CLIENTS) is None
    with at(NOW):
        cast.do("Marcus", add_weekly_hours, hours(cast, valid_from=date(2026, 12, 1)))
    with at(NOW), database.reading(cast.engine) as session:
        assert next_free(session, marcus, 50) == FreeSlot(date(2026, 12, 1), time(9), 50)
        assert next_free(session, marcus, 50, audience=Audience.EXISTING_CLIENTS) is None, "beyond the limit of 60 days"
        assert next_free(session, marcus, 300) is None


def test_a_month_is_asked_for_in_three_statements(cast: Cast) -> None:
    with at(NOW):
        cast.do("Marcus", add_weekly_hours, hours(cast, weekdays=(0, 1, 2), service_ids=tuple(cast.services.values())))
        booked(cast, time(10))
        seen: list[str] = []
        event.listen(cast.engine, "before_cursor_execute", lambda *a: seen.append(a[2]))
        with database.reading(cast.engine) as session:
            free_slots(session, cast.staff["Marcus"], 50, TUESDAY, date(2026, 10, 8))
        assert len([one for one in seen if one.lstrip().lower().startswith("select")]) == 3


@pytest.mark.parametrize(("minutes", "first", "last", "field"), [
    (0, TUESDAY, TUESDAY, "minutes"), (1441, TUESDAY, TUESDAY, "minutes"), (50, TUESDAY, date(2028, 9, 8), "last"),
    (50, date(9999, 12, 31), date(9999, 12, 31), "local_date"),
])
def test_what_cannot_be_asked_stands_at_its_field(
    cast: Cast, minutes: int, first: date, last: date, field: str
) -> None:
    with at(NOW), database.reading(cast.engine) as session, pytest.raises(BadInput) as refused:
        free_slots(session, cast.staff["Marcus"], minutes, first, last)
    assert refused.value.field == field


def test_nobody_who_left_or_never_came_has_free_times(cast: Cast) -> None:
    with at(NOW):
        cast.do("Dana", change_staff, ChangeStaff(
            staff_id=cast.staff["Olga"], revision=1, first_name="Olga", last_name="Outsider",
            email="olga@linden.example", roles=frozenset({Role.PROVIDER}), active=False))
        assert times(cast, name="Olga") == ""
        with database.reading(cast.engine) as session:
            assert free_slots(session, 404, 50, TUESDAY, TUESDAY) == []
            assert next_free(session, 404, 50) is None
            assert free_slots(session, cast.staff["Marcus"], 50, TUESDAY, TUESDAY, location_id=404) == []


# --- Beside a form


def test_a_form_hears_the_next_free_times_and_whether_its_own_lies_outside_the_hours(cast: Cast) -> None:
    with at(NOW):
        marcus = cast.staff["Marcus"]
        assert cast.read("Marcus", times_nearby, marcus, 50, TUESDAY, time(22), most=1) == Nearby(
            (FreeSlot(TUESDAY, time(8), 50),), False, False)
        cast.do("Marcus", add_weekly_hours, hours(cast))
        booked(cast, time(9))
        seen = cast.read("Marcus", times_nearby, marcus, 50, TUESDAY, time(9), most=4)
        assert [(slot.local_date.day, slot.local_time) for slot in seen.free] == [
            (8, time(10)), (8, time(10, 30)), (8, time(11)), (15, time(9))]
        assert (seen.is_outside, seen.has_hours) == (False, True)
        assert cast.read("Marcus", times_nearby, marcus, 50, TUESDAY, time(11, 15)).is_outside
        assert cast.read("Marcus", times_nearby, marcus, 50, WEDNESDAY, time(9)).is_outside
        with pytest.raises(NotFound):
            cast.read("Olga", times_nearby, marcus, 50, TUESDAY, time(9))


# --- Who may


def test_own_hours_and_those_of_everybody_for_owner_and_admin(cast: Cast) -> None:
    with at(NOW):
        for name in ("Marcus", "Dana", "Tom"):
            cast.do(name, add_weekly_hours, hours(cast))
            cast.do(name, add_exception, exception(cast))
            cast.do(name, save_policy, policy(cast, revision=known(cast).policy_revision))
            assert cast.read(name, free_times, cast.staff["Marcus"], 50, TUESDAY, TUESDAY)
        cast.do("Priya", add_weekly_hours, hours(cast, "Priya"))
        assert len(known(cast).weekly) == len(known(cast).exceptions) == 3


def test_no_other_provider_changes_or_reads_them_and_the_refusal_is_logged(cast: Cast) -> None:
    with at(NOW):
        [weekly] = cast.do("Marcus", add_weekly_hours, hours(cast))
        dated = cast.do("Marcus", add_exception, exception(cast))
        refused = [
            (add_weekly_hours, hours(cast)), (add_exception, exception(cast)), (save_policy, policy(cast)),
            (remove_hours, RemoveHours(opening_hours_id=weekly, revision=1)),
            (change_weekly_hours, ChangeWeeklyHours(opening_hours_id=weekly, revision=1, weekday=2, starts=time(9),
                                                    ends=time(10))),
            (change_exception, ChangeException(opening_hours_id=dated, revision=1, on_date=TUESDAY, starts=time(9),
                                               ends=time(10))),
        ]
        for verb, asked in refused:
            with pytest.raises(NotFound):
                cast.do("Olga", verb, asked)
        for reader, more in ((provider_hours, ()), (free_times, (50, TUESDAY, TUESDAY))):
            with pytest.raises(NotFound):
                cast.read("Olga", reader, cast.staff["Marcus"], *more)
        assert (how_many(cast, OpeningHours), how_many(cast, BookingPolicy)) == (2, 0)
        with database.reading(cast.engine) as session:
            logged = session.scalars(select(AuditRow.outcome).where(AuditRow.staff_id == cast.staff["Olga"])).all()
        assert logged == [Outcome.REFUSED] * 8


def test_a_supervisor_reads_a_supervisees_hours_and_leaves_them(cast: Cast) -> None:
    with at(NOW):
        cast.do("Priya", add_weekly_hours, hours(cast, "Priya"))
        seen = known(cast, "Priya", by="Ruth")
        assert (len(seen.weekly), seen.may_change) == (1, False)
        assert known(cast, "Priya").may_change
        with pytest.raises(NotPermitted):
            cast.do("Ruth", add_weekly_hours, hours(cast, "Priya"))
        with pytest.raises(NotFound):
            known(cast, "Marcus", by="Ruth")


def test_hours_are_of_somebody_who_sees_clients(cast: Cast) -> None:
    with at(NOW):
        for verb, asked in ((add_weekly_hours, hours(cast, "Tom")), (save_policy, policy(cast, "Tom")),
                            (add_exception, exception(cast, provider_id=404))):
            with pytest.raises(BadInput, match="sees clients"):
                cast.do("Dana", verb, asked)


# --- Setting hours


def test_several_weekdays_are_entered_at_once_and_a_second_click_adds_nothing(cast: Cast) -> None:
    with at(NOW):
        asked = hours(cast, weekdays=(3, 0, 0), service_ids=(cast.services["IND50"],), location_id=cast.office)
        made = cast.do("Marcus", add_weekly_hours, asked)
        assert cast.do("Marcus", add_weekly_hours, asked) == made
        assert [h.weekday for h in known(cast).weekly] == [0, 3]
        assert (how_many(cast, OpeningHours), how_many(cast, OpenService)) == (2, 2)
        with pytest.raises(OperationReused):
            cast.do("Marcus", add_weekly_hours, asked.model_copy(update={"ends": time(13)}))
        added = cast.do("Marcus", add_exception, exception(cast, op="twice"))
        assert cast.do("Marcus", add_exception, exception(cast, op="twice")) == added
        assert len(known(cast).exceptions) == 1


def test_hours_are_changed_with_their_services_and_a_stale_change_is_refused(cast: Cast) -> None:
    with at(NOW):
        intake, plain, family = (cast.services[name] for name in ("INTAKE", "IND50", "FAM50"))
        [hours_id] = cast.do("Marcus", add_weekly_hours, hours(cast, service_ids=(intake, plain)))
        change = ChangeWeeklyHours(
            opening_hours_id=hours_id, revision=1, weekday=2, starts=time(13), ends=time(),
            service_ids=(plain, family), for_new_inquiries=True, valid_until=date(2026, 12, 31),
            location_id=cast.office, format=SessionFormat.IN_PERSON,
        )
        assert cast.do("Marcus", change_weekly_hours, change) == hours_id
        [row] = known(cast).weekly
        assert (row.weekday, row.starts, row.ends, row.revision) == (2, time(13), time(), 2)
        assert (set(row.service_ids), row.for_new_inquiries, row.location_id) == ({plain, family}, True, cast.office)
        assert times(cast, WEDNESDAY, service_id=family).split()[-1] == "23:00"
        assert times(cast, WEDNESDAY, service_id=intake) == ""
        for verb, asked in ((change_weekly_hours, change.model_copy(update={"op": "late"})),
                            (remove_hours, RemoveHours(opening_hours_id=hours_id, revision=1))):
            with pytest.raises(Stale):
                cast.do("Dana", verb, asked)
        assert known(cast).weekly[0].revision == 2


def test_exceptions_are_changed_and_removed_and_the_past_ones_are_not_listed(cast: Cast) -> None:
    with at(NOW):
        cast.do("Marcus", add_weekly_hours, hours(cast))
        dated = cast.do("Marcus", add_exception, exception(cast, is_closed=True, reason="dentist"))
        assert times(cast) == "09:00 11:00"
        cast.do("Marcus", change_exception, ChangeException(
            opening_hours_id=dated, revision=1, on_date=TUESDAY, starts=time(), ends=time(), is_closed=True))
        assert times(cast) == ""
        with pytest.raises(NotFound):
            cast.do("Marcus", change_weekly_hours, ChangeWeeklyHours(
                opening_hours_id=dated, revision=2, weekday=1, starts=time(9), ends=time(10)))
        weekly = known(cast).weekly[0].opening_hours_id
        with pytest.raises(NotFound):
            cast.do("Marcus", change_exception, ChangeException(
                opening_hours_id=weekly, revision=1, on_date=TUESDAY, starts=time(9), ends=time(10)))
        gone = RemoveHours(opening_hours_id=dated, revision=2)
        assert cast.do("Marcus", remove_hours, gone) == dated
        assert cast.do("Marcus", remove_hours, gone) == dated, "a second click"
        with pytest.raises(NotFound):
            cast.do("Marcus", remove_hours, RemoveHours(opening_hours_id=dated, revision=2))
        assert times(cast) == "09:00 09:30 10:00 10:30 11:00"
        cast.do("Marcus", add_exception, exception(cast))
    with at("2026-09-09 08:00"):
        assert known(cast).exceptions == ()


def test_removing_hours_takes_their_services_along(cast: Cast) -> None:
    with at(NOW):
        [hours_id] = cast.do("Marcus", add_weekly_hours, hours(cast, service_ids=(cast.services["IND50"],)))
        cast.do("Tom", remove_hours, RemoveHours(opening_hours_id=hours_id, revision=1))
        assert (how_many(cast, OpeningHours), how_many(cast, OpenService)) == (0, 0)


def test_a_policy_is_saved_changed_and_a_stale_one_refused(cast: Cast) -> None:
    with at(NOW):
        assert (known(cast).policy, known(cast).policy_revision) == (Policy(24, 60, 10, 30), 0)
        asked = policy(cast)
        assert cast.do("Marcus", save_policy, asked) == cast.do("Marcus", save_policy, asked)
        assert (known(cast).policy, known(cast).policy_revision) == (Policy(48, 30, 0, 60), 1)
        with pytest.raises(Stale):
            cast.do("Dana", save_policy, policy(cast, notice_hours=1))
        cast.do("Dana", save_policy, policy(cast, revision=1, notice_hours=1))
        assert (known(cast).policy.notice_hours, known(cast).policy_revision) == (1, 2)
        assert how_many(cast, BookingPolicy) == 1
        assert known(cast, "Olga").policy_revision == 0


def test_of_two_first_policies_at_once_one_is_saved_and_the_other_is_stale(cast: Cast) -> None:
    outcomes: list[str] = []
    together = threading.Barrier(2)

    def save(name: str) -> None:
        actor = cast.actor(name)
        together.wait()
        try:
            with database.transaction(cast.engine) as session:
                save_policy(session, actor, policy(cast))
            outcomes.append("saved")
        except Stale:
            outcomes.append("stale")

    with at(NOW):
        threads = [threading.Thread(target=save, args=(name,)) for name in ("Dana", "Marcus")]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    assert sorted(outcomes) == ["saved", "stale"]


# --- Bad input


@pytest.mark.parametrize(("changes", "field", "sentence"), [
    ({"starts": time(22), "ends": time(6)}, "ends", OVER_MIDNIGHT),
    ({"starts": time(9), "ends": time(9)}, "ends", OVER_MIDNIGHT),
    ({"starts": time(9, 0, 1)}, "starts", "Write the time as hours and minutes, for example 16:00."),
    ({"starts": "nine"}, "starts", "Write the time as hours and minutes, for example 16:00."),
    ({"weekdays": ()}, "weekdays", "Choose at least one weekday."),
    ({"weekdays": (7,)}, "weekdays", "This can be at most 6."),
    ({"valid_from": TUESDAY, "valid_until": date(2026, 9, 7)}, "valid_until",
     "The last day lies before the first day."),
])
def test_hours_that_make_no_sense_stand_at_their_field(changes: dict[str, Any], field: str, sentence: str) -> None:
    facts: dict[str, Any] = {"provider_id": 1, "weekdays": (1,), "starts": time(9), "ends": time(12)}
    with pytest.raises(ValidationError) as refused:
        AddWeeklyHours(**facts | changes)
    assert field_messages(refused.value) == {field: sentence}


def test_a_closed_exception_is_closed_everywhere() -> None:
    with pytest.raises(ValidationError, match="closed everywhere"):
        AddException(provider_id=1, on_date=TUESDAY, starts=time(9), ends=time(12), is_closed=True, location_id=5)


@pytest.mark.parametrize("changes", [
    {"notice_hours": -1}, {"advance_days": 0}, {"advance_days": 366}, {"buffer_minutes": 241}, {"grid_minutes": 4},
])
def test_a_policy_that_makes_no_sense_is_refused(changes: dict[str, int]) -> None:
    facts = {"notice_hours": 24, "advance_days": 60, "buffer_minutes": 10, "grid_minutes": 30}
    with pytest.raises(ValidationError):
        SavePolicy(provider_id=1, **facts | changes)


@pytest.mark.parametrize(("changes", "field"), [
    ({"location_id": 404}, "location_id"), ({"service_ids": (404,)}, "service_ids"),
])
def test_a_place_or_service_that_is_none_is_refused_and_nothing_saved(
    cast: Cast, changes: dict[str, Any], field: str
) -> None:
    with at(NOW), pytest.raises(BadInput) as refused:
        cast.do("Marcus", add_weekly_hours, hours(cast, **changes))
    assert refused.value.field == field
    assert how_many(cast, OpeningHours) == 0


def test_an_exception_on_a_day_that_is_over_is_refused(cast: Cast) -> None:
    with at("2026-09-09 00:01"), pytest.raises(BadInput, match="That day is over"):
        cast.do("Marcus", add_exception, exception(cast))
