"""What somebody outside the practice sees and does about themselves: details, account, who has access for them.

What they do with their own account needs no permission of the table; whom they act for plays no part in it.
"""

from dataclasses import dataclass
from datetime import date, datetime
from typing import Annotated

from pydantic import Field, SecretStr
from pydantic.functional_validators import AfterValidator
from sqlalchemy.orm import Session

from practicerunner import clock, ids
from practicerunner.errors import BadInput, NotFound, RuleViolation
from practicerunner.records import acting, audit, feeds, portal, practice, staff
from practicerunner.records.base import FOR_CHANGE
from practicerunner.records.people import Person
from practicerunner.records.portal import DetailsRequest, PortalAccount
from practicerunner.rules import acting as rules
from practicerunner.rules import portal as letters
from practicerunner.rules.names import person_name
from practicerunner.vocabulary import AccessScope, Action, ContactKind, MessageKind, Resource, Role
from practicerunner.workflows import outbox
from practicerunner.workflows.access import PortalActor
from practicerunner.workflows.acting import known_of, today_of
from practicerunner.workflows.authenticator import Enrolment, drop_seed, keep_seed, new_seed, same_seed
from practicerunner.workflows.commands import Command, RequiredParagraph, command, reader
from practicerunner.workflows.invitations import matches
from practicerunner.workflows.portal_access import authorize_portal
from practicerunner.workflows.portal_links import check_password, set_password
from practicerunner.workflows.portal_presence import end_all, open_portal_sign_in, presence

MOST_OPEN = 5
"""Requests of one person to change details that may wait at the same time."""


class TooManyAsked(RuleViolation):
    """What you asked before is still waiting. Please call the practice if it is urgent."""


class AskForChange(Command):
    """Ask the practice to change one's details, in one's own words."""

    text: Annotated[RequiredParagraph, Field(max_length=2000), AfterValidator(str.strip)]


class ChangePortalPassword(Command):
    """Replace one's own password."""

    current: SecretStr
    new: SecretStr


class TakeAuthenticatorOff(Command):
    """Sign in without a code from now on."""

    current: SecretStr


@dataclass(frozen=True, slots=True)
class ContactLine:
    """A way to reach somebody, and what they allow."""

    kind: ContactKind
    value: str
    preferred: bool
    may_call: bool
    may_text: bool
    may_email: bool


@dataclass(frozen=True, slots=True)
class Asked:
    """What somebody asked to have changed and nobody has done yet."""

    at: datetime
    text: str


@dataclass(frozen=True, slots=True)
class Details:
    """What the practice knows of how to reach somebody."""

    name: str
    pronouns: str
    birth_date: date | None
    address: str
    contacts: tuple[ContactLine, ...]
    waiting: tuple[Asked, ...]
    phone: str
    """The practice's."""


@dataclass(frozen=True, slots=True)
class OwnAccount:
    """What somebody signs in with."""

    email: str
    has_authenticator: bool
    last_sign_in_at: datetime | None
    open_sign_ins: int
    zone: str
    feeds: int = 0
    """Addresses under which calendars read their appointments."""


@dataclass(frozen=True, slots=True)
class AccessLine:
    """Somebody who may do something for the reader, and what."""

    name: str
    kind: str
    scopes: tuple[AccessScope, ...]
    until: date | None


@reader(Resource.DEMOGRAPHICS)
def details_of(session: Session, actor: PortalActor) -> Details:
    """How the practice reaches whom the actor is here for. Raises NotPermitted."""
    authorize_portal(session, actor, Action.READ, Resource.DEMOGRAPHICS)
    person = session.get_one(Person, actor.for_id)
    return Details(
        person_name(person.first_name, person.last_name, person.preferred_name), person.pronouns, person.birth_date,
        person.address, tuple(
            ContactLine(one.kind, one.value, one.preferred, one.may_call, one.may_text, one.may_email)
            for one in person.contacts
        ), () if actor.client_id is not None else tuple(
            Asked(one.created_at, one.text) for one in portal.open_requests(session, [person.id])),
        practice.the_practice(session).phone,
    )


@command(Resource.DEMOGRAPHICS, Action.REQUEST)
def ask_for_change(session: Session, actor: PortalActor, asked: AskForChange) -> int:
    """Ask for one's details to be changed; staff are told. Returns the request's id.

    Told are those who see them, or for whom they act or pay; if nobody does any more, who did, and the owners.

    Raises NotPermitted, TooManyAsked.
    """
    authorize_portal(session, actor, Action.REQUEST, Resource.DEMOGRAPHICS)
    person = session.get_one(Person, actor.for_id, with_for_update=FOR_CHANGE)
    if len(portal.open_requests(session, [person.id])) >= MOST_OPEN:
        raise TooManyAsked
    made = DetailsRequest(id=ids.new_id(), person_id=person.id, text=asked.text)
    session.add(made)
    letter = letters.details_letter(practice.the_practice(session).name)
    told = portal.providers_of(session, person.id) or [
        *portal.providers_of(session, person.id, left_too=True),
        *(one.id for one in staff.staff_with_roles(session, [Role.OWNER]))]
    for staff_id in dict.fromkeys(told):
        outbox.put(session, MessageKind.DETAILS_ASKED, f"details:{made.id}:{staff_id}", letter.subject, letter.body,
                   staff_id=staff_id)
    session.flush()
    return made.id


