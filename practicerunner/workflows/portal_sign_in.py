"""Signing in to the portal: e-mail and one's own password; then, where needed, the date of birth and a code.

Several people may share a mailbox. Whose password it is says who comes in; where two chose the same, the date of birth
does (A30). Attempts are counted and throttled as for staff. An attempt that fails is an answer, not an error.
"""

import hashlib
import json
import secrets
from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy.orm import Session

from practicerunner import cipher, clock
from practicerunner.records import audit, logins, portal, practice
from practicerunner.records.people import Person
from practicerunner.records.portal import PortalAccount
from practicerunner.rules.names import person_name
from practicerunner.vocabulary import Outcome, Resource
from practicerunner.workflows import throttle
from practicerunner.workflows.authenticator import EXPIRED, WRONG_CODE, takes_code
from practicerunner.workflows.invitations import hash_password, matches
from practicerunner.workflows.portal_access import visitor_of
from practicerunner.workflows.portal_presence import open_portal_sign_in
from practicerunner.workflows.sign_in import TICKET_LASTS, WRONG, Answer

SIDE = "portal "
"""Keeps what is counted for the portal apart from what is counted for staff."""
LEAST_HASHES = 2
"""So that an address of nobody, of one and of two people take the same time."""
WRONG_DATE = "That is not the date of birth that we have. Please call us if you are sure."
SUSPENDED = "Your access to the portal is suspended. Please get in touch with the practice."

_DUMMY = hash_password(secrets.token_hex(16))
_TICKET = "portal sign-in ticket"


def sign_in(
    session: Session, email: str, password: str, address: str = "", device: str = "", known_device: str = "",
) -> Answer:
    """Check a password. Where more is needed the answer holds a ticket for ``continue_sign_in``."""
    name = email.strip().lower()
    subjects = throttle.subjects_of(name, address, known_device, SIDE)
    logins.one_attempt_at_a_time(session, subjects[0])
    if throttle.is_throttled(session, subjects):
        return Answer(refusal=throttle.TOO_MANY)
    found = [account for account, _ in portal.accounts_at(session, name)] if name else []
    right = [account for account in found if matches(account.password_hash, password)]
    for _ in range(LEAST_HASHES - len(found)):
        matches(_DUMMY, password)
    if not right:
        return _refuse(session, subjects, found[0].person_id if len(found) == 1 else None, WRONG)
    if len(right) > 1 or right[0].totp_secret is not None:
        return Answer(ticket=_ticket(name, right))
    return _admit(session, right[0], subjects, name, device)


def continue_sign_in(
    session: Session, ticket: str, *, born: str = "", code: str = "", address: str = "", device: str = "",
    known_device: str = "",
) -> Answer:
    """The next step, within five minutes of the password: the date of birth, or the code."""
    try:
        facts = json.loads(cipher.unseal(bytes.fromhex(ticket), _TICKET))
    except (ValueError, cipher.Unreadable):
        return Answer(refusal=EXPIRED)
    kept = [(session.get(PortalAccount, one, with_for_update=True), seal) for one, seal in facts["accounts"].items()]
    accounts = [account for account, seal in kept if account is not None and _seal_of(account) == seal]
    if len(accounts) < len(kept) or clock.now() - datetime.fromisoformat(facts["at"]) > TICKET_LASTS:
        return Answer(refusal=EXPIRED)
    name = str(facts["email"])
    subjects = throttle.subjects_of(name, address, known_device, SIDE)
    logins.one_attempt_at_a_time(session, subjects[0])
    if throttle.is_throttled(session, subjects):
        return Answer(refusal=throttle.TOO_MANY, ticket=ticket)
    if len(accounts) > 1:
        day = birth_date(born)
        accounts = [one for one in accounts if day and session.get_one(Person, one.person_id).birth_date == day]
        if len(accounts) != 1:
            return Answer(refusal=_refuse(session, subjects, None, WRONG_DATE).refusal, ticket=ticket)
        if accounts[0].totp_secret is not None:
            return Answer(ticket=_ticket(name, accounts))
        return _admit(session, accounts[0], subjects, name, device)
    if accounts[0].totp_secret is not None and not takes_code(session, accounts[0], code):
        refused = _refuse(session, subjects, accounts[0].person_id, WRONG_CODE)
        return Answer(refusal=refused.refusal, ticket=ticket)
    return _admit(session, accounts[0], subjects, name, device)


def asks_for(ticket: str) -> str:
    """What a ticket waits for: ``born`` or ``code``."""
    try:
        facts = json.loads(cipher.unseal(bytes.fromhex(ticket), _TICKET))
    except (ValueError, cipher.Unreadable):
        return "code"
    return "born" if len(facts["accounts"]) > 1 else "code"


def birth_date(typed: str) -> date | None:
    """A date as a form sends it."""
    try:
        return date.fromisoformat(typed.strip())
    except ValueError:
        return None


def _admit(session: Session, account: PortalAccount, subjects: tuple[str, ...], name: str, device: str) -> Answer:
    if account.suspended_at is not None:
        return _refuse(session, subjects, account.person_id, SUSPENDED)
    logins.forget_failures(session, subjects[0])
    account.last_sign_in_at = clock.now()
    token = open_portal_sign_in(session, account, device)
    audit.note(session, person_id=account.person_id, action="portal_sign_in", resource=Resource.USERS,
               resource_id=account.person_id)
    return Answer(token=token, device=throttle.device_token(name, SIDE))


def _refuse(session: Session, subjects: tuple[str, ...], person_id: int | None, sentence: str) -> Answer:
    throttle.count(session, subjects)
    audit.note(session, action="portal_sign_in", resource=Resource.USERS, resource_id=person_id,
               outcome=Outcome.REFUSED, detail=sentence)
    return Answer(refusal=sentence)


def _seal_of(account: PortalAccount) -> str:
    """Changes with the password and with the authenticator, so that old tickets die with them."""
    return hashlib.sha256(account.password_hash.encode() + (account.totp_secret or b"")).hexdigest()


def _ticket(name: str, accounts: list[PortalAccount]) -> str:
    facts = {
        "email": name, "at": clock.now().isoformat(), "accounts": {one.id: _seal_of(one) for one in accounts},
    }
    return cipher.seal(json.dumps(facts).encode(), _TICKET).hex()


@dataclass(frozen=True, slots=True)
class DemoVisitor:
    """Somebody of the demo practice whom one can be in the portal."""

    name: str
    why: str
    email: str


def demo_accounts(session: Session) -> list[DemoVisitor]:
    """Whom one can be in the portal of the demo practice; in any other practice nobody."""
    try:
        if not practice.the_practice(session).is_demo:
            return []
    except practice.NotSetUp:
        return []
    return [
        DemoVisitor(person_name(person.first_name, person.last_name, person.preferred_name),
                    _why(session, person), account.email)
        for account, person in portal.people_with_accounts(session)
    ]


def _why(session: Session, person: Person) -> str:
    visitor = visitor_of(session, person.id)
    if visitor is None:
        return ""
    words = ["Client"] if visitor.takes_part else []
    words += dict.fromkeys(one.kind for one in visitor.acts_for)
    if not words and visitor.pays:
        words = ["Payer"]
    return ", ".join(words).capitalize()
