"""What staff do with the accounts of people outside the practice: invite, suspend, see the last use (I01).

Whoever may change a case may do this for its people: who takes part, who acts for them, who pays. Nobody here ever sets
a password: a link goes to the person, and to nobody else.
"""

from dataclasses import dataclass
from datetime import datetime

from pydantic import Field
from sqlalchemy.orm import Session

from practicerunner import clock
from practicerunner.errors import NotFound, RuleViolation
from practicerunner.records import acting, cases, people, portal
from practicerunner.records.base import FOR_CHANGE
from practicerunner.records.people import Person
from practicerunner.records.portal import DetailsRequest, PortalAccount, PortalInvitation
from practicerunner.records.staff import Staff
from practicerunner.rules.names import person_name
from practicerunner.vocabulary import Action, ParticipantStatus, PortalState, Resource
from practicerunner.workflows.access import Actor, may_touch
from practicerunner.workflows.authenticator import drop_seed
from practicerunner.workflows.cases import case_for
from practicerunner.workflows.commands import Command, RequiredLine, command, reader
from practicerunner.workflows.portal_access import visitor_of
from practicerunner.workflows.portal_links import (
    drop_reset_code,
    first_code,
    give_first_code,
    give_reset_code,
    reset_code,
    send_link,
    works,
)
from practicerunner.workflows.portal_presence import end_all


class IsSuspended(RuleViolation):
    """The access of this person is suspended. Give it back before you send a link."""


class NoAccount(RuleViolation):
    """This person has no account yet."""


class NeedsNoCode(RuleViolation):
    """This person needs no code: nobody else has their e-mail address, or they have an authenticator."""


class NothingToFind(RuleViolation):
    """Nothing in the portal is open to this person, so there is nothing to invite them to. Decide on access first."""


class OfSomebody(Command):
    """Something about one person of a case."""

    case_id: int
    person_id: int


class InviteToPortal(OfSomebody):
    """Send somebody a link: to their first password, or to another one. Links sent before stop working."""


class SuspendPortal(OfSomebody):
    """Close the portal to somebody at once, and withdraw links that were not used."""

    reason: RequiredLine = Field(max_length=300)


class ReactivatePortal(OfSomebody):
    """Open the portal again to somebody whose access was suspended; their password is the one they had."""


class EndPortalSignIns(OfSomebody):
    """Sign somebody out on every device, for instance after a phone was lost."""


class ResetPortalAuthenticator(OfSomebody):
    """Take a lost authenticator off somebody's account; their password alone then signs them in."""


class GiveResetCode(OfSomebody):
    """Make the code that somebody needs for another password where others read their mailbox; told them by phone."""


class DetailsDone(Command):
    """Say that what somebody asked to have changed is done."""

    case_id: int
    request_id: int


@dataclass(frozen=True, slots=True)
class AskedChange:
    """What somebody asked to have changed about them."""

    request_id: int
    asked_at: datetime
    text: str


@dataclass(frozen=True, slots=True)
class PortalRow:
    """How somebody of a case stands with the portal."""

    person_id: int
    name: str
    why: str
    """Why they are here: takes part, the kind in which they act for somebody, pays."""
    state: PortalState
    email: str
    """With which they sign in, or to which a link would go; empty if there is none."""
    invited_at: datetime | None
    invited_by: str
    link_until: datetime | None
    """Until when the last link works, while it does."""
    used_at: datetime | None
    has_authenticator: bool
    suspended_at: datetime | None
    suspended_by: str
    suspended_reason: str
    asked: tuple[AskedChange, ...]
    needs_code: bool = False
    """Whether their link asks them for a code that only the practice can tell them."""
    code: str = ""
    """That code, for whoever may give it out, while it can be used."""
    code_until: datetime | None = None
    left: bool = False
    """Whether they take part no longer, or act for somebody who does; listed for the account they still have."""
    may_be_invited: bool = True
    """Whether a link would lead to anything."""


@command(Resource.CASE, Action.UPDATE)
def invite_to_portal(session: Session, actor: Actor, asked: InviteToPortal) -> int:
    """Send a link. Returns its id. Raises NotFound, NoAddress, NoBirthDate, IsSuspended, NothingToFind."""
    person, account = _somebody(session, actor, asked)
    if account is not None and account.suspended_at is not None:
        raise IsSuspended
    if account is None and not _finds_anything(session, person.id):
        raise NothingToFind
    session.info["detail"] = f"{'a new password' if account else 'first link'} for {person.id}"
    return send_link(session, person, actor.staff_id).id


