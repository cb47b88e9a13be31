"""The second factor: setting up an authenticator, its codes and the recovery codes on paper."""

import hmac
import json
import re
import secrets
from dataclasses import dataclass
from datetime import datetime

import pyotp
from sqlalchemy.orm import Session

from practicerunner import cipher, clock, ids
from practicerunner.errors import BadInput, NotFound, RuleViolation
from practicerunner.records import audit, logins
from practicerunner.records.logins import Account, Credentials, OneTimeCode, RecoveryCode
from practicerunner.records.portal import PortalAccount, PortalRecoveryCode
from practicerunner.records.staff import Staff
from practicerunner.vocabulary import Action, Resource
from practicerunner.workflows.access import Actor, authorize
from practicerunner.workflows.commands import COMMANDS
from practicerunner.workflows.invitations import RESET_LASTS, Invite, LinkIsSpent
from practicerunner.workflows.presence import open_sign_in, presence

RECOVERY_CODES = 10
STEP_SECONDS = 30
ISSUER = "PracticeRunner"

_SEED, _ENROL = "totp seed", "enrolment"

WRONG_CODE = "That code is not right. Wait for the next one and try again."
EXPIRED = "That took too long. Please sign in again."


class AlreadyEnrolled(RuleViolation):
    """An authenticator is already set up for this account."""


@dataclass(frozen=True, slots=True)
class Enrolment:
    """What the page for setting up an authenticator shows; ``ticket`` comes back with the first code."""

    uri: str
    secret: str
    ticket: str


# Declared by hand, because the verb writes its own row of the audit log.
COMMANDS["authenticator.reset_authenticator"] = (Resource.USERS, Action.MANAGE)


def begin_enrolment(session: Session, token: str) -> Enrolment:
    """A new seed for whoever is signed in, to be scanned; nothing is stored before the first right code."""
    account = _own_account(session, token)
    return new_seed(account, session.get_one(Staff, account.staff_id).email)


def resume_enrolment(session: Session, token: str, ticket: str) -> Enrolment:
    """The same seed again, after a wrong first code."""
    account = _own_account(session, token)
    return same_seed(account, session.get_one(Staff, account.staff_id).email, ticket)


def new_seed(account: Credentials, label: str) -> Enrolment:
    """A new seed for an account of either side; ``label`` is what the app on the phone calls it."""
    if account.totp_secret is not None:
        raise AlreadyEnrolled
    return _enrolment(account, label, pyotp.random_base32())


def same_seed(account: Credentials, label: str, ticket: str) -> Enrolment:
    """The same seed again. Raises LinkIsSpent."""
    return _enrolment(account, label, _secret_of(account, ticket))


def _enrolment(account: Credentials, label: str, secret: str) -> Enrolment:
    facts = {"account": account.id, "secret": secret, "at": clock.now().isoformat()}
    uri = pyotp.TOTP(secret).provisioning_uri(name=label, issuer_name=ISSUER)
    return Enrolment(uri, secret, cipher.seal(json.dumps(facts).encode(), _ENROL).hex())


def _secret_of(account: Credentials, ticket: str) -> str:
    try:
        facts = json.loads(cipher.unseal(bytes.fromhex(ticket), _ENROL))
    except (ValueError, cipher.Unreadable):
        raise LinkIsSpent(EXPIRED) from None
    if facts["account"] != account.id or clock.now() - datetime.fromisoformat(facts["at"]) > RESET_LASTS:
        raise LinkIsSpent(EXPIRED)
    return str(facts["secret"])


def finish_enrolment(session: Session, token: str, ticket: str, code: str, device: str = "") -> tuple[str, list[str]]:
    """Store the seed after its first right code. Returns a new sign-in token and ten recovery codes, shown once.

    Raises BadInput for a wrong code, AlreadyEnrolled.
    """
    account = _own_account(session, token)
    codes = keep_seed(session, account, ticket, code)
    logins.end_sign_ins(session, account.id, clock.now())
    fresh = open_sign_in(session, account, device)
    audit.note(
        session, staff_id=account.staff_id, action="set_up_authenticator", resource=Resource.USERS,
        resource_id=account.staff_id,
    )
    return fresh, codes


