"""People who are invited to the portal and come in: what the tests of its accounts share."""

import re

from sqlalchemy import text

from practicerunner import database
from practicerunner.records.outbox import OutboxMessage
from practicerunner.vocabulary import MessageKind
from practicerunner.workflows import portal_links, portal_presence, portal_sign_in
from practicerunner.workflows.portal_accounts import (
    GiveResetCode,
    InviteToPortal,
    PortalRow,
    give_portal_reset_code,
    invite_to_portal,
    portal_of_case,
)
from practicerunner.workflows.sign_in import Answer
from tests.portal import FAMILY_MAIL, Household

MAYAS, TOMS = "nine quiet herons", "ten calm lanterns"


def letters(house: Household) -> list[OutboxMessage]:
    with database.reading(house.cast.engine) as session:
        return list(session.query(OutboxMessage).filter_by(kind=MessageKind.PORTAL_LINK).order_by(OutboxMessage.id))


def token_in(body: str) -> str:
    found = re.search(r"/portal/(?:invitation|reset)/([A-Za-z0-9_-]{43})\n", body)
    assert found, body
    return found[1]


def invite(house: Household, person_id: int, case_id: int | None = None, by: str = "Marcus", **more: str) -> str:
    """Invite somebody; the secret of the link."""
    house.cast.do(by, invite_to_portal, InviteToPortal(case_id=case_id or house.couple, person_id=person_id, **more))
    return token_in(letters(house)[-1].body)


def accept(house: Household, token: str, password: str, born: str = "", code: str = "") -> bool:
    with database.transaction(house.cast.engine) as session:
        return portal_links.accept_link(session, token, password, born, code)


def told(house: Household, person_id: int, by: str = "Tom") -> str:
    """A code for a first or another password, given out by somebody of the practice."""
    house.cast.do(by, give_portal_reset_code, GiveResetCode(case_id=house.couple, person_id=person_id))
    return row(house, person_id, by=by).code


def attempt(house: Household, email: str = FAMILY_MAIL, password: str = MAYAS, *, address: str = "10.0.0.1",
            known_device: str = "") -> Answer:
    with database.transaction(house.cast.engine) as session:
        return portal_sign_in.sign_in(session, email, password, address, "Firefox", known_device)


def who(house: Household, token: str, *, active: bool = False) -> int | None:
    with database.transaction(house.cast.engine) as session:
        found = portal_presence.current_visitor(session, token, active=active)
    return found.person_id if found else None


def join(house: Household) -> None:
    """Maya and Tom have accounts on their one mailbox."""
    enter(house, house.maya, MAYAS, "1988-04-02")
    enter(house, house.tom, TOMS, "1986-11-30")


def enter(house: Household, person_id: int, password: str, born: str) -> None:
    """Somebody who shares their mailbox sets their first password, with the code that the practice has told them."""
    token = invite(house, person_id)
    assert accept(house, token, password, born, row(house, person_id).code)


def row(house: Household, person_id: int, case_id: int | None = None, by: str = "Tom") -> PortalRow:
    rows = house.cast.read(by, portal_of_case, case_id or house.couple)
    return next(one for one in rows if one.person_id == person_id)


def audit_rows(house: Household) -> list[tuple[str, str, int | None, int | None]]:
    with database.reading(house.cast.engine) as session:
        return [tuple(r) for r in session.execute(
            text("select action, outcome, staff_id, person_id from audit_log order by seq"))]
