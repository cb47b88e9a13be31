"""Signing in: the password, then the code; attempts are counted and throttled.

An attempt that fails is an answer, not an error, because it has to be saved to be counted.
"""

import hashlib
import json
import secrets
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy.orm import Session

from practicerunner import cipher, clock
from practicerunner.records import audit, logins, practice, staff
from practicerunner.records.logins import Account
from practicerunner.records.staff import Staff
from practicerunner.vocabulary import Outcome, Resource, Role
from practicerunner.workflows.authenticator import EXPIRED, WRONG_CODE, takes_code
from practicerunner.workflows.invitations import hash_password, matches
from practicerunner.workflows.presence import open_sign_in
from practicerunner.workflows.throttle import TOO_MANY, count, device_token, is_throttled, subjects_of

TICKET_LASTS = timedelta(minutes=5)
DEMO_PASSWORD = "calm demo day"  # noqa: S105  (printed on purpose; only the demo practice is made with it)

_DUMMY = hash_password(secrets.token_hex(16))
_TICKET = "sign-in ticket"

WRONG = "The e-mail address or the password is not right."


@dataclass(frozen=True, slots=True)
class Answer:
    """What came of an attempt: a token, or a ticket for the step with the code, or the sentence of a refusal."""

    token: str = ""
    ticket: str = ""
    refusal: str = ""
    device: str = ""
    """For the cookie by which this device is known next time (its attempts are counted apart)."""


@dataclass(frozen=True, slots=True)
class DemoAccount:
    """Somebody of the demo practice to sign in as."""

    name: str
    roles: tuple[Role, ...]
    email: str


def sign_in(
    session: Session, email: str, password: str, code: str = "", address: str = "", device: str = "",
    known_device: str = "",
) -> Answer:
    """Check a password and, where one is set up, the code; both steps are throttled and audited.

    Without ``code`` an account with an authenticator gets a ticket for ``sign_in_with_code``.
    """
    name = email.strip().lower()
    subjects = subjects_of(name, address, known_device)
    logins.one_attempt_at_a_time(session, subjects[0])
    if is_throttled(session, subjects):
        return Answer(refusal=TOO_MANY)
    person = staff.staff_by_email(session, name)
    account = logins.account_of(session, person.id, lock=True) if person else None
    right = matches(account.password_hash if account else _DUMMY, password)
    if person is None or account is None or not right or not person.active:
        return refuse(session, subjects, person, "sign_in", WRONG)
    if account.totp_secret is not None and not code:
        return Answer(ticket=_ticket(account))
    if account.totp_secret is not None and not takes_code(session, account, code):
        return refuse(session, subjects, person, "sign_in", WRONG_CODE)
    return _admit(session, person, account, subjects, device)


def sign_in_with_code(
    session: Session, ticket: str, code: str, address: str = "", device: str = "", known_device: str = "",
) -> Answer:
    """The second step: an authenticator or recovery code, within five minutes of the password."""
    try:
        facts = json.loads(cipher.unseal(bytes.fromhex(ticket), _TICKET))
    except (ValueError, cipher.Unreadable):
        return Answer(refusal=EXPIRED)
    account = session.get(Account, facts["account"], with_for_update=True)
    person = session.get(Staff, account.staff_id) if account else None
    fresh = clock.now() - datetime.fromisoformat(facts["at"]) <= TICKET_LASTS
    if not fresh or account is None or person is None or not person.active or facts["seal"] != _seal_of(account):
        return Answer(refusal=EXPIRED)
    subjects = subjects_of(person.email, address, known_device)
    logins.one_attempt_at_a_time(session, subjects[0])
    if is_throttled(session, subjects):
        return Answer(refusal=TOO_MANY, ticket=ticket)
    if not takes_code(session, account, code):
        refused = refuse(session, subjects, person, "sign_in", WRONG_CODE)
        return Answer(refusal=refused.refusal, ticket=ticket)
    return _admit(session, person, account, subjects, device)


def _admit(session: Session, person: Staff, account: Account, subjects: tuple[str, ...], device: str) -> Answer:
    moment = clock.now()
    logins.forget_failures(session, subjects[0])
    account.last_sign_in_at = moment
    token = open_sign_in(session, account, device)
    audit.note(session, staff_id=person.id, action="sign_in", resource=Resource.USERS, resource_id=person.id)
    return Answer(token=token, device=device_token(person.email))


def refuse(session: Session, subjects: Iterable[str], person: Staff | None, action: str, sentence: str) -> Answer:
    """Count a failed attempt against its subjects and answer with the sentence."""
    count(session, subjects)
    if person is not None:
        audit.note(
            session, staff_id=person.id, action=action, resource=Resource.USERS, resource_id=person.id,
            outcome=Outcome.REFUSED, detail=sentence,
        )
    return Answer(refusal=sentence)


def _seal_of(account: Account) -> str:
    """Changes with the password and with the authenticator, so that old tickets die with them."""
    return hashlib.sha256(account.password_hash.encode() + (account.totp_secret or b"")).hexdigest()


def _ticket(account: Account) -> str:
    facts = {"account": account.id, "at": clock.now().isoformat(), "seal": _seal_of(account)}
    return cipher.seal(json.dumps(facts).encode(), _TICKET).hex()


def demo_accounts(session: Session) -> list[DemoAccount]:
    """Whom one can sign in as in the demo practice, owners first; in any other practice nobody."""
    try:
        if not practice.the_practice(session).is_demo:
            return []
    except practice.NotSetUp:
        return []
    order = list(Role)
    found = [
        DemoAccount(person.name, tuple(sorted((r.role for r in person.roles), key=order.index)), person.email)
        for person in logins.staff_with_accounts(session)
    ]
    return sorted(found, key=lambda one: order.index(one.roles[0]))


def prune(session: Session) -> int:
    """Forget failed attempts after a day and sign-ins a month after they ran out. Returns how many rows went."""
    moment = clock.now()
    return logins.prune(
        session, failed_before=moment - timedelta(days=1), signed_in_before=moment - timedelta(days=30)
    )
