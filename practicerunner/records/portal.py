"""Accounts of people outside the practice, the links by which they set their passwords, and their sign-ins (I01).

An account is a person's. The e-mail address is where they are found when they sign in; several people may share it.
"""

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import NamedTuple

from sqlalchemy import ColumnElement, ForeignKey, LargeBinary, String, bindparam, func, or_, select, update
from sqlalchemy.orm import Mapped, Session, mapped_column

from practicerunner.records.acting import ActsFor
from practicerunner.records.arrangements import BillingArrangement, PayerShare
from practicerunner.records.base import Row
from practicerunner.records.cases import Case, Participant
from practicerunner.records.logins import Credentials, OneTimeCode, Stay
from practicerunner.records.people import ContactPoint, Payer, Person
from practicerunner.records.practice import Practice
from practicerunner.vocabulary import CaseStatus, ContactKind


class PortalAccount(Credentials):
    """The account of one person outside the practice."""

    __tablename__ = "portal_account"

    person_id: Mapped[int] = mapped_column(ForeignKey("person.id"), unique=True)
    email: Mapped[str] = mapped_column(String(254), index=True)
    """Where the link went by which they set their password, in lower case; others may have the same."""
    suspended_at: Mapped[datetime | None]
    suspended_by_id: Mapped[int | None] = mapped_column(ForeignKey("staff.id"))
    suspended_reason: Mapped[str] = mapped_column(String(300), default="")
    reset_code: Mapped[bytes | None] = mapped_column(LargeBinary)
    """The code that staff tell them for their next password, encrypted; ``None`` while none was given or it was used.
    """
    reset_code_until: Mapped[datetime | None]


class PortalRecoveryCode(OneTimeCode):
    """A recovery code of somebody outside the practice."""

    __tablename__ = "portal_recovery_code"

    account_id: Mapped[int] = mapped_column(ForeignKey("portal_account.id"), index=True)


class PortalSignIn(Stay):
    """One period of being signed in to the portal."""

    __tablename__ = "portal_sign_in"

    account_id: Mapped[int] = mapped_column(ForeignKey("portal_account.id"), index=True)


class PortalInvitation(Row):
    """A link to set a password: for a new account or a forgotten password. Single use."""

    __tablename__ = "portal_invitation"

    person_id: Mapped[int] = mapped_column(ForeignKey("person.id"), index=True)
    token_fingerprint: Mapped[str] = mapped_column(String(64), unique=True)
    email: Mapped[str] = mapped_column(String(254))
    """Where it went, in lower case."""
    expires_at: Mapped[datetime]
    used_at: Mapped[datetime | None]
    """When it was used, replaced or withdrawn."""
    wrong_dates: Mapped[int] = mapped_column(default=0)
    """How often a wrong date of birth or code was given with it."""
    invited_by_id: Mapped[int | None] = mapped_column(ForeignKey("staff.id"))
    """Who sent it; ``None`` where the person asked for it themselves, or came of age."""
    code: Mapped[bytes | None] = mapped_column(LargeBinary)
    """The code that staff tell them for their first password where others read the mailbox too, encrypted."""
    at_majority: Mapped[bool] = mapped_column(default=False)
    """Whether it was sent on the person's 18th birthday, without a click."""


class DetailsRequest(Row):
    """What somebody asked staff to change about them, in their own words."""

    __tablename__ = "details_request"

    person_id: Mapped[int] = mapped_column(ForeignKey("person.id"), index=True)
    text: Mapped[str] = mapped_column(String(2000))
    done_at: Mapped[datetime | None]
    done_by_id: Mapped[int | None] = mapped_column(ForeignKey("staff.id"))


class PortalPresence(NamedTuple):
    """That somebody is signed in to the portal."""

    person_id: int
    account_id: int
    sign_in_id: int
    last_seen_at: datetime
    idle_minutes: int


