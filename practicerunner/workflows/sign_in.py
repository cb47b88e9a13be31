"""Signing in and out: passwords, authenticator codes, invitations, throttling, and who is there now.

An attempt that fails is an answer, not an error, because it has to be saved to be counted. What somebody does with
their own account needs no permission of the table; what an owner does for others is ``Resource.USERS``.
"""

import hashlib
import hmac
import json
import re
import secrets
import threading
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

import pyotp
from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError
from pydantic import SecretStr
from sqlalchemy.orm import Session

from practicerunner import cipher, clock, ids
from practicerunner.errors import BadInput, NotFound, PracticeError, RuleViolation
from practicerunner.records import audit, logins, practice
from practicerunner.records.logins import Account, FailedSignIn, Invitation, Presence, RecoveryCode, SignIn, Staff
from practicerunner.rules import passwords
from practicerunner.settings import settings
from practicerunner.vocabulary import Action, Outcome, Resource, Role
from practicerunner.workflows import staff
from practicerunner.workflows.access import Actor, authorize
from practicerunner.workflows.commands import COMMANDS, Command

IDLE = timedelta(minutes=15)
ABSOLUTE = timedelta(hours=12)
TOUCH_EVERY = timedelta(seconds=30)
"""Being active is written down at most this often, so that most clicks only read."""
INVITATION_LASTS = timedelta(hours=72)
RESET_LASTS = timedelta(minutes=30)
TICKET_LASTS = timedelta(minutes=5)
DEVICE_LASTS = timedelta(days=365)
FREE_FAILURES = 5
LONGEST_DELAY = 60
FAILURES_COUNT_FOR = timedelta(hours=1)
ADDRESS_FAILURES = 50
ADDRESS_WINDOW = timedelta(minutes=15)
RECOVERY_CODES = 10
STEP_SECONDS = 30
DEMO_PASSWORD = "calm demo day"  # noqa: S105  (printed on purpose; only the demo practice is made with it)
ISSUER = "PracticeRunner"

_hasher = PasswordHasher(time_cost=1, memory_cost=46 * 1024, parallelism=1)
_four_at_once = threading.BoundedSemaphore(4)  # 46 MiB each: many attempts at once must not exhaust the memory
_DUMMY = _hasher.hash(secrets.token_hex(16))
_SEED, _TICKET, _DEVICE, _ENROL = "totp seed", "sign-in ticket", "known device", "enrolment"

WRONG = "The e-mail address or the password is not right."
WRONG_CODE = "That code is not right. Wait for the next one and try again."
TOO_MANY = "There were too many attempts. Wait a minute, then try again."
EXPIRED = "That took too long. Please sign in again."


class LinkIsSpent(PracticeError):
    """This link was used already or is too old. Ask an owner of your practice for a new one."""


class AlreadyEnrolled(RuleViolation):
    """An authenticator is already set up for this account."""


@dataclass(frozen=True, slots=True)
class Answer:
    """What came of an attempt: a token, or a ticket for the step with the code, or the sentence of a refusal."""

    token: str = ""
    ticket: str = ""
    refusal: str = ""
    device: str = ""
    """For the cookie by which this device is known next time (its attempts are counted apart)."""


@dataclass(frozen=True, slots=True)
class OwnSignIn:
    """One line of the list of somebody's own sign-ins."""

    sign_in_id: int
    since: datetime
    last_seen_at: datetime
    device: str
    is_open: bool
    is_this_one: bool


@dataclass(frozen=True, slots=True)
class Enrolment:
    """What the page for setting up an authenticator shows; ``ticket`` comes back with the first code."""

    uri: str
    secret: str
    ticket: str


@dataclass(frozen=True, slots=True)
class DemoAccount:
    """Somebody of the demo practice to sign in as."""

    name: str
    roles: tuple[Role, ...]
    email: str


class Invite(Command):
    """Make a link by which somebody sets their password."""

    staff_id: int


class ChangePassword(Command):
    """Replace one's own password."""

    current: SecretStr
    new: SecretStr


# The results of these are secrets, which must not be kept as an operation's result; so they are declared by hand.
COMMANDS["sign_in.invite"] = COMMANDS["sign_in.reset_authenticator"] = (Resource.USERS, Action.MANAGE)