@reader(Resource.CLIENT_DIRECTORY)
def who_has_access(session: Session, actor: PortalActor) -> list[AccessLine]:
    """Who may do something for the person who reads, and what; nothing of who decided it or why."""
    if actor.client_id is not None:
        return []
    me = session.get_one(Person, actor.person_id)
    found = acting.for_clients(session, [me.id])
    kept = acting.decisions_of(session, [acts.id for acts, _ in found])
    allowed, today = practice.the_practice(session).helpers_may_schedule, today_of(session, me)
    lines = []
    for acts, person in found:
        theirs = [(decision, end) for decision, end in kept if decision.acts_for_id == acts.id]
        known = known_of(session, acts, me, theirs)
        cases = {None, *(decision.case_id for decision, _ in theirs)}
        scopes = tuple(scope for scope in AccessScope if any(
            rules.standing(known, scope, case_id=case_id, today=today, helpers_allowed=allowed).is_open
            for case_id in cases))
        if scopes:
            lines.append(AccessLine(
                person_name(person.first_name, person.last_name, person.preferred_name),
                acts.called + acts.from_where, scopes, acts.ends_on))
    return lines


# --- One's own account


@reader(Resource.CLIENT_DIRECTORY)
def own_account(session: Session, actor: PortalActor) -> OwnAccount | None:
    """The account of the person who reads; ``None`` where they have none."""
    account = portal.account_of(session, actor.person_id)
    if account is None:
        return None
    return OwnAccount(
        account.email, account.totp_secret is not None, account.last_sign_in_at,
        portal.open_stays(session, account.id, clock.now()), practice.the_practice(session).zone,
        len(feeds.of_people(session, [actor.person_id])),
    )


def change_portal_password(session: Session, actor: PortalActor, asked: ChangePortalPassword, token: str = "") -> None:
    """Replace one's own password; the present sign-in stays, all others end. Raises BadInput at the field."""
    account = _own(session, actor)
    if not matches(account.password_hash, asked.current.get_secret_value()):
        raise BadInput("current", "This is not your present password.")
    check_password(session, asked.new.get_secret_value(), account.email, "new")
    set_password(session, account, asked.new.get_secret_value(), except_token=token)
    _note(session, account, "change_portal_password")


def take_authenticator_off(session: Session, actor: PortalActor, asked: TakeAuthenticatorOff) -> None:
    """Take one's own authenticator off, with the password. Raises BadInput at the field."""
    account = _own(session, actor)
    if not matches(account.password_hash, asked.current.get_secret_value()):
        raise BadInput("current", "This is not your present password.")
    drop_seed(session, account)
    _note(session, account, "take_authenticator_off")


def _own(session: Session, actor: PortalActor) -> PortalAccount:
    account = portal.account_of(session, actor.person_id, lock=True)
    if account is None or account.suspended_at is not None:
        raise NotFound(actor=actor, action=Action.UPDATE, resource=Resource.CLIENT_DIRECTORY)
    return account


def _note(session: Session, account: PortalAccount, action: str) -> None:
    audit.note(session, person_id=account.person_id, action=action, resource=Resource.USERS,
               resource_id=account.person_id)


def begin_enrolment(session: Session, token: str, ticket: str = "") -> Enrolment:
    """A seed for whoever is signed in, to be scanned: a new one, or the same after a wrong first code.

    Raises NotFound, AlreadyEnrolled, LinkIsSpent.
    """
    account = _present(session, token)
    return same_seed(account, account.email, ticket) if ticket else new_seed(account, account.email)


def finish_enrolment(session: Session, token: str, ticket: str, code: str, device: str = "") -> tuple[str, list[str]]:
    """Store the seed after its first right code. Returns a new sign-in token and ten recovery codes, shown once."""
    account = _present(session, token)
    codes = keep_seed(session, account, ticket, code)
    end_all(session, account)
    _note(session, account, "set_up_authenticator")
    return open_portal_sign_in(session, account, device), codes


def _present(session: Session, token: str) -> PortalAccount:
    found = presence(session, token)
    if found is None:
        raise NotFound(action="set_up_authenticator", resource=Resource.USERS)
    return session.get_one(PortalAccount, found.account_id)
