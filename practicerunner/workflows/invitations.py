"""Passwords, and the links by which somebody sets theirs.

What somebody does with their own account needs no permission of the table; what an owner does for others is
``Resource.USERS``.
"""

import threading
from datetime import timedelta

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError
from pydantic import SecretStr
from sqlalchemy.orm import Session

from practicerunner import clock, ids
from practicerunner.errors import BadInput, NotFound, PracticeError
from practicerunner.records import audit, logins, practice
from practicerunner.records.logins import Account, Invitation
from practicerunner.records.staff import Staff
from practicerunner.rules import passwords
from practicerunner.vocabulary import Action, Resource
from practicerunner.workflows.access import Actor, authorize
from practicerunner.workflows.commands import COMMANDS, Command

INVITATION_LASTS = timedelta(hours=72)
RESET_LASTS = timedelta(minutes=30)

_hasher = PasswordHasher(time_cost=1, memory_cost=46 * 1024, parallelism=1)
_four_at_once = threading.BoundedSemaphore(4)  # 46 MiB each: many attempts at once must not exhaust the memory


class LinkIsSpent(PracticeError):
    """This link was used already or is too old. Ask an owner of your practice for a new one."""


class Invite(Command):
    """Make a link by which somebody sets their password."""

    staff_id: int


class ChangePassword(Command):
    """Replace one's own password."""

    current: SecretStr
    new: SecretStr


# Its result is a secret, which must not be kept as an operation's result; so it is declared by hand.
COMMANDS["invitations.invite"] = (Resource.USERS, Action.MANAGE)


def hash_password(password: str) -> str:
    """Argon2id of the exact bytes."""
    with _four_at_once:
        return _hasher.hash(password)


def matches(hashed: str, password: str) -> bool:
    """Whether a password is the one that was hashed."""
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
    if not matches(account.password_hash, asked.current.get_secret_value()):
        raise BadInput("current", "This is not your present password.")
    check_password(session, asked.new.get_secret_value(), person, "new")
    kept = logins.sign_in_by_token(session, ids.fingerprint(token)) if token else None
    set_password(session, person, asked.new.get_secret_value(), except_id=kept.id if kept else None)
    audit.note(
        session, staff_id=person.id, action="change_password", resource=Resource.USERS, resource_id=person.id,
    )
