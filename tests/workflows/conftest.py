"""People whom many tests of workflows bring on."""

import pytest

from practicerunner.vocabulary import Role
from practicerunner.workflows.staff import AddStaff, add_staff
from tests.cast import Cast


@pytest.fixture
def judith(cast: Cast) -> int:
    """A second supervisor."""
    cast.staff["Judith"] = cast.do("Dana", add_staff, AddStaff(
        first_name="Judith", last_name="Solano", email="judith@linden.example", credentials="LCSW",
        roles=frozenset({Role.SUPERVISOR, Role.PROVIDER})))
    return cast.staff["Judith"]