def account_of(session: Session, person_id: int, *, lock: bool = False) -> PortalAccount | None:
    """The account of a person, if they have accepted an invitation."""
    query = select(PortalAccount).where(PortalAccount.person_id == person_id)
    return session.scalar(query.with_for_update() if lock else query)


def is_suspended(session: Session, person_id: int) -> bool:
    """Whether the portal is closed to somebody who has an account."""
    return session.scalar(select(PortalAccount.id).where(
        PortalAccount.person_id == person_id, PortalAccount.suspended_at.is_not(None))) is not None


def accounts_of(session: Session, person_ids: Collection[int]) -> dict[int, PortalAccount]:
    """Person → account, of those who have one."""
    found = session.scalars(select(PortalAccount).where(PortalAccount.person_id.in_(person_ids)))
    return {one.person_id: one for one in found}


def _mailbox(email: str) -> ColumnElement[bool]:
    """That a person of the query can be reached at an address."""
    return select(ContactPoint.id).where(
        ContactPoint.person_id == Person.id, ContactPoint.kind == ContactKind.EMAIL,
        func.lower(func.trim(ContactPoint.value)) == email,
    ).exists()


def accounts_at(session: Session, email: str) -> list[tuple[PortalAccount, Person]]:
    """The accounts of living people that are found by an address in lower case, the oldest first, locked."""
    rows = session.execute(
        select(PortalAccount, Person).join(Person, Person.id == PortalAccount.person_id)
        .where(Person.died_on.is_(None), or_(PortalAccount.email == email, _mailbox(email)))
        .order_by(PortalAccount.id).with_for_update(of=PortalAccount)
    )
    return [(account, person) for account, person in rows]


def is_theirs(session: Session, person_id: int, email: str) -> bool:
    """Whether somebody is reached at an address in lower case, as their details stand now."""
    return session.scalar(select(Person.id).where(Person.id == person_id, _mailbox(email))) is not None


def is_shared(session: Session, email: str) -> bool:
    """Whether more than one person is found at an address."""
    held = select(PortalAccount.id).where(PortalAccount.person_id == Person.id, PortalAccount.email == email).exists()
    found = select(Person.id).where(or_(held, _mailbox(email))).limit(2)
    return len(session.scalars(found).all()) > 1


_PRESENCE = (
    select(
        PortalAccount.person_id, PortalAccount.id, PortalSignIn.id, PortalSignIn.last_seen_at,
        select(Practice.portal_idle_minutes).limit(1).scalar_subquery(),
    ).join(PortalSignIn, PortalSignIn.account_id == PortalAccount.id)
    .join(Person, Person.id == PortalAccount.person_id).where(
        PortalSignIn.token_fingerprint == bindparam("token"), PortalSignIn.ended_at.is_(None),
        PortalSignIn.expires_at > bindparam("moment"), PortalAccount.suspended_at.is_(None), Person.died_on.is_(None),
    )
)


def presence(session: Session, token_fingerprint: str, moment: datetime) -> PortalPresence | None:
    """Who is signed in with a token that is neither ended nor over its limit, and whose account is not suspended.

    Whether they were idle for too long is for the caller to see.
    """
    row = session.connection().execute(_PRESENCE, {"token": token_fingerprint, "moment": moment}).first()
    return None if row is None else PortalPresence(*row)


def invitation_by_token(session: Session, token_fingerprint: str) -> PortalInvitation | None:
    """The link that a token belongs to, used or not."""
    return session.scalar(select(PortalInvitation).where(PortalInvitation.token_fingerprint == token_fingerprint))


def withdraw_invitations(session: Session, person_id: int, moment: datetime) -> int:
    """Make every unused link of somebody useless. Returns how many."""
    done = session.execute(update(PortalInvitation).where(
        PortalInvitation.person_id == person_id, PortalInvitation.used_at.is_(None),
    ).values(used_at=moment))
    return int(done.rowcount)  # type: ignore[attr-defined]