# Passwords


def hash_password(password: str) -> str:
    """Argon2id of the exact bytes."""
    with _four_at_once:
        return _hasher.hash(password)


def _matches(hashed: str, password: str) -> bool:
    with _four_at_once:
        try:
            return _hasher.verify(hashed, password.encode("utf-8", "surrogatepass")[:1024])
        except (VerificationError, InvalidHashError):
            return False


def check_password(session: Session, password: str, person: Staff, field: str = "password") -> None:
    """Refuse a password that is too easy for this person. Raises BadInput at ``field``."""
    problem = passwords.problem_with(password, (practice.the_practice(session).name, person.email.split("@")[0]))
    if problem:
        raise BadInput(field, problem)


# Signing in


def sign_in(
    session: Session, email: str, password: str, code: str = "", address: str = "", device: str = "",
    known_device: str = "",
) -> Answer:
    """Check a password and, where one is set up, the code; both steps are throttled and audited.

    Without ``code`` an account with an authenticator gets a ticket for ``sign_in_with_code``.
    """
    name = email.strip().lower()
    subjects = _subjects(name, address, known_device)
    logins.one_attempt_at_a_time(session, subjects[0])
    if _is_throttled(session, subjects):
        return Answer(refusal=TOO_MANY)
    person = logins.staff_by_email(session, name)
    account = logins.account_of(session, person.id, lock=True) if person else None
    right = _matches(account.password_hash if account else _DUMMY, password)
    if person is None or account is None or not right or not person.active:
        return _refuse(session, subjects, person, "sign_in", WRONG)
    if account.totp_secret is not None and not code:
        return Answer(ticket=_ticket(account))
    if account.totp_secret is not None and not _takes_code(session, account, code):
        return _refuse(session, subjects, person, "sign_in", WRONG_CODE)
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
    subjects = _subjects(person.email, address, known_device)
    logins.one_attempt_at_a_time(session, subjects[0])
    if _is_throttled(session, subjects):
        return Answer(refusal=TOO_MANY, ticket=ticket)
    if not _takes_code(session, account, code):
        refused = _refuse(session, subjects, person, "sign_in", WRONG_CODE)
        return Answer(refusal=refused.refusal, ticket=ticket)
    return _admit(session, person, account, subjects, device)


def _admit(session: Session, person: Staff, account: Account, subjects: tuple[str, ...], device: str) -> Answer:
    moment = clock.now()
    logins.forget_failures(session, subjects[0])
    account.last_sign_in_at = moment
    token = _open(session, account, device)
    audit.note(session, staff_id=person.id, action="sign_in", resource=Resource.USERS, resource_id=person.id)
    facts = {"email": person.email, "device": secrets.token_hex(8), "until": (moment + DEVICE_LASTS).isoformat()}
    return Answer(token=token, device=cipher.seal(json.dumps(facts).encode(), _DEVICE).hex())


def _open(session: Session, account: Account, device: str) -> str:
    token, moment = ids.new_token(), clock.now()
    session.add(SignIn(
        account_id=account.id, token_fingerprint=ids.fingerprint(token), last_seen_at=moment,
        expires_at=moment + ABSOLUTE, device=_one_line(device)[:200],
    ))
    session.flush()
    return token


def _one_line(text: str) -> str:
    return " ".join("".join(c if c.isprintable() else " " for c in text).split())


def _refuse(session: Session, subjects: Iterable[str], person: Staff | None, action: str, sentence: str) -> Answer:
    for subject in subjects:
        session.add(FailedSignIn(subject=subject, failed_at=clock.now()))
    session.flush()
    if person is not None:
        audit.note(
            session, staff_id=person.id, action=action, resource=Resource.USERS, resource_id=person.id,
            outcome=Outcome.REFUSED, detail=sentence,
        )
    return Answer(refusal=sentence)


