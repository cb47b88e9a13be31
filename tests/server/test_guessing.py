"""A thousand guesses at the links of both doors: soon none is answered, and nobody is kept out by them."""

from collections.abc import Callable, Iterator

import pytest
from sqlalchemy import Engine, func, select
from starlette.requests import Request
from starlette.responses import Response

from practicerunner import database
from practicerunner.records import outbox
from practicerunner.records.logins import FailedSignIn
from practicerunner.server import portal
from practicerunner.server import sign_in as staffs
from practicerunner.vocabulary import MessageKind
from practicerunner.workflows import throttle
from practicerunner.workflows.invitations import Invite, accept_invitation, invite
from practicerunner.workflows.portal_accounts import InviteToPortal, invite_to_portal
from practicerunner.workflows.sign_in import sign_in
from tests.cast import at, bring_on
from tests.portal import NOW, Household, household

STRANGER, ELSEWHERE = "203.0.113.9", "198.51.100.7"
PASSWORD = "nine quiet herons"
Page = Callable[[Request, dict[str, str], int], Response]


@pytest.fixture
def house(sqlite_engine: Engine) -> Iterator[Household]:
    made = household(bring_on(sqlite_engine))
    with at(NOW):
        yield made


def answer(page: Page, token: str, address: str = STRANGER) -> int:
    """What somebody at an address is answered who opens a link."""
    return page(Request({
        "type": "http", "method": "GET", "path": "/auth/invitation/x", "path_params": {"token": token},
        "query_string": b"", "headers": [], "client": (address, 1),
    }), {}, 200).status_code


def counted() -> int:
    with database.reading() as session:
        return session.scalar(select(func.count()).select_from(FailedSignIn)) or 0


def staffs_link(house: Household) -> str:
    dana = house.cast.actor("Dana")
    with database.transaction() as session:
        return invite(session, dana, Invite(staff_id=house.cast.staff["Marcus"]))


def clients_link(house: Household) -> str:
    house.cast.do("Marcus", invite_to_portal, InviteToPortal(case_id=house.leos, person_id=house.leo))
    with database.reading() as session:
        body = outbox.last_to(session, house.leo, MessageKind.PORTAL_LINK)
    return body.rpartition("/portal/invitation/")[2].split()[0]


@pytest.mark.parametrize(("page", "link"), [
    (staffs._invitation_page, staffs_link), (portal._link_page, clients_link),
], ids=["staff", "portal"])
def test_five_hundred_guesses_at_links_of_a_door_are_stopped_and_keep_nobody_out(
    house: Household, page: Page, link: Callable[[Household], str]
) -> None:
    token = link(house)
    answers = [answer(page, f"guess{number}") for number in range(500)]
    assert answers == [410] * throttle.ADDRESS_FAILURES + [429] * (500 - throttle.ADDRESS_FAILURES)
    assert counted() == throttle.ADDRESS_FAILURES, "those who wait write nothing"
    assert answer(page, token) == answer(page, token, ELSEWHERE) == 200, "whose link it is comes in, from there too"
    assert answer(page, "guess", ELSEWHERE) == 410
    with at("2026-09-15 09:14"):
        assert answer(page, "guess") == 429
    with at("2026-09-15 09:15"):
        assert answer(page, "guess") == 410, "never for good"
        assert answer(page, token) == 200


def test_guesses_at_links_keep_nobody_from_signing_in(house: Household) -> None:
    token = staffs_link(house)
    with database.transaction() as session:
        accept_invitation(session, token, PASSWORD)
    for number in range(throttle.ADDRESS_FAILURES + 1):
        answer(staffs._invitation_page, f"guess{number}")
    assert answer(staffs._invitation_page, token) == 429
    assert answer(portal._link_page, "guess") == 410, "each door counts its own"
    with database.transaction() as session:
        assert sign_in(session, "marcus@linden.example", PASSWORD, address=STRANGER).token
