"""Who is looking, as the pages ask: looked up on every run, with one seam for tests."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from pydantic import SecretStr
from sqlalchemy import Engine

from practicerunner import clock, database
from practicerunner.settings import settings
from practicerunner.ui import identity
from practicerunner.workflows import first_run, presence, sign_in
from practicerunner.workflows.first_run import SetUpPractice

NOON = datetime(2026, 3, 9, 17, 0, tzinfo=UTC)
PASSWORD = "four quiet words here"


@pytest.fixture
def token(sqlite_engine: Engine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """Dana signed in at noon, with her cookie in the browser."""
    before, settings().key_file = settings().key_file, tmp_path / "practice.key"
    with clock.frozen(NOON), database.transaction() as session:
        first_run.set_up_practice(session, SetUpPractice(
            name="Harbor Light", zone="America/New_York", first_name="Dana", email="dana@harborlight.example",
            password=SecretStr(PASSWORD)), totp_required=False)
        made = sign_in.sign_in(session, "dana@harborlight.example", PASSWORD).token
    monkeypatch.setattr(identity, "token", lambda: made)
    yield made
    settings().key_file = before


def at(**later: int) -> datetime:
    return NOON + timedelta(**later)


def test_the_cookie_says_who_until_it_is_signed_out(token: str) -> None:
    with clock.frozen(at(minutes=1)):
        found = identity.signed_in()
        assert found is not None and found.name == "Dana"
        with database.transaction() as session:
            presence.sign_out(session, token)
        assert identity.signed_in() is None


def test_clicking_keeps_one_signed_in_and_a_refreshing_screen_does_not(token: str) -> None:
    for minute in (10, 20, 30):
        with clock.frozen(at(minutes=minute)):
            assert identity.signed_in() is not None
    for minute in range(31, 46):
        with clock.frozen(at(minutes=minute)):
            assert identity.signed_in(active=False) is not None
    with clock.frozen(at(minutes=45, seconds=1)):
        assert identity.signed_in(active=False) is None
        assert identity.signed_in() is None


def test_without_a_cookie_there_is_nobody(token: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(identity, "token", lambda: "")
    assert identity.signed_in() is None


def test_a_page_test_acts_as_somebody_through_the_one_seam(token: str, monkeypatch: pytest.MonkeyPatch) -> None:
    with clock.frozen(at(minutes=1)):
        dana = identity.signed_in()
    assert dana is not None
    monkeypatch.setattr(identity, "token", lambda: "")
    monkeypatch.setattr(identity, "IDENTITY", dana.staff_id)
    assert identity.signed_in() == dana