def _subjects(name: str, address: str, known_device: str) -> tuple[str, ...]:
    """What attempts are counted by: the account (or one device it is known on), then the address.

    A device that signed in before has a count of its own, so that a stranger's guesses never keep its owner out.
    """
    account = f"account:{name}"
    if known_device:
        try:
            facts = json.loads(cipher.unseal(bytes.fromhex(known_device), _DEVICE))
            if facts["email"] == name and datetime.fromisoformat(facts["until"]) > clock.now():
                account = f"device:{name}:{facts['device']}"
        except (ValueError, cipher.Unreadable):
            pass
    subjects = (account, f"address:{address}") if address else (account,)
    return tuple(hashlib.sha256(subject.encode("utf-8", "surrogatepass")).hexdigest() for subject in subjects)


def _is_throttled(session: Session, subjects: tuple[str, ...]) -> bool:
    moment = clock.now()
    count, last = logins.failures(session, subjects[0], moment - FAILURES_COUNT_FOR)
    if count >= FREE_FAILURES and last is not None:
        delay = min(LONGEST_DELAY, 2 ** min(count - FREE_FAILURES, 10))
        if moment < last + timedelta(seconds=delay):
            return True
    return any(
        logins.failures(session, subject, moment - ADDRESS_WINDOW)[0] >= ADDRESS_FAILURES for subject in subjects[1:]
    )


def is_throttled_address(session: Session, address: str) -> bool:
    """Whether an address has guessed too often lately: for links and for the code of the first run."""
    return _is_throttled(session, ("", *_subjects("", address, "")[1:]))


def count_failure(session: Session, address: str) -> None:
    """Count a wrong link or set-up code against the address it came from."""
    _refuse(session, _subjects("", address, "")[1:], None, "", "")


def _seal_of(account: Account) -> str:
    """Changes with the password and with the authenticator, so that old tickets die with them."""
    return hashlib.sha256(account.password_hash.encode() + (account.totp_secret or b"")).hexdigest()


def _ticket(account: Account) -> str:
    facts = {"account": account.id, "at": clock.now().isoformat(), "seal": _seal_of(account)}
    return cipher.seal(json.dumps(facts).encode(), _TICKET).hex()


# Who is there


def cookie_name() -> str:
    """Name of the cookie that holds the token; under TLS with the prefix that ties it to this host."""
    return "__Host-pr_session" if settings().is_https else "pr_session"


def presence(session: Session, token: str) -> Presence | None:
    """Who is signed in with a token, even if they have yet to set up an authenticator. Counts as no activity."""
    if not token:
        return None
    moment = clock.now()
    return logins.presence(session, ids.fingerprint(token), moment, moment - IDLE)


def current_actor(session: Session, token: str, *, active: bool = False) -> Actor | None:
    """The acting person, or ``None`` once idle for 15 minutes, after 12 hours, signed out, or no longer working here.

    ``active`` counts this as activity and needs a transaction; a screen that refreshes itself must leave it out.
    """
    found = presence(session, token)
    if found is None or found.must_enrol:
        return None
    if active and is_touch_due(found):
        touch(session, token)
    return staff.actor_for(session, found.staff_id)


def is_touch_due(found: Presence) -> bool:
    """Whether activity was last written down long enough ago to be written again."""
    return clock.now() - found.last_seen_at >= TOUCH_EVERY


def touch(session: Session, token: str) -> None:
    """Write down that somebody is active."""
    row = logins.sign_in_by_token(session, ids.fingerprint(token))
    if row is not None and row.ended_at is None and row.last_seen_at < clock.now():
        row.last_seen_at = clock.now()


def sign_out(session: Session, token: str) -> None:
    """End one sign-in; every tab that shares it is signed out at its next click."""
    row = logins.sign_in_by_token(session, ids.fingerprint(token)) if token else None
    if row is None or row.ended_at is not None:
        return
    row.ended_at = clock.now()
    account = session.get(Account, row.account_id)
    staff_id = account.staff_id if account else None
    audit.note(session, staff_id=staff_id, action="sign_out", resource=Resource.USERS, resource_id=staff_id)


