"""A new practice, its owner and a colleague who sign in: what the tests of accounts share."""

from datetime import UTC, datetime

import pyotp
from pydantic import SecretStr
from sqlalchemy import text

from practicerunner import clock, database
from practicerunner.vocabulary import Role
from practicerunner.workflows import authenticator, invitations, presence, sign_in, staff
from practicerunner.workflows.first_run import SetUpPractice
from practicerunner.workflows.invitations import Invite
from practicerunner.workflows.staff import AddStaff

NOON = datetime(2026, 3, 9, 17, 0, tzinfo=UTC)
PASSWORD = "four quiet words here"
DANA, PRIYA = "dana@harborlight.example", "priya@harborlight.example"


def actor(staff_id: int) -> presence.Actor:
    with database.reading() as session:
        return staff.actor_for(session, staff_id)


def attempt(
    email: str = DANA, password: str = PASSWORD, *, code: str = "", address: str = "10.0.0.1", device: str = "Firefox",
    known_device: str = "",
) -> sign_in.Answer:
    with database.transaction() as session:
        return sign_in.sign_in(session, email, password, code, address, device, known_device)


def who(token: str, *, active: bool = False) -> presence.Actor | None:
    with database.transaction() as session:
        return presence.current_actor(session, token, active=active)


def add_priya(owner_id: int, roles: frozenset[Role] = frozenset({Role.PROVIDER})) -> int:
    with database.transaction() as session:
        return staff.add_staff(
            session, staff.actor_for(session, owner_id),
            AddStaff(first_name="Priya", last_name="Shah", email=PRIYA, roles=roles),
        )


def give_password(owner_id: int, staff_id: int, password: str = PASSWORD) -> None:
    with database.transaction() as session:
        token = invitations.invite(session, staff.actor_for(session, owner_id), Invite(staff_id=staff_id))
    with database.transaction() as session:
        invitations.accept_invitation(session, token, password)


def enrol(token: str) -> tuple[str, str, list[str]]:
    """Set up an authenticator; its secret, the new token and the recovery codes."""
    with database.transaction() as session:
        begun = authenticator.begin_enrolment(session, token)
    with database.transaction() as session:
        fresh, codes = authenticator.finish_enrolment(session, token, begun.ticket, code_now(begun.secret))
    return begun.secret, fresh, codes


def code_now(secret: str) -> str:
    return pyotp.TOTP(secret).at(clock.now())


def audit_rows() -> list[tuple[str, str, int | None]]:
    with database.reading() as session:
        return [tuple(r) for r in session.execute(text("select action, outcome, staff_id from audit_log order by seq"))]


def asked_set_up(**changes: object) -> SetUpPractice:
    facts = {
        "name": "Harbor Light", "zone": "America/New_York", "address": "12 Quay St", "first_name": "Dana",
        "last_name": "Whitfield", "email": DANA, "password": SecretStr(PASSWORD),
    }
    return SetUpPractice.model_validate(facts | changes)
