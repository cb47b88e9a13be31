"""A thousand guesses at the links of both doors: soon none is answered, and nobody is kept out by them."""

import re
from collections.abc import Callable, Iterator

import pytest
from sqlalchemy import Engine, func, select
from starlette.requests import Request
from starlette.responses import Response

from practicerunner import database
from practicerunner.records import outbox
from practicerunner.records.logins import FailedSignIn
from practicerunner.server import asker, portal
from practicerunner.server import sign_in as staffs
from practicerunner.vocabulary import CaseType, MessageKind
from practicerunner.workflows import portal_sign_in, throttle
from practicerunner.workflows.asker_page import AnswerByLink, answer_by_link
from practicerunner.workflows.asker_threads import WriteToAsker, write_to_asker
from practicerunner.workflows.inquiry_page import SendInquiry, send_inquiry
from practicerunner.workflows.inquiry_settings import SaveInquirySettings, save_inquiry_settings
from practicerunner.workflows.invitations import Invite, accept_invitation, invite
from practicerunner.workflows.portal_accounts import InviteToPortal, invite_to_portal
from practicerunner.workflows.portal_links import accept_link, ask_reset
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


def staffs_reset(house: Household) -> str:
    first = staffs_link(house)
    with database.transaction() as session:
        accept_invitation(session, first, "four old quiet words")
    return staffs_link(house)


def staff_comes_in(token: str) -> bool:
    with database.transaction() as session:
        accept_invitation(session, token, PASSWORD)
        return bool(sign_in(session, "marcus@linden.example", PASSWORD, address=STRANGER).token)


def link_to_leo(house: Household) -> str:
    with database.reading() as session:
        body = outbox.last_to(session, house.leo, MessageKind.PORTAL_LINK)
    return re.findall(r"/portal/(?:invitation|reset)/(\S+)", body)[0]


def clients_link(house: Household) -> str:
    house.cast.do("Marcus", invite_to_portal, InviteToPortal(case_id=house.leos, person_id=house.leo))
    return link_to_leo(house)


def clients_reset(house: Household) -> str:
    first = clients_link(house)
    with database.transaction() as session:
        assert accept_link(session, first, "four old quiet words")
    with database.transaction() as session:
        assert ask_reset(session, "leo@example.org", ELSEWHERE)
    return link_to_leo(house)


def client_comes_in(token: str) -> bool:
    with database.transaction() as session:
        assert accept_link(session, token, PASSWORD)
    with database.transaction() as session:
        return bool(portal_sign_in.sign_in(session, "leo@example.org", PASSWORD, address=STRANGER).token)


def askers_link(house: Household) -> str:
    """Somebody inquired, and the practice writes to them."""
    house.cast.do("Dana", save_inquiry_settings, SaveInquirySettings(
        revision=0, is_on=True, case_types=(CaseType.INDIVIDUAL,), provider_ids=(house.cast.staff["Marcus"],)))
    with database.transaction() as session:
        asked = send_inquiry(session, SendInquiry(first_name="Uma", email="uma@b.example", kind=CaseType.INDIVIDUAL))
    assert asked is not None
    house.cast.do("Dana", write_to_asker, WriteToAsker(inquiry_id=asked, text="Friday?"))
    with database.reading() as session:
        body = outbox.last_at(session, "uma@b.example", MessageKind.INQUIRY_ANSWERED)
    return re.findall(r"/inquiry/letter/(\S+)", body)[0]


def read_letter(request: Request, fields: dict[str, str], _: int) -> Response:
    return asker.answer(request, fields)


def asker_answers(token: str) -> bool:
    with database.transaction() as session:
        return len(answer_by_link(session, AnswerByLink(token=token, text="Yes")).entries) == 2


@pytest.mark.parametrize(("page", "link", "comes_in"), [
    (staffs._invitation_page, staffs_link, staff_comes_in), (staffs._invitation_page, staffs_reset, staff_comes_in),
    (portal._link_page, clients_link, client_comes_in), (portal._link_page, clients_reset, client_comes_in),
    (read_letter, askers_link, asker_answers),
], ids=["staff's invitation", "staff's reset", "portal's invitation", "portal's reset", "an asker's letter"])
def test_a_thousand_guesses_at_links_of_a_door_are_stopped_and_keep_nobody_out(
    house: Household, page: Page, link: Callable[[Household], str], comes_in: Callable[[str], bool]
) -> None:
    token, before = link(house), counted()
    answers = [answer(page, f"guess{number}") for number in range(1000)]
    assert answers == [410] * throttle.ADDRESS_FAILURES + [429] * (1000 - throttle.ADDRESS_FAILURES)
    assert counted() - before == throttle.ADDRESS_FAILURES, "those who wait write nothing"
    assert answer(page, token) == answer(page, token, ELSEWHERE) == 200, "whose link it is comes in, from there too"
    assert answer(page, "guess", ELSEWHERE) == 410
    with at("2026-09-15 09:14"):
        assert answer(page, "guess") == 429
    with at("2026-09-15 09:15"):
        assert answer(page, "guess") == 410, "never for good"
        assert answer(page, token) == 200
        assert comes_in(token), "and signs in"


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
