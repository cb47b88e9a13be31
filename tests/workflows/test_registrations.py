"""Numbers for insurance in the settings: what is wrong is said at its field, an odd code is kept."""

import pytest
from pydantic import ValidationError

from practicerunner import database
from practicerunner.records.practice import Location, Service
from practicerunner.records.staff import Staff
from practicerunner.vocabulary import Role, ServiceCategory
from practicerunner.workflows.commands import Command, field_messages
from practicerunner.workflows.practice import (
    AddLocation,
    AddService,
    ChangePractice,
    add_location,
    add_service,
    change_practice,
    practice_settings,
)
from practicerunner.workflows.staff import AddStaff, add_staff
from tests.cast import Cast

STAFF = {"first_name": "Nia", "email": "nia@linden.example", "roles": frozenset({Role.PROVIDER})}
SERVICE = {"name": "Evening", "category": ServiceCategory.THERAPY, "minutes": 50, "fee_cents": 100_00}
PRACTICE = {"revision": 1, "name": "Linden", "zone": "America/New_York", "late_cancel_hours": 24, "note_due_hours": 48,
            "missed_fee_basis_points": 5000, "payment_due_days": 14}


@pytest.mark.parametrize(("command", "facts", "field", "sentence"), [
    (AddStaff, STAFF | {"npi": "1558598796"}, "npi", "its last digit does not fit the others"),
    (AddStaff, STAFF | {"npi": "12345"}, "npi", "An NPI has ten digits."),
    (AddStaff, STAFF | {"taxonomy": "106H"}, "taxonomy", "ten characters and ends with X"),
    (ChangePractice, PRACTICE | {"tax_id": "123456789"}, "tax_id", "for example 12-3456789"),
    (ChangePractice, PRACTICE | {"npi": "1234567890"}, "npi", "its last digit does not fit the others"),
    (AddService, SERVICE | {"modifiers": "95 HO U1 GT 93"}, "modifiers", "At most 4 modifiers"),
    (AddService, SERVICE | {"modifiers": "9"}, "modifiers", "A modifier has two characters"),
    (AddLocation, {"name": "Annex", "place_of_service": "1"}, "place_of_service", "has two digits"),
])
def test_what_is_wrong_is_said_at_its_field(
    command: type[Command], facts: dict[str, object], field: str, sentence: str
) -> None:
    with pytest.raises(ValidationError) as refusal:
        command(**facts)  # type: ignore[arg-type]
    found = field_messages(refusal.value)
    assert list(found) == [field]
    assert sentence in found[field]


def test_what_is_right_is_kept_without_blanks_around(cast: Cast) -> None:
    staff = cast.do("Dana", add_staff, AddStaff(**STAFF | {"npi": " 1234567893 ", "taxonomy": "106H00000X"}))
    service = cast.do("Dana", add_service, AddService(**SERVICE | {"code": "EVENING", "modifiers": "95, ho"}))
    place = cast.do("Dana", add_location, AddLocation(name="Home visits", place_of_service="12"))
    revision = cast.read("Dana", practice_settings).revision
    cast.do("Dana", change_practice, ChangePractice(
        **PRACTICE | {"revision": revision, "tax_id": "12-3456789 ", "npi": "1558598797"}))
    with database.reading(cast.engine) as session:
        person, made = session.get_one(Staff, staff), session.get_one(Service, service)
        assert (person.npi, person.taxonomy) == ("1234567893", "106H00000X")
        assert (made.code, made.modifiers) == ("EVENING", "95 HO"), "an odd code is the practice's own affair"
        assert session.get_one(Location, place).place_of_service == "12"
        assert session.get_one(Location, cast.office).place_of_service == "11"
    house = cast.read("Dana", practice_settings)
    assert (house.tax_id, house.npi) == ("12-3456789", "1558598797")
