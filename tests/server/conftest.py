"""The server's tests: a practice with two people, a client for the plain pages, and a key file of their own."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from pydantic import SecretStr
from sqlalchemy import Engine
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.testclient import TestClient

from practicerunner import database
from practicerunner.server import downloads, feeds, inquiry, pages, sign_in
from practicerunner.server.gate import Gate
from practicerunner.settings import settings
from practicerunner.workflows import first_run, staff
from practicerunner.workflows import sign_in as accounts
from practicerunner.workflows.first_run import SetUpPractice

PASSWORD = "four quiet words here"
DANA = "dana@harborlight.example"
HOME = "http://localhost:8501"


@pytest.fixture(autouse=True)
def own_settings(tmp_path: Path) -> Iterator[None]:
    """A key file in the test's own folder, and no public address."""
    before = settings().key_file, settings().public_url
    settings().key_file = tmp_path / "practice.key"
    yield
    settings().key_file, settings().public_url = before


@pytest.fixture
def dana(sqlite_engine: Engine) -> int:
    """The owner of a practice without compulsory authenticators."""
    with database.transaction() as session:
        return first_run.set_up_practice(session, SetUpPractice(
            name="Harbor Light", zone="America/New_York", first_name="Dana", last_name="Whitfield", email=DANA,
            password=SecretStr(PASSWORD)), totp_required=False)


@pytest.fixture
def web(sqlite_engine: Engine) -> Iterator[TestClient]:
    """A browser before our routes behind the gate; it follows no redirect by itself."""
    app = Starlette(
        routes=[*sign_in.routes, *downloads.routes, *feeds.routes, *inquiry.routes], middleware=[Middleware(Gate)],
        exception_handlers={pages.Refused: pages.refused},
    )
    with TestClient(app, base_url=HOME, follow_redirects=False, headers={"accept": "text/html"}) as client:
        yield client


def form_token(web: TestClient, path: str = "/auth/sign-in") -> str:
    """The form token of a page, as its form carries it."""
    found = re.search(r'name="csrf" value="([^"]+)"', web.get(path).text)
    assert found, path
    return found[1]


def post(web: TestClient, path: str, fields: dict[str, str], **headers: str):
    """Post a form as the page at ``path`` would."""
    token = form_token(web, path)
    return web.post(path, data={"csrf": token, **fields}, headers={"origin": HOME, **headers})


def token_for(email: str = DANA) -> str:
    """A session token, without the pages."""
    with database.transaction() as session:
        return accounts.sign_in(session, email, PASSWORD).token


def actor(staff_id: int) -> staff.Actor:
    """Somebody as the database knows them."""
    with database.reading() as session:
        return staff.actor_for(session, staff_id)
