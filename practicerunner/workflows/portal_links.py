"""The links by which people outside the practice set their passwords: invited by staff, or because they forgot.

A link is for one person. It goes through the outbox, works once, and the database keeps its fingerprint only. Where the
mailbox is shared, it asks for the person's date of birth as well, so that nobody else in the house can use it, and for
the code of their authenticator, or without one for a code that staff tell them (A30, A31).
"""

import hmac
import secrets
from dataclasses import dataclass
from datetime import timedelta

from sqlalchemy.orm import Session

from practicerunner import cipher, clock, ids
from practicerunner.errors import BadInput, PracticeError
from practicerunner.records import audit, consent_basis, people, portal, practice
from practicerunner.records.base import FOR_CHANGE
from practicerunner.records.people import Person
from practicerunner.records.portal import PortalAccount, PortalInvitation
from practicerunner.rules import passwords
from practicerunner.rules import portal as rules
from practicerunner.settings import settings
from practicerunner.vocabulary import MessageKind, Outcome, Resource
from practicerunner.workflows import outbox, throttle
from practicerunner.workflows.authenticator import takes_code
from practicerunner.workflows.invitations import INVITATION_LASTS, RESET_LASTS, hash_password
from practicerunner.workflows.minors import consenting_alone
from practicerunner.workflows.portal_presence import end_all
from practicerunner.workflows.portal_sign_in import SIDE, birth_date

MOST_RESETS = 3
"""Links that somebody may ask for while the first of them still works; the mailbox is not flooded."""
MOST_WRONG_DATES = 5
"""Of birth, or codes."""
CODE_LASTS = RESET_LASTS
NOT_SURE = "The date of birth or the code is not right. Please call us if you are sure."
_CODE, _FIRST_CODE, _DIGITS = "portal reset code", "portal invitation code", 8


class LinkIsSpent(PracticeError):
    """This link was used already, is too old, or was replaced by a newer one."""


class NoAddress(PracticeError):
    """There is no e-mail address of this person that they let us write to. Add one to their details first."""


class NotTheirsAlone(NoAddress):
    """Somebody else has this e-mail address, and appointments are confidential. Add an address of their own first."""


class NoBirthDate(PracticeError):
    """Somebody else has this e-mail address too. Add the date of birth first, so that nobody else can use the link."""


@dataclass(frozen=True, slots=True)
class Link:
    """What the page behind a link shows."""

    name: str
    email: str
    is_new: bool
    asks_birth_date: bool
    asks_code: bool = False
    """Whether it asks for a code too: that of the authenticator, or one that staff tell them."""
    has_authenticator: bool = False
    phone: str = ""
    """Of the practice, which tells them the code."""


def send_link(
    session: Session, person: Person, invited_by_id: int | None, *, at_majority: bool = False
) -> PortalInvitation:
    """Write a link for somebody into the outbox; for the caller to have authorised. Raises NoAddress, NoBirthDate.

    Whoever has confidential appointments gets it only at an address that nobody else has: NotTheirsAlone.

    72 hours for a new account, 30 minutes for one that exists.
    """
    # Behind a link stands everything that is theirs: who must not come across it must not get the link either.
    alone = at_majority or consent_basis.has_confidential(session, person.id) or bool(
        consenting_alone(session, [person.id]))
    address = consent_basis.own_address if alone else people.mail_address
    email = address(session, person.id).strip().lower()
    if not email:
        raise NotTheirsAlone if alone and people.mail_address(session, person.id) else NoAddress
    if person.birth_date is None and portal.is_shared(session, email):
        raise NoBirthDate
    us, now, token = practice.the_practice(session), clock.now(), ids.new_token()
    account = portal.account_of(session, person.id)
    known = account is not None
    asks_code = (account is None or account.totp_secret is None) and portal.is_shared(session, email)
    lasts = RESET_LASTS if known else INVITATION_LASTS
    if invited_by_id is not None or at_majority:
        portal.withdraw_invitations(session, person.id, now)
    made = PortalInvitation(
        id=ids.new_id(), person_id=person.id, token_fingerprint=ids.fingerprint(token), email=email,
        expires_at=now + lasts, invited_by_id=invited_by_id, at_majority=at_majority,
    )
    if asks_code and account is None:
        give_first_code(made)
    session.add(made)
    session.flush()
    name = person.preferred_name or person.first_name
    link = f"{settings().portal_address}/portal/{'reset' if known else 'invitation'}/{token}"
    letter = (
        rules.reset_letter(
            name, us.name, us.phone, link, int(lasts / timedelta(minutes=1)), asks_code=asks_code) if known
        else rules.invitation_letter(
            name, us.name, us.phone, link, int(lasts / timedelta(hours=1)), asks_code=asks_code))
    outbox.put(session, MessageKind.PORTAL_LINK, f"portal:{made.id}", letter.subject, letter.body,
               person_id=person.id, expires_at=made.expires_at, own_address_only=alone)
    return made


def ask_reset(session: Session, email: str, address: str = "") -> bool:
    """Send a new link to everybody who signs in with this address. Returns whether to answer at all.

    The answer never says whether anybody does. It is ``False`` only for an address that asks far too often.
    """
    counted_as = f"{SIDE}reset {address}"
    if throttle.is_throttled_address(session, counted_as):
        return False
    throttle.count_failure(session, counted_as)
    name = email.strip().lower()
    for account, person in portal.accounts_at(session, name) if name else []:
        if account.suspended_at is not None:
            continue
        if portal.resets_since(session, person.id, clock.now() - RESET_LASTS) >= MOST_RESETS:
            continue
        try:
            send_link(session, person, None)
        except (NoAddress, NoBirthDate):
            continue
        audit.note(session, action="ask_portal_reset", resource=Resource.USERS, resource_id=person.id)
    return True


