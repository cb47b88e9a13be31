"""Services with dated fees, locations and policies: owners change them, what is booked stays as it was."""

from datetime import date, time

import pytest
from pydantic import ValidationError

from practicerunner import database
from practicerunner.errors import BadInput, NotPermitted, Stale
from practicerunner.records.practice import Practice, Service, fee_on, the_practice
from practicerunner.records.scheduling import Appointment
from practicerunner.records.staff import Staff
from practicerunner.vocabulary import CaseType, Role, ServiceCategory
from practicerunner.workflows.booking import Book, book
from practicerunner.workflows.commands import field_messages
from practicerunner.workflows.practice import (
    AddLocation,
    AddService,
    ChangeLocation,
    ChangePractice,
    ChangeService,
    add_location,
    add_service,
    change_location,
    change_practice,
    change_service,
    location_list,
    practice_settings,
    service_list,
)
from practicerunner.workflows.staff import AddStaff, add_staff
from tests.cast import Cast, at


def raised(cast: Cast, cents: int, since: date, revision: int = 1) -> ChangeService:
    return ChangeService(
        service_id=cast.services["IND50"], revision=revision, name="IND50", code="X0834",
        category=ServiceCategory.THERAPY, minutes=50, fee_cents=cents, fee_from=since)


def settings(cast: Cast, **changes: object) -> ChangePractice:
    row: Practice = cast.read("Dana", practice_settings)
    fields = set(ChangePractice.model_fields) - {"op"}
    return ChangePractice(**{field: getattr(row, field) for field in fields} | changes)


def test_a_fee_has_a_date_and_what_is_booked_keeps_its_fee(cast: Cast) -> None:
    ida = cast.open_case(CaseType.INDIVIDUAL, "Ida Holm")

    def booked(day: date, hour: int) -> int:
        return cast.do("Marcus", book, Book(
            case_id=ida, service_id=cast.services["IND50"], local_date=day, local_time=time(hour),
            location_id=cast.office))

    before = booked(date(2027, 1, 5), 9)
    cast.do("Dana", change_service, raised(cast, 180_00, date(2027, 1, 1)))
    with database.reading(cast.engine) as session:
        service = session.get_one(Service, cast.services["IND50"])
        days = (date(2026, 12, 31), date(2027, 1, 1), date(2000, 1, 1))
        assert [fee_on(service, day) for day in days] == [165_00, 180_00, 165_00]
        after = [booked(date(2026, 12, 29), 9), booked(date(2027, 1, 5), 11)]
    with database.reading(cast.engine) as session:
        assert [session.get_one(Appointment, one).fee_cents for one in (before, *after)] == [165_00, 165_00, 180_00]


def test_two_who_change_a_service_do_not_overwrite_each_other(cast: Cast) -> None:
    cast.do("Dana", change_service, raised(cast, 180_00, date(2027, 1, 1)))
    with pytest.raises(Stale):
        cast.do("Dana", change_service, raised(cast, 190_00, date(2027, 1, 1)))


def test_a_name_is_taken_once(cast: Cast) -> None:
    with pytest.raises(BadInput) as refused:
        cast.do("Dana", add_service, AddService(
            name="IND50", category=ServiceCategory.THERAPY, minutes=50, fee_cents=100))
    assert refused.value.field == "name"
    with pytest.raises(BadInput):
        cast.do("Dana", add_location, AddLocation(name="Office"))


@pytest.mark.parametrize("minutes", [0, 1441])
def test_a_service_lasts_at_most_a_day(minutes: int) -> None:
    with pytest.raises(ValidationError) as refused:
        AddService(name="Long", category=ServiceCategory.OTHER, minutes=minutes, fee_cents=0)
    assert set(field_messages(refused.value)) == {"minutes"}


def test_what_is_no_longer_offered_is_not_in_the_list_and_cannot_be_booked(cast: Cast) -> None:
    ida = cast.open_case(CaseType.INDIVIDUAL, "Ida Holm")
    cast.do("Dana", change_service, raised(cast, 165_00, date(2026, 1, 5)).model_copy(update={"active": False}))
    assert "IND50" not in [service.name for service in cast.read("Marcus", service_list)]
    assert "IND50" in [service.name for service in cast.read("Dana", service_list, with_inactive=True)]
    with pytest.raises(BadInput) as refused:
        cast.do("Marcus", book, Book(case_id=ida, service_id=cast.services["IND50"], local_date=date(2026, 9, 8),
                                     local_time=time(9), location_id=cast.office))
    assert refused.value.field == "service_id"


def test_a_location_that_is_closed_cannot_be_booked(cast: Cast) -> None:
    ida = cast.open_case(CaseType.INDIVIDUAL, "Ida Holm")
    cast.do("Dana", change_location, ChangeLocation(
        location_id=cast.office, revision=1, name="Office", address="12 Linden Street", active=False))
    assert cast.read("Marcus", location_list) == []
    with pytest.raises(BadInput) as refused:
        cast.do("Marcus", book, Book(case_id=ida, service_id=cast.services["IND50"], local_date=date(2026, 9, 8),
                                     local_time=time(9), location_id=cast.office))
    assert refused.value.field == "location_id"


def test_policies_are_the_owners_alone(cast: Cast) -> None:
    for name in ("Marcus", "Priya", "Ruth", "Tom"):
        assert cast.read(name, practice_settings).name == "Linden Street Practice"
        with pytest.raises(NotPermitted):
            cast.do(name, change_practice, settings(cast, late_cancel_hours=1))
    with at("2026-09-08 09:00"):
        cast.do("Dana", change_practice, settings(cast, late_cancel_hours=48, payment_due_days=30))
    with database.reading(cast.engine) as session:
        row = the_practice(session)
        assert (row.late_cancel_hours, row.payment_due_days, row.revision) == (48, 30, 2)


@pytest.mark.parametrize(("change", "field"), [
    ({"zone": "Mars/Olympus"}, "zone"), ({"name": "  "}, "name"), ({"late_cancel_hours": -1}, "late_cancel_hours"),
    ({"missed_fee_basis_points": 10_001}, "missed_fee_basis_points"), ({"note_due_hours": 0}, "note_due_hours"),
    ({"plan_review_days": 0}, "plan_review_days"), ({"plan_review_days": 731}, "plan_review_days"),
])
def test_what_no_policy_can_be_is_said_at_its_field(cast: Cast, change: dict[str, object], field: str) -> None:
    with pytest.raises(ValidationError) as refused:
        settings(cast, **change)
    assert set(field_messages(refused.value)) == {field}


@pytest.mark.parametrize("wrong", ["meet.example/m", "http://meet.example", "https://meet.example/a b",
                                   "https://x.example/\r\nBcc: y", "javascript:alert(1)"])
def test_a_link_for_video_appointments_is_a_whole_address(cast: Cast, wrong: str) -> None:
    details = {"first_name": "Vera", "email": "vera@linden.example", "roles": frozenset({Role.PROVIDER})}
    with pytest.raises(ValidationError, match="beginning with https"):
        AddStaff(**details, video_link=wrong)
    vera = cast.do("Dana", add_staff, AddStaff(**details, video_link=" https://meet.example/vera "))
    with database.reading(cast.engine) as session:
        assert session.get_one(Staff, vera).video_link == "https://meet.example/vera"
