"""People whom many tests of workflows bring on."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import Engine

from practicerunner import database
from practicerunner.settings import settings
from practicerunner.vocabulary import CaseType, Role
from practicerunner.workflows import first_run
from practicerunner.workflows.staff import AddStaff, add_staff
from tests.cast import Cast, at
from tests.corresponding import Morgans, morgans
from tests.inquiring import Door, open_door
from tests.workflows.asking import NOON, Askers, askers
from tests.workflows.sending import NOW, bring_forms
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


@pytest.fixture
def ask(cast: Cast) -> Iterator[Askers]:
    """Everybody at noon on Tuesday 10 November."""
    with at(NOON):
        yield askers(cast)


@pytest.fixture
def door(cast: Cast) -> Iterator[Door]:
    """The public page of a practice that answers inquiries."""
    with open_door(cast) as made:
        yield made


@pytest.fixture
def correspondence(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """The evening of Thursday 5 November, with places for the files and the key."""
    monkeypatch.setattr(settings(), "files_dir", tmp_path / "files")
    monkeypatch.setattr(settings(), "key_file", tmp_path / "practice.key")
    with at("2026-11-05 20:00"):
        yield


@pytest.fixture
def two(correspondence: None, cast: Cast) -> Morgans:
    """A couple who write, that evening."""
    return morgans(cast)


@pytest.fixture
def sending(cast: Cast) -> Iterator[None]:
    """The practice with its forms, on a Thursday morning."""
    bring_forms(cast)
    with at(NOW):
        yield


@pytest.fixture
def riveras(sending: None, cast: Cast) -> int:
    """A couple who get forms."""
    return cast.open_case(CaseType.TWO_PERSON, "Maya Rivera", "Tom Rivera")