def link(session: Session, token: str) -> Link:
    """Whom a link is for. Raises LinkIsSpent."""
    found, person, account = _usable(session, token)
    shared = portal.is_shared(session, found.email)
    return Link(
        person.preferred_name or person.first_name, found.email, account is None, shared,
        shared, account is not None and account.totp_secret is not None,
        practice.the_practice(session).phone)


def accept_link(session: Session, token: str, password: str, born: str = "", code: str = "") -> bool:
    """Set the password of whom the link is for, once; every sign-in of theirs ends. Raises LinkIsSpent, BadInput.

    An authenticator stays as it is: a link never stands in for the second factor. Returns whether it was done: a wrong
    date of birth or code is an answer, because it has to be saved to be counted, and it does not say which was wrong.
    """
    found, person, account = _usable(session, token, lock=True)
    if portal.is_shared(session, found.email) and not (
        _was_born(person, born) and (
            _is_told(first_code(found), code) if account is None else _knows_code(session, account, code))
    ):
        found.wrong_dates += 1
        if found.wrong_dates >= MOST_WRONG_DATES:
            found.used_at = clock.now()
        audit.note(session, action="use_portal_link", resource=Resource.USERS, resource_id=person.id,
                   outcome=Outcome.REFUSED, detail="wrong date of birth or code")
        return False
    check_password(session, password, found.email)
    portal.withdraw_invitations(session, person.id, clock.now())
    if account is None:
        session.add(PortalAccount(
            id=ids.new_id(), person_id=person.id, email=found.email, password_hash=hash_password(password)))
    else:
        set_password(session, account, password)
        account.email = found.email
    audit.note(session, person_id=person.id, action="use_portal_link", resource=Resource.USERS, resource_id=person.id)
    return True


def check_password(session: Session, password: str, email: str, field: str = "password") -> None:
    """Refuse a password that is too easy for this person. Raises BadInput at ``field``."""
    problem = passwords.problem_with(password, (practice.the_practice(session).name, email.split("@", maxsplit=1)[0]))
    if problem:
        raise BadInput(field, problem)


def set_password(session: Session, account: PortalAccount, password: str, *, except_token: str = "") -> None:
    """Write another, checked password and end every sign-in but one."""
    account.password_hash = hash_password(password)
    account.revision += 1
    drop_reset_code(account)
    end_all(session, account, except_token=except_token)


def give_reset_code(account: PortalAccount) -> None:
    """Make a code for the next password of somebody; the one before is of no use any more."""
    account.reset_code, account.reset_code_until = cipher.seal(_new_code(), _CODE), clock.now() + CODE_LASTS
    account.revision += 1


def give_first_code(link: PortalInvitation) -> None:
    """Make a code for the first password of somebody; it is good with that link alone, and as long as it works."""
    link.code = cipher.seal(_new_code(), _FIRST_CODE)


def first_code(link: PortalInvitation) -> str:
    """The code that staff may tell somebody for their first password; empty if there is none."""
    return "" if link.code is None else cipher.unseal(link.code, _FIRST_CODE).decode()


def works(session: Session, link: PortalInvitation) -> bool:
    """Whether a link can be used still: neither used, replaced, too old, nor gone to what is not their address now."""
    return link.used_at is None and link.expires_at > clock.now() and portal.is_theirs(
        session, link.person_id, link.email)


def _new_code() -> bytes:
    return "".join(secrets.choice("0123456789") for _ in range(_DIGITS)).encode()


def drop_reset_code(account: PortalAccount) -> None:
    """The code that staff gave out is of no use any more."""
    account.reset_code = account.reset_code_until = None


def reset_code(account: PortalAccount) -> str:
    """The code that staff may tell somebody now; empty if there is none."""
    if account.reset_code is None or account.reset_code_until is None or account.reset_code_until <= clock.now():
        return ""
    return cipher.unseal(account.reset_code, _CODE).decode()


def _was_born(person: Person, typed: str) -> bool:
    return person.birth_date is not None and birth_date(typed) == person.birth_date


def _knows_code(session: Session, account: PortalAccount, typed: str) -> bool:
    """Whether it is a code of their authenticator, or without one the code that staff told them."""
    if account.totp_secret is not None:
        return takes_code(session, account, typed)
    return _is_told(reset_code(account), typed)


def _is_told(told: str, typed: str) -> bool:
    """Whether what was typed is the code that staff told; without one, nothing is."""
    plain = "".join(character for character in typed if character in "0123456789")
    return bool(told) and hmac.compare_digest(plain, told)


def _usable(
    session: Session, token: str, *, lock: bool = False
) -> tuple[PortalInvitation, Person, PortalAccount | None]:
    """The link with its person and account; locked in the order in which staff lock them. Raises LinkIsSpent."""
    found = portal.invitation_by_token(session, ids.fingerprint(token))
    person = session.get(Person, found.person_id, with_for_update=FOR_CHANGE if lock else None) if found else None
    if found is None or person is None or person.died_on is not None:
        raise LinkIsSpent
    account = portal.account_of(session, person.id, lock=lock)
    if lock:
        session.refresh(found, with_for_update=True)
    if not works(session, found):
        raise LinkIsSpent
    if account is not None and account.suspended_at is not None:
        raise LinkIsSpent
    return found, person, account