def resets_since(session: Session, person_id: int, moment: datetime) -> int:
    """How many links somebody asked for themselves since a moment."""
    return session.scalar(select(func.count()).select_from(PortalInvitation).where(
        PortalInvitation.person_id == person_id, PortalInvitation.invited_by_id.is_(None),
        PortalInvitation.created_at > moment,
    )) or 0


def last_invitations(session: Session, person_ids: Collection[int]) -> dict[int, PortalInvitation]:
    """Person → the newest link that staff sent them, or that went out on their 18th birthday."""
    found = session.scalars(
        select(PortalInvitation).where(
            PortalInvitation.person_id.in_(person_ids),
            or_(PortalInvitation.invited_by_id.is_not(None), PortalInvitation.at_majority),
        ).order_by(PortalInvitation.created_at, PortalInvitation.id)
    )
    return {one.person_id: one for one in found}


def last_seen(session: Session, account_ids: Collection[int]) -> dict[int, datetime]:
    """Account → when it was last used."""
    rows: Sequence[tuple[int, datetime]] = session.execute(
        select(PortalSignIn.account_id, func.max(PortalSignIn.last_seen_at))
        .where(PortalSignIn.account_id.in_(account_ids)).group_by(PortalSignIn.account_id)
    ).tuples().all()
    return dict(rows)


def people_with_accounts(session: Session) -> list[tuple[PortalAccount, Person]]:
    """Everybody who can sign in to the portal, in the order in which they first could."""
    rows = session.execute(
        select(PortalAccount, Person).join(Person, Person.id == PortalAccount.person_id)
        .where(PortalAccount.suspended_at.is_(None), Person.died_on.is_(None)).order_by(PortalAccount.id)
    )
    return [(account, person) for account, person in rows]




def open_requests(session: Session, person_ids: Collection[int]) -> list[DetailsRequest]:
    """What some people asked to have changed and nobody has done yet, the oldest first."""
    return list(session.scalars(
        select(DetailsRequest).where(DetailsRequest.person_id.in_(person_ids), DetailsRequest.done_at.is_(None))
        .order_by(DetailsRequest.created_at, DetailsRequest.id)
    ))


def payers_in(session: Session, case_id: int) -> list[Person]:
    """The people who have a share in a case's arrangements, by name."""
    shares = select(Payer.person_id).join(PayerShare, PayerShare.payer_id == Payer.id).join(
        BillingArrangement, BillingArrangement.id == PayerShare.arrangement_id
    ).where(BillingArrangement.case_id == case_id)
    return list(session.scalars(
        select(Person).where(Person.id.in_(shares)).order_by(Person.last_name, Person.first_name, Person.id)))


def providers_of(session: Session, person_id: int, *, left_too: bool = False) -> list[int]:
    """The staff who see somebody, or whoever they act or pay for, in a case that is not archived.

    ``left_too``: also in cases that are archived, or in which they take part no longer.
    """
    clients = select(ActsFor.client_id).where(ActsFor.person_id == person_id)
    takes_part = select(Participant.case_id).where(
        or_(Participant.person_id == person_id, Participant.person_id.in_(clients)),
        *(() if left_too else (Participant.left_on.is_(None),)))
    pays = select(BillingArrangement.case_id).join(PayerShare, PayerShare.arrangement_id == BillingArrangement.id).join(
        Payer, Payer.id == PayerShare.payer_id).where(Payer.person_id == person_id)
    query = select(Case.provider_id).where(or_(Case.id.in_(takes_part), Case.id.in_(pays)))
    if not left_too:
        query = query.where(Case.status != CaseStatus.ARCHIVED)
    return list(session.scalars(query.distinct().order_by(Case.provider_id)))


def open_stays(session: Session, account_id: int, moment: datetime) -> int:
    """How many sign-ins of an account are neither ended nor over their limit."""
    return session.scalar(select(func.count()).select_from(PortalSignIn).where(
        PortalSignIn.account_id == account_id, PortalSignIn.ended_at.is_(None), PortalSignIn.expires_at > moment,
    )) or 0
