"""People whom many tests of workflows bring on."""

import pytest
from sqlalchemy import Engine

from practicerunner import database
from practicerunner.vocabulary import CaseType, Role
from practicerunner.workflows import first_run
from practicerunner.workflows.staff import AddStaff, add_staff
from tests.cast import Cast, at
from tests.workflows.signing_in import asked_set_up


@pytest.fixture
def judith(cast: Cast) -> int:
    """A second supervisor."""
    cast.staff["Judith"] = cast.do("Dana", add_staff, AddStaff(
        first_name="Judith", last_name="Solano", email="judith@linden.example", credentials="LCSW",
        roles=frozenset({Role.SUPERVISOR, Role.PROVIDER})))
    return cast.staff["Judith"]


@pytest.fixture
def ida(cast: Cast) -> int:
    """A client of Marcus."""
    return cast.open_case(CaseType.INDIVIDUAL, "Ida Holm")


@pytest.fixture
def couple(cast: Cast) -> int:
    """A couple of Marcus's."""
    return cast.open_case(CaseType.TWO_PERSON, "Noor Haddad", "Sam Ortiz")


@pytest.fixture
def dana(engine: Engine) -> int:
    """The owner of a new practice that does not insist on authenticators."""
    with database.transaction() as session:
        return first_run.set_up_practice(session, asked_set_up(), totp_required=False)


@pytest.fixture
def bo(cast: Cast) -> int:
    """A client of Ruth."""
    return cast.open_case(CaseType.INDIVIDUAL, "Bo Ek", provider="Ruth")


@pytest.fixture
def amis(cast: Cast) -> int:
    """A client of Priya, whom Ruth supervises."""
    with at("2026-09-01 09:00"):
        return cast.open_case(CaseType.INDIVIDUAL, "Ami Roy", provider="Priya")