def sign_out_everywhere(session: Session, actor: Actor, *, except_token: str = "") -> None:
    """End all of somebody's own sign-ins, but the present one if it is given."""
    account = logins.account_of(session, actor.staff_id)
    if account is None:
        return
    kept = logins.sign_in_by_token(session, ids.fingerprint(except_token)) if except_token else None
    logins.end_sign_ins(session, account.id, clock.now(), except_id=kept.id if kept else None)
    audit.note(
        session, staff_id=actor.staff_id, action="sign_out_everywhere", resource=Resource.USERS,
        resource_id=actor.staff_id,
    )


def own_sign_ins(session: Session, actor: Actor, token: str = "", limit: int = 20) -> list[OwnSignIn]:
    """Somebody's own newest sign-ins; the one of ``token`` is marked."""
    account = logins.account_of(session, actor.staff_id)
    if account is None:
        return []
    moment, here = clock.now(), ids.fingerprint(token)
    return [
        OwnSignIn(
            row.id, row.created_at, row.last_seen_at, row.device,
            row.ended_at is None and row.expires_at > moment and row.last_seen_at >= moment - IDLE,
            row.token_fingerprint == here,
        )
        for row in logins.sign_ins_of(session, account.id, limit)
    ]


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


# Invitations and passwords


def invite(session: Session, actor: Actor, asked: Invite) -> str:
    """Make the link of a new colleague (72 hours) or of one who forgot the password (30 minutes). Returns its token.

    The token is shown once, to the owner who made it; links made before stop working.
    """
    authorize(session, actor, Action.MANAGE, Resource.USERS, responsible=())
    person = session.get(Staff, asked.staff_id, with_for_update=True)
    if person is None or not person.active:
        raise NotFound(actor=actor, action="invite", resource=Resource.USERS, resource_id=asked.staff_id)
    return make_link(session, person, actor.staff_id)


def make_link(session: Session, person: Staff, invited_by_id: int | None) -> str:
    """Write an invitation and return its token; also for the command line, where there is no actor."""
    account = logins.account_of(session, person.id)
    logins.withdraw_invitations(session, person.id, clock.now())
    token = ids.new_token()
    session.add(Invitation(
        staff_id=person.id, token_fingerprint=ids.fingerprint(token), invited_by_id=invited_by_id,
        expires_at=clock.now() + (RESET_LASTS if account else INVITATION_LASTS),
    ))
    session.flush()
    audit.note(
        session, staff_id=invited_by_id, action="reset_password" if account else "invite", resource=Resource.USERS,
        resource_id=person.id,
    )
    return token


def invited_person(session: Session, token: str) -> Staff:
    """Whom a link is for. Raises LinkIsSpent."""
    return _usable(session, token)[1]


def _usable(session: Session, token: str, *, lock: bool = False) -> tuple[Invitation, Staff]:
    found = logins.invitation_by_token(session, ids.fingerprint(token), lock=lock)
    person = session.get(Staff, found.staff_id) if found else None
    if found is None or found.used_at is not None or found.expires_at <= clock.now():
        raise LinkIsSpent
    if person is None or not person.active:
        raise LinkIsSpent
    return found, person


def accept_invitation(session: Session, token: str, password: str) -> int:
    """Set the password of whom the link is for, once; every other sign-in of theirs ends. Returns the staff id.

    An authenticator stays as it is: a link never stands in for the second factor. Raises LinkIsSpent, BadInput.
    """
    found, person = _usable(session, token, lock=True)
    check_password(session, password, person)
    found.used_at = clock.now()
    set_password(session, person, password)
    audit.note(
        session, staff_id=person.id, action="accept_invitation", resource=Resource.USERS, resource_id=person.id,
    )
    return person.id


def set_password(session: Session, person: Staff, password: str, *, except_id: int | None = None) -> Account:
    """Write a checked password, making the account if there is none, and end its sign-ins but one."""
    account = logins.account_of(session, person.id, lock=True)
    if account is None:
        account = Account(staff_id=person.id, password_hash=hash_password(password))
        session.add(account)
    else:
        account.password_hash = hash_password(password)
        account.revision += 1
        logins.end_sign_ins(session, account.id, clock.now(), except_id=except_id)
    session.flush()
    return account