@command(Resource.CASE, Action.UPDATE)
def suspend_portal(session: Session, actor: Actor, asked: SuspendPortal) -> int:
    """Close the portal to somebody from their next click on. Returns their id. Raises NotFound, NoAccount."""
    person, account = _somebody(session, actor, asked)
    withdrawn = portal.withdraw_invitations(session, person.id, clock.now())
    if account is None and not withdrawn:
        raise NoAccount
    if account is not None:
        if account.suspended_at is not None:
            raise RuleViolation("The access of this person is suspended already.")
        account.suspended_at, account.suspended_by_id = clock.now(), actor.staff_id
        account.suspended_reason = asked.reason.strip()
        account.revision += 1
        drop_reset_code(account)
        end_all(session, account)
    session.info["detail"] = f"portal of {person.id}"
    return person.id


@command(Resource.CASE, Action.UPDATE)
def reactivate_portal(session: Session, actor: Actor, asked: ReactivatePortal) -> int:
    """Open the portal to somebody again. Returns their id. Raises NotFound, NoAccount."""
    person, account = _somebody(session, actor, asked)
    if account is None or account.suspended_at is None:
        raise NoAccount("The access of this person is not suspended.")
    account.suspended_at = account.suspended_by_id = None
    account.suspended_reason = ""
    account.revision += 1
    session.info["detail"] = f"portal of {person.id}"
    return person.id


@command(Resource.CASE, Action.UPDATE)
def end_portal_sign_ins(session: Session, actor: Actor, asked: EndPortalSignIns) -> int:
    """Sign somebody out everywhere. Returns their id. Raises NotFound, NoAccount."""
    person, account = _somebody(session, actor, asked)
    if account is None:
        raise NoAccount
    end_all(session, account)
    session.info["detail"] = f"portal of {person.id}"
    return person.id


@command(Resource.CASE, Action.UPDATE)
def reset_portal_authenticator(session: Session, actor: Actor, asked: ResetPortalAuthenticator) -> int:
    """Take somebody's authenticator off and sign them out. Returns their id. Raises NotFound, NoAccount."""
    person, account = _somebody(session, actor, asked)
    if account is None or account.totp_secret is None:
        raise NoAccount("This person has no authenticator.")
    drop_seed(session, account)
    end_all(session, account)
    session.info["detail"] = f"portal of {person.id}"
    return person.id


@command(Resource.CASE, Action.UPDATE)
def give_portal_reset_code(session: Session, actor: Actor, asked: GiveResetCode) -> int:
    """Make a code for somebody's first or next password, to be told by phone or handed over in the room.

    It stands on their line until it was used.
    Returns their id. Raises NotFound, NoAccount, IsSuspended, NeedsNoCode.
    """
    person, account = _somebody(session, actor, asked)
    if account is None:
        link = portal.last_invitations(session, [person.id]).get(person.id)
        if link is None or not works(session, link):
            raise NoAccount
        if not portal.is_shared(session, link.email):
            raise NeedsNoCode
        give_first_code(link)
        session.info["detail"] = f"code for the first password of {person.id}"
        return person.id
    if account.suspended_at is not None:
        raise IsSuspended
    if not _needs_code(session, account):
        raise NeedsNoCode
    give_reset_code(account)
    session.info["detail"] = f"code for a new password of {person.id}"
    return person.id


def _needs_code(session: Session, account: PortalAccount) -> bool:
    """Whether a link goes where others read it, and no authenticator says whose it is."""
    return account.suspended_at is None and account.totp_secret is None and any(
        portal.is_shared(session, email)
        for email in {account.email, people.mail_address(session, account.person_id).strip().lower()} if email)


@command(Resource.DEMOGRAPHICS, Action.UPDATE)
def details_done(session: Session, actor: Actor, asked: DetailsDone) -> int:
    """Put a request to change details away. Returns its id. Raises NotFound."""
    case_for(session, actor, asked.case_id, Action.UPDATE, resource=Resource.DEMOGRAPHICS)
    found = session.get(DetailsRequest, asked.request_id, with_for_update=True)
    if found is None or found.person_id not in _people(session, asked.case_id):
        raise NotFound(actor=actor, action=Action.UPDATE, resource=Resource.DEMOGRAPHICS, case_id=asked.case_id)
    if found.done_at is None:
        found.done_at, found.done_by_id = clock.now(), actor.staff_id
    session.info["detail"] = f"asked by {found.person_id}"
    return found.id


def _somebody(session: Session, actor: Actor, asked: OfSomebody) -> tuple[Person, PortalAccount | None]:
    """Somebody of a case, locked with their account before the case. Raises NotFound."""
    person = session.get(Person, asked.person_id, with_for_update=FOR_CHANGE)
    account = portal.account_of(session, asked.person_id, lock=True)
    case_for(session, actor, asked.case_id, Action.UPDATE)
    if person is None or person.id not in _people(session, asked.case_id):
        raise NotFound(actor=actor, action=Action.UPDATE, resource=Resource.CASE, case_id=asked.case_id)
    return person, account