def keep_seed(session: Session, account: Credentials, ticket: str, code: str) -> list[str]:
    """Store the seed of an account of either side after its first right code. Returns ten recovery codes.

    Raises BadInput for a wrong code, AlreadyEnrolled, LinkIsSpent.
    """
    session.refresh(account, with_for_update=True)
    if account.totp_secret is not None:
        raise AlreadyEnrolled
    secret = _secret_of(account, ticket)
    step = _matching_step(secret, code, 0)
    if step is None:
        raise BadInput("code", WRONG_CODE)
    account.totp_secret, account.totp_last_step = cipher.seal(secret.encode(), _SEED), step
    account.revision += 1
    table = _codes_of(account)
    logins.drop_recovery_codes(session, account.id, table)
    codes = [_new_code() for _ in range(RECOVERY_CODES)]
    session.add_all(table(account_id=account.id, code_hash=ids.fingerprint(_plain(code))) for code in codes)
    return codes


def drop_seed(session: Session, account: Credentials) -> None:
    """Take the authenticator off an account of either side, with its recovery codes."""
    account.totp_secret, account.totp_last_step = None, 0
    account.revision += 1
    logins.drop_recovery_codes(session, account.id, _codes_of(account))


def _codes_of(account: Credentials) -> type[OneTimeCode]:
    return PortalRecoveryCode if isinstance(account, PortalAccount) else RecoveryCode


def reset_authenticator(session: Session, actor: Actor, asked: Invite) -> None:
    """Take a lost authenticator off a colleague's account; they set up a new one at the next sign-in."""
    authorize(session, actor, Action.MANAGE, Resource.USERS, responsible=())
    account = logins.account_of(session, asked.staff_id, lock=True)
    if account is None:
        raise NotFound(actor=actor, action="reset_authenticator", resource=Resource.USERS)
    drop_seed(session, account)
    logins.end_sign_ins(session, account.id, clock.now())
    audit.note(
        session, staff_id=actor.staff_id, action="reset_authenticator", resource=Resource.USERS,
        resource_id=asked.staff_id,
    )


def _own_account(session: Session, token: str) -> Account:
    found = presence(session, token)
    if found is None:
        raise NotFound(EXPIRED, action="set_up_authenticator", resource=Resource.USERS)
    return session.get_one(Account, found.account_id)


def takes_code(session: Session, account: Credentials, code: str) -> bool:
    """Whether a code is right now; it is used up by this, whether it came from the authenticator or from paper."""
    plain = _plain(code)
    if re.fullmatch(r"\d{6}", plain):
        secret = cipher.unseal(account.totp_secret or b"", _SEED).decode()
        step = _matching_step(secret, plain, account.totp_last_step)
        if step is not None:
            account.totp_last_step = step
        return step is not None
    hashed = ids.fingerprint(plain)
    for row in logins.unused_recovery_codes(session, account.id, _codes_of(account)):
        if hmac.compare_digest(row.code_hash, hashed):
            row.used_at = clock.now()
            return True
    return False


def _matching_step(secret: str, code: str, last_step: int) -> int | None:
    """The 30-second step that a code belongs to: this one, the one before or the next, and never one used before."""
    present = int(clock.now().timestamp()) // STEP_SECONDS
    made, plain = pyotp.TOTP(secret, interval=STEP_SECONDS), _plain(code)
    for step in (present, present - 1, present + 1):
        if step > last_step and hmac.compare_digest(made.generate_otp(step), plain):
            return step
    return None


def _new_code() -> str:
    letters = "".join(secrets.choice("abcdefghjkmnpqrstuvwxyz23456789") for _ in range(12))
    return f"{letters[:4]}-{letters[4:8]}-{letters[8:]}"


def _plain(code: str) -> str:
    return "".join(c for c in code.casefold() if c.isascii() and c.isalnum())