def change_password(session: Session, actor: Actor, asked: ChangePassword, token: str = "") -> None:
    """Replace one's own password; the present sign-in stays, all others end. Raises BadInput at the field."""
    person = session.get(Staff, actor.staff_id)
    account = logins.account_of(session, actor.staff_id, lock=True)
    if person is None or account is None:
        raise NotFound(actor=actor, action="change_password", resource=Resource.USERS)
    if not _matches(account.password_hash, asked.current.get_secret_value()):
        raise BadInput("current", "This is not your present password.")
    check_password(session, asked.new.get_secret_value(), person, "new")
    kept = logins.sign_in_by_token(session, ids.fingerprint(token)) if token else None
    set_password(session, person, asked.new.get_secret_value(), except_id=kept.id if kept else None)
    audit.note(
        session, staff_id=person.id, action="change_password", resource=Resource.USERS, resource_id=person.id,
    )


# The authenticator


def begin_enrolment(session: Session, token: str) -> Enrolment:
    """A new seed for whoever is signed in, to be scanned; nothing is stored before the first right code."""
    account = _own_account(session, token)
    if account.totp_secret is not None:
        raise AlreadyEnrolled
    secret = pyotp.random_base32()
    return _enrolment(session, account, secret)


def resume_enrolment(session: Session, token: str, ticket: str) -> Enrolment:
    """The same seed again, after a wrong first code."""
    account = _own_account(session, token)
    return _enrolment(session, account, _secret_of(account, ticket))


def _enrolment(session: Session, account: Account, secret: str) -> Enrolment:
    person = session.get_one(Staff, account.staff_id)
    facts = {"account": account.id, "secret": secret, "at": clock.now().isoformat()}
    uri = pyotp.TOTP(secret).provisioning_uri(name=person.email, issuer_name=ISSUER)
    return Enrolment(uri, secret, cipher.seal(json.dumps(facts).encode(), _ENROL).hex())


def _secret_of(account: Account, ticket: str) -> str:
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
    session.refresh(account, with_for_update=True)
    if account.totp_secret is not None:
        raise AlreadyEnrolled
    secret = _secret_of(account, ticket)
    step = _matching_step(secret, code, 0)
    if step is None:
        raise BadInput("code", WRONG_CODE)
    account.totp_secret, account.totp_last_step = cipher.seal(secret.encode(), _SEED), step
    account.revision += 1
    logins.drop_recovery_codes(session, account.id)
    codes = [_new_code() for _ in range(RECOVERY_CODES)]
    session.add_all(RecoveryCode(account_id=account.id, code_hash=ids.fingerprint(_plain(code))) for code in codes)
    logins.end_sign_ins(session, account.id, clock.now())
    fresh = _open(session, account, device)
    audit.note(
        session, staff_id=account.staff_id, action="set_up_authenticator", resource=Resource.USERS,
        resource_id=account.staff_id,
    )
    return fresh, codes


def reset_authenticator(session: Session, actor: Actor, asked: Invite) -> None:
    """Take a lost authenticator off a colleague's account; they set up a new one at the next sign-in."""
    authorize(session, actor, Action.MANAGE, Resource.USERS, responsible=())
    account = logins.account_of(session, asked.staff_id, lock=True)
    if account is None:
        raise NotFound(actor=actor, action="reset_authenticator", resource=Resource.USERS)
    account.totp_secret, account.totp_last_step = None, 0
    account.revision += 1
    logins.drop_recovery_codes(session, account.id)
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


def _takes_code(session: Session, account: Account, code: str) -> bool:
    """Whether a code is right now; it is used up by this, whether it came from the authenticator or from paper."""
    plain = _plain(code)
    if re.fullmatch(r"\d{6}", plain):
        secret = cipher.unseal(account.totp_secret or b"", _SEED).decode()
        step = _matching_step(secret, plain, account.totp_last_step)
        if step is not None:
            account.totp_last_step = step
        return step is not None
    hashed = ids.fingerprint(plain)
    for row in logins.unused_recovery_codes(session, account.id):
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


def prune(session: Session) -> int:
    """Forget failed attempts after a day and sign-ins a month after they ran out. Returns how many rows went."""
    moment = clock.now()
    return logins.prune(
        session, failed_before=moment - timedelta(days=1), signed_in_before=moment - timedelta(days=30)
    )