LEFT = "no longer takes part"
_IN = {ParticipantStatus.ACTIVE: "", ParticipantStatus.WAITLISTED: "waits for a place"}


def _people(session: Session, case_id: int) -> dict[int, tuple[Person, str]]:
    """Who may have the portal because of a case, and why: who takes part, who acts for them, who pays.

    Last, whoever takes part no longer and has still something to be looked after: an account, a link, a request.
    """
    found: dict[int, tuple[Person, str]] = {}
    members = cases.people_in(session, case_id)
    for participant, person in members:
        if participant.status in _IN and (person.id not in found or participant.status is ParticipantStatus.ACTIVE):
            found[person.id] = person, _IN[participant.status]
    _add_acting(session, found, list(found))
    for person in portal.payers_in(session, case_id):
        found.setdefault(person.id, (person, "pays"))
    gone = {person.id: (person, LEFT) for _, person in members if person.id not in found}
    if gone:
        _add_acting(session, gone, list(gone), LEFT)
        still = {
            *portal.accounts_of(session, gone), *portal.last_invitations(session, gone),
            *(one.person_id for one in portal.open_requests(session, gone))}
        found |= {key: one for key, one in gone.items() if key not in found and key in still}
    return {key: one for key, one in found.items() if one[0].died_on is None}


def _add_acting(
    session: Session, found: dict[int, tuple[Person, str]], clients: list[int], remark: str = ""
) -> None:
    """Add who acts for some of these people, unless they are there already."""
    for acts, person in acting.for_clients(session, clients):
        client = found[acts.client_id][0]
        who = f"{acts.called.lower()} of {client.preferred_name or client.first_name}{acts.from_where}"
        found.setdefault(person.id, (person, f"{who}, who {remark}" if remark else who))


def _finds_anything(session: Session, person_id: int) -> bool:
    """Whether something in the portal is open to somebody, for themselves or for a client."""
    visitor = visitor_of(session, person_id)
    return visitor is not None and bool(visitor.takes_part or visitor.waits or visitor.pays or visitor.acts_for)


@reader(Resource.CASE)
def portal_of_case(session: Session, actor: Actor, case_id: int) -> list[PortalRow]:
    """Everybody of a case who has the portal or could have it: who takes part first. Raises NotFound."""
    case = case_for(session, actor, case_id)
    gives = may_touch(
        actor, Action.UPDATE, Resource.CASE, responsible=[case.provider_id], supervisor_id=case.supervisor_id)
    found = _people(session, case_id)
    accounts = portal.accounts_of(session, found)
    links = portal.last_invitations(session, found)
    used = portal.last_seen(session, [account.id for account in accounts.values()])
    staff = {account.suspended_by_id for account in accounts.values()} | {one.invited_by_id for one in links.values()}
    names = {one: session.get_one(Staff, one).name for one in sorted(filter(None, staff))}
    asked: dict[int, list[AskedChange]] = {}
    for one in portal.open_requests(session, found):
        asked.setdefault(one.person_id, []).append(AskedChange(one.id, one.created_at, one.text))
    return [
        _row(session, person, why, accounts.get(key), links.get(key), used, names, tuple(asked.get(key, ())),
             gives=gives)
        for key, (person, why) in found.items()
    ]


def state_of(account: PortalAccount | None) -> PortalState:
    """Where somebody stands who has an account or has none."""
    if account is None:
        return PortalState.NONE
    return PortalState.SUSPENDED if account.suspended_at is not None else PortalState.ACTIVE


def _row(
    session: Session, person: Person, why: str, account: PortalAccount | None, link: PortalInvitation | None,
    used: dict[int, datetime], names: dict[int, str], asked: tuple[AskedChange, ...], *, gives: bool,
) -> PortalRow:
    is_live = link is not None and works(session, link)
    state, code = state_of(account), reset_code(account) if account is not None and gives else ""
    needs_code, code_until = account is not None and _needs_code(session, account), None
    if account is None and link is not None:
        state = PortalState.INVITED if is_live else PortalState.LAPSED
        if is_live and portal.is_shared(session, link.email):
            needs_code, code, code_until = True, first_code(link) if gives else "", link.expires_at
    return PortalRow(
        person.id, person_name(person.first_name, person.last_name, person.preferred_name), why, state,
        account.email if account else people.mail_address(session, person.id).strip(),
        link.created_at if link else None, names.get(link.invited_by_id or 0, "") if link else "",
        link.expires_at if link and is_live else None, used.get(account.id) if account else None,
        account is not None and account.totp_secret is not None, account.suspended_at if account else None,
        names.get(account.suspended_by_id or 0, "") if account else "", account.suspended_reason if account else "",
        asked, needs_code, code, account.reset_code_until if account and code else code_until, LEFT in why,
        account is not None or _finds_anything(session, person.id),
    )
